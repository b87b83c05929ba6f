/* SPDX-License-Identifier: MIT */
/*
 * pair.c - names and numbers compared
 */
#include "model/pair.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/merge.h"

/* Countries whose national numbers keep their leading 0 abroad. */
static bool keeps_zero(const char *country)
{
	return !strcmp(country, "39") || !strcmp(country, "378");
}

char *sim_number_norm(const char *value, const char *country)
{
	size_t len = strlen(value), n = 0;
	char *out = malloc(len + 8);
	const char *rest;

	if (!out)
		return NULL;
	if (!strncasecmp(value, "tel:", 4))
		value += 4;
	for (; *value; value++) {
		/* ";ext=", ";phone-context=" of an RFC 3966 URI */
		if (*value == ';')
			break;
		if (strchr("0123456789*#?", *value) || (*value == '+' && !n))
			out[n++] = *value;
		else if (strchr("pPwW,", *value) && n)
			out[n++] = *value == 'w' || *value == 'W' ? 'w' : 'p';
	}
	out[n] = '\0';
	if (!strncmp(out, "00", 2) && n > 6) {
		out[0] = '+';
		memmove(out + 1, out + 2, n - 1);
		return out;
	}
	/* A trunk 0 and at least a city and a subscriber behind it. */
	if (country && out[0] == '0' && out[1] != '0' && n > 5 &&
	    strspn(out, "0123456789") == n && strlen(country) < 5) {
		size_t c = strlen(country);

		rest = keeps_zero(country) ? out : out + 1;
		memmove(out + 1 + c, rest, strlen(rest) + 1);
		out[0] = '+';
		memcpy(out + 1, country, c);
	}
	return out;
}

char *sim_text_fold(const char *value)
{
	char *plain = sim_text_unescape(value);
	utf8proc_uint8_t *mapped = NULL;
	utf8proc_ssize_t rc;
	char *from, *to;

	if (!plain)
		return NULL;
	rc = utf8proc_map((const utf8proc_uint8_t *)plain, 0, &mapped,
			  UTF8PROC_NULLTERM | UTF8PROC_COMPAT |
				  UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
				  UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
	/* Not UTF-8: compared as it stands. */
	if (rc < 0)
		return plain;
	free(plain);
	from = to = (char *)mapped;
	for (; *from; from++) {
		bool space = strchr(" \t\n,.", *from) != NULL;

		if (space && (to == (char *)mapped || to[-1] == ' '))
			continue;
		*to++ = space ? ' ' : *from;
	}
	if (to > (char *)mapped && to[-1] == ' ')
		to--;
	*to = '\0';
	return (char *)mapped;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits (with neighbours swapped as one) between two short texts, in bytes. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 96 };
	size_t row[3][MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX || m > MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3];
		size_t *upup = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(up[j] + 1, now[j - 1] + 1,
				       up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && upup[j - 2] + 1 < now[j])
				now[j] = upup[j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

bool sim_name_related(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), longer = n > m ? n : m;

	if (!strncmp(a, b, n < m ? n : m))
		return true;
	/* One slip in every five letters, never more than two. */
	return longer >= 4 &&
	       distance(a, b) <= (longer / 5 > 2 ? 2 : longer / 5 ? longer / 5
								  : 1);
}

char **sim_numbers(const struct sim_item *it, const char *country)
{
	char **list = calloc(it->n + 1, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; list && i < it->n; i++) {
		if (strcmp(it->prop[i].name, "TEL"))
			continue;
		list[n] = sim_number_norm(it->prop[i].value, country);
		if (!list[n]) {
			sim_numbers_free(list);
			return NULL;
		}
		if (*list[n])
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

	if (!na || !nb || !ta || !tb)
		goto out;
	if (sim_item_same(a, b))
		out = SIM_IDENTICAL;
	else if (!strcmp(na, nb) && (*na || shares(ta, tb)))
		out = SIM_EDITED;
	else if (shares(ta, tb))
		out = sim_name_related(na, nb) ? SIM_EDITED : SIM_RENAMED;
out:
	free(na);
	free(nb);
	sim_numbers_free(ta);
	sim_numbers_free(tb);
	return out;
}
