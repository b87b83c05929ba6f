/* SPDX-License-Identifier: MIT */
/*
 * wire.h - an APDU channel to a software card that another process holds
 *
 * The card outlives whoever talks to it, as a real one does.
 */
#ifndef TESTS_CRASH_WIRE_H
#define TESTS_CRASH_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "card/channel.h"
#include "card/uicc.h"
#include "crash/points.h"

/**
 * struct slot - a card, and what has become of it
 * @u: the card
 * @era: of this activation
 * @sent: commands executed in this activation
 * @away: it was pulled
 */
struct slot {
	struct uicc *u;
	uint64_t era;
	uint64_t sent;
	bool away;
};

/** wire_channel() - channel over @fd, the client's end of a socketpair */
struct sim_channel *wire_channel(int fd, struct sim_err *e);

/**
 * wire_serve() - be the card for process @pid until it ends
 * @fd: the card's end
 * @p: points; POINT_APDU kills the process, POINT_PULL takes the card out
 *
 * Return: its status as of waitpid(2).
 */
int wire_serve(struct slot *s, int fd, pid_t pid, struct points *p);

#endif
