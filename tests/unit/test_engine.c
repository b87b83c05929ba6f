/* SPDX-License-Identifier: MIT */
/*
 * test_engine.c - the sync engine by design.md, one fact a
 * test, with replicas in memory
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"

#define HAMILTON "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"          \
		 "TEL;TYPE=CELL:+49 170 1234567\nTEL;TYPE=HOME:+49 89 7654321\n" \
		 "EMAIL:a@example.org\nNOTE:likes boats\n"

static void a_cards_contacts_reach_local_and_server(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/3", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/7", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->remote), 2);
	assert_int_equal(w->rep.created, 4);
	assert_int_equal(w->rep.state, SYNC_OK);
	assert_non_null(mem_with(w->remote, "Anna"));
	assert_int_equal(w->card->writes, 0);
	assert_quiet(w);
}

static void a_new_card_is_filled_and_nothing_is_lost_elsewhere(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", HAMILTON);
	run(w);
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701234567\n");
	assert_has(w->local, "1", HAMILTON);
	assert_non_null(mem_with(w->remote, "likes boats"));
	assert_quiet(w);
	assert_has(w->local, "1", HAMILTON);
}

static void an_edit_on_the_phone_is_on_the_card_after_the_run(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "rec/0", NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_has(w->remote, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_quiet(w);
}

static void an_edit_on_the_card_changes_only_what_it_touched(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", HAMILTON);
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra Hami\nTEL:+491709999999\n");
	run(w);
	assert_has(w->local, "1",
		   "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
		   "TEL;TYPE=CELL:+491709999999\nTEL;TYPE=HOME:+49 89 7654321\n"
		   "EMAIL:a@example.org\nNOTE:likes boats\n");
	assert_quiet(w);
}

static void a_name_edited_on_the_card_regenerates_n(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna Berg\nN:Berg;Anna;;;\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Anna Berg Tal\nTEL:+491701\n");
	run(w);
	assert_has(w->local, "1",
		   "FN:Anna Berg Tal\nN:Tal;Anna Berg;;;\nTEL:+491701\n");
	assert_quiet(w);
}

static void edits_of_different_fields_are_merged(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", HAMILTON);
	run(w);
	mem_set(w->local, "1", "u1",
		"FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
		"TEL;TYPE=CELL:+49 170 1234567\nTEL;TYPE=HOME:+49 89 7654321\n"
		"EMAIL:a@example.org\nNOTE:sold the boat\n");
	mem_set(w->remote, "rec/0", "u1",
		"FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
		"TEL;TYPE=CELL:+49 170 1234567\nTEL;TYPE=HOME:+49 89 7654321\n"
		"EMAIL:a@example.org\nEMAIL:b@example.org\nNOTE:likes boats\n");
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra Hami\nTEL:+491709999999\n");
	run(w);
	assert_has(w->remote, "rec/0",
		   "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
		   "TEL;TYPE=CELL:+491709999999\nTEL;TYPE=HOME:+49 89 7654321\n"
		   "EMAIL:a@example.org\nEMAIL:b@example.org\nNOTE:sold the boat\n");
	assert_int_equal(w->rep.conflicts, 0);
	assert_quiet(w);
}

static void two_edits_of_one_field_are_asked_and_nothing_overwritten(
	void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_int_equal(w->rep.state, SYNC_CONFLICT_OPEN);
	assert_has(w->local, "1", "FN:Anna Berg\nTEL:+491701\n");
	assert_has(w->remote, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491701\n");
	assert_quiet(w);
	/* Another field still goes everywhere. */
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491702\n");
	run(w);
	assert_has(w->remote, "rec/0", "FN:Anna Tal\nTEL:+491702\n");
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_quiet(w);
	/* All the same again: closed. */
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Berg\nTEL:+491702\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna Berg\nTEL:+491702\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_quiet(w);
}

static void deleting_ones_version_of_a_conflict_lets_the_other_stand(
	void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	w->n = 2;
	w->r[0] = &w->remote->r;
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	mem_del(w->local, "1");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, "Anna Tal"));
	assert_non_null(mem_with(w->remote, "Anna Tal"));
	assert_quiet(w);
}

static void a_conflict_is_found_with_a_card_that_was_away(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.queued, 1);
	assert_quiet(w);
	w->r[0] = &w->card->r;
	w->n = 3;
	mem_set(w->card, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_has(w->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_has(w->local, "1", "FN:Anna Berg\nTEL:+491701\n");
	assert_quiet(w);
}

static void what_is_due_to_an_away_card_is_written_when_it_is_back(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491702\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491703\n");
	run(w);
	assert_int_equal(w->rep.queued, 2);
	w->r[0] = &w->card->r;
	w->n = 3;
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_has(w->card, "rec/1", "FN:Bert\nTEL:+491703\n");
	assert_int_equal(w->rep.queued, 0);
	assert_quiet(w);
}

static void a_delete_goes_everywhere_and_does_not_come_back(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_del(w->card, "rec/0");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
	assert_null(mem_with(w->local, "Anna"));
}

static void an_edit_beats_a_delete(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_del(w->remote, "rec/0");
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->remote), 2);
	assert_non_null(mem_with(w->remote, "+491709"));
	assert_non_null(mem_with(w->card, "+491709"));
	assert_int_equal(lines(w, SYNC_CONFLICT), 1);
	assert_quiet(w);
}

static void an_edit_queued_for_a_card_beats_its_delete_there(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	w->n = 2;
	w->r[0] = &w->remote->r;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nNOTE:new\n");
	run(w);
	w->n = 3;
	w->r[0] = &w->card->r;
	mem_del(w->card, "rec/0");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void an_emptied_card_is_held_and_deletes_nothing(void **state)
{
	struct world *w = *state;
	char text[64], ref[24];

	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "rec/%d", i);
		mem_set(w->card, ref, NULL, text);
	}
	run(w);
	for (int i = 0; i < 10; i++) {
		snprintf(ref, sizeof(ref), "rec/%d", i);
		mem_del(w->card, ref);
	}
	mem_set(w->local, "x", "ux", "FN:New\nTEL:+49177\n");
	run(w);
	assert_int_equal(w->rep.held, 10);
	assert_int_equal(w->rep.state, SYNC_HELD_BACK);
	assert_int_equal(mem_count(w->local), 11);
	/* The rest goes on. */
	assert_non_null(mem_with(w->remote, "New"));
	run(w);
	assert_int_equal(w->rep.held, 10);
	assert_int_equal(mem_count(w->local), 11);
	assert_int_equal(mem_count(w->remote), 11);
	/* Released: it was meant. */
	assert_int_equal(ledger_release(w->l, "card:1/a", &w->e), 10);
	run(w);
	assert_int_equal(w->rep.held, 0);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_quiet(w);
}

/* What is new does not take the places a person may want filled again. */
static void an_emptied_card_gets_nothing_new_until_somebody_says(void **state)
{
	struct world *w = *state;

	w->card->capacity = 2;
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_del(w->card, "rec/0");
	mem_del(w->card, "rec/1");
	mem_set(w->local, "x", "u-x", "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_true(w->rep.held > 0);
	assert_int_equal(mem_count(w->card), 0);
	assert_int_equal(mem_count(w->remote), 3);
	/* It was meant: then there is room. */
	assert_true(ledger_release(w->l, NULL, &w->e) > 0);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_non_null(mem_with(w->card, "Carl"));
	assert_quiet(w);
}

static void mass_edits_are_held_and_go_on_when_released(void **state)
{
	struct world *w = *state;
	char text[64], ref[24], uid[16];

	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(uid, sizeof(uid), "u%d", i);
		mem_set(w->local, ref, uid, text);
	}
	run(w);
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "FN:Q%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(uid, sizeof(uid), "u%d", i);
		mem_set(w->local, ref, uid, text);
	}
	run(w);
	assert_int_equal(w->rep.held, 5);
	assert_null(mem_with(w->remote, "Q1"));
	run(w);
	assert_int_equal(w->rep.held, 5);
	assert_int_equal(ledger_release(w->l, NULL, &w->e), 5);
	run(w);
	assert_int_equal(w->rep.held, 0);
	assert_non_null(mem_with(w->remote, "Q1"));
	assert_quiet(w);
}

static void a_few_deletes_a_day_add_up_over_a_week(void **state)
{
	struct world *w = *state;
	char text[64], ref[24], uid[16];

	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(uid, sizeof(uid), "u%d", i);
		mem_set(w->local, ref, uid, text);
	}
	run(w);
	for (int i = 0; i < 4; i++) {
		snprintf(ref, sizeof(ref), "%d", i);
		mem_del(w->local, ref);
		w->now += 24 * 3600;
		run(w);
		assert_int_equal(w->rep.held, 0);
	}
	mem_del(w->local, "4");
	run(w);
	assert_int_equal(w->rep.held, 1);
	assert_int_equal(mem_count(w->remote), 16);
}

static void what_does_not_fit_is_counted_and_placed_when_there_is_room(
	void **state)
{
	struct world *w = *state;

	w->card->capacity = 2;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	mem_set(w->local, "3", "u3", "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_int_equal(w->rep.not_placed, 1);
	assert_int_equal(w->rep.state, SYNC_PARTIAL);
	assert_quiet(w);
	assert_int_equal(mem_count(w->local), 3);
	mem_del(w->local, "1");
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_non_null(mem_with(w->card, "Carl"));
	assert_int_equal(w->rep.not_placed, 0);
	assert_quiet(w);
}

static void a_record_that_moved_is_the_same_item(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.seen, 0);
	assert_int_equal(w->rep.created + w->rep.updated + w->rep.deleted, 0);
	mem_set(w->local, "rec/0", NULL, "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_has(w->card, "rec/1", "FN:Anna\nTEL:+491709\n");
	assert_quiet(w);
}

static void a_reused_record_is_a_delete_and_an_add(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nNOTE:a\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Zoe\nTEL:+491999\n");
	run(w);
	assert_null(mem_with(w->local, "Anna"));
	assert_non_null(mem_with(w->local, "Zoe"));
	assert_null(mem_with(w->local, "NOTE:a"));
	assert_int_equal(mem_count(w->local), 2);
	assert_quiet(w);
}

static void the_same_number_with_another_name_keeps_both(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Zacharias\nTEL:+491701\n");
	run(w);
	assert_non_null(mem_with(w->local, "Anna"));
	assert_non_null(mem_with(w->local, "Zacharias"));
	assert_has(w->card, "rec/0", "FN:Zacharias\nTEL:+491701\n");
	assert_true(lines(w, SYNC_DUPLICATE) > 0);
	assert_quiet(w);
}

static void identical_records_are_one_item_and_one_may_go(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	mem_del(w->card, "rec/0");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
	mem_set(w->local, "rec/0", NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/1", "FN:Anna Berg\nTEL:+491701\n");
	assert_quiet(w);
}

static void of_two_identical_records_one_goes_one_is_rewritten(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_del(w->card, "rec/0");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
}

/* Made unlike they are two: what one was given the other is not. */
static void of_two_identical_records_both_are_edited(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "rec/0", NULL,
		"FN:Anna\nTEL:+491701\nEMAIL:a@example.org\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491702\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_has(w->card, "rec/1", "FN:Anna Berg\nTEL:+491701\n");
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->remote), 2);
	assert_non_null(mem_with(w->local, "+491702\nEMAIL:a@example.org"));
	assert_int_equal(w->rep.conflicts, 0);
	assert_quiet(w);
}

/* What the card had no room for nobody took from the copy. */
static void a_copy_that_is_edited_keeps_the_whole_name(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "a", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Alexandra Hami\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/1", NULL, "FN:Alexandra Hami\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_non_null(mem_with(w->local,
				 "FN:Alexandra Hamilton\nTEL:+491701\n"));
	assert_non_null(mem_with(w->local,
				 "FN:Alexandra Hamilton\nTEL:+491702\n"));
	assert_has(w->card, "rec/1", "FN:Alexandra Hami\nTEL:+491702\n");
	assert_quiet(w);
}

static void of_two_identical_records_both_are_edited_alike(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491702\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_has(w->local, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void uids_pair_local_and_server(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nNOTE:x\n");
	mem_set(w->remote, "a", "u1", "FN:Anna\nTEL:+491701\nEMAIL:a@b.c\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_non_null(mem_with(w->local, "EMAIL:a@b.c"));
	assert_non_null(mem_with(w->remote, "NOTE:x"));
	assert_quiet(w);
}

static void a_card_pairs_by_number_and_name_even_cut(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", HAMILTON);
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:0170 55555\n");
	mem_set(w->card, "rec/4", NULL, "FN:Alexandra Hami\nTEL:+491701234567\n");
	mem_set(w->card, "rec/5", NULL, "FN:Bert\nTEL:+4917055555\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->card), 2);
	assert_has(w->local, "1", HAMILTON);
	assert_quiet(w);
}

static void a_cut_name_on_a_shared_number_never_pairs(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Familie Sonnenschein\nTEL:+49891\n");
	mem_set(w->local, "2", "u2", "FN:Familie Sonne Ost\nTEL:+49891\n");
	mem_set(w->card, "rec/0", NULL, "FN:Familie Sonnen\nTEL:+49891\n");
	run(w);
	assert_int_equal(mem_count(w->local), 3);
}

static void two_candidates_pair_with_none(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nNOTE:a\n");
	mem_set(w->local, "2", "u2", "FN:Anna\nTEL:+491701\nNOTE:b\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->local), 3);
	assert_true(w->rep.duplicates > 0);
	assert_quiet(w);
}

static void without_r4_a_card_is_untouched(void **state)
{
	struct world *w = *state;

	w->rules.rule[3].on = false;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(w->card->writes, 0);
}

static void with_only_r1_nothing_of_the_phone_reaches_a_sim(void **state)
{
	struct world *w = *state;

	w->n = 4;
	w->rules.rule[0].on = true;
	w->rules.rule[3].on = false;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->card2), 1);
	assert_non_null(mem_with(w->card2, "Bert"));
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_quiet(w);
}

static void from_card_only_writes_no_card(void **state)
{
	struct world *w = *state;

	w->rules.rule[3].take = RULE_BIT(SIM_LOCAL);
	w->rules.rule[3].give = RULE_BIT(SIM_PHYSICAL);
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_non_null(mem_with(w->local, "Bert"));
	assert_non_null(mem_with(w->remote, "Bert"));
	assert_int_equal(w->card->writes, 0);
	assert_quiet(w);
}

static void pull_then_both(void **state)
{
	struct world *w = *state;

	w->mask[0] = SYNC_PULL;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
	w->mask[0] = SYNC_BOTH;
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void fill_writes_the_card_and_takes_nothing_from_it(void **state)
{
	struct world *w = *state;

	w->mask[0] = SYNC_FILL;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->card), 2);
	assert_has(w->card, "rec/0", "FN:Bert\nTEL:+491702\n");
	assert_quiet(w);
}

static void only_numbers_of_the_filter_reach_the_card(void **state)
{
	static char *prefix[] = {(char *)"+49"};
	struct world *w = *state;

	w->rules.rule[3].number = prefix;
	w->rules.rule[3].numbers = 1;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Jean\nTEL:+331702\n");
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(mem_count(w->remote), 2);
	assert_quiet(w);
	w->rules.rule[3].number = NULL;
	w->rules.rule[3].numbers = 0;
}

static void a_broken_server_does_not_stop_the_card(void **state)
{
	struct world *w = *state;

	w->remote->broken = true;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(w->rep.state, SYNC_PARTIAL);
	w->remote->broken = false;
	run(w);
	assert_int_equal(mem_count(w->remote), 1);
	assert_int_equal(w->rep.state, SYNC_OK);
	assert_quiet(w);
}

static void a_write_that_meets_another_version_is_planned_again(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	w->card->moved_once = 1;
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_int_equal(w->rep.state, SYNC_OK);
	assert_quiet(w);
}

static void what_a_replica_made_of_it_is_the_base_and_no_edit(void **state)
{
	struct world *w = *state;

	w->card->upper = true;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:ANNA\nTEL:+491701\n");
	assert_quiet(w);
	assert_has(w->local, "1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491702\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:ANNA\nTEL:+491702\n");
	assert_quiet(w);
	assert_has(w->local, "1", "FN:Anna\nTEL:+491702\n");
}

static void an_unreadable_record_is_not_a_delete(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_find(w->card, "rec/0")->unreadable = true;
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(lines(w, SYNC_PROBLEM), 1);
	mem_find(w->card, "rec/0")->unreadable = false;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491702\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_quiet(w);
}

/* Copied by another terminal while the first cannot be read. */
static void a_copy_of_an_unreadable_record_is_the_same_item(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	mem_find(w->card, "rec/0")->unreadable = true;
	mem_set(w->card, "rec/1", NULL, "FN:Alexandra Hami\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	mem_find(w->card, "rec/0")->unreadable = false;
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_quiet(w);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	w->opt.dry_run = true;
	run(w);
	assert_int_equal(w->rep.created, 2);
	assert_int_equal(lines(w, SYNC_WROTE), 2);
	assert_int_equal(w->rep.run, 0);
	assert_int_equal(w->card->writes + w->remote->writes, 0);
	run(w);
	assert_int_equal(w->rep.created, 2);
	w->opt.dry_run = false;
	run(w);
	assert_int_equal(w->rep.created, 2);
	assert_quiet(w);
}

static void a_card_that_goes_in_the_middle_is_finished_later(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 6; i++) {
		char text[64], ref[16], uid[16];

		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(uid, sizeof(uid), "u%d", i);
		mem_set(w->local, ref, uid, text);
	}
	w->card->away_after = 3;
	run(w);
	assert_int_equal(mem_count(w->card), 3);
	assert_int_equal(w->rep.state, SYNC_PARTIAL);
	w->card->away_after = -1;
	run(w);
	assert_int_equal(mem_count(w->card), 6);
	assert_int_equal(mem_count(w->local), 6);
	assert_quiet(w);
}

static void a_half_written_record_is_completed_not_doubled(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", HAMILTON);
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	w->card->tear = 0;
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_int_equal(mem_count(w->local), 2);
	assert_has(w->local, "1", HAMILTON);
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701234567\n");
	assert_quiet(w);
	/* An update torn: the name is new, the number still old. */
	mem_set(w->local, "2", "u2", "FN:Berta\nTEL:+491777\n");
	w->card->tear = 0;
	run(w);
	run(w);
	assert_has(w->card, "rec/1", "FN:Berta\nTEL:+491777\n");
	assert_has(w->local, "2", "FN:Berta\nTEL:+491777\n");
	assert_quiet(w);
	/* A delete torn. */
	mem_del(w->local, "2");
	w->card->tear = 0;
	run(w);
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_quiet(w);
}

static void info_follows_the_card_and_labels_go_both_ways(void **state)
{
	struct world *w = *state;
	struct sim_item it;

	sim_item_parse(&it, SIM_INFO, "ICCID:8949\nIMSI:26201\nMSISDN:+491\n");
	mem_put(w->card, "info", NULL, &it);
	sim_item_free(&it);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	sim_item_parse(&it, SIM_INFO,
		       "ICCID:8949\nIMSI:999\nMSISDN:+491\nLABEL:Work\n");
	mem_put(w->local, "rec/0", NULL, &it);
	sim_item_free(&it);
	run(w);
	assert_has(w->remote, "rec/0",
		   "ICCID:8949\nIMSI:26201\nMSISDN:+491\nLABEL:Work\n");
	assert_has(w->local, "rec/0",
		   "ICCID:8949\nIMSI:26201\nMSISDN:+491\nLABEL:Work\n");
	assert_quiet(w);
}

static void put_message(struct mem *m, const char *ref, const char *text)
{
	struct sim_item it;

	sim_item_parse(&it, SIM_MESSAGE, text);
	mem_put(m, ref, NULL, &it);
	sim_item_free(&it);
}

static void messages_leave_the_card_and_their_going_deletes_nothing(
	void **state)
{
	struct world *w = *state;

	put_message(w->card, "sms/1", "DIRECTION:in\nTPDU:0401\nSTATUS:read\n");
	put_message(w->card, "sms/2", "DIRECTION:in\nTPDU:0402\nSTATUS:read\n");
	put_message(w->card, "sms/3", "DIRECTION:in\nTPDU:0402\nSTATUS:read\n");
	put_message(w->local, "m", "DIRECTION:in\nTPDU:0403\nSTATUS:read\n");
	run(w);
	assert_int_equal(mem_count(w->local), 4);
	assert_int_equal(mem_count(w->remote), 4);
	assert_int_equal(w->card->writes, 0);
	mem_del(w->card, "sms/1");
	mem_del(w->card, "sms/2");
	mem_del(w->card, "sms/3");
	run(w);
	assert_int_equal(mem_count(w->local), 4);
	assert_quiet(w);
	mem_del(w->local, "m");
	run(w);
	assert_int_equal(mem_count(w->remote), 3);
	assert_quiet(w);
}

static void what_a_card_never_takes_does_not_wait_for_it(void **state)
{
	struct world *w = *state;
	struct sim_item it;

	put_message(w->local, "m", "DIRECTION:in\nTPDU:0401\nSTATUS:read\n");
	sim_item_parse(&it, SIM_INFO, "ICCID:8949\nIMSI:26201\n");
	mem_put(w->local, "info", NULL, &it);
	sim_item_free(&it);
	w->mask[0] = SYNC_FILL;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	w->r[0] = &w->remote->r;
	w->n = 2;
	run(w);
	assert_int_equal(w->rep.queued, 0);
	/* The first virtual SIM: everybody looks at everything again. */
	w->card2->r.class = SIM_VIRTUAL;
	w->r[2] = &w->card2->r;
	w->n = 3;
	w->mask[2] = SYNC_PULL;
	run(w);
	assert_int_equal(w->rep.queued, 0);
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491703\n");
	run(w);
	assert_int_equal(w->rep.queued, 1);
}

static void a_message_deleted_on_the_phone_is_not_taken_again(void **state)
{
	struct world *w = *state;
	struct mem_rec *k;

	put_message(w->card, "sms/1", "DIRECTION:in\nTPDU:0401\nSTATUS:read\n");
	run(w);
	k = mem_with(w->local, "0401");
	mem_del(w->local, k->ref);
	run(w);
	assert_int_equal(mem_count(w->remote), 0);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
	assert_int_equal(mem_count(w->local), 0);
}

static void keep_both_makes_a_second_item(void **state)
{
	struct world *w = *state;

	w->rules.rule[3].policy = w->rules.rule[5].policy = RULE_KEEP_BOTH;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->remote), 2);
	assert_non_null(mem_with(w->local, "Anna Tal"));
	assert_non_null(mem_with(w->remote, "Anna Berg"));
	assert_int_equal(w->rep.conflicts, 0);
	assert_quiet(w);
}

static void prefer_lets_one_side_win(void **state)
{
	struct world *w = *state;

	w->rules.rule[3].policy = w->rules.rule[5].policy = RULE_PREFER;
	w->rules.rule[3].prefer = w->rules.rule[5].prefer = RULE_BIT(SIM_LOCAL);
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_has(w->remote, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_int_equal(w->rep.conflicts, 0);
	assert_quiet(w);
}

static void the_order_a_person_gave_numbers_decides_what_fits(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nTEL:+491702\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491702\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_has(w->remote, "rec/0", "FN:Anna\nTEL:+491702\nTEL:+491701\n");
	assert_quiet(w);
}

/* No place holds both: each keeps the one that was typed there. */
static void two_cards_keep_each_the_number_typed_there(void **state)
{
	struct world *w = *state;

	w->n = 2;
	w->r[1] = &w->card2->r;
	w->rules.rule[0].on = true;
	w->rules.rule[3].on = w->rules.rule[5].on = false;
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_has(w->card2, "rec/0", "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491702\n");
	mem_set(w->card2, "rec/0", NULL, "FN:Anna\nTEL:+491703\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_has(w->card2, "rec/0", "FN:Anna\nTEL:+491703\n");
	assert_quiet(w);
	/* A place with room has both. */
	w->r[2] = &w->local->r;
	w->n = 3;
	w->rules.rule[3].on = true;
	run(w);
	assert_non_null(mem_with(w->local, "TEL:+491702\nTEL:+491703\n"));
	assert_quiet(w);
}

static void a_number_removed_on_a_card_that_holds_the_second_is_removed(void **state)
{
	struct world *w = *state;

	w->card->emails = 1;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nEMAIL:b@x\n");
	run(w);
	/* In front of the other without being put there by a person. */
	mem_set(w->remote, "rec/0", "u1", "FN:Anna\nTEL:+491701\nEMAIL:b@x\nEMAIL:c@x\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nEMAIL:c@x\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491701\nEMAIL:c@x\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna\nTEL:+491701\nEMAIL:c@x\nEMAIL:d@x\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\nEMAIL:e@x\n");
	run(w);
	/* c became e; d stands before e in no particular order. */
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491701\nEMAIL:e@x\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_null(mem_with(w->local, "e@x"));
	assert_non_null(mem_with(w->local, "d@x"));
	assert_quiet(w);
}

/* Its cut name is the same before and after: only the ledger knows. */
static void a_name_completed_elsewhere_is_not_lost_to_an_old_edit(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, "1", "u1", "FN:Alexandra Hamish\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra\nTEL:+491701\n");
	w->r[0] = &w->card->r;
	w->r[2] = &w->remote->r;
	w->n = 3;
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_has(w->local, "1", "FN:Alexandra Hamish\nTEL:+491701\n");
	assert_has(w->card, "rec/0", "FN:Alexandra\nTEL:+491701\n");
	assert_quiet(w);
}

/* Told of it, an edit there is an edit of what is now. */
static void a_name_completed_elsewhere_may_be_edited_once_told(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Alexandra Hamish\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_has(w->local, "1", "FN:Alexandra\nTEL:+491701\n");
	assert_quiet(w);
}

/* Away while the order was chosen, and killed while it is brought there. */
static void an_order_chosen_reaches_a_card_that_was_away(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nTEL:+491702\n");
	run(w);
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491702\nTEL:+491701\n");
	run(w);
	w->r[0] = &w->card->r;
	w->r[2] = &w->remote->r;
	w->n = 3;
	w->card->tear = 0;
	run(w);
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491702\n");
	assert_quiet(w);
}

/* It writes names its own way: what it made of one is not its edit. */
static void how_a_replica_spells_is_no_edit_later_either(void **state)
{
	struct world *w = *state;

	w->card->upper = true;
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:ANNA\nTEL:+491701\n");
	assert_quiet(w);
	mem_set(w->card, "rec/0", NULL, "FN:ANNA\nTEL:+491709\n");
	run(w);
	assert_has(w->local, "1", "FN:Anna\nTEL:+491709\n");
	assert_quiet(w);
}

/* Copied and moved by another terminal between two looks. */
static void a_record_moved_and_copied_is_still_one_item_twice(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Bert\nTEL:+491702\n");
	mem_set(w->card, "rec/1", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->card, "rec/2", NULL, "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "rec/0", NULL, "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_has(w->card, "rec/1", "FN:Anna\nTEL:+491709\n");
	assert_has(w->card, "rec/2", "FN:Anna\nTEL:+491709\n");
	assert_int_equal(mem_count(w->local), 2);
	assert_quiet(w);
}

/* Done, says the card, and the record is vacant: nobody deleted anything. */
static void what_a_card_does_not_keep_is_no_delete(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	w->card->drops = true;
	run(w);
	assert_int_equal(w->rep.failed, 1);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	w->card->drops = false;
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491701\n");
	assert_quiet(w);
	/* The same of a change. */
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491709\n");
	w->card->drops = true;
	run(w);
	assert_int_equal(mem_count(w->card), 0);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	w->card->drops = false;
	run(w);
	assert_non_null(mem_with(w->card, "+491709"));
	assert_quiet(w);
	assert_has(w->local, "1", "FN:Anna\nTEL:+491709\n");
}

static void what_a_card_does_not_delete_does_not_come_back(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_del(w->local, "1");
	w->card->keeps = true;
	run(w);
	assert_int_equal(w->rep.failed, 1);
	run(w);
	assert_int_equal(mem_count(w->local), 0);
	assert_int_equal(mem_count(w->remote), 0);
	w->card->keeps = false;
	run(w);
	assert_int_equal(mem_count(w->card), 0);
	assert_quiet(w);
}

/* A new name beside the old number was written by us, and is no edit. */
static void a_write_refused_half_way_is_no_edit(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Berta\nTEL:+491777\n");
	w->card->half_way = 0;
	run(w);
	assert_has(w->card, "rec/0", "FN:Berta\nTEL:+491701\n");
	mem_set(w->local, "1", "u1", "FN:Clara\nTEL:+491777\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_has(w->local, "1", "FN:Clara\nTEL:+491777\n");
	assert_has(w->card, "rec/0", "FN:Clara\nTEL:+491777\n");
	assert_quiet(w);
	mem_del(w->local, "1");
	w->card->half_way = 0;
	run(w);
	run(w);
	assert_int_equal(mem_count(w->local), 0);
	assert_int_equal(mem_count(w->card), 0);
	assert_quiet(w);
}

/* It said that it failed and had written all: then somebody deleted it. */
static void a_record_deleted_after_a_write_failed_there_stays_deleted(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	w->card->half_way = 0;
	run(w);
	assert_int_equal(w->rep.failed, 1);
	mem_del(w->card, mem_with(w->card, "Anna Berg")->ref);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_quiet(w);
}

/* Half of a new record, and a person adds to it. */
static void a_half_new_record_edited_is_the_same_item(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	w->card->half_way = 0;
	run(w);
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\n");
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra Hami\nTEL:+491709\n");
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_non_null(mem_with(w->local, "FN:Alexandra Hamilton"));
	assert_quiet(w);
}

/* It is away, and nothing will be written there when it is back. */
static void what_a_card_that_is_only_read_is_due_is_no_queue(void **state)
{
	struct world *w = *state;

	w->mask[0] = SYNC_PULL;
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	w->r[0] = &w->remote->r;
	w->mask[0] = SYNC_BOTH;
	w->n = 2;
	mem_set(w->local, "b", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	assert_int_equal(w->rep.queued, 0);
	w->r[0] = &w->card->r;
	w->r[2] = &w->remote->r;
	w->n = 3;
	run(w);
	assert_non_null(mem_with(w->card, "Bert"));
	assert_quiet(w);
}

/* It cannot be looked at now: what an open write left is judged later. */
static void a_write_that_cannot_be_looked_at_stays_open(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Berta\nTEL:+491777\n");
	w->card->half_way = 0;
	run(w);
	mem_find(w->card, "rec/0")->unreadable = true;
	run(w);
	run(w);
	mem_find(w->card, "rec/0")->unreadable = false;
	mem_set(w->local, "1", "u1", "FN:Clara\nTEL:+491777\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_has(w->local, "1", "FN:Clara\nTEL:+491777\n");
	assert_has(w->card, "rec/0", "FN:Clara\nTEL:+491777\n");
	assert_quiet(w);
}

static void a_write_on_a_card_not_read_whole_stays_open(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Berta\nTEL:+491777\n");
	w->card->half_way = 0;
	run(w);
	w->card->hides = true;
	run(w);
	run(w);
	w->card->hides = false;
	mem_set(w->local, "1", "u1", "FN:Clara\nTEL:+491777\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_has(w->local, "1", "FN:Clara\nTEL:+491777\n");
	assert_has(w->card, "rec/0", "FN:Clara\nTEL:+491777\n");
	assert_quiet(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(how_a_replica_spells_is_no_edit_later_either),
		T(a_record_moved_and_copied_is_still_one_item_twice),
		T(a_cards_contacts_reach_local_and_server),
		T(a_new_card_is_filled_and_nothing_is_lost_elsewhere),
		T(an_edit_on_the_phone_is_on_the_card_after_the_run),
		T(an_edit_on_the_card_changes_only_what_it_touched),
		T(a_name_edited_on_the_card_regenerates_n),
		T(edits_of_different_fields_are_merged),
		T(two_edits_of_one_field_are_asked_and_nothing_overwritten),
		T(deleting_ones_version_of_a_conflict_lets_the_other_stand),
		T(a_conflict_is_found_with_a_card_that_was_away),
		T(what_is_due_to_an_away_card_is_written_when_it_is_back),
		T(a_delete_goes_everywhere_and_does_not_come_back),
		T(an_edit_beats_a_delete),
		T(an_edit_queued_for_a_card_beats_its_delete_there),
		T(an_emptied_card_is_held_and_deletes_nothing),
		T(an_emptied_card_gets_nothing_new_until_somebody_says),
		T(mass_edits_are_held_and_go_on_when_released),
		T(a_few_deletes_a_day_add_up_over_a_week),
		T(what_does_not_fit_is_counted_and_placed_when_there_is_room),
		T(a_record_that_moved_is_the_same_item),
		T(a_reused_record_is_a_delete_and_an_add),
		T(the_same_number_with_another_name_keeps_both),
		T(identical_records_are_one_item_and_one_may_go),
		T(of_two_identical_records_one_goes_one_is_rewritten),
		T(of_two_identical_records_both_are_edited),
		T(of_two_identical_records_both_are_edited_alike),
		T(a_copy_that_is_edited_keeps_the_whole_name),
		T(uids_pair_local_and_server),
		T(a_card_pairs_by_number_and_name_even_cut),
		T(a_cut_name_on_a_shared_number_never_pairs),
		T(two_candidates_pair_with_none),
		T(without_r4_a_card_is_untouched),
		T(with_only_r1_nothing_of_the_phone_reaches_a_sim),
		T(from_card_only_writes_no_card),
		T(pull_then_both),
		T(fill_writes_the_card_and_takes_nothing_from_it),
		T(only_numbers_of_the_filter_reach_the_card),
		T(a_broken_server_does_not_stop_the_card),
		T(a_write_that_meets_another_version_is_planned_again),
		T(what_a_replica_made_of_it_is_the_base_and_no_edit),
		T(an_unreadable_record_is_not_a_delete),
		T(a_copy_of_an_unreadable_record_is_the_same_item),
		T(a_dry_run_changes_nothing),
		T(a_card_that_goes_in_the_middle_is_finished_later),
		T(a_half_written_record_is_completed_not_doubled),
		T(info_follows_the_card_and_labels_go_both_ways),
		T(messages_leave_the_card_and_their_going_deletes_nothing),
		T(what_a_card_never_takes_does_not_wait_for_it),
		T(a_message_deleted_on_the_phone_is_not_taken_again),
		T(keep_both_makes_a_second_item),
		T(prefer_lets_one_side_win),
		T(the_order_a_person_gave_numbers_decides_what_fits),
		T(two_cards_keep_each_the_number_typed_there),
		T(a_number_removed_on_a_card_that_holds_the_second_is_removed),
		T(a_name_completed_elsewhere_is_not_lost_to_an_old_edit),
		T(a_name_completed_elsewhere_may_be_edited_once_told),
		T(an_order_chosen_reaches_a_card_that_was_away),
		T(what_a_card_does_not_keep_is_no_delete),
		T(what_a_card_does_not_delete_does_not_come_back),
		T(a_write_refused_half_way_is_no_edit),
		T(a_record_deleted_after_a_write_failed_there_stays_deleted),
		T(a_half_new_record_edited_is_the_same_item),
		T(what_a_card_that_is_only_read_is_due_is_no_queue),
		T(a_write_that_cannot_be_looked_at_stays_open),
		T(a_write_on_a_card_not_read_whole_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
