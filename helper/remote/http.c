// SPDX-License-Identifier: MIT
#include "remote/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define IN_FLIGHT	16
#define TIMEOUT_S	30
#define TRIES		4
#define WAIT_MAX_S	60	/* longest Retry-After obeyed within a run */
#define ANSWER_MAX	(64u * 1024)
#define PACE		100	/* bytes a second that a request is to make */

struct flight {
	struct http *h;
	CURL *easy;
	struct curl_slist *headers;
	struct http_req *req;
	size_t sent;
	char why[CURL_ERROR_SIZE];
	struct flight *next;	/* in the air, or waiting for its time */
	double start, due;
	bool slow, stopped;	/* why we ended it */
	long retry_after;
};

struct http {
	CURLM *multi;
	char *userpwd;
	char *ca_file;
	int in_flight;
	long timeout_s;
	bool plain;
	bool saw_http2;
	int (*stop)(void *arg);
	void *stop_arg;
	struct remote_stats stats;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct http *http_new(const struct remote_config *c, struct sim_err *e)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h || curl_global_init(CURL_GLOBAL_DEFAULT))
		goto nomem;
	h->in_flight = c->in_flight > 0 ? c->in_flight : IN_FLIGHT;
	h->timeout_s = c->timeout_s > 0 ? c->timeout_s : TIMEOUT_S;
	h->plain = c->plain;
	h->multi = curl_multi_init();
	if (!h->multi)
		goto nomem;
	if (c->user && asprintf(&h->userpwd, "%s:%s", c->user,
				c->password ? c->password : "") < 0) {
		h->userpwd = NULL;
		goto nomem;
	}
	if (c->ca_file && !(h->ca_file = strdup(c->ca_file)))
		goto nomem;
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  (long)h->in_flight);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->in_flight);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	return h;
nomem:
	http_free(h);
	sim_fail(e, EX_OSERR, "no memory for a connection");
	return NULL;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_multi_cleanup(h->multi);
	if (h->userpwd)
		explicit_bzero(h->userpwd, strlen(h->userpwd));
	free(h->userpwd);
	free(h->ca_file);
	free(h);
	curl_global_cleanup();
}

const struct remote_stats *http_stats(const struct http *h)
{
	return &h->stats;
}

void http_req_free(struct http_req *q)
{
	buf_free(&q->answer);
	free(q->etag);
	free(q->location);
	free(q->url);
	q->etag = q->location = q->url = NULL;
}

void http_stop(struct http *h, int (*stop)(void *arg), void *arg)
{
	h->stop = stop;
	h->stop_arg = arg;
}

static bool to_stop(const struct http *h)
{
	return h->stop && h->stop(h->stop_arg);
}

static void say_stopped(struct http_req *q)
{
	sim_fail(&q->err, EX_TEMPFAIL, "stopped; the next run goes on");
}

static void forget_answer(struct http_req *q)
{
	buf_free(&q->answer);
	free(q->etag);
	free(q->location);
	q->etag = q->location = NULL;
	q->status = 0;
	q->got = 0;
	q->large = false;
	q->fault = HTTP_OK;
	q->err = (struct sim_err){ 0 };
}

static size_t on_body(char *p, size_t one, size_t n, void *arg)
{
	struct flight *f = arg;
	struct http_req *q = f->req;
	size_t max, take;

	n *= one;
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &q->status);
	max = q->max && q->status / 100 == 2 ? q->max : ANSWER_MAX;
	take = n < max - q->got ? n : max - q->got;
	q->large = take < n;
	q->got += take;
	if (q->sink && q->status / 100 == 2)
		return q->large || q->sink(q, p, n) ? 0 : n;
	buf_add(&q->answer, p, take);
	return q->large || q->answer.bad ? 0 : n;
}

static char *header_value(const char *p, size_t n, const char *name)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(p, name, k) || p[k] != ':')
		return NULL;
	p += k + 1;
	n -= k + 1;
	while (n && (*p == ' ' || *p == '\t'))
		p++, n--;
	while (n && strchr("\r\n \t", p[n - 1]) && p[n - 1])
		n--;
	return strndup(p, n);
}

/* RFC 9110 §10.2.3: seconds or a date. */
static long retry_after(const char *value)
{
	char *end;
	long s = strtol(value, &end, 10);
	time_t t;

	if (*end) {
		t = curl_getdate(value, NULL);
		s = t < 0 ? 1 : (long)(t - time(NULL));
	}
	return s < 0 ? 0 : s;
}

static int64_t date_of(const char *value)
{
	time_t t = curl_getdate(value, NULL);

	return t > 0 ? (int64_t)t : 0;
}

static size_t on_header(char *p, size_t one, size_t n, void *arg)
{
	struct flight *f = arg;
	char *v;

	n *= one;
	if (n > 5 && !strncmp(p, "HTTP/", 5)) {
		free(f->req->etag);
		free(f->req->location);
		f->req->etag = f->req->location = NULL;
		f->req->date = f->req->modified = 0;
		f->retry_after = -1;
	}
	if ((v = header_value(p, n, "ETag"))) {
		free(f->req->etag);
		f->req->etag = v;
	} else if ((v = header_value(p, n, "Location"))) {
		free(f->req->location);
		f->req->location = v;
	} else if ((v = header_value(p, n, "Retry-After"))) {
		f->retry_after = retry_after(v);
		free(v);
	} else if ((v = header_value(p, n, "Date"))) {
		f->req->date = date_of(v);
		free(v);
	} else if ((v = header_value(p, n, "Last-Modified"))) {
		f->req->modified = date_of(v);
		free(v);
	}
	return n;
}

static size_t on_read(char *p, size_t one, size_t n, void *arg)
{
	struct flight *f = arg;
	size_t left = f->req->body_len - f->sent;

	n *= one;
	if (n > left)
		n = left;
	if (n)
		memcpy(p, f->req->body + f->sent, n);
	f->sent += n;
	return n;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct flight *f = arg;

	if (origin != SEEK_SET || offset < 0 ||
	    (size_t)offset > f->req->body_len)
		return CURL_SEEKFUNC_CANTSEEK;
	f->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

/*
 * A byte now and then is a sign of life to curl, for ever: time is for bytes.
 * Called about once a second.
 */
static int on_progress(void *arg, curl_off_t all_down, curl_off_t down,
		       curl_off_t all_up, curl_off_t up)
{
	struct flight *f = arg;
	double late = now() - f->start - 2.0 * (double)f->h->timeout_s;

	(void)all_down;
	(void)all_up;
	f->stopped = f->stopped || to_stop(f->h);
	f->slow = f->slow || (double)(down + up) < late * PACE;
	return f->stopped || f->slow;
}

static void flight_free(struct flight *f)
{
	if (!f)
		return;
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	free(f);
}

static int add_header(struct flight *f, const char *h)
{
	struct curl_slist *l = curl_slist_append(f->headers, h);

	if (!l)
		return -1;
	f->headers = l;
	return 0;
}

static struct flight *flight_new(struct http *h, struct http_req *q)
{
	struct flight *f = calloc(1, sizeof(*f));
	size_t i;

	if (!f || !(f->easy = curl_easy_init()))
		goto nomem;
	f->h = h;
	f->req = q;
	f->start = now();
	f->retry_after = -1;
	/* An empty Expect: "100-continue" costs a second with some servers. */
	if (add_header(f, "Expect:"))
		goto nomem;
	for (i = 0; i < 6 && q->header[i]; i++)
		if (add_header(f, q->header[i]))
			goto nomem;
#define SET(o, v) curl_easy_setopt(f->easy, CURLOPT_##o, v)
	SET(PRIVATE, f);
	SET(URL, q->url);
	SET(NOSIGNAL, 1L);
	SET(PROTOCOLS_STR, "http,https");
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(PIPEWAIT, h->saw_http2 ? 1L : 0L);
	SET(SUPPRESS_CONNECT_HEADERS, 1L);
	SET(HTTPHEADER, f->headers);
	SET(ERRORBUFFER, f->why);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, f);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, f);
	SET(NOPROGRESS, 0L);
	SET(XFERINFOFUNCTION, on_progress);
	SET(XFERINFODATA, f);
	SET(USERAGENT, "simsync/" SIMSYNC_VERSION);
	/* An ETag of a compressed answer may be another: only XML may be. */
	if (strcmp(q->method, "GET"))
		SET(ACCEPT_ENCODING, "");
	SET(CONNECTTIMEOUT, h->timeout_s < 15 ? h->timeout_s : 15L);
	SET(LOW_SPEED_LIMIT, 1L);
	SET(LOW_SPEED_TIME, h->timeout_s);
	if (h->userpwd) {
		SET(HTTPAUTH, (long)CURLAUTH_BASIC);
		SET(USERPWD, h->userpwd);
	}
	if (h->ca_file)
		SET(CAINFO, h->ca_file);
	if (q->body) {
		SET(UPLOAD, 1L);
		SET(INFILESIZE_LARGE, (curl_off_t)q->body_len);
		SET(READFUNCTION, on_read);
		SET(READDATA, f);
		SET(SEEKFUNCTION, on_seek);
		SET(SEEKDATA, f);
	}
	SET(CUSTOMREQUEST, q->method);
	if (!strcmp(q->method, "HEAD"))
		SET(NOBODY, 1L);
#undef SET
	return f;
nomem:
	flight_free(f);
	return NULL;
}

static void too_large(struct http_req *q, const char *at)
{
	size_t max = q->max ? q->max : ANSWER_MAX;
	bool whole = max >= 1u << 20;

	sim_fail(&q->err, EX_PROTOCOL,
		 "%s: its answer is larger than the %zu %s that are read of one: nothing of it is used",
		 at, whole ? max >> 20 : max >> 10, whole ? "MiB" : "KiB");
}

/* What curl says, as a fault and a sentence. */
static void judge(struct flight *f, CURLcode rc)
{
	struct http_req *q = f->req;
	char *host = http_host(q->url);
	const char *at = host ? host : "the server";
	long pretransfer = 0;
	curl_off_t up = 0;

	curl_easy_getinfo(f->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(f->easy, CURLINFO_REQUEST_SIZE, &pretransfer);
	switch (rc) {
	case CURLE_OK:
		q->fault = HTTP_OK;
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		q->fault = HTTP_DOWN;
		sim_fail(&q->err, EX_NOHOST,
			 "%s: no such host, or no network: nothing was sent; the next run goes on",
			 at);
		break;
	case CURLE_COULDNT_CONNECT:
		q->fault = HTTP_DOWN;
		sim_fail(&q->err, EX_UNAVAILABLE,
			 "%s: the server is down or not reachable: nothing was sent; the next run goes on",
			 at);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		q->fault = HTTP_DOWN;
		sim_fail(&q->err, EX_PROTOCOL,
			 "%s: its certificate cannot be trusted (%s): nothing was sent",
			 at, f->why[0] ? f->why : curl_easy_strerror(rc));
		break;
	case CURLE_WRITE_ERROR:
		/* The page of an error is cut, not an error of its own. */
		if (q->large && q->status / 100 != 2) {
			q->large = false;
			q->fault = HTTP_OK;
			break;
		}
		q->fault = HTTP_BAD;
		if (q->large)
			too_large(q, at);
		else if (!q->err.text[0])
			sim_fail(&q->err, EX_PROTOCOL,
				 "%s: its answer cannot be used", at);
		break;
	/* HTTP/0.9 is what curl takes a greeting of something else for. */
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		q->fault = pretransfer ? HTTP_TORN : HTTP_DOWN;
		sim_fail(&q->err, EX_PROTOCOL,
			 "%s: what answers there is no web server: correct the URL with `simsync remote add`",
			 at);
		break;
	case CURLE_ABORTED_BY_CALLBACK:
		q->fault = pretransfer ? HTTP_TORN : HTTP_DOWN;
		if (f->stopped)
			say_stopped(q);
		else
			sim_fail(&q->err, EX_TEMPFAIL,
				 "%s: the server is too slow: less than %d bytes a second; the next run goes on",
				 at, PACE);
		break;
	case CURLE_OPERATION_TIMEDOUT:
		q->fault = pretransfer ? HTTP_TORN : HTTP_DOWN;
		sim_fail(&q->err, EX_TEMPFAIL,
			 "%s: the server does not answer in time; the next run goes on",
			 at);
		break;
	default:
		q->fault = pretransfer ? HTTP_TORN : HTTP_DOWN;
		sim_fail(&q->err, EX_TEMPFAIL,
			 "%s: the connection broke (%s); the next run goes on",
			 at, curl_easy_strerror(rc));
	}
	free(host);
}

/* Seconds until it shall be sent again, or -1: it stands as it is. */
static double again(struct http *h, struct flight *f)
{
	struct http_req *q = f->req;

	if (q->tries >= TRIES || f->slow || f->stopped)
		return -1;
	if (q->fault == HTTP_OK && (q->status == 429 || q->status == 503)) {
		if (f->retry_after > WAIT_MAX_S)
			return -1;
		if (f->retry_after >= 0)
			return (double)f->retry_after;
		return q->status == 429 ? (double)(1 << q->tries) / 2 : -1;
	}
	if (q->fault == HTTP_TORN && q->repeat && q->tries < TRIES - 1) {
		/* Small servers reset what their queue does not hold: be gentler. */
		if (h->in_flight > 2)
			h->in_flight -= h->in_flight / 4;
		return 0.1 * q->tries;
	}
	return -1;
}

/* One run of http_many(). */
struct pass {
	struct http *h;
	struct http_req *(*next)(void *arg);
	int (*done)(struct http_req *q, void *arg);
	void *arg;
	struct flight *air, *waiting;
	int flying;
	bool dry;	/* no more to come */
	bool stopped;
};

static int launch(struct pass *p, struct http_req *q)
{
	struct flight *f;

	if (q->tries)
		forget_answer(q);
	if (to_stop(p->h)) {
		q->fault = HTTP_DOWN;
		say_stopped(q);
		return -1;
	}
	q->tries++;
	f = flight_new(p->h, q);
	if (!f || curl_multi_add_handle(p->h->multi, f->easy)) {
		flight_free(f);
		q->fault = HTTP_DOWN;
		sim_fail(&q->err, EX_OSERR, "no memory for a request");
		return -1;
	}
	f->next = p->air;
	p->air = f;
	p->h->stats.requests++;
	p->flying++;
	return 0;
}

static void finish(struct pass *p, struct http_req *q)
{
	if (p->done(q, p->arg)) {
		p->stopped = true;
		p->dry = true;
	}
}

static void out_of_the_air(struct pass *p, struct flight *f)
{
	struct flight **at = &p->air;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	curl_multi_remove_handle(p->h->multi, f->easy);
	p->flying--;
}

/* Nothing can be had any more: each request is its caller's again. */
static int give_up(struct pass *p, struct sim_err *e)
{
	struct flight *f;

	p->dry = true;
	while ((f = p->air ? p->air : p->waiting)) {
		struct http_req *q = f->req;

		if (f == p->air)
			out_of_the_air(p, f);
		else
			p->waiting = f->next;
		flight_free(f);
		q->fault = HTTP_TORN;
		sim_fail(&q->err, EX_SOFTWARE, "the HTTP library failed");
		finish(p, q);
	}
	return sim_fail(e, EX_SOFTWARE, "the HTTP library failed");
}

static void landed(struct pass *p, struct flight *f, CURLcode rc)
{
	struct http_req *q = f->req;
	curl_off_t up = 0, down = 0;
	long sent = 0, head = 0, version = 0;
	double wait;

	curl_easy_getinfo(f->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(f->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	curl_easy_getinfo(f->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl_easy_getinfo(f->easy, CURLINFO_HEADER_SIZE, &head);
	curl_easy_getinfo(f->easy, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &q->status);
	p->h->stats.sent += (unsigned long long)(up + sent);
	p->h->stats.received += (unsigned long long)(down + head);
	q->http2 = version == CURL_HTTP_VERSION_2_0;
	p->h->saw_http2 |= q->http2;
	judge(f, rc);
	out_of_the_air(p, f);
	wait = again(p->h, f);
	if (wait >= 0) {
		if (q->restart)
			q->restart(q);
		f->due = now() + wait;
		f->next = p->waiting;
		p->waiting = f;
		return;
	}
	flight_free(f);
	finish(p, q);
}

/* Send again what has waited long enough. */
static int relaunch(struct pass *p)
{
	struct flight **at = &p->waiting, *f;
	double t = now(), soonest = 1;

	while ((f = *at)) {
		if (f->due > t && !to_stop(p->h)) {
			if (f->due - t < soonest)
				soonest = f->due - t;
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (launch(p, f->req))
			finish(p, f->req);
		flight_free(f);
		return 0;
	}
	return (int)(soonest * 1000) + 1;
}

int http_many(struct http *h, struct http_req *(*next)(void *arg),
	      int (*done)(struct http_req *q, void *arg), void *arg,
	      struct sim_err *e)
{
	struct pass p = { .h = h, .next = next, .done = done, .arg = arg };
	int running, left, ms;
	CURLMsg *m;

	for (;;) {
		while (!p.dry && p.flying < h->in_flight && !p.waiting) {
			struct http_req *q = next(arg);

			if (!q)
				p.dry = true;
			else if (launch(&p, q))
				finish(&p, q);
		}
		ms = p.waiting ? relaunch(&p) : 1000;
		if (!p.flying && !p.waiting) {
			if (p.dry)
				break;
			continue;
		}
		if (curl_multi_perform(h->multi, &running))
			return give_up(&p, e);
		while ((m = curl_multi_info_read(h->multi, &left))) {
			struct flight *f = NULL;
			CURLcode rc = m->data.result;

			if (m->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
					  (char **)&f);
			landed(&p, f, rc);
			ms = 0;
		}
		if (ms && curl_multi_poll(h->multi, NULL, 0, ms, NULL))
			return give_up(&p, e);
	}
	return p.stopped ? 1 : 0;
}

struct one {
	struct http_req *q;
	bool given;
};

static struct http_req *next_one(void *arg)
{
	struct one *o = arg;

	if (o->given)
		return NULL;
	o->given = true;
	return o->q;
}

static int done_one(struct http_req *q, void *arg)
{
	(void)q;
	(void)arg;
	return 0;
}

int http_do(struct http *h, struct http_req *q, struct sim_err *e)
{
	struct one o = { .q = q };

	if (http_many(h, next_one, done_one, &o, e) < 0)
		return -1;
	if (q->fault == HTTP_OK)
		return 0;
	if (e)
		*e = q->err;
	return -1;
}

/* Of where a file moved to, its folder: a file's name may be nobody's business. */
static int folder_length(const struct http_req *q)
{
	const char *to = q->location ? q->location : "elsewhere", *slash;
	size_t n = strlen(to);

	slash = q->url ? strrchr(q->url, '/') : NULL;
	if (slash && slash[1] && strrchr(to, '/'))
		n = (size_t)(strrchr(to, '/') + 1 - to);
	return n < 200 ? (int)n : 200;
}

int http_why(const struct http_req *q, const char *what, struct sim_err *e)
{
	static const struct { int status, code; const char *text; } why[] = {
		{ 401, EX_NOPERM, "the server refuses user or password (401): correct them with `simsync remote add`" },
		{ 403, EX_NOPERM, "this user may not do that there (403): look at the rights on the server" },
		{ 404, EX_CONFIG, "there is nothing at that URL (404): correct it with `simsync remote add`" },
		{ 405, EX_CONFIG, "the server does not do that there (405): is the URL that of a collection?" },
		{ 409, EX_CONFIG, "the folder above is missing on the server (409)" },
		{ 412, EX_TEMPFAIL, "it was changed by somebody else meanwhile (412): the next run looks again" },
		{ 413, EX_DATAERR, "too large for the server (413)" },
		{ 423, EX_TEMPFAIL, "it is locked on the server (423): the next run goes on" },
		{ 429, EX_TEMPFAIL, "the server asks to wait longer (429): the next run goes on" },
		{ 503, EX_TEMPFAIL, "the server is busy or under maintenance (503): the next run goes on" },
		{ 507, EX_CANTCREAT, "the server's disk or quota is full (507)" },
	};
	size_t i;

	if (q->fault != HTTP_OK) {
		if (!e)
			return -1;
		*e = q->err;
		return sim_fail_in(e, "%s", what);
	}
	for (i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		if (why[i].status == q->status)
			return sim_fail(e, why[i].code, "%s: %s", what,
					why[i].text);
	if (q->status / 100 == 3)
		return sim_fail(e, EX_CONFIG,
				"%s: moved to %.*s: give that URL to `simsync remote add`",
				what, folder_length(q),
				q->location ? q->location : "elsewhere");
	if (q->status / 100 == 5)
		return sim_fail(e, EX_UNAVAILABLE,
				"%s: the server failed inside (%ld): nothing is lost, the next run goes on; its log says more",
				what, q->status);
	return sim_fail(e, EX_PROTOCOL,
			"%s: unexpected answer %ld: a login page in between, or no such folder; `simsync remote test` tries again",
			what, q->status);
}
