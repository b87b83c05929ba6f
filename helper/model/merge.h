/* SPDX-License-Identifier: MIT */
/*
 * merge.h - what changed between two states of an item, and doing it again
 * to a third
 *
 * A field is either single (all properties of one name taken as one block:
 * FN, N, ORG, everything of messages and card-info) or one member of a set
 * (TEL, EMAIL, ADR, ... keyed by normalised value). Both states of a diff are
 * of one replica, so what it cannot hold is in neither and never an edit.
 */
#ifndef SIMSYNC_MODEL_MERGE_H
#define SIMSYNC_MODEL_MERGE_H

#include "model/item.h"

/**
 * struct sim_edit - one field went from one state to another
 * @field: "FN", or "TEL:+491701234567" for a member of a set
 * @name: property name
 * @single: the whole block of that name; otherwise one member of the set
 * @order: only the order of the set's members changed; @to is all of them
 * @from: properties before (none: added)
 * @to: properties after (none: removed)
 * @dropped: decided against; not to be applied
 */
struct sim_edit {
	char *field;
	char *name;
	bool single;
	bool order;
	struct sim_item from;
	struct sim_item to;
	bool dropped;
};

/** struct sim_delta - the edits from one state to another */
struct sim_delta {
	struct sim_edit *edit;
	size_t n;
	size_t cap;
};

bool sim_field_single(enum sim_kind kind, const char *name);

/** sim_info_mirrored() - card-info field that only a card can change */
bool sim_info_mirrored(const char *name);

/**
 * sim_prop_key() - normalised value of a set's member
 * @p: property
 * @country: calling code of the home country, or NULL
 *
 * Return: malloc'd; NULL: no memory.
 */
char *sim_prop_key(const struct sim_prop *p, const char *country);

/** sim_diff() - edits from @a to @b; free with sim_delta_free(). -1: memory. */
int sim_diff(const struct sim_item *a, const struct sim_item *b,
	     const char *country, struct sim_delta *d);
void sim_delta_free(struct sim_delta *d);

/**
 * sim_apply() - do an edit to another state of the item
 * @it: state to change
 * @e: the edit, of sim_diff()
 * @country: calling code of the home country, or NULL
 *
 * What the edit did not touch (parameters, group) stays as it is in @it. A
 * member of a set that was replaced elsewhere meanwhile is not resurrected by
 * its removal, and a replacement is added beside it: nothing is lost.
 *
 * Return: 1 changed, 0 was so already, -1 no memory.
 */
int sim_apply(struct sim_item *it, const struct sim_edit *e,
	      const char *country);

/** sim_block() - append the properties of @name in @from to @to. -1: memory. */
int sim_block(struct sim_item *to, const struct sim_item *from,
	      const char *name);
/** sim_block_put() - @it's properties of @name become those in @block. */
int sim_block_put(struct sim_item *it, const char *name,
		  const struct sim_item *block);
/** sim_block_equal() - same properties of @name in the same order */
bool sim_block_equal(const struct sim_item *a, const struct sim_item *b,
		     const char *name);

/** sim_field_get() - the properties a field name stands for, as an item */
int sim_field_get(struct sim_item *to, const struct sim_item *from,
		  const char *field, const char *country);
/** sim_field_put() - @it's field becomes @value (no properties: removed) */
int sim_field_put(struct sim_item *it, const char *field,
		  const struct sim_item *value, const char *country);

/**
 * sim_item_same() - same properties; order matters only among those of one name
 * @a: one item
 * @b: another of the same kind
 */
bool sim_item_same(const struct sim_item *a, const struct sim_item *b);

/** sim_name_from_fn() - N for an FN edited where no N can be held. malloc'd. */
char *sim_name_from_fn(const char *fn);

#endif
