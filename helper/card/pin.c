// SPDX-License-Identifier: MIT
/*
 * pin.c - PIN state before anything is tried, and a PIN with the brakes on
 */
#include <ctype.h>
#include <string.h>

#include "card/fs.h"
#include "card/tlv.h"

#define INS_VERIFY	0x20
#define KEY_PIN1	0x01
#define KEY_PIN2	0x81
#define KEY_UNIVERSAL	0x11
#define TRIES_FULL	3

static const uint16_t df_gsm[] = { FS_GSM };

/**
 * struct keys - PIN status template, TS 102 221 9.5.2
 * @ref: key reference for each PIN, 0 none
 * @off: the card says its verification is disabled
 */
struct keys {
	uint8_t ref[2];
	bool off[2];
};

static void one_key(struct keys *k, uint8_t ref, bool on, bool replaces)
{
	if (ref >= 0x01 && ref <= 0x08 && !k->ref[CARD_PIN1]) {
		k->ref[CARD_PIN1] = ref;
		k->off[CARD_PIN1] = !on;
	} else if (ref >= 0x81 && ref <= 0x88 && !k->ref[CARD_PIN2]) {
		k->ref[CARD_PIN2] = ref;
		k->off[CARD_PIN2] = !on;
	} else if (ref == KEY_UNIVERSAL && on && replaces) {
		/* Usage qualifier 08: the universal PIN stands for PIN1. */
		k->ref[CARD_PIN1] = ref;
		k->off[CARD_PIN1] = false;
	}
}

/* 90 PS_DO (a bit per key, b8 the first), then 83 key, 95 qualifier before it. */
static void read_keys(const struct card *c, struct keys *k)
{
	struct tlv_iter it = { .p = c->status, .left = c->nstatus };
	const uint8_t *bits = NULL;
	bool replaces = false, on;
	size_t nbits = 0, i = 0;
	struct tlv t;

	*k = (struct keys){ 0 };
	while (tlv_next(&it, &t) == 1) {
		if (t.tag == 0x90) {
			bits = t.v;
			nbits = t.len * 8;
		} else if (t.tag == 0x95) {
			replaces = t.len && t.v[0] & 0x08;
		} else if (t.tag == 0x83 && t.len == 1) {
			on = i >= nbits || bits[i / 8] & 0x80 >> i % 8;
			one_key(k, t.v[0], on, replaces);
			replaces = false;
			i++;
		}
	}
	if (!k->ref[CARD_PIN1])
		k->ref[CARD_PIN1] = KEY_PIN1;
	if (!k->ref[CARD_PIN2])
		k->ref[CARD_PIN2] = KEY_PIN2;
}

static void tries_left(struct card_pin *out, int tries)
{
	out->tries = tries;
	out->full = tries >= TRIES_FULL;
	out->state = tries ? CARD_PIN_NEEDED : CARD_PIN_BLOCKED;
}

/* 51.011 9.2.1: CHV status b8 initialised, b4-b1 tries; 40 we set: disabled. */
static int pin_gsm(struct card *c, enum card_pin_id which,
		   struct card_pin *out, struct sim_err *e)
{
	struct fs_ef ef;
	int ret = 0;

	if (c->chv[which] == 0xff) {
		/* The states come with the DF's response: ask it again. */
		c->ncache = 0;
		ret = fs_select(c, df_gsm, 1, "DF_GSM", &ef, e);
	}
	if (ret < 0)
		return ret;
	if (c->chv[which] == 0xff)
		return 0;
	tries_left(out, c->chv[which] & 0x0f);
	if (c->chv[which] & 0x40)
		out->state = CARD_PIN_OFF;
	return 0;
}

int card_pin(struct card *c, enum card_pin_id which, struct card_pin *out,
	     struct sim_err *e)
{
	uint8_t cmd[4] = { 0x00, INS_VERIFY, 0x00 }, r[FS_RESP_MAX];
	struct keys k;
	size_t got;
	int ret;

	*out = (struct card_pin){ .state = CARD_PIN_UNKNOWN, .tries = -1 };
	if (c->gsm)
		return pin_gsm(c, which, out, e);
	read_keys(c, &k);
	c->key[which] = k.ref[which];
	/* Without data VERIFY tries nothing and tells (TS 102 221 11.1.9.1.2). */
	cmd[3] = k.ref[which];
	ret = fs_send(c, cmd, sizeof(cmd), "PIN state", r, &got, e);
	if (ret < 0)
		return ret;
	if (c->sw == 0x9000 || c->sw == 0x6984) {
		out->state = CARD_PIN_OFF;
	} else if ((c->sw & 0xfff0) == 0x63c0) {
		tries_left(out, c->sw & 0x0f);
		if (k.off[which] && out->tries)
			out->state = CARD_PIN_OFF;
	} else if (c->sw == 0x6983) {
		tries_left(out, 0);
	}
	/* Cards may tell the tries even when no PIN is asked for any more. */
	if (c->verified[which] && out->state == CARD_PIN_NEEDED)
		out->state = CARD_PIN_OFF;
	return 0;
}

static int refuse(struct sim_err *e, const char *text)
{
	sim_fail(e, EX_NOPERM, "%s", text);
	return 1;
}

static int may_try(const struct card_pin *p, bool typed, struct sim_err *e)
{
	if (p->state == CARD_PIN_BLOCKED)
		return refuse(e, "the PIN is blocked; unblock it with the PUK on the phone");
	if (p->tries == 1)
		return refuse(e, "one try is left for the PIN and is never used here; enter it on the phone once");
	if (p->tries < 0)
		return refuse(e, "the card does not say how many tries are left, and this may be the last, which is never used here; enter the PIN on the phone once");
	if (!p->full && !typed)
		return refuse(e, "somebody mistyped the PIN before, so only one typed just now is tried");
	return 0;
}

int card_pin_verify(struct card *c, enum card_pin_id which, const char *pin,
		    bool typed, struct sim_err *e)
{
	uint8_t cmd[13] = { c->gsm ? 0xa0 : 0x00, INS_VERIFY, 0, 0, 8 };
	uint8_t r[FS_RESP_MAX];
	struct card quiet;
	struct card_pin p;
	size_t n = strlen(pin), got;
	int ret;

	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)pin[i]))
			return refuse(e, "a PIN has digits only; nothing was tried");
	if (n < 4 || n > 8)
		return refuse(e, "a PIN has 4 to 8 digits; nothing was tried");
	c->chv[which] = 0xff;
	if (card_pin(c, which, &p, e))
		return -1;
	if (p.state == CARD_PIN_OFF)
		return 0;
	ret = may_try(&p, typed, e);
	if (ret)
		return ret;
	cmd[3] = c->gsm ? (uint8_t)(which + 1) : c->key[which];
	memset(cmd + 5, 0xff, 8);
	memcpy(cmd + 5, pin, n);
	/* A trace must not show the PIN. */
	quiet = *c;
	quiet.on_apdu = NULL;
	ret = fs_send(&quiet, cmd, sizeof(cmd), "PIN", r, &got, e);
	c->sw = quiet.sw;
	explicit_bzero(cmd, sizeof(cmd));
	if (ret < 0)
		return ret;
	if (c->gsm)
		c->chv[which] = ret ? 0xff : c->chv[which] | 0x40;
	if (!ret) {
		c->verified[which] = true;
		return 0;
	}
	if (c->sw == 0x63c0 || c->sw == 0x6983 || c->sw == 0x9840)
		return refuse(e, "wrong PIN, and now it is blocked; unblock it with the PUK on the phone");
	if ((c->sw & 0xfff0) == 0x63c0)
		sim_fail(e, EX_NOPERM, "wrong PIN; %u tries left",
			 c->sw & 0x0f);
	return 1;
}
