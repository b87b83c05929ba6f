// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c - slots: registration, lifetime, events
 */
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat.h"
#include "simslot.h"

/* All slots by number; the xarray's lock keeps one alive until it is held. */
static DEFINE_XARRAY_ALLOC(simslot_slots);
static atomic_t simslot_slots_generation = ATOMIC_INIT(0);
static dev_t simslot_devt;
static struct workqueue_struct *simslot_wq;

/* The class and all slots whose memory has not been released yet. */
static refcount_t simslot_living = REFCOUNT_INIT(1);
static DECLARE_COMPLETION(simslot_released);

static const char * const state_names[] = {
	[SIMSLOT_EMPTY] = "empty",
	[SIMSLOT_ACTIVATING] = "activating",
	[SIMSLOT_READY] = "ready",
	[SIMSLOT_MUTE] = "mute",
	[SIMSLOT_OFF] = "off",
};

static const char * const event_names[] = {
	[SIMSLOT_EV_SLOT_ADDED] = "slot-added",
	[SIMSLOT_EV_SLOT_REMOVED] = "slot-removed",
	[SIMSLOT_EV_CARD_INSERTED] = "card-inserted",
	[SIMSLOT_EV_CARD_READY] = "card-ready",
	[SIMSLOT_EV_CARD_REMOVED] = "card-removed",
	[SIMSLOT_EV_CARD_MUTE] = "card-mute",
	[SIMSLOT_EV_CARD_ERROR] = "card-error",
	[SIMSLOT_EV_CARD_RESET] = "card-reset",
	[SIMSLOT_EV_PROFILE_SWITCHED] = "profile-switched",
	[SIMSLOT_EV_CARD_CHANGED] = "card-changed",
	[SIMSLOT_EV_PROACTIVE] = "proactive",
	[SIMSLOT_EV_SYNC_CHANGED] = "sync-changed",
};

/**
 * simslot_state_name() - name of a state in sysfs and uevents
 * @state: enum simslot_state
 *
 * Return: a name, never NULL.
 */
const char *simslot_state_name(u32 state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

/**
 * simslot_event_name() - name of an event in sysfs and uevents
 * @event: enum simslot_event
 *
 * Return: a name, never NULL; empty for no event.
 */
const char *simslot_event_name(u32 event)
{
	if (event >= ARRAY_SIZE(event_names) || !event_names[event])
		return "";
	return event_names[event];
}

/**
 * simslot_lock() - take the slot's lock
 * @slot: slot
 *
 * Once for all places: an inlined spinlock is longer than what most of them do.
 *
 * Context: process; interrupts are off until simslot_unlock().
 */
void simslot_lock(struct simslot *slot) __acquires(&slot->lock)
{
	spin_lock_irq(&slot->lock);
}

/**
 * simslot_unlock() - give the slot's lock back
 * @slot: slot
 */
void simslot_unlock(struct simslot *slot) __releases(&slot->lock)
{
	spin_unlock_irq(&slot->lock);
}

/* ---- finding slots -------------------------------------------------------- */

/**
 * simslot_get() - the slot of a number
 * @index: N of simslotN
 *
 * Return: the slot, held with a reference to its device, or NULL.
 */
struct simslot *simslot_get(unsigned int index)
{
	struct simslot *slot;

	xa_lock(&simslot_slots);
	slot = xa_load(&simslot_slots, index);
	if (slot)
		get_device(&slot->dev);
	xa_unlock(&simslot_slots);
	return slot;
}

/**
 * simslot_get_next() - walk through the slots
 * @index: where to begin; becomes the found slot's number
 *
 * Return: the slot with the lowest number from @index on, held with a reference
 * to its device, or NULL.
 */
struct simslot *simslot_get_next(unsigned long *index)
{
	struct simslot *slot;

	xa_lock(&simslot_slots);
	slot = xa_find(&simslot_slots, index, ULONG_MAX, XA_PRESENT);
	if (slot)
		get_device(&slot->dev);
	xa_unlock(&simslot_slots);
	return slot;
}

/**
 * simslot_generation() - what changes whenever a slot comes or goes
 *
 * Return: never 0, as a dump's sequence number has to be.
 */
unsigned int simslot_generation(void)
{
	return ((unsigned int)atomic_read(&simslot_slots_generation) << 1) | 1;
}

/* ---- events --------------------------------------------------------------- */

/* What user space said of the sync was about another card, or another profile. */
static bool simslot_forgets_sync(enum simslot_event event)
{
	return event == SIMSLOT_EV_CARD_INSERTED ||
	       event == SIMSLOT_EV_CARD_REMOVED ||
	       event == SIMSLOT_EV_CARD_CHANGED ||
	       event == SIMSLOT_EV_PROFILE_SWITCHED;
}

/**
 * simslot_event() - tell everyone what happened
 * @slot: where
 * @event: what
 * @extra: card-reset: 1 without electrical reset; proactive: SW; else 0
 *
 * The state that goes with it must be published before. Netlink first (it is
 * what a listener's latency is measured by), then the uevent.
 *
 * Context: may sleep.
 */
void simslot_event(struct simslot *slot, enum simslot_event event, u32 extra)
{
	struct simslot_notice notice = {
		.event = event,
		.extra = extra,
		.index = slot->index,
	};
	bool forgets = simslot_forgets_sync(event);

	mutex_lock(&slot->event_lock);
	simslot_lock(slot);
	slot->event = event;
	if (forgets) {
		slot->sync_state = 0;
		slot->sync_detail[0] = '\0';
	}
	notice.seq = ++slot->seq;
	notice.epoch = slot->epoch;
	notice.state = slot->state;
	notice.reason = slot->reason;
	simslot_unlock(slot);
	notice.time = ktime_get_boottime_ns();

	simslot_netlink_event(&notice);
	if (event != SIMSLOT_EV_SLOT_ADDED && event != SIMSLOT_EV_SLOT_REMOVED)
		kobject_uevent(&slot->dev.kobj, KOBJ_CHANGE);
	if (forgets)
		sysfs_notify(&slot->dev.kobj, NULL, "sync_state");
	mutex_unlock(&slot->event_lock);
}

static int simslot_dev_uevent(simslot_uevent_device *dev,
			      struct kobj_uevent_env *env)
{
	struct simslot *slot = container_of((struct device *)dev,
					    struct simslot, dev);
	u32 state, event;
	u64 seq, epoch;
	int err;

	simslot_lock(slot);
	state = slot->state;
	event = slot->event;
	seq = slot->seq;
	epoch = slot->epoch;
	simslot_unlock(slot);

	err = add_uevent_var(env, "SIMSLOT_STATE=%s", simslot_state_name(state));
	if (!err)
		err = add_uevent_var(env, "SIMSLOT_EVENT=%s",
				     simslot_event_name(event));
	if (!err)
		err = add_uevent_var(env, "SIMSLOT_SEQ=%llu", seq);
	if (!err)
		err = add_uevent_var(env, "SIMSLOT_EPOCH=%llu", epoch);
	return err;
}

/**
 * simslot_kick() - there is something to do for the slot's work item
 * @slot: slot that is not gone; under its lock
 */
void simslot_kick(struct simslot *slot)
{
	queue_work(simslot_wq, &slot->work);
}

/* ---- ending what is under way ------------------------------------------ */

/**
 * simslot_stopping() - shall the operation under way end now?
 * @slot: slot
 *
 * For drivers' waits. After @cancel of the ops table they have to look again.
 *
 * Return: true when the slot goes or the system is about to sleep.
 */
bool simslot_stopping(struct simslot *slot)
{
	bool stop;

	simslot_lock(slot);
	stop = slot->gone ||
	       (slot->suspended && !(slot->caps & SIMSLOT_CAP_PROXIED));
	simslot_unlock(slot);
	return stop;
}
EXPORT_SYMBOL_GPL(simslot_stopping);

/**
 * simslot_cancelled() - does nobody wait for the command under way any more?
 * @slot: slot
 *
 * For drivers that can end a command without harm to the card: its file was
 * closed, or the card it went to is not there any more.
 *
 * Return: true also whenever simslot_stopping() is.
 */
bool simslot_cancelled(struct simslot *slot)
{
	struct simslot_input *in;
	bool stop;

	if (simslot_stopping(slot))
		return true;
	simslot_lock(slot);
	stop = slot->in_flight && slot->in_flight->cancelled;
	in = list_first_entry_or_null(&slot->inputs, struct simslot_input,
				      node);
	if (in && in->type != SIMSLOT_IN_IDENTITY)
		stop = true;
	simslot_unlock(slot);
	return stop;
}
EXPORT_SYMBOL_GPL(simslot_cancelled);

/**
 * simslot_cancel() - let the driver look whether it shall end its operation
 * @slot: slot
 *
 * Context: may sleep.
 */
void simslot_cancel(struct simslot *slot)
{
	down_read(&slot->ops_lock);
	if (slot->ops && slot->ops->cancel)
		slot->ops->cancel(slot);
	up_read(&slot->ops_lock);
}

/* ---- lifetime ------------------------------------------------------------- */

static void simslot_living_put(void)
{
	if (refcount_dec_and_test(&simslot_living))
		complete(&simslot_released);
}

static void simslot_class_release(simslot_release_class *class)
{
	simslot_living_put();
}

struct class simslot_class = {
	.name = "simslot",
	.dev_groups = simslot_groups,
	.dev_uevent = simslot_dev_uevent,
	.class_release = simslot_class_release,
	.pm = &simslot_pm,
};

/*
 * The driver core may let go of the class and of a slot's device long after we
 * have, and comes back here to release them: the module stays until then.
 */
static void simslot_class_exit(void)
{
	class_unregister(&simslot_class);
	wait_for_completion(&simslot_released);
}

static void simslot_release(struct device *dev)
{
	struct simslot *slot = to_simslot(dev);

	WARN_ON(!list_empty(&slot->jobs) || !list_empty(&slot->inputs));
	kfree(slot);
	simslot_living_put();
}

/**
 * simslot_alloc() - make a slot
 * @parent: the driver's device, or NULL
 * @ops: the driver
 * @name: shown as ``driver``
 * @caps: SIMSLOT_CAP_*
 * @priv: the driver's own
 *
 * Set debounce_ms and soldered before simslot_register(). Ends with
 * simslot_free().
 *
 * Return: the slot, or ERR_PTR().
 */
struct simslot *simslot_alloc(struct device *parent,
			      const struct simslot_ops *ops, const char *name,
			      u32 caps, void *priv)
{
	struct simslot *slot;
	int err;

	slot = kzalloc(sizeof(*slot), GFP_KERNEL);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	slot->ops = ops;
	slot->caps = caps;
	slot->priv = priv;
	slot->gone = true;	/* not there yet */
	strscpy(slot->name, name, sizeof(slot->name));
	init_rwsem(&slot->ops_lock);
	spin_lock_init(&slot->lock);
	mutex_init(&slot->event_lock);
	init_waitqueue_head(&slot->wait);
	INIT_LIST_HEAD(&slot->jobs);
	INIT_LIST_HEAD(&slot->inputs);
	INIT_WORK(&slot->work, simslot_work);
	hrtimer_setup(&slot->settle, simslot_debounced, CLOCK_BOOTTIME,
		      HRTIMER_MODE_REL);

	err = xa_alloc(&simslot_slots, &slot->index, NULL,
		       XA_LIMIT(0, SIMSLOT_SLOTS - 1), GFP_KERNEL);
	if (err) {
		kfree(slot);
		return ERR_PTR(err);
	}
	refcount_inc(&simslot_living);
	device_initialize(&slot->dev);
	slot->dev.class = &simslot_class;
	slot->dev.parent = parent;
	slot->dev.release = simslot_release;
	slot->dev.devt = MKDEV(MAJOR(simslot_devt), slot->index);
	err = dev_set_name(&slot->dev, "simslot%d", slot->index);
	if (err) {
		simslot_free(slot);
		return ERR_PTR(err);
	}
	cdev_init(&slot->cdev, &simslot_fops);
	slot->cdev.owner = THIS_MODULE;
	return slot;
}
EXPORT_SYMBOL_GPL(simslot_alloc);

/**
 * simslot_free() - give up a slot that is not registered (any more)
 * @slot: slot; files may keep its memory until they close
 */
void simslot_free(struct simslot *slot)
{
	xa_erase(&simslot_slots, slot->index);
	put_device(&slot->dev);
}
EXPORT_SYMBOL_GPL(simslot_free);

/**
 * simslot_register() - let user space see the slot
 * @slot: slot of simslot_alloc()
 *
 * A card that is in it already is activated as if it had just come. The
 * driver's operations are called from now on.
 *
 * Context: may sleep. Return: 0 or negative errno.
 */
int simslot_register(struct simslot *slot)
{
	int err;

	slot->event = SIMSLOT_EV_SLOT_ADDED;
	simslot_pm_begin(slot);
	err = cdev_device_add(&slot->cdev, &slot->dev);
	if (err) {
		simslot_pm_end(slot);
		return err;
	}
	xa_store(&simslot_slots, slot->index, slot, GFP_KERNEL);
	atomic_inc(&simslot_slots_generation);
	simslot_lock(slot);
	slot->gone = false;
	simslot_unlock(slot);
	simslot_event(slot, SIMSLOT_EV_SLOT_ADDED, 0);

	simslot_lock(slot);
	slot->settled = true;
	simslot_kick(slot);
	simslot_unlock(slot);
	return 0;
}
EXPORT_SYMBOL_GPL(simslot_register);

/**
 * simslot_unregister() - take the slot away
 * @slot: registered slot
 *
 * On return no operation of the driver runs or will ever be called. Open files
 * live on and answer ENODEV. simslot_free() has to follow.
 *
 * Context: may sleep, until the operation under way has been cancelled.
 */
void simslot_unregister(struct simslot *slot)
{
	simslot_lock(slot);
	slot->gone = true;
	simslot_unlock(slot);
	hrtimer_cancel(&slot->settle);

	simslot_cancel(slot);
	cancel_work_sync(&slot->work);
	simslot_pm_end(slot);

	if (!(slot->caps & SIMSLOT_CAP_PROXIED) && slot->ops->deactivate)
		slot->ops->deactivate(slot);
	down_write(&slot->ops_lock);
	slot->ops = NULL;
	up_write(&slot->ops_lock);

	simslot_fail_all(slot);
	simslot_lock(slot);
	slot->state = SIMSLOT_EMPTY;
	simslot_unlock(slot);
	xa_store(&simslot_slots, slot->index, NULL, GFP_KERNEL);
	atomic_inc(&simslot_slots_generation);
	simslot_event(slot, SIMSLOT_EV_SLOT_REMOVED, 0);
	cdev_device_del(&slot->cdev, &slot->dev);
	wake_up_all(&slot->wait);
}
EXPORT_SYMBOL_GPL(simslot_unregister);

static int __init simslot_init(void)
{
	int err;

	simslot_wq = alloc_workqueue("simslot", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (!simslot_wq)
		return -ENOMEM;
	err = alloc_chrdev_region(&simslot_devt, 0, SIMSLOT_SLOTS, "simslot");
	if (err)
		goto err_wq;
	err = class_register(&simslot_class);
	if (err)
		goto err_chrdev;
	err = simslot_netlink_init();
	if (err)
		goto err_class;
	return 0;

err_class:
	simslot_class_exit();
err_chrdev:
	unregister_chrdev_region(simslot_devt, SIMSLOT_SLOTS);
err_wq:
	destroy_workqueue(simslot_wq);
	return err;
}

static void __exit simslot_exit(void)
{
	simslot_netlink_exit();
	simslot_class_exit();
	unregister_chrdev_region(simslot_devt, SIMSLOT_SLOTS);
	destroy_workqueue(simslot_wq);
	xa_destroy(&simslot_slots);
}

module_init(simslot_init);
module_exit(simslot_exit);

MODULE_DESCRIPTION("SIM slots: cards, identities, APDUs");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
