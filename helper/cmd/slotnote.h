/* SPDX-License-Identifier: MIT */
/*
 * slotnote.h - what was known of a slot's card when it was last used
 *
 * Two files for each slot in the owner's folder: slot-N.seen, since when nothing
 * has changed (card_stamp()), and slot-N.files, what the card said of its files
 * (card_files()). Both hold for one activation of one card only, and the card's side
 * checks that; a file that is lost, old or damaged costs a reading.
 */
#ifndef SIMSYNC_CMD_SLOTNOTE_H
#define SIMSYNC_CMD_SLOTNOTE_H

#include "card/card.h"
#include "cmd/cmd.h"

/** slotnote_seen() - the stamp; "" where there is none */
void slotnote_seen(struct cmd *c, const struct cmd_slot *s,
		   char stamp[CARD_STAMP]);

/** slotnote_tell() - tell the card just opened all that is known */
void slotnote_tell(struct cmd *c, const struct cmd_slot *s, struct card *card);

/**
 * slotnote_keep() - for whoever uses it next
 * @c: command
 * @s: the slot
 * @card: open; nothing is sent to it from here on
 *
 * At the end of what went well. What cannot be written is not kept.
 */
void slotnote_keep(struct cmd *c, const struct cmd_slot *s, struct card *card);

#endif
