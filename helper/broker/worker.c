// SPDX-License-Identifier: MIT
#include "broker/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker/fds.h"
#include "broker/ipc.h"
#include "broker/slots.h"
#include "disk.h"

static int worker_user(const struct broker_paths *p, uid_t *uid, gid_t *gid,
		       struct sim_err *e)
{
	const struct passwd *pw = getpwnam(p->user);

	if (!pw)
		return sim_fail(e, EX_NOUSER,
				"there is no user \"%s\" to work as: adduser --system --group %s",
				p->user, p->user);
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return sim_fail(e, EX_CONFIG,
				"user \"%s\" is root: the worker needs one of its own",
				p->user);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

/*
 * A broker killed between the two left the folder to root: nobody has used it,
 * and nobody can.
 */
static bool left_behind(int dir, const struct stat *st)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *f;
	bool empty = true;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (empty && (f = readdir(d)))
		empty = !strcmp(f->d_name, ".") || !strcmp(f->d_name, "..");
	closedir(d);
	return empty && st->st_uid == geteuid() &&
	       (st->st_mode & 0777) == 0700;
}

/* Made, and the worker's: in two steps, of which the second may be missing. */
static int own_folder(const char *path, uid_t uid, gid_t gid)
{
	bool made = !mkdir(path, 0700);
	struct stat st;
	int fd, ret = -1, why;

	if (!made && errno != EEXIST)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	/* What else may be there is said by who looks. */
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : -1;
	if (!fstat(fd, &st))
		ret = st.st_uid != uid && left_behind(fd, &st) &&
				      fchown(fd, uid, gid) ?
			      -1 :
			      0;
	if (!ret && made)
		ret = disk_keep_name(path);
	why = errno;
	close(fd);
	errno = why;
	return ret;
}

int worker_home(const struct broker_paths *p, uid_t owner, char *path,
		size_t size, struct sim_err *e)
{
	struct stat st;
	uid_t uid;
	gid_t gid;

	if (worker_user(p, &uid, &gid, e) < 0)
		return -1;
	snprintf(path, size, "%s/%lu", p->lib, (unsigned long)owner);
	if (own_folder(path, uid, gid))
		return sim_fail(e, EX_OSERR, "%s: %s", path, strerror(errno));
	if (lstat(path, &st) < 0)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", path,
				strerror(errno));
	if (!S_ISDIR(st.st_mode) || st.st_uid != uid || (st.st_mode & 022))
		return sim_fail(e, EX_CONFIG,
				"%s is not a folder of user \"%s\" alone", path,
				p->user);
	return 0;
}

/* Source descriptors may lie where targets go: first lift all out of the way. */
static int lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, WORKER_FIRST_SLOT + SLOTS_MAX + 8);
}

static int place_fds(int sock, const int stdio[3], const int *slot,
		     size_t nslot)
{
	int from[WORKER_FIRST_SLOT + SLOTS_MAX];
	size_t i, n = WORKER_FIRST_SLOT + nslot;

	for (i = 0; i < n; i++) {
		int fd = i < 3 ? stdio[i] :
			 i == WORKER_SOCKET ? sock :
					      slot[i - WORKER_FIRST_SLOT];

		from[i] = lift(fd);
		if (from[i] < 0)
			return -1;
	}
	for (i = 0; i < n; i++)
		if (dup2(from[i], (int)i) < 0)
			return -1;
	return fds_close_from((unsigned int)n);
}

static int drop(uid_t uid, gid_t gid)
{
	uid_t r, e, s;

	if (geteuid() != 0)
		return geteuid() == uid ? 0 : -1;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -1;
	/* Believe it only when there is no way back. */
	if (getresuid(&r, &e, &s) < 0 || r != uid || e != uid || s != uid ||
	    setuid(0) == 0)
		return -1;
	return 0;
}

static void __attribute__((noreturn))
worker_child(pid_t session, const char *home, uid_t uid, gid_t gid, int sock,
	     const int stdio[3], const int *slot, size_t nslot)
{
	const struct rlimit no_core = { 0, 0 };
	char *argv[] = { "simsync", "worker", NULL };
	char home_env[300];
	char *env[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", home_env, NULL };
	sigset_t none;

	if (place_fds(sock, stdio, slot, nslot) < 0)
		_exit(EX_OSERR);
	snprintf(home_env, sizeof(home_env), "HOME=%s", home ? home : "/");
	if (setsid() < 0 || drop(uid, gid) < 0)
		_exit(EX_NOPERM);
	umask(077);
	setrlimit(RLIMIT_CORE, &no_core);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(home ? home : "/") < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 ||
	    getppid() != session)
		_exit(EX_OSERR);
	execve("/proc/self/exe", argv, env);
	_exit(EX_OSFILE);
}

int worker_start(const struct broker_paths *p, const char *home,
		 const int stdio[3], const int *slot, size_t nslot, pid_t *pid,
		 struct sim_err *e)
{
	pid_t session = getpid();
	uid_t uid;
	gid_t gid;
	int sv[2];

	if (nslot > SLOTS_MAX)
		return sim_fail(e, EX_SOFTWARE, "too many slots");
	if (worker_user(p, &uid, &gid, e) < 0 || ipc_pair(sv, e) < 0)
		return -1;
	*pid = fork();
	if (*pid < 0) {
		close(sv[0]);
		close(sv[1]);
		return sim_fail(e, EX_OSERR, "fork: %s", strerror(errno));
	}
	if (!*pid)
		worker_child(session, home, uid, gid, sv[1], stdio, slot, nslot);
	close(sv[1]);
	return sv[0];
}
