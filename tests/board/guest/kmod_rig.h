/* SPDX-License-Identifier: MIT */
/*
 * kmod_rig.h - what the module's board tests share: TAP, generic netlink by
 * hand, a card behind /dev/simslot-proxy that a thread plays
 */
#ifndef KMOD_RIG_H
#define KMOD_RIG_H

#include <linux/simslot.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- TAP ---- */
void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int tap_done(void);

/* ---- netlink ---- */
struct note {
	uint32_t slot, event, state, reason, caps, sw;
	uint64_t seq, epoch, time;
	bool soft;
	int atr_len;
	char iccid[32];
	char driver[32];
};

int nl_open(int rcvbuf);		/* joined to "events" */
int nl_next(int fd, struct note *n, int ms); /* 0, -ETIME, -ENOBUFS */
int nl_get(int slot, struct note *n);	/* 0 or -errno */
int nl_dump(struct note *n, int max);	/* number of slots */

/* ---- the card ---- */
struct rig {
	int fd;			/* /dev/simslot-proxy */
	int index;
	uint32_t caps;
	pthread_t thread;
	pthread_mutex_t lock;
	/* what the thread does, under the lock */
	uint8_t iccid[10];
	int iccid_len;		/* -1: file not found */
	bool gsm;		/* answers 6E00 to class 00 */
	bool hold;		/* takes APDUs, answers none */
	bool deaf;		/* does not even read */
	uint16_t sw91;		/* answered instead of 9000 */
	int mute;		/* no ATR at reset */
	/* what it saw */
	int apdus, cancels, opens, closes, resets, powers, identifies;
	uint8_t last[64];
	int last_len;
	bool stop;
};

struct rig *rig_new(uint32_t caps, const char *name);
void rig_free(struct rig *r);	/* the process dies */
int rig_tell(struct rig *r, int type, const void *body, int len);
void rig_iccid(struct rig *r, const char *digits); /* NULL: no file */
int rig_identity(struct rig *r, const char *digits);
int rig_insert(struct rig *r);
int rig_remove(struct rig *r);
void rig_set(struct rig *r, bool *flag, bool value);
int rig_get(struct rig *r, const int *counter);

/* ---- the slot ---- */
int slot_open(int index, int flags);
int slot_channel(int fd, uint32_t flags, struct simslot_channel *ch);
int slot_apdu(int fd, const void *cmd, int len, void *resp, int max);
int slot_sysfs(int index, const char *attr, char *buf, int max);
int slot_write_sysfs(int index, const char *attr, const char *value);

#endif
