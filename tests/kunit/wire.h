/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h - a fake wire that plays a written dialogue against the engine
 *
 * The engine has no I/O, so that a script can be its whole world. One line
 * per step, used alike by the cmocka tests and by KUnit:
 *
 *	clock HZ | classes ABC | max BAUD | uart BAUD... | echo yes|no|auto
 *	patience MS			configuration; before the first step
 *	activate | reset warm|cold | send HEX | room N		operations
 *	line BAUD off|even|odd | cold C | warm			actions expected,
 *	> HEX | pause US					in this order
 *	gap ETU US | after US		of the SEND just seen
 *	< HEX				RECEIVE expected; these bytes come
 *	stray HEX			bytes come while nobody waits
 *	wait US | want N		RECEIVE expected, with these (without
 *					the configured latency)
 *	left US				RECEIVE expected, exactly so long
 *	silence				RECEIVE expected; it times out
 *	tick MS				time passes
 *	fail ERRNO			the driver fails
 *	done ERRNO [REASON]		end expected
 *	response HEX | atr REASON	what came out
 *	protocol N | baud N | unsent	state afterwards
 *
 * With echo yes every SEND comes back at once. HEX is as on the UART.
 */
#ifndef TESTS_KUNIT_WIRE_H
#define TESTS_KUNIT_WIRE_H

#include "iso7816.h"

#ifdef __KERNEL__
#include <linux/kernel.h>
#else
#include <stdio.h>
#endif

#define WIRE_LATENCY	20000
#define WIRE_RESP	1100

struct wire {
	struct iso7816 m;
	struct iso7816_config cfg;
	struct iso7816_act act;
	enum iso7816_action did;
	bool started;
	bool pending;		/* @act was returned and not yet matched */
	u64 now;
	u32 rates[8];
	u32 n_rates;
	size_t chunk;		/* bytes per iso7816_input(), 0: all */
	size_t room;
	u8 cmd[600];
	u8 resp[WIRE_RESP];
	char msg[200];
};

struct wire_name {
	const char *name;
	int value;
};

static const struct wire_name wire_errno[] = {
	{ "0", 0 }, { "EHOSTDOWN", -EHOSTDOWN }, { "ETIMEDOUT", -ETIMEDOUT },
	{ "EREMOTEIO", -EREMOTEIO }, { "EMSGSIZE", -EMSGSIZE },
	{ "EINVAL", -EINVAL }, { "ENOTCONN", -ENOTCONN },
	{ "ENOMEDIUM", -ENOMEDIUM }, { "EIO", -EIO }, { NULL, 0 }
};

static const struct wire_name wire_reason[] = {
	{ "NONE", SIMSLOT_REASON_NONE }, { "NO_ATR", SIMSLOT_REASON_NO_ATR },
	{ "BAD_ATR", SIMSLOT_REASON_BAD_ATR },
	{ "VOLTAGE", SIMSLOT_REASON_VOLTAGE },
	{ "PROTOCOL", SIMSLOT_REASON_PROTOCOL },
	{ "TIMEOUT", SIMSLOT_REASON_TIMEOUT },
	{ "NULLS", SIMSLOT_REASON_NULLS },
	{ "GARBAGE", SIMSLOT_REASON_GARBAGE }, { NULL, 0 }
};

static const struct wire_name wire_atr[] = {
	{ "OK", ISO7816_ATR_OK }, { "SHORT", ISO7816_ATR_SHORT },
	{ "LONG", ISO7816_ATR_LONG }, { "TS", ISO7816_ATR_TS },
	{ "TCK", ISO7816_ATR_TCK }, { "FI", ISO7816_ATR_FI },
	{ "WI", ISO7816_ATR_WI }, { "IFSC", ISO7816_ATR_IFSC },
	{ "BWI", ISO7816_ATR_BWI }, { "ORDER", ISO7816_ATR_ORDER },
	{ "TRAILING", ISO7816_ATR_TRAILING }, { NULL, 0 }
};

static const struct wire_name wire_parity[] = {
	{ "off", ISO7816_PARITY_OFF }, { "even", ISO7816_PARITY_EVEN },
	{ "odd", ISO7816_PARITY_ODD }, { NULL, 0 }
};

static const struct wire_name wire_echo[] = {
	{ "auto", ISO7816_ECHO_AUTO }, { "yes", ISO7816_ECHO_YES },
	{ "no", ISO7816_ECHO_NO }, { NULL, 0 }
};

/* ---- words, numbers, bytes ------------------------------------------------ */

static inline const char *wire_skip(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Does @s begin with the word @w? Then *@rest is what follows. */
static inline bool wire_word(const char *s, const char *w, const char **rest)
{
	size_t n = strlen(w);

	if (strncmp(s, w, n))
		return false;
	if (s[n] && s[n] != ' ' && s[n] != '\t' && s[n] != '\n')
		return false;
	*rest = wire_skip(s + n);
	return true;
}

static inline u64 wire_number(const char **s)
{
	u64 v = 0;

	while (**s >= '0' && **s <= '9')
		v = v * 10 + (u64)(*(*s)++ - '0');
	*s = wire_skip(*s);
	return v;
}

static inline int wire_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* HEX up to the line's end; "B*N" repeats a byte. */
static inline size_t wire_hex(const char *s, u8 *out, size_t max)
{
	size_t n = 0;

	for (s = wire_skip(s); wire_digit(*s) >= 0 && wire_digit(s[1]) >= 0;
	     s = wire_skip(s)) {
		u8 b = (u8)(wire_digit(s[0]) << 4 | wire_digit(s[1]));
		u64 times = 1;

		s += 2;
		if (*s == '*') {
			s++;
			times = wire_number(&s);
		}
		for (; times && n < max; times--)
			out[n++] = b;
	}
	return n;
}

static inline int wire_name(const struct wire_name *t, const char **s,
			    const char *where, char *msg, size_t max)
{
	const char *rest;

	for (; t->name; t++) {
		if (wire_word(*s, t->name, &rest)) {
			*s = rest;
			return t->value;
		}
	}
	snprintf(msg, max, "%s: unknown word", where);
	return -9999;
}

static inline u32 wire_nearest(void *ctx, u32 want)
{
	const struct wire *w = ctx;
	u32 best = 0, i;

	for (i = 0; i < w->n_rates; i++) {
		u32 r = w->rates[i];
		u32 off = r > want ? r - want : want - r;
		u32 old = best > want ? best - want : want - best;

		if (!best || off < old)
			best = r;
	}
	return best;
}

/* ---- the engine's side ---------------------------------------------------- */

static inline void wire_feed(struct wire *w, const u8 *b, size_t n)
{
	size_t k = w->chunk ? w->chunk : n;

	while (n) {
		if (k > n)
			k = n;
		iso7816_input(&w->m, b, k);
		b += k;
		n -= k;
	}
}

/* The action the engine asks for now; RECEIVE is asked for again each time. */
static inline enum iso7816_action wire_next(struct wire *w)
{
	if (!w->pending) {
		w->did = iso7816_step(&w->m, w->now, &w->act);
		w->pending = w->did != ISO7816_RECEIVE &&
			     w->did != ISO7816_DONE;
	}
	return w->did;
}

static inline bool wire_expect(struct wire *w, enum iso7816_action a,
			       const char *what)
{
	static const char * const name[] = {
		"SEND", "RECEIVE", "LINE", "PAUSE", "COLD_RESET", "WARM_RESET",
		"DONE"
	};
	enum iso7816_action is = wire_next(w);

	if (is == a) {
		w->pending = false;
		return true;
	}
	snprintf(w->msg, sizeof(w->msg), "%s: the engine asks for %s%s", what,
		 name[is], is == ISO7816_SEND ? " of other bytes" : "");
	return false;
}

static inline bool wire_equal(struct wire *w, const char *what, u64 is,
			      u64 should)
{
	if (is == should)
		return true;
	snprintf(w->msg, sizeof(w->msg), "%s is %llu, should be %llu", what,
		 (unsigned long long)is, (unsigned long long)should);
	return false;
}

static inline bool wire_bytes(struct wire *w, const char *what, const u8 *is,
			      size_t n, const char *hex)
{
	static u8 should[WIRE_RESP];
	size_t want = wire_hex(hex, should, sizeof(should)), i;

	if (!wire_equal(w, what, n, want))
		return false;
	for (i = 0; i < n; i++) {
		if (is[i] != should[i]) {
			snprintf(w->msg, sizeof(w->msg),
				 "%s: byte %u is %02X, should be %02X", what,
				 (unsigned int)i, is[i], should[i]);
			return false;
		}
	}
	return true;
}

static inline u8 wire_classes(const char *s)
{
	u8 c = 0;

	for (; *s >= 'A' && *s <= 'C'; s++)
		c |= (u8)(1u << (*s - 'A'));
	return c;
}

static inline bool wire_configure(struct wire *w, const char *s)
{
	const char *r;

	if (wire_word(s, "clock", &r)) {
		w->cfg.clock_hz = (u32)wire_number(&r);
	} else if (wire_word(s, "classes", &r)) {
		w->cfg.classes = wire_classes(r);
	} else if (wire_word(s, "max", &r)) {
		w->cfg.max_baud = (u32)wire_number(&r);
	} else if (wire_word(s, "patience", &r)) {
		w->cfg.wait_ms = (u32)wire_number(&r);
	} else if (wire_word(s, "echo", &r)) {
		w->cfg.echo = (u8)wire_name(wire_echo, &r, s, w->msg,
					    sizeof(w->msg));
	} else if (wire_word(s, "uart", &r)) {
		while (*r >= '0' && *r <= '9' && w->n_rates < 8)
			w->rates[w->n_rates++] = (u32)wire_number(&r);
		w->cfg.baud = wire_nearest;
		w->cfg.ctx = w;
	} else {
		return false;
	}
	return true;
}

static inline bool wire_operation(struct wire *w, const char *s)
{
	const char *r;
	size_t n;

	if (wire_word(s, "activate", &r)) {
		iso7816_activate(&w->m);
	} else if (wire_word(s, "reset", &r)) {
		iso7816_reset(&w->m, *r == 'w');
	} else if (wire_word(s, "send", &r)) {
		n = wire_hex(r, w->cmd, sizeof(w->cmd));
		iso7816_transceive(&w->m, w->cmd, n, w->resp, w->room);
	} else if (wire_word(s, "room", &r)) {
		w->room = wire_number(&r);
	} else if (wire_word(s, "tick", &r)) {
		w->now += wire_number(&r) * 1000;
	} else if (wire_word(s, "fail", &r)) {
		iso7816_fail(&w->m, wire_name(wire_errno, &r, s, w->msg,
					      sizeof(w->msg)));
		w->pending = false;
	} else {
		return false;
	}
	return true;
}

/* Steps that expect an action. 1 done, 0 not such a step, -1 wrong. */
static inline int wire_action(struct wire *w, const char *s)
{
	static u8 bytes[WIRE_RESP];
	const char *r;
	u64 v;

	if (wire_word(s, "line", &r)) {
		v = wire_number(&r);
		return wire_expect(w, ISO7816_LINE, "line") &&
		       wire_equal(w, "line: baud", w->act.baud, v) &&
		       wire_equal(w, "line: parity", w->act.parity,
				  (u64)wire_name(wire_parity, &r, s, w->msg,
						 sizeof(w->msg))) ? 1 : -1;
	}
	if (wire_word(s, "cold", &r))
		return wire_expect(w, ISO7816_COLD_RESET, "cold") &&
		       wire_equal(w, "cold: class", w->act.volt_class,
				  wire_classes(r)) ? 1 : -1;
	if (wire_word(s, "warm", &r))
		return wire_expect(w, ISO7816_WARM_RESET, "warm") ? 1 : -1;
	if (wire_word(s, "pause", &r))
		return wire_expect(w, ISO7816_PAUSE, "pause") &&
		       wire_equal(w, "pause", w->act.timeout_us,
				  wire_number(&r)) ? 1 : -1;
	if (wire_word(s, ">", &r)) {
		if (!wire_expect(w, ISO7816_SEND, ">") ||
		    !wire_bytes(w, ">", w->act.data, w->act.len, r))
			return -1;
		if (w->cfg.echo == ISO7816_ECHO_YES) {
			memcpy(bytes, w->act.data, w->act.len);
			wire_feed(w, bytes, w->act.len);
		}
		return 1;
	}
	if (wire_word(s, "<", &r)) {
		if (!wire_expect(w, ISO7816_RECEIVE, "<"))
			return -1;
		wire_feed(w, bytes, wire_hex(r, bytes, sizeof(bytes)));
		return 1;
	}
	if (wire_word(s, "stray", &r)) {
		wire_feed(w, bytes, wire_hex(r, bytes, sizeof(bytes)));
		return 1;
	}
	if (wire_word(s, "silence", &r)) {
		if (!wire_expect(w, ISO7816_RECEIVE, "silence"))
			return -1;
		iso7816_timeout(&w->m);
		return 1;
	}
	return 0;
}

/* Steps that look at what there is. Same results. */
static inline int wire_check(struct wire *w, const char *s)
{
	const char *r;
	u64 v;

	if (wire_word(s, "wait", &r))
		return wire_expect(w, ISO7816_RECEIVE, "wait") &&
		       wire_equal(w, "wait", w->act.timeout_us,
				  wire_number(&r) + WIRE_LATENCY) ? 1 : -1;
	if (wire_word(s, "left", &r))
		return wire_expect(w, ISO7816_RECEIVE, "left") &&
		       wire_equal(w, "left", w->act.timeout_us,
				  wire_number(&r)) ? 1 : -1;
	if (wire_word(s, "want", &r))
		return wire_expect(w, ISO7816_RECEIVE, "want") &&
		       wire_equal(w, "want", w->act.want, wire_number(&r)) ?
		       1 : -1;
	if (wire_word(s, "gap", &r)) {
		v = wire_number(&r);
		return wire_equal(w, "gap in etu", w->act.gap_etu, v) &&
		       wire_equal(w, "gap in us", w->act.gap_us,
				  wire_number(&r)) ? 1 : -1;
	}
	if (wire_word(s, "after", &r))
		return wire_equal(w, "after", w->act.after_us,
				  wire_number(&r)) ? 1 : -1;
	if (wire_word(s, "response", &r))
		return wire_bytes(w, "response", w->resp, w->act.len, r) ? 1 :
		       -1;
	if (wire_word(s, "protocol", &r))
		return wire_equal(w, "protocol", w->m.protocol,
				  wire_number(&r)) ? 1 : -1;
	if (wire_word(s, "baud", &r))
		return wire_equal(w, "baud", w->m.baud, wire_number(&r)) ? 1 :
		       -1;
	if (wire_word(s, "unsent", &r))
		return wire_equal(w, "sent", iso7816_sent(&w->m), 0) ? 1 : -1;
	if (wire_word(s, "atr", &r)) {
		v = (u64)wire_name(wire_atr, &r, s, w->msg, sizeof(w->msg));
		return wire_equal(w, "atr error", w->act.atr_error, v) ? 1 :
		       -1;
	}
	if (wire_word(s, "done", &r)) {
		int err = wire_name(wire_errno, &r, s, w->msg, sizeof(w->msg));
		int why = *r && *r != '\n' ?
			  wire_name(wire_reason, &r, s, w->msg,
				    sizeof(w->msg)) : SIMSLOT_REASON_NONE;

		if (!wire_expect(w, ISO7816_DONE, "done"))
			return -1;
		if (w->act.result != err || (int)w->act.reason != why) {
			snprintf(w->msg, sizeof(w->msg),
				 "done: %d reason %d, should be %d reason %d",
				 w->act.result, (int)w->act.reason, err, why);
			return -1;
		}
		return 1;
	}
	return 0;
}

/**
 * wire_play() - play a dialogue
 * @w: wire, for the message
 * @script: lines
 * @chunk: bytes per iso7816_input(), 0: as the script has them
 *
 * Return: 0, or the number of the line that went otherwise, with @w->msg.
 */
static inline int wire_play(struct wire *w, const char *script, size_t chunk)
{
	int line = 0;

	memset(w, 0, sizeof(*w));
	w->cfg.clock_hz = 3571200;
	w->cfg.max_baud = 1000000;
	w->cfg.classes = 7;
	w->cfg.echo = ISO7816_ECHO_YES;
	w->cfg.latency_us = WIRE_LATENCY;
	w->chunk = chunk;
	w->room = sizeof(w->resp);
	w->now = 1;

	while (*script) {
		const char *s = wire_skip(script);
		int r = 1;

		line++;
		if (*s != '\n' && *s != '#' && *s &&
		    !(!w->started && wire_configure(w, s))) {
			if (!w->started &&
			    iso7816_init(&w->m, &w->cfg))
				return line;
			w->started = true;
			if (!wire_operation(w, s)) {
				r = wire_action(w, s);
				if (!r)
					r = wire_check(w, s);
			}
			if (!r)
				snprintf(w->msg, sizeof(w->msg),
					 "not a step of the script language");
		}
		if (r <= 0 || w->msg[0])
			return line;
		while (*script && *script != '\n')
			script++;
		if (*script)
			script++;
	}
	return 0;
}

/**
 * struct dialogue - a dialogue with its name
 * @name: the fact it shows
 * @script: lines
 */
struct dialogue {
	const char *name;
	const char *script;
};

#endif
