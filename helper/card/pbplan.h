/* SPDX-License-Identifier: MIT */
/*
 * pbplan.h - all records of one phonebook entry as they shall be
 */
#ifndef SIMSYNC_CARD_PBPLAN_H
#define SIMSYNC_CARD_PBPLAN_H

#include "card/phonebook.h"

#define LINKS_MAX	PB_USES

/**
 * struct link_plan - what becomes of one linked record
 * @use: the file
 * @from: record the entry has in it now, 0 none
 * @to: record it will have, 0 none
 * @rec: its new bytes
 */
struct link_plan {
	const struct pb_use *use;
	unsigned int from;
	unsigned int to;
	uint8_t rec[FS_REC_MAX];
};

/**
 * struct plan - all records of one entry as they shall be
 * @set: the book
 * @rec: the entry
 * @adn: its new bytes
 * @link: its linked records
 * @n: how many
 * @ext_new: EXT1 records to write
 * @ext: their bytes
 * @next: how many
 * @ext_old: EXT1 records in use now
 * @ext_keep: those of them that stay
 */
struct plan {
	struct pb_set *set;
	unsigned int rec;
	uint8_t adn[FS_REC_MAX];
	struct link_plan link[LINKS_MAX];
	size_t n;
	unsigned int ext_new[16];
	uint8_t ext[16][EXT_LEN];
	size_t next;
	struct fs_set ext_old;
	struct fs_set ext_keep;
};

/**
 * pb_plan() - make the plan
 * @c: card
 * @p: @set and @rec filled; the rest zero
 * @want: what the entry shall say; NULL: it is to be deleted
 * @e: why not
 *
 * Which records of shared files are taken is counted without this entry and
 * with what the plan takes: call pb_retake() after writing, or instead of it.
 *
 * Return: 0, 1 no room, -1.
 */
int pb_plan(struct card *c, struct plan *p, const struct sim_item *want,
	    struct sim_err *e);

#endif
