// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/oncard.h"
#include "store/store.h"

static const char *const shown[] = { "DATE", "DIRECTION", "FROM", "TO",
				     "STATUS", "TEXT", "ICCID", NULL };

static json_t *message_json(const struct store_record *rec)
{
	json_t *o = json_object();
	size_t i, k;

	json_object_set_new(o, "ref", json_string(rec->ref));
	for (i = 0; shown[i]; i++) {
		const char *v = sim_item_get(&rec->item, shown[i]);
		char *plain = v ? sim_text_unescape(v) : NULL;
		char key[16];

		for (k = 0; shown[i][k]; k++)
			key[k] = (char)(shown[i][k] | 0x20);
		key[k] = '\0';
		if (plain)
			json_object_set_new(o, key, json_string(plain));
		free(plain);
	}
	return o;
}

static int list_row(const struct store_record *rec, void *arg)
{
	json_t *o = message_json(rec);
	const char *from = json_string_value(json_object_get(o, "from"));
	const char *to = json_string_value(json_object_get(o, "to"));

	json_object_set_new(o, "who", json_string(from ? from : to ? to : ""));
	return json_array_append_new(arg, o);
}

static int messages(struct cmd *c, const char *find, json_t *rows,
		    struct sim_err *e)
{
	struct store *s = cmd_store(c, e);
	long n;

	if (!s)
		return -1;
	n = store_record_each(s, SIM_MESSAGE, find, list_row, rows, e);
	store_close(s);
	return n < 0 ? -1 : 0;
}

int cmd_sms_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "date", "DATE", 25 },	   { "direction", "", 6 },
		{ "who", "WHO", 20 },	   { "status", "STATUS", 7 },
		{ "text", "TEXT", 50 },	   { "ref", "REF", 0 },
		{ NULL, NULL, 0 },
	};
	json_t *rows;

	if (oncard_wanted(c))
		return cmd_card_sms_list(c, e);
	rows = json_array();
	if (cmd_args(c, NULL, 0, 1, e) < 0 ||
	    messages(c, c->argv[0], rows, e) < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "No messages.", e);
}

int cmd_sms_show(struct cmd *c, struct sim_err *e)
{
	json_t *rows = json_array(), *o = NULL, *row;
	size_t i;
	int r = -1;

	if (cmd_args(c, NULL, 1, 1, e) < 0 || messages(c, NULL, rows, e) < 0)
		goto out;
	json_array_foreach(rows, i, row)
		if (!strcmp(json_string_value(json_object_get(row, "ref")),
			    c->argv[0]))
			o = row;
	if (!o) {
		sim_fail(e, EX_NOINPUT,
			 "no message with that REF; see simsync sms list");
		goto out;
	}
	if (c->json) {
		r = cmd_json_out(json_incref(o), e);
		goto out;
	}
	for (i = 0; shown[i]; i++) {
		char key[16];
		const char *v;
		size_t k;

		for (k = 0; shown[i][k]; k++)
			key[k] = (char)(shown[i][k] | 0x20);
		key[k] = '\0';
		v = json_string_value(json_object_get(o, key));
		if (!v)
			continue;
		printf("%-10s ", shown[i]);
		cmd_print(v);
		putchar('\n');
	}
	r = 0;
out:
	json_decref(rows);
	return r;
}
