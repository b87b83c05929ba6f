// SPDX-License-Identifier: MIT
#include "card/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/fs.h"

#define CMD_MAX 512

/* Instructions of TS 102 221 Table 10.5, 51.011 9.2 and GlobalPlatform. */
static const struct {
	uint8_t ins;
	const char *name;
} names[] = {
	{ 0x04, "DEACTIVATE FILE" },   { 0x10, "TERMINAL PROFILE" },
	{ 0x12, "FETCH" },	       { 0x14, "TERMINAL RESPONSE" },
	{ 0x20, "VERIFY PIN" },	       { 0x24, "CHANGE PIN" },
	{ 0x26, "DISABLE PIN" },       { 0x28, "ENABLE PIN" },
	{ 0x2c, "UNBLOCK PIN" },       { 0x32, "INCREASE" },
	{ 0x44, "ACTIVATE FILE" },     { 0x70, "MANAGE CHANNEL" },
	{ 0x84, "GET CHALLENGE" },     { 0x88, "AUTHENTICATE" },
	{ 0xa2, "SEARCH RECORD" },     { 0xa4, "SELECT" },
	{ 0xaa, "TERMINAL CAPABILITY" },
	{ 0xb0, "READ BINARY" },       { 0xb2, "READ RECORD" },
	{ 0xc0, "GET RESPONSE" },      { 0xc2, "ENVELOPE" },
	{ 0xca, "GET DATA" },	       { 0xcb, "RETRIEVE DATA" },
	{ 0xd6, "UPDATE BINARY" },     { 0xdb, "SET DATA" },
	{ 0xdc, "UPDATE RECORD" },     { 0xe2, "STORE DATA" },
	{ 0xf2, "STATUS" },
};

/* Files by identifier: TS 102 221 13, TS 31.102 4, 51.011 10. */
static const struct {
	uint16_t fid;
	const char *name;
} files[] = {
	{ 0x3f00, "MF" },	   { 0x2f00, "EF_DIR" },
	{ 0x2f05, "EF_PL" },	   { 0x2f06, "EF_ARR" },
	{ 0x2fe2, "EF_ICCID" },	   { 0x7fff, "ADF" },
	{ 0x7f10, "DF_TELECOM" },  { 0x7f20, "DF_GSM" },
	{ 0x5f3a, "DF_PHONEBOOK" }, { 0x4f30, "EF_PBR" },
	{ 0x4f22, "EF_PSC" },	   { 0x4f23, "EF_CC" },
	{ 0x4f24, "EF_PUID" },	   { 0x6f05, "EF_LI" },
	{ 0x6f06, "EF_ARR" },	   { 0x6f07, "EF_IMSI" },
	{ 0x6f38, "EF_UST" },	   { 0x6f3a, "EF_ADN" },
	{ 0x6f3b, "EF_FDN" },	   { 0x6f3c, "EF_SMS" },
	{ 0x6f3e, "EF_GID1" },	   { 0x6f3f, "EF_GID2" },
	{ 0x6f40, "EF_MSISDN" },   { 0x6f42, "EF_SMSP" },
	{ 0x6f43, "EF_SMSS" },	   { 0x6f44, "EF_LND" },
	{ 0x6f46, "EF_SPN" },	   { 0x6f47, "EF_SMSR" },
	{ 0x6f49, "EF_SDN" },	   { 0x6f4a, "EF_EXT1" },
	{ 0x6f4b, "EF_EXT2" },	   { 0x6f4c, "EF_EXT3" },
	{ 0x6f56, "EF_EST" },	   { 0x6f60, "EF_PLMNwAcT" },
	{ 0x6f80, "EF_ICI" },	   { 0x6f81, "EF_OCI" },
	{ 0x6fad, "EF_AD" },	   { 0x6fc5, "EF_PNN" },
	{ 0x6fc6, "EF_OPL" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *name_of(uint8_t ins)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].ins == ins)
			return names[i].name;
	return "unknown command";
}

static const char *file_of(uint16_t fid)
{
	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i].fid == fid)
			return files[i].name;
	return "file";
}

static void describe_select(const uint8_t *cmd, size_t len, char *out,
			    size_t max)
{
	size_t lc = len > 5 ? cmd[4] : 0, n = strlen(out);

	if (!lc || lc > len - 5)
		return;
	if (cmd[2] == 0x04) {
		n += (size_t)snprintf(out + n, max - n, " by AID");
		return;
	}
	for (size_t i = 0; i + 1 < lc && n < max; i += 2) {
		uint16_t fid = (uint16_t)(cmd[5 + i] << 8 | cmd[6 + i]);

		n += (size_t)snprintf(out + n, max - n, "%s%s %04X",
				      i ? " / " : " ", file_of(fid), fid);
	}
}

static void describe_record(const uint8_t *cmd, char *out, size_t max)
{
	static const char *const mode[] = {
		[2] = " next", [3] = " previous",
	};
	size_t n = strlen(out);
	uint8_t m = cmd[3] & 7, sfi = cmd[3] >> 3;

	if (m == 2 || m == 3)
		n += (size_t)snprintf(out + n, max - n, "%s", mode[m]);
	else if (cmd[1] == 0xa2)
		n += (size_t)snprintf(out + n, max - n, " from record %u",
				      cmd[2]);
	else
		n += (size_t)snprintf(out + n, max - n, " %u", cmd[2]);
	if (sfi && n < max)
		snprintf(out + n, max - n, " of SFI %02X", sfi);
}

static void describe_binary(const uint8_t *cmd, char *out, size_t max)
{
	size_t n = strlen(out);

	if (cmd[2] & 0x80)
		snprintf(out + n, max - n, " SFI %02X from byte %u",
			 cmd[2] & 0x1f, cmd[3]);
	else
		snprintf(out + n, max - n, " from byte %u",
			 (unsigned int)(cmd[2] << 8 | cmd[3]));
}

void trace_command(const uint8_t *cmd, size_t len, char *out, size_t max)
{
	out[0] = '\0';
	if (len < 4) {
		snprintf(out, max, "no command: fewer than 4 bytes");
		return;
	}
	snprintf(out, max, "%s", name_of(cmd[1]));
	switch (cmd[1]) {
	case 0xa4:
		describe_select(cmd, len, out, max);
		break;
	case 0xb2:
	case 0xdc:
	case 0xa2:
		describe_record(cmd, out, max);
		break;
	case 0xb0:
	case 0xd6:
		describe_binary(cmd, out, max);
		break;
	}
}

void trace_status(uint16_t sw, char *out, size_t max)
{
	out[0] = '\0';
	if (sw == 0x9000)
		return;
	if (sw >> 8 == 0x91)
		snprintf(out, max, "done; a proactive command of %u bytes waits",
			 sw & 0xff);
	else if (sw >> 8 == 0x61)
		snprintf(out, max, "%u bytes more", sw & 0xff);
	else if (sw >> 4 == 0x63c)
		snprintf(out, max, "refused; %u tries left", sw & 0x0f);
	else
		snprintf(out, max, "%s", fs_sw_text(sw));
}

/* VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN with data. */
int trace_secret(const uint8_t *cmd, size_t len)
{
	static const uint8_t pins[] = { 0x20, 0x24, 0x26, 0x28, 0x2c };

	return len > 5 && memchr(pins, cmd[1], sizeof(pins));
}

char *trace_hex(const uint8_t *p, size_t len)
{
	static const char digit[] = "0123456789ABCDEF";
	char *s = malloc(2 * len + 1);

	for (size_t i = 0; s && i < len; i++) {
		s[2 * i] = digit[p[i] >> 4];
		s[2 * i + 1] = digit[p[i] & 15];
	}
	if (s)
		s[2 * len] = '\0';
	return s;
}

/* ---- the channel -------------------------------------------------------- */

/**
 * struct traced - a channel in front of another
 * @base: what callers see: the other's figures after each call
 * @in: the other
 * @fn: told of each exchange
 */
struct traced {
	struct sim_channel base;
	struct sim_channel *in;
	void (*fn)(void *arg, const uint8_t *cmd, size_t len,
		   const uint8_t *resp, size_t got);
	void *arg;
};

/* What the channel below knows now. */
static int mirror(struct traced *t, int ret)
{
	const struct sim_channel_ops *ops = t->base.ops;

	t->base = *t->in;
	t->base.ops = ops;
	return ret;
}

static void say(struct traced *t, const uint8_t *cmd, size_t len,
		const uint8_t *resp, size_t got)
{
	uint8_t copy[CMD_MAX];

	if (!trace_secret(cmd, len) || len > sizeof(copy)) {
		t->fn(t->arg, cmd, len, resp, got);
		return;
	}
	memset(copy, 0xff, sizeof(copy));
	memcpy(copy, cmd, 5);
	t->fn(t->arg, copy, len, resp, got);
}

static int traced_transmit(struct sim_channel *c, const uint8_t *cmd,
			   size_t len, uint8_t *resp, size_t max, size_t *got,
			   struct sim_err *e)
{
	struct traced *t = (struct traced *)c;
	int ret = t->in->ops->transmit(t->in, cmd, len, resp, max, got, e);

	say(t, cmd, len, resp, ret ? 0 : *got);
	return mirror(t, ret);
}

static int traced_open(struct sim_channel *c, const uint8_t *aid,
		       size_t aid_len, uint8_t *resp, size_t max, size_t *got,
		       struct sim_err *e)
{
	struct traced *t = (struct traced *)c;
	uint8_t cmd[5 + 16] = { 0x00, 0xa4, 0x04, 0x04, (uint8_t)aid_len };
	int ret = t->in->ops->open(t->in, aid, aid_len, resp, max, got, e);

	if (aid_len && aid_len <= 16) {
		memcpy(cmd + 5, aid, aid_len);
		say(t, cmd, 5 + aid_len, resp, ret ? 0 : *got);
	}
	return mirror(t, ret);
}

static int traced_begin(struct sim_channel *c, unsigned int ms,
			struct sim_err *e)
{
	struct traced *t = (struct traced *)c;

	return mirror(t, t->in->ops->begin ? t->in->ops->begin(t->in, ms, e) :
					     0);
}

static int none(struct sim_err *e)
{
	return sim_fail(e, EX_UNAVAILABLE, "this slot cannot do that");
}

#define PASS(name)                                                           \
	static int traced_##name(struct sim_channel *c, struct sim_err *e)     \
	{                                                                      \
		struct traced *t = (struct traced *)c;                         \
									       \
		return mirror(t, t->in->ops->name ?                            \
					 t->in->ops->name(t->in, e) :          \
					 none(e));                             \
	}

PASS(reset)
PASS(look)
PASS(identify)
PASS(monitor)

static void traced_expect(struct sim_channel *c, const char *iccid)
{
	struct traced *t = (struct traced *)c;

	if (t->in->ops->expect)
		t->in->ops->expect(t->in, iccid);
}

static void traced_close(struct sim_channel *c)
{
	struct traced *t = (struct traced *)c;

	t->in->ops->close(t->in);
	free(t);
}

static const struct sim_channel_ops traced_ops = {
	.transmit = traced_transmit,
	.open = traced_open,
	.begin = traced_begin,
	.reset = traced_reset,
	.look = traced_look,
	.identify = traced_identify,
	.monitor = traced_monitor,
	.expect = traced_expect,
	.close = traced_close,
};

struct sim_channel *
sim_channel_traced(struct sim_channel *in,
		   void (*fn)(void *arg, const uint8_t *cmd, size_t len,
			      const uint8_t *resp, size_t got),
		   void *arg, struct sim_err *e)
{
	struct traced *t = calloc(1, sizeof(*t));

	if (!t) {
		in->ops->close(in);
		sim_fail(e, EX_OSERR, "out of memory");
		return NULL;
	}
	t->in = in;
	t->fn = fn;
	t->arg = arg;
	t->base.ops = &traced_ops;
	mirror(t, 0);
	return &t->base;
}
