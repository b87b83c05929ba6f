// SPDX-License-Identifier: MIT
/* `simsync rules explain`: what the rules come to with the places there are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "store/ledger.h"
#include "sync/graph.h"

/* What is known where, by class; nothing before the first run but the phone. */
static int count_place(const struct ledger_place *row, void *arg)
{
	int *known = arg;

	if (strcmp(row->state, "retired") && row->class < GRAPH_CLASSES)
		known[row->class]++;
	return 0;
}

static int places(struct cmd *c, int known[GRAPH_CLASSES], struct sim_err *e)
{
	struct ledger *l;
	char path[512];
	int r;

	memset(known, 0, GRAPH_CLASSES * sizeof(*known));
	if (cmd_path(c, "ledger.db", path, sizeof(path), e) < 0)
		return -1;
	known[SIM_LOCAL] = access(path, F_OK) ? 1 : 0;
	if (known[SIM_LOCAL])
		return 0;
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	r = ledger_places(l, count_place, known, e);
	ledger_close(l);
	return r;
}

static void append(char *out, size_t size, const char *word)
{
	size_t at = strlen(out);

	snprintf(out + at, size - at, "%s%s", at ? " " : "", word);
}

/*
 * The rules on the way from one to the other: those that join the two, else all
 * of the component, for the value goes through others.
 */
static void on_the_way(const struct graph *g, unsigned int from,
		       unsigned int to, char *out, size_t size, bool *filter)
{
	unsigned int pair = RULE_BIT(from) | RULE_BIT(to);

	out[0] = '\0';
	*filter = false;
	for (int direct = 1; direct >= 0 && !out[0]; direct--) {
		for (size_t i = 0; i < RULES_MAX; i++) {
			const struct rule *u = &g->rules->rule[i];

			if (!(g->active & 1u << i) ||
			    (direct ? (u->classes & pair) != pair ||
					      !(u->give & RULE_BIT(from)) ||
					      !(u->take & RULE_BIT(to)) :
				      !(u->classes & g->component[from])))
				continue;
			append(out, size, u->name);
			*filter = *filter || u->groups || u->numbers;
		}
	}
}

static void add_edges(json_t *rows, const struct graph *g)
{
	for (unsigned int a = 0; a < GRAPH_CLASSES; a++) {
		for (unsigned int b = 0; b < GRAPH_CLASSES; b++) {
			char by[64];
			unsigned int prefer;
			bool filter;

			if (!(g->reach[a] & RULE_BIT(b)))
				continue;
			/* Itself: only where a rule joins several of a class. */
			if (a == b && RULE_BIT(a) & ~RULE_CARDS)
				continue;
			/* To a card only where a rule says so. */
			if (g->kind == SIM_MESSAGE &&
			    (RULE_BIT(b) & RULE_CARDS & ~g->spool))
				continue;
			on_the_way(g, a, b, by, sizeof(by), &filter);
			json_array_append_new(
				rows,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
					  "kind", rule_kind_name(g->kind),
					  "from",
					  rule_class_name((enum sim_class)a),
					  "to",
					  rule_class_name((enum sim_class)b),
					  "by", by, "what",
					  filter ? "what passes the filter" :
						   "all",
					  "conflict",
					  rule_policy_name(graph_policy(
						  g, RULE_BIT(a) | RULE_BIT(b),
						  &prefer))));
		}
	}
}

static void add_idle(json_t *list, const struct graph *g, size_t i)
{
	const struct rule *u = &g->rules->rule[i];
	char why[128];

	if (!u->on || !(u->kinds & RULE_BIT(g->kind)) ||
	    (g->active & 1u << i))
		return;
	snprintf(why, sizeof(why),
		 "%s is on and does nothing for %s: fewer than two places of %s are known",
		 u->name, rule_kind_name(g->kind), u->says);
	json_array_append_new(list, json_string(why));
}

static int show(struct cmd *c, json_t *rows, json_t *idle, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "kind", "DATA", 0 },	{ "from", "FROM", 0 },
		{ "to", "TO", 0 },	{ "by", "BY", 0 },
		{ "what", "WHAT", 0 },	{ "conflict", "CONFLICT", 0 },
		{ NULL, NULL, 0 },
	};
	json_t *line;
	size_t i;
	int r;

	if (c->json)
		return cmd_json_out(json_pack("{s:o, s:o}", "goes", rows,
					      "idle", idle), e);
	r = cmd_table_out(c, rows, col, "Nothing goes anywhere.", e);
	json_array_foreach(idle, i, line)
		printf("%s\n", json_string_value(line));
	json_decref(idle);
	return r;
}

int cmd_rules_explain(struct cmd *c, struct sim_err *e)
{
	int known[GRAPH_CLASSES];
	json_t *rows, *idle;
	struct rules rules;

	if (cmd_args(c, NULL, 0, 0, e) < 0 || places(c, known, e))
		return -1;
	if (cmd_rules(&rules, e) < 0 || graph_check(&rules, e)) {
		rules_free(&rules);
		return -1;
	}
	rows = json_array();
	idle = json_array();
	for (int k = 0; k < SIM_KINDS; k++) {
		struct graph g;

		graph_make(&g, &rules, (enum sim_kind)k, known);
		add_edges(rows, &g);
		for (size_t i = 0; i < RULES_MAX; i++)
			add_idle(idle, &g, i);
	}
	rules_free(&rules);
	return show(c, rows, idle, e);
}
