// SPDX-License-Identifier: MIT
/*
 * carddav.c - what an address book holds and what changed in it
 *
 * First choice: sync-collection (RFC 6578) with the vCards in the same answer.
 * Where a server leaves them out: multiget (RFC 6352 §8.7), else GET. Where it
 * knows no sync-collection: PROPFIND, and the ctag for "nothing changed".
 */
#include "remote/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/sha256.h"
#include "model/vcard.h"

#define PAGES_MAX 10000

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for the address book");
}

void carddav_items_free(struct dav_text_item *item, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(item[i].path);
		free(item[i].etag);
		free(item[i].data);
	}
	free(item);
}

static const char *leaf(const char *path)
{
	const char *p = strrchr(path, '/');

	return p ? p + 1 : path;
}

int carddav_record(struct sim_record *r, const char *path, const char *etag,
		   const char *data, size_t len, struct sim_err *e)
{
	struct sim_vcard v;
	struct sim_err why;

	r->ref = strdup(path);
	r->version = strdup(etag ? etag : "");
	sim_item_init(&r->item, SIM_CONTACT);
	if (!r->ref || !r->version)
		return nomem(e);
	if (!etag || !*etag) {
		sim_fail(&why, EX_PROTOCOL, "the server gives it no ETag");
	} else if (!vcard_parse(data, len, &v, &why)) {
		r->uid = v.uid;
		v.uid = NULL;
		sim_item_move(&r->item, &v.item);
		vcard_free(&v);
		return 0;
	}
	if (asprintf(&r->problem,
		     "%.100s on the server: %.200s; left as it is here and there: mend or delete it on the server",
		     leaf(path), why.text) < 0) {
		r->problem = NULL;
		return nomem(e);
	}
	return 0;
}

static char *sync_body(const char *token, bool first)
{
	struct buf b = { 0 };
	char *t = xml_escape(token);

	/* RFC 6578: without a limit some servers cut the answer without a word. */
	buf_str(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		    "<sync-collection xmlns=\"DAV:\" "
		    "xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><sync-token>");
	if (t)
		buf_str(&b, t);
	buf_str(&b, "</sync-token><sync-level>1</sync-level>");
	if (first)
		buf_str(&b, "<limit><nresults>5000</nresults></limit>");
	buf_str(&b, "<prop><getetag/><C:address-data/></prop>"
		    "</sync-collection>");
	b.bad |= !t;
	free(t);
	return buf_take(&b);
}

/*
 * All pages from @token on. Return: 0, 1 the server does not take it (@status
 * says how), -1.
 */
static int sync_pages(struct carddav *d, struct listing *l, const char *token,
		      char **last, struct http_req *why, struct sim_err *e)
{
	char *now = strdup(token), *next = NULL, *body;
	int pages, status, ret = -1;
	size_t got;

	*last = NULL;
	for (pages = 0; now && pages < PAGES_MAX; pages++) {
		listing_mark(l);
		body = sync_body(now, !*token);
		if (!body) {
			free(now);
			return nomem(e);
		}
		status = dav_multistatus(d->h, "REPORT", d->url, NULL,
					 body, DAV_LISTING_MAX, listing_take, listing_restart, l,
					 &next, why, e);
		free(body);
		if (status != 207 || !next) {
			free(now);
			free(next);
			/* A page in the middle refused: nothing of it counts. */
			return status < 0 ? -1 : 1;
		}
		got = why->got;
		http_req_free(why);
		if (listing_weigh(l, d->url, got, e)) {
			free(now);
			free(next);
			return -1;
		}
		if (!l->truncated) {
			free(now);
			*last = next;
			return 0;
		}
		if (!strcmp(next, now)) {
			ret = sim_fail(e, EX_PROTOCOL,
				       "the server pages its answer, but never gets on");
			free(now);
			free(next);
			return ret;
		}
		free(now);
		now = next;
	}
	if (!now)
		return nomem(e);
	free(now);
	return sim_fail(e, EX_PROTOCOL, "the server never ends its answer");
}

/* What is known by ETag only: fetch it. */
struct fetched {
	struct carddav *d;
	struct listing *l;
};

/* A record at once, so that no more than one text is in memory. */
static int take_fetched(struct dav_text_item *it, void *arg, struct sim_err *e)
{
	struct fetched *f = arg;

	if (!it->etag)
		return f->l->out->whole ? 0 :
					  listing_gone(f->l, it->path, e);
	if (listing_weigh(f->l, f->d->url, it->len, e))
		return -1;
	if (listing_add(f->l, it->path, it->etag, it->data, it->len, e))
		return -1;
	free(it->data);
	it->data = NULL;
	return 0;
}

static int complete(struct carddav *d, struct listing *l, struct sim_err *e)
{
	struct fetched f = { .d = d, .l = l };

	if (listing_settle(l, e))
		return -1;
	return carddav_fetch(d, l->missing, l->nmissing, take_fetched, &f, e);
}

static int propfind(struct carddav *d, struct listing *l, const char *depth,
		    struct http_req *why, struct sim_err *e)
{
	static const char body[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<propfind xmlns=\"DAV:\" "
		"xmlns:S=\"http://calendarserver.org/ns/\"><prop><getetag/>"
		"<resourcetype/><S:getctag/></prop></propfind>";

	return dav_multistatus(d->h, "PROPFIND", d->url, depth, body,
			       DAV_LISTING_MAX, listing_take, listing_restart, l, NULL, why, e);
}

/* Without sync-collection: the ctag says whether to look, PROPFIND what at. */
static int by_propfind(struct carddav *d, struct listing *l, const char *since,
		       struct sim_err *e)
{
	struct http_req why = { 0 };
	char *ctag;
	int status;

	listing_start_over(l);
	status = propfind(d, l, "0", &why, e);
	ctag = l->ctag;
	l->ctag = NULL;
	if (status == 207 && ctag && since && !strncmp(since, "c:", 2) &&
	    !strcmp(since + 2, ctag)) {
		http_req_free(&why);
		l->out->whole = false;
		l->out->token = strdup(since);
		free(ctag);
		return l->out->token ? 0 : nomem(e);
	}
	if (status == 207) {
		http_req_free(&why);
		listing_start_over(l);
		status = propfind(d, l, "1", &why, e);
	}
	if (status != 207) {
		free(ctag);
		if (status > 0)
			http_why(&why, "the address book", e);
		http_req_free(&why);
		return -1;
	}
	http_req_free(&why);
	l->out->whole = true;
	if (ctag && asprintf(&l->out->token, "c:%s", ctag) < 0)
		l->out->token = NULL;
	free(ctag);
	return complete(d, l, e);
}

/* Answers to a REPORT that mean: this server or collection cannot. */
static bool cannot(long status)
{
	static const int list[] = { 400, 403, 404, 405, 409, 412, 415, 422,
				    500, 501, 507, 207 };
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == status)
			return true;
	return false;
}

/*
 * Our token is "s:COUNT:TOKEN". A server tells what changed, not whether it is
 * new, so between whole answers the count is the most there can be.
 */
static const char *split_token(const char *since, size_t *count)
{
	char *end;

	*count = 0;
	if (!since || since[0] < '0' || since[0] > '9')
		return NULL;
	*count = strtoul(since, &end, 10);
	return *end == ':' ? end + 1 : NULL;
}

static int by_sync(struct carddav *d, struct listing *l, const char *since,
		   struct sim_err *e)
{
	struct http_req why = { 0 };
	char *token = NULL;
	size_t before;
	int ret;

	since = split_token(since, &before);
	ret = sync_pages(d, l, since ? since : "", &token, &why, e);
	/* The token is too old or not the server's any more: all of it. */
	if (ret == 1 && since && why.fault == HTTP_OK && cannot(why.status)) {
		http_req_free(&why);
		listing_start_over(l);
		since = NULL;
		ret = sync_pages(d, l, "", &token, &why, e);
	}
	l->out->whole = !since;
	if (ret == 1 && !cannot(why.status))
		ret = http_why(&why, "the address book", e);
	http_req_free(&why);
	if (ret)
		return ret;
	ret = complete(d, l, e);
	l->out->total = l->out->n;
	if (since) {
		l->out->total += before;
		l->out->total -= l->out->ngone < l->out->total ?
				 l->out->ngone : l->out->total;
	}
	if (!ret && asprintf(&l->out->token, "s:%zu:%s", l->out->total,
			     token) < 0) {
		l->out->token = NULL;
		ret = nomem(e);
	}
	free(token);
	return ret;
}

int carddav_changes(struct carddav *d, const char *since,
		    struct sim_changes *out, struct sim_err *e)
{
	struct listing l = { .path = d->path, .out = out,
			     .counts = d->counts };
	int ret = 1;

	if (!since || !strncmp(since, "s:", 2))
		ret = by_sync(d, &l, since ? since + 2 : NULL, e);
	if (ret == 1)
		ret = by_propfind(d, &l, since, e);
	if (out->whole)
		out->total = out->n;
	listing_free(&l);
	if (ret) {
		sim_changes_free(out);
		return sim_fail_in(e, "contacts");
	}
	return 0;
}

int carddav_place(struct carddav *d, const char *uid, char **ref,
		  struct sim_err *e)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
	char hash[SHA256_HEX];
	size_t n = uid ? strlen(uid) : 0;

	*ref = NULL;
	if (!uid || !n)
		return sim_fail(e, EX_SOFTWARE,
				"a contact for the server has no UID");
	/* A UID with '/', ':' or of any length makes no file name everywhere. */
	if (n > 100 || strspn(uid, safe) != n || *uid == '.') {
		sha256_hex(uid, n, hash);
		hash[32] = '\0';
		uid = hash;
	}
	if (asprintf(ref, "%s%s.vcf", d->path, uid) < 0) {
		*ref = NULL;
		return nomem(e);
	}
	return 0;
}

static int on_test(struct dav_response *r, void *arg, struct sim_err *e)
{
	struct dav_response *self = arg;

	(void)e;
	/* Depth 0: one response, the collection's. */
	self->flags |= r->flags;
	return 0;
}

int carddav_test(struct carddav *d, bool create, struct remote_report *out,
		 struct sim_err *e)
{
	static const char ask[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<propfind xmlns=\"DAV:\"><prop><resourcetype/>"
		"<supported-report-set/><current-user-privilege-set/>"
		"</prop></propfind>";
	static const char make[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<mkcol xmlns=\"DAV:\" "
		"xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><set><prop>"
		"<resourcetype><collection/><C:addressbook/></resourcetype>"
		"<displayname>Contacts</displayname></prop></set></mkcol>";
	struct dav_response self = { 0 };
	struct sim_changes all = { 0 };
	struct http_req q = { 0 };
	int status;

	status = dav_multistatus(d->h, "PROPFIND", d->url, "0", ask, DAV_ONE_MAX, on_test,
				 NULL, &self, NULL, &q, e);
	if (status == 404 && create) {
		struct http_req m = {
			.method = "MKCOL", .url = strdup(d->url), .body = make,
			.body_len = sizeof(make) - 1,
			.header = { "Content-Type: application/xml; charset=utf-8" },
		};

		status = m.url ? http_do(d->h, &m, e) : nomem(e);
		if (!status && m.status != 201)
			status = http_why(&m, "making the address book", e);
		http_req_free(&m);
		http_req_free(&q);
		if (status)
			return -1;
		status = dav_multistatus(d->h, "PROPFIND", d->url, "0", ask, DAV_ONE_MAX,
					 on_test, NULL, &self, NULL, &q, e);
	}
	out->http2 |= q.http2;
	if (status != 207) {
		if (status > 0)
			http_why(&q, "the address book", e);
		http_req_free(&q);
		return -1;
	}
	http_req_free(&q);
	if (!(self.flags & DAV_ADDRESSBOOK))
		return sim_fail(e, EX_CONFIG,
				"the URL for contacts is no address book: give that of one (`remote add --create` makes it)");
	if ((self.flags & DAV_PRIVILEGES) && !(self.flags & DAV_MAY_WRITE) &&
	    !(self.flags & DAV_MAY_BIND))
		return sim_fail(e, EX_NOPERM,
				"the address book is read-only for this user");
	d->counts = true;
	status = carddav_changes(d, NULL, &all, e);
	d->counts = false;
	if (status)
		return -1;
	out->contacts = all.total;
	out->sync_token = all.token && !strncmp(all.token, "s:", 2);
	sim_changes_free(&all);
	return 0;
}

/*
 * The server's clock may be wrong: its answer tells by how much. What it says is
 * in whole seconds, and the answer took its time.
 */
int carddav_when(struct carddav *d, const char *ref, int64_t *since,
		 int64_t *until, struct sim_err *e)
{
	struct http_req q = { .method = "HEAD", .url = http_join(d->url, ref),
			      .repeat = true };
	int64_t before = time(NULL), after;
	int ret = 1;

	if (!q.url) {
		ret = nomem(e);
	} else if (http_do(d->h, &q, e)) {
		ret = -1;
	} else if (q.status == 200 && q.date && q.modified) {
		after = time(NULL);
		*since = q.modified - q.date + before - 1;
		*until = q.modified - q.date + after + 1;
		ret = 0;
	}
	http_req_free(&q);
	return ret;
}
