/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - differences between kernels, and nowhere else
 *
 * Version numbers lie (stable trees and vendors backport), so Kbuild compiles
 * each file of kmod/probe/ and defines SIMSLOT_HAVE_<NAME> where that works.
 */
#ifndef SIMSLOT_COMPAT_H
#define SIMSLOT_COMPAT_H

#include <linux/device.h>
#include <linux/hrtimer.h>

/* struct class's dev_uevent takes the device as const. */
#ifdef SIMSLOT_HAVE_UEVENT_CONST
#define simslot_uevent_device const struct device
#else
#define simslot_uevent_device struct device
#endif

/* And class_release the class. */
#ifdef SIMSLOT_HAVE_CLASS_CONST
#define simslot_release_class const struct class
#else
#define simslot_release_class struct class
#endif

#ifndef SIMSLOT_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*fn)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#endif

/* What a serdev's receive_buf returns. */
#ifdef SIMSLOT_HAVE_SERDEV_SIZE
#define simslot_serdev_count size_t
#else
#define simslot_serdev_count int
#endif

/* What a line discipline's receive_buf takes. */
#ifdef SIMSLOT_HAVE_LDISC_U8
#define simslot_ldisc_byte u8
#define simslot_ldisc_flag u8
#define simslot_ldisc_count size_t
#else
#define simslot_ldisc_byte unsigned char
#define simslot_ldisc_flag char
#define simslot_ldisc_count int
#endif

#endif
