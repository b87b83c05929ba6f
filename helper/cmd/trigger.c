// SPDX-License-Identifier: MIT
/*
 * `simsync run --udev`: the launcher has left a token; as many runs as there
 * are tokens, one after the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/fds.h"
#include "cmd/cmd.h"

#define WHY_MAX 200

/* Take the token: true when there was one; what it says is in @why. */
static bool take_token(const char *run, char why[WHY_MAX])
{
	char token[128], mine[140];
	ssize_t n = 0;
	int fd;

	snprintf(token, sizeof(token), "%s/trigger", run);
	snprintf(mine, sizeof(mine), "%s/trigger.run", run);
	/* By rename: a launcher that writes now makes a new one. */
	if (rename(token, mine) < 0)
		return false;
	fd = open(mine, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		n = read(fd, why, WHY_MAX - 1);
		close(fd);
	}
	unlink(mine);
	why[n > 0 ? n : 0] = '\0';
	for (n = 0; why[n]; n++)
		if (why[n] == '\n')
			why[n] = why[n + 1] ? ';' : '\0';
	return true;
}

static bool token_there(const char *run)
{
	char token[128];

	snprintf(token, sizeof(token), "%s/trigger", run);
	return access(token, F_OK) == 0;
}

int trigger_loop(const char *run, int (*once)(const char *why, void *arg),
		 void *arg)
{
	char path[128], why[WHY_MAX];
	int fd, code = EX_OK;

	snprintf(path, sizeof(path), "%s/run.lock", run);
	if (mkdir(run, 0755) < 0 && errno != EEXIST)
		return EX_CANTCREAT;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return EX_CANTCREAT;
	do {
		if (flock(fd, LOCK_EX | LOCK_NB) < 0)
			break;
		while (take_token(run, why))
			code = once(why, arg);
		flock(fd, LOCK_UN);
		/*
		 * Who came between the last look and the unlocking found the
		 * lock taken and went away: his token is ours.
		 */
	} while (token_there(run));
	close(fd);
	return code;
}

static int one_run(const char *why, void *arg)
{
	struct client cl = { .sock = arg, .silent = true };
	char *argv[] = { "run", (char *)why, NULL };

	return client_run(&cl, 2, argv);
}

/* Out of udev's process group, session and control group: it kills what it sees. */
static int detach(void)
{
	int null, cg;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	if (setsid() < 0)
		_exit(EX_OSERR);
	pid = fork();
	if (pid)
		_exit(pid < 0 ? EX_OSERR : 0);
	cg = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (cg >= 0) {
		if (write(cg, "0", 1) < 0)
			fputs("simsync run: stays in its control group\n",
			      stderr);
		close(cg);
	}
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
	    dup2(null, 2) < 0)
		_exit(EX_OSERR);
	fds_close_from(3);
	return chdir("/");
}

int trigger_main(int argc, char **argv)
{
	char sock[128];

	snprintf(sock, sizeof(sock), "%s/broker.sock", broker_paths.run);
	if (geteuid() != 0) {
		fputs("simsync run: started by udev; for people there is simsync sync\n",
		      stderr);
		return EX_NOPERM;
	}
	if (argc > 1 && !strcmp(argv[argc - 1], "--detach") && detach() < 0)
		return EX_OSERR;
	return trigger_loop(broker_paths.run, one_run, sock);
}
