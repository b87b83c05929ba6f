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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
