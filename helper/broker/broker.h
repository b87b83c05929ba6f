/* SPDX-License-Identifier: MIT */
/*
 * broker.h - all of simsync that runs as root
 *
 * server.c accepts and forks a session per connection and hands out the run,
 * one at a time, first come first served. session.c asks who is there, asks
 * PAM, decides with grants.c what the command gets, starts the worker and
 * relays between it and the person. Nothing here parses a card, a contact or
 * an answer of a server.
 */
#ifndef SIMSYNC_BROKER_H
#define SIMSYNC_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/err.h"

/**
 * struct broker_paths - where things are; one set in use, another in tests
 * @conf: the administrator's configuration
 * @rules: rules.conf, of which one word is the broker's: `unknown-card'
 * @run: forgotten at power-off: socket, token, "unlocked"
 * @lib: kept: enrolled cards (root only), one folder per owner (worker only)
 * @sys: class directory of the slots
 * @dev: device nodes
 * @pam: PAM service
 * @user: the worker's user
 */
struct broker_paths {
	const char *conf;
	const char *rules;
	const char *run;
	const char *lib;
	const char *sys;
	const char *dev;
	const char *pam;
	const char *user;
};

extern const struct broker_paths broker_paths;

#define BROKER_NOBODY ((uid_t)-1)
#define CONF_POLL_MINUTES 30

/**
 * struct broker_conf - simsync.conf(5), and the owner
 * @owner: the phone's owner, BROKER_NOBODY when not known yet
 * @strict: ask at each insertion
 * @unknown: what to do with a card that was never enrolled, as enrolled cards
 *	have it: "pull", "fill", "ignore"; "": ask
 * @poll_minutes: how long the monitor lets a server go unasked; 0: for ever
 */
struct broker_conf {
	uid_t owner;
	bool strict;
	char unknown[8];
	int poll_minutes;
};

/**
 * conf_load() - read the configuration and who owns the phone
 * @p: where the files are
 * @c: filled; without an owner on file: BROKER_NOBODY
 * @e: EX_CONFIG with the file and the line
 *
 * A missing file is an empty one; a broken one is an error with its line, and
 * nothing is granted.
 */
int conf_load(const struct broker_paths *p, struct broker_conf *c,
	      struct sim_err *e);
/** conf_own() - the first to enroll a card becomes the owner; kept in @lib */
int conf_own(const struct broker_paths *p, uid_t uid, struct sim_err *e);

/**
 * broker_serve() - listen (on systemd's socket or our own) until SIGTERM
 * @p: where socket, token and folders are
 * @idle_s: end after so many seconds without a connection; 0: never
 * @e: filled when it could not start
 *
 * Return: exit code, -1 when it could not start.
 */
int broker_serve(const struct broker_paths *p, int idle_s, struct sim_err *e);

/** broker_main() - `simsync broker`; returns an exit code */
int broker_main(int argc, char **argv);

/** session_main() - serve one connection; returns an exit code
 * @cli: connection of the command line, or -1 for a run of the broker's own
 * @up: socket to the broker (IPC_LOCK, IPC_KICK)
 * @why: of a run of the broker's own
 */
int session_main(const struct broker_paths *p, int cli, int up, const char *why);

#endif
