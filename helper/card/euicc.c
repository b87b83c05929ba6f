// SPDX-License-Identifier: MIT
#include "card/euicc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/tlv.h"

#define RESP_MAX	16384	/* a profile list with long names */
#define BLOCK		255
#define LIST_MAX	256

/* Tags of SGP.22 5.7 and its annex H. */
#define T_PROFILES	0xbf2d
#define T_ENABLE	0xbf31
#define T_DISABLE	0xbf32
#define T_DELETE	0xbf33
#define T_NICKNAME	0xbf29
#define T_EID		0xbf3e
#define T_INFO2		0xbf22
#define T_NOTICES	0xbf28
#define T_NOTICE	0xbf2f
#define T_NOTICE_SENT	0xbf30
#define T_ICCID		0x5a
#define T_STATE		0x9f70
#define T_PORT		0x9f24	/* SGP.22 v3: enabledOnEsimPort */

static const uint8_t isd_r[] = {
	0xa0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xff, 0xff, 0xff, 0xff, 0x89,
	0x00, 0x00, 0x01, 0x00,
};

/**
 * struct euicc - an ISD-R on a channel
 * @ch: channel
 * @resp: last response, @len bytes
 * @pending: its status was 91xx
 */
struct euicc {
	struct sim_channel *ch;
	uint8_t resp[RESP_MAX + 2];
	size_t len;
	bool pending;
	bool lent;
};

static uint16_t status(const uint8_t *r, size_t got)
{
	return got < 2 ? 0 : (uint16_t)(r[got - 2] << 8 | r[got - 1]);
}

/* One command; what is left as 61xx beyond Le is fetched here. */
static int exchange(struct euicc *u, const uint8_t *cmd, size_t len,
		    uint16_t *sw, struct sim_err *e)
{
	uint8_t more[5] = { 0x00, 0xc0, 0x00, 0x00, 0x00 };
	size_t got = 0;

	u->len = 0;
	do {
		if (u->ch->ops->transmit(u->ch, cmd, len, u->resp + u->len,
					 sizeof(u->resp) - u->len, &got, e))
			return sim_fail_in(e, "eUICC");
		if (got < 2)
			return sim_fail(e, EX_PROTOCOL,
					"eUICC: the answer has no status word");
		*sw = status(u->resp + u->len, got);
		u->len += got - 2;
		u->pending = *sw >> 8 == 0x91;
		if (*sw >> 8 != 0x61)
			return 0;
		more[4] = (uint8_t)*sw;
		cmd = more;
		len = sizeof(more);
	} while (got > 2 && u->len + 258 <= sizeof(u->resp));
	return sim_fail(e, EX_PROTOCOL,
			"eUICC: the answer does not end; the card is left alone");
}

/* TS 102 221 11.1.19, additional interfaces: LUI, LPD and LDS are supported. */
static int terminal_capability(struct euicc *u, struct sim_err *e)
{
	static const uint8_t cmd[] = {
		0x80, 0xaa, 0x00, 0x00, 0x05, 0xa9, 0x03, 0x83, 0x01, 0x07,
	};
	uint16_t sw;

	/* A card that does not know it has nothing against us. */
	return exchange(u, cmd, sizeof(cmd), &sw, e);
}

static int select_isd_r(struct euicc *u, struct sim_err *e)
{
	uint8_t cmd[6 + sizeof(isd_r)] = { 0x00, 0xa4, 0x04, 0x00, sizeof(isd_r) };
	size_t got = 0;
	uint16_t sw;

	if (u->ch->terminal) {
		if (u->ch->ops->open(u->ch, NULL, 0, u->resp, sizeof(u->resp),
				     &got, e) || terminal_capability(u, e))
			return -1;
		memcpy(cmd + 5, isd_r, sizeof(isd_r));
		if (exchange(u, cmd, sizeof(cmd), &sw, e))
			return -1;
	} else {
		if (u->ch->ops->open(u->ch, isd_r, sizeof(isd_r), u->resp,
				     sizeof(u->resp), &got, e))
			return -1;
		sw = status(u->resp, got);
	}
	if (sw == 0x9000 || sw >> 8 == 0x91)
		return 0;
	return sim_fail(e, EX_UNAVAILABLE,
			"the card has no ISD-R (status %04X): it is not an eUICC, or its slot hides it",
			sw);
}

struct euicc *euicc_on(struct sim_channel *ch, struct sim_err *e)
{
	struct euicc *u = calloc(1, sizeof(*u));

	if (!u) {
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	u->ch = ch;
	u->lent = true;
	if (!select_isd_r(u, e))
		return u;
	euicc_close(u);
	return NULL;
}

struct euicc *euicc_open(struct sim_channel *ch, struct sim_err *e)
{
	struct euicc *u = euicc_on(ch, e);

	if (u)
		u->lent = false;
	else
		ch->ops->close(ch);
	return u;
}

void euicc_close(struct euicc *u)
{
	if (u && !u->lent)
		u->ch->ops->close(u->ch);
	free(u);
}

/* STORE DATA in blocks (SGP.22 5.7.2); the answer's object @tag in @out. */
static int store(struct euicc *u, uint32_t tag, const uint8_t *body, size_t len,
		 struct tlv *out, struct sim_err *e)
{
	uint8_t req[512], cmd[6 + BLOCK];
	size_t n = tlv_put(req, sizeof(req), 0, tag, body, len), at = 0, part;
	uint8_t block = 0;
	uint16_t sw;
	bool last;

	if (!n)
		return sim_fail(e, EX_SOFTWARE, "eUICC: request too long");
	do {
		part = n - at < BLOCK ? n - at : BLOCK;
		last = at + part == n;
		cmd[0] = 0x80;
		cmd[1] = 0xe2;
		cmd[2] = last ? 0x91 : 0x11;
		cmd[3] = block++;
		cmd[4] = (uint8_t)part;
		memcpy(cmd + 5, req + at, part);
		cmd[5 + part] = 0x00;
		if (exchange(u, cmd, 5 + part + last, &sw, e))
			return -1;
		if (sw != 0x9000 && sw >> 8 != 0x91)
			return sim_fail(e, EX_UNAVAILABLE,
					"eUICC: request %X refused (status %04X)",
					(unsigned int)tag, sw);
		at += part;
	} while (at < n);
	if (!tlv_find(u->resp, u->len, tag, out))
		return sim_fail(e, EX_PROTOCOL, "eUICC: the answer to %X makes no sense",
				(unsigned int)tag);
	return 0;
}

struct sim_channel *euicc_channel(struct euicc *u)
{
	return u->ch;
}

bool euicc_pending(const struct euicc *u)
{
	return u->pending;
}

int euicc_again(struct euicc *u, struct sim_err *e)
{
	return select_isd_r(u, e);
}

static uint32_t number(const struct tlv *t)
{
	uint32_t v = 0;

	for (size_t i = 0; i < t->len && i < 5; i++)
		v = v << 8 | t->v[i];
	return v;
}

static void string(const struct tlv *in, uint32_t tag, char *out, size_t max)
{
	struct tlv t;
	size_t n;

	out[0] = '\0';
	if (!tlv_in(in, tag, &t))
		return;
	n = t.len < max - 1 ? t.len : max - 1;
	/* Cut between characters, not within one. */
	while (n && n < t.len && (t.v[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, t.v, n);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
}

static bool iccid_of(const struct tlv *in, uint8_t *raw, char *digits)
{
	struct tlv t;

	digits[0] = '\0';
	if (!tlv_in(in, T_ICCID, &t) || t.len != 10)
		return false;
	if (raw)
		memcpy(raw, t.v, 10);
	bcd_iccid(t.v, t.len, digits, 21);
	return digits[0];
}

int euicc_eid(struct euicc *u, char out[33], struct sim_err *e)
{
	static const uint8_t ask[] = { 0x5c, 0x01, T_ICCID };
	struct tlv r, t;

	if (store(u, T_EID, ask, sizeof(ask), &r, e))
		return -1;
	if (!tlv_in(&r, T_ICCID, &t) || t.len != 16)
		return sim_fail(e, EX_PROTOCOL, "eUICC: the EID has not 16 bytes");
	for (size_t i = 0; i < 16; i++)
		sprintf(out + 2 * i, "%02X", t.v[i]);
	return 0;
}

static void version(const struct tlv *in, uint16_t tag, char out[16])
{
	struct tlv t;

	if (tlv_in(in, tag, &t) && t.len == 3)
		snprintf(out, 16, "%u.%u.%u", t.v[0], t.v[1], t.v[2]);
}

/* 84 in it is the extended card resources of TS 102 226 8.2.1.7.2. */
int euicc_memory(struct euicc *u, struct euicc_memory *out, struct sim_err *e)
{
	struct tlv r, t, n;
	uint32_t *const to[] = { &out->applications, &out->free_bytes,
				 &out->free_ram };

	*out = (struct euicc_memory){ 0 };
	if (store(u, T_INFO2, NULL, 0, &r, e))
		return -1;
	version(&r, 0x81, out->profiles);
	version(&r, 0x82, out->svn);
	version(&r, 0x83, out->firmware);
	if (!tlv_in(&r, 0x84, &t))
		return 0;
	for (uint16_t i = 0; i < 3; i++)
		if (tlv_in(&t, 0x81 + i, &n) && n.len <= 4)
			*to[i] = number(&n);
	return 0;
}

static bool take_profile(const struct tlv *in, struct euicc_profile *p)
{
	struct tlv t;

	memset(p, 0, sizeof(*p));
	p->class = EUICC_NO_CLASS;
	if (!iccid_of(in, p->raw, p->iccid))
		return false;
	p->port = tlv_in(in, T_PORT, &t) && t.len == 1 ? t.v[0] : -1;
	p->enabled = tlv_in(in, T_STATE, &t) && t.len == 1 && t.v[0] == 1 &&
		     p->port <= 0;
	if (tlv_in(in, 0x95, &t) && t.len == 1 && t.v[0] < EUICC_NO_CLASS)
		p->class = (enum euicc_class)t.v[0];
	string(in, 0x90, p->nickname, sizeof(p->nickname));
	string(in, 0x91, p->provider, sizeof(p->provider));
	string(in, 0x92, p->name, sizeof(p->name));
	return true;
}

int euicc_profiles(struct euicc *u, struct euicc_profile **out, size_t *n,
		   struct sim_err *e)
{
	static const uint8_t ask[] = {
		0x5c, 0x0a, 0x5a, 0x4f, 0x9f, 0x70, 0x90, 0x91, 0x92, 0x95,
		0x9f, 0x24,
	};
	static const uint8_t older[] = {
		0x5c, 0x08, 0x5a, 0x4f, 0x9f, 0x70, 0x90, 0x91, 0x92, 0x95,
	};
	struct tlv r, list = { 0 }, t;
	struct tlv_iter it;
	bool have;
	int more;

	*n = 0;
	*out = NULL;
	have = !store(u, T_PROFILES, ask, sizeof(ask), &r, e) &&
	       tlv_in(&r, 0xa0, &list);
	/* One that knows no ports may refuse to be asked for them. */
	if (!have && u->ch->fault == SIM_CHAN_OK) {
		if (store(u, T_PROFILES, older, sizeof(older), &r, e))
			return -1;
		have = tlv_in(&r, 0xa0, &list);
	}
	if (u->ch->fault != SIM_CHAN_OK)
		return -1;
	if (!have)
		return sim_fail(e, EX_PROTOCOL, "eUICC: the card refuses its list of profiles");
	*out = calloc(LIST_MAX, sizeof(**out));
	if (!*out)
		return sim_fail(e, EX_OSERR, "out of memory");
	it = (struct tlv_iter){ list.v, list.len };
	while (*n < LIST_MAX && (more = tlv_next(&it, &t)) == 1)
		if (t.tag == 0xe3)
			*n += take_profile(&t, &(*out)[*n]);
	return 0;
}

/* ---- changes ------------------------------------------------------------ */

/* The ICCID's bytes as the card lists them: with or without a last F. */
static int find_raw(struct euicc *u, const char *iccid, uint8_t raw[10],
		    struct sim_err *e)
{
	struct euicc_profile *p;
	bool found = false;
	size_t n;

	if (euicc_profiles(u, &p, &n, e))
		return -1;
	for (size_t i = 0; i < n && !found; i++) {
		found = !strcmp(p[i].iccid, iccid);
		if (found)
			memcpy(raw, p[i].raw, 10);
	}
	free(p);
	if (found)
		return 0;
	sim_fail(e, EX_DATAERR, "the eUICC has no such profile; see 'simsync esim list'");
	return EUICC_NOT_FOUND;
}

static const char *meaning(int result)
{
	static const char *const text[] = {
		[EUICC_NOT_FOUND] = "the eUICC has no such profile; see 'simsync esim list'",
		[EUICC_WRONG_STATE] = "the profile is in that state already, or must be disabled first",
		[EUICC_POLICY] = "the operator's profile does not allow this",
		[4] = "the card wants another profile enabled first",
		[EUICC_CAT_BUSY] = "the card is busy with its own applications; try again in a moment",
	};

	if (result > 0 && result <= EUICC_CAT_BUSY)
		return text[result];
	return "the eUICC gives no reason";
}

static int result_of(const struct tlv *r, struct sim_err *e)
{
	struct tlv t;

	if (!tlv_in(r, 0x80, &t) || t.len != 1)
		return sim_fail(e, EX_PROTOCOL, "eUICC: no result in the answer");
	if (t.v[0])
		sim_fail(e, EX_UNAVAILABLE, "%s (result %u)", meaning(t.v[0]),
			 t.v[0]);
	return t.v[0];
}

int euicc_do(struct euicc *u, enum euicc_verb verb, const char *iccid,
	     bool refresh, struct sim_err *e)
{
	static const uint32_t tag[] = { T_ENABLE, T_DISABLE, T_DELETE };
	uint8_t raw[10], id[16], body[32], flag = refresh ? 0xff : 0x00;
	size_t n, len;
	struct tlv r;
	int ret;

	ret = find_raw(u, iccid, raw, e);
	if (ret)
		return ret;
	n = tlv_put(id, sizeof(id), 0, T_ICCID, raw, sizeof(raw));
	if (verb == EUICC_DELETE) {
		ret = store(u, tag[verb], id, n, &r, e);
	} else {
		len = tlv_put(body, sizeof(body), 0, 0xa0, id, n);
		len = tlv_put(body, sizeof(body), len, 0x81, &flag, 1);
		ret = store(u, tag[verb], body, len, &r, e);
	}
	return ret ? ret : result_of(&r, e);
}

int euicc_reset(struct euicc *u, struct sim_err *e)
{
	if (!u->ch->ops->reset)
		return sim_fail(e, EX_UNAVAILABLE,
				"this slot cannot reset the card; the switch is complete when its modem has done so");
	return u->ch->ops->reset(u->ch, e);
}

int euicc_nickname(struct euicc *u, const char *iccid, const char *name,
		   struct sim_err *e)
{
	uint8_t raw[10], body[96];
	size_t n, len = strlen(name);
	struct tlv r;
	int ret;

	if (len > 64)
		return sim_fail(e, EX_USAGE, "a nickname has at most 64 bytes; this one has %zu",
				len);
	ret = find_raw(u, iccid, raw, e);
	if (ret)
		return ret;
	n = tlv_put(body, sizeof(body), 0, T_ICCID, raw, sizeof(raw));
	n = tlv_put(body, sizeof(body), n, 0x90, (const uint8_t *)name, len);
	ret = store(u, T_NICKNAME, body, n, &r, e);
	return ret ? ret : result_of(&r, e);
}

/* ---- notifications (ES10b 5.7.9 to 5.7.11) ------------------------------ */

static bool take_notice(const struct tlv *in, struct euicc_notice *out)
{
	struct tlv t;

	memset(out, 0, sizeof(*out));
	if (!tlv_in(in, 0x80, &t) || !t.len || t.len > 5)
		return false;
	out->seq = number(&t);
	/* BIT STRING: unused bits, then install, enable, disable, delete. */
	if (tlv_in(in, 0x81, &t) && t.len == 2)
		out->event = t.v[1];
	string(in, 0x0c, out->address, sizeof(out->address));
	iccid_of(in, NULL, out->iccid);
	return true;
}

int euicc_notices(struct euicc *u, struct euicc_notice **out, size_t *n,
		  struct sim_err *e)
{
	struct tlv r, list = { 0 }, t;
	struct tlv_iter it;

	*n = 0;
	*out = NULL;
	if (store(u, T_NOTICES, NULL, 0, &r, e))
		return -1;
	if (!tlv_in(&r, 0xa0, &list))
		return sim_fail(e, EX_PROTOCOL, "eUICC: the card refuses its list of notifications");
	*out = calloc(LIST_MAX, sizeof(**out));
	if (!*out)
		return sim_fail(e, EX_OSERR, "out of memory");
	it = (struct tlv_iter){ list.v, list.len };
	while (*n < LIST_MAX && tlv_next(&it, &t) == 1)
		if (t.tag == T_NOTICE)
			*n += take_notice(&t, &(*out)[*n]);
	return 0;
}

int euicc_forget_notice(struct euicc *u, uint32_t seq, struct sim_err *e)
{
	uint8_t v[5] = { 0, (uint8_t)(seq >> 24), (uint8_t)(seq >> 16),
			 (uint8_t)(seq >> 8), (uint8_t)seq };
	uint8_t body[8];
	size_t i = 0, n;
	struct tlv r;

	/* DER INTEGER: fewest bytes, the first bit is the sign. */
	while (i < 4 && !v[i] && !(v[i + 1] & 0x80))
		i++;
	n = tlv_put(body, sizeof(body), 0, 0x80, v + i, sizeof(v) - i);
	if (store(u, T_NOTICE_SENT, body, n, &r, e))
		return -1;
	return result_of(&r, e);
}
