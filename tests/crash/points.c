// SPDX-License-Identifier: MIT
/* points.c - SQLite, libcurl and the file calls of libc, with a count before */
#include "crash/points.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

struct points *points_here;

bool point_reached(struct points *p, enum point which)
{
	if (!p)
		return false;
	p->count[which]++;
	if (!p->at || p->which != which || p->count[which] != p->at)
		return false;
	p->hit = true;
	return true;
}

/* POSIX has it so: a pointer to a function by way of one to an object. */
static void *next(const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn)
		abort();
	return fn;
}

#define NEXT(fn) static __typeof__(&fn) real; \
	if (!real) \
		*(void **)&real = next(#fn)

static void dies_at(enum point which)
{
	if (point_reached(points_here, which))
		raise(SIGKILL);
}

int sqlite3_step(sqlite3_stmt *s)
{
	NEXT(sqlite3_step);
	dies_at(POINT_STEP);
	return real(s);
}

int sqlite3_exec(sqlite3 *db, const char *sql,
		 int (*fn)(void *, int, char **, char **), void *arg, char **err)
{
	NEXT(sqlite3_exec);
	dies_at(POINT_STEP);
	return real(db, sql, fn, arg, err);
}

CURLMcode curl_multi_add_handle(CURLM *m, CURL *c)
{
	NEXT(curl_multi_add_handle);
	dies_at(POINT_HTTP);
	return real(m, c);
}

CURLMsg *curl_multi_info_read(CURLM *m, int *left)
{
	CURLMsg *msg;

	NEXT(curl_multi_info_read);
	msg = real(m, left);
	if (msg)
		dies_at(POINT_HTTP);
	return msg;
}

int fsync(int fd)
{
	NEXT(fsync);
	dies_at(POINT_FSYNC);
	return real(fd);
}

int fdatasync(int fd)
{
	NEXT(fdatasync);
	dies_at(POINT_FSYNC);
	return real(fd);
}

/* A full disk stays full until the process ends. */
static bool full(int fd)
{
	struct stat st;

	if (!points_here || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	point_reached(points_here, POINT_WRITE);
	if (points_here->which != POINT_WRITE || !points_here->hit)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t write(int fd, const void *p, size_t n)
{
	NEXT(write);
	return full(fd) ? -1 : real(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	NEXT(pwrite);
	return full(fd) ? -1 : real(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	NEXT(pwrite64);
	return full(fd) ? -1 : real(fd, p, n, at);
}

int ftruncate(int fd, off_t len)
{
	NEXT(ftruncate);
	return full(fd) ? -1 : real(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	NEXT(ftruncate64);
	return full(fd) ? -1 : real(fd, len);
}
