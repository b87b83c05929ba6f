// SPDX-License-Identifier: MIT
/*
 * uicc_pin.c - VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN of the software
 * UICC (TS 102 221 11.1.9 to 11.1.13)
 */
#include "card/uicc_fs.h"

#include <string.h>

#define PUK_TRIES 10
#define PIN_TRIES 3

/* Key references: 01 PIN1, 81 PIN2, 0A to 0E ADM. */
static struct uicc_pin *pin(struct uicc *c, uint8_t ref)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	struct uicc_pin *p = NULL;

	if (ref == 0x01)
		p = &fs->pin[UICC_IX_PIN1];
	else if (ref == 0x81)
		p = &fs->pin[UICC_IX_PIN2];
	else if (ref >= 0x0a && ref <= 0x0e)
		p = &fs->pin[UICC_IX_ADM];
	return p && p->there ? p : NULL;
}

static uint16_t tries_left(uint8_t n)
{
	return n ? (uint16_t)(0x63c0 | n) : 0x6983;
}

/* Compare, count, and say what to answer; 0 when right. */
static uint16_t check(struct uicc *c, struct uicc_pin *p, const uint8_t *value)
{
	if (!p->tries)
		return 0x6983;
	if (memcmp(p->value, value, 8)) {
		p->tries--;
		p->verified = false;
		c->dirty = true;
		return tries_left(p->tries);
	}
	if (p->tries != PIN_TRIES)
		c->dirty = true;
	p->tries = PIN_TRIES;
	return 0;
}

uint16_t uicc_do_verify(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_pin *p;
	uint16_t sw;

	if (a->p1)
		return 0x6a86;
	p = pin(c, a->p2);
	if (!p)
		return 0x6a88;
	if (!a->lc)
		return tries_left(p->tries);
	if (a->lc != 8)
		return 0x6700;
	if (!p->enabled)
		return p->tries ? 0x6985 : 0x6983;
	sw = check(c, p, a->data);
	if (sw)
		return sw;
	p->verified = true;
	return 0x9000;
}

uint16_t uicc_do_change(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_pin *p;
	uint16_t sw;

	if (a->p1)
		return 0x6a86;
	p = pin(c, a->p2);
	if (!p)
		return 0x6a88;
	if (!a->lc)
		return tries_left(p->tries);
	if (a->lc != 16)
		return 0x6700;
	if (!p->enabled)
		return 0x6985;
	sw = check(c, p, a->data);
	if (sw)
		return sw;
	memcpy(p->value, a->data + 8, 8);
	p->verified = true;
	c->dirty = true;
	return 0x9000;
}

static uint16_t able(struct uicc *c, struct uicc_cmd *a, bool on)
{
	struct uicc_pin *p;
	uint16_t sw;

	if (a->p1)
		return 0x6a86;
	p = pin(c, a->p2);
	if (!p)
		return 0x6a88;
	if (!a->lc)
		return tries_left(p->tries);
	if (a->lc != 8)
		return 0x6700;
	if (p->enabled == on)
		return 0x6985;
	sw = check(c, p, a->data);
	if (sw)
		return sw;
	p->enabled = on;
	/* enabling needs the value, so the PIN counts as verified */
	p->verified = true;
	c->dirty = true;
	return 0x9000;
}

uint16_t uicc_do_disable(struct uicc *c, struct uicc_cmd *a)
{
	return able(c, a, false);
}

uint16_t uicc_do_enable(struct uicc *c, struct uicc_cmd *a)
{
	return able(c, a, true);
}

uint16_t uicc_do_unblock(struct uicc *c, struct uicc_cmd *a)
{
	struct uicc_pin *p;

	if (a->p1)
		return 0x6a86;
	p = pin(c, a->p2);
	if (!p)
		return 0x6a88;
	if (!a->lc)
		return tries_left(p->puk_tries);
	if (a->lc != 16)
		return 0x6700;
	if (!p->puk_tries)
		return 0x6983;
	c->dirty = true;
	if (memcmp(p->puk, a->data, 8)) {
		p->puk_tries--;
		return tries_left(p->puk_tries);
	}
	p->puk_tries = PUK_TRIES;
	p->tries = PIN_TRIES;
	memcpy(p->value, a->data + 8, 8);
	p->enabled = true;
	p->verified = true;
	return 0x9000;
}
