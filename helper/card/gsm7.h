/* SPDX-License-Identifier: MIT */
/*
 * gsm7.h - GSM 7-bit default alphabet and its extension (TS 23.038 6.2.1)
 */
#ifndef SIMSYNC_CARD_GSM7_H
#define SIMSYNC_CARD_GSM7_H

#include <stddef.h>
#include <stdint.h>

#define GSM7_ESC 0x1b

/** gsm7_char() - Unicode of code @c (0 to 127) of the default alphabet. */
uint16_t gsm7_char(uint8_t c);
/** gsm7_ext() - Unicode of @c after an escape; 0: not in the table. */
uint16_t gsm7_ext(uint8_t c);
/**
 * gsm7_code() - codes of a Unicode character
 * @u: Unicode character
 * @out: room for 2
 *
 * Return: how many (2: escape first), 0: not in the alphabet.
 */
size_t gsm7_code(uint32_t u, uint8_t out[2]);

/**
 * gsm7_next() - the character at the head of a string of codes
 * @p: codes, one a byte; bit 8 set is no code
 * @len: bytes there
 * @u: out: Unicode
 *
 * An escape nobody knows shows the default alphabet's character, an escape at
 * the end or before another one a space (TS 23.038 6.2.1 notes).
 *
 * Return: bytes taken, 0 when @p holds no code.
 */
size_t gsm7_next(const uint8_t *p, size_t len, uint16_t *u);

/* ---- gsm7lang.c: national language tables (TS 23.038 6.2.1.2, annex A) ---- */

/**
 * gsm7_locked() - code @c of a locking shift table
 * @lang: national language identifier (Table 6.2.1.2.4.1); 0 and unknown ones:
 *	the default alphabet
 * @c: code, 0 to 127
 */
uint16_t gsm7_locked(unsigned int lang, uint8_t c);
/** gsm7_shifted() - code @c after an escape; 0: not in the single shift table. */
uint16_t gsm7_shifted(unsigned int lang, uint8_t c);
/** gsm7_next_in() - gsm7_next() with these tables. */
size_t gsm7_next_in(const uint8_t *p, size_t len, unsigned int locking,
		    unsigned int single, uint16_t *u);

#endif
