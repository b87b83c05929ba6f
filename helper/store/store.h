/* SPDX-License-Identifier: MIT */
/*
 * store.h - the phone's own store: contacts, messages and SIM information
 *
 * One SQLite file (store.db). Each row carries the number of the change that
 * wrote it ("version", from one counter for the whole store), and each removal
 * leaves a tombstone with its own: what changed since N is one indexed query.
 * Every function that writes is one transaction: it happened or it did not.
 */
#ifndef SIMSYNC_STORE_H
#define SIMSYNC_STORE_H

#include <stdint.h>

#include "model/err.h"
#include "model/item.h"
#include "model/replica.h"

struct store;

/**
 * store_open() - open or create a store
 * @path: the file; its folder must exist
 * @e: why not: read-only, disk full, damaged, written by a newer simsync
 */
struct store *store_open(const char *path, struct sim_err *e);
void store_close(struct store *s);

/** store_replica() - the store as the engine sees it; @s must outlive it. */
struct sim_replica *store_replica(struct store *s, struct sim_err *e);

/** store_seq() - number of the latest change, -1 on error (a poll for T9/T10). */
int64_t store_seq(struct store *s);

/**
 * struct store_contact - one contact as stored
 * @uid: vCard UID, its name everywhere
 * @fn: name for people, maybe ""
 * @tel: first number as written, maybe ""
 * @vcard: full text
 * @len: its bytes
 * @version: of this row
 */
struct store_contact {
	char *uid;
	char *fn;
	char *tel;
	char *vcard;
	size_t len;
	int64_t version;
};

void store_contact_free(struct store_contact *c);

/**
 * store_contact_add() - a new contact
 * @s: store
 * @item: content; kind SIM_CONTACT
 * @uid: UID to use, or NULL for a fresh one
 * @out: what was stored; may be NULL
 * @e: EX_NOPERM: read-only; EX_TEMPFAIL: in use; EX_DATAERR: damaged;
 *	EX_IOERR, EX_OSERR
 *
 * Return: 0, -1 (EX_CANTCREAT when the UID is taken).
 */
int store_contact_add(struct store *s, const struct sim_item *item,
		      const char *uid, struct store_contact *out,
		      struct sim_err *e);

/** store_contact_import() - the same from a vCard's text, kept as it is. */
int store_contact_import(struct store *s, const char *vcard, size_t len,
			 struct store_contact *out, struct sim_err *e);

/**
 * store_contact_edit() - change a contact's content
 * @s: store
 * @uid: which contact
 * @version: version it must still have, 0: whatever it has
 * @want: content it shall have
 * @out: what was stored; may be NULL
 * @e: EX_NOPERM: read-only; EX_TEMPFAIL: in use; EX_DATAERR: damaged;
 *	EX_IOERR, EX_OSERR
 *
 * Return: 0, 1 when it has another version now, -1.
 */
int store_contact_edit(struct store *s, const char *uid, int64_t version,
		       const struct sim_item *want, struct store_contact *out,
		       struct sim_err *e);

/** store_contact_replace() - the same by a vCard's text. */
int store_contact_replace(struct store *s, const char *uid, int64_t version,
			  const char *vcard, size_t len,
			  struct store_contact *out, struct sim_err *e);

/** store_contact_rm() - remove it; 0, 1 other version now, -1. */
int store_contact_rm(struct store *s, const char *uid, int64_t version,
		     struct sim_err *e);

/** store_contact_get() - by UID. 0, 1 not there, -1. */
int store_contact_get(struct store *s, const char *uid,
		      struct store_contact *out, struct sim_err *e);

/**
 * store_contact_each() - contacts by name
 * @s: store
 * @find: part of a name, digits of a number or start of a UID; NULL: all
 * @fn: called for each; non-zero stops. The contact is the callee's to read
 *	during the call only.
 * @arg: handed to @fn
 * @e: EX_NOPERM: read-only; EX_TEMPFAIL: in use; EX_DATAERR: damaged;
 *	EX_IOERR, EX_OSERR
 *
 * Return: how many were given, -1 on error.
 */
long store_contact_each(struct store *s, const char *find,
			int (*fn)(const struct store_contact *c, void *arg),
			void *arg, struct sim_err *e);

/**
 * store_contact_one() - the one contact a person means
 * @s: store
 * @find: as for store_contact_each(), but a UID or a full name wins
 * @out: filled when 0 is returned; free with store_contact_free()
 * @e: none such or several; else as for store_contact_each()
 *
 * Return: 0, -1 when there is none or more than one (the sentence says so).
 */
int store_contact_one(struct store *s, const char *find,
		      struct store_contact *out, struct sim_err *e);

/**
 * struct store_record - one message or card-info record
 * @ref: its name in the store
 * @item: content; for messages also decoded (FROM, TO, DATE, TEXT, REF...)
 * @version: of this row
 */
struct store_record {
	char *ref;
	struct sim_item item;
	int64_t version;
};

void store_record_free(struct store_record *r);

/**
 * store_record_each() - messages by date (newest first), or cards by ICCID
 * @s: store
 * @kind: SIM_MESSAGE or SIM_INFO
 * @find: part of text, number or ref; NULL: all
 * @fn: called for each; non-zero stops. The record is the callee's to read
 *	during the call only.
 * @arg: handed to @fn
 * @e: EX_NOPERM: read-only; EX_TEMPFAIL: in use; EX_DATAERR: damaged;
 *	EX_IOERR, EX_OSERR
 */
long store_record_each(struct store *s, enum sim_kind kind, const char *find,
		       int (*fn)(const struct store_record *r, void *arg),
		       void *arg, struct sim_err *e);

/** store_record_put() - write it; @version 0: whatever is there, -1: must be new. 0, 1, -1. */
int store_record_put(struct store *s, const char *ref, int64_t version,
		     const struct sim_item *item, struct sim_err *e);
int store_record_rm(struct store *s, enum sim_kind kind, const char *ref,
		    int64_t version, struct sim_err *e);

/** store_count() - items of a kind, -1 on error. */
long store_count(struct store *s, enum sim_kind kind);

#endif
