// SPDX-License-Identifier: MIT
/*
 * The terminal's duties (TS 102 221 11.2, TS 102 223) and the switching of
 * profiles in each flow (SGP.22 5.7.16, 5.7.17), on the software eUICC and on
 * a card that says what the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/terminal.h"
#include "card_link.h"

#define WORK	"89490200001111111110"
#define TRAVEL	"8933100000222222222"

static const char image[] =
	"eid 89049032000001000000000000000012\n"
	"feature needs-terminal-profile on\n"
	"profile iccid=" WORK " name=\"Work\" provider=\"Example\" state=enabled "
	"class=operational\n"
	"template usim\niccid " WORK "\nimsi 262021111111111 mnc=2\npin1 1234 off\n"
	"profile iccid=" TRAVEL " name=\"Travel\" provider=\"Exemple\" "
	"state=disabled class=operational\n"
	"template usim\niccid " TRAVEL "\nimsi 208012222222222 mnc=2\npin1 1234 off\n";

/* INS of all that was sent, and how often the slot was asked to act. */
static uint8_t ins[256];
static size_t nins;
static int resets, identifies;

static int noting(struct sim_channel *c, const uint8_t *cmd, size_t len,
		  uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	if (nins < sizeof(ins))
		ins[nins++] = cmd[1];
	return link_transmit(c, cmd, len, resp, max, got, e);
}

static int reset(struct sim_channel *c, struct sim_err *e)
{
	resets++;
	return link_reset(c, e);
}

static int identify(struct sim_channel *c, struct sim_err *e)
{
	identifies++;
	return link_identify(c, e);
}

static const struct sim_channel_ops noted = {
	.transmit = noting,
	.open = link_open,
	.reset = reset,
	.look = link_look,
	.identify = identify,
	.monitor = link_monitor,
	.close = link_close,
};

static size_t sent(uint8_t what)
{
	size_t n = 0;

	for (size_t i = 0; i < nins; i++)
		n += ins[i] == what;
	return n;
}

static struct euicc *on(struct uicc **u, const char *more, int terminal)
{
	struct sim_err e = { 0 };
	char why[UICC_WHY];
	struct euicc *eu;
	struct link *l;

	*u = uicc_parse(image, "test", why);
	if (!*u || (more && uicc_edit(*u, more, why)))
		fail_msg("%s", why);
	l = link_to(*u);
	l->base.ops = &noted;
	l->base.terminal = terminal;
	strcpy(l->base.iccid, WORK);
	eu = euicc_open(&l->base, &e);
	if (!eu)
		fail_msg("%s", e.text);
	nins = 0;
	resets = 0;
	identifies = 0;
	return eu;
}

static void off(struct euicc *eu, struct uicc *u)
{
	euicc_close(eu);
	uicc_free(u);
}

static void is(struct euicc *eu, struct uicc *u, const char *iccid)
{
	char now[21];

	uicc_iccid(u, now);
	assert_string_equal(now, iccid);
	assert_string_equal(euicc_channel(eu)->iccid, iccid);
}

/* refreshFlag 0: the terminal resets; nothing proactive is needed. */
static void by_a_reset_of_ours(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, NULL, 1);

	(void)state;
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, TRAVEL, false, 0,
					 &e), 0);
	assert_int_equal(resets, 1);
	assert_int_equal(identifies, 0);
	assert_int_equal(sent(0x12), 0);
	is(eu, u, TRAVEL);
	off(eu, u);
}

/* Mode "UICC reset": no TERMINAL RESPONSE, the reset is the answer. */
static void by_a_refresh_that_a_reset_answers(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, "feature refresh-09 off", 1);

	(void)state;
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, TRAVEL, true, 0, &e),
			 0);
	assert_int_equal(sent(0x10), 1);
	assert_int_equal(sent(0x12), 1);
	assert_int_equal(sent(0x14), 0);
	assert_int_equal(resets, 1);
	is(eu, u, TRAVEL);
	off(eu, u);
}

/* Mode 09: TERMINAL RESPONSE, no electrical reset, identity read again. */
static void by_a_refresh_without_reset(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, "feature refresh-09 on", 1);

	(void)state;
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, TRAVEL, true, 0, &e),
			 0);
	assert_int_equal(sent(0x12), 1);
	assert_int_equal(sent(0x14), 1);
	assert_int_equal(resets, 0);
	assert_int_equal(identifies, 1);
	is(eu, u, TRAVEL);
	off(eu, u);
}

static void disabling_leaves_no_identity(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu;

	(void)state;
	for (int refresh = 0; refresh < 2; refresh++) {
		eu = on(&u, NULL, 1);
		assert_int_equal(terminal_switch(eu, EUICC_DISABLE, WORK,
						 refresh, 0, &e), 0);
		is(eu, u, "");
		off(eu, u);
	}
}

static void deleting_switches_nothing(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, NULL, 1);

	(void)state;
	assert_int_equal(terminal_switch(eu, EUICC_DELETE, TRAVEL, false, 0,
					 &e), 0);
	assert_int_equal(resets, 0);
	is(eu, u, WORK);
	off(eu, u);
}

/* catBusy: the card is served first, then asked again. */
static void a_busy_card_is_served_and_asked_again(void **state)
{
	static const uint8_t greet[] = { 0x80, 0x10, 0x00, 0x00, 0x01, 0x01 };
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, "feature cat-busy on", 1);
	uint8_t r[UICC_TPDU_MAX];

	(void)state;
	uicc_apdu(u, greet, sizeof(greet), r, sizeof(r));
	uicc_refresh(u, 0x01);
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, TRAVEL, false, 0,
					 &e), 0);
	/* The file change is fetched and answered; then the switch is done. */
	assert_int_equal(sent(0x12), 1);
	assert_int_equal(sent(0x14), 1);
	is(eu, u, TRAVEL);
	off(eu, u);
}

/* On a modem's slot: asked with refreshFlag 1, and the rest is the modem's. */
static void on_a_modems_slot_the_modem_answers(void **state)
{
	static const uint8_t theirs[] = { 0x10, 0x12, 0x14, 0xaa, 0xf2 };
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, NULL, 0);

	(void)state;
	/* Nobody answers here: the new identity does not come. */
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, TRAVEL, false, 0,
					 &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	for (size_t i = 0; i < sizeof(theirs); i++)
		assert_int_equal(sent(theirs[i]), 0);
	assert_int_equal(resets + identifies, 0);
	off(eu, u);
}

static void a_refusal_is_handed_on(void **state)
{
	struct sim_err e = { 0 };
	struct uicc *u;
	struct euicc *eu = on(&u, NULL, 1);

	(void)state;
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, WORK, false, 0, &e),
			 EUICC_WRONG_STATE);
	assert_int_equal(terminal_switch(eu, EUICC_ENABLE, "8900000000000000000",
					 true, 0, &e), EUICC_NOT_FOUND);
	assert_int_equal(resets, 0);
	off(eu, u);
}

/* ---- a card that says what the test wants ------------------------------- */

/**
 * struct script - proactive commands in turn, and what was answered
 */
struct script {
	struct sim_channel base;
	const char *const *fetch;
	size_t n, at;
	char answer[64][80];
	size_t answers;
	int resets, identifies;
};

static size_t unhex(const char *h, uint8_t *out)
{
	size_t n = 0;
	unsigned int v;

	while (sscanf(h += strspn(h, " "), "%2x", &v) == 1) {
		out[n++] = (uint8_t)v;
		h += 2;
	}
	return n;
}

static int script_transmit(struct sim_channel *c, const uint8_t *cmd,
			   size_t len, uint8_t *resp, size_t max, size_t *got,
			   struct sim_err *e)
{
	struct script *s = (struct script *)c;
	uint8_t next[80];
	size_t n = 0;

	(void)max;
	(void)e;
	if (cmd[1] == 0x12) {
		n = unhex(s->fetch[s->at++], resp);
		/* FETCH names the length that 91xx told. */
		assert_int_equal(len, 5);
		assert_int_equal(cmd[4], n);
		resp[n] = 0x90;
		resp[n + 1] = 0x00;
		*got = n + 2;
		return 0;
	}
	if (cmd[1] == 0x14) {
		assert_in_range(s->answers, 0, 63);
		assert_int_equal(cmd[4], len - 5);
		for (size_t i = 5; i < len; i++)
			sprintf(s->answer[s->answers] + 2 * (i - 5), "%02X",
				cmd[i]);
		s->answers++;
	}
	resp[0] = 0x90;
	resp[1] = 0x00;
	if (s->at < s->n) {
		resp[0] = 0x91;
		resp[1] = (uint8_t)unhex(s->fetch[s->at], next);
	}
	*got = 2;
	return 0;
}

static int script_monitor(struct sim_channel *c, struct sim_err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static int script_reset(struct sim_channel *c, struct sim_err *e)
{
	(void)e;
	((struct script *)c)->resets++;
	return 0;
}

static int script_identify(struct sim_channel *c, struct sim_err *e)
{
	(void)e;
	((struct script *)c)->identifies++;
	return 0;
}

static const struct sim_channel_ops script_ops = {
	.transmit = script_transmit,
	.monitor = script_monitor,
	.reset = script_reset,
	.identify = script_identify,
};

static enum terminal_refresh serve(struct script *s, const char *const *fetch,
				   size_t n)
{
	enum terminal_refresh out;
	struct sim_err e = { 0 };

	*s = (struct script){ .base = { .ops = &script_ops, .terminal = 1 },
			      .fetch = fetch, .n = n };
	if (terminal_serve(&s->base, &out, &e))
		fail_msg("%s", e.text);
	return out;
}

/*
 * TS 102 223 8.6 names the modes, 6.4.7 what each wants. Command: D0 { 81
 * number, type 01, qualifier; 82 UICC to terminal }. Response (6.8): 81 the same
 * details, 82 terminal to UICC (82 81), 83 result.
 */
static const struct {
	const char *fetch;
	enum terminal_refresh what;
	const char *answer;
} refreshes[] = {
	{ "D009 8103010100 82028182", TERM_IDENTIFY, "8103010100820282818301" "00" },
	{ "D009 8103010101 82028182", TERM_FILES, "8103010101820282818301" "00" },
	{ "D009 8103010102 82028182", TERM_IDENTIFY, "8103010102820282818301" "00" },
	{ "D009 8103010103 82028182", TERM_IDENTIFY, "8103010103820282818301" "00" },
	{ "D009 8103010104 82028182", TERM_RESET, NULL },
	{ "D009 8103010105 82028182", TERM_IDENTIFY, "8103010105820282818301" "00" },
	{ "D009 8103010106 82028182", TERM_IDENTIFY, "8103010106820282818301" "00" },
	{ "D009 8103010107 82028182", TERM_NONE, "8103010107820282818301" "30" },
	{ "D009 8103010108 82028182", TERM_NONE, "8103010108820282818301" "30" },
	{ "D009 8103010109 82028182", TERM_IDENTIFY, "8103010109820282818301" "00" },
	{ "D009 810301010A 82028182", TERM_FILES, "810301010A820282818301" "00" },
	{ "D009 81030101FF 82028182", TERM_NONE, "81030101FF820282818301" "30" },
	/* 9.2: an identifier's own number, comprehension flag off, file list. */
	{ "D010 0103420101 02028182 92 05 01 3F002FE2", TERM_FILES,
	  "8103420101820282818301" "00" },
};

static void each_mode_of_refresh_is_answered_as_it_must(void **state)
{
	struct script s;

	(void)state;
	for (size_t i = 0; i < sizeof(refreshes) / sizeof(refreshes[0]); i++) {
		const char *one[] = { refreshes[i].fetch };

		assert_int_equal(serve(&s, one, 1), refreshes[i].what);
		assert_int_equal(s.answers, refreshes[i].answer ? 1 : 0);
		if (refreshes[i].answer)
			assert_string_equal(s.answer[0], refreshes[i].answer);
	}
}

/* Types of TS 102 223 9.4; results of 8.12. */
static const struct {
	const char *fetch;
	const char *answer;
} commands[] = {
	/* MORE TIME */
	{ "D009 8103010200 82028182", "8103010200820282818301" "00" },
	/* POLL INTERVAL 30 s: the interval is told back (6.8) */
	{ "D00D 8103010300 82028182 8402011E",
	  "8103010300820282818301" "00" "8402011E" },
	/* POLLING OFF */
	{ "D009 8103010400 82028182", "8103010400820282818301" "00" },
	/* SET UP EVENT LIST, none */
	{ "D00B 8103010500 82028182 9900", "8103010500820282818301" "00" },
	/* DISPLAY TEXT "A": no screen (20, no specific cause) */
	{ "D00D 8103012180 82028102 8D020441",
	  "8103012180820282818302" "2000" },
	/* SET UP MENU */
	{ "D00F 8103012500 82028182 8F0401534154",
	  "8103012500820282818302" "2000" },
	/* SEND SHORT MESSAGE, PROVIDE LOCAL INFORMATION, OPEN CHANNEL */
	{ "D009 8103011300 82028183", "8103011300820282818301" "30" },
	{ "D009 8103012600 82028182", "8103012600820282818301" "30" },
	{ "D009 8103014001 82028182", "8103014001820282818301" "30" },
};

static void each_command_is_answered(void **state)
{
	struct script s;

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *one[] = { commands[i].fetch };

		assert_int_equal(serve(&s, one, 1), TERM_NONE);
		assert_int_equal(s.answers, 1);
		assert_string_equal(s.answer[0], commands[i].answer);
	}
}

static void commands_come_one_after_the_other(void **state)
{
	static const char *const row[] = {
		"D009 8103010101 82028182",
		"D00F 8103022500 82028182 8F0401534154",
		"D009 8103030109 82028182",
	};
	struct script s;

	(void)state;
	assert_int_equal(serve(&s, row, 3), TERM_IDENTIFY);
	assert_int_equal(s.answers, 3);
}

static void nothing_follows_a_refresh_that_a_reset_answers(void **state)
{
	static const char *const row[] = {
		"D009 8103010104 82028182", "D009 8103010200 82028182",
	};
	struct sim_err e = { 0 };
	struct script s;

	(void)state;
	assert_int_equal(serve(&s, row, 2), TERM_RESET);
	assert_int_equal(s.at, 1);
	assert_int_equal(s.answers, 0);
	assert_int_equal(terminal_follow(&s.base, TERM_RESET, &e), 0);
	assert_int_equal(s.resets, 1);
	assert_int_equal(s.identifies, 0);
}

static void what_makes_no_sense_is_an_error(void **state)
{
	static const char *const bad[] = {
		"", "D0", "D009 8103", "D005 8103010100", "D100", "D003 820281",
		"D004 81020101", "30090000",
	};
	enum terminal_refresh out;
	struct sim_err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct script s = {
			.base = { .ops = &script_ops, .terminal = 1 },
			.fetch = &bad[i], .n = 1,
		};
		int ret = terminal_serve(&s.base, &out, &e);

		/* "D005 8103010100": no device identities, but answerable. */
		assert_int_equal(ret, i == 3 ? 0 : -1);
	}
}

static void a_card_that_never_stops_is_left_alone(void **state)
{
	const char *row[64];
	enum terminal_refresh out;
	struct sim_err e;
	struct script s = { .base = { .ops = &script_ops, .terminal = 1 },
			    .fetch = row, .n = 64 };

	(void)state;
	for (size_t i = 0; i < 64; i++)
		row[i] = "D009 8103010200 82028182";
	assert_int_equal(terminal_serve(&s.base, &out, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
}

static void without_being_the_terminal_nothing_is_sent(void **state)
{
	struct script s = { .base = { .ops = &script_ops, .terminal = 0 } };
	enum terminal_refresh out;
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(terminal_greet(&s.base, &out, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_int_equal(terminal_serve(&s.base, &out, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_a_reset_of_ours),
		cmocka_unit_test(by_a_refresh_that_a_reset_answers),
		cmocka_unit_test(by_a_refresh_without_reset),
		cmocka_unit_test(disabling_leaves_no_identity),
		cmocka_unit_test(deleting_switches_nothing),
		cmocka_unit_test(a_busy_card_is_served_and_asked_again),
		cmocka_unit_test(on_a_modems_slot_the_modem_answers),
		cmocka_unit_test(a_refusal_is_handed_on),
		cmocka_unit_test(each_mode_of_refresh_is_answered_as_it_must),
		cmocka_unit_test(each_command_is_answered),
		cmocka_unit_test(commands_come_one_after_the_other),
		cmocka_unit_test(nothing_follows_a_refresh_that_a_reset_answers),
		cmocka_unit_test(what_makes_no_sense_is_an_error),
		cmocka_unit_test(a_card_that_never_stops_is_left_alone),
		cmocka_unit_test(without_being_the_terminal_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
