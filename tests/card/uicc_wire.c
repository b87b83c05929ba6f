// SPDX-License-Identifier: MIT
/*
 * uicc_wire.c - contacts, character timing, ATR and PPS of the software card
 * (ISO/IEC 7816-3 clauses 6 to 9)
 */
#include "card/uicc_wire_priv.h"

#include <stdlib.h>
#include <string.h>

#define NS 1000000000ull

/* ISO 7816-3 tables 7 and 8; 0: reserved */
static const uint16_t fi[16] = { 372, 372, 558, 744, 1116, 1488, 1860, 0,
				 0, 512, 768, 1024, 1536, 2048, 0, 0 };
static const uint8_t di[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0,
				0, 0, 0, 0 };

struct uicc_wire *uicc_wire_new(struct uicc *c, const struct uicc_wire_opt *o)
{
	struct uicc_wire *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->o = *o;
	w->info.line[UICC_CLK] = true;
	uicc_wire_card(w, c);
	return w;
}

void uicc_wire_free(struct uicc_wire *w)
{
	if (!w)
		return;
	free(w->t1.resp);
	free(w);
}

void uicc_wire_card(struct uicc_wire *w, struct uicc *c)
{
	w->c = c;
	c->wire = true;
	w->state = UICC_W_OFF;
	w->head = w->tail;
	w->null_at = 0;
	w->info.up = false;
	w->info.line[UICC_VCC] = false;
	w->info.line[UICC_RST] = false;
	w->info.pulled = false;
}

struct uicc_wire_opt *uicc_wire_opt(struct uicc_wire *w)
{
	return &w->o;
}

uint64_t uicc_wire_etus(const struct uicc_wire *w, unsigned int etus)
{
	return etus * NS * w->info.f / w->info.d / w->o.clock;
}

/* Bits inverted and reversed: how a direct-convention UART sees inverse. */
static uint8_t convention(const struct uicc_wire *w, uint8_t b)
{
	unsigned int i, r = 0;

	if (!w->inverse)
		return b;
	for (i = 0; i < 8; i++)
		r |= (b >> i & 1u) << (7 - i);
	return (uint8_t)~r;
}

static void queue(struct uicc_wire *w, uint8_t raw, uint64_t at)
{
	size_t next = (w->tail + 1) % UICC_QUEUE;

	if (next == w->head)
		return;
	w->q[w->tail] = (struct uicc_item){ raw, at };
	w->tail = next;
}

/* 12 etu from leading edge to leading edge; seen whole after 10. */
void uicc_wire_send(struct uicc_wire *w, const uint8_t *p, size_t n)
{
	uint64_t turn = w->heard + (w->o.pace ? uicc_wire_etus(w, 16) : 0);

	/* 16 etu between characters in opposite directions (10.2) */
	if (n && w->free_at < turn)
		w->free_at = turn;
	for (; n; n--, p++) {
		uint64_t at = w->free_at;

		if (w->o.pace) {
			at += uicc_wire_etus(w, 10);
			w->free_at += uicc_wire_etus(w, 12);
		}
		queue(w, convention(w, *p), at);
		w->info.tx++;
	}
}

/* Nothing for a while, paced or not. */
void uicc_wire_gap(struct uicc_wire *w, uint64_t ns)
{
	w->free_at += ns;
}

void uicc_wire_mute(struct uicc_wire *w)
{
	w->state = UICC_W_MUTE;
	w->null_at = 0;
}

static void send_atr(struct uicc_wire *w, uint64_t now)
{
	const struct uicc_fault *f;
	uint8_t atr[33];
	size_t n;

	w->info.f = 372;
	w->info.d = 1;
	w->new_f = 0;
	w->info.resets++;
	w->inverse = false;
	w->free_at = now + w->o.atr_clocks * NS / w->o.clock;
	w->heard = 0;
	w->pps_allowed = w->o.pps;
	uicc_reset(w->c);
	memcpy(atr, uicc_atr(w->c, &n), 33);
	w->inverse = n && atr[0] == 0x3f;
	f = uicc_fault_atr(w->c);
	if (!n || (f && f->act == UICC_ACT_NO_ATR)) {
		uicc_wire_mute(w);
		return;
	}
	if (f && f->act == UICC_ACT_BAD_TCK)
		atr[n - 1] ^= 0x01;
	if (f && f->act == UICC_ACT_SHORT_ATR) {
		uicc_wire_send(w, atr, f->arg < n ? f->arg : n);
		uicc_wire_mute(w);
		return;
	}
	uicc_wire_send(w, atr, n);
	w->info.up = true;
	w->state = UICC_W_IDLE;
	w->npps = 0;
}

/**
 * struct atr - what the card must know of its own ATR
 * @first: protocol offered first
 * @ta1: Fi/Di offered, 11 where there is none
 * @specific: TA2 is there: protocol fixed, no PPS
 * @offered: bit per protocol
 */
struct atr {
	unsigned int first;
	uint8_t ta1;
	bool specific;
	unsigned int offered;
};

static void parse(const struct uicc *c, struct atr *a)
{
	size_t n, i = 1, group;
	const uint8_t *p = uicc_atr(c, &n);
	uint8_t y;

	*a = (struct atr){ .ta1 = 0x11 };
	if (n < 2)
		return;
	y = p[i++] >> 4;
	for (group = 1; y && i < n; group++) {
		if (y & 1 && i < n) {
			if (group == 1)
				a->ta1 = p[i];
			if (group == 2) {
				a->specific = true;
				a->first = p[i] & 15;
			}
			i++;
		}
		i += (y >> 1 & 1) + (y >> 2 & 1);
		if (!(y & 8) || i >= n)
			break;
		if (!a->offered && !a->specific)
			a->first = p[i] & 15;
		a->offered |= 1u << (p[i] & 15);
		y = p[i++] >> 4;
	}
	if (!a->offered)
		a->offered = 1;
}

static void start(struct uicc_wire *w, unsigned int protocol)
{
	w->info.protocol = protocol;
	if (protocol == 1)
		uicc_t1_start(w);
	else
		uicc_t0_start(w);
}

/* PPS, ISO 7816-3 clause 9: FF PPS0 [PPS1 PPS2 PPS3] PCK */
static void pps(struct uicc_wire *w, uint8_t b)
{
	struct atr a;
	size_t n, i;
	uint8_t x = 0, f, d;

	w->pps[w->npps++] = b;
	if (w->npps < 2)
		return;
	n = 3u + (w->pps[1] >> 4 & 1) + (w->pps[1] >> 5 & 1) +
	    (w->pps[1] >> 6 & 1);
	if (w->npps < n)
		return;
	for (i = 0; i < n; i++)
		x ^= w->pps[i];
	parse(w->c, &a);
	w->pps_allowed = false;
	if (x || a.specific || !(a.offered >> (w->pps[1] & 15) & 1)) {
		uicc_wire_mute(w);
		return;
	}
	if (w->pps[1] & 0x10) {
		f = w->pps[2] >> 4;
		d = w->pps[2] & 15;
		/* not faster than offered: Fi as in TA1 or the default */
		if (!fi[f] || !di[d] || (unsigned int)di[d] * fi[a.ta1 >> 4] >
		    (unsigned int)di[a.ta1 & 15] * fi[f]) {
			/* without PPS1: the default speed */
			w->pps[1] &= 0x0f;
			w->pps[2] = w->pps[0] ^ w->pps[1];
			n = 3;
		} else {
			w->new_f = fi[f];
			w->new_d = di[d];
		}
	}
	uicc_wire_send(w, w->pps, n);
	start(w, w->pps[1] & 15);
	if (w->new_f && !w->o.pace) {
		w->info.f = w->new_f;
		w->info.d = w->new_d;
		w->new_f = 0;
	}
}

void uicc_wire_line(struct uicc_wire *w, enum uicc_line line, bool level,
		    uint64_t now)
{
	bool was = w->info.line[UICC_VCC] && w->info.line[UICC_RST] &&
		   w->info.line[UICC_CLK], is;

	w->info.line[line] = level;
	is = w->info.line[UICC_VCC] && w->info.line[UICC_RST] &&
	     w->info.line[UICC_CLK];
	if (was == is)
		return;
	w->head = w->tail;
	w->null_at = 0;
	w->free_at = now;
	if (!is) {
		w->state = UICC_W_OFF;
		w->info.up = false;
		w->info.pulled = false;
		uicc_reset(w->c);
		return;
	}
	send_atr(w, now);
}

static void begin(struct uicc_wire *w, uint8_t b)
{
	struct atr a;

	if (w->pps_allowed && b == 0xff) {
		w->state = UICC_W_PPS;
		w->npps = 0;
		pps(w, b);
		return;
	}
	parse(w->c, &a);
	if (a.specific) {
		w->info.f = fi[a.ta1 >> 4] ? fi[a.ta1 >> 4] : 372;
		w->info.d = di[a.ta1 & 15] ? di[a.ta1 & 15] : 1;
	}
	start(w, a.first == 1 ? 1 : 0);
	if (a.first == 1)
		uicc_t1_rx(w, b);
	else
		uicc_t0_rx(w, b);
}

void uicc_wire_rx(struct uicc_wire *w, uint8_t raw, uint64_t now)
{
	uint64_t at = now > w->free_at ? now : w->free_at;
	uint8_t b = convention(w, raw), echo = raw;

	w->info.rx++;
	if (w->state == UICC_W_OFF) {
		/* the line still shows what is driven onto it */
		if (w->o.echo)
			queue(w, raw, now);
		return;
	}
	if (w->new_f && w->head == w->tail) {
		w->info.f = w->new_f;
		w->info.d = w->new_d;
		w->new_f = 0;
	}
	w->heard = at;
	if (w->state == UICC_W_IDLE || (w->state == UICC_W_T0 && !w->t0.n)) {
		const struct uicc_fault *f = uicc_fault_echo(w->c);

		w->echo_fault = f ? (f->arg ? f->arg : 1) : 0;
		w->command_char = 0;
	}
	if (++w->command_char == w->echo_fault) {
		echo ^= 0x04;
		w->echo_fault = 0;
	}
	if (w->o.pace) {
		w->free_at = at + uicc_wire_etus(w, 12);
		at += uicc_wire_etus(w, 10);
	}
	if (w->o.echo)
		queue(w, echo, at);
	switch (w->state) {
	case UICC_W_IDLE:
		begin(w, b);
		break;
	case UICC_W_PPS:
		pps(w, b);
		break;
	case UICC_W_T0:
		uicc_t0_rx(w, b);
		break;
	case UICC_W_T1:
		uicc_t1_rx(w, b);
		break;
	default:
		break;
	}
}

bool uicc_wire_tx(struct uicc_wire *w, uint64_t now, uint8_t *byte,
		  uint64_t *next)
{
	if (w->head == w->tail && w->new_f && now >= w->free_at) {
		w->info.f = w->new_f;
		w->info.d = w->new_d;
		w->new_f = 0;
	}
	if (w->head == w->tail && w->null_at) {
		static const uint8_t null = 0x60;

		if (now < w->null_at) {
			*next = w->null_at;
			return false;
		}
		w->free_at = now > w->free_at ? now : w->free_at;
		uicc_wire_send(w, &null, 1);
		w->null_at = w->free_at + 20000000;
	}
	if (w->head == w->tail) {
		*next = w->new_f ? w->free_at : UINT64_MAX;
		return false;
	}
	if (w->q[w->head].at > now) {
		*next = w->q[w->head].at;
		return false;
	}
	*byte = w->q[w->head].byte;
	w->head = (w->head + 1) % UICC_QUEUE;
	return true;
}

void uicc_wire_info(const struct uicc_wire *w, struct uicc_wire_info *out)
{
	*out = w->info;
}
