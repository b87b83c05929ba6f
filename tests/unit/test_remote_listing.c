// SPDX-License-Identifier: MIT
/* What an address book is taken to hold, from answers of any kind (RFC 6578, 4918). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/canned.h"
#include "unit/memshelf.h"

static struct canned srv;
static struct sim_shelf *shelf;

static int up(void **state)
{
	(void)state;
	canned_start(&srv);
	return 0;
}

static int down(void **state)
{
	(void)state;
	canned_stop(&srv);
	return 0;
}

static struct sim_changes changes(const char *since)
{
	struct sim_changes out = { .shelf = shelf };
	struct sim_err e = { 0 };

	if (carddav_changes(&srv.book, since, &out, &e))
		fail_msg("%s", e.text);
	return out;
}

static const struct sim_record *at(const struct sim_changes *c, const char *ref)
{
	const struct sim_record *hit = NULL;

	for (size_t i = 0; i < c->n; i++) {
		assert_int_equal(sim_record_wake(c->shelf, &c->rec[i]), 0);
		if (strcmp(c->rec[i].ref, ref))
			continue;
		if (hit)
			fail_msg("%s twice", ref);
		hit = &c->rec[i];
	}
	return hit;
}

static int up_with_shelf(void **state)
{
	shelf = memshelf();
	return up(state);
}

static int down_with_shelf(void **state)
{
	shelf_close(shelf);
	shelf = NULL;
	return down(state);
}

/* RFC 6578 3.6: a member that changed between two pages is in both. */
static void of_a_member_in_two_pages_the_last_word_counts(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_multi(&srv, 0,
		     MEMBER("/c/a.vcf", FOUND(ETAG("1") CARD("A")))
		     MEMBER("/c/b.vcf", FOUND(ETAG("1") CARD("B")))
		     MEMBER("/c/d.vcf", STATUS("404 Not Found"))
		     MEMBER("/c/e.vcf", FOUND(ETAG("1")))
		     MORE TOKEN("t1"));
	canned_multi(&srv, 1,
		     MEMBER("/c/a.vcf", FOUND(ETAG("2") CARD("A2")))
		     MEMBER("/c/b.vcf", STATUS("404 Not Found"))
		     MEMBER("/c/d.vcf", FOUND(ETAG("2") CARD("D")))
		     MEMBER("/c/e.vcf", FOUND(ETAG("2")))
		     MEMBER("/c/f.vcf", FOUND(ETAG("1") CARD("F")))
		     TOKEN("t2"));
	/* One request for the one known by ETag only. */
	canned_multi(&srv, 2, MEMBER("/c/e.vcf", FOUND(ETAG("2") CARD("E"))));
	c = changes(NULL);
	assert_int_equal(srv.f.requests, 3);
	assert_true(c.whole);
	assert_int_equal(c.n, 4);
	assert_int_equal(c.total, 4);
	assert_int_equal(c.ngone, 0);
	assert_string_equal(at(&c, "/c/a.vcf")->version, "\"2\"");
	assert_string_equal(sim_item_get(&at(&c, "/c/a.vcf")->item, "FN"), "A2");
	assert_null(at(&c, "/c/b.vcf"));
	assert_non_null(at(&c, "/c/d.vcf"));
	assert_non_null(at(&c, "/c/e.vcf"));
	assert_string_equal(c.token, "s:4:t2");
	sim_changes_free(&c);
}

static void of_a_change_told_twice_the_last_word_counts(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_multi(&srv, 0,
		     MEMBER("/c/a.vcf", STATUS("404 Not Found"))
		     MEMBER("/c/b.vcf", FOUND(ETAG("2") CARD("B")))
		     MEMBER("/c/c.vcf", STATUS("404 Not Found"))
		     MEMBER("/c/c.vcf", STATUS("410 Gone"))
		     MEMBER("/c/a.vcf", FOUND(ETAG("2") CARD("A")))
		     MEMBER("/c/b.vcf", STATUS("404 Not Found"))
		     TOKEN("t2"));
	c = changes("s:5:t1");
	assert_false(c.whole);
	assert_int_equal(c.n, 1);
	assert_non_null(at(&c, "/c/a.vcf"));
	assert_int_equal(c.ngone, 2);
	assert_string_not_equal(c.gone[0], c.gone[1]);
	sim_changes_free(&c);
}

/* The servers without sync-collection: ctag, then PROPFIND. */
static void a_member_listed_twice_by_propfind_is_one(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_say(&srv, 0, "403 Forbidden", "");
	canned_multi(&srv, 1, MEMBER("/c/", FOUND("<resourcetype><collection/></resourcetype>")));
	canned_multi(&srv, 2,
		     MEMBER("/c/", FOUND("<resourcetype><collection/></resourcetype>"))
		     MEMBER("/c/a.vcf", FOUND(ETAG("1")))
		     MEMBER("/c/%61.vcf", FOUND(ETAG("1"))));
	canned_multi(&srv, 3, MEMBER("/c/a.vcf", FOUND(ETAG("1") CARD("A"))));
	c = changes(NULL);
	assert_true(c.whole);
	assert_int_equal(c.n, 1);
	sim_changes_free(&c);
}

#define NOT_FOUND(props) "<propstat><prop>" props "</prop><status>HTTP/1.1 404 Not Found</status></propstat>"

/* RFC 4918 14.22: a propstat's 404 says the property is not there; the member is. */
static void a_member_without_etag_is_a_problem_not_a_deletion(void **state)
{
	static const char *const says[] = {
		NOT_FOUND("<getetag/><C:address-data/>"),
		FOUND("") NOT_FOUND("<getetag/>"),
		FOUND("<C:address-data/>"),
		"",
	};
	struct sim_changes c;
	char body[600];

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		const struct sim_record *b;

		snprintf(body, sizeof(body), "%s<response><href>/c/b.vcf</href>%s</response>%s",
			 MEMBER("/c/a.vcf", FOUND(ETAG("1") CARD("A"))),
			 says[i], TOKEN("t1"));
		canned_multi(&srv, 0, body);
		c = changes(NULL);
		assert_true(c.whole);
		assert_int_equal(c.n, 2);
		b = at(&c, "/c/b.vcf");
		assert_non_null(b);
		assert_non_null(strstr(b->problem, "b.vcf on the server"));
		assert_non_null(strstr(b->problem, "no ETag"));
		sim_changes_free(&c);
	}
}

/* The same in a multiget: what it does not hand out is had by GET. */
static void a_card_the_multiget_lacks_is_not_gone(void **state)
{
	struct dav_text_item *item = calloc(2, sizeof(*item));
	struct sim_err e = { 0 };

	(void)state;
	item[0].path = strdup("/c/a.vcf");
	item[1].path = strdup("/c/b.vcf");
	for (size_t i = 0; i < 2; i++)
		canned_multi(&srv, i,
			     MEMBER("/c/a.vcf", NOT_FOUND("<getetag/><C:address-data/>"))
			     MEMBER("/c/b.vcf", STATUS("404 Not Found")));
	canned_say(&srv, 2, "200 OK\r\nETag: \"7\"", "BEGIN:VCARD\r\n");
	if (carddav_fetch(&srv.book, item, 2, NULL, NULL, &e))
		fail_msg("%s", e.text);
	assert_string_equal(item[0].etag, "\"7\"");
	assert_string_equal(item[0].data, "BEGIN:VCARD\r\n");
	assert_null(item[1].etag);
	carddav_items_free(item, 2);
}

static void a_file_of_ours_without_etag_ends_the_listing(void **state)
{
	struct sim_err e = { 0 };
	struct dav_files f;

	(void)state;
	canned_multi(&srv, 0,
		     MEMBER("/f/notes.txt", NOT_FOUND("<getetag/>"))
		     MEMBER("/f/m-x-2025-01.ndjson", NOT_FOUND("<getetag/>")));
	assert_int_equal(webdav_list(&srv.folder, &f, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	assert_non_null(strstr(e.text, "m-x-2025-01.ndjson"));
	/* Others' files are not ours to complain of; what went is gone. */
	canned_multi(&srv, 0,
		     MEMBER("/f/notes.txt", STATUS("403 Forbidden"))
		     MEMBER("/f/m-x-2025-02.ndjson", STATUS("404 Not Found"))
		     MEMBER("/f/m-x-2025-03.ndjson", FOUND(ETAG("1")))
		     MEMBER("/f/m-x-2025-03.ndjson", FOUND(ETAG("2"))));
	if (webdav_list(&srv.folder, &f, &e))
		fail_msg("%s", e.text);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.file[0].name, "m-x-2025-03.ndjson");
	assert_string_equal(f.file[0].etag, "\"2\"");
	webdav_files_free(&f);
}

/* RFC 4918 8.3: an href is a URI or an absolute path; these name nothing. */
static void an_empty_href_is_refused(void **state)
{
	static const char *const href[] = { "", "?x", "#a" };
	char body[200];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_changes c = { 0 };
		struct sim_err e = { 0 };
		struct dav_files f;

		snprintf(body, sizeof(body),
			 "<response><href>%s</href>" FOUND(ETAG("1")) "</response>" TOKEN("t"),
			 href[i]);
		canned_multi(&srv, 0, body);
		assert_int_equal(carddav_changes(&srv.book, NULL, &c, &e), -1);
		assert_int_equal(e.code, EX_PROTOCOL);
		assert_non_null(strstr(e.text, "empty href"));
		assert_int_equal(webdav_list(&srv.folder, &f, &e), -1);
		assert_int_equal(e.code, EX_PROTOCOL);
	}
}

#define NUMBER "89490200001234567890"

static void is_short(const char *sentence)
{
	if (strstr(sentence, "0123456789") || !strstr(sentence, "card-...7890.json on the server"))
		fail_msg("%s", sentence);
}

/* With `identifiers` files are called by it; sentences go to anybody. */
static void no_sentence_has_the_number_of_a_card(void **state)
{
	static const char *const heads[] = {
		"403 Forbidden", "500 Oops", "200 OK", "418 Tea",
		"301 Moved\r\nLocation: https://other/f/card-" NUMBER ".json",
	};
	static const char *const lists[] = {
		MEMBER("/f/card-" NUMBER ".json", STATUS("403 Forbidden")),
		MEMBER("/f/card-" NUMBER ".json", NOT_FOUND("<getetag/>")),
	};
	struct sim_err e = { 0 };
	struct sim_changes c;
	struct dav_files f;
	char *text, *etag;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		canned_say(&srv, 0, heads[i], "x");
		assert_int_equal(webdav_get(&srv.folder, "card-" NUMBER ".json",
					    10, &text, &len, &etag, &e), -1);
		is_short(e.text);
		if (i == 4)
			assert_non_null(strstr(e.text, "moved to https://other/f/:"));
	}
	/* Longer than allowed; torn. */
	canned_say(&srv, 0, "200 OK", "0123456789ab");
	assert_int_equal(webdav_get(&srv.folder, "card-" NUMBER ".json", 10,
				    &text, &len, &etag, &e), -1);
	is_short(e.text);
	srv.f.script = NULL;
	srv.f.canned = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
	assert_int_equal(webdav_get(&srv.folder, "card-" NUMBER ".json", 10,
				    &text, &len, &etag, &e), -1);
	is_short(e.text);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		canned_multi(&srv, 0, lists[i]);
		assert_int_equal(webdav_list(&srv.folder, &f, &e), -1);
		is_short(e.text);
	}
	canned_multi(&srv, 0, MEMBER("/f/card-" NUMBER ".json", FOUND(ETAG("1")))
			      MEMBER("/f/card-h-0011223344556677.json", FOUND(ETAG("1"))));
	canned_say(&srv, 1, "200 OK\r\nETag: \"1\"", "{\"form\":");
	if (info_changes(&srv.folder, NULL, &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c.n, 2);
	is_short(c.rec[0].problem);
	/* One that is hidden is nobody's, and its file is to be found. */
	assert_non_null(strstr(c.rec[1].problem, "card-h-0011223344556677.json"));
	sim_changes_free(&c);
}

/* It would go into If-Match, and what is behind the line's end with it. */
static void an_etag_of_two_lines_is_none(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_multi(&srv, 0,
		     MEMBER("/c/a.vcf", FOUND("<getetag>\"1\"&#13;&#10;X-Evil: 1</getetag>" CARD("A")))
		     MEMBER("\n /c/b.vcf\n", FOUND("<getetag>\n \"1\"\n</getetag>" CARD("B")))
		     TOKEN("t1"));
	c = changes(NULL);
	assert_int_equal(c.n, 2);
	assert_non_null(at(&c, "/c/a.vcf")->problem);
	assert_non_null(strstr(at(&c, "/c/a.vcf")->problem, "no ETag"));
	/* Lines around it are the document's. */
	assert_null(at(&c, "/c/b.vcf")->problem);
	assert_string_equal(at(&c, "/c/b.vcf")->version, "\"1\"");
	sim_changes_free(&c);
}

/* RFC 9112 4: a status code is three digits; anything else says nothing. */
static void only_a_status_of_three_digits_counts(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_multi(&srv, 0,
		     MEMBER("/c/a.vcf", STATUS("4294967700 No"))
		     MEMBER("/c/b.vcf", STATUS("-404 No"))
		     TOKEN("t1"));
	c = changes(NULL);
	/* There, and not to be read. */
	assert_int_equal(c.n, 2);
	assert_non_null(c.rec[0].problem);
	assert_non_null(c.rec[1].problem);
	sim_changes_free(&c);
}

static void a_path_is_what_stands_before_the_question_mark(void **state)
{
	static const char *const url[][2] = {
		{ "/c/a.vcf?u=http://x/b.vcf", "/c/a.vcf" },
		{ "/c/a%3A//b.vcf", "/c/a%3A//b.vcf" },
		{ "http://x/c/a.vcf#f", "/c/a.vcf" },
		{ "https://x", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++) {
		char *path = http_path(url[i][0]);

		assert_string_equal(path, url[i][1]);
		free(path);
	}
}

/* `remote test` asks how many there are; what they say is nothing to it. */
static void who_counts_keeps_nothing(void **state)
{
	struct sim_changes c;

	(void)state;
	canned_multi(&srv, 0, MEMBER("/c/a.vcf", FOUND(ETAG("1") CARD("A")))
			      MEMBER("/c/b.vcf", FOUND(ETAG("1")))
			      TOKEN("t1"));
	canned_multi(&srv, 1, MEMBER("/c/b.vcf", FOUND(ETAG("1") CARD("B"))));
	srv.book.counts = true;
	c = changes(NULL);
	assert_int_equal(c.total, 2);
	assert_int_equal(c.rec[0].item.n + c.rec[1].item.n, 0);
	sim_changes_free(&c);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
		T(of_a_member_in_two_pages_the_last_word_counts),
		cmocka_unit_test_setup_teardown(
			of_a_member_in_two_pages_the_last_word_counts,
			up_with_shelf, down_with_shelf),
		T(of_a_change_told_twice_the_last_word_counts),
		T(a_member_listed_twice_by_propfind_is_one),
		T(a_member_without_etag_is_a_problem_not_a_deletion),
		T(a_card_the_multiget_lacks_is_not_gone),
		T(a_file_of_ours_without_etag_ends_the_listing),
		T(an_empty_href_is_refused),
		T(no_sentence_has_the_number_of_a_card),
		T(an_etag_of_two_lines_is_none),
		T(only_a_status_of_three_digits_counts),
		T(a_path_is_what_stands_before_the_question_mark),
		T(who_counts_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
