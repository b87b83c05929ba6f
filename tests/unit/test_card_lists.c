// SPDX-License-Identifier: MIT
/*
 * The lists beside the phonebook (TS 31.102 4.2.24, 4.2.29, 4.2.33, 4.2.34,
 * TS 51.011 10.5.4) and access rules (TS 102 221 9.2), bytes worked by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/lists.h"
#include "card/rights.h"
#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\npin2 5678 off\n"

struct bench {
	struct uicc *u;
	struct card *c;
};

static struct bench on(const char *more)
{
	struct bench b = { 0 };
	struct sim_err e = { 0 };
	char why[UICC_WHY], text[2048];

	snprintf(text, sizeof(text), HEAD "%s", more);
	b.u = uicc_parse(text, "test", why);
	if (!b.u)
		fail_msg("%s", why);
	b.c = card_open(&link_to(b.u)->base, &e);
	if (!b.c)
		fail_msg("%s", e.text);
	return b;
}

static void off(struct bench *b)
{
	card_close(b->c);
	uicc_free(b->u);
}

#define F10 "FFFFFFFFFFFFFFFFFFFF"
#define F20 F10 F10

/*
 * Records by hand. "Amt" 416D74 in 8 bytes; length 04 = TON and three bytes;
 * 81 unknown, 91 international; 110 = 11 F0; +49301 = 94 03 F1; CCP, EXT FF.
 * Calls: date 26 11 22 10:20:30 in half bytes changed, zone +01:00 = 40;
 * duration in seconds; status; link FFFFFF.
 */
static const struct {
	const char *what;
	const char *file;
	enum card_list list;
	const char *name, *number, *when;
	long seconds;
	bool missed;
} rows[] = {
	{ "4.2.24 FDN, international",
	  "file usim/6F3B linear 2 22\nrecord 1 416D74FFFFFFFFFF049194 03F1FF FFFFFFFFFF FF FFFF\n",
	  LIST_FDN, "Amt", "+49301", "", -1, false },
	/* 0D DD DF: ?0 ??, and the low half F ends it */
	{ "4.2.24 FDN with wild digits",
	  "file usim/6F3B linear 2 14\nrecord 2 04810DDDDFFFFFFFFFFFFFFFFFFF\n"
	  "record 1 " F10 "FFFFFFFF\n",
	  LIST_FDN, "", "?0??", "", -1, false },
	{ "4.2.29 SDN",
	  "file usim/6F49 linear 1 22\nrecord 1 416D74FFFFFFFFFF03811 1F0FFFFFFFFFFFFFFFFFFFF\n",
	  LIST_SDN, "Amt", "110", "", -1, false },
	{ "51.011 10.5.4 LND",
	  "file 7F10/6F44 cyclic 2 14\nrecord 1 038111F0FFFFFFFFFFFFFFFFFFFF\n",
	  LIST_LND, "", "110", "", -1, false },
	{ "4.2.33 ICI, answered, 65 s",
	  "file usim/6F80 cyclic 1 28\n"
	  "record 1 038111F0FFFFFFFFFFFFFFFFFFFF 62112201020340 000041 00 FFFFFF\n",
	  LIST_ICI, "", "110", "2026-11-22T10:20:30+01:00", 65, false },
	{ "4.2.33 ICI, not answered",
	  "file usim/6F80 cyclic 1 28\n"
	  "record 1 038111F0FFFFFFFFFFFFFFFFFFFF 62112201020340 000000 01 FFFFFF\n",
	  LIST_ICI, "", "110", "2026-11-22T10:20:30+01:00", 0, true },
	{ "4.2.33 ICI, nothing known of the call",
	  "file usim/6F80 cyclic 1 28\n"
	  "record 1 038111F0FFFFFFFFFFFFFFFFFFFF FFFFFFFFFFFFFF FFFFFF 00 FFFFFF\n",
	  LIST_ICI, "", "110", "", -1, false },
	{ "4.2.34 OCI has no status",
	  "file usim/6F81 cyclic 1 27\n"
	  "record 1 038111F0FFFFFFFFFFFFFFFFFFFF 62112201020340 010000 FFFFFF\n",
	  LIST_OCI, "", "110", "2026-11-22T10:20:30+01:00", 65536, false },
	{ "4.4.2.4 a number goes on in EXT2: 20 digits, then 1 2 3",
	  "file usim/6F3B linear 1 14\nrecord 1 0B8121436587092143658709FF01\n"
	  "file usim/6F4B linear 2 13\nrecord 1 020221F3FFFFFFFFFFFFFFFFFF\n",
	  LIST_FDN, "", "12345678901234567890123", "", -1, false },
};

/* Image lines take hex without blanks in the middle of a word. */
static void squeeze(const char *from, char *to)
{
	const char *line = from;
	bool data = false;

	for (; *from; from++) {
		if (from == line)
			data = !strncmp(line, "record ", 7);
		if (*from == '\n')
			line = from + 1;
		/* Keep the first two blanks of a record line. */
		if (*from == ' ' && data && from - line > 8)
			continue;
		*to++ = *from;
	}
	*to = '\0';
}

static void each_list_is_read(void **state)
{
	struct sim_err e = { 0 };
	char image[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list_entry *l;
		struct bench b;
		size_t n;

		squeeze(rows[i].file, image);
		b = on(image);
		if (list_read(b.c, rows[i].list, &l, &n, &e))
			fail_msg("%s: %s", rows[i].what, e.text);
		if (n != 1)
			fail_msg("%s: %zu entries", rows[i].what, n);
		assert_string_equal(l->name, rows[i].name);
		assert_string_equal(l->number, rows[i].number);
		assert_string_equal(l->when, rows[i].when);
		assert_int_equal(l->seconds, rows[i].seconds);
		assert_int_equal(l->missed, rows[i].missed);
		free(l);
		off(&b);
	}
}

static void a_card_without_the_list_says_so(void **state)
{
	struct bench b = on("drop usim/6F49\ndrop 7F10/6F49\n");
	struct sim_err e = { 0 };
	struct list_entry *l;
	size_t n;

	(void)state;
	assert_int_equal(list_read(b.c, LIST_SDN, &l, &n, &e), 1);
	assert_null(l);
	assert_true(e.text[0]);
	off(&b);
}

static void fdn_is_written_with_pin2_only(void **state)
{
	struct bench b = on("pin2 5678\n");
	struct sim_err e = { 0 };
	struct list_entry *l;
	size_t n;

	(void)state;
	assert_int_equal(list_write_fdn(b.c, 0, "Amt", "+49 301", &e), 1);
	assert_int_equal(card_pin_verify(b.c, CARD_PIN2, "5678", true, &e), 0);
	assert_int_equal(list_write_fdn(b.c, 0, "Amt", "+49 301", &e), 0);
	assert_int_equal(list_read(b.c, LIST_FDN, &l, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_string_equal(l->number, "+49301");
	assert_string_equal(l->name, "Amt");
	assert_int_equal(list_write_fdn(b.c, l->rec, NULL, NULL, &e), 0);
	free(l);
	assert_int_equal(list_read(b.c, LIST_FDN, &l, &n, &e), 0);
	assert_int_equal(n, 0);
	free(l);
	off(&b);
}

static void nothing_of_an_fdn_number_is_cut(void **state)
{
	struct bench b = on("");
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(list_write_fdn(b.c, 0, "A", "123456789012345678901",
					&e), 1);
	assert_int_equal(list_write_fdn(b.c, 0, "A name that is far too long for it",
					"110", &e), 1);
	assert_int_equal(list_write_fdn(b.c, 0, "A", "", &e), 1);
	off(&b);
}

/* ---- access rules ------------------------------------------------------- */

static const struct {
	const char *what;
	const char *hex;
	const char *read, *update;
} rules[] = {
	{ "always, both", "80 01 03 90 00", "always", "always" },
	{ "read always, update ADM1",
	  "80 01 01 90 00 80 01 02 A4 06 83 01 0A 95 01 08", "always", "ADM1" },
	{ "both PIN1", "80 01 03 A4 06 83 01 01 95 01 08", "PIN1", "PIN1" },
	{ "read PIN1, update PIN2",
	  "80 01 01 A4 06 83 01 01 95 01 08 80 01 02 A4 06 83 01 81 95 01 08",
	  "PIN1", "PIN2" },
	{ "never", "80 01 03 97 00", "never", "never" },
	{ "what is not named is never", "80 01 01 90 00", "always", "never" },
	{ "ADM1 or PIN1",
	  "80 01 02 A0 10 A4 06 83 01 0A 95 01 08 A4 06 83 01 01 95 01 08",
	  "never", "ADM1 or PIN1" },
	{ "PIN1 and ADM6",
	  "80 01 01 AF 10 A4 06 83 01 01 95 01 08 A4 06 83 01 8A 95 01 08",
	  "PIN1 and ADM6", "never" },
	{ "activate and deactivate are others' (18)",
	  "80 01 18 A4 06 83 01 0A 95 01 08 80 01 03 90 00", "always",
	  "always" },
	{ "an instruction of its own (84) is no mode byte",
	  "84 01 32 A4 06 83 01 01 95 01 08 80 01 01 90 00", "always", "never" },
	{ "universal PIN", "80 01 01 A4 06 83 01 11 95 01 08", "universal PIN",
	  "never" },
	{ "padding ends it", "80 01 01 90 00 FF FF FF FF", "always", "never" },
	{ "nothing at all", "FF FF FF", "never", "never" },
	{ "a condition nobody knows", "80 01 01 9E 01 10", "?", "never" },
};

static void access_rules_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const char *h = rules[i].hex;
		struct rights r;
		uint8_t raw[64];
		unsigned int v;
		size_t n = 0;

		for (; sscanf(h, " %2x", &v) == 1; n++) {
			raw[n] = (uint8_t)v;
			h += strspn(h, " ") + 2;
		}
		rights_parse(raw, n, &r);
		if (strcmp(r.read, rules[i].read) ||
		    strcmp(r.update, rules[i].update))
			fail_msg("%s: %s, %s", rules[i].what, r.read, r.update);
	}
}

static void a_file_names_its_rule(void **state)
{
	static const uint16_t fdn[] = { FS_ADF, 0x6f3b };
	static const uint16_t iccid[] = { 0x2fe2 };
	struct bench b = on("");
	struct sim_err e = { 0 };
	struct rights r;
	struct fs_ef ef;

	(void)state;
	assert_int_equal(fs_select(b.c, fdn, 2, "EF_FDN", &ef, &e), 0);
	assert_int_equal(rights_of(b.c, &ef, &r, &e), 0);
	assert_string_equal(r.read, "PIN1");
	assert_string_equal(r.update, "PIN2");
	assert_int_equal(fs_select(b.c, iccid, 1, "EF_ICCID", &ef, &e), 0);
	assert_int_equal(rights_of(b.c, &ef, &r, &e), 0);
	assert_string_equal(r.read, "always");
	off(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_is_read),
		cmocka_unit_test(a_card_without_the_list_says_so),
		cmocka_unit_test(fdn_is_written_with_pin2_only),
		cmocka_unit_test(nothing_of_an_fdn_number_is_cut),
		cmocka_unit_test(access_rules_are_read),
		cmocka_unit_test(a_file_names_its_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
