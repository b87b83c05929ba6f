// SPDX-License-Identifier: MIT
/*
 * uicc_usim.c - what a real USIM and a 2G SIM come with, and the lines that
 * fill single files (iccid, imsi, ...)
 */
#include "card/uicc_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct row - one file of a template
 * @path: as in images
 * @type: structure
 * @recs: records (1 for transparent)
 * @len: record length or size
 * @sfi: short file identifier
 * @read: access condition
 * @update: access condition
 * @data: hex of the content (first record), or NULL
 */
struct row {
	const char *path;
	enum uicc_type type;
	uint8_t recs;
	uint16_t len;
	uint8_t sfi;
	uint8_t read;
	uint8_t update;
	const char *data;
};

#define T UICC_TRANSPARENT
#define L UICC_LINEAR
#define C UICC_CYCLIC
#define ALW UICC_ALW
#define PIN UICC_PIN1
#define PIN2 UICC_PIN2
#define ADM UICC_ADM
#define NEV UICC_NEV

/* TS 102 221 clause 13, TS 31.102 clauses 4.2, 4.4 and annex E */
static const struct row usim[] = {
	{ "2FE2", T, 1, 10, 0x02, ALW, NEV, NULL },
	{ "2F00", L, 2, 48, 0x1e, ALW, ADM,
	  "61184F10A0000000871002FFFFFFFF890302000050045553494D" },
	{ "2F05", T, 1, 4, 0x05, ALW, PIN, "656E6465" },
	{ "2F06", L, 12, 52, 0x06, ALW, ADM, NULL },
	{ "usim/6F05", T, 1, 6, 0x02, ALW, PIN, "6465656E" },
	{ "usim/6F07", T, 1, 9, 0x07, PIN, ADM, NULL },
	{ "usim/6F08", T, 1, 33, 0x08, PIN, PIN, "07" },
	{ "usim/6F09", T, 1, 33, 0x09, PIN, PIN, "07" },
	{ "usim/6F31", T, 1, 1, 0x12, PIN, ADM, "05" },
	{ "usim/6F38", T, 1, 17, 0x04, PIN, ADM, NULL },
	{ "usim/6F3B", L, 10, 28, 0, PIN, PIN2, NULL },
	{ "usim/6F3C", L, 20, 176, 0, PIN, PIN, "00" },
	{ "usim/6F3E", T, 1, 4, 0, PIN, ADM, NULL },
	{ "usim/6F40", L, 2, 28, 0, PIN, PIN, NULL },
	{ "usim/6F42", L, 2, 40, 0, PIN, PIN, NULL },
	{ "usim/6F43", T, 1, 2, 0, PIN, PIN, "00FF" },
	{ "usim/6F46", T, 1, 17, 0, ALW, ADM, NULL },
	{ "usim/6F47", L, 5, 30, 0, PIN, PIN, "00" },
	{ "usim/6F49", L, 4, 28, 0, PIN, ADM, NULL },
	{ "usim/6F4B", L, 4, 13, 0, PIN, PIN2, "00" },
	{ "usim/6F4C", L, 4, 13, 0, PIN, ADM, "00" },
	{ "usim/6F4E", L, 2, 13, 0, PIN, PIN, "00" },
	{ "usim/6F56", T, 1, 1, 0x05, PIN, PIN2, "00" },
	{ "usim/6F5B", T, 1, 6, 0x0f, PIN, PIN, "000000000000" },
	{ "usim/6F5C", T, 1, 3, 0x10, PIN, ADM, "000000" },
	{ "usim/6F60", T, 1, 40, 0x0a, PIN, PIN, NULL },
	{ "usim/6F61", T, 1, 40, 0x11, PIN, ADM, NULL },
	{ "usim/6F62", T, 1, 10, 0x13, PIN, ADM, NULL },
	{ "usim/6F78", T, 1, 2, 0x06, PIN, ADM, "0010" },
	{ "usim/6F7B", T, 1, 12, 0x0d, PIN, PIN, NULL },
	{ "usim/6F7E", T, 1, 11, 0x0b, PIN, PIN,
	  "FFFFFFFFFFFFFF0000FF01" },
	{ "usim/6F80", C, 5, 42, 0x14, PIN, PIN, NULL },
	{ "usim/6F81", C, 5, 41, 0x15, PIN, PIN, NULL },
	{ "usim/6FAD", T, 1, 4, 0x03, ALW, ADM, "00000002" },
	{ "usim/6FB7", L, 2, 4, 0x01, ALW, ADM, "11F2FF00" },
	{ "usim/6FC5", L, 4, 32, 0x19, ALW, ADM, NULL },
	{ "usim/6FC6", L, 4, 8, 0x1a, ALW, ADM, NULL },
	{ "7F10/6F44", C, 5, 28, 0, PIN, PIN, NULL },
	{ NULL, T, 0, 0, 0, 0, 0, NULL },
};

/* Files of the telecom directory that show the USIM's (TS 31.102 4.6). */
static const char *const usim_alias[][2] = {
	{ "7F10/6F3B", "usim/6F3B" }, { "7F10/6F3C", "usim/6F3C" },
	{ "7F10/6F40", "usim/6F40" }, { "7F10/6F42", "usim/6F42" },
	{ "7F10/6F43", "usim/6F43" }, { "7F10/6F49", "usim/6F49" },
	{ "7F10/6F4B", "usim/6F4B" }, { "7F10/6F4C", "usim/6F4C" },
	{ NULL, NULL },
};

/* TS 51.011 clause 10 */
static const struct row sim[] = {
	{ "2FE2", T, 1, 10, 0, ALW, NEV, NULL },
	{ "7F20/6F05", T, 1, 4, 0, ALW, PIN, "0001FFFF" },
	{ "7F20/6F07", T, 1, 9, 0, PIN, ADM, NULL },
	{ "7F20/6F20", T, 1, 9, 0, PIN, PIN, "FFFFFFFFFFFFFFFF07" },
	{ "7F20/6F38", T, 1, 6, 0, PIN, ADM, "FF3FFF0F3F00" },
	{ "7F20/6F3E", T, 1, 4, 0, PIN, ADM, NULL },
	{ "7F20/6F46", T, 1, 17, 0, ALW, ADM, NULL },
	{ "7F20/6F78", T, 1, 2, 0, PIN, ADM, "0010" },
	{ "7F20/6F7B", T, 1, 12, 0, PIN, PIN, NULL },
	{ "7F20/6F7E", T, 1, 11, 0, PIN, PIN, "FFFFFFFFFFFFFF0000FF01" },
	{ "7F20/6FAD", T, 1, 4, 0, ALW, ADM, "00000002" },
	{ "7F20/6FAE", T, 1, 1, 0, ALW, ADM, "02" },
	{ "7F10/6F3B", L, 10, 28, 0, PIN, PIN2, NULL },
	{ "7F10/6F3C", L, 20, 176, 0, PIN, PIN, "00" },
	{ "7F10/6F40", L, 2, 28, 0, PIN, PIN, NULL },
	{ "7F10/6F42", L, 2, 40, 0, PIN, PIN, NULL },
	{ "7F10/6F43", T, 1, 2, 0, PIN, PIN, "00FF" },
	{ "7F10/6F44", C, 5, 28, 0, PIN, PIN, NULL },
	{ "7F10/6F49", L, 4, 28, 0, PIN, ADM, NULL },
	{ "7F10/6F4B", L, 4, 13, 0, PIN, PIN2, "00" },
	{ NULL, T, 0, 0, 0, 0, 0, NULL },
};

static int rows(struct uicc_fs *fs, const struct row *r, char *why)
{
	for (; r->path; r++) {
		const char *last = strrchr(r->path, '/');
		struct uicc_file *dir, *f;
		char up[16];
		size_t i;

		snprintf(up, sizeof(up), "%.*s",
			 last ? (int)(last - r->path) : 0, r->path);
		dir = uicc_file_at(fs, up);
		f = dir ? uicc_file_add(dir, r->type,
				(uint16_t)strtoul(last ? last + 1 : r->path,
						  NULL, 16), r->recs, r->len) :
			  NULL;
		if (!f)
			return uicc_why(why, "template: %s", r->path);
		f->sfi = r->sfi;
		f->ac[UICC_READ] = r->read;
		f->ac[UICC_UPDATE] = r->update;
		if (!r->data)
			continue;
		for (i = 1; i <= f->recs; i++) {
			/* one byte is the status of every record, more are
			 * the first record's */
			if (i > 1 && strlen(r->data) > 2)
				break;
			(void)uicc_hex(r->data, uicc_record(f, i), f->rec_len);
		}
	}
	return 0;
}

static int aliases(struct uicc_fs *fs, char *why)
{
	size_t i;

	for (i = 0; usim_alias[i][0]; i++) {
		const char *p = usim_alias[i][0];
		struct uicc_file *dir = uicc_file_at(fs, "7F10");
		struct uicc_file *to = uicc_file_at(fs, usim_alias[i][1]), *f;

		f = dir && to ? uicc_file_add(dir, to->type,
				(uint16_t)strtoul(p + 5, NULL, 16), 0, 0) :
				NULL;
		if (!f)
			return uicc_why(why, "template: %s", p);
		f->alias = to;
		memcpy(f->ac, to->ac, sizeof(f->ac));
	}
	return 0;
}

static void pins(struct uicc_fs *fs)
{
	static const char *const value[] = { "1234", "5678", "00000000" };
	size_t i;

	for (i = 0; i < UICC_PINS; i++) {
		struct uicc_pin *p = &fs->pin[i];

		memset(p->value, 0xff, 8);
		memcpy(p->value, value[i], strlen(value[i]));
		memcpy(p->puk, "12345678", 8);
		p->there = true;
		p->enabled = i != UICC_IX_PIN1;
		p->tries = 3;
		p->puk_tries = 10;
	}
}

int uicc_service(struct uicc_fs *fs, unsigned int n, bool on)
{
	struct uicc_file *ust = uicc_file_at(fs, "usim/6F38");
	uint8_t bit = (uint8_t)(1 << ((n - 1) % 8));

	if (!ust || (n - 1) / 8 >= ust->size)
		return -1;
	if (on)
		ust->data[(n - 1) / 8] |= bit;
	else
		ust->data[(n - 1) / 8] &= (uint8_t)~bit;
	return 0;
}

static int make_usim(struct uicc_fs *fs, char *why)
{
	/* TS 31.102 4.2.8: FDN, EXT2, SDN, EXT3, OCI, ICI, SMS, SMSR, SMSP,
	 * GID1, SPN, user PLMN, MSISDN, OPLMN, HPLMN, PNN, OPL */
	static const uint8_t services[] = { 2, 3, 4, 5, 8, 9, 10, 11, 12, 17,
					    19, 20, 21, 42, 43, 45, 46 };
	static const uint8_t aid[] = { 0xa0, 0, 0, 0, 0x87, 0x10, 2, 0xff, 0xff,
				       0xff, 0xff, 0x89, 3, 2, 0, 0 };
	struct uicc_file *adf = uicc_file_add(fs->mf, UICC_ADF, 0x7ff0, 0, 0);
	struct uicc_file *f;
	size_t i;

	if (!adf || !uicc_file_add(fs->mf, UICC_DF, 0x7f10, 0, 0))
		return uicc_why(why, "no memory");
	memcpy(adf->aid, aid, sizeof(aid));
	adf->aid_len = sizeof(aid);
	snprintf(adf->name, sizeof(adf->name), "usim");
	if (rows(fs, usim, why) || aliases(fs, why))
		return -1;
	f = uicc_file_at(fs, "usim/6F38");
	memset(f->data, 0, f->size);
	for (i = 0; i < sizeof(services); i++)
		(void)uicc_service(fs, services[i], true);
	pins(fs);
	return 0;
}

int uicc_template(struct uicc *c, struct uicc_fs *fs, const char *name,
		  char *why)
{
	if (!strcmp(name, "usim"))
		return make_usim(fs, why);
	if (!strcmp(name, "sim")) {
		if (!uicc_file_add(fs->mf, UICC_DF, 0x7f20, 0, 0) ||
		    !uicc_file_add(fs->mf, UICC_DF, 0x7f10, 0, 0))
			return uicc_why(why, "no memory");
		c->feature[UICC_F_USIM] = false;
		c->feature[UICC_F_GSM] = true;
		c->channels = 1;
		pins(fs);
		return rows(fs, sim, why);
	}
	return uicc_why(why, "template usim|sim, not `%s'", name);
}

/* ---- lines that fill one file ------------------------------------------- */

static struct uicc_file *either(struct uicc_fs *fs, const char *a,
				const char *b)
{
	struct uicc_file *f = uicc_file_at(fs, a);

	return f ? f : uicc_file_at(fs, b);
}

static int set_iccid(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = uicc_file_at(fs, "2FE2");

	if (!f || f->size < 10)
		return uicc_why(why, "iccid: there is no EF_ICCID");
	if (strlen(w->w[1]) > 20)
		return uicc_why(why, "iccid: at most 20 digits");
	memset(f->data, 0xff, f->size);
	/* "none": all FF */
	if (strcmp(w->w[1], "none") != 0)
		uicc_swap(w->w[1], f->data, 10);
	return 0;
}

/* TS 31.102 4.2.2: length, parity nibble 9 (odd count), digits swapped. */
static int set_imsi(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = either(fs, "usim/6F07", "7F20/6F07");
	struct uicc_file *ad = either(fs, "usim/6FAD", "7F20/6FAD");
	const char *mnc = uicc_word_val(w, "mnc");
	char d[18];
	size_t n = strlen(w->w[1]);

	if (!f || f->size < 9 || n < 6 || n > 15)
		return uicc_why(why, "imsi: 6 to 15 digits");
	snprintf(d, sizeof(d), "%c%.15s", n % 2 ? '9' : '1', w->w[1]);
	memset(f->data, 0xff, f->size);
	f->data[0] = (uint8_t)((n + 2) / 2);
	uicc_swap(d, f->data + 1, 8);
	if (mnc && ad && ad->size >= 4)
		ad->data[3] = (uint8_t)atoi(mnc);
	return 0;
}

static int set_spn(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = either(fs, "usim/6F46", "7F20/6F46");

	if (!f || f->size < 17)
		return uicc_why(why, "spn: there is no EF_SPN");
	memset(f->data, 0xff, f->size);
	f->data[0] = 0x01;
	if (uicc_alpha(w->w[1], NULL, f->data + 1, 16) < 0)
		return uicc_why(why, "spn: does not fit 16 bytes");
	return 0;
}

/* msisdn "Name" +49... [rec=N]; fdn the same */
static int set_adn(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	bool fdn = w->w[0][0] == 'f';
	struct uicc_file *f = fdn ? either(fs, "usim/6F3B", "7F10/6F3B") :
				    either(fs, "usim/6F40", "7F10/6F40");
	const char *v = uicc_word_val(w, "rec");
	size_t rec = v ? strtoul(v, NULL, 10) : 1, x;
	uint8_t *r;

	if (!f || w->n < 3)
		return uicc_why(why, "%s \"NAME\" NUMBER [rec=N]", w->w[0]);
	for (; !v && rec <= f->recs && uicc_record(f, rec)[0] != 0xff; rec++)
		;
	r = uicc_record(f, rec);
	if (!r || f->rec_len < 14)
		return uicc_why(why, "%s: no record %zu", w->w[0], rec);
	x = f->rec_len - 14;
	memset(r, 0xff, f->rec_len);
	if (uicc_alpha(w->w[1], NULL, r, x) < 0)
		return uicc_why(why, "%s: the name does not fit %zu bytes",
				w->w[0], x);
	{
		int n = uicc_bcd(w->w[2], &r[x + 1], r + x + 2, 10);

		if (n < 0)
			return uicc_why(why, "%s: not a number of at most 20 "
					"digits", w->w[0]);
		r[x] = (uint8_t)((n + 1) / 2 + 1);
	}
	return 0;
}

static int set_lang(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = uicc_file_at(fs, "usim/6F05");
	size_t i, n = 0;

	if (!f)
		return uicc_why(why, "lang: there is no EF_LI");
	memset(f->data, 0xff, f->size);
	for (i = 1; i < w->n && n + 2 <= f->size; i++, n += 2)
		memcpy(f->data + n, w->w[i], 2);
	return 0;
}

static int set_gid1(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = either(fs, "usim/6F3E", "7F20/6F3E");

	if (!f)
		return uicc_why(why, "gid1: there is no EF_GID1");
	memset(f->data, 0xff, f->size);
	if (uicc_hex(w->w[1], f->data, f->size) < 0)
		return uicc_why(why, "gid1: hex, at most %zu bytes", f->size);
	return 0;
}

/* plmn 26201:4000 26202:8080 ...: PLMN as in TS 24.008 10.5.1.3, then AcT */
static int set_plmn(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = uicc_file_at(fs, "usim/6F60");
	size_t i;

	if (!f)
		return uicc_why(why, "plmn: there is no EF_PLMNwAcT");
	memset(f->data, 0xff, f->size);
	for (i = 1; i < w->n; i++) {
		uint8_t *p = f->data + 5 * (i - 1);
		const char *s = w->w[i], *at = strchr(s, ':');
		size_t n = at ? (size_t)(at - s) : strlen(s);
		unsigned long act = at ? strtoul(at + 1, NULL, 16) : 0;

		if (5 * i > f->size || n < 5 || n > 6)
			return uicc_why(why, "plmn MCCMNC[:ACT] ...");
		p[0] = (uint8_t)((s[1] & 15) << 4 | (s[0] & 15));
		p[1] = (uint8_t)((n == 6 ? s[5] & 15 : 15) << 4 | (s[2] & 15));
		p[2] = (uint8_t)((s[4] & 15) << 4 | (s[3] & 15));
		p[3] = (uint8_t)(act >> 8);
		p[4] = (uint8_t)act;
	}
	return 0;
}

/* pnn "Full name" ["Short"]: TS 24.008 10.5.3.5a, packed 7 bit */
static int set_pnn(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct uicc_file *f = uicc_file_at(fs, "usim/6FC5");
	size_t i, n = 0, k;
	uint8_t *r = NULL;

	for (i = 1; f && i <= f->recs && !r; i++)
		if (uicc_record(f, i)[0] == 0xff)
			r = uicc_record(f, i);
	if (!r)
		return uicc_why(why, "pnn: no free record of EF_PNN");
	for (k = 1; k < w->n && k < 3; k++) {
		uint8_t packed[64];
		size_t septets;
		int bytes = uicc_pack(w->w[k], 0, packed, sizeof(packed),
				      &septets);

		if (bytes < 0 || n + 3 + (size_t)bytes > f->rec_len)
			return uicc_why(why, "pnn: does not fit");
		r[n++] = k == 1 ? 0x43 : 0x45;
		r[n++] = (uint8_t)(bytes + 1);
		r[n++] = (uint8_t)(0x80 | ((8 * (size_t)bytes - 7 * septets)
					   & 7));
		memcpy(r + n, packed, (size_t)bytes);
		n += (size_t)bytes;
	}
	return 0;
}

int uicc_field(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	static const struct {
		const char *word;
		int (*set)(struct uicc_fs *fs, const struct uicc_words *w,
			   char *why);
	} fields[] = {
		{ "iccid", set_iccid }, { "imsi", set_imsi },
		{ "spn", set_spn },	{ "msisdn", set_adn },
		{ "fdn", set_adn },	{ "lang", set_lang },
		{ "gid1", set_gid1 },	{ "plmn", set_plmn },
		{ "pnn", set_pnn },
	};
	size_t i;

	if (w->n < 2)
		return uicc_why(why, "%s VALUE", w->w[0]);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strcmp(fields[i].word, w->w[0]))
			return fields[i].set(fs, w, why);
	return uicc_why(why, "%s: not a field", w->w[0]);
}
