/* SPDX-License-Identifier: MIT */
/* store_int.h - what the files of store/ share and nobody else sees */
#ifndef SIMSYNC_STORE_INT_H
#define SIMSYNC_STORE_INT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/store.h"

/* Every statement of the store, prepared at first use and kept. */
enum store_sql {
	Q_BEGIN, Q_COMMIT, Q_ROLLBACK, Q_TICK, Q_SEQ, Q_ID, Q_TALLY,
	Q_BURY, Q_EXHUME, Q_GONE,
	Q_CONTACT_WHEN, Q_CONTACT_GET, Q_CONTACT_SINCE, Q_CONTACT_FIND, Q_CONTACT_PUT,
	Q_CONTACT_RM,
	Q_RECORD_GET, Q_RECORD_SINCE, Q_MESSAGE_FIND, Q_INFO_FIND,
	Q_RECORD_PUT, Q_RECORD_RM,
	Q_RESERVE, Q_RESERVED,
	Q_FILE_ALL, Q_FILE_PUT, Q_FILE_RM,
	Q_COUNT
};

struct store {
	sqlite3 *db;
	char *path;
	char *id;	/* random, made with the file: tokens of another do not fit */
	sqlite3_stmt *q[Q_COUNT];
	int depth;	/* of nested store_begin() */
	bool doomed;	/* an inner step failed: the whole is rolled back */
};

/** store_db_fail() - the sentence for the database's last error; -1 */
int store_db_fail(struct store *s, struct sim_err *e);
/** store_q() - a statement, reset; NULL with @e filled */
sqlite3_stmt *store_q(struct store *s, enum store_sql which, struct sim_err *e);
/** store_step() - 1 row, 0 done, -1 */
int store_step(struct store *s, sqlite3_stmt *q, struct sim_err *e);
/** store_run() - step once, expect no row, reset */
int store_run(struct store *s, sqlite3_stmt *q, struct sim_err *e);
const char *store_text(sqlite3_stmt *q, int col);

/* Transactions nest; the outermost counts. end() with @ok false rolls back. */
int store_begin(struct store *s, struct sim_err *e);
int store_end(struct store *s, bool ok, struct sim_err *e);
/** store_tick() - number for the change being made, 0 on error */
int64_t store_tick(struct store *s, struct sim_err *e);
int store_bury(struct store *s, enum sim_kind kind, const char *ref,
	       struct sim_err *e);

int store_migrate(struct store *s, struct sim_err *e);
/** store_fold() - text for finding: NFC, case folded; caller frees */
char *store_fold(const char *text);

/* contact.c, record.c: one row of a query into a structure. */
int store_contact_row(sqlite3_stmt *q, struct store_contact *out,
		      struct sim_err *e);
int store_record_row(sqlite3_stmt *q, enum sim_kind kind,
		     struct store_record *out, struct sim_err *e);
/** store_contact_write() - the row for a vCard's text, checked before. */
int store_contact_write(struct store *s, const char *uid,
			const struct sim_item *item, const char *vcard,
			size_t len, int64_t *version, struct sim_err *e);
int store_record_get(struct store *s, enum sim_kind kind, const char *ref,
		     struct store_record *out, struct sim_err *e);

#endif
