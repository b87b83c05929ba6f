/* SPDX-License-Identifier: MIT */
/* country.h - the home country that a run compares numbers in */
#ifndef SIMSYNC_CMD_COUNTRY_H
#define SIMSYNC_CMD_COUNTRY_H

#include "cmd/cmd.h"

struct card;

/**
 * country_of_run() - calling code of the home country
 * @c: the run
 * @card: of each slot, NULL where there is none
 *
 * The first card's that tells one. Kept in the state folder, so that numbers
 * are compared alike while the card is away.
 *
 * Return: digits, static; NULL: not known.
 */
const char *country_of_run(struct cmd *c, struct card *const *card);

#endif
