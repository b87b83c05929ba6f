/* SPDX-License-Identifier: MIT */
/*
 * item.h - what is synced: a contact, a message or a card-info record
 *
 * All three are a list of properties in the shape of vCard content lines, so
 * that one merge serves them all. A property's value is kept as it stands in a
 * vCard (escaped, unfolded, UTF-8): what was not changed goes back byte for
 * byte.
 *
 * Property names by kind
 *   contact  every vCard property but VERSION, PRODID, REV, UID: those belong
 *            to a copy, not to the person. FN is the name a SIM can hold.
 *            X-SIM-SECOND-NAME is EF_SNE, CATEGORIES are the groups.
 *            The first TEL is the number that goes where only one fits.
 *   message  DIRECTION (in|out|report) TPDU (hex) SMSC STATUS (unread|read|
 *            sent|unsent) ICCID SEEN-AT; and decoded, for people and programs:
 *            FROM TO DATE TEXT REF PART PARTS
 *   info     ICCID IMSI EID SPN MSISDN LABEL LANG GID1 UST PLMN CAPACITY ...
 *            (mirrored read-only or merged both ways by the field table)
 */
#ifndef SIMSYNC_ITEM_H
#define SIMSYNC_ITEM_H

#include <stdbool.h>
#include <stddef.h>

enum sim_kind { SIM_CONTACT, SIM_MESSAGE, SIM_INFO };
#define SIM_KINDS 3

/**
 * struct sim_prop - one property
 * @group: vCard group prefix ("item1"), or NULL
 * @name: upper case
 * @params: everything between name and colon, without the first ';', or NULL
 * @value: as in a vCard: escaped, unfolded, UTF-8
 */
struct sim_prop {
	char *group;
	char *name;
	char *params;
	char *value;
};

/**
 * struct sim_item - one item
 * @kind: what it is
 * @n: number of properties
 * @cap: room in @prop
 * @prop: in their order, which means something (the first TEL is preferred)
 */
struct sim_item {
	enum sim_kind kind;
	size_t n;
	size_t cap;
	struct sim_prop *prop;
};

void sim_item_init(struct sim_item *it, enum sim_kind kind);
void sim_item_free(struct sim_item *it);
/** sim_item_add() - append a property; copies its arguments. -1: no memory. */
int sim_item_add(struct sim_item *it, const char *name, const char *params,
		 const char *value);
int sim_item_copy(struct sim_item *to, const struct sim_item *from);
void sim_item_move(struct sim_item *to, struct sim_item *from);
/** sim_item_get() - value of the first property of that name, or NULL. */
const char *sim_item_get(const struct sim_item *it, const char *name);
/** sim_item_set() - the only property of that name is now @value (NULL: none). */
int sim_item_set(struct sim_item *it, const char *name, const char *value);
bool sim_item_equal(const struct sim_item *a, const struct sim_item *b);

/**
 * sim_item_text() - the item as content lines, one '\n'-ended line a property
 * @it: the item
 *
 * Canonical and reversible; what the ledger stores. Caller frees.
 */
char *sim_item_text(const struct sim_item *it);
int sim_item_parse(struct sim_item *it, enum sim_kind kind, const char *text);

/**
 * sim_item_key() - natural key of messages (content hash) and info (ICCID)
 * @it: the item
 *
 * Return: malloc'd string, NULL for contacts (they are paired, not keyed).
 */
char *sim_item_key(const struct sim_item *it);

/** sim_hidden() - an identifier of which only the keyed hash is known */
bool sim_hidden(const char *value);

/* Text values: what ',' ';' '\\' and newline look like inside a vCard value. */
char *sim_text_escape(const char *plain);
char *sim_text_unescape(const char *value);

#endif
