// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816_t1.c - block protocol T=1, ISO/IEC 7816-3 clause 11
 *
 * Rule numbers are those of 11.6.2 and 11.6.3.
 */
#include "iso7816_priv.h"

#define T1_IFSD		254
#define T1_RESPONSE_MAX	65538	/* of an extended APDU, with SW1 SW2 */
#define T1_TRIES	3	/* of one block, then resynchronise (7.4) */
#define T1_RESYNCS	3	/* in one exchange, then give up */

#define PCB_R		0x80
#define PCB_S		0xc0
#define PCB_RESPONSE	0x20	/* S-blocks: answer to a request */
#define PCB_MORE	0x20	/* I-blocks: M bit */
#define PCB_R_N		0x10	/* R-blocks: N(R) */
#define PCB_R_EDC	0x01
#define PCB_R_OTHER	0x02

#define S_RESYNC	0x00
#define S_IFS		0x01
#define S_ABORT		0x02
#define S_WTX		0x03

enum kind {
	KIND_I,
	KIND_R,
	KIND_IFS,	/* S(IFS request) */
	KIND_RESYNC,	/* S(RESYNC request) */
	KIND_S_RESPONSE,
	KIND_ABORTED,	/* S(ABORT response), after which all is over */
};

/* ISO/IEC 13239, 16 bits, as in ISO/IEC 14443-3 annex B: low byte first. */
static u16 crc16(const u8 *b, size_t n)
{
	u16 crc = 0xffff;
	unsigned int bit;

	while (n--) {
		crc ^= *b++;
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
	}
	return ~crc;
}

static u8 edc_len(const struct iso7816 *m)
{
	return m->atr.crc ? 2 : 1;
}

static void edc(const struct iso7816 *m, const u8 *b, size_t n, u8 out[2])
{
	u16 crc;

	if (m->atr.crc) {
		crc = crc16(b, n);
		out[0] = crc & 0xff;
		out[1] = crc >> 8;
		return;
	}
	out[0] = 0;
	while (n--)
		out[0] ^= *b++;
}

static void send_block(struct iso7816 *m, enum kind kind, u8 pcb,
		       const u8 *inf, u8 n)
{
	u8 *b = m->rx;	/* free: what was in it has been dealt with */

	b[0] = 0;
	b[1] = pcb;
	b[2] = n;
	if (n)
		memcpy(b + 3, inf, n);
	edc(m, b, 3 + n, b + 3 + n);
	m->t1.kind = kind;
	m->rx_len = 0;
	iso7816_send(m, b, 3 + n + edc_len(m), ISO7816_S_T1);
}

/* @inf is not passed on by reference: it may lie in @m->rx. */
static void send_s(struct iso7816 *m, enum kind kind, u8 type, u8 inf, u8 n)
{
	send_block(m, kind, PCB_S | type, &inf, n);
}

static bool is_request(const struct iso7816 *m)
{
	return m->t1.kind == KIND_IFS || m->t1.kind == KIND_RESYNC;
}

static void send_r(struct iso7816 *m, u8 error)
{
	send_block(m, KIND_R, PCB_R | (m->t1.nr ? PCB_R_N : 0) | error, NULL,
		   0);
}

/* The next, or again the present, piece of the command (rule 2, 5). */
static void send_i(struct iso7816 *m)
{
	size_t rest = m->cmd_len - m->t1.off;
	u8 n = rest < m->t1.ifsc ? rest : m->t1.ifsc;

	/* A smaller IFSC told meanwhile must not move what is on its way. */
	if (m->t1.waiting && n > m->t1.inf)
		n = m->t1.inf;
	m->t1.inf = n;
	m->t1.more = rest > n;
	m->t1.waiting = true;
	m->last = !m->t1.more;
	send_block(m, KIND_I, m->t1.ns << 6 | (m->t1.more ? PCB_MORE : 0),
		   m->cmd + m->t1.off, n);
}

/* Send what @m->tx holds once more. */
static void resend(struct iso7816 *m)
{
	m->rx_len = 0;
	m->echo_got = 0;
	m->state = ISO7816_S_SEND;
	m->next = ISO7816_S_T1;
}

static void restart(struct iso7816 *m)
{
	m->t1.ns = 0;
	m->t1.nr = 0;
	m->t1.off = 0;
	m->t1.waiting = false;
	m->t1.errors = 0;
	m->resp_len = 0;
}

bool iso7816_t1_begin(struct iso7816 *m)
{
	if (m->cmd_len < 4 || m->cmd_len > ISO7816_APDU_MAX)
		return false;
	m->t1.off = 0;
	m->t1.waiting = false;
	m->t1.errors = 0;
	m->t1.resyncs = 0;
	m->t1.wtx = 1;
	m->rx_len = 0;
	m->last = false;
	if (m->t1.ifsd_told)
		send_i(m);
	else
		send_s(m, KIND_IFS, S_IFS, T1_IFSD, 1);
	return true;
}

/*
 * A block was wrong or did not come (rules 7.1 to 7.4, 6.4). @error goes into
 * the R-block that asks for repetition.
 */
static void failed(struct iso7816 *m, u8 error, enum simslot_reason reason)
{
	m->rx_len = 0;
	m->t1.wtx = 1;
	m->t1.why = reason;
	if (m->t1.kind == KIND_ABORTED) {
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		return;
	}
	if (++m->t1.errors < T1_TRIES) {
		if (is_request(m))
			resend(m);
		else
			send_r(m, error);
		return;
	}
	m->t1.errors = 0;
	if (m->t1.kind == KIND_IFS) {
		/* The default of 32 is enough where the card cannot say. */
		m->t1.ifsd_told = true;
		send_i(m);
		return;
	}
	if (m->t1.kind == KIND_RESYNC || m->t1.resyncs++ == T1_RESYNCS) {
		iso7816_fault(m, reason);
		return;
	}
	send_s(m, KIND_RESYNC, S_RESYNC, 0, 0);
}

static void bad_block(struct iso7816 *m, u8 error)
{
	failed(m, error, SIMSLOT_REASON_GARBAGE);
	if (m->state == ISO7816_S_SEND)
		m->state = ISO7816_S_QUIET;
}

static void take_i(struct iso7816 *m, u8 pcb, const u8 *inf, u8 n)
{
	u8 i;

	/* Not while we are chaining, nor before a request was answered. */
	if (is_request(m) || (m->t1.waiting && m->t1.more) ||
	    (pcb >> 6) != m->t1.nr) {
		bad_block(m, PCB_R_OTHER);
		return;
	}
	if (m->t1.waiting) {
		/* The first block of the answer acknowledges the last of ours. */
		m->t1.waiting = false;
		m->t1.off += m->t1.inf;
		m->t1.ns ^= 1;
	}
	m->t1.errors = 0;
	m->t1.nr ^= 1;
	for (i = 0; i < n; i++)
		iso7816_put(m, inf[i]);
	if (m->resp_len > T1_RESPONSE_MAX) {
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		return;
	}
	if (pcb & PCB_MORE) {
		if (n == 0)
			m->nulls++;
		send_r(m, 0);
		return;
	}
	if (m->resp_len < 2)
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
	else
		iso7816_complete(m);
}

static void take_r(struct iso7816 *m, u8 pcb)
{
	u8 n_r = !!(pcb & PCB_R_N);

	if (is_request(m)) {
		/* Rule 7.3: our request was not understood. */
		bad_block(m, 0);
		return;
	}
	if (!m->t1.waiting) {
		/* The answer is coming in pieces; our R-block was lost. */
		if (n_r != m->t1.ns || ++m->t1.errors >= T1_TRIES)
			bad_block(m, PCB_R_OTHER);
		else
			send_r(m, 0);
		return;
	}
	if (n_r == m->t1.ns) {
		/* Rule 7.2: our I-block did not arrive. */
		if (++m->t1.errors >= T1_TRIES)
			bad_block(m, PCB_R_OTHER);
		else
			send_i(m);
		return;
	}
	if (!m->t1.more) {
		bad_block(m, PCB_R_OTHER);
		return;
	}
	/* Rule 5: the piece has arrived, the next one may go. */
	m->t1.errors = 0;
	m->t1.waiting = false;
	m->t1.off += m->t1.inf;
	m->t1.ns ^= 1;
	send_i(m);
}

static void take_s_response(struct iso7816 *m, u8 type, const u8 *inf, u8 n)
{
	if (type == S_IFS && m->t1.kind == KIND_IFS && n == 1 &&
	    *inf == T1_IFSD) {
		m->t1.errors = 0;
		m->t1.ifsd_told = true;
		send_i(m);
	} else if (type == S_RESYNC && m->t1.kind == KIND_RESYNC && n == 0) {
		/*
		 * Rule 6.5: both sides are as after the reset. The command is
		 * sent again only if the card cannot have executed it.
		 */
		m->t1.ifsc = m->atr.ifsc;
		m->t1.ifsd_told = false;
		if (m->sent) {
			iso7816_fault(m, m->t1.why);
			return;
		}
		restart(m);
		send_i(m);
	} else {
		bad_block(m, PCB_R_OTHER);
	}
}

static void take_s_request(struct iso7816 *m, u8 type, const u8 *inf, u8 n)
{
	m->nulls++;	/* requests cost time and bring nothing */
	if (type == S_WTX && n == 1 && *inf) {
		m->t1.wtx = *inf;
		send_s(m, KIND_S_RESPONSE, PCB_RESPONSE | S_WTX, *inf, 1);
	} else if (type == S_IFS && n == 1 && *inf && *inf != 0xff) {
		m->t1.ifsc = *inf;
		send_s(m, KIND_S_RESPONSE, PCB_RESPONSE | S_IFS, *inf, 1);
	} else if (type == S_ABORT && n == 0) {
		send_s(m, KIND_ABORTED, PCB_RESPONSE | S_ABORT, 0, 0);
	} else {
		bad_block(m, PCB_R_OTHER);
	}
}

static void take_block(struct iso7816 *m)
{
	const u8 *inf = m->rx + 3;
	u8 pcb = m->rx[1];
	u8 n = m->rx[2];
	u8 sum[2];

	edc(m, m->rx, 3 + n, sum);
	if (memcmp(sum, inf + n, edc_len(m))) {
		bad_block(m, PCB_R_EDC);
		return;
	}
	m->t1.wtx = 1;
	if (m->t1.kind == KIND_ABORTED) {
		/* Rule 9: the card gives the line back; the exchange is over. */
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		return;
	}
	if (m->rx[0] != 0)
		bad_block(m, PCB_R_OTHER);
	else if (!(pcb & 0x80) && !(pcb & 0x1f))
		take_i(m, pcb, inf, n);
	else if ((pcb & 0xec) == PCB_R && n == 0)
		take_r(m, pcb);
	else if ((pcb & 0xfc) == (PCB_S | PCB_RESPONSE))
		take_s_response(m, pcb & 0x03, inf, n);
	else if ((pcb & 0xfc) == PCB_S)
		take_s_request(m, pcb & 0x03, inf, n);
	else
		bad_block(m, PCB_R_OTHER);
}

u32 iso7816_t1_missing(const struct iso7816 *m)
{
	if (m->rx_len < 3)
		return 3 + edc_len(m) - m->rx_len;
	if (m->rx[2] == 0xff)
		return sizeof(m->rx) - m->rx_len;
	return 3 + m->rx[2] + edc_len(m) - m->rx_len;
}

void iso7816_t1_byte(struct iso7816 *m, u8 b)
{
	m->rx[m->rx_len++] = b;
	/* LEN FF is reserved: such a block ends in silence. */
	if (m->rx_len >= 3 && m->rx[2] == 0xff) {
		if (m->rx_len == sizeof(m->rx))
			bad_block(m, PCB_R_OTHER);
		return;
	}
	if (m->rx_len >= 3 && m->rx_len == 3 + m->rx[2] + edc_len(m))
		take_block(m);
}

void iso7816_t1_silence(struct iso7816 *m)
{
	failed(m, PCB_R_OTHER, m->rx_len ? SIMSLOT_REASON_GARBAGE :
	       SIMSLOT_REASON_TIMEOUT);
}
