// SPDX-License-Identifier: GPL-2.0-only
/*
 * tty.c - line discipline for Phoenix and Smartmouse readers on any tty
 *
 * Such a reader has an oscillator, wires the card's I/O to both data lines
 * (every byte sent comes back), its RST to RTS or DTR, and its card-detect
 * switch to an input. Attach one with `simslot-attach`, or
 * ioctl(TIOCSETD, 29). 29 (N_DEVELOPMENT) is the only number for disciplines
 * outside the kernel's tree; whoever attaches looks into /proc/tty/ldiscs
 * first, because the kernel itself does not tell that it is taken.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "uart.h"

#define CLOCK_HZ	3571200
#define DEBOUNCE_MS	50
#define MAX_BAUD	230400
#define POLL_MS		100	/* modem lines tell nothing by themselves */
#define WRITE_MS	2000
#define FRAME_ETU	12	/* 8E2 */

/* A line of the reader. Without a bit it is not wired. */
static const struct {
	const char *name;
	unsigned int bit;
} inputs[] = {
	{ "none", 0 },
	{ "cts", TIOCM_CTS },
	{ "dsr", TIOCM_DSR },
	{ "dcd", TIOCM_CAR },
	{ "ri", TIOCM_RI },
}, outputs[] = {
	{ "none", 0 },
	{ "rts", TIOCM_RTS },
	{ "dtr", TIOCM_DTR },
};

/**
 * struct reader - how a reader is built
 * @reset: output wired to RST
 * @reset_low: asserting it releases the reset (Smartmouse), else it resets
 * @detect: input wired to the card-detect switch
 * @detect_low: deasserted means present
 * @clock: the oscillator's frequency in Hz
 * @millivolt: what the reader supplies
 * @pps: speed up after the ATR
 */
struct reader {
	unsigned int reset;
	bool reset_low;
	unsigned int detect;
	bool detect_low;
	u32 clock;
	u32 millivolt;
	bool pps;
};

/* Phoenix, without card detect. */
static const struct reader phoenix = {
	.reset = TIOCM_RTS,
	.clock = CLOCK_HZ,
	.millivolt = 5000,
	.pps = true,
};

/**
 * struct tty_slot - a slot
 * @tty: the tty
 * @u: what runs the card
 * @lock: protects @reader
 * @reader: see there
 * @poll: looks at card detect
 * @was: what it saw last
 */
struct tty_slot {
	struct tty_struct *tty;
	struct simslot_uart *u;
	struct mutex lock; /* see @lock */
	struct reader reader;
	struct delayed_work poll;
	int was;
};

static void get_reader(struct tty_slot *s, struct reader *r)
{
	mutex_lock(&s->lock);
	*r = s->reader;
	mutex_unlock(&s->lock);
}

/* ---- contacts ------------------------------------------------------------- */

static void tty_reset(struct simslot_uart *u, bool low)
{
	struct tty_slot *s = u->priv;
	struct reader r;

	get_reader(s, &r);
	if (low != r.reset_low)
		s->tty->ops->tiocmset(s->tty, r.reset, 0);
	else
		s->tty->ops->tiocmset(s->tty, 0, r.reset);
}

/* The reader gives VCC and clock as long as it has power itself. */
static int tty_power(struct simslot_uart *u, u8 volt_class)
{
	tty_reset(u, true);
	return 0;
}

static void tty_off(struct simslot_uart *u)
{
	tty_reset(u, true);
}

static int tty_present(struct simslot_uart *u)
{
	struct tty_slot *s = u->priv;
	struct reader r;
	int lines;

	get_reader(s, &r);
	if (!r.detect)
		return 1;
	lines = s->tty->ops->tiocmget(s->tty);
	if (lines < 0)
		return lines;
	return !(lines & r.detect) == r.detect_low;
}

static void tty_poll(struct work_struct *work)
{
	struct tty_slot *s = container_of(work, struct tty_slot, poll.work);
	int is = tty_present(s->u);
	struct reader r;

	if (is >= 0 && is != s->was) {
		s->was = is;
		simslot_uart_edge(s->u, is);
	}
	get_reader(s, &r);
	if (r.detect)
		schedule_delayed_work(&s->poll, msecs_to_jiffies(POLL_MS));
}

/* ---- bytes ---------------------------------------------------------------- */

static int tty_line(struct simslot_uart *u, u32 baud,
		    enum iso7816_parity parity)
{
	struct tty_slot *s = u->priv;
	struct ktermios t = s->tty->termios;

	t.c_iflag = 0;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = CS8 | CSTOPB | PARENB | CREAD | CLOCAL;
	if (parity == ISO7816_PARITY_ODD)
		t.c_cflag |= PARODD;
	tty_termios_encode_baud_rate(&t, baud, baud);
	tty_set_termios(s->tty, &t);
	return tty_get_baud_rate(s->tty);
}

static int tty_send(struct simslot_uart *u, const u8 *data, size_t len)
{
	struct tty_slot *s = u->priv;
	int n, ms = 0;

	while (len && ms < WRITE_MS) {
		n = s->tty->ops->write(s->tty, data, len);
		if (n < 0)
			return n;
		data += n;
		len -= n;
		if (len && !n) {
			usleep_range(1000, 2000);
			ms++;
		}
	}
	return len ? -EIO : 0;
}

static void tty_configure(struct simslot_uart *u, struct iso7816_config *config)
{
	struct tty_slot *s = u->priv;
	struct reader r;

	get_reader(s, &r);
	config->clock_hz = r.clock;
	config->no_pps = !r.pps;
	config->classes = r.millivolt == 5000 ? ISO7816_CLASS_A :
			  r.millivolt == 3000 ? ISO7816_CLASS_B :
						ISO7816_CLASS_C;
}

static const struct simslot_uart_ops tty_ops = {
	.power = tty_power,
	.reset = tty_reset,
	.line = tty_line,
	.send = tty_send,
	.present = tty_present,
	.off = tty_off,
	.configure = tty_configure,
};

/* ---- attributes ----------------------------------------------------------- */

static struct tty_slot *to_tty_slot(struct device *dev)
{
	struct simslot_uart *u = to_simslot(dev)->priv;

	return u->priv;
}

/* The reader is another one now: begin again with whatever is in it. */
static void set_reader(struct tty_slot *s, const struct reader *r)
{
	struct simslot *slot = s->u->slot;

	mutex_lock(&s->lock);
	s->reader = *r;
	mutex_unlock(&s->lock);
	simslot_set_card_detect(slot, r->detect);
	s->was = tty_present(s->u);
	simslot_uart_edge(s->u, s->was > 0);
	if (r->detect)
		mod_delayed_work(system_wq, &s->poll,
				 msecs_to_jiffies(POLL_MS));
}

/* "rts", or "-rts" for the other polarity. */
static ssize_t reset_line_show(struct device *dev, struct device_attribute *a,
			       char *buf)
{
	struct reader r;
	int i;

	get_reader(to_tty_slot(dev), &r);
	for (i = 0; i < ARRAY_SIZE(outputs); i++)
		if (outputs[i].bit == r.reset)
			break;
	return sysfs_emit(buf, "%s%s\n", r.reset_low ? "-" : "",
			  outputs[i].name);
}

static ssize_t reset_line_store(struct device *dev, struct device_attribute *a,
				const char *buf, size_t count)
{
	struct tty_slot *s = to_tty_slot(dev);
	struct reader r;
	int i;

	get_reader(s, &r);
	r.reset_low = buf[0] == '-';
	for (i = 0; i < ARRAY_SIZE(outputs); i++)
		if (sysfs_streq(buf + r.reset_low, outputs[i].name))
			break;
	if (i == ARRAY_SIZE(outputs))
		return -EINVAL;
	r.reset = outputs[i].bit;
	set_reader(s, &r);
	return count;
}
static DEVICE_ATTR_RW(reset_line);

static ssize_t detect_line_show(struct device *dev, struct device_attribute *a,
				char *buf)
{
	struct reader r;
	int i;

	get_reader(to_tty_slot(dev), &r);
	for (i = 0; i < ARRAY_SIZE(inputs); i++)
		if (inputs[i].bit == r.detect)
			break;
	return sysfs_emit(buf, "%s%s\n", r.detect_low ? "-" : "",
			  inputs[i].name);
}

static ssize_t detect_line_store(struct device *dev,
				 struct device_attribute *a, const char *buf,
				 size_t count)
{
	struct tty_slot *s = to_tty_slot(dev);
	struct reader r;
	int i;

	get_reader(s, &r);
	r.detect_low = buf[0] == '-';
	for (i = 0; i < ARRAY_SIZE(inputs); i++)
		if (sysfs_streq(buf + r.detect_low, inputs[i].name))
			break;
	if (i == ARRAY_SIZE(inputs))
		return -EINVAL;
	r.detect = inputs[i].bit;
	set_reader(s, &r);
	return count;
}
static DEVICE_ATTR_RW(detect_line);

static ssize_t clock_show(struct device *dev, struct device_attribute *a,
			  char *buf)
{
	struct reader r;

	get_reader(to_tty_slot(dev), &r);
	return sysfs_emit(buf, "%u\n", r.clock);
}

static ssize_t clock_store(struct device *dev, struct device_attribute *a,
			   const char *buf, size_t count)
{
	struct tty_slot *s = to_tty_slot(dev);
	struct reader r;
	u32 hz;
	int err = kstrtou32(buf, 0, &hz);

	if (err)
		return err;
	if (hz < 1000000 || hz > 20000000)
		return -ERANGE;
	get_reader(s, &r);
	r.clock = hz;
	set_reader(s, &r);
	return count;
}
static DEVICE_ATTR_RW(clock);

static ssize_t supply_show(struct device *dev, struct device_attribute *a,
			   char *buf)
{
	struct reader r;

	get_reader(to_tty_slot(dev), &r);
	return sysfs_emit(buf, "%u\n", r.millivolt);
}

static ssize_t supply_store(struct device *dev, struct device_attribute *a,
			    const char *buf, size_t count)
{
	struct tty_slot *s = to_tty_slot(dev);
	struct reader r;
	u32 mv;
	int err = kstrtou32(buf, 0, &mv);

	if (err)
		return err;
	if (mv != 1800 && mv != 3000 && mv != 5000)
		return -EINVAL;
	get_reader(s, &r);
	r.millivolt = mv;
	set_reader(s, &r);
	return count;
}
static DEVICE_ATTR_RW(supply);

static ssize_t pps_show(struct device *dev, struct device_attribute *a,
			char *buf)
{
	struct reader r;

	get_reader(to_tty_slot(dev), &r);
	return sysfs_emit(buf, "%d\n", r.pps);
}

static ssize_t pps_store(struct device *dev, struct device_attribute *a,
			 const char *buf, size_t count)
{
	struct tty_slot *s = to_tty_slot(dev);
	struct reader r;
	bool pps;
	int err = kstrtobool(buf, &pps);

	if (err)
		return err;
	get_reader(s, &r);
	r.pps = pps;
	set_reader(s, &r);
	return count;
}
static DEVICE_ATTR_RW(pps);

static struct attribute *reader_attrs[] = {
	&dev_attr_reset_line.attr,
	&dev_attr_detect_line.attr,
	&dev_attr_clock.attr,
	&dev_attr_supply.attr,
	&dev_attr_pps.attr,
	NULL
};

static const struct attribute_group reader_group = {
	.name = "reader",
	.attrs = reader_attrs,
};

static const struct attribute_group *reader_groups[] = {
	&reader_group,
	NULL
};

/* ---- line discipline ------------------------------------------------------ */

static int tty_slot_open(struct tty_struct *tty)
{
	struct simslot_uart_setup setup = {
		.parent = tty->dev,
		.name = "tty",
		.ops = &tty_ops,
		.config.clock_hz = CLOCK_HZ,
		.config.classes = ISO7816_CLASS_A,
		.config.max_baud = MAX_BAUD,
		.frame_etu = FRAME_ETU,
		.debounce_ms = DEBOUNCE_MS,
	};
	struct tty_slot *s;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (!tty->ops->write || !tty->ops->tiocmset || !tty->ops->tiocmget)
		return -EOPNOTSUPP;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->tty = tty;
	s->reader = phoenix;
	s->was = 1;
	mutex_init(&s->lock);
	INIT_DELAYED_WORK(&s->poll, tty_poll);
	setup.priv = s;
	s->u = simslot_uart_alloc(&setup);
	if (IS_ERR(s->u)) {
		err = PTR_ERR(s->u);
		goto err_free;
	}
	s->u->slot->dev.groups = reader_groups;
	simslot_set_card_detect(s->u->slot, false);
	tty->disc_data = s;
	tty->receive_room = 65536;
	err = simslot_uart_register(s->u);
	if (err)
		goto err_slot;
	return 0;

err_slot:
	tty->disc_data = NULL;
	simslot_uart_free(s->u);
err_free:
	kfree(s);
	return err;
}

static void tty_slot_close(struct tty_struct *tty)
{
	struct tty_slot *s = tty->disc_data;

	/* Attributes that start the poll go with the slot. */
	simslot_uart_unregister(s->u);
	cancel_delayed_work_sync(&s->poll);
	tty->disc_data = NULL;
	simslot_uart_free(s->u);
	kfree(s);
}

static void tty_slot_receive(struct tty_struct *tty,
			     const simslot_ldisc_byte *buf,
			     const simslot_ldisc_flag *flags,
			     simslot_ldisc_count n)
{
	struct tty_slot *s = tty->disc_data;

	simslot_uart_receive(s->u, buf, n);
}

static int tty_slot_ioctl(struct tty_struct *tty, unsigned int cmd,
			  unsigned long arg)
{
	return tty_mode_ioctl(tty, cmd, arg);
}

/* Who attached the reader waits here for the tty's end. */
static __poll_t tty_slot_wait(struct tty_struct *tty, struct file *filp,
			      struct poll_table_struct *wait)
{
	poll_wait(filp, &tty->read_wait, wait);
	return tty_hung_up_p(filp) ? EPOLLHUP | EPOLLERR : 0;
}

static struct tty_ldisc_ops tty_slot_ldisc = {
	.owner = THIS_MODULE,
	.num = N_DEVELOPMENT,
	.name = "simslot",
	.open = tty_slot_open,
	.close = tty_slot_close,
	.ioctl = tty_slot_ioctl,
	.poll = tty_slot_wait,
	.receive_buf = tty_slot_receive,
};

static int __init tty_slot_init(void)
{
	return tty_register_ldisc(&tty_slot_ldisc);
}

static void __exit tty_slot_exit(void)
{
	tty_unregister_ldisc(&tty_slot_ldisc);
}

module_init(tty_slot_init);
module_exit(tty_slot_exit);

MODULE_DESCRIPTION("SIM slots in Phoenix and Smartmouse readers");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
MODULE_ALIAS_LDISC(N_DEVELOPMENT);
