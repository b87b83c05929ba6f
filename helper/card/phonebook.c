// SPDX-License-Identifier: MIT
#include "card/phonebook.h"

#include <stdlib.h>
#include <string.h>

bool pb_blank(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

bool pb_vacant(const struct pb_file *adn, const uint8_t *rec)
{
	size_t x = adn->ef.rec_len - ADN_TAIL;
	const uint8_t *tail = rec + x;

	if (x && rec[0] != 0xff)
		return false;
	return tail[ADN_LEN] == PB_NONE || tail[ADN_LEN] == 0 ||
	       pb_blank(tail + ADN_BCD, NUM_BYTES);
}

const struct pb_use *pb_find(const struct pb_set *s, uint8_t tag, size_t from)
{
	for (size_t i = from; i < s->nuse; i++)
		if (s->use[i].file->tag == tag)
			return &s->use[i];
	return NULL;
}

struct pb_file *pb_file_of(const struct pb_set *s, uint8_t tag)
{
	const struct pb_use *u = pb_find(s, tag, 0);

	return u ? u->file : NULL;
}

size_t pb_alpha(const struct pb_use *u)
{
	size_t n = u->file->ef.rec_len;

	/* Linked records end with ADN's SFI and record number (4.4.2.13). */
	if (u->link == PB_POINTED)
		return n > 2 ? n - 2 : 0;
	return n;
}

unsigned int pb_target(const struct pb_set *s, const struct pb_use *u,
		       unsigned int rec)
{
	const struct pb_use *iap;
	unsigned int to = 0;

	if (u->link == PB_SAME)
		to = rec;
	if (u->link == PB_POINTED) {
		iap = pb_find(s, PB_IAP, 0);
		if (!iap || rec > iap->file->ef.nrec ||
		    u->iap >= iap->file->ef.rec_len ||
		    !fs_has(&iap->file->have, rec))
			return 0;
		to = pb_rec(iap->file, rec)[u->iap];
	}
	return to && to <= u->file->ef.nrec ? to : 0;
}

/* All 00 or all FF: found by SEARCH RECORD, or nothing to confirm. */
static bool says_nothing(const struct pb_file *f, unsigned int rec)
{
	const uint8_t *r = pb_rec(f, rec);

	if (r[0] && r[0] != 0xff)
		return false;
	for (size_t i = 1; i < f->ef.rec_len; i++)
		if (r[i] != r[0])
			return false;
	return true;
}

int pb_fetch(struct card *c, struct pb_file *f, unsigned int rec,
	     enum pb_again again, struct sim_err *e)
{
	struct sim_err why;
	int ret;

	if (!rec || rec > f->ef.nrec)
		return 1;
	if (again != PB_FRESH && fs_has(&f->have, rec) &&
	    (again == PB_CACHED || says_nothing(f, rec)))
		return 0;
	if (again == PB_CACHED && fs_has(&f->bad, rec))
		return 1;
	ret = fs_read_record(c, &f->ef, f->name, rec, pb_rec(f, rec), &why);
	/* Refused for the moment, its entry would wait for the next run. */
	if (ret > 0 && !fs_sw_lasting(c->sw) && c->sw != 0x9300)
		ret = fs_read_record(c, &f->ef, f->name, rec, pb_rec(f, rec),
				     &why);
	if (!ret) {
		fs_add(&f->have, rec);
		fs_drop(&f->bad, rec);
		return 0;
	}
	if (e)
		*e = why;
	if (ret < 0)
		return -1;
	memset(pb_rec(f, rec), 0xff, f->ef.rec_len);
	fs_drop(&f->have, rec);
	fs_add(&f->bad, rec);
	card_problem(c, "%s", why.text);
	return 1;
}

/* ---- reading ------------------------------------------------------------ */

/*
 * Which records hold nothing but @fill: one SEARCH RECORD instead of a read
 * each. Those count as read. Without the command nothing is known, and all are
 * read.
 */
static int find_blank(struct card *c, struct pb_file *f, uint8_t fill,
		      bool *any, struct sim_err *e)
{
	uint8_t pattern[FS_REC_MAX];
	struct fs_set hit;
	int ret;

	*any = false;
	memset(pattern, fill, sizeof(pattern));
	ret = fs_search(c, &f->ef, f->name, pattern, &hit, e);
	if (ret)
		return ret < 0 ? -1 : 0;
	for (unsigned int i = 1; i <= f->ef.nrec; i++) {
		if (!fs_has(&hit, i))
			continue;
		memset(pb_rec(f, i), fill, f->ef.rec_len);
		fs_add(&f->have, i);
		*any = true;
	}
	return 0;
}

static int read_adn(struct card *c, struct pb_set *s, struct sim_err *e)
{
	struct pb_file *f = s->adn;
	bool any;
	int ret;

	if (find_blank(c, f, 0xff, &any, e))
		return -1;
	for (unsigned int i = 1; i <= f->ef.nrec; i++) {
		ret = pb_fetch(c, f, i, PB_CACHED, e);
		if (ret < 0)
			return -1;
		if (ret && (c->sw == 0x6982 || c->sw == 0x9804))
			return sim_fail(e, EX_NOPERM,
					"the phonebook cannot be read without the PIN; enter it with 'simsync unlock'");
		card_progress(c, "contacts", i, f->ef.nrec);
		if (ret || !pb_vacant(f, pb_rec(f, i)))
			fs_add(&s->used, i);
	}
	return 0;
}

/* Files with a record for each entry: those of used entries, not blank ones. */
static int read_same(struct card *c, struct pb_set *s, struct pb_file *f,
		     struct sim_err *e)
{
	/* What stands in a record that says nothing. */
	bool zero = f->tag == PB_PBC || f->tag == PB_GRP, any;
	unsigned int need = 0;

	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		need += fs_has(&s->used, i);
	if (need > 1) {
		if (find_blank(c, f, zero ? 0x00 : 0xff, &any, e))
			return -1;
		if (zero && !any && find_blank(c, f, 0xff, &any, e))
			return -1;
	}
	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		if (fs_has(&s->used, i) && pb_fetch(c, f, i, PB_CACHED, e) < 0)
			return -1;
	return 0;
}

/* A chain is at most as long as its file: what loops, ends there. */
static int read_chain(struct card *c, struct pb_file *ext, uint8_t first,
		      enum pb_again again, struct sim_err *e)
{
	struct fs_set seen = { 0 };
	unsigned int rec = first;
	int ret;

	while (rec && rec <= ext->ef.nrec && !fs_has(&seen, rec)) {
		fs_add(&seen, rec);
		ret = pb_fetch(c, ext, rec, again, e);
		if (ret)
			return ret < 0 ? -1 : 0;
		if (pb_rec(ext, rec)[0] == 0 || pb_rec(ext, rec)[0] == 0xff)
			break;
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
	return 0;
}

static int read_linked(struct card *c, struct pb_set *s, const struct pb_use *u,
		       unsigned int to, enum pb_again again,
		       struct sim_err *e)
{
	struct pb_file *f = u->file, *ext = pb_file_of(s, PB_EXT1);
	const uint8_t *r;

	if (pb_fetch(c, f, to, again, e) < 0)
		return -1;
	if (!fs_has(&f->have, to))
		return 0;
	r = pb_rec(f, to);
	if (f->tag == PB_ANR && ext && r[ANR_MIN - 1] != PB_NONE)
		return read_chain(c, ext, r[ANR_MIN - 1], again, e);
	return 0;
}

static bool content(uint8_t tag)
{
	return tag == PB_SNE || tag == PB_ANR || tag == PB_GRP ||
	       tag == PB_EMAIL;
}

int pb_fetch_entry(struct card *c, struct pb_set *s, unsigned int rec,
		   enum pb_again again, struct sim_err *e)
{
	const struct pb_use *iap = pb_find(s, PB_IAP, 0);
	struct pb_file *ext = pb_file_of(s, PB_EXT1);
	const uint8_t *tail;
	unsigned int to;

	if (pb_fetch(c, s->adn, rec, again, e) < 0)
		return -1;
	tail = pb_rec(s->adn, rec) + s->adn->ef.rec_len - ADN_TAIL;
	if (ext && tail[ADN_EXT] != PB_NONE &&
	    !pb_vacant(s->adn, pb_rec(s->adn, rec)) &&
	    read_chain(c, ext, tail[ADN_EXT], again, e))
		return -1;
	if (iap && pb_fetch(c, iap->file, rec, again, e) < 0)
		return -1;
	for (size_t i = 0; i < s->nuse; i++) {
		if (!content(s->use[i].file->tag))
			continue;
		to = pb_target(s, &s->use[i], rec);
		if (to && read_linked(c, s, &s->use[i], to, again, e))
			return -1;
	}
	return 0;
}

/* Labels are few, and a contact may come to be in any group there is. */
static int read_all_labels(struct card *c, struct pb_file *f,
			   struct sim_err *e)
{
	bool any;

	if (find_blank(c, f, 0xff, &any, e))
		return -1;
	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		if (pb_fetch(c, f, i, PB_CACHED, e) < 0)
			return -1;
	return 0;
}

static int read_set(struct card *c, struct pb_set *s, struct sim_err *e)
{
	const struct pb_use *pbc = pb_find(s, PB_PBC, 0);
	struct pb_file *f;
	int ret;

	if (read_adn(c, s, e))
		return -1;
	for (size_t i = 0; i < s->nuse; i++) {
		f = s->use[i].file;
		if (s->use[i].link == PB_SAME && f->tag != PB_ADN &&
		    f->tag != PB_UID && read_same(c, s, f, e))
			return -1;
		if ((f->tag == PB_AAS || f->tag == PB_GAS) &&
		    read_all_labels(c, f, e))
			return -1;
	}
	for (unsigned int i = 1; i <= s->adn->ef.nrec; i++) {
		if (!fs_has(&s->used, i))
			continue;
		if (pb_fetch_entry(c, s, i, PB_CACHED, e))
			return -1;
		if (!pbc || i > pbc->file->ef.nrec)
			continue;
		/* Hidden or not, who knows: neither shown nor gone. */
		if (fs_has(&pbc->file->bad, i)) {
			fs_drop(&s->adn->have, i);
			fs_add(&s->adn->bad, i);
			continue;
		}
		if (!pb_rec(pbc->file, i)[1] || pb_rec(pbc->file, i)[1] == 0xff)
			continue;
		/* One bit must not hide an entry: that would look deleted. */
		ret = c->ch->parity ? 0 :
		      fs_read_sure(c, &pbc->file->ef, "EF_PBC", i,
				   pb_rec(pbc->file, i), e);
		if (ret < 0)
			return -1;
		if (ret || pb_rec(pbc->file, i)[1])
			fs_add(&s->hidden, i);
	}
	return 0;
}

static void take_chain(struct pb_file *ext, uint8_t first)
{
	struct fs_set seen = { 0 };
	unsigned int rec = first;

	while (rec && rec <= ext->ef.nrec && !fs_has(&seen, rec)) {
		fs_add(&seen, rec);
		fs_add(&ext->taken, rec);
		if (!fs_has(&ext->have, rec))
			break;
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
}

static void take_entry(struct pb_set *s, unsigned int rec)
{
	const struct pb_use *iap = pb_find(s, PB_IAP, 0), *u;
	struct pb_file *ext = pb_file_of(s, PB_EXT1);
	unsigned int to;

	if (ext && fs_has(&s->adn->bad, rec))
		ext->unsure = true;
	else if (ext)
		take_chain(ext, pb_rec(s->adn, rec)[s->adn->ef.rec_len - 1]);
	for (size_t i = 0; i < s->nuse; i++) {
		u = &s->use[i];
		if (u->link == PB_POINTED && !fs_has(&iap->file->have, rec))
			u->file->unsure = true;
		to = pb_target(s, u, rec);
		if (u->link == PB_POINTED && to)
			fs_add(&u->file->taken, to);
		if (u->file->tag != PB_ANR || !ext || !to)
			continue;
		if (fs_has(&u->file->bad, to))
			ext->unsure = true;
		else
			take_chain(ext, pb_rec(u->file, to)[ANR_MIN - 1]);
	}
}

/* 6F4A serves EF_MSISDN and EF_LND too (51.011 10.5.10): content is in use. */
static void take_foreign(struct pb_file *ext)
{
	for (unsigned int i = 1; i <= ext->ef.nrec; i++)
		if (pb_rec(ext, i)[0] != 0x00 && pb_rec(ext, i)[0] != 0xff)
			fs_add(&ext->taken, i);
}

void pb_retake(struct phonebook *pb)
{
	struct pb_set *s;

	for (size_t i = 0; i < pb->nfile; i++) {
		pb->file[i].taken = (struct fs_set){ 0 };
		pb->file[i].unsure = false;
	}
	for (s = pb->set; s < pb->set + pb->nset; s++) {
		for (unsigned int i = 1; i <= s->adn->ef.nrec; i++)
			if (fs_has(&s->used, i))
				take_entry(s, i);
		if (!s->pbr && pb_file_of(s, PB_EXT1))
			take_foreign(pb_file_of(s, PB_EXT1));
	}
}

/*
 * Some cards show one book under both DFs. The same names and numbers in the
 * same records all through is one book; two empty ones might be.
 */
static bool mirrors(const struct pb_set *a, const struct pb_set *b)
{
	return a->local != b->local && a->pbr == b->pbr &&
	       a->adn->ef.rec_len == b->adn->ef.rec_len &&
	       a->adn->ef.nrec == b->adn->ef.nrec &&
	       !memcmp(a->adn->data, b->adn->data,
		       (size_t)a->adn->ef.nrec * a->adn->ef.rec_len);
}

static void drop_mirrors(struct phonebook *pb)
{
	size_t n = 0, j;

	for (size_t i = 0; i < pb->nset; i++) {
		for (j = 0; j < n; j++)
			if (mirrors(&pb->set[j], &pb->set[i]))
				break;
		if (j == n && n++ != i)
			pb->set[n - 1] = pb->set[i];
	}
	pb->nset = n;
}

int pb_load(struct card *c, bool again, struct sim_err *e)
{
	struct phonebook *pb;
	int ret = 0;

	if (c->pb && !again)
		return 0;
	pb = calloc(1, sizeof(*pb));
	if (!pb)
		return sim_fail(e, EX_OSERR, "out of memory");
	if (!c->gsm)
		ret = pb_find_sets(c, pb, false, e);
	if (!ret && c->usim)
		ret = pb_find_sets(c, pb, true, e);
	/* A book that cannot be had now is not another one: 6F3A may show it. */
	if (!ret && !pb->nset && !pb->partial)
		ret = pb_find_plain(c, pb, e);
	for (size_t i = 0; !ret && i < pb->nset; i++)
		ret = read_set(c, &pb->set[i], e);
	if (ret) {
		pb_free(pb);
		return -1;
	}
	drop_mirrors(pb);
	pb_retake(pb);
	pb_free(c->pb);
	c->pb = pb;
	return 0;
}

void pb_free(struct phonebook *pb)
{
	if (!pb)
		return;
	for (size_t i = 0; i < pb->nfile; i++)
		free(pb->file[i].data);
	free(pb);
}

/* ---- free records ------------------------------------------------------- */

unsigned int pb_free_count(const struct pb_file *f)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i <= f->ef.nrec && !f->unsure; i++)
		n += !fs_has(&f->taken, i) && !fs_has(&f->bad, i);
	return n;
}

/* Blank ones first; one with old content is only taken when none is. */
unsigned int pb_free_record(struct card *c, struct pb_file *f,
			    struct sim_err *e)
{
	unsigned int old = 0;
	bool any;
	int ret;

	if (f->unsure)
		return 0;
	if (find_blank(c, f, 0xff, &any, e))
		return 0;
	for (unsigned int i = 1; i <= f->ef.nrec; i++) {
		if (fs_has(&f->taken, i) || fs_has(&f->bad, i))
			continue;
		ret = pb_fetch(c, f, i, PB_CACHED, e);
		if (ret < 0)
			return 0;
		if (ret)
			continue;
		if (pb_blank(pb_rec(f, i), f->ef.rec_len))
			return i;
		if (!old)
			old = i;
	}
	return old;
}
