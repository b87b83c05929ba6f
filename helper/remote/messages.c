// SPDX-License-Identifier: MIT
/* messages.c - messages on the server as the sync engine wants them */
#include "remote/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TYPE "application/x-ndjson"

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for messages");
}

void messages_free(struct webdav *d)
{
	size_t i;

	for (i = 0; i < d->nreserved; i++)
		free(d->reserved[i]);
	free(d->reserved);
	d->reserved = NULL;
	d->nreserved = 0;
	box_free(d->box);
	d->box = NULL;
}

static int record(struct sim_record *r, const struct message *m)
{
	char version[17];

	box_version(message_now(m), version);
	r->ref = strdup(m->id);
	r->version = strdup(version);
	sim_item_init(&r->item, SIM_MESSAGE);
	return r->ref && r->version && !sim_item_copy(&r->item, message_now(m)) ? 0
									  : -1;
}

int messages_changes(struct webdav *d, const char *since,
		     struct sim_changes *out, struct sim_err *e)
{
	struct dav_files f;
	char *token;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (since && !strncmp(since, "m:", 2)) {
		if (webdav_list(d, &f, e))
			return sim_fail_in(e, "messages");
		token = box_token(&f);
		webdav_files_free(&f);
		if (!token)
			return nomem(e);
		if (!strcmp(token, since)) {
			out->token = token;
			return 0;
		}
		free(token);
	}
	if (box_load(d, e))
		return sim_fail_in(e, "messages");
	out->whole = true;
	for (i = 0; i < d->box->n; i++) {
		struct sim_record *r;

		if (d->box->m[i].gone)
			continue;
		r = sim_changes_add(out);
		if (!r || record(r, &d->box->m[i]))
			goto fail;
	}
	out->total = out->n;
	out->token = strdup(d->box->token);
	if (out->token)
		return 0;
fail:
	sim_changes_free(out);
	return nomem(e);
}

static bool taken(const struct webdav *d, const char *id)
{
	size_t i;

	for (i = 0; i < d->nreserved; i++)
		if (!strcmp(d->reserved[i], id))
			return true;
	return false;
}

int messages_place(struct webdav *d, const struct sim_item *want, char **ref,
		   struct sim_err *e)
{
	char *key = sim_item_key(want), **p;
	unsigned int k = 1;

	*ref = key ? strdup(key) : NULL;
	while (*ref && taken(d, *ref)) {
		free(*ref);
		if (asprintf(ref, "%s-%u", key, ++k) < 0)
			*ref = NULL;
	}
	free(key);
	if (!*ref)
		return nomem(e);
	p = realloc(d->reserved, (d->nreserved + 1) * sizeof(*p));
	if (p) {
		d->reserved = p;
		p[d->nreserved] = strdup(*ref);
	}
	if (!p || !p[d->nreserved]) {
		free(*ref);
		*ref = NULL;
		return nomem(e);
	}
	d->nreserved++;
	return 0;
}

/* One file to be written with what some ops add to it. */
struct outgoing {
	char name[80];
	struct buf text;
	char *etag;	/* of what is there, NULL: nothing */
	size_t had;
	enum sim_outcome outcome;
	struct sim_err err;
};

struct job {
	struct webdav *d;
	struct outgoing *out;
	size_t n;
	size_t *of;	/* op -> outgoing, or NONE */
	int64_t now;
};
#define NONE ((size_t)-1)

static struct outgoing *outgoing(struct job *j, const char *name, size_t *at)
{
	const struct box_file *f;
	struct outgoing *o, *p;
	size_t i;

	for (i = 0; i < j->n; i++)
		if (!strcmp(j->out[i].name, name)) {
			*at = i;
			return &j->out[i];
		}
	p = realloc(j->out, (j->n + 1) * sizeof(*p));
	if (!p)
		return NULL;
	j->out = p;
	o = &p[*at = j->n++];
	*o = (struct outgoing){ 0 };
	snprintf(o->name, sizeof(o->name), "%s", name);
	f = box_file(j->d->box, name);
	if (f) {
		buf_add(&o->text, f->text, f->len);
		/* A line torn off by hand or accident stays a line of its own. */
		if (f->len && f->text[f->len - 1] != '\n')
			buf_chr(&o->text, '\n');
		o->etag = strdup(f->etag);
	}
	o->had = o->text.n;
	return o;
}

/* Segment a message belongs to: by its date, so that it is always the same. */
static void segment_name(const struct webdav *d, const struct sim_item *it,
			 char name[80])
{
	const char *date = sim_item_get(it, "DATE");
	int year = 0, month = 0;

	if (!date || sscanf(date, "%4d-%2d", &year, &month) != 2 ||
	    year < 1990 || year > 2999 || month < 1 || month > 12)
		year = month = 0;
	snprintf(name, 80, "m-%.40s-%04d-%02d.ndjson", d->c->device, year,
		 month);
}

static int look(struct sim_op *op, const struct message *m)
{
	sim_record_free(&op->got);
	sim_item_init(&op->got.item, SIM_MESSAGE);
	if (!m || m->gone)
		return 0;
	return record(&op->got, m);
}

/*
 * Put the op's line in its file, or say at once what became of it. Return 0,
 * -1 no memory.
 */
static int add_op(struct job *j, struct sim_op *op, size_t *of)
{
	struct message *m = box_find(j->d->box, op->ref);
	char name[80], version[17] = "";
	struct outgoing *o;
	int64_t at;

	*of = NONE;
	if (m)
		box_version(message_now(m), version);
	if (op->verb == SIM_CREATE && m && !m->gone) {
		op->outcome = sim_item_equal(message_now(m), &op->want) ? SIM_DONE
								  : SIM_MOVED;
		return look(op, m);
	}
	if (op->verb != SIM_CREATE && (!m || m->gone || !op->version ||
				       strcmp(version, op->version))) {
		op->outcome = SIM_MOVED;
		if (op->verb == SIM_DELETE ? !m || m->gone :
		    m && !m->gone && sim_item_equal(message_now(m), &op->want))
			op->outcome = op->verb == SIM_DELETE ? SIM_MOVED
							     : SIM_DONE;
		return look(op, m);
	}
	if (op->verb == SIM_CREATE && !m)
		segment_name(j->d, &op->want, name);
	else
		snprintf(name, sizeof(name), "s-%.40s.ndjson",
			 j->d->c->device);
	o = outgoing(j, name, of);
	if (!o)
		return -1;
	if (!m)
		return box_line(&o->text, op->ref, &op->want);
	at = m->at >= j->now ? m->at + 1 : j->now;
	return box_state(&o->text, m, at,
			 op->verb == SIM_DELETE ? NULL : &op->want);
}

static void send_file(struct job *j, struct outgoing *o)
{
	char *text, *etag;
	size_t len;
	int ret;

	o->outcome = webdav_put(j->d, o->name, TYPE, o->etag, o->text.p,
				o->text.n, &o->err);
	if (o->outcome != SIM_DONE && o->outcome != SIM_AWAY)
		return;
	/* Read back: what is there counts, whatever the answer was. */
	ret = webdav_get(j->d, o->name, BOX_MAX_BYTES, &text, &len, &etag,
			 o->outcome == SIM_DONE ? &o->err : NULL);
	if (ret < 0)
		o->outcome = SIM_AWAY;
	else if (!ret && len == o->text.n && !memcmp(text, o->text.p, len))
		o->outcome = SIM_DONE;
	else if (o->outcome == SIM_DONE)
		o->outcome = SIM_MOVED;
	else
		o->outcome = ret == !o->etag && (ret || len == o->had) ?
				     SIM_FAILED : SIM_MOVED;
	free(text);
	free(etag);
}

static void job_free(struct job *j)
{
	size_t i;

	for (i = 0; i < j->n; i++) {
		buf_free(&j->out[i].text);
		free(j->out[i].etag);
	}
	free(j->out);
	free(j->of);
}

static void conclude(struct job *j, struct sim_op *op, size_t i)
{
	const struct outgoing *o = &j->out[j->of[i]];
	char version[17];

	op->outcome = o->outcome;
	op->err = o->err;
	if (o->outcome != SIM_DONE || op->verb == SIM_DELETE)
		return;
	sim_record_free(&op->got);
	sim_item_init(&op->got.item, SIM_MESSAGE);
	box_version(&op->want, version);
	op->got.ref = strdup(op->ref);
	op->got.version = strdup(version);
	if (!op->got.ref || !op->got.version ||
	    sim_item_copy(&op->got.item, &op->want))
		op->outcome = SIM_AWAY;
}

int messages_apply(struct webdav *d, struct sim_op *op, size_t n,
		   int (*before)(struct sim_op *op, void *arg),
		   int (*after)(struct sim_op *op, void *arg), void *arg,
		   struct sim_err *e)
{
	struct job j = { .d = d };
	struct timespec t;
	size_t i;
	int ret = -1;

	if (!n)
		return 0;
	for (i = 0; i < n; i++) {
		op[i].outcome = SIM_PENDING;
		op[i].err = (struct sim_err){ 0 };
	}
	if (box_load(d, e))
		return sim_fail_in(e, "messages");
	clock_gettime(CLOCK_REALTIME, &t);
	j.now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	j.of = calloc(n, sizeof(*j.of));
	for (i = 0; j.of && i < n; i++) {
		if (before && before(&op[i], arg)) {
			ret = sim_fail(e, EX_TEMPFAIL, "messages: stopped");
			goto out;
		}
		if (add_op(&j, &op[i], &j.of[i])) {
			nomem(e);
			goto out;
		}
	}
	if (!j.of) {
		nomem(e);
		goto out;
	}
	for (i = 0; i < j.n; i++)
		send_file(&j, &j.out[i]);
	for (i = 0; i < n; i++) {
		if (j.of[i] != NONE)
			conclude(&j, &op[i], i);
		if (after && after(&op[i], arg)) {
			ret = sim_fail(e, EX_TEMPFAIL, "messages: stopped");
			goto out;
		}
	}
	ret = 0;
out:
	job_free(&j);
	return ret;
}
