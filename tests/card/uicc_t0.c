// SPDX-License-Identifier: MIT
/*
 * uicc_t0.c - T=0, the card's side (ISO/IEC 7816-3 clause 10)
 */
#include "card/uicc_wire_priv.h"

#include <string.h>

#define NULL_GAP_NS 20000000ull

void uicc_t0_start(struct uicc_wire *w)
{
	w->state = UICC_W_T0;
	memset(&w->t0, 0, sizeof(w->t0));
	w->t0.want = 5;
}

static void next_command(struct uicc_wire *w)
{
	w->t0.n = 0;
	w->t0.in = 0;
	w->t0.want = 5;
}

/* Ask for the next data: INS for all that are left, INS^FF for one. */
static void ask(struct uicc_wire *w)
{
	struct uicc_t0 *t = &w->t0;
	size_t left = t->in - (t->n - 5);
	bool one = w->o.ack == UICC_ACK_ONE ||
		   (w->o.ack == UICC_ACK_MIX && left == t->in && left > 1);
	uint8_t proc = one ? t->cmd[1] ^ 0xff : t->cmd[1];

	t->want = t->n + (one ? 1 : left);
	uicc_wire_send(w, &proc, 1);
}

static void nulls(struct uicc_wire *w, unsigned int n)
{
	static const uint8_t null = 0x60;

	while (n--) {
		uicc_wire_send(w, &null, 1);
		uicc_wire_gap(w, NULL_GAP_NS);
	}
}

/* Data go out after INS, or byte by byte each after INS^FF. */
static size_t frame(struct uicc_wire *w, const uint8_t *r, size_t n,
		    uint8_t *out)
{
	uint8_t ins = w->t0.cmd[1];
	size_t o = 0, i = 0, data = n - 2;

	for (; data && i < data && w->o.ack != UICC_ACK_ALL; i++) {
		if (w->o.ack == UICC_ACK_MIX && i)
			break;
		out[o++] = ins ^ 0xff;
		out[o++] = r[i];
	}
	if (i < data)
		out[o++] = ins;
	memcpy(out + o, r + i, n - i);
	return o + n - i;
}

/* Bytes that are neither NULL, INS, INS^FF nor SW1. */
static void garbage(struct uicc_wire *w, unsigned int n)
{
	uint8_t b = 0x05;

	for (; n; n--, b = (uint8_t)(b + 7)) {
		while ((b ^ w->t0.cmd[1]) == 0xff || b == w->t0.cmd[1] ||
		       b >> 4 == 6 || b >> 4 == 9)
			b++;
		uicc_wire_send(w, &b, 1);
	}
}

static void answer(struct uicc_wire *w)
{
	uint8_t r[UICC_TPDU_MAX], out[2 * UICC_TPDU_MAX];
	struct uicc_t0 *t = &w->t0;
	size_t n = uicc_tpdu(w->c, t->cmd, t->n, r, sizeof(r)), k;
	const struct uicc_fault *f = uicc_fault_last(w->c);
	enum uicc_act act = f ? f->act : UICC_ACT_NONE;
	unsigned int arg = f ? f->arg : 0;

	if (act == UICC_ACT_NULLS) {
		nulls(w, arg);
		if (!arg) {
			w->state = UICC_W_MUTE;
			w->null_at = w->free_at + 1;
			return;
		}
	}
	if (act == UICC_ACT_GARBAGE) {
		garbage(w, arg ? arg : 1);
		uicc_wire_mute(w);
		return;
	}
	if (!n && act != UICC_ACT_REMOVE) {
		uicc_wire_mute(w);
		return;
	}
	k = n ? frame(w, r, n, out) : 0;
	if (act == UICC_ACT_STOP || act == UICC_ACT_REMOVE) {
		uicc_wire_send(w, out, k < arg ? k : arg);
		if (act == UICC_ACT_REMOVE)
			w->info.pulled = true;
		uicc_wire_mute(w);
		return;
	}
	uicc_wire_send(w, out, k);
	next_command(w);
}

void uicc_t0_rx(struct uicc_wire *w, uint8_t b)
{
	struct uicc_t0 *t = &w->t0;

	t->cmd[t->n++] = b;
	if (t->n < t->want)
		return;
	if (t->n == 5)
		t->in = uicc_incoming(w->c, t->cmd);
	if (t->n < 5 + t->in)
		ask(w);
	else
		answer(w);
}
