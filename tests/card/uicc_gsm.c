// SPDX-License-Identifier: MIT
/*
 * uicc_gsm.c - class A0 of the software card: the 2G SIM (TS 51.011 clause 9)
 */
#include "card/uicc_fs.h"

#include <string.h>

/* Status words of TS 51.011 9.4 */
#define GSM_NO_EF	0x9400
#define GSM_RANGE	0x9402
#define GSM_NOT_FOUND	0x9404
#define GSM_WRONG_TYPE	0x9408
#define GSM_NO_CHV	0x9802
#define GSM_DENIED	0x9804
#define GSM_CHV_STATE	0x9808
#define GSM_INVALIDATED	0x9810
#define GSM_BLOCKED	0x9840

static struct uicc_fs *fs_of(struct uicc *c)
{
	return c->cur ? c->cur : c->boot;
}

/* 9.2.1: coding of one CHV's state */
static uint8_t chv_status(const struct uicc_pin *p, bool puk)
{
	return p->there ? (uint8_t)(0x80 | (puk ? p->puk_tries : p->tries)) : 0;
}

static size_t children(const struct uicc_file *dir, bool dirs)
{
	const struct uicc_file *f;
	size_t n = 0;

	for (f = dir->down; f; f = f->next)
		n += f->type != UICC_ADF && uicc_is_dir(f) == dirs;
	return n;
}

/* Response to SELECT of MF or DF, 22 bytes. */
static size_t dir_response(struct uicc_fs *fs, const struct uicc_file *f,
			   uint8_t *o)
{
	size_t chvs = 0, i;

	memset(o, 0, 22);
	o[2] = 0x20;
	o[4] = (uint8_t)(f->fid >> 8);
	o[5] = (uint8_t)f->fid;
	o[6] = f->type == UICC_MF ? 1 : 2;
	o[12] = 9;
	/* b8: CHV1 disabled; b5, b1: clock stop allowed */
	o[13] = (uint8_t)(0x11 | (fs->pin[UICC_IX_PIN1].enabled ? 0 : 0x80));
	o[14] = (uint8_t)children(f, true);
	o[15] = (uint8_t)children(f, false);
	for (i = 0; i < UICC_PINS; i++)
		chvs += fs->pin[i].there ? 2 : 0;
	o[16] = (uint8_t)chvs;
	o[18] = chv_status(&fs->pin[UICC_IX_PIN1], false);
	o[19] = chv_status(&fs->pin[UICC_IX_PIN1], true);
	o[20] = chv_status(&fs->pin[UICC_IX_PIN2], false);
	o[21] = chv_status(&fs->pin[UICC_IX_PIN2], true);
	return 22;
}

/* Response to SELECT of an EF, 15 bytes. */
static size_t ef_response(struct uicc_file *f, uint8_t *o)
{
	static const uint8_t nibble[] = {
		[UICC_ALW] = 0x0, [UICC_PIN1] = 0x1, [UICC_PIN2] = 0x2,
		[UICC_ADM] = 0x4, [UICC_NEV] = 0xf,
	};
	const struct uicc_file *d = uicc_data_of(f);

	memset(o, 0, 15);
	o[2] = (uint8_t)(d->size >> 8);
	o[3] = (uint8_t)d->size;
	o[4] = (uint8_t)(f->fid >> 8);
	o[5] = (uint8_t)f->fid;
	o[6] = 4;
	o[8] = (uint8_t)(nibble[f->ac[UICC_READ]] << 4 |
			 nibble[f->ac[UICC_UPDATE]]);
	o[9] = 0xff;
	o[10] = (uint8_t)(nibble[f->ac[UICC_ACTIVATE]] << 4 |
			  nibble[f->ac[UICC_DEACTIVATE]]);
	o[11] = f->active ? 0x01 : 0x00;
	o[12] = 2;
	o[13] = f->type == UICC_TRANSPARENT ? 0 : f->type == UICC_LINEAR ? 1 : 3;
	o[14] = f->type == UICC_TRANSPARENT ? 0 : (uint8_t)d->rec_len;
	return 15;
}

static uint16_t gsm_select(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_fs *fs = fs_of(c);
	struct uicc_chan *ch = a->ch;
	struct uicc_file *f = NULL;
	uint16_t fid;

	if (a->lc != 2)
		return 0x6702;
	fid = (uint16_t)(a->data[0] << 8 | a->data[1]);
	/* 6.5: children, siblings that are DFs, parent, current DF, MF */
	if (fid == 0x3f00)
		f = fs->mf;
	if (!f)
		f = uicc_file_in(ch->df, fid);
	if (!f && ch->df->fid == fid)
		f = ch->df;
	if (!f && ch->df->up && ch->df->up->fid == fid)
		f = ch->df->up;
	if (!f && ch->df->up) {
		f = uicc_file_in(ch->df->up, fid);
		if (f && !uicc_is_dir(f))
			f = NULL;
	}
	if (!f)
		return GSM_NOT_FOUND;
	ch->rec = 0;
	if (uicc_is_dir(f)) {
		ch->df = f;
		ch->ef = NULL;
		a->nout = dir_response(fs, f, a->out);
	} else {
		ch->ef = f;
		a->nout = ef_response(f, a->out);
	}
	return 0x9000;
}

static uint16_t need(struct uicc *c, struct uicc_cmd *a, enum uicc_am am,
		     bool transparent)
{
	struct uicc_file *f = a->ch->ef;

	if (!f)
		return GSM_NO_EF;
	if ((f->type == UICC_TRANSPARENT) != transparent)
		return GSM_WRONG_TYPE;
	if (!uicc_may(c, f, am))
		return GSM_DENIED;
	return f->active ? 0 : GSM_INVALIDATED;
}

static uint16_t gsm_binary(struct uicc *c, struct uicc_cmd *a)
{
	bool write = a->ins == 0xd6;
	uint16_t sw = need(c, a, write ? UICC_UPDATE : UICC_READ, true);
	size_t off = (size_t)a->p1 << 8 | a->p2, n = write ? a->lc : a->le;
	struct uicc_file *d;

	if (sw)
		return sw;
	d = uicc_data_of(a->ch->ef);
	if (off >= d->size)
		return 0x6b00;
	if (off + n > d->size)
		return (uint16_t)(0x6700 | ((d->size - off) & 0xff));
	if (write) {
		memcpy(d->data + off, a->data, n);
		c->dirty = true;
		return 0x9000;
	}
	memcpy(a->out, d->data + off, n);
	a->nout = n;
	return 0x9000;
}

/*
 * A 2G terminal counts nothing: where the file is a phonebook's ADN the card
 * notes the change in EF_PBC (TS 31.102 4.4.2.8).
 */
static void mark_changed(struct uicc_file *f, unsigned int rec)
{
	struct uicc_file *d = uicc_data_of(f), *g;

	if (!f->alias || !d->up)
		return;
	for (g = d->up->down; g; g = g->next)
		if (uicc_book_role(g) == 0xc5 && uicc_record(g, rec)) {
			uicc_record(g, rec)[0] |= 1;
			return;
		}
}

static uint16_t gsm_record(struct uicc *c, struct uicc_cmd *a)
{
	bool write = a->ins == 0xdc;
	uint16_t sw = need(c, a, write ? UICC_UPDATE : UICC_READ, false);
	struct uicc_chan *ch = a->ch;
	struct uicc_file *d;
	unsigned int rec;
	bool cyclic;

	if (sw)
		return sw;
	d = uicc_data_of(ch->ef);
	cyclic = d->type == UICC_CYCLIC;
	if ((write ? a->lc : a->le) != d->rec_len)
		return (uint16_t)(0x6700 | (d->rec_len & 0xff));
	switch (a->p2) {
	case 4:
		rec = a->p1 ? a->p1 : ch->rec;
		if (!rec || rec > d->recs)
			return GSM_RANGE;
		break;
	case 2:
		if (ch->rec >= d->recs && !cyclic)
			return GSM_RANGE;
		rec = ch->rec >= d->recs ? 1 : ch->rec + 1;
		break;
	case 3:
		if (write && cyclic) {
			memmove(d->data + d->rec_len, d->data,
				d->size - d->rec_len);
			rec = 1;
			break;
		}
		if (ch->rec == 1 && !cyclic)
			return GSM_RANGE;
		rec = ch->rec > 1 ? ch->rec - 1 : (unsigned int)d->recs;
		break;
	default:
		return 0x6b00;
	}
	if (!d->recs)
		return GSM_RANGE;
	if (a->p2 != 4)
		ch->rec = rec;
	if (write) {
		memcpy(uicc_record(d, rec), a->data, a->lc);
		mark_changed(ch->ef, rec);
		c->dirty = true;
		return 0x9000;
	}
	memcpy(a->out, uicc_record(d, rec), d->rec_len);
	a->nout = d->rec_len;
	return 0x9000;
}

/* SEEK 9.2.7: at most 16 bytes, from the start of records; one hit. */
static uint16_t gsm_seek(struct uicc *c, struct uicc_cmd *a)
{
	uint16_t sw = need(c, a, UICC_READ, false);
	struct uicc_file *d;
	size_t i, left;
	bool back;

	if (sw)
		return sw;
	d = uicc_data_of(a->ch->ef);
	if (d->type != UICC_LINEAR)
		return GSM_WRONG_TYPE;
	if (!a->lc || a->lc > 16 || a->lc > d->rec_len)
		return 0x6700;
	if ((a->p2 & 15) > 3 || (a->p2 & 0xe0))
		return 0x6b00;
	back = (a->p2 & 15) == 1 || (a->p2 & 15) == 3;
	switch (a->p2 & 15) {
	case 0:
		i = 1;
		break;
	case 1:
		i = d->recs;
		break;
	case 2:
		i = a->ch->rec + 1u;
		break;
	default:
		i = a->ch->rec ? a->ch->rec - 1u : d->recs;
		break;
	}
	for (left = d->recs; left && i >= 1 && i <= d->recs; left--) {
		if (!memcmp(uicc_record(d, i), a->data, a->lc)) {
			a->ch->rec = (unsigned int)i;
			if (a->p2 & 0x10) {
				a->out[0] = (uint8_t)i;
				a->nout = 1;
			}
			return 0x9000;
		}
		i = back ? i - 1 : i + 1;
	}
	return GSM_NOT_FOUND;
}

/* The CHV commands do what the PIN commands do, with other status words. */
static uint16_t gsm_chv(struct uicc *c, struct uicc_cmd *a)
{
	static const struct {
		uint8_t ins;
		uint16_t (*act)(struct uicc *c, struct uicc_cmd *a);
	} acts[] = {
		{ 0x20, uicc_do_verify }, { 0x24, uicc_do_change },
		{ 0x26, uicc_do_disable }, { 0x28, uicc_do_enable },
		{ 0x2c, uicc_do_unblock },
	};
	struct uicc_cmd as = *a;
	uint16_t sw = 0x6d00;
	size_t i;

	/* UNBLOCK: P2 00 is CHV1 */
	as.p2 = a->p2 == 2 ? 0x81 : 0x01;
	if (a->p2 > 2 || (a->ins != 0x2c && !a->p2))
		return 0x6b00;
	if (!a->lc)
		return 0x6708;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].ins == a->ins)
			sw = acts[i].act(c, &as);
	switch (sw) {
	case 0x6983:
		return GSM_BLOCKED;
	case 0x6985:
		return GSM_CHV_STATE;
	case 0x6a88:
		return GSM_NO_CHV;
	default:
		return (sw & 0xfff0) == 0x63c0 ? GSM_DENIED : sw;
	}
}

/* INVALIDATE, REHABILITATE */
static uint16_t gsm_life(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_file *f = a->ch->ef;

	if (!f)
		return GSM_NO_EF;
	if (!uicc_may(c, f, a->ins == 0x04 ? UICC_DEACTIVATE : UICC_ACTIVATE))
		return GSM_DENIED;
	if (a->ins == 0x04 && !f->active)
		return GSM_INVALIDATED;
	f->active = a->ins == 0x44;
	c->dirty = true;
	return 0x9000;
}

static uint16_t gsm_status(struct uicc *c, struct uicc_cmd *a)
{
	a->nout = dir_response(fs_of(c), a->ch->df, a->out);
	if (a->has_le && a->le < a->nout)
		a->nout = a->le;
	return 0x9000;
}

uint16_t uicc_gsm(struct uicc *c, struct uicc_cmd *a)
{
	static const struct {
		uint8_t ins;
		uint16_t (*act)(struct uicc *c, struct uicc_cmd *a);
	} acts[] = {
		{ 0xa4, gsm_select }, { 0xf2, gsm_status },
		{ 0xb0, gsm_binary }, { 0xd6, gsm_binary },
		{ 0xb2, gsm_record }, { 0xdc, gsm_record },
		{ 0xa2, gsm_seek },   { 0x20, gsm_chv },
		{ 0x24, gsm_chv },    { 0x26, gsm_chv },
		{ 0x28, gsm_chv },    { 0x2c, gsm_chv },
		{ 0x04, gsm_life },   { 0x44, gsm_life },
	};
	size_t i;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (acts[i].ins == a->ins)
			return acts[i].act(c, a);
	return 0x6d00;
}
