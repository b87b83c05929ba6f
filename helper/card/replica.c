// SPDX-License-Identifier: MIT
/*
 * replica.c - a card as the sync engine sees it
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "card/info.h"
#include "card/phonebook.h"
#include "card/replica.h"
#include "card/sms.h"
#include "card/token.h"

/* ---- references --------------------------------------------------------- */

static char *contact_ref(const struct pb_set *s, unsigned int rec)
{
	char text[40];

	snprintf(text, sizeof(text), "%s/%u/%u", s->local ? "local" : "adn",
		 s->pbr, rec);
	return strdup(text);
}

struct pb_set *rec_contact_place(struct card *c, const char *ref,
				 unsigned int *rec)
{
	unsigned int pbr;
	struct pb_set *s;
	char book[8], end;

	if (!c->pb || sscanf(ref, "%7[a-z]/%u/%u%c", book, &pbr, rec, &end) != 3)
		return NULL;
	for (s = c->pb->set; s < c->pb->set + c->pb->nset; s++)
		if (s->pbr == pbr && s->local == !strcmp(book, "local") &&
		    *rec && *rec <= s->adn->ef.nrec)
			return s;
	return NULL;
}

static char *version_of(uint64_t hash)
{
	char text[20];

	snprintf(text, sizeof(text), "%016" PRIx64, hash);
	return strdup(text);
}

/* ---- records ------------------------------------------------------------ */

static int finish(struct sim_record *r, char *ref, uint64_t hash, int bad,
		  const struct sim_err *why, struct sim_err *e)
{
	r->ref = ref;
	r->version = version_of(hash);
	if (bad > 0)
		r->problem = strdup(why->text);
	if (!r->ref || !r->version || bad < 0 || (bad && !r->problem))
		return sim_fail(e, EX_OSERR, "out of memory");
	return 0;
}

int rec_contact(struct card *c, struct pb_set *s, unsigned int rec,
		struct sim_record *r, struct sim_err *e)
{
	struct sim_err why;
	uint64_t hash;
	int bad = pb_item(c->pb, s, rec, &r->item, &hash, &why);

	if (bad > 0)
		card_problem(c, "EF_ADN record %u: %s", rec, why.text);
	return finish(r, contact_ref(s, rec), hash, bad, &why, e);
}

int rec_message(struct card *c, unsigned int rec, struct sim_record *r,
		struct sim_err *e)
{
	struct sim_err why;
	char ref[24];
	uint64_t hash;
	int bad = sms_item(c->sms, rec, c->iccid, &r->item, &hash, &why);

	if (bad > 0)
		card_problem(c, "%s", why.text);
	snprintf(ref, sizeof(ref), "sms/%u", rec);
	return finish(r, strdup(ref), hash, bad, &why, e);
}

static uint64_t text_hash(const struct sim_item *it)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	char *text = sim_item_text(it);

	for (const char *p = text; p && *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	free(text);
	return h;
}

static int info_item(struct card *c, struct sim_item *out, struct sim_err *e)
{
	int ret = card_info(c, out, e);

	if (!fs_again(c))
		return ret;
	if (!ret)
		sim_item_free(out);
	return card_info(c, out, e);
}

int rec_info(struct card *c, struct sim_record *r, struct sim_err *e)
{
	struct sim_err why;

	if (info_item(c, &r->item, e))
		return -1;
	/* What is not read now is not gone. */
	sim_fail(&why, EX_DATAERR, "the card's information could not be read whole");
	return finish(r, strdup("info"), text_hash(&r->item), c->info_unread,
		      &why, e);
}

/* On a line without parity check: until two readings agree. */
static int info_sure(struct card *c, struct sim_record *r, const char *since,
		     struct sim_err *e)
{
	struct sim_item again;
	uint64_t now, last;

	if (rec_info(c, r, e))
		return -1;
	last = text_hash(&r->item);
	for (int i = 0; !c->ch->parity && !token_knows(since, last); i++) {
		if (i == 4)
			return sim_fail(e, EX_IOERR,
					"the card's information reads differently each time; clean the card's contacts");
		if (info_item(c, &again, e))
			return -1;
		now = text_hash(&again);
		sim_item_move(&r->item, &again);
		if (now == last)
			return 0;
		last = now;
		free(r->version);
		r->version = version_of(now);
		if (!r->version)
			return sim_fail(e, EX_OSERR, "out of memory");
	}
	return 0;
}

/* ---- changes ------------------------------------------------------------ */

static uint64_t hash_now(struct card *c, struct pb_set *s, unsigned int rec)
{
	struct sim_item it;
	uint64_t hash = 0;

	if (pb_item(c->pb, s, rec, &it, &hash, NULL) >= 0)
		sim_item_free(&it);
	return hash;
}

/*
 * A line without parity check may have changed a bit: what was not seen before
 * is read until two readings agree.
 */
static int confirm(struct card *c, struct pb_set *s, unsigned int rec,
		   const char *since, struct sim_err *e)
{
	uint64_t last = hash_now(c, s, rec), now;

	if (c->ch->parity || token_knows(since, last))
		return 0;
	for (int i = 0; i < 4; i++) {
		if (pb_fetch_entry(c, s, rec, PB_CONFIRM, e))
			return -1;
		now = hash_now(c, s, rec);
		if (now == last)
			return 0;
		last = now;
	}
	return sim_fail(e, EX_IOERR,
			"%s record %u reads differently each time; clean the card's contacts",
			s->adn->name, rec);
}

static int contacts(struct card *c, const char *since, struct sim_changes *out,
		    struct sim_err *e)
{
	struct sim_record *r;
	struct pb_set *s;

	for (size_t i = 0; i < c->pb->nset; i++) {
		s = &c->pb->set[i];
		for (unsigned int n = 1; n <= s->adn->ef.nrec; n++) {
			if (!fs_has(&s->used, n) || fs_has(&s->hidden, n))
				continue;
			if (confirm(c, s, n, since, e))
				return -1;
			/* A flipped bit may have made it look used. */
			if (fs_has(&s->adn->have, n) &&
			    pb_vacant(s->adn, pb_rec(s->adn, n))) {
				fs_drop(&s->used, n);
				continue;
			}
			r = sim_changes_add(out);
			if (!r)
				return sim_fail(e, EX_OSERR, "out of memory");
			if (rec_contact(c, s, n, r, e))
				return -1;
		}
	}
	pb_retake(c->pb);
	return 0;
}

static int confirm_message(struct card *c, unsigned int rec, const char *since,
			   struct sim_err *e)
{
	struct sms_store *s = c->sms;
	uint8_t again[FS_REC_MAX];
	struct sim_item it;
	uint64_t hash = 0;

	if (c->ch->parity || fs_has(&s->bad, rec))
		return 0;
	if (sms_item(s, rec, c->iccid, &it, &hash, NULL) >= 0)
		sim_item_free(&it);
	if (token_knows(since, hash))
		return 0;
	for (int i = 0; i < 4; i++) {
		if (fs_read_record(c, &s->ef, "EF_SMS", rec, again, e))
			return -1;
		if (!memcmp(again, sms_rec(s, rec), s->ef.rec_len))
			return 0;
		memcpy(sms_rec(s, rec), again, s->ef.rec_len);
	}
	return sim_fail(e, EX_IOERR,
			"EF_SMS record %u reads differently each time; clean the card's contacts",
			rec);
}

static int messages(struct card *c, const char *since, struct sim_changes *out,
		    struct sim_err *e)
{
	struct sms_store *s = c->sms;
	struct sim_record *r;

	for (unsigned int n = 1; !s->absent && n <= s->ef.nrec; n++) {
		if (!fs_has(&s->used, n) && !fs_has(&s->bad, n))
			continue;
		if (confirm_message(c, n, since, e))
			return -1;
		r = sim_changes_add(out);
		if (!r)
			return sim_fail(e, EX_OSERR, "out of memory");
		if (rec_message(c, n, r, e))
			return -1;
	}
	return 0;
}

static int load_once(struct card *c, enum sim_kind kind, bool again,
		     struct sim_err *e)
{
	return kind == SIM_MESSAGE ? sms_load(c, again, e) :
				     pb_load(c, again, e);
}

int rec_load(struct card *c, enum sim_kind kind, bool again, struct sim_err *e)
{
	int ret = load_once(c, kind, again, e);

	return fs_again(c) ? load_once(c, kind, true, e) : ret;
}

static int remember(struct priv *p, enum sim_kind kind,
		    const struct sim_changes *ch, struct sim_err *e)
{
	free(p->token[kind]);
	p->token[kind] = strdup(ch->token);
	p->wrote &= ~(1u << kind);
	p->unsure &= ~(1u << kind);
	return p->token[kind] ? 0 : sim_fail(e, EX_OSERR, "out of memory");
}

static int card_changes(struct sim_replica *rep, enum sim_kind kind,
			const char *since, struct sim_changes *out,
			struct sim_err *e)
{
	struct priv *p = rep->priv;
	bool again = p->seen & 1u << kind;
	struct card *c = p->c;
	struct sim_record *r;
	int ret;

	memset(out, 0, sizeof(*out));
	if (token_holds(c, kind, since, out)) {
		p->from[kind] = quiet_now(c);
		return remember(p, kind, out, e);
	}
	p->seen |= 1u << kind;
	quiet_look(c);
	p->from[kind] = quiet_now(c);
	/* The capacity field of the card's information is the phonebook's. */
	ret = rec_load(c, kind, again && kind != SIM_INFO, e);
	if (!ret && kind == SIM_CONTACT)
		ret = contacts(c, since, out, e);
	if (!ret && kind == SIM_MESSAGE)
		ret = messages(c, since, out, e);
	if (!ret && kind == SIM_INFO) {
		r = sim_changes_add(out);
		ret = r ? info_sure(c, r, since, e) : -1;
	}
	/* Where something could not be had, absence means nothing. */
	out->whole = !(kind == SIM_CONTACT && c->pb && c->pb->partial) &&
		     !(kind == SIM_MESSAGE && c->sms && c->sms->partial);
	if (!ret)
		ret = token_make(c, kind, p->from[kind], out, e) ||
		      remember(p, kind, out, e);
	if (ret) {
		sim_changes_free(out);
		return -1;
	}
	out->total = out->n;
	return 0;
}

/*
 * What we wrote was read back into the copy here, which is thus what the card
 * has: a look at all of it tells the engine nothing new.
 */
static char *card_settled(struct sim_replica *rep, enum sim_kind kind)
{
	struct priv *p = rep->priv;
	struct sim_changes ch = { 0 };
	struct card *c = p->c;
	unsigned int bit = 1u << kind;
	struct sim_err why;
	char *token;
	int ret;

	if (kind == SIM_INFO || !(p->wrote & bit) || p->unsure & bit ||
	    (kind == SIM_CONTACT ? !c->pb || c->pb->partial :
				   !c->sms || c->sms->partial))
		return NULL;
	ch.whole = true;
	ret = kind == SIM_CONTACT ? contacts(c, p->token[kind], &ch, &why) :
				    messages(c, p->token[kind], &ch, &why);
	if (!ret)
		ret = token_make(c, kind, p->from[kind], &ch, &why);
	token = ret ? NULL : ch.token;
	if (token)
		ch.token = NULL;
	sim_changes_free(&ch);
	return token;
}

/* ---- project, place ----------------------------------------------------- */

static int project_message(const struct sim_item *full,
			   const struct sim_item *held, struct sim_item *out,
			   struct sim_err *why)
{
	const char *tpdu = sim_item_get(full, "TPDU");
	const char *status = sim_item_get(full, "STATUS");

	sim_item_init(out, SIM_MESSAGE);
	if (!tpdu || strlen(tpdu) > 2 * 164) {
		sim_fail(why, EX_DATAERR, "a SIM stores messages as TPDUs of at most 164 bytes, and this one is not");
		return 1;
	}
	if (sim_item_copy(out, held ? held : full))
		return sim_fail(why, EX_OSERR, "out of memory");
	if (held && status && sim_item_set(out, "STATUS", status)) {
		sim_item_free(out);
		return sim_fail(why, EX_OSERR, "out of memory");
	}
	return 0;
}

static int card_project(struct sim_replica *rep, const struct sim_item *full,
			const struct sim_item *held, struct sim_item *out,
			struct sim_err *why)
{
	struct card *c = ((struct priv *)rep->priv)->c;

	/* Where changes() found nothing new, nothing was read. */
	if (rec_load(c, full->kind, false, why))
		return -1;
	if (full->kind == SIM_CONTACT)
		return pb_project(c->pb, full, held, out, why);
	if (full->kind == SIM_MESSAGE)
		return project_message(full, held, out, why);
	return info_project(c, full, held, out, why);
}

static int card_place(struct sim_replica *rep, const struct sim_item *want,
		      const char *uid, char **ref, struct sim_err *e)
{
	struct card *c = ((struct priv *)rep->priv)->c;
	struct pb_set *s;
	unsigned int rec;
	char text[24];

	(void)uid;
	*ref = NULL;
	if (want->kind == SIM_CONTACT) {
		if (pb_load(c, false, e))
			return -1;
		if (pb_place(c->pb, &s, &rec)) {
			sim_fail(e, EX_CANTCREAT, "the card's phonebook is full");
			return 1;
		}
		*ref = contact_ref(s, rec);
	} else if (want->kind == SIM_MESSAGE) {
		if (sms_load(c, false, e))
			return -1;
		if (sms_place(c->sms, &rec)) {
			sim_fail(e, EX_CANTCREAT, "the card's message store is full, but for what reception needs");
			return 1;
		}
		snprintf(text, sizeof(text), "sms/%u", rec);
		*ref = strdup(text);
	} else {
		sim_fail(e, EX_DATAERR, "a card has one information record and takes no other");
		return 1;
	}
	return *ref ? 0 : sim_fail(e, EX_OSERR, "out of memory");
}

static void card_free(struct sim_replica *rep)
{
	if (!rep)
		return;
	free(rep->name);
	free(rep->shown);
	for (int i = 0; i < 3; i++)
		free(((struct priv *)rep->priv)->token[i]);
	free(rep->priv);
	free(rep);
}

static const struct sim_replica_ops ops = {
	.changes = card_changes,
	.project = card_project,
	.place = card_place,
	.apply = card_apply,
	.settled = card_settled,
	.free = card_free,
};

struct sim_replica *card_replica(struct card *c, const char *name,
				 enum sim_class class, struct sim_err *e)
{
	struct sim_replica *r = calloc(1, sizeof(*r));
	struct priv *p = calloc(1, sizeof(*p));
	size_t n = strlen(c->iccid);
	char shown[TEXT_MAX + 32], spn[TEXT_MAX];

	info_spn(c, spn, sizeof(spn));
	snprintf(shown, sizeof(shown), "%s%s%s (...%s)",
		 class == SIM_VIRTUAL ? "eSIM" : "SIM", spn[0] ? " " : "", spn,
		 n > 4 ? c->iccid + n - 4 : c->iccid);
	if (r && p) {
		r->name = strdup(name);
		r->shown = strdup(shown);
	}
	if (!r || !p || !r->name || !r->shown) {
		if (r) {
			free(r->name);
			free(r->shown);
		}
		free(r);
		free(p);
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	p->c = c;
	r->ops = &ops;
	r->class = class;
	r->kinds = 1u << SIM_CONTACT | 1u << SIM_MESSAGE | 1u << SIM_INFO;
	r->priv = p;
	return r;
}

/* ---- orphans ------------------------------------------------------------ */

int card_orphans(struct card *c, bool release, unsigned int *found,
		 struct sim_err *e)
{
	return pb_orphans(c, release, found, e);
}
