/* SPDX-License-Identifier: MIT */
/*
 * msgs.h - the messages of the phone or of a card, for the commands on them
 */
#ifndef SIMSYNC_CMD_MSGS_H
#define SIMSYNC_CMD_MSGS_H

#include "cmd/cardchange.h"
#include "model/item.h"

struct store;

/**
 * struct message - one part
 * @ref: its name in the store, or its record
 * @version: in the store
 * @problem: why it cannot be read, NULL: it can
 * @it: what it says
 */
struct message {
	char *ref;
	int64_t version;
	char *problem;
	struct sim_item it;
};

/**
 * struct messages - all of them
 * @m: the messages
 * @n: how many
 * @cap: room in @m
 * @it: the items of @m
 * @head: see parts_gather()
 */
struct messages {
	struct message *m;
	size_t n, cap;
	const struct sim_item **it;
	size_t *head;
};

/** msgs_stored() - take those of the phone; 0, -1 */
int msgs_stored(struct store *s, struct messages *all, struct sim_err *e);
/** msgs_on_card() - take those of an open card; 0, -1 */
int msgs_on_card(const struct cardchange *w, struct messages *all,
		     struct sim_err *e);
void msgs_free(struct messages *all);

/**
 * msgs_find() - the message that has @ref, or one of whose parts has
 * @all: messages
 * @ref: what a person named
 * @card: they are a card's
 * @e: EX_NOINPUT
 *
 * Return: index of what stands for it (parts_gather()); @all's n: none.
 */
size_t msgs_find(const struct messages *all, const char *ref, bool card,
		     struct sim_err *e);

#endif
