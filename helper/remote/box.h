/* SPDX-License-Identifier: MIT */
/*
 * box.h - all messages on the server, as read from its files
 *
 * m-DEVICE-YYYY-MM.ndjson  segments: one message a line, only ever appended to,
 *	and only by that device: {"id":"...","lines":["DIRECTION:in",...]}
 * s-DEVICE.ndjson  what became of messages since (read, deleted):
 *	{"id":"...","at":MS,"gone":true} or {"id":"...","at":MS,"set":[...]}
 * The state with the latest time counts; of equal times that of the later
 * device name.
 */
#ifndef SIMSYNC_BOX_H
#define SIMSYNC_BOX_H

#include <stdint.h>

#include "remote/dav.h"

struct message {
	char *id;
	struct sim_item first;	/* as its segment has it */
	struct sim_item item;	/* with its state, where @by tells one */
	bool gone;
	int64_t at;
	const char *by;		/* file the state came from */
};

struct box_file {
	char *name;
	char *etag;
	char *text;
	size_t len;
};

struct box {
	struct message *m;	/* sorted by id */
	size_t n, cap;
	struct box_file *file;
	size_t nfile;
	char *token;
	size_t bytes, props;	/* of all files, of all messages */
};

/* Most bytes of all files together, and of one. */
#define BOX_MAX_BYTES	((size_t)64 << 20)

/** box_load() - read what changed since @d->box was read, or everything */
int box_load(struct webdav *d, struct sim_err *e);
/** box_parse() - messages and their states from the files of @b; 0, -1 */
int box_parse(struct webdav *d, struct box *b, struct sim_err *e);
/** box_token() - token of a listing; NULL: no memory */
char *box_token(const struct dav_files *f);
void box_free(struct box *b);
struct message *box_find(const struct box *b, const char *id);
struct box_file *box_file(const struct box *b, const char *name);
/** message_now() - as it is, with its state */
const struct sim_item *message_now(const struct message *m);
/** box_version() - 16 digits that change with the content */
void box_version(const struct sim_item *it, char out[17]);
/** box_line(), box_state() - one line of a segment, of a state file */
int box_line(struct buf *b, const char *id, const struct sim_item *it);
int box_state(struct buf *b, const struct message *m, int64_t at,
	      const struct sim_item *want);

#endif
