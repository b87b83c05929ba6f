// SPDX-License-Identifier: MIT
#include "cmd/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400

/* ---- what is due --------------------------------------------------------- */

/* At once, and after so many days. */
static const int days[] = { 0, 1, 3, 7 };

static int stage_of(int64_t since, int64_t now)
{
	int stage = 0;

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (now - since >= (int64_t)days[i] * DAY)
			stage = (int)i;
	return stage;
}

static int64_t num(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void count(json_t *o, const char *key)
{
	json_object_set_new(o, key, json_integer(num(o, key) + 1));
}

/* {"PLACE": {"oldest", "newest", "delete", "edit", "emptied"}} */
static json_t *by_place(json_t *held)
{
	json_t *places = json_object(), *row, *p;
	size_t i;

	json_array_foreach(held, i, row) {
		const char *where = json_string_value(
			json_object_get(row, "replica"));
		const char *what = json_string_value(
			json_object_get(row, "what"));
		int64_t at = num(row, "at");

		if (!where || !what)
			continue;
		p = json_object_get(places, where);
		if (!p) {
			p = json_pack("{s:I, s:I}", "oldest", (json_int_t)at,
				      "newest", (json_int_t)at);
			json_object_set_new(places, where, p);
		}
		if (at < num(p, "oldest"))
			json_object_set_new(p, "oldest", json_integer(at));
		if (at > num(p, "newest"))
			json_object_set_new(p, "newest", json_integer(at));
		count(p, what);
	}
	return places;
}

json_t *notify_due(json_t *held, json_t *told, int64_t now)
{
	json_t *places = by_place(held), *due = json_array(), *p;
	const char *where;
	void *next;

	if (!places || !due) {
		json_decref(places);
		json_decref(due);
		return NULL;
	}
	json_object_foreach_safe(told, next, where, p)
		if (!json_object_get(places, where))
			json_object_del(told, where);
	json_object_foreach(places, where, p) {
		json_t *was = json_object_get(told, where);
		int stage = stage_of(num(p, "oldest"), now);
		bool more = !was || num(p, "newest") > num(was, "newest");

		if (!more && stage <= num(was, "stage"))
			continue;
		json_array_append_new(
			due, json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "replica",
				       where, "deletes",
				       (json_int_t)num(p, "delete"), "edits",
				       (json_int_t)num(p, "edit"), "emptied",
				       (json_int_t)num(p, "emptied"), "refills",
				       (json_int_t)num(p, "refill"), "again",
				       !more));
		json_object_set_new(told, where,
				    json_pack("{s:I, s:i}", "newest",
					      (json_int_t)num(p, "newest"),
					      "stage", stage));
	}
	json_decref(places);
	return due;
}

/* ---- saying it ----------------------------------------------------------- */

static void body_of(json_t *d, char *out, size_t size)
{
	static const struct {
		const char *key, *one, *many;
	} parts[] = {
		{ "deletes", "entry is gone", "entries are gone" },
		{ "edits", "entry was changed", "entries were changed" },
		{ "emptied", "book is empty", "books are empty" },
		{ "refills", "new card waits to be filled",
		  "new cards wait to be filled" },
	};
	size_t n = (size_t)snprintf(out, size, "%s:", json_string_value(
						json_object_get(d, "replica")));
	const char *sep = " ";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int64_t k = num(d, parts[i].key);

		if (!k || n >= size)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%lld %s", sep,
				      (long long)k,
				      k == 1 ? parts[i].one : parts[i].many);
		sep = ", ";
	}
	if (n < size)
		snprintf(out + n, size - n,
			 " there. Nothing is passed on until you say so: simsync held list");
}

static void say(json_t *d)
{
	const char *summary = json_is_true(json_object_get(d, "again")) ?
				      "SIM changes still wait for you" :
				      "SIM changes are held back";
	struct sim_err e;
	char body[400];

	body_of(d, body, sizeof(body));
	if (desktop_notify(summary, body, &e) == 0)
		return;
	openlog("simsync", 0, LOG_USER);
	syslog(LOG_WARNING, "%s: %s", summary, body);
	closelog();
}

/* ---- remembering --------------------------------------------------------- */

static int save(json_t *told, const char *file, struct sim_err *e)
{
	char fresh[600];
	int fd, bad;

	snprintf(fresh, sizeof(fresh), "%s.new", file);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", fresh,
				strerror(errno));
	bad = json_dumpfd(told, fd, JSON_COMPACT) < 0 || fsync(fd) < 0;
	close(fd);
	if (bad || rename(fresh, file) < 0) {
		sim_fail(e, EX_CANTCREAT, "%s: %s", file, strerror(errno));
		unlink(fresh);
		return -1;
	}
	return 0;
}

int notify_tell(json_t *held, const char *file, int64_t now,
		struct sim_err *e)
{
	json_t *told = json_load_file(file, 0, NULL), *was, *due, *d;
	int n, bad = 0;
	size_t i;

	if (!json_is_object(told)) {
		json_decref(told);
		told = json_object();
	}
	was = json_deep_copy(told);
	due = notify_due(held, told, now);
	if (!due) {
		json_decref(told);
		json_decref(was);
		return sim_fail(e, EX_OSERR, "out of memory");
	}
	json_array_foreach(due, i, d)
		say(d);
	n = (int)json_array_size(due);
	if (!json_equal(told, was))
		bad = save(told, file, e);
	json_decref(due);
	json_decref(told);
	json_decref(was);
	return bad ? -1 : n;
}

static int state_file(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *slash;
	int n = -1;

	if (state && *state == '/')
		n = snprintf(path, size, "%s/simsync/notified.json", state);
	else if (home && *home == '/')
		n = snprintf(path, size,
			     "%s/.local/state/simsync/notified.json", home);
	if (n < 0 || (size_t)n >= size)
		return -1;
	for (slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return 0;
}

/* What the worker printed; NULL: the broker has said why not. */
static json_t *held_now(struct client *cl)
{
	char *argv[] = { "held", "list", "--json", NULL };
	int fd = memfd_create("simsync", MFD_CLOEXEC), code;
	json_t *rows = NULL;

	if (fd < 0)
		return NULL;
	cl->io = fd;
	code = client_run(cl, 3, argv);
	cl->io = 0;
	if (code == EX_OK && lseek(fd, 0, SEEK_SET) == 0)
		rows = json_loadfd(fd, 0, NULL);
	close(fd);
	return rows;
}

void notify_pass(struct client *cl)
{
	struct sim_err e = { 0 };
	json_t *rows;
	char file[500];

	if (state_file(file, sizeof(file)) < 0)
		return;
	rows = held_now(cl);
	if (json_is_array(rows) &&
	    notify_tell(rows, file, time(NULL), &e) < 0)
		fprintf(stderr, "simsync: %s\n", e.text);
	json_decref(rows);
}
