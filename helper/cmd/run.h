/* SPDX-License-Identifier: MIT */
/*
 * run.h - parts of a run that other commands use too
 */
#ifndef SIMSYNC_RUN_H
#define SIMSYNC_RUN_H

#include "cmd/cmd.h"
#include "sync/engine.h"

struct card;
struct sim_channel;

/** run_why_not() - why a slot's card is not read: a phrase, no content */
const char *run_why_not(const struct cmd_slot *s);

/**
 * run_open_card() - open a granted card and get past its PIN
 * @c: the run
 * @s: the slot; its descriptor is taken
 * @e: EX_NOPERM, EX_TEMPFAIL, EX_UNAVAILABLE
 *
 * Takes the slot's descriptor. Where a PIN is needed the person is asked.
 *
 * Return: the card, or NULL: EX_NOPERM when it waits for a PIN.
 */
struct card *run_open_card(struct cmd *c, struct cmd_slot *s,
			   struct sim_err *e);

/**
 * run_open_channel() - the channel of a granted slot
 * @s: its descriptor is taken
 * @e: EX_TEMPFAIL: the slot holds another card by now
 *
 * Return: the channel, or NULL.
 */
struct sim_channel *run_open_channel(struct cmd_slot *s, struct sim_err *e);

/** run_card_on() - the rest of run_open_card(); @ch is taken over */
struct card *run_card_on(struct cmd *c, struct sim_channel *ch,
			 struct sim_err *e);

/**
 * ledger_for_run() - the ledger; a damaged one is set aside and begun anew
 * @c: the run
 * @dry: only a plan: then a damaged one is an error and stays where it is
 * @e: EX_CONFIG: made by a newer simsync; EX_DATAERR, EX_CANTCREAT, EX_IOERR
 */
struct ledger *ledger_for_run(struct cmd *c, bool dry, struct sim_err *e);

/** run_card_progress() - for card_on_progress(); @arg is the struct cmd */
void run_card_progress(void *arg, const char *what, unsigned int done,
		       unsigned int total);

/**
 * run_stage() - what a run is doing, for its progress line
 * @stage: stage
 * @shown: the replica it is done with, NULL or "": all
 * @out: "reading SIM Telekom (...4711)", "merging"
 * @max: its room
 */
void run_stage(enum sync_stage stage, const char *shown, char *out, size_t max);

#endif
