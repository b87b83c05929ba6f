// SPDX-License-Identifier: MIT
/*
 * wire.c - one letter and bytes each way
 *
 *	A apdu	an exchange	? the card is not there
 *	L	how is the slot: era, commands so far, identity
 *	R	reset
 */
#include "crash/wire.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 1024

struct state {
	uint64_t era, sent;
	char iccid[21];
};

/* ---- the client's side -------------------------------------------------- */

struct wire {
	struct sim_channel base;
	int fd;
	uint8_t channel;
};

static ssize_t ask(struct wire *w, char what, const void *p, size_t n,
		   uint8_t out[ROOM])
{
	uint8_t b[ROOM];

	b[0] = (uint8_t)what;
	memcpy(b + 1, p, n);
	if (send(w->fd, b, n + 1, MSG_NOSIGNAL) < 0)
		return -1;
	return recv(w->fd, out, ROOM, 0);
}

static int raw(struct wire *w, const uint8_t *cmd, size_t len, uint8_t *resp,
	       size_t max, size_t *got, struct sim_err *e)
{
	uint8_t copy[300], b[ROOM];
	ssize_t n;

	w->base.fault = SIM_CHAN_OK;
	if (len > sizeof(copy))
		return sim_fail(e, EX_SOFTWARE, "test: command too long");
	memcpy(copy, cmd, len);
	if (copy[0] != 0xa0)
		copy[0] |= w->channel;
	n = ask(w, 'A', copy, len, b);
	if (n < 1 || b[0] != 'A' || (size_t)n - 1 > max) {
		w->base.fault = SIM_CHAN_AWAY;
		return sim_fail(e, EX_UNAVAILABLE, "the card was taken out");
	}
	w->base.apdus++;
	w->base.sent++;
	w->base.bytes += len + (size_t)n - 1;
	memcpy(resp, b + 1, (size_t)n - 1);
	*got = (size_t)n - 1;
	return 0;
}

static int wire_transmit(struct sim_channel *c, const uint8_t *cmd, size_t len,
			 uint8_t *resp, size_t max, size_t *got,
			 struct sim_err *e)
{
	return raw((struct wire *)c, cmd, len, resp, max, got, e);
}

static int wire_open(struct sim_channel *c, const uint8_t *aid, size_t aid_len,
		     uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	static const uint8_t manage[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
	uint8_t cmd[32] = { 0x00, 0xa4, 0x04, 0x04, (uint8_t)aid_len };
	struct wire *w = (struct wire *)c;

	w->channel = 0;
	if (raw(w, manage, sizeof(manage), resp, max, got, e))
		return -1;
	if (*got == 3)
		w->channel = resp[0];
	if (!aid_len) {
		memcpy(resp, "\x90", 2);
		*got = 2;
		return 0;
	}
	memcpy(cmd + 5, aid, aid_len);
	return raw(w, cmd, aid_len + 6, resp, max, got, e);
}

static int wire_look(struct sim_channel *c, struct sim_err *e)
{
	struct wire *w = (struct wire *)c;
	uint8_t b[ROOM];
	struct state s;

	if (ask(w, 'L', NULL, 0, b) != 1 + sizeof(s))
		return sim_fail(e, EX_UNAVAILABLE, "the slot is gone");
	memcpy(&s, b + 1, sizeof(s));
	c->era = s.era;
	c->others = s.sent - c->sent;
	memcpy(c->iccid, s.iccid, sizeof(c->iccid));
	return 0;
}

static int wire_reset(struct sim_channel *c, struct sim_err *e)
{
	struct wire *w = (struct wire *)c;
	uint8_t b[ROOM];

	if (ask(w, 'R', NULL, 0, b) != 1 || b[0] != 'R')
		return sim_fail(e, EX_UNAVAILABLE, "the card was taken out");
	return wire_look(c, e);
}

/* The kernel closes the logical channel when the file is closed. */
static void wire_close(struct sim_channel *c)
{
	struct wire *w = (struct wire *)c;

	close(w->fd);
	free(w);
}

static const struct sim_channel_ops ops = {
	.transmit = wire_transmit, .open = wire_open, .reset = wire_reset,
	.look = wire_look, .identify = wire_look, .close = wire_close,
};

struct sim_channel *wire_channel(int fd, struct sim_err *e)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (!w) {
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	w->fd = fd;
	w->base.ops = &ops;
	w->base.parity = 1;
	w->base.terminal = 1;
	if (!wire_look(&w->base, e))
		return &w->base;
	wire_close(&w->base);
	return NULL;
}

/* ---- the card's side ---------------------------------------------------- */

static size_t look(const struct slot *s, uint8_t *b)
{
	struct state st = { .era = s->era, .sent = s->sent };

	uicc_iccid(s->u, st.iccid);
	b[0] = 'L';
	memcpy(b + 1, &st, sizeof(st));
	return 1 + sizeof(st);
}

static size_t exchange(struct slot *s, pid_t pid, struct points *p, uint8_t *b,
		       size_t n)
{
	uint8_t resp[UICC_RESP_MAX];

	if (point_reached(p, POINT_PULL))
		s->away = true;
	if (s->away) {
		b[0] = '?';
		return 1;
	}
	n = uicc_apdu(s->u, b + 1, n - 1, resp, sizeof(resp));
	s->sent++;
	if (point_reached(p, POINT_APDU))
		kill(pid, SIGKILL);
	memcpy(b + 1, resp, n);
	return n + 1;
}

int wire_serve(struct slot *s, int fd, pid_t pid, struct points *p)
{
	uint8_t b[ROOM];
	int status = -1;
	ssize_t n;

	/* Channels of who had the card before are closed. */
	while ((n = recv(fd, b, sizeof(b), 0)) > 0) {
		size_t out = 1;

		if (b[0] == 'A')
			out = exchange(s, pid, p, b, (size_t)n);
		else if (b[0] == 'L')
			out = look(s, b);
		else if (s->away)
			b[0] = '?';
		else
			uicc_reset(s->u);
		if (send(fd, b, out, MSG_NOSIGNAL) < 0)
			break;
	}
	waitpid(pid, &status, 0);
	return status;
}
