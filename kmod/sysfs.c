// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs.c - /sys/class/simslot/simslotN/; see docs/ABI
 */
#include <linux/ctype.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "simslot.h"

static const char * const sync_states[] = {
	"idle", "running", "ok", "partial", "auth-required", "ask", "held",
	"conflict", "error",
};

static const struct {
	u32 bit;
	const char *name;
} cap_names[] = {
	{ SIMSLOT_CAP_POWER, "power" },
	{ SIMSLOT_CAP_RESET, "reset" },
	{ SIMSLOT_CAP_CHANNEL0, "channel0" },
	{ SIMSLOT_CAP_TERMINAL, "terminal" },
	{ SIMSLOT_CAP_CARD_DETECT, "card-detect" },
	{ SIMSLOT_CAP_PROXIED, "proxied" },
	{ SIMSLOT_CAP_VIRTUAL, "virtual" },
	{ SIMSLOT_CAP_PARITY, "parity" },
};

/* One line of a value that is read under the slot's lock. */
#define SIMSLOT_SHOW(attr, type, expr, format)			\
static ssize_t attr##_show(struct device *dev,				\
			   struct device_attribute *a, char *buf)	\
{									\
	struct simslot *slot = to_simslot(dev);				\
	type value;							\
									\
	simslot_lock(slot);					\
	value = (expr);							\
	simslot_unlock(slot);					\
	return sysfs_emit(buf, format, value);				\
}

SIMSLOT_SHOW(state, const char *, simslot_state_name(slot->state), "%s\n")
static DEVICE_ATTR_RO(state);
SIMSLOT_SHOW(event, const char *, simslot_event_name(slot->event), "%s\n")
static DEVICE_ATTR_RO(event);
/* Numbers are told apart by their place in struct simslot. */
static ssize_t u64_show(struct device *dev, struct device_attribute *a,
			char *buf)
{
	struct dev_ext_attribute *x = container_of(a, struct dev_ext_attribute,
						   attr);
	struct simslot *slot = to_simslot(dev);
	u64 value;

	simslot_lock(slot);
	value = *(u64 *)((char *)slot + (uintptr_t)x->var);
	simslot_unlock(slot);
	return sysfs_emit(buf, "%llu\n", value);
}

static ssize_t u32_show(struct device *dev, struct device_attribute *a,
			char *buf)
{
	struct dev_ext_attribute *x = container_of(a, struct dev_ext_attribute,
						   attr);

	/* Of @card alone, which is written as a whole and read as it is. */
	return sysfs_emit(buf, "%u\n", READ_ONCE(*(u32 *)((char *)to_simslot(dev) +
						 (uintptr_t)x->var)));
}

#define SIMSLOT_NUMBER(name, type, field)				\
static struct dev_ext_attribute dev_attr_##name = {			\
	__ATTR(name, 0444, type##_show, NULL),				\
	(void *)offsetof(struct simslot, field)				\
}

SIMSLOT_NUMBER(seq, u64, seq);
SIMSLOT_NUMBER(epoch, u64, epoch);
SIMSLOT_NUMBER(baud, u32, card.baud);
SIMSLOT_NUMBER(voltage, u32, card.millivolt);
SIMSLOT_NUMBER(insertions, u64, insertions);
SIMSLOT_NUMBER(removals, u64, removals);
SIMSLOT_NUMBER(profile_switches, u64, profile_switches);
SIMSLOT_NUMBER(errors, u64, errors);

SIMSLOT_SHOW(driver, const char *, slot->name, "%s\n")
static DEVICE_ATTR_RO(driver);

static ssize_t protocol_show(struct device *dev, struct device_attribute *a,
			     char *buf)
{
	struct simslot *slot = to_simslot(dev);
	bool known;
	u8 protocol;

	simslot_lock(slot);
	known = slot->card.atr_len;
	protocol = slot->card.protocol;
	simslot_unlock(slot);
	return known ? sysfs_emit(buf, "T=%u\n", protocol) :
		       sysfs_emit(buf, "\n");
}
static DEVICE_ATTR_RO(protocol);

static ssize_t atr_show(struct device *dev, struct device_attribute *a,
			char *buf)
{
	struct simslot *slot = to_simslot(dev);
	u8 atr[SIMSLOT_ATR_MAX];
	u8 len;

	simslot_lock(slot);
	len = slot->card.atr_len;
	memcpy(atr, slot->card.atr, sizeof(atr));
	simslot_unlock(slot);
	return sysfs_emit(buf, "%*phN\n", len, atr);
}
static DEVICE_ATTR_RO(atr);

static ssize_t capabilities_show(struct device *dev,
				 struct device_attribute *a, char *buf)
{
	struct simslot *slot = to_simslot(dev);
	int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(cap_names); i++)
		if (slot->caps & cap_names[i].bit)
			n += sysfs_emit_at(buf, n, "%s%s", n ? " " : "",
					   cap_names[i].name);
	return n + sysfs_emit_at(buf, n, "\n");
}
static DEVICE_ATTR_RO(capabilities);

static ssize_t iccid_show(struct device *dev, struct device_attribute *a,
			  char *buf)
{
	struct simslot *slot = to_simslot(dev);
	char iccid[SIMSLOT_ICCID_LEN];

	simslot_lock(slot);
	memcpy(iccid, slot->iccid, sizeof(iccid));
	simslot_unlock(slot);
	return sysfs_emit(buf, "%s\n", iccid);
}
static DEVICE_ATTR_ADMIN_RO(iccid);

/* What user space says of itself, as it writes ifalias of a network device. */
static void sync_changed(struct simslot *slot, const char *attr)
{
	sysfs_notify(&slot->dev.kobj, NULL, attr);
	simslot_event(slot, SIMSLOT_EV_SYNC_CHANGED, 0);
}

SIMSLOT_SHOW(sync_state, const char *, sync_states[slot->sync_state], "%s\n")

static ssize_t sync_state_store(struct device *dev, struct device_attribute *a,
				const char *buf, size_t count)
{
	struct simslot *slot = to_simslot(dev);
	int i = sysfs_match_string(sync_states, buf);
	bool changed;

	if (i < 0)
		return i;
	simslot_lock(slot);
	changed = slot->sync_state != i;
	slot->sync_state = i;
	simslot_unlock(slot);
	if (changed)
		sync_changed(slot, "sync_state");
	return count;
}
static DEVICE_ATTR_RW(sync_state);

static ssize_t sync_detail_show(struct device *dev, struct device_attribute *a,
				char *buf)
{
	struct simslot *slot = to_simslot(dev);
	char *detail = kmalloc(SIMSLOT_DETAIL_MAX, GFP_KERNEL);
	ssize_t n;

	if (!detail)
		return -ENOMEM;
	simslot_lock(slot);
	memcpy(detail, slot->sync_detail, SIMSLOT_DETAIL_MAX);
	simslot_unlock(slot);
	n = sysfs_emit(buf, "%s\n", detail);
	kfree(detail);
	return n;
}

static ssize_t sync_detail_store(struct device *dev, struct device_attribute *a,
				 const char *buf, size_t count)
{
	struct simslot *slot = to_simslot(dev);
	size_t i, len = count;
	bool changed;

	if (len && buf[len - 1] == '\n')
		len--;
	if (len >= SIMSLOT_DETAIL_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (iscntrl(buf[i]))
			return -EINVAL;
	simslot_lock(slot);
	changed = strlen(slot->sync_detail) != len ||
		  memcmp(slot->sync_detail, buf, len);
	memcpy(slot->sync_detail, buf, len);
	slot->sync_detail[len] = '\0';
	simslot_unlock(slot);
	if (changed)
		sync_changed(slot, "sync_detail");
	return count;
}
static DEVICE_ATTR_RW(sync_detail);

static struct attribute *simslot_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_event.attr,
	&dev_attr_seq.attr.attr,
	&dev_attr_epoch.attr.attr,
	&dev_attr_atr.attr,
	&dev_attr_protocol.attr,
	&dev_attr_baud.attr.attr,
	&dev_attr_voltage.attr.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_insertions.attr.attr,
	&dev_attr_removals.attr.attr,
	&dev_attr_profile_switches.attr.attr,
	&dev_attr_errors.attr.attr,
	&dev_attr_driver.attr,
	&dev_attr_iccid.attr,
	&dev_attr_sync_state.attr,
	&dev_attr_sync_detail.attr,
	NULL
};

static const struct attribute_group simslot_group = {
	.attrs = simslot_attrs,
};

const struct attribute_group *simslot_groups[] = {
	&simslot_group,
	NULL
};
