// SPDX-License-Identifier: MIT
/*
 * kmod_proxy.c - the module's doors, with a card behind /dev/simslot-proxy
 *
 * Runs on a board as root with simslot and simslot-proxy loaded. What is
 * expected comes from docs/ABI, docs/netlink and uapi/linux/simslot.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kmod_rig.h"

#define TERMINAL (SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL | \
		  SIMSLOT_CAP_RESET | SIMSLOT_CAP_POWER)
#define A	"8949010000000000012"
#define B	"89490200000000000348"

static int events;
static uint64_t seq;

static const char *const event_name[] = {
	"?", "slot-added", "slot-removed", "card-inserted", "card-ready",
	"card-removed", "card-mute", "card-error", "card-reset",
	"profile-switched", "card-changed", "proactive", "sync-changed",
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Exactly these events of the slot, in this order, no number missing. */
static void expect(const struct rig *r, const char *what, const int *want)
{
	struct note n = { 0 };
	char got[256] = "";
	bool good = true;
	int i;

	for (i = 0; want[i]; i++) {
		if (nl_next(events, &n, 3000)) {
			strcat(got, " (nothing)");
			good = false;
			break;
		}
		if (n.slot != (uint32_t)r->index) {
			i--;
			continue;
		}
		snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s",
			 n.event < 13 ? event_name[n.event] : "?");
		if (n.event != (uint32_t)want[i] || n.seq != seq + 1)
			good = false;
		seq = n.seq;
	}
	if (good && !nl_next(events, &n, 30)) {
		strcat(got, " and more");
		seq = n.seq;
		good = false;
	}
	ok(good, "%s:%s", what, got);
}
#define EXPECT(r, what, ...) \
	expect(r, what, (const int[]){ __VA_ARGS__, 0 })

static struct rig *fresh(uint32_t caps)
{
	struct rig *r = rig_new(caps, "test");

	seq = 0;
	EXPECT(r, "a slot comes", SIMSLOT_EV_SLOT_ADDED);
	return r;
}

static struct rig *with_card(uint32_t caps)
{
	struct rig *r = fresh(caps);

	rig_insert(r);
	if ((caps & TERMINAL) != TERMINAL)
		rig_identity(r, A);
	EXPECT(r, "a card comes", SIMSLOT_EV_CARD_INSERTED,
	       SIMSLOT_EV_CARD_READY);
	return r;
}

static void gone(struct rig *r)
{
	rig_free(r);
	seq = 0;
	while (!nl_next(events, &(struct note){ 0 }, 50))
		;
}

static void is_sysfs(const struct rig *r, const char *attr, const char *want)
{
	char buf[512];

	slot_sysfs(r->index, attr, buf, sizeof(buf));
	ok(!strcmp(buf, want), "%s is '%s' (want '%s')", attr, buf, want);
}

/* ---- sysfs, netlink, uevents ---------------------------------------------- */

static void test_presence(void)
{
	struct rig *r = fresh(TERMINAL);
	struct note n;
	struct stat st;
	char path[64], buf[64];

	is_sysfs(r, "state", "empty");
	is_sysfs(r, "driver", "test");
	is_sysfs(r, "capabilities", "power reset channel0 terminal proxied");
	rig_insert(r);
	EXPECT(r, "insertion", SIMSLOT_EV_CARD_INSERTED, SIMSLOT_EV_CARD_READY);
	is_sysfs(r, "state", "ready");
	is_sysfs(r, "event", "card-ready");
	is_sysfs(r, "iccid", A);
	is_sysfs(r, "atr", "3b82005518");
	is_sysfs(r, "protocol", "T=0");
	is_sysfs(r, "insertions", "1");
	snprintf(path, sizeof(path), "/sys/class/simslot/simslot%d/iccid",
		 r->index);
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0400, "iccid is 0400");
	snprintf(path, sizeof(path), "/dev/simslot%d", r->index);
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0600,
	   "/dev/simslotN is 0600");
	ok(!nl_get(r->index, &n) && n.state == SIMSLOT_READY && n.seq == 3 &&
	   !strcmp(n.iccid, A) && n.atr_len == 5, "GET as root");
	fflush(stdout);
	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(nl_get(r->index, &n) || n.iccid[0] ||
		      n.state != SIMSLOT_READY ||
		      slot_sysfs(r->index, "iccid", buf, 64) != -EACCES);
	}
	int status;

	wait(&status);
	ok(!status, "GET as nobody has no identity");
	ok(nl_get(250, &n) == -ENODEV, "GET of a slot that is not there");
	ok(rig_insert(r) == -EEXIST, "two cards in one slot");
	rig_remove(r);
	EXPECT(r, "removal", SIMSLOT_EV_CARD_REMOVED);
	is_sysfs(r, "state", "empty");
	is_sysfs(r, "iccid", "");
	is_sysfs(r, "atr", "");
	is_sysfs(r, "removals", "1");
	ok(rig_remove(r) == -ENOMEDIUM, "nothing to remove");
	gone(r);
}

static void test_sync_state(void)
{
	struct rig *r = with_card(TERMINAL);
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	char buf[4096], *p;
	bool ev = false, st = false, ep = false, sq = false;
	int n;

	if (bind(fd, (void *)&sa, sizeof(sa)))
		ok(false, "uevent socket");
	ok(!slot_write_sysfs(r->index, "sync_state", "running\n"),
	   "sync_state running");
	EXPECT(r, "sync_state", SIMSLOT_EV_SYNC_CHANGED);
	is_sysfs(r, "sync_state", "running");
	ok(slot_write_sysfs(r->index, "sync_state", "asleep") == -EINVAL,
	   "sync_state knows its words");
	ok(!slot_write_sysfs(r->index, "sync_state", "running"), "the same");
	ok(slot_write_sysfs(r->index, "sync_detail", "a\tb") == -EINVAL,
	   "sync_detail is printable");
	ok(!slot_write_sysfs(r->index, "sync_detail", "6F3A: 40 read\n"),
	   "sync_detail");
	EXPECT(r, "sync_detail", SIMSLOT_EV_SYNC_CHANGED);
	is_sysfs(r, "sync_detail", "6F3A: 40 read");
	n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
	for (p = buf; n > 0 && p < buf + n; p += strlen(p) + 1) {
		ev |= !strcmp(p, "SIMSLOT_EVENT=sync-changed");
		st |= !strcmp(p, "SIMSLOT_STATE=ready");
		ep |= !strcmp(p, "SIMSLOT_EPOCH=1");
		sq |= !strcmp(p, "SIMSLOT_SEQ=4");
	}
	ok(ev && st && ep && sq && !strncmp(buf, "change@", 7),
	   "uevent change with event, state, epoch, seq");
	close(fd);
	gone(r);
}

static void test_slow_listener(void)
{
	struct rig *r = with_card(TERMINAL);
	int slow = nl_open(4096);
	uint64_t last = 0;
	bool gap = false, overrun = false;
	struct note n;
	int i, err;

	for (i = 0; i < 300; i++)
		slot_write_sysfs(r->index, "sync_state", i & 1 ? "ok" : "held");
	while ((err = nl_next(slow, &n, 50)) != -ETIME) {
		if (err == -ENOBUFS) {
			overrun = true;
			continue;
		}
		gap |= last && n.seq != last + 1;
		last = n.seq;
	}
	ok(overrun, "a slow listener is told ENOBUFS");
	ok(!nl_get(r->index, &n) && n.seq == 303 && n.seq != last,
	   "a dump says what it missed (last %llu of %llu%s)",
	   (unsigned long long)last, (unsigned long long)n.seq,
	   gap ? ", gap" : "");
	close(slow);
	while (!nl_next(events, &n, 50))
		seq = n.seq;
	ok(seq == 303, "a quick one misses nothing");
	gone(r);
}

/* ---- identity ------------------------------------------------------------- */

static void test_identity(void)
{
	struct rig *r = with_card(TERMINAL);
	uint32_t how = SIMSLOT_RESET_COLD;
	int fd = slot_open(r->index, 0), other;
	struct simslot_info info;
	char resp[300];

	ok(!slot_channel(fd, 0, NULL), "channel");
	ok(!ioctl(fd, SIMSLOT_IOC_RESET, &how), "cold reset");
	EXPECT(r, "reset, same card", SIMSLOT_EV_CARD_RESET);
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == -ESTALE,
	   "after a reset the channel is stale");
	ok(!ioctl(fd, SIMSLOT_IOC_INFO, &info) && info.stale &&
	   info.epoch == 2, "INFO says stale, epoch 2");
	ok(!slot_channel(fd, 0, NULL) &&
	   slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == 2,
	   "until it is opened again");
	rig_iccid(r, B);
	how = SIMSLOT_RESET_WARM;
	ok(!ioctl(fd, SIMSLOT_IOC_RESET, &how), "warm reset");
	EXPECT(r, "reset, other profile", SIMSLOT_EV_CARD_RESET,
	       SIMSLOT_EV_PROFILE_SWITCHED);
	is_sysfs(r, "iccid", B);
	is_sysfs(r, "profile_switches", "1");
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == -ESTALE,
	   "nothing meant for one profile reaches another");
	rig_iccid(r, NULL);
	ok(!ioctl(fd, SIMSLOT_IOC_IDENTIFY), "IDENTIFY");
	EXPECT(r, "identity to none", SIMSLOT_EV_CARD_RESET,
	       SIMSLOT_EV_PROFILE_SWITCHED);
	is_sysfs(r, "iccid", "");
	rig_iccid(r, "");	/* all FF */
	ok(!ioctl(fd, SIMSLOT_IOC_IDENTIFY), "IDENTIFY");
	EXPECT(r, "all FF is none too", SIMSLOT_EV_CARD_RESET);
	rig_iccid(r, A);
	ok(!ioctl(fd, SIMSLOT_IOC_IDENTIFY), "IDENTIFY");
	EXPECT(r, "none to some", SIMSLOT_EV_CARD_RESET,
	       SIMSLOT_EV_PROFILE_SWITCHED);
	rig_set(r, &r->gsm, true);
	ok(!ioctl(fd, SIMSLOT_IOC_RESET, &how), "class A0 after 6E00");
	EXPECT(r, "2G, same identity", SIMSLOT_EV_CARD_RESET);
	is_sysfs(r, "iccid", A);
	rig_set(r, &r->gsm, false);

	/* A swap is never card-changed. */
	rig_remove(r);
	rig_iccid(r, B);
	rig_insert(r);
	EXPECT(r, "swap", SIMSLOT_EV_CARD_REMOVED, SIMSLOT_EV_CARD_INSERTED,
	       SIMSLOT_EV_CARD_READY);
	other = slot_open(r->index, 0);
	ok(slot_apdu(other, "\x00\xf2\x00\x00", 4, resp, 300) == -ENOTCONN,
	   "no channel, no command");
	close(other);

	r->mute = 1;
	how = SIMSLOT_RESET_COLD;
	ok(ioctl(fd, SIMSLOT_IOC_RESET, &how) && errno == EHOSTDOWN,
	   "reset without ATR");
	EXPECT(r, "lost", SIMSLOT_EV_CARD_ERROR);
	is_sysfs(r, "state", "mute");
	ok(slot_channel(fd, 0, NULL) == -EHOSTDOWN, "mute");
	r->mute = 0;
	ok(!ioctl(fd, SIMSLOT_IOC_RESET, &how), "cured");
	EXPECT(r, "cured", SIMSLOT_EV_CARD_RESET);

	how = 0;
	ok(!ioctl(fd, SIMSLOT_IOC_POWER, &how), "power off");
	is_sysfs(r, "state", "off");
	ok(slot_channel(fd, 0, NULL) == -ESHUTDOWN, "off");
	how = 1;
	ok(!ioctl(fd, SIMSLOT_IOC_POWER, &how), "power on");
	EXPECT(r, "on", SIMSLOT_EV_CARD_RESET);
	ok(rig_get(r, &r->powers) == 2, "the process was asked twice");
	close(fd);
	gone(r);
}

/* A modem's SIM: the process opens channels and tells the identity. */
static void test_modem(void)
{
	struct rig *r = with_card(0);
	struct simslot_channel ch;
	uint32_t zero = 0;
	int fd = slot_open(r->index, 0);
	char resp[300];

	ok(rig_get(r, &r->apdus) == 0, "the kernel sent nothing of its own");
	ok(!slot_channel(fd, 0, &ch) && ch.channel == 2 && ch.sw == 0x9000,
	   "channel opened by the process");
	ok(slot_apdu(fd, "\x00\xb0\x00\x00\x0a", 5, resp, 300) == 12 &&
	   r->last[0] == 0x02, "class byte carries channel 2");
	ok(ioctl(fd, SIMSLOT_IOC_RESET, &zero) && errno == EOPNOTSUPP,
	   "no RESET");
	ok(ioctl(fd, SIMSLOT_IOC_POWER, &zero) && errno == EOPNOTSUPP,
	   "no POWER");
	rig_identity(r, A);
	EXPECT(r, "refresh, same", SIMSLOT_EV_CARD_RESET);
	rig_identity(r, B);
	EXPECT(r, "refresh, other", SIMSLOT_EV_CARD_RESET,
	       SIMSLOT_EV_PROFILE_SWITCHED);
	ok(slot_apdu(fd, "\x00\xb0\x00\x00\x0a", 5, resp, 300) == -ESTALE,
	   "stale after a refresh");
	ok(!slot_channel(fd, 0, &ch), "again");
	close(fd);
	usleep(100000);
	ok(rig_get(r, &r->closes) == 1, "close gives the channel back");
	rig_tell(r, SIMSLOT_P_MUTE, &(uint32_t){ SIMSLOT_REASON_TIMEOUT }, 4);
	EXPECT(r, "the process lost it", SIMSLOT_EV_CARD_ERROR);
	gone(r);
}

/* ---- commands ------------------------------------------------------------- */

static void test_commands(void)
{
	struct rig *r = with_card(TERMINAL);
	struct simslot_begin b = { .lease_ms = 60000 };
	int fd = slot_open(r->index, 0), two = slot_open(r->index, 0);
	struct simslot_channel ch;
	struct simslot_info info;
	uint8_t resp[300];
	int n;

	ok(!slot_channel(fd, 0, &ch) && ch.channel == 1, "channel 1");
	n = slot_apdu(fd, "\x00\xcb\x00\x00\x00", 5, resp, 300);
	ok(n == 5 && !memcmp(resp, "abc\x90\x00", 5), "61xx is followed");
	ok(r->last[0] == 0x01 && r->last[1] == 0xc0,
	   "GET RESPONSE on channel 1");
	ok(write(fd, "\x00\xf2\x00\x00\x00", 5) == 5, "write");
	usleep(50000);
	ok(write(fd, "\x00\xf2\x00\x00\x00", 5) < 0 && errno == EBUSY,
	   "one command at a time");
	ok(read(fd, resp, 1) < 0 && errno == EMSGSIZE, "too small a buffer");
	ok(read(fd, resp, 2) == 2, "consumed nothing");
	ok(slot_apdu(fd, "\x00\x70\x00\x00\x01", 5, resp, 300) == -EPERM,
	   "MANAGE CHANNEL is the kernel's");
	ok(slot_apdu(fd, "\x00\x70", 2, resp, 300) == -EINVAL, "not an APDU");
	ok(slot_apdu(fd, "\x01\xf2\x00\x00", 4, resp, 300) == -EINVAL,
	   "channel bits are not the client's");
	ok(slot_channel(two, SIMSLOT_CHANNEL_BASIC, NULL) == -EPERM,
	   "channel 0 only in a transaction");
	ok(!ioctl(two, SIMSLOT_IOC_BEGIN, &b), "BEGIN");
	ok(!slot_channel(two, SIMSLOT_CHANNEL_BASIC, &ch) && !ch.channel,
	   "channel 0 in a transaction");
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == -EBUSY &&
	   ioctl(fd, SIMSLOT_IOC_BEGIN, &b) && errno == EBUSY,
	   "others are kept out");
	ok(slot_apdu(two, "\x00\xf2\x00\x00", 4, resp, 300) == 2 &&
	   !r->last[0], "class 00 on channel 0");
	b.flags = SIMSLOT_BEGIN_BREAK;
	ok(!ioctl(fd, SIMSLOT_IOC_BEGIN, &b), "an administrator breaks it");
	ok(slot_apdu(two, "\x00\xf2\x00\x00", 4, resp, 300) == -ECANCELED,
	   "the holder is told");
	ok(slot_apdu(two, "\x00\xf2\x00\x00", 4, resp, 300) == -EBUSY,
	   "once");
	ok(!ioctl(fd, SIMSLOT_IOC_END), "END");
	b = (struct simslot_begin){ .lease_ms = 50 };
	ok(!ioctl(two, SIMSLOT_IOC_BEGIN, &b), "BEGIN of 50 ms");
	usleep(80000);
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == 2,
	   "a lease ends");
	ok(ioctl(two, SIMSLOT_IOC_END) && errno == ECANCELED,
	   "its holder is told");
	ok(ioctl(two, SIMSLOT_IOC_SET_MODE, &(uint32_t){ SIMSLOT_MODE_RAW }) &&
	   errno == EPERM, "raw mode only in a transaction");
	b.lease_ms = 60000;
	ok(!ioctl(two, SIMSLOT_IOC_BEGIN, &b) &&
	   !ioctl(two, SIMSLOT_IOC_CHANNEL_CLOSE) &&
	   !ioctl(two, SIMSLOT_IOC_SET_MODE, &(uint32_t){ SIMSLOT_MODE_RAW }),
	   "raw mode");
	n = slot_apdu(two, "\x00\xcb\x00\x00\x00", 5, resp, 300);
	ok(n == 2 && resp[0] == 0x61, "raw: 61xx is left alone");
	ok(slot_apdu(two, "\x00\x70\x00\x00\x01", 5, resp, 300) == 3,
	   "raw: MANAGE CHANNEL goes through");
	close(two);
	ok(!ioctl(fd, SIMSLOT_IOC_INFO, &info) && info.others > 0,
	   "commands of others are counted");

	/* the monitor */
	two = slot_open(r->index, 0);
	ok(!slot_channel(two, SIMSLOT_CHANNEL_MONITOR, NULL), "monitor");
	ok(slot_channel(fd, SIMSLOT_CHANNEL_MONITOR, NULL) == -EBUSY,
	   "one monitor");
	r->sw91 = 0x910f;
	ok(slot_apdu(two, "\x00\xf2\x00\x00", 4, resp, 300) == 2, "STATUS");
	EXPECT(r, "SW 91xx", SIMSLOT_EV_PROACTIVE);
	r->sw91 = 0;
	ok(slot_apdu(two, "\x00\xb0\x00\x00\x0a", 5, resp, 300) == -EPERM,
	   "a monitor reads no files");
	close(two);
	close(fd);
	gone(r);
}

static void test_timeouts(void)
{
	struct rig *r = with_card(TERMINAL);
	int fd = slot_open(r->index, 0);
	uint8_t resp[300];
	uint32_t ms = 100;
	struct note n;
	double t;

	ok(!slot_channel(fd, 0, NULL), "channel");
	ok(!ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms), "100 ms");
	rig_set(r, &r->hold, true);
	t = now();
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == -EREMOTEIO,
	   "taken, never answered: outcome unknown");
	ok(now() - t < 1, "in time (%.0f ms)", (now() - t) * 1e3);
	usleep(50000);
	ok(rig_get(r, &r->cancels) == 1, "the process is told");
	rig_set(r, &r->deaf, true);
	usleep(50000);
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == -ETIMEDOUT,
	   "never taken: surely not executed");
	rig_set(r, &r->deaf, false);

	/* nothing of netlink waits for a card */
	ms = 5000;
	ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms);
	ok(write(fd, "\x00\xf2\x00\x00", 4) == 4, "a command that hangs");
	usleep(20000);
	t = now();
	ok(!nl_get(r->index, &n) && nl_dump(&n, 1) >= 1 && now() - t < 0.2,
	   "netlink does not wait for it (%.1f ms)", (now() - t) * 1e3);
	t = now();
	close(fd);
	ok(now() - t < 0.2, "close does not wait");
	usleep(50000);
	ok(rig_get(r, &r->cancels) == 2, "and cancels");
	rig_set(r, &r->hold, false);

	/* removal in flight */
	fd = slot_open(r->index, O_NONBLOCK);
	ok(!slot_channel(fd, 0, NULL), "channel");
	rig_set(r, &r->hold, true);
	ok(write(fd, "\x00\xf2\x00\x00", 4) == 4, "a command that hangs");
	usleep(20000);
	ok(read(fd, resp, 300) < 0 && errno == EAGAIN, "nothing to read yet");
	rig_remove(r);
	EXPECT(r, "pulled in the middle", SIMSLOT_EV_CARD_REMOVED);
	ok(read(fd, resp, 300) < 0 && errno == EREMOTEIO, "outcome unknown");
	ok(write(fd, "\x00\xf2\x00\x00", 4) < 0 && errno == ENOMEDIUM,
	   "no card");
	rig_set(r, &r->hold, false);
	rig_insert(r);
	EXPECT(r, "back", SIMSLOT_EV_CARD_INSERTED, SIMSLOT_EV_CARD_READY);
	ok(write(fd, "\x00\xf2\x00\x00", 4) < 0 && errno == ESTALE,
	   "stale");
	close(fd);
	gone(r);
}

struct waiter {
	int fd;
	int result;
	volatile bool done;
};

static void on_signal(int sig)
{
	(void)sig;
}

static void *identify(void *arg)
{
	struct waiter *w = arg;

	w->result = ioctl(w->fd, SIMSLOT_IOC_IDENTIFY) ? errno : 0;
	w->done = true;
	return NULL;
}

/* An ioctl that waits in the queue and is interrupted leaves nothing behind. */
static void test_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct rig *r = with_card(TERMINAL);
	int fd = slot_open(r->index, 0), i;
	struct waiter w = { .fd = slot_open(r->index, 0) };
	uint8_t resp[300];
	pthread_t thread;
	uint32_t ms = 1500;
	double t;

	sigaction(SIGUSR1, &action, NULL);
	ok(!slot_channel(fd, 0, NULL) &&
	   !ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms), "channel, 1.5 s");
	rig_set(r, &r->hold, true);
	ok(write(fd, "\x00\xf2\x00\x00", 4) == 4, "a command that hangs");
	usleep(50000);
	pthread_create(&thread, NULL, identify, &w);
	usleep(200000);
	ok(!w.done, "IDENTIFY waits behind it");
	t = now();
	for (i = 0; i < 100 && !w.done; i++) {
		pthread_kill(thread, SIGUSR1);
		usleep(10000);
	}
	ok(w.done && w.result == EINTR && now() - t < 1,
	   "a signal ends the wait");
	pthread_join(thread, NULL);
	ok(read(fd, resp, 300) < 0 && errno == EREMOTEIO,
	   "the command ends by itself");
	rig_set(r, &r->hold, false);
	expect(r, "and IDENTIFY is not done any more", (const int[]){ 0 });
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, resp, 300) == 2,
	   "the channel is not stale");

	ms = SIMSLOT_TIMEOUT_MAX_MS + 1;
	ok(ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms) && errno == EINVAL,
	   "no timeout beyond ten minutes");
	ms = SIMSLOT_TIMEOUT_MAX_MS;
	ok(!ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms), "ten minutes");
	close(w.fd);
	close(fd);
	gone(r);
}

static void test_death(void)
{
	struct rig *r = with_card(TERMINAL);
	int fd = slot_open(r->index, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct simslot_info info;
	uint8_t resp[300];

	ok(!slot_channel(fd, 0, NULL), "channel");
	rig_set(r, &r->hold, true);
	ok(write(fd, "\x00\xf2\x00\x00", 4) == 4, "a command that hangs");
	usleep(20000);
	rig_free(r);
	ok(poll(&p, 1, 1000) == 1 && p.revents & POLLHUP && p.revents & POLLIN,
	   "HUP when the process dies");
	ok(read(fd, resp, 300) < 0 && errno == EREMOTEIO,
	   "the command's outcome is unknown");
	ok(read(fd, resp, 300) < 0 && errno == ENODEV, "the slot is gone");
	ok(write(fd, "\x00\xf2\x00\x00", 4) < 0 && errno == ENODEV &&
	   ioctl(fd, SIMSLOT_IOC_INFO, &info) && errno == ENODEV &&
	   slot_channel(fd, 0, NULL) == -ENODEV, "for every call");
	close(fd);
	seq = 0;
	while (!nl_next(events, &(struct note){ 0 }, 50))
		;
}

static void test_many(void)
{
	static struct rig *r[64];
	static struct note n[80];
	struct note e;
	int i, ready = 0, got;

	for (i = 0; i < 64; i++)
		r[i] = rig_new(TERMINAL, "many");
	for (i = 0; i < 64; i++)
		rig_insert(r[i]);
	while (ready < 64 && !nl_next(events, &e, 3000))
		ready += e.event == SIMSLOT_EV_CARD_READY;
	ok(ready == 64, "64 slots become ready (%d)", ready);
	got = nl_dump(n, 80);
	ok(got == 64, "and a dump lists them (%d)", got);
	for (i = 0, ready = 0; i < got; i++)
		ready += n[i].state == SIMSLOT_READY && !strcmp(n[i].iccid, A);
	ok(ready == 64, "each with its state and identity");
	for (i = 0; i < 64; i++)
		rig_free(r[i]);
	while (!nl_next(events, &e, 100))
		;
	ok(nl_dump(n, 80) == 0, "all gone");
}

/* ---- random sequences against a model ------------------------------------- */

struct model {
	bool card;
	const char *iccid;
};

static void test_random(int steps)
{
	static const char *const profile[] = { A, B, NULL };
	struct rig *r = fresh(TERMINAL);
	int fd = slot_open(r->index, 0);
	struct model m = { 0 };
	int i, bad = 0, want[4], n;
	uint32_t how;
	struct note e;
	int k;

	srandom(7);
	for (i = 0; i < steps && bad < 5; i++) {
		const char *next = profile[random() % 3];
		bool same = m.card && m.iccid == next;

		n = 0;
		how = random() & 1;
		switch (random() % 4) {
		case 0:
			if (m.card)
				break;
			rig_iccid(r, next);
			rig_insert(r);
			want[n++] = SIMSLOT_EV_CARD_INSERTED;
			want[n++] = SIMSLOT_EV_CARD_READY;
			m = (struct model){ true, next };
			break;
		case 1:
			if (!m.card || random() % 3)
				break;
			rig_remove(r);
			want[n++] = SIMSLOT_EV_CARD_REMOVED;
			m.card = false;
			break;
		default:
			rig_iccid(r, next);
			if (random() & 1)
				ioctl(fd, SIMSLOT_IOC_RESET, &how);
			else
				ioctl(fd, SIMSLOT_IOC_IDENTIFY);
			if (!m.card)
				break;
			want[n++] = SIMSLOT_EV_CARD_RESET;
			if (!same)
				want[n++] = SIMSLOT_EV_PROFILE_SWITCHED;
			m.iccid = next;
		}
		for (k = 0; k < n; k++) {
			if (nl_next(events, &e, 3000) ||
			    e.event != (uint32_t)want[k] || e.seq != seq + 1) {
				printf("# step %d: event %u seq %llu, want %d\n",
				       i, e.event, (unsigned long long)e.seq,
				       want[k]);
				bad++;
			}
			seq = e.seq;
		}
	}
	ok(!bad && nl_next(events, &e, 50) == -ETIME,
	   "%d random steps: exactly the events of the table", steps);
	close(fd);
	gone(r);
}

int main(int argc, char **argv)
{
	events = nl_open(1 << 20);
	test_presence();
	test_sync_state();
	test_slow_listener();
	test_identity();
	test_modem();
	test_commands();
	test_timeouts();
	test_signals();
	test_death();
	test_many();
	test_random(argc > 1 ? atoi(argv[1]) : 1000);
	return tap_done();
}
