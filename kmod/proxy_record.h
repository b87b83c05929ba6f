/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proxy_record.h - records that a process writes to /dev/simslot-proxy
 *
 * Pure, without I/O and allocation; builds in the kernel and in user space.
 */
#ifndef SIMSLOT_PROXY_RECORD_H
#define SIMSLOT_PROXY_RECORD_H

#ifdef __KERNEL__
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <linux/types.h>
#include <stddef.h>
#include <string.h>
#define MAX_ERRNO	4095
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
#endif
#include "uapi/linux/simslot.h"

#define PROXY_EF_ICCID	10	/* bytes of EF_ICCID, TS 102 221 13.2 */
#define PROXY_CAPS	(SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET | \
			 SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL | \
			 SIMSLOT_CAP_VIRTUAL | SIMSLOT_CAP_PARITY)
#define PROXY_BODY_MAX	(4 + SIMSLOT_APDU_MAX)

/**
 * struct proxy_record - a record taken apart
 * @type: SIMSLOT_P_*, one that a process may write
 * @id: DONE: of the request
 * @error: DONE: 0 or negative errno
 * @reason: MUTE: enum simslot_reason
 * @create: CREATE: the slot wanted
 * @data: what else it carries (ATR, EF_ICCID, answer), within the record
 * @len: bytes in @data
 */
struct proxy_record {
	u16 type;
	u32 id;
	s32 error;
	u8 reason;
	struct simslot_proxy_create create;
	const u8 *data;
	size_t len;
};

/**
 * proxy_record_parse() - take a record apart and check it
 * @r: result
 * @b: record with its header
 * @n: its length
 *
 * Return: 0; -EINVAL: a length, a name, a number or a type no process may
 * write; -EPROTONOSUPPORT: another version.
 */
int proxy_record_parse(struct proxy_record *r, const u8 *b, size_t n);

#endif
