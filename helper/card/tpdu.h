/* SPDX-License-Identifier: MIT */
/*
 * tpdu.h - short messages as TS 23.040 writes them
 */
#ifndef SIMSYNC_CARD_TPDU_H
#define SIMSYNC_CARD_TPDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tpdu_type { TPDU_DELIVER, TPDU_SUBMIT, TPDU_REPORT };

/* 160 septets, escapes none, three bytes of UTF-8 each; or 140 raw bytes hex. */
#define TPDU_TEXT_MAX	512
#define TPDU_ADDR_MAX	48

/**
 * struct tpdu - a decoded short message
 * @type: what it is
 * @len: bytes of the TPDU
 * @addr: other side: number with '+', or alphanumeric name
 * @date: SCTS as "2026-11-22T16:54:33+01:00"; empty: none, or no valid date
 * @done: discharge time of a report, same form
 * @status: TP-ST of a report
 * @text: UTF-8; 8-bit data as hex
 * @binary: @text is hex
 * @ref: concatenation reference, -1 single
 * @part: number of this part from 1
 * @parts: how many
 */
struct tpdu {
	enum tpdu_type type;
	size_t len;
	char addr[TPDU_ADDR_MAX];
	char date[32];
	char done[32];
	uint8_t status;
	char text[TPDU_TEXT_MAX];
	bool binary;
	int ref;
	int part;
	int parts;
};

/**
 * tpdu_decode() - take a TPDU apart
 * @p: first byte of the TPDU; padding may follow
 * @len: bytes there
 * @received: as stored: from the network (DELIVER, STATUS-REPORT), else SUBMIT
 * @out: result
 * @bad: out: offset of what is wrong
 *
 * Return: 0, -1 malformed.
 */
int tpdu_decode(const uint8_t *p, size_t len, bool received, struct tpdu *out,
		size_t *bad);

/** tpdu_time() - a time stamp (9.2.3.11), form as @date. 1: no valid date. */
int tpdu_time(const uint8_t p[7], char *out, size_t max);

/** tpdu_smsc() - service centre address as EF_SMS stores it; bytes taken, 0 bad. */
size_t tpdu_smsc(const uint8_t *p, size_t len, char *out, size_t max);

#endif
