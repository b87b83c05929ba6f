/* SPDX-License-Identifier: MIT */
/*
 * vline.h - content lines: the layer under vcard.c
 *
 * Cuts a text into logical lines (RFC 6350 §3.2 folding; soft line breaks of
 * vCard 2.1's QUOTED-PRINTABLE), each with the span of raw bytes it came from,
 * and writes new ones.
 */
#ifndef SIMSYNC_VLINE_H
#define SIMSYNC_VLINE_H

#include "model/buf.h"
#include "model/err.h"
#include "model/item.h"

/**
 * struct vline - one logical line
 * @start: offset of its first raw byte
 * @end: offset behind its line end
 * @number: of its first physical line, from 1
 * @blank: nothing on it
 * @qp: its value was QUOTED-PRINTABLE and is decoded
 * @repaired: invalid UTF-8 was read as Latin-1
 * @prop: what it says; owns its strings
 */
struct vline {
	size_t start;
	size_t end;
	size_t number;
	bool blank;
	bool qp;
	bool repaired;
	struct sim_prop prop;
};

/**
 * vline_next() - the next logical line
 * @text: the whole text
 * @len: its bytes
 * @pos: in: where to go on; out: behind this line
 * @number: in and out: physical line number, start with 1
 * @out: filled; free with vline_free()
 * @e: EX_DATAERR with the line's number, EX_OSERR
 *
 * Return: 1 a line, 0 the end, -1 @e filled.
 */
int vline_next(const char *text, size_t len, size_t *pos, size_t *number,
	       struct vline *out, struct sim_err *e);
void vline_free(struct vline *l);

/**
 * vline_write() - append a property as a folded line
 * @b: where to append
 * @p: the property
 * @eol: line end to use
 * @v21: write as vCard 2.1 (QUOTED-PRINTABLE, its own escapes)
 * @e: EX_DATAERR, EX_OSERR
 *
 * Return: 0, -1 when the property cannot be a line (a name with other than
 * letters, digits and '-', a line break in the parameters).
 */
int vline_write(struct buf *b, const struct sim_prop *p, const char *eol,
		bool v21, struct sim_err *e);

/** vline_prop_equal() - same group, name, parameters and value */
bool vline_prop_equal(const struct sim_prop *a, const struct sim_prop *b);

/** vline_utf8() - bytes of the valid UTF-8 sequence at @s, 0 if it is none */
size_t vline_utf8(const char *s, size_t left);

#endif
