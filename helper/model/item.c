/* SPDX-License-Identifier: MIT */
/*
 * item.c - lists of properties: keep, compare, write as text, read back
 */
#include "model/item.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_item_init(struct sim_item *it, enum sim_kind kind)
{
	memset(it, 0, sizeof(*it));
	it->kind = kind;
}

static void prop_free(struct sim_prop *p)
{
	free(p->group);
	free(p->name);
	free(p->params);
	free(p->value);
}

void sim_item_free(struct sim_item *it)
{
	for (size_t i = 0; i < it->n; i++)
		prop_free(&it->prop[i]);
	free(it->prop);
	sim_item_init(it, it->kind);
}

/*
 * A raw line break would break the content line it stands in: as in a vCard
 * it is written "\n", and a carriage return is nothing of its own.
 */
static char *dup_span(const char *s, size_t len)
{
	char *out;
	size_t n = 0;

	if (!memchr(s, '\n', len) && !memchr(s, '\r', len))
		return strndup(s, len);
	out = malloc(2 * len + 1);
	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n') {
			out[n++] = '\\';
			out[n++] = 'n';
		} else if (s[i] != '\r') {
			out[n++] = s[i];
		}
	}
	out[n] = '\0';
	return out;
}

static int add_span(struct sim_item *it, const char *group, size_t group_len,
		    const char *name, size_t name_len, const char *params,
		    size_t params_len, const char *value, size_t value_len)
{
	struct sim_prop p = {0};

	if (it->n == it->cap) {
		size_t cap = it->cap ? 2 * it->cap : 8;
		struct sim_prop *np = realloc(it->prop, cap * sizeof(*np));

		if (!np)
			return -1;
		it->prop = np;
		it->cap = cap;
	}
	if (group)
		p.group = dup_span(group, group_len);
	p.name = dup_span(name, name_len);
	if (params && params_len)
		p.params = dup_span(params, params_len);
	p.value = dup_span(value, value_len);
	if ((group && !p.group) || !p.name ||
	    (params && params_len && !p.params) || !p.value) {
		prop_free(&p);
		return -1;
	}
	for (char *c = p.name; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c -= 'a' - 'A';
	it->prop[it->n++] = p;
	return 0;
}

int sim_item_add(struct sim_item *it, const char *name, const char *params,
		 const char *value)
{
	return add_span(it, NULL, 0, name, strlen(name), params,
			params ? strlen(params) : 0, value, strlen(value));
}

static int add_copy(struct sim_item *it, const struct sim_prop *p)
{
	return add_span(it, p->group, p->group ? strlen(p->group) : 0, p->name,
			strlen(p->name), p->params,
			p->params ? strlen(p->params) : 0, p->value,
			strlen(p->value));
}

int sim_item_copy(struct sim_item *to, const struct sim_item *from)
{
	struct sim_item fresh;

	sim_item_init(&fresh, from->kind);
	for (size_t i = 0; i < from->n; i++) {
		if (add_copy(&fresh, &from->prop[i])) {
			sim_item_free(&fresh);
			return -1;
		}
	}
	sim_item_free(to);
	*to = fresh;
	return 0;
}

void sim_item_move(struct sim_item *to, struct sim_item *from)
{
	if (to == from)
		return;
	sim_item_free(to);
	*to = *from;
	sim_item_init(from, to->kind);
}

const char *sim_item_get(const struct sim_item *it, const char *name)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, name))
			return it->prop[i].value;
	return NULL;
}

int sim_item_set(struct sim_item *it, const char *name, const char *value)
{
	size_t to = 0;
	bool seen = false;
	char *v = NULL;

	if (value) {
		v = dup_span(value, strlen(value));
		if (!v)
			return -1;
	}
	for (size_t i = 0; i < it->n; i++) {
		struct sim_prop *p = &it->prop[i];

		if (!strcmp(p->name, name)) {
			if (!v || seen) {
				prop_free(p);
				continue;
			}
			free(p->value);
			p->value = v;
			seen = true;
		}
		it->prop[to++] = *p;
	}
	it->n = to;
	if (v && !seen) {
		int rc = sim_item_add(it, name, NULL, v);

		free(v);
		return rc;
	}
	return 0;
}

static bool same(const char *a, const char *b)
{
	return (a && b) ? !strcmp(a, b) : !a && !b;
}

bool sim_item_equal(const struct sim_item *a, const struct sim_item *b)
{
	if (a->kind != b->kind || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same(a->prop[i].group, b->prop[i].group) ||
		    !same(a->prop[i].name, b->prop[i].name) ||
		    !same(a->prop[i].params, b->prop[i].params) ||
		    !same(a->prop[i].value, b->prop[i].value))
			return false;
	return true;
}

char *sim_item_text(const struct sim_item *it)
{
	size_t len = 1;
	char *out, *at;

	for (size_t i = 0; i < it->n; i++) {
		const struct sim_prop *p = &it->prop[i];

		len += (p->group ? strlen(p->group) + 1 : 0) + strlen(p->name) +
		       (p->params ? strlen(p->params) + 1 : 0) +
		       strlen(p->value) + 2;
	}
	at = out = malloc(len);
	if (!out)
		return NULL;
	*at = '\0';
	for (size_t i = 0; i < it->n; i++) {
		const struct sim_prop *p = &it->prop[i];

		if (p->group) {
			at = stpcpy(at, p->group);
			*at++ = '.';
		}
		at = stpcpy(at, p->name);
		if (p->params) {
			*at++ = ';';
			at = stpcpy(at, p->params);
		}
		*at++ = ':';
		at = stpcpy(at, p->value);
		*at++ = '\n';
		*at = '\0';
	}
	return out;
}

/* The ':' that ends name and parameters; one inside quotes does not count. */
static const char *find_colon(const char *s, const char *end)
{
	bool quoted = false;

	for (; s < end; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (*s == ':' && !quoted)
			return s;
	}
	return NULL;
}

int sim_item_parse(struct sim_item *it, enum sim_kind kind, const char *text)
{
	sim_item_init(it, kind);
	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *colon = find_colon(text, end);
		const char *semi, *dot, *head = text;
		size_t name_end;

		if (!colon || colon == text)
			goto fail;
		semi = memchr(head, ';', (size_t)(colon - head));
		name_end = (size_t)((semi ? semi : colon) - head);
		dot = memchr(head, '.', name_end);
		if (dot)
			head = dot + 1;
		if (head == (semi ? semi : colon))
			goto fail;
		if (add_span(it, dot ? text : NULL,
			     dot ? (size_t)(dot - text) : 0, head,
			     (size_t)((semi ? semi : colon) - head),
			     semi ? semi + 1 : NULL,
			     semi ? (size_t)(colon - semi - 1) : 0, colon + 1,
			     (size_t)(end - colon - 1)))
			goto fail;
		text = *end ? end + 1 : end;
	}
	return 0;
fail:
	sim_item_free(it);
	return -1;
}

/*
 * FNV-1a in 128 bits: a name for equal content, not a proof against forgery;
 * who can forge a message on a card can also write the card.
 */
static char *hash_key(const char *a, const char *b)
{
	unsigned __int128 prime = ((unsigned __int128)1 << 88) + 0x13b;
	unsigned __int128 h = ((unsigned __int128)0x6c62272e07bb0142u << 64) +
			      0x62b821756295c58du;
	const char *part[] = {a, "\n", b};
	char *out = malloc(33);

	if (!out)
		return NULL;
	for (size_t i = 0; i < 3; i++)
		for (const char *c = part[i]; *c; c++)
			h = (h ^ (unsigned char)*c) * prime;
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)(h >> 64),
		 (unsigned long long)(uint64_t)h);
	return out;
}

char *sim_item_key(const struct sim_item *it)
{
	const char *a;

	switch (it->kind) {
	case SIM_MESSAGE:
		a = sim_item_get(it, "DIRECTION");
		return hash_key(a ? a : "",
				sim_item_get(it, "TPDU")
					? sim_item_get(it, "TPDU")
					: "");
	case SIM_INFO:
		a = sim_item_get(it, "ICCID");
		return strdup(a ? a : "");
	case SIM_CONTACT:
		break;
	}
	return NULL;
}

bool sim_hidden(const char *value)
{
	return !strncmp(value, "h-", 2);
}

char *sim_text_escape(const char *plain)
{
	char *out = malloc(2 * strlen(plain) + 1), *at = out;

	if (!out)
		return NULL;
	for (; *plain; plain++) {
		if (*plain == '\r' && plain[1] == '\n')
			continue;
		if (strchr(",;\\\n\r", *plain))
			*at++ = '\\';
		*at++ = *plain == '\n' || *plain == '\r' ? 'n' : *plain;
	}
	*at = '\0';
	return out;
}

char *sim_text_unescape(const char *value)
{
	char *out = malloc(strlen(value) + 1), *at = out;

	if (!out)
		return NULL;
	for (; *value; value++) {
		if (*value == '\\' && value[1]) {
			value++;
			*at++ = *value == 'n' || *value == 'N' ? '\n' : *value;
		} else {
			*at++ = *value;
		}
	}
	*at = '\0';
	return out;
}
