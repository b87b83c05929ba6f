/* SPDX-License-Identifier: MIT */
/*
 * ledger_sql.h - the ledger's queries, for sync/ only
 *
 * Each query is prepared once. A query is run with ledger_do() (no rows),
 * ledger_first()/ledger_next() (rows) or ledger_add() (insert, gives the id);
 * arguments by a format string: 'i' int64_t, 's' const char * (may be NULL).
 * A query must be at its end, or ended with ledger_end(), before its next use.
 */
#ifndef SIMSYNC_STORE_LEDGER_SQL_H
#define SIMSYNC_STORE_LEDGER_SQL_H

#include "store/ledger.h"
#include "store/ledger_cards.h"
#include "store/ledger_decide.h"
#include "store/ledger_history.h"
#include "store/ledger_seed.h"
#include "store/ledger_show.h"

/* Of what is due (d), what the replica does not hold yet as it is now: rules that
 * changed make all due to be looked at, and most of that waits for nothing. Nor does
 * a card (r) ever take what another card says of itself. */
#define LEDGER_WAITS                                                           \
	"NOT EXISTS(SELECT 1 FROM item i JOIN base b ON b.item=i.id "          \
	"AND b.member=d.member WHERE i.id=d.item AND i.state='live' "          \
	"AND b.ref IS NOT NULL AND b.rev=i.rev) "                              \
	"AND NOT (r.class<2 AND EXISTS(SELECT 1 FROM item i "                  \
	"JOIN component o ON o.id=i.component AND o.kind=2 "                   \
	"WHERE i.id=d.item) AND NOT EXISTS(SELECT 1 FROM base b "              \
	"WHERE b.item=d.item AND b.member=d.member AND b.ref IS NOT NULL))"

#define LEDGER_QUERIES(X)                                                      \
	X(RUN_ADD, "INSERT INTO run(trigger,start) VALUES(?,?)")               \
	X(RUN_END, "UPDATE run SET end=?2,outcome=?3,detail=?4 WHERE id=?1")   \
	X(COMPONENT_GET, "SELECT id FROM component WHERE kind=? AND classes=?")\
	X(COMPONENT_ADD, "INSERT INTO component(kind,classes) VALUES(?,?)")    \
	X(REPLICA_GET, "SELECT id FROM replica WHERE name=?")                  \
	X(REPLICA_ADD, "INSERT INTO replica(name,shown,class,first_seen,"      \
		       "last_seen,state) VALUES(?1,?2,?3,?4,?4,'here')")       \
	X(REPLICA_SEEN, "UPDATE replica SET shown=?2,last_seen=?3,"            \
			"state='here' WHERE id=?1")                            \
	X(REPLICA_CLASSES, "SELECT class,count(*) FROM replica "               \
			   "WHERE state<>'retired' GROUP BY class")            \
	X(MEMBER_GET, "SELECT id,token FROM member WHERE component=? "         \
		      "AND replica=?")                                         \
	X(MEMBER_ADD, "INSERT INTO member(component,replica) VALUES(?,?)")     \
	X(MEMBER_TAKES, "UPDATE member SET takes=?2 WHERE id=?1 "              \
			"AND takes<>?2")                                       \
	X(MEMBER_TOKEN_GET, "SELECT token,read FROM member WHERE id=?")             \
	X(MEMBER_ALL, "SELECT m.id,r.id,r.class FROM member m "                \
		      "JOIN replica r ON r.id=m.replica "                      \
		      "WHERE m.component=? AND r.state<>'retired'")            \
	X(MEMBER_TOKEN, "UPDATE member SET token=?2,read=?3 WHERE id=?1")      \
	X(MEMBER_DUE, "INSERT OR IGNORE INTO due(member,item) "                \
		      "SELECT ?1,id FROM item WHERE component=?2 "             \
		      "AND state='live'")                                      \
	X(MEMBER_ROOM, "INSERT OR IGNORE INTO due(member,item) "               \
		       "SELECT member,item FROM base WHERE member=? "          \
		       "AND meaning='not-placed'")                             \
	X(ITEM_ADD, "INSERT INTO item(component,uid,key,nth,state,rev,value) " \
		    "VALUES(?,?,?,?,'live',1,?)")                              \
	X(ITEM_GET, "SELECT state,rev,uid,value,chosen FROM item WHERE id=?")  \
	X(ITEM_CHOSEN, "UPDATE item SET chosen=rev WHERE id=?")                \
	X(ITEM_BY_UID, "SELECT id,state FROM item WHERE component=? "          \
		       "AND uid=?")                                            \
	X(ITEM_BY_KEY, "SELECT id,state FROM item WHERE component=? "          \
		       "AND key=? AND nth=?")                                  \
	X(ITEM_SET, "UPDATE item SET state=?2,rev=?3,value=?4,died=?5 "        \
		    "WHERE id=?1")                                             \
	X(NUMBER_ADD, "INSERT OR IGNORE INTO number(component,number,item) "   \
		      "VALUES(?,?,?)")                                         \
	X(NUMBER_DEL, "DELETE FROM number WHERE item=?")                       \
	X(NUMBER_FIND, "SELECT item FROM number WHERE component=? "            \
		       "AND number=?")                                         \
	X(BASE_ALL, "SELECT id,item,ref,version,uid,meaning FROM base "        \
		    "WHERE member=? AND ref IS NOT NULL ORDER BY ref")         \
	X(BASE_BY_REF, "SELECT id,item,ref,version,uid,meaning FROM base "     \
		       "WHERE member=? AND ref=?")                             \
	X(BASE_LOST, "SELECT id,item,ref,version,uid,meaning FROM base "       \
		     "WHERE member=? AND ref IS NULL AND meaning='present'")   \
	X(ITEM_ALL, "SELECT id,value FROM item WHERE component=?")             \
	X(ITEM_REKEY, "UPDATE item SET key=?2 WHERE id=?1")                    \
	X(REPLICA_AWAY, "UPDATE replica SET state='away' WHERE state='here'")  \
	X(BASE_VALUE, "SELECT value,rev FROM base WHERE id=?")                 \
	X(BASE_ELSEWHERE, "SELECT e.value FROM base b JOIN item i ON "         \
			  "i.id=b.item JOIN member own ON own.id=b.member "    \
			  "JOIN member m ON m.replica=own.replica AND "        \
			  "m.id<>own.id JOIN item x ON "                       \
			  "x.component=m.component AND x.uid=i.uid "           \
			  "JOIN base e ON e.item=x.id AND e.member=m.id "      \
			  "WHERE b.id=? AND e.value<>'' ORDER BY e.id")        \
	X(BASE_ALIKE, "SELECT id,item,value FROM base WHERE member=? "         \
		      "AND hash=? AND meaning IN ('present','unreadable')")    \
	X(BASE_AT, "SELECT id,ref,meaning FROM base WHERE item=? "             \
		   "AND member=?")                                             \
	X(BASE_ITEM, "SELECT id,member,ref,version,uid,value,want,meaning,"    \
		     "rev,missed FROM base WHERE item=? ORDER BY id")          \
	X(BASE_ADD, "INSERT INTO base(item,member,ref,version,uid,value,want," \
		    "meaning,hash,rev) VALUES(?,?,?,?,?,?,?,?,?,?)")           \
	X(BASE_SET, "UPDATE base SET ref=?2,version=?3,uid=?4,value=?5,"       \
		    "want=?6,meaning=?7,hash=?8,rev=?9 WHERE id=?1")           \
	X(BASE_REV, "UPDATE base SET rev=?2 WHERE id=?1")                      \
	X(BASE_MISSED, "UPDATE base SET missed=?2 WHERE id=?1")                \
	X(BASE_PLACE, "UPDATE base SET ref=?2,version=?3 WHERE id=?1")         \
	X(BASE_MEANS, "UPDATE base SET ref=NULL,version=NULL,meaning=?2 "      \
		      "WHERE id=?1")                                           \
	X(BASE_MARK, "UPDATE base SET meaning=?2 WHERE id=?1")                 \
	X(BASE_DEL, "DELETE FROM base WHERE id=?")                             \
	X(BASE_GONE, "DELETE FROM base WHERE item=? AND member=? "             \
		     "AND ref IS NULL")                                        \
	X(BASE_COUNT, "SELECT count(*) FROM base WHERE member=? "              \
		      "AND ref IS NOT NULL")                                   \
	X(DUE_ADD, "INSERT OR IGNORE INTO due(member,item) VALUES(?,?)")       \
	X(DUE_DEL, "DELETE FROM due WHERE member=? AND item=?")                \
	X(DUE_NEXT, "SELECT item FROM due WHERE member=?1 AND item>?2 "        \
		    "AND EXISTS(SELECT 1 FROM base b WHERE b.item=due.item "   \
		    "AND b.member=?1 AND b.ref IS NOT NULL)=?3 "               \
		    "ORDER BY item LIMIT ?4")                                  \
	X(DUE_COUNT, "SELECT count(*) FROM due WHERE member=?")                \
	X(DUE_AWAY, "SELECT count(*) FROM member m "                           \
		    "JOIN replica r ON r.id=m.replica "                        \
		    "JOIN due d ON d.member=m.id "                             \
		    "WHERE r.state='away' AND m.takes AND " LEDGER_WAITS)      \
	X(JOURNAL_ADD, "INSERT INTO journal(run,member,item,verb,ref,uid,"     \
		       "before,want,state) VALUES(?,?,?,?,?,?,?,?,'open')")    \
	X(JOURNAL_OPEN, "SELECT id,item,verb,ref,uid,before,want "             \
			"FROM journal WHERE member=? AND state='open' "        \
			"ORDER BY id DESC")                                    \
	X(JOURNAL_CLOSE, "DELETE FROM journal WHERE id=?")                     \
	X(JOURNAL_OVER, "DELETE FROM journal WHERE member=?1 "                 \
			"AND state='open' AND item=?2 AND ref IS ?3")          \
	X(GUARD_COUNT, "SELECT count(*) FROM history WHERE member=?1 "         \
		       "AND verb=?2 AND wrote=0 AND at>max(?3,ifnull((SELECT " \
		       "max(freed) FROM held WHERE member=?1),0))")            \
	X(CONFLICT_OPEN, "SELECT id,field,closed FROM conflict WHERE item=? "  \
			 "AND state='open'")                                   \
	X(CONFLICT_ADD, "INSERT INTO conflict(item,field,state,opened) "       \
			"VALUES(?,?,'open',?)")                                \
	X(CONFLICT_CLOSE, "UPDATE conflict SET state='closed',closed=?2 "      \
			  "WHERE id=?1")                                       \
	X(VERSION_GET, "SELECT value FROM version WHERE conflict=? "           \
		       "AND member=?")                                         \
	X(VERSION_LONE, "SELECT 1 FROM version v WHERE v.conflict=?1 AND "     \
			"NOT EXISTS(SELECT 1 FROM base b WHERE b.item=?2 "     \
			"AND b.member=v.member)")                              \
	X(VERSION_DEL, "DELETE FROM version WHERE conflict=? AND member=?")    \
	X(VERSION_SET, "INSERT INTO version(conflict,member,value) "           \
		       "VALUES(?,?,?) ON CONFLICT(conflict,member) "           \
		       "DO UPDATE SET value=excluded.value")                   \
	X(DUPLICATE_ADD, "INSERT OR IGNORE INTO duplicate(a,b,state,run) "     \
			 "VALUES(?,?,'open',?)")                               \
	X(HELD_FIND, "SELECT id,state,freed FROM held WHERE member=?1 AND item=?2 "  \
		     "AND (what=?3 OR (?3<>'edit' AND what<>'edit')) "         \
		     "AND state IN ('held','released') "                       \
		     "ORDER BY state DESC")                                    \
	X(HELD_ROOM, "SELECT 1 FROM held WHERE member=? AND state='held' "     \
		     "AND what IN ('delete','emptied') LIMIT 1")               \
	X(HELD_ITEM, "SELECT 1 FROM held WHERE member=? AND item=? "           \
		     "AND state='held'")                                       \
	X(HELD_ADD, "INSERT INTO held(member,item,what,run,at,state) "         \
		    "VALUES(?,?,?,?,?,'held')")                                \
	X(HELD_DONE, "UPDATE held SET state='done',freed=?2 WHERE id=?1")      \
	X(HELD_UNDONE, "UPDATE held SET state='restored' WHERE id=?")          \
	X(HELD_OF, "SELECT id,item,what FROM held WHERE member=? "             \
		   "AND state='held' AND item IS NOT NULL")                    \
	X(COUNT_OPEN, "SELECT (SELECT count(*) FROM conflict "                 \
		      "WHERE state='open'),(SELECT count(*) FROM duplicate "   \
		      "WHERE state='open'),(SELECT count(*) FROM held "        \
		      "WHERE state='held')")                                   \
	X(COUNT_UNPLACED, "SELECT count(*) FROM base WHERE member=? "          \
			  "AND meaning='not-placed'")                          \
	X(LIST_RUNS, "SELECT id,trigger,start,end,outcome,detail FROM run "    \
		     "ORDER BY id DESC LIMIT ?")                               \
	X(LIST_PLACES,                                                         \
	  "SELECT r.name,r.shown,r.class,r.first_seen,r.last_seen,r.state,"    \
	  "(SELECT count(*) FROM member m JOIN component c ON "                \
	  "c.id=m.component JOIN base b ON b.member=m.id WHERE "               \
	  "m.replica=r.id AND c.kind=0 AND b.ref IS NOT NULL),"                \
	  "(SELECT count(*) FROM member m JOIN component c ON "                \
	  "c.id=m.component JOIN base b ON b.member=m.id WHERE "               \
	  "m.replica=r.id AND c.kind=1 AND b.ref IS NOT NULL),"                \
	  "(SELECT count(*) FROM member m JOIN component c ON "                \
	  "c.id=m.component JOIN base b ON b.member=m.id WHERE "               \
	  "m.replica=r.id AND c.kind=2 AND b.ref IS NOT NULL),"                \
	  "(SELECT count(*) FROM member m JOIN base b ON b.member=m.id "       \
	  "WHERE m.replica=r.id AND b.meaning='not-placed'),"                  \
	  "(SELECT count(*) FROM member m JOIN due d ON d.member=m.id "        \
	  "WHERE m.replica=r.id AND m.takes AND " LEDGER_WAITS                 \
	  ") FROM replica r "                                                  \
	  "ORDER BY r.class,r.name")                                           \
	X(LIST_CONFLICTS,                                                      \
	  "SELECT c.id,c.item,i.value,c.field,r.shown,v.value,c.opened "       \
	  "FROM conflict c JOIN item i ON i.id=c.item "                        \
	  "JOIN version v ON v.conflict=c.id "                                 \
	  "JOIN member m ON m.id=v.member JOIN replica r ON r.id=m.replica "   \
	  "WHERE c.state='open' ORDER BY c.id,r.class,r.name")                 \
	X(LIST_DUPLICATES,                                                     \
	  "SELECT d.a,d.b,x.value,y.value FROM duplicate d "                   \
	  "JOIN item x ON x.id=d.a JOIN item y ON y.id=d.b "                   \
	  "WHERE d.state='open' AND x.state='live' AND y.state='live' "        \
	  "ORDER BY d.a,d.b")                                                  \
	X(LIST_HELD,                                                           \
	  "SELECT h.id,r.shown,h.what,i.value,h.at FROM held h "               \
	  "JOIN member m ON m.id=h.member JOIN replica r ON r.id=m.replica "   \
	  "LEFT JOIN item i ON i.id=h.item WHERE h.state='held' ORDER BY h.id")\
	X(RELEASE, "UPDATE held SET state='released' WHERE state='held' AND "  \
		   "(?1 IS NULL OR member IN (SELECT m.id FROM member m JOIN " \
		   "replica r ON r.id=m.replica WHERE r.name=?1 OR "           \
		   "r.shown=?1))")

enum ledger_query {
#define X(name, sql) LQ_##name,
	LEDGER_QUERIES(X)
	LEDGER_SEED_QUERIES(X)
	LEDGER_CARDS_QUERIES(X)
	LEDGER_DECIDE_QUERIES(X)
	LEDGER_SHOW_QUERIES(X)
	LEDGER_HISTORY_QUERIES(X)
#undef X
	LQ_COUNT
};

/** ledger_do() - run a query that gives no rows. 0 or -1. */
int ledger_do(struct ledger *l, enum ledger_query q, struct sim_err *e,
	      const char *fmt, ...);
/** ledger_add() - insert. Return: row id, or -1. */
int64_t ledger_add(struct ledger *l, enum ledger_query q, struct sim_err *e,
		   const char *fmt, ...);
/** ledger_first() - start a query. Return: 1 a row, 0 none, -1 error. */
int ledger_first(struct ledger *l, enum ledger_query q, struct sim_err *e,
		 const char *fmt, ...);
int ledger_next(struct ledger *l, enum ledger_query q, struct sim_err *e);
void ledger_end(struct ledger *l, enum ledger_query q);
/* Columns of the present row; text lives until the next step. */
int64_t ledger_int(struct ledger *l, enum ledger_query q, int col);
const char *ledger_text(struct ledger *l, enum ledger_query q, int col);

#endif
