/* SPDX-License-Identifier: MIT */
/*
 * shelf.h - a file without a name for what need not be in memory
 */
#ifndef SIMSYNC_STORE_SHELF_H
#define SIMSYNC_STORE_SHELF_H

#include "model/replica.h"

/**
 * shelf_open() - an empty shelf
 * @dir: folder on whose file system it is; nobody else can open it, and it is
 *	gone with the process
 *
 * Return: the shelf; NULL: none can be had there, all stays in memory.
 */
struct sim_shelf *shelf_open(const char *dir);
void shelf_close(struct sim_shelf *s);

#endif
