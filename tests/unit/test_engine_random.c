/* SPDX-License-Identifier: MIT */
/*
 * test_engine_random.c - random histories against the invariants of design.md
 * section 5
 *
 * Every value a history types is unique, so the model needs no engine: it is
 * the set of values typed, where, and which of them were typed over or deleted.
 * SIMSYNC_SEED repeats one history, SIMSYNC_HISTORIES sets how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "memreplica.h"
#include "model/merge.h"
#include "sync/engine.h"

#define MAX_R 5
#define MAX_TYPED 4096

struct typed {
	char text[40];
	size_t where;		/* replica it was typed on */
	bool gone;		/* typed over or deleted since, by anybody */
	bool buried;		/* deleted where nobody edited meanwhile */
};

struct world {
	uint64_t seed, rng;
	struct ledger *l;
	struct rules rules;
	struct mem *m[MAX_R];
	bool here[MAX_R];
	long looked[MAX_R];	/* state of each at its last run */
	size_t n;
	bool joined;		/* cards and local are one component */
	struct typed typed[MAX_TYPED];
	size_t typed_n;
	int64_t now;
	unsigned int uuids, values;
	struct sync_options opt;
	struct sync_report rep;
	struct sim_err e;
	int faults, fault_at, runs, crash_run;
	bool upper;
};

static uint32_t rnd(struct world *w, uint32_t below)
{
	w->rng ^= w->rng << 13;
	w->rng ^= w->rng >> 7;
	w->rng ^= w->rng << 17;
	return (uint32_t)((w->rng >> 20) % below);
}

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static void make_uuid(char out[37], void *arg)
{
	snprintf(out, 37, "00000000-0000-4000-8000-%012x",
		 ++((struct world *)arg)->uuids);
}

static int fault(const char *point, void *arg)
{
	struct world *w = arg;

	(void)point;
	return ++w->faults == w->fault_at;
}

static void bad(struct world *w, const char *what, const char *detail)
{
	fail_msg("seed %llu: %s: %s (repeat with SIMSYNC_SEED=%llu)",
		 (unsigned long long)w->seed, what, detail,
		 (unsigned long long)w->seed);
}

/* SIMSYNC_TRACE prints a history as it happens. */
static void trace(const char *fmt, ...)
{
	va_list ap;

	if (!getenv("SIMSYNC_TRACE"))
		return;
	va_start(ap, fmt);
	vprint_message(fmt, ap);
	va_end(ap);
}

static void trace_item(const struct sim_item *it)
{
	if (!getenv("SIMSYNC_TRACE"))
		return;
	for (size_t i = 0; i < it->n; i++)
		print_message(" %s:%s", it->prop[i].name, it->prop[i].value);
	print_message("\n");
}

/* ---- the world ---- */

static struct world *world_new(uint64_t seed)
{
	static const enum sim_class cards[] = {SIM_PHYSICAL, SIM_PHYSICAL,
					       SIM_VIRTUAL};
	struct world *w = calloc(1, sizeof(*w));
	size_t ncards;

	w->seed = seed;
	w->rng = seed * 0x9e3779b97f4a7c15u + 0x1234567;
	for (int i = 0; i < 8; i++)
		rnd(w, 2);
	assert_int_equal(ledger_open(&w->l, ":memory:", &w->e), 0);
	rules_init(&w->rules);
	w->m[w->n++] = mem_new(SIM_LOCAL, "local");
	w->m[w->n++] = mem_new(SIM_REMOTE, "remote");
	ncards = rnd(w, 4);
	for (size_t i = 0; i < ncards; i++) {
		char name[40];
		struct mem *m;

		snprintf(name, sizeof(name), "card:%zu/x", i);
		m = w->m[w->n++] = mem_new(cards[i], name);
		m->capacity = 3 + rnd(w, 20);
		m->name_bytes = 8 + rnd(w, 14);
		m->tels = 1 + rnd(w, 2);
		m->emails = rnd(w, 2);
		m->tokens = !rnd(w, 4);
	}
	w->m[0]->tokens = rnd(w, 5);
	w->m[1]->tokens = rnd(w, 5);
	for (size_t i = 0; i < w->n; i++)
		w->here[i] = true;
	w->joined = true;
	switch (rnd(w, 6)) {
	case 0:	/* SIMs among themselves, the phone apart */
		w->rules.rule[3].on = false;
		for (int i = 0; i < 3; i++)
			w->rules.rule[i].on = true;
		w->joined = false;
		break;
	case 1:
		w->rules.rule[3].on = w->rules.rule[5].on = false;
		w->rules.rule[7].on = true;
		break;
	default:
		w->rules.rule[4].on = true;
	}
	w->now = 1800000000;
	w->opt = (struct sync_options){.now = clock_now, .uuid = make_uuid,
				       .fault = fault, .country = "49",
				       .arg = w};
	return w;
}

static void world_free(struct world *w)
{
	sync_report_free(&w->rep);
	ledger_close(w->l);
	rules_free(&w->rules);
	for (size_t i = 0; i < w->n; i++)
		w->m[i]->r.ops->free(&w->m[i]->r);
	free(w);
}

static int run_once(struct world *w)
{
	struct sim_replica *r[MAX_R];
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < w->n; i++)
		if (w->here[i])
			r[n++] = &w->m[i]->r;
	sync_report_free(&w->rep);
	w->now += 3600;
	w->faults = 0;
	rc = sync_run(w->l, &w->rules, r, n, &w->opt, &w->rep, &w->e);
	trace("# run of %zu: %d %s\n", n, rc, w->rep.detail);
	for (size_t i = 0; i < w->rep.n; i++)
		trace("#   %s %d %d %s: %s (%s)\n", w->rep.line[i].replica,
		      w->rep.line[i].type, w->rep.line[i].verb,
		      w->rep.line[i].title,
		      sync_outcome_name(w->rep.line[i].outcome),
		      w->rep.line[i].reason);
	return rc;
}

/* A run, killed once when it is this history's turn; what a guard held is
 * released: a person looked and meant it. */
static void run(struct world *w)
{
	int at = w->runs++ == w->crash_run ? w->fault_at : 0;
	int keep = w->fault_at;

	w->fault_at = at;
	if (run_once(w)) {
		if (!at)
			bad(w, "run", w->e.text);
		w->fault_at = 0;
		if (run_once(w))
			bad(w, "run after a crash", w->e.text);
	}
	w->fault_at = 0;
	for (int i = 0; w->rep.held && i < 4; i++) {
		assert_true(ledger_release(w->l, NULL, &w->e) >= 0);
		if (run_once(w))
			bad(w, "run after release", w->e.text);
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->here[i])
			w->looked[i] = w->m[i]->seq;
	w->fault_at = keep;
}

/* ---- what people do ---- */

static const char *type(struct world *w, size_t where, const char *prefix)
{
	struct typed *t = &w->typed[w->typed_n++];

	if (w->typed_n == MAX_TYPED)
		abort();
	memset(t, 0, sizeof(*t));
	snprintf(t->text, sizeof(t->text), "%s%05u", prefix, ++w->values);
	t->where = where;
	return t->text;
}

/* A name of its own from the first byte on, longer than most cards hold. */
static const char *type_name(struct world *w, size_t where)
{
	struct typed *t;
	size_t room = w->m[where]->r.lossless ? 24 : w->m[where]->name_bytes;
	unsigned int v = ++w->values;

	t = &w->typed[w->typed_n++];
	memset(t, 0, sizeof(*t));
	t->where = where;
	snprintf(t->text, sizeof(t->text), "%c%c%c%c%c Abcdefgh Klmn",
		 'A' + v % 26, 'a' + v / 26 % 26, 'a' + v / 676 % 26,
		 'a' + v * 7 % 26, 'a' + v * 11 % 26);
	t->text[4 + rnd(w, 15)] = '\0';
	if (strlen(t->text) > room)
		t->text[room] = '\0';
	/* Its end says that it was typed, not cut. */
	t->text[strlen(t->text) - 1] = '!';
	return t->text;
}

static void forget(struct world *w, const struct sim_item *it, bool buried)
{
	for (size_t i = 0; i < w->typed_n; i++) {
		for (size_t k = 0; k < it->n; k++) {
			if (strcmp(it->prop[k].value, w->typed[i].text))
				continue;
			w->typed[i].gone = true;
			w->typed[i].buried |= buried;
		}
	}
}

static void forget_value(struct world *w, const char *value)
{
	for (size_t i = 0; i < w->typed_n; i++)
		if (!strcmp(w->typed[i].text, value))
			w->typed[i].gone = true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of properties of different names means nothing. */
static char *text_of(const struct sim_item *it)
{
	struct sim_item sorted = {.kind = it->kind};
	char *text;

	sim_item_copy(&sorted, it);
	for (size_t i = 1; i < sorted.n; i++)
		for (size_t k = i; k && strcmp(sorted.prop[k - 1].name,
					       sorted.prop[k].name) > 0; k--) {
			struct sim_prop p = sorted.prop[k];

			sorted.prop[k] = sorted.prop[k - 1];
			sorted.prop[k - 1] = p;
		}
	text = sim_item_text(&sorted);
	sim_item_free(&sorted);
	return text;
}

static int by_content(const void *a, const void *b)
{
	const struct mem_rec *x = *(struct mem_rec *const *)a;
	const struct mem_rec *y = *(struct mem_rec *const *)b;
	char *s = text_of(&x->item), *t = text_of(&y->item);
	int d = strcmp(s, t);

	free(s);
	free(t);
	return d ? d : strcmp(x->ref, y->ref);
}

/* By content, so that a history is the same whatever place a record got. */
static struct mem_rec *pick(struct world *w, struct mem *m)
{
	struct mem_rec *all[MEM_MAX];
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used)
			all[n++] = &m->rec[i];
	if (!n)
		return NULL;
	qsort(all, n, sizeof(*all), by_content);
	return all[rnd(w, (uint32_t)n)];
}

static void put(struct mem *m, struct mem_rec *k, const struct sim_item *it)
{
	char ref[40];

	strcpy(ref, k->ref);
	trace("# %s %s now", m->name, ref);
	trace_item(it);
	mem_put(m, ref, NULL, it);
}

static void add(struct world *w, size_t at)
{
	struct mem *m = w->m[at];
	struct sim_item it;
	char uid[40], *ref = NULL;

	if (mem_count(m) >= m->capacity)
		return;
	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "FN", NULL, type_name(w, at));
	sim_item_add(&it, "TEL", NULL, type(w, at, "+49170"));
	if (m->r.lossless) {
		if (rnd(w, 2))
			sim_item_add(&it, "TEL", "TYPE=HOME",
				     type(w, at, "+4989"));
		if (rnd(w, 2))
			sim_item_add(&it, "EMAIL", NULL, type(w, at, "m@"));
		if (rnd(w, 2))
			sim_item_add(&it, "NOTE", NULL, type(w, at, "note"));
	}
	m->reserved_n = 0;
	mem_place(&m->r, &it, NULL, &ref, &w->e);
	snprintf(uid, sizeof(uid), "typed-%u", ++w->values);
	trace("# %s %s added", m->name, ref);
	trace_item(&it);
	mem_put(m, ref, m->r.lossless ? uid : NULL, &it);
	sim_item_free(&it);
	free(ref);
}

static void replace(struct world *w, size_t at, struct sim_item *it,
		    const char *name, const char *value)
{
	for (size_t i = 0; i < it->n; i++) {
		if (strcmp(it->prop[i].name, name))
			continue;
		forget_value(w, it->prop[i].value);
		free(it->prop[i].value);
		it->prop[i].value = strdup(value);
		return;
	}
	(void)at;
	sim_item_add(it, name, NULL, value);
}

/* A card's name is completed by a word: anything else may be another person. */
static void respell(struct world *w, size_t at, struct sim_item *it)
{
	const char *fn = sim_item_get(it, "FN");
	struct typed *t = &w->typed[w->typed_n];

	if (!fn || strlen(fn) + 2 > w->m[at]->name_bytes)
		return;
	w->typed_n++;
	memset(t, 0, sizeof(*t));
	t->where = at;
	snprintf(t->text, sizeof(t->text), "%s %u", fn, ++w->values % 10);
	/* It is typed over what the card had cut of it as well. */
	for (size_t i = 0; i + 1 < w->typed_n; i++)
		if (!strncmp(w->typed[i].text, fn, strlen(fn)))
			w->typed[i].gone = true;
	replace(w, at, it, "FN", t->text);
}

static void edit(struct world *w, size_t at)
{
	struct mem *m = w->m[at];
	struct mem_rec *k = pick(w, m);
	struct sim_item it;

	if (!k)
		return;
	/* Name and number both changed is somebody else: not this edit. */
	if (!m->r.lossless && k->seq > w->looked[at])
		return;
	/* One of two twins edited is a new record, cut name and all. */
	for (size_t i = 0; !m->r.lossless && i < m->n; i++)
		if (m->rec[i].used && &m->rec[i] != k &&
		    sim_item_same(&m->rec[i].item, &k->item))
			return;
	sim_item_init(&it, SIM_CONTACT);
	sim_item_copy(&it, &k->item);
	switch (rnd(w, m->r.lossless ? 5 : 2)) {
	case 0:
		replace(w, at, &it, "TEL", type(w, at, "+49171"));
		break;
	case 1:
		if (m->r.lossless)
			replace(w, at, &it, "FN", type_name(w, at));
		else
			respell(w, at, &it);
		break;
	case 2:
		replace(w, at, &it, "NOTE", type(w, at, "note"));
		break;
	case 3:
		replace(w, at, &it, "EMAIL", type(w, at, "m@"));
		break;
	case 4:
		sim_item_add(&it, "TEL", "TYPE=WORK", type(w, at, "+4930"));
		break;
	}
	put(m, k, &it);
	sim_item_free(&it);
}

static void delete(struct world *w, size_t at)
{
	struct mem_rec *k = pick(w, w->m[at]);
	struct mem *m = w->m[at];
	char fn[64];
	size_t twins = 0;

	if (!k || mem_count(m) < 2)
		return;
	snprintf(fn, sizeof(fn), "%s",
		 sim_item_get(&k->item, "FN") ? sim_item_get(&k->item, "FN")
					      : "");
	for (size_t i = 0; i < m->n; i++)
		twins += m->rec[i].used &&
			 sim_item_same(&m->rec[i].item, &k->item);
	if (twins > 1) {
		mem_del(m, k->ref);
		return;
	}
	/* What the others still have of it may go now. */
	for (size_t i = 0; i < w->n; i++) {
		for (size_t j = 0; j < w->m[i]->n; j++) {
			struct mem_rec *o = &w->m[i]->rec[j];
			const char *ofn = sim_item_get(&o->item, "FN");
			const char *t = sim_item_get(&o->item, "TEL");
			const char *kt = sim_item_get(&k->item, "TEL");

			if (o->used &&
			    ((ofn && !strncmp(ofn, fn, 5)) ||
			     (t && kt && !strcmp(t, kt))))
				forget(w, &o->item, false);
		}
	}
	forget(w, &k->item, false);
	trace("# %s %s deleted", m->name, k->ref);
	trace_item(&k->item);
	mem_del(m, k->ref);
}

/* Another terminal sorts the card: every record may get another place. */
static void shuffle(struct world *w, size_t at)
{
	struct mem *m = w->m[at];
	struct mem_rec *a = pick(w, m), *b = pick(w, m);
	struct sim_item x = {.kind = SIM_CONTACT}, y = {.kind = SIM_CONTACT};

	if (!a || a == b)
		return;
	sim_item_copy(&x, &a->item);
	sim_item_copy(&y, &b->item);
	put(m, a, &y);
	put(m, b, &x);
	sim_item_free(&x);
	sim_item_free(&y);
}

static void twin(struct world *w, size_t at)
{
	struct mem *m = w->m[at];
	struct mem_rec *k = pick(w, m);
	char *ref = NULL;
	struct sim_item it = {.kind = SIM_CONTACT};

	if (!k || mem_count(m) >= m->capacity || k->seq > w->looked[at])
		return;
	sim_item_copy(&it, &k->item);
	m->reserved_n = 0;
	mem_place(&m->r, &it, NULL, &ref, &w->e);
	mem_put(m, ref, NULL, &it);
	sim_item_free(&it);
	free(ref);
}

static void step(struct world *w)
{
	size_t at = rnd(w, (uint32_t)w->n);
	bool card = !w->m[at]->r.lossless;

	switch (rnd(w, 12)) {
	case 0:
	case 1:
	case 2:
		add(w, at);
		break;
	case 3:
	case 4:
	case 5:
		edit(w, at);
		break;
	case 6:
		delete(w, at);
		break;
	case 7:
		if (card)
			shuffle(w, at);
		break;
	case 8:
		if (card)
			twin(w, at);
		break;
	case 9:
		if (at)
			w->here[at] = !w->here[at];
		break;
	default:
		run(w);
	}
}

/* ---- what must hold ---- */

static size_t writes(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->m[i]->writes;
	return n;
}

static bool holds(struct mem *m, const char *value)
{
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; m->rec[i].used && k < m->rec[i].item.n; k++)
			if (!strcmp(m->rec[i].item.prop[k].value, value))
				return true;
	return false;
}

static char *all_text(struct mem *m)
{
	char *text[MEM_MAX], *out;
	size_t n = 0, len = 1;

	for (size_t i = 0; i < m->n; i++) {
		if (!m->rec[i].used)
			continue;
		text[n] = text_of(&m->rec[i].item);
		len += strlen(text[n++]) + 1;
	}
	if (n)
		qsort(text, n, sizeof(*text), by_text);
	out = calloc(1, len);
	for (size_t i = 0; i < n; i++) {
		strcat(out, text[i]);
		strcat(out, "\n");
		free(text[i]);
	}
	return out;
}

static void check_typed_only(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct mem *m = w->m[i];

		for (size_t k = 0; m->r.lossless && k < m->n; k++) {
			const char *fn = m->rec[k].used
						 ? sim_item_get(&m->rec[k].item,
								"FN")
						 : NULL;
			bool typed = !fn;

			for (size_t t = 0; !typed && t < w->typed_n; t++)
				typed = !strcmp(w->typed[t].text, fn);
			if (!typed)
				bad(w, "a cut name flowed back", fn);
		}
	}
}

static bool same_side(const struct world *w, size_t a, size_t b)
{
	return w->joined || w->m[a]->r.lossless == w->m[b]->r.lossless;
}

static void check_components(struct world *w)
{
	for (size_t t = 0; t < w->typed_n; t++)
		for (size_t i = 0; i < w->n; i++)
			if (!same_side(w, w->typed[t].where, i) &&
			    holds(w->m[i], w->typed[t].text))
				bad(w, "a value crossed a component",
				    w->typed[t].text);
}

static void check_no_loss(struct world *w)
{
	for (size_t t = 0; t < w->typed_n; t++) {
		bool there = w->typed[t].gone;

		for (size_t i = 0; !there && i < w->n; i++)
			there = holds(w->m[i], w->typed[t].text);
		if (!there)
			bad(w, "a value nobody removed is gone",
			    w->typed[t].text);
	}
}

static void check_converged(struct world *w)
{
	char *a = all_text(w->m[0]), *b = all_text(w->m[1]);

	if (strcmp(a, b))
		bad(w, "local and server differ", a);
	free(a);
	free(b);
	for (size_t i = 2; w->joined && i < w->n; i++) {
		struct mem *m = w->m[i];
		bool full = mem_count(m) >= m->capacity;
		char *have = all_text(m);

		for (size_t k = 0; k < w->m[0]->n; k++) {
			struct mem_rec *rec = &w->m[0]->rec[k];
			struct sim_item cut = {.kind = SIM_CONTACT};
			char *text;

			if (!rec->used)
				continue;
			mem_project(&m->r, &rec->item, NULL, &cut, &w->e);
			text = text_of(&cut);
			/* The numbers it has are as good as the first ones. */
			for (size_t j = 0; !strstr(have, text) && j < m->n; j++) {
				const char *fn = sim_item_get(&m->rec[j].item,
							      "FN");

				if (!m->rec[j].used || !fn ||
				    strcmp(fn, sim_item_get(&cut, "FN")))
					continue;
				mem_project(&m->r, &rec->item, &m->rec[j].item,
					    &cut, &w->e);
				free(text);
				text = text_of(&cut);
			}
			if (!full && !strstr(have, text))
				bad(w, "a card with room lacks", text);
			free(text);
			sim_item_free(&cut);
		}
		free(have);
	}
}

static void finish(struct world *w)
{
	size_t before;

	for (size_t i = 0; i < w->n; i++)
		w->here[i] = true;
	run(w);
	run(w);
	before = writes(w);
	w->fault_at = 0;
	if (run_once(w))
		bad(w, "last run", w->e.text);
	if (w->rep.created + w->rep.updated + w->rep.deleted + w->rep.seen ||
	    writes(w) != before)
		bad(w, "not quiet", w->rep.detail);
}

static struct world *history(uint64_t seed, int crash_run, int fault_at)
{
	struct world *w = world_new(seed);
	uint32_t steps;

	w->crash_run = crash_run;
	w->fault_at = fault_at;
	steps = 5 + rnd(w, 30);
	for (uint32_t i = 0; i < steps; i++)
		step(w);
	w->fault_at = fault_at;
	finish(w);
	return w;
}

static uint64_t first_seed(void)
{
	const char *s = getenv("SIMSYNC_SEED");

	/* The same histories each time: a change is judged by itself, not by luck. */
	return s ? strtoull(s, NULL, 10) : 1000;
}

static uint64_t how_many(void)
{
	const char *s = getenv("SIMSYNC_HISTORIES");

	if (getenv("SIMSYNC_SEED") && !s)
		return 1;
	return s ? strtoull(s, NULL, 10) : 400;
}

static void invariants_hold_over_random_histories(void **state)
{
	uint64_t seed = first_seed(), n = how_many(), quiet = 0;

	(void)state;
	print_message("# histories %llu from seed %llu\n",
		      (unsigned long long)n, (unsigned long long)seed);
	for (uint64_t i = 0; i < n; i++) {
		struct world *w = history(seed + i, -1, 0);

		check_typed_only(w);
		check_components(w);
		check_no_loss(w);
		if (!w->rep.conflicts) {
			check_converged(w);
			quiet++;
		}
		world_free(w);
	}
	print_message("# without conflicts at the end: %llu\n",
		      (unsigned long long)quiet);
}

static void a_killed_run_ends_like_an_undisturbed_one(void **state)
{
	uint64_t seed = first_seed(), n = how_many() / 8 + 1;
	unsigned long points = 0;

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		struct world *calm = history(seed + i, -1, 0);
		char *want[MAX_R];
		int runs = calm->runs;

		for (size_t k = 0; k < calm->n; k++)
			want[k] = all_text(calm->m[k]);
		for (int at = 1; at < 40; at += 3) {
			struct world *w = history(seed + i,
						  (int)((seed + (uint64_t)at) %
							(uint64_t)runs),
						  at);

			points++;
			for (size_t k = 0; k < w->n; k++) {
				char *have = all_text(w->m[k]);

				if (strcmp(have, want[k])) {
					print_message("# point %d run %d of %s\n"
						      "# calm:\n%s# killed:\n%s",
						      at, w->crash_run,
						      w->m[k]->name, want[k],
						      have);
					bad(w, "killed at a point, another end",
					    w->m[k]->name);
				}
				free(have);
			}
			world_free(w);
		}
		for (size_t k = 0; k < calm->n; k++)
			free(want[k]);
		world_free(calm);
	}
	print_message("# kills: %lu\n", points);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invariants_hold_over_random_histories),
		cmocka_unit_test(a_killed_run_ends_like_an_undisturbed_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
