/* SPDX-License-Identifier: MIT */
/*
 * write.c - write what is due
 *
 * In batches: journaled in one transaction, sent, outcomes committed as they
 * come. Whatever is cut short is still due, and its journal row still open.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

enum { BATCH = 256, OUTCOMES = 32 };

/**
 * struct job - what an op is for
 * @begun: the replica had its hands on it
 * @taken: the replica took it, and what it made of it could not be read
 * @done: nothing is left of it to be written
 * @waits: another record of the item cannot be read now: it stays due
 */
struct job {
	int64_t item, base, rev, journal;
	bool begun, taken, done, waits;
};

struct batch {
	struct component *c;
	struct side *s;
	struct sim_op *op;
	struct job *job;
	size_t n, cap;
	size_t outcomes;
	bool deleted;
};

static void op_free(struct sim_op *op)
{
	free(op->ref);
	free(op->version);
	free(op->uid);
	sim_item_free(&op->want);
	sim_item_free(&op->was);
	sim_record_free(&op->got);
}

static void batch_clear(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		op_free(&b->op[i]);
	b->n = 0;
}

static struct sim_op *op_add(struct batch *b, enum sim_verb verb,
			     const struct merge *m, const struct row *r)
{
	struct sim_op *op;

	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct job *job = realloc(b->job, cap * sizeof(*job));

		if (job)
			b->job = job;
		op = realloc(b->op, cap * sizeof(*op));
		if (op)
			b->op = op;
		if (!job || !op)
			return NULL;
		b->cap = cap;
	}
	op = &b->op[b->n];
	memset(op, 0, sizeof(*op));
	op->verb = verb;
	op->kind = b->c->g.kind;
	sim_item_init(&op->want, op->kind);
	sim_item_init(&op->was, op->kind);
	b->job[b->n++] = (struct job){.item = m->item, .base = r ? r->id : 0,
				   .rev = m->rev};
	if (!r)
		return op;
	op->ref = strdup(r->ref);
	op->version = r->version ? strdup(r->version) : NULL;
	op->uid = r->uid ? strdup(r->uid) : NULL;
	if (!op->ref || (r->version && !op->version) || (r->uid && !op->uid) ||
	    sim_item_copy(&op->was, &r->value))
		return NULL;
	return op;
}

static int not_due(struct batch *b, int64_t item)
{
	return ledger_do(b->c->run->l, LQ_DUE_DEL, b->c->run->e, "ii",
			 b->s->member, item);
}

/* An item with several records there is due until the last of them is done. */
static int job_done(struct batch *b, struct job *job)
{
	job->done = true;
	if (job->waits)
		return 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->job[i].item == job->item && !b->job[i].done)
			return 0;
	return not_due(b, job->item);
}

/* It is nowhere on this replica, and that means nothing. */
static int not_placed(struct batch *b, const struct job *job,
		      const struct sim_item *it, enum sim_outcome outcome,
		      const char *why)
{
	struct run *run = b->c->run;

	if (ledger_do(run->l, LQ_BASE_GONE, run->e, "ii", job->item,
		      b->s->member) ||
	    ledger_do(run->l, LQ_BASE_ADD, run->e, "iissssssii", job->item,
		      b->s->member, NULL, NULL, NULL, "", NULL, "not-placed",
		      (int64_t)0, job->rev) ||
	    not_due(b, job->item))
		return -1;
	/* Another card's own data is no loss here. */
	if (b->c->g.kind == SIM_INFO)
		return 0;
	return report_line(run, SYNC_NOT_PLACED, b->s, b->c->g.kind,
			   SIM_CREATE, it, outcome, why);
}

static int item_uid(struct batch *b, int64_t item, char **uid)
{
	struct run *run = b->c->run;
	int rc = ledger_first(run->l, LQ_ITEM_GET, run->e, "i", item);
	const char *text = rc > 0 ? ledger_text(run->l, LQ_ITEM_GET, 2) : NULL;

	*uid = text ? strdup(text) : NULL;
	ledger_end(run->l, LQ_ITEM_GET);
	if (rc > 0 && text && !*uid)
		return run_no_memory(run);
	return rc < 0 ? -1 : 0;
}

/* Another item is known to be there: one key for two. 0, 1 taken, -1 */
static int place_taken(struct batch *b, const char *ref, struct sim_err *why)
{
	struct run *run = b->c->run;
	int rc = ledger_first(run->l, LQ_BASE_BY_REF, run->e, "is",
			      b->s->member, ref);

	ledger_end(run->l, LQ_BASE_BY_REF);
	if (rc > 0)
		sim_fail(why, EX_DATAERR, "its place is another item's");
	return rc;
}

/* It could be read and now cannot: what is due stays so. */
static int gone_while_planning(struct batch *b, const struct sim_err *why)
{
	op_free(&b->op[--b->n]);
	return report_left_out(b->c->run, b->s, b->c->g.kind, why);
}

static int plan_create(struct batch *b, struct merge *m)
{
	struct component *c = b->c;
	struct side *s = b->s;
	struct sim_err why = {0};
	struct sim_op *op = op_add(b, SIM_CREATE, m, NULL);
	enum sim_outcome outcome = SIM_UNFIT;
	struct job job;
	int rc;

	if (!op)
		return run_no_memory(c->run);
	rc = want_of(m, s, NULL, &op->want, &why);
	if (!rc)
		rc = item_uid(b, m->item, &op->uid);
	if (!rc && !c->run->opt->dry_run) {
		outcome = SIM_FULL;
		rc = s->r->ops->place(s->r, &op->want, op->uid, &op->ref, &why);
		if (rc < 0)
			return gone_while_planning(b, &why);
		if (!rc)
			rc = place_taken(b, op->ref, &why);
	}
	if (rc <= 0)
		return rc;
	job = b->job[--b->n];
	op_free(op);
	return not_placed(b, &job, &m->m, outcome, why.text);
}

static int plan_row(struct batch *b, struct merge *m, struct row *r,
		    bool *waits, bool *unread)
{
	struct component *c = b->c;
	struct sim_item want = {.kind = c->g.kind};
	struct sim_err why = {0};
	struct sim_op *op;
	int rc = 0;

	if (!strcmp(r->meaning, "unreadable")) {
		*waits = *unread = true;
		return 0;
	}
	/* Taken back everywhere else; here somebody put it. */
	if (m->state == 2 && !strcmp(r->meaning, "asked"))
		return 0;
	if (m->state == 2) {
		*waits = true;
		return op_add(b, SIM_DELETE, m, r) ? 0
						   : run_no_memory(c->run);
	}
	rc = want_of(m, b->s, r, &want, &why);
	if (rc < 0)
		return -1;
	if (rc > 0 || sim_item_same(&want, &r->value) ||
	    (r->asked && sim_item_same(&want, &r->want))) {
		rc = ledger_do(c->run->l, LQ_BASE_REV, c->run->e, "ii", r->id,
			       m->rev);
	} else {
		*waits = true;
		op = op_add(b, SIM_UPDATE, m, r);
		rc = op ? 0 : run_no_memory(c->run);
		if (op)
			sim_item_move(&op->want, &want);
	}
	sim_item_free(&want);
	return rc;
}

static int is_held(struct batch *b, int64_t item)
{
	struct run *run = b->c->run;
	int rc;

	if (!run->holds)
		return 0;
	rc = ledger_first(run->l, LQ_HELD_ITEM, run->e, "ii", b->s->member,
			  item);
	ledger_end(run->l, LQ_HELD_ITEM);
	return rc;
}

static int plan_item(struct batch *b, int64_t item)
{
	struct component *c = b->c;
	struct merge m = {0};
	unsigned int holders = 0;
	bool here = false, waits = false, never = false, unread = false;
	size_t first = b->n;
	int rc = is_held(b, item);

	if (rc)
		return rc < 0 ? -1 : 0;
	rc = merge_load(c, item, &m);
	for (size_t i = 0; !rc && i < m.rows; i++)
		if (m.row[i].ref)
			holders |= RULE_BIT(m.row[i].class);
	if (!holders)
		for (size_t i = 0; i < c->peers; i++)
			holders |= RULE_BIT(c->peer[i].class);
	if (!rc && !takes_item(c, &m.m, holders, b->s->r->class))
		goto out;
	for (size_t i = 0; !rc && i < m.rows; i++) {
		struct row *r = &m.row[i];

		if (r->member != b->s->member)
			continue;
		if (r->ref) {
			here = true;
			rc = plan_row(b, &m, r, &waits, &unread);
		} else {
			never |= strcmp(r->meaning, "not-placed") != 0;
		}
	}
	if (!rc && !here && !never && m.state == 1) {
		waits = true;
		rc = plan_create(b, &m);
	}
	for (size_t i = first; i < b->n; i++)
		b->job[i].waits = unread;
out:
	if (!rc && !waits)
		rc = not_due(b, item);
	merge_free(&m);
	return rc;
}

static int count_op(struct batch *b, const struct sim_op *op)
{
	struct sync_report *rep = b->c->run->rep;
	const struct sim_item *it = op->verb == SIM_DELETE ? &op->was
							   : &op->want;
	bool good = op->outcome == SIM_DONE || op->outcome == SIM_DIFFERS ||
		    op->outcome == SIM_PENDING;
	enum sync_line_type type = good ? SYNC_WROTE : SYNC_PROBLEM;

	if (good && op->verb == SIM_CREATE)
		rep->created++;
	else if (good && op->verb == SIM_UPDATE)
		rep->updated++;
	else if (good)
		rep->deleted++;
	/* Planned again in the next round: not worth a word yet. */
	if (op->outcome == SIM_MOVED)
		return 0;
	if (op->outcome == SIM_FULL || op->outcome == SIM_UNFIT)
		type = SYNC_NOT_PLACED;
	else if (!good) {
		rep->failed++;
		report_why(b->c->run, b->s, &op->err);
	}
	return report_line(b->c->run, type, b->s, op->kind, op->verb, it,
			   op->outcome, op->err.text);
}

static int journal(struct batch *b)
{
	struct run *run = b->c->run;
	bool whole = false;

	for (size_t i = 0; i < b->n; i++)
		whole |= b->op[i].verb != SIM_UPDATE;
	if (b->n && manifest_old(b->c, b->s, whole))
		return -1;
	for (size_t i = 0; i < b->n; i++) {
		struct sim_op *op = &b->op[i];
		char *was = sim_item_text(&op->was);
		char *want = sim_item_text(&op->want);

		op->cookie = &b->job[i];
		if (was && want)
			b->job[i].journal = ledger_add(
				run->l, LQ_JOURNAL_ADD, run->e, "iiiissss",
				run->id, b->s->member, b->job[i].item,
				(int64_t)op->verb, op->ref, op->uid, was, want);
		else
			b->job[i].journal = run_no_memory(run);
		free(was);
		free(want);
		if (b->job[i].journal < 0)
			return -1;
	}
	return 0;
}

static int before(struct sim_op *op, void *arg)
{
	struct batch *b = arg;
	struct job *job = op->cookie;

	job->begun = true;
	return run_fault(b->c->run, "write-before");
}

static int remember(struct batch *b, const struct sim_op *op,
		    const struct job *job, const char *before,
		    const char *after)
{
	struct run *run = b->c->run;
	struct ledger_memory m = {
		.run = run->id, .item = job->item, .member = b->s->member,
		.verb = op->verb, .at = run->now, .before = before,
		.after = after, .wrote = 1,
	};

	return ledger_remember(run->l, &m, run->e);
}

/* What was read back is the base, whatever was wanted. */
static int written(struct batch *b, const struct sim_op *op, struct job *job)
{
	struct run *run = b->c->run;
	const char *ref = op->got.ref ? op->got.ref : op->ref;
	const char *uid = op->got.uid ? op->got.uid : op->uid;
	char *text = sim_item_text(&op->got.item);
	char *want = NULL, *was = sim_item_text(&op->was);
	int rc = -1;

	if (!sim_item_same(&op->got.item, &op->want))
		want = sim_item_text(&op->want);
	if (!text || !was)
		run_no_memory(run);
	else if (op->verb == SIM_UPDATE)
		rc = ledger_do(run->l, LQ_BASE_SET, run->e, "issssssii",
			       job->base, ref, op->got.version, uid, text,
			       want, "present", text_hash(text), job->rev);
	else if (!ledger_do(run->l, LQ_BASE_GONE, run->e, "ii", job->item,
			    b->s->member))
		rc = ledger_do(run->l, LQ_BASE_ADD, run->e, "iissssssii",
			       job->item, b->s->member, ref, op->got.version,
			       uid, text, want, "present", text_hash(text),
			       job->rev);
	if (!rc)
		rc = remember(b, op, job,
			      op->verb == SIM_CREATE ? NULL : was, text);
	free(text);
	free(want);
	free(was);
	return rc ? rc : job_done(b, job);
}

static int removed(struct batch *b, const struct sim_op *op, struct job *job)
{
	struct run *run = b->c->run;
	char *was = sim_item_text(&op->was);
	int rc = -1;

	b->deleted = true;
	if (!was)
		return run_no_memory(run);
	if (!ledger_do(run->l, LQ_BASE_DEL, run->e, "i", job->base))
		rc = remember(b, op, job, was, NULL);
	free(was);
	return rc ? rc : job_done(b, job);
}

static int close_journal(struct batch *b, const struct job *job)
{
	return ledger_do(b->c->run->l, LQ_JOURNAL_CLOSE, b->c->run->e, "i",
			 job->journal);
}

/* An empty base would be a delete to the next run. */
static void not_kept(struct batch *b, struct sim_op *op)
{
	bool good = op->outcome == SIM_DONE || op->outcome == SIM_DIFFERS;

	if (!good || op->verb == SIM_DELETE || op->got.item.n || !op->want.n)
		return;
	op->outcome = SIM_FAILED;
	((struct job *)op->cookie)->taken = true;
	if (op->got.problem)
		sim_fail(&op->err, EX_IOERR, "%s", op->got.problem);
	else
		sim_fail(&op->err, EX_IOERR,
			 "%s: %s took the write and did not keep it; the next run tries again",
			 op->got.ref ? op->got.ref : op->ref, b->s->r->shown);
}

/* A card writes record by record, and may fail between two. */
static bool may_be_half(const struct batch *b, const struct job *job)
{
	enum sim_class class = b->s->r->class;

	return job->taken || (job->begun && (class == SIM_PHYSICAL ||
					     class == SIM_VIRTUAL));
}

static int settle(struct batch *b, struct sim_op *op, struct job *job)
{
	switch (op->outcome) {
	case SIM_DONE:
	case SIM_DIFFERS:
		if (op->verb == SIM_DELETE ? removed(b, op, job)
					   : written(b, op, job))
			return -1;
		/* With what earlier runs left of it, and could not see. */
		return ledger_do(b->c->run->l, LQ_JOURNAL_OVER,
				 b->c->run->e, "iis", b->s->member, job->item,
				 op->ref);
	case SIM_MOVED:
		b->s->moved = true;
		return close_journal(b, job);
	case SIM_FULL:
	case SIM_UNFIT:
		if (close_journal(b, job))
			return -1;
		if (op->verb == SIM_CREATE)
			return not_placed(b, job, &op->want, op->outcome,
					  op->err.text);
		return job_done(b, job);
	case SIM_AWAY:
		/* Whether it was written shows when it is back. */
		b->s->failed = true;
		return 0;
	case SIM_FAILED:
		/* What it left is ours, not an edit: recover() looks. */
		if (may_be_half(b, job)) {
			b->s->unsure = true;
			return 0;
		}
		break;
	case SIM_PENDING:
		break;
	}
	/* Still due: the next run tries again; and looks first. */
	return close_journal(b, job);
}

static int after(struct sim_op *op, void *arg)
{
	struct batch *b = arg;
	struct run *run = b->c->run;

	if (run_fault(run, "write-after"))
		return -1;
	not_kept(b, op);
	if (settle(b, op, op->cookie))
		return -1;
	if (!(op->verb == SIM_CREATE &&
	      (op->outcome == SIM_FULL || op->outcome == SIM_UNFIT)) &&
	    count_op(b, op))
		return -1;
	run_progress(run, SYNC_WRITE, b->s->r->shown, (size_t)(op - b->op) + 1,
		     b->n);
	if (++b->outcomes % OUTCOMES)
		return 0;
	return run_commit(run) || run_begin(run);
}

static int send(struct batch *b)
{
	struct run *run = b->c->run;
	struct sim_replica *r = b->s->r;
	struct sim_err why = {0};
	int rc;

	if (run->opt->dry_run) {
		for (size_t i = 0; i < b->n; i++)
			if (count_op(b, &b->op[i]))
				return -1;
		return 0;
	}
	if (journal(b) || run_fault(run, "journal") || run_commit(run) ||
	    run_fault(run, "journaled") || run_begin(run))
		return -1;
	if (!b->n)
		return 0;
	run->e->code = 0;
	rc = r->ops->apply(r, b->op, b->n, before, after, b, &why);
	if (!rc)
		return 0;
	/* Ours went wrong (ledger, or stopped): that is said already. */
	if (run->e->code)
		return -1;
	return report_left_out(run, b->s, b->c->g.kind, &why);
}

static int next_items(struct batch *b, int64_t after_item, bool there,
		      int64_t *item, size_t *n)
{
	const enum ledger_query q = LQ_DUE_NEXT;
	struct run *run = b->c->run;
	int row;

	*n = 0;
	for (row = ledger_first(run->l, q, run->e, "iiii", b->s->member,
				after_item, (int64_t)there, (int64_t)BATCH);
	     row > 0; row = ledger_next(run->l, q, run->e))
		item[(*n)++] = ledger_int(run->l, q, 0);
	return row;
}

/* Changes first: what they free may be needed for what is new. */
static int write_pass(struct batch *b, bool there)
{
	int64_t item[BATCH], last = 0;
	size_t n;

	do {
		if (next_items(b, last, there, item, &n))
			return -1;
		for (size_t i = 0; i < n && !b->s->failed; i++) {
			if (plan_item(b, item[i]))
				return -1;
			last = item[i];
		}
		if (n && !b->s->failed && send(b))
			return -1;
		batch_clear(b);
	} while (n == BATCH && !b->s->failed);
	return 0;
}

/* 1: a card lost records, and a person may want them back where they were */
static int room_is_held(struct component *c, const struct side *s)
{
	struct run *run = c->run;
	int rc;

	if (!run->holds || !s->card)
		return 0;
	rc = ledger_first(run->l, LQ_HELD_ROOM, run->e, "i", s->member);
	ledger_end(run->l, LQ_HELD_ROOM);
	return rc;
}

static int write_side(struct component *c, struct side *s)
{
	struct batch b = {.c = c, .s = s};
	int rc;

	if (run_begin(c->run))
		return -1;
	rc = write_pass(&b, true);
	if (!rc && (b.deleted || s->room))
		rc = ledger_do(c->run->l, LQ_MEMBER_ROOM, c->run->e, "i",
			       s->member);
	s->room = false;
	if (!rc && !s->failed)
		rc = room_is_held(c, s);
	if (!rc && !s->failed)
		rc = write_pass(&b, false);
	rc = rc < 0 ? -1 : 0;
	batch_clear(&b);
	free(b.op);
	free(b.job);
	return rc ? -1 : run_commit(c->run);
}

int write_due(struct component *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct side *s = &c->side[i];

		if (s->takes && s->looked && !s->failed && write_side(c, s))
			return -1;
	}
	return 0;
}
