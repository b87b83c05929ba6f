// SPDX-License-Identifier: MIT
#include "card/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/phonebook.h"
#include "card/tpdu.h"

/* Behind the part that is as in EF_ADN (4.2.33, 4.2.34). */
#define CALL_WHEN	14
#define CALL_SECONDS	21
#define CALL_STATUS	24

#define HOLD_MS		10000

/**
 * struct list - where a list is
 * @tail: bytes of a record behind the name
 * @status: a byte at CALL_STATUS tells missed calls
 */
struct list {
	const char *name;
	uint16_t fid;
	uint16_t ext;
	uint8_t tail;
	bool call;
	bool status;
};

static const struct list lists[] = {
	[LIST_FDN] = { "EF_FDN", 0x6f3b, 0x6f4b, 14, false, false },
	[LIST_SDN] = { "EF_SDN", 0x6f49, 0x6f4c, 14, false, false },
	[LIST_LND] = { "EF_LND", 0x6f44, 0x6f4a, 14, false, false },
	[LIST_ICI] = { "EF_ICI", 0x6f80, 0x6f4e, 28, true, true },
	[LIST_OCI] = { "EF_OCI", 0x6f81, 0x6f4e, 27, true, false },
};

/* In the application, or where 2G had it. */
static int find(struct card *c, uint16_t fid, const char *name,
		struct fs_ef *ef, struct sim_err *e)
{
	uint16_t path[] = { c->usim ? FS_ADF : FS_TELECOM, fid };
	int ret = fs_select(c, path, 2, name, ef, e);

	if (ret == 1 && c->usim) {
		path[0] = FS_TELECOM;
		ret = fs_select(c, path, 2, name, ef, e);
	}
	if (ret)
		return ret;
	if (ef->off) {
		sim_fail(e, EX_UNAVAILABLE, "%s: the file is deactivated", name);
		return 1;
	}
	if (ef->form == FS_LINEAR || ef->form == FS_CYCLIC)
		return 0;
	sim_fail(e, EX_DATAERR, "%s: not a file of records", name);
	return 1;
}

/* The extension file, whole; few records, and only for a long number. */
static int load_ext(struct card *c, const struct list *l, struct pb_file *ext,
		    struct sim_err *e)
{
	if (ext->data)
		return 0;
	if (find(c, l->ext, "EF_EXT", &ext->ef, e))
		return c->ch->fault == SIM_CHAN_OK ? 0 : -1;
	if (ext->ef.rec_len < EXT_LEN)
		return 0;
	ext->tag = PB_EXT1;
	snprintf(ext->name, sizeof(ext->name), "EF_EXT %04X", l->ext);
	ext->data = calloc(ext->ef.nrec, ext->ef.rec_len);
	if (!ext->data)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (unsigned int i = 1; i <= ext->ef.nrec; i++)
		if (pb_fetch(c, ext, i, PB_CACHED, e) < 0)
			return -1;
	return 0;
}

static void take_call(const struct list *l, const uint8_t *t,
		      struct list_entry *out)
{
	const uint8_t *s = t + CALL_SECONDS;

	tpdu_time(t + CALL_WHEN, out->when, sizeof(out->when));
	/* Duration in seconds, three bytes; FF FF FF: not known. */
	if (s[0] != 0xff || s[1] != 0xff || s[2] != 0xff)
		out->seconds = (long)s[0] << 16 | s[1] << 8 | s[2];
	/* b1: 0 answered, 1 not (4.2.33). */
	out->missed = l->status && (t[CALL_STATUS] & 0x01);
}

/* 0: an entry; 1: none, or nonsense that was noted. */
static int take(struct card *c, const struct list *l, const struct fs_ef *ef,
		struct pb_file *ext, const uint8_t *r, unsigned int rec,
		struct list_entry *out, struct sim_err *e)
{
	size_t x = (size_t)ef->rec_len - l->tail, bad;
	const uint8_t *t = r + x;
	struct sim_err why;

	if (pb_blank(r, x + ADN_CCP))
		return 1;
	*out = (struct list_entry){ .rec = rec, .seconds = -1 };
	if (x && text_decode(r, x, out->name, &bad)) {
		card_problem(c, "%s record %u: the name makes no sense at byte %zu",
			     l->name, rec, bad + 1);
		out->name[0] = '\0';
	}
	if (t[ADN_EXT] != PB_NONE && t[ADN_EXT] && load_ext(c, l, ext, e))
		return -1;
	if (pb_number(ext->data ? ext : NULL, t, out->number, &why)) {
		card_problem(c, "%s record %u: %s", l->name, rec, why.text);
		return 1;
	}
	if (l->call)
		take_call(l, t, out);
	return !out->name[0] && !out->number[0];
}

static int read_once(struct card *c, enum card_list which,
		     struct list_entry **out, size_t *n, struct sim_err *e)
{
	const struct list *l = &lists[which];
	struct pb_file ext = { 0 };
	uint8_t r[FS_REC_MAX];
	struct sim_err why;
	struct fs_ef ef;
	int ret;

	*out = NULL;
	*n = 0;
	ret = find(c, l->fid, l->name, &ef, e);
	if (ret)
		return ret;
	if (ef.rec_len < l->tail) {
		sim_fail(e, EX_DATAERR, "%s: records of %u bytes are too short",
			 l->name, ef.rec_len);
		return 1;
	}
	*out = calloc(ef.nrec, sizeof(**out));
	if (!*out)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (unsigned int i = 1; ret >= 0 && i <= ef.nrec; i++) {
		ret = fs_read_record(c, &ef, l->name, i, r, &why);
		if (ret > 0)
			card_problem(c, "%s", why.text);
		else if (ret < 0)
			*e = why;
		else
			ret = take(c, l, &ef, &ext, r, i, &(*out)[*n], e);
		*n += !ret;
	}
	free(ext.data);
	if (ret >= 0)
		return 0;
	free(*out);
	*out = NULL;
	*n = 0;
	return -1;
}

int list_read(struct card *c, enum card_list which, struct list_entry **out,
	      size_t *n, struct sim_err *e)
{
	int ret = read_once(c, which, out, n, e);

	if (!fs_again(c))
		return ret;
	free(*out);
	return read_once(c, which, out, n, e);
}

/* ---- FDN ---------------------------------------------------------------- */

static int make(const struct fs_ef *ef, const char *name, const char *number,
		uint8_t *r, struct sim_err *e)
{
	char digits[BCD_DIGITS_MAX + 2], *d = digits;
	size_t x = (size_t)ef->rec_len - ADN_TAIL, n;
	uint8_t *t = r + x;

	memset(r, 0xff, ef->rec_len);
	if (!name)
		return 0;
	if (bcd_normal(number, digits)) {
		sim_fail(e, EX_DATAERR, "EF_FDN: that is no number a card can hold");
		return 1;
	}
	d += *d == '+';
	n = strlen(d);
	if (n > 2 * NUM_BYTES) {
		sim_fail(e, EX_DATAERR, "EF_FDN: more than 20 digits; a number cut short would allow other calls");
		return 1;
	}
	if (x && text_encode(name, r, x)) {
		sim_fail(e, EX_DATAERR, "EF_FDN: the name does not fit %zu bytes", x);
		return 1;
	}
	t[ADN_TON] = bcd_ton(digits);
	t[ADN_LEN] = (uint8_t)(1 + bcd_put(d, n, t + ADN_BCD));
	return 0;
}

static int free_record(struct card *c, const struct fs_ef *ef,
		       unsigned int *rec, struct sim_err *e)
{
	uint8_t r[FS_REC_MAX];
	int ret;

	for (*rec = 1; *rec <= ef->nrec; ++*rec) {
		ret = fs_read_record(c, ef, "EF_FDN", *rec, r, e);
		if (ret < 0)
			return -1;
		if (!ret && pb_blank(r, ef->rec_len - 2u))
			return 0;
	}
	sim_fail(e, EX_CANTCREAT, "EF_FDN is full");
	return 1;
}

static int write_held(struct card *c, const struct fs_ef *ef, unsigned int rec,
		      const uint8_t *r, struct sim_err *e)
{
	uint8_t back[FS_REC_MAX];
	int ret = 0;

	if (!rec)
		ret = free_record(c, ef, &rec, e);
	if (!ret)
		ret = fs_update_record(c, ef, "EF_FDN", rec, r, e);
	if (!ret)
		ret = fs_read_record(c, ef, "EF_FDN", rec, back, e);
	if (!ret && memcmp(r, back, ef->rec_len)) {
		sim_fail(e, EX_IOERR, "EF_FDN record %u: the card holds something else than was written",
			 rec);
		ret = 1;
	}
	return ret;
}

int list_write_fdn(struct card *c, unsigned int rec, const char *name,
		   const char *number, struct sim_err *e)
{
	uint8_t r[FS_REC_MAX];
	struct fs_ef ef;
	int ret;

	ret = find(c, lists[LIST_FDN].fid, "EF_FDN", &ef, e);
	if (!ret && ef.rec_len < ADN_TAIL) {
		sim_fail(e, EX_DATAERR, "EF_FDN: its records are too short");
		ret = 1;
	}
	if (!ret)
		ret = make(&ef, name, number, r, e);
	if (ret)
		return ret;
	if (fs_hold(c, HOLD_MS, e))
		return -1;
	ret = write_held(c, &ef, rec, r, e);
	fs_release(c);
	return ret;
}
