/* SPDX-License-Identifier: MIT */
/* place.h - where a database lies */
#ifndef SIMSYNC_STORE_PLACE_H
#define SIMSYNC_STORE_PLACE_H

#include <stdbool.h>

/** place_read_only() - is the file system of this file, there or not, read-only? */
bool place_read_only(const char *path);

#endif
