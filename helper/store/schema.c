// SPDX-License-Identifier: MIT
/*
 * schema.c - tables of store.db, and the way there from every earlier version
 *
 * clock       number of the latest change of anything
 * tally       items per kind, kept by triggers: counting is not reading
 * contact     full vCard; fn, tel as people see them; found = folded words and
 *             digits for finding; edited: seconds since the epoch, or NULL
 * record      messages and card-info: item text; decoded columns for queries
 * tombstone   what was removed, and when on the same clock
 * file        the mirrored folder as it was last seen (folder.c)
 */
#include "store/store_int.h"

#include <stdio.h>


/* Step i leads from user_version i to i + 1. */
static const char *const steps[] = {
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
	" WITHOUT ROWID;"
	"INSERT INTO meta VALUES('id', lower(hex(randomblob(8))));"
	"CREATE TABLE clock(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" seq INTEGER NOT NULL);"
	"INSERT INTO clock VALUES(1, 0);"
	"CREATE TABLE tally(kind INTEGER PRIMARY KEY, n INTEGER NOT NULL);"
	"INSERT INTO tally VALUES(0, 0), (1, 0), (2, 0);"
	"CREATE TABLE contact("
	" uid TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL UNIQUE,"
	" fn TEXT NOT NULL, tel TEXT NOT NULL, found TEXT NOT NULL,"
	" vcard BLOB NOT NULL);"
	"CREATE INDEX contact_fn ON contact(fn);"
	"CREATE INDEX contact_tel ON contact(tel);"
	"CREATE TABLE record("
	" kind INTEGER NOT NULL CHECK(kind IN (1, 2)), ref TEXT NOT NULL,"
	" seq INTEGER NOT NULL, item TEXT NOT NULL,"
	" direction TEXT, tpdu BLOB, smsc TEXT, status TEXT, iccid TEXT,"
	" date TEXT, peer TEXT, text TEXT, concat TEXT, part INTEGER,"
	" parts INTEGER, PRIMARY KEY(kind, ref));"
	"CREATE UNIQUE INDEX record_seq ON record(kind, seq);"
	"CREATE INDEX record_date ON record(kind, date);"
	"CREATE INDEX record_concat ON record(peer, concat, part)"
	" WHERE concat IS NOT NULL;"
	"CREATE TABLE tombstone("
	" kind INTEGER NOT NULL, ref TEXT NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY(kind, ref)) WITHOUT ROWID;"
	"CREATE INDEX tombstone_seq ON tombstone(kind, seq);"
	"CREATE TABLE file("
	" folder TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,"
	" mtime INTEGER NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL,"
	" seq INTEGER NOT NULL, PRIMARY KEY(folder, name)) WITHOUT ROWID;"
	"CREATE TRIGGER contact_in AFTER INSERT ON contact BEGIN"
	" UPDATE tally SET n = n + 1 WHERE kind = 0; END;"
	"CREATE TRIGGER contact_out AFTER DELETE ON contact BEGIN"
	" UPDATE tally SET n = n - 1 WHERE kind = 0; END;"
	"CREATE TRIGGER record_in AFTER INSERT ON record BEGIN"
	" UPDATE tally SET n = n + 1 WHERE kind = new.kind; END;"
	"CREATE TRIGGER record_out AFTER DELETE ON record BEGIN"
	" UPDATE tally SET n = n - 1 WHERE kind = old.kind; END;",

	/* 2: when a contact was last changed, for conflicts that the newer wins */
	"ALTER TABLE contact ADD COLUMN edited INTEGER;",
};
#define LATEST ((int)(sizeof(steps) / sizeof(steps[0])))

static int user_version(struct store *s, struct sim_err *e)
{
	sqlite3_stmt *q;
	int v = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL) !=
	    SQLITE_OK)
		return store_db_fail(s, e);
	if (sqlite3_step(q) == SQLITE_ROW)
		v = sqlite3_column_int(q, 0);
	if (sqlite3_finalize(q) != SQLITE_OK || v < 0)
		return store_db_fail(s, e);
	return v;
}

int store_migrate(struct store *s, struct sim_err *e)
{
	char pragma[40];
	int v;

	v = user_version(s, e);
	if (v < 0)
		return -1;
	if (v > LATEST)
		return sim_fail(e, EX_CONFIG,
				"%s: written by a newer simsync (form %d, this one knows %d): install that one",
				s->path, v, LATEST);
	if (v == LATEST)
		return 0;
	/* Another process may be at it: look again with the lock held. */
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL))
		return store_db_fail(s, e);
	for (v = user_version(s, e); v >= 0 && v < LATEST; v++)
		if (sqlite3_exec(s->db, steps[v], NULL, NULL, NULL))
			break;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", LATEST);
	if (v != LATEST || sqlite3_exec(s->db, pragma, NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL)) {
		store_db_fail(s, e);
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}
