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
 * "00" in front becomes '+'; a national number becomes one of the home
 * country, as that country dials (model/dial.c). Digits of other scripts are
 * digits. Short codes, star codes and DTMF tails stay as they are.
 *
 * Return: malloc'd; NULL: no memory.
 */
char *sim_number_norm(const char *value, const char *country);

/**
 * sim_text_fold() - NFKD, case folded, single spaces, without marks
 * @value: UTF-8
 *
 * Only marks that people leave out go (accents of Latin, Greek and Cyrillic,
 * points of Hebrew and Arabic): elsewhere a mark is a vowel or another letter.
 * malloc'd.
 */
char *sim_text_fold(const char *value);

/**
 * sim_name_same() - one name, give or take capitals and accents?
 * @a: value of FN
 * @b: value of FN
 * @country: as above: at home in Vietnam an accent makes another name
 *
 * Return: 1, 0, -1 (no memory). No name is the same as nothing.
 */
int sim_name_same(const char *a, const char *b, const char *country);

/** enum sim_likeness - how two records of one card relate (design.md, Matching) */
enum sim_likeness {
	SIM_UNLIKE,	/* both changed: delete and add */
	SIM_RENAMED,	/* same number, another name: ambiguous */
	SIM_RESPELLED,	/* same number, the name cut, completed or respelled:
			 * edited, where nobody else has the number */
	SIM_EDITED,	/* one is the other, edited */
	SIM_IDENTICAL,
};
enum sim_likeness sim_alike(const struct sim_item *a, const struct sim_item *b,
			    const char *country);

/** sim_name_related() - truncated, completed or respelled (folded names) */
bool sim_name_related(const char *a, const char *b);

/**
 * sim_cut_is_plain() - does a name cut to @cut still say who of a family it is?
 * @full: the contact
 * @cut: its name as cut, folded
 * @country: calling code of the home country, or NULL
 *
 * The given name has to be whole, and every other word begun.
 *
 * Return: 1, 0, -1 (no memory).
 */
int sim_cut_is_plain(const struct sim_item *full, const char *cut,
		     const char *country);

/**
 * sim_contradict() - two of one name that are two all the same
 * @a: one contact
 * @b: another of the same name
 *
 * By their birthdays, or by what follows their names ("jun.").
 * Return: 1, 0, -1 (no memory).
 */
int sim_contradict(const struct sim_item *a, const struct sim_item *b);

/**
 * sim_numbers() - normalised TELs, NULL-terminated; free with the next
 * @it: the contact
 * @country: calling code of the home country, or NULL
 *
 * What has no digit is no number; letters and extensions count.
 */
char **sim_numbers(const struct sim_item *it, const char *country);
void sim_numbers_free(char **list);

#endif
