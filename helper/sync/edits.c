/* SPDX-License-Identifier: MIT */
/*
 * edits.c - the edits one replica made to an item, against all the others'
 */
#include "sync/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

/**
 * struct taking - the edits of one side being taken into an item
 * @agreed: what this side and the merged item last had in common
 * @p0: merged content before this run, as this side can hold it
 * @p1: merged content so far, the same
 */
struct taking {
	struct merge *m;
	struct row *row;
	struct side *s;
	const struct sim_item *agreed;
	const struct sim_item *now;
	struct sim_item was;
	struct sim_item p0;
	struct sim_item p1;
};

static int field_equal(struct taking *t, const struct sim_item *a,
		       const struct sim_item *b, const char *field)
{
	const char *country = t->m->c->run->opt->country;
	struct sim_item x = {.kind = a->kind}, y = {.kind = a->kind};
	int rc = -1;

	if (!sim_field_get(&x, a, field, country) &&
	    !sim_field_get(&y, b, field, country))
		rc = sim_item_equal(&x, &y);
	sim_item_free(&x);
	sim_item_free(&y);
	return rc;
}

static bool field_there(struct taking *t, const struct sim_item *it,
			const char *field)
{
	struct sim_item x = {.kind = it->kind};
	bool there;

	there = !sim_field_get(&x, it, field, t->m->c->run->opt->country) &&
		x.n;
	sim_item_free(&x);
	return there;
}

static struct open *find_open(struct merge *m, const char *field)
{
	for (size_t i = 0; i < m->opens; i++)
		if (!strcmp(m->open[i].field, field))
			return &m->open[i];
	return NULL;
}

static const struct sim_item *row_now(const struct row *r)
{
	return r->touch && r->touch->rec && !r->touch->held
		       ? &r->touch->rec->item
		       : &r->value;
}

static bool holds_item(const struct row *r)
{
	/* What a guard holds back did not happen yet. */
	return r->touch ? r->touch->rec || r->touch->held : r->ref != NULL;
}

static int open_conflict(struct taking *t, const struct sim_edit *e)
{
	struct merge *m = t->m;
	struct run *run = m->c->run;
	struct open *p = realloc(m->open, (m->opens + 1) * sizeof(*p));

	if (!p)
		return run_no_memory(run);
	m->open = p;
	p = &p[m->opens];
	*p = (struct open){.fresh = true};
	p->field = strdup(e->field);
	if (!p->field)
		return run_no_memory(run);
	m->opens++;
	p->id = ledger_add(run->l, LQ_CONFLICT_ADD, run->e, "isi", m->item,
			   e->field, run->id);
	if (p->id < 0)
		return -1;
	run->conflicts = true;
	return report_line(run, SYNC_CONFLICT, t->s, m->c->g.kind, SIM_UPDATE,
			   &m->m, SIM_PENDING, e->name);
}

/* The sides differ: the merged value stays what it was before this run. */
static int undecided(struct taking *t, const struct sim_edit *e)
{
	const char *country = t->m->c->run->opt->country;
	struct sim_item old = {.kind = t->m->m.kind};
	int rc = 0;

	if (sim_field_get(&old, &t->m->m0, e->field, country) ||
	    (old.n && sim_field_put(&t->m->m, e->field, &old, country)))
		rc = run_no_memory(t->m->c->run);
	sim_item_free(&old);
	return rc ? rc : open_conflict(t, e);
}

/* This side's version becomes an item of its own, beside the other. */
static int keep_both(struct taking *t, const struct sim_edit *e)
{
	struct component *c = t->m->c;
	struct run *run = c->run;
	struct sim_item copy = {.kind = c->g.kind};
	char uid[37], *text = NULL;
	int64_t item = -1, *made;

	run_uuid(run, uid);
	if (!sim_item_copy(&copy, &t->m->m0) &&
	    sim_apply(&copy, e, run->opt->country) >= 0)
		text = sim_item_text(&copy);
	if (!text)
		run_no_memory(run);
	else
		item = ledger_add(run->l, LQ_ITEM_ADD, run->e, "issis", c->id,
				  uid, NULL, (int64_t)0, text);
	made = realloc(c->made, (c->mades + 1) * sizeof(*made));
	if (made) {
		c->made = made;
		made[c->mades++] = item;
	}
	if (item > 0 && (!made || numbers_set(c, item, &copy, true)))
		item = -1;
	if (item > 0 &&
	    report_line(run, SYNC_CONFLICT, t->s, c->g.kind, SIM_CREATE, &copy,
			SIM_DONE, "kept both"))
		item = -1;
	free(text);
	sim_item_free(&copy);
	return item > 0 ? 0 : -1;
}

/* The newer of the two counts; where nobody can tell, a person says. */
static int newer_one(struct taking *t, const struct sim_edit *e)
{
	struct run *run = t->m->c->run;
	int verdict;

	if (newest(t->m, t->row, e->field, &verdict))
		return -1;
	if (!verdict)
		return undecided(t, e);
	if (verdict > 0 && sim_apply(&t->m->m, e, run->opt->country) < 0)
		return run_no_memory(run);
	return report_line(run, SYNC_CONFLICT, t->s, t->m->c->g.kind,
			   SIM_UPDATE, &t->m->m, SIM_DONE,
			   "changed in two places: the newer one counts");
}

static int conflict(struct taking *t, const struct sim_edit *e)
{
	struct merge *m = t->m;
	unsigned int prefer = 0, classes = RULE_BIT(t->s->r->class);
	enum rule_policy policy;

	for (size_t i = 0; i < m->rows; i++)
		if (m->row[i].touch)
			classes |= RULE_BIT(m->row[i].class);
	policy = graph_policy(&m->c->g, classes, &prefer);
	if (!t->s->gives)
		policy = RULE_ASK;
	if (policy == RULE_PREFER) {
		if (prefer & RULE_BIT(t->s->r->class))
			return sim_apply(&m->m, e, m->c->run->opt->country) < 0
				       ? run_no_memory(m->c->run)
				       : 0;
		if (prefer & classes)
			return 0;
	}
	if (policy == RULE_KEEP_BOTH && m->c->g.kind == SIM_CONTACT)
		return keep_both(t, e);
	return policy == RULE_NEWEST ? newer_one(t, e) : undecided(t, e);
}

/* A place without N renamed somebody: the N others keep follows. */
static int follow_name(struct taking *t, const struct sim_edit *e)
{
	struct sim_item *m = &t->m->m;
	char *n;
	int rc;

	if (strcmp(e->field, "FN") || !e->to.n || !sim_item_get(m, "N") ||
	    sim_item_get(t->now, "N") || sim_item_get(&t->was, "N"))
		return 0;
	n = sim_name_from_fn(e->to.prop[0].value);
	rc = n ? sim_item_set(m, "N", n) : -1;
	free(n);
	return rc ? run_no_memory(t->m->c->run) : 0;
}

static bool changes_text(const struct sim_edit *e, const char *country)
{
	char *a, *b;
	bool out;

	if (e->single)
		return true;
	if (!e->from.n || !e->to.n)
		return false;
	a = sim_prop_key(&e->from.prop[0], country);
	b = sim_prop_key(&e->to.prop[0], country);
	out = a && b && !strcmp(a, b);
	free(a);
	free(b);
	return out;
}

static int apply(struct taking *t, const struct sim_edit *e)
{
	int rc = sim_apply(&t->m->m, e, t->m->c->run->opt->country);

	if (rc < 0)
		return run_no_memory(t->m->c->run);
	t->m->chose |= rc && e->order;
	return follow_name(t, e);
}

/* The others did the same, or what this side can hold of it. */
static bool done_already(struct taking *t, const struct sim_edit *e)
{
	const char *country = t->m->c->run->opt->country;
	char *key, *to = NULL;
	bool done;

	if (field_equal(t, &t->p1, t->now, e->field) != 1)
		return false;
	if (e->single || !e->to.n)
		return true;
	key = sim_prop_key(&e->to.prop[0], country);
	if (key && asprintf(&to, "%s:%s", e->name, key) < 0)
		to = NULL;
	done = to && field_equal(t, &t->p1, t->now, to) == 1;
	free(key);
	free(to);
	return done;
}

/* The card itself is here, and only a hash of its number was known. */
static bool uncovers(const struct taking *t, const struct sim_edit *e)
{
	const char *known = sim_item_get(&t->m->m, e->name);

	return t->s->card && t->s->gives && e->to.n && known &&
	       sim_hidden(known) && !sim_hidden(e->to.prop[0].value);
}

static int take_edit(struct taking *t, const struct sim_edit *e)
{
	struct merge *m = t->m;
	const char *country = m->c->run->opt->country;
	enum sim_kind kind = m->c->g.kind;
	bool moved, there;

	if (kind == SIM_INFO && sim_info_mirrored(e->name))
		return t->s->card && t->s->gives ? apply(t, e) : 0;
	if (find_open(m, e->field))
		return 0;
	if (e->order)
		return t->s->gives ? apply(t, e) : 0;
	if (done_already(t, e))
		return 0;
	there = field_there(t, &t->p0, e->field);
	if (t->row->touch->paired)
		moved = there;
	else
		moved = (e->single && row_missed(m, t->row, e->name)) ||
			field_equal(t, &t->p0, t->agreed, e->field) != 1 ||
			field_equal(t, &m->m, &m->m0, e->field) != 1;
	if (t->row->touch->paired && kind == SIM_MESSAGE && there)
		return uncovers(t, e) ? apply(t, e) : 0;
	if (moved && e->single)
		return conflict(t, e);
	/* Both have the number: how the other labels it is no edit. */
	if (moved && t->row->touch->paired)
		return 0;
	if (!t->s->gives)
		return 0;
	if (moved && changes_text(e, country))
		return conflict(t, e);
	/* Edited elsewhere and removed here: the edit stays. */
	if (moved && !e->to.n)
		return 0;
	return apply(t, e);
}

static int project(struct taking *t, const struct sim_item *full,
		   const struct sim_item *held, struct sim_item *out)
{
	struct sim_err why = {0};
	int rc;

	sim_item_init(out, full->kind);
	rc = t->s->r->ops->project(t->s->r, full, held, out, &why);
	if (rc < 0)
		return sim_fail(t->m->c->run->e, EX_SOFTWARE, "%s: %s",
				t->s->r->shown, why.text);
	if (rc > 0)
		sim_item_free(out);
	return 0;
}

int take_edits(struct merge *m, struct row *row)
{
	struct component *c = m->c;
	struct touch *touch = row->touch;
	struct taking t = {.m = m, .row = row, .s = &c->side[touch->side],
			   .now = &touch->rec->item};
	struct sim_delta d = {0};
	int rc = -1;

	sim_item_init(&t.was, c->g.kind);
	sim_item_init(&t.p0, c->g.kind);
	sim_item_init(&t.p1, c->g.kind);
	if (touch->was) {
		if (sim_item_parse(&t.was, c->g.kind, touch->was))
			return sim_fail(c->run->e, EX_SOFTWARE,
					"sync: a journaled state is damaged");
	} else if (!touch->paired && sim_item_copy(&t.was, &row->value)) {
		return run_no_memory(c->run);
	}
	t.agreed = row->asked && !touch->was ? &row->want : &t.was;
	if (sim_diff(&t.was, t.now, c->run->opt->country, &d)) {
		run_no_memory(c->run);
		goto out;
	}
	if (project(&t, &m->m0, touch->paired ? t.now : t.agreed, &t.p0))
		goto out;
	rc = 0;
	for (size_t i = 0; !rc && i < d.n; i++) {
		sim_item_free(&t.p1);
		rc = project(&t, &m->m, t.now, &t.p1);
		if (!rc)
			rc = take_edit(&t, &d.edit[i]);
	}
out:
	sim_delta_free(&d);
	sim_item_free(&t.was);
	sim_item_free(&t.p0);
	sim_item_free(&t.p1);
	return rc;
}

static struct side *side_of(const struct merge *m, const struct row *r)
{
	for (size_t i = 0; i < m->c->peers; i++)
		if (m->c->peer[i].member == r->member)
			return side_here(m->c, &m->c->peer[i]);
	return NULL;
}

/* Has this row that value, or what its replica can hold of it? */
static int row_agrees(struct merge *m, const struct row *r, const char *field,
		      const struct sim_item *value, bool *agrees)
{
	const char *country = m->c->run->opt->country;
	struct sim_item own = {.kind = m->m.kind}, full = own, cut = own;
	struct side *s = side_of(m, r);
	struct sim_err why;
	int rc = sim_field_get(&own, row_now(r), field, country);

	*agrees = !rc && sim_item_equal(&own, value);
	if (!rc && !*agrees && s && !s->r->lossless) {
		sim_item_free(&own);
		rc = sim_item_copy(&full, &m->m) ||
		     sim_field_put(&full, field, value, country);
		if (!rc && s->r->ops->project(s->r, &full, row_now(r), &cut,
					      &why) == 0) {
			struct sim_item want = {.kind = m->m.kind};

			rc = sim_field_get(&want, &cut, field, country) ||
			     sim_field_get(&own, row_now(r), field, country);
			*agrees = !rc && sim_item_equal(&own, &want);
			sim_item_free(&want);
		}
	}
	sim_item_free(&own);
	sim_item_free(&full);
	sim_item_free(&cut);
	return rc ? run_no_memory(m->c->run) : 0;
}

/* Nothing was done there: it is only told of the merged value later. */
static bool only_behind(const struct open *o, const struct row *r)
{
	return o->fresh &&
	       !(r->touch && (r->touch->edited || r->touch->paired));
}

/*
 * What a side has in that field; what it only cut of the merged value is that
 * value. -1: no memory
 */
static int version_of(struct merge *m, const struct row *r,
		      const struct open *o, struct sim_item *own)
{
	const char *country = m->c->run->opt->country;
	struct sim_item merged = {.kind = m->m.kind};
	bool cut = only_behind(o, r);
	int rc = sim_field_get(&merged, &m->m, o->field, country);

	if (!rc && !cut)
		rc = row_agrees(m, r, o->field, &merged, &cut);
	if (!rc && cut)
		sim_item_move(own, &merged);
	else if (!rc)
		rc = sim_field_get(own, row_now(r), o->field, country);
	sim_item_free(&merged);
	return rc;
}

/* Every side that holds the item says what it has in that field. */
static int note_versions(struct merge *m, const struct open *o)
{
	struct run *run = m->c->run;

	for (size_t i = 0; i < m->rows; i++) {
		struct row *r = &m->row[i];
		struct sim_item own = {.kind = m->m.kind};
		char *text = NULL;
		int rc = 0;

		/* Nothing happened there: it is recorded already. */
		if (!holds_item(r) || (!o->fresh && !o->back && !r->touch))
			continue;
		if (version_of(m, r, o, &own) ||
		    (own.n && !(text = sim_item_text(&own))))
			rc = run_no_memory(run);
		else
			rc = ledger_do(run->l, LQ_VERSION_SET, run->e, "iis",
				       o->id, r->member, text);
		free(text);
		sim_item_free(&own);
		if (rc)
			return -1;
	}
	return 0;
}

/* All who hold the item have the same again: nothing left to decide. */
static int agreed_value(struct merge *m, const struct open *o, bool *agreed)
{
	const char *country = m->c->run->opt->country;
	struct sim_item value = {.kind = m->m.kind};
	const struct row *first = NULL;
	int rc = 0;

	*agreed = false;
	for (size_t i = 0; i < m->rows; i++)
		if (holds_item(&m->row[i]) &&
		    (!first || (RULE_BIT(first->class) & RULE_CARDS)))
			first = &m->row[i];
	if (!first)
		return 0;
	if (sim_field_get(&value, row_now(first), o->field, country))
		rc = run_no_memory(m->c->run);
	*agreed = !rc;
	for (size_t i = 0; !rc && *agreed && i < m->rows; i++)
		if (holds_item(&m->row[i]))
			rc = row_agrees(m, &m->row[i], o->field, &value,
					agreed);
	if (!rc && *agreed && sim_field_put(&m->m, o->field, &value, country))
		rc = run_no_memory(m->c->run);
	sim_item_free(&value);
	return rc;
}

/* Who deleted its version has none; 1: one waits to be put back, -1 failed */
static int lone_version(struct merge *m, const struct open *o)
{
	struct run *run = m->c->run;
	int rc;

	for (size_t i = 0; i < m->rows; i++) {
		const struct row *r = &m->row[i];

		if (r->touch && !r->touch->rec && !r->touch->held &&
		    ledger_do(run->l, LQ_VERSION_DEL, run->e, "ii", o->id,
			      r->member))
			return -1;
	}
	rc = ledger_first(run->l, LQ_VERSION_LONE, run->e, "ii", o->id,
			  m->item);
	ledger_end(run->l, LQ_VERSION_LONE);
	return rc;
}

int settle_conflicts(struct merge *m)
{
	struct run *run = m->c->run;

	for (size_t i = 0; i < m->opens; i++) {
		bool agreed = false;
		int lone = lone_version(m, &m->open[i]);

		if (lone < 0 || (!lone && !m->open[i].fresh &&
				 agreed_value(m, &m->open[i], &agreed)))
			return -1;
		if (agreed ? ledger_do(run->l, LQ_CONFLICT_CLOSE, run->e, "ii",
				       m->open[i].id, run->id)
			   : note_versions(m, &m->open[i]))
			return -1;
	}
	return 0;
}
