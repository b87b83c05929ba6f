/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - what a card expects of the terminal it is in (TS 102 221 11.2,
 * TS 102 223), as far as a terminal without screen and radio can give it, and
 * how a profile of an eUICC is switched
 *
 * Only where the slot says that we are the terminal (channel's @terminal):
 * elsewhere a modem is, and nothing of this is sent.
 */
#ifndef SIMSYNC_CARD_TERMINAL_H
#define SIMSYNC_CARD_TERMINAL_H

#include "card/euicc.h"

/**
 * enum terminal_refresh - what a REFRESH asks for beyond its answer
 * @TERM_NONE: there was none
 * @TERM_FILES: files have changed: read them again (mode 01)
 * @TERM_IDENTIFY: the card starts anew by itself: drop all that is known of it,
 *	let the slot read its identity (00, 02, 03, 05, 06, 09)
 * @TERM_RESET: reset the card; that is the answer (04)
 */
enum terminal_refresh { TERM_NONE, TERM_FILES, TERM_IDENTIFY, TERM_RESET };

/**
 * terminal_greet() - TERMINAL CAPABILITY, TERMINAL PROFILE, and what follows
 * @ch: turned to the proactive session; select anew afterwards
 * @out: what the card asked for
 * @e: filled on failure
 *
 * Once per activation is enough; more often does no harm. Without a profile the
 * card sends no REFRESH.
 */
int terminal_greet(struct sim_channel *ch, enum terminal_refresh *out,
		   struct sim_err *e);

/**
 * terminal_serve() - take what the card has waiting, until it has nothing
 * @ch: as above
 * @out: what it asked for; the strongest, where there was more than one
 * @e: filled on failure
 *
 * Everything but REFRESH is answered: what needs no screen or radio with
 * "done", the rest with "beyond the terminal's capabilities". Ends at a REFRESH
 * that a reset answers.
 */
int terminal_serve(struct sim_channel *ch, enum terminal_refresh *out,
		   struct sim_err *e);

/** terminal_follow() - do what a REFRESH asked for: reset or identify. */
int terminal_follow(struct sim_channel *ch, enum terminal_refresh what,
		    struct sim_err *e);

/**
 * terminal_switch() - enable, disable or delete a profile, to the end
 * @u: eUICC; void afterwards where the card was reset: close it
 * @verb: what to do with the profile
 * @iccid: digits, as in struct euicc_profile
 * @refresh: by a REFRESH of the card; false: by a reset of ours. On a modem's
 *	slot always by REFRESH, which is the modem's.
 * @wait_ms: how long to wait until the slot tells the new identity
 * @e: filled unless 0 is returned
 *
 * A busy card (catBusy) is served first, where that is ours to do, and asked
 * again.
 *
 * Return: as euicc_do(); 0 only when the slot has reported the new identity.
 */
int terminal_switch(struct euicc *u, enum euicc_verb verb, const char *iccid,
		    bool refresh, unsigned int wait_ms, struct sim_err *e);

#endif
