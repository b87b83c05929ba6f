// SPDX-License-Identifier: MIT
/* `simsync card restore`: what a card held that is no more. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "iccid.h"
#include "store/store.h"
#include "sync/cards.h"

/**
 * struct restore - one restoring
 * @s: the phone's store
 * @e: why it ended
 * @n: by kind, what was put back
 * @there: what the phone had
 */
struct restore {
	struct store *s;
	struct sim_err *e;
	size_t n[SIM_KINDS];
	size_t there;
};

/* Under its old UID it is the same contact again, on all sides. */
static int put_contact(struct restore *r, const struct sim_item *it,
		       const char *uid)
{
	struct store_contact now;
	int there = store_contact_get(r->s, uid, &now, r->e);

	if (there < 0)
		return -1;
	store_contact_free(&now);
	return there ? store_contact_add(r->s, it, uid, NULL, r->e) : 1;
}

static int put_message(struct restore *r, const struct sim_item *it)
{
	char *key = sim_item_key(it);
	int rc = key ? store_record_put(r->s, key, -1, it, r->e) :
		       sim_fail(r->e, EX_OSERR, "out of memory");

	free(key);
	return rc;
}

static int put_back(const struct cards_kept *row, void *arg)
{
	struct restore *r = arg;
	struct sim_item it;
	int rc;

	if (row->local) {
		r->there++;
		return 0;
	}
	if (sim_item_parse(&it, row->kind, row->value))
		return sim_fail(r->e, EX_DATAERR, "the ledger holds what cannot be read; see simsync status");
	rc = row->kind == SIM_MESSAGE || !row->uid ? put_message(r, &it) :
						     put_contact(r, &it, row->uid);
	sim_item_free(&it);
	if (rc < 0)
		return -1;
	if (rc)
		r->there++;
	else
		r->n[row->kind]++;
	return 0;
}

static int tell(struct cmd *c, const struct restore *r, struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(json_pack("{s:I, s:I, s:I}", "contacts",
					      (json_int_t)r->n[SIM_CONTACT],
					      "messages",
					      (json_int_t)r->n[SIM_MESSAGE],
					      "there", (json_int_t)r->there), e);
	printf("%zu contacts and %zu messages put back into the phone; %zu were there\n",
	       r->n[SIM_CONTACT], r->n[SIM_MESSAGE], r->there);
	return 0;
}

int cmd_card_restore(struct cmd *c, struct sim_err *e)
{
	struct restore r = { .e = e };
	char name[CARDS_NAME];
	struct ledger *l;
	int rc = -1;

	if (cmd_args(c, NULL, 1, 1, e) < 0)
		return -1;
	if (!iccid_said(c->argv[0]))
		return sim_fail(e, EX_USAGE, "at least four last digits of the ICCID are wanted; see simsync status");
	l = cmd_ledger(c, e);
	if (!l)
		return -1;
	r.s = cmd_store(c, e);
	if (r.s)
		rc = cards_kept(l, c->argv[0], name, put_back, &r, e);
	if (r.s)
		store_close(r.s);
	ledger_close(l);
	if (rc > 0)
		return sim_fail(e, EX_NOINPUT, "no card is known whose ICCID ends in %s; see simsync status",
				c->argv[0]);
	if (rc)
		return -1;
	if (r.n[SIM_CONTACT] + r.n[SIM_MESSAGE])
		cmd_changed(c);
	return tell(c, &r, e);
}
