// SPDX-License-Identifier: MIT
/*
 * world.c - replicas in memory, a phone's ledger, and what happens to them
 */
#include "model.h"

bool is_card(const struct mem *m)
{
	return !m->r.lossless;
}

void bad(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (*w->said)
		return;
	w->broke = fmt;
	va_start(ap, fmt);
	vsnprintf(w->said, sizeof(w->said), fmt, ap);
	va_end(ap);
	for (char *c = w->said; *c; c++)
		if (*c == '\n')
			*c = ' ';
	trace(w, "BAD %s\n", w->said);
}

void trace(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->trace)
		return;
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	va_end(ap);
}

void trace_item(struct world *w, const char *what, const struct mem *m,
		       const char *ref, const struct sim_item *it)
{
	if (!w->trace)
		return;
	printf("# %s %s %s:", m->name, ref, what);
	for (size_t i = 0; i < it->n; i++)
		printf(" %s:%s", it->prop[i].name, it->prop[i].value);
	printf("\n");
}

/* ---- contents, in an order that is the same wherever a record is ---- */

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

struct named {
	char *text;
	struct mem_rec *rec;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->text,
		      ((const struct named *)b)->text);
}

static size_t sorted(const struct mem *m, struct named *out)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used)
			out[n++] = (struct named){text_of(&m->rec[i].item),
						  (struct mem_rec *)&m->rec[i]};
	if (n)
		qsort(out, n, sizeof(*out), by_text);
	return n;
}

struct mem_rec *pick(struct mem *m, unsigned int at)
{
	struct named *all = calloc(m->n + 1, sizeof(*all));
	size_t n = sorted(m, all);
	struct mem_rec *rec = n ? all[at % n].rec : NULL;

	for (size_t i = 0; i < n; i++)
		free(all[i].text);
	free(all);
	return rec;
}

char *world_text(const struct mem *m)
{
	struct named *all = calloc(m->n + 1, sizeof(*all));
	size_t n = sorted(m, all), len = 1;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += strlen(all[i].text) + 1;
	out = calloc(1, len);
	for (size_t i = 0; i < n; i++) {
		strcat(out, all[i].text);
		strcat(out, "\n");
		free(all[i].text);
	}
	free(all);
	return out;
}

/* ---- what goes wrong ---- */

static void fault(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k;

	if (w->fault[s->at] || !s->at)
		return;
	w->fault[s->at] = true;
	switch (s->pick % 6) {
	case 0:
		m->away_after = (int)(s->pick / 6 % 4);
		break;
	case 1:
		m->moved_once = 1;
		break;
	case 2:
		m->broken = true;
		break;
	case 3:
		k = pick(m, s->pick);
		if (!k)
			break;
		k->unreadable = true;
		/* Put there since, it may be anybody until it can be read. */
		if (k->seq > w->looked[s->at])
			person_wild(w, people_of(w, m, &k->item));
		break;
	case 4:
		if (is_card(m))
			m->half_way = (int)(s->pick / 6 % 3);
		break;
	default:
		if (is_card(m))
			m->tear = (int)(s->pick / 6 % 3);
	}
	trace(w, "%s will fail: %u\n", m->name, s->pick % 6);
}

static void mend(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++) {
		struct mem *m = w->m[i];

		if (!w->here[i])
			continue;
		w->fault[i] = false;
		m->away_after = m->half_way = m->tear = -1;
		m->moved_once = 0;
		m->broken = false;
		for (size_t k = 0; k < m->n; k++)
			m->rec[k].unreadable = false;
	}
}

/* What a card was given under other rules is its own under these. */
static void give_cards_their_own(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++) {
		struct mem *m = w->m[i];

		for (size_t k = 0; is_card(m) && k < m->n; k++) {
			const char *fn = sim_item_get(&m->rec[k].item, "FN");
			uint64_t who = people_of(w, m, &m->rec[k].item);

			struct value *v = fn ? value_find(w->p, 'N', fn) : NULL;

			/* Emptied by accident: it will have that again. */
			if (!(m->rec[k].used || w->wiped[i]) || !fn || !who)
				continue;
			if (v)
				v->may |= 1u << i;
			else
				value_type(w, i, 'N', fn, who)->gone = true;
		}
	}
}

static void set_rules(struct world *w, unsigned int row)
{
	w->rules_row = row;
	for (int i = 0; i < RULES_MAX; i++)
		w->rules.rule[i].on = rulesets[row].on & 1u << i;
	trace(w, "rules %u\n", row);
}

/* ---- runs ---- */

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static void make_uuid(char out[37], void *arg)
{
	snprintf(out, 37, "00000000-0000-4000-8000-%012x",
		 ++((struct world *)arg)->uuids);
}

static int kill_here(const char *point, void *arg)
{
	struct world *w = arg;

	(void)point;
	return ++w->points == w->kill_at;
}

static int run_once(struct world *w)
{
	struct sim_replica *r[MAX_REPLICAS];
	size_t n = 0;
	int rc;

	for (unsigned int i = 0; i < w->n; i++)
		if (w->here[i])
			r[n++] = &w->m[i]->r;
	sync_report_free(&w->rep);
	w->now += 3600;
	w->points = 0;
	rc = sync_run(w->l, &w->rules, r, n, &w->opt, &w->rep, &w->e);
	trace(w, "run of %zu: %d %s\n", n, rc, w->rep.detail);
	for (size_t i = 0; i < w->rep.n; i++)
		trace(w, "  %s %d %d %s: %s (%s)\n", w->rep.line[i].replica,
		      w->rep.line[i].type, w->rep.line[i].verb,
		      w->rep.line[i].title,
		      sync_outcome_name(w->rep.line[i].outcome),
		      w->rep.line[i].reason);
	return rc;
}

/* What was an accident is restored, the rest was meant. */
static void answer(struct world *w)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};

	for (unsigned int i = 0; i < w->n; i++)
		if (w->here[i] && w->wiped[i] &&
		    decide_restore(&d, w->m[i]->name, &w->e) < 0)
			bad(w, "restore: %s", w->e.text);
	if (ledger_release(w->l, NULL, &w->e) < 0)
		bad(w, "release: %s", w->e.text);
}

static void run(struct world *w)
{
	bool failing = false;
	unsigned int points;
	int rc;

	w->kill_at = w->runs == w->h->kill_run ? w->h->kill_at : 0;
	rc = run_once(w);
	points = w->points;
	if (rc) {
		if (!w->kill_at || w->points < w->kill_at)
			bad(w, "run: %s", w->e.text);
		w->kill_at = 0;
		if (run_once(w))
			bad(w, "run after a kill: %s", w->e.text);
	}
	w->kill_at = 0;
	for (int i = 0; w->rep.held && i < 6; i++) {
		answer(w);
		if (run_once(w))
			bad(w, "run after an answer: %s", w->e.text);
	}
	if (w->runs < MAX_STEPS)
		w->points_of[w->runs] = points;
	w->runs++;
	if (w->rep.held)
		bad(w, "still held after every answer: %s", w->rep.detail);
	for (unsigned int i = 0; i < w->n; i++)
		failing |= w->here[i] && w->fault[i];
	people_ran(w);
	if (!failing)
		check_run(w);
	for (unsigned int i = 0; i < w->n; i++) {
		if (!looked_at(w, i))
			continue;
		w->wiped[i] = w->wiped[i] && w->fault[i];
		w->unread[i] = w->fault[i];
		/* Not when it could not be read at all. */
		if (!w->m[i]->broken)
			w->looked[i] = w->m[i]->seq;
	}
	mend(w);
}

static void play(struct world *w, const struct step *s)
{
	if (s->at >= w->n)
		return;
	/* Emptied: nobody touches it until it was looked at. */
	if (w->wiped[s->at] && s->type != RUN && s->type != AWAY)
		return;
	if (step_of_people(w, s))
		return;
	switch (s->type) {
	case AWAY:
		if (s->at)
			w->here[s->at] = !w->here[s->at];
		trace(w, "%s %s\n", w->m[s->at]->name,
		      w->here[s->at] ? "is back" : "is away");
		break;
	case FAULT:
		fault(w, s);
		break;
	case CLOCK:
		w->now += ((int64_t)s->pick - 500) * 3600;
		break;
	case RULES:
		give_cards_their_own(w);
		set_rules(w, s->pick % rulesets_n);
		break;
	default:
		run(w);
	}
}

static void finish(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		w->here[i] = true;
	for (int i = 0; i < 3 && !*w->said; i++)
		run(w);
	if (!*w->said)
		check_end(w);
	if (!*w->said && run_once(w))
		bad(w, "last run: %s", w->e.text);
	if (w->rep.created + w->rep.updated + w->rep.deleted + w->rep.seen)
		bad(w, "not quiet at the end: %s", w->rep.detail);
}

int world_play(struct world *w, const struct history *h, bool traced)
{
	memset(w, 0, sizeof(*w));
	w->h = h;
	w->trace = traced;
	w->p = calloc(1, sizeof(*w->p));
	w->n = h->places;
	w->l = ledger_empty();
	rules_init(&w->rules);
	for (int i = 0; i < RULES_MAX; i++) {
		w->rules.rule[i].policy = (enum rule_policy)h->policy;
		w->rules.rule[i].prefer = 1u << SIM_LOCAL;
	}
	for (unsigned int i = 0; i < w->n; i++) {
		const struct place *p = &h->place[i];
		char name[40];
		struct mem *m;

		snprintf(name, sizeof(name), p->class == SIM_LOCAL ? "local" :
			 p->class == SIM_REMOTE ? "remote" : "card:%u/x", i);
		m = w->m[i] = mem_new(p->class, name);
		m->tokens = p->tokens;
		w->here[i] = true;
		if (!is_card(m))
			continue;
		m->capacity = p->records;
		m->name_bytes = p->name;
		m->tels = p->tels;
		m->emails = p->emails;
	}
	set_rules(w, h->rules);
	w->now = 1800000000;
	w->opt = (struct sync_options){.now = clock_now, .uuid = make_uuid,
				       .fault = kill_here, .country = "49",
				       .arg = w};
	/* Contacts in memory, or all but the last at rest outside it. */
	if (h->steps & 1)
		w->opt.shelf = memshelf();
	for (unsigned int i = 0; i < h->steps && !*w->said; i++)
		play(w, &h->step[i]);
	if (!*w->said)
		finish(w);
	return *w->said ? -1 : 0;
}

void world_free(struct world *w)
{
	sync_report_free(&w->rep);
	rules_free(&w->rules);
	shelf_close(w->opt.shelf);
	for (unsigned int i = 0; i < w->n; i++)
		w->m[i]->r.ops->free(&w->m[i]->r);
	free(w->p);
}
