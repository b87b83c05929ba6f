/* SPDX-License-Identifier: MIT */
/*
 * widen.c - cards go on alone: an item is what they hold of it together
 *
 * One has room for more numbers, another for more of the name. What only one of
 * them holds is the item's all the same, or it would be taken from that one.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

/** struct wide - an item of the new component */
struct wide {
	int64_t id;
	struct sim_item value;
	bool more;
};

/* The name as @held has it, where it is more of @full's. */
static int widen_name(struct wide *x, const struct sim_item *full,
		      const struct sim_item *held)
{
	const char *now = sim_item_get(&x->value, "FN");
	const char *more = sim_item_get(held, "FN");
	const char *whole = sim_item_get(full, "FN");

	if (!now || !more || !whole || strlen(more) <= strlen(now) ||
	    strncmp(more, now, strlen(now)) ||
	    strncmp(whole, more, strlen(more)))
		return 0;
	x->more = true;
	return sim_item_set(&x->value, "FN", more);
}

/* 1: @it has that property's value; -1: no memory */
static int has(const struct sim_item *it, const struct sim_prop *p,
	       const char *country)
{
	char *key = sim_prop_key(p, country);
	int found = key ? 0 : -1;

	for (size_t i = 0; !found && i < it->n; i++) {
		char *other;

		if (strcmp(it->prop[i].name, p->name))
			continue;
		other = sim_prop_key(&it->prop[i], country);
		found = other ? !strcmp(key, other) : -1;
		free(other);
	}
	free(key);
	return found;
}

/* Numbers and addresses of @held that are @full's still. */
static int widen_sets(struct wide *x, const struct sim_item *full,
		      const struct sim_item *held, const char *country)
{
	for (size_t i = 0; i < held->n; i++) {
		const struct sim_prop *p = &held->prop[i];
		int old, there;

		if (sim_field_single(held->kind, p->name))
			continue;
		old = has(full, p, country);
		there = has(&x->value, p, country);
		if (old < 0 || there < 0)
			return -1;
		if (!old || there)
			continue;
		x->more = true;
		if (sim_item_add(&x->value, p->name, p->params, p->value))
			return -1;
	}
	return 0;
}

static int widen_one(struct component *c, struct wide *x, int64_t from)
{
	const enum ledger_query q = LQ_WIDEN_ROWS;
	struct run *run = c->run;
	int row, rc = 0;

	for (row = ledger_first(run->l, q, run->e, "ii", x->id, from);
	     row > 0 && !rc; row = ledger_next(run->l, q, run->e)) {
		struct sim_item full = {.kind = c->g.kind}, held = full;

		if (sim_item_parse(&full, c->g.kind, ledger_text(run->l, q, 0)) ||
		    sim_item_parse(&held, c->g.kind, ledger_text(run->l, q, 1)))
			rc = sim_fail(run->e, EX_DATAERR,
				      "ledger: a base cannot be read");
		else if (widen_name(x, &full, &held) ||
			 widen_sets(x, &full, &held, run->opt->country))
			rc = run_no_memory(run);
		sim_item_free(&full);
		sim_item_free(&held);
	}
	ledger_end(run->l, q);
	return rc || row < 0 ? -1 : 0;
}

static int save(struct component *c, const struct wide *x)
{
	struct run *run = c->run;
	char *text = x->more ? sim_item_text(&x->value) : NULL;
	int rc;

	if (!x->more)
		return 0;
	if (!text)
		return run_no_memory(run);
	rc = ledger_do(run->l, LQ_WIDEN_SET, run->e, "is", x->id, text);
	free(text);
	return rc;
}

int widen(struct component *c, int64_t from, int64_t floor)
{
	const enum ledger_query q = LQ_SEED_NEW;
	struct run *run = c->run;
	struct wide *list = NULL;
	size_t n = 0;
	int row, rc = 0;

	if (c->g.kind != SIM_CONTACT)
		return 0;
	for (row = ledger_first(run->l, q, run->e, "ii", c->id, floor);
	     row > 0 && !rc; row = ledger_next(run->l, q, run->e)) {
		struct wide *p = realloc(list, (n + 1) * sizeof(*p));

		if (!p) {
			rc = run_no_memory(run);
			break;
		}
		list = p;
		p[n] = (struct wide){.id = ledger_int(run->l, q, 0)};
		if (sim_item_parse(&p[n++].value, c->g.kind,
				   ledger_text(run->l, q, 1)))
			rc = sim_fail(run->e, EX_DATAERR,
				      "ledger: an item cannot be read");
	}
	ledger_end(run->l, q);
	rc = row < 0 ? -1 : rc;
	for (size_t i = 0; i < n; i++) {
		if (!rc)
			rc = widen_one(c, &list[i], from) ||
			     save(c, &list[i]);
		sim_item_free(&list[i].value);
	}
	free(list);
	return rc ? -1 : 0;
}
