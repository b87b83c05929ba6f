// SPDX-License-Identifier: MIT
/*
 * need.c - counts, by what the image holds and EF_PBR says (TS 31.102 4.4.2):
 *
 *   the card       a channel and the application; EF_SPN for the card's name
 *   each book      EF_PBR found and its records read; EF_CC, of one also EF_PSC
 *   each file      found once
 *   each file of   the empty ones by one search where that is less than reading
 *   the entries    all; then one read for each that says something
 *   linked files   one read for each record that a used entry points to
 *
 * On a line that does not detect errors all but the opening and the counters
 * twice (an upper bound there: labels need not be).
 */
#include "bench/need.h"

#include <string.h>

#include "card/uicc_fs.h"

#define FILES 64

/**
 * struct count - need under way
 * @found: files counted already, @n of them
 * @linked: their records that are pointed to
 */
struct count {
	struct uicc *u;
	struct need need;
	unsigned int times;
	const struct uicc_file *found[FILES];
	bool linked[FILES][256];
	size_t n;
};

/* T=0: header, procedure byte, data, status; a case 4 answer is fetched. */
static void add(struct count *c, unsigned int n, size_t tx, size_t rx)
{
	unsigned int bytes = (unsigned int)(8 + tx + rx + (tx && rx ? 8 : 0));

	c->need.apdus += n;
	c->need.bytes += n * bytes;
}

static void select_file(struct count *c, const struct uicc_file *f, size_t path)
{
	uint8_t fcp[256];

	add(c, c->times, path, f ? uicc_fcp(c->u, f, fcp) : 0);
}

static size_t slot_of(struct count *c, const struct uicc_file *f)
{
	size_t i;

	for (i = 0; i < c->n && c->found[i] != f; i++)
		;
	if (i == c->n && c->n < FILES - 1) {
		c->found[c->n++] = f;
		select_file(c, f, 6);
	}
	return i;
}

static bool all(const uint8_t *p, size_t n, uint8_t v)
{
	while (n--)
		if (*p++ != v)
			return false;
	return true;
}

static bool blank(const struct uicc_file *f, unsigned int rec)
{
	const uint8_t *p = uicc_record(f, rec);

	return all(p, f->rec_len, 0xff) || all(p, f->rec_len, 0x00);
}

static bool used(const struct uicc_file *adn, unsigned int rec)
{
	return !all(uicc_record(adn, rec), adn->rec_len - 14, 0xff) ||
	       (uicc_record(adn, rec)[adn->rec_len - 14] != 0xff &&
		!all(uicc_record(adn, rec) + adn->rec_len - 12, 10, 0xff));
}

/* @said of @of records say something: by search and reading, or reading all. */
static void records(struct count *c, const struct uicc_file *f,
		    unsigned int said, unsigned int of)
{
	bool search = c->u->feature[UICC_F_SEARCH] &&
		      c->u->feature[UICC_F_USIM];
	unsigned int hits = (unsigned int)f->recs - said;

	if (search && said + 1 < of) {
		add(c, c->times, f->rec_len, hits ? hits : 1);
		add(c, said * c->times, 0, f->rec_len);
	} else {
		add(c, of * c->times, 0, f->rec_len);
	}
}

/**
 * struct set - one record of EF_PBR
 */
struct set {
	struct uicc_file *dir;
	struct uicc_file *adn, *iap, *ext;
	struct {
		uint8_t type;
		uint8_t tag;
		uint8_t iap;
		struct uicc_file *f;
	} use[24];
	size_t n;
};

static void parse(struct set *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 2 <= len && p[i] >= 0xa8 && p[i] <= 0xaa &&
			   i + 2 + p[i + 1] <= len;
	     i += 2u + p[i + 1]) {
		uint8_t order = 0;

		for (size_t k = i + 2; k + 4 <= i + 2 + p[i + 1];
		     k += 2u + p[k + 1], order++) {
			struct uicc_file *f = uicc_file_in(
				s->dir, (uint16_t)(p[k + 2] << 8 | p[k + 3]));

			if (!f || s->n == 24)
				continue;
			if (p[k] == 0xc0)
				s->adn = f;
			if (p[k] == 0xc1)
				s->iap = f;
			if (p[k] == 0xc2)
				s->ext = f;
			s->use[s->n].type = p[i];
			s->use[s->n].tag = p[k];
			s->use[s->n].iap = order;
			s->use[s->n++].f = f;
		}
	}
}

static void chain(struct count *c, const struct set *s, uint8_t rec)
{
	size_t slot = s->ext ? slot_of(c, s->ext) : 0;

	while (s->ext && rec && rec <= s->ext->recs && !c->linked[slot][rec]) {
		c->linked[slot][rec] = true;
		add(c, c->times, 0, s->ext->rec_len);
		rec = uicc_record(s->ext, rec)[12];
	}
}

static void entry_links(struct count *c, const struct set *s, unsigned int rec)
{
	chain(c, s, uicc_record(s->adn, rec)[s->adn->rec_len - 1]);
	for (size_t i = 0; i < s->n; i++) {
		struct uicc_file *f = s->use[i].f;
		size_t slot = slot_of(c, f);
		unsigned int to = rec;

		if (s->use[i].type == 0xa9)
			to = s->iap ? uicc_record(s->iap, rec)[s->use[i].iap] : 0;
		if (s->use[i].type == 0xaa || !to || to > f->recs)
			continue;
		if (s->use[i].type == 0xa9 && !c->linked[slot][to]) {
			c->linked[slot][to] = true;
			add(c, c->times, 0, f->rec_len);
		}
		if (s->use[i].tag == 0xc4 && f->rec_len >= 15)
			chain(c, s, uicc_record(f, to)[14]);
	}
}

static void entries(struct count *c, const struct set *s)
{
	unsigned int n = 0, said;

	for (unsigned int r = 1; r <= s->adn->recs; r++)
		n += used(s->adn, r);
	for (size_t i = 0; i < s->n; i++)
		slot_of(c, s->use[i].f);
	records(c, s->adn, n, (unsigned int)s->adn->recs);
	for (size_t i = 0; i < s->n; i++) {
		struct uicc_file *f = s->use[i].f;
		uint8_t tag = s->use[i].tag;
		bool labels = tag == 0xc7 || tag == 0xc8;

		said = 0;
		for (unsigned int r = 1; r <= f->recs; r++)
			said += !blank(f, r) &&
				(labels || (r <= s->adn->recs && used(s->adn, r)));
		/* UIDs are for writing; CCP1 is kept, not shown. */
		if (labels)
			records(c, f, said, (unsigned int)f->recs);
		else if (s->use[i].type == 0xa8 && tag != 0xc0 && tag != 0xc9 &&
			 tag != 0xcb)
			records(c, f, said, n);
	}
	for (unsigned int r = 1; r <= s->adn->recs; r++)
		if (used(s->adn, r))
			entry_links(c, s, r);
}

static void counter(struct count *c, struct uicc_file *f)
{
	uint8_t fcp[256];

	if (!f)
		return;
	add(c, 1, 6, uicc_fcp(c->u, f, fcp));
	add(c, 1, 0, f->size);
}

static bool book(struct count *c, const char *df)
{
	struct uicc_file *dir = uicc_file_at(c->u->cur, df);
	struct uicc_file *pbr = dir ? uicc_file_in(dir, 0x4f30) : NULL;
	bool any = false;

	select_file(c, pbr, 6);
	for (unsigned int r = 1; pbr && r <= pbr->recs; r++) {
		struct set s = { .dir = dir };

		add(c, c->times, 0, pbr->rec_len);
		parse(&s, uicc_record(pbr, r), pbr->rec_len);
		if (!s.adn)
			continue;
		any = true;
		entries(c, &s);
	}
	if (any)
		counter(c, uicc_file_in(dir, 0x4f23));
	return any;
}

/* 6F3A: no SEARCH RECORD in class A0, SEEK finds one record at a time. */
static void plain_book(struct count *c, bool gsm)
{
	struct set s = { 0 };

	s.adn = uicc_file_at(c->u->cur, "7F10/6F3A");
	s.ext = uicc_file_at(c->u->cur, "7F10/6F4A");
	/* Class A0: one identifier at a time. */
	if (gsm)
		add(c, c->times, 2, 22);
	if (s.adn)
		entries(c, &s);
}

struct need need_book(struct uicc *u, bool sure)
{
	static const char *const books[] = { "7F10/5F3A", "usim/5F3A" };
	struct count c = { .u = u, .times = sure ? 1 : 2 };
	bool usim = u->feature[UICC_F_USIM];
	unsigned int n = 0;
	struct uicc_file *spn = uicc_file_at(u->cur, usim ? "usim/6F46" :
							    "7F20/6F46");

	/* MANAGE CHANNEL, SELECT by AID; a 2G card refuses both, then DF_GSM. */
	add(&c, 1, 0, 1);
	add(&c, 1, 7, usim ? 40 : 0);
	if (!usim)
		add(&c, 1, 2, 22);
	if (spn) {
		select_file(&c, spn, 4);
		add(&c, 1, 0, spn->size);
	}
	for (size_t i = 0; usim && i < 2; i++)
		n += book(&c, books[i]);
	/* EF_PSC too where there is one book; each change moves EF_CC. */
	for (size_t i = 0; n == 1 && i < 2; i++) {
		struct uicc_file *dir = uicc_file_at(u->cur, books[i]);

		if (dir && uicc_file_in(dir, 0x4f30))
			counter(&c, uicc_file_in(dir, 0x4f22));
	}
	if (!n)
		plain_book(&c, !usim);
	return c.need;
}
