// SPDX-License-Identifier: MIT
/*
 * `contacts list --card`, `contacts show --card`: what is on the card itself.
 * Nothing is stored, nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "card/lists.h"
#include "cmd/cardchange.h"
#include "cmd/slotnote.h"

static char *plain(const struct sim_item *it, const char *name)
{
	const char *v = sim_item_get(it, name);

	return v ? sim_text_unescape(v) : NULL;
}

static void put(json_t *o, const char *key, const struct sim_item *it,
		const char *name)
{
	char *v = plain(it, name);

	if (v)
		json_object_set_new(o, key, json_string(v));
	free(v);
}

static json_t *contact_row(const struct sim_record *rec)
{
	json_t *o = json_pack("{s:s}", "ref", rec->ref);

	if (rec->problem)
		json_object_set_new(o, "problem", json_string(rec->problem));
	put(o, "name", &rec->item, "FN");
	put(o, "phone", &rec->item, "TEL");
	put(o, "email", &rec->item, "EMAIL");
	put(o, "groups", &rec->item, "CATEGORIES");
	return o;
}

/* Where the words are in what is shown of it. */
static bool has_words(const json_t *o, const char *words)
{
	json_t *v;
	const char *k;

	if (!words)
		return true;
	json_object_foreach((json_t *)o, k, v)
		if (json_is_string(v) && strcasestr(json_string_value(v), words))
			return true;
	return false;
}

/* ---- the lists beside the phonebook ------------------------------------- */

static const char *const list_names[] = {
	[LIST_FDN] = "fdn", [LIST_SDN] = "sdn", [LIST_LND] = "lnd",
	[LIST_ICI] = "ici", [LIST_OCI] = "oci",
};

static json_t *entry_row(const struct list_entry *l)
{
	json_t *o = json_pack("{s:I, s:s, s:s, s:s, s:b}", "record",
			      (json_int_t)l->rec, "name", l->name, "phone",
			      l->number, "when", l->when, "missed", l->missed);

	if (l->seconds >= 0)
		json_object_set_new(o, "seconds", json_integer(l->seconds));
	return o;
}

int oncard_list(const char *name, struct sim_err *e)
{
	const size_t n = sizeof(list_names) / sizeof(list_names[0]);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list_names[i], name))
			return (int)i;
	return sim_fail(e, EX_USAGE, "--list is one of fdn, sdn, lnd, ici, oci");
}

static int beside(struct cmd *c, struct oncard *o, enum card_list which,
		  const char *words, json_t *rows, struct sim_err *e)
{
	struct list_entry *l = NULL;
	const char *const *odd;
	struct card *card;
	size_t n = 0, k, i;
	json_t *row;
	int r;

	card = oncard_open(c, o, e);
	if (!card)
		return -1;
	slotnote_tell(c, o->s, card);
	r = list_read(card, which, &l, &n, e);
	for (i = 0; i < n; i++) {
		row = entry_row(&l[i]);
		if (row && has_words(row, words))
			json_array_append_new(rows, row);
		else
			json_decref(row);
	}
	odd = card_problems(card, &k);
	for (i = 0; i < k; i++)
		cmd_note("%s", odd[i]);
	free(l);
	if (!r)
		slotnote_keep(c, o->s, card);
	card_close(card);
	return oncard_end(o, r ? NULL : e) || r ? -1 : 0;
}

/* ---- the phonebook ------------------------------------------------------ */

static int book(struct cmd *c, const struct oncard *o, const char *words,
		json_t *rows, struct sim_err *e)
{
	struct cardchange w = { .c = c, .o = *o, .kind = SIM_CONTACT };
	int r = cardchange_open(&w, false, e);

	for (size_t i = 0; !r && i < w.now.n; i++) {
		json_t *row = contact_row(&w.now.rec[i]);

		if (has_words(row, words))
			json_array_append_new(rows, row);
		else
			json_decref(row);
	}
	return cardchange_close(&w, r, e);
}

int cmd_card_contacts_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col entries[] = {
		{ "name", "NAME", 40 },	   { "phone", "PHONE", 24 },
		{ "email", "E-MAIL", 30 }, { "ref", "RECORD", 0 },
		{ "problem", "", 0 },	   { NULL, NULL, 0 },
	};
	static const struct cmd_col calls[] = {
		{ "name", "NAME", 40 },	     { "phone", "PHONE", 24 },
		{ "when", "WHEN", 25 },	     { "seconds", "SECONDS", 0 },
		{ "missed", "MISSED", 0 },   { "record", "RECORD", 0 },
		{ NULL, NULL, 0 },
	};
	const char *name = NULL;
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o),
		{ "list", &name, NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	json_t *rows = json_array();
	int r = cmd_args(c, opt, 0, 1, e), which = 0;

	if (!r && name)
		which = oncard_list(name, e);
	if (r || which < 0 ||
	    (name ? beside(c, &o, (enum card_list)which, c->argv[0], rows, e) :
		    book(c, &o, c->argv[0], rows, e))) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, name ? calls : entries,
			     name ? "Nothing in that list." :
				    "No contacts on the card.", e);
}

static int show(struct cmd *c, const struct sim_record *rec, struct sim_err *e)
{
	json_t *o = json_object(), *props = json_array();

	json_object_set_new(o, "ref", json_string(rec->ref));
	for (size_t i = 0; i < rec->item.n; i++) {
		const struct sim_prop *p = &rec->item.prop[i];
		char *v = sim_text_unescape(p->value);

		json_array_append_new(props,
				      json_pack("{s:s, s:s, s:s}", "name",
						p->name, "params",
						p->params ? p->params : "",
						"value", v ? v : ""));
		if (!c->json) {
			printf("%-20s ", p->name);
			cmd_print(v ? v : "");
			printf("%s%s\n", p->params ? "  " : "",
			       p->params ? p->params : "");
		}
		free(v);
	}
	json_object_set_new(o, "properties", props);
	if (c->json)
		return cmd_json_out(o, e);
	printf("%-20s %s\n", "record", rec->ref);
	json_decref(o);
	return 0;
}

int cmd_card_contacts_show(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&w.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	const struct sim_record *rec;
	int r;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	r = cardchange_open(&w, false, e);
	if (!r) {
		rec = cardchange_find(&w, c->argv[0], e);
		r = rec ? show(c, rec, e) : -1;
	}
	return cardchange_close(&w, r, e);
}
