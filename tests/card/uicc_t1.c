// SPDX-License-Identifier: MIT
/*
 * uicc_t1.c - T=1, the card's side (ISO/IEC 7816-3 clause 11)
 */
#include "card/uicc_wire_priv.h"

#include <stdlib.h>
#include <string.h>

/* Block: NAD PCB LEN INF... EDC (LRC) */
#define PCB_MORE	0x20
#define PCB_R		0x80
#define PCB_S		0xc0
#define S_RESYNC	0x00
#define S_IFS		0x01
#define S_ABORT		0x02
#define S_WTX		0x03
#define S_RESPONSE	0x20

void uicc_t1_start(struct uicc_wire *w)
{
	uint8_t *resp = w->t1.resp;

	memset(&w->t1, 0, sizeof(w->t1));
	w->t1.resp = resp ? resp : malloc(UICC_RESP_MAX);
	w->t1.ifsd = 32;
	w->state = w->t1.resp ? UICC_W_T1 : UICC_W_MUTE;
}

static void block(struct uicc_wire *w, uint8_t pcb, const uint8_t *inf,
		  size_t n)
{
	struct uicc_t1 *t = &w->t1;
	size_t i;
	uint8_t x = 0;

	t->last[0] = 0;
	t->last[1] = pcb;
	t->last[2] = (uint8_t)n;
	if (n)
		memcpy(t->last + 3, inf, n);
	for (i = 0; i < n + 3; i++)
		x ^= t->last[i];
	t->last[n + 3] = x;
	t->nlast = n + 4;
	/* block guard time 22 etu: 6 more than T=0's turn-around */
	if (w->o.pace)
		uicc_wire_gap(w, uicc_wire_etus(w, 6));
	uicc_wire_send(w, t->last, t->nlast);
}

static void send_i(struct uicc_wire *w)
{
	struct uicc_t1 *t = &w->t1;
	size_t left = t->nresp - t->sent;

	t->flight = left < t->ifsd ? left : t->ifsd;
	block(w, (uint8_t)(t->ns << 6 | (left > t->flight ? PCB_MORE : 0)),
	      t->resp + t->sent, t->flight);
}

static void run(struct uicc_wire *w)
{
	struct uicc_t1 *t = &w->t1;
	const struct uicc_fault *f;

	t->nresp = uicc_apdu(w->c, t->cmd, t->ncmd, t->resp, UICC_RESP_MAX);
	f = uicc_fault_last(w->c);
	t->ncmd = 0;
	t->sent = 0;
	if (f && f->act == UICC_ACT_REMOVE)
		w->info.pulled = true;
	if (!t->nresp || (f && (f->act == UICC_ACT_STOP ||
				f->act == UICC_ACT_REMOVE))) {
		uicc_wire_mute(w);
		return;
	}
	/* T=1's NULLs are waiting time extensions */
	if (f && f->act == UICC_ACT_NULLS && f->arg) {
		uint8_t one = 1;

		t->wtx = f->arg;
		t->waiting = true;
		block(w, PCB_S | S_WTX, &one, 1);
		return;
	}
	send_i(w);
}

static void i_block(struct uicc_wire *w, uint8_t pcb, const uint8_t *inf,
		    size_t n)
{
	struct uicc_t1 *t = &w->t1;

	if ((pcb >> 6 & 1) != t->nr) {
		block(w, (uint8_t)(PCB_R | t->nr << 4 | 2), NULL, 0);
		return;
	}
	/* an I-block acknowledges ours (11.6.2.1, rule 2) */
	if (t->flight) {
		t->sent += t->flight;
		t->flight = 0;
		t->ns ^= 1;
	}
	t->nr ^= 1;
	if (t->ncmd + n > sizeof(t->cmd)) {
		block(w, PCB_S | S_ABORT, NULL, 0);
		t->ncmd = 0;
		return;
	}
	memcpy(t->cmd + t->ncmd, inf, n);
	t->ncmd += n;
	if (pcb & PCB_MORE)
		block(w, (uint8_t)(PCB_R | t->nr << 4), NULL, 0);
	else
		run(w);
}

static void r_block(struct uicc_wire *w, uint8_t pcb)
{
	struct uicc_t1 *t = &w->t1;

	if ((pcb >> 4 & 1) != t->ns && t->flight &&
	    t->sent + t->flight < t->nresp) {
		/* more to send, and the terminal expects the next */
		t->sent += t->flight;
		t->ns ^= 1;
		send_i(w);
		return;
	}
	uicc_wire_send(w, t->last, t->nlast);
}

static void s_block(struct uicc_wire *w, uint8_t pcb, const uint8_t *inf,
		    size_t n)
{
	struct uicc_t1 *t = &w->t1;
	uint8_t one = 1;

	switch (pcb & 0x3f) {
	case S_RESYNC:
		t->ns = 0;
		t->nr = 0;
		t->flight = 0;
		t->ncmd = 0;
		block(w, PCB_S | S_RESPONSE | S_RESYNC, NULL, 0);
		break;
	case S_IFS:
		if (n == 1 && inf[0] && inf[0] != 0xff)
			t->ifsd = inf[0];
		block(w, PCB_S | S_RESPONSE | S_IFS, inf, n);
		break;
	case S_ABORT:
		t->ncmd = 0;
		t->flight = 0;
		block(w, PCB_S | S_RESPONSE | S_ABORT, NULL, 0);
		break;
	case S_WTX | S_RESPONSE:
		if (!t->waiting)
			break;
		if (--t->wtx) {
			block(w, PCB_S | S_WTX, &one, 1);
			break;
		}
		t->waiting = false;
		send_i(w);
		break;
	default:
		break;
	}
}

void uicc_t1_rx(struct uicc_wire *w, uint8_t b)
{
	struct uicc_t1 *t = &w->t1;
	uint8_t x = 0;
	size_t i;

	t->block[t->n++] = b;
	if (t->n < 3 || t->n < 4u + t->block[2])
		return;
	for (i = 0; i < t->n; i++)
		x ^= t->block[i];
	t->n = 0;
	if (x || t->block[2] == 0xff) {
		block(w, (uint8_t)(PCB_R | t->nr << 4 | 1), NULL, 0);
		return;
	}
	if (!(t->block[1] & 0x80))
		i_block(w, t->block[1], t->block + 3, t->block[2]);
	else if ((t->block[1] & 0xc0) == PCB_R)
		r_block(w, t->block[1]);
	else
		s_block(w, t->block[1], t->block + 3, t->block[2]);
}
