// SPDX-License-Identifier: MIT
/*
 * uicc_image.c - card images: text to card and back (README.md, "Images")
 */
#include "card/uicc_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int name_of(const char *s, const char *const *names, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (names[i] && !strcmp(names[i], s))
			return i;
	return -1;
}

static void pad_pin(uint8_t out[8], const char *s)
{
	memset(out, 0xff, 8);
	memcpy(out, s, strnlen(s, 8));
}

static int do_atr(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	size_t i, n = 0;
	uint8_t x = 0;

	(void)fs;
	for (i = 1; i < w->n; i++) {
		int got;

		if (!strcmp(w->w[i], "tck")) {
			/* XOR of all from T0 to TCK is 0 */
			if (n == sizeof(c->atr))
				return uicc_why(why, "ATR too long");
			for (x = 0, got = 1; got < (int)n; got++)
				x ^= c->atr[got];
			c->atr[n++] = x;
			continue;
		}
		got = uicc_hex(w->w[i], c->atr + n, sizeof(c->atr) - n);
		if (got < 0)
			return uicc_why(why, "ATR: hex, at most 33 bytes");
		n += (size_t)got;
	}
	c->atr_len = n;
	return 0;
}

static int do_channels(struct uicc *c, struct uicc_fs *fs,
		       const struct uicc_words *w, char *why)
{
	(void)fs;
	c->channels = w->n > 1 ? (unsigned int)strtoul(w->w[1], NULL, 10) : 0;
	if (!c->channels || c->channels > UICC_CHANNELS)
		return uicc_why(why, "channels: 1 to %d", UICC_CHANNELS);
	return 0;
}

static int do_feature(struct uicc *c, struct uicc_fs *fs,
		      const struct uicc_words *w, char *why)
{
	int f = w->n > 2 ? name_of(w->w[1], uicc_feature_names, UICC_FEATURES) : -1;

	(void)fs;
	if (f < 0)
		return uicc_why(why, "feature NAME on|off: unknown `%s'",
				w->n > 1 ? w->w[1] : "");
	c->feature[f] = !strcmp(w->w[2], "on");
	return 0;
}

static int do_template(struct uicc *c, struct uicc_fs *fs,
		       const struct uicc_words *w, char *why)
{
	return uicc_template(c, fs, w->n > 1 ? w->w[1] : "", why);
}

static int do_pin(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	static const char *const names[] = { "pin1", "pin2", "adm" };
	int i = name_of(w->w[0], names, UICC_PINS);
	struct uicc_pin *p = &fs->pin[i];
	const char *v;

	(void)c;
	if (w->n < 2)
		return uicc_why(why, "%s VALUE", w->w[0]);
	if (!strcmp(w->w[1], "none")) {
		memset(p, 0, sizeof(*p));
		return 0;
	}
	p->there = true;
	p->enabled = !uicc_word_val(w, "off");
	pad_pin(p->value, w->w[1]);
	v = uicc_word_val(w, "puk");
	pad_pin(p->puk, v ? v : "12345678");
	v = uicc_word_val(w, "tries");
	p->tries = v ? (uint8_t)atoi(v) : 3;
	v = uicc_word_val(w, "puk-tries");
	p->puk_tries = v ? (uint8_t)atoi(v) : 10;
	return 0;
}

static int do_adf(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	struct uicc_file *f;
	const char *fid;
	uint8_t aid[16];
	int n = w->n > 2 ? uicc_hex(w->w[2], aid, sizeof(aid)) : -1;

	(void)c;
	if (n < 5)
		return uicc_why(why, "adf NAME AID: AID is 5 to 16 bytes");
	fid = uicc_word_val(w, "fid");
	f = uicc_file_at(fs, w->w[1]);
	if (!f)
		f = uicc_file_add(fs->mf, UICC_ADF, 0, 0, 0);
	if (!f)
		return uicc_why(why, "no memory");
	f->fid = fid ? (uint16_t)strtoul(fid, NULL, 16) : 0x7ff0;
	memcpy(f->aid, aid, (size_t)n);
	f->aid_len = (uint8_t)n;
	snprintf(f->name, sizeof(f->name), "%s", w->w[1]);
	return 0;
}

/* Directory a path is in; @fid gets its last part. */
static struct uicc_file *parent(struct uicc_fs *fs, const char *path,
				uint16_t *fid)
{
	const char *last = strrchr(path, '/');
	char dir[64];

	snprintf(dir, sizeof(dir), "%.*s", last ? (int)(last - path) : 0, path);
	*fid = (uint16_t)strtoul(last ? last + 1 : path, NULL, 16);
	return uicc_file_at(fs, dir);
}

static int access_of(struct uicc_file *f, const struct uicc_words *w, char *why)
{
	static const char *const am[] = { "read", "update", "deactivate",
					  "activate" };
	const char *v;
	int i, ac;

	for (i = 0; i < UICC_AMS; i++) {
		v = uicc_word_val(w, am[i]);
		if (!v)
			continue;
		ac = name_of(v, uicc_ac_names, 5);
		if (ac < 0)
			return uicc_why(why, "%s=%s: alw pin1 pin2 adm nev",
					am[i], v);
		f->ac[i] = (uint8_t)ac;
	}
	v = uicc_word_val(w, "sfi");
	if (v)
		f->sfi = (uint8_t)(strtoul(v, NULL, 16) & 0x1f);
	if (uicc_word_val(w, "inactive"))
		f->active = false;
	v = uicc_word_val(w, "fcp");
	if (v) {
		uint8_t b[255];
		int n = uicc_hex(v, b, sizeof(b));

		if (n < 0)
			return uicc_why(why, "fcp=HEX");
		free(f->fcp);
		f->fcp = malloc((size_t)n + 1);
		if (!f->fcp)
			return uicc_why(why, "no memory");
		memcpy(f->fcp, b, (size_t)n);
		f->fcp_len = (size_t)n;
	}
	return 0;
}

static int do_df(struct uicc *c, struct uicc_fs *fs, const struct uicc_words *w,
		 char *why)
{
	struct uicc_file *dir, *f;
	uint16_t fid;

	(void)c;
	if (w->n < 2)
		return uicc_why(why, "df PATH");
	dir = parent(fs, w->w[1], &fid);
	if (!dir || !uicc_is_dir(dir))
		return uicc_why(why, "df %s: no such directory above", w->w[1]);
	f = uicc_file_in(dir, fid);
	if (!f)
		f = uicc_file_add(dir, UICC_DF, fid, 0, 0);
	return f ? access_of(f, w, why) : uicc_why(why, "no memory");
}

static int do_file(struct uicc *c, struct uicc_fs *fs,
		   const struct uicc_words *w, char *why)
{
	struct uicc_file *dir, *f;
	size_t recs = 1, len;
	uint16_t fid;
	int type;

	(void)c;
	type = w->n > 3 ? name_of(w->w[2], uicc_type_names, UICC_CYCLIC + 1) : -1;
	if (type < 0 || (type != UICC_TRANSPARENT && w->n < 5))
		return uicc_why(why, "file PATH transparent SIZE, or linear or "
				     "cyclic RECORDS LENGTH");
	len = strtoul(w->w[3], NULL, 10);
	if (type != UICC_TRANSPARENT) {
		recs = len;
		len = strtoul(w->w[4], NULL, 10);
	}
	if (recs > 255 || len > (type == UICC_TRANSPARENT ? 65535 : 255))
		return uicc_why(why, "file %s: 255 records of 255 bytes at most",
				w->w[1]);
	dir = parent(fs, w->w[1], &fid);
	if (!dir || !uicc_is_dir(dir))
		return uicc_why(why, "file %s: no such directory", w->w[1]);
	f = uicc_file_in(dir, fid);
	if (f && uicc_is_dir(f))
		return uicc_why(why, "file %s: is a directory", w->w[1]);
	if (!f)
		f = uicc_file_add(dir, (enum uicc_type)type, fid, recs, len);
	else if (!uicc_file_resize(f, recs, len))
		f = NULL;
	if (!f)
		return uicc_why(why, "no memory");
	f->type = (enum uicc_type)type;
	f->alias = NULL;
	fs->line_file = f;
	return access_of(f, w, why);
}

static int do_alias(struct uicc *c, struct uicc_fs *fs,
		    const struct uicc_words *w, char *why)
{
	struct uicc_file *dir, *to, *f;
	uint16_t fid;

	(void)c;
	if (w->n < 3)
		return uicc_why(why, "alias PATH TARGET");
	to = uicc_file_at(fs, w->w[2]);
	dir = parent(fs, w->w[1], &fid);
	if (!to || uicc_is_dir(to) || to->alias || !dir || !uicc_is_dir(dir))
		return uicc_why(why, "alias %s %s: no such file", w->w[1],
				w->w[2]);
	f = uicc_file_in(dir, fid);
	if (!f)
		f = uicc_file_add(dir, to->type, fid, 0, 0);
	if (!f)
		return uicc_why(why, "no memory");
	f->type = to->type;
	f->alias = to;
	memcpy(f->ac, to->ac, sizeof(f->ac));
	return access_of(f, w, why);
}

static int fill(struct uicc_file *f, size_t rec, const struct uicc_words *w,
		size_t from, char *why)
{
	uint8_t *r = uicc_record(f, rec);
	size_t len = uicc_data_of(f)->rec_len, n = 0;

	if (!r)
		return uicc_why(why, "record %zu: the file has %zu", rec,
				uicc_data_of(f)->recs);
	memset(r, 0xff, len);
	for (; from < w->n; from++) {
		int got = uicc_hex(w->w[from], r + n, len - n);

		if (got < 0)
			return uicc_why(why, "hex, at most %zu bytes", len);
		n += (size_t)got;
	}
	return 0;
}

static int do_data(struct uicc *c, struct uicc_fs *fs,
		   const struct uicc_words *w, char *why)
{
	(void)c;
	if (!fs->line_file || fs->line_file->type != UICC_TRANSPARENT)
		return uicc_why(why, "data: no transparent file before it");
	return fill(fs->line_file, 1, w, 1, why);
}

/* record N HEX, record N-M HEX */
static int do_record(struct uicc *c, struct uicc_fs *fs,
		     const struct uicc_words *w, char *why)
{
	unsigned long rec, last;
	char *end;

	(void)c;
	if (!fs->line_file || w->n < 2)
		return uicc_why(why, "record N HEX: no file before it");
	rec = strtoul(w->w[1], &end, 10);
	last = *end == '-' ? strtoul(end + 1, NULL, 10) : rec;
	do {
		if (fill(fs->line_file, rec, w, 2, why))
			return -1;
	} while (++rec <= last);
	return 0;
}

/* put PATH HEX, put PATH/N HEX */
static int do_put(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	struct uicc_file *f = w->n > 2 ? uicc_file_at(fs, w->w[1]) : NULL;

	(void)c;
	if (!f || uicc_is_dir(f))
		return uicc_why(why, "put PATH [N] HEX: no such file");
	if (f->type == UICC_TRANSPARENT)
		return fill(f, 1, w, 2, why);
	return fill(f, strtoul(w->w[2], NULL, 10), w, 3, why);
}

static int do_drop(struct uicc *c, struct uicc_fs *fs,
		   const struct uicc_words *w, char *why)
{
	struct uicc_file *f = w->n > 1 ? uicc_file_at(fs, w->w[1]) : NULL;

	if (!f || f == fs->mf)
		return uicc_why(why, "drop PATH: no such file");
	fs->line_file = NULL;
	uicc_file_del(f);
	if (c->cur)
		uicc_close_all(c);
	return 0;
}

static int do_eid(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	(void)fs;
	if (w->n < 2 || uicc_hex(w->w[1], c->eid, 16) != 16)
		return uicc_why(why, "eid: 32 digits");
	c->euicc = true;
	c->feature[UICC_F_CATBUSY] = true;
	return 0;
}

static void text_of(char *out, size_t max, const struct uicc_words *w,
		    const char *key)
{
	const char *v = uicc_word_val(w, key);

	if (v)
		snprintf(out, max, "%s", v);
}

/* Starts the next profile; the lines after it belong to it. */
static int do_profile(struct uicc *c, struct uicc_fs *fs,
		      const struct uicc_words *w, char *why)
{
	const char *v;
	int class;

	if (!c->euicc)
		return uicc_why(why, "profile: say eid first");
	if (c->nprofiles) {
		if (c->nfs == UICC_PROFILES)
			return uicc_why(why, "at most %d profiles",
					UICC_PROFILES);
		fs = uicc_fs_new();
		if (!fs)
			return uicc_why(why, "no memory");
		c->fs[c->nfs++] = fs;
	}
	c->line_fs = fs;
	c->nprofiles++;
	text_of(fs->pname, sizeof(fs->pname), w, "name");
	text_of(fs->provider, sizeof(fs->provider), w, "provider");
	text_of(fs->nickname, sizeof(fs->nickname), w, "nickname");
	v = uicc_word_val(w, "class");
	class = v ? name_of(v, uicc_class_names, 3) : 2;
	if (class < 0)
		return uicc_why(why, "class=test|provisioning|operational");
	fs->class = (uint8_t)class;
	memcpy(fs->aid, (uint8_t[]){ 0xa0, 0, 0, 5, 0x59, 0x10, 0x10, 0xff,
				     0xff, 0xff, 0xff, 0x89, 0, 0, 0x10, 0 },
	       16);
	fs->aid[15] = (uint8_t)c->nprofiles;
	v = uicc_word_val(w, "iccid");
	if (v)
		uicc_swap(v, fs->iccid, sizeof(fs->iccid));
	v = uicc_word_val(w, "state");
	fs->enabled = v && !strcmp(v, "enabled");
	v = uicc_word_val(w, "port");
	fs->port = v ? (unsigned char)strtoul(v, NULL, 10) : 0;
	return 0;
}

static int do_book(struct uicc *c, struct uicc_fs *fs,
		   const struct uicc_words *w, char *why)
{
	(void)c;
	return uicc_book_make(fs, w, why);
}

static int do_contact(struct uicc *c, struct uicc_fs *fs,
		      const struct uicc_words *w, char *why)
{
	(void)c;
	return uicc_contact(fs, w, why);
}

static int do_sms(struct uicc *c, struct uicc_fs *fs,
		  const struct uicc_words *w, char *why)
{
	(void)c;
	return uicc_sms(fs, w, why);
}

static int do_field(struct uicc *c, struct uicc_fs *fs,
		    const struct uicc_words *w, char *why)
{
	(void)c;
	return uicc_field(fs, w, why);
}

static const struct {
	const char *word;
	int (*act)(struct uicc *c, struct uicc_fs *fs,
		   const struct uicc_words *w, char *why);
} lines[] = {
	{ "atr", do_atr },	   { "channels", do_channels },
	{ "feature", do_feature }, { "template", do_template },
	{ "pin1", do_pin },	   { "pin2", do_pin },
	{ "adm", do_pin },	   { "adf", do_adf },
	{ "df", do_df },	   { "file", do_file },
	{ "alias", do_alias },	   { "data", do_data },
	{ "record", do_record },   { "put", do_put },
	{ "drop", do_drop },	   { "eid", do_eid },
	{ "profile", do_profile }, { "phonebook", do_book },
	{ "contact", do_contact }, { "add", do_contact },
	{ "edit", do_contact },	   { "del", do_contact },
	{ "sms", do_sms },	   { "iccid", do_field },
	{ "imsi", do_field },	   { "spn", do_field },
	{ "msisdn", do_field },	   { "lang", do_field },
	{ "gid1", do_field },	   { "plmn", do_field },
	{ "fdn", do_field },	   { "pnn", do_field },
};

int uicc_line(struct uicc *c, struct uicc_fs *fs, const char *line, char *why)
{
	struct uicc_words w;
	size_t i;
	int ret = 0;

	if (uicc_words(&w, line, why))
		return -1;
	if (w.n) {
		for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (!strcmp(lines[i].word, w.w[0]))
				break;
		if (i == sizeof(lines) / sizeof(lines[0]))
			ret = uicc_why(why, "no line starts with `%s'", w.w[0]);
		else if (w.n > 2 && !strcmp(w.w[1], "sms") && w.w[0][0] != 's')
			ret = uicc_sms(fs, &w, why);
		else
			ret = lines[i].act(c, fs, &w, why);
	}
	uicc_words_free(&w);
	return ret;
}
