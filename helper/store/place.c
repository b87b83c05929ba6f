// SPDX-License-Identifier: MIT
#include "store/place.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

bool place_read_only(const char *path)
{
	struct statvfs v;
	char dir[4096];
	char *slash;

	if (!path || (size_t)snprintf(dir, sizeof(dir), "%s", path) >=
			     sizeof(dir))
		return false;
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	return statvfs(!slash ? "." : *dir ? dir : "/", &v) == 0 &&
	       v.f_flag & ST_RDONLY;
}
