// SPDX-License-Identifier: MIT
#include "cmd/report.h"

#include <stdio.h>
#include <string.h>

#include "sync/rules.h"

#define LINES_FEW 12

static const char *const kinds[SIM_KINDS][2] = {
	[SIM_CONTACT] = { "contact", "contacts" },
	[SIM_MESSAGE] = { "message", "messages" },
	[SIM_INFO] = { "SIM record", "SIM records" },
};

static const char *const did[] = {
	[SIM_CREATE] = "added",
	[SIM_UPDATE] = "changed",
	[SIM_DELETE] = "removed",
};

static const char *const will[] = {
	[SIM_CREATE] = "add",
	[SIM_UPDATE] = "change",
	[SIM_DELETE] = "remove",
};

static const char *const types[] = {
	[SYNC_WROTE] = "write",
	[SYNC_SEEN] = "seen",
	[SYNC_CONFLICT] = "conflict",
	[SYNC_DUPLICATE] = "possible duplicate",
	[SYNC_HELD] = "held",
	[SYNC_NOT_PLACED] = "not placed",
	[SYNC_PROBLEM] = "problem",
	[SYNC_LEFT_OUT] = "left out",
};

static const char *text(const char *s)
{
	return s ? s : "";
}

/* Written as wanted, or as the replica could: both happened. */
static bool written(const struct sync_line *l)
{
	return l->type == SYNC_WROTE &&
	       (l->outcome == SIM_DONE || l->outcome == SIM_DIFFERS ||
		l->outcome == SIM_PENDING);
}

/* What went as wanted: in the sums, and named only where there are few. */
static bool ordinary(const struct sync_line *l)
{
	return l->type == SYNC_SEEN ||
	       (l->type == SYNC_WROTE && l->outcome == SIM_DONE);
}

static void report_line(struct cmd *c, const struct sync_line *l, bool dry)
{
	cmd_print(text(l->replica));
	printf(": ");
	if (l->type == SYNC_WROTE)
		printf("%s %s ", dry ? will[l->verb] : did[l->verb],
		       kinds[l->kind][0]);
	else if (l->type == SYNC_SEEN)
		printf("%s %s there ", kinds[l->kind][0], did[l->verb]);
	else
		cmd_tone(c,
			 l->type == SYNC_PROBLEM || l->type == SYNC_LEFT_OUT ?
				 TONE_BAD :
				 TONE_WARN,
			 types[l->type]);
	if (l->title && l->title[0]) {
		printf(" \"");
		cmd_print(l->title);
		printf("\"");
	}
	if (l->type == SYNC_WROTE && !written(l))
		printf(": %s", sync_outcome_name(l->outcome));
	if (l->reason && l->reason[0] && !ordinary(l)) {
		printf(": ");
		cmd_print(l->reason);
	}
	if (l->more)
		printf(" and %zu more", l->more);
	if (l->rule && l->rule[0])
		printf(" (%s)", l->rule);
	putchar('\n');
}

void report_lines(struct cmd *c, const struct sync_report *rep, bool dry,
		  bool all)
{
	size_t i, many = 0;

	for (i = 0; i < rep->n; i++)
		many += ordinary(&rep->line[i]) * (1 + rep->line[i].more);
	for (i = 0; i < rep->n; i++)
		if (all || many <= LINES_FEW || !ordinary(&rep->line[i]))
			report_line(c, &rep->line[i], dry);
}

static size_t count(const struct sync_report *rep, const char *replica,
		    enum sim_kind kind, enum sim_verb verb)
{
	size_t i, n = 0;

	for (i = 0; i < rep->n; i++) {
		const struct sync_line *l = &rep->line[i];

		if (written(l) && l->kind == kind && l->verb == verb &&
		    !strcmp(text(l->replica), replica))
			n += 1 + l->more;
	}
	return n;
}

static bool first_of(const struct sync_report *rep, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (!strcmp(text(rep->line[k].replica),
			    text(rep->line[i].replica)))
			return false;
	return true;
}

void report_sum(struct cmd *c, const struct sync_report *rep, bool dry)
{
	size_t i;
	int k, v;

	for (i = 0; i < rep->n; i++) {
		const char *where = text(rep->line[i].replica), *sep = "";

		if (!first_of(rep, i))
			continue;
		for (k = 0; k < SIM_KINDS; k++) {
			for (v = SIM_CREATE; v <= SIM_DELETE; v++) {
				size_t n = count(rep, where, (enum sim_kind)k,
						 (enum sim_verb)v);

				if (!n)
					continue;
				if (!*sep) {
					cmd_print(where);
					printf(": ");
				}
				printf("%s%zu %s %s%s", sep, n,
				       kinds[k][n != 1], dry ? "to be " : "",
				       did[v]);
				sep = ", ";
			}
		}
		if (*sep)
			putchar('\n');
	}
	cmd_tone(c,
		 rep->state == SYNC_OK	    ? TONE_GOOD :
		 rep->state == SYNC_ERROR ? TONE_BAD :
					      TONE_WARN,
		 sync_state_name(rep->state));
	if (rep->detail[0]) {
		printf(": ");
		cmd_print(rep->detail);
	}
	putchar('\n');
}

void report_json(struct cmd *c, const struct sync_report *rep)
{
	json_t *lines = json_array(), *o;
	struct sim_err ignored;
	size_t i;

	(void)c;
	for (i = 0; i < rep->n; i++) {
		const struct sync_line *l = &rep->line[i];

		json_array_append_new(
			lines,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}",
				  "type", types[l->type], "replica",
				  text(l->replica), "kind",
				  rule_kind_name(l->kind), "verb",
				  will[l->verb], "item", text(l->title), "rule",
				  text(l->rule), "outcome",
				  sync_outcome_name(l->outcome), "reason",
				  text(l->reason), "more",
				  (json_int_t)l->more));
	}
	o = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		      "run", (json_int_t)rep->run, "state",
		      sync_state_name(rep->state), "detail", rep->detail,
		      "created", (json_int_t)rep->created, "updated",
		      (json_int_t)rep->updated, "deleted",
		      (json_int_t)rep->deleted, "not_placed",
		      (json_int_t)rep->not_placed, "queued",
		      (json_int_t)rep->queued, "unreadable",
		      (json_int_t)rep->unreadable, "failed",
		      (json_int_t)rep->failed, "conflicts",
		      (json_int_t)rep->conflicts, "duplicates",
		      (json_int_t)rep->duplicates, "held",
		      (json_int_t)rep->held, "lines", lines);
	cmd_json_out(o, &ignored);
}
