// SPDX-License-Identifier: MIT
/*
 * What the ledger remembers: runs, conflicts, what is held.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "store/ledger.h"

#define RUNS 50

static int run_row(const struct ledger_run *row, void *arg)
{
	json_t *o = json_pack("{s:I, s:s, s:s, s:s}", "run",
			      (json_int_t)row->id, "trigger",
			      row->trigger ? row->trigger : "", "outcome",
			      row->outcome ? row->outcome : "not ended",
			      "detail", row->detail ? row->detail : "");

	json_object_set_new(o, "start", cmd_when(row->start));
	json_object_set_new(o, "end", cmd_when(row->end));
	return json_array_append_new(arg, o);
}

int cmd_history(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "run", "RUN", 0 },	     { "start", "WHEN", 0 },
		{ "trigger", "WHY", 40 },    { "outcome", "OUTCOME", 0 },
		{ "detail", "WHAT", 0 },     { NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	struct ledger *l = NULL;
	int r = -1;

	if (!cmd_args(c, NULL, 0, 0, e) && (l = cmd_ledger(c, e)))
		r = ledger_runs(l, RUNS, run_row, rows, e);
	if (l)
		ledger_close(l);
	if (r < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "No runs yet.", e);
}

static int conflict_row(const struct ledger_conflict *row, void *arg)
{
	return json_array_append_new(
		arg, json_pack("{s:I, s:s, s:s, s:s, s:s?, s:I}", "conflict",
			       (json_int_t)row->id, "item", row->title, "field",
			       row->field, "replica", row->replica, "value",
			       row->value, "run", (json_int_t)row->run));
}

int cmd_conflicts_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "conflict", "NO", 0 },     { "item", "WHO", 30 },
		{ "field", "FIELD", 16 },    { "replica", "WHERE", 30 },
		{ "value", "VALUE", 40 },    { NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	struct ledger *l = NULL;
	int r = -1;

	if (!cmd_args(c, NULL, 0, 0, e) && (l = cmd_ledger(c, e)))
		r = ledger_conflicts(l, conflict_row, rows, e);
	if (l)
		ledger_close(l);
	if (r < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "No open conflicts.", e);
}

static int held_row(const struct ledger_held *row, void *arg)
{
	json_t *o = json_pack("{s:I, s:s, s:s, s:s}", "held",
			      (json_int_t)row->id, "replica", row->replica,
			      "what", row->what, "item",
			      row->title ? row->title : "");

	json_object_set_new(o, "since", cmd_when(row->at));
	json_object_set_new(o, "at", json_integer(row->at));
	return json_array_append_new(arg, o);
}

int cmd_held_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "held", "NO", 0 },	     { "replica", "WHERE", 30 },
		{ "what", "WHAT", 10 },	     { "item", "WHO", 30 },
		{ "since", "SINCE", 0 },     { NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	struct ledger *l = NULL;
	int r = -1;

	if (!cmd_args(c, NULL, 0, 0, e) && (l = cmd_ledger(c, e)))
		r = ledger_held(l, held_row, rows, e);
	if (l)
		ledger_close(l);
	if (r < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "Nothing is held.", e);
}

int cmd_held_apply(struct cmd *c, struct sim_err *e)
{
	struct ledger *l;
	int n;

	if (cmd_args(c, NULL, 0, 1, e) < 0)
		return -1;
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	n = ledger_release(l, c->argc ? c->argv[0] : NULL, e);
	ledger_close(l);
	if (!n && c->argc)
		return cmd_nothing_held(c->argv[0], e);
	if (n < 0)
		return -1;
	if (n)
		cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:i}", "released", n), e);
	printf("%d released; the next run does them\n", n);
	return 0;
}
