// SPDX-License-Identifier: MIT
#include "model/plain.h"

#include <string.h>
#include <utf8proc.h>

static const struct {
	int32_t from, to;
} acts[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f },
	/* Marks, embeddings, overrides and isolates of direction. */
	{ 0x200e, 0x200f }, { 0x202a, 0x202e }, { 0x2066, 0x2069 },
};

size_t plain_next(const char *s, int32_t *cp, bool *ok)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, -1,
					      &c);
	size_t i;

	*ok = n > 0;
	for (i = 0; *ok && i < sizeof(acts) / sizeof(acts[0]); i++)
		*ok = c < acts[i].from || c > acts[i].to;
	if (cp)
		*cp = c;
	return n > 0 ? (size_t)n : 1;
}

void plain_text(char *s, bool lines)
{
	char *out = s;
	size_t n;
	bool ok;

	for (; *s; s += n) {
		n = plain_next(s, NULL, &ok);
		if (ok || (lines && *s == '\n')) {
			memmove(out, s, n);
			out += n;
		} else {
			*out++ = '?';
		}
	}
	*out = '\0';
}
