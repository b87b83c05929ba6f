/* SPDX-License-Identifier: MIT */
/*
 * replica.h - the one interface the sync engine has to any place that holds
 * items: a card, the phone's own store, a server
 *
 * Implemented by card/replica.c, store/replica.c and remote/replica.c; used by
 * sync/ only. The engine never sees a record number, a row or a URL: it sees a
 * "ref" (opaque, stable as long as the thing stays where it is) and a
 * "version" (opaque, changes whenever the content does).
 */
#ifndef SIMSYNC_REPLICA_H
#define SIMSYNC_REPLICA_H

#include <stdint.h>

#include "model/err.h"
#include "model/item.h"

enum sim_class { SIM_PHYSICAL, SIM_VIRTUAL, SIM_LOCAL, SIM_REMOTE };

/**
 * struct sim_shelf - where many records wait outside memory
 * @put: keep @n bytes. Return: where they are, -1 there is no room.
 * @get: have them again. 0, -1.
 * @awake: contacts of an answer that stay in memory anyway
 *
 * What was put stays until the shelf goes, one behind the other. Implemented by store/shelf.c.
 */
struct sim_shelf {
	int64_t (*put)(struct sim_shelf *s, const void *bytes, size_t n);
	int (*get)(struct sim_shelf *s, int64_t at, void *bytes, size_t n);
	size_t awake;
};

/**
 * struct sim_record - one item as one replica holds it
 * @ref: where it is ("adn/0/17", "42", "/anna/contacts/x.vcf")
 * @version: for conditional writes (content hash, row version, ETag)
 * @uid: identity that travels with the content (vCard UID), or NULL
 * @item: content, as far as this replica can hold it
 * @problem: why the record could not be read, or NULL; then @item is empty,
 *	the engine takes it as "unreadable", never as deleted
 * @at: where it is on the shelf, plus 1; 0: never put there. At rest all but
 *	@problem is empty: see sim_record_wake()
 * @ref_hash: of @ref, once it is on the shelf
 * @uid_hash: of @uid, likewise; 0: none
 */
struct sim_record {
	char *ref;
	char *version;
	char *uid;
	struct sim_item item;
	char *problem;
	int64_t at;
	uint64_t ref_hash;
	uint64_t uid_hash;
};

/**
 * struct sim_changes - answer to "what have you, or what changed since"
 * @whole: @rec is all the replica holds; only then absence means anything
 *	beyond @gone
 * @rec: records (all, or the changed ones)
 * @n: how many
 * @gone: refs that no longer exist; only when not @whole
 * @ngone: how many
 * @token: give it back next time; NULL: replica cannot tell changes
 * @total: items the replica holds now, for the guards
 * @shelf: set by a replica that may answer with many contacts: all but the
 *	first few of them rest there; NULL: all stay in memory
 */
struct sim_changes {
	bool whole;
	struct sim_record *rec;
	size_t n;
	char **gone;
	size_t ngone;
	char *token;
	size_t total;
	struct sim_shelf *shelf;
};

void sim_record_free(struct sim_record *r);

/**
 * sim_record_wake() - have a record's content in memory
 * @s: the shelf its content may be on
 * @r: the record
 *
 * Return: 0 (also when it was), -1: no memory, or the shelf lost it.
 */
int sim_record_wake(struct sim_shelf *s, struct sim_record *r);
/** sim_record_rest() - what is on the shelf need not be in memory, for now */
void sim_record_rest(struct sim_record *r);
/** sim_record_is_at() - is this its ref? 1, 0, -1 as sim_record_wake() */
int sim_record_is_at(struct sim_shelf *s, struct sim_record *r,
		     const char *ref);
/** sim_record_is() - is this its UID? */
int sim_record_is(struct sim_shelf *s, struct sim_record *r, const char *uid);
/** sim_record_hash() - of a ref or UID as in a record; never 0 */
uint64_t sim_record_hash(const char *name);
void sim_changes_free(struct sim_changes *c);
struct sim_record *sim_changes_add(struct sim_changes *c);
/** sim_changes_drop() - forget the records; token and total stay */
void sim_changes_drop(struct sim_changes *c);

enum sim_verb { SIM_CREATE, SIM_UPDATE, SIM_DELETE };

/**
 * enum sim_outcome - what became of one write
 * @SIM_PENDING: not tried
 * @SIM_DONE: written, and read back equal to what was wanted as projected
 * @SIM_DIFFERS: written, and @got differs from @want (the replica changed it);
 *	@got is the truth
 * @SIM_MOVED: condition failed: the place holds another version now; plan again
 * @SIM_FULL: no room; nothing written
 * @SIM_UNFIT: this replica cannot hold this item at all; nothing written
 * @SIM_AWAY: the replica went away; whether it was written is unknown
 * @SIM_FAILED: any other error, in @err; a transactional replica wrote nothing, a
 *	card may have written a part: the engine looks before it believes either
 */
enum sim_outcome {
	SIM_PENDING, SIM_DONE, SIM_DIFFERS, SIM_MOVED, SIM_FULL, SIM_UNFIT,
	SIM_AWAY, SIM_FAILED
};

/**
 * struct sim_op - one conditional write
 * @verb: what to do
 * @kind: of the item
 * @ref: place; for SIM_CREATE the one ops->place() chose
 * @version: version it must still have; NULL for SIM_CREATE (must not exist)
 * @uid: vCard UID for SIM_CREATE, chosen and journaled by the engine
 * @want: content, already projected by ops->project(); unused for SIM_DELETE
 * @was: what this replica held at @version, NULL for SIM_CREATE
 * @outcome: out
 * @got: out: the record as read back (DONE, DIFFERS); for MOVED what is there
 *	now, if known
 * @err: out: for FULL, UNFIT, AWAY, FAILED
 * @cookie: the engine's
 */
struct sim_op {
	enum sim_verb verb;
	enum sim_kind kind;
	char *ref;
	char *version;
	char *uid;
	struct sim_item want;
	struct sim_item was;
	enum sim_outcome outcome;
	struct sim_record got;
	struct sim_err err;
	void *cookie;
};

/**
 * struct sim_told - one line of a card's manifest: what some phone last agreed
 *	with that card to
 * @uid: of the item, as the server has it
 * @ref: which record of the card
 * @text: what was there then, as sim_item_text() has it
 * @device: who says so
 * @seq: number of the manifest it came with
 */
struct sim_told {
	char *uid;
	char *ref;
	char *text;
	char *device;
	int64_t seq;
};

/**
 * struct sim_manifest - what all phones that share a card know of it
 * @generation: of the card, "" where none is told
 * @seq: of the last change
 * @told: its lines
 * @n: how many
 */
struct sim_manifest {
	char generation[16];
	int64_t seq;
	struct sim_told *told;
	size_t n;
};

void sim_manifest_free(struct sim_manifest *m);
/** sim_manifest_add() - another, empty line; NULL: no memory */
struct sim_told *sim_manifest_add(struct sim_manifest *m);

struct sim_replica;

/**
 * struct sim_replica_ops - what each replica can do
 *
 * @changes: records changed since @since (a token of an earlier call; NULL or
 *	unknown: everything). A complete answer or an error, never half of it.
 * @project: @full as this replica can hold it, given that it holds @held now
 *	(NULL: nothing yet). Pure; no I/O beyond what changes() has read. Must be
 *	stable: project(full, project(full, x)) == project(full, x). Placement is
 *	sticky: what @held has keeps its place. Return 0, or 1 when the replica
 *	cannot hold the item at all (@why filled), -1 on error.
 * @place: choose the ref of a SIM_CREATE (a free record, a href), reserving it
 *	for this run, so that it can be journaled first. 0, 1 (full), -1.
 * @apply: do @n writes; each op conditional on its version, each read back.
 *	Calls @before just before an op goes out and @after when its outcome is
 *	known, in any order of ops. A failed op does not stop the others except
 *	SIM_AWAY. Return -1 only where nothing more can be done at all.
 * @settled: after writes: a token, malloc'd, as changes() would give now; what it
 *	would tell is known. NULL: nobody knows, or nothing was written. May be
 *	NULL: changes() is asked in the next run
 * @when: when the record at @ref was last changed, by this phone's clock, in
 *	seconds: not before @since, not after @until. 0, 1 nobody knows, -1. May
 *	be NULL: there is no clock, as on a card
 * @told: the manifest of the card @iccid. 0, 1 there is none, -1. May be NULL:
 *	this replica keeps none
 * @tell: replace this phone's lines of that manifest by @mine, whose device and
 *	sequence are filled here; lines of another generation go. 0, 1 somebody
 *	else was faster: later, -1. NULL where @told is
 * @free: release everything
 */
struct sim_replica_ops {
	int (*changes)(struct sim_replica *r, enum sim_kind kind,
		       const char *since, struct sim_changes *out,
		       struct sim_err *e);
	int (*project)(struct sim_replica *r, const struct sim_item *full,
		       const struct sim_item *held, struct sim_item *out,
		       struct sim_err *why);
	int (*place)(struct sim_replica *r, const struct sim_item *want,
		     const char *uid, char **ref, struct sim_err *e);
	int (*apply)(struct sim_replica *r, struct sim_op *op, size_t n,
		     int (*before)(struct sim_op *op, void *arg),
		     int (*after)(struct sim_op *op, void *arg), void *arg,
		     struct sim_err *e);
	char *(*settled)(struct sim_replica *r, enum sim_kind kind);
	int (*when)(struct sim_replica *r, enum sim_kind kind, const char *ref,
		    int64_t *since, int64_t *until, struct sim_err *e);
	int (*told)(struct sim_replica *r, const char *iccid,
		    struct sim_manifest *out, struct sim_err *e);
	int (*tell)(struct sim_replica *r, const char *iccid,
		    const struct sim_manifest *mine, struct sim_err *e);
	void (*free)(struct sim_replica *r);
};

/**
 * struct sim_replica - a place that holds items
 * @ops: what it can do
 * @name: ledger name: "local", "remote", "card:<iccid>/<generation>"
 * @shown: name for people: "SIM Telekom (...4711)"
 * @class: rules speak of classes
 * @kinds: bit per enum sim_kind it holds
 * @lossless: holds every property (project() is the identity)
 * @shelf: the engine's, for its answers; NULL: they stay in memory
 * @stop: the engine's, asked while it waits for something: non-zero, and it
 *	gives up; NULL: it waits
 * @stop_arg: handed to @stop
 * @priv: the implementation's
 */
struct sim_replica {
	const struct sim_replica_ops *ops;
	char *name;
	char *shown;
	enum sim_class class;
	unsigned int kinds;
	bool lossless;
	struct sim_shelf *shelf;
	int (*stop)(void *arg);
	void *stop_arg;
	void *priv;
};

#endif
