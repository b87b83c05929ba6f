/* SPDX-License-Identifier: MIT */
/*
 * folder.h - the mirrored vCard folder: one .vcf a contact, both ways
 *
 * As khard, vdirsyncer and Plasma's KPeople plugin use. Any editor may change
 * it at any time; nothing is overwritten that was not read before.
 */
#ifndef SIMSYNC_FOLDER_H
#define SIMSYNC_FOLDER_H

#include "model/err.h"

struct store;
struct folder_io;

/**
 * struct folder_report - what a mirror pass did
 * @in_new: contacts new in the store
 * @in_changed: contacts changed in the store
 * @in_gone: contacts removed from the store as their known file was removed
 * @out_new: files written for contacts that had none
 * @out_changed: files brought up to date
 * @out_gone: files removed
 * @conflicts: both sides changed: store's version stands, the file's version is
 *	kept as a contact of its own
 * @bad: files that are no readable vCard, and what is no file; left alone
 * @held: known files that are all gone at once: not taken as a wish to delete
 * @bad_why: sentence about the first bad file
 */
struct folder_report {
	unsigned int in_new, in_changed, in_gone;
	unsigned int out_new, out_changed, out_gone;
	unsigned int conflicts, bad, held;
	char bad_why[512];
};

/**
 * folder_mirror_io() - bring folder and store in line
 * @s: the store, which also remembers what the folder held last time
 * @io: the folder, wherever it is (store/folder_io.h)
 * @out: filled, also when -1 is returned
 * @e: why it had to stop
 *
 * Return: 0, -1 when nothing could be done or the pass had to stop; what was
 * done until then is whole, and the next pass goes on.
 */
int folder_mirror_io(struct store *s, struct folder_io *io,
		     struct folder_report *out, struct sim_err *e);

/** folder_mirror() - with a folder of this process; made when missing */
int folder_mirror(struct store *s, const char *path, struct folder_report *out,
		  struct sim_err *e);

/** folder_watch_open() - descriptor that becomes readable when files change. */
int folder_watch_open(const char *path, struct sim_err *e);

/**
 * folder_watch_read() - drain it
 * @fd: of folder_watch_open()
 *
 * Return: 1 a .vcf came, changed or went (or events were lost), 0 nothing of
 * interest, -1 folder is gone or error: open it again.
 */
int folder_watch_read(int fd);

#endif
