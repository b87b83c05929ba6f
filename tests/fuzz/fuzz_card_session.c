// SPDX-License-Identifier: MIT
/*
 * fuzz_card_session.c - a card that answers every command with fuzzer input
 *
 * The input is read as answers: a length byte, then so many bytes, status last.
 * When it is used up the card is away. Covers FCP, EF_DIR, EF_PBR, every
 * phonebook file, PIN status, messages and information, read and written.
 * Seeds are sessions of the software card.
 */
#include <stdlib.h>
#include <string.h>

#include "card/card.h"

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
	size_t n;

	(void)cmd;
	(void)len;
	c->fault = SIM_CHAN_OK;
	if (in->left < 3 || in->p[0] < 2 || in->p[0] > in->left - 1 ||
	    in->p[0] > max) {
		c->fault = SIM_CHAN_AWAY;
		return sim_fail(e, EX_UNAVAILABLE, "the card was taken out");
	}
	n = in->p[0];
	memcpy(resp, in->p + 1, n);
	/* "Busy" would only be waited for. */
	if (resp[n - 2] == 0x93 && !resp[n - 1])
		resp[n - 2] = 0x6f;
	in->p += n + 1;
	in->left -= n + 1;
	*got = n;
	return 0;
}

static int start(struct sim_channel *c, const uint8_t *aid, size_t len,
		 uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	return answer(c, aid, len, resp, max, got, e);
}

static void stop(struct sim_channel *c)
{
	free(c);
}

static const struct sim_channel_ops ops = {
	.transmit = answer, .open = start, .close = stop,
};

static void write_one(struct sim_replica *r, enum sim_verb verb,
		      const struct sim_record *rec)
{
	struct sim_op op = { .verb = verb, .kind = SIM_CONTACT };
	struct sim_item full;
	struct sim_err e;

	sim_item_init(&full, SIM_CONTACT);
	sim_item_init(&op.want, SIM_CONTACT);
	if (sim_item_add(&full, "FN", NULL, "Alexandra Hamilton") ||
	    sim_item_add(&full, "TEL", NULL, "+123456789012345678901234") ||
	    sim_item_add(&full, "TEL", "TYPE=Mobil", "*100#") ||
	    sim_item_add(&full, "EMAIL", NULL, "a@b.c") ||
	    sim_item_add(&full, "CATEGORIES", NULL, "G"))
		abort();
	if (!r->ops->project(r, &full, rec ? &rec->item : NULL, &op.want, &e)) {
		if (rec) {
			op.ref = strdup(rec->ref);
			op.version = strdup(rec->version);
		} else if (r->ops->place(r, &op.want, NULL, &op.ref, &e)) {
			op.ref = NULL;
		}
		if (op.ref)
			r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e);
	}
	sim_record_free(&op.got);
	sim_item_free(&op.want);
	sim_item_free(&full);
	free(op.ref);
	free(op.version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input *in = calloc(1, sizeof(*in));
	struct sim_changes ch;
	struct sim_replica *r;
	struct card_pin pin;
	struct card_use *use;
	struct sim_err e;
	unsigned int found;
	struct card *c;
	size_t k;

	if (!in || n < 2) {
		free(in);
		return 0;
	}
	in->base.ops = &ops;
	in->base.parity = data[0] & 1;
	in->p = data + 1;
	in->left = n - 1;
	c = card_open(&in->base, &e);
	if (!c)
		return 0;
	card_pin(c, CARD_PIN1, &pin, &e);
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	if (!r)
		abort();
	if (!r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e)) {
		for (k = 0; k < ch.n; k++)
			if (!ch.rec[k].ref || !ch.rec[k].version)
				abort();
		if (data[0] & 2)
			write_one(r, SIM_CREATE, NULL);
		if (data[0] & 4 && ch.n)
			write_one(r, SIM_UPDATE, &ch.rec[0]);
		if (data[0] & 8 && ch.n)
			write_one(r, SIM_DELETE, &ch.rec[0]);
		sim_changes_free(&ch);
	}
	if (!r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e))
		sim_changes_free(&ch);
	if (!r->ops->changes(r, SIM_INFO, NULL, &ch, &e))
		sim_changes_free(&ch);
	card_orphans(c, true, &found, &e);
	if (!card_uses(c, &use, &k, &e))
		free(use);
	r->ops->free(r);
	card_close(c);
	return 0;
}
