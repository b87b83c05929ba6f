/* SPDX-License-Identifier: MIT */
/*
 * ledger.c - open, migrate and query the ledger
 */
#include "store/ledger.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/ledger_schema.h"
#include "store/ledger_sql.h"
#include "store/place.h"

struct ledger {
	sqlite3 *db;
	char *path;
	sqlite3_stmt *stmt[LQ_COUNT];
};

static const char *const sql[LQ_COUNT] = {
#define X(name, text) [LQ_##name] = text,
	LEDGER_QUERIES(X)
	LEDGER_SEED_QUERIES(X)
	LEDGER_CARDS_QUERIES(X)
	LEDGER_DECIDE_QUERIES(X)
	LEDGER_SHOW_QUERIES(X)
	LEDGER_HISTORY_QUERIES(X)
#undef X
};

static int fail(struct ledger *l, struct sim_err *e, const char *doing)
{
	int rc = sqlite3_errcode(l->db) & 0xff;

	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
		return sim_fail(e, EX_DATAERR,
				"ledger: %s: the file is damaged; it can be "
				"set aside and is then made anew from the "
				"replicas", doing);
	if (rc == SQLITE_FULL)
		return sim_fail(e, EX_IOERR,
				"ledger: %s: no space left; make room and run "
				"again", doing);
	/* Without room for its index of the log even reading fails so. */
	if (rc == SQLITE_IOERR)
		return sim_fail(e, EX_IOERR,
				"ledger: %s: the disk is full or fails; make "
				"room and run again", doing);
	/* A log needs room beside the file, even to read. */
	if (rc == SQLITE_CANTOPEN && place_read_only(l->path))
		return sim_fail(e, EX_CANTCREAT,
				"ledger: %s: its file system is read-only; "
				"mount it for writing", doing);
	if (rc == SQLITE_READONLY || rc == SQLITE_CANTOPEN)
		return sim_fail(e, EX_CANTCREAT,
				"ledger: %s: %s; check the file's directory",
				doing, sqlite3_errmsg(l->db));
	if (rc == SQLITE_BUSY)
		return sim_fail(e, EX_TEMPFAIL,
				"ledger: %s: in use by another run; try again",
				doing);
	return sim_fail(e, EX_IOERR, "ledger: %s: %s", doing,
			sqlite3_errmsg(l->db));
}

static int exec(struct ledger *l, const char *text, const char *doing,
		struct sim_err *e)
{
	return sqlite3_exec(l->db, text, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : fail(l, e, doing);
}

static int pragma_int(struct ledger *l, const char *text, int *out,
		      struct sim_err *e)
{
	sqlite3_stmt *s = NULL;
	int rc = -1;

	if (sqlite3_prepare_v2(l->db, text, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		*out = sqlite3_column_int(s, 0);
		rc = 0;
	} else {
		fail(l, e, "read");
	}
	sqlite3_finalize(s);
	return rc;
}

static int migrate(struct ledger *l, int from, struct sim_err *e)
{
	char text[64];

	for (int v = from; v < LEDGER_VERSION; v++) {
		snprintf(text, sizeof(text), "PRAGMA user_version=%d", v + 1);
		if (ledger_begin(l, e))
			return -1;
		if (exec(l, ledger_steps[v], "migrate", e) ||
		    exec(l, text, "migrate", e) || ledger_commit(l, e)) {
			ledger_rollback(l);
			return -1;
		}
	}
	return 0;
}

/* Only after a run that did not end: the check reads the whole file. */
static int check_after_crash(struct ledger *l, struct sim_err *e)
{
	sqlite3_stmt *s = NULL;
	int open = 0, rc = 0;

	if (pragma_int(l,
		       "SELECT ifnull((SELECT end IS NULL FROM run "
		       "ORDER BY id DESC LIMIT 1),0)",
		       &open, e))
		return -1;
	if (!open)
		return 0;
	if (sqlite3_prepare_v2(l->db, "PRAGMA integrity_check(1)", -1, &s, NULL) !=
		    SQLITE_OK ||
	    sqlite3_step(s) != SQLITE_ROW)
		rc = fail(l, e, "check");
	else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok"))
		rc = sim_fail(e, EX_DATAERR,
			      "ledger: check: the file is damaged; it can be "
			      "set aside and is then made anew from the "
			      "replicas");
	sqlite3_finalize(s);
	return rc;
}

int ledger_open(struct ledger **out, const char *path, struct sim_err *e)
{
	struct ledger *l = calloc(1, sizeof(*l));
	int version = 0;

	*out = NULL;
	if (l)
		l->path = strdup(path);
	if (!l || !l->path) {
		free(l);
		return sim_fail(e, EX_OSERR, "ledger: out of memory");
	}
	if (sqlite3_open_v2(path, &l->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK) {
		fail(l, e, "open");
		goto fail;
	}
	sqlite3_busy_timeout(l->db, 5000);
	if (pragma_int(l, "PRAGMA user_version", &version, e))
		goto fail;
	if (version > LEDGER_VERSION) {
		sim_fail(e, EX_CONFIG,
			 "ledger: made by a newer simsync (version %d, this "
			 "one knows %d); install that one again",
			 version, LEDGER_VERSION);
		goto fail;
	}
	if (exec(l, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		    "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;",
		 "open", e) ||
	    migrate(l, version, e) || check_after_crash(l, e))
		goto fail;
	*out = l;
	return 0;
fail:
	ledger_close(l);
	return -1;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < LQ_COUNT; i++)
		sqlite3_finalize(l->stmt[i]);
	sqlite3_close(l->db);
	free(l->path);
	free(l);
}

int ledger_set_aside(const char *path, int64_t now, struct sim_err *e)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char from[4096], to[4200];

	for (size_t i = 0; i < 3; i++) {
		if ((size_t)snprintf(from, sizeof(from), "%s%s", path,
				     suffix[i]) >= sizeof(from))
			return sim_fail(e, EX_USAGE, "ledger: path too long");
		snprintf(to, sizeof(to), "%s.corrupt-%lld%s", path,
			 (long long)now, suffix[i]);
		if (rename(from, to) && (errno != ENOENT || !i))
			return sim_fail(e, EX_CANTCREAT,
					"ledger: cannot set the damaged file "
					"aside: %s", strerror(errno));
	}
	return 0;
}

int ledger_begin(struct ledger *l, struct sim_err *e)
{
	return exec(l, "BEGIN IMMEDIATE", "begin", e);
}

int ledger_commit(struct ledger *l, struct sim_err *e)
{
	return exec(l, "COMMIT", "commit", e);
}

void ledger_rollback(struct ledger *l)
{
	for (size_t i = 0; i < LQ_COUNT; i++)
		if (l->stmt[i])
			sqlite3_reset(l->stmt[i]);
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}

static sqlite3_stmt *bind(struct ledger *l, enum ledger_query q,
			  struct sim_err *e, const char *fmt, va_list ap)
{
	sqlite3_stmt *s = l->stmt[q];

	if (!s) {
		if (sqlite3_prepare_v3(l->db, sql[q], -1,
				       SQLITE_PREPARE_PERSISTENT, &s,
				       NULL) != SQLITE_OK) {
			fail(l, e, "query");
			return NULL;
		}
		l->stmt[q] = s;
	}
	sqlite3_reset(s);
	for (int i = 1; *fmt; fmt++, i++) {
		int rc;

		if (*fmt == 'i')
			rc = sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
		else
			rc = sqlite3_bind_text(s, i, va_arg(ap, const char *),
					       -1, SQLITE_TRANSIENT);
		if (rc != SQLITE_OK) {
			fail(l, e, "bind");
			return NULL;
		}
	}
	return s;
}

static int step(struct ledger *l, sqlite3_stmt *s, struct sim_err *e)
{
	int rc = s ? sqlite3_step(s) : SQLITE_ERROR;

	if (rc == SQLITE_ROW)
		return 1;
	if (!s)
		return -1;
	if (rc != SQLITE_DONE)
		fail(l, e, "query");
	sqlite3_reset(s);
	return rc == SQLITE_DONE ? 0 : -1;
}

int ledger_do(struct ledger *l, enum ledger_query q, struct sim_err *e,
	      const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = step(l, bind(l, q, e, fmt, ap), e);
	va_end(ap);
	if (rc > 0)
		ledger_end(l, q);
	return rc < 0 ? -1 : 0;
}

int64_t ledger_add(struct ledger *l, enum ledger_query q, struct sim_err *e,
		   const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = step(l, bind(l, q, e, fmt, ap), e);
	va_end(ap);
	return rc < 0 ? -1 : sqlite3_last_insert_rowid(l->db);
}

int ledger_first(struct ledger *l, enum ledger_query q, struct sim_err *e,
		 const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = step(l, bind(l, q, e, fmt, ap), e);
	va_end(ap);
	return rc;
}

int ledger_next(struct ledger *l, enum ledger_query q, struct sim_err *e)
{
	return step(l, l->stmt[q], e);
}

void ledger_end(struct ledger *l, enum ledger_query q)
{
	if (l->stmt[q])
		sqlite3_reset(l->stmt[q]);
}

int64_t ledger_int(struct ledger *l, enum ledger_query q, int col)
{
	return sqlite3_column_int64(l->stmt[q], col);
}

const char *ledger_text(struct ledger *l, enum ledger_query q, int col)
{
	return (const char *)sqlite3_column_text(l->stmt[q], col);
}

int ledger_release(struct ledger *l, const char *replica, struct sim_err *e)
{
	if (ledger_do(l, LQ_RELEASE, e, "s", replica))
		return -1;
	return sqlite3_changes(l->db);
}
