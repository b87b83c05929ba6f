// SPDX-License-Identifier: GPL-2.0-only
/*
 * jobs.c - what clients want of a card, and the slot's work item
 *
 * What happened is handled before what clients want, in the order in which it
 * happened.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "simslot.h"

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
	if (!slot->fault || simslot_state(slot) != SIMSLOT_READY)
		return;
	simslot_lock(slot);
	slot->errors++;
	simslot_unlock(slot);
	simslot_cycle(slot, SIMSLOT_COLD);
}

static int do_apdu(struct simslot *slot, struct simslot_job *job)
{
	u64 edges;
	bool gone;
	int err;
	int n;

	simslot_lock(slot);
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
	simslot_unlock(slot);
	if (err)
		return err;

	n = simslot_exchange(slot, job);
	if (n >= 2) {
		proactive(slot, job, n);
		return n;
	}
	if (n == -ETIMEDOUT) {
		simslot_lock(slot);
		gone = slot->gone;
		if (gone)
			n = -ENODEV;
		else if (slot->edges != edges)
			n = -ENOMEDIUM;
		simslot_unlock(slot);
	}
	return n;
}

/* Ends the file's channel. The card's channels died with their epoch. */
static void drop_channel(struct simslot *slot, struct simslot_file *file)
{
	u8 channel;
	bool current_epoch;

	simslot_lock(slot);
	channel = file->channel;
	current_epoch = file->epoch == slot->epoch &&
			!simslot_state_error(slot);
	file->channel = SIMSLOT_NO_CHANNEL;
	file->monitor = false;
	if (slot->monitor == file)
		slot->monitor = NULL;
	simslot_unlock(slot);
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
	simslot_lock(slot);
	err = simslot_state_error(slot);
	if (!err && monitor && slot->monitor)
		err = -EBUSY;
	if (!err && monitor)
		slot->monitor = file;
	file->epoch = slot->epoch;
	simslot_unlock(slot);
	if (err)
		return err;

	err = simslot_channel_open(slot, &job->ch);
	simslot_lock(slot);
	if (!err && job->ch.channel != SIMSLOT_NO_CHANNEL) {
		file->channel = job->ch.channel;
		file->monitor = monitor;
	} else if (slot->monitor == file) {
		slot->monitor = NULL;
	}
	simslot_unlock(slot);
	return err;
}

static int state_after(struct simslot *slot)
{
	int err;

	simslot_lock(slot);
	err = simslot_state_error(slot);
	simslot_unlock(slot);
	return err;
}

static int do_reset(struct simslot *slot, struct simslot_job *job)
{
	int err = state_after(slot);

	if (err && err != -EHOSTDOWN)
		return err;
	simslot_cycle(slot, job->arg == SIMSLOT_RESET_WARM && !err ?
			SIMSLOT_WARM : SIMSLOT_COLD);
	return state_after(slot);
}

static int do_power(struct simslot *slot, struct simslot_job *job)
{
	int err = state_after(slot);

	if (job->arg) {
		if (err != -ESHUTDOWN)
			return err;
		simslot_cycle(slot, SIMSLOT_ON);
		return state_after(slot);
	}
	if (err == -ESHUTDOWN)
		return 0;
	if (err && err != -EHOSTDOWN)
		return err;
	slot->ops->deactivate(slot);
	simslot_lock(slot);
	if (slot->state == SIMSLOT_READY || slot->state == SIMSLOT_MUTE) {
		slot->state = SIMSLOT_OFF;
		slot->reason = SIMSLOT_REASON_NONE;
		memset(&slot->card, 0, sizeof(slot->card));
		memset(slot->iccid, 0, sizeof(slot->iccid));
	}
	simslot_unlock(slot);
	simslot_wake(slot);
	return 0;
}

static int do_identify(struct simslot *slot)
{
	int err = state_after(slot);

	if (err)
		return err;
	simslot_cycle(slot, SIMSLOT_SOFT);
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
	/* They may hold a PIN. */
	kvfree_sensitive(job->cmd, job->len);
	kvfree_sensitive(job->resp, job->max);
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

/**
 * simslot_withdraw() - nobody waits for a job any more
 * @slot: slot; under its lock
 * @job: job; the caller has a reference of its own
 *
 * One that has not begun will never be done; one that is being done may end
 * early.
 */
void simslot_withdraw(struct simslot *slot, struct simslot_job *job)
{
	if (job->finished)
		return;
	if (slot->in_flight == job) {
		job->cancelled = true;
		return;
	}
	list_del(&job->node);
	job->finished = true;
	job->result = -EINTR;
	simslot_job_put(job);	/* the queue's */
}

static void finish_job(struct simslot *slot, struct simslot_job *job, int result)
{
	simslot_lock(slot);
	slot->in_flight = NULL;
	job->result = result;
	job->finished = true;
	complete_all(&job->done);
	simslot_unlock(slot);
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
	bool woken;
	bool rests;
};

static bool take(struct simslot *slot, struct next *next)
{
	bool any = true;

	memset(next, 0, sizeof(*next));
	simslot_lock(slot);
	if (slot->gone || slot->suspended) {
		any = false;
	} else if (slot->resumed) {
		next->resumed = true;
		next->was_away = slot->removed && !hrtimer_active(&slot->settle);
		slot->resumed = false;
		if (next->was_away) {
			slot->settled = false;
			slot->removed = false;
		}
	} else if (!list_empty(&slot->inputs)) {
		next->in = list_first_entry(&slot->inputs,
					    struct simslot_input, node);
		list_del(&next->in->node);
	} else if (slot->settled) {
		next->settled = true;
		next->was_away = slot->removed;
		slot->settled = false;
		slot->removed = false;
	} else if (slot->rest == SIMSLOT_REST_OVER) {
		/* An edge meanwhile: the settled line decides. */
		next->woken = slot->state == SIMSLOT_READY;
		slot->rest = SIMSLOT_AWAKE;
	} else if (!list_empty(&slot->jobs)) {
		next->job = list_first_entry(&slot->jobs, struct simslot_job,
					     node);
		list_del(&next->job->node);
		slot->in_flight = next->job;
	} else if (slot->rest == SIMSLOT_REST_WANTED) {
		next->rests = true;
	} else {
		any = false;
	}
	simslot_unlock(slot);
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
			simslot_resumed(slot, next.was_away);
		} else if (next.in) {
			simslot_told(slot, next.in);
			kfree(next.in);
		} else if (next.settled) {
			simslot_look(slot, next.was_away);
		} else if (next.woken) {
			simslot_cycle(slot, SIMSLOT_ON);
		} else if (next.rests) {
			simslot_rest(slot);
		} else if (next.job) {
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
		simslot_lock(slot);
		job = list_first_entry_or_null(&slot->jobs, struct simslot_job,
					       node);
		if (job) {
			list_del(&job->node);
			/* As take() does: a close meanwhile finds it taken. */
			slot->in_flight = job;
		}
		simslot_unlock(slot);
		if (!job)
			break;
		finish_job(slot, job, -ENODEV);
	}
	list_for_each_entry_safe(in, next_in, &slot->inputs, node) {
		list_del(&in->node);
		kfree(in);
	}
}
