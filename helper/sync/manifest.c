/* SPDX-License-Identifier: MIT */
/*
 * manifest.c - several phones on one card and one server (design.md)
 *
 * What another phone wrote on a card looks like a foreign edit here. The card's
 * manifest on the server says what each phone last agreed with it to: a record
 * equal to any of that is nobody's edit, and whose it is needs no guess. What
 * the phones disagree about then is between phone and server, as ever. With the
 * server out of reach it is an ordinary edit, and may be a conflict.
 */
#include "sync/run.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "card:"

/** struct name - a card's ledger name, taken apart */
struct name {
	char iccid[24];
	char generation[16];
};

static bool take_apart(const char *ledger, struct name *out)
{
	const char *slash = strchr(ledger, '/');
	size_t n = strlen(PREFIX), len;

	memset(out, 0, sizeof(*out));
	if (strncmp(ledger, PREFIX, n) || !slash)
		return false;
	len = (size_t)(slash - ledger) - n;
	if (!len || len >= sizeof(out->iccid) ||
	    strlen(slash + 1) >= sizeof(out->generation))
		return false;
	memcpy(out->iccid, ledger + n, len);
	strcpy(out->generation, slash + 1);
	return true;
}

/* ---- before diffing ----------------------------------------------------- */

static struct side *server_of(struct component *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct side *s = &c->side[i];

		if (s->r->class == SIM_REMOTE && s->r->ops->told && s->looked &&
		    !s->failed)
			return s;
	}
	return NULL;
}

/* What was told of that record there; of any place, where it was moved. */
static const struct sim_told *told_of(const struct sim_manifest *m,
				      const char *text, const char *ref)
{
	const struct sim_told *found = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct sim_told *t = &m->told[i];

		if (strcmp(t->text, text))
			continue;
		if (!strcmp(t->ref, ref))
			return t;
		/* Two items that look the same: whose it is cannot be said. */
		if (found && strcmp(found->uid, t->uid))
			return NULL;
		found = t;
	}
	return found;
}

static int first_item(struct run *run, enum ledger_query q, int64_t a,
		      const char *uid, int64_t *item)
{
	int rc = ledger_first(run->l, q, run->e, "is", a, uid);

	*item = rc > 0 ? ledger_int(run->l, q, 0) : 0;
	ledger_end(run->l, q);
	return rc < 0 ? -1 : 0;
}

/* The server's UID of an item is what all phones know it by. */
static int item_of(struct component *c, const struct side *server,
		   const char *uid, int64_t *item)
{
	struct run *run = c->run;

	if (first_item(run, LQ_ITEM_BY_UID, c->id, uid, item))
		return -1;
	if (*item && item_here(c, server, *item) > 0)
		return 0;
	return first_item(run, LQ_MANIFEST_ITEM, server->member, uid, item);
}

static struct spot *lost_spot(struct spots *s, int64_t item, const char *ref)
{
	struct spot *any = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct spot *p = &s->spot[i];

		if (!p->lost || p->item != item)
			continue;
		if (p->ref && !strcmp(p->ref, ref))
			return p;
		any = p;
	}
	return any;
}

/* It is that item, as another phone left it: neither edit nor addition. */
static int is_that(struct component *c, size_t side, struct spot *lost,
		   struct spot *found, int64_t item, const char *text)
{
	struct run *run = c->run;
	struct side *s = &c->side[side];
	struct touch *t = touch_add(c, item, side);

	if (!t)
		return -1;
	t->rec = found->rec;
	t->told = true;
	found->found = false;
	if (lost) {
		t->base = lost->base;
		t->ref = lost->ref;
		t->version = lost->version;
		lost->ref = lost->version = NULL;
		lost->lost = false;
		return 0;
	}
	if (ledger_do(run->l, LQ_BASE_GONE, run->e, "ii", item, s->member))
		return -1;
	t->base = ledger_add(run->l, LQ_BASE_ADD, run->e, "iissssssii", item,
			     s->member, NULL, NULL, NULL, text, NULL, "present",
			     text_hash(text), (int64_t)0);
	return t->base < 0 ? -1 : 0;
}

static int match_one(struct component *c, size_t side, struct side *server,
		     const struct sim_manifest *m, struct spots *s,
		     struct spot *p)
{
	char *text = sim_item_text(&p->rec->item);
	const struct sim_told *t;
	struct spot *lost;
	int64_t item = 0;
	int here = 0, rc = 0;

	if (!text)
		return run_no_memory(c->run);
	t = told_of(m, text, p->rec->ref);
	if (t)
		rc = item_of(c, server, t->uid, &item);
	if (rc || !item)
		goto out;
	lost = lost_spot(s, item, p->rec->ref);
	if (!lost)
		here = item_here(c, &c->side[side], item);
	if (here < 0)
		rc = -1;
	else if (!here)
		rc = is_that(c, side, lost, p, item, text);
out:
	free(text);
	return rc;
}

int manifest_match(struct component *c, size_t side, struct spots *s)
{
	struct side *server = server_of(c);
	struct sim_manifest m;
	struct sim_err why;
	struct name name;
	bool any = false;
	int rc = 0;

	for (size_t i = 0; !any && i < s->n; i++)
		any = s->spot[i].found;
	if (!any || !server || !take_apart(c->side[side].r->name, &name))
		return 0;
	/* Not to be had: as with the server away. */
	if (server->r->ops->told(server->r, name.iccid, &m, &why))
		return 0;
	if (!strcmp(m.generation, name.generation))
		for (size_t i = 0; !rc && i < s->n; i++)
			if (s->spot[i].found)
				rc = match_one(c, side, server, &m, s,
					       &s->spot[i]);
	sim_manifest_free(&m);
	return rc;
}

/* ---- at the end of a run ------------------------------------------------ */

static int old(struct component *c, int64_t member)
{
	return ledger_do(c->run->l, LQ_MANIFEST_OLD, c->run->e, "ii", c->id,
			 member);
}

int manifest_all_old(struct component *c)
{
	return c->g.kind == SIM_CONTACT ? old(c, 0) : 0;
}

/*
 * A line says what a record of the card is, and who that is on the server: it is
 * another one where the record changes, or where the server gains or loses
 * somebody. An edit on the phone or the server alone changes none.
 */
int manifest_old(struct component *c, const struct side *s, bool whole)
{
	if (c->g.kind != SIM_CONTACT)
		return 0;
	if (s->card)
		return old(c, s->member);
	return whole && s->r->class == SIM_REMOTE ? old(c, 0) : 0;
}

/** struct telling - a card whose manifest is to be written */
struct telling {
	int64_t member, server;
	struct name name;
};

static int add_line(struct run *run, struct sim_manifest *m)
{
	const enum ledger_query q = LQ_MANIFEST_LINES;
	struct sim_told *t = sim_manifest_add(m);

	if (!t)
		return run_no_memory(run);
	t->ref = strdup(ledger_text(run->l, q, 0));
	t->text = strdup(ledger_text(run->l, q, 1));
	t->uid = strdup(ledger_text(run->l, q, 2));
	return t->ref && t->text && t->uid ? 0 : run_no_memory(run);
}

static int tell(struct run *run, struct sim_replica *server,
		const struct telling *t)
{
	const enum ledger_query q = LQ_MANIFEST_LINES;
	struct sim_manifest m = {.n = 0};
	struct sim_err why = {0};
	int row, rc = 0;

	strcpy(m.generation, t->name.generation);
	for (row = ledger_first(run->l, q, run->e, "ii", t->member, t->server);
	     row > 0 && !rc; row = rc ? rc : ledger_next(run->l, q, run->e))
		rc = add_line(run, &m);
	ledger_end(run->l, q);
	if (!rc && row < 0)
		rc = -1;
	if (!rc) {
		int told = server->ops->tell(server, t->name.iccid, &m, &why);

		if (!told)
			rc = ledger_do(run->l, LQ_MANIFEST_TOLD, run->e, "ii",
				       t->member, run->id);
		else if (told < 0)
			rc = report_line(run, SYNC_PROBLEM, NULL, SIM_INFO,
					 SIM_UPDATE, NULL, SIM_FAILED,
					 why.text);
	}
	sim_manifest_free(&m);
	return rc;
}

/* It failed in this run already: no need to wait for it once more. */
static bool left_out(const struct run *run, const struct sim_replica *r)
{
	for (size_t i = 0; i < run->rep->n; i++)
		if (run->rep->line[i].type == SYNC_LEFT_OUT &&
		    !strcmp(run->rep->line[i].replica, r->shown))
			return true;
	return false;
}

int manifest_tell(struct run *run, struct sim_replica **r, size_t n)
{
	const enum ledger_query q = LQ_MANIFEST_DUE;
	struct sim_replica *server = NULL;
	struct telling list[8];
	size_t k = 0;
	int row;

	for (size_t i = 0; i < n; i++)
		if (r[i]->class == SIM_REMOTE && r[i]->ops->tell)
			server = r[i];
	if (!server || run->opt->dry_run || left_out(run, server))
		return 0;
	for (row = ledger_first(run->l, q, run->e, "i", run->id); row > 0;
	     row = ledger_next(run->l, q, run->e)) {
		list[k].member = ledger_int(run->l, q, 0);
		list[k].server = ledger_int(run->l, q, 1);
		if (take_apart(ledger_text(run->l, q, 2), &list[k].name) &&
		    ++k == sizeof(list) / sizeof(*list)) {
			ledger_end(run->l, q);
			break;
		}
	}
	if (row < 0)
		return -1;
	for (size_t i = 0; i < k; i++)
		if (tell(run, server, &list[i]))
			return -1;
	return 0;
}
