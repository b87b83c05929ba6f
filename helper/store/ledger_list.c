/* SPDX-License-Identifier: MIT */
/*
 * ledger_list.c - what commands show of the ledger
 */
#include "store/ledger.h"

#include <stdlib.h>

#include "store/ledger_show.h"
#include "store/ledger_sql.h"

#define EACH(rc, l, q, e, ...)                                                 \
	for (rc = ledger_first(l, q, e, __VA_ARGS__); rc > 0;                  \
	     rc = ledger_next(l, q, e))

/* Ends a list early when its reader has enough. */
#define GIVE(l, q, call)                                                       \
	do {                                                                   \
		if (call) {                                                    \
			ledger_end(l, q);                                      \
			return 0;                                              \
		}                                                              \
	} while (0)

int ledger_runs(struct ledger *l, int limit,
		int (*fn)(const struct ledger_run *row, void *arg), void *arg,
		struct sim_err *e)
{
	int rc;

	EACH(rc, l, LQ_LIST_RUNS, e, "i", (int64_t)limit) {
		struct ledger_run row = {
			.id = ledger_int(l, LQ_LIST_RUNS, 0),
			.trigger = ledger_text(l, LQ_LIST_RUNS, 1),
			.start = ledger_int(l, LQ_LIST_RUNS, 2),
			.end = ledger_int(l, LQ_LIST_RUNS, 3),
			.outcome = ledger_text(l, LQ_LIST_RUNS, 4),
			.detail = ledger_text(l, LQ_LIST_RUNS, 5),
		};

		GIVE(l, LQ_LIST_RUNS, fn(&row, arg));
	}
	return rc;
}

int ledger_places(struct ledger *l,
		  int (*fn)(const struct ledger_place *row, void *arg),
		  void *arg, struct sim_err *e)
{
	int rc;

	EACH(rc, l, LQ_LIST_PLACES, e, "") {
		struct ledger_place row = {
			.name = ledger_text(l, LQ_LIST_PLACES, 0),
			.shown = ledger_text(l, LQ_LIST_PLACES, 1),
			.class = (enum sim_class)ledger_int(l, LQ_LIST_PLACES,
							    2),
			.first_seen = ledger_int(l, LQ_LIST_PLACES, 3),
			.last_seen = ledger_int(l, LQ_LIST_PLACES, 4),
			.state = ledger_text(l, LQ_LIST_PLACES, 5),
			.not_placed = ledger_int(l, LQ_LIST_PLACES, 9),
			.due = ledger_int(l, LQ_LIST_PLACES, 10),
		};

		for (int k = 0; k < SIM_KINDS; k++)
			row.items[k] = ledger_int(l, LQ_LIST_PLACES, 6 + k);
		GIVE(l, LQ_LIST_PLACES, fn(&row, arg));
	}
	return rc;
}

int ledger_knows(struct ledger *l, const char *name, struct sim_err *e)
{
	int rc = ledger_first(l, LQ_REPLICA_GET, e, "s", name);

	ledger_end(l, LQ_REPLICA_GET);
	return rc;
}

int ledger_conflicts(struct ledger *l,
		     int (*fn)(const struct ledger_conflict *row, void *arg),
		     void *arg, struct sim_err *e)
{
	int rc, stop;

	EACH(rc, l, LQ_LIST_CONFLICTS, e, "") {
		char *title = ledger_title(ledger_text(l, LQ_LIST_CONFLICTS,
						       2));
		struct ledger_conflict row = {
			.id = ledger_int(l, LQ_LIST_CONFLICTS, 0),
			.item = ledger_int(l, LQ_LIST_CONFLICTS, 1),
			.title = title ? title : "",
			.field = ledger_text(l, LQ_LIST_CONFLICTS, 3),
			.replica = ledger_text(l, LQ_LIST_CONFLICTS, 4),
			.value = ledger_text(l, LQ_LIST_CONFLICTS, 5),
			.run = ledger_int(l, LQ_LIST_CONFLICTS, 6),
		};

		stop = fn(&row, arg);
		free(title);
		GIVE(l, LQ_LIST_CONFLICTS, stop);
	}
	return rc;
}

int ledger_duplicates(struct ledger *l,
		      int (*fn)(const struct ledger_duplicate *row, void *arg),
		      void *arg, struct sim_err *e)
{
	int rc, stop;

	EACH(rc, l, LQ_LIST_DUPLICATES, e, "") {
		char *ta = ledger_title(ledger_text(l, LQ_LIST_DUPLICATES, 2));
		char *tb = ledger_title(ledger_text(l, LQ_LIST_DUPLICATES, 3));
		struct ledger_duplicate row = {
			.a = ledger_int(l, LQ_LIST_DUPLICATES, 0),
			.b = ledger_int(l, LQ_LIST_DUPLICATES, 1),
			.title_a = ta ? ta : "",
			.title_b = tb ? tb : "",
		};

		stop = fn(&row, arg);
		free(ta);
		free(tb);
		GIVE(l, LQ_LIST_DUPLICATES, stop);
	}
	return rc;
}

int ledger_held(struct ledger *l,
		int (*fn)(const struct ledger_held *row, void *arg), void *arg,
		struct sim_err *e)
{
	int rc, stop;

	EACH(rc, l, LQ_LIST_HELD, e, "") {
		char *title = ledger_title(ledger_text(l, LQ_LIST_HELD, 3));
		struct ledger_held row = {
			.id = ledger_int(l, LQ_LIST_HELD, 0),
			.replica = ledger_text(l, LQ_LIST_HELD, 1),
			.what = ledger_text(l, LQ_LIST_HELD, 2),
			.title = title ? title : "",
			.at = ledger_int(l, LQ_LIST_HELD, 4),
		};

		stop = fn(&row, arg);
		free(title);
		GIVE(l, LQ_LIST_HELD, stop);
	}
	return rc;
}
