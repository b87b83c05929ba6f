/* SPDX-License-Identifier: MIT */
/*
 * ledger_history.h - what became of items: remembered, and forgotten in time
 */
#ifndef SIMSYNC_STORE_LEDGER_HISTORY_H
#define SIMSYNC_STORE_LEDGER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "store/ledger.h"

/** A text of history with the photo it was stored apart from. */
#define LEDGER_WHOLE(text, photo)                                              \
	text "||ifnull((SELECT value FROM photo WHERE id=" photo "),'')"

/**
 * struct ledger_memory - a line of history
 * @run: in which it was seen or done
 * @item: whose
 * @member: where
 * @verb: enum sim_verb
 * @at: when, seconds since the epoch
 * @before: content before; NULL: there was nothing
 * @after: content after; NULL: there is nothing
 * @wrote: 1 simsync wrote it, 0 found there, 2 changed back by an undo
 * @dated: @since and @until are known
 * @since: it was done not before,
 * @until: and not after
 */
struct ledger_memory {
	int64_t run, item, member, verb, at;
	const char *before, *after;
	int64_t wrote;
	bool dated;
	int64_t since, until;
};

/** ledger_remember() - in the open transaction; a photo is stored once. 0, -1 */
int ledger_remember(struct ledger *l, const struct ledger_memory *m,
		    struct sim_err *e);

/**
 * ledger_forget() - what is too old or too much; bases and tombstones stay
 * @l: in a transaction
 * @before: runs that began before, seconds since the epoch
 * @bytes: of contents that may be remembered
 * @e: why not
 *
 * Costs what the runs since the last call brought, and what is forgotten.
 */
int ledger_forget(struct ledger *l, int64_t before, int64_t bytes,
		  struct sim_err *e);

#define LEDGER_HISTORY_QUERIES(X)                                              \
	X(HISTORY_ADD,                                                         \
	  "INSERT INTO history(run,item,member,verb,at,before,after,wrote,"    \
	  "since,until,photo0,photo1) VALUES(?,?,?,?,?,?,?,?,iif(?9,?10,"      \
	  "NULL),iif(?9,?11,NULL),nullif(?12,0),nullif(?13,0))")               \
	X(HISTORY_OF,                                                          \
	  "SELECT since,until," LEDGER_WHOLE("before", "photo0") ","           \
	  LEDGER_WHOLE("after", "photo1") " FROM history "                     \
	  "WHERE item=? AND member<>? AND wrote=0 AND verb=1 "                 \
	  "ORDER BY id DESC LIMIT 32")                                         \
	X(PHOTO_GET,                                                           \
	  "SELECT id FROM photo WHERE hash=? AND value=?")                     \
	X(PHOTO_ADD,                                                           \
	  "INSERT INTO photo(hash,value,size) VALUES(?1,?2,length(?2))")       \
	X(FORGET_COUNT,                                                        \
	  "UPDATE run SET bytes=(SELECT ifnull(sum(ifnull(length(before),0)+"  \
	  "ifnull(length(after),0)),0) FROM history h WHERE h.run=run.id) "    \
	  "WHERE bytes IS NULL")                                               \
	X(FORGET_ANY,                                                          \
	  "SELECT 1 FROM run WHERE start<? "                                   \
	  "AND id<(SELECT max(id) FROM run) LIMIT 1")                          \
	X(FORGET_OLD,                                                          \
	  "DELETE FROM history WHERE run IN (SELECT id FROM run WHERE "        \
	  "start<? AND id<(SELECT max(id) FROM run))")                         \
	X(FORGET_RUNS,                                                         \
	  "DELETE FROM run WHERE start<? AND id<(SELECT max(id) FROM run)")    \
	X(FORGET_TOTAL,                                                        \
	  "SELECT (SELECT ifnull(sum(bytes),0) FROM run WHERE bytes>0)+"       \
	  "(SELECT ifnull(sum(size),0) FROM photo),"                           \
	  "ifnull((SELECT min(id) FROM run WHERE bytes>0),0)")                 \
	X(FORGET_RUN,                                                          \
	  "DELETE FROM history WHERE run=?")                                   \
	X(FORGET_SIZE,                                                         \
	  "UPDATE run SET bytes=0 WHERE id=?")                                 \
	X(FORGET_PHOTOS,                                                       \
	  "DELETE FROM photo WHERE NOT EXISTS(SELECT 1 FROM history WHERE "    \
	  "photo0=photo.id) AND NOT EXISTS(SELECT 1 FROM history WHERE "       \
	  "photo1=photo.id)")

#endif
