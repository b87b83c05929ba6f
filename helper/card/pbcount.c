// SPDX-License-Identifier: MIT
/*
 * pbcount.c - the phonebook's counters: hints for whoever synchronises with
 * this card, and so kept as TS 31.102 4.4.2.12 says
 */
#include <string.h>

#include "card/phonebook.h"

static int file_of(struct card *c, bool local, uint16_t fid, const char *name,
		   size_t size, struct fs_ef *ef)
{
	uint16_t path[] = { local ? FS_ADF : FS_TELECOM, FS_PHONEBOOK, fid };

	if (fs_select(c, path, 3, name, ef, NULL))
		return c->ch->fault != SIM_CHAN_OK ? -1 : 1;
	return ef->form != FS_TRANSPARENT || ef->size < size;
}

static int counter_file(struct card *c, const struct pb_set *s, uint16_t fid,
			const char *name, size_t size, struct fs_ef *ef)
{
	return s->pbr ? file_of(c, s->local, fid, name, size, ef) : 1;
}

static uint32_t number_of(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static int read_counter(struct card *c, const struct fs_ef *ef,
			const char *name, size_t size, uint32_t *v)
{
	uint8_t b[4];
	size_t got;
	int ret = fs_read(c, ef, name, b, size, &got, NULL);

	*v = ret ? 0 : number_of(b, got < size ? got : size);
	return ret;
}

int pb_counter(struct card *c, bool local, enum pb_counter which, uint32_t *v)
{
	static const struct {
		uint16_t fid;
		const char *name;
		size_t size;
	} file[] = {
		[PB_PSC] = { 0x4f22, "EF_PSC", 4 },
		[PB_CC] = { 0x4f23, "EF_CC", 2 },
	};
	uint16_t path[] = { local ? FS_ADF : FS_TELECOM, FS_PHONEBOOK,
			    file[which].fid };
	uint8_t b[4];
	int ret;

	ret = fs_peek(c, path, 3, file[which].name, b, file[which].size, NULL);
	*v = ret ? 0 : number_of(b, file[which].size);
	return ret;
}

static int write_counter(struct card *c, const struct fs_ef *ef,
			 const char *name, size_t size, uint32_t v)
{
	uint8_t b[4];

	for (size_t i = 0; i < size; i++)
		b[i] = (uint8_t)(v >> 8 * (size - 1 - i));
	return fs_update(c, ef, name, b, size, NULL);
}

/* A new PSC: what others knew by UID is void (TS 31.102 4.4.2.12.2). */
static int renew_psc(struct card *c, const struct pb_set *s)
{
	struct fs_ef psc;
	uint32_t v;
	int ret;

	ret = counter_file(c, s, 0x4f22, "EF_PSC", 4, &psc);
	if (ret)
		return ret;
	ret = read_counter(c, &psc, "EF_PSC", 4, &v);
	if (!ret)
		ret = write_counter(c, &psc, "EF_PSC", 4, v + 1);
	return ret;
}

/* 4.4.2.12.3: one up for every change; FFFF is followed by a new PSC and 1. */
int pb_count(struct card *c, const struct pb_set *s)
{
	struct fs_ef cc;
	uint32_t v;
	int ret;

	ret = counter_file(c, s, 0x4f23, "EF_CC", 2, &cc);
	if (!ret)
		ret = read_counter(c, &cc, "EF_CC", 2, &v);
	if (ret)
		return ret;
	if (v == 0xffff) {
		ret = renew_psc(c, s);
		v = 0;
	}
	return ret < 0 ? ret : write_counter(c, &cc, "EF_CC", 2, v + 1);
}

int pb_set_uid(struct card *c, struct pb_set *s, unsigned int rec,
		   uint16_t uid)
{
	struct pb_file *f = pb_file_of(s, PB_UID);
	uint8_t r[FS_REC_MAX];
	int ret;

	if (!f || rec > f->ef.nrec)
		return 1;
	memset(r, 0xff, sizeof(r));
	r[0] = (uint8_t)(uid >> 8);
	r[1] = (uint8_t)uid;
	ret = fs_update_record(c, &f->ef, f->name, rec, r, NULL);
	if (!ret)
		memcpy(pb_rec(f, rec), r, f->ef.rec_len);
	return ret;
}

/* UIDs are used up: all of them anew from 1, under a new PSC (4.4.2.12.1). */
static int renumber(struct card *c, struct pb_set *s, const struct fs_ef *puid)
{
	struct phonebook *pb = c->pb;
	uint16_t next = 1;
	int ret;

	ret = renew_psc(c, s);
	for (struct pb_set *t = pb->set; t < pb->set + pb->nset; t++) {
		if (t->local != s->local)
			continue;
		for (unsigned int i = 1; ret >= 0 && i <= t->adn->ef.nrec; i++)
			if (fs_has(&t->used, i))
				ret = pb_set_uid(c, t, i, next++);
	}
	if (ret < 0)
		return ret;
	return write_counter(c, puid, "EF_PUID", 2, (uint32_t)next - 1);
}

int pb_new_uid(struct card *c, struct pb_set *s, unsigned int rec)
{
	struct fs_ef puid;
	uint32_t v;
	int ret;

	if (!pb_file_of(s, PB_UID))
		return 0;
	ret = counter_file(c, s, 0x4f24, "EF_PUID", 2, &puid);
	if (!ret)
		ret = read_counter(c, &puid, "EF_PUID", 2, &v);
	if (ret)
		return ret;
	if (v == 0xffff) {
		fs_add(&s->used, rec);
		return renumber(c, s, &puid);
	}
	/* First the last UID given: one left out is better than one twice. */
	ret = write_counter(c, &puid, "EF_PUID", 2, v + 1);
	return ret < 0 ? ret : pb_set_uid(c, s, rec, (uint16_t)(v + 1));
}

/*
 * PBC byte 1 bit 1: a terminal that keeps no counters changed the entry. It is
 * counted here and the bit, nothing else, cleared (4.4.2.9).
 */
int pb_settle(struct card *c, struct sim_err *e)
{
	const struct pb_set *s;
	struct pb_file *f;
	uint8_t r[FS_REC_MAX];
	int ret = 0;

	for (s = c->pb->set; s < c->pb->set + c->pb->nset; s++) {
		f = pb_file_of(s, PB_PBC);
		for (unsigned int i = 1; f && !ret && i <= f->ef.nrec; i++) {
			if (!fs_has(&s->used, i) || !fs_has(&f->have, i) ||
			    pb_rec(f, i)[0] == 0xff || !(pb_rec(f, i)[0] & 1))
				continue;
			ret = pb_fetch(c, f, i, PB_FRESH, e);
			if (ret || !(pb_rec(f, i)[0] & 1))
				continue;
			ret = pb_count(c, s) < 0 ? -1 : 0;
			memcpy(r, pb_rec(f, i), f->ef.rec_len);
			r[0] &= 0xfe;
			if (!ret)
				ret = fs_update_record(c, &f->ef, f->name, i, r,
						       e);
			if (!ret)
				pb_rec(f, i)[0] = r[0];
		}
	}
	return ret < 0 ? -1 : 0;
}

int64_t card_psc(struct card *c)
{
	uint32_t v;

	for (int local = 1; c->usim && local >= 0; local--)
		if (!pb_counter(c, local, PB_PSC, &v))
			return v;
	return -1;
}

int card_empty(struct card *c, struct sim_err *e)
{
	if (pb_load(c, false, e))
		return -1;
	for (size_t i = 0; i < c->pb->nset; i++)
		for (unsigned int r = 1; r <= c->pb->set[i].adn->ef.nrec; r++)
			if (fs_has(&c->pb->set[i].used, r))
				return 0;
	return c->pb->nset && !c->pb->partial;
}
