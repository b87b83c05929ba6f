/* SPDX-License-Identifier: MIT */
/*
 * token.h - what a card remembers through the engine from one changes() to the
 * next: which records it had, and what must still be true to believe that it
 * has them still
 */
#ifndef SIMSYNC_CARD_TOKEN_H
#define SIMSYNC_CARD_TOKEN_H

#include "card/fs.h"

/** token_knows() - a record with that hash was there. */
bool token_knows(const char *since, uint64_t hash);

/**
 * token_make() - the token for what was read into @out
 * @c: card
 * @kind: of what
 * @from: count of commands when that reading began: who was at the card since
 *	then may have changed what had been read
 * @out: gets the token
 * @e: EX_OSERR
 */
int token_make(struct card *c, enum sim_kind kind, uint64_t from,
	       struct sim_changes *out, struct sim_err *e);

/**
 * token_holds() - nothing has changed since that token
 * @c: card
 * @kind: of what it is
 * @since: the token; NULL: none
 * @out: cleared; then gets token and total
 */
bool token_holds(struct card *c, enum sim_kind kind, const char *since,
		 struct sim_changes *out);

#endif
