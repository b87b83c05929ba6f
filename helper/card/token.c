// SPDX-License-Identifier: MIT
#include "card/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/phonebook.h"

#define TOKEN_HEAD "card2:"

/*
 * A token: head; activation, count of commands and digest of the counters (16
 * hex digits each), which phonebooks have counters; a colon; eight hex digits
 * of hash for each record. Only the hashes where nothing can be trusted later.
 */
#define TOKEN_BODY (strlen(TOKEN_HEAD) + 3 * 16 + 2)

static const char *hashes(const char *since)
{
	if (!since || strncmp(since, TOKEN_HEAD, strlen(TOKEN_HEAD)) ||
	    strlen(since) < TOKEN_BODY || since[TOKEN_BODY - 1] != ':')
		return NULL;
	return since + TOKEN_BODY;
}

bool token_knows(const char *since, uint64_t hash)
{
	char want[9];

	since = hashes(since);
	if (!since)
		return false;
	snprintf(want, sizeof(want), "%08" PRIx32, (uint32_t)hash);
	for (; strlen(since) >= 8; since += 8)
		if (!strncmp(since, want, 8))
			return true;
	return false;
}

/* Which phonebooks have counters: '0' plus 1 global, 2 local; what they say. */
static int counters(struct card *c, char *which, uint64_t *sum)
{
	bool both = *which == '3';
	uint64_t h = 0xcbf29ce484222325ULL;
	uint32_t v;
	int ret;

	for (int local = 0; local < 2; local++) {
		for (int i = both; i < 2; i++) {
			if (!((*which - '0') & 1 << local))
				continue;
			ret = pb_counter(c, local, i ? PB_CC : PB_PSC, &v);
			if (ret)
				return ret;
			h = (h ^ v) * 0x100000001b3ULL;
		}
	}
	*sum = h;
	return 0;
}

/* The books that there are: those whose counters cannot be read are left out. */
static char books(const struct card *c)
{
	int which = 0;

	for (size_t i = 0; i < c->pb->nset; i++)
		if (c->pb->set[i].pbr)
			which |= 1 << c->pb->set[i].local;
	return (char)('0' + which);
}

static bool any_problem(const struct sim_changes *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->rec[i].problem)
			return true;
	return false;
}

int token_make(struct card *c, enum sim_kind kind, uint64_t from,
	       struct sim_changes *out, struct sim_err *e)
{
	uint64_t era = 0, sum = 0;
	char which = '0';
	size_t at;

	/* What could not be read is tried again in the next run. */
	if (out->whole && !any_problem(out) && c->era) {
		if (kind == SIM_CONTACT)
			which = books(c);
		if (counters(c, &which, &sum)) {
			which = '0';
			sum = 0;
		}
		c->no_counters |= kind == SIM_CONTACT && which == '0' &&
				  c->ch->fault == SIM_CHAN_OK;
		era = c->era;
	}
	if (c->ch->fault != SIM_CHAN_OK)
		era = 0;
	quiet_look(c);
	if (era != c->era || c->foreign > from)
		era = 0;
	out->token = malloc(TOKEN_BODY + out->n * 8 + 1);
	if (!out->token)
		return sim_fail(e, EX_OSERR, "out of memory");
	at = (size_t)sprintf(out->token,
			     TOKEN_HEAD "%016" PRIx64 "%016" PRIx64
			     "%016" PRIx64 "%c:",
			     era, quiet_now(c), sum, which);
	for (size_t i = 0; i < out->n; i++, at += 8)
		memcpy(out->token + at, out->rec[i].version + 8, 9);
	return 0;
}

/*
 * Nothing at all: believed only within one activation in which nobody else sent
 * a command since the token and we changed nothing; the counters must agree.
 */
bool token_holds(struct card *c, enum sim_kind kind, const char *since,
		 struct sim_changes *out)
{
	uint64_t era, at, was, sum;
	char which;

	if (!hashes(since) ||
	    sscanf(since, TOKEN_HEAD "%16" SCNx64 "%16" SCNx64 "%16" SCNx64 "%c",
		   &era, &at, &was, &which) != 4 ||
	    which < '0' || which > '3')
		return false;
	quiet_look(c);
	if (!quiet_since(c, kind, era, at))
		return false;
	if (which != '0' && (counters(c, &which, &sum) || sum != was))
		return false;
	out->token = strdup(since);
	out->total = strlen(hashes(since)) / 8;
	return out->token;
}
