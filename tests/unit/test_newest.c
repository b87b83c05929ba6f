// SPDX-License-Identifier: MIT
/*
 * test_newest.c - `conflict = "newest"': only where clocks exist and the
 * intervals of two edits are disjoint (design.md, Conflicts)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"

/* When phone and server say their records were changed; 0: they do not know. */
static struct {
	int64_t local[2], remote[2];
} clocks;

static int when(struct sim_replica *r, enum sim_kind kind, const char *ref,
		int64_t *since, int64_t *until, struct sim_err *e)
{
	const int64_t *c = r->class == SIM_LOCAL ? clocks.local : clocks.remote;

	(void)kind;
	(void)ref;
	(void)e;
	*since = c[0];
	*until = c[1];
	return !c[0];
}

static struct sim_replica_ops with_clock;

static int newest_setup(void **state)
{
	struct world *w;

	memset(&clocks, 0, sizeof(clocks));
	setup(state);
	w = *state;
	with_clock = mem_ops;
	with_clock.when = when;
	w->local->r.ops = &with_clock;
	w->remote->r.ops = &with_clock;
	for (int i = 0; i < RULES_MAX; i++)
		w->rules.rule[i].policy = RULE_NEWEST;
	mem_set(w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(w);
	return 0;
}

static void rename_in(struct mem *m, const char *text)
{
	mem_set(m, mem_with(m, "Anna")->ref, NULL, text);
}

/* Seconds after the last look at all; the next is at 60. */
static void at(struct world *w, int64_t clock[2], int64_t since, int64_t until)
{
	clock[0] = w->now + since;
	clock[1] = w->now + until;
}

static void both_renamed(struct world *w)
{
	rename_in(w->local, "FN:Anna Phone\nTEL:+491701\n");
	rename_in(w->remote, "FN:Anna Server\nTEL:+491701\n");
}

static void everywhere(struct world *w, const char *fn)
{
	assert_int_equal(w->rep.conflicts, 0);
	assert_non_null(mem_with(w->local, fn));
	assert_non_null(mem_with(w->remote, fn));
	assert_non_null(mem_with(w->card, fn));
	assert_int_equal(mem_count(w->local), 1);
	memset(&clocks, 0, sizeof(clocks));
	assert_quiet(w);
}

static void the_later_edit_wins(void **state)
{
	struct world *w = *state;

	both_renamed(w);
	at(w, clocks.local, 10, 10);
	at(w, clocks.remote, 28, 32);
	run(w);
	everywhere(w, "Anna Server");
	rename_in(w->local, "FN:Anna Home\nTEL:+491701\n");
	rename_in(w->remote, "FN:Anna Web\nTEL:+491701\n");
	at(w, clocks.local, 40, 40);
	at(w, clocks.remote, 18, 22);
	run(w);
	everywhere(w, "Anna Home");
}

static void asked(struct world *w)
{
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_non_null(mem_with(w->local, "Anna Phone"));
	assert_non_null(mem_with(w->remote, "Anna Server"));
}

static void without_a_clock_it_is_asked(void **state)
{
	struct world *w = *state;

	both_renamed(w);
	at(w, clocks.local, 10, 10);
	asked(w);
}

static void overlapping_intervals_are_asked(void **state)
{
	struct world *w = *state;

	both_renamed(w);
	at(w, clocks.local, 30, 30);
	at(w, clocks.remote, 28, 32);
	asked(w);
}

/* Before the last look, or in the future: that clock was set wrong. */
static void a_clock_out_of_bounds_is_not_believed(void **state)
{
	struct world *w = *state;

	both_renamed(w);
	at(w, clocks.local, 10, 10);
	at(w, clocks.remote, 3600, 3604);
	asked(w);
}

static void a_clock_behind_the_last_look_is_not_believed(void **state)
{
	struct world *w = *state;

	both_renamed(w);
	at(w, clocks.local, -86400, -86400);
	at(w, clocks.remote, 28, 32);
	asked(w);
}

/* A card has no clock: from its last reading to this one. */
static void a_cards_edit_of_unknown_time_is_asked(void **state)
{
	struct world *w = *state;

	rename_in(w->local, "FN:Anna Phone\nTEL:+491701\n");
	mem_set(w->card, "rec/0", NULL, "FN:Anna Card\nTEL:+491701\n");
	at(w, clocks.local, 10, 10);
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
	assert_has(w->card, "rec/0", "FN:Anna Card\nTEL:+491701\n");
}

/* The server was away while the card was read twice; its edit is older. */
static void a_cards_edit_after_the_servers_wins(void **state)
{
	struct world *w = *state;
	int64_t edited = w->now + 30;

	rename_in(w->remote, "FN:Anna Server\nTEL:+491701\n");
	w->n = 2;
	run(w);
	mem_set(w->card, "rec/0", NULL, "FN:Anna Card\nTEL:+491701\n");
	run(w);
	assert_non_null(mem_with(w->local, "Anna Card"));
	w->n = 3;
	clocks.remote[0] = edited - 2;
	clocks.remote[1] = edited + 2;
	run(w);
	everywhere(w, "Anna Card");
}

static void a_servers_edit_after_the_cards_wins(void **state)
{
	struct world *w = *state;

	w->n = 2;
	mem_set(w->card, "rec/0", NULL, "FN:Anna Card\nTEL:+491701\n");
	run(w);
	at(w, clocks.remote, 28, 32);
	rename_in(w->remote, "FN:Anna Server\nTEL:+491701\n");
	run(w);
	w->n = 3;
	run(w);
	everywhere(w, "Anna Server");
}

static void a_stricter_rule_on_the_way_is_obeyed(void **state)
{
	struct world *w = *state;

	w->rules.rule[5].policy = RULE_ASK;
	both_renamed(w);
	at(w, clocks.local, 10, 10);
	at(w, clocks.remote, 28, 32);
	asked(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, newest_setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_later_edit_wins),
		T(without_a_clock_it_is_asked),
		T(overlapping_intervals_are_asked),
		T(a_clock_out_of_bounds_is_not_believed),
		T(a_clock_behind_the_last_look_is_not_believed),
		T(a_cards_edit_of_unknown_time_is_asked),
		T(a_cards_edit_after_the_servers_wins),
		T(a_servers_edit_after_the_cards_wins),
		T(a_stricter_rule_on_the_way_is_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
