// SPDX-License-Identifier: MIT
/*
 * `simsync info`: what a card says of itself; `info set`: what of that is the
 * person's own, written on the card.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "card/params.h"
#include "card/services.h"
#include "cmd/cardchange.h"
#include "cmd/cmd.h"
#include "cmd/run.h"
#include "cmd/slotnote.h"

static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_string("?");
}

/* ---- services ----------------------------------------------------------- */

static const struct {
	const char *field;
	const char *key;
	enum services which;
} service_tables[] = {
	{ "UST", "services", SERVICES_UST },
	{ "SST", "services", SERVICES_SST },
	{ "EST", "switched_on", SERVICES_EST },
};

static void add_service(unsigned int n, const char *name, void *arg)
{
	json_array_append_new(arg, json_pack("{s:i, s:s}", "number", (int)n,
					     "name", name ? name : ""));
}

static void services(json_t *o, const struct sim_item *info)
{
	for (size_t i = 0; i < 3; i++) {
		const char *hex = sim_item_get(info, service_tables[i].field);
		json_t *list = hex ? json_array() : NULL;

		if (!list)
			continue;
		services_each(service_tables[i].which, hex, add_service, list);
		json_object_set_new(o, service_tables[i].key, list);
	}
}

/* ---- files of several records ------------------------------------------- */

static int centres(struct card *card, json_t *o, struct sim_err *e)
{
	struct params_smsp *p;
	json_t *list = json_array();
	size_t n;
	int r = params_smsp(card, &p, &n, e);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack(
			"{s:i, s:o, s:s, s:s, s:i, s:i, s:i}", "record",
			(int)p[i].rec, "name", text(p[i].name), "centre",
			p[i].smsc, "to", p[i].dest, "protocol", p[i].pid,
			"coding", p[i].dcs, "validity", p[i].vp));
	free(p);
	json_object_set_new(o, "message_parameters", list);
	return r;
}

static int reports(struct card *card, json_t *o, struct sim_err *e)
{
	struct params_smsr *p;
	json_t *list = json_array();
	char ref[24];
	size_t n;
	int r = params_smsr(card, &p, &n, e);

	for (size_t i = 0; i < n; i++) {
		snprintf(ref, sizeof(ref), "sms/%u", p[i].sms);
		json_array_append_new(list, json_pack(
			"{s:i, s:s, s:o, s:s, s:i}", "record", (int)p[i].rec,
			"message", ref, "to", text(p[i].report.addr), "done",
			p[i].report.done, "status", (int)p[i].report.status));
	}
	free(p);
	json_object_set_new(o, "status_reports", list);
	return r;
}

static int message_state(struct card *card, json_t *o, struct sim_err *e)
{
	struct params_smss s;
	int r = params_smss(card, &s, e);

	if (!r)
		json_object_set_new(o, "message_state",
				    json_pack("{s:i, s:b}", "last_reference",
					      s.last, "full", s.full));
	return r;
}

static int names(struct card *card, json_t *o, struct sim_err *e)
{
	struct params_name *p;
	json_t *list = json_array();
	size_t n;
	int r = params_names(card, &p, &n, e);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack(
			"{s:i, s:o, s:o}", "record", (int)p[i].rec, "name",
			text(p[i].full), "short", text(p[i].brief)));
	free(p);
	json_object_set_new(o, "network_names", list);
	return r;
}

static int areas(struct card *card, json_t *o, struct sim_err *e)
{
	struct params_area *p;
	json_t *list = json_array();
	size_t n;
	int r = params_areas(card, &p, &n, e);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack(
			"{s:i, s:s, s:i, s:i, s:i}", "record", (int)p[i].rec,
			"network", p[i].plmn, "from", (int)p[i].from, "to",
			(int)p[i].to, "name", (int)p[i].name));
	free(p);
	json_object_set_new(o, "operator_list", list);
	return r;
}

/* Each adds its own; what the card has not, or does not show, is left out. */
static int (*const details[])(struct card *card, json_t *o, struct sim_err *e) = {
	centres, message_state, reports, names, areas,
};

/* ---- the whole ---------------------------------------------------------- */

static int files(struct card *card, json_t *o, struct sim_err *e)
{
	json_t *list = json_array();
	struct card_use *use = NULL;
	size_t n = 0;
	int r = card_uses(card, &use, &n, e);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:i, s:i, s:s, s:s}",
					"file", use[i].name, "used",
					(int)use[i].used, "total",
					(int)use[i].total, "bytes",
					(int)use[i].bytes, "read", use[i].read,
					"update", use[i].update));
	free(use);
	json_object_set_new(o, "files", list);
	return r;
}

static json_t *info_json(struct card *card, struct sim_err *e)
{
	json_t *o = json_object();
	struct sim_item info;
	char cost[256];
	int r;

	sim_item_init(&info, SIM_INFO);
	r = card_info(card, &info, e) < 0 || files(card, o, e) < 0;
	for (size_t i = 0; !r && i < sizeof(details) / sizeof(details[0]); i++)
		r = details[i](card, o, e) < 0;
	for (size_t i = 0; !r && i < info.n; i++) {
		char *plain = sim_text_unescape(info.prop[i].value);

		json_object_set_new(o, info.prop[i].name,
				    text(plain ? plain : ""));
		free(plain);
	}
	services(o, &info);
	sim_item_free(&info);
	card_cost(card, cost, sizeof(cost));
	if (cost[0])
		json_object_set_new(o, "cost", json_string(cost));
	if (!r)
		return o;
	json_decref(o);
	return NULL;
}

static long long number(json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *word(json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : "";
}

static void show_services(const char *title, json_t *list)
{
	bool any = false;
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		if (!word(v, "name")[0])
			continue;
		printf("%s%s", any ? ", " : title, word(v, "name"));
		any = true;
	}
	if (any)
		putchar('\n');
}

static void show_details(json_t *o)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(o, "message_parameters"), i, v) {
		printf("  messages     %lld: centre %s ", number(v, "record"),
		       word(v, "centre")[0] ? word(v, "centre") : "-");
		cmd_print(word(v, "name"));
		putchar('\n');
	}
	if (json_is_true(json_object_get(json_object_get(o, "message_state"),
					 "full")))
		puts("  messages     one was turned away: the card had no room");
	json_array_foreach(json_object_get(o, "status_reports"), i, v) {
		printf("  report       %s to ", word(v, "message"));
		cmd_print(word(v, "to"));
		printf(" %s: %s\n", word(v, "done"),
		       number(v, "status") < 0x20 ? "delivered" : "not delivered");
	}
	json_array_foreach(json_object_get(o, "network_names"), i, v) {
		printf("  network      %lld: ", number(v, "record"));
		cmd_print(word(v, "name"));
		printf("%s", word(v, "short")[0] ? " / " : "");
		cmd_print(word(v, "short"));
		putchar('\n');
	}
	json_array_foreach(json_object_get(o, "operator_list"), i, v)
		printf("  operator     %s areas %04llX-%04llX: name %lld\n",
		       word(v, "network"), number(v, "from"), number(v, "to"),
		       number(v, "name"));
}

static void show(unsigned int slot, json_t *o)
{
	json_t *v;
	const char *k;
	size_t i;

	printf("slot %u\n", slot);
	json_object_foreach(o, k, v) {
		if (!json_is_string(v) || !strcmp(k, "cost"))
			continue;
		printf("  %-12s ", k);
		cmd_print(json_string_value(v));
		putchar('\n');
	}
	show_details(o);
	json_array_foreach(json_object_get(o, "files"), i, v)
		printf("  %-12s %lld of %lld records, %lld bytes each; read %s, write %s\n",
		       word(v, "file"), number(v, "used"), number(v, "total"),
		       number(v, "bytes"), word(v, "read"), word(v, "update"));
	show_services("  services     ", json_object_get(o, "services"));
	show_services("  switched on  ", json_object_get(o, "switched_on"));
	if (word(o, "cost")[0])
		printf("  cost         %s\n", word(o, "cost"));
}

/* The card's; closed here. */
static int one(struct cmd *c, const struct cmd_slot *s, struct card *card,
	       json_t *out, struct sim_err *e)
{
	unsigned int slot = s->index;
	json_t *o;

	card_on_progress(card, run_card_progress, c);
	slotnote_tell(c, s, card);
	o = info_json(card, e);
	if (fs_again(card)) {
		json_decref(o);
		o = info_json(card, e);
	}
	cmd_progress_end(c);
	if (o)
		slotnote_keep(c, s, card);
	card_close(card);
	if (!o)
		return -1;
	if (!c->json)
		show(slot, o);
	json_object_set_new(o, "slot", json_integer(slot));
	json_array_append_new(out, o);
	return 0;
}

/* Every card that may be read. */
static int every(struct cmd *c, json_t *out, struct sim_err *e)
{
	for (size_t i = 0; i < c->slots; i++) {
		struct cmd_slot *s = &c->slot[i];
		struct card *card;

		if (s->fd < 0) {
			cmd_note("slot %u: %s", s->index, run_why_not(s));
			continue;
		}
		card = run_open_card(c, s, e);
		if (!card || one(c, s, card, out, e))
			return -1;
	}
	return json_array_size(out) ? 0 :
	       sim_fail(e, EX_NOINPUT, "no SIM here that may be read");
}

int cmd_info(struct cmd *c, struct sim_err *e)
{
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	json_t *all = json_array();
	struct card *card;
	int r;

	r = cmd_args(c, opt, 0, 0, e);
	if (!r && (o.slot || o.trace)) {
		card = oncard_open(c, &o, e);
		r = card ? one(c, o.s, card, all, e) : -1;
		if (oncard_end(&o, r ? NULL : e))
			r = -1;
	} else if (!r) {
		r = every(c, all, e);
	}
	if (!r && c->json)
		return cmd_json_out(all, e);
	json_decref(all);
	return r;
}

/* ---- writing ------------------------------------------------------------ */

int cmd_info_set(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_INFO };
	const char *value[3] = { NULL };
	static const char *const field[] = { "MSISDN", "LANG", "PLMN" };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&w.o),
		{ "number", &value[0], NULL, NULL, NULL, 0 },
		{ "languages", &value[1], NULL, NULL, NULL, 0 },
		{ "networks", &value[2], NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct sim_record got = { 0 };
	struct sim_item full;
	json_t *lost = NULL, *v;
	size_t i;
	int r;

	if (cmd_args(c, opt, 0, 0, e) < 0)
		return -1;
	if (!value[0] && !value[1] && !value[2])
		return sim_fail(e, EX_USAGE, "nothing to set: --number, --languages or --networks");
	sim_item_init(&full, SIM_INFO);
	r = cardchange_open(&w, true, e);
	if (!r && (!w.now.n || sim_item_copy(&full, &w.now.rec[0].item)))
		r = sim_fail(e, EX_OSERR, "out of memory");
	for (i = 0; !r && i < 3; i++) {
		char *esc = value[i] ? sim_text_escape(value[i]) : NULL;

		if (value[i] && sim_item_set(&full, field[i],
					     value[i][0] ? esc : NULL))
			r = sim_fail(e, EX_OSERR, "out of memory");
		free(esc);
	}
	if (!r)
		r = cardchange_edit(&w, &w.now.rec[0], &full, &got, e);
	if (r >= 0)
		lost = cardchange_lost(&full, r ? &w.now.rec[0].item : &got.item);
	r = cardchange_close(&w, r < 0 ? -1 : 0, e);
	json_array_foreach(lost, i, v)
		r = sim_fail(e, EX_DATAERR, "%s: the card does not take that value",
			     json_string_value(v));
	json_decref(lost);
	sim_record_free(&got);
	sim_item_free(&full);
	if (r)
		return r;
	cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:s}", "did", "written"), e);
	puts("written");
	return 0;
}
