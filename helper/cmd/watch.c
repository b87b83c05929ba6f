// SPDX-License-Identifier: MIT
/*
 * `simsync folder watch`: a pass at the start, when files change, when a run
 * has ended (the kernel's sync-changed), and now and then, for what was missed.
 * After each, what the guards hold back is said to the owner (cmd/notify.h).
 * Nothing is kept from pass to pass: each looks at folder and store anew.
 */
#include <netlink/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/slots.h"
#include "cmd/folder.h"
#include "cmd/notify.h"
#include "store/folder.h"

#define SETTLE_MS 400	 /* an editor is still at it */
#define PATIENCE_MS 3000 /* but not for ever */
#define SLOW_MS	  300000 /* a look without a reason */
#define RETRY_MS  30000	 /* after a pass that failed */

/**
 * struct watch - the watch
 * @files: inotify, -1: to be opened
 * @events: netlink, NULL: no module yet
 * @first: when the change came that the pass waits for, 0: none
 * @due: when the next pass is
 */
struct watch {
	struct client *cl;
	char path[FOLDER_PATH];
	int files;
	struct nl_sock *events;
	int64_t first;
	int64_t due;
};

static int64_t now_ms(void)
{
	struct timespec t;

	/* Also a phone that slept: then a look is due. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void changed(struct watch *w)
{
	int64_t now = now_ms();

	if (!w->first)
		w->first = now;
	w->due = now + SETTLE_MS;
	if (w->due > w->first + PATIENCE_MS)
		w->due = w->first + PATIENCE_MS;
}

/* Has no run left to end, as far as this slot tells? */
static bool run_ended(const struct slots_event *ev)
{
	char word[32], line[256];

	if (ev->event != SIMSLOT_EV_SYNC_CHANGED)
		return false;
	slot_said(&broker_paths, ev->slot.index, word, line);
	return strcmp(word, "running") != 0;
}

static void on_events(struct watch *w)
{
	struct slots_event ev;
	struct sim_err e;
	int r;

	while ((r = slots_next(w->events, &ev, &e)) == 0 || r == 1)
		if (!r || run_ended(&ev))
			changed(w);
	if (r < 0) {
		slots_close(w->events);
		w->events = NULL;
		changed(w);
	}
}

static void on_files(struct watch *w)
{
	int r = folder_watch_read(w->files);

	if (r)
		changed(w);
	if (r < 0) {
		close(w->files);
		w->files = -1;
	}
}

static int pass(struct watch *w, struct sim_err *e)
{
	char *argv[] = { "folder", "sync", w->path, "--quiet", NULL };
	int code;

	e->text[0] = '\0';
	if (!w->events)
		w->events = slots_listen(NULL);
	code = folder_pass(w->cl, w->path, 4, argv, e);
	if (w->files < 0) {
		w->files = folder_watch_open(w->path, e);
		/* What came between the pass and this: one look more. */
		if (w->files >= 0)
			changed(w);
	}
	return code;
}

/* Errors that waiting does not cure. */
static bool for_good(int code)
{
	return code == EX_USAGE || code == EX_NOPERM || code == EX_CONFIG ||
	       code == EX_PROTOCOL;
}

static void wait_for_change(struct watch *w)
{
	struct pollfd f[2] = {
		{ w->files, POLLIN, 0 },
		{ w->events ? slots_fd(w->events) : -1, POLLIN, 0 },
	};
	int64_t ms = w->due - now_ms();

	if (ms <= 0 || poll(f, 2, (int)ms) <= 0)
		return;
	if (f[0].revents)
		on_files(w);
	if (f[1].revents)
		on_events(w);
}

int client_watch(struct client *cl, int argc, char **argv, int words)
{
	struct watch w = { .cl = cl, .files = -1 };
	struct sim_err e = { 0 };
	int code;

	if (folder_place(argc, argv, words, w.path, &e)) {
		fprintf(stderr, "simsync: %s\n", e.text);
		return e.code;
	}
	cl->silent = true;
	cl->quiet = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		w.first = 0;
		w.due = now_ms() + SLOW_MS;
		code = pass(&w, &e);
		if (e.text[0])
			fprintf(stderr, "simsync: %s\n", e.text);
		if (for_good(code))
			break;
		if (!code)
			notify_pass(cl);
		if (code && !w.first)
			w.due = now_ms() + RETRY_MS;
		while (now_ms() < w.due)
			wait_for_change(&w);
	}
	if (w.files >= 0)
		close(w.files);
	if (w.events)
		slots_close(w.events);
	return code;
}
