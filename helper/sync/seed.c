// SPDX-License-Identifier: MIT
/*
 * seed.c - rules were switched: what the replicas of a component became under
 * other rules is carried over
 *
 * A component is named by kind and classes. When its rules were off for some
 * runs, others may have been about its replicas meanwhile; or it is new. Then
 * it takes items, tombstones, bases and tokens of the replicas it shares with
 * the one that knew them last. The replicas it does not share keep the bases
 * they had when it was last in force (design.md, Rules), and are due.
 *
 * What only cards have in common is not carried over into one that knows its
 * items already: cards hold less of them than it does. Its own bases tell what
 * changed there meanwhile.
 *
 * Where a new component joins several, the others' items, bases and tombstones
 * come beside those of the first, and are paired with them as records are at a
 * first pairing. Items that both had from a common past are told apart by
 * nobody: there the replicas of the second are paired like new ones.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"
#include "sync/decide_int.h"

/** struct step - a query and how many of the four arguments it takes */
struct step {
	enum ledger_query query;
	const char *args;
};

static const struct step steps[] = {
	{LQ_SEED_KEYS, "ii"},
	{LQ_SEED_MEMBERS, "iii"},
	{LQ_SEED_TOKENS, "iii"},
	{LQ_SEED_CHANGED, "iiii"},
	{LQ_SEED_ITEMS, "iiii"},
	{LQ_SEED_NO_BASES, "iii"},
	{LQ_SEED_BASES, "iiiii"},
	{LQ_SEED_NO_NUMBERS, "ii"},
	{LQ_SEED_NUMBERS, "iiiii"},
	{LQ_SEED_DUE, "iiiii"},
	{LQ_SEED_FROZEN, "iii"},
	{LQ_SEED_JOURNAL, "iiiii"},
	{LQ_SEED_JOURNAL_END, "iii"},
	{LQ_SEED_CONFLICTS, "iiiii"},
	{LQ_SEED_VERSIONS, "iiiii"},
	{LQ_SEED_VERSIONS_END, "iii"},
	{LQ_SEED_CONFLICTS_END, "iiii"},
	{LQ_SEED_HELD, "iiiii"},
	{LQ_SEED_HELD_END, "iii"},
	{LQ_SEED_DUPLICATES, "iiiii"},
	{LQ_SEED_DUPLICATES_END, "ii"},
};

/* Writes under way are known whatever else is not carried over. */
static const struct step write_steps[] = {
	{LQ_SEED_JOURNAL, "iiiii"},
	{LQ_SEED_JOURNAL_END, "iii"},
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define LOSSLESS    (RULE_BIT(SIM_LOCAL) | RULE_BIT(SIM_REMOTE))

/* A further component's: as far as the first did not know it already. */
static const struct step also_steps[] = {
	{LQ_SEED_MEMBERS, "iii"},
	{LQ_SEED_ITEMS, "iiii"},
	{LQ_SEED_BASES, "iiiii"},
	{LQ_SEED_NUMBERS, "iiiii"},
	{LQ_SEED_DUE, "iiiii"},
	{LQ_SEED_JOURNAL, "iiiii"},
	{LQ_SEED_JOURNAL_END, "iii"},
	{LQ_SEED_CONFLICTS, "iiiii"},
	{LQ_SEED_VERSIONS, "iiiii"},
	{LQ_SEED_HELD, "iiiii"},
	{LQ_SEED_DUPLICATES, "iiiii"},
};

/**
 * struct source - a component something is taken from
 * @id: row, 0: there is none
 * @its: its classes
 * @ours: those of the one that takes
 */
struct source {
	int64_t id, its, ours;
};

static int find(struct component *c, enum ledger_query q, const char *args,
		int64_t covered, struct source *out)
{
	struct run *run = c->run;
	int rc = ledger_first(run->l, q, run->e, args, c->id, covered);

	memset(out, 0, sizeof(*out));
	if (rc > 0) {
		out->id = ledger_int(run->l, q, 0);
		out->its = ledger_int(run->l, q, 1);
		out->ours = ledger_int(run->l, q, 2);
	}
	ledger_end(run->l, q);
	return rc < 0 ? -1 : 0;
}

static int carry(struct component *c, const struct step *step, size_t n,
		 const struct source *from, int64_t classes, int64_t floor)
{
	for (size_t i = 0; i < n; i++)
		if (ledger_do(c->run->l, step[i].query, c->run->e, step[i].args,
			      c->id, from->id, classes,
			      (int64_t)!(from->its & ~from->ours), floor))
			return -1;
	return 0;
}

static int last_item(struct component *c, int64_t *out)
{
	struct run *run = c->run;

	if (ledger_first(run->l, LQ_SEED_LAST, run->e, "") < 0)
		return -1;
	*out = ledger_int(run->l, LQ_SEED_LAST, 0);
	ledger_end(run->l, LQ_SEED_LAST);
	return 0;
}

/* Two components become one: what the second knew of its replicas stays. */
static int seed_also(struct component *c, int64_t covered)
{
	struct source from;

	if (last_item(c, &c->floor))
		return -1;
	for (;;) {
		int64_t floor, classes;

		if (find(c, LQ_SEED_ALSO, "ii", covered, &from) ||
		    last_item(c, &floor))
			return -1;
		if (!from.id)
			break;
		classes = from.its & from.ours & ~covered;
		if (carry(c, also_steps, COUNT(also_steps), &from, classes,
			  floor) ||
		    (!(classes & LOSSLESS) && widen(c, from.id, floor)))
			return -1;
		covered |= classes;
		c->merged = true;
	}
	return c->merged ? ledger_do(c->run->l, LQ_SEED_ALL_DUE, c->run->e, "i",
				     c->id)
			 : 0;
}

/* Filters, directions: what they kept back may go now, and is due again. */
int seed_rules(struct component *c, unsigned int classes)
{
	struct run *run = c->run;
	int64_t now = graph_hash(&c->g, classes), was = now;
	int rc = ledger_first(run->l, LQ_RULES_WERE, run->e, "i", c->id);

	if (rc > 0)
		was = ledger_int(run->l, LQ_RULES_WERE, 0);
	ledger_end(run->l, LQ_RULES_WERE);
	if (rc < 0 || (rc && was == now))
		return rc < 0 ? -1 : 0;
	if (rc && ledger_do(run->l, LQ_RULES_DUE, run->e, "i", c->id))
		return -1;
	return ledger_do(run->l, LQ_RULES_ARE, run->e, "ii", c->id, now);
}

/* Sides of a conflict that rules had parted are together again, and so it is. */
static int reopen(struct component *c)
{
	const enum ledger_query q = LQ_SEED_REOPENED;
	struct run *run = c->run;
	int row;

	if (ledger_do(run->l, LQ_SEED_REOPEN, run->e, "ii", c->id, run->id))
		return -1;
	for (row = ledger_first(run->l, q, run->e, "ii", c->id, run->id);
	     row > 0; row = ledger_next(run->l, q, run->e)) {
		run->conflicts = true;
		if (!touch_add(c, ledger_int(run->l, q, 0), NOT_FOUND)) {
			ledger_end(run->l, q);
			return -1;
		}
	}
	return row;
}

int seed(struct component *c, bool fresh)
{
	struct run *run = c->run;
	struct source from;
	int64_t classes;

	if (find(c, LQ_SEED_FROM, "i", 0, &from))
		return -1;
	classes = from.its & from.ours;
	if (from.id && (fresh || (classes & LOSSLESS))) {
		if (carry(c, steps, COUNT(steps), &from, classes, 0) ||
		    (!(classes & LOSSLESS) && widen(c, from.id, 0)))
			return -1;
	} else if (from.id &&
		   carry(c, write_steps, COUNT(write_steps), &from, classes,
			 0)) {
		return -1;
	}
	/* One that was in force before has the bases it had then. */
	if (from.id && fresh && seed_also(c, classes))
		return -1;
	if (from.id && (reopen(c) || manifest_all_old(c)))
		return -1;
	return ledger_do(run->l, LQ_COMPONENT_USED, run->e, "ii", c->id,
			 run->id);
}

/* ---- items of two components that are one ------------------------------- */

/** struct twin - an item of the first component that one of the second may be */
struct twin {
	int64_t id;
	bool same;	/* it is; else: perhaps */
};

static bool same_name(struct component *c, const struct sim_item *x,
		      const struct sim_item *y)
{
	const char *a = sim_item_get(x, "FN"), *b = sim_item_get(y, "FN");
	char *p = sim_text_fold(a ? a : ""), *q = sim_text_fold(b ? b : "");
	bool same = p && q && *p && !strcmp(p, q);

	free(p);
	free(q);
	/* As one of those who are here would cut it. */
	for (size_t i = 0; a && !same && i < c->n; i++) {
		struct sim_replica *r = c->side[i].r;
		struct sim_item cut = {.kind = c->g.kind};
		struct sim_err why;
		const char *fn;

		if (r->lossless || r->ops->project(r, y, NULL, &cut, &why))
			continue;
		fn = sim_item_get(&cut, "FN");
		same = fn && !strcmp(fn, a);
		sim_item_free(&cut);
	}
	return same;
}

/* Both have a single value, and not the same: nobody may choose here. */
static int differ(const struct sim_item *x, const struct sim_item *y)
{
	for (size_t i = 0; i < x->n; i++) {
		const char *name = x->prop[i].name;

		if (strcmp(name, "FN") && sim_field_single(x->kind, name) &&
		    sim_item_get(y, name) && !sim_block_equal(x, y, name))
			return 1;
	}
	return 0;
}

static int find_twins(struct component *c, int64_t item,
		      const struct sim_item *x, struct twin *twin, size_t max,
		      size_t *n)
{
	const enum ledger_query q = LQ_SEED_LIKE;
	struct run *run = c->run;
	int row, rc = 0;

	*n = 0;
	for (row = ledger_first(run->l, q, run->e, "ii", item, c->floor);
	     row > 0 && *n < max; row = ledger_next(run->l, q, run->e)) {
		struct sim_item y;

		rc = sim_item_parse(&y, c->g.kind, ledger_text(run->l, q, 1));
		if (rc)
			break;
		if (same_name(c, x, &y))
			twin[(*n)++] = (struct twin){ledger_int(run->l, q, 0),
						     !differ(x, &y)};
		sim_item_free(&y);
	}
	ledger_end(run->l, q);
	return rc || row < 0 ? -1 : 0;
}

/* How many of the new ones could be that one just as well? */
static int rivals(struct component *c, int64_t item, int64_t *out)
{
	struct run *run = c->run;

	if (ledger_first(run->l, LQ_SEED_BACK, run->e, "ii", item, c->floor) < 0)
		return -1;
	*out = ledger_int(run->l, LQ_SEED_BACK, 0);
	ledger_end(run->l, LQ_SEED_BACK);
	return 0;
}

static int in_conflict(struct component *c, int64_t item)
{
	struct open *open;
	size_t n;
	int rc;

	c->run->conflicts = true;
	rc = open_load(c, item, &open, &n);
	open_free(open, n);
	return rc < 0 ? -1 : n != 0;
}

/* As at a first pairing: each the other's only one, or both are kept. */
static int pair_one(struct component *c, int64_t item, const struct sim_item *x)
{
	struct run *run = c->run;
	struct decide d = {run->l, run->now, run->opt->country};
	struct twin twin[8];
	int64_t back = 0;
	size_t n;
	int open;

	if (find_twins(c, item, x, twin, sizeof(twin) / sizeof(*twin), &n) ||
	    (n == 1 && rivals(c, twin[0].id, &back)))
		return -1;
	open = n ? in_conflict(c, item) : 0;
	if (open < 0)
		return -1;
	if (n == 1 && back == 1 && twin[0].same && !open)
		return decided_join(&d, twin[0].id, item, run->e);
	for (size_t i = 0; i < n; i++)
		if (ledger_do(run->l, LQ_DUPLICATE_ADD, run->e, "iii",
			      twin[i].id, item, run->id) ||
		    report_line(run, SYNC_DUPLICATE, NULL, c->g.kind,
				SIM_CREATE, x, SIM_PENDING,
				"possible duplicate"))
			return -1;
	return 0;
}

/** struct fresh - an item the second component brought */
struct fresh {
	int64_t id;
	struct sim_item value;
};

int seed_pair(struct component *c)
{
	const enum ledger_query q = LQ_SEED_NEW;
	struct run *run = c->run;
	struct fresh *list = NULL;
	size_t n = 0;
	int row, rc = 0;

	if (!c->merged || c->g.kind != SIM_CONTACT)
		return 0;
	for (row = ledger_first(run->l, q, run->e, "ii", c->id, c->floor);
	     row > 0 && !rc; row = ledger_next(run->l, q, run->e)) {
		struct fresh *p = realloc(list, (n + 1) * sizeof(*p));

		rc = p ? 0 : run_no_memory(run);
		if (p) {
			list = p;
			p[n].id = ledger_int(run->l, q, 0);
			rc = sim_item_parse(&p[n++].value, c->g.kind,
					    ledger_text(run->l, q, 1));
		}
	}
	ledger_end(run->l, q);
	for (size_t i = 0; i < n; i++) {
		if (!rc && row >= 0)
			rc = pair_one(c, list[i].id, &list[i].value);
		sim_item_free(&list[i].value);
	}
	free(list);
	return rc || row < 0 ? -1 : 0;
}
