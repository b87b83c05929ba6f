/* SPDX-License-Identifier: MIT */
/*
 * pair.c - the numbers of two records, and how the records relate
 */
#include "model/pair.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"

/* A number dialled by letters, "1-800-FLOWERS"; 'p', 'w', 'x' alone are not. */
static bool spelled(const char *value)
{
	size_t run = 0;

	if (!strncasecmp(value, "tel:", 4))
		value += 4;
	for (; *value && *value != ';'; value++) {
		run = isalpha((unsigned char)*value) ? run + 1 : 0;
		if (run > 1)
			return true;
	}
	return false;
}

/* Letters as they stand, in one case. */
static char *spelled_norm(const char *value)
{
	char *out = malloc(strlen(value) + 1);
	size_t n = 0;

	for (; out && *value; value++)
		if (isalnum((unsigned char)*value) || (*value == '+' && !n))
			out[n++] = (char)tolower((unsigned char)*value);
	if (out)
		out[n] = '\0';
	return out;
}

/* ";ext=12" of an RFC 3966 URI: another telephone. */
static char *with_extension(char *number, const char *value)
{
	const char *ext = strcasestr(value, ";ext=");
	char *out;

	if (!number || !ext || !*number)
		return number;
	ext += strlen(";ext=");
	if (asprintf(&out, "%sp%.*s", number,
		     (int)strspn(ext, "0123456789"), ext) < 0)
		out = NULL;
	free(number);
	return out;
}

char **sim_numbers(const struct sim_item *it, const char *country)
{
	char **list = calloc(it->n + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < it->n; i++) {
		const char *value = it->prop[i].value;

		if (strcmp(it->prop[i].name, "TEL"))
			continue;
		list[n] = spelled(value)
				  ? spelled_norm(value)
				  : with_extension(sim_number_norm(value,
								   country),
						   value);
		if (!list[n]) {
			sim_numbers_free(list);
			return NULL;
		}
		if (strpbrk(list[n], "0123456789"))
			n++;
		else
			free(list[n]), list[n] = NULL;
	}
	return list;
}

void sim_numbers_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static bool shares(char **a, char **b)
{
	for (size_t i = 0; a[i]; i++)
		for (size_t j = 0; b[j]; j++)
			if (!strcmp(a[i], b[j]))
				return true;
	return !a[0] && !b[0];
}

enum sim_likeness sim_alike(const struct sim_item *a, const struct sim_item *b,
			    const char *country)
{
	enum sim_likeness out = SIM_UNLIKE;
	const char *fa = sim_item_get(a, "FN"), *fb = sim_item_get(b, "FN");
	char *na = sim_text_fold(fa ? fa : ""), *nb = sim_text_fold(fb ? fb : "");
	char **ta = sim_numbers(a, country), **tb = sim_numbers(b, country);
	int same;

	if (!na || !nb || !ta || !tb)
		goto out;
	same = sim_name_same(fa ? fa : "", fb ? fb : "", country);
	if (sim_item_same(a, b))
		out = SIM_IDENTICAL;
	else if (same == 1 || (!*na && !*nb && shares(ta, tb)))
		out = SIM_EDITED;
	else if (shares(ta, tb))
		/* Folded alike and yet another name: an accent made it so. */
		out = strcmp(na, nb) && sim_name_related(na, nb)
			      ? SIM_RESPELLED
			      : SIM_RENAMED;
out:
	free(na);
	free(nb);
	sim_numbers_free(ta);
	sim_numbers_free(tb);
	return out;
}
