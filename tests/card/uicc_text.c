// SPDX-License-Identifier: MIT
/*
 * uicc_text.c - text and numbers as files hold them: alpha identifiers
 * (TS 102 221 annex A, TS 23.038 6.2.1) and BCD numbers (TS 51.011 10.5.1)
 *
 * Written apart from the helper's codecs on purpose: one checks the other.
 */
#include "card/uicc_fs.h"

#include <stdio.h>
#include <string.h>

/* TS 23.038 6.2.1, in order of the code; 1B is the escape. */
static const char gsm[] =
	"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/* TS 23.038 6.2.1.1 */
static const struct ext {
	uint8_t code;
	uint32_t cp;
} exts[] = {
	{ 0x0a, 0x0c }, { 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' },
	{ 0x2f, '\\' }, { 0x3c, '[' }, { 0x3d, '~' }, { 0x3e, ']' },
	{ 0x40, '|' },	{ 0x65, 0x20ac },
};

/* One character; 0 bytes at the end or where it is not UTF-8. */
size_t uicc_utf8(const char *s, uint32_t *cp)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
		   p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	size_t i;

	if (!n || !p[0])
		return 0;
	*cp = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3f);
	}
	return n;
}

static size_t to_utf8(uint32_t cp, char *out)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | cp >> 12);
	out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[2] = (char)(0x80 | (cp & 0x3f));
	return 3;
}

uint32_t uicc_gsm_char(uint8_t code, bool ext)
{
	const char *s = gsm;
	uint32_t cp = ' ';
	size_t i;

	if (ext) {
		for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
			if (exts[i].code == code)
				return exts[i].cp;
		return ' ';
	}
	for (i = 0; i <= code; i++)
		s += uicc_utf8(s, &cp);
	return cp;
}

int uicc_gsm_code(uint32_t cp)
{
	const char *s = gsm;
	uint32_t at;
	size_t i, n;

	for (i = 0; (n = uicc_utf8(s, &at)) != 0; i++, s += n)
		if (at == cp && i != 0x1b)
			return (int)i;
	for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++)
		if (exts[i].cp == cp)
			return 0x1b00 | exts[i].code;
	return -1;
}

struct chars {
	size_t n;
	uint32_t cp[256];
};

static int chars(struct chars *c, const char *s)
{
	size_t n;

	for (c->n = 0; *s; s += n) {
		if (c->n == 256)
			return -1;
		n = uicc_utf8(s, &c->cp[c->n]);
		if (!n)
			return -1;
		c->n++;
	}
	return 0;
}

static int as_gsm(const struct chars *c, uint8_t *out, size_t max)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++) {
		int code = uicc_gsm_code(c->cp[i]);

		if (code < 0 || n + 1 + (code > 0xff) > max)
			return -1;
		if (code > 0xff)
			out[n++] = 0x1b;
		out[n++] = (uint8_t)code;
	}
	return (int)n;
}

static int as_80(const struct chars *c, uint8_t *out, size_t max)
{
	size_t i;

	if (1 + 2 * c->n > max)
		return -1;
	out[0] = 0x80;
	for (i = 0; i < c->n; i++) {
		if (c->cp[i] > 0xffff)
			return -1;
		out[1 + 2 * i] = (uint8_t)(c->cp[i] >> 8);
		out[2 + 2 * i] = (uint8_t)c->cp[i];
	}
	return (int)(1 + 2 * c->n);
}

/* 81: base is 15 bits with 7 zeros at the end; 82: any 16-bit base. */
static int as_8x(const struct chars *c, uint8_t tag, uint8_t *out, size_t max)
{
	size_t head = tag == 0x81 ? 3 : 4, n = head, i;
	uint32_t base = ~0u;

	for (i = 0; i < c->n; i++)
		if (uicc_gsm_code(c->cp[i]) < 0 && c->cp[i] < base)
			base = c->cp[i];
	if (base == ~0u)
		base = 0;
	if (tag == 0x81)
		base &= ~0x7fu;
	if (base > (tag == 0x81 ? 0x7fffu : 0xffffu) || c->n > 255 ||
	    head > max)
		return -1;
	for (i = 0; i < c->n; i++) {
		int code = uicc_gsm_code(c->cp[i]);

		if (n + 1 + (code > 0xff) > max)
			return -1;
		if (code > 0xff)
			out[n++] = 0x1b;
		if (code >= 0)
			out[n++] = (uint8_t)code;
		else if (c->cp[i] - base < 0x80)
			out[n++] = (uint8_t)(0x80 | (c->cp[i] - base));
		else
			return -1;
	}
	out[0] = tag;
	out[1] = (uint8_t)(n - head);
	if (tag == 0x81) {
		out[2] = (uint8_t)(base >> 7);
	} else {
		out[2] = (uint8_t)(base >> 8);
		out[3] = (uint8_t)base;
	}
	return (int)n;
}

/**
 * uicc_alpha() - encode an alpha identifier
 * @coding: "gsm", "80", "81", "82", or NULL: the shortest that holds it
 *
 * Return: bytes written (the rest is the caller's FF), -1: does not fit.
 */
int uicc_alpha(const char *utf8, const char *coding, uint8_t *out, size_t max)
{
	struct chars c;
	uint8_t b[4][256];
	int n[4], best = -1, i;
	static const char *const name[] = { "gsm", "81", "82", "80" };

	if (max > 256)
		max = 256;
	if (chars(&c, utf8))
		return -1;
	n[0] = as_gsm(&c, b[0], max);
	n[1] = as_8x(&c, 0x81, b[1], max);
	n[2] = as_8x(&c, 0x82, b[2], max);
	n[3] = as_80(&c, b[3], max);
	for (i = 0; i < 4; i++) {
		if (coding && strcmp(coding, name[i]))
			continue;
		if (n[i] >= 0 && (best < 0 || n[i] < n[best]))
			best = i;
	}
	if (best < 0)
		return -1;
	memcpy(out, b[best], (size_t)n[best]);
	return n[best];
}

/* For comments and `simcard show`. */
size_t uicc_alpha_text(const uint8_t *p, size_t n, char *out, size_t max)
{
	size_t i = 0, o = 0, end = n;
	uint32_t base = 0;
	bool wide = false, half = false;

	if (n && p[0] == 0x80) {
		wide = true;
		i = 1;
	} else if (n > 2 && p[0] == 0x81) {
		base = (uint32_t)p[2] << 7;
		half = true;
		i = 3;
		end = 3u + p[1];
	} else if (n > 3 && p[0] == 0x82) {
		base = (uint32_t)p[2] << 8 | p[3];
		half = true;
		i = 4;
		end = 4u + p[1];
	}
	if (end > n)
		end = n;
	while (i < end && o + 4 < max) {
		uint32_t cp;

		if (wide) {
			if (i + 1 >= end)
				break;
			cp = (uint32_t)p[i] << 8 | p[i + 1];
			i += 2;
			if (cp == 0xffff)
				break;
		} else if (half && p[i] & 0x80) {
			cp = base + (p[i++] & 0x7f);
		} else if (p[i] & 0x80) {
			break;
		} else if (p[i] == 0x1b && i + 1 < end) {
			cp = uicc_gsm_char(p[i + 1] & 0x7f, true);
			i += 2;
		} else {
			cp = uicc_gsm_char(p[i++], false);
		}
		o += to_utf8(cp, out + o);
	}
	if (max)
		out[o] = 0;
	return o;
}

static const char bcd[] = "0123456789*#,?-";

/**
 * uicc_bcd() - digits to swapped BCD
 * @digits: "+4930123", "*100#", ',' DTMF separator, '?' wild
 * @ton: TON/NPI byte (91 with a plus, else 81), may be NULL
 * @out: filled with FF after the digits
 *
 * Return: digits written, -1: not a number or does not fit.
 */
int uicc_bcd(const char *digits, uint8_t *ton, uint8_t *out, size_t max)
{
	size_t n = 0;

	memset(out, 0xff, max);
	if (ton)
		*ton = *digits == '+' ? 0x91 : 0x81;
	digits += *digits == '+';
	for (; *digits; digits++) {
		const char *at = strchr(bcd, *digits);

		if (*digits == ' ')
			continue;
		if (!at || n / 2 >= max)
			return -1;
		if (n & 1)
			out[n / 2] = (uint8_t)((out[n / 2] & 0x0f) |
					       (at - bcd) << 4);
		else
			out[n / 2] = (uint8_t)(0xf0 | (at - bcd));
		n++;
	}
	return (int)n;
}

size_t uicc_bcd_text(uint8_t ton, const uint8_t *p, size_t n, char *out,
		     size_t max)
{
	size_t i, o = 0;

	if ((ton & 0x70) == 0x10 && o + 1 < max)
		out[o++] = '+';
	for (i = 0; i < 2 * n && o + 1 < max; i++) {
		uint8_t d = i & 1 ? p[i / 2] >> 4 : p[i / 2] & 15;

		if (d == 15)
			break;
		out[o++] = bcd[d];
	}
	if (max)
		out[o] = 0;
	return o;
}

/* ICCID and the like: nibbles swapped, F at the end. */
void uicc_swap(const char *digits, uint8_t *out, size_t n)
{
	uint8_t ton;

	(void)uicc_bcd(digits, &ton, out, n);
}
