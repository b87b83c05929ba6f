// SPDX-License-Identifier: MIT
/* APDUs as people read them; a PIN is never among it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/trace.h"
#include "card_link.h"

static const struct {
	const char *hex;
	const char *text;
} commands[] = {
	/* TS 102 221 11.1.1: P1 00 by identifier, 08 by path, 04 by AID */
	{ "00A40004022FE2", "SELECT EF_ICCID 2FE2" },
	{ "00A40804067F105F3A4F30",
	  "SELECT DF_TELECOM 7F10 / DF_PHONEBOOK 5F3A / EF_PBR 4F30" },
	{ "00A4040407A0000000871002", "SELECT by AID" },
	{ "A0A40000026F3A", "SELECT EF_ADN 6F3A" },
	/* 11.1.5, 11.1.6: P1 record, P2 b8-b4 SFI, b3-b1 mode */
	{ "00B207041C", "READ RECORD 7" },
	{ "00B2010C1C", "READ RECORD 1 of SFI 01" },
	{ "00B2000210", "READ RECORD next" },
	{ "00B2000310", "READ RECORD previous" },
	{ "00DC02040401020304", "UPDATE RECORD 2" },
	/* 11.1.3: P1 b8 set: SFI; else offset */
	{ "00B0000009", "READ BINARY from byte 0" },
	{ "00B0012C10", "READ BINARY from byte 300" },
	{ "00B0830510", "READ BINARY SFI 03 from byte 5" },
	/* 11.1.7 */
	{ "00A2010404FFFFFFFF00", "SEARCH RECORD from record 1" },
	{ "0020000108313233340FFFFFFF", "VERIFY PIN" },
	{ "8012000009", "FETCH" },
	{ "80E2910003BF2D00", "STORE DATA" },
	{ "80FA000000", "unknown command" },
	{ "00A4", "no command: fewer than 4 bytes" },
};

static size_t unhex(const char *h, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	for (; sscanf(h, "%2x", &v) == 1; h += 2)
		out[n++] = (uint8_t)v;
	return n;
}

static void commands_are_named(void **state)
{
	uint8_t cmd[64];
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		trace_command(cmd, unhex(commands[i].hex, cmd), text,
			      sizeof(text));
		assert_string_equal(text, commands[i].text);
	}
}

static void statuses_say_what_they_mean(void **state)
{
	static const struct {
		uint16_t sw;
		const char *text;
	} v[] = {
		{ 0x9000, "" },
		{ 0x910b, "done; a proactive command of 11 bytes waits" },
		{ 0x6110, "16 bytes more" },
		{ 0x63c2, "refused; 2 tries left" },
		{ 0x6a82, "there is no such file" },
		{ 0x6982, "not allowed without the PIN" },
		{ 0x1234, "an answer the standards do not know" },
	};
	char text[96];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		trace_status(v[i].sw, text, sizeof(text));
		assert_string_equal(text, v[i].text);
	}
}

/**
 * struct told - what the trace was told
 */
struct told {
	size_t n, pins;
	char pin[64];
};

static void note(void *arg, const uint8_t *cmd, size_t len, const uint8_t *resp,
		 size_t got)
{
	struct told *t = arg;
	char *h;

	(void)resp;
	assert_true(got >= 2);
	t->n++;
	if (!trace_secret(cmd, len))
		return;
	h = trace_hex(cmd, len);
	t->pins++;
	snprintf(t->pin, sizeof(t->pin), "%s", h);
	free(h);
}

static void a_traced_card_works_as_one_that_is_not(void **state)
{
	struct sim_err e = { 0 };
	struct told told = { 0 };
	struct sim_channel *ch;
	char why[UICC_WHY];
	struct uicc *u = uicc_load("tests/card/images/pin-on.card", why);
	struct link *l = link_to(u);
	struct card *c;

	(void)state;
	ch = sim_channel_traced(&l->base, note, &told, &e);
	assert_non_null(ch);
	c = card_open(ch, &e);
	assert_non_null(c);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", true, &e), 0);
	assert_int_equal(card_channel(c)->apdus, l->base.apdus);
	assert_true(told.n > 2);
	/* The PIN itself: header and length, the rest FF. */
	assert_true(told.pins >= 1);
	assert_string_equal(told.pin, "0020000108FFFFFFFFFFFFFFFF");
	card_close(c);
	uicc_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_named),
		cmocka_unit_test(statuses_say_what_they_mean),
		cmocka_unit_test(a_traced_card_works_as_one_that_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
