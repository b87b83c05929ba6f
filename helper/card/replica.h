/* SPDX-License-Identifier: MIT */
/*
 * replica.h - inside a card's replica: records by their place, and their writes
 */
#ifndef SIMSYNC_CARD_REPLICA_H
#define SIMSYNC_CARD_REPLICA_H

#include "card/phonebook.h"

/**
 * struct priv - ours in a replica
 * @c: card
 * @seen: bit per kind: changes() has been asked before in this run
 * @wrote: bit per kind: something was written since
 * @unsure: bit per kind: what became of a write is not known
 * @token: by kind, of the last changes()
 * @from: by kind, count of commands when that began
 */
struct priv {
	struct card *c;
	unsigned int seen;
	unsigned int wrote;
	unsigned int unsure;
	char *token[3];
	uint64_t from[3];
};

/** rec_load() - what that kind needs to be read; @again: anew. 0, -1 */
int rec_load(struct card *c, enum sim_kind kind, bool again, struct sim_err *e);

/** rec_contact_place() - the entry a ref names, NULL: none */
struct pb_set *rec_contact_place(struct card *c, const char *ref,
				 unsigned int *rec);

/* The record as it was read last, with place and version. 0, -1 */
int rec_contact(struct card *c, struct pb_set *s, unsigned int rec,
		struct sim_record *r, struct sim_err *e);
int rec_message(struct card *c, unsigned int rec, struct sim_record *r,
		struct sim_err *e);
/** rec_info() - the same of the card's information, which is read now */
int rec_info(struct card *c, struct sim_record *r, struct sim_err *e);

/** card_apply() - see struct sim_replica_ops */
int card_apply(struct sim_replica *rep, struct sim_op *op, size_t n,
	       int (*before)(struct sim_op *op, void *arg),
	       int (*after)(struct sim_op *op, void *arg), void *arg,
	       struct sim_err *e);

#endif
