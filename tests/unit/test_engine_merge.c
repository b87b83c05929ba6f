// SPDX-License-Identifier: MIT
/*
 * test_engine_merge.c - a rule switched on merges two components into one:
 * pairs, doubles nothing, loses nothing; switched off it parts them again
 * (design.md, Rules; ADR 004)
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
#define BERT "FN:Bert\nTEL:+491702\n"
#define DORA "FN:Dora\nTEL:+491704\n"

static void on(struct world *w, int rule, bool yes)
{
	w->rules.rule[rule - 1].on = yes;
}

/* R1 and R6: the two cards here, phone and server there. */
static void two_components(struct world *w)
{
	on(w, 4, false);
	on(w, 1, true);
	w->n = 4;
	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->card, "rec/1", NULL, BERT);
	mem_set(w->local, "l-a", "u-a", ANNA "NOTE:sings\n");
	mem_set(w->local, "l-d", "u-d", DORA);
	run(w);
	assert_int_equal(mem_count(w->card2), mem_count(w->card));
	assert_int_equal(mem_count(w->remote), mem_count(w->local));
	assert_quiet(w);
}

static void all_have(struct world *w, size_t n)
{
	assert_int_equal(w->rep.conflicts, 0);
	assert_int_equal(w->rep.duplicates, 0);
	assert_int_equal(mem_count(w->local), n);
	assert_int_equal(mem_count(w->remote), n);
	assert_int_equal(mem_count(w->card), n);
	assert_int_equal(mem_count(w->card2), n);
	assert_quiet(w);
}

static void card2_away(struct world *w)
{
	w->n = 3;
	run(w);
}

static void card2_back(struct world *w)
{
	w->n = 4;
	run(w);
}

static void merging_pairs_and_doubles_nothing(void **state)
{
	struct world *w = *state;

	two_components(w);
	on(w, 4, true);
	run(w);
	all_have(w, 3);
	assert_non_null(mem_with(w->local, "NOTE:sings"));
}

/* Nothing to pair by, but the cards know it of each other. */
static void what_has_no_number_is_one_contact_still(void **state)
{
	struct world *w = *state;

	mem_set(w->card, "rec/7", NULL, "FN:Nobody\nEMAIL:n@example.org\n");
	w->card->emails = w->card2->emails = 1;
	two_components(w);
	assert_int_equal(mem_count(w->card), 3);
	on(w, 4, true);
	run(w);
	all_have(w, 4);
}

static void what_is_due_for_a_card_away_is_not_doubled(void **state)
{
	struct world *w = *state;

	two_components(w);
	card2_away(w);
	mem_set(w->card, mem_with(w->card, "Bert")->ref, NULL,
		"FN:Berthold\nTEL:+491799\n");
	run(w);
	assert_int_equal(mem_count(w->card), 2);
	on(w, 4, true);
	run(w);
	card2_back(w);
	all_have(w, 3);
}

static void an_edit_due_for_a_card_away_is_not_doubled(void **state)
{
	struct world *w = *state;

	two_components(w);
	card2_away(w);
	mem_set(w->card, mem_with(w->card, "Bert")->ref, NULL,
		"FN:Bert\nTEL:+491799\n");
	run(w);
	on(w, 4, true);
	run(w);
	assert_non_null(mem_with(w->local, "+491799"));
	card2_back(w);
	all_have(w, 3);
	assert_null(mem_with(w->card2, "+491702"));
	assert_non_null(mem_with(w->card2, "+491799"));
}

static void a_delete_due_for_a_card_away_does_not_come_back(void **state)
{
	struct world *w = *state;

	two_components(w);
	card2_away(w);
	mem_del(w->card, mem_with(w->card, "Bert")->ref);
	run(w);
	on(w, 4, true);
	run(w);
	assert_null(mem_with(w->local, "Bert"));
	card2_back(w);
	assert_null(mem_with(w->local, "Bert"));
	all_have(w, 2);
}

/* Another with that number: who is who is not for us to say. */
static void what_is_ambiguous_is_listed_and_kept(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "x", "u-x", "FN:Alexandra Hamilton\nTEL:+4989123\n");
	mem_set(w->local, "y", "u-y", "FN:Alexandra Hamster\nTEL:+4989123\n");
	mem_set(w->card, "rec/5", NULL, "FN:Alexandra Ham\nTEL:+4989123\n");
	two_components(w);
	on(w, 4, true);
	run(w);
	assert_non_null(mem_with(w->local, "Alexandra Hamilton"));
	assert_non_null(mem_with(w->local, "Alexandra Hamster"));
	assert_int_equal(mem_count(w->remote), 6);
	assert_int_equal(mem_count(w->local), 6);
}

static void a_cut_name_finds_its_whole(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "x", "u-x", "FN:Alexandra Hamilton\nTEL:+4989123\n");
	mem_set(w->card, "rec/5", NULL, "FN:Alexandra Hami\nTEL:+4989123\n");
	two_components(w);
	on(w, 4, true);
	run(w);
	all_have(w, 4);
	assert_non_null(mem_with(w->local, "Alexandra Hamilton"));
	assert_non_null(mem_with(w->card2, "FN:Alexandra Hami\n"));
}

static int count_pair(const struct ledger_duplicate *row, void *arg)
{
	int64_t *pair = arg;

	pair[0] = row->a;
	pair[1] = row->b;
	pair[2]++;
	return 0;
}

/* Two people, said once: not asked again when the rules come back. */
static void what_was_split_stays_split(void **state)
{
	struct world *w = *state;
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	int64_t pair[3] = {0};

	/* The cards are full: they never hear of the phone's two. */
	w->n = 4;
	w->card->capacity = w->card2->capacity = 0;
	mem_set(w->local, "x", "u-x", "FN:Alexandra\nTEL:+491701\n");
	mem_set(w->local, "y", "u-y", "FN:Alexander\nTEL:+491701\n");
	run(w);
	assert_int_equal(ledger_do(w->l, LQ_DUPLICATE_ADD, &w->e, "iii",
				   (int64_t)1, (int64_t)2, (int64_t)1), 0);
	assert_int_equal(decide_split(&d, 1, 2, &w->e), 0);
	on(w, 4, false);
	on(w, 6, false);
	on(w, 1, true);
	run(w);
	on(w, 4, true);
	on(w, 6, true);
	run(w);
	/* Found alike once more they are not listed. */
	assert_int_equal(ledger_do(w->l, LQ_DUPLICATE_ADD, &w->e, "iii",
				   (int64_t)1, (int64_t)2, (int64_t)1), 0);
	ledger_duplicates(w->l, count_pair, pair, &w->e);
	assert_int_equal(pair[2], 0);
}

/* The first eSIM puts a rule in force: for a SIM that is away nothing waits but what
 * the eSIM brought. */
static void a_first_esim_lets_nothing_else_wait(void **state)
{
	struct world *w = *state;
	struct mem *esim = mem_new(SIM_VIRTUAL, "card:9/1");

	mem_set(w->card, "rec/0", NULL, ANNA);
	mem_set(w->card, "rec/1", NULL, BERT);
	run(w);
	assert_quiet(w);
	mem_set(esim, "rec/0", NULL, DORA);
	w->r[0] = &esim->r;
	run(w);
	assert_int_equal(mem_count(w->local), 3);
	assert_int_equal(mem_count(w->remote), 3);
	assert_int_equal(mem_count(esim), 3);
	assert_int_equal(w->rep.queued, 1);
	run(w);
	assert_int_equal(w->rep.queued, 1);
	w->r[0] = &w->card->r;
	run(w);
	assert_int_equal(mem_count(w->card), 3);
	esim->r.ops->free(&esim->r);
}

static void parting_and_merging_again_loses_nothing(void **state)
{
	struct world *w = *state;

	two_components(w);
	on(w, 4, true);
	run(w);
	on(w, 4, false);
	run(w);
	assert_quiet(w);
	/* Each side goes its way. */
	mem_set(w->card, mem_with(w->card, "Bert")->ref, NULL,
		"FN:Bert\nTEL:+491799\n");
	mem_set(w->local, mem_with(w->local, "Dora")->ref, NULL,
		"FN:Dora Berg\nTEL:+491704\n");
	mem_set(w->local, "l-e", "u-e", "FN:Emil\nTEL:+491705\n");
	mem_del(w->card2, mem_with(w->card2, "Anna")->ref);
	run(w);
	assert_non_null(mem_with(w->card2, "+491799"));
	assert_null(mem_with(w->card, "Anna"));
	assert_null(mem_with(w->card, "Dora Berg"));
	assert_null(mem_with(w->local, "+491799"));
	assert_non_null(mem_with(w->local, "Anna"));
	on(w, 4, true);
	run(w);
	run(w);
	assert_int_equal(w->rep.duplicates, 0);
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, "+491799"));
	assert_non_null(mem_with(w->card, "Dora Berg"));
	assert_non_null(mem_with(w->card2, "Emil"));
	assert_null(mem_with(w->local, "Anna"));
	all_have(w, 3);
}

static void a_conflict_between_the_cards_stays_one(void **state)
{
	struct world *w = *state;

	two_components(w);
	mem_set(w->card, mem_with(w->card, "Bert")->ref, NULL,
		"FN:Bert Auer\nTEL:+491702\n");
	mem_set(w->card2, mem_with(w->card2, "Bert")->ref, NULL,
		"FN:Bert Adler\nTEL:+491702\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	on(w, 4, true);
	run(w);
	/* Whatever becomes of it: both versions still stand. */
	assert_non_null(mem_with(w->card, "Bert Auer"));
	assert_non_null(mem_with(w->card2, "Bert Adler"));
	assert_true(w->rep.conflicts + w->rep.duplicates > 0 ||
		    mem_count(w->local) == 4);
}

/* With a files URL and hidden identifiers; contacts are whole there as ever. */
static void two_birthdays_are_two_people_on_a_server_that_hides(void **state)
{
	struct world *w = *state;

	w->remote->hashes = true;
	w->remote->r.lossless = false;
	w->n = 3;
	mem_set(w->local, "l-a", "uid-of-the-mother-1", ANNA "BDAY:19500102\n");
	mem_set(w->remote, "r-a", "uid-of-the-daughter", ANNA "BDAY:19800304\n");
	run(w);
	assert_int_equal(w->rep.duplicates, 1);
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, "BDAY:19800304"));
	assert_non_null(mem_with(w->remote, "BDAY:19500102"));
	assert_quiet(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(merging_pairs_and_doubles_nothing),
		T(what_has_no_number_is_one_contact_still),
		T(what_is_due_for_a_card_away_is_not_doubled),
		T(an_edit_due_for_a_card_away_is_not_doubled),
		T(a_delete_due_for_a_card_away_does_not_come_back),
		T(what_is_ambiguous_is_listed_and_kept),
		T(what_was_split_stays_split),
		T(a_cut_name_finds_its_whole),
		T(parting_and_merging_again_loses_nothing),
		T(a_first_esim_lets_nothing_else_wait),
		T(a_conflict_between_the_cards_stays_one),
		T(two_birthdays_are_two_people_on_a_server_that_hides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
