// SPDX-License-Identifier: MIT
/*
 * uicc_load.c - a card from an image file, and its end
 */
#include "card/uicc_fs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* EF_ARR has a record for every rule in use before anybody reads it. */
static void rules(struct uicc_fs *fs, const struct uicc_file *f)
{
	(void)uicc_arr(fs, f->ac);
	for (f = f->down; f; f = f->next)
		rules(fs, f);
}

static int finish(struct uicc *c, char *why)
{
	size_t i;

	c->boot = uicc_fs_new();
	if (!c->boot)
		return uicc_why(why, "no memory");
	c->cur = c->euicc ? NULL : c->fs[0];
	for (i = 0; i < c->nfs; i++) {
		struct uicc_fs *fs = c->fs[i];
		struct uicc_file *f = uicc_file_in(fs->mf, 0x2fe2);

		rules(fs, fs->mf);
		if (c->euicc && fs->enabled)
			c->cur = fs;
		if (f && f->size >= 10 && fs->iccid[0] == 0xff)
			memcpy(fs->iccid, f->data, 10);
	}
	if (c->euicc && !c->nprofiles) {
		uicc_fs_free(c->fs[0]);
		c->nfs = 0;
	}
	uicc_reset(c);
	return 0;
}

static char *slurp(const char *path, char *why)
{
	size_t n = 0, cap = 1 << 16, got;
	char *text = malloc(cap), *more;
	FILE *f = fopen(path, "re");

	if (!f || !text) {
		uicc_why(why, "%s: %s", path, strerror(errno));
		goto bad;
	}
	while ((got = fread(text + n, 1, cap - n - 1, f)) > 0) {
		n += got;
		if (cap - n > 1)
			continue;
		cap *= 2;
		more = realloc(text, cap);
		if (!more) {
			uicc_why(why, "%s: no memory", path);
			goto bad;
		}
		text = more;
	}
	text[n] = 0;
	fclose(f);
	return text;
bad:
	if (f)
		fclose(f);
	free(text);
	return NULL;
}

static int lines(struct uicc *c, const char *text, const char *name, int deep,
		 char *why);

/* include FILE: beside the image that says so */
static int include(struct uicc *c, const char *line, const char *name,
		   int deep, char *why)
{
	const char *slash = strrchr(name, '/');
	char *path = NULL, *text;
	struct uicc_words w;
	int ret = -1;

	if (uicc_words(&w, line, why))
		return -1;
	if (w.n != 2 || deep > 4) {
		uicc_why(why, "include FILE, at most 4 deep");
	} else if (asprintf(&path, "%.*s%s", slash && w.w[1][0] != '/' ?
			    (int)(slash + 1 - name) : 0, name, w.w[1]) < 0) {
		path = NULL;
		uicc_why(why, "no memory");
	} else {
		text = slurp(path, why);
		if (text)
			ret = lines(c, text, path, deep + 1, why);
		free(text);
	}
	free(path);
	uicc_words_free(&w);
	return ret;
}

static int lines(struct uicc *c, const char *text, const char *name, int deep,
		 char *why)
{
	char part[UICC_WHY] = "", *line;
	unsigned int no;
	int ret = 0;

	for (no = 1; *text && !ret; no++) {
		size_t n = strcspn(text, "\n");

		line = strndup(text, n);
		if (!line)
			return uicc_why(why, "%s: no memory", name);
		if (!strncmp(line, "include ", 8))
			ret = include(c, line, name, deep, part);
		else
			ret = uicc_line(c, c->line_fs, line, part);
		if (ret)
			uicc_why(why, "%s:%u: %.150s", name, no, part);
		free(line);
		text += n + (text[n] == '\n');
	}
	return ret;
}

struct uicc *uicc_parse(const char *text, const char *name, char *why)
{
	static const uint8_t atr[] = { 0x3b, 0x97, 0x96, 0x80, 0x1f,
				       0x43, 0x80, 0x31, 0xe0, 0x73,
				       0xfe, 0x21, 0x1b, 0x3b };
	struct uicc *c = calloc(1, sizeof(*c));

	if (!c)
		goto nomem;
	c->name = strdup(name);
	c->resp = malloc(UICC_RESP_MAX);
	c->fs[0] = uicc_fs_new();
	if (!c->name || !c->resp || !c->fs[0])
		goto nomem;
	c->nfs = 1;
	c->line_fs = c->fs[0];
	memcpy(c->atr, atr, sizeof(atr));
	c->atr_len = sizeof(atr);
	c->channels = 4;
	c->feature[UICC_F_USIM] = true;
	c->feature[UICC_F_SEARCH] = true;
	c->feature[UICC_F_SFI] = true;
	c->feature[UICC_F_REFRESH] = true;
	if (lines(c, text, name, 0, why) || finish(c, why))
		goto bad;
	return c;
nomem:
	uicc_why(why, "%s: no memory", name);
bad:
	uicc_free(c);
	return NULL;
}

struct uicc *uicc_load(const char *path, char *why)
{
	char *text = slurp(path, why);
	struct uicc *c = text ? uicc_parse(text, path, why) : NULL;

	free(text);
	return c;
}

void uicc_free(struct uicc *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->nfs; i++)
		uicc_fs_free(c->fs[i]);
	uicc_fs_free(c->boot);
	free(c->autosave);
	free(c->name);
	free(c->store);
	free(c->resp);
	free(c);
}

int uicc_edit(struct uicc *c, const char *line, char *why)
{
	if (!c->cur)
		return uicc_why(why, "no profile is enabled");
	if (uicc_line(c, c->cur, line, why))
		return -1;
	if (c->autosave)
		return uicc_save(c, c->autosave, why);
	return 0;
}
