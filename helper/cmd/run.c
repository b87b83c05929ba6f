// SPDX-License-Identifier: MIT
/*
 * One run, as design.md has it: ask each slot how it is now, open what
 * was granted, put card, phone and server in front of the engine, and say in
 * each slot how it ended. What started the run is only noted: the present
 * state decides.
 */
#include "cmd/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "card/card.h"
#include "cmd/cardchange.h"
#include "cmd/country.h"
#include "cmd/opencard.h"
#include "cmd/pin.h"
#include "cmd/report.h"
#include "remote/remote.h"
#include "store/ledger.h"
#include "store/shelf.h"
#include "store/store.h"
#include "sync/engine.h"

#include <linux/simslot.h>

#define REPLICAS_MAX 66
#define NOTES_MAX    10

/**
 * struct run - one run
 * @dry: plan only; nothing is written, nothing is said in the slots
 * @watched: somebody sees the output: the owner's terminal
 * @verbose: each item is named, however many
 * @open: by slot, what was opened there
 * @card: by slot, NULL where none was opened
 * @of: by slot, its card's replica
 * @server: its replica, NULL where there is none
 * @replica: in front of the engine; @n of them
 * @mask: what each takes part in
 * @by: what started it; places that no rule wants then stay out, as if away
 * @out: why a card that should have been read was not; code 0: all were
 */
struct run {
	struct cmd *c;
	bool dry;
	bool watched;
	bool verbose;
	unsigned int by;
	struct sim_err out;
	struct rules rules;
	struct store *store;
	struct ledger *ledger;
	struct opencard *open;
	struct card **card;
	struct sim_replica *of[REPLICAS_MAX];
	struct sim_replica *server;
	struct sim_replica *replica[REPLICAS_MAX];
	enum sync_mask mask[REPLICAS_MAX];
	size_t n;
};

/* ---- a slot as it is now ------------------------------------------------ */

/* What is said of a slot whose card is not read, by the broker's decision. */
static const struct {
	const char *grant;
	const char *word;
	const char *line;
} not_read[] = {
	{ "no-card", "idle", "no card" },
	{ "fault", "error", "the card cannot be used; take it out, clean its contacts and put it back" },
	{ "no-identity", "idle", "the card has no identity now (no profile is on)" },
	{ "unknown", "ask", "a card that is new here: simsync card enroll" },
	{ "moved", "ask", "an enrolled card on another kind of slot: simsync card enroll" },
	{ "locked", "auth-required", "waiting for the owner: simsync unlock" },
	{ "ask-each-time", "ask", "asked for at each insertion: simsync sync" },
	{ "ignored", "idle", "the card is left alone, as enrolled" },
	{ "granted", "error", "the card went away" },
};

static size_t why_index(const struct cmd_slot *s)
{
	size_t i = 0;

	while (i + 1 < sizeof(not_read) / sizeof(not_read[0]) &&
	       strcmp(not_read[i].grant, s->grant))
		i++;
	return i;
}

const char *run_why_not(const struct cmd_slot *s)
{
	return not_read[why_index(s)].line;
}

/* The first card that should have been read and was not makes the exit code. */
static void left_out(struct run *r, const struct cmd_slot *s, int code,
		     const char *word, const char *line)
{
	if (!r->dry)
		cmd_state(r->c, s->index, word, "%s", line);
	if (r->out.code || !code)
		cmd_note("slot %u: %s", s->index, line);
	else
		sim_fail(&r->out, code, "slot %u: %s", s->index, line);
}

static void say_not_read(struct run *r, const struct cmd_slot *s)
{
	size_t i = why_index(s);
	char line[256];

	snprintf(line, sizeof(line), "%s%s%s", s->reason,
		 s->reason[0] ? ": " : "", not_read[i].line);
	if (!strcmp(s->grant, "no-card") && !r->dry)
		cmd_state(r->c, s->index, not_read[i].word, "%s", line);
	else if (strcmp(s->grant, "no-card"))
		left_out(r, s, strcmp(not_read[i].word, "error") ? 0 :
				       EX_UNAVAILABLE,
			 not_read[i].word, line);
}

/* ---- a card ------------------------------------------------------------- */

struct sim_channel *run_open_channel(struct cmd_slot *s, struct sim_err *e)
{
	struct sim_channel *ch = sim_channel_dev(s->fd, e);

	s->fd = -1;
	/* The grant is for this identity; the slot may hold another by now. */
	if (ch && strcmp(ch->iccid, s->iccid)) {
		ch->ops->close(ch);
		sim_fail(e, EX_TEMPFAIL, "the card changed just now");
		return NULL;
	}
	return ch;
}

struct card *run_card_on(struct cmd *c, struct sim_channel *ch,
			 struct sim_err *e)
{
	struct card *card = card_open(ch, e);

	if (card && pin_pass(c, card, CARD_PIN1, e) < 0) {
		card_close(card);
		card = NULL;
	}
	return card;
}

struct card *run_open_card(struct cmd *c, struct cmd_slot *s, struct sim_err *e)
{
	struct sim_channel *ch = run_open_channel(s, e);

	return ch ? run_card_on(c, ch, e) : NULL;
}

void run_card_progress(void *arg, const char *what, unsigned int done,
		       unsigned int total)
{
	cmd_progress(arg, what, done, total);
}

static enum sync_mask mask_of(const char *policy)
{
	return !strcmp(policy, "fill") ? SYNC_FILL :
	       !strcmp(policy, "pull") ? SYNC_PULL :
					 SYNC_BOTH;
}

static void add(struct run *r, struct sim_replica *rep, enum sync_mask mask)
{
	r->replica[r->n] = rep;
	r->mask[r->n++] = mask;
}

/* What a command by hand began on the card and was killed over. */
static void finish_change(struct run *r, const struct cmd_slot *s,
			  struct sim_replica *rep)
{
	struct sim_err why = { 0 };
	char note[600];
	int done;

	if (r->dry || mask_of(s->policy) == SYNC_PULL ||
	    cardchange_note_path(r->c, s->iccid, note, sizeof(note)))
		return;
	done = cardchange_finish(rep, note, &why);
	if (done)
		cmd_note("slot %u: %s", s->index, done == 1 ?
			 "a change by hand that was cut off is finished" :
			 why.text);
}

/* Its rules wait for something else to happen; what is due stays due. */
static void not_now(struct run *r, const struct cmd_slot *s)
{
	if (!r->dry)
		cmd_state(r->c, s->index, "idle", "no rule of this phone is about the card in such a run (simsync rules list)");
}

static int add_card(struct run *r, size_t i, struct sim_err *e)
{
	struct cmd_slot *s = &r->c->slot[i];
	struct opencard *o = &r->open[i];
	struct sim_replica *rep;

	if (opencard(r->c, s, r->ledger, r->server, r->dry, o, e))
		return -1;
	if (!rules_want(&r->rules, o->is.class, r->by)) {
		card_close(o->card);
		o->card = NULL;
		not_now(r, s);
		return 0;
	}
	rep = card_replica(o->card, o->is.name, o->is.class, e);
	if (!rep) {
		card_close(o->card);
		o->card = NULL;
		return -1;
	}
	finish_change(r, s, rep);
	r->card[i] = o->card;
	/* A plan keeps nothing, not even that this waits for a yes. */
	add(r, rep, r->dry && o->is.fresh && o->is.asks ? SYNC_PULL :
							  mask_of(s->policy));
	r->of[i] = rep;
	return 0;
}

static void look_at_slots(struct run *r)
{
	size_t i;

	for (i = 0; i < r->c->slots; i++) {
		struct cmd_slot *s = &r->c->slot[i];
		struct sim_err e = { 0 };

		if (s->fd < 0) {
			say_not_read(r, s);
			continue;
		}
		if (!rules_want(&r->rules, SIM_PHYSICAL, r->by) &&
		    !rules_want(&r->rules, SIM_VIRTUAL, r->by)) {
			not_now(r, s);
			continue;
		}
		if (!r->dry)
			cmd_state(r->c, s->index, "running", "reading the card");
		if (!add_card(r, i, &e))
			continue;
		left_out(r, s, e.code,
			 e.code == EX_NOPERM ? "auth-required" : "error",
			 e.text);
	}
}

/* ---- phone and server --------------------------------------------------- */

static int add_local(struct run *r, struct sim_err *e)
{
	struct sim_replica *rep;

	r->store = cmd_store(r->c, e);
	rep = r->store ? store_replica(r->store, e) : NULL;
	if (!rep)
		return -1;
	add(r, rep, SYNC_BOTH);
	return 0;
}

static int add_server(struct run *r, struct sim_err *e)
{
	struct remote_config rc = { 0 };
	struct sim_replica *rep;
	char path[512];
	int none;

	if (!rules_want(&r->rules, SIM_REMOTE, r->by))
		return 0;
	if (cmd_path(r->c, "remote.conf", path, sizeof(path), e) < 0)
		return -1;
	none = remote_config_load(path, &rc, e);
	if (none)
		return none < 0 ? -1 : 0;
	rep = remote_replica(&rc, e);
	if (rc.password)
		explicit_bzero(rc.password, strlen(rc.password));
	remote_config_free(&rc);
	if (!rep)
		return -1;
	add(r, rep, SYNC_BOTH);
	r->server = rep;
	return 0;
}

/* ---- the engine --------------------------------------------------------- */

void run_stage(enum sync_stage stage, const char *shown, char *out, size_t max)
{
	static const char *const doing[] = {
		[SYNC_RECOVER] = "finishing the last run",
		[SYNC_LOOK] = "reading",
		[SYNC_MATCH] = "comparing",
		[SYNC_MERGE] = "merging",
		[SYNC_WRITE] = "writing",
		[SYNC_END] = "ending",
	};
	bool who = shown && shown[0];

	snprintf(out, max, "%s%s%s", doing[stage], who ? " " : "",
		 who ? shown : "");
}

static void on_progress(enum sync_stage stage, const char *shown, size_t done,
			size_t total, void *arg)
{
	char what[96];

	run_stage(stage, shown, what, sizeof(what));
	cmd_progress(arg, what, done, total);
}

/* A person who went away, or a broker that stops. */
static int on_stop(void *arg)
{
	sigset_t set;

	(void)arg;
	return sigpending(&set) == 0 && sigismember(&set, SIGTERM) == 1;
}

/* Then it ends between two writes. */
static int on_fault(const char *point, void *arg)
{
	(void)point;
	return on_stop(arg);
}

static int engine(struct run *r, const char *why, struct sync_report *rep,
		  struct sim_err *e)
{
	struct sync_options opt = {
		.dry_run = r->dry,
		.trigger = why,
		.mask = r->mask,
		.country = country_of_run(r->c, r->card),
		.progress = on_progress,
		.fault = on_fault,
		.stop = on_stop,
		.arg = r->c,
	};
	char dir[512];
	sigset_t term, old;
	int bad;

	/* On the file system of the databases; without it there is memory. */
	if (!cmd_path(r->c, ".", dir, sizeof(dir), NULL))
		opt.shelf = shelf_open(dir);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &old);
	bad = sync_run(r->ledger, &r->rules, r->replica, r->n, &opt, rep, e);
	sigprocmask(SIG_SETMASK, &old, NULL);
	shelf_close(opt.shelf);
	cmd_progress_end(r->c);
	return bad;
}

/* Why this card was left out of the run, from the first thing on; NULL: it was not. */
static const char *why_out(const struct run *r, size_t slot,
			   const struct sync_report *rep)
{
	const char *first = NULL;
	size_t i;

	for (i = 0; i < rep->n; i++) {
		const struct sync_line *l = &rep->line[i];

		if ((l->type != SYNC_PROBLEM && l->type != SYNC_LEFT_OUT) ||
		    strcmp(l->replica, r->of[slot]->shown))
			continue;
		if (!first && l->reason[0])
			first = l->reason;
		if (l->type == SYNC_LEFT_OUT)
			return first ? first : l->reason;
	}
	return NULL;
}

/* Why not all that the card may hold was had, or NULL: it was. */
static const char *missing(const struct run *r, size_t slot)
{
	const char *const *list;
	size_t n;

	if (!card_partial(r->card[slot]))
		return NULL;
	list = card_problems(r->card[slot], &n);
	return n ? list[0] : "a file of the card could not be had; the rest was";
}

static void say_result(struct run *r, int bad, const struct sync_report *rep,
		       const struct sim_err *e)
{
	size_t i;

	for (i = 0; i < r->c->slots && !r->dry; i++) {
		const char *line, *word = sync_state_name(rep->state);

		if (!r->card[i])
			continue;
		line = bad ? e->text : why_out(r, i, rep);
		if (line) {
			word = "error";
		} else if (rep->state == SYNC_OK && missing(r, i)) {
			word = sync_state_name(SYNC_PARTIAL);
			line = missing(r, i);
		}
		cmd_state(r->c, r->c->slot[i].index, word, "%s",
			  line ? line : rep->detail);
	}
}

/* A sentence for each thing that went wrong; never what it held. */
static void say_problems(struct run *r, const struct sync_report *rep)
{
	size_t i, k, n, said = 0;

	for (i = 0; i < rep->n; i++) {
		const struct sync_line *l = &rep->line[i];

		if (l->type != SYNC_PROBLEM && l->type != SYNC_LEFT_OUT)
			continue;
		if (said++ < NOTES_MAX)
			cmd_note("%s: %s", l->replica,
				 l->reason[0] ? l->reason :
						sync_outcome_name(l->outcome));
	}
	for (i = 0; i < r->c->slots; i++) {
		const char *const *list;

		if (!r->card[i])
			continue;
		list = card_problems(r->card[i], &n);
		for (k = 0; k < n; k++)
			if (said++ < NOTES_MAX)
				cmd_note("slot %u: %s", r->c->slot[i].index,
					 list[k]);
	}
	if (said > NOTES_MAX)
		cmd_note("... and %zu more", said - NOTES_MAX);
}

static void tell(struct run *r, const struct sync_report *rep, int64_t ms)
{
	char cost[256];
	size_t i;

	if (r->c->json) {
		report_json(r->c, rep);
		return;
	}
	if (r->watched)
		report_lines(r->c, rep, r->dry, r->verbose);
	else
		say_problems(r, rep);
	/* Nobody watches: what waits for a yes is said where errors are. */
	if (!r->watched && rep->state == SYNC_HELD_BACK)
		cmd_note("%s: %s", sync_state_name(rep->state), rep->detail);
	report_sum(r->c, rep, r->dry);
	for (i = 0; i < r->c->slots; i++) {
		const struct sim_channel *ch;

		if (!r->card[i])
			continue;
		ch = card_channel(r->card[i]);
		printf("slot %u: %llu APDUs, %llu bytes, %lld.%03lld s\n",
		       r->c->slot[i].index, (unsigned long long)ch->apdus,
		       (unsigned long long)ch->bytes, (long long)(ms / 1000),
		       (long long)(ms % 1000));
		card_cost(r->card[i], cost, sizeof(cost));
		if (cost[0] && r->verbose)
			printf("slot %u: %s\n", r->c->slot[i].index, cost);
	}
}

static int held_since(const struct ledger_held *row, void *arg)
{
	int64_t *since = arg;

	since[1] += row->at >= since[0];
	return 0;
}

/* To the system's log as well: the owner may have no session to be told in. */
static void log_held(struct run *r, int64_t since)
{
	int64_t held[2] = { since, 0 };
	struct sim_err e;

	if (r->dry || ledger_held(r->ledger, held_since, held, &e) < 0 ||
	    !held[1])
		return;
	openlog("simsync", 0, LOG_USER);
	syslog(LOG_WARNING,
	       "%lld unusual changes are held back; simsync held list shows them",
	       (long long)held[1]);
	closelog();
}

/* ---- the whole ---------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say_error(struct run *r, const struct sim_err *e)
{
	size_t i;

	for (i = 0; i < r->c->slots && !r->dry; i++)
		if (r->c->slot[i].fd >= 0 || r->card[i])
			cmd_state(r->c, r->c->slot[i].index, "error", "%s",
				  e->text);
}

static void close_all(struct run *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		r->replica[i]->ops->free(r->replica[i]);
	for (i = 0; r->card && i < r->c->slots; i++)
		if (r->card[i])
			card_close(r->card[i]);
	free(r->card);
	free(r->open);
	if (r->ledger)
		ledger_close(r->ledger);
	if (r->store)
		store_close(r->store);
	rules_free(&r->rules);
}

/* What went wrong first is what the command ends with; the rest was done. */
static int ended(struct run *r, const struct sync_report *rep,
		 struct sim_err *e)
{
	size_t i;

	if (r->out.code || rep->why.code) {
		*e = r->out.code ? r->out : rep->why;
		return -1;
	}
	for (i = 0; i < r->c->slots; i++)
		if (r->card[i] && missing(r, i))
			return sim_fail(e, EX_DATAERR, "slot %u: %s",
					r->c->slot[i].index, missing(r, i));
	return rep->state == SYNC_ERROR ?
		       sim_fail(e, EX_TEMPFAIL, "%s", rep->detail) :
		       0;
}

static int run(struct run *r, const char *why, struct sim_err *e)
{
	struct sync_report rep = { 0 };
	int64_t from = now_ms(), since = time(NULL);
	int bad;

	r->card = calloc(r->c->slots + 1, sizeof(struct card *));
	r->open = calloc(r->c->slots + 1, sizeof(*r->open));
	if (!r->card || !r->open)
		return sim_fail(e, EX_OSERR, "out of memory");
	r->by = rules_triggers(why);
	/* What is wrong on the phone is known before any card is touched. */
	bad = cmd_rules(&r->rules, e) < 0 ||
	      !(r->ledger = ledger_for_run(r->c, r->dry, e)) ||
	      add_local(r, e) < 0 || add_server(r, e) < 0;
	if (bad) {
		say_error(r, e);
		close_all(r);
		return -1;
	}
	/* Without a card the phone and the server still sync. */
	look_at_slots(r);
	bad = engine(r, why, &rep, e);
	for (size_t i = 0; !bad && i < r->c->slots; i++)
		if (r->card[i])
			opencard_keep(r->c, &r->c->slot[i], r->ledger,
				      &r->open[i]);
	say_result(r, bad, &rep, e);
	if (!bad && rep.held)
		log_held(r, since);
	if (!bad)
		tell(r, &rep, now_ms() - from);
	if (!bad)
		bad = ended(r, &rep, e);
	sync_report_free(&rep);
	close_all(r);
	return bad ? -1 : 0;
}

int cmd_run(struct cmd *c, struct sim_err *e)
{
	struct run r = { .c = c };
	const char *why = c->argc ? c->argv[0] : "udev";

	return run(&r, why, e);
}

int cmd_sync(struct cmd *c, struct sim_err *e)
{
	bool verbose = false;
	const struct cmd_opt opt[] = {
		{ "verbose", NULL, &verbose, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct run r = { .c = c };

	if (cmd_args(c, opt, 0, 0, e) < 0)
		return -1;
	r.watched = verbose || c->tty_out;
	r.verbose = verbose;
	return run(&r, "asked for", e);
}

int cmd_plan(struct cmd *c, struct sim_err *e)
{
	struct run r = { .c = c, .dry = true, .watched = true,
			 .verbose = true };

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		return -1;
	return run(&r, NULL, e);
}
