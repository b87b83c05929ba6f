// SPDX-License-Identifier: MIT
/*
 * What the broker does itself, since no worker may: `unlock`, `card enroll`
 * and `card forget` change what is granted.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/session.h"
#include "iccid.h"

/**
 * struct self_args - arguments of the three
 * @word: the one positional argument, or NULL
 * @policy: --policy, or NULL
 * @user: --user: the PAM line of the shell names who was proved
 * @quiet: --quiet: nothing is shown, a run goes on behind
 * @no_sync: --no-sync
 */
struct self_args {
	const char *word;
	const char *policy;
	const char *user;
	bool quiet;
	bool no_sync;
};

static int take_args(struct session *s, int first, int words,
		     struct self_args *a, struct sim_err *e)
{
	int i, n = 0;

	memset(a, 0, sizeof(*a));
	for (i = first; i < s->argc; i++) {
		const char *w = s->argv[i];
		const char **value = !strcmp(w, "--policy") ? &a->policy :
				     !strcmp(w, "--user")   ? &a->user :
							      NULL;

		if (value && i + 1 < s->argc)
			*value = s->argv[++i];
		else if (!strcmp(w, "--quiet"))
			a->quiet = true;
		else if (!strcmp(w, "--no-sync"))
			a->no_sync = true;
		else if (!strcmp(w, "--json"))
			continue;
		else if (w[0] != '-' && n++ < words)
			a->word = w;
		else
			return sim_fail(e, EX_USAGE,
					"\"%.60s\" is not understood here; see simsync %s --help",
					w, s->access->name);
	}
	return 0;
}

/* ---- unlock ------------------------------------------------------------- */

static int note_insertions(struct session *s, struct sim_err *e)
{
	size_t i;

	for (i = 0; i < s->slots.n; i++)
		if (s->slots.slot[i].state == SIMSLOT_READY &&
		    insertion_note(s->p, &s->slots.slot[i], e) < 0)
			return -1;
	return 0;
}

static int unlock(struct session *s, struct sim_err *e)
{
	struct self_args a;

	if (take_args(s, 1, 0, &a, e) < 0)
		return -1;
	if (s->conf.owner == BROKER_NOBODY)
		return sim_fail(e, EX_CONFIG,
				"nobody owns this phone yet: simsync card enroll, as its user");
	/* A shell's PAM stack says whom it let in: only the owner unlocks. */
	if (s->peer == 0 && a.user && strcmp(a.user, s->user))
		return 0;
	if (session_prove(s, s->user, e) < 0 ||
	    unlock_note(s->p, s->conf.owner, e) < 0 ||
	    slots_dump(&s->slots, e) < 0 || note_insertions(s, e) < 0)
		return -1;
	if (!a.quiet)
		ipc_sendf(s->cli, IPC_TEXT, 0, "Unlocked until power-off.");
	return a.no_sync ? 0 : session_resync(s, !a.quiet, e);
}

/* ---- card enroll -------------------------------------------------------- */

static int number(const char *word)
{
	char *end;
	long n;

	if (!strncmp(word, "simslot", 7))
		word += 7;
	errno = 0;
	n = strtol(word, &end, 10);
	return end == word || *end || errno || n < 0 || n >= 1000 ? -1 :
								    (int)n;
}

/* The slot that is meant: the one named, or the only one with a new card. */
static const struct slot *pick(struct session *s, const char *word,
			       struct sim_err *e)
{
	const struct slot *found = NULL;
	size_t i;

	for (i = 0; i < s->slots.n; i++) {
		const struct slot *sl = &s->slots.slot[i];

		if (word ? (int)sl->index != number(word) :
			   s->grant[i] != GRANT_UNKNOWN &&
				   s->grant[i] != GRANT_MOVED)
			continue;
		if (found) {
			sim_fail(e, EX_USAGE,
				 "there are new cards in slots %u and %u: say which, simsync card enroll %u",
				 found->index, sl->index, found->index);
			return NULL;
		}
		found = sl;
	}
	if (!found && !s->slots.n)
		sim_fail(e, EX_NOINPUT,
			 "no SIM slot: is the kernel module simslot loaded?");
	else if (!found && word)
		sim_fail(e, EX_NOINPUT, "there is no slot \"%.20s\"", word);
	else if (!found)
		sim_fail(e, EX_NOINPUT, "no slot holds a card that is new here");
	else if (found->state == SIMSLOT_MUTE)
		sim_fail(e, EX_NOINPUT, "slot %u: the card does not answer: %s",
			 found->index, slot_reason_text(found->reason));
	else if (found->state != SIMSLOT_READY)
		sim_fail(e, EX_NOINPUT, "slot %u is %s", found->index,
			 slot_state_name(found->state));
	else if (!found->iccid[0])
		sim_fail(e, EX_NOINPUT,
			 "slot %u: the card has no ICCID to know it by",
			 found->index);
	else
		return found;
	return NULL;
}

static int choose_policy(struct session *s, const char *word,
			 const struct card_grant *had, enum card_policy *out,
			 struct sim_err *e)
{
	char answer[32];

	if (word)
		return card_policy_parse(word, out, e);
	if (had) {
		*out = had->policy;
		return 0;
	}
	*out = CARD_BOTH;
	if (!(s->tty & IPC_TTY_ASK))
		return 0;
	if (session_ask(s,
			"What shall happen with this SIM?\n"
			"  both    keep it and the phone the same\n"
			"  fill    only write the phone's contacts to it\n"
			"  pull    only read it, never write it\n"
			"  ignore  leave it alone\n"
			"[both] ",
			answer, sizeof(answer), e) < 0)
		return -1;
	return answer[0] ? card_policy_parse(answer, out, e) : 0;
}

/* Who owns the phone once this card is enrolled. */
static int future_owner(struct session *s, struct sim_err *e)
{
	const struct passwd *pw;

	if (s->conf.owner != BROKER_NOBODY)
		return 0;
	if (s->peer == 0)
		return sim_fail(e, EX_CONFIG,
				"nobody owns this phone yet: enroll as its user, or set owner in %s",
				s->p->conf);
	pw = getpwuid(s->peer);
	if (!pw)
		return sim_fail(e, EX_NOUSER, "user %lu has no name",
				(unsigned long)s->peer);
	snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	return 1;
}

/* Others may have enrolled while this person was typing. */
static int put_card(struct session *s, const struct card_grant *card,
		    struct sim_err *e)
{
	int lock = grants_lock(s->p, e), r = -1;

	if (lock < 0)
		return -1;
	grants_free(&s->cards);
	if (!grants_load(s->p, &s->cards, e) &&
	    !grants_put(&s->cards, card, e) &&
	    !grants_save(s->p, &s->cards, e))
		r = 0;
	close(lock);
	return r;
}

static int enroll(struct session *s, struct sim_err *e)
{
	struct card_grant card = { 0 };
	const struct slot *sl;
	struct slot then;
	struct self_args a;
	int first;

	if (take_args(s, 2, 1, &a, e) < 0 || session_look(s, e) < 0)
		return -1;
	sl = pick(s, a.word, e);
	if (!sl)
		return -1;
	then = *sl;
	first = future_owner(s, e);
	if (first < 0 || session_prove(s, s->user, e) < 0 ||
	    choose_policy(s, a.policy, grants_find(&s->cards, then.iccid),
			  &card.policy, e) < 0)
		return -1;
	snprintf(card.iccid, sizeof(card.iccid), "%s", then.iccid);
	snprintf(card.driver, sizeof(card.driver), "%s", then.driver);
	card.virt = then.caps & SIMSLOT_CAP_VIRTUAL;
	card.proxied = then.caps & SIMSLOT_CAP_PROXIED;
	card.since = time(NULL);
	if (first && conf_own(s->p, s->peer, e) < 0)
		return -1;
	if (first)
		s->conf.owner = s->peer;
	if (put_card(s, &card, e) < 0 ||
	    unlock_note(s->p, s->conf.owner, e) < 0 ||
	    insertion_note(s->p, &then, e) < 0)
		return -1;
	ipc_sendf(s->cli, IPC_TEXT, 0, "SIM ...%s in slot %u is enrolled: %s.",
		  card.iccid + (strlen(card.iccid) > 4 ?
					strlen(card.iccid) - 4 :
					0),
		  then.index, card_policy_name(card.policy));
	if (card.policy == CARD_IGNORE)
		slot_say(s->p, then.index, "idle", "card is left alone", e);
	return a.no_sync ? 0 : session_resync(s, !a.quiet, e);
}

/* ---- card forget -------------------------------------------------------- */

static const char *ending_in(struct session *s, const char *word,
			     struct sim_err *e)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < s->cards.n; i++) {
		const char *iccid = s->cards.card[i].iccid;

		if (!iccid_ends_in(iccid, word))
			continue;
		if (found) {
			sim_fail(e, EX_USAGE,
				 "more than one enrolled SIM ends in %s: give more digits",
				 word);
			return NULL;
		}
		found = iccid;
	}
	if (!found)
		sim_fail(e, EX_NOINPUT,
			 "no enrolled SIM ends in \"%.20s\" (at least four digits); see simsync card list",
			 word);
	return found;
}

/* The card whose ICCID ends in @word; @gone: all of it. */
static int drop_card(struct session *s, const char *word,
		     char gone[SIMSLOT_ICCID_LEN], struct sim_err *e)
{
	int lock = grants_lock(s->p, e), r = -1;
	const char *iccid = NULL;

	if (lock < 0)
		return -1;
	if (!grants_load(s->p, &s->cards, e))
		iccid = ending_in(s, word, e);
	if (iccid) {
		snprintf(gone, SIMSLOT_ICCID_LEN, "%s", iccid);
		grants_drop(&s->cards, gone);
		r = grants_save(s->p, &s->cards, e);
	}
	close(lock);
	return r;
}

static int forget(struct session *s, struct sim_err *e)
{
	char gone[SIMSLOT_ICCID_LEN];
	struct self_args a;

	if (take_args(s, 2, 1, &a, e) < 0)
		return -1;
	if (!a.word)
		return sim_fail(e, EX_USAGE,
				"say which: simsync card forget <last digits of the ICCID>");
	if (drop_card(s, a.word, gone, e) < 0)
		return -1;
	ipc_sendf(s->cli, IPC_TEXT, 0,
		  "SIM ...%s is forgotten: nothing is read from it any more. What it gave stays.",
		  gone + strlen(gone) - 4);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct session *s, struct sim_err *e);
} selves[] = {
	{ "unlock", unlock },
	{ "card enroll", enroll },
	{ "card forget", forget },
};

int session_self(struct session *s, struct sim_err *e)
{
	size_t i;

	for (i = 0; i < sizeof(selves) / sizeof(selves[0]); i++)
		if (!strcmp(selves[i].name, s->access->name))
			return selves[i].run(s, e);
	return sim_fail(e, EX_SOFTWARE, "%s: not in the broker's table",
			s->access->name);
}
