// SPDX-License-Identifier: MIT
/* replica.c - the server as the sync engine sees it */
#include "remote/dav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/vcard.h"

struct remote {
	struct sim_replica r;
	struct remote_config c;
	struct http *h;
	struct carddav contacts;
	struct webdav files;
};

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory");
}

static int copy_config(struct remote_config *to,
		       const struct remote_config *from)
{
	char **s[] = { &to->contacts, &to->files, &to->user, &to->password,
		       &to->key, &to->device, &to->ca_file };
	size_t i;
	int ret = 0;

	*to = *from;
	for (i = 0; i < sizeof(s) / sizeof(s[0]); i++)
		if (*s[i] && !(*s[i] = strdup(*s[i])))
			ret = -1;
	return ret;
}

/* URL of a collection: it ends with '/'. */
static int collection(const char *from, char **url, char **path)
{
	size_t n = strlen(from);

	if (asprintf(url, "%s%s", from, n && from[n - 1] == '/' ? "" : "/") < 0) {
		*url = NULL;
		return -1;
	}
	*path = http_path(*url);
	return *path ? 0 : -1;
}

/* The server behind it, with whom to ask whether to wait on. */
static struct remote *server(struct sim_replica *r)
{
	struct remote *m = r->priv;

	http_stop(m->h, r->stop, r->stop_arg);
	return m;
}

static int check_kind(const struct sim_replica *r, enum sim_kind kind,
		      struct sim_err *e)
{
	if (r->kinds & 1u << kind)
		return 0;
	return sim_fail(e, EX_SOFTWARE,
			"the server has no place for items of this kind");
}

static int remote_changes(struct sim_replica *r, enum sim_kind kind,
			  const char *since, struct sim_changes *out,
			  struct sim_err *e)
{
	struct remote *m = server(r);

	memset(out, 0, sizeof(*out));
	if (check_kind(r, kind, e))
		return -1;
	out->shelf = r->shelf;
	if (kind == SIM_CONTACT)
		return carddav_changes(&m->contacts, since, out, e);
	if (kind == SIM_MESSAGE)
		return messages_changes(&m->files, since, out, e);
	return info_changes(&m->files, since, out, e);
}

static int remote_project(struct sim_replica *r, const struct sim_item *full,
			  const struct sim_item *held, struct sim_item *out,
			  struct sim_err *why)
{
	struct remote *m = r->priv;

	(void)held;
	if (sim_item_copy(out, full))
		return nomem(why);
	if (out->kind == SIM_CONTACT)
		vcard_normal(out);
	else if (webdav_hide(&m->c, out))
		return nomem(why);
	return 0;
}

static int remote_place(struct sim_replica *r, const struct sim_item *want,
			const char *uid, char **ref, struct sim_err *e)
{
	struct remote *m = r->priv;

	if (check_kind(r, want->kind, e))
		return -1;
	if (want->kind == SIM_CONTACT)
		return carddav_place(&m->contacts, uid, ref, e);
	if (want->kind == SIM_MESSAGE)
		return messages_place(&m->files, want, ref, e);
	return info_place(&m->files, want, ref, e);
}

static int apply_run(struct remote *m, struct sim_op *op, size_t n,
		     int (*before)(struct sim_op *op, void *arg),
		     int (*after)(struct sim_op *op, void *arg), void *arg,
		     struct sim_err *e)
{
	if (op->kind == SIM_CONTACT)
		return carddav_apply(&m->contacts, op, n, before, after, arg, e);
	if (op->kind == SIM_MESSAGE)
		return messages_apply(&m->files, op, n, before, after, arg, e);
	return info_apply(&m->files, op, n, before, after, arg, e);
}

static int remote_apply(struct sim_replica *r, struct sim_op *op, size_t n,
			int (*before)(struct sim_op *op, void *arg),
			int (*after)(struct sim_op *op, void *arg), void *arg,
			struct sim_err *e)
{
	size_t at, k;

	for (at = 0; at < n; at++)
		op[at].outcome = SIM_PENDING;
	/* Runs of one kind; the engine gives them so anyway. */
	for (at = 0; at < n; at += k) {
		for (k = 1; at + k < n && op[at + k].kind == op[at].kind; k++)
			;
		if (check_kind(r, op[at].kind, e) ||
		    apply_run(server(r), op + at, k, before, after, arg, e))
			return -1;
	}
	return 0;
}

static int remote_when(struct sim_replica *r, enum sim_kind kind,
		       const char *ref, int64_t *since, int64_t *until,
		       struct sim_err *e)
{
	struct remote *m = server(r);

	/* Files hold many messages, and a card's document more than its fields. */
	return kind == SIM_CONTACT ?
		       carddav_when(&m->contacts, ref, since, until, e) : 1;
}

static int remote_told(struct sim_replica *r, const char *iccid,
		       struct sim_manifest *out, struct sim_err *e)
{
	struct remote *m = server(r);

	memset(out, 0, sizeof(*out));
	return m->files.url ? info_told(&m->files, iccid, out, e) : 1;
}

static int remote_tell(struct sim_replica *r, const char *iccid,
		       const struct sim_manifest *mine, struct sim_err *e)
{
	struct remote *m = server(r);

	/* With CardDAV alone there is nowhere to say it. */
	return m->files.url ? info_tell(&m->files, iccid, mine, e) : 0;
}

static void remote_free(struct sim_replica *r)
{
	struct remote *m = r->priv;

	messages_free(&m->files);
	http_free(m->h);
	free(m->contacts.url);
	free(m->contacts.path);
	free(m->files.url);
	free(m->files.path);
	free(m->r.name);
	free(m->r.shown);
	remote_config_free(&m->c);
	free(m);
}

static const struct sim_replica_ops remote_ops = {
	.changes = remote_changes,
	.project = remote_project,
	.place = remote_place,
	.apply = remote_apply,
	.when = remote_when,
	.told = remote_told,
	.tell = remote_tell,
	.free = remote_free,
};

struct sim_replica *remote_replica(const struct remote_config *c,
				   struct sim_err *e)
{
	struct remote *m;

	if (remote_config_check(c, e))
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m) {
		nomem(e);
		return NULL;
	}
	m->r = (struct sim_replica){
		.ops = &remote_ops,
		.name = strdup("remote"),
		.shown = strdup("server"),
		.class = SIM_REMOTE,
		.priv = m,
		/* Hidden identifiers are the one thing it does not hold. */
		.lossless = c->identifiers || !c->files,
	};
	if (copy_config(&m->c, c) || !m->r.name || !m->r.shown)
		goto nomem;
	m->h = http_new(&m->c, e);
	if (!m->h)
		goto fail;
	m->contacts.h = m->files.h = m->h;
	m->files.c = &m->c;
	if (c->contacts) {
		m->r.kinds |= 1u << SIM_CONTACT;
		if (collection(c->contacts, &m->contacts.url, &m->contacts.path))
			goto nomem;
	}
	if (c->files) {
		m->r.kinds |= 1u << SIM_MESSAGE | 1u << SIM_INFO;
		if (collection(c->files, &m->files.url, &m->files.path))
			goto nomem;
	}
	return &m->r;
nomem:
	nomem(e);
fail:
	remote_free(&m->r);
	return NULL;
}

int remote_generation(struct sim_replica *r, const char *iccid, char *out,
		      size_t size, struct sim_err *e)
{
	struct remote *m = server(r);

	out[0] = '\0';
	return m->files.url ? info_generation(&m->files, iccid, out, size, e) :
			      1;
}

void remote_replica_stats(struct sim_replica *r, struct remote_stats *out)
{
	struct remote *m = r->priv;

	*out = *http_stats(m->h);
}

int remote_test(const struct remote_config *c, bool create,
		struct remote_report *out, struct sim_err *e)
{
	struct sim_replica *r = remote_replica(c, e);
	struct sim_err why = { 0 };
	struct remote *m;
	int ret = 0;

	*out = (struct remote_report){ 0 };
	if (!r)
		return -1;
	m = r->priv;
	if (c->contacts) {
		out->contacts_ok = !carddav_test(&m->contacts, create, out, &why);
		if (!out->contacts_ok) {
			memcpy(out->contacts_why, why.text, sizeof(why.text));
			*e = why;
			ret = -1;
		}
	}
	if (c->files) {
		out->files_ok = !webdav_test(&m->files, create, out, &why);
		if (!out->files_ok) {
			memcpy(out->files_why, why.text, sizeof(why.text));
			if (!ret)
				*e = why;
			ret = -1;
		}
	}
	r->ops->free(r);
	return ret;
}
