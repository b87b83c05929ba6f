/* SPDX-License-Identifier: MIT */
/*
 * channel.h - an APDU channel: all that card/ knows of the way to a card
 *
 * Implementations: card/devchannel.c (/dev/simslotN, a descriptor the broker
 * passed) and the unit tests' direct link to the software card.
 */
#ifndef SIMSYNC_CHANNEL_H
#define SIMSYNC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "model/err.h"

struct sim_channel;

/* What went wrong below the APDU, for callers that act on it. */
enum sim_chan_fault {
	SIM_CHAN_OK,
	SIM_CHAN_AWAY,		/* no card, slot gone, mute, powered off */
	SIM_CHAN_STALE,		/* identity or activation changed: start over */
	SIM_CHAN_UNKNOWN,	/* sent, outcome unknown */
	SIM_CHAN_ERROR,		/* anything else; not executed */
};

/**
 * struct sim_channel_ops - one logical channel to one card
 * @transmit: send command APDU @cmd (@len bytes, class without channel bits),
 *	store response data and SW1 SW2 in @resp (@max bytes room, at least 258),
 *	length in @got. Status chaining (61, 6C, 9F) is done below.
 * @open: (re)open the channel and SELECT @aid (@aid_len 0: none); response data
 *	plus SW in @resp like transmit. Ends any old channel of this client.
 * @begin: keep others out for @ms milliseconds (0: end). May be NULL.
 * @reset: cold reset of the card. May be NULL.
 * @look: bring @epoch, @era and @others up to date; no APDU. May be NULL:
 *	nothing is known of others then. Also @iccid.
 * @identify: after a REFRESH without an electrical reset: the slot reads the
 *	card's identity anew, the epoch moves. May be NULL.
 * @monitor: instead of a channel of our own, channel 0 for the proactive
 *	session only. Where we are the terminal; may be NULL.
 * @expect: we switch profiles ourselves: @open also takes the identity @iccid
 *	("": none) then; any other than the one granted ends in SIM_CHAN_STALE.
 *	May be NULL.
 * @close: release
 */
struct sim_channel_ops {
	int (*transmit)(struct sim_channel *c, const uint8_t *cmd, size_t len,
			uint8_t *resp, size_t max, size_t *got,
			struct sim_err *e);
	int (*open)(struct sim_channel *c, const uint8_t *aid, size_t aid_len,
		    uint8_t *resp, size_t max, size_t *got, struct sim_err *e);
	int (*begin)(struct sim_channel *c, unsigned int ms, struct sim_err *e);
	int (*reset)(struct sim_channel *c, struct sim_err *e);
	int (*look)(struct sim_channel *c, struct sim_err *e);
	int (*identify)(struct sim_channel *c, struct sim_err *e);
	int (*monitor)(struct sim_channel *c, struct sim_err *e);
	void (*expect)(struct sim_channel *c, const char *iccid);
	void (*close)(struct sim_channel *c);
};

/**
 * struct sim_channel - common part; implementations embed it first
 * @ops: implementation
 * @fault: set by a failing transmit or open
 * @parity: the line detects errors (changed records need no second read)
 * @terminal: the slot says we are the terminal
 * @iccid: identity the slot knows, digits, or empty
 * @epoch: epoch the channel belongs to
 * @era: names this activation of this slot among all there ever were, also
 *	over reboots; 0 unknown
 * @others: commands that others sent in this activation; see @look
 * @sent: commands of ours in it, as the slot counts them
 * @apdus: commands sent so far (for figures)
 * @bytes: bytes of commands and responses so far
 */
struct sim_channel {
	const struct sim_channel_ops *ops;
	enum sim_chan_fault fault;
	int parity;
	int terminal;
	char iccid[21];
	uint64_t epoch;
	uint64_t era;
	uint64_t others;
	uint64_t sent;
	uint64_t apdus;
	uint64_t bytes;
};

/** sim_channel_dev() - channel on an open /dev/simslotN; takes @fd over. */
struct sim_channel *sim_channel_dev(int fd, struct sim_err *e);

#endif
