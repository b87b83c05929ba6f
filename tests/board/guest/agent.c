// SPDX-License-Identifier: MIT
/*
 * agent.c - runs commands on a board for the tests on the host
 *
 * Serves every virtio-serial port named "agent.N", one process each: a command with its
 * streams, or with a pseudo-terminal for programs that ask for a password. See frame.h.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame.h"

#define ROOM (FRAME_HEAD + FRAME_MAX)
#define MAX_ARGS 1024

/**
 * struct session - one command on one port
 * @port: the virtio-serial port
 * @pid: the command, leader of its process group; 0: none
 * @in: its standard input, -1 when closed; the terminal's master with @tty
 * @out: its standard output; the terminal's master with @tty
 * @err: its standard error
 * @tty: streams are a pseudo-terminal
 * @got: bytes in @buf: frames from the host, the first perhaps incomplete
 * @sent: bytes of the first frame's payload already written to @in
 */
struct session {
	int port;
	pid_t pid;
	int in;
	int out;
	int err;
	bool tty;
	size_t got;
	size_t sent;
	uint8_t buf[ROOM];
};

/* The host may be slow: wait. False: it is gone. */
static bool put_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n > 0) {
			p += n;
			len -= n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			if (poll(&pfd, 1, 1000) > 0 && (pfd.revents & POLLHUP))
				return false;
		} else if (n == 0 || errno != EINTR) {
			return false;
		}
	}
	return true;
}

static bool send_frame(int port, enum frame_type type, const void *data, uint32_t len)
{
	uint8_t frame[FRAME_HEAD + 16384];
	uint32_t le = htole32(len);

	if (len > sizeof(frame) - FRAME_HEAD)
		return false;
	frame[0] = type;
	memcpy(frame + 1, &le, sizeof(le));
	memcpy(frame + FRAME_HEAD, data, len);
	return put_all(port, frame, FRAME_HEAD + len);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void end_command(struct session *s)
{
	if (s->pid) {
		kill(-s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
		s->pid = 0;
	}
	if (s->tty)
		s->in = -1;	/* the same descriptor as out */
	close_fd(&s->in);
	close_fd(&s->out);
	close_fd(&s->err);
	s->sent = 0;
}

static _Noreturn void fail(const char *what, const char *which)
{
	fprintf(stderr, "agent: %s %s: %s\n", what, which, strerror(errno));
	_exit(127);
}

static _Noreturn void child(const char *user, const char *folder, char **argv)
{
	struct passwd *pw = getpwnam(user);

	if (!pw) {
		errno = ENOENT;
		fail("user", user);
	}
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", pw->pw_dir, 1);
	setenv("USER", user, 1);
	setenv("LOGNAME", user, 1);
	setenv("SHELL", pw->pw_shell, 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", "linux", 1);
	if (pw->pw_uid) {
		char run[64];

		snprintf(run, sizeof(run), "/run/user/%u", (unsigned int)pw->pw_uid);
		setenv("XDG_RUNTIME_DIR", run, 1);
	}
	if (initgroups(user, pw->pw_gid) || setgid(pw->pw_gid) || setuid(pw->pw_uid))
		fail("become", user);
	if (chdir(*folder ? folder : pw->pw_dir))
		fail("folder", *folder ? folder : pw->pw_dir);
	execvp(argv[0], argv);
	fail("run", argv[0]);
}

static void plain_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void report(struct session *s, const char *sentence)
{
	static const uint8_t code = 127;

	send_frame(s->port, FRAME_ERR, sentence, strlen(sentence));
	send_frame(s->port, FRAME_EXIT, &code, 1);
}

static void start_tty(struct session *s, const struct frame_run *run, const char *user,
		      const char *folder, char **argv)
{
	struct winsize ws = { .ws_row = le16toh(run->size.rows), .ws_col = le16toh(run->size.cols) };

	s->pid = forkpty(&s->out, NULL, NULL, &ws);
	if (s->pid == 0) {
		plain_signals();
		close(s->port);
		child(user, folder, argv);
	}
	if (s->pid < 0) {
		s->pid = 0;
		report(s, "agent: no pseudo-terminal\n");
		return;
	}
	s->in = s->out;
}

static void start_pipes(struct session *s, const char *user, const char *folder, char **argv)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		exit(1);	/* systemd starts us again */
	s->pid = fork();
	if (s->pid == 0) {
		plain_signals();
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		child(user, folder, argv);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	s->in = in[1];
	s->out = out[0];
	s->err = err[0];
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	if (s->pid < 0) {
		s->pid = 0;
		end_command(s);
		report(s, "agent: fork failed\n");
	}
}

static void start(struct session *s, const uint8_t *data, size_t len)
{
	char text[FRAME_MAX + 1];
	char *words[MAX_ARGS + 3];
	struct frame_run run;
	size_t n = 0;

	if (s->pid || len <= sizeof(run) || data[len - 1])
		return;
	memcpy(&run, data, sizeof(run));
	memcpy(text, data + sizeof(run), len - sizeof(run));
	for (char *p = text; p < text + len - sizeof(run) && n < MAX_ARGS + 2; p += strlen(p) + 1)
		words[n++] = p;
	words[n] = NULL;
	if (n < 3)
		return;
	s->tty = run.tty;
	if (s->tty)
		start_tty(s, &run, words[0], words[1], words + 2);
	else
		start_pipes(s, words[0], words[1], words + 2);
}

/* Standard input is taken as fast as the command reads it. True: all of it. */
static bool feed(struct session *s, const uint8_t *data, size_t len)
{
	if (!len && s->tty) {
		static const char eof = 4;

		return s->in < 0 || write(s->in, &eof, 1) == 1;
	}
	if (!len)
		close_fd(&s->in);
	while (s->in >= 0 && s->sent < len) {
		ssize_t n = write(s->in, data + s->sent, len - s->sent);

		if (n > 0)
			s->sent += n;
		else if (n < 0 && errno == EAGAIN)
			return false;
		else if (n < 0 && errno != EINTR && !s->tty)
			close_fd(&s->in);
		else if (n < 0 && errno != EINTR)
			break;
	}
	s->sent = 0;
	return true;
}

/* True: the frame is done with. */
static bool act(struct session *s, uint8_t type, const uint8_t *data, size_t len)
{
	struct frame_winsize size;

	switch (type) {
	case FRAME_HELLO:
		end_command(s);
		/* The host's first bytes can be here before the word that it has connected,
		 * and until then nothing can be sent.
		 */
		for (int i = 0; i < 100 && !send_frame(s->port, FRAME_HELLO, data, len); i++)
			usleep(10000);
		return true;
	case FRAME_RUN:
		start(s, data, len);
		return true;
	case FRAME_IN:
		return feed(s, data, len);
	case FRAME_WINSIZE:
		if (s->tty && len == sizeof(size)) {
			memcpy(&size, data, sizeof(size));
			ioctl(s->out, TIOCSWINSZ, &(struct winsize){ .ws_row = le16toh(size.rows),
								      .ws_col = le16toh(size.cols) });
		}
		return true;
	case FRAME_SIGNAL:
		if (s->pid && len == 1)
			kill(-s->pid, data[0]);
		return true;
	default:
		return true;
	}
}

/* Something else than a frame is at the front: go on at the next HELLO. */
static void resynchronise(struct session *s)
{
	const size_t magic = sizeof(FRAME_MAGIC) - 1;

	for (size_t i = 1; i + FRAME_HEAD + magic <= s->got; i++) {
		if (memcmp(s->buf + i + FRAME_HEAD, FRAME_MAGIC, magic))
			continue;
		s->got -= i;
		memmove(s->buf, s->buf + i, s->got);
		return;
	}
	s->got = 0;
}

/* False: a frame waits for the command to read its input. */
static bool take_frames(struct session *s)
{
	while (s->got >= FRAME_HEAD) {
		uint32_t len;

		memcpy(&len, s->buf + 1, sizeof(len));
		len = le32toh(len);
		if (!strchr("HRIWS", s->buf[0]) || !s->buf[0] || len > FRAME_MAX) {
			resynchronise(s);
			continue;
		}
		if (s->got < FRAME_HEAD + len)
			return true;
		if (!act(s, s->buf[0], s->buf + FRAME_HEAD, len))
			return false;
		s->got -= FRAME_HEAD + len;
		memmove(s->buf, s->buf + FRAME_HEAD + len, s->got);
	}
	return true;
}

static void forward(struct session *s, int *fd, enum frame_type type)
{
	uint8_t data[16384];
	ssize_t n = read(*fd, data, sizeof(data));

	if (n > 0) {
		if (!send_frame(s->port, type, data, n))
			end_command(s);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		if (s->tty)
			s->in = -1;
		close_fd(fd);
	}
}

/* The command's end is told when its streams are closed, or 0.2 s after it where
 * something it left in the background keeps them open.
 */
static void reap(struct session *s)
{
	bool drained = s->out < 0 && s->err < 0;
	int status;
	uint8_t code;
	siginfo_t info = { 0 };

	if (!s->pid || waitid(P_PID, s->pid, &info, WEXITED | WNOHANG | WNOWAIT) || !info.si_pid)
		return;
	if (!drained) {
		struct pollfd pfd[2] = { { .fd = s->out, .events = POLLIN },
					 { .fd = s->err, .events = POLLIN } };

		if (poll(pfd, 2, 200) > 0)
			return;	/* more to forward first */
	}
	waitpid(s->pid, &status, 0);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	s->pid = 0;
	end_command(s);
	send_frame(s->port, FRAME_EXIT, &code, 1);
}

static void serve(const char *path)
{
	static struct session s = { .in = -1, .out = -1, .err = -1 };
	sigset_t set;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	s.port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (s.port < 0)
		exit(1);
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fcntl(s.port, F_SETOWN, getpid());
	fcntl(s.port, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC);

	for (;;) {
		struct timespec idle = { .tv_sec = 1 };
		bool open_for_more = take_frames(&s);
		struct pollfd pfd[4] = {
			{ .fd = s.port, .events = open_for_more ? POLLIN : 0 },
			{ .fd = s.out, .events = POLLIN },
			{ .fd = s.err, .events = POLLIN },
			{ .fd = open_for_more ? -1 : s.in, .events = POLLOUT },
		};

		if (poll(pfd, 4, s.pid ? 100 : 1000) < 0 && errno != EINTR)
			exit(1);
		if (pfd[0].revents) {
			ssize_t n = read(s.port, s.buf + s.got, sizeof(s.buf) - s.got);

			if (n > 0)
				s.got += n;
			if (n == 0) {
				/* nobody at the host's end: SIGIO tells when that changes */
				end_command(&s);
				s.got = 0;
				sigtimedwait(&set, NULL, &idle);
				continue;
			}
		}
		if (pfd[1].revents)
			forward(&s, &s.out, FRAME_OUT);
		if (pfd[2].revents)
			forward(&s, &s.err, FRAME_ERR);
		reap(&s);
	}
}

/* The ports: /sys/class/virtio-ports/vportXpY, with the host's name in the file name. */
static void each_port(void (*run)(const char *path))
{
	DIR *dir = opendir("/sys/class/virtio-ports");
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strncmp(name, "agent.", 6) && fork() == 0) {
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			run(path);
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
}

int main(void)
{
	each_port(serve);
	/* one of them died: end them all, systemd starts us again */
	wait(NULL);
	return 1;
}
