// SPDX-License-Identifier: MIT
#include "card/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card/tlv.h"

#define INS_PROFILE	0x10
#define INS_FETCH	0x12
#define INS_RESPONSE	0x14
#define INS_STATUS	0xf2

/* Objects of a proactive command (TS 102 223 9.3); b8: understanding required. */
#define T_PROACTIVE	0xd0
#define T_DETAILS	0x81
#define T_DURATION	0x84

/* Results (TS 102 223 8.12). */
#define DONE		0x00
#define NO_SCREEN	0x20	/* terminal currently unable to process */
#define BEYOND		0x30	/* beyond terminal's capabilities */

#define COMMANDS_MAX	32	/* of one session */
#define BUSY_TRIES	4
#define PAUSE_MS	100

/*
 * TERMINAL PROFILE (TS 102 223 5.2). Byte 1: profile download. Byte 3: MORE
 * TIME, POLL INTERVAL, POLLING OFF, REFRESH. Nothing else is promised.
 */
static const uint8_t profile[] = {
	0x80, INS_PROFILE, 0x00, 0x00, 0x03, 0x01, 0x00, 0xe8,
};

static const uint8_t capability[] = {
	0x80, 0xaa, 0x00, 0x00, 0x05, 0xa9, 0x03, 0x83, 0x01, 0x07,
};

/* Types (TS 102 223 9.4) that are answered with something else than BEYOND. */
enum { T_REFRESH = 0x01, T_POLL_INTERVAL = 0x03 };

static const struct {
	uint8_t type;
	uint8_t result;
} answers[] = {
	{ 0x02, DONE },			/* MORE TIME */
	{ T_POLL_INTERVAL, DONE },
	{ 0x04, DONE },			/* POLLING OFF */
	{ 0x05, DONE },			/* SET UP EVENT LIST: none comes */
	{ 0x21, NO_SCREEN },		/* DISPLAY TEXT */
	{ 0x25, NO_SCREEN },		/* SET UP MENU */
	{ 0x28, NO_SCREEN },		/* SET UP IDLE MODE TEXT */
};

/* REFRESH by qualifier (TS 102 223 8.6): 00 to 0A. */
static const enum terminal_refresh modes[] = {
	TERM_IDENTIFY,	/* NAA initialisation, full file change */
	TERM_FILES,	/* file change */
	TERM_IDENTIFY,	/* NAA initialisation, file change */
	TERM_IDENTIFY,	/* NAA initialisation */
	TERM_RESET,	/* UICC reset */
	TERM_IDENTIFY,	/* NAA application reset */
	TERM_IDENTIFY,	/* NAA session reset */
	TERM_NONE,	/* steering of roaming: the radio's */
	TERM_NONE,	/* the same for I-WLAN */
	TERM_IDENTIFY,	/* eUICC profile state change */
	TERM_FILES,	/* application update */
};

/* ---- one exchange ------------------------------------------------------- */

static int exchange(struct sim_channel *ch, const uint8_t *cmd, size_t len,
		    uint8_t *r, size_t max, size_t *got, uint16_t *sw,
		    struct sim_err *e)
{
	if (ch->ops->transmit(ch, cmd, len, r, max, got, e))
		return sim_fail_in(e, "proactive session");
	if (*got < 2)
		return sim_fail(e, EX_PROTOCOL,
				"proactive session: the answer has no status word");
	*got -= 2;
	*sw = (uint16_t)(r[*got] << 8 | r[*got + 1]);
	return 0;
}

/* One command whose answer is its status. */
static int tell(struct sim_channel *ch, const uint8_t *cmd, size_t len,
		uint16_t *sw, struct sim_err *e)
{
	uint8_t r[260];
	size_t got;

	return exchange(ch, cmd, len, r, sizeof(r), &got, sw, e);
}

/* ---- proactive commands ------------------------------------------------- */

static uint8_t result_for(uint8_t type, uint8_t qualifier)
{
	if (type == T_REFRESH)
		return qualifier < sizeof(modes) / sizeof(modes[0]) &&
		       modes[qualifier] ? DONE : BEYOND;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].type == type)
			return answers[i].result;
	return BEYOND;
}

/*
 * TERMINAL RESPONSE: details as they came, device identities terminal to UICC,
 * result; POLL INTERVAL also wants the interval (TS 102 223 6.8).
 */
static int respond(struct sim_channel *ch, const struct tlv *details,
		   const struct tlv *duration, uint8_t result, uint16_t *sw,
		   struct sim_err *e)
{
	static const uint8_t from[] = { 0x82, 0x81 };
	uint8_t cmd[64] = { 0x80, INS_RESPONSE, 0x00, 0x00 };
	/* Why: no specific cause can be given. */
	uint8_t why[2] = { result, 0x00 };
	size_t n = 5;

	n = tlv_put(cmd, sizeof(cmd), n, T_DETAILS, details->v, 3);
	n = tlv_put(cmd, sizeof(cmd), n, 0x82, from, sizeof(from));
	n = tlv_put(cmd, sizeof(cmd), n, 0x83, why, result == NO_SCREEN ? 2 : 1);
	if (duration && duration->len == 2)
		n = tlv_put(cmd, sizeof(cmd), n, T_DURATION, duration->v, 2);
	cmd[4] = (uint8_t)(n - 5);
	return tell(ch, cmd, n, sw, e);
}

static bool object(const struct tlv *in, uint32_t tag, struct tlv *out)
{
	return tlv_in(in, tag, out) || tlv_in(in, tag & 0x7f, out);
}

/* Fetch one command of @len bytes and answer it. */
static int serve_one(struct sim_channel *ch, uint8_t len, uint16_t *sw,
		     enum terminal_refresh *out, struct sim_err *e)
{
	uint8_t cmd[5] = { 0x80, INS_FETCH, 0x00, 0x00, len }, r[260];
	enum terminal_refresh mode = TERM_NONE;
	struct tlv t, details, duration = { 0 };
	uint8_t type, qualifier;
	size_t got;

	if (exchange(ch, cmd, sizeof(cmd), r, sizeof(r), &got, sw, e))
		return -1;
	if (!tlv_find(r, got, T_PROACTIVE, &t) ||
	    !object(&t, T_DETAILS, &details) || details.len != 3)
		return sim_fail(e, EX_PROTOCOL,
				"proactive session: what the card asks for makes no sense (status %04X)",
				*sw);
	type = details.v[1];
	qualifier = details.v[2];
	if (type == T_REFRESH && qualifier < sizeof(modes) / sizeof(modes[0]))
		mode = modes[qualifier];
	if (mode > *out)
		*out = mode;
	if (mode == TERM_RESET)
		return 0;
	if (type == T_POLL_INTERVAL)
		object(&t, T_DURATION, &duration);
	return respond(ch, &details, &duration, result_for(type, qualifier), sw,
		       e);
}

static int serve(struct sim_channel *ch, uint16_t sw,
		 enum terminal_refresh *out, struct sim_err *e)
{
	for (int i = 0; sw >> 8 == 0x91 && *out != TERM_RESET; i++) {
		if (i == COMMANDS_MAX)
			return sim_fail(e, EX_PROTOCOL,
					"proactive session: the card does not stop asking; it is left alone");
		if (serve_one(ch, (uint8_t)sw, &sw, out, e))
			return -1;
	}
	return 0;
}

static int take_session(struct sim_channel *ch, struct sim_err *e)
{
	if (ch->terminal && ch->ops->monitor)
		return ch->ops->monitor(ch, e);
	return sim_fail(e, EX_UNAVAILABLE,
			"on this slot a modem is the card's terminal; its requests are the modem's");
}

int terminal_serve(struct sim_channel *ch, enum terminal_refresh *out,
		   struct sim_err *e)
{
	/* P2 0C: no data; the status says whether a command waits. */
	static const uint8_t status[] = { 0x80, INS_STATUS, 0x00, 0x0c };
	uint16_t sw;

	*out = TERM_NONE;
	if (take_session(ch, e) || tell(ch, status, sizeof(status), &sw, e))
		return -1;
	return serve(ch, sw, out, e);
}

int terminal_greet(struct sim_channel *ch, enum terminal_refresh *out,
		   struct sim_err *e)
{
	uint16_t sw;

	*out = TERM_NONE;
	if (take_session(ch, e) ||
	    tell(ch, capability, sizeof(capability), &sw, e))
		return -1;
	if (sw >> 8 == 0x91 && serve(ch, sw, out, e))
		return -1;
	if (*out == TERM_RESET)
		return 0;
	/* A card that does not know either has nothing to ask of a terminal. */
	if (tell(ch, profile, sizeof(profile), &sw, e))
		return -1;
	return serve(ch, sw, out, e);
}

int terminal_follow(struct sim_channel *ch, enum terminal_refresh what,
		    struct sim_err *e)
{
	if (what == TERM_RESET && ch->ops->reset)
		return ch->ops->reset(ch, e);
	if (what == TERM_IDENTIFY && ch->ops->identify)
		return ch->ops->identify(ch, e);
	if (what == TERM_RESET || what == TERM_IDENTIFY)
		return sim_fail(e, EX_UNAVAILABLE,
				"the card wants to start anew and its slot cannot do that; take it out and put it back");
	return 0;
}

/* ---- switching ---------------------------------------------------------- */

static void pause_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* Until the slot tells the identity @iccid ("": none). */
static int await_identity(struct sim_channel *ch, const char *iccid,
			  unsigned int wait_ms, struct sim_err *e)
{
	if (!ch->ops->look)
		return 0;
	for (unsigned int ms = 0;; ms += PAUSE_MS) {
		if (ch->ops->look(ch, e))
			return -1;
		if (!strcmp(ch->iccid, iccid))
			return 0;
		if (ms >= wait_ms)
			break;
		pause_ms(PAUSE_MS);
	}
	return sim_fail(e, EX_TEMPFAIL,
			"the eUICC has switched, and the slot does not tell the new identity yet; see 'simsync status'");
}

/* Which identity will be: enabled's; none after disabling that one. */
static int identity_after(struct euicc *u, enum euicc_verb verb,
			  const char *iccid, bool *moves, char out[21],
			  struct sim_err *e)
{
	struct euicc_profile *p;
	bool was = false;
	size_t n;

	if (euicc_profiles(u, &p, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		was |= p[i].enabled && !strcmp(p[i].iccid, iccid);
	free(p);
	*moves = verb == EUICC_ENABLE ? !was : verb == EUICC_DISABLE && was;
	snprintf(out, 21, "%s", verb == EUICC_ENABLE ? iccid : "");
	return 0;
}

/* Whatever the card has waiting must be done before it takes the request. */
static int clear(struct euicc *u, bool greet, struct sim_err *e)
{
	struct sim_channel *ch = euicc_channel(u);
	enum terminal_refresh what;

	if (greet ? terminal_greet(ch, &what, e) : terminal_serve(ch, &what, e))
		return -1;
	if (terminal_follow(ch, what, e))
		return -1;
	return euicc_again(u, e);
}

/* The REFRESH is ours to answer: without it nothing has switched. */
static int finish_refresh(struct euicc *u, struct sim_err *e)
{
	struct sim_channel *ch = euicc_channel(u);
	enum terminal_refresh what = TERM_NONE;

	for (unsigned int i = 0; i < BUSY_TRIES; i++) {
		if (i)
			pause_ms(PAUSE_MS);
		if (terminal_serve(ch, &what, e))
			return -1;
		if (what == TERM_RESET || what == TERM_IDENTIFY)
			return terminal_follow(ch, what, e);
	}
	return sim_fail(e, EX_PROTOCOL,
			"the eUICC accepted the switch and asks for no REFRESH; take the card out and put it back");
}

int terminal_switch(struct euicc *u, enum euicc_verb verb, const char *iccid,
		    bool refresh, unsigned int wait_ms, struct sim_err *e)
{
	struct sim_channel *ch = euicc_channel(u);
	bool ours = ch->terminal && ch->ops->monitor, moves;
	char after[21];
	int ret;

	refresh |= !ch->terminal;
	if (ours && refresh && clear(u, true, e))
		return -1;
	if (identity_after(u, verb, iccid, &moves, after, e))
		return -1;
	if (moves && ch->ops->expect)
		ch->ops->expect(ch, after);
	for (int i = 0;; i++) {
		ret = euicc_do(u, verb, iccid, refresh, e);
		if (ret != EUICC_CAT_BUSY || i == BUSY_TRIES)
			break;
		if (!ours)
			pause_ms(PAUSE_MS);
		else if (clear(u, false, e))
			return -1;
	}
	if (ret || !moves)
		return ret;
	if (!refresh)
		ret = euicc_reset(u, e);
	else if (ours)
		ret = finish_refresh(u, e);
	return ret ? -1 : await_identity(ch, after, wait_ms, e);
}
