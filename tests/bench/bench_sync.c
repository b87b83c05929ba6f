// SPDX-License-Identifier: MIT
/*
 * bench_sync.c - what a run costs
 *
 *	bench_sync FILE.json
 *
 * The real engine over the real replicas: two software cards of 500 records,
 * the store and the ledger in SQLite, a Radicale and an Apache on loopback.
 * CPU is this process's, without what the software cards take; each figure is
 * set against a floor measured in the same run. Each measurement is a process
 * of its own (this program, called again), so that its memory is its own.
 *
 * Radicale's folder is filled on disk. Where 100,000 contacts are compared with
 * 10,000 both are on a server of our own (book_server.c): Radicale takes an
 * hour to index so many.
 */
#include <inttypes.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/book_server.h"
#include "bench/figure.h"
#include "bench/sync_world.h"
#include "model/vcard.h"
#include "remote/remote.h"
#include "store/ledger.h"
#include "store/shelf.h"
#include "store/store_int.h"
#include "sync/engine.h"
#include "unit/card_link.h"
#include "unit/servers.h"

#define NOOP_LIMIT	  0.05
#define NOOP_RSS_LIMIT	  24
#define TEN_LIMIT	  0.15
#define FIRST_LIMIT	  8
#define RSS_LIMIT	  64
#define GROWTH_LIMIT	  12

/* Of so many the least: what else the machine does only adds. */
enum { TIMES = 5, FIRSTS = 3, SMALL = 10000, LARGE = 100000 };

/**
 * struct place - where a phone and its account are
 * @dir: folder of the databases and the cards
 */
struct place {
	const char *dir;
	char contacts[96], files[96];
};

/** struct phone - all that a run needs, open */
struct phone {
	struct store *store;
	struct ledger *ledger;
	struct rules rules;
	struct uicc *uicc[WORLD_CARDS];
	struct card *card[WORLD_CARDS];
	struct sim_replica *r[2 + WORLD_CARDS];
	size_t n;
	const char *dir;
};

static void die(const char *what, const struct sim_err *e)
{
	fprintf(stderr, "bench_sync: %s: %s\n", what, e->text);
	exit(1);
}

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long rss_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* ---- cards, whose own work is not ours ---------------------------------- */

static double in_cards;

static int timed_transmit(struct sim_channel *c, const uint8_t *cmd, size_t len,
			  uint8_t *resp, size_t max, size_t *got,
			  struct sim_err *e)
{
	double from = cpu();
	int ret = link_ops.transmit(c, cmd, len, resp, max, got, e);

	in_cards += cpu() - from;
	return ret;
}

static struct sim_channel_ops timed_ops;

static struct sim_channel *channel_to(struct uicc *u)
{
	struct link *l = link_to(u);

	timed_ops = link_ops;
	timed_ops.transmit = timed_transmit;
	l->base.ops = &timed_ops;
	l->base.parity = 1;
	l->base.terminal = 1;
	l->base.era = 1;
	uicc_iccid(u, l->base.iccid);
	return &l->base;
}

static char *path_in(const struct place *p, const char *name)
{
	static char path[4][256];
	static int at;

	at = (at + 1) % 4;
	snprintf(path[at], sizeof(path[at]), "%s/%s", p->dir, name);
	return path[at];
}

static void load_card(const struct place *p, struct phone *ph, size_t k)
{
	char file[16], why[UICC_WHY];

	snprintf(file, sizeof(file), "%zu.card", k);
	ph->uicc[k] = uicc_load(path_in(p, file), why);
	if (!ph->uicc[k]) {
		fprintf(stderr, "bench_sync: %s\n", why);
		exit(1);
	}
}

static void save_cards(const struct place *p, struct phone *ph)
{
	for (size_t k = 0; k < WORLD_CARDS; k++) {
		char file[16], why[UICC_WHY];

		snprintf(file, sizeof(file), "%zu.card", k);
		if (uicc_save(ph->uicc[k], path_in(p, file), why)) {
			fprintf(stderr, "bench_sync: %s\n", why);
			exit(1);
		}
	}
}

/* ---- a phone ------------------------------------------------------------ */

static void open_phone(const struct place *p, struct phone *ph)
{
	struct remote_config rc = {
		.contacts = (char *)p->contacts, .files = (char *)p->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = (char *)"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
		.device = (char *)"phone-1", .timeout_s = 900,
	};
	struct sim_err e = { 0 };

	ph->dir = p->dir;
	rules_init(&ph->rules);
	ph->store = store_open(path_in(p, "store.db"), &e);
	if (!ph->store || ledger_open(&ph->ledger, path_in(p, "ledger.db"), &e))
		die("open", &e);
	ph->r[ph->n++] = store_replica(ph->store, &e);
	ph->r[ph->n++] = remote_replica(&rc, &e);
	for (size_t k = 0; k < WORLD_CARDS; k++) {
		char name[64], iccid[21];

		ph->card[k] = card_open(channel_to(ph->uicc[k]), &e);
		if (!ph->card[k])
			die("card", &e);
		uicc_iccid(ph->uicc[k], iccid);
		snprintf(name, sizeof(name), "card:%s/1", iccid);
		ph->r[ph->n++] = card_replica(ph->card[k], name, SIM_PHYSICAL,
					      &e);
	}
	for (size_t i = 0; i < ph->n; i++)
		if (!ph->r[i])
			die("replica", &e);
}

static void close_phone(struct phone *ph)
{
	for (size_t i = 0; i < ph->n; i++)
		ph->r[i]->ops->free(ph->r[i]);
	for (size_t k = 0; k < WORLD_CARDS; k++) {
		card_close(ph->card[k]);
		uicc_free(ph->uicc[k]);
	}
	ledger_close(ph->ledger);
	store_close(ph->store);
	rules_free(&ph->rules);
}

/* One run; CPU seconds without the cards'. */
static double run(struct phone *ph, struct sync_report *rep)
{
	struct sync_options opt = { .country = "49", .trigger = "bench",
				    .shelf = shelf_open(ph->dir) };
	struct sim_err e = { 0 };
	double from = cpu(), cards = in_cards;

	if (sync_run(ph->ledger, &ph->rules, ph->r, ph->n, &opt, rep, &e))
		die("run", &e);
	shelf_close(opt.shelf);
	from = cpu() - from - (in_cards - cards);
	if (rep->failed)
		die("run", &rep->why);
	return from;
}

/* ---- what is measured, each in its own process -------------------------- */

/* Prints: CPU of the run, peak memory in KiB. */
static void do_first(const struct place *p)
{
	struct phone ph = { 0 };
	struct sync_report rep;
	double took;

	for (size_t k = 0; k < WORLD_CARDS; k++)
		load_card(p, &ph, k);
	open_phone(p, &ph);
	took = run(&ph, &rep);
	printf("%.6f %ld\n", took, rss_kib());
	fprintf(stderr, "# first: %s\n", rep.detail);
	sync_report_free(&rep);
	save_cards(p, &ph);
	close_phone(&ph);
}

/* Prints: start-up in ms, CPU of a run without changes, peak memory in KiB. */
static void do_noop(const struct place *p)
{
	struct phone ph = { 0 };
	struct sync_report rep;
	double start, best = 1e9;

	for (size_t k = 0; k < WORLD_CARDS; k++)
		load_card(p, &ph, k);
	start = wall();
	open_phone(p, &ph);
	start = wall() - start;
	for (int i = 0; i <= TIMES; i++) {
		double took = run(&ph, &rep);

		/* The first warms: cards are read whole once after power-up. */
		if (i && took < best)
			best = took;
		if (i && (rep.seen || rep.created || rep.updated ||
			  rep.deleted)) {
			fprintf(stderr, "bench_sync: something changed: %s\n",
				rep.detail);
			exit(1);
		}
		sync_report_free(&rep);
	}
	printf("%.3f %.6f %ld\n", start * 1000, best, rss_kib());
	save_cards(p, &ph);
	close_phone(&ph);
}

static void edit(struct store *s, size_t i, int turn)
{
	struct store_contact c;
	struct sim_vcard v;
	struct sim_err e = { 0 };
	char uid[64], title[48];

	snprintf(uid, sizeof(uid), "7d1f3c52-0a6e-4f0b-9c11-%012zx", i);
	snprintf(title, sizeof(title), "Abteilung %d", turn);
	if (store_contact_get(s, uid, &c, &e) ||
	    vcard_parse(c.vcard, c.len, &v, &e) ||
	    sim_item_set(&v.item, "TITLE", title) ||
	    store_contact_edit(s, uid, 0, &v.item, NULL, &e))
		die("edit", &e);
	vcard_free(&v);
	store_contact_free(&c);
}

/* Prints: CPU of a run with ten changes, which go to the server. */
static void do_ten(const struct place *p)
{
	struct phone ph = { 0 };
	struct sync_report rep;
	double best = 1e9;

	for (size_t k = 0; k < WORLD_CARDS; k++)
		load_card(p, &ph, k);
	open_phone(p, &ph);
	for (int i = 0; i <= TIMES; i++) {
		double took;

		for (size_t k = 0; k < 10; k++)
			edit(ph.store, 997 * k + 13, i);
		took = run(&ph, &rep);
		if (rep.updated != 10) {
			fprintf(stderr, "bench_sync: not ten: %s\n",
				rep.detail);
			exit(1);
		}
		if (i && took < best)
			best = took;
		sync_report_free(&rep);
	}
	printf("%.6f\n", best);
	save_cards(p, &ph);
	close_phone(&ph);
}

/* ---- floors: SQLite's own interface ------------------------------------- */

static void no_sql(sqlite3 *db)
{
	fprintf(stderr, "bench_sync: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static sqlite3 *raw_open(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) ||
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
			 NULL, NULL, NULL))
		no_sql(db);
	return db;
}

static double read_once(sqlite3 *db)
{
	double from = cpu();
	sqlite3_stmt *q;
	int row;

	if (sqlite3_prepare_v2(db, "SELECT vcard FROM contact", -1, &q, NULL))
		no_sql(db);
	while ((row = sqlite3_step(q)) == SQLITE_ROW) {
		struct sim_vcard v;
		struct sim_err e;

		if (vcard_parse(sqlite3_column_blob(q, 0),
				(size_t)sqlite3_column_bytes(q, 0), &v, &e))
			die("parse", &e);
		vcard_free(&v);
	}
	if (row != SQLITE_DONE)
		no_sql(db);
	sqlite3_finalize(q);
	return cpu() - from;
}

/** struct copy - every row of a database, and how it is written again */
struct copy {
	char **insert;
	size_t tables;
	struct {
		size_t table;
		int n;
		sqlite3_value **v;
	} *row;
	size_t rows;
};

static void take_rows(sqlite3 *db, struct copy *c, const char *table)
{
	struct buf { char *p; size_t n; } b;
	sqlite3_stmt *q;
	char sql[256];
	FILE *f;
	int n;

	snprintf(sql, sizeof(sql), "SELECT * FROM %s", table);
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL))
		no_sql(db);
	n = sqlite3_column_count(q);
	f = open_memstream(&b.p, &b.n);
	fprintf(f, "INSERT INTO %s VALUES(?", table);
	for (int i = 1; i < n; i++)
		fputs(",?", f);
	fputs(")", f);
	fclose(f);
	c->insert = realloc(c->insert, (c->tables + 1) * sizeof(char *));
	c->insert[c->tables] = b.p;
	while (sqlite3_step(q) == SQLITE_ROW) {
		sqlite3_value **v = calloc((size_t)n, sizeof(*v));

		if (!(c->rows & (c->rows - 1)))
			c->row = realloc(c->row, (c->rows ? 2 * c->rows : 1) *
							 sizeof(*c->row));
		for (int i = 0; i < n; i++)
			v[i] = sqlite3_value_dup(sqlite3_column_value(q, i));
		c->row[c->rows].table = c->tables;
		c->row[c->rows].n = n;
		c->row[c->rows++].v = v;
	}
	sqlite3_finalize(q);
	c->tables++;
}

/* The same tables and indexes at @to; then each row once, in one transaction. */
static double write_once(sqlite3 *from, const char *to)
{
	struct copy c = { 0 };
	sqlite3_stmt *q, *ins[64];
	sqlite3 *db;
	double took;

	unlink(to);
	db = raw_open(to);
	if (sqlite3_prepare_v2(from, "SELECT sql,type,name FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND type IN ('table','index') ORDER BY type DESC",
			       -1, &q, NULL))
		no_sql(from);
	while (sqlite3_step(q) == SQLITE_ROW) {
		if (sqlite3_exec(db, (const char *)sqlite3_column_text(q, 0),
				 NULL, NULL, NULL))
			no_sql(db);
		if (sqlite3_column_text(q, 1)[0] == 't')
			take_rows(from, &c, (const char *)sqlite3_column_text(q, 2));
	}
	sqlite3_finalize(q);
	for (size_t i = 0; i < c.tables; i++)
		if (sqlite3_prepare_v2(db, c.insert[i], -1, &ins[i], NULL))
			no_sql(db);
	took = cpu();
	sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	for (size_t i = 0; i < c.rows; i++) {
		q = ins[c.row[i].table];
		for (int k = 0; k < c.row[i].n; k++)
			sqlite3_bind_value(q, k + 1, c.row[i].v[k]);
		if (sqlite3_step(q) != SQLITE_DONE)
			no_sql(db);
		sqlite3_reset(q);
	}
	if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL))
		no_sql(db);
	took = cpu() - took;
	for (size_t i = 0; i < c.tables; i++) {
		sqlite3_finalize(ins[i]);
		free(c.insert[i]);
	}
	for (size_t i = 0; i < c.rows; i++) {
		for (int k = 0; k < c.row[i].n; k++)
			sqlite3_value_free(c.row[i].v[k]);
		free(c.row[i].v);
	}
	free(c.row);
	free(c.insert);
	sqlite3_close(db);
	return took;
}

/* Prints: CPU of reading and parsing all contacts; of writing them; of writing
 * what the ledger holds. */
static void do_floor(const struct place *p)
{
	sqlite3 *store = raw_open(path_in(p, "store.db"));
	sqlite3 *ledger = raw_open(path_in(p, "ledger.db"));
	double read = 1e9, contacts = 1e9, rows = 1e9, took;

	for (int i = 0; i < FIRSTS; i++) {
		took = read_once(store);
		read = took < read ? took : read;
		took = write_once(store, path_in(p, "floor.db"));
		contacts = took < contacts ? took : contacts;
		took = write_once(ledger, path_in(p, "floor.db"));
		rows = took < rows ? took : rows;
	}
	printf("%.6f %.6f %.6f\n", read, contacts, rows);
	sqlite3_close(store);
	sqlite3_close(ledger);
}

/* ---- all of it ---------------------------------------------------------- */

static const struct {
	const char *name;
	void (*fn)(const struct place *p);
} phases[] = {
	{ "first", do_first }, { "noop", do_noop }, { "ten", do_ten },
	{ "floor", do_floor },
};

static int phase(char **argv)
{
	struct place p = { .dir = argv[2] };

	snprintf(p.contacts, sizeof(p.contacts), "%s", argv[3]);
	snprintf(p.files, sizeof(p.files), "%s", argv[4]);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (!strcmp(phases[i].name, argv[1]))
			phases[i].fn(&p);
	return 0;
}

static char self[512];

static void measure(const struct place *p, const char *name, double *out,
		    size_t n)
{
	char cmd[1200], line[256] = "";
	const char *at = line;
	char *end;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "'%s' %s '%s' '%s' '%s'", self, name, p->dir,
		 p->contacts, p->files);
	f = popen(cmd, "r");
	if (!f || !fgets(line, sizeof(line), f) || pclose(f)) {
		fprintf(stderr, "bench_sync: %s failed\n", name);
		exit(1);
	}
	fprintf(stderr, "# %s: %s", name, line);
	for (size_t i = 0; i < n; i++, at = end)
		out[i] = strtod(at, &end);
}

static void sh(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void sh(const char *fmt, ...)
{
	char cmd[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd)) {
		fprintf(stderr, "bench_sync: failed: %s\n", cmd);
		exit(1);
	}
}

static void fresh(const struct place *p)
{
	sh("cd '%s' && rm -f ledger.db* store.db* && cp -r full/. .", p->dir);
}

/* @n contacts on the phone, kept in full/ for each first run. */
static void settle(struct place *p, struct servers *s, const char *dir, size_t n)
{
	struct sim_err e = { 0 };
	char path[256];

	p->dir = dir;
	snprintf(p->files, sizeof(p->files), "http://127.0.0.1:%d/%s/",
		 s->apache_port, strrchr(dir, '/') + 1);
	sh("mkdir -p '%s/full' '%s/dav%s' && chmod -R 777 '%s/dav'", dir,
	   s->dir, strrchr(dir, '/'), s->dir);
	snprintf(path, sizeof(path), "%s/full/store.db", dir);
	if (world_store(path, n, &e))
		die("store", &e);
	snprintf(path, sizeof(path), "%s/full", dir);
	if (world_cards(path, &e))
		die("cards", &e);
}

/* The same contacts in Radicale. */
static void fill_radicale(struct place *p, struct servers *s, size_t n)
{
	struct sim_err e = { 0 };
	char path[256];

	snprintf(p->contacts, sizeof(p->contacts),
		 "http://127.0.0.1:%d/anna/book/", s->radicale_port);
	snprintf(path, sizeof(path), "%s/radicale/collection-root/anna/book",
		 s->dir);
	sh("mkdir -p '%s'", path);
	if (world_book(path, n, &e))
		die("server", &e);
}

static void serve(struct place *p, size_t n)
{
	int port = book_server(n);

	if (port < 0) {
		fputs("bench_sync: no port\n", stderr);
		exit(1);
	}
	snprintf(p->contacts, sizeof(p->contacts), "http://127.0.0.1:%d/book/",
		 port);
}

int main(int argc, char **argv)
{
	struct servers s;
	struct figures all;
	struct place small, some, big;
	double first[2], noop[3], ten[1], floors[3], ours[2], large[2];
	double best = 1e9;
	char dir[64] = "/tmp/simsync-bench.XXXXXX", path[3][96];

	if (argc == 5)
		return phase(argv);
	if (argc != 2 || !mkdtemp(dir) ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
		fputs("usage: bench_sync FILE.json\n", stderr);
		return 2;
	}
	if (figures_open(&all, argv[1]) || !servers_start(&s))
		return 1;
	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%d", dir, i);
	settle(&small, &s, path[0], SMALL);
	fill_radicale(&small, &s, SMALL);
	for (int i = 0; i < FIRSTS; i++) {
		fresh(&small);
		measure(&small, "first", first, 2);
		best = first[0] < best ? first[0] : best;
	}
	measure(&small, "noop", noop, 3);
	measure(&small, "ten", ten, 1);
	measure(&small, "floor", floors, 3);
	settle(&some, &s, path[1], SMALL);
	serve(&some, SMALL);
	fresh(&some);
	measure(&some, "first", ours, 2);
	settle(&big, &s, path[2], LARGE);
	serve(&big, LARGE);
	fresh(&big);
	measure(&big, "first", large, 2);
	figure(&all, "noop-10k-cpu-ratio", noop[1] / floors[0], "ratio",
	       NOOP_LIMIT);
	figure(&all, "startup-ms", noop[0], "ms", -1);
	figure(&all, "noop-10k-rss-mib", noop[2] / 1024, "MiB", NOOP_RSS_LIMIT);
	figure(&all, "ten-changes-10k-cpu-ratio", ten[0] / floors[0], "ratio",
	       TEN_LIMIT);
	figure(&all, "first-10k-cpu-ratio", best / floors[2], "ratio",
	       FIRST_LIMIT);
	/* Beside the rows of the contacts alone, which it does not write. */
	figure(&all, "first-10k-cpu-per-contacts-written", best / floors[1],
	       "ratio", -1);
	figure(&all, "rss-100k-mib", large[1] / 1024, "MiB", RSS_LIMIT);
	figure(&all, "growth-10k-100k", large[0] / ours[0], "ratio",
	       GROWTH_LIMIT);
	servers_stop(&s);
	sh("rm -rf '%s'", dir);
	return figures_close(&all) != 0;
}
