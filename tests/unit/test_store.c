// SPDX-License-Identifier: MIT
/* The phone's own store: real SQLite files, real disks that are full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/simsync-store.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/store.db", dir);
	return 0;
}

static int teardown(void **state)
{
	char cmd[200];

	(void)state;
	snprintf(cmd, sizeof(cmd), "chmod -R u+w %s; rm -rf %s", dir, dir);
	return system(cmd);
}

static struct store *opened(void)
{
	struct sim_err e = { 0 };
	struct store *s = store_open(path, &e);

	if (!s)
		fail_msg("%s", e.text);
	return s;
}

static struct sim_item person(const char *fn, const char *tel)
{
	struct sim_item it;

	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "FN", NULL, fn);
	if (tel)
		sim_item_add(&it, "TEL", NULL, tel);
	return it;
}

static void add(struct store *s, const char *fn, const char *tel,
		const char *uid)
{
	struct sim_item it = person(fn, tel);
	struct sim_err e = { 0 };

	if (store_contact_add(s, &it, uid, NULL, &e))
		fail_msg("%s", e.text);
	sim_item_free(&it);
}

static void add_edit_remove_show(void **state)
{
	struct store *s = opened();
	struct store_contact c;
	struct sim_item it = person("Anna", "+49 171/5");
	struct sim_err e = { 0 };
	int64_t v;

	(void)state;
	assert_int_equal(store_contact_add(s, &it, NULL, &c, &e), 0);
	assert_string_equal(c.fn, "Anna");
	assert_int_equal(strlen(c.uid), 36);
	v = c.version;
	sim_item_set(&it, "TEL", "7");
	assert_int_equal(store_contact_edit(s, c.uid, v + 9, &it, NULL, &e), 1);
	assert_int_equal(store_contact_edit(s, c.uid, v, &it, NULL, &e), 0);
	assert_int_equal(store_contact_edit(s, c.uid, v, &it, NULL, &e), 1);
	assert_int_equal(store_contact_rm(s, c.uid, v, &e), 1);
	assert_int_equal(store_count(s, SIM_CONTACT), 1);
	assert_int_equal(store_contact_rm(s, c.uid, 0, &e), 0);
	assert_int_equal(store_contact_rm(s, c.uid, 0, &e), 1);
	assert_int_equal(store_count(s, SIM_CONTACT), 0);
	store_contact_free(&c);
	sim_item_free(&it);
	store_close(s);
}

static int count(const struct store_contact *c, void *arg)
{
	(void)c;
	++*(int *)arg;
	return 0;
}

static void found_by_name_number_and_uid(void **state)
{
	struct store *s = opened();
	struct store_contact c;
	struct sim_err e = { 0 };
	int n = 0;

	(void)state;
	add(s, "J\xc3\xb6rg M\xc3\xbcller", "+49 (171) 12-34", "aa1");
	add(s, "Anna", "0171/999", "bb2");
	add(s, "Anna Maria", NULL, "bb3");
	/* Case folds, also of letters written as base and accent (NFC). */
	assert_int_equal(store_contact_each(s, "JO\xcc\x88RG", count, &n, &e), 1);
	assert_int_equal(store_contact_each(s, "171 12", count, &n, &e), 1);
	assert_int_equal(store_contact_each(s, "bb", count, &n, &e), 2);
	assert_int_equal(store_contact_each(s, NULL, count, &n, &e), 3);
	assert_int_equal(n, 7);
	assert_int_equal(store_contact_one(s, "Anna", &c, &e), 0);
	assert_string_equal(c.uid, "bb2");
	store_contact_free(&c);
	assert_int_equal(store_contact_one(s, "anna", &c, &e), -1);
	assert_non_null(strstr(e.text, "2 contacts match"));
	assert_int_equal(store_contact_one(s, "nobody", &c, &e), -1);
	store_close(s);
}

static void changes_since_a_token_and_tombstones(void **state)
{
	struct store *s = opened();
	struct sim_err e = { 0 };
	struct sim_replica *r = store_replica(s, &e);
	struct sim_changes all, some;

	(void)state;
	add(s, "A", "1", "a");
	add(s, "B", "2", "b");
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &all, &e), 0);
	assert_true(all.whole);
	assert_int_equal(all.n, 2);
	assert_int_equal(all.total, 2);

	assert_int_equal(r->ops->changes(r, SIM_CONTACT, all.token, &some, &e), 0);
	assert_false(some.whole);
	assert_int_equal(some.n + some.ngone, 0);
	assert_string_equal(some.token, all.token);
	sim_changes_free(&some);

	add(s, "C", "3", "c");
	store_contact_rm(s, "a", 0, &e);
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, all.token, &some, &e), 0);
	assert_int_equal(some.n, 1);
	assert_string_equal(some.rec[0].ref, "c");
	assert_int_equal(some.ngone, 1);
	assert_string_equal(some.gone[0], "a");
	assert_int_equal(some.total, 2);
	sim_changes_free(&some);

	/* It came back: present again, no longer gone. */
	add(s, "A", "1", "a");
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, all.token, &some, &e), 0);
	assert_int_equal(some.n, 2);
	assert_int_equal(some.ngone, 0);
	sim_changes_free(&some);

	/* A token of another store, or of the future, means everything. */
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, "beef:1", &some, &e), 0);
	assert_true(some.whole);
	sim_changes_free(&some);
	sim_changes_free(&all);
	r->ops->free(r);
	store_close(s);
}

static struct sim_op op(enum sim_verb verb, const char *ref,
			const char *version, const char *fn)
{
	struct sim_op o = { .verb = verb, .kind = SIM_CONTACT };

	o.ref = strdup(ref);
	o.version = version ? strdup(version) : NULL;
	o.want = person(fn, "1");
	return o;
}

static void op_free(struct sim_op *o)
{
	free(o->ref);
	free(o->version);
	free(o->uid);
	sim_item_free(&o->want);
	sim_item_free(&o->was);
	sim_record_free(&o->got);
}

static int counting(struct sim_op *o, void *arg)
{
	(void)o;
	++*(int *)arg;
	return 0;
}

static void every_write_is_conditional(void **state)
{
	struct store *s = opened();
	struct sim_err e = { 0 };
	struct sim_replica *r = store_replica(s, &e);
	struct sim_op o[4];
	int calls = 0;

	(void)state;
	add(s, "A", "1", "a");		/* version 1 */
	add(s, "B", "1", "b");		/* version 2 */
	o[0] = op(SIM_CREATE, "a", NULL, "other");
	o[1] = op(SIM_UPDATE, "a", "1", "A2");
	o[2] = op(SIM_DELETE, "b", "1", "");
	o[3] = op(SIM_CREATE, "c", NULL, "C");
	assert_int_equal(r->ops->apply(r, o, 4, counting, counting, &calls, &e), 0);
	assert_int_equal(calls, 8);
	assert_int_equal(o[0].outcome, SIM_MOVED);
	assert_string_equal(sim_item_get(&o[0].got.item, "FN"), "A");
	assert_int_equal(o[1].outcome, SIM_DONE);
	assert_string_not_equal(o[1].got.version, "1");
	assert_int_equal(o[2].outcome, SIM_MOVED);
	assert_string_equal(o[2].got.version, "2");
	assert_int_equal(o[3].outcome, SIM_DONE);
	assert_string_equal(o[3].got.uid, "c");
	for (int i = 0; i < 4; i++)
		op_free(&o[i]);
	r->ops->free(r);
	store_close(s);
}

static void messages_and_info(void **state)
{
	struct store *s = opened();
	struct sim_err e = { 0 };
	struct sim_replica *r = store_replica(s, &e);
	struct sim_item m;
	struct sim_op o = { .verb = SIM_CREATE, .kind = SIM_MESSAGE };
	struct sim_changes c;
	char *ref, *again;
	sqlite3 *db;
	sqlite3_stmt *q;

	(void)state;
	sim_item_init(&m, SIM_MESSAGE);
	sim_item_add(&m, "DIRECTION", NULL, "in");
	/* TS 23.040 §9.2.2.1: DELIVER from 12345, "hello" */
	sim_item_add(&m, "TPDU", NULL, "0405912143F500005210113152140005E8329BFD06");
	sim_item_add(&m, "STATUS", NULL, "unread");
	sim_item_add(&m, "FROM", NULL, "+12345");
	sim_item_add(&m, "DATE", NULL, "2025-01-11T13:25:41Z");
	sim_item_add(&m, "TEXT", NULL, "hello\\, you");
	assert_int_equal(r->ops->place(r, &m, NULL, &ref, &e), 0);
	assert_int_equal(r->ops->place(r, &m, NULL, &again, &e), 0);
	assert_string_not_equal(ref, again);
	o.ref = ref;
	sim_item_copy(&o.want, &m);
	o.want.kind = SIM_MESSAGE;
	assert_int_equal(r->ops->apply(r, &o, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(o.outcome, SIM_DONE);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &c, &e), 0);
	assert_int_equal(c.n, 1);
	assert_true(sim_item_equal(&c.rec[0].item, &m));
	sim_changes_free(&c);
	assert_int_equal(r->ops->changes(r, SIM_INFO, NULL, &c, &e), 0);
	assert_int_equal(c.n, 0);
	sim_changes_free(&c);
	op_free(&o);
	free(again);
	sim_item_free(&m);
	r->ops->free(r);
	store_close(s);

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT text, peer, length(tpdu) FROM record",
					    -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(q, 0), "hello, you");
	assert_string_equal((const char *)sqlite3_column_text(q, 1), "+12345");
	assert_int_equal(sqlite3_column_int(q, 2), 21);
	sqlite3_finalize(q);
	sqlite3_close(db);
}

static void import_keeps_the_text(void **state)
{
	static const char text[] =
		"BEGIN:VCARD\nVERSION:4.0\nUID:x-1\nFN:Zoe\nX-A;B=c:d\nEND:VCARD\n";
	struct store *s = opened();
	struct store_contact c;
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(store_contact_import(s, text, strlen(text), &c, &e), 0);
	assert_string_equal(c.vcard, text);
	store_contact_free(&c);
	assert_int_equal(store_contact_import(s, text, strlen(text), NULL, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
	assert_int_equal(store_contact_import(s, "junk\n", 5, NULL, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	store_close(s);
}

static void refuses_newer_damaged_and_readonly(void **state)
{
	struct store *s = opened();
	struct sim_err e = { 0 };
	sqlite3 *db;
	FILE *f;

	(void)state;
	store_close(s);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_null(store_open(path, &e));
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "newer simsync"));

	f = fopen(path, "w");
	fputs("this is no database, but it is long enough to be looked at", f);
	fclose(f);
	assert_null(store_open(path, &e));
	assert_int_equal(e.code, EX_DATAERR);

	assert_null(store_open("/nonexistent/store.db", &e));
	assert_int_equal(e.code, EX_CANTCREAT);
}

/* As form 1 left it: a contact, of which nobody knows when it was changed. */
static void a_store_of_the_first_form_is_migrated(void **state)
{
	static const char text[] = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u-1\r\n"
				   "FN:Anna\r\nEND:VCARD\r\n";
	struct store *s = opened();
	struct sim_err e = { 0 };
	struct sim_replica *r;
	int64_t a, b;
	sqlite3 *db;

	(void)state;
	assert_int_equal(store_contact_import(s, text, strlen(text), NULL, &e), 0);
	store_close(s);
	sqlite3_open(path, &db);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE contact DROP COLUMN edited;"
				      "PRAGMA user_version = 1", NULL, NULL,
				      NULL), SQLITE_OK);
	sqlite3_close(db);
	s = opened();
	r = store_replica(s, &e);
	assert_int_equal(r->ops->when(r, SIM_CONTACT, "u-1", &a, &b, &e), 1);
	assert_int_equal(store_contact_rm(s, "u-1", 0, &e), 0);
	assert_int_equal(store_contact_import(s, text, strlen(text), NULL, &e), 0);
	assert_int_equal(r->ops->when(r, SIM_CONTACT, "u-1", &a, &b, &e), 0);
	assert_true(a == b && llabs((long long)(a - time(NULL))) < 60);
	r->ops->free(r);
	store_close(s);
}

/* As the user who runs it: root may write anywhere. */
static void says_when_the_file_is_readonly(void **state)
{
	struct store *s = opened();
	int status;
	pid_t pid;

	(void)state;
	store_close(s);
	chmod(dir, 0555);
	chmod(path, 0444);
	pid = fork();
	if (!pid) {
		struct sim_err e = { 0 };

		if (!geteuid() && setuid(65534))
			_exit(9);
		s = store_open(path, &e);
		_exit(!s && strstr(e.text, path) &&
		      (e.code == EX_NOPERM || e.code == EX_CANTCREAT) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	chmod(dir, 0755);
	assert_int_equal(status, 0);
}

static void full_disk_leaves_nothing_half_written(void **state)
{
	struct store *s = opened();
	struct sim_err e = { 0 };
	struct rlimit old, tight;
	struct sim_item it;
	char *big = malloc(400001);
	struct stat st;
	char wal[128];
	int64_t seq;

	(void)state;
	memset(big, 'x', 400000);
	big[400000] = '\0';
	add(s, "A", "1", "a");
	it = person("B", "2");
	sim_item_add(&it, "NOTE", NULL, big);
	seq = store_seq(s);
	/* No byte more than the log has now: write() fails as on a full disk. */
	snprintf(wal, sizeof(wal), "%s-wal", path);
	assert_int_equal(stat(wal, &st), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = old;
	tight.rlim_cur = (rlim_t)st.st_size + 4096;
	setrlimit(RLIMIT_FSIZE, &tight);
	assert_int_equal(store_contact_add(s, &it, "b", NULL, &e), -1);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "nothing of this step was kept"));
	assert_int_equal(store_seq(s), seq);
	assert_int_equal(store_count(s, SIM_CONTACT), 1);
	/* Room again: it goes on. */
	assert_int_equal(store_contact_add(s, &it, "b", NULL, &e), 0);
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	sim_item_free(&it);
	free(big);
	store_close(s);
}

static void killed_in_the_middle_it_has_all_or_nothing(void **state)
{
	struct sim_err e = { 0 };
	struct store *s;
	long n;

	(void)state;
	for (int round = 0; round < 8; round++) {
		pid_t pid = fork();

		if (!pid) {
			s = opened();
			for (int i = 0;; i++)
				add(s, "K", "1", NULL);
		}
		usleep(40000u + 7000u * (unsigned int)round);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	s = opened();
	n = store_count(s, SIM_CONTACT);
	assert_true(n > 0);
	assert_int_equal(store_seq(s), n);
	{
		int k = 0;

		assert_int_equal(store_contact_each(s, NULL, count, &k, &e), n);
	}
	store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(add_edit_remove_show),
		T(found_by_name_number_and_uid),
		T(changes_since_a_token_and_tombstones),
		T(every_write_is_conditional),
		T(messages_and_info),
		T(import_keeps_the_text),
		T(refuses_newer_damaged_and_readonly),
		T(a_store_of_the_first_form_is_migrated),
		T(says_when_the_file_is_readonly),
		T(full_disk_leaves_nothing_half_written),
		T(killed_in_the_middle_it_has_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
