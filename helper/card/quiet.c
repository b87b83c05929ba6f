// SPDX-License-Identifier: MIT
/*
 * quiet.c - from when on nothing on the card can have changed
 *
 * The slot counts the commands of every file. While that count moves by our own
 * commands only, and those only read, the card holds what it held: then, and
 * only then, its counters are believed (design.md, A run). A stamp carries that
 * knowledge to the next run in the same activation.
 */
#include <inttypes.h>
#include <stdio.h>

#include "card/fs.h"

/*
 * SELECT, READ BINARY, READ RECORD, SEARCH RECORD (SEEK), STATUS, GET RESPONSE,
 * VERIFY: they leave the files as they are.
 */
static const uint8_t reads[] = { 0xa4, 0xb0, 0xb2, 0xa2, 0xf2, 0xc0, 0x20 };

uint64_t quiet_now(const struct card *c)
{
	return c->ch->others + c->ch->sent;
}

void quiet_look(struct card *c)
{
	if (!c->ch->ops->look || !c->ch->terminal ||
	    c->ch->ops->look(c->ch, NULL) || !c->ch->era) {
		c->era = 0;
		return;
	}
	if (c->era != c->ch->era || c->others != c->ch->others) {
		c->era = c->ch->era;
		c->others = c->ch->others;
		c->quiet = quiet_now(c);
	}
}

void quiet_sent(struct card *c, const uint8_t *cmd, size_t len)
{
	if (c->ch->fault == SIM_CHAN_OK && len > 1)
		for (size_t i = 0; i < sizeof(reads); i++)
			if (cmd[1] == reads[i])
				return;
	/* Without an answer nobody knows whether, or how often, it was done. */
	if (c->ch->fault != SIM_CHAN_OK)
		c->era = 0;
	c->wrote = true;
	c->quiet = quiet_now(c);
}

bool quiet_since(const struct card *c, uint64_t era, uint64_t at)
{
	return era && era == c->era && at >= c->quiet && at <= quiet_now(c);
}

void card_stamp(struct card *c, char out[CARD_STAMP])
{
	quiet_look(c);
	out[0] = '\0';
	if (c->era)
		snprintf(out, CARD_STAMP,
			 "%016" PRIx64 " %016" PRIx64 " %016" PRIx64, c->era,
			 c->quiet, quiet_now(c));
}

void card_since(struct card *c, const char *stamp)
{
	uint64_t era, quiet, end;

	quiet_look(c);
	if (sscanf(stamp, "%16" SCNx64 " %16" SCNx64 " %16" SCNx64, &era,
		   &quiet, &end) != 3)
		return;
	/* What the last run sent is all that others sent: nobody was between. */
	if (c->era == era && c->others == end && quiet <= end && !c->wrote)
		c->quiet = quiet;
}

bool card_untouched(struct sim_channel *ch, const char *stamp)
{
	uint64_t era, quiet, end;

	return ch->ops->look && !ch->ops->look(ch, NULL) && ch->terminal &&
	       ch->era &&
	       sscanf(stamp, "%16" SCNx64 " %16" SCNx64 " %16" SCNx64, &era,
		      &quiet, &end) == 3 &&
	       ch->era == era && ch->others == end && !ch->sent;
}
