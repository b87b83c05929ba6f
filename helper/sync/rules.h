/* SPDX-License-Identifier: MIT */
/*
 * rules.h - which replicas are kept the same, in what, and which way
 *
 * R1 to R8 are predefined by name; a file (libconfig) switches them on and
 * off and refines them. Rules are edges (R7 and R8 hyperedges) of one graph per
 * kind of data; graph.h makes components of it.
 *
 *	unknown-card = "ask";                # ask | pull | fill | ignore
 *	rules = {
 *		R4 = {
 *			on = true;
 *			kinds = [ "contacts", "messages", "info" ];
 *			direction = "both";    # or "from-card", "to-card",
 *			                       # "from-server", "to-server"
 *			conflict = "ask";      # ask | keep-both | newest
 *			                       # | prefer-card | prefer-local
 *			                       # | prefer-server
 *			groups = [ "Family" ];        # only these
 *			messages-to-card = false;     # messages go there too
 *			numbers = [ "+49" ];          # only numbers that start so
 *			triggers = [ "card", "phone" ];   # or "poll", "resume"
 *		};
 *	};
 */
#ifndef SIMSYNC_SYNC_RULES_H
#define SIMSYNC_SYNC_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "model/err.h"
#include "model/replica.h"

#define RULES_MAX 8

/* Bits of masks over enum sim_class and enum sim_kind. */
#define RULE_BIT(x)   (1u << (x))
#define RULE_CARDS    (RULE_BIT(SIM_PHYSICAL) | RULE_BIT(SIM_VIRTUAL))
#define RULE_DATA     (RULE_BIT(SIM_CONTACT) | RULE_BIT(SIM_MESSAGE))
#define RULE_ALL_DATA (RULE_DATA | RULE_BIT(SIM_INFO))

/**
 * enum rule_trigger - what starts a run (bits)
 * @RULE_BY_CARD: a card came, went, or changed (T1 to T8)
 * @RULE_BY_PHONE: something was edited on the phone (T9, T10)
 * @RULE_BY_POLL: the server was not asked for a while (T11, T12)
 * @RULE_BY_RESUME: the phone has slept
 * @RULE_BY_PERSON: somebody asked for it, or unlocked the phone: every rule's
 */
enum rule_trigger {
	RULE_BY_CARD = 1,
	RULE_BY_PHONE = 2,
	RULE_BY_POLL = 4,
	RULE_BY_RESUME = 8,
	RULE_BY_PERSON = 16,
};

#define RULE_BY_ALL 31u

/** enum rule_policy - how a conflict ends; a later one is stricter */
enum rule_policy { RULE_NEWEST, RULE_PREFER, RULE_KEEP_BOTH, RULE_ASK };

/** enum rule_unknown - what to do with a card never seen before */
enum rule_unknown { RULE_UNKNOWN_ASK, RULE_PULL, RULE_FILL, RULE_IGNORE };

/**
 * struct rule - one rule
 * @name: "R1" to "R8"
 * @says: what it keeps the same, a sentence for people
 * @on: in force
 * @kinds: bit per enum sim_kind it is about now
 * @may: bit per enum sim_kind it can be about
 * @classes: bit per enum sim_class it connects
 * @alone: it connects replicas of one class among themselves (R1, R2)
 * @give: classes that may contribute
 * @take: classes that may receive
 * @policy: how conflicts end
 * @prefer: bit per class that wins under RULE_PREFER
 * @group: only items with one of these CATEGORIES; @groups 0: all
 * @groups: how many are in @group
 * @spool: messages are written to cards too, not only taken from them
 * @number: only items with a number that starts so; @numbers 0: all
 * @numbers: how many are in @number
 * @triggers: bit per enum rule_trigger that makes it take part in a run
 * @line: line of the rule file, 0: predefined
 */
struct rule {
	const char *name;
	const char *says;
	bool on;
	unsigned int kinds;
	unsigned int may;
	unsigned int classes;
	bool alone;
	unsigned int give;
	unsigned int take;
	enum rule_policy policy;
	unsigned int prefer;
	char **group;
	size_t groups;
	char **number;
	size_t numbers;
	bool spool;
	unsigned int triggers;
	int line;
};

/**
 * struct rules - all rules
 * @rule: R1 to R8 in this order
 * @unknown: for cards never seen before
 */
struct rules {
	struct rule rule[RULES_MAX];
	enum rule_unknown unknown;
};

/** rules_init() - the predefined rules; R4, R5 and R6 are on. */
void rules_init(struct rules *r);

/**
 * rules_read() - the predefined rules as refined by a file
 * @r: filled; free with rules_free() also after an error
 * @f: rule file, open for reading
 * @name: its name, for error sentences ("NAME:LINE: ...")
 * @e: filled on error
 *
 * Return: 0, or -1 (EX_CONFIG; EX_IOERR: it cannot be read); then no rule may be
 * followed.
 */
int rules_read(struct rules *r, FILE *f, const char *name, struct sim_err *e);
void rules_free(struct rules *r);

/**
 * rules_triggers() - what started a run
 * @why: what history says of it: "simslot0 card-ready; poll"; NULL: a plan
 *
 * Return: bits of enum rule_trigger; all where it is not said.
 */
unsigned int rules_triggers(const char *why);

/** rules_want() - does a rule in force join @class in a run so started? */
bool rules_want(const struct rules *r, enum sim_class class,
		unsigned int triggers);

const char *rule_class_name(enum sim_class c);
const char *rule_kind_name(enum sim_kind k);
const char *rule_policy_name(enum rule_policy p);
const char *rule_unknown_name(enum rule_unknown u);
const char *rule_trigger_name(enum rule_trigger t);

#endif
