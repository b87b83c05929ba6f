/* SPDX-License-Identifier: MIT */
/*
 * disk.h - names that outlast a power cut
 *
 * A file's fsync keeps what is in it. That it is there, under that name, or is
 * gone, is kept by the fsync of its folder only.
 */
#ifndef SIMSYNC_DISK_H
#define SIMSYNC_DISK_H

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

#endif
