// SPDX-License-Identifier: MIT
#include "card/card.h"
#include "card/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

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

static void add_service(unsigned int n, const char *name, void *arg)
{
	json_array_append_new(arg, json_pack("{s:i, s:s}", "number", (int)n,
					     "name", name ? name : ""));
}

static json_t *services(const struct sim_item *info)
{
	const char *ust = sim_item_get(info, "UST");
	json_t *list = json_array();

	if (ust)
		services_each(ust, add_service, list);
	return list;
}

static json_t *info_json(struct card *card, struct sim_err *e)
{
	json_t *o = json_object(), *files = json_array();
	struct card_use *use = NULL;
	struct sim_item info;
	size_t i, n = 0;

	sim_item_init(&info, SIM_INFO);
	if (card_info(card, &info, e) < 0 || card_uses(card, &use, &n, e) < 0) {
		json_decref(o);
		json_decref(files);
		sim_item_free(&info);
		return NULL;
	}
	for (i = 0; i < info.n; i++) {
		char *plain = sim_text_unescape(info.prop[i].value);

		json_object_set_new(o, info.prop[i].name,
				    json_string(plain ? plain : ""));
		free(plain);
	}
	for (i = 0; i < n; i++)
		json_array_append_new(
			files, json_pack("{s:s, s:i, s:i, s:i, s:s, s:s}",
					 "file", use[i].name, "used",
					 (int)use[i].used, "total",
					 (int)use[i].total, "bytes",
					 (int)use[i].bytes, "read", use[i].read,
					 "update", use[i].update));
	json_object_set_new(o, "files", files);
	json_object_set_new(o, "services", services(&info));
	free(use);
	sim_item_free(&info);
	return o;
}

static void show(unsigned int slot, json_t *o)
{
	json_t *v, *files = json_object_get(o, "files");
	const char *k;
	size_t i;

	printf("slot %u\n", slot);
	json_object_foreach(o, k, v) {
		if (!json_is_string(v))
			continue;
		printf("  %-12s ", k);
		cmd_print(json_string_value(v));
		putchar('\n');
	}
	json_array_foreach(files, i, v)
		printf("  %-12s %lld of %lld records, %lld bytes each; read %s, write %s\n",
		       json_string_value(json_object_get(v, "file")),
		       (long long)json_integer_value(json_object_get(v, "used")),
		       (long long)json_integer_value(json_object_get(v, "total")),
		       (long long)json_integer_value(json_object_get(v, "bytes")),
		       json_string_value(json_object_get(v, "read")),
		       json_string_value(json_object_get(v, "update")));
	json_array_foreach(json_object_get(o, "services"), i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));

		if (name[0])
			printf("%s%s", i ? ", " : "  services     ", name);
	}
	if (i)
		putchar('\n');
}

int cmd_info(struct cmd *c, struct sim_err *e)
{
	json_t *all = json_array();
	size_t i, n = 0;

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		goto bad;
	for (i = 0; i < c->slots; i++) {
		struct cmd_slot *s = &c->slot[i];
		struct card *card;
		json_t *o;

		if (s->fd < 0) {
			cmd_note("slot %u: %s", s->index, run_why_not(s));
			continue;
		}
		card = run_open_card(c, s, e);
		if (!card)
			goto bad;
		card_on_progress(card, run_card_progress, c);
		o = info_json(card, e);
		cmd_progress_end(c);
		card_close(card);
		if (!o)
			goto bad;
		n++;
		if (!c->json)
			show(s->index, o);
		json_object_set_new(o, "slot", json_integer(s->index));
		json_array_append_new(all, o);
	}
	if (!n) {
		sim_fail(e, EX_NOINPUT, "no SIM here that may be read");
		goto bad;
	}
	if (c->json)
		return cmd_json_out(all, e);
	json_decref(all);
	return 0;
bad:
	json_decref(all);
	return -1;
}
