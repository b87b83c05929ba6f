// SPDX-License-Identifier: MIT
/*
 * What is held is said at once and again after 1, 3 and 7 days: on a real
 * session bus (dbus-daemon), to a real owner of org.freedesktop.Notifications,
 * else in the system's log.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/notify.h"

#define DAY ((int64_t)86400)
#define T0  ((int64_t)1800000000)

struct world {
	char dir[64], file[96], heard[96], bus[128];
	pid_t daemon, shows;
	struct sim_err e;
};

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->file, sizeof(w->file), "%s/notified.json", w->dir);
	snprintf(w->heard, sizeof(w->heard), "%s/heard", w->dir);
	snprintf(w->bus, sizeof(w->bus), "unix:path=%s/bus", w->dir);
	setenv("DBUS_SESSION_BUS_ADDRESS", w->bus, 1);
	*state = w;
	return 0;
}

static void stop(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
}

static int end(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	stop(w->shows);
	stop(w->daemon);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void ms(long n)
{
	const struct timespec t = { n / 1000, n % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Lines the receiver wrote; the last one in @last. */
static int heard(const struct world *w, json_t **last)
{
	FILE *f = fopen(w->heard, "re");
	char *line = NULL;
	size_t cap = 0;
	int n = 0;

	while (f && getline(&line, &cap, f) > 0) {
		n++;
		if (last) {
			json_decref(*last);
			*last = json_loads(line, JSON_DECODE_ANY, NULL);
		}
	}
	free(line);
	if (f)
		fclose(f);
	return n;
}

static void session_bus(struct world *w)
{
	char address[160], path[96];

	snprintf(address, sizeof(address), "--address=%s", w->bus);
	snprintf(path, sizeof(path), "%s/bus", w->dir);
	w->daemon = fork();
	if (!w->daemon) {
		execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork",
		       "--nopidfile", address, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000 && access(path, F_OK); i++)
		ms(10);
	assert_int_equal(access(path, F_OK), 0);
}

static void somebody_shows(struct world *w)
{
	w->shows = fork();
	if (!w->shows) {
		execl("/usr/bin/python3", "python3", "tests/unit/notified.py", w->heard,
		       (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 3000 && !heard(w, NULL); i++)
		ms(10);
	assert_int_equal(heard(w, NULL), 1);
}

static json_t *held(int deletes, int edits, int64_t at)
{
	json_t *rows = json_array();

	for (int i = 0; i < deletes + edits; i++)
		json_array_append_new(
			rows, json_pack("{s:i, s:s, s:s, s:s, s:I}", "held", i,
					"replica", "SIM <Anna> & co",
					"what", i < deletes ? "delete" : "edit",
					"item", "Bert Geheim", "at",
					(json_int_t)at));
	return rows;
}

static int tell(struct world *w, json_t *rows, int64_t now)
{
	int n = notify_tell(rows, w->file, now, &w->e);

	if (n < 0)
		fail_msg("%s", w->e.text);
	return n;
}

static void what_is_held_is_shown_on_the_desktop(void **state)
{
	struct world *w = *state;
	json_t *rows = held(8, 1, T0), *got = NULL;
	const char *body;

	session_bus(w);
	somebody_shows(w);
	assert_int_equal(tell(w, rows, T0 + 5), 1);
	assert_int_equal(heard(w, &got), 2);
	assert_string_equal(json_string_value(json_object_get(got, "app")),
			    "simsync");
	body = json_string_value(json_object_get(got, "body"));
	/* The specification allows mark-up in the body: it must be escaped. */
	assert_non_null(strstr(body, "SIM &lt;Anna&gt; &amp; co: 8 entries are gone, 1 entry was changed there."));
	assert_non_null(strstr(body, "simsync held list"));
	/* No content of a contact, ever. */
	assert_null(strstr(body, "Geheim"));
	assert_int_equal(json_integer_value(json_object_get(got, "urgency")), 1);
	/* Once. */
	assert_int_equal(tell(w, rows, T0 + 60), 0);
	assert_int_equal(heard(w, NULL), 2);
	json_decref(got);
	json_decref(rows);
}

static void it_is_said_again_after_1_3_and_7_days(void **state)
{
	static const struct {
		int64_t hours;
		int said;
	} then[] = {
		{ 0, 1 },   { 23, 0 },	{ 24, 1 },  { 47, 0 }, { 71, 0 },
		{ 72, 1 },  { 100, 0 }, { 168, 1 }, { 500, 0 },
	};
	struct world *w = *state;
	json_t *rows = held(5, 0, T0), *got = NULL;
	int lines = 1;

	session_bus(w);
	somebody_shows(w);
	for (size_t i = 0; i < sizeof(then) / sizeof(then[0]); i++) {
		assert_int_equal(tell(w, rows, T0 + then[i].hours * 3600),
				 then[i].said);
		lines += then[i].said;
		assert_int_equal(heard(w, &got), lines);
	}
	assert_string_equal(json_string_value(json_object_get(got, "summary")),
			    "SIM changes still wait for you");
	json_decref(got);
	json_decref(rows);
}

static void more_of_it_is_said_at_once(void **state)
{
	json_t *few = held(5, 0, T0), *more = held(5, 0, T0),
	       *late = held(2, 0, T0 + 600), *none = json_array(),
	       *told = json_object(), *due;

	(void)state;
	due = notify_due(few, told, T0);
	assert_int_equal(json_array_size(due), 1);
	json_decref(due);
	json_array_extend(more, late);
	due = notify_due(more, told, T0 + 700);
	assert_int_equal(json_array_size(due), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(due, 0), "deletes")), 7);
	json_decref(due);
	/* Applied or restored; and held anew some day. */
	due = notify_due(none, told, T0 + 800);
	assert_int_equal(json_array_size(due), 0);
	assert_int_equal(json_object_size(told), 0);
	json_decref(due);
	due = notify_due(few, told, T0 + 900);
	assert_int_equal(json_array_size(due), 1);
	json_decref(due);
	json_decref(few);
	json_decref(more);
	json_decref(late);
	json_decref(none);
	json_decref(told);
}

static void without_a_bus_or_anybody_on_it_it_is_an_error_to_log(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };
	json_t *rows = held(5, 0, T0);

	assert_int_equal(desktop_notify("s", "b", &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	session_bus(w);
	assert_int_equal(desktop_notify("s", "b", &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_non_null(strstr(e.text, "session bus"));
	/* Said in the log, and so said: not again with every run. */
	assert_int_equal(tell(w, rows, T0), 1);
	assert_int_equal(tell(w, rows, T0 + 60), 0);
	json_decref(rows);
}

static void a_broken_memory_is_begun_anew(void **state)
{
	struct world *w = *state;
	json_t *rows = held(5, 0, T0);
	FILE *f = fopen(w->file, "we");

	fputs("{\"half", f);
	fclose(f);
	assert_int_equal(tell(w, rows, T0), 1);
	assert_int_equal(tell(w, rows, T0 + 1), 0);
	json_decref(rows);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(what_is_held_is_shown_on_the_desktop),
		T(it_is_said_again_after_1_3_and_7_days),
		T(more_of_it_is_said_at_once),
		T(without_a_bus_or_anybody_on_it_it_is_an_error_to_log),
		T(a_broken_memory_is_begun_anew),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
