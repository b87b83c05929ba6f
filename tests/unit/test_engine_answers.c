/* SPDX-License-Identifier: MIT */
/*
 * test_engine_answers.c - a replica whose answer cannot be right is left out,
 * and the others go on
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"

/* The sentence that says why @shown was left out. */
static const char *left_out(const struct world *w, const char *shown)
{
	for (size_t i = 0; i < w->rep.n; i++)
		if (w->rep.line[i].type == SYNC_LEFT_OUT &&
		    !strcmp(w->rep.line[i].replica, shown))
			return w->rep.line[i].reason;
	return "";
}

static void the_server_is_left_out(struct world *w)
{
	assert_int_equal(run(w), 0);
	assert_int_equal(w->rep.failed, 1);
	assert_int_equal(w->rep.state, SYNC_PARTIAL);
	assert_non_null(strstr(left_out(w, w->remote->r.shown),
			       "one place twice"));
}

static void a_place_named_twice_leaves_out_who_said_it(void **state)
{
	struct world *w = *state;

	mem_set(w->remote, "/c/otto.vcf", "uid-otto-0000000001", "FN:Otto\nTEL:+491701\n");
	mem_set(w->local, "1", "uid-anna-0000000001", "FN:Anna\nTEL:+491702\n");
	w->remote->twice = true;
	the_server_is_left_out(w);
	/* Phone and card are kept the same all the while. */
	assert_non_null(mem_with(w->card, "Anna"));
	assert_null(mem_with(w->local, "Otto"));
	assert_int_equal(w->remote->writes, 0);
	/* And nothing stays behind once it makes sense. */
	w->remote->twice = false;
	run(w);
	assert_int_equal(w->rep.failed, 0);
	assert_non_null(mem_with(w->local, "Otto"));
	assert_non_null(mem_with(w->remote, "Anna"));
	assert_quiet(w);
}

static void a_change_told_twice_leaves_out_who_said_it(void **state)
{
	struct world *w = *state;

	w->remote->tokens = true;
	mem_set(w->remote, "/c/otto.vcf", "uid-otto-0000000001", "FN:Otto\nTEL:+491701\n");
	run(w);
	mem_set(w->remote, "/c/otto.vcf", "uid-otto-0000000001", "FN:Otto B\nTEL:+491701\n");
	w->remote->twice = true;
	the_server_is_left_out(w);
	assert_non_null(mem_with(w->local, "FN:Otto\n"));
	w->remote->twice = false;
	run(w);
	assert_non_null(mem_with(w->local, "FN:Otto B\n"));
	assert_quiet(w);
}

/* Gone twice is gone. */
static void a_member_gone_twice_is_gone_once(void **state)
{
	struct world *w = *state;

	w->remote->tokens = true;
	mem_set(w->remote, "/c/otto.vcf", "uid-otto-0000000001", "FN:Otto\nTEL:+491701\n");
	mem_set(w->remote, "/c/anna.vcf", "uid-anna-0000000001", "FN:Anna\nTEL:+491702\n");
	run(w);
	mem_del(w->remote, "/c/otto.vcf");
	w->remote->twice = true;
	run(w);
	assert_int_equal(w->rep.failed, 0);
	assert_null(mem_with(w->local, "Otto"));
	assert_null(mem_with(w->card, "Otto"));
	assert_non_null(mem_with(w->local, "Anna"));
	assert_int_equal(w->rep.deleted, 2);
	w->remote->twice = false;
	assert_quiet(w);
}

static int stop_now(void *arg)
{
	struct world *w = arg;

	w->faults++;
	return 1;
}

/* Whoever waits for something knows that it is to end. */
static void replicas_are_told_to_stop(void **state)
{
	struct world *w = *state;

	mem_set(w->local, "1", "uid-anna-0000000001", "FN:Anna\nTEL:+491702\n");
	w->opt.stop = stop_now;
	assert_int_equal(run(w), 0);
	assert_true(w->rep.failed >= 3);
	assert_non_null(strstr(left_out(w, w->remote->r.shown), "stopped"));
	/* Its end is known to nobody after the run. */
	assert_null(w->remote->r.stop);
	w->opt.stop = NULL;
	run(w);
	assert_non_null(mem_with(w->card, "Anna"));
	assert_quiet(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_place_named_twice_leaves_out_who_said_it),
		T(a_change_told_twice_leaves_out_who_said_it),
		T(a_member_gone_twice_is_gone_once),
		T(replicas_are_told_to_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
