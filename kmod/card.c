// SPDX-License-Identifier: GPL-2.0-only
/*
 * card.c - the state machine: insertion, removal, reset, identity
 *
 * All of it runs in the slot's work item; see jobs.c for its loop.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "simslot.h"

/**
 * struct outcome - how an activation ended
 * @err: 0 or -errno
 * @reason: enum simslot_reason, with @err
 * @answered: there was an ATR
 * @soft: no electrical reset
 * @edges: the slot's when it began
 * @card: what the driver found
 * @iccid: digits, or empty
 */
struct outcome {
	int err;
	u8 reason;
	bool answered;
	bool soft;
	u64 edges;
	struct simslot_card card;
	char iccid[SIMSLOT_ICCID_LEN];
};

/**
 * simslot_wake() - something changed that readers and pollers wait for
 * @slot: slot
 *
 * Context: may sleep (sysfs).
 */
void simslot_wake(struct simslot *slot)
{
	wake_up_all(&slot->wait);
	sysfs_notify(&slot->dev.kobj, NULL, "state");
}

/**
 * simslot_state_error() - why a card cannot be used now
 * @slot: slot; under its lock
 *
 * Return: 0 when it can, else what kmod/uapi/linux/simslot.h lists.
 */
int simslot_state_error(const struct simslot *slot)
{
	static const int error[] = {
		[SIMSLOT_EMPTY] = -ENOMEDIUM,
		[SIMSLOT_ACTIVATING] = -EAGAIN,
		[SIMSLOT_READY] = 0,
		[SIMSLOT_MUTE] = -EHOSTDOWN,
		[SIMSLOT_OFF] = -ESHUTDOWN,
	};

	return slot->gone ? -ENODEV : error[slot->state];
}

/**
 * simslot_state() - the slot's state
 * @slot: slot
 *
 * Return: enum simslot_state.
 */
u32 simslot_state(struct simslot *slot)
{
	u32 state;

	simslot_lock(slot);
	state = slot->state;
	simslot_unlock(slot);
	return state;
}

static bool edges_since(struct simslot *slot, u64 edges)
{
	bool moved;

	simslot_lock(slot);
	moved = slot->edges != edges;
	simslot_unlock(slot);
	return moved;
}

/* ---- activation ----------------------------------------------------------- */

/* Nothing that was meant for the card as it was may reach it from here on. */
static void begin(struct simslot *slot, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	simslot_lock(slot);
	out->edges = slot->edges;
	slot->epoch++;
	slot->sent = 0;
	slot->state = SIMSLOT_ACTIVATING;
	slot->reason = SIMSLOT_REASON_NONE;
	slot->rest = SIMSLOT_AWAKE;
	simslot_unlock(slot);
	simslot_used(slot);
	slot->sw = 0;
	slot->waiting = false;
	simslot_wake(slot);
}

static void publish_card(struct simslot *slot, const struct simslot_card *card)
{
	simslot_lock(slot);
	slot->card = *card;
	simslot_unlock(slot);
}

/* A protocol failure while the identity is read is worth one more try. */
static void attempt(struct simslot *slot, enum simslot_how how,
		    struct outcome *out)
{
	int tries = slot->caps & SIMSLOT_CAP_PROXIED ? 1 : 2;

	while (tries--) {
		if (how == SIMSLOT_SOFT) {
			out->card = slot->card;
			out->soft = true;
		} else {
			out->soft = false;
			out->err = slot->ops->activate(slot, how, &out->card);
			if (out->err) {
				out->reason = out->card.reason;
				return;
			}
			publish_card(slot, &out->card);
		}
		out->answered = true;
		slot->fault = SIMSLOT_REASON_NONE;
		out->err = simslot_identify(slot, out->iccid);
		out->reason = slot->fault;
		if (!out->err || edges_since(slot, out->edges))
			return;
		how = SIMSLOT_COLD;
	}
}

static void failed(struct simslot *slot, const struct outcome *out)
{
	bool error = out->answered || slot->known;

	simslot_wake(slot);
	simslot_event(slot, error ? SIMSLOT_EV_CARD_ERROR :
				    SIMSLOT_EV_CARD_MUTE, 0);
}

/* Is this surely the card whose identity was read last? */
static bool stayed(const struct simslot *slot, const struct outcome *out)
{
	if (slot->soldered)
		return true;
	if (!(slot->caps & (SIMSLOT_CAP_CARD_DETECT | SIMSLOT_CAP_PROXIED)))
		return false;
	return slot->last_edges == out->edges;
}

static void succeeded(struct simslot *slot, const struct outcome *out)
{
	bool known = slot->known;
	bool same = known && !strcmp(slot->last, out->iccid);
	bool proof = known && stayed(slot, out);

	slot->known = true;
	slot->last_edges = out->edges;
	memcpy(slot->last, out->iccid, sizeof(slot->last));
	if (known && !same && proof) {
		simslot_lock(slot);
		slot->profile_switches++;
		simslot_unlock(slot);
	}
	simslot_wake(slot);

	if (!known) {
		simslot_event(slot, SIMSLOT_EV_CARD_READY, 0);
	} else if (same || proof) {
		simslot_event(slot, SIMSLOT_EV_CARD_RESET, out->soft);
		if (!same)
			simslot_event(slot, SIMSLOT_EV_PROFILE_SWITCHED, 0);
	} else {
		simslot_event(slot, SIMSLOT_EV_CARD_CHANGED, 0);
	}
}

/* After an edge the outcome is void: the settled line decides what it was. */
static void finish(struct simslot *slot, const struct outcome *out)
{
	simslot_lock(slot);
	if (slot->gone || slot->edges != out->edges) {
		simslot_unlock(slot);
		return;
	}
	memset(slot->iccid, 0, sizeof(slot->iccid));
	slot->card = out->card;
	if (out->err) {
		slot->state = SIMSLOT_MUTE;
		slot->reason = out->reason;
		slot->errors++;
	} else {
		slot->state = SIMSLOT_READY;
		memcpy(slot->iccid, out->iccid, sizeof(slot->iccid));
	}
	simslot_unlock(slot);
	if (out->err)
		failed(slot, out);
	else
		succeeded(slot, out);
}

/**
 * simslot_cycle() - activate the card anew, and tell what came of it
 * @slot: slot
 * @how: how
 */
void simslot_cycle(struct simslot *slot, enum simslot_how how)
{
	struct outcome out;

	begin(slot, &out);
	attempt(slot, how, &out);
	finish(slot, &out);
}

/* ---- what happened -------------------------------------------------------- */

static void removed(struct simslot *slot)
{
	simslot_lock(slot);
	slot->state = SIMSLOT_EMPTY;
	slot->reason = SIMSLOT_REASON_NONE;
	slot->rest = SIMSLOT_AWAKE;
	slot->removals++;
	memset(&slot->card, 0, sizeof(slot->card));
	memset(slot->iccid, 0, sizeof(slot->iccid));
	simslot_unlock(slot);
	slot->known = false;
	slot->waiting = false;
	if (!(slot->caps & SIMSLOT_CAP_PROXIED) && slot->ops->deactivate)
		slot->ops->deactivate(slot);
	simslot_wake(slot);
	simslot_event(slot, SIMSLOT_EV_CARD_REMOVED, 0);
}

static void appear(struct simslot *slot, struct outcome *out)
{
	slot->known = false;
	begin(slot, out);
	simslot_lock(slot);
	slot->insertions++;
	simslot_unlock(slot);
	simslot_event(slot, SIMSLOT_EV_CARD_INSERTED, 0);
}

/**
 * simslot_look() - card detect has been still for the debounce time
 * @slot: slot
 * @was_away: before, a removal had lasted that long
 */
void simslot_look(struct simslot *slot, bool was_away)
{
	struct outcome out;
	int present = 1;
	u64 edges;

	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return;
	simslot_lock(slot);
	edges = slot->edges;
	simslot_unlock(slot);
	if (slot->ops->present)
		present = slot->ops->present(slot);
	if (present < 0)
		return;
	if (edges_since(slot, edges)) {
		simslot_lock(slot);
		slot->removed |= was_away;
		simslot_unlock(slot);
		return;
	}
	if (simslot_state(slot) != SIMSLOT_EMPTY && (was_away || !present))
		removed(slot);
	if (!present)
		return;
	switch (simslot_state(slot)) {
	case SIMSLOT_EMPTY:
		appear(slot, &out);
		attempt(slot, SIMSLOT_COLD, &out);
		finish(slot, &out);
		break;
	case SIMSLOT_ACTIVATING:	/* shorter than that: a reset */
		simslot_cycle(slot, SIMSLOT_COLD);
		break;
	}
}

/**
 * simslot_resumed() - the system has slept
 * @slot: slot
 * @was_away: a removal was seen meanwhile, whatever the line says now
 *
 * Where a line says that the card went, it went.
 */
void simslot_resumed(struct simslot *slot, bool was_away)
{
	u32 state = simslot_state(slot);

	if (!(slot->caps & SIMSLOT_CAP_PROXIED)) {
		/* A line that has just moved decides when it is still. */
		if (!hrtimer_active(&slot->settle))
			simslot_look(slot, was_away);
		return;
	}
	if (state == SIMSLOT_READY ||
	    (state == SIMSLOT_ACTIVATING && !slot->waiting))
		simslot_cycle(slot, SIMSLOT_SOFT);
}

/**
 * simslot_told() - a driver that knows more than a line told what happened
 * @slot: slot
 * @in: what
 */
void simslot_told(struct simslot *slot, const struct simslot_input *in)
{
	struct outcome out;
	u32 state = simslot_state(slot);

	switch (in->type) {
	case SIMSLOT_IN_INSERT:
		appear(slot, &out);
		out.answered = true;
		out.card.atr_len = in->len;
		memcpy(out.card.atr, in->data, in->len);
		publish_card(slot, &out.card);
		slot->waiting = !simslot_reads_identity(slot);
		if (slot->waiting)
			break;
		attempt(slot, SIMSLOT_SOFT, &out);
		finish(slot, &out);
		break;
	case SIMSLOT_IN_REMOVE:
		removed(slot);
		break;
	case SIMSLOT_IN_IDENTITY:
		if (state != SIMSLOT_READY && state != SIMSLOT_MUTE &&
		    !slot->waiting)
			break;
		/* Told for the first time, it belongs to the insertion. */
		if (slot->waiting) {
			memset(&out, 0, sizeof(out));
			simslot_lock(slot);
			out.edges = slot->edges;
			simslot_unlock(slot);
			slot->waiting = false;
		} else {
			begin(slot, &out);
		}
		out.answered = true;
		out.soft = true;
		out.card = slot->card;
		simslot_iccid_text(out.iccid, in->data, in->len);
		finish(slot, &out);
		break;
	case SIMSLOT_IN_MUTE:
		memset(&out, 0, sizeof(out));
		simslot_lock(slot);
		out.edges = slot->edges;
		simslot_unlock(slot);
		slot->waiting = false;
		out.err = -EHOSTDOWN;
		out.reason = in->len ? in->data[0] : SIMSLOT_REASON_NO_ATR;
		finish(slot, &out);
		break;
	case SIMSLOT_IN_RESET:
		if (state != SIMSLOT_READY && state != SIMSLOT_MUTE)
			break;
		begin(slot, &out);
		out.answered = true;
		out.card.atr_len = in->len;
		memcpy(out.card.atr, in->data, in->len);
		publish_card(slot, &out.card);
		attempt(slot, SIMSLOT_SOFT, &out);
		out.soft = false;
		finish(slot, &out);
		break;
	}
}
