/* SPDX-License-Identifier: MIT */
/*
 * run.h - inside the engine: one run, one component of it, its sides
 *
 * The steps of a run, one file each, for one component at a time:
 *	engine.c	who takes part; rounds
 *	look.c		ask each replica what changed; recover from a crash
 *	match.c		which item is each changed record; new items
 *	guard.c		hold what looks wrong
 *	absorb.c	merge what changed into each item, note who is due
 *	write.c		write what is due
 */
#ifndef SIMSYNC_SYNC_RUN_H
#define SIMSYNC_SYNC_RUN_H

#include "store/ledger_history.h"
#include "store/ledger_sql.h"
#include "sync/engine.h"
#include "sync/graph.h"

#define NOT_FOUND ((size_t)-1)

struct run {
	struct ledger *l;
	const struct rules *rules;
	const struct sync_options *opt;
	struct sync_report *rep;
	struct sim_err *e;
	int64_t id;
	int64_t now;
	bool conflicts;	/* some may be open: look before projecting */
	bool holds;	/* some may be held: look before writing */
};

/**
 * struct side - a replica that is here and takes part in a component
 * @r: the replica
 * @member: its row
 * @gives: its changes count
 * @takes: it is written
 * @card: records without identity: matched as a multiset
 * @names: rules that touch it
 * @ch: what it answered
 * @looked: @ch is complete
 * @unsure: a write failed there, and may have left a part
 * @again: a write met something else there: look at everything next round
 * @moved: the same, found out in this round
 * @unread: a record of @ch cannot be read, and may be one that was elsewhere
 * @keep_token: something was held: the same changes must be seen again
 * @room: something went away there: what did not fit may now
 * @failed: it answered with an error and takes no part any more
 * @read: when it was looked at last, 0: never
 * @present: items it held before this look, for the guards; -1: not counted
 */
struct side {
	struct sim_replica *r;
	int64_t member;
	bool gives, takes, card;
	char names[32];
	struct sim_changes ch;
	bool looked, unsure, again, moved, unread, keep_token, room, failed;
	int64_t read;
	int64_t present;
};

/**
 * struct touch - an item to merge, and why
 * @item: row; several touches may share it
 * @side: where the change is; NOT_FOUND: just look who is due
 * @base: row of the base that changed
 * @rec: what is there now; NULL: gone
 * @ref: where it was, for one that is held
 * @version: the same
 * @was: content before, where it is not the base's (recovery); or NULL
 * @edited: content differs from the base
 * @paired: first seen now: all it holds is an addition
 * @retyped: somebody edited a record into what the item is already
 * @told: another phone left it so, by the card's manifest: nobody's edit
 * @held: a guard keeps it back
 * @released: row of the held thing that may go on now, 0: none
 */
struct touch {
	int64_t item;
	size_t side;
	int64_t base;
	struct sim_record *rec;
	char *ref;
	char *version;
	char *was;
	bool edited;
	bool paired;
	bool retyped;
	bool told;
	bool held;
	int64_t released;
};

/** struct peer - a member of a component, here (@side) or away (NOT_FOUND) */
struct peer {
	int64_t member;
	enum sim_class class;
	size_t side;
};

struct component {
	struct run *run;
	struct peer *peer;
	size_t peers;
	int64_t id;
	struct graph g;
	struct side *side;
	size_t n;
	struct touch *touch;
	size_t touches;
	size_t cap;
	int64_t floor;	/* last item before another component's came */
	bool merged;	/* some did */
	int64_t *made;	/* items made while merging: theirs comes last */
	size_t mades;
};

/* engine.c */
/** side_here() - the side of a peer; NULL: away, or it could not be read */
struct side *side_here(const struct component *c, const struct peer *p);
int run_begin(struct run *run);
int run_commit(struct run *run);
int run_fault(struct run *run, const char *point);
void run_progress(struct run *run, enum sync_stage stage, const char *shown,
		  size_t done, size_t total);
void run_uuid(struct run *run, char out[37]);
/** run_wake() - what a record says is in memory until sim_record_rest() */
int run_wake(struct run *run, struct sim_record *rec);
/** run_unread() - it could not be; -1 */
int run_unread(struct run *run);
struct touch *touch_add(struct component *c, int64_t item, size_t side);

/* report.c */
int report_line(struct run *run, enum sync_line_type type,
		const struct side *s, enum sim_kind kind, enum sim_verb verb,
		const struct sim_item *it, enum sim_outcome outcome,
		const char *reason);
/** report_why() - the first problem is what sync_detail will say */
void report_why(struct run *run, const struct side *s,
		const struct sim_err *why);
/** report_left_out() - the replica failed and takes no part any more */
int report_left_out(struct run *run, struct side *s, enum sim_kind kind,
		    const struct sim_err *why);
void report_end(struct run *run);

/* seed.c: what happened under other rules since this one was in force */
int seed(struct component *c, bool fresh);
/** widen() - items after @floor, taken from component @from: all that the cards
 *	hold of them together. 0, -1 */
int widen(struct component *c, int64_t from, int64_t floor);
/** seed_rules() - what its rules say now, against what they said. 0, -1 */
int seed_rules(struct component *c, unsigned int classes);
/** seed_pair() - items of two components that became one: those that are one */
int seed_pair(struct component *c);

/* look.c: 0, -1 the ledger failed (a replica that failed is left out) */
int look(struct component *c);

/**
 * struct spot - a place of a replica that is not as its base says
 * @base: row, 0: nothing was there
 * @item: of the base
 * @ref: where it is, of the base
 * @version: of the base, as the replica gave it
 * @uid: of the base, or NULL
 * @rec: what is there now, NULL: nothing
 * @lost: the base's content has still to be found
 * @found: the record has still to be given an item
 * @retyped: somebody gave it the name it has now
 * @was: content of the base, when loaded
 * @whole: name of which the record has the beginning, as a copy of that item
 */
struct spot {
	int64_t base;
	int64_t item;
	char *ref;
	char *version;
	char *uid;
	struct sim_record *rec;
	bool lost;
	bool found;
	bool retyped;
	struct sim_item was;
	char *whole;
};

/**
 * struct spots - all spots of a side
 * @spot: the spots
 * @touch0: first touch that is of this side
 * @n: how many
 * @cap: room in @spot
 */
struct spots {
	struct spot *spot;
	size_t touch0;
	size_t n;
	size_t cap;
};

int look_spots(struct component *c, size_t side, struct spots *s);
void spots_free(struct spots *s);
int recover(struct component *c, size_t side, struct spots *s);

/* match.c: every spot gets its item, or becomes a new one */
int match(struct component *c, size_t side, struct spots *s);
/* pairing.c */
int pair_found(struct component *c, size_t side, struct spots *s);
int numbers_set(struct component *c, int64_t item, const struct sim_item *it,
		bool fresh);

/* manifest.c */
/** manifest_match() - what other phones wrote on a card is no edit. 0, -1 */
int manifest_match(struct component *c, size_t side, struct spots *s);
/** manifest_old() - @s's bases change, @whole: it gains or loses records: what was
 *	told of the cards concerned is old. 0, -1 */
int manifest_old(struct component *c, const struct side *s, bool whole);
/** manifest_all_old() - what was told of any card. 0, -1 */
int manifest_all_old(struct component *c);
/** manifest_tell() - tell the server what has changed since. 0, -1 */
int manifest_tell(struct run *run, struct sim_replica **r, size_t n);

/* guard.c */
int guard(struct component *c, size_t side);
/** refill_held() - a new generation is not written before a person agrees */
int refill_held(struct component *c, struct side *s, int64_t replica);

/**
 * struct row - what one member's base says of an item
 * @id: of the base's row
 * @member: whose base
 * @rev: of the item's value when this row was written
 * @class: of the member
 * @ref: where it is there; NULL: nowhere
 * @version: what the replica said of it
 * @uid: what it is called there
 * @meaning: present, deleted, not-placed, unreadable or asked
 * @missed: single fields that changed since its place was told, with commas
 * @value: content as read back
 * @asked: @want differs from @value
 * @want: content asked for when the replica made something else of it
 * @touch: what changed there now, or NULL
 */
struct row {
	int64_t id, member, rev;
	enum sim_class class;
	char *ref, *version, *uid, *meaning, *missed;
	struct sim_item value;
	bool asked;		/* @want differs from @value */
	struct sim_item want;
	struct touch *touch;
};

/**
 * struct open - an open conflict of an item
 * @id: its row
 * @field: what it is about
 * @fresh: opened just now
 * @back: rules had parted its sides, and brought them together again
 */
struct open {
	int64_t id;
	char *field;
	bool fresh, back;
};

/**
 * struct merge - one item being merged
 * @c: component it is in
 * @item: its row
 * @state: 1 live, 2 dead
 * @rev: of the value that was loaded
 * @chosen: revision of the order its numbers have; 0: nobody chose one
 * @chose: somebody did in this run
 * @m0: merged content before this run
 * @m: after
 * @row: what each member's base says
 * @rows: how many
 * @open: conflicts open about it
 * @opens: how many
 */
struct merge {
	struct component *c;
	int64_t item;
	int state;
	int64_t rev, chosen;
	bool chose;
	struct sim_item m0, m;
	struct row *row;
	size_t rows;
	struct open *open;
	size_t opens;
};

/* item.c: load and free */
int merge_load(struct component *c, int64_t item, struct merge *m);
/** row_missed() - that single field changed since the row's place was told */
bool row_missed(const struct merge *m, const struct row *r, const char *name);
void merge_free(struct merge *m);
int open_load(struct component *c, int64_t item, struct open **out, size_t *n);
void open_free(struct open *open, size_t n);

/* edits.c */
int take_edits(struct merge *m, struct row *row);
int settle_conflicts(struct merge *m);

/** struct when - an edit was made not before @since and not after @until */
struct when {
	int64_t since, until;
};

/* clock.c */
/** edit_when() - when what a touch found was done there */
void edit_when(const struct component *c, const struct side *s,
	       const struct touch *t, struct when *out);
/** newest() - @verdict: 1 this row's edit of @field is the newer, -1 what others
 *	made of it is, 0 nobody can tell. 0, -1 */
int newest(struct merge *m, const struct row *row, const char *field,
	   int *verdict);

/* absorb.c */
int absorb(struct component *c);
/** takes_item() - does an item held by @holders (class bits) go to @class? */
bool takes_item(const struct component *c, const struct sim_item *it,
		unsigned int holders, enum sim_class class);
/**
 * want_of() - what a side should hold of an item
 * @m: the item, merged
 * @s: the side
 * @row: what it holds of it, NULL: nothing
 * @want: out: free with sim_item_free()
 * @why: filled when 1 is returned
 *
 * It keeps the numbers it holds, unless a person put others first since.
 *
 * Return: 0, 1 cannot hold it, -1.
 */
int want_of(struct merge *m, struct side *s, const struct row *row,
	    struct sim_item *want, struct sim_err *why);

/* write.c */
int write_due(struct component *c);

int64_t text_hash(const char *text);
int run_no_memory(struct run *run);
/** item_load() - content of an item. Return: 1 live, 2 dead, 0 none, -1. */
int item_load(struct component *c, int64_t item, struct sim_item *it);
/** item_here() - 1: the side holds this item (not counting lost spots) */
int item_here(struct component *c, const struct side *s, int64_t item);

#endif
