/* SPDX-License-Identifier: MIT */
/*
 * parts.h - long messages out of their parts (TS 23.040 9.2.3.24.1, 9.2.3.24.8)
 *
 * Parts come in any order, twice, or not at all: what is missing is a state of
 * the message, not an error.
 */
#ifndef SIMSYNC_PARTS_H
#define SIMSYNC_PARTS_H

#include "model/item.h"

/**
 * parts_gather() - which messages are parts of one
 * @it: messages in any order
 * @n: how many
 * @head: out, room for @n: index of the message that stands for this one: the
 *	first of its parts in @it; itself where it is alone
 *
 * Together are those of one direction, other side, card, reference and number
 * of parts, sent within a day. References are used again: a part that is there
 * already with another content begins another message.
 */
void parts_gather(const struct sim_item *const *it, size_t n, size_t *head);

/**
 * struct parts - one message
 * @text: all of it as plain UTF-8; "[...]" where a part is missing
 * @have: parts that are there
 * @of: parts it has; 1: it came whole
 */
struct parts {
	char *text;
	unsigned int have;
	unsigned int of;
};

/**
 * parts_whole() - put a message together
 * @it: messages
 * @n: how many
 * @head: as of parts_gather()
 * @which: index of the message that stands for it
 * @out: caller frees @text
 *
 * Return: 0, -1 no memory.
 */
int parts_whole(const struct sim_item *const *it, size_t n, const size_t *head,
		size_t which, struct parts *out);

#endif
