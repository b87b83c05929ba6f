// SPDX-License-Identifier: MIT
/* fuzz_multistatus.c - any bytes as an address book's listing, cut anywhere */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "remote/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/** struct reading - the bytes as one answer, and what was taken from it */
struct reading {
	struct sim_changes out;
	struct listing list;
};

static int on_response(struct dav_response *r, void *arg, struct sim_err *e)
{
	struct reading *k = arg;
	int i, ret;

	for (i = 0; i < DAV_TEXTS; i++)
		if (r->text[i] && strlen(r->text[i]) > r->len[i])
			abort();
	ret = listing_take(r, &k->list, e);
	if (ret && !e->text[0])
		abort();
	return ret;
}

/* Once settled no path is there twice. */
static void check(const struct reading *k)
{
	const struct sim_changes *c = &k->out;
	size_t a, b, n = c->n + c->ngone + k->list.nmissing;

	for (a = 0; a < n; a++) {
		const char *path[2];

		for (b = a; b < n; b++) {
			path[b > a] = b < c->n ? c->rec[b].ref :
				      b < c->n + c->ngone ?
					       c->gone[b - c->n] :
					       k->list.missing[b - c->n -
							       c->ngone].path;
			if (!*path[b > a] || (b > a && !strcmp(path[0], path[1])))
				abort();
		}
	}
}

/* What came of it: how much of each kind, or -1. */
static uint64_t read_cut(const uint8_t *data, size_t n, size_t cut)
{
	struct reading k = { .list = { .path = "/a/", .out = &k.out } };
	struct sim_err e = { 0 };
	uint64_t sum = (uint64_t)-1;
	char *token = NULL;
	struct xml *x = xml_new(on_response, &k);

	if (!x)
		return 0;
	listing_mark(&k.list);
	if (xml_feed(x, (const char *)data, cut, &e) ||
	    xml_feed(x, (const char *)data + cut, n - cut, &e) ||
	    xml_end(x, &token, &e) || listing_settle(&k.list, &e)) {
		if (!e.text[0])
			abort();
	} else {
		check(&k);
		sum = (uint64_t)k.out.n << 40 | (uint64_t)k.out.ngone << 20 |
		      (uint64_t)k.list.nmissing << 1 | k.list.truncated;
	}
	free(token);
	xml_free(x);
	listing_free(&k.list);
	sim_changes_free(&k.out);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Where the bytes are cut makes no difference. */
	if (read_cut(data, n, n) != read_cut(data, n, n / 2))
		abort();
	return 0;
}
