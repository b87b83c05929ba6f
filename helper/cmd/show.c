// SPDX-License-Identifier: MIT
/*
 * One thing in full: show RUN, conflicts show NO, held show NO.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "model/merge.h"
#include "store/ledger_show.h"

/* What happened, by verb and by whom. */
static const char *const happened[][3] = {
	[SIM_CREATE] = { "found new", "added", "put back" },
	[SIM_UPDATE] = { "found changed", "changed", "changed back" },
	[SIM_DELETE] = { "found removed", "removed", "taken away again" },
};

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* The names of the fields that differ: "FN, TEL". */
static json_t *fields_of(const struct ledger_change *row)
{
	struct sim_item a = { .kind = row->kind }, b = { .kind = row->kind };
	struct sim_delta d = { 0 };
	json_t *names = json_array();
	size_t i, k;

	if (sim_item_parse(&a, row->kind, row->before ? row->before : "") ||
	    sim_item_parse(&b, row->kind, row->after ? row->after : "") ||
	    sim_diff(&a, &b, NULL, &d))
		goto out;
	for (i = 0; i < d.n; i++) {
		for (k = 0; k < json_array_size(names); k++)
			if (!strcmp(json_string_value(json_array_get(names, k)),
				    d.edit[i].name))
				break;
		if (k == json_array_size(names))
			json_array_append_new(names,
					      json_string(d.edit[i].name));
	}
out:
	sim_delta_free(&d);
	sim_item_free(&a);
	sim_item_free(&b);
	return names;
}

static void joined(json_t *names, char *out, size_t size)
{
	size_t i, n = 0;

	*out = '\0';
	for (i = 0; i < json_array_size(names) && n < size; i++)
		n += (size_t)snprintf(
			out + n, size - n, "%s%s", i ? ", " : "",
			json_string_value(json_array_get(names, i)));
}

/* ---- show RUN ------------------------------------------------------------ */

static int run_head(const struct ledger_run *row, void *arg)
{
	json_t *o = arg;

	json_object_set_new(o, "run", json_integer(row->id));
	json_object_set_new(o, "trigger", text_or_null(row->trigger));
	json_object_set_new(o, "start", cmd_when(row->start));
	json_object_set_new(o, "end", cmd_when(row->end));
	json_object_set_new(o, "outcome",
			    json_string(row->outcome ? row->outcome :
						       "not ended"));
	json_object_set_new(o, "detail",
			    json_string(row->detail ? row->detail : ""));
	return 0;
}

static int run_line(const struct ledger_change *row, void *arg)
{
	json_t *names = fields_of(row), *o;
	char list[200];

	joined(names, list, sizeof(list));
	o = json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "item",
		      (json_int_t)row->item, "who", row->title, "where",
		      row->replica, "what", happened[row->verb][row->how],
		      "changed", list, "fields", names, "at",
		      cmd_when(row->at), "before", text_or_null(row->before),
		      "after", text_or_null(row->after));
	return json_array_append_new(
		json_object_get(arg, "changes"), o);
}

static void print_run(json_t *o)
{
	const char *why = json_string_value(json_object_get(o, "trigger"));
	const char *end = json_string_value(json_object_get(o, "end"));
	const char *what = json_string_value(json_object_get(o, "detail"));

	printf("Run %lld, %s to %s: %s\n",
	       (long long)json_integer_value(json_object_get(o, "run")),
	       json_string_value(json_object_get(o, "start")),
	       end ? end : "it did not end",
	       json_string_value(json_object_get(o, "outcome")));
	if (why && *why) {
		printf("Because: ");
		cmd_print(why);
		putchar('\n');
	}
	if (what && *what) {
		cmd_print(what);
		putchar('\n');
	}
}

/* Nothing known of it: never was, or pruned? */
static void print_memory(const struct cmd *c, struct ledger *l, int64_t run)
{
	int64_t first, at;
	struct sim_err e;
	json_t *when;

	(void)c;
	if (ledger_remembers(l, &first, &at, &e) < 0 || !first || first <= run)
		return;
	when = cmd_when(at);
	printf("What it changed is no longer known: that begins with run %lld of %s (90 days, 64 MiB).\n",
	       (long long)first, json_string_value(when));
	json_decref(when);
}

int cmd_show(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "who", "WHO", 30 },	     { "where", "WHERE", 30 },
		{ "what", "WHAT", 0 },	     { "changed", "FIELDS", 40 },
		{ NULL, NULL, 0 },
	};
	struct ledger *l;
	json_t *o, *rows;
	int64_t run;
	int r;

	if (cmd_args(c, NULL, 1, 1, e) < 0 ||
	    cmd_number(c->argv[0], &run, e) < 0)
		return -1;
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	o = json_pack("{s:[]}", "changes");
	r = ledger_show_run(l, run, run_head, run_line, o, e);
	if (!r && c->json) {
		ledger_close(l);
		return cmd_json_out(o, e);
	}
	if (!r) {
		print_run(o);
		rows = json_incref(json_object_get(o, "changes"));
		if (!json_array_size(rows))
			print_memory(c, l, run);
		r = cmd_table_out(c, rows, col, "It changed nothing.", e);
	}
	ledger_close(l);
	json_decref(o);
	return r;
}

/* ---- conflicts show ------------------------------------------------------ */

static int conflict_side(const struct ledger_conflict *row, void *arg)
{
	json_t *o = arg;

	json_object_set_new(o, "conflict", json_integer(row->id));
	json_object_set_new(o, "item", json_string(row->title));
	json_object_set_new(o, "field", json_string(row->field));
	json_object_set_new(o, "run", json_integer(row->run));
	return json_array_append_new(
		json_object_get(o, "versions"),
		json_pack("{s:s, s:o}", "replica", row->replica, "value",
			  row->value && *row->value ?
				  json_string(row->value) :
				  json_null()));
}

int cmd_conflicts_show(struct cmd *c, struct sim_err *e)
{
	struct ledger *l;
	json_t *o, *v;
	int64_t no;
	size_t i;
	int r;

	if (cmd_args(c, NULL, 1, 1, e) < 0 ||
	    cmd_number(c->argv[0], &no, e) < 0)
		return -1;
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	o = json_pack("{s:[]}", "versions");
	r = ledger_show_conflict(l, no, conflict_side, o, e);
	ledger_close(l);
	if (!r && c->json)
		return cmd_json_out(o, e);
	if (!r) {
		printf("Conflict %lld, ", (long long)no);
		cmd_print(json_string_value(json_object_get(o, "item")));
		printf(", field %s, found by run %lld\n",
		       json_string_value(json_object_get(o, "field")),
		       (long long)json_integer_value(
			       json_object_get(o, "run")));
		json_array_foreach(json_object_get(o, "versions"), i, v) {
			const char *value = json_string_value(
				json_object_get(v, "value"));

			cmd_print(json_string_value(
				json_object_get(v, "replica")));
			puts(":");
			cmd_lines("  ", value ? value : "(removed there)");
		}
		printf("simsync conflicts resolve %lld WHERE makes one of them everybody's.\n",
		       (long long)no);
	}
	json_decref(o);
	return r;
}

/* ---- held show ----------------------------------------------------------- */

static const struct {
	const char *what;
	const char *text, *apply, *restore;
} guards[] = {
	{ "delete", "It is gone there", "it is removed everywhere",
	  "it is written there again" },
	{ "edit", "It was changed there, with many others",
	  "the change goes everywhere", "it is changed back there" },
	{ "refill", "It is a new or emptied card",
	  "it is filled from the phone", "it stays as it is" },
	{ "emptied", "Everything is gone there",
	  "everything is removed everywhere", "everything is written there again" },
};

#define LAST_GUARD (sizeof(guards) / sizeof(guards[0]) - 1)

static int held_one(const struct ledger_held_one *one, void *arg)
{
	json_t *o = arg;

	json_object_set_new(o, "held", json_integer(one->row.id));
	json_object_set_new(o, "replica", json_string(one->row.replica));
	json_object_set_new(o, "what", json_string(one->row.what));
	json_object_set_new(o, "item", json_string(one->row.title));
	json_object_set_new(o, "since", cmd_when(one->row.at));
	json_object_set_new(o, "run", json_integer(one->run));
	json_object_set_new(o, "others", json_integer(one->others));
	json_object_set_new(o, "was", text_or_null(one->there));
	json_object_set_new(o, "merged", text_or_null(one->merged));
	return 0;
}

static void print_held(json_t *o)
{
	const char *what = json_string_value(json_object_get(o, "what"));
	const char *was = json_string_value(json_object_get(o, "was"));
	const char *where = json_string_value(json_object_get(o, "replica"));
	size_t i = 0;

	while (i < LAST_GUARD && strcmp(guards[i].what, what))
		i++;
	cmd_print(where);
	printf(": ");
	cmd_print(json_string_value(json_object_get(o, "item")));
	printf("\n%s; found by run %lld on %s, and held with %lld others.\n",
	       guards[i].text,
	       (long long)json_integer_value(json_object_get(o, "run")),
	       json_string_value(json_object_get(o, "since")),
	       (long long)json_integer_value(json_object_get(o, "others")));
	if (was) {
		puts("As it was there:");
		cmd_lines("  ", was);
	}
	printf("simsync held apply \"");
	cmd_print(where);
	printf("\": %s.\nsimsync held restore \"", guards[i].apply);
	cmd_print(where);
	printf("\": %s.\n", guards[i].restore);
}

int cmd_held_show(struct cmd *c, struct sim_err *e)
{
	struct ledger *l;
	json_t *o;
	int64_t no;
	int r;

	if (cmd_args(c, NULL, 1, 1, e) < 0 ||
	    cmd_number(c->argv[0], &no, e) < 0)
		return -1;
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	o = json_object();
	r = ledger_show_held(l, no, held_one, o, e);
	ledger_close(l);
	if (!r && c->json)
		return cmd_json_out(o, e);
	if (!r)
		print_held(o);
	json_decref(o);
	return r;
}
