// SPDX-License-Identifier: MIT
/*
 * undo.c - what a run found changed is changed back
 *
 * History says what each replica brought in. Its opposite goes into the merged
 * item, the origin is due like everybody else. What the run wrote followed from
 * that, and so does what undoing it writes.
 */
#include "sync/decide_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/merge.h"
#include "store/ledger_history.h"
#include "store/ledger_show.h"

/* history.wrote: found there, written by us, changed back by an undo */
enum { FOUND, WROTE, UNDONE };

struct change {
	int64_t run, item, member;
	enum sim_verb verb;
	int64_t how;
	char *before, *after;
};

static void changes_free(struct change *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(c[i].before);
		free(c[i].after);
	}
	free(c);
}

static char *dup_col(struct ledger *l, int col)
{
	const char *text = ledger_text(l, LQ_UNDO_CHANGES, col);

	return strdup(text ? text : "");
}

static int load(struct decide *d, int64_t run, struct change **out, size_t *n,
		struct sim_err *e)
{
	const enum ledger_query q = LQ_UNDO_CHANGES;
	int row;

	*out = NULL;
	*n = 0;
	for (row = ledger_first(d->l, q, e, "i", run); row > 0;
	     row = ledger_next(d->l, q, e)) {
		struct change *c = realloc(*out, (*n + 1) * sizeof(*c));

		if (!c) {
			ledger_end(d->l, q);
			return decide_no_memory(e);
		}
		*out = c;
		c = &c[(*n)++];
		c->run = run;
		c->item = ledger_int(d->l, q, 0);
		c->member = ledger_int(d->l, q, 1);
		c->verb = (enum sim_verb)ledger_int(d->l, q, 2);
		c->how = ledger_int(d->l, q, 3);
		c->before = dup_col(d->l, 4);
		c->after = dup_col(d->l, 5);
		if (!c->before || !c->after) {
			ledger_end(d->l, q);
			return decide_no_memory(e);
		}
	}
	return row;
}

/* 1: somebody has still to decide about @field of it, NULL: any; -1 */
static int undecided(struct decide *d, int64_t item, const char *field,
		     struct sim_err *e)
{
	const enum ledger_query q = LQ_CONFLICT_OPEN;
	int row, open = 0;

	for (row = ledger_first(d->l, q, e, "i", item); row > 0;
	     row = ledger_next(d->l, q, e))
		open |= !field || !strcmp(ledger_text(d->l, q, 1), field);
	return row < 0 ? -1 : open;
}

/* Has the item that field as the run left it? */
static int still(struct decide *d, const struct sim_item *it,
		 const struct sim_edit *back)
{
	struct sim_item now = {.kind = it->kind};
	int rc = sim_field_get(&now, it, back->field, d->country)
			 ? -1
			 : sim_item_equal(&now, &back->from);

	sim_item_free(&now);
	return rc;
}

static int apply_back(struct decide *d, struct decided *it,
		      const struct sim_edit *back, struct undone *out,
		      bool *did, struct sim_err *e)
{
	int same = back->order ? 1 : still(d, &it->value, back);
	int open = undecided(d, it->id, back->field, e);

	if (open < 0)
		return -1;
	same = same < 0 || !open ? same : 0;
	if (same < 0 ||
	    (same && sim_apply(&it->value, back, d->country) < 0))
		return -1;
	*did = *did || same > 0;
	out->moved += !same;
	return 0;
}

static bool is_name(const struct sim_edit *edit)
{
	return !strcmp(edit->name, "FN") || !strcmp(edit->name, "N");
}

/*
 * A card says only the beginning of a name: what the run wrote over elsewhere
 * tells all of it. The line of history that has most; @out: "" there is none.
 */
static int whole_name(struct decide *d, const struct change *c,
		      const struct sim_item *before, struct change *out,
		      struct sim_err *e)
{
	const enum ledger_query q = LQ_UNDO_WROTE;
	const char *begins = sim_item_get(before, "FN");
	size_t most = begins ? strlen(begins) : 0;
	int row, rc = 0;

	memset(out, 0, sizeof(*out));
	if (!begins)
		return 0;
	for (row = ledger_first(d->l, q, e, "ii", c->run, c->item);
	     row > 0 && !rc; row = ledger_next(d->l, q, e)) {
		struct sim_item was = {.kind = before->kind};
		const char *fn;

		if (sim_item_parse(&was, before->kind, ledger_text(d->l, q, 0))) {
			rc = sim_fail(e, EX_DATAERR,
				      "ledger: history cannot be read");
			break;
		}
		fn = sim_item_get(&was, "FN");
		if (fn && strlen(fn) > most &&
		    !strncmp(fn, begins, strlen(begins))) {
			most = strlen(fn);
			free(out->before);
			free(out->after);
			out->before = strdup(ledger_text(d->l, q, 0));
			out->after = strdup(ledger_text(d->l, q, 1));
			rc = out->before && out->after ? 0
						       : decide_no_memory(e);
		}
		sim_item_free(&was);
	}
	ledger_end(d->l, q);
	return rc || row < 0 ? -1 : 0;
}

/* What led from @c's before to its after; only the names, or all but them. */
static int delta_back(struct decide *d, struct decided *it,
		      const struct change *c, bool names, bool rest,
		      struct undone *out, bool *did, struct sim_err *e)
{
	struct sim_item before = {.kind = it->kind}, after = before;
	struct sim_delta back = {0};
	int rc = 0;

	if (sim_item_parse(&before, it->kind, c->before) ||
	    sim_item_parse(&after, it->kind, c->after))
		rc = sim_fail(e, EX_DATAERR, "ledger: history cannot be read");
	else if (sim_diff(&after, &before, d->country, &back))
		rc = decide_no_memory(e);
	for (size_t i = 0; !rc && i < back.n; i++)
		if ((is_name(&back.edit[i]) ? names : rest) &&
		    apply_back(d, it, &back.edit[i], out, did, e))
			rc = decide_no_memory(e);
	sim_delta_free(&back);
	sim_item_free(&before);
	sim_item_free(&after);
	return rc;
}

static bool renames(const struct sim_item *before, const char *after,
		    enum sim_kind kind)
{
	struct sim_item now = {.kind = kind};
	const char *a = sim_item_get(before, "FN"), *b;
	bool out = false;

	if (!sim_item_parse(&now, kind, after)) {
		b = sim_item_get(&now, "FN");
		out = a && b && strcmp(a, b);
	}
	sim_item_free(&now);
	return out;
}

static int change_back(struct decide *d, struct decided *it,
		       const struct change *c, struct undone *out, bool *did,
		       struct sim_err *e)
{
	struct sim_item before = {.kind = it->kind};
	struct change whole = {0};
	int rc;

	if (sim_item_parse(&before, it->kind, c->before))
		return sim_fail(e, EX_DATAERR, "ledger: history cannot be read");
	rc = it->kind == SIM_CONTACT && renames(&before, c->after, it->kind)
		     ? whole_name(d, c, &before, &whole, e)
		     : 0;
	if (!rc && whole.before)
		rc = delta_back(d, it, &whole, true, false, out, did, e);
	if (!rc)
		rc = delta_back(d, it, c, !whole.before, true, out, did, e);
	free(whole.before);
	free(whole.after);
	sim_item_free(&before);
	return rc;
}

/* What was new goes again, but not from where a person had put it. */
static int take_away(struct decide *d, struct decided *it,
		     const struct change *c, struct undone *out, bool *did,
		     struct sim_err *e)
{
	struct sim_item then = {.kind = it->kind};
	bool same;
	int open = undecided(d, it->id, NULL, e);

	if (open < 0)
		return -1;
	if (sim_item_parse(&then, it->kind, c->after))
		return sim_fail(e, EX_DATAERR, "ledger: history cannot be read");
	same = sim_item_same(&it->value, &then);
	sim_item_free(&then);
	if (!it->live || !same || open) {
		out->moved++;
		return 0;
	}
	it->live = false;
	*did = true;
	return c->how == FOUND ? ledger_do(d->l, LQ_UNDO_KEEP, e, "ii", it->id,
					   c->member)
			       : 0;
}

static int bring_back(struct decided *it, struct undone *out, bool *did)
{
	if (it->live) {
		out->moved++;
		return 0;
	}
	it->live = true;
	*did = true;
	return 0;
}

static int undo_one(struct decide *d, const struct change *c,
		    struct undone *out, struct sim_err *e)
{
	static const enum sim_verb opposite[] = {
		[SIM_CREATE] = SIM_DELETE, [SIM_UPDATE] = SIM_UPDATE,
		[SIM_DELETE] = SIM_CREATE,
	};
	struct decided it = {0};
	bool did = false;
	int rc = decided_load(d, c->item, &it, e);

	if (!rc && c->verb == SIM_UPDATE)
		rc = change_back(d, &it, c, out, &did, e);
	else if (!rc && c->verb == SIM_CREATE)
		rc = take_away(d, &it, c, out, &did, e);
	else if (!rc)
		rc = bring_back(&it, out, &did);
	if (!rc && did) {
		out->restored++;
		rc = decided_save(d, &it, e) ||
		     (c->verb == SIM_DELETE &&
		      ledger_do(d->l, LQ_UNDO_GONE, e, "i", it.id)) ||
		     ledger_remember(d->l,
				     &(struct ledger_memory){
					     .run = out->run, .item = c->item,
					     .member = c->member,
					     .verb = opposite[c->verb],
					     .at = d->now, .before = c->after,
					     .after = c->before,
					     .wrote = UNDONE},
				     e);
	}
	sim_item_free(&it.value);
	return rc ? -1 : 0;
}

static void day_of(int64_t at, char out[32])
{
	time_t t = (time_t)at;
	struct tm tm;

	*out = '\0';
	if (localtime_r(&t, &tm))
		strftime(out, 32, "%Y-%m-%d", &tm);
}

/* No line of that run: it never was, it changed nothing, or it was pruned. */
static int not_remembered(struct decide *d, int64_t run, struct sim_err *e)
{
	int64_t first, at, when = 0;
	char day[32], since[32];
	int there = ledger_first(d->l, LQ_SHOW_RUN, e, "i", run);

	if (there > 0)
		when = ledger_int(d->l, LQ_SHOW_RUN, 2);
	ledger_end(d->l, LQ_SHOW_RUN);
	if (there < 0 || ledger_remembers(d->l, &first, &at, e) < 0)
		return -1;
	if (!there)
		return ledger_no_run(d->l, run, e);
	day_of(when, day);
	day_of(at, since);
	if (first > run)
		return sim_fail(e, EX_DATAERR,
				"run %lld of %s is no longer remembered: that begins with run %lld of %s (90 days, 64 MiB)",
				(long long)run, day, (long long)first, since);
	if (!first && d->now - when > HISTORY_DAYS * 24 * 3600)
		return sim_fail(e, EX_DATAERR,
				"run %lld of %s is no longer remembered: that ends after %lld days",
				(long long)run, day, (long long)HISTORY_DAYS);
	return sim_fail(e, EX_DATAERR,
			"run %lld of %s brought nothing in: there is nothing to undo",
			(long long)run, day);
}

static int undo(struct decide *d, int64_t run, struct undone *out,
		struct sim_err *e)
{
	struct change *c = NULL;
	size_t n = 0;
	char why[48];
	int rc = load(d, run, &c, &n, e);

	if (!rc && !n)
		rc = not_remembered(d, run, e);
	snprintf(why, sizeof(why), "undo %lld", (long long)run);
	if (!rc) {
		out->run = ledger_add(d->l, LQ_RUN_ADD, e, "si", why, d->now);
		rc = out->run < 0 ? -1 : 0;
	}
	for (size_t i = n; !rc && i-- > 0;)
		rc = undo_one(d, &c[i], out, e);
	if (!rc)
		rc = ledger_do(d->l, LQ_RUN_END, e, "iiss", out->run, d->now,
			       "ok", "");
	changes_free(c, n);
	return rc;
}

int decide_undo(struct decide *d, int64_t run, struct undone *out,
		struct sim_err *e)
{
	memset(out, 0, sizeof(*out));
	if (ledger_begin(d->l, e))
		return -1;
	return decided_end(d, undo(d, run, out, e), e);
}
