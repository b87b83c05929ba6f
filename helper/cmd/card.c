// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "cmd/cardchange.h"
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

/*
 * What another phone, or a card pulled out between two writes, left behind: records
 * of numbers and addresses that no entry points to. And what cannot be read.
 */
int cmd_card_check(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	bool release = false;
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&w.o),
		{ "free", NULL, &release, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	const char *const *odd;
	unsigned int left = 0;
	json_t *list = json_array();
	size_t n;
	int r;

	r = cmd_args(c, opt, 0, 0, e);
	if (!r)
		r = cardchange_open(&w, release, e);
	if (!r)
		r = card_orphans(w.card, release, &left, e) ? -1 : 0;
	odd = r || !c->json ? NULL : card_problems(w.card, &n);
	for (size_t i = 0; odd && i < n; i++)
		json_array_append_new(list, json_string(odd[i]));
	/* Without --json they are said there. */
	r = cardchange_close(&w, r, e);
	if (!r && c->json)
		return cmd_json_out(json_pack("{s:i, s:b, s:o}", "left_behind",
					      (int)left, "freed",
					      (int)(release && left),
					      "problems", list), e);
	json_decref(list);
	if (r)
		return r;
	if (!left)
		puts("No record without a contact.");
	else
		printf("%u records that no contact uses%s\n", left, release ?
		       ": freed" : "; simsync card check --free frees them");
	return 0;
}
