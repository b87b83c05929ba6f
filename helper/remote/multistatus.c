// SPDX-License-Identifier: MIT
/* multistatus.c - one PROPFIND or REPORT, its answer read as it comes in */
#include "remote/dav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	struct xml *x;
	int (*fn)(struct dav_response *r, void *arg, struct sim_err *e);
	void (*restart)(void *arg);
	void *arg;
};

static int on_bytes(struct http_req *q, const char *bytes, size_t n)
{
	struct reading *r = q->arg;

	if (!r->x && !(r->x = xml_new(r->fn, r->arg)))
		return sim_fail(&q->err, EX_OSERR, "no memory");
	return xml_feed(r->x, bytes, n, &q->err);
}

static void on_restart(struct http_req *q)
{
	struct reading *r = q->arg;

	xml_free(r->x);
	r->x = NULL;
	if (r->restart)
		r->restart(r->arg);
}

int dav_multistatus(struct http *h, const char *method, const char *url,
		    const char *depth, const char *body, size_t max,
		    int (*fn)(struct dav_response *r, void *arg,
			      struct sim_err *e),
		    void (*restart)(void *arg), void *arg, char **token,
		    struct http_req *out, struct sim_err *e)
{
	struct reading r = { .fn = fn, .restart = restart, .arg = arg };
	struct http_req q = {
		.method = method, .url = strdup(url), .body = body,
		.body_len = strlen(body), .sink = on_bytes, .max = max,
		.restart = on_restart, .arg = &r, .repeat = true,
		.header = { "Content-Type: application/xml; charset=utf-8" },
	};
	char line[16];
	int ret = -1;

	if (token)
		*token = NULL;
	if (depth) {
		snprintf(line, sizeof(line), "Depth: %s", depth);
		q.header[1] = line;
	}
	if (!q.url) {
		sim_fail(e, EX_OSERR, "no memory");
		goto out;
	}
	if (http_do(h, &q, e))
		goto out;
	ret = (int)q.status;
	if (q.status != 207)
		goto out;
	if (!r.x)
		ret = sim_fail(e, EX_PROTOCOL,
			       "the server's answer is empty where XML should be");
	else if (xml_end(r.x, token, e))
		ret = -1;
out:
	xml_free(r.x);
	if (out) {
		*out = q;
		out->url = NULL;
		out->header[1] = NULL;
		free(q.url);
	} else {
		http_req_free(&q);
	}
	return ret;
}

char *dav_path(const struct dav_response *r, struct sim_err *e)
{
	char *path = http_path(r->text[DAV_HREF]);

	if (!path)
		sim_fail(e, EX_OSERR, "no memory for the server's answer");
	if (!path || *path)
		return path;
	sim_fail(e, EX_PROTOCOL,
		 "the server's answer names nothing where a member should be (an empty href): nothing of it is used, the next run asks again");
	free(path);
	return NULL;
}

int dav_unread(const struct dav_response *r, const char *path,
	       struct sim_err *e)
{
	int status = r->status ? r->status : r->prop_status;
	char shown[SHOWN_MAX];

	if (r->status == 404 || r->status == 410)
		return 0;
	/* A property that is not there (404) is one of a member that is. */
	if (status / 100 == 2 || !status || status == 404 || status == 410)
		return 1;
	return sim_fail(e, status == 401 || status == 403 ? EX_NOPERM :
							   EX_UNAVAILABLE,
			"%s on the server: the server does not let it be read (%d), so nothing is compared with this listing; give this user the right to read it, or delete it there",
			webdav_shown(path, shown), status);
}
