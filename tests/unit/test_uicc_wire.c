// SPDX-License-Identifier: MIT
/*
 * test_uicc_wire.c - the software card at byte level, alone and against the
 * kernel's ISO 7816-3 engine, in simulated time
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card/uicc_wire.h"
#include "iso7816.h"

static const char image[] =
	"template usim\n"
	"iccid 89490200001234567896\n"
	"file 2FF0 linear 250 28 read=alw update=alw\n"
	"record 1-250 AA\n";

/**
 * struct bench - card, contact and a clock that is moved by hand
 * @now: ns
 */
struct bench {
	struct uicc *c;
	struct uicc_wire *w;
	uint64_t now;
};

static struct bench bench(const char *more, struct uicc_wire_opt o)
{
	char text[2048], why[UICC_WHY] = "";
	struct bench b = { .now = 1000000 };

	snprintf(text, sizeof(text), "%s%s", image, more);
	if (!o.clock)
		o.clock = 3571200;
	o.atr_clocks = 1000;
	b.c = uicc_parse(text, "image", why);
	if (!b.c)
		fail_msg("%s", why);
	b.w = uicc_wire_new(b.c, &o);
	assert_non_null(b.w);
	return b;
}

static void end(struct bench *b)
{
	uicc_wire_free(b->w);
	uicc_free(b->c);
}

static void fault(struct bench *b, const char *line)
{
	char why[UICC_WHY];

	if (uicc_fault(b->c, line, why))
		fail_msg("%s", why);
}

/* Everything the card sends in the next @ms milliseconds. */
static size_t listen(struct bench *b, unsigned int ms, uint8_t *out, size_t max)
{
	uint64_t until = b->now + ms * 1000000ull, next;
	size_t n = 0;

	for (;;) {
		while (n < max && uicc_wire_tx(b->w, b->now, &out[n], &next))
			n++;
		if (n == max || next > until)
			break;
		b->now = next;
	}
	if (n < max)
		b->now = until;
	return n;
}

static void talk(struct bench *b, const char *hex)
{
	for (; *hex; hex += *hex == ' ' ? 1 : 2) {
		char two[3] = { hex[0], hex[1], 0 };

		if (*hex != ' ')
			uicc_wire_rx(b->w, (uint8_t)strtoul(two, NULL, 16),
				     b->now);
	}
}

static void hear_at(struct bench *b, unsigned int ms, const char *want,
		    int line)
{
	uint8_t got[1024];
	char hex[2049] = "", clean[2049];
	size_t n = listen(b, ms, got, sizeof(got)), i, k = 0;

	for (i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02X", got[i]);
	for (i = 0; want[i]; i++)
		if (want[i] != ' ')
			clean[k++] = want[i];
	clean[k] = 0;
	if (strcmp(hex, clean))
		fail_msg("line %d: heard %s, expected %s", line, hex, clean);
}

#define hear(b, ms, want) hear_at(b, ms, want, __LINE__)

static void power(struct bench *b, bool on)
{
	uicc_wire_line(b->w, UICC_VCC, on, b->now);
	uicc_wire_line(b->w, UICC_RST, on, b->now);
}

#define ATR "3B 97 96 80 1F 43 80 31 E0 73 FE 21 1B 3B "

/* 6.2.2: nothing before RST rises, and not within 400 clocks after */
static void the_atr_comes_after_rst(void **state)
{
	struct bench b = bench("", (struct uicc_wire_opt){ .echo = true });
	uint8_t byte;
	uint64_t next;

	(void)state;
	hear(&b, 50, "");
	uicc_wire_line(b.w, UICC_VCC, true, b.now);
	hear(&b, 50, "");
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	b.now += 400 * 1000000000ull / 3571200;
	assert_false(uicc_wire_tx(b.w, b.now, &byte, &next));
	hear(&b, 50, ATR);
	/* RST low in the middle of an answer: silence, then a new ATR */
	talk(&b, "00A4000402");
	uicc_wire_line(b.w, UICC_RST, false, b.now);
	hear(&b, 50, "");
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	hear(&b, 50, ATR);
	end(&b);
}

/* Clause 9: an equal answer accepts; without PPS1: default speed; a wrong
 * check byte or protocol: none */
static void pps(void **state)
{
	static const struct {
		const char *ask, *answer;
		unsigned int f, d;
	} rows[] = {
		{ "FF 10 96 79", "FF 10 96 79", 512, 32 },
		{ "FF 10 94 7B", "FF 10 94 7B", 512, 8 },
		{ "FF 00 FF", "FF 00 FF", 372, 1 },
		{ "FF 10 97 78", "FF 00 FF", 372, 1 },
		{ "FF 10 96 78", "", 372, 1 },
		{ "FF 01 FE", "", 372, 1 },
	};
	struct uicc_wire_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b = bench("", (struct uicc_wire_opt){ .pps = true });

		power(&b, true);
		hear(&b, 50, ATR);
		talk(&b, rows[i].ask);
		hear(&b, 50, rows[i].answer);
		uicc_wire_info(b.w, &info);
		assert_int_equal(info.f, rows[i].f);
		assert_int_equal(info.d, rows[i].d);
		end(&b);
	}
}

/* 10.3: header, procedure byte, data, SW; what is sent comes back */
static void t0_procedure_bytes(void **state)
{
	struct bench b = bench("", (struct uicc_wire_opt){ .echo = true });

	(void)state;
	power(&b, true);
	hear(&b, 50, ATR);
	talk(&b, "00 A4 00 0C 02");
	hear(&b, 50, "00 A4 00 0C 02 A4");
	talk(&b, "2F E2");
	hear(&b, 50, "2F E2 90 00");
	talk(&b, "00 B0 00 00 03");
	hear(&b, 50, "00 B0 00 00 03 B0 98 94 20 90 00");
	uicc_wire_opt(b.w)->ack = UICC_ACK_ONE;
	talk(&b, "00 B0 00 00 03");
	hear(&b, 50, "00 B0 00 00 03 4F 98 4F 94 4F 20 90 00");
	talk(&b, "00 A4 00 0C 02");
	hear(&b, 50, "00 A4 00 0C 02 5B");
	talk(&b, "2F");
	hear(&b, 50, "2F 5B");
	talk(&b, "E2");
	hear(&b, 50, "E2 90 00");
	uicc_wire_opt(b.w)->ack = UICC_ACK_MIX;
	talk(&b, "00 B0 00 00 03");
	hear(&b, 50, "00 B0 00 00 03 4F 98 B0 94 20 90 00");
	talk(&b, "00 B0 00 00 00");
	hear(&b, 50, "00 B0 00 00 00 6C 0A");
	end(&b);
}

/* Faults the wire can show, each once, then all is well after a reset */
static void faults_on_the_wire(void **state)
{
	static const char *const rows[][2] = {
		{ "nulls 2", "60 60 B0 98 94 20 90 00" },
		{ "silence", "" },
		{ "stop 3", "B0 98 94" },
		{ "garbage 2", "05 0C" },
		{ "sw 6F00", "6F 00" },
		{ "flip 1", "B0 98 95 20 90 00" },
	};
	struct bench b = bench("", (struct uicc_wire_opt){ .clock = 0 });
	struct uicc_wire_info info;
	uint8_t got[64];
	size_t i;

	(void)state;
	power(&b, true);
	hear(&b, 50, ATR);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk(&b, "00 A4 00 0C 02");
		hear(&b, 50, "A4");
		talk(&b, "2F E2");
		hear(&b, 50, "90 00");
		fault(&b, rows[i][0]);
		talk(&b, "00 B0 00 00 03");
		hear(&b, 100, rows[i][1]);
		uicc_wire_line(b.w, UICC_RST, false, b.now);
		uicc_wire_line(b.w, UICC_RST, true, b.now);
		hear(&b, 50, ATR);
	}
	/* NULLs for ever: 20 ms apart, until the reset */
	fault(&b, "nulls 0");
	talk(&b, "00 B0 82 00 03");
	assert_in_range(listen(&b, 400, got, sizeof(got)), 19, 21);
	for (i = 0; i < 19; i++)
		assert_int_equal(got[i], 0x60);
	uicc_wire_line(b.w, UICC_RST, false, b.now);
	hear(&b, 100, "");
	fault(&b, "bad-tck");
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	hear(&b, 50, "3B 97 96 80 1F 43 80 31 E0 73 FE 21 1B 3A");
	fault(&b, "no-atr");
	uicc_wire_line(b.w, UICC_RST, false, b.now);
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	hear(&b, 50, "");
	fault(&b, "short-atr 4");
	uicc_wire_line(b.w, UICC_RST, false, b.now);
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	hear(&b, 50, "3B 97 96 80");
	uicc_wire_line(b.w, UICC_RST, false, b.now);
	uicc_wire_line(b.w, UICC_RST, true, b.now);
	hear(&b, 50, ATR);
	uicc_wire_opt(b.w)->echo = true;
	fault(&b, "echo 2");
	talk(&b, "00 B0 82 00 03");
	hear(&b, 50, "00 B4 82 00 03 B0 98 94 20 90 00");
	fault(&b, "remove 2");
	talk(&b, "00 B0 82 00 03");
	hear(&b, 50, "00 B0 82 00 03 B0 98");
	uicc_wire_info(b.w, &info);
	assert_true(info.pulled);
	end(&b);
}

/* ---- against the kernel's engine ------------------------------------------ */

/* Carries out one operation; returns act.result, time is the bench's. */
static int drive(struct bench *b, struct iso7816 *m)
{
	struct iso7816_act act;
	uint64_t until, next;
	uint8_t byte;
	size_t i;

	for (;;) {
		switch (iso7816_step(m, b->now / 1000 + 1, &act)) {
		case ISO7816_SEND:
			b->now += act.after_us * 1000ull;
			for (i = 0; i < act.len; i++) {
				uicc_wire_rx(b->w, act.data[i], b->now);
				if (uicc_wire_opt(b->w)->pace)
					b->now += act.gap_us * 1000ull;
			}
			break;
		case ISO7816_RECEIVE:
			until = b->now + act.timeout_us * 1000;
			if (uicc_wire_tx(b->w, b->now, &byte, &next)) {
				iso7816_input(m, &byte, 1);
			} else if (next <= until) {
				b->now = next > b->now ? next : b->now;
			} else {
				b->now = until;
				iso7816_timeout(m);
			}
			break;
		case ISO7816_LINE:
			break;
		case ISO7816_PAUSE:
			b->now += act.timeout_us * 1000;
			break;
		case ISO7816_COLD_RESET:
			power(b, false);
			b->now += 10000000;
			power(b, true);
			break;
		case ISO7816_WARM_RESET:
			uicc_wire_line(b->w, UICC_RST, false, b->now);
			uicc_wire_line(b->w, UICC_RST, true, b->now);
			break;
		case ISO7816_DONE:
			return act.result;
		}
	}
}

static void engine(struct iso7816 *m, unsigned int max_baud)
{
	struct iso7816_config cfg = { .clock_hz = 3571200, .max_baud = max_baud,
				      .classes = ISO7816_CLASS_B };

	assert_int_equal(iso7816_init(m, &cfg), 0);
	iso7816_activate(m);
}

static void command_at(struct bench *b, struct iso7816 *m, const char *hex,
		       const char *want, int line)
{
	uint8_t cmd[300], resp[300];
	char got[700] = "";
	size_t n = 0, i;
	struct iso7816_act act;

	for (; *hex; hex += 2)
		cmd[n++] = (uint8_t)strtoul((char[]){ hex[0], hex[1], 0 }, NULL,
					    16);
	iso7816_transceive(m, cmd, n, resp, sizeof(resp));
	if (drive(b, m))
		fail_msg("line %d: the exchange failed", line);
	iso7816_step(m, b->now / 1000 + 1, &act);
	for (i = 0; i < act.len; i++)
		sprintf(got + 2 * i, "%02X", resp[i]);
	if (strcmp(got, want))
		fail_msg("line %d: got %s, expected %s", line, got, want);
}

#define command(b, m, hex, want) command_at(b, m, hex, want, __LINE__)

/* Both conventions, all ways to ask for data, with and without echo */
static void the_engine_reads_it_by_t0(void **state)
{
	static const char *const atrs[] = {
		"", "atr 3B 82 00 55 18\n",
		"atr 3F 2F 00 36 AF 69 02 04 01 80 00 00 0A 0E 83 3E 9F 16\n",
	};
	struct iso7816 m;
	size_t i;
	int ack, echo;

	(void)state;
	for (i = 0; i < 3; i++)
		for (ack = 0; ack < 3; ack++)
			for (echo = 0; echo < 2; echo++) {
				struct bench b = bench(atrs[i],
					(struct uicc_wire_opt){
						.echo = echo, .pps = true,
						.ack = (enum uicc_ack)ack });

				engine(&m, 0);
				assert_int_equal(drive(&b, &m), 0);
				assert_int_equal(m.protocol, 0);
				command(&b, &m, "00A4000C022FE2", "9000");
				command(&b, &m, "00B000000A",
					"989420000021436587699000");
				command(&b, &m, "00A40004022FE2", "6119");
				command(&b, &m, "00B0000000", "6C0A");
				end(&b);
			}
}

/* 11: blocks, IFSD, chaining, waiting time extension */
static void the_engine_reads_it_by_t1(void **state)
{
	struct bench b = bench("atr 3B FA 18 00 00 81 31 FE 45 4D 4F 54 49 4F 4E "
			       "00 00 90 07 60\n"
			       "file 2FF2 transparent 200 read=alw\n"
			       "data 0102\n",
			       (struct uicc_wire_opt){ .echo = true,
						       .pps = true });
	struct iso7816 m;
	char want[405];
	size_t i;

	(void)state;
	engine(&m, 0);
	assert_int_equal(drive(&b, &m), 0);
	assert_int_equal(m.protocol, 1);
	command(&b, &m, "00A4000C022FE2", "9000");
	fault(&b, "nulls 3");
	command(&b, &m, "00B000000A", "989420000021436587699000");
	command(&b, &m, "00A4000C022FF2", "9000");
	strcpy(want, "0102");
	for (i = 2; i < 200; i++)
		strcat(want, "FF");
	strcat(want, "9000");
	command(&b, &m, "00B00000C8", want);
	end(&b);
}

/*
 * 250 records of 28 bytes: 5 + 1 + 28 + 2 = 36 characters of 12 etu each; one
 * turn-around of 16 instead of 12 etu in either direction per command.
 */
static void paced_records_take_their_time(void **state)
{
	static const struct {
		unsigned int baud, f, d;
	} rows[] = { { 0, 372, 1 }, { 300000, 512, 32 } };
	struct iso7816 m;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		struct bench b = bench("", (struct uicc_wire_opt){
					.echo = true, .pps = true,
					.pace = true });
		uint64_t start, etu_ps = 1000000000000ull * rows[k].f /
					 rows[k].d / 3571200, took, wire;
		struct uicc_wire_info info;
		char cmd[16], want[64] = "AA";

		for (i = 1; i < 28; i++)
			strcat(want, "FF");
		strcat(want, "9000");
		engine(&m, rows[k].baud);
		assert_int_equal(drive(&b, &m), 0);
		command(&b, &m, "00A4000C022FF0", "9000");
		start = b.now;
		for (i = 1; i <= 250; i++) {
			sprintf(cmd, "00B2%02zX041C", i);
			command(&b, &m, cmd, want);
		}
		uicc_wire_info(b.w, &info);
		assert_int_equal(info.f, rows[k].f);
		took = b.now - start;
		wire = 250 * 36 * 12 * etu_ps / 1000;
		/* the wire's time, and at most the turn-arounds more */
		assert_in_range(took, wire,
				wire + 250 * 12 * etu_ps / 1000 + 1000000);
		end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_atr_comes_after_rst),
		cmocka_unit_test(pps),
		cmocka_unit_test(t0_procedure_bytes),
		cmocka_unit_test(faults_on_the_wire),
		cmocka_unit_test(the_engine_reads_it_by_t0),
		cmocka_unit_test(the_engine_reads_it_by_t1),
		cmocka_unit_test(paced_records_take_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
