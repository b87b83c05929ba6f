/* SPDX-License-Identifier: MIT */
/*
 * ledger_cards.h - queries about which replica a card is, and about profiles;
 * part of ledger_sql.h
 */
#ifndef SIMSYNC_STORE_LEDGER_CARDS_H
#define SIMSYNC_STORE_LEDGER_CARDS_H

/* A card's replicas are `card:<iccid>/<generation>'; ?1 is `card:<iccid>/'. */
#define LEDGER_CARDS_QUERIES(X)                                                \
	X(CARD_NOW,                                                            \
	  "SELECT id,name,class,eid,psc,asks FROM replica WHERE "              \
	  "substr(name,1,length(?1))=?1 AND state<>'retired' "                 \
	  "ORDER BY id DESC LIMIT 1")                                          \
	X(CARD_WAS,                                                            \
	  "SELECT 1 FROM replica WHERE substr(name,1,length(?1))=?1 "          \
	  "LIMIT 1")                                                           \
	X(CARD_ADD,                                                            \
	  "INSERT INTO replica(name,shown,class,first_seen,last_seen,"         \
	  "state,eid,asks) VALUES(?1,?2,?3,?4,?4,'away',?5,?6) "               \
	  "ON CONFLICT(name) DO UPDATE SET state='away',retired=NULL")         \
	X(CARD_CLASS,                                                          \
	  "UPDATE replica SET class=?2,eid=?3 WHERE id=?1")                    \
	X(CARD_PSC,                                                            \
	  "UPDATE replica SET psc=?2 WHERE name=?1 AND psc IS NOT ?2")         \
	X(CARD_RETIRE,                                                         \
	  "UPDATE replica SET state='retired',retired=?2 WHERE id=?1")         \
	X(CARD_NOT_DUE,                                                        \
	  "DELETE FROM due WHERE member IN (SELECT id FROM member "            \
	  "WHERE replica=?)")                                                  \
	X(CARD_ASKS,                                                           \
	  "SELECT asks FROM replica WHERE id=?")                               \
	X(CARD_REFILL,                                                         \
	  "SELECT h.id,h.state,h.member FROM held h "                          \
	  "JOIN member m ON m.id=h.member "                                    \
	  "WHERE m.replica=? AND h.what='refill' AND "                         \
	  "h.state IN ('held','released') LIMIT 1")                            \
	X(CARD_AGREED,                                                         \
	  "UPDATE replica SET asks=0 WHERE id=?")                              \
	X(EUICC_ALL,                                                           \
	  "SELECT id,name,shown FROM replica WHERE eid=? "                     \
	  "AND state<>'retired' ORDER BY id")                                  \
	X(EUICC_NOTICE,                                                        \
	  "SELECT notice FROM euicc WHERE eid=?")                              \
	X(EUICC_SEEN,                                                          \
	  "INSERT INTO euicc(eid,notice) VALUES(?1,?2) ON CONFLICT(eid) "      \
	  "DO UPDATE SET notice=max(notice,?2)")                               \
	X(CARD_KEPT,                                                           \
	  "SELECT r.name,r.shown,r.state,c.kind,i.uid,i.state,i.value,"        \
	  "b.value,EXISTS(SELECT 1 FROM base o JOIN member n ON "              \
	  "n.id=o.member JOIN replica p ON p.id=n.replica WHERE "              \
	  "o.item=i.id AND p.class=2 AND o.ref IS NOT NULL) "                  \
	  "FROM replica r JOIN member m ON m.replica=r.id JOIN component c "   \
	  "ON c.id=m.component JOIN base b ON b.member=m.id JOIN item i "      \
	  "ON i.id=b.item WHERE r.name=?1 AND c.kind<>2 AND "                  \
	  "b.ref IS NOT NULL AND c.used=(SELECT max(y.used) FROM member x "    \
	  "JOIN component y ON y.id=x.component WHERE x.replica=r.id AND "     \
	  "y.kind=c.kind) ORDER BY c.kind,i.id")                               \
	X(MANIFEST_ITEM,                                                       \
	  "SELECT item FROM base WHERE member=?1 AND uid=?2 "                  \
	  "AND ref IS NOT NULL")                                               \
	X(MANIFEST_OLD,                                                        \
	  "UPDATE member SET told=NULL WHERE component=?1 "                    \
	  "AND told IS NOT NULL AND (?2=0 OR id=?2)")                          \
	X(MANIFEST_TOLD,                                                       \
	  "UPDATE member SET told=?2 WHERE id=?1")                             \
	X(MANIFEST_DUE,                                                        \
	  "SELECT m.id,s.id,r.name FROM component c JOIN member m "            \
	  "ON m.component=c.id JOIN replica r ON r.id=m.replica JOIN "         \
	  "member s ON s.component=c.id JOIN replica p ON p.id=s.replica "     \
	  "WHERE c.kind=0 AND c.used=?1 AND r.class IN (0,1) AND p.class=3 "   \
	  "AND r.state='here' AND p.state='here' AND m.told IS NULL")          \
	X(MANIFEST_LINES,                                                      \
	  "SELECT b.ref,b.value,s.uid FROM base b JOIN item i ON i.id=b.item " \
	  "JOIN base s ON s.item=b.item AND s.member=?2 WHERE b.member=?1 "    \
	  "AND b.ref IS NOT NULL AND b.meaning='present' AND "                 \
	  "s.ref IS NOT NULL AND s.uid IS NOT NULL AND i.state='live' AND "    \
	  "s.rev=i.rev AND b.rev=i.rev AND NOT EXISTS(SELECT 1 FROM "          \
	  "conflict x WHERE x.item=i.id AND x.state='open') ORDER BY b.ref")   \
	X(CARD_LIKE,                                                           \
	  "SELECT name FROM replica WHERE class IN (0,1) AND "                 \
	  "substr(name,1,instr(name,'/')-1) LIKE '%'||?1 "                     \
	  "ORDER BY state='retired' DESC,retired DESC,id DESC")

#endif
