// SPDX-License-Identifier: MIT
/*
 * `simsync sms mark` and `sms rm`: on the phone, with --card on a card; what is done
 * is done with every part of a message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/msgs.h"
#include "store/store.h"

/**
 * struct change - what is done with every part of a message
 * @status: what it is to be marked as; NULL: it is removed
 * @s: in the store, or
 * @w: on a card
 * @done: parts that were
 */
struct change {
	const char *status;
	struct store *s;
	struct cardchange w;
	size_t done;
};

/* Says it so already? */
static bool marked(const struct change *d, const struct message *m)
{
	const char *now = sim_item_get(&m->it, "STATUS");

	return d->status && now && !strcmp(now, d->status);
}

static int stored_one(struct change *d, const struct message *m,
		      struct sim_err *e)
{
	struct sim_item it;
	int r;

	if (!d->status) {
		r = store_record_rm(d->s, SIM_MESSAGE, m->ref, m->version, e);
	} else {
		sim_item_init(&it, SIM_MESSAGE);
		r = sim_item_copy(&it, &m->it) ||
		    sim_item_set(&it, "STATUS", d->status) ?
			    sim_fail(e, EX_OSERR, "out of memory") :
			    store_record_put(d->s, m->ref, m->version, &it, e);
		sim_item_free(&it);
	}
	return r == 1 ? sim_fail(e, EX_TEMPFAIL,
				 "the message was changed meanwhile; look at it and try again") :
			r;
}

static int mark_on_card(struct change *d, const struct sim_record *was,
			struct sim_err *e)
{
	struct sim_record got = { 0 };
	struct sim_item want;
	const char *now;
	int r;

	sim_item_init(&want, SIM_MESSAGE);
	r = sim_item_copy(&want, &was->item) ||
	    sim_item_set(&want, "STATUS", d->status) ?
		    sim_fail(e, EX_OSERR, "out of memory") :
		    cardchange_edit(&d->w, was, &want, &got, e);
	now = r ? NULL : sim_item_get(&got.item, "STATUS");
	if (!r && (!now || strcmp(now, d->status)))
		r = sim_fail(e, EX_IOERR,
			     "%s: the card took that and did not keep it",
			     was->ref);
	sim_record_free(&got);
	sim_item_free(&want);
	return r;
}

static int card_one(struct change *d, size_t i, struct sim_err *e)
{
	const struct sim_record *was = &d->w.now.rec[i];

	return d->status ? mark_on_card(d, was, e) :
			   cardchange_rm(&d->w, was, e);
}

/* Only what came is read or unread (TS 31.102 4.2.25). */
static int may_mark(const struct message *m, struct sim_err *e)
{
	const char *dir = sim_item_get(&m->it, "DIRECTION");

	if (m->problem)
		return sim_fail(e, EX_DATAERR, "%s", m->problem);
	return dir && strcmp(dir, "out") ? 0 :
	       sim_fail(e, EX_DATAERR, "%s is one of ours: only what came is read or unread",
			m->ref);
}

static int each_part(struct change *d, const struct messages *all,
		     const char *ref, struct sim_err *e)
{
	size_t head = msgs_find(all, ref, !d->s, e);
	int r = head < all->n ? 0 : -1;

	for (size_t i = 0; !r && i < all->n; i++) {
		if (all->head[i] != head)
			continue;
		if (d->status)
			r = may_mark(&all->m[i], e);
		if (!r && !marked(d, &all->m[i]))
			r = d->s ? stored_one(d, &all->m[i], e) :
				   card_one(d, i, e);
		d->done += !r;
	}
	return r;
}

static int change(struct cmd *c, struct change *d, bool card, const char *did,
		  struct sim_err *e)
{
	struct messages all = { 0 };
	int r;

	if (card) {
		r = cardchange_open(&d->w, true, e) || msgs_on_card(&d->w, &all, e) ||
		    each_part(d, &all, c->argv[0], e) ? -1 : 0;
		r = cardchange_close(&d->w, r, e);
	} else {
		d->s = cmd_store(c, e);
		r = !d->s || msgs_stored(d->s, &all, e) ||
		    each_part(d, &all, c->argv[0], e) ? -1 : 0;
	}
	if (d->s)
		store_close(d->s);
	msgs_free(&all);
	if (d->done)
		cmd_changed(c);
	if (r)
		return r;
	if (c->json)
		return cmd_json_out(json_pack("{s:s, s:s, s:I}", "ref",
					      c->argv[0], "did", did, "records",
					      (json_int_t)d->done), e);
	printf("%s %s\n", c->argv[0], did);
	return 0;
}

int cmd_sms_rm(struct cmd *c, struct sim_err *e)
{
	struct change d = { .w = { .c = c, .kind = SIM_MESSAGE } };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&d.w.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};

	return cmd_args(c, opt, 1, 1, e) < 0 ? -1 :
	       change(c, &d, d.w.o.card, "removed", e);
}

int cmd_sms_mark(struct cmd *c, struct sim_err *e)
{
	struct change d = { .w = { .c = c, .kind = SIM_MESSAGE } };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&d.w.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};

	if (cmd_args(c, opt, 2, 2, e) < 0)
		return -1;
	d.status = c->argv[1];
	if (strcmp(d.status, "read") && strcmp(d.status, "unread"))
		return sim_fail(e, EX_USAGE, "a message is marked read or unread");
	return change(c, &d, d.w.o.card, strcmp(d.status, "read") ?
		      "marked unread" : "marked read", e);
}
