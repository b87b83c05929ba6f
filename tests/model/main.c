// SPDX-License-Identifier: MIT
/*
 * main.c - play many histories; make a failing one minimal and print it
 *
 *	histories [-n HOW MANY] [-s SEED] [-t SECONDS] [-q] [-v] [FILE...]
 *
 * A FILE is a history as printed; it is played alone. -q: end at the first that
 * fails, as it is; -v: say what happens. Prints TAP.
 */
#include "model.h"

#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

/*
 * One ledger in memory for all: to make its tables and prepare its queries
 * anew for each history would be most of the work.
 */
static struct {
	struct ledger *l;
	sqlite3 *db;
	char empty[2048];
} own;

static int opened(sqlite3 *db, char **err, const void *api)
{
	(void)err;
	(void)api;
	own.db = db;
	return SQLITE_OK;
}

static int add_table(void *arg, int n, char **col, char **names)
{
	size_t at = strlen(own.empty);

	(void)arg;
	(void)n;
	(void)names;
	snprintf(own.empty + at, sizeof(own.empty) - at, "DELETE FROM %s;",
		 col[0]);
	return 0;
}

static void ledger_make(void)
{
	struct sim_err e;

	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_auto_extension((void (*)(void))opened);
	if (ledger_open(&own.l, ":memory:", &e) ||
	    sqlite3_exec(own.db, "PRAGMA foreign_keys=OFF;", NULL, NULL,
			 NULL) ||
	    sqlite3_exec(own.db,
			 "SELECT name FROM sqlite_schema WHERE type='table'",
			 add_table, NULL, NULL))
		abort();
}

struct ledger *ledger_empty(void)
{
	ledger_rollback(own.l);
	if (sqlite3_exec(own.db, own.empty, NULL, NULL, NULL))
		abort();
	return own.l;
}

/**
 * struct failure - what is wrong with a history
 * @said: as it is told
 * @broke: which invariant; NULL: none
 */
struct failure {
	char said[512];
	const char *broke;
};

static bool differ(const struct world *calm, const struct world *killed,
		   unsigned int at, bool traced, struct failure *out)
{
	char *a = world_text(calm->m[at]), *b = world_text(killed->m[at]);
	bool rc = strcmp(a, b);

	if (rc) {
		out->broke = "killed, %s ends otherwise";
		snprintf(out->said, sizeof(out->said),
			 "killed, %s ends otherwise", calm->m[at]->name);
	}
	if (rc && traced)
		printf("# calm:\n%s# killed:\n%s", a, b);
	free(a);
	free(b);
	return rc;
}

static void note(const struct world *w, struct failure *out)
{
	snprintf(out->said, sizeof(out->said), "%s", w->said);
	out->broke = w->broke;
}

/* What is wrong with it; "" nothing. */
static bool fails(const struct history *h, bool traced, struct failure *out)
{
	static struct world calm, killed;
	struct history plain = *h;
	int rc;

	plain.kill_at = 0;
	rc = world_play(&calm, &plain, traced && !h->kill_at);
	note(&calm, out);
	if (!rc && h->kill_at) {
		rc = world_play(&killed, h, traced);
		note(&killed, out);
		for (unsigned int i = 0; !rc && i < calm.n; i++)
			rc = differ(&calm, &killed, i, traced, out);
		world_free(&killed);
	}
	world_free(&calm);
	return rc;
}

/* The same invariant: else one failure is taken for another while shrinking. */
static bool fails_so(const struct history *h, const char *broke)
{
	struct failure now;

	return fails(h, false, &now) && !strcmp(now.broke, broke);
}

static bool without(const struct history *h, unsigned int at, unsigned int n,
		    struct history *out)
{
	*out = *h;
	if (at + n > h->steps)
		return false;
	memmove(&out->step[at], &h->step[at + n],
		(h->steps - at - n) * sizeof(*h->step));
	out->steps -= n;
	return true;
}

/* A place less; what happens there is gone with it. */
static bool without_place(const struct history *h, unsigned int at,
			  struct history *out)
{
	*out = *h;
	out->places--;
	memmove(&out->place[at], &h->place[at + 1],
		(h->places - at - 1) * sizeof(*h->place));
	out->steps = 0;
	for (unsigned int i = 0; i < h->steps; i++) {
		struct step s = h->step[i];

		if (s.at == at && s.type != RUN)
			continue;
		s.at -= s.at >= at && s.at;
		out->step[out->steps++] = s;
	}
	return true;
}

/* Shorter as long as it still fails, and with the same. */
static void shrink(struct history *h, const char *broke)
{
	struct history less;
	bool again = true;

	while (again) {
		again = false;
		for (unsigned int n = h->steps; n; n = n > 1 ? (n + 1) / 2 : 0)
			for (unsigned int at = 0; at + n <= h->steps;)
				if (without(h, at, n, &less) &&
				    fails_so(&less, broke)) {
					*h = less;
					again = true;
				} else {
					at += n;
				}
		for (unsigned int at = 1; at < h->places;)
			if (without_place(h, at, &less) &&
			    fails_so(&less, broke)) {
				*h = less;
				again = true;
			} else {
				at++;
			}
		for (unsigned int i = 0; h->kill_at && i <= h->kill_run; i++) {
			less = *h;
			less.kill_run = i;
			for (less.kill_at = 1; less.kill_at < 60 &&
			     (i < h->kill_run || less.kill_at < h->kill_at);
			     less.kill_at++)
				if (fails_so(&less, broke)) {
					*h = less;
					again = true;
					break;
				}
		}
	}
}

static void show(const struct history *h, const struct failure *what)
{
	struct history small = *h;
	struct failure now;
	char *text = NULL;
	size_t len;
	FILE *f;

	printf("# seed %llu: %s\n# made minimal, to be read as a file:\n",
	       (unsigned long long)h->seed, what->said);
	shrink(&small, what->broke);
	fails(&small, false, &now);
	f = open_memstream(&text, &len);
	history_print(&small, f);
	fclose(f);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("#  %s\n", line);
	free(text);
	printf("# of it: %s\n", now.said);
}

/**
 * struct tally - what was played
 * @from: first seed
 * @quick: the first failure is enough, and need not be minimal
 */
struct tally {
	uint64_t from, played, killed, failed;
	bool quick;
};

/* One of four is killed once, where nothing else fails. */
static bool may_kill(const struct history *h)
{
	static const enum step_type not[] = {FAULT, RESOLVE, SPLIT, JOIN, UNDO};

	for (size_t i = 0; i < sizeof(not) / sizeof(*not); i++)
		if (history_has(h, not[i]))
			return false;
	return !(h->seed % 4);
}

static void failed(struct tally *t, const struct history *h,
		   const struct failure *what)
{
	t->failed++;
	if (t->quick)
		printf("# seed %llu: %s\n", (unsigned long long)h->seed,
		       what->said);
	else
		show(h, what);
}

static void play_seed(struct tally *t, uint64_t seed)
{
	static struct history h;
	static struct world calm;
	struct failure what;

	history_make(&h, seed);
	t->played++;
	if (world_play(&calm, &h, false)) {
		note(&calm, &what);
		failed(t, &h, &what);
	} else if (may_kill(&h)) {
		h.kill_run = (unsigned int)(seed / 4 % calm.runs);
		h.kill_at = 1 + (unsigned int)(seed / 64 %
			    (calm.points_of[h.kill_run] + 1));
		t->killed++;
		if (fails(&h, false, &what))
			failed(t, &h, &what);
	}
	world_free(&calm);
}

static int play_file(const char *name, bool traced)
{
	static struct history h;
	unsigned int line;
	struct failure what;
	FILE *f = fopen(name, "r");
	int rc = -1;

	if (!f || history_read(&h, f, &line))
		snprintf(what.said, sizeof(what.said),
			 "line %u is not understood",
			 f ? line : 0);
	else
		rc = fails(&h, traced, &what);
	if (f)
		fclose(f);
	if (rc)
		printf("# %s: %s\n", name, what.said);
	return rc;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("SIMSYNC_SEED"), *many =
		getenv("SIMSYNC_HISTORIES");
	uint64_t n = many ? strtoull(many, NULL, 10) : 400;
	struct tally t = {.from = seed ? strtoull(seed, NULL, 10) : 1000};
	long seconds = 0;
	bool traced = false;
	time_t end;
	int c, bad = 0;

	while ((c = getopt(argc, argv, "n:s:t:qv")) > 0) {
		if (c == 'n')
			n = strtoull(optarg, NULL, 10);
		else if (c == 's')
			t.from = strtoull(optarg, NULL, 10);
		else if (c == 't')
			seconds = atol(optarg);
		else if (c == 'q')
			t.quick = true;
		else if (c == 'v')
			traced = true;
		else
			return EX_USAGE;
	}
	ledger_make();
	if (optind < argc) {
		printf("1..%d\n", argc - optind);
		for (int i = optind; i < argc; i++) {
			c = play_file(argv[i], traced);
			bad |= c;
			printf("%s %d - %s\n", c ? "not ok" : "ok",
			       i - optind + 1, argv[i]);
		}
		return bad ? 1 : 0;
	}
	printf("1..1\n# histories from seed %llu\n", (unsigned long long)t.from);
	end = time(NULL) + seconds;
	for (uint64_t i = 0; seconds ? time(NULL) < end : i < n; i++) {
		play_seed(&t, t.from + i);
		if (t.failed >= (t.quick ? 1 : 5))
			break;
	}
	printf("# %llu histories, %llu of them killed once, %.0f s of CPU\n",
	       (unsigned long long)t.played, (unsigned long long)t.killed,
	       (double)clock() / CLOCKS_PER_SEC);
	printf("%s 1 - the invariants hold over random histories\n",
	       t.failed ? "not ok" : "ok");
	return t.failed ? 1 : 0;
}
