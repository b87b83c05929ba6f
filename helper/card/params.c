// SPDX-License-Identifier: MIT
#include "card/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/gsm7.h"
#include "card/phonebook.h"
#include "card/tlv.h"

/* EF_SMSP behind the name: which parameters there are, and where each stands. */
#define SMSP_TAIL	28
#define SMSP_DEST	1
#define SMSP_SMSC	13
#define SMSP_PID	25
#define SMSP_DCS	26
#define SMSP_VP		27

/* Tags in EF_PNN. */
#define PNN_FULL	0x43
#define PNN_BRIEF	0x45

/**
 * struct source - a file of such records
 * @usim: path in a USIM, @gsm: in a 2G card
 * @least: bytes of a record
 * @one: bytes of what a record becomes
 * @take: 0 taken, 1 free or nonsense (@why: nonsense)
 */
struct source {
	const char *name;
	uint16_t usim[2];
	uint16_t gsm[2];
	uint8_t least;
	size_t one;
	int (*take)(const uint8_t *r, size_t len, unsigned int rec, void *out,
		    struct sim_err *why);
};

static int all(struct card *c, const struct source *s, void *array, size_t *n,
	       struct sim_err *e)
{
	const uint16_t *path = c->usim ? s->usim : s->gsm;
	uint8_t r[FS_REC_MAX];
	struct sim_err why;
	struct fs_ef ef;
	char *out, **to = array;
	int ret;

	*to = NULL;
	*n = 0;
	ret = fs_select(c, path, 2, s->name, &ef, e);
	if (ret)
		return ret;
	if (ef.form != FS_LINEAR || ef.rec_len < s->least) {
		sim_fail(e, EX_DATAERR, "%s: not a file of such records (%u bytes each)",
			 s->name, ef.rec_len);
		return 1;
	}
	out = calloc(ef.nrec, s->one);
	if (!out)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (unsigned int i = 1; i <= ef.nrec; i++) {
		why = (struct sim_err){ 0 };
		ret = fs_read_record(c, &ef, s->name, i, r, &why);
		if (ret < 0) {
			if (e)
				*e = why;
			free(out);
			*n = 0;
			return -1;
		}
		if (!ret)
			ret = s->take(r, ef.rec_len, i, out + *n * s->one, &why);
		if (ret && why.text[0])
			card_problem(c, "%s", why.text);
		*n += !ret;
	}
	*to = out;
	return 0;
}

/* ---- EF_SMSP ------------------------------------------------------------ */

/* An address as TP-DA: digits, type, number (TS 23.040 9.1.2.5). */
static void number(const uint8_t *p, char *out, size_t max)
{
	size_t n = p[0], at = 0;

	out[0] = '\0';
	if (!n || n > 20)
		return;
	if (bcd_international(p[1]))
		out[at++] = '+';
	bcd_get(p + 2, (n + 1) / 2, out, max, at);
}

/* A bit that is clear says that the parameter is there. */
static int take_smsp(const uint8_t *r, size_t len, unsigned int rec, void *to,
		     struct sim_err *why)
{
	const uint8_t *t = r + len - SMSP_TAIL;
	struct params_smsp *out = to;
	size_t bad;

	if (pb_blank(r, len))
		return 1;
	*out = (struct params_smsp){ .rec = rec, .pid = -1, .dcs = -1, .vp = -1 };
	if (text_decode(r, len - SMSP_TAIL, out->name, &bad)) {
		sim_fail(why, EX_DATAERR, "EF_SMSP record %u: the name makes no sense at byte %zu",
			 rec, bad + 1);
		out->name[0] = '\0';
	}
	if (!(t[0] & 0x01))
		number(t + SMSP_DEST, out->dest, sizeof(out->dest));
	if (!(t[0] & 0x02))
		tpdu_smsc(t + SMSP_SMSC, 12, out->smsc, sizeof(out->smsc));
	if (!(t[0] & 0x04))
		out->pid = t[SMSP_PID];
	if (!(t[0] & 0x08))
		out->dcs = t[SMSP_DCS];
	if (!(t[0] & 0x10))
		out->vp = t[SMSP_VP];
	return 0;
}

int params_smsp(struct card *c, struct params_smsp **out, size_t *n,
		struct sim_err *e)
{
	static const struct source s = {
		"EF_SMSP", { FS_ADF, 0x6f42 }, { FS_TELECOM, 0x6f42 },
		SMSP_TAIL, sizeof(**out), take_smsp,
	};

	return all(c, &s, out, n, e);
}

/* ---- EF_SMSS, EF_SMSR --------------------------------------------------- */

int params_smss(struct card *c, struct params_smss *out, struct sim_err *e)
{
	const uint16_t path[] = { c->usim ? FS_ADF : FS_TELECOM, 0x6f43 };
	uint8_t p[2];
	struct fs_ef ef;
	size_t got;
	int ret;

	*out = (struct params_smss){ .last = -1 };
	ret = fs_select(c, path, 2, "EF_SMSS", &ef, e);
	if (!ret)
		ret = fs_read(c, &ef, "EF_SMSS", p, sizeof(p), &got, e);
	if (ret)
		return ret;
	if (got > 0 && p[0] != 0xff)
		out->last = p[0];
	/* b1 clear: memory capacity exceeded; the other bits are set. */
	out->full = got > 1 && !(p[1] & 0x01);
	return 0;
}

static int take_smsr(const uint8_t *r, size_t len, unsigned int rec, void *to,
		     struct sim_err *why)
{
	struct params_smsr *out = to;
	size_t bad = 0;

	/* 00 is a free record; FF comes from cards that never had a report. */
	if (!r[0] || r[0] == 0xff)
		return 1;
	*out = (struct params_smsr){ .rec = rec, .sms = r[0] };
	if (!tpdu_decode(r + 1, len - 1, true, &out->report, &bad) &&
	    out->report.type == TPDU_REPORT)
		return 0;
	sim_fail(why, EX_DATAERR, "EF_SMSR record %u byte %zu: not a status report",
		 rec, bad + 2);
	return 1;
}

int params_smsr(struct card *c, struct params_smsr **out, size_t *n,
		struct sim_err *e)
{
	static const struct source s = {
		"EF_SMSR", { FS_ADF, 0x6f47 }, { FS_TELECOM, 0x6f47 }, 2,
		sizeof(**out), take_smsr,
	};

	return all(c, &s, out, n, e);
}

/* ---- EF_PNN, EF_OPL ----------------------------------------------------- */

/* Septets stand as in a message; b3 to b1 of the first byte: bits to spare. */
static void packed(const uint8_t *p, size_t len, char *out, size_t max)
{
	uint8_t code[TEXT_MAX];
	size_t n = (len - 1) * 8, at = 0;
	uint16_t u;

	n = (n - (p[0] & 7u)) / 7;
	for (size_t i = 0; i < n; i++) {
		size_t bit = i * 7;
		unsigned int v = p[1 + bit / 8] >> bit % 8;

		if (bit % 8 > 1 && bit / 8 + 2 < len)
			v |= (unsigned int)p[2 + bit / 8] << (8 - bit % 8);
		code[i] = v & 0x7f;
	}
	for (size_t i = 0; i < n;) {
		i += gsm7_next(code + i, n - i, &u);
		at = text_put(out, max, at, u);
	}
}

int params_network_name(const uint8_t *p, size_t len, char *out, size_t max)
{
	size_t at = 0;

	out[0] = '\0';
	if (len < 2 || len > FS_REC_MAX)
		return 1;
	if ((p[0] & 0x70) == 0x00)
		packed(p, len, out, max);
	for (size_t i = 1; (p[0] & 0x70) == 0x10 && i + 1 < len; i += 2)
		at = text_put(out, max, at, (uint32_t)p[i] << 8 | p[i + 1]);
	return !out[0];
}

static int take_name(const uint8_t *r, size_t len, unsigned int rec, void *to,
		     struct sim_err *why)
{
	struct params_name *out = to;
	struct tlv t;

	*out = (struct params_name){ .rec = rec };
	if (r[0] == 0xff || !r[0])
		return 1;
	if (tlv_find(r, len, PNN_FULL, &t))
		params_network_name(t.v, t.len, out->full, TEXT_MAX);
	if (tlv_find(r, len, PNN_BRIEF, &t))
		params_network_name(t.v, t.len, out->brief, TEXT_MAX);
	if (out->full[0] || out->brief[0])
		return 0;
	sim_fail(why, EX_DATAERR, "EF_PNN record %u: no name in it", rec);
	return 1;
}

int params_names(struct card *c, struct params_name **out, size_t *n,
		 struct sim_err *e)
{
	static const struct source s = {
		"EF_PNN", { FS_ADF, 0x6fc5 }, { FS_GSM, 0x6fc5 }, 3,
		sizeof(**out), take_name,
	};

	return all(c, &s, out, n, e);
}

/* A digit D stands for any (4.2.59); F as third digit of the MNC: none. */
static int take_area(const uint8_t *r, size_t len, unsigned int rec, void *to,
		     struct sim_err *why)
{
	static const char digit[] = "0123456789xxx?xF";
	struct params_area *out = to;
	size_t at = 0;

	(void)len;
	(void)why;
	if ((r[0] & 15) == 15)
		return 1;
	*out = (struct params_area){ .rec = rec, .name = r[7] };
	out->plmn[at++] = digit[r[0] & 15];
	out->plmn[at++] = digit[r[0] >> 4];
	out->plmn[at++] = digit[r[1] & 15];
	out->plmn[at++] = digit[r[2] & 15];
	out->plmn[at++] = digit[r[2] >> 4];
	if (r[1] >> 4 != 15)
		out->plmn[at++] = digit[r[1] >> 4];
	out->from = (unsigned int)r[3] << 8 | r[4];
	out->to = (unsigned int)r[5] << 8 | r[6];
	return 0;
}

int params_areas(struct card *c, struct params_area **out, size_t *n,
		 struct sim_err *e)
{
	static const struct source s = {
		"EF_OPL", { FS_ADF, 0x6fc6 }, { FS_GSM, 0x6fc6 }, 8,
		sizeof(**out), take_area,
	};

	return all(c, &s, out, n, e);
}
