/* SPDX-License-Identifier: MIT */
/*
 * opencard.h - from a granted slot to a card and the replica it is
 */
#ifndef SIMSYNC_OPENCARD_H
#define SIMSYNC_OPENCARD_H

#include "cmd/cmd.h"
#include "sync/cards.h"

struct card;
struct sim_channel;

/**
 * struct opencard - an open card
 * @card: it
 * @is: which replica
 * @quiet: nobody has used it since the last run: it is what it was
 */
struct opencard {
	struct card *card;
	struct cards_replica is;
	bool quiet;
};

/**
 * opencard() - open the card of a granted slot, and see which replica it is
 * @c: the run
 * @s: the slot; its descriptor is taken
 * @l: open ledger
 * @server: asked for the card's generation; NULL: there is none
 * @dry: nothing is written
 * @out: filled
 * @e: as of run_open_card()
 *
 * A card that may have changed is asked whether it is an eUICC, and which
 * profiles that has (T3, T4): what came or went is said.
 *
 * Return: 0, -1.
 */
int opencard(struct cmd *c, struct cmd_slot *s, struct ledger *l,
	     struct sim_replica *server, bool dry, struct opencard *out,
	     struct sim_err *e);

/** opencard_keep() - at the end of a run that went well: for the next one */
void opencard_keep(struct cmd *c, const struct cmd_slot *s, struct ledger *l,
		   const struct opencard *o);

#endif
