// SPDX-License-Identifier: MIT
/* What a server may take of a run: time, and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <time.h>

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
		T(a_dripping_server_is_given_up),
		T(a_slow_server_is_waited_for),
		T(a_run_that_is_stopped_waits_for_no_server),
		T(a_run_that_is_stopped_obeys_no_retry_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
