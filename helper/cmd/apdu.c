// SPDX-License-Identifier: MIT
/* `simsync apdu`: commands by hand, with what they mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/channel.h"
#include "card/trace.h"
#include "cmd/oncard.h"

#define APDU_MAX 261
#define RESP_MAX 65538

static int nibble(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* "00A4 0004 02" as bytes; spaces and colons between them. */
static int unhex(const char *text, uint8_t *out, size_t max, size_t *n,
		 struct sim_err *e)
{
	int half = -1;

	*n = 0;
	for (const char *p = text; *p; p++) {
		int v = nibble(*p);

		if (v < 0 && strchr(" :", *p) && half < 0)
			continue;
		if (v < 0)
			return sim_fail(e, EX_USAGE,
					"byte %zu of the command: '%c' is no hexadecimal digit",
					*n + 1, *p);
		if (half < 0) {
			half = v;
			continue;
		}
		if (*n == max)
			return sim_fail(e, EX_USAGE, "a command has at most %zu bytes",
					max);
		out[(*n)++] = (uint8_t)(half << 4 | v);
		half = -1;
	}
	if (half >= 0)
		return sim_fail(e, EX_USAGE, "byte %zu of the command has one digit only",
				*n + 1);
	return 0;
}

static json_t *exchange_json(const uint8_t *cmd, size_t len,
			     const uint8_t *resp, size_t got)
{
	char what[160], why[96], sw[5];
	char *a = trace_hex(cmd, trace_secret(cmd, len) ? 5 : len);
	char *b = trace_hex(resp, got - 2);
	json_t *o;

	trace_command(cmd, len, what, sizeof(what));
	trace_status((uint16_t)(resp[got - 2] << 8 | resp[got - 1]), why,
		     sizeof(why));
	snprintf(sw, sizeof(sw), "%02X%02X", resp[got - 2], resp[got - 1]);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "command", a ? a : "",
		      "means", what, "data", b ? b : "", "status", sw, "says",
		      why);
	free(a);
	free(b);
	return o;
}

static void show(json_t *o)
{
	const char *says = json_string_value(json_object_get(o, "says"));

	printf("%s\n> %s\n< %s %s%s%s\n",
	       json_string_value(json_object_get(o, "means")),
	       json_string_value(json_object_get(o, "command")),
	       json_string_value(json_object_get(o, "data")),
	       json_string_value(json_object_get(o, "status")),
	       says[0] ? "  " : "", says);
}

static int send_all(struct cmd *c, struct sim_channel *ch, const char *aid,
		    json_t *rows, struct sim_err *e)
{
	uint8_t cmd[APDU_MAX], *resp = malloc(RESP_MAX);
	size_t len, got, n = 0;
	json_t *o;
	int r = -1;

	if (!resp) {
		sim_fail(e, EX_OSERR, "out of memory");
		goto out;
	}
	if (aid && unhex(aid, cmd, 16, &n, e))
		goto out;
	if (ch->ops->open(ch, n ? cmd : NULL, n, resp, RESP_MAX, &got, e))
		goto out;
	if (n && got >= 2 && resp[got - 2] != 0x90 && resp[got - 2] != 0x91) {
		sim_fail(e, EX_UNAVAILABLE,
			 "the card does not select that application (status %02X%02X)",
			 resp[got - 2], resp[got - 1]);
		goto out;
	}
	for (int i = 0; i < c->argc; i++) {
		if (unhex(c->argv[i], cmd, sizeof(cmd), &len, e))
			goto out;
		if (len < 4) {
			sim_fail(e, EX_USAGE, "a command has at least 4 bytes");
			goto out;
		}
		if (ch->ops->transmit(ch, cmd, len, resp, RESP_MAX, &got, e))
			goto out;
		if (got < 2) {
			sim_fail(e, EX_PROTOCOL, "the answer has no status word");
			goto out;
		}
		o = exchange_json(cmd, len, resp, got);
		if (!c->json)
			show(o);
		json_array_append_new(rows, o);
	}
	r = 0;
out:
	free(resp);
	return r;
}

int cmd_apdu(struct cmd *c, struct sim_err *e)
{
	struct oncard o = { 0 };
	const char *aid = NULL;
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o),
		{ "aid", &aid, NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	struct sim_channel *ch;
	int r = -1;

	if (cmd_args(c, opt, 1, 256, e) < 0)
		goto out;
	ch = oncard_channel(c, &o, e);
	if (!ch)
		goto out;
	r = send_all(c, ch, aid, rows, e);
	ch->ops->close(ch);
	if (oncard_end(&o, r ? NULL : e))
		r = -1;
	if (!r && c->json)
		return cmd_json_out(rows, e);
out:
	json_decref(rows);
	return r;
}
