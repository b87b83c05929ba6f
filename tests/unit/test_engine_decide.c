// SPDX-License-Identifier: MIT
/*
 * test_engine_decide.c - what a person decides, and what the next run makes of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"
#include "store/ledger_sql.h"
#include "sync/decide.h"

#define ANNA "FN:Anna\nTEL:+491701\n"
#define DAY ((int64_t)24 * 3600)

static struct decide by(struct world *w)
{
	return (struct decide){.l = w->l, .now = w->now, .country = "49"};
}

static int pair_row(const struct ledger_duplicate *row, void *arg)
{
	int64_t *pair = arg;

	pair[0] = row->a;
	pair[1] = row->b;
	pair[2]++;
	return 0;
}

static int conflict_row(const struct ledger_conflict *row, void *arg)
{
	*(int64_t *)arg = row->id;
	return 0;
}

static void anna_is_everywhere(struct world *w)
{
	mem_set(w->card, "rec/0", NULL, ANNA);
	run(w);
	assert_quiet(w);
}

static const char *anna(struct world *w)
{
	return mem_with(w->local, "Anna")->ref;
}

static void a_conflict_ends_with_the_side_that_is_named(void **state)
{
	struct world *w = *state;
	struct decide d;
	int64_t no = 0;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	ledger_conflicts(w->l, conflict_row, &no, &w->e);
	d = by(w);
	assert_int_equal(decide_conflict(&d, no, "nobody", &w->e), -1);
	assert_int_equal(decide_conflict(&d, no + 7, "card:1", &w->e), -1);
	assert_int_equal(decide_conflict(&d, no, "card:1", &w->e), 0);
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, "Anna Tal"));
	assert_non_null(mem_with(w->remote, "Anna Tal"));
	assert_has(w->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_quiet(w);
}

static void an_edit_after_the_decision_is_not_lost(void **state)
{
	struct world *w = *state;
	struct decide d;
	int64_t no = 0;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	ledger_conflicts(w->l, conflict_row, &no, &w->e);
	d = by(w);
	assert_int_equal(decide_conflict(&d, no, "card:1", &w->e), 0);
	mem_set(w->local, anna(w), NULL, "FN:Anna Fels\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_non_null(mem_with(w->local, "Anna Fels"));
	assert_non_null(mem_with(w->card, "Anna Tal"));
}

/* Its side says less than the whole name, and never meant to change it. */
static void a_side_that_only_cut_the_name_stands_for_the_whole(void **state)
{
	struct world *w = *state;
	struct decide d;
	int64_t no = 0;

	mem_set(w->local, "1", "u1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Alexandra Burr\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Alexandra King\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	ledger_conflicts(w->l, conflict_row, &no, &w->e);
	d = by(w);
	assert_int_equal(decide_conflict(&d, no, "card:1", &w->e), 0);
	run(w);
	assert_has(w->local, "1", "FN:Alexandra Hamilton\nTEL:+491701\n");
	assert_has(w->remote, "rec/0", "FN:Alexandra Hamilton\nTEL:+491701\n");
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701\n");
	assert_quiet(w);
}

/* Emptied while it differed: what is put back is what it had. */
static void a_restored_side_of_a_conflict_has_its_own_version(void **state)
{
	struct world *w = *state;
	struct decide d;

	mem_set(w->local, "1", "u1", ANNA);
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, mem_with(w->remote, "Anna")->ref, "u1",
		"FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	mem_del(w->local, "1");
	mem_del(w->local, "2");
	run(w);
	assert_int_equal(w->rep.held, 2);
	d = by(w);
	assert_int_equal(decide_restore(&d, "local", &w->e), 2);
	run(w);
	assert_non_null(mem_with(w->local, "Anna Berg"));
	assert_non_null(mem_with(w->local, "Bert"));
	assert_non_null(mem_with(w->remote, "Anna Tal"));
	assert_int_equal(w->rep.conflicts, 1);
	assert_quiet(w);
}

/* The same number under a name cut where somebody else has it as well. */
static void two_of_one_person(struct world *w, int64_t pair[3])
{
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\nNOTE:sings\n");
	mem_set(w->local, "2", "u2", "FN:Anna\nTEL:+491702\nTEL:+491703\n"
				     "EMAIL:a@example.org\n");
	run(w);
	pair[0] = 1;
	pair[1] = 2;
	assert_int_equal(ledger_do(w->l, LQ_DUPLICATE_ADD, &w->e, "iii",
				   pair[0], pair[1], (int64_t)1), 0);
}

static void joined_contacts_are_one_and_lose_nothing(void **state)
{
	struct world *w = *state;
	int64_t pair[3] = {0};
	struct decide d;

	two_of_one_person(w, pair);
	assert_int_equal(mem_count(w->card), 2);
	d = by(w);
	assert_int_equal(decide_join(&d, pair[0], pair[0], &w->e), -1);
	assert_int_equal(decide_join(&d, pair[0], pair[1], &w->e), 0);
	run(w);
	assert_int_equal(mem_count(w->local), 1);
	assert_int_equal(mem_count(w->remote), 1);
	assert_int_equal(mem_count(w->card), 1);
	assert_has(w->local, "1", "FN:Anna\nTEL:+491701\nTEL:+491702\n"
				  "TEL:+491703\nNOTE:sings\n"
				  "EMAIL:a@example.org\n");
	assert_quiet(w);
	pair[2] = 0;
	ledger_duplicates(w->l, pair_row, pair, &w->e);
	assert_int_equal(pair[2], 0);
}

static void split_contacts_are_not_asked_about_again(void **state)
{
	struct world *w = *state;
	int64_t pair[3] = {0};
	struct decide d;

	two_of_one_person(w, pair);
	d = by(w);
	assert_int_equal(decide_split(&d, pair[1], pair[0], &w->e), 0);
	pair[2] = 0;
	ledger_duplicates(w->l, pair_row, pair, &w->e);
	assert_int_equal(pair[2], 0);
	assert_quiet(w);
	assert_int_equal(mem_count(w->local), 2);
}

static void eight(struct world *w)
{
	for (int i = 0; i < 8; i++) {
		char text[64], ref[16], uid[16];

		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49170%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(uid, sizeof(uid), "u%d", i);
		mem_set(w->local, ref, uid, text);
	}
	run(w);
	assert_quiet(w);
}

static void an_emptied_store_is_filled_again(void **state)
{
	struct world *w = *state;
	struct decide d;

	eight(w);
	for (int i = 0; i < 8; i++) {
		char ref[16];

		snprintf(ref, sizeof(ref), "%d", i);
		mem_del(w->local, ref);
	}
	run(w);
	assert_int_equal(w->rep.held, 8);
	assert_int_equal(mem_count(w->remote), 8);
	d = by(w);
	assert_int_equal(decide_restore(&d, "local", &w->e), 8);
	run(w);
	assert_int_equal(w->rep.held, 0);
	assert_int_equal(mem_count(w->local), 8);
	assert_int_equal(mem_count(w->remote), 8);
	assert_int_equal(mem_count(w->card), 8);
	assert_quiet(w);
}

static void mass_edits_are_put_back_where_they_were_made(void **state)
{
	struct world *w = *state;
	struct decide d;

	eight(w);
	for (int i = 0; i < 8; i++) {
		char text[64], ref[16];

		snprintf(text, sizeof(text), "FN:P%d\nTEL:+49666%d\n", i, i);
		snprintf(ref, sizeof(ref), "%d", i);
		mem_set(w->local, ref, NULL, text);
	}
	run(w);
	assert_int_equal(w->rep.held, 8);
	d = by(w);
	assert_int_equal(decide_restore(&d, NULL, &w->e), 8);
	run(w);
	assert_int_equal(w->rep.held, 0);
	assert_null(mem_with(w->local, "+496663"));
	assert_has(w->local, "3", "FN:P3\nTEL:+491703\n");
	assert_has(w->card, "rec/3", "FN:P3\nTEL:+491703\n");
	assert_quiet(w);
}

static int undo(struct world *w, int64_t run_no, struct undone *u)
{
	struct decide d = by(w);

	return decide_undo(&d, run_no, u, &w->e);
}

static void an_edit_undone_is_undone_where_it_was_made_too(void **state)
{
	struct world *w = *state;
	struct undone u;
	int64_t no;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491709\n");
	run(w);
	no = w->rep.run;
	/* Another field since: not the run's, stays. */
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491709\nNOTE:x\n");
	run(w);
	assert_int_equal(undo(w, no, &u), 0);
	assert_int_equal(u.restored, 1);
	assert_int_equal(u.moved, 0);
	run(w);
	assert_has(w->local, anna(w), "FN:Anna\nTEL:+491701\nNOTE:x\n");
	assert_non_null(mem_with(w->remote, "FN:Anna\nTEL:+491701\nNOTE:x"));
	assert_has(w->card, "rec/0", ANNA);
	assert_quiet(w);
	/* And back again. */
	assert_int_equal(undo(w, u.run, &u), 0);
	run(w);
	assert_has(w->local, anna(w), "FN:Anna Berg\nTEL:+491709\nNOTE:x\n");
	assert_quiet(w);
}

static void what_moved_on_is_left_alone_and_said(void **state)
{
	struct world *w = *state;
	struct undone u;
	int64_t no;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	no = w->rep.run;
	mem_set(w->local, anna(w), NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(undo(w, no, &u), 0);
	assert_int_equal(u.restored, 0);
	assert_int_equal(u.moved, 1);
	assert_quiet(w);
	assert_non_null(mem_with(w->card, "Anna Tal"));
}

static void a_delete_undone_comes_back_under_its_name(void **state)
{
	struct world *w = *state;
	struct undone u;
	char uid[40];
	int64_t no;

	anna_is_everywhere(w);
	strcpy(uid, mem_with(w->remote, "Anna")->uid);
	mem_del(w->local, anna(w));
	run(w);
	no = w->rep.run;
	assert_int_equal(mem_count(w->card) + mem_count(w->remote), 0);
	run(w);
	assert_int_equal(undo(w, no, &u), 0);
	assert_int_equal(u.restored, 1);
	run(w);
	assert_non_null(mem_with(w->local, ANNA));
	assert_non_null(mem_with(w->card, ANNA));
	assert_string_equal(mem_with(w->remote, "Anna")->uid, uid);
	assert_quiet(w);
}

static void what_was_new_stays_only_where_it_was_put(void **state)
{
	struct world *w = *state;
	struct undone u;

	mem_set(w->card, "rec/0", NULL, ANNA);
	run(w);
	assert_int_equal(undo(w, w->rep.run, &u), 0);
	assert_int_equal(u.restored, 1);
	run(w);
	assert_int_equal(mem_count(w->local) + mem_count(w->remote), 0);
	assert_has(w->card, "rec/0", ANNA);
	assert_quiet(w);
	/* Moved by another terminal it still is what it was. */
	mem_del(w->card, "rec/0");
	mem_set(w->card, "rec/4", NULL, ANNA);
	run(w);
	assert_has(w->card, "rec/4", ANNA);
	assert_int_equal(mem_count(w->local), 0);
	assert_quiet(w);
	/* Edited it is meant again. */
	mem_set(w->card, "rec/4", NULL, "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_non_null(mem_with(w->local, "+491709"));
	assert_non_null(mem_with(w->remote, "+491709"));
	assert_quiet(w);
}

static void undo_of_a_card_that_is_away_is_queued(void **state)
{
	struct world *w = *state;
	struct undone u;
	int64_t no;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	no = w->rep.run;
	w->r[0] = w->r[2];
	w->n = 2;
	assert_int_equal(undo(w, no, &u), 0);
	run(w);
	assert_int_equal(w->rep.queued, 1);
	w->r[2] = &w->card->r;
	w->n = 3;
	run(w);
	assert_has(w->card, "rec/0", ANNA);
	assert_quiet(w);
}

/* The card knew the beginning of it: undone, the whole name is back. */
static void a_name_changed_on_a_card_comes_back_whole(void **state)
{
	struct world *w = *state;
	struct undone u;

	mem_set(w->local, "1", "u1",
		"FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\nTEL:+491701\n");
	run(w);
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Alexandra\nTEL:+491701\n");
	run(w);
	assert_non_null(mem_with(w->local, "FN:Alexandra\n"));
	assert_int_equal(undo(w, w->rep.run, &u), 0);
	assert_int_equal(u.moved, 0);
	run(w);
	assert_has(w->local, "1",
		   "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\nTEL:+491701\n");
	assert_has(w->card, "rec/0", "FN:Alexandra Hami\nTEL:+491701\n");
	assert_quiet(w);
}

/* It has moved on: nobody has said yet which of the two it is. */
static void what_is_in_conflict_is_not_undone(void **state)
{
	struct world *w = *state;
	struct undone u;
	int64_t first;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	first = w->rep.run;
	mem_set(w->local, "1", NULL, "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_int_equal(undo(w, first, &u), 0);
	assert_int_equal(u.restored, 0);
	assert_int_equal(u.moved, 1);
	run(w);
	assert_non_null(mem_with(w->local, "Anna Berg"));
	assert_non_null(mem_with(w->remote, "Anna Tal"));
	assert_int_equal(w->rep.conflicts, 1);
}

static void after_ninety_days_it_is_said_to_be_forgotten(void **state)
{
	struct world *w = *state;
	struct undone u;
	int64_t no;

	anna_is_everywhere(w);
	mem_set(w->local, anna(w), NULL, "FN:Anna Berg\nTEL:+491701\n");
	run(w);
	no = w->rep.run;
	w->now += 91 * DAY;
	mem_set(w->local, anna(w), NULL, "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(undo(w, no, &u), -1);
	assert_int_equal(w->e.code, EX_DATAERR);
	assert_non_null(strstr(w->e.text, "90 days"));
	assert_int_equal(undo(w, w->rep.run, &u), 0);
	assert_int_equal(u.restored, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_conflict_ends_with_the_side_that_is_named),
		T(a_side_that_only_cut_the_name_stands_for_the_whole),
		T(a_restored_side_of_a_conflict_has_its_own_version),
		T(an_edit_after_the_decision_is_not_lost),
		T(joined_contacts_are_one_and_lose_nothing),
		T(split_contacts_are_not_asked_about_again),
		T(an_emptied_store_is_filled_again),
		T(mass_edits_are_put_back_where_they_were_made),
		T(an_edit_undone_is_undone_where_it_was_made_too),
		T(what_moved_on_is_left_alone_and_said),
		T(a_delete_undone_comes_back_under_its_name),
		T(what_was_new_stays_only_where_it_was_put),
		T(undo_of_a_card_that_is_away_is_queued),
		T(a_name_changed_on_a_card_comes_back_whole),
		T(what_is_in_conflict_is_not_undone),
		T(after_ninety_days_it_is_said_to_be_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
