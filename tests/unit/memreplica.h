/* SPDX-License-Identifier: MIT */
/*
 * memreplica.h - a replica in memory with the limits a test gives it
 *
 * Lossless it is like the local store or a server: refs that stay, UIDs, a
 * change log behind its tokens. As a card it is an array of records without
 * identity, with names cut to so many bytes and so many numbers and e-mails.
 */
#ifndef SIMSYNC_TESTS_MEMREPLICA_H
#define SIMSYNC_TESTS_MEMREPLICA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/replica.h"

#define MEM_MAX 4096

struct mem_rec {
	bool used;
	bool unreadable;
	bool torn;		/* a write failed in the middle of it */
	long seq;		/* of its last change; deleted ones keep it */
	char uid[64];
	char ref[40];
	struct sim_item item;
};

struct mem {
	struct sim_replica r;
	char name[40];
	bool tokens;		/* it can tell changes */
	size_t capacity;	/* records; lossless: MEM_MAX */
	size_t name_bytes;	/* cards: room of FN */
	size_t tels, emails;	/* cards: how many it holds */
	bool upper;		/* it spells names its own way (DIFFERS) */
	bool broken;		/* changes() fails */
	int away_after;		/* goes away after so many writes; -1: never */
	int tear;		/* dies in the middle of that write; -1: never */
	bool drops;		/* says done and keeps nothing */
	bool keeps;		/* takes a delete and still has the record */
	bool hides;		/* a file of it could not be had: not whole */
	bool twice;		/* names each of its places twice */
	bool hashes;		/* contacts whole, but not lossless: identifiers are hidden */
	int half_way;		/* fails in the middle of that write; -1: never */
	int moved_once;		/* the next write meets another version */
	long seq;
	size_t n;		/* rec[] in use so far */
	size_t writes;
	size_t reserved_n;
	char reserved[MEM_MAX][40];
	struct mem_rec rec[MEM_MAX];
};

static inline struct mem_rec *mem_find(struct mem *m, const char *ref)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used && !strcmp(m->rec[i].ref, ref))
			return &m->rec[i];
	return NULL;
}

static inline void mem_version(const struct mem_rec *r, char out[24])
{
	snprintf(out, 24, "v%ld", r->seq);
}

static inline void mem_record(const struct mem_rec *r, struct sim_record *out)
{
	char v[24];

	mem_version(r, v);
	out->ref = strdup(r->ref);
	out->version = strdup(v);
	if (*r->uid)
		out->uid = strdup(r->uid);
	out->item.kind = r->item.kind;
	if (r->unreadable)
		out->problem = strdup("cannot be read");
	else
		sim_item_copy(&out->item, &r->item);
}

static inline int mem_changes(struct sim_replica *r, enum sim_kind kind,
			      const char *since, struct sim_changes *out,
			      struct sim_err *e)
{
	struct mem *m = r->priv;
	long from = since && m->tokens ? atol(since) : -1;
	char text[24];

	memset(out, 0, sizeof(*out));
	out->shelf = r->lossless ? r->shelf : NULL;
	if (m->broken)
		return sim_fail(e, EX_IOERR, "%s: cannot be read", r->shown);
	if (r->stop && r->stop(r->stop_arg))
		return sim_fail(e, EX_TEMPFAIL, "%s: stopped", r->shown);
	m->reserved_n = 0;
	out->whole = from < 0 && !m->hides;
	if (m->hides)
		return 0;
	for (size_t i = 0; i < m->n; i++) {
		struct mem_rec *k = &m->rec[i];

		if (k->item.kind != kind)
			continue;
		out->total += k->used;
		if (k->seq <= from)
			continue;
		if (k->used) {
			mem_record(k, sim_changes_add(out));
			if (m->twice)
				mem_record(k, sim_changes_add(out));
		} else if (!out->whole && !mem_find(m, k->ref)) {
			out->gone = realloc(out->gone, (out->ngone + 2) *
							       sizeof(char *));
			out->gone[out->ngone++] = strdup(k->ref);
			if (m->twice)
				out->gone[out->ngone++] = strdup(k->ref);
		}
	}
	if (m->tokens) {
		snprintf(text, sizeof(text), "%ld", m->seq);
		out->token = strdup(text);
	}
	return 0;
}

static inline void mem_cut(struct mem *m, const char *value, char *out)
{
	size_t len = strlen(value);

	if (len > m->name_bytes)
		len = m->name_bytes;
	while (len && (value[len] & 0xc0) == 0x80)
		len--;
	while (len && value[len - 1] == ' ' && strlen(value) > len)
		len--;
	memcpy(out, value, len);
	out[len] = '\0';
}

static inline bool mem_has(const struct sim_item *it, const char *name,
			   const char *value)
{
	for (size_t i = 0; it && i < it->n; i++)
		if (!strcmp(it->prop[i].name, name) &&
		    !strcmp(it->prop[i].value, value))
			return true;
	return false;
}

/* How a card spells a value: a number has no typography. */
static inline void mem_bare(const struct sim_prop *p, char out[64])
{
	size_t n = 0;

	for (const char *c = p->value; *c && n < 63; c++)
		if (strcmp(p->name, "TEL") ||
		    (strchr("+0123456789*#", *c) && n < 20))
			out[n++] = *c;
	out[n] = '\0';
}

/* At most @room of them, in the order of @full; those held already first. */
static inline size_t mem_some(const struct sim_item *full,
			      const struct sim_item *held, const char *name,
			      size_t room, struct sim_item *out)
{
	bool take[64] = {false};
	size_t taken = 0;
	char text[64];

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < full->n && i < 64 && taken < room; i++) {
			if (strcmp(full->prop[i].name, name) || take[i])
				continue;
			mem_bare(&full->prop[i], text);
			take[i] = pass || mem_has(held, name, text);
			taken += take[i];
		}
	}
	for (size_t i = 0; i < full->n && i < 64; i++) {
		if (!take[i])
			continue;
		mem_bare(&full->prop[i], text);
		sim_item_add(out, name, NULL, text);
	}
	return taken;
}

/* As a SIM: FN cut, bare numbers, a few e-mails, nothing else. */
static inline int mem_project(struct sim_replica *r,
			      const struct sim_item *full,
			      const struct sim_item *held, struct sim_item *out,
			      struct sim_err *why)
{
	struct mem *m = r->priv;
	size_t tels;
	char text[512];

	sim_item_free(out);
	if (r->lossless || m->hashes || full->kind != SIM_CONTACT)
		return sim_item_copy(out, full);
	out->kind = full->kind;
	if (sim_item_get(full, "FN")) {
		mem_cut(m, sim_item_get(full, "FN"), text);
		sim_item_add(out, "FN", NULL, text);
	}
	tels = mem_some(full, held, "TEL", m->tels, out);
	mem_some(full, held, "EMAIL", m->emails, out);
	if (!tels && !sim_item_get(full, "FN"))
		return sim_fail(why, EX_DATAERR, "no name and no number"), 1;
	return 0;
}

static inline bool mem_taken(struct mem *m, const char *ref)
{
	for (size_t i = 0; i < m->reserved_n; i++)
		if (!strcmp(m->reserved[i], ref))
			return true;
	return mem_find(m, ref);
}

static inline int mem_place(struct sim_replica *r, const struct sim_item *want,
			    const char *uid, char **ref, struct sim_err *e)
{
	struct mem *m = r->priv;
	char text[40];

	(void)want;
	(void)uid;
	for (size_t i = 0; i < m->capacity; i++) {
		snprintf(text, sizeof(text), "rec/%zu", i);
		if (mem_taken(m, text))
			continue;
		strcpy(m->reserved[m->reserved_n++], text);
		*ref = strdup(text);
		return 0;
	}
	sim_fail(e, EX_UNAVAILABLE, "%s is full", r->shown);
	return 1;
}

static inline struct mem_rec *mem_slot(struct mem *m, const char *ref)
{
	struct mem_rec *k;

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rec[i].ref, ref))
			return &m->rec[i];
	if (m->n == MEM_MAX)
		abort();
	k = &m->rec[m->n++];
	memset(k, 0, sizeof(*k));
	snprintf(k->ref, sizeof(k->ref), "%s", ref);
	return k;
}

static inline void mem_put(struct mem *m, const char *ref, const char *uid,
			   const struct sim_item *it)
{
	struct mem_rec *k = mem_slot(m, ref);

	if (!k->used)
		k->uid[0] = '\0';
	k->used = true;
	k->torn = false;
	k->seq = ++m->seq;
	k->item.kind = it->kind;
	sim_item_copy(&k->item, it);
	if (uid)
		snprintf(k->uid, sizeof(k->uid), "%s", uid);
}

static inline void mem_del(struct mem *m, const char *ref)
{
	struct mem_rec *k = mem_find(m, ref);

	k->used = false;
	k->seq = ++m->seq;
}

static inline void mem_write(struct mem *m, struct sim_op *op, bool half)
{
	struct sim_item it = {.kind = op->kind};

	if (op->verb == SIM_DELETE) {
		if (!half) {
			mem_del(m, op->ref);
			return;
		}
		/* The name is gone, the rest still there. */
		sim_item_copy(&it, &op->was);
		it.kind = op->kind;
		sim_item_set(&it, "FN", NULL);
	} else {
		sim_item_copy(&it, &op->want);
		it.kind = op->kind;
		/* TS 31.102: ADN (name, number) first, what hangs on it after. */
		if (half) {
			struct sim_item now = {.kind = op->kind};

			sim_item_copy(&now, &op->was);
			sim_item_set(&now, "FN", sim_item_get(&it, "FN"));
			sim_item_move(&it, &now);
		}
		if (m->upper && sim_item_get(&it, "FN")) {
			char *up = strdup(sim_item_get(&it, "FN"));

			for (char *c = up; *c; c++)
				if (*c >= 'a' && *c <= 'z')
					*c -= 32;
			sim_item_set(&it, "FN", up);
			free(up);
		}
	}
	mem_put(m, op->ref, m->r.lossless || m->hashes ? op->uid : NULL, &it);
	mem_find(m, op->ref)->torn = half;
	sim_item_free(&it);
}

static inline enum sim_outcome mem_one(struct mem *m, struct sim_op *op)
{
	struct mem_rec *k = mem_find(m, op->ref);
	char v[24];

	if (m->moved_once) {
		m->moved_once = 0;
		return SIM_MOVED;
	}
	if (k)
		mem_version(k, v);
	if (op->verb == SIM_CREATE ? !!k : !k || strcmp(v, op->version))
		return SIM_MOVED;
	m->writes++;
	if (m->half_way >= 0 && m->half_way-- == 0) {
		mem_write(m, op, true);
		sim_fail(&op->err, EX_IOERR, "%s: memory failure", m->name);
		return SIM_FAILED;
	}
	if (m->keeps && op->verb == SIM_DELETE) {
		sim_fail(&op->err, EX_IOERR, "%s: still there", m->name);
		return SIM_FAILED;
	}
	if (m->drops && op->verb != SIM_DELETE) {
		if (k)
			mem_del(m, op->ref);
		op->got.ref = strdup(op->ref);
		return SIM_DIFFERS;
	}
	mem_write(m, op, false);
	if (op->verb == SIM_DELETE)
		return SIM_DONE;
	mem_record(mem_find(m, op->ref), &op->got);
	return sim_item_equal(&op->got.item, &op->want) ? SIM_DONE
							: SIM_DIFFERS;
}

static inline int mem_apply(struct sim_replica *r, struct sim_op *op, size_t n,
			    int (*before)(struct sim_op *op, void *arg),
			    int (*after)(struct sim_op *op, void *arg),
			    void *arg, struct sim_err *e)
{
	struct mem *m = r->priv;

	for (size_t i = 0; i < n; i++) {
		if (before(&op[i], arg))
			return -1;
		if (!m->away_after) {
			op[i].outcome = SIM_AWAY;
			sim_fail(&op[i].err, EX_TEMPFAIL, "%s went away",
				 r->shown);
			return after(&op[i], arg);
		}
		if (m->away_after > 0)
			m->away_after--;
		if (m->tear >= 0 && m->tear-- == 0) {
			mem_write(m, &op[i], true);
			return sim_fail(e, EX_TEMPFAIL, "torn");
		}
		op[i].outcome = mem_one(m, &op[i]);
		if (after(&op[i], arg))
			return -1;
	}
	return 0;
}

static inline void mem_free(struct sim_replica *r)
{
	struct mem *m = r->priv;

	for (size_t i = 0; i < m->n; i++)
		sim_item_free(&m->rec[i].item);
	free(m);
}

static const struct sim_replica_ops mem_ops = {
	.changes = mem_changes, .project = mem_project, .place = mem_place,
	.apply = mem_apply, .free = mem_free,
};

static inline struct mem *mem_new(enum sim_class class, const char *name)
{
	struct mem *m = calloc(1, sizeof(*m));

	snprintf(m->name, sizeof(m->name), "%s", name);
	m->r = (struct sim_replica){.ops = &mem_ops, .name = m->name,
				    .shown = m->name, .class = class,
				    .kinds = 7, .priv = m};
	m->r.lossless = class == SIM_LOCAL || class == SIM_REMOTE;
	m->tokens = m->r.lossless;
	m->capacity = m->r.lossless ? MEM_MAX : 250;
	m->name_bytes = 14;
	m->tels = 1;
	m->away_after = m->tear = m->half_way = -1;
	return m;
}

/* "FN:Anna\nTEL:+491\n" */
static inline struct sim_item mem_item(const char *text)
{
	struct sim_item it;

	if (sim_item_parse(&it, SIM_CONTACT, text))
		abort();
	return it;
}

static inline void mem_set(struct mem *m, const char *ref, const char *uid,
			   const char *text)
{
	struct sim_item it = mem_item(text);

	mem_put(m, ref, uid, &it);
	sim_item_free(&it);
}

static inline size_t mem_count(const struct mem *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->rec[i].used;
	return n;
}

/* The record whose text contains @part; NULL unless exactly one. */
static inline struct mem_rec *mem_with(struct mem *m, const char *part)
{
	struct mem_rec *found = NULL;

	for (size_t i = 0; i < m->n; i++) {
		char *text;

		if (!m->rec[i].used)
			continue;
		text = sim_item_text(&m->rec[i].item);
		if (strstr(text, part)) {
			if (found) {
				free(text);
				return NULL;
			}
			found = &m->rec[i];
		}
		free(text);
	}
	return found;
}

#endif
