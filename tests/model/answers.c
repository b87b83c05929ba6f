// SPDX-License-Identifier: MIT
/*
 * answers.c - conflicts, duplicates and runs to undo, as a person decides them
 */
#include "model.h"

#include "store/ledger_show.h"
#include "store/ledger_sql.h"

struct choice {
	int64_t id, item;
	char field[64], where[64], value[128];
	unsigned int n, at;
};

static int choose(const struct ledger_conflict *row, void *arg)
{
	struct choice *c = arg;

	if (c->n++ != c->at)
		return 0;
	c->id = row->id;
	c->item = row->item;
	snprintf(c->field, sizeof(c->field), "%s", row->field);
	snprintf(c->where, sizeof(c->where), "%s", row->replica);
	snprintf(c->value, sizeof(c->value), "%s", row->value ? row->value : "");
	return 0;
}

/* All that it says may go now. */
static void give_up_text(struct world *w, const char *text)
{
	struct sim_item it = {.kind = SIM_CONTACT};

	if (!text || sim_item_parse(&it, SIM_CONTACT, text))
		return;
	for (size_t i = 0; i < it.n; i++) {
		char field = field_of(it.prop[i].name), t[64];

		bare(field, it.prop[i].value, t);
		for (unsigned int k = 0; k < w->p->values; k++) {
			struct value *v = &w->p->value[k];

			if (v->field != field ||
			    strncmp(v->text, t, strlen(t)))
				continue;
			v->gone = true;
			v->left |= v->people;
			person_wild(w, v->people);
		}
	}
	sim_item_free(&it);
}

/* What the others have of it may go now. */
static int give_up(const struct ledger_conflict *row, void *arg)
{
	give_up_text(arg, row->value);
	return 0;
}

void resolve(struct world *w, const struct step *s)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	struct choice c = {0};

	if (ledger_conflicts(w->l, choose, &c, &w->e) || !c.n)
		return;
	c = (struct choice){.at = s->pick % c.n};
	ledger_conflicts(w->l, choose, &c, &w->e);
	trace(w, "conflict about %s: %s's %s\n", c.field, c.where, c.value);
	/* Everything in conflict may be given up, for the model. */
	ledger_conflicts(w->l, give_up, w, &w->e);
	if (decide_conflict(&d, c.id, c.where, &w->e))
		bad(w, "resolve: %s", w->e.text);
}

static int first_pair(const struct ledger_duplicate *row, void *arg)
{
	int64_t *pair = arg;

	if (!pair[0]) {
		pair[0] = row->a;
		pair[1] = row->b;
	}
	return 0;
}

void split(struct world *w, const struct step *s)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	int64_t pair[2] = {0};

	(void)s;
	if (!ledger_duplicates(w->l, first_pair, pair, &w->e) && pair[0] &&
	    decide_split(&d, pair[0], pair[1], &w->e))
		bad(w, "split: %s", w->e.text);
}

/* ---- joined ---- */

static int nth_pair(const struct ledger_duplicate *row, void *arg)
{
	int64_t *pair = arg;

	if (pair[2]-- == 0) {
		pair[0] = row->a;
		pair[1] = row->b;
	}
	return 0;
}

/* Who an item of the ledger can be: whoever has a value of it. */
static uint64_t who_is(struct world *w, int64_t item)
{
	const enum ledger_query q = LQ_ITEM_GET;
	struct sim_item it = {.kind = SIM_CONTACT};
	uint64_t who = 0;

	if (ledger_first(w->l, q, &w->e, "i", item) > 0 &&
	    !sim_item_parse(&it, SIM_CONTACT, ledger_text(w->l, q, 3)))
		for (size_t i = 0; i < it.n; i++) {
			struct value *v = value_find(w->p,
						     field_of(it.prop[i].name),
						     it.prop[i].value);

			who |= v ? v->people : 0;
		}
	ledger_end(w->l, q);
	sim_item_free(&it);
	return who;
}

/* From now on they are one: of two names or notes one stays. */
void join(struct world *w, const struct step *s)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	int64_t pair[3] = {0, 0, (int64_t)(s->pick % 3)};
	uint64_t who;

	if (ledger_duplicates(w->l, nth_pair, pair, &w->e) || !pair[0])
		return;
	who = who_is(w, pair[0]) | who_is(w, pair[1]);
	person_wild(w, who);
	for (unsigned int i = 0; i < w->p->values; i++) {
		struct value *v = &w->p->value[i];

		if (!(v->people & who))
			continue;
		v->gone = v->gone || v->field == 'N' || v->field == 'O';
		v->people |= who;
		v->left &= ~who;
	}
	trace(w, "%lld and %lld are one\n", (long long)pair[0],
	      (long long)pair[1]);
	if (decide_join(&d, pair[0], pair[1], &w->e))
		bad(w, "join: %s", w->e.text);
}

/* ---- undone ---- */

struct runs {
	int64_t id[32];
	unsigned int n;
};

static int list_run(const struct ledger_run *row, void *arg)
{
	struct runs *r = arg;

	r->id[r->n++] = row->id;
	return 0;
}

static int no_head(const struct ledger_run *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

/* What it brought in goes, what was before comes back: either may be nowhere. */
static int give_back(const struct ledger_change *row, void *arg)
{
	give_up_text(arg, row->before);
	give_up_text(arg, row->after);
	return 0;
}

void undo(struct world *w, const struct step *s)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	struct runs r = {.n = 0};
	struct undone out;
	int64_t run;

	if (ledger_runs(w->l, 32, list_run, &r, &w->e) || !r.n)
		return;
	run = r.id[s->pick % r.n];
	trace(w, "run %lld is undone\n", (long long)run);
	if (ledger_show_run(w->l, run, no_head, give_back, w, &w->e))
		bad(w, "undo: %s", w->e.text);
	if (decide_undo(&d, run, &out, &w->e) && w->e.code != EX_DATAERR)
		bad(w, "undo: %s", w->e.text);
}
