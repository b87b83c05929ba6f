// SPDX-License-Identifier: MIT
/*
 * uicc_fs.c - the file tree of the software UICC and the FCP template
 * (TS 102 221 clauses 8 and 11.1.1.3)
 */
#include "card/uicc_fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int uicc_why(char *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return -1;
	va_start(ap, fmt);
	vsnprintf(why, UICC_WHY, fmt, ap);
	va_end(ap);
	return -1;
}

bool uicc_is_dir(const struct uicc_file *f)
{
	return f->type == UICC_MF || f->type == UICC_DF || f->type == UICC_ADF;
}

static void file_free(struct uicc_file *f)
{
	struct uicc_file *d, *next;

	for (d = f->down; d; d = next) {
		next = d->next;
		file_free(d);
	}
	free(f->data);
	free(f->fcp);
	free(f);
}

struct uicc_fs *uicc_fs_new(void)
{
	struct uicc_fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->class = 2;
	memset(fs->iccid, 0xff, sizeof(fs->iccid));
	fs->mf = uicc_file_add(NULL, UICC_MF, 0x3f00, 0, 0);
	if (!fs->mf) {
		free(fs);
		return NULL;
	}
	return fs;
}

void uicc_fs_free(struct uicc_fs *fs)
{
	if (!fs)
		return;
	file_free(fs->mf);
	free(fs);
}

/* Transparent files are one record of rec_len bytes here. */
bool uicc_file_resize(struct uicc_file *f, size_t recs, size_t rec_len)
{
	size_t size = recs * rec_len;
	uint8_t *data = malloc(size ? size : 1);
	size_t i;

	if (!data)
		return false;
	memset(data, 0xff, size ? size : 1);
	for (i = 0; i < recs && i < f->recs && f->data; i++)
		memcpy(data + i * rec_len, f->data + i * f->rec_len,
		       rec_len < f->rec_len ? rec_len : f->rec_len);
	free(f->data);
	f->data = data;
	f->recs = recs;
	f->rec_len = rec_len;
	f->size = size;
	return true;
}

struct uicc_file *uicc_file_add(struct uicc_file *dir, enum uicc_type type,
				uint16_t fid, size_t recs, size_t rec_len)
{
	struct uicc_file *f = calloc(1, sizeof(*f)), **p;

	if (!f)
		return NULL;
	f->type = type;
	f->fid = fid;
	f->active = true;
	f->up = dir;
	f->ac[UICC_UPDATE] = UICC_ADM;
	f->ac[UICC_DEACTIVATE] = UICC_ADM;
	f->ac[UICC_ACTIVATE] = UICC_ADM;
	if (type == UICC_TRANSPARENT)
		recs = 1;
	if (!uicc_is_dir(f) && !uicc_file_resize(f, recs, rec_len)) {
		free(f);
		return NULL;
	}
	if (dir) {
		for (p = &dir->down; *p; p = &(*p)->next)
			;
		*p = f;
	}
	return f;
}

void uicc_file_del(struct uicc_file *f)
{
	struct uicc_file **p;

	for (p = &f->up->down; *p; p = &(*p)->next)
		if (*p == f) {
			*p = f->next;
			break;
		}
	file_free(f);
}

struct uicc_file *uicc_file_in(const struct uicc_file *dir, uint16_t fid)
{
	struct uicc_file *f;

	for (f = dir->down; f; f = f->next)
		if (f->fid == fid && f->type != UICC_ADF)
			return f;
	return NULL;
}

struct uicc_file *uicc_file_sfi(const struct uicc_file *dir, uint8_t sfi)
{
	struct uicc_file *f;

	for (f = dir->down; f; f = f->next)
		if (sfi && f->sfi == sfi && !uicc_is_dir(f))
			return f;
	return NULL;
}

struct uicc_file *uicc_adf(struct uicc_fs *fs, const uint8_t *aid, size_t len,
			   struct uicc_file *after)
{
	struct uicc_file *f = after ? after->next : fs->mf->down;

	for (; f; f = f->next)
		if (f->type == UICC_ADF && len <= f->aid_len &&
		    !memcmp(f->aid, aid, len))
			return f;
	return NULL;
}

/* "7F10/6F3A", "usim/5F3A/4F30", "3F00" */
struct uicc_file *uicc_file_at(struct uicc_fs *fs, const char *path)
{
	struct uicc_file *f = fs->mf, *d;

	while (f && *path) {
		size_t n = strcspn(path, "/");
		char *end;
		unsigned long fid = strtoul(path, &end, 16);

		if (end == path + n && n == 4) {
			if (fid != 0x3f00 || f != fs->mf)
				f = uicc_file_in(f, (uint16_t)fid);
		} else {
			for (d = fs->mf->down; d; d = d->next)
				if (d->type == UICC_ADF &&
				    strlen(d->name) == n &&
				    !strncmp(d->name, path, n))
					break;
			f = d;
		}
		path += n;
		path += *path == '/';
	}
	return f;
}

size_t uicc_path(const struct uicc_file *f, char *out, size_t max)
{
	size_t n = 0;

	if (f->type == UICC_MF)
		return (size_t)snprintf(out, max, "3F00");
	if (f->type == UICC_ADF)
		return (size_t)snprintf(out, max, "%s", f->name);
	if (f->up && f->up->type != UICC_MF) {
		n = uicc_path(f->up, out, max);
		if (n + 1 < max)
			n += (size_t)snprintf(out + n, max - n, "/");
	}
	if (n < max)
		n += (size_t)snprintf(out + n, max - n, "%04X", f->fid);
	return n;
}

struct uicc_file *uicc_data_of(struct uicc_file *f)
{
	return f->alias ? f->alias : f;
}

uint8_t *uicc_record(const struct uicc_file *f, size_t n)
{
	if (f->alias)
		f = f->alias;
	if (n < 1 || n > f->recs)
		return NULL;
	return f->data + (n - 1) * f->rec_len;
}

/* Security condition DOs of EF_ARR, TS 102 221 9.2.4 and table 9.3. */
static size_t sc_do(uint8_t ac, uint8_t *out)
{
	static const uint8_t key[] = {
		[UICC_PIN1] = 0x01, [UICC_PIN2] = 0x81, [UICC_ADM] = 0x0a,
	};

	if (ac == UICC_ALW || ac == UICC_NEV) {
		out[0] = ac == UICC_ALW ? 0x90 : 0x97;
		out[1] = 0;
		return 2;
	}
	memcpy(out, (uint8_t[]){ 0xa4, 6, 0x83, 1, key[ac], 0x95, 1, 8 }, 8);
	return 8;
}

static size_t arr_text(const uint8_t ac[UICC_AMS], uint8_t *out)
{
	/* AM byte: b1 read, b2 update, b4 deactivate, b5 activate */
	static const uint8_t am[UICC_AMS] = { 0x01, 0x02, 0x08, 0x10 };
	size_t n = 0, i;

	for (i = 0; i < UICC_AMS; i++) {
		out[n++] = 0x80;
		out[n++] = 1;
		out[n++] = am[i];
		n += sc_do(ac[i], out + n);
	}
	return n;
}

/* Record of EF_ARR under the MF that says @ac; made when there is room. */
uint8_t uicc_arr(struct uicc_fs *fs, const uint8_t ac[UICC_AMS])
{
	struct uicc_file *arr = uicc_file_in(fs->mf, 0x2f06);
	uint8_t want[64];
	size_t n = arr_text(ac, want), i, k;

	if (!arr || arr->type != UICC_LINEAR || arr->rec_len < n)
		return 0;
	for (i = 1; i <= arr->recs; i++) {
		uint8_t *r = uicc_record(arr, i);

		if (!memcmp(r, want, n)) {
			for (k = n; k < arr->rec_len && r[k] == 0xff; k++)
				;
			if (k == arr->rec_len)
				return (uint8_t)i;
		}
		if (r[0] == 0xff) {
			memcpy(r, want, n);
			return (uint8_t)i;
		}
	}
	return 0;
}

static size_t put(uint8_t *out, uint8_t tag, const uint8_t *v, size_t n)
{
	out[0] = tag;
	out[1] = (uint8_t)n;
	memcpy(out + 2, v, n);
	return n + 2;
}

/* PIN status template DO, TS 102 221 9.5.2: C6 { 90 PS_DO, 83 key ref ... } */
static size_t pin_status(const struct uicc_fs *fs, uint8_t *out)
{
	static const uint8_t ref[] = { 0x01, 0x81, 0x0a };
	uint8_t ps = 0, body[16];
	size_t n = 3, i, k = 0;

	for (i = 0; i < UICC_IX_ADM; i++) {
		if (!fs->pin[i].there)
			continue;
		if (fs->pin[i].enabled)
			ps |= (uint8_t)(0x80 >> k);
		k++;
		n += put(body + n, 0x83, &ref[i], 1);
	}
	body[0] = 0x90;
	body[1] = 1;
	body[2] = ps;
	return put(out, 0xc6, body, n);
}

static size_t total_size(const struct uicc_file *f)
{
	const struct uicc_file *d;
	size_t n = f->alias ? 0 : f->size;

	for (d = f->down; d; d = d->next)
		n += total_size(d);
	return n;
}

/**
 * uicc_fcp() - FCP template of a file
 *
 * Order and presence as in TS 102 221 11.1.1.3 tables 11.3 to 11.5.
 */
size_t uicc_fcp(struct uicc *c, const struct uicc_file *f, uint8_t *out)
{
	static const uint8_t descriptor[] = {
		[UICC_MF] = 0x78, [UICC_DF] = 0x78, [UICC_ADF] = 0x78,
		[UICC_TRANSPARENT] = 0x41, [UICC_LINEAR] = 0x42,
		[UICC_CYCLIC] = 0x46,
	};
	const struct uicc_file *d = f->alias ? f->alias : f;
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	uint8_t b[200], v[64], arr;
	size_t n = 0, size;

	if (f->fcp) {
		memcpy(out, f->fcp, f->fcp_len);
		return f->fcp_len;
	}
	v[0] = descriptor[f->type];
	v[1] = 0x21;
	v[2] = 0;
	v[3] = (uint8_t)d->rec_len;
	v[4] = (uint8_t)d->recs;
	n += put(b + n, 0x82, v,
		 f->type == UICC_LINEAR || f->type == UICC_CYCLIC ? 5 : 2);
	v[0] = (uint8_t)(f->fid >> 8);
	v[1] = (uint8_t)f->fid;
	if (f->type != UICC_ADF || f->fid)
		n += put(b + n, 0x83, v, 2);
	if (f->type == UICC_ADF)
		n += put(b + n, 0x84, f->aid, f->aid_len);
	if (f->type == UICC_MF) {
		/* UICC characteristics: clock stop allowed, 3 V and 1.8 V */
		memcpy(v, (uint8_t[]){ 0x80, 1, 0x71 }, 3);
		n += put(b + n, 0xa5, v, 3);
	}
	v[0] = f->active ? 0x05 : 0x04;
	n += put(b + n, 0x8a, v, 1);
	arr = uicc_arr(fs, f->ac);
	if (arr) {
		memcpy(v, (uint8_t[]){ 0x2f, 0x06, arr }, 3);
		n += put(b + n, 0x8b, v, 3);
	} else {
		/* expanded format in place */
		n += put(b + n, 0xab, v, arr_text(f->ac, v));
	}
	if (uicc_is_dir(f)) {
		n += pin_status(fs, b + n);
		size = total_size(f);
	} else {
		size = d->size;
		v[0] = (uint8_t)(size >> 8);
		v[1] = (uint8_t)size;
		n += put(b + n, 0x80, v, 2);
		v[0] = (uint8_t)(f->sfi << 3);
		n += put(b + n, 0x88, v, f->sfi ? 1 : 0);
	}
	if (n < 0x80)
		return put(out, 0x62, b, n);
	out[0] = 0x62;
	out[1] = 0x81;
	out[2] = (uint8_t)n;
	memcpy(out + 3, b, n);
	return n + 3;
}
