// SPDX-License-Identifier: MIT
#include "broker/slots.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DUMP_TRIES 5

static const char *const state_names[] = {
	[SIMSLOT_EMPTY] = "empty",
	[SIMSLOT_ACTIVATING] = "activating",
	[SIMSLOT_READY] = "ready",
	[SIMSLOT_MUTE] = "mute",
	[SIMSLOT_OFF] = "off",
};

static const char *const event_names[] = {
	[SIMSLOT_EV_SLOT_ADDED] = "slot-added",
	[SIMSLOT_EV_SLOT_REMOVED] = "slot-removed",
	[SIMSLOT_EV_CARD_INSERTED] = "card-inserted",
	[SIMSLOT_EV_CARD_READY] = "card-ready",
	[SIMSLOT_EV_CARD_REMOVED] = "card-removed",
	[SIMSLOT_EV_CARD_MUTE] = "card-mute",
	[SIMSLOT_EV_CARD_ERROR] = "card-error",
	[SIMSLOT_EV_CARD_RESET] = "card-reset",
	[SIMSLOT_EV_PROFILE_SWITCHED] = "profile-switched",
	[SIMSLOT_EV_CARD_CHANGED] = "card-changed",
	[SIMSLOT_EV_PROACTIVE] = "proactive",
	[SIMSLOT_EV_SYNC_CHANGED] = "sync-changed",
};

static const char *const reason_texts[] = {
	[SIMSLOT_REASON_NONE] = "",
	[SIMSLOT_REASON_NO_ATR] = "no answer to reset at any voltage",
	[SIMSLOT_REASON_BAD_ATR] = "its answer to reset is corrupt",
	[SIMSLOT_REASON_VOLTAGE] = "it needs a voltage the slot does not have",
	[SIMSLOT_REASON_PROTOCOL] = "it speaks neither T=0 nor T=1",
	[SIMSLOT_REASON_TIMEOUT] = "it fell silent within a command",
	[SIMSLOT_REASON_NULLS] = "it asks for more time without end",
	[SIMSLOT_REASON_GARBAGE] = "it answers with bytes no standard allows",
};

#define NAME_OF(table, i) \
	((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "?")

const char *slot_state_name(uint32_t state)
{
	return NAME_OF(state_names, state);
}

const char *slot_event_name(uint32_t event)
{
	return NAME_OF(event_names, event);
}

const char *slot_reason_text(uint32_t reason)
{
	return NAME_OF(reason_texts, reason);
}

static const struct nla_policy policy[SIMSLOT_A_MAX + 1] = {
	[SIMSLOT_A_SLOT] = { .type = NLA_U32 },
	[SIMSLOT_A_EVENT] = { .type = NLA_U32 },
	[SIMSLOT_A_SEQ] = { .type = NLA_U64 },
	[SIMSLOT_A_EPOCH] = { .type = NLA_U64 },
	[SIMSLOT_A_TIME] = { .type = NLA_U64 },
	[SIMSLOT_A_STATE] = { .type = NLA_U32 },
	[SIMSLOT_A_REASON] = { .type = NLA_U32 },
	[SIMSLOT_A_CAPS] = { .type = NLA_U32 },
	/* libnl looks for the NUL in this type only. */
	[SIMSLOT_A_DRIVER] = { .type = NLA_STRING },
	[SIMSLOT_A_ICCID] = { .type = NLA_STRING },
};

static uint32_t u32_of(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static uint64_t u64_of(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

/* A proxy's process chooses its driver's name: it goes into files and lists. */
static void plain_name(char *out, size_t size, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		out[i] = isalnum((unsigned char)name[i]) ||
				 strchr("._:-", name[i]) ?
				 name[i] :
				 '_';
	out[i] = '\0';
}

int slots_parse(struct nlmsghdr *h, struct slots_event *ev)
{
	struct nlattr *a[SIMSLOT_A_MAX + 1];
	struct slot *s = &ev->slot;

	memset(ev, 0, sizeof(*ev));
	if (genlmsg_parse(h, 0, a, SIMSLOT_A_MAX, policy) < 0 ||
	    !a[SIMSLOT_A_SLOT])
		return -1;
	s->index = nla_get_u32(a[SIMSLOT_A_SLOT]);
	s->state = u32_of(a[SIMSLOT_A_STATE]);
	s->reason = u32_of(a[SIMSLOT_A_REASON]);
	s->caps = u32_of(a[SIMSLOT_A_CAPS]);
	s->seq = u64_of(a[SIMSLOT_A_SEQ]);
	s->epoch = u64_of(a[SIMSLOT_A_EPOCH]);
	if (a[SIMSLOT_A_DRIVER])
		plain_name(s->driver, sizeof(s->driver),
			   nla_get_string(a[SIMSLOT_A_DRIVER]));
	if (a[SIMSLOT_A_ICCID])
		snprintf(s->iccid, sizeof(s->iccid), "%s",
			 nla_get_string(a[SIMSLOT_A_ICCID]));
	ev->event = u32_of(a[SIMSLOT_A_EVENT]);
	ev->time_ns = u64_of(a[SIMSLOT_A_TIME]);
	return 0;
}

static int on_slot(struct nl_msg *msg, void *arg)
{
	struct slots *s = arg;
	struct slots_event ev;

	if (s->n < SLOTS_MAX && !slots_parse(nlmsg_hdr(msg), &ev))
		s->slot[s->n++] = ev.slot;
	return NL_OK;
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = ((const struct slot *)a)->index;
	uint32_t y = ((const struct slot *)b)->index;

	return x < y ? -1 : x > y;
}

/* Connected socket and family number; *family 0: the module is not there. */
static struct nl_sock *connect_family(int *family, struct sim_err *e)
{
	struct nl_sock *sk = nl_socket_alloc();
	int r;

	if (!sk) {
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	r = genl_connect(sk);
	if (r < 0) {
		sim_fail(e, EX_OSERR, "generic netlink: %s", nl_geterror(r));
		nl_socket_free(sk);
		return NULL;
	}
	*family = genl_ctrl_resolve(sk, SIMSLOT_FAMILY_NAME);
	if (*family < 0)
		*family = 0;
	return sk;
}

static int dump_once(struct nl_sock *sk, int family, struct slots *s)
{
	int r;

	s->n = 0;
	r = genl_send_simple(sk, family, SIMSLOT_CMD_GET,
			     SIMSLOT_FAMILY_VERSION, NLM_F_DUMP);
	return r < 0 ? r : nl_recvmsgs_default(sk);
}

int slots_dump(struct slots *s, struct sim_err *e)
{
	int family, tries, r = 0;
	struct nl_sock *sk;

	s->n = 0;
	sk = connect_family(&family, e);
	if (!sk)
		return -1;
	if (!family)
		goto out;
	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_slot, s);
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		r = dump_once(sk, family, s);
		if (r != -NLE_DUMP_INTR)
			break;
	}
	if (r < 0)
		r = sim_fail(e, EX_OSERR, "asking the kernel for its slots: %s",
			     nl_geterror(r));
	qsort(s->slot, s->n, sizeof(s->slot[0]), by_index);
out:
	nl_socket_free(sk);
	return r < 0 ? -1 : 0;
}

struct nl_sock *slots_listen(struct sim_err *e)
{
	struct nl_sock *sk;
	int family, group;

	sk = connect_family(&family, e);
	if (!sk)
		return NULL;
	group = genl_ctrl_resolve_grp(sk, SIMSLOT_FAMILY_NAME,
				      SIMSLOT_MCGRP_EVENTS);
	if (!family || group < 0 || nl_socket_add_membership(sk, group) < 0) {
		sim_fail(e, EX_UNAVAILABLE,
			 "the kernel module simslot is not loaded (modprobe simslot)");
		nl_socket_free(sk);
		return NULL;
	}
	nl_socket_disable_seq_check(sk);
	return sk;
}

struct next {
	struct slots_event *ev;
	bool got;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct next *n = arg;

	if (slots_parse(nlmsg_hdr(msg), n->ev) < 0 || !n->ev->event)
		return NL_SKIP;
	n->got = true;
	return NL_STOP;
}

int slots_fd(struct nl_sock *sk)
{
	nl_socket_set_nonblocking(sk);
	return nl_socket_get_fd(sk);
}

int slots_next(struct nl_sock *sk, struct slots_event *ev, struct sim_err *e)
{
	struct next n = { ev, false };
	int r;

	nl_socket_modify_cb(sk, NL_CB_VALID, NL_CB_CUSTOM, on_event, &n);
	while (!n.got) {
		r = nl_recvmsgs_default(sk);
		/* ENOBUFS: the listener was too slow; it has to dump. */
		if (r == -NLE_NOMEM)
			return 0;
		if (r == -NLE_AGAIN)
			return 2;
		if (r < 0)
			return sim_fail(e, EX_OSERR, "listening for events: %s",
					nl_geterror(r));
	}
	return 1;
}

void slots_close(struct nl_sock *sk)
{
	nl_socket_free(sk);
}

int slot_open(const struct broker_paths *p, const struct slot *s,
	      struct sim_err *e)
{
	struct simslot_info info = { 0 };
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/simslot%u", p->dev, s->index);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return sim_fail(e, EX_NOINPUT, "%s: %s", path, strerror(errno));
	if (ioctl(fd, SIMSLOT_IOC_INFO, &info) < 0) {
		sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
		goto bad;
	}
	if (info.state != SIMSLOT_READY || info.epoch != s->epoch ||
	    strncmp(info.iccid, s->iccid, sizeof(info.iccid))) {
		sim_fail(e, EX_TEMPFAIL,
			 "slot %u: the card changed just now; try again",
			 s->index);
		goto bad;
	}
	return fd;
bad:
	close(fd);
	return -1;
}
