// SPDX-License-Identifier: MIT
/*
 * fuzz_card_terminal.c - a proactive session in which the card says anything
 *
 * Answers as in fuzz_card_session.c: a length byte, then so many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "card/terminal.h"

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

	/* A TERMINAL RESPONSE says how long it is. */
	if (len > 4 && cmd[1] == 0x14 && cmd[4] != len - 5)
		abort();
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

static int nothing(struct sim_channel *c, struct sim_err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static const struct sim_channel_ops ops = {
	.transmit = answer, .monitor = nothing, .reset = nothing,
	.identify = nothing,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = { .base = { .ops = &ops, .terminal = 1 },
			    .p = data, .left = n };
	enum terminal_refresh what;
	struct sim_err e = { 0 };

	if (!terminal_greet(&in.base, &what, &e))
		terminal_follow(&in.base, what, &e);
	while (in.left && !terminal_serve(&in.base, &what, &e))
		terminal_follow(&in.base, what, &e);
	return 0;
}
