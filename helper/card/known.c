// SPDX-License-Identifier: MIT
/*
 * known.c - what the card said of its files, in this run and to the next one
 *
 * Asking for an FCP costs a command each, and within one activation it stays what
 * it was: the table is kept by card, application and activation. A text:
 *
 *	files1 ACTIVATION ICCID AID
 *	PATH STRUCTURE SIZE LENGTH RECORDS SFI ARR RECORD CODING RULES
 *	...
 *	end HASH
 *
 * in hexadecimal, "-" for nothing. Nothing in it is believed that an FCP could not
 * have said, and nothing of a damaged text: a file told too short would make its
 * last records look deleted. What is believed stays in doubt until the file was read as described
 * (fs_doubt()). Files that are absent or deactivated are asked for anew: they may be
 * there by now.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/fs.h"
#include "model/buf.h"

/* ---- in this run -------------------------------------------------------- */

struct fs_ef *fs_cached(struct card *c, const uint16_t *path, size_t depth)
{
	for (size_t i = 0; i < c->ncache; i++)
		if (c->cache[i].depth == depth &&
		    !memcmp(c->cache[i].path, path, depth * sizeof(*path)))
			return &c->cache[i];
	return NULL;
}

void fs_keep(struct card *c, struct fs_ef *ef)
{
	struct fs_ef *more;

	/* Two files of one DF with the same SFI: neither can be trusted. */
	for (size_t i = 0; i < c->ncache && ef->sfi; i++) {
		more = &c->cache[i];
		if (more->sfi != ef->sfi || more->depth != ef->depth ||
		    memcmp(more->path, ef->path,
			   (ef->depth - 1u) * sizeof(*ef->path)))
			continue;
		more->sfi = 0;
		ef->sfi = 0;
	}
	more = realloc(c->cache, (c->ncache + 1) * sizeof(*more));
	if (!more)
		return;
	c->cache = more;
	more[c->ncache++] = *ef;
}

bool fs_same(const struct fs_ef *a, const struct fs_ef *b)
{
	return a->absent == b->absent && a->form == b->form &&
	       a->size == b->size && a->rec_len == b->rec_len &&
	       a->nrec == b->nrec && a->sfi == b->sfi && a->off == b->off &&
	       a->arr_fid == b->arr_fid && a->arr_rec == b->arr_rec &&
	       a->rule == b->rule && a->nrules == b->nrules &&
	       !memcmp(a->rules, b->rules, a->nrules);
}

void fs_forget_old(struct card *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->ncache; i++)
		if (!c->cache[i].old)
			c->cache[n++] = c->cache[i];
	c->ncache = n;
	c->renewed = true;
}

bool fs_again(struct card *c)
{
	bool again = c->renewed;

	c->renewed = false;
	return again;
}

/* ---- to the next run ---------------------------------------------------- */

#define HEAD	"files1"
#define FILES	96	/* of one card */

static void hex(struct buf *b, const uint8_t *p, size_t n)
{
	buf_chr(b, ' ');
	if (!n)
		buf_chr(b, '-');
	while (n--)
		buf_fmt(b, "%02x", *p++);
}

static int unhex(const char *s, uint8_t *out, size_t max, size_t *n)
{
	unsigned int v;

	*n = 0;
	if (!strcmp(s, "-"))
		return 0;
	for (; s[0]; s += 2)
		if (*n == max || !s[1] || strspn(s, "0123456789abcdef") < 2 ||
		    sscanf(s, "%2x", &v) != 1)
			return -1;
		else
			out[(*n)++] = (uint8_t)v;
	return 0;
}

static uint64_t hash_of(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (n--)
		h = (h ^ (uint8_t)*p++) * 0x100000001b3ULL;
	return h;
}

static bool is_file(const struct fs_ef *f)
{
	return !f->absent && !f->off &&
	       (f->form == FS_TRANSPARENT || f->form == FS_LINEAR ||
		f->form == FS_CYCLIC);
}

static void put(struct buf *b, const struct fs_ef *f, bool sfis)
{
	for (size_t i = 0; i < f->depth; i++)
		buf_fmt(b, "%04x", f->path[i]);
	buf_fmt(b, " %x %" PRIx32 " %x %x %x %x %x %x", f->form, f->size,
		f->rec_len, f->nrec, sfis ? f->sfi : 0, f->arr_fid, f->arr_rec, f->rule);
	hex(b, f->rules, f->nrules);
	buf_chr(b, '\n');
}

char *card_files(struct card *c)
{
	struct buf b = { 0 };
	size_t n = 0;

	if (!c->files_era || !c->ch->ops->look ||
	    c->ch->ops->look(c->ch, NULL) || c->ch->era != c->files_era)
		return NULL;
	buf_fmt(&b, HEAD " %016" PRIx64 " %s", c->files_era,
		c->iccid[0] ? c->iccid : "-");
	hex(&b, c->aid, c->aid_len);
	buf_chr(&b, '\n');
	for (size_t i = 0; i < c->ncache && n < FILES; i++) {
		if (!is_file(&c->cache[i]))
			continue;
		put(&b, &c->cache[i], c->lies < 2);
		n++;
	}
	buf_fmt(&b, "end %016" PRIx64 "\n", b.p ? hash_of(b.p, b.n) : 0);
	return buf_take(&b);
}

/* What fcp_parse() lets pass, and nothing else. */
static bool sound(const struct fs_ef *f)
{
	if (!f->depth || f->depth > FS_DEPTH || f->sfi > 30)
		return false;
	if (f->rule && f->rule != 0x8c && f->rule != 0xab && f->rule != 0xa0)
		return false;
	if (f->form == FS_TRANSPARENT)
		return !f->rec_len && !f->nrec;
	return (f->form == FS_LINEAR || f->form == FS_CYCLIC) && f->rec_len &&
	       f->nrec && f->nrec != 255;
}

static int take(const char *line, struct fs_ef *f)
{
	unsigned int form, len, nrec, sfi, arr, rec, rule;
	char path[4 * FS_DEPTH + 1], rules[2 * FS_RULES + 1], end;
	uint8_t p[2 * FS_DEPTH];
	size_t n;

	*f = (struct fs_ef){ .old = true };
	if (sscanf(line,
		   "%16[0-9a-f] %1x %8" SCNx32 " %2x %2x %2x %4x %2x %2x %96[-0-9a-f]%c",
		   path, &form, &f->size, &len, &nrec, &sfi, &arr, &rec, &rule,
		   rules, &end) != 10)
		return -1;
	if (unhex(path, p, sizeof(p), &n) || !n || n % 2)
		return -1;
	f->depth = (uint8_t)(n / 2);
	for (size_t i = 0; i < f->depth; i++)
		f->path[i] = (uint16_t)(p[2 * i] << 8 | p[2 * i + 1]);
	f->form = (enum fs_form)form;
	f->rec_len = (uint8_t)len;
	f->nrec = (uint8_t)nrec;
	f->sfi = (uint8_t)sfi;
	f->arr_fid = (uint16_t)arr;
	f->arr_rec = (uint8_t)rec;
	f->rule = (uint8_t)rule;
	if (unhex(rules, f->rules, sizeof(f->rules), &n))
		return -1;
	f->nrules = (uint8_t)n;
	return sound(f) ? 0 : -1;
}

/* The head is of this card, this application, this activation. */
static bool ours(const struct card *c, const char *line)
{
	struct buf b = { 0 };
	bool same;
	char *want;

	buf_fmt(&b, HEAD " %016" PRIx64 " %s", c->files_era,
		c->iccid[0] ? c->iccid : "-");
	hex(&b, c->aid, c->aid_len);
	want = buf_take(&b);
	same = want && !strcmp(want, line);
	free(want);
	return same;
}

/* Whole, as it was made? The last line is cut off then. */
static bool whole(char *text)
{
	char *end = strstr(text, "\nend "), want[32];

	if (!end)
		return false;
	end++;
	snprintf(want, sizeof(want), "end %016" PRIx64 "\n",
		 hash_of(text, (size_t)(end - text)));
	if (strcmp(end, want))
		return false;
	*end = '\0';
	return true;
}

/* All of it, or nothing. */
static size_t parse(const struct card *c, char *text, struct fs_ef *f)
{
	char *line;
	size_t n = 0;

	if (!whole(text) || !ours(c, strsep(&text, "\n")))
		return 0;
	while ((line = strsep(&text, "\n")) && *line)
		if (n == FILES || take(line, &f[n++]))
			return 0;
	return n;
}

void card_files_known(struct card *c, const char *text)
{
	struct fs_ef *f = calloc(FILES, sizeof(*f));
	char *copy = text ? strdup(text) : NULL;
	size_t n = f && copy && c->files_era ? parse(c, copy, f) : 0;

	for (size_t i = 0; i < n; i++)
		if (!fs_cached(c, f[i].path, f[i].depth))
			fs_keep(c, &f[i]);
	free(copy);
	free(f);
}
