// SPDX-License-Identifier: MIT
/* BER-TLV (ISO 7816-4 5.2.2) and numbers (TS 24.008 10.5.4.7, 31.102 4.4.2.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/tlv.h"

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

static const struct {
	const char *hex;
	int ret;
	uint32_t tag;
	size_t len;
} rows[] = {
	{ "82 02 41 21", 1, 0x82, 2 },
	{ "62 00", 1, 0x62, 0 },
	{ "5A 81 01 AA", 1, 0x5a, 1 },
	{ "5A 82 00 01 AA", 1, 0x5a, 1 },
	{ "5A 83 00 00 01 AA", 1, 0x5a, 1 },
	/* Tags of two and three bytes: low five bits all ones. */
	{ "5F 50 01 AA", 1, 0x5f50, 1 },
	{ "BF 2D 00", 1, 0xbf2d, 0 },
	{ "BF 81 01 00", 1, 0xbf8101, 0 },
	/* Padding ends the row. */
	{ "", 0, 0, 0 }, { "FF FF", 0, 0, 0 }, { "00 82 00", 0, 0, 0 },
	/* Cut off, or longer than what is there. */
	{ "82", -1, 0, 0 }, { "82 01", -1, 0, 0 }, { "5F", -1, 0, 0 },
	{ "5F 50", -1, 0, 0 }, { "BF 81 81 01 00", -1, 0, 0 },
	{ "82 81", -1, 0, 0 }, { "82 82 00", -1, 0, 0 },
	{ "82 83 FF FF FF AA", -1, 0, 0 },
	/* Indefinite and longer lengths are not used on cards. */
	{ "82 80 AA 00 00", -1, 0, 0 }, { "82 84 00 00 00 01 AA", -1, 0, 0 },
};

static void objects_are_taken_or_refused(void **state)
{
	uint8_t p[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tlv_iter it = { p, bytes(rows[i].hex, p) };
		struct tlv t = { 0 };
		size_t before = it.left;

		if (tlv_next(&it, &t) != rows[i].ret)
			fail_msg("%s", rows[i].hex);
		if (rows[i].ret == 1) {
			assert_int_equal(t.tag, rows[i].tag);
			assert_int_equal(t.len, rows[i].len);
			assert_int_equal(it.left, 0);
		} else {
			assert_int_equal(it.left, before);
		}
	}
}

static void what_is_put_is_found(void **state)
{
	uint8_t buf[400], v[300] = { 7 };
	static const size_t len[] = { 0, 1, 127, 128, 255, 256, 300 };
	static const uint32_t tag[] = { 0x80, 0x5f50, 0xbf2d, 0xbf8101 };
	struct tlv t;
	size_t at;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		for (size_t k = 0; k < 4; k++) {
			at = tlv_put(buf, sizeof(buf), 0, 0x90, v, 2);
			assert_int_equal(at, 4);
			at = tlv_put(buf, sizeof(buf), at, tag[k], v, len[i]);
			assert_true(at);
			assert_true(tlv_find(buf, at, tag[k], &t));
			assert_int_equal(t.len, len[i]);
			assert_false(tlv_find(buf, at, 0x91, &t));
			assert_int_equal(tlv_put(buf, at - 1, 4, tag[k], v,
						 len[i]), 0);
		}
	}
}

/* 31.102 Table 4.4: 0-9 * # and A pause, a wild digit, E; F fills. */
static const struct {
	const char *hex;
	const char *digits;
} packed[] = {
	{ "21 43 65 87 09", "1234567890" },
	{ "21 43 F5", "12345" },
	{ "1A FB", "*1#" },
	{ "C1 D2 E3", "1,2?3E" },
	{ "F1 FF FF", "1" },
	{ "FF FF", "" },
	{ "1F 21", "" },
};

static void digits_stand_low_half_first(void **state)
{
	char out[40];
	uint8_t p[16], q[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
		n = bytes(packed[i].hex, p);
		bcd_get(p, n, out, sizeof(out), 0);
		assert_string_equal(out, packed[i].digits);
	}
	for (size_t i = 0; i < 4; i++) {
		n = bytes(packed[i].hex, p);
		assert_int_equal(bcd_put(packed[i].digits,
					 strlen(packed[i].digits), q), n);
		assert_memory_equal(p, q, n);
	}
}

static void digits_never_leave_their_room(void **state)
{
	uint8_t p[16];
	char out[6];

	(void)state;
	memset(p, 0x11, sizeof(p));
	assert_int_equal(bcd_get(p, sizeof(p), out, sizeof(out), 0), 5);
	assert_string_equal(out, "11111");
}

/* As in kmod/identity.c: up to the filler; what is no digit is a letter. */
static void a_filler_ends_an_iccid(void **state)
{
	uint8_t p[16];
	char out[24];

	(void)state;
	bytes("98 94 20 00 10 32 54 76 98 F6", p);
	bcd_iccid(p, 10, out, sizeof(out));
	assert_string_equal(out, "8949020001234567896");
	bytes("FF FF FF FF FF FF FF FF FF FF", p);
	assert_int_equal(bcd_iccid(p, 10, out, sizeof(out)), 0);
	bytes("98 9A EB 1F 32", p);
	bcd_iccid(p, 5, out, sizeof(out));
	assert_string_equal(out, "89a9be");
	/* An IMSI has digits only. */
	bcd_swapped(p, 2, out, sizeof(out));
	assert_string_equal(out, "89");
}

static const struct {
	const char *written;
	const char *number;
} normal[] = {
	{ "+49 (171) 123-456", "+49171123456" },
	{ "030/123.456", "030123456" },
	{ "tel:+1-418-656-9254;ext=102", "+14186569254,102" },
	{ "tel:7042;phone-context=example.com", "7042" },
	{ "*100#", "*100#" },
	{ "0800 p 55 w 6", "0800,55,6" },
	{ "12;34", "12,34" },
	{ "1?2E", "1?2E" },
	{ "\xe2\x80\xaa+49\xc2\xa0" "30\xe2\x80\xac", "+4930" },
	{ "", NULL }, { "+", NULL }, { "()", NULL }, { "1+2", NULL },
	{ "0800-FLOWERS", NULL }, { "anna@example.org", NULL },
	{ "\xd9\xa1", NULL },
};

static void numbers_are_taken_as_people_write_them(void **state)
{
	char out[BCD_DIGITS_MAX + 2], longer[BCD_DIGITS_MAX + 3];

	(void)state;
	for (size_t i = 0; i < sizeof(normal) / sizeof(normal[0]); i++) {
		if (bcd_normal(normal[i].written, out)) {
			if (normal[i].number)
				fail_msg("'%s' refused", normal[i].written);
			continue;
		}
		if (!normal[i].number)
			fail_msg("'%s' taken", normal[i].written);
		assert_string_equal(out, normal[i].number);
	}
	memset(longer, '1', sizeof(longer));
	longer[BCD_DIGITS_MAX] = '\0';
	assert_int_equal(bcd_normal(longer, out), 0);
	longer[BCD_DIGITS_MAX] = '1';
	longer[BCD_DIGITS_MAX + 1] = '\0';
	assert_int_equal(bcd_normal(longer, out), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_taken_or_refused),
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(digits_stand_low_half_first),
		cmocka_unit_test(digits_never_leave_their_room),
		cmocka_unit_test(a_filler_ends_an_iccid),
		cmocka_unit_test(numbers_are_taken_as_people_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
