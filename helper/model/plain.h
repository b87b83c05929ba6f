/* SPDX-License-Identifier: MIT */
/*
 * plain.h - text of cards, servers and files as it may go to a terminal
 *
 * What a terminal acts upon does not: control characters of ASCII and of
 * Unicode (U+009B begins a sequence as ESC [ does), and marks that turn the
 * direction of what stands beside them.
 */
#ifndef SIMSYNC_PLAIN_H
#define SIMSYNC_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * plain_next() - the next character of a text
 * @s: not at its end
 * @cp: out: its number; may be NULL
 * @ok: out: it may be shown; false also for what is no UTF-8
 *
 * Return: its bytes, at least 1.
 */
size_t plain_next(const char *s, int32_t *cp, bool *ok);

/**
 * plain_text() - what may not be shown becomes '?', in place
 * @s: NUL-terminated
 * @lines: a line feed may stay
 */
void plain_text(char *s, bool lines);

#endif
