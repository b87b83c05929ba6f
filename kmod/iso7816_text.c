// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816_text.c - what is wrong with an ATR, in words
 *
 * For user space: the module tells a reason, not a sentence.
 */
#include "iso7816.h"

static const char * const error_text[] = {
	[ISO7816_ATR_OK] = "well-formed",
	[ISO7816_ATR_SHORT] = "ends before its grammar does",
	[ISO7816_ATR_LONG] = "longer than 33 bytes",
	[ISO7816_ATR_TS] = "TS is neither 3B nor 3F",
	[ISO7816_ATR_TCK] = "check byte TCK is wrong",
	[ISO7816_ATR_FI] = "specific mode with a reserved Fi or Di",
	[ISO7816_ATR_WI] = "waiting time integer is zero",
	[ISO7816_ATR_IFSC] = "IFSC of T=1 is 00 or FF",
	[ISO7816_ATR_BWI] = "BWI of T=1 is over 9",
	[ISO7816_ATR_ORDER] = "T=15 is the first protocol",
	[ISO7816_ATR_TRAILING] = "bytes after its end",
};

const char *iso7816_atr_strerror(enum iso7816_atr_error e)
{
	if ((unsigned int)e > ISO7816_ATR_TRAILING)
		return "unknown";
	return error_text[e];
}
