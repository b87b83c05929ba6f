// SPDX-License-Identifier: MIT
/* fetch.c - texts of many vCards: multiget in chunks, GET where there is none */
#include "remote/dav.h"

#include <stdlib.h>
#include <string.h>

#include "model/vcard.h"

#define CHUNK 100
#define KEPT_MAX ((size_t)256 << 20)	/* bytes of texts nobody takes at once */
#define CHUNK_MAX ((size_t)32 << 20)	/* bytes of an answer */

/* One multiget in flight, or one GET. */
struct part {
	struct http_req q;
	struct fetch *f;
	struct xml *x;
	char *body;
	size_t from, to;
};

struct fetch {
	struct carddav *d;
	struct dav_text_item *item;
	struct dav_text_item **byname;
	bool *answered;
	size_t n, at, chunk;
	bool by_get;
	size_t kept;
	bool refused;	/* no multiget here */
	int (*took)(struct dav_text_item *it, void *arg, struct sim_err *e);
	void *arg;
	struct sim_err *e;
	int ret;
};

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for contacts");
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct dav_text_item *const *)a)->path,
		      (*(struct dav_text_item *const *)b)->path);
}

static struct dav_text_item *find(struct fetch *f, char *path)
{
	struct dav_text_item key = { .path = path }, *k = &key, **hit;

	hit = bsearch(&k, f->byname, f->n, sizeof(*f->byname), by_path);
	return hit ? *hit : NULL;
}

/* It is had, or gone. */
static int answer(struct fetch *f, struct dav_text_item *it, struct sim_err *e)
{
	f->answered[it - f->item] = true;
	if (it->etag)
		f->kept += it->len;
	if (!f->took && f->kept > KEPT_MAX)
		return sim_fail(e, EX_PROTOCOL,
				"the server's contacts are larger than the %zu MiB that are changed at once: nothing of it is written; take photos out",
				KEPT_MAX >> 20);
	return f->took ? f->took(it, f->arg, e) : 0;
}

/* XML turns CRLF into LF (XML 1.0 §2.11); a vCard has CRLF. */
static char *with_crlf(const char *s, size_t n, size_t *len)
{
	struct buf b = { 0 };
	size_t i;

	if (memchr(s, '\r', n))
		buf_add(&b, s, n);
	else
		for (i = 0; i < n; i++) {
			if (s[i] == '\n')
				buf_chr(&b, '\r');
			buf_chr(&b, s[i]);
		}
	*len = b.n;
	return buf_take(&b);
}

static int on_response(struct dav_response *r, void *arg, struct sim_err *e)
{
	struct fetch *f = arg;
	char *path = dav_path(r, e);
	struct dav_text_item *it = path ? find(f, path) : NULL;

	if (!path)
		return -1;
	free(path);
	/* Asked again after a torn answer, it may come again. */
	if (!it || f->answered[it - f->item])
		return 0;
	/* A property that is not there (404) is asked for again, by GET at last. */
	if (r->status == 404 || r->status == 410)
		return answer(f, it, e);
	if (!r->text[DAV_DATA] || !r->text[DAV_ETAG])
		return 0;
	it->etag = strdup(r->text[DAV_ETAG]);
	it->data = with_crlf(r->text[DAV_DATA], r->len[DAV_DATA], &it->len);
	return it->etag && it->data ? answer(f, it, e) : nomem(e);
}

static int on_bytes(struct http_req *q, const char *bytes, size_t n)
{
	struct part *p = q->arg;

	if (!p->x && !(p->x = xml_new(on_response, p->f)))
		return nomem(&q->err);
	return xml_feed(p->x, bytes, n, &q->err);
}

static void on_restart(struct http_req *q)
{
	struct part *p = q->arg;

	xml_free(p->x);
	p->x = NULL;
}

static struct part *multiget(struct fetch *f)
{
	struct part *p = calloc(1, sizeof(*p));
	struct buf b = { 0 };
	size_t k = 0;

	buf_str(&b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		    "<C:addressbook-multiget xmlns=\"DAV:\" "
		    "xmlns:C=\"urn:ietf:params:xml:ns:carddav\">"
		    "<prop><getetag/><C:address-data/></prop>");
	for (; f->at < f->n && k < f->chunk; f->at++) {
		char *href;

		if (f->answered[f->at])
			continue;
		href = xml_escape(f->item[f->at].path);
		if (href)
			buf_fmt(&b, "<href>%s</href>", href);
		b.bad |= !href;
		free(href);
		k++;
	}
	buf_str(&b, "</C:addressbook-multiget>");
	if (!p || b.bad || !(p->q.url = strdup(f->d->url))) {
		free(p);
		buf_free(&b);
		return NULL;
	}
	p->q.body_len = b.n;
	p->q.body = p->body = buf_take(&b);
	p->q.method = "REPORT";
	p->q.header[0] = "Content-Type: application/xml; charset=utf-8";
	p->q.header[1] = "Depth: 1";
	p->q.max = CHUNK_MAX;
	p->q.sink = on_bytes;
	p->q.restart = on_restart;
	return p;
}

static struct part *single(struct fetch *f)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->from = f->at;
	p->q.method = "GET";
	p->q.max = VCARD_MAX_BYTES + 1;
	p->q.url = http_join(f->d->url, f->item[f->at++].path);
	if (p->q.url)
		return p;
	free(p);
	return NULL;
}

static struct http_req *next(void *arg)
{
	struct fetch *f = arg;
	struct part *p;

	while (f->at < f->n && f->answered[f->at])
		f->at++;
	if (f->at >= f->n || f->ret)
		return NULL;
	p = f->by_get ? single(f) : multiget(f);
	if (!p) {
		f->ret = nomem(f->e);
		return NULL;
	}
	p->f = f;
	p->q.arg = p;
	p->q.repeat = true;
	return &p->q;
}

static int take_single(struct fetch *f, struct part *p)
{
	struct dav_text_item *it = &f->item[p->from];

	if (p->q.status == 404 || p->q.status == 410)
		return answer(f, it, f->e);
	if (p->q.status != 200)
		return http_why(&p->q, "a contact on the server", f->e);
	it->etag = p->q.etag ? p->q.etag : strdup("");
	p->q.etag = NULL;
	it->len = p->q.answer.n;
	it->data = buf_take(&p->q.answer);
	return it->etag && it->data ? answer(f, it, f->e) : nomem(f->e);
}

static int done(struct http_req *q, void *arg)
{
	struct fetch *f = arg;
	struct part *p = q->arg;

	if (f->ret || (q->large && !f->by_get))
		;	/* fewer at a time, then */
	else if (q->fault != HTTP_OK && !q->large)
		f->ret = http_why(q, "contacts on the server", f->e);
	else if (f->by_get)
		f->ret = take_single(f, p);
	else if (q->status != 207)
		f->refused = true;
	else if (!p->x || xml_end(p->x, NULL, f->e))
		f->ret = p->x ? -1 : sim_fail(f->e, EX_PROTOCOL,
				"the server's answer is empty where XML should be");
	xml_free(p->x);
	http_req_free(q);
	free(p->body);
	free(p);
	return f->ret || f->refused;
}

static int pass(struct fetch *f, size_t chunk, bool by_get)
{
	f->at = 0;
	f->chunk = chunk;
	f->by_get = by_get;
	if (http_many(f->d->h, next, done, f, f->e) < 0)
		return -1;
	return f->ret;
}

static bool open_ones(const struct fetch *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (!f->answered[i])
			return true;
	return false;
}

int carddav_fetch(struct carddav *d, struct dav_text_item *item, size_t n,
		  int (*took)(struct dav_text_item *it, void *arg,
			      struct sim_err *e),
		  void *arg, struct sim_err *e)
{
	struct fetch f = { .d = d, .item = item, .n = n, .took = took,
			   .arg = arg, .e = e };
	size_t i;
	int ret = -1;

	if (!n)
		return 0;
	f.byname = calloc(n, sizeof(*f.byname));
	f.answered = calloc(n, sizeof(*f.answered));
	if (!f.byname || !f.answered) {
		nomem(e);
		goto out;
	}
	for (i = 0; i < n; i++)
		f.byname[i] = &item[i];
	qsort(f.byname, n, sizeof(*f.byname), by_path);
	/* Cut short (Nextcloud at 10 MB) or not known: smaller, then one by one. */
	if (pass(&f, CHUNK, false))
		goto out;
	if (open_ones(&f) && !f.refused && pass(&f, 10, false))
		goto out;
	if (open_ones(&f) && pass(&f, 1, true))
		goto out;
	ret = 0;
	if (open_ones(&f))
		ret = sim_fail(e, EX_PROTOCOL,
			       "the server does not hand out all contacts");
out:
	free(f.byname);
	free(f.answered);
	return ret;
}
