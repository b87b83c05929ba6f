// SPDX-License-Identifier: GPL-2.0-only
/* struct class's class_release takes the class as const. */
#include <linux/device.h>

void (*probe(const struct class *c))(const struct class *);
void (*probe(const struct class *c))(const struct class *)
{
	return c->class_release;
}
