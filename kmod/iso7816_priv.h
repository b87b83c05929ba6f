/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iso7816_priv.h - between the files of the ISO/IEC 7816-3 engine
 */
#ifndef SIMSLOT_ISO7816_PRIV_H
#define SIMSLOT_ISO7816_PRIV_H

#include "iso7816.h"

#ifndef __KERNEL__
static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}
#endif

#define ISO7816_TA1_DEFAULT	0x11	/* 372/1 */

/*
 * What step() does next. Up to ISO7816_S_SEND a state asks for one action and
 * then goes on by itself; the later ones wait for bytes.
 */
enum iso7816_state {
	ISO7816_S_IDLE,
	ISO7816_S_RESET_LINE,	/* line to 372/1, parity off */
	ISO7816_S_RESET,
	ISO7816_S_PARITY,	/* convention is known */
	ISO7816_S_PPS_REQUEST,	/* decide on PPS, build the request */
	ISO7816_S_SPEED,	/* line to the F and D agreed on */
	ISO7816_S_QUIET,	/* let the card finish, then SEND */
	ISO7816_S_SEND,		/* hand @tx over */
	ISO7816_S_ATR,
	ISO7816_S_PPS,
	ISO7816_S_T0_PROC,	/* procedure byte or SW1 */
	ISO7816_S_T0_ALL,	/* all remaining data bytes */
	ISO7816_S_T0_ONE,	/* one data byte */
	ISO7816_S_T0_SW2,
	ISO7816_S_T1,		/* a block */
};

/* @num / @den clock cycles of the card in microseconds, rounded up. */
u64 iso7816_clocks_us(const struct iso7816 *m, u64 num, u32 den);

/* @b as on the wire, or back. */
u8 iso7816_convention(const struct iso7816 *m, u8 b);

/* Copy @n bytes to @m->tx in the convention in use; wait in @next then. */
void iso7816_send(struct iso7816 *m, const u8 *b, size_t n, u8 next);

/* Count a byte of the response, and store it where there is room. */
void iso7816_put(struct iso7816 *m, u8 b);

/* Forget the last operation. */
void iso7816_fresh(struct iso7816 *m);

/* The operation has ended. */
void iso7816_finish(struct iso7816 *m, int result, enum simslot_reason reason);

/* The exchange has come to its regular end. */
void iso7816_complete(struct iso7816 *m);

/* The protocol has failed for @reason; only a reset helps. */
void iso7816_fault(struct iso7816 *m, enum simslot_reason reason);

/* From reset to PPS: bytes and silence, and what follows a good ATR. */
void iso7816_atr_byte(struct iso7816 *m, u8 b);
void iso7816_atr_silence(struct iso7816 *m);
void iso7816_negotiate(struct iso7816 *m);
void iso7816_enter_protocol(struct iso7816 *m);
void iso7816_pps_byte(struct iso7816 *m, u8 b);
void iso7816_pps_silence(struct iso7816 *m);
void iso7816_pps_failed(struct iso7816 *m);

/* The protocols: begin (false: not a TPDU), a byte came, silence. */
bool iso7816_t0_begin(struct iso7816 *m);
void iso7816_t0_byte(struct iso7816 *m, u8 b);
bool iso7816_t1_begin(struct iso7816 *m);
void iso7816_t1_byte(struct iso7816 *m, u8 b);
void iso7816_t1_silence(struct iso7816 *m);
/* Bytes missing of the block that is coming, at least 1. */
u32 iso7816_t1_missing(const struct iso7816 *m);

#endif
