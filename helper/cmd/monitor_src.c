// SPDX-License-Identifier: MIT
/* monitor_src.c - what the phone itself tells the monitor */
#include "cmd/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "broker/slots.h"

/* ---- kernel events ------------------------------------------------------- */

/* As udev/simsync-launch: never one that a run itself causes. */
static bool due(uint32_t event)
{
	switch (event) {
	case SIMSLOT_EV_CARD_READY:
	case SIMSLOT_EV_CARD_REMOVED:
	case SIMSLOT_EV_CARD_MUTE:
	case SIMSLOT_EV_CARD_ERROR:
	case SIMSLOT_EV_CARD_CHANGED:
	case SIMSLOT_EV_PROFILE_SWITCHED:
		return true;
	}
	return false;
}

/*
 * While this lock is held udev's launcher leaves events to the monitor. It
 * looks by taking it for a moment: wait that moment.
 */
static int hear_alone(struct src_kernel *k)
{
	const struct timespec moment = { .tv_nsec = 50000000 };
	char path[128];

	snprintf(path, sizeof(path), "%s/monitor.lock", k->run);
	k->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	for (int i = 0; k->lock >= 0 && i < 20; i++) {
		if (flock(k->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		nanosleep(&moment, NULL);
	}
	if (k->lock >= 0)
		close(k->lock);
	k->lock = -1;
	fprintf(stderr, "simsync monitor: %s: another monitor holds it\n",
		path);
	return -1;
}

static void kernel_close(struct monitor_src *s)
{
	struct src_kernel *k = s->priv;

	if (k->sock)
		slots_close(k->sock);
	if (k->lock >= 0)
		close(k->lock);
	k->sock = NULL;
	k->lock = -1;
	s->fd = -1;
}

static int kernel_open(struct monitor_src *s)
{
	struct src_kernel *k = s->priv;

	k->sock = slots_listen(NULL);
	if (!k->sock)
		return -1;
	s->fd = slots_fd(k->sock);
	if (hear_alone(k) < 0) {
		kernel_close(s);
		return -1;
	}
	return 0;
}

static int kernel_read(struct monitor_src *s, char why[MONITOR_WHY])
{
	struct src_kernel *k = s->priv;
	struct slots_event ev;
	struct sim_err e;
	int r, found = 0;

	while ((r = slots_next(k->sock, &ev, &e)) == 0 || r == 1) {
		if (r && !due(ev.event))
			continue;
		if (!found && r)
			snprintf(why, MONITOR_WHY, "simslot%u %s",
				 ev.slot.index, slot_event_name(ev.event));
		else if (!found)
			snprintf(why, MONITOR_WHY, "events were missed");
		found = 1;
	}
	return r < 0 ? -1 : found;
}

struct monitor_src monitor_kernel(struct src_kernel *k)
{
	return (struct monitor_src){ .fd = -1, .open = kernel_open,
				     .read = kernel_read,
				     .close = kernel_close, .priv = k };
}

/* ---- resume -------------------------------------------------------------- */

static int64_t ms_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Boot time goes on while the phone sleeps, monotonic time does not. */
static int64_t asleep(void)
{
	return ms_of(CLOCK_BOOTTIME) - ms_of(CLOCK_MONOTONIC);
}

bool resumed(struct src_clock *c)
{
	enum { SLACK_MS = 50 };	/* the two clocks are read one after the other */
	int64_t before = c->slept;

	c->slept = c->asleep();
	return c->slept > before + SLACK_MS;
}

static void clock_close(struct monitor_src *s)
{
	close(s->fd);
	s->fd = -1;
}

/* timerfd_settime(2): such a timer is cancelled when the clock is set, and on
 * resume (Linux 5.15), so that nothing has to wake up to look.
 */
static int arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = 0x7fffffff };

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			       &never, NULL);
}

static int clock_open(struct monitor_src *s)
{
	struct src_clock *c = s->priv;

	s->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s->fd < 0)
		return -1;
	c->slept = c->asleep();
	if (arm(s->fd) == 0)
		return 0;
	clock_close(s);
	return -1;
}

static int clock_read(struct monitor_src *s, char why[MONITOR_WHY])
{
	uint64_t times;

	if (read(s->fd, &times, sizeof(times)) < 0 && errno == EAGAIN)
		return 0;
	if (arm(s->fd) < 0)
		return -1;
	snprintf(why, MONITOR_WHY, "resume");
	return resumed(s->priv);
}

struct monitor_src monitor_resume(struct src_clock *c)
{
	if (!c->asleep)
		c->asleep = asleep;
	return (struct monitor_src){ .fd = -1, .open = clock_open,
				     .read = clock_read, .close = clock_close,
				     .priv = c };
}
