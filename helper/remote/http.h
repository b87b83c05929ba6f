/* SPDX-License-Identifier: MIT */
/*
 * http.h - many requests in flight over one set of connections (libcurl multi)
 */
#ifndef SIMSYNC_HTTP_H
#define SIMSYNC_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/buf.h"
#include "model/err.h"
#include "remote/remote.h"

struct http;

/* What went wrong below HTTP. */
enum http_fault {
	HTTP_OK,	/* an answer came; see status */
	HTTP_DOWN,	/* not sent: no name, no connection, no TLS */
	HTTP_TORN,	/* sent, at least in part; no whole answer came */
	HTTP_BAD,	/* answer refused: too large, or the sink said no */
};

/**
 * struct http_req - one request
 * @method: "GET", "REPORT"...
 * @url: absolute
 * @header: "Name: value" lines, NULL-terminated
 * @body: what to send, may be NULL
 * @body_len: its bytes
 * @max: most bytes of an answer, decompressed; 0: 64 KiB. A longer one is HTTP_BAD,
 *	and @answer has the first @max; what is no 2xx is cut at 64 KiB
 * @sink: takes the body of a 2xx answer instead of @answer; may be NULL.
 *	Non-zero stops it; the sink has filled @err then
 * @arg: the sink's
 * @restart: called when the request is sent again: forget what came; may be NULL
 * @repeat: may be sent again after a torn answer (GET, PROPFIND, REPORT; a PUT
 *	or DELETE whose caller looks at what is there after a 412)
 * @fault: out
 * @status: out: HTTP status
 * @answer: out: body, NUL-terminated
 * @etag: out: as sent, with quotes; NULL: none
 * @location: out: of a redirection
 * @date: out: the server's clock when it answered, 0: not told
 * @modified: out: Last-Modified by that clock, 0: not told
 * @http2: out
 * @large: out: the answer is longer than @max
 * @got: out: bytes of its body, decompressed
 * @err: out: sentence when @fault is not HTTP_OK
 * @cookie: the caller's
 * @tries: times it was sent, for http.c alone
 */
struct http_req {
	const char *method;
	char *url;
	const char *header[6];
	const char *body;
	size_t body_len;
	size_t max;
	int (*sink)(struct http_req *q, const char *bytes, size_t n);
	void (*restart)(struct http_req *q);
	void *arg;
	bool repeat;
	enum http_fault fault;
	long status;
	struct buf answer;
	char *etag;
	char *location;
	int64_t date;
	int64_t modified;
	bool http2;
	bool large;
	size_t got;
	struct sim_err err;
	void *cookie;
	int tries;
};

struct http *http_new(const struct remote_config *c, struct sim_err *e);
void http_free(struct http *h);
const struct remote_stats *http_stats(const struct http *h);

/**
 * http_stop() - whom to ask whether to go on, while waiting
 * @h: connections
 * @stop: non-zero: requests end, those in flight and those to come, with
 *	EX_TEMPFAIL; NULL: nobody
 * @arg: handed to @stop
 */
void http_stop(struct http *h, int (*stop)(void *arg), void *arg);

/** http_do() - one request. Return: 0 an answer came, -1 @e filled. */
int http_do(struct http *h, struct http_req *q, struct sim_err *e);

/**
 * http_many() - many, as many at a time as the configuration says
 * @h: connections
 * @next: the next request, or NULL when there is none (any more); called just
 *	before it goes out
 * @arg: handed to @next and @done
 * @done: its answer or fault is there; the request is the caller's again.
 *	Non-zero: start no more, finish those in flight
 * @e: EX_SOFTWARE: libcurl does not work; @done has had what was in flight
 *
 * Return: 0, 1 stopped by @done, -1 nothing could be done.
 */
int http_many(struct http *h, struct http_req *(*next)(void *arg),
	      int (*done)(struct http_req *q, void *arg), void *arg,
	      struct sim_err *e);

/** http_req_free() - what the answer holds, and the URL. */
void http_req_free(struct http_req *q);

/**
 * http_why() - a sentence for an answer that is none of the expected
 * @q: the request, answered
 * @what: "the address book", "the folder for messages"
 * @e: filled; its code follows from the status
 *
 * Return: -1.
 */
int http_why(const struct http_req *q, const char *what, struct sim_err *e);

/** http_host() - host and port of a URL, for sentences; the caller's */
char *http_host(const char *url);
/** http_join() - @href of an answer as absolute URL of @base's server */
char *http_join(const char *base, const char *href);
/** http_path() - path of a URL or href, percent-encoding made uniform */
char *http_path(const char *url);
/** http_escape() - one path segment, percent-encoded */
char *http_escape(const char *segment);

#endif
