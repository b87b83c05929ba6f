/* SPDX-License-Identifier: MIT */
/*
 * oncard.h - commands that work on one card directly, not on the phone's store
 */
#ifndef SIMSYNC_ONCARD_H
#define SIMSYNC_ONCARD_H

#include "cmd/cmd.h"

struct card;
struct sim_channel;

/**
 * struct oncard - the slot such a command works on
 * @slot: --slot N, NULL: the only one that may be used
 * @trace: --trace was given: standard input is the file to write to
 * @card: --card was given
 * @to: that file, NULL: none
 * @s: the slot chosen
 */
struct oncard {
	const char *slot;
	bool trace;
	bool card;
	void *to;
	struct cmd_slot *s;
};

/** ONCARD_OPTS() - the options of @o, for a table of struct cmd_opt */
#define ONCARD_OPTS(o)                                              \
	{ "slot", &(o)->slot, NULL, NULL, NULL, 0 },                \
	{ "trace", NULL, &(o)->trace, NULL, NULL, 0 },              \
	{ "card", NULL, &(o)->card, NULL, NULL, 0 }

/**
 * oncard_channel() - a channel to the slot the arguments name
 * @c: command
 * @o: the options that were given; the slot is noted in it
 * @e: EX_USAGE, EX_NOINPUT: no such slot; EX_TEMPFAIL, EX_CANTCREAT: the
 *	trace
 *
 * Return: the channel, traced where that was asked for; NULL.
 */
struct sim_channel *oncard_channel(struct cmd *c, struct oncard *o,
				   struct sim_err *e);
/** oncard_open() - the card there, past its PIN, with a progress line */
struct card *oncard_open(struct cmd *c, struct oncard *o, struct sim_err *e);
/** oncard_end() - close the trace; -1: it could not be written */
int oncard_end(struct oncard *o, struct sim_err *e);

/** oncard_wanted() - --card is among the arguments */
bool oncard_wanted(const struct cmd *c);

/** client_trace() - @local of these commands: opens the file of --trace */
int client_trace(struct client *cl, int argc, char **argv, int words);

/**
 * oncard_list() - a list beside the phonebook by its name: enum card_list
 * @name: fdn, sdn, lnd, ici or oci
 * @e: why not
 *
 * Return: it, -1 where there is no such list.
 */
int oncard_list(const char *name, struct sim_err *e);

int cmd_card_contacts_list(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_show(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_add(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_edit(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_rm(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_import(struct cmd *c, struct sim_err *e);
int cmd_card_contacts_export(struct cmd *c, struct sim_err *e);
int cmd_apdu(struct cmd *c, struct sim_err *e);
int cmd_esim_list(struct cmd *c, struct sim_err *e);
int cmd_esim_enable(struct cmd *c, struct sim_err *e);
int cmd_esim_disable(struct cmd *c, struct sim_err *e);
int cmd_esim_delete(struct cmd *c, struct sim_err *e);
int cmd_esim_nickname(struct cmd *c, struct sim_err *e);
int cmd_esim_notifications(struct cmd *c, struct sim_err *e);

#endif
