/* SPDX-License-Identifier: MIT */
/*
 * replica.c - memory of what replicas answer
 */
#include "model/replica.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void sim_record_free(struct sim_record *r)
{
	free(r->ref);
	free(r->version);
	free(r->uid);
	free(r->problem);
	sim_item_free(&r->item);
	memset(r, 0, sizeof(*r));
}

void sim_changes_drop(struct sim_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		sim_record_free(&c->rec[i]);
	free(c->rec);
	c->rec = NULL;
	c->n = 0;
}

void sim_changes_free(struct sim_changes *c)
{
	sim_changes_drop(c);
	for (size_t i = 0; i < c->ngone; i++)
		free(c->gone[i]);
	free(c->gone);
	free(c->token);
	memset(c, 0, sizeof(*c));
}

uint64_t sim_record_hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return h ? h : 1;
}

static bool at_rest(const struct sim_record *r)
{
	return r->at && !r->ref;
}

/* Four strings, each ended by NUL; an empty UID is none. */
static char *pack(const struct sim_record *r, size_t *size)
{
	const char *part[] = {r->ref, r->version, r->uid ? r->uid : "", NULL};
	char *text = sim_item_text(&r->item), *all, *to;
	size_t n = 4;

	part[3] = text;
	for (size_t i = 0; text && i < 4; i++)
		n += strlen(part[i]);
	all = to = text ? malloc(n) : NULL;
	for (size_t i = 0; all && i < 4; i++)
		to = stpcpy(to, part[i]) + 1;
	free(text);
	*size = n;
	return all;
}

/* Where there is no room for it, it stays in memory. */
static void put_away(struct sim_shelf *s, struct sim_record *r)
{
	size_t size;
	int64_t at;
	char *all;

	if (r->problem || !r->ref || !r->version ||
	    r->item.kind != SIM_CONTACT || (r->uid && !*r->uid))
		return;
	all = pack(r, &size);
	at = all ? s->put(s, &size, sizeof(size)) : -1;
	if (at >= 0 && s->put(s, all, size) < 0)
		at = -1;
	free(all);
	if (at < 0)
		return;
	r->at = at + 1;
	r->ref_hash = sim_record_hash(r->ref);
	r->uid_hash = r->uid ? sim_record_hash(r->uid) : 0;
	sim_record_rest(r);
}

void sim_record_rest(struct sim_record *r)
{
	if (!r->at)
		return;
	free(r->ref);
	free(r->version);
	free(r->uid);
	r->ref = r->version = r->uid = NULL;
	sim_item_free(&r->item);
}

int sim_record_wake(struct sim_shelf *s, struct sim_record *r)
{
	char *all, *part[4];
	size_t size;
	int rc = -1;

	if (!at_rest(r))
		return 0;
	if (s->get(s, r->at - 1, &size, sizeof(size)))
		return -1;
	all = malloc(size);
	if (!all || s->get(s, r->at - 1 + (int64_t)sizeof(size), all, size))
		goto out;
	part[0] = all;
	for (size_t i = 1; i < 4; i++)
		part[i] = part[i - 1] + strlen(part[i - 1]) + 1;
	r->ref = strdup(part[0]);
	r->version = strdup(part[1]);
	r->uid = *part[2] ? strdup(part[2]) : NULL;
	if (r->ref && r->version && (r->uid || !*part[2]) &&
	    !sim_item_parse(&r->item, SIM_CONTACT, part[3]))
		rc = 0;
	else
		sim_record_rest(r);
out:
	free(all);
	return rc;
}

/* A hash is asked first: most are others, and stay where they are. */
static int is_named(struct sim_shelf *s, struct sim_record *r, uint64_t hash,
		    char *const *have, const char *name)
{
	bool rested = at_rest(r);
	int same;

	if (rested && hash != sim_record_hash(name))
		return 0;
	if (sim_record_wake(s, r))
		return -1;
	same = *have && !strcmp(*have, name);
	if (rested)
		sim_record_rest(r);
	return same;
}

int sim_record_is_at(struct sim_shelf *s, struct sim_record *r,
		     const char *ref)
{
	return is_named(s, r, r->ref_hash, &r->ref, ref);
}

int sim_record_is(struct sim_shelf *s, struct sim_record *r, const char *uid)
{
	return is_named(s, r, r->uid_hash, &r->uid, uid);
}

/* Room doubles: @n is a power of two exactly when the room is used up. */
struct sim_record *sim_changes_add(struct sim_changes *c)
{
	/* The one before is whole now. */
	if (c->shelf && c->n > c->shelf->awake)
		put_away(c->shelf, &c->rec[c->n - 1]);
	if (!(c->n & (c->n - 1))) {
		size_t cap = c->n ? 2 * c->n : 1;
		struct sim_record *r = realloc(c->rec, cap * sizeof(*r));

		if (!r)
			return NULL;
		c->rec = r;
	}
	memset(&c->rec[c->n], 0, sizeof(c->rec[c->n]));
	return &c->rec[c->n++];
}

void sim_manifest_free(struct sim_manifest *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->told[i].uid);
		free(m->told[i].ref);
		free(m->told[i].text);
		free(m->told[i].device);
	}
	free(m->told);
	memset(m, 0, sizeof(*m));
}

struct sim_told *sim_manifest_add(struct sim_manifest *m)
{
	if (!(m->n & (m->n - 1))) {
		size_t cap = m->n ? 2 * m->n : 1;
		struct sim_told *t = realloc(m->told, cap * sizeof(*t));

		if (!t)
			return NULL;
		m->told = t;
	}
	memset(&m->told[m->n], 0, sizeof(*m->told));
	return &m->told[m->n++];
}
