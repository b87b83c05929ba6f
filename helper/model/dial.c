/* SPDX-License-Identifier: MIT */
/*
 * dial.c - a phone number without its typography, in international form where
 * the home country is known (ITU-T E.164, and E.129 for how each country dials)
 */
#include "model/pair.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

/**
 * struct plan - how a country writes its own numbers
 * @country: calling code
 * @trunk: what is dialled in front within the country and left out abroad
 * @least: digits of a whole number without the trunk prefix, and
 * @most: at most that many
 * @bare: a number of that length is whole without the trunk prefix too
 *
 * A country that is not listed has the trunk prefix 0 and any length.
 */
struct plan {
	const char *country;
	const char *trunk;
	size_t least, most;
	bool bare;
};

static const struct plan plans[] = {
	{"1", "1", 10, 10, true},   {"7", "8", 10, 10, false},
	{"30", "", 10, 10, true},   {"34", "", 9, 9, true},
	{"36", "06", 8, 9, false},  {"39", "", 6, 11, true},
	{"45", "", 8, 8, true},	    {"47", "", 8, 8, true},
	{"48", "", 9, 9, true},	    {"65", "", 8, 8, true},
	{"225", "", 10, 10, true},  {"242", "", 9, 9, true},
	{"351", "", 9, 9, true},    {"356", "", 8, 8, true},
	{"357", "", 8, 8, true},    {"371", "", 8, 8, true},
	{"378", "", 6, 11, true},   {"420", "", 9, 9, true},
	{"852", "", 8, 8, true},    {"853", "", 8, 8, true},
};

static const struct plan *plan_of(const char *country)
{
	static const struct plan usual = {"", "0", 1, 32, false};

	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		if (!strcmp(plans[i].country, country))
			return &plans[i];
	return &usual;
}

/* The digits that stand in blocks of ten, by their zero (Unicode, category Nd) */
static int digit_of(utf8proc_int32_t cp)
{
	static const utf8proc_int32_t zero[] = {
		'0',	0x660,	0x6f0,	0x7c0,	0x966,	0x9e6,	0xa66,
		0xae6,	0xb66,	0xbe6,	0xc66,	0xce6,	0xd66,	0xde6,
		0xe50,	0xed0,	0xf20,	0x1040, 0x17e0, 0x1810, 0xff10,
	};

	for (size_t i = 0; i < sizeof(zero) / sizeof(*zero); i++)
		if (cp >= zero[i] && cp < zero[i] + 10)
			return (int)(cp - zero[i]);
	return -1;
}

/* "(0)" after the country: to be left out when dialling it */
static const char *skip_optional_zero(const char *at)
{
	return strncmp(at, "(0)", 3) ? at : at + 3;
}

/* Digits, + in front, star codes, DTMF tails. */
static size_t significant(const char *value, char *out)
{
	size_t n = 0;

	while (*value) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t len = utf8proc_iterate(
			(const utf8proc_uint8_t *)value, -1, &cp);
		int digit;

		if (len <= 0) {
			value++;
			continue;
		}
		/* ";ext=", ";phone-context=" of an RFC 3966 URI */
		if (cp == ';')
			break;
		if (cp == '(' && n && *out == '+' &&
		    skip_optional_zero(value) != value) {
			value = skip_optional_zero(value);
			continue;
		}
		digit = digit_of(cp);
		if (digit >= 0)
			out[n++] = (char)('0' + digit);
		else if (cp < 0x80 &&
			 (strchr("*#?", cp) || (cp == '+' && !n)))
			out[n++] = (char)cp;
		else if (cp < 0x80 && strchr("pPwW,", cp) && n)
			out[n++] = cp == 'w' || cp == 'W' ? 'w' : 'p';
		value += len;
	}
	out[n] = '\0';
	return n;
}

char *sim_number_norm(const char *value, const char *country)
{
	const struct plan *plan;
	size_t n, trunk, c;
	char *out;

	out = malloc(strlen(value) + 8);
	if (!out)
		return NULL;
	if (!strncasecmp(value, "tel:", 4))
		value += 4;
	n = significant(value, out);
	if (n > 6 && out[0] == '0' && out[1] == '0') {
		out[0] = '+';
		memmove(out + 1, out + 2, n - 1);
		return out;
	}
	/* A short code is dialled as it is from anywhere in the country. */
	if (!country || strlen(country) > 4 || n <= 5 ||
	    strspn(out, "0123456789") != n)
		return out;
	plan = plan_of(country);
	trunk = strlen(plan->trunk);
	if (plan->bare && n >= plan->least && n <= plan->most)
		trunk = 0;
	else if (!trunk || strncmp(out, plan->trunk, trunk) ||
		 n < trunk + plan->least || n > trunk + plan->most ||
		 (out[0] == '0' && out[1] == '0'))
		return out;
	c = strlen(country);
	memmove(out + 1 + c, out + trunk, n - trunk + 1);
	out[0] = '+';
	memcpy(out + 1, country, c);
	return out;
}
