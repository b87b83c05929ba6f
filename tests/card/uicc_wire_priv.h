/* SPDX-License-Identifier: MIT */
/*
 * uicc_wire_priv.h - inside of the byte level: what uicc_wire.c shares with
 * the protocols (uicc_t0.c, uicc_t1.c)
 */
#ifndef TESTS_CARD_UICC_WIRE_PRIV_H
#define TESTS_CARD_UICC_WIRE_PRIV_H

#include "card/uicc_fs.h"
#include "card/uicc_wire.h"

#define UICC_QUEUE	4096

enum uicc_wire_state {
	UICC_W_OFF,	/* no VCC, no clock, or RST low */
	UICC_W_MUTE,	/* will not answer until the next reset */
	UICC_W_IDLE,	/* ATR sent: PPS or the first command */
	UICC_W_PPS,
	UICC_W_T0,
	UICC_W_T1,
};

struct uicc_item {
	uint8_t byte;
	uint64_t at;	/* delivered, ns */
};

/** struct uicc_t0 - T=0 (ISO 7816-3 clause 10) */
struct uicc_t0 {
	uint8_t cmd[5 + 255];
	size_t n;	/* bytes of it here */
	size_t want;	/* bytes of it that must be here to go on */
	size_t in;	/* data bytes to come in all */
};

/** struct uicc_t1 - T=1 (ISO 7816-3 clause 11) */
struct uicc_t1 {
	uint8_t block[259];
	size_t n;
	uint8_t ns;		/* of our next I-block */
	uint8_t nr;		/* expected from the terminal */
	size_t ifsd;		/* terminal takes this many */
	uint8_t cmd[5 + 256];
	size_t ncmd;
	uint8_t *resp;		/* answer being sent */
	size_t nresp;
	size_t sent;		/* of it, acknowledged */
	size_t flight;		/* bytes in the unacknowledged I-block */
	uint8_t last[259];	/* our last block, for repetition */
	size_t nlast;
	unsigned int wtx;	/* WTX requests still to make */
	bool waiting;		/* answer held back until WTX is confirmed */
};

struct uicc_wire {
	struct uicc *c;
	struct uicc_wire_opt o;
	struct uicc_wire_info info;
	enum uicc_wire_state state;
	bool inverse;
	uint64_t free_at;	/* I/O is free again, ns */
	uint64_t heard;		/* start of the last character received */
	struct uicc_item q[UICC_QUEUE];
	size_t head, tail;
	unsigned int new_f, new_d; /* after the queue is empty */
	uint64_t null_at;	/* next NULL of an endless row, 0: none */
	uint8_t pps[6];
	size_t npps;
	bool pps_allowed;
	unsigned int echo_fault; /* character of the command, 1-based; 0 none */
	size_t command_char;
	struct uicc_t0 t0;
	struct uicc_t1 t1;
};

void uicc_wire_send(struct uicc_wire *w, const uint8_t *p, size_t n);
void uicc_wire_gap(struct uicc_wire *w, uint64_t ns);
uint64_t uicc_wire_etus(const struct uicc_wire *w, unsigned int etus);
void uicc_wire_mute(struct uicc_wire *w);

void uicc_t0_start(struct uicc_wire *w);
void uicc_t0_rx(struct uicc_wire *w, uint8_t b);
void uicc_t1_start(struct uicc_wire *w);
void uicc_t1_rx(struct uicc_wire *w, uint8_t b);

#endif
