// SPDX-License-Identifier: MIT
/* config.c - the file that says which server: URLs, user, password, key */
#include "remote/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP ".new"	/* behind the name, while it is written */
#define OFF(f) offsetof(struct remote_config, f)

static const struct { const char *name; size_t at; } strings[] = {
	{ "contacts", OFF(contacts) }, { "files", OFF(files) },
	{ "user", OFF(user) },	       { "password", OFF(password) },
	{ "key", OFF(key) },	       { "device", OFF(device) },
	{ "ca_file", OFF(ca_file) },
};
static const struct { const char *name; size_t at; } bools[] = {
	{ "identifiers", OFF(identifiers) }, { "plain", OFF(plain) },
};
static const struct { const char *name; size_t at; } ints[] = {
	{ "in_flight", OFF(in_flight) }, { "timeout_s", OFF(timeout_s) },
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char **string_at(const struct remote_config *c, size_t i)
{
	return (char **)((char *)c + strings[i].at);
}

void remote_config_free(struct remote_config *c)
{
	size_t i;

	for (i = 0; i < COUNT(strings); i++) {
		char **s = string_at(c, i);

		if (*s)
			explicit_bzero(*s, strlen(*s));
		free(*s);
	}
	*c = (struct remote_config){ 0 };
}

static int check_file(const char *path, int fd, struct sim_err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sim_fail(e, EX_CONFIG, "%s: is no plain file", path);
	if (st.st_uid != geteuid())
		return sim_fail(e, EX_NOPERM,
				"%s: belongs to another user: chown %ld %s",
				path, (long)geteuid(), path);
	if (st.st_mode & 077)
		return sim_fail(e, EX_NOPERM,
				"%s: holds a password and can be read by others: chmod 600 %s",
				path, path);
	return 0;
}

static int take(const char *path, config_t *cf, struct remote_config *c,
		struct sim_err *e)
{
	const char *s;
	size_t i;
	int v;

	for (i = 0; i < COUNT(strings); i++) {
		if (!config_lookup_string(cf, strings[i].name, &s) || !*s)
			continue;
		*string_at(c, i) = strdup(s);
		if (!*string_at(c, i))
			return sim_fail(e, EX_OSERR, "no memory");
	}
	for (i = 0; i < COUNT(bools); i++)
		if (config_lookup_bool(cf, bools[i].name, &v))
			*(bool *)((char *)c + bools[i].at) = v;
	for (i = 0; i < COUNT(ints); i++)
		if (config_lookup_int(cf, ints[i].name, &v))
			*(int *)((char *)c + ints[i].at) = v;
	if (remote_config_check(c, e))
		return sim_fail_in(e, "%s", path);
	return 0;
}

static bool still_at(int fd, const char *path)
{
	struct stat is, there;

	return !fstat(fd, &is) && !lstat(path, &there) &&
	       is.st_ino == there.st_ino && is.st_dev == there.st_dev;
}

/* The file a new one is written to: locked, ours alone, empty. */
static int temp_open(const char *temp)
{
	int fd;

	for (;;) {
		fd = open(temp, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
				O_NONBLOCK, 0600);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX))
			break;
		/* Moved to its place, or dropped, while we waited for it. */
		if (!still_at(fd, temp)) {
			close(fd);
			continue;
		}
		if (!fchmod(fd, 0600) && !ftruncate(fd, 0))
			return fd;
		break;
	}
	close(fd);
	return -1;
}

/* What a killed one left has a password in it; what is being written is locked. */
static void drop_stale(const char *path)
{
	char *temp = NULL;
	int fd;

	if (asprintf(&temp, "%s" TEMP, path) < 0)
		return;
	fd = open(temp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		if (!flock(fd, LOCK_EX | LOCK_NB) && still_at(fd, temp))
			unlink(temp);
		close(fd);
	}
	free(temp);
}

/* A name is on the disk once its folder is. */
static int sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) :
			    strdup(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int ret = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	free(dir);
	return ret;
}

int remote_config_load(const char *path, struct remote_config *c,
		       struct sim_err *e)
{
	config_t cf;
	FILE *f;
	int fd, ret;

	*c = (struct remote_config){ 0 };
	drop_stale(path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return sim_fail(e, errno == EACCES ? EX_NOPERM : EX_IOERR,
				"%s: %s", path, strerror(errno));
	if (check_file(path, fd, e)) {
		close(fd);
		return -1;
	}
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return sim_fail(e, EX_OSERR, "no memory");
	}
	config_init(&cf);
	if (config_read(&cf, f))
		ret = take(path, &cf, c, e);
	else
		ret = sim_fail(e, EX_CONFIG, "%s: line %d: %s", path,
			       config_error_line(&cf), config_error_text(&cf));
	config_destroy(&cf);
	fclose(f);
	if (ret)
		remote_config_free(c);
	return ret;
}

static int fill(config_setting_t *root, const struct remote_config *c)
{
	config_setting_t *s;
	size_t i;

	for (i = 0; i < COUNT(strings); i++) {
		if (!*string_at(c, i))
			continue;
		s = config_setting_add(root, strings[i].name,
				       CONFIG_TYPE_STRING);
		if (!s || !config_setting_set_string(s, *string_at(c, i)))
			return -1;
	}
	for (i = 0; i < COUNT(bools); i++) {
		s = config_setting_add(root, bools[i].name, CONFIG_TYPE_BOOL);
		if (!s || !config_setting_set_bool(
				  s, *(const bool *)((const char *)c +
						     bools[i].at)))
			return -1;
	}
	for (i = 0; i < COUNT(ints); i++) {
		int v = *(const int *)((const char *)c + ints[i].at);

		s = v ? config_setting_add(root, ints[i].name, CONFIG_TYPE_INT)
		      : NULL;
		if (v && (!s || !config_setting_set_int(s, v)))
			return -1;
	}
	return 0;
}

int remote_config_save(const char *path, const struct remote_config *c,
		       struct sim_err *e)
{
	char *temp = NULL;
	config_t cf;
	FILE *f = NULL;
	int fd = -1, ret = -1;

	if (remote_config_check(c, e))
		return -1;
	if (asprintf(&temp, "%s" TEMP, path) < 0)
		return sim_fail(e, EX_OSERR, "no memory");
	config_init(&cf);
	fd = temp_open(temp);
	if (fd < 0 || !(f = fdopen(fd, "w")))
		goto fail;
	if (fill(config_root_setting(&cf), c)) {
		errno = ENOMEM;
		goto fail;
	}
	config_write(&cf, f);
	if (fflush(f) || ferror(f) || fsync(fd) || rename(temp, path) ||
	    sync_folder(path))
		goto fail;
	ret = 0;
fail:
	if (ret) {
		sim_fail(e, EX_CANTCREAT, "%s: cannot be written: %s", path,
			 strerror(errno));
		if (fd >= 0 && still_at(fd, temp))
			unlink(temp);
	}
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	config_destroy(&cf);
	free(temp);
	return ret;
}

static bool loopback(const char *host)
{
	size_t n = strcspn(host, ":/");

	return (n == 9 && !strncasecmp(host, "localhost", 9)) ||
	       !strncmp(host, "127.", 4) || !strncmp(host, "[::1]", 5);
}

static int check_url(const char *what, const char *url, bool plain,
		     struct sim_err *e)
{
	const char *host = strstr(url, "://");

	if (!strncasecmp(url, "http://", 7)) {
		if (!plain && !loopback(url + 7))
			return sim_fail(e, EX_CONFIG,
					"%s: http:// would send the password in clear: use https://, or --plain where you trust the way",
					what);
	} else if (strncasecmp(url, "https://", 8)) {
		return sim_fail(e, EX_CONFIG, "%s: the URL must begin with https://",
				what);
	}
	host += 3;
	if (!*host || *host == '/' || strpbrk(url, " \t\r\n\"<>?#"))
		return sim_fail(e, EX_CONFIG, "%s: is no URL of a folder", what);
	if (memchr(host, '@', strcspn(host, "/")))
		return sim_fail(e, EX_CONFIG,
				"%s: leave user and password out of the URL: they have places of their own",
				what);
	return 0;
}

int remote_config_check(const struct remote_config *c, struct sim_err *e)
{
	if (!c->contacts && !c->files)
		return sim_fail(e, EX_CONFIG,
				"neither contacts nor files has a URL");
	if (c->contacts && check_url("contacts", c->contacts, c->plain, e))
		return -1;
	if (c->files && check_url("files", c->files, c->plain, e))
		return -1;
	if (c->key && (strlen(c->key) != 64 ||
		       strspn(c->key, "0123456789abcdefABCDEF") != 64))
		return sim_fail(e, EX_CONFIG, "key: must be 64 hex digits");
	if (c->device && (strlen(c->device) > 40 || !*c->device ||
	    c->device[strspn(c->device, "abcdefghijklmnopqrstuvwxyz0123456789-")]))
		return sim_fail(e, EX_CONFIG,
				"device: small letters, digits and '-' only, at most 40");
	if (c->files && !c->device)
		return sim_fail(e, EX_CONFIG, "device: is missing");
	if (c->files && !c->identifiers && !c->key)
		return sim_fail(e, EX_CONFIG,
				"key: is missing; without it identifiers cannot be hidden from the server");
	if (c->in_flight < 0 || c->in_flight > 256 || c->timeout_s < 0)
		return sim_fail(e, EX_CONFIG,
				"in_flight must be 1 to 256, timeout_s positive");
	return 0;
}

int remote_config_key(struct remote_config *c, struct sim_err *e)
{
	unsigned char raw[32];
	size_t i;

	if (c->key)
		return 0;
	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return sim_fail(e, EX_OSERR, "no random numbers: %s",
				strerror(errno));
	c->key = malloc(65);
	if (!c->key)
		return sim_fail(e, EX_OSERR, "no memory");
	for (i = 0; i < 32; i++)
		snprintf(c->key + 2 * i, 3, "%02x", raw[i]);
	explicit_bzero(raw, sizeof(raw));
	return 0;
}
