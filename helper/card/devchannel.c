// SPDX-License-Identifier: MIT
/*
 * devchannel.c - APDU channel on /dev/simslotN
 *
 * The descriptor comes from the broker and is the grant. A channel of our own
 * where the card has channels; the basic one in an exclusive transaction where
 * it has none (2G cards, and UICCs that refuse MANAGE CHANNEL).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/simslot.h>

#include "card/channel.h"
#include "node.h"

/* Longest wait for one answer: the kernel's own limits end it earlier. */
#define ANSWER_MS	120000
#define LEASE_MS	30000

/**
 * struct dev - a channel on a descriptor
 * @base: what callers see
 * @fd: /dev/simslotN, ours
 * @granted: identity the slot had when the descriptor was taken over: the grant
 *	is for this one and no other
 * @expect: identity that our own switch of profiles brings
 * @expected: there is such a one
 * @basic: on channel 0, in an exclusive transaction
 * @broke: an answer never came whole: the slot has reset the card because of it
 * @lease: CLOCK_MONOTONIC milliseconds when the transaction's lease ends; 0
 *	none
 */
struct dev {
	struct sim_channel base;
	int fd;
	char granted[SIMSLOT_ICCID_LEN];
	char expect[SIMSLOT_ICCID_LEN];
	bool expected;
	bool basic;
	bool broke;
	long long lease;
};

/* Error numbers of simslot.h, with the sentence a person can act on. */
static const struct {
	int err;
	enum sim_chan_fault fault;
	int code;
	const char *text;
} faults[] = {
	{ ENODEV, SIM_CHAN_AWAY, EX_UNAVAILABLE,
	  "the SIM slot is gone (its driver was unloaded); attach the slot again" },
	{ ENOMEDIUM, SIM_CHAN_AWAY, EX_UNAVAILABLE,
	  "the card was taken out; put it back to go on" },
	{ EHOSTDOWN, SIM_CHAN_AWAY, EX_UNAVAILABLE,
	  "the card does not answer its reset; take it out, clean the contacts and put it back" },
	{ ESHUTDOWN, SIM_CHAN_AWAY, EX_UNAVAILABLE,
	  "the card is powered off; power the slot on again" },
	{ EAGAIN, SIM_CHAN_AWAY, EX_TEMPFAIL,
	  "the card is just being activated; try again in a moment" },
	{ ESTALE, SIM_CHAN_STALE, EX_TEMPFAIL,
	  "the card was reset or changed its identity meanwhile; the next run starts over" },
	{ EBUSY, SIM_CHAN_ERROR, EX_TEMPFAIL,
	  "another program uses the card alone; try again when it has finished" },
	{ ETIMEDOUT, SIM_CHAN_ERROR, EX_TEMPFAIL,
	  "the slot was busy too long and the command was not sent; try again" },
	{ EREMOTEIO, SIM_CHAN_UNKNOWN, EX_IOERR,
	  "the card's answer never came whole; what it did is read again in the next run" },
	{ ECANCELED, SIM_CHAN_STALE, EX_TEMPFAIL,
	  "our use of the card was ended by an administrator or took too long; the next run starts over" },
	{ EOPNOTSUPP, SIM_CHAN_ERROR, EX_UNAVAILABLE,
	  "this slot cannot do that (see 'capabilities' of the slot in sysfs)" },
	{ EPERM, SIM_CHAN_ERROR, EX_NOPERM,
	  "the slot refuses this without exclusive use" },
};

static int fault(struct dev *d, int err, const char *doing, struct sim_err *e)
{
	d->broke |= err == EREMOTEIO;
	/* Whoever asked then may have gone on without: say the cause. */
	if (err == ESTALE && d->broke) {
		d->base.fault = SIM_CHAN_STALE;
		return sim_fail(e, EX_IOERR,
				"%s: an answer of the card never came whole and it was reset; the next run starts over",
				doing);
	}
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].err != err)
			continue;
		d->base.fault = faults[i].fault;
		return sim_fail(e, faults[i].code, "%s: %s", doing,
				faults[i].text);
	}
	d->base.fault = SIM_CHAN_ERROR;
	return sim_fail(e, EX_IOERR, "%s: the slot's device says '%s'; see the kernel log",
			doing, strerror(err));
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	for (const uint8_t *b = p; n--; b++)
		h = (h ^ *b) * 0x100000001b3ULL;
	return h;
}

/*
 * Epochs start anew with the module and with the phone: the device's node,
 * made with the slot, and the boot tell which count this one belongs to.
 */
static uint64_t era_of(int fd, const struct simslot_info *info)
{
	uint64_t h = 0xcbf29ce484222325ULL;
	char boot[64], node[NODE_ID_MAX];
	ssize_t n;
	int b;

	b = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (b < 0)
		return 0;
	n = read(b, boot, sizeof(boot));
	close(b);
	if (n <= 0 || node_id(fd, "", node))
		return 0;
	h = mix(h, boot, (size_t)n);
	h = mix(h, node, strlen(node));
	h = mix(h, &info->index, sizeof(info->index));
	h = mix(h, &info->epoch, sizeof(info->epoch));
	h = mix(h, info->iccid, strnlen(info->iccid, sizeof(info->iccid)));
	return h ? h : 1;
}

static int look(struct dev *d, struct sim_err *e)
{
	struct simslot_info info = { 0 };

	if (ioctl(d->fd, SIMSLOT_IOC_INFO, &info))
		return fault(d, errno, "asking the slot", e);
	if (info.epoch != d->base.epoch)
		d->base.sent = 0;
	d->base.others = info.others;
	d->base.era = era_of(d->fd, &info);
	info.iccid[sizeof(info.iccid) - 1] = '\0';
	memcpy(d->base.iccid, info.iccid, sizeof(d->base.iccid));
	d->base.epoch = info.epoch;
	d->base.parity = !!(info.caps & SIMSLOT_CAP_PARITY);
	d->base.terminal = !!(info.caps & SIMSLOT_CAP_TERMINAL);
	return 0;
}

/* A channel is opened on whatever the slot holds now: is that what was granted? */
static int still_granted(struct dev *d, struct sim_err *e)
{
	if (look(d, e))
		return -1;
	if (!strcmp(d->base.iccid, d->granted) ||
	    (d->expected && !strcmp(d->base.iccid, d->expect)))
		return 0;
	d->base.fault = SIM_CHAN_STALE;
	return sim_fail(e, EX_TEMPFAIL,
			"the slot holds another card or profile by now; the next run starts over");
}

static int take(struct dev *d, unsigned int ms, struct sim_err *e)
{
	struct simslot_begin b = { .lease_ms = ms };

	if (ms > SIMSLOT_LEASE_MAX_MS)
		b.lease_ms = SIMSLOT_LEASE_MAX_MS;
	if (ioctl(d->fd, SIMSLOT_IOC_BEGIN, &b))
		return fault(d, errno, "keeping others off the card", e);
	d->lease = now_ms() + b.lease_ms;
	return 0;
}

static int dev_begin(struct sim_channel *c, unsigned int ms, struct sim_err *e)
{
	struct dev *d = (struct dev *)c;

	if (ms)
		return take(d, d->basic && ms < LEASE_MS ? LEASE_MS : ms, e);
	if (d->basic || !d->lease)
		return 0;
	d->lease = 0;
	if (ioctl(d->fd, SIMSLOT_IOC_END))
		return fault(d, errno, "letting others at the card again", e);
	return 0;
}

static int await(struct dev *d, struct sim_err *e)
{
	struct pollfd p = { .fd = d->fd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, ANSWER_MS);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return fault(d, n ? errno : EREMOTEIO, "waiting for the card", e);
}

static int dev_transmit(struct sim_channel *c, const uint8_t *cmd, size_t len,
			uint8_t *resp, size_t max, size_t *got,
			struct sim_err *e)
{
	struct dev *d = (struct dev *)c;
	ssize_t n;

	c->fault = SIM_CHAN_OK;
	if (d->basic && d->lease - now_ms() < LEASE_MS / 2 &&
	    take(d, LEASE_MS, e))
		return -1;
	do {
		n = write(d->fd, cmd, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault(d, errno, "sending a command", e);
	c->apdus++;
	c->bytes += len;
	do {
		if (await(d, e))
			return -1;
		n = read(d->fd, resp, max);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return fault(d, errno, "reading the card's answer", e);
	if (n < 2) {
		c->fault = SIM_CHAN_UNKNOWN;
		return sim_fail(e, EX_PROTOCOL,
				"the card's answer has no status word; the next run reads it again");
	}
	c->bytes += (size_t)n;
	c->sent++;
	*got = (size_t)n;
	return 0;
}

static int dev_open(struct sim_channel *c, const uint8_t *aid, size_t aid_len,
		    uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	struct dev *d = (struct dev *)c;
	struct simslot_channel ch = { .p2 = 0x04 };

	c->fault = SIM_CHAN_OK;
	if (aid_len > sizeof(ch.aid) || max < sizeof(ch.resp) + 2)
		return sim_fail(e, EX_SOFTWARE, "application identifier too long");
	if (d->basic)
		ch.flags = SIMSLOT_CHANNEL_BASIC;
	else
		d->lease = 0;
	ch.aid_len = (uint8_t)aid_len;
	if (aid_len)
		memcpy(ch.aid, aid, aid_len);
	if (still_granted(d, e))
		return -1;
	if (ioctl(d->fd, SIMSLOT_IOC_CHANNEL_OPEN, &ch))
		return fault(d, errno, "opening a channel to the card", e);
	/* What comes between these two makes the channel stale. */
	if (still_granted(d, e)) {
		ioctl(d->fd, SIMSLOT_IOC_CHANNEL_CLOSE);
		return -1;
	}
	c->apdus += ch.sw ? 1 + !!aid_len : 0;
	/*
	 * No channel without any AID: the card has none to give. Alone on
	 * channel 0 then.
	 */
	if (ch.channel == SIMSLOT_NO_CHANNEL && !aid_len && !d->basic) {
		if (take(d, LEASE_MS, e))
			return -1;
		d->basic = true;
		return dev_open(c, aid, aid_len, resp, max, got, e);
	}
	d->broke = false;
	if (ch.resp_len > sizeof(ch.resp))
		ch.resp_len = sizeof(ch.resp);
	if (!ch.sw && ch.channel != SIMSLOT_NO_CHANNEL)
		ch.sw = 0x9000;
	memcpy(resp, ch.resp, ch.resp_len);
	resp[ch.resp_len] = (uint8_t)(ch.sw >> 8);
	resp[ch.resp_len + 1] = (uint8_t)ch.sw;
	*got = ch.resp_len + 2u;
	return 0;
}

static int dev_reset(struct sim_channel *c, struct sim_err *e)
{
	struct dev *d = (struct dev *)c;
	__u32 cold = SIMSLOT_RESET_COLD;

	c->fault = SIM_CHAN_OK;
	if (ioctl(d->fd, SIMSLOT_IOC_RESET, &cold))
		return fault(d, errno, "resetting the card", e);
	return 0;
}

static int dev_look(struct sim_channel *c, struct sim_err *e)
{
	return look((struct dev *)c, e);
}

static int dev_identify(struct sim_channel *c, struct sim_err *e)
{
	struct dev *d = (struct dev *)c;

	c->fault = SIM_CHAN_OK;
	if (ioctl(d->fd, SIMSLOT_IOC_IDENTIFY))
		return fault(d, errno, "asking for the card's identity anew", e);
	return 0;
}

static int dev_monitor(struct sim_channel *c, struct sim_err *e)
{
	struct dev *d = (struct dev *)c;
	struct simslot_channel ch = { .flags = SIMSLOT_CHANNEL_MONITOR };

	c->fault = SIM_CHAN_OK;
	if (ioctl(d->fd, SIMSLOT_IOC_CHANNEL_OPEN, &ch))
		return fault(d, errno, "taking up the card's proactive session",
			     e);
	d->basic = false;
	return look(d, e);
}

static void dev_expect(struct sim_channel *c, const char *iccid)
{
	struct dev *d = (struct dev *)c;

	snprintf(d->expect, sizeof(d->expect), "%s", iccid);
	d->expected = true;
}

/* The kernel closes the channel and ends the transaction with the file. */
static void dev_close(struct sim_channel *c)
{
	struct dev *d = (struct dev *)c;

	close(d->fd);
	free(d);
}

static const struct sim_channel_ops dev_ops = {
	.transmit = dev_transmit,
	.open = dev_open,
	.begin = dev_begin,
	.reset = dev_reset,
	.look = dev_look,
	.identify = dev_identify,
	.monitor = dev_monitor,
	.expect = dev_expect,
	.close = dev_close,
};

struct sim_channel *sim_channel_dev(int fd, struct sim_err *e)
{
	struct dev *d = calloc(1, sizeof(*d));

	if (!d) {
		close(fd);
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	d->base.ops = &dev_ops;
	d->fd = fd;
	if (look(d, e)) {
		dev_close(&d->base);
		return NULL;
	}
	memcpy(d->granted, d->base.iccid, sizeof(d->granted));
	return &d->base;
}
