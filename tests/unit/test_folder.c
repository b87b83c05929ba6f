// SPDX-License-Identifier: MIT
/*
 * The mirrored vCard folder, both ways, with any editor at any time: a folder
 * of this process, and one that another process serves over a socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/folder_io.h"
#include "store/folder_wire.h"
#include "store/store.h"

static char dir[64], path[96], folder[96];
static struct store *s;
static bool served;

static int setup(void **state)
{
	struct sim_err e;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/simsync-folder.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/store.db", dir);
	snprintf(folder, sizeof(folder), "%s/contacts", dir);
	s = store_open(path, &e);
	return s ? 0 : -1;
}

static int setup_served(void **state)
{
	served = true;
	return setup(state);
}

static int teardown(void **state)
{
	char cmd[100];

	(void)state;
	served = false;
	store_close(s);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* The owner's process: 0 when all was said and done. */
static int serve(int sock)
{
	char text[FOLDER_TEXT_MAX];
	struct folder_dir d;
	struct sim_err e;

	if (folder_dir_open(&d, folder, &e))
		return 1;
	return folder_wire_serve(sock, &d.io, text, &e) ||
	       strcmp(text, "done");
}

static struct folder_report mirror_served(void)
{
	struct folder_report r;
	struct sim_err e = { 0 };
	struct folder_wire w;
	int sv[2], status;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(sv[1]);
		_exit(serve(sv[0]));
	}
	close(sv[0]);
	if (folder_wire_open(&w, sv[1], folder, &e) ||
	    folder_mirror_io(s, &w.io, &r, &e) ||
	    folder_wire_end(&w, "done", &e))
		fail_msg("%s", e.text);
	close(sv[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return r;
}

static struct folder_report mirror(void)
{
	struct folder_report r;
	struct sim_err e = { 0 };

	if (served)
		return mirror_served();
	if (folder_mirror(s, folder, &r, &e))
		fail_msg("%s", e.text);
	return r;
}

static void add(const char *fn, const char *uid)
{
	struct sim_item it;
	struct sim_err e = { 0 };

	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "FN", NULL, fn);
	if (store_contact_add(s, &it, uid, NULL, &e))
		fail_msg("%s", e.text);
	sim_item_free(&it);
}

static char *slurp(const char *name)
{
	static char b[4096];
	char p[200];
	size_t n;
	FILE *f;

	snprintf(p, sizeof(p), "%s/%s", folder, name);
	f = fopen(p, "r");
	if (!f)
		return NULL;
	n = fread(b, 1, sizeof(b) - 1, f);
	b[n] = '\0';
	fclose(f);
	return b;
}

static void spill(const char *name, const char *text)
{
	char p[200];
	FILE *f;

	snprintf(p, sizeof(p), "%s/%s", folder, name);
	f = fopen(p, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void gone(const char *name)
{
	char p[200];

	snprintf(p, sizeof(p), "%s/%s", folder, name);
	assert_int_equal(unlink(p), 0);
}

static void edit(const char *uid, const char *fn)
{
	struct sim_item it;
	struct sim_err e = { 0 };

	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "FN", NULL, fn);
	assert_int_equal(store_contact_edit(s, uid, 0, &it, NULL, &e), 0);
	sim_item_free(&it);
}

static bool has(const char *uid, const char *fn)
{
	struct store_contact c;
	struct sim_err e;
	bool yes = !store_contact_get(s, uid, &c, &e) && !strcmp(c.fn, fn);

	store_contact_free(&c);
	return yes;
}

static void nothing(struct folder_report r)
{
	assert_int_equal(r.in_new + r.in_changed + r.in_gone + r.out_new +
			 r.out_changed + r.out_gone + r.conflicts + r.bad +
			 r.held, 0);
}

static void store_goes_out_and_settles(void **state)
{
	struct folder_report r;
	struct stat st;

	(void)state;
	add("A", "a");
	add("B", "urn:uuid:b");
	r = mirror();
	assert_int_equal(r.out_new, 2);
	assert_non_null(strstr(slurp("a.vcf"), "FN:A"));
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	nothing(mirror());
	edit("a", "A2");
	r = mirror();
	assert_int_equal(r.out_changed, 1);
	assert_non_null(strstr(slurp("a.vcf"), "FN:A2"));
	nothing(mirror());
	assert_int_equal(store_contact_rm(s, "a", 0, NULL), 0);
	r = mirror();
	assert_int_equal(r.out_gone, 1);
	assert_null(slurp("a.vcf"));
	nothing(mirror());
}

static void files_come_in_and_settle(void **state)
{
	struct folder_report r;
	int64_t seq;

	(void)state;
	nothing(mirror());
	spill("anna.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:Anna\nX-A:1\nEND:VCARD\n");
	spill("bob.vcf", "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEND:VCARD\n");
	spill(".hidden.vcf", "junk");
	spill("notes.txt", "junk");
	r = mirror();
	assert_int_equal(r.in_new, 2);
	assert_true(has("u1", "Anna"));
	/* Names are kept; the one without UID got one. */
	assert_non_null(strstr(slurp("bob.vcf"), "\nUID:"));
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	nothing(mirror());
	spill("anna.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:Anna B\nX-A:1\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.in_changed, 1);
	assert_true(has("u1", "Anna B"));
	/* Touched, same content: nothing. */
	seq = store_seq(s);
	spill("anna.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nFN:Anna B\nX-A:1\nEND:VCARD\n");
	nothing(mirror());
	assert_int_equal(store_seq(s), seq);
	gone("anna.vcf");
	r = mirror();
	assert_int_equal(r.in_gone, 1);
	assert_int_equal(store_count(s, SIM_CONTACT), 1);
	nothing(mirror());
}

static void both_changed_keeps_both(void **state)
{
	struct folder_report r;

	(void)state;
	add("A", "a");
	mirror();
	edit("a", "store side");
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:file side\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.conflicts, 1);
	assert_true(has("a", "store side"));
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	assert_non_null(strstr(slurp("a.vcf"), "store side"));
	{
		struct store_contact c;
		struct sim_err e;

		assert_int_equal(store_contact_one(s, "file side", &c, &e), 0);
		store_contact_free(&c);
	}
	mirror();
	nothing(mirror());
}

static void an_edit_beats_a_removal_on_the_other_side(void **state)
{
	struct folder_report r;

	(void)state;
	add("A", "a");
	add("B", "b");
	add("C", "c");
	mirror();
	gone("a.vcf");
	edit("a", "A2");
	store_contact_rm(s, "b", 0, NULL);
	spill("b.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:b\nFN:B2\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.in_gone + r.out_gone, 0);
	assert_true(has("a", "A2"));
	assert_true(has("b", "B2"));
	assert_non_null(strstr(slurp("a.vcf"), "A2"));
	nothing(mirror());
}

static void unreadable_files_are_left_alone_and_named(void **state)
{
	struct folder_report r;

	(void)state;
	add("A", "a");
	mirror();
	spill("a.vcf", "BEGIN:VCARD\nFN:half writ");
	spill("bad.vcf", "no card at all");
	r = mirror();
	assert_int_equal(r.bad, 2);
	assert_non_null(strstr(r.bad_why, "a.vcf"));
	assert_null(strstr(r.bad_why, "half writ"));
	assert_true(has("a", "A"));
	assert_string_equal(slurp("a.vcf"), "BEGIN:VCARD\nFN:half writ");
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:whole\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.in_changed, 1);
	assert_true(has("a", "whole"));
}

static void an_emptied_folder_deletes_nothing(void **state)
{
	struct folder_report r;
	char cmd[120];

	(void)state;
	for (int i = 0; i < 5; i++) {
		char uid[16];

		snprintf(uid, sizeof(uid), "u%d", i);
		add("X", uid);
	}
	mirror();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	assert_int_equal(system(cmd), 0);
	r = mirror();
	assert_int_equal(r.held, 5);
	assert_int_equal(store_count(s, SIM_CONTACT), 5);
}

static void a_folder_made_anew_deletes_nothing(void **state)
{
	struct folder_report r;
	char cmd[120];

	(void)state;
	add("A", "a");
	mirror();
	snprintf(cmd, sizeof(cmd), "rm -rf %s", folder);
	assert_int_equal(system(cmd), 0);
	r = mirror();
	assert_int_equal(r.held, 1);
	assert_true(has("a", "A"));
}

static void renamed_and_copied_files(void **state)
{
	struct folder_report r;
	char text[4096], cmd[300];

	(void)state;
	add("A", "a");
	add("B", "b");
	add("C", "c");
	mirror();
	snprintf(cmd, sizeof(cmd), "mv %s/a.vcf %s/anna.vcf", folder, folder);
	assert_int_equal(system(cmd), 0);
	r = mirror();
	assert_int_equal(r.in_gone + r.in_new + r.out_new + r.bad, 0);
	assert_true(has("a", "A"));
	nothing(mirror());
	/* Deleting a copy deletes nothing. */
	strcpy(text, slurp("b.vcf"));
	spill("copy.vcf", text);
	r = mirror();
	assert_int_equal(r.bad, 1);
	gone("copy.vcf");
	nothing(mirror());
	assert_true(has("b", "B"));
	/* Renamed and edited at once. */
	gone("c.vcf");
	spill("z.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:c\nFN:C2\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.in_changed, 1);
	assert_int_equal(r.in_gone, 0);
	assert_true(has("c", "C2"));
	nothing(mirror());
	/* From elsewhere, with a UID the store knows but never wrote there. */
	add("D", "d");
	spill("d2.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:d\nFN:D from elsewhere\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.conflicts, 1);
	assert_true(has("d", "D"));
	assert_int_equal(store_count(s, SIM_CONTACT), 5);
	mirror();
	nothing(mirror());
}

static void the_watch_sees_editors_but_not_our_temporary_files(void **state)
{
	struct sim_err e;
	int fd;

	(void)state;
	mirror();
	fd = folder_watch_open(folder, &e);
	assert_true(fd >= 0);
	spill(".tmp.vcf", "x");
	spill("x.txt", "x");
	assert_int_equal(folder_watch_read(fd), 0);
	spill("x.vcf", "x");
	assert_int_equal(folder_watch_read(fd), 1);
	assert_int_equal(folder_watch_read(fd), 0);
	gone("x.vcf");
	assert_int_equal(folder_watch_read(fd), 1);
	gone(".tmp.vcf");
	gone("x.txt");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(folder_watch_read(fd), -1);
	close(fd);
	assert_int_equal(folder_watch_open(folder, &e), -1);
}

/*
 * A disk that keeps of the folder what it held at its latest fsync. Names that
 * were not fsynced are what a power cut takes.
 */
static bool flaky;

int fsync(int fd)
{
	struct stat st, f;
	char cmd[300];

	if (syscall(SYS_fsync, fd))
		return -1;
	if (!flaky || fstat(fd, &st) || !S_ISDIR(st.st_mode) ||
	    stat(folder, &f) || st.st_ino != f.st_ino)
		return 0;
	snprintf(cmd, sizeof(cmd), "rm -rf %s/disk && cp -a %s %s/disk", dir,
		 folder, dir);
	return system(cmd) ? -1 : 0;
}

/* ---- a pass that cannot write, or dies where it would ---------------------- */

static bool dies;

static int full(struct folder_io *io, const char *name, const char *hash,
		const char *text, size_t len, struct folder_stat *st,
		struct sim_err *e)
{
	(void)io;
	(void)hash;
	(void)text;
	(void)len;
	(void)st;
	if (dies)
		_exit(0);
	return sim_fail(e, EX_IOERR, "%s: No space left on device", name);
}

static int pass_unwritten(struct store *st)
{
	struct folder_io_ops ops;
	struct folder_report r;
	struct folder_dir d;
	struct sim_err e;
	int ret;

	if (folder_dir_open(&d, folder, &e))
		return 0;
	ops = *d.io.ops;
	ops.write = full;
	d.io.ops = &ops;
	ret = folder_mirror_io(st, &d.io, &r, &e);
	folder_dir_close(&d);
	return ret;
}

static void pass_killed(void)
{
	struct sim_err e;
	int status;
	pid_t pid;

	/* No process but one has a store open twice. */
	store_close(s);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dies = true;
		s = store_open(path, &e);
		_exit(s ? 1 + pass_unwritten(s) : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s = store_open(path, &e);
	assert_non_null(s);
}

/* readdir(3p): a file added or removed meanwhile may be listed or not. */
struct left_out {
	folder_each each;
	void *arg;
};

static int all_but_a(const char *name, const struct folder_stat *st, void *arg,
		     struct sim_err *e)
{
	struct left_out *l = arg;

	return strcmp(name, "a.vcf") ? l->each(name, st, l->arg, e) : 0;
}

static int (*list_all)(struct folder_io *io, folder_each each, void *arg,
		       struct sim_err *e);

static int list_but_a(struct folder_io *io, folder_each each, void *arg,
		      struct sim_err *e)
{
	struct left_out l = { each, arg };

	return list_all(io, all_but_a, &l, e);
}

static struct folder_report pass_without_a(void)
{
	struct folder_io_ops ops;
	struct folder_report r;
	struct folder_dir d;
	struct sim_err e;

	assert_int_equal(folder_dir_open(&d, folder, &e), 0);
	ops = *d.io.ops;
	list_all = ops.list;
	ops.list = list_but_a;
	d.io.ops = &ops;
	assert_int_equal(folder_mirror_io(s, &d.io, &r, &e), 0);
	folder_dir_close(&d);
	return r;
}

static void what_a_listing_leaves_out_is_looked_for(void **state)
{
	struct folder_report r;

	(void)state;
	add("A", "a");
	add("B", "b");
	mirror();
	nothing(pass_without_a());
	assert_true(has("a", "A"));
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:A2\nEND:VCARD\n");
	nothing(pass_without_a());
	r = mirror();
	assert_int_equal(r.in_changed, 1);
	assert_true(has("a", "A2"));
	gone("a.vcf");
	r = pass_without_a();
	assert_int_equal(r.in_gone, 1);
}

#define NO_UID(fn) "BEGIN:VCARD\nVERSION:3.0\nFN:" fn "\nEND:VCARD\n"

static void a_contact_without_uid_comes_in_once(void **state)
{
	struct folder_report r;

	(void)state;
	mirror();
	spill("otto.vcf", NO_UID("Otto"));
	assert_int_equal(pass_unwritten(s), -1);
	assert_int_equal(pass_unwritten(s), -1);
	pass_killed();
	assert_int_equal(store_count(s, SIM_CONTACT), 1);
	r = mirror();
	assert_int_equal(r.out_changed, 1);
	assert_int_equal(r.in_new + r.in_changed + r.conflicts, 0);
	assert_non_null(strstr(slurp("otto.vcf"), "\nUID:"));
	assert_int_equal(store_count(s, SIM_CONTACT), 1);
	nothing(mirror());
	/* Killed at first sight; edited, still without a UID, before the next. */
	spill("emma.vcf", NO_UID("Emma"));
	pass_killed();
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	spill("emma.vcf", NO_UID("Emma B"));
	r = mirror();
	assert_int_equal(r.in_changed, 1);
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	assert_non_null(strstr(slurp("emma.vcf"), "\nUID:"));
	nothing(mirror());
	/* An editor that takes the UID out, and a kill again. */
	spill("emma.vcf", NO_UID("Emma C"));
	pass_killed();
	mirror();
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	assert_non_null(strstr(slurp("emma.vcf"), "FN:Emma C"));
	nothing(mirror());
}

static void a_twin_is_made_once(void **state)
{
	struct folder_report r;

	(void)state;
	add("A", "a");
	mirror();
	edit("a", "store side");
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:file side\nEND:VCARD\n");
	assert_int_equal(pass_unwritten(s), -1);
	assert_int_equal(pass_unwritten(s), -1);
	pass_killed();
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	r = mirror();
	assert_int_equal(r.conflicts, 0);
	assert_int_equal(r.out_changed, 1);
	assert_int_equal(r.out_new, 1);
	assert_true(has("a", "store side"));
	assert_non_null(strstr(slurp("a.vcf"), "store side"));
	assert_int_equal(store_count(s, SIM_CONTACT), 2);
	nothing(mirror());
	/* Edited again before the store's could be written: an edit like any. */
	edit("a", "store 2");
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:file 2\nEND:VCARD\n");
	pass_killed();
	spill("a.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:a\nFN:file 3\nEND:VCARD\n");
	r = mirror();
	assert_int_equal(r.conflicts, 1);
	assert_true(has("a", "store 2"));
	assert_int_equal(store_count(s, SIM_CONTACT), 4);
}

/* The file system fails to say what is under this name. */
static const char *stale;

int fstatat(int fd, const char *restrict name, struct stat *restrict st,
	    int flags)
{
	if (stale && !strcmp(name, stale)) {
		errno = ESTALE;
		return -1;
	}
	return (int)syscall(SYS_newfstatat, fd, name, st, flags);
}

static void what_cannot_be_looked_at_is_not_gone(void **state)
{
	struct folder_report r;
	struct sim_err e = { 0 };

	(void)state;
	add("A", "a");
	add("B", "b");
	mirror();
	stale = "a.vcf";
	assert_int_equal(folder_mirror(s, folder, &r, &e), -1);
	assert_int_equal(e.code, EX_IOERR);
	assert_non_null(strstr(e.text, "a.vcf"));
	stale = NULL;
	assert_true(has("a", "A"));
	nothing(mirror());
}

static void what_is_no_file_any_more_is_not_gone(void **state)
{
	struct folder_report r;
	char cmd[400];

	(void)state;
	add("A", "a");
	add("B", "b");
	add("C", "c");
	mirror();
	snprintf(cmd, sizeof(cmd),
		 "cd %s && mv a.vcf ../a && ln -s ../a a.vcf && rm b.vcf && mkdir b.vcf d.vcf",
		 folder);
	assert_int_equal(system(cmd), 0);
	r = mirror();
	assert_int_equal(r.bad, 3);
	assert_non_null(strstr(r.bad_why, ".vcf: is no regular file"));
	assert_int_equal(r.in_gone, 0);
	assert_int_equal(store_count(s, SIM_CONTACT), 3);
	/* Nor is it overwritten or removed: changed, gone, new in the store. */
	edit("a", "A2");
	assert_int_equal(store_contact_rm(s, "b", 0, NULL), 0);
	add("D", "d");
	edit("c", "C2");
	r = mirror();
	assert_int_equal(r.bad, 3);
	assert_int_equal(r.out_changed, 1);
	assert_int_equal(r.out_new + r.out_gone, 0);
	assert_non_null(strstr(slurp("../a"), "FN:A\r"));
	/* A file again: the store's turn. */
	snprintf(cmd, sizeof(cmd), "cd %s && mv ../a a.vcf && rmdir d.vcf",
		 folder);
	assert_int_equal(system(cmd), 0);
	r = mirror();
	assert_int_equal(r.out_changed, 1);
	assert_int_equal(r.out_new, 1);
	assert_non_null(strstr(slurp("a.vcf"), "FN:A2"));
	assert_non_null(strstr(slurp("d.vcf"), "FN:D"));
}

static void what_a_killed_pass_left_is_swept(void **state)
{
	static const char half[] =
		".simsync-0f8fad5b-d9cb-469f-a165-70867728950e";
	struct folder_dir other;
	struct sim_err e;

	(void)state;
	mirror();
	spill(half, "BEGIN:VCARD");
	spill(".simsync-notes", "a person's own");
	/* Another process may be about to rename it. */
	assert_int_equal(folder_dir_open(&other, folder, &e), 0);
	assert_null(slurp(half));
	spill(half, "BEGIN:VCARD");
	mirror();
	assert_non_null(slurp(half));
	folder_dir_close(&other);
	mirror();
	assert_null(slurp(half));
	assert_non_null(slurp(".simsync-notes"));
}

static void power_cut(void)
{
	char cmd[300];

	snprintf(cmd, sizeof(cmd), "rm -rf %s && cp -a %s/disk %s", folder, dir,
		 folder);
	assert_int_equal(system(cmd), 0);
}

static void a_power_cut_is_no_edit_of_the_person(void **state)
{
	struct folder_report r;

	(void)state;
	flaky = true;
	add("A", "a");
	add("B", "b");
	add("C", "c");
	add("D", "d");
	r = mirror();
	assert_int_equal(r.out_new, 4);
	power_cut();
	nothing(mirror());
	/* A new file, a newer one, one less. */
	add("E", "e");
	mirror();
	power_cut();
	nothing(mirror());
	assert_true(has("e", "E"));
	edit("a", "A2");
	mirror();
	power_cut();
	nothing(mirror());
	assert_true(has("a", "A2"));
	assert_int_equal(store_contact_rm(s, "b", 0, NULL), 0);
	mirror();
	power_cut();
	nothing(mirror());
	assert_int_equal(store_count(s, SIM_CONTACT), 4);
	flaky = false;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define S(f) { #f ", served", f, setup_served, teardown, NULL }
	const struct CMUnitTest tests[] = {
		T(store_goes_out_and_settles),
		T(files_come_in_and_settle),
		T(both_changed_keeps_both),
		T(an_edit_beats_a_removal_on_the_other_side),
		T(unreadable_files_are_left_alone_and_named),
		T(an_emptied_folder_deletes_nothing),
		T(renamed_and_copied_files),
		T(a_folder_made_anew_deletes_nothing),
		S(store_goes_out_and_settles),
		S(files_come_in_and_settle),
		S(both_changed_keeps_both),
		S(an_edit_beats_a_removal_on_the_other_side),
		S(unreadable_files_are_left_alone_and_named),
		S(an_emptied_folder_deletes_nothing),
		S(renamed_and_copied_files),
		S(a_folder_made_anew_deletes_nothing),
		T(what_a_listing_leaves_out_is_looked_for),
		T(a_contact_without_uid_comes_in_once),
		T(a_twin_is_made_once),
		T(what_cannot_be_looked_at_is_not_gone),
		T(what_is_no_file_any_more_is_not_gone),
		S(what_is_no_file_any_more_is_not_gone),
		T(what_a_killed_pass_left_is_swept),
		S(what_a_killed_pass_left_is_swept),
		T(a_power_cut_is_no_edit_of_the_person),
		S(a_power_cut_is_no_edit_of_the_person),
		T(the_watch_sees_editors_but_not_our_temporary_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
