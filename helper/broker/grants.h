/* SPDX-License-Identifier: MIT */
/*
 * grants.h - which card may be read without asking again
 *
 * enrolled + unlocked since boot = grant. Enrolled cards are in
 * <lib>/cards.conf (root only), "unlocked" in <run>/unlocked, which the next
 * power-off forgets. An ICCID proves nothing: where the driver or the class of
 * a card differs from where it was first seen, the person is asked again.
 */
#ifndef SIMSYNC_GRANTS_H
#define SIMSYNC_GRANTS_H

#include <stdint.h>

#include "broker/broker.h"
#include "broker/slots.h"

enum card_policy { CARD_BOTH, CARD_FILL, CARD_PULL, CARD_IGNORE };
#define CARD_POLICIES 4

/**
 * struct card_grant - one enrolled card
 * @iccid: as iccid_ok() has it
 * @driver: of the slot where it was first seen
 * @virt: it was an eSIM profile then
 * @proxied: a process spoke for it then, whatever name that gave itself
 * @policy: which way it is synced
 * @since: when it was enrolled, seconds since the epoch
 */
struct card_grant {
	char iccid[SIMSLOT_ICCID_LEN];
	char driver[32];
	bool virt;
	bool proxied;
	enum card_policy policy;
	int64_t since;
};

struct card_grants {
	struct card_grant *card;
	size_t n;
};

/**
 * enum grant - what a slot is to a run; why not, where not
 * @GRANT_YES: the worker gets the descriptor
 * @GRANT_NO_CARD: empty, activating or powered off
 * @GRANT_FAULT: a card that does not answer as one
 * @GRANT_NO_IDENTITY: a card without ICCID: nothing can be enrolled
 * @GRANT_UNKNOWN: never enrolled
 * @GRANT_MOVED: enrolled on another kind of slot
 * @GRANT_LOCKED: enrolled, and nobody has unlocked since boot
 * @GRANT_STRICT: enrolled, and each insertion is asked for
 * @GRANT_IGNORE: enrolled to be left alone
 */
enum grant {
	GRANT_YES, GRANT_NO_CARD, GRANT_FAULT, GRANT_NO_IDENTITY,
	GRANT_UNKNOWN, GRANT_MOVED, GRANT_LOCKED, GRANT_STRICT, GRANT_IGNORE,
};

const char *grant_name(enum grant g);
const char *card_policy_name(enum card_policy p);
int card_policy_parse(const char *word, enum card_policy *p,
		      struct sim_err *e);

int grants_load(const struct broker_paths *p, struct card_grants *g,
		struct sim_err *e);
/**
 * grants_lock() - nobody else changes the enrolled cards
 * @p: where the lock is
 * @e: EX_CANTCREAT, EX_OSERR
 *
 * From grants_load() to grants_save(), or one change undoes another.
 *
 * Return: descriptor; closing it lets others go on. -1 with @e.
 */
int grants_lock(const struct broker_paths *p, struct sim_err *e);
/**
 * grants_assume() - a card that was never enrolled, as rules.conf has it
 * @g: gets it, where it has it not; not to be saved
 * @s: the slot it is in
 * @policy: "pull", "fill", "ignore"; "": nothing is assumed
 * @e: EX_OSERR
 *
 * Return: 0, -1.
 */
int grants_assume(struct card_grants *g, const struct slot *s,
		  const char *policy, struct sim_err *e);
/** grants_save() - whole or not at all, mode 0600; grants_lock() is held */
int grants_save(const struct broker_paths *p, const struct card_grants *g,
		struct sim_err *e);
void grants_free(struct card_grants *g);
struct card_grant *grants_find(const struct card_grants *g, const char *iccid);
/** grants_put() - add or replace; -1: no memory, or no ICCID */
int grants_put(struct card_grants *g, const struct card_grant *c,
	       struct sim_err *e);
/** grants_drop() - true when it was there */
bool grants_drop(struct card_grants *g, const char *iccid);

/** unlocked() - the owner proved to be present since boot */
bool unlocked(const struct broker_paths *p, uid_t owner);
int unlock_note(const struct broker_paths *p, uid_t owner, struct sim_err *e);
void unlock_forget(const struct broker_paths *p);

/** insertion_known() - strict: this very insertion was allowed */
bool insertion_known(const struct broker_paths *p, const struct slot *s);
int insertion_note(const struct broker_paths *p, const struct slot *s,
		   struct sim_err *e);

/** grant_decide() - the decision; pure */
enum grant grant_decide(const struct slot *s, const struct card_grant *c,
			bool strict, bool is_unlocked, bool insertion);

#endif
