/* SPDX-License-Identifier: MIT */
/*
 * absorb.c - take what changed into each item, and note who is due for it
 *
 * All of it happens in one transaction: afterwards the bases are what the
 * replicas hold, the items what they should become, and the due rows the
 * difference. Writing only works those off, in this run or a later one.
 */
#include "sync/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

static int rank(const struct component *c, const struct touch *t)
{
	static const int order[] = {
		[SIM_LOCAL] = 0, [SIM_REMOTE] = 1,
		[SIM_VIRTUAL] = 2, [SIM_PHYSICAL] = 3,
	};

	return t->side == NOT_FOUND ? -1 : order[c->side[t->side].r->class];
}

/* Items in order; for one item local first, so that a run is repeatable. */
static int by_item(const void *a, const void *b, void *arg)
{
	const struct touch *x = a, *y = b;
	int rx = rank(arg, x), ry = rank(arg, y);

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (rx != ry)
		return rx < ry ? -1 : 1;
	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	return x->base < y->base ? -1 : x->base > y->base;
}

bool takes_item(const struct component *c, const struct sim_item *it,
		unsigned int holders, enum sim_class class)
{
	unsigned int reach[GRAPH_CLASSES];

	/* A card's messages are a spool: nothing goes there unless a rule says
	 * so. */
	if (c->g.kind == SIM_MESSAGE &&
	    (RULE_BIT(class) & RULE_CARDS & ~c->g.spool))
		return false;
	graph_reach(&c->g, it, reach);
	for (int k = 0; k < GRAPH_CLASSES; k++)
		if ((holders & RULE_BIT(k)) && (reach[k] & RULE_BIT(class)))
			return true;
	return false;
}

static bool gives_item(const struct component *c, const struct side *s,
		       const struct sim_item *a, const struct sim_item *b)
{
	unsigned int reach[GRAPH_CLASSES];

	if (!s->gives)
		return false;
	graph_reach(&c->g, a, reach);
	if (!reach[s->r->class] && b)
		graph_reach(&c->g, b, reach);
	return reach[s->r->class];
}

static struct row *row_of(struct merge *m, const struct touch *t)
{
	for (size_t i = 0; i < m->rows; i++)
		if (m->row[i].id == t->base)
			return &m->row[i];
	return NULL;
}

static int note(struct merge *m, struct row *r, enum sim_verb verb,
		const struct sim_item *after)
{
	struct component *c = m->c;
	struct run *run = c->run;
	struct side *s = &c->side[r->touch->side];
	struct when when;
	char *was = sim_item_text(&r->value);
	char *now = after ? sim_item_text(after) : NULL;
	struct ledger_memory line = {
		.run = run->id, .item = m->item, .member = r->member,
		.verb = verb, .at = run->now, .before = was, .after = now,
		.dated = true,
	};
	int rc = -1;

	edit_when(c, s, r->touch, &when);
	line.since = when.since;
	line.until = when.until;
	if (!was || (after && !now))
		run_no_memory(run);
	else
		rc = ledger_remember(run->l, &line, run->e);
	free(was);
	free(now);
	run->rep->seen++;
	return rc ? rc
		  : report_line(run, SYNC_SEEN, s, c->g.kind, verb,
				after ? after : &r->value, SIM_DONE, "");
}

static int revive(struct merge *m, struct row *r)
{
	m->state = 1;
	if (!r->touch->paired)
		return 0;
	/* Put back under its old identity: it is what it is there. */
	if (sim_item_copy(&m->m, &r->touch->rec->item) ||
	    sim_item_copy(&m->m0, &r->touch->rec->item))
		return run_no_memory(m->c->run);
	return 0;
}

/* What changed on each side, local first. */
static int take_all(struct merge *m, struct touch *t, size_t n, bool *edited)
{
	struct component *c = m->c;

	for (size_t i = 0; i < n; i++) {
		struct row *r = row_of(m, &t[i]);
		struct side *s;

		if (!r || !r->touch || !r->touch->rec || r->touch->held)
			continue;
		s = &c->side[r->touch->side];
		if (!r->touch->edited && !r->touch->paired)
			continue;
		if (gives_item(c, s, &m->m0, &r->touch->rec->item)) {
			if (m->state == 2 &&
			    (c->g.kind == SIM_CONTACT || !s->card) &&
			    revive(m, r))
				return -1;
			*edited = true;
		}
		if (m->state == 1 && take_edits(m, r))
			return -1;
		if (r->touch->edited &&
		    note(m, r, SIM_UPDATE, &r->touch->rec->item))
			return -1;
	}
	return 0;
}

/* A card's messages and info are never deleted elsewhere by their absence. */
static bool deletes(const struct component *c, const struct side *s,
		    const struct merge *m)
{
	return !(s->card && c->g.kind != SIM_CONTACT) &&
	       gives_item(c, s, &m->m0, NULL);
}

static int take_gone(struct merge *m, bool edited, bool *died)
{
	struct component *c = m->c;
	struct run *run = c->run;
	bool gone = false, spared = edited;

	for (size_t i = 0; i < m->rows; i++) {
		struct row *r = &m->row[i];

		if (!r->touch || r->touch->rec || r->touch->held)
			continue;
		if (note(m, r, SIM_DELETE, NULL))
			return -1;
		if (m->state == 2 || !deletes(c, &c->side[r->touch->side], m))
			continue;
		gone = true;
		/* Edited meanwhile and not seen here yet, or in open conflict:
		 * to delete one's own version is to let the others stand. */
		spared = spared || r->rev != m->rev || m->opens;
	}
	if (!gone)
		return 0;
	*died = !spared;
	if (spared)
		return report_line(run, SYNC_CONFLICT, NULL, c->g.kind,
				   SIM_DELETE, &m->m, SIM_DONE,
				   "deleted in one place and edited in "
				   "another: kept");
	m->state = 2;
	return ledger_do(run->l, LQ_NUMBER_DEL, run->e, "i", m->item);
}

static int save_gone(struct merge *m, struct row *r, bool died)
{
	struct component *c = m->c;
	struct ledger *l = c->run->l;
	struct side *s = &c->side[r->touch->side];

	/* Kept elsewhere: it comes back here, unless this side's word counts. */
	if (m->state == 2 || (deletes(c, s, m) && s->takes && !died))
		return ledger_do(l, LQ_BASE_DEL, c->run->e, "i", r->id);
	return ledger_do(l, LQ_BASE_MEANS, c->run->e, "is", r->id, "deleted");
}

static int save_row(struct merge *m, struct row *r)
{
	struct run *run = m->c->run;
	const struct sim_record *rec = r->touch->rec;
	const char *want = NULL;
	char *text = sim_item_text(&rec->item), *asked = NULL;
	bool kept = !r->touch->edited && !strcmp(r->meaning, "asked");
	int rc = -1;

	/* Only moved: what was asked for there still holds. */
	if (!r->touch->edited && !r->touch->paired && !r->touch->told &&
	    r->asked)
		want = asked = sim_item_text(&r->want);
	if (!text)
		return run_no_memory(run);
	rc = ledger_do(run->l, LQ_BASE_SET, run->e, "issssssii", r->id,
		       rec->ref, rec->version, rec->uid ? rec->uid : r->uid,
		       text, want, kept ? "asked" : "present", text_hash(text),
		       r->rev);
	free(asked);
	free(text);
	if (rc)
		return -1;
	/* The row is the present now; planning reads it as such. */
	if (sim_item_copy(&r->value, &rec->item))
		return run_no_memory(run);
	r->asked = want;
	free(r->ref);
	r->ref = strdup(rec->ref);
	return r->ref ? 0 : run_no_memory(run);
}

static int add_missed(struct merge *m, struct row *r, const char *name)
{
	struct run *run = m->c->run;
	bool more = r->missed && r->rev != m->rev;
	char *text;

	if (row_missed(m, r, name))
		return 0;
	if (asprintf(&text, "%s%s%s", more ? r->missed : "", more ? "," : "",
		     name) < 0)
		return run_no_memory(run);
	free(r->missed);
	r->missed = text;
	return ledger_do(run->l, LQ_BASE_MISSED, run->e, "is", r->id, text);
}

/* What a card cuts may change without a trace there: that is noted. */
static int note_missed(struct merge *m)
{
	struct sim_delta d = {0};
	int rc = 0;

	if (m->state != 1 || sim_item_same(&m->m0, &m->m))
		return 0;
	if (sim_diff(&m->m0, &m->m, m->c->run->opt->country, &d))
		return run_no_memory(m->c->run);
	for (size_t i = 0; i < d.n; i++)
		for (size_t k = 0; !rc && k < m->rows; k++)
			if (d.edit[i].single && m->row[k].ref &&
			    (RULE_BIT(m->row[k].class) & RULE_CARDS))
				rc = add_missed(m, &m->row[k], d.edit[i].name);
	sim_delta_free(&d);
	return rc;
}

static int save_item(struct merge *m, bool fresh, bool *changed)
{
	struct component *c = m->c;
	struct run *run = c->run;
	char *text;
	int rc;

	*changed = *changed || !sim_item_same(&m->m, &m->m0);
	if (!*changed)
		return 0;
	if (!fresh)
		m->rev++;
	text = sim_item_text(&m->m);
	if (!text)
		return run_no_memory(run);
	rc = ledger_do(run->l, LQ_ITEM_SET, run->e, "isisi", m->item,
		       m->state == 1 ? "live" : "dead", m->rev, text,
		       m->state == 1 ? (int64_t)0 : run->now);
	free(text);
	if (!rc && m->chose) {
		m->chosen = m->rev;
		rc = ledger_do(run->l, LQ_ITEM_CHOSEN, run->e, "i", m->item);
	}
	if (rc)
		return -1;
	return m->state == 1 && !fresh ? numbers_set(c, m->item, &m->m, false)
				       : 0;
}

/* Is what this row holds what it should hold? Then it knows this revision. */
static int settle_row(struct merge *m, struct side *s, struct row *r,
		      bool *due)
{
	struct component *c = m->c;
	struct sim_item want = {.kind = c->g.kind};
	struct sim_err why = {0};
	int rc = want_of(m, s, r, &want, &why);

	if (rc < 0)
		return -1;
	if (rc > 0 || sim_item_same(&want, &r->value) ||
	    (r->asked && sim_item_same(&want, &r->want))) {
		rc = r->rev == m->rev ? 0
				      : ledger_do(c->run->l, LQ_BASE_REV,
						  c->run->e, "ii", r->id,
						  m->rev);
	} else {
		*due = true;
		rc = 0;
	}
	sim_item_free(&want);
	return rc;
}

static int due_peer(struct merge *m, const struct peer *p, unsigned int holders,
		    bool changed)
{
	struct component *c = m->c;
	struct side *s = side_here(c, p);
	bool here = false, due = false, never = false, kept = false;

	for (size_t i = 0; i < m->rows; i++) {
		struct row *r = &m->row[i];

		if (r->member != p->member)
			continue;
		if (r->ref && !(r->touch && !r->touch->rec)) {
			here = true;
			kept |= !strcmp(r->meaning, "asked") &&
				!(r->touch && r->touch->edited);
			if (m->state == 1 && s && !(r->touch && r->touch->held) &&
			    settle_row(m, s, r, &due))
				return -1;
		} else {
			/* A lost row that is "present" still is a held one. */
			never |= (r->touch && r->touch->held) ||
				 !strcmp(r->meaning, "present") ||
				 !strcmp(r->meaning, "deleted") ||
				 !strcmp(r->meaning, "asked") ||
				 (!strcmp(r->meaning, "not-placed") &&
				  !changed);
		}
	}
	if (m->state == 2)
		due = here && !kept;
	else if (!here)
		due = !never;
	else if (!s)
		due = changed;
	/* A card holds its own record and never another card's. */
	if (!here && c->g.kind == SIM_INFO &&
	    (RULE_BIT(p->class) & RULE_CARDS))
		due = false;
	if (!due || !takes_item(c, &m->m, holders, p->class))
		return 0;
	return ledger_do(c->run->l, LQ_DUE_ADD, c->run->e, "ii", p->member,
			 m->item);
}

static int absorb_item(struct component *c, struct touch *t, size_t n)
{
	struct merge m;
	unsigned int holders = 0;
	bool edited = false, died = false, changed = false, fresh = false;
	bool retyped = false;
	int old, rc = merge_load(c, t->item, &m);

	old = m.state;
	for (size_t i = 0; !rc && i < n; i++) {
		struct row *r;

		fresh |= t[i].side == NOT_FOUND;
		retyped |= t[i].retyped;
		if (t[i].rec)
			rc = run_wake(c->run, t[i].rec);
		r = t[i].side == NOT_FOUND ? NULL : row_of(&m, &t[i]);
		if (r)
			r->touch = &t[i];
	}
	for (size_t i = 0; !rc && i < m.rows; i++)
		if (m.row[i].ref || m.row[i].touch)
			holders |= RULE_BIT(m.row[i].class);
	/* A copy made of a conflict is nowhere yet and goes everywhere. */
	if (fresh && !holders)
		for (size_t i = 0; i < c->peers; i++)
			holders |= RULE_BIT(c->peer[i].class);
	if (!rc)
		rc = take_all(&m, t, n, &edited);
	if (!rc)
		rc = take_gone(&m, edited, &died);
	if (!rc)
		rc = settle_conflicts(&m);
	changed = fresh || retyped || m.state != old;
	if (!rc)
		rc = note_missed(&m);
	if (!rc)
		rc = save_item(&m, fresh && sim_item_same(&m.m, &m.m0) &&
					   m.state == old, &changed);
	for (size_t i = 0; !rc && i < m.rows; i++) {
		struct row *r = &m.row[i];

		if (!r->touch || r->touch->held)
			continue;
		rc = r->touch->rec ? save_row(&m, r)
				   : save_gone(&m, r, died);
		if (!rc && !r->touch->rec) {
			free(r->meaning);
			r->meaning = strdup(deletes(c,
						    &c->side[r->touch->side],
						    &m)
						    ? "gone"
						    : "deleted");
			rc = r->meaning ? 0 : run_no_memory(c->run);
		}
	}
	for (size_t i = 0; !rc && i < c->peers; i++)
		rc = due_peer(&m, &c->peer[i], holders, changed);
	for (size_t i = 0; i < n; i++)
		if (t[i].rec)
			sim_record_rest(t[i].rec);
	merge_free(&m);
	return rc;
}

int absorb(struct component *c)
{
	size_t n;

	if (c->touches)
		qsort_r(c->touch, c->touches, sizeof(*c->touch), by_item, c);
	for (size_t i = 0; i < c->touches; i += n) {
		for (n = 1; i + n < c->touches &&
			    c->touch[i + n].item == c->touch[i].item;)
			n++;
		if (!(i % 64))
			run_progress(c->run, SYNC_MERGE, "", i, c->touches);
		if (absorb_item(c, &c->touch[i], n))
			return -1;
	}
	for (size_t i = 0; i < c->mades; i++) {
		struct touch t = {.item = c->made[i], .side = NOT_FOUND};

		if (absorb_item(c, &t, 1))
			return -1;
	}
	c->mades = 0;
	return 0;
}
