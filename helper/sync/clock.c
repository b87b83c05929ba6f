/* SPDX-License-Identifier: MIT */
/*
 * clock.c - when an edit was made, and which of two is the newer
 *
 * What is found changed was changed between the last look and this one. Where a
 * place keeps a clock that narrows it, but only within those bounds: a clock
 * that says anything else is wrong, and is not asked further. One edit is newer
 * only where the intervals are disjoint (design.md, Conflicts).
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

/* Is anybody going to ask? A server's clock costs a request. */
static bool matters(const struct component *c, const struct side *s)
{
	unsigned int prefer;

	return graph_policy(&c->g, RULE_BIT(s->r->class), &prefer) ==
	       RULE_NEWEST;
}

void edit_when(const struct component *c, const struct side *s,
	       const struct touch *t, struct when *out)
{
	struct sim_err why;
	int64_t since, until;

	*out = (struct when){s->read, c->run->now};
	if (!t->rec || !s->r->ops->when || !matters(c, s) ||
	    s->r->ops->when(s->r, c->g.kind, t->rec->ref, &since, &until, &why))
		return;
	if (until < out->since || since > out->until)
		return;
	if (since > out->since)
		out->since = since;
	if (until < out->until)
		out->until = until;
}

/* Does what the other place did touch that field, and does it still hold? */
static int is_about(struct merge *m, const char *before, const char *after,
		    const char *field)
{
	const char *country = m->c->run->opt->country;
	struct sim_item a = {.kind = m->m.kind}, b = a, x = a, y = a;
	struct sim_delta d = {0};
	int about = -1;

	if (sim_item_parse(&a, m->m.kind, before) ||
	    sim_item_parse(&b, m->m.kind, after) ||
	    sim_diff(&a, &b, country, &d) ||
	    sim_field_get(&x, &b, field, country) ||
	    sim_field_get(&y, &m->m, field, country))
		goto out;
	about = 0;
	for (size_t i = 0; !about && i < d.n; i++)
		about = !strcmp(d.edit[i].field, field);
	if (about && !sim_item_equal(&x, &y))
		about = 2;
out:
	sim_delta_free(&d);
	sim_item_free(&a);
	sim_item_free(&b);
	sim_item_free(&x);
	sim_item_free(&y);
	return about < 0 ? run_no_memory(m->c->run) : about;
}

/* The last edit elsewhere that made the field what it is. 1 found, 0, -1 */
static int other_when(struct merge *m, int64_t member, const char *field,
		      struct when *out)
{
	const enum ledger_query q = LQ_HISTORY_OF;
	struct run *run = m->c->run;
	int row, about = 0;

	for (row = ledger_first(run->l, q, run->e, "ii", m->item, member);
	     row > 0 && !about; row = ledger_next(run->l, q, run->e)) {
		const char *before = ledger_text(run->l, q, 2);
		const char *after = ledger_text(run->l, q, 3);

		about = before && after ? is_about(m, before, after, field) : 0;
		if (about == 1 && !ledger_text(run->l, q, 1))
			about = 2;
		*out = (struct when){ledger_int(run->l, q, 0),
				     ledger_int(run->l, q, 1)};
		if (about)
			break;
	}
	ledger_end(run->l, q);
	return row < 0 || about < 0 ? -1 : about == 1;
}

int newest(struct merge *m, const struct row *row, const char *field,
	   int *verdict)
{
	struct component *c = m->c;
	struct when mine, other;
	int rc;

	*verdict = 0;
	edit_when(c, &c->side[row->touch->side], row->touch, &mine);
	rc = other_when(m, row->member, field, &other);
	if (rc <= 0)
		return rc;
	if (mine.since > other.until)
		*verdict = 1;
	else if (other.since > mine.until)
		*verdict = -1;
	return 0;
}
