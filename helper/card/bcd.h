/* SPDX-License-Identifier: MIT */
/*
 * bcd.h - numbers as a card holds them (TS 24.008 10.5.4.7, TS 31.102
 * Table 4.4 "Extended BCD coding")
 *
 * Digits 0-9, A '*', B '#', C ',' (a pause), D '?' (any digit), E reserved,
 * shown as 'E'; F is the filler at the end. The low half of a byte is first.
 */
#ifndef SIMSYNC_CARD_BCD_H
#define SIMSYNC_CARD_BCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Type of number and numbering plan, with the extension bit set. */
#define BCD_TON_UNKNOWN	0x81
#define BCD_TON_INTERNATIONAL	0x91
#define bcd_international(ton) (((ton) & 0x70) == 0x10)

/* Longest number taken anywhere: 20 digits and a full EXT1 chain of 6. */
#define BCD_DIGITS_MAX 140

/**
 * bcd_get() - digits of packed BCD
 * @p: bytes
 * @len: how many
 * @out: room for @max, NUL-terminated; filled up to the first F
 * @max: bytes of @out, NUL included
 * @at: where in @out to go on
 *
 * Return: place behind the last digit.
 */
size_t bcd_get(const uint8_t *p, size_t len, char *out, size_t max, size_t at);

/**
 * bcd_put() - pack digits
 * @digits: from bcd_normal(), without '+'
 * @n: how many
 * @out: (@n + 1) / 2 bytes
 *
 * Return: bytes written.
 */
size_t bcd_put(const char *digits, size_t n, uint8_t *out);

/**
 * bcd_normal() - a number as people and vCards write it, as a card can
 * @s: "+49 (171) 12-34", "tel:+49...;ext=5", "030/123 p 4"
 * @out: room for BCD_DIGITS_MAX + 2: optional '+', then 0-9 * # , ? E
 *
 * Spaces, hyphens, dots, slashes and parentheses go; p, w and ';' become a
 * pause. Invisible direction marks go too.
 *
 * Return: 0, -1 when something in it is no number or it is empty or too long.
 */
int bcd_normal(const char *s, char *out);

/** bcd_ton() - TON/NPI byte for a number of bcd_normal(). */
uint8_t bcd_ton(const char *number);

/** bcd_swapped() - digits of IMSI style bytes, up to what is none. */
size_t bcd_swapped(const uint8_t *p, size_t len, char *out, size_t max);

/** bcd_iccid() - an ICCID up to the first F, spelled as the kernel does (iccid.h) */
size_t bcd_iccid(const uint8_t *p, size_t len, char *out, size_t max);

#endif
