// SPDX-License-Identifier: MIT
/*
 * uicc_euicc.c - ISD-R of the software eUICC: ES10b and ES10c by STORE DATA
 * (GSMA SGP.22 5.7)
 */
#include "card/uicc_fs.h"

#include <stdlib.h>
#include <string.h>

#define STORE_MAX 4096

const uint8_t uicc_isdr_aid[16] = { 0xa0, 0x00, 0x00, 0x05, 0x59, 0x10,
				    0x10, 0xff, 0xff, 0xff, 0xff, 0x89,
				    0x00, 0x00, 0x01, 0x00 };

/* Results of 5.7.16 to 5.7.18 */
enum { OK = 0, NOT_FOUND = 1, WRONG_STATE = 2, CAT_BUSY = 5 };

/* ---- BER-TLV --------------------------------------------------------------- */

/**
 * struct tlv - one data object
 * @tag: one or two bytes
 * @v: value
 * @n: its length
 */
struct tlv {
	unsigned int tag;
	const uint8_t *v;
	size_t n;
};

static bool next_tlv(const uint8_t **p, const uint8_t *end, struct tlv *t)
{
	const uint8_t *q = *p;

	if (q >= end)
		return false;
	t->tag = *q++;
	if ((t->tag & 0x1f) == 0x1f) {
		if (q >= end)
			return false;
		t->tag = t->tag << 8 | *q++;
	}
	if (q >= end)
		return false;
	t->n = *q++;
	if (t->n == 0x81) {
		if (q >= end)
			return false;
		t->n = *q++;
	} else if (t->n == 0x82) {
		if (end - q < 2)
			return false;
		t->n = (size_t)(q[0] << 8 | q[1]);
		q += 2;
	} else if (t->n > 0x82) {
		return false;
	}
	if ((size_t)(end - q) < t->n)
		return false;
	t->v = q;
	*p = q + t->n;
	return true;
}

static bool find(const uint8_t *v, size_t n, unsigned int tag, struct tlv *t)
{
	const uint8_t *p = v;

	while (next_tlv(&p, v + n, t))
		if (t->tag == tag)
			return true;
	return false;
}

/* Objects are put in front of what is there: the inner ones come first. */
struct out {
	uint8_t b[8192];
	size_t at;
};

static void put(struct out *o, const void *v, size_t n)
{
	if (!n || n > o->at)
		return;
	o->at -= n;
	memcpy(o->b + o->at, v, n);
}

/* Head of an object whose value goes from here to @end. */
static void head(struct out *o, unsigned int tag, size_t end)
{
	size_t n = end - o->at;
	uint8_t h[5], k = 0;

	if (tag > 0xff)
		h[k++] = (uint8_t)(tag >> 8);
	h[k++] = (uint8_t)tag;
	if (n > 0xff) {
		h[k++] = 0x82;
		h[k++] = (uint8_t)(n >> 8);
	} else if (n > 0x7f) {
		h[k++] = 0x81;
	}
	h[k++] = (uint8_t)n;
	put(o, h, k);
}

static void object(struct out *o, unsigned int tag, const void *v, size_t n)
{
	size_t end = o->at;

	put(o, v, n);
	head(o, tag, end);
}

static void number(struct out *o, unsigned int tag, unsigned int v)
{
	uint8_t b[3] = { (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };
	size_t skip = 0;

	/* INTEGER: shortest, not negative */
	while (skip < 2 && !b[skip] && !(b[skip + 1] & 0x80))
		skip++;
	object(o, tag, b + skip, 3 - skip);
}

/* ---- profiles ---------------------------------------------------------------- */

static struct uicc_fs *by_id(struct uicc *c, const struct tlv *id)
{
	size_t i;

	for (i = 0; i < c->nfs; i++) {
		struct uicc_fs *fs = c->fs[i];

		if (id->tag == 0x5a && id->n == 10 &&
		    !memcmp(fs->iccid, id->v, 10))
			return fs;
		if (id->tag == 0x4f && id->n == 16 &&
		    !memcmp(fs->aid, id->v, 16))
			return fs;
	}
	return NULL;
}

static void notify(struct uicc *c, const struct uicc_fs *fs, uint8_t op)
{
	struct uicc_notification *n;

	if (c->nnotif == UICC_EUICC_PENDING) {
		memmove(c->notif, c->notif + 1,
			sizeof(c->notif) - sizeof(c->notif[0]));
		c->nnotif--;
	}
	n = &c->notif[c->nnotif++];
	n->seq = ++c->notif_seq;
	n->op = op;
	memcpy(n->iccid, fs->iccid, 10);
}

/*
 * 3.2.1 step 6: what the old profile's sessions had selected is gone, PINs
 * are unverified. The channel ISD-R is on stays, so that it can answer.
 */
void uicc_switch_now(struct uicc *c, struct uicc_fs *to)
{
	struct uicc_fs *fs;
	size_t i, k;

	if (c->cur)
		notify(c, c->cur, 0x20);
	if (to)
		notify(c, to, 0x40);
	c->cur = to;
	fs = to ? to : c->boot;
	for (i = 0; i < UICC_CHANNELS; i++) {
		bool isdr = c->chan[i].isdr;

		c->chan[i] = (struct uicc_chan){
			.open = !i || (c->chan[i].open && isdr),
			.isdr = isdr, .df = fs->mf };
	}
	for (i = 0; i < c->nfs; i++)
		for (k = 0; k < UICC_PINS; k++)
			c->fs[i]->pin[k].verified = false;
	c->dirty = true;
}

static unsigned int change(struct uicc *c, struct uicc_fs *to, bool refresh)
{
	if (c->nproactive && c->feature[UICC_F_CATBUSY])
		return CAT_BUSY;
	if (!refresh) {
		uicc_switch_now(c, to);
		return OK;
	}
	c->switching = true;
	c->switch_to = to;
	c->switch_to_on_response = c->feature[UICC_F_REFRESH_09];
	uicc_refresh(c, c->switch_to_on_response ? 0x09 : 0x04);
	return OK;
}

/* Enable and Disable: A0 { 5A or 4F }, 81 refreshFlag */
static void able(struct uicc *c, const struct tlv *t, struct out *o)
{
	bool on = t->tag == 0xbf31, refresh = false;
	unsigned int result = NOT_FOUND;
	struct uicc_fs *fs = NULL;
	struct tlv id, flag;
	const uint8_t *p;

	if (find(t->v, t->n, 0xa0, &id)) {
		p = id.v;
		if (next_tlv(&p, id.v + id.n, &id))
			fs = by_id(c, &id);
	}
	if (find(t->v, t->n, 0x81, &flag) && flag.n == 1)
		refresh = flag.v[0] != 0;
	if (fs && (fs == c->cur) == on)
		result = WRONG_STATE;
	else if (fs)
		result = change(c, on ? fs : NULL, refresh);
	number(o, 0x80, result);
}

static void delete(struct uicc *c, const struct tlv *t, struct out *o)
{
	const uint8_t *p = t->v;
	struct uicc_fs *fs = NULL;
	struct tlv id;
	size_t i;

	if (next_tlv(&p, t->v + t->n, &id))
		fs = by_id(c, &id);
	if (fs && fs != c->cur && !(c->switching && c->switch_to == fs)) {
		notify(c, fs, 0x10);
		for (i = 0; c->fs[i] != fs; i++)
			;
		memmove(&c->fs[i], &c->fs[i + 1],
			(c->nfs - i - 1) * sizeof(c->fs[0]));
		c->nfs--;
		uicc_fs_free(fs);
		c->dirty = true;
		number(o, 0x80, OK);
		return;
	}
	number(o, 0x80, fs ? WRONG_STATE : NOT_FOUND);
}

static void nickname(struct uicc *c, const struct tlv *t, struct out *o)
{
	struct uicc_fs *fs = NULL;
	struct tlv id, name;

	if (find(t->v, t->n, 0x5a, &id))
		fs = by_id(c, &id);
	if (fs && find(t->v, t->n, 0x90, &name) &&
	    name.n < sizeof(fs->nickname)) {
		memcpy(fs->nickname, name.v, name.n);
		fs->nickname[name.n] = 0;
		c->dirty = true;
		number(o, 0x80, OK);
		return;
	}
	number(o, 0x80, fs ? 127 : NOT_FOUND);
}

/* Is the tag in the list the LPA gave? No list: the default of 5.7.15. */
static bool wanted(const struct tlv *list, unsigned int tag)
{
	static const unsigned int normal[] = { 0x5a, 0x4f, 0x9f70, 0x90, 0x91,
					       0x92, 0x95, 0x9f24 };
	size_t i;

	if (!list->v) {
		for (i = 0; i < sizeof(normal) / sizeof(normal[0]); i++)
			if (normal[i] == tag)
				return true;
		return false;
	}
	for (i = 0; i < list->n; i++) {
		unsigned int t = list->v[i];

		if ((t & 0x1f) == 0x1f && i + 1 < list->n)
			t = t << 8 | list->v[++i];
		if (t == tag)
			return true;
	}
	return false;
}

static void profile(struct uicc *c, const struct uicc_fs *fs,
		    const struct tlv *list, struct out *o)
{
	size_t end = o->at;

	if (wanted(list, 0x95))
		number(o, 0x95, fs->class);
	if (wanted(list, 0x92) && *fs->pname)
		object(o, 0x92, fs->pname, strlen(fs->pname));
	if (wanted(list, 0x91) && *fs->provider)
		object(o, 0x91, fs->provider, strlen(fs->provider));
	if (wanted(list, 0x90) && *fs->nickname)
		object(o, 0x90, fs->nickname, strlen(fs->nickname));
	if (c->feature[UICC_F_MEP] && (fs == c->cur || fs->port) &&
	    wanted(list, 0x9f24))
		number(o, 0x9f24, fs == c->cur ? 0 : fs->port);
	if (wanted(list, 0x9f70))
		number(o, 0x9f70, fs == c->cur ||
		       (c->feature[UICC_F_MEP] && fs->port));
	if (wanted(list, 0x4f))
		object(o, 0x4f, fs->aid, 16);
	if (wanted(list, 0x5a))
		object(o, 0x5a, fs->iccid, 10);
	head(o, 0xe3, end);
}

static void profiles(struct uicc *c, const struct tlv *t, struct out *o)
{
	struct tlv criteria = { .v = NULL }, list = { .v = NULL }, one;
	size_t i, end = o->at;
	const uint8_t *p;

	if (!find(t->v, t->n, 0x5c, &list))
		list.v = NULL;
	one.v = NULL;
	if (find(t->v, t->n, 0xa0, &criteria)) {
		p = criteria.v;
		if (!next_tlv(&p, criteria.v + criteria.n, &one))
			one.v = NULL;
	}
	for (i = c->nfs; i > 0; i--) {
		struct uicc_fs *fs = c->fs[i - 1];

		if (one.v && one.tag == 0x95 ?
			    one.n != 1 || one.v[0] != fs->class :
			    one.v && by_id(c, &one) != fs)
			continue;
		profile(c, fs, &list, o);
	}
	head(o, 0xa0, end);
}

/* ---- the card itself ------------------------------------------------------- */

static void eid(struct uicc *c, const struct tlv *t, struct out *o)
{
	(void)t;
	object(o, 0x5a, c->eid, 16);
}

/* 5.7.8: what an LPA shows to people; the keys are those of GSMA's test CI */
static void info2(struct uicc *c, const struct tlv *t, struct out *o)
{
	static const uint8_t ci[] = { 0x04, 0x14, 0xf5, 0x41, 0x72, 0xbd, 0xf9,
				      0x8a, 0x95, 0xd6, 0x5c, 0xbe, 0xb8, 0x8a,
				      0x38, 0xa1, 0xc1, 0x1d, 0x80, 0x0a, 0x85,
				      0xc3 };
	static const uint8_t version[] = { 2, 3, 1 }, svn[] = { 2, 2, 2 };
	size_t end;

	(void)t;
	object(o, 0x0c, "SIMSYNC-TEST-0001", 17);
	object(o, 0x04, (uint8_t[]){ 0, 0, 1 }, 3);
	object(o, 0x99, (uint8_t[]){ 6, 0x40 }, 2);
	object(o, 0xaa, ci, sizeof(ci));
	object(o, 0xa9, ci, sizeof(ci));
	object(o, 0x88, (uint8_t[]){ 4, 0xb0 }, 2);
	object(o, 0x87, version, 3);
	object(o, 0x86, (uint8_t[]){ 9, 2, 0 }, 3);
	object(o, 0x85, (uint8_t[]){ 0, 0x7f, 0x36 }, 3);
	end = o->at;
	number(o, 0x83, 2048);
	number(o, 0x82, 393216 - (unsigned int)c->nfs * 40960);
	number(o, 0x81, 0);
	head(o, 0x84, end);
	object(o, 0x83, (uint8_t[]){ 1, 0, 0 }, 3);
	object(o, 0x82, svn, 3);
	object(o, 0x81, version, 3);
}

static void addresses(struct uicc *c, const struct tlv *t, struct out *o)
{
	static const char ds[] = "ds.example.org";

	(void)c;
	(void)t;
	object(o, 0x81, ds, sizeof(ds) - 1);
}

/* NotificationMetadata, 2.9.1: 80 seq, 81 operation, 0C address, 5A ICCID */
static void metadata(const struct uicc_notification *n, struct out *o)
{
	static const char address[] = "smdp.example.org";
	uint8_t op[2] = { 0, n->op }, bit = n->op;
	size_t end = o->at;

	while (!(bit & 1)) {
		op[0]++;
		bit >>= 1;
	}
	object(o, 0x5a, n->iccid, 10);
	object(o, 0x0c, address, sizeof(address) - 1);
	object(o, 0x81, op, 2);
	number(o, 0x80, n->seq);
	head(o, 0xbf2f, end);
}

static void notifications(struct uicc *c, const struct tlv *t, struct out *o)
{
	size_t i, end = o->at;
	struct tlv filter;
	bool some = find(t->v, t->n, 0x81, &filter) && filter.n == 2;

	for (i = c->nnotif; i > 0; i--)
		if (!some || filter.v[1] & c->notif[i - 1].op)
			metadata(&c->notif[i - 1], o);
	head(o, 0xa0, end);
}

static unsigned int value(const struct tlv *t)
{
	unsigned int v = 0;
	size_t i;

	for (i = 0; i < t->n && i < 4; i++)
		v = v << 8 | t->v[i];
	return v;
}

/* Signature and certificates are of the right shape and prove nothing. */
static void retrieve(struct uicc *c, const struct tlv *t, struct out *o)
{
	static const uint8_t signature[64] = { 0x5a, 0x5a };
	size_t i, end = o->at, item;
	struct tlv by, seq;
	bool one = find(t->v, t->n, 0xa0, &by) &&
		   find(by.v, by.n, 0x80, &seq);

	for (i = c->nnotif; i > 0; i--) {
		if (one && value(&seq) != c->notif[i - 1].seq)
			continue;
		item = o->at;
		object(o, 0x30, NULL, 0);
		object(o, 0x30, NULL, 0);
		object(o, 0x5f37, signature, sizeof(signature));
		metadata(&c->notif[i - 1], o);
		head(o, 0x30, item);
	}
	head(o, 0xa0, end);
}

static void sent(struct uicc *c, const struct tlv *t, struct out *o)
{
	struct tlv seq;
	size_t i;

	if (find(t->v, t->n, 0x80, &seq))
		for (i = 0; i < c->nnotif; i++)
			if (c->notif[i].seq == value(&seq)) {
				memmove(&c->notif[i], &c->notif[i + 1],
					(c->nnotif - i - 1) *
						sizeof(c->notif[0]));
				c->nnotif--;
				number(o, 0x80, OK);
				return;
			}
	number(o, 0x80, 1);
}

static const struct {
	unsigned int tag;
	void (*act)(struct uicc *c, const struct tlv *t, struct out *o);
} functions[] = {
	{ 0xbf22, info2 },	   { 0xbf28, notifications },
	{ 0xbf29, nickname },	   { 0xbf2b, retrieve },
	{ 0xbf2d, profiles },	   { 0xbf30, sent },
	{ 0xbf31, able },	   { 0xbf32, able },
	{ 0xbf33, delete },	   { 0xbf3c, addresses },
	{ 0xbf3e, eid },
};

static uint16_t function(struct uicc *c, struct uicc_cmd *a)
{
	const uint8_t *p = c->store;
	struct out *o;
	struct tlv t;
	size_t i;

	if (!next_tlv(&p, c->store + c->nstore, &t))
		return 0x6a80;
	o = malloc(sizeof(*o));
	if (!o)
		return 0x6f00;
	o->at = sizeof(o->b);
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (functions[i].tag == t.tag)
			break;
	if (i < sizeof(functions) / sizeof(functions[0])) {
		functions[i].act(c, &t, o);
		head(o, t.tag, sizeof(o->b));
		a->nout = sizeof(o->b) - o->at;
		memcpy(a->out, o->b + o->at, a->nout);
	}
	free(o);
	return a->nout ? 0x9000 : 0x6a88;
}

/* STORE DATA: P1 11 more blocks, 91 the last; P2 counts them (5.7.2) */
uint16_t uicc_do_store(struct uicc *c, struct uicc_cmd *a)
{
	uint16_t sw;

	if (!a->ch->isdr)
		return 0x6d00;
	if (a->p1 != 0x11 && a->p1 != 0x91)
		return 0x6a86;
	if (!a->p2)
		c->nstore = 0;
	if (!c->store)
		c->store = malloc(STORE_MAX);
	if (!c->store || c->nstore + a->lc > STORE_MAX)
		return 0x6a84;
	if (a->lc)
		memcpy(c->store + c->nstore, a->data, a->lc);
	c->nstore += a->lc;
	if (a->p1 == 0x11)
		return 0x9000;
	sw = function(c, a);
	c->nstore = 0;
	return sw;
}

/* FCI of ISD-R: 6F { 84 AID, A5 { 9F65 }, E0 { 82 svn } } (5.7.1) */
uint16_t uicc_select_isdr(struct uicc *c, struct uicc_cmd *a)
{
	static const uint8_t rest[] = { 0xa5, 0x04, 0x9f, 0x65, 0x01, 0xff,
					0xe0, 0x05, 0x82, 0x03, 2, 2, 2 };
	(void)c;
	a->ch->isdr = true;
	a->ch->ef = NULL;
	if ((a->p2 & 0x1c) == 0x0c)
		return 0x9000;
	a->out[0] = 0x6f;
	a->out[1] = 18 + sizeof(rest);
	a->out[2] = 0x84;
	a->out[3] = 16;
	memcpy(a->out + 4, uicc_isdr_aid, 16);
	memcpy(a->out + 20, rest, sizeof(rest));
	a->nout = 20 + sizeof(rest);
	return 0x9000;
}

/* From inside: what a rule of the operator's, or another LPA, does. */
int uicc_profile(struct uicc *c, const char *iccid, char *why)
{
	uint8_t want[10];
	size_t i;

	if (!c->euicc)
		return uicc_why(why, "not an eUICC");
	if (!strcmp(iccid, "none")) {
		uicc_switch_now(c, NULL);
		return 0;
	}
	uicc_swap(iccid, want, sizeof(want));
	for (i = 0; i < c->nfs; i++)
		if (!memcmp(c->fs[i]->iccid, want, sizeof(want))) {
			uicc_switch_now(c, c->fs[i]);
			return 0;
		}
	return uicc_why(why, "no profile %s", iccid);
}
