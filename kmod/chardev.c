// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - /dev/simslotN: one open file is one client
 *
 * Files only queue jobs and look at results; see jobs.c for what is done with
 * them. A file outlives its slot and answers ENODEV then.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "simslot.h"

#define SHORT_RESPONSE	258
#define LONG_RESPONSE	(APDU_NE_MAX + 2)
#define INS_MANAGE	0x70

/* ---- files and jobs ------------------------------------------------------- */

static void simslot_file_free(struct kref *ref)
{
	struct simslot_file *file = container_of(ref, struct simslot_file, ref);

	put_device(&file->slot->dev);
	kfree(file);
}

/**
 * simslot_file_put() - give up a reference to an open file
 * @file: file
 */
void simslot_file_put(struct simslot_file *file)
{
	kref_put(&file->ref, simslot_file_free);
}

static struct simslot_job *job_new(struct simslot_file *file,
				   enum simslot_op op)
{
	struct simslot_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	kref_init(&job->ref);
	kref_get(&file->ref);
	job->file = file;
	job->op = op;
	job->channel = SIMSLOT_NO_CHANNEL;
	init_completion(&job->done);
	return job;
}

/* Whose turn it is. Under the slot's lock. */
static int turn(struct simslot *slot, struct simslot_file *file)
{
	if (slot->holder && ktime_get_boottime_ns() >= slot->lease) {
		slot->holder->broken = true;
		slot->holder = NULL;
	}
	if (file->broken) {
		file->broken = false;
		return -ECANCELED;
	}
	return slot->holder && slot->holder != file ? -EBUSY : 0;
}

static int simslot_open(struct inode *inode, struct file *filp)
{
	struct simslot *slot = container_of(inode->i_cdev, struct simslot,
					    cdev);
	struct simslot_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	kref_init(&file->ref);
	mutex_init(&file->call);
	file->channel = SIMSLOT_NO_CHANNEL;
	file->timeout_ms = SIMSLOT_TIMEOUT_MS;
	file->slot = slot;
	get_device(&slot->dev);
	file->closing = job_new(file, SIMSLOT_OP_CLOSE);
	if (!file->closing) {
		simslot_file_put(file);
		return -ENOMEM;
	}
	filp->private_data = file;
	simslot_use(slot);
	return stream_open(inode, filp);
}

static int simslot_close(struct inode *inode, struct file *filp)
{
	struct simslot_file *file = filp->private_data;
	struct simslot *slot = file->slot;
	struct simslot_job *job;

	simslot_lock(slot);
	if (slot->holder == file)
		slot->holder = NULL;
	job = file->job;
	file->job = NULL;
	if (job)
		simslot_withdraw(slot, job);
	simslot_submit(slot, file->closing);
	simslot_unlock(slot);
	simslot_cancel(slot);
	simslot_unuse(slot);
	if (job)
		simslot_job_put(job);
	simslot_job_put(file->closing);
	simslot_file_put(file);
	return 0;
}

/* ---- one command, one response -------------------------------------------- */

/* What the monitor's channel is for (TS 102 221 clause 11). */
static bool proactive_ins(u8 ins)
{
	switch (ins) {
	case 0xf2:	/* STATUS */
	case 0x12:	/* FETCH */
	case 0x14:	/* TERMINAL RESPONSE */
	case 0x10:	/* TERMINAL PROFILE */
	case 0xaa:	/* TERMINAL CAPABILITY */
	case 0xc2:	/* ENVELOPE */
		return true;
	}
	return false;
}

/* May this file send this command now? Under the slot's lock. */
static int may_send(struct simslot *slot, struct simslot_file *file,
		    const struct apdu *a)
{
	int err = simslot_state_error(slot);

	if (err)
		return err;
	err = turn(slot, file);
	if (err)
		return err;
	if (file->job)
		return -EBUSY;
	if (file->raw) {
		if (slot->holder != file)
			return -EPERM;
		return file->epoch == slot->epoch ? 0 : -ESTALE;
	}
	if (file->channel == SIMSLOT_NO_CHANNEL)
		return -ENOTCONN;
	if (file->epoch != slot->epoch)
		return -ESTALE;
	if (a->ins == INS_MANAGE)
		return -EPERM;
	if (file->monitor)
		return proactive_ins(a->ins) ? 0 : -EPERM;
	if (!file->channel && slot->holder != file)
		return -EPERM;
	return apdu_class(a->cla, file->channel) < 0 ? -EINVAL : 0;
}

static ssize_t simslot_write(struct file *filp, const char __user *buf,
			     size_t count, loff_t *pos)
{
	struct simslot_file *file = filp->private_data;
	struct simslot *slot = file->slot;
	struct simslot_job *job;
	struct apdu a;
	int err;

	if (count < 4 || count > SIMSLOT_APDU_MAX)
		return -EINVAL;
	job = job_new(file, SIMSLOT_OP_APDU);
	if (!job)
		return -ENOMEM;
	job->len = count;
	job->cmd = kvmalloc(count, GFP_KERNEL);
	err = -ENOMEM;
	if (!job->cmd)
		goto out;
	err = -EFAULT;
	if (copy_from_user(job->cmd, buf, count))
		goto out;
	err = apdu_parse(&a, job->cmd, count);
	if (err)
		goto out;
	job->max = a.extended ? LONG_RESPONSE : SHORT_RESPONSE;
	job->resp = kvmalloc(job->max, GFP_KERNEL);
	err = -ENOMEM;
	if (!job->resp)
		goto out;

	simslot_lock(slot);
	err = may_send(slot, file, &a);
	if (!err) {
		job->raw = file->raw;
		job->channel = file->channel;
		job->epoch = slot->epoch;
		job->deadline = ktime_get_boottime_ns() +
				(u64)file->timeout_ms * NSEC_PER_MSEC;
		if (simslot_submit(slot, job)) {
			file->job = job;
			job = NULL;
		} else {
			err = -ENODEV;
		}
	}
	simslot_unlock(slot);
out:
	if (job)
		simslot_job_put(job);
	return err ? err : (ssize_t)count;
}

/* Is there anything to wait for? Under no lock: a hint for wait_event(). */
static bool answered(struct simslot *slot, struct simslot_file *file)
{
	bool yes;

	simslot_lock(slot);
	yes = !file->job || file->job->finished;
	simslot_unlock(slot);
	return yes;
}

/* Why there is nothing to read. Under the slot's lock. */
static int nothing_to_read(struct simslot *slot, struct simslot_file *file)
{
	int err = simslot_state_error(slot);

	if (err && err != -EAGAIN)
		return err;
	if (file->channel != SIMSLOT_NO_CHANNEL || file->raw)
		return file->epoch != slot->epoch ? -ESTALE : -EAGAIN;
	return -EAGAIN;
}

static ssize_t simslot_read(struct file *filp, char __user *buf, size_t count,
			    loff_t *pos)
{
	struct simslot_file *file = filp->private_data;
	struct simslot *slot = file->slot;
	struct simslot_job *job;
	ssize_t n;
	int err;

	if (!(filp->f_flags & O_NONBLOCK)) {
		err = wait_event_interruptible(slot->wait, answered(slot, file));
		if (err)
			return err;
	}
	if (mutex_lock_interruptible(&file->call))
		return -ERESTARTSYS;
	simslot_lock(slot);
	job = file->job;
	if (!job)
		n = nothing_to_read(slot, file);
	else if (!job->finished)
		n = -EAGAIN;
	else
		n = job->result;
	if (n > 0 && n > count)
		n = -EMSGSIZE;
	else if (job && job->finished)
		file->job = NULL;
	else
		job = NULL;
	simslot_unlock(slot);
	if (n == -EMSGSIZE)
		job = NULL;
	if (n > 0 && copy_to_user(buf, job->resp, n))
		n = -EFAULT;
	mutex_unlock(&file->call);
	if (job)
		simslot_job_put(job);
	return n;
}

static __poll_t simslot_poll(struct file *filp, poll_table *wait)
{
	struct simslot_file *file = filp->private_data;
	struct simslot *slot = file->slot;
	__poll_t mask = 0;

	poll_wait(filp, &slot->wait, wait);
	simslot_lock(slot);
	if (slot->gone)
		mask |= EPOLLHUP | EPOLLERR;
	if (!file->job)
		mask |= EPOLLOUT | EPOLLWRNORM;
	else if (file->job->finished)
		mask |= EPOLLIN | EPOLLRDNORM;
	if ((file->channel != SIMSLOT_NO_CHANNEL || file->raw) &&
	    file->epoch != slot->epoch)
		mask |= EPOLLERR;
	simslot_unlock(slot);
	return mask;
}

/* ---- ioctls --------------------------------------------------------------- */

static int get_info(struct simslot *slot, struct simslot_file *file,
		    void __user *arg)
{
	struct simslot_info info = {
		.index = slot->index,
		.caps = slot->caps,
	};

	simslot_lock(slot);
	if (slot->gone) {
		simslot_unlock(slot);
		return -ENODEV;
	}
	info.state = slot->state;
	info.reason = slot->reason;
	info.epoch = slot->epoch;
	info.seq = slot->seq;
	info.others = slot->sent;
	if (file->sent_epoch == slot->epoch)
		info.others -= file->sent;
	info.protocol = slot->card.protocol;
	info.baud = slot->card.baud;
	info.channel = file->channel;
	info.stale = file->channel != SIMSLOT_NO_CHANNEL &&
		     file->epoch != slot->epoch;
	info.atr_len = slot->card.atr_len;
	memcpy(info.atr, slot->card.atr, sizeof(info.atr));
	memcpy(info.iccid, slot->iccid, sizeof(info.iccid));
	simslot_unlock(slot);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Queue a job and wait for it. After a signal it is done only if it is begun. */
static int do_job(struct simslot *slot, struct simslot_file *file,
		  struct simslot_job *job)
{
	int err;

	simslot_lock(slot);
	err = slot->gone ? -ENODEV : turn(slot, file);
	if (!err && !simslot_submit(slot, job))
		err = -ENODEV;
	simslot_unlock(slot);
	if (err)
		return err;
	if (!wait_for_completion_interruptible(&job->done))
		return job->result;
	simslot_lock(slot);
	if (slot->in_flight != job)
		simslot_withdraw(slot, job);
	err = job->finished ? job->result : -EINTR;
	simslot_unlock(slot);
	return err;
}

static int simple_job(struct simslot *slot, struct simslot_file *file,
		      enum simslot_op op, u32 arg)
{
	struct simslot_job *job = job_new(file, op);
	int err;

	if (!job)
		return -ENOMEM;
	job->arg = arg;
	err = do_job(slot, file, job);
	simslot_job_put(job);
	return err;
}

/* Channel 0 is for the transaction's holder; the monitor has its own way. */
static int basic_allowed(struct simslot *slot, struct simslot_file *file,
			 u32 flags)
{
	u32 need = 0;
	int err = 0;

	if (flags & ~(SIMSLOT_CHANNEL_BASIC | SIMSLOT_CHANNEL_MONITOR))
		return -EINVAL;
	if (flags & SIMSLOT_CHANNEL_BASIC)
		need = SIMSLOT_CAP_CHANNEL0;
	if (flags & SIMSLOT_CHANNEL_MONITOR)
		need = SIMSLOT_CAP_TERMINAL;
	if (hweight32(flags) > 1)
		return -EINVAL;
	if ((slot->caps & need) != need)
		return -EOPNOTSUPP;
	simslot_lock(slot);
	if (flags & SIMSLOT_CHANNEL_BASIC && slot->holder != file)
		err = -EPERM;
	simslot_unlock(slot);
	return err;
}

static int channel_open(struct simslot *slot, struct simslot_file *file,
			void __user *arg)
{
	struct simslot_channel *ch;
	struct simslot_job *job;
	int err;

	job = job_new(file, SIMSLOT_OP_OPEN);
	if (!job)
		return -ENOMEM;
	ch = &job->ch;
	err = -EFAULT;
	if (copy_from_user(ch, arg, sizeof(*ch)))
		goto out;
	err = -EINVAL;
	if (ch->aid_len && (ch->aid_len < 5 || ch->aid_len > sizeof(ch->aid)))
		goto out;
	err = basic_allowed(slot, file, ch->flags);
	if (err)
		goto out;
	err = do_job(slot, file, job);
	if (!err && copy_to_user(arg, ch, sizeof(*ch)))
		err = -EFAULT;
out:
	simslot_job_put(job);
	return err;
}

static int begin_transaction(struct simslot *slot, struct simslot_file *file,
			     void __user *arg)
{
	struct simslot_begin b;
	int err;

	if (copy_from_user(&b, arg, sizeof(b)))
		return -EFAULT;
	if (!b.lease_ms || b.lease_ms > SIMSLOT_LEASE_MAX_MS ||
	    b.flags & ~SIMSLOT_BEGIN_BREAK)
		return -EINVAL;
	if (b.flags & SIMSLOT_BEGIN_BREAK && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	simslot_lock(slot);
	err = slot->gone ? -ENODEV : turn(slot, file);
	if (err == -EBUSY && b.flags & SIMSLOT_BEGIN_BREAK) {
		slot->holder->broken = true;
		err = 0;
	}
	if (!err) {
		slot->holder = file;
		slot->lease = ktime_get_boottime_ns() +
			      (u64)b.lease_ms * NSEC_PER_MSEC;
	}
	simslot_unlock(slot);
	return err;
}

static int end_transaction(struct simslot *slot, struct simslot_file *file)
{
	int err;

	simslot_lock(slot);
	err = slot->gone ? -ENODEV : turn(slot, file);
	if (!err && slot->holder != file)
		err = -EPERM;
	if (!err)
		slot->holder = NULL;
	simslot_unlock(slot);
	return err;
}

static int set_mode(struct simslot *slot, struct simslot_file *file, u32 mode)
{
	int err = 0;

	if (mode > SIMSLOT_MODE_RAW)
		return -EINVAL;
	if (mode == SIMSLOT_MODE_RAW && !(slot->caps & SIMSLOT_CAP_CHANNEL0))
		return -EOPNOTSUPP;
	simslot_lock(slot);
	if (mode == SIMSLOT_MODE_RAW) {
		err = slot->gone ? -ENODEV : turn(slot, file);
		if (!err && slot->holder != file)
			err = -EPERM;
		if (!err && file->channel != SIMSLOT_NO_CHANNEL &&
		    file->epoch == slot->epoch)
			err = -EBUSY;	/* CHANNEL_CLOSE first */
		if (!err)
			file->epoch = slot->epoch;
	}
	if (!err)
		file->raw = mode == SIMSLOT_MODE_RAW;
	simslot_unlock(slot);
	return err;
}

static int get_u32(u32 *value, void __user *arg)
{
	return copy_from_user(value, arg, sizeof(*value)) ? -EFAULT : 0;
}

static int with_value(struct simslot *slot, struct simslot_file *file,
		      unsigned int cmd, void __user *arg)
{
	u32 value;
	int err = get_u32(&value, arg);

	if (err)
		return err;
	switch (cmd) {
	case SIMSLOT_IOC_RESET:
		if (value > SIMSLOT_RESET_WARM)
			return -EINVAL;
		if (!(slot->caps & SIMSLOT_CAP_RESET))
			return -EOPNOTSUPP;
		return simple_job(slot, file, SIMSLOT_OP_RESET, value);
	case SIMSLOT_IOC_POWER:
		if (value > 1)
			return -EINVAL;
		if (!(slot->caps & SIMSLOT_CAP_POWER))
			return -EOPNOTSUPP;
		return simple_job(slot, file, SIMSLOT_OP_POWER, value);
	case SIMSLOT_IOC_SET_MODE:
		return set_mode(slot, file, value);
	case SIMSLOT_IOC_SET_TIMEOUT:
		if (value > SIMSLOT_TIMEOUT_MAX_MS)
			return -EINVAL;
		file->timeout_ms = value ? value : SIMSLOT_TIMEOUT_MS;
		return 0;
	}
	return -ENOTTY;
}

static long simslot_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	struct simslot_file *file = filp->private_data;
	struct simslot *slot = file->slot;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case SIMSLOT_IOC_INFO:
		return get_info(slot, file, user);
	case SIMSLOT_IOC_CHANNEL_OPEN:
		return channel_open(slot, file, user);
	case SIMSLOT_IOC_CHANNEL_CLOSE:
		return simple_job(slot, file, SIMSLOT_OP_CLOSE, 0);
	case SIMSLOT_IOC_BEGIN:
		return begin_transaction(slot, file, user);
	case SIMSLOT_IOC_END:
		return end_transaction(slot, file);
	case SIMSLOT_IOC_IDENTIFY:
		return simple_job(slot, file, SIMSLOT_OP_IDENTIFY, 0);
	}
	return with_value(slot, file, cmd, user);
}

const struct file_operations simslot_fops = {
	.owner = THIS_MODULE,
	.open = simslot_open,
	.release = simslot_close,
	.read = simslot_read,
	.write = simslot_write,
	.poll = simslot_poll,
	.unlocked_ioctl = simslot_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
