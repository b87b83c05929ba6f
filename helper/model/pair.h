/* SPDX-License-Identifier: MIT */
/*
 * pair.h - is this record that item? Names and numbers compared
 *
 * Normalised forms are for comparing only and are never written anywhere.
 */
#ifndef SIMSYNC_MODEL_PAIR_H
#define SIMSYNC_MODEL_PAIR_H

#include "model/item.h"

/**
 * sim_number_norm() - a phone number without its typography
 * @value: as in a TEL ("tel:+49-170/123", "0170 123")
 * @country: calling code of the home country ("49"), or NULL
 *
 * "00" in front becomes '+'; a single trunk 0 (or, in Italy, none) becomes the
 * home country. Short codes, star codes and DTMF tails stay as they are.
 *
 * Return: malloc'd; NULL: no memory.
 */
char *sim_number_norm(const char *value, const char *country);

/** sim_text_fold() - NFKC, case folded, no marks, single spaces. malloc'd. */
char *sim_text_fold(const char *value);

/** enum sim_likeness - how two records of one card relate (design.md, Matching) */
enum sim_likeness {
	SIM_UNLIKE,	/* both changed: delete and add */
	SIM_RENAMED,	/* same number, another name: ambiguous */
	SIM_EDITED,	/* one is the other, edited */
	SIM_IDENTICAL,
};
enum sim_likeness sim_alike(const struct sim_item *a, const struct sim_item *b,
			    const char *country);

/** sim_name_related() - truncated, completed or respelled (folded names) */
bool sim_name_related(const char *a, const char *b);

/** sim_numbers() - normalised TELs, NULL-terminated; free with the next */
char **sim_numbers(const struct sim_item *it, const char *country);
void sim_numbers_free(char **list);

#endif
