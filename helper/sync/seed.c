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
 * Of several only one is taken: items of two were never paired with each other,
 * so the replicas of the second are paired like new ones.
 */
#include "sync/run.h"

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
	{LQ_SEED_BASES, "iii"},
	{LQ_SEED_NO_NUMBERS, "ii"},
	{LQ_SEED_NUMBERS, "ii"},
	{LQ_SEED_DUE, "iiii"},
	{LQ_SEED_FROZEN, "iii"},
	{LQ_SEED_JOURNAL, "iii"},
	{LQ_SEED_JOURNAL_END, "iii"},
	{LQ_SEED_CONFLICTS, "ii"},
	{LQ_SEED_VERSIONS, "iii"},
	{LQ_SEED_CONFLICTS_END, "ii"},
	{LQ_SEED_HELD, "iii"},
	{LQ_SEED_HELD_END, "ii"},
	{LQ_SEED_DUPLICATES, "ii"},
	{LQ_SEED_DUPLICATES_END, "ii"},
};

int seed(struct component *c)
{
	const enum ledger_query q = LQ_SEED_FROM;
	struct run *run = c->run;
	int64_t from = 0, old = 0, classes = 0;
	int rc = ledger_first(run->l, q, run->e, "i", c->id);

	if (rc > 0) {
		from = ledger_int(run->l, q, 0);
		old = ledger_int(run->l, q, 1);
		classes = ledger_int(run->l, q, 2);
	}
	ledger_end(run->l, q);
	if (rc < 0)
		return -1;
	for (size_t i = 0; from && i < sizeof(steps) / sizeof(*steps); i++)
		if (ledger_do(run->l, steps[i].query, run->e, steps[i].args,
			      c->id, from, old & classes,
			      (int64_t)!(old & ~classes)))
			return -1;
	return ledger_do(run->l, LQ_COMPONENT_USED, run->e, "ii", c->id,
			 run->id);
}
