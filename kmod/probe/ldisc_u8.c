// SPDX-License-Identifier: GPL-2.0-only
/* struct tty_ldisc_ops's receive_buf takes u8 and size_t. */
#include <linux/tty.h>
#include <linux/tty_ldisc.h>

void (*probe(struct tty_ldisc_ops *o))(struct tty_struct *, const u8 *,
				       const u8 *, size_t);
void (*probe(struct tty_ldisc_ops *o))(struct tty_struct *, const u8 *,
				       const u8 *, size_t)
{
	return o->receive_buf;
}
