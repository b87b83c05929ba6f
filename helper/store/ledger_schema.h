/* SPDX-License-Identifier: MIT */
/*
 * ledger_schema.h - the ledger's schema, one step per version; explained in
 * ledger.h
 */
#ifndef SIMSYNC_STORE_LEDGER_SCHEMA_H
#define SIMSYNC_STORE_LEDGER_SCHEMA_H

/* Step i takes a ledger from version i to i + 1. Never change an old step. */
static const char *const ledger_steps[] = {
	"CREATE TABLE component(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
	" classes INTEGER NOT NULL, UNIQUE(kind,classes)) STRICT;"
	"CREATE TABLE replica(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" shown TEXT NOT NULL, class INTEGER NOT NULL,"
	" first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,"
	" state TEXT NOT NULL CHECK(state IN ('here','away','retired'))) STRICT;"
	"CREATE TABLE member(id INTEGER PRIMARY KEY,"
	" component INTEGER NOT NULL REFERENCES component,"
	" replica INTEGER NOT NULL REFERENCES replica, token TEXT,"
	" UNIQUE(component,replica)) STRICT;"
	"CREATE TABLE item(id INTEGER PRIMARY KEY,"
	" component INTEGER NOT NULL REFERENCES component, uid TEXT, key TEXT,"
	" nth INTEGER NOT NULL, state TEXT NOT NULL CHECK(state IN"
	" ('live','dead')), rev INTEGER NOT NULL, value TEXT NOT NULL,"
	" died INTEGER) STRICT;"
	"CREATE UNIQUE INDEX item_uid ON item(component,uid)"
	" WHERE uid IS NOT NULL;"
	"CREATE UNIQUE INDEX item_key ON item(component,key,nth)"
	" WHERE key IS NOT NULL;"
	"CREATE TABLE number(component INTEGER NOT NULL, number TEXT NOT NULL,"
	" item INTEGER NOT NULL REFERENCES item,"
	" PRIMARY KEY(component,number,item)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX number_item ON number(item);"
	"CREATE TABLE base(id INTEGER PRIMARY KEY,"
	" item INTEGER NOT NULL REFERENCES item,"
	" member INTEGER NOT NULL REFERENCES member, ref TEXT, version TEXT,"
	" uid TEXT, value TEXT NOT NULL, want TEXT, meaning TEXT NOT NULL"
	" CHECK(meaning IN ('present','deleted','not-placed','unreadable',"
	"'asked')), hash INTEGER NOT NULL, rev INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX base_ref ON base(member,ref)"
	" WHERE ref IS NOT NULL;"
	"CREATE INDEX base_item ON base(item,member);"
	"CREATE INDEX base_hash ON base(member,hash);"
	"CREATE INDEX base_lost ON base(member)"
	" WHERE ref IS NULL AND meaning='present';"
	"CREATE INDEX base_unplaced ON base(member)"
	" WHERE meaning='not-placed';"
	"CREATE TABLE due(member INTEGER NOT NULL REFERENCES member,"
	" item INTEGER NOT NULL REFERENCES item, PRIMARY KEY(member,item))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE run(id INTEGER PRIMARY KEY, trigger TEXT,"
	" start INTEGER NOT NULL, end INTEGER, outcome TEXT, detail TEXT)"
	" STRICT;"
	"CREATE TABLE journal(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" member INTEGER NOT NULL REFERENCES member,"
	" item INTEGER NOT NULL REFERENCES item, verb INTEGER NOT NULL,"
	" ref TEXT, uid TEXT, before TEXT, want TEXT, state TEXT NOT NULL"
	" CHECK(state IN ('open','done','failed'))) STRICT;"
	"CREATE INDEX journal_open ON journal(member) WHERE state='open';"
	"CREATE TABLE history(id INTEGER PRIMARY KEY, run INTEGER NOT NULL,"
	" item INTEGER NOT NULL, member INTEGER NOT NULL,"
	" verb INTEGER NOT NULL, at INTEGER NOT NULL, before TEXT, after TEXT,"
	" wrote INTEGER NOT NULL) STRICT;"
	"CREATE INDEX history_run ON history(run);"
	"CREATE INDEX history_guard ON history(member,verb,at)"
	" WHERE wrote=0;"
	"CREATE TABLE conflict(id INTEGER PRIMARY KEY,"
	" item INTEGER NOT NULL REFERENCES item, field TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK(state IN ('open','closed')),"
	" opened INTEGER NOT NULL, closed INTEGER) STRICT;"
	"CREATE UNIQUE INDEX conflict_open ON conflict(item,field)"
	" WHERE state='open';"
	"CREATE TABLE version(conflict INTEGER NOT NULL REFERENCES conflict,"
	" member INTEGER NOT NULL REFERENCES member, value TEXT,"
	" PRIMARY KEY(conflict,member)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE duplicate(a INTEGER NOT NULL REFERENCES item,"
	" b INTEGER NOT NULL REFERENCES item, state TEXT NOT NULL"
	" CHECK(state IN ('open','joined','split')), run INTEGER NOT NULL,"
	" PRIMARY KEY(a,b)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX duplicate_open ON duplicate(state) WHERE state='open';"
	"CREATE TABLE held(id INTEGER PRIMARY KEY,"
	" member INTEGER NOT NULL REFERENCES member, item INTEGER,"
	" what TEXT NOT NULL CHECK(what IN ('delete','edit','emptied')),"
	" run INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL"
	" CHECK(state IN ('held','released','restored','done')),"
	" freed INTEGER) STRICT;"
	"CREATE INDEX held_item ON held(member,item)"
	" WHERE state IN ('held','released');",

	/* 2: which component knew last what a replica holds */
	"ALTER TABLE component ADD COLUMN used INTEGER NOT NULL DEFAULT 0;",

	/* 3: generations of cards, profiles of an eUICC, when an edit was made,
	 * what of a card the server's manifest tells */
	"ALTER TABLE replica ADD COLUMN eid TEXT;"
	"ALTER TABLE replica ADD COLUMN psc INTEGER;"
	"ALTER TABLE replica ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE replica ADD COLUMN retired INTEGER;"
	"ALTER TABLE member ADD COLUMN read INTEGER;"
	"ALTER TABLE member ADD COLUMN told INTEGER;"
	"ALTER TABLE history ADD COLUMN since INTEGER;"
	"ALTER TABLE history ADD COLUMN until INTEGER;"
	"CREATE TABLE euicc(eid TEXT PRIMARY KEY, notice INTEGER NOT NULL)"
	" STRICT;"
	"CREATE TABLE held_3(id INTEGER PRIMARY KEY,"
	" member INTEGER NOT NULL REFERENCES member, item INTEGER,"
	" what TEXT NOT NULL CHECK(what IN"
	" ('delete','edit','emptied','refill')),"
	" run INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL"
	" CHECK(state IN ('held','released','restored','done')),"
	" freed INTEGER) STRICT;"
	"INSERT INTO held_3 SELECT id,member,item,what,run,at,state,freed"
	" FROM held;"
	"DROP TABLE held;"
	"ALTER TABLE held_3 RENAME TO held;"
	"CREATE INDEX held_item ON held(member,item)"
	" WHERE state IN ('held','released');",

	/* 4: since which revision a person's order of numbers is known */
	"ALTER TABLE item ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0;",

	/* 5: what changed since a replica was last told; whether it is told */
	("ALTER TABLE base ADD COLUMN missed TEXT;"
	 "ALTER TABLE member ADD COLUMN takes INTEGER NOT NULL DEFAULT 1;"),

	/* 6: what the rules of a component said */
	"ALTER TABLE component ADD COLUMN rules INTEGER;",

	/* 7: history is forgotten by its runs, has photos once; a write whose
	 * outcome is known leaves the journal */
	("ALTER TABLE run ADD COLUMN bytes INTEGER;"
	 "CREATE INDEX run_start ON run(start);"
	 "CREATE INDEX run_uncounted ON run(id) WHERE bytes IS NULL;"
	 "CREATE INDEX run_bytes ON run(id,bytes) WHERE bytes>0;"
	 "CREATE TABLE photo(id INTEGER PRIMARY KEY, hash INTEGER NOT NULL,"
	 " value TEXT NOT NULL, size INTEGER NOT NULL) STRICT;"
	 "CREATE INDEX photo_hash ON photo(hash);"
	 "CREATE INDEX photo_size ON photo(size);"
	 "ALTER TABLE history ADD COLUMN photo0 INTEGER;"
	 "ALTER TABLE history ADD COLUMN photo1 INTEGER;"
	 "CREATE INDEX history_photo0 ON history(photo0)"
	 " WHERE photo0 IS NOT NULL;"
	 "CREATE INDEX history_photo1 ON history(photo1)"
	 " WHERE photo1 IS NOT NULL;"
	 "CREATE INDEX history_edit ON history(item)"
	 " WHERE wrote=0 AND verb=1;"
	 "DELETE FROM journal WHERE state<>'open';"),
};

#endif
