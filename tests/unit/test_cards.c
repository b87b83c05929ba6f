// SPDX-License-Identifier: MIT
/*
 * test_cards.c - which replica a card is: generations, and profiles that come
 * and go (design.md, Generations; T3, T4), with the real ledger
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"
#include "sync/cards.h"

#define ICCID "89490200001234567896"
#define OTHER "89331000005555666677"
#define EID   "89049032000001000000000000000012"
#define ANNA  "FN:Anna\nTEL:+491701\n"
#define BERT  "FN:Bert\nTEL:+491702\n"

static struct cards_replica place(struct world *w, struct cards_seen seen)
{
	struct cards_replica out;

	if (!seen.iccid)
		seen.iccid = ICCID;
	seen.shown = "SIM";
	if (cards_place(w->l, &seen, w->now, false, &out, &w->e))
		fail_msg("%s", w->e.text);
	return out;
}

/* The card of the world is that replica from now on. */
static void become(struct world *w, const struct cards_replica *r)
{
	snprintf(w->card->name, sizeof(w->card->name), "%.39s", r->name);
	w->card->r.class = r->class;
}

static void empty_card(struct world *w)
{
	while (mem_count(w->card))
		for (size_t i = 0; i < w->card->n; i++)
			if (w->card->rec[i].used)
				mem_del(w->card, w->card->rec[i].ref);
}

static struct cards_replica filled(struct world *w, int64_t psc)
{
	struct cards_replica r = place(w, (struct cards_seen){.psc = psc});

	become(w, &r);
	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->card, "rec/1", NULL, BERT);
	run(w);
	assert_int_equal(cards_keep(w->l, r.name, psc, &w->e), 0);
	return r;
}

static void a_card_stays_what_it_is(void **state)
{
	struct world *w = *state;
	struct cards_replica a = filled(w, 7), b;

	assert_string_equal(a.name, "card:" ICCID "/1");
	assert_false(a.known);
	assert_int_equal(a.class, SIM_PHYSICAL);
	/* Its book emptied under the same PSC is the guard's business. */
	b = place(w, (struct cards_seen){.psc = 7, .empty = true});
	assert_string_equal(b.name, a.name);
	assert_true(b.known);
	/* A new PSC with entries in the book: UIDs made anew, nothing else. */
	b = place(w, (struct cards_seen){.psc = 8});
	assert_string_equal(b.name, a.name);
}

static void a_new_psc_and_an_empty_book_are_a_new_generation(void **state)
{
	struct world *w = *state;
	struct cards_replica a = filled(w, 7), b;

	empty_card(w);
	b = place(w, (struct cards_seen){.psc = 99, .empty = true});
	assert_true(b.fresh);
	assert_true(b.asks);
	assert_string_not_equal(b.name, a.name);
	assert_memory_equal(b.name, "card:" ICCID "/", 26);
	assert_int_equal(strlen(b.name), 26 + 8);
	/* And stays that. */
	a = place(w, (struct cards_seen){.psc = 99, .empty = true});
	assert_string_equal(a.name, b.name);
	assert_false(a.fresh);
}

static void a_plan_makes_no_generation(void **state)
{
	struct world *w = *state;
	struct cards_seen seen = {.iccid = ICCID, .shown = "SIM", .psc = 99,
				  .empty = true};
	struct cards_replica a = filled(w, 7), b, c;

	assert_int_equal(cards_place(w->l, &seen, w->now, true, &b, &w->e), 0);
	assert_true(b.fresh);
	assert_int_equal(cards_find(w->l, ICCID, &c, &w->e), 0);
	assert_string_equal(c.name, a.name);
}

static void a_wiped_card_deletes_nothing_and_waits_for_a_yes(void **state)
{
	struct world *w = *state;
	struct cards_replica r;

	filled(w, 7);
	empty_card(w);
	r = place(w, (struct cards_seen){.psc = 99, .empty = true});
	become(w, &r);
	for (int i = 0; i < 3; i++) {
		run(w);
		assert_int_equal(mem_count(w->local), 2);
		assert_int_equal(mem_count(w->remote), 2);
		assert_int_equal(mem_count(w->card), 0);
		assert_int_equal(w->rep.held, 1);
		assert_int_equal(w->rep.state, SYNC_HELD_BACK);
		assert_int_equal(lines(w, SYNC_HELD), 1);
	}
	/* What somebody puts on it meanwhile goes its way. */
	mem_set(w->card, "rec/5", NULL, "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_non_null(mem_with(w->local, "Carl"));
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(ledger_release(w->l, r.name, &w->e), 1);
	run(w);
	assert_int_equal(mem_count(w->card), 3);
	assert_int_equal(w->rep.held, 0);
	assert_quiet(w);
	/* The yes was given once and for all. */
	mem_set(w->local, "d", "u-d", "FN:Dora\nTEL:+491704\n");
	run(w);
	assert_int_equal(mem_count(w->card), 4);
}

static void what_the_old_generation_was_due_is_not_written(void **state)
{
	struct world *w = *state;
	struct cards_replica r;

	filled(w, 7);
	/* Away, and something waits for it. */
	w->r[0] = &w->local->r;
	w->r[1] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna Berg\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.queued, 1);
	empty_card(w);
	r = place(w, (struct cards_seen){.psc = 99, .empty = true});
	become(w, &r);
	run(w);
	/* The old one is no more; the new one has not been here yet. */
	assert_int_equal(w->rep.queued, 0);
	w->r[2] = &w->card->r;
	w->n = 3;
	run(w);
	assert_int_equal(ledger_release(w->l, r.name, &w->e), 1);
	run(w);
	assert_non_null(mem_with(w->card, "Anna Berg"));
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void what_the_server_calls_another_is_another(void **state)
{
	struct world *w = *state;
	struct cards_replica a = filled(w, 7), b;

	b = place(w, (struct cards_seen){.psc = 7, .generation = "1"});
	assert_string_equal(b.name, a.name);
	/* Another phone saw it wiped and has filled it since. */
	b = place(w, (struct cards_seen){.psc = 7, .generation = "c0ffee00"});
	assert_string_equal(b.name, "card:" ICCID "/c0ffee00");
	assert_true(b.fresh);
	assert_false(b.asks);
	become(w, &b);
	/* One of two is on it: no delete follows from that. */
	mem_del(w->card, "rec/1");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->card), 2);
	assert_int_equal(w->rep.duplicates, 0);
	assert_quiet(w);
	/* What nobody could have made is not believed. */
	b = place(w, (struct cards_seen){.psc = 7, .generation = "../../x"});
	assert_string_equal(b.name, "card:" ICCID "/c0ffee00");
}

/* ---- profiles ----------------------------------------------------------- */

struct told {
	int n[3];
};

static void tell(enum cards_event what, const char *shown, void *arg)
{
	assert_non_null(shown);
	((struct told *)arg)->n[what]++;
}

static struct told list(struct world *w, const struct cards_profile *p,
			size_t n)
{
	struct told t = {{0}};

	if (cards_profiles(w->l, EID, p, n, w->now, tell, &t, &w->e))
		fail_msg("%s", w->e.text);
	return t;
}

static const struct cards_profile both[] = {
	{ICCID, "eSIM Example (...7896)", 3},
	{OTHER, "eSIM Exemple (...6677)", 5},
};

static struct cards_replica on_euicc(struct world *w, const char *iccid)
{
	return place(w, (struct cards_seen){.iccid = iccid, .eid = EID,
					    .psc = -1});
}

static void each_profile_is_a_replica_on_or_off(void **state)
{
	struct world *w = *state;
	struct told t = list(w, both, 2);
	struct cards_replica r;

	/* What was there at the first look is no news. */
	assert_int_equal(t.n[CARDS_ADDED], 0);
	assert_int_equal(cards_find(w->l, OTHER, &r, &w->e), 0);
	assert_string_equal(r.name, "card:" OTHER "/1");
	assert_int_equal(r.class, SIM_VIRTUAL);
	assert_string_equal(r.eid, EID);
	r = on_euicc(w, ICCID);
	assert_string_equal(r.name, "card:" ICCID "/1");
	assert_int_equal(r.class, SIM_VIRTUAL);
	t = list(w, both, 2);
	assert_int_equal(t.n[CARDS_ADDED] + t.n[CARDS_AGAIN] +
				 t.n[CARDS_DELETED], 0);
}

static void t3_a_profile_added_is_a_replica(void **state)
{
	struct world *w = *state;
	struct cards_replica r;
	struct told t;

	list(w, both, 1);
	assert_int_equal(cards_find(w->l, OTHER, &r, &w->e), 1);
	t = list(w, both, 2);
	assert_int_equal(t.n[CARDS_ADDED], 1);
	assert_int_equal(cards_find(w->l, OTHER, &r, &w->e), 0);
	assert_false(r.asks);
}

/* Both profiles' worth in phone and server, the first one on. */
static void profile_filled(struct world *w)
{
	struct cards_replica r;

	w->rules.rule[3].on = false;
	w->rules.rule[4].on = true;
	list(w, both, 2);
	r = on_euicc(w, ICCID);
	become(w, &r);
	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->card, "rec/1", NULL, BERT);
	run(w);
}

static void t4_a_deleted_profile_deletes_nothing(void **state)
{
	struct world *w = *state;
	struct told t;
	struct cards_replica r;

	profile_filled(w);
	t = list(w, both + 1, 1);
	assert_int_equal(t.n[CARDS_DELETED], 1);
	assert_int_equal(cards_find(w->l, ICCID, &r, &w->e), 1);
	w->r[0] = &w->local->r;
	w->r[1] = &w->remote->r;
	w->n = 2;
	assert_quiet(w);
	assert_int_equal(mem_count(w->local), 2);
	/* Nothing waits for it any more. */
	mem_set(w->local, "d", "u-d", "FN:Dora\nTEL:+491704\n");
	run(w);
	assert_int_equal(w->rep.queued, 0);
	assert_int_equal(mem_count(w->remote), 3);
}

static int to_local(const struct cards_kept *row, void *arg)
{
	struct world *w = arg;
	static int n;
	char ref[16];

	assert_int_equal(row->kind, SIM_CONTACT);
	if (row->local)
		return 0;
	snprintf(ref, sizeof(ref), "back%d", n++);
	mem_set(w->local, ref, row->uid, row->value);
	return 0;
}

static void what_a_deleted_profile_held_can_be_had_back(void **state)
{
	struct world *w = *state;
	char name[CARDS_NAME];

	profile_filled(w);
	/* A little later all is deleted by mistake, then the profile goes. */
	w->r[0] = &w->local->r;
	w->r[1] = &w->remote->r;
	w->n = 2;
	mem_del(w->local, mem_with(w->local, "Anna")->ref);
	run(w);
	assert_null(mem_with(w->remote, "Anna"));
	list(w, both + 1, 1);
	assert_int_equal(cards_kept(w->l, "0000", name, to_local, w, &w->e), 1);
	assert_int_equal(cards_kept(w->l, "7896", name, to_local, w, &w->e), 0);
	assert_string_equal(name, "card:" ICCID "/1");
	assert_int_equal(mem_count(w->local), 2);
	run(w);
	assert_non_null(mem_with(w->remote, "Anna"));
	assert_int_equal(mem_count(w->remote), 2);
	assert_int_equal(w->rep.duplicates, 0);
	assert_quiet(w);
}

static void a_profile_loaded_again_is_a_new_generation(void **state)
{
	struct world *w = *state;
	struct cards_replica r;
	struct told t;

	profile_filled(w);
	list(w, both + 1, 1);
	t = list(w, both, 2);
	assert_int_equal(t.n[CARDS_ADDED], 1);
	r = on_euicc(w, ICCID);
	assert_string_not_equal(r.name, "card:" ICCID "/1");
	assert_true(r.asks);
	become(w, &r);
	empty_card(w);
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->card), 0);
	assert_int_equal(w->rep.held, 1);
	assert_int_equal(ledger_release(w->l, NULL, &w->e), 1);
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void loaded_again_between_two_looks_is_told_by_its_notice(void **state)
{
	struct cards_profile again[] = {both[0], both[1]};
	struct world *w = *state;
	struct cards_replica r;
	struct told t;

	profile_filled(w);
	again[0].installed = 9;
	t = list(w, again, 2);
	assert_int_equal(t.n[CARDS_AGAIN], 1);
	assert_int_equal(t.n[CARDS_DELETED] + t.n[CARDS_ADDED], 0);
	r = on_euicc(w, ICCID);
	assert_string_not_equal(r.name, "card:" ICCID "/1");
	t = list(w, again, 2);
	assert_int_equal(t.n[CARDS_AGAIN], 0);
}

static void a_retired_replica_carries_nothing_across(void **state)
{
	struct world *w = *state;
	struct cards_replica r;

	/* Virtual SIMs among themselves; the phone is no part of it. */
	profile_filled(w);
	w->rules.rule[4].on = false;
	w->rules.rule[1].on = true;
	r = on_euicc(w, OTHER);
	snprintf(w->card2->name, sizeof(w->card2->name), "%.39s", r.name);
	w->card2->r.class = SIM_VIRTUAL;
	w->r[3] = &w->card2->r;
	w->n = 4;
	run(w);
	assert_int_equal(mem_count(w->card2), 2);
	list(w, both + 1, 1);
	w->r[0] = &w->card2->r;
	w->n = 3;
	mem_set(w->card2, mem_with(w->card2, "Anna")->ref, NULL,
		"FN:Anna\nTEL:+491709\n");
	run(w);
	assert_null(mem_with(w->local, "+491709"));
	assert_int_equal(mem_count(w->card2), 2);
	assert_quiet(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_card_stays_what_it_is),
		T(a_new_psc_and_an_empty_book_are_a_new_generation),
		T(a_plan_makes_no_generation),
		T(a_wiped_card_deletes_nothing_and_waits_for_a_yes),
		T(what_the_old_generation_was_due_is_not_written),
		T(what_the_server_calls_another_is_another),
		T(each_profile_is_a_replica_on_or_off),
		T(t3_a_profile_added_is_a_replica),
		T(t4_a_deleted_profile_deletes_nothing),
		T(what_a_deleted_profile_held_can_be_had_back),
		T(a_profile_loaded_again_is_a_new_generation),
		T(loaded_again_between_two_looks_is_told_by_its_notice),
		T(a_retired_replica_carries_nothing_across),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
