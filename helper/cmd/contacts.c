// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/edit.h"
#include "cmd/oncard.h"
#include "model/vcard.h"
#include "store/store.h"

static int list_row(const struct store_contact *sc, void *arg)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "name", sc->fn, "phone",
			      sc->tel, "uid", sc->uid);

	/* A name that is no UTF-8 is a name all the same. */
	if (!o)
		o = json_pack("{s:s, s:s, s:s}", "name", "?", "phone", "",
			      "uid", "?");
	return json_array_append_new(arg, o);
}

int cmd_contacts_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "name", "NAME", 40 }, { "phone", "PHONE", 24 },
		{ "uid", "UID", 0 },	{ NULL, NULL, 0 },
	};
	json_t *rows;
	struct store *s;
	long n = -1;

	if (oncard_wanted(c))
		return cmd_card_contacts_list(c, e);
	rows = json_array();
	if (cmd_args(c, NULL, 0, 1, e) < 0)
		goto out;
	s = cmd_store(c, e);
	if (!s)
		goto out;
	n = store_contact_each(s, c->argv[0], list_row, rows, e);
	store_close(s);
out:
	if (n < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "No contacts.", e);
}

static json_t *prop_json(const struct sim_prop *p)
{
	char *plain = sim_text_unescape(p->value);
	json_t *o = json_pack("{s:s, s:s*, s:s}", "property", p->name, "type",
			      p->params, "value", plain ? plain : p->value);

	free(plain);
	return o;
}

int cmd_contacts_show(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "property", "", 0 }, { "value", "", 0 }, { "type", "", 0 },
		{ NULL, NULL, 0 },
	};
	struct store_contact sc = { 0 };
	struct sim_vcard v;
	json_t *rows;
	struct store *s;
	int r = -1;
	size_t i;

	if (oncard_wanted(c))
		return cmd_card_contacts_show(c, e);
	rows = json_array();
	if (cmd_args(c, NULL, 1, 1, e) < 0)
		goto out;
	s = cmd_store(c, e);
	if (!s)
		goto out;
	r = store_contact_one(s, c->argv[0], &sc, e);
	store_close(s);
	if (r < 0 || (r = vcard_parse(sc.vcard, sc.len, &v, e)) < 0)
		goto out;
	for (i = 0; i < v.item.n; i++)
		json_array_append_new(rows, prop_json(&v.item.prop[i]));
	json_array_append_new(rows, json_pack("{s:s, s:s}", "property", "UID",
					      "value", sc.uid));
	vcard_free(&v);
out:
	store_contact_free(&sc);
	if (r < 0) {
		json_decref(rows);
		return -1;
	}
	return cmd_table_out(c, rows, col, "", e);
}

/* ---- add, edit, rm ------------------------------------------------------ */

static int tell(struct cmd *c, const struct store_contact *sc, const char *did,
		struct sim_err *e)
{
	cmd_changed(c);
	if (c->json)
		return cmd_json_out(json_pack("{s:s, s:s}", "uid", sc->uid,
					      "did", did),
				    e);
	cmd_print(sc->fn);
	printf(" %s\n", did);
	return 0;
}

static int edit_args(struct cmd *c, struct edit *ed, struct sim_err *e)
{
	const struct cmd_opt opt[] = {
		EDIT_OPTS(ed), { NULL, NULL, NULL, NULL, NULL, 0 },
	};

	return cmd_args(c, opt, 1, 1, e);
}

int cmd_contacts_add(struct cmd *c, struct sim_err *e)
{
	struct store_contact sc = { 0 };
	struct sim_item it;
	struct store *s = NULL;
	struct edit ed = { 0 };
	int r;

	if (oncard_wanted(c))
		return cmd_card_contacts_add(c, e);
	sim_item_init(&it, SIM_CONTACT);
	r = edit_args(c, &ed, e);
	if (!r && !ed.names) {
		ed.name[0] = c->argv[0];
		ed.names = 1;
	}
	if (r || edit_apply(&it, &ed, e) < 0 || !(s = cmd_store(c, e)) ||
	    store_contact_add(s, &it, NULL, &sc, e) < 0)
		r = -1;
	else
		r = tell(c, &sc, "added", e);
	if (s)
		store_close(s);
	store_contact_free(&sc);
	sim_item_free(&it);
	return r;
}

int cmd_contacts_edit(struct cmd *c, struct sim_err *e)
{
	struct store_contact sc = { 0 }, now = { 0 };
	struct sim_vcard v = { 0 };
	struct store *s = NULL;
	struct edit ed = { 0 };
	int r = -1;

	if (oncard_wanted(c))
		return cmd_card_contacts_edit(c, e);
	if (edit_args(c, &ed, e) < 0 || !(s = cmd_store(c, e)) ||
	    store_contact_one(s, c->argv[0], &sc, e) < 0 ||
	    vcard_parse(sc.vcard, sc.len, &v, e) < 0)
		goto out;
	if (edit_apply(&v.item, &ed, e) < 0)
		goto out;
	r = store_contact_edit(s, sc.uid, sc.version, &v.item, &now, e);
	if (r == 1)
		r = sim_fail(e, EX_TEMPFAIL,
			     "the contact was changed meanwhile; look at it and try again");
	else if (!r)
		r = tell(c, &now, "changed", e);
out:
	if (v.item.prop)
		vcard_free(&v);
	store_contact_free(&sc);
	store_contact_free(&now);
	if (s)
		store_close(s);
	return r;
}

int cmd_contacts_rm(struct cmd *c, struct sim_err *e)
{
	struct store_contact sc = { 0 };
	struct store *s = NULL;
	int r = -1;

	if (oncard_wanted(c))
		return cmd_card_contacts_rm(c, e);
	if (cmd_args(c, NULL, 1, 1, e) < 0 || !(s = cmd_store(c, e)) ||
	    store_contact_one(s, c->argv[0], &sc, e) < 0)
		goto out;
	r = store_contact_rm(s, sc.uid, sc.version, e);
	if (r == 1)
		r = sim_fail(e, EX_TEMPFAIL,
			     "the contact was changed meanwhile; look at it and try again");
	else if (!r)
		r = tell(c, &sc, "removed", e);
out:
	store_contact_free(&sc);
	if (s)
		store_close(s);
	return r;
}

/* ---- import, export ----------------------------------------------------- */

int cmd_contacts_import(struct cmd *c, struct sim_err *e)
{
	size_t len, end, at = 0, n = 0, bad = 0;
	char *all = NULL;
	struct store *s;
	int r = -1;

	if (oncard_wanted(c))
		return cmd_card_contacts_import(c, e);
	if (cmd_args(c, NULL, 0, 1, e) < 0)
		return -1;
	s = cmd_store(c, e);
	if (!s)
		return -1;
	all = cmd_read_all(&len, e);
	if (!all)
		goto out;
	while (at < len && vcard_count(all + at, len - at, &end) > 0) {
		struct sim_err why = { 0 };

		if (store_contact_import(s, all + at, end, NULL, &why) < 0) {
			bad++;
			cmd_note("vCard %zu: %s", n + bad, why.text);
		} else {
			n++;
		}
		at += end;
		cmd_progress(c, "contacts", at, len);
	}
	cmd_progress_end(c);
	if (!n && !bad)
		r = sim_fail(e, EX_DATAERR, "%s: no whole vCard in it (BEGIN:VCARD to END:VCARD)",
			     c->argc ? c->argv[0] : "standard input");
	else if (bad)
		r = sim_fail(e, EX_DATAERR,
			     "%zu of %zu vCards were not taken", bad, n + bad);
	else
		r = 0;
	if (n)
		cmd_changed(c);
	if (c->json && (n || bad)) {
		if (cmd_json_out(json_pack("{s:I, s:I}", "added", (json_int_t)n,
					   "refused", (json_int_t)bad),
				 r ? NULL : e))
			r = -1;
	} else if (!c->json && (n || bad)) {
		printf("%zu contact%s imported\n", n, n == 1 ? "" : "s");
	}
out:
	free(all);
	store_close(s);
	return r;
}

/* Written as it is, or with --json (@arg: the list) as a text of it. */
static int export_row(const struct store_contact *sc, void *arg)
{
	if (arg)
		return json_array_append_new(
			arg, json_pack("{s:s, s:s}", "uid", sc->uid, "vcard",
				       sc->vcard));
	return fwrite(sc->vcard, 1, sc->len, stdout) != sc->len;
}

int cmd_contacts_export(struct cmd *c, struct sim_err *e)
{
	json_t *list = NULL;
	struct store *s;
	long n;

	if (oncard_wanted(c))
		return cmd_card_contacts_export(c, e);
	if (cmd_args(c, NULL, 0, 1, e) < 0)
		return -1;
	s = cmd_store(c, e);
	if (!s)
		return -1;
	if (c->json)
		list = json_array();
	n = store_contact_each(s, c->argv[0], export_row, list, e);
	store_close(s);
	if (n < 0) {
		json_decref(list);
		return -1;
	}
	if (list)
		return cmd_json_out(list, e);
	if (fflush(stdout) || ferror(stdout))
		return sim_fail(e, EX_IOERR, "standard output cannot be written");
	return 0;
}
