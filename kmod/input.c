// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c - what happens to a slot from outside: edges of card detect, what a
 * process tells
 *
 * All of it is only noted here; card.c says what it means.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "simslot.h"

/* ---- card detect ---------------------------------------------------------- */

/**
 * simslot_debounced() - card detect has been still for the debounce time
 * @timer: the slot's
 *
 * Return: HRTIMER_NORESTART.
 */
enum hrtimer_restart simslot_debounced(struct hrtimer *timer)
{
	struct simslot *slot = container_of(timer, struct simslot, settle);
	unsigned long flags;

	spin_lock_irqsave(&slot->lock, flags);
	slot->settled = true;
	if (!slot->gone)
		simslot_kick(slot);
	spin_unlock_irqrestore(&slot->lock, flags);
	return HRTIMER_NORESTART;
}

/**
 * simslot_edge() - the card-detect line has moved
 * @slot: slot
 * @present: what it says now
 *
 * The driver has deactivated the card and ended the operation under way before
 * it calls this: only the event waits until the line is stable. Whether the
 * edge was a removal is found out here.
 *
 * Context: may sleep.
 */
void simslot_edge(struct simslot *slot, bool present)
{
	u64 now = ktime_get_boottime_ns();
	u64 debounce = (u64)slot->debounce_ms * NSEC_PER_MSEC;
	unsigned long flags;

	spin_lock_irqsave(&slot->lock, flags);
	if (slot->gone) {
		spin_unlock_irqrestore(&slot->lock, flags);
		return;
	}
	slot->edges++;
	if (slot->state == SIMSLOT_READY || slot->state == SIMSLOT_MUTE)
		slot->state = SIMSLOT_ACTIVATING;
	if (!present && !slot->away_since)
		slot->away_since = now;
	else if (present && slot->away_since &&
		 now - slot->away_since >= debounce)
		slot->removed = true;
	if (present)
		slot->away_since = 0;
	slot->settled = false;
	hrtimer_start(&slot->settle, ns_to_ktime(debounce), HRTIMER_MODE_REL);
	spin_unlock_irqrestore(&slot->lock, flags);
	simslot_wake(slot);
}
EXPORT_SYMBOL_GPL(simslot_edge);

/**
 * simslot_set_card_detect() - the slot has a card-detect line, or none any more
 * @slot: slot
 * @wired: has one
 *
 * Without one nothing proves that a card stayed in.
 */
void simslot_set_card_detect(struct simslot *slot, bool wired)
{
	simslot_lock(slot);
	if (wired)
		slot->caps |= SIMSLOT_CAP_CARD_DETECT;
	else
		slot->caps &= ~SIMSLOT_CAP_CARD_DETECT;
	simslot_unlock(slot);
}
EXPORT_SYMBOL_GPL(simslot_set_card_detect);

/**
 * simslot_tell() - a driver that knows more than a line tells what happened
 * @slot: slot
 * @type: what; handled in the order of the calls
 * @data: INSERT, RESET: ATR; IDENTITY: EF_ICCID's bytes; MUTE: a reason
 * @len: bytes in @data
 *
 * Context: may sleep. Return: 0, -EINVAL, -ENODEV, -ENOMEM.
 */
int simslot_tell(struct simslot *slot, enum simslot_input_type type,
		 const u8 *data, size_t len)
{
	struct simslot_input *in;

	if (len > sizeof(in->data))
		return -EINVAL;
	in = kzalloc(sizeof(*in), GFP_KERNEL);
	if (!in)
		return -ENOMEM;
	in->type = type;
	in->len = len;
	if (len)
		memcpy(in->data, data, len);

	simslot_lock(slot);
	if (slot->gone) {
		simslot_unlock(slot);
		kfree(in);
		return -ENODEV;
	}
	if (type == SIMSLOT_IN_INSERT || type == SIMSLOT_IN_REMOVE)
		slot->edges++;
	list_add_tail(&in->node, &slot->inputs);
	simslot_kick(slot);
	simslot_unlock(slot);
	simslot_cancel(slot);
	return 0;
}
EXPORT_SYMBOL_GPL(simslot_tell);
