// SPDX-License-Identifier: GPL-2.0-only
/*
 * uart.c - runs the ISO 7816-3 engine over a UART and the card's contacts
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "uart.h"

#define OFF_US		10000	/* between two activations (ISO 7816-3 6.2.4) */
#define RISE_US		1000	/* VCC; covers 400 clocks of 1 MHz too */
#define LATENCY_US	100000	/* a busy machine may be this late */
#define BAUD_PERCENT	2	/* how far off a rate may be */
#define SLOW_TRIES	4	/* slower rates tried after the UART refused */
#define SPIN_US		100	/* no timer is so punctual: the rest is spun */

static u64 now_us(void)
{
	return ktime_to_us(ktime_get());
}

/* ---- bytes ---------------------------------------------------------------- */

/**
 * simslot_uart_receive() - bytes came
 * @u: slot
 * @buf: bytes
 * @n: how many; what does not fit any more is lost
 *
 * Context: any.
 */
void simslot_uart_receive(struct simslot_uart *u, const u8 *buf, size_t n)
{
	unsigned long flags;
	bool enough;

	spin_lock_irqsave(&u->rx_lock, flags);
	kfifo_in(&u->rx, buf, n);
	u->heard_us = now_us();
	enough = kfifo_len(&u->rx) >= u->want;
	spin_unlock_irqrestore(&u->rx_lock, flags);
	if (enough)
		wake_up(&u->wait);
}
EXPORT_SYMBOL_GPL(simslot_uart_receive);

/* Wake up the slot's work item when so many bytes wait; 0: for none. */
static void set_want(struct simslot_uart *u, unsigned int want)
{
	spin_lock_irq(&u->rx_lock);
	u->want = want ? want : UINT_MAX;
	spin_unlock_irq(&u->rx_lock);
}

static void drop_input(struct simslot_uart *u)
{
	unsigned long flags;

	spin_lock_irqsave(&u->rx_lock, flags);
	kfifo_reset(&u->rx);
	spin_unlock_irqrestore(&u->rx_lock, flags);
}

/* Give the engine what came. Return: how many bytes. */
static size_t feed(struct simslot_uart *u)
{
	size_t n, all = 0;
	u8 buf[64];

	while ((n = kfifo_out_spinlocked(&u->rx, buf, sizeof(buf),
					 &u->rx_lock))) {
		iso7816_input(&u->m, buf, n);
		all += n;
	}
	return all;
}

/* ---- contacts ------------------------------------------------------------- */

static bool over(struct simslot_uart *u)
{
	return READ_ONCE(u->pulled) || simslot_stopping(u->slot);
}

/**
 * simslot_uart_edge() - card detect has moved
 * @u: slot
 * @present: what it says now
 *
 * The card loses its power before anything else; the operation under way ends
 * only after the core knows why.
 *
 * Context: may sleep.
 */
void simslot_uart_edge(struct simslot_uart *u, bool present)
{
	mutex_lock(&u->contacts);
	u->ops->off(u);
	simslot_edge(u->slot, present);
	WRITE_ONCE(u->pulled, true);
	mutex_unlock(&u->contacts);
	wake_up(&u->wait);
}
EXPORT_SYMBOL_GPL(simslot_uart_edge);

/* Wait, but not when the card is pulled or the slot stops. */
static void sleep_us(struct simslot_uart *u, u64 us)
{
	if (us < 20000)
		usleep_range(us, us + us / 8 + 20);
	else
		wait_event_timeout(u->wait, over(u), usecs_to_jiffies(us) + 1);
}

/* Power is given and RST moved only while the card is surely there. */
static int power(struct simslot_uart *u, u8 volt_class)
{
	int err = -ENOMEDIUM;

	mutex_lock(&u->contacts);
	if (!volt_class) {
		u->ops->off(u);
		err = 0;
	} else if (!u->pulled) {
		err = u->ops->power(u, volt_class);
	}
	mutex_unlock(&u->contacts);
	return err;
}

static void reset(struct simslot_uart *u, bool low)
{
	mutex_lock(&u->contacts);
	if (!u->pulled)
		u->ops->reset(u, low);
	mutex_unlock(&u->contacts);
}

static void cold_reset(struct simslot_uart *u, u8 volt_class)
{
	int err;

	power(u, 0);
	sleep_us(u, OFF_US);
	err = power(u, volt_class);
	if (err) {
		iso7816_fail(&u->m, err);
		return;
	}
	sleep_us(u, RISE_US);
	drop_input(u);
	reset(u, false);
}

static void warm_reset(struct simslot_uart *u)
{
	reset(u, true);
	sleep_us(u, RISE_US);
	drop_input(u);
	reset(u, false);
}

/* ---- the engine ----------------------------------------------------------- */

/*
 * A guard time is the shortest pause the card may be given, and every
 * microsecond more is lost on each byte of each command.
 */
static void pause_until(u64 then)
{
	u64 now = now_us();

	if (then > now + 2 * SPIN_US)
		usleep_range(then - now - 2 * SPIN_US, then - now - SPIN_US);
	while (now_us() < then) {
		cpu_relax();
		cond_resched();
	}
}

/* The card has turned round: it hears again what is sent from here on. */
static u64 turned_round(struct simslot_uart *u, const struct iso7816_act *act)
{
	unsigned long flags;
	u64 heard;

	spin_lock_irqsave(&u->rx_lock, flags);
	heard = u->heard_us;
	spin_unlock_irqrestore(&u->rx_lock, flags);
	return heard + act->after_us;
}

/*
 * A UART's frame may be shorter than the guard time asks for (8E1 has 11 etu):
 * then bytes are sent one by one.
 */
static int send(struct simslot_uart *u, const struct iso7816_act *act)
{
	u64 next = turned_round(u, act);
	size_t i;
	int err = 0;

	if (act->gap_etu <= u->frame_etu) {
		pause_until(next);
		return u->ops->send(u, act->data, act->len);
	}
	for (i = 0; i < act->len && !err; i++) {
		pause_until(next);
		if (over(u))
			return -ENOMEDIUM;
		next = now_us() + act->gap_us;
		err = u->ops->send(u, act->data + i, 1);
	}
	return err;
}

static int line(struct simslot_uart *u, const struct iso7816_act *act)
{
	int got = u->ops->line(u, act->baud, act->parity);

	if (got < 0)
		return got;
	if (abs(got - (int)act->baud) * 100LL <= act->baud * BAUD_PERCENT)
		return 0;
	u->refused = act->baud;
	return -ERANGE;
}

/* Fewer wake-ups: all bytes that are needed, or silence. */
static void receive(struct simslot_uart *u, const struct iso7816_act *act)
{
	u64 jiffies_wait = usecs_to_jiffies(min_t(u64, act->timeout_us,
						  UINT_MAX)) + 1;

	set_want(u, act->want);
	wait_event_timeout(u->wait, kfifo_len(&u->rx) >= act->want || over(u),
			   jiffies_wait);
	set_want(u, 0);
	if (!feed(u) && !over(u))
		iso7816_timeout(&u->m);
}

/* Until the engine is done. Its operation must have been begun. */
static void run(struct simslot_uart *u, struct iso7816_act *act)
{
	int err;

	for (;;) {
		err = 0;
		if (over(u))
			iso7816_fail(&u->m, -ENOMEDIUM);
		else
			feed(u);
		switch (iso7816_step(&u->m, now_us(), act)) {
		case ISO7816_SEND:
			err = send(u, act);
			break;
		case ISO7816_RECEIVE:
			receive(u, act);
			break;
		case ISO7816_LINE:
			err = line(u, act);
			break;
		case ISO7816_PAUSE:
			sleep_us(u, act->timeout_us);
			break;
		case ISO7816_COLD_RESET:
			cold_reset(u, act->volt_class);
			break;
		case ISO7816_WARM_RESET:
			warm_reset(u);
			break;
		case ISO7816_DONE:
			return;
		}
		if (err)
			iso7816_fail(&u->m, err);
	}
}

static u32 millivolt(u8 volt_class)
{
	switch (volt_class) {
	case ISO7816_CLASS_A:
		return 5000;
	case ISO7816_CLASS_B:
		return 3000;
	case ISO7816_CLASS_C:
		return 1800;
	}
	return 0;
}

static void configure(struct simslot_uart *u)
{
	struct iso7816_config config = u->m.cfg;

	if (!u->ops->configure)
		return;
	u->ops->configure(u, &config);
	/* Only a configuration that no slot has can be refused. */
	if (iso7816_init(&u->m, &config))
		dev_warn(&u->slot->dev, "clock of %u Hz refused\n",
			 config.clock_hz);
}

/* Only with a card under the contacts may an edge that was be forgotten. */
static bool still_there(struct simslot_uart *u)
{
	bool there;

	mutex_lock(&u->contacts);
	there = !u->ops->present || u->ops->present(u) > 0;
	if (there)
		WRITE_ONCE(u->pulled, false);
	mutex_unlock(&u->contacts);
	return there;
}

static int uart_activate(struct simslot *slot, enum simslot_how how,
			 struct simslot_card *card)
{
	struct simslot_uart *u = slot->priv;
	u32 max_baud = u->m.cfg.max_baud;
	struct iso7816_act act;
	int tries = SLOW_TRIES;

	card->reason = SIMSLOT_REASON_NO_ATR;
	if (!still_there(u))
		return -EHOSTDOWN;
	if (how == SIMSLOT_WARM) {
		iso7816_reset(&u->m, true);
	} else {
		configure(u);
		iso7816_activate(&u->m);
	}
	run(u, &act);
	/* Contacts that have only just met, or a card that was slow: once more. */
	if (act.result && act.reason == SIMSLOT_REASON_NO_ATR && !over(u)) {
		iso7816_activate(&u->m);
		run(u, &act);
	}
	/* The UART does not make that rate: agree on a slower one. */
	while (act.result == -ERANGE && tries--) {
		u->m.cfg.max_baud = u->refused - 1;
		iso7816_activate(&u->m);
		run(u, &act);
	}
	if (act.result == -ERANGE)
		u->m.cfg.max_baud = max_baud;
	if (act.result) {
		card->reason = act.reason ? act.reason : SIMSLOT_REASON_NO_ATR;
		power(u, 0);
		return -EHOSTDOWN;
	}
	card->reason = SIMSLOT_REASON_NONE;
	card->atr_len = u->m.atr_len;
	memcpy(card->atr, u->m.atr_raw, sizeof(card->atr));
	card->protocol = u->m.protocol;
	card->baud = u->m.baud;
	card->millivolt = millivolt(u->m.volt_class);
	return 0;
}

static void uart_deactivate(struct simslot *slot)
{
	power(slot->priv, 0);
}

static int uart_transceive(struct simslot *slot, struct simslot_xfer *xfer)
{
	struct simslot_uart *u = slot->priv;
	struct iso7816_act act;

	xfer->reason = SIMSLOT_REASON_NONE;
	if (over(u))
		return -ETIMEDOUT;
	drop_input(u);
	u->m.cfg.wait_ms = xfer->timeout_ms;
	iso7816_transceive(&u->m, xfer->cmd, xfer->len, xfer->resp, xfer->max);
	run(u, &act);
	/* A PIN may have gone through, and come back. */
	memzero_explicit(u->m.tx, sizeof(u->m.tx));
	memzero_explicit(u->m.rx, sizeof(u->m.rx));
	memzero_explicit(u->rx.buf, sizeof(u->rx.buf));
	switch (act.result) {
	case 0:
		return act.len;
	case -EINVAL:
		return -EINVAL;
	case -EMSGSIZE:
		return -EREMOTEIO;
	}
	/* Whoever pulled the card knows better than any protocol. */
	if (!over(u))
		xfer->reason = act.reason ? act.reason :
					    SIMSLOT_REASON_TIMEOUT;
	return iso7816_sent(&u->m) ? -EREMOTEIO : -ETIMEDOUT;
}

static int uart_present(struct simslot *slot)
{
	struct simslot_uart *u = slot->priv;

	return u->ops->present ? u->ops->present(u) : 1;
}

static void uart_cancel(struct simslot *slot)
{
	struct simslot_uart *u = slot->priv;

	wake_up(&u->wait);
}

static const struct simslot_ops uart_ops = {
	.activate = uart_activate,
	.deactivate = uart_deactivate,
	.transceive = uart_transceive,
	.present = uart_present,
	.cancel = uart_cancel,
};

/* ---- lifetime ------------------------------------------------------------- */

/**
 * simslot_uart_alloc() - make a slot on a UART
 * @s: how
 *
 * Bytes and edges may be told from now on, the driver's operations are called
 * after simslot_uart_register().
 *
 * Return: the slot, or ERR_PTR().
 */
struct simslot_uart *simslot_uart_alloc(const struct simslot_uart_setup *s)
{
	u32 caps = SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET |
		   SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL;
	struct iso7816_config config = s->config;
	struct simslot_uart *u;
	int err;

	u = kzalloc(sizeof(*u), GFP_KERNEL);
	if (!u)
		return ERR_PTR(-ENOMEM);
	u->ops = s->ops;
	u->priv = s->priv;
	u->frame_etu = s->frame_etu;
	mutex_init(&u->contacts);
	INIT_KFIFO(u->rx);
	u->want = UINT_MAX;
	spin_lock_init(&u->rx_lock);
	init_waitqueue_head(&u->wait);
	if (!config.latency_us)
		config.latency_us = LATENCY_US;
	err = iso7816_init(&u->m, &config);
	if (err)
		goto err_free;
	if (s->ops->present)
		caps |= SIMSLOT_CAP_CARD_DETECT;
	u->slot = simslot_alloc(s->parent, &uart_ops, s->name, caps, u);
	if (IS_ERR(u->slot)) {
		err = PTR_ERR(u->slot);
		goto err_free;
	}
	u->slot->debounce_ms = s->debounce_ms;
	u->slot->soldered = s->soldered;
	return u;

err_free:
	kfree(u);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(simslot_uart_alloc);

/**
 * simslot_uart_register() - see simslot_register()
 * @u: slot
 *
 * Return: 0 or negative errno.
 */
int simslot_uart_register(struct simslot_uart *u)
{
	return simslot_register(u->slot);
}
EXPORT_SYMBOL_GPL(simslot_uart_register);

/**
 * simslot_uart_unregister() - see simslot_unregister(); the card is powered off
 * @u: slot
 *
 * Edges and bytes may still be told until simslot_uart_free().
 */
void simslot_uart_unregister(struct simslot_uart *u)
{
	simslot_unregister(u->slot);
}
EXPORT_SYMBOL_GPL(simslot_uart_unregister);

/**
 * simslot_uart_free() - give up a slot
 * @u: slot; the driver tells it nothing any more
 */
void simslot_uart_free(struct simslot_uart *u)
{
	simslot_free(u->slot);
	kfree(u);
}
EXPORT_SYMBOL_GPL(simslot_uart_free);

MODULE_DESCRIPTION("SIM slots on a UART: ISO/IEC 7816-3");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
