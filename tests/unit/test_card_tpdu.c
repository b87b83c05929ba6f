// SPDX-License-Identifier: MIT
/* Short messages: TS 23.040 9.2, alphabets of TS 23.038. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/tpdu.h"

static size_t bytes(const char *hex, uint8_t *out)
{
	unsigned int v;
	size_t n = 0;

	for (; sscanf(hex, " %2x", &v) == 1; n++) {
		out[n] = (uint8_t)v;
		hex += strspn(hex, " ") + 2;
	}
	return n;
}

#define FROM "0B 91 13 46 61 00 89 F6"
#define WHEN "20 80 62 91 73 14 40"

static const struct {
	const char *what;
	const char *hex;
	int received;
	int len;	/* -1: malformed */
	enum tpdu_type type;
	const char *addr;
	const char *date;
	const char *text;
	int ref, part, parts;
} rows[] = {
	{ "9.2.2.1 DELIVER, 12 septets of text",
	  "04 " FROM " 00 00 " WHEN " 0C C8 F7 1D 14 96 97 41 F9 77 FD 07 FF FF",
	  1, 30, TPDU_DELIVER, "+31641600986", "2002-08-26T19:37:41+01:00",
	  "How are you?", -1, 0, 0 },
	{ "9.2.2.2 SUBMIT, relative validity",
	  "11 00 0B 91 64 07 28 15 53 F8 00 00 AA 0A E8 32 9B FD 46 97 D9 EC 37",
	  0, 23, TPDU_SUBMIT, "+46708251358", "", "hellohello", -1, 0, 0 },
	{ "9.2.2.2 SUBMIT, no validity",
	  "01 00 03 81 11 F1 00 00 01 41", 0, 10, TPDU_SUBMIT, "111", "", "A",
	  -1, 0, 0 },
	{ "9.2.2.2 SUBMIT, absolute validity",
	  "19 00 03 81 11 F1 00 00 " WHEN " 01 41", 0, 17, TPDU_SUBMIT, "111",
	  "", "A", -1, 0, 0 },
	{ "9.2.3.24.1 part 1 of 2, header then septets from a boundary",
	  "44 " FROM " 00 00 " WHEN " 09 05 00 03 2A 02 01 90 69", 1, 27,
	  TPDU_DELIVER, "+31641600986", "2002-08-26T19:37:41+01:00", "Hi",
	  42, 1, 2 },
	{ "9.2.3.24.8 16-bit reference",
	  "44 " FROM " 00 08 " WHEN " 09 06 08 04 01 02 03 02 00 41", 1, 28,
	  TPDU_DELIVER, "+31641600986", "2002-08-26T19:37:41+01:00", "A",
	  0x102, 2, 3 },
	{ "9.2.3.24.1 part 0 or beyond the count is no part",
	  "44 " FROM " 00 08 " WHEN " 08 05 00 03 2A 02 03 00 41", 1, 27,
	  TPDU_DELIVER, "+31641600986", "2002-08-26T19:37:41+01:00", "A",
	  -1, 0, 0 },
	{ "23.038 4: UCS2", "04 " FROM " 00 08 " WHEN " 04 04 1F 04 40", 1, 23,
	  TPDU_DELIVER, "+31641600986", "2002-08-26T19:37:41+01:00", "Пр",
	  -1, 0, 0 },
	{ "23.038 4: 8 bit data is shown as hex",
	  "04 " FROM " 00 04 " WHEN " 02 CA FE", 1, 21, TPDU_DELIVER,
	  "+31641600986", "2002-08-26T19:37:41+01:00", "CAFE", -1, 0, 0 },
	{ "23.038 4: group F, class 1, 8 bit",
	  "04 " FROM " 00 F5 " WHEN " 01 07", 1, 20, TPDU_DELIVER,
	  "+31641600986", "2002-08-26T19:37:41+01:00", "07", -1, 0, 0 },
	{ "23.038 4: waiting indication with UCS2",
	  "04 " FROM " 00 E0 " WHEN " 02 00 41", 1, 21, TPDU_DELIVER,
	  "+31641600986", "2002-08-26T19:37:41+01:00", "A", -1, 0, 0 },
	{ "9.1.2.5 alphanumeric sender, 13 half bytes of 7 septets",
	  "04 0D D0 45 7C B8 0D 67 97 01 00 00 " WHEN " 00", 1, 20,
	  TPDU_DELIVER, "Example", "2002-08-26T19:37:41+01:00", "", -1, 0, 0 },
	{ "9.2.3.11 zone west of Greenwich: 20 quarters",
	  "04 " FROM " 00 00 20 80 62 91 73 14 0A 00", 1, 19, TPDU_DELIVER,
	  "+31641600986", "2002-08-26T19:37:41-05:00", "", -1, 0, 0 },
	{ "9.2.3.11 a date that does not exist is none",
	  "04 " FROM " 00 00 20 31 62 91 73 14 40 00", 1, 19, TPDU_DELIVER,
	  "+31641600986", "", "", -1, 0, 0 },
	{ "9.2.3.11 nor is one that is no digits",
	  "04 " FROM " 00 00 FF FF FF FF FF FF FF 00", 1, 19, TPDU_DELIVER,
	  "+31641600986", "", "", -1, 0, 0 },
	{ "9.2.2.3 STATUS-REPORT, delivered",
	  "06 2A " FROM " " WHEN " 20 80 62 91 83 14 40 00 FF FF", 1, 25,
	  TPDU_REPORT, "+31641600986", "2002-08-26T19:37:41+01:00", "",
	  -1, 0, 0 },
	{ "nothing", "", 1, -1, 0, "", "", "", -1, 0, 0 },
	{ "a sender of 21 half bytes", "04 15 91 13", 1, -1, 0, "", "", "",
	  -1, 0, 0 },
	{ "cut in the sender", "04 0B 91 13", 1, -1, 0, "", "", "", -1, 0, 0 },
	{ "cut in the date", "04 " FROM " 00 00 20 80", 1, -1, 0, "", "", "",
	  -1, 0, 0 },
	{ "cut in the text", "04 " FROM " 00 00 " WHEN " 0C C8 F7", 1, -1, 0,
	  "", "", "", -1, 0, 0 },
	{ "161 septets", "04 " FROM " 00 00 " WHEN " A1 C8 F7", 1, -1, 0, "",
	  "", "", -1, 0, 0 },
	{ "a header longer than the data",
	  "44 " FROM " 00 08 " WHEN " 02 05 00", 1, -1, 0, "", "", "",
	  -1, 0, 0 },
	{ "a SUBMIT stored as received", "01 00 03 81 11 F1 00 00 01 41", 1,
	  -1, 0, "", "", "", -1, 0, 0 },
	{ "type 3", "03 00 00 00", 1, -1, 0, "", "", "", -1, 0, 0 },
};

static void every_tpdu_says_what_the_clause_says(void **state)
{
	uint8_t p[200];
	struct tpdu t;
	size_t n, bad;
	int ret;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = bytes(rows[i].hex, p);
		ret = tpdu_decode(p, n, rows[i].received, &t, &bad);
		if ((ret ? -1 : (int)t.len) != rows[i].len)
			fail_msg("%s: length %d", rows[i].what,
				 ret ? -1 : (int)t.len);
		if (ret)
			continue;
		if (t.type != rows[i].type || strcmp(t.addr, rows[i].addr) ||
		    strcmp(t.date, rows[i].date) ||
		    strcmp(t.text, rows[i].text) || t.ref != rows[i].ref ||
		    t.part != rows[i].part || t.parts != rows[i].parts)
			fail_msg("%s: '%s' '%s' '%s' %d %d/%d", rows[i].what,
				 t.addr, t.date, t.text, t.ref, t.part, t.parts);
	}
}

/* 160 septets, each of three bytes of UTF-8 behind an escape: room enough. */
static void the_longest_text_fits(void **state)
{
	uint8_t p[200] = { 0 };
	struct tpdu t;
	size_t n, bad;

	(void)state;
	n = bytes("04 00 81 00 00 " WHEN " A0", p);
	for (int i = 0; i < 140; i++)
		p[n + (size_t)i] = 0xff;
	assert_int_equal(tpdu_decode(p, n + 140, 1, &t, &bad), 0);
	assert_int_equal(t.len, n + 140);
	/* 7F is a with grave accent: two bytes. */
	assert_int_equal(strlen(t.text), 320);
}

/* 31.102 4.2.25: address of the service centre, its length in bytes. */
static void the_service_centre_stands_before_it(void **state)
{
	uint8_t p[32];
	char smsc[32];

	(void)state;
	assert_int_equal(tpdu_smsc(p, bytes("07 91 94 71 01 67 00 00 04", p),
				   smsc, sizeof(smsc)), 8);
	assert_string_equal(smsc, "+491710760000");
	assert_int_equal(tpdu_smsc(p, bytes("00 04", p), smsc, sizeof(smsc)), 1);
	assert_string_equal(smsc, "");
	assert_int_equal(tpdu_smsc(p, bytes("0C 91 94", p), smsc, sizeof(smsc)),
			 0);
	assert_int_equal(tpdu_smsc(p, bytes("07 91 94", p), smsc, sizeof(smsc)),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tpdu_says_what_the_clause_says),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(the_service_centre_stands_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
