// SPDX-License-Identifier: MIT
/*
 * test_atr.c - the grammar of the answer to reset, ISO/IEC 7816-3 clause 8
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "kunit/atrs.h"

#define LIST	"/usr/share/pcsc/smartcard_list.txt"

/* Real cards' and hand-made ones: every field as the clause has it. */
static void known_atrs_say_what_the_clause_says(void **state)
{
	struct iso7816_atr atr;
	u8 b[64];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(atr_vectors) / sizeof(atr_vectors[0]); i++) {
		const struct atr_vector *v = &atr_vectors[i];
		const char *wrong;

		n = wire_hex(v->hex, b, sizeof(b));
		wrong = atr_differs(v, &atr, iso7816_atr_parse(&atr, b, n));
		if (wrong)
			print_error("%s: %s\n", v->hex, wrong);
		assert_null(wrong);
	}
}

/* However little has come, the length is never guessed and never shrinks. */
static void length_is_known_as_soon_as_it_can_be(void **state)
{
	u8 b[64];
	size_t i, n, k;

	(void)state;
	for (i = 0; i < sizeof(atr_vectors) / sizeof(atr_vectors[0]); i++) {
		const struct atr_vector *v = &atr_vectors[i];
		struct iso7816_atr atr;
		int known = 0;

		n = wire_hex(v->hex, b, sizeof(b));
		if (iso7816_atr_parse(&atr, b, n) != ISO7816_ATR_OK)
			continue;
		for (k = 0; k <= n; k++) {
			int len = iso7816_atr_length(b, k);

			assert_true(len == 0 || len == (int)n);
			assert_false(known && !len);
			known = len;
			if (k && k < n)
				assert_int_equal(iso7816_atr_parse(&atr, b, k),
						 ISO7816_ATR_SHORT);
		}
		assert_int_equal(known, n);
		b[n] = 0x00;
		assert_int_equal(iso7816_atr_parse(&atr, b, n + 1),
				 ISO7816_ATR_TRAILING);
	}
}

/* Tables 7 and 8. */
static void fi_and_di_are_those_of_the_tables(void **state)
{
	static const u32 fi[16] = { 372, 372, 558, 744, 1116, 1488, 1860, 0,
				    0, 512, 768, 1024, 1536, 2048, 0, 0 };
	static const u32 di[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20,
				    0, 0, 0, 0, 0, 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		assert_int_equal(iso7816_fi(i), fi[i >> 4]);
		assert_int_equal(iso7816_di(i), di[i & 15]);
	}
}

static void every_error_has_words(void **state)
{
	int e;

	(void)state;
	for (e = ISO7816_ATR_OK; e <= ISO7816_ATR_TRAILING; e++)
		assert_true(strlen(iso7816_atr_strerror(e)) > 5);
	assert_string_equal(iso7816_atr_strerror(99), "unknown");
}

/*
 * An ATR's line of the list begins with a hex pair; wild cards ("..", "[0-9]")
 * make it a pattern. Return: number of bytes in @b, -1: another line.
 */
static int list_line(const char *line, u8 *b, size_t max, bool *pattern)
{
	size_t n = strcspn(line, "\r\n");

	if (wire_digit(line[0]) < 0 || wire_digit(line[1]) < 0 ||
	    line[2] != ' ')
		return -1;
	while (n && line[n - 1] == ' ')
		n--;
	*pattern = strspn(line, "0123456789ABCDEF ") < n;
	return (int)wire_hex(line, b, max);
}

/*
 * Debian's list of ATRs that people have seen (pcsc-tools 1.6.2, 4,041 lines
 * of which 238 hold wild cards). The list is written by hand; what is rejected
 * was looked at: bytes lost or added in copying, a TCK that is not the XOR, or
 * a value the standard reserves.
 */
static void every_atr_of_debians_list_parses_or_is_rejected_for_a_reason(
	void **state)
{
	unsigned int count[ISO7816_ATR_TRAILING + 1] = { 0 };
	unsigned int lines = 0, patterns = 0, inverse = 0, e;
	char line[1024];
	FILE *f = fopen(LIST, "r");

	(void)state;
	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		struct iso7816_atr atr;
		enum iso7816_atr_error why;
		bool pattern;
		u8 b[64];
		int n = list_line(line, b, sizeof(b), &pattern);

		if (n < 0)
			continue;
		lines++;
		if (pattern) {
			patterns++;
			continue;
		}
		why = iso7816_atr_parse(&atr, b, n);
		count[why]++;
		if (why)
			continue;
		inverse += atr.inverse;
		/* What is taken holds together. */
		assert_int_equal(atr.len, n);
		assert_true(atr.hist_off + atr.hist_len <= n);
		assert_true(atr.hist_len <= ISO7816_HIST_MAX);
		assert_true(atr.protocols & 0x7fff);
		assert_true(atr.protocols & (1u << atr.first_t));
		assert_true(atr.bwi <= 9 && atr.cwi <= 15);
		assert_true(atr.ifsc >= 1 && atr.ifsc <= 254);
		assert_true(atr.wi >= 1 || !(atr.protocols & 1));
	}
	fclose(f);

	print_message("# %u lines, %u with wild cards, %u inverse\n", lines,
		      patterns, inverse);
	for (e = 0; e <= ISO7816_ATR_TRAILING; e++)
		print_message("# %4u %s\n", count[e],
			      iso7816_atr_strerror(e));
	assert_true(lines >= 4041);
	/* 97 of 100 whole lines are good; more rejections are our mistake. */
	assert_true(count[ISO7816_ATR_OK] * 100 >= (lines - patterns) * 97);
	assert_int_equal(count[ISO7816_ATR_TS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_atrs_say_what_the_clause_says),
		cmocka_unit_test(length_is_known_as_soon_as_it_can_be),
		cmocka_unit_test(fi_and_di_are_those_of_the_tables),
		cmocka_unit_test(every_error_has_words),
		cmocka_unit_test(
		every_atr_of_debians_list_parses_or_is_rejected_for_a_reason),
	};

	return cmocka_run_group_tests_name("atr", tests, NULL, NULL);
}
