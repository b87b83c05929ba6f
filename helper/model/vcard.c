// SPDX-License-Identifier: MIT
#include "model/vcard_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int vcard_nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for a vCard");
}

void vcard_lines_free(struct card *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		vline_free(&c->line[i].v);
	free(c->line);
	free(c->made_fn);
	*c = (struct card){ 0 };
}

/* Component @k of a structured value (RFC 6350 §3.4): unescaped ';' divide. */
static const char *component(const char *value, int k, size_t *n)
{
	const char *s = value;
	size_t i;

	for (;; s += i + 1) {
		for (i = 0; s[i] && s[i] != ';'; i++)
			if (s[i] == '\\' && s[i + 1])
				i++;
		if (!k--) {
			*n = i;
			return s;
		}
		if (!s[i]) {
			*n = 0;
			return s + i;
		}
	}
}

/* Part of a structured value as text: a list's ',' is a space. */
static void add_words(struct buf *b, const char *s, size_t n)
{
	size_t i;

	if (n && b->n)
		buf_chr(b, ' ');
	for (i = 0; i < n; i++) {
		if (s[i] == '\\' && i + 1 < n) {
			buf_add(b, s + i++, 2);
		} else {
			buf_chr(b, s[i] == ',' ? ' ' : s[i]);
		}
	}
}

bool vcard_blank(const char *s)
{
	return !s[strspn(s, " \t;,")];
}

/* The name of a vCard without FN: from N, else NICKNAME, else ORG. */
static char *make_fn(const struct card *c)
{
	static const int order[] = { 3, 1, 2, 0, 4 };
	static const char *const from[] = { "N", "NICKNAME", "ORG" };
	struct buf b = { 0 };
	size_t f, i, k, n;

	for (f = 0; f < 3; f++) {
		for (i = 0; i < c->n; i++) {
			const struct sim_prop *p = &c->line[i].v.prop;
			const char *s;

			if (!p->name || strcmp(p->name, from[f]) ||
			    vcard_blank(p->value))
				continue;
			for (k = 0; k < (f ? 1 : 5); k++) {
				s = component(p->value, f ? 0 : order[k], &n);
				add_words(&b, s, n);
			}
			if (b.n && !vcard_blank(b.p))
				return buf_take(&b);
			buf_free(&b);
		}
	}
	return NULL;
}

/* N as FN says it: the last word is the family name. */
char *vcard_derive_n(const char *fn)
{
	struct buf b = { 0 };
	const char *end = fn + strlen(fn), *cut, *s;
	int part;

	while (end > fn && end[-1] == ' ')
		end--;
	for (cut = end; cut > fn && cut[-1] != ' '; cut--)
		;
	for (part = 0; part < 2; part++) {
		const char *from = part ? fn : cut, *to = part ? cut : end;

		while (to > from && to[-1] == ' ')
			to--;
		for (s = from; s < to; s++) {
			if (*s == ';' || *s == ',')
				buf_chr(&b, '\\');
			buf_chr(&b, *s);
			if (*s == '\\' && s + 1 < to)
				buf_chr(&b, *++s);
		}
		buf_chr(&b, ';');
	}
	buf_str(&b, ";;");
	return buf_take(&b);
}

static bool repeats(const char *n_value, const char *fn)
{
	char *d;
	bool yes;

	if (vcard_blank(n_value))
		return true;
	if (!fn)
		return false;
	d = vcard_derive_n(fn);
	yes = d && !strcmp(d, n_value);
	free(d);
	return yes;
}

static struct line *add_line(struct card *c)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 32;
		struct line *p = realloc(c->line, cap * sizeof(*p));

		if (!p)
			return NULL;
		c->line = p;
		c->cap = cap;
	}
	c->line[c->n] = (struct line){ 0 };
	return &c->line[c->n++];
}

static int set_version(struct card *c, const struct vline *v,
		       struct sim_err *e)
{
	static const struct { const char *text; int version; } known[] = {
		{ "2.1", 21 }, { "3.0", 30 }, { "4.0", 40 },
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(v->prop.value, known[i].text)) {
			c->version = known[i].version;
			return 0;
		}
	}
	return sim_fail(e, EX_DATAERR,
			"line %zu: vCard version is none of 2.1, 3.0 and 4.0",
			v->number);
}

static bool belongs_to_copy(const char *name)
{
	static const char *const names[] = { "PRODID", "REV", "UID" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static int read_lines(struct card *c, const char *text, size_t len,
		      struct sim_err *e)
{
	size_t pos = 0, number = 1, props = 0;
	enum { OUTSIDE, INSIDE, BEHIND } where = OUTSIDE;
	int ret;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		pos = 3;
	for (;;) {
		struct line *l = add_line(c);
		const char *name, *value;

		if (!l)
			return vcard_nomem(e);
		ret = vline_next(text, len, &pos, &number, &l->v, e);
		if (ret <= 0) {
			c->n--;
			break;
		}
		c->repaired |= l->v.repaired;
		l->role = KEPT;
		if (l->v.blank)
			continue;
		name = l->v.prop.name;
		value = l->v.prop.value;
		if (!strcmp(name, "BEGIN") && !strcasecmp(value, "VCARD")) {
			if (where != OUTSIDE)
				return sim_fail(e, EX_DATAERR,
						"line %zu starts a second vCard; one file or resource holds one contact",
						l->v.number);
			where = INSIDE;
			continue;
		}
		if (where != INSIDE)
			return sim_fail(e, EX_DATAERR,
					where == OUTSIDE ?
					"line %zu comes before BEGIN:VCARD" :
					"line %zu comes after END:VCARD",
					l->v.number);
		if (!strcmp(name, "END") && !strcasecmp(value, "VCARD")) {
			where = BEHIND;
			continue;
		}
		if (++props > VCARD_MAX_PROPS)
			return sim_fail(e, EX_DATAERR,
					"vCard has more than %u properties; shorten it to have it synced",
					VCARD_MAX_PROPS);
		if (!strcmp(name, "VERSION")) {
			if (set_version(c, &l->v, e))
				return -1;
		} else if (!strcmp(name, "UID") && !c->uid && *value) {
			c->uid = value;
		} else if (!belongs_to_copy(name)) {
			l->role = SHOWN;
		}
	}
	if (ret < 0)
		return -1;
	if (where != BEHIND)
		return sim_fail(e, EX_DATAERR, where == OUTSIDE ?
				"no BEGIN:VCARD: this is no vCard" :
				"no END:VCARD: the vCard was cut off");
	return 0;
}

int vcard_lines(struct card *c, const char *text, size_t len,
		     struct sim_err *e)
{
	const char *nl;
	size_t i;

	*c = (struct card){ .version = 30 };
	if (len > VCARD_MAX_BYTES)
		return sim_fail(e, EX_DATAERR,
				"vCard of %zu bytes is larger than the %u MiB simsync takes; make its photo smaller",
				len, VCARD_MAX_BYTES / 1024 / 1024);
	nl = memchr(text, '\n', len);
	c->eol = nl && (nl == text || nl[-1] != '\r') ? "\n" : "\r\n";
	if (read_lines(c, text, len, e)) {
		vcard_lines_free(c);
		return -1;
	}
	for (i = 0; i < c->n; i++) {
		struct line *l = &c->line[i];

		if (l->role != SHOWN || strcmp(l->v.prop.name, "FN"))
			continue;
		if (vcard_blank(l->v.prop.value))
			l->role = EMPTY_FN;
		else if (!c->fn)
			c->fn = l->v.prop.value;
	}
	if (!c->fn)
		c->made_fn = make_fn(c);
	for (i = 0; i < c->n; i++) {
		struct line *l = &c->line[i];

		if (l->role == SHOWN && !strcmp(l->v.prop.name, "N") &&
		    repeats(l->v.prop.value, c->fn ? c->fn : c->made_fn))
			l->role = DERIVED_N;
	}
	return 0;
}

static int add_prop(struct sim_item *it, const struct sim_prop *p)
{
	if (sim_item_add(it, p->name, p->params, p->value))
		return -1;
	if (p->group) {
		it->prop[it->n - 1].group = strdup(p->group);
		if (!it->prop[it->n - 1].group)
			return -1;
	}
	return 0;
}

int vcard_lines_item(const struct card *c, struct sim_item *it)
{
	size_t i;

	if (c->made_fn && sim_item_add(it, "FN", NULL, c->made_fn))
		return -1;
	for (i = 0; i < c->n; i++)
		if (c->line[i].role == SHOWN &&
		    add_prop(it, &c->line[i].v.prop))
			return -1;
	return 0;
}

int vcard_parse(const char *text, size_t len, struct sim_vcard *out,
		struct sim_err *e)
{
	struct card c;

	*out = (struct sim_vcard){ 0 };
	sim_item_init(&out->item, SIM_CONTACT);
	if (vcard_lines(&c, text, len, e))
		return -1;
	out->version = c.version;
	out->repaired = c.repaired;
	if (vcard_lines_item(&c, &out->item) ||
	    (c.uid && !(out->uid = strdup(c.uid)))) {
		vcard_free(out);
		vcard_lines_free(&c);
		return vcard_nomem(e);
	}
	vcard_lines_free(&c);
	return 0;
}

void vcard_free(struct sim_vcard *v)
{
	sim_item_free(&v->item);
	free(v->uid);
	*v = (struct sim_vcard){ 0 };
}

size_t vcard_count(const char *text, size_t len, size_t *end)
{
	size_t at = 0, next, n = 0;

	if (end)
		*end = len;
	for (; at < len; at = next) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t stop = nl ? (size_t)(nl - text) : len;

		next = nl ? stop + 1 : len;
		while (stop > at && strchr("\r \t", text[stop - 1]) &&
		       text[stop - 1])
			stop--;
		if (stop - at == 9 && !strncasecmp(text + at, "END:VCARD", 9) &&
		    !n++ && end)
			*end = next;
	}
	return n;
}

void vcard_normal(struct sim_item *it)
{
	const char *fn = sim_item_get(it, "FN");
	size_t i, k = 0;

	for (i = 0; i < it->n; i++) {
		struct sim_prop *p = &it->prop[i];

		if ((!strcmp(p->name, "FN") && vcard_blank(p->value)) ||
		    (!strcmp(p->name, "N") && repeats(p->value, fn))) {
			free(p->group);
			free(p->name);
			free(p->params);
			free(p->value);
			continue;
		}
		it->prop[k++] = *p;
	}
	it->n = k;
}
