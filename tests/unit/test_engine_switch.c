// SPDX-License-Identifier: MIT
/*
 * test_engine_switch.c - rules switched on and off: what was known is carried
 * over, what was not in force is frozen (design.md, Rules)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"

#define ANNA "FN:Anna\nTEL:+491701\n"
#define BERT "FN:Bert\nTEL:+491702\n"

static void on(struct world *w, int rule, bool yes)
{
	w->rules.rule[rule - 1].on = yes;
}

static size_t writes(const struct world *w)
{
	return w->local->writes + w->remote->writes + w->card->writes +
	       w->card2->writes;
}

static void three_have_two(struct world *w)
{
	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->card, "rec/1", NULL, BERT);
	run(w);
	assert_quiet(w);
}

static void one_more_rule_changes_nothing(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	on(w, 5, true);
	assert_quiet(w);
	on(w, 5, false);
	assert_quiet(w);
	assert_int_equal(mem_count(w->local), 2);
}

/* Meanwhile the cards were among themselves, and they hold no notes. */
static void a_note_outlives_rules_of_cards_alone(void **state)
{
	struct world *w = *state;

	w->n = 4;
	on(w, 1, true);
	mem_set(w->local, "a", "u1",
		"FN:Alexandra Hamilton\nTEL:+491701\nNOTE:x\n");
	run(w);
	on(w, 4, false);
	run(w);
	mem_set(w->card, "rec/1", NULL, "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_non_null(mem_with(w->card2, "Carl"));
	on(w, 4, true);
	run(w);
	assert_has(w->local, "a",
		   "FN:Alexandra Hamilton\nTEL:+491701\nNOTE:x\n");
	assert_non_null(mem_with(w->remote, "NOTE:x"));
	assert_non_null(mem_with(w->local, "Carl"));
	assert_quiet(w);
}

/* One holds more of the name and an address, the other a second number. */
static void cards_alone_hold_together_what_one_has_no_room_for(void **state)
{
	struct world *w = *state;

	w->n = 4;
	on(w, 1, true);
	w->card->name_bytes = 21;
	w->card->tels = w->card->emails = 1;
	w->card2->name_bytes = 9;
	w->card2->tels = 3;
	w->card2->emails = 0;
	mem_set(w->local, "a", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n"
		"TEL:+491702\nTEL:+491703\nEMAIL:a@example.org\n");
	run(w);
	on(w, 4, false);
	/* Another terminal sorts the card: it is looked at anew. */
	mem_del(w->card, "rec/0");
	mem_set(w->card, "rec/5", NULL, "FN:Alexandra Hamilton\nTEL:+491701\n"
		"EMAIL:a@example.org\n");
	run(w);
	assert_has(w->card, "rec/5", "FN:Alexandra Hamilton\nTEL:+491701\n"
		   "EMAIL:a@example.org\n");
	assert_has(w->card2, "rec/0", "FN:Alexandra\nTEL:+491701\n"
		   "TEL:+491702\nTEL:+491703\n");
	assert_quiet(w);
	on(w, 4, true);
	run(w);
	assert_has(w->local, "a", "FN:Alexandra Hamilton\nTEL:+491701\n"
		   "TEL:+491702\nTEL:+491703\nEMAIL:a@example.org\n");
	assert_quiet(w);
}

/* One step was seen under other rules, the other is new: it is one contact. */
static void edited_step_by_step_it_is_no_new_contact(void **state)
{
	struct world *w = *state;

	w->n = 4;
	on(w, 1, true);
	mem_set(w->local, "a", "u1", "FN:Anna Berg\nTEL:+491701\nNOTE:x\n");
	run(w);
	on(w, 4, false);
	mem_set(w->card, "rec/0", NULL, "FN:Anna Berg\nTEL:+491702\n");
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491702\n");
	on(w, 4, true);
	run(w);
	assert_has(w->local, "a", "FN:Anna\nTEL:+491702\nNOTE:x\n");
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_quiet(w);
}

/* The cards of one class go on alone: the one with more room leads. */
static void cards_alone_do_not_cut_each_other(void **state)
{
	struct world *w = *state;

	w->n = 4;
	w->card->name_bytes = 21;
	on(w, 1, true);
	mem_set(w->local, "a", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	on(w, 4, false);
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra Hamilto\nTEL:+491709\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Alexandra Hamilto\nTEL:+491709\n");
	assert_has(w->card2, "rec/0", "FN:Alexandra Hami\nTEL:+491709\n");
	assert_quiet(w);
}

static void what_the_server_is_due_is_due_with_a_rule_less(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	w->n = 2;
	mem_set(w->local, "c", "u9", "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_non_null(mem_with(w->card, "Carl"));
	w->n = 3;
	on(w, 4, false);
	run(w);
	assert_non_null(mem_with(w->remote, "Carl"));
	assert_quiet(w);
}

static void a_delete_before_another_rule_came_stays_one(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	mem_del(w->local, mem_with(w->local, "Anna")->ref);
	on(w, 5, true);
	run(w);
	assert_null(mem_with(w->local, "Anna"));
	assert_null(mem_with(w->card, "Anna"));
	assert_null(mem_with(w->remote, "Anna"));
	assert_int_equal(mem_count(w->remote), 1);
	assert_quiet(w);
}

static void a_rule_that_is_off_does_nothing(void **state)
{
	struct world *w = *state;
	size_t before;

	three_have_two(w);
	on(w, 4, false);
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna Berg\nTEL:+491701\n");
	before = w->card->writes;
	run(w);
	assert_int_equal(w->card->writes, before);
	assert_non_null(mem_with(w->remote, "Anna Berg"));
	assert_has(w->card, "rec/0", ANNA);
	assert_quiet(w);
}

static void back_on_it_brings_what_was_edited_and_deleted(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	on(w, 4, false);
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna Berg\nTEL:+491701\n");
	mem_del(w->local, mem_with(w->local, "Bert")->ref);
	mem_set(w->local, "new", "u-new", "FN:Carl\nTEL:+491703\n");
	run(w);
	run(w);
	on(w, 4, true);
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_has(w->card, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_null(mem_with(w->card, "Bert"));
	assert_non_null(mem_with(w->card, "Carl"));
	assert_int_equal(mem_count(w->local), 2);
	assert_int_equal(mem_count(w->remote), 2);
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
}

static void what_the_frozen_side_did_counts_too(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	on(w, 4, false);
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna\nTEL:+491701\nNOTE:sings\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491709\n");
	mem_del(w->card, "rec/1");
	run(w);
	on(w, 4, true);
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, "TEL:+491709\nNOTE:sings"));
	assert_non_null(mem_with(w->remote, "NOTE:sings"));
	assert_null(mem_with(w->local, "Bert"));
	assert_null(mem_with(w->remote, "Bert"));
	assert_quiet(w);
}

static void edited_on_both_sides_meanwhile_is_asked(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	on(w, 4, false);
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	on(w, 4, true);
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_has(w->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_non_null(mem_with(w->local, "Anna Berg"));
	assert_int_equal(mem_count(w->local), 2);
	/* It stays one conflict, whatever is switched. */
	on(w, 5, true);
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
}

static void deleted_here_and_edited_there_meanwhile_is_kept(void **state)
{
	struct world *w = *state;

	three_have_two(w);
	on(w, 4, false);
	mem_del(w->local, mem_with(w->local, "Anna")->ref);
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_null(mem_with(w->remote, "Anna"));
	on(w, 4, true);
	run(w);
	assert_has(w->card, "rec/0", "FN:Anna\nTEL:+491709\n");
	assert_non_null(mem_with(w->local, "+491709"));
	assert_non_null(mem_with(w->remote, "+491709"));
	assert_quiet(w);
}

static void what_was_queued_does_not_cross_to_other_rules(void **state)
{
	struct world *w = *state;

	/* Both cards are in step with the phone, then the phone alone changes
	 * while they are away, then only the cards are kept in step. */
	w->n = 4;
	three_have_two(w);
	assert_int_equal(mem_count(w->card2), 2);
	w->r[0] = &w->local->r;
	w->r[1] = &w->remote->r;
	w->n = 2;
	mem_set(w->local, mem_with(w->local, "Anna")->ref, NULL,
		"FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->local, "new", "u-new", "FN:Carl\nTEL:+491703\n");
	run(w);
	assert_true(w->rep.queued > 0);
	w->r[2] = &w->card->r;
	w->r[3] = &w->card2->r;
	w->n = 4;
	on(w, 4, false);
	on(w, 1, true);
	run(w);
	assert_non_null(mem_with(w->card, ANNA));
	assert_non_null(mem_with(w->card2, ANNA));
	assert_int_equal(mem_count(w->card), 2);
	assert_int_equal(mem_count(w->card2), 2);
	assert_quiet(w);
	/* An edit of one card reaches the other and nobody else. */
	mem_set(w->card, mem_with(w->card, "Bert")->ref, NULL,
		"FN:Bert\nTEL:+491708\n");
	run(w);
	assert_non_null(mem_with(w->card2, "FN:Bert\nTEL:+491708\n"));
	assert_null(mem_with(w->local, "+491708"));
	assert_quiet(w);
}

static void a_run_killed_before_the_switch_is_finished_after_it(void **state)
{
	struct world *w = *state;

	for (int at = 1; at < 40; at++) {
		int rc;

		mem_set(w->local, "k", "u-k", ANNA);
		on(w, 5, false);
		run(w);
		mem_set(w->local, "k", NULL, "FN:Anna Berg\nTEL:+491701\n");
		w->fault_at = at;
		rc = run(w);
		w->fault_at = 0;
		on(w, 5, true);
		run(w);
		assert_int_equal(w->rep.conflicts, 0);
		assert_int_equal(mem_count(w->card), 1);
		assert_int_equal(mem_count(w->remote), 1);
		assert_non_null(mem_with(w->card, "Anna Berg"));
		assert_non_null(mem_with(w->remote, "Anna Berg"));
		assert_quiet(w);
		if (!rc)
			return;
	}
	fail_msg("more points than there should be");
}

/* Filtered out is not deleted, and filtered no more it goes its way. */
static void a_filter_that_is_taken_away_lets_through_what_it_held(void **state)
{
	static char *only[] = {(char *)"+491701"};
	struct world *w = *state;

	w->rules.rule[3].number = only;
	w->rules.rule[3].numbers = 1;
	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->local, "b", "u-b", BERT);
	run(w);
	assert_int_equal(mem_count(w->card), 1);
	assert_int_equal(mem_count(w->local), 2);
	assert_quiet(w);
	w->rules.rule[3].number = NULL;
	w->rules.rule[3].numbers = 0;
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	assert_quiet(w);
	/* And back: nothing is deleted. */
	w->rules.rule[3].number = only;
	w->rules.rule[3].numbers = 1;
	assert_quiet(w);
	mem_set(w->local, "b", NULL, "FN:Berta\nTEL:+491702\n");
	run(w);
	assert_non_null(mem_with(w->card, BERT));
	w->rules.rule[3].number = NULL;
	w->rules.rule[3].numbers = 0;
	run(w);
	assert_non_null(mem_with(w->card, "Berta"));
	assert_quiet(w);
}

static void switching_costs_no_writes(void **state)
{
	struct world *w = *state;
	size_t before;

	three_have_two(w);
	before = writes(w);
	for (int i = 0; i < 6; i++) {
		on(w, 5, i & 1);
		on(w, 8, i & 2);
		on(w, 4, i != 3);
		run(w);
		assert_int_equal(w->rep.conflicts, 0);
	}
	on(w, 4, true);
	run(w);
	assert_int_equal(writes(w), before);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(one_more_rule_changes_nothing),
		T(a_note_outlives_rules_of_cards_alone),
		T(cards_alone_hold_together_what_one_has_no_room_for),
		T(edited_step_by_step_it_is_no_new_contact),
		T(cards_alone_do_not_cut_each_other),
		T(what_the_server_is_due_is_due_with_a_rule_less),
		T(a_delete_before_another_rule_came_stays_one),
		T(a_rule_that_is_off_does_nothing),
		T(back_on_it_brings_what_was_edited_and_deleted),
		T(what_the_frozen_side_did_counts_too),
		T(edited_on_both_sides_meanwhile_is_asked),
		T(deleted_here_and_edited_there_meanwhile_is_kept),
		T(what_was_queued_does_not_cross_to_other_rules),
		T(a_run_killed_before_the_switch_is_finished_after_it),
		T(a_filter_that_is_taken_away_lets_through_what_it_held),
		T(switching_costs_no_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
