/* SPDX-License-Identifier: MIT */
/*
 * engine.c - one run: who takes part, component by component, until it is
 * quiet
 */
#include "sync/decide.h"
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

/* Writes that met something else are planned again, but not for ever. */
enum { ROUNDS = 4 };

#define HISTORY_BYTES ((int64_t)64 << 20)

/* A dry run is one transaction, undone at its end. */
int run_begin(struct run *run)
{
	return run->opt->dry_run ? 0 : ledger_begin(run->l, run->e);
}

int run_commit(struct run *run)
{
	return run->opt->dry_run ? 0 : ledger_commit(run->l, run->e);
}

int run_fault(struct run *run, const char *point)
{
	if (!run->opt->fault || !run->opt->fault(point, run->opt->arg))
		return 0;
	return sim_fail(run->e, EX_TEMPFAIL, "sync: stopped at %s", point);
}

void run_progress(struct run *run, enum sync_stage stage, const char *shown,
		  size_t done, size_t total)
{
	if (run->opt->progress)
		run->opt->progress(stage, shown, done, total, run->opt->arg);
}

void run_uuid(struct run *run, char out[37])
{
	uuid_t u;

	if (run->opt->uuid) {
		run->opt->uuid(out, run->opt->arg);
		return;
	}
	uuid_generate(u);
	uuid_unparse_lower(u, out);
}

int run_wake(struct run *run, struct sim_record *rec)
{
	return sim_record_wake(run->opt->shelf, rec) ? run_unread(run) : 0;
}

int run_unread(struct run *run)
{
	return sim_fail(run->e, EX_OSERR,
			"sync: out of memory, or what was put aside could not be read back");
}

struct side *side_here(const struct component *c, const struct peer *p)
{
	struct side *s = p->side == NOT_FOUND ? NULL : &c->side[p->side];

	return s && s->looked && !s->failed ? s : NULL;
}

struct touch *touch_add(struct component *c, int64_t item, size_t side)
{
	struct touch *t;

	if (c->touches == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64;

		t = realloc(c->touch, cap * sizeof(*t));
		if (!t) {
			run_no_memory(c->run);
			return NULL;
		}
		c->touch = t;
		c->cap = cap;
	}
	t = &c->touch[c->touches++];
	memset(t, 0, sizeof(*t));
	t->item = item;
	t->side = side;
	return t;
}

static void touches_clear(struct component *c)
{
	for (size_t i = 0; i < c->touches; i++) {
		free(c->touch[i].ref);
		free(c->touch[i].version);
		free(c->touch[i].was);
	}
	c->touches = 0;
}

static void component_free(struct component *c)
{
	touches_clear(c);
	free(c->touch);
	for (size_t i = 0; i < c->n; i++)
		sim_changes_free(&c->side[i].ch);
	free(c->side);
	free(c->peer);
	free(c->made);
}

/* A row's id, made when it is not there. */
static int64_t get_or_add(struct run *run, enum ledger_query get,
			  enum ledger_query add, int64_t a, int64_t b,
			  bool *added)
{
	int64_t id = 0;
	int rc = ledger_first(run->l, get, run->e, "ii", a, b);

	if (rc > 0)
		id = ledger_int(run->l, get, 0);
	ledger_end(run->l, get);
	*added = !rc;
	if (rc)
		return rc < 0 ? -1 : id;
	return ledger_add(run->l, add, run->e, "ii", a, b);
}

static int64_t register_replica(struct run *run, const struct sim_replica *r)
{
	int64_t id = 0;
	int rc = ledger_first(run->l, LQ_REPLICA_GET, run->e, "s", r->name);

	if (rc > 0)
		id = ledger_int(run->l, LQ_REPLICA_GET, 0);
	ledger_end(run->l, LQ_REPLICA_GET);
	if (rc < 0)
		return -1;
	if (!rc)
		return ledger_add(run->l, LQ_REPLICA_ADD, run->e, "ssii",
				  r->name, r->shown, (int64_t)r->class,
				  run->now);
	return ledger_do(run->l, LQ_REPLICA_SEEN, run->e, "isi", id, r->shown,
			 run->now)
		       ? -1
		       : id;
}

static enum sync_mask mask_of(const struct run *run, size_t i)
{
	return run->opt->mask ? run->opt->mask[i] : SYNC_BOTH;
}

static int register_all(struct run *run, struct sim_replica **r, size_t n,
			int64_t *id, int known[GRAPH_CLASSES])
{
	const enum ledger_query q = LQ_REPLICA_CLASSES;
	int row;

	if (ledger_do(run->l, LQ_REPLICA_AWAY, run->e, ""))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (mask_of(run, i) == SYNC_IGNORE)
			continue;
		id[i] = register_replica(run, r[i]);
		if (id[i] < 0)
			return -1;
	}
	for (row = ledger_first(run->l, q, run->e, ""); row > 0;
	     row = ledger_next(run->l, q, run->e)) {
		int64_t class = ledger_int(run->l, q, 0);

		if (class >= 0 && class < GRAPH_CLASSES)
			known[class] = (int)ledger_int(run->l, q, 1);
	}
	return row;
}

static bool any_takes(const struct graph *g, enum sim_class class)
{
	if (g->kind == SIM_MESSAGE && (RULE_BIT(class) & RULE_CARDS & ~g->spool))
		return false;
	for (int k = 0; k < GRAPH_CLASSES; k++)
		if (g->reach[k] & RULE_BIT(class))
			return true;
	return false;
}

static int join(struct component *c, struct sim_replica *r, int64_t replica,
		enum sync_mask mask)
{
	struct run *run = c->run;
	struct side *s = &c->side[c->n];
	bool added;

	memset(s, 0, sizeof(*s));
	s->r = r;
	s->card = RULE_BIT(r->class) & RULE_CARDS;
	/* Filling is about user data: what the card is, it still says. */
	s->gives = c->g.reach[r->class] &&
		   (mask != SYNC_FILL || c->g.kind == SIM_INFO);
	s->takes = any_takes(&c->g, r->class) && mask != SYNC_PULL;
	if (!s->gives && !s->takes)
		return 0;
	graph_names(&c->g, r->class, s->names);
	s->member = get_or_add(run, LQ_MEMBER_GET, LQ_MEMBER_ADD, c->id,
			       replica, &added);
	if (s->member < 0)
		return -1;
	c->n++;
	/* What is due to one that is not written waits, and is no queue. */
	if (refill_held(c, s, replica) ||
	    ledger_do(run->l, LQ_MEMBER_TAKES, run->e, "ii", s->member,
		      (int64_t)s->takes))
		return -1;
	return added ? ledger_do(run->l, LQ_MEMBER_DUE, run->e, "ii",
				 s->member, c->id)
		     : 0;
}

/* Local first: what it holds is what others are paired with. */
static int side_order(const void *a, const void *b)
{
	static const int order[] = {
		[SIM_LOCAL] = 0, [SIM_REMOTE] = 1,
		[SIM_VIRTUAL] = 2, [SIM_PHYSICAL] = 3,
	};
	const struct side *x = a, *y = b;
	int d = order[x->r->class] - order[y->r->class];

	return d ? d : strcmp(x->r->name, y->r->name);
}

static int find_peers(struct component *c)
{
	const enum ledger_query q = LQ_MEMBER_ALL;
	struct run *run = c->run;
	int row;

	for (row = ledger_first(run->l, q, run->e, "i", c->id); row > 0;
	     row = ledger_next(run->l, q, run->e)) {
		struct peer *p = realloc(c->peer, (c->peers + 1) * sizeof(*p));

		if (!p) {
			ledger_end(run->l, q);
			return run_no_memory(run);
		}
		c->peer = p;
		p = &p[c->peers++];
		p->member = ledger_int(run->l, q, 0);
		p->class = (enum sim_class)ledger_int(run->l, q, 2);
		p->side = NOT_FOUND;
		for (size_t i = 0; i < c->n; i++)
			if (c->side[i].member == p->member)
				p->side = i;
	}
	return row;
}

static int make_component(struct component *c, unsigned int classes,
			  struct sim_replica **r, size_t n, const int64_t *id)
{
	struct run *run = c->run;
	bool added;

	c->side = calloc(n ? n : 1, sizeof(*c->side));
	if (!c->side)
		return run_no_memory(run);
	if (run_begin(run))
		return -1;
	c->id = get_or_add(run, LQ_COMPONENT_GET, LQ_COMPONENT_ADD,
			   (int64_t)c->g.kind, (int64_t)classes, &added);
	if (c->id < 0 || seed(c, added))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (id[i] && (classes & RULE_BIT(r[i]->class)) &&
		    (r[i]->kinds & RULE_BIT(c->g.kind)) &&
		    join(c, r[i], id[i], mask_of(run, i)))
			return -1;
	}
	if (c->n)
		qsort(c->side, c->n, sizeof(*c->side), side_order);
	return find_peers(c) || seed_pair(c) || seed_rules(c, classes) || run_commit(run) ? -1 : 0;
}

static int save_token(struct component *c, struct side *s)
{
	if (s->keep_token)
		return 0;
	return ledger_do(c->run->l, LQ_MEMBER_TOKEN, c->run->e, "isi",
			 s->member, s->ch.token, c->run->now);
}

/* What all went into the ledger already need not stay in memory. */
static void drop_answer(struct component *c, size_t side, size_t from)
{
	for (size_t i = from; i < c->touches; i++)
		if (c->touch[i].rec)
			return;
	sim_changes_drop(&c->side[side].ch);
}

static int spots_told(struct component *c, const struct side *s,
		      const struct spots *spots)
{
	bool whole = false;

	for (size_t i = 0; i < spots->n; i++)
		whole |= spots->spot[i].lost != spots->spot[i].found;
	return spots->n ? manifest_old(c, s, whole) : 0;
}

/* All that was found goes into the ledger in one transaction. */
static int take_in(struct component *c)
{
	struct run *run = c->run;
	int rc = 0;

	if (run_begin(run))
		return -1;
	for (size_t i = 0; !rc && i < c->n; i++) {
		struct side *s = &c->side[i];
		struct spots spots = {.touch0 = c->touches};

		if (!s->looked || s->failed)
			continue;
		run_progress(run, SYNC_MATCH, s->r->shown, i, c->n);
		rc = look_spots(c, i, &spots) || spots_told(c, s, &spots) ||
		     recover(c, i, &spots) ||
		     match(c, i, &spots) || guard(c, i);
		spots_free(&spots);
		drop_answer(c, i, spots.touch0);
		if (!rc)
			rc = save_token(c, s);
	}
	if (!rc)
		rc = absorb(c) || run_fault(run, "absorb") || run_commit(run) ||
		     run_fault(run, "absorbed");
	touches_clear(c);
	return rc ? -1 : 0;
}

/*
 * What a failed write left is ours only until a person can have been there: it
 * is looked at before the run ends, where it still can be.
 */
static int look_after(struct component *c)
{
	bool unsure = false;

	for (size_t i = 0; i < c->n; i++) {
		struct side *s = &c->side[i];

		s->again = s->unsure;
		unsure = unsure || (s->unsure && !s->failed);
	}
	return unsure && !c->run->opt->dry_run && (look(c) || take_in(c)) ? -1
									 : 0;
}

/* What we wrote is known: the next look need not begin with reading it all. */
static int settle(struct component *c)
{
	struct run *run = c->run;

	for (size_t i = 0; i < c->n; i++) {
		struct side *s = &c->side[i];
		char *token = NULL;
		int rc;

		if (s->r->ops->settled && s->looked && !s->failed &&
		    !s->keep_token && !s->moved && !s->unsure)
			token = s->r->ops->settled(s->r, c->g.kind);
		if (!token)
			continue;
		rc = run_begin(run) ||
		     ledger_do(run->l, LQ_MEMBER_TOKEN, run->e, "isi",
			       s->member, token, run->now) ||
		     run_commit(run);
		free(token);
		if (rc)
			return -1;
	}
	return 0;
}

static int run_component(struct component *c)
{
	bool again = true;

	for (int round = 0; again && round < ROUNDS; round++) {
		if (look(c) || run_fault(c->run, "looked") || take_in(c) ||
		    write_due(c) || settle(c))
			return -1;
		again = false;
		for (size_t i = 0; i < c->n; i++) {
			struct side *s = &c->side[i];

			s->again = s->moved;
			s->moved = false;
			s->keep_token = false;
			again = again || s->again;
		}
	}
	return look_after(c);
}

static int count_unplaced(struct component *c)
{
	const enum ledger_query q = LQ_COUNT_UNPLACED;
	struct run *run = c->run;

	for (size_t i = 0; c->g.kind != SIM_INFO && i < c->n; i++) {
		if (ledger_first(run->l, q, run->e, "i", c->side[i].member) < 0)
			return -1;
		run->rep->not_placed += (size_t)ledger_int(run->l, q, 0);
		ledger_end(run->l, q);
	}
	return 0;
}

static int run_kind(struct run *run, enum sim_kind kind,
		    struct sim_replica **r, size_t n, const int64_t *id,
		    const int known[GRAPH_CLASSES])
{
	struct graph g;
	unsigned int done = 0;

	graph_make(&g, run->rules, kind, known);
	for (int class = 0; class < GRAPH_CLASSES; class++) {
		struct component c = {.run = run, .g = g};
		unsigned int classes = g.component[class];
		int rc;

		if (!classes || (done & RULE_BIT(class)))
			continue;
		done |= classes;
		rc = make_component(&c, classes, r, n, id);
		if (!rc && c.n)
			rc = run_component(&c);
		if (!rc)
			rc = count_unplaced(&c);
		component_free(&c);
		if (rc)
			return -1;
	}
	return 0;
}

static int count_open(struct run *run)
{
	const enum ledger_query q = LQ_COUNT_OPEN;

	if (ledger_first(run->l, q, run->e, "") < 0)
		return -1;
	run->rep->conflicts = (size_t)ledger_int(run->l, q, 0);
	run->rep->duplicates = (size_t)ledger_int(run->l, q, 1);
	run->rep->held = (size_t)ledger_int(run->l, q, 2);
	ledger_end(run->l, q);
	run->conflicts = run->conflicts || run->rep->conflicts;
	run->holds = run->holds || run->rep->held;
	return 0;
}

static int finish(struct run *run)
{
	int64_t since = run->now - HISTORY_DAYS * 24 * 3600;
	int rc = count_open(run) || ledger_forget(run->l, since, HISTORY_BYTES, run->e) ? -1 : 0;

	if (!rc && ledger_first(run->l, LQ_DUE_AWAY, run->e, "") < 0)
		rc = -1;
	if (rc)
		return rc;
	run->rep->queued = (size_t)ledger_int(run->l, LQ_DUE_AWAY, 0);
	ledger_end(run->l, LQ_DUE_AWAY);
	report_end(run);
	run->rep->run = run->id;
	return ledger_do(run->l, LQ_RUN_END, run->e, "iiss", run->id, run->now,
			 sync_state_name(run->rep->state), run->rep->detail);
}

static int whole_run(struct run *run, struct sim_replica **r, size_t n,
		     int64_t *id)
{
	int known[GRAPH_CLASSES] = {0};

	if (run_begin(run))
		return -1;
	run->id = ledger_add(run->l, LQ_RUN_ADD, run->e, "si",
			     run->opt->trigger, run->now);
	if (run->id < 0 || register_all(run, r, n, id, known) ||
	    count_open(run) || run_commit(run) || run_fault(run, "begun"))
		return -1;
	for (int k = 0; k < SIM_KINDS; k++)
		if (run_kind(run, (enum sim_kind)k, r, n, id, known))
			return -1;
	if (manifest_tell(run, r, n) || run_begin(run) || finish(run) || run_commit(run))
		return -1;
	run_progress(run, SYNC_END, "", 1, 1);
	return 0;
}

static void let_stop(struct sim_replica **r, size_t n,
		     int (*stop)(void *arg), void *arg)
{
	for (size_t i = 0; i < n; i++) {
		r[i]->stop = stop;
		r[i]->stop_arg = arg;
	}
}

int sync_run(struct ledger *l, const struct rules *rules,
	     struct sim_replica **r, size_t n, const struct sync_options *opt,
	     struct sync_report *rep, struct sim_err *e)
{
	static const struct sync_options plain;
	struct sim_err own = {0};
	struct run run = {.l = l, .rules = rules, .opt = opt ? opt : &plain,
			  .rep = rep, .e = e ? e : &own};
	int64_t *id = calloc(n ? n : 1, sizeof(*id));
	int rc = -1;

	memset(rep, 0, sizeof(*rep));
	rep->state = SYNC_ERROR;
	if (!id)
		return run_no_memory(&run);
	run.now = run.opt->now ? run.opt->now(run.opt->arg)
			       : (int64_t)time(NULL);
	let_stop(r, n, run.opt->stop, run.opt->arg);
	if (!graph_check(rules, run.e) &&
	    (!run.opt->dry_run || !ledger_begin(l, run.e)))
		rc = whole_run(&run, r, n, id);
	let_stop(r, n, NULL, NULL);
	if (rc || run.opt->dry_run)
		ledger_rollback(l);
	if (run.opt->dry_run)
		rep->run = 0;
	free(id);
	return rc;
}
