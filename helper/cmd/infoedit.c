// SPDX-License-Identifier: MIT
/*
 * What the phone knows of each SIM, in the slot or not: listed, and edited where it is
 * the person's own (design.md, Rules). An edit is T9; it reaches the SIM when that is in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "cmd/cmd.h"
#include "store/store.h"

static const char *const own[] = { "LABEL", "MSISDN", "LANG", "PLMN", "NICKNAME" };

#define OWN (sizeof(own) / sizeof(own[0]))

static void add_plain(json_t *o, const char *key, const struct sim_item *it,
		      const char *name)
{
	const char *v = sim_item_get(it, name);
	char *plain = v ? sim_text_unescape(v) : NULL;

	json_object_set_new(o, key, json_string(plain ? plain : ""));
	free(plain);
}

static int add_row(const struct store_record *r, void *arg)
{
	json_t *o = json_object();

	add_plain(o, "iccid", &r->item, "ICCID");
	add_plain(o, "label", &r->item, "LABEL");
	add_plain(o, "provider", &r->item, "SPN");
	add_plain(o, "number", &r->item, "MSISDN");
	add_plain(o, "nickname", &r->item, "NICKNAME");
	add_plain(o, "languages", &r->item, "LANG");
	add_plain(o, "networks", &r->item, "PLMN");
	return json_array_append_new(arg, o);
}

int cmd_info_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "iccid", "ICCID", 0 },	{ "label", "LABEL", 24 },
		{ "provider", "PROVIDER", 24 }, { "number", "NUMBER", 0 },
		{ "languages", "LANGUAGES", 0 }, { NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	struct store *s;
	long n;

	if (cmd_args(c, NULL, 0, 0, e) < 0 || !(s = cmd_store(c, e))) {
		json_decref(rows);
		return -1;
	}
	n = store_record_each(s, SIM_INFO, NULL, add_row, rows, e);
	store_close(s);
	if (n < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "The phone has known no SIM yet.", e);
}

/**
 * struct wanted - the one SIM a person means by its last digits
 * @digits: these
 * @hits: how many SIMs end so
 * @ref: the record's name in the store
 * @version: its row's
 * @item: what it says
 */
struct wanted {
	const char *digits;
	size_t hits;
	char *ref;
	int64_t version;
	struct sim_item item;
};

static int look(const struct store_record *r, void *arg)
{
	struct wanted *w = arg;
	const char *iccid = sim_item_get(&r->item, "ICCID");
	size_t n = iccid ? strlen(iccid) : 0, k = strlen(w->digits);

	if (k < 4 || k > n || strcmp(iccid + n - k, w->digits))
		return 0;
	if (w->hits++)
		return 1;
	w->ref = strdup(r->ref);
	w->version = r->version;
	return !w->ref || sim_item_copy(&w->item, &r->item);
}

static int find(struct store *s, struct wanted *w, struct sim_err *e)
{
	if (store_record_each(s, SIM_INFO, NULL, look, w, e) < 0)
		return -1;
	if (w->hits == 1 && w->ref && w->item.n)
		return 0;
	if (w->hits == 1)
		return sim_fail(e, EX_OSERR, "out of memory");
	return sim_fail(e, EX_NOINPUT,
			w->hits ? "%zu SIMs are meant; give more digits of the ICCID" :
				  "the phone knows no such SIM (give at least four last digits of its ICCID); see simsync info list",
			w->hits);
}

static int set(struct sim_item *it, const char *const value[OWN],
	       struct sim_err *e)
{
	char number[BCD_DIGITS_MAX + 2];
	int r = 0;

	/* What no SIM could hold would stay here for ever. */
	if (value[1] && *value[1] && bcd_normal(value[1], number))
		return sim_fail(e, EX_DATAERR, "that is no number: digits, * and # and a leading +");
	for (size_t i = 0; !r && i < OWN; i++) {
		char *esc = value[i] && *value[i] ? sim_text_escape(value[i]) :
						    NULL;

		if (value[i] && *value[i] && !esc)
			r = -1;
		else if (value[i])
			r = sim_item_set(it, own[i], esc);
		free(esc);
	}
	return r ? sim_fail(e, EX_OSERR, "out of memory") : 0;
}

int cmd_info_edit(struct cmd *c, struct sim_err *e)
{
	const char *value[OWN] = { NULL };
	const struct cmd_opt opt[] = {
		{ "label", &value[0], NULL, NULL, NULL, 0 },
		{ "number", &value[1], NULL, NULL, NULL, 0 },
		{ "languages", &value[2], NULL, NULL, NULL, 0 },
		{ "networks", &value[3], NULL, NULL, NULL, 0 },
		{ "nickname", &value[4], NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct wanted w = { 0 };
	struct store *s;
	int r;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	if (!value[0] && !value[1] && !value[2] && !value[3] && !value[4])
		return sim_fail(e, EX_USAGE, "nothing to change: --label, --number, --languages, --networks or --nickname");
	s = cmd_store(c, e);
	if (!s)
		return -1;
	sim_item_init(&w.item, SIM_INFO);
	w.digits = c->argv[0];
	r = find(s, &w, e);
	if (!r)
		r = set(&w.item, value, e);
	if (!r)
		r = store_record_put(s, w.ref, w.version, &w.item, e);
	if (r > 0)
		r = sim_fail(e, EX_TEMPFAIL, "the SIM's record was changed meanwhile; look at it and try again");
	store_close(s);
	sim_item_free(&w.item);
	free(w.ref);
	if (r)
		return -1;
	cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:s}", "did", "changed"), e);
	puts("changed");
	return 0;
}
