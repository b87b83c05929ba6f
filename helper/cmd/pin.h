/* SPDX-License-Identifier: MIT */
/*
 * pin.h - getting past a card's PIN
 */
#ifndef SIMSYNC_CMD_PIN_H
#define SIMSYNC_CMD_PIN_H

#include "card/card.h"
#include "cmd/cmd.h"

/**
 * pin_pass() - make a card open what a PIN guards
 * @c: the command: who may be asked
 * @card: the card
 * @which: PIN
 * @e: why not
 *
 * State and tries left are read first; where the PIN is needed the person is
 * asked for it. The last try is never spent.
 *
 * Return: 0 (also where the card does not say), -1: EX_NOPERM where it was not
 * given, or not accepted; EX_UNAVAILABLE where it is blocked.
 */
int pin_pass(struct cmd *c, struct card *card, enum card_pin_id which,
	     struct sim_err *e);

#endif
