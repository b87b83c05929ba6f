// SPDX-License-Identifier: MIT
/*
 * uicc_book.c - phonebooks of the software UICC: making one from a
 * `phonebook' line (TS 31.102 4.4.2)
 */
#include "card/uicc_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct kind - one kind of phonebook file
 * @key: word in a `phonebook' line
 * @tag: tag in EF_PBR (TS 31.102 table 4.1), 0: not named there
 * @fid: first file identifier tried
 * @type: structure
 * @len: record length when none is given
 * @link: how it is linked when nothing is said: A8, A9 or AA
 */
static const struct kind {
	const char *key;
	uint8_t tag;
	uint16_t fid;
	enum uicc_type type;
	uint8_t len;
	uint8_t link;
} kinds[] = {
	{ "adn", 0xc0, 0x4f3a, UICC_LINEAR, 28, 0xa8 },
	{ "iap", 0xc1, 0x4f25, UICC_LINEAR, 0, 0xa8 },
	{ "sne", 0xc3, 0x4f19, UICC_LINEAR, 16, 0xa8 },
	{ "anr", 0xc4, 0x4f11, UICC_LINEAR, 15, 0xa8 },
	{ "pbc", 0xc5, 0x4f09, UICC_LINEAR, 2, 0xa8 },
	{ "grp", 0xc6, 0x4f26, UICC_LINEAR, 4, 0xa8 },
	{ "uid", 0xc9, 0x4f28, UICC_LINEAR, 2, 0xa8 },
	{ "email", 0xca, 0x4f50, UICC_LINEAR, 34, 0xa9 },
	{ "ext1", 0xc2, 0x4f4a, UICC_LINEAR, 13, 0xaa },
	{ "aas", 0xc7, 0x4f4b, UICC_LINEAR, 14, 0xaa },
	{ "gas", 0xc8, 0x4f4c, UICC_LINEAR, 14, 0xaa },
	{ "ccp1", 0xcb, 0x4f4d, UICC_LINEAR, 15, 0xaa },
	{ "psc", 0, 0x4f22, UICC_TRANSPARENT, 4, 0 },
	{ "cc", 0, 0x4f23, UICC_TRANSPARENT, 2, 0 },
	{ "puid", 0, 0x4f24, UICC_TRANSPARENT, 2, 0 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static uint16_t free_fid(const struct uicc_file *dir, uint16_t fid)
{
	while (uicc_file_in(dir, fid) || fid == 0x4f30)
		fid++;
	return fid;
}

static uint8_t free_sfi(const struct uicc_file *dir)
{
	uint8_t sfi = 1;

	while (sfi < 31 && uicc_file_sfi(dir, sfi))
		sfi++;
	return sfi < 31 ? sfi : 0;
}

struct link {
	uint8_t tag;
	uint16_t fid;
	uint8_t sfi;
};

struct group {
	struct link link[12];
	size_t n;
};

/* "250x28/a9": records, length, link; any part may be missing. */
static void spec(const char *v, size_t *recs, size_t *len, uint8_t *link)
{
	char *end;
	unsigned long x = strtoul(v, &end, 10);

	if (x)
		*recs = x;
	if (*end == 'x') {
		x = strtoul(end + 1, &end, 10);
		*len = x;
	}
	if (*end == '/')
		*link = (uint8_t)strtoul(end + 1, NULL, 16);
}

static struct uicc_file *make(struct uicc_file *dir, const struct kind *k,
			      size_t recs, size_t len, bool sfi)
{
	struct uicc_file *f;
	size_t i;

	f = uicc_file_add(dir, k->type, free_fid(dir, k->fid), recs, len);
	if (!f)
		return NULL;
	f->ac[UICC_READ] = UICC_PIN1;
	f->ac[UICC_UPDATE] = UICC_PIN1;
	f->sfi = sfi ? free_sfi(dir) : 0;
	/* EXT1: record type 00 is free; PBC, GRP, UID, counters start at 0 */
	for (i = 1; i <= f->recs && f->rec_len; i++) {
		if (k->tag == 0xc2)
			uicc_record(f, i)[0] = 0;
		else if (k->tag == 0xc5 || k->tag == 0xc6 || k->tag == 0xc9 ||
			 !k->tag)
			memset(uicc_record(f, i), 0, len);
	}
	if (!strcmp(k->key, "psc"))
		f->data[3] = 1;
	return f;
}

static size_t put_group(uint8_t *out, uint8_t tag, const struct group *g)
{
	size_t n = 2, i;

	if (!g->n)
		return 0;
	for (i = 0; i < g->n; i++) {
		out[n++] = g->link[i].tag;
		out[n++] = g->link[i].sfi ? 3 : 2;
		out[n++] = (uint8_t)(g->link[i].fid >> 8);
		out[n++] = (uint8_t)g->link[i].fid;
		if (g->link[i].sfi)
			out[n++] = g->link[i].sfi;
	}
	out[0] = tag;
	out[1] = (uint8_t)(n - 2);
	return n;
}

static int add_pbr(struct uicc_file *dir, const struct group g[3], char *why)
{
	struct uicc_file *pbr = uicc_file_in(dir, 0x4f30);
	uint8_t b[200];
	size_t n = 0, i;

	n += put_group(b + n, 0xa8, &g[0]);
	n += put_group(b + n, 0xa9, &g[1]);
	n += put_group(b + n, 0xaa, &g[2]);
	if (!pbr) {
		pbr = uicc_file_add(dir, UICC_LINEAR, 0x4f30, 2, 80);
		if (!pbr)
			return uicc_why(why, "no memory");
		pbr->ac[UICC_READ] = UICC_PIN1;
	}
	for (i = 1; i <= pbr->recs; i++)
		if (uicc_record(pbr, i)[0] == 0xff)
			break;
	if (n > pbr->rec_len || i > pbr->recs) {
		size_t len = n > pbr->rec_len ? n : pbr->rec_len;
		size_t recs = i > pbr->recs ? i : pbr->recs;

		if (!uicc_file_resize(pbr, recs, len))
			return uicc_why(why, "no memory");
		/* a longer record: what is new is FF already */
	}
	memcpy(uicc_record(pbr, i), b, n);
	return 0;
}

static struct uicc_file *book_dir(struct uicc_fs *fs, const char *which,
				  char *why)
{
	bool local = !strcmp(which, "local");
	struct uicc_file *up = uicc_file_at(fs, local ? "usim" : "7F10"), *dir;

	if (!local && strcmp(which, "global") != 0) {
		uicc_why(why, "phonebook local|global|2g, not `%s'", which);
		return NULL;
	}
	if (!up) {
		uicc_why(why, "phonebook %s: no directory for it", which);
		return NULL;
	}
	dir = uicc_file_in(up, 0x5f3a);
	if (!dir)
		dir = uicc_file_add(up, UICC_DF, 0x5f3a, 0, 0);
	if (local)
		(void)uicc_service(fs, 1, true);
	return dir;
}

/* The telecom directory's 6F3A shows the book's first ADN. */
static int alias_adn(struct uicc_fs *fs, struct uicc_file *dir, char *why)
{
	static const uint16_t pair[][2] = { { 0x6f3a, 0x4f3a },
					    { 0x6f4a, 0x4f4a } };
	struct uicc_file *telecom = uicc_file_at(fs, "7F10"), *f, *to;
	size_t i;

	for (i = 0; telecom && i < 2; i++) {
		to = uicc_file_in(dir, pair[i][1]);
		if (!to || uicc_file_in(telecom, pair[i][0]))
			continue;
		f = uicc_file_add(telecom, to->type, pair[i][0], 0, 0);
		if (!f)
			return uicc_why(why, "no memory");
		f->alias = to;
		memcpy(f->ac, to->ac, sizeof(f->ac));
	}
	return 0;
}

/* phonebook 2g adn=250x28 ext1=10 */
static int make_2g(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *dir = uicc_file_at(fs, "7F10"), *f;
	size_t i, recs, len, k;
	uint8_t link;

	if (!dir)
		return uicc_why(why, "phonebook 2g: no DF 7F10");
	for (i = 2; i < w->n; i++) {
		bool ext = !strcmp(w->w[i], "ext1");

		recs = 100;
		len = ext ? 13 : 28;
		if (w->val[i])
			spec(w->val[i], &recs, &len, &link);
		f = uicc_file_add(dir, UICC_LINEAR, ext ? 0x6f4a : 0x6f3a, recs,
				  len);
		if (!f)
			return uicc_why(why, "no memory");
		f->ac[UICC_READ] = UICC_PIN1;
		f->ac[UICC_UPDATE] = UICC_PIN1;
		for (k = 1; ext && k <= recs; k++)
			uicc_record(f, k)[0] = 0;
	}
	return 0;
}

int uicc_book_make(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct group g[3] = { { .n = 0 } };
	struct uicc_file *dir, *f, *iap = NULL;
	size_t entries = 0, i, k, recs, len;
	bool sfi;

	if (w->n < 3)
		return uicc_why(why, "phonebook local|global|2g adn=NxLEN ...");
	if (!strcmp(w->w[1], "2g"))
		return make_2g(fs, w, why);
	dir = book_dir(fs, w->w[1], why);
	if (!dir)
		return -1;
	sfi = !uicc_word_val(w, "nosfi");
	for (i = 2; i < w->n; i++) {
		const char *v = w->val[i] ? w->val[i] : "";
		struct group *to;
		uint8_t link;

		if (!strcmp(w->w[i], "alias") || !strcmp(w->w[i], "nosfi"))
			continue;
		for (k = 0; k < KINDS && strcmp(kinds[k].key, w->w[i]); k++)
			;
		if (k == KINDS)
			return uicc_why(why, "phonebook: unknown `%s'",
					w->w[i]);
		link = kinds[k].link;
		recs = entries;
		len = kinds[k].len;
		spec(v, &recs, &len, &link);
		if (link == 0xa8 && entries)
			recs = entries;
		/* linked through IAP: two more bytes name the ADN record */
		if (link == 0xa9 && kinds[k].tag == 0xc4 && len == 15)
			len = 17;
		if (recs > 254 || len > 255)
			return uicc_why(why, "phonebook %s: 254 records of 255 "
					"bytes at most", w->w[i]);
		/* shared by all PBR records, as cards have them */
		if (!kinds[k].tag && uicc_file_in(dir, kinds[k].fid))
			continue;
		f = NULL;
		if (link == 0xaa && !*v)
			f = uicc_file_in(dir, kinds[k].fid);
		if (!f)
			f = make(dir, &kinds[k], recs, len, sfi);
		if (!f)
			return uicc_why(why, "no memory");
		if (kinds[k].tag == 0xc0)
			entries = recs;
		if (kinds[k].tag == 0xc1)
			iap = f;
		if (!kinds[k].tag)
			continue;
		to = &g[link == 0xa8 ? 0 : link == 0xa9 ? 1 : 2];
		if (to->n == 12)
			return uicc_why(why, "phonebook: too many files");
		to->link[to->n++] = (struct link){ kinds[k].tag, f->fid,
						   f->sfi };
	}
	/* IAP: one byte for each object under A9 */
	if (iap && !iap->rec_len &&
	    !uicc_file_resize(iap, entries, g[1].n ? g[1].n : 1))
		return uicc_why(why, "no memory");
	if (add_pbr(dir, g, why))
		return -1;
	return uicc_word_val(w, "alias") ? alias_adn(fs, dir, why) : 0;
}
