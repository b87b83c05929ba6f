// SPDX-License-Identifier: MIT
/* watch.c - says when something in the vCard folder changes (inotify) */
#include "store/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int folder_watch_open(const char *path, struct sim_err *e)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return sim_fail(e, EX_OSERR, "inotify: %s", strerror(errno));
	if (inotify_add_watch(fd, path,
			      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
			      IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
			      IN_ONLYDIR) < 0) {
		sim_fail(e, EX_NOINPUT, "%s: cannot be watched: %s", path,
			 strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int folder_watch_read(int fd)
{
	_Alignas(struct inotify_event) char b[8192];
	int found = 0;
	ssize_t n;

	while ((n = read(fd, b, sizeof(b))) > 0) {
		const struct inotify_event *ev;
		char *p;

		for (p = b; p < b + n; p += sizeof(*ev) + ev->len) {
			size_t len;

			ev = (const struct inotify_event *)p;
			if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF |
					IN_IGNORED | IN_UNMOUNT))
				return -1;
			/* Lost events: something changed, look at all. */
			if (ev->mask & IN_Q_OVERFLOW)
				found = 1;
			len = ev->len ? strlen(ev->name) : 0;
			if (len > 4 && ev->name[0] != '.' &&
			    !strcmp(ev->name + len - 4, ".vcf"))
				found = 1;
		}
	}
	return n < 0 && errno != EAGAIN && errno != EINTR ? -1 : found;
}
