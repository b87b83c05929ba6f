// SPDX-License-Identifier: MIT
/* webdav.c - files in a WebDAV folder: list, get, put and delete on condition */
#include "remote/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/sha256.h"

#define FOLDER_LIST_MAX ((size_t)16 << 20)
#define PROBE_MAX 1024

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for the server's files");
}

/*
 * Apache calls a file's ETag weak for a second after it was written, and lets no
 * If-Match pass until then. Names and versions are kept without "W/"; a write
 * refused for that reason alone waits (see conditional()).
 */
static void strip_weak(char *etag)
{
	size_t n = strlen(etag);

	if (n >= 2 && !memcmp(etag, "W/", 2))
		memmove(etag, etag + 2, n - 1);
}

const char *webdav_shown(const char *path, char out[SHOWN_MAX])
{
	static const char prefix[] = "card-", suffix[] = ".json";
	const size_t pre = sizeof(prefix) - 1, suf = sizeof(suffix) - 1;
	const char *leaf = strrchr(path, '/'), *name = leaf ? leaf + 1 : path;
	size_t n = strlen(name);

	if (info_is_card(name) && n > pre + suf + 4 &&
	    !sim_hidden(name + pre))
		snprintf(out, SHOWN_MAX, "%s...%s", prefix, name + n - suf - 4);
	else
		snprintf(out, SHOWN_MAX, "%.90s", name);
	return out;
}

struct names {
	struct webdav *d;
	struct dav_files *out;
};

static int on_file(struct dav_response *r, void *arg, struct sim_err *e)
{
	struct names *l = arg;
	struct dav_files *f = l->out;
	char *path = dav_path(r, e);
	size_t n = strlen(l->d->path);
	char shown[SHOWN_MAX];
	struct dav_file *p;
	int ret = 0;

	if (!path)
		return -1;
	if (strncmp(path, l->d->path, n) || (r->flags & DAV_COLLECTION) ||
	    strchr(path + n, '/') ||
	    !(box_is_file(path + n) || info_is_card(path + n)))
		goto out;
	if (!r->text[DAV_ETAG]) {
		ret = dav_unread(r, path, e);
		if (ret > 0)
			ret = sim_fail(e, EX_PROTOCOL,
				       "%s on the server: it comes without ETag, so nothing is compared with this listing",
				       webdav_shown(path, shown));
		goto out;
	}
	if (f->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 32;

		p = realloc(f->file, cap * sizeof(*p));
		if (!p) {
			ret = nomem(e);
			goto out;
		}
		f->file = p;
		f->cap = cap;
	}
	p = &f->file[f->n];
	p->name = strdup(path + n);
	p->etag = strdup(r->text[DAV_ETAG]);
	p->order = f->n++;
	if (!p->name || !p->etag)
		ret = nomem(e);
	else
		strip_weak(p->etag);
out:
	free(path);
	return ret;
}

void webdav_files_free(struct dav_files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		free(f->file[i].name);
		free(f->file[i].etag);
	}
	free(f->file);
	*f = (struct dav_files){ 0 };
}

static void on_restart(void *arg)
{
	webdav_files_free(((struct names *)arg)->out);
}

static int by_name(const void *a, const void *b)
{
	const struct dav_file *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	return d ? d : x->order < y->order ? -1 : x->order > y->order;
}

/* Of one listed twice the last one counts. */
static void drop_twins(struct dav_files *f)
{
	size_t i, k = 0;

	for (i = 0; i < f->n; i++) {
		if (k && !strcmp(f->file[k - 1].name, f->file[i].name)) {
			k--;
			free(f->file[k].name);
			free(f->file[k].etag);
		}
		f->file[k++] = f->file[i];
	}
	f->n = k;
}

int webdav_list(struct webdav *d, struct dav_files *out, struct sim_err *e)
{
	static const char ask[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<propfind xmlns=\"DAV:\"><prop><getetag/><resourcetype/>"
		"</prop></propfind>";
	struct names l = { .d = d, .out = out };
	struct http_req q = { 0 };
	int status;

	*out = (struct dav_files){ 0 };
	status = dav_multistatus(d->h, "PROPFIND", d->url, "1", ask, FOLDER_LIST_MAX, on_file,
				 on_restart, &l, NULL, &q, e);
	if (status != 207) {
		if (status > 0)
			http_why(&q, "the folder for messages", e);
		http_req_free(&q);
		webdav_files_free(out);
		return -1;
	}
	http_req_free(&q);
	if (out->n)
		qsort(out->file, out->n, sizeof(*out->file), by_name);
	drop_twins(out);
	return 0;
}

int webdav_too_much(const struct webdav *d, size_t max, const char *what,
		    struct sim_err *e)
{
	char *host = http_host(d->url);

	sim_fail(e, EX_PROTOCOL,
		 "%s: the folder for messages holds more than the %zu %s that are read of one: nothing of it is used; choose another with `simsync remote add`",
		 host ? host : "the server", max, what);
	free(host);
	return -1;
}

static char *file_url(struct webdav *d, const char *name)
{
	char *url = NULL;

	if (asprintf(&url, "%s%s", d->url, name) < 0)
		return NULL;
	return url;
}

static int on_etag(struct dav_response *r, void *arg, struct sim_err *e)
{
	char **etag = arg;

	(void)e;
	if (!*etag && r->text[DAV_ETAG]) {
		*etag = r->text[DAV_ETAG];
		r->text[DAV_ETAG] = NULL;
	}
	return 0;
}

/*
 * Refused although nothing changed? Apache names a file weakly for a second after each
 * write, and no condition matches that. It may have ended between refusal and question,
 * so a strong name that is the old one is as good a reason to try again.
 */
static bool unchanged(struct webdav *d, const char *url, const char *etag)
{
	static const char ask[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<propfind xmlns=\"DAV:\"><prop><getetag/></prop></propfind>";
	char *now = NULL;
	bool same;

	dav_multistatus(d->h, "PROPFIND", url, "0", ask, DAV_ONE_MAX, on_etag, NULL, &now,
			NULL, NULL, NULL);
	if (now)
		strip_weak(now);
	same = now && !strcmp(now, etag);
	free(now);
	return same;
}

int webdav_get(struct webdav *d, const char *name, size_t max, char **text,
	       size_t *len, char **etag, struct sim_err *e)
{
	struct http_req q = { .method = "GET", .url = file_url(d, name),
			      .max = max, .repeat = true };
	char shown[SHOWN_MAX];
	int ret = -1;

	webdav_shown(name, shown);
	*text = *etag = NULL;
	if (!q.url) {
		nomem(e);
	} else if (http_do(d->h, &q, e)) {
		sim_fail_in(e, "%s on the server", shown);
	} else if (q.status == 404 || q.status == 410) {
		ret = 1;
	} else if (q.status != 200) {
		char what[SHOWN_MAX + 20];

		snprintf(what, sizeof(what), "%s on the server", shown);
		http_why(&q, what, e);
	} else if (!q.etag) {
		sim_fail(e, EX_PROTOCOL,
			 "%s on the server: it comes without ETag: nothing can be written safely there",
			 shown);
	} else {
		strip_weak(q.etag);
		*len = q.answer.n;
		*text = buf_take(&q.answer);
		*etag = q.etag;
		q.etag = NULL;
		ret = *text ? 0 : nomem(e);
	}
	http_req_free(&q);
	return ret;
}

static enum sim_outcome outcome_of(const struct http_req *q, struct sim_err *e)
{
	if (q->fault == HTTP_OK && q->status / 100 == 2)
		return SIM_DONE;
	if (q->fault == HTTP_OK && (q->status == 412 || q->status == 404 ||
				    q->status == 410))
		return SIM_MOVED;
	http_why(q, "the folder for messages", e);
	if (q->fault != HTTP_OK || q->status / 100 == 5)
		return q->status == 507 ? SIM_FULL : SIM_AWAY;
	return SIM_FAILED;
}

static enum sim_outcome conditional(struct webdav *d, const char *method,
				    const char *name, const char *type,
				    const char *etag, const char *text,
				    size_t len, struct sim_err *e)
{
	const struct timespec pause = { .tv_nsec = 400 * 1000 * 1000 };
	enum sim_outcome out = SIM_FAILED;
	char *match = NULL;
	int tries;

	if ((etag ? asprintf(&match, "If-Match: %s", etag) :
		    asprintf(&match, "If-None-Match: *")) < 0) {
		nomem(e);
		return SIM_FAILED;
	}
	for (tries = 0; tries < 6; tries++) {
		struct http_req q = { .method = method,
				      .url = file_url(d, name), .body = text,
				      .body_len = len,
				      .header = { match, type } };
		bool again = false;

		/* A fault is in the request too: outcome_of() tells both. */
		if (q.url)
			http_do(d->h, &q, NULL);
		out = q.url ? outcome_of(&q, e) : SIM_FAILED;
		if (q.url && etag && q.fault == HTTP_OK && q.status == 412)
			again = unchanged(d, q.url, etag);
		http_req_free(&q);
		if (!again)
			break;
		nanosleep(&pause, NULL);
	}
	free(match);
	return out;
}

enum sim_outcome webdav_put(struct webdav *d, const char *name,
			    const char *type, const char *etag,
			    const char *text, size_t len, struct sim_err *e)
{
	char line[80];

	snprintf(line, sizeof(line), "Content-Type: %.60s", type);
	return conditional(d, "PUT", name, line, etag, text, len, e);
}

enum sim_outcome webdav_delete(struct webdav *d, const char *name,
			       const char *etag, struct sim_err *e)
{
	return conditional(d, "DELETE", name, NULL, etag, NULL, 0, e);
}

int webdav_hide(const struct remote_config *c, struct sim_item *it)
{
	static const char *const names[] = { "ICCID", "IMSI", "EID" };
	char hash[SHA256_HEX], hidden[20];
	size_t i, k;

	if (c->identifiers)
		return 0;
	for (i = 0; i < it->n; i++) {
		struct sim_prop *p = &it->prop[i];

		for (k = 0; k < 3 && strcmp(p->name, names[k]); k++)
			;
		/* Hidden already: hiding twice is hiding once. */
		if (k == 3 || !strncmp(p->value, "h-", 2))
			continue;
		hmac_sha256_hex(c->key, strlen(c->key), p->value,
				strlen(p->value), hash);
		snprintf(hidden, sizeof(hidden), "h-%.16s", hash);
		free(p->value);
		p->value = strdup(hidden);
		if (!p->value)
			return -1;
	}
	return 0;
}

int webdav_test(struct webdav *d, bool create, struct remote_report *out,
		struct sim_err *e)
{
	static const char probe[] = "simsync-probe";
	char name[64], *text = NULL, *etag = NULL;
	struct http_req m = { .method = "MKCOL", .url = strdup(d->url) };
	struct dav_files f;
	size_t len;
	int ret = -1;

	(void)out;
	if (webdav_list(d, &f, e)) {
		if (!create || !m.url || http_do(d->h, &m, e) ||
		    m.status != 201 || webdav_list(d, &f, e)) {
			if (m.status && m.status != 201)
				http_why(&m, "making the folder for messages", e);
			http_req_free(&m);
			return -1;
		}
	}
	webdav_files_free(&f);
	http_req_free(&m);
	/* Can it be written, and does the condition hold? Shown, not believed. */
	snprintf(name, sizeof(name), "probe-%.40s", d->c->device);
	if (!webdav_get(d, name, PROBE_MAX, &text, &len, &etag, e))
		webdav_delete(d, name, etag, e);
	free(text);
	free(etag);
	text = etag = NULL;
	if (webdav_put(d, name, "text/plain", NULL, probe, sizeof(probe) - 1,
		       e) != SIM_DONE)
		return -1;
	if (webdav_get(d, name, PROBE_MAX, &text, &len, &etag, e))
		goto out;
	if (webdav_put(d, name, "text/plain", NULL, probe, sizeof(probe) - 1,
		       e) != SIM_MOVED)
		sim_fail(e, EX_PROTOCOL,
			 "the folder for messages: the server does not heed If-None-Match: two phones would overwrite each other");
	else if (webdav_delete(d, name, etag, e) != SIM_DONE)
		sim_fail(e, EX_NOPERM,
			 "the folder for messages: files cannot be deleted there");
	else
		ret = 0;
out:
	free(text);
	free(etag);
	return ret;
}
