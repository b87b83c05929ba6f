/* SPDX-License-Identifier: MIT */
/*
 * look.c - ask each replica what changed and compare it with the base
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

static int token_of(struct component *c, struct side *s, char **token)
{
	struct ledger *l = c->run->l;
	const char *text;
	int rc;

	*token = NULL;
	rc = ledger_first(l, LQ_MEMBER_TOKEN_GET, c->run->e, "i", s->member);
	if (rc < 0)
		return -1;
	text = rc ? ledger_text(l, LQ_MEMBER_TOKEN_GET, 0) : NULL;
	s->read = rc ? ledger_int(l, LQ_MEMBER_TOKEN_GET, 1) : 0;
	if (text)
		*token = strdup(text);
	ledger_end(l, LQ_MEMBER_TOKEN_GET);
	return text && !*token ? run_no_memory(c->run) : 0;
}

/** struct named - a place an answer speaks of */
struct named {
	uint64_t hash;
	size_t at;	/* of the records, and behind them of the gone */
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Its ref, the caller's; NULL: it could not be had. */
static char *name_at(struct component *c, struct sim_changes *ch, size_t at)
{
	struct sim_record *rec = at < ch->n ? &ch->rec[at] : NULL;
	char *ref;

	if (rec && sim_record_wake(c->run->opt->shelf, rec))
		return NULL;
	ref = strdup(rec ? rec->ref : ch->gone[at - ch->n]);
	if (rec)
		sim_record_rest(rec);
	return ref;
}

/* 1: both speak of one place; of two that say it is gone one is enough. */
static int contradict(struct component *c, struct sim_changes *ch, size_t a,
		      size_t b)
{
	bool gone = a >= ch->n && b >= ch->n;
	char *x, *y;
	int same;

	if (gone && (!ch->gone[a - ch->n] || !ch->gone[b - ch->n]))
		return 0;
	x = name_at(c, ch, a);
	y = name_at(c, ch, b);
	same = x && y ? !strcmp(x, y) : run_unread(c->run);
	free(x);
	free(y);
	if (!gone || same <= 0)
		return same;
	free(ch->gone[b - ch->n]);
	ch->gone[b - ch->n] = NULL;
	return 0;
}

static void close_up(struct sim_changes *ch)
{
	size_t n = 0;

	for (size_t i = 0; i < ch->ngone; i++)
		if (ch->gone[i])
			ch->gone[n++] = ch->gone[i];
	ch->ngone = n;
}

/* One place holds one thing: 1 when an answer has two words on one, 0, -1. */
static int two_words(struct component *c, struct sim_changes *ch)
{
	size_t n = ch->n + (ch->whole ? 0 : ch->ngone);
	struct named *list = calloc(n + 1, sizeof(*list));
	int rc = 0;

	if (!list)
		return run_no_memory(c->run);
	for (size_t i = 0; i < n; i++) {
		const struct sim_record *rec = i < ch->n ? &ch->rec[i] : NULL;

		list[i].at = i;
		list[i].hash = rec && rec->at ?
				       rec->ref_hash :
				       sim_record_hash(rec ? rec->ref :
						       ch->gone[i - ch->n]);
	}
	qsort(list, n, sizeof(*list), by_name);
	for (size_t i = 0; !rc && i < n; i++)
		for (size_t k = i + 1;
		     !rc && k < n && list[k].hash == list[i].hash; k++)
			rc = contradict(c, ch, list[i].at, list[k].at);
	free(list);
	close_up(ch);
	return rc;
}

int look(struct component *c)
{
	struct run *run = c->run;

	for (size_t i = 0; i < c->n; i++) {
		struct side *s = &c->side[i];
		struct sim_err why = {0};
		char *token;
		int rc;

		if (s->failed)
			continue;
		run_progress(run, SYNC_LOOK, s->r->shown, i, c->n);
		if (token_of(c, s, &token))
			return -1;
		sim_changes_free(&s->ch);
		s->r->shelf = run->opt->shelf;
		rc = s->r->ops->changes(s->r, c->g.kind,
					s->again ? NULL : token, &s->ch, &why);
		free(token);
		/* Neither of two can be believed, and nothing of what is beside. */
		if (!rc) {
			rc = two_words(c, &s->ch);
			if (rc < 0)
				return -1;
			if (rc)
				sim_fail(&why, EX_PROTOCOL,
					 "it names one place twice in one answer: nothing there is compared or written in this run; the next one asks again");
		}
		s->looked = !rc;
		if (!rc)
			continue;
		sim_changes_free(&s->ch);
		if (report_left_out(run, s, c->g.kind, &why))
			return -1;
	}
	return 0;
}

void spots_free(struct spots *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->spot[i].ref);
		free(s->spot[i].version);
		free(s->spot[i].uid);
		sim_item_free(&s->spot[i].was);
		free(s->spot[i].whole);
	}
	free(s->spot);
	memset(s, 0, sizeof(*s));
}

static struct spot *spot_add(struct spots *s)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct spot *p = realloc(s->spot, cap * sizeof(*p));

		if (!p)
			return NULL;
		s->spot = p;
		s->cap = cap;
	}
	memset(&s->spot[s->n], 0, sizeof(*s->spot));
	return &s->spot[s->n++];
}

static int spot_new(struct component *c, struct spots *s,
		    struct sim_record *rec)
{
	struct spot *p = spot_add(s);

	if (!p)
		return run_no_memory(c->run);
	p->rec = rec;
	p->found = true;
	return 0;
}

/* The base row a query stands at, and what is in its place now. */
static int spot_base(struct component *c, struct spots *s, enum ledger_query q,
		     struct sim_record *rec)
{
	struct ledger *l = c->run->l;
	const char *ref = ledger_text(l, q, 2);
	const char *version = ledger_text(l, q, 3);
	const char *uid = ledger_text(l, q, 4);
	struct spot *p = spot_add(s);

	if (!p)
		return run_no_memory(c->run);
	p->base = ledger_int(l, q, 0);
	p->item = ledger_int(l, q, 1);
	p->ref = ref ? strdup(ref) : NULL;
	p->version = version ? strdup(version) : NULL;
	p->uid = uid ? strdup(uid) : NULL;
	p->rec = rec;
	p->lost = true;
	p->found = rec;
	if ((ref && !p->ref) || (version && !p->version) || (uid && !p->uid))
		return run_no_memory(c->run);
	return 0;
}

static bool unchanged(struct component *c, enum ledger_query q,
		      const struct sim_record *rec)
{
	const char *version = ledger_text(c->run->l, q, 3);

	return version && rec->version && !strcmp(version, rec->version);
}

/* Unreadable is not gone and not changed; it is only said, and remembered. */
static int unreadable(struct component *c, struct side *s, int64_t base,
		      const struct sim_record *rec)
{
	struct sim_err why;

	if (base && ledger_do(c->run->l, LQ_BASE_MARK, c->run->e, "is", base,
			      "unreadable"))
		return -1;
	sim_fail(&why, EX_DATAERR, "%s", rec->problem);
	report_why(c->run, s, &why);
	c->run->rep->unreadable++;
	/* Where changes are told once, these are to be told again. */
	s->keep_token = true;
	return report_line(c->run, SYNC_PROBLEM, s, c->g.kind, SIM_UPDATE,
			   NULL, SIM_FAILED, rec->problem);
}

/* One base row beside one record of the same place. */
static int beside(struct component *c, struct side *s, struct spots *out,
		  enum ledger_query q, struct sim_record *rec)
{
	struct ledger *l = c->run->l;
	bool was_unreadable = !strcmp(ledger_text(l, q, 5), "unreadable");

	/* As it was when it could be read: it is that one still. */
	if (rec->problem) {
		s->unread = s->unread || !unchanged(c, q, rec);
		return unreadable(c, s, ledger_int(l, q, 0), rec);
	}
	if (unchanged(c, q, rec))
		return was_unreadable
			       ? ledger_do(l, LQ_BASE_MARK, c->run->e, "is",
					   ledger_int(l, q, 0), "present")
			       : 0;
	return spot_base(c, out, q, rec);
}

/** struct place - where a record of a whole answer is, to be found by it */
struct place {
	uint64_t hash;
	struct sim_record *rec;	/* NULL: its base was found */
};

static int by_hash(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* As they came: the order of an answer is one array's. */
static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->rec < y->rec ? -1 : x->rec > y->rec;
}

static int new_record(struct component *c, struct side *s, struct spots *out,
		      struct sim_record *rec)
{
	s->unread = s->unread || rec->problem;
	return rec->problem ? unreadable(c, s, 0, rec)
			    : spot_new(c, out, rec);
}

static struct place *places(struct component *c, struct side *s)
{
	struct place *p = calloc(s->ch.n + 1, sizeof(*p));

	if (!p) {
		run_no_memory(c->run);
		return NULL;
	}
	for (size_t i = 0; i < s->ch.n; i++) {
		struct sim_record *rec = &s->ch.rec[i];

		p[i].rec = rec;
		p[i].hash = rec->at ? rec->ref_hash : sim_record_hash(rec->ref);
	}
	qsort(p, s->ch.n, sizeof(*p), by_hash);
	return p;
}

/* The record in @ref's place, awake; taken out of @p. Return: 1, 0 none, -1. */
static int take_place(struct component *c, struct place *p, size_t n,
		      const char *ref, struct sim_record **out)
{
	uint64_t hash = sim_record_hash(ref);
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (p[mid].hash < hash)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < n && p[from].hash == hash; from++) {
		struct sim_record *rec = p[from].rec;

		if (!rec)
			continue;
		if (run_wake(c->run, rec))
			return -1;
		if (!strcmp(rec->ref, ref)) {
			*out = rec;
			p[from].rec = NULL;
			return 1;
		}
		sim_record_rest(rec);
	}
	return 0;
}

static int spots_whole(struct component *c, struct side *s, struct spots *out)
{
	struct ledger *l = c->run->l;
	struct place *p = places(c, s);
	int rc = -1, row;

	if (!p)
		return -1;
	s->present = 0;
	for (row = ledger_first(l, LQ_BASE_ALL, c->run->e, "i", s->member);
	     row > 0; row = ledger_next(l, LQ_BASE_ALL, c->run->e)) {
		struct sim_record *rec = NULL;
		int there = take_place(c, p, s->ch.n,
				       ledger_text(l, LQ_BASE_ALL, 2), &rec);

		s->present++;
		if (there < 0 ||
		    (there ? beside(c, s, out, LQ_BASE_ALL, rec)
			   : spot_base(c, out, LQ_BASE_ALL, NULL)))
			goto out;
		if (rec)
			sim_record_rest(rec);
	}
	qsort(p, s->ch.n, sizeof(*p), by_place);
	for (size_t i = 0; !row && i < s->ch.n; i++)
		if (p[i].rec && new_record(c, s, out, p[i].rec))
			goto out;
	rc = row;
out:
	ledger_end(l, LQ_BASE_ALL);
	free(p);
	return rc;
}

static int spots_changed(struct component *c, struct side *s,
			 struct spots *out)
{
	struct ledger *l = c->run->l;
	int row, rc = 0;

	s->present = -1;
	for (size_t i = 0; !rc && i < s->ch.n; i++) {
		struct sim_record *rec = &s->ch.rec[i];

		if (run_wake(c->run, rec))
			return -1;
		row = ledger_first(l, LQ_BASE_BY_REF, c->run->e, "is",
				   s->member, rec->ref);
		if (row < 0)
			return -1;
		rc = row ? beside(c, s, out, LQ_BASE_BY_REF, rec)
			 : new_record(c, s, out, rec);
		ledger_end(l, LQ_BASE_BY_REF);
		sim_record_rest(rec);
	}
	for (size_t i = 0; !rc && i < s->ch.ngone; i++) {
		row = ledger_first(l, LQ_BASE_BY_REF, c->run->e, "is",
				   s->member, s->ch.gone[i]);
		if (row < 0)
			return -1;
		if (row)
			rc = spot_base(c, out, LQ_BASE_BY_REF, NULL);
		ledger_end(l, LQ_BASE_BY_REF);
	}
	return rc;
}

/* What was held as deleted has no place any more and is still to be found. */
static int spots_held(struct component *c, struct side *s, struct spots *out)
{
	struct ledger *l = c->run->l;
	int row, rc = 0;

	for (row = ledger_first(l, LQ_BASE_LOST, c->run->e, "i", s->member);
	     row > 0 && !rc; row = ledger_next(l, LQ_BASE_LOST, c->run->e)) {
		rc = spot_base(c, out, LQ_BASE_LOST, NULL);
		if (s->present >= 0)
			s->present++;
	}
	ledger_end(l, LQ_BASE_LOST);
	return rc ? rc : row < 0 ? -1 : 0;
}

int look_spots(struct component *c, size_t side, struct spots *out)
{
	struct side *s = &c->side[side];
	int rc;

	s->unread = false;
	rc = s->ch.whole ? spots_whole(c, s, out) : spots_changed(c, s, out);
	return rc ? rc : spots_held(c, s, out);
}
