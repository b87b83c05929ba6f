/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dialogues.h - dialogues with cards, worked by hand from ISO/IEC 7816-3
 *
 * The card's clock is 3.5712 MHz, so that the initial etu of 372 clocks is
 * 1/9600 s. Times that recur, all rounded up:
 *
 *	40,000 clocks				11,201 us
 *	9,600 etu				1,000,000 us
 *	12 etu					1,250 us
 *	WT, WI 10, Fi 372: 10 x 960 x 372 / f	1,000,000 us
 *	WT, WI 10, Fi 512: 10 x 960 x 512 / f	1,376,345 us (13,213 etu)
 *	BWT, BWI 4: 11 etu + 16 x 960 x 372 / f	1,146 + 1,600,000 us
 *	CWT, CWI 13: 11 + 8,192 etu		854,480 us
 *
 * Step language: wire.h.
 */
#ifndef TESTS_KUNIT_DIALOGUES_H
#define TESTS_KUNIT_DIALOGUES_H

#include "kunit/wire.h"

#define COLD(class)	"line 9600 off\ncold " class "\n"
/* A real card that names classes A and B: with both, B comes first. */
#define UP_94		"classes AB\nactivate\n" COLD("B") \
			"< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n" \
			"line 9600 even\n"
#define ATR_97		"< 3B 9F 97 C0 0A B1 FE 45 3F C6 82 80 31 E0 73 " \
			"FE 21 1B 65 D0 02 3A 14 C9 81 0F 8B\n"
#define UP_97		"activate\n" COLD("C") ATR_97 "line 9600 even\n"
#define UP_T0		"activate\n" COLD("C") "< 3B 82 00 55 18\n" \
			"line 9600 even\ndone 0\nprotocol 0\n"
/* TD1 01: T=1 only, all defaults, TCK 80^01. */
#define UP_T1		"activate\n" COLD("C") "< 3B 80 01 81\n" \
			"line 9600 even\ndone 0\nprotocol 1\n"
#define IFS_T1		"> 00 C1 01 FE 3E\n< 00 E1 01 FE 1E\n"
#define SELECT_T1	"send 00 A4 00 04 02 3F 00\n" IFS_T1 \
			"> 00 00 07 00 A4 00 04 02 3F 00 9A\n"
#define OK_T1		"< 00 00 02 90 00 92\ndone 0\nresponse 90 00\n"

static const struct dialogue dialogues_reset[] = {
	{ "the shortest ATR: T=0 at once, in even parity, times of 8.1",
	  "activate\n" "line 9600 off\n" "cold C\n"
	  "wait 11201\n" "want 1\n"
	  "< 3B\n" "wait 1000000\n"
	  "< 82\n" "want 1\n"
	  "< 00\n" "want 2\n"
	  "< 55 18\n"
	  "line 9600 even\n" "done 0\n" "protocol 0\n" "baud 9600\n" },
	{ "2G card without interface bytes: no TCK, no PPS",
	  "activate\n" COLD("C")
	  "< 3B 0F 80 6A 16 32 46 49 53 45 53 8C E0 FF 07 90 00\n"
	  "line 9600 even\ndone 0\nprotocol 0\n" },
	{ "inverse convention: TS is read as 03, odd parity from then on",
	  "activate\n" COLD("C")
	  "< 03 0B FF 93 0A 69 BF DF 7F FE FF FF AF 8F 3E 83 06 97\n"
	  "line 9600 odd\ndone 0\n"
	  /* A0 A4 00 00 02, INS, 3F 00, 9F 17 */
	  "send A0 A4 00 00 02 3F 00\n"
	  "> FA DA FF FF BF\n< DA\n> 03 FF\n< 06 17\n"
	  "done 0\nresponse 9F 17\n" },
	{ "no card at any class: C, B, A, then no ATR",
	  "activate\n" COLD("C") "silence\n" COLD("B") "silence\n"
	  COLD("A") "silence\n" "done EHOSTDOWN NO_ATR\n" },
	{ "a card of class B answers at the second class",
	  "activate\n" COLD("C") "silence\n" COLD("B")
	  "< 3B 82 00 55 18\n" "line 9600 even\ndone 0\n" },
	{ "class indicator without the present class: activated in one it names",
	  "activate\n" COLD("C")
	  "< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n" COLD("B")
	  "< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n"
	  "line 9600 even\n> FF 10 94 7B\n" },
	{ "class indicator with no class of the slot: mute for its voltage",
	  "classes C\nactivate\n" COLD("C")
	  "< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n"
	  "done EHOSTDOWN VOLTAGE\n" },
	{ "a wrong TCK three times at one class: rejected",
	  "activate\n" COLD("C") "< 3B 80 01 80\n" COLD("C")
	  "< 3B 80 01 80\n" COLD("C") "< 3B 80 01 80\n"
	  "done EHOSTDOWN BAD_ATR\natr TCK\n" },
	{ "a wrong TCK twice, then a good ATR: ready",
	  "activate\n" COLD("C") "< 3B 80 01 80\n" COLD("C")
	  "< 3B 80 01 80\n" COLD("C") "< 3B 80 01 81\n"
	  "line 9600 even\ndone 0\nprotocol 1\n" },
	{ "TS that is neither 3B nor 3F: rejected",
	  "activate\n" COLD("C") "< 55\n" COLD("C") "< 3F\n" COLD("C")
	  "< 00\n" "done EHOSTDOWN BAD_ATR\natr TS\n" },
	{ "an ATR that stops in the middle: rejected as too short",
	  "activate\n" COLD("C") "< 3B 82 00\nsilence\n" COLD("C")
	  "< 3B 82 00\nsilence\n" COLD("C") "< 3B\nsilence\n"
	  "done EHOSTDOWN BAD_ATR\natr SHORT\n" },
	{ "interface bytes without end: rejected at 33 bytes",
	  "activate\n" COLD("C") "< 3B F0 F0*32\n" COLD("C")
	  "< 3B F0 F0*32\n" COLD("C") "< 3B F0 F0*32\n"
	  "done EHOSTDOWN BAD_ATR\natr LONG\n" },
	{ "an ATR that drips within its waiting times ends all the same",
	  "activate\n" COLD("C") "< 3B\nwant 1\ntick 2000\n< 8F\nwant 1\n"
	  "tick 2300\n" COLD("C") },
	{ "bytes after the ATR do not disturb",
	  "activate\n" COLD("C") "< 3B 82 00 55 18 00 FF\n"
	  "line 9600 even\nstray 55\ndone 0\n" },
	{ "reserved protocol only: no APDU",
	  /* TD1 02, TCK 80^02 */
	  "activate\n" COLD("C") "< 3B 80 02 82\n"
	  "line 9600 even\ndone EHOSTDOWN PROTOCOL\n" },
	{ "warm reset keeps VCC and asks for parity off first",
	  UP_T0 "reset warm\nline 9600 off\nwarm\n< 3B 82 00 55 18\n"
	  "line 9600 even\ndone 0\n" },
	{ "warm reset without answer becomes a cold one at the same class",
	  UP_T0 "reset warm\nline 9600 off\nwarm\nsilence\n" COLD("C")
	  "< 3B 82 00 55 18\nline 9600 even\ndone 0\n" },
	{ "three bad ATRs of a warm reset make it a cold one",
	  UP_T0 "reset warm\nline 9600 off\nwarm\n< 55\nline 9600 off\nwarm\n"
	  "< 55\nline 9600 off\nwarm\n< 55\n" COLD("C") },
	{ "a bad ATR and then silence is a bad ATR",
	  "activate\n" COLD("C") "< 55\n" COLD("C") "silence\n" COLD("C")
	  "silence\ndone EHOSTDOWN BAD_ATR\natr TS\n" },
	{ "reset of a slot that was never active is an activation",
	  "reset warm\n" COLD("C") },
	{ "cold reset of a running card stays at its class",
	  "classes AB\nactivate\n" COLD("B")
	  "< 3B 82 00 55 18\nline 9600 even\ndone 0\n"
	  "reset cold\n" COLD("B") "< 3B 82 00 55 18\nline 9600 even\ndone 0\n" },
	{ "card pulled during the ATR",
	  "activate\n" COLD("C") "< 3B 82\nfail ENOMEDIUM\n"
	  "done ENOMEDIUM\nsend 00 B0 00 00 01\ndone ENOTCONN\n" },
};

static const struct dialogue dialogues_pps[] = {
	{ "512/8 agreed: 55,800 baud; 16 etu from the card's byte to ours",
	  UP_94 "> FF 10 94 7B\ngap 12 1250\nafter 625\n"
	  "wait 1000000\nwant 1\n< FF 10 94 7B\n"
	  "line 55800 even\ndone 0\nprotocol 0\nbaud 55800\n" },
	{ "512/64 agreed: 446,400 baud",
	  UP_97 "> FF 10 97 78\n< FF 10 97 78\nline 446400 even\ndone 0\n" },
	{ "512/32 is 223,200 baud, proposed when 512/64 is over the limit",
	  "max 230400\n" UP_97
	  "> FF 10 96 79\n< FF 10 96 79\nline 223200 even\ndone 0\n" },
	{ "a UART of round rates: 372/12 is 115,200 baud",
	  "uart 9600 19200 38400 57600 115200\n" UP_97
	  "> FF 10 18 F7\n< FF 10 18 F7\nline 115200 even\ndone 0\n" },
	{ "a rate off by 3 per cent is not used",
	  "uart 9600 57600\n" UP_94 "done 0\nbaud 9600\n" },
	{ "a rate off by 1 per cent is used",
	  "uart 9600 56300\n" UP_94 "> FF 10 94 7B\n" },
	{ "PPS1 dropped: default speed, no reset",
	  UP_94 "> FF 10 94 7B\n< FF 00 FF\ndone 0\nbaud 9600\n" },
	{ "another PPS1: reset, then 372/1 without PPS",
	  UP_94 "> FF 10 94 7B\n< FF 10 95 7A\n" COLD("B")
	  "< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n"
	  "line 9600 even\ndone 0\nbaud 9600\n" },
	{ "a wrong PCK: reset, then 372/1",
	  UP_94 "> FF 10 94 7B\n< FF 10 94 7A\n" COLD("B") },
	{ "another protocol in the answer: reset, then 372/1",
	  UP_94 "> FF 10 94 7B\n< FF 11 94 7A\n" COLD("B") },
	{ "PPS2 nobody asked for: reset, then 372/1",
	  UP_94 "> FF 10 94 7B\n< FF 30 94 00 5B\n" COLD("B") },
	{ "no answer to PPS: reset, then 372/1",
	  UP_94 "> FF 10 94 7B\nsilence\n" COLD("B")
	  "< 3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39\n"
	  "line 9600 even\ndone 0\n" },
	{ "T=1 only, 372/12",
	  "activate\n" COLD("C")
	  "< 3B FA 18 00 00 81 31 FE 45 4D 4F 54 49 4F 4E 00 00 90 07 60\n"
	  "line 9600 even\n> FF 11 18 F6\n< FF 11 18 F6\n"
	  "line 115200 even\ndone 0\nprotocol 1\n" },
	{ "specific mode: TA2 stands for PPS",
	  /* TA1 96, TD1 10, TA2 00: T=0 at 512/32 */
	  "activate\n" COLD("C") "< 3B 90 96 10 00\n"
	  "line 9600 even\nline 223200 even\ndone 0\nprotocol 0\n" },
	{ "specific mode too fast for the UART: a warm reset changes the mode",
	  "max 9600\nactivate\n" COLD("C") "< 3B 90 96 10 00\n"
	  "line 9600 even\nline 9600 off\nwarm\n< 3B 90 96 00\n"
	  "line 9600 even\ndone 0\n" },
	{ "specific mode too fast and not to be changed: no protocol",
	  "max 9600\nactivate\n" COLD("C") "< 3B 90 96 10 80\n"
	  "line 9600 even\ndone EHOSTDOWN PROTOCOL\n" },
	{ "specific mode of implicit values, twice: no protocol",
	  "activate\n" COLD("C") "< 3B 90 96 10 10\n"
	  "line 9600 even\nline 9600 off\nwarm\n< 3B 90 96 10 10\n"
	  "line 9600 even\ndone EHOSTDOWN PROTOCOL\n" },
	{ "a first protocol nobody has, then T=1: PPS asks for T=1",
	  /* TD1 82, TD2 01, TCK 82^80^01 */
	  "activate\n" COLD("C") "< 3B 80 82 01 03\nline 9600 even\n"
	  "> FF 01 FE\n< FF 01 FE\ndone 0\nprotocol 1\n" },
	{ "PPS1 in the answer although none was proposed",
	  "activate\n" COLD("C") "< 3B 80 82 01 03\nline 9600 even\n"
	  "> FF 01 FE\n< FF 11 11 FF\n" COLD("C") },
	{ "reserved Fi: the card stays at 372/1, WT in 372",
	  "activate\n" COLD("C") "< 3B 10 74\nline 9600 even\ndone 0\n"
	  "send 00 B2 01 04 01\n> 00 B2 01 04 01\nwait 1000000\n" },
	{ "reserved Di: the card stays at 372/1",
	  "activate\n" COLD("C") "< 3B 10 9F\nline 9600 even\ndone 0\n" },
	{ "a line without echo: the answer alone agrees",
	  "echo no\n" UP_94 "> FF 10 94 7B\nwait 1005000\n"
	  "< FF 10 94 7B\nline 55800 even\ndone 0\n" },
	{ "echo unknown: request and equal answer both came back",
	  "echo auto\n" UP_94 "> FF 10 94 7B\n< FF 10 94 7B FF 10 94 7B\n"
	  "line 55800 even\ndone 0\n" },
	{ "echo unknown: only the answer came back",
	  "echo auto\n" UP_94 "> FF 10 94 7B\n< FF 10 94 7B\nsilence\n"
	  "line 55800 even\ndone 0\n"
	  "send 00 B2 01 04 02\n> 00 B2 01 04 02\n< B2 11 22 90 00\ndone 0\n" },
	{ "echo unknown: an answer that differs from the request in PPS0",
	  "echo auto\n" UP_94 "> FF 10 94 7B\n< FF 00 FF\ndone 0\n" },
	{ "echo garbled during PPS: reset, then 372/1",
	  "echo auto\n" UP_T0 "send 00 44 00 00\n> 00 44 00 00 00\n"
	  "< 00 44 00 00 00 90 00\ndone 0\nreset cold\n" COLD("C")
	  "< 3B 90 94 00\nline 9600 even\n> FF 10 94 7B\n< FF 12\n" COLD("C") },
};

static const struct dialogue dialogues_t0[] = {
	{ "case 2: INS, all data, status",
	  UP_T0 "send 00 B2 01 04 05\n> 00 B2 01 04 05\ngap 12 1250\n"
	  "want 2\nwait 1000000\n< B2\nwant 7\n< 11 22 33 44 55\nwant 2\n"
	  "< 90 00\ndone 0\nresponse 11 22 33 44 55 90 00\n" },
	{ "case 1: P3 is 00",
	  UP_T0 "send 00 44 00 00\n> 00 44 00 00 00\n< 90 00\ndone 0\n"
	  "response 90 00\n" },
	{ "case 1 that is acknowledged although nothing follows",
	  UP_T0 "send 00 44 00 00\n> 00 44 00 00 00\n< 44 90 00\ndone 0\n" },
	{ "case 3: data follows INS, then 61xx",
	  UP_T0 "send 00 A4 00 04 02 3F 00\n> 00 A4 00 04 02\nunsent\n< A4\n"
	  "> 3F 00\nafter 625\n< 61 1C\ndone 0\nresponse 61 1C\n" },
	{ "P3 00 of case 2 means 256",
	  UP_T0 "send 00 B0 00 00 00\n> 00 B0 00 00 00\n< B0\nwant 258\n"
	  "< A5*256 90 00\ndone 0\nresponse A5*256 90 00\n" },
	{ "INS^FF asks for, and brings, one byte at a time",
	  UP_T0 "send 00 D6 00 00 03 01 02 03\n> 00 D6 00 00 03\n"
	  "< 29\n> 01\n< 29\n> 02\nunsent\n< D6\n> 03\n< 90 00\ndone 0\n"
	  "send 00 B2 01 04 03\n> 00 B2 01 04 03\n"
	  "< 4D 11 60 4D 22 B2 33 90 00\ndone 0\nresponse 11 22 33 90 00\n" },
	{ "NULLs only take time",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n"
	  "< 60 60 60 B2 11 60 60 90 00\ndone 0\nresponse 11 90 00\n" },
	{ "a data byte 60 is no NULL, a data byte 90 no status",
	  UP_T0 "send 00 B2 01 04 03\n> 00 B2 01 04 03\n"
	  "< B2 60 90 6A 90 00\ndone 0\nresponse 60 90 6A 90 00\n" },
	{ "after NULLs the wait is no longer than what is left for the command",
	  "patience 5000\n" UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n"
	  "< 60\nwait 1000000\ntick 3000\n< 60 60\nwant 2\ntick 1999\n< 60\n"
	  "left 1000\ntick 1\ndone EREMOTEIO NULLS\n" },
	{ "no patience given: a minute",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< 60\nwant 2\n"
	  "tick 59999\n< 60\nleft 1000\ntick 1\ndone EREMOTEIO NULLS\n" },
	{ "NULLs without end: the command may have been executed",
	  "patience 5000\n" UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n"
	  "< 60\nwant 2\ntick 3000\n< 60\nwant 2\ntick 2000\n"
	  "done EREMOTEIO NULLS\nsend 00 B2 01 04 01\ndone ENOTCONN\n" },
	{ "WT counts in the Fi of TA1 although 372/1 is in use",
	  "max 0\n" UP_94 "done 0\nsend 00 B2 01 04 01\n> 00 B2 01 04 01\n"
	  "wait 1376345\n" },
	{ "WT after PPS: the same, since Fi is the same",
	  UP_94 "> FF 10 94 7B\n< FF 10 94 7B\nline 55800 even\ndone 0\n"
	  "send 00 B2 01 04 01\n> 00 B2 01 04 01\nwait 1376345\n" },
	{ "WI of TC2: 255 x 960 x 372 / f",
	  /* TD1 40, TC2 FF */
	  "activate\n" COLD("C") "< 3B 80 40 FF\nline 9600 even\ndone 0\n"
	  "send 00 B2 01 04 01\n> 00 B2 01 04 01\nwait 25500000\n" },
	{ "extra guard time N=2: 14 etu",
	  /* TC1 02 */
	  "activate\n" COLD("C") "< 3B 40 02\nline 9600 even\ndone 0\n"
	  "send 00 44 00 00\n> 00 44 00 00 00\ngap 14 1459\n" },
	{ "N=255 is 12 etu in T=0",
	  "activate\n" COLD("C") "< 3B 40 FF\nline 9600 even\ndone 0\n"
	  "send 00 44 00 00\n> 00 44 00 00 00\ngap 12 1250\n" },
	{ "N counts in the indicated Fi/Di where T=15 is offered",
	  /* TA1 94, TC1 02, TD1 80, TD2 1F, TA3 C7, TCK; 2 x 64 clocks */
	  "activate\n" COLD("C") "< 3B D0 94 02 80 1F C7 1E\n"
	  "line 9600 even\n> FF 10 94 7B\ngap 13 1286\n< FF 10 94 7B\n"
	  "line 55800 even\ndone 0\nsend 00 44 00 00\n> 00 44 00 00 00\n"
	  "gap 14 252\n" },
	{ "silence instead of a procedure byte in case 2: outcome unknown",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\nsilence\n"
	  "done EREMOTEIO TIMEOUT\n" },
	{ "silence in the middle of the data",
	  UP_T0 "send 00 B2 01 04 04\n> 00 B2 01 04 04\n< B2 11 22\nsilence\n"
	  "done EREMOTEIO TIMEOUT\n" },
	{ "silence between SW1 and SW2",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< B2 11 90\nsilence\n"
	  "done EREMOTEIO TIMEOUT\n" },
	{ "case 3 refused before its data went: surely not executed",
	  UP_T0 "send 00 DC 01 04 02 11 22\n> 00 DC 01 04 02\nsilence\n"
	  "unsent\ndone ETIMEDOUT TIMEOUT\n" },
	{ "case 3, silence after the data: outcome unknown",
	  UP_T0 "send 00 DC 01 04 02 11 22\n> 00 DC 01 04 02\n< DC\n> 11 22\n"
	  "silence\ndone EREMOTEIO TIMEOUT\n" },
	{ "a reset cures a failed card",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\nsilence\n"
	  "done EREMOTEIO TIMEOUT\nsend 00 B2 01 04 01\ndone ENOTCONN\n"
	  "reset cold\n" COLD("C") "< 3B 82 00 55 18\nline 9600 even\ndone 0\n"
	  "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< B2 07 90 00\ndone 0\n" },
	{ "status instead of INS: data is not sent",
	  UP_T0 "send 00 A4 00 04 02 3F 00\n> 00 A4 00 04 02\n< 6A 82\ndone 0\n"
	  "response 6A 82\nunsent\n" },
	{ "status in the middle of single bytes keeps what came",
	  UP_T0 "send 00 B2 01 04 05\n> 00 B2 01 04 05\n< 4D 11 62 81\ndone 0\n"
	  "response 11 62 81\n" },
	{ "a byte that is no procedure byte",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< 12\n"
	  "done EREMOTEIO GARBAGE\n" },
	{ "INS again when everything is there",
	  UP_T0 "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< B2 11 B2\n"
	  "done EREMOTEIO GARBAGE\n" },
	{ "a byte while it is our turn",
	  UP_T0 "send 00 DC 01 04 02 11 22\n> 00 DC 01 04 02\n< DC 90\n"
	  "done ETIMEDOUT GARBAGE\n" },
	{ "late bytes before a command are not its answer",
	  UP_T0 "stray 90 00\nsend 00 B2 01 04 01\nstray 6F 00\n"
	  "> 00 B2 01 04 01\n< B2 11 90 00\ndone 0\nresponse 11 90 00\n" },
	{ "a garbled echo: what the card saw is unknown",
	  "echo auto\n" UP_T0 "send 00 44 00 00\n> 00 44 00 00 00\n"
	  "< 00 44 00 00 00 90 00\ndone 0\n"
	  "send 00 B2 01 04 01\n> 00 B2 01 04 01\n< 00 B2 01 05\n"
	  "done EREMOTEIO GARBAGE\n" },
	{ "echo unknown: the header came back",
	  "echo auto\n" UP_T0 "send 00 B2 01 04 02\n> 00 B2 01 04 02\n"
	  "wait 1006250\nwant 7\n"
	  "< 00 B2 01 04 02 B2 11 22 90 00\ndone 0\nresponse 11 22 90 00\n" },
	{ "echo unknown: no header came back",
	  "echo auto\n" UP_T0 "send 00 B2 01 04 02\n> 00 B2 01 04 02\n"
	  "< B2 11 22 90 00\ndone 0\nresponse 11 22 90 00\n" },
	{ "response longer than the buffer: executed, not stored beyond it",
	  UP_T0 "room 4\nsend 00 B2 01 04 05\n> 00 B2 01 04 05\n"
	  "< B2 11 22 33 44 55 90 00\ndone EMSGSIZE\n"
	  "send 00 44 00 00\n> 00 44 00 00 00\n< 90 00\ndone 0\n" },
	{ "what is no TPDU is not sent and harms nothing",
	  UP_T0 "send 00 A4 00\ndone EINVAL\nsend 00 A4 00 04 03 3F 00\n"
	  "done EINVAL\nsend 00 60 00 00\ndone EINVAL\n"
	  "send 00 9F 00 00\ndone EINVAL\nsend FF B0 00 00\ndone EINVAL\n"
	  "room 1\nsend 00 B2 01 04 01\ndone EINVAL\nroom 258\n"
	  "send 00 44 00 00\n> 00 44 00 00 00\n< 90 00\ndone 0\n" },
	{ "card pulled in the middle of a command",
	  UP_T0 "send 00 B2 01 04 04\n> 00 B2 01 04 04\n< B2 11\n"
	  "fail ENOMEDIUM\ndone ENOMEDIUM\n" },
	{ "driver failure after the command went out: outcome unknown",
	  UP_T0 "send 00 B2 01 04 04\n> 00 B2 01 04 04\nfail EIO\n"
	  "done EREMOTEIO\n" },
};

static const struct dialogue dialogues_t1[] = {
	{ "IFS first, then I-blocks; BWT, CWT, block guard time",
	  UP_T1 "send 00 A4 00 04 02 3F 00\n"
	  "> 00 C1 01 FE 3E\ngap 12 1250\nafter 1250\nwait 1601146\n"
	  "< 00 E1 01 FE 1E\n> 00 00 07 00 A4 00 04 02 3F 00 9A\n"
	  "wait 1601146\nwant 4\n< 00\nwait 854480\nwant 3\n< 00 02\nwant 3\n"
	  "< 90 00 92\ndone 0\nresponse 90 00\n"
	  /* N(S) goes on: 1 and 1. */
	  "send 00 A4 00 04 02 3F 00\n> 00 40 07 00 A4 00 04 02 3F 00 DA\n"
	  "< 00 40 02 90 00 D2\ndone 0\nresponse 90 00\n" },
	{ "N=255 is 11 etu in T=1",
	  /* TC1 FF, TD1 01, TCK C0^FF^01 */
	  "activate\n" COLD("C") "< 3B C0 FF 01 3E\nline 9600 even\ndone 0\n"
	  "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE 3E\ngap 11 1146\n" },
	{ "CRC of ISO/IEC 13239 where TC3 says so",
	  /* TD1 81, TD2 41, TC3 01 */
	  "activate\n" COLD("C") "< 3B 80 81 41 01 41\nline 9600 even\ndone 0\n"
	  "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE B1 AB\n"
	  "< 00 E1 01 FE 8A A8\n> 00 00 07 00 A4 00 04 02 3F 00 26 9D\n"
	  "< 00 00 02 90 00 92 63\ndone 0\nresponse 90 00\n" },
	{ "a command longer than IFSC goes in chained blocks",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\nunsent\n< 00 90 00 90\n"
	  "> 00 40 08 AA*8 48\n" OK_T1 },
	{ "a response in chained blocks is acknowledged and joined",
	  UP_T1 SELECT_T1 "< 00 20 03 01 02 03 23\n> 00 90 00 90\n"
	  "< 00 40 03 04 90 00 D7\ndone 0\nresponse 01 02 03 04 90 00\n" },
	{ "WTX: BWT times 3, for the next block only",
	  UP_T1 SELECT_T1 "< 00 C3 01 03 C1\n> 00 E3 01 03 E1\nwait 4801146\n"
	  "< 00 C1 01 10 D0\n> 00 E1 01 10 F0\nwait 1601146\n" OK_T1 },
	{ "IFS of the card counts from the next I-block on",
	  UP_T1 SELECT_T1 "< 00 C1 01 04 C4\n> 00 E1 01 04 E4\n" OK_T1
	  "send 00 A4 00 04 02 3F 00\n> 00 60 04 00 A4 00 04 C4\n"
	  "< 00 80 00 80\n> 00 00 03 02 3F 00 3E\n< 00 40 02 90 00 D2\ndone 0\n" },
	{ "a wrong LRC: quiet, then R-block with EDC error",
	  UP_T1 SELECT_T1 "< 00 00 02 90 00 93\npause 854480\n> 00 81 00 81\n"
	  OK_T1 },
	{ "no block in BWT: R-block with other error",
	  UP_T1 SELECT_T1 "silence\n> 00 82 00 82\n" OK_T1 },
	{ "a block that stops: R-block with other error",
	  UP_T1 SELECT_T1 "< 00 00 02 90\nsilence\n> 00 82 00 82\n" OK_T1 },
	{ "LEN FF is reserved",
	  UP_T1 SELECT_T1 "< 00 00 FF 11 22 33\nsilence\n> 00 82 00 82\n"
	  OK_T1 },
	{ "LEN FF and bytes without end",
	  UP_T1 SELECT_T1 "< 00 00 FF 11*250\nwant 6\n< 11*300\n"
	  "pause 854480\nstray 11*50\n> 00 82 00 82\n" OK_T1 },
	{ "a NAD nobody asked for",
	  UP_T1 SELECT_T1 "< 21 00 02 90 00 B3\npause 854480\n> 00 82 00 82\n"
	  OK_T1 },
	{ "a reserved PCB",
	  UP_T1 SELECT_T1 "< 00 01 02 90 00 93\npause 854480\n> 00 82 00 82\n"
	  OK_T1 },
	{ "a wrong N(S)",
	  UP_T1 SELECT_T1 "< 00 40 02 90 00 D2\npause 854480\n> 00 82 00 82\n"
	  OK_T1 },
	{ "the card asks for the I-block again",
	  UP_T1 SELECT_T1 "< 00 81 00 81\n> 00 00 07 00 A4 00 04 02 3F 00 9A\n"
	  OK_T1 },
	{ "the card asks for the second piece of a chain again",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 90 00 90\n"
	  "> 00 40 08 AA*8 48\n< 00 92 00 92\n> 00 40 08 AA*8 48\n" OK_T1 },
	{ "our R-block was lost: it is sent again",
	  UP_T1 SELECT_T1 "< 00 20 01 01 20\n> 00 90 00 90\n< 00 92 00 92\n"
	  "> 00 90 00 90\n< 00 40 02 90 00 D2\ndone 0\nresponse 01 90 00\n" },
	{ "three failures and a resynchronisation: not executed, so again",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\nsilence\n> 00 82 00 82\n"
	  "silence\n> 00 82 00 82\nsilence\n> 00 C0 00 C0\n< 00 E0 00 E0\n"
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 90 00 90\n"
	  "> 00 40 08 AA*8 48\n" OK_T1 },
	{ "resynchronised: IFSC is the ATR's again, IFSD is told again",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 C1 01 FE 3E\n"
	  "> 00 E1 01 FE 1E\nsilence\n> 00 82 00 82\nsilence\n> 00 82 00 82\n"
	  "silence\n> 00 C0 00 C0\n< 00 E0 00 E0\n"
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 90 00 90\n"
	  "> 00 40 08 AA*8 48\n" OK_T1
	  "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE 3E\n" },
	{ "three failures after all was sent: outcome unknown",
	  UP_T1 SELECT_T1 "silence\n> 00 82 00 82\nsilence\n> 00 82 00 82\n"
	  "silence\n> 00 C0 00 C0\n< 00 E0 00 E0\ndone EREMOTEIO TIMEOUT\n" },
	{ "no answer to RESYNC either: three times, then given up",
	  UP_T1 SELECT_T1 "silence\n> 00 82 00 82\nsilence\n> 00 82 00 82\n"
	  "silence\n> 00 C0 00 C0\nsilence\n> 00 C0 00 C0\nsilence\n"
	  "> 00 C0 00 C0\nsilence\ndone EREMOTEIO TIMEOUT\n"
	  "send 00 A4 00 04 02 3F 00\ndone ENOTCONN\n" },
	{ "a card that does not know S(IFS) keeps 32 bytes",
	  UP_T1 "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE 3E\nsilence\n"
	  "> 00 C1 01 FE 3E\nsilence\n> 00 C1 01 FE 3E\nsilence\n"
	  "> 00 00 07 00 A4 00 04 02 3F 00 9A\n" OK_T1 },
	{ "ABORT is answered and ends the exchange",
	  UP_T1 SELECT_T1 "< 00 C2 00 C2\n> 00 E2 00 E2\n< 00 80 00 80\n"
	  "done EREMOTEIO GARBAGE\n" },
	{ "ABORT of a chain not yet complete: not executed",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 C2 00 C2\n> 00 E2 00 E2\n"
	  "< 00 90 00 90\ndone ETIMEDOUT GARBAGE\n" },
	{ "ABORT and then silence",
	  UP_T1 SELECT_T1 "< 00 C2 00 C2\n> 00 E2 00 E2\nsilence\n"
	  "done EREMOTEIO GARBAGE\n" },
	{ "an R-block instead of the answer to S(IFS): asked again",
	  UP_T1 "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE 3E\n< 00 82 00 82\n"
	  "pause 854480\n> 00 C1 01 FE 3E\n< 00 E1 01 FE 1E\n"
	  "> 00 00 07 00 A4 00 04 02 3F 00 9A\n" OK_T1 },
	{ "another IFSD in the answer: asked again",
	  UP_T1 "send 00 A4 00 04 02 3F 00\n> 00 C1 01 FE 3E\n< 00 E1 01 20 C0\n"
	  "pause 854480\n> 00 C1 01 FE 3E\n" },
	{ "an acknowledgment of what was not chained",
	  UP_T1 SELECT_T1 "< 00 90 00 90\npause 854480\n> 00 82 00 82\n" OK_T1 },
	{ "an R-block for another block while the answer is coming",
	  UP_T1 SELECT_T1 "< 00 20 01 01 20\n> 00 90 00 90\n< 00 82 00 82\n"
	  "pause 854480\n> 00 92 00 92\n< 00 40 02 90 00 D2\ndone 0\n" },
	{ "an I-block instead of an acknowledgment",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 00 02 90 00 92\n"
	  "pause 854480\n> 00 82 00 82\n" },
	{ "the card asks for the same I-block three times: resynchronised",
	  UP_T1 SELECT_T1 "< 00 80 00 80\n> 00 00 07 00 A4 00 04 02 3F 00 9A\n"
	  "< 00 80 00 80\n> 00 00 07 00 A4 00 04 02 3F 00 9A\n< 00 80 00 80\n"
	  "pause 854480\n> 00 C0 00 C0\n< 00 E0 00 E0\ndone EREMOTEIO GARBAGE\n" },
	{ "a block sent again is the same block although IFSC has grown",
	  UP_T1 "send 00 D6 00 00 23 AA*35\n" IFS_T1
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 C1 01 FE 3E\n"
	  "> 00 E1 01 FE 1E\n< 00 80 00 80\n"
	  "> 00 20 20 00 D6 00 00 23 AA*27 5F\n< 00 90 00 90\n"
	  "> 00 40 08 AA*8 48\n" OK_T1 },
	{ "WTX of zero and IFS of 00 or FF are wrong blocks",
	  UP_T1 SELECT_T1 "< 00 C3 01 00 C2\npause 854480\n> 00 82 00 82\n"
	  "< 00 C1 01 FF 3F\npause 854480\n> 00 82 00 82\n" OK_T1 },
	{ "what is no APDU is not sent",
	  UP_T1 "send 00 A4 00\ndone EINVAL\n" SELECT_T1 OK_T1 },
	{ "WTX without end: given up when the time for one command is over",
	  "patience 10000\n" UP_T1 SELECT_T1 "< 00 C3 01 01 C3\n"
	  "> 00 E3 01 01 E3\nwant 4\ntick 9000\n< 00 C3 01 01 C3\n"
	  "> 00 E3 01 01 E3\nwant 4\ntick 1000\ndone EREMOTEIO NULLS\n" },
	{ "empty chained blocks without end bring nothing either",
	  "patience 10000\n" UP_T1 SELECT_T1 "< 00 20 00 20\n> 00 90 00 90\n"
	  "want 4\ntick 9999\n< 00 60 00 60\n> 00 80 00 80\nleft 1000\n"
	  "tick 1\ndone EREMOTEIO NULLS\n" },
	{ "a response without status",
	  UP_T1 SELECT_T1 "< 00 00 01 90 91\ndone EREMOTEIO GARBAGE\n" },
	{ "response longer than the buffer",
	  UP_T1 "room 3\n" SELECT_T1 "< 00 00 04 01 02 90 00 97\n"
	  "done EMSGSIZE\n" },
	{ "a block of 254 bytes",
	  UP_T1 SELECT_T1 "< 00 00 FE 11*252 90 00 6E\ndone 0\n"
	  "response 11*252 90 00\n" },
};

#endif
