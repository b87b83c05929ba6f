/* SPDX-License-Identifier: MIT */
/*
 * card_link.h - an APDU channel straight into the software UICC
 *
 * What the slot does below the APDU is done here: MANAGE CHANNEL and the
 * channel bits of the class byte. Included by each test of helper/card/.
 */
#ifndef TESTS_UNIT_CARD_LINK_H
#define TESTS_UNIT_CARD_LINK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "card/channel.h"
#include "card/uicc.h"

/**
 * struct link - channel and card
 * @base: the channel
 * @u: software card; not owned
 * @channel: logical channel opened, 0 the basic one
 * @cut: answer nothing any more after this many APDUs; -1 never
 * @log: print APDUs
 */
struct link {
	struct sim_channel base;
	struct uicc *u;
	unsigned int channel;
	long cut;
	int log;
};

static int link_raw(struct link *l, const uint8_t *cmd, size_t len,
		    uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	uint8_t buf[UICC_RESP_MAX], copy[300];
	size_t n;

	l->base.fault = SIM_CHAN_OK;
	if (len > sizeof(copy))
		return sim_fail(e, EX_SOFTWARE, "test: command too long");
	memcpy(copy, cmd, len);
	if (copy[0] != 0xa0)
		copy[0] |= (uint8_t)l->channel;
	if (!l->cut) {
		l->base.fault = SIM_CHAN_AWAY;
		return sim_fail(e, EX_UNAVAILABLE, "the card was taken out");
	}
	if (l->cut > 0)
		l->cut--;
	n = uicc_apdu(l->u, copy, len, buf, sizeof(buf));
	l->base.apdus++;
	l->base.sent++;
	l->base.bytes += len + n;
	if (l->log) {
		for (size_t i = 0; i < len; i++)
			fprintf(stderr, "%02X", cmd[i]);
		fprintf(stderr, " -> ");
		for (size_t i = 0; i < n; i++)
			fprintf(stderr, "%02X", buf[i]);
		fprintf(stderr, "\n");
	}
	if (!n) {
		l->base.fault = SIM_CHAN_UNKNOWN;
		return sim_fail(e, EX_IOERR, "the answer never came");
	}
	if (n > max)
		return sim_fail(e, EX_SOFTWARE, "test: response too long");
	memcpy(resp, buf, n);
	*got = n;
	return 0;
}

static int link_transmit(struct sim_channel *c, const uint8_t *cmd, size_t len,
			 uint8_t *resp, size_t max, size_t *got,
			 struct sim_err *e)
{
	return link_raw((struct link *)c, cmd, len, resp, max, got, e);
}

static int link_open(struct sim_channel *c, const uint8_t *aid, size_t aid_len,
		     uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	static const uint8_t manage[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
	struct link *l = (struct link *)c;
	uint8_t cmd[32] = { 0x00, 0xa4, 0x04, 0x04, (uint8_t)aid_len };

	l->channel = 0;
	if (link_raw(l, manage, sizeof(manage), resp, max, got, e))
		return -1;
	/* A card without channels: the basic one, as the slot would give. */
	if (*got == 3)
		l->channel = resp[0];
	if (!aid_len) {
		resp[0] = 0x90;
		resp[1] = 0x00;
		*got = 2;
		return 0;
	}
	memcpy(cmd + 5, aid, aid_len);
	return link_raw(l, cmd, aid_len + 6, resp, max, got, e);
}

static void link_close(struct sim_channel *c)
{
	free(c);
}

/* The slot reads the identity after a reset, or when it is asked to. */
static int link_identify(struct sim_channel *c, struct sim_err *e)
{
	(void)e;
	uicc_iccid(((struct link *)c)->u, c->iccid);
	c->era++;
	return 0;
}

static int link_reset(struct sim_channel *c, struct sim_err *e)
{
	uicc_reset(((struct link *)c)->u);
	return link_identify(c, e);
}

static int link_monitor(struct sim_channel *c, struct sim_err *e)
{
	(void)e;
	((struct link *)c)->channel = 0;
	return 0;
}

/* The card counts for all; what is not this link's is others'. */
static int link_look(struct sim_channel *c, struct sim_err *e)
{
	struct link *l = (struct link *)c;
	struct uicc_count n;

	(void)e;
	uicc_counts(l->u, &n);
	c->others = n.apdus - c->sent;
	return 0;
}

static const struct sim_channel_ops link_ops = {
	.transmit = link_transmit,
	.open = link_open,
	.reset = link_reset,
	.look = link_look,
	.identify = link_identify,
	.monitor = link_monitor,
	.close = link_close,
};

/* A channel to @u; a line that detects errors unless the test says otherwise. */
static struct link *link_to(struct uicc *u)
{
	struct link *l = calloc(1, sizeof(*l));

	l->base.ops = &link_ops;
	l->base.parity = 1;
	l->u = u;
	l->cut = -1;
	return l;
}

#endif
