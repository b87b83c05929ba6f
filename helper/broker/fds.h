/* SPDX-License-Identifier: MIT */
/* fds.h - what a new program must not inherit */
#ifndef SIMSYNC_FDS_H
#define SIMSYNC_FDS_H

#include <sys/syscall.h>
#include <unistd.h>

/** fds_close_from() - close every descriptor from @first on (musl has no call) */
static inline int fds_close_from(unsigned int first)
{
	return (int)syscall(SYS_close_range, first, ~0u, 0u);
}

#endif
