// SPDX-License-Identifier: MIT
/*
 * uicc_cat.c - TERMINAL PROFILE, TERMINAL CAPABILITY, FETCH, TERMINAL RESPONSE
 * and ENVELOPE of the software UICC (TS 102 221 11.2, TS 102 223)
 */
#include "card/uicc_fs.h"

#include <string.h>

uint16_t uicc_do_profile(struct uicc *c, struct uicc_cmd *a)
{
	if (a->p1 || a->p2)
		return 0x6a86;
	if (!a->lc)
		return 0x6700;
	c->profile_done = true;
	return 0x9000;
}

/* TERMINAL CAPABILITY, TS 102 221 11.1.19: one A9 template. */
uint16_t uicc_do_capability(struct uicc *c, struct uicc_cmd *a)
{
	(void)c;
	if (a->p1 || a->p2)
		return 0x6a86;
	if (a->lc < 2)
		return 0x6700;
	if (a->data[0] != 0xa9 || a->data[1] != a->lc - 2)
		return 0x6a80;
	return 0x9000;
}

uint16_t uicc_do_fetch(struct uicc *c, struct uicc_cmd *a)
{
	if (a->p1 || a->p2)
		return 0x6a86;
	if (!c->nproactive || c->fetched)
		return 0x6985;
	memcpy(a->out, c->proactive, c->nproactive);
	a->nout = c->nproactive;
	/* 6Cxx leaves it to be fetched again */
	if (!a->has_le || a->le == a->nout)
		c->fetched = true;
	return 0x9000;
}

uint16_t uicc_do_response(struct uicc *c, struct uicc_cmd *a)
{
	if (a->p1 || a->p2)
		return 0x6a86;
	if (!c->fetched)
		return 0x6985;
	if (a->lc < 9 || (a->data[0] & 0x7f) != 0x01)
		return 0x6a80;
	c->nproactive = 0;
	c->fetched = false;
	if (c->switching && c->switch_to_on_response) {
		c->switching = false;
		c->switch_to_on_response = false;
		uicc_switch_now(c, c->switch_to);
		uicc_close_all(c);
	}
	return 0x9000;
}

uint16_t uicc_do_envelope(struct uicc *c, struct uicc_cmd *a)
{
	(void)c;
	if (a->p1 || a->p2)
		return 0x6a86;
	return a->lc ? 0x9000 : 0x6700;
}

/* Proactive UICC command D0 { 81 details, 82 device identities }. */
void uicc_refresh(struct uicc *c, uint8_t qualifier)
{
	static const uint8_t refresh[] = {
		0xd0, 0x09, 0x81, 0x03, 0x01, 0x01, 0x00, 0x82, 0x02, 0x81,
		0x82,
	};

	memcpy(c->proactive, refresh, sizeof(refresh));
	c->proactive[6] = qualifier;
	c->nproactive = sizeof(refresh);
	c->fetched = false;
}
