// SPDX-License-Identifier: MIT
/* contact.c - contacts in the store */
#include "store/store_int.h"

#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "model/buf.h"
#include "model/vcard.h"

void store_contact_free(struct store_contact *c)
{
	free(c->uid);
	free(c->fn);
	free(c->tel);
	free(c->vcard);
	*c = (struct store_contact){ 0 };
}

int store_contact_row(sqlite3_stmt *q, struct store_contact *out,
		      struct sim_err *e)
{
	const void *blob = sqlite3_column_blob(q, 3);
	size_t len = (size_t)sqlite3_column_bytes(q, 3);

	*out = (struct store_contact){
		.uid = strdup(store_text(q, 0)),
		.fn = strdup(store_text(q, 1)),
		.tel = strdup(store_text(q, 2)),
		.vcard = malloc(len + 1),
		.len = len,
		.version = sqlite3_column_int64(q, 4),
	};
	if (!out->uid || !out->fn || !out->tel || !out->vcard) {
		store_contact_free(out);
		return sim_fail(e, EX_OSERR, "no memory for a contact");
	}
	if (len)
		memcpy(out->vcard, blob, len);
	out->vcard[len] = '\0';
	return 0;
}

static void add_digits(struct buf *b, const char *s)
{
	buf_chr(b, ' ');
	for (; *s; s++)
		if ((*s >= '0' && *s <= '9') || *s == '+' || *s == '*' ||
		    *s == '#')
			buf_chr(b, *s);
}

/* Words a person finds it by: names and addresses folded, numbers as digits. */
static char *found_by(const struct sim_item *item)
{
	static const char *const words[] = { "FN", "N", "NICKNAME", "ORG",
					     "EMAIL", "X-SIM-SECOND-NAME",
					     "CATEGORIES" };
	struct buf b = { 0 };
	size_t i, k;

	for (i = 0; i < item->n; i++) {
		const struct sim_prop *p = &item->prop[i];

		if (!strcmp(p->name, "TEL"))
			add_digits(&b, p->value);
		for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			char *plain, *folded;

			if (strcmp(p->name, words[k]))
				continue;
			plain = sim_text_unescape(p->value);
			folded = plain ? store_fold(plain) : NULL;
			if (!folded)
				b.bad = true;
			else
				buf_fmt(&b, " %s", folded);
			free(folded);
			free(plain);
		}
	}
	return buf_take(&b);
}

int store_contact_write(struct store *s, const char *uid,
			const struct sim_item *item, const char *vcard,
			size_t len, int64_t *version, struct sim_err *e)
{
	const char *fn = sim_item_get(item, "FN");
	const char *tel = sim_item_get(item, "TEL");
	char *shown = sim_text_unescape(fn ? fn : "");
	char *found = found_by(item);
	sqlite3_stmt *q;
	int64_t seq;
	int ret = -1;

	if (!shown || !found) {
		sim_fail(e, EX_OSERR, "no memory for a contact");
		goto out;
	}
	seq = store_tick(s, e);
	if (!seq)
		goto out;
	q = store_q(s, Q_EXHUME, e);
	if (!q)
		goto out;
	sqlite3_bind_int(q, 1, SIM_CONTACT);
	sqlite3_bind_text(q, 2, uid, -1, SQLITE_STATIC);
	if (store_run(s, q, e))
		goto out;
	q = store_q(s, Q_CONTACT_PUT, e);
	if (!q)
		goto out;
	sqlite3_bind_text(q, 1, uid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, seq);
	sqlite3_bind_text(q, 3, shown, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 4, tel ? tel : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 5, found, -1, SQLITE_STATIC);
	sqlite3_bind_blob(q, 6, vcard, (int)len, SQLITE_STATIC);
	ret = store_run(s, q, e);
	if (!ret && version)
		*version = seq;
out:
	free(shown);
	free(found);
	return ret;
}

int store_contact_get(struct store *s, const char *uid,
		      struct store_contact *out, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_CONTACT_GET, e);
	int ret;

	*out = (struct store_contact){ 0 };
	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, uid, -1, SQLITE_STATIC);
	ret = store_step(s, q, e);
	if (ret == 1)
		ret = store_contact_row(q, out, e);
	else if (!ret)
		ret = 1;
	sqlite3_reset(q);
	return ret;
}

/* Write within one transaction; the condition looked at inside it. */
static int put(struct store *s, const char *uid, bool fresh, int64_t version,
	       const struct sim_item *item, const char *vcard, size_t len,
	       struct store_contact *out, struct sim_err *e)
{
	struct store_contact now;
	int ret;

	if (store_begin(s, e))
		return -1;
	ret = store_contact_get(s, uid, &now, e);
	if (ret == 1 && fresh)
		ret = 0;
	else if (!ret && fresh)
		ret = sim_fail(e, EX_CANTCREAT,
			       "a contact with UID %.80s is there already: edit that one",
			       uid);
	else if (!ret && version && now.version != version)
		ret = 1;
	store_contact_free(&now);
	if (!ret)
		ret = store_contact_write(s, uid, item, vcard, len, NULL, e);
	if (!ret && out)
		ret = store_contact_get(s, uid, out, e);
	/* A condition that failed wrote nothing: no reason to roll back. */
	return store_end(s, ret >= 0, e) ? -1 : ret;
}

int store_contact_add(struct store *s, const struct sim_item *item,
		      const char *uid, struct store_contact *out,
		      struct sim_err *e)
{
	char fresh[37];
	uuid_t u;
	char *text;
	int ret;

	if (!uid) {
		uuid_generate(u);
		uuid_unparse_lower(u, fresh);
		uid = fresh;
	}
	text = vcard_new(item, uid, e);
	if (!text)
		return -1;
	ret = put(s, uid, true, 0, item, text, strlen(text), out, e);
	free(text);
	return ret;
}

/* @text with a UID of @uid (NULL: its own or a fresh one), parsed. */
static int take(const char *vcard, size_t len, const char *uid,
		struct sim_vcard *v, char **text, size_t *textlen,
		struct sim_err *e)
{
	char fresh[37];
	uuid_t u;
	int ret;

	*text = NULL;
	if (vcard_parse(vcard, len, v, e))
		return -1;
	if (v->uid && (!uid || !strcmp(uid, v->uid))) {
		*text = malloc(len + 1);
		if (!*text)
			goto nomem;
		memcpy(*text, vcard, len);
		(*text)[len] = '\0';
		*textlen = len;
		return 0;
	}
	if (!uid) {
		uuid_generate(u);
		uuid_unparse_lower(u, fresh);
		uid = fresh;
	}
	ret = vcard_set_uid(vcard, len, uid, text, textlen, e);
	if (ret) {
		vcard_free(v);
		return -1;
	}
	free(v->uid);
	v->uid = strdup(uid);
	if (v->uid)
		return 0;
nomem:
	free(*text);
	*text = NULL;
	vcard_free(v);
	return sim_fail(e, EX_OSERR, "no memory for a contact");
}

int store_contact_import(struct store *s, const char *vcard, size_t len,
			 struct store_contact *out, struct sim_err *e)
{
	struct sim_vcard v;
	size_t n;
	char *text;
	int ret;

	if (take(vcard, len, NULL, &v, &text, &n, e))
		return -1;
	ret = put(s, v.uid, true, 0, &v.item, text, n, out, e);
	vcard_free(&v);
	free(text);
	return ret;
}

int store_contact_replace(struct store *s, const char *uid, int64_t version,
			  const char *vcard, size_t len,
			  struct store_contact *out, struct sim_err *e)
{
	struct sim_vcard v;
	size_t n;
	char *text;
	int ret;

	if (take(vcard, len, uid, &v, &text, &n, e))
		return -1;
	ret = put(s, uid, false, version, &v.item, text, n, out, e);
	vcard_free(&v);
	free(text);
	return ret;
}

int store_contact_edit(struct store *s, const char *uid, int64_t version,
		       const struct sim_item *want, struct store_contact *out,
		       struct sim_err *e)
{
	struct store_contact now;
	char *text = NULL;
	size_t len;
	int ret;

	if (store_begin(s, e))
		return -1;
	ret = store_contact_get(s, uid, &now, e);
	if (!ret && version && now.version != version)
		ret = 1;
	if (!ret)
		ret = vcard_patch(now.vcard, now.len, want, &text, &len, e);
	/* The same text is no change: no new version. */
	if (!ret && (len != now.len || memcmp(text, now.vcard, len)))
		ret = store_contact_write(s, uid, want, text, len, NULL, e);
	store_contact_free(&now);
	free(text);
	if (!ret && out)
		ret = store_contact_get(s, uid, out, e);
	/* A condition that failed wrote nothing: no reason to roll back. */
	return store_end(s, ret >= 0, e) ? -1 : ret;
}

int store_contact_rm(struct store *s, const char *uid, int64_t version,
		     struct sim_err *e)
{
	struct store_contact now;
	sqlite3_stmt *q;
	int ret;

	if (store_begin(s, e))
		return -1;
	ret = store_contact_get(s, uid, &now, e);
	if (!ret && version && now.version != version)
		ret = 1;
	store_contact_free(&now);
	if (!ret) {
		q = store_q(s, Q_CONTACT_RM, e);
		ret = -1;
		if (q) {
			sqlite3_bind_text(q, 1, uid, -1, SQLITE_STATIC);
			ret = store_run(s, q, e);
		}
		if (!ret)
			ret = store_bury(s, SIM_CONTACT, uid, e);
	}
	/* A condition that failed wrote nothing: no reason to roll back. */
	return store_end(s, ret >= 0, e) ? -1 : ret;
}

long store_contact_each(struct store *s, const char *find,
			int (*fn)(const struct store_contact *c, void *arg),
			void *arg, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_CONTACT_FIND, e);
	struct buf digits = { 0 };
	char *folded = NULL;
	long n = 0;
	int ret;

	if (!q)
		return -1;
	if (find) {
		folded = store_fold(find);
		if (!find[strspn(find, "0123456789+*#()-/. ")])
			add_digits(&digits, find);
		sqlite3_bind_text(q, 1, folded, -1, SQLITE_STATIC);
		sqlite3_bind_text(q, 2, digits.n ? digits.p + 1 : "", -1,
				  SQLITE_STATIC);
		sqlite3_bind_text(q, 3, find, -1, SQLITE_STATIC);
	}
	while ((ret = store_step(s, q, e)) == 1) {
		struct store_contact c;

		if (store_contact_row(q, &c, e)) {
			ret = -1;
			break;
		}
		n++;
		ret = fn(&c, arg);
		store_contact_free(&c);
		if (ret) {
			ret = 0;
			break;
		}
	}
	sqlite3_reset(q);
	buf_free(&digits);
	free(folded);
	return ret < 0 ? -1 : n;
}

struct choice {
	const char *find;
	struct store_contact best;
	size_t exact, n;
	bool nomem;
};

static int choose(const struct store_contact *c, void *arg)
{
	struct choice *w = arg;
	bool exact = !strcmp(c->fn, w->find) || !strcmp(c->uid, w->find);

	w->n++;
	w->exact += exact;
	if (w->best.uid && !(exact && w->exact == 1))
		return 0;
	free(w->best.uid);
	w->best.uid = strdup(c->uid);
	w->nomem |= !w->best.uid;
	return 0;
}

int store_contact_one(struct store *s, const char *find,
		      struct store_contact *out, struct sim_err *e)
{
	struct choice w = { .find = find };
	int ret;

	ret = store_contact_get(s, find, out, e);
	if (ret != 1)
		return ret;
	if (store_contact_each(s, find, choose, &w, e) < 0 || w.nomem)
		ret = w.nomem ? sim_fail(e, EX_OSERR, "no memory") : -1;
	else if (!w.n)
		ret = sim_fail(e, EX_NOINPUT,
			       "no contact matches: see `simsync contacts list`");
	else if (w.n > 1 && w.exact != 1)
		ret = sim_fail(e, EX_USAGE,
			       "%zu contacts match: say more of the name, or the start of a UID (simsync contacts list shows them)",
			       w.exact ? w.exact : w.n);
	else
		ret = store_contact_get(s, w.best.uid, out, e) ? -1 : 0;
	free(w.best.uid);
	return ret;
}
