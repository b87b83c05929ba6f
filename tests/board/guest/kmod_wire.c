// SPDX-License-Identifier: MIT
/*
 * kmod_wire.c - hands and eyes on a board for a test that has the card
 *
 * Reads commands from standard input, one a line, and does them on /dev/simslot0.
 * K is 0 to 7, a name for an open file.
 *
 *	open K, close K
 *	chan K [basic|monitor] [AID]	"ok CHANNEL SW"
 *	apdu K HEX			"ok HEX": write, wait, read
 *	write K HEX, read K MS		the halves of it
 *	begin K MS, end K, raw K 0|1, timeout K MS
 *	reset K cold|warm, power K 0|1, identify K
 *	info K				"ok STATE REASON EPOCH PROTOCOL BAUD STALE ATR ICCID"
 *	attr NAME [VALUE]		/sys/class/simslot/simslot0/NAME
 *	netlink				"ok STATE" by GET
 *	suspend [S]			the kernel's own test of device suspend, S (0) seconds
 *	sleep S				really, until the clock wakes the board or a card does
 *	clock				"ok NS" of CLOCK_BOOTTIME
 *	records K N LENGTH		READ RECORD 1 to N: "ok NS" it took
 *
 * Answers are "ok ..." or "err ENAME". In between, as they come, events:
 * "ev NAME SEQ EPOCH STATE REASON SOFT KERNEL-NS NOW-NS".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "kmod_rig.h"

#define FILES	8
#define WAIT_MS	120000

static const char *const event_name[] = {
	"?", "slot-added", "slot-removed", "card-inserted", "card-ready",
	"card-removed", "card-mute", "card-error", "card-reset",
	"profile-switched", "card-changed", "proactive", "sync-changed",
};

static int files[FILES] = { -1, -1, -1, -1, -1, -1, -1, -1 };

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void *watch(void *arg)
{
	int fd = *(int *)arg;
	struct note n;
	int err;

	for (;;) {
		err = nl_next(fd, &n, -1);
		if (err) {
			printf("ev overrun %d\n", err);
			continue;
		}
		if (n.slot)
			continue;
		printf("ev %s %llu %llu %u %u %d %llu %llu\n",
		       event_name[n.event < 13 ? n.event : 0],
		       (unsigned long long)n.seq, (unsigned long long)n.epoch,
		       n.state, n.reason, n.soft, (unsigned long long)n.time,
		       now_ns());
	}
	return NULL;
}

static void answer(int err)
{
	if (err)
		printf("err %s\n", strerrorname_np(err < 0 ? -err : err));
	else
		printf("ok\n");
}

static void hex(const uint8_t *b, int n)
{
	int i;

	for (i = 0; i < n; i++)
		printf("%02x", b[i]);
}

static int unhex(const char *s, uint8_t *b, int max)
{
	int n = 0;

	for (; s && s[0] && s[1] && n < max; s += 2, n++) {
		char two[3] = { s[0], s[1], 0 };

		b[n] = strtoul(two, NULL, 16);
	}
	return n;
}

/* The response, or -errno; -ETIME: none came. */
static int get(int fd, uint8_t *resp, int max, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	n = poll(&p, 1, ms);
	if (!n)
		return -ETIME;
	n = read(fd, resp, max);
	return n < 0 ? -errno : n;
}

static void say_response(const uint8_t *resp, int n)
{
	if (n < 0) {
		answer(n);
		return;
	}
	printf("ok ");
	hex(resp, n);
	printf("\n");
}

static void do_apdu(int fd, char **arg, bool send, bool receive)
{
	static uint8_t cmd[70000], resp[70000];
	int n;

	if (send) {
		n = unhex(arg[2], cmd, sizeof(cmd));
		if (write(fd, cmd, n) != n) {
			answer(errno);
			return;
		}
		if (!receive) {
			answer(0);
			return;
		}
	}
	say_response(resp, get(fd, resp, sizeof(resp),
			       send ? WAIT_MS : atoi(arg[2])));
}

/* TS 102 221 11.1.5: absolute mode */
static void do_records(int fd, char **arg)
{
	uint8_t cmd[5] = { 0x00, 0xb2, 0x00, 0x04, atoi(arg[3]) }, resp[300];
	unsigned long long began = now_ns();
	int i, n = 0;

	for (i = 1; i <= atoi(arg[2]) && n >= 0; i++) {
		cmd[2] = i;
		n = -EIO;
		if (write(fd, cmd, sizeof(cmd)) == sizeof(cmd))
			n = get(fd, resp, sizeof(resp), WAIT_MS);
		if (n >= 0 && (n != cmd[4] + 2 || resp[n - 2] != 0x90))
			n = -EPROTO;
	}
	if (n < 0)
		answer(n);
	else
		printf("ok %llu\n", now_ns() - began);
}

static void do_chan(int fd, char **arg)
{
	struct simslot_channel ch = { .p2 = 0x0c };
	int i = 2;

	if (arg[i] && !strcmp(arg[i], "basic")) {
		ch.flags = SIMSLOT_CHANNEL_BASIC;
		i++;
	} else if (arg[i] && !strcmp(arg[i], "monitor")) {
		ch.flags = SIMSLOT_CHANNEL_MONITOR;
		i++;
	}
	ch.aid_len = unhex(arg[i], ch.aid, sizeof(ch.aid));
	if (ioctl(fd, SIMSLOT_IOC_CHANNEL_OPEN, &ch))
		answer(errno);
	else
		printf("ok %u %04x\n", ch.channel, ch.sw);
}

static void do_info(int fd)
{
	struct simslot_info i;

	if (ioctl(fd, SIMSLOT_IOC_INFO, &i)) {
		answer(errno);
		return;
	}
	printf("ok %u %u %llu %u %u %u ", i.state, i.reason,
	       (unsigned long long)i.epoch, i.protocol, i.baud, i.stale);
	hex(i.atr, i.atr_len);
	printf(" %s\n", i.iccid[0] ? i.iccid : "none");
}

static void do_attr(char **arg)
{
	char buf[512];
	int err;

	if (arg[2]) {
		answer(slot_write_sysfs(0, arg[1], arg[2]));
		return;
	}
	err = slot_sysfs(0, arg[1], buf, sizeof(buf));
	if (err)
		answer(err);
	else
		printf("ok %s\n", buf);
}

static void with_value(int fd, unsigned long op, uint32_t value)
{
	answer(ioctl(fd, op, &value) ? errno : 0);
}

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, value, strlen(value)) < 0)
		err = errno;
	close(fd);
	return err;
}

static int do_suspend(const char *seconds)
{
	int err = put("/sys/power/pm_test", "devices");

	if (!err)
		err = put("/sys/module/suspend/parameters/pm_test_delay",
			  seconds);
	return err ? err : put("/sys/power/state", "freeze");
}

static int do_sleep(const char *seconds)
{
	char alarm[32];
	int err = put("/sys/power/pm_test", "none");

	snprintf(alarm, sizeof(alarm), "+%s", seconds);
	put("/sys/class/rtc/rtc0/wakealarm", "0");
	if (!err)
		err = put("/sys/class/rtc/rtc0/wakealarm", alarm);
	return err ? err : put("/sys/power/state", "freeze");
}

static void command(char **arg)
{
	int k = arg[1] ? atoi(arg[1]) & (FILES - 1) : 0, fd = files[k];
	const char *c = arg[0], *value = arg[1] && arg[2] ? arg[2] : "";

	if (!strcmp(c, "open")) {
		files[k] = slot_open(0, 0);
		answer(files[k] < 0 ? files[k] : 0);
	} else if (!strcmp(c, "close")) {
		files[k] = -1;
		answer(close(fd) ? errno : 0);
	} else if (!strcmp(c, "chan")) {
		do_chan(fd, arg);
	} else if (!strcmp(c, "apdu")) {
		do_apdu(fd, arg, true, true);
	} else if (!strcmp(c, "write")) {
		do_apdu(fd, arg, true, false);
	} else if (!strcmp(c, "read")) {
		do_apdu(fd, arg, false, true);
	} else if (!strcmp(c, "records") && arg[3]) {
		do_records(fd, arg);
	} else if (!strcmp(c, "begin")) {
		struct simslot_begin b = { .lease_ms = atoi(value) };

		answer(ioctl(fd, SIMSLOT_IOC_BEGIN, &b) ? errno : 0);
	} else if (!strcmp(c, "end")) {
		answer(ioctl(fd, SIMSLOT_IOC_END) ? errno : 0);
	} else if (!strcmp(c, "raw")) {
		with_value(fd, SIMSLOT_IOC_SET_MODE, atoi(value));
	} else if (!strcmp(c, "timeout")) {
		with_value(fd, SIMSLOT_IOC_SET_TIMEOUT, atoi(value));
	} else if (!strcmp(c, "reset")) {
		with_value(fd, SIMSLOT_IOC_RESET, *value == 'w');
	} else if (!strcmp(c, "power")) {
		with_value(fd, SIMSLOT_IOC_POWER, atoi(value));
	} else if (!strcmp(c, "identify")) {
		answer(ioctl(fd, SIMSLOT_IOC_IDENTIFY) ? errno : 0);
	} else if (!strcmp(c, "info")) {
		do_info(fd);
	} else if (!strcmp(c, "attr")) {
		do_attr(arg);
	} else if (!strcmp(c, "netlink")) {
		struct note n;
		int err = nl_get(0, &n);

		if (err)
			answer(err);
		else
			printf("ok %u\n", n.state);
	} else if (!strcmp(c, "suspend")) {
		answer(do_suspend(arg[1] ? arg[1] : "0"));
	} else if (!strcmp(c, "sleep") && arg[1]) {
		answer(do_sleep(arg[1]));
	} else if (!strcmp(c, "clock")) {
		printf("ok %llu\n", now_ns());
	} else {
		printf("err not-a-command\n");
	}
}

int main(void)
{
	static char line[150000];
	int fd = nl_open(1 << 20), n;
	pthread_t thread;
	char *arg[8];

	setvbuf(stdout, NULL, _IOLBF, 1 << 18);
	if (pthread_create(&thread, NULL, watch, &fd))
		return 1;
	printf("ok\n");
	while (fgets(line, sizeof(line), stdin)) {
		char *save = NULL, *word = strtok_r(line, " \n", &save);

		memset(arg, 0, sizeof(arg));
		for (n = 0; word && n < 7; n++) {
			arg[n] = word;
			word = strtok_r(NULL, " \n", &save);
		}
		if (n)
			command(arg);
	}
	return 0;
}
