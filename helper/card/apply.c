// SPDX-License-Identifier: MIT
/*
 * apply.c - the engine's writes on a card
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "card/card.h"
#include "card/info.h"
#include "card/replica.h"
#include "card/sms.h"

static int hash_from(const char *version, uint64_t *hash)
{
	*hash = 0;
	return version && sscanf(version, "%16" SCNx64, hash) != 1;
}

static void settle(struct sim_op *op, enum sim_outcome o, int read_back)
{
	op->outcome = o;
	if (o != SIM_DONE || op->verb == SIM_DELETE)
		return;
	if (read_back) {
		op->outcome = SIM_AWAY;
	} else if (!op->got.item.n) {
		sim_fail(&op->err, EX_IOERR, "%s: it was written and cannot be read back; it is looked at again in the next run",
			 op->ref);
		op->outcome = SIM_FAILED;
	} else if (op->got.problem ||
		   !sim_item_equal(&op->want, &op->got.item)) {
		op->outcome = SIM_DIFFERS;
	}
}

static void apply_contact(struct card *c, struct sim_op *op)
{
	enum sim_outcome o;
	struct pb_set *s;
	unsigned int rec;
	uint64_t hash;
	int back = 0;

	s = rec_contact_place(c, op->ref, &rec);
	if (!s || hash_from(op->version, &hash)) {
		sim_fail(&op->err, EX_SOFTWARE, "no such place on the card: %s",
			 op->ref);
		op->outcome = SIM_FAILED;
		return;
	}
	o = pb_write(c, s, rec, op->verb == SIM_DELETE ? NULL : &op->want,
		     op->verb == SIM_CREATE, hash, &op->err);
	if ((o == SIM_DONE && op->verb != SIM_DELETE) ||
	    (o == SIM_MOVED && fs_has(&s->used, rec)))
		back = rec_contact(c, s, rec, &op->got, &op->err);
	settle(op, o, back);
}

static void apply_message(struct card *c, struct sim_op *op)
{
	enum sim_outcome o;
	unsigned int rec;
	uint64_t hash;
	int back = 0;

	if (!c->sms || sscanf(op->ref, "sms/%u", &rec) != 1 || !rec ||
	    rec > c->sms->ef.nrec || hash_from(op->version, &hash)) {
		sim_fail(&op->err, EX_SOFTWARE, "no such place on the card: %s",
			 op->ref);
		op->outcome = SIM_FAILED;
		return;
	}
	o = sms_write(c, rec, op->verb == SIM_DELETE ? NULL : &op->want,
		      op->verb == SIM_CREATE, hash, &op->err);
	if ((o == SIM_DONE && op->verb != SIM_DELETE) ||
	    (o == SIM_MOVED && fs_has(&c->sms->used, rec)))
		back = rec_message(c, rec, &op->got, &op->err);
	settle(op, o, back);
}

static void apply_info(struct card *c, struct sim_op *op)
{
	enum sim_outcome o;

	if (op->verb != SIM_UPDATE) {
		sim_fail(&op->err, EX_DATAERR, "the card's information record can only be changed");
		op->outcome = SIM_UNFIT;
		return;
	}
	if (rec_info(c, &op->got, &op->err)) {
		op->outcome = SIM_AWAY;
		return;
	}
	if (op->version && strcmp(op->version, op->got.version)) {
		op->outcome = SIM_MOVED;
		return;
	}
	o = info_write(c, &op->got.item, &op->want, &op->err);
	sim_record_free(&op->got);
	settle(op, o, o == SIM_DONE ? rec_info(c, &op->got, &op->err) : 0);
}

/* The copy of the card's records is what the card has, as far as we know. */
static bool known(enum sim_outcome o)
{
	return o == SIM_DONE || o == SIM_DIFFERS || o == SIM_FULL ||
	       o == SIM_UNFIT;
}

int card_apply(struct sim_replica *rep, struct sim_op *op, size_t n,
	       int (*before)(struct sim_op *op, void *arg),
	       int (*after)(struct sim_op *op, void *arg), void *arg,
	       struct sim_err *e)
{
	static void (*const kinds[])(struct card *, struct sim_op *) = {
		[SIM_CONTACT] = apply_contact,
		[SIM_MESSAGE] = apply_message,
		[SIM_INFO] = apply_info,
	};
	struct priv *p = rep->priv;
	struct card *c = p->c;
	uint64_t was;

	for (size_t i = 0; i < n; i++)
		if (rec_load(c, op[i].kind, false, e))
			return -1;
	was = c->quiet[SIM_CONTACT];
	if (n && c->pb && pb_settle(c, e))
		return -1;
	if (c->quiet[SIM_CONTACT] != was)
		p->wrote |= 1u << SIM_CONTACT;
	for (size_t i = 0; i < n; i++) {
		if (before && before(&op[i], arg))
			return sim_fail(e, EX_IOERR, "the journal could not be written; nothing more is done on the card");
		kinds[op[i].kind](c, &op[i]);
		p->wrote |= 1u << op[i].kind;
		if (!known(op[i].outcome))
			p->unsure |= 1u << op[i].kind;
		if (after && after(&op[i], arg))
			return sim_fail(e, EX_IOERR, "the journal could not be written; nothing more is done on the card");
		if (op[i].outcome == SIM_AWAY)
			break;
	}
	return 0;
}
