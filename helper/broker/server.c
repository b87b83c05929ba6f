// SPDX-License-Identifier: MIT
/*
 * `simsync broker`: accepts, forks a session per connection, hands out the run.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/ipc.h"
#include "broker/slots.h"

#define SESSIONS_MAX	   32
#define SESSIONS_OWNER	   8
#define SESSIONS_STRANGER  3 /* of one other user */
#define SESSIONS_STRANGERS 8 /* of all of them together */
#define LISTEN_FD	   3 /* sd_listen_fds(3) */

/**
 * struct child - one session
 * @up: our end of its socket
 * @uid: whose it is; BROKER_NOBODY: a run of the broker's own
 * @waits: place in the queue for the run, 0: does not want it
 * @runs: has it
 */
struct child {
	int up;
	uid_t uid;
	unsigned long waits;
	bool runs;
};

/**
 * struct server - the broker
 * @lock: this broker is the only one, for as long as it is open; -1: systemd
 *	sees to that
 * @stop: signalfd of SIGTERM and SIGINT
 * @next: number for the next who waits for the run
 */
struct server {
	const struct broker_paths *p;
	int listen;
	int lock;
	int stop;
	sigset_t stops;
	int idle_s;
	struct child child[SESSIONS_MAX];
	size_t n;
	unsigned long next;
};

/* ---- the run ------------------------------------------------------------ */

static void hand_out(struct server *s)
{
	struct child *first = NULL;
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct child *c = &s->child[i];

		if (c->runs)
			return;
		if (c->waits && (!first || c->waits < first->waits))
			first = c;
	}
	if (!first)
		return;
	first->waits = 0;
	first->runs = true;
	ipc_send(first->up, IPC_LOCK, 0, NULL, 0, NULL);
}

static bool taken(const struct server *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->child[i].runs)
			return true;
	return false;
}

/* ---- sessions ----------------------------------------------------------- */

static int spawn(struct server *s, int cli, uid_t uid, const char *why)
{
	struct sim_err e = { 0 };
	int sv[2];
	pid_t pid;

	if (s->n == SESSIONS_MAX || ipc_pair(sv, &e) < 0)
		return -1;
	pid = fork();
	if (pid < 0) {
		close(sv[0]);
		close(sv[1]);
		return -1;
	}
	if (!pid) {
		size_t i;

		for (i = 0; i < s->n; i++)
			close(s->child[i].up);
		close(s->listen);
		/* A run that outlives its broker keeps no other from starting. */
		if (s->lock >= 0)
			close(s->lock);
		close(s->stop);
		close(sv[0]);
		signal(SIGCHLD, SIG_DFL);
		sigprocmask(SIG_UNBLOCK, &s->stops, NULL);
		_exit(session_main(s->p, cli, sv[1], why));
	}
	close(sv[1]);
	s->child[s->n++] = (struct child){ .up = sv[0], .uid = uid };
	return 0;
}

static void turn_away(int cli, const char *why)
{
	ipc_sendf(cli, IPC_EXIT, EX_TEMPFAIL, "%s", why);
}

/*
 * Nobody but root can keep the others out: whoever does not own the phone has a
 * small share of his own, and all of them together leave the owner's free.
 */
static bool too_many(const struct server *s, uid_t uid)
{
	struct broker_conf conf = { .owner = BROKER_NOBODY };
	struct sim_err e = { 0 };
	size_t i, mine = 0, strangers = 0;

	if (uid == 0)
		return false;
	/* A broken configuration is the session's to report. */
	if (conf_load(s->p, &conf, &e) < 0)
		conf.owner = BROKER_NOBODY;
	for (i = 0; i < s->n; i++) {
		uid_t u = s->child[i].uid;

		mine += u == uid;
		strangers += u != 0 && u != BROKER_NOBODY && u != conf.owner;
	}
	if (uid == conf.owner)
		return mine >= SESSIONS_OWNER;
	return mine >= SESSIONS_STRANGER || strangers >= SESSIONS_STRANGERS;
}

static void greet_new(struct server *s)
{
	int cli = accept4(s->listen, NULL, NULL, SOCK_CLOEXEC);
	struct ucred c;
	socklen_t len = sizeof(c);

	if (cli < 0)
		return;
	if (getsockopt(cli, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0) {
		close(cli);
		return;
	}
	if (too_many(s, c.uid))
		turn_away(cli, "too many commands at once; try again");
	else if (spawn(s, cli, c.uid, NULL) < 0)
		turn_away(cli, "the broker cannot start another session");
	close(cli);
}

/* A run of the broker's own; one that has not begun yet is enough. */
static void kick(struct server *s, const char *why)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->child[i].uid == BROKER_NOBODY && !s->child[i].runs)
			return;
	if (spawn(s, -1, BROKER_NOBODY, why) < 0)
		fprintf(stderr, "simsync broker: cannot start a run\n");
}

/* What a session says; false when it has ended. */
static bool hear(struct server *s, struct child *c)
{
	struct ipc_msg m;

	if (ipc_recv(c->up, &m, NULL) != 1)
		return false;
	if (m.type == IPC_LOCK) {
		c->waits = ++s->next;
		if (taken(s))
			ipc_send(c->up, IPC_BUSY, 0, NULL, 0, NULL);
	} else if (m.type == IPC_KICK) {
		kick(s, m.body);
	}
	ipc_wipe(&m);
	return true;
}

static int loop(struct server *s)
{
	for (;;) {
		struct pollfd f[2 + SESSIONS_MAX];
		size_t i, n = s->n;
		int r;

		f[0] = (struct pollfd){ s->listen, POLLIN, 0 };
		f[1] = (struct pollfd){ s->stop, POLLIN, 0 };
		for (i = 0; i < n; i++)
			f[2 + i] = (struct pollfd){ s->child[i].up, POLLIN, 0 };
		r = poll(f, 2 + n, s->idle_s && !n ? s->idle_s * 1000 : -1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return EX_OSERR;
		if (r == 0 || f[1].revents)
			return EX_OK;
		/* Backwards: a session that ended is replaced by the last. */
		for (i = n; i-- > 0;) {
			if (!f[2 + i].revents || hear(s, &s->child[i]))
				continue;
			close(s->child[i].up);
			s->child[i] = s->child[--s->n];
		}
		if (f[0].revents)
			greet_new(s);
		hand_out(s);
	}
	return EX_OK;
}

/* ---- start -------------------------------------------------------------- */

static int from_systemd(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");

	if (!pid || !n || atol(pid) != (long)getpid() || atoi(n) != 1)
		return -1;
	fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC);
	return LISTEN_FD;
}

static int make_folder(const char *path, struct sim_err *e)
{
	struct stat st;

	if ((mkdir(path, 0755) < 0 && errno != EEXIST) || lstat(path, &st) < 0)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", path,
				strerror(errno));
	/* Who may write there could enroll cards and unlock. */
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022))
		return sim_fail(e, EX_CONFIG,
				"%s is not root's alone: chown root %s; chmod 755 %s",
				path, path, path);
	return 0;
}

static int listen_plainly(struct server *s, struct sim_err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char lock[300];
	int fd;

	snprintf(lock, sizeof(lock), "%s/broker.lock", s->p->run);
	s->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return sim_fail(e, EX_TEMPFAIL, "%s: %s", lock,
				errno == EWOULDBLOCK ?
					"a broker is running already" :
					strerror(errno));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/broker.sock", s->p->run);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sim_fail(e, EX_OSERR, "socket: %s", strerror(errno));
	unlink(a.sun_path);
	/* Anybody may knock: SO_PEERCRED decides. */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    chmod(a.sun_path, 0666) < 0 || listen(fd, 16) < 0) {
		sim_fail(e, EX_CANTCREAT, "%s: %s", a.sun_path,
			 strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* A run ends with its broker (session.c): nothing "runs" when one starts. */
static void cut_off(const struct broker_paths *p)
{
	char word[32], line[256];
	struct slots slots;
	size_t i;

	if (slots_dump(&slots, NULL) < 0)
		return;
	for (i = 0; i < slots.n; i++) {
		slot_said(p, slots.slot[i].index, word, line);
		if (!strcmp(word, "running"))
			slot_say(p, slots.slot[i].index, "error",
				 "the run was cut off; the next one goes on",
				 NULL);
	}
}

static int set_up(struct server *s, struct sim_err *e)
{
	umask(022);
	sigemptyset(&s->stops);
	sigaddset(&s->stops, SIGTERM);
	sigaddset(&s->stops, SIGINT);
	sigprocmask(SIG_BLOCK, &s->stops, NULL);
	s->stop = signalfd(-1, &s->stops, SFD_CLOEXEC);
	if (s->stop < 0)
		return sim_fail(e, EX_OSERR, "signalfd: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	/* Passwords pass through here. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (make_folder(s->p->run, e) < 0 || make_folder(s->p->lib, e) < 0)
		return -1;
	s->listen = from_systemd();
	if (s->listen < 0)
		s->listen = listen_plainly(s, e);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (s->listen < 0)
		return -1;
	cut_off(s->p);
	return 0;
}

int broker_serve(const struct broker_paths *p, int idle_s, struct sim_err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return sim_fail(e, EX_OSERR, "out of memory");
	s->p = p;
	s->lock = -1;
	s->idle_s = idle_s;
	r = set_up(s, e) < 0 ? -1 : loop(s);
	free(s);
	return r;
}

int broker_main(int argc, char **argv)
{
	struct sim_err e = { 0 };
	int idle_s = 0;
	int r;

	if (argc == 3 && !strcmp(argv[1], "--idle")) {
		idle_s = atoi(argv[2]);
	} else if (argc != 1) {
		fputs("usage: simsync broker [--idle SECONDS]\n", stderr);
		return EX_USAGE;
	}
	if (geteuid() != 0) {
		fputs("simsync broker: runs as root\n", stderr);
		return EX_NOPERM;
	}
	r = broker_serve(&broker_paths, idle_s, &e);
	if (r < 0)
		fprintf(stderr, "simsync broker: %s\n", e.text);
	return r < 0 ? e.code : r;
}
