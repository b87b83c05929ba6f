/* SPDX-License-Identifier: MIT */
/*
 * ledger_show.h - one run, one conflict, one held thing, in full: for commands
 *
 * Strings live until @fn returns. Nonzero from @fn ends the list.
 */
#ifndef SIMSYNC_STORE_LEDGER_SHOW_H
#define SIMSYNC_STORE_LEDGER_SHOW_H

#include "store/ledger.h"
#include "store/ledger_history.h"

/** enum ledger_how - what a line of a run's history is about */
enum ledger_how {
	LEDGER_FOUND,	/* somebody changed it there */
	LEDGER_WROTE,	/* simsync wrote it there */
	LEDGER_UNDONE,	/* an undo took it back */
};

/**
 * struct ledger_change - one line of a run's history
 * @item: its number
 * @kind: of the item
 * @title: what a person calls it; ""
 * @replica: name for people
 * @verb: what was done
 * @how: and by whom
 * @at: when, seconds since the epoch
 * @before: content there before, NULL: none
 * @after: content there after, NULL: none
 */
struct ledger_change {
	int64_t item;
	enum sim_kind kind;
	const char *title;
	const char *replica;
	enum sim_verb verb;
	enum ledger_how how;
	int64_t at;
	const char *before;
	const char *after;
};

/**
 * ledger_show_run() - a run, then each of its changes
 * @l: open ledger
 * @run: its number
 * @head: called once
 * @line: called for each change
 * @arg: for both
 * @e: EX_NOINPUT: no such run
 */
int ledger_show_run(struct ledger *l, int64_t run,
		    int (*head)(const struct ledger_run *row, void *arg),
		    int (*line)(const struct ledger_change *row, void *arg),
		    void *arg, struct sim_err *e);

/**
 * ledger_remembers() - where history begins, after pruning
 * @l: open ledger
 * @run: out: the oldest run whose changes are known; 0: none are
 * @at: out: when that was
 * @e: why not
 */
int ledger_remembers(struct ledger *l, int64_t *run, int64_t *at,
		     struct sim_err *e);

/**
 * ledger_no_run() - say why there is no such run: it never was, or is forgotten
 * @l: open ledger
 * @run: its number
 * @e: out
 *
 * Return: -1.
 */
int ledger_no_run(struct ledger *l, int64_t run, struct sim_err *e);

/** ledger_show_conflict() - each side of a conflict, open or closed
 * @l: open ledger
 * @conflict: its number
 * @fn: called for each side
 * @arg: for it
 * @e: EX_NOINPUT: no such one
 */
int ledger_show_conflict(struct ledger *l, int64_t conflict,
			 int (*fn)(const struct ledger_conflict *row,
				   void *arg),
			 void *arg, struct sim_err *e);

/**
 * struct ledger_held_one - a held thing in full
 * @row: as in the list
 * @run: that found it
 * @others: held for the same replica besides it
 * @there: content as that replica last had it, NULL: not known
 * @merged: content everywhere else, NULL: it is about the whole replica
 */
struct ledger_held_one {
	struct ledger_held row;
	int64_t run;
	int64_t others;
	const char *there;
	const char *merged;
};

/**
 * ledger_show_held() - one held thing
 * @l: open ledger
 * @held: its number
 * @fn: called once
 * @arg: for it
 * @e: EX_DATAERR: no such one
 */
int ledger_show_held(struct ledger *l, int64_t held,
		     int (*fn)(const struct ledger_held_one *one, void *arg),
		     void *arg, struct sim_err *e);

/**
 * ledger_salvage() - deletes a damaged ledger knew of and others still had not
 * @path: its file; opened for reading only
 * @fn: called for each: who still has it, and what it is
 * @arg: for it
 *
 * Return: 0, 1: that is not all, the rest cannot be read.
 */
int ledger_salvage(const char *path,
		   int (*fn)(const char *replica, const char *title,
			     void *arg),
		   void *arg);

/** ledger_title() - what a person calls an item: malloc'd, "" or NULL: memory */
char *ledger_title(const char *value);

#define LEDGER_SHOW_QUERIES(X)                                                 \
	X(SHOW_RUN, "SELECT id,trigger,start,end,outcome,detail FROM run "     \
		    "WHERE id=?")                                              \
	X(SHOW_CHANGES,                                                        \
	  "SELECT h.item,ifnull(c.kind,0),i.value,r.shown,h.verb,h.wrote,"     \
	  "h.at," LEDGER_WHOLE("h.before", "h.photo0") ","                     \
	  LEDGER_WHOLE("h.after", "h.photo1") " FROM history h "               \
	  "LEFT JOIN item i ON i.id=h.item "                                   \
	  "LEFT JOIN component c ON c.id=i.component "                         \
	  "LEFT JOIN member m ON m.id=h.member "                               \
	  "LEFT JOIN replica r ON r.id=m.replica "                             \
	  "WHERE h.run=? ORDER BY h.id")                                       \
	X(SHOW_MEMORY, "SELECT run,at FROM history ORDER BY run LIMIT 1")      \
	X(SHOW_OLDEST, "SELECT id,start FROM run ORDER BY id LIMIT 1")         \
	X(SHOW_CONFLICT,                                                       \
	  "SELECT c.id,c.item,i.value,c.field,r.shown,v.value,c.opened "       \
	  "FROM conflict c JOIN item i ON i.id=c.item "                        \
	  "JOIN version v ON v.conflict=c.id "                                 \
	  "JOIN member m ON m.id=v.member JOIN replica r ON r.id=m.replica "   \
	  "WHERE c.id=? ORDER BY r.class,r.name")                              \
	X(SHOW_HELD,                                                           \
	  "SELECT h.id,r.shown,h.what,i.value,h.at,h.run,"                     \
	  "(SELECT count(*)-1 FROM held o WHERE o.member=h.member "            \
	  "AND o.state='held'),(SELECT b.value FROM base b "                   \
	  "WHERE b.item=h.item AND b.member=h.member ORDER BY b.id LIMIT 1) "  \
	  "FROM held h JOIN member m ON m.id=h.member "                        \
	  "JOIN replica r ON r.id=m.replica "                                  \
	  "LEFT JOIN item i ON i.id=h.item "                                   \
	  "WHERE h.id=? AND h.state='held'")

#endif
