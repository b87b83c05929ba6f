// SPDX-License-Identifier: MIT
/*
 * fcp.c - what a card answers to SELECT: FCP, or the response of 51.011
 */
#include <string.h>

#include "card/fs.h"
#include "card/tlv.h"

/* The 2G answer to SELECT, 51.011 9.2.1. */
static int parse_gsm(struct card *c, const uint8_t *r, size_t len,
		     struct fs_ef *ef)
{
	static const enum fs_form form[] = {
		[0] = FS_TRANSPARENT, [1] = FS_LINEAR, [3] = FS_CYCLIC,
	};

	if (len < 14)
		return -1;
	if (r[6] != 0x04) {
		ef->form = FS_DF;
		if (len >= 21) {
			c->chv[0] = r[18];
			c->chv[1] = r[20];
			/* File characteristics b8: CHV1 disabled. */
			if (r[13] & 0x80)
				c->chv[0] |= 0x40;
		}
		return 0;
	}
	if (r[13] > 3 || r[13] == 2)
		return -1;
	ef->form = form[r[13]];
	ef->rule = 0xa0;
	ef->nrules = 3;
	memcpy(ef->rules, r + 8, 3);
	ef->size = (uint32_t)r[2] << 8 | r[3];
	ef->off = !(r[11] & 0x01);
	if (ef->form == FS_TRANSPARENT)
		return 0;
	if (len < 15 || !r[14])
		return -1;
	ef->rec_len = r[14];
	if (ef->size / ef->rec_len == 0)
		return -1;
	ef->nrec = ef->size / ef->rec_len > 254 ?
		   254 : (uint8_t)(ef->size / ef->rec_len);
	return 0;
}

/* TS 102 221 11.1.1.4.3: byte 1 structure and kind, 3-4 record size, 5 count. */
static int parse_descriptor(const struct tlv *t, struct fs_ef *ef)
{
	uint8_t d;

	if (t->len < 2)
		return -1;
	d = t->v[0];
	if ((d & 0x38) == 0x38) {
		ef->form = (d & 0x07) ? FS_OTHER : FS_DF;
		return 0;
	}
	switch (d & 0x07) {
	case 1:
		ef->form = FS_TRANSPARENT;
		return 0;
	case 2:
		ef->form = FS_LINEAR;
		break;
	case 6:
		ef->form = FS_CYCLIC;
		break;
	default:
		ef->form = FS_OTHER;
		return 0;
	}
	/* Record numbers 00 and FF have other meanings: 254 records at most. */
	if (t->len < 5 || t->v[2] || !t->v[3] || !t->v[4])
		return -1;
	ef->rec_len = t->v[3];
	ef->nrec = t->v[4] > 254 ? 254 : t->v[4];
	return 0;
}

/* TS 102 221 11.1.1.3 */
static int parse_fcp(struct card *c, const uint8_t *r, size_t len,
		     struct fs_ef *ef)
{
	struct tlv fcp, t;

	if (!tlv_find(r, len, 0x62, &fcp))
		return -1;
	if (!tlv_in(&fcp, 0x82, &t) || parse_descriptor(&t, ef))
		return -1;
	if (tlv_in(&fcp, 0x80, &t) && t.len >= 1 && t.len <= 4)
		for (size_t i = 0; i < t.len; i++)
			ef->size = ef->size << 8 | t.v[i];
	/* Without DO 88 it would be the identifier's low bits: not relied on. */
	if (tlv_in(&fcp, 0x88, &t) && t.len == 1)
		ef->sfi = t.v[0] >> 3;
	if (ef->sfi > 30)
		ef->sfi = 0;
	/* Life cycle: 04 and 06 are deactivated. */
	if (tlv_in(&fcp, 0x8a, &t) && t.len == 1)
		ef->off = (t.v[0] & 0xfd) == 0x04;
	if (tlv_in(&fcp, 0x8b, &t) && t.len >= 3) {
		ef->arr_fid = (uint16_t)(t.v[0] << 8 | t.v[1]);
		ef->arr_rec = t.v[t.len - 1];
	}
	if (tlv_in(&fcp, 0x8c, &t) || tlv_in(&fcp, 0xab, &t)) {
		ef->rule = (uint8_t)t.tag;
		ef->nrules = (uint8_t)(t.len < FS_RULES ? t.len : FS_RULES);
		memcpy(ef->rules, t.v, ef->nrules);
	}
	if (ef->form == FS_DF && tlv_in(&fcp, 0xc6, &t) &&
	    t.len <= sizeof(c->status)) {
		memcpy(c->status, t.v, t.len);
		c->nstatus = t.len;
	}
	return 0;
}

int fcp_parse(struct card *c, const uint8_t *r, size_t len, struct fs_ef *ef)
{
	return c->gsm ? parse_gsm(c, r, len, ef) : parse_fcp(c, r, len, ef);
}
