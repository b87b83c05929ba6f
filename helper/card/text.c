// SPDX-License-Identifier: MIT
#include "card/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "card/gsm7.h"

/* A field has 255 bytes at most: more characters than that never matter. */
#define CHARS_MAX 512

size_t text_put(char *out, size_t max, size_t at, uint32_t u)
{
	uint8_t b[4];
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)u, b);

	if (n <= 0 || at + (size_t)n >= max)
		return at;
	memcpy(out + at, b, (size_t)n);
	out[at + (size_t)n] = '\0';
	return at + (size_t)n;
}

static size_t put_shown(char *out, size_t at, uint32_t u)
{
	if ((u < 0x20 && u != '\n') || (u >= 0x7f && u < 0xa0))
		u = ' ';
	return text_put(out, TEXT_MAX, at, u);
}

static int decode_gsm(const uint8_t *p, size_t len, char *out, size_t *bad)
{
	size_t i = 0, at = 0, n;
	uint16_t u;

	while (i < len && p[i] != 0xff) {
		n = gsm7_next(p + i, len - i, &u);
		if (!n) {
			*bad = i;
			return -1;
		}
		at = put_shown(out, at, u);
		i += n;
	}
	return 0;
}

static int decode_80(const uint8_t *p, size_t len, char *out, size_t *bad)
{
	size_t i, at = 0;
	uint32_t u, low;

	for (i = 1; i + 1 < len; i += 2) {
		u = (uint32_t)p[i] << 8 | p[i + 1];
		if (u == 0xffff || u == 0)
			break;
		/* Some phones do write pairs; read them, never write them. */
		if (u >= 0xd800 && u < 0xdc00 && i + 3 < len) {
			low = (uint32_t)p[i + 2] << 8 | p[i + 3];
			if (low >= 0xdc00 && low < 0xe000) {
				u = 0x10000 + ((u - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		if (u >= 0xd800 && u < 0xe000) {
			*bad = i;
			return -1;
		}
		at = put_shown(out, at, u);
	}
	return 0;
}

/* 81 and 82 differ in how the base is told only. */
static int decode_page(const uint8_t *p, size_t len, char *out, size_t *bad)
{
	size_t head = p[0] == 0x81 ? 3 : 4, i, at = 0, n;
	uint32_t base, u;
	uint16_t g;

	if (len < head || p[1] > len - head) {
		*bad = 1;
		return -1;
	}
	base = head == 3 ? (uint32_t)p[2] << 7 : (uint32_t)p[2] << 8 | p[3];
	len = head + p[1];
	for (i = head; i < len; i += n) {
		if (p[i] & 0x80) {
			u = base + (p[i] & 0x7f);
			n = 1;
		} else {
			n = gsm7_next(p + i, len - i, &g);
			u = g;
		}
		if (!u || (u >= 0xd800 && u < 0xe000) || u > 0xffff) {
			*bad = i;
			return -1;
		}
		at = put_shown(out, at, u);
	}
	return 0;
}

int text_decode(const uint8_t *p, size_t len, char *out, size_t *bad)
{
	size_t none, n;
	int err;

	if (!bad)
		bad = &none;
	*bad = 0;
	out[0] = '\0';
	if (!len || len > 255)
		return len ? -1 : 0;
	if (p[0] == 0x80)
		err = decode_80(p, len, out, bad);
	else if (p[0] == 0x81 || p[0] == 0x82)
		err = decode_page(p, len, out, bad);
	else
		err = decode_gsm(p, len, out, bad);
	if (err) {
		out[0] = '\0';
		return -1;
	}
	for (n = strlen(out); n && out[n - 1] == ' '; n--)
		out[n - 1] = '\0';
	return 0;
}

/**
 * struct chars - a name as code points that a card can hold
 * @u: the characters
 * @start: a person's character begins here: a cut is allowed
 * @n: how many
 * @lost: something was left out
 */
struct chars {
	uint16_t u[CHARS_MAX];
	bool start[CHARS_MAX + 1];
	size_t n;
	bool lost;
};

/* Leave out whole clusters: half of an emoji sequence is not a character. */
static int to_chars(const char *s, struct chars *c)
{
	utf8proc_uint8_t *nfc = utf8proc_NFC((const utf8proc_uint8_t *)s);
	const utf8proc_uint8_t *p = nfc;
	utf8proc_int32_t u, prev = -1, state = 0;
	size_t cluster = 0;
	utf8proc_ssize_t n;
	bool skip = false;

	memset(c, 0, sizeof(*c));
	if (!nfc)
		return -1;
	while (*p) {
		n = utf8proc_iterate(p, -1, &u);
		if (n <= 0) {
			free(nfc);
			return -1;
		}
		p += n;
		if (prev < 0 || utf8proc_grapheme_break_stateful(prev, u, &state)) {
			cluster = c->n;
			skip = false;
		}
		prev = u;
		if (skip)
			continue;
		if (u > 0xffff || u == 0xfffd || u == 0xfffe || u == 0xffff) {
			c->n = cluster;
			c->lost = true;
			skip = true;
			continue;
		}
		if (c->n == CHARS_MAX) {
			c->lost = true;
			break;
		}
		c->start[c->n] = c->n == cluster;
		c->u[c->n++] = (uint16_t)u;
	}
	while (c->n && c->u[c->n - 1] == ' ')
		c->n--;
	c->start[c->n] = true;
	free(nfc);
	return 0;
}

/**
 * struct coding - one way to write a name
 * @head: bytes before the characters: 0, 1 (80), 3 (81), 4 (82)
 * @base: of 81 and 82
 * @keep: characters kept
 * @bytes: bytes used
 */
struct coding {
	unsigned int head;
	uint16_t base;
	size_t keep;
	size_t bytes;
};

static size_t cost(const struct coding *k, uint16_t u)
{
	uint8_t code[2];
	size_t n;

	if (k->head == 1)
		return 2;
	n = gsm7_code(u, code);
	if (!k->head)
		return n;
	if (n == 1 || (u >= k->base && u - k->base < 128))
		return 1;
	return 0;
}

static void measure(const struct chars *c, size_t cap, struct coding *k)
{
	size_t used = k->head, i, n;

	k->keep = 0;
	k->bytes = 0;
	if (cap < used + 1)
		return;
	for (i = 0; i < c->n; i++) {
		n = cost(k, c->u[i]);
		if (!n || used + n > cap)
			break;
		used += n;
		if (c->start[i + 1]) {
			k->keep = i + 1;
			k->bytes = used;
		}
	}
}

static bool better(const struct coding *a, const struct coding *b)
{
	if (a->keep != b->keep)
		return a->keep > b->keep;
	return a->bytes < b->bytes;
}

/* The 82 base that covers the longest run from the start: its lowest one. */
static uint16_t base_for(const struct chars *c)
{
	uint16_t low = 0xffff, high = 0, lo, hi;
	uint8_t code[2];

	for (size_t i = 0; i < c->n; i++) {
		if (gsm7_code(c->u[i], code) == 1)
			continue;
		lo = c->u[i] < low ? c->u[i] : low;
		hi = c->u[i] > high ? c->u[i] : high;
		if (hi - lo > 127)
			break;
		low = lo;
		high = hi;
	}
	return low == 0xffff ? 0 : low;
}

static struct coding choose(const struct chars *c, size_t cap)
{
	uint16_t low = base_for(c);
	struct coding try[] = {
		{ .head = 0 },
		{ .head = 3, .base = low & 0x7f80 },
		{ .head = 4, .base = low },
		{ .head = 1 },
	};
	struct coding best = { 0 };

	for (size_t i = 0; i < sizeof(try) / sizeof(try[0]); i++) {
		if (try[i].head == 3 && low > 0x7fff)
			continue;
		measure(c, cap, &try[i]);
		if (!i || better(&try[i], &best))
			best = try[i];
	}
	return best;
}

static size_t put_coded(const struct coding *k, uint16_t u, uint8_t *out)
{
	uint8_t code[2];
	size_t n;

	if (k->head == 1) {
		out[0] = (uint8_t)(u >> 8);
		out[1] = (uint8_t)u;
		return 2;
	}
	n = gsm7_code(u, code);
	if (k->head && n != 1) {
		out[0] = (uint8_t)(0x80 | (u - k->base));
		return 1;
	}
	memcpy(out, code, n);
	return n;
}

int text_encode(const char *s, uint8_t *out, size_t cap)
{
	struct chars c;
	struct coding k;
	size_t at, i;

	memset(out, 0xff, cap);
	if (cap > 255 || to_chars(s, &c))
		return -1;
	k = choose(&c, cap);
	/* A cut behind a space leaves the space off: read back, it is padding. */
	for (; k.keep && c.u[k.keep - 1] == ' '; k.keep--)
		k.bytes -= k.head == 1 ? 2 : 1;
	if (k.keep) {
		at = k.head;
		for (i = 0; i < k.keep; i++)
			at += put_coded(&k, c.u[i], out + at);
		if (k.head == 1)
			out[0] = 0x80;
		if (k.head >= 3) {
			out[0] = k.head == 3 ? 0x81 : 0x82;
			out[1] = (uint8_t)(at - k.head);
			out[2] = (uint8_t)(k.head == 3 ? k.base >> 7 : k.base >> 8);
		}
		if (k.head == 4)
			out[3] = (uint8_t)k.base;
	}
	return c.lost || k.keep < c.n;
}

int text_fit(const char *s, size_t cap, char *out)
{
	uint8_t field[255];
	int cut;

	out[0] = '\0';
	cut = text_encode(s, field, cap);
	if (cut < 0)
		return -1;
	if (text_decode(field, cap, out, NULL))
		return -1;
	return cut;
}
