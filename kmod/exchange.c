// SPDX-License-Identifier: GPL-2.0-only
/*
 * exchange.c - commands to the card: a file's, channels, EF_ICCID
 *
 * Everything here runs in the slot's work item.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "simslot.h"

#define SW_OK		0x9000
#define SW_WRONG_P1P2	0x6a86
#define SW_WRONG_P2	0x6b00
#define SW_CLA		0x6e00

#define OWN_MS		10000	/* a command of the kernel's own */

static u16 status(const u8 *resp, int n)
{
	return resp[n - 2] << 8 | resp[n - 1];
}

static enum apdu_transport transport(const struct simslot *slot)
{
	if (slot->caps & SIMSLOT_CAP_PROXIED)
		return APDU_PROXY;
	return slot->card.protocol == 1 ? APDU_T1 : APDU_T0;
}

static unsigned int ms_left(u64 deadline)
{
	u64 now = ktime_get_boottime_ns();

	if (now >= deadline)
		return 0;
	return div_u64(deadline - now, NSEC_PER_MSEC) + 1;
}

/*
 * One exchange with status chaining. A reason other than NONE: reset the card.
 * @job: whose command it is, so that it ends with its file; NULL: the kernel's.
 */
static int cooked(struct simslot *slot, const struct simslot_job *job,
		  unsigned int channel, u8 *cmd, size_t len, u8 *resp,
		  size_t max, u64 deadline, u8 *reason)
{
	struct apdu_exchange *x = &slot->x;
	struct simslot_xfer xfer = { .channel = channel };
	struct apdu_tpdu t;
	bool sent = false;
	int n;

	n = apdu_begin(x, transport(slot), cmd, len, channel, resp, max);
	if (n)
		return n;
	while (apdu_next(x, &t)) {
		xfer.cmd = t.cmd;
		xfer.len = t.len;
		xfer.resp = t.resp;
		xfer.max = t.max;
		xfer.timeout_ms = ms_left(deadline);
		/* Between two TPDUs the card takes any other command. */
		if (!xfer.timeout_ms || (job && simslot_cancelled(slot)))
			n = -ETIMEDOUT;
		else
			n = slot->ops->transceive(slot, &xfer);
		/* What came before is known to have been executed. */
		if (n < 0 && sent)
			n = -EREMOTEIO;
		sent = true;
		apdu_answer(x, n);
	}
	*reason = xfer.reason;
	memzero_explicit(x->tpdu, sizeof(x->tpdu));
	return x->result;
}

/* A command of the kernel's own. Return: length of the response or -errno. */
static int own(struct simslot *slot, unsigned int channel, const u8 *cmd,
	       size_t len, u8 *resp, size_t max, u8 *reason)
{
	u8 copy[5 + 16 + 1];

	if (WARN_ON(len > sizeof(copy)))
		return -EINVAL;
	memcpy(copy, cmd, len);
	return cooked(slot, NULL, channel, copy, len, resp, max,
		      ktime_get_boottime_ns() + OWN_MS * (u64)NSEC_PER_MSEC,
		      reason);
}

/* The same without chaining or channel coding, for MANAGE CHANNEL. */
static int bare(struct simslot *slot, const u8 *cmd, size_t len, u8 *resp,
		size_t max, u8 *reason)
{
	struct simslot_xfer xfer = {
		.channel = 0,
		.cmd = cmd,
		.len = len,
		.resp = resp,
		.max = max,
		.timeout_ms = OWN_MS,
	};
	int n = slot->ops->transceive(slot, &xfer);

	*reason = xfer.reason;
	return n;
}

/**
 * simslot_exchange() - carry a file's command
 * @slot: ready slot
 * @job: command; its response is filled in
 *
 * Return: length of the response, -ETIMEDOUT, -EREMOTEIO or another errno;
 * slot->fault is set when the card needs a reset.
 */
int simslot_exchange(struct simslot *slot, struct simslot_job *job)
{
	struct simslot_xfer xfer = {
		.channel = SIMSLOT_NO_CHANNEL,
		.cmd = job->cmd,
		.len = job->len,
		.resp = job->resp,
		.max = job->max,
	};
	int n;

	if (!job->raw)
		return cooked(slot, job, job->channel, job->cmd, job->len,
			      job->resp, job->max, job->deadline, &slot->fault);
	xfer.timeout_ms = ms_left(job->deadline);
	if (!xfer.timeout_ms)
		return -ETIMEDOUT;
	n = slot->ops->transceive(slot, &xfer);
	slot->fault = xfer.reason;
	return n;
}

/**
 * simslot_channel_close() - give a logical channel back to the card
 * @slot: ready slot
 * @channel: number, not 0
 */
void simslot_channel_close(struct simslot *slot, unsigned int channel)
{
	u8 cmd[5] = { 0x00, 0x70, 0x80, channel, 0x00 };
	u8 resp[4], reason;
	int n;

	if (slot->ops->close) {
		slot->ops->close(slot, channel);
		return;
	}
	/* Case 1: T=0 wants P3, T=1 and proxies want no Le. */
	n = bare(slot, cmd, 4, resp, sizeof(resp), &reason);
	if (n < 0)
		slot->fault = reason;
}

static bool select_ok(u16 sw)
{
	u8 sw1 = sw >> 8;

	return sw == SW_OK || sw1 == 0x61 || sw1 == 0x62 || sw1 == 0x63 ||
	       sw1 == 0x91 || sw1 == 0x9f;
}

/* SELECT by AID on a channel that is there. Return: 0 or -errno. */
static int select_aid(struct simslot *slot, struct simslot_channel *ch,
		      u8 *reason)
{
	u8 cmd[5 + 16 + 1] = { 0x00, 0xa4, 0x04, ch->p2, ch->aid_len };
	size_t len = 5 + ch->aid_len;
	u8 *resp;
	int n;

	memcpy(cmd + 5, ch->aid, ch->aid_len);
	/* P2 = 0C: no response data wanted, so no Le. */
	if ((ch->p2 & 0x0c) != 0x0c)
		len++;
	resp = kmalloc(258, GFP_KERNEL);
	if (!resp)
		return -ENOMEM;
	n = own(slot, ch->channel, cmd, len, resp, 258, reason);
	if (n >= 2) {
		ch->sw = status(resp, n);
		ch->resp_len = n - 2;
		memcpy(ch->resp, resp, n - 2);
		n = 0;
	}
	kfree(resp);
	return n;
}

/**
 * simslot_channel_open() - open a logical channel and SELECT on it
 * @slot: ready slot
 * @ch: flags, p2, AID in; channel, status, response out
 *
 * A card's refusal is a status, not an error.
 *
 * Return: 0 or -errno; slot->fault is set when the card needs a reset.
 */
int simslot_channel_open(struct simslot *slot, struct simslot_channel *ch)
{
	static const u8 manage[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
	u8 resp[8], reason = SIMSLOT_REASON_NONE;
	int n;

	ch->channel = SIMSLOT_NO_CHANNEL;
	ch->sw = 0;
	ch->resp_len = 0;
	if (ch->flags & (SIMSLOT_CHANNEL_BASIC | SIMSLOT_CHANNEL_MONITOR))
		ch->channel = 0;
	else if (slot->ops->open)
		return slot->ops->open(slot, ch);
	if (ch->channel) {
		n = bare(slot, manage, sizeof(manage), resp, sizeof(resp),
			 &reason);
		if (n < 0)
			goto out;
		ch->sw = status(resp, n);
		if (ch->sw != SW_OK)
			return 0;
		if (n != 3 || resp[0] < 1 || resp[0] > 19) {
			reason = SIMSLOT_REASON_GARBAGE;
			n = -EREMOTEIO;
			goto out;
		}
		ch->channel = resp[0];
	}
	n = 0;
	if (!ch->aid_len)
		goto out;
	n = select_aid(slot, ch, &reason);
	if (!n && select_ok(ch->sw))
		return 0;
	/* A basic channel stays open whatever is selected there. */
	if (ch->channel && !reason)
		simslot_channel_close(slot, ch->channel);
	ch->channel = SIMSLOT_NO_CHANNEL;
out:
	if (reason)
		slot->fault = reason;
	return n;
}

/**
 * simslot_reads_identity() - is reading EF_ICCID the kernel's business?
 * @slot: slot
 *
 * Return: false where the driver tells or is asked.
 */
bool simslot_reads_identity(const struct simslot *slot)
{
	const u32 need = SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL;

	return !(slot->caps & SIMSLOT_CAP_PROXIED) ||
	       (slot->caps & need) == need;
}

/* Return: 1 read, 0 the card has none or wants another class, -errno. */
static int read_iccid(struct simslot *slot, u8 cla, u8 p2, u8 *ef, u16 *sw)
{
	const u8 select[] = { cla, 0xa4, 0x00, p2, 0x02, 0x2f, 0xe2 };
	const u8 read[] = { cla, 0xb0, 0x00, 0x00, SIMSLOT_EF_ICCID_LEN };
	u8 reason = SIMSLOT_REASON_NONE;
	u8 *resp;
	int n;

	resp = kmalloc(258, GFP_KERNEL);
	if (!resp)
		return -ENOMEM;
	n = own(slot, 0, select, sizeof(select), resp, 258, &reason);
	if (n < 0)
		goto out;
	*sw = status(resp, n);
	n = select_ok(*sw) ? 1 : 0;
	if (!n)
		goto out;
	n = own(slot, 0, read, sizeof(read), resp, 258, &reason);
	if (n < 0)
		goto out;
	*sw = status(resp, n);
	n -= 2;
	memset(ef, 0xff, SIMSLOT_EF_ICCID_LEN);
	memcpy(ef, resp, min(n, SIMSLOT_EF_ICCID_LEN));
	n = n > 0;
out:
	kfree(resp);
	if (reason)
		slot->fault = reason;
	return n;
}

/**
 * simslot_identify() - who is the card now?
 * @slot: slot with an activated card and no client admitted
 * @text: digits, or empty: it has no identity
 *
 * Class 00, and A0 only after 6E00: a GSM session and a USIM session exclude
 * each other.
 *
 * Return: 0, or -errno when the card (or the process that speaks for it) could
 * not be asked.
 */
int simslot_identify(struct simslot *slot, char text[SIMSLOT_ICCID_LEN])
{
	u8 ef[SIMSLOT_EF_ICCID_LEN];
	u16 sw = 0;
	int n;

	simslot_iccid_text(text, NULL, 0);
	if (!simslot_reads_identity(slot)) {
		n = slot->ops->identify ? slot->ops->identify(slot, ef) : 0;
		if (n > 0)
			simslot_iccid_text(text, ef, n);
		return min(n, 0);
	}
	n = read_iccid(slot, 0x00, 0x0c, ef, &sw);
	if (!n && (sw == SW_WRONG_P1P2 || sw == SW_WRONG_P2))
		n = read_iccid(slot, 0x00, 0x04, ef, &sw);
	if (!n && sw == SW_CLA)
		n = read_iccid(slot, 0xa0, 0x00, ef, &sw);
	if (n > 0)
		simslot_iccid_text(text, ef, sizeof(ef));
	return min(n, 0);
}
