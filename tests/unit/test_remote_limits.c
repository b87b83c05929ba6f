// SPDX-License-Identifier: MIT
/* What a server may take of a run: time, and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <time.h>

#include "model/vcard.h"
#include "remote/box.h"
#include "remote/listing.h"
#include "unit/canned.h"

static struct canned srv;

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

/* Another client, that waits for so long. */
static void patience(int timeout_s)
{
	struct sim_err e = { 0 };

	http_free(srv.book.h);
	srv.c.timeout_s = timeout_s;
	srv.book.h = srv.folder.h = http_new(&srv.c, &e);
	assert_non_null(srv.book.h);
}

static double clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A listing of one card with a text of so many bytes. */
static void say_listing(size_t n)
{
	char *note = malloc(n + 1), *body;

	memset(note, 'x', n);
	note[n] = '\0';
	assert_true(asprintf(&body, "<response><href>/c/a.vcf</href><propstat><prop><getetag>\"1\"</getetag><C:address-data>BEGIN:VCARD\nVERSION:3.0\nFN:A\nNOTE:%s\nEND:VCARD\n</C:address-data></prop>" STATUS("200 OK") "</propstat></response>" TOKEN("t"),
			     note) > 0);
	canned_multi(&srv, 0, body);
	free(body);
	free(note);
}

static void drip(int ms, int bytes, int s)
{
	srv.f.drip_ms = ms;
	srv.f.drip_bytes = bytes;
	srv.f.drip_s = s;
}

static int changes(struct sim_err *e)
{
	struct sim_changes c = { 0 };
	int ret = carddav_changes(&srv.book, NULL, &c, e);

	sim_changes_free(&c);
	return ret;
}

/* 20 bytes a second, one at a time: life enough for curl, for ever. */
static void a_dripping_server_is_given_up(void **state)
{
	struct sim_err e = { 0 };
	double from = clock_s();

	(void)state;
	patience(1);
	say_listing(4000);
	drip(50, 1, 20);
	assert_int_equal(changes(&e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_non_null(strstr(e.text, "too slow"));
	assert_non_null(strstr(e.text, "127.0.0.1"));
	assert_true(clock_s() - from < 15);
	/* Once is enough: it is no accident. */
	assert_int_equal(srv.f.requests, 1);
}

/* Slow, but on its way: as long as it takes. */
static void a_slow_server_is_waited_for(void **state)
{
	struct sim_err e = { 0 };
	double from = clock_s();

	(void)state;
	patience(1);
	say_listing(2500);
	drip(200, 100, 60);
	if (changes(&e))
		fail_msg("%s", e.text);
	assert_true(clock_s() - from > 4);
}

static int after_half_a_second(void *arg)
{
	return clock_s() > *(double *)arg + 0.5;
}

static void a_run_that_is_stopped_waits_for_no_server(void **state)
{
	struct sim_err e = { 0 };
	double from = clock_s();

	(void)state;
	patience(60);
	say_listing(4000);
	drip(50, 1, 20);
	http_stop(srv.book.h, after_half_a_second, &from);
	assert_int_equal(changes(&e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_non_null(strstr(e.text, "stopped"));
	assert_true(clock_s() - from < 10);
	assert_int_equal(srv.f.requests, 1);
}

/* Nor for the time a server asks for (RFC 9110 10.2.3). */
static void a_run_that_is_stopped_obeys_no_retry_after(void **state)
{
	struct sim_err e = { 0 };
	double from = clock_s();

	(void)state;
	canned_say(&srv, 0, "429 Slow\r\nRetry-After: 20", "");
	http_stop(srv.book.h, after_half_a_second, &from);
	assert_int_equal(changes(&e), -1);
	assert_non_null(strstr(e.text, "stopped"));
	assert_true(clock_s() - from < 10);
	assert_int_equal(srv.f.requests, 1);
}

/* ---- memory --------------------------------------------------------------- */

static char *text_of(size_t n, char c)
{
	char *s = malloc(n + 1);

	memset(s, c, n);
	s[n] = '\0';
	return s;
}

static int count_bytes(struct http_req *q, const char *bytes, size_t n)
{
	(void)bytes;
	*(size_t *)q->arg += n;
	return 0;
}

static void an_answer_is_as_large_as_was_allowed(void **state)
{
	char *body = text_of(5000, 'x');
	size_t seen = 0;

	(void)state;
	for (int sink = 0; sink < 2; sink++) {
		struct http_req q = { .method = "GET", .url = strdup(srv.url[1]),
				      .max = 2048, .arg = &seen,
				      .sink = sink ? count_bytes : NULL };
		struct sim_err e = { 0 };

		canned_say(&srv, 0, "200 OK", body);
		assert_int_equal(http_do(srv.book.h, &q, &e), -1);
		assert_int_equal(q.fault, HTTP_BAD);
		assert_true(q.large);
		assert_int_equal(e.code, EX_PROTOCOL);
		assert_non_null(strstr(e.text, "127.0.0.1"));
		assert_non_null(strstr(e.text, "2 KiB"));
		http_req_free(&q);
	}
	assert_true(seen <= 2048);
	free(body);
}

/* What comes out of the packing counts, not what went in. */
static void a_packed_answer_is_no_larger(void **state)
{
	static char answer[20000];
	struct http_req q = { 0 };
	struct sim_err e = { 0 };
	size_t n, head;
	FILE *p = popen("head -c 4000000 /dev/zero | tr '\\0' ' ' | gzip -9", "r");

	(void)state;
	assert_non_null(p);
	head = (size_t)sprintf(answer, "HTTP/1.1 207 M\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	n = fread(answer + head, 1, sizeof(answer) - head, p);
	assert_true(n > 1000 && n < 16000);
	assert_int_equal(pclose(p), 0);
	srv.f.canned_len = head + n;
	srv.f.canned = answer;
	assert_int_equal(dav_multistatus(srv.book.h, "PROPFIND", srv.url[0],
					 "0", "<a/>", 64 * 1024, listing_take,
					 NULL, NULL, NULL, &q, &e), -1);
	assert_true(q.large);
	assert_non_null(strstr(e.text, "64 KiB"));
	http_req_free(&q);
}

/* The page of an error may be of any size: it is not read to its end. */
static void the_page_of_an_error_is_cut(void **state)
{
	char *body = text_of(200000, 'x'), *all;
	struct sim_err e = { 0 };

	(void)state;
	assert_true(asprintf(&all, "HTTP/1.1 500 Oops\r\nContent-Length: 900000000\r\n\r\n%s",
			     body) > 0);
	srv.f.canned = canned_keep(&srv, all);
	assert_int_equal(changes(&e), -1);
	if (!strstr(e.text, "(500)"))
		fail_msg("%s", e.text);
	free(body);
}

static void xml_refused(const char *begin, const char *more, size_t times,
			const char *says)
{
	struct listing l = { .path = "/c/" };
	struct xml *x = xml_new(listing_take, &l);
	struct sim_err e = { 0 };
	size_t i, n = strlen(more);
	int ret = xml_feed(x, begin, strlen(begin), &e);

	for (i = 0; !ret && i < times; i++) {
		char each[64];

		/* '#' is the number of the time. */
		snprintf(each, sizeof(each), "%.*s%zu%s",
			 (int)strcspn(more, "#"), more, i,
			 strchr(more, '#') ? strchr(more, '#') + 1 : "");
		ret = strchr(more, '#') ? xml_feed(x, each, strlen(each), &e) :
					  xml_feed(x, more, n, &e);
	}
	assert_int_equal(ret, -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	if (!strstr(e.text, says))
		fail_msg("%s", e.text);
	xml_free(x);
}

/* The parser keeps a tag until it ends, and each name for good. */
static void xml_that_would_fill_memory_is_refused(void **state)
{
	(void)state;
	xml_refused("<multistatus xmlns='DAV:' a='", "0123456789abcdef", 65536,
		    "tag or comment");
	xml_refused("<!--", "0123456789abcdef", 65536, "tag or comment");
	xml_refused("<multistatus xmlns='DAV:'>", "<n#/>", 100000, "names");
	xml_refused("<multistatus xmlns='DAV:'>", "<a n#='1'/>", 100000, "names");
	xml_refused("<multistatus xmlns='DAV:'>", "<a xmlns:n#='u'/>", 100000, "names");
	xml_refused("<!DOCTYPE m [", "<!ELEMENT n# ANY>", 100000, "document type");
}

/* One contact too large for us is its own problem, wherever it comes from. */
static void a_contact_too_large_is_a_problem_of_its_own(void **state)
{
	char *note = text_of(VCARD_MAX_BYTES + 100, 'x'), *body;
	struct sim_changes c = { 0 };
	struct sim_err e = { 0 };

	(void)state;
	assert_true(asprintf(&body, "<response><href>/c/a.vcf</href><propstat><prop><getetag>\"1\"</getetag><C:address-data>BEGIN:VCARD\nVERSION:3.0\nFN:A\nNOTE:%s\nEND:VCARD\n</C:address-data></prop>" STATUS("200 OK") "</propstat></response>%s",
			     note, MEMBER("/c/b.vcf", FOUND(ETAG("1") CARD("B"))) TOKEN("t")) > 0);
	canned_multi(&srv, 0, body);
	free(body);
	if (carddav_changes(&srv.book, NULL, &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c.n, 2);
	assert_non_null(strstr(c.rec[0].problem, "a.vcf on the server"));
	assert_non_null(strstr(c.rec[0].problem, "larger than the 16 MiB"));
	assert_null(c.rec[1].problem);
	sim_changes_free(&c);
	/* Known by ETag, no multiget there: GET. */
	canned_multi(&srv, 0, MEMBER("/c/a.vcf", FOUND(ETAG("1"))) TOKEN("t"));
	canned_say(&srv, 1, "403 Forbidden", "");
	canned_say(&srv, 2, "200 OK\r\nETag: \"1\"", note);
	if (carddav_changes(&srv.book, NULL, &c, &e))
		fail_msg("%s", e.text);
	assert_int_equal(c.n, 1);
	assert_non_null(strstr(c.rec[0].problem, "larger than the 16 MiB"));
	sim_changes_free(&c);
	free(note);
}

static int count_taken(struct dav_text_item *it, void *arg, struct sim_err *e)
{
	(void)e;
	assert_non_null(it->data);
	free(it->data);
	it->data = NULL;
	++*(int *)arg;
	return 0;
}

/* Too many photos for one answer: fewer at a time. */
static void too_much_at_once_is_asked_for_piece_by_piece(void **state)
{
	char *note = text_of(40 << 20, ' '), *body;
	struct dav_text_item *item = calloc(2, sizeof(*item));
	struct sim_err e = { 0 };
	int taken = 0;

	(void)state;
	item[0].path = strdup("/c/a.vcf");
	item[1].path = strdup("/c/b.vcf");
	assert_true(asprintf(&body, "%s%s", MEMBER("/c/a.vcf", FOUND(ETAG("1") CARD("A"))),
			     note) > 0);
	canned_multi(&srv, 0, body);
	canned_say(&srv, 1, "207 Multi-Status", "<multistatus xmlns=\"DAV:\"/>");
	canned_say(&srv, 2, "200 OK\r\nETag: \"1\"", "BEGIN:VCARD\r\n");
	if (carddav_fetch(&srv.book, item, 2, count_taken, &taken, &e))
		fail_msg("%s", e.text);
	/* The one that had come is not had twice. */
	assert_int_equal(taken, 2);
	assert_int_equal(srv.f.requests, 3);
	carddav_items_free(item, 2);
	free(body);
	free(note);
}

static void an_address_book_has_a_size(void **state)
{
	struct listing l = { .path = "/c/" };
	struct sim_err e = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(listing_weigh(&l, srv.url[0],
					       (size_t)256 << 20, &e), 0);
	assert_int_equal(listing_weigh(&l, srv.url[0], 1, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	assert_non_null(strstr(e.text, "127.0.0.1"));
	assert_non_null(strstr(e.text, "1024 MiB"));
}

static void box_refused(const char *says)
{
	struct sim_err e = { 0 };

	assert_int_equal(box_load(&srv.folder, &e), -1);
	if (!strstr(e.text, says))
		fail_msg("%s", e.text);
	messages_free(&srv.folder);
}

/* A file may be as large as all of them; all of them not. */
static void a_folder_of_messages_has_a_size(void **state)
{
	static const char list[] =
		MEMBER("/f/m-a-2025-01.ndjson", FOUND(ETAG("1")))
		MEMBER("/f/m-a-2025-02.ndjson", FOUND(ETAG("1")));
	char *text = text_of(40 << 20, '\n'), *at;

	(void)state;
	canned_multi(&srv, 0, list);
	canned_say(&srv, 1, "200 OK\r\nETag: \"1\"", text);
	box_refused("64 MiB of messages");
	/* One line of that size is no message. */
	memset(text, ' ', 2 << 20);
	memcpy(text, "{\"id\":\"a\",\"lines\":[]", 21);
	memcpy(text + (2 << 20), "}\n", 3);
	canned_multi(&srv, 0, MEMBER("/f/m-a-2025-01.ndjson", FOUND(ETAG("1"))));
	canned_say(&srv, 1, "200 OK\r\nETag: \"1\"", text);
	box_refused("line 1 is damaged");
	/* Nor are many of them that take much more than they are. */
	at = text;
	for (int i = 0; i < 2500; i++) {
		at += sprintf(at, "{\"id\":\"%d\",\"lines\":[\"A:\"", i);
		for (int k = 1; k < 1000; k++)
			at = stpcpy(at, ",\"A:\"");
		at = stpcpy(at, "]}\n");
	}
	canned_say(&srv, 1, "200 OK\r\nETag: \"1\"", text);
	box_refused("64 MiB of messages");
	free(text);
}

static void a_folder_is_of_a_thousand_cards(void **state)
{
	struct sim_changes c = { 0 };
	struct sim_err e = { 0 };
	char *body = malloc(300000), *at = body;

	(void)state;
	for (int i = 0; i < 1001; i++)
		at += sprintf(at, "<response><href>/f/card-h-%016d.json</href>" FOUND(ETAG("1")) "</response>", i);
	canned_multi(&srv, 0, body);
	assert_int_equal(info_changes(&srv.folder, NULL, &c, &e), -1);
	assert_non_null(strstr(e.text, "1000 cards"));
	assert_int_equal(srv.f.requests, 1);
	free(body);
}

/* ---- the library -------------------------------------------------------- */

static int performs_left = -1;

/* In front of libcurl's: out of memory from some call on. */
CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
	CURLMcode (*real)(CURLM *m, int *r) = NULL;
	void *at = dlsym(RTLD_NEXT, "curl_multi_perform");

	if (!performs_left)
		return CURLM_OUT_OF_MEMORY;
	if (performs_left > 0)
		performs_left--;
	memcpy(&real, &at, sizeof(at));
	return real(multi, running);
}

/* No request is lost that is in the air then: its owner frees it. */
static void a_library_that_fails_gives_back_what_it_has(void **state)
{
	struct dav_text_item *item = calloc(1, sizeof(*item));
	struct sim_err e = { 0 };

	(void)state;
	item[0].path = strdup("/c/a.vcf");
	say_listing(4000);
	drip(50, 1, 20);
	performs_left = 3;
	assert_int_equal(carddav_fetch(&srv.book, item, 1, NULL, NULL, &e), -1);
	performs_left = -1;
	assert_int_equal(e.code, EX_SOFTWARE);
	assert_non_null(strstr(e.text, "HTTP library"));
	carddav_items_free(item, 1);
	/* And it can be used again. */
	drip(0, 0, 0);
	if (changes(&e))
		fail_msg("%s", e.text);
}

/* ---- numbers -------------------------------------------------------------- */

/* One more than the last there is would be the first. */
static void a_number_at_its_end_is_no_time_and_no_count(void **state)
{
	struct sim_manifest mine = { .generation = "1" };
	struct sim_err e = { 0 };

	(void)state;
	canned_multi(&srv, 0, MEMBER("/f/s-a.ndjson", FOUND(ETAG("1"))));
	canned_say(&srv, 1, "200 OK\r\nETag: \"1\"",
		   "{\"id\":\"a\",\"at\":9223372036854775807}\n");
	box_refused("s-a.ndjson on the server: line 1 is damaged");
	canned_say(&srv, 0, "200 OK\r\nETag: \"1\"",
		   "{\"form\":1,\"lines\":[],\"manifest\":{\"seq\":9223372036854775807}}");
	canned_say(&srv, 1, "204 No Content", "");
	if (info_tell(&srv.folder, "89490200001234567890", &mine, &e))
		fail_msg("%s", e.text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
		T(a_dripping_server_is_given_up),
		T(a_slow_server_is_waited_for),
		T(a_run_that_is_stopped_waits_for_no_server),
		T(a_run_that_is_stopped_obeys_no_retry_after),
		T(an_answer_is_as_large_as_was_allowed),
		T(a_packed_answer_is_no_larger),
		T(the_page_of_an_error_is_cut),
		T(xml_that_would_fill_memory_is_refused),
		T(a_contact_too_large_is_a_problem_of_its_own),
		T(too_much_at_once_is_asked_for_piece_by_piece),
		T(an_address_book_has_a_size),
		T(a_folder_of_messages_has_a_size),
		T(a_folder_is_of_a_thousand_cards),
		T(a_number_at_its_end_is_no_time_and_no_count),
		T(a_library_that_fails_gives_back_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
