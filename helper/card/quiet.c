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
#include <string.h>

#include "card/fs.h"

/*
 * SELECT, READ BINARY, READ RECORD, SEARCH RECORD (SEEK), STATUS, GET RESPONSE,
 * VERIFY: they leave the files as they are.
 */
static const uint8_t reads[] = { 0xa4, 0xb0, 0xb2, 0xa2, 0xf2, 0xc0, 0x20 };

/* What changes one kind of thing; any other file may matter to all. */
static const struct {
	uint16_t fid;
	enum sim_kind kind;
} belongs[] = {
	{ 0x6f3a, SIM_CONTACT }, { 0x6f4a, SIM_CONTACT },
	{ 0x6f3c, SIM_MESSAGE }, { 0x6f43, SIM_MESSAGE },
	{ 0x6f05, SIM_INFO },	 { 0x6f40, SIM_INFO },
	{ 0x6f60, SIM_INFO },
};

unsigned int quiet_into(const struct fs_ef *ef)
{
	for (size_t i = 0; i + 1 < ef->depth; i++)
		if (ef->path[i] == FS_PHONEBOOK)
			return 1u << SIM_CONTACT;
	for (size_t i = 0; i < sizeof(belongs) / sizeof(belongs[0]); i++)
		if (ef->path[ef->depth - 1] == belongs[i].fid)
			return 1u << belongs[i].kind;
	return 0;
}

uint64_t quiet_now(const struct card *c)
{
	return c->ch->others + c->ch->sent;
}

static void changed(struct card *c, unsigned int kinds)
{
	for (int i = 0; i < 3; i++)
		if (!kinds || kinds & 1u << i)
			c->quiet[i] = quiet_now(c);
	if (!kinds)
		c->foreign = quiet_now(c);
}

void quiet_wrote(struct card *c, unsigned int kinds)
{
	c->wrote = true;
	changed(c, kinds);
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
		changed(c, 0);
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
	quiet_wrote(c, c->into);
}

bool quiet_since(const struct card *c, enum sim_kind kind, uint64_t era,
		 uint64_t at)
{
	return era && era == c->era && at >= c->quiet[kind] &&
	       at <= quiet_now(c);
}

/* ---- to the next run ---------------------------------------------------- */

/* Activation, count of commands, and since when each kind is quiet. */
#define STAMP	"%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 \
		" %016" PRIx64
#define UNSTAMP	"%16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %16" SCNx64 \
		" %16" SCNx64

/**
 * struct stamp - what a stamp says
 */
struct stamp {
	uint64_t era;
	uint64_t end;
	uint64_t quiet[3];
};

static bool parse(const char *text, struct stamp *s)
{
	if (sscanf(text, UNSTAMP, &s->era, &s->end, &s->quiet[0], &s->quiet[1],
		   &s->quiet[2]) != 5 || !s->era)
		return false;
	for (int i = 0; i < 3; i++)
		if (s->quiet[i] > s->end)
			return false;
	return true;
}

void card_stamp(struct card *c, char out[CARD_STAMP])
{
	quiet_look(c);
	out[0] = '\0';
	if (c->era)
		snprintf(out, CARD_STAMP, STAMP, c->era, quiet_now(c),
			 c->quiet[0], c->quiet[1], c->quiet[2]);
}

void card_since(struct card *c, const char *text)
{
	struct stamp s;

	quiet_look(c);
	/* What the last run sent is all that others sent: nobody was between. */
	if (!parse(text, &s) || c->era != s.era || c->others != s.end ||
	    c->wrote)
		return;
	memcpy(c->quiet, s.quiet, sizeof(c->quiet));
	c->foreign = s.end;
}

bool card_untouched(struct sim_channel *ch, const char *text)
{
	struct stamp s;

	return ch->ops->look && !ch->ops->look(ch, NULL) && ch->terminal &&
	       parse(text, &s) && ch->era == s.era && ch->others == s.end &&
	       !ch->sent;
}
