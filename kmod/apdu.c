// SPDX-License-Identifier: GPL-2.0-only
/*
 * apdu.c - command APDUs: cases, class byte, status chaining
 *
 * ISO/IEC 7816-3 clause 12, ISO/IEC 7816-4 5.4, TS 102 221 7.3.1.1 and 10.1.
 */
#include "apdu.h"

#define INS_MANAGE_CHANNEL	0x70
#define INS_SEARCH_RECORD	0xa2
#define INS_GET_RESPONSE	0xc0
#define INS_ENVELOPE		0xc2

#define CLA_GSM			0xa0
#define CLA_CHAINING		0x10
#define CLA_PROPRIETARY		0x80

#define SW_OK			0x9000
#define SW_NO_MATCH		0x6282

#define SEGMENT			255	/* bytes of an APDU in one ENVELOPE */
/*
 * 256 fetches bring 65,536 bytes; a card that answers each with a few only is
 * cut off with the status that stands. The same for 6Cxx without end.
 */
#define ROUNDS			1024

enum state {
	ST_COMMAND,	/* the command itself */
	ST_LENGTH,	/* the command again with the Le of 6Cxx */
	ST_ENVELOPE,	/* a piece of it, not the last */
	ST_FETCH,	/* GET RESPONSE */
	ST_END,
};

static u32 be16(const u8 *b)
{
	return (u32)b[0] << 8 | b[1];
}

/* ---- command -------------------------------------------------------------- */

static int parse_short(struct apdu *a, const u8 *cmd, size_t len)
{
	u8 p3 = cmd[4];

	if (len == 5) {
		a->cmd_case = 2;
		a->ne = p3 ? p3 : 256;
		return 0;
	}
	if (p3 == 0)
		return -EINVAL;
	a->data = cmd + 5;
	a->nc = p3;
	if (len == 5u + p3) {
		a->cmd_case = 3;
		return 0;
	}
	if (len != 6u + p3)
		return -EINVAL;
	a->cmd_case = 4;
	a->ne = cmd[len - 1] ? cmd[len - 1] : 256;
	return 0;
}

static int parse_extended(struct apdu *a, const u8 *cmd, size_t len)
{
	u32 n = be16(cmd + 5);

	a->extended = true;
	if (len == 7) {
		a->cmd_case = 2;
		a->ne = n ? n : APDU_NE_MAX;
		return 0;
	}
	if (n == 0)
		return -EINVAL;
	a->data = cmd + 7;
	a->nc = n;
	if (len == 7u + n) {
		a->cmd_case = 3;
		return 0;
	}
	if (len != 9u + n)
		return -EINVAL;
	a->cmd_case = 4;
	a->ne = be16(cmd + len - 2);
	if (!a->ne)
		a->ne = APDU_NE_MAX;
	return 0;
}

int apdu_parse(struct apdu *a, const u8 *cmd, size_t len)
{
	memset(a, 0, sizeof(*a));
	if (len < 4)
		return -EINVAL;
	a->cla = cmd[0];
	a->ins = cmd[1];
	a->p1 = cmd[2];
	a->p2 = cmd[3];
	if (a->cla == 0xff || (a->ins & 0xf0) == 0x60 ||
	    (a->ins & 0xf0) == 0x90)
		return -EINVAL;
	if (len == 4) {
		a->cmd_case = 1;
		return 0;
	}
	if (len > 6 && cmd[4] == 0)
		return parse_extended(a, cmd, len);
	return parse_short(a, cmd, len);
}

/* ---- class byte ----------------------------------------------------------- */

/*
 * TS 102 221 table 10.3 and 10.4: 000cssnn for channel n of 0 to 3 and
 * secure messaging ss, 01sctttt for channel t + 4 and secure messaging s,
 * which can only be ss = 10; c is command chaining; the same with bit 8 set.
 */
int apdu_class(u8 cla, unsigned int channel)
{
	u8 kind = cla & CLA_PROPRIETARY;
	u8 chaining = cla & CLA_CHAINING;
	u8 sm = cla & 0x0c;

	if (channel > 19)
		return -EINVAL;
	if (cla == CLA_GSM)
		return channel ? -EINVAL : CLA_GSM;
	if (cla & 0x63)
		return -EINVAL;
	if (channel < 4)
		return cla | channel;
	if (sm && sm != 0x08)
		return -EINVAL;
	return kind | 0x40 | (sm ? 0x20 : 0) | chaining | (channel - 4);
}

int apdu_channel(u8 cla)
{
	if (cla == CLA_GSM)
		return 0;
	if (cla == 0xff || (cla & 0x60) == 0x20)
		return -EINVAL;
	if (cla & 0x40)
		return (cla & 0x0f) + 4;
	return cla & 0x03;
}

/* GET RESPONSE and ENVELOPE: interindustry, same channel, no chaining. */
static u8 transport_class(u8 cla)
{
	if (cla == CLA_GSM)
		return cla;
	if (cla & 0x40)
		return 0x40 | (cla & 0x0f);
	return cla & 0x03;
}

/* ---- the exchange --------------------------------------------------------- */

static u8 le_byte(u32 ne)
{
	return ne < 256 ? ne : 0;
}

static void set_tpdu(struct apdu_exchange *x, u8 cla, u8 ins, u8 p1, u8 p2,
		     u8 p3)
{
	x->tpdu[0] = cla;
	x->tpdu[1] = ins;
	x->tpdu[2] = p1;
	x->tpdu[3] = p2;
	x->tpdu[4] = p3;
	x->tpdu_len = 5;
}

static void add_data(struct apdu_exchange *x, const u8 *data, u8 n)
{
	memcpy(x->tpdu + 5, data, n);
	x->tpdu_len += n;
}

static void end(struct apdu_exchange *x, u16 sw)
{
	x->state = ST_END;
	x->resp[x->got] = sw >> 8;
	x->resp[x->got + 1] = sw & 0xff;
	x->result = x->got + 2;
}

/* The next piece of an APDU that is too long for T=0 (12.2.3, 12.2.5). */
static void envelope(struct apdu_exchange *x)
{
	size_t rest = x->len - x->off;
	u8 n = rest < SEGMENT ? rest : SEGMENT;

	set_tpdu(x, transport_class(x->apdu.cla), INS_ENVELOPE, 0, 0, n);
	add_data(x, x->cmd + x->off, n);
	x->off += n;
	x->state = x->off < x->len ? ST_ENVELOPE : ST_COMMAND;
}

/* The command as T=0 takes it: P3 is Lc or Le, never both. */
static void map_to_t0(struct apdu_exchange *x)
{
	const struct apdu *a = &x->apdu;

	if (a->nc > 255) {
		envelope(x);
		return;
	}
	set_tpdu(x, a->cla, a->ins, a->p1, a->p2,
		 a->nc ? a->nc : le_byte(a->ne));
	if (a->nc)
		add_data(x, a->data, a->nc);
	else if (a->cmd_case == 1)
		x->tpdu_len = 4;
}

int apdu_begin(struct apdu_exchange *x, enum apdu_transport transport, u8 *cmd,
	       size_t len, unsigned int channel, u8 *resp, size_t max)
{
	int err, cla;

	memset(x, 0, sizeof(*x));
	x->state = ST_END;
	x->result = -EINVAL;
	err = apdu_parse(&x->apdu, cmd, len);
	if (err)
		return err;
	if (x->apdu.ins == INS_MANAGE_CHANNEL) {
		x->result = -EPERM;
		return -EPERM;
	}
	cla = apdu_class(cmd[0], channel);
	if (cla < 0 || max < 258)
		return -EINVAL;
	cmd[0] = cla;
	x->apdu.cla = cla;
	x->transport = transport;
	x->cmd = cmd;
	x->len = len;
	x->resp = resp;
	x->max = max;
	x->ne = x->apdu.ne ? x->apdu.ne : 256;
	if (x->ne > max - 2)
		x->ne = max - 2;
	x->state = ST_COMMAND;
	x->result = 0;
	if (transport == APDU_T0)
		map_to_t0(x);
	return 0;
}

bool apdu_next(struct apdu_exchange *x, struct apdu_tpdu *t)
{
	if (x->state == ST_END)
		return false;
	t->cmd = x->tpdu_len ? x->tpdu : x->cmd;
	t->len = x->tpdu_len ? x->tpdu_len : x->len;
	t->resp = x->resp + x->got;
	t->max = x->max - x->got;
	return true;
}

static void fetch(struct apdu_exchange *x, u8 le)
{
	set_tpdu(x, transport_class(x->apdu.cla), INS_GET_RESPONSE, 0, 0, le);
	x->state = ST_FETCH;
}

/* 61xx, or 9Fxx in class A0: @n bytes are there, 0 meaning 256 or more. */
static void fetch_more(struct apdu_exchange *x, u16 sw)
{
	u32 n = sw & 0xff ? sw & 0xff : 256;
	u32 room = x->ne - x->got;

	if (room == 0) {
		end(x, sw);
		return;
	}
	x->sw = sw;
	fetch(x, le_byte(n < room ? n : room));
}

/* 6Cxx: the same command with the length the card wants. */
static void correct_le(struct apdu_exchange *x, u8 le)
{
	if (x->tpdu_len) {
		x->tpdu[4] = le;
	} else if (x->apdu.extended) {
		x->cmd[x->len - 2] = le ? 0 : 1;
		x->cmd[x->len - 1] = le;
	} else {
		x->cmd[x->len - 1] = le;
	}
	if (x->state == ST_COMMAND)
		x->state = ST_LENGTH;
}

static bool can_correct_le(const struct apdu_exchange *x, u8 le)
{
	if (x->state == ST_FETCH)
		return le != x->tpdu[4] &&
		       (le ? le : 256) + 2u <= x->max - x->got;
	if (x->state != ST_COMMAND)
		return false;
	/* T=0 has no Le to correct where P3 is Lc. */
	return x->transport == APDU_T0 ? x->apdu.cmd_case == 2 : x->apdu.ne;
}

/*
 * A case 4 command that answered with a warning or an application's status
 * may have data all the same (TS 102 221 7.3.1.1.4).
 */
static bool hides_data(const struct apdu_exchange *x, u16 sw, u32 n)
{
	u8 sw1 = sw >> 8;

	if (x->state != ST_COMMAND || x->apdu.cmd_case != 4 || n ||
	    x->transport == APDU_T1 || x->apdu.cla == CLA_GSM)
		return false;
	if (x->apdu.ins == INS_SEARCH_RECORD && sw == SW_NO_MATCH)
		return false;
	return sw1 == 0x62 || sw1 == 0x63 ||
	       ((sw1 & 0xf0) == 0x90 && sw != SW_OK);
}

static bool more_to_fetch(const struct apdu_exchange *x, u16 sw)
{
	u8 sw1 = sw >> 8;

	return sw1 == 0x61 || (sw1 == 0x9f && x->apdu.cla == CLA_GSM);
}

static bool fetch_failed(const struct apdu_exchange *x, u16 sw, u32 n)
{
	return x->state == ST_FETCH && n == 0 && sw != SW_OK &&
	       !more_to_fetch(x, sw);
}

void apdu_answer(struct apdu_exchange *x, long n)
{
	u16 sw;

	if (x->state == ST_END)
		return;
	if (n < 0 || n < 2 || (size_t)n > x->max - x->got) {
		x->state = ST_END;
		x->result = n < 0 ? n : -EREMOTEIO;
		return;
	}
	n -= 2;
	sw = be16(x->resp + x->got + n);

	if (x->state == ST_ENVELOPE) {
		/* 6D00: the card has no ENVELOPE; anything else: no either. */
		if (sw == SW_OK && n == 0)
			envelope(x);
		else
			end(x, sw);
		return;
	}
	if (++x->rounds > ROUNDS) {
		end(x, x->sw ? x->sw : sw);
		return;
	}
	if ((sw >> 8) == 0x6c && n == 0 && can_correct_le(x, sw & 0xff)) {
		correct_le(x, sw & 0xff);
		return;
	}
	if (fetch_failed(x, sw, n)) {
		end(x, x->sw);
		return;
	}
	/* Case 2S.3: of more than was asked for only the first Ne bytes. */
	if ((size_t)n > x->ne - x->got)
		n = x->ne - x->got;
	x->got += n;
	if (more_to_fetch(x, sw)) {
		fetch_more(x, sw);
	} else if (hides_data(x, sw, n)) {
		x->sw = sw;
		x->final = sw;
		fetch(x, 0);
	} else {
		end(x, x->state == ST_FETCH && x->final && sw == SW_OK ?
		    x->final : sw);
	}
}
