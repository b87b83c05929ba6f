// SPDX-License-Identifier: GPL-2.0-only
/*
 * power.c - the system's sleep, and the sleep of a card that nobody uses
 *
 * Runtime PM is the slot's own device's: power/control "on" (as it begins) keeps
 * an idle card powered, "auto" takes its power away once no file was open for
 * power/autosuspend_delay_ms. The next open file activates it again; its state
 * and identity stay shown meanwhile, and card detect stays watched.
 */
#include <linux/pm.h>
#include <linux/pm_runtime.h>

#include "simslot.h"

#define IDLE_MS		2000	/* power/autosuspend_delay_ms as it begins */

/* ---- the system's --------------------------------------------------------- */

#ifdef CONFIG_PM_SLEEP
/* Nobody watches the slot now: what is in it afterwards may be another card. */
static int simslot_suspend(struct device *dev)
{
	struct simslot *slot = to_simslot(dev);
	bool powered;

	simslot_lock(slot);
	slot->suspended = true;
	if (!slot->soldered)
		slot->edges++;
	powered = slot->state == SIMSLOT_READY ||
		  slot->state == SIMSLOT_ACTIVATING;
	simslot_unlock(slot);
	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return 0;

	simslot_cancel(slot);
	flush_work(&slot->work);
	down_read(&slot->ops_lock);
	if (powered && slot->ops && slot->ops->deactivate)
		slot->ops->deactivate(slot);
	up_read(&slot->ops_lock);
	/* Also a mute card: another one may be there afterwards. */
	simslot_lock(slot);
	if (slot->state == SIMSLOT_READY || slot->state == SIMSLOT_MUTE)
		slot->state = SIMSLOT_ACTIVATING;
	simslot_unlock(slot);
	return 0;
}

static int simslot_resume(struct device *dev)
{
	struct simslot *slot = to_simslot(dev);

	simslot_lock(slot);
	slot->suspended = false;
	slot->resumed = true;
	if (!slot->gone)
		simslot_kick(slot);
	simslot_unlock(slot);
	return 0;
}
#endif

/* ---- an idle card's ------------------------------------------------------- */

#ifdef CONFIG_PM
/* The work item does it: nobody else may call the driver for the card. */
static int simslot_runtime_suspend(struct device *dev)
{
	struct simslot *slot = to_simslot(dev);

	simslot_lock(slot);
	slot->rest = SIMSLOT_REST_WANTED;
	if (!slot->gone)
		simslot_kick(slot);
	simslot_unlock(slot);
	flush_work(&slot->work);
	return 0;
}

/* Whoever opened the slot finds the card as awake as it can be. */
static int simslot_runtime_resume(struct device *dev)
{
	struct simslot *slot = to_simslot(dev);

	simslot_lock(slot);
	slot->rest = slot->rest == SIMSLOT_RESTS ? SIMSLOT_REST_OVER :
						   SIMSLOT_AWAKE;
	if (!slot->gone)
		simslot_kick(slot);
	simslot_unlock(slot);
	flush_work(&slot->work);
	return 0;
}
#endif

/**
 * simslot_rest() - nobody uses the card: take its power away
 * @slot: slot; from its work item
 */
void simslot_rest(struct simslot *slot)
{
	bool ready;

	simslot_lock(slot);
	ready = slot->state == SIMSLOT_READY;
	slot->rest = ready ? SIMSLOT_RESTS : SIMSLOT_AWAKE;
	simslot_unlock(slot);
	if (ready)
		slot->ops->deactivate(slot);
}

/**
 * simslot_use() - somebody is about to use the card
 * @slot: slot; simslot_unuse() has to follow
 *
 * Context: may sleep, as long as an activation takes.
 */
void simslot_use(struct simslot *slot)
{
	pm_runtime_get_sync(&slot->dev);
}

/**
 * simslot_unuse() - the user of simslot_use() is done
 * @slot: slot
 */
void simslot_unuse(struct simslot *slot)
{
	pm_runtime_mark_last_busy(&slot->dev);
	pm_runtime_put_autosuspend(&slot->dev);
}

/**
 * simslot_used() - the card got its power back, for whatever reason
 * @slot: slot
 *
 * Runtime PM has to know, or it would not take it away again.
 *
 * Context: any.
 */
void simslot_used(struct simslot *slot)
{
	pm_runtime_mark_last_busy(&slot->dev);
	pm_request_resume(&slot->dev);
}

/**
 * simslot_pm_begin() - let runtime PM know the slot
 * @slot: slot about to be registered
 */
void simslot_pm_begin(struct simslot *slot)
{
	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return;
	pm_runtime_set_active(&slot->dev);
	pm_runtime_set_autosuspend_delay(&slot->dev, IDLE_MS);
	pm_runtime_use_autosuspend(&slot->dev);
	pm_runtime_forbid(&slot->dev);
	pm_runtime_enable(&slot->dev);
}

/**
 * simslot_pm_end() - the slot goes: its card does not rest or wake up any more
 * @slot: registered slot
 *
 * Context: may sleep.
 */
void simslot_pm_end(struct simslot *slot)
{
	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return;
	pm_runtime_disable(&slot->dev);
	pm_runtime_dont_use_autosuspend(&slot->dev);
}

const struct dev_pm_ops simslot_pm = {
	SET_SYSTEM_SLEEP_PM_OPS(simslot_suspend, simslot_resume)
	SET_RUNTIME_PM_OPS(simslot_runtime_suspend, simslot_runtime_resume,
			   NULL)
};
