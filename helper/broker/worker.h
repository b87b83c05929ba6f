/* SPDX-License-Identifier: MIT */
/*
 * worker.h - the process that reads cards, talks to servers and parses
 *
 * The broker executes itself as `simsync worker`, as user simsync, with these
 * descriptors and no others:
 *
 *	0, 1, 2   the command line's
 *	3         socket to the broker
 *	4 ...     granted slots, in the order of START's "fd"
 */
#ifndef SIMSYNC_WORKER_H
#define SIMSYNC_WORKER_H

#include <sys/types.h>

#include "broker/broker.h"

#define WORKER_SOCKET	  3
#define WORKER_FIRST_SLOT 4

/**
 * worker_home() - the owner's state folder, made when missing
 * @p: where the owners' folders are
 * @owner: whose
 * @path: out: its path, NUL-terminated
 * @size: bytes of @path
 * @e: EX_CONFIG, EX_CANTCREAT, EX_OSERR, EX_NOUSER: no user of the worker's
 *	name
 *
 * <lib>/<uid>, mode 0700, the worker's; nobody else reads contacts there.
 */
int worker_home(const struct broker_paths *p, uid_t owner, char *path,
		size_t size, struct sim_err *e);

/**
 * worker_start() - fork, drop, execute
 * @p: names the worker's user
 * @home: state folder, or NULL
 * @stdio: three descriptors
 * @slot: granted slots' descriptors
 * @nslot: how many descriptors are in @slot
 * @pid: out
 * @e: EX_OSERR, EX_NOUSER; EX_CONFIG: the worker's user is root;
 *	EX_SOFTWARE: more than SLOTS_MAX slots
 *
 * Return: the broker's end of the socket, or -1.
 */
int worker_start(const struct broker_paths *p, const char *home,
		 const int stdio[3], const int *slot, size_t nslot, pid_t *pid,
		 struct sim_err *e);

#endif
