/* SPDX-License-Identifier: MIT */
/*
 * merge.c - diff two states of an item, apply the edits to a third
 */
#include "model/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/pair.h"

/* Properties a person has one of; any other property is a set. */
static const char *const contact_single[] = {
	"ANNIVERSARY", "BDAY", "FN", "GENDER", "KIND", "N", "NICKNAME", "ORG",
	"PHOTO", "ROLE", "SORT-STRING", "TITLE", "X-SIM-SECOND-NAME",
};

/* design.md, Rules: these only follow the card. */
static const char *const info_mirrored[] = {
	"CAPACITY", "EID", "EST", "GID1", "GID2", "ICCID", "IMSI", "MCCMNC",
	"OPL", "PNN", "SMSC", "SPN", "SST", "UST",
};

static bool listed(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

#define LISTED(list, name) listed(list, sizeof(list) / sizeof(*(list)), name)

bool sim_field_single(enum sim_kind kind, const char *name)
{
	return kind != SIM_CONTACT || LISTED(contact_single, name);
}

bool sim_info_mirrored(const char *name)
{
	return LISTED(info_mirrored, name);
}

static bool same(const char *a, const char *b)
{
	return (a && b) ? !strcmp(a, b) : !a && !b;
}

static bool prop_same(const struct sim_prop *a, const struct sim_prop *b)
{
	return same(a->group, b->group) && !strcmp(a->name, b->name) &&
	       same(a->params, b->params) && !strcmp(a->value, b->value);
}

static int dup_into(char **to, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

static int add_prop(struct sim_item *to, const struct sim_prop *p)
{
	if (sim_item_add(to, p->name, p->params, p->value))
		return -1;
	return dup_into(&to->prop[to->n - 1].group, p->group);
}

/* Take the last property to place @at; what stood there moves up. */
static void rotate_last(struct sim_item *it, size_t at)
{
	struct sim_prop last = it->prop[it->n - 1];

	memmove(&it->prop[at + 1], &it->prop[at],
		(it->n - 1 - at) * sizeof(last));
	it->prop[at] = last;
}

static void remove_at(struct sim_item *it, size_t at)
{
	struct sim_prop gone = it->prop[at];

	memmove(&it->prop[at], &it->prop[at + 1],
		(it->n - at - 1) * sizeof(gone));
	it->n--;
	free(gone.group);
	free(gone.name);
	free(gone.params);
	free(gone.value);
}

/* After the last one of its name, so that the first stays the first. */
static int insert_prop(struct sim_item *it, const struct sim_prop *p)
{
	size_t at = it->n;

	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, p->name))
			at = i + 1;
	if (add_prop(it, p))
		return -1;
	rotate_last(it, at);
	return 0;
}

char *sim_prop_key(const struct sim_prop *p, const char *country)
{
	char *key, *out;

	if (!strcmp(p->name, "TEL"))
		return sim_number_norm(p->value, country);
	if (!strcmp(p->name, "EMAIL"))
		return sim_text_fold(p->value);
	/* Apple's labels hang on a group: two may say the same. */
	if (p->group && !strncmp(p->name, "X-AB", 4)) {
		if (asprintf(&out, "%s %s", p->group, p->value) < 0)
			return NULL;
		return out;
	}
	key = strdup(p->value);
	return key;
}

int sim_block(struct sim_item *to, const struct sim_item *from,
	      const char *name)
{
	for (size_t i = 0; i < from->n; i++)
		if (!strcmp(from->prop[i].name, name) &&
		    add_prop(to, &from->prop[i]))
			return -1;
	return 0;
}

static size_t next_of(const struct sim_item *it, size_t from, const char *name)
{
	while (from < it->n && strcmp(it->prop[from].name, name))
		from++;
	return from;
}

bool sim_block_equal(const struct sim_item *a, const struct sim_item *b,
		     const char *name)
{
	size_t i = next_of(a, 0, name), j = next_of(b, 0, name);

	while (i < a->n && j < b->n) {
		if (!prop_same(&a->prop[i], &b->prop[j]))
			return false;
		i = next_of(a, i + 1, name);
		j = next_of(b, j + 1, name);
	}
	return i == a->n && j == b->n;
}

int sim_block_put(struct sim_item *it, const char *name,
		  const struct sim_item *block)
{
	size_t at = next_of(it, 0, name);

	for (size_t i = it->n; i-- > 0;)
		if (!strcmp(it->prop[i].name, name))
			remove_at(it, i);
	for (size_t i = 0; i < block->n; i++) {
		if (strcmp(block->prop[i].name, name))
			continue;
		if (add_prop(it, &block->prop[i]))
			return -1;
		if (at < it->n - 1)
			rotate_last(it, at);
		at++;
	}
	return 0;
}

bool sim_item_same(const struct sim_item *a, const struct sim_item *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (next_of(a, 0, a->prop[i].name) == i &&
		    !sim_block_equal(a, b, a->prop[i].name))
			return false;
	return true;
}

void sim_delta_free(struct sim_delta *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->edit[i].field);
		free(d->edit[i].name);
		sim_item_free(&d->edit[i].from);
		sim_item_free(&d->edit[i].to);
	}
	free(d->edit);
	memset(d, 0, sizeof(*d));
}

static struct sim_edit *new_edit(struct sim_delta *d, enum sim_kind kind,
				 const char *name, const char *key)
{
	struct sim_edit *e;

	if (d->n == d->cap) {
		size_t cap = d->cap ? 2 * d->cap : 8;

		e = realloc(d->edit, cap * sizeof(*e));
		if (!e)
			return NULL;
		d->edit = e;
		d->cap = cap;
	}
	e = &d->edit[d->n];
	memset(e, 0, sizeof(*e));
	sim_item_init(&e->from, kind);
	sim_item_init(&e->to, kind);
	e->name = strdup(name);
	if (asprintf(&e->field, "%s%s%s", name, key ? ":" : "",
		     key ? key : "") < 0)
		e->field = NULL;
	if (!e->name || !e->field) {
		free(e->name);
		free(e->field);
		return NULL;
	}
	d->n++;
	return e;
}

static int diff_single(const struct sim_item *a, const struct sim_item *b,
		       const char *name, struct sim_delta *d)
{
	struct sim_edit *e;

	if (sim_block_equal(a, b, name))
		return 0;
	e = new_edit(d, a->kind, name, NULL);
	if (!e)
		return -1;
	e->single = true;
	return sim_block(&e->from, a, name) || sim_block(&e->to, b, name) ? -1
									  : 0;
}

/* The members of one set, with their keys and partners. */
struct set {
	size_t n;
	const struct sim_prop **p;
	char **key;
	size_t *mate;
};

#define NONE ((size_t)-1)

static void set_free(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->key[i]);
	free(s->p);
	free(s->key);
	free(s->mate);
}

static int set_of(struct set *s, const struct sim_item *it, const char *name,
		  const char *country)
{
	memset(s, 0, sizeof(*s));
	s->p = calloc(it->n + 1, sizeof(*s->p));
	s->key = calloc(it->n + 1, sizeof(*s->key));
	s->mate = calloc(it->n + 1, sizeof(*s->mate));
	if (!s->p || !s->key || !s->mate)
		return -1;
	for (size_t i = 0; i < it->n; i++) {
		if (strcmp(it->prop[i].name, name))
			continue;
		s->p[s->n] = &it->prop[i];
		s->mate[s->n] = NONE;
		s->key[s->n] = sim_prop_key(&it->prop[i], country);
		if (!s->key[s->n++])
			return -1;
	}
	return 0;
}

static void set_match(struct set *a, struct set *b, bool exact)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t j = 0; a->mate[i] == NONE && j < b->n; j++) {
			if (b->mate[j] != NONE || strcmp(a->key[i], b->key[j]) ||
			    (exact && !prop_same(a->p[i], b->p[j])))
				continue;
			a->mate[i] = j;
			b->mate[j] = i;
		}
	}
}

static int set_edit(struct sim_delta *d, enum sim_kind kind, const char *name,
		    const char *key, const struct sim_prop *from,
		    const struct sim_prop *to)
{
	struct sim_edit *e = new_edit(d, kind, name, key);

	if (!e)
		return -1;
	return (from && add_prop(&e->from, from)) || (to && add_prop(&e->to, to))
		       ? -1
		       : 0;
}

static int diff_set(const struct sim_item *a, const struct sim_item *b,
		    const char *name, const char *country, struct sim_delta *d)
{
	struct set x, y;
	struct sim_edit *e;
	bool ordered = true;
	size_t last = 0, j = 0;
	int rc = -1;

	memset(&y, 0, sizeof(y));
	if (set_of(&x, a, name, country) || set_of(&y, b, name, country))
		goto out;
	set_match(&x, &y, true);
	set_match(&x, &y, false);
	for (size_t i = 0; i < x.n; i++) {
		if (x.mate[i] != NONE) {
			ordered = ordered && x.mate[i] >= last;
			last = x.mate[i];
			if (!prop_same(x.p[i], y.p[x.mate[i]]) &&
			    set_edit(d, a->kind, name, x.key[i], x.p[i],
				     y.p[x.mate[i]]))
				goto out;
			continue;
		}
		/* What went and what came, in order, is taken as replaced. */
		while (j < y.n && y.mate[j] != NONE)
			j++;
		if (set_edit(d, a->kind, name, x.key[i], x.p[i],
			     j < y.n ? y.p[j] : NULL))
			goto out;
		if (j < y.n) {
			ordered = ordered && j >= last;
			last = j++;
		}
	}
	for (; j < y.n; j++) {
		if (y.mate[j] != NONE)
			continue;
		/* Something new in front of what was first is preferred now. */
		ordered = ordered && j >= last;
		if (set_edit(d, a->kind, name, y.key[j], NULL, y.p[j]))
			goto out;
	}
	if (!ordered) {
		e = new_edit(d, a->kind, name, "#order");
		if (!e)
			goto out;
		e->order = true;
		if (sim_block(&e->from, a, name) || sim_block(&e->to, b, name))
			goto out;
	}
	rc = 0;
out:
	set_free(&x);
	set_free(&y);
	return rc;
}

static int diff_names(const struct sim_item *a, const struct sim_item *b,
		      const struct sim_item *names, const char *country,
		      struct sim_delta *d)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->prop[i].name;
		int rc;

		if (next_of(names, 0, name) != i)
			continue;
		if (names == b && next_of(a, 0, name) < a->n)
			continue;
		if (sim_block_equal(a, b, name))
			continue;
		rc = sim_field_single(a->kind, name)
			     ? diff_single(a, b, name, d)
			     : diff_set(a, b, name, country, d);
		if (rc)
			return rc;
	}
	return 0;
}

int sim_diff(const struct sim_item *a, const struct sim_item *b,
	     const char *country, struct sim_delta *d)
{
	memset(d, 0, sizeof(*d));
	if (diff_names(a, b, a, country, d) || diff_names(a, b, b, country, d)) {
		sim_delta_free(d);
		return -1;
	}
	return 0;
}

/* Only what went from one state to the other; the rest is as @p has it. */
static int patch_prop(struct sim_prop *p, const struct sim_prop *from,
		      const struct sim_prop *to)
{
	bool changed = false;

	if (strcmp(from->value, to->value) && strcmp(p->value, to->value)) {
		changed = true;
		if (dup_into(&p->value, to->value))
			return -1;
	}
	if (!same(from->params, to->params) && !same(p->params, to->params)) {
		changed = true;
		if (dup_into(&p->params, to->params))
			return -1;
	}
	if (!same(from->group, to->group) && !same(p->group, to->group)) {
		changed = true;
		if (dup_into(&p->group, to->group))
			return -1;
	}
	return changed;
}

static int apply_single(struct sim_item *it, const struct sim_edit *e)
{
	size_t at = next_of(it, 0, e->name);
	bool one = at < it->n && next_of(it, at + 1, e->name) == it->n;

	if (one && e->from.n == 1 && e->to.n == 1)
		return patch_prop(&it->prop[at], &e->from.prop[0],
				  &e->to.prop[0]);
	if (one && e->to.n == 1 &&
	    !strcmp(it->prop[at].value, e->to.prop[0].value))
		return 0;
	if (sim_block_equal(it, &e->to, e->name))
		return 0;
	return sim_block_put(it, e->name, &e->to) ? -1 : 1;
}

/*
 * The member of @it that a replica's member stands for: the same key, else
 * the only one that begins so (the replica cut it).
 */
static size_t find_member(const struct sim_item *it, const struct sim_prop *p,
			  const char *country)
{
	size_t found = NONE, cut = NONE, cuts = 0;
	char *key = sim_prop_key(p, country);
	size_t len = key ? strlen(key) : 0;

	for (size_t i = 0; key && found == NONE && i < it->n; i++) {
		char *other;

		if (strcmp(it->prop[i].name, p->name))
			continue;
		other = sim_prop_key(&it->prop[i], country);
		if (other && !strcmp(other, key)) {
			found = i;
		} else if (other && len >= 8 && !strncmp(other, key, len)) {
			cut = i;
			cuts++;
		}
		free(other);
	}
	free(key);
	return found != NONE ? found : cuts == 1 ? cut : NONE;
}

static int apply_order(struct sim_item *it, const struct sim_edit *e,
		       const char *country)
{
	struct sim_item want = {.kind = it->kind};
	int rc = -1;

	/* Ours in their order, then those they do not have, as they were. */
	for (size_t k = 0; k < e->to.n; k++) {
		size_t at = find_member(it, &e->to.prop[k], country);

		if (at == NONE || find_member(&want, &it->prop[at], country) !=
					  NONE)
			continue;
		if (add_prop(&want, &it->prop[at]))
			goto out;
	}
	for (size_t i = 0; i < it->n; i++) {
		if (strcmp(it->prop[i].name, e->name) ||
		    find_member(&want, &it->prop[i], country) != NONE)
			continue;
		if (add_prop(&want, &it->prop[i]))
			goto out;
	}
	rc = 0;
	/* Twins (same key twice) would be lost: then leave the order alone. */
	for (size_t i = 0, n = 0; i <= it->n; i++) {
		if (i == it->n && n != want.n)
			goto out;
		if (i < it->n && !strcmp(it->prop[i].name, e->name))
			n++;
	}
	if (!sim_block_equal(it, &want, e->name))
		rc = sim_block_put(it, e->name, &want) ? -1 : 1;
out:
	sim_item_free(&want);
	return rc;
}

int sim_apply(struct sim_item *it, const struct sim_edit *e,
	      const char *country)
{
	size_t from = NONE, to = NONE;

	if (e->single)
		return apply_single(it, e);
	if (e->order)
		return apply_order(it, e, country);
	if (e->from.n)
		from = find_member(it, &e->from.prop[0], country);
	if (e->to.n)
		to = find_member(it, &e->to.prop[0], country);
	if (!e->to.n) {
		if (from == NONE)
			return 0;
		remove_at(it, from);
		return 1;
	}
	if (from == NONE)
		return to != NONE ? 0 : insert_prop(it, &e->to.prop[0]) ? -1 : 1;
	if (to != NONE && to != from) {
		remove_at(it, from);
		return 1;
	}
	return patch_prop(&it->prop[from], &e->from.prop[0], &e->to.prop[0]);
}

static int split_field(const char *field, char **name, const char **key)
{
	const char *colon = strchr(field, ':');

	*name = colon ? strndup(field, (size_t)(colon - field)) : strdup(field);
	*key = colon ? colon + 1 : NULL;
	return *name ? 0 : -1;
}

int sim_field_get(struct sim_item *to, const struct sim_item *from,
		  const char *field, const char *country)
{
	const char *key;
	char *name;
	int rc = 0;

	if (split_field(field, &name, &key))
		return -1;
	for (size_t i = 0; !rc && i < from->n; i++) {
		char *k;

		if (strcmp(from->prop[i].name, name))
			continue;
		k = key ? sim_prop_key(&from->prop[i], country) : NULL;
		if (!key || (k && !strcmp(k, key)))
			rc = add_prop(to, &from->prop[i]);
		free(k);
	}
	free(name);
	return rc;
}

int sim_field_put(struct sim_item *it, const char *field,
		  const struct sim_item *value, const char *country)
{
	const char *key;
	char *name;
	size_t at = NONE;
	int rc = 0;

	if (split_field(field, &name, &key))
		return -1;
	if (!key) {
		rc = sim_block_put(it, name, value);
		free(name);
		return rc;
	}
	for (size_t i = 0; at == NONE && i < it->n; i++) {
		char *k;

		if (strcmp(it->prop[i].name, name))
			continue;
		k = sim_prop_key(&it->prop[i], country);
		if (k && !strcmp(k, key))
			at = i;
		free(k);
	}
	free(name);
	if (at == NONE)
		return value->n ? insert_prop(it, &value->prop[0]) : 0;
	if (!value->n) {
		remove_at(it, at);
		return 0;
	}
	if (add_prop(it, &value->prop[0]))
		return -1;
	remove_at(it, at);
	rotate_last(it, at);
	return rc;
}

char *sim_name_from_fn(const char *fn)
{
	const char *space = strrchr(fn, ' ');
	char *plain = sim_text_unescape(fn), *given = NULL, *family = NULL;
	char *out = NULL;
	char *last;

	if (!plain)
		return NULL;
	last = space ? strrchr(plain, ' ') : NULL;
	if (last)
		*last = '\0';
	given = sim_text_escape(plain);
	family = sim_text_escape(last ? last + 1 : "");
	if (given && family &&
	    asprintf(&out, "%s;%s;;;", family, given) < 0)
		out = NULL;
	free(plain);
	free(given);
	free(family);
	return out;
}
