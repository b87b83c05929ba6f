// SPDX-License-Identifier: MIT
/*
 * folder.c - the mirrored vCard folder
 *
 * A pass: 1. look at every .vcf (mtime and size first, content only where they
 * moved); 2. take in what changed there; 3. write out what changed in the
 * store. The folder itself is behind struct folder_io. What a file held when it
 * was last seen is in the store's table "file", so a deletion is one only of a
 * file known before. "seq" there: version of the contact that the file is, 0
 * where it is none, negative where only the UID is missing in it.
 */
#include "store/folder.h"
#include "store/folder_io.h"
#include "store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "model/sha256.h"
#include "model/vcard.h"

/* A file as it was last seen, and as it is now. */
struct vfile {
	char *name;
	char *uid;		/* NULL: never seen */
	int64_t mtime, size;	/* known */
	char hash[SHA256_HEX];	/* known; "": never */
	int64_t seq;		/* store's version the file had, 0: none of it */
	bool owed;		/* all of it but its UID: that is to be written */
	int64_t now_seq;	/* store's version now, 0: gone */
	bool there;
	struct folder_stat now;
};

struct pass {
	struct store *s;
	struct folder_io *io;
	struct vfile *f;
	size_t n, cap;
	struct folder_report *rep;
	struct sim_err *e;
};

static int nomem(struct pass *p)
{
	return sim_fail(p->e, EX_OSERR, "no memory for the vCard folder");
}

static struct vfile *add_file(struct pass *p, const char *name)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct vfile *f = realloc(p->f, cap * sizeof(*f));

		if (!f)
			return NULL;
		p->f = f;
		p->cap = cap;
	}
	p->f[p->n] = (struct vfile){ .name = strdup(name) };
	return p->f[p->n].name ? &p->f[p->n++] : NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct vfile *)a)->name,
		      ((const struct vfile *)b)->name);
}

static int load_known(struct pass *p)
{
	sqlite3_stmt *q = store_q(p->s, Q_FILE_ALL, p->e);
	int ret;

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, p->io->path, -1, SQLITE_STATIC);
	while ((ret = store_step(p->s, q, p->e)) == 1) {
		struct vfile *f = add_file(p, store_text(q, 0));

		if (!f || !(f->uid = strdup(store_text(q, 1)))) {
			ret = nomem(p);
			break;
		}
		f->mtime = sqlite3_column_int64(q, 2);
		f->size = sqlite3_column_int64(q, 3);
		snprintf(f->hash, sizeof(f->hash), "%s", store_text(q, 4));
		f->seq = sqlite3_column_int64(q, 5);
		f->owed = f->seq < 0;
		if (f->owed)
			f->seq = -f->seq;
		f->now_seq = sqlite3_column_int64(q, 6);
	}
	sqlite3_reset(q);
	if (p->n)
		qsort(p->f, p->n, sizeof(*p->f), by_name);
	return ret;
}

static int remember(struct pass *p, const struct vfile *f, int64_t seq)
{
	sqlite3_stmt *q = store_q(p->s, Q_FILE_PUT, p->e);

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, p->io->path, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, f->name, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 3, f->uid, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 4, f->now.mtime);
	sqlite3_bind_int64(q, 5, f->now.size);
	sqlite3_bind_text(q, 6, f->hash, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 7, seq);
	return store_run(p->s, q, p->e);
}

static int forget(struct pass *p, const struct vfile *f)
{
	sqlite3_stmt *q = store_q(p->s, Q_FILE_RM, p->e);

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, p->io->path, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 2, f->name, -1, SQLITE_STATIC);
	return store_run(p->s, q, p->e);
}

struct scan {
	struct pass *p;
	size_t known;
};

static int found(const char *name, const struct folder_stat *st, void *arg,
		 struct sim_err *e)
{
	struct scan *sc = arg;
	struct pass *p = sc->p;
	struct vfile key = { .name = (char *)name }, *f = NULL;

	(void)e;
	if (sc->known)
		f = bsearch(&key, p->f, sc->known, sizeof(key), by_name);
	if (!f)
		f = add_file(p, name);
	if (!f)
		return nomem(p);
	f->there = true;
	f->now = *st;
	return 0;
}

static int scan(struct pass *p)
{
	struct scan sc = { p, p->n };

	return p->io->ops->list(p->io, found, &sc, p->e);
}

/* Text of a file, and what it was when it was read. 0, 1 went away, -1. */
static int read_file(struct pass *p, struct vfile *f, char **text, size_t *len)
{
	return p->io->ops->read(p->io, f->name, text, len, &f->now, p->e);
}

/* 0, 1 somebody was faster: the file holds something else than @hash, -1. */
static int write_file(struct pass *p, struct vfile *f, const char *hash,
		      const char *text, size_t len)
{
	int ret = p->io->ops->write(p->io, f->name, hash, text, len, &f->now,
				    p->e);

	if (!ret)
		sha256_hex(text, len, f->hash);
	return ret;
}

static void bad_file(struct pass *p, const struct vfile *f,
		     const struct sim_err *why)
{
	if (!p->rep->bad++)
		snprintf(p->rep->bad_why, sizeof(p->rep->bad_why),
			 "%.200s: %.250s", f->name, why->text);
}

/* Both changed: the store's stands, the file's becomes a contact of its own. */
static int keep_both(struct pass *p, struct vfile *f, const char *text,
		     size_t len)
{
	struct store_contact c = { 0 }, twin = { 0 };
	char u[37], *copy = NULL;
	struct sim_err why = { 0 };
	size_t n;
	uuid_t id;
	int ret;

	ret = store_contact_get(p->s, f->uid, &c, p->e);
	if (ret)
		return ret < 0 ? -1 : 0;
	f->owed = false;
	sha256_hex(text, len, f->hash);
	if (c.len == len && !memcmp(c.vcard, text, len)) {
		store_contact_free(&c);
		return remember(p, f, f->now_seq);
	}
	uuid_generate(id);
	uuid_unparse_lower(id, u);
	ret = vcard_set_uid(text, len, u, &copy, &n, &why);
	if (ret) {
		bad_file(p, f, &why);
		ret = 1;
	} else {
		/* At once: a file not known to have its twin gets another. */
		ret = store_begin(p->s, p->e);
		if (!ret) {
			ret = store_contact_import(p->s, copy, n, &twin, p->e);
			if (!ret)
				ret = remember(p, f, 0);
			ret = store_end(p->s, !ret, p->e);
		}
		p->rep->conflicts += !ret;
	}
	if (!ret)
		ret = write_file(p, f, f->hash, c.vcard, c.len);
	store_contact_free(&c);
	store_contact_free(&twin);
	free(copy);
	if (ret)
		return ret < 0 ? -1 : 0;
	return remember(p, f, f->now_seq);
}

static struct vfile *other_with(struct pass *p, const struct vfile *not,
				const char *uid, bool there)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (&p->f[i] != not && p->f[i].uid && p->f[i].there == there &&
		    !strcmp(p->f[i].uid, uid))
			return &p->f[i];
	return NULL;
}

/*
 * A new file with the UID of a contact there is: a copy of another file is left
 * alone; a renamed file goes on under its new name; one from elsewhere is the
 * other side of a conflict.
 */
static int adopt(struct pass *p, struct vfile *f, const char *text, size_t len,
		 struct store_contact *c)
{
	struct sim_err why = { 0 };
	struct vfile *old;
	struct sim_vcard v;
	int ret;

	if (vcard_parse(text, len, &v, &why))
		return sim_fail(p->e, why.code, "%s", why.text);
	if (other_with(p, f, v.uid, true)) {
		sim_fail(&why, EX_DATAERR,
			 "has the UID of another file: give it one of its own, or remove it");
		bad_file(p, f, &why);
		vcard_free(&v);
		return 1;
	}
	old = other_with(p, f, v.uid, false);
	f->uid = v.uid;
	v.uid = NULL;
	vcard_free(&v);
	ret = store_contact_get(p->s, f->uid, c, p->e);
	if (ret)
		return ret < 0 ? -1 : 1;
	f->now_seq = c->version;
	if (c->len == len && !memcmp(c->vcard, text, len))
		return 0;
	if (old && old->seq == c->version) {
		store_contact_free(c);
		ret = store_contact_replace(p->s, f->uid, old->seq, text, len,
					    c, p->e);
		p->rep->in_changed += !ret;
		return ret;
	}
	store_contact_free(c);
	return keep_both(p, f, text, len) < 0 ? -1 : 1;
}

/* What is known of a file whose text the store has taken in as @c. */
static int settle(struct pass *p, struct vfile *f, const char *text, size_t len,
		  const struct store_contact *c)
{
	char *uid = strdup(c->uid);

	if (!uid)
		return nomem(p);
	free(f->uid);
	f->uid = uid;
	f->now_seq = c->version;
	sha256_hex(text, len, f->hash);
	/* A UID was added: the file shall have it too. */
	f->owed = c->len != len || memcmp(c->vcard, text, len);
	return remember(p, f, f->owed ? -f->now_seq : f->now_seq);
}

/* At once: a file without UID that is not known would become another contact. */
static int into_store(struct pass *p, struct vfile *f, const char *text,
		      size_t len, struct store_contact *c)
{
	bool known = f->uid && f->now_seq;
	int ret;

	if (store_begin(p->s, p->e))
		return -1;
	ret = known ? store_contact_replace(p->s, f->uid, f->now_seq, text, len,
					    c, p->e) :
		      store_contact_import(p->s, text, len, c, p->e);
	if (!ret)
		ret = settle(p, f, text, len, c);
	if (store_end(p->s, ret >= 0, p->e))
		return -1;
	p->rep->in_changed += !ret && known;
	p->rep->in_new += !ret && !known;
	return ret;
}

/* The file changed, or is new: into the store. */
static int take_in(struct pass *p, struct vfile *f, const char *text,
		   size_t len)
{
	struct store_contact c = { 0 };
	int ret;

	ret = into_store(p, f, text, len, &c);
	if (ret < 0 && p->e->code == EX_DATAERR) {
		bad_file(p, f, p->e);
		*p->e = (struct sim_err){ 0 };
		ret = 1;
	} else if (ret < 0 && p->e->code == EX_CANTCREAT) {
		*p->e = (struct sim_err){ 0 };
		store_contact_free(&c);
		ret = adopt(p, f, text, len, &c);
		if (!ret)
			ret = settle(p, f, text, len, &c);
	}
	/* 1: nothing to do, or changed this very moment: the next pass looks. */
	if (!ret && f->owed) {
		ret = write_file(p, f, f->hash, c.vcard, c.len);
		if (!ret)
			ret = remember(p, f, f->now_seq);
	}
	store_contact_free(&c);
	return ret < 0 ? -1 : 0;
}

/* One pass over what lies there, and over what lay there. */
static int look_at(struct pass *p, struct vfile *f)
{
	char *text, hash[SHA256_HEX];
	size_t len;
	int ret;

	if (f->now.size == FOLDER_ODD) {
		struct sim_err why = { 0 };

		sim_fail(&why, EX_DATAERR,
			 "is no regular file: put the file itself there");
		bad_file(p, f, &why);
		return 0;
	}
	if (f->hash[0] && f->mtime == f->now.mtime && f->size == f->now.size)
		return 0;
	ret = read_file(p, f, &text, &len);
	if (ret)
		return ret < 0 ? -1 : 0;
	sha256_hex(text, len, hash);
	if (!strcmp(hash, f->hash)) {
		/* Only touched. The store's side keeps its own version. */
		ret = remember(p, f, f->owed ? -f->seq : f->seq);
	} else if (f->uid && f->now_seq && f->now_seq != f->seq) {
		ret = keep_both(p, f, text, len);
		f->seq = f->now_seq;
	} else {
		ret = take_in(p, f, text, len);
		f->seq = f->now_seq;
	}
	free(text);
	return ret;
}

/* Not listed, and not there: a name replaced meanwhile may be left out. 0 no, 1, -1 */
static int is_gone(struct pass *p, struct vfile *f)
{
	char *text;
	size_t len;
	int ret = read_file(p, f, &text, &len);

	if (!ret)
		free(text);
	return ret;
}

static int vanished(struct pass *p, struct vfile *f)
{
	int ret = is_gone(p, f);

	if (ret <= 0)
		return ret;
	ret = 0;
	/* Renamed; or removed here and edited there: an edit beats a removal. */
	if (!other_with(p, f, f->uid, true) && f->now_seq && f->now_seq == f->seq) {
		ret = store_contact_rm(p->s, f->uid, f->seq, p->e);
		p->rep->in_gone += !ret;
	}
	if (ret >= 0)
		ret = forget(p, f);
	free(f->uid);
	f->uid = NULL;
	return ret < 0 ? -1 : 0;
}

static int bring_up(struct pass *p, struct vfile *f)
{
	struct store_contact c;
	int ret;

	if (!f->now_seq) {
		/* Gone from the store: only the file that was known goes. */
		ret = p->io->ops->remove(p->io, f->name, f->hash, p->e);
		if (ret)
			return ret < 0 ? -1 : 0;
		p->rep->out_gone++;
		return forget(p, f);
	}
	ret = store_contact_get(p->s, f->uid, &c, p->e);
	if (ret)
		return ret < 0 ? -1 : 0;
	f->now_seq = c.version;
	ret = write_file(p, f, f->hash, c.vcard, c.len);
	store_contact_free(&c);
	if (ret)
		return ret < 0 ? -1 : 0;
	p->rep->out_changed++;
	return remember(p, f, f->now_seq);
}

static int cmp_uid(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* File name for a contact: its UID where that makes one, else a hash of it. */
static void name_for(const char *uid, char out[80])
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
	char hash[SHA256_HEX];

	if (strlen(uid) <= 64 && *uid && *uid != '.' &&
	    strspn(uid, safe) == strlen(uid)) {
		snprintf(out, 80, "%.64s.vcf", uid);
		return;
	}
	sha256_hex(uid, strlen(uid), hash);
	snprintf(out, 80, "%.32s.vcf", hash);
}

struct fresh {
	struct pass *p;
	char **uid;
	size_t n;
	int ret;
};

static int write_new(const struct store_contact *c, void *arg)
{
	struct fresh *w = arg;
	struct vfile f = { .uid = c->uid, .now_seq = c->version };
	char name[80];

	if (w->n && bsearch(&c->uid, w->uid, w->n, sizeof(*w->uid), cmp_uid))
		return 0;
	name_for(c->uid, name);
	f.name = name;
	w->ret = write_file(w->p, &f, "", c->vcard, c->len);
	if (w->ret > 0) {
		/* Something unreadable lies under that name: leave it. */
		w->ret = 0;
		return 0;
	}
	if (!w->ret)
		w->ret = remember(w->p, &f, f.now_seq);
	w->p->rep->out_new += !w->ret;
	return w->ret;
}

static int write_all_new(struct pass *p)
{
	struct fresh w = { .p = p };
	size_t i;

	w.uid = calloc(p->n + 1, sizeof(*w.uid));
	if (!w.uid)
		return nomem(p);
	for (i = 0; i < p->n; i++)
		if (p->f[i].uid)
			w.uid[w.n++] = p->f[i].uid;
	qsort(w.uid, w.n, sizeof(*w.uid), cmp_uid);
	/* Nothing to compare with: as many files as contacts. */
	if (store_contact_each(p->s, NULL, write_new, &w, p->e) < 0)
		w.ret = -1;
	free(w.uid);
	return w.ret;
}

static int run(struct pass *p)
{
	size_t i, known = 0, lost = 0;

	for (i = 0; i < p->n; i++) {
		known += p->f[i].hash[0] != '\0';
		lost += p->f[i].hash[0] && !p->f[i].there;
	}
	/*
	 * All of several files gone at once is a folder unmounted or moved away
	 * far more often than a wish; a folder that had to be made anew is one.
	 */
	if (lost == known && lost > (p->io->fresh ? 0 : 2)) {
		p->rep->held = (unsigned int)lost;
		return 0;
	}
	for (i = 0; i < p->n; i++)
		if (p->f[i].there && look_at(p, &p->f[i]))
			return -1;
	for (i = 0; i < p->n; i++)
		if (!p->f[i].there && vanished(p, &p->f[i]))
			return -1;
	for (i = 0; i < p->n; i++)
		if (p->f[i].there && p->f[i].uid && p->f[i].hash[0] &&
		    (p->f[i].now_seq != p->f[i].seq || p->f[i].owed) &&
		    bring_up(p, &p->f[i]))
			return -1;
	return write_all_new(p);
}

int folder_mirror_io(struct store *s, struct folder_io *io,
		     struct folder_report *out, struct sim_err *e)
{
	struct pass p = { .s = s, .io = io, .rep = out, .e = e };
	int ret = -1;
	size_t i;

	*out = (struct folder_report){ 0 };
	if (!load_known(&p) && !scan(&p))
		ret = run(&p);
	for (i = 0; i < p.n; i++) {
		free(p.f[i].name);
		free(p.f[i].uid);
	}
	free(p.f);
	return ret;
}

int folder_mirror(struct store *s, const char *path, struct folder_report *out,
		  struct sim_err *e)
{
	struct folder_dir d;
	int ret;

	*out = (struct folder_report){ 0 };
	if (folder_dir_open(&d, path, e))
		return -1;
	ret = folder_mirror_io(s, &d.io, out, e);
	folder_dir_close(&d);
	return ret;
}
