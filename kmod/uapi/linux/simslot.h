/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * simslot: SIM slots of a handset - user space interface
 *
 * Three doors, each for one purpose:
 *
 *  - generic netlink family "simslot": what slots there are and what happens
 *    to them. Spec: docs/netlink/simslot.yaml. Never carries an APDU, never
 *    blocks, and names an identity only to CAP_NET_ADMIN in the initial
 *    user namespace.
 *  - /dev/simslotN: APDUs. One open file is one client: write() one command
 *    APDU, poll(), read() one response (data followed by SW1 SW2).
 *  - /dev/simslot-proxy: a slot served by a process.
 *
 * Example, reading EF_ICCID through a logical channel of the file's own:
 *
 *	fd = open("/dev/simslot0", O_RDWR);
 *	struct simslot_channel ch = { .p2 = 0x0c };
 *	ioctl(fd, SIMSLOT_IOC_CHANNEL_OPEN, &ch);
 *	write(fd, "\x00\xa4\x00\x04\x02\x2f\xe2", 7);
 *	n = read(fd, buf, sizeof(buf));
 *
 * The class byte's channel bits are coded by the kernel (TS 102 221 10.1.1,
 * channels 0-3 and 4-19); the client always writes them as zero.
 *
 * Error numbers of write(), read() and the ioctls, each with one meaning:
 *
 *	ENODEV      the slot itself is gone (driver unbound)
 *	ENOMEDIUM   no card in the slot
 *	EHOSTDOWN   a card is there but mute (no usable ATR)
 *	ESHUTDOWN   the card is powered off by POWER
 *	EAGAIN      O_NONBLOCK: nothing to read yet; or activation under way
 *	ESTALE      epoch moved on: reopen the channel (CHANNEL_OPEN)
 *	EBUSY       another file's transaction, or this file's command, is running
 *	ETIMEDOUT   the command was not sent in time: it was surely not executed
 *	EREMOTEIO   outcome unknown: sent, but the answer never came whole
 *	ECANCELED   the transaction was broken by an administrator or its lease ended
 *	EOPNOTSUPP  the slot's capabilities do not include this
 *	EPERM       raw mode or channel 0 without the exclusive transaction, or a
 *	            command that is not the client's (MANAGE CHANNEL)
 *	ENOTCONN    the file has no channel: CHANNEL_OPEN first
 *	EMSGSIZE    response longer than the buffer: nothing consumed, read again
 *	EINVAL      not an APDU, or a field out of range
 *	EINTR       a signal came; what the ioctl had not begun is not done
 */
#ifndef _UAPI_LINUX_SIMSLOT_H
#define _UAPI_LINUX_SIMSLOT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* ---- generic netlink ---------------------------------------------------- */

#define SIMSLOT_FAMILY_NAME	"simslot"
#define SIMSLOT_FAMILY_VERSION	1
#define SIMSLOT_MCGRP_EVENTS	"events"

/* A command per line of the spec; values start at 1. */
enum {
	SIMSLOT_CMD_GET = 1,	/* do: one slot by SLOT; dump: all of them */
	SIMSLOT_CMD_EVENT,	/* notification on group "events" */

	__SIMSLOT_CMD_MAX,
	SIMSLOT_CMD_MAX = (__SIMSLOT_CMD_MAX - 1)
};

enum {
	SIMSLOT_A_SLOT = 1,	/* u32, N of simslotN */
	SIMSLOT_A_PAD,
	SIMSLOT_A_EVENT,	/* u32, enum simslot_event */
	SIMSLOT_A_SEQ,		/* u64, per slot; a gap means: dump again */
	SIMSLOT_A_EPOCH,	/* u64, counts activations and identity changes */
	SIMSLOT_A_TIME,		/* u64, nanoseconds of CLOCK_BOOTTIME */
	SIMSLOT_A_STATE,	/* u32, enum simslot_state */
	SIMSLOT_A_REASON,	/* u32, enum simslot_reason, where not NONE */
	SIMSLOT_A_CAPS,		/* u32, SIMSLOT_CAP_* (GET only) */
	SIMSLOT_A_DRIVER,	/* string (GET only) */
	SIMSLOT_A_ATR,		/* binary, at most 33 bytes (GET only) */
	SIMSLOT_A_PROTOCOL,	/* u32, 0 or 1 (GET only, while ready) */
	SIMSLOT_A_ICCID,	/* string (GET, CAP_NET_ADMIN only) */
	SIMSLOT_A_SOFT,		/* flag: no electrical reset (card-reset) */
	SIMSLOT_A_SW,		/* u32, 0x91xx (proactive) */

	__SIMSLOT_A_MAX,
	SIMSLOT_A_MAX = (__SIMSLOT_A_MAX - 1)
};

/**
 * enum simslot_state - what the slot is doing (sysfs ``state``)
 * @SIMSLOT_EMPTY: no card
 * @SIMSLOT_ACTIVATING: card seen; power, ATR, PPS or identity under way
 * @SIMSLOT_READY: ATR and identity are known; APDUs are taken
 * @SIMSLOT_MUTE: a card that gives no usable ATR; see enum simslot_reason
 * @SIMSLOT_OFF: powered off by POWER
 */
enum simslot_state {
	SIMSLOT_EMPTY,
	SIMSLOT_ACTIVATING,
	SIMSLOT_READY,
	SIMSLOT_MUTE,
	SIMSLOT_OFF,
};

/* Names in sysfs and uevents are these, lower case, with '-' for '_'. */
enum simslot_event {
	SIMSLOT_EV_SLOT_ADDED = 1,
	SIMSLOT_EV_SLOT_REMOVED,
	SIMSLOT_EV_CARD_INSERTED,
	SIMSLOT_EV_CARD_READY,
	SIMSLOT_EV_CARD_REMOVED,
	SIMSLOT_EV_CARD_MUTE,
	SIMSLOT_EV_CARD_ERROR,
	SIMSLOT_EV_CARD_RESET,
	SIMSLOT_EV_PROFILE_SWITCHED,
	SIMSLOT_EV_CARD_CHANGED,
	SIMSLOT_EV_PROACTIVE,
	SIMSLOT_EV_SYNC_CHANGED,
};

/* Why a card is mute, or what card-error was about. */
enum simslot_reason {
	SIMSLOT_REASON_NONE,
	SIMSLOT_REASON_NO_ATR,		/* silence at every class */
	SIMSLOT_REASON_BAD_ATR,		/* three corrupt ATRs */
	SIMSLOT_REASON_VOLTAGE,		/* no class that card and slot share */
	SIMSLOT_REASON_PROTOCOL,	/* neither T=0 nor T=1, or PPS failed */
	SIMSLOT_REASON_TIMEOUT,		/* silence within an APDU */
	SIMSLOT_REASON_NULLS,		/* NULL procedure bytes without end */
	SIMSLOT_REASON_GARBAGE,		/* bytes that no standard allows */
};

/* ---- /dev/simslotN ------------------------------------------------------ */

#define SIMSLOT_CAP_POWER	0x01 /* POWER works */
#define SIMSLOT_CAP_RESET	0x02 /* RESET works */
#define SIMSLOT_CAP_CHANNEL0	0x04 /* the basic channel can be had */
#define SIMSLOT_CAP_TERMINAL	0x08 /* TERMINAL PROFILE, FETCH are ours */
#define SIMSLOT_CAP_CARD_DETECT	0x10 /* insertion is seen by a line */
#define SIMSLOT_CAP_PROXIED	0x20 /* a process speaks for the card */
#define SIMSLOT_CAP_VIRTUAL	0x40 /* provider says: an eUICC profile */
#define SIMSLOT_CAP_PARITY	0x80 /* line errors are detected (else re-read) */

#define SIMSLOT_ATR_MAX		33
#define SIMSLOT_ICCID_LEN	21	/* 20 digits and NUL */
#define SIMSLOT_APDU_MAX	65544	/* extended command or response */
#define SIMSLOT_NO_CHANNEL	0xff

/**
 * struct simslot_info - SIMSLOT_IOC_INFO
 * @index: N of simslotN
 * @state: enum simslot_state
 * @reason: enum simslot_reason
 * @caps: SIMSLOT_CAP_* bits
 * @epoch: counts activations and identity changes
 * @seq: sequence number of the last event
 * @others: command APDUs sent by other files in this epoch
 * @protocol: T=, 0 or 1; meaningful while ready
 * @baud: current bits per second on the wire; 0 where there is no wire
 * @channel: this file's channel, or SIMSLOT_NO_CHANNEL
 * @stale: non-zero when the file's channel belongs to an older epoch
 * @atr_len: length of @atr in bytes
 * @atr: answer to reset, TS first
 * @iccid: digits, NUL-terminated; empty: the card has no identity now
 * @reserved: zero
 */
struct simslot_info {
	__u32 index;
	__u32 state;
	__u32 reason;
	__u32 caps;
	__u64 epoch;
	__u64 seq;
	__u64 others;
	__u32 protocol;
	__u32 baud;
	__u8 channel;
	__u8 stale;
	__u8 atr_len;
	__u8 atr[SIMSLOT_ATR_MAX];
	char iccid[SIMSLOT_ICCID_LEN];
	__u8 reserved[7];
};

#define SIMSLOT_CHANNEL_BASIC	0x01 /* channel 0; exclusive files only */
/*
 * Channel 0 for the proactive session, without a transaction: STATUS, FETCH,
 * TERMINAL CAPABILITY, TERMINAL PROFILE, TERMINAL RESPONSE and ENVELOPE only.
 * Needs SIMSLOT_CAP_TERMINAL; one file of a slot at a time (EBUSY).
 */
#define SIMSLOT_CHANNEL_MONITOR	0x02

/**
 * struct simslot_channel - SIMSLOT_IOC_CHANNEL_OPEN
 * @flags: SIMSLOT_CHANNEL_*
 * @p2: P2 of the SELECT by AID (04 FCP wanted, 0C nothing)
 * @aid_len: 0 (open without SELECT) or 5 to 16
 * @aid: application identifier
 * @channel: out: the channel's number
 * @reserved: zero
 * @sw: out: status of the last command, 0 when none was sent
 * @resp_len: out: bytes in @resp
 * @resp: out: response data of SELECT
 * @pad: zero
 *
 * A file has at most one channel. Opening again closes the old one and takes
 * up the present epoch. A card's refusal is not an error of the ioctl: it
 * returns 0 with @sw telling and @channel SIMSLOT_NO_CHANNEL.
 */
struct simslot_channel {
	__u32 flags;
	__u8 p2;
	__u8 aid_len;
	__u8 aid[16];
	__u8 channel;
	__u8 reserved;
	__u16 sw;
	__u16 resp_len;
	__u8 resp[256];
	__u8 pad[2];
};

#define SIMSLOT_LEASE_MAX_MS	60000
#define SIMSLOT_BEGIN_BREAK	0x01 /* CAP_SYS_ADMIN: end another's */

/**
 * struct simslot_begin - SIMSLOT_IOC_BEGIN
 * @lease_ms: how long other files are kept out, 1 to SIMSLOT_LEASE_MAX_MS;
 *	renewed by BEGIN of the holder
 * @flags: SIMSLOT_BEGIN_*
 */
struct simslot_begin {
	__u32 lease_ms;
	__u32 flags;
};

#define SIMSLOT_TIMEOUT_MAX_MS	600000	/* of one command with all that it chains */

#define SIMSLOT_RESET_COLD	0
#define SIMSLOT_RESET_WARM	1
#define SIMSLOT_MODE_COOKED	0	/* chaining and channel coding by the kernel */
#define SIMSLOT_MODE_RAW	1	/* PC/SC: TPDU-level, exclusive only */

#define SIMSLOT_IOC		0xB9
#define SIMSLOT_IOC_INFO		_IOR(SIMSLOT_IOC, 0x00, struct simslot_info)
#define SIMSLOT_IOC_CHANNEL_OPEN	_IOWR(SIMSLOT_IOC, 0x01, struct simslot_channel)
#define SIMSLOT_IOC_CHANNEL_CLOSE	_IO(SIMSLOT_IOC, 0x02)
#define SIMSLOT_IOC_BEGIN		_IOW(SIMSLOT_IOC, 0x03, struct simslot_begin)
#define SIMSLOT_IOC_END			_IO(SIMSLOT_IOC, 0x04)
#define SIMSLOT_IOC_RESET		_IOW(SIMSLOT_IOC, 0x05, __u32)
#define SIMSLOT_IOC_POWER		_IOW(SIMSLOT_IOC, 0x06, __u32)	/* 0, 1 */
#define SIMSLOT_IOC_IDENTIFY		_IO(SIMSLOT_IOC, 0x07)
#define SIMSLOT_IOC_SET_MODE		_IOW(SIMSLOT_IOC, 0x08, __u32)
#define SIMSLOT_IOC_SET_TIMEOUT		_IOW(SIMSLOT_IOC, 0x09, __u32)	/* ms, 0: 60,000 */

/* ---- /dev/simslot-proxy ------------------------------------------------- */

/**
 * struct simslot_proxy_hdr - starts every record, both ways, one per read/write
 * @type: SIMSLOT_P_*
 * @version: SIMSLOT_PROXY_VERSION
 * @len: bytes after the header
 * @id: request id: chosen by the kernel, repeated in the answer; else 0
 */
struct simslot_proxy_hdr {
	__u16 type;
	__u16 version;
	__u32 len;
	__u32 id;
};

#define SIMSLOT_PROXY_VERSION	1

enum {
	/* process to kernel */
	SIMSLOT_P_CREATE = 1,	/* struct simslot_proxy_create; the first record */
	SIMSLOT_P_INSERT,	/* ATR bytes (0 to 33) */
	SIMSLOT_P_REMOVE,	/* nothing */
	SIMSLOT_P_IDENTITY,	/* EF_ICCID's 10 bytes, or none; also "refresh" */
	SIMSLOT_P_MUTE,		/* __u32 enum simslot_reason */
	SIMSLOT_P_DONE,		/* answer: __s32 0 or -errno, then response bytes */
	SIMSLOT_P_CARD_RESET,	/* the card was reset by itself: new ATR */

	/* kernel to process; each is answered by SIMSLOT_P_DONE */
	SIMSLOT_P_APDU = 64,	/* __u32 channel, then the command APDU */
	SIMSLOT_P_OPEN,		/* __u8 p2, then AID; answer: __u8 channel, data, SW */
	SIMSLOT_P_CLOSE,	/* __u32 channel */
	SIMSLOT_P_RESET,	/* __u32 SIMSLOT_RESET_*; answer: ATR */
	SIMSLOT_P_POWER,	/* __u32 0 off, 1 on; answer to on: ATR */
	SIMSLOT_P_CANCEL,	/* id of a request nobody waits for; not answered */
	SIMSLOT_P_IDENTIFY,	/* answer: EF_ICCID's 10 bytes, or none */
};

/**
 * struct simslot_proxy_create - SIMSLOT_P_CREATE
 * @caps: SIMSLOT_CAP_* wanted, of POWER RESET CHANNEL0 TERMINAL VIRTUAL;
 *	PROXIED is always added. With CHANNEL0 and TERMINAL the kernel reads
 *	EF_ICCID itself, otherwise the process tells it (SIMSLOT_P_IDENTITY).
 * @name: shown as ``driver``, printable, NUL-terminated
 * @index: out, by read() of the record's echo: N of simslotN
 */
struct simslot_proxy_create {
	__u32 caps;
	__u32 index;
	char name[16];
};

#endif /* _UAPI_LINUX_SIMSLOT_H */
