// SPDX-License-Identifier: GPL-2.0-only
/*
 * tty.c - line discipline for Phoenix and Smartmouse readers on any tty
 *
 * Such a reader has an oscillator, wires the card's I/O to both data lines
 * (every byte sent comes back), its RST to RTS or DTR, and its card-detect
 * switch to an input. Attach one with `simslot-attach`, or
 * ioctl(TIOCSETD, 29). 29 (N_DEVELOPMENT) is the only number for disciplines
 * outside the kernel's tree, and registering one silently replaces another
 * module's: whether it is free only /proc/tty/ldiscs tells.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "uart.h"

#define CLOCK_HZ	3571200
#define CLOCK_MIN	1000000
#define CLOCK_MAX	20000000
#define DEBOUNCE_MS	50
#define MAX_BAUD	230400
#define POLL_MS		100	/* modem lines tell nothing by themselves */
#define WRITE_MS	2000
#define FRAME_ETU	12	/* 8E2 */

/* Lines of the reader. Without a bit one is not wired. */
struct line {
	const char *name;
	u32 bit;
};

static const struct line outputs[] = {
	{ "none", 0 },
	{ "rts", TIOCM_RTS },
	{ "dtr", TIOCM_DTR },
	{ }
};

static const struct line inputs[] = {
	{ "none", 0 },
	{ "cts", TIOCM_CTS },
	{ "dsr", TIOCM_DSR },
	{ "dcd", TIOCM_CAR },
	{ "ri", TIOCM_RI },
	{ }
};

/* With a line's bit: asserted means what deasserted otherwise does. */
#define LOW		BIT(31)

/**
 * enum setting - how a reader is built
 * @RESET: output wired to RST; LOW: asserting it releases the reset
 *	(Smartmouse), else it resets
 * @DETECT: input wired to the card-detect switch; LOW: deasserted means present
 * @CLOCK: the oscillator's frequency in Hz
 * @SUPPLY: what the reader supplies, in mV
 * @PPS: speed up after the ATR
 * @SETTINGS: how many there are
 */
enum setting { RESET, DETECT, CLOCK, SUPPLY, PPS, SETTINGS };

struct reader {
	u32 is[SETTINGS];
};

/* Phoenix, without card detect. */
static const struct reader phoenix = {
	.is = {
		[RESET] = TIOCM_RTS,
		[CLOCK] = CLOCK_HZ,
		[SUPPLY] = 5000,
		[PPS] = 1,
	},
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
	if (low == !(r.is[RESET] & LOW))
		s->tty->ops->tiocmset(s->tty, r.is[RESET] & ~LOW, 0);
	else
		s->tty->ops->tiocmset(s->tty, 0, r.is[RESET] & ~LOW);
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
	if (!(r.is[DETECT] & ~LOW))
		return 1;
	lines = s->tty->ops->tiocmget(s->tty);
	if (lines < 0)
		return lines;
	return !(lines & r.is[DETECT] & ~LOW) == !!(r.is[DETECT] & LOW);
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
	if (r.is[DETECT] & ~LOW)
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

/* ISO7816_CLASS_* bit of a voltage; 0: no class has it. */
static u8 class_of(u32 millivolt)
{
	switch (millivolt) {
	case 5000:
		return ISO7816_CLASS_A;
	case 3000:
		return ISO7816_CLASS_B;
	case 1800:
		return ISO7816_CLASS_C;
	}
	return 0;
}

static void tty_configure(struct simslot_uart *u, struct iso7816_config *config)
{
	struct tty_slot *s = u->priv;
	struct reader r;

	get_reader(s, &r);
	config->clock_hz = r.is[CLOCK];
	config->no_pps = !r.is[PPS];
	config->classes = class_of(r.is[SUPPLY]);
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
static void set_reader(struct tty_slot *s, enum setting what, u32 value)
{
	u32 detect;

	mutex_lock(&s->lock);
	s->reader.is[what] = value;
	detect = s->reader.is[DETECT] & ~LOW;
	mutex_unlock(&s->lock);
	simslot_set_card_detect(s->u->slot, detect);
	s->was = tty_present(s->u);
	simslot_uart_edge(s->u, s->was > 0);
	if (detect)
		mod_delayed_work(system_wq, &s->poll,
				 msecs_to_jiffies(POLL_MS));
}

struct reader_attr {
	struct device_attribute attr;
	enum setting what;
	const struct line *lines;
};

static ssize_t reader_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct reader_attr *a = container_of(attr, struct reader_attr, attr);
	const struct line *l = a->lines;
	struct reader r;
	u32 is;

	get_reader(to_tty_slot(dev), &r);
	is = r.is[a->what];
	if (!l)
		return sysfs_emit(buf, "%u\n", is);
	while (l[1].name && l->bit != (is & ~LOW))
		l++;
	return sysfs_emit(buf, "%s%s\n", is & LOW ? "-" : "", l->name);
}

/* "rts", or "-rts" for the other polarity. */
static int parse_line(const struct line *l, const char *buf, u32 *value)
{
	u32 low = *buf == '-' ? LOW : 0;

	for (; l->name; l++) {
		if (sysfs_streq(buf + !!low, l->name)) {
			*value = l->bit | low;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_number(enum setting what, const char *buf, u32 *value)
{
	bool yes;
	int err;

	if (what == PPS) {
		err = kstrtobool(buf, &yes);
		*value = !err && yes;
		return err;
	}
	err = kstrtou32(buf, 0, value);
	if (err)
		return err;
	if (what == SUPPLY)
		return class_of(*value) ? 0 : -EINVAL;
	return *value < CLOCK_MIN || *value > CLOCK_MAX ? -ERANGE : 0;
}

static ssize_t reader_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct reader_attr *a = container_of(attr, struct reader_attr, attr);
	u32 value;
	int err;

	err = a->lines ? parse_line(a->lines, buf, &value) :
			 parse_number(a->what, buf, &value);
	if (err)
		return err;
	set_reader(to_tty_slot(dev), a->what, value);
	return count;
}

#define READER_ATTR(name, what, lines)					\
static struct reader_attr reader_##name = {				\
	__ATTR(name, 0644, reader_show, reader_store), what, lines	\
}

READER_ATTR(reset_line, RESET, outputs);
READER_ATTR(detect_line, DETECT, inputs);
READER_ATTR(clock, CLOCK, NULL);
READER_ATTR(supply, SUPPLY, NULL);
READER_ATTR(pps, PPS, NULL);

static struct attribute *reader_attrs[] = {
	&reader_reset_line.attr.attr,
	&reader_detect_line.attr.attr,
	&reader_clock.attr.attr,
	&reader_supply.attr.attr,
	&reader_pps.attr.attr,
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

/* Has somebody else the number? Lines are "NAME NUMBER". */
static int __init number_is_free(void)
{
	char line[32], *buf = kzalloc(PAGE_SIZE, GFP_KERNEL);
	struct file *f;
	loff_t pos = 0;
	ssize_t n;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	f = filp_open("/proc/tty/ldiscs", O_RDONLY, 0);
	n = PTR_ERR(f);
	if (!IS_ERR(f)) {
		n = kernel_read(f, buf, PAGE_SIZE - 1, &pos);
		filp_close(f, NULL);
	}
	snprintf(line, sizeof(line), " %d\n", N_DEVELOPMENT);
	if (n < 0)
		pr_warn("who has line discipline %d? /proc/tty/ldiscs: %zd\n",
			N_DEVELOPMENT, n);
	else if (strstr(buf, line))
		err = -EBUSY;
	kfree(buf);
	return err;
}

static int __init tty_slot_init(void)
{
	int err = number_is_free();

	return err ? err : tty_register_ldisc(&tty_slot_ldisc);
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
