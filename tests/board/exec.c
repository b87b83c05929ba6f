// SPDX-License-Identifier: MIT
/*
 * exec.c - run a command on a board that handset.sh started
 *
 *	exec DIR [--tty] [--user NAME] [--folder PATH] [--timeout S]
 *	     [--type PROMPT TEXT]... COMMAND [ARGS]
 *
 * Streams and exit code are the command's. With --tty it gets a pseudo-terminal, so that
 * programs that ask for a password ask; each --type waits until PROMPT is in the output,
 * then types TEXT and Enter, one after the other, and standard input is not read. 124: not ended after S seconds (then killed);
 * 125: the board does not answer.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest/frame.h"

#define PORTS		8
#define BOARD_FAILED	125
#define TIMED_OUT	124
#define HELLO_SECONDS	30
#define MAX_ANSWERS	16
#define TAIL		256

struct answer {
	const char *prompt;
	const char *text;
};

struct options {
	const char *dir;
	const char *user;
	const char *folder;
	bool tty;
	double timeout;
	struct answer answers[MAX_ANSWERS + 1];
	char **argv;
};

/**
 * struct typist - answers prompts
 * @fd: the board
 * @next: the answer whose prompt has not come yet; its prompt is NULL at the end
 * @tail: end of the output since the last answer
 * @len: bytes in @tail
 */
struct typist {
	int fd;
	const struct answer *next;
	char tail[TAIL];
	size_t len;
};

static volatile sig_atomic_t pending_signal;
static struct termios saved_terminal;
static bool terminal_is_raw;

static void on_signal(int sig)
{
	pending_signal = sig;
}

static void restore_terminal(void)
{
	if (terminal_is_raw)
		tcsetattr(0, TCSANOW, &saved_terminal);
}

static void raw_terminal(void)
{
	struct termios raw;

	if (tcgetattr(0, &saved_terminal))
		return;
	raw = saved_terminal;
	cfmakeraw(&raw);
	if (tcsetattr(0, TCSANOW, &raw))
		return;
	terminal_is_raw = true;
	atexit(restore_terminal);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static _Noreturn void board_failed(const char *what)
{
	restore_terminal();
	fprintf(stderr, "board exec: %s\n", what);
	exit(BOARD_FAILED);
}

static int connect_port(const char *dir, unsigned int n)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/agent.%u.sock", dir, n) >=
		      (int)sizeof(addr.sun_path))
		board_failed("the board's folder has too long a name for a socket");
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		board_failed("the board is not running (no socket of its agent)");
	return fd;
}

/* A port is ours while we hold its lock file; it goes with the process. */
static int take_port(const char *dir)
{
	unsigned int first = (unsigned int)getpid();
	char path[4096];

	for (unsigned int tries = 0; tries < 600 * PORTS; tries++) {
		unsigned int n = (first + tries) % PORTS;
		int lock;

		snprintf(path, sizeof(path), "%s/agent.%u.lock", dir, n);
		lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (lock < 0)
			board_failed("the board's folder is not there");
		if (!flock(lock, LOCK_EX | LOCK_NB))
			return connect_port(dir, n);
		close(lock);
		if (tries % PORTS == PORTS - 1)
			usleep(100000);
	}
	board_failed("all agent ports were busy for a minute");
}

static void send_frame(int fd, enum frame_type type, const void *data, uint32_t len)
{
	uint8_t head[FRAME_HEAD] = { type };
	uint32_t le = htole32(len);
	const uint8_t *part[2] = { head, data };
	size_t size[2] = { sizeof(head), len };

	memcpy(head + 1, &le, sizeof(le));
	for (int i = 0; i < 2; i++) {
		while (size[i]) {
			ssize_t n = send(fd, part[i], size[i], MSG_NOSIGNAL);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				board_failed("the board went away");
			part[i] += n;
			size[i] -= n;
		}
	}
}

/* Until the agent echoes our HELLO, what comes belongs to an earlier session. What is sent
 * before the guest has heard that its port is open can be lost: say it again.
 */
static void hello(int fd)
{
	uint8_t word[FRAME_HELLO_LEN] = FRAME_MAGIC;
	uint8_t window[FRAME_HELLO_LEN] = { 0 };
	double end = now() + HELLO_SECONDS, again = 0;

	if (getrandom(word + 8, 8, 0) != 8)
		board_failed("no random number");
	while (memcmp(window, word, sizeof(word))) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		if (now() >= end)
			board_failed("the board's agent does not answer");
		if (now() >= again) {
			send_frame(fd, FRAME_HELLO, word, sizeof(word));
			again = now() + 0.2;
		}
		if (poll(&pfd, 1, 200) <= 0)
			continue;
		memmove(window, window + 1, sizeof(window) - 1);
		if (recv(fd, window + sizeof(window) - 1, 1, 0) == 0)
			board_failed("the board went away");
	}
}

static struct frame_winsize terminal_size(void)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };

	ioctl(0, TIOCGWINSZ, &ws);
	return (struct frame_winsize){ htole16(ws.ws_row), htole16(ws.ws_col) };
}

static void run(int fd, const struct options *o)
{
	struct frame_run head = { .tty = o->tty, .size = terminal_size() };
	uint8_t data[FRAME_MAX];
	size_t len = sizeof(head);

	memcpy(data, &head, sizeof(head));
	for (int i = -2; i < 0 || o->argv[i]; i++) {
		const char *word = i == -2 ? o->user : i == -1 ? o->folder : o->argv[i];
		size_t n = strlen(word) + 1;

		if (len + n > sizeof(data))
			board_failed("the command is too long");
		memcpy(data + len, word, n);
		len += n;
	}
	send_frame(fd, FRAME_RUN, data, len);
}

static void watch_prompts(struct typist *t, const uint8_t *p, size_t len)
{
	char line[TAIL + 2];

	for (; t->next->prompt && len; p++, len--) {
		if (t->len == TAIL)
			memmove(t->tail, t->tail + 1, --t->len);
		t->tail[t->len++] = (char)*p;
		if (!memmem(t->tail, t->len, t->next->prompt, strlen(t->next->prompt)))
			continue;
		snprintf(line, sizeof(line), "%s\n", t->next->text);
		/* a prompt is printed before the program has begun to read without echo,
		 * and that throws away what was typed before: give it that moment
		 */
		usleep(300000);
		send_frame(t->fd, FRAME_IN, line, (uint32_t)strlen(line));
		t->next++;
		t->len = 0;
	}
}

static void put(int fd, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;	/* nobody reads our output: not the command's fault */
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
}

/* Exit code of the command, or -1: not ended yet. */
static int take_frames(struct typist *t, uint8_t *buf, size_t *got)
{
	while (*got >= FRAME_HEAD) {
		uint32_t len;

		memcpy(&len, buf + 1, sizeof(len));
		len = le32toh(len);
		if (len > FRAME_MAX)
			board_failed("the agent's answer makes no sense");
		if (*got < FRAME_HEAD + len)
			break;
		if (buf[0] == FRAME_OUT || buf[0] == FRAME_ERR)
			watch_prompts(t, buf + FRAME_HEAD, len);
		if (buf[0] == FRAME_OUT)
			put(1, buf + FRAME_HEAD, len);
		else if (buf[0] == FRAME_ERR)
			put(2, buf + FRAME_HEAD, len);
		else if (buf[0] == FRAME_EXIT && len == 1)
			return buf[FRAME_HEAD];
		*got -= FRAME_HEAD + len;
		memmove(buf, buf + FRAME_HEAD + len, *got);
	}
	return -1;
}

static void pass_signal(int fd)
{
	uint8_t sig = pending_signal;

	pending_signal = 0;
	if (sig == SIGWINCH) {
		struct frame_winsize size = terminal_size();

		send_frame(fd, FRAME_WINSIZE, &size, sizeof(size));
	} else if (sig) {
		send_frame(fd, FRAME_SIGNAL, &sig, 1);
	}
}

static int converse(int fd, const struct options *o)
{
	static uint8_t buf[FRAME_HEAD + FRAME_MAX];
	double end = o->timeout > 0 ? now() + o->timeout : 0;
	struct typist typist = { .fd = fd, .next = o->answers };
	bool input = !o->answers[0].prompt;
	size_t got = 0;

	for (;;) {
		struct pollfd pfd[2] = { { .fd = fd, .events = POLLIN },
					 { .fd = input ? 0 : -1, .events = POLLIN } };
		int wait = -1;

		pass_signal(fd);
		if (end) {
			if (now() >= end) {
				send_frame(fd, FRAME_SIGNAL, &(uint8_t){ SIGKILL }, 1);
				fprintf(stderr, "board exec: not ended after %g s: killed\n", o->timeout);
				return TIMED_OUT;
			}
			wait = (int)((end - now()) * 1000) + 1;
		}
		if (poll(pfd, 2, wait) < 0)
			continue;	/* a signal */
		if (pfd[1].revents) {
			uint8_t data[16384];
			ssize_t n = read(0, data, sizeof(data));

			if (n < 0 && (errno == EINTR || errno == EAGAIN))
				continue;
			input = n > 0;
			send_frame(fd, FRAME_IN, data, n > 0 ? (uint32_t)n : 0);
		}
		if (pfd[0].revents) {
			ssize_t n = recv(fd, buf + got, sizeof(buf) - got, 0);
			int code;

			if (n <= 0)
				board_failed("the board went away");
			got += n;
			code = take_frames(&typist, buf, &got);
			if (code >= 0)
				return code;
		}
	}
}

static bool parse(int argc, char **argv, struct options *o)
{
	int i = 2, answers = 0;

	if (argc < 3)
		return false;
	o->dir = argv[1];
	for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--tty")) {
			o->tty = true;
		} else if (i + 1 == argc) {
			return false;
		} else if (!strcmp(argv[i], "--user")) {
			o->user = argv[++i];
		} else if (!strcmp(argv[i], "--folder")) {
			o->folder = argv[++i];
		} else if (!strcmp(argv[i], "--timeout")) {
			o->timeout = strtod(argv[++i], NULL);
		} else if (!strcmp(argv[i], "--type") && i + 2 < argc && answers < MAX_ANSWERS) {
			o->answers[answers++] = (struct answer){ argv[i + 1], argv[i + 2] };
			i += 2;
		} else {
			return false;
		}
	}
	o->argv = argv + i;
	return i < argc;
}

int main(int argc, char **argv)
{
	struct options o = { .user = "root", .folder = "" };
	struct sigaction act = { .sa_handler = on_signal };
	int fd;

	if (!parse(argc, argv, &o)) {
		fprintf(stderr,
			"usage: exec DIR [--tty] [--user NAME] [--folder PATH] [--timeout S]\n"
			"            [--type PROMPT TEXT]... COMMAND [ARGS]\n");
		return 2;
	}
	fd = take_port(o.dir);
	hello(fd);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGWINCH, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	run(fd, &o);
	if (o.tty && isatty(0))
		raw_terminal();
	return converse(fd, &o);
}
