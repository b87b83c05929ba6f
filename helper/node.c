// SPDX-License-Identifier: MIT
#include "node.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int node_id(int fd, const char *path, char out[NODE_ID_MAX])
{
	struct statx st;

	if (statx(fd, path, AT_SYMLINK_NOFOLLOW | (path[0] ? 0 : AT_EMPTY_PATH),
		  STATX_INO | STATX_BTIME, &st) < 0)
		return -1;
	/* File systems without births: the inode alone. */
	if (!(st.stx_mask & STATX_BTIME))
		memset(&st.stx_btime, 0, sizeof(st.stx_btime));
	snprintf(out, NODE_ID_MAX, "%llu %lld.%09u",
		 (unsigned long long)st.stx_ino, (long long)st.stx_btime.tv_sec,
		 (unsigned int)st.stx_btime.tv_nsec);
	return 0;
}
