/* SPDX-License-Identifier: MIT */
/*
 * pairing.c - records without a base: pair them with items, or make new ones
 *
 * No false merge, ever: a record and an item are paired only when each is the
 * other's sole candidate by number and name; a name the replica cut counts
 * only where nobody else has the number.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"

/* Found there: it holds what a person chose for it, whatever the item's order. */
enum { KNOWS_NO_REV = -1 };

/* Two that may be one: a possible duplicate, or sure where nobody else may. */
enum likely { UNLIKELY, MAYBE, SURE };

struct candidate {
	size_t spot;
	int64_t item;
	enum likely likely;
};

struct candidates {
	struct candidate *c;
	size_t n;
	size_t cap;
};

int numbers_set(struct component *c, int64_t item, const struct sim_item *it,
		bool fresh)
{
	struct run *run = c->run;
	char **list;
	int rc = 0;

	if (c->g.kind != SIM_CONTACT)
		return 0;
	if (!fresh && ledger_do(run->l, LQ_NUMBER_DEL, run->e, "i", item))
		return -1;
	list = sim_numbers(it, run->opt->country);
	if (!list)
		return run_no_memory(run);
	for (size_t i = 0; !rc && list[i]; i++)
		rc = ledger_do(run->l, LQ_NUMBER_ADD, run->e, "isi", c->id,
			       list[i], item);
	sim_numbers_free(list);
	return rc;
}

static int64_t add_base(struct component *c, struct side *s, int64_t item,
			const struct sim_record *rec, int64_t rev)
{
	struct run *run = c->run;
	char *text = sim_item_text(&rec->item);
	int64_t id;

	if (!text)
		return run_no_memory(run);
	id = ledger_add(run->l, LQ_BASE_ADD, run->e, "iissssssii", item,
			s->member, rec->ref, rec->version, rec->uid, text, NULL,
			"present", text_hash(text), rev);
	free(text);
	return id;
}

/* The same where it was not placed, or deleted: that is over. */
static int64_t first_base(struct component *c, struct side *s, int64_t item,
			  const struct sim_record *rec, int64_t rev)
{
	return ledger_do(c->run->l, LQ_BASE_GONE, c->run->e, "ii", item,
			 s->member)
		       ? -1
		       : add_base(c, s, item, rec, rev);
}

/* 1: some item has that UID already */
static int uid_taken(struct component *c, const char *uid)
{
	int rc = ledger_first(c->run->l, LQ_ITEM_BY_UID, c->run->e, "is",
			      c->id, uid);

	ledger_end(c->run->l, LQ_ITEM_BY_UID);
	return rc;
}

/* What the record says, its name as long as it is known to be. malloc'd */
static char *whole_text(const struct spot *p)
{
	struct sim_item it = {.kind = p->rec->item.kind};
	char *text = NULL;

	if (!sim_item_copy(&it, &p->rec->item) &&
	    (!p->whole || !sim_item_set(&it, "FN", p->whole)))
		text = sim_item_text(&it);
	sim_item_free(&it);
	return text;
}

/* A record nobody else has: the item is what it holds. */
static int64_t create(struct component *c, size_t side, struct spot *p,
		      const char *key, int64_t nth)
{
	struct run *run = c->run;
	struct side *s = &c->side[side];
	struct sim_record *rec = p->rec;
	const char *uid = rec->uid;
	char *text, fresh[37];
	int64_t item;
	int taken = 0;

	p->found = false;
	if (!s->gives)
		return 0;
	if (uid)
		taken = uid_taken(c, uid);
	if (taken < 0)
		return -1;
	if (!uid || taken) {
		run_uuid(run, fresh);
		uid = fresh;
	}
	text = whole_text(p);
	if (!text)
		return run_no_memory(run);
	item = ledger_add(run->l, LQ_ITEM_ADD, run->e, "issis", c->id, uid,
			  key, nth, text);
	if (item > 0 &&
	    (add_base(c, s, item, rec, 1) < 0 ||
	     numbers_set(c, item, &rec->item, true) ||
	     ledger_remember(run->l,
			     &(struct ledger_memory){
				     .run = run->id, .item = item,
				     .member = s->member, .verb = SIM_CREATE,
				     .at = run->now, .after = text},
			     run->e) ||
	     !touch_add(c, item, NOT_FOUND)))
		item = -1;
	free(text);
	if (item > 0) {
		run->rep->seen++;
		if (report_line(run, SYNC_SEEN, s, c->g.kind, SIM_CREATE,
				&rec->item, SIM_DONE, ""))
			return -1;
	}
	return item;
}

/* The record is that item, which had nothing here until now. */
static int attach(struct component *c, size_t side, struct spot *p,
		  int64_t item)
{
	struct touch *t = touch_add(c, item, side);

	if (!t)
		return -1;
	t->rec = p->rec;
	t->paired = true;
	p->found = false;
	t->base = first_base(c, &c->side[side], item, p->rec, KNOWS_NO_REV);
	return t->base < 0 ? -1 : 0;
}

int item_here(struct component *c, const struct side *s, int64_t item)
{
	struct ledger *l = c->run->l;
	int row, here = 0;

	for (row = ledger_first(l, LQ_BASE_AT, c->run->e, "ii", item,
				s->member);
	     row > 0; row = ledger_next(l, LQ_BASE_AT, c->run->e)) {
		const char *means = ledger_text(l, LQ_BASE_AT, 2);

		/* Lost ones are being decided on: theirs all the same. */
		here |= !strcmp(means, "present") ||
			!strcmp(means, "unreadable") || !strcmp(means, "asked");
	}
	return row < 0 ? -1 : here;
}

/* Key of a card's record as that server knows it. malloc'd, NULL: no memory */
static char *key_at(struct sim_replica *r, const struct sim_item *it)
{
	struct sim_item hidden = {.kind = it->kind};
	struct sim_err why;
	char *key = NULL;

	if (!r->ops->project(r, it, NULL, &hidden, &why))
		key = sim_item_key(&hidden);
	sim_item_free(&hidden);
	return key;
}

static int same_card(struct component *c, const struct sim_item *a,
		     const struct sim_item *b)
{
	for (size_t i = 0; i < c->n; i++) {
		struct sim_replica *r = c->side[i].r;
		char *x, *y;
		int same;

		if (c->side[i].card || r->lossless)
			continue;
		x = key_at(r, a);
		y = key_at(r, b);
		same = x && y ? !strcmp(x, y) : -1;
		free(x);
		free(y);
		if (same)
			return same < 0 ? run_no_memory(c->run) : 1;
	}
	return 0;
}

/*
 * A server may know a card by a keyed hash only. Cards are few: each is looked
 * at. Where the card itself is here its true number becomes the key.
 */
static int pair_hidden(struct component *c, size_t side, struct spot *p,
		       const char *key)
{
	const enum ledger_query q = LQ_ITEM_ALL;
	struct run *run = c->run;
	int64_t item = 0;
	int row, rc = 0;

	for (row = ledger_first(run->l, q, run->e, "i", c->id);
	     row > 0 && !rc; row = item ? 0 : ledger_next(run->l, q, run->e)) {
		struct sim_item it = {.kind = c->g.kind};

		if (sim_item_parse(&it, c->g.kind, ledger_text(run->l, q, 1)))
			rc = sim_fail(run->e, EX_DATAERR,
				      "ledger: an item cannot be read");
		else
			rc = same_card(c, &it, &p->rec->item);
		if (rc > 0) {
			item = ledger_int(run->l, q, 0);
			rc = 0;
		}
		sim_item_free(&it);
	}
	ledger_end(run->l, q);
	if (rc || row < 0)
		return -1;
	if (!item)
		return 0;
	rc = item_here(c, &c->side[side], item);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (!sim_hidden(key) && ledger_do(run->l, LQ_ITEM_REKEY, run->e, "is",
					  item, key))
		return -1;
	return attach(c, side, p, item);
}

static int pair_keyed(struct component *c, size_t side, struct spot *p)
{
	struct ledger *l = c->run->l;
	char *key = sim_item_key(&p->rec->item);
	int rc = 0;

	if (!key)
		return run_no_memory(c->run);
	/* The same message twice is two: the n-th here is the n-th there. */
	for (int64_t nth = 0; !rc && p->found; nth++) {
		int64_t item = 0;
		int row = ledger_first(l, LQ_ITEM_BY_KEY, c->run->e, "isi",
				       c->id, key, nth);

		if (row > 0)
			item = ledger_int(l, LQ_ITEM_BY_KEY, 0);
		ledger_end(l, LQ_ITEM_BY_KEY);
		if (row < 0) {
			rc = -1;
		} else if (!row) {
			if (c->g.kind == SIM_INFO)
				rc = pair_hidden(c, side, p, key);
			if (!rc && p->found)
				rc = create(c, side, p, key, nth) < 0 ? -1 : 0;
		} else {
			int here = item_here(c, &c->side[side], item);

			if (here < 0)
				rc = -1;
			else if (!here)
				rc = attach(c, side, p, item);
		}
	}
	free(key);
	return rc;
}

/*
 * Cards counted 1, 2, 3 by whoever wrote them out: another's 1 is somebody
 * else. Such a UID needs the name as well.
 */
static int uid_holds(struct component *c, const struct sim_record *rec,
		     int64_t item)
{
	enum { UNIQUE = 16 };
	struct sim_item full = {.kind = c->g.kind};
	const char *a, *b;
	int rc;

	if (strlen(rec->uid) >= UNIQUE)
		return 1;
	rc = item_load(c, item, &full);
	if (rc == 1) {
		a = sim_item_get(&rec->item, "FN");
		b = sim_item_get(&full, "FN");
		rc = sim_name_same(a ? a : "", b ? b : "",
				   c->run->opt->country);
		if (rc < 0)
			run_no_memory(c->run);
	}
	sim_item_free(&full);
	return rc;
}

static int pair_uid(struct component *c, size_t side, struct spot *p)
{
	struct ledger *l = c->run->l;
	int64_t item = 0;
	int rc;

	if (!p->rec->uid || c->side[side].card)
		return 0;
	rc = ledger_first(l, LQ_ITEM_BY_UID, c->run->e, "is", c->id,
			  p->rec->uid);
	if (rc > 0)
		item = ledger_int(l, LQ_ITEM_BY_UID, 0);
	ledger_end(l, LQ_ITEM_BY_UID);
	if (rc <= 0)
		return rc;
	rc = item_here(c, &c->side[side], item);
	if (rc)
		return rc < 0 ? -1 : 0;
	rc = uid_holds(c, p->rec, item);
	return rc > 0 ? attach(c, side, p, item) : rc;
}

/* Edited and copied between two looks: both copies are the edited item. */
static int64_t edited_twin(const struct component *c, size_t side,
			   const struct spots *s, const struct spot *p)
{
	for (size_t i = s->touch0; i < c->touches; i++) {
		const struct touch *t = &c->touch[i];

		if (t->side == side && t->rec && t->edited &&
		    sim_item_same(&t->rec->item, &p->rec->item))
			return t->item;
	}
	return 0;
}

/* An identical record of the same card: another copy of the same item. */
static int pair_alias(struct component *c, size_t side, struct spots *spots,
		      struct spot *p)
{
	struct side *s = &c->side[side];
	struct ledger *l = c->run->l;
	char *text = sim_item_text(&p->rec->item);
	int64_t item = edited_twin(c, side, spots, p), base;
	struct touch *t;
	int row;

	if (!text)
		return run_no_memory(c->run);
	for (row = ledger_first(l, LQ_BASE_ALIKE, c->run->e, "ii", s->member,
				text_hash(text));
	     row > 0 && !item; row = ledger_next(l, LQ_BASE_ALIKE, c->run->e))
		if (!strcmp(ledger_text(l, LQ_BASE_ALIKE, 2), text))
			item = ledger_int(l, LQ_BASE_ALIKE, 1);
	ledger_end(l, LQ_BASE_ALIKE);
	free(text);
	if (row < 0)
		return -1;
	if (!item)
		return 0;
	t = touch_add(c, item, p->retyped ? side : NOT_FOUND);
	if (!t)
		return -1;
	p->found = false;
	/* Beside the row of the first, which may have no place just now. */
	base = add_base(c, s, item, p->rec, KNOWS_NO_REV);
	/* Typed here: who deletes it elsewhere meanwhile has not seen that. */
	if (base > 0 && p->retyped) {
		t->base = base;
		t->rec = p->rec;
		t->paired = t->retyped = true;
	}
	return base < 0 ? -1 : 0;
}

static char *folded_name(const struct sim_item *it)
{
	const char *fn = sim_item_get(it, "FN");

	return sim_text_fold(fn ? fn : "");
}

/* 1: @rec's name is what this replica would make of @full's */
static int cut_alike(struct component *c, struct side *s,
		     const struct sim_item *rec, const struct sim_item *full)
{
	struct sim_item cut = {.kind = c->g.kind};
	struct sim_err why;
	char *a, *b;
	int rc = 0;

	if (s->r->lossless ||
	    s->r->ops->project(s->r, full, NULL, &cut, &why) != 0) {
		sim_item_free(&cut);
		return 0;
	}
	a = folded_name(rec);
	b = folded_name(&cut);
	rc = a && b ? *a && !strcmp(a, b) : run_no_memory(c->run);
	if (rc > 0) {
		rc = sim_cut_is_plain(full, a, c->run->opt->country);
		rc = rc < 0 ? run_no_memory(c->run) : rc ? SURE : MAYBE;
	}
	free(a);
	free(b);
	sim_item_free(&cut);
	return rc;
}

/* Do these two have one name? -1 or enum likely; @alone: and the number */
static int likely(struct component *c, struct side *s,
		  const struct sim_item *rec, const struct sim_item *full,
		  bool alone)
{
	const char *a = sim_item_get(rec, "FN"), *b = sim_item_get(full, "FN");
	int rc = sim_name_same(a ? a : "", b ? b : "", c->run->opt->country);

	/* A card has no birthday and no N to be contradicted by. */
	if (rc > 0 && !s->card) {
		rc = sim_contradict(rec, full);
		return rc < 0 ? run_no_memory(c->run) : rc ? MAYBE : SURE;
	}
	if (rc)
		return rc < 0 ? run_no_memory(c->run) : SURE;
	rc = cut_alike(c, s, rec, full);
	/* Somebody else has the number as well: a cut name is nothing. */
	return rc == SURE && !alone ? MAYBE : rc;
}

static int candidate_add(struct component *c, struct candidates *list,
			 size_t spot, int64_t item, enum likely how)
{
	for (size_t i = list->n; i-- > 0 && list->c[i].spot == spot;)
		if (list->c[i].item == item)
			return 0;
	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 32;
		struct candidate *p = realloc(list->c, cap * sizeof(*p));

		if (!p)
			return run_no_memory(c->run);
		list->c = p;
		list->cap = cap;
	}
	list->c[list->n++] = (struct candidate){spot, item, how};
	return 0;
}

/* Items that have this number, at most a few; a switchboard's are many. */
static int items_with(struct component *c, const char *number, int64_t **out,
		      size_t *n)
{
	const enum ledger_query q = LQ_NUMBER_FIND;
	struct ledger *l = c->run->l;
	int row;

	*out = NULL;
	*n = 0;
	for (row = ledger_first(l, q, c->run->e, "is", c->id, number); row > 0;
	     row = ledger_next(l, q, c->run->e)) {
		if (!(*n & (*n - 1))) {
			int64_t *p = realloc(*out, (*n ? 2 * *n : 1) *
							   sizeof(*p));

			if (!p) {
				ledger_end(l, q);
				return run_no_memory(c->run);
			}
			*out = p;
		}
		(*out)[(*n)++] = ledger_int(l, q, 0);
	}
	return row;
}

/* numbers[i]: of spot i, NULL where there is nothing to pair */
static char ***spot_numbers(struct component *c, const struct spots *spots)
{
	char ***numbers = calloc(spots->n + 1, sizeof(*numbers));

	for (size_t i = 0; numbers && i < spots->n; i++) {
		if (!spots->spot[i].found)
			continue;
		numbers[i] = sim_numbers(&spots->spot[i].rec->item,
					 c->run->opt->country);
		if (numbers[i])
			continue;
		while (i--)
			sim_numbers_free(numbers[i]);
		free(numbers);
		numbers = NULL;
	}
	if (!numbers)
		run_no_memory(c->run);
	return numbers;
}

/* Has another new record of this replica that number too? */
static bool another_has(char ***numbers, size_t n, size_t at,
			const char *number)
{
	for (size_t i = 0; i < n; i++)
		for (char **p = i == at ? NULL : numbers[i]; p && *p; p++)
			if (!strcmp(*p, number))
				return true;
	return false;
}

static int gather_number(struct component *c, struct side *s,
			 struct spots *spots, char ***numbers, size_t at,
			 const char *number, struct candidates *list)
{
	int64_t *item;
	size_t n;
	int rc = items_with(c, number, &item, &n);
	bool alone = n == 1 &&
		     (!s->card ||
		      !another_has(numbers, spots->n, at, number));

	for (size_t i = 0; !rc && i < n; i++) {
		struct sim_item full = {.kind = c->g.kind};
		int how = UNLIKELY;

		rc = item_here(c, s, item[i]);
		if (rc) {
			rc = rc < 0 ? -1 : 0;
			continue;
		}
		rc = item_load(c, item[i], &full);
		if (rc == 1)
			how = likely(c, s, &spots->spot[at].rec->item, &full,
				     alone);
		rc = rc < 0 || how < 0 ? -1 : 0;
		if (!rc && how != UNLIKELY)
			rc = candidate_add(c, list, at, item[i],
					   (enum likely)how);
		sim_item_free(&full);
	}
	free(item);
	return rc;
}

static int gather(struct component *c, struct side *s, struct spots *spots,
		  struct candidates *list)
{
	char ***all = s->card ? spot_numbers(c, spots) : NULL;
	int rc = s->card && !all ? -1 : 0;

	for (size_t i = 0; !rc && i < spots->n; i++) {
		struct sim_record *rec = spots->spot[i].rec;
		char **numbers;

		if (!spots->spot[i].found)
			continue;
		if (run_wake(c->run, rec))
			rc = -1;
		numbers = all ? all[i]
			      : rc ? NULL
				   : sim_numbers(&rec->item,
						 c->run->opt->country);
		if (!numbers && !rc)
			rc = run_no_memory(c->run);
		for (char **p = numbers; !rc && *p; p++)
			rc = gather_number(c, s, spots, all, i, *p, list);
		if (!all)
			sim_numbers_free(numbers);
		sim_record_rest(rec);
	}
	for (size_t i = 0; all && i < spots->n; i++)
		sim_numbers_free(all[i]);
	free(all);
	return rc;
}

static int by_item(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->spot < y->spot ? -1 : x->spot > y->spot;
}

static int note_duplicate(struct component *c, struct side *s, int64_t a,
			  int64_t b, const struct sim_item *it)
{
	struct run *run = c->run;

	if (ledger_do(run->l, LQ_DUPLICATE_ADD, run->e, "iii", a < b ? a : b,
		      a < b ? b : a, run->id))
		return -1;
	return report_line(run, SYNC_DUPLICATE, s, c->g.kind, SIM_CREATE, it,
			   SIM_PENDING, "possible duplicate");
}

static int decide(struct component *c, size_t side, struct spots *spots,
		  struct candidates *list)
{
	size_t *of_spot = calloc(spots->n + 1, sizeof(*of_spot));
	int rc = 0;

	if (!of_spot)
		return run_no_memory(c->run);
	for (size_t i = 0; i < list->n; i++)
		of_spot[list->c[i].spot]++;
	if (list->n)
		qsort(list->c, list->n, sizeof(*list->c), by_item);
	for (size_t i = 0; !rc && i < list->n; i++) {
		struct candidate *k = &list->c[i];
		bool sole = (!i || k[-1].item != k->item) &&
			    (i + 1 == list->n || k[1].item != k->item);

		if (sole && of_spot[k->spot] == 1 && k->likely == SURE) {
			struct spot *p = &spots->spot[k->spot];

			rc = run_wake(c->run, p->rec) ||
			     attach(c, side, p, k->item) ? -1 : 0;
			sim_record_rest(p->rec);
			k->likely = UNLIKELY;
		}
	}
	free(of_spot);
	return rc;
}

int pair_found(struct component *c, size_t side, struct spots *s)
{
	struct side *sd = &c->side[side];
	struct candidates list = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < s->n; i++) {
		struct spot *p = &s->spot[i];

		if (!p->found)
			continue;
		if (run_wake(c->run, p->rec))
			rc = -1;
		else if (c->g.kind != SIM_CONTACT)
			rc = pair_keyed(c, side, p);
		else
			rc = pair_uid(c, side, p);
		sim_record_rest(p->rec);
	}
	if (!rc)
		rc = gather(c, sd, s, &list);
	if (!rc)
		rc = decide(c, side, s, &list);
	for (size_t i = 0; !rc && i < s->n; i++) {
		struct spot *p = &s->spot[i];
		int64_t item = 0;

		if (p->found)
			rc = run_wake(c->run, p->rec);
		if (!rc && p->found && sd->card)
			rc = pair_alias(c, side, s, p);
		if (rc || !p->found)
			continue;
		item = create(c, side, p, NULL, 0);
		rc = item < 0 ? -1 : 0;
		for (size_t k = 0; !rc && item && k < list.n; k++)
			if (list.c[k].spot == i &&
			    list.c[k].likely != UNLIKELY)
				rc = note_duplicate(c, sd, list.c[k].item,
						    item, &p->rec->item);
		sim_record_rest(p->rec);
	}
	free(list.c);
	return rc;
}
