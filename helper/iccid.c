// SPDX-License-Identifier: MIT
#include "iccid.h"

#include <string.h>
#include <strings.h>

#define ICCID_MAX 20

bool iccid_ok(const char *text)
{
	size_t n = strspn(text, "0123456789abcde");

	return n && n <= ICCID_MAX && !text[n];
}

bool iccid_said(const char *word)
{
	size_t n = strspn(word, "0123456789abcdeABCDE");

	return n >= ICCID_SAID && n <= ICCID_MAX && !word[n];
}

bool iccid_ends_in(const char *iccid, const char *word)
{
	size_t n = strlen(iccid), w = strlen(word);

	return w <= n && iccid_said(word) && !strcasecmp(iccid + n - w, word);
}
