// SPDX-License-Identifier: MIT
/*
 * nickname.c - the owner's name for an eSIM profile
 *
 * The eUICC keeps it, not the profile (SGP.22 5.7.15, 5.7.21): it is read and
 * written in the ISD-R, and the card's application selected again afterwards.
 */
#include "card/nickname.h"

#include <stdlib.h>
#include <string.h>

#include "card/euicc.h"

static int read_from(struct card *c, struct euicc *u, struct sim_err *e)
{
	struct euicc_profile *p;
	size_t n;

	if (euicc_profiles(u, &p, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(p[i].iccid, c->iccid))
			card_named(c, p[i].nickname);
	free(p);
	if (c->named)
		return 0;
	return sim_fail(e, EX_PROTOCOL,
			"the eUICC does not list the profile that is enabled; the next run asks again");
}

/* @name NULL: only read it. */
static int in_isd_r(struct card *c, const char *name, struct sim_err *e)
{
	struct euicc *u = euicc_on(c->ch, e);
	struct sim_err why;
	int r = u ? 0 : -1;

	c->named = false;
	if (u && name) {
		r = euicc_nickname(u, c->iccid, name, e);
		quiet_wrote(c, 1u << SIM_INFO);
	}
	/* What was written is read back, whatever the answer was. */
	if (u && !r)
		r = read_from(c, u, e);
	euicc_close(u);
	if (card_again(c, r ? &why : e))
		return -1;
	return r;
}

int nickname_read(struct card *c, struct sim_err *e)
{
	if (!c->eid[0] || c->named)
		return 0;
	return in_isd_r(c, NULL, e);
}

bool nickname_fits(const struct card *c, const char *name)
{
	return c->eid[0] && (!name || strlen(name) <= EUICC_NICKNAME_MAX);
}

int nickname_write(struct card *c, const char *name, struct sim_err *e)
{
	if (!nickname_fits(c, name))
		return sim_fail(e, EX_DATAERR, "the profile's nickname: at most %u bytes of UTF-8, and only on an eUICC",
				EUICC_NICKNAME_MAX), 1;
	return in_isd_r(c, name ? name : "", e);
}
