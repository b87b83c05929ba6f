/* SPDX-License-Identifier: MIT */
/*
 * edit.h - what `contacts add` and `contacts edit` are told of a contact
 */
#ifndef SIMSYNC_CMD_EDIT_H
#define SIMSYNC_CMD_EDIT_H

#include "cmd/cmd.h"
#include "model/item.h"

#define EDIT_MANY 32

/**
 * struct edit - one array a property, with how many values came for it
 * @name: --name
 * @phone: --phone
 * @email: --email
 * @group: --group
 * @note: --note
 * @names: values in @name
 * @phones: values in @phone
 * @emails: values in @email
 * @groups: values in @group
 * @notes: values in @note
 */
struct edit {
	const char *name[1];
	const char *phone[EDIT_MANY];
	const char *email[EDIT_MANY];
	const char *group[EDIT_MANY];
	const char *note[1];
	size_t names;
	size_t phones;
	size_t emails;
	size_t groups;
	size_t notes;
};

/** EDIT_OPTS() - the options of @ed, for a table of struct cmd_opt */
#define EDIT_OPTS(ed)                                                     \
	{ "name", NULL, NULL, (ed)->name, &(ed)->names, 1 },              \
	{ "phone", NULL, NULL, (ed)->phone, &(ed)->phones, EDIT_MANY },   \
	{ "email", NULL, NULL, (ed)->email, &(ed)->emails, EDIT_MANY },   \
	{ "group", NULL, NULL, (ed)->group, &(ed)->groups, EDIT_MANY },   \
	{ "note", NULL, NULL, (ed)->note, &(ed)->notes, 1 }

/**
 * edit_apply() - make a contact what was told
 * @it: the contact
 * @ed: what was told
 * @e: why not: also EX_USAGE for what says nothing, or is no number or address
 *
 * What is given replaces what was there of its kind; an empty value removes it.
 */
int edit_apply(struct sim_item *it, const struct edit *ed, struct sim_err *e);

#endif
