// SPDX-License-Identifier: MIT
/*
 * The command line: gives the broker its arguments and its terminal, asks what
 * it is told to ask, and ends with the code it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/fds.h"
#include "broker/ipc.h"
#include "cmd/cmd.h"
#include "model/plain.h"

#define ANSWER_MAX 512
#define START_MS   5000
#define START_STEP 20

/* ---- asking ------------------------------------------------------------- */

/* A line of at most ANSWER_MAX bytes; also ends at NUL (pam_exec) and ^C. */
static int read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	ssize_t r;
	char ch;

	while ((r = read(fd, &ch, 1)) == 1 && ch != '\n' && ch != '\0') {
		if (ch == 3 || (ch == 4 && !n)) {
			n = 0;
			r = -1;
			break;
		}
		if (n + 1 < size)
			line[n++] = ch;
	}
	line[n] = '\0';
	return r < 0 || (r == 0 && !n) ? -1 : 0;
}

static int ask_tty(bool echo, const char *text, char *line, size_t size)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC), r = -1;
	struct termios old, quiet;

	if (fd < 0)
		return -1;
	if (tcgetattr(fd, &old) < 0)
		goto out;
	quiet = old;
	if (!echo) {
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		quiet.c_lflag |= ECHONL;
	}
	/* ^C comes as a character, so that the echo is always put back. */
	quiet.c_lflag &= ~(tcflag_t)ISIG;
	quiet.c_lflag |= ICANON;
	quiet.c_cc[VEOL] = 3;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0)
		goto out;
	if (write(fd, text, strlen(text)) >= 0)
		r = read_line(fd, line, size);
	tcsetattr(fd, TCSAFLUSH, &old);
out:
	close(fd);
	return r;
}

static void answer(const struct client *cl, int sock, const struct ipc_msg *m)
{
	char line[ANSWER_MAX] = "";
	int r;

	r = cl->silent	   ? -1 :
	    cl->from_stdin ? read_line(0, line, sizeof(line)) :
			     ask_tty(m->word & IPC_ECHO, m->body, line,
				     sizeof(line));
	ipc_send(sock, IPC_ANSWER, r ? 0 : IPC_ANSWERED, line,
		 r ? 0 : strlen(line), NULL);
	explicit_bzero(line, sizeof(line));
}

/* ---- the connection ----------------------------------------------------- */

static int try_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, bad;

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	bad = errno;
	close(fd);
	errno = bad;
	return -1;
}

/* No init system at hand: a broker for the time it is needed. */
static void start_broker(void)
{
	char *argv[] = { "simsync", "broker", "--idle", "30", NULL };
	int null;
	pid_t pid = fork();

	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (pid)
		return;
	if (setsid() < 0 || fork() != 0)
		_exit(0);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	fds_close_from(3);
	execv("/proc/self/exe", argv);
	_exit(EX_OSFILE);
}

static int reach(const struct client *cl, struct sim_err *e)
{
	int fd = try_connect(cl->sock), ms;

	if (fd >= 0)
		return fd;
	if (geteuid() == 0 && (errno == ENOENT || errno == ECONNREFUSED) &&
	    !strncmp(cl->sock, broker_paths.run, strlen(broker_paths.run))) {
		start_broker();
		for (ms = 0; fd < 0 && ms < START_MS; ms += START_STEP) {
			poll(NULL, 0, START_STEP);
			fd = try_connect(cl->sock);
		}
	}
	if (fd < 0)
		return sim_fail(e, EX_UNAVAILABLE,
				"the simsync broker is not running (%s: %s); systemctl start simsync-broker.socket, or rc-service simsync start",
				cl->sock, strerror(errno));
	return fd;
}

static uint32_t tty_bits(const struct client *cl)
{
	struct winsize w = { 0 };
	uint32_t bits = 0;
	int tty;

	if (!cl->io && isatty(1))
		bits |= IPC_TTY_OUT;
	if (isatty(2))
		bits |= IPC_TTY_ERR;
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (!cl->silent && (cl->from_stdin || tty >= 0))
		bits |= IPC_TTY_ASK;
	if (tty >= 0)
		close(tty);
	if (ioctl(1, TIOCGWINSZ, &w) < 0 || !w.ws_col)
		w.ws_col = 80;
	return bits | (w.ws_col & IPC_COLUMNS);
}

static int hello(const struct client *cl, int sock, int argc, char **argv,
		 struct sim_err *e)
{
	int own[3] = { 0, 1, 2 }, theirs[3] = { cl->io, cl->io, 2 };
	int *stdio = cl->io ? theirs : own, null = -1, i, r;
	char body[IPC_MAX_BODY];
	size_t n = 0;

	for (i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]) + 1;

		if (len > sizeof(body) - n)
			return sim_fail(e, EX_USAGE,
					"the arguments are too long");
		memcpy(body + n, argv[i], len);
		n += len;
	}
	/* Secrets come from there, or it is closed: not for the worker. */
	if (!cl->io && (cl->from_stdin || fcntl(0, F_GETFD) < 0)) {
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		stdio[0] = null;
	}
	r = ipc_send_fds(sock, IPC_HELLO, tty_bits(cl), body, n, stdio, 3, e);
	if (null >= 0)
		close(null);
	return r;
}

int client_run(const struct client *cl, int argc, char **argv)
{
	struct sim_err e = { 0 };
	struct ipc_msg m;
	int sock, code = -1;

	signal(SIGPIPE, SIG_IGN);
	sock = reach(cl, &e);
	if (sock < 0)
		goto out;
	/* Turned away before we spoke: then why is there to be read. */
	if (hello(cl, sock, argc, argv, &e) < 0 && e.code != EX_IOERR)
		goto out;
	while (code < 0) {
		int r = ipc_recv(sock, &m, &e);

		if (r == 0)
			sim_fail(&e, EX_UNAVAILABLE,
				 "the broker ended before the command did");
		if (r != 1)
			goto out;
		/* A worker says it, or PAM: this is the person's terminal. */
		plain_text(m.body, true);
		if (m.type == IPC_TEXT && !cl->quiet)
			fprintf(stderr, "%s\n", m.body);
		else if (m.type == IPC_PROMPT)
			answer(cl, sock, &m);
		else if (m.type == IPC_EXIT)
			code = (int)(m.word & 0xff);
		if (m.type == IPC_EXIT && m.len)
			fprintf(stderr, "simsync: %s\n", m.body);
		ipc_wipe(&m);
	}
out:
	if (sock >= 0)
		close(sock);
	if (code >= 0)
		return code;
	fprintf(stderr, "simsync: %s\n", e.text);
	return e.code;
}

/* ---- arguments that concern this side only ------------------------------ */

static void remove_arg(int *argc, char **argv, int i)
{
	for (; i < *argc; i++)
		argv[i] = argv[i + 1];
	(*argc)--;
}

static bool take_flag(int *argc, char **argv, const char *flag)
{
	int i;

	for (i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--"))
			return false;
		if (!strcmp(argv[i], flag)) {
			remove_arg(argc, argv, i);
			return true;
		}
	}
	return false;
}

/* The first word that is neither an option nor the value of one; "-": none. */
static const char *file_word(int argc, char **argv, int words)
{
	static const char *const with_value[] = { "--slot", "--list" };

	for (int i = words + 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2))
			return argv[i];
		for (size_t k = 0; k < 2; k++)
			if (!strcmp(argv[i], with_value[k]))
				i++;
	}
	return "-";
}

/* A file the person may read and the worker may not: it becomes its stdin. */
int client_file(struct client *cl, int argc, char **argv, int words)
{
	const char *name = file_word(argc, argv, words);
	int fd;

	if (!strcmp(name, "-"))
		return client_run(cl, argc - 1, argv + 1);
	if (cl->from_stdin) {
		fputs("simsync: a file to read and --stdin do not go together\n",
		      stderr);
		return EX_USAGE;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, 0) < 0) {
		fprintf(stderr, "simsync: %s: %s\n", name, strerror(errno));
		return EX_NOINPUT;
	}
	close(fd);
	return client_run(cl, argc - 1, argv + 1);
}

/*
 * `simsync unlock --pam`: called by pam_exec in the shell's unlock stack.
 * As root it passes on who was let in; as the user it passes on what was typed
 * (expose_authtok), and the broker's own PAM stack looks at it.
 */
static int unlock_pam(struct client *cl)
{
	const char *user = getenv("PAM_USER"), *type = getenv("PAM_TYPE");
	char *argv[] = { "unlock", "--quiet", "--user", (char *)user, NULL };

	if (!user || !type ||
	    (strcmp(type, "auth") && strcmp(type, "open_session")))
		return EX_OK;
	cl->from_stdin = true;
	return client_run(cl, 4, argv);
}

int client_unlock(struct client *cl, int argc, char **argv, int words)
{
	(void)words;
	return take_flag(&argc, argv, "--pam") ?
		       unlock_pam(cl) :
		       client_run(cl, argc - 1, argv + 1);
}

int client_main(int argc, char **argv)
{
	struct client cl = { 0 };
	const struct cmd_entry *cmd;
	char sock[128];
	int words;

	snprintf(sock, sizeof(sock), "%s/broker.sock", broker_paths.run);
	cl.sock = sock;
	cl.from_stdin = take_flag(&argc, argv, "--stdin");
	if (take_flag(&argc, argv, "--help") || argc < 2 ||
	    !strcmp(argv[1], "help")) {
		cmd = cmd_find(argc - 1, argv + 1, &words);
		cmd_help(cmd, argc > 1 && cmd_is_group(argv[1]) ? argv[1] : NULL);
		return EX_OK;
	}
	cmd = cmd_find(argc - 1, argv + 1, &words);
	if (!cmd && argc == 2 && cmd_is_group(argv[1])) {
		fprintf(stderr, "simsync: %s wants one more word: simsync %s --help\n",
			argv[1], argv[1]);
		return EX_USAGE;
	}
	if (!cmd) {
		fprintf(stderr,
			"simsync: no command \"%.40s%s%.40s\"; simsync --help lists them\n",
			argv[1], argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
		return EX_USAGE;
	}
	return cmd->local ? cmd->local(&cl, argc, argv, words) :
			    client_run(&cl, argc - 1, argv + 1);
}
