// SPDX-License-Identifier: MIT
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int disk_keep_names(int dir)
{
	return fsync(dir) < 0 && errno != EINVAL ? -1 : 0;
}

int disk_keep_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	int n, fd, ret, why;

	/* "/x" lies in "/", "x" where we are. */
	n = !slash ? snprintf(dir, sizeof(dir), ".") :
		     snprintf(dir, sizeof(dir), "%.*s",
			      slash == path ? 1 : (int)(slash - path), path);
	if (n < 0 || (size_t)n >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = disk_keep_names(fd);
	why = errno;
	close(fd);
	errno = why;
	return ret;
}
