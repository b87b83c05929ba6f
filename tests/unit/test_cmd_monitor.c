// SPDX-License-Identifier: MIT
/*
 * `simsync monitor`: storms become one run, one run at a time, and what comes
 * during a run causes exactly one more (design.md, Processes and launch).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/monitor.h"

#define LAUNCH "udev/simsync-launch"
#define SETTLE 100
#define LONG_MS 30000

/**
 * struct world - a monitor in a child of its own, and what it hears
 * @dir: token, lock and what the runs wrote
 * @hear: our end of its source; a byte is an event, 'x' loses the source
 * @src: its source
 * @pid: the monitor
 */
struct world {
	char dir[64];
	int hear[2];
	struct monitor_src src;
	struct monitor m;
	pid_t pid;
};

static void path_of(const struct world *w, const char *name, char out[128])
{
	snprintf(out, 128, "%s/%s", w->dir, name);
}

static bool there(const struct world *w, const char *name)
{
	char path[128];

	path_of(w, name, path);
	return access(path, F_OK) == 0;
}

static void touch(const struct world *w, const char *name)
{
	char path[128];
	int fd;

	path_of(w, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static void ms(long n)
{
	const struct timespec t = { n / 1000, n % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* What runs wrote, a line each; how many. */
static int runs(const struct world *w, char text[1024])
{
	char path[128];
	ssize_t n = 0;
	int fd, lines = 0;

	path_of(w, "runs", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, 1023);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	for (char *c = text; *c; c++)
		lines += *c == '\n';
	return lines;
}

static void wait_runs(const struct world *w, int n)
{
	char text[1024];
	int i;

	for (i = 0; i < LONG_MS / 10 && runs(w, text) < n; i++)
		ms(10);
	if (runs(w, text) != n)
		fail_msg("%d runs instead of %d:\n%s", runs(w, text), n, text);
}

/* And no more come. */
static void only_runs(const struct world *w, int n)
{
	wait_runs(w, n);
	ms(6 * SETTLE);
	wait_runs(w, n);
	assert_false(there(w, "trigger"));
}

/* A run: says why it is, and lasts as long as the test wants it to. */
static int once(const char *why, void *arg)
{
	struct world *w = arg;
	char path[128], line[256];
	int fd, n;

	/* Two at a time would both find it. */
	if (there(w, "running"))
		why = "BESIDE ANOTHER";
	touch(w, "running");
	path_of(w, "runs", path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	n = snprintf(line, sizeof(line), "%s\n", why);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		return EX_IOERR;
	close(fd);
	for (int i = 0; i < LONG_MS / 10 && there(w, "gate"); i++)
		ms(10);
	path_of(w, "running", path);
	unlink(path);
	return EX_OK;
}

static int src_open(struct monitor_src *s)
{
	struct world *w = s->priv;

	touch(w, "opened");
	s->fd = dup(w->hear[0]);
	return s->fd < 0 ? -1 : 0;
}

static int src_read(struct monitor_src *s, char why[MONITOR_WHY])
{
	char c;

	if (read(s->fd, &c, 1) != 1 || c == 'x')
		return -1;
	snprintf(why, MONITOR_WHY, "event %c", c);
	return c != '-';
}

static void src_close(struct monitor_src *s)
{
	close(s->fd);
	s->fd = -1;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || pipe(w->hear) < 0)
		return -1;
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	w->src = (struct monitor_src){ -1, src_open, src_read, src_close, w };
	w->m = (struct monitor){ .run = w->dir, .once = once, .arg = w,
				 .src = &w->src, .n = 1, .settle_ms = SETTLE,
				 .patience_ms = LONG_MS, .retry_ms = 50 };
	*state = w;
	return mkdtemp(w->dir) ? 0 : -1;
}

static void start(struct world *w)
{
	struct sim_err e;

	w->pid = fork();
	assert_true(w->pid >= 0);
	if (!w->pid)
		_exit(monitor_loop(&w->m, &e) ? 1 : 0);
	wait_runs(w, 1);
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	if (w->pid > 0) {
		kill(w->pid, SIGTERM);
		if (waitpid(w->pid, &r, 0) != w->pid || r)
			return -1;
	}
	close(w->hear[0]);
	close(w->hear[1]);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void event(struct world *w, const char *which)
{
	assert_int_equal(write(w->hear[1], which, strlen(which)),
			 (ssize_t)strlen(which));
}

static void a_monitor_that_starts_looks_once(void **state)
{
	struct world *w = *state;
	char text[1024];

	start(w);
	only_runs(w, 1);
	runs(w, text);
	assert_string_equal(text, "monitor started\n");
}

static void a_storm_is_one_run(void **state)
{
	struct world *w = *state;
	char text[1024];

	start(w);
	for (int i = 0; i < 200; i++)
		event(w, i % 2 ? "a" : "b");
	only_runs(w, 2);
	runs(w, text);
	assert_string_equal(text, "monitor started\nevent b; event a\n");
}

static void what_is_no_trigger_starts_nothing(void **state)
{
	struct world *w = *state;

	start(w);
	event(w, "----");
	only_runs(w, 1);
}

static void events_during_a_run_cause_exactly_one_more(void **state)
{
	struct world *w = *state;
	char text[1024], gate[128];

	path_of(w, "gate", gate);
	touch(w, "gate");
	start(w);
	/* Three storms, each settled, while the first run is at it. */
	for (int i = 0; i < 3; i++) {
		event(w, (const char *[]){ "1", "2", "3" }[i]);
		ms(3 * SETTLE);
		assert_int_equal(runs(w, text), 1);
	}
	assert_true(there(w, "trigger"));
	unlink(gate);
	only_runs(w, 2);
	runs(w, text);
	assert_string_equal(text,
			    "monitor started\nevent 1;event 2;event 3\n");
}

static void a_run_udev_wants_meanwhile_is_the_same_one_more(void **state)
{
	struct world *w = *state;
	char gate[128], token[128], text[1024];

	path_of(w, "gate", gate);
	path_of(w, "trigger", token);
	touch(w, "gate");
	start(w);
	touch(w, "trigger");
	/* udev's: finds the lock taken, leaves its token. */
	assert_int_equal(trigger_loop(w->dir, once, w), EX_OK);
	assert_int_equal(runs(w, text), 1);
	event(w, "k");
	ms(3 * SETTLE);
	unlink(gate);
	only_runs(w, 2);
}

static void a_lost_source_is_opened_again_and_looked_behind(void **state)
{
	struct world *w = *state;
	char opened[128], text[1024];

	path_of(w, "opened", opened);
	start(w);
	unlink(opened);
	event(w, "x");
	only_runs(w, 2);
	runs(w, text);
	assert_string_equal(text, "monitor started\nevents were missed\n");
	assert_true(there(w, "opened"));
	event(w, "a");
	only_runs(w, 3);
}

static void a_server_is_asked_now_and_then(void **state)
{
	struct world *w = *state;
	char text[1024];
	int n = 0;

	w->m.poll_ms = 400;
	start(w);
	for (int i = 0; i < LONG_MS / 10 && n < 3; i++, ms(10))
		n = runs(w, text);
	assert_true(n >= 3);
	assert_non_null(strstr(text, "\npoll\npoll\n"));
}

static void a_storm_is_not_waited_out_for_ever(void **state)
{
	struct storm st = { 0 };
	const struct monitor m = { .settle_ms = 400, .patience_ms = 3000 };
	int64_t now;

	(void)state;
	storm_add(&st, &m, 1000, "a");
	assert_int_equal(st.due, 1400);
	for (now = 1100; now < 4000; now += 100)
		storm_add(&st, &m, now, "a");
	assert_int_equal(st.due, 4000);
	assert_string_equal(st.why, "a");
	for (int i = 0; i < 100; i++)
		storm_add(&st, &m, now, (char[]){ (char)('b' + i % 20), 'z', 0 });
	assert_int_equal(st.due, 4000);
	/* The next one begins anew. */
	st.first = 0;
	storm_add(&st, &m, 9000, "c");
	assert_int_equal(st.due, 9400);
	assert_string_equal(st.why, "c");
}

static int64_t slept;

static int64_t asleep(void)
{
	return slept;
}

static void a_set_clock_is_no_resume_and_a_sleep_is(void **state)
{
	struct src_clock c = { .asleep = asleep, .slept = 0 };

	(void)state;
	assert_false(resumed(&c));
	slept = 3;	/* the two clocks were not read at one instant */
	assert_false(resumed(&c));
	slept = 60003;
	assert_true(resumed(&c));
	assert_false(resumed(&c));
	slept = 0;
}

static void udevs_launcher_leaves_events_to_a_monitor(void **state)
{
	struct world *w = *state;
	char lock[128], cmd[512];
	int fd;

	path_of(w, "monitor.lock", lock);
	/* No systemd there, and a simsync that does nothing. */
	snprintf(cmd, sizeof(cmd),
		 "printf '#!/bin/sh\\n' >%s/simsync; chmod +x %s/simsync; "
		 "PATH=%s:$PATH SIMSYNC_RUN=%s SIMSYNC_SYSTEMD=/nonexistent "
		 "ACTION=change SIMSLOT_EVENT=card-ready SIMSLOT_STATE=ready "
		 "DEVPATH=/class/simslot0 sh " LAUNCH,
		 w->dir, w->dir, w->dir, w->dir);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(system(cmd), 0);
	assert_false(there(w, "trigger"));
	/* A monitor that died left its file. */
	close(fd);
	assert_int_equal(system(cmd), 0);
	assert_true(there(w, "trigger"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_monitor_that_starts_looks_once),
		T(a_storm_is_one_run),
		T(what_is_no_trigger_starts_nothing),
		T(events_during_a_run_cause_exactly_one_more),
		T(a_run_udev_wants_meanwhile_is_the_same_one_more),
		T(a_lost_source_is_opened_again_and_looked_behind),
		T(a_server_is_asked_now_and_then),
		T(a_storm_is_not_waited_out_for_ever),
		T(a_set_clock_is_no_resume_and_a_sleep_is),
		T(udevs_launcher_leaves_events_to_a_monitor),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
