/* SPDX-License-Identifier: MIT */
/*
 * node.h - which slot object a device node belongs to
 *
 * The broker, which grants an insertion, and the worker, which believes what it
 * read in an activation, must mean the same slot by the same number.
 */
#ifndef SIMSYNC_NODE_H
#define SIMSYNC_NODE_H

#define NODE_ID_MAX 64

/**
 * node_id() - a name for a device node among all of this boot
 * @fd: open node, with an empty @path; or AT_FDCWD
 * @path: of the node; symbolic links are not followed
 * @out: inode and birth
 *
 * Its birth and not its ctime: udev touches the node at every uevent.
 *
 * Return: 0, -1 with errno.
 */
int node_id(int fd, const char *path, char out[NODE_ID_MAX]);

#endif
