// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "broker/session.h"
#include "broker/worker.h"

static json_t *slot_json(struct session *s, size_t i, bool mine, int *next)
{
	const struct slot *sl = &s->slots.slot[i];
	const struct card_grant *c = grants_find(&s->cards, sl->iccid);
	char word[32], line[256];
	json_t *o;

	slot_said(s->p, sl->index, word, line);
	o = json_pack("{s:i, s:s, s:s, s:i, s:I, s:s, s:s, s:s, s:s}", "slot",
		      (int)sl->index, "state", slot_state_name(sl->state),
		      "reason", slot_reason_text(sl->reason), "caps",
		      (int)sl->caps, "epoch", (json_int_t)sl->epoch, "driver",
		      sl->driver, "grant", grant_name(s->grant[i]), "sync",
		      word, "detail", line);
	if (!o)
		return NULL;
	if (mine)
		json_object_set_new(o, "iccid", json_string(sl->iccid));
	if (mine && c) {
		json_object_set_new(o, "policy",
				    json_string(card_policy_name(c->policy)));
		json_object_set_new(o, "since", json_integer(c->since));
	}
	json_object_set_new(o, "fd",
			    json_integer(s->fd[i] >= 0 ? (*next)++ : -1));
	return o;
}

static json_t *card_json(const struct card_grant *c)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:I}", "iccid", c->iccid,
			 "driver", c->driver, "virtual", c->virt, "policy",
			 card_policy_name(c->policy), "since",
			 (json_int_t)c->since);
}

char *session_start_json(struct session *s, const char *home, int argc,
			 char **argv, struct sim_err *e)
{
	/* Only the owner (and root) sees an identity. */
	bool mine = s->peer == 0 || s->peer == s->conf.owner;
	json_t *o, *args = json_array(), *slots = json_array(),
		   *cards = json_array();
	int next = WORKER_FIRST_SLOT, a;
	char *text = NULL;
	size_t i;

	for (a = 0; a < argc; a++)
		json_array_append_new(args, json_stringn_nocheck(
						    argv[a], strlen(argv[a])));
	for (i = 0; i < s->slots.n; i++)
		json_array_append_new(slots, slot_json(s, i, mine, &next));
	for (i = 0; mine && i < s->cards.n; i++)
		json_array_append_new(cards, card_json(&s->cards.card[i]));
	o = json_pack("{s:o, s:o, s:o, s:s, s:s?, s:b, s:b, s:b, s:b, s:b, s:i}",
		      "argv", args, "slots", slots, "cards", cards, "user",
		      s->user, "home", home, "unlocked",
		      unlocked(s->p, s->conf.owner), "strict", s->conf.strict,
		      "tty_out", !!(s->tty & IPC_TTY_OUT), "tty_err",
		      !!(s->tty & IPC_TTY_ERR), "ask",
		      !!(s->tty & IPC_TTY_ASK), "columns",
		      (int)(s->tty & IPC_COLUMNS));
	if (o)
		text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!text) {
		sim_fail(e, EX_DATAERR,
			 "an argument is not UTF-8, or memory ran out");
	} else if (strlen(text) > IPC_MAX_BODY) {
		free(text);
		text = NULL;
		sim_fail(e, EX_USAGE, "the arguments are too long");
	}
	return text;
}
