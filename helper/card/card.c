// SPDX-License-Identifier: MIT
/*
 * card.c - opening a card: which application there is, which class it takes
 */
#include "card/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/fs.h"
#include "card/phonebook.h"
#include "card/sms.h"
#include "card/tlv.h"

/* RID of 3GPP and the USIM's application code (TS 101 220 Annex E). */
static const uint8_t usim_aid[] = { 0xa0, 0, 0, 0, 0x87, 0x10, 0x02 };
static const uint16_t ef_iccid[] = { 0x2fe2 };
static const uint16_t ef_dir[] = { 0x2f00 };
static const uint16_t df_gsm[] = { FS_GSM };

static void take_fcp(struct card *c, const uint8_t *r, size_t len)
{
	struct tlv fcp, t;

	if (!tlv_find(r, len, 0x62, &fcp))
		return;
	if (tlv_in(&fcp, 0x84, &t) && t.len <= sizeof(c->aid)) {
		memcpy(c->aid, t.v, t.len);
		c->aid_len = (uint8_t)t.len;
	}
	if (tlv_in(&fcp, 0xc6, &t) && t.len <= sizeof(c->status)) {
		memcpy(c->status, t.v, t.len);
		c->nstatus = t.len;
	}
}

static void at_adf(struct card *c)
{
	c->usim = true;
	c->df[0] = FS_ADF;
	c->df_depth = 1;
	c->ef = 0;
}

static int select_aid(struct card *c, const uint8_t *aid, size_t len,
		      struct sim_err *e)
{
	uint8_t cmd[6 + 16] = { 0x00, 0xa4, 0x04, 0x04, (uint8_t)len };
	uint8_t r[FS_RESP_MAX];
	size_t got;
	int ret;

	memcpy(cmd + 5, aid, len);
	ret = fs_send(c, cmd, len + 6, "ADF_USIM", r, &got, e);
	if (ret)
		return ret;
	take_fcp(c, r, got);
	at_adf(c);
	return 0;
}

/* Cards that select by whole AID only: EF_DIR has it (TS 102 221 13.1). */
static int select_from_dir(struct card *c, struct sim_err *e)
{
	uint8_t rec[FS_REC_MAX];
	struct tlv app, aid;
	struct fs_ef ef;
	int ret;

	ret = fs_select(c, ef_dir, 1, "EF_DIR", &ef, e);
	if (ret)
		return ret;
	if (ef.form != FS_LINEAR)
		return 1;
	for (unsigned int i = 1; i <= ef.nrec; i++) {
		ret = fs_read_record(c, &ef, "EF_DIR", i, rec, e);
		if (ret < 0)
			return ret;
		if (ret || !tlv_find(rec, ef.rec_len, 0x61, &app) ||
		    !tlv_in(&app, 0x4f, &aid) || aid.len < sizeof(usim_aid) ||
		    aid.len > 16 || memcmp(aid.v, usim_aid, sizeof(usim_aid)))
			continue;
		ret = select_aid(c, aid.v, aid.len, e);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* A 2G card refuses class 00 with 6E00; a UICC without USIM takes it. */
static int select_gsm(struct card *c, struct sim_err *e)
{
	struct fs_ef ef;
	int ret;

	c->gsm = true;
	fs_forget(c);
	ret = fs_select(c, df_gsm, 1, "DF_GSM", &ef, e);
	if (ret == 1)
		return sim_fail(e, EX_DATAERR,
				"the card has neither a USIM nor a GSM application; is it a SIM?");
	return ret;
}

static int open_channel(struct card *c, struct sim_err *e)
{
	uint8_t r[FS_RESP_MAX];
	uint16_t sw;
	size_t got;
	int ret;

	if (c->ch->ops->open(c->ch, usim_aid, sizeof(usim_aid), r, sizeof(r),
			     &got, e))
		return -1;
	sw = got >= 2 ? (uint16_t)(r[got - 2] << 8 | r[got - 1]) : 0;
	if (sw == 0x9000 || sw >> 8 == 0x91) {
		take_fcp(c, r, got - 2);
		at_adf(c);
		return 0;
	}
	if (c->ch->ops->open(c->ch, NULL, 0, r, sizeof(r), &got, e))
		return -1;
	ret = select_aid(c, usim_aid, sizeof(usim_aid), e);
	if (ret <= 0)
		return ret;
	if (c->sw >> 8 != 0x6e) {
		ret = select_from_dir(c, e);
		if (ret <= 0)
			return ret;
	}
	return select_gsm(c, e);
}

static int read_iccid(struct card *c, struct sim_err *e)
{
	uint8_t raw[10];
	struct fs_ef ef;
	size_t got;
	int ret;

	memcpy(c->iccid, c->ch->iccid, sizeof(c->iccid));
	c->iccid[sizeof(c->iccid) - 1] = '\0';
	if (c->iccid[0])
		return 0;
	ret = fs_select(c, ef_iccid, 1, "EF_ICCID", &ef, e);
	if (!ret)
		ret = fs_read(c, &ef, "EF_ICCID", raw, sizeof(raw), &got, e);
	if (ret)
		return ret < 0 ? -1 : 0;
	bcd_iccid(raw, got, c->iccid, sizeof(c->iccid));
	return 0;
}

struct card *card_open(struct sim_channel *ch, struct sim_err *e)
{
	struct card *c = calloc(1, sizeof(*c));

	if (!c) {
		ch->ops->close(ch);
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	c->ch = ch;
	c->chv[0] = 0xff;
	c->chv[1] = 0xff;
	fs_forget(c);
	if (open_channel(c, e) || read_iccid(c, e)) {
		card_close(c);
		return NULL;
	}
	quiet_look(c);
	c->files_era = ch->era;
	return c;
}

void card_close(struct card *c)
{
	if (!c)
		return;
	pb_free(c->pb);
	sms_free(c->sms);
	for (size_t i = 0; i < c->nproblem; i++)
		free(c->problem[i]);
	free(c->problem);
	free(c->cache);
	c->ch->ops->close(c->ch);
	free(c);
}

const struct sim_channel *card_channel(const struct card *c)
{
	return c->ch;
}

const char *card_iccid(const struct card *c)
{
	return c->iccid;
}

void card_on_euicc(struct card *c, const char *eid)
{
	snprintf(c->eid, sizeof(c->eid), "%s", eid);
}

void card_named(struct card *c, const char *nickname)
{
	snprintf(c->nickname, sizeof(c->nickname), "%s", nickname);
	c->named = true;
}

int card_again(struct card *c, struct sim_err *e)
{
	fs_forget(c);
	return open_channel(c, e);
}

bool card_gsm(const struct card *c)
{
	return c->gsm;
}

int card_apdu(struct card *c, const uint8_t *cmd, size_t len, uint8_t *resp,
	      size_t max, size_t *got, struct sim_err *e)
{
	int ret;

	fs_forget(c);
	ret = c->ch->ops->transmit(c->ch, cmd, len, resp, max, got, e);
	quiet_sent(c, cmd, len);
	if (!ret && c->on_apdu)
		c->on_apdu(c->on_apdu_arg, cmd, len, resp, *got, "by hand");
	return ret;
}

void card_on_apdu(struct card *c,
		  void (*fn)(void *arg, const uint8_t *cmd, size_t len,
			     const uint8_t *resp, size_t got, const char *what),
		  void *arg)
{
	c->on_apdu = fn;
	c->on_apdu_arg = arg;
}

void card_on_progress(struct card *c,
		      void (*fn)(void *arg, const char *what,
				 unsigned int done, unsigned int total),
		      void *arg)
{
	c->on_progress = fn;
	c->on_progress_arg = arg;
}

void card_cost(const struct card *c, char *out, size_t max)
{
	size_t n = 0;

	out[0] = '\0';
	if (c->unsearched)
		n = (size_t)snprintf(out, max,
				     "the card does not know SEARCH RECORD: %u records were read one by one, empty ones too",
				     c->unsearched);
	if (c->no_counters && n < max)
		snprintf(out + n, max - n, "%s%s", n ? "; " : "",
			 "it keeps no counters of changes: that nothing has changed only the slot's count of commands tells");
}

bool card_partial(const struct card *c)
{
	return (c->pb && c->pb->partial) || (c->sms && c->sms->partial);
}

const char *const *card_problems(const struct card *c, size_t *n)
{
	*n = c->nproblem;
	return (const char *const *)c->problem;
}
