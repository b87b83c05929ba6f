/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * atrs.h - ATRs and what they say, read by hand with ISO/IEC 7816-3 clause 8
 */
#ifndef TESTS_KUNIT_ATRS_H
#define TESTS_KUNIT_ATRS_H

#include "kunit/wire.h"

#define T(n)	(1u << (n))

/**
 * struct atr_vector - an ATR and its reading
 * @hex: bytes
 * @error: what the parser says; the rest counts only with ISO7816_ATR_OK
 * @protocols: T values offered, one bit each
 * @first_t: the first of them
 * @fi_di: TA1
 * @n: TC1
 * @wi: TC2
 * @ifsc: T=1
 * @bwi_cwi: T=1
 * @classes: ISO7816_CLASS_*
 * @hist_len: number of historical bytes
 * @specific: TA2 is there
 */
struct atr_vector {
	const char *hex;
	enum iso7816_atr_error error;
	u16 protocols;
	u8 first_t;
	u8 fi_di;
	u8 n;
	u8 wi;
	u8 ifsc;
	u8 bwi_cwi;
	u8 classes;
	u8 hist_len;
	bool specific;
};

#define GOOD	ISO7816_ATR_OK
#define BAD(why) ISO7816_ATR_##why, 0, 0, 0, 0, 0, 0, 0, 0, 0, false

static const struct atr_vector atr_vectors[] = {
	/* Seven of real cards. */
	{ "3B 97 94 80 1F 43 80 31 E0 73 FE 21 1B 39",
	  GOOD, T(0) | T(15), 0, 0x94, 0, 10, 32, 0x4d, 0x3, 7, false },
	{ "3B 9F 97 C0 0A B1 FE 45 3F C6 82 80 31 E0 73 FE 21 1B 65 D0 02 3A 14 C9 81 0F 8B",
	  GOOD, T(0) | T(1) | T(15), 0, 0x97, 0, 10, 254, 0x45, 0x6, 15, false },
	{ "3B FF 94 00 00 C0 0A B1 FE 49 1F 43 80 31 E0 73 F6 21 13 57 34 36 43 41 32 30 20 68",
	  GOOD, T(0) | T(1) | T(15), 0, 0x94, 0, 10, 254, 0x49, 0x3, 15, false },
	{ "3B 0F 80 6A 16 32 46 49 53 45 53 8C E0 FF 07 90 00",
	  GOOD, T(0), 0, 0x11, 0, 10, 32, 0x4d, 0, 15, false },
	{ "3B 82 00 55 18",
	  GOOD, T(0), 0, 0x11, 0, 10, 32, 0x4d, 0, 2, false },
	{ "3B FA 18 00 00 81 31 FE 45 4D 4F 54 49 4F 4E 00 00 90 07 60",
	  GOOD, T(1), 1, 0x18, 0, 10, 254, 0x45, 0, 10, false },
	{ "3F 2F 00 36 AF 69 02 04 01 80 00 00 0A 0E 83 3E 9F 16",
	  GOOD, T(0), 0, 0x11, 0, 10, 32, 0x4d, 0, 15, false },

	/* Nothing but TS and T0. */
	{ "3B 00", GOOD, T(0), 0, 0x11, 0, 10, 32, 0x4d, 0, 0, false },
	/* TA1 TB1 TC1 TD1, TA2 TC2 of T=0; TB1 is deprecated. */
	{ "3B F0 96 25 FF 50 80 14",
	  GOOD, T(0), 0, 0x96, 255, 20, 32, 0x4d, 0, 0, true },
	/* TA after T=15 is the class indicator, TA after T=1 is IFSC. */
	{ "3B 80 81 B1 20 55 1F 07 DD",
	  GOOD, T(1) | T(15), 1, 0x11, 0, 10, 32, 0x55, 0x7, 0, false },
	/* Only the first TA after T=1 is IFSC. */
	{ "3B 80 81 91 10 11 20 B1",
	  GOOD, T(1), 1, 0x11, 0, 10, 16, 0x4d, 0, 0, false },
	/* 33 bytes, the most there can be: up to TA6, 15 historical. */
	{ "3B FF 11 00 00 F0 00 00 0A 81 B1 20 45 91 00 11 00 00*15 C1",
	  GOOD, T(0) | T(1), 0, 0x11, 0, 10, 32, 0x45, 0, 15, true },
	/* An unusable IFSC costs a card with T=0 only T=1. */
	{ "3B 80 80 11 FF EE",
	  GOOD, T(0), 0, 0x11, 0, 10, 32, 0x4d, 0, 0, false },

	{ "", BAD(SHORT) },
	{ "3B", BAD(SHORT) },
	{ "3B 80", BAD(SHORT) },
	{ "3B 02 14", BAD(SHORT) },
	{ "3B 80 01", BAD(SHORT) },
	{ "3B 00 00", BAD(TRAILING) },
	{ "03 00", BAD(TS) },
	{ "3C 00", BAD(TS) },
	{ "3B 80 01 80", BAD(TCK) },
	{ "3B F0 F0*40", BAD(LONG) },
	/* TD1 40, TC2 00 */
	{ "3B 80 40 00", BAD(WI) },
	/* TD1 81, TD2 11, TA3 FF or 00 */
	{ "3B 80 81 11 FF EF", BAD(IFSC) },
	{ "3B 80 81 11 00 10", BAD(IFSC) },
	/* TD1 81, TD2 21, TB3 A0: BWI 10 */
	{ "3B 80 81 21 A0 80", BAD(BWI) },
	/* TA1 9F: Di reserved, harmless but in specific mode. */
	{ "3B 10 9F", GOOD, T(0), 0, 0x9f, 0, 10, 32, 0x4d, 0, 0, false },
	{ "3B 90 9F 10 00", BAD(FI) },
	/* TD1 0F */
	{ "3B 80 0F 8F", BAD(ORDER) },
};

/* What of @atr differs from @v, in a word; NULL: nothing. */
static inline const char *atr_differs(const struct atr_vector *v,
				      const struct iso7816_atr *atr,
				      enum iso7816_atr_error e)
{
	if (e != v->error)
		return iso7816_atr_strerror(e);
	if (e)
		return NULL;
	if (atr->protocols != v->protocols || atr->first_t != v->first_t)
		return "protocols";
	if (atr->fi_di != v->fi_di)
		return "TA1";
	if (atr->n != v->n)
		return "TC1";
	if (atr->wi != v->wi)
		return "TC2";
	if (atr->ifsc != v->ifsc)
		return "IFSC";
	if ((atr->bwi << 4 | atr->cwi) != v->bwi_cwi)
		return "BWI, CWI";
	if (atr->classes != v->classes)
		return "classes";
	if (atr->hist_len != v->hist_len)
		return "historical bytes";
	return atr->specific != v->specific ? "TA2" : NULL;
}

#endif
