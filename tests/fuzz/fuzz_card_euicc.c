// SPDX-License-Identifier: MIT
/*
 * fuzz_card_euicc.c - an ISD-R that answers with fuzzer input
 *
 * Answers as in fuzz_card_session.c: a length byte, then so many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "card/euicc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct input {
	struct sim_channel base;
	const uint8_t *p;
	size_t left;
};

static int answer(struct sim_channel *c, const uint8_t *cmd, size_t len,
		  uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	struct input *in = (struct input *)c;

	(void)cmd;
	(void)len;
	c->fault = SIM_CHAN_OK;
	if (in->left < 3 || in->p[0] < 2 || in->p[0] > in->left - 1 ||
	    in->p[0] > max) {
		c->fault = SIM_CHAN_AWAY;
		return sim_fail(e, EX_UNAVAILABLE, "the card was taken out");
	}
	*got = in->p[0];
	memcpy(resp, in->p + 1, *got);
	in->p += *got + 1;
	in->left -= *got + 1;
	return 0;
}

static void stop(struct sim_channel *c)
{
	free(c);
}

static const struct sim_channel_ops ops = {
	.transmit = answer, .open = answer, .close = stop,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input *in = calloc(1, sizeof(*in));
	struct euicc_profile *p;
	struct euicc_notice *notice;
	struct euicc_memory m;
	struct sim_err e;
	struct euicc *u;
	char eid[33];
	size_t k;

	if (!in || n < 2) {
		free(in);
		return 0;
	}
	in->base.ops = &ops;
	in->base.terminal = data[0] & 1;
	in->p = data + 1;
	in->left = n - 1;
	u = euicc_open(&in->base, &e);
	if (!u)
		return 0;
	if (!euicc_eid(u, eid, &e) && strlen(eid) != 32)
		abort();
	if (!euicc_profiles(u, &p, &k, &e)) {
		for (size_t i = 0; i < k; i++)
			if (!p[i].iccid[0])
				abort();
		if (k)
			euicc_do(u, (enum euicc_verb)(data[0] >> 1 & 1),
				 p[0].iccid, data[0] & 4, &e);
	}
	free(p);
	euicc_nickname(u, "8949", "x", &e);
	euicc_notices(u, &notice, &k, &e);
	free(notice);
	euicc_forget_notice(u, 0x80, &e);
	euicc_memory(u, &m, &e);
	euicc_close(u);
	return 0;
}
