// SPDX-License-Identifier: MIT
/*
 * uicc_decode.c - a TPDU and its answer as one line for people
 */
#include "card/uicc_fs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	uint8_t ins;
	const char *name;
} names[] = {
	{ 0xa4, "SELECT" },	     { 0xf2, "STATUS" },
	{ 0xb0, "READ BINARY" },     { 0xd6, "UPDATE BINARY" },
	{ 0xb2, "READ RECORD" },     { 0xdc, "UPDATE RECORD" },
	{ 0xa2, "SEARCH RECORD" },   { 0x20, "VERIFY PIN" },
	{ 0x24, "CHANGE PIN" },	     { 0x26, "DISABLE PIN" },
	{ 0x28, "ENABLE PIN" },	     { 0x2c, "UNBLOCK PIN" },
	{ 0x04, "DEACTIVATE FILE" }, { 0x44, "ACTIVATE FILE" },
	{ 0x70, "MANAGE CHANNEL" },  { 0x10, "TERMINAL PROFILE" },
	{ 0xaa, "TERMINAL CAPABILITY" }, { 0x12, "FETCH" },
	{ 0x14, "TERMINAL RESPONSE" }, { 0xc2, "ENVELOPE" },
	{ 0xc0, "GET RESPONSE" },    { 0xe2, "STORE DATA" },
};

static void say(char *out, size_t max, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(char *out, size_t max, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	if (n + 1 >= max)
		return;
	va_start(ap, fmt);
	vsnprintf(out + n, max - n, fmt, ap);
	va_end(ap);
}

static bool reads(uint8_t ins)
{
	return ins == 0xb0 || ins == 0xb2 || ins == 0xd6 || ins == 0xdc ||
	       ins == 0xa2;
}

static bool secret(uint8_t ins)
{
	return ins >= 0x20 && ins <= 0x2c;
}

/* "chan 1 READ RECORD 3 usim/5F3A/4F3A [5+34] 01B2030420 -> data SW" */
void uicc_decode(struct uicc *c, const uint8_t *cmd, size_t len,
		 const uint8_t *resp, size_t n, char *out, size_t max)
{
	unsigned int chan = cmd[0] == 0xa0 ? 0 : cmd[0] & 0x40 ?
			    4u + (cmd[0] & 15) : cmd[0] & 3u;
	const struct uicc_file *ef = chan < UICC_CHANNELS ? c->chan[chan].ef :
							    NULL;
	const char *name = "?";
	char path[64];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].ins == cmd[1])
			name = names[i].name;
	*out = 0;
	say(out, max, "%s%u %s", cmd[0] == 0xa0 ? "2G " : "chan ", chan, name);
	if (cmd[1] == 0xb2 || cmd[1] == 0xdc)
		say(out, max, " %u", cmd[2]);
	if (reads(cmd[1]) && ef) {
		uicc_path(ef, path, sizeof(path));
		say(out, max, " %s", path);
	}
	if (cmd[1] == 0xa4 && len > 5) {
		say(out, max, " ");
		for (i = 5; i < len; i++)
			say(out, max, "%02X", cmd[i]);
	}
	say(out, max, " [%zu+%zu] ", len, n);
	for (i = 0; i < len; i++)
		say(out, max, secret(cmd[1]) && i > 4 ? "**" : "%02X", cmd[i]);
	say(out, max, " -> ");
	if (!n)
		say(out, max, "silence");
	for (i = 0; i < n; i++)
		say(out, max, i + 2 == n && n > 2 ? " %02X" : "%02X", resp[i]);
}
