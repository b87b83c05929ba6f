/* SPDX-License-Identifier: MIT */
/*
 * test_ledger_bad.c - a ledger of another version, damaged, or where nothing
 * can be written; and how everything is found again without it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/run.h"
#include "engine_world.h"
#include "store/ledger_schema.h"
#include "store/ledger_show.h"
#include "store/ledger_sql.h"
#include "store/store.h"

struct bad {
	struct world *w;
	char dir[64], path[96];
	struct sim_err e;
	char lost[1024];
};

static int begin(void **state)
{
	struct bad *b = calloc(1, sizeof(*b));
	void *w;

	strcpy(b->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(b->dir) || setup(&w))
		return -1;
	b->w = w;
	snprintf(b->path, sizeof(b->path), "%s/ledger.db", b->dir);
	ledger_close(b->w->l);
	assert_int_equal(ledger_open(&b->w->l, b->path, &b->e), 0);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bad *b = *state;
	void *w = b->w;
	char cmd[96];
	int r;

	teardown(&w);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", b->dir);
	r = system(cmd);
	free(b);
	return r;
}

static void sql(const char *path, const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	sqlite3_close(db);
}

/* Tables and indices, with their columns, in an order of their own. */
static char *schema(const char *path)
{
	static const char text[] =
		"SELECT group_concat(line,char(10)) FROM (SELECT "
		"m.type||' '||m.name||' '||ifnull((SELECT group_concat("
		"p.name||' '||p.type||' '||p.\"notnull\"||' '||p.pk,',') "
		"FROM pragma_table_info(m.name) p),'')||ifnull((SELECT "
		"group_concat(x.name,',') FROM pragma_index_info(m.name) x),'')"
		" AS line FROM sqlite_master m ORDER BY m.type,m.name)";
	sqlite3_stmt *s;
	sqlite3 *db;
	char *out;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	out = strdup((const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return out;
}

static void every_earlier_version_becomes_the_present_one(void **state)
{
	struct bad *b = *state;
	char *want = schema(b->path), path[128], text[64];

	assert_int_equal(sizeof(ledger_steps) / sizeof(*ledger_steps),
			 LEDGER_VERSION);
	for (int v = 0; v < LEDGER_VERSION; v++) {
		struct ledger *l;
		char *got;

		snprintf(path, sizeof(path), "%s/v%d.db", b->dir, v);
		snprintf(text, sizeof(text), "PRAGMA user_version=%d", v);
		for (int step = 0; step < v; step++)
			sql(path, ledger_steps[step]);
		sql(path, text);
		assert_int_equal(ledger_open(&l, path, &b->e), 0);
		ledger_close(l);
		got = schema(path);
		assert_string_equal(got, want);
		free(got);
	}
	free(want);
}

static void a_step_that_fails_leaves_the_version_it_found(void **state)
{
	struct bad *b = *state;
	struct ledger *l;
	sqlite3_stmt *s;
	sqlite3 *db;
	char path[128];

	snprintf(path, sizeof(path), "%s/odd.db", b->dir);
	sql(path, ledger_steps[0]);
	/* In the way of the second step. */
	sql(path, "ALTER TABLE component ADD COLUMN used INTEGER;"
		  "PRAGMA user_version=1");
	assert_int_equal(ledger_open(&l, path, &b->e), -1);
	assert_null(l);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), 1);
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void a_newer_one_says_which_and_what_to_do(void **state)
{
	struct bad *b = *state;
	struct ledger *l;
	struct stat before, after;
	char want[64];

	ledger_close(b->w->l);
	b->w->l = NULL;
	sql(b->path, "PRAGMA user_version=999");
	assert_int_equal(stat(b->path, &before), 0);
	assert_int_equal(ledger_open(&l, b->path, &b->e), -1);
	assert_int_equal(b->e.code, EX_CONFIG);
	snprintf(want, sizeof(want), "version 999, this one knows %d",
		 LEDGER_VERSION);
	assert_non_null(strstr(b->e.text, want));
	assert_non_null(strstr(b->e.text, "install that one again"));
	assert_int_equal(stat(b->path, &after), 0);
	assert_int_equal(before.st_mtime, after.st_mtime);
	assert_int_equal(before.st_size, after.st_size);
}

/* Something on phone, server and SIM; one of it deleted while the SIM is away. */
static void a_life(struct world *w)
{
	char ref[16], text[96];

	for (int i = 0; i < 12; i++) {
		snprintf(ref, sizeof(ref), "%d", i);
		snprintf(text, sizeof(text),
			 "FN:Friend %c Alexandrowitsch\nTEL:+4917012%d\nNOTE:n%d\n",
			 'A' + i, 100 + i, i);
		mem_set(w->local, ref, ref, text);
	}
	run(w);
	assert_int_equal(mem_count(w->card), 12);
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_del(w->local, "3");
	run(w);
	assert_int_equal(mem_count(w->remote), 11);
	w->r[0] = &w->card->r;
	w->r[2] = &w->remote->r;
	w->n = 3;
}

static void cut_off(struct bad *b)
{
	/* As a power cut leaves it: a run that did not end. */
	assert_true(ledger_add(b->w->l, LQ_RUN_ADD, &b->e, "si", "T1",
			       (int64_t)1) > 0);
	ledger_close(b->w->l);
	b->w->l = NULL;
}

static void an_index_that_lies_is_found(void **state)
{
	struct bad *b = *state;

	a_life(b->w);
	cut_off(b);
	/* Two indices change places: each page is sound, what they say is not. */
	sql(b->path,
	    "PRAGMA writable_schema=ON;"
	    "UPDATE sqlite_master SET rootpage=(SELECT sum(rootpage) FROM "
	    "sqlite_master o WHERE o.name IN ('base_item','base_hash'))"
	    "-rootpage WHERE name IN ('base_item','base_hash');");
	assert_int_equal(ledger_open(&b->w->l, b->path, &b->e), -1);
	assert_int_equal(b->e.code, EX_DATAERR);
	assert_non_null(strstr(b->e.text, "damaged"));
}

static int lost(const char *replica, const char *title, void *arg)
{
	char *at = arg;

	at += strlen(at);
	snprintf(at, 256, "%s: %s\n", replica, title);
	return 0;
}

static void what_may_come_back_is_read_from_the_damaged_one(void **state)
{
	struct bad *b = *state;

	a_life(b->w);
	cut_off(b);
	sql(b->path, "PRAGMA writable_schema=ON;"
		     "UPDATE sqlite_master SET rootpage=(SELECT rootpage FROM "
		     "sqlite_master o WHERE o.name='conflict_open') "
		     "WHERE name='history_run';");
	assert_int_equal(ledger_open(&b->w->l, b->path, &b->e), -1);
	assert_int_equal(b->e.code, EX_DATAERR);
	assert_int_equal(ledger_salvage(b->path, lost, b->lost), 0);
	assert_string_equal(b->lost, "card:1/a: Friend D Alexandrowitsch\n");
}

/* What a run says on standard error while it opens the ledger. */
static struct ledger *opened_for_run(struct bad *b, bool dry, char said[4096])
{
	struct cmd c = {.home = b->dir};
	int keep = dup(2), out[2];
	struct ledger *l;
	ssize_t n;

	assert_int_equal(pipe(out), 0);
	assert_int_equal(dup2(out[1], 2), 2);
	l = ledger_for_run(&c, dry, &b->e);
	assert_int_equal(dup2(keep, 2), 2);
	close(keep);
	close(out[1]);
	n = read(out[0], said, 4095);
	said[n > 0 ? n : 0] = '\0';
	close(out[0]);
	return l;
}

static void a_run_says_what_may_come_back_and_goes_on(void **state)
{
	struct bad *b = *state;
	char said[4096];

	a_life(b->w);
	cut_off(b);
	sql(b->path, "PRAGMA writable_schema=ON;"
		     "UPDATE sqlite_master SET rootpage=(SELECT rootpage FROM "
		     "sqlite_master o WHERE o.name='conflict_open') "
		     "WHERE name='history_run';");
	/* A plan touches nothing. */
	assert_null(opened_for_run(b, true, said));
	assert_int_equal(b->e.code, EX_DATAERR);
	b->w->l = opened_for_run(b, false, said);
	assert_non_null(b->w->l);
	if (!strstr(said, "Nothing is deleted") ||
	    !strstr(said, "card:1/a still has 1 that was deleted elsewhere"))
		fail_msg("%s", said);
	/* A log is no place for names. */
	assert_null(strstr(said, "Friend"));
	run(b->w);
	assert_int_equal(b->w->rep.deleted, 0);
	assert_int_equal(mem_count(b->w->local), 12);
}

static void a_newer_one_stops_the_run_and_stays(void **state)
{
	struct bad *b = *state;
	char said[4096];

	ledger_close(b->w->l);
	b->w->l = NULL;
	sql(b->path, "PRAGMA user_version=999");
	assert_null(opened_for_run(b, false, said));
	assert_int_equal(b->e.code, EX_CONFIG);
	assert_string_equal(said, "");
	assert_int_equal(access(b->path, F_OK), 0);
}

static void of_what_is_no_database_nothing_can_be_said(void **state)
{
	struct bad *b = *state;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/junk.db", b->dir);
	f = fopen(path, "we");
	for (int i = 0; i < 5000; i++)
		fputs("junk ", f);
	fclose(f);
	assert_int_equal(ledger_salvage(path, lost, b->lost), 1);
	assert_string_equal(b->lost, "");
}

static void without_it_everything_is_paired_and_nothing_deleted(void **state)
{
	struct bad *b = *state;
	struct world *w = b->w;
	size_t deleted = 0;

	a_life(w);
	/* And edits nobody has looked at, on each side. */
	mem_set(w->local, "5", "5",
		"FN:Friend F Alexandrowitsch\nTEL:+4917012105\nNOTE:new\n");
	mem_del(w->card, mem_with(w->card, "Friend G")->ref);
	mem_del(w->remote, mem_with(w->remote, "Friend H")->ref);
	cut_off(b);
	assert_int_equal(ledger_set_aside(b->path, 77, &b->e), 0);
	assert_int_equal(ledger_open(&w->l, b->path, &b->e), 0);
	for (int i = 0; i < 3; i++) {
		run(w);
		deleted += w->rep.deleted;
	}
	assert_int_equal(deleted, 0);
	/* The delete the SIM had not heard of is back, as was said. */
	assert_int_equal(mem_count(w->card), 12);
	assert_int_equal(mem_count(w->local), 12);
	assert_int_equal(mem_count(w->remote), 12);
	assert_non_null(mem_with(w->local, "Friend D"));
	/* Cut names found their whole ones again. */
	assert_int_equal(w->rep.duplicates, 0);
	assert_non_null(mem_with(w->local, "Friend A Alexandrowitsch"));
	assert_quiet(w);
}

/* On a file system that was mounted read-only, in a namespace of its own. */
static int on_read_only(const char *dir, bool made, char *said)
{
	char path[160];
	struct ledger *l;
	struct store *s;
	struct sim_err e;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", dir, "tmpfs", 0, NULL))
		return 2;
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	if (made && ledger_open(&l, path, &e))
		return 3;
	if (made)
		ledger_close(l);
	snprintf(path, sizeof(path), "%s/store.db", dir);
	s = made ? store_open(path, &e) : NULL;
	if (made && !s)
		return 4;
	if (made)
		store_close(s);
	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_RDONLY, NULL))
		return 5;
	if (store_open(path, &e) || e.code != EX_CANTCREAT)
		return 6;
	strcpy(said, e.text);
	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	if (!ledger_open(&l, path, &e) || e.code != EX_CANTCREAT)
		return 7;
	strcat(said, "\n");
	strcat(said, e.text);
	return 0;
}

static void read_only_is_said_and_nothing_else_happens(void **state)
{
	struct bad *b = *state;

	for (int made = 0; made < 2; made++) {
		int status, fd[2];
		char said[1024] = "";
		pid_t pid;

		assert_int_equal(pipe(fd), 0);
		pid = fork();
		if (!pid) {
			int rc = on_read_only(b->dir, made, said);

			if (write(fd[1], said, sizeof(said)) < 0)
				rc = 8;
			_exit(rc);
		}
		assert_int_equal(read(fd[0], said, sizeof(said)),
				 (ssize_t)sizeof(said));
		close(fd[0]);
		close(fd[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		/* Both of them say so, and what helps. */
		if (!strstr(said, "read-only") ||
		    !strstr(strchr(said, '\n'), "read-only") ||
		    !strstr(said, "mount it"))
			fail_msg("%s", said);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(every_earlier_version_becomes_the_present_one),
		T(a_step_that_fails_leaves_the_version_it_found),
		T(a_newer_one_says_which_and_what_to_do),
		T(an_index_that_lies_is_found),
		T(what_may_come_back_is_read_from_the_damaged_one),
		T(a_run_says_what_may_come_back_and_goes_on),
		T(a_newer_one_stops_the_run_and_stays),
		T(of_what_is_no_database_nothing_can_be_said),
		T(without_it_everything_is_paired_and_nothing_deleted),
		T(read_only_is_said_and_nothing_else_happens),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
