// SPDX-License-Identifier: MIT
/*
 * uicc_save.c - the software UICC as an image text again, and to disk
 */
#include "card/uicc_fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const uicc_ac_names[5] = { "alw", "pin1", "pin2", "adm", "nev" };
const char *const uicc_type_names[UICC_CYCLIC + 1] = {
	[UICC_TRANSPARENT] = "transparent",
	[UICC_LINEAR] = "linear",
	[UICC_CYCLIC] = "cyclic",
};
const char *const uicc_feature_names[UICC_FEATURES] = {
	[UICC_F_USIM] = "usim",		  [UICC_F_GSM] = "gsm",
	[UICC_F_SEARCH] = "search-record", [UICC_F_SFI] = "sfi",
	[UICC_F_MISS_9000] = "search-miss-9000",
	[UICC_F_REFRESH] = "needs-terminal-profile",
	[UICC_F_CATBUSY] = "cat-busy",
	[UICC_F_REFRESH_09] = "refresh-09",
	[UICC_F_MEP] = "mep",
};
const char *const uicc_class_names[3] = { "test", "provisioning",
					   "operational" };

static void hex(FILE *o, const uint8_t *p, size_t n)
{
	size_t i;

	/* trailing FFs are what `record' fills with anyway */
	while (n > 1 && p[n - 1] == 0xff)
		n--;
	for (i = 0; i < n; i++)
		fprintf(o, "%02X", p[i]);
}

static bool blank(const uint8_t *p, size_t n)
{
	while (n && p[n - 1] == 0xff)
		n--;
	return !n;
}

static void quoted(FILE *o, const char *key, const char *s)
{
	if (!*s)
		return;
	fprintf(o, " %s=\"", key);
	for (; *s; s++)
		fprintf(o, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	fputc('"', o);
}

static void save_attrs(FILE *o, const struct uicc_file *f)
{
	size_t i;

	if (f->sfi)
		fprintf(o, " sfi=%02X", f->sfi);
	fprintf(o, " read=%s update=%s deactivate=%s activate=%s",
		uicc_ac_names[f->ac[UICC_READ]], uicc_ac_names[f->ac[UICC_UPDATE]],
		uicc_ac_names[f->ac[UICC_DEACTIVATE]],
		uicc_ac_names[f->ac[UICC_ACTIVATE]]);
	if (!f->active)
		fprintf(o, " inactive");
	if (f->fcp) {
		fprintf(o, " fcp=");
		for (i = 0; i < f->fcp_len; i++)
			fprintf(o, "%02X", f->fcp[i]);
	}
	fputc('\n', o);
}

static void comment(FILE *o, const struct uicc_file *f, size_t rec)
{
	char text[400], *p;

	uicc_meaning(f, rec, text, sizeof(text));
	if (!*text)
		return;
	for (p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	fprintf(o, "\t# %s", text);
}

static void save_file(FILE *o, const struct uicc_file *f)
{
	char path[64];
	size_t i, last;

	uicc_path(f, path, sizeof(path));
	if (f->type == UICC_TRANSPARENT)
		fprintf(o, "file %s transparent %zu", path, f->size);
	else
		fprintf(o, "file %s %s %zu %zu", path, uicc_type_names[f->type],
			f->recs, f->rec_len);
	save_attrs(o, f);
	for (i = 1; i <= f->recs; i = last + 1) {
		const uint8_t *r = uicc_record(f, i);

		last = i;
		if (!r || !f->rec_len || blank(r, f->rec_len))
			continue;
		while (last < f->recs && !memcmp(r, uicc_record(f, last + 1),
						 f->rec_len))
			last++;
		if (f->type == UICC_TRANSPARENT)
			fprintf(o, "data ");
		else if (last > i)
			fprintf(o, "record %zu-%zu ", i, last);
		else
			fprintf(o, "record %zu ", i);
		hex(o, r, f->rec_len);
		comment(o, f, i);
		fputc('\n', o);
	}
}

static void save_dir(FILE *o, const struct uicc_file *dir)
{
	const struct uicc_file *f;
	char path[64];
	size_t i;

	for (f = dir->down; f; f = f->next) {
		uicc_path(f, path, sizeof(path));
		if (f->type == UICC_ADF) {
			fprintf(o, "adf %s ", path);
			for (i = 0; i < f->aid_len; i++)
				fprintf(o, "%02X", f->aid[i]);
			fprintf(o, " fid=%04X\n", f->fid);
			save_dir(o, f);
		} else if (uicc_is_dir(f)) {
			fprintf(o, "df %s", path);
			save_attrs(o, f);
			save_dir(o, f);
		} else if (!f->alias) {
			save_file(o, f);
		}
	}
}

/* After all files: an alias needs what it points to. */
static void save_aliases(FILE *o, const struct uicc_file *dir)
{
	const struct uicc_file *f;
	char path[64], to[64];

	for (f = dir->down; f; f = f->next) {
		if (uicc_is_dir(f))
			save_aliases(o, f);
		if (!f->alias)
			continue;
		uicc_path(f, path, sizeof(path));
		uicc_path(f->alias, to, sizeof(to));
		fprintf(o, "alias %s %s", path, to);
		save_attrs(o, f);
	}
}

static int pin_len(const uint8_t value[8])
{
	int n = 0;

	while (n < 8 && value[n] != 0xff)
		n++;
	return n;
}

static void save_fs(FILE *o, const struct uicc_fs *fs)
{
	static const char *const names[] = { "pin1", "pin2", "adm" };
	size_t i;

	for (i = 0; i < UICC_PINS; i++) {
		const struct uicc_pin *p = &fs->pin[i];

		if (!p->there)
			continue;
		fprintf(o, "%s %.*s puk=%.*s tries=%u puk-tries=%u%s\n",
			names[i], pin_len(p->value), (const char *)p->value,
			pin_len(p->puk), (const char *)p->puk, p->tries,
			p->puk_tries, p->enabled ? "" : " off");
	}
	save_dir(o, fs->mf);
	save_aliases(o, fs->mf);
}

char *uicc_text(struct uicc *c)
{
	char *text = NULL;
	size_t n = 0, i;
	FILE *o = open_memstream(&text, &n);

	if (!o)
		return NULL;
	fprintf(o, "# card image, see tests/card/README.md\natr");
	for (i = 0; i < c->atr_len; i++)
		fprintf(o, " %02X", c->atr[i]);
	fprintf(o, "\nchannels %u\n", c->channels);
	for (i = 0; i < UICC_FEATURES; i++)
		fprintf(o, "feature %s %s\n", uicc_feature_names[i],
			c->feature[i] ? "on" : "off");
	if (c->euicc) {
		fprintf(o, "eid ");
		for (i = 0; i < 16; i++)
			fprintf(o, "%02X", c->eid[i]);
		fputc('\n', o);
	}
	for (i = 0; i < c->nfs; i++) {
		struct uicc_fs *fs = c->fs[i];

		if (c->euicc) {
			char id[21];

			uicc_bcd_text(0x81, fs->iccid, 10, id, sizeof(id));
			fprintf(o, "\nprofile iccid=%s state=%s class=%s", id,
				fs == c->cur ? "enabled" : "disabled",
				uicc_class_names[fs->class]);
			if (fs->port)
				fprintf(o, " port=%u", fs->port);
			quoted(o, "name", fs->pname);
			quoted(o, "provider", fs->provider);
			quoted(o, "nickname", fs->nickname);
			fputc('\n', o);
		}
		save_fs(o, fs);
	}
	if (fclose(o)) {
		free(text);
		return NULL;
	}
	return text;
}

int uicc_save(struct uicc *c, const char *path, char *why)
{
	char *text = uicc_text(c), *tmp = NULL;
	int ret = -1;
	FILE *f;

	if (!text || asprintf(&tmp, "%s.new", path) < 0) {
		free(text);
		return uicc_why(why, "%s: no memory", path);
	}
	f = fopen(tmp, "we");
	if (!f) {
		uicc_why(why, "%s: %s", tmp, strerror(errno));
		goto out;
	}
	if (fputs(text, f) < 0 || fflush(f)) {
		uicc_why(why, "%s: %s", tmp, strerror(errno));
		fclose(f);
		unlink(tmp);
		goto out;
	}
	fclose(f);
	if (rename(tmp, path)) {
		uicc_why(why, "%s: %s", path, strerror(errno));
		unlink(tmp);
		goto out;
	}
	ret = 0;
out:
	free(tmp);
	free(text);
	return ret;
}

int uicc_autosave(struct uicc *c, const char *path, char *why)
{
	char *copy = path ? strdup(path) : NULL;

	if (path && !copy)
		return uicc_why(why, "no memory");
	free(c->autosave);
	c->autosave = copy;
	c->dirty = false;
	return path ? uicc_save(c, path, why) : 0;
}
