/* SPDX-License-Identifier: MIT */
/*
 * monitor.h - what happens becomes tokens, and tokens become runs
 *
 * Sources say when something happened. A storm of it settles into one token in
 * the same file udev's launcher writes (cmd/trigger.c), so that runs are one at
 * a time and what comes during one causes exactly one more, whoever saw it.
 */
#ifndef SIMSYNC_CMD_MONITOR_H
#define SIMSYNC_CMD_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/err.h"

#define MONITOR_WHY 120

/**
 * struct monitor_src - one source of triggers
 * @fd: to poll; -1: not open
 * @open: sets @fd; -1: not now, it is tried again
 * @read: @fd is readable: 1 and why a run is due, 0 none is, -1 the source is
 *	lost: it is opened again, and a run looks at what was missed
 * @close: @fd is -1 after it
 * @priv: the source's own
 */
struct monitor_src {
	int fd;
	int (*open)(struct monitor_src *s);
	int (*read)(struct monitor_src *s, char why[MONITOR_WHY]);
	void (*close)(struct monitor_src *s);
	void *priv;
};

/**
 * struct monitor - the monitor
 * @run: folder of token and lock
 * @systemd: runs are started as simsync.service; else in a child
 * @once: one run, as for trigger_loop(); in the child
 * @arg: handed to @once
 * @src: sources
 * @n: how many
 * @settle_ms: a run is due so long after the last event
 * @patience_ms: but no longer than this after the first
 * @poll_ms: a run is due without an event after so long without a run; 0: never
 * @retry_ms: a source that cannot be opened is tried again after so long
 */
struct monitor {
	const char *run;
	bool systemd;
	int (*once)(const char *why, void *arg);
	void *arg;
	struct monitor_src *src;
	size_t n;
	int64_t settle_ms, patience_ms, poll_ms, retry_ms;
};

/**
 * struct storm - events that make one run
 * @first: when the first came, 0: none
 * @due: when the run is
 * @why: of the first few
 */
struct storm {
	int64_t first, due;
	char why[200];
};

/** storm_add() - one more; @now in ms */
void storm_add(struct storm *st, const struct monitor *m, int64_t now,
	       const char *why);

/** monitor_loop() - until SIGTERM or SIGINT, which are blocked after it
 * @m: what to watch
 * @e: EX_OSERR
 *
 * Return: 0, -1.
 */
int monitor_loop(struct monitor *m, struct sim_err *e);

/* ---- monitor_src.c: the phone's own sources ------------------------------ */

/** struct src_kernel - netlink events, while @lock says we hear them */
struct src_kernel {
	const char *run;
	void *sock;
	int lock;
};
/** monitor_kernel() - events of the slots */
struct monitor_src monitor_kernel(struct src_kernel *k);

/**
 * struct src_clock - resume
 * @slept: ms that this boot has been suspended
 * @asleep: tells them; a test's own clock
 */
struct src_clock {
	int64_t slept;
	int64_t (*asleep)(void);
};
/** monitor_resume() - the phone has slept and is awake again */
struct monitor_src monitor_resume(struct src_clock *c);
/** resumed() - more sleep than before? remembers */
bool resumed(struct src_clock *c);

#endif
