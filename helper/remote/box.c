// SPDX-License-Identifier: MIT
#include "remote/box.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/sha256.h"

/* A line of a message is some hundred bytes; what is parsed takes many times that. */
#define LINE_MAX_BYTES	((size_t)1 << 20)
#define LINES_MAX	1000
#define AT_MAX		INT64_C(253402300799999)	/* end of the year 9999, ms */
#define PROPS_MAX	((size_t)2 << 20)

static int nomem(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "no memory for messages");
}

void box_free(struct box *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n; i++) {
		free(b->m[i].id);
		sim_item_free(&b->m[i].first);
		sim_item_free(&b->m[i].item);
	}
	for (i = 0; i < b->nfile; i++) {
		free(b->file[i].name);
		free(b->file[i].etag);
		free(b->file[i].text);
	}
	free(b->m);
	free(b->file);
	free(b->token);
	free(b);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct message *)a)->id,
		      ((const struct message *)b)->id);
}

struct message *box_find(const struct box *b, const char *id)
{
	struct message key = { .id = (char *)id };

	return b->n ? bsearch(&key, b->m, b->n, sizeof(*b->m), by_id) : NULL;
}

const struct sim_item *message_now(const struct message *m)
{
	return m->by ? &m->item : &m->first;
}

struct box_file *box_file(const struct box *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->nfile; i++)
		if (!strcmp(b->file[i].name, name))
			return &b->file[i];
	return NULL;
}

void box_version(const struct sim_item *it, char out[17])
{
	char *text = sim_item_text(it), hash[SHA256_HEX];

	sha256_hex(text ? text : "", text ? strlen(text) : 0, hash);
	memcpy(out, hash, 16);
	out[16] = '\0';
	free(text);
}

bool box_is_file(const char *name)
{
	size_t n = strlen(name);

	return n > 9 && (!strncmp(name, "m-", 2) || !strncmp(name, "s-", 2)) &&
	       !strcmp(name + n - 7, ".ndjson");
}

char *box_token(const struct dav_files *f)
{
	char hash[SHA256_HEX], *token = NULL;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < f->n; i++)
		if (box_is_file(f->file[i].name))
			buf_fmt(&b, "%s %s\n", f->file[i].name,
				f->file[i].etag);
	buf_add(&b, "", 0);
	if (b.bad)
		return NULL;
	sha256_hex(b.p, b.n, hash);
	buf_free(&b);
	if (asprintf(&token, "m:%.32s", hash) < 0)
		return NULL;
	return token;
}

/* Content lines of a JSON array, as an item. */
static int item_of(json_t *a, struct sim_item *it)
{
	struct buf b = { 0 };
	json_t *v;
	size_t i;
	int ret = -1;

	sim_item_init(it, SIM_MESSAGE);
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
		ret = sim_item_parse(it, SIM_MESSAGE, b.p);
out:
	buf_free(&b);
	return ret;
}

static json_t *lines_of(const struct sim_item *it)
{
	char *text = sim_item_text(it), *at, *save = NULL;
	json_t *a = text ? json_array() : NULL;

	for (at = text ? strtok_r(text, "\n", &save) : NULL; at;
	     at = strtok_r(NULL, "\n", &save))
		json_array_append_new(a, json_string(at));
	free(text);
	return a;
}

static int put_line(struct buf *b, json_t *j)
{
	char *s = j ? json_dumps(j, JSON_COMPACT) : NULL;

	json_decref(j);
	if (!s)
		return -1;
	buf_str(b, s);
	buf_chr(b, '\n');
	free(s);
	return b->bad ? -1 : 0;
}

int box_line(struct buf *b, const char *id, const struct sim_item *it)
{
	return put_line(b, json_pack("{s:s, s:o}", "id", id, "lines",
				     lines_of(it)));
}

int box_state(struct buf *b, const struct message *m, int64_t at,
	      const struct sim_item *want)
{
	struct sim_item set;
	json_t *unset = json_array(), *lines;
	size_t i, k;

	if (!want) {
		json_decref(unset);
		return put_line(b, json_pack("{s:s, s:I, s:b}", "id", m->id,
					     "at", (json_int_t)at, "gone", 1));
	}
	/* Only what differs from the segment's line. */
	if (sim_item_equal(want, &m->first)) {
		json_decref(unset);
		return put_line(b, json_pack("{s:s, s:I}", "id", m->id, "at",
					     (json_int_t)at));
	}
	sim_item_init(&set, SIM_MESSAGE);
	for (i = 0; i < want->n; i++) {
		const struct sim_prop *p = &want->prop[i];

		for (k = 0; k < m->first.n; k++)
			if (!strcmp(m->first.prop[k].name, p->name) &&
			    !strcmp(m->first.prop[k].value, p->value) &&
			    !p->params && !m->first.prop[k].params)
				break;
		if (k == m->first.n)
			sim_item_add(&set, p->name, p->params, p->value);
	}
	for (k = 0; k < m->first.n; k++)
		if (!sim_item_get(want, m->first.prop[k].name))
			json_array_append_new(
				unset, json_string(m->first.prop[k].name));
	lines = lines_of(&set);
	sim_item_free(&set);
	return put_line(b, json_pack("{s:s, s:I, s:o, s:o}", "id", m->id, "at",
				     (json_int_t)at, "set", lines, "unset",
				     unset));
}

static struct message *add_message(struct box *b)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 64;
		struct message *p = realloc(b->m, cap * sizeof(*p));

		if (!p)
			return NULL;
		b->m = p;
		b->cap = cap;
	}
	b->m[b->n] = (struct message){ 0 };
	sim_item_init(&b->m[b->n].first, SIM_MESSAGE);
	sim_item_init(&b->m[b->n].item, SIM_MESSAGE);
	return &b->m[b->n++];
}

static int read_message(struct box *b, json_t *j, const char *file)
{
	const char *id = json_string_value(json_object_get(j, "id"));
	struct message *m;

	(void)file;
	if (!id || !*id || strpbrk(id, "\n/"))
		return -1;
	m = add_message(b);
	if (!m || !(m->id = strdup(id)) ||
	    item_of(json_object_get(j, "lines"), &m->first)) {
		if (m && !m->id)
			b->n--;
		return -1;
	}
	b->props += m->first.n + 1;
	return 0;
}

static int read_state(struct box *b, json_t *j, const char *file)
{
	const char *id = json_string_value(json_object_get(j, "id"));
	json_t *at = json_object_get(j, "at"), *v;
	struct message *m = id ? box_find(b, id) : NULL;
	struct sim_item set;
	size_t i;
	int ret = 0;

	if (!id || !json_is_integer(at) || json_integer_value(at) < 0 ||
	    json_integer_value(at) > AT_MAX)
		return -1;
	/* State of a message whose segment is gone: of no use, no harm. */
	if (!m || (m->by && (json_integer_value(at) < m->at ||
			     (json_integer_value(at) == m->at &&
			      strcmp(file, m->by) < 0))))
		return 0;
	m->at = json_integer_value(at);
	m->by = file;
	m->gone = json_is_true(json_object_get(j, "gone"));
	if (sim_item_copy(&m->item, &m->first))
		return -1;
	json_array_foreach(json_object_get(j, "unset"), i, v)
		if (json_is_string(v))
			sim_item_set(&m->item, json_string_value(v), NULL);
	if (!json_object_get(j, "set"))
		return 0;
	if (item_of(json_object_get(j, "set"), &set))
		return -1;
	for (i = 0; i < set.n && !ret; i++)
		ret = sim_item_set(&m->item, set.prop[i].name,
				   set.prop[i].value);
	sim_item_free(&set);
	return ret;
}

static int too_much(struct webdav *d, struct sim_err *e)
{
	return webdav_too_much(d, BOX_MAX_BYTES >> 20, "MiB of messages", e);
}

static int read_lines(struct webdav *d, struct box *b, const struct box_file *f,
		      int (*take)(struct box *b, json_t *j, const char *file),
		      struct sim_err *e)
{
	const char *p = f->text, *end, *stop = f->text + f->len;
	size_t line = 1;

	for (; p < stop; p = end + 1, line++) {
		json_t *j;
		int ret;

		end = memchr(p, '\n', (size_t)(stop - p));
		if (!end)
			end = stop;
		if (end == p)
			continue;
		if (b->props > PROPS_MAX)
			return too_much(d, e);
		j = (size_t)(end - p) > LINE_MAX_BYTES ? NULL :
		    json_loadb(p, (size_t)(end - p), JSON_REJECT_DUPLICATES,
			       NULL);
		ret = json_is_object(j) ? take(b, j, f->name) : -1;
		json_decref(j);
		/*
		 * Skipping it would look like a deletion: stop, so that nothing
		 * is deleted elsewhere.
		 */
		if (ret)
			return sim_fail(e, EX_DATAERR,
					"%.80s on the server: line %zu is damaged: put an older copy of that file back, or remove the line",
					f->name, line);
	}
	return 0;
}

static void drop_twins(struct box *b)
{
	size_t i, k = 0;

	if (b->n)
		qsort(b->m, b->n, sizeof(*b->m), by_id);
	for (i = 0; i < b->n; i++) {
		/* Two phones had the same message: one message. */
		if (k && !strcmp(b->m[k - 1].id, b->m[i].id)) {
			free(b->m[i].id);
			sim_item_free(&b->m[i].first);
			sim_item_free(&b->m[i].item);
			continue;
		}
		b->m[k++] = b->m[i];
	}
	b->n = k;
}

static int fetch_file(struct webdav *d, struct box *b, struct box *old,
		      const struct dav_file *f, struct sim_err *e)
{
	struct box_file *had = old ? box_file(old, f->name) : NULL;
	struct box_file *t = &b->file[b->nfile];
	char *etag;
	int ret;

	*t = (struct box_file){ .name = strdup(f->name),
				.etag = strdup(f->etag) };
	b->nfile++;
	if (!t->name || !t->etag)
		return nomem(e);
	if (had && had->text && !strcmp(had->etag, f->etag)) {
		t->text = had->text;
		t->len = had->len;
		had->text = NULL;
	} else {
		ret = webdav_get(d, f->name, BOX_MAX_BYTES, &t->text, &t->len,
				 &etag, e);
		free(etag);
		if (ret < 0)
			return -1;
		if (ret == 1) {
			free(t->name);
			free(t->etag);
			b->nfile--;
			return 0;
		}
	}
	b->bytes += t->len;
	return b->bytes > BOX_MAX_BYTES ? too_much(d, e) : 0;
}

int box_parse(struct webdav *d, struct box *b, struct sim_err *e)
{
	size_t i;

	for (i = 0; i < b->nfile; i++)
		if (b->file[i].name[0] == 'm' &&
		    read_lines(d, b, &b->file[i], read_message, e))
			return -1;
	drop_twins(b);
	for (i = 0; i < b->nfile; i++)
		if (b->file[i].name[0] == 's' &&
		    read_lines(d, b, &b->file[i], read_state, e))
			return -1;
	return 0;
}

int box_load(struct webdav *d, struct sim_err *e)
{
	struct box *b = NULL, *old = d->box;
	struct dav_files f;
	size_t i;
	int ret = -1;

	if (webdav_list(d, &f, e))
		return -1;
	b = calloc(1, sizeof(*b));
	if (!b || !(b->token = box_token(&f)) ||
	    !(b->file = calloc(f.n + 1, sizeof(*b->file)))) {
		nomem(e);
		goto out;
	}
	if (old && !strcmp(old->token, b->token)) {
		box_free(b);
		webdav_files_free(&f);
		return 0;
	}
	for (i = 0; i < f.n; i++)
		if (box_is_file(f.file[i].name) &&
		    fetch_file(d, b, old, &f.file[i], e))
			goto out;
	ret = box_parse(d, b, e);
out:
	webdav_files_free(&f);
	box_free(old);
	d->box = NULL;
	if (ret)
		box_free(b);
	else
		d->box = b;
	return ret;
}
