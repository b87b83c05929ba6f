// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816_t0.c - character protocol T=0, ISO/IEC 7816-3 clause 10
 */
#include "iso7816_priv.h"

#define T0_NULL	0x60

static u8 ins(const struct iso7816 *m)
{
	return m->cmd[1];
}

bool iso7816_t0_begin(struct iso7816 *m)
{
	u8 header[5];
	u8 p3;

	if (m->cmd_len < 4 || m->cmd_len > ISO7816_TPDU_MAX)
		return false;
	/* FF begins a PPS request; INS 6X and 9X would be status bytes. */
	if (m->cmd[0] == 0xff || (ins(m) & 0xf0) == 0x60 ||
	    (ins(m) & 0xf0) == 0x90)
		return false;
	p3 = m->cmd_len > 4 ? m->cmd[4] : 0;
	if (m->cmd_len > 5 && m->cmd_len != 5u + p3)
		return false;

	if (m->cmd_len == 4)
		m->left = 0;
	else if (m->cmd_len == 5)
		m->left = p3 ? p3 : 256;
	else
		m->left = p3;
	m->off = 0;
	m->acked = false;
	m->last = m->cmd_len <= 5;

	memcpy(header, m->cmd, 4);
	header[4] = p3;
	iso7816_send(m, header, sizeof(header), ISO7816_S_T0_PROC);
	return true;
}

/* The card wants, or is about to send, @n data bytes (10.3.3). */
static void transfer(struct iso7816 *m, u16 n, u8 receive)
{
	if (m->left == 0) {
		/* Case 1: some cards acknowledge although nothing follows. */
		if (m->cmd_len == 4 && !m->acked)
			m->acked = true;
		else
			iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		return;
	}
	if (m->cmd_len == 5) {
		m->state = receive;
		return;
	}
	m->left -= n;
	m->last = m->left == 0;
	m->off += n;
	iso7816_send(m, m->cmd + 5 + m->off - n, n, ISO7816_S_T0_PROC);
}

static void procedure(struct iso7816 *m, u8 b)
{
	if (b == T0_NULL) {
		m->nulls++;
	} else if (b == ins(m)) {
		transfer(m, m->left, ISO7816_S_T0_ALL);
	} else if ((b ^ ins(m)) == 0xff) {
		transfer(m, 1, ISO7816_S_T0_ONE);
	} else if ((b & 0xf0) == 0x60 || (b & 0xf0) == 0x90) {
		iso7816_put(m, b);
		m->state = ISO7816_S_T0_SW2;
	} else {
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
	}
}

void iso7816_t0_byte(struct iso7816 *m, u8 b)
{
	switch (m->state) {
	case ISO7816_S_T0_PROC:
		procedure(m, b);
		break;
	case ISO7816_S_T0_ALL:
	case ISO7816_S_T0_ONE:
		iso7816_put(m, b);
		if (--m->left == 0 || m->state == ISO7816_S_T0_ONE)
			m->state = ISO7816_S_T0_PROC;
		break;
	case ISO7816_S_T0_SW2:
		iso7816_put(m, b);
		iso7816_complete(m);
		break;
	}
}
