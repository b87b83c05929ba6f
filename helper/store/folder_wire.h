/* SPDX-License-Identifier: MIT */
/*
 * folder_wire.h - the vCard folder over a stream socket
 *
 * The worker asks, the owner's process answers: one answer for each question,
 * but LIST, which is answered by FILEs and an OK. A frame is a u32 with the
 * length of what follows, a byte with its type, and the body; numbers are in
 * the byte order of the machine, which is the same at both ends.
 *
 *	worker asks               owner's process answers
 *	OPEN                      OK u8 fresh
 *	LIST                      FILE i64 mtime, i64 size, name; ...; OK
 *	READ name                 OK i64 mtime, i64 size, content; or NO
 *	WRITE hash 0 name 0 text  OK i64 mtime, i64 size; or NO
 *	REMOVE hash 0 name        OK; or NO
 *	END text                  (none) text is for the person, standard output
 *	any                       FAIL u32 code, sentence
 *
 * A FILE of size FOLDER_ODD is no regular file.
 *
 * Neither side believes the other: names, hashes, lengths and times are
 * checked where they arrive, and the worker, for whom others wait, takes who
 * says nothing for FOLDER_WIRE_S seconds for gone. The worker can do nothing but
 * this to nothing but .vcf files of that folder.
 */
#ifndef SIMSYNC_FOLDER_WIRE_H
#define SIMSYNC_FOLDER_WIRE_H

#include "store/folder_io.h"

#define FOLDER_WIRE_S	60
#define FOLDER_TEXT_MAX	4096

/**
 * struct folder_wire - the worker's end
 * @io: first
 * @sock: stream socket
 */
struct folder_wire {
	struct folder_io io;
	int sock;
};

/**
 * folder_wire_open() - begin
 * @w: filled; @path must outlive it
 * @sock: connected stream socket; stays the caller's
 * @path: what the other side calls the folder: remembered by that name
 * @e: EX_TEMPFAIL: the other end is gone; EX_PROTOCOL; what it said itself
 */
int folder_wire_open(struct folder_wire *w, int sock, const char *path,
		     struct sim_err *e);
/** folder_wire_end() - say so, with @text for the person */
int folder_wire_end(struct folder_wire *w, const char *text, struct sim_err *e);

/**
 * folder_wire_serve() - the owner's end: answer until END
 * @sock: connected stream socket; stays the caller's
 * @io: the folder
 * @text: what END said, made printable; at least FOLDER_TEXT_MAX bytes
 * @e: EX_TEMPFAIL: the other end is gone; EX_PROTOCOL
 *
 * Return: 0, -1 when the other side went away or did not keep to the protocol.
 */
int folder_wire_serve(int sock, struct folder_io *io, char *text,
		      struct sim_err *e);

#endif
