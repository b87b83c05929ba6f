/* SPDX-License-Identifier: MIT */
/*
 * slots.h - what slots there are: generic netlink family "simslot", the class
 * directory in sysfs, and the device nodes
 */
#ifndef SIMSYNC_SLOTS_H
#define SIMSYNC_SLOTS_H

#include <linux/simslot.h>
#include <stdint.h>

#include "broker/broker.h"

#define SLOTS_MAX 64

/**
 * struct slot - one slot as it is now
 * @index: N of simslotN
 * @state: enum simslot_state
 * @reason: enum simslot_reason
 * @caps: SIMSLOT_CAP_*
 * @seq: of its last event
 * @epoch: of its card
 * @iccid: digits, "" when there is none
 * @driver: name
 */
struct slot {
	uint32_t index;
	uint32_t state;
	uint32_t reason;
	uint32_t caps;
	uint64_t seq;
	uint64_t epoch;
	char iccid[SIMSLOT_ICCID_LEN];
	char driver[32];
};

struct slots {
	struct slot slot[SLOTS_MAX];
	size_t n;
};

struct slots_event {
	struct slot slot; /* index, seq, epoch, state, reason */
	uint32_t event;
	uint64_t time_ns;
};

/**
 * slots_dump() - ask the kernel
 * @s: filled, in the order of the slots' numbers
 * @e: EX_OSERR
 *
 * No module, no slots: that is an answer (0, @s->n == 0), not an error. An
 * interrupted dump is repeated.
 */
int slots_dump(struct slots *s, struct sim_err *e);

struct nlmsghdr;
/**
 * slots_parse() - take a message of the family apart
 * @h: whole message; what it says of its own length must be there
 * @ev: filled; event 0: an answer of GET
 *
 * Return: 0, -1 when it is none.
 */
int slots_parse(struct nlmsghdr *h, struct slots_event *ev);

/** slots_listen() - socket of the group "events"; -1 with @e */
struct nl_sock *slots_listen(struct sim_err *e);
/** slots_fd() - for poll(); slots_next() does not wait from now on */
int slots_fd(struct nl_sock *sk);
/**
 * slots_next() - wait for one event
 * @sk: of slots_listen()
 * @ev: filled when 1 is returned
 * @e: EX_OSERR
 *
 * Return: 1, 0 events were lost (dump), 2 none there (after slots_fd()), -1.
 */
int slots_next(struct nl_sock *sk, struct slots_event *ev, struct sim_err *e);
void slots_close(struct nl_sock *sk);

/**
 * slot_open() - open the card for a worker
 * @p: where the device nodes are
 * @s: slot as the decision was made about it
 * @e: EX_TEMPFAIL: another card now; EX_NOINPUT, EX_IOERR
 *
 * The identity is asked again on the descriptor itself: where it differs from
 * @s the card has changed since, and nothing is handed out (EX_TEMPFAIL).
 *
 * Return: descriptor, close-on-exec, or -1.
 */
int slot_open(const struct broker_paths *p, const struct slot *s,
	      struct sim_err *e);

const char *slot_state_name(uint32_t state);
const char *slot_event_name(uint32_t event);
/** slot_reason_text() - a phrase: "no answer to reset at any voltage" */
const char *slot_reason_text(uint32_t reason);

/* ---- state.c ------------------------------------------------------------ */

/** sync_word_ok() - one of the words sync_state takes */
bool sync_word_ok(const char *word);

/**
 * slot_say() - write sync_detail, then sync_state
 * @p: where the class directory is
 * @index: N of simslotN
 * @word: see sync_word_ok()
 * @line: cut to what the attribute takes and made printable
 * @e: EX_OSERR; EX_SOFTWARE: no such word
 *
 * A slot that is gone is no error.
 */
int slot_say(const struct broker_paths *p, uint32_t index, const char *word,
	     const char *line, struct sim_err *e);
/** slot_said() - what the attributes hold now; "" where they cannot be read */
void slot_said(const struct broker_paths *p, uint32_t index, char word[32],
	       char line[256]);

#endif
