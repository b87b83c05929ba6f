// SPDX-License-Identifier: MIT
#include "cmd/cardchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "card/bcd.h"
#include "card/card.h"
#include "cmd/cardnote.h"
#include "cmd/slotnote.h"

/* ---- the card ----------------------------------------------------------- */

static int may_write(const struct cardchange *w, struct sim_err *e)
{
	const char *policy = w->o.s->policy;

	if (!policy || strcmp(policy, "pull"))
		return 0;
	return sim_fail(e, EX_NOPERM,
			"slot %u: this SIM is enrolled to be read only; simsync card enroll --policy both",
			w->o.s->index);
}

int cardchange_note_path(struct cmd *c, const char *iccid, char *path,
			 size_t size)
{
	char name[40];

	snprintf(name, sizeof(name), "change-%s", iccid);
	return cmd_path(c, name, path, size, NULL);
}

/* There is one note, and a new change would take it. */
static int finished(struct cardchange *w, struct sim_err *e)
{
	int r = cardchange_finish(w->rep, w->note, e);
	if (r < 2 || w->kind != SIM_CONTACT)
		return r < 0 ? -1 : 0;
	return sim_fail_in(e, "slot %u", w->o.s->index);
}

int cardchange_open(struct cardchange *w, bool write, struct sim_err *e)
{
	w->card = oncard_open(w->c, &w->o, e);
	if (!w->card || (write && may_write(w, e)))
		return -1;
	slotnote_tell(w->c, w->o.s, w->card);
	w->rep = card_replica(w->card, "card", SIM_PHYSICAL, e);
	if (!w->rep ||
	    (write && cardchange_note_path(w->c, card_iccid(w->card), w->note,
					   sizeof(w->note))))
		return -1;
	if (write && finished(w, e))
		return -1;
	if (w->rep->ops->changes(w->rep, w->kind, NULL, &w->now, e))
		return -1;
	cmd_progress_end(w->c);
	return 0;
}

int cardchange_close(struct cardchange *w, int r, struct sim_err *e)
{
	const char *const *odd;
	size_t n = 0;

	cmd_progress_end(w->c);
	odd = w->card ? card_problems(w->card, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		cmd_note("%s", odd[i]);
	sim_changes_free(&w->now);
	if (w->rep)
		w->rep->ops->free(w->rep);
	if (w->card && !r)
		slotnote_keep(w->c, w->o.s, w->card);
	if (w->card)
		card_close(w->card);
	return oncard_end(&w->o, r ? NULL : e) ? -1 : r;
}

/* ---- which one ---------------------------------------------------------- */

static bool is_called(const struct sim_record *rec, const char *who)
{
	bool hit = false;

	for (size_t i = 0; !hit && i < rec->item.n; i++) {
		const struct sim_prop *p = &rec->item.prop[i];
		char *v;

		if (strcmp(p->name, "FN") && strcmp(p->name, "TEL"))
			continue;
		v = sim_text_unescape(p->value);
		hit = v && !strcasecmp(v, who);
		free(v);
	}
	return hit;
}

const struct sim_record *cardchange_find(const struct cardchange *w,
					 const char *who, struct sim_err *e)
{
	const struct sim_record *hit = NULL;
	bool contact = w->kind == SIM_CONTACT;
	size_t hits = 0;

	for (size_t i = 0; i < w->now.n; i++) {
		if (!strcmp(w->now.rec[i].ref, who))
			return &w->now.rec[i];
		if (contact && is_called(&w->now.rec[i], who)) {
			hit = &w->now.rec[i];
			hits++;
		}
	}
	if (hits == 1)
		return hit;
	sim_fail(e, hits ? EX_USAGE : EX_NOINPUT,
		 hits ? "%zu contacts on the card are meant; name the RECORD (simsync contacts list --card)" :
		 contact ? "no such contact on the card; see simsync contacts list --card" :
			   "no such message on the card; see simsync sms list --card",
		 hits);
	return NULL;
}

/* ---- writing ------------------------------------------------------------ */

/* A message is one record: written or not. */
static bool noted(const struct cardchange *w, const struct sim_op *op)
{
	return op->kind == SIM_CONTACT && w->note[0];
}

static int before(struct sim_op *op, void *arg)
{
	struct cardchange *w = arg;

	return noted(w, op) ? cardnote_write(w->note, op) : 0;
}

static int after(struct sim_op *op, void *arg)
{
	struct cardchange *w = arg;

	/* What a card did that left, or refused half way, is looked at again. */
	w->half = noted(w, op) && (op->outcome == SIM_AWAY ||
				   op->outcome == SIM_FAILED);
	if (noted(w, op) && !w->half)
		cardnote_drop(w->note);
	return 0;
}

static int outcome(const struct sim_op *op, struct sim_err *e)
{
	switch (op->outcome) {
	case SIM_DONE:
	case SIM_DIFFERS:
		return 0;
	case SIM_MOVED:
		return sim_fail(e, EX_TEMPFAIL,
				"%s was changed meanwhile; look at it and try again",
				op->ref);
	case SIM_FULL:
		return sim_fail(e, EX_CANTCREAT,
				"%s: the card has no room for that", op->ref);
	default:
		if (op->err.text[0])
			*e = op->err;
		else
			sim_fail(e, EX_IOERR,
				 "%s: the card refused it; nothing was lost, look at it again",
				 op->ref);
		return -1;
	}
}

static int apply(struct cardchange *w, struct sim_op *op, struct sim_record *got,
		 struct sim_err *e)
{
	int r;

	if (w->half)
		return sim_fail(e, EX_TEMPFAIL,
				"a change before this one may be half done: run the command again, it is finished first");
	r = w->rep->ops->apply(w->rep, op, 1, before, after, w, e);
	if (!r)
		r = outcome(op, e);
	if (!r && got) {
		*got = op->got;
		op->got = (struct sim_record){ 0 };
	}
	sim_record_free(&op->got);
	return r;
}

/* What the card could hold of it; -1 also where it can hold nothing. */
static int project(struct cardchange *w, const struct sim_item *full,
		   const struct sim_item *held, struct sim_item *out,
		   struct sim_err *e)
{
	return w->rep->ops->project(w->rep, full, held, out, e) ? -1 : 0;
}

/* A message is known by its bytes, whatever became of its status. */
static bool there(const struct sim_record *rec, const struct sim_item *want)
{
	char *a, *b;
	bool same;

	if (rec->problem || want->kind == SIM_CONTACT)
		return !rec->problem && sim_item_equal(&rec->item, want);
	a = sim_item_key(&rec->item);
	b = sim_item_key(want);
	same = a && b && !strcmp(a, b);
	free(a);
	free(b);
	return same;
}

int cardchange_add(struct cardchange *w, const struct sim_item *full,
		   struct sim_record *got, struct sim_err *e)
{
	struct sim_op op = { .verb = SIM_CREATE, .kind = w->kind };
	int r;

	*got = (struct sim_record){ 0 };
	if (project(w, full, NULL, &op.want, e))
		return -1;
	for (size_t i = 0; i < w->now.n; i++) {
		if (!there(&w->now.rec[i], &op.want))
			continue;
		sim_item_free(&op.want);
		return 1;
	}
	r = w->rep->ops->place(w->rep, &op.want, NULL, &op.ref, e) ? -1 :
		    apply(w, &op, got, e);
	sim_item_free(&op.want);
	free(op.ref);
	return r;
}

int cardchange_edit(struct cardchange *w, const struct sim_record *was,
		    const struct sim_item *full, struct sim_record *got,
		    struct sim_err *e)
{
	struct sim_op op = { .verb = SIM_UPDATE, .kind = w->kind,
			     .ref = was->ref, .version = was->version };
	int r = -1;

	*got = (struct sim_record){ 0 };
	if (was->problem)
		return sim_fail(e, EX_DATAERR, "%s", was->problem);
	if (project(w, full, &was->item, &op.want, e))
		return -1;
	if (sim_item_equal(&op.want, &was->item))
		r = 1;
	else if (sim_item_copy(&op.was, &was->item))
		sim_fail(e, EX_OSERR, "out of memory");
	else
		r = apply(w, &op, got, e);
	sim_item_free(&op.want);
	sim_item_free(&op.was);
	return r;
}

int cardchange_rm(struct cardchange *w, const struct sim_record *was,
		  struct sim_err *e)
{
	struct sim_op op = { .verb = SIM_DELETE, .kind = w->kind,
			     .ref = was->ref, .version = was->version };
	int r;

	if (sim_item_copy(&op.was, &was->item))
		return sim_fail(e, EX_OSERR, "out of memory");
	r = apply(w, &op, NULL, e);
	sim_item_free(&op.was);
	return r;
}

/* ---- what a killed command left ----------------------------------------- */

static bool has(const struct sim_item *it, const struct sim_prop *p)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, p->name) &&
		    !strcmp(it->prop[i].value, p->value))
			return true;
	return false;
}

/* Nothing in @now but what stood there and what was to stand there. */
static bool between(const struct sim_item *now, const struct cardnote *n)
{
	for (size_t i = 0; i < now->n; i++)
		if (!has(&n->was, &now->prop[i]) && !has(&n->want, &now->prop[i]))
			return false;
	return now->n;
}

/* Not there says something only where all was seen that is there. */
static bool hidden(const struct sim_record *now, const struct sim_changes *ch)
{
	return now ? now->problem != NULL : !ch->whole;
}

static int finish(struct sim_replica *rep, const struct cardnote *n,
		  const struct sim_changes *ch, struct sim_err *e)
{
	struct cardchange w = { .rep = rep, .kind = SIM_CONTACT };
	const struct sim_record *now = NULL;
	struct sim_op op = { .verb = n->want.n ? SIM_UPDATE : SIM_DELETE,
			     .kind = SIM_CONTACT, .want = n->want };

	for (size_t i = 0; i < ch->n; i++)
		if (!strcmp(ch->rec[i].ref, n->ref))
			now = &ch->rec[i];
	if (hidden(now, ch))
		return 2;
	if (!now || sim_item_equal(&now->item, &n->was) ||
	    sim_item_equal(&now->item, &n->want) || !between(&now->item, n))
		return 0;
	op.ref = now->ref;
	op.version = now->version;
	op.was = now->item;
	return apply(&w, &op, NULL, e) ? -1 : 1;
}

int cardchange_finish(struct sim_replica *rep, const char *note,
		      struct sim_err *e)
{
	struct sim_changes ch;
	struct cardnote n;
	int r = cardnote_read(note, &n, e);

	if (r)
		return r < 0 ? -1 : 0;
	r = rep->ops->changes(rep, SIM_CONTACT, NULL, &ch, e);
	if (!r) {
		r = finish(rep, &n, &ch, e);
		sim_changes_free(&ch);
	}
	if (r == 2)
		sim_fail(e, EX_TEMPFAIL,
			 "a change of %s by hand was cut off, and the card does not show it now: take the SIM out and in; if it stays so, root gives the change up by removing %s",
			 n.ref, note);
	cardnote_free(&n);
	if (r == 0 || r == 1)
		cardnote_drop(note);
	return r;
}

/* ---- what the card could not hold --------------------------------------- */

static bool same_number(const char *a, const char *b)
{
	char x[BCD_DIGITS_MAX + 2], y[BCD_DIGITS_MAX + 2];
	char *p = sim_text_unescape(a), *q = sim_text_unescape(b);
	bool same = p && q && !bcd_normal(p, x) && !bcd_normal(q, y) &&
		    !strcmp(x, y);

	free(p);
	free(q);
	return same;
}

static bool held(const struct sim_prop *p, const struct sim_item *got)
{
	for (size_t i = 0; i < got->n; i++) {
		const struct sim_prop *q = &got->prop[i];

		if (strcmp(p->name, q->name))
			continue;
		if (!strcmp(p->value, q->value) ||
		    (!strcmp(p->name, "TEL") && same_number(p->value, q->value)))
			return true;
	}
	return false;
}

json_t *cardchange_lost(const struct sim_item *full, const struct sim_item *got)
{
	json_t *list = json_array(), *v;
	const char *name;
	size_t k;

	for (size_t i = 0; i < full->n; i++) {
		name = full->prop[i].name;
		/* N says what FN says. */
		if (!strcmp(name, "N") || held(&full->prop[i], got))
			continue;
		json_array_foreach(list, k, v)
			if (!strcmp(json_string_value(v), name))
				break;
		if (k == json_array_size(list))
			json_array_append_new(list, json_string(name));
	}
	return list;
}
