// SPDX-License-Identifier: MIT
/*
 * uicc_words.c - one line of a card image taken apart: words, "quoted words",
 * key=value, key="quoted value", # comment
 */
#include "card/uicc_fs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One word or value at *p; quotes and backslashes are taken off. */
static char *take(const char **p, char **to, bool key, char *why)
{
	const char *s = *p;
	char *start = *to, *d = *to;

	if (*s == '"') {
		for (s++; *s && *s != '"'; s++) {
			if (*s == '\\' && s[1]) {
				s++;
				*d++ = *s == 'n' ? '\n' : *s;
			} else {
				*d++ = *s;
			}
		}
		if (!*s) {
			uicc_why(why, "a quote is not closed");
			return NULL;
		}
		s++;
	} else {
		while (*s && !isspace((unsigned char)*s) &&
		       !(key && *s == '='))
			*d++ = *s++;
	}
	*d++ = 0;
	*p = s;
	*to = d;
	return start;
}

int uicc_words(struct uicc_words *o, const char *line, char *why)
{
	const char *p = line;
	char *to;

	memset(o, 0, sizeof(*o));
	o->buf = malloc(2 * strlen(line) + 2);
	if (!o->buf)
		return uicc_why(why, "no memory");
	to = o->buf;
	for (;;) {
		while (isspace((unsigned char)*p))
			p++;
		if (!*p || *p == '#')
			return 0;
		if (o->n == UICC_WORDS) {
			uicc_why(why, "more than %d words", UICC_WORDS);
			break;
		}
		o->w[o->n] = take(&p, &to, true, why);
		if (!o->w[o->n])
			break;
		if (*p == '=') {
			p++;
			o->val[o->n] = take(&p, &to, false, why);
			if (!o->val[o->n])
				break;
		}
		o->n++;
	}
	uicc_words_free(o);
	return -1;
}

void uicc_words_free(struct uicc_words *o)
{
	free(o->buf);
	memset(o, 0, sizeof(*o));
}

/* Value of key=value; "" for the bare word after the first. */
const char *uicc_word_val(const struct uicc_words *o, const char *key)
{
	size_t i;

	for (i = 1; i < o->n; i++)
		if (!strcmp(o->w[i], key))
			return o->val[i] ? o->val[i] : "";
	return NULL;
}

/* Hex digits, spaces allowed. Return: bytes, or -1. */
int uicc_hex(const char *s, uint8_t *out, size_t max)
{
	size_t n = 0;
	int hi = -1;

	for (; *s; s++) {
		int d;

		if (isspace((unsigned char)*s))
			continue;
		if (!isxdigit((unsigned char)*s))
			return -1;
		d = isdigit((unsigned char)*s) ?
			    *s - '0' :
			    tolower((unsigned char)*s) - 'a' + 10;
		if (hi < 0) {
			hi = d;
			continue;
		}
		if (n == max)
			return -1;
		out[n++] = (uint8_t)(hi << 4 | d);
		hi = -1;
	}
	return hi < 0 ? (int)n : -1;
}
