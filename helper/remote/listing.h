/* SPDX-License-Identifier: MIT */
/*
 * listing.h - what an address book says it holds, gathered answer by answer
 *
 * A listing in pages is no snapshot: a member that changes meanwhile comes
 * again (RFC 6578 §3.6), as itself or as gone. What was said last counts.
 */
#ifndef SIMSYNC_LISTING_H
#define SIMSYNC_LISTING_H

#include "remote/dav.h"

struct arrival;

/**
 * struct listing - a listing on its way
 * @path: of the address book, as http_path() has it
 * @out: records, and what is gone
 * @counts: what a record says is not kept
 * @missing: known by ETag only
 * @nmissing: how many
 * @cmissing: room for as many
 * @came: every member named, in the order they came
 * @ncame: how many
 * @ccame: room for as many
 * @mark_n: @out->n where this request began
 * @mark_gone: @out->ngone there
 * @mark_missing: @nmissing there
 * @mark_came: @ncame there
 * @bytes: of answers and texts so far, for what a listing may take
 * @names: bytes of paths, which stay in memory
 * @truncated: more is to come
 * @ctag: of the address book, NULL: not told
 */
struct listing {
	const char *path;
	struct sim_changes *out;
	bool counts;
	struct dav_text_item *missing;
	size_t nmissing, cmissing;
	struct arrival *came;
	size_t ncame, ccame;
	size_t mark_n, mark_gone, mark_missing, mark_came;
	uint64_t bytes;
	size_t names;
	bool truncated;
	char *ctag;
};

/** listing_take() - one response; @arg is the listing. For dav_multistatus() */
int listing_take(struct dav_response *r, void *arg, struct sim_err *e);
/** listing_add() - a record, as carddav_record() */
int listing_add(struct listing *l, const char *path, const char *etag,
		const char *data, size_t len, struct sim_err *e);
/** listing_mark() - the next request begins: what is there stays */
void listing_mark(struct listing *l);
/** listing_restart() - forget what came since the mark; @arg: the listing */
void listing_restart(void *arg);
/** listing_start_over() - forget all of it */
void listing_start_over(struct listing *l);
/** listing_weigh() - so many bytes more; -1: too many, @e says whose */
int listing_weigh(struct listing *l, const char *url, size_t bytes,
		  struct sim_err *e);
/** listing_gone() - that member is there no more */
int listing_gone(struct listing *l, const char *path, struct sim_err *e);
/**
 * listing_settle() - all answers came: one word on each member, the last
 * @l: the listing; of @l->out->whole nothing is gone
 * @e: EX_PROTOCOL, EX_OSERR
 */
int listing_settle(struct listing *l, struct sim_err *e);
/** listing_free() - all but @l->out */
void listing_free(struct listing *l);

#endif
