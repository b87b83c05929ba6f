// SPDX-License-Identifier: MIT
#include "broker/access.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct access table[] = {
	{ "status", ACCESS_ANYONE },
	{ "run", ACCESS_ROOT | ACCESS_RUN | ACCESS_SLOTS },
	{ "sync", ACCESS_RUN | ACCESS_SLOTS },
	{ "plan", ACCESS_RUN | ACCESS_SLOTS },
	{ "info set", ACCESS_RUN | ACCESS_SLOTS },
	{ "info list", 0 },
	{ "info edit", ACCESS_RUN },
	{ "info", ACCESS_RUN | ACCESS_SLOTS },
	{ "unlock", ACCESS_SELF },
	{ "card list", 0 },
	{ "card check", ACCESS_RUN | ACCESS_SLOTS },
	{ "card enroll", ACCESS_SELF },
	{ "card forget", ACCESS_SELF },
	{ "card restore", ACCESS_RUN },
	{ "contacts list --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts show --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts add --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts edit --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts rm --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts import --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts export --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "contacts list", 0 },
	{ "contacts show", 0 },
	{ "contacts add", ACCESS_RUN },
	{ "contacts edit", ACCESS_RUN },
	{ "contacts rm", ACCESS_RUN },
	{ "contacts import", ACCESS_RUN },
	{ "contacts export", 0 },
	{ "folder sync", ACCESS_RUN },
	{ "sms list --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms show --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms mark --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms rm --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms import --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms export --card", ACCESS_RUN | ACCESS_SLOTS },
	{ "sms list", 0 },
	{ "sms show", 0 },
	{ "sms mark", ACCESS_RUN },
	{ "sms rm", ACCESS_RUN },
	{ "sms import", ACCESS_RUN },
	{ "sms export", 0 },
	{ "esim list", ACCESS_RUN | ACCESS_SLOTS | ACCESS_BARE },
	{ "esim enable", ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "esim disable", ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "esim delete", ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "esim nickname", ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "esim notifications",
	  ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "apdu", ACCESS_RUN | ACCESS_SLOTS | ACCESS_AUTH | ACCESS_BARE },
	{ "remote add", ACCESS_RUN },
	{ "remote show", 0 },
	{ "remote test", 0 },
	{ "rules check", 0 },
	{ "rules list", 0 },
	{ "rules explain", 0 },
	{ "history", 0 },
	{ "show", 0 },
	{ "conflicts list", 0 },
	{ "conflicts show", 0 },
	{ "conflicts resolve", ACCESS_RUN },
	{ "held list", 0 },
	{ "held show", 0 },
	{ "held apply", ACCESS_RUN | ACCESS_AUTH },
	{ "held restore", ACCESS_RUN | ACCESS_AUTH },
	{ "duplicates list", 0 },
	{ "join", ACCESS_RUN },
	{ "split", ACCESS_RUN },
	{ "undo", ACCESS_RUN | ACCESS_AUTH },
	{ NULL, 0 },
};

const struct access *access_table(void)
{
	return table;
}

const struct access *access_find(int argc, char *const *argv)
{
	const struct access *a;
	char two[64], card[72];
	bool wanted = false;
	int n;

	if (argc < 1)
		return NULL;
	n = snprintf(two, sizeof(two), "%s %s", argv[0],
		     argc > 1 ? argv[1] : "");
	if (n < 0 || (size_t)n >= sizeof(two))
		two[0] = '\0';
	for (n = 2; n < argc; n++)
		wanted |= !strcmp(argv[n], "--card");
	snprintf(card, sizeof(card), "%s --card", two);
	for (a = table; a->name; a++)
		if ((wanted && !strcmp(a->name, card)) ||
		    !strcmp(a->name, argv[0]) || !strcmp(a->name, two))
			return a;
	return NULL;
}
