// SPDX-License-Identifier: GPL-2.0-only
/*
 * card.c - the state machine: insertion, removal, reset, identity, jobs
 *
 * All of it runs in the slot's work item. What happened is handled before what
 * clients want, in the order in which it happened.
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
 * Return: 0 when it can, else what include/uapi/linux/simslot.h lists.
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

static u32 state_of(struct simslot *slot)
{
	u32 state;

	spin_lock_irq(&slot->lock);
	state = slot->state;
	spin_unlock_irq(&slot->lock);
	return state;
}

static bool edges_since(struct simslot *slot, u64 edges)
{
	bool moved;

	spin_lock_irq(&slot->lock);
	moved = slot->edges != edges;
	spin_unlock_irq(&slot->lock);
	return moved;
}

/* ---- activation ----------------------------------------------------------- */

/* Nothing that was meant for the card as it was may reach it from here on. */
static void begin(struct simslot *slot, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	spin_lock_irq(&slot->lock);
	out->edges = slot->edges;
	slot->epoch++;
	slot->sent = 0;
	slot->state = SIMSLOT_ACTIVATING;
	slot->reason = SIMSLOT_REASON_NONE;
	spin_unlock_irq(&slot->lock);
	slot->sw = 0;
	slot->waiting = false;
	simslot_wake(slot);
}

static void publish_card(struct simslot *slot, const struct simslot_card *card)
{
	spin_lock_irq(&slot->lock);
	slot->card = *card;
	spin_unlock_irq(&slot->lock);
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
		spin_lock_irq(&slot->lock);
		slot->profile_switches++;
		spin_unlock_irq(&slot->lock);
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
	spin_lock_irq(&slot->lock);
	if (slot->gone || slot->edges != out->edges) {
		spin_unlock_irq(&slot->lock);
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
	spin_unlock_irq(&slot->lock);
	if (out->err)
		failed(slot, out);
	else
		succeeded(slot, out);
}

static void cycle(struct simslot *slot, enum simslot_how how)
{
	struct outcome out;

	begin(slot, &out);
	attempt(slot, how, &out);
	finish(slot, &out);
}

/* ---- what happened -------------------------------------------------------- */

static void removed(struct simslot *slot)
{
	spin_lock_irq(&slot->lock);
	slot->state = SIMSLOT_EMPTY;
	slot->reason = SIMSLOT_REASON_NONE;
	slot->removals++;
	memset(&slot->card, 0, sizeof(slot->card));
	memset(slot->iccid, 0, sizeof(slot->iccid));
	spin_unlock_irq(&slot->lock);
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
	spin_lock_irq(&slot->lock);
	slot->insertions++;
	spin_unlock_irq(&slot->lock);
	simslot_event(slot, SIMSLOT_EV_CARD_INSERTED, 0);
}

/* Card-detect has been still for the debounce time. */
static void look(struct simslot *slot, bool was_away)
{
	struct outcome out;
	int present = 1;
	u64 edges;

	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return;
	spin_lock_irq(&slot->lock);
	edges = slot->edges;
	spin_unlock_irq(&slot->lock);
	if (slot->ops->present)
		present = slot->ops->present(slot);
	if (present < 0)
		return;
	if (edges_since(slot, edges)) {
		spin_lock_irq(&slot->lock);
		slot->removed |= was_away;
		spin_unlock_irq(&slot->lock);
		return;
	}
	if (state_of(slot) != SIMSLOT_EMPTY && (was_away || !present))
		removed(slot);
	if (!present)
		return;
	switch (state_of(slot)) {
	case SIMSLOT_EMPTY:
		appear(slot, &out);
		attempt(slot, SIMSLOT_COLD, &out);
		finish(slot, &out);
		break;
	case SIMSLOT_ACTIVATING:	/* shorter than that: a reset */
		cycle(slot, SIMSLOT_COLD);
		break;
	}
}

/* The system has slept. Where a line says that the card went, it went. */
static void resumed(struct simslot *slot)
{
	u32 state = state_of(slot);

	if (!(slot->caps & SIMSLOT_CAP_PROXIED)) {
		look(slot, false);
		return;
	}
	if (state == SIMSLOT_READY ||
	    (state == SIMSLOT_ACTIVATING && !slot->waiting))
		cycle(slot, SIMSLOT_SOFT);
}

/* A driver that knows more than a line told an identity or an ATR. */
static void told(struct simslot *slot, const struct simslot_input *in)
{
	struct outcome out;
	u32 state = state_of(slot);

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
			spin_lock_irq(&slot->lock);
			out.edges = slot->edges;
			spin_unlock_irq(&slot->lock);
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
		spin_lock_irq(&slot->lock);
		out.edges = slot->edges;
		spin_unlock_irq(&slot->lock);
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

/* ---- what clients want ---------------------------------------------------- */

/* SW 91xx: the card has something for the terminal. Told once per change. */
static void proactive(struct simslot *slot, const struct simslot_job *job,
		      int n)
{
	u16 sw = job->resp[n - 2] << 8 | job->resp[n - 1];
	bool fetch = job->cmd[1] == 0x12;

	if (!(slot->caps & SIMSLOT_CAP_TERMINAL))
		return;
	if (sw >> 8 != 0x91) {
		slot->sw = 0;
		return;
	}
	if (sw != slot->sw || fetch)
		simslot_event(slot, SIMSLOT_EV_PROACTIVE, sw);
	slot->sw = sw;
}

/* The card is in a state nobody knows: only a reset helps. */
static void recover(struct simslot *slot)
{
	if (!slot->fault || state_of(slot) != SIMSLOT_READY)
		return;
	spin_lock_irq(&slot->lock);
	slot->errors++;
	spin_unlock_irq(&slot->lock);
	cycle(slot, SIMSLOT_COLD);
}

static int do_apdu(struct simslot *slot, struct simslot_job *job)
{
	u64 edges;
	bool gone;
	int err;
	int n;

	spin_lock_irq(&slot->lock);
	err = simslot_state_error(slot);
	if (err == -EAGAIN || (!err && job->epoch != slot->epoch))
		err = -ESTALE;
	edges = slot->edges;
	if (!err) {
		slot->sent++;
		if (job->file->sent_epoch != slot->epoch)
			job->file->sent = 0;
		job->file->sent_epoch = slot->epoch;
		job->file->sent++;
	}
	spin_unlock_irq(&slot->lock);
	if (err)
		return err;

	n = simslot_exchange(slot, job);
	if (n >= 2) {
		proactive(slot, job, n);
		return n;
	}
	if (n == -ETIMEDOUT) {
		spin_lock_irq(&slot->lock);
		gone = slot->gone;
		if (gone)
			n = -ENODEV;
		else if (slot->edges != edges)
			n = -ENOMEDIUM;
		spin_unlock_irq(&slot->lock);
	}
	return n;
}

/* Ends the file's channel. The card's channels died with their epoch. */
static void drop_channel(struct simslot *slot, struct simslot_file *file)
{
	u8 channel;
	bool current_epoch;

	spin_lock_irq(&slot->lock);
	channel = file->channel;
	current_epoch = file->epoch == slot->epoch &&
			!simslot_state_error(slot);
	file->channel = SIMSLOT_NO_CHANNEL;
	file->monitor = false;
	if (slot->monitor == file)
		slot->monitor = NULL;
	spin_unlock_irq(&slot->lock);
	if (current_epoch && channel && channel != SIMSLOT_NO_CHANNEL)
		simslot_channel_close(slot, channel);
}

static int do_open(struct simslot *slot, struct simslot_job *job)
{
	struct simslot_file *file = job->file;
	bool monitor = job->ch.flags & SIMSLOT_CHANNEL_MONITOR;
	int err;

	drop_channel(slot, file);
	if (slot->fault)
		return -EREMOTEIO;
	spin_lock_irq(&slot->lock);
	err = simslot_state_error(slot);
	if (!err && monitor && slot->monitor)
		err = -EBUSY;
	if (!err && monitor)
		slot->monitor = file;
	file->epoch = slot->epoch;
	spin_unlock_irq(&slot->lock);
	if (err)
		return err;

	err = simslot_channel_open(slot, &job->ch);
	spin_lock_irq(&slot->lock);
	if (!err && job->ch.channel != SIMSLOT_NO_CHANNEL) {
		file->channel = job->ch.channel;
		file->monitor = monitor;
	} else if (slot->monitor == file) {
		slot->monitor = NULL;
	}
	spin_unlock_irq(&slot->lock);
	return err;
}

static int state_after(struct simslot *slot)
{
	int err;

	spin_lock_irq(&slot->lock);
	err = simslot_state_error(slot);
	spin_unlock_irq(&slot->lock);
	return err;
}

static int do_reset(struct simslot *slot, struct simslot_job *job)
{
	int err = state_after(slot);

	if (err && err != -EHOSTDOWN)
		return err;
	cycle(slot, job->arg == SIMSLOT_RESET_WARM && !err ?
			SIMSLOT_WARM : SIMSLOT_COLD);
	return state_after(slot);
}

static int do_power(struct simslot *slot, struct simslot_job *job)
{
	int err = state_after(slot);

	if (job->arg) {
		if (err != -ESHUTDOWN)
			return err;
		cycle(slot, SIMSLOT_ON);
		return state_after(slot);
	}
	if (err == -ESHUTDOWN)
		return 0;
	if (err && err != -EHOSTDOWN)
		return err;
	slot->ops->deactivate(slot);
	spin_lock_irq(&slot->lock);
	if (slot->state == SIMSLOT_READY || slot->state == SIMSLOT_MUTE) {
		slot->state = SIMSLOT_OFF;
		slot->reason = SIMSLOT_REASON_NONE;
		memset(&slot->card, 0, sizeof(slot->card));
		memset(slot->iccid, 0, sizeof(slot->iccid));
	}
	spin_unlock_irq(&slot->lock);
	simslot_wake(slot);
	return 0;
}

static int do_identify(struct simslot *slot)
{
	int err = state_after(slot);

	if (err)
		return err;
	cycle(slot, SIMSLOT_SOFT);
	return state_after(slot);
}

static int run(struct simslot *slot, struct simslot_job *job)
{
	int n = 0;

	slot->fault = SIMSLOT_REASON_NONE;
	switch (job->op) {
	case SIMSLOT_OP_APDU:
		n = do_apdu(slot, job);
		break;
	case SIMSLOT_OP_OPEN:
		n = do_open(slot, job);
		break;
	case SIMSLOT_OP_CLOSE:
		drop_channel(slot, job->file);
		break;
	case SIMSLOT_OP_RESET:
		return do_reset(slot, job);
	case SIMSLOT_OP_POWER:
		return do_power(slot, job);
	case SIMSLOT_OP_IDENTIFY:
		return do_identify(slot);
	}
	return n;
}

/* ---- the queue ------------------------------------------------------------ */

static void simslot_job_free(struct kref *ref)
{
	struct simslot_job *job = container_of(ref, struct simslot_job, ref);

	simslot_file_put(job->file);
	kvfree(job->cmd);
	kvfree(job->resp);
	kfree(job);
}

/**
 * simslot_job_put() - give up a reference to a job
 * @job: job
 */
void simslot_job_put(struct simslot_job *job)
{
	kref_put(&job->ref, simslot_job_free);
}

/**
 * simslot_submit() - queue a job
 * @slot: slot; under its lock
 * @job: job; the queue takes a reference of its own
 *
 * Return: false when the slot is gone.
 */
bool simslot_submit(struct simslot *slot, struct simslot_job *job)
{
	if (slot->gone)
		return false;
	kref_get(&job->ref);
	list_add_tail(&job->node, &slot->jobs);
	simslot_kick(slot);
	return true;
}

static void finish_job(struct simslot *slot, struct simslot_job *job, int result)
{
	spin_lock_irq(&slot->lock);
	slot->in_flight = NULL;
	job->result = result;
	job->finished = true;
	complete_all(&job->done);
	spin_unlock_irq(&slot->lock);
	wake_up_all(&slot->wait);
	simslot_job_put(job);
}

/* What comes next: exactly one of them is set, or none. */
struct next {
	struct simslot_input *in;
	struct simslot_job *job;
	bool resumed;
	bool settled;
	bool was_away;
};

static bool take(struct simslot *slot, struct next *next)
{
	bool any = true;

	memset(next, 0, sizeof(*next));
	spin_lock_irq(&slot->lock);
	if (slot->gone || slot->suspended) {
		any = false;
	} else if (slot->resumed) {
		next->resumed = true;
		slot->resumed = false;
	} else if (!list_empty(&slot->inputs)) {
		next->in = list_first_entry(&slot->inputs,
					    struct simslot_input, node);
		list_del(&next->in->node);
	} else if (slot->settled) {
		next->settled = true;
		next->was_away = slot->removed;
		slot->settled = false;
		slot->removed = false;
	} else if (!list_empty(&slot->jobs)) {
		next->job = list_first_entry(&slot->jobs, struct simslot_job,
					     node);
		list_del(&next->job->node);
		slot->in_flight = next->job;
	} else {
		any = false;
	}
	spin_unlock_irq(&slot->lock);
	return any;
}

/**
 * simslot_work() - all that is to be done for a slot
 * @work: the slot's
 */
void simslot_work(struct work_struct *work)
{
	struct simslot *slot = container_of(work, struct simslot, work);
	struct next next;

	while (take(slot, &next)) {
		if (next.resumed) {
			resumed(slot);
		} else if (next.in) {
			told(slot, next.in);
			kfree(next.in);
		} else if (next.settled) {
			look(slot, next.was_away);
		} else {
			/* The client hears of a failure before the reset. */
			finish_job(slot, next.job, run(slot, next.job));
			recover(slot);
		}
	}
}

/**
 * simslot_fail_all() - nobody will do these any more
 * @slot: slot that is gone, its work item at rest
 */
void simslot_fail_all(struct simslot *slot)
{
	struct simslot_input *in, *next_in;
	struct simslot_job *job;

	for (;;) {
		spin_lock_irq(&slot->lock);
		job = list_first_entry_or_null(&slot->jobs, struct simslot_job,
					       node);
		if (job) {
			list_del(&job->node);
			/* As take() does: a close meanwhile finds it taken. */
			slot->in_flight = job;
		}
		spin_unlock_irq(&slot->lock);
		if (!job)
			break;
		finish_job(slot, job, -ENODEV);
	}
	list_for_each_entry_safe(in, next_in, &slot->inputs, node) {
		list_del(&in->node);
		kfree(in);
	}
}
