// SPDX-License-Identifier: MIT
/*
 * test_apdu.c - command APDUs: cases, class byte, status chaining
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "kunit/exchanges.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void plays(void **state)
{
	const struct dialogue *d = *state;
	struct exchange_run *r = malloc(sizeof(*r));
	int line;

	assert_non_null(r);
	line = exchange_play(r, d->script);
	if (line)
		print_error("line %d: %s\n", line, r->w.msg);
	free(r);
	assert_int_equal(line, 0);
}

/* ISO 7816-3 12.1, tables 11 and 12. */
static void the_seven_codings_of_a_command(void **state)
{
	static const struct {
		const char *hex;
		u8 cmd_case;
		bool extended;
		u32 nc, ne;
	} t[] = {
		{ "00 44 00 00", 1, false, 0, 0 },
		{ "00 B0 00 00 05", 2, false, 0, 5 },
		{ "00 B0 00 00 00", 2, false, 0, 256 },
		{ "00 D6 00 00 FF 11*255", 3, false, 255, 0 },
		{ "00 A4 00 04 02 3F 00 FF", 4, false, 2, 255 },
		{ "00 A4 00 04 02 3F 00 00", 4, false, 2, 256 },
		{ "00 B0 00 00 00 01 00", 2, true, 0, 256 },
		{ "00 B0 00 00 00 00 00", 2, true, 0, 65536 },
		{ "00 D6 00 00 00 01 00 11*256", 3, true, 256, 0 },
		{ "00 D6 00 00 00 FF FF 11*65535", 3, true, 65535, 0 },
		{ "00 CB 00 00 00 00 01 11 01 00", 4, true, 1, 256 },
		{ "00 CB 00 00 00 FF FF 11*65535 00 00", 4, true, 65535,
		  65536 },
	};
	static u8 b[EXCHANGE_MAX];
	struct apdu a;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(t); i++) {
		n = wire_hex(t[i].hex, b, sizeof(b));
		assert_int_equal(apdu_parse(&a, b, n), 0);
		assert_int_equal(a.cmd_case, t[i].cmd_case);
		assert_int_equal(a.extended, t[i].extended);
		assert_int_equal(a.nc, t[i].nc);
		assert_int_equal(a.ne, t[i].ne);
		assert_int_equal(a.ins, b[1]);
		assert_ptr_equal(a.data, a.nc ? b + (a.extended ? 7 : 5) :
				 NULL);
	}
	assert_int_equal(n, SIMSLOT_APDU_MAX);
}

/* TS 102 221 10.1.1, tables 10.3 and 10.4a. */
static void class_bytes_of_channels_0_to_19(void **state)
{
	static const struct {
		int cla;
		unsigned int channel;
		int coded;
	} t[] = {
		{ 0x00, 0, 0x00 }, { 0x00, 3, 0x03 }, { 0x00, 4, 0x40 },
		{ 0x00, 19, 0x4f }, { 0x80, 0, 0x80 }, { 0x80, 3, 0x83 },
		{ 0x80, 4, 0xc0 }, { 0x80, 19, 0xcf }, { 0x0c, 2, 0x0e },
		{ 0x08, 4, 0x60 }, { 0x88, 19, 0xef }, { 0x10, 1, 0x11 },
		{ 0x10, 5, 0x51 }, { 0x90, 19, 0xdf }, { 0xa0, 0, 0xa0 },
		{ 0xa0, 1, -EINVAL }, { 0x00, 20, -EINVAL },
		{ 0x01, 0, -EINVAL }, { 0x40, 0, -EINVAL },
		{ 0x20, 0, -EINVAL }, { 0x0c, 4, -EINVAL },
		{ 0x04, 4, -EINVAL }, { 0xb0, 0, -EINVAL },
		{ 0xff, 0, -EINVAL },
	};
	unsigned int channel;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(t); i++) {
		assert_int_equal(apdu_class(t[i].cla, t[i].channel),
				 t[i].coded);
		if (t[i].coded >= 0)
			assert_int_equal(apdu_channel(t[i].coded),
					 t[i].channel);
	}
	for (channel = 0; channel < 20; channel++) {
		assert_int_equal(apdu_channel(apdu_class(0x00, channel)),
				 channel);
		assert_int_equal(apdu_channel(apdu_class(0x80, channel)),
				 channel);
	}
	assert_int_equal(apdu_channel(0x20), -EINVAL);
	assert_int_equal(apdu_channel(0xff), -EINVAL);
}

/* A card may promise more for ever; the exchange ends all the same. */
static void endless_61xx_ends(void **state)
{
	static u8 resp[66000];
	u8 cmd[] = { 0x00, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x00 };
	struct apdu_exchange x;
	struct apdu_tpdu t;
	unsigned int n = 0;

	(void)state;
	assert_int_equal(apdu_begin(&x, APDU_T0, cmd, sizeof(cmd), 0, resp,
				    sizeof(resp)), 0);
	while (apdu_next(&x, &t)) {
		assert_true(++n < 2000);
		memcpy(t.resp, "\x61\x00", 2);
		apdu_answer(&x, 2);
	}
	assert_int_equal(x.result, 2);
	assert_memory_equal(resp, "\x61\x00", 2);
}

/* 65,536 bytes and a status is the most there can be. */
static void the_longest_response_fits(void **state)
{
	static u8 resp[65538];
	u8 cmd[] = { 0x00, 0xb0, 0x00, 0x00, 0x00, 0x00, 0x00 };
	struct apdu_exchange x;
	struct apdu_tpdu t;

	(void)state;
	assert_int_equal(apdu_begin(&x, APDU_T0, cmd, sizeof(cmd), 0, resp,
				    sizeof(resp)), 0);
	while (apdu_next(&x, &t)) {
		assert_true(t.max >= 258);
		memset(t.resp, 0x5a, 256);
		memcpy(t.resp + 256, "\x61\x00", 2);
		apdu_answer(&x, 258);
	}
	assert_int_equal(x.result, 65538);
	assert_memory_equal(resp + 65536, "\x61\x00", 2);
}

int main(void)
{
	struct CMUnitTest t[COUNT(exchanges) + 4];
	size_t i;

	for (i = 0; i < COUNT(exchanges); i++)
		t[i] = (struct CMUnitTest){
			.name = exchanges[i].name,
			.test_func = plays,
			.initial_state = (void *)&exchanges[i],
		};
	t[i++] = (struct CMUnitTest)
		cmocka_unit_test(the_seven_codings_of_a_command);
	t[i++] = (struct CMUnitTest)
		cmocka_unit_test(class_bytes_of_channels_0_to_19);
	t[i++] = (struct CMUnitTest)cmocka_unit_test(endless_61xx_ends);
	t[i++] = (struct CMUnitTest)
		cmocka_unit_test(the_longest_response_fits);
	return _cmocka_run_group_tests("apdu", t, i, NULL, NULL);
}
