/* SPDX-License-Identifier: MIT */
/*
 * ledger_decide.h - queries of what a person decides, and of pruning; part of
 * ledger_sql.h
 */
#ifndef SIMSYNC_STORE_LEDGER_DECIDE_H
#define SIMSYNC_STORE_LEDGER_DECIDE_H

#include "store/ledger_history.h"

#define LEDGER_DECIDE_QUERIES(X)                                               \
	X(DECIDE_ITEM,                                                         \
	  "SELECT i.component,c.kind,i.state,i.rev,i.value FROM item "         \
	  "i JOIN component c ON c.id=i.component WHERE i.id=?")               \
	X(DECIDE_DUE,                                                          \
	  "INSERT OR IGNORE INTO due(member,item) SELECT m.id,i.id "           \
	  "FROM item i JOIN member m ON m.component=i.component WHERE "        \
	  "i.id=?1 AND NOT EXISTS(SELECT 1 FROM base b WHERE "                 \
	  "b.item=i.id AND b.member=m.id AND b.ref IS NOT NULL AND "           \
	  "b.meaning='asked')")                                                \
	X(DECIDE_CONFLICT,                                                     \
	  "SELECT item,field FROM conflict WHERE id=? AND "                    \
	  "state='open'")                                                      \
	X(DECIDE_VERSION,                                                      \
	  "SELECT v.value FROM version v JOIN member m ON "                    \
	  "m.id=v.member JOIN replica r ON r.id=m.replica WHERE "              \
	  "v.conflict=?1 AND (r.name=?2 OR "                                   \
	  "instr(lower(r.shown),lower(?2))>0)")                                \
	X(DECIDE_MOVE,                                                         \
	  "UPDATE base SET item=?1,rev=0 WHERE item=?2 AND ref IS NOT "        \
	  "NULL AND NOT EXISTS(SELECT 1 FROM base o WHERE o.item=?1 "          \
	  "AND o.member=base.member AND o.ref IS NOT NULL)")                   \
	X(DECIDE_CLOSE,                                                        \
	  "UPDATE conflict SET state='closed',closed=(SELECT max(id) FROM "    \
	  "run) WHERE item=? AND state='open'")                                \
	X(DECIDE_PAIR,                                                         \
	  "INSERT INTO duplicate(a,b,state,run) VALUES(?1,?2,?3,0) ON "        \
	  "CONFLICT(a,b) DO UPDATE SET state=excluded.state")                  \
	X(DECIDE_RESTORE,                                                      \
	  "UPDATE held SET state='released',freed=-1 WHERE "                   \
	  "state='held' AND (?1 IS NULL OR member IN (SELECT m.id "            \
	  "FROM member m JOIN replica r ON r.id=m.replica WHERE "              \
	  "r.name=?1 OR r.shown=?1))")                                         \
	X(DECIDE_CHANGES,                                                      \
	  "SELECT changes()")                                                  \
	X(UNDO_CHANGES,                                                        \
	  "SELECT item,member,verb,wrote," LEDGER_WHOLE("before", "photo0")    \
	  "," LEDGER_WHOLE("after", "photo1") " FROM history "                 \
	  "WHERE run=? AND wrote<>1 ORDER BY id")                              \
	X(UNDO_WROTE,                                                          \
	  "SELECT " LEDGER_WHOLE("before", "photo0") ","                       \
	  LEDGER_WHOLE("after", "photo1") " FROM history WHERE run=? AND "     \
	  "item=? AND wrote=1 AND verb=1 ORDER BY id")                         \
	X(UNDO_KEEP,                                                           \
	  "UPDATE base SET meaning='asked' WHERE item=? AND member=? "         \
	  "AND ref IS NOT NULL")                                               \
	X(UNDO_GONE,                                                           \
	  "DELETE FROM base WHERE item=? AND ref IS NULL")

#endif
