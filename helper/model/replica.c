/* SPDX-License-Identifier: MIT */
/*
 * replica.c - memory of what replicas answer
 */
#include "model/replica.h"

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

void sim_changes_free(struct sim_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		sim_record_free(&c->rec[i]);
	for (size_t i = 0; i < c->ngone; i++)
		free(c->gone[i]);
	free(c->rec);
	free(c->gone);
	free(c->token);
	memset(c, 0, sizeof(*c));
}

/* Room doubles: @n is a power of two exactly when the room is used up. */
struct sim_record *sim_changes_add(struct sim_changes *c)
{
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
