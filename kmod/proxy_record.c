// SPDX-License-Identifier: GPL-2.0-only
/*
 * proxy_record.c - records that a process writes to /dev/simslot-proxy
 */
#include "proxy_record.h"

/* What a record of a type carries; a type without @max is not the process's. */
static const struct {
	u16 min;
	u32 max;
} bodies[] = {
	[SIMSLOT_P_CREATE] = { sizeof(struct simslot_proxy_create),
			       sizeof(struct simslot_proxy_create) },
	[SIMSLOT_P_INSERT] = { 0, SIMSLOT_ATR_MAX },
	[SIMSLOT_P_REMOVE] = { 0, 0 },
	[SIMSLOT_P_IDENTITY] = { 0, PROXY_EF_ICCID },
	[SIMSLOT_P_MUTE] = { sizeof(u32), sizeof(u32) },
	[SIMSLOT_P_DONE] = { sizeof(s32), PROXY_BODY_MAX },
	[SIMSLOT_P_CARD_RESET] = { 0, SIMSLOT_ATR_MAX },
};

static int parse_create(struct simslot_proxy_create *c)
{
	size_t i;

	if (c->caps & ~(PROXY_CAPS | SIMSLOT_CAP_PROXIED) || !c->name[0] ||
	    c->name[sizeof(c->name) - 1])
		return -EINVAL;
	for (i = 0; c->name[i]; i++)
		if (c->name[i] < 0x20 || c->name[i] > 0x7e)
			return -EINVAL;
	c->caps |= SIMSLOT_CAP_PROXIED;
	return 0;
}

int proxy_record_parse(struct proxy_record *r, const u8 *b, size_t n)
{
	struct simslot_proxy_hdr hdr;
	u32 reason;

	memset(r, 0, sizeof(*r));
	if (n < sizeof(hdr))
		return -EINVAL;
	memcpy(&hdr, b, sizeof(hdr));
	b += sizeof(hdr);
	if (hdr.len != n - sizeof(hdr))
		return -EINVAL;
	if (hdr.version != SIMSLOT_PROXY_VERSION)
		return -EPROTONOSUPPORT;
	if (hdr.type < SIMSLOT_P_CREATE || hdr.type > SIMSLOT_P_CARD_RESET ||
	    hdr.len < bodies[hdr.type].min || hdr.len > bodies[hdr.type].max)
		return -EINVAL;
	r->type = hdr.type;
	r->id = hdr.id;
	r->data = b;
	r->len = hdr.len;
	switch (r->type) {
	case SIMSLOT_P_CREATE:
		memcpy(&r->create, b, sizeof(r->create));
		return parse_create(&r->create);
	case SIMSLOT_P_MUTE:
		memcpy(&reason, b, sizeof(reason));
		if (reason > SIMSLOT_REASON_GARBAGE)
			return -EINVAL;
		r->reason = reason;
		break;
	case SIMSLOT_P_DONE:
		memcpy(&r->error, b, sizeof(r->error));
		if (r->error > 0 || r->error < -MAX_ERRNO)
			return -EINVAL;
		r->data += sizeof(r->error);
		r->len -= sizeof(r->error);
		break;
	}
	return 0;
}
