// SPDX-License-Identifier: MIT
#include "card/fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card/tlv.h"

#define INS_SELECT	0xa4
#define INS_READ_BIN	0xb0
#define INS_READ_REC	0xb2
#define INS_SEARCH	0xa2
#define INS_UPDATE_BIN	0xd6
#define INS_UPDATE_REC	0xdc

#define SW_BUSY		0x9300
#define BUSY_TRIES	5

void card_problem(struct card *c, const char *fmt, ...)
{
	char text[512], **more;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < c->nproblem; i++)
		if (!strcmp(c->problem[i], text))
			return;
	more = realloc(c->problem, (c->nproblem + 1) * sizeof(*more));
	if (!more)
		return;
	c->problem = more;
	more[c->nproblem] = strdup(text);
	if (more[c->nproblem])
		c->nproblem++;
}

void card_progress(struct card *c, const char *what, unsigned int done,
		   unsigned int total)
{
	if (c->on_progress)
		c->on_progress(c->on_progress_arg, what, done, total);
}

/* 9000; 91xx: a proactive command waits; 920x: written after retries (2G). */
static bool sw_fine(uint16_t sw)
{
	return sw == 0x9000 || sw >> 8 == 0x91 || (sw & 0xfff0) == 0x9200;
}

int fs_send(struct card *c, const uint8_t *cmd, size_t len, const char *what,
	    uint8_t *resp, size_t *got, struct sim_err *e)
{
	static const struct timespec pause = { .tv_nsec = 200000000 };
	size_t n = 0;

	for (int i = 0; i < BUSY_TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (c->ch->ops->transmit(c->ch, cmd, len, resp, FS_RESP_MAX,
					 &n, e)) {
			quiet_sent(c, cmd, len);
			return sim_fail_in(e, "%s", what);
		}
		quiet_sent(c, cmd, len);
		if (n < 2 || n > FS_RESP_MAX) {
			c->ch->fault = SIM_CHAN_ERROR;
			return sim_fail(e, EX_PROTOCOL,
					"%s: the answer has no status word", what);
		}
		c->sw = (uint16_t)(resp[n - 2] << 8 | resp[n - 1]);
		if (c->on_apdu)
			c->on_apdu(c->on_apdu_arg, cmd, len, resp, n, what);
		if (c->sw != SW_BUSY)
			break;
	}
	*got = n - 2;
	if (sw_fine(c->sw))
		return 0;
	sim_fail(e, EX_DATAERR, "%s: %s (status %04X)", what,
		 fs_sw_text(c->sw), c->sw);
	return 1;
}

/*
 * What decides which records there are must not hang on one bit: on a line
 * without parity check it is asked until two answers agree.
 */
static int send_sure(struct card *c, const uint8_t *cmd, size_t len,
		     const char *what, uint8_t *resp, size_t *got,
		     struct sim_err *e)
{
	uint8_t last[FS_RESP_MAX];
	size_t n;
	uint16_t sw;
	int ret;

	ret = fs_send(c, cmd, len, what, resp, got, e);
	for (int i = 0; ret >= 0 && !c->ch->parity && i < 5; i++) {
		n = *got;
		sw = c->sw;
		memcpy(last, resp, n);
		ret = fs_send(c, cmd, len, what, resp, got, e);
		if (ret < 0 || (sw == c->sw && n == *got &&
				!memcmp(last, resp, n)))
			return ret;
	}
	if (ret < 0 || c->ch->parity)
		return ret;
	c->ch->fault = SIM_CHAN_ERROR;
	return sim_fail(e, EX_IOERR,
			"%s: each answer is another one; clean the card's contacts",
			what);
}

void fs_forget(struct card *c)
{
	c->df_depth = 0xff;
	c->ef = 0;
}

static bool in_df(const struct card *c, const uint16_t *path, size_t depth)
{
	return c->df_depth == depth - 1 &&
	       !memcmp(c->df, path, (depth - 1) * sizeof(*path));
}

static void now_at(struct card *c, const uint16_t *path, size_t depth,
		   bool is_df)
{
	size_t df = is_df ? depth : depth - 1;

	memcpy(c->df, path, df * sizeof(*path));
	c->df_depth = (uint8_t)df;
	c->ef = is_df ? 0 : path[depth - 1];
}

static int select_one(struct card *c, uint8_t p1, uint8_t p2,
		      const uint16_t *path, size_t depth, const char *what,
		      uint8_t *r, size_t *got, struct sim_err *e)
{
	uint8_t cmd[6 + 2 * FS_DEPTH] = { 0x00, INS_SELECT, p1, p2 };
	size_t n = 5;

	for (size_t i = 0; i < depth; i++) {
		cmd[n++] = (uint8_t)(path[i] >> 8);
		cmd[n++] = (uint8_t)path[i];
	}
	cmd[4] = (uint8_t)(n - 5);
	if (c->gsm)
		cmd[0] = 0xa0;
	else if (p2 == 0x04)
		cmd[n++] = 0x00;
	if (p2 != 0x0c && path[depth - 1] != 0x3f00)
		return send_sure(c, cmd, n, what, r, got, e);
	return fs_send(c, cmd, n, what, r, got, e);
}

/* Class A0 selects one identifier at a time (51.011 6.5). */
static int select_gsm(struct card *c, const uint16_t *path, size_t depth,
		      const char *what, uint8_t *r, size_t *got,
		      struct sim_err *e)
{
	static const uint16_t mf = 0x3f00;
	size_t i = depth - 1;
	int ret;

	if (!in_df(c, path, depth)) {
		fs_forget(c);
		ret = select_one(c, 0, 0, &mf, 1, what, r, got, e);
		if (ret)
			return ret;
		c->df_depth = 0;
		i = 0;
	}
	for (; i < depth; i++) {
		ret = select_one(c, 0, 0, &path[i], 1, what, r, got, e);
		if (ret) {
			fs_forget(c);
			return ret;
		}
	}
	return 0;
}

static int select_path(struct card *c, const uint16_t *path, size_t depth,
		       uint8_t p2, const char *name, uint8_t *r, size_t *got,
		       struct sim_err *e)
{
	char what[80];
	int ret;

	snprintf(what, sizeof(what), "%s %04X", name, path[depth - 1]);
	if (c->gsm)
		return select_gsm(c, path, depth, what, r, got, e);
	if (in_df(c, path, depth))
		return select_one(c, 0x00, p2, &path[depth - 1], 1, what, r,
				  got, e);
	ret = select_one(c, 0x08, p2, path, depth, what, r, got, e);
	/* A card that knows no paths: one identifier after the other. */
	if (ret == 1 && (c->sw == 0x6a86 || c->sw == 0x6b00)) {
		fs_forget(c);
		for (size_t i = 0; i < depth; i++) {
			ret = select_one(c, 0x00, p2, &path[i], 1, what, r,
					 got, e);
			if (ret)
				return ret;
		}
	}
	return ret;
}

int fs_select(struct card *c, const uint16_t *path, size_t depth,
	      const char *name, struct fs_ef *out, struct sim_err *e)
{
	const struct fs_ef *known = fs_cached(c, path, depth);
	uint8_t r[FS_RESP_MAX];
	struct fs_ef ef = { .depth = (uint8_t)depth };
	size_t got;
	int ret;

	if (known) {
		*out = *known;
		if (!known->absent)
			return 0;
		c->sw = known->sw;
		sim_fail(e, EX_DATAERR, "%s %04X: there is no such file", name,
			 path[depth - 1]);
		return 1;
	}
	memcpy(ef.path, path, depth * sizeof(*path));
	ret = select_path(c, path, depth, 0x04, name, r, &got, e);
	if (ret < 0)
		return ret;
	if (ret) {
		ef.absent = true;
		ef.sw = c->sw;
		if (c->sw == 0x6a82 || c->sw == 0x9404)
			fs_keep(c, &ef);
		*out = ef;
		return 1;
	}
	ret = fcp_parse(c, r, got, &ef);
	if (ret) {
		fs_forget(c);
		sim_fail(e, EX_DATAERR,
			 "%s %04X: what the card says about the file makes no sense",
			 name, path[depth - 1]);
		card_problem(c, "%s %04X: what the card says about the file makes no sense; it is left alone",
			     name, path[depth - 1]);
		ef.absent = true;
		ef.sw = c->sw;
		fs_keep(c, &ef);
		*out = ef;
		return 1;
	}
	now_at(c, path, depth, ef.form == FS_DF);
	fs_keep(c, &ef);
	*out = ef;
	return 0;
}

/*
 * A command on @ef did not end as its FCP lets expect. Where that was told to an
 * earlier run it is asked for now; where it is another one, nothing of that run's
 * is believed any more.
 */
static void doubt(struct card *c, const struct fs_ef *ef, const char *name)
{
	struct fs_ef *known = fs_cached(c, ef->path, ef->depth);
	struct fs_ef now = { .depth = ef->depth, .old = true };
	uint8_t r[FS_RESP_MAX];
	uint16_t sw = c->sw;
	size_t got;
	int ret;

	if (!known || !known->old)
		return;
	memcpy(now.path, ef->path, sizeof(now.path));
	ret = select_path(c, ef->path, ef->depth, 0x04, name, r, &got, NULL);
	if (!ret && !fcp_parse(c, r, got, &now))
		now_at(c, ef->path, ef->depth, now.form == FS_DF);
	else
		fs_forget(c);
	/* SFIs that two files share were dropped from it. */
	if (!known->sfi)
		now.sfi = 0;
	if (!ret && fs_same(&now, known))
		known->old = false;
	else if (c->ch->fault == SIM_CHAN_OK)
		fs_forget_old(c);
	c->sw = sw;
}

/*
 * Make @ef current, or say by which SFI it can be had. Returns P2's SFI part
 * in @sfi: 0 when it is current.
 */
static int use(struct card *c, const struct fs_ef *ef, const char *name,
	       uint8_t *sfi, struct sim_err *e)
{
	const struct fs_ef *known = fs_cached(c, ef->path, ef->depth);
	uint8_t r[FS_RESP_MAX];
	size_t got;
	int ret;

	*sfi = 0;
	if (in_df(c, ef->path, ef->depth)) {
		if (c->ef == ef->path[ef->depth - 1])
			return 0;
		*sfi = known ? known->sfi : ef->sfi;
		if (*sfi && !c->gsm && c->lies < 2)
			return 0;
		*sfi = 0;
	}
	ret = select_path(c, ef->path, ef->depth, 0x0c, name, r, &got, e);
	if (!ret)
		now_at(c, ef->path, ef->depth, false);
	if (ret > 0 && !fs_sw_of_no_file(c->sw))
		doubt(c, ef, name);
	return ret;
}

/*
 * Refused where the file was named by its SFI: some cards state SFIs and do not
 * take them. It is not used any more (after two, none is), and the command is tried
 * again.
 */
static bool sfi_lies(struct card *c, const struct fs_ef *ef, uint8_t sfi)
{
	struct fs_ef *known = sfi ? fs_cached(c, ef->path, ef->depth) : NULL;

	if (!known || fs_sw_of_no_file(c->sw) || c->sw == 0x6a83 ||
	    c->sw == 0x6282)
		return false;
	known->sfi = 0;
	c->lies++;
	c->ef = 0;
	return true;
}

static uint8_t cla(const struct card *c)
{
	return c->gsm ? 0xa0 : 0x00;
}

static int record(struct card *c, const struct fs_ef *ef, const char *name,
		  uint8_t ins, unsigned int rec, const uint8_t *data,
		  uint8_t *r, size_t *got, struct sim_err *e)
{
	uint8_t cmd[5 + FS_REC_MAX] = { cla(c), ins, (uint8_t)rec };
	char what[96];
	uint8_t sfi;
	int ret;

	snprintf(what, sizeof(what), "%s %04X record %u", name,
		 ef->path[ef->depth - 1], rec);
	if (!rec || rec > ef->nrec) {
		sim_fail(e, EX_DATAERR, "%s: the file has %u records", what,
			 ef->nrec);
		return 1;
	}
	ret = use(c, ef, name, &sfi, e);
	if (ret)
		return ret;
	cmd[3] = (uint8_t)(sfi << 3 | 4);
	cmd[4] = ef->rec_len;
	if (data)
		memcpy(cmd + 5, data, ef->rec_len);
	c->into = quiet_into(ef);
	ret = fs_send(c, cmd, data ? 5u + ef->rec_len : 5u, what, r, got, e);
	c->into = 0;
	if (ret > 0 && sfi_lies(c, ef, sfi))
		return record(c, ef, name, ins, rec, data, r, got, e);
	if (!ret)
		c->ef = ef->path[ef->depth - 1];
	else
		c->ef = sfi ? 0 : c->ef;
	if (ret > 0 && !fs_sw_of_no_file(c->sw))
		doubt(c, ef, name);
	return ret;
}

int fs_read_record(struct card *c, const struct fs_ef *ef, const char *name,
		   unsigned int rec, uint8_t *buf, struct sim_err *e)
{
	uint8_t r[FS_RESP_MAX];
	size_t got;
	int ret;

	ret = record(c, ef, name, INS_READ_REC, rec, NULL, r, &got, e);
	if (ret)
		return ret;
	if (got != ef->rec_len) {
		sim_fail(e, EX_DATAERR,
			 "%s %04X record %u: %zu bytes came where the file says %u",
			 name, ef->path[ef->depth - 1], rec, got, ef->rec_len);
		doubt(c, ef, name);
		return 1;
	}
	memcpy(buf, r, got);
	return 0;
}

int fs_read_sure(struct card *c, const struct fs_ef *ef, const char *name,
		 unsigned int rec, uint8_t *buf, struct sim_err *e)
{
	uint8_t last[FS_REC_MAX];
	int ret;

	ret = fs_read_record(c, ef, name, rec, buf, e);
	for (int i = 0; !ret && !c->ch->parity && i < 5; i++) {
		memcpy(last, buf, ef->rec_len);
		ret = fs_read_record(c, ef, name, rec, buf, e);
		if (ret || !memcmp(last, buf, ef->rec_len))
			return ret;
	}
	if (ret || c->ch->parity)
		return ret;
	c->ch->fault = SIM_CHAN_ERROR;
	return sim_fail(e, EX_IOERR,
			"%s record %u reads differently each time; clean the card's contacts",
			name, rec);
}

int fs_update_record(struct card *c, const struct fs_ef *ef, const char *name,
		     unsigned int rec, const uint8_t *buf, struct sim_err *e)
{
	uint8_t r[FS_RESP_MAX];
	size_t got;

	return record(c, ef, name, INS_UPDATE_REC, rec, buf, r, &got, e);
}

int fs_read(struct card *c, const struct fs_ef *ef, const char *name,
	    uint8_t *buf, size_t max, size_t *got, struct sim_err *e)
{
	uint8_t cmd[5] = { cla(c), INS_READ_BIN }, r[FS_RESP_MAX], sfi;
	size_t want = ef->size < max ? ef->size : max, n, part;
	char what[80];
	int ret;

	*got = 0;
	snprintf(what, sizeof(what), "%s %04X", name, ef->path[ef->depth - 1]);
	if (ef->form != FS_TRANSPARENT) {
		sim_fail(e, EX_DATAERR, "%s: not a transparent file", what);
		return 1;
	}
	while (*got < want) {
		part = want - *got < 255 ? want - *got : 255;
		ret = use(c, ef, name, &sfi, e);
		if (ret)
			return ret;
		cmd[2] = sfi ? (uint8_t)(0x80 | sfi) : (uint8_t)(*got >> 8);
		cmd[3] = (uint8_t)*got;
		cmd[4] = (uint8_t)part;
		ret = fs_send(c, cmd, sizeof(cmd), what, r, &n, e);
		if (ret > 0 && sfi_lies(c, ef, sfi))
			continue;
		if (ret > 0 && !fs_sw_of_no_file(c->sw))
			doubt(c, ef, name);
		if (ret)
			return ret;
		c->ef = ef->path[ef->depth - 1];
		if (!n || n > part)
			break;
		memcpy(buf + *got, r, n);
		*got += n;
		if (n < part)
			break;
	}
	if (*got < want)
		doubt(c, ef, name);
	return 0;
}

int fs_update(struct card *c, const struct fs_ef *ef, const char *name,
	      const uint8_t *buf, size_t len, struct sim_err *e)
{
	uint8_t cmd[5 + 255] = { cla(c), INS_UPDATE_BIN }, r[FS_RESP_MAX], sfi;
	size_t at = 0, n, part;
	char what[80];
	int ret;

	snprintf(what, sizeof(what), "%s %04X", name, ef->path[ef->depth - 1]);
	if (ef->form != FS_TRANSPARENT || len > ef->size) {
		sim_fail(e, EX_DATAERR, "%s: not a transparent file of that size",
			 what);
		return 1;
	}
	while (at < len) {
		part = len - at < 255 ? len - at : 255;
		ret = use(c, ef, name, &sfi, e);
		if (ret)
			return ret;
		cmd[2] = sfi ? (uint8_t)(0x80 | sfi) : (uint8_t)(at >> 8);
		cmd[3] = (uint8_t)at;
		cmd[4] = (uint8_t)part;
		memcpy(cmd + 5, buf + at, part);
		c->into = quiet_into(ef);
		ret = fs_send(c, cmd, 5 + part, what, r, &n, e);
		c->into = 0;
		if (ret > 0 && sfi_lies(c, ef, sfi))
			continue;
		if (ret)
			return ret;
		c->ef = ef->path[ef->depth - 1];
		at += part;
	}
	return 0;
}

int fs_peek(struct card *c, const uint16_t *path, size_t depth,
	    const char *name, uint8_t *buf, size_t len, struct sim_err *e)
{
	struct fs_ef ef = { .depth = (uint8_t)depth, .form = FS_TRANSPARENT,
			    .size = (uint32_t)len };
	const struct fs_ef *known = fs_cached(c, path, depth);
	size_t got = 0;
	int ret;

	if (known && known->absent)
		return 1;
	memcpy(ef.path, path, depth * sizeof(*path));
	ret = fs_read(c, known ? known : &ef, name, buf, len, &got, e);
	return ret ? ret : got < len;
}

/* TS 102 221 11.1.7, simple search forward from record 1. */
int fs_search(struct card *c, const struct fs_ef *ef, const char *name,
	      const uint8_t *pattern, struct fs_set *out, struct sim_err *e)
{
	uint8_t cmd[6 + FS_REC_MAX] = { 0x00, INS_SEARCH, 0x01 };
	uint8_t r[FS_RESP_MAX], sfi;
	char what[80];
	size_t got;
	int ret;

	memset(out, 0, sizeof(*out));
	if (c->gsm || c->no_search) {
		c->unsearched += ef->nrec;
		sim_fail(e, EX_UNAVAILABLE, "the card does not know SEARCH RECORD");
		return 1;
	}
	snprintf(what, sizeof(what), "%s %04X search", name,
		 ef->path[ef->depth - 1]);
	ret = use(c, ef, name, &sfi, e);
	if (ret)
		return ret;
	cmd[3] = (uint8_t)(sfi << 3 | 4);
	cmd[4] = ef->rec_len;
	memcpy(cmd + 5, pattern, ef->rec_len);
	ret = send_sure(c, cmd, 6u + ef->rec_len, what, r, &got, e);
	if (ret < 0)
		return ret;
	if (ret && sfi_lies(c, ef, sfi))
		return fs_search(c, ef, name, pattern, out, e);
	if (ret && c->sw != 0x6282 && c->sw != 0x6a83) {
		if (c->sw == 0x6d00 || c->sw == 0x6e00)
			c->no_search = true;
		c->unsearched += ef->nrec;
		if (sfi)
			c->ef = 0;
		if (!fs_sw_of_no_file(c->sw))
			doubt(c, ef, name);
		return 1;
	}
	c->ef = ef->path[ef->depth - 1];
	if (ret)
		return 0;
	for (size_t i = 0; i < got; i++)
		if (r[i] && r[i] <= ef->nrec)
			fs_add(out, r[i]);
	return 0;
}

int fs_hold(struct card *c, unsigned int ms, struct sim_err *e)
{
	return c->ch->ops->begin ? c->ch->ops->begin(c->ch, ms, e) : 0;
}

void fs_release(struct card *c)
{
	if (c->ch->ops->begin)
		c->ch->ops->begin(c->ch, 0, NULL);
}
