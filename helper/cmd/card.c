// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

int cmd_card_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "iccid", "ICCID", 0 },   { "policy", "POLICY", 0 },
		{ "slot", "SLOT", 0 },	   { "driver", "FIRST SEEN ON", 0 },
		{ "virtual", "ESIM", 0 },  { NULL, NULL, 0 },
	};
	json_t *rows, *o;
	size_t i, k;

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		return -1;
	rows = json_deep_copy(json_object_get(c->start, "cards"));
	json_array_foreach(rows, k, o) {
		const char *iccid =
			json_string_value(json_object_get(o, "iccid"));

		for (i = 0; i < c->slots; i++)
			if (iccid && !strcmp(c->slot[i].iccid, iccid))
				json_object_set_new(
					o, "slot",
					json_integer(c->slot[i].index));
	}
	return cmd_table_out(c, rows, col,
			     "No SIM is enrolled: simsync card enroll", e);
}
