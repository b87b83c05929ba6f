// SPDX-License-Identifier: MIT
/*
 * test_bad_vcards.c - vCards as people really have them, the whole way: from a
 * folder into the store, over the engine onto a card and a server, and back.
 * What can be read arrives, nothing of a file is lost, nothing else stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine_world.h"
#include "model/vcard.h"
#include "store/folder.h"
#include "store/store.h"

#define PHOTO_BYTES 13400000 /* 10 MB in base64 */

struct bad {
	struct world *w;
	char dir[64], folder[96];
	struct store *s;
	struct sim_replica *local;
	struct folder_report r;
	struct sim_err e;
};

static int begin(void **state)
{
	struct bad *b = calloc(1, sizeof(*b));
	char path[96];
	void *w;

	strcpy(b->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(b->dir) || setup(&w))
		return -1;
	b->w = w;
	snprintf(path, sizeof(path), "%s/store.db", b->dir);
	snprintf(b->folder, sizeof(b->folder), "%s/contacts", b->dir);
	b->s = store_open(path, &b->e);
	b->local = b->s ? store_replica(b->s, &b->e) : NULL;
	if (!b->local || mkdir(b->folder, 0700))
		return -1;
	b->w->r[1] = b->local;
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bad *b = *state;
	void *w = b->w;
	char cmd[96];
	int r;

	b->local->ops->free(b->local);
	store_close(b->s);
	teardown(&w);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", b->dir);
	r = system(cmd);
	free(b);
	return r;
}

static void spill(struct bad *b, const char *name, const char *text, size_t n)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static bool is(struct bad *b, const char *name, const char *text, size_t n)
{
	char path[160], *have = malloc(n + 1);
	bool same;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	f = fopen(path, "re");
	assert_non_null(f);
	same = fread(have, 1, n + 1, f) == n && !memcmp(have, text, n);
	fclose(f);
	free(have);
	return same;
}

static void mirror(struct bad *b)
{
	if (folder_mirror(b->s, b->folder, &b->r, &b->e))
		fail_msg("%s", b->e.text);
}

/* Folder, run, folder; nothing goes, and a second time nothing happens. */
static void all_the_way(struct bad *b)
{
	mirror(b);
	run(b->w);
	assert_int_equal(b->w->rep.deleted, 0);
	assert_int_equal(b->w->rep.failed, 0);
	mirror(b);
	assert_int_equal(b->r.in_gone + b->r.out_gone + b->r.conflicts, 0);
	run(b->w);
	assert_int_equal(b->w->rep.created + b->w->rep.updated +
				 b->w->rep.deleted + b->w->rep.seen, 0);
	mirror(b);
	assert_int_equal(b->r.in_new + b->r.in_changed + b->r.in_gone +
				 b->r.out_new + b->r.out_changed +
				 b->r.out_gone + b->r.conflicts, 0);
}

#define CARD(version, uid, rest)                                               \
	"BEGIN:VCARD\r\nVERSION:" version "\r\nUID:" uid "\r\n" rest           \
	"END:VCARD\r\n"

static void each_encoding_people_have_is_read_and_kept(void **state)
{
	static const struct {
		const char *file, *text, *name;
	} t[] = {
		{ "utf8.vcf", CARD("3.0", "enc-1-aaaaaaaaaa", "FN:Jörg\r\nTEL:+491701\r\n"), "Jörg" },
		/* No charset said: Latin-1, as old phones wrote. */
		{ "latin1.vcf", CARD("3.0", "enc-2-aaaaaaaaaa", "FN:J\xf6rg L\r\nTEL:+491702\r\n"), "Jörg L" },
		/* Said to be Latin-1, and is UTF-8. */
		{ "lie.vcf", CARD("2.1", "enc-3-aaaaaaaaaa", "FN;CHARSET=ISO-8859-1:J\xc3\xb6rg M\r\nTEL:+491703\r\n"), "Jörg M" },
		/* Said to be UTF-8, and is Latin-1. */
		{ "lie2.vcf", CARD("2.1", "enc-4-aaaaaaaaaa", "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=F6rg N\r\nTEL:+491704\r\n"), "Jörg N" },
		/* What Russian phones wrote (Анна in windows-1251, Олег in KOI8-R). */
		{ "cp1251.vcf", CARD("2.1", "enc-5-aaaaaaaaaa", "FN;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C0=ED=ED=E0\r\nTEL:+491705\r\n"), "Анна" },
		{ "koi8.vcf", CARD("2.1", "enc-6-aaaaaaaaaa", "FN;CHARSET=KOI8-R:\xef\xcc\xc5\xc7\r\nTEL:+491706\r\n"), "Олег" },
		/* € is in 8859-15, not in 8859-1. */
		{ "latin9.vcf", CARD("2.1", "enc-7-aaaaaaaaaa", "FN;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-15:Bank =A4\r\nTEL:+491707\r\n"), "Bank €" },
		/* A charset nobody knows. */
		{ "odd.vcf", CARD("2.1", "enc-8-aaaaaaaaaa", "FN;CHARSET=X-MARS:J\xf6rg O\r\nTEL:+491708\r\n"), "Jörg O" },
		/* Quoted-printable that is none. */
		{ "noqp.vcf", CARD("2.1", "enc-9-aaaaaaaaaa", "FN;ENCODING=QUOTED-PRINTABLE:a=ZZb=4\r\nTEL:+491709\r\n"), "a=ZZb=4" },
	};
	const size_t n = sizeof(t) / sizeof(t[0]);
	struct bad *b = *state;

	for (size_t i = 0; i < n; i++)
		spill(b, t[i].file, t[i].text, strlen(t[i].text));
	all_the_way(b);
	assert_int_equal(b->r.bad, 0);
	assert_int_equal(mem_count(b->w->card), n);
	assert_int_equal(mem_count(b->w->remote), n);
	for (size_t i = 0; i < n; i++) {
		char want[64];

		snprintf(want, sizeof(want), "FN:%s\n", t[i].name);
		if (!mem_with(b->w->card, want) || !mem_with(b->w->remote, want))
			fail_msg("%s is not on card and server as %s",
				 t[i].file, t[i].name);
		assert_true(is(b, t[i].file, t[i].text, strlen(t[i].text)));
	}
}

static void an_edit_of_one_in_another_charset_keeps_the_rest(void **state)
{
	static const char text[] = CARD("2.1", "enc-5-aaaaaaaaaa",
		"FN;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C0=ED=ED=E0\r\n"
		"NOTE;CHARSET=KOI8-R:\xef\xcc\xc5\xc7\r\nTEL:+491705\r\n");
	struct bad *b = *state;
	struct mem_rec *k;
	char path[160], have[1024];
	size_t n;
	FILE *f;

	spill(b, "a.vcf", text, strlen(text));
	all_the_way(b);
	k = mem_with(b->w->card, "Анна");
	assert_non_null(k);
	mem_set(b->w->card, k->ref, NULL, "FN:Анна\nTEL:+491799\n");
	run(b->w);
	mirror(b);
	snprintf(path, sizeof(path), "%s/a.vcf", b->folder);
	f = fopen(path, "re");
	n = fread(have, 1, sizeof(have) - 1, f);
	fclose(f);
	have[n] = '\0';
	assert_non_null(strstr(have, "TEL:+491799"));
	assert_non_null(strstr(have, ":=C0=ED=ED=E0\r\n"));
	assert_non_null(strstr(have, "NOTE;CHARSET=KOI8-R:\xef\xcc\xc5\xc7\r\n"));
}

static char *with_photo(size_t *n)
{
	char *text = malloc(PHOTO_BYTES + 1000000);
	size_t at;

	at = (size_t)sprintf(text, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:photo-aaaaaaaaaaaa\r\nFN:Photo\r\nTEL:+491701\r\nPHOTO;ENCODING=b;TYPE=JPEG:");
	for (size_t k = 0; k < PHOTO_BYTES; k += 72) {
		memset(text + at, 'A' + (char)(k % 26), 72);
		memcpy(text + at + 72, "\r\n ", 3);
		at += 75;
	}
	at += (size_t)sprintf(text + at, "AA==\r\nEND:VCARD\r\n");
	*n = at;
	return text;
}

static void ten_megabytes_of_photo_reach_the_server_and_the_name_the_card(
	void **state)
{
	struct bad *b = *state;
	struct mem_rec *k;
	const char *photo;
	size_t n;
	char *text = with_photo(&n);

	spill(b, "photo.vcf", text, n);
	all_the_way(b);
	assert_int_equal(b->r.bad, 0);
	assert_has(b->w->card, "rec/0", "FN:Photo\nTEL:+491701\n");
	k = mem_find(b->w->remote, "rec/0");
	assert_non_null(k);
	photo = sim_item_get(&k->item, "PHOTO");
	assert_non_null(photo);
	assert_true(strlen(photo) > PHOTO_BYTES);
	assert_true(is(b, "photo.vcf", text, n));
	free(text);
}

static void ten_thousand_properties_are_no_matter(void **state)
{
	struct bad *b = *state;
	char *text = malloc(400000);
	size_t at;

	at = (size_t)sprintf(text, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:many-aaaaaaaaaaaaa\r\nFN:Many\r\n");
	for (int i = 0; i < 9995; i++)
		at += (size_t)sprintf(text + at, "TEL;TYPE=WORK:+49170%05d\r\n", i);
	at += (size_t)sprintf(text + at, "END:VCARD\r\n");
	spill(b, "many.vcf", text, at);
	all_the_way(b);
	assert_int_equal(b->r.bad, 0);
	assert_has(b->w->card, "rec/0", "FN:Many\nTEL:+4917000000\n");
	assert_int_equal(mem_find(b->w->remote, "rec/0")->item.n, 9996);
	assert_true(is(b, "many.vcf", text, at));
	free(text);
}

static void without_a_name_a_number_goes_on_the_card_and_gets_none(void **state)
{
	static const char number[] = CARD("3.0", "noname-1-aaaaaaa", "FN:\r\nN:;;;;\r\nTEL:+491701\r\n");
	static const char mail[] = CARD("3.0", "noname-2-aaaaaaa", "EMAIL:a@example.org\r\n");
	static const char nothing[] = CARD("3.0", "noname-3-aaaaaaa", "");
	struct bad *b = *state;

	spill(b, "number.vcf", number, strlen(number));
	spill(b, "mail.vcf", mail, strlen(mail));
	spill(b, "nothing.vcf", nothing, strlen(nothing));
	all_the_way(b);
	assert_int_equal(mem_count(b->w->card), 1);
	assert_has(b->w->card, "rec/0", "TEL:+491701\n");
	assert_non_null(mem_with(b->w->remote, "a@example.org"));
	assert_true(is(b, "number.vcf", number, strlen(number)));
	assert_true(is(b, "mail.vcf", mail, strlen(mail)));
	assert_true(is(b, "nothing.vcf", nothing, strlen(nothing)));
}

static void two_files_with_one_uid_lose_nobody(void **state)
{
	static const char anna[] = CARD("3.0", "1", "FN:Anna\r\nTEL:+491701\r\n");
	static const char bert[] = CARD("3.0", "1", "FN:Bert\r\nTEL:+491702\r\n");
	struct bad *b = *state;
	bool both, left;

	spill(b, "anna.vcf", anna, strlen(anna));
	spill(b, "bert.vcf", bert, strlen(bert));
	mirror(b);
	/* Taken with another UID, or left alone and named: never one for both. */
	both = store_count(b->s, SIM_CONTACT) == 2;
	left = b->r.bad == 1 && store_count(b->s, SIM_CONTACT) == 1;
	assert_true(both || left);
	all_the_way(b);
	assert_true(is(b, "anna.vcf", anna, strlen(anna)));
	if (left)
		assert_true(is(b, "bert.vcf", bert, strlen(bert)));
	assert_non_null(mem_with(b->w->card, "Anna"));
	assert_int_equal(mem_count(b->w->card), both ? 2 : 1);
}

static void what_is_no_vcard_is_named_and_stops_nobody(void **state)
{
	static const char utf16[] = "\xff\xfe" "B\0E\0G\0I\0N\0:\0V\0C\0A\0R\0D\0\n\0";
	static const char cut[] = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Geheim\r\n";
	static const char good[] = CARD("3.0", "good-aaaaaaaaaaaa", "FN:Good\r\nTEL:+491701\r\n");
	struct bad *b = *state;

	spill(b, "utf16.vcf", utf16, sizeof(utf16) - 1);
	spill(b, "cut.vcf", cut, strlen(cut));
	spill(b, "empty.vcf", "", 0);
	spill(b, "good.vcf", good, strlen(good));
	mirror(b);
	assert_int_equal(b->r.bad, 3);
	assert_non_null(strstr(b->r.bad_why, ".vcf"));
	/* The file and the line, never what it holds. */
	assert_null(strstr(b->r.bad_why, "Geheim"));
	all_the_way(b);
	assert_has(b->w->card, "rec/0", "FN:Good\nTEL:+491701\n");
	assert_true(is(b, "utf16.vcf", utf16, sizeof(utf16) - 1));
	assert_true(is(b, "cut.vcf", cut, strlen(cut)));
	assert_true(is(b, "empty.vcf", "", 0));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(each_encoding_people_have_is_read_and_kept),
		T(an_edit_of_one_in_another_charset_keeps_the_rest),
		T(ten_megabytes_of_photo_reach_the_server_and_the_name_the_card),
		T(ten_thousand_properties_are_no_matter),
		T(without_a_name_a_number_goes_on_the_card_and_gets_none),
		T(two_files_with_one_uid_lose_nobody),
		T(what_is_no_vcard_is_named_and_stops_nobody),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
