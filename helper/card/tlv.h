/* SPDX-License-Identifier: MIT */
/*
 * tlv.h - BER-TLV as cards use it (ISO/IEC 7816-4 5.2.2, TS 101 220 7.1)
 *
 * Reading never copies and never leaves the bytes it was given. Tags of one to
 * three bytes, lengths of one to four.
 */
#ifndef SIMSYNC_CARD_TLV_H
#define SIMSYNC_CARD_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct tlv - one data object
 * @tag: all tag bytes, the first one highest (0x62, 0xbf2d)
 * @v: value
 * @len: its bytes
 */
struct tlv {
	uint32_t tag;
	const uint8_t *v;
	size_t len;
};

/**
 * struct tlv_iter - a place in a row of data objects
 * @p: next object
 * @left: bytes from there
 */
struct tlv_iter {
	const uint8_t *p;
	size_t left;
};

/**
 * tlv_next() - take the next object
 * @it: place in the row; moves on
 * @out: the object; points into the row
 *
 * 00 and FF where a tag would be are padding and end the row (PBR records).
 *
 * Return: 1 taken, 0 at the end, -1 malformed (@it stays at the bad object).
 */
int tlv_next(struct tlv_iter *it, struct tlv *out);

/** tlv_find() - first object @tag in a row; false also when malformed before. */
bool tlv_find(const uint8_t *p, size_t len, uint32_t tag, struct tlv *out);

/** tlv_in() - tlv_find() inside the value of @t. */
bool tlv_in(const struct tlv *t, uint32_t tag, struct tlv *out);

/**
 * tlv_put() - write an object at @at of @buf (@max bytes)
 * @buf: where to write
 * @max: bytes of @buf
 * @at: offset to write at
 * @tag: of one to three bytes, as in struct tlv
 * @v: value; may be NULL when @len is 0
 * @len: its bytes
 *
 * Return: place behind it, or 0 when it does not fit.
 */
size_t tlv_put(uint8_t *buf, size_t max, size_t at, uint32_t tag,
	       const uint8_t *v, size_t len);

#endif
