// SPDX-License-Identifier: MIT
/*
 * kmod_storm.c - everything at once, at random instants, and is all well then?
 *
 *	kmod_storm SECONDS IMAGES [SEED]
 *
 * Needs the modules of this project, ttypair and, for failures of kmalloc below
 * the modules, debugfs's failslab. Cards come and go in the middle of ATR, PPS
 * and APDUs, files are opened and closed and their processes killed, readers
 * torn out, servers of proxied slots killed, modules unloaded and loaded. At
 * the end, without any of that, each kind of slot has to work, and each module
 * has to go. What the kernel's own checkers saw is for the caller to look at.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kmod_rig.h"
#include "storm.h"

#define FAILSLAB "/sys/kernel/debug/failslab/"
#define FAILURES 100000000

struct storm storm;

/* Users before what they use. */
static const char *const modules[] = { "simslot_tty", "simslot_proxy",
				       "simslot_uart", "simslot" };

unsigned int storm_random(uint64_t *seed, unsigned int n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (unsigned int)(*seed >> 20) % n;
}

void storm_pause(uint64_t *seed)
{
	static const unsigned int most_us[] = { 300, 5000, 5000, 50000, 50000,
						400000, 400000, 2000000 };

	usleep(1 + storm_random(seed, most_us[storm_random(seed, 8)]));
}

void storm_linger(uint64_t *seed)
{
	long us = storm_random(seed, 4 * storm.pace_us + 1);

	for (; us > 0 && !atomic_load(&storm.stop) &&
	     !atomic_load(&storm.calm); us -= 50000)
		usleep(50000);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- modules --------------------------------------------------------------- */

static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

static int load(const char *module)
{
	pid_t pid = fork();
	int status = -1, null;

	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 2);
		execlp("modprobe", "modprobe", "-q", module, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static void *unloader(void *arg)
{
	uint64_t *seed = arg;
	double end, begin, rest = 0;
	size_t i;
	int err;

	while (!atomic_load(&storm.stop)) {
		usleep(2000000 + storm_random(seed, 5000000));
		/* a kernel that takes its time with it has modules as long as others */
		for (end = seconds() + rest; seconds() < end &&
		     !atomic_load(&storm.stop);)
			usleep(100000);
		begin = seconds();
		/* what is in use has to stay */
		unload(modules[storm_random(seed, 4)]);
		atomic_store(&storm.calm, true);
		for (i = 0; i < 4; i++) {
			end = seconds() + 3;
			while ((err = unload(modules[i])) && err != -ENOENT &&
			       seconds() < end && !atomic_load(&storm.stop))
				usleep(20000);
			if (!err)
				atomic_fetch_add(&storm.unloads, 1);
		}
		atomic_store(&storm.calm, false);
		load("simslot-proxy");
		load("simslot-tty");
		rest = 2 * (seconds() - begin);
	}
	return NULL;
}

/* ---- failing allocations ---------------------------------------------------- */

static int put(const char *file, long value)
{
	char path[128], text[32];
	int fd, n;

	snprintf(path, sizeof(path), FAILSLAB "%s", file);
	snprintf(text, sizeof(text), "0x%lx", value);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	n = (int)write(fd, text, strlen(text));
	close(fd);
	return n > 0 ? 0 : -1;
}

static long get(const char *file)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), FAILSLAB "%s", file);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	return strtol(text, NULL, 0);
}

/* Only what is asked for from within a module, wherever below it. */
static bool failures(bool on)
{
	return !put("require-start", (long)0xffffffffa0000000ul) &&
	       !put("require-end", (long)0xffffffffff000000ul) &&
	       !put("stacktrace-depth", 32) && !put("ignore-gfp-wait", 0) &&
	       !put("verbose", 0) && !put("interval", 1) &&
	       !put("times", FAILURES) && !put("probability", on ? 2 : 0);
}

/* ---- at the end ------------------------------------------------------------- */

static bool becomes(int slot, const char *attr, const char *want, int s)
{
	double end = seconds() + s;
	char buf[128] = "";

	while (seconds() < end) {
		slot_sysfs(slot, attr, buf, sizeof(buf));
		if (!strcmp(buf, want))
			return true;
		usleep(20000);
	}
	printf("# %s of slot %d is '%s', not '%s'\n", attr, slot, buf, want);
	return false;
}

static bool answers(int slot)
{
	uint8_t resp[300];
	int fd = slot_open(slot, 0), n;

	if (fd < 0)
		return false;
	n = slot_channel(fd, 0, NULL);
	if (!n)
		n = slot_apdu(fd, "\x00\xa4\x00\x04\x02\x2f\xe2", 7, resp,
			      sizeof(resp));
	close(fd);
	if (n < 2)
		printf("# SELECT: %d\n", n);
	return n >= 2 && (resp[n - 2] == 0x90 || resp[n - 2] == 0x61);
}

/* Its state follows the card, and it talks. */
static void reader_is_well(void)
{
	double end = seconds() + 20;
	int tty = -1, slot = -1;

	storm_plug(false);
	while ((tty = storm_attach()) < 0 && seconds() < end)
		usleep(100000);
	slot = storm_tty_slot();
	ok(tty >= 0 && slot >= 0, "a reader can be attached");
	ok(becomes(slot, "state", "empty", 20), "it is empty without a card");
	storm_plug(true);
	ok(becomes(slot, "state", "ready", 60), "a card in it becomes ready");
	ok(answers(slot), "and answers");
	storm_plug(false);
	ok(becomes(slot, "state", "empty", 20), "it is empty again");
	if (tty >= 0)
		close(tty);
}

static void proxy_is_well(void)
{
	struct rig *r = rig_new(SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET |
				SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL,
				"after");

	rig_insert(r);
	ok(becomes(r->index, "state", "ready", 20),
	   "a card behind a process becomes ready");
	ok(answers(r->index), "and answers");
	rig_remove(r);
	ok(becomes(r->index, "state", "empty", 20), "and leaves");
	rig_free(r);
}

static void modules_go(void)
{
	double end;
	size_t i;
	int err;

	for (i = 0; i < 4; i++) {
		end = seconds() + 20;
		do {
			err = unload(modules[i]);
			usleep(20000);
		} while (err && err != -ENOENT && seconds() < end);
		ok(!err, "%s goes: nothing holds it (%s)", modules[i],
		   strerror(-err));
	}
}

/* A storm in which something never happened shows nothing about it. */
static void it_blew(long failed)
{
	ok(storm.atrs > 0 && storm.done > 0 && storm.failed > 0,
	   "%ld ATRs, %ld commands answered, %ld failed", storm.atrs,
	   storm.done, storm.failed);
	ok(storm.cut_in[0] > 0 && storm.cut_in[1] > 0 && storm.cut_in[2] > 0,
	   "contact lost within %ld ATRs, %ld PPS and first commands, %ld later ones",
	   storm.cut_in[0], storm.cut_in[1], storm.cut_in[2]);
	ok(storm.kills > 0 && storm.hangups > 0 && storm.unloads > 0,
	   "%ld processes killed, %ld readers torn out, %ld modules unloaded",
	   storm.kills, storm.hangups, storm.unloads);
	ok(failed > 0, "%ld allocations failed", failed);
}

int main(int argc, char **argv)
{
	static void *(*const threads[])(void *) = {
		storm_card, storm_hand, storm_reader, storm_proxies,
		storm_listeners, storm_client, storm_client, storm_client,
		storm_killer, storm_sysfs, unloader,
	};
	enum { N = sizeof(threads) / sizeof(threads[0]) };
	uint64_t seed, seeds[N];
	pthread_t thread[N];
	double begin;
	bool armed;
	long failed;
	size_t i;

	if (argc < 3)
		return 64;
	seed = strtoull(argv[argc - 1], NULL, 0);
	if (!strcmp(argv[1], "--proxy"))
		return storm_proxy_main(seed);
	if (!strcmp(argv[1], "--listen"))
		return storm_listen_main(seed);
	if (argc < 4 || !seed)
		seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15ull;
	printf("# seed %llu\n", (unsigned long long)seed);
	if (!storm_card_open(argv[2])) {
		printf("Bail out! no cards or no /dev/ttySP1\n");
		return 1;
	}
	load("simslot-proxy");
	load("simslot-tty");
	begin = seconds();
	load("simslot-tty");	/* is there: only the program's start */
	storm.pace_us = (unsigned int)((seconds() - begin) * 1e6);
	printf("# a program starts in %u ms\n", storm.pace_us / 1000);
	armed = failures(true);
	ok(armed, "allocations below modules can be made to fail");
	for (i = 0; i < N; i++) {
		seeds[i] = seed + i * 0x2545f4914f6cdd1dull;
		pthread_create(&thread[i], NULL, threads[i], &seeds[i]);
	}
	sleep(atoi(argv[1]));

	failed = armed ? FAILURES - get("times") : 0;
	failures(false);
	atomic_store(&storm.stop, true);
	for (i = 1; i < N; i++)
		pthread_join(thread[i], NULL);
	it_blew(failed);

	/* now without faults: each kind of slot works, and each module goes */
	atomic_store(&storm.cut, 0);
	atomic_store(&storm.fault, 1);
	load("simslot-proxy");
	load("simslot-tty");
	reader_is_well();
	proxy_is_well();
	atomic_store(&storm.over, true);
	pthread_join(thread[0], NULL);
	modules_go();
	return tap_done();
}
