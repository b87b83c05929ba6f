// SPDX-License-Identifier: MIT
#include "broker/ipc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IPC_MAGIC 0x314d4953u /* "SIM1", host order: never leaves the machine */

struct ipc_hdr {
	uint32_t magic;
	uint32_t type;
	uint32_t word;
	uint32_t len;
};

/* How many descriptors a message of each type brings; exactly that many. */
static const unsigned char fds_of[__IPC_MAX] = {
	[IPC_HELLO] = 3,
};

int ipc_send_fds(int fd, enum ipc_type type, uint32_t word, const void *body,
		 size_t len, const int *fds, size_t nfd, struct sim_err *e)
{
	struct ipc_hdr h = { IPC_MAGIC, type, word, (uint32_t)len };
	struct iovec iov[2] = {
		{ &h, sizeof(h) },
		{ (void *)body, len },
	};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * IPC_MAX_FDS)];
	} ctl;
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };
	ssize_t n;

	if (len > IPC_MAX_BODY || nfd > IPC_MAX_FDS)
		return sim_fail(e, EX_USAGE,
				"a message of %zu bytes is longer than the broker takes (%d)",
				len, IPC_MAX_BODY);
	if (nfd) {
		struct cmsghdr *c;

		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.buf;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * nfd);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * nfd);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * nfd);
	}
	do
		n = sendmsg(fd, &mh, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return sim_fail(e, EX_IOERR, "sending to the other process: %s",
				strerror(errno));
	return 0;
}

int ipc_send(int fd, enum ipc_type type, uint32_t word, const void *body,
	     size_t len, struct sim_err *e)
{
	return ipc_send_fds(fd, type, word, body, len, NULL, 0, e);
}

int ipc_sendf(int fd, enum ipc_type type, uint32_t word, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return -1;
	return ipc_send(fd, type, word, text, strlen(text), NULL);
}

/* Take every descriptor out of the control data: none may be left behind. */
static void collect_fds(struct msghdr *mh, struct ipc_msg *m, bool *excess)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n, i;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (m->nfd < IPC_MAX_FDS) {
				m->fd[m->nfd++] = fd;
			} else {
				close(fd);
				*excess = true;
			}
		}
	}
}

int ipc_recv(int fd, struct ipc_msg *m, struct sim_err *e)
{
	struct ipc_hdr h = { 0 };
	struct iovec iov[2] = {
		{ &h, sizeof(h) },
		{ m->body, IPC_MAX_BODY },
	};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int) * (IPC_MAX_FDS + 1))];
	} ctl;
	struct msghdr mh = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = ctl.buf,
		.msg_controllen = sizeof(ctl.buf),
	};
	bool excess = false;
	ssize_t n;

	m->nfd = 0;
	m->len = 0;
	m->body[0] = '\0';
	do
		n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	/*
	 * A peer that closed without reading us all: said once, and what it had
	 * sent before can still be read.
	 */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return 0;
	if (n < 0)
		return sim_fail(e, EX_IOERR,
				"receiving from the other process: %s",
				strerror(errno));
	collect_fds(&mh, m, &excess);
	if ((mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || excess ||
	    (size_t)n < sizeof(h) || h.magic != IPC_MAGIC ||
	    h.len != (size_t)n - sizeof(h) || h.type < 1 ||
	    h.type >= __IPC_MAX || m->nfd != fds_of[h.type]) {
		m->len = n > (ssize_t)sizeof(h) ? (size_t)n - sizeof(h) : 0;
		if (m->len > IPC_MAX_BODY)
			m->len = IPC_MAX_BODY;
		ipc_wipe(m);
		return sim_fail(e, EX_PROTOCOL,
				"a message that is none of simsync's (another version of it running?)");
	}
	m->type = (enum ipc_type)h.type;
	m->word = h.word;
	m->len = h.len;
	m->body[m->len] = '\0';
	return 1;
}

void ipc_wipe(struct ipc_msg *m)
{
	size_t i;

	explicit_bzero(m->body, m->len);
	m->len = 0;
	for (i = 0; i < m->nfd; i++)
		if (m->fd[i] >= 0)
			close(m->fd[i]);
	m->nfd = 0;
}

int ipc_args(struct ipc_msg *m, char *argv[IPC_MAX_ARGS + 1], struct sim_err *e)
{
	size_t at = 0;
	int n = 0;

	if (m->len && m->body[m->len - 1] != '\0')
		return sim_fail(e, EX_PROTOCOL,
				"the list of arguments does not end");
	while (at < m->len) {
		if (n == IPC_MAX_ARGS)
			return sim_fail(e, EX_USAGE, "more than %d arguments",
					IPC_MAX_ARGS);
		argv[n++] = m->body + at;
		at += strlen(m->body + at) + 1;
	}
	argv[n] = NULL;
	return n;
}

int ipc_pair(int sv[2], struct sim_err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return sim_fail(e, EX_OSERR, "socketpair: %s", strerror(errno));
	return 0;
}
