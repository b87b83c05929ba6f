// SPDX-License-Identifier: GPL-2.0-only
/* struct class's dev_uevent takes the device as const. */
#include <linux/device.h>

int (*probe(const struct class *c))(const struct device *,
				    struct kobj_uevent_env *);
int (*probe(const struct class *c))(const struct device *,
				    struct kobj_uevent_env *)
{
	return c->dev_uevent;
}
