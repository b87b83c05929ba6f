// SPDX-License-Identifier: MIT
/* vpatch.c - writing vCards: new ones, and changes that leave the rest alone */
#include "model/vcard_int.h"

#include <stdlib.h>
#include <string.h>

#define NONE ((size_t)-1)

/* A property with its place in its own list, for sorting. */
struct slot {
	const struct sim_prop *prop;
	size_t index;
};

/*
 * @bytes: by wanted property: line whose bytes serve, or NONE
 * @place: by wanted property: line at whose place it goes, or NONE (the end)
 * @used: by line: its bytes serve
 */
struct plan {
	size_t *bytes;
	size_t *place;
	bool *used;
};

static int cmp_str(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int cmp_index(const struct slot *a, const struct slot *b)
{
	return (a->index > b->index) - (a->index < b->index);
}

static int cmp_content(const struct slot *a, const struct slot *b)
{
	int d = cmp_str(a->prop->name, b->prop->name);

	if (!d)
		d = cmp_str(a->prop->group, b->prop->group);
	if (!d)
		d = cmp_str(a->prop->params, b->prop->params);
	if (!d)
		d = cmp_str(a->prop->value, b->prop->value);
	return d;
}

static int by_content(const void *x, const void *y)
{
	int d = cmp_content(x, y);

	return d ? d : cmp_index(x, y);
}

static int by_name(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;
	int d = cmp_str(a->prop->name, b->prop->name);

	return d ? d : cmp_index(a, b);
}

static struct slot *slots_of_item(const struct sim_item *it)
{
	struct slot *s = calloc(it->n + 1, sizeof(*s));
	size_t i;

	for (i = 0; s && i < it->n; i++)
		s[i] = (struct slot){ &it->prop[i], i };
	return s;
}

bool vcard_same(const struct sim_item *a, const struct sim_item *b)
{
	struct slot *x, *y;
	bool same;
	size_t i;

	if (a->kind != b->kind || a->n != b->n)
		return false;
	if (sim_item_equal(a, b))
		return true;
	x = slots_of_item(a);
	y = slots_of_item(b);
	same = x && y;
	if (same) {
		qsort(x, a->n, sizeof(*x), by_name);
		qsort(y, b->n, sizeof(*y), by_name);
	}
	for (i = 0; same && i < a->n; i++)
		same = !cmp_content(&x[i], &y[i]);
	free(x);
	free(y);
	return same;
}

/* Equal properties keep their bytes: sort both sides, walk them together. */
static void match(struct plan *p, struct slot *line, size_t nl,
		  struct slot *want, size_t nw)
{
	size_t i, j;
	int d;

	qsort(line, nl, sizeof(*line), by_content);
	qsort(want, nw, sizeof(*want), by_content);
	for (i = j = 0; i < nl && j < nw;) {
		d = cmp_content(&line[i], &want[j]);
		if (!d) {
			p->bytes[want[j].index] = line[i].index;
			p->used[line[i].index] = true;
		}
		i += d <= 0;
		j += d >= 0;
	}
}

/*
 * Lay the wanted properties of one name over its lines. Those in order stay
 * where they are, changed ones take the free lines between them, what is left
 * over goes behind the one before; a new order fills the lines one by one.
 */
static void lay(struct plan *p, const struct slot *line, size_t nl,
		const struct slot *want, size_t nw)
{
	size_t last = NONE, i, j, k = 0;
	bool ordered = true, any = false;

	for (j = 0; j < nw; j++) {
		size_t at = p->bytes[want[j].index];

		if (at == NONE)
			continue;
		ordered &= !any || at > last;
		last = at;
		any = true;
	}
	for (j = 0; j < nw; j++) {
		size_t at = p->bytes[want[j].index], to = NONE, next;

		if (!nl) {
			p->place[want[j].index] = NONE;
			continue;
		}
		if (!ordered || !any) {
			p->place[want[j].index] = line[j < nl ? j : nl - 1].index;
			continue;
		}
		if (at != NONE) {
			while (k < nl && line[k].index <= at)
				k++;
			p->place[want[j].index] = at;
			last = at;
			continue;
		}
		for (next = NONE, i = j + 1; i < nw && next == NONE; i++)
			next = p->bytes[want[i].index];
		if (k < nl && !p->used[line[k].index] &&
		    (next == NONE || line[k].index < next))
			to = line[k++].index;
		else if (k)
			to = line[k - 1].index;
		else
			to = next;
		p->place[want[j].index] = to;
	}
}

static size_t run_length(const struct slot *s, size_t n)
{
	size_t k = 1;

	while (k < n && !cmp_str(s[0].prop->name, s[k].prop->name))
		k++;
	return k;
}

static int make_plan(struct plan *p, const struct card *c,
		     const struct sim_item *want, struct sim_err *e)
{
	struct slot *line = calloc(c->n + 1, sizeof(*line));
	struct slot *w = slots_of_item(want);
	size_t i, nl = 0, a, b;

	p->bytes = calloc(want->n + 1, sizeof(*p->bytes));
	p->place = calloc(want->n + 1, sizeof(*p->place));
	p->used = calloc(c->n + 1, sizeof(*p->used));
	if (!line || !w || !p->bytes || !p->place || !p->used) {
		free(line);
		free(w);
		return vcard_nomem(e);
	}
	for (i = 0; i < want->n; i++)
		p->bytes[i] = p->place[i] = NONE;
	for (i = 0; i < c->n; i++)
		if (c->line[i].role == SHOWN)
			line[nl++] = (struct slot){ &c->line[i].v.prop, i };
	match(p, line, nl, w, want->n);
	qsort(line, nl, sizeof(*line), by_name);
	qsort(w, want->n, sizeof(*w), by_name);
	for (i = a = 0; i < want->n; i += b) {
		size_t k = 0;

		b = run_length(w + i, want->n - i);
		while (a < nl && cmp_str(line[a].prop->name, w[i].prop->name) < 0)
			a++;
		if (a < nl && !cmp_str(line[a].prop->name, w[i].prop->name))
			k = run_length(line + a, nl - a);
		lay(p, line + a, k, w + i, b);
	}
	free(line);
	free(w);
	return 0;
}

static void plan_free(struct plan *p)
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

	if (l->role == EMPTY_FN && w->fn_changed && w->fn)
		return 0;
	if (l->role == DERIVED_N) {
		/* An N of its own takes its place. */
		if (w->has_n && !w->had_n)
			return 0;
		w->n_done = true;
		if (w->fn_changed) {
			d = w->fn ? vcard_derive_n(w->fn) : strdup(";;;;");
			if (!d)
				return vcard_nomem(e);
			ret = write_name(b, c, &l->v.prop, "N", d, e);
			free(d);
			return ret;
		}
	}
	buf_add(b, text + l->v.start, l->v.end - l->v.start);
	return 0;
}

/* What make_fn() looks at: index of the name, or -1. */
static int names_fn(const char *name)
{
	static const char *const from[] = { "N", "NICKNAME", "ORG" };
	int i;

	for (i = 0; i < 3; i++)
		if (!strcmp(name, from[i]))
			return i;
	return -1;
}

/* Does all that stay as it is? */
static bool sources_stay(const struct card *c, const struct sim_item *want,
			 const struct plan *p)
{
	size_t last[3] = { 0 }, i, fns = 0;
	int k;

	for (i = 0; i < c->n; i++)
		if (c->line[i].role == SHOWN && !p->used[i] &&
		    names_fn(c->line[i].v.prop.name) >= 0)
			return false;
	for (i = 0; i < want->n; i++) {
		fns += !strcmp(want->prop[i].name, "FN");
		k = names_fn(want->prop[i].name);
		if (k < 0)
			continue;
		if (p->bytes[i] == NONE || p->bytes[i] < last[k])
			return false;
		last[k] = p->bytes[i];
	}
	return fns == 1;
}

/* Everything emit() needs to know about one patch. */
struct job {
	struct buf *b;
	const struct card *c;
	const char *text;
	const struct sim_item *want;
	const struct plan *p;
	struct names w;
	bool fn_unwritten;	/* FN stays what N or ORG say, with no line */
};

static int emit_prop(struct job *j, size_t i, struct sim_err *e)
{
	const struct sim_prop *prop = &j->want->prop[i];

	if (j->p->bytes[i] != NONE) {
		const struct vline *v = &j->c->line[j->p->bytes[i]].v;

		buf_add(j->b, j->text + v->start, v->end - v->start);
		return 0;
	}
	if (j->fn_unwritten && !strcmp(prop->name, "FN"))
		return 0;
	return vline_write(j->b, prop, j->c->eol, j->c->version == 21, e);
}

/* In front of END: what had no place, and what a 3.0 vCard must have. */
static int emit_end(struct job *j, const struct slot *s, size_t n,
		    struct sim_err *e)
{
	struct names *w = &j->w;
	char *d;
	int ret = 0;
	size_t i;

	for (i = 0; i < n && !ret; i++)
		ret = emit_prop(j, s[i].index, e);
	/* RFC 2426 §3.1: FN and N are required. */
	if (!ret && j->c->version != 40 && w->had_n && !w->has_n &&
	    !w->n_done) {
		d = w->fn ? vcard_derive_n(w->fn) : strdup(";;;;");
		ret = d ? write_name(j->b, j->c, NULL, "N", d, e)
			: vcard_nomem(e);
		free(d);
	}
	if (!ret && j->c->fn && !w->fn)
		ret = write_name(j->b, j->c, NULL, "FN", "", e);
	return ret;
}

/* Place in the text first, then order in the item. */
struct order {
	size_t place;
	struct slot s;
};

static int by_place(const void *x, const void *y)
{
	const struct order *a = x, *b = y;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return cmp_index(&a->s, &b->s);
}

static bool is_end(const struct line *l)
{
	return l->role == KEPT && l->v.prop.name &&
	       !strcmp(l->v.prop.name, "END");
}

static int emit(struct job *j, struct sim_err *e)
{
	const struct card *c = j->c;
	size_t n = j->want->n, i, k = 0, t;
	struct order *o = calloc(n + 1, sizeof(*o));
	struct slot *tail = calloc(n + 1, sizeof(*tail));
	int ret = o && tail ? 0 : vcard_nomem(e);

	for (i = 0; !ret && i < n; i++)
		o[i] = (struct order){ j->p->place[i],
				       { &j->want->prop[i], i } };
	if (!ret)
		qsort(o, n, sizeof(*o), by_place);
	for (i = 0; !ret && i < c->n; i++) {
		if (c->line[i].role == SHOWN) {
			for (; k < n && o[k].place == i && !ret; k++)
				ret = emit_prop(j, o[k].s.index, e);
			continue;
		}
		if (is_end(&c->line[i])) {
			for (t = 0; k + t < n; t++)
				tail[t] = o[k + t].s;
			ret = emit_end(j, tail, t, e);
		}
		if (!ret)
			ret = emit_kept(j->b, c, j->text, i, &j->w, e);
	}
	free(o);
	free(tail);
	return ret;
}

static void look_at_names(struct job *j)
{
	const struct card *c = j->c;
	const char *old = c->fn ? c->fn : c->made_fn;
	struct names *w = &j->w;
	size_t i;

	w->fn = sim_item_get(j->want, "FN");
	if (w->fn && vcard_blank(w->fn))
		w->fn = NULL;
	w->has_n = sim_item_get(j->want, "N") != NULL;
	for (i = 0; i < c->n; i++)
		w->had_n |= c->line[i].role == SHOWN &&
			    !strcmp(c->line[i].v.prop.name, "N");
	w->fn_changed = !w->fn != !old || (w->fn && strcmp(w->fn, old)) ||
			(w->had_n && !w->has_n);
	j->fn_unwritten = c->made_fn && !w->fn_changed &&
			  sources_stay(c, j->want, j->p);
}

static bool unchanged(const struct card *c, const struct sim_item *want)
{
	struct sim_item now;
	bool same;

	sim_item_init(&now, SIM_CONTACT);
	same = !vcard_lines_item(c, &now) && vcard_same(&now, want);
	sim_item_free(&now);
	return same;
}

int vcard_patch(const char *text, size_t len, const struct sim_item *want,
		char **out, size_t *outlen, struct sim_err *e)
{
	struct plan p = { 0 };
	struct buf b = { 0 };
	struct card c;
	struct job j = { .b = &b, .c = &c, .text = text, .want = want,
			 .p = &p };
	int ret = 0;

	*out = NULL;
	if (vcard_lines(&c, text, len, e))
		return -1;
	if (unchanged(&c, want)) {
		buf_add(&b, text, len);
	} else {
		if (c.n && c.line[0].v.start)
			buf_add(&b, text, c.line[0].v.start);
		ret = make_plan(&p, &c, want, e);
		if (!ret) {
			look_at_names(&j);
			ret = emit(&j, e);
		}
		plan_free(&p);
	}
	vcard_lines_free(&c);
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
	return *out ? 0 : vcard_nomem(e);
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
		n = fn && !vcard_blank(fn) ? vcard_derive_n(fn) : strdup(";;;;");
		ret = n ? write_name(&b, &c, NULL, "N", n, e) : vcard_nomem(e);
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
		vcard_nomem(e);
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
	if (vcard_lines(&c, text, len, e))
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
	vcard_lines_free(&c);
	if (outlen)
		*outlen = b.n;
	if (ret) {
		buf_free(&b);
		return -1;
	}
	*out = buf_take(&b);
	return *out ? 0 : vcard_nomem(e);
}
