/* SPDX-License-Identifier: MIT */
/*
 * text.h - alpha identifiers: names as a card holds them (TS 102 221 Annex A,
 * TS 31.102 4.4.2.3)
 *
 * Four codings: GSM 7-bit default alphabet, one code a byte; 80 UTF-16BE
 * without surrogates; 81 half a page of 128; 82 any 128 from a base.
 */
#ifndef SIMSYNC_CARD_TEXT_H
#define SIMSYNC_CARD_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Room for the UTF-8 of any alpha identifier of 255 bytes, NUL included. */
#define TEXT_MAX 768

/**
 * text_put() - append one Unicode character as UTF-8
 * @out: text so far, NUL-terminated on return
 * @at: place in @out
 * @max: bytes of @out, NUL included
 * @u: Unicode character
 *
 * Return: place behind it; @at when it does not fit.
 */
size_t text_put(char *out, size_t max, size_t at, uint32_t u);

/**
 * text_decode() - alpha identifier to UTF-8
 * @p: the field
 * @len: its bytes, at most 255
 * @out: room for TEXT_MAX, NUL-terminated; control characters but line feed
 *	become spaces, trailing spaces (padding) go
 * @bad: out: offset of the byte that is wrong, when -1
 *
 * Return: 0, -1 not decodable.
 */
int text_decode(const uint8_t *p, size_t len, char *out, size_t *bad);

/**
 * text_encode() - UTF-8 to an alpha identifier of exactly @cap bytes
 * @s: UTF-8; normalised to NFC first
 * @out: @cap bytes, unused ones FF
 * @cap: bytes of the field, at most 255
 *
 * Takes the coding that keeps most, and of those the one of fewest bytes. Cuts
 * between what people see as characters; leaves out what lies beyond 16 bits
 * and U+FFFD.
 *
 * Return: 0 everything kept, 1 cut or something left out, -1 not UTF-8 or no
 * memory (@out all FF).
 */
int text_encode(const char *s, uint8_t *out, size_t cap);

/**
 * text_fit() - what of @s a field of @cap bytes holds
 * @s: UTF-8
 * @cap: bytes of the field, at most 255
 * @out: room for TEXT_MAX; what text_decode() gives after text_encode()
 *
 * Return: as text_encode().
 */
int text_fit(const char *s, size_t cap, char *out);

#endif
