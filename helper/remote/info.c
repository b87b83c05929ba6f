// SPDX-License-Identifier: MIT
/*
 * info.c - card-info on the server: one JSON document per card
 *
 * card-KEY.json: {"form":1,"lines":["SPN:...","LABEL:..."],
 *	"generation":"1","manifest":{"seq":7,"entries":[{"item":UID,
 *	"record":REF,"value":LINES,"device":NAME,"seq":7}]}}
 * The manifest is what each phone last agreed with that card to (design.md,
 * Several phones). What else is in the object (another program's) is kept as
 * it is.
 */
#include "remote/dav.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "card-"
#define SUFFIX ".json"
#define TYPE "application/json"
#define DOC_MAX ((size_t)8 << 20)
#define LINES_MAX 1000
#define CARDS_MAX 1000
#define SEQ_MAX (INT64_C(1) << 53)

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for card-info");
}

bool info_is_card(const char *name)
{
	size_t n = strlen(name), s = strlen(SUFFIX);

	return !strncmp(name, PREFIX, strlen(PREFIX)) && n > s &&
	       !strcmp(name + n - s, SUFFIX);
}

static json_t *lines_of(const struct sim_item *it)
{
	char *text = sim_item_text(it), *at, *save = NULL;
	json_t *a = json_array();

	for (at = text ? strtok_r(text, "\n", &save) : NULL; at && a;
	     at = strtok_r(NULL, "\n", &save))
		if (json_array_append_new(a, json_string(at))) {
			json_decref(a);
			a = NULL;
		}
	if (!text) {
		json_decref(a);
		a = NULL;
	}
	free(text);
	return a;
}

static int item_of(json_t *doc, struct sim_item *it)
{
	json_t *a = json_object_get(doc, "lines"), *v;
	struct buf b = { 0 };
	size_t i;
	int ret = -1;

	sim_item_init(it, SIM_INFO);
	if (!json_is_array(a) || json_array_size(a) > LINES_MAX)
		return -1;
	json_array_foreach(a, i, v) {
		if (!json_is_string(v) || strchr(json_string_value(v), '\n'))
			goto out;
		buf_str(&b, json_string_value(v));
		buf_chr(&b, '\n');
	}
	buf_add(&b, "", 0);
	if (!b.bad)
		ret = sim_item_parse(it, SIM_INFO, b.p);
out:
	buf_free(&b);
	return ret;
}

/* The file as a record: 0, 1 not there, -1. @doc may be NULL. */
static int load(struct webdav *d, const char *name, struct sim_record *r,
		json_t **doc, struct sim_err *e)
{
	char *text, *etag;
	char shown[SHOWN_MAX];
	json_error_t why;
	json_t *j;
	size_t len;
	int ret;

	sim_record_free(r);
	sim_item_init(&r->item, SIM_INFO);
	if (doc)
		*doc = NULL;
	ret = webdav_get(d, name, DOC_MAX, &text, &len, &etag, e);
	if (ret)
		return ret;
	r->ref = strdup(name);
	r->version = etag;
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!json_is_object(j) || item_of(j, &r->item)) {
		sim_item_free(&r->item);
		if (asprintf(&r->problem,
			     "%s on the server is damaged (line %d)",
			     webdav_shown(name, shown), j ? 1 : why.line) < 0)
			r->problem = NULL;
	}
	free(text);
	if (doc && !r->problem)
		*doc = json_incref(j);
	json_decref(j);
	return r->ref ? 0 : nomem(e);
}

/* In an old token: "name etag\n" per file. */
static const char *token_find(const char *token, const char *name, size_t *n)
{
	size_t k = strlen(name);
	const char *p;

	for (p = token; p && *p; p = strchr(p, '\n') + 1) {
		const char *end = strchr(p, '\n');

		if (!end)
			break;
		if ((size_t)(end - p) > k && !strncmp(p, name, k) &&
		    p[k] == ' ') {
			*n = (size_t)(end - p) - k - 1;
			return p + k + 1;
		}
	}
	return NULL;
}

static int gone_since(const char *token, const struct dav_files *f,
		      struct sim_changes *out)
{
	const char *p, *end, *sp;
	size_t i;

	for (p = token; (end = strchr(p, '\n')); p = end + 1) {
		sp = memchr(p, ' ', (size_t)(end - p));
		if (!sp)
			continue;
		for (i = 0; i < f->n; i++)
			if (strlen(f->file[i].name) == (size_t)(sp - p) &&
			    !strncmp(f->file[i].name, p, (size_t)(sp - p)))
				break;
		if (i < f->n)
			continue;
		char **g = realloc(out->gone, (out->ngone + 1) * sizeof(*g));

		if (!g)
			return -1;
		out->gone = g;
		g[out->ngone] = strndup(p, (size_t)(sp - p));
		if (!g[out->ngone++])
			return -1;
	}
	return 0;
}

int info_changes(struct webdav *d, const char *since, struct sim_changes *out,
		 struct sim_err *e)
{
	bool known = since && !strncmp(since, "i:", 2);
	struct dav_files f;
	struct buf token = { 0 };
	size_t i, n;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (webdav_list(d, &f, e))
		return sim_fail_in(e, "card-info");
	out->whole = !known;
	for (i = n = 0; i < f.n; i++)
		n += info_is_card(f.file[i].name);
	if (n > CARDS_MAX)
		ret = webdav_too_much(d, CARDS_MAX, "cards", e);
	buf_str(&token, "i:");
	for (i = 0; i < f.n && !ret; i++) {
		const struct dav_file *c = &f.file[i];
		const char *old;
		struct sim_record *r;

		if (!info_is_card(c->name))
			continue;
		out->total++;
		buf_fmt(&token, "%s %s\n", c->name, c->etag);
		old = known ? token_find(since + 2, c->name, &n) : NULL;
		if (old && strlen(c->etag) == n && !strncmp(old, c->etag, n))
			continue;
		r = sim_changes_add(out);
		ret = r ? load(d, c->name, r, NULL, e) : nomem(e);
		if (ret == 1) {
			out->n--;
			ret = 0;
		}
	}
	if (!ret && known && gone_since(since + 2, &f, out))
		ret = nomem(e);
	webdav_files_free(&f);
	out->token = buf_take(&token);
	if (!ret && !out->token)
		ret = nomem(e);
	if (ret)
		sim_changes_free(out);
	return ret ? -1 : 0;
}

int info_place(struct webdav *d, const struct sim_item *want, char **ref,
	       struct sim_err *e)
{
	struct sim_item it;
	char *key = NULL, *safe = NULL;

	*ref = NULL;
	sim_item_init(&it, SIM_INFO);
	if (!sim_item_copy(&it, want) && !webdav_hide(d->c, &it))
		key = sim_item_key(&it);
	sim_item_free(&it);
	safe = key ? http_escape(*key ? key : "none") : NULL;
	if (!safe || asprintf(ref, PREFIX "%s" SUFFIX, safe) < 0)
		*ref = NULL;
	free(key);
	free(safe);
	return *ref ? 0 : nomem(e);
}

/* ---- the manifest ------------------------------------------------------- */

/** struct doc - a card's document under hands */
struct doc {
	char *name;
	char *etag;
	json_t *json;
};

static void doc_free(struct doc *doc)
{
	free(doc->name);
	free(doc->etag);
	json_decref(doc->json);
}

/* 0, 1 there is none (yet), -1; the name is there in any case but the last. */
static int doc_load(struct webdav *d, const char *iccid, struct doc *doc,
		    struct sim_err *e)
{
	struct sim_record now = { 0 };
	struct sim_item it;
	int ret = -1;

	memset(doc, 0, sizeof(*doc));
	sim_item_init(&it, SIM_INFO);
	if (sim_item_add(&it, "ICCID", NULL, iccid))
		nomem(e);
	else if (!info_place(d, &it, &doc->name, e))
		ret = load(d, doc->name, &now, &doc->json, e);
	if (!ret && now.problem)
		ret = sim_fail(e, EX_DATAERR, "%s", now.problem);
	doc->etag = now.version;
	now.version = NULL;
	sim_record_free(&now);
	sim_item_free(&it);
	return ret;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static int told_one(const json_t *o, struct sim_manifest *out)
{
	struct sim_told *t = sim_manifest_add(out);

	if (!t)
		return -1;
	t->uid = strdup(text_of(o, "item"));
	t->ref = strdup(text_of(o, "record"));
	t->text = strdup(text_of(o, "value"));
	t->device = strdup(text_of(o, "device"));
	t->seq = json_integer_value(json_object_get(o, "seq"));
	return t->uid && t->ref && t->text && t->device ? 0 : -1;
}

int info_told(struct webdav *d, const char *iccid, struct sim_manifest *out,
	      struct sim_err *e)
{
	json_t *m, *o;
	struct doc doc;
	size_t i;
	int ret = doc_load(d, iccid, &doc, e);

	memset(out, 0, sizeof(*out));
	m = json_object_get(doc.json, "manifest");
	snprintf(out->generation, sizeof(out->generation), "%s",
		 text_of(doc.json, "generation"));
	out->seq = json_integer_value(json_object_get(m, "seq"));
	json_array_foreach(json_object_get(m, "entries"), i, o) {
		if (told_one(o, out)) {
			ret = nomem(e);
			break;
		}
	}
	doc_free(&doc);
	if (ret < 0)
		sim_manifest_free(out);
	return ret;
}

/* What others say of this generation, and then what we say. */
static json_t *entries_of(struct webdav *d, const struct doc *doc,
			  const struct sim_manifest *mine, int64_t seq)
{
	json_t *old = json_object_get(json_object_get(doc->json, "manifest"),
				      "entries");
	bool same = !strcmp(text_of(doc->json, "generation"), mine->generation);
	json_t *list = json_array(), *o;
	size_t i;

	json_array_foreach(old, i, o)
		if (same && strcmp(text_of(o, "device"), d->c->device) &&
		    json_array_append(list, o))
			goto fail;
	for (i = 0; i < mine->n; i++) {
		const struct sim_told *t = &mine->told[i];

		if (json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "item",
					    t->uid, "record", t->ref, "value",
					    t->text, "device", d->c->device,
					    "seq", (json_int_t)seq)))
			goto fail;
	}
	return list;
fail:
	json_decref(list);
	return NULL;
}

/* Only the number that names it: the rest comes with the card's information. */
static json_t *new_doc(struct webdav *d, const char *iccid)
{
	json_t *doc = NULL, *lines;
	struct sim_item it;

	sim_item_init(&it, SIM_INFO);
	if (!sim_item_add(&it, "ICCID", NULL, iccid) && !webdav_hide(d->c, &it)) {
		lines = lines_of(&it);
		doc = lines ? json_pack("{s:i, s:o}", "form", 1, "lines", lines) :
			      NULL;
	}
	sim_item_free(&it);
	return doc;
}

int info_tell(struct webdav *d, const char *iccid,
	      const struct sim_manifest *mine, struct sim_err *e)
{
	enum sim_outcome how = SIM_FAILED;
	json_t *m, *entries;
	char *text = NULL;
	struct doc doc;
	int64_t seq;
	int there = doc_load(d, iccid, &doc, e);

	if (there < 0) {
		doc_free(&doc);
		return -1;
	}
	if (there)
		doc.json = new_doc(d, iccid);
	m = json_object_get(doc.json, "manifest");
	seq = json_integer_value(json_object_get(m, "seq"));
	/* Nobody counted so far. */
	seq = seq < 0 || seq > SEQ_MAX ? 1 : seq + 1;
	entries = entries_of(d, &doc, mine, seq);
	if (entries &&
	    !json_object_set_new(doc.json, "manifest",
				 json_pack("{s:I, s:o}", "seq", (json_int_t)seq,
					   "entries", entries)) &&
	    !json_object_set_new(doc.json, "generation",
				 json_string(mine->generation)))
		text = json_dumps(doc.json, JSON_INDENT(1));
	if (text)
		how = webdav_put(d, doc.name, TYPE, there ? NULL : doc.etag,
				 text, strlen(text), e);
	else
		nomem(e);
	free(text);
	doc_free(&doc);
	return how == SIM_DONE ? 0 : how == SIM_MOVED ? 1 : -1;
}

int info_generation(struct webdav *d, const char *iccid, char *out, size_t size,
		    struct sim_err *e)
{
	struct doc doc;
	int ret = doc_load(d, iccid, &doc, e);

	snprintf(out, size, "%s", text_of(doc.json, "generation"));
	doc_free(&doc);
	return ret < 0 ? -1 : !out[0];
}

/* ---- writing ------------------------------------------------------------ */

static void judge(struct webdav *d, struct sim_op *op, enum sim_outcome how)
{
	struct sim_err e;
	int there = load(d, op->ref, &op->got, NULL, &e);

	if (there < 0) {
		op->err = e;
		op->outcome = SIM_AWAY;
		return;
	}
	if (op->verb == SIM_DELETE) {
		op->outcome = there == 1 ? SIM_DONE : SIM_MOVED;
		return;
	}
	if (!there && !op->got.problem &&
	    sim_item_equal(&op->got.item, &op->want))
		op->outcome = SIM_DONE;
	else if (how == SIM_DONE && !there)
		op->outcome = SIM_DIFFERS;
	else if (how == SIM_AWAY)
		op->outcome = SIM_FAILED;
	else
		op->outcome = SIM_MOVED;
}

static void write_one(struct webdav *d, struct sim_op *op)
{
	struct sim_record now = { 0 };
	enum sim_outcome how = SIM_FAILED;
	json_t *doc = NULL, *lines;
	char *text = NULL;
	int there;

	there = load(d, op->ref, &now, &doc, &op->err);
	op->outcome = SIM_AWAY;
	if (there < 0)
		goto out;
	op->outcome = SIM_FAILED;
	if (op->verb == SIM_CREATE ? !there :
	    (there || !op->version || strcmp(op->version, now.version))) {
		judge(d, op, SIM_MOVED);
		goto out;
	}
	if (op->verb == SIM_DELETE) {
		how = webdav_delete(d, op->ref, now.version, &op->err);
	} else {
		if (!doc)
			doc = json_pack("{s:i}", "form", 1);
		lines = lines_of(&op->want);
		if (!doc || !lines || json_object_set_new(doc, "lines", lines) ||
		    !(text = json_dumps(doc, JSON_INDENT(1)))) {
			nomem(&op->err);
			goto out;
		}
		how = webdav_put(d, op->ref, TYPE, there ? NULL : now.version,
				 text, strlen(text), &op->err);
	}
	op->outcome = how;
	if (how == SIM_DONE || how == SIM_MOVED || how == SIM_AWAY)
		judge(d, op, how);
out:
	json_decref(doc);
	free(text);
	sim_record_free(&now);
}

int info_apply(struct webdav *d, struct sim_op *op, size_t n,
	       int (*before)(struct sim_op *op, void *arg),
	       int (*after)(struct sim_op *op, void *arg), void *arg,
	       struct sim_err *e)
{
	size_t i;

	/* A handful of cards: one after the other. */
	for (i = 0; i < n; i++) {
		op[i].outcome = SIM_PENDING;
		op[i].err = (struct sim_err){ 0 };
		if (before && before(&op[i], arg))
			return sim_fail(e, EX_TEMPFAIL, "card-info: stopped");
		write_one(d, &op[i]);
		if (after && after(&op[i], arg))
			return sim_fail(e, EX_TEMPFAIL, "card-info: stopped");
		if (op[i].outcome == SIM_AWAY)
			break;
	}
	return 0;
}
