/* SPDX-License-Identifier: MIT */
/*
 * notify.h - what is held is said at once, and again after 1, 3 and 7 days
 *
 * On the desktop where the owner's session has a bus and somebody who shows
 * notifications, else in the system's log. Names of places and counts only.
 */
#ifndef SIMSYNC_CMD_NOTIFY_H
#define SIMSYNC_CMD_NOTIFY_H

#include <jansson.h>
#include <stdint.h>

#include "cmd/cmd.h"

/**
 * desktop_notify() - org.freedesktop.Notifications, on the session bus
 * @summary: one line
 * @body: plain text; what would be mark-up in it is escaped here
 * @e: EX_UNAVAILABLE: no bus, or nobody there who shows it
 */
int desktop_notify(const char *summary, const char *body, struct sim_err *e);

/**
 * notify_due() - which places have something to be said about now
 * @held: the rows of `held list --json`
 * @told: what was said before: {"PLACE": {"newest": N, "stage": N}}; brought up
 *	to date: places where nothing is held any more go
 * @now: seconds since the epoch
 *
 * Return: array of {"replica", "deletes", "edits", "emptied", "refills", "again"}; NULL: no
 * memory.
 */
json_t *notify_due(json_t *held, json_t *told, int64_t now);

/**
 * notify_tell() - say what is due, remember that it was said
 * @held: as above
 * @file: what was said before, and will be; a broken one is begun anew
 * @now: seconds since the epoch
 * @e: EX_CANTCREAT: @file cannot be written; it was said all the same
 *
 * Return: how many were said, -1.
 */
int notify_tell(json_t *held, const char *file, int64_t now,
		struct sim_err *e);

/** notify_pass() - ask the broker what is held, and say it; errors are noted */
void notify_pass(struct client *cl);

#endif
