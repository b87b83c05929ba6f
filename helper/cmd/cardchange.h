/* SPDX-License-Identifier: MIT */
/*
 * cardchange.h - changes on a card that a person asks for, outside of a run
 *
 * Each goes the way of a run's write: cut to what the card holds, conditional,
 * read back. A contact is several records: it is noted in a file before the
 * first of them is written, and what a killed command left half done is finished
 * when the card is opened again. The run that follows finds the change as an
 * edit on the card: so it is in `history`, and `undo` takes it back.
 */
#ifndef SIMSYNC_CMD_CARDCHANGE_H
#define SIMSYNC_CMD_CARDCHANGE_H

#include "cmd/oncard.h"
#include "model/replica.h"

/**
 * struct cardchange - a card being looked at or changed by hand
 * @c: the command
 * @o: its slot and trace
 * @card: the card
 * @rep: the same as a replica
 * @kind: what is looked at
 * @now: all of that kind the card has
 * @note: file a change under way is noted in; "" none
 * @half: a change may be half done: nothing else is begun, for its note is the
 *	only one; the card has to be opened again
 */
struct cardchange {
	struct cmd *c;
	struct oncard o;
	struct card *card;
	struct sim_replica *rep;
	enum sim_kind kind;
	struct sim_changes now;
	char note[600];
	bool half;
};

/**
 * cardchange_open() - open a card and read all of one kind
 * @w: its @c, @o and @kind filled
 * @write: to change it: refused where the card is enrolled as "pull", and where
 *	a change waits to be finished
 * @e: why not
 */
int cardchange_open(struct cardchange *w, bool write, struct sim_err *e);
/** cardchange_close() - what could not be read is said; @r: result so far */
int cardchange_close(struct cardchange *w, int r, struct sim_err *e);

/**
 * cardchange_find() - the one contact or message a person means
 * @w: the card
 * @who: record ("local/1/7", "sms/3"); of a contact also name or number
 * @e: why not
 *
 * Return: it, of @w->now; NULL: none, or more than one.
 */
const struct sim_record *cardchange_find(const struct cardchange *w,
					 const char *who, struct sim_err *e);

/**
 * cardchange_add() - write to a free place
 * @w: the card
 * @full: what
 * @got: out: as read back; free with sim_record_free()
 * @e: why not
 *
 * Return: 0; 1 the card has just that already (nothing is written); -1.
 */
int cardchange_add(struct cardchange *w, const struct sim_item *full,
		   struct sim_record *got, struct sim_err *e);
/** cardchange_edit() - make @was what @full says. 0, 1 it says so already, -1. */
int cardchange_edit(struct cardchange *w, const struct sim_record *was,
		    const struct sim_item *full, struct sim_record *got,
		    struct sim_err *e);
/** cardchange_rm() - remove @was. 0, -1. */
int cardchange_rm(struct cardchange *w, const struct sim_record *was,
		  struct sim_err *e);

/**
 * cardchange_lost() - what the card does not hold as it was given
 * @full: what was given
 * @got: what the card has
 *
 * Return: JSON array of their names.
 */
json_t *cardchange_lost(const struct sim_item *full, const struct sim_item *got);

/** cardchange_note_path() - the file for a card; 0, -1 */
int cardchange_note_path(struct cmd *c, const char *iccid, char *path,
			 size_t size);

/**
 * cardchange_finish() - what a killed command left half done
 * @rep: the card
 * @note: its file
 * @e: why not
 *
 * Finished where the entry holds nothing but what it was and what it was to
 * become; left as it is where somebody else has been at it.
 *
 * Return: 0 nothing to do, 1 finished; the file stays: 2 the card does not show
 * that entry now (@e names it), -1.
 */
int cardchange_finish(struct sim_replica *rep, const char *note,
		      struct sim_err *e);

#endif
