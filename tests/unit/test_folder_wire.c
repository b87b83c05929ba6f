// SPDX-License-Identifier: MIT
/* What either side of the vCard folder's socket may say to harm the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/folder_wire.h"

/* Types of the protocol, as folder_wire.h lists them. */
enum { OPEN = 1, LIST, READ, WRITE, REMOVE, END, OK = 64, FILE_, NO, FAIL };

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct world {
	char dir[64];
	char folder[96];
	struct folder_dir d;
	int sv[2];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sim_err e;

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/simsync-wire.XXXXXX");
	if (!mkdtemp(w->dir) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, w->sv))
		return -1;
	snprintf(w->folder, sizeof(w->folder), "%s/contacts", w->dir);
	*state = w;
	return folder_dir_open(&w->d, w->folder, &e);
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	folder_dir_close(&w->d);
	close(w->sv[0]);
	close(w->sv[1]);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void put(int fd, uint8_t type, const void *body, uint32_t len)
{
	assert_int_equal(write(fd, &len, 4), 4);
	assert_int_equal(write(fd, &type, 1), 1);
	if (len)
		assert_int_equal(write(fd, body, len), len);
}

static uint8_t get(int fd, char *body, uint32_t *len)
{
	uint8_t type;

	assert_int_equal(read(fd, len, 4), 4);
	assert_int_equal(read(fd, &type, 1), 1);
	if (*len)
		assert_int_equal(recv(fd, body, *len, MSG_WAITALL), *len);
	body[*len] = '\0';
	return type;
}

static int serve(struct world *w, struct sim_err *e)
{
	char text[FOLDER_TEXT_MAX];

	*e = (struct sim_err){ 0 };
	return folder_wire_serve(w->sv[0], &w->d.io, text, e);
}

static void spill(struct world *w, const char *name, const char *text)
{
	char p[200];
	FILE *f;

	snprintf(p, sizeof(p), "%s/%s", w->folder, name);
	f = fopen(p, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool there(struct world *w, const char *name)
{
	char p[200];

	snprintf(p, sizeof(p), "%s/%s", w->folder, name);
	return access(p, F_OK) == 0;
}

static void a_worker_reaches_no_other_files(void **state)
{
#define B(s) s, sizeof(s) - 1
	static const struct {
		uint8_t type;
		const char *body;
		uint32_t len;
	} bad[] = {
		{ READ, B("../outside.vcf") },
		{ READ, B("/etc/x.vcf") },
		{ READ, B("a/b.vcf") },
		{ READ, B(".hidden.vcf") },
		{ READ, B("notes.txt") },
		{ READ, B(".vcf") },
		{ READ, B("") },
		{ READ, B("a.vcf\0/../b.vcf") },
		{ READ, B("line\n.vcf") },
		{ WRITE, B("\0../outside.vcf\0x") },
		{ WRITE, B("\0notes.txt\0x") },
		{ WRITE, B("") },
		{ WRITE, B("\0") },
		{ WRITE, B("\0a.vcf") }, /* no text at all */
		{ WRITE, B("xyz\0a.vcf\0x") },
		{ WRITE, B(HASH "0\0a.vcf\0x") },
		{ REMOVE, B(HASH "\0../outside.vcf") },
		{ REMOVE, B("\0in.vcf") }, /* what was never seen */
		{ REMOVE, B(HASH "\0in.vcf\0") },
		{ REMOVE, B(HASH) },
		{ LIST, B("x") },
		{ OPEN, B("x") },
		{ OK, B("") },
		{ 0, B("") },
		{ 255, B("") },
	};
	struct world *w = *state;
	struct sim_err e;
	char out[96];
	size_t i;
	FILE *f;

	spill(w, "in.vcf", "");
	snprintf(out, sizeof(out), "%s/outside.vcf", w->dir);
	f = fopen(out, "w");
	assert_non_null(f);
	fclose(f);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(w->sv[1], bad[i].type, bad[i].body, bad[i].len);
		assert_int_equal(serve(w, &e), -1);
		if (e.code != EX_PROTOCOL)
			fail_msg("case %zu: %d %s", i, e.code, e.text);
	}
	assert_int_equal(access(out, F_OK), 0);
	assert_true(there(w, "in.vcf"));
	assert_false(there(w, "notes.txt"));
	assert_false(there(w, "a.vcf"));
}

static void links_and_pipes_are_not_followed(void **state)
{
	struct world *w = *state;
	char a[200], b[200], body[600];
	struct sim_err e;
	uint32_t len;
	int i;

	snprintf(a, sizeof(a), "%s/secret", w->dir);
	snprintf(b, sizeof(b), "%s/link.vcf", w->folder);
	assert_int_equal(symlink(a, b), 0);
	snprintf(b, sizeof(b), "%s/pipe.vcf", w->folder);
	assert_int_equal(mkfifo(b, 0600), 0);
	put(w->sv[1], LIST, NULL, 0);
	put(w->sv[1], READ, "link.vcf", 8);
	put(w->sv[1], READ, "pipe.vcf", 8);
	put(w->sv[1], END, "", 0);
	assert_int_equal(serve(w, &e), 0);
	/* Both are listed as no file; reading either fails without a wait. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(get(w->sv[1], body, &len), FILE_);
		assert_int_equal(len, 16 + 8);
		assert_memory_equal(body + 8, "\377\377\377\377\377\377\377\377",
				    8);
	}
	assert_int_equal(get(w->sv[1], body, &len), OK);
	assert_int_equal(get(w->sv[1], body, &len), FAIL);
	assert_int_equal(get(w->sv[1], body, &len), FAIL);
}

static void only_what_was_seen_is_overwritten(void **state)
{
	static const char fresh[] = "\0a.vcf\0new", old[] = HASH "\0a.vcf\0new";
	struct world *w = *state;
	struct sim_err e;
	char body[600];
	uint32_t len;

	/* HASH is SHA-256 of nothing (FIPS 180-4): the empty file. */
	spill(w, "a.vcf", "somebody's");
	put(w->sv[1], WRITE, fresh, sizeof(fresh) - 1);
	put(w->sv[1], WRITE, old, sizeof(old) - 1);
	put(w->sv[1], REMOVE, HASH "\0a.vcf", sizeof(HASH) + 5);
	put(w->sv[1], END, "", 0);
	assert_int_equal(serve(w, &e), 0);
	assert_int_equal(get(w->sv[1], body, &len), NO);
	assert_int_equal(get(w->sv[1], body, &len), NO);
	assert_int_equal(get(w->sv[1], body, &len), NO);
	spill(w, "a.vcf", "");
	put(w->sv[1], WRITE, old, sizeof(old) - 1);
	put(w->sv[1], READ, "a.vcf", 5);
	put(w->sv[1], REMOVE, HASH "\0a.vcf", sizeof(HASH) + 5);
	put(w->sv[1], END, "", 0);
	assert_int_equal(serve(w, &e), 0);
	assert_int_equal(get(w->sv[1], body, &len), OK);
	assert_int_equal(len, 16);
	assert_int_equal(get(w->sv[1], body, &len), OK);
	assert_int_equal(len, 19);
	assert_memory_equal(body + 16, "new", 3);
	assert_int_equal(get(w->sv[1], body, &len), NO);
	assert_true(there(w, "a.vcf"));
}

static void a_length_beyond_any_vcard_is_refused(void **state)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, READ };
	struct world *w = *state;
	struct sim_err e;

	assert_int_equal(write(w->sv[1], huge, sizeof(huge)), sizeof(huge));
	assert_int_equal(serve(w, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
}

static void a_worker_cut_off_changes_nothing(void **state)
{
	static const uint8_t half[] = { 200, 0, 0, 0, WRITE, 0, 'a', '.', 'v' };
	struct world *w = *state;
	struct sim_err e;

	assert_int_equal(write(w->sv[1], half, sizeof(half)), sizeof(half));
	shutdown(w->sv[1], SHUT_WR);
	assert_int_equal(serve(w, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_false(there(w, "a.vcf"));
}

static void what_the_worker_prints_is_printable(void **state)
{
	char text[FOLDER_TEXT_MAX], longer[FOLDER_TEXT_MAX];
	struct world *w = *state;
	struct sim_err e;

	put(w->sv[1], END, "1\033[2J\n2", 7);
	assert_int_equal(folder_wire_serve(w->sv[0], &w->d.io, text, &e), 0);
	assert_string_equal(text, "1?[2J\n2");
	memset(longer, 'x', sizeof(longer));
	put(w->sv[1], END, longer, sizeof(longer));
	assert_int_equal(folder_wire_serve(w->sv[0], &w->d.io, text, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
}

/* ---- the other way: an owner's process that lies ------------------------ */

static int none(const char *name, const struct folder_stat *st, void *arg,
		struct sim_err *e)
{
	(void)name;
	(void)st;
	(void)arg;
	(void)e;
	return 0;
}

static void open_worker(struct world *w, struct folder_wire *fw)
{
	struct sim_err e = { 0 };
	char body[64];
	uint32_t len;

	put(w->sv[1], OK, "\0", 1);
	if (folder_wire_open(fw, w->sv[0], "/f", &e))
		fail_msg("%s", e.text);
	assert_int_equal(get(w->sv[1], body, &len), OPEN);
}

static void names_are_checked_by_the_worker_too(void **state)
{
	static const struct {
		const char *body;
		uint32_t len;
	} bad[] = {
		{ B("0000000000000000") },
		{ B("00000000000000") },
		{ B("0000000000000000../x.vcf") },
		{ B("0000000000000000x.vcf\0y") },
		{ B("0000000000000000x.txt") },
		{ B("00000000\376\377\377\377\377\377\377\377x.vcf") }, /* size -2 */
		{ B("00000000\377\377\377\377\377\377\377\377") }, /* no name */
	};
	struct world *w = *state;
	struct folder_wire fw;
	char body[64];
	uint32_t len;
	size_t i;

	open_worker(w, &fw);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_err e = { 0 };

		put(w->sv[1], FILE_, bad[i].body, bad[i].len);
		assert_int_equal(fw.io.ops->list(&fw.io, none, NULL, &e), -1);
		assert_int_equal(e.code, EX_PROTOCOL);
		assert_int_equal(get(w->sv[1], body, &len), LIST);
	}
}

static void a_short_or_wrong_answer_is_an_error(void **state)
{
	struct world *w = *state;
	struct folder_wire fw;
	struct folder_stat st;
	struct sim_err e;
	size_t len;
	char *text;

	open_worker(w, &fw);
	put(w->sv[1], OK, "short", 5);
	assert_int_equal(fw.io.ops->read(&fw.io, "a.vcf", &text, &len, &st, &e),
			 -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	put(w->sv[1], FILE_, "short", 5);
	assert_int_equal(fw.io.ops->remove(&fw.io, "a.vcf", HASH, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	put(w->sv[1], FAIL, "\1", 1);
	assert_int_equal(fw.io.ops->remove(&fw.io, "a.vcf", HASH, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	put(w->sv[1], FAIL, "\115\0\0\0no \033[0m", 11);
	assert_int_equal(fw.io.ops->remove(&fw.io, "a.vcf", HASH, &e), -1);
	assert_int_equal(e.code, 77);
	assert_string_equal(e.text, "no ?[0m");
	put(w->sv[1], OK, "0000000000000000", 16);
	assert_int_equal(fw.io.ops->read(&fw.io, "a.vcf", &text, &len, &st, &e),
			 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
	shutdown(w->sv[1], SHUT_WR);
	assert_int_equal(fw.io.ops->remove(&fw.io, "a.vcf", HASH, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
}

static void a_terminal_is_no_folder(void **state)
{
	struct folder_wire fw;
	struct sim_err e = { 0 };
	int p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(folder_wire_open(&fw, p[1], "/f", &e), -1);
	assert_int_equal(e.code, EX_USAGE);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_worker_reaches_no_other_files),
		T(links_and_pipes_are_not_followed),
		T(only_what_was_seen_is_overwritten),
		T(a_length_beyond_any_vcard_is_refused),
		T(a_worker_cut_off_changes_nothing),
		T(what_the_worker_prints_is_printable),
		T(names_are_checked_by_the_worker_too),
		T(a_short_or_wrong_answer_is_an_error),
		T(a_terminal_is_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
