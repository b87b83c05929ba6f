// SPDX-License-Identifier: MIT
#include "cmd/country.h"

#include <stdio.h>
#include <string.h>

#include "card/card.h"
#include "model/country.h"

/*
 * The file says "ICCID MCC": of an IMSI no more than the country is kept, and a
 * card that has told it is not asked again.
 */
struct known {
	char iccid[24];
	char mcc[4];
};

static void load(const char *path, struct known *k)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	if (fscanf(f, "%23s %3s", k->iccid, k->mcc) != 2)
		*k = (struct known){ "", "" };
	fclose(f);
}

static void save(const char *path, const struct known *k)
{
	FILE *f = fopen(path, "we");

	/* Lost, it is asked of the card again. */
	if (!f)
		return;
	fprintf(f, "%s %s\n", k->iccid, k->mcc);
	fclose(f);
}

const char *country_of_run(struct cmd *c, struct card *const *card)
{
	char path[512], imsi[512];
	struct known k = { "", "" };
	size_t i;

	if (cmd_path(c, "country", path, sizeof(path), NULL) < 0)
		return NULL;
	load(path, &k);
	for (i = 0; i < c->slots; i++) {
		if (!card[i])
			continue;
		if (!strcmp(card_iccid(card[i]), k.iccid))
			break;
		if (card_imsi(card[i], imsi, sizeof(imsi), NULL) ||
		    !country_of_imsi(imsi))
			continue;
		snprintf(k.iccid, sizeof(k.iccid), "%s", card_iccid(card[i]));
		snprintf(k.mcc, sizeof(k.mcc), "%.3s", imsi);
		save(path, &k);
		break;
	}
	return country_of_imsi(k.mcc);
}
