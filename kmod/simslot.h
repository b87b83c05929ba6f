/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simslot.h - the core's side towards its drivers, and the core's own parts
 *
 * A driver is an ops table and a few calls: it registers a slot, tells edges
 * of its card-detect line (or, where a process knows, tells what happened) and
 * carries commands. The core does everything else: lifetime, states, identity,
 * epochs, events and user space.
 *
 * One work item per slot runs every operation of the ops table but @cancel,
 * one after the other. Whatever wants something of the card queues it there
 * and waits elsewhere: nothing that user space or netlink calls ever blocks
 * on a card while holding a lock.
 */
#ifndef SIMSLOT_H
#define SIMSLOT_H

#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "apdu.h"
#include "uapi/linux/simslot.h"

#define SIMSLOT_SLOTS		256	/* minors */
#define SIMSLOT_EF_ICCID_LEN	10
#define SIMSLOT_DETAIL_MAX	256	/* sync_detail with its NUL */
#define SIMSLOT_TIMEOUT_MS	60000	/* of a command, unless SET_TIMEOUT */

struct simslot;

/* How a card is activated. */
enum simslot_how {
	SIMSLOT_COLD,
	SIMSLOT_WARM,
	SIMSLOT_ON,	/* after POWER 0 */
	SIMSLOT_SOFT,	/* no electrical reset; never reaches a driver */
};

/**
 * struct simslot_card - what an activation found
 * @atr: answer to reset, direct convention
 * @atr_len: bytes in @atr
 * @protocol: 0 or 1
 * @reason: why there is no usable card
 * @baud: bits per second on the wire, 0 where there is none
 * @millivolt: of VCC, 0 when not known
 */
struct simslot_card {
	u8 atr[SIMSLOT_ATR_MAX];
	u8 atr_len;
	u8 protocol;
	u8 reason;
	u32 baud;
	u32 millivolt;
};

/**
 * struct simslot_xfer - one command TPDU or APDU and its response
 * @channel: logical channel, already coded in @cmd; 0xff: the class byte's
 * @cmd: command
 * @len: its length
 * @resp: room for data and status
 * @max: how much, at least 2
 * @timeout_ms: how long it may take in all
 * @reason: out: what went wrong, for card-error
 */
struct simslot_xfer {
	u8 channel;
	const u8 *cmd;
	size_t len;
	u8 *resp;
	size_t max;
	unsigned int timeout_ms;
	u8 reason;
};

/**
 * struct simslot_ops - a driver
 * @activate: make the card answer; fills the struct simslot_card. Return 0, or
 *	-EHOSTDOWN with its @reason
 * @deactivate: take the power away. Optional
 * @transceive: one exchange. Return the length of the response (at least 2),
 *	-ETIMEDOUT (surely not executed), -EREMOTEIO (outcome unknown), or
 *	another errno for a command that was not sent
 * @open: open a logical channel and SELECT, where MANAGE CHANNEL is not ours.
 *	Fills channel, resp, resp_len and sw. Optional
 * @close: close that channel. Optional, goes with @open
 * @identify: EF_ICCID's bytes, where reading it is not ours; return their
 *	number, 0: none. Optional
 * @present: level of the card-detect line. Optional: there is always a card,
 *	or simslot_inserted() tells
 * @cancel: wake up whatever another of these waits for: simslot_stopping() or
 *	simslot_cancelled() has changed. Called while they run. Optional
 *
 * All but @cancel are called from the slot's work item, never two at a time.
 */
struct simslot_ops {
	int (*activate)(struct simslot *slot, enum simslot_how how,
			struct simslot_card *card);
	void (*deactivate)(struct simslot *slot);
	int (*transceive)(struct simslot *slot, struct simslot_xfer *xfer);
	int (*open)(struct simslot *slot, struct simslot_channel *ch);
	int (*close)(struct simslot *slot, unsigned int channel);
	int (*identify)(struct simslot *slot, u8 ef[SIMSLOT_EF_ICCID_LEN]);
	int (*present)(struct simslot *slot);
	void (*cancel)(struct simslot *slot);
};

enum simslot_op {
	SIMSLOT_OP_APDU,
	SIMSLOT_OP_OPEN,
	SIMSLOT_OP_CLOSE,
	SIMSLOT_OP_RESET,
	SIMSLOT_OP_POWER,
	SIMSLOT_OP_IDENTIFY,
};

/**
 * struct simslot_job - something a file wants of the card
 * @node: in the slot's @jobs
 * @ref: the file's and the queue's
 * @file: who wants it; a reference
 * @op: enum simslot_op
 * @arg: of RESET and POWER
 * @raw: no channel coding, no chaining
 * @cancelled: nobody waits for the result any more
 * @finished: @result holds; written under the slot's lock
 * @channel: of APDU
 * @epoch: the epoch it is meant for
 * @deadline: CLOCK_BOOTTIME in ns after which it is not sent any more
 * @ch: of OPEN
 * @cmd: command
 * @len: its length
 * @resp: response
 * @max: room in @resp
 * @result: length of the response, 0, or -errno
 * @done: completed with @finished
 */
struct simslot_job {
	struct list_head node;
	struct kref ref;
	struct simslot_file *file;
	enum simslot_op op;
	u32 arg;
	bool raw;
	bool cancelled;
	bool finished;
	u8 channel;
	u64 epoch;
	u64 deadline;
	struct simslot_channel ch;
	u8 *cmd;
	size_t len;
	u8 *resp;
	size_t max;
	int result;
	struct completion done;
};

/**
 * struct simslot_file - one open file of /dev/simslotN: one client
 * @ref: the open file's and its jobs'
 * @slot: a reference to its device
 * @call: one read or write at a time
 * @job: command in flight or answered and not read; under the slot's lock
 * @closing: job of release(), so that close never needs memory
 * @epoch: the epoch @channel belongs to
 * @sent: commands of this file in @sent_epoch
 * @sent_epoch: see @sent
 * @timeout_ms: per command
 * @channel: logical channel or SIMSLOT_NO_CHANNEL
 * @raw: raw mode
 * @monitor: @channel is the basic one for proactive commands only
 * @broken: its transaction was ended by others and it has not heard yet
 */
struct simslot_file {
	struct kref ref;
	struct simslot *slot;
	struct mutex call; /* see @call */
	struct simslot_job *job;
	struct simslot_job *closing;
	u64 epoch;
	u64 sent;
	u64 sent_epoch;
	u32 timeout_ms;
	u8 channel;
	bool raw;
	bool monitor;
	bool broken;
};

/* What a driver that knows more than a line tells, in order. */
enum simslot_input_type {
	SIMSLOT_IN_INSERT,
	SIMSLOT_IN_REMOVE,
	SIMSLOT_IN_IDENTITY,
	SIMSLOT_IN_MUTE,
	SIMSLOT_IN_RESET,
};

/* How far runtime PM is with a card. */
enum simslot_rest {
	SIMSLOT_AWAKE,
	SIMSLOT_REST_WANTED,	/* nobody uses it */
	SIMSLOT_RESTS,		/* ready, but without power */
	SIMSLOT_REST_OVER,	/* somebody wants to use it */
};

struct simslot_input {
	struct list_head node;
	enum simslot_input_type type;
	u8 len;
	u8 data[SIMSLOT_ATR_MAX];
};

/**
 * struct simslot - one slot
 * @dev: of class simslot; everything lives as long as it does
 * @cdev: /dev/simslotN
 * @index: N
 * @priv: the driver's
 * @name: shown as ``driver``
 * @caps: SIMSLOT_CAP_*, set before registration
 * @debounce_ms: how long card-detect must be stable
 * @soldered: the card cannot be removed: it always stayed in
 * @ops_lock: keeps @ops from going while @cancel is called
 * @ops: NULL once the driver is gone
 * @work: runs the card; see the top of this file
 * @settle: debounce; queues @work
 * @lock: protects everything from here to @event_lock
 * @gone: unregistered, or not registered yet
 * @suspended: the system sleeps: leave the card alone
 * @resumed: it has woken up: look at the card
 * @settled: the debounce time has passed
 * @removed: a removal lasted the debounce time, whatever the line says now
 * @rest: of a card that nobody uses; see power.c
 * @in_flight: job being done
 * @jobs: jobs waiting
 * @inputs: struct simslot_input waiting
 * @edges: whatever could have been a change of cards; not kept: no proof
 * @away_since: CLOCK_BOOTTIME of the first edge of a removal; 0: none
 * @state: enum simslot_state
 * @reason: enum simslot_reason
 * @event: last enum simslot_event
 * @seq: its number
 * @epoch: counts activations and identity changes
 * @card: the present card
 * @iccid: digits, or empty
 * @holder: file with the transaction
 * @lease: CLOCK_BOOTTIME in ns when it ends
 * @monitor: file with SIMSLOT_CHANNEL_MONITOR
 * @sent: commands in this epoch
 * @insertions: statistics
 * @removals: statistics
 * @profile_switches: statistics
 * @errors: statistics
 * @sync_state: index of its name
 * @sync_detail: printable line
 * @event_lock: one event at a time, in the order of @seq
 * @wait: everyone who waits for anything of this slot
 * @waiting: work only: ATR is there, the driver has yet to tell the identity
 * @known: work only: @last is this insertion's identity
 * @last: work only: last identity read in this insertion
 * @last_edges: work only: @edges when it was read
 * @fault: work only: enum simslot_reason: the card needs a reset
 * @sw: work only: last proactive status, 0 when none is pending
 * @x: work only: exchange under way
 */
struct simslot {
	struct device dev;
	struct cdev cdev;
	u32 index;
	void *priv;
	char name[16];
	u32 caps;
	unsigned int debounce_ms;
	bool soldered;

	struct rw_semaphore ops_lock; /* see @ops_lock */
	const struct simslot_ops *ops;
	struct work_struct work;
	struct hrtimer settle;

	spinlock_t lock; /* see @lock */
	bool gone;
	bool suspended;
	bool resumed;
	bool settled;
	bool removed;
	enum simslot_rest rest;
	struct simslot_job *in_flight;
	struct list_head jobs;
	struct list_head inputs;
	u64 edges;
	u64 away_since;
	u32 state;
	u32 reason;
	u32 event;
	u64 seq;
	u64 epoch;
	struct simslot_card card;
	char iccid[SIMSLOT_ICCID_LEN];
	struct simslot_file *holder;
	u64 lease;
	struct simslot_file *monitor;
	u64 sent;
	u64 insertions;
	u64 removals;
	u64 profile_switches;
	u64 errors;
	unsigned int sync_state;
	char sync_detail[SIMSLOT_DETAIL_MAX];

	struct mutex event_lock; /* see @event_lock */
	wait_queue_head_t wait;

	bool waiting;
	bool known;
	char last[SIMSLOT_ICCID_LEN];
	u64 last_edges;
	u8 fault;
	u16 sw;
	struct apdu_exchange x;
};

#define to_simslot(d)	container_of(d, struct simslot, dev)

/* ---- for drivers ---------------------------------------------------------- */

struct simslot *simslot_alloc(struct device *parent,
			      const struct simslot_ops *ops, const char *name,
			      u32 caps, void *priv);
int simslot_register(struct simslot *slot);
void simslot_unregister(struct simslot *slot);
void simslot_free(struct simslot *slot);
void simslot_edge(struct simslot *slot, bool present);
void simslot_set_card_detect(struct simslot *slot, bool wired);
bool simslot_stopping(struct simslot *slot);
bool simslot_cancelled(struct simslot *slot);
int simslot_tell(struct simslot *slot, enum simslot_input_type type,
		 const u8 *data, size_t len);

/* ---- between the core's own files ----------------------------------------- */

extern struct class simslot_class;
extern const struct attribute_group *simslot_groups[];
extern const struct file_operations simslot_fops;

/* core.c */
void simslot_lock(struct simslot *slot) __acquires(&slot->lock);
void simslot_unlock(struct simslot *slot) __releases(&slot->lock);
struct simslot *simslot_get(unsigned int index);
struct simslot *simslot_get_next(unsigned long *index);
unsigned int simslot_generation(void);
void simslot_cancel(struct simslot *slot);
void simslot_kick(struct simslot *slot);
void simslot_event(struct simslot *slot, enum simslot_event event, u32 extra);
const char *simslot_event_name(u32 event);
const char *simslot_state_name(u32 state);

/* input.c */
enum hrtimer_restart simslot_debounced(struct hrtimer *timer);

/* power.c */
extern const struct dev_pm_ops simslot_pm;
void simslot_rest(struct simslot *slot);
void simslot_use(struct simslot *slot);
void simslot_unuse(struct simslot *slot);
void simslot_used(struct simslot *slot);
void simslot_pm_begin(struct simslot *slot);
void simslot_pm_end(struct simslot *slot);

/* card.c */
void simslot_wake(struct simslot *slot);
u32 simslot_state(struct simslot *slot);
int simslot_state_error(const struct simslot *slot);
void simslot_cycle(struct simslot *slot, enum simslot_how how);
void simslot_look(struct simslot *slot, bool was_away);
void simslot_resumed(struct simslot *slot, bool was_away);
void simslot_told(struct simslot *slot, const struct simslot_input *in);

/* jobs.c */
void simslot_work(struct work_struct *work);
bool simslot_submit(struct simslot *slot, struct simslot_job *job);
void simslot_withdraw(struct simslot *slot, struct simslot_job *job);
void simslot_job_put(struct simslot_job *job);
void simslot_fail_all(struct simslot *slot);

/* exchange.c */
int simslot_exchange(struct simslot *slot, struct simslot_job *job);
int simslot_channel_open(struct simslot *slot, struct simslot_channel *ch);
void simslot_channel_close(struct simslot *slot, unsigned int channel);
int simslot_identify(struct simslot *slot, char text[SIMSLOT_ICCID_LEN]);
bool simslot_reads_identity(const struct simslot *slot);

/* identity.c */
void simslot_iccid_text(char text[SIMSLOT_ICCID_LEN], const u8 *ef, size_t len);

/* chardev.c */
void simslot_file_put(struct simslot_file *file);

/* netlink.c */
int simslot_netlink_init(void);
void simslot_netlink_exit(void);

/**
 * struct simslot_notice - an event on its way
 * @event: enum simslot_event
 * @state: enum simslot_state
 * @reason: enum simslot_reason
 * @extra: card-reset: no electrical reset; proactive: SW
 * @index: N of simslotN
 * @seq: per slot
 * @epoch: of the slot
 * @time: CLOCK_BOOTTIME in ns
 */
struct simslot_notice {
	u32 event;
	u32 state;
	u32 reason;
	u32 extra;
	u32 index;
	u64 seq;
	u64 epoch;
	u64 time;
};

void simslot_netlink_event(const struct simslot_notice *notice);

#endif
