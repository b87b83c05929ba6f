// SPDX-License-Identifier: GPL-2.0-only
/* hrtimer_setup() sets clock and function at once. */
#include <linux/hrtimer.h>

void probe(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *));
void probe(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(t, fn, CLOCK_BOOTTIME, HRTIMER_MODE_REL);
}
