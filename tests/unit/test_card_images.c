// SPDX-License-Identifier: MIT
/*
 * Every image of tests/card/images is read, the damaged ones too: what is
 * damaged is named with file and record, and the rest is there. Counted by hand
 * from the images: card-a has 40 contacts, 5 message records.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>

#include "card/phonebook.h"
#include "card/sms.h"
#include "card_link.h"

#define IMAGES "tests/card/images/"

/* What is to be seen of a card whose EF_ADN cannot be had. */
#define NO_BOOK 0, 0, true

/**
 * struct image - a card and what is read of it
 * @contacts: entries that can be read
 * @bad: entries that are there and cannot
 * @partial: there may be more: absence means nothing
 * @says: a problem has this in it; NULL: there are none
 */
static const struct image {
	const char *name;
	unsigned int contacts;
	unsigned int bad;
	bool partial;
	const char *says;
} images[] = {
	{ "aliasing", 3, 0, false, NULL },
	{ "card-a", 40, 0, false, NULL },
	{ "card-b", 0, 0, false, NULL },
	{ "corrupt-01-record-length-0", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	/* Each READ RECORD of 255 is refused: 250 entries nobody can read. */
	{ "corrupt-02-record-length-255", 0, 250, false, "EF_ADN 4F3A record 1:" },
	{ "corrupt-03-record-count-0", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	/* 254 at most; 251 to 254 are not there. */
	{ "corrupt-04-record-count-255", 40, 4, false, "EF_ADN 4F3A record 251:" },
	{ "corrupt-05-fcp-empty", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	{ "corrupt-06-fcp-length-beyond", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	{ "corrupt-07-fcp-length-indefinite", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	{ "corrupt-08-fcp-transparent", NO_BOOK, "EF_ADN 4F3A is not a file of such records" },
	{ "corrupt-09-fcp-short-descriptor", NO_BOOK, "EF_ADN 4F3A: what the card says" },
	/* A book without entries of EF_PBR; 6F3A shows the same 40. */
	{ "corrupt-10-pbr-nothing", 40, 0, false, NULL },
	{ "corrupt-11-pbr-dangling", NO_BOOK, "EF_PBR names EF_ADN 4FA0" },
	{ "corrupt-12-pbr-no-adn", NO_BOOK, "EF_PBR record 1: no usable EF_ADN" },
	{ "corrupt-13-pbr-length-beyond", NO_BOOK, "EF_PBR record 1: malformed at byte" },
	{ "corrupt-14-pbr-inner-length", NO_BOOK, "EF_PBR record 1: malformed at byte" },
	{ "corrupt-15-pbr-short-object", NO_BOOK, "EF_PBR record 1: a reference to EF_ADN makes no sense" },
	{ "corrupt-16-pbr-unknown-tags", 40, 0, false, NULL },
	{ "corrupt-17-pbr-self", NO_BOOK, "EF_PBR record 1: a reference to EF_ADN makes no sense" },
	{ "corrupt-18-pbr-twice", 40, 0, false, "EF_PBR record 2: names the same EF_ADN" },
	/* The e-mails that IAP points past are not there; their entries are. */
	{ "corrupt-19-iap-beyond", 40, 0, false, NULL },
	{ "corrupt-20-iap-other-owner", 40, 0, false, NULL },
	/* One entry has a number that goes on in EF_EXT1: half a number is none. */
	{ "corrupt-21-ext1-loop", 39, 1, false, "EF_EXT1 record 1" },
	{ "corrupt-22-ext1-beyond", 39, 1, false, "EF_EXT1 record 200" },
	{ "corrupt-23-ext1-free", 40, 0, false, NULL },
	/* 4.4.2.3: 0 and FF say that there is no number; 12 does not fit. */
	{ "corrupt-24-number-length", 39, 1, false, "EF_ADN record 2: a number of 12 bytes" },
	/* Counts beyond the field: no text in any coding. */
	{ "corrupt-25-alpha-beyond", 38, 2, false, "EF_ADN 4F3A record 4 byte" },
	{ "corrupt-26-alpha-odd", 39, 1, false, "EF_ADN 4F3A record 7 byte" },
	{ "corrupt-27-ff-book", 0, 0, false, NULL },
	{ "corrupt-28-sms", 40, 0, false, NULL },
	{ "corrupt-29-identity", 40, 0, false, NULL },
	{ "corrupt-30-small-files", NO_BOOK, "EF_ADN 4F3A is not a file of such records (13 bytes each)" },
	{ "empty", 0, 0, false, NULL },
	/* The phone's own book under the USIM is not invalidated. */
	{ "fdn-active", 40, 0, false, NULL },
	{ "full", 250, 0, false, NULL },
	/* Three of five are hidden: not shown. */
	{ "hidden", 2, 0, false, NULL },
	{ "iccid-18", 0, 0, false, NULL },
	{ "inverse", 40, 0, false, NULL },
	{ "linked-only", 5, 0, false, NULL },
	{ "no-iccid", 0, 0, false, NULL },
	{ "no-search", 3, 0, false, NULL },
	{ "profile-2", 3, 0, false, NULL },
	/* Twelve and one more written byte by byte. */
	{ "scripts", 13, 0, false, NULL },
	{ "sim-2g", 4, 0, false, NULL },
	{ "t1", 40, 0, false, NULL },
	{ "two-sets", 500, 0, false, NULL },
};

/* Refused for want of a PIN, or an eUICC, which is read profile by profile. */
static const char *const others[] = {
	"pin-blocked", "pin-last", "pin-on", "euicc",
};

static struct card *opened(const char *name, struct uicc **u)
{
	struct sim_err e = { 0 };
	char path[128], why[UICC_WHY];
	struct card *c;

	snprintf(path, sizeof(path), IMAGES "%s.card", name);
	*u = uicc_load(path, why);
	if (!*u)
		fail_msg("%s", why);
	c = card_open(&link_to(*u)->base, &e);
	if (!c)
		fail_msg("%s: %s", name, e.text);
	return c;
}

static bool says(struct card *c, const char *part)
{
	const char *const *p;
	size_t n;

	p = card_problems(c, &n);
	if (!part)
		return !n;
	for (size_t i = 0; i < n; i++)
		if (strstr(p[i], part))
			return true;
	return false;
}

static void say_all(struct card *c)
{
	const char *const *p;
	size_t n;

	p = card_problems(c, &n);
	for (size_t i = 0; i < n && i < 5; i++)
		print_error("  %s\n", p[i]);
}

static void each_image_is_read_as_far_as_it_goes(void **state)
{
	unsigned int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		const struct image *m = &images[i];
		unsigned int good = 0, bad = 0;
		struct sim_err e = { 0 };
		struct sim_changes ch;
		struct sim_replica *r;
		struct uicc *u;
		struct card *c = opened(m->name, &u);

		r = card_replica(c, "card", SIM_PHYSICAL, &e);
		if (r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e))
			fail_msg("%s: %s", m->name, e.text);
		for (size_t k = 0; k < ch.n; k++)
			*(ch.rec[k].problem ? &bad : &good) += 1;
		if (good != m->contacts || bad != m->bad ||
		    ch.whole == m->partial || !says(c, m->says)) {
			print_error("%s: %u contacts, %u bad, %s\n", m->name,
				    good, bad, ch.whole ? "whole" : "partial");
			say_all(c);
			failed++;
		}
		sim_changes_free(&ch);
		r->ops->free(r);
		card_close(c);
		uicc_free(u);
	}
	assert_int_equal(failed, 0);
}

/* No image is left out, and none named that is not there. */
static void the_list_is_the_folder(void **state)
{
	size_t n = sizeof(images) / sizeof(images[0]) +
		   sizeof(others) / sizeof(others[0]);
	glob_t g;

	(void)state;
	assert_int_equal(glob(IMAGES "*.card", 0, NULL, &g), 0);
	assert_int_equal(g.gl_pathc, n);
	globfree(&g);
}

static void without_its_pin_a_card_is_an_error_not_an_empty_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sim_err e = { 0 };
		struct sim_changes ch;
		struct sim_replica *r;
		struct uicc *u;
		struct card *c = opened(others[i], &u);

		r = card_replica(c, "card", SIM_PHYSICAL, &e);
		if (!r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e)) {
			assert_false(ch.whole);
			assert_int_equal(ch.n, 0);
			sim_changes_free(&ch);
		}
		r->ops->free(r);
		card_close(c);
		uicc_free(u);
	}
}

/*
 * TS 23.040: 1 SMSC of 255 bytes, 2 address of 255 digits, 3 UDL beyond the
 * record's text, 4 header of 255 bytes, 5 nothing behind the status, 6 part 9
 * of 5; 7 is fine but for a date of F.
 */
static void damaged_messages_are_named_one_by_one(void **state)
{
	struct sim_err e = { 0 };
	struct sim_changes ch;
	struct sim_replica *r;
	struct uicc *u;
	struct card *c = opened("corrupt-28-sms", &u);
	unsigned int bad = 0;

	(void)state;
	r = card_replica(c, "card", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e), 0);
	assert_int_equal(ch.n, 7);
	for (size_t i = 0; i < ch.n; i++)
		bad += ch.rec[i].problem != NULL;
	assert_non_null(ch.rec[0].problem);
	assert_non_null(ch.rec[1].problem);
	assert_non_null(ch.rec[4].problem);
	assert_null(ch.rec[6].problem);
	assert_null(sim_item_get(&ch.rec[6].item, "DATE"));
	assert_true(bad >= 3 && bad <= 6);
	assert_true(says(c, "EF_SMS record 1 byte"));
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_image_is_read_as_far_as_it_goes),
		cmocka_unit_test(the_list_is_the_folder),
		cmocka_unit_test(without_its_pin_a_card_is_an_error_not_an_empty_one),
		cmocka_unit_test(damaged_messages_are_named_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
