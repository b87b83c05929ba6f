// SPDX-License-Identifier: MIT
/*
 * storm_use.c - users of slots that mean no good: clients, processes that are
 * killed, servers of proxied slots, listeners, readers of attributes
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kmod_rig.h"
#include "storm.h"

#define SLOTS	6
#define PROXIES	3

static const struct {
	const char *bytes;
	int len;
} commands[] = {
	{ "\x00\xa4\x00\x04\x02\x2f\xe2", 7 },		/* SELECT EF_ICCID */
	{ "\x00\xb0\x00\x00\x0a", 5 },			/* READ BINARY */
	{ "\x00\xf2\x00\x00\x00", 5 },			/* STATUS */
	{ "\x00\xa4\x00\x04\x02\x3f\x00\x00", 8 },	/* case 4 */
	{ "\x00\xa4\x08\x04\x04\x7f\xff\x6f\x3a", 9 },	/* SELECT EF_ADN */
	{ "\x00\xb2\x01\x04\x00", 5 },			/* READ RECORD */
	{ "\x00\xcb\x00\x00\x00\x01\x00", 7 },		/* extended */
	{ "\x00\x70\x00\x00\x01", 5 },			/* not the client's */
	{ "\x00\xa4\x00", 3 },				/* no command */
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void read_one(int fd, uint64_t *seed)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t resp[300];

	if (poll(&p, 1, (int)storm_random(seed, 400)) <= 0 ||
	    !(p.revents & POLLIN))
		return;
	if (read(fd, resp, sizeof(resp)) > 0)
		atomic_fetch_add(&storm.done, 1);
	else
		atomic_fetch_add(&storm.failed, 1);
}

static void operate(int fd, uint64_t *seed)
{
	struct simslot_begin begin = { .lease_ms = 1 + storm_random(seed, 300) };
	struct simslot_info info;
	uint32_t word = storm_random(seed, 2);
	unsigned int k;

	switch (storm_random(seed, 16)) {
	case 0:
		slot_channel(fd, 0, NULL);
		break;
	case 1:
		ioctl(fd, SIMSLOT_IOC_CHANNEL_CLOSE);
		break;
	case 2:
		begin.flags = word;
		if (!ioctl(fd, SIMSLOT_IOC_BEGIN, &begin))
			slot_channel(fd, SIMSLOT_CHANNEL_BASIC, NULL);
		break;
	case 3:
		ioctl(fd, SIMSLOT_IOC_END);
		break;
	case 4:
		ioctl(fd, SIMSLOT_IOC_INFO, &info);
		break;
	case 5:
		ioctl(fd, SIMSLOT_IOC_RESET, &word);
		break;
	case 6:
		if (!storm_random(seed, 3))
			ioctl(fd, SIMSLOT_IOC_IDENTIFY);
		break;
	case 7:
		word = 0;
		if (!storm_random(seed, 3) && !ioctl(fd, SIMSLOT_IOC_POWER, &word)) {
			storm_pause(seed);
			word = 1;
			ioctl(fd, SIMSLOT_IOC_POWER, &word);
		}
		break;
	case 8:
		slot_channel(fd, SIMSLOT_CHANNEL_MONITOR, NULL);
		break;
	case 9:
		ioctl(fd, SIMSLOT_IOC_SET_MODE, &word);
		break;
	default:
		k = storm_random(seed, COMMANDS);
		if (write(fd, commands[k].bytes, commands[k].len) > 0 &&
		    storm_random(seed, 5))
			read_one(fd, seed);
	}
}

/* One file's life. It may end with a command in flight. */
static void life(uint64_t *seed)
{
	uint32_t ms = 1 + storm_random(seed, 2000);
	int fd = slot_open(storm_random(seed, SLOTS),
			   storm_random(seed, 4) ? O_NONBLOCK : 0);
	int i, n = 1 + storm_random(seed, 14);

	if (fd < 0) {
		usleep(1000 + storm_random(seed, 20000));
		return;
	}
	ioctl(fd, SIMSLOT_IOC_SET_TIMEOUT, &ms);
	slot_channel(fd, 0, NULL);
	for (i = 0; i < n && !atomic_load(&storm.stop); i++)
		operate(fd, seed);
	if (!storm_random(seed, 8))	/* files outlive slots */
		storm_pause(seed);
	close(fd);
}

void *storm_client(void *arg)
{
	while (!atomic_load(&storm.stop))
		life(arg);
	return NULL;
}

static void kill_and_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	atomic_fetch_add(&storm.kills, 1);
}

void *storm_killer(void *arg)
{
	uint64_t *seed = arg;
	pid_t pid;

	while (!atomic_load(&storm.stop)) {
		storm_random(seed, 2);
		pid = fork();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				life(seed);
		}
		storm_pause(seed);
		if (pid > 0)
			kill_and_wait(pid);
	}
	return NULL;
}

/* ---- processes of their own ------------------------------------------------ */

static pid_t self(const char *what, uint64_t *seed)
{
	char number[24];
	pid_t pid;
	int null;

	snprintf(number, sizeof(number), "%u", 1 + storm_random(seed, 1u << 30));
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 1);
		dup2(null, 2);
	}
	execl("/proc/self/exe", "kmod_storm", what, number, (char *)NULL);
	_exit(127);
}

static void spawn(const char *what, int count, uint64_t *seed)
{
	pid_t pid[PROXIES] = { 0 };
	int i;

	while (!atomic_load(&storm.stop)) {
		i = (int)storm_random(seed, count);
		if (pid[i])
			kill_and_wait(pid[i]);
		pid[i] = atomic_load(&storm.calm) ? 0 : self(what, seed);
		if (atomic_load(&storm.calm)) {
			for (i = 0; i < count; i++)
				if (pid[i])
					kill_and_wait(pid[i]);
			memset(pid, 0, sizeof(pid));
		}
		storm_pause(seed);
		storm_pause(seed);
		storm_linger(seed);
	}
	for (i = 0; i < count; i++)
		if (pid[i])
			kill_and_wait(pid[i]);
}

void *storm_proxies(void *arg)
{
	spawn("--proxy", PROXIES, arg);
	return NULL;
}

void *storm_listeners(void *arg)
{
	spawn("--listen", 2, arg);
	return NULL;
}

static void tell_garbage(struct rig *r, uint64_t *seed)
{
	uint8_t b[80];
	size_t i;

	for (i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)storm_random(seed, 256);
	if (storm_random(seed, 2))
		rig_tell(r, storm_random(seed, 9), b, storm_random(seed, 60));
	else if (write(r->fd, b, storm_random(seed, sizeof(b))) < 0)
		return;
}

int storm_proxy_main(uint64_t seed)
{
	static const uint32_t caps[] = {
		SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET | SIMSLOT_CAP_CHANNEL0 |
			SIMSLOT_CAP_TERMINAL,
		SIMSLOT_CAP_VIRTUAL | SIMSLOT_CAP_RESET, 0,
	};
	static const char *const iccids[] = { "8949010000000000012",
					      "8949010000000000020", NULL };
	struct rig *r = rig_new(caps[storm_random(&seed, 3)], "storm");

	for (;;) {
		switch (storm_random(&seed, 12)) {
		case 0:
			rig_remove(r);
			break;
		case 1:
			rig_identity(r, iccids[storm_random(&seed, 3)]);
			break;
		case 2:
			rig_set(r, &r->hold, storm_random(&seed, 2));
			break;
		case 3:
			rig_set(r, &r->deaf, !storm_random(&seed, 4));
			break;
		case 4:
			tell_garbage(r, &seed);
			break;
		case 5:
			rig_set(r, &r->gsm, storm_random(&seed, 2));
			break;
		case 6:
			rig_iccid(r, iccids[storm_random(&seed, 3)]);
			break;
		default:
			rig_insert(r);
		}
		storm_pause(&seed);
	}
}

int storm_listen_main(uint64_t seed)
{
	static struct note n[80];
	int fd;

	for (;;) {
		fd = nl_open(storm_random(&seed, 2) ? 2048 : 0);
		while (storm_random(&seed, 30)) {
			nl_next(fd, n, (int)storm_random(&seed, 50));
			if (!storm_random(&seed, 4))
				nl_dump(n, 80);
			nl_get((int)storm_random(&seed, SLOTS), n);
		}
		close(fd);
	}
}

/* ---- attributes ------------------------------------------------------------ */

void *storm_sysfs(void *arg)
{
	static const char *const attrs[] = {
		"state", "event", "seq", "epoch", "atr", "protocol", "baud",
		"voltage", "capabilities", "insertions", "removals",
		"profile_switches", "errors", "driver", "iccid", "sync_state",
		"sync_detail", "uevent",
	};
	static const char *const words[] = { "idle", "running", "ok", "error" };
	uint64_t *seed = arg;
	char buf[256];
	unsigned int n, i;

	while (!atomic_load(&storm.stop)) {
		n = storm_random(seed, SLOTS);
		for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
			slot_sysfs(n, attrs[i], buf, sizeof(buf));
		slot_write_sysfs(n, "sync_state", words[storm_random(seed, 4)]);
		slot_write_sysfs(n, "sync_detail", "a line");
		slot_write_sysfs(n, "uevent", "change");
		usleep(5000 + storm_random(seed, 50000));
	}
	return NULL;
}
