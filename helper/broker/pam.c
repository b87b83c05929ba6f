// SPDX-License-Identifier: MIT
#include "broker/pam.h"

#include <errno.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/fds.h"
#include "broker/ipc.h"

/* ---- the child ---------------------------------------------------------- */

static int ask_one(int fd, const struct pam_message *q, struct pam_response *a)
{
	struct ipc_msg m;
	int r;

	switch (q->msg_style) {
	case PAM_ERROR_MSG:
	case PAM_TEXT_INFO:
		return ipc_sendf(fd, IPC_TEXT, 0, "%s", q->msg);
	case PAM_PROMPT_ECHO_ON:
	case PAM_PROMPT_ECHO_OFF:
		break;
	default:
		return -1;
	}
	if (ipc_sendf(fd, IPC_PROMPT,
		      q->msg_style == PAM_PROMPT_ECHO_ON ? IPC_ECHO : 0, "%s",
		      q->msg) < 0)
		return -1;
	r = ipc_recv(fd, &m, NULL);
	if (r != 1)
		return -1;
	if (m.type == IPC_ANSWER && m.word == IPC_ANSWERED &&
	    m.len < PAM_MAX_RESP_SIZE)
		a->resp = strdup(m.body);
	ipc_wipe(&m);
	return a->resp ? 0 : -1;
}

static int converse(int n, const struct pam_message **q,
		    struct pam_response **out, void *arg)
{
	struct pam_response *a;
	int i, fd = *(int *)arg;

	if (n < 1 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	a = calloc((size_t)n, sizeof(*a));
	if (!a)
		return PAM_BUF_ERR;
	for (i = 0; i < n; i++)
		if (ask_one(fd, q[i], &a[i]) < 0)
			goto bad;
	*out = a;
	return PAM_SUCCESS;
bad:
	for (i = 0; i < n; i++) {
		if (a[i].resp)
			explicit_bzero(a[i].resp, strlen(a[i].resp));
		free(a[i].resp);
	}
	free(a);
	return PAM_CONV_ERR;
}

static void __attribute__((noreturn))
pam_child(int fd, const char *service, const char *user)
{
	struct pam_conv conv = { converse, &fd };
	const struct rlimit no_core = { 0, 0 };
	pam_handle_t *h = NULL;
	const char *why;
	int r;

	setrlimit(RLIMIT_CORE, &no_core);
	r = pam_start(service, user, &conv, &h);
	if (r == PAM_SUCCESS)
		r = pam_set_item(h, PAM_RUSER, user);
	if (r == PAM_SUCCESS)
		r = pam_authenticate(h, 0);
	/* A locked or expired account may not read its SIM either. */
	if (r == PAM_SUCCESS)
		r = pam_acct_mgmt(h, 0);
	why = h ? pam_strerror(h, r) : "PAM could not be started";
	ipc_sendf(fd, IPC_PAM, (uint32_t)r, "%s", why);
	if (h)
		pam_end(h, r);
	_exit(0);
}

/* ---- the broker's side -------------------------------------------------- */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static int verdict(const struct broker_paths *p, const struct ipc_msg *m,
		   struct sim_err *e)
{
	switch (m->word) {
	case PAM_SUCCESS:
		return 0;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_CRED_INSUFFICIENT:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
		sim_fail(e, EX_NOPERM, "not proved to be you: %s", m->body);
		return 1;
	case PAM_CONV_ERR:
		sim_fail(e, EX_NOPERM, "not proved to be you: nobody answered");
		return 1;
	default:
		return sim_fail(e, EX_UNAVAILABLE, "PAM service \"%s\": %s",
				p->pam, m->body);
	}
}

/* One message of the child: 1 go on; else the verdict stands in *done. */
static int from_child(const struct broker_paths *p, int child, int cli,
		      int *done, struct sim_err *e)
{
	struct ipc_msg m;
	int r = ipc_recv(child, &m, NULL);

	*done = -1;
	if (r != 1) {
		sim_fail(e, EX_UNAVAILABLE,
			 "PAM service \"%s\": a module ended without an answer",
			 p->pam);
		return 0;
	}
	if (m.type == IPC_PAM) {
		*done = verdict(p, &m, e);
		r = 0;
	} else if (m.type == IPC_TEXT || m.type == IPC_PROMPT) {
		r = !ipc_send(cli, m.type, m.word, m.body, m.len, e);
	} else {
		sim_fail(e, EX_SOFTWARE, "unexpected message of a PAM module");
		r = 0;
	}
	ipc_wipe(&m);
	return r;
}

static int from_cli(int child, int cli, struct sim_err *e)
{
	struct ipc_msg m;
	int r = ipc_recv(cli, &m, e);

	if (r == 0)
		sim_fail(e, EX_NOPERM, "nobody there to answer");
	if (r != 1)
		return 0;
	if (m.type == IPC_ANSWER && m.word != IPC_ANSWERED) {
		sim_fail(e, EX_NOPERM,
			 "not proved to be you: nobody there to answer");
		r = 0;
	} else if (m.type == IPC_ANSWER) {
		r = !ipc_send(child, IPC_ANSWER, m.word, m.body, m.len, e);
	}
	ipc_wipe(&m);
	return r;
}

int pam_ask(const struct broker_paths *p, const char *user, int cli,
	    int seconds, struct sim_err *e)
{
	long end = now_ms() + seconds * 1000L;
	int sv[2], done = -1, go = 1;
	pid_t pid;

	if (ipc_pair(sv, e) < 0)
		return -1;
	pid = fork();
	if (pid < 0) {
		close(sv[0]);
		close(sv[1]);
		return sim_fail(e, EX_OSERR, "fork: %s", strerror(errno));
	}
	if (!pid) {
		/* The module sees no descriptor of ours but its own socket. */
		if (dup2(sv[1], 3) == 3)
			fds_close_from(4);
		pam_child(3, p->pam, user);
	}
	close(sv[1]);
	while (go) {
		struct pollfd f[2] = { { sv[0], POLLIN, 0 },
				       { cli, POLLIN, 0 } };
		long left = end - now_ms();
		int n = left > 0 ? poll(f, 2, (int)left) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			sim_fail(e, EX_UNAVAILABLE,
				 "PAM service \"%s\" gave no answer within %d s",
				 p->pam, seconds);
			break;
		}
		if (f[0].revents)
			go = from_child(p, sv[0], cli, &done, e);
		else if (f[1].revents)
			go = from_cli(sv[0], cli, e);
	}
	close(sv[0]);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return done;
}
