// SPDX-License-Identifier: MIT
#include "remote/listing.h"

#include <stdlib.h>
#include <string.h>

/* Paths that share a hash by accident: two are a wonder. */
#define ALIKE_MAX 16

/* What one address book may hold, and how much its names may take of memory. */
#define BYTES_MAX	((uint64_t)1 << 30)
#define MEMBERS_MAX	500000u
#define NAMES_MAX	((size_t)64 << 20)

/* What was said of a member. */
enum said { HAVE, MISSING, GONE };

/**
 * struct arrival - a member was named
 * @hash: of its path
 * @order: the n-th of all
 * @at: index among its like
 * @said: its like: records, missing ones, gone ones
 */
struct arrival {
	uint64_t hash;
	uint32_t order;
	uint32_t at : 30;
	uint32_t said : 2;
};

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for the address book");
}

int listing_weigh(struct listing *l, const char *url, size_t bytes,
		  struct sim_err *e)
{
	char *host;

	l->bytes += bytes;
	if (l->bytes <= BYTES_MAX)
		return 0;
	host = http_host(url);
	sim_fail(e, EX_PROTOCOL,
		 "%s: the address book is larger than the %u MiB that are read of one: nothing of it is used; make two of it, or take photos out",
		 host ? host : "the server", (unsigned int)(BYTES_MAX >> 20));
	free(host);
	return -1;
}

static int arrived(struct listing *l, const char *path, enum said said,
		   size_t at, struct sim_err *e)
{
	l->names += strlen(path);
	if (l->ncame == MEMBERS_MAX || l->names > NAMES_MAX)
		return sim_fail(e, EX_PROTOCOL,
				"the server's address book holds more than %u contacts, or names them with more than %zu MiB: nothing of it is used; make two of it",
				MEMBERS_MAX, NAMES_MAX >> 20);
	if (l->ncame == l->ccame) {
		size_t cap = l->ccame ? 2 * l->ccame : 64;
		struct arrival *p = realloc(l->came, cap * sizeof(*p));

		if (!p)
			return nomem(e);
		l->came = p;
		l->ccame = cap;
	}
	l->came[l->ncame] = (struct arrival){
		.hash = sim_record_hash(path), .order = (uint32_t)l->ncame,
		.at = (uint32_t)at & 0x3fffffff, .said = said };
	l->ncame++;
	return 0;
}

int listing_gone(struct listing *l, const char *path, struct sim_err *e)
{
	struct sim_changes *c = l->out;
	char **p;

	if (!(c->ngone & (c->ngone - 1))) {
		size_t cap = c->ngone ? 2 * c->ngone : 1;

		p = realloc(c->gone, cap * sizeof(*p));
		if (!p)
			return nomem(e);
		c->gone = p;
	}
	c->gone[c->ngone] = strdup(path);
	if (!c->gone[c->ngone++])
		return nomem(e);
	return arrived(l, path, GONE, c->ngone - 1, e);
}

static int add_missing(struct listing *l, const char *path, struct sim_err *e)
{
	if (l->nmissing == l->cmissing) {
		size_t cap = l->cmissing ? 2 * l->cmissing : 64;
		struct dav_text_item *p = realloc(l->missing, cap * sizeof(*p));

		if (!p)
			return nomem(e);
		l->missing = p;
		l->cmissing = cap;
	}
	l->missing[l->nmissing] = (struct dav_text_item){
		.path = strdup(path) };
	if (!l->missing[l->nmissing++].path)
		return nomem(e);
	return arrived(l, path, MISSING, l->nmissing - 1, e);
}

int listing_add(struct listing *l, const char *path, const char *etag,
		const char *data, size_t len, struct sim_err *e)
{
	struct sim_record *rec = sim_changes_add(l->out);

	if (!rec)
		return nomem(e);
	if (carddav_record(rec, path, etag, data, len, e))
		return -1;
	if (l->counts)
		sim_item_free(&rec->item);
	return arrived(l, path, HAVE, l->out->n - 1, e);
}

static int add_record(struct listing *l, const char *path,
		      const struct dav_response *r, struct sim_err *e)
{
	return listing_add(l, path, r->text[DAV_ETAG], r->text[DAV_DATA],
			   r->len[DAV_DATA], e);
}

static bool is_self(const struct listing *l, const char *path)
{
	size_t n = strlen(path);

	return !strncmp(path, l->path, n) &&
	       (!l->path[n] || !strcmp(l->path + n, "/"));
}

int listing_take(struct dav_response *r, void *arg, struct sim_err *e)
{
	struct listing *l = arg;
	char *path = dav_path(r, e);
	size_t n = path ? strlen(path) : 0;
	int ret = 0;

	if (!path)
		return -1;
	if (is_self(l, path)) {
		/* RFC 6578 §3.6: 507 on the collection: more to come. */
		l->truncated |= r->status == 507;
		if (r->text[DAV_CTAG] && !l->ctag)
			l->ctag = strdup(r->text[DAV_CTAG]);
	} else if (r->status == 404 || r->status == 410) {
		ret = listing_gone(l, path, e);
	} else if ((r->flags & DAV_COLLECTION) || path[n - 1] == '/') {
		;
	} else if (r->text[DAV_DATA] && r->len[DAV_DATA]) {
		ret = add_record(l, path, r, e);
	} else if (r->text[DAV_ETAG]) {
		ret = add_missing(l, path, e);
	} else {
		ret = dav_unread(r, path, e);
		/* It is there: without ETag it is a record with a problem. */
		if (ret > 0)
			ret = add_record(l, path, r, e);
	}
	free(path);
	return ret;
}

void listing_mark(struct listing *l)
{
	l->mark_n = l->out->n;
	l->mark_gone = l->out->ngone;
	l->mark_missing = l->nmissing;
	l->mark_came = l->ncame;
	l->truncated = false;
}

void listing_restart(void *arg)
{
	struct listing *l = arg;

	while (l->out->n > l->mark_n)
		sim_record_free(&l->out->rec[--l->out->n]);
	while (l->out->ngone > l->mark_gone)
		free(l->out->gone[--l->out->ngone]);
	while (l->nmissing > l->mark_missing)
		free(l->missing[--l->nmissing].path);
	l->ncame = l->mark_came;
	l->truncated = false;
}

void listing_start_over(struct listing *l)
{
	l->mark_n = l->mark_gone = l->mark_missing = l->mark_came = 0;
	listing_restart(l);
}

static int by_hash(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Its path, the caller's. NULL: no memory, or the shelf lost it. */
static char *path_of(struct listing *l, const struct arrival *a)
{
	struct sim_record *rec;
	char *path;

	if (a->said == GONE)
		return strdup(l->out->gone[a->at]);
	if (a->said == MISSING)
		return strdup(l->missing[a->at].path);
	rec = &l->out->rec[a->at];
	if (sim_record_wake(l->out->shelf, rec))
		return NULL;
	path = strdup(rec->ref);
	sim_record_rest(rec);
	return path;
}

static void forget(struct listing *l, const struct arrival *a)
{
	if (a->said == GONE) {
		free(l->out->gone[a->at]);
		l->out->gone[a->at] = NULL;
	} else if (a->said == MISSING) {
		free(l->missing[a->at].path);
		l->missing[a->at].path = NULL;
	} else {
		sim_record_free(&l->out->rec[a->at]);
	}
}

/* Arrivals of one hash, by order: of each path the last one stays. */
static int settle_alike(struct listing *l, const struct arrival *a, size_t n,
			struct sim_err *e)
{
	char *last[ALIKE_MAX] = { NULL };
	size_t k, lasts = 0;
	int ret = 0;

	while (n-- && !ret) {
		char *path = path_of(l, &a[n]);

		for (k = 0; path && k < lasts && strcmp(path, last[k]); k++)
			;
		if (!path) {
			ret = nomem(e);
		} else if (k < lasts) {
			forget(l, &a[n]);
			free(path);
		} else if (lasts < ALIKE_MAX) {
			last[lasts++] = path;
		} else {
			free(path);
			ret = sim_fail(e, EX_PROTOCOL,
				       "the server's answer is made to be slow to read: nothing of it is used");
		}
	}
	while (lasts)
		free(last[--lasts]);
	return ret;
}

/* What was forgotten leaves no hole. */
static void close_up(struct listing *l)
{
	struct sim_changes *c = l->out;
	size_t i, k;

	for (i = k = 0; i < c->n; i++)
		if (c->rec[i].ref || c->rec[i].at)
			c->rec[k++] = c->rec[i];
	c->n = k;
	for (i = k = 0; i < c->ngone; i++)
		if (c->gone[i])
			c->gone[k++] = c->gone[i];
	c->ngone = k;
	for (i = k = 0; i < l->nmissing; i++)
		if (l->missing[i].path)
			l->missing[k++] = l->missing[i];
	l->nmissing = k;
}

int listing_settle(struct listing *l, struct sim_err *e)
{
	size_t i, n;
	int ret = 0;

	if (l->ncame)
		qsort(l->came, l->ncame, sizeof(*l->came), by_hash);
	for (i = 0; i < l->ncame && !ret; i += n) {
		for (n = 1; i + n < l->ncame &&
			    l->came[i + n].hash == l->came[i].hash; n++)
			;
		if (n > 1)
			ret = settle_alike(l, l->came + i, n, e);
	}
	free(l->came);
	l->came = NULL;
	l->ncame = l->ccame = 0;
	close_up(l);
	while (l->out->whole && l->out->ngone)
		free(l->out->gone[--l->out->ngone]);
	return ret;
}

void listing_free(struct listing *l)
{
	free(l->ctag);
	free(l->came);
	carddav_items_free(l->missing, l->nmissing);
}
