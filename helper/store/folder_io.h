/* SPDX-License-Identifier: MIT */
/*
 * folder_io.h - where the vCard folder is: here (folder_dir.c), or with the
 * owner's process at the other end of a socket (folder_wire.h)
 *
 * The worker has no access to the owner's home, so the mirror (folder.c) sees
 * the folder through this only. Nothing is cached: each call looks at what is
 * there now, and each change is made only while the file still holds what the
 * caller last saw.
 */
#ifndef SIMSYNC_FOLDER_IO_H
#define SIMSYNC_FOLDER_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/err.h"
#include "model/sha256.h"

#define FOLDER_NAME_MAX	 255	/* bytes */
#define FOLDER_FILES_MAX 200000

#define FOLDER_ODD	 (-1)	/* size of what is no regular file */

/**
 * struct folder_stat - a file as it is now
 * @mtime: nanoseconds since the epoch
 * @size: bytes, or FOLDER_ODD: something of that name is there, a symbolic link
 *	or a folder, which is neither read nor replaced
 */
struct folder_stat {
	int64_t mtime;
	int64_t size;
};

struct folder_io;

typedef int (*folder_each)(const char *name, const struct folder_stat *st,
			   void *arg, struct sim_err *e);

/**
 * struct folder_io_ops - how it is done there
 * @list: each .vcf, all or -1; @each returns nonzero to stop
 * @read: content, malloc'd, with a NUL behind it, and at most one byte more
 *	than VCARD_MAX_BYTES of it. 0, 1: not there, -1
 * @write: by rename of a whole, synced file, if @name still holds what @hash
 *	(SHA-256, hex) says; "": if there is none. 0: also after a power cut,
 *	1: it does not hold that, -1
 * @remove: under the same condition. 0: also after a power cut, 1, -1
 */
struct folder_io_ops {
	int (*list)(struct folder_io *io, folder_each each, void *arg,
		    struct sim_err *e);
	int (*read)(struct folder_io *io, const char *name, char **text,
		    size_t *len, struct folder_stat *st, struct sim_err *e);
	int (*write)(struct folder_io *io, const char *name, const char *hash,
		     const char *text, size_t len, struct folder_stat *st,
		     struct sim_err *e);
	int (*remove)(struct folder_io *io, const char *name, const char *hash,
		      struct sim_err *e);
};

/**
 * struct folder_io - a folder
 * @ops: see above
 * @path: names it: in sentences, and in what is remembered of it
 * @fresh: it was made just now, so that what was known of it says nothing
 */
struct folder_io {
	const struct folder_io_ops *ops;
	const char *path;
	bool fresh;
};

/**
 * folder_name_ok() - a name this folder's files may have
 * @name: file name without folder
 *
 * Ends in .vcf, does not begin with '.' (temporary files of editors and our
 * own), has no '/', no control character, and at most FOLDER_NAME_MAX bytes.
 */
bool folder_name_ok(const char *name);

/** folder_hash_ok() - "" or 64 lower-case hex digits */
bool folder_hash_ok(const char *hash);

/**
 * struct folder_dir - a folder on this side
 * @io: first
 * @fd: of the folder
 */
struct folder_dir {
	struct folder_io io;
	int fd;
};

/**
 * folder_dir_open() - open @path, with its parents made when missing (0700)
 * @d: filled; @path must outlive it
 * @path: of the folder
 * @e: EX_CANTCREAT, EX_NOINPUT, EX_OSERR; EX_USAGE: no name
 *
 * Removes what a pass that was killed left half written there, unless another
 * process has the folder open.
 */
int folder_dir_open(struct folder_dir *d, const char *path, struct sim_err *e);
void folder_dir_close(struct folder_dir *d);

#endif
