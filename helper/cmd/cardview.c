// SPDX-License-Identifier: MIT
/*
 * `contacts list --card`, `contacts show --card`, `sms list --card`: what is on
 * the card itself. Nothing is stored, nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card.h"
#include "card/lists.h"
#include "cmd/oncard.h"

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

static json_t *message_row(const struct sim_record *rec)
{
	static const char *const key[][2] = {
		{ "date", "DATE" },	{ "direction", "DIRECTION" },
		{ "from", "FROM" },	{ "to", "TO" },
		{ "status", "STATUS" },	{ "text", "TEXT" },
		{ "part", "PART" },
	};
	json_t *o = json_pack("{s:s}", "ref", rec->ref);
	const char *who;

	if (rec->problem)
		json_object_set_new(o, "problem", json_string(rec->problem));
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		put(o, key[i][0], &rec->item, key[i][1]);
	who = json_string_value(json_object_get(o, "from"));
	if (!who)
		who = json_string_value(json_object_get(o, "to"));
	json_object_set_new(o, "who", json_string(who ? who : ""));
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

/* All records of @kind, each to @fn; what could not be read is said. */
static int each(struct cmd *c, struct oncard *o, enum sim_kind kind,
		void (*fn)(const struct sim_record *rec, void *arg), void *arg,
		struct sim_err *e)
{
	struct card *card = oncard_open(c, o, e);
	struct sim_changes ch = { 0 };
	struct sim_replica *rep;
	const char *const *odd;
	size_t n;
	int r = -1;

	if (!card)
		return -1;
	rep = card_replica(card, "card", SIM_PHYSICAL, e);
	if (rep && !rep->ops->changes(rep, kind, NULL, &ch, e)) {
		cmd_progress_end(c);
		for (size_t i = 0; i < ch.n; i++)
			fn(&ch.rec[i], arg);
		odd = card_problems(card, &n);
		for (size_t i = 0; i < n; i++)
			cmd_note("%s", odd[i]);
		r = 0;
	}
	sim_changes_free(&ch);
	if (rep)
		rep->ops->free(rep);
	card_close(card);
	if (oncard_end(o, r ? NULL : e))
		r = -1;
	return r;
}

/**
 * struct rows - rows that match
 */
struct rows {
	json_t *list;
	const char *words;
	json_t *(*row)(const struct sim_record *rec);
};

static void add_row(const struct sim_record *rec, void *arg)
{
	struct rows *rows = arg;
	json_t *o = rows->row(rec);

	if (has_words(o, rows->words))
		json_array_append_new(rows->list, o);
	else
		json_decref(o);
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

static int beside(struct cmd *c, struct oncard *o, const char *which,
		  struct rows *rows, struct sim_err *e)
{
	const size_t n_lists = sizeof(list_names) / sizeof(list_names[0]);
	struct list_entry *l = NULL;
	const char *const *odd;
	struct card *card;
	size_t n = 0, k, i = 0;
	json_t *row;
	int r;

	while (i < n_lists && strcmp(list_names[i], which))
		i++;
	if (i == n_lists)
		return sim_fail(e, EX_USAGE, "--list is one of fdn, sdn, lnd, ici, oci");
	card = oncard_open(c, o, e);
	if (!card)
		return -1;
	r = list_read(card, (enum card_list)i, &l, &n, e);
	for (i = 0; i < n; i++) {
		row = entry_row(&l[i]);
		if (row && has_words(row, rows->words))
			json_array_append_new(rows->list, row);
		else
			json_decref(row);
	}
	odd = card_problems(card, &k);
	for (i = 0; i < k; i++)
		cmd_note("%s", odd[i]);
	free(l);
	card_close(card);
	return oncard_end(o, r ? NULL : e) || r ? -1 : 0;
}

static int list(struct cmd *c, enum sim_kind kind,
		json_t *(*row)(const struct sim_record *rec),
		const struct cmd_col *col, const char *none, struct sim_err *e)
{
	static const struct cmd_col calls[] = {
		{ "name", "NAME", 40 },	     { "phone", "PHONE", 24 },
		{ "when", "WHEN", 25 },	     { "seconds", "SECONDS", 0 },
		{ "missed", "MISSED", 0 },   { "record", "RECORD", 0 },
		{ NULL, NULL, 0 },
	};
	const char *which = NULL;
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o),
		{ "list", &which, NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct rows rows = { .list = json_array(), .row = row };

	if (cmd_args(c, opt, 0, 1, e) < 0)
		goto bad;
	rows.words = c->argv[0];
	if (which && kind == SIM_CONTACT) {
		if (beside(c, &o, which, &rows, e))
			goto bad;
		return cmd_table_out(c, rows.list, calls, "Nothing in that list.",
				     e);
	}
	if (each(c, &o, kind, add_row, &rows, e))
		goto bad;
	return cmd_table_out(c, rows.list, col, none, e);
bad:
	json_decref(rows.list);
	return -1;
}

int cmd_card_contacts_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "name", "NAME", 40 },	   { "phone", "PHONE", 24 },
		{ "email", "E-MAIL", 30 }, { "ref", "RECORD", 0 },
		{ "problem", "", 0 },	   { NULL, NULL, 0 },
	};

	return list(c, SIM_CONTACT, contact_row, col,
		    "No contacts on the card.", e);
}

int cmd_card_sms_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "date", "DATE", 25 },	   { "direction", "", 6 },
		{ "who", "WHO", 20 },	   { "status", "STATUS", 7 },
		{ "text", "TEXT", 50 },	   { "ref", "RECORD", 0 },
		{ "problem", "", 0 },	   { NULL, NULL, 0 },
	};

	return list(c, SIM_MESSAGE, message_row, col, "No messages on the card.",
		    e);
}

/* ---- one contact -------------------------------------------------------- */

/**
 * struct found - the contacts that were meant
 * @who: name, number or record
 * @it: the last one; @n of them
 */
struct found {
	const char *who;
	struct sim_item it;
	char ref[48];
	size_t n;
};

static void match(const struct sim_record *rec, void *arg)
{
	struct found *f = arg;
	bool hit = !strcmp(rec->ref, f->who);

	for (size_t i = 0; !hit && i < rec->item.n; i++) {
		const struct sim_prop *p = &rec->item.prop[i];
		char *v = sim_text_unescape(p->value);

		hit = v && (!strcmp(p->name, "FN") || !strcmp(p->name, "TEL")) &&
		      !strcasecmp(v, f->who);
		free(v);
	}
	if (!hit)
		return;
	if (f->n++)
		sim_item_free(&f->it);
	if (sim_item_copy(&f->it, &rec->item))
		sim_item_init(&f->it, SIM_CONTACT);
	snprintf(f->ref, sizeof(f->ref), "%s", rec->ref);
}

static int show(struct cmd *c, const struct found *f, struct sim_err *e)
{
	json_t *o = json_object(), *props = json_array();

	json_object_set_new(o, "ref", json_string(f->ref));
	for (size_t i = 0; i < f->it.n; i++) {
		const struct sim_prop *p = &f->it.prop[i];
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
	printf("%-20s %s\n", "record", f->ref);
	json_decref(o);
	return 0;
}

int cmd_card_contacts_show(struct cmd *c, struct sim_err *e)
{
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct found f = { 0 };
	int r;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	f.who = c->argv[0];
	r = each(c, &o, SIM_CONTACT, match, &f, e);
	if (!r && !f.n)
		r = sim_fail(e, EX_NOINPUT,
			     "no such contact on the card; see simsync contacts list --card");
	else if (!r && f.n > 1)
		r = sim_fail(e, EX_USAGE,
			     "%zu contacts on the card are meant; name the RECORD (simsync contacts list --card)",
			     f.n);
	else if (!r)
		r = show(c, &f, e);
	if (f.n)
		sim_item_free(&f.it);
	return r;
}
