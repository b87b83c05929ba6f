// SPDX-License-Identifier: GPL-2.0-only
/*
 * identity.c - EF_ICCID's bytes to the digits that name a profile
 */
#include "simslot.h"

/**
 * simslot_iccid_text() - normalise EF_ICCID (TS 102 221 13.2, ITU-T E.118)
 * @text: digits, NUL-terminated; empty when there is no identity
 * @ef: the file's bytes, two BCD digits each, low nibble first
 * @len: how many, 0 to 10
 *
 * The number ends at the first F, so that 19 digits with the filler and the
 * same 19 digits without are one identity; all FF is none. A nibble that is no
 * digit is kept as a letter: unlike cards must not look alike.
 */
void simslot_iccid_text(char text[SIMSLOT_ICCID_LEN], const u8 *ef, size_t len)
{
	static const char digit[] = "0123456789abcde";
	size_t i, n = 0;

	len = min_t(size_t, len, SIMSLOT_EF_ICCID_LEN);
	for (i = 0; i < 2 * len; i++) {
		u8 nibble = i & 1 ? ef[i / 2] >> 4 : ef[i / 2] & 0xf;

		if (nibble == 0xf)
			break;
		text[n++] = digit[nibble];
	}
	memset(text + n, 0, SIMSLOT_ICCID_LEN - n);
}
