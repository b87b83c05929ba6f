/* SPDX-License-Identifier: MIT */
/* ledger_show.c - one thing of the ledger in full */
#include "store/ledger_show.h"

#include <stdlib.h>
#include <time.h>
#include <string.h>

#include "store/ledger_sql.h"

char *ledger_title(const char *value)
{
	static const char *const names[] = {"FN",   "LABEL", "FROM", "TO",
					    "ICCID", "TEL",  "EMAIL"};
	struct sim_item it;
	char *out = NULL;

	sim_item_init(&it, SIM_CONTACT);
	if (!value || sim_item_parse(&it, SIM_CONTACT, value))
		return strdup("");
	for (size_t i = 0; !out && i < sizeof(names) / sizeof(*names); i++) {
		const char *v = sim_item_get(&it, names[i]);

		if (v && *v)
			out = sim_text_unescape(v);
	}
	sim_item_free(&it);
	return out ? out : strdup("");
}

static int no_memory(struct ledger *l, enum ledger_query q, struct sim_err *e)
{
	ledger_end(l, q);
	return sim_fail(e, EX_OSERR, "ledger: out of memory");
}

static const char *column(struct ledger *l, enum ledger_query q, int col)
{
	const char *text = ledger_text(l, q, col);

	return text ? text : "";
}

static int run_head(struct ledger *l, int64_t run,
		    int (*head)(const struct ledger_run *row, void *arg),
		    void *arg, struct sim_err *e)
{
	const enum ledger_query q = LQ_SHOW_RUN;
	int rc = ledger_first(l, q, e, "i", run);

	if (rc > 0) {
		struct ledger_run row = {
			.id = ledger_int(l, q, 0),
			.trigger = ledger_text(l, q, 1),
			.start = ledger_int(l, q, 2),
			.end = ledger_int(l, q, 3),
			.outcome = ledger_text(l, q, 4),
			.detail = ledger_text(l, q, 5),
		};

		head(&row, arg);
		ledger_end(l, q);
	}
	return rc;
}

int ledger_no_run(struct ledger *l, int64_t run, struct sim_err *e)
{
	int64_t oldest = 0, at = 0;
	char day[32] = "";
	struct tm tm;
	time_t t;

	if (ledger_first(l, LQ_SHOW_OLDEST, e, "") < 0)
		return -1;
	oldest = ledger_int(l, LQ_SHOW_OLDEST, 0);
	at = ledger_int(l, LQ_SHOW_OLDEST, 1);
	ledger_end(l, LQ_SHOW_OLDEST);
	t = (time_t)at;
	if (run < 1 || run >= oldest)
		return sim_fail(e, EX_NOINPUT,
				"there is no run %lld; see simsync history",
				(long long)run);
	if (localtime_r(&t, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return sim_fail(e, EX_DATAERR,
			"run %lld is no longer remembered: that begins with run %lld of %s (90 days, 64 MiB)",
			(long long)run, (long long)oldest, day);
}

int ledger_show_run(struct ledger *l, int64_t run,
		    int (*head)(const struct ledger_run *row, void *arg),
		    int (*line)(const struct ledger_change *row, void *arg),
		    void *arg, struct sim_err *e)
{
	const enum ledger_query q = LQ_SHOW_CHANGES;
	int rc = run_head(l, run, head, arg, e), stop = 0;

	if (rc < 0)
		return -1;
	if (!rc)
		return ledger_no_run(l, run, e);
	for (rc = ledger_first(l, q, e, "i", run); rc > 0 && !stop;
	     rc = ledger_next(l, q, e)) {
		char *title = ledger_title(ledger_text(l, q, 2));
		struct ledger_change row = {
			.item = ledger_int(l, q, 0),
			.kind = (enum sim_kind)ledger_int(l, q, 1),
			.title = title,
			.replica = column(l, q, 3),
			.verb = (enum sim_verb)ledger_int(l, q, 4),
			.how = (enum ledger_how)ledger_int(l, q, 5),
			.at = ledger_int(l, q, 6),
			.before = ledger_text(l, q, 7),
			.after = ledger_text(l, q, 8),
		};

		if (!title)
			return no_memory(l, q, e);
		stop = line(&row, arg);
		free(title);
	}
	ledger_end(l, q);
	return rc < 0 ? -1 : 0;
}

int ledger_remembers(struct ledger *l, int64_t *run, int64_t *at,
		     struct sim_err *e)
{
	int rc = ledger_first(l, LQ_SHOW_MEMORY, e, "");

	*run = rc > 0 ? ledger_int(l, LQ_SHOW_MEMORY, 0) : 0;
	*at = rc > 0 ? ledger_int(l, LQ_SHOW_MEMORY, 1) : 0;
	ledger_end(l, LQ_SHOW_MEMORY);
	return rc < 0 ? -1 : 0;
}

int ledger_show_conflict(struct ledger *l, int64_t conflict,
			 int (*fn)(const struct ledger_conflict *row,
				   void *arg),
			 void *arg, struct sim_err *e)
{
	const enum ledger_query q = LQ_SHOW_CONFLICT;
	int rc, n = 0, stop = 0;

	for (rc = ledger_first(l, q, e, "i", conflict); rc > 0 && !stop;
	     rc = ledger_next(l, q, e), n++) {
		char *title = ledger_title(ledger_text(l, q, 2));
		struct ledger_conflict row = {
			.id = ledger_int(l, q, 0),
			.item = ledger_int(l, q, 1),
			.title = title,
			.field = column(l, q, 3),
			.replica = column(l, q, 4),
			.value = ledger_text(l, q, 5),
			.run = ledger_int(l, q, 6),
		};

		if (!title)
			return no_memory(l, q, e);
		stop = fn(&row, arg);
		free(title);
	}
	ledger_end(l, q);
	if (rc < 0)
		return -1;
	return n ? 0
		 : sim_fail(e, EX_NOINPUT,
			    "there is no conflict %lld; see simsync conflicts list",
			    (long long)conflict);
}

int ledger_show_held(struct ledger *l, int64_t held,
		     int (*fn)(const struct ledger_held_one *one, void *arg),
		     void *arg, struct sim_err *e)
{
	const enum ledger_query q = LQ_SHOW_HELD;
	int rc = ledger_first(l, q, e, "i", held);
	struct ledger_held_one one;
	char *title;

	if (rc < 0)
		return -1;
	if (!rc)
		return sim_fail(e, EX_NOINPUT,
				"nothing with the number %lld is held; see simsync held list",
				(long long)held);
	title = ledger_title(ledger_text(l, q, 3));
	if (!title)
		return no_memory(l, q, e);
	one = (struct ledger_held_one){
		.row = {.id = ledger_int(l, q, 0), .replica = column(l, q, 1),
			.what = column(l, q, 2), .title = title,
			.at = ledger_int(l, q, 4)},
		.run = ledger_int(l, q, 5),
		.others = ledger_int(l, q, 6),
		.there = ledger_text(l, q, 7),
		.merged = ledger_text(l, q, 3),
	};
	fn(&one, arg);
	free(title);
	ledger_end(l, q);
	return 0;
}
