/* SPDX-License-Identifier: MIT */
/*
 * guard.c - what looks wrong is held, per replica; the rest goes on
 *
 * An emptied replica, and mass deletes and mass edits over seven days. What is
 * held stays out of the merge and out of the base, so it is found again each
 * run until a person releases it or it is undone where it happened. And a card
 * that began anew under its old number: it is not filled before a yes.
 */
#include "sync/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEEK = 7 * 24 * 3600, LEAST = 5, SHARE = 20 /* percent */ };

static bool is_delete(const struct touch *t)
{
	return t->base && !t->rec;
}

static bool is_edit(const struct touch *t)
{
	return t->base && t->rec && t->edited && !t->paired && !t->was;
}

static int count(struct component *c, enum ledger_query q, int64_t *out,
		 int64_t member, enum sim_verb verb)
{
	struct run *run = c->run;
	int rc;

	if (q == LQ_GUARD_COUNT)
		rc = ledger_first(run->l, q, run->e, "iii", member,
				  (int64_t)verb, run->now - WEEK);
	else
		rc = ledger_first(run->l, q, run->e, "i", member);
	*out = rc > 0 ? ledger_int(run->l, q, 0) : 0;
	ledger_end(run->l, q);
	return rc < 0 ? -1 : 0;
}

static bool too_many(int64_t now, int64_t week, int64_t present)
{
	int64_t sum = now + week;

	return now && sum >= LEAST && sum * 100 > (present + week) * SHARE;
}

/*
 * A person wants it as it was: not an edit and not a delete, but what has to be
 * written again there.
 */
static int put_back(struct component *c, struct side *s, struct touch *t)
{
	struct run *run = c->run;

	if (!t->rec) {
		if (ledger_do(run->l, LQ_BASE_DEL, run->e, "i", t->base))
			return -1;
		t->base = 0;
	}
	t->edited = false;
	return ledger_do(run->l, LQ_DUE_ADD, run->e, "ii", s->member, t->item);
}

/* Held already: stays so. Released: may go on. Else held if @trip. */
static int hold(struct component *c, struct side *s, struct touch *t,
		const char *what, bool trip)
{
	struct run *run = c->run;
	const enum ledger_query q = LQ_HELD_FIND;
	int rc = ledger_first(run->l, q, run->e, "iis", s->member, t->item,
			      what);
	bool released = rc > 0 && ledger_text(run->l, q, 1)[0] == 'r';
	bool restore = released && ledger_int(run->l, q, 2) < 0;
	int64_t id = rc > 0 ? ledger_int(run->l, q, 0) : 0;

	ledger_end(run->l, q);
	if (rc < 0)
		return -1;
	if (restore && put_back(c, s, t))
		return -1;
	/* Another record of the same item may be asked about: done at the end. */
	if (released)
		t->released = id;
	if (released)
		return 0;
	if (!id && !trip)
		return 0;
	if (!id && ledger_do(run->l, LQ_HELD_ADD, run->e, "iisii", s->member,
			     t->item, what, run->id, run->now))
		return -1;
	t->held = true;
	run->holds = true;
	s->keep_token = true;
	/* Where it stood is its base still, unless that place is taken. */
	if (t->rec && t->ref) {
		rc = sim_record_is_at(run->opt->shelf, t->rec, t->ref);
		if (rc < 0)
			return run_unread(run);
	}
	if (t->rec && t->ref && rc)
		return ledger_do(run->l, LQ_BASE_PLACE, run->e, "iss", t->base,
				 t->ref, t->version);
	return 0;
}

/* What a person put back where it was deleted is not held any more. */
static int forget(struct component *c, size_t side)
{
	const enum ledger_query q = LQ_HELD_OF;
	struct side *s = &c->side[side];
	struct run *run = c->run;
	int64_t *id = NULL;
	size_t n = 0;
	int row, rc = 0;

	if (!s->ch.whole)
		return 0;
	for (row = ledger_first(run->l, q, run->e, "i", s->member); row > 0;
	     row = ledger_next(run->l, q, run->e)) {
		int64_t item = ledger_int(run->l, q, 1), *p;
		bool still = false;

		for (size_t i = 0; !still && i < c->touches; i++)
			still = c->touch[i].side == side &&
				c->touch[i].item == item && c->touch[i].held;
		if (still)
			continue;
		p = realloc(id, (n + 1) * sizeof(*p));
		if (!p) {
			ledger_end(run->l, q);
			free(id);
			return run_no_memory(run);
		}
		id = p;
		id[n++] = ledger_int(run->l, q, 0);
	}
	rc = row;
	for (size_t i = 0; !rc && i < n; i++)
		rc = ledger_do(run->l, LQ_HELD_UNDONE, run->e, "i", id[i]);
	free(id);
	return rc;
}

int refill_held(struct component *c, struct side *s, int64_t replica)
{
	const enum ledger_query q = LQ_CARD_REFILL;
	struct run *run = c->run;
	bool asks, released;
	int64_t id = 0, of = s->member;
	int rc;

	if (!s->card || !s->takes)
		return 0;
	rc = ledger_first(run->l, LQ_CARD_ASKS, run->e, "i", replica);
	asks = rc > 0 && ledger_int(run->l, LQ_CARD_ASKS, 0);
	ledger_end(run->l, LQ_CARD_ASKS);
	if (rc < 0 || !asks)
		return rc < 0 ? -1 : 0;
	rc = ledger_first(run->l, q, run->e, "i", replica);
	released = rc > 0 && ledger_text(run->l, q, 1)[0] == 'r';
	if (rc > 0) {
		id = ledger_int(run->l, q, 0);
		of = ledger_int(run->l, q, 2);
	}
	ledger_end(run->l, q);
	if (rc < 0)
		return -1;
	if (released)
		return ledger_do(run->l, LQ_HELD_DONE, run->e, "ii", id,
				 run->now) ||
		       ledger_do(run->l, LQ_CARD_AGREED, run->e, "i", replica)
			       ? -1
			       : 0;
	if (!id && ledger_do(run->l, LQ_HELD_ADD, run->e, "issii", s->member,
			     NULL, "refill", run->id, run->now))
		return -1;
	s->takes = false;
	run->holds = true;
	/* One word for all it would get. */
	if (of != s->member)
		return 0;
	return report_line(run, SYNC_HELD, s, c->g.kind, SIM_CREATE, NULL,
			   SIM_PENDING,
			   "emptied or made anew: filling it waits for a yes");
}

int guard(struct component *c, size_t side)
{
	struct side *s = &c->side[side];
	struct run *run = c->run;
	int64_t deletes = 0, edits = 0, week_deletes, week_edits;
	bool trip_delete, trip_edit, emptied;
	size_t held = 0;

	/* A card's messages are a spool: their going means nothing. */
	if (!s->gives || (s->card && c->g.kind != SIM_CONTACT))
		return 0;
	for (size_t i = 0; i < c->touches; i++) {
		if (c->touch[i].side != side)
			continue;
		deletes += is_delete(&c->touch[i]);
		edits += is_edit(&c->touch[i]);
	}
	if (!deletes && !edits)
		return forget(c, side);
	if (s->present < 0) {
		if (count(c, LQ_BASE_COUNT, &s->present, s->member, 0))
			return -1;
		s->present += deletes + edits;
	}
	if (count(c, LQ_GUARD_COUNT, &week_deletes, s->member, SIM_DELETE) ||
	    count(c, LQ_GUARD_COUNT, &week_edits, s->member, SIM_UPDATE))
		return -1;
	emptied = deletes == s->present && deletes > 1 && !s->ch.total;
	trip_delete = emptied || too_many(deletes, week_deletes, s->present);
	trip_edit = too_many(edits, week_edits, s->present);
	for (size_t i = 0; i < c->touches; i++) {
		struct touch *t = &c->touch[i];

		if (t->side != side)
			continue;
		if (is_delete(t) &&
		    hold(c, s, t, emptied ? "emptied" : "delete", trip_delete))
			return -1;
		if (is_edit(t) && hold(c, s, t, "edit", trip_edit))
			return -1;
		held += t->held;
	}
	for (size_t i = 0; i < c->touches; i++)
		if (c->touch[i].side == side && c->touch[i].released &&
		    ledger_do(run->l, LQ_HELD_DONE, run->e, "ii",
			      c->touch[i].released, run->now))
			return -1;
	if (held) {
		char why[96];

		snprintf(why, sizeof(why), "%s: %zu %s held for review",
			 emptied ? "emptied" : "unusually many changes", held,
			 held == 1 ? "item" : "items");
		if (report_line(run, SYNC_HELD, s, c->g.kind,
				trip_delete ? SIM_DELETE : SIM_UPDATE, NULL,
				SIM_PENDING, why))
			return -1;
	}
	return forget(c, side);
}
