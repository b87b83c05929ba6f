// SPDX-License-Identifier: GPL-2.0-only
/*
 * iso7816.c - the loop of the ISO/IEC 7816-3 engine: actions, bytes, times
 *
 * From reset to the end of PPS: iso7816_reset.c, with the ATR's grammar in
 * iso7816_atr.c. The two protocols: iso7816_t0.c and iso7816_t1.c.
 */
#include "iso7816_priv.h"

#define ATR_START	40000	/* clocks after RST, 8.1 */
#define ATR_WAIT	9600	/* etu between characters of ATR and PPS, 8.1 */
/*
 * No clause bounds an ATR as a whole; a card that uses up all its waiting
 * times would keep the slot for half a minute. Twice EMV's 20,160 etu.
 */
#define ATR_WHOLE	40320
#define TURNAROUND_T0	16	/* etu, leading edge to leading edge, 10.2 */
#define TURNAROUND_T1	22	/* block guard time, 11.4.3 */
#define CHARACTER	10	/* etu of a character until it can be read */
#define LATENCY_US	20000
#define WAIT_MS		60000

u64 iso7816_clocks_us(const struct iso7816 *m, u64 num, u32 den)
{
	u32 divisor = den * m->cfg.clock_hz;

	return div_u64(num * 1000000 + divisor - 1, divisor);
}

/* @n etu of the present speed in microseconds, rounded up. */
static u64 etu_us(const struct iso7816 *m, u32 n)
{
	return iso7816_clocks_us(m, (u64)n * m->f, m->d);
}

u8 iso7816_convention(const struct iso7816 *m, u8 b)
{
	if (!m->inverse)
		return b;
	b = ~b;
	b = (b & 0xf0) >> 4 | (b & 0x0f) << 4;
	b = (b & 0xcc) >> 2 | (b & 0x33) << 2;
	return (b & 0xaa) >> 1 | (b & 0x55) << 1;
}

/* ---- ends ----------------------------------------------------------------- */

void iso7816_finish(struct iso7816 *m, int result, enum simslot_reason reason)
{
	m->state = ISO7816_S_IDLE;
	m->result = result;
	m->reason = reason;
	m->deadline = 0;
	m->tx_len = 0;
	m->echo_got = 0;
	if (result == -EHOSTDOWN)
		m->active = false;
}

void iso7816_complete(struct iso7816 *m)
{
	iso7816_finish(m, m->resp_len > m->resp_max ? -EMSGSIZE : 0,
		       SIMSLOT_REASON_NONE);
}

void iso7816_fault(struct iso7816 *m, enum simslot_reason reason)
{
	m->active = false;
	if (!m->cmd)
		iso7816_finish(m, -EHOSTDOWN, reason);
	else
		iso7816_finish(m, m->sent ? -EREMOTEIO : -ETIMEDOUT, reason);
}

void iso7816_fail(struct iso7816 *m, int err)
{
	if (m->state == ISO7816_S_IDLE)
		return;
	m->active = false;
	if (m->cmd && m->sent && err != -ENOMEDIUM)
		err = -EREMOTEIO;
	iso7816_finish(m, err, SIMSLOT_REASON_NONE);
}

bool iso7816_sent(const struct iso7816 *m)
{
	return m->sent;
}

/* ---- sending and storing -------------------------------------------------- */

void iso7816_send(struct iso7816 *m, const u8 *b, size_t n, u8 next)
{
	size_t i;

	for (i = 0; i < n; i++)
		m->tx[i] = iso7816_convention(m, b[i]);
	m->tx_len = n;
	m->echo_got = 0;
	m->state = ISO7816_S_SEND;
	m->next = next;
}

void iso7816_put(struct iso7816 *m, u8 b)
{
	if (m->resp_len < m->resp_max)
		m->resp[m->resp_len] = b;
	m->resp_len++;
}

/* ---- beginnings ----------------------------------------------------------- */

void iso7816_fresh(struct iso7816 *m)
{
	m->cmd = NULL;
	m->resp_len = 0;
	m->sent = false;
	m->last = false;
	m->nulls = 0;
	m->deadline = 0;
	m->result = 0;
	m->reason = SIMSLOT_REASON_NONE;
	m->atr_error = ISO7816_ATR_OK;
}

int iso7816_init(struct iso7816 *m, const struct iso7816_config *cfg)
{
	memset(m, 0, sizeof(*m));
	m->cfg = *cfg;
	m->cfg.classes &= ISO7816_CLASS_A | ISO7816_CLASS_B | ISO7816_CLASS_C;
	if (!m->cfg.classes || cfg->clock_hz < 1000000 ||
	    cfg->clock_hz > 20000000 || cfg->echo > ISO7816_ECHO_NO)
		return -EINVAL;
	if (!m->cfg.latency_us)
		m->cfg.latency_us = LATENCY_US;
	m->echo = cfg->echo;
	m->f = 372;
	m->d = 1;
	return 0;
}

void iso7816_transceive(struct iso7816 *m, const u8 *cmd, size_t len, u8 *resp,
			size_t max)
{
	iso7816_fresh(m);
	if (!m->active) {
		iso7816_finish(m, -ENOTCONN, SIMSLOT_REASON_NONE);
		return;
	}
	m->cmd = cmd;
	m->cmd_len = len;
	m->resp = resp;
	m->resp_max = max;
	m->begun = false;
	if (max < 2 ||
	    !(m->protocol ? iso7816_t1_begin(m) : iso7816_t0_begin(m)))
		iso7816_finish(m, -EINVAL, SIMSLOT_REASON_NONE);
}

/* ---- bytes and silence ---------------------------------------------------- */

static void take(struct iso7816 *m, u8 b)
{
	/* Without echo the first byte of the card says that all was sent. */
	if (m->state > ISO7816_S_SEND)
		m->echo_got = m->tx_len;
	switch (m->state) {
	case ISO7816_S_ATR:
		iso7816_atr_byte(m, b);
		break;
	case ISO7816_S_PPS:
		iso7816_pps_byte(m, iso7816_convention(m, b));
		break;
	case ISO7816_S_T0_PROC:
	case ISO7816_S_T0_ALL:
	case ISO7816_S_T0_ONE:
	case ISO7816_S_T0_SW2:
		iso7816_t0_byte(m, iso7816_convention(m, b));
		break;
	case ISO7816_S_T1:
		iso7816_t1_byte(m, iso7816_convention(m, b));
		break;
	case ISO7816_S_SEND:
		/*
		 * T=0: it is our turn. Before the first SEND these are late
		 * bytes of something else; T=1 has block numbers against them.
		 */
		if (m->cmd && m->begun && !m->protocol)
			iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		break;
	default:
		break;
	}
}

/* Nothing of @m->tx came back: there is no echo, the card has spoken. */
static void no_echo(struct iso7816 *m, u8 b)
{
	u8 early[8];
	u16 i, n = m->echo_got;

	m->echo = ISO7816_ECHO_NO;
	if (n > sizeof(early)) {
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
		return;
	}
	memcpy(early, m->tx, n);
	m->echo_got = m->tx_len;
	for (i = 0; i < n; i++)
		take(m, early[i]);
	take(m, b);
}

static bool echo_due(const struct iso7816 *m)
{
	return m->echo != ISO7816_ECHO_NO && m->state > ISO7816_S_SEND &&
	       m->echo_got < m->tx_len;
}

static void echo_byte(struct iso7816 *m, u8 b)
{
	if (b == m->tx[m->echo_got] ||
	    (m->state == ISO7816_S_T1 && m->echo == ISO7816_ECHO_YES)) {
		/* A block that was garbled on its way, the card will ask for. */
		m->echo_got++;
		if (m->echo_got == m->tx_len && m->echo == ISO7816_ECHO_AUTO) {
			m->echo = ISO7816_ECHO_YES;
			m->echo_maybe = m->state == ISO7816_S_PPS;
		}
	} else if (m->echo == ISO7816_ECHO_AUTO) {
		no_echo(m, b);
	} else if (m->state == ISO7816_S_PPS) {
		iso7816_pps_failed(m);
	} else {
		iso7816_fault(m, SIMSLOT_REASON_GARBAGE);
	}
}

void iso7816_input(struct iso7816 *m, const u8 *b, size_t n)
{
	for (; n; n--, b++) {
		if (echo_due(m))
			echo_byte(m, *b);
		else
			take(m, *b);
	}
}

void iso7816_timeout(struct iso7816 *m)
{
	switch (m->state) {
	case ISO7816_S_ATR:
		iso7816_atr_silence(m);
		break;
	case ISO7816_S_PPS:
		iso7816_pps_silence(m);
		break;
	case ISO7816_S_T1:
		iso7816_t1_silence(m);
		break;
	case ISO7816_S_T0_PROC:
	case ISO7816_S_T0_ALL:
	case ISO7816_S_T0_ONE:
	case ISO7816_S_T0_SW2:
		iso7816_fault(m, SIMSLOT_REASON_TIMEOUT);
		break;
	default:
		break;
	}
}

/* ---- times ---------------------------------------------------------------- */

/* How long the card may be silent now. */
static u64 silence_us(const struct iso7816 *m)
{
	u32 fi = iso7816_fi(m->atr.fi_di);

	switch (m->state) {
	case ISO7816_S_ATR:
		return iso7816_clocks_us(m, m->atr_len ? ATR_WAIT * 372 :
					 ATR_START, 1);
	case ISO7816_S_PPS:
		return iso7816_clocks_us(m, ATR_WAIT * 372, 1);
	case ISO7816_S_T1:
		if (m->rx_len)	/* CWT, 11.4.3 */
			return etu_us(m, 11 + (1u << m->atr.cwi));
		return etu_us(m, 11) + m->t1.wtx *
		       iso7816_clocks_us(m, (960u * 372) << m->atr.bwi, 1);
	default:
		/* WT, 10.2: in the Fi that TA1 indicates */
		return iso7816_clocks_us(m, (u64)m->atr.wi * 960 *
					 (fi ? fi : 372), 1);
	}
}

/* When patience with a card that only asks for time ends; 0: need not. */
static u64 patience_us(const struct iso7816 *m)
{
	if (m->state == ISO7816_S_ATR)
		return iso7816_clocks_us(m, ATR_START + ATR_WHOLE * 372, 1);
	if (!m->nulls)
		return 0;
	return (u64)(m->cfg.wait_ms ? m->cfg.wait_ms : WAIT_MS) * 1000;
}

static void patience_ends(struct iso7816 *m)
{
	m->deadline = 0;
	if (m->state == ISO7816_S_ATR)
		iso7816_atr_silence(m);
	else
		iso7816_fault(m, SIMSLOT_REASON_NULLS);
}

/* Guard time, 8.3 and 11.4.3: 12 etu + R x N / f from edge to edge. */
static void set_guard(const struct iso7816 *m, struct iso7816_act *act)
{
	bool t1 = m->active && m->protocol == 1;
	u32 base = m->atr.n == 255 && t1 ? 11 : 12;
	u32 n = m->atr.n == 255 ? 0 : m->atr.n;
	u32 f = m->f, d = m->d;

	/* R is what TA1 indicates when T=15 is offered, else F/D in use. */
	if ((m->atr.protocols & (1u << 15)) && iso7816_fi(m->atr.fi_di) &&
	    iso7816_di(m->atr.fi_di)) {
		f = iso7816_fi(m->atr.fi_di);
		d = iso7816_di(m->atr.fi_di);
	}
	act->gap_us = etu_us(m, base) + iso7816_clocks_us(m, n * f, d);
	act->gap_etu = base + (n * f * m->d + d * m->f - 1) / (d * m->f);
	act->after_us = etu_us(m, (t1 ? TURNAROUND_T1 : TURNAROUND_T0) -
			       CHARACTER);
}

/* ---- the loop ------------------------------------------------------------- */

static u32 wanted(const struct iso7816 *m)
{
	u32 n = m->tx_len - m->echo_got;
	int len;

	if (m->echo == ISO7816_ECHO_NO)
		n = 0;
	switch (m->state) {
	case ISO7816_S_ATR:
		len = iso7816_atr_length(m->atr_raw, m->atr_len);
		return len > m->atr_len ? (u32)(len - m->atr_len) : 1;
	case ISO7816_S_T0_ALL:	/* SW1 SW2 follow in any case */
		return n + m->left + 2;
	case ISO7816_S_T0_PROC:	/* SW1 SW2, or data and more than that */
		return n + (m->last ? 2 : 1);
	case ISO7816_S_T1:
		return n + iso7816_t1_missing(m);
	default:
		return n + 1;
	}
}

static enum iso7816_action receive(struct iso7816 *m, u64 now,
				   struct iso7816_act *act)
{
	u64 patience = patience_us(m);
	struct iso7816_act guard;

	act->timeout_us = silence_us(m) + m->cfg.latency_us;
	if (m->tx_len > m->echo_got) {
		set_guard(m, &guard);
		act->timeout_us += (u64)(m->tx_len - m->echo_got) *
				   guard.gap_us;
	}
	if (patience && !m->deadline)
		m->deadline = now + patience;
	if (m->deadline && act->timeout_us > m->deadline - now)
		act->timeout_us = m->deadline - now;
	act->want = wanted(m);
	return ISO7816_RECEIVE;
}

static enum iso7816_action done(const struct iso7816 *m,
				struct iso7816_act *act)
{
	act->result = m->result;
	act->reason = m->reason;
	act->atr_error = m->atr_error;
	if (m->cmd && !m->result)
		act->len = m->resp_len;
	return ISO7816_DONE;
}

static enum iso7816_action set_line(struct iso7816 *m, u8 fi_di,
				    enum iso7816_parity parity,
				    struct iso7816_act *act)
{
	m->f = iso7816_fi(fi_di);
	m->d = iso7816_di(fi_di);
	m->parity = parity;
	m->baud = div_u64((u64)m->cfg.clock_hz * m->d + m->f / 2, m->f);
	act->baud = m->baud;
	act->parity = parity;
	return ISO7816_LINE;
}

enum iso7816_action iso7816_step(struct iso7816 *m, u64 now_us,
				 struct iso7816_act *act)
{
	memset(act, 0, sizeof(*act));
	if (m->deadline && now_us >= m->deadline &&
	    m->state > ISO7816_S_SEND)
		patience_ends(m);
	if (m->state == ISO7816_S_PPS_REQUEST)
		iso7816_negotiate(m);

	switch (m->state) {
	case ISO7816_S_RESET_LINE:
		m->state = ISO7816_S_RESET;
		return set_line(m, ISO7816_TA1_DEFAULT, ISO7816_PARITY_OFF, act);
	case ISO7816_S_RESET:
		m->state = ISO7816_S_ATR;
		m->deadline = 0;
		m->atr_len = 0;
		m->inverse = false;
		m->tx_len = 0;
		m->echo_got = 0;
		act->volt_class = m->volt_class;
		return m->warm ? ISO7816_WARM_RESET : ISO7816_COLD_RESET;
	case ISO7816_S_PARITY:
		m->deadline = 0;
		m->state = ISO7816_S_PPS_REQUEST;
		return set_line(m, ISO7816_TA1_DEFAULT, m->inverse ?
				ISO7816_PARITY_ODD : ISO7816_PARITY_EVEN, act);
	case ISO7816_S_SPEED:
		set_line(m, m->want_ta1, m->parity, act);
		iso7816_enter_protocol(m);
		return ISO7816_LINE;
	case ISO7816_S_QUIET:
		/* A block longer than it said must not meet our next one. */
		m->state = ISO7816_S_SEND;
		act->timeout_us = etu_us(m, 11 + (1u << m->atr.cwi));
		return ISO7816_PAUSE;
	case ISO7816_S_SEND:
		m->state = m->next;
		m->begun = true;
		m->sent |= m->last;
		act->data = m->tx;
		act->len = m->tx_len;
		set_guard(m, act);
		return ISO7816_SEND;
	case ISO7816_S_IDLE:
		return done(m, act);
	default:
		return receive(m, now_us, act);
	}
}
