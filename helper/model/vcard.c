// SPDX-License-Identifier: MIT
#include "model/vcard.h"
#include "model/vline.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a line is to the item. */
enum role {
	SHOWN,		/* a property of the item */
	KEPT,		/* belongs to the copy: BEGIN, UID, blank lines... */
	EMPTY_FN,
	DERIVED_N,	/* only repeats FN, or is empty */
};

struct line {
	struct vline v;
	enum role role;
	size_t before;	/* shown lines in front of it */
};

struct card {
	struct line *line;
	size_t n, cap;
	size_t shown;
	int version;
	const char *eol;
	const char *uid;
	const char *fn;		/* first FN with a name in it */
	char *made_fn;		/* or what stands for it */
	bool repaired;
};

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for a vCard");
}

static void card_free(struct card *c)
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

static bool blank(const char *s)
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
			    blank(p->value))
				continue;
			for (k = 0; k < (f ? 1 : 5); k++) {
				s = component(p->value, f ? 0 : order[k], &n);
				add_words(&b, s, n);
			}
			if (b.n && !blank(b.p))
				return buf_take(&b);
			buf_free(&b);
		}
	}
	return NULL;
}

/* N as FN says it: the last word is the family name. */
static char *derive_n(const char *fn)
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

	if (blank(n_value))
		return true;
	if (!fn)
		return false;
	d = derive_n(fn);
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
			return nomem(e);
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

static int read_card(struct card *c, const char *text, size_t len,
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
		card_free(c);
		return -1;
	}
	for (i = 0; i < c->n; i++) {
		struct line *l = &c->line[i];

		if (l->role != SHOWN || strcmp(l->v.prop.name, "FN"))
			continue;
		if (blank(l->v.prop.value))
			l->role = EMPTY_FN;
		else if (!c->fn)
			c->fn = l->v.prop.value;
	}
	if (!c->fn)
		c->made_fn = make_fn(c);
	for (i = 0; i < c->n; i++) {
		struct line *l = &c->line[i];

		l->before = c->shown;
		if (l->role == SHOWN && !strcmp(l->v.prop.name, "N") &&
		    repeats(l->v.prop.value, c->fn ? c->fn : c->made_fn))
			l->role = DERIVED_N;
		c->shown += l->role == SHOWN;
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

static int card_item(const struct card *c, struct sim_item *it)
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
	if (read_card(&c, text, len, e))
		return -1;
	out->version = c.version;
	out->repaired = c.repaired;
	if (card_item(&c, &out->item) ||
	    (c.uid && !(out->uid = strdup(c.uid)))) {
		vcard_free(out);
		card_free(&c);
		return nomem(e);
	}
	card_free(&c);
	return 0;
}

void vcard_free(struct sim_vcard *v)
{
	sim_item_free(&v->item);
	free(v->uid);
	*v = (struct sim_vcard){ 0 };
}

/*
 * Which line each wanted property takes its bytes from, and whose place it
 * takes. Matching is by multiset: sort both sides, walk them together.
 */
struct slot {
	const struct sim_prop *prop;
	size_t index;	/* of the wanted property, or of the line */
};

struct pairing {
	size_t *bytes;	/* line whose bytes serve, or NONE */
	size_t *place;	/* line it stands in for, or NONE */
	bool *used;	/* lines that found a property */
};

#define NONE ((size_t)-1)

static int cmp_str(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int cmp_name(const struct slot *a, const struct slot *b)
{
	int d = cmp_str(a->prop->name, b->prop->name);

	return d ? d : cmp_str(a->prop->group, b->prop->group);
}

static int cmp_slot(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	int d = cmp_name(a, b);

	if (!d)
		d = cmp_str(a->prop->params, b->prop->params);
	if (!d)
		d = cmp_str(a->prop->value, b->prop->value);
	return d ? d : (a->index > b->index) - (a->index < b->index);
}

static int cmp_place(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	int d = cmp_name(a, b);

	return d ? d : (a->index > b->index) - (a->index < b->index);
}

static size_t gather(struct slot *s, const struct card *c, const bool *used)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		if (c->line[i].role == SHOWN && !used[i])
			s[n++] = (struct slot){ &c->line[i].v.prop, i };
	return n;
}

static int pair_up(const struct card *c, const struct sim_item *want,
		   struct pairing *p, struct sim_err *e)
{
	struct slot *a = calloc(c->n + 1, sizeof(*a));
	struct slot *b = calloc(want->n + 1, sizeof(*b));
	size_t i, j, na, nb = 0;
	int d;

	p->bytes = calloc(want->n + 1, sizeof(*p->bytes));
	p->place = calloc(want->n + 1, sizeof(*p->place));
	p->used = calloc(c->n + 1, sizeof(*p->used));
	if (!a || !b || !p->bytes || !p->place || !p->used) {
		free(a);
		free(b);
		return nomem(e);
	}
	for (i = 0; i < want->n; i++) {
		p->bytes[i] = p->place[i] = NONE;
		b[i] = (struct slot){ &want->prop[i], i };
	}
	na = gather(a, c, p->used);
	qsort(a, na, sizeof(*a), cmp_slot);
	qsort(b, want->n, sizeof(*b), cmp_slot);
	for (i = j = 0; i < na && j < want->n;) {
		d = cmp_name(&a[i], &b[j]);
		if (!d)
			d = cmp_str(a[i].prop->params, b[j].prop->params);
		if (!d)
			d = cmp_str(a[i].prop->value, b[j].prop->value);
		if (!d) {
			p->bytes[b[j].index] = a[i].index;
			p->place[b[j].index] = a[i].index;
			p->used[a[i].index] = true;
		}
		i += d <= 0;
		j += d >= 0;
	}
	/* What has no equal takes the place of one of its name. */
	na = gather(a, c, p->used);
	for (i = 0; i < want->n; i++)
		if (p->bytes[i] == NONE)
			b[nb++] = (struct slot){ &want->prop[i], i };
	qsort(a, na, sizeof(*a), cmp_place);
	qsort(b, nb, sizeof(*b), cmp_place);
	for (i = j = 0; i < na && j < nb;) {
		d = cmp_name(&a[i], &b[j]);
		if (!d)
			p->place[b[j].index] = a[i].index;
		i += d <= 0;
		j += d >= 0;
	}
	free(a);
	free(b);
	return 0;
}

static void pairing_free(struct pairing *p)
{
	free(p->bytes);
	free(p->place);
	free(p->used);
}

static int write_name(struct buf *b, const struct card *c,
		      const struct sim_prop *like, const char *name,
		      const char *value, struct sim_err *e)
{
	struct sim_prop p = like ? *like : (struct sim_prop){ 0 };

	p.name = (char *)name;
	p.value = (char *)value;
	return vline_write(b, &p, c->eol, c->version == 21, e);
}

/* How the lines that only repeat FN end up. */
struct names {
	const char *fn;		/* wanted FN, or NULL */
	bool fn_changed;
	bool has_n;		/* wanted: an N of its own */
	bool had_n;		/* which it had so far */
	bool n_done;
};

/* A line that is not of the item, at its old place. */
static int emit_kept(struct buf *b, const struct card *c, const char *text,
		     size_t i, struct names *w, struct sim_err *e)
{
	const struct line *l = &c->line[i];
	char *d;
	int ret;

	if (l->role == SHOWN)
		return 0;
	if (l->role == EMPTY_FN && w->fn_changed && w->fn)
		return 0;
	if (l->role == DERIVED_N) {
		if (w->has_n)
			return 0;
		w->n_done = true;
		if (w->fn_changed) {
			d = w->fn ? derive_n(w->fn) : strdup(";;;;");
			if (!d)
				return nomem(e);
			ret = write_name(b, c, &l->v.prop, "N", d, e);
			free(d);
			return ret;
		}
	}
	if (!strcmp(l->v.prop.name ? l->v.prop.name : "", "END")) {
		/* Both are required of a 3.0 vCard (RFC 2426 §3.1). */
		if (c->version != 40 && w->had_n && !w->has_n && !w->n_done) {
			d = w->fn ? derive_n(w->fn) : strdup(";;;;");
			ret = d ? write_name(b, c, NULL, "N", d, e) : nomem(e);
			free(d);
			if (ret)
				return ret;
		}
		if (c->fn && !w->fn && write_name(b, c, NULL, "FN", "", e))
			return -1;
	}
	buf_add(b, text + l->v.start, l->v.end - l->v.start);
	return 0;
}

static bool names_fn(const char *name)
{
	return !strcmp(name, "N") || !strcmp(name, "NICKNAME") ||
	       !strcmp(name, "ORG");
}

/* Does what make_fn() looked at stay as it is? */
static bool sources_stay(const struct card *c, const struct sim_item *want,
			 const struct pairing *p)
{
	size_t i, fns = 0;

	for (i = 0; i < c->n; i++)
		if (c->line[i].role == SHOWN && !p->used[i] &&
		    names_fn(c->line[i].v.prop.name))
			return false;
	for (i = 0; i < want->n; i++) {
		if (p->bytes[i] == NONE && names_fn(want->prop[i].name))
			return false;
		fns += !strcmp(want->prop[i].name, "FN");
	}
	return fns == 1 && !strcmp(want->prop[0].name, "FN");
}

static int emit(struct buf *b, const struct card *c, const char *text,
		const struct sim_item *want, const struct pairing *p,
		struct sim_err *e)
{
	const char *old = c->fn ? c->fn : c->made_fn;
	struct names w = { .fn = sim_item_get(want, "FN") };
	bool stay = sources_stay(c, want, p);
	size_t i, k = 0;

	if (w.fn && blank(w.fn))
		w.fn = NULL;
	w.has_n = sim_item_get(want, "N") != NULL;
	for (i = 0; i < c->n; i++)
		w.had_n |= c->line[i].role == SHOWN &&
			   !strcmp(c->line[i].v.prop.name, "N");
	w.fn_changed = !w.fn != !old || (w.fn && strcmp(w.fn, old)) ||
		       (w.had_n && !w.has_n);
	for (i = 0; i < want->n; i++) {
		size_t at = p->place[i];

		for (; k < c->n && (c->line[k].before == 0 ||
		     (at != NONE && k < at)); k++)
			if (c->line[k].role != SHOWN &&
			    emit_kept(b, c, text, k, &w, e))
				return -1;
		/* A name that only stood for FN was never written. */
		if (c->made_fn && !w.fn_changed && stay &&
		    !strcmp(want->prop[i].name, "FN") &&
		    !want->prop[i].params && !want->prop[i].group &&
		    !strcmp(want->prop[i].value, c->made_fn))
			continue;
		if (p->bytes[i] != NONE) {
			const struct vline *v = &c->line[p->bytes[i]].v;

			buf_add(b, text + v->start, v->end - v->start);
		} else if (vline_write(b, &want->prop[i], c->eol,
				       c->version == 21, e)) {
			return -1;
		}
	}
	for (; k < c->n; k++)
		if (emit_kept(b, c, text, k, &w, e))
			return -1;
	return 0;
}

static bool unchanged(const struct card *c, const struct sim_item *want)
{
	struct sim_item now;
	bool same;

	sim_item_init(&now, SIM_CONTACT);
	same = !card_item(c, &now) && sim_item_equal(&now, want);
	sim_item_free(&now);
	return same;
}

int vcard_patch(const char *text, size_t len, const struct sim_item *want,
		char **out, size_t *outlen, struct sim_err *e)
{
	struct pairing p = { 0 };
	struct buf b = { 0 };
	struct card c;
	int ret = 0;

	*out = NULL;
	if (read_card(&c, text, len, e))
		return -1;
	if (unchanged(&c, want)) {
		buf_add(&b, text, len);
	} else {
		if (c.n && c.line[0].v.start)
			buf_add(&b, text, c.line[0].v.start);
		ret = pair_up(&c, want, &p, e);
		if (!ret)
			ret = emit(&b, &c, text, want, &p, e);
		pairing_free(&p);
	}
	card_free(&c);
	if (!ret && b.n > VCARD_MAX_BYTES)
		ret = sim_fail(e, EX_DATAERR,
			       "contact is larger than the %u MiB simsync takes",
			       VCARD_MAX_BYTES / 1024 / 1024);
	if (ret) {
		buf_free(&b);
		return -1;
	}
	if (outlen)
		*outlen = b.n;
	*out = buf_take(&b);
	return *out ? 0 : nomem(e);
}

char *vcard_new(const struct sim_item *item, const char *uid,
		struct sim_err *e)
{
	struct card c = { .version = 30, .eol = "\r\n" };
	const char *fn = sim_item_get(item, "FN");
	struct buf b = { 0 };
	char *n = NULL;
	size_t i;
	int ret = 0;

	buf_str(&b, "BEGIN:VCARD\r\nVERSION:3.0\r\n");
	ret = write_name(&b, &c, NULL, "UID", uid, e);
	if (!fn && !ret)
		ret = write_name(&b, &c, NULL, "FN", "", e);
	if (!sim_item_get(item, "N") && !ret) {
		n = fn && !blank(fn) ? derive_n(fn) : strdup(";;;;");
		ret = n ? write_name(&b, &c, NULL, "N", n, e) : nomem(e);
		free(n);
	}
	for (i = 0; i < item->n && !ret; i++)
		ret = vline_write(&b, &item->prop[i], c.eol, false, e);
	buf_str(&b, "END:VCARD\r\n");
	if (ret) {
		buf_free(&b);
		return NULL;
	}
	n = buf_take(&b);
	if (!n)
		nomem(e);
	return n;
}

int vcard_set_uid(const char *text, size_t len, const char *uid, char **out,
		  size_t *outlen, struct sim_err *e)
{
	struct buf b = { 0 };
	struct card c;
	bool done = false;
	size_t i, from = 0;
	int ret = 0;

	*out = NULL;
	if (read_card(&c, text, len, e))
		return -1;
	for (i = 0; i < c.n && !ret; i++) {
		const struct vline *v = &c.line[i].v;
		const char *name = v->prop.name ? v->prop.name : "";
		bool is_uid = !strcmp(name, "UID");

		if (!is_uid && (strcmp(name, "END") || done))
			continue;
		buf_add(&b, text + from, v->start - from);
		from = is_uid ? v->end : v->start;
		if (!done)
			ret = write_name(&b, &c, NULL, "UID", uid, e);
		done = true;
	}
	buf_add(&b, text + from, len - from);
	card_free(&c);
	if (outlen)
		*outlen = b.n;
	if (ret) {
		buf_free(&b);
		return -1;
	}
	*out = buf_take(&b);
	return *out ? 0 : nomem(e);
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

		if ((!strcmp(p->name, "FN") && blank(p->value)) ||
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
