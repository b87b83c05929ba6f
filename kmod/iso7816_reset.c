// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816_reset.c - activation, voltage classes, ATR, PPS
 *
 * ISO/IEC 7816-3 clauses 6, 8 and 9.
 */
#include "iso7816_priv.h"

#define ATR_TRIES	3

#define PPSS		0xff
#define PPS0_PPS1	0x10
#define PPS0_PPS2	0x20
#define PPS0_PPS3	0x40

static u8 lowest_voltage(u8 classes)
{
	if (classes & ISO7816_CLASS_C)
		return ISO7816_CLASS_C;
	if (classes & ISO7816_CLASS_B)
		return ISO7816_CLASS_B;
	return classes & ISO7816_CLASS_A;
}

static void begin_reset(struct iso7816 *m, bool warm)
{
	m->warm = warm;
	m->active = false;
	m->state = ISO7816_S_RESET_LINE;
}

/* A cold reset at the lowest of @classes not yet tried. */
static bool try_class(struct iso7816 *m, u8 classes)
{
	u8 c = lowest_voltage(classes & m->classes_left);

	if (!c)
		return false;
	m->volt_class = c;
	m->classes_left &= ~c;
	m->atr_tries = 0;
	begin_reset(m, false);
	return true;
}

static void fresh_card(struct iso7816 *m)
{
	iso7816_fresh(m);
	m->atr_tries = 0;
	m->pps_failed = false;
	m->left_specific = false;
}

void iso7816_activate(struct iso7816 *m)
{
	fresh_card(m);
	m->classes_left = m->cfg.classes;
	try_class(m, m->cfg.classes);
}

void iso7816_reset(struct iso7816 *m, bool warm)
{
	if (!m->volt_class) {
		iso7816_activate(m);
		return;
	}
	fresh_card(m);
	m->classes_left = m->cfg.classes & ~m->volt_class;
	begin_reset(m, warm);
}

/* The ATR is unusable: the same class again, three times in all. */
static void atr_bad(struct iso7816 *m, enum iso7816_atr_error error)
{
	m->atr_error = error;
	if (++m->atr_tries < ATR_TRIES) {
		begin_reset(m, m->warm);
	} else if (m->warm) {
		m->atr_tries = 0;
		begin_reset(m, false);
	} else {
		iso7816_fault(m, SIMSLOT_REASON_BAD_ATR);
	}
}

void iso7816_atr_silence(struct iso7816 *m)
{
	if (m->atr_len) {
		atr_bad(m, ISO7816_ATR_SHORT);
	} else if (m->atr_tries) {
		/* Corrupt before, silent now: still a bad ATR. */
		atr_bad(m, m->atr_error);
	} else if (m->warm) {
		begin_reset(m, false);
	} else if (!try_class(m, m->cfg.classes)) {
		iso7816_fault(m, SIMSLOT_REASON_NO_ATR);
	}
}

void iso7816_atr_byte(struct iso7816 *m, u8 b)
{
	enum iso7816_atr_error e;
	int len;

	if (m->atr_len == 0) {
		m->inverse = b == 0x03;	/* 3F, read in the direct convention */
		if (!m->inverse && b != 0x3b) {
			atr_bad(m, ISO7816_ATR_TS);
			return;
		}
	}
	m->atr_raw[m->atr_len++] = iso7816_convention(m, b);
	len = iso7816_atr_length(m->atr_raw, m->atr_len);
	if (len < 0) {
		atr_bad(m, ISO7816_ATR_LONG);
		return;
	}
	if (len == 0 || m->atr_len < len)
		return;
	e = iso7816_atr_parse(&m->atr, m->atr_raw, m->atr_len);
	if (e) {
		atr_bad(m, e);
		return;
	}
	m->atr_error = ISO7816_ATR_OK;
	/* TS 102 221 6.2.1: used only in a class it names. */
	if (m->atr.classes && !(m->atr.classes & m->volt_class)) {
		if (!try_class(m, m->atr.classes))
			iso7816_fault(m, SIMSLOT_REASON_VOLTAGE);
		return;
	}
	m->state = ISO7816_S_PARITY;
}

/* ---- PPS, clause 9 -------------------------------------------------------- */

/* The rate the UART would make of @fi_di, 0 if it is off by over 2 %. */
static u32 usable_baud(const struct iso7816 *m, u8 fi_di)
{
	u32 f = iso7816_fi(fi_di);
	u64 ideal = (u64)m->cfg.clock_hz * iso7816_di(fi_di);
	u64 real;
	u32 want, made;

	if (!f || !ideal)
		return 0;
	want = div_u64(ideal + f / 2, f);
	if (m->cfg.max_baud && want > m->cfg.max_baud)
		return 0;
	if (!m->cfg.max_baud && fi_di != ISO7816_TA1_DEFAULT)
		return 0;
	made = m->cfg.baud ? m->cfg.baud(m->cfg.ctx, want) : want;
	real = (u64)made * f;
	if (real * 50 > ideal * 51 || real * 50 < ideal * 49)
		return 0;
	return made;
}

/*
 * The fastest speed that card and UART share, coded like TA1: Fi with Di or
 * less, else 372 with Di or less (9.2: between the default and the indicated
 * values). Slower than 372/1 is never worth it.
 */
static u8 best_speed(const struct iso7816 *m)
{
	static const u8 d_descending[] = {
		0x07, 0x06, 0x09, 0x05, 0x08, 0x04, 0x03, 0x02, 0x01
	};
	u32 di = iso7816_di(m->atr.fi_di);
	u8 f_code[2] = { m->atr.fi_di & 0xf0, 0x10 };
	unsigned int k, i;

	if (!iso7816_fi(m->atr.fi_di))
		return ISO7816_TA1_DEFAULT;
	for (k = 0; k < 2; k++) {
		for (i = 0; i < sizeof(d_descending); i++) {
			u8 ta1 = f_code[k] | d_descending[i];

			if (iso7816_di(ta1) > di ||
			    iso7816_di(ta1) * 372 <= iso7816_fi(ta1))
				continue;
			if (usable_baud(m, ta1))
				return ta1;
		}
	}
	return ISO7816_TA1_DEFAULT;
}

void iso7816_enter_protocol(struct iso7816 *m)
{
	m->active = true;
	memset(&m->t1, 0, sizeof(m->t1));
	m->t1.ifsc = m->atr.ifsc;
	iso7816_finish(m, 0, SIMSLOT_REASON_NONE);
}

static void use_speed(struct iso7816 *m, u8 ta1)
{
	m->want_ta1 = ta1;
	if (iso7816_fi(ta1) == 372 * iso7816_di(ta1))
		iso7816_enter_protocol(m);
	else
		m->state = ISO7816_S_SPEED;
}

/* Specific mode, 6.3.1: the card has decided, or a warm reset changes that. */
static void enter_specific(struct iso7816 *m)
{
	if (!m->atr.implicit && m->atr.specific_t < 2 &&
	    (m->atr.fi_di == ISO7816_TA1_DEFAULT || usable_baud(m, m->atr.fi_di))) {
		m->protocol = m->atr.specific_t;
		use_speed(m, m->atr.fi_di);
	} else if (m->atr.can_change && !m->left_specific) {
		m->left_specific = true;
		m->atr_tries = 0;
		begin_reset(m, true);
	} else {
		iso7816_fault(m, SIMSLOT_REASON_PROTOCOL);
	}
}

void iso7816_negotiate(struct iso7816 *m)
{
	u8 request[4];
	u8 n = 0;
	u8 t = m->atr.first_t;
	u8 ta1;

	if (m->atr.specific) {
		enter_specific(m);
		return;
	}
	if (m->cfg.no_pps || m->pps_failed) {
		m->protocol = t;
		if (t > 1)
			iso7816_fault(m, SIMSLOT_REASON_PROTOCOL);
		else
			iso7816_enter_protocol(m);
		return;
	}
	if (!(m->atr.protocols & 3)) {
		iso7816_fault(m, SIMSLOT_REASON_PROTOCOL);
		return;
	}
	if (t > 1)
		t = m->atr.protocols & 1 ? 0 : 1;
	m->protocol = t;
	ta1 = best_speed(m);
	if (t == m->atr.first_t && ta1 == ISO7816_TA1_DEFAULT) {
		iso7816_enter_protocol(m);
		return;
	}
	m->want_ta1 = ta1;
	request[n++] = PPSS;
	request[n++] = t | (ta1 == ISO7816_TA1_DEFAULT ? 0 : PPS0_PPS1);
	if (ta1 != ISO7816_TA1_DEFAULT)
		request[n++] = ta1;
	request[n] = request[0] ^ request[1] ^ (n > 2 ? request[2] : 0);
	m->rx_len = 0;
	m->echo_maybe = false;
	iso7816_send(m, request, n + 1, ISO7816_S_PPS);
}

/* PPS has come to nothing: reset, and go on at 372/1. */
void iso7816_pps_failed(struct iso7816 *m)
{
	m->pps_failed = true;
	m->atr_tries = 0;
	begin_reset(m, false);
}

void iso7816_pps_byte(struct iso7816 *m, u8 b)
{
	u8 pps0, sum = 0;
	u16 i, len;

	m->echo_maybe = false;
	m->rx[m->rx_len++] = b;
	if (m->rx[0] != PPSS) {
		iso7816_pps_failed(m);
		return;
	}
	if (m->rx_len < 2)
		return;
	pps0 = m->rx[1];
	len = 3 + !!(pps0 & PPS0_PPS1) + !!(pps0 & PPS0_PPS2) +
	      !!(pps0 & PPS0_PPS3);
	if (m->rx_len < len)
		return;
	for (i = 0; i < len; i++)
		sum ^= m->rx[i];
	/* PPS2 and PPS3 were not asked for, bit 8 is reserved (9.2). */
	if (sum || (pps0 & 0x0f) != m->protocol || (pps0 & 0xe0))
		iso7816_pps_failed(m);
	else if (!(pps0 & PPS0_PPS1))
		use_speed(m, ISO7816_TA1_DEFAULT);
	else if (m->want_ta1 == ISO7816_TA1_DEFAULT || m->rx[2] != m->want_ta1)
		iso7816_pps_failed(m);
	else
		use_speed(m, m->want_ta1);
}

void iso7816_pps_silence(struct iso7816 *m)
{
	u16 i, n = m->tx_len;
	u8 answer[4];

	if (!m->echo_maybe || n > sizeof(answer)) {
		iso7816_pps_failed(m);
		return;
	}
	/* What looked like the echo was the card's equal answer. */
	m->echo = ISO7816_ECHO_NO;
	for (i = 0; i < n; i++)
		answer[i] = iso7816_convention(m, m->tx[i]);
	for (i = 0; i < n && m->state == ISO7816_S_PPS; i++)
		iso7816_pps_byte(m, answer[i]);
}
