// SPDX-License-Identifier: MIT
/* shelf.c - bytes one behind the other in an unnamed file */
#include "store/shelf.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Bytes written at a time; contacts below which it is not worth it; bytes from
 * which on a piece of memory is the system's own.
 */
enum { ROOM = 64 * 1024, AWAKE = 1000, LARGE = 256 * 1024 };

struct shelf {
	struct sim_shelf s;
	int fd;
	int64_t end;	/* of what is in the file; what follows is in @room */
	size_t n;
	char room[ROOM];
};

static int write_all(struct shelf *f, const char *p, size_t n)
{
	int64_t at = f->end;

	while (n) {
		ssize_t w = pwrite(f->fd, p, n, at);

		if (w <= 0)
			return -1;
		p += w;
		at += w;
		n -= (size_t)w;
	}
	f->end = at;
	return 0;
}

static int64_t put(struct sim_shelf *s, const void *bytes, size_t n)
{
	struct shelf *f = (struct shelf *)s;
	int64_t at;

	if (f->n + n > ROOM) {
		if (write_all(f, f->room, f->n))
			return -1;
		f->n = 0;
	}
	at = f->end + (int64_t)f->n;
	if (n > ROOM)
		return write_all(f, bytes, n) ? -1 : at;
	memcpy(f->room + f->n, bytes, n);
	f->n += n;
	return at;
}

static int get(struct sim_shelf *s, int64_t at, void *bytes, size_t n)
{
	struct shelf *f = (struct shelf *)s;
	char *p = bytes;

	if (at >= f->end) {
		memcpy(bytes, f->room + (at - f->end), n);
		return 0;
	}
	while (n) {
		ssize_t r = pread(f->fd, p, n, at);

		if (r <= 0)
			return -1;
		p += r;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

struct sim_shelf *shelf_open(const char *dir)
{
	struct shelf *f = malloc(sizeof(*f));

	if (!f)
		return NULL;
	/* Where there are many, arrays of them go back to the system when freed. */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	f->s = (struct sim_shelf){ .put = put, .get = get, .awake = AWAKE };
	f->end = 0;
	f->n = 0;
	f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd >= 0)
		return &f->s;
	free(f);
	return NULL;
}

void shelf_close(struct sim_shelf *s)
{
	struct shelf *f = (struct shelf *)s;

	if (!f)
		return;
	close(f->fd);
	explicit_bzero(f->room, sizeof(f->room));
	free(f);
}
