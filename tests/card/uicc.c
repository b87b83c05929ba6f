// SPDX-License-Identifier: MIT
/*
 * uicc.c - the software UICC: command dispatch, T=0 status chaining, reset
 * (TS 102 221 7.3.1.1, 10.1, 10.2; ISO 7816-3 10.3)
 */
#include "card/uicc_fs.h"

#include <stdlib.h>
#include <string.h>

enum dir { NONE, IN, OUT, BOTH };

/**
 * struct command - one instruction
 * @ins: INS
 * @cla: class without channel: 00 or 80
 * @dir: data: none, to the card, from it, or both
 * @act: what it does
 */
struct command {
	uint8_t ins;
	uint8_t cla;
	enum dir dir;
	uint16_t (*act)(struct uicc *c, struct uicc_cmd *a);
};

/* TS 102 221 table 10.5 */
static const struct command commands[] = {
	{ 0xa4, 0x00, BOTH, uicc_do_select },
	{ 0xf2, 0x80, OUT, uicc_do_status },
	{ 0xb0, 0x00, OUT, uicc_do_read_binary },
	{ 0xd6, 0x00, IN, uicc_do_update_binary },
	{ 0xb2, 0x00, OUT, uicc_do_read_record },
	{ 0xdc, 0x00, IN, uicc_do_update_record },
	{ 0xa2, 0x00, BOTH, uicc_do_search },
	{ 0x20, 0x00, IN, uicc_do_verify },
	{ 0x24, 0x00, IN, uicc_do_change },
	{ 0x26, 0x00, IN, uicc_do_disable },
	{ 0x28, 0x00, IN, uicc_do_enable },
	{ 0x2c, 0x00, IN, uicc_do_unblock },
	{ 0x04, 0x00, IN, uicc_do_life },
	{ 0x44, 0x00, IN, uicc_do_life },
	{ 0x70, 0x00, OUT, uicc_do_channel },
	{ 0x10, 0x80, IN, uicc_do_profile },
	{ 0xaa, 0x80, IN, uicc_do_capability },
	{ 0x12, 0x80, OUT, uicc_do_fetch },
	{ 0x14, 0x80, IN, uicc_do_response },
	{ 0xc2, 0x80, BOTH, uicc_do_envelope },
	{ 0xe2, 0x80, BOTH, uicc_do_store },
};

/* Class A0, TS 51.011 table 9 */
static const struct command gsm_commands[] = {
	{ 0xa4, 0xa0, BOTH, uicc_gsm },	{ 0xf2, 0xa0, OUT, uicc_gsm },
	{ 0xb0, 0xa0, OUT, uicc_gsm },	{ 0xd6, 0xa0, IN, uicc_gsm },
	{ 0xb2, 0xa0, OUT, uicc_gsm },	{ 0xdc, 0xa0, IN, uicc_gsm },
	{ 0xa2, 0xa0, BOTH, uicc_gsm },	{ 0x20, 0xa0, IN, uicc_gsm },
	{ 0x24, 0xa0, IN, uicc_gsm },	{ 0x26, 0xa0, IN, uicc_gsm },
	{ 0x28, 0xa0, IN, uicc_gsm },	{ 0x2c, 0xa0, IN, uicc_gsm },
	{ 0x04, 0xa0, NONE, uicc_gsm }, { 0x44, 0xa0, NONE, uicc_gsm },
};

#define ROWS(t) (sizeof(t) / sizeof((t)[0]))

/* CLA 0X 4X 6X: inter-industry; 8X CX EX: proprietary (TS 102 221 10.1.1). */
static bool class_of(uint8_t cla, uint8_t *base, unsigned int *chan)
{
	if (cla == 0xa0) {
		*base = 0xa0;
		*chan = 0;
		return true;
	}
	if ((cla & 0x70) == 0x00)
		*chan = cla & 3;
	else if ((cla & 0x40) == 0x40)
		*chan = 4u + (cla & 0x0f);
	else
		return false;
	*base = cla & 0x80;
	return true;
}

static const struct command *command(uint8_t base, uint8_t ins, bool *class_known)
{
	const struct command *t = base == 0xa0 ? gsm_commands : commands;
	size_t n = base == 0xa0 ? ROWS(gsm_commands) : ROWS(commands), i;

	*class_known = true;
	for (i = 0; i < n; i++)
		if (t[i].ins == ins) {
			if (t[i].cla == base)
				return &t[i];
			*class_known = false;
		}
	return NULL;
}

size_t uicc_incoming(const struct uicc *c, const uint8_t hdr[5])
{
	const struct command *cmd;
	unsigned int chan;
	uint8_t base;
	bool known;

	(void)c;
	if (!class_of(hdr[0], &base, &chan))
		return 0;
	cmd = command(base, hdr[1], &known);
	if (!cmd || cmd->dir == NONE || cmd->dir == OUT)
		return 0;
	return hdr[4];
}

void uicc_close_all(struct uicc *c)
{
	struct uicc_fs *fs = c->cur ? c->cur : c->boot;
	size_t i, k;

	memset(c->chan, 0, sizeof(c->chan));
	for (i = 0; i < UICC_CHANNELS; i++)
		c->chan[i].df = fs->mf;
	c->chan[0].open = true;
	for (i = 0; i < c->nfs; i++)
		for (k = 0; k < UICC_PINS; k++)
			c->fs[i]->pin[k].verified = false;
	c->nresp = 0;
	c->nstore = 0;
}

void uicc_reset(struct uicc *c)
{
	if (c->switching) {
		c->switching = false;
		c->switch_to_on_response = false;
		uicc_switch_now(c, c->switch_to);
		c->nproactive = 0;
		uicc_saved(c);
	}
	uicc_close_all(c);
	c->gsm_session = false;
	c->usim_session = false;
	c->profile_done = false;
	if (c->fetched)
		c->nproactive = 0;
	c->fetched = false;
}

const uint8_t *uicc_atr(const struct uicc *c, size_t *len)
{
	*len = c->atr_len;
	return c->atr;
}

/* A whole command: what it answers without regard to T=0. */
static uint16_t execute(struct uicc *c, struct uicc_cmd *a)
{
	const struct command *cmd;
	unsigned int chan;
	uint8_t base;
	bool known;
	uint16_t sw;

	if (!class_of(a->cla, &base, &chan))
		return 0x6e00;
	if (base == 0xa0 ? !c->feature[UICC_F_GSM] || c->usim_session :
			   !c->feature[UICC_F_USIM] || c->gsm_session)
		return 0x6e00;
	if (chan >= UICC_CHANNELS || chan >= c->channels || !c->chan[chan].open)
		return 0x6881;
	if (base != 0xa0 && chan < 4 && (a->cla & 0x0c))
		return 0x6882;
	cmd = command(base, a->ins, &known);
	if (!cmd)
		return known ? 0x6d00 : 0x6e00;
	a->ch = &c->chan[chan];
	a->nch = (uint8_t)chan;
	sw = cmd->act(c, a);
	if ((sw >> 8) != 0x6d && (sw >> 8) != 0x6e) {
		if (base == 0xa0)
			c->gsm_session = true;
		else
			c->usim_session = true;
	}
	if (sw == 0x9000 && c->nproactive && !c->fetched &&
	    (c->profile_done || !c->feature[UICC_F_REFRESH]))
		sw = (uint16_t)(0x9100 | (c->nproactive & 0xff));
	return sw;
}

void uicc_saved(struct uicc *c)
{
	char why[UICC_WHY];

	if (!c->dirty || !c->autosave)
		return;
	c->dirty = false;
	if (uicc_save(c, c->autosave, why) && c->trace)
		c->trace(c->trace_arg, why);
}

static size_t answer(uint8_t *resp, const uint8_t *data, size_t n, uint16_t sw)
{
	if (n)
		memmove(resp, data, n);
	resp[n] = (uint8_t)(sw >> 8);
	resp[n + 1] = (uint8_t)sw;
	return n + 2;
}

static size_t get_response(struct uicc *c, const uint8_t *cmd, uint8_t *resp)
{
	size_t want = cmd[4] ? cmd[4] : 256, n;
	uint16_t sw;

	if (!c->nresp)
		return answer(resp, NULL, 0, 0x6f00);
	if (want > c->nresp)
		return answer(resp, NULL, 0, (uint16_t)(0x6c00 | c->nresp));
	n = answer(resp, c->resp, want, 0);
	c->nresp -= want;
	memmove(c->resp, c->resp + want, c->nresp);
	sw = c->nresp ? (uint16_t)(0x6100 |
				   (c->nresp > 255 ? 0 : c->nresp)) :
			c->resp_sw;
	return answer(resp, resp, n - 2, sw);
}

/* Status of a command whose data waits for GET RESPONSE. */
static uint16_t waiting(uint8_t cla, uint16_t sw, size_t n)
{
	uint8_t lo = n > 255 ? 0 : (uint8_t)n;

	if (cla == 0xa0)
		return sw == 0x9000 ? (uint16_t)(0x9f00 | lo) : sw;
	/* TS 102 221 7.3.1.1.4: warnings and 91xx come first or last */
	if (sw >> 8 == 0x62 || sw >> 8 == 0x63)
		return sw;
	return (uint16_t)(0x6100 | lo);
}

static size_t run(struct uicc *c, const uint8_t *cmd, size_t len, uint8_t *resp)
{
	struct uicc_cmd a = {
		.cla = cmd[0], .ins = cmd[1], .p1 = cmd[2], .p2 = cmd[3],
		.out = c->resp,
	};
	const struct command *row;
	unsigned int chan;
	uint8_t base = 0;
	bool known, in;
	uint16_t sw;

	if (a.ins == 0xc0 && len >= 5)
		return get_response(c, cmd, resp);
	c->nresp = 0;
	in = uicc_incoming(c, cmd) > 0;
	row = class_of(a.cla, &base, &chan) ? command(base, a.ins, &known) :
					      NULL;
	if (in) {
		a.data = cmd + 5;
		a.lc = cmd[4];
		if (len < 5 + a.lc)
			return answer(resp, NULL, 0, 0x6700);
	} else if (row && row->dir == OUT && len >= 5) {
		a.has_le = true;
		a.le = cmd[4] ? cmd[4] : 256;
		/* MANAGE CHANNEL close has no data: P3 is Lc = 0 */
		if (a.ins == 0x70 && a.p1 == 0x80)
			a.has_le = false;
	}
	sw = execute(c, &a);
	if (!a.nout)
		return answer(resp, NULL, 0, sw);
	if (row && row->dir == OUT) {
		if (a.has_le && a.le != a.nout)
			return answer(resp, NULL, 0,
				      (uint16_t)(0x6c00 | (a.nout & 0xff)));
		return answer(resp, c->resp, a.nout, sw);
	}
	c->nresp = a.nout;
	c->resp_sw = sw >> 8 == 0x62 || sw >> 8 == 0x63 ? 0x9000 : sw;
	return answer(resp, NULL, 0, waiting(a.cla, sw, a.nout));
}

static void trace(struct uicc *c, const uint8_t *cmd, size_t len,
		  const uint8_t *resp, size_t n)
{
	char line[2048];

	if (!c->trace)
		return;
	uicc_decode(c, cmd, len, resp, n, line, sizeof(line));
	c->trace(c->trace_arg, line);
}

size_t uicc_tpdu(struct uicc *c, const uint8_t *cmd, size_t len, uint8_t *resp,
		 size_t max)
{
	const struct uicc_fault *f;
	uint8_t buf[UICC_TPDU_MAX];
	size_t n;

	if (len < 4)
		return 0;
	f = uicc_fault_hit(c, cmd);
	c->count.tpdus++;
	/* the same command as the terminal's user counts it */
	if (cmd[1] != 0xc0 && !(c->again && !memcmp(cmd, c->last, 4)))
		c->count.apdus++;
	c->count.bytes += len < 5 ? 5 : len;
	if (f && f->act == UICC_ACT_SW) {
		c->nresp = 0;
		n = answer(buf, NULL, 0, f->sw);
	} else if (f && f->act == UICC_ACT_SILENCE) {
		n = 0;
	} else {
		n = run(c, cmd, len, buf);
	}
	if (f)
		n = uicc_fault_answer(c, f, buf, n);
	/* a procedure byte goes before data in either direction */
	c->count.bytes += n + (len > 5 || n > 2);
	c->again = n == 2 && buf[0] == 0x6c;
	memcpy(c->last, cmd, 4);
	if (n > max)
		n = 0;
	memcpy(resp, buf, n);
	trace(c, cmd, len, resp, n);
	uicc_saved(c);
	return n;
}

size_t uicc_apdu(struct uicc *c, const uint8_t *cmd, size_t len, uint8_t *resp,
		 size_t max)
{
	uint8_t t[5 + 255], r[UICC_TPDU_MAX];
	size_t n, have = 0, tl, lc = 0;
	uint16_t sw, first = 0;
	bool has_le, case4;

	if (len < 4 || len > 5 + 255 + 1 || max < 2)
		return 0;
	memset(t, 0, 5);
	memcpy(t, cmd, len < sizeof(t) ? len : sizeof(t));
	tl = 5;
	has_le = len == 5;
	if (len > 5) {
		lc = cmd[4];
		if (len != 5 + lc && len != 6 + lc)
			return answer(resp, NULL, 0, 0x6700);
		has_le = len == 6 + lc;
		tl = 5 + lc;
	}
	case4 = len > 5 && has_le;
	n = uicc_tpdu(c, t, tl, r, sizeof(r));
	for (;;) {
		if (n < 2)
			return 0;
		sw = (uint16_t)(r[n - 2] << 8 | r[n - 1]);
		if (sw >> 8 == 0x6c && len <= 5) {
			t[4] = (uint8_t)sw;
			n = uicc_tpdu(c, t, 5, r, sizeof(r));
			continue;
		}
		if (have + n > max)
			return answer(resp, NULL, 0, 0x6f00);
		memcpy(resp + have, r, n);
		have += n - 2;
		if (sw >> 8 == 0x61 || (cmd[0] == 0xa0 && sw >> 8 == 0x9f)) {
			t[4] = (uint8_t)sw;
		} else if (case4 && !have && !first && c->nresp &&
			   (sw >> 8 == 0x62 || sw >> 8 == 0x63)) {
			first = sw;
			t[4] = c->nresp > 255 ? 0 : (uint8_t)c->nresp;
		} else {
			break;
		}
		t[0] = cmd[0];
		t[1] = 0xc0;
		t[2] = 0;
		t[3] = 0;
		n = uicc_tpdu(c, t, 5, r, sizeof(r));
	}
	if (first) {
		resp[have] = (uint8_t)(first >> 8);
		resp[have + 1] = (uint8_t)first;
	}
	return have + 2;
}

void uicc_counts(const struct uicc *c, struct uicc_count *out)
{
	*out = c->count;
}

void uicc_trace(struct uicc *c, void (*fn)(void *arg, const char *line),
		void *arg)
{
	c->trace = fn;
	c->trace_arg = arg;
}

void uicc_iccid(const struct uicc *c, char out[21])
{
	struct uicc_file *f = c->cur ? uicc_file_in(c->cur->mf, 0x2fe2) : NULL;
	size_t i, n = 0;

	for (i = 0; f && i < 20 && i / 2 < f->size; i++) {
		uint8_t d = i & 1 ? f->data[i / 2] >> 4 : f->data[i / 2] & 15;

		if (d < 10)
			out[n++] = (char)('0' + d);
	}
	out[n] = 0;
}
