/* SPDX-License-Identifier: MIT */
/*
 * test_ledger.c - opening, versions, damage, transactions of the ledger
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/ledger_schema.h"
#include "store/ledger_sql.h"

struct place {
	char dir[64];
	char path[96];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->dir, "/tmp/test-ledger-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/ledger.db", p->dir);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -r %s", p->dir);
	assert_int_equal(system(cmd), 0);
	free(p);
	return 0;
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_new_ledger_is_at_the_present_version(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;
	sqlite3 *db;
	sqlite3_stmt *s;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	ledger_close(l);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(s, 0), LEDGER_VERSION);
	sqlite3_finalize(s);
	sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &s, NULL);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(s, 0), "wal");
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void every_query_prepares(void **state)
{
	static const char *const text[LQ_COUNT] = {
#define X(name, sql_text) [LQ_##name] = sql_text,
		LEDGER_QUERIES(X)
		LEDGER_SEED_QUERIES(X)
		LEDGER_CARDS_QUERIES(X)
		LEDGER_DECIDE_QUERIES(X)
		LEDGER_SHOW_QUERIES(X)
		LEDGER_HISTORY_QUERIES(X)
#undef X
	};
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;
	sqlite3 *db;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	ledger_close(l);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	for (size_t i = 0; i < LQ_COUNT; i++) {
		sqlite3_stmt *s = NULL;

		if (sqlite3_prepare_v2(db, text[i], -1, &s, NULL) != SQLITE_OK)
			fail_msg("%s: %s", text[i], sqlite3_errmsg(db));
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
}

static void a_newer_ledger_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	ledger_close(l);
	sql(p->path, "PRAGMA user_version=99");
	assert_int_equal(ledger_open(&l, p->path, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "newer"));
	assert_null(l);
	assert_int_equal(access(p->path, F_OK), 0);
}

static void a_ledger_of_version_0_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	/* An empty database: what a kill between create and migrate leaves. */
	sql(p->path, "PRAGMA journal_mode=WAL");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_true(ledger_add(l, LQ_RUN_ADD, &e, "si", "T1", (int64_t)1) > 0);
	ledger_close(l);
}

/* As version 1 left it: its schema, with a component in it. */
static void a_ledger_of_version_1_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	sql(p->path, ledger_steps[0]);
	sql(p->path, "INSERT INTO component(kind,classes) VALUES(0,13);"
		     "PRAGMA user_version=1");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_first(l, LQ_COMPONENT_GET, &e, "ii",
				      (int64_t)0, (int64_t)13), 1);
	ledger_end(l, LQ_COMPONENT_GET);
	assert_int_equal(ledger_do(l, LQ_COMPONENT_USED, &e, "ii", (int64_t)1,
				   (int64_t)7), 0);
	ledger_close(l);
}

/* As version 2 left it: something is held, something was done. */
static void a_ledger_of_version_2_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	sql(p->path, ledger_steps[0]);
	sql(p->path, ledger_steps[1]);
	sql(p->path,
	    "INSERT INTO component(kind,classes,used) VALUES(0,5,3);"
	    "INSERT INTO replica(name,shown,class,first_seen,last_seen,state)"
	    " VALUES('card:1/1','SIM',0,1,2,'away');"
	    "INSERT INTO member(component,replica,token) VALUES(1,1,'t');"
	    "INSERT INTO held(member,item,what,run,at,state)"
	    " VALUES(1,7,'delete',3,100,'held');"
	    "INSERT INTO history(run,item,member,verb,at,wrote)"
	    " VALUES(3,7,1,2,100,0);"
	    "PRAGMA user_version=2");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_first(l, LQ_HELD_OF, &e, "i", (int64_t)1), 1);
	assert_int_equal(ledger_int(l, LQ_HELD_OF, 1), 7);
	assert_string_equal(ledger_text(l, LQ_HELD_OF, 2), "delete");
	ledger_end(l, LQ_HELD_OF);
	assert_int_equal(ledger_do(l, LQ_HELD_ADD, &e, "iisii", (int64_t)1,
				   (int64_t)8, "refill", (int64_t)4,
				   (int64_t)200), 0);
	ledger_close(l);
}

/* As version 3 left it: an item, whose numbers nobody put in order. */
static void a_ledger_of_version_3_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	for (int v = 0; v < 3; v++)
		sql(p->path, ledger_steps[v]);
	sql(p->path, "INSERT INTO component(kind,classes,used) VALUES(0,13,7);"
		     "INSERT INTO item(component,uid,nth,state,rev,value)"
		     " VALUES(1,'u',0,'live',3,'FN:Anna');"
		     "PRAGMA user_version=3");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_first(l, LQ_ITEM_GET, &e, "i", (int64_t)1), 1);
	assert_int_equal(ledger_int(l, LQ_ITEM_GET, 1), 3);
	assert_int_equal(ledger_int(l, LQ_ITEM_GET, 4), 0);
	ledger_end(l, LQ_ITEM_GET);
	ledger_close(l);
}

/* Of each version: its steps, and what a run left in it. */
static void written_by(struct place *p, int version, const char *rows)
{
	char text[40];

	for (int v = 0; v < version; v++)
		sql(p->path, ledger_steps[v]);
	sql(p->path, "INSERT INTO component(kind,classes,used) VALUES(0,13,7);"
		     "INSERT INTO replica(name,shown,class,first_seen,last_seen,"
		     "state) VALUES('card:1/1','SIM',0,1,2,'here');"
		     "INSERT INTO member(component,replica,token) VALUES(1,1,'t');"
		     "INSERT INTO item(component,uid,nth,state,rev,value)"
		     " VALUES(1,'u',0,'live',3,'FN:Anna');"
		     "INSERT INTO base(item,member,ref,value,meaning,hash,rev)"
		     " VALUES(1,1,'r','FN:Anna','present',5,3);");
	sql(p->path, rows);
	snprintf(text, sizeof(text), "PRAGMA user_version=%d", version);
	sql(p->path, text);
}

/* As version 4 left it: nobody had missed a change, and all were written. */
static void a_ledger_of_version_4_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	written_by(p, 4, "UPDATE item SET chosen=2;");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_first(l, LQ_BASE_ITEM, &e, "i", (int64_t)1), 1);
	assert_string_equal(ledger_text(l, LQ_BASE_ITEM, 5), "FN:Anna");
	assert_null(ledger_text(l, LQ_BASE_ITEM, 9));
	ledger_end(l, LQ_BASE_ITEM);
	assert_int_equal(ledger_first(l, LQ_ITEM_GET, &e, "i", (int64_t)1), 1);
	assert_int_equal(ledger_int(l, LQ_ITEM_GET, 4), 2);
	ledger_end(l, LQ_ITEM_GET);
	ledger_close(l);
}

/* As version 5 left it: what its rules said is not known. */
static void a_ledger_of_version_5_is_migrated(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	written_by(p, 5, "UPDATE base SET missed='FN';");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_first(l, LQ_BASE_ITEM, &e, "i", (int64_t)1), 1);
	assert_string_equal(ledger_text(l, LQ_BASE_ITEM, 9), "FN");
	ledger_end(l, LQ_BASE_ITEM);
	assert_int_equal(ledger_first(l, LQ_RULES_WERE, &e, "i", (int64_t)1),
			 0);
	ledger_close(l);
}

struct seen_text {
	char before[64], after[64];
	int n;
};

static int head(const struct ledger_run *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

static int line(const struct ledger_change *row, void *arg)
{
	struct seen_text *s = arg;

	s->n++;
	snprintf(s->before, sizeof(s->before), "%s", row->before ? row->before : "-");
	snprintf(s->after, sizeof(s->after), "%s", row->after ? row->after : "-");
	return 0;
}

/* As version 6 left it: a run, its history, an open write and one that is done. */
static void a_ledger_of_version_6_is_migrated(void **state)
{
	struct place *p = *state;
	struct seen_text s = {.n = 0};
	struct ledger *l;
	struct sim_err e;

	written_by(p, 6,
		   "INSERT INTO run(trigger,start,end) VALUES('T1',1000,1001);"
		   "INSERT INTO history(run,item,member,verb,at,before,after,"
		   "wrote) VALUES(1,1,1,1,1000,'FN:An','FN:Anna',0);"
		   "INSERT INTO journal(run,member,item,verb,ref,state) VALUES"
		   "(1,1,1,1,'r','open'),(1,1,1,1,'r','done');");
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_show_run(l, 1, head, line, &s, &e), 0);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.before, "FN:An");
	assert_string_equal(s.after, "FN:Anna");
	assert_int_equal(ledger_first(l, LQ_JOURNAL_OPEN, &e, "i", (int64_t)1),
			 1);
	assert_int_equal(ledger_next(l, LQ_JOURNAL_OPEN, &e), 0);
	/* Its size is counted now; too old, it is forgotten with its run. */
	assert_true(ledger_add(l, LQ_RUN_ADD, &e, "si", "T1", (int64_t)9000) > 0);
	assert_int_equal(ledger_forget(l, 900, 12, &e), 0);
	s.n = 0;
	assert_int_equal(ledger_show_run(l, 1, head, line, &s, &e), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(ledger_forget(l, 5000, 12, &e), 0);
	assert_int_equal(ledger_show_run(l, 1, head, line, &s, &e), -1);
	assert_non_null(strstr(e.text, "no longer remembered"));
	ledger_close(l);
}

static int64_t count(const struct place *p, const char *text)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	int64_t n;

	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static int64_t one_run(struct ledger *l, int64_t at, const char *before,
		       const char *after)
{
	struct ledger_memory m = {.item = 1, .member = 1, .verb = SIM_UPDATE,
				  .at = at, .before = before, .after = after};
	struct sim_err e;

	m.run = ledger_add(l, LQ_RUN_ADD, &e, "si", "T1", at);
	assert_true(m.run > 0);
	assert_int_equal(ledger_remember(l, &m, &e), 0);
	return m.run;
}

static void a_photo_is_in_history_once(void **state)
{
	static const char a[] = "FN:Anna\nitem1.PHOTO;ENCODING=b:AAAA\nTEL:1\n";
	static const char b[] = "FN:Anna\nitem1.PHOTO;ENCODING=b:AAAA\nTEL:2\n";
	static const char c[] = "FN:PHOTO: Anna\nPHOTO:BBBB\n";
	struct place *p = *state;
	struct seen_text s = {.n = 0};
	struct ledger *l;
	struct sim_err e;
	int64_t run;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	one_run(l, 1000, NULL, a);
	run = one_run(l, 2000, a, b);
	one_run(l, 3000, b, c);
	assert_int_equal(count(p, "SELECT count(*) FROM photo"), 2);
	assert_int_equal(count(p, "SELECT count(*) FROM history WHERE "
				  "before||after LIKE '%AAAA%'"), 0);
	assert_int_equal(ledger_show_run(l, run, head, line, &s, &e), 0);
	assert_string_equal(s.before,
			    "FN:Anna\nTEL:1\nitem1.PHOTO;ENCODING=b:AAAA\n");
	assert_string_equal(s.after,
			    "FN:Anna\nTEL:2\nitem1.PHOTO;ENCODING=b:AAAA\n");
	/* It goes with the last line that has it. */
	one_run(l, 4000, c, c);
	assert_int_equal(ledger_forget(l, 2500, 1 << 20, &e), 0);
	assert_int_equal(count(p, "SELECT count(*) FROM photo"), 2);
	assert_int_equal(ledger_forget(l, 3500, 1 << 20, &e), 0);
	assert_int_equal(count(p, "SELECT count(*) FROM photo"), 1);
	ledger_close(l);
}

static void the_oldest_is_forgotten_where_it_is_too_much(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;
	int64_t first, at;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	one_run(l, 1000, NULL, "0123456789");
	one_run(l, 2000, NULL, "0123456789");
	one_run(l, 3000, NULL, "0123456789");
	assert_int_equal(ledger_forget(l, 0, 30, &e), 0);
	assert_int_equal(ledger_remembers(l, &first, &at, &e), 0);
	assert_int_equal(first, 1);
	assert_int_equal(ledger_forget(l, 0, 29, &e), 0);
	assert_int_equal(ledger_remembers(l, &first, &at, &e), 0);
	assert_int_equal(first, 2);
	/* A photo is part of it; the runs stay, only what they did is not known. */
	one_run(l, 4000, NULL, "PHOTO:89012345678\n");
	assert_int_equal(ledger_forget(l, 0, 29, &e), 0);
	assert_int_equal(ledger_remembers(l, &first, &at, &e), 0);
	assert_int_equal(first, 3);
	assert_int_equal(count(p, "SELECT count(*) FROM run"), 4);
	ledger_close(l);
}

static void runs_that_did_nothing_are_forgotten_too(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	for (int64_t at = 1000; at < 1010; at++)
		assert_true(ledger_add(l, LQ_RUN_ADD, &e, "si", "T1", at) > 0);
	assert_int_equal(ledger_forget(l, 1004, 1 << 20, &e), 0);
	assert_int_equal(count(p, "SELECT count(*) FROM run"), 6);
	/* The last one is going on. */
	assert_int_equal(ledger_forget(l, 9999, 1 << 20, &e), 0);
	assert_int_equal(count(p, "SELECT count(*) FROM run"), 1);
	ledger_close(l);
}

static void something_else_is_damaged_and_can_be_set_aside(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;
	FILE *f = fopen(p->path, "w");
	char aside[160];

	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", f);
	fclose(f);
	assert_int_equal(ledger_open(&l, p->path, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_int_equal(ledger_set_aside(p->path, 77, &e), 0);
	snprintf(aside, sizeof(aside), "%s.corrupt-77", p->path);
	assert_int_equal(access(aside, F_OK), 0);
	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	ledger_close(l);
}

static void damage_inside_is_found_after_a_run_that_did_not_end(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;
	struct stat st;
	char junk[4096];
	int fd;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_true(ledger_add(l, LQ_RUN_ADD, &e, "si", "T1", (int64_t)1) > 0);
	ledger_close(l);
	assert_int_equal(stat(p->path, &st), 0);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(p->path, O_WRONLY);
	/* All pages but the first (schema) and the run table's. */
	for (off_t at = 4096 * 12; at + 4096 <= st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, junk, 4096, at), 4096);
	close(fd);
	assert_int_equal(ledger_open(&l, p->path, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
}

static void what_was_rolled_back_never_was(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_begin(l, &e), 0);
	assert_true(ledger_add(l, LQ_REPLICA_ADD, &e, "ssii", "local", "local",
			       (int64_t)SIM_LOCAL, (int64_t)5) > 0);
	assert_int_equal(ledger_knows(l, "local", &e), 1);
	ledger_rollback(l);
	assert_int_equal(ledger_knows(l, "local", &e), 0);
	ledger_close(l);
}

static void a_key_that_points_nowhere_is_refused(void **state)
{
	struct place *p = *state;
	struct ledger *l;
	struct sim_err e;

	assert_int_equal(ledger_open(&l, p->path, &e), 0);
	assert_int_equal(ledger_do(l, LQ_MEMBER_ADD, &e, "ii", (int64_t)7,
				   (int64_t)8),
			 -1);
	ledger_close(l);
}

static void a_directory_that_is_not_there_is_said(void **state)
{
	struct ledger *l;
	struct sim_err e;

	(void)state;
	assert_int_equal(ledger_open(&l, "/nonexistent/x/ledger", &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_new_ledger_is_at_the_present_version),
		T(every_query_prepares),
		T(a_newer_ledger_is_refused_and_left_alone),
		T(a_ledger_of_version_0_is_migrated),
		T(a_ledger_of_version_1_is_migrated),
		T(a_ledger_of_version_2_is_migrated),
		T(a_ledger_of_version_3_is_migrated),
		T(a_ledger_of_version_4_is_migrated),
		T(a_ledger_of_version_5_is_migrated),
		T(a_ledger_of_version_6_is_migrated),
		T(a_photo_is_in_history_once),
		T(the_oldest_is_forgotten_where_it_is_too_much),
		T(runs_that_did_nothing_are_forgotten_too),
		T(something_else_is_damaged_and_can_be_set_aside),
		T(damage_inside_is_found_after_a_run_that_did_not_end),
		T(what_was_rolled_back_never_was),
		T(a_key_that_points_nowhere_is_refused),
		T(a_directory_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
