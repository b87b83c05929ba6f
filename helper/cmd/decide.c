// SPDX-License-Identifier: MIT
/*
 * What a person decides: conflicts, duplicates, what is held, undo. The next run
 * does it; it is started right behind the command.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cmd/cmd.h"
#include "store/ledger.h"
#include "sync/decide.h"

static int open_ledger(struct cmd *c, struct decide *d, struct sim_err *e)
{
	*d = (struct decide){ .l = cmd_ledger(c, e), .now = time(NULL) };
	return d->l ? 0 : -1;
}

static int said(struct cmd *c, const char *key, int64_t n, const char *text,
		struct sim_err *e)
{
	cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:I}", key, (json_int_t)n), e);
	puts(text);
	return 0;
}

int cmd_conflicts_resolve(struct cmd *c, struct sim_err *e)
{
	struct decide d;
	int64_t no;
	int r;

	if (cmd_args(c, NULL, 2, 2, e) < 0 || cmd_number(c->argv[0], &no, e) < 0 ||
	    open_ledger(c, &d, e) < 0)
		return -1;
	r = decide_conflict(&d, no, c->argv[1], e);
	ledger_close(d.l);
	return r ? -1 : said(c, "resolved", no, "The next run writes it to the others.", e);
}

static int pair_row(const struct ledger_duplicate *row, void *arg)
{
	return json_array_append_new(
		arg, json_pack("{s:I, s:s, s:I, s:s}", "a", (json_int_t)row->a,
			       "name_a", row->title_a, "b", (json_int_t)row->b,
			       "name_b", row->title_b));
}

int cmd_duplicates_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "a", "NO", 0 },  { "name_a", "WHO", 30 },
		{ "b", "NO", 0 },  { "name_b", "AND", 30 },
		{ NULL, NULL, 0 },
	};
	struct ledger *l = NULL;
	json_t *rows;
	int r = -1;

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		return -1;
	rows = json_array();
	l = cmd_ledger(c, e);
	if (l)
		r = ledger_duplicates(l, pair_row, rows, e);
	if (l)
		ledger_close(l);
	if (r < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "No possible duplicates.", e);
}

static int two(struct cmd *c, struct sim_err *e, const char *key,
	       const char *text,
	       int (*fn)(struct decide *d, int64_t a, int64_t b,
			 struct sim_err *e))
{
	struct decide d;
	int64_t a, b;
	int r;

	if (cmd_args(c, NULL, 2, 2, e) < 0 || cmd_number(c->argv[0], &a, e) < 0 ||
	    cmd_number(c->argv[1], &b, e) < 0 || open_ledger(c, &d, e) < 0)
		return -1;
	r = fn(&d, a, b, e);
	ledger_close(d.l);
	return r ? -1 : said(c, key, a, text, e);
}

int cmd_join(struct cmd *c, struct sim_err *e)
{
	return two(c, e, "joined", "They are one; the next run writes it.",
		   decide_join);
}

int cmd_split(struct cmd *c, struct sim_err *e)
{
	return two(c, e, "split", "They stay two and are not asked about again.",
		   decide_split);
}

int cmd_nothing_held(const char *replica, struct sim_err *e)
{
	return sim_fail(e, EX_NOINPUT,
			"nothing is held for `%s'; see simsync held list",
			replica);
}

int cmd_held_restore(struct cmd *c, struct sim_err *e)
{
	struct decide d;
	char text[96];
	int n;

	if (cmd_args(c, NULL, 0, 1, e) < 0 || open_ledger(c, &d, e) < 0)
		return -1;
	n = decide_restore(&d, c->argc ? c->argv[0] : NULL, e);
	ledger_close(d.l);
	if (n < 0)
		return -1;
	if (!n && c->argc)
		return cmd_nothing_held(c->argv[0], e);
	snprintf(text, sizeof(text), "%d to be put back by the next run", n);
	return said(c, "restored", n, text, e);
}

int cmd_undo(struct cmd *c, struct sim_err *e)
{
	struct undone u;
	struct decide d;
	int64_t no;
	int r;

	if (cmd_args(c, NULL, 1, 1, e) < 0 || cmd_number(c->argv[0], &no, e) < 0 ||
	    open_ledger(c, &d, e) < 0)
		return -1;
	r = decide_undo(&d, no, &u, e);
	ledger_close(d.l);
	if (r)
		return -1;
	cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:I, s:I, s:I}", "run",
					      (json_int_t)u.run, "restored",
					      (json_int_t)u.restored, "moved_on",
					      (json_int_t)u.moved), e);
	printf("Run %" PRId64 " undoes %zu; the next run writes it.\n", u.run,
	       u.restored);
	if (u.moved)
		printf("%zu changed again since and stay as they are.\n", u.moved);
	return 0;
}
