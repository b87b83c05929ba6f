// SPDX-License-Identifier: MIT
/*
 * uicc_cmd.c - SELECT, STATUS, READ, UPDATE, SEARCH RECORD, life cycle and
 * MANAGE CHANNEL of the software UICC (TS 102 221 clause 11.1)
 */
#include "card/uicc_fs.h"

#include <string.h>

bool uicc_may(const struct uicc *c, const struct uicc_file *f, enum uicc_am am)
{
	const struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	const struct uicc_pin *p;

	switch (f->ac[am]) {
	case UICC_ALW:
		return true;
	case UICC_NEV:
		return false;
	default:
		p = &fs->pin[f->ac[am] - UICC_PIN1];
		/* a disabled PIN is fulfilled, TS 102 221 9.5.1; ADM never */
		return p->there && p->tries &&
		       (p->verified || (!p->enabled && f->ac[am] != UICC_ADM));
	}
}

static void set_df(struct uicc_chan *ch, struct uicc_file *df)
{
	struct uicc_file *d;

	ch->df = df;
	ch->ef = NULL;
	ch->rec = 0;
	for (d = df; d; d = d->up)
		if (d->type == UICC_ADF)
			ch->app = d;
}

/* SELECT by file identifier: TS 102 221 8.4.1 and table 8.1. */
static struct uicc_file *by_fid(struct uicc *c, struct uicc_chan *ch,
				uint16_t fid)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	struct uicc_file *f;

	if (fid == 0x3f00)
		return fs->mf;
	if (fid == 0x7fff)
		return ch->app;
	f = uicc_file_in(ch->df, fid);
	if (f)
		return f;
	if (ch->df->type != UICC_ADF && ch->df->fid == fid)
		return ch->df;
	if (!ch->df->up)
		return NULL;
	if (ch->df->up->type != UICC_ADF && ch->df->up->fid == fid)
		return ch->df->up;
	f = uicc_file_in(ch->df->up, fid);
	return f && uicc_is_dir(f) ? f : NULL;
}

static struct uicc_file *by_path(struct uicc *c, struct uicc_cmd *a,
				 bool from_mf)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	struct uicc_file *f = from_mf ? fs->mf : a->ch->df;
	size_t i;

	for (i = 0; f && i + 1 < a->lc; i += 2) {
		uint16_t fid = (uint16_t)(a->data[i] << 8 | a->data[i + 1]);

		if (fid == 0x7fff && i == 0 && from_mf)
			f = a->ch->app;
		else
			f = uicc_file_in(f, fid);
	}
	return f;
}

static struct uicc_file *by_aid(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	struct uicc_file *first = uicc_adf(fs, a->data, a->lc, NULL), *f;

	/* P2 b2b1: first/only, last, next, previous occurrence */
	switch (a->p2 & 3) {
	case 0:
		/* the application last used, when it matches */
		if (a->ch->app && a->lc <= a->ch->app->aid_len &&
		    !memcmp(a->ch->app->aid, a->data, a->lc))
			return a->ch->app;
		return first;
	case 1:
		for (f = first; f && first; f = uicc_adf(fs, a->data, a->lc, f))
			first = f;
		return first;
	case 2:
		return a->ch->app ? uicc_adf(fs, a->data, a->lc, a->ch->app) :
				    first;
	default:
		return NULL;
	}
}

uint16_t uicc_do_select(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_chan *ch = a->ch;
	struct uicc_file *f = NULL;
	uint8_t ret = a->p2 & 0x1c;

	if (a->p1 != 4 && (a->p2 & 3))
		return 0x6a86;
	if (ret != 0x04 && ret != 0x0c && ret != 0x00)
		return 0x6a86;
	switch (a->p1) {
	case 0x00:
		if (!a->lc)
			f = (c->cur ? c->cur : c->boot)->mf;
		else if (a->lc != 2)
			return 0x6700;
		else
			f = by_fid(c, ch, (uint16_t)(a->data[0] << 8 |
						     a->data[1]));
		break;
	case 0x01:
		if (a->lc != 2)
			return 0x6700;
		f = uicc_file_in(ch->df, (uint16_t)(a->data[0] << 8 |
						    a->data[1]));
		if (f && !uicc_is_dir(f))
			f = NULL;
		break;
	case 0x03:
		if (a->lc)
			return 0x6a87;
		f = ch->df->up;
		break;
	case 0x04:
		if (a->lc < 5 || a->lc > 16)
			return 0x6a87;
		if (c->euicc && !memcmp(uicc_isdr_aid, a->data, a->lc))
			return uicc_select_isdr(c, a);
		f = by_aid(c, a);
		break;
	case 0x08:
	case 0x09:
		if (!a->lc || a->lc % 2)
			return 0x6a87;
		f = by_path(c, a, a->p1 == 0x08);
		break;
	default:
		return 0x6a86;
	}
	if (!f)
		return 0x6a82;
	ch->isdr = false;
	if (uicc_is_dir(f)) {
		set_df(ch, f);
	} else {
		if (f->up != ch->df)
			set_df(ch, f->up);
		ch->ef = f;
		ch->rec = 0;
	}
	if (ret != 0x0c)
		a->nout = uicc_fcp(c, f, a->out);
	return f->active ? 0x9000 : 0x6283;
}

uint16_t uicc_do_status(struct uicc *c, struct uicc_cmd *a)
{
	if (a->p1 > 2)
		return 0x6a86;
	switch (a->p2) {
	case 0x00:
		a->nout = uicc_fcp(c, a->ch->df, a->out);
		return 0x9000;
	case 0x01:
		if (!a->ch->app)
			return 0x6a88;
		a->out[0] = 0x84;
		a->out[1] = a->ch->app->aid_len;
		memcpy(a->out + 2, a->ch->app->aid, a->ch->app->aid_len);
		a->nout = 2u + a->ch->app->aid_len;
		return 0x9000;
	case 0x0c:
		return 0x9000;
	default:
		return 0x6a86;
	}
}

/*
 * The EF a command is for: the current one, or the one named by a short file
 * identifier, which then becomes current (TS 102 221 8.4.3).
 */
static uint16_t target(struct uicc *c, struct uicc_cmd *a, uint8_t sfi,
		       bool by_sfi, enum uicc_am am, struct uicc_file **out)
{
	struct uicc_file *f = a->ch->ef;

	if (by_sfi) {
		if (!c->feature[UICC_F_SFI])
			return 0x6a81;
		f = uicc_file_sfi(a->ch->df, sfi);
		if (!f)
			return 0x6a82;
		if (f != a->ch->ef) {
			a->ch->ef = f;
			a->ch->rec = 0;
		}
	}
	if (!f)
		return 0x6986;
	*out = f;
	if (!uicc_may(c, f, am)) {
		struct uicc_fs *fs = c->cur ? c->cur : c->boot;

		if (f->ac[am] == UICC_PIN1 && !fs->pin[UICC_IX_PIN1].tries)
			return 0x6983;
		return 0x6982;
	}
	if (!f->active)
		return 0x6984;
	return 0;
}

static uint16_t binary(struct uicc *c, struct uicc_cmd *a, enum uicc_am am,
		       struct uicc_file **f, size_t *off)
{
	uint16_t sw;

	if (a->p1 & 0x80) {
		if (a->p1 & 0x60)
			return 0x6a86;
		sw = target(c, a, a->p1 & 0x1f, true, am, f);
		*off = a->p2;
	} else {
		sw = target(c, a, 0, false, am, f);
		*off = (size_t)a->p1 << 8 | a->p2;
	}
	if (sw)
		return sw;
	return (*f)->type == UICC_TRANSPARENT ? 0 : 0x6981;
}

uint16_t uicc_do_read_binary(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_file *f, *d;
	size_t off;
	uint16_t sw = binary(c, a, UICC_READ, &f, &off);

	if (sw)
		return sw;
	d = uicc_data_of(f);
	if (off >= d->size)
		return 0x6b00;
	a->nout = d->size - off;
	if (a->nout > 256)
		a->nout = 256;
	/* fewer bytes may be asked for than there are; not more: 6Cxx */
	if (a->has_le && a->le < a->nout)
		a->nout = a->le;
	memcpy(a->out, d->data + off, a->nout);
	return 0x9000;
}

uint16_t uicc_do_update_binary(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_file *f, *d;
	size_t off;
	uint16_t sw = binary(c, a, UICC_UPDATE, &f, &off);

	if (sw)
		return sw;
	d = uicc_data_of(f);
	if (off >= d->size)
		return 0x6b00;
	if (!a->lc || off + a->lc > d->size)
		return 0x6700;
	memcpy(d->data + off, a->data, a->lc);
	c->dirty = true;
	return 0x9000;
}

/* Record by mode of P2: 4 absolute/current, 2 next, 3 previous. */
static uint16_t record(struct uicc *c, struct uicc_cmd *a, enum uicc_am am,
		       struct uicc_file **out, unsigned int *rec)
{
	struct uicc_file *f, *d;
	struct uicc_chan *ch = a->ch;
	uint16_t sw = target(c, a, a->p2 >> 3, a->p2 >> 3, am, &f);
	bool cyclic;

	if (sw)
		return sw;
	if (f->type != UICC_LINEAR && f->type != UICC_CYCLIC)
		return 0x6981;
	d = uicc_data_of(f);
	cyclic = f->type == UICC_CYCLIC;
	*out = f;
	switch (a->p2 & 7) {
	case 4:
		*rec = a->p1 ? a->p1 : ch->rec;
		if (am == UICC_UPDATE && cyclic)
			return 0x6a86;
		if (!*rec || *rec > d->recs)
			return 0x6a83;
		return 0;
	case 2:
		if (a->p1 || (am == UICC_UPDATE && cyclic))
			return 0x6a86;
		if (ch->rec >= d->recs && !cyclic)
			return 0x6a83;
		*rec = ch->rec >= d->recs ? 1 : ch->rec + 1;
		break;
	case 3:
		if (a->p1)
			return 0x6a86;
		if (am == UICC_UPDATE && cyclic) {
			*rec = 0;
			break;
		}
		if (ch->rec == 1 && !cyclic)
			return 0x6a83;
		*rec = ch->rec > 1 ? ch->rec - 1 : (unsigned int)d->recs;
		break;
	default:
		return 0x6a86;
	}
	if (*rec)
		ch->rec = *rec;
	return d->recs ? 0 : 0x6a83;
}

uint16_t uicc_do_read_record(struct uicc *c, struct uicc_cmd *a)
{
	unsigned int before = a->ch->rec, rec;
	struct uicc_file *f;
	uint16_t sw = record(c, a, UICC_READ, &f, &rec);

	if (sw)
		return sw;
	a->nout = uicc_data_of(f)->rec_len;
	/* 6Cxx must not move the pointer */
	if (a->has_le && a->le != a->nout)
		a->ch->rec = before;
	memcpy(a->out, uicc_record(f, rec), a->nout);
	return 0x9000;
}

uint16_t uicc_do_update_record(struct uicc *c, struct uicc_cmd *a)
{
	unsigned int before = a->ch->rec, rec;
	struct uicc_file *f, *d;
	uint16_t sw = record(c, a, UICC_UPDATE, &f, &rec);

	if (sw)
		return sw;
	d = uicc_data_of(f);
	if (a->lc != d->rec_len) {
		a->ch->rec = before;
		return 0x6700;
	}
	if (!rec) {
		/* cyclic: the oldest goes, the new one is number 1 */
		memmove(d->data + d->rec_len, d->data,
			d->size - d->rec_len);
		rec = 1;
		a->ch->rec = 1;
	}
	memcpy(uicc_record(f, rec), a->data, a->lc);
	c->dirty = true;
	return 0x9000;
}

/*
 * SEARCH RECORD, simple and enhanced with an offset (TS 102 221 11.1.7).
 * Enhanced: data starts with mode byte and offset or value.
 */
uint16_t uicc_do_search(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_file *f, *d;
	size_t from, to, i, off = 0;
	const uint8_t *want = a->data;
	size_t n = a->lc;
	uint8_t mode = a->p2 & 7;
	bool back, found_at;
	uint16_t sw;

	if (!c->feature[UICC_F_SEARCH])
		return 0x6d00;
	if (mode < 4 || mode == 7)
		return 0x6a86;
	sw = target(c, a, a->p2 >> 3, a->p2 >> 3, UICC_READ, &f);
	if (sw)
		return sw;
	if (f->type != UICC_LINEAR && f->type != UICC_CYCLIC)
		return 0x6981;
	d = uicc_data_of(f);
	back = mode == 5;
	found_at = true;
	from = a->p1 ? a->p1 : a->ch->rec;
	if (mode == 6) {
		/* indication: b4 1 = "value" before the pattern, b3-b1 order */
		if (n < 3)
			return 0x6700;
		if ((want[0] & 7) < 4)
			return 0x6a80;
		back = (want[0] & 7) == 5 || (want[0] & 7) == 7;
		if ((want[0] & 7) >= 6) {
			if (!a->ch->rec)
				from = back ? d->recs : 1;
			else
				from = back ? a->ch->rec - 1 : a->ch->rec + 1;
		}
		if (want[0] & 8)
			found_at = false;
		off = want[1];
		want += 2;
		n -= 2;
	}
	if (!n || n > d->rec_len)
		return 0x6700;
	if (!a->p1 && mode != 6 && !from)
		from = 1;
	if (!from || from > d->recs)
		return 0x6a83;
	to = back ? 1 : d->recs;
	for (i = from; d->recs; i = back ? i - 1 : i + 1) {
		const uint8_t *r = uicc_record(f, i);
		size_t at = off;

		if (!found_at) {
			/* after the first byte of that value */
			for (at = 0; at < d->rec_len && r[at] != off; at++)
				;
			at++;
		}
		for (; at + n <= d->rec_len; at++)
			if (!memcmp(r + at, want, n))
				break;
		if (at + n <= d->rec_len && a->nout < 254)
			a->out[a->nout++] = (uint8_t)i;
		if (i == to)
			break;
	}
	if (!a->nout)
		return c->feature[UICC_F_MISS_9000] ? 0x9000 : 0x6282;
	a->ch->rec = a->out[0];
	return 0x9000;
}

/* DEACTIVATE FILE 04, ACTIVATE FILE 44 (TS 102 221 11.1.14, 11.1.15) */
uint16_t uicc_do_life(struct uicc *c, struct uicc_cmd *a)
{
	enum uicc_am am = a->ins == 0x04 ? UICC_DEACTIVATE : UICC_ACTIVATE;
	struct uicc_file *f = a->ch->ef;

	if (a->lc) {
		if (a->lc % 2)
			return 0x6700;
		f = a->p1 == 0 ? by_fid(c, a->ch, (uint16_t)(a->data[0] << 8 |
							     a->data[1])) :
				 by_path(c, a, a->p1 == 0x08);
		if (!f)
			return 0x6a82;
	}
	if (!f)
		return 0x6986;
	if (!uicc_may(c, f, am))
		return 0x6982;
	if (a->lc && !uicc_is_dir(f)) {
		if (f->up != a->ch->df)
			set_df(a->ch, f->up);
		a->ch->ef = f;
	}
	f->active = a->ins == 0x44;
	c->dirty = true;
	return 0x9000;
}

/* MANAGE CHANNEL, TS 102 221 11.1.17 */
uint16_t uicc_do_channel(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	unsigned int i;

	if (c->channels <= 1)
		return 0x6881;
	if (a->p1 == 0x80) {
		i = a->p2 ? a->p2 : a->nch;
		if (!i || i >= c->channels)
			return 0x6a86;
		if (!c->chan[i].open)
			return 0x6200;
		memset(&c->chan[i], 0, sizeof(c->chan[i]));
		return 0x9000;
	}
	if (a->p1 || a->p2 >= c->channels)
		return 0x6a86;
	if (a->p2) {
		i = a->p2;
		if (c->chan[i].open)
			return 0x6a86;
	} else {
		if (a->has_le && a->le != 1 && a->le != 256)
			return 0x6700;
		for (i = 1; i < c->channels && c->chan[i].open; i++)
			;
		if (i == c->channels)
			return 0x6a81;
		a->out[0] = (uint8_t)i;
		a->nout = 1;
		if (a->has_le && a->le != 1)
			return 0x9000; /* becomes 6C01: nothing opened */
	}
	memset(&c->chan[i], 0, sizeof(c->chan[i]));
	c->chan[i].open = true;
	/* from the basic channel: the MF; else the issuer's directory */
	c->chan[i].df = a->nch ? a->ch->df : fs->mf;
	c->chan[i].app = a->nch ? a->ch->app : NULL;
	return 0x9000;
}
