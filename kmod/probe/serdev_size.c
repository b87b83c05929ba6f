// SPDX-License-Identifier: GPL-2.0-only
/* struct serdev_device_ops's receive_buf returns size_t. */
#include <linux/serdev.h>

size_t (*probe(struct serdev_device_ops *o))(struct serdev_device *,
					     const u8 *, size_t);
size_t (*probe(struct serdev_device_ops *o))(struct serdev_device *,
					     const u8 *, size_t)
{
	return o->receive_buf;
}
