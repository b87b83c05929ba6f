/* SPDX-License-Identifier: MIT */
/*
 * decide.h - what a person decides between two runs
 *
 * Each is one transaction on the ledger and touches no replica: the next run
 * writes what follows from it, under the same conditions as anything else. A
 * place that moved on meanwhile is an edit or a conflict then, never lost.
 */
#ifndef SIMSYNC_SYNC_DECIDE_H
#define SIMSYNC_SYNC_DECIDE_H

#include "store/ledger.h"

/* How long what a run changed can be undone. */
#define HISTORY_DAYS ((int64_t)90)

/**
 * struct decide - who decides, and when
 * @l: open ledger, no transaction under way
 * @now: seconds since the epoch
 * @country: as in struct sync_options
 */
struct decide {
	struct ledger *l;
	int64_t now;
	const char *country;
};

/**
 * decide_conflict() - one side's version of a field is everybody's
 * @d: who decides, and when
 * @conflict: its number in `conflicts list`
 * @where: whose: a replica's name, or part of its name for people
 * @e: EX_DATAERR, or why the ledger failed
 *
 * Return: 0, -1 (EX_NOINPUT: no such conflict, or not one such side).
 */
int decide_conflict(struct decide *d, int64_t conflict, const char *where,
		    struct sim_err *e);

/**
 * decide_join() - two contacts are one person: @b becomes part of @a
 * @d: who decides, and when
 * @a: item that stays
 * @b: item that becomes part of it
 * @e: EX_DATAERR, or why the ledger failed
 *
 * Nothing is lost: numbers and the like are united; where both have a single
 * value (the name), @a's stays. The record of @b goes where @a has one too.
 */
int decide_join(struct decide *d, int64_t a, int64_t b, struct sim_err *e);

/** decide_split() - two contacts are two people: not asked again. */
int decide_split(struct decide *d, int64_t a, int64_t b, struct sim_err *e);

/**
 * decide_restore() - put back what was held, where it was deleted or edited
 * @d: who decides, and when
 * @replica: its name or name for people, NULL: all
 * @e: EX_DATAERR, or why the ledger failed
 *
 * Return: how many, -1 on error.
 */
int decide_restore(struct decide *d, const char *replica, struct sim_err *e);

/**
 * struct undone - what an undo comes to
 * @run: its own number
 * @restored: items
 * @moved: fields and items that something else happened to since: left alone
 */
struct undone {
	int64_t run;
	size_t restored;
	size_t moved;
};

/**
 * decide_undo() - what a run brought in is taken back
 * @d: who decides, and when
 * @run: number of the run, as `history` shows it
 * @out: filled when 0 is returned
 * @e: EX_DATAERR, or why the ledger failed
 *
 * Per field, where it still is what that run made of it. What was deleted comes
 * back, on all sides; what was new is removed again from where it was copied to
 * and stays where it was found.
 *
 * Return: 0, -1 (EX_DATAERR: no such run, or nothing of it is remembered).
 */
int decide_undo(struct decide *d, int64_t run, struct undone *out,
		struct sim_err *e);

#endif
