/* SPDX-License-Identifier: MIT */
/*
 * cardnote.h - a change on a card under way, noted in a file: what a killed
 * command has begun can be finished by the next one
 */
#ifndef SIMSYNC_CMD_CARDNOTE_H
#define SIMSYNC_CMD_CARDNOTE_H

#include "model/replica.h"

/**
 * struct cardnote - a change
 * @ref: where
 * @was: what stood there; empty: nothing
 * @want: what is to stand there; empty: nothing
 */
struct cardnote {
	char *ref;
	struct sim_item was;
	struct sim_item want;
};

/** cardnote_write() - note @op; on disk when it returns. 0, -1 with errno. */
int cardnote_write(const char *path, const struct sim_op *op);
/** cardnote_read() - 0; 1 there is none, or none that makes sense; -1. */
int cardnote_read(const char *path, struct cardnote *out, struct sim_err *e);
void cardnote_free(struct cardnote *n);
void cardnote_drop(const char *path);

#endif
