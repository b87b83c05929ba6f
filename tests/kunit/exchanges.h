/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exchanges.h - commands and the TPDUs they become, worked by hand
 *
 * ISO/IEC 7816-3 clause 12, ISO/IEC 7816-4 annex A, TS 102 221 7.3.1.1. A line
 * is one step:
 *
 *	t0 HEX | t1 HEX | proxy HEX	begin with this command
 *	channel N | room N		for the next begin
 *	> HEX				TPDU expected
 *	< HEX				its answer; "< ! N" fails with -N
 *	= HEX				end expected, with this response
 *	error N				end, or refusal, expected with -N
 */
#ifndef TESTS_KUNIT_EXCHANGES_H
#define TESTS_KUNIT_EXCHANGES_H

#include "apdu.h"
#include "kunit/wire.h"

#define EXCHANGE_MAX	70000

struct exchange_run {
	struct apdu_exchange x;
	struct wire w;		/* for its messages */
	u8 cmd[EXCHANGE_MAX];
	u8 resp[EXCHANGE_MAX];
	u8 hex[EXCHANGE_MAX];
};

static inline bool exchange_same(struct exchange_run *r, const char *what,
				 const u8 *is, size_t n, const char *hex)
{
	size_t want = wire_hex(hex, r->hex, sizeof(r->hex)), i;

	if (!wire_equal(&r->w, what, n, want))
		return false;
	for (i = 0; i < n; i++) {
		if (!wire_equal(&r->w, what, is[i], r->hex[i]))
			return false;
	}
	return true;
}

static inline bool exchange_step(struct exchange_run *r, const char *s,
				 unsigned int *channel, size_t *room)
{
	static const char * const kind[] = { "t0", "t1", "proxy" };
	struct apdu_tpdu t;
	const char *rest;
	unsigned int i;
	size_t n;

	for (i = 0; i < 3; i++) {
		if (!wire_word(s, kind[i], &rest))
			continue;
		n = wire_hex(rest, r->cmd, sizeof(r->cmd));
		i = (unsigned int)apdu_begin(&r->x, (enum apdu_transport)i,
					     r->cmd, n, *channel, r->resp,
					     *room);
		return wire_equal(&r->w, "return", (u64)(int)i,
				  r->x.result < 0 ? (u64)r->x.result : 0);
	}
	if (wire_word(s, "channel", &rest)) {
		*channel = (unsigned int)wire_number(&rest);
		return true;
	}
	if (wire_word(s, "room", &rest)) {
		*room = wire_number(&rest);
		return true;
	}
	if (wire_word(s, ">", &rest))
		return wire_equal(&r->w, "goes on", apdu_next(&r->x, &t), 1) &&
		       exchange_same(r, ">", t.cmd, t.len, rest);
	if (wire_word(s, "<", &rest)) {
		if (!wire_equal(&r->w, "goes on", apdu_next(&r->x, &t), 1))
			return false;
		if (wire_word(rest, "!", &rest)) {
			apdu_answer(&r->x, -(long)wire_number(&rest));
			return true;
		}
		n = wire_hex(rest, r->hex, sizeof(r->hex));
		if (n > t.max)
			return wire_equal(&r->w, "room for it", t.max, n);
		memcpy(t.resp, r->hex, n);
		apdu_answer(&r->x, (long)n);
		return true;
	}
	if (wire_word(s, "=", &rest))
		return wire_equal(&r->w, "goes on", apdu_next(&r->x, &t), 0) &&
		       wire_equal(&r->w, "failed", r->x.result < 0, 0) &&
		       exchange_same(r, "=", r->resp, (size_t)r->x.result,
				     rest);
	if (wire_word(s, "error", &rest))
		return wire_equal(&r->w, "goes on", apdu_next(&r->x, &t), 0) &&
		       wire_equal(&r->w, "error", (u64)(-r->x.result),
				  wire_number(&rest));
	snprintf(r->w.msg, sizeof(r->w.msg), "not a step");
	return false;
}

/* Return: 0, or the number of the line that went otherwise; r->w.msg. */
static inline int exchange_play(struct exchange_run *r, const char *script)
{
	unsigned int channel = 0;
	size_t room = EXCHANGE_MAX;
	int line = 0;

	memset(r, 0, sizeof(*r));
	while (*script) {
		line++;
		if (!exchange_step(r, wire_skip(script), &channel, &room))
			return line;
		while (*script && *script != '\n')
			script++;
		if (*script)
			script++;
	}
	return 0;
}

static const struct dialogue exchanges[] = {
	{ "case 1: four bytes, status as it is",
	  "t0 00 44 00 00\n> 00 44 00 00\n< 90 00\n= 90 00\n" },
	{ "case 2: data and status as they are",
	  "t0 00 B2 01 04 02\n> 00 B2 01 04 02\n< 11 22 90 00\n"
	  "= 11 22 90 00\n" },
	{ "case 3: data only",
	  "t0 00 DC 01 04 02 AA BB\n> 00 DC 01 04 02 AA BB\n< 90 00\n"
	  "= 90 00\n" },
	{ "case 4 in T=0: Le is cut off, 61xx is fetched",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 03\n"
	  "> 00 C0 00 00 03\n< 62 01 00 90 00\n= 62 01 00 90 00\n" },
	{ "case 4 in T=1: Le stays",
	  "t1 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00 00\n"
	  "< 62 01 00 90 00\n= 62 01 00 90 00\n" },
	{ "61xx after a command without Le is fetched too",
	  "t0 00 A4 00 04 02 2F E2\n> 00 A4 00 04 02 2F E2\n< 61 02\n"
	  "> 00 C0 00 00 02\n< 62 00 90 00\n= 62 00 90 00\n" },
	{ "61xx again and again is joined",
	  "t0 80 E2 91 00 01 BF 00\n> 80 E2 91 00 01 BF\n< 61 80\n"
	  "> 00 C0 00 00 80\n< 11*128 61 40\n> 00 C0 00 00 40\n"
	  "< 22*64 90 00\n= 11*128 22*64 90 00\n" },
	{ "61 00 means 256 or more; what is beyond Le stays with its 61xx",
	  "t0 80 E2 91 00 01 BF 00\n> 80 E2 91 00 01 BF\n< 61 00\n"
	  "> 00 C0 00 00 00\n< 11*256 61 40\n= 11*256 61 40\n" },
	{ "no more is fetched than Le asks for",
	  "t0 00 A4 00 04 02 3F 00 05\n> 00 A4 00 04 02 3F 00\n< 61 20\n"
	  "> 00 C0 00 00 05\n< 11*5 61 1B\n= 11*5 61 1B\n" },
	{ "extended Le fetches beyond 256",
	  "t0 00 B0 00 00 00 02 00\n> 00 B0 00 00 00\n< 11*256 61 00\n"
	  "> 00 C0 00 00 00\n< 22*256 61 10\n= 11*256 22*256 61 10\n" },
	{ "GET RESPONSE fails: the status before it stands",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 03\n"
	  "> 00 C0 00 00 03\n< 6F 00\n= 61 03\n" },
	{ "GET RESPONSE with another length (6Cxx)",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 03\n"
	  "> 00 C0 00 00 03\n< 6C 02\n> 00 C0 00 00 02\n< 62 00 90 00\n"
	  "= 62 00 90 00\n" },
	{ "6Cxx to GET RESPONSE without another length is a failure",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 03\n"
	  "> 00 C0 00 00 03\n< 6C 03\n= 61 03\n" },
	{ "6Cxx: the same command with that Le",
	  "t0 00 B2 01 04 00\n> 00 B2 01 04 00\n< 6C 02\n> 00 B2 01 04 02\n"
	  "< 11 22 90 00\n= 11 22 90 00\n" },
	{ "6Cxx twice: the second is the answer",
	  "t0 00 B2 01 04 00\n> 00 B2 01 04 00\n< 6C 02\n> 00 B2 01 04 02\n"
	  "< 6C 03\n= 6C 03\n" },
	{ "6Cxx with more than Le: only the first Le bytes (annex A, 2S.3)",
	  "t0 00 B2 01 04 02\n> 00 B2 01 04 02\n< 6C 04\n> 00 B2 01 04 04\n"
	  "< 11 22 33 44 90 00\n= 11 22 90 00\n" },
	{ "6Cxx of a case 3 command has no Le to correct",
	  "t0 00 DC 01 04 02 AA BB\n> 00 DC 01 04 02 AA BB\n< 6C 02\n"
	  "= 6C 02\n" },
	{ "6Cxx in T=1 changes the last byte of case 4",
	  "t1 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00 00\n< 6C 02\n"
	  "> 00 A4 00 04 02 3F 00 02\n< 62 00 90 00\n= 62 00 90 00\n" },
	{ "6Cxx in T=1 changes both bytes of an extended Le; 00 is 256",
	  "t1 00 B0 00 00 00 10 00\n> 00 B0 00 00 00 10 00\n< 6C 00\n"
	  "> 00 B0 00 00 00 01 00\n< 11*256 90 00\n= 11*256 90 00\n" },
	{ "9Fxx in class A0 is fetched in class A0",
	  "t0 A0 A4 00 00 02 6F 3A\n> A0 A4 00 00 02 6F 3A\n< 9F 0F\n"
	  "> A0 C0 00 00 0F\n< 11*15 90 00\n= 11*15 90 00\n" },
	{ "9404 in class A0 is an error, not a warning",
	  "t0 A0 A4 00 00 02 6F 3A 00\n> A0 A4 00 00 02 6F 3A\n< 94 04\n"
	  "= 94 04\n" },
	{ "9Fxx in class 00 after case 3 is only a status",
	  "t0 00 DC 01 04 02 AA BB\n> 00 DC 01 04 02 AA BB\n< 9F 0F\n"
	  "= 9F 0F\n" },
	{ "a warning after case 4 may hide data: the warning stays with it",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 62 83\n"
	  "> 00 C0 00 00 00\n< 6C 02\n> 00 C0 00 00 02\n< 62 00 90 00\n"
	  "= 62 00 62 83\n" },
	{ "a warning after case 4 without data behind it",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 63 00\n"
	  "> 00 C0 00 00 00\n< 6F 00\n= 63 00\n" },
	{ "91xx after case 4: data may follow, the proactive status stays",
	  "t0 80 C2 00 00 01 D6 00\n> 80 C2 00 00 01 D6\n< 91 20\n"
	  "> 00 C0 00 00 00\n< 69 85\n= 91 20\n" },
	{ "91xx after data is the status of the data",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 02\n"
	  "> 00 C0 00 00 02\n< 62 00 91 20\n= 62 00 91 20\n" },
	{ "9000 after case 4 without data is the end",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 90 00\n"
	  "= 90 00\n" },
	{ "SEARCH RECORD's 6282 means: nothing found",
	  "t0 00 A2 01 04 02 FF FF 00\n> 00 A2 01 04 02 FF FF\n< 62 82\n"
	  "= 62 82\n" },
	{ "another warning of SEARCH RECORD is looked into",
	  "t0 00 A2 01 04 02 FF FF 00\n> 00 A2 01 04 02 FF FF\n< 62 00\n"
	  "> 00 C0 00 00 00\n< 6F 00\n= 62 00\n" },
	{ "a warning after case 2 or 3 is the answer",
	  "t0 00 B2 01 04 02\n> 00 B2 01 04 02\n< 62 82\n= 62 82\n"
	  "t0 00 DC 01 04 02 AA BB\n> 00 DC 01 04 02 AA BB\n< 63 01\n"
	  "= 63 01\n" },
	{ "a warning in T=1 comes with its data",
	  "t1 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00 00\n< 62 83\n"
	  "= 62 83\n" },
	{ "a slot behind a process: Le stays, a bare warning is looked into",
	  "proxy 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00 00\n< 62 83\n"
	  "> 00 C0 00 00 00\n< 62 00 90 00\n= 62 00 62 83\n"
	  "proxy 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00 00\n"
	  "< 62 00 62 83\n= 62 00 62 83\n" },
	{ "channel 2: class 02, GET RESPONSE too",
	  "channel 2\nt0 00 A4 00 04 02 3F 00 00\n> 02 A4 00 04 02 3F 00\n"
	  "< 61 02\n> 02 C0 00 00 02\n< 62 00 90 00\n= 62 00 90 00\n" },
	{ "channel 5: class 41, STORE DATA C1, GET RESPONSE 41",
	  "channel 5\nt0 80 E2 91 00 01 BF 00\n> C1 E2 91 00 01 BF\n< 61 02\n"
	  "> 41 C0 00 00 02\n< BF 00 90 00\n= BF 00 90 00\n" },
	{ "MANAGE CHANNEL is not the client's",
	  "t0 00 70 00 00 01\nerror 1\nt0 80 70 80 01\nerror 1\n" },
	{ "class A0 lives on channel 0 only",
	  "channel 1\nt0 A0 A4 00 00 02 6F 3A\nerror 22\n" },
	{ "a response buffer under 258 bytes is refused",
	  "room 257\nt0 00 B2 01 04 02\nerror 22\n" },
	{ "an Le beyond the buffer is cut to fit",
	  "room 258\nt0 00 B0 00 00 00 02 00\n> 00 B0 00 00 00\n"
	  "< 11*256 61 00\n= 11*256 61 00\n" },
	{ "extended lengths that fit go to T=0 as short ones",
	  "t0 00 DC 01 04 00 00 02 AA BB\n> 00 DC 01 04 02 AA BB\n< 90 00\n"
	  "= 90 00\n"
	  "t0 00 A4 00 04 00 00 02 3F 00 00 05\n> 00 A4 00 04 02 3F 00\n"
	  "< 61 02\n> 00 C0 00 00 02\n< 62 00 90 00\n= 62 00 90 00\n"
	  "t0 00 B0 00 00 00 00 05\n> 00 B0 00 00 05\n< 11*5 90 00\n"
	  "= 11*5 90 00\n" },
	{ "300 bytes to T=0: the whole APDU in ENVELOPEs (12.2.3)",
	  "channel 1\nt0 00 DC 01 04 00 01 2C AA*300\n"
	  "> 01 C2 00 00 FF 01 DC 01 04 00 01 2C AA*248\n< 90 00\n"
	  "> 01 C2 00 00 34 AA*52\n< 90 00\n= 90 00\n" },
	{ "300 bytes to T=0 with an answer",
	  "t0 00 CB 00 00 00 01 2C AA*300 00 00\n"
	  "> 00 C2 00 00 FF 00 CB 00 00 00 01 2C AA*248\n< 90 00\n"
	  "> 00 C2 00 00 36 AA*52 00 00\n< 61 02\n> 00 C0 00 00 02\n"
	  "< 11 22 90 00\n= 11 22 90 00\n" },
	{ "a card without ENVELOPE says so",
	  "t0 00 DC 01 04 00 01 2C AA*300\n"
	  "> 00 C2 00 00 FF 00 DC 01 04 00 01 2C AA*248\n< 6D 00\n= 6D 00\n" },
	{ "extended to T=1 stays whole",
	  "t1 00 DC 01 04 00 01 2C AA*300\n> 00 DC 01 04 00 01 2C AA*300\n"
	  "< 90 00\n= 90 00\n" },
	{ "the driver fails: so does the exchange",
	  "t0 00 B2 01 04 02\n> 00 B2 01 04 02\n< ! 121\nerror 121\n" },
	{ "the driver fails while fetching",
	  "t0 00 A4 00 04 02 3F 00 00\n> 00 A4 00 04 02 3F 00\n< 61 03\n"
	  "> 00 C0 00 00 03\n< ! 123\nerror 123\n" },
	{ "an answer without status is no answer",
	  "t0 00 B2 01 04 02\n> 00 B2 01 04 02\n< 90\nerror 121\n" },
	{ "no APDU",
	  "t0 00 A4 00\nerror 22\nt0 FF A4 00 00\nerror 22\n"
	  "t0 00 6A 00 00\nerror 22\nt0 00 90 00 00\nerror 22\n"
	  "t0 00 A4 00 04 03 3F 00\nerror 22\n"
	  "t0 00 A4 00 04 01 3F 00 00\nerror 22\n"
	  "t0 00 A4 00 04 00 3F\nerror 22\n"
	  "t0 00 A4 00 04 00 00 00 3F\nerror 22\n"
	  "t0 00 A4 00 04 00 00 03 3F 00\nerror 22\n"
	  "t0 00 A4 00 04 00 00 02 3F 00 00\nerror 22\n" },
};

#endif
