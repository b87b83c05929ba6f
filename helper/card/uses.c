// SPDX-License-Identifier: MIT
/*
 * uses.c - capacity, use and access conditions of a card's files
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/phonebook.h"
#include "card/rights.h"
#include "card/sms.h"

/**
 * struct known - a file that is looked at beside phonebook and messages
 * @usim: path in a USIM, @gsm: in a 2G card; 0 none
 */
struct known {
	const char *name;
	uint16_t usim[2];
	uint16_t gsm[2];
};

/* TS 31.102 4.2, TS 102 221 13, TS 51.011 10; in the order of the DFs. */
static const struct known known[] = {
	{ "EF_ICCID", { 0x2fe2 }, { 0x2fe2 } },
	{ "EF_PL", { 0x2f05 }, { 0x2f05 } },
	{ "EF_IMSI", { FS_ADF, 0x6f07 }, { FS_GSM, 0x6f07 } },
	{ "EF_AD", { FS_ADF, 0x6fad }, { FS_GSM, 0x6fad } },
	{ "EF_UST", { FS_ADF, 0x6f38 }, { FS_GSM, 0x6f38 } },
	{ "EF_EST", { FS_ADF, 0x6f56 }, { 0 } },
	{ "EF_SPN", { FS_ADF, 0x6f46 }, { FS_GSM, 0x6f46 } },
	{ "EF_LI", { FS_ADF, 0x6f05 }, { 0 } },
	{ "EF_GID1", { FS_ADF, 0x6f3e }, { FS_GSM, 0x6f3e } },
	{ "EF_GID2", { FS_ADF, 0x6f3f }, { FS_GSM, 0x6f3f } },
	{ "EF_PLMNwAcT", { FS_ADF, 0x6f60 }, { FS_GSM, 0x6f60 } },
	{ "EF_PNN", { FS_ADF, 0x6fc5 }, { FS_GSM, 0x6fc5 } },
	{ "EF_OPL", { FS_ADF, 0x6fc6 }, { FS_GSM, 0x6fc6 } },
	{ "EF_MSISDN", { FS_ADF, 0x6f40 }, { FS_TELECOM, 0x6f40 } },
	{ "EF_SMSP", { FS_ADF, 0x6f42 }, { FS_TELECOM, 0x6f42 } },
	{ "EF_SMSS", { FS_ADF, 0x6f43 }, { FS_TELECOM, 0x6f43 } },
	{ "EF_SMSR", { FS_ADF, 0x6f47 }, { FS_TELECOM, 0x6f47 } },
	{ "EF_FDN", { FS_ADF, 0x6f3b }, { FS_TELECOM, 0x6f3b } },
	{ "EF_EXT2", { FS_ADF, 0x6f4b }, { FS_TELECOM, 0x6f4b } },
	{ "EF_SDN", { FS_ADF, 0x6f49 }, { FS_TELECOM, 0x6f49 } },
	{ "EF_EXT3", { FS_ADF, 0x6f4c }, { FS_TELECOM, 0x6f4c } },
	{ "EF_ICI", { FS_ADF, 0x6f80 }, { 0 } },
	{ "EF_OCI", { FS_ADF, 0x6f81 }, { 0 } },
	{ "EF_LND", { FS_TELECOM, 0x6f44 }, { FS_TELECOM, 0x6f44 } },
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static unsigned int count(const struct fs_set *s, unsigned int n)
{
	unsigned int used = 0;

	while (n)
		used += fs_has(s, n--);
	return used;
}

/* What the card does not say is "?"; only a card that went away ends it. */
static int who_may(struct card *c, const struct fs_ef *ef, struct card_use *u,
		   struct sim_err *e)
{
	struct rights r;

	if (rights_of(c, ef, &r, e) < 0)
		return -1;
	snprintf(u->read, sizeof(u->read), "%s", r.read);
	snprintf(u->update, sizeof(u->update), "%s", r.update);
	return 0;
}

/* Records that hold something; -1 when the card went away. */
static int used_records(struct card *c, const struct known *k,
			const struct fs_ef *ef, unsigned int *used,
			struct sim_err *e)
{
	uint8_t r[FS_REC_MAX];
	struct fs_set blank;
	int ret;

	*used = 0;
	memset(r, 0xff, sizeof(r));
	ret = fs_search(c, ef, k->name, r, &blank, e);
	if (!ret)
		*used = ef->nrec - count(&blank, ef->nrec);
	for (unsigned int i = 1; ret > 0 && i <= ef->nrec; i++) {
		if (fs_read_record(c, ef, k->name, i, r, e) < 0)
			return -1;
		*used += !pb_blank(r, ef->rec_len);
	}
	return ret < 0 ? -1 : 0;
}

/* A transparent file counts as one record. 1: the card has no such file. */
static int look_at(struct card *c, const struct known *k, struct card_use *u,
		   struct sim_err *e)
{
	const uint16_t *path = c->usim ? k->usim : k->gsm;
	uint8_t head[FS_REC_MAX];
	struct fs_ef ef;
	size_t got;
	int ret;

	if (!path[0])
		return 1;
	ret = fs_select(c, path, path[1] ? 2 : 1, k->name, &ef, e);
	if (ret)
		return ret;
	snprintf(u->name, sizeof(u->name), "%s", k->name);
	if (ef.form == FS_TRANSPARENT) {
		u->total = 1;
		u->bytes = ef.size;
		ret = fs_read(c, &ef, k->name, head, sizeof(head), &got, e);
		u->used = !ret && !pb_blank(head, got);
	} else if (ef.form == FS_LINEAR || ef.form == FS_CYCLIC) {
		u->total = ef.nrec;
		u->bytes = ef.rec_len;
		ret = used_records(c, k, &ef, &u->used, e);
	} else {
		return 1;
	}
	return ret < 0 ? -1 : who_may(c, &ef, u, e);
}

int card_uses(struct card *c, struct card_use **out, size_t *n,
	      struct sim_err *e)
{
	struct card_use *u;
	const struct pb_set *s;
	const struct pb_file *f;

	*out = NULL;
	*n = 0;
	if (pb_load(c, false, e) || sms_load(c, false, e))
		return -1;
	u = calloc(c->pb->nset + c->pb->nfile + 1 + N_KNOWN, sizeof(*u));
	if (!u)
		return sim_fail(e, EX_OSERR, "out of memory");
	*out = u;
	for (size_t i = 0; i < c->pb->nset; i++, u++) {
		s = &c->pb->set[i];
		snprintf(u->name, sizeof(u->name), s->pbr > 1 ? "%s %u" : "%s",
			 s->adn->name, s->pbr);
		u->total = s->adn->ef.nrec;
		u->used = count(&s->used, u->total);
		u->bytes = s->adn->ef.rec_len;
		u->text = u->bytes - ADN_TAIL;
		if (who_may(c, &s->adn->ef, u, e))
			goto away;
	}
	for (size_t i = 0; i < c->pb->nfile; i++) {
		f = &c->pb->file[i];
		if (f->tag != PB_EXT1 && f->tag != PB_EMAIL && f->tag != PB_ANR &&
		    f->tag != PB_SNE)
			continue;
		snprintf(u->name, sizeof(u->name), "%s %04X", f->name,
			 f->ef.path[f->ef.depth - 1]);
		u->total = f->ef.nrec;
		for (unsigned int r = 1; r <= u->total; r++)
			u->used += fs_has(&f->taken, r) ||
				   (fs_has(&f->have, r) &&
				    !pb_blank(pb_rec(f, r), f->ef.rec_len) &&
				    (f->tag != PB_EXT1 || pb_rec(f, r)[0]));
		u->bytes = f->ef.rec_len;
		u->text = f->tag == PB_EMAIL || f->tag == PB_SNE ? u->bytes : 0;
		if (who_may(c, &f->ef, u, e))
			goto away;
		u++;
	}
	if (!c->sms->absent) {
		snprintf(u->name, sizeof(u->name), "EF_SMS");
		u->total = c->sms->ef.nrec;
		u->used = count(&c->sms->used, u->total);
		u->bytes = c->sms->ef.rec_len;
		if (who_may(c, &c->sms->ef, u, e))
			goto away;
		u++;
	}
	for (size_t i = 0; i < N_KNOWN; i++) {
		int ret = look_at(c, &known[i], u, e);

		if (ret < 0)
			goto away;
		u += !ret;
	}
	*n = (size_t)(u - *out);
	return 0;
away:
	free(*out);
	*out = NULL;
	return -1;
}

