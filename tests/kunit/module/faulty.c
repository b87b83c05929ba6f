// SPDX-License-Identifier: GPL-2.0-only
/*
 * faulty.c - one fault of each kind that the debug kernel has to report
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static struct mutex pair[2];
static DEFINE_SPINLOCK(spin);
static int row[4];
static int past = 4;

struct with_timer {
	struct timer_list timer;
};

static void faulty_timer(struct timer_list *t)
{
}

static noinline void faulty_write(void)
{
	char *p = kmalloc(13, GFP_KERNEL);

	if (p)
		WRITE_ONCE(p[13], 1);
	kfree(p);
}

static noinline void faulty_leak(void)
{
	void *p;
	int i;

	/* the last one's address may be found where a stack was */
	for (i = 0; i < 8; i++) {
		p = kmalloc(777, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static noinline void faulty_free(void)
{
	struct with_timer *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return;
	timer_setup(&w->timer, faulty_timer, 0);
	mod_timer(&w->timer, jiffies + HZ);
	kfree(w);
}

static int __init faulty_init(void)
{
	int i;

	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);

	/* two of one class: lockdep reports it, and nothing hangs */
	for (i = 0; i < 2; i++)
		mutex_init(&pair[i]);
	for (i = 0; i < 2; i++)
		mutex_lock(&pair[i]);
	for (i = 0; i < 2; i++)
		mutex_unlock(&pair[i]);

	faulty_write();
	row[READ_ONCE(past)] = 1;
	faulty_leak();
	faulty_free();
	return 0;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);

MODULE_DESCRIPTION("Faults, for tests");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
