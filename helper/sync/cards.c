/* SPDX-License-Identifier: MIT */
/*
 * cards.c - generations of cards, profiles that come and go
 */
#include "sync/cards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "store/ledger_sql.h"

/* What a card is called that was never anything else: all phones agree. */
#define FIRST "1"

#define PREFIX "card:"

/* A generation's id: random, so that two phones never make the same. */
static void new_generation(char out[9])
{
	char text[37];
	uuid_t u;

	uuid_generate(u);
	uuid_unparse_lower(u, text);
	memcpy(out, text, 8);
	out[8] = '\0';
}

static void key_of(const char *iccid, char out[CARDS_NAME])
{
	snprintf(out, CARDS_NAME, PREFIX "%s/", iccid);
}

static const char *generation_of(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash ? slash + 1 : "";
}

/* Another phone's word, from a file: only what we could have made ourselves. */
static bool is_generation(const char *text)
{
	size_t n = text ? strspn(text, "0123456789abcdef") : 0;

	return n && n <= 8 && !text[n];
}

static void text_to(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

/* 1 there is one, 0 none, -1; @id is its row. */
static int now_of(struct ledger *l, const char *iccid,
		  struct cards_replica *out, int64_t *id, struct sim_err *e)
{
	const enum ledger_query q = LQ_CARD_NOW;
	char key[CARDS_NAME];
	int rc;

	memset(out, 0, sizeof(*out));
	key_of(iccid, key);
	rc = ledger_first(l, q, e, "s", key);
	if (rc > 0) {
		*id = ledger_int(l, q, 0);
		text_to(out->name, sizeof(out->name), ledger_text(l, q, 1));
		out->class = (enum sim_class)ledger_int(l, q, 2);
		text_to(out->eid, sizeof(out->eid), ledger_text(l, q, 3));
		out->psc = ledger_text(l, q, 4) ? ledger_int(l, q, 4) : -1;
		out->asks = ledger_int(l, q, 5);
		out->known = true;
	}
	ledger_end(l, q);
	return rc;
}

int cards_find(struct ledger *l, const char *iccid, struct cards_replica *out,
	       struct sim_err *e)
{
	int64_t id;
	int rc = now_of(l, iccid, out, &id, e);

	return rc < 0 ? -1 : !rc;
}

/* Was there a card of that ICCID, which is no more? 1, 0, -1 */
static int was_there(struct ledger *l, const char *iccid, struct sim_err *e)
{
	char key[CARDS_NAME];
	int rc;

	key_of(iccid, key);
	rc = ledger_first(l, LQ_CARD_WAS, e, "s", key);
	ledger_end(l, LQ_CARD_WAS);
	return rc;
}

static int retire(struct ledger *l, int64_t id, int64_t now, struct sim_err *e)
{
	return ledger_do(l, LQ_CARD_RETIRE, e, "ii", id, now) ||
	       ledger_do(l, LQ_CARD_NOT_DUE, e, "i", id) ? -1 : 0;
}

static int add(struct ledger *l, const struct cards_replica *r,
	       const char *shown, int64_t now, struct sim_err *e)
{
	return ledger_do(l, LQ_CARD_ADD, e, "ssiisi", r->name, shown,
			 (int64_t)r->class, now, r->eid[0] ? r->eid : NULL,
			 (int64_t)r->asks);
}

/* All or nothing, as each step of a run. */
static int end(struct ledger *l, int rc, struct sim_err *e)
{
	if (!rc && !ledger_commit(l, e))
		return 0;
	ledger_rollback(l);
	return -1;
}

/* A new PSC voids what was known by it; with the book empty it is another. */
static bool reborn(const struct cards_replica *was,
		   const struct cards_seen *seen)
{
	const char *told = seen->generation;

	if (is_generation(told) && strcmp(told, generation_of(was->name)))
		return true;
	return seen->empty && seen->psc >= 0 && was->psc >= 0 &&
	       seen->psc != was->psc;
}

static void begin_generation(const struct cards_seen *seen, bool again,
			     struct cards_replica *out)
{
	char id[9] = FIRST;

	if (is_generation(seen->generation))
		text_to(id, sizeof(id), seen->generation);
	else if (again)
		new_generation(id);
	snprintf(out->name, sizeof(out->name), PREFIX "%s/%s", seen->iccid, id);
	out->class = seen->virt || seen->eid ? SIM_VIRTUAL : SIM_PHYSICAL;
	text_to(out->eid, sizeof(out->eid), seen->eid);
	out->psc = -1;
	out->fresh = again;
	/* What holds something already was filled by somebody who may. */
	out->asks = again && seen->empty;
}

static int place(struct ledger *l, const struct cards_seen *seen, int64_t now,
		 struct cards_replica *out, struct sim_err *e)
{
	int64_t id = 0;
	int rc = now_of(l, seen->iccid, out, &id, e), again;

	if (rc < 0)
		return -1;
	if (rc && !reborn(out, seen)) {
		/* Its class is fixed; whose profile it is may come to be known. */
		if (!seen->eid || !strcmp(seen->eid, out->eid))
			return 0;
		text_to(out->eid, sizeof(out->eid), seen->eid);
		return ledger_do(l, LQ_CARD_CLASS, e, "iis", id,
				 (int64_t)out->class, seen->eid);
	}
	again = rc ? 1 : was_there(l, seen->iccid, e);
	if (again < 0 || (rc && retire(l, id, now, e)))
		return -1;
	begin_generation(seen, again, out);
	return add(l, out, seen->shown, now, e);
}

int cards_place(struct ledger *l, const struct cards_seen *seen, int64_t now,
		bool dry, struct cards_replica *out, struct sim_err *e)
{
	int rc;

	if (ledger_begin(l, e))
		return -1;
	rc = place(l, seen, now, out, e);
	if (!dry || rc)
		return end(l, rc, e);
	ledger_rollback(l);
	return 0;
}

int cards_keep(struct ledger *l, const char *name, int64_t psc,
	       struct sim_err *e)
{
	return psc < 0 ? 0 : ledger_do(l, LQ_CARD_PSC, e, "si", name, psc);
}

/* ---- an eUICC's profiles ------------------------------------------------ */

/** struct row - a replica the ledger knows on that eUICC */
struct row {
	int64_t id;
	char iccid[24];
	char *shown;
	bool there;
};

/** struct listing - one look at an eUICC */
struct listing {
	struct ledger *l;
	const char *eid;
	const struct cards_profile *p;
	size_t n;
	int64_t now;
	uint32_t notice;
	bool first;
	struct row *row;
	size_t rows;
	void (*fn)(enum cards_event what, const char *shown, void *arg);
	void *arg;
};

static void rows_free(struct listing *s)
{
	for (size_t i = 0; i < s->rows; i++)
		free(s->row[i].shown);
	free(s->row);
}

static int load(struct listing *s, struct sim_err *e)
{
	const enum ledger_query q = LQ_EUICC_ALL;
	int rc = ledger_first(s->l, LQ_EUICC_NOTICE, e, "s", s->eid);

	if (rc < 0)
		return -1;
	s->first = !rc;
	if (rc)
		s->notice = (uint32_t)ledger_int(s->l, LQ_EUICC_NOTICE, 0);
	ledger_end(s->l, LQ_EUICC_NOTICE);
	for (rc = ledger_first(s->l, q, e, "s", s->eid); rc > 0;
	     rc = ledger_next(s->l, q, e)) {
		struct row *r = realloc(s->row, (s->rows + 1) * sizeof(*r));
		const char *name = ledger_text(s->l, q, 1);
		size_t n;

		if (r)
			s->row = r;
		if (!r)
			goto nomem;
		r = &r[s->rows++];
		memset(r, 0, sizeof(*r));
		r->id = ledger_int(s->l, q, 0);
		name += strlen(PREFIX);
		n = strcspn(name, "/");
		if (n < sizeof(r->iccid))
			memcpy(r->iccid, name, n);
		r->shown = strdup(ledger_text(s->l, q, 2));
		if (!r->shown)
			goto nomem;
	}
	return rc;
nomem:
	ledger_end(s->l, q);
	return sim_fail(e, EX_OSERR, "profiles: out of memory");
}

static void tell(const struct listing *s, enum cards_event what,
		 const char *shown)
{
	if (s->fn && !s->first)
		s->fn(what, shown, s->arg);
}

static struct row *known(struct listing *s, const char *iccid)
{
	for (size_t i = 0; i < s->rows; i++)
		if (!strcmp(s->row[i].iccid, iccid))
			return &s->row[i];
	return NULL;
}

/* A profile nobody knew here, or one that is known by itself by now. */
static int came(struct listing *s, const struct cards_profile *p,
		enum cards_event what, struct sim_err *e)
{
	const struct cards_seen seen = {
		.iccid = p->iccid, .shown = p->shown, .eid = s->eid,
		.virt = true, .psc = -1, .empty = true,
	};
	struct cards_replica out;

	if (place(s->l, &seen, s->now, &out, e))
		return -1;
	tell(s, what, p->shown);
	return 0;
}

static int look(struct listing *s, const struct cards_profile *p,
		struct sim_err *e)
{
	struct row *r = known(s, p->iccid);

	if (!r)
		return came(s, p, CARDS_ADDED, e);
	r->there = true;
	/* Deleted and loaded again between two looks: its notice says so. */
	if (s->first || p->installed <= s->notice)
		return 0;
	return retire(s->l, r->id, s->now, e) || came(s, p, CARDS_AGAIN, e)
		       ? -1
		       : 0;
}

static int list(struct listing *s, struct sim_err *e)
{
	uint32_t notice = s->notice;

	for (size_t i = 0; i < s->n; i++) {
		if (look(s, &s->p[i], e))
			return -1;
		if (s->p[i].installed > notice)
			notice = s->p[i].installed;
	}
	for (size_t i = 0; i < s->rows; i++) {
		if (s->row[i].there)
			continue;
		if (retire(s->l, s->row[i].id, s->now, e))
			return -1;
		tell(s, CARDS_DELETED, s->row[i].shown);
	}
	return ledger_do(s->l, LQ_EUICC_SEEN, e, "si", s->eid,
			 (int64_t)notice);
}

int cards_profiles(struct ledger *l, const char *eid,
		   const struct cards_profile *p, size_t n, int64_t now,
		   void (*fn)(enum cards_event what, const char *shown,
			      void *arg),
		   void *arg, struct sim_err *e)
{
	struct listing s = {.l = l, .eid = eid, .p = p, .n = n, .now = now,
			    .fn = fn, .arg = arg};
	int rc;

	if (ledger_begin(l, e))
		return -1;
	rc = load(&s, e) || list(&s, e) ? -1 : 0;
	rows_free(&s);
	return end(l, rc, e);
}

/* ---- what a card held --------------------------------------------------- */

int cards_kept(struct ledger *l, const char *digits, char name[CARDS_NAME],
	       int (*fn)(const struct cards_kept *row, void *arg), void *arg,
	       struct sim_err *e)
{
	const enum ledger_query q = LQ_CARD_KEPT;
	int rc = ledger_first(l, LQ_CARD_LIKE, e, "s", digits);

	if (rc > 0)
		text_to(name, CARDS_NAME, ledger_text(l, LQ_CARD_LIKE, 0));
	ledger_end(l, LQ_CARD_LIKE);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	for (rc = ledger_first(l, q, e, "s", name); rc > 0;
	     rc = ledger_next(l, q, e)) {
		struct cards_kept row = {
			.kind = (enum sim_kind)ledger_int(l, q, 3),
			.uid = ledger_text(l, q, 4),
			.value = ledger_text(l, q, 6),
			.local = ledger_int(l, q, 8) &&
				 ledger_text(l, q, 5)[0] == 'l',
		};

		if (fn(&row, arg)) {
			ledger_end(l, q);
			return -1;
		}
	}
	return rc;
}
