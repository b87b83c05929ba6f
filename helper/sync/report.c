/* SPDX-License-Identifier: MIT */
/*
 * report.c - what a run says of itself
 */
#include "sync/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
	[SYNC_OK] = "ok",       [SYNC_PARTIAL] = "partial",
	[SYNC_ASK] = "ask",     [SYNC_CONFLICT_OPEN] = "conflict",
	[SYNC_HELD_BACK] = "held", [SYNC_ERROR] = "error",
};

static const char *const outcome_names[] = {
	[SIM_PENDING] = "planned", [SIM_DONE] = "done",
	[SIM_DIFFERS] = "changed by the replica",
	[SIM_MOVED] = "changed there meanwhile", [SIM_FULL] = "full",
	[SIM_UNFIT] = "does not fit", [SIM_AWAY] = "went away",
	[SIM_FAILED] = "failed",
};

const char *sync_state_name(enum sync_state s)
{
	return state_names[s];
}

const char *sync_outcome_name(enum sim_outcome o)
{
	return outcome_names[o];
}

static char *title_of(const struct sim_item *it)
{
	static const char *const names[] = {"FN", "LABEL", "FROM", "TO",
					    "ICCID", "TEL", "EMAIL"};

	for (size_t i = 0; it && i < sizeof(names) / sizeof(*names); i++) {
		const char *v = sim_item_get(it, names[i]);

		if (v && *v)
			return sim_text_unescape(v);
	}
	return strdup("");
}

/* Lines that name what went as it should, before they are only counted. */
enum { LINES_NAMED = 5000 };

static bool same_but_title(const struct sync_line *l,
			   enum sync_line_type type, const struct side *s,
			   enum sim_kind kind, enum sim_verb verb,
			   enum sim_outcome outcome, const char *reason)
{
	return l->type == type && l->kind == kind && l->verb == verb &&
	       l->outcome == outcome &&
	       !strcmp(l->replica, s ? s->r->shown : "") &&
	       !strcmp(l->rule, s ? s->names : "") &&
	       !strcmp(l->reason, reason ? reason : "");
}

/* The line that stands for more of these: among the last, where such lines are. */
static struct sync_line *like(struct sync_report *rep, enum sync_line_type type,
			      const struct side *s, enum sim_kind kind,
			      enum sim_verb verb, enum sim_outcome outcome,
			      const char *reason)
{
	if (type != SYNC_SEEN && type != SYNC_WROTE && type != SYNC_NOT_PLACED)
		return NULL;
	for (size_t i = rep->n; i > LINES_NAMED; i--) {
		struct sync_line *l = &rep->line[i - 1];

		if (same_but_title(l, type, s, kind, verb, outcome, reason))
			return l;
	}
	return NULL;
}

int report_line(struct run *run, enum sync_line_type type,
		const struct side *s, enum sim_kind kind, enum sim_verb verb,
		const struct sim_item *it, enum sim_outcome outcome,
		const char *reason)
{
	struct sync_report *rep = run->rep;
	struct sync_line *line = like(rep, type, s, kind, verb, outcome,
				      reason);

	if (line) {
		line->more++;
		return 0;
	}
	/* Room doubles: @n is a power of two exactly when it is used up. */
	if (!(rep->n & (rep->n - 1))) {
		line = realloc(rep->line,
			       (rep->n ? 2 * rep->n : 1) * sizeof(*line));
		if (!line)
			return run_no_memory(run);
		rep->line = line;
	}
	line = &rep->line[rep->n];
	*line = (struct sync_line){.type = type, .kind = kind, .verb = verb,
				   .outcome = outcome};
	line->replica = strdup(s ? s->r->shown : "");
	line->rule = strdup(s ? s->names : "");
	line->reason = strdup(reason ? reason : "");
	line->title = title_of(it);
	rep->n++;
	return line->replica && line->rule && line->reason && line->title
		       ? 0
		       : run_no_memory(run);
}

/* Anybody may read sync_detail: no operator's name, no digits of an ICCID. */
static const char *const class_names[] = {
	[SIM_PHYSICAL] = "SIM",
	[SIM_VIRTUAL] = "eSIM profile",
	[SIM_LOCAL] = "phone",
	[SIM_REMOTE] = "server",
};

void report_why(struct run *run, const struct side *s,
		const struct sim_err *why)
{
	struct sim_err *to = &run->rep->why;

	if (to->code)
		return;
	*to = *why;
	if (!to->text[0])
		sim_fail(to, to->code, "it failed and did not say why");
	if (!to->code)
		to->code = EX_IOERR;
	sim_fail_in(to, "%s", class_names[s->r->class]);
}

int report_left_out(struct run *run, struct side *s, enum sim_kind kind,
		    const struct sim_err *why)
{
	s->failed = true;
	run->rep->failed++;
	report_why(run, s, why);
	return report_line(run, SYNC_LEFT_OUT, s, kind, SIM_UPDATE, NULL,
			   SIM_FAILED, why->text);
}

void sync_report_free(struct sync_report *rep)
{
	for (size_t i = 0; i < rep->n; i++) {
		free(rep->line[i].replica);
		free(rep->line[i].rule);
		free(rep->line[i].reason);
		free(rep->line[i].title);
	}
	free(rep->line);
	memset(rep, 0, sizeof(*rep));
}

static void say(struct sync_report *rep, size_t n, const char *what)
{
	size_t at = strlen(rep->detail);

	if (n && at < sizeof(rep->detail))
		snprintf(rep->detail + at, sizeof(rep->detail) - at,
			 "%s%zu %s", at ? ", " : "", n, what);
}

/* What waits for a person, and where it is seen. */
static void way_out(struct sync_report *rep)
{
	const char *where = rep->held	   ? "simsync held list" :
			    rep->conflicts ? "simsync conflicts list" :
					     NULL;
	size_t at = strlen(rep->detail);

	if (where && at < sizeof(rep->detail))
		snprintf(rep->detail + at, sizeof(rep->detail) - at, ": %s",
			 where);
}

/* What is wrong comes first: a line may be cut. */
static void join(struct sync_report *rep)
{
	char counts[sizeof(rep->detail)];
	int n;

	if (!rep->why.code)
		return;
	memcpy(counts, rep->detail, sizeof(counts));
	n = snprintf(rep->detail, sizeof(rep->detail), "%.200s", rep->why.text);
	if (n > 0 && counts[0])
		snprintf(rep->detail + n, sizeof(rep->detail) - (size_t)n,
			 " (%.*s)", (int)sizeof(rep->detail) - n - 4, counts);
}

void report_end(struct run *run)
{
	struct sync_report *rep = run->rep;

	rep->detail[0] = '\0';
	say(rep, rep->created, "created");
	say(rep, rep->updated, "updated");
	say(rep, rep->deleted, "deleted");
	say(rep, rep->not_placed, "not placed");
	say(rep, rep->queued, "queued");
	say(rep, rep->conflicts, "in conflict");
	say(rep, rep->duplicates, "possible duplicates");
	say(rep, rep->held, "held");
	say(rep, rep->unreadable, "unreadable");
	say(rep, rep->failed, "failed");
	way_out(rep);
	join(rep);
	if (!rep->detail[0])
		snprintf(rep->detail, sizeof(rep->detail), "nothing to do");
	if (rep->held)
		rep->state = SYNC_HELD_BACK;
	else if (rep->conflicts)
		rep->state = SYNC_CONFLICT_OPEN;
	else if (rep->failed || rep->unreadable || rep->not_placed)
		rep->state = SYNC_PARTIAL;
	else
		rep->state = SYNC_OK;
}
