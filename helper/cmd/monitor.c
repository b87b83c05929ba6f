// SPDX-License-Identifier: MIT
/*
 * `simsync monitor`: kernel events, resume and server polls become tokens.
 * What the store and the vCard folder see asks the broker for a run itself
 * (cmd_changed()); all runs meet in the broker, one at a time.
 */
#include "cmd/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/broker.h"
#include "cmd/cmd.h"

#define SETTLE_MS   400	  /* a card that bounces, a profile that switches */
#define PATIENCE_MS 3000  /* but it does not wait for ever */
#define RETRY_MS    30000 /* no module yet */
#define SOURCES_MAX 8

/**
 * struct watch - the loop's state
 * @m: what to watch
 * @storm: what is gathering
 * @child: the run under way in a child, 0: none
 * @poll_at: when the next poll is, 0: never
 * @retry_at: when to open what is not open, 0: all are
 */
struct watch {
	struct monitor *m;
	struct storm storm;
	pid_t child;
	int64_t poll_at, retry_at;
};

static int64_t now_ms(void)
{
	struct timespec t;

	/* Counts sleep: after a night a poll is due. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void storm_add(struct storm *st, const struct monitor *m, int64_t now,
	       const char *why)
{
	size_t n = strlen(st->why);

	if (!st->first) {
		st->first = now;
		n = 0;
		st->why[0] = '\0';
	}
	st->due = now + m->settle_ms;
	if (st->due > st->first + m->patience_ms)
		st->due = st->first + m->patience_ms;
	/* The first few say what it was; the run looks at everything anyway. */
	if (n + strlen(why) + 2 < sizeof(st->why) &&
	    !strstr(st->why, why))
		snprintf(st->why + n, sizeof(st->why) - n, "%s%s",
			 n ? "; " : "", why);
}

/* ---- runs --------------------------------------------------------------- */

static int drop_token(const char *run, const char *why)
{
	char path[128];
	int fd, ok;

	snprintf(path, sizeof(path), "%s/trigger", run);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		  0644);
	if (fd < 0)
		return -1;
	ok = dprintf(fd, "%s\n", why) > 0;
	close(fd);
	return ok ? 0 : -1;
}

static bool token_there(const char *run)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/trigger", run);
	return access(path, F_OK) == 0;
}

static void in_child(struct monitor *m)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (m->systemd) {
		execlp("systemctl", "systemctl", "--no-block", "start",
		       "simsync.service", (char *)NULL);
		_exit(EX_UNAVAILABLE);
	}
	_exit(trigger_loop(m->run, m->once, m->arg));
}

static void start(struct watch *w)
{
	fflush(NULL);
	w->child = fork();
	if (!w->child)
		in_child(w->m);
	if (w->child < 0) {
		/* The token stays; the next event or poll tries again. */
		perror("simsync monitor: fork");
		w->child = 0;
	}
}

/* A run that ended just before a token came did not see it. */
static void reap(struct watch *w)
{
	if (!w->child || waitpid(w->child, NULL, WNOHANG) != w->child)
		return;
	w->child = 0;
	if (!w->m->systemd && token_there(w->m->run))
		start(w);
}

static void run_is_due(struct watch *w)
{
	if (drop_token(w->m->run, w->storm.why) < 0)
		fprintf(stderr, "simsync monitor: %s/trigger: %s\n", w->m->run,
			strerror(errno));
	w->storm.first = 0;
	if (w->m->poll_ms)
		w->poll_at = now_ms() + w->m->poll_ms;
	/* The child takes it behind the run it is at. */
	if (!w->child)
		start(w);
}

/* ---- sources ------------------------------------------------------------ */

static void open_all(struct watch *w)
{
	w->retry_at = 0;
	for (size_t i = 0; i < w->m->n; i++) {
		struct monitor_src *s = &w->m->src[i];

		if (s->fd < 0 && s->open(s) < 0)
			w->retry_at = now_ms() + w->m->retry_ms;
	}
}

static void hear(struct watch *w, struct monitor_src *s)
{
	char why[MONITOR_WHY];
	int r = s->read(s, why);

	if (r < 0) {
		s->close(s);
		w->retry_at = now_ms() + 1;
		snprintf(why, sizeof(why), "events were missed");
	}
	if (r)
		storm_add(&w->storm, w->m, now_ms(), why);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static int wait_ms(const struct watch *w)
{
	int64_t at = sooner(w->storm.first ? w->storm.due : 0,
			    sooner(w->poll_at, w->retry_at));
	int64_t ms = at - now_ms();

	if (!at)
		return -1;
	return ms < 0 ? 0 : ms > 3600000 ? 3600000 : (int)ms + 1;
}

/* 1: to end */
static int signalled(struct watch *w, int fd)
{
	struct signalfd_siginfo si;
	int end = 0;

	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		end |= si.ssi_signo != SIGCHLD;
	reap(w);
	return end;
}

static int one_turn(struct watch *w, int signals)
{
	struct pollfd f[1 + SOURCES_MAX];
	size_t n = w->m->n;

	f[0] = (struct pollfd){ signals, POLLIN, 0 };
	for (size_t i = 0; i < n; i++)
		f[1 + i] = (struct pollfd){ w->m->src[i].fd, POLLIN, 0 };
	if (poll(f, 1 + n, wait_ms(w)) < 0)
		return errno == EINTR ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		if (f[1 + i].revents)
			hear(w, &w->m->src[i]);
	if (w->retry_at && now_ms() >= w->retry_at)
		open_all(w);
	if (w->poll_at && now_ms() >= w->poll_at) {
		storm_add(&w->storm, w->m, now_ms(), "poll");
		w->poll_at = now_ms() + w->m->poll_ms;
	}
	if (w->storm.first && now_ms() >= w->storm.due)
		run_is_due(w);
	return f[0].revents ? signalled(w, signals) : 0;
}

int monitor_loop(struct monitor *m, struct sim_err *e)
{
	struct watch w = { .m = m };
	sigset_t set;
	int fd, r = 0;

	if (m->n > SOURCES_MAX)
		return sim_fail(e, EX_SOFTWARE, "too many sources");
	if (mkdir(m->run, 0755) < 0 && errno != EEXIST)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", m->run,
				strerror(errno));
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return sim_fail(e, EX_OSERR, "signalfd: %s", strerror(errno));
	open_all(&w);
	/* What happened before this listened: look once. */
	storm_add(&w.storm, m, now_ms(), "monitor started");
	if (m->poll_ms)
		w.poll_at = now_ms() + m->poll_ms;
	while (!r)
		r = one_turn(&w, fd);
	if (r < 0)
		sim_fail(e, EX_OSERR, "poll: %s", strerror(errno));
	for (size_t i = 0; i < m->n; i++)
		if (m->src[i].fd >= 0)
			m->src[i].close(&m->src[i]);
	close(fd);
	return r < 0 ? -1 : 0;
}

/* ---- `simsync monitor` --------------------------------------------------- */

static int one_run(const char *why, void *arg)
{
	struct client cl = { .sock = arg, .silent = true };
	char *argv[] = { "run", (char *)why, NULL };

	return client_run(&cl, 2, argv);
}

int monitor_main(int argc, char **argv)
{
	struct src_kernel kernel = { .run = broker_paths.run, .lock = -1 };
	struct src_clock clock = { 0 };
	struct monitor_src src[] = { monitor_kernel(&kernel),
				     monitor_resume(&clock) };
	struct broker_conf conf;
	struct sim_err e = { 0 };
	char sock[128];
	struct monitor m = {
		.run = broker_paths.run, .once = one_run, .arg = sock,
		.src = src, .n = sizeof(src) / sizeof(src[0]),
		.settle_ms = SETTLE_MS, .patience_ms = PATIENCE_MS,
		.retry_ms = RETRY_MS,
	};

	if (argc != 1) {
		fprintf(stderr, "usage: simsync %s\n", argv[0]);
		return EX_USAGE;
	}
	if (geteuid() != 0) {
		fputs("simsync monitor: runs as root (systemctl enable --now simsync-monitor)\n",
		      stderr);
		return EX_NOPERM;
	}
	snprintf(sock, sizeof(sock), "%s/broker.sock", broker_paths.run);
	m.systemd = access("/run/systemd/system", F_OK) == 0;
	if (conf_load(&broker_paths, &conf, &e) < 0)
		goto failed;
	m.poll_ms = (int64_t)conf.poll_minutes * 60000;
	if (monitor_loop(&m, &e) == 0)
		return EX_OK;
failed:
	fprintf(stderr, "simsync monitor: %s\n", e.text);
	return e.code;
}
