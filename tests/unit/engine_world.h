/* SPDX-License-Identifier: MIT */
/*
 * engine_world.h - a phone, a server and two cards in memory, under the engine
 */
#ifndef SIMSYNC_TESTS_ENGINE_WORLD_H
#define SIMSYNC_TESTS_ENGINE_WORLD_H

#include "memreplica.h"
#include "memshelf.h"
#include "sync/engine.h"

struct world {
	struct ledger *l;
	struct rules rules;
	struct mem *local, *remote, *card, *card2;
	struct sim_replica *r[4];
	size_t n;
	int64_t now;
	unsigned int uuids;
	enum sync_mask mask[4];
	struct sync_options opt;
	struct sync_report rep;
	struct sim_err e;
	int fault_at, faults;
};

static inline int64_t clock_now(void *arg)
{
	struct world *w = arg;

	return w->now;
}

static inline void make_uuid(char out[37], void *arg)
{
	struct world *w = arg;

	snprintf(out, 37, "00000000-0000-4000-8000-%012x", ++w->uuids);
}

static inline int fault(const char *point, void *arg)
{
	struct world *w = arg;

	(void)point;
	w->faults++;
	return w->faults == w->fault_at;
}

static inline int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_int_equal(ledger_open(&w->l, ":memory:", &w->e), 0);
	rules_init(&w->rules);
	w->local = mem_new(SIM_LOCAL, "local");
	w->remote = mem_new(SIM_REMOTE, "remote");
	w->card = mem_new(SIM_PHYSICAL, "card:1/a");
	w->card2 = mem_new(SIM_PHYSICAL, "card:2/b");
	w->r[0] = &w->card->r;
	w->r[1] = &w->local->r;
	w->r[2] = &w->remote->r;
	w->r[3] = &w->card2->r;
	w->n = 3;
	w->now = 1800000000;
	w->opt = (struct sync_options){.now = clock_now, .uuid = make_uuid,
				       .fault = fault, .country = "49",
				       .mask = w->mask, .arg = w,
				       .shelf = memshelf()};
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	sync_report_free(&w->rep);
	ledger_close(w->l);
	rules_free(&w->rules);
	w->local->r.ops->free(&w->local->r);
	w->remote->r.ops->free(&w->remote->r);
	w->card->r.ops->free(&w->card->r);
	w->card2->r.ops->free(&w->card2->r);
	shelf_close(w->opt.shelf);
	free(w);
	return 0;
}

static inline int run(struct world *w)
{
	int rc;

	sync_report_free(&w->rep);
	w->faults = 0;
	w->now += 60;
	rc = sync_run(w->l, &w->rules, w->r, w->n, &w->opt, &w->rep, &w->e);
	if (rc && !w->fault_at)
		fail_msg("run: %s", w->e.text);
	return rc;
}

static inline size_t lines(const struct world *w, enum sync_line_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < w->rep.n; i++)
		n += w->rep.line[i].type == type;
	return n;
}

/* A second run has nothing to do: what every test ends with. */
static inline void assert_quiet(struct world *w)
{
	size_t before = w->local->writes + w->remote->writes +
			w->card->writes + w->card2->writes;

	run(w);
	assert_int_equal(w->rep.created + w->rep.updated + w->rep.deleted, 0);
	assert_int_equal(w->rep.seen, 0);
	assert_int_equal(w->local->writes + w->remote->writes +
				 w->card->writes + w->card2->writes,
			 before);
}

static inline void assert_has(struct mem *m, const char *ref, const char *text)
{
	struct mem_rec *k = mem_find(m, ref);
	char *have;

	if (!k)
		fail_msg("%s: nothing at %s", m->name, ref);
	have = sim_item_text(&k->item);
	assert_string_equal(have, text);
	free(have);
}

#endif
