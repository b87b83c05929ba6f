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

static int put_new(const char *temp, const char *text, size_t len)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
			    O_NOFOLLOW, 0600);
	ssize_t n = 0;
	int why;

	if (fd < 0)
		return -1;
	while (len && (n = write(fd, text, len)) > 0) {
		text += n;
		len -= (size_t)n;
	}
	if (!len && !fsync(fd))
		return close(fd);
	why = len && !n ? EIO : errno;
	close(fd);
	errno = why;
	return -1;
}

int disk_put(const char *path, const void *text, size_t len)
{
	char temp[PATH_MAX];
	int why;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >=
	    sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!put_new(temp, text, len) && !rename(temp, path))
		return disk_keep_name(path);
	why = errno;
	unlink(temp);
	errno = why;
	return -1;
}
