/* SPDX-License-Identifier: MIT */
/*
 * buf.h - text that grows
 *
 * Memory running out is remembered, not reported at each call: look once at
 * the end with buf_take() or @bad.
 */
#ifndef SIMSYNC_BUF_H
#define SIMSYNC_BUF_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct buf - growing text, always NUL-terminated once something was added
 * @p: text, NULL while empty
 * @n: bytes without the NUL
 * @cap: room
 * @bad: memory ran out; what was added since is missing
 */
struct buf {
	char *p;
	size_t n;
	size_t cap;
	bool bad;
};

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_chr(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);
/** buf_take() - the text, now the caller's; NULL when memory ran out. */
char *buf_take(struct buf *b);

#endif
