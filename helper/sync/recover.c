/* SPDX-License-Identifier: MIT */
/*
 * recover.c - writes whose outcome an earlier run never learned
 *
 * Their journal rows are open. Whatever such a write can have left behind is
 * ours, not an edit: per field, what was there before or what was wanted. The
 * item is due on that replica, so planning finishes the rest.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"

struct entry {
	int64_t id, item;
	enum sim_verb verb;
	char *ref, *uid;
	struct sim_item before, want;
};

static void entries_free(struct entry *j, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(j[i].ref);
		free(j[i].uid);
		sim_item_free(&j[i].before);
		sim_item_free(&j[i].want);
	}
	free(j);
}

static char *dup_col(struct ledger *l, enum ledger_query q, int col)
{
	const char *text = ledger_text(l, q, col);

	return text ? strdup(text) : NULL;
}

static int parse_col(struct ledger *l, enum ledger_query q, int col,
		     enum sim_kind kind, struct sim_item *it)
{
	const char *text = ledger_text(l, q, col);

	return sim_item_parse(it, kind, text ? text : "");
}

static int load(struct component *c, int64_t member, struct entry **out,
		size_t *n)
{
	const enum ledger_query q = LQ_JOURNAL_OPEN;
	struct ledger *l = c->run->l;
	int row;

	*out = NULL;
	*n = 0;
	for (row = ledger_first(l, q, c->run->e, "i", member); row > 0;
	     row = ledger_next(l, q, c->run->e)) {
		struct entry *j = realloc(*out, (*n + 1) * sizeof(*j));

		if (!j)
			goto fail;
		*out = j;
		j = &j[*n];
		memset(j, 0, sizeof(*j));
		j->id = ledger_int(l, q, 0);
		j->item = ledger_int(l, q, 1);
		j->verb = (enum sim_verb)ledger_int(l, q, 2);
		j->ref = dup_col(l, q, 3);
		j->uid = dup_col(l, q, 4);
		if (parse_col(l, q, 5, c->g.kind, &j->before) ||
		    parse_col(l, q, 6, c->g.kind, &j->want))
			goto fail;
		(*n)++;
	}
	return row;
fail:
	ledger_end(l, q);
	return sim_fail(c->run->e, EX_DATAERR,
			"ledger: the journal cannot be read");
}

/*
 * @was becomes what the write left: per name, what is there now where it is
 * the state before or the wanted one. Return: 1 nothing else is there.
 */
static int ours(const struct entry *j, const struct sim_item *now,
		struct sim_item *was)
{
	const struct sim_item *all[] = {&j->before, &j->want, now};
	bool clean = true;

	if (sim_item_copy(was, now))
		return -1;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < all[k]->n; i++) {
			const char *name = all[k]->prop[i].name;
			struct sim_item block = {.kind = now->kind};
			int rc;

			if (sim_block_equal(now, &j->before, name) ||
			    sim_block_equal(now, &j->want, name))
				continue;
			clean = false;
			rc = sim_block(&block, &j->before, name) ||
			     sim_block_put(was, name, &block);
			sim_item_free(&block);
			if (rc)
				return -1;
		}
	}
	return clean;
}

static int set_base(struct component *c, struct side *s, int64_t base,
		    int64_t item, const struct sim_record *rec)
{
	struct run *run = c->run;
	char *text = sim_item_text(&rec->item);
	int rc = -1;

	if (!text)
		return sim_fail(run->e, EX_OSERR, "sync: out of memory");
	if (base)
		rc = ledger_do(run->l, LQ_BASE_SET, run->e, "issssssii", base,
			       rec->ref, rec->version, rec->uid, text, NULL,
			       "present", text_hash(text), (int64_t)0);
	else if (!ledger_do(run->l, LQ_BASE_GONE, run->e, "ii", item,
			    s->member) &&
		 ledger_add(run->l, LQ_BASE_ADD, run->e, "iissssssii",
			    item, s->member, rec->ref, rec->version, rec->uid,
			    text, NULL, "present", text_hash(text),
			    (int64_t)0) > 0)
		rc = 0;
	free(text);
	if (!rc)
		rc = ledger_do(run->l, LQ_DUE_ADD, run->e, "ii", s->member,
			       item);
	/* It may be all that was wanted: absorb() looks. */
	if (!rc && !touch_add(c, item, (size_t)(s - c->side)))
		rc = -1;
	return rc;
}

/* Is it the place the write went to? 1, 0, -1 */
static int is_spot(struct run *run, struct spot *p, const struct entry *j)
{
	struct sim_shelf *shelf = run->opt->shelf;
	int rc = p->lost && p->ref && j->ref && !strcmp(p->ref, j->ref);

	if (!rc && p->found && j->ref)
		rc = sim_record_is_at(shelf, p->rec, j->ref);
	if (!rc && p->found && j->uid && j->verb == SIM_CREATE)
		rc = sim_record_is(shelf, p->rec, j->uid);
	return rc < 0 ? run_unread(run) : rc;
}

/* @out: NULL: none. 0, -1 */
static int find_spot(struct run *run, struct spots *s, const struct entry *j,
		     struct spot **out)
{
	int rc = 0;

	*out = NULL;
	for (size_t i = 0; !rc && i < s->n; i++) {
		rc = is_spot(run, &s->spot[i], j);
		if (rc > 0)
			*out = &s->spot[i];
	}
	return rc < 0 ? -1 : 0;
}

static void settle(struct spot *p)
{
	p->lost = false;
	p->found = false;
}

static bool is_card(const struct side *s)
{
	return s->r->class == SIM_PHYSICAL || s->r->class == SIM_VIRTUAL;
}

/* 1: the record is what the write left, or what it was to change; -1 */
static int is_ours(const struct entry *j, const struct sim_record *rec)
{
	struct sim_item was = {.kind = rec->item.kind};
	int rc = rec->item.n ? ours(j, &rec->item, &was) : 0;

	sim_item_free(&was);
	return rc;
}

/* Another terminal may have moved it, in whatever state. @out: NULL: no. 0, -1 */
static int find_moved(struct component *c, const struct side *sd,
		      struct spots *s, const struct entry *j,
		      const struct spot *place, struct spot **out)
{
	int rc = 0;

	*out = NULL;
	if (!is_card(sd) || c->g.kind != SIM_CONTACT)
		return 0;
	for (size_t i = 0; !rc && i < s->n; i++) {
		struct spot *q = &s->spot[i];

		rc = q != place && q->found ? is_ours(j, q->rec) : 0;
		if (rc > 0)
			*out = q;
	}
	return rc < 0 ? run_no_memory(c->run) : 0;
}

/*
 * No spot: as it was, or not to be seen. What a card that was not read whole
 * does not tell may still be there; the row waits until it can be looked at.
 */
static int not_seen(struct run *run, const struct side *s,
		    const struct entry *j)
{
	for (size_t i = 0; j->ref && i < s->ch.n; i++) {
		struct sim_record *rec = &s->ch.rec[i];
		int rc = sim_record_is_at(run->opt->shelf, rec, j->ref);

		if (rc)
			return rc < 0 ? run_unread(run) : rec->problem != NULL;
	}
	return is_card(s) && !s->ch.whole;
}

/* The record at @moved is that item's; whose place it was is still to be found. */
static int take_moved(struct component *c, struct side *s, int64_t base,
		      int64_t item, struct spot *moved)
{
	if (moved->base && moved->lost &&
	    ledger_do(c->run->l, LQ_BASE_PLACE, c->run->e, "iss", moved->base,
		      NULL, NULL))
		return -1;
	moved->found = false;
	return set_base(c, s, base, item, moved->rec);
}

/* Ours by its UID, and edited since: only that is an edit. */
static int new_and_edited(struct component *c, struct side *s,
			  const struct entry *j, struct spot *p,
			  const struct sim_item *left)
{
	struct run *run = c->run;
	const struct sim_record *rec = p->rec;
	char *was = sim_item_text(left);
	int64_t base = -1;
	struct touch *t;

	p->found = false;
	if (!was)
		return run_no_memory(run);
	if (!ledger_do(run->l, LQ_BASE_GONE, run->e, "ii", j->item, s->member))
		base = ledger_add(run->l, LQ_BASE_ADD, run->e, "iissssssii",
				  j->item, s->member, rec->ref, rec->version,
				  rec->uid, was, NULL, "present",
				  text_hash(was), (int64_t)0);
	t = base > 0 ? touch_add(c, j->item, (size_t)(s - c->side)) : NULL;
	if (!t) {
		free(was);
		return -1;
	}
	t->base = base;
	t->rec = p->rec;
	t->edited = true;
	t->was = was;
	return ledger_do(run->l, LQ_DUE_ADD, run->e, "ii", s->member, j->item);
}

static int recover_create(struct component *c, struct side *s,
			  const struct entry *j, struct spot *p,
			  struct spot *moved)
{
	struct sim_item was = {.kind = c->g.kind};
	bool same_uid = false;
	int rc = 0;

	if (p && p->found && !p->lost) {
		same_uid = j->uid && p->rec->uid && !strcmp(j->uid, p->rec->uid);
		rc = ours(j, &p->rec->item, &was);
	}
	if (rc < 0) {
		run_no_memory(c->run);
	} else if (rc) {
		p->found = false;
		rc = set_base(c, s, 0, j->item, p->rec);
	} else if (same_uid) {
		rc = new_and_edited(c, s, j, p, &was);
	} else if (moved) {
		/* What is there is somebody else's: the place was free. */
		rc = take_moved(c, s, 0, j->item, moved);
	}
	sim_item_free(&was);
	return rc;
}

/* Neither there nor elsewhere: gone, or never written. */
static int recover_gone(struct component *c, struct side *s,
			const struct entry *j, struct spot *p)
{
	int rc;

	/* Our delete went through; a foreign one is for match(). */
	if (j->verb != SIM_DELETE && !is_card(s))
		return 0;
	p->lost = false;
	rc = ledger_do(c->run->l, LQ_BASE_DEL, c->run->e, "i", p->base);
	/* A card that lost what it had: it is to be written again. */
	if (!rc && j->verb != SIM_DELETE)
		rc = ledger_do(c->run->l, LQ_DUE_ADD, c->run->e, "ii",
			       s->member, j->item);
	return rc;
}

/* Is what is in its place now another contact's? */
static bool replaced(struct component *c, const struct side *s,
		     const struct entry *j, const struct sim_record *rec)
{
	const char *country = c->run->opt->country;

	return is_card(s) && c->g.kind == SIM_CONTACT &&
	       sim_alike(&j->before, &rec->item, country) == SIM_UNLIKE &&
	       sim_alike(&j->want, &rec->item, country) == SIM_UNLIKE;
}

static int recover_change(struct component *c, size_t side,
			  const struct entry *j, struct spot *p,
			  struct spot *moved)
{
	struct side *s = &c->side[side];
	struct sim_item was = {.kind = c->g.kind};
	struct touch *t;
	int rc = 0;

	if (!p || !p->lost || p->item != j->item)
		return 0;
	if (p->found)
		rc = ours(j, &p->rec->item, &was);
	if (rc < 0)
		goto out;
	if (rc) {
		settle(p);
		rc = set_base(c, s, p->base, j->item, p->rec);
		goto out;
	}
	if (moved) {
		p->lost = false;
		rc = take_moved(c, s, p->base, j->item, moved);
		goto out;
	}
	if (!p->found || replaced(c, s, j, p->rec)) {
		rc = recover_gone(c, s, j, p);
		goto out;
	}
	/* Somebody edited it as well: only that is an edit. */
	settle(p);
	rc = -1;
	t = touch_add(c, j->item, side);
	if (!t)
		goto out;
	t->base = p->base;
	t->rec = p->rec;
	t->edited = true;
	t->was = sim_item_text(&was);
	if (t->was)
		rc = ledger_do(c->run->l, LQ_DUE_ADD, c->run->e, "ii",
			       s->member, j->item);
out:
	sim_item_free(&was);
	return rc;
}

int recover(struct component *c, size_t side, struct spots *s)
{
	struct side *sd = &c->side[side];
	struct entry *j;
	size_t n;
	int rc = load(c, sd->member, &j, &n);

	/* Newest first: what it left is on top of what older ones left. */
	for (size_t i = 0; !rc && i < n; i++) {
		struct spot *p, *moved = NULL;

		rc = find_spot(c->run, s, &j[i], &p);
		if (!rc && !p) {
			rc = not_seen(c->run, sd, &j[i]);
			if (rc > 0) {
				rc = 0;
				continue;
			}
		}
		if (!rc && p && p->rec)
			rc = run_wake(c->run, p->rec);
		if (!rc)
			rc = find_moved(c, sd, s, &j[i], p, &moved);
		if (!rc)
			rc = j[i].verb == SIM_CREATE
				     ? recover_create(c, sd, &j[i], p, moved)
				     : recover_change(c, side, &j[i], p, moved);
		if (p && p->rec)
			sim_record_rest(p->rec);
		if (!rc)
			rc = ledger_do(c->run->l, LQ_JOURNAL_CLOSE, c->run->e,
				       "i", j[i].id);
	}
	entries_free(j, n);
	return rc;
}
