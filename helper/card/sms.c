// SPDX-License-Identifier: MIT
#include "card/sms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/tpdu.h"

#define REC_LEN		176
#define NAME		"EF_SMS"
#define HOLD_MS		10000
#define TPDU_MAX	164	/* TS 23.040 9.2.1 */

/* Byte 1, TS 31.102 4.2.25: b1 in use, b3..b1 what; b5 b4 of a report's submit. */
static const struct {
	uint8_t code;
	const char *name;
	bool received;
} states[] = {
	{ 0x01, "read", true },
	{ 0x03, "unread", true },
	{ 0x05, "sent", false },
	{ 0x07, "unsent", false },
};

#define N_STATES (sizeof(states) / sizeof(states[0]))

int sms_load(struct card *c, bool again, struct sim_err *e)
{
	uint16_t path[] = { c->usim ? FS_ADF : FS_TELECOM, 0x6f3c };
	uint8_t blank[FS_REC_MAX];
	struct fs_set none = { 0 };
	struct sms_store *s;
	struct sim_err why;
	int ret, got;

	if (c->sms && !again)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return sim_fail(e, EX_OSERR, "out of memory");
	ret = fs_select(c, path, 2, NAME, &s->ef, e);
	if (ret > 0 && c->usim) {
		/* Some USIMs have theirs where 2G had it. */
		path[0] = FS_TELECOM;
		ret = fs_select(c, path, 2, NAME, &s->ef, e);
	}
	if (ret < 0)
		goto fail;
	s->partial = ret && c->sw != 0x6a82 && c->sw != 0x9404;
	s->absent = ret || s->ef.form != FS_LINEAR || s->ef.rec_len < 3;
	if (s->absent)
		goto done;
	s->data = calloc(s->ef.nrec, s->ef.rec_len);
	if (!s->data) {
		sim_fail(e, EX_OSERR, "out of memory");
		goto fail;
	}
	memset(blank, 0xff, sizeof(blank));
	blank[0] = 0x00;
	ret = fs_search(c, &s->ef, NAME, blank, &none, &why);
	if (ret < 0) {
		*e = why;
		goto fail;
	}
	for (unsigned int i = 1; i <= s->ef.nrec; i++) {
		if (!ret && fs_has(&none, i)) {
			memcpy(sms_rec(s, i), blank, s->ef.rec_len);
			continue;
		}
		got = fs_read_record(c, &s->ef, NAME, i, sms_rec(s, i), &why);
		if (got > 0 && !fs_sw_lasting(c->sw) && c->sw != 0x9300)
			got = fs_read_record(c, &s->ef, NAME, i, sms_rec(s, i),
					     &why);
		switch (got) {
		case 0:
			if (sms_rec(s, i)[0] & 1 && sms_rec(s, i)[0] != 0xff)
				fs_add(&s->used, i);
			break;
		case 1:
			if (c->sw == 0x6982 || c->sw == 0x9804) {
				sim_fail(e, EX_NOPERM,
					 "messages cannot be read without the PIN; enter it with 'simsync unlock'");
				goto fail;
			}
			card_problem(c, "%s", why.text);
			fs_add(&s->bad, i);
			break;
		default:
			*e = why;
			goto fail;
		}
		card_progress(c, "messages", i, s->ef.nrec);
	}
done:
	sms_free(c->sms);
	c->sms = s;
	return 0;
fail:
	sms_free(s);
	return -1;
}

void sms_free(struct sms_store *s)
{
	if (!s)
		return;
	free(s->data);
	free(s);
}

static int add(struct sim_item *out, const char *name, const char *plain)
{
	char *v;
	int ret;

	if (!plain[0])
		return 0;
	v = sim_text_escape(plain);
	ret = v ? sim_item_add(out, name, NULL, v) : -1;
	free(v);
	return ret;
}

static int add_number(struct sim_item *out, const char *name, int v)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", v);
	return sim_item_add(out, name, NULL, text);
}

static int unhex(const char *s, uint8_t *out, size_t max, size_t *n)
{
	unsigned int v;

	for (*n = 0; s[0] && s[1]; s += 2, ++*n)
		if (*n == max || sscanf(s, "%2x", &v) != 1)
			return -1;
		else
			out[*n] = (uint8_t)v;
	return s[0] ? -1 : 0;
}

static uint64_t hash_of(const uint8_t *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (n--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

static const char *direction(enum tpdu_type t)
{
	static const char *const name[] = {
		[TPDU_DELIVER] = "in", [TPDU_SUBMIT] = "out",
		[TPDU_REPORT] = "report",
	};

	return name[t];
}

static int fill(struct sim_item *out, const uint8_t *p, const struct tpdu *t,
		const char *smsc, const char *status, const char *iccid)
{
	char hex[2 * FS_REC_MAX + 1];
	int ret;

	for (size_t i = 0; i < t->len; i++)
		sprintf(hex + 2 * i, "%02X", p[i]);
	ret = add(out, "DIRECTION", direction(t->type)) ||
	      add(out, "TPDU", hex) || add(out, "SMSC", smsc) ||
	      add(out, "STATUS", status) || add(out, "ICCID", iccid) ||
	      add(out, t->type == TPDU_SUBMIT ? "TO" : "FROM", t->addr) ||
	      add(out, "DATE", t->date) || add(out, "TEXT", t->text);
	if (!ret && t->parts)
		ret = add_number(out, "REF", t->ref) ||
		      add_number(out, "PART", t->part) ||
		      add_number(out, "PARTS", t->parts);
	return ret ? -1 : 0;
}

int sms_item(const struct sms_store *s, unsigned int rec, const char *iccid,
	     struct sim_item *out, uint64_t *hash, struct sim_err *why)
{
	const uint8_t *r = sms_rec(s, rec);
	char smsc[TPDU_ADDR_MAX];
	size_t i, n, bad = 0;
	struct tpdu t;

	sim_item_init(out, SIM_MESSAGE);
	*hash = hash_of(r, s->ef.rec_len);
	if (fs_has(&s->bad, rec)) {
		sim_fail(why, EX_DATAERR, "%s record %u could not be read", NAME,
			 rec);
		return 1;
	}
	for (i = 0; i < N_STATES; i++)
		if ((r[0] & 0x07) == states[i].code)
			break;
	n = tpdu_smsc(r + 1, s->ef.rec_len - 1u, smsc, sizeof(smsc));
	if (i == N_STATES || !n ||
	    tpdu_decode(r + 1 + n, s->ef.rec_len - 1u - n, states[i].received,
			&t, &bad)) {
		sim_fail(why, EX_DATAERR, "%s record %u byte %zu: not a message",
			 NAME, rec, n ? 2 + n + bad : 2);
		return 1;
	}
	if (!fill(out, r + 1 + n, &t, smsc, states[i].name, iccid))
		return 0;
	sim_item_free(out);
	return sim_fail(why, EX_OSERR, "out of memory");
}

int sms_of_tpdu(struct sim_item *out, const char *hex, const char *direction,
		const char *smsc, const char *status, struct sim_err *why)
{
	bool received = strcmp(direction, "out");
	uint8_t p[TPDU_MAX];
	size_t n, bad = 0, i;
	struct tpdu t;

	sim_item_init(out, SIM_MESSAGE);
	if (unhex(hex, p, sizeof(p), &n))
		return sim_fail(why, EX_DATAERR,
				"the TPDU is no hexadecimal text of at most %d bytes",
				TPDU_MAX), 1;
	if (tpdu_decode(p, n, received, &t, &bad))
		return sim_fail(why, EX_DATAERR, "byte %zu of the TPDU makes no sense",
				bad + 1), 1;
	for (i = 0; i < N_STATES; i++)
		if (!strcmp(states[i].name, status) &&
		    states[i].received == received)
			break;
	if (i == N_STATES)
		return sim_fail(why, EX_DATAERR,
				"a message that came is read or unread, one of ours sent or unsent"),
		       1;
	if (!fill(out, p, &t, smsc, status, ""))
		return 0;
	sim_item_free(out);
	return sim_fail(why, EX_OSERR, "out of memory");
}

/* A full store stops reception: max(5, 25 %) records stay free. */
int sms_place(struct sms_store *s, unsigned int *rec)
{
	unsigned int nfree = 0, first = 0, keep;

	if (s->absent)
		return 1;
	keep = s->ef.nrec / 4 > 5 ? s->ef.nrec / 4u : 5;
	for (unsigned int i = 1; i <= s->ef.nrec; i++) {
		if (fs_has(&s->used, i) || fs_has(&s->bad, i) ||
		    fs_has(&s->reserved, i))
			continue;
		nfree++;
		if (!first)
			first = i;
	}
	if (nfree <= keep)
		return 1;
	fs_add(&s->reserved, first);
	*rec = first;
	return 0;
}

static size_t put_smsc(const char *v, uint8_t *out)
{
	size_t n = v ? strlen(v) : 0;
	bool plus = n && v[0] == '+';

	n -= plus;
	if (!n || n > 20) {
		out[0] = 0;
		return 1;
	}
	out[1] = bcd_ton(v);
	out[0] = (uint8_t)(1 + bcd_put(v + plus, n, out + 2));
	return 1u + out[0];
}

/* The record @want makes of @r, which holds what is there now. */
static int make(const struct sms_store *s, const struct sim_item *want,
		bool fresh, uint8_t *r, struct sim_err *e)
{
	const char *status = want ? sim_item_get(want, "STATUS") : NULL;
	const char *tpdu = want ? sim_item_get(want, "TPDU") : NULL;
	uint8_t smsc[16];
	size_t i, n, at;

	if (!want) {
		memset(r, 0xff, s->ef.rec_len);
		r[0] = 0x00;
		return 0;
	}
	for (i = 0; status && i < N_STATES; i++)
		if (!strcmp(status, states[i].name))
			break;
	if (!status || i == N_STATES)
		return sim_fail(e, EX_DATAERR, "the message has no status a card knows");
	if (fresh) {
		memset(r, 0xff, s->ef.rec_len);
		at = put_smsc(sim_item_get(want, "SMSC"), smsc);
		if (1 + at > s->ef.rec_len)
			at = 0;
		memcpy(r + 1, smsc, at);
		at++;
		if (!tpdu || unhex(tpdu, r + at, s->ef.rec_len - at, &n))
			return sim_fail(e, EX_DATAERR, "the message does not fit a record of the card");
	}
	/* Only read and unread change in place; higher bits stay. */
	r[0] = fresh ? states[i].code :
	       (uint8_t)((r[0] & 0xf8) | states[i].code);
	return 0;
}

static enum sim_outcome lost(const struct card *c)
{
	return c->ch->fault == SIM_CHAN_OK || c->ch->fault == SIM_CHAN_ERROR ?
	       SIM_FAILED : SIM_AWAY;
}

static enum sim_outcome write_held(struct card *c, unsigned int rec,
				   const struct sim_item *want, bool fresh,
				   uint64_t hash, struct sim_err *e)
{
	struct sms_store *s = c->sms;
	uint8_t r[FS_REC_MAX];
	bool used;

	if (fs_read_record(c, &s->ef, NAME, rec, r, e))
		return lost(c);
	memcpy(sms_rec(s, rec), r, s->ef.rec_len);
	if (r[0] & 1 && r[0] != 0xff)
		fs_add(&s->used, rec);
	else
		fs_drop(&s->used, rec);
	if (fresh ? fs_has(&s->used, rec) :
	    !fs_has(&s->used, rec) || hash_of(r, s->ef.rec_len) != hash)
		return SIM_MOVED;
	if (make(s, want, fresh, r, e))
		return SIM_UNFIT;
	if (fs_update_record(c, &s->ef, NAME, rec, r, e) ||
	    fs_read_record(c, &s->ef, NAME, rec, sms_rec(s, rec), e))
		return lost(c);
	used = sms_rec(s, rec)[0] & 1 && sms_rec(s, rec)[0] != 0xff;
	if (used)
		fs_add(&s->used, rec);
	else
		fs_drop(&s->used, rec);
	/* A card may answer 9000 and keep what it had. */
	if (used != !!want) {
		sim_fail(e, EX_IOERR,
			 want ? NAME " record %u: the card took the write and did not keep it; the next run tries again" :
				NAME " record %u: the card took the deletion and still has the message; the next run tries again",
			 rec);
		return SIM_FAILED;
	}
	fs_drop(&s->reserved, rec);
	return SIM_DONE;
}

enum sim_outcome sms_write(struct card *c, unsigned int rec,
			   const struct sim_item *want, bool fresh,
			   uint64_t hash, struct sim_err *err)
{
	enum sim_outcome o;

	if (!c->sms || c->sms->absent) {
		sim_fail(err, EX_UNAVAILABLE, "the card has no EF_SMS");
		return SIM_UNFIT;
	}
	if (fs_hold(c, HOLD_MS, err))
		return lost(c);
	o = write_held(c, rec, want, fresh, hash, err);
	fs_release(c);
	return o;
}
