// SPDX-License-Identifier: MIT
/*
 * crash.c - a run ended at every instant there is; the next one ends where an
 * undisturbed run does
 *
 *	crash [EVERY [OFFSET]]		every EVERY-th instant (1: all)
 *
 * ONLY=step: one kind of instant; AT=17: one instant; KEEP=1: keep the folder.
 *
 * The real engine over the real replicas: card library and software card, the
 * phone's store and the ledger in SQLite, Radicale and Apache mod_dav. Each run
 * is a process of its own that is really killed; the card is held by this one,
 * so it keeps what a killed run left on it. Before each run all files are as
 * they were before the first.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <time.h>

#include "card/card.h"
#include "crash/wire.h"
#include "model/vcard.h"
#include "remote/remote.h"
#include "store/ledger.h"
#include "store/store.h"
#include "sync/engine.h"
#include "unit/servers.h"

/**
 * struct world - a phone with a SIM and an account
 * @dir: its files: live/ as the runs have them, kept/ as they were
 * @card: image text of the card as it was
 * @slot: the card now
 * @now: clock of the next run
 */
struct world {
	char dir[72], contacts[96], files[96];
	char *card;
	struct slot slot;
	struct slot kept;
	int64_t now;
};

static struct servers srv;
static struct points *points;

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2),
						      noreturn));
static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("# crash: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	_exit(100);
}

static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd))
		die("failed: %s", cmd);
}

/* ---- one run: what the helper does with one card ------------------------ */

enum { LOCAL, REMOTE, CARD, REPLICAS };

struct phone {
	struct store *store;
	struct ledger *ledger;
	struct card *card;
	struct sim_replica *r[REPLICAS];
	size_t n;
};

static int add(struct phone *ph, struct sim_replica *r)
{
	ph->r[ph->n] = r;
	ph->n += r != NULL;
	return r ? 0 : -1;
}

static void stamp_path(const struct world *w, char path[128])
{
	snprintf(path, 128, "%s/live/stamp", w->dir);
}

static void take_stamp(struct world *w, struct card *c)
{
	char path[128], stamp[CARD_STAMP];
	FILE *f;

	stamp_path(w, path);
	f = fopen(path, "r");
	if (f && fgets(stamp, sizeof(stamp), f))
		card_since(c, stamp);
	if (f)
		fclose(f);
}

static void keep_stamp(struct world *w, struct card *c)
{
	char path[128], stamp[CARD_STAMP];
	FILE *f;

	stamp_path(w, path);
	card_stamp(c, stamp);
	f = fopen(path, "w");
	if (!f)
		return;
	fputs(stamp, f);
	fclose(f);
}

/* Return: 0; -1 phone or server cannot be had; without the card it goes on. */
static int phone_open(struct world *w, int fd, struct phone *ph,
		      struct sim_err *e)
{
	struct remote_config rc = {
		.contacts = w->contacts, .files = w->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = (char *)"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.device = (char *)"phone-1", .timeout_s = 30,
	};
	char store[96], ledger[96], name[64];
	struct sim_channel *ch;

	memset(ph, 0, sizeof(*ph));
	snprintf(store, sizeof(store), "%s/live/store.db", w->dir);
	snprintf(ledger, sizeof(ledger), "%s/live/ledger.db", w->dir);
	if (ledger_open(&ph->ledger, ledger, e))
		return -1;
	ph->store = store_open(store, e);
	if (!ph->store || add(ph, store_replica(ph->store, e)) ||
	    add(ph, remote_replica(&rc, e)))
		return -1;
	ch = wire_channel(fd, e);
	ph->card = ch ? card_open(ch, e) : NULL;
	if (!ph->card)
		return 0;
	take_stamp(w, ph->card);
	snprintf(name, sizeof(name), "card:%s/1", card_iccid(ph->card));
	return add(ph, card_replica(ph->card, name, SIM_PHYSICAL, e));
}

static void phone_close(struct phone *ph)
{
	for (size_t i = 0; i < ph->n; i++)
		ph->r[i]->ops->free(ph->r[i]);
	if (ph->card)
		card_close(ph->card);
	ledger_close(ph->ledger);
	store_close(ph->store);
}

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static int sync_once(struct world *w, struct phone *ph, bool dry,
		     struct sync_report *rep, struct sim_err *e)
{
	struct sync_options opt = { .now = clock_now, .arg = w, .dry_run = dry,
				    .country = "49", .trigger = "test" };
	struct rules rules;
	int rc;

	rules_init(&rules);
	rc = sync_run(ph->ledger, &rules, ph->r, ph->n, &opt, rep, e);
	rules_free(&rules);
	return rc;
}

static void say(const struct sync_report *rep)
{
	for (size_t i = 0; getenv("SHOW") && i < rep->n; i++)
		fprintf(stderr, "# type %d %s kind %d verb %d [%s] %s: %s\n",
			rep->line[i].type, rep->line[i].replica,
			rep->line[i].kind, rep->line[i].verb,
			rep->line[i].title,
			sync_outcome_name(rep->line[i].outcome),
			rep->line[i].reason);
	if (getenv("SHOW"))
		fprintf(stderr, "# %s\n", rep->detail);
}

/* Exit code: 0 all is done, 1 something was left over, 2 no run. */
static int run(struct world *w, int fd)
{
	struct sync_report rep = { 0 };
	struct sim_err e = { 0 };
	struct phone ph;
	int rc = 2;

	if (!phone_open(w, fd, &ph, &e) &&
	    !sync_once(w, &ph, false, &rep, &e)) {
		rc = rep.failed || ph.n < REPLICAS;
		if (ph.card)
			keep_stamp(w, ph.card);
	}
	say(&rep);
	if (rc == 2 && getenv("SHOW"))
		fprintf(stderr, "# no run: %s\n", e.text);
	sync_report_free(&rep);
	phone_close(&ph);
	return rc;
}

/* ---- what is where ------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tell_replica(FILE *f, struct sim_replica *r, enum sim_kind kind)
{
	struct sim_changes ch;
	struct sim_err e = { 0 };
	char **text;

	if (r->ops->changes(r, kind, NULL, &ch, &e))
		die("%s: %s", r->name, e.text);
	text = calloc(ch.n + 1, sizeof(*text));
	for (size_t i = 0; i < ch.n; i++)
		text[i] = ch.rec[i].problem ? strdup(ch.rec[i].problem)
					    : sim_item_text(&ch.rec[i].item);
	qsort(text, ch.n, sizeof(*text), by_text);
	for (size_t i = 0; i < ch.n; i++) {
		fprintf(f, "%.6s %d: %s", r->name, kind, text[i]);
		free(text[i]);
	}
	free(text);
	sim_changes_free(&ch);
}

static void tell_sql(FILE *f, const char *path, const char *what,
		     const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *q;

	if (sqlite3_open(path, &db) ||
	    sqlite3_prepare_v2(db, sql, -1, &q, NULL))
		die("%s: %s", path, sqlite3_errmsg(db));
	while (sqlite3_step(q) == SQLITE_ROW) {
		fputs(what, f);
		for (int i = 0; i < sqlite3_column_count(q); i++)
			fprintf(f, " %s", sqlite3_column_text(q, i)
				? (const char *)sqlite3_column_text(q, i)
				: "-");
		fputc('\n', f);
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
}

/* Numbers of rows and runs are as they come; what they say is not. */
static const struct {
	const char *what;
	const char *sql;
} ledger_says[] = {
	{ "integrity", "PRAGMA integrity_check" },
	{ "foreign key", "PRAGMA foreign_key_check" },
	{ "open journal", "SELECT count(*) FROM journal WHERE state='open'" },
	{ "due", "SELECT r.class,i.value FROM due d JOIN item i ON i.id=d.item "
		 "JOIN member m ON m.id=d.member JOIN replica r ON "
		 "r.id=m.replica ORDER BY 1,2" },
	{ "item", "SELECT c.kind,i.state,i.value FROM item i JOIN component c "
		  "ON c.id=i.component ORDER BY 1,2,3" },
	{ "base", "SELECT r.class,b.meaning,b.ref IS NULL,b.value,b.want,"
		  "b.rev=i.rev FROM base b JOIN item i ON i.id=b.item JOIN "
		  "member m ON m.id=b.member JOIN replica r ON r.id=m.replica "
		  "ORDER BY 1,2,3,4,5,6" },
	{ "number", "SELECT n.number,i.value FROM number n JOIN item i ON "
		    "i.id=n.item ORDER BY 1,2" },
	{ "conflict", "SELECT x.field,x.state,i.value FROM conflict x JOIN item "
		      "i ON i.id=x.item ORDER BY 1,2,3" },
	{ "duplicate", "SELECT state FROM duplicate ORDER BY 1" },
	{ "held", "SELECT what,state FROM held ORDER BY 1,2" },
};

static int look(struct world *w, int fd)
{
	struct sync_report rep;
	struct sim_err e = { 0 };
	struct phone ph;
	unsigned int orphans;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/dump", w->dir);
	f = fopen(path, "w");
	if (!f || phone_open(w, fd, &ph, &e) || ph.n < REPLICAS)
		die("look: %s", e.text);
	for (size_t i = 0; i < ph.n; i++)
		for (int k = 0; k < SIM_KINDS; k++)
			tell_replica(f, ph.r[i], (enum sim_kind)k);
	if (card_orphans(ph.card, false, &orphans, &e))
		die("orphans: %s", e.text);
	fprintf(f, "orphans %u\n", orphans);
	if (sync_once(w, &ph, true, &rep, &e))
		die("plan: %s", e.text);
	fprintf(f, "plan: created %zu updated %zu deleted %zu seen %zu conflicts %zu duplicates %zu held %zu not placed %zu queued %zu unreadable %zu failed %zu\n",
		rep.created, rep.updated, rep.deleted, rep.seen, rep.conflicts,
		rep.duplicates, rep.held, rep.not_placed, rep.queued,
		rep.unreadable, rep.failed);
	sync_report_free(&rep);
	phone_close(&ph);
	snprintf(path, sizeof(path), "%s/live/ledger.db", w->dir);
	for (size_t i = 0; i < sizeof(ledger_says) / sizeof(*ledger_says); i++)
		tell_sql(f, path, ledger_says[i].what, ledger_says[i].sql);
	snprintf(path, sizeof(path), "%s/live/store.db", w->dir);
	tell_sql(f, path, "store", "PRAGMA integrity_check");
	return fclose(f) ? 2 : 0;
}

/* ---- processes ---------------------------------------------------------- */

/* @fn in a process of its own, the card here. Return: as of waitpid(2). */
static int apart(struct world *w, int (*fn)(struct world *w, int fd))
{
	int fd[2];
	pid_t pid;
	int status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		die("socketpair: %s", strerror(errno));
	uicc_reset(w->slot.u);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		close(fd[0]);
		points_here = points;
		_exit(fn(w, fd[1]));
	}
	close(fd[1]);
	status = wire_serve(&w->slot, fd[0], pid, points);
	close(fd[0]);
	return status;
}

static void arm(enum point which, long at)
{
	memset(points, 0, sizeof(*points));
	points->which = which;
	points->at = at;
}

static void must(struct world *w, int (*fn)(struct world *w, int fd),
		 const char *what)
{
	int status;

	arm(0, 0);
	w->now += 60;
	status = apart(w, fn);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("%s: status %x", what, status);
}

static char *slurp(const char *path)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = fopen(path, "r");

	if (!f || (getdelim(&text, &n, '\0', f) < 0 && ferror(f)))
		die("%s: %s", path, strerror(errno));
	fclose(f);
	return text;
}

static char *dump(struct world *w)
{
	char path[96];

	must(w, look, "look");
	snprintf(path, sizeof(path), "%s/dump", w->dir);
	return slurp(path);
}

/* ---- before the run ----------------------------------------------------- */

static const char card_text[] =
	"template usim\nchannels 4\niccid 89490200001234567896\n"
	"imsi 262021234567890 mnc=2\nspn \"Example Mobil\"\n"
	"msisdn \"Mein Anschluss\" +4915123456789\nlang de en\npin1 1234 off\n"
	"phonebook local adn=20x32 ext1=4 iap anr=20x15 uid pbc email=6x40 psc cc puid\n"
	"contact \"Anna\" +4930123456 email=anna@example.org anr=+4917612345678\n"
	"contact \"Bernd\" +4940987654 anr=+491701112223\n"
	"contact \"Clara\" +493012345678901234567890123\n"
	"contact \"Doris\" +491744556677 email=doris@example.org\n"
	"contact \"Emil\" +491755667788\n"
	"contact \"Freya\" +491766778899\n"
	"contact \"Nora\" +491722334455\n"
	"contact \"Oma Hilde\" 04121998877\n"
	"contact \"Viktor\" +43123456789\n"
	"contact \"Waltraud\" +41441234567\n"
	"contact \"Xaver\" +4989445566\n"
	"contact \"Yvonne\" +352123456\n"
	"sms deliver +4917612345678 \"2026-11-01 10:00 +01\" \"Bist du morgen da?\" smsc=+491710760000\n"
	"sms submit +4917612345678 \"Ja, um acht.\" smsc=+491710760000\n";

static void here(struct store *s, const char *fn, struct store_contact *c)
{
	struct sim_err e = { 0 };

	if (store_contact_one(s, fn, c, &e))
		die("%s: %s", fn, e.text);
}

/* What the person did on the phone. */
static int edit_phone(struct world *w, int fd)
{
	struct store_contact c;
	struct store *s;
	struct sim_vcard v;
	struct sim_item it;
	struct sim_err e = { 0 };
	char path[96];

	(void)fd;
	snprintf(path, sizeof(path), "%s/live/store.db", w->dir);
	s = store_open(path, &e);
	if (!s)
		die("%s", e.text);
	here(s, "Anna", &c);
	if (vcard_parse(c.vcard, c.len, &v, &e) ||
	    sim_item_set(&v.item, "FN", "Anna Berg") ||
	    sim_item_set(&v.item, "EMAIL", "berg@example.org") ||
	    store_contact_edit(s, c.uid, 0, &v.item, NULL, &e))
		die("edit: %s", e.text);
	vcard_free(&v);
	store_contact_free(&c);
	here(s, "Doris", &c);
	if (store_contact_rm(s, c.uid, 0, &e))
		die("rm: %s", e.text);
	store_contact_free(&c);
	if (sim_item_parse(&it, SIM_CONTACT,
			   "FN:Zoe\nTEL;TYPE=CELL:+491707654321098765432109\n"
			   "TEL;TYPE=HOME:+4930765432\nEMAIL:zoe@example.org\n") ||
	    store_contact_add(s, &it, NULL, NULL, &e))
		die("add: %s", e.text);
	sim_item_free(&it);
	store_close(s);
	return 0;
}

static void apply(struct sim_replica *r, struct sim_op *op)
{
	struct sim_err e = { 0 };

	if (r->ops->apply(r, op, 1, NULL, NULL, NULL, &e) ||
	    op->outcome != SIM_DONE)
		die("server: %s%s", e.text, op->err.text);
}

static bool says(const struct sim_record *rec, const char *name,
		 const char *value)
{
	const char *v = sim_item_get(&rec->item, name);

	return v && (!value || !strcmp(v, value));
}

/* What was done on the server by other programs. */
static int edit_server(struct world *w, int fd)
{
	struct sim_changes ch;
	struct sim_err e = { 0 };
	struct phone ph;
	struct sim_replica *r;

	if (phone_open(w, fd, &ph, &e))
		die("%s", e.text);
	r = ph.r[REMOTE];
	if (r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e))
		die("%s", e.text);
	for (size_t i = 0; i < ch.n; i++) {
		struct sim_record *rec = &ch.rec[i];
		bool edit = says(rec, "FN", "Emil");
		struct sim_op op = { .verb = edit ? SIM_UPDATE : SIM_DELETE,
				     .kind = SIM_CONTACT, .ref = rec->ref,
				     .version = rec->version, .uid = rec->uid };

		if (!edit && !says(rec, "FN", "Freya"))
			continue;
		sim_item_copy(&op.want, &rec->item);
		sim_item_copy(&op.was, &rec->item);
		sim_item_set(&op.want, "FN", "Emil Fuchs");
		apply(r, &op);
	}
	sim_changes_free(&ch);
	if (r->ops->changes(r, SIM_INFO, NULL, &ch, &e) || ch.n != 1)
		die("%s", e.text);
	{
		struct sim_op op = { .verb = SIM_UPDATE, .kind = SIM_INFO,
				     .ref = ch.rec->ref,
				     .version = ch.rec->version };

		sim_item_copy(&op.want, &ch.rec->item);
		sim_item_copy(&op.was, &ch.rec->item);
		op.want.kind = op.was.kind = SIM_INFO;
		sim_item_set(&op.want, "LABEL", "Work");
		apply(r, &op);
	}
	phone_close(&ph);
	return 0;
}

/* What another phone did to the card. */
static void edit_card(struct world *w)
{
	static const char *const lines[] = {
		"edit contact 7 tel=+491720000000",
		"del contact 9",
		"add contact \"Ida\" +491791112223 email=ida@example.org",
		"sms deliver \"Example\" \"2026-11-02 08:15:30 +01\" \"Willkommen!\" status=unread smsc=+491710760000",
	};
	char why[UICC_WHY];

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (uicc_edit(w->slot.u, lines[i], why))
			die("%s", why);
	/* Put back into the phone. */
	w->slot.era++;
	w->slot.sent = 0;
}

static void keep(struct world *w)
{
	sh("rm -rf %s/kept && mkdir %s/kept && cp -a %s/live %s/radicale %s/dav %s/kept",
	   w->dir, w->dir, w->dir, srv.dir, srv.dir, w->dir);
	free(w->card);
	w->card = uicc_text(w->slot.u);
	w->kept = w->slot;
	if (!w->card)
		die("no image of the card");
}

static void restore(struct world *w)
{
	char why[UICC_WHY];

	sh("rm -rf %s/live %s/radicale/* %s/dav/* && cp -a %s/kept/live %s && "
	   "cp -a %s/kept/radicale/. %s/radicale && cp -a %s/kept/dav/. %s/dav",
	   w->dir, srv.dir, srv.dir, w->dir, w->dir, w->dir, srv.dir, w->dir,
	   srv.dir);
	uicc_free(w->slot.u);
	w->slot = w->kept;
	w->slot.u = uicc_parse(w->card, "kept", why);
	if (!w->slot.u)
		die("%s", why);
}

static void before(struct world *w)
{
	struct remote_config rc = {
		.contacts = w->contacts, .files = w->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = (char *)"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.device = (char *)"phone-1", .timeout_s = 30,
	};
	struct remote_report rep;
	struct sim_err e = { 0 };
	char why[UICC_WHY];

	snprintf(w->dir, sizeof(w->dir), "%s/w", srv.dir);
	sh("mkdir -p %s/live", w->dir);
	snprintf(w->contacts, sizeof(w->contacts),
		 "http://127.0.0.1:%d/anna/book/", srv.radicale_port);
	snprintf(w->files, sizeof(w->files), "http://127.0.0.1:%d/simsync/",
		 srv.apache_port);
	if (remote_test(&rc, true, &rep, &e))
		die("%s", e.text);
	w->now = 1800000000;
	w->slot = (struct slot){ .u = uicc_parse(card_text, "card", why),
				 .era = 1 };
	if (!w->slot.u)
		die("%s", why);
	must(w, run, "first run");
	must(w, edit_phone, "phone");
	/* Apache calls an ETag weak in the second it was made. */
	sleep(2);
	must(w, edit_server, "server");
	edit_card(w);
	sleep(2);
	keep(w);
}

/* ---- every instant ------------------------------------------------------ */

static const struct {
	const char *word;
	const char *what;
} kinds[POINTS] = {
	[POINT_APDU] = { "apdu", "killed at each command to the card" },
	[POINT_PULL] = { "pull", "card out at each command" },
	[POINT_STEP] = { "step", "killed at each step of SQLite" },
	[POINT_HTTP] = { "http", "killed at each request and answer" },
	[POINT_FSYNC] = { "fsync", "killed at each fsync" },
	[POINT_WRITE] = { "write", "disk full at each write" },
};

static void first_difference(const char *calm, const char *now)
{
	const char *a = calm, *b = now;
	int left = 8;

	for (size_t i = 0; calm[i] && calm[i] == now[i]; i++)
		if (calm[i] == '\n') {
			a = calm + i + 1;
			b = now + i + 1;
		}
	printf("#   undisturbed:\n");
	for (int k = left; k && *a; k--, a = strchrnul(a, '\n'), a += !!*a)
		printf("#     %.*s\n", (int)(strchrnul(a, '\n') - a), a);
	printf("#   after it:\n");
	for (int k = left; k && *b; k--, b = strchrnul(b, '\n'), b += !!*b)
		printf("#     %.*s\n", (int)(strchrnul(b, '\n') - b), b);
}

/* Return: 0 the next run ended as the undisturbed one; 1 not. */
static int one(struct world *w, enum point which, long at, const char *calm)
{
	bool http;
	char *end;
	int status, bad;

	restore(w);
	w->now = 1800000000 + 3600;
	arm(which, at);
	status = apart(w, run);
	http = points->count[POINT_HTTP];
	if (!points->hit) {
		printf("# %s %ld: not reached\n", kinds[which].word, at);
		return 1;
	}
	if (which != POINT_PULL && which != POINT_WRITE) {
		if (!WIFSIGNALED(status)) {
			printf("# %s %ld: not killed\n", kinds[which].word, at);
			return 1;
		}
		/* What is under way at a server gets there first. */
		if (http)
			usleep(30000);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) > 2) {
		printf("# %s %ld: ended with status %x\n", kinds[which].word, at,
		       status);
		return 1;
	}
	if (w->slot.away) {
		w->slot.away = false;
		w->slot.era++;
		w->slot.sent = 0;
	}
	arm(0, 0);
	w->now += 60;
	status = apart(w, run);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		printf("# %s %ld: the next run ended with status %x\n",
		       kinds[which].word, at, status);
		return 1;
	}
	end = dump(w);
	bad = strcmp(calm, end) != 0;
	if (bad) {
		printf("# %s %ld: another end\n", kinds[which].word, at);
		first_difference(calm, end);
	}
	free(end);
	return bad;
}

int main(int argc, char **argv)
{
	long every = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	long offset = argc > 2 ? strtol(argv[2], NULL, 10)
			       : (long)(time(NULL) / 86400);
	const char *only = getenv("ONLY"), *at = getenv("AT");
	struct world w = { 0 };
	long total = 0, ran = 0;
	struct points all;
	char *calm;
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	points = mmap(NULL, sizeof(*points), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (every < 1 || points == MAP_FAILED || !servers_start(&srv))
		die("no servers: radicale, apache2, openssl needed");
	before(&w);
	restore(&w);
	w.now = 1800000000 + 3600 - 60;
	must(&w, run, "undisturbed run");
	all = *points;
	calm = dump(&w);
	if (getenv("SHOW"))
		fputs(calm, stderr);
	for (int k = 0; k < POINTS; k++)
		total += all.count[k];
	offset %= every;
	printf("1..%d\n# %ld instants", only ? 1 : POINTS, total);
	if (every > 1)
		printf(", each %ld-th from %ld on", every, offset + 1);
	putchar('\n');
	for (int k = 0, test = 0; k < POINTS; k++) {
		long n = all.count[k], of = 0, failed = 0;
		long from = at ? strtol(at, NULL, 10) : offset + 1;

		if (only && strcmp(only, kinds[k].word))
			continue;
		for (long i = from; i <= (at ? from : n); i += every) {
			failed += one(&w, (enum point)k, i, calm);
			of++;
		}
		ran += of;
		bad += failed > 0;
		printf("%sok %d - %s: %ld of %ld tried, %ld ended otherwise\n",
		       failed || !n ? "not " : "", ++test, kinds[k].what, of, n,
		       failed);
	}
	printf("# %ld of %ld instants tried\n", ran, total);
	free(calm);
	free(w.card);
	uicc_free(w.slot.u);
	if (!getenv("KEEP"))
		servers_stop(&srv);
	return bad != 0;
}
