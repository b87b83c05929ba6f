/* SPDX-License-Identifier: MIT */
/*
 * ledger_salvage.c - what can still be read of a damaged ledger: the deletes
 * that somebody still has to be told of. Without it they may come back.
 */
#include "store/ledger_show.h"

#include <sqlite3.h>
#include <stdlib.h>

static const char lost[] =
	"SELECT r.shown,i.value FROM item i JOIN base b ON b.item=i.id "
	"JOIN member m ON m.id=b.member JOIN replica r ON r.id=m.replica "
	"WHERE i.state='dead' AND b.ref IS NOT NULL AND b.meaning='present' "
	"AND r.state<>'retired' ORDER BY r.shown,i.id";

int ledger_salvage(const char *path,
		   int (*fn)(const char *replica, const char *title,
			     void *arg),
		   void *arg)
{
	sqlite3_stmt *s = NULL;
	sqlite3 *db = NULL;
	int rc = SQLITE_ERROR, stop = 0;

	/* Also where its log is broken: nothing is written, ever. */
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ==
		    SQLITE_OK &&
	    sqlite3_prepare_v2(db, lost, -1, &s, NULL) == SQLITE_OK)
		while ((rc = sqlite3_step(s)) == SQLITE_ROW && !stop) {
			const char *where = (const char *)
				sqlite3_column_text(s, 0);
			char *title = ledger_title(
				(const char *)sqlite3_column_text(s, 1));

			stop = fn(where ? where : "", title ? title : "", arg);
			free(title);
		}
	sqlite3_finalize(s);
	sqlite3_close(db);
	return rc == SQLITE_DONE || stop ? 0 : 1;
}
