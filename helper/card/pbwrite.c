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

#include "card/phonebook.h"

#define HOLD_MS		10000
#define LINKS_MAX	PB_USES

/**
 * struct link_plan - what becomes of one linked record
 * @use: the file
 * @from: record the entry has in it now, 0 none
 * @to: record it will have, 0 none
 * @rec: its new bytes
 */
struct link_plan {
	const struct pb_use *use;
	unsigned int from;
	unsigned int to;
	uint8_t rec[FS_REC_MAX];
};

/**
 * struct plan - all records of one entry as they shall be
 * @set: the book
 * @rec: the entry
 * @adn: its new bytes
 * @link: its linked records, @n of them
 * @ext_new: EXT1 records to write, @next of them, bytes in @ext
 * @ext_old: EXT1 records in use now
 */
struct plan {
	struct pb_set *set;
	unsigned int rec;
	uint8_t adn[FS_REC_MAX];
	struct link_plan link[LINKS_MAX];
	size_t n;
	unsigned int ext_new[16];
	uint8_t ext[16][EXT_LEN];
	size_t next;
	struct fs_set ext_old;
	struct fs_set ext_keep;
};

/* ---- what is to be written ---------------------------------------------- */

static void old_chain(struct plan *p, unsigned int rec)
{
	const struct pb_file *ext = pb_file_of(p->set, PB_EXT1);

	while (ext && rec && rec <= ext->ef.nrec && !fs_has(&p->ext_old, rec) &&
	       fs_has(&ext->have, rec) && pb_rec(ext, rec)[0] &&
	       pb_rec(ext, rec)[0] != 0xff) {
		fs_add(&p->ext_old, rec);
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
}

static void keep_chain(struct plan *p, unsigned int rec)
{
	const struct pb_file *ext = pb_file_of(p->set, PB_EXT1);

	while (ext && rec && rec <= ext->ef.nrec &&
	       !fs_has(&p->ext_keep, rec) && fs_has(&ext->have, rec)) {
		fs_add(&p->ext_keep, rec);
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
}

/* Digits beyond 20, ten bytes a record; 1: no room. */
static int new_chain(struct card *c, struct plan *p, const char *digits,
		     uint8_t *first, struct sim_err *e)
{
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	size_t n = strlen(digits), part;
	uint8_t *point = first, *r;
	unsigned int rec;

	while (n) {
		rec = ext ? pb_free_record(c, ext, e) : 0;
		if (!rec || p->next == 16) {
			sim_fail(e, EX_CANTCREAT,
				 "no free record in EF_EXT1 for a number of more than 20 digits");
			return 1;
		}
		fs_add(&ext->taken, rec);
		*point = (uint8_t)rec;
		r = p->ext[p->next];
		p->ext_new[p->next++] = rec;
		part = n > 20 ? 20 : n;
		memset(r, 0xff, EXT_LEN);
		r[0] = 0x02;
		r[1] = (uint8_t)bcd_put(digits, part, r + 2);
		point = &r[EXT_LEN - 1];
		digits += part;
		n -= part;
	}
	return 0;
}

/*
 * The number part of ADN (its 14 bytes) or ANR. What says the same already
 * keeps its bytes: type of number, CCP1 and subaddress are not ours.
 */
static int set_number(struct card *c, struct plan *p, uint8_t *tail,
		      const char *number, struct sim_err *e)
{
	char now[BCD_DIGITS_MAX + 2];
	const char *digits;
	size_t n, head;

	if (!pb_number(pb_file_of(p->set, PB_EXT1), tail, now, NULL) &&
	    !strcmp(now, number ? number : "")) {
		keep_chain(p, tail[ADN_EXT]);
		return 0;
	}
	memset(tail, 0xff, ADN_TAIL);
	if (!number || !number[0])
		return 0;
	digits = number + (number[0] == '+');
	n = strlen(digits);
	head = n > 2 * NUM_BYTES ? 2 * NUM_BYTES : n;
	tail[ADN_TON] = bcd_ton(number);
	tail[ADN_LEN] = (uint8_t)(1 + bcd_put(digits, head, tail + ADN_BCD));
	return new_chain(c, p, digits + head, &tail[ADN_EXT], e);
}

/* A field that reads the same keeps its coding. 1: not whole. */
static int set_text(uint8_t *field, size_t len, const char *text)
{
	char now[TEXT_MAX];

	if (!text_decode(field, len, now, NULL) && !strcmp(now, text ? text : ""))
		return 0;
	return text_encode(text ? text : "", field, len) ? 1 : 0;
}

static char *plain(const struct sim_item *it, const char *name, size_t which)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, name) && !which--)
			return sim_text_unescape(it->prop[i].value);
	return NULL;
}

static const char *params(const struct sim_item *it, size_t which)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, "TEL") && !which--)
			return it->prop[i].params;
	return NULL;
}

static uint8_t label_of(const struct pb_set *s, const char *param)
{
	size_t n;

	if (!param || strncmp(param, "TYPE=", 5))
		return 0;
	param += 5;
	n = strlen(param);
	if (*param == '"' && n > 1) {
		param++;
		n -= 2;
	}
	return (uint8_t)pb_label(pb_file_of(s, PB_AAS), param, n);
}

static int set_anr(struct card *c, struct plan *p, struct link_plan *l,
		   const char *number, const char *param, struct sim_err *e)
{
	size_t len = l->use->file->ef.rec_len;
	uint8_t *r = l->rec, tail[ADN_TAIL];
	char now[BCD_DIGITS_MAX + 2];
	uint8_t aas;
	int ret;

	if (!number) {
		memset(r, 0xff, len);
		return 0;
	}
	/* The same 14 bytes as in ADN stand behind the label. */
	memcpy(tail, r + 1, ADN_TAIL);
	if (pb_number(pb_file_of(p->set, PB_EXT1), tail, now, NULL))
		now[0] = '\0';
	aas = label_of(p->set, param);
	if (!strcmp(now, number)) {
		keep_chain(p, tail[ADN_EXT]);
	} else {
		ret = set_number(c, p, tail, number, e);
		if (ret)
			return ret;
		memcpy(r + 1, tail, ADN_TAIL);
	}
	if (aas || (r[0] && r[0] != PB_NONE))
		r[0] = aas;
	else if (r[0] == PB_NONE)
		r[0] = 0x00;
	return 0;
}

static void set_groups(const struct pb_set *s, struct link_plan *l,
		       const struct sim_item *want)
{
	const char *v = sim_item_get(want, "CATEGORIES");
	const struct pb_file *gas = pb_file_of(s, PB_GAS);
	size_t n = 0, len;
	char *part, *text;
	unsigned int rec;

	memset(l->rec, 0x00, l->use->file->ef.rec_len);
	while (v && *v && n < l->use->file->ef.rec_len) {
		for (len = 0; v[len] && v[len] != ','; len++)
			len += v[len] == '\\' && v[len + 1];
		part = strndup(v, len);
		text = part ? sim_text_unescape(part) : NULL;
		rec = text ? pb_label(gas, text, strlen(text)) : 0;
		if (rec)
			l->rec[n++] = (uint8_t)rec;
		free(part);
		free(text);
		v += len + (v[len] == ',');
	}
}

/* Linked records say which ADN they belong to (4.4.2.13): SFI and record. */
static void set_back(const struct plan *p, struct link_plan *l)
{
	size_t len = l->use->file->ef.rec_len;
	bool room = l->use->file->tag == PB_ANR ? len >= ANR_MIN + 2 : len > 2;

	if (l->use->link != PB_POINTED || !room)
		return;
	l->rec[len - 2] = p->set->adn->ef.sfi ? p->set->adn->ef.sfi : 0xff;
	l->rec[len - 1] = (uint8_t)p->rec;
}

static bool groups_equal(const struct link_plan *l, const uint8_t *now)
{
	size_t len = l->use->file->ef.rec_len;

	/* FF all through is what a card has that never used groups. */
	if (pb_blank(now, len))
		return !l->rec[0];
	return !memcmp(now, l->rec, len);
}

static int plan_link(struct card *c, struct plan *p, struct link_plan *l,
		     const struct sim_item *want, size_t *tel, size_t *mail,
		     struct sim_err *e)
{
	struct pb_file *f = l->use->file;
	char *text = NULL;
	bool wanted;
	int ret = 0;

	if (f->tag == PB_ANR)
		text = plain(want, "TEL", *tel);
	else if (f->tag == PB_EMAIL)
		text = plain(want, "EMAIL", *mail);
	else if (f->tag == PB_SNE)
		text = plain(want, "X-SIM-SECOND-NAME", 0);
	wanted = f->tag == PB_GRP || text;
	if (l->from)
		memcpy(l->rec, pb_rec(f, l->from), f->ef.rec_len);
	else
		memset(l->rec, 0xff, f->ef.rec_len);
	if (wanted && !l->to) {
		l->to = l->use->link == PB_POINTED ? pb_free_record(c, f, e) :
			0;
		/* No room any more: read back, it will be seen as not there. */
		if (!l->to)
			goto out;
		fs_add(&f->taken, l->to);
	}
	switch (f->tag) {
	case PB_ANR:
		ret = set_anr(c, p, l, text, params(want, *tel), e);
		*tel += text != NULL;
		break;
	case PB_GRP:
		set_groups(p->set, l, want);
		if (l->from && groups_equal(l, pb_rec(f, l->from)))
			memcpy(l->rec, pb_rec(f, l->from), f->ef.rec_len);
		break;
	default:
		if (!text)
			memset(l->rec, 0xff, f->ef.rec_len);
		else
			set_text(l->rec, pb_alpha(l->use), text);
		*mail += f->tag == PB_EMAIL && text;
		break;
	}
	if (wanted && f->tag != PB_GRP)
		set_back(p, l);
	else if (!wanted && l->use->link == PB_POINTED)
		l->to = 0;
out:
	free(text);
	return ret;
}

/* Count as taken what the other entries point to. */
static void others_only(struct phonebook *pb, struct pb_set *s, unsigned int rec)
{
	bool used = fs_has(&s->used, rec);

	fs_drop(&s->used, rec);
	pb_retake(pb);
	if (used)
		fs_add(&s->used, rec);
}

static int make_plan(struct card *c, struct plan *p, const struct sim_item *want,
		     struct sim_err *e)
{
	const uint8_t *now = pb_rec(p->set->adn, p->rec);
	size_t len = p->set->adn->ef.rec_len, x = len - ADN_TAIL;
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	size_t tel = 1, mail = 0;
	const struct pb_use *u;
	struct link_plan *l;
	char *name, *number;
	int ret;

	others_only(c->pb, p->set, p->rec);
	memcpy(p->adn, now, len);
	if (pb_vacant(p->set->adn, now))
		memset(p->adn, 0xff, len);
	else
		old_chain(p, now[x + ADN_EXT]);
	for (size_t i = 0; i < p->set->nuse; i++) {
		u = &p->set->use[i];
		if (u->file->tag != PB_ANR && u->file->tag != PB_EMAIL &&
		    u->file->tag != PB_SNE && u->file->tag != PB_GRP)
			continue;
		l = &p->link[p->n++];
		l->use = u;
		l->from = pb_target(p->set, u, p->rec);
		/* What another entry points to as well is not ours to change. */
		if (u->link == PB_POINTED && fs_has(&u->file->taken, l->from))
			l->from = 0;
		l->to = l->from;
		if (u->file->tag == PB_ANR && l->from)
			old_chain(p, pb_rec(u->file, l->from)[ANR_MIN - 1]);
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->link[i].use->link == PB_POINTED && p->link[i].from)
			fs_add(&p->link[i].use->file->taken, p->link[i].from);
	for (unsigned int i = 1; ext && i <= ext->ef.nrec; i++) {
		if (fs_has(&ext->taken, i))
			fs_drop(&p->ext_old, i);
		else if (fs_has(&p->ext_old, i))
			fs_add(&ext->taken, i);
	}
	if (!want)
		return 0;
	name = plain(want, "FN", 0);
	number = plain(want, "TEL", 0);
	set_text(p->adn, x, name);
	ret = set_number(c, p, p->adn + x, number, e);
	free(name);
	free(number);
	for (size_t i = 0; !ret && i < p->n; i++)
		ret = plan_link(c, p, &p->link[i], want, &tel, &mail, e);
	return ret;
}

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
	ret = make_plan(c, p, want, e);
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
