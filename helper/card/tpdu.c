// SPDX-License-Identifier: MIT
#include "card/tpdu.h"

#include <stdio.h>
#include <string.h>

#include "card/bcd.h"
#include "card/gsm7.h"
#include "card/text.h"

/**
 * struct reader - bytes that are left
 * @p: next
 * @left: how many
 * @start: of the TPDU
 */
struct reader {
	const uint8_t *p;
	size_t left;
	const uint8_t *start;
};

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->left < n)
		return NULL;
	r->p += n;
	r->left -= n;
	return p;
}

/* ---- alphabets ---------------------------------------------------------- */

/* Unpack @n septets that start @skip bits in (TS 23.038 6.1.2.1). */
static size_t unpack(const uint8_t *p, size_t bytes, size_t skip, size_t n,
		     uint8_t *out)
{
	size_t bit = skip, i;
	unsigned int v;

	for (i = 0; i < n && bit + 7 <= bytes * 8; i++, bit += 7) {
		v = p[bit / 8] >> bit % 8;
		if (bit % 8 > 1)
			v |= (unsigned int)p[bit / 8 + 1] << (8 - bit % 8);
		out[i] = v & 0x7f;
	}
	return i;
}

/**
 * struct languages - tables a header named (TS 23.040 9.2.3.24.15 and .16)
 */
struct languages {
	uint8_t locking;
	uint8_t single;
};

static void septets(const uint8_t *code, size_t n, struct languages in,
		    char *out, size_t max)
{
	size_t at = 0, i = 0;
	uint16_t u;

	out[0] = '\0';
	while (i < n) {
		i += gsm7_next_in(code + i, n - i, in.locking, in.single, &u);
		at = text_put(out, max, at, u);
	}
}

static void ucs2(const uint8_t *p, size_t n, char *out, size_t max)
{
	uint32_t u, low;
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i + 1 < n; i += 2) {
		u = (uint32_t)p[i] << 8 | p[i + 1];
		low = i + 3 < n ? (uint32_t)p[i + 2] << 8 | p[i + 3] : 0;
		if (u >= 0xd800 && u < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		} else if (u >= 0xd800 && u < 0xe000) {
			/* Half of a pair: its other half is in the next part. */
			u = 0xfffd;
		}
		if (u)
			at = text_put(out, max, at, u);
	}
}

static void hex(const uint8_t *p, size_t n, char *out, size_t max)
{
	for (size_t i = 0; i < n && 2 * i + 2 < max; i++)
		sprintf(out + 2 * i, "%02X", p[i]);
	out[2 * n < max ? 2 * n : max - 1] = '\0';
}

enum alphabet { GSM7, DATA8, UCS2 };

/* TS 23.038 4: general groups, message class, waiting indication. */
static enum alphabet alphabet_of(uint8_t dcs)
{
	static const enum alphabet coded[] = { GSM7, DATA8, UCS2, GSM7 };

	if (dcs < 0x80)
		return dcs & 0x20 ? DATA8 : coded[dcs >> 2 & 3];
	if (dcs >= 0xf0)
		return dcs & 0x04 ? DATA8 : GSM7;
	if ((dcs & 0xf0) == 0xe0)
		return UCS2;
	return GSM7;
}

/* ---- parts -------------------------------------------------------------- */

size_t tpdu_smsc(const uint8_t *p, size_t len, char *out, size_t max)
{
	size_t at = 0;

	out[0] = '\0';
	if (!len)
		return 0;
	if (p[0] == 0 || p[0] == 0xff)
		return 1;
	if (p[0] > 11 || len < 1u + p[0])
		return 0;
	if (bcd_international(p[1]))
		out[at++] = '+';
	bcd_get(p + 2, p[0] - 1u, out, max, at);
	return 1u + p[0];
}

/* TS 23.040 9.1.2.5: length in half bytes, type, up to 10 bytes. */
static int address(struct reader *r, char *out)
{
	const uint8_t *h = take(r, 2), *v;
	uint8_t code[12];
	size_t bytes, at = 0;

	out[0] = '\0';
	if (!h || h[0] > 20)
		return -1;
	bytes = (h[0] + 1u) / 2;
	v = take(r, bytes);
	if (!v)
		return -1;
	if ((h[1] & 0x70) == 0x50) {
		septets(code, unpack(v, bytes, 0, h[0] * 4u / 7, code),
			(struct languages){ 0 }, out, TPDU_ADDR_MAX);
		return 0;
	}
	if (!h[0])
		return 0;
	if (bcd_international(h[1]))
		out[at++] = '+';
	at = bcd_get(v, bytes, out, TPDU_ADDR_MAX, at);
	return 0;
}

static int two(uint8_t b, int *v)
{
	if ((b & 15) > 9 || b >> 4 > 9)
		return -1;
	*v = (b & 15) * 10 + (b >> 4);
	return 0;
}

/*
 * 9.2.3.11: year to second, then quarters of an hour from GMT, sign in bit 4 of
 * the first half. A date that does not exist is none; the message stays.
 */
int tpdu_time(const uint8_t p[7], char *out, size_t max)
{
	static const int high[6] = { 99, 12, 31, 23, 59, 59 };
	static const int low[6] = { 0, 1, 1, 0, 0, 0 };
	int v[6], zone;
	bool minus;

	out[0] = '\0';
	for (int i = 0; i < 6; i++)
		if (two(p[i], &v[i]) || v[i] < low[i] || v[i] > high[i])
			return 1;
	minus = p[6] & 0x08;
	if (two(p[6] & 0xf7, &zone) || zone > 79)
		return 1;
	if (snprintf(out, max, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
		     v[0] + (v[0] < 90 ? 2000 : 1900), v[1], v[2], v[3], v[4],
		     v[5], minus && zone ? '-' : '+', zone / 4,
		     zone % 4 * 15) >= (int)max)
		out[0] = '\0';
	return !out[0];
}

static int timestamp(struct reader *r, char *out, size_t max)
{
	const uint8_t *p = take(r, 7);

	out[0] = '\0';
	if (!p)
		return -1;
	tpdu_time(p, out, max);
	return 0;
}

/* 9.2.3.24: information elements; unknown ones are skipped. */
static void header(const uint8_t *p, size_t len, struct tpdu *out,
		   struct languages *in)
{
	size_t i = 0, n;

	while (i + 2 <= len) {
		n = p[i + 1];
		if (n > len - i - 2)
			return;
		if (p[i] == 0x00 && n == 3 && p[i + 3] && p[i + 4] &&
		    p[i + 4] <= p[i + 3]) {
			out->ref = p[i + 2];
			out->parts = p[i + 3];
			out->part = p[i + 4];
		}
		if (p[i] == 0x08 && n == 4 && p[i + 4] && p[i + 5] &&
		    p[i + 5] <= p[i + 4]) {
			out->ref = p[i + 2] << 8 | p[i + 3];
			out->parts = p[i + 4];
			out->part = p[i + 5];
		}
		if (p[i] == 0x24 && n == 1)
			in->single = p[i + 2];
		if (p[i] == 0x25 && n == 1)
			in->locking = p[i + 2];
		i += 2 + n;
	}
}

static int user_data(struct reader *r, uint8_t dcs, bool udhi, struct tpdu *out)
{
	enum alphabet a = alphabet_of(dcs);
	const uint8_t *udl = take(r, 1), *p;
	size_t bytes, head = 0, skip;
	struct languages in = { 0 };
	uint8_t code[160];

	if (!udl)
		return -1;
	if (udl[0] > (a == GSM7 ? 160 : 140))
		return -1;
	bytes = a == GSM7 ? (udl[0] * 7u + 7) / 8 : udl[0];
	p = take(r, bytes);
	if (!p)
		return -1;
	if (udhi && bytes) {
		head = 1u + p[0];
		if (head > bytes)
			return -1;
		header(p + 1, head - 1, out, &in);
	}
	if (a == GSM7) {
		/* Text starts at a septet boundary behind the header. */
		skip = (head * 8 + 6) / 7;
		if (skip > udl[0])
			return -1;
		septets(code, unpack(p, bytes, skip * 7, udl[0] - skip, code),
			in, out->text, sizeof(out->text));
	} else if (a == UCS2) {
		ucs2(p + head, bytes - head, out->text, sizeof(out->text));
	} else {
		out->binary = true;
		hex(p + head, bytes - head, out->text, sizeof(out->text));
	}
	return 0;
}

/* ---- TPDUs -------------------------------------------------------------- */

static int deliver(struct reader *r, uint8_t first, struct tpdu *out)
{
	const uint8_t *b;

	if (address(r, out->addr))
		return -1;
	b = take(r, 2);
	if (!b || timestamp(r, out->date, sizeof(out->date)))
		return -1;
	return user_data(r, b[1], first & 0x40, out);
}

static int submit(struct reader *r, uint8_t first, struct tpdu *out)
{
	/* Validity period: none, relative, enhanced, absolute. */
	static const size_t validity[] = { 0, 7, 1, 7 };
	const uint8_t *b;

	if (!take(r, 1) || address(r, out->addr))
		return -1;
	b = take(r, 2);
	if (!b || !take(r, validity[first >> 3 & 3]))
		return -1;
	return user_data(r, b[1], first & 0x40, out);
}

/* 9.2.2.3; TP-PI and what it announces are optional. */
static int report(struct reader *r, uint8_t first, struct tpdu *out)
{
	const uint8_t *b;
	uint8_t pi, dcs = 0;

	b = take(r, 1);
	if (!b || address(r, out->addr))
		return -1;
	out->ref = -1;
	if (timestamp(r, out->date, sizeof(out->date)) ||
	    timestamp(r, out->done, sizeof(out->done)))
		return -1;
	b = take(r, 1);
	if (!b)
		return -1;
	out->status = *b;
	if (!r->left || r->p[0] == 0xff)
		return 0;
	pi = *take(r, 1);
	if (pi & 0x01 && !take(r, 1))
		return -1;
	if (pi & 0x02) {
		b = take(r, 1);
		if (!b)
			return -1;
		dcs = *b;
	}
	return pi & 0x04 ? user_data(r, dcs, first & 0x40, out) : 0;
}

int tpdu_decode(const uint8_t *p, size_t len, bool received, struct tpdu *out,
		size_t *bad)
{
	struct reader r = { p, len, p };
	const uint8_t *first;
	int ret;

	memset(out, 0, sizeof(*out));
	out->ref = -1;
	first = take(&r, 1);
	if (!first) {
		*bad = 0;
		return -1;
	}
	switch (*first & 3) {
	case 0:
		out->type = TPDU_DELIVER;
		ret = received ? deliver(&r, *first, out) : -1;
		break;
	case 1:
		out->type = TPDU_SUBMIT;
		ret = received ? -1 : submit(&r, *first, out);
		break;
	case 2:
		out->type = TPDU_REPORT;
		ret = received ? report(&r, *first, out) : -1;
		break;
	default:
		ret = -1;
	}
	out->len = (size_t)(r.p - p);
	*bad = out->len;
	return ret;
}
