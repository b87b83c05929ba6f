// SPDX-License-Identifier: GPL-2.0-only
/*
 * ttypair.c - two ttys joined by a null-modem cable, for tests only
 *
 * /dev/ttySP0 is where a reader's line discipline is attached, /dev/ttySP1
 * where a test plays the card. Data cross over; RTS is the other's CTS, DTR the
 * other's DSR and DCD. Baud rates mean nothing.
 */
#include <linux/module.h>
#include <linux/serial.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>

#define PORTS	2

struct pair_port {
	struct tty_port port;
	unsigned int mcr;	/* TIOCM_RTS, TIOCM_DTR */
};

static struct pair_port ports[PORTS];
static DEFINE_SPINLOCK(lock);	/* the lines and the ports' openness */
static struct tty_driver *driver;

static int pair_open(struct tty_struct *tty, struct file *filp)
{
	return tty_port_open(&ports[tty->index].port, tty, filp);
}

static void pair_close(struct tty_struct *tty, struct file *filp)
{
	tty_port_close(&ports[tty->index].port, tty, filp);
}

static void pair_hangup(struct tty_struct *tty)
{
	tty_port_hangup(&ports[tty->index].port);
}

#ifdef SIMSLOT_HAVE_LDISC_U8
static ssize_t pair_write(struct tty_struct *tty, const u8 *buf, size_t n)
#else
static int pair_write(struct tty_struct *tty, const unsigned char *buf, int n)
#endif
{
	struct tty_port *other = &ports[!tty->index].port;

	n = tty_insert_flip_string(other, buf, n);
	tty_flip_buffer_push(other);
	return n;
}

static unsigned int pair_write_room(struct tty_struct *tty)
{
	return 4096;
}

static int pair_tiocmget(struct tty_struct *tty)
{
	unsigned int mine, theirs;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	mine = ports[tty->index].mcr;
	theirs = ports[!tty->index].mcr;
	spin_unlock_irqrestore(&lock, flags);
	return mine | (theirs & TIOCM_RTS ? TIOCM_CTS : 0) |
	       (theirs & TIOCM_DTR ? TIOCM_DSR | TIOCM_CAR : 0);
}

static int pair_tiocmset(struct tty_struct *tty, unsigned int set,
			 unsigned int clear)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	ports[tty->index].mcr |= set & (TIOCM_RTS | TIOCM_DTR);
	ports[tty->index].mcr &= ~clear;
	spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static const struct tty_operations pair_ops = {
	.open = pair_open,
	.close = pair_close,
	.hangup = pair_hangup,
	.write = pair_write,
	.write_room = pair_write_room,
	.tiocmget = pair_tiocmget,
	.tiocmset = pair_tiocmset,
};

static const struct tty_port_operations pair_port_ops = { };

static int __init pair_init(void)
{
	int i, err;

	driver = tty_alloc_driver(PORTS, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = "ttypair";
	driver->name = "ttySP";
	driver->type = TTY_DRIVER_TYPE_SERIAL;
	driver->subtype = SERIAL_TYPE_NORMAL;
	driver->init_termios = tty_std_termios;
	driver->init_termios.c_cflag = B9600 | CS8 | CREAD | CLOCAL;
	tty_set_operations(driver, &pair_ops);
	for (i = 0; i < PORTS; i++) {
		tty_port_init(&ports[i].port);
		ports[i].port.ops = &pair_port_ops;
		tty_port_link_device(&ports[i].port, driver, i);
	}
	err = tty_register_driver(driver);
	if (err)
		goto err_ports;
	for (i = 0; i < PORTS; i++)
		tty_register_device(driver, i, NULL);
	return 0;

err_ports:
	for (i = 0; i < PORTS; i++)
		tty_port_destroy(&ports[i].port);
	tty_driver_kref_put(driver);
	return err;
}

static void __exit pair_exit(void)
{
	int i;

	for (i = 0; i < PORTS; i++)
		tty_unregister_device(driver, i);
	tty_unregister_driver(driver);
	for (i = 0; i < PORTS; i++)
		tty_port_destroy(&ports[i].port);
	tty_driver_kref_put(driver);
}

module_init(pair_init);
module_exit(pair_exit);

MODULE_DESCRIPTION("Two ttys joined by a cable, for tests");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
