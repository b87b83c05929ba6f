// SPDX-License-Identifier: MIT
#include "card/gsm7.h"

/* TS 23.038 6.2.1, read down the columns. */
static const uint16_t basic[128] = {
	'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec,
	0xf2, 0xc7, '\n', 0xd8, 0xf8, '\r', 0xc5, 0xe5,
	0x394, '_', 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8,
	0x3a3, 0x398, 0x39e, 0xa0, 0xc6, 0xe6, 0xdf, 0xc9,
	' ', '!', '"', '#', 0xa4, '%', '&', '\'',
	'(', ')', '*', '+', ',', '-', '.', '/',
	'0', '1', '2', '3', '4', '5', '6', '7',
	'8', '9', ':', ';', '<', '=', '>', '?',
	0xa1, 'A', 'B', 'C', 'D', 'E', 'F', 'G',
	'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W',
	'X', 'Y', 'Z', 0xc4, 0xd6, 0xd1, 0xdc, 0xa7,
	0xbf, 'a', 'b', 'c', 'd', 'e', 'f', 'g',
	'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
	'x', 'y', 'z', 0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
};

/* TS 23.038 6.2.1.1; page break and the second escape are no characters. */
static const struct {
	uint8_t code;
	uint16_t u;
} extension[] = {
	{ 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' }, { 0x2f, '\\' },
	{ 0x3c, '[' }, { 0x3d, '~' }, { 0x3e, ']' }, { 0x40, '|' },
	{ 0x65, 0x20ac },
};

#define N_EXT (sizeof(extension) / sizeof(extension[0]))

uint16_t gsm7_char(uint8_t c)
{
	return basic[c & 0x7f];
}

uint16_t gsm7_ext(uint8_t c)
{
	for (size_t i = 0; i < N_EXT; i++)
		if (extension[i].code == c)
			return extension[i].u;
	return 0;
}

size_t gsm7_code(uint32_t u, uint8_t out[2])
{
	/* Letters and digits stand where ASCII has them. */
	if (u < 128 && basic[u] == u) {
		out[0] = (uint8_t)u;
		return 1;
	}
	for (unsigned int i = 0; i < 128; i++) {
		if (basic[i] == u && i != GSM7_ESC) {
			out[0] = (uint8_t)i;
			return 1;
		}
	}
	for (size_t i = 0; i < N_EXT; i++) {
		if (extension[i].u == u) {
			out[0] = GSM7_ESC;
			out[1] = extension[i].code;
			return 2;
		}
	}
	return 0;
}

size_t gsm7_next(const uint8_t *p, size_t len, uint16_t *u)
{
	if (!len || p[0] & 0x80)
		return 0;
	if (p[0] != GSM7_ESC) {
		*u = basic[p[0]];
		return 1;
	}
	*u = ' ';
	if (len < 2 || p[1] & 0x80)
		return 1;
	if (p[1] != GSM7_ESC) {
		*u = gsm7_ext(p[1]);
		if (!*u)
			*u = basic[p[1]];
	}
	return 2;
}
