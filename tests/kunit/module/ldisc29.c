// SPDX-License-Identifier: GPL-2.0-only
/*
 * ldisc29.c - somebody else's line discipline with the number outside the
 * kernel's tree, for tests only
 */
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>

static int other_open(struct tty_struct *tty)
{
	return -EOPNOTSUPP;
}

static struct tty_ldisc_ops other = {
	.owner = THIS_MODULE,
	.num = N_DEVELOPMENT,
	.name = "other",
	.open = other_open,
};

static int __init other_init(void)
{
	return tty_register_ldisc(&other);
}

static void __exit other_exit(void)
{
	tty_unregister_ldisc(&other);
}

module_init(other_init);
module_exit(other_exit);

MODULE_DESCRIPTION("Another line discipline, for tests");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
