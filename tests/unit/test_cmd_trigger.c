// SPDX-License-Identifier: MIT
/*
 * udev's launcher and the token: which events start a run, and how many runs
 * the tokens make (design.md, Processes and launch).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"

#define LAUNCH "udev/simsync-launch"

struct world {
	char dir[64];
	int runs;
	int drop;	/* runs that drop a token while they run */
	char why[512];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	*state = w;
	return mkdtemp(w->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void drop(struct world *w, const char *line)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/trigger", w->dir);
	f = fopen(path, "a");
	assert_non_null(f);
	fprintf(f, "%s\n", line);
	fclose(f);
}

static bool there(struct world *w, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return access(path, F_OK) == 0;
}

static int once(const char *why, void *arg)
{
	struct world *w = arg;
	int i;

	/* The token is gone before the run looks at anything. */
	assert_false(there(w, "trigger"));
	snprintf(w->why, sizeof(w->why), "%s", why);
	w->runs++;
	if (w->runs <= w->drop)
		for (i = 0; i < 10; i++)
			drop(w, "simslot0 card-ready");
	return w->runs;
}

/* ---- the token ---------------------------------------------------------- */

static void without_a_token_there_is_no_run(void **state)
{
	struct world *w = *state;

	assert_int_equal(trigger_loop(w->dir, once, w), 0);
	assert_int_equal(w->runs, 0);
}

static void a_token_is_one_run_and_says_why(void **state)
{
	struct world *w = *state;

	drop(w, "simslot0 card-removed");
	drop(w, "simslot0 card-ready");
	assert_int_equal(trigger_loop(w->dir, once, w), 1);
	assert_int_equal(w->runs, 1);
	assert_string_equal(w->why, "simslot0 card-removed;simslot0 card-ready");
	assert_false(there(w, "trigger"));
	assert_false(there(w, "trigger.run"));
}

static void ten_events_during_a_run_are_exactly_one_more(void **state)
{
	struct world *w = *state;

	w->drop = 1;
	drop(w, "simslot0 card-ready");
	trigger_loop(w->dir, once, w);
	assert_int_equal(w->runs, 2);
}

static void who_finds_the_lock_taken_leaves_the_token(void **state)
{
	struct world *w = *state;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/run.lock", w->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	drop(w, "simslot0 card-ready");
	trigger_loop(w->dir, once, w);
	assert_int_equal(w->runs, 0);
	assert_true(there(w, "trigger"));
	close(fd);
	trigger_loop(w->dir, once, w);
	assert_int_equal(w->runs, 1);
}

static int count_run(const char *why, void *arg)
{
	(void)why;
	usleep(200);
	return write(*(int *)arg, "r", 1) == 1 ? 0 : 1;
}

/* Whoever loses the race for the lock, no token is left behind. */
static void no_token_is_lost_between_many_launchers(void **state)
{
	enum { LAUNCHERS = 8, EACH = 50 };
	struct world *w = *state;
	char buf[LAUNCHERS * EACH + 1];
	int p[2], i, k;
	ssize_t n;

	assert_int_equal(pipe(p), 0);
	for (i = 0; i < LAUNCHERS; i++) {
		if (fork())
			continue;
		for (k = 0; k < EACH; k++) {
			drop(w, "x");
			trigger_loop(w->dir, count_run, &p[1]);
		}
		_exit(0);
	}
	for (i = 0; i < LAUNCHERS; i++)
		wait(NULL);
	assert_false(there(w, "trigger"));
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	n = read(p[0], buf, sizeof(buf));
	assert_in_range(n, 1, LAUNCHERS * EACH);
	close(p[0]);
	close(p[1]);
}

/* ---- the launcher ------------------------------------------------------- */

static void script(struct world *w, const char *name)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\necho %s \"$@\" >>%s/called\n", name, w->dir);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

static void launch(struct world *w, const char *env, bool systemd)
{
	char cmd[600];

	snprintf(cmd, sizeof(cmd),
		 "rm -rf %s/run %s/called; env -i PATH=%s:/usr/bin:/bin SIMSYNC_RUN=%s/run SIMSYNC_SYSTEMD=%s DEVPATH=/devices/x/simslot/simslot3 %s sh " LAUNCH,
		 w->dir, w->dir, w->dir, w->dir, systemd ? w->dir : "/nonexistent",
		 env);
	assert_int_equal(system(cmd), 0);
}

static void only_these_events_start_a_run(void **state)
{
	static const struct {
		const char *env;
		bool run;
	} row[] = {
		{ "ACTION=change SIMSLOT_EVENT=card-ready SIMSLOT_STATE=ready", true },
		{ "ACTION=change SIMSLOT_EVENT=card-removed SIMSLOT_STATE=empty", true },
		{ "ACTION=change SIMSLOT_EVENT=card-mute SIMSLOT_STATE=mute", true },
		{ "ACTION=change SIMSLOT_EVENT=card-error SIMSLOT_STATE=mute", true },
		{ "ACTION=change SIMSLOT_EVENT=card-changed SIMSLOT_STATE=ready", true },
		{ "ACTION=change SIMSLOT_EVENT=profile-switched SIMSLOT_STATE=ready", true },
		/* what a run itself causes */
		{ "ACTION=change SIMSLOT_EVENT=sync-changed SIMSLOT_STATE=ready", false },
		{ "ACTION=change SIMSLOT_EVENT=card-inserted SIMSLOT_STATE=activating", false },
		{ "ACTION=change SIMSLOT_EVENT=card-reset SIMSLOT_STATE=ready", false },
		{ "ACTION=change SIMSLOT_EVENT=proactive SIMSLOT_STATE=ready", false },
		{ "ACTION=change SIMSLOT_STATE=ready", false },
		/* at boot: the slot appears with or without its card */
		{ "ACTION=add SIMSLOT_EVENT=slot-added SIMSLOT_STATE=ready", true },
		{ "ACTION=add SIMSLOT_STATE=mute", true },
		{ "ACTION=add SIMSLOT_EVENT=slot-added SIMSLOT_STATE=empty", false },
		{ "ACTION=add SIMSLOT_STATE=activating", false },
		{ "ACTION=add SIMSLOT_STATE=off", false },
		/* udevadm trigger repeats the last event: the state decides */
		{ "ACTION=change SYNTH_UUID=0 SIMSLOT_EVENT=sync-changed SIMSLOT_STATE=ready", true },
		{ "ACTION=change SYNTH_UUID=0 SIMSLOT_EVENT=card-removed SIMSLOT_STATE=empty", false },
		{ "ACTION=remove SIMSLOT_EVENT=card-ready SIMSLOT_STATE=ready", false },
		{ "ACTION=bind SIMSLOT_STATE=ready", false },
		{ "", false },
	};
	struct world *w = *state;
	size_t i;

	script(w, "systemctl");
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		launch(w, row[i].env, true);
		if (there(w, "run/trigger") != row[i].run ||
		    there(w, "called") != row[i].run)
			fail_msg("%s: %s", row[i].env,
				 row[i].run ? "no run" : "a run");
	}
}

static void called_is(struct world *w, const char *want)
{
	char path[128], line[200] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/called", w->dir);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, want);
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
}

static void systemd_starts_it_without_waiting_or_it_detaches(void **state)
{
	struct world *w = *state;

	script(w, "systemctl");
	script(w, "simsync");
	launch(w, "ACTION=add SIMSLOT_STATE=ready", true);
	called_is(w, "systemctl --no-block start simsync.service");
	launch(w, "ACTION=add SIMSLOT_STATE=ready", false);
	called_is(w, "simsync run --udev --detach");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_a_token_there_is_no_run),
		T(a_token_is_one_run_and_says_why),
		T(ten_events_during_a_run_are_exactly_one_more),
		T(who_finds_the_lock_taken_leaves_the_token),
		T(no_token_is_lost_between_many_launchers),
		T(only_these_events_start_a_run),
		T(systemd_starts_it_without_waiting_or_it_detaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
