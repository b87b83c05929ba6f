/* SPDX-License-Identifier: MIT */
/*
 * match.c - which item is each record that is not as its base says
 *
 * Local and remote records have an identity (ref, UID). A card's have none:
 * its records are a multiset, matched by content (design.md, Matching). Messages
 * and card-info have natural keys everywhere.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static int load_was(struct component *c, struct spot *p)
{
	struct ledger *l = c->run->l;
	int rc;

	if (p->was.n || !p->base)
		return 0;
	rc = ledger_first(l, LQ_BASE_VALUE, c->run->e, "i", p->base);
	if (rc <= 0)
		return rc;
	rc = sim_item_parse(&p->was, c->g.kind, ledger_text(l, LQ_BASE_VALUE,
							    0));
	ledger_end(l, LQ_BASE_VALUE);
	return rc ? sim_fail(c->run->e, EX_DATAERR,
			     "ledger: a base cannot be read")
		  : 0;
}

/* The content @lost had is now in @found's record. */
static int settle(struct component *c, size_t side, struct spot *lost,
		  struct spot *found)
{
	struct touch *t = touch_add(c, lost->item, side);

	if (!t || load_was(c, lost) || run_wake(c->run, found->rec))
		return -1;
	t->base = lost->base;
	t->rec = found->rec;
	t->edited = !sim_item_same(&lost->was, &found->rec->item);
	sim_record_rest(found->rec);
	t->ref = lost->ref;
	t->version = lost->version;
	lost->ref = lost->version = NULL;
	lost->lost = false;
	found->found = false;
	return 0;
}

/* 1: the record has that UID, or one of the two has none */
static int may_be(struct component *c, struct sim_record *rec, const char *uid)
{
	int rc = run_wake(c->run, rec) ? -1
				       : !uid || !rec->uid || same(uid, rec->uid);

	sim_record_rest(rec);
	return rc;
}

static int find_uid(struct component *c, size_t side, struct spots *s,
		    struct spot *p)
{
	for (size_t i = 0; p->lost && i < s->n; i++) {
		struct spot *q = &s->spot[i];
		int rc = q->found ? sim_record_is(c->run->opt->shelf, q->rec,
						  p->uid)
				  : 0;

		if (rc < 0)
			return run_unread(c->run);
		if (rc && settle(c, side, p, q))
			return -1;
	}
	return 0;
}

/* Local and remote: same place and not another UID, or same UID. */
static int match_stable(struct component *c, size_t side, struct spots *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];
		int rc = p->lost && p->found ? may_be(c, p->rec, p->uid) : 0;

		if (rc < 0 || (rc && settle(c, side, p, p)))
			return -1;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->spot[i].lost && s->spot[i].uid &&
		    find_uid(c, side, s, &s->spot[i]))
			return -1;
	return 0;
}

/*
 * Messages and info: same place and key first, then same key. The key is the
 * one this replica's own content has: a server may hold identifiers hashed.
 */
static int match_keyed(struct component *c, size_t side, struct spots *s)
{
	char **was = calloc(s->n + 1, sizeof(*was));
	char **now = calloc(s->n + 1, sizeof(*now));
	int rc = was && now ? 0 : run_no_memory(c->run);

	for (size_t i = 0; !rc && i < s->n; i++) {
		struct spot *p = &s->spot[i];

		if (p->lost)
			rc = load_was(c, p);
		if (!rc && p->lost)
			was[i] = sim_item_key(&p->was);
		if (!rc && p->found)
			now[i] = sim_item_key(&p->rec->item);
		if (!rc && p->lost && p->found && same(was[i], now[i]))
			rc = settle(c, side, p, p);
	}
	for (size_t i = 0; !rc && i < s->n; i++)
		for (size_t j = 0; !rc && s->spot[i].lost && j < s->n; j++)
			if (s->spot[j].found && same(was[i], now[j]))
				rc = settle(c, side, &s->spot[i], &s->spot[j]);
	for (size_t i = 0; i < s->n; i++) {
		if (was)
			free(was[i]);
		if (now)
			free(now[i]);
	}
	free(was);
	free(now);
	return rc;
}

/* Does the item still stand elsewhere on the card, untouched? */
static int has_alias(struct component *c, struct side *s, struct spots *spots,
		     const struct spot *p)
{
	struct ledger *l = c->run->l;
	int row, found = 0;

	for (row = ledger_first(l, LQ_BASE_AT, c->run->e, "ii", p->item,
				s->member);
	     row > 0; row = ledger_next(l, LQ_BASE_AT, c->run->e)) {
		int64_t id = ledger_int(l, LQ_BASE_AT, 0);
		bool here = ledger_text(l, LQ_BASE_AT, 1);

		/* Rows of this look have no place until they are settled. */
		for (size_t i = 0; i < spots->n; i++)
			if (spots->spot[i].base == id)
				here = !spots->spot[i].lost;
		found |= here;
	}
	return row < 0 ? -1 : found;
}

/* A copy goes its own way: what is cut of its name nobody took from it. */
static int part_copy(struct component *c, struct spot *lost, struct spot *found)
{
	struct sim_item full = {.kind = c->g.kind};
	const char *was, *now, *whole;
	int rc;

	if (ledger_do(c->run->l, LQ_BASE_DEL, c->run->e, "i", lost->base))
		return -1;
	lost->lost = false;
	lost->base = 0;
	if (!found)
		return 0;
	was = sim_item_get(&lost->was, "FN");
	now = sim_item_get(&found->rec->item, "FN");
	rc = item_load(c, lost->item, &full);
	whole = rc == 1 ? sim_item_get(&full, "FN") : NULL;
	if (whole && same(was, now) && !strncmp(whole, now, strlen(now)) &&
	    !found->whole) {
		found->whole = strdup(whole);
		rc = found->whole ? 0 : run_no_memory(c->run);
	}
	sim_item_free(&full);
	return rc < 0 ? -1 : 0;
}

/* One of several identical records went or changed: the item is still here. */
static int drop_aliases(struct component *c, struct side *s,
			struct spots *spots)
{
	for (size_t i = 0; i < spots->n; i++) {
		struct spot *p = &spots->spot[i];
		int rc = p->lost ? has_alias(c, s, spots, p) : 0;

		if (rc < 0)
			return -1;
		if (!rc)
			continue;
		s->room = s->room || !p->found;
		if (part_copy(c, p, p->found ? p : NULL))
			return -1;
	}
	return 0;
}

static int match_same(struct component *c, size_t side, struct spots *s)
{
	/* Written again as it was. */
	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];

		if (p->lost && p->found &&
		    sim_item_same(&p->was, &p->rec->item) &&
		    settle(c, side, p, p))
			return -1;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];

		for (size_t j = 0; p->lost && j < s->n; j++) {
			struct spot *q = &s->spot[j];

			if (q->found && sim_item_same(&p->was, &q->rec->item) &&
			    settle(c, side, p, q))
				return -1;
		}
	}
	return 0;
}

/* 1: somebody else, an entry of its own, has a number of @was, which is @item */
static int number_shared(struct component *c, const struct sim_item *was,
			 int64_t item)
{
	const enum ledger_query q = LQ_NUMBER_FIND;
	struct ledger *l = c->run->l;
	char **number = sim_numbers(was, c->run->opt->country);
	int row = 0, other = 0;

	if (!number)
		return run_no_memory(c->run);
	for (size_t i = 0; row >= 0 && number[i] && !other; i++) {
		for (row = ledger_first(l, q, c->run->e, "is", c->id,
					number[i]);
		     row > 0; row = ledger_next(l, q, c->run->e))
			other |= ledger_int(l, q, 0) != item;
	}
	sim_numbers_free(number);
	return row < 0 ? -1 : other;
}

/* sim_alike() of what @item @was and @rec; a name only nearly the same counts
 * where the number is nobody else's. -1: failed
 */
static int alike_was(struct component *c, const struct sim_item *was,
		     int64_t item, const struct sim_record *rec)
{
	enum sim_likeness how = sim_alike(was, &rec->item,
					  c->run->opt->country);
	int shared;

	if (how != SIM_RESPELLED)
		return (int)how;
	shared = number_shared(c, was, item);
	if (shared < 0)
		return -1;
	return shared ? SIM_RENAMED : SIM_EDITED;
}

static int alike(struct component *c, const struct spot *p,
		 const struct sim_record *rec)
{
	return alike_was(c, &p->was, p->item, rec);
}

/*
 * The same where it is. Edited step by step while other rules were in force it
 * is what another component has there: that one saw one step, this all of them.
 */
static int alike_here(struct component *c, const struct spot *p)
{
	const enum ledger_query q = LQ_BASE_ELSEWHERE;
	const struct sim_record *rec = p->rec;
	struct ledger *l = c->run->l;
	int how = alike(c, p, rec), row = 0;

	if (how < 0 || how >= (int)SIM_EDITED)
		return how;
	for (row = ledger_first(l, q, c->run->e, "i", p->base);
	     row > 0 && how >= 0 && how < (int)SIM_EDITED;
	     row = ledger_next(l, q, c->run->e)) {
		struct sim_item was = {.kind = c->g.kind};
		int than;

		if (sim_item_parse(&was, c->g.kind, ledger_text(l, q, 0)))
			than = sim_fail(c->run->e, EX_DATAERR,
					"ledger: a base cannot be read");
		else
			than = alike_was(c, &was, p->item, rec);
		sim_item_free(&was);
		how = than < 0 || than >= (int)SIM_EDITED ? than : how;
	}
	ledger_end(l, q);
	return row < 0 ? -1 : how;
}

/* 1: an identical record of it was edited too, and to something else */
static bool edited_apart(const struct component *c, size_t side,
			 const struct spots *s, const struct spot *lost,
			 const struct spot *found)
{
	for (size_t i = s->touch0; i < c->touches; i++) {
		const struct touch *t = &c->touch[i];

		if (t->side == side && t->item == lost->item && t->rec &&
		    t->edited &&
		    !sim_item_same(&t->rec->item, &found->rec->item))
			return true;
	}
	return false;
}

/* Identical records made unlike are two: the first is the item, this a new one. */
static int settle_edited(struct component *c, size_t side, struct spots *s,
			 struct spot *lost, struct spot *found)
{
	if (!edited_apart(c, side, s, lost, found))
		return settle(c, side, lost, found);
	return part_copy(c, lost, found);
}

/* Edited where it is, else the only two that are alike. */
static int match_edited(struct component *c, size_t side, struct spots *s)
{
	int how;

	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];

		if (!p->lost || !p->found)
			continue;
		how = alike_here(c, p);
		if (how < 0 ||
		    (how >= (int)SIM_EDITED && settle_edited(c, side, s, p, p)))
			return -1;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i], *only = NULL;
		size_t there = 0, back = 0;

		for (size_t j = 0; p->lost && j < s->n; j++) {
			if (!s->spot[j].found)
				continue;
			how = alike(c, p, s->spot[j].rec);
			if (how < 0)
				return -1;
			if (how < (int)SIM_EDITED)
				continue;
			only = &s->spot[j];
			there++;
		}
		for (size_t j = 0; only && j < s->n; j++) {
			how = s->spot[j].lost
				      ? alike(c, &s->spot[j], only->rec)
				      : (int)SIM_UNLIKE;
			if (how < 0)
				return -1;
			back += how >= (int)SIM_EDITED;
		}
		if (there == 1 && back == 1 &&
		    settle_edited(c, side, s, p, only))
			return -1;
	}
	return 0;
}

/*
 * Same number, another name: a rename or somebody else? Both are kept: the
 * old item stays everywhere else, the record becomes a new one, a person says.
 */
static int ask_renamed(struct component *c, struct side *s, struct spots *spots)
{
	struct run *run = c->run;

	for (size_t i = 0; i < spots->n; i++) {
		struct spot *p = &spots->spot[i];
		bool renamed = false;

		for (size_t j = 0; p->lost && !renamed && j < spots->n; j++) {
			enum sim_likeness how;

			if (!spots->spot[j].found)
				continue;
			how = sim_alike(&p->was, &spots->spot[j].rec->item,
					run->opt->country);
			renamed = how == SIM_RENAMED || how == SIM_RESPELLED;
			spots->spot[j].retyped |= renamed;
		}
		if (!renamed)
			continue;
		if (ledger_do(run->l, LQ_BASE_MEANS, run->e, "is", p->base,
			      "asked") ||
		    report_line(run, SYNC_DUPLICATE, s, c->g.kind, SIM_UPDATE,
				&p->was, SIM_PENDING,
				"its number has another name now: kept both"))
			return -1;
		p->lost = false;
	}
	return 0;
}

static int match_multiset(struct component *c, size_t side, struct spots *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->spot[i].lost && load_was(c, &s->spot[i]))
			return -1;
	if (match_same(c, side, s) || drop_aliases(c, &c->side[side], s) ||
	    manifest_match(c, side, s) || match_edited(c, side, s))
		return -1;
	return ask_renamed(c, &c->side[side], s);
}

/*
 * Places are handed on within one answer (a record moved to where another
 * was): free them all first, each touch takes its own again.
 */
static int free_places(struct component *c, const struct spots *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->spot[i].base && s->spot[i].lost && s->spot[i].ref &&
		    ledger_do(c->run->l, LQ_BASE_PLACE, c->run->e, "iss",
			      s->spot[i].base, NULL, NULL))
			return -1;
	return 0;
}

/*
 * What was not found again is gone; on a card only when all could be read: one
 * that cannot may be any of those, put elsewhere. They wait without a place.
 */
static int touch_gone(struct component *c, size_t side, struct spots *s)
{
	if (c->side[side].card && c->side[side].unread)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];
		struct touch *t;

		if (!p->lost)
			continue;
		t = touch_add(c, p->item, side);
		if (!t)
			return -1;
		t->base = p->base;
		c->side[side].room = true;
	}
	return 0;
}

int match(struct component *c, size_t side, struct spots *s)
{
	struct side *sd = &c->side[side];
	int rc;

	if (free_places(c, s))
		return -1;
	if (c->g.kind != SIM_CONTACT)
		rc = match_keyed(c, side, s);
	else if (sd->card)
		rc = match_multiset(c, side, s);
	else
		rc = match_stable(c, side, s);
	if (rc || touch_gone(c, side, s))
		return -1;
	return pair_found(c, side, s);
}
