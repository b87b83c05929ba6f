/* SPDX-License-Identifier: MIT */
/*
 * disk.h - files and names that outlast a power cut
 *
 * A file's fsync keeps what is in it. That it is there, under that name, or is
 * gone, is kept by the fsync of its folder only.
 */
#ifndef SIMSYNC_DISK_H
#define SIMSYNC_DISK_H

#include <stddef.h>

/**
 * disk_keep_names() - the names in an open folder are on the disk
 * @dir: descriptor of the folder
 *
 * A file system that has no such thing to do (EINVAL) has done it.
 *
 * Return: 0, -1 with errno.
 */
int disk_keep_names(int dir);

/** disk_keep_name() - the same for the folder that @path, a file's, names */
int disk_keep_name(const char *path);

/**
 * disk_put() - a file that is as it was, or holds this, whenever it is looked at
 * @path: of the file; mode 0600. One writer at a time: "@path.new" is his
 * @text: what it shall hold
 * @len: bytes of @text
 *
 * Return: 0, -1 with errno.
 */
int disk_put(const char *path, const void *text, size_t len);

#endif
