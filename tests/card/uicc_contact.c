// SPDX-License-Identifier: MIT
/*
 * uicc_contact.c - the lines contact, add contact, edit contact, del contact:
 * writing entries the way a terminal does (TS 31.102 4.4.2, 5.3.1)
 */
#include "card/uicc_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse_set(struct uicc_file *dir, const uint8_t *r, size_t len,
		      struct uicc_set *s)
{
	size_t i = 0, end;
	uint8_t link, iap;

	s->n = 0;
	while (i + 2 <= len && r[i] >= 0xa8 && r[i] <= 0xaa) {
		link = r[i];
		end = i + 2 + r[i + 1];
		iap = 0;
		for (i += 2; i + 4 <= end && end <= len; i += 2u + r[i + 1]) {
			uint16_t fid = (uint16_t)(r[i + 2] << 8 | r[i + 3]);
			struct uicc_file *f = uicc_file_in(dir, fid);

			if (f && s->n < UICC_BOOK_FILES)
				s->file[s->n++] = (struct uicc_book_file){
					r[i], link, iap, f };
			iap++;
		}
		i = end;
	}
}

/* @where: "local", "global", "2g", or NULL: the first there is. */
bool uicc_book_open(struct uicc_fs *fs, const char *where, struct uicc_book *b)
{
	static const char *const place[][2] = {
		{ "local", "usim/5F3A" },
		{ "global", "7F10/5F3A" },
		{ "2g", "7F10" },
	};
	struct uicc_file *pbr, *f;
	size_t i, k;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < 3; i++) {
		if (where && strcmp(where, place[i][0]) != 0)
			continue;
		b->dir = uicc_file_at(fs, place[i][1]);
		if (!b->dir)
			continue;
		if (i == 2) {
			static const uint16_t old[] = { 0x6f3a, 0x6f4a };

			for (k = 0; k < 2; k++) {
				f = uicc_file_in(b->dir, old[k]);
				if (f)
					b->set[0].file[b->set[0].n++] =
						(struct uicc_book_file){
						k ? 0xc2 : 0xc0,
						k ? 0xaa : 0xa8, 0, f };
			}
			b->n = b->set[0].n ? 1 : 0;
			return b->n;
		}
		pbr = uicc_file_in(b->dir, 0x4f30);
		for (k = 1; pbr && k <= pbr->recs && b->n < UICC_BOOK_SETS;
		     k++) {
			parse_set(b->dir, uicc_record(pbr, k), pbr->rec_len,
				  &b->set[b->n]);
			b->n += b->set[b->n].n > 0;
		}
		if (b->n)
			return true;
	}
	return false;
}

struct uicc_file *uicc_book_file(const struct uicc_set *s, uint8_t tag)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->file[i].tag == tag)
			return s->file[i].f;
	return NULL;
}

/* PBR tag of a phonebook file, 0: none; for comments. */
uint8_t uicc_book_role(const struct uicc_file *f)
{
	const struct uicc_file *pbr = f->up ? uicc_file_in(f->up, 0x4f30) :
					      NULL;
	struct uicc_set s;
	size_t i, k;

	for (i = 1; pbr && i <= pbr->recs; i++) {
		parse_set(f->up, uicc_record(pbr, i), pbr->rec_len, &s);
		for (k = 0; k < s.n; k++)
			if (s.file[k].f == f)
				return s.file[k].tag;
	}
	return 0;
}

static bool is_free(const uint8_t *r, size_t n, uint8_t tag)
{
	size_t i;

	/* EXT1: type 00; the others: all FF */
	if (tag == 0xc2)
		return r[0] == 0x00;
	for (i = 0; i < n && r[i] == 0xff; i++)
		;
	return i == n;
}

static size_t free_record(const struct uicc_file *f, uint8_t tag)
{
	size_t len = f->alias ? f->alias->rec_len : f->rec_len, i;
	uint8_t *r;

	for (i = 1; (r = uicc_record(f, i)) != NULL; i++)
		if (is_free(r, len, tag))
			return i;
	return 0;
}

static size_t rec_len(struct uicc_file *f)
{
	return uicc_data_of(f)->rec_len;
}

/*
 * BCD number with 10 bytes in place and the rest in EXT1 (TS 31.102 4.4.2.4).
 * @at: length byte; TON and 10 bytes follow; @ext: the identifier's byte.
 */
static int put_number(struct uicc_set *s, uint8_t *at, uint8_t *ext,
		      const char *tel, char *why)
{
	struct uicc_file *x = uicc_book_file(s, 0xc2);
	uint8_t b[40], *to = ext;
	int n = uicc_bcd(tel, at + 1, b, sizeof(b)), bytes, i;

	if (n < 0)
		return uicc_why(why, "`%s' is not a number", tel);
	bytes = (n + 1) / 2;
	memset(at + 2, 0xff, 10);
	memcpy(at + 2, b, bytes < 10 ? (size_t)bytes : 10);
	at[0] = n ? (uint8_t)((bytes < 10 ? bytes : 10) + 1) : 0xff;
	if (!n)
		at[1] = 0xff;
	*ext = 0xff;
	for (i = 10; i < bytes; i += 10) {
		size_t rec = x ? free_record(x, 0xc2) : 0;
		uint8_t *r = rec ? uicc_record(x, rec) : NULL;
		int k = bytes - i < 10 ? bytes - i : 10;

		if (!r || rec_len(x) < 13)
			return uicc_why(why, "`%s': over 20 digits and no free "
					"EXT1 record", tel);
		memset(r, 0xff, 13);
		r[0] = 0x02;
		r[1] = (uint8_t)k;
		memcpy(r + 2, b + i, (size_t)k);
		*to = (uint8_t)rec;
		to = &r[12];
	}
	return 0;
}

static void free_chain(struct uicc_set *s, uint8_t rec)
{
	struct uicc_file *x = uicc_book_file(s, 0xc2);
	int guard = 0;

	while (x && rec != 0xff && rec && guard++ < 255) {
		uint8_t *r = uicc_record(x, rec);

		if (!r)
			return;
		rec = r[12];
		memset(r, 0xff, rec_len(x));
		r[0] = 0;
	}
}

/**
 * struct entry - where one contact is
 * @set: PBR record's files
 * @rec: record number in its ADN
 */
struct entry {
	struct uicc_set *set;
	size_t rec;
};

/* Record of a linked file for this entry, made when @make; NULL: none. */
static uint8_t *linked(struct entry *e, struct uicc_book_file *bf, bool make,
		       size_t *no)
{
	struct uicc_file *iap = uicc_book_file(e->set, 0xc1);
	uint8_t *p, *r;

	if (bf->link == 0xa8) {
		*no = e->rec;
		return uicc_record(bf->f, e->rec);
	}
	p = iap ? uicc_record(iap, e->rec) : NULL;
	if (!p || bf->iap >= rec_len(iap))
		return NULL;
	if (p[bf->iap] == 0xff) {
		*no = make ? free_record(bf->f, bf->tag) : 0;
		if (!*no)
			return NULL;
		p[bf->iap] = (uint8_t)*no;
	}
	*no = p[bf->iap];
	r = uicc_record(bf->f, *no);
	return r;
}

/* Type A9: the last two bytes name the ADN's SFI and record. */
static size_t back_reference(struct entry *e, struct uicc_book_file *bf,
			     uint8_t *r, size_t len)
{
	struct uicc_file *adn = uicc_book_file(e->set, 0xc0);

	if (bf->link != 0xa9)
		return len;
	r[len - 2] = adn->sfi;
	r[len - 1] = (uint8_t)e->rec;
	return len - 2;
}

static void clear_linked(struct entry *e, uint8_t tag)
{
	struct uicc_file *iap = uicc_book_file(e->set, 0xc1);
	size_t i, no;

	for (i = 0; i < e->set->n; i++) {
		struct uicc_book_file *bf = &e->set->file[i];
		uint8_t *r;

		if (bf->tag != tag)
			continue;
		r = linked(e, bf, false, &no);
		if (!r)
			continue;
		if (tag == 0xc4 && rec_len(bf->f) >= 15)
			free_chain(e->set, r[14]);
		memset(r, tag == 0xc6 ? 0 : 0xff, rec_len(bf->f));
		if (bf->link == 0xa9)
			uicc_record(iap, e->rec)[bf->iap] = 0xff;
	}
}

/* Number of a name in AAS or GAS, added when new. */
static int label(struct uicc_set *s, uint8_t tag, const char *name, char *why)
{
	struct uicc_file *f = uicc_book_file(s, tag);
	uint8_t want[256];
	size_t len, i;
	uint8_t *r;

	if (!f)
		return uicc_why(why, "`%s': the phonebook has no file for it",
				name);
	len = rec_len(f);
	memset(want, 0xff, sizeof(want));
	if (uicc_alpha(name, NULL, want, len) < 0)
		return uicc_why(why, "`%s' does not fit %zu bytes", name, len);
	for (i = 1; (r = uicc_record(f, i)) != NULL; i++)
		if (!memcmp(r, want, len))
			return (int)i;
	i = free_record(f, tag);
	if (!i)
		return uicc_why(why, "`%s': no free record", name);
	memcpy(uicc_record(f, i), want, len);
	return (int)i;
}

/* The nth file of that kind takes the nth value: "+4930/Home", "a@b". */
static int put_linked(struct entry *e, uint8_t tag, size_t nth, const char *v,
		      char *why)
{
	struct uicc_book_file *bf = NULL;
	const char *slash;
	size_t i, len, no;
	uint8_t *r;

	for (i = 0; i < e->set->n; i++)
		if (e->set->file[i].tag == tag && !nth--) {
			bf = &e->set->file[i];
			break;
		}
	r = bf ? linked(e, bf, true, &no) : NULL;
	if (!r)
		return uicc_why(why, "`%s': no file or free record for it", v);
	len = rec_len(bf->f);
	memset(r, 0xff, len);
	len = back_reference(e, bf, r, len);
	if (tag != 0xc4) {
		if (uicc_alpha(v, NULL, r, len) < 0)
			return uicc_why(why, "`%s' does not fit %zu bytes", v,
					len);
		return 0;
	}
	if (len < 15)
		return uicc_why(why, "EF_ANR: records of %zu bytes", len);
	slash = strchr(v, '/');
	r[0] = 0;
	if (slash) {
		int aas = label(e->set, 0xc7, slash + 1, why);

		if (aas < 0)
			return -1;
		r[0] = (uint8_t)aas;
	}
	{
		char tel[UICC_DIGITS];

		snprintf(tel, sizeof(tel), "%.*s",
			 slash ? (int)(slash - v) : (int)strlen(v), v);
		return put_number(e->set, r + 1, r + 14, tel, why);
	}
}

static int put_group(struct entry *e, size_t nth, const char *name, char *why)
{
	struct uicc_file *grp = uicc_book_file(e->set, 0xc6);
	int id = label(e->set, 0xc8, name, why);

	if (id < 0)
		return -1;
	if (!grp || nth >= rec_len(grp))
		return uicc_why(why, "`%s': no room in EF_GRP", name);
	uicc_record(grp, e->rec)[nth] = (uint8_t)id;
	return 0;
}

static unsigned int bump(struct uicc_file *f)
{
	unsigned int v = (unsigned int)(f->data[0] << 8 | f->data[1]) + 1;

	f->data[0] = (uint8_t)(v >> 8);
	f->data[1] = (uint8_t)v;
	return v & 0xffff;
}

/* What a terminal owes the counters: TS 31.102 4.4.2.12. */
static void count_change(struct uicc_book *b, struct entry *e, bool gone)
{
	struct uicc_file *uid = uicc_book_file(e->set, 0xc9);
	struct uicc_file *puid = uicc_file_in(b->dir, 0x4f24);
	struct uicc_file *cc = uicc_file_in(b->dir, 0x4f23);
	uint8_t *r = uid ? uicc_record(uid, e->rec) : NULL;

	if (cc && cc->size >= 2)
		(void)bump(cc);
	if (!r || !puid || puid->size < 2)
		return;
	if (gone) {
		memset(r, 0, 2);
	} else if (!(r[0] | r[1])) {
		unsigned int v = bump(puid);

		r[0] = (uint8_t)(v >> 8);
		r[1] = (uint8_t)v;
	}
}

/* Counted from 1 over all sets: a second set goes on where the first ends. */
static bool find(struct uicc_book *b, size_t n, struct entry *e)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct uicc_file *adn = uicc_book_file(&b->set[i], 0xc0);
		size_t recs = adn ? uicc_data_of(adn)->recs : 0;

		if (n && n <= recs) {
			e->set = &b->set[i];
			e->rec = n;
			return true;
		}
		n -= recs < n ? recs : n;
	}
	return false;
}

static bool find_free(struct uicc_book *b, struct entry *e)
{
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct uicc_file *adn = uicc_book_file(&b->set[i], 0xc0);

		e->set = &b->set[i];
		e->rec = adn ? free_record(adn, 0xc0) : 0;
		if (e->rec)
			return true;
	}
	return false;
}

static const uint8_t linked_tags[] = { 0xc3, 0xc4, 0xca };
static const char *const linked_keys[] = { "sne", "anr", "email" };

static int fill(struct entry *e, const struct uicc_words *w, const char *name,
		const char *tel, char *why)
{
	struct uicc_file *adn = uicc_book_file(e->set, 0xc0);
	uint8_t *r = uicc_record(adn, e->rec);
	size_t len = rec_len(adn), x = len - 14, i, k, nth;
	struct uicc_file *pbc = uicc_book_file(e->set, 0xc5);

	if (len < 14)
		return uicc_why(why, "EF_ADN: records of %zu bytes", len);
	if (name) {
		memset(r, 0xff, x);
		if (uicc_alpha(name, uicc_word_val(w, "coding"), r, x) < 0)
			return uicc_why(why, "`%s' does not fit %zu bytes",
					name, x);
	}
	if (tel) {
		if (r[x] != 0xff)
			free_chain(e->set, r[len - 1]);
		if (put_number(e->set, r + x, r + len - 1, tel, why))
			return -1;
	}
	for (k = 0; k < 3; k++) {
		if (uicc_word_val(w, linked_keys[k]))
			clear_linked(e, linked_tags[k]);
		for (i = 1, nth = 0; i < w->n; i++) {
			if (strcmp(w->w[i], linked_keys[k]) || !w->val[i])
				continue;
			if (*w->val[i] && put_linked(e, linked_tags[k], nth,
						     w->val[i], why))
				return -1;
			nth++;
		}
	}
	if (uicc_word_val(w, "group"))
		clear_linked(e, 0xc6);
	for (i = 1, nth = 0; i < w->n; i++)
		if (!strcmp(w->w[i], "group") && w->val[i] && *w->val[i] &&
		    put_group(e, nth++, w->val[i], why))
			return -1;
	if (uicc_word_val(w, "hidden")) {
		const char *v = uicc_word_val(w, "hidden");

		if (!pbc)
			return uicc_why(why, "hidden: there is no EF_PBC");
		uicc_record(pbc, e->rec)[1] =
			*v ? (uint8_t)strtoul(v, NULL, 16) : 1;
	}
	return 0;
}

static void wipe(struct entry *e)
{
	struct uicc_file *adn = uicc_book_file(e->set, 0xc0);
	struct uicc_file *pbc = uicc_book_file(e->set, 0xc5);
	uint8_t *r = uicc_record(adn, e->rec);
	size_t k;

	for (k = 0; k < 3; k++)
		clear_linked(e, linked_tags[k]);
	clear_linked(e, 0xc6);
	free_chain(e->set, r[rec_len(adn) - 1]);
	memset(r, 0xff, rec_len(adn));
	if (pbc)
		memset(uicc_record(pbc, e->rec), 0, 2);
}

/*
 * contact "NAME" NUMBER [KEY=VALUE ...]
 * add contact "NAME" NUMBER [...]
 * edit contact N [name=] [tel=] [...]
 * del contact N
 */
int uicc_contact(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	bool add = w->w[0][0] == 'c' || w->w[0][0] == 'a';
	size_t first = w->w[0][0] == 'c' ? 1 : 2;
	const char *v = uicc_word_val(w, "counters");
	bool counters = v ? !strcmp(v, "yes") : w->w[0][0] == 'c';
	const char *rec = uicc_word_val(w, "rec");
	struct uicc_book b;
	struct entry e;
	uint8_t *r;

	if (first == 2 && (w->n < 2 || strcmp(w->w[1], "contact") != 0))
		return uicc_why(why, "%s contact ...", w->w[0]);
	if (!uicc_book_open(fs, uicc_word_val(w, "in"), &b))
		return uicc_why(why, "contact: the card has no phonebook");
	if (add) {
		if (w->n < first + 1 || w->val[first])
			return uicc_why(why, "contact \"NAME\" NUMBER");
		if (rec ? !find(&b, strtoul(rec, NULL, 10), &e) :
			  !find_free(&b, &e))
			return uicc_why(why, "contact: no free record");
		if (!uicc_book_file(e.set, 0xc0))
			return uicc_why(why, "contact: no EF_ADN");
		r = uicc_record(uicc_book_file(e.set, 0xc0), e.rec);
		memset(r, 0xff, rec_len(uicc_book_file(e.set, 0xc0)));
		if (fill(&e, w, w->w[first],
			 w->n > first + 1 && !w->val[first + 1] ?
				 w->w[first + 1] : "", why)) {
			wipe(&e);
			return -1;
		}
		if (counters && b.dir && b.dir->fid == 0x5f3a)
			count_change(&b, &e, false);
		return 0;
	}
	if (w->n < 3 || !find(&b, strtoul(w->w[2], NULL, 10), &e))
		return uicc_why(why, "%s contact N: there is no such record",
				w->w[0]);
	if (w->w[0][0] == 'd')
		wipe(&e);
	else if (fill(&e, w, uicc_word_val(w, "name"), uicc_word_val(w, "tel"),
		      why))
		return -1;
	if (counters && b.dir->fid == 0x5f3a)
		count_change(&b, &e, w->w[0][0] == 'd');
	return 0;
}
