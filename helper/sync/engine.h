/* SPDX-License-Identifier: MIT */
/*
 * engine.h - one run: look at every replica, merge, plan, write, remember
 *
 * The engine is the only writer of the ledger. It sees replicas through
 * model/replica.h and does no I/O of its own. Replicas that are known to the
 * ledger but not given to a run are "away": what they are due is queued.
 */
#ifndef SIMSYNC_SYNC_ENGINE_H
#define SIMSYNC_SYNC_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/err.h"
#include "model/replica.h"
#include "store/ledger.h"
#include "sync/rules.h"

/**
 * enum sync_mask - what one replica takes part in, this run
 * @SYNC_BOTH: gives and takes, as the rules say
 * @SYNC_PULL: only gives (it is not written)
 * @SYNC_FILL: only takes (what it holds and nobody else has stays where it is)
 * @SYNC_IGNORE: neither read nor written
 */
enum sync_mask { SYNC_BOTH, SYNC_PULL, SYNC_FILL, SYNC_IGNORE };

enum sync_stage {
	SYNC_RECOVER, SYNC_LOOK, SYNC_MATCH, SYNC_MERGE, SYNC_WRITE, SYNC_END
};

/**
 * struct sync_options - how to run
 * @dry_run: plan only; neither replicas nor ledger change
 * @trigger: what caused it ("T1 simslot0"), for the run's record; may be NULL
 * @mask: one per replica, or NULL: all SYNC_BOTH
 * @country: calling code of the home country ("49"), to compare numbers; NULL:
 *	unknown
 * @now: seconds since the epoch; NULL: time(2)
 * @uuid: a fresh UUID as text; NULL: libuuid
 * @progress: called as things go on; @done of @total; may be NULL
 * @fault: crash tests: called at every point where a kill would matter; when
 *	it returns nonzero the run ends there as if killed; may be NULL
 * @stop: asked while a replica waits for its other end: non-zero, and it gives
 *	up at once; @fault is to say the same then. May be NULL
 * @arg: for the five
 * @shelf: room outside memory for answers of many contacts; NULL: none
 */
struct sync_options {
	bool dry_run;
	const char *trigger;
	const enum sync_mask *mask;
	const char *country;
	int64_t (*now)(void *arg);
	void (*uuid)(char out[37], void *arg);
	void (*progress)(enum sync_stage stage, const char *shown, size_t done,
			 size_t total, void *arg);
	int (*fault)(const char *point, void *arg);
	int (*stop)(void *arg);
	void *arg;
	struct sim_shelf *shelf;
};

/** enum sync_line_type - what one line of the report is about */
enum sync_line_type {
	SYNC_WROTE,	/* planned or written: verb, replica, outcome */
	SYNC_SEEN,	/* a change found on a replica: verb, replica */
	SYNC_CONFLICT,	/* two sides changed one field: reason names it */
	SYNC_DUPLICATE, /* possible duplicate: nothing merged */
	SYNC_HELD,	/* a guard held something: reason says how much */
	SYNC_NOT_PLACED, /* the replica cannot hold it or is full */
	SYNC_PROBLEM,	/* unreadable record, write failed */
	SYNC_LEFT_OUT,	/* the replica failed: reason says why and what helps */
};

/**
 * struct sync_line - one thing that was done, or found
 * @type: see above
 * @replica: its name for people
 * @kind: of the item
 * @verb: what was or would be done
 * @title: the item for people (FN, sender, label): for the owner's terminal
 *	and never for logs or sync_detail; "" when about no single item
 * @rule: rules that made it ("R4", "R4 R6")
 * @outcome: SIM_PENDING in a dry run
 * @reason: why, as a phrase; or ""
 * @more: this many more of the same are not named: what goes well is named for
 *	the first thousands only
 */
struct sync_line {
	enum sync_line_type type;
	char *replica;
	enum sim_kind kind;
	enum sim_verb verb;
	char *title;
	char *rule;
	enum sim_outcome outcome;
	char *reason;
	size_t more;
};

/** enum sync_state - as in /sys/class/simslot/.../sync_state; worse is later */
enum sync_state {
	SYNC_OK, SYNC_PARTIAL, SYNC_ASK, SYNC_CONFLICT_OPEN, SYNC_HELD_BACK,
	SYNC_ERROR
};

/**
 * struct sync_report - what a run did
 * @run: its number in the ledger; 0 in a dry run
 * @line: in the order things happened
 * @n: how many lines
 * @created: records created (dry run: planned)
 * @updated: records written over
 * @deleted: records deleted
 * @seen: changes found on replicas
 * @not_placed: items some replica could not hold, all replicas counted
 * @queued: writes due to replicas that are away
 * @unreadable: records found that cannot be understood; they stay as they are
 * @failed: writes and replicas that failed
 * @why: the first that went wrong, "server: SENTENCE" and exit code; code 0:
 *	nothing did
 * @conflicts: conflicts open at the end
 * @duplicates: possible duplicates open at the end
 * @held: things held by guards at the end
 * @state: worst of all
 * @detail: short printable line without content, for sync_detail
 */
struct sync_report {
	int64_t run;
	struct sync_line *line;
	size_t n;
	size_t created, updated, deleted, seen;
	size_t not_placed, queued, unreadable, failed;
	size_t conflicts, duplicates, held;
	struct sim_err why;
	enum sync_state state;
	char detail[256];
};

/**
 * sync_run() - one run
 * @l: open ledger
 * @rules: what to keep the same
 * @r: replicas that are here now, each name once
 * @n: how many
 * @opt: how
 * @rep: filled, also on error; free with sync_report_free()
 * @e: filled on error
 *
 * A replica that fails is reported and left out; the others go on.
 *
 * Return: 0 when the run ended (look at @rep->state), -1 when the ledger
 * failed or @opt->fault stopped it. Whenever it stops, the next run goes on.
 */
int sync_run(struct ledger *l, const struct rules *rules,
	     struct sim_replica **r, size_t n, const struct sync_options *opt,
	     struct sync_report *rep, struct sim_err *e);
void sync_report_free(struct sync_report *rep);

/** sync_state_name() - "ok", "partial", "ask", "conflict", "held", "error" */
const char *sync_state_name(enum sync_state s);

/** sync_outcome_name() - "done", "full", ... */
const char *sync_outcome_name(enum sim_outcome o);

#endif
