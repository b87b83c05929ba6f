/* SPDX-License-Identifier: MIT */
/*
 * uicc_wire.h - the card's side of ISO/IEC 7816-3, byte by byte, without I/O
 *
 * The caller hands in line changes and received bytes with the time, and takes
 * out bytes that are due. Answer to reset, PPS, T=0 and T=1; echo of what the
 * terminal sends (one I/O contact); true character times when paced.
 */
#ifndef TESTS_CARD_UICC_WIRE_H
#define TESTS_CARD_UICC_WIRE_H

#include "card/uicc.h"

enum uicc_line { UICC_VCC, UICC_RST, UICC_CLK, UICC_LINES };

/* How the data of a T=0 command are asked for (ISO 7816-3 10.3.3). */
enum uicc_ack { UICC_ACK_ALL, UICC_ACK_ONE, UICC_ACK_MIX };

/**
 * struct uicc_wire_opt - properties of card and contact
 * @echo: the terminal's receiver sees its own bytes
 * @pace: take the time that characters take
 * @clock: at CLK, Hz
 * @ack: T=0 procedure bytes
 * @pps: answer PPS requests
 * @atr_clocks: from RST high to the ATR
 */
struct uicc_wire_opt {
	bool echo;
	bool pace;
	unsigned int clock;
	enum uicc_ack ack;
	bool pps;
	unsigned int atr_clocks;
};

/**
 * struct uicc_wire_info - what is going on
 * @line: levels
 * @up: an ATR has been sent since the lines went up
 * @protocol: T=
 * @f: in use
 * @d: in use
 * @rx: characters from the terminal
 * @tx: characters to it, echo excluded
 * @resets: ATRs begun
 * @pulled: a "remove" fault took the card out: contact is lost
 */
struct uicc_wire_info {
	bool line[UICC_LINES];
	bool up;
	unsigned int protocol;
	unsigned int f, d;
	uint64_t rx, tx;
	uint64_t resets;
	bool pulled;
};

struct uicc_wire;

/** uicc_wire_new() - connect @c to a contact; @c stays the caller's. */
struct uicc_wire *uicc_wire_new(struct uicc *c, const struct uicc_wire_opt *o);
void uicc_wire_free(struct uicc_wire *w);

/** uicc_wire_card() - another card on the same contact (lines go down). */
void uicc_wire_card(struct uicc_wire *w, struct uicc *c);

/** uicc_wire_opt() - options, to change in place. */
struct uicc_wire_opt *uicc_wire_opt(struct uicc_wire *w);

/** uicc_wire_line() - a contact changes level; @now in ns. */
void uicc_wire_line(struct uicc_wire *w, enum uicc_line line, bool level,
		    uint64_t now);

/** uicc_wire_rx() - a character from the terminal, as the UART has it. */
void uicc_wire_rx(struct uicc_wire *w, uint8_t byte, uint64_t now);

/**
 * uicc_wire_tx() - the next character for the terminal
 * @byte: it
 * @next: when there is none due: when to ask again (UINT64_MAX: on events)
 *
 * Return: whether one was due at @now.
 */
bool uicc_wire_tx(struct uicc_wire *w, uint64_t now, uint8_t *byte,
		  uint64_t *next);

void uicc_wire_info(const struct uicc_wire *w, struct uicc_wire_info *out);

#endif
