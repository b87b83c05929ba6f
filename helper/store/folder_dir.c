// SPDX-License-Identifier: MIT
/* folder_dir.c - the vCard folder as a directory of this process */
#include "store/folder_io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "disk.h"
#include "model/vcard.h"

#define TEMP ".simsync-" /* and a UUID: a file not yet whole */

bool folder_name_ok(const char *name)
{
	size_t n = strlen(name), i;

	if (n <= 4 || n > FOLDER_NAME_MAX || *name == '.' ||
	    strcmp(name + n - 4, ".vcf"))
		return false;
	for (i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f ||
		    name[i] == '/')
			return false;
	return true;
}

bool folder_hash_ok(const char *hash)
{
	size_t n = strlen(hash);

	return !n || (n == SHA256_HEX - 1 &&
		      strspn(hash, "0123456789abcdef") == n);
}

static int io_fail(struct folder_io *io, const char *name, struct sim_err *e)
{
	int code = errno == EACCES || errno == EROFS ? EX_NOPERM : EX_IOERR;

	return sim_fail(e, code, "%s%s%s: %s", io->path, *name ? "/" : "", name,
			strerror(errno));
}

static struct folder_stat stat_of(const struct stat *st)
{
	return (struct folder_stat){
		.mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 +
			 st->st_mtim.tv_nsec,
		.size = S_ISREG(st->st_mode) ? st->st_size : FOLDER_ODD,
	};
}

static int dir_list(struct folder_io *io, folder_each each, void *arg,
		    struct sim_err *e)
{
	int from = ((struct folder_dir *)io)->fd;
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t n = 0;
	struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return io_fail(io, "", e);
	}
	for (errno = 0; !ret && (d = readdir(dir)); errno = 0) {
		struct folder_stat fs;
		struct stat st;

		if (!folder_name_ok(d->d_name))
			continue;
		if (fstatat(from, d->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
			/* Left out it would be taken for removed. */
			if (errno == ENOENT)
				continue;
			ret = io_fail(io, d->d_name, e);
			break;
		}
		if (++n > FOLDER_FILES_MAX) {
			ret = sim_fail(e, EX_DATAERR, "%s: more than %d files",
				       io->path, FOLDER_FILES_MAX);
			break;
		}
		fs = stat_of(&st);
		ret = each(d->d_name, &fs, arg, e);
	}
	if (!ret && errno)
		ret = io_fail(io, "", e);
	closedir(dir);
	return ret;
}

static int dir_read(struct folder_io *io, const char *name, char **text,
		    size_t *len, struct folder_stat *fs, struct sim_err *e)
{
	/* Not blocked by a FIFO put there meanwhile. */
	int fd = openat(((struct folder_dir *)io)->fd, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;
	size_t want;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return errno == ENOENT ? 1 : io_fail(io, name, e);
	if (fstat(fd, &st)) {
		close(fd);
		return io_fail(io, name, e);
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return sim_fail(e, EX_IOERR, "%s/%s: not a regular file",
				io->path, name);
	}
	*fs = stat_of(&st);
	/* One byte past the limit is enough for the parser to refuse it. */
	want = st.st_size > VCARD_MAX_BYTES ? VCARD_MAX_BYTES + 1 :
					      (size_t)st.st_size;
	*text = malloc(want + 1);
	while (*text && *len < want &&
	       (n = read(fd, *text + *len, want - *len)) > 0)
		*len += (size_t)n;
	close(fd);
	if (!*text)
		return sim_fail(e, EX_OSERR, "no memory for %s/%s", io->path,
				name);
	if (n < 0) {
		free(*text);
		*text = NULL;
		return io_fail(io, name, e);
	}
	(*text)[*len] = '\0';
	return 0;
}

/* Does @name hold what @hash says? 0 yes, 1 no, -1. */
static int unchanged(struct folder_io *io, const char *name, const char *hash,
		     struct sim_err *e)
{
	char now[SHA256_HEX] = "", *text;
	struct folder_stat fs;
	struct stat st;
	size_t len;
	int ret;

	/* What is no file holds nothing that was ever seen. */
	if (!fstatat(((struct folder_dir *)io)->fd, name, &st,
		     AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode))
		return 1;
	ret = dir_read(io, name, &text, &len, &fs, e);
	if (ret < 0)
		return -1;
	if (!ret)
		sha256_hex(text, len, now);
	free(text);
	return strcmp(now, hash) != 0;
}

/* Into a temporary file, on the disk. */
static int spill(struct folder_io *io, int dir, const char *temp,
		 const char *name, const char *text, size_t len,
		 struct folder_stat *fs, struct sim_err *e)
{
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0600);
	struct stat st;
	ssize_t n = 0;
	size_t at;
	int ret = 0;

	if (fd < 0)
		return io_fail(io, name, e);
	for (at = 0; at < len && (n = write(fd, text + at, len - at)) > 0;)
		at += (size_t)n;
	if (at < len || fsync(fd) || fstat(fd, &st))
		ret = io_fail(io, name, e);
	else
		*fs = stat_of(&st);
	close(fd);
	return ret;
}

/*
 * What the caller remembers of a file must not outlast the file: a name lost
 * at a power cut would read as the person's own removal or undo.
 */
static int keep_names(struct folder_io *io, struct sim_err *e)
{
	return disk_keep_names(((struct folder_dir *)io)->fd) ?
		       io_fail(io, "", e) :
		       0;
}

/* 0, 1 another file is there by now, -1 with errno. */
static int in_place(int dir, const char *temp, const char *name, bool replace)
{
	if (replace)
		return renameat(dir, temp, dir, name);
	/* By number: musl has no function for it. */
	if (!syscall(SYS_renameat2, dir, temp, dir, name, RENAME_NOREPLACE))
		return 0;
	if (errno == EEXIST)
		return 1;
	/* Not every file system knows that flag. */
	return errno == EINVAL ? renameat(dir, temp, dir, name) : -1;
}

static int dir_write(struct folder_io *io, const char *name, const char *hash,
		     const char *text, size_t len, struct folder_stat *fs,
		     struct sim_err *e)
{
	int dir = ((struct folder_dir *)io)->fd, ret;
	char temp[64], u[37];
	uuid_t id;

	uuid_generate(id);
	uuid_unparse_lower(id, u);
	snprintf(temp, sizeof(temp), TEMP "%s", u);
	ret = spill(io, dir, temp, name, text, len, fs, e);
	if (!ret)
		ret = unchanged(io, name, hash, e);
	if (!ret) {
		ret = in_place(dir, temp, name, *hash != '\0');
		if (ret < 0)
			io_fail(io, name, e);
	}
	if (ret)
		unlinkat(dir, temp, 0);
	return ret ? ret : keep_names(io, e);
}

static int dir_remove(struct folder_io *io, const char *name, const char *hash,
		      struct sim_err *e)
{
	int ret = unchanged(io, name, hash, e);

	if (!ret && unlinkat(((struct folder_dir *)io)->fd, name, 0))
		ret = errno == ENOENT ? 1 : io_fail(io, name, e);
	return ret ? ret : keep_names(io, e);
}

static const struct folder_io_ops dir_ops = {
	.list = dir_list,
	.read = dir_read,
	.write = dir_write,
	.remove = dir_remove,
};

static int make_parents(const char *path, struct sim_err *e)
{
	char *copy = strdup(path), *p;
	int ret = 0;

	if (!copy)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (p = copy + 1; *p && !ret && (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(copy, 0700) && errno != EEXIST)
			ret = sim_fail(e, EX_CANTCREAT, "%s: %s", copy,
				       strerror(errno));
		*p = '/';
	}
	free(copy);
	return ret;
}

static bool is_temp(const char *name)
{
	uuid_t id;

	return !strncmp(name, TEMP, strlen(TEMP)) &&
	       !uuid_parse(name + strlen(TEMP), id);
}

/*
 * What a pass that was killed left behind: whole contacts that nobody would ever
 * look at. Not while somebody else has the folder open: it may be his.
 */
static void sweep(const struct folder_dir *d)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *f;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((f = readdir(dir)))
		if (is_temp(f->d_name))
			unlinkat(d->fd, f->d_name, 0);
	closedir(dir);
}

int folder_dir_open(struct folder_dir *d, const char *path, struct sim_err *e)
{
	*d = (struct folder_dir){ { &dir_ops, path, false }, -1 };
	if (!*path)
		return sim_fail(e, EX_USAGE, "the vCard folder has no name");
	if (make_parents(path, e))
		return -1;
	d->io.fresh = mkdir(path, 0700) == 0;
	if (!d->io.fresh && errno != EEXIST)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", path,
				strerror(errno));
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0)
		return sim_fail(e, EX_NOINPUT, "%s: %s", path, strerror(errno));
	/* Alone: sweep; then one of several. Where there are no locks: neither. */
	if (!flock(d->fd, LOCK_EX | LOCK_NB))
		sweep(d);
	flock(d->fd, LOCK_SH | LOCK_NB);
	return 0;
}

void folder_dir_close(struct folder_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}
