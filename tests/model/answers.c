// SPDX-License-Identifier: MIT
/*
 * answers.c - conflicts and duplicates, as a person decides them
 */
#include "model.h"

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

/* What the others have of it may go now. */
static int give_up(const struct ledger_conflict *row, void *arg)
{
	struct world *w = arg;
	struct sim_item it = {.kind = SIM_CONTACT};

	if (row->value && !sim_item_parse(&it, SIM_CONTACT, row->value)) {
		for (size_t i = 0; i < it.n; i++) {
			char field = field_of(it.prop[i].name);
			for (unsigned int k = 0; k < w->p->values; k++) {
				struct value *v = &w->p->value[k];
				char t[64];

				bare(field, it.prop[i].value, t);
				if (v->field == field &&
				    !strncmp(v->text, t, strlen(t))) {
					v->gone = true;
					person_wild(w, v->people);
				}
			}
		}
	}
	sim_item_free(&it);
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
