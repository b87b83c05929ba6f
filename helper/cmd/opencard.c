// SPDX-License-Identifier: MIT
#include "cmd/opencard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card/card.h"
#include "card/euicc.h"
#include "cmd/run.h"
#include "cmd/slotnote.h"
#include "remote/remote.h"

#include <linux/simslot.h>

/* What euicc.h calls a notification of a profile that was installed. */
#define INSTALLED 0x80

/* ---- an eUICC's profiles ------------------------------------------------ */

/** struct listed - an eUICC's list and what it is called by */
struct listed {
	char eid[33];
	struct euicc_profile *p;
	struct cards_profile *show;
	char (*name)[128];
	size_t n;
};

static void listed_free(struct listed *s)
{
	free(s->p);
	free(s->show);
	free(s->name);
}

static uint32_t installed(const struct euicc_notice *list, size_t n,
			  const char *iccid)
{
	uint32_t last = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i].event == INSTALLED && list[i].seq > last &&
		    !strcmp(list[i].iccid, iccid))
			last = list[i].seq;
	return last;
}

static int name_them(struct listed *s, const struct euicc_notice *notice,
		     size_t notices, struct sim_err *e)
{
	s->show = calloc(s->n + 1, sizeof(*s->show));
	s->name = calloc(s->n + 1, sizeof(*s->name));
	if (!s->show || !s->name)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		const struct euicc_profile *p = &s->p[i];
		const char *by = p->nickname[0] ? p->nickname :
				 p->name[0]	? p->name :
						  p->provider;
		size_t len = strlen(p->iccid);

		snprintf(s->name[i], sizeof(s->name[i]), "eSIM%s%s (...%s)",
			 by[0] ? " " : "", by,
			 p->iccid + (len > 4 ? len - 4 : 0));
		s->show[i].iccid = p->iccid;
		s->show[i].shown = s->name[i];
		s->show[i].installed = installed(notice, notices, p->iccid);
	}
	return 0;
}

static int read_list(struct euicc *u, struct listed *s, struct sim_err *e)
{
	struct euicc_notice *notice = NULL;
	size_t notices = 0;
	struct sim_err why;
	int r;

	if (euicc_eid(u, s->eid, e) || euicc_profiles(u, &s->p, &s->n, e))
		return -1;
	/* A hint only; an eUICC that gives no notices has none. */
	if (euicc_notices(u, &notice, &notices, &why))
		notices = 0;
	r = name_them(s, notice, notices, e);
	free(notice);
	return r;
}

static void say(enum cards_event what, const char *shown, void *arg)
{
	static const char *const line[] = {
		[CARDS_ADDED] = "%s is new on this eUICC",
		[CARDS_AGAIN] = "%s was loaded anew: it is taken for another card",
		[CARDS_DELETED] = "%s was deleted from this eUICC; what it held is known: simsync card restore",
	};

	(void)arg;
	cmd_note(line[what], shown);
}

/* 0 it is one, 1 it is none; what it did not tell is not known then. */
static int ask_euicc(struct sim_channel *ch, struct listed *s)
{
	struct sim_err why;
	struct euicc *u = euicc_on(ch, &why);
	int r = u ? read_list(u, s, &why) : -1;

	/* The channel goes on: to the telecom application. */
	euicc_close(u);
	return r ? 1 : 0;
}

/* ---- which replica it is ------------------------------------------------ */

static void say_seen(const struct card *card, struct cards_seen *seen,
		     char shown[32])
{
	const char *iccid = card_iccid(card);
	size_t n = strlen(iccid);

	snprintf(shown, 32, "%s (...%s)",
		 seen->virt || seen->eid ? "eSIM" : "SIM",
		 iccid + (n > 4 ? n - 4 : 0));
	seen->iccid = iccid;
	seen->shown = shown;
}

static int place(struct ledger *l, struct sim_replica *server, bool dry,
		 struct cards_seen *seen, struct opencard *o, struct sim_err *e)
{
	char generation[16], shown[32];
	struct sim_err why;

	say_seen(o->card, seen, shown);
	seen->psc = -1;
	if (o->quiet)
		return cards_place(l, seen, time(NULL), dry, &o->is, e);
	/* A card that fails here fails in the run, and is said there. */
	seen->empty = card_empty(o->card, &why) > 0;
	if (seen->empty)
		seen->psc = card_psc(o->card);
	if (server && !remote_generation(server, seen->iccid, generation,
					 sizeof(generation), &why))
		seen->generation = generation;
	return cards_place(l, seen, time(NULL), dry, &o->is, e);
}

int opencard(struct cmd *c, struct cmd_slot *s, struct ledger *l,
	     struct sim_replica *server, bool dry, struct opencard *out,
	     struct sim_err *e)
{
	struct cards_seen seen = { .virt = s->caps & SIMSLOT_CAP_VIRTUAL };
	struct listed list = { .eid = "" };
	struct cards_replica was;
	char stamp[CARD_STAMP];
	struct sim_channel *ch;
	int r;

	memset(out, 0, sizeof(*out));
	r = cards_find(l, s->iccid, &was, e);
	ch = r < 0 ? NULL : run_open_channel(s, e);
	if (!ch)
		return -1;
	slotnote_seen(c, s, stamp);
	out->quiet = was.known && card_untouched(ch, stamp);
	/* What was seen to be a card of its own stays one. */
	if (!out->quiet && (!was.known || was.class == SIM_VIRTUAL) &&
	    !ask_euicc(ch, &list)) {
		seen.eid = list.eid;
		if (!dry)
			r = cards_profiles(l, list.eid, list.show, list.n,
					   time(NULL), say, NULL, e);
	}
	out->card = r < 0 ? NULL : run_card_on(c, ch, e);
	if (out->card) {
		card_on_progress(out->card, run_card_progress, c);
		slotnote_tell(c, s, out->card);
		r = place(l, server, dry, &seen, out, e);
		card_on_euicc(out->card, out->is.eid);
		for (size_t i = 0; !r && i < list.n; i++)
			if (!strcmp(list.p[i].iccid, card_iccid(out->card)))
				card_named(out->card, list.p[i].nickname);
	} else {
		r = -1;
	}
	listed_free(&list);
	if (r && out->card) {
		card_close(out->card);
		out->card = NULL;
	}
	return r;
}

void opencard_keep(struct cmd *c, const struct cmd_slot *s, struct ledger *l,
		   const struct opencard *o)
{
	struct sim_err why;

	if (!o->quiet && cards_keep(l, o->is.name, card_psc(o->card), &why))
		cmd_note("%s", why.text);
	slotnote_keep(c, s, o->card);
}
