// SPDX-License-Identifier: MIT
#include "store/place.h"
#include "store/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *const sql[Q_COUNT] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_TICK] = "UPDATE clock SET seq = seq + 1 RETURNING seq",
	[Q_SEQ] = "SELECT seq FROM clock",
	[Q_ID] = "SELECT value FROM meta WHERE key = 'id'",
	[Q_TALLY] = "SELECT n FROM tally WHERE kind = ?",
	[Q_BURY] = "INSERT OR REPLACE INTO tombstone VALUES(?, ?, ?)",
	[Q_EXHUME] = "DELETE FROM tombstone WHERE kind = ? AND ref = ?",
	[Q_GONE] = "SELECT ref FROM tombstone WHERE kind = ? AND seq > ?"
		   " ORDER BY seq",
	[Q_CONTACT_GET] = "SELECT uid, fn, tel, vcard, seq FROM contact"
			  " WHERE uid = ?",
	[Q_CONTACT_SINCE] = "SELECT uid, fn, tel, vcard, seq FROM contact"
			    " WHERE seq > ? ORDER BY seq",
	[Q_CONTACT_FIND] = "SELECT uid, fn, tel, vcard, seq FROM contact"
			   " WHERE ?1 IS NULL OR instr(found, ?1)"
			   " OR (?2 <> '' AND instr(found, ?2))"
			   " OR substr(uid, 1, length(?3)) = ?3"
			   " ORDER BY fn COLLATE NOCASE, uid",
	[Q_CONTACT_PUT] = "INSERT INTO contact(uid, seq, fn, tel, found, vcard,"
			  " edited) VALUES(?, ?, ?, ?, ?, ?,"
			  " CAST(strftime('%s', 'now') AS INTEGER))"
			  " ON CONFLICT(uid) DO UPDATE"
			  " SET seq = excluded.seq, fn = excluded.fn,"
			  " tel = excluded.tel, found = excluded.found,"
			  " vcard = excluded.vcard, edited = excluded.edited",
	[Q_CONTACT_WHEN] = "SELECT edited FROM contact WHERE uid = ?",
	[Q_CONTACT_RM] = "DELETE FROM contact WHERE uid = ?",
	[Q_RECORD_GET] = "SELECT ref, item, seq FROM record"
			 " WHERE kind = ? AND ref = ?",
	[Q_RECORD_SINCE] = "SELECT ref, item, seq FROM record"
			   " WHERE kind = ? AND seq > ? ORDER BY seq",
	[Q_MESSAGE_FIND] = "SELECT ref, item, seq FROM record WHERE kind = 1"
			   " AND (?1 IS NULL OR instr(lower(text), lower(?1))"
			   " OR instr(peer, ?1) OR substr(ref, 1, length(?1)) = ?1)"
			   " ORDER BY date DESC, concat, part, ref",
	[Q_INFO_FIND] = "SELECT ref, item, seq FROM record WHERE kind = 2"
			" AND (?1 IS NULL OR instr(lower(item), lower(?1))"
			" OR substr(ref, 1, length(?1)) = ?1) ORDER BY ref",
	[Q_RECORD_PUT] = "INSERT INTO record(kind, ref, seq, item, direction,"
			 " tpdu, smsc, status, iccid, date, peer, text, concat,"
			 " part, parts) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
			 " ON CONFLICT(kind, ref) DO UPDATE SET"
			 " seq = excluded.seq, item = excluded.item,"
			 " direction = excluded.direction, tpdu = excluded.tpdu,"
			 " smsc = excluded.smsc, status = excluded.status,"
			 " iccid = excluded.iccid, date = excluded.date,"
			 " peer = excluded.peer, text = excluded.text,"
			 " concat = excluded.concat, part = excluded.part,"
			 " parts = excluded.parts",
	[Q_RECORD_RM] = "DELETE FROM record WHERE kind = ? AND ref = ?",
	[Q_RESERVE] = "INSERT INTO reserved VALUES(?, ?)",
	[Q_RESERVED] = "SELECT 1 FROM reserved WHERE kind = ?1 AND ref = ?2"
		       " UNION ALL SELECT 1 FROM record"
		       " WHERE kind = ?1 AND ref = ?2",
	[Q_FILE_ALL] = "SELECT f.name, f.uid, f.mtime, f.size, f.hash, f.seq,"
		       " c.seq FROM file f LEFT JOIN contact c USING(uid)"
		       " WHERE f.folder = ? ORDER BY f.name",
	[Q_FILE_PUT] = "INSERT OR REPLACE INTO file VALUES(?,?,?,?,?,?,?)",
	[Q_FILE_RM] = "DELETE FROM file WHERE folder = ? AND name = ?",
};

int store_db_fail(struct store *s, struct sim_err *e)
{
	int code = s->db ? sqlite3_errcode(s->db) : SQLITE_NOMEM;

	switch (code & 0xff) {
	case SQLITE_FULL:
		return sim_fail(e, EX_IOERR,
				"%s: disk full: nothing of this step was kept; free some space and run again",
				s->path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return sim_fail(e, EX_NOPERM,
				"%s: cannot be written: file or file system is read-only for this user",
				s->path);
	case SQLITE_CANTOPEN:
		if (place_read_only(s->path))
			return sim_fail(e, EX_CANTCREAT,
					"%s: cannot be written: its file system is read-only; mount it for writing",
					s->path);
		return sim_fail(e, EX_CANTCREAT,
				"%s: cannot be opened or made: look at its folder's existence, owner and mode",
				s->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return sim_fail(e, EX_DATAERR,
				"%s: is damaged or no store: move it away and run again; contacts come back from cards and server",
				s->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sim_fail(e, EX_TEMPFAIL,
				"%s: another program holds it: try again when that is done",
				s->path);
	case SQLITE_NOMEM:
		return sim_fail(e, EX_OSERR, "%s: no memory", s->path);
	case SQLITE_IOERR:
		return sim_fail(e, EX_IOERR,
				"%s: the disk is full or fails: nothing of this step was kept; free some space and run again",
				s->path);
	default:
		return sim_fail(e, EX_SOFTWARE, "%s: database error %d (%s)",
				s->path, code, sqlite3_errstr(code));
	}
}

sqlite3_stmt *store_q(struct store *s, enum store_sql which, struct sim_err *e)
{
	if (!s->q[which] &&
	    sqlite3_prepare_v3(s->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
			       &s->q[which], NULL) != SQLITE_OK) {
		store_db_fail(s, e);
		return NULL;
	}
	sqlite3_reset(s->q[which]);
	sqlite3_clear_bindings(s->q[which]);
	return s->q[which];
}

int store_step(struct store *s, sqlite3_stmt *q, struct sim_err *e)
{
	int rc = sqlite3_step(q);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		store_db_fail(s, e);
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

int store_run(struct store *s, sqlite3_stmt *q, struct sim_err *e)
{
	int ret = store_step(s, q, e);

	sqlite3_reset(q);
	return ret < 0 ? -1 : 0;
}

const char *store_text(sqlite3_stmt *q, int col)
{
	const char *t = (const char *)sqlite3_column_text(q, col);

	return t ? t : "";
}

int store_begin(struct store *s, struct sim_err *e)
{
	sqlite3_stmt *q;

	if (s->depth++)
		return 0;
	s->doomed = false;
	q = store_q(s, Q_BEGIN, e);
	if (!q || store_run(s, q, e)) {
		s->depth = 0;
		return -1;
	}
	return 0;
}

int store_end(struct store *s, bool ok, struct sim_err *e)
{
	sqlite3_stmt *q;

	s->doomed |= !ok;
	if (--s->depth)
		return ok ? 0 : -1;
	if (!s->doomed) {
		q = store_q(s, Q_COMMIT, e);
		if (q && !store_run(s, q, e))
			return 0;
		s->doomed = true;
	}
	/* A full disk may have rolled back already. */
	if (!sqlite3_get_autocommit(s->db)) {
		q = store_q(s, Q_ROLLBACK, NULL);
		if (q)
			store_run(s, q, NULL);
	}
	return -1;
}

int64_t store_tick(struct store *s, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_TICK, e);
	int64_t seq = 0;

	if (!q)
		return 0;
	if (store_step(s, q, e) == 1)
		seq = sqlite3_column_int64(q, 0);
	/* RETURNING: the change is made when the statement has ended. */
	if (seq && store_step(s, q, e) < 0)
		seq = 0;
	sqlite3_reset(q);
	return seq;
}

int store_bury(struct store *s, enum sim_kind kind, const char *ref,
	       struct sim_err *e)
{
	int64_t seq = store_tick(s, e);
	sqlite3_stmt *q = seq ? store_q(s, Q_BURY, e) : NULL;

	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, seq);
	return store_run(s, q, e);
}

int64_t store_seq(struct store *s)
{
	sqlite3_stmt *q = store_q(s, Q_SEQ, NULL);
	int64_t seq = -1;

	if (q && store_step(s, q, NULL) == 1)
		seq = sqlite3_column_int64(q, 0);
	if (q)
		sqlite3_reset(q);
	return seq;
}

long store_count(struct store *s, enum sim_kind kind)
{
	sqlite3_stmt *q = store_q(s, Q_TALLY, NULL);
	long n = -1;

	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, kind);
	if (store_step(s, q, NULL) == 1)
		n = (long)sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return n;
}

char *store_fold(const char *text)
{
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
			 UTF8PROC_NULLTERM | UTF8PROC_STABLE |
			 UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD) < 0)
		return strdup(text);
	return (char *)out;
}

static int setup(struct store *s, struct sim_err *e)
{
	sqlite3_stmt *q;

	/*
	 * synchronous FULL: a base in the ledger must never outlive the row it
	 * stands for, or a power cut would read as the person's own undo.
	 */
	sqlite3_busy_timeout(s->db, 10000);
	sqlite3_extended_result_codes(s->db, 1);
	if (sqlite3_exec(s->db,
			 "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;"
			 "PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;"
			 "PRAGMA temp_store = MEMORY;", NULL, NULL, NULL))
		return store_db_fail(s, e);
	if (store_migrate(s, e))
		return -1;
	if (sqlite3_exec(s->db,
			 "CREATE TEMP TABLE IF NOT EXISTS reserved(kind INTEGER,"
			 " ref TEXT, PRIMARY KEY(kind, ref)) WITHOUT ROWID",
			 NULL, NULL, NULL))
		return store_db_fail(s, e);
	q = store_q(s, Q_ID, e);
	if (!q || store_step(s, q, e) < 0)
		return -1;
	s->id = strdup(store_text(q, 0));
	sqlite3_reset(q);
	return s->id ? 0 : sim_fail(e, EX_OSERR, "no memory");
}

struct store *store_open(const char *path, struct sim_err *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s || !(s->path = strdup(path))) {
		free(s);
		sim_fail(e, EX_OSERR, "no memory");
		return NULL;
	}
	if (sqlite3_open_v2(path, &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
			    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		store_db_fail(s, e);
		store_close(s);
		return NULL;
	}
	if (setup(s, e)) {
		store_close(s);
		return NULL;
	}
	return s;
}

void store_close(struct store *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(s->q[i]);
	sqlite3_close(s->db);
	free(s->id);
	free(s->path);
	free(s);
}
