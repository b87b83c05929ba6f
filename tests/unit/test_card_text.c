// SPDX-License-Identifier: MIT
/* Alpha identifiers: TS 102 221 Annex A, alphabet of TS 23.038 6.2.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/gsm7.h"
#include "card/text.h"

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

/* What a field says; NULL: nothing that any coding allows. */
static const struct {
	const char *hex;
	const char *text;
} says[] = {
	/* TS 23.038 6.2.1, one row of the table after the other. */
	{ "00 01 02 03 04 05 06 07", "@£$¥èéùì" },
	{ "08 09 0A 0B 0C 0E 0F", "òÇ\nØøÅå" },
	{ "10 11 12 13 14 15 16 17", "Δ_ΦΓΛΩΠΨ" },
	{ "18 19 1A 1C 1D 1E 1F", "ΣΘΞÆæßÉ" },
	{ "20 21 22 23 24 25 26 27 21", " !\"#¤%&'!" },
	{ "28 29 2A 2B 2C 2D 2E 2F", "()*+,-./" },
	{ "30 31 32 33 34 35 36 37", "01234567" },
	{ "38 39 3A 3B 3C 3D 3E 3F", "89:;<=>?" },
	{ "40 41 42 43 44 45 46 47", "¡ABCDEFG" },
	{ "48 49 4A 4B 4C 4D 4E 4F", "HIJKLMNO" },
	{ "50 51 52 53 54 55 56 57", "PQRSTUVW" },
	{ "58 59 5A 5B 5C 5D 5E 5F", "XYZÄÖÑÜ§" },
	{ "60 61 62 63 64 65 66 67", "¿abcdefg" },
	{ "68 69 6A 6B 6C 6D 6E 6F", "hijklmno" },
	{ "70 71 72 73 74 75 76 77", "pqrstuvw" },
	{ "78 79 7A 7B 7C 7D 7E 7F", "xyzäöñüà" },
	/* 6.2.1.1, the extension table. */
	{ "1B 14", "^" }, { "1B 28", "{" }, { "1B 29", "}" },
	{ "1B 2F", "\\" }, { "1B 3C", "[" }, { "1B 3D", "~" },
	{ "1B 3E", "]" }, { "1B 40", "|" }, { "1B 65", "€" },
	/* 6.2.1.1 note 1: a space; the default table's character else. */
	{ "41 1B 1B 42", "A B" }, { "1B 41", "A" }, { "41 1B", "A" },
	/* Annex A: FF ends and fills. */
	{ "41 6E 6E 61 FF FF FF", "Anna" }, { "FF FF FF", "" }, { "FF 41", "" },
	/* Padding of careless terminals. */
	{ "41 20 20 20", "A" }, { "41 0D 42", "A B" },
	/* Annex A, coding 80. */
	{ "80 73 8B 5C 0F 66 0E FF FF", "王小明" }, { "80 00 41", "A" },
	{ "80 00 41 00", "A" }, { "80 00 41 FF FF 00 42", "A" },
	{ "80 00 41 00 00 00 42", "A" }, { "80", "" }, { "80 00", "" },
	/* Pairs of surrogates some phones write; half a one is nothing. */
	{ "80 D8 3D DE 00", "😀" }, { "80 D8 3D 00 41", NULL },
	{ "80 DE 00", NULL }, { "80 D8 3D", NULL },
	/* Annex A, coding 81, the example: base 0980, S, KA, DA. */
	{ "81 03 13 53 95 A6", "Sকদ" }, { "81 03 13 53 95 A6 FF FF", "Sকদ" },
	{ "81 00 13 FF", "" }, { "81 04 08 90 BD BD B0", "Анна" },
	{ "81 03 0C B9 C4 CA", "علي" }, { "81 02 08 1B 65", "€" },
	{ "81 04 13 53 95 A6", NULL }, { "81 FF 13 53", NULL },
	{ "81 01", NULL }, { "81", NULL }, { "81 01 00 80", NULL },
	/* Annex A, coding 82, the example: base 0530, -, BEN, 0583, -, 1. */
	{ "82 05 05 30 2D 82 D3 2D 31", "-Բ\xd6\x83-1" },
	{ "82 04 05 7F 80 81 80 81", "տրտր" }, { "82 01 D8 00 80", NULL },
	{ "82 01 FF FF 81", NULL }, { "82 02 05 30 82", NULL },
	{ "82 01 05", NULL }, { "82", NULL },
	/* Bit 8 is no code of the default alphabet. */
	{ "41 85 42", NULL }, { "C3 A4", NULL }, { "83 01", NULL },
	{ "FE", NULL }, { "1B 80", NULL },
};

static void every_field_says_what_the_clause_says(void **state)
{
	uint8_t p[64];
	char text[TEXT_MAX];
	size_t n, bad;

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		n = bytes(says[i].hex, p);
		if (text_decode(p, n, text, &bad)) {
			if (says[i].text)
				fail_msg("%s: nothing", says[i].hex);
			assert_in_range(bad, 0, n);
			assert_string_equal(text, "");
		} else if (!says[i].text || strcmp(text, says[i].text)) {
			fail_msg("%s: '%s', not '%s'", says[i].hex, text,
				 says[i].text ? says[i].text : "(nothing)");
		}
	}
}

/* What a name becomes in a field of so many bytes; 1: not all of it. */
static const struct {
	const char *text;
	size_t cap;
	const char *hex;
	int cut;
} becomes[] = {
	{ "Anna", 6, "41 6E 6E 61 FF FF", 0 },
	{ "Müller", 8, "4D 7E 6C 6C 65 72 FF FF", 0 },
	{ "@", 2, "00 FF", 0 },
	{ "€5", 3, "1B 65 35", 0 },
	{ "[a]", 5, "1B 3C 61 1B 3E", 0 },
	{ "", 3, "FF FF FF", 0 },
	{ "Anna", 0, "", 1 },
	/* One coding shorter than the other: 81 before 82 before 80. */
	{ "Çağla", 12, "81 05 02 09 61 9F 6C 61 FF FF FF FF", 0 },
	{ "Δημ", 6, "81 03 07 10 B7 BC", 0 },
	{ "Анна", 8, "81 04 08 90 BD BD B0 FF", 0 },
	{ "علي", 6, "81 03 0C B9 C4 CA", 0 },
	{ "տրտր", 9, "82 04 05 7F 80 81 80 81 FF", 0 },
	{ "տր", 6, "80 05 7F 05 80 FF", 0 },
	{ "王小明", 7, "80 73 8B 5C 0F 66 0E", 0 },
	{ "한국", 6, "80 D5 5C AD 6D FF", 0 },
	{ "ЖԱ", 5, "80 04 16 05 31", 0 },
	/* The most characters, whatever coding gives them. */
	{ "AB€", 3, "41 42 FF", 1 },
	{ "AB€", 4, "41 42 1B 65", 0 },
	{ "ABCDEFGHIЖ", 10, "41 42 43 44 45 46 47 48 49 FF", 1 },
	{ "АБВГД", 6, "81 03 08 90 91 92", 1 },
	{ "王小明", 6, "80 73 8B 5C 0F FF", 1 },
	{ "王小明", 2, "FF FF", 1 },
	{ "Alexandra Hamilton", 14, "41 6C 65 78 61 6E 64 72 61 20 48 61 6D 69", 1 },
	/* Behind the cut no space: read back it would be padding. */
	{ "Eva Maria", 4, "45 76 61 FF", 1 },
	{ "Eva   ", 6, "45 76 61 FF FF FF", 0 },
	/* What people see as one character stays one. */
	{ "e\xcc\x81", 2, "05 FF", 0 },
	{ "नि", 5, "81 02 12 A8 BF", 0 },
	{ "नि", 3, "FF FF FF", 1 },
	{ "Kनि", 5, "4B FF FF FF FF", 1 },
	/* Beyond 16 bits there is nothing, and no substitute for it. */
	{ "Eva 😀", 8, "45 76 61 FF FF FF FF FF", 1 },
	{ "😀", 4, "FF FF FF FF", 1 },
	{ "A\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9" "B", 4, "41 42 FF FF", 1 },
	{ "A\xef\xbf\xbd" "B", 4, "41 42 FF FF", 1 },
};

static void every_name_becomes_the_best_field(void **state)
{
	uint8_t want[64], have[64];
	size_t n;
	int cut;

	(void)state;
	for (size_t i = 0; i < sizeof(becomes) / sizeof(becomes[0]); i++) {
		n = bytes(becomes[i].hex, want);
		assert_int_equal(n, becomes[i].cap);
		cut = text_encode(becomes[i].text, have, n);
		if (cut != becomes[i].cut || memcmp(want, have, n))
			fail_msg("'%s' in %zu: %d, %02X %02X %02X %02X",
				 becomes[i].text, n, cut, have[0], have[1],
				 have[2], have[3]);
	}
}

static void what_is_no_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\xff", "A\x80", "\xc3", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80",
	};
	uint8_t f[4];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(text_encode(bad[i], f, sizeof(f)), -1);
		assert_memory_equal(f, "\xff\xff\xff\xff", 4);
	}
}

/* The round trip says what was kept, and keeps it the second time. */
static void fitting_twice_changes_nothing(void **state)
{
	static const char *const part[] = {
		"A", "é", "€", "Ж", "Δ", "η", "王", "ع", "😀", " ", "[", "ğ",
		"\xcc\x81", "नि", "한", "\n", "\t", "z", "-", "Բ",
	};
	char name[256], once[TEXT_MAX], twice[TEXT_MAX];
	unsigned int seed = 1;

	(void)state;
	for (int run = 0; run < 20000; run++) {
		name[0] = '\0';
		for (int k = 0; k < run % 12; k++) {
			seed = seed * 1103515245 + 12345;
			strcat(name, part[seed / 65536 % 20]);
		}
		assert_in_range(text_fit(name, (size_t)run % 33, once), 0, 1);
		assert_int_equal(text_fit(once, (size_t)run % 33, twice), 0);
		assert_string_equal(once, twice);
	}
}

/* Each of the 127 characters and 9 more has one code and comes back from it. */
static void every_code_of_the_alphabet_comes_back(void **state)
{
	uint8_t code[2];
	uint16_t u;

	(void)state;
	for (unsigned int i = 0; i < 128; i++) {
		if (i == GSM7_ESC)
			continue;
		assert_int_equal(gsm7_code(gsm7_char((uint8_t)i), code), 1);
		assert_int_equal(code[0], i);
		if (gsm7_ext((uint8_t)i)) {
			assert_int_equal(gsm7_code(gsm7_ext((uint8_t)i), code), 2);
			assert_int_equal(code[1], i);
			assert_int_equal(gsm7_next(code, 2, &u), 2);
			assert_int_equal(u, gsm7_ext((uint8_t)i));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_says_what_the_clause_says),
		cmocka_unit_test(every_name_becomes_the_best_field),
		cmocka_unit_test(what_is_no_utf8_is_refused),
		cmocka_unit_test(fitting_twice_changes_nothing),
		cmocka_unit_test(every_code_of_the_alphabet_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
