// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816_atr.c - grammar of the answer to reset, ISO/IEC 7816-3 clause 8
 */
#include "iso7816.h"

/* Tables 7 and 8, indexed by the halves of TA1; 0 is reserved. */
static const u16 fi_table[16] = {
	372, 372, 558, 744, 1116, 1488, 1860, 0,
	0, 512, 768, 1024, 1536, 2048, 0, 0
};

static const u8 di_table[16] = {
	0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0
};

u32 iso7816_fi(u8 fi_di)
{
	return fi_table[fi_di >> 4];
}

u32 iso7816_di(u8 fi_di)
{
	return di_table[fi_di & 0x0f];
}

/* How many of TAi TBi TCi TDi an indicator Yi (high half) announces. */
static unsigned int announced(u8 y)
{
	return !!(y & 0x10) + !!(y & 0x20) + !!(y & 0x40) + !!(y & 0x80);
}

int iso7816_atr_length(const u8 *b, size_t n)
{
	unsigned int pos = 1;	/* of T0, then of each TDi */
	bool tck = false;
	size_t total;

	if (n < 2)
		return 0;
	for (;;) {
		u8 y = b[pos];

		if (pos > 1 && (y & 0x0f) != 0)
			tck = true;
		pos += announced(y);
		if (pos >= ISO7816_ATR_MAX)
			return -EMSGSIZE;
		if (!(y & 0x80))
			break;
		if (pos >= n)
			return 0;
	}
	total = pos + 1 + (b[1] & 0x0f) + tck;
	return total > ISO7816_ATR_MAX ? -EMSGSIZE : (int)total;
}

/*
 * Interface bytes of group @i >= 3, which belong to protocol @t. Only the
 * first of each kind counts (8.2.3, 11.4): @seen remembers.
 */
static enum iso7816_atr_error take_specific(struct iso7816_atr *atr, u8 t,
					    char kind, u8 v, u32 *seen)
{
	u32 bit = 1u << (t == 15 ? 3 : 0) << (kind - 'A');

	if ((t != 1 && t != 15) || (*seen & bit))
		return ISO7816_ATR_OK;
	*seen |= bit;
	if (t == 15) {
		if (kind == 'A') {
			atr->clock_stop = v >> 6;
			atr->classes = v & 0x07;
		}
		return ISO7816_ATR_OK;
	}
	switch (kind) {
	case 'A':
		atr->ifsc = v;
		if (v == 0x00 || v == 0xff)
			return ISO7816_ATR_IFSC;
		break;
	case 'B':
		atr->bwi = v >> 4;
		atr->cwi = v & 0x0f;
		if (atr->bwi > 9)
			return ISO7816_ATR_BWI;
		break;
	default:
		atr->crc = v & 0x01;
	}
	return ISO7816_ATR_OK;
}

/* Interface bytes of groups 1 and 2, which are global but for TC2 (8.3). */
static void take_global(struct iso7816_atr *atr, unsigned int i, char kind,
			u8 v)
{
	if (i == 1 && kind == 'A') {
		atr->fi_di = v;
	} else if (i == 1 && kind == 'C') {
		atr->n = v;
	} else if (i == 2 && kind == 'A') {
		atr->specific = true;
		atr->specific_t = v & 0x0f;
		atr->implicit = v & 0x10;
		atr->can_change = !(v & 0x80);
	} else if (i == 2 && kind == 'C') {
		atr->wi = v;
	}
	/* TB1 and TB2 are deprecated and ignored (8.3). */
}

static void offer(struct iso7816_atr *atr, u8 t)
{
	if (!atr->protocols)
		atr->first_t = t;
	atr->protocols |= 1u << t;
}

static void default_t1(struct iso7816_atr *atr)
{
	atr->ifsc = 32;
	atr->bwi = 4;
	atr->cwi = 13;
	atr->crc = false;
}

/*
 * What the bytes mean together. A T=1 parameter nobody may use takes T=1 away
 * where the card also has T=0: a SIM is not lost for it.
 */
static enum iso7816_atr_error judge(struct iso7816_atr *atr,
				    enum iso7816_atr_error t1_error)
{
	if (!(atr->protocols & 0x7fff))
		offer(atr, 0);
	if (atr->first_t == 15)
		return ISO7816_ATR_ORDER;
	if (t1_error) {
		if (!(atr->protocols & 1) ||
		    (atr->specific && atr->specific_t == 1))
			return t1_error;
		atr->protocols &= ~2;
		atr->first_t = 0;
		default_t1(atr);
	}
	if ((atr->protocols & 1) && atr->wi == 0)
		return ISO7816_ATR_WI;
	if (atr->specific && !atr->implicit &&
	    (!iso7816_fi(atr->fi_di) || !iso7816_di(atr->fi_di)))
		return ISO7816_ATR_FI;
	return ISO7816_ATR_OK;
}

enum iso7816_atr_error iso7816_atr_parse(struct iso7816_atr *atr, const u8 *b,
					 size_t n)
{
	enum iso7816_atr_error t1_error = ISO7816_ATR_OK;
	unsigned int i = 1, pos = 1;
	u32 seen = 0;
	bool tck = false;
	u8 y, t = 0, x = 0;
	int len;

	memset(atr, 0, sizeof(*atr));
	atr->fi_di = 0x11;
	atr->wi = 10;
	default_t1(atr);

	if (n == 0)
		return ISO7816_ATR_SHORT;
	if (b[0] != 0x3b && b[0] != 0x3f)
		return ISO7816_ATR_TS;
	atr->inverse = b[0] == 0x3f;
	len = iso7816_atr_length(b, n);
	if (len < 0)
		return ISO7816_ATR_LONG;
	if (len == 0 || n < (size_t)len)
		return ISO7816_ATR_SHORT;
	if (n > (size_t)len)
		return ISO7816_ATR_TRAILING;
	atr->len = len;

	/* iso7816_atr_length() made sure that all of these are there. */
	for (y = b[1]; ; y = b[pos], i++) {
		static const char kinds[] = { 'A', 'B', 'C' };
		unsigned int k;

		for (k = 0; k < 3; k++) {
			enum iso7816_atr_error e;

			if (!(y & (0x10 << k)))
				continue;
			pos++;
			if (i < 3) {
				take_global(atr, i, kinds[k], b[pos]);
				continue;
			}
			e = take_specific(atr, t, kinds[k], b[pos], &seen);
			if (e && !t1_error)
				t1_error = e;
		}
		if (!(y & 0x80))
			break;
		pos++;
		t = b[pos] & 0x0f;
		offer(atr, t);
		if (t != 0)
			tck = true;
	}
	atr->hist_off = pos + 1;
	atr->hist_len = b[1] & 0x0f;

	if (tck) {
		for (i = 1; i < (unsigned int)len; i++)
			x ^= b[i];
		if (x)
			return ISO7816_ATR_TCK;
	}
	return judge(atr, t1_error);
}
