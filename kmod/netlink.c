// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink.c - generic netlink family "simslot": slots and events
 *
 * The protocol is described in docs/netlink/simslot.yaml. Handlers run under
 * locks of the whole machine's generic netlink: nothing here waits for a card,
 * or for a lock that is held while somebody does.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include "simslot.h"

static const struct nla_policy simslot_get_policy[SIMSLOT_A_SLOT + 1] = {
	[SIMSLOT_A_SLOT] = { .type = NLA_U32 },
};

enum { SIMSLOT_GROUP_EVENTS };

static const struct genl_multicast_group simslot_groups_nl[] = {
	[SIMSLOT_GROUP_EVENTS] = { .name = SIMSLOT_MCGRP_EVENTS },
};

static struct genl_family simslot_family;

/* What GET says of a slot, copied under its lock. */
struct snapshot {
	u32 event;
	u32 state;
	u32 reason;
	u64 seq;
	u64 epoch;
	struct simslot_card card;
	char iccid[SIMSLOT_ICCID_LEN];
};

static void take_snapshot(struct simslot *slot, struct snapshot *s)
{
	simslot_lock(slot);
	s->event = slot->event;
	s->state = slot->state;
	s->reason = slot->reason;
	s->seq = slot->seq;
	s->epoch = slot->epoch;
	s->card = slot->card;
	memcpy(s->iccid, slot->iccid, sizeof(s->iccid));
	simslot_unlock(slot);
}

static int put_common(struct sk_buff *skb, u32 index, u64 seq, u64 epoch,
		      u32 state, u32 reason)
{
	if (nla_put_u32(skb, SIMSLOT_A_SLOT, index) ||
	    nla_put_u64_64bit(skb, SIMSLOT_A_SEQ, seq, SIMSLOT_A_PAD) ||
	    nla_put_u64_64bit(skb, SIMSLOT_A_EPOCH, epoch, SIMSLOT_A_PAD) ||
	    nla_put_u32(skb, SIMSLOT_A_STATE, state))
		return -EMSGSIZE;
	if (reason && nla_put_u32(skb, SIMSLOT_A_REASON, reason))
		return -EMSGSIZE;
	return 0;
}

static int put_slot(struct sk_buff *skb, struct simslot *slot, bool privileged)
{
	struct snapshot s;

	take_snapshot(slot, &s);
	if (put_common(skb, slot->index, s.seq, s.epoch, s.state, s.reason) ||
	    nla_put_u32(skb, SIMSLOT_A_EVENT, s.event) ||
	    nla_put_u32(skb, SIMSLOT_A_CAPS, slot->caps) ||
	    nla_put_string(skb, SIMSLOT_A_DRIVER, slot->name))
		return -EMSGSIZE;
	if (s.card.atr_len &&
	    nla_put(skb, SIMSLOT_A_ATR, s.card.atr_len, s.card.atr))
		return -EMSGSIZE;
	if (s.state == SIMSLOT_READY &&
	    nla_put_u32(skb, SIMSLOT_A_PROTOCOL, s.card.protocol))
		return -EMSGSIZE;
	if (privileged && s.iccid[0] &&
	    nla_put_string(skb, SIMSLOT_A_ICCID, s.iccid))
		return -EMSGSIZE;
	return 0;
}

/* Identities are for CAP_NET_ADMIN in the initial user namespace. */
static bool privileged(struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_NET_ADMIN);
}

static int simslot_nl_get(struct sk_buff *skb, struct genl_info *info)
{
	struct simslot *slot;
	struct sk_buff *msg;
	void *hdr;
	int err = -EMSGSIZE;

	if (GENL_REQ_ATTR_CHECK(info, SIMSLOT_A_SLOT))
		return -EINVAL;
	slot = simslot_get(nla_get_u32(info->attrs[SIMSLOT_A_SLOT]));
	if (!slot)
		return -ENODEV;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg) {
		put_device(&slot->dev);
		return -ENOMEM;
	}
	hdr = genlmsg_put_reply(msg, info, &simslot_family, 0, SIMSLOT_CMD_GET);
	if (hdr)
		err = put_slot(msg, slot, privileged(skb));
	put_device(&slot->dev);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int simslot_nl_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned long index = cb->args[0];
	struct simslot *slot;
	void *hdr;

	cb->seq = simslot_generation();
	while ((slot = simslot_get_next(&index))) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &simslot_family,
				  NLM_F_MULTI, SIMSLOT_CMD_GET);
		if (!hdr || put_slot(skb, slot, privileged(cb->skb))) {
			put_device(&slot->dev);
			if (hdr)
				genlmsg_cancel(skb, hdr);
			break;
		}
		put_device(&slot->dev);
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		index++;
	}
	cb->args[0] = index;
	return skb->len;
}

/**
 * simslot_netlink_event() - send an event to whoever listens
 * @notice: the event
 *
 * Who misses one sees the gap in the sequence numbers and dumps.
 *
 * Context: may sleep.
 */
void simslot_netlink_event(const struct simslot_notice *notice)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&simslot_family, &init_net,
				SIMSLOT_GROUP_EVENTS))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &simslot_family, 0, SIMSLOT_CMD_EVENT);
	if (!hdr)
		goto drop;
	if (put_common(msg, notice->index, notice->seq, notice->epoch,
		       notice->state, notice->reason) ||
	    nla_put_u32(msg, SIMSLOT_A_EVENT, notice->event) ||
	    nla_put_u64_64bit(msg, SIMSLOT_A_TIME, notice->time,
			      SIMSLOT_A_PAD))
		goto drop;
	if (notice->event == SIMSLOT_EV_CARD_RESET && notice->extra &&
	    nla_put_flag(msg, SIMSLOT_A_SOFT))
		goto drop;
	if (notice->event == SIMSLOT_EV_PROACTIVE &&
	    nla_put_u32(msg, SIMSLOT_A_SW, notice->extra))
		goto drop;
	genlmsg_end(msg, hdr);
	genlmsg_multicast(&simslot_family, msg, 0, SIMSLOT_GROUP_EVENTS,
			  GFP_KERNEL);
	return;
drop:
	nlmsg_free(msg);
}

static const struct genl_ops simslot_nl_ops[] = {
	{
		.cmd = SIMSLOT_CMD_GET,
		.doit = simslot_nl_get,
		.dumpit = simslot_nl_dump,
		.policy = simslot_get_policy,
		.maxattr = ARRAY_SIZE(simslot_get_policy) - 1,
	},
};

static struct genl_family simslot_family __ro_after_init = {
	.name = SIMSLOT_FAMILY_NAME,
	.version = SIMSLOT_FAMILY_VERSION,
	.module = THIS_MODULE,
	.ops = simslot_nl_ops,
	.n_ops = ARRAY_SIZE(simslot_nl_ops),
	.resv_start_op = SIMSLOT_CMD_EVENT + 1,
	.mcgrps = simslot_groups_nl,
	.n_mcgrps = ARRAY_SIZE(simslot_groups_nl),
};

/**
 * simslot_netlink_init() - register the family
 *
 * Return: 0 or negative errno.
 */
int __init simslot_netlink_init(void)
{
	return genl_register_family(&simslot_family);
}

/** simslot_netlink_exit() - unregister the family */
void simslot_netlink_exit(void)
{
	genl_unregister_family(&simslot_family);
}
