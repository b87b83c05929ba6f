/* SPDX-License-Identifier: MIT */
/*
 * ledger_seed.h - queries that carry one component over into another, part of
 * ledger_sql.h
 */
#ifndef SIMSYNC_STORE_LEDGER_SEED_H
#define SIMSYNC_STORE_LEDGER_SEED_H

/* Is there something to decide among those of the classes ?3 (@of "<>"), or among
 * the others ("=")? Sides that say different things, or not all say one. */
#define SEED_DIFFER(conflict, item, of)                                        \
	"(SELECT count(DISTINCT ifnull(v.value,''))>1 OR (count(*)>0 AND "     \
	"count(*)<(SELECT count(DISTINCT b.member) FROM base b JOIN member "   \
	"m ON m.id=b.member JOIN replica r ON r.id=m.replica WHERE b.item="    \
	item " AND b.ref IS NOT NULL AND ((1<<r.class)&?3)" of "0)) FROM "     \
	"version v JOIN member m ON m.id=v.member JOIN replica r ON "          \
	"r.id=m.replica WHERE v.conflict=" conflict " AND "                    \
	"((1<<r.class)&?3)" of "0)"

/* Carrying over what another component learned: ?1 takes from ?2; ?3 classes
 * both have, ?4 it had no others, ?5 only items younger than that one. An item
 * is the same by its UID. (seed.c) */
#define LEDGER_SEED_QUERIES(X)                                                 \
	X(COMPONENT_USED,                                                      \
	  "UPDATE component SET used=?2 WHERE id=?1")                          \
	X(SEED_FROM,                                                           \
	  "SELECT o.id,o.classes,c.classes,c.used FROM component c JOIN "      \
	  "component o ON o.kind=c.kind AND o.id<>c.id AND "                   \
	  "o.used>c.used AND (o.classes&c.classes)<>0 WHERE c.id=? "           \
	  "ORDER BY o.used DESC,(o.classes&4) DESC,o.id LIMIT 1")              \
	X(RULES_WERE,                                                          \
	  "SELECT rules FROM component WHERE id=? AND rules IS NOT NULL")      \
	X(RULES_ARE,                                                           \
	  "UPDATE component SET rules=?2 WHERE id=?1")                         \
	X(RULES_DUE,                                                           \
	  "INSERT OR IGNORE INTO due(member,item) SELECT m.id,i.id "           \
	  "FROM member m JOIN item i ON i.component=m.component WHERE "        \
	  "m.component=?1 AND (i.state='live' OR EXISTS(SELECT 1 FROM base b " \
	  "WHERE b.item=i.id AND b.member=m.id AND b.ref IS NOT NULL))")       \
	X(SEED_ALSO,                                                           \
	  "SELECT o.id,o.classes,c.classes FROM component c JOIN "             \
	  "component o ON o.kind=c.kind AND o.id<>c.id AND o.used>0 AND "      \
	  "(o.classes&c.classes&~?2)<>0 WHERE c.id=?1 "                        \
	  "ORDER BY o.used DESC,o.id LIMIT 1")                                 \
	X(SEED_LAST,                                                           \
	  "SELECT ifnull(max(id),0) FROM item")                                \
	X(SEED_ALL_DUE,                                                        \
	  "INSERT OR IGNORE INTO due(member,item) SELECT m.id,i.id "           \
	  "FROM member m JOIN item i ON i.component=m.component WHERE "        \
	  "m.component=? AND i.state='live' AND NOT EXISTS(SELECT 1 FROM "     \
	  "base b WHERE b.item=i.id AND b.member=m.id)")                       \
	X(SEED_NEW,                                                            \
	  "SELECT id,value FROM item WHERE component=?1 AND id>?2 "            \
	  "AND state='live' ORDER BY id")                                      \
	X(SEED_LIKE,                                                           \
	  "SELECT DISTINCT y.id,y.value FROM number a JOIN number b "          \
	  "ON b.component=a.component AND b.number=a.number JOIN item y "      \
	  "ON y.id=b.item WHERE a.item=?1 AND y.id<=?2 AND y.state='live'")    \
	X(SEED_BACK,                                                           \
	  "SELECT count(DISTINCT x.id) FROM number a JOIN number b "           \
	  "ON b.component=a.component AND b.number=a.number JOIN item x "      \
	  "ON x.id=b.item WHERE a.item=?1 AND x.id>?2 AND x.state='live'")     \
	X(SEED_KEYS,                                                           \
	  "UPDATE OR IGNORE item SET uid=(SELECT o.uid FROM item o "           \
	  "WHERE o.component=?2 AND o.key=item.key AND "                       \
	  "o.nth=item.nth) WHERE component=?1 AND key IS NOT NULL AND "        \
	  "EXISTS(SELECT 1 FROM item o WHERE o.component=?2 AND "              \
	  "o.key=item.key AND o.nth=item.nth)")                                \
	X(SEED_MEMBERS,                                                        \
	  "INSERT OR IGNORE INTO member(component,replica) SELECT "            \
	  "?1,m.replica FROM member m JOIN replica r ON "                      \
	  "r.id=m.replica WHERE m.component=?2 AND "                           \
	  "((1<<r.class)&?3)<>0")                                              \
	X(SEED_TOKENS,                                                         \
	  "UPDATE member SET (token,read)=(SELECT o.token,o.read FROM "        \
	  "member o "                                                          \
	  "WHERE o.component=?2 AND o.replica=member.replica) WHERE "          \
	  "id IN (SELECT m.id FROM member m JOIN replica r ON "                \
	  "r.id=m.replica WHERE m.component=?1 AND "                           \
	  "((1<<r.class)&?3)<>0 AND m.replica IN (SELECT replica FROM "        \
	  "member WHERE component=?2))")                                       \
	X(SEED_CHANGED,                                                        \
	  "UPDATE item SET "                                                   \
	  "rev=max(item.rev,x.rev)+1,value=ifnull(x.value,item.value),state=x.state,died=x.died " \
	  "FROM (SELECT o.uid,o.rev,o.state,o.died,(CASE WHEN ?4 THEN "        \
	  "o.value ELSE (SELECT b.value FROM base b JOIN member m ON "         \
	  "m.id=b.member JOIN replica r ON r.id=m.replica WHERE "              \
	  "b.item=o.id AND b.ref IS NOT NULL AND ((1<<r.class)&?3)<>0 "        \
	  "ORDER BY r.class=2 DESC,r.class=3 DESC,b.rev DESC,"                 \
	  "length(b.value) DESC LIMIT 1) "                                     \
	  "END) AS value FROM item o WHERE o.component=?2) x WHERE "           \
	  "item.component=?1 AND item.uid=x.uid AND "                          \
	  "(item.value<>ifnull(x.value,item.value) OR "                        \
	  "item.state<>x.state)")                                              \
	X(SEED_ITEMS,                                                          \
	  "INSERT OR IGNORE INTO "                                             \
	  "item(component,uid,key,nth,state,rev,value,died) SELECT "           \
	  "?1,o.uid,o.key,o.nth,o.state,o.rev,(CASE WHEN ?4 THEN "             \
	  "o.value ELSE ifnull((SELECT b.value FROM base b JOIN "              \
	  "member m ON m.id=b.member JOIN replica r ON r.id=m.replica "        \
	  "WHERE b.item=o.id AND b.ref IS NOT NULL AND "                       \
	  "((1<<r.class)&?3)<>0 ORDER BY r.class=2 DESC,r.class=3 "            \
	  "DESC,b.rev DESC,length(b.value) DESC LIMIT 1),o.value) "            \
	  "END),o.died FROM item o "                                           \
	  "WHERE o.component=?2 AND NOT EXISTS(SELECT 1 FROM item n "          \
	  "WHERE n.component=?1 AND n.uid=o.uid) AND (o.state='dead' "         \
	  "OR EXISTS(SELECT 1 FROM base b JOIN member m ON "                   \
	  "m.id=b.member JOIN replica r ON r.id=m.replica WHERE "              \
	  "b.item=o.id AND (?4 OR b.ref IS NOT NULL) AND "                     \
	  "((1<<r.class)&?3)<>0))")                                            \
	X(SEED_NO_BASES,                                                       \
	  "DELETE FROM base WHERE member IN (SELECT m.id FROM member "         \
	  "m JOIN replica r ON r.id=m.replica WHERE m.component=?1 "           \
	  "AND ((1<<r.class)&?3)<>0 AND m.replica IN (SELECT replica "         \
	  "FROM member WHERE component=?2))")                                  \
	X(SEED_BASES,                                                          \
	  "INSERT INTO "                                                       \
	  "base(item,member,ref,version,uid,value,want,meaning,hash,rev) "     \
	  "SELECT "                                                            \
	  "n.id,nm.id,b.ref,b.version,b.uid,b.value,b.want,b.meaning,b.hash,CASE " \
	  "WHEN b.rev=o.rev THEN n.rev ELSE 0 END FROM base b JOIN "           \
	  "item o ON o.id=b.item JOIN item n ON n.component=?1 AND "           \
	  "n.uid=o.uid JOIN member om ON om.id=b.member JOIN replica "         \
	  "r ON r.id=om.replica AND ((1<<r.class)&?3)<>0 JOIN member "         \
	  "nm ON nm.component=?1 AND nm.replica=om.replica WHERE "             \
	  "o.component=?2 AND n.id>?5")                                        \
	X(SEED_NO_NUMBERS,                                                     \
	  "DELETE FROM number WHERE item IN (SELECT n.id FROM item n "         \
	  "JOIN item o ON o.component=?2 AND o.uid=n.uid WHERE "               \
	  "n.component=?1)")                                                   \
	X(SEED_NUMBERS,                                                        \
	  "INSERT OR IGNORE INTO number(component,number,item) SELECT "        \
	  "?1,x.number,n.id FROM number x JOIN item o ON o.id=x.item "         \
	  "JOIN item n ON n.component=?1 AND n.uid=o.uid WHERE "               \
	  "x.component=?2 AND n.id>?5")                                        \
	X(SEED_DUE,                                                            \
	  "INSERT OR IGNORE INTO due(member,item) SELECT nm.id,n.id "          \
	  "FROM due d JOIN item o ON o.id=d.item JOIN item n ON "              \
	  "n.component=?1 AND n.uid=o.uid JOIN member om ON "                  \
	  "om.id=d.member JOIN replica r ON r.id=om.replica AND "              \
	  "((1<<r.class)&?3)<>0 JOIN member nm ON nm.component=?1 AND "        \
	  "nm.replica=om.replica WHERE o.component=?2 AND n.id>?5")            \
	X(SEED_FROZEN,                                                         \
	  "INSERT OR IGNORE INTO due(member,item) SELECT m.id,i.id "           \
	  "FROM member m JOIN item i ON i.component=m.component WHERE "        \
	  "m.component=?1 AND m.id NOT IN (SELECT m.id FROM member m "         \
	  "JOIN replica r ON r.id=m.replica WHERE m.component=?1 AND "         \
	  "((1<<r.class)&?3)<>0 AND m.replica IN (SELECT replica FROM "        \
	  "member WHERE component=?2)) AND (i.state='live' OR "                \
	  "EXISTS(SELECT 1 FROM base b WHERE b.item=i.id AND "                 \
	  "b.member=m.id AND b.ref IS NOT NULL))")                             \
	X(SEED_JOURNAL,                                                        \
	  "INSERT INTO "                                                       \
	  "journal(run,member,item,verb,ref,uid,before,want,state) "           \
	  "SELECT "                                                            \
	  "j.run,nm.id,n.id,j.verb,j.ref,j.uid,j.before,j.want,'open' "        \
	  "FROM journal j JOIN item o ON o.id=j.item JOIN item n ON "          \
	  "n.component=?1 AND n.uid=o.uid JOIN member om ON "                  \
	  "om.id=j.member JOIN replica r ON r.id=om.replica AND "              \
	  "((1<<r.class)&?3)<>0 JOIN member nm ON nm.component=?1 AND "        \
	  "nm.replica=om.replica WHERE o.component=?2 AND "                    \
	  "j.state='open' AND n.id>?5")                                        \
	X(SEED_JOURNAL_END,                                                    \
	  "DELETE FROM journal WHERE state='open' AND "                        \
	  "member IN (SELECT m.id FROM member m JOIN replica r ON "            \
	  "r.id=m.replica WHERE m.component=?2 AND ?1=?1 AND "                 \
	  "((1<<r.class)&?3)<>0)")                                             \
	X(SEED_CONFLICTS,                                                      \
	  "INSERT OR IGNORE INTO conflict(item,field,state,opened) "           \
	  "SELECT n.id,x.field,'open',x.opened FROM conflict x JOIN "          \
	  "item o ON o.id=x.item AND o.component=?2 JOIN item n ON "           \
	  "n.component=?1 AND n.uid=o.uid AND n.id>?5 WHERE x.state='open' "   \
	  "AND (?4 OR " SEED_DIFFER("x.id", "x.item", "<>") ")")               \
	X(SEED_VERSIONS,                                                       \
	  "INSERT OR REPLACE INTO version(conflict,member,value) "             \
	  "SELECT y.id,nm.id,v.value FROM version v JOIN conflict x "          \
	  "ON x.id=v.conflict AND x.state='open' JOIN item o ON "              \
	  "o.id=x.item AND o.component=?2 JOIN item n ON "                     \
	  "n.component=?1 AND n.uid=o.uid JOIN conflict y ON "                 \
	  "y.item=n.id AND y.field=x.field AND y.state='open' JOIN "           \
	  "member om ON om.id=v.member JOIN replica r ON "                     \
	  "r.id=om.replica AND ((1<<r.class)&?3)<>0 JOIN member nm ON "        \
	  "nm.component=?1 AND nm.replica=om.replica WHERE n.id>?5")           \
	X(SEED_VERSIONS_END,                                                   \
	  "DELETE FROM version WHERE conflict IN (SELECT x.id FROM conflict "  \
	  "x JOIN item o ON o.id=x.item AND o.component=?2 AND ?1=?1 WHERE "   \
	  "x.state='open') AND member IN (SELECT m.id FROM member m JOIN "     \
	  "replica r ON r.id=m.replica WHERE m.component=?2 AND "              \
	  "((1<<r.class)&?3)<>0)")                                             \
	X(SEED_CONFLICTS_END,                                                  \
	  "UPDATE conflict SET state='closed',closed=iif(?4,(SELECT max(id) "  \
	  "FROM run),NULL) WHERE state='open' AND "                            \
	  "item IN (SELECT id FROM item WHERE component=?2 AND ?1=?1) AND "    \
	  "(?4 OR NOT " SEED_DIFFER("conflict.id", "conflict.item", "=") ")")  \
	X(SEED_HELD,                                                           \
	  "INSERT INTO held(member,item,what,run,at,state,freed) "             \
	  "SELECT nm.id,n.id,h.what,h.run,h.at,h.state,h.freed FROM "          \
	  "held h JOIN item o ON o.id=h.item JOIN item n ON "                  \
	  "n.component=?1 AND n.uid=o.uid JOIN member om ON "                  \
	  "om.id=h.member JOIN replica r ON r.id=om.replica AND "              \
	  "((1<<r.class)&?3)<>0 JOIN member nm ON nm.component=?1 AND "        \
	  "nm.replica=om.replica WHERE o.component=?2 AND h.state IN "         \
	  "('held','released') AND n.id>?5")                                   \
	X(SEED_HELD_END,                                                       \
	  "UPDATE held SET state='done' WHERE state IN "                       \
	  "('held','released') AND member IN (SELECT m.id FROM member m "      \
	  "JOIN replica r ON r.id=m.replica WHERE m.component=?2 AND ?1=?1 "   \
	  "AND ((1<<r.class)&?3)<>0)")                                         \
	X(SEED_DUPLICATES,                                                     \
	  "INSERT OR REPLACE INTO duplicate(a,b,state,run) SELECT "            \
	  "min(x.id,y.id),max(x.id,y.id),d.state,d.run FROM duplicate "        \
	  "d JOIN item o ON o.id=d.a AND o.component=?2 JOIN item p "          \
	  "ON p.id=d.b JOIN item x ON x.component=?1 AND x.uid=o.uid "         \
	  "JOIN item y ON y.component=?1 AND y.uid=p.uid WHERE x.id>?5")       \
	X(SEED_REOPEN,                                                         \
	  "UPDATE OR IGNORE conflict SET state='open',closed=?2 WHERE "        \
	  "state='closed' AND closed IS NULL AND item IN (SELECT id FROM "     \
	  "item WHERE component=?1 AND state='live')")                         \
	X(SEED_REOPENED,                                                       \
	  "SELECT DISTINCT item FROM conflict WHERE state='open' AND "         \
	  "closed=?2 AND item IN (SELECT id FROM item WHERE component=?1)")    \
	X(WIDEN_ROWS,                                                          \
	  "SELECT o.value,b.value FROM item n JOIN item o ON "                 \
	  "o.component=?2 AND o.uid=n.uid JOIN base b ON b.item=n.id "         \
	  "AND b.ref IS NOT NULL WHERE n.id=?1")                               \
	X(WIDEN_SET,                                                           \
	  "UPDATE item SET value=?2 WHERE id=?1")                              \
	X(SEED_DUPLICATES_END,                                                 \
	  "DELETE FROM duplicate WHERE state='open' AND a IN (SELECT id FROM " \
	  "item WHERE component=?2 AND ?1=?1)")

#endif
