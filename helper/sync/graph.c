/* SPDX-License-Identifier: MIT */
/*
 * graph.c - rules to components and reach
 */
#include "sync/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/pair.h"

static bool concerns(const struct rule *r, enum sim_kind kind)
{
	return r->on && (r->kinds & RULE_BIT(kind));
}

/* Two sides to connect: R1 needs two physical SIMs, R7 two of its classes. */
static bool has_sides(const struct rule *r, const int known[GRAPH_CLASSES])
{
	int classes = 0, replicas = 0;

	for (int c = 0; c < GRAPH_CLASSES; c++) {
		if (!(r->classes & RULE_BIT(c)) || !known[c])
			continue;
		classes++;
		replicas += known[c];
	}
	return r->alone ? replicas >= 2 : classes >= 2;
}

/* One class more at a time until nothing is added. */
static void close_over(unsigned int m[GRAPH_CLASSES])
{
	for (int k = 0; k < GRAPH_CLASSES; k++)
		for (int a = 0; a < GRAPH_CLASSES; a++)
			if (m[a] & RULE_BIT(k))
				m[a] |= m[k];
}

static void add_edges(const struct rule *r, unsigned int reach[GRAPH_CLASSES])
{
	for (int c = 0; c < GRAPH_CLASSES; c++)
		if (r->give & RULE_BIT(c))
			reach[c] |= r->take;
}

void graph_make(struct graph *g, const struct rules *rules, enum sim_kind kind,
		const int known[GRAPH_CLASSES])
{
	memset(g, 0, sizeof(*g));
	g->kind = kind;
	g->rules = rules;
	for (size_t i = 0; i < RULES_MAX; i++) {
		const struct rule *r = &rules->rule[i];

		if (!concerns(r, kind))
			continue;
		for (int c = 0; c < GRAPH_CLASSES; c++)
			if (r->classes & RULE_BIT(c))
				g->component[c] |= r->classes;
		if (!has_sides(r, known))
			continue;
		g->active |= 1u << i;
		g->filtered = g->filtered || r->groups || r->numbers;
		add_edges(r, g->reach);
		if (r->spool && kind == SIM_MESSAGE)
			g->spool |= r->take & RULE_CARDS;
	}
	close_over(g->component);
	close_over(g->reach);
}

static bool in_group(const struct sim_item *it, const char *group)
{
	size_t len = strlen(group);

	for (size_t i = 0; i < it->n; i++) {
		const char *at = it->prop[i].value;

		if (strcmp(it->prop[i].name, "CATEGORIES"))
			continue;
		for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
			if (!strncmp(at, group, len) &&
			    (!at[len] || at[len] == ','))
				return true;
	}
	return false;
}

static bool has_number(const struct sim_item *it, const char *prefix)
{
	static const char *const names[] = {"TEL", "FROM", "TO"};
	char *want = sim_number_norm(prefix, NULL);
	bool found = false;

	for (size_t i = 0; want && !found && i < it->n; i++) {
		char *have;

		for (size_t k = 0; k < 3 && !found; k++) {
			if (strcmp(it->prop[i].name, names[k]))
				continue;
			have = sim_number_norm(it->prop[i].value, NULL);
			found = have && !strncmp(have, want, strlen(want));
			free(have);
		}
	}
	free(want);
	return found;
}

static bool passes(const struct rule *r, const struct sim_item *it)
{
	bool group = !r->groups, number = !r->numbers;

	for (size_t i = 0; !group && i < r->groups; i++)
		group = in_group(it, r->group[i]);
	for (size_t i = 0; !number && i < r->numbers; i++)
		number = has_number(it, r->number[i]);
	return group && number;
}

void graph_reach(const struct graph *g, const struct sim_item *it,
		 unsigned int reach[GRAPH_CLASSES])
{
	if (!g->filtered) {
		memcpy(reach, g->reach, sizeof(g->reach));
		return;
	}
	memset(reach, 0, sizeof(g->reach));
	for (size_t i = 0; i < RULES_MAX; i++)
		if ((g->active & (1u << i)) && passes(&g->rules->rule[i], it))
			add_edges(&g->rules->rule[i], reach);
	close_over(reach);
}

enum rule_policy graph_policy(const struct graph *g, unsigned int classes,
			      unsigned int *prefer)
{
	enum rule_policy worst = RULE_NEWEST;

	*prefer = 0;
	for (size_t i = 0; i < RULES_MAX; i++) {
		const struct rule *r = &g->rules->rule[i];

		if (!(g->active & (1u << i)) || !(r->classes & classes))
			continue;
		if (r->policy > worst)
			worst = r->policy;
		if (r->policy == RULE_PREFER) {
			/* Two rules that prefer different sides: ask. */
			if (*prefer && *prefer != r->prefer)
				return RULE_ASK;
			*prefer = r->prefer;
		}
	}
	return worst;
}

static uint64_t mix(uint64_t h, const char *text)
{
	do
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	while (*text++);
	return h;
}

int64_t graph_hash(const struct graph *g, unsigned int classes)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < RULES_MAX; i++) {
		const struct rule *r = &g->rules->rule[i];
		char masks[48];

		if (!(g->active & (1u << i)) || !(r->classes & classes))
			continue;
		snprintf(masks, sizeof(masks), "%x %x %x", r->give, r->take,
			 r->spool);
		h = mix(mix(h, r->name), masks);
		for (size_t k = 0; k < r->groups; k++)
			h = mix(h, r->group[k]);
		h = mix(h, "");
		for (size_t k = 0; k < r->numbers; k++)
			h = mix(h, r->number[k]);
	}
	return (int64_t)h;
}

void graph_names(const struct graph *g, enum sim_class class, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < RULES_MAX; i++) {
		if (!(g->active & (1u << i)) ||
		    !(g->rules->rule[i].classes & RULE_BIT(class)))
			continue;
		if (*out)
			strcat(out, " ");
		strcat(out, g->rules->rule[i].name);
	}
}

int graph_check(const struct rules *rules, struct sim_err *e)
{
	static const int all[GRAPH_CLASSES] = {2, 2, 2, 2};

	for (int k = 0; k < SIM_KINDS; k++) {
		unsigned int give = 0, take = 0;
		struct graph g;

		graph_make(&g, rules, (enum sim_kind)k, all);
		for (int c = 0; c < GRAPH_CLASSES; c++) {
			give |= g.reach[c] ? RULE_BIT(c) : 0;
			take |= g.reach[c];
		}
		for (int a = 0; a < GRAPH_CLASSES; a++) {
			for (int b = 0; b < GRAPH_CLASSES; b++) {
				if (a == b || !(give & RULE_BIT(a)) ||
				    !(take & RULE_BIT(b)) ||
				    !(g.component[a] & RULE_BIT(b)) ||
				    (g.reach[a] & RULE_BIT(b)))
					continue;
				return sim_fail(e, EX_CONFIG,
					"rules: the directions for %s let %s "
					"give and %s take, but not from one "
					"to the other; make one of the rules "
					"between them `both'",
					rule_kind_name((enum sim_kind)k),
					rule_class_name((enum sim_class)a),
					rule_class_name((enum sim_class)b));
			}
		}
	}
	return 0;
}
