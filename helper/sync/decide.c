// SPDX-License-Identifier: MIT
/*
 * decide.c - conflicts, duplicates and held things as a person decides them
 */
#include "sync/decide_int.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"

int decide_no_memory(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "ledger: out of memory");
}

int decided_load(struct decide *d, int64_t id, struct decided *it,
		 struct sim_err *e)
{
	const enum ledger_query q = LQ_DECIDE_ITEM;
	int rc = ledger_first(d->l, q, e, "i", id);

	memset(it, 0, sizeof(*it));
	if (rc < 0)
		return -1;
	if (!rc)
		return sim_fail(e, EX_NOINPUT, "there is no item %lld",
				(long long)id);
	it->id = id;
	it->component = ledger_int(d->l, q, 0);
	it->kind = (enum sim_kind)ledger_int(d->l, q, 1);
	it->live = ledger_text(d->l, q, 2)[0] == 'l';
	it->rev = ledger_int(d->l, q, 3);
	rc = sim_item_parse(&it->value, it->kind, ledger_text(d->l, q, 4));
	ledger_end(d->l, q);
	return rc ? sim_fail(e, EX_DATAERR, "ledger: item %lld cannot be read",
			     (long long)id)
		  : 0;
}

static int save_numbers(struct decide *d, const struct decided *it,
			struct sim_err *e)
{
	char **list;
	int rc;

	rc = ledger_do(d->l, LQ_NUMBER_DEL, e, "i", it->id);
	if (rc || it->kind != SIM_CONTACT || !it->live)
		return rc;
	list = sim_numbers(&it->value, d->country);
	if (!list)
		return decide_no_memory(e);
	for (size_t i = 0; !rc && list[i]; i++)
		rc = ledger_do(d->l, LQ_NUMBER_ADD, e, "isi", it->component,
			       list[i], it->id);
	sim_numbers_free(list);
	return rc;
}

int decided_save(struct decide *d, struct decided *it, struct sim_err *e)
{
	char *text = sim_item_text(&it->value);
	int rc;

	if (!text)
		return decide_no_memory(e);
	rc = ledger_do(d->l, LQ_ITEM_SET, e, "isisi", it->id,
		       it->live ? "live" : "dead", ++it->rev, text,
		       it->live ? (int64_t)0 : d->now) ||
	     save_numbers(d, it, e) ||
	     ledger_do(d->l, LQ_DECIDE_DUE, e, "i", it->id);
	free(text);
	return rc ? -1 : 0;
}

int decided_end(struct decide *d, int rc, struct sim_err *e)
{
	if (!rc)
		rc = ledger_commit(d->l, e);
	if (rc)
		ledger_rollback(d->l);
	return rc ? -1 : 0;
}

/* That side's value of the field; the one side that @where names. */
static int version_of(struct decide *d, int64_t conflict, const char *where,
		      enum sim_kind kind, struct sim_item *value,
		      struct sim_err *e)
{
	const enum ledger_query q = LQ_DECIDE_VERSION;
	int row, n = 0, rc = 0;

	for (row = ledger_first(d->l, q, e, "is", conflict, where);
	     row > 0 && !rc; row = ledger_next(d->l, q, e)) {
		const char *text = ledger_text(d->l, q, 0);

		sim_item_free(value);
		rc = sim_item_parse(value, kind, text ? text : "");
		n++;
	}
	ledger_end(d->l, q);
	if (row < 0)
		return -1;
	if (rc)
		return sim_fail(e, EX_DATAERR, "ledger: a version cannot be read");
	if (n != 1)
		return sim_fail(e, EX_NOINPUT,
				"conflict %lld: %s of its sides %s `%s'; see simsync conflicts list",
				(long long)conflict, n ? "several" : "none",
				n ? "are" : "is", where);
	return 0;
}

static int resolve(struct decide *d, int64_t conflict, const char *where,
		   struct sim_err *e)
{
	const enum ledger_query q = LQ_DECIDE_CONFLICT;
	struct sim_item value = {0};
	struct decided it = {0};
	char *field = NULL;
	int64_t item = 0;
	int rc = ledger_first(d->l, q, e, "i", conflict);

	if (rc > 0) {
		item = ledger_int(d->l, q, 0);
		field = strdup(ledger_text(d->l, q, 1));
	}
	ledger_end(d->l, q);
	if (rc <= 0)
		return rc ? -1
			  : sim_fail(e, EX_NOINPUT,
				     "there is no open conflict %lld",
				     (long long)conflict);
	if (!field)
		return decide_no_memory(e);
	rc = decided_load(d, item, &it, e);
	if (!rc)
		rc = version_of(d, conflict, where, it.kind, &value, e);
	value.kind = it.kind;
	if (!rc && sim_field_put(&it.value, field, &value, d->country))
		rc = decide_no_memory(e);
	if (!rc)
		rc = decided_save(d, &it, e);
	if (!rc)
		rc = ledger_do(d->l, LQ_CONFLICT_CLOSE, e, "ii", conflict,
			       (int64_t)0);
	free(field);
	sim_item_free(&value);
	sim_item_free(&it.value);
	return rc;
}

int decide_conflict(struct decide *d, int64_t conflict, const char *where,
		    struct sim_err *e)
{
	if (ledger_begin(d->l, e))
		return -1;
	return decided_end(d, resolve(d, conflict, where, e), e);
}

/* What only @from has goes to @to as well. */
static int unite(struct decide *d, struct sim_item *to,
		 const struct sim_item *from)
{
	struct sim_item none = {.kind = to->kind};
	struct sim_delta all = {0};
	int rc = sim_diff(&none, from, d->country, &all);

	for (size_t i = 0; !rc && i < all.n; i++) {
		const struct sim_edit *ed = &all.edit[i];

		if (ed->order || (ed->single && sim_item_get(to, ed->name)))
			continue;
		rc = sim_apply(to, ed, d->country) < 0;
	}
	sim_delta_free(&all);
	return rc;
}

int decided_join(struct decide *d, int64_t a, int64_t b, struct sim_err *e)
{
	struct decided x = {0}, y = {0};
	int rc = decided_load(d, a, &x, e);

	if (!rc)
		rc = decided_load(d, b, &y, e);
	if (!rc && (a == b || !x.live || !y.live || x.kind != SIM_CONTACT ||
		    x.component != y.component))
		rc = sim_fail(e, EX_DATAERR,
			      "%lld and %lld are not two contacts kept in step",
			      (long long)a, (long long)b);
	if (!rc && unite(d, &x.value, &y.value))
		rc = decide_no_memory(e);
	y.live = false;
	if (!rc)
		rc = ledger_do(d->l, LQ_DECIDE_MOVE, e, "ii", a, b) ||
		     ledger_do(d->l, LQ_DECIDE_CLOSE, e, "i", b) ||
		     decided_save(d, &x, e) || decided_save(d, &y, e) ||
		     ledger_do(d->l, LQ_DECIDE_PAIR, e, "iis",
			       a < b ? a : b, a < b ? b : a, "joined");
	sim_item_free(&x.value);
	sim_item_free(&y.value);
	return rc ? -1 : 0;
}

int decide_join(struct decide *d, int64_t a, int64_t b, struct sim_err *e)
{
	if (ledger_begin(d->l, e))
		return -1;
	return decided_end(d, decided_join(d, a, b, e), e);
}

int decide_split(struct decide *d, int64_t a, int64_t b, struct sim_err *e)
{
	struct decided x = {0}, y = {0};
	int rc;

	if (ledger_begin(d->l, e))
		return -1;
	rc = decided_load(d, a, &x, e) || decided_load(d, b, &y, e) ||
	     ledger_do(d->l, LQ_DECIDE_PAIR, e, "iis", a < b ? a : b,
		       a < b ? b : a, "split");
	sim_item_free(&x.value);
	sim_item_free(&y.value);
	return decided_end(d, rc, e);
}

int decide_restore(struct decide *d, const char *replica, struct sim_err *e)
{
	const enum ledger_query q = LQ_DECIDE_CHANGES;
	int n = -1;

	if (ledger_begin(d->l, e))
		return -1;
	if (!ledger_do(d->l, LQ_DECIDE_RESTORE, e, "s", replica) &&
	    ledger_first(d->l, q, e, "") > 0)
		n = (int)ledger_int(d->l, q, 0);
	ledger_end(d->l, q);
	return decided_end(d, n < 0, e) ? -1 : n;
}
