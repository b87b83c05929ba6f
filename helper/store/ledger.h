/* SPDX-License-Identifier: MIT */
/*
 * ledger.h - what every replica last agreed to, and what became of it
 *
 * One SQLite file (WAL, foreign keys, synchronous FULL). Written by sync/
 * only; cmd/ reads it through the lists at the end. The schema, version 7:
 *
 * component  id, kind, classes, used: replicas joined by rules for one kind of
 *	data; `classes` is a mask of enum sim_class. Values never leave a
 *	component. `used` is the last run that was about it: what other rules
 *	made of it since is carried over (sync/seed.c). `rules` is a hash of what
 *	they said then: where it changed, all is looked at once more
 * replica    id, name, shown, class, first_seen, last_seen, state (here|away|
 *	retired), eid (of the eUICC a profile is on), psc (of its phonebook, as
 *	last read), asks (1: a new generation; filling it waits for a yes),
 *	retired (when). A retired one keeps its bases: they are what it held
 * member     id, component, replica, token, read, told, takes: a replica in a
 *	component; `token` is what changes() gave last, `read` when that was,
 *	`told` the sequence of the manifest that has its bases, NULL: none has,
 *	`takes` 0: it is not written, what is due to it is no queue
 * euicc      eid, notice: number of the last notification seen there
 * item       id, component, uid (vCard UID for new copies), key, nth (natural
 *	key and its occurrence), state (live|dead), rev, value (merged content),
 *	died (when), chosen. A dead item is a tombstone: its delete goes to
 *	whoever still has it. `chosen` is the revision in which a person put
 *	its numbers in order: a base older than that gives up what it holds
 *	for what comes first
 * number     component, number, item: normalised numbers of live contacts, to
 *	pair by
 * base       id, item, member, ref, version, uid, value (content as read
 *	back; "asked" with a place: left there although the item is dead), want (content asked for when the replica made something else of
 *	it), meaning (present|deleted|not-placed|unreadable|asked). `ref` is
 *	NULL when nothing is there. Identical records of a card are several
 *	rows of one item
 *	`missed`: single fields that changed elsewhere since the revision it
 *	has; where it cuts them its own content does not tell
 * due        member, item: has to be looked at when planning for member: what
 *	is queued for a replica that is away stays here
 * run        id, trigger, start, end, outcome, detail, bytes: of its history, NULL:
 *	not counted yet
 * journal    id, run, member, item, verb, ref, uid, before, want, state (open):
 *	there before a write goes out, gone when its outcome is known
 * history    id, run, item, member, verb, at, before, after, wrote (1: simsync
 *	wrote it; 0: found changed there; 2: changed back by an undo), since and
 *	until (when the change was made, as far as known; NULL: not known),
 *	photo0 and photo1 (rows of photo: what `before` and `after` are without);
 *	pruned after 90 days or at 64 MiB, and so are runs
 * photo      id, hash, value, size: photos of history, each once
 * conflict   id, item, field, state (open|closed), opened, closed (runs; NULL and
 *	closed: rules parted its sides)
 * version    conflict, member, value: each side of a conflict
 * duplicate  a, b (items), state (open|joined|split), run
 * held       id, member, item, what (delete|edit|emptied|refill), run, at, state
 *	(held|released|restored); `refill` is of the whole replica, item NULL
 *
 * Two writers never meet (one run at a time); readers see the last commit.
 */
#ifndef SIMSYNC_STORE_LEDGER_H
#define SIMSYNC_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/err.h"
#include "model/replica.h"

#define LEDGER_VERSION 7

struct ledger;

/**
 * ledger_open() - open, create or migrate a ledger
 * @l: out; NULL on error
 * @path: file, or ":memory:"
 * @e: EX_CONFIG: made by a newer simsync, left alone; EX_DATAERR: corrupt,
 *	left alone (see ledger_set_aside()); EX_CANTCREAT, EX_IOERR
 */
int ledger_open(struct ledger **l, const char *path, struct sim_err *e);
void ledger_close(struct ledger *l);

/**
 * ledger_set_aside() - make room for a new ledger after EX_DATAERR
 * @path: file of the corrupt ledger
 * @now: seconds since the epoch, for the name
 * @e: EX_CANTCREAT; EX_USAGE: path too long
 *
 * Renames @path and its -wal and -shm to "@path.corrupt-@now...". The next run
 * pairs everything anew: it deletes nothing, and what was deleted while away
 * may come back.
 */
int ledger_set_aside(const char *path, int64_t now, struct sim_err *e);

/* One transaction per step. Rollback never fails. */
int ledger_begin(struct ledger *l, struct sim_err *e);
int ledger_commit(struct ledger *l, struct sim_err *e);
void ledger_rollback(struct ledger *l);

/* ---- for commands: each calls @fn once a row; nonzero from @fn ends it ---- */

/** struct ledger_run - a row of `history` */
struct ledger_run {
	int64_t id;
	const char *trigger;
	int64_t start;
	int64_t end;		/* 0: did not end */
	const char *outcome;	/* sync_state name, or NULL */
	const char *detail;
};
int ledger_runs(struct ledger *l, int limit,
		int (*fn)(const struct ledger_run *row, void *arg), void *arg,
		struct sim_err *e);

/** struct ledger_place - a replica the ledger knows */
struct ledger_place {
	const char *name;
	const char *shown;
	enum sim_class class;
	int64_t first_seen;
	int64_t last_seen;
	const char *state;
	int64_t items[SIM_KINDS];	/* present there */
	int64_t not_placed;
	int64_t due;			/* writes waiting for it */
};
int ledger_places(struct ledger *l,
		  int (*fn)(const struct ledger_place *row, void *arg),
		  void *arg, struct sim_err *e);

/** ledger_knows() - 1: this replica took part in a run before; 0; -1 */
int ledger_knows(struct ledger *l, const char *name, struct sim_err *e);

/** struct ledger_conflict - one side of an open conflict */
struct ledger_conflict {
	int64_t id;
	int64_t item;
	const char *title;
	const char *field;
	const char *replica;	/* shown name */
	const char *value;	/* NULL: removed there */
	int64_t run;
};
int ledger_conflicts(struct ledger *l,
		     int (*fn)(const struct ledger_conflict *row, void *arg),
		     void *arg, struct sim_err *e);

/** struct ledger_duplicate - a pair that may be one person */
struct ledger_duplicate {
	int64_t a, b;
	const char *title_a, *title_b;
};
int ledger_duplicates(struct ledger *l,
		      int (*fn)(const struct ledger_duplicate *row, void *arg),
		      void *arg, struct sim_err *e);

/** struct ledger_held - something a guard held */
struct ledger_held {
	int64_t id;
	const char *replica;
	const char *what;
	const char *title;
	int64_t at;
};
int ledger_held(struct ledger *l,
		int (*fn)(const struct ledger_held *row, void *arg), void *arg,
		struct sim_err *e);

/** ledger_release() - the next run does what was held for @replica (NULL: all)
 *
 * Return: how many were released, -1 on error.
 */
int ledger_release(struct ledger *l, const char *replica, struct sim_err *e);

#endif
