// SPDX-License-Identifier: MIT
#include "card/bcd.h"

#include <string.h>
#include <strings.h>

static const char digit[] = "0123456789*#,?E";

size_t bcd_get(const uint8_t *p, size_t len, char *out, size_t max, size_t at)
{
	uint8_t d;

	for (size_t i = 0; i < len * 2 && at + 1 < max; i++) {
		d = i & 1 ? p[i / 2] >> 4 : p[i / 2] & 15;
		if (d == 15)
			break;
		out[at++] = digit[d];
	}
	out[at] = '\0';
	return at;
}

size_t bcd_put(const char *digits, size_t n, uint8_t *out)
{
	const char *d;
	uint8_t v;

	for (size_t i = 0; i < n; i++) {
		d = strchr(digit, digits[i]);
		v = d && *d ? (uint8_t)(d - digit) : 15;
		if (i & 1)
			out[i / 2] = (uint8_t)((out[i / 2] & 15) | v << 4);
		else
			out[i / 2] = (uint8_t)(0xf0 | v);
	}
	return (n + 1) / 2;
}

/* What may stand between digits and says nothing, in UTF-8. */
static size_t separator(const char *s)
{
	/* No-break space, direction marks, hyphens, embedding, word joiner. */
	static const char *const marks[] = {
		"\xc2\xa0", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\x90",
		"\xe2\x80\x91", "\xe2\x80\x93", "\xe2\x80\xaa", "\xe2\x80\xac",
		"\xe2\x80\xad", "\xe2\x80\xaf", "\xe2\x81\xa0", "\xe2\x81\xa6",
		"\xe2\x81\xa9",
	};

	if (strchr(" -./()\t", *s))
		return 1;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strncmp(s, marks[i], strlen(marks[i])))
			return strlen(marks[i]);
	return 0;
}

int bcd_normal(const char *s, char *out)
{
	size_t at = 0, n, digits = 0;
	bool uri = !strncasecmp(s, "tel:", 4);
	char c;

	if (uri)
		s += 4;
	while (*s) {
		n = separator(s);
		if (n) {
			s += n;
			continue;
		}
		c = *s++;
		/* RFC 3966: parameters follow; an extension is dialled late. */
		if (c == ';' && uri) {
			if (!strncasecmp(s, "ext=", 4)) {
				s += 4;
				c = ',';
			} else {
				s += strcspn(s, ";");
				continue;
			}
		}
		if (c == '+') {
			if (at)
				return -1;
			out[at++] = c;
			continue;
		}
		if (strchr("pPwW;", c))
			c = ',';
		if (!strchr(digit, c) || digits == BCD_DIGITS_MAX)
			return -1;
		out[at++] = c;
		digits++;
	}
	out[at] = '\0';
	return digits ? 0 : -1;
}

uint8_t bcd_ton(const char *number)
{
	return number[0] == '+' ? BCD_TON_INTERNATIONAL : BCD_TON_UNKNOWN;
}

/* Nibbles, the low one first, for as long as @spelled has a character. */
static size_t spell(const uint8_t *p, size_t len, const char *spelled,
		    char *out, size_t max)
{
	size_t at = 0, most = strlen(spelled);
	uint8_t d;

	for (size_t i = 0; i < len * 2 && at + 1 < max; i++) {
		d = i & 1 ? p[i / 2] >> 4 : p[i / 2] & 15;
		if (d >= most)
			break;
		out[at++] = spelled[d];
	}
	out[at] = '\0';
	return at;
}

size_t bcd_swapped(const uint8_t *p, size_t len, char *out, size_t max)
{
	return spell(p, len, "0123456789", out, max);
}

size_t bcd_iccid(const uint8_t *p, size_t len, char *out, size_t max)
{
	return spell(p, len, "0123456789abcde", out, max);
}
