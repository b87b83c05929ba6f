/* SPDX-License-Identifier: MIT */
/*
 * uicc.h - a software UICC as a library
 *
 * A card is made from an image (a text file, see README.md), answers command
 * APDUs as TS 102 221, TS 31.102 and (class A0) TS 51.011 say, and saves what
 * was written to it. No I/O but the image and the state file, no threads, no
 * globals: as many cards as one likes.
 *
 *	char why[256];
 *	struct uicc *c = uicc_load("tests/card/images/card-a.card", why);
 *	uint8_t r[UICC_RESP_MAX];
 *	size_t n = uicc_apdu(c, (const uint8_t *)"\x00\xa4\x00\x04\x02\x2f\xe2",
 *			     7, r, sizeof(r));	// FCP, then 90 00
 *	uicc_free(c);
 */
#ifndef TESTS_CARD_UICC_H
#define TESTS_CARD_UICC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UICC_RESP_MAX	65538	/* largest chained response, with SW1 SW2 */
#define UICC_TPDU_MAX	258	/* 256 bytes of data, SW1 SW2 */
#define UICC_WHY	256	/* room that every "why" must have */

struct uicc;

/**
 * uicc_load() - make a card from an image file
 * @path: image (or state) file
 * @why: UICC_WHY bytes; gets a sentence with file and line on failure
 *
 * Return: the card, reset (cold), or NULL.
 */
struct uicc *uicc_load(const char *path, char *why);

/** uicc_parse() - the same from text in memory; @name stands in sentences. */
struct uicc *uicc_parse(const char *text, const char *name, char *why);

void uicc_free(struct uicc *c);

/**
 * uicc_save() - write the card as an image, atomically (rename)
 *
 * Every file is written raw, with its meaning as a comment.
 * Return: 0 or -1 with @why filled.
 */
int uicc_save(struct uicc *c, const char *path, char *why);

/** uicc_text() - the card as image text; caller frees. */
char *uicc_text(struct uicc *c);

/** uicc_autosave() - save to @path after every change from now on (NULL: off). */
int uicc_autosave(struct uicc *c, const char *path, char *why);

/** uicc_atr() - answer to reset; @len at most 33. */
const uint8_t *uicc_atr(const struct uicc *c, size_t *len);

/** uicc_reset() - cold or warm: channels close, PINs are unverified. */
void uicc_reset(struct uicc *c);

/**
 * uicc_apdu() - one command APDU with status chaining (61, 6C, 9F) done
 * @c: card
 * @cmd: CLA INS P1 P2 [Lc data] [Le], short form; class byte with channel bits
 * @len: bytes in @cmd
 * @resp: response data, SW1, SW2
 * @max: room in @resp
 *
 * Return: bytes in @resp (at least 2), or 0 when an injected fault made the
 * card silent. Counts in struct uicc_count as the TPDUs it would be on T=0.
 */
size_t uicc_apdu(struct uicc *c, const uint8_t *cmd, size_t len, uint8_t *resp,
		 size_t max);

/**
 * uicc_tpdu() - one command TPDU of T=0 (ISO 7816-3 10.3)
 * @cmd: header of 5 bytes, then P3 bytes where uicc_incoming() says so
 *
 * Answers 61xx and 6Cxx as on the wire. Return: as uicc_apdu().
 */
size_t uicc_tpdu(struct uicc *c, const uint8_t *cmd, size_t len, uint8_t *resp,
		 size_t max);

/** uicc_incoming() - data bytes that follow this T=0 header to the card. */
size_t uicc_incoming(const struct uicc *c, const uint8_t hdr[5]);

/**
 * uicc_edit() - apply one line of the image language to the living card
 * @line: any line of an image; also "edit contact N ...", "del contact N",
 *	"add contact ...", "del sms N" (README.md, "Editing")
 *
 * What another terminal does while the card is elsewhere. Return: 0 or -1.
 */
int uicc_edit(struct uicc *c, const char *line, char *why);

/**
 * uicc_identity() - become another card's content in place
 * @path: image whose file system takes the place of this one's
 * @why: as in uicc_load()
 *
 * The ATR and the channels stay: the caller decides whether a reset, a
 * proactive REFRESH or nothing follows.
 */
int uicc_identity(struct uicc *c, const char *path, char *why);

/** uicc_profile() - eUICC: enable a profile by ICCID, or "none", from inside. */
int uicc_profile(struct uicc *c, const char *iccid, char *why);

/**
 * uicc_refresh() - queue a proactive REFRESH (TS 102 223 6.4.7)
 * @qualifier: 00 NAA init and full file change, 01 file change, 04 UICC reset,
 *	09 eUICC profile state change, ...
 */
void uicc_refresh(struct uicc *c, uint8_t qualifier);

/**
 * enum uicc_act - what an injected fault makes of an APDU
 *
 * SW replaces the answer (and the command is not executed); AFTER_SW executes
 * first. The rest is done by the byte level (simcard); through uicc_apdu()
 * SILENCE and STOP (both executed or not as in @execute) return 0 bytes.
 */
enum uicc_act {
	UICC_ACT_NONE,
	UICC_ACT_SW,		/* answer SW, nothing executed */
	UICC_ACT_AFTER_SW,	/* execute, then answer SW */
	UICC_ACT_SILENCE,	/* no answer, nothing executed */
	UICC_ACT_LOST,		/* execute, but no answer */
	UICC_ACT_NULLS,		/* arg NULL procedure bytes first (0: for ever) */
	UICC_ACT_GARBAGE,	/* arg bytes that no standard allows */
	UICC_ACT_STOP,		/* execute, stop after arg bytes of the response */
	UICC_ACT_FLIP,		/* flip bit 0 of response byte arg */
	UICC_ACT_ECHO,		/* wrong echo of command byte arg (wire only) */
	UICC_ACT_NO_ATR,	/* mute after reset (wire only) */
	UICC_ACT_BAD_TCK,	/* ATR with a wrong TCK (wire only) */
	UICC_ACT_SHORT_ATR,	/* ATR stops after arg bytes (wire only) */
	UICC_ACT_RESET,		/* the card forgets its session (as after a reset) */
	UICC_ACT_REMOVE,	/* execute, send arg bytes, then contact is lost */
};

/**
 * uicc_fault() - add a fault by script
 * @line: "sw 6F00 nth=3 ins=B2", "nulls 5", "silence fid=4F3A times=2", "clear"
 */
int uicc_fault(struct uicc *c, const char *line, char *why);

/**
 * struct uicc_count - what has gone over the wire so far
 * @apdus: command APDUs: TPDUs but GET RESPONSE and repetitions after 6C
 * @tpdus: command TPDUs
 * @bytes: characters on the line in T=0, both ways, with procedure bytes
 */
struct uicc_count {
	uint64_t apdus;
	uint64_t tpdus;
	uint64_t bytes;
};

void uicc_counts(const struct uicc *c, struct uicc_count *out);

/** uicc_iccid() - digits of the EF_ICCID in force, or "" */
void uicc_iccid(const struct uicc *c, char out[21]);

/**
 * uicc_trace() - called after every TPDU with it and its answer decoded
 * @fn: one line of text without newline; NULL: off
 */
void uicc_trace(struct uicc *c, void (*fn)(void *arg, const char *line),
		void *arg);

#endif
