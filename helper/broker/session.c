// SPDX-License-Identifier: MIT
/*
 * One connection, from the first message to the exit code. A process of its
 * own (server.c forks it): it may block, and what it learns ends with it.
 */
#include "broker/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/pam.h"
#include "broker/worker.h"

#define HELLO_SECONDS 10
#define PAM_SECONDS   120
#define ASK_SECONDS   120
#define PAM_TRIES     3
#define STOP_SECONDS  10
#define LOCK_MS	      100

static void say(struct session *s, const char *text)
{
	if (s->cli >= 0)
		ipc_sendf(s->cli, IPC_TEXT, 0, "%s", text);
}

/* ---- who is there, and what does he want -------------------------------- */

static int greet(struct session *s, struct sim_err *e)
{
	struct pollfd f = { s->cli, POLLIN, 0 };
	struct ucred c;
	socklen_t len = sizeof(c);
	int i;

	if (getsockopt(s->cli, SOL_SOCKET, SO_PEERCRED, &c, &len) < 0)
		return sim_fail(e, EX_OSERR, "SO_PEERCRED: %s",
				strerror(errno));
	s->peer = c.uid;
	if (poll(&f, 1, HELLO_SECONDS * 1000) != 1)
		return sim_fail(e, EX_PROTOCOL, "no request came");
	if (ipc_recv(s->cli, &s->hello, e) != 1)
		return -1;
	if (s->hello.type != IPC_HELLO)
		return sim_fail(e, EX_PROTOCOL, "the first message is no request");
	s->tty = s->hello.word;
	for (i = 0; i < 3; i++)
		s->stdio[i] = s->hello.fd[i];
	s->argc = ipc_args(&s->hello, s->argv, e);
	return s->argc < 0 ? -1 : 0;
}

/* A run of the broker's own: nobody to ask, nothing to show. */
static int own_run(struct session *s, const char *why, struct sim_err *e)
{
	static char run[] = "run";
	int i;

	snprintf(s->why, sizeof(s->why), "%s", why);
	s->argv[0] = run;
	s->argv[1] = s->why;
	s->argc = 2;
	for (i = 0; i < 3; i++) {
		s->stdio[i] = i ? dup(2) : open("/dev/null", O_RDWR | O_CLOEXEC);
		if (s->stdio[i] < 0)
			return sim_fail(e, EX_OSERR, "no descriptor left");
	}
	return 0;
}

static int admit(struct session *s, struct sim_err *e)
{
	const struct passwd *pw;

	if (conf_load(s->p, &s->conf, e) < 0)
		return -1;
	pw = s->conf.owner != BROKER_NOBODY ? getpwuid(s->conf.owner) : NULL;
	snprintf(s->user, sizeof(s->user), "%s", pw ? pw->pw_name : "");
	s->access = access_find(s->argc, s->argv);
	if (!s->access)
		return sim_fail(e, EX_USAGE,
				"no such command: simsync --help lists them");
	if (s->peer == 0 || (s->access->needs & ACCESS_ANYONE))
		return 0;
	if (s->access->needs & ACCESS_ROOT)
		return sim_fail(e, EX_NOPERM, "only root may do that");
	if (s->conf.owner == BROKER_NOBODY) {
		if (!strcmp(s->access->name, "card enroll"))
			return 0;
		return sim_fail(e, EX_CONFIG,
				"nobody owns this phone yet: simsync card enroll makes you its owner");
	}
	if (s->peer != s->conf.owner)
		return sim_fail(e, EX_NOPERM,
				"this phone belongs to another user; its data is not shown");
	return 0;
}

int session_prove(struct session *s, const char *user, struct sim_err *e)
{
	int tries, r = -1;

	if (s->peer == 0)
		return 0;
	for (tries = 0; tries < PAM_TRIES; tries++) {
		r = pam_ask(s->p, user, s->cli, PAM_SECONDS, e);
		if (r != 1 || !(s->tty & IPC_TTY_ASK))
			break;
		say(s, e->text);
	}
	return r ? -1 : 0;
}

int session_ask(struct session *s, const char *question, char *answer,
		size_t size, struct sim_err *e)
{
	struct pollfd f = { s->cli, POLLIN, 0 };
	struct ipc_msg m;
	int r;

	if (s->cli < 0 || ipc_send(s->cli, IPC_PROMPT, IPC_ECHO, question,
				   strlen(question), e) < 0)
		return sim_fail(e, EX_NOINPUT, "nobody there to answer");
	if (poll(&f, 1, ASK_SECONDS * 1000) != 1)
		return sim_fail(e, EX_NOINPUT,
				"no answer came in %d seconds", ASK_SECONDS);
	r = ipc_recv(s->cli, &m, e);
	if (r != 1 || m.type != IPC_ANSWER || m.word != IPC_ANSWERED) {
		if (r == 1)
			ipc_wipe(&m);
		return sim_fail(e, EX_NOINPUT, "nobody there to answer");
	}
	snprintf(answer, size, "%s", m.body);
	ipc_wipe(&m);
	return 0;
}

/* ---- one run at a time -------------------------------------------------- */

/* A broker that has just been started anew may find the last one's run ending. */
static int last_of_the_old(struct session *s, struct sim_err *e)
{
	bool said = false;
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/worker.lock", s->p->run);
	/* Open, and so locked, until this session ends. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", path,
				strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		struct pollfd f[2] = { { s->up, POLLRDHUP, 0 },
				       { s->cli, POLLRDHUP, 0 } };

		if (errno != EWOULDBLOCK && errno != EINTR)
			return sim_fail(e, EX_OSERR, "%s: %s", path,
					strerror(errno));
		if (!said)
			say(s, "Waiting for the run in progress to end ...");
		said = true;
		if (poll(f, s->cli < 0 ? 1 : 2, LOCK_MS) > 0)
			return sim_fail(e, EX_TEMPFAIL, "given up waiting");
	}
	return 0;
}

static int take_run(struct session *s, struct sim_err *e)
{
	struct ipc_msg m;

	if (s->has_run)
		return 0;
	if (ipc_send(s->up, IPC_LOCK, 0, NULL, 0, e) < 0)
		return -1;
	for (;;) {
		struct pollfd f[2] = { { s->up, POLLIN, 0 },
				       { s->cli, POLLRDHUP, 0 } };
		int r;

		if (poll(f, s->cli < 0 ? 1 : 2, -1) < 0)
			continue;
		if (s->cli >= 0 && f[1].revents)
			return sim_fail(e, EX_TEMPFAIL, "given up waiting");
		r = ipc_recv(s->up, &m, e);
		if (r != 1)
			return sim_fail(e, EX_TEMPFAIL, "the broker has ended");
		ipc_wipe(&m);
		if (m.type == IPC_LOCK)
			break;
		say(s, "Waiting for the run in progress to end ...");
	}
	s->has_run = true;
	return last_of_the_old(s, e);
}

/* ---- slots and grants --------------------------------------------------- */

int session_look(struct session *s, struct sim_err *e)
{
	bool open_now = unlocked(s->p, s->conf.owner);
	size_t i;

	grants_free(&s->cards);
	if (grants_load(s->p, &s->cards, e) < 0 || slots_dump(&s->slots, e) < 0)
		return -1;
	for (i = 0; i < s->slots.n; i++) {
		const struct slot *sl = &s->slots.slot[i];

		/* Nobody's phone has no rules for cards. */
		if (s->conf.owner != BROKER_NOBODY &&
		    grants_assume(&s->cards, sl, s->conf.unknown, e) < 0)
			return -1;
		s->grant[i] = grant_decide(sl,
					   grants_find(&s->cards, sl->iccid),
					   s->conf.strict, open_now,
					   insertion_known(s->p, sl));
	}
	return 0;
}

static bool any(const struct session *s, enum grant g)
{
	size_t i;

	for (i = 0; i < s->slots.n; i++)
		if (s->grant[i] == g)
			return true;
	return false;
}

/* Somebody sits there: then he can unlock now what is only locked. */
static int unlock_here(struct session *s, struct sim_err *e)
{
	size_t i;

	if (!(s->access->needs & ACCESS_SLOTS) || !(s->tty & IPC_TTY_ASK) ||
	    (!any(s, GRANT_LOCKED) && !any(s, GRANT_STRICT)))
		return 0;
	if (session_prove(s, s->user, e) < 0 ||
	    unlock_note(s->p, s->conf.owner, e) < 0)
		return -1;
	for (i = 0; i < s->slots.n; i++)
		if (s->grant[i] == GRANT_STRICT &&
		    insertion_note(s->p, &s->slots.slot[i], e) < 0)
			return -1;
	return session_look(s, e);
}

static void close_slots(struct session *s)
{
	size_t i;

	for (i = 0; i < SLOTS_MAX; i++) {
		if (s->fd[i] >= 0)
			close(s->fd[i]);
		s->fd[i] = -1;
	}
}

/*
 * Which cards this command gets: those granted; bare ones, which nobody can
 * enroll, where the person was asked just now or was here since boot.
 */
static bool gets(const struct session *s, size_t slot)
{
	if (s->grant[slot] != GRANT_NO_IDENTITY)
		return s->grant[slot] == GRANT_YES;
	return s->access->needs & ACCESS_BARE &&
	       (s->access->needs & ACCESS_AUTH ||
		(!s->conf.strict && unlocked(s->p, s->conf.owner)));
}

static int open_slots(struct session *s, int *fds, size_t *n, struct sim_err *e)
{
	size_t i;

	*n = 0;
	if (!(s->access->needs & (ACCESS_SLOTS | ACCESS_SELF)))
		return 0;
	for (i = 0; i < s->slots.n; i++) {
		if (!gets(s, i))
			continue;
		s->fd[i] = slot_open(s->p, &s->slots.slot[i], e);
		if (s->fd[i] < 0 && e->code == EX_TEMPFAIL) {
			/* Its own event starts the next run. */
			s->grant[i] = GRANT_NO_CARD;
			continue;
		}
		if (s->fd[i] < 0)
			return -1;
		fds[(*n)++] = s->fd[i];
	}
	return 0;
}

/* ---- the worker at work ------------------------------------------------- */

static void on_state(struct session *s, struct ipc_msg *m)
{
	const char *word = m->body;
	size_t i, n = strlen(word);
	struct sim_err e = { 0 };

	/* Only who has the run says how it goes, and only of slots there are. */
	if (!s->has_run || n >= m->len || !sync_word_ok(word))
		return;
	for (i = 0; i < s->slots.n; i++) {
		if (s->slots.slot[i].index != m->word)
			continue;
		s->running[i] = !strcmp(word, "running");
		if (slot_say(s->p, m->word, word, word + n + 1, &e) < 0)
			fprintf(stderr, "simsync broker: %s\n", e.text);
	}
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A run is due, and why: history says it. */
static int kick(struct session *s, const char *why, struct sim_err *e)
{
	return ipc_send(s->up, IPC_KICK, 0, why, strlen(why), e);
}

/* One message of the worker; false when it has closed. */
static bool from_worker(struct session *s, int sock, long long *ask_until)
{
	struct sim_err e = { 0 };
	struct ipc_msg m;

	if (ipc_recv(sock, &m, &e) != 1)
		return false;
	if (m.type == IPC_STATE)
		on_state(s, &m);
	else if (m.type == IPC_KICK && s->has_run)
		kick(s, "changed on the phone", NULL);
	else if (m.type == IPC_TEXT && s->cli >= 0)
		ipc_send(s->cli, m.type, 0, m.body, m.len, NULL);
	else if (m.type == IPC_PROMPT &&
		 (!(s->tty & IPC_TTY_ASK) ||
		  ipc_send(s->cli, m.type, m.word, m.body, m.len, NULL) < 0))
		ipc_send(sock, IPC_ANSWER, 0, NULL, 0, NULL);
	else if (m.type == IPC_PROMPT)
		*ask_until = now_ms() + ASK_SECONDS * 1000;
	ipc_wipe(&m);
	return true;
}

static bool from_person(struct session *s, int sock, long long *ask_until)
{
	struct ipc_msg m;

	if (ipc_recv(s->cli, &m, NULL) != 1)
		return false;
	if (m.type == IPC_ANSWER && *ask_until) {
		*ask_until = 0;
		ipc_send(sock, IPC_ANSWER, m.word, m.body, m.len, NULL);
	}
	ipc_wipe(&m);
	return true;
}

/*
 * Nobody answers, and others wait for the run. What is typed later may answer
 * no other question, so no more are asked.
 */
static void give_up_asking(struct session *s, int sock)
{
	s->tty &= ~(uint32_t)IPC_TTY_ASK;
	say(s, "No answer came in time; going on without one.");
	ipc_send(sock, IPC_ANSWER, 0, NULL, 0, NULL);
}

static int until_ms(long long when)
{
	long long left = when - now_ms();

	return left < 0 ? 0 : (int)left;
}

/*
 * Relay until the worker has closed. A person who goes away ends it, and so does
 * the broker: it alone knows that there is one run.
 */
static void relay(struct session *s, int sock, pid_t pid)
{
	long long ask_until = 0, stop_until = 0;
	int cli = s->cli, up = s->up;

	for (;;) {
		struct pollfd f[3] = { { sock, POLLIN, 0 },
				       { cli, POLLIN, 0 },
				       { up, POLLRDHUP, 0 } };
		long long until = stop_until ? stop_until : ask_until;
		int n = poll(f, 3, until ? until_ms(until) : -1);

		if (n == 0 && stop_until) {
			kill(pid, SIGKILL);
			stop_until = now_ms() + STOP_SECONDS * 1000;
		} else if (n == 0) {
			ask_until = 0;
			give_up_asking(s, sock);
		}
		if (n > 0 && f[0].revents && !from_worker(s, sock, &ask_until))
			return;
		if (n > 0 && f[1].revents && !from_person(s, sock, &ask_until))
			cli = -1;
		else if (n > 0 && f[2].revents)
			up = -1;
		else
			continue;
		/* It stops between two writes; the ledger knows. */
		kill(pid, SIGTERM);
		stop_until = now_ms() + STOP_SECONDS * 1000;
	}
}

static int reap(struct session *s, pid_t pid, struct sim_err *e)
{
	char line[64];
	int status;
	size_t i;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_OSERR;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		snprintf(line, sizeof(line), "the run ended without a result");
	else if (WIFEXITED(status))
		snprintf(line, sizeof(line), "the run failed (%d)",
			 WEXITSTATUS(status));
	else
		snprintf(line, sizeof(line),
			 "the run was cut off (signal %d); the next one goes on",
			 WTERMSIG(status));
	/* No slot stays "running" when nothing runs. */
	for (i = 0; i < s->slots.n; i++)
		if (s->running[i])
			slot_say(s->p, s->slots.slot[i].index, "error", line,
				 NULL);
	if (!WIFEXITED(status))
		return sim_fail(e, EX_SOFTWARE, "%s", line);
	return WEXITSTATUS(status);
}

int session_work(struct session *s, int argc, char **argv, struct sim_err *e)
{
	bool mine = s->peer == 0 || s->peer == s->conf.owner;
	bool has_home = mine && s->conf.owner != BROKER_NOBODY;
	char home[300], *start = NULL;
	int fds[SLOTS_MAX], sock = -1;
	int code = -1;
	size_t n;
	pid_t pid;

	if (open_slots(s, fds, &n, e) < 0 ||
	    (has_home &&
	     worker_home(s->p, s->conf.owner, home, sizeof(home), e) < 0))
		goto out;
	start = session_start_json(s, has_home ? home : NULL, argc, argv, e);
	if (!start)
		goto out;
	sock = worker_start(s->p, has_home ? home : NULL, s->stdio, fds, n,
			    &pid, e);
	/* From here on only the worker has the cards. */
	close_slots(s);
	if (sock < 0)
		goto out;
	if (ipc_send(sock, IPC_START, 0, start, strlen(start), e) < 0)
		kill(pid, SIGKILL);
	relay(s, sock, pid);
	code = reap(s, pid, e);
out:
	close_slots(s);
	if (sock >= 0)
		close(sock);
	free(start);
	return code;
}

int session_resync(struct session *s, bool here, struct sim_err *e)
{
	static char sync[] = "sync";
	char *argv[] = { sync, NULL };

	if (!here)
		return kick(s, "unlocked", e);
	if (take_run(s, e) < 0 || session_look(s, e) < 0)
		return -1;
	return session_work(s, 1, argv, e);
}

/* ---- the whole ---------------------------------------------------------- */

/* No owner, no state folder, no worker: the slots say what is missing. */
static int nobody_home(struct session *s, struct sim_err *e)
{
	size_t i;

	for (i = 0; i < s->slots.n; i++)
		if (s->slots.slot[i].state == SIMSLOT_READY)
			slot_say(s->p, s->slots.slot[i].index, "ask",
				 "nobody owns this phone yet: simsync card enroll",
				 e);
	return sim_fail(e, EX_CONFIG,
			"nobody owns this phone yet: simsync card enroll, as its user");
}

static int serve(struct session *s, const char *why, struct sim_err *e)
{
	if ((s->cli < 0 ? own_run(s, why, e) : greet(s, e)) < 0 || admit(s, e) < 0)
		return -1;
	if (s->access->needs & ACCESS_SELF)
		return session_self(s, e);
	if ((s->access->needs & ACCESS_AUTH) &&
	    session_prove(s, s->user, e) < 0)
		return -1;
	if ((s->access->needs & ACCESS_RUN) && take_run(s, e) < 0)
		return -1;
	/* Only now: what was true while waiting may not be any more. */
	if (session_look(s, e) < 0)
		return -1;
	if (s->conf.owner == BROKER_NOBODY &&
	    !(s->access->needs & ACCESS_ANYONE))
		return nobody_home(s, e);
	if (unlock_here(s, e) < 0)
		return -1;
	return session_work(s, s->argc, s->argv, e);
}

int session_main(const struct broker_paths *p, int cli, int up, const char *why)
{
	struct session *s = calloc(1, sizeof(*s));
	struct sim_err e = { 0 };
	size_t i;
	int code;

	if (!s)
		return EX_OSERR;
	s->p = p;
	s->cli = cli;
	s->up = up;
	for (i = 0; i < SLOTS_MAX; i++)
		s->fd[i] = -1;
	code = serve(s, why, &e);
	if (code < 0)
		code = e.code ? e.code : EX_SOFTWARE;
	else
		e.text[0] = '\0';
	if (cli >= 0)
		ipc_sendf(cli, IPC_EXIT, (uint32_t)code, "%s", e.text);
	else if (e.text[0])
		fprintf(stderr, "simsync broker: %s\n", e.text);
	grants_free(&s->cards);
	ipc_wipe(&s->hello);
	free(s);
	return code;
}
