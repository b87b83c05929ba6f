// SPDX-License-Identifier: GPL-2.0-only
/*
 * proxy.c - /dev/simslot-proxy: a slot served by a process
 *
 * SIMs that a modem owns, remote SIMs, tests. One open file is one slot. The
 * process writes what happens to the card and reads requests; each request is
 * answered by a DONE with its id. The core asks one thing at a time.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "proxy_record.h"
#include "simslot.h"

#define CONTROL_MS	30000	/* reset, power, channels, identity */

/**
 * struct record - one record for the process to read
 * @node: in struct proxy's @out
 * @len: bytes after the header
 * @hdr: header, followed by them
 * @body: the bytes
 */
struct record {
	struct list_head node;
	size_t len;
	struct simslot_proxy_hdr hdr;
	u8 body[];
};

/**
 * struct proxy - an open file of /dev/simslot-proxy
 * @write: one record written at a time; protects @slot and @present
 * @lock: protects the rest
 * @readable: the process waits here
 * @done: the slot's work item waits here
 * @slot: slot, once created
 * @present: the process said that there is a card
 * @out: records to be read
 * @id: of the last request
 * @pending: its answer is awaited
 * @answered: it has come
 * @error: the answer's: 0 or negative errno
 * @answer: the answer's bytes, kvmalloc()ed
 * @answer_len: how many
 */
struct proxy {
	struct mutex write; /* see @write */
	spinlock_t lock; /* see @lock */
	wait_queue_head_t readable;
	wait_queue_head_t done;
	struct simslot *slot;
	bool present;
	struct list_head out;
	u32 id;
	bool pending;
	bool answered;
	int error;
	u8 *answer;
	size_t answer_len;
};

/**
 * struct question - a request to the process
 * @type: SIMSLOT_P_*
 * @word: first bytes of the body
 * @word_len: 0, 1 or 4 of them
 * @body: the others
 * @len: how many
 * @ms: how long to wait for the answer
 */
struct question {
	u16 type;
	u32 word;
	u8 word_len;
	const u8 *body;
	size_t len;
	unsigned int ms;
};

static struct record *record_new(u16 type, size_t len)
{
	struct record *r = kvzalloc(sizeof(*r) + len, GFP_KERNEL);

	if (!r)
		return NULL;
	r->len = len;
	r->hdr.type = type;
	r->hdr.version = SIMSLOT_PROXY_VERSION;
	r->hdr.len = len;
	return r;
}

static void record_free(struct record *r)
{
	if (!r)
		return;
	kvfree_sensitive(r, sizeof(*r) + r->len);
}

/* ---- the slot's side ------------------------------------------------------ */

static bool is_over(struct proxy *p)
{
	bool over;

	spin_lock(&p->lock);
	over = p->answered;
	spin_unlock(&p->lock);
	return over || simslot_cancelled(p->slot);
}

static void send(struct proxy *p, struct record *r)
{
	spin_lock(&p->lock);
	list_add_tail(&r->node, &p->out);
	spin_unlock(&p->lock);
	wake_up(&p->readable);
}

/*
 * The answer did not come. What the process has not even read was surely not
 * executed; otherwise it is told that nobody waits any more.
 */
static int give_up(struct proxy *p, u32 id, struct record *cancel)
{
	struct record *r;

	spin_lock(&p->lock);
	p->pending = false;
	list_for_each_entry(r, &p->out, node) {
		if (r->hdr.id == id) {
			list_del(&r->node);
			spin_unlock(&p->lock);
			record_free(r);
			record_free(cancel);
			return -ETIMEDOUT;
		}
	}
	spin_unlock(&p->lock);
	cancel->hdr.id = id;
	send(p, cancel);
	return -EREMOTEIO;
}

/*
 * Ask the process and wait. Return: length of its answer in p->answer, which
 * ask_done() frees, or -errno.
 */
static int ask(struct proxy *p, const struct question *q)
{
	struct record *r, *cancel;
	u32 id;
	int n;

	r = record_new(q->type, q->word_len + q->len);
	cancel = record_new(SIMSLOT_P_CANCEL, 0);
	if (!r || !cancel) {
		record_free(r);
		record_free(cancel);
		return -ENOMEM;
	}
	if (q->word_len == 1)
		r->body[0] = q->word;
	else if (q->word_len)
		memcpy(r->body, &q->word, sizeof(q->word));
	if (q->len)
		memcpy(r->body + q->word_len, q->body, q->len);

	spin_lock(&p->lock);
	if (!++p->id)
		p->id = 1;
	id = p->id;
	r->hdr.id = id;
	p->pending = true;
	p->answered = false;
	spin_unlock(&p->lock);
	send(p, r);

	wait_event_timeout(p->done, is_over(p), msecs_to_jiffies(q->ms) + 1);
	spin_lock(&p->lock);
	n = p->answered ? p->error : 1;
	if (n <= 0)
		p->pending = false;
	spin_unlock(&p->lock);
	if (n > 0)
		return give_up(p, id, cancel);
	record_free(cancel);
	return n ? n : (int)p->answer_len;
}

static void ask_done(struct proxy *p)
{
	kvfree_sensitive(p->answer, p->answer_len);
	p->answer = NULL;
	p->answer_len = 0;
}

static int proxy_activate(struct simslot *slot, enum simslot_how how,
			  struct simslot_card *card)
{
	struct proxy *p = slot->priv;
	struct question q = {
		.type = how == SIMSLOT_ON ? SIMSLOT_P_POWER : SIMSLOT_P_RESET,
		.word_len = 4,
		.ms = CONTROL_MS,
	};
	int n;

	if (how == SIMSLOT_ON)
		q.word = 1;
	else if (how == SIMSLOT_WARM)
		q.word = SIMSLOT_RESET_WARM;
	else
		q.word = SIMSLOT_RESET_COLD;
	n = ask(p, &q);
	if (n < 0 || n > sizeof(card->atr)) {
		card->reason = n < 0 ? SIMSLOT_REASON_NO_ATR :
				       SIMSLOT_REASON_BAD_ATR;
		n = -EHOSTDOWN;
	} else {
		memcpy(card->atr, p->answer, n);
		card->atr_len = n;
		n = 0;
	}
	ask_done(p);
	return n;
}

static void proxy_deactivate(struct simslot *slot)
{
	struct proxy *p = slot->priv;
	const struct question q = {
		.type = SIMSLOT_P_POWER,
		.word_len = 4,
		.ms = CONTROL_MS,
	};

	ask(p, &q);
	ask_done(p);
}

static int proxy_transceive(struct simslot *slot, struct simslot_xfer *xfer)
{
	struct proxy *p = slot->priv;
	const struct question q = {
		.type = SIMSLOT_P_APDU,
		.word = xfer->channel == SIMSLOT_NO_CHANNEL ? 0 : xfer->channel,
		.word_len = 4,
		.body = xfer->cmd,
		.len = xfer->len,
		.ms = xfer->timeout_ms,
	};
	int n = ask(p, &q);

	if (n >= 0 && (n < 2 || n > xfer->max))
		n = -EREMOTEIO;
	else if (n < 0 && n != -ETIMEDOUT && n != -ENOMEM)
		n = -EREMOTEIO;
	if (n > 0)
		memcpy(xfer->resp, p->answer, n);
	ask_done(p);
	return n;
}

/* Answer: channel, response data, SW1 SW2; SW alone when the card refused. */
static int proxy_open(struct simslot *slot, struct simslot_channel *ch)
{
	struct proxy *p = slot->priv;
	const struct question q = {
		.type = SIMSLOT_P_OPEN,
		.word = ch->p2,
		.word_len = 1,
		.body = ch->aid,
		.len = ch->aid_len,
		.ms = CONTROL_MS,
	};
	int n = ask(p, &q);
	const u8 *a = p->answer;

	if (n == 2) {
		ch->sw = a[0] << 8 | a[1];
		n = 0;
	} else if (n >= 3 && n - 3 <= sizeof(ch->resp) && a[0] <= 19) {
		ch->channel = a[0];
		ch->resp_len = n - 3;
		memcpy(ch->resp, a + 1, ch->resp_len);
		ch->sw = a[n - 2] << 8 | a[n - 1];
		n = 0;
	} else if (n >= 0) {
		n = -EREMOTEIO;
	}
	ask_done(p);
	return n;
}

static int proxy_close(struct simslot *slot, unsigned int channel)
{
	struct proxy *p = slot->priv;
	const struct question q = {
		.type = SIMSLOT_P_CLOSE,
		.word = channel,
		.word_len = 4,
		.ms = CONTROL_MS,
	};
	int n = ask(p, &q);

	ask_done(p);
	return min(n, 0);
}

static int proxy_identify(struct simslot *slot, u8 ef[SIMSLOT_EF_ICCID_LEN])
{
	struct proxy *p = slot->priv;
	const struct question q = {
		.type = SIMSLOT_P_IDENTIFY,
		.ms = CONTROL_MS,
	};
	int n = ask(p, &q);

	if (n > SIMSLOT_EF_ICCID_LEN)
		n = -EREMOTEIO;
	if (n > 0)
		memcpy(ef, p->answer, n);
	ask_done(p);
	return n;
}

static void proxy_cancel(struct simslot *slot)
{
	struct proxy *p = slot->priv;

	wake_up_all(&p->done);
}

/* Two tables: who reads EF_ICCID also opens channels itself. */
static const struct simslot_ops proxy_ops = {
	.activate = proxy_activate,
	.deactivate = proxy_deactivate,
	.transceive = proxy_transceive,
	.identify = proxy_identify,
	.cancel = proxy_cancel,
};

static const struct simslot_ops proxy_modem_ops = {
	.activate = proxy_activate,
	.deactivate = proxy_deactivate,
	.transceive = proxy_transceive,
	.open = proxy_open,
	.close = proxy_close,
	.identify = proxy_identify,
	.cancel = proxy_cancel,
};

/* ---- the process's side --------------------------------------------------- */

static int create(struct proxy *p, const struct simslot_proxy_create *wanted)
{
	const u32 ours = SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL;
	struct simslot_proxy_create *c;
	struct simslot *slot;
	struct record *echo;
	int err;

	if (p->slot)
		return -EBUSY;
	echo = record_new(SIMSLOT_P_CREATE, sizeof(*c));
	if (!echo)
		return -ENOMEM;
	c = (struct simslot_proxy_create *)echo->body;
	*c = *wanted;
	slot = simslot_alloc(NULL, (c->caps & ours) == ours ?
			     &proxy_ops : &proxy_modem_ops, c->name, c->caps,
			     p);
	if (IS_ERR(slot)) {
		err = PTR_ERR(slot);
		goto err_echo;
	}
	p->slot = slot;
	err = simslot_register(slot);
	if (err)
		goto err_slot;
	c->index = slot->index;
	send(p, echo);
	return 0;

err_slot:
	p->slot = NULL;
	simslot_free(slot);
err_echo:
	record_free(echo);
	return err;
}

/* The answer to the request under way; to any other it comes too late. */
static int take_answer(struct proxy *p, const struct proxy_record *r)
{
	u8 *copy = NULL;

	if (r->len) {
		copy = kvmalloc(r->len, GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, r->data, r->len);
	}
	spin_lock(&p->lock);
	if (p->pending && !p->answered && p->id == r->id) {
		p->answered = true;
		p->error = r->error;
		p->answer = copy;
		p->answer_len = r->len;
		copy = NULL;
	}
	spin_unlock(&p->lock);
	kvfree_sensitive(copy, r->len);
	wake_up_all(&p->done);
	return 0;
}

static int tell(struct proxy *p, const struct proxy_record *r)
{
	static const u8 input[] = {
		[SIMSLOT_P_INSERT] = SIMSLOT_IN_INSERT,
		[SIMSLOT_P_REMOVE] = SIMSLOT_IN_REMOVE,
		[SIMSLOT_P_IDENTITY] = SIMSLOT_IN_IDENTITY,
		[SIMSLOT_P_MUTE] = SIMSLOT_IN_MUTE,
		[SIMSLOT_P_CARD_RESET] = SIMSLOT_IN_RESET,
	};
	bool insert = r->type == SIMSLOT_P_INSERT;
	int err;

	if (insert == p->present)
		return insert ? -EEXIST : -ENOMEDIUM;
	if (r->type == SIMSLOT_P_MUTE)
		return simslot_tell(p->slot, SIMSLOT_IN_MUTE, &r->reason, 1);
	err = simslot_tell(p->slot, input[r->type], r->data, r->len);
	if (!err && (insert || r->type == SIMSLOT_P_REMOVE))
		p->present = insert;
	return err;
}

static int take_record(struct proxy *p, const struct proxy_record *r)
{
	if (r->type == SIMSLOT_P_CREATE)
		return create(p, &r->create);
	if (!p->slot)
		return -ENXIO;
	return r->type == SIMSLOT_P_DONE ? take_answer(p, r) : tell(p, r);
}

static ssize_t proxy_write(struct file *filp, const char __user *buf,
			   size_t count, loff_t *pos)
{
	struct proxy *p = filp->private_data;
	struct proxy_record r;
	u8 *copy;
	int err;

	if (count > sizeof(struct simslot_proxy_hdr) + PROXY_BODY_MAX)
		return -EINVAL;
	copy = kvmalloc(count + 1, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = -EFAULT;
	if (copy_from_user(copy, buf, count))
		goto out;
	err = proxy_record_parse(&r, copy, count);
	if (err)
		goto out;
	err = mutex_lock_interruptible(&p->write);
	if (err)
		goto out;
	err = take_record(p, &r);
	mutex_unlock(&p->write);
out:
	kvfree_sensitive(copy, count);
	return err ? err : (ssize_t)count;
}

static bool nothing_to_read(struct proxy *p)
{
	bool empty;

	spin_lock(&p->lock);
	empty = list_empty(&p->out);
	spin_unlock(&p->lock);
	return empty;
}

static ssize_t proxy_read(struct file *filp, char __user *buf, size_t count,
			  loff_t *pos)
{
	struct proxy *p = filp->private_data;
	struct record *r;
	ssize_t n;
	int err;

again:
	if (!(filp->f_flags & O_NONBLOCK)) {
		err = wait_event_interruptible(p->readable,
					       !nothing_to_read(p));
		if (err)
			return err;
	}
	spin_lock(&p->lock);
	r = list_first_entry_or_null(&p->out, struct record, node);
	if (r && sizeof(r->hdr) + r->len > count) {
		spin_unlock(&p->lock);
		return -EMSGSIZE;
	}
	if (r)
		list_del(&r->node);
	spin_unlock(&p->lock);
	if (!r) {
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		goto again;
	}
	n = sizeof(r->hdr) + r->len;
	if (copy_to_user(buf, &r->hdr, sizeof(r->hdr)) ||
	    copy_to_user(buf + sizeof(r->hdr), r->body, r->len))
		n = -EFAULT;
	record_free(r);
	return n;
}

static __poll_t proxy_poll(struct file *filp, poll_table *wait)
{
	struct proxy *p = filp->private_data;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(filp, &p->readable, wait);
	if (!nothing_to_read(p))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int proxy_open_file(struct inode *inode, struct file *filp)
{
	struct proxy *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	mutex_init(&p->write);
	spin_lock_init(&p->lock);
	init_waitqueue_head(&p->readable);
	init_waitqueue_head(&p->done);
	INIT_LIST_HEAD(&p->out);
	filp->private_data = p;
	return stream_open(inode, filp);
}

static int proxy_release(struct inode *inode, struct file *filp)
{
	struct proxy *p = filp->private_data;
	struct record *r, *next;

	if (p->slot) {
		simslot_unregister(p->slot);
		simslot_free(p->slot);
	}
	list_for_each_entry_safe(r, next, &p->out, node)
		record_free(r);
	ask_done(p);
	kfree(p);
	return 0;
}

static const struct file_operations proxy_fops = {
	.owner = THIS_MODULE,
	.open = proxy_open_file,
	.release = proxy_release,
	.read = proxy_read,
	.write = proxy_write,
	.poll = proxy_poll,
};

static struct miscdevice proxy_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "simslot-proxy",
	.fops = &proxy_fops,
	.mode = 0600,
};

module_misc_device(proxy_misc);

MODULE_DESCRIPTION("SIM slots served by a process");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
