/* SPDX-License-Identifier: MIT */
/*
 * model.h - random histories against the invariants of design.md
 *
 * A history is data: what replicas there are, and a list of steps that people,
 * terminals and failures take. It can be printed, read back, and made shorter.
 * It is played on replicas in memory under the real engine, and at the same
 * time on a model that knows nothing of the engine: who was typed where, what
 * of it was typed over or deleted, and which replica can have seen what.
 *
 *	history.c	steps as data: made from a seed, printed, read
 *	world.c		the replicas and the phone; what fails; runs
 *	steps.c		what people and other terminals do
 *	answers.c	what a person decides
 *	people.c	the model: people, their values, who has seen what
 *	check.c		the invariants
 *	main.c		many histories; a failure is made minimal and printed
 */
#ifndef SIMSYNC_TESTS_MODEL_H
#define SIMSYNC_TESTS_MODEL_H

#include <stdarg.h>
#include <stdint.h>

#include "sync/decide.h"
#include "sync/engine.h"
#include "unit/memreplica.h"
#include "unit/memshelf.h"

enum {
	MAX_REPLICAS = 6,
	MAX_STEPS = 128,
	MAX_PEOPLE = 64,	/* bits of a mask */
	MAX_VALUES = 1024,
	MAX_OWN = 16,		/* values a person has now */
};

/* ---- history.c ---- */

/** enum step_type - see the table in history.c */
enum step_type {
	ADD, SHARE, AGAIN, RETEL, RENAME, RENOTE, REMAIL, MORE, LESS, ORDER,
	DELETE, WIPE, TWIN, SWAP, REUSE, OTHER, AWAY, FAULT, CLOCK, RULES,
	RESOLVE, SPLIT, JOIN, UNDO, RUN, STEP_TYPES
};

/**
 * struct step - one thing that happens
 * @type: what
 * @at: where, an index of a replica
 * @pick: which record or thing, modulo how many there are
 * @id: of the step: what is typed in it is made of this and like nothing else
 */
struct step {
	enum step_type type;
	unsigned int at, pick, id;
};

/**
 * struct place - a replica of a history
 * @class: of it
 * @records: how many a card holds
 * @name: bytes a card has for a name
 * @tels, @emails: how many of each a card holds
 * @tokens: it can tell changes
 */
struct place {
	enum sim_class class;
	unsigned int records, name, tels, emails;
	bool tokens;
};

/**
 * struct history - what is played
 * @seed: it was made from, 0: read from a file
 * @place: replicas; the first is local
 * @places: how many
 * @rules: row of the table in people.c that is in force at first
 * @policy: how conflicts end, enum rule_policy; prefer: the phone's
 * @kill_run: this run is killed, counted from 0
 * @kill_at: at its n-th point; 0: never
 */
struct history {
	uint64_t seed;
	struct place place[MAX_REPLICAS];
	unsigned int places;
	unsigned int rules, policy;
	unsigned int kill_run, kill_at;
	struct step step[MAX_STEPS];
	unsigned int steps;
};

void history_make(struct history *h, uint64_t seed);
void history_print(const struct history *h, FILE *f);
/** history_read() - Return: 0, -1: @line is the one not understood */
int history_read(struct history *h, FILE *f, unsigned int *line);
bool history_has(const struct history *h, enum step_type type);

/* ---- world.c ---- */

/**
 * struct world - a history being played
 * @said: what went wrong first; "" nothing did
 * @broke: the same without names: which invariant; NULL: none
 * @rules_row: of the table in people.c
 * @met: was in a run before
 * @wiped: emptied by accident since its last run: the person will restore it
 * @fault: something will go wrong at that replica in the next run
 * @unread: something failed there in its last run
 * @looked: state of each at its last run
 * @points_of: where each run could have been killed
 */
struct people;
struct world {
	const struct history *h;
	char said[512];
	const char *broke;
	bool trace;
	struct ledger *l;
	struct rules rules;
	unsigned int rules_row;
	struct mem *m[MAX_REPLICAS];
	unsigned int n;
	bool here[MAX_REPLICAS], met[MAX_REPLICAS], wiped[MAX_REPLICAS], fault[MAX_REPLICAS];
	bool unread[MAX_REPLICAS];
	long looked[MAX_REPLICAS];
	int64_t now;
	unsigned int uuids, points, kill_at, runs, points_of[MAX_STEPS];
	struct sync_options opt;
	struct sync_report rep;
	struct sim_err e;
	struct people *p;
};

/** world_play() - the whole history. Return: 0, -1: @w->said */
int world_play(struct world *w, const struct history *h, bool trace);
void world_free(struct world *w);
/** bad() - an invariant does not hold; the first one is kept */
void bad(struct world *w, const char *fmt, ...);
void trace(struct world *w, const char *fmt, ...);
/** world_text() - all that a replica holds, sorted. malloc'd */
char *world_text(const struct mem *m);
/** ledger_empty() - this process's ledger, nothing in it */
struct ledger *ledger_empty(void);
bool is_card(const struct mem *m);
void trace_item(struct world *w, const char *what, const struct mem *m,
		const char *ref, const struct sim_item *it);
/** pick() - a record, by its content: wherever it is; NULL: there is none */
struct mem_rec *pick(struct mem *m, unsigned int at);

/* ---- steps.c, answers.c ---- */
bool step_of_people(struct world *w, const struct step *s);
void resolve(struct world *w, const struct step *s);
void split(struct world *w, const struct step *s);
void join(struct world *w, const struct step *s);
void undo(struct world *w, const struct step *s);

/* ---- people.c ---- */

/**
 * struct value - something that was typed
 * @field: 'N'ame, 'T'el, 'E'mail, n'O'te
 * @people: who has or had it
 * @left: who of them has it no more
 * @gone: typed over or deleted by somebody who had seen it: it may go
 * @over: it was once, whoever typed it since
 * @known: it was where a run looked
 * @seen: replicas that may have heard of it
 * @may: replicas it may be on, by the rules that were in force
 */
struct value {
	char text[48];
	char field;
	uint64_t people, left;
	bool gone, over, known;
	unsigned int seen, may;
};

/**
 * struct person - a contact
 * @wild: edited in two places at once, or not to be told apart: what will be of
 *	it is not foretold, only that nothing is lost
 * @alive: not deleted
 * @rev: edits so far; @known: of them a run has seen; @seen: each replica
 * @unsynced: replicas with edits no run has seen
 * @home: where it was typed
 * @over: who was in that record before; no run has seen that it was changed
 * @own: what it has now; the name first, numbers in their order
 */
struct person {
	bool wild, alive;
	unsigned int rev, known, seen[MAX_REPLICAS];
	unsigned int unsynced, home;
	uint64_t over;
	unsigned int own[MAX_OWN], owns;
};

struct people {
	struct person person[MAX_PEOPLE];
	unsigned int n;
	struct value value[MAX_VALUES];
	unsigned int values;
};

/**
 * struct ruleset - rules that are on together, and what follows, by hand
 * @on: bit per rule, R1 is bit 0
 * @part: by class: which replicas belong together; 0: left alone
 */
struct ruleset {
	unsigned int on;
	unsigned int part[4];
};

extern const struct ruleset rulesets[];
extern const unsigned int rulesets_n;

/** field_of() - of a property */
char field_of(const char *name);
/** bare() - a value without its typography */
void bare(char field, const char *text, char out[64]);
struct value *value_find(struct people *p, char field, const char *text);
struct value *value_type(struct world *w, unsigned int at, char field,
			 const char *text, uint64_t who);
/** people_of() - who a record can be: all its values are theirs. 0: nobody */
uint64_t people_of(struct world *w, const struct mem *m,
		   const struct sim_item *it);
struct person *person_new(struct world *w, unsigned int at, uint64_t *bit);
struct person *person_one(struct world *w, uint64_t who);
void person_has(struct world *w, struct person *q, const struct value *v);
/** person_edit() - an edit at a replica: is it in line with the others? */
void person_edit(struct world *w, uint64_t who, unsigned int at);
void person_over(struct world *w, uint64_t who, const struct value *old,
		 const struct value *new);
void person_delete(struct world *w, uint64_t who, unsigned int at);
/** value_over() - somebody has it no more */
void value_over(struct value *v, uint64_t who);
void person_wild(struct world *w, uint64_t who);
bool together(const struct world *w, unsigned int a, unsigned int b);
/** looked_at() - a run with these rules looks at that replica */
bool looked_at(const struct world *w, unsigned int at);
void people_ran(struct world *w);

/* ---- check.c ---- */
void check_run(struct world *w);
void check_end(struct world *w);

#endif
