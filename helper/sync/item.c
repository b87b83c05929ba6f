/* SPDX-License-Identifier: MIT */
/*
 * item.c - an item of the ledger with all that every replica holds of it
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

int64_t text_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return (int64_t)h;
}

int run_no_memory(struct run *run)
{
	return sim_fail(run->e, EX_OSERR, "sync: out of memory");
}

static int damaged(struct component *c, int64_t item)
{
	return sim_fail(c->run->e, EX_DATAERR,
			"ledger: item %lld cannot be read", (long long)item);
}

static int load(struct component *c, int64_t item, struct sim_item *it,
		int64_t *rev, int64_t *chosen)
{
	const enum ledger_query q = LQ_ITEM_GET;
	struct ledger *l = c->run->l;
	int rc = ledger_first(l, q, c->run->e, "i", item);

	if (rc <= 0)
		return rc;
	rc = ledger_text(l, q, 0)[0] == 'l' ? 1 : 2;
	*rev = ledger_int(l, q, 1);
	*chosen = ledger_int(l, q, 4);
	sim_item_free(it);
	if (sim_item_parse(it, c->g.kind, ledger_text(l, q, 3)))
		rc = damaged(c, item);
	ledger_end(l, q);
	return rc;
}

int item_load(struct component *c, int64_t item, struct sim_item *it)
{
	int64_t rev, chosen;

	return load(c, item, it, &rev, &chosen);
}

static const struct peer *peer_of(const struct component *c, int64_t member)
{
	for (size_t i = 0; i < c->peers; i++)
		if (c->peer[i].member == member)
			return &c->peer[i];
	return NULL;
}

static char *dup_col(struct ledger *l, int col)
{
	const char *text = ledger_text(l, LQ_BASE_ITEM, col);

	return text ? strdup(text) : NULL;
}

static int load_row(struct merge *m, struct row *r, enum sim_class class)
{
	struct ledger *l = m->c->run->l;
	const char *want = ledger_text(l, LQ_BASE_ITEM, 6);
	enum sim_kind kind = m->c->g.kind;

	memset(r, 0, sizeof(*r));
	r->id = ledger_int(l, LQ_BASE_ITEM, 0);
	r->member = ledger_int(l, LQ_BASE_ITEM, 1);
	r->class = class;
	r->ref = dup_col(l, 2);
	r->version = dup_col(l, 3);
	r->uid = dup_col(l, 4);
	r->meaning = dup_col(l, 7);
	r->missed = dup_col(l, 9);
	r->rev = ledger_int(l, LQ_BASE_ITEM, 8);
	r->asked = want;
	sim_item_init(&r->want, kind);
	if (!r->meaning)
		return run_no_memory(m->c->run);
	if (sim_item_parse(&r->value, kind, ledger_text(l, LQ_BASE_ITEM, 5)) ||
	    (want && sim_item_parse(&r->want, kind, want)))
		return damaged(m->c, m->item);
	return 0;
}

bool row_missed(const struct merge *m, const struct row *r, const char *name)
{
	size_t len = strlen(name);

	if (r->rev == m->rev)
		return false;
	for (const char *at = r->missed; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

int merge_load(struct component *c, int64_t item, struct merge *m)
{
	struct ledger *l = c->run->l;
	int row, rc = 0;

	memset(m, 0, sizeof(*m));
	m->c = c;
	m->item = item;
	m->state = load(c, item, &m->m0, &m->rev, &m->chosen);
	if (m->state <= 0)
		return m->state < 0 ? -1 : damaged(c, item);
	if (sim_item_copy(&m->m, &m->m0))
		return run_no_memory(c->run);
	m->m.kind = m->m0.kind;
	for (row = ledger_first(l, LQ_BASE_ITEM, c->run->e, "i", item);
	     row > 0 && !rc; row = ledger_next(l, LQ_BASE_ITEM, c->run->e)) {
		const struct peer *peer = peer_of(c, ledger_int(l, LQ_BASE_ITEM,
								1));
		struct row *p;

		/* A retired replica holds nothing any more. */
		if (!peer)
			continue;
		p = realloc(m->row, (m->rows + 1) * sizeof(*p));
		if (!p) {
			rc = run_no_memory(c->run);
			break;
		}
		m->row = p;
		rc = load_row(m, &p[m->rows++], peer->class);
	}
	ledger_end(l, LQ_BASE_ITEM);
	if (!rc && row < 0)
		rc = -1;
	return rc ? rc : open_load(c, item, &m->open, &m->opens);
}

void merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->rows; i++) {
		struct row *r = &m->row[i];

		free(r->ref);
		free(r->version);
		free(r->uid);
		free(r->meaning);
		free(r->missed);
		sim_item_free(&r->value);
		sim_item_free(&r->want);
	}
	free(m->row);
	open_free(m->open, m->opens);
	sim_item_free(&m->m0);
	sim_item_free(&m->m);
}

void open_free(struct open *open, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(open[i].field);
	free(open);
}

int open_load(struct component *c, int64_t item, struct open **out, size_t *n)
{
	const enum ledger_query q = LQ_CONFLICT_OPEN;
	struct ledger *l = c->run->l;
	int row;

	*out = NULL;
	*n = 0;
	if (!c->run->conflicts)
		return 0;
	for (row = ledger_first(l, q, c->run->e, "i", item); row > 0;
	     row = ledger_next(l, q, c->run->e)) {
		struct open *p = realloc(*out, (*n + 1) * sizeof(*p));
		char *field = strdup(ledger_text(l, q, 1));

		if (p)
			*out = p;
		if (!p || !field) {
			free(field);
			ledger_end(l, q);
			return run_no_memory(c->run);
		}
		p[(*n)++] = (struct open){
			.id = ledger_int(l, q, 0), .field = field,
			.back = ledger_int(l, q, 2) == c->run->id};
	}
	return row;
}

/* What a place had before it lost all, as it was recorded. 1, 0 nothing, -1 */
static int own_version(struct component *c, const struct side *s,
		       const struct open *o, struct sim_item *own)
{
	const enum ledger_query q = LQ_VERSION_GET;
	struct ledger *l = c->run->l;
	int rc = ledger_first(l, q, c->run->e, "ii", o->id, s->member);
	const char *text = rc > 0 ? ledger_text(l, q, 0) : NULL;

	if (text && sim_item_parse(own, c->g.kind, text))
		rc = sim_fail(c->run->e, EX_DATAERR,
			      "ledger: a version cannot be read");
	ledger_end(l, q);
	return rc < 0 ? -1 : text != NULL;
}

/* Where sides differ openly each keeps its own, so nothing is overwritten. */
static int keep_own(struct merge *m, const struct side *s,
		    const struct sim_item *held, struct sim_item *full)
{
	const char *country = m->c->run->opt->country;
	struct open *open;
	size_t n;
	int rc = open_load(m->c, m->item, &open, &n);

	for (size_t i = 0; !rc && i < n; i++) {
		struct sim_item own = {.kind = full->kind};
		int has = 1;

		if (!held)
			has = own_version(m->c, s, &open[i], &own);
		else if (sim_field_get(&own, held, open[i].field, country))
			has = run_no_memory(m->c->run);
		if (has < 0)
			rc = -1;
		else if (has && sim_field_put(full, open[i].field, &own,
					      country))
			rc = run_no_memory(m->c->run);
		sim_item_free(&own);
	}
	open_free(open, n);
	return rc;
}

/* As many of each name as @held has, the first ones. */
static int first_of(const struct sim_item *full, const struct sim_item *held,
		    struct sim_item *out)
{
	out->kind = full->kind;
	for (size_t i = 0; i < full->n; i++) {
		const struct sim_prop *p = &full->prop[i];
		size_t had = 0, taken = 0;

		for (size_t k = 0; k < held->n; k++)
			had += !strcmp(held->prop[k].name, p->name);
		for (size_t k = 0; k < out->n; k++)
			taken += !strcmp(out->prop[k].name, p->name);
		if ((taken < had || sim_field_single(full->kind, p->name)) &&
		    sim_item_add(out, p->name, p->params, p->value))
			return -1;
	}
	return 0;
}

/*
 * A person put the numbers in order after this place was last written: what it
 * holds of them is no reason to keep it any more, only how many fit.
 */
static int project_chosen(struct side *s, const struct sim_item *full,
			  const struct sim_item *held, struct sim_item *want,
			  struct sim_err *why)
{
	struct sim_item first = {.kind = full->kind}, own = first;
	int rc = -1;

	if (!first_of(full, held, &first))
		rc = s->r->ops->project(s->r, &first, held, &own, why);
	if (rc >= 0)
		rc = s->r->ops->project(s->r, full, rc ? held : &own, want,
					why);
	sim_item_free(&first);
	sim_item_free(&own);
	return rc;
}

int want_of(struct merge *m, struct side *s, const struct row *row,
	    struct sim_item *want, struct sim_err *why)
{
	struct component *c = m->c;
	struct sim_item full = {.kind = c->g.kind};
	const struct sim_item *held = row ? &row->value : NULL;
	int rc;

	if (sim_item_copy(&full, &m->m))
		return run_no_memory(c->run);
	if (keep_own(m, s, held, &full)) {
		sim_item_free(&full);
		return -1;
	}
	if (row && !s->r->lossless && row->rev >= 0 && row->rev < m->chosen)
		rc = project_chosen(s, &full, held, want, why);
	else
		rc = s->r->ops->project(s->r, &full, held, want, why);
	sim_item_free(&full);
	return rc < 0 ? sim_fail(c->run->e, EX_SOFTWARE, "%s: %s", s->r->shown,
				 why->text)
		      : rc;
}
