// SPDX-License-Identifier: MIT
/*
 * pbwrite.c - writing phonebook entries
 *
 * Every write is conditional: the entry's records are read again first. Order
 * of writes (TS 31.102 5.3.1.2): ADN, pointer, data; to delete: data, pointer,
 * ADN last. EF_EXT1 goes before what points to it, since half a number is a
 * wrong one. The change counter is raised before the first write: raised for
 * nothing it costs another terminal a look, forgotten it hides a change.
 */
#include <stdlib.h>
#include <string.h>

#include "card/pbplan.h"

#define HOLD_MS		10000

/* ---- writing ------------------------------------------------------------ */

static int put(struct card *c, struct pb_file *f, unsigned int rec,
	       const uint8_t *r, struct sim_err *e)
{
	int ret;

	if (fs_has(&f->have, rec) && !memcmp(pb_rec(f, rec), r, f->ef.rec_len))
		return 0;
	ret = fs_update_record(c, &f->ef, f->name, rec, r, e);
	if (!ret) {
		memcpy(pb_rec(f, rec), r, f->ef.rec_len);
		fs_add(&f->have, rec);
	}
	return ret;
}

int pb_put_blank(struct card *c, struct pb_file *f, unsigned int rec,
		     struct sim_err *e)
{
	uint8_t r[FS_REC_MAX];

	memset(r, 0xff, sizeof(r));
	/* 31.102 4.4.2.4: a free EXT1 record has type 00. */
	if (f->tag == PB_EXT1) {
		if (pb_blank(pb_rec(f, rec), f->ef.rec_len))
			return 0;
		r[0] = 0x00;
	}
	return put(c, f, rec, r, e);
}

static int put_pointers(struct card *c, struct plan *p, struct sim_err *e)
{
	struct pb_file *iap = pb_file_of(p->set, PB_IAP);
	uint8_t r[FS_REC_MAX];

	if (!iap || p->rec > iap->ef.nrec)
		return 0;
	memcpy(r, pb_rec(iap, p->rec), iap->ef.rec_len);
	for (size_t i = 0; i < p->n; i++)
		if (p->link[i].use->link == PB_POINTED &&
		    p->link[i].use->iap < iap->ef.rec_len)
			r[p->link[i].use->iap] = p->link[i].to ?
				(uint8_t)p->link[i].to : PB_NONE;
	return put(c, iap, p->rec, r, e);
}

/* A new record must not show old content between pointer and data. */
static int clean_new(struct card *c, struct plan *p, struct sim_err *e)
{
	struct link_plan *l;
	int ret = 0;

	for (l = p->link; !ret && l < p->link + p->n; l++)
		if (l->use->link == PB_POINTED && l->to && l->to != l->from)
			ret = pb_put_blank(c, l->use->file, l->to, e);
	return ret;
}

static int put_all(struct card *c, struct plan *p, struct sim_err *e)
{
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	struct link_plan *l;
	int ret;

	ret = clean_new(c, p, e);
	/* Last first, so that no record points to one not written yet. */
	for (size_t i = p->next; !ret && i; i--)
		ret = put(c, ext, p->ext_new[i - 1], p->ext[i - 1], e);
	if (!ret)
		ret = put(c, p->set->adn, p->rec, p->adn, e);
	for (l = p->link; !ret && l < p->link + p->n; l++)
		if (l->use->link == PB_POINTED && l->from && !l->to)
			ret = pb_put_blank(c, l->use->file, l->from, e);
	if (!ret)
		ret = put_pointers(c, p, e);
	for (l = p->link; !ret && l < p->link + p->n; l++)
		if (l->to)
			ret = put(c, l->use->file, l->to, l->rec, e);
	for (unsigned int i = 1; !ret && ext && i <= ext->ef.nrec; i++)
		if (fs_has(&p->ext_old, i) && !fs_has(&p->ext_keep, i))
			ret = pb_put_blank(c, ext, i, e);
	return ret;
}

static int delete_all(struct card *c, struct plan *p, struct sim_err *e)
{
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	uint8_t r[FS_REC_MAX];
	struct link_plan *l;
	int ret = 0;

	for (l = p->link; !ret && l < p->link + p->n; l++) {
		if (!l->from)
			continue;
		if (l->use->file->tag == PB_GRP) {
			memset(r, 0x00, sizeof(r));
			ret = put(c, l->use->file, l->from, r, e);
		} else {
			ret = pb_put_blank(c, l->use->file, l->from, e);
		}
		if (l->use->link == PB_POINTED)
			l->to = 0;
	}
	if (!ret)
		ret = put_pointers(c, p, e);
	memset(r, 0xff, sizeof(r));
	if (!ret)
		ret = put(c, p->set->adn, p->rec, r, e);
	for (unsigned int i = 1; !ret && ext && i <= ext->ef.nrec; i++)
		if (fs_has(&p->ext_old, i))
			ret = pb_put_blank(c, ext, i, e);
	if (!ret && pb_file_of(p->set, PB_UID))
		ret = pb_set_uid(c, p->set, p->rec, 0x0000) < 0 ? -1 : 0;
	return ret;
}

/* ---- the whole ---------------------------------------------------------- */

int pb_place(struct phonebook *pb, struct pb_set **set, unsigned int *rec)
{
	struct pb_set *s;

	for (s = pb->set; s < pb->set + pb->nset; s++) {
		for (unsigned int i = 1; i <= s->adn->ef.nrec; i++) {
			if (fs_has(&s->used, i) || fs_has(&s->reserved, i))
				continue;
			fs_add(&s->reserved, i);
			*set = s;
			*rec = i;
			return 0;
		}
	}
	return 1;
}

static enum sim_outcome lost(const struct card *c)
{
	return c->ch->fault == SIM_CHAN_OK || c->ch->fault == SIM_CHAN_ERROR ?
	       SIM_FAILED : SIM_AWAY;
}

static bool hidden_now(struct card *c, struct pb_set *s, unsigned int rec,
		       int *ret, struct sim_err *e)
{
	struct pb_file *f = pb_file_of(s, PB_PBC);

	if (!f || rec > f->ef.nrec)
		return false;
	*ret = pb_fetch(c, f, rec, PB_FRESH, e);
	return !*ret && pb_rec(f, rec)[1] && pb_rec(f, rec)[1] != 0xff;
}

/* The entry as it is on the card now, against what the caller knows. */
static int check(struct card *c, struct pb_set *s, unsigned int rec, bool fresh,
		 uint64_t hash, struct sim_err *e)
{
	struct sim_item it;
	uint64_t now = 0;
	int ret = 0;

	if (pb_fetch_entry(c, s, rec, PB_FRESH, e))
		return -1;
	if (!fs_has(&s->adn->have, rec))
		return sim_fail(e, EX_DATAERR, "%s record %u could not be read",
				s->adn->name, rec);
	if (pb_vacant(s->adn, pb_rec(s->adn, rec)))
		fs_drop(&s->used, rec);
	else
		fs_add(&s->used, rec);
	if (fresh)
		return fs_has(&s->used, rec) ? 1 : 0;
	if (!fs_has(&s->used, rec) || hidden_now(c, s, rec, &ret, e))
		return 1;
	if (ret < 0)
		return -1;
	if (pb_item(c->pb, s, rec, &it, &now, e) < 0)
		return -1;
	sim_item_free(&it);
	return now != hash;
}

/* A card may answer 9000 and keep what it had. Such a place stays reserved. */
static enum sim_outcome read_back(struct card *c, struct pb_set *s,
				  unsigned int rec, const struct sim_item *want,
				  struct sim_err *e)
{
	bool vacant = pb_vacant(s->adn, pb_rec(s->adn, rec));

	if (!fs_has(&s->adn->have, rec)) {
		sim_fail(e, EX_IOERR,
			 "%s record %u: it was written and cannot be read back; it is looked at again in the next run",
			 s->adn->name, rec);
		return SIM_FAILED;
	}
	if (vacant)
		fs_drop(&s->used, rec);
	else
		fs_add(&s->used, rec);
	pb_retake(c->pb);
	if (want && vacant) {
		sim_fail(e, EX_IOERR,
			 "%s record %u: the card took the write and did not keep it; the next run tries again, and if this stays so the card is worn out",
			 s->adn->name, rec);
		return SIM_FAILED;
	}
	if (!want && !vacant) {
		sim_fail(e, EX_IOERR,
			 "%s record %u: the card took the deletion and still has the entry; the next run tries again, and if this stays so the card is worn out",
			 s->adn->name, rec);
		return SIM_FAILED;
	}
	fs_drop(&s->reserved, rec);
	return SIM_DONE;
}

static enum sim_outcome write_held(struct card *c, struct pb_set *s,
				   unsigned int rec,
				   const struct sim_item *want, bool fresh,
				   uint64_t hash, struct sim_err *e)
{
	struct plan *p;
	int ret;

	ret = check(c, s, rec, fresh, hash, e);
	if (ret)
		return ret > 0 ? SIM_MOVED : lost(c);
	p = calloc(1, sizeof(*p));
	if (!p) {
		sim_fail(e, EX_OSERR, "out of memory");
		return SIM_FAILED;
	}
	p->set = s;
	p->rec = rec;
	ret = pb_plan(c, p, want, e);
	if (ret) {
		pb_retake(c->pb);
		free(p);
		return ret > 0 && c->ch->fault == SIM_CHAN_OK ? SIM_FULL :
		       lost(c);
	}
	ret = pb_count(c, s) < 0 ? -1 : 0;
	if (!ret)
		ret = want ? put_all(c, p, e) : delete_all(c, p, e);
	if (!ret && fresh)
		ret = pb_new_uid(c, s, rec) < 0 ? -1 : 0;
	free(p);
	if (ret && c->ch->fault == SIM_CHAN_OK)
		return SIM_FAILED;
	if (ret)
		return lost(c);
	/* Read back: what counts is what the card has now. */
	if (pb_fetch_entry(c, s, rec, PB_FRESH, e))
		return lost(c);
	return read_back(c, s, rec, want, e);
}

enum sim_outcome pb_write(struct card *c, struct pb_set *s, unsigned int rec,
			  const struct sim_item *want, bool fresh,
			  uint64_t hash, struct sim_err *err)
{
	enum sim_outcome o;

	err->text[0] = '\0';
	if (fs_hold(c, HOLD_MS, err))
		return lost(c);
	o = write_held(c, s, rec, want, fresh, hash, err);
	fs_release(c);
	return o;
}
