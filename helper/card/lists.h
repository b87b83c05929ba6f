/* SPDX-License-Identifier: MIT */
/*
 * lists.h - the lists of numbers beside the phonebook: read, and FDN written
 * only where a person asks for it
 */
#ifndef SIMSYNC_CARD_LISTS_H
#define SIMSYNC_CARD_LISTS_H

#include "card/bcd.h"
#include "card/fs.h"
#include "card/text.h"

/**
 * enum card_list - which (TS 31.102 4.2.24, 4.2.29, 4.2.33, 4.2.34; 51.011
 * 10.5.4 for the last numbers dialled)
 * @LIST_FDN: fixed dialling numbers
 * @LIST_SDN: service dialling numbers
 * @LIST_LND: last numbers dialled, of a 2G card
 * @LIST_ICI: incoming calls
 * @LIST_OCI: outgoing calls
 */
enum card_list { LIST_FDN, LIST_SDN, LIST_LND, LIST_ICI, LIST_OCI };

/**
 * struct list_entry - a record in use
 * @rec: its number
 * @name: UTF-8 or ""
 * @number: as of bcd_normal()
 * @when: of a call: "2026-11-22T16:54:33+01:00" or ""
 * @seconds: it lasted, -1: not said
 * @missed: an incoming call nobody answered
 */
struct list_entry {
	unsigned int rec;
	char name[TEXT_MAX];
	char number[BCD_DIGITS_MAX + 2];
	char when[32];
	long seconds;
	bool missed;
};

/**
 * list_read() - a whole list
 * @c: card
 * @which: list
 * @out: malloc'd array of @n
 * @n: how many
 * @e: filled unless 0 is returned
 *
 * Return: 0; 1 the card has no such list, or does not give it; -1. A record that
 * makes no sense is in card_problems() and left out.
 */
int list_read(struct card *c, enum card_list which, struct list_entry **out,
	      size_t *n, struct sim_err *e);

/**
 * list_write_fdn() - one entry of EF_FDN; PIN2 must have been verified
 * @c: card
 * @rec: record, 0: a free one
 * @name: UTF-8; NULL: the entry is removed
 * @number: as people write it (bcd_normal())
 * @e: filled unless 0 is returned
 *
 * What was written is read back. Return: 0 written; 1 refused, or does not fit
 * (nothing is cut: a shortened number would allow other calls); -1.
 */
int list_write_fdn(struct card *c, unsigned int rec, const char *name,
		   const char *number, struct sim_err *e);

#endif
