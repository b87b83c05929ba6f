// SPDX-License-Identifier: MIT
/* What a run says while it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd/run.h"

/* Merging is done with no replica in particular: there is none to name. */
static void a_stage_names_its_replica_where_it_has_one(void **state)
{
	char text[96];

	(void)state;
	run_stage(SYNC_LOOK, "SIM Telekom (...4711)", text, sizeof(text));
	assert_string_equal(text, "reading SIM Telekom (...4711)");
	run_stage(SYNC_MERGE, "", text, sizeof(text));
	assert_string_equal(text, "merging");
	run_stage(SYNC_RECOVER, NULL, text, sizeof(text));
	assert_string_equal(text, "finishing the last run");
}

/* What a read of 0.8 s and two calls says, to a terminal or not. */
static void progress(bool tty, char out[256])
{
	static const struct timespec wait = { .tv_nsec = 800000000 };
	struct cmd c = { .tty_err = tty };
	int p[2], err = dup(2);
	ssize_t n;

	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	fflush(stderr);
	dup2(p[1], 2);
	cmd_progress(&c, "contacts", 1, 250);
	nanosleep(&wait, NULL);
	cmd_progress(&c, "contacts", 63, 250);
	cmd_progress_end(&c);
	fflush(stderr);
	dup2(err, 2);
	close(err);
	n = read(p[0], out, 255);
	out[n > 0 ? n : 0] = '\0';
	close(p[0]);
	close(p[1]);
}

/* 45 ms a record at 9600 baud: what takes a second has a bar. */
static void a_long_read_has_a_bar_and_a_short_one_none(void **state)
{
	char out[256];

	(void)state;
	progress(true, out);
	assert_string_equal(out, "\r\033[Kcontacts [#####...............] 63 of 250"
				 "\r\033[K");
	progress(false, out);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_names_its_replica_where_it_has_one),
		cmocka_unit_test(a_long_read_has_a_bar_and_a_short_one_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
