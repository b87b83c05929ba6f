/* SPDX-License-Identifier: MIT */
/*
 * cards.h - which replica a card is: its generation, and the profiles of an
 * eUICC that come and go (design.md, Generations; T3, T4)
 *
 * An ICCID names a card to people; what it holds belongs to a generation of it.
 * A profile downloaded again under its old ICCID, or a card with a new PSC and
 * an empty phonebook, starts a new one: no base, hence no deletes, and filling
 * it waits for a yes. The old one is retired; what it held stays known.
 */
#ifndef SIMSYNC_SYNC_CARDS_H
#define SIMSYNC_SYNC_CARDS_H

#include "store/ledger.h"

/* Room for `card:<iccid>/<generation>'. */
#define CARDS_NAME 64

/**
 * struct cards_seen - what a card that is here says, before it is a replica
 * @iccid: its digits
 * @shown: its name for people
 * @eid: of the eUICC it is a profile of; NULL: of none, or not asked
 * @virt: the provider of the slot says that it is virtual
 * @psc: of its phonebook (EF_PSC); -1: it has none, or was not asked
 * @empty: its phonebook was read whole and holds no contact
 * @generation: the one the server's card-info tells; NULL: it tells none
 */
struct cards_seen {
	const char *iccid;
	const char *shown;
	const char *eid;
	bool virt;
	int64_t psc;
	bool empty;
	const char *generation;
};

/**
 * struct cards_replica - the replica a card is
 * @name: ledger name
 * @class: SIM_PHYSICAL or SIM_VIRTUAL, fixed when it was first seen
 * @eid: of its eUICC, or ""
 * @psc: as last read, -1 never
 * @known: it was known before
 * @fresh: it is a new generation of a card known before
 * @asks: filling it waits for a yes
 */
struct cards_replica {
	char name[CARDS_NAME];
	enum sim_class class;
	char eid[33];
	int64_t psc;
	bool known;
	bool fresh;
	bool asks;
};

/** cards_find() - what the ledger knows of a card now. 0, 1 nothing, -1 */
int cards_find(struct ledger *l, const char *iccid, struct cards_replica *out,
	       struct sim_err *e);

/**
 * cards_place() - the replica of a card that is here; may be a new generation
 * @l: open ledger, no transaction under way
 * @seen: what it says
 * @now: seconds since the epoch
 * @dry: nothing is written
 * @out: filled
 * @e: filled on error
 *
 * Return: 0, -1.
 */
int cards_place(struct ledger *l, const struct cards_seen *seen, int64_t now,
		bool dry, struct cards_replica *out, struct sim_err *e);

/** cards_keep() - remember the PSC of a replica's phonebook (-1: none). 0, -1 */
int cards_keep(struct ledger *l, const char *name, int64_t psc,
	       struct sim_err *e);

/**
 * struct cards_profile - one profile of an eUICC's list
 * @iccid: its digits
 * @shown: its name for people
 * @installed: number of the newest notification that it was installed, 0: none
 */
struct cards_profile {
	const char *iccid;
	const char *shown;
	uint32_t installed;
};

/** enum cards_event - what became of a profile since the last list */
enum cards_event { CARDS_ADDED, CARDS_AGAIN, CARDS_DELETED };

/**
 * cards_profiles() - T3 and T4: an eUICC's list against the last one seen
 * @l: open ledger, no transaction under way
 * @eid: whose list
 * @p: the list, whole
 * @n: how many
 * @now: seconds since the epoch
 * @fn: told each profile that came (T3), was loaded anew, or went (T4)
 * @arg: passed to @fn
 * @e: filled on error
 *
 * A profile that is new becomes a replica, one that went is retired. Of an
 * eUICC seen for the first time nothing is told.
 *
 * Return: 0, -1.
 */
int cards_profiles(struct ledger *l, const char *eid,
		   const struct cards_profile *p, size_t n, int64_t now,
		   void (*fn)(enum cards_event what, const char *shown,
			      void *arg),
		   void *arg, struct sim_err *e);

/**
 * struct cards_kept - one thing a card held when it was last read
 * @kind: contact or message
 * @uid: of the item: added under it, it is the same item again
 * @value: the item, as full as it was known, content lines
 * @local: the phone has it
 */
struct cards_kept {
	enum sim_kind kind;
	const char *uid;
	const char *value;
	bool local;
};

/**
 * cards_kept() - what a card held, deleted profiles and old generations too
 * @l: open ledger
 * @digits: last digits of its ICCID; of several the one retired last
 * @name: out: which replica that was
 * @fn: called for each; non-zero ends it with -1
 * @arg: passed to @fn
 * @e: filled on error
 *
 * Return: 0, 1 no card of that number is known, -1.
 */
int cards_kept(struct ledger *l, const char *digits, char name[CARDS_NAME],
	       int (*fn)(const struct cards_kept *row, void *arg), void *arg,
	       struct sim_err *e);

#endif
