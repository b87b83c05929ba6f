// SPDX-License-Identifier: MIT
/* replica.c - the phone's own store as the sync engine sees it */
#include "store/store_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "model/vcard.h"

/* Writes per transaction: one wait for the disk pays for so many. */
#define BATCH 256

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory");
}

static char *version_text(int64_t v)
{
	char t[24];

	snprintf(t, sizeof(t), "%" PRId64, v);
	return strdup(t);
}

/* A row of any kind as a record; a vCard no longer understood is a problem. */
static int contact_record(const struct store_contact *c, struct sim_record *r)
{
	struct sim_vcard v;
	struct sim_err why;

	r->ref = strdup(c->uid);
	r->uid = strdup(c->uid);
	r->version = version_text(c->version);
	sim_item_init(&r->item, SIM_CONTACT);
	if (!r->ref || !r->uid || !r->version)
		return -1;
	if (vcard_parse(c->vcard, c->len, &v, &why)) {
		r->problem = strdup(why.text);
		return r->problem ? 0 : -1;
	}
	sim_item_move(&r->item, &v.item);
	vcard_free(&v);
	return 0;
}

static int record_record(struct store_record *from, struct sim_record *r)
{
	r->ref = strdup(from->ref);
	r->version = version_text(from->version);
	sim_item_init(&r->item, from->item.kind);
	sim_item_move(&r->item, &from->item);
	return r->ref && r->version ? 0 : -1;
}

/* What is at @ref now; 1: nothing. */
static int look(struct store *s, enum sim_kind kind, const char *ref,
		struct sim_record *r, struct sim_err *e)
{
	struct store_contact c;
	struct store_record m;
	int ret;

	sim_record_free(r);
	sim_item_init(&r->item, kind);
	if (kind == SIM_CONTACT) {
		ret = store_contact_get(s, ref, &c, e);
		if (!ret && contact_record(&c, r))
			ret = nomem(e);
		store_contact_free(&c);
	} else {
		ret = store_record_get(s, kind, ref, &m, e);
		if (!ret && record_record(&m, r))
			ret = nomem(e);
		store_record_free(&m);
	}
	return ret;
}

static int read_since(struct store *s, enum sim_kind kind, int64_t since,
		      struct sim_changes *out, struct sim_err *e)
{
	bool contact = kind == SIM_CONTACT;
	sqlite3_stmt *q = store_q(s, contact ? Q_CONTACT_SINCE : Q_RECORD_SINCE,
				  e);
	int ret;

	if (!q)
		return -1;
	if (!contact)
		sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_int64(q, contact ? 1 : 2, since);
	while ((ret = store_step(s, q, e)) == 1) {
		struct sim_record *r = sim_changes_add(out);
		struct store_contact c = { 0 };
		struct store_record m = { 0 };

		if (!r)
			ret = nomem(e);
		else if (contact)
			ret = store_contact_row(q, &c, e) ? -1 :
			      contact_record(&c, r) ? nomem(e) : 0;
		else
			ret = store_record_row(q, kind, &m, e) ? -1 :
			      record_record(&m, r) ? nomem(e) : 0;
		store_contact_free(&c);
		store_record_free(&m);
		if (ret)
			break;
	}
	sqlite3_reset(q);
	return ret;
}

static int read_gone(struct store *s, enum sim_kind kind, int64_t since,
		     struct sim_changes *out, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_GONE, e);
	int ret;

	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_int64(q, 2, since);
	while ((ret = store_step(s, q, e)) == 1) {
		char **p = realloc(out->gone, (out->ngone + 1) * sizeof(*p));

		if (p) {
			out->gone = p;
			p[out->ngone] = strdup(store_text(q, 0));
		}
		if (!p || !p[out->ngone]) {
			ret = nomem(e);
			break;
		}
		out->ngone++;
	}
	sqlite3_reset(q);
	return ret;
}

static int64_t known_since(const struct store *s, const char *token)
{
	size_t n = strlen(s->id);
	char *end;
	long long v;

	if (!token || strncmp(token, s->id, n) || token[n] != ':')
		return -1;
	v = strtoll(token + n + 1, &end, 10);
	return *end ? -1 : v;
}

static int store_changes(struct sim_replica *r, enum sim_kind kind,
			 const char *token, struct sim_changes *out,
			 struct sim_err *e)
{
	struct store *s = r->priv;
	int64_t since = known_since(s, token), seq;
	char text[64];
	long total;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->shelf = r->shelf;
	/* One transaction: records, removals and token of the same moment. */
	if (sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL))
		return store_db_fail(s, e);
	seq = store_seq(s);
	total = store_count(s, kind);
	if (seq < 0 || total < 0)
		ret = store_db_fail(s, e);
	/* A clock behind the token: an older copy of the file was put back. */
	if (since > seq)
		since = -1;
	out->whole = since < 0;
	out->total = (size_t)total;
	if (!ret && since < seq)
		ret = read_since(s, kind, since, out, e);
	if (!ret && !out->whole && since < seq)
		ret = read_gone(s, kind, since, out, e);
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	snprintf(text, sizeof(text), "%s:%" PRId64, s->id, seq);
	if (!ret && !(out->token = strdup(text)))
		ret = nomem(e);
	if (ret)
		sim_changes_free(out);
	return ret;
}

static int store_project(struct sim_replica *r, const struct sim_item *full,
			 const struct sim_item *held, struct sim_item *out,
			 struct sim_err *why)
{
	(void)r;
	(void)held;
	if (sim_item_copy(out, full))
		return nomem(why);
	if (out->kind == SIM_CONTACT)
		vcard_normal(out);
	return 0;
}

static int reserved(struct store *s, enum sim_kind kind, const char *ref,
		    struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_RESERVED, e);
	int ret;

	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
	ret = store_step(s, q, e);
	sqlite3_reset(q);
	return ret;
}

/* A record's key; a second message of the same content is KEY-2. */
static int place_record(struct store *s, const struct sim_item *want,
			char **ref, struct sim_err *e)
{
	char *key = sim_item_key(want);
	sqlite3_stmt *q;
	unsigned int k = 1;
	int ret = 0;

	if (!key)
		return nomem(e);
	*ref = strdup(key);
	while (*ref && (ret = reserved(s, want->kind, *ref, e)) == 1) {
		free(*ref);
		if (asprintf(ref, "%s-%u", key, ++k) < 0)
			*ref = NULL;
	}
	free(key);
	if (!*ref)
		return nomem(e);
	q = ret ? NULL : store_q(s, Q_RESERVE, e);
	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, want->kind);
	sqlite3_bind_text(q, 2, *ref, -1, SQLITE_STATIC);
	return store_run(s, q, e);
}

static int store_place(struct sim_replica *r, const struct sim_item *want,
		       const char *uid, char **ref, struct sim_err *e)
{
	char fresh[37];
	uuid_t u;

	*ref = NULL;
	if (want->kind != SIM_CONTACT)
		return place_record(r->priv, want, ref, e);
	if (!uid) {
		uuid_generate(u);
		uuid_unparse_lower(u, fresh);
		uid = fresh;
	}
	*ref = strdup(uid);
	return *ref ? 0 : nomem(e);
}

static int store_when(struct sim_replica *r, enum sim_kind kind,
		      const char *ref, int64_t *since, int64_t *until,
		      struct sim_err *e)
{
	struct store *s = r->priv;
	sqlite3_stmt *q = kind == SIM_CONTACT ? store_q(s, Q_CONTACT_WHEN, e) :
						NULL;
	int ret = 1;

	if (!q)
		return kind == SIM_CONTACT ? -1 : 1;
	sqlite3_bind_text(q, 1, ref, -1, SQLITE_STATIC);
	if (store_step(s, q, e) == 1 && sqlite3_column_int64(q, 0)) {
		*since = *until = sqlite3_column_int64(q, 0);
		ret = 0;
	}
	sqlite3_reset(q);
	return ret;
}

static int write_contact(struct store *s, struct sim_op *op, int64_t version)
{
	struct store_contact now;
	int ret;

	switch (op->verb) {
	case SIM_CREATE:
		ret = store_contact_get(s, op->ref, &now, &op->err);
		store_contact_free(&now);
		if (ret != 1)
			return ret ? -1 : 1;
		return store_contact_add(s, &op->want, op->ref, NULL, &op->err);
	case SIM_UPDATE:
		return store_contact_edit(s, op->ref, version, &op->want, NULL,
					  &op->err);
	case SIM_DELETE:
		return store_contact_rm(s, op->ref, version, &op->err);
	}
	return -1;
}

static int write_record(struct store *s, struct sim_op *op, int64_t version)
{
	if (op->verb == SIM_DELETE)
		return store_record_rm(s, op->kind, op->ref, version, &op->err);
	return store_record_put(s, op->ref,
				op->verb == SIM_CREATE ? -1 : version,
				&op->want, &op->err);
}

/* One op inside the transaction; -1 when its write failed. */
static int do_op(struct store *s, struct sim_op *op)
{
	int64_t version = op->version ? strtoll(op->version, NULL, 10) : 0;
	int ret, there;

	/* No version known is no licence to overwrite. */
	if (op->verb != SIM_CREATE && version <= 0)
		ret = 1;
	else if (op->kind == SIM_CONTACT)
		ret = write_contact(s, op, version);
	else
		ret = write_record(s, op, version);
	if (ret < 0) {
		op->outcome = SIM_FAILED;
		return -1;
	}
	there = look(s, op->kind, op->ref, &op->got, &op->err);
	if (there < 0) {
		op->outcome = SIM_FAILED;
		return -1;
	}
	if (ret)
		op->outcome = SIM_MOVED;
	else if (op->verb == SIM_DELETE)
		op->outcome = SIM_DONE;
	else if (op->kind == SIM_CONTACT ?
			 vcard_same(&op->got.item, &op->want) :
			 sim_item_equal(&op->got.item, &op->want))
		op->outcome = SIM_DONE;
	else
		op->outcome = SIM_DIFFERS;
	return 0;
}

static int run_batch(struct store *s, struct sim_op *op, size_t n)
{
	struct sim_err e = { 0 };
	bool ok = true;
	size_t i;

	if (store_begin(s, &e)) {
		ok = false;
	} else {
		for (i = 0; i < n && ok; i++)
			ok = !do_op(s, &op[i]);
		ok = !store_end(s, ok, &e);
	}
	if (ok)
		return 0;
	for (i = 0; i < n; i++) {
		if (op[i].outcome != SIM_FAILED) {
			op[i].outcome = SIM_FAILED;
			op[i].err = e;
		}
		sim_record_free(&op[i].got);
	}
	return -1;
}

static int store_apply(struct sim_replica *r, struct sim_op *op, size_t n,
		       int (*before)(struct sim_op *op, void *arg),
		       int (*after)(struct sim_op *op, void *arg), void *arg,
		       struct sim_err *e)
{
	struct store *s = r->priv;
	size_t at, k, i;

	for (at = 0; at < n; at += k) {
		k = n - at < BATCH ? n - at : BATCH;
		for (i = at; i < at + k; i++) {
			op[i].outcome = SIM_PENDING;
			if (before && before(&op[i], arg))
				return sim_fail(e, EX_TEMPFAIL,
						"%s: stopped before a write",
						s->path);
		}
		/* One bad op shall not take the others with it. */
		if (run_batch(s, op + at, k) && k > 1)
			for (i = at; i < at + k; i++)
				run_batch(s, op + i, 1);
		for (i = at; i < at + k; i++)
			if (after && after(&op[i], arg))
				return sim_fail(e, EX_TEMPFAIL,
						"%s: stopped after a write",
						s->path);
	}
	return 0;
}

static void store_replica_free(struct sim_replica *r)
{
	free(r->name);
	free(r->shown);
	free(r);
}

static const struct sim_replica_ops store_ops = {
	.changes = store_changes,
	.project = store_project,
	.place = store_place,
	.when = store_when,
	.apply = store_apply,
	.free = store_replica_free,
};

struct sim_replica *store_replica(struct store *s, struct sim_err *e)
{
	struct sim_replica *r = calloc(1, sizeof(*r));

	if (!r || !(r->name = strdup("local")) || !(r->shown = strdup("phone"))) {
		if (r)
			store_replica_free(r);
		nomem(e);
		return NULL;
	}
	r->ops = &store_ops;
	r->class = SIM_LOCAL;
	r->kinds = 1u << SIM_CONTACT | 1u << SIM_MESSAGE | 1u << SIM_INFO;
	r->lossless = true;
	r->priv = s;
	return r;
}
