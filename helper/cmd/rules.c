// SPDX-License-Identifier: MIT
#include "sync/rules.h"
#include "sync/graph.h"

#include <stdio.h>
#include <string.h>
#include <errno.h>

#include "cmd/cmd.h"

int cmd_rules_check(struct cmd *c, struct sim_err *e)
{
	const char *name;
	struct rules r;
	FILE *f;
	int bad;

	if (cmd_args(c, NULL, 0, 1, e) < 0)
		return -1;
	/* A file that was named is standard input by now (client.c). */
	name = c->argc ? c->argv[0] : CMD_RULES;
	f = c->argc ? stdin : fopen(CMD_RULES, "re");
	if (!f && errno == ENOENT) {
		puts(CMD_RULES " is not there: the predefined rules hold (R4, R5, R6)");
		return 0;
	}
	if (!f)
		return sim_fail(e, EX_NOINPUT, "%s: %s", name, strerror(errno));
	bad = rules_read(&r, f, name, e) || graph_check(&r, e) ? -1 : 0;
	rules_free(&r);
	if (f != stdin)
		fclose(f);
	if (!bad && !c->json)
		printf("%s: no error\n", name);
	return bad;
}

static void words(char *out, size_t size, unsigned int bits, unsigned int n,
		  const char *(*name)(unsigned int i))
{
	unsigned int i;
	size_t at = 0;

	out[0] = '\0';
	for (i = 0; i < n; i++) {
		if (!(bits & RULE_BIT(i)))
			continue;
		at += (size_t)snprintf(out + at, size - at, "%s%s",
				       at ? " " : "", name(i));
		if (at >= size)
			return;
	}
}

static const char *kind(unsigned int i)
{
	return rule_kind_name((enum sim_kind)i);
}

static const char *trigger(unsigned int i)
{
	return rule_trigger_name((enum rule_trigger)RULE_BIT(i));
}

static const char *class(unsigned int i)
{
	return rule_class_name((enum sim_class)i);
}

int cmd_rules_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "rule", "RULE", 0 },	   { "on", "ON", 0 },
		{ "says", "WHAT", 48 },	   { "kinds", "DATA", 0 },
		{ "give", "GIVES", 0 },	   { "take", "TAKES", 0 },
		{ "conflict", "CONFLICT", 0 }, { "triggers", "WHEN", 0 },
		{ NULL, NULL, 0 },
	};
	json_t *rows;
	struct rules r;
	size_t i;

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		return -1;
	if (cmd_rules(&r, e) < 0) {
		rules_free(&r);
		return -1;
	}
	rows = json_array();
	for (i = 0; i < RULES_MAX; i++) {
		const struct rule *u = &r.rule[i];
		char kinds[64], give[64], take[64], when[64] = "always";

		words(kinds, sizeof(kinds), u->kinds, SIM_KINDS, kind);
		words(give, sizeof(give), u->give & u->classes, SIM_REMOTE + 1, class);
		if (u->triggers != RULE_BY_ALL)
			words(when, sizeof(when), u->triggers & ~(unsigned)RULE_BY_PERSON,
			      4, trigger);
		words(take, sizeof(take), u->take & u->classes, SIM_REMOTE + 1, class);
		json_array_append_new(
			rows, json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s}",
					"rule", u->name, "on", u->on, "says",
					u->says, "kinds", kinds, "give", give,
					"take", take, "conflict",
					rule_policy_name(u->policy), "triggers",
					when));
	}
	rules_free(&r);
	return cmd_table_out(c, rows, col, "", e);
}
