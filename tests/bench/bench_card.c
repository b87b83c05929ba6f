// SPDX-License-Identifier: MIT
/*
 * bench_card.c - what reading a card costs, beside the fewest commands that its
 * image allows (need.c)
 *
 * What a corrupt card needs cannot be told from its image: those are healthy ones
 * but for one thing, and take at most what that one takes with every record read. A
 * card whose PIN is blocked is found out with what opening it takes.
 *
 *	bench_card FILE.json
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/figure.h"
#include "bench/need.h"
#include "unit/card_link.h"

#define IMAGES "tests/card/images/"
#define FULL_LIMIT 1.1
#define UNCHANGED_LIMIT 8

static const struct {
	const char *image;
	bool sure;
} cards[] = {
	{ "card-a", true },	{ "card-b", true },   { "empty", true },
	{ "full", true },	{ "two-sets", true }, { "linked-only", true },
	{ "scripts", true },	{ "aliasing", true }, { "hidden", true },
	{ "fdn-active", true },	{ "no-search", true }, { "sim-2g", true },
	{ "euicc", true },	{ "profile-2", true }, { "iccid-18", true },
	{ "inverse", true },	{ "t1", true },
	{ "card-a", false },	{ "full", false },
};

/**
 * struct result - what one reading took
 */
struct result {
	unsigned int apdus;
	uint64_t bytes;
	size_t contacts;
};

static struct figures all;

static void of_card(const char *what, const char *image, const char *more,
		    double value, const char *unit, double limit)
{
	char name[96];

	snprintf(name, sizeof(name), "%s-%s%s", what, image, more);
	figure(&all, name, value, unit, limit);
}

static int look(struct uicc *u, struct sim_replica *r, const char *since,
		char **token, struct result *out, struct sim_err *e)
{
	struct uicc_count a, b;
	struct sim_changes ch;

	uicc_counts(u, &a);
	if (r->ops->changes(r, SIM_CONTACT, since, &ch, e))
		return -1;
	uicc_counts(u, &b);
	out->apdus += (unsigned int)(b.apdus - a.apdus);
	out->bytes += b.bytes - a.bytes;
	out->contacts = ch.total;
	*token = strdup(ch.token);
	sim_changes_free(&ch);
	return *token ? 0 : -1;
}

/* A run: opening the card and looking at it; @stamp as of the run before. */
static int run(struct uicc *u, bool sure, const char *since, char **token,
	       char stamp[CARD_STAMP], struct result *out, struct sim_err *e)
{
	struct link *l = link_to(u);
	struct uicc_count a, b;
	struct sim_replica *r;
	struct card *c;
	int ret = -1;

	l->base.parity = sure;
	l->base.terminal = 1;
	l->base.era = 1;
	uicc_iccid(u, l->base.iccid);
	uicc_counts(u, &a);
	c = card_open(&l->base, e);
	if (!c)
		return -1;
	card_since(c, stamp);
	r = card_replica(c, "card", SIM_PHYSICAL, e);
	uicc_counts(u, &b);
	*out = (struct result){ (unsigned int)(b.apdus - a.apdus),
				b.bytes - a.bytes, 0 };
	if (r) {
		ret = look(u, r, since, token, out, e);
		r->ops->free(r);
	}
	card_stamp(c, stamp);
	card_close(c);
	return ret;
}

/* A run that reads all, and the next one, with nothing changed between. */
static int measure(struct uicc *u, bool sure, struct result *full,
		   struct result *again, struct sim_err *e)
{
	char *token = NULL, *second = NULL, stamp[CARD_STAMP] = "";
	int ret = run(u, sure, NULL, &token, stamp, full, e) ||
		  run(u, sure, token, &second, stamp, again, e) ? -1 : 0;

	free(token);
	free(second);
	return ret;
}

static int one(const char *image, bool sure)
{
	const char *more = sure ? "" : "-no-parity";
	struct sim_err e = { 0 };
	struct result full, again;
	struct need need;
	struct uicc *u;
	char path[128], why[UICC_WHY];

	snprintf(path, sizeof(path), IMAGES "%s.card", image);
	u = uicc_load(path, why);
	if (!u) {
		fprintf(stderr, "%s\n", why);
		return -1;
	}
	need = need_book(u, sure);
	if (measure(u, sure, &full, &again, &e)) {
		fprintf(stderr, "%s: %s\n", image, e.text);
		uicc_free(u);
		return -1;
	}
	uicc_free(u);
	printf("%-12s%-11s %8zu %8u %8u %7.3f %9llu %9u %9u\n", image, more,
	       full.contacts, full.apdus, need.apdus,
	       (double)full.apdus / need.apdus, (unsigned long long)full.bytes,
	       need.bytes, again.apdus);
	of_card("apdus", image, sure ? "-full-ratio" : "-no-parity-full-ratio",
	       (double)full.apdus / need.apdus, "ratio", FULL_LIMIT);
	of_card("apdus", image, sure ? "-unchanged" : "-no-parity-unchanged",
	       again.apdus, "APDUs", UNCHANGED_LIMIT);
	of_card("wire-bytes", image, sure ? "-full" : "-no-parity-full",
	       (double)full.bytes, "bytes", FULL_LIMIT * need.bytes);
	return 0;
}

static struct uicc *load(const char *path)
{
	char why[UICC_WHY];
	struct uicc *u = uicc_load(path, why);

	if (!u)
		fprintf(stderr, "%s\n", why);
	return u;
}

static int corrupt(void)
{
	struct uicc *u = load(IMAGES "card-a.card");
	unsigned int worst = 0, limit;
	glob_t g = { 0 };
	int bad = 0;

	if (!u || glob(IMAGES "corrupt-*.card", 0, NULL, &g))
		return -1;
	limit = need_book(u, true).apdus + 250;
	uicc_free(u);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		char *token = NULL, stamp[CARD_STAMP] = "";
		struct sim_err e = { 0 };
		struct result r = { 0 };

		u = load(g.gl_pathv[i]);
		/* Some cannot be read at all, and that is found out as well. */
		if (u && run(u, true, NULL, &token, stamp, &r, &e) && !e.text[0])
			bad = -1;
		free(token);
		uicc_free(u);
		if (!u)
			bad = -1;
		if (r.apdus > worst)
			worst = r.apdus;
	}
	printf("%-12s%-11s %8zu cards, at most %u APDUs\n", "corrupt", "",
	       g.gl_pathc, worst);
	figure(&all, "apdus-corrupt-worst", worst, "APDUs", limit);
	if (g.gl_pathc < 30)
		bad = -1;
	globfree(&g);
	return bad;
}

static int blocked(void)
{
	struct uicc *u = load(IMAGES "pin-blocked.card");
	struct link *l = u ? link_to(u) : NULL;
	struct card_pin pin = { 0 };
	struct sim_err e = { 0 };
	struct uicc_count n;
	struct card *c;

	if (!l)
		return -1;
	uicc_iccid(u, l->base.iccid);
	c = card_open(&l->base, &e);
	if (!c || card_pin(c, CARD_PIN1, &pin, &e) ||
	    pin.state != CARD_PIN_BLOCKED) {
		fprintf(stderr, "pin-blocked: %s\n", e.text);
		return -1;
	}
	card_close(c);
	uicc_counts(u, &n);
	printf("%-12s%-11s %8s %8llu until it is known\n", "pin-blocked", "", "",
	       (unsigned long long)n.apdus);
	figure(&all, "apdus-pin-blocked-found", (double)n.apdus, "APDUs",
	       UNCHANGED_LIMIT);
	uicc_free(u);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: bench_card FILE.json\n", stderr);
		return 2;
	}
	if (figures_open(&all, argv[1]))
		return 1;
	printf("%-23s %8s %8s %8s %7s %9s %9s %9s\n", "card", "contacts",
	       "APDUs", "needed", "ratio", "bytes", "needed", "unchanged");
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++)
		if (one(cards[i].image, cards[i].sure))
			all.bad++;
	if (corrupt() || blocked())
		all.bad++;
	return figures_close(&all) != 0;
}
