// SPDX-License-Identifier: MIT
/*
 * cardput.c - conditional writes to an address book
 *
 * By batches: fetch what is to be changed (the text to patch, and whether it
 * still is the version meant), write with many requests in flight, read back.
 * Nothing is overwritten but under If-Match, nothing made but under
 * If-None-Match.
 */
#include "remote/dav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/vcard.h"

#define BATCH 128

/* One op on its way. */
struct put {
	struct sim_op *op;
	struct http_req q;
	char *body;
	char *match;
	bool ready;	/* to be sent */
	bool look;	/* its truth is what the server holds now */
	bool unknown;	/* torn or 5xx: written or not */
};

struct batch {
	struct carddav *d;
	struct put *put;
	size_t n, at;
	int (*before)(struct sim_op *op, void *arg);
	int (*after)(struct sim_op *op, void *arg);
	void *arg;
	bool away;
	bool stopped;
	struct sim_err *e;
};

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for a contact");
}

static void settle(struct batch *b, struct sim_op *op, enum sim_outcome outcome)
{
	op->outcome = outcome;
	if (b->after && b->after(op, b->arg))
		b->stopped = true;
}

static void fail_op(struct batch *b, struct sim_op *op)
{
	settle(b, op, SIM_FAILED);
}

/* What the server holds now into op->got; nothing there: got.ref NULL. */
static int got(struct sim_op *op, const struct dav_text_item *it)
{
	sim_record_free(&op->got);
	sim_item_init(&op->got.item, SIM_CONTACT);
	if (!it->etag)
		return 0;
	return carddav_record(&op->got, it->path, it->etag, it->data, it->len,
			      &op->err);
}

/* Fetch the ops for which @want says so; item k belongs to who[k]. */
static struct dav_text_item *fetch(struct batch *b, bool want(const struct put *),
				   size_t *who, size_t *count)
{
	struct dav_text_item *it = calloc(b->n + 1, sizeof(*it));
	size_t i, n = 0;

	for (i = 0; it && i < b->n; i++) {
		if (!want(&b->put[i]))
			continue;
		it[n].path = strdup(b->put[i].op->ref);
		if (!it[n].path)
			break;
		who[n++] = i;
	}
	*count = n;
	if (!it || i < b->n) {
		carddav_items_free(it, n);
		nomem(b->e);
		return NULL;
	}
	if (carddav_fetch(b->d, it, n, NULL, NULL, b->e)) {
		carddav_items_free(it, n);
		return NULL;
	}
	return it;
}

static bool is_update(const struct put *p)
{
	return p->op->verb == SIM_UPDATE;
}

static bool to_look_at(const struct put *p)
{
	return p->look;
}

/* Body and condition of a write; what cannot be sent is settled here. */
static void prepare(struct batch *b, struct put *p,
		    const struct dav_text_item *now)
{
	struct sim_op *op = p->op;
	const char *v = op->version;
	size_t len = 0;

	if (op->verb != SIM_CREATE && (!v || !*v || !strncmp(v, "W/", 2))) {
		/* A weak ETag is none for If-Match (RFC 9110 §13.1.1). */
		sim_fail(&op->err, EX_PROTOCOL,
			 "the server gives no strong ETag for this contact: it cannot be changed safely");
		fail_op(b, op);
		return;
	}
	if (op->verb == SIM_CREATE) {
		p->match = strdup("If-None-Match: *");
		p->body = vcard_new(&op->want, op->uid ? op->uid : "",
				    &op->err);
		len = p->body ? strlen(p->body) : 0;
	} else {
		if (asprintf(&p->match, "If-Match: %s", v) < 0)
			p->match = NULL;
		if (op->verb == SIM_UPDATE &&
		    (!now->etag || strcmp(now->etag, v))) {
			/*
			 * Another version; if it says what is wanted, somebody
			 * (or this run, before it was killed) wrote it.
			 */
			if (got(op, now))
				fail_op(b, op);
			else
				settle(b, op, now->etag &&
				       vcard_same(&op->got.item, &op->want) ?
				       SIM_DONE : SIM_MOVED);
			return;
		}
		if (op->verb == SIM_UPDATE)
			vcard_patch(now->data, now->len, &op->want, &p->body,
				    &len, &op->err);
	}
	p->q.url = http_join(b->d->url, op->ref);
	if (!p->match || !p->q.url || (op->verb != SIM_DELETE && !p->body)) {
		if (!op->err.text[0])
			nomem(&op->err);
		fail_op(b, op);
		return;
	}
	p->q.method = op->verb == SIM_DELETE ? "DELETE" : "PUT";
	p->q.header[0] = p->match;
	p->q.header[1] = p->body ? "Content-Type: text/vcard; charset=utf-8"
				 : NULL;
	p->q.body = p->body;
	p->q.body_len = len;
	p->q.cookie = p;
	p->q.repeat = true;
	p->ready = true;
}

static struct http_req *next(void *arg)
{
	struct batch *b = arg;

	while (b->at < b->n && !b->put[b->at].ready)
		b->at++;
	if (b->at >= b->n || b->away || b->stopped)
		return NULL;
	if (b->before && b->before(b->put[b->at].op, b->arg)) {
		b->stopped = true;
		return NULL;
	}
	return &b->put[b->at++].q;
}

static int done(struct http_req *q, void *arg)
{
	struct batch *b = arg;
	struct put *p = q->cookie;
	struct sim_op *op = p->op;
	bool gone = q->status == 404 || q->status == 410;

	p->ready = false;
	if (q->fault != HTTP_OK) {
		http_why(q, "contacts", &op->err);
		b->away = true;
		if (q->fault == HTTP_DOWN)
			settle(b, op, SIM_AWAY);
		else
			p->look = p->unknown = true;
	} else if (q->status / 100 == 2) {
		if (op->verb == SIM_DELETE)
			settle(b, op, SIM_DONE);
		else
			p->look = true;
	} else if (q->status == 412 || (gone && op->verb != SIM_CREATE)) {
		p->look = true;
		op->outcome = SIM_MOVED;
	} else if (q->status == 507) {
		http_why(q, "contacts", &op->err);
		settle(b, op, SIM_FULL);
	} else if (q->status == 413) {
		http_why(q, "a contact", &op->err);
		settle(b, op, SIM_UNFIT);
	} else if (q->status == 409 || q->status == 415 || q->status == 400) {
		sim_fail(&op->err, EX_DATAERR,
			 "the server does not take this contact (%ld): it has one of that UID already, or holds its vCard for wrong",
			 q->status);
		fail_op(b, op);
	} else {
		http_why(q, "contacts", &op->err);
		if (q->status / 100 == 5)
			p->look = p->unknown = true;
		else
			fail_op(b, op);
		/* No right to write here: it will not get better. */
		if (q->status == 401)
			b->away = true;
	}
	return b->away || b->stopped;
}

/* The truth after the writes: what the server hands out now. */
static void judge(struct batch *b, struct put *p,
		  const struct dav_text_item *now)
{
	struct sim_op *op = p->op;
	bool moved = op->outcome == SIM_MOVED, same;

	if (got(op, now)) {
		fail_op(b, op);
		return;
	}
	if (op->verb == SIM_DELETE) {
		if (!now->etag)
			settle(b, op, moved ? SIM_MOVED : SIM_DONE);
		else if (p->unknown && !strcmp(now->etag, op->version))
			settle(b, op, SIM_FAILED);
		else
			settle(b, op, SIM_MOVED);
		return;
	}
	same = now->etag && !op->got.problem &&
	       vcard_same(&op->got.item, &op->want);
	if (same)
		settle(b, op, SIM_DONE);
	else if (moved || !now->etag)
		settle(b, op, p->unknown && op->verb == SIM_CREATE ?
		       SIM_FAILED : SIM_MOVED);
	else if (p->unknown)
		settle(b, op, op->version && !strcmp(now->etag, op->version) ?
		       SIM_FAILED : SIM_MOVED);
	else
		settle(b, op, SIM_DIFFERS);
}

static void read_back(struct batch *b, size_t *who)
{
	struct dav_text_item *it;
	size_t n, i;

	for (i = 0; i < b->n && !b->put[i].look; i++)
		;
	if (i == b->n)
		return;
	it = fetch(b, to_look_at, who, &n);
	if (it) {
		for (i = 0; i < n; i++)
			judge(b, &b->put[who[i]], &it[i]);
		carddav_items_free(it, n);
		return;
	}
	/* Written or not: the next run looks. */
	for (i = 0; i < b->n; i++) {
		if (!b->put[i].look)
			continue;
		if (!b->put[i].op->err.text[0])
			b->put[i].op->err = *b->e;
		settle(b, b->put[i].op, SIM_AWAY);
	}
	b->away = true;
}

static int run(struct batch *b)
{
	size_t *who = calloc(b->n + 1, sizeof(*who)), n = 0, i, k;
	struct dav_text_item *it;
	int ret = -1;

	if (!who)
		return nomem(b->e);
	it = fetch(b, is_update, who, &n);
	if (!it)
		goto out;
	for (i = k = 0; i < b->n; i++) {
		const struct dav_text_item *now = NULL;

		if (k < n && who[k] == i)
			now = &it[k++];
		prepare(b, &b->put[i], now);
	}
	carddav_items_free(it, n);
	if (http_many(b->d->h, next, done, b, b->e) < 0)
		goto out;
	read_back(b, who);
	ret = 0;
out:
	for (i = 0; i < b->n; i++) {
		http_req_free(&b->put[i].q);
		free(b->put[i].body);
		free(b->put[i].match);
	}
	free(who);
	return ret;
}

int carddav_apply(struct carddav *d, struct sim_op *op, size_t n,
		  int (*before)(struct sim_op *op, void *arg),
		  int (*after)(struct sim_op *op, void *arg), void *arg,
		  struct sim_err *e)
{
	struct batch b = { .d = d, .before = before, .after = after,
			   .arg = arg, .e = e };
	size_t at, i;
	int ret = 0;

	b.put = calloc(BATCH, sizeof(*b.put));
	if (!b.put)
		return nomem(e);
	for (at = 0; at < n && !ret && !b.away && !b.stopped; at += b.n) {
		b.n = n - at < BATCH ? n - at : BATCH;
		b.at = 0;
		memset(b.put, 0, BATCH * sizeof(*b.put));
		for (i = 0; i < b.n; i++) {
			b.put[i].op = &op[at + i];
			op[at + i].outcome = SIM_PENDING;
			op[at + i].err = (struct sim_err){ 0 };
		}
		ret = run(&b);
	}
	free(b.put);
	if (!ret && b.stopped)
		ret = sim_fail(e, EX_TEMPFAIL, "contacts: stopped");
	return ret;
}
