// SPDX-License-Identifier: MIT
/*
 * `contacts add|edit|rm|import|export --card`: the phonebook of a card by hand;
 * with --list fdn the fixed dialling numbers, which nothing else here writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "card/card.h"
#include "card/lists.h"
#include "cmd/cardchange.h"
#include "cmd/edit.h"
#include "cmd/pin.h"
#include "cmd/slotnote.h"
#include "model/vcard.h"

/* ---- what was done ------------------------------------------------------ */

static void tell_lost(const json_t *lost)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)lost, i, v)
		cmd_note("%s is not on the card as it was given: the card has less room for it, or none",
			 json_string_value(v));
}

/* @lost is taken over; a run is due behind: the change is a card's edit (T7). */
static int tell(struct cmd *c, const char *did, const char *ref, json_t *lost,
		struct sim_err *e)
{
	cmd_changed(c);
	if (!lost)
		lost = json_array();
	if (c->json)
		return cmd_json_out(json_pack("{s:s, s:s, s:o}", "ref", ref,
					      "did", did, "lost", lost), e);
	tell_lost(lost);
	json_decref(lost);
	printf("%s %s\n", ref, did);
	return 0;
}

/* ---- fixed dialling numbers --------------------------------------------- */

/**
 * struct fdn - EF_FDN under a command
 */
struct fdn {
	struct oncard o;
	struct card *card;
	struct list_entry *l;
	size_t n;
};

/* PIN2 is asked for only once it is known that there is something to write. */
static int fdn_open(struct cmd *c, struct fdn *f, struct sim_err *e)
{
	f->card = oncard_open(c, &f->o, e);
	return f->card && !list_read(f->card, LIST_FDN, &f->l, &f->n, e) ? 0 : -1;
}

static int fdn_close(struct fdn *f, int r, struct sim_err *e)
{
	free(f->l);
	if (f->card)
		card_close(f->card);
	return oncard_end(&f->o, r ? NULL : e) ? -1 : r;
}

static const struct list_entry *fdn_find(const struct fdn *f, const char *who,
					 struct sim_err *e)
{
	const struct list_entry *hit = NULL;
	unsigned long rec = strtoul(who, NULL, 10);
	char digits[16];
	size_t hits = 0;

	snprintf(digits, sizeof(digits), "%lu", rec);
	for (size_t i = 0; i < f->n; i++) {
		if (rec == f->l[i].rec && !strcmp(digits, who))
			return &f->l[i];
		if (strcmp(f->l[i].name, who) && strcmp(f->l[i].number, who))
			continue;
		hit = &f->l[i];
		hits++;
	}
	if (hits == 1)
		return hit;
	sim_fail(e, hits ? EX_USAGE : EX_NOINPUT,
		 hits ? "%zu entries are meant; name the RECORD (simsync contacts list --card --list fdn)" :
			"no such entry; see simsync contacts list --card --list fdn",
		 hits);
	return NULL;
}

static int fdn_tell(struct cmd *c, const char *did, struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(json_pack("{s:s, s:s}", "list", "fdn", "did",
					      did), e);
	printf("fixed dialling number %s\n", did);
	return 0;
}

/* Add (@who NULL), change, or remove (@ed NULL) one entry. */
static int fdn_write(struct cmd *c, const struct oncard *o, const char *who,
		     const struct edit *ed, const char *did, struct sim_err *e)
{
	const struct list_entry *was = NULL;
	const char *name, *number;
	struct fdn f = { .o = *o };
	int r = fdn_open(c, &f, e);

	if (!r && who) {
		was = fdn_find(&f, who, e);
		r = was ? 0 : -1;
	}
	name = ed && ed->names ? ed->name[0] : was ? was->name : "";
	number = ed && ed->phones ? ed->phone[0] : was ? was->number : "";
	if (!r && ed && !number[0])
		r = sim_fail(e, EX_USAGE, "a fixed dialling number has a --phone");
	if (!r)
		r = pin_pass(c, f.card, CARD_PIN2, e);
	if (!r)
		r = list_write_fdn(f.card, was ? was->rec : 0, ed ? name : NULL,
				   number, e) ? -1 : 0;
	r = fdn_close(&f, r, e);
	return r ? r : fdn_tell(c, did, e);
}

/* ---- add, edit, rm ------------------------------------------------------ */

/**
 * struct args - what such a command is told
 * @list: --list, NULL: the phonebook
 */
struct args {
	struct oncard o;
	struct edit ed;
	const char *list;
};

static int args(struct cmd *c, struct args *a, bool write, int min,
		struct sim_err *e)
{
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&a->o),
		EDIT_OPTS(&a->ed),
		{ "list", &a->list, NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	int which;

	*a = (struct args){ 0 };
	if (cmd_args(c, opt, min, 1, e) < 0)
		return -1;
	which = a->list ? oncard_list(a->list, e) : 0;
	if (which < 0)
		return -1;
	if (a->list && write && which != LIST_FDN)
		return sim_fail(e, EX_USAGE,
				"the list %s is the card's and the network's: it is only read",
				a->list);
	return 0;
}

int cmd_card_contacts_add(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	struct sim_record got = { 0 };
	struct sim_item full;
	json_t *lost = NULL;
	struct args a;
	int r;

	if (args(c, &a, true, 1, e))
		return -1;
	if (!a.ed.names) {
		a.ed.name[0] = c->argv[0];
		a.ed.names = 1;
	}
	if (a.list)
		return fdn_write(c, &a.o, NULL, &a.ed, "added", e);
	sim_item_init(&full, SIM_CONTACT);
	w.o = a.o;
	r = edit_apply(&full, &a.ed, e) || cardchange_open(&w, true, e) ? -1 : 0;
	if (!r)
		r = cardchange_add(&w, &full, &got, e);
	if (!r)
		lost = cardchange_lost(&full, &got.item);
	else if (r > 0)
		r = sim_fail(e, EX_CANTCREAT, "the card has just that contact already");
	r = cardchange_close(&w, r, e);
	if (!r)
		r = tell(c, "added", got.ref, lost, e);
	sim_record_free(&got);
	sim_item_free(&full);
	return r;
}

int cmd_card_contacts_edit(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	const struct sim_record *was;
	struct sim_record got = { 0 };
	struct sim_item full;
	json_t *lost = NULL;
	struct args a;
	int r;

	if (args(c, &a, true, 1, e))
		return -1;
	if (a.list)
		return fdn_write(c, &a.o, c->argv[0], &a.ed, "changed", e);
	sim_item_init(&full, SIM_CONTACT);
	w.o = a.o;
	r = cardchange_open(&w, true, e);
	was = r ? NULL : cardchange_find(&w, c->argv[0], e);
	if (!was || sim_item_copy(&full, &was->item) ||
	    edit_apply(&full, &a.ed, e))
		r = -1;
	else
		r = cardchange_edit(&w, was, &full, &got, e);
	if (r >= 0)
		lost = cardchange_lost(&full, r ? &was->item : &got.item);
	if (r > 0) {
		/* What was asked for is there, or the card can hold no more. */
		got.ref = strdup(was->ref);
		r = got.ref ? 0 : sim_fail(e, EX_OSERR, "out of memory");
	}
	r = cardchange_close(&w, r, e);
	if (!r)
		r = tell(c, "changed", got.ref, lost, e);
	sim_record_free(&got);
	sim_item_free(&full);
	return r;
}

int cmd_card_contacts_rm(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	const struct sim_record *was;
	char ref[48] = "";
	struct args a;
	int r;

	if (args(c, &a, true, 1, e))
		return -1;
	if (a.list)
		return fdn_write(c, &a.o, c->argv[0], NULL, "removed", e);
	w.o = a.o;
	r = cardchange_open(&w, true, e);
	if (!r) {
		was = cardchange_find(&w, c->argv[0], e);
		r = was ? cardchange_rm(&w, was, e) : -1;
		if (!r)
			snprintf(ref, sizeof(ref), "%s", was->ref);
	}
	r = cardchange_close(&w, r, e);
	return r ? r : tell(c, "removed", ref, NULL, e);
}

/* ---- import ------------------------------------------------------------- */

/**
 * struct sum - what became of a file
 */
struct sum {
	size_t added;
	size_t cut;
	size_t there;
	size_t bad;
};

static int import_one(struct cardchange *w, const char *text, size_t len,
		      struct sum *s, struct sim_err *e)
{
	struct sim_record got = { 0 };
	struct sim_vcard v;
	struct sim_err why = { 0 };
	json_t *lost;
	int r;

	if (vcard_parse(text, len, &v, &why)) {
		cmd_note("vCard %zu: %s", s->added + s->there + ++s->bad,
			 why.text);
		return 0;
	}
	r = cardchange_add(w, &v.item, &got, &why);
	if (!r) {
		lost = cardchange_lost(&v.item, &got.item);
		s->added++;
		s->cut += json_array_size(lost) > 0;
		json_decref(lost);
	} else if (r > 0) {
		s->there++;
	} else if (why.code == EX_DATAERR && !w->half) {
		cmd_note("vCard %zu: %s", s->added + s->there + ++s->bad,
			 why.text);
		r = 0;
	} else if (e) {
		*e = why;
	}
	sim_record_free(&got);
	vcard_free(&v);
	return r < 0 ? -1 : 0;
}

static int sum_out(struct cmd *c, const struct sum *s, struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(json_pack("{s:I, s:I, s:I, s:I}", "added",
					      (json_int_t)s->added, "cut",
					      (json_int_t)s->cut, "there",
					      (json_int_t)s->there, "refused",
					      (json_int_t)s->bad), e);
	printf("%zu contacts added to the card", s->added);
	if (s->cut)
		printf(", %zu of them not with everything", s->cut);
	if (s->there)
		printf("; %zu were there already", s->there);
	putchar('\n');
	return 0;
}

int cmd_card_contacts_import(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_CONTACT };
	size_t len = 0, end, at = 0;
	struct sum s = { 0 };
	struct args a;
	char *all;
	int r;

	if (args(c, &a, true, 0, e))
		return -1;
	if (a.list)
		return sim_fail(e, EX_USAGE, "fixed dialling numbers are added one by one: contacts add --card --list fdn");
	all = cmd_read_all(&len, e);
	if (!all)
		return -1;
	w.o = a.o;
	r = !vcard_count(all, len, &end) ?
		    sim_fail(e, EX_DATAERR, "no whole vCard in the file (BEGIN:VCARD to END:VCARD)") :
		    cardchange_open(&w, true, e);
	while (!r && at < len && vcard_count(all + at, len - at, &end) > 0) {
		r = import_one(&w, all + at, end, &s, e);
		at += end;
		cmd_progress(c, "contacts", at, len);
	}
	free(all);
	r = cardchange_close(&w, r, e);
	if (s.added)
		cmd_changed(c);
	/* What was written before it ended stays: it is said in any case. */
	if ((!r || s.added) && sum_out(c, &s, e))
		return -1;
	if (!r && s.bad)
		r = sim_fail(e, EX_DATAERR, "%zu of %zu vCards were not taken",
			     s.bad, s.bad + s.added + s.there);
	return r;
}

/* ---- export ------------------------------------------------------------- */

/* The same entry has the same UID each time: taken in twice it is there once. */
static int put_card(const char *iccid, const char *ref,
		    const struct sim_item *it, json_t *list, struct sim_err *e)
{
	char name[80], uid[37], *text;
	uuid_t u;

	snprintf(name, sizeof(name), "simsync:%s/%s", iccid, ref);
	uuid_generate_sha1(u, *uuid_get_template("url"), name, strlen(name));
	uuid_unparse_lower(u, uid);
	text = vcard_new(it, uid, e);
	if (!text)
		return -1;
	if (list)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "ref",
						      ref, "uid", uid, "vcard",
						      text));
	else
		fputs(text, stdout);
	free(text);
	return 0;
}

static bool has_words(const struct sim_item *it, const char *words)
{
	bool hit = !words;

	for (size_t i = 0; !hit && i < it->n; i++) {
		char *v = sim_text_unescape(it->prop[i].value);

		hit = v && strcasestr(v, words);
		free(v);
	}
	return hit;
}

static int export_book(struct cmd *c, const struct args *a, json_t *list,
		       struct sim_err *e)
{
	struct cardchange w = { .c = c, .o = a->o, .kind = SIM_CONTACT };
	int r = cardchange_open(&w, false, e);

	for (size_t i = 0; !r && i < w.now.n; i++)
		if (!w.now.rec[i].problem &&
		    has_words(&w.now.rec[i].item, c->argv[0]))
			r = put_card(card_iccid(w.card), w.now.rec[i].ref,
				     &w.now.rec[i].item, list, e);
	return cardchange_close(&w, r, e);
}

static int entry_item(const struct list_entry *l, struct sim_item *it)
{
	const char *const value[][2] = {
		{ "FN", l->name[0] ? l->name : l->number },
		{ "TEL", l->number },
	};
	int r = 0;

	sim_item_init(it, SIM_CONTACT);
	for (size_t i = 0; !r && i < 2; i++) {
		char *v = sim_text_escape(value[i][1]);

		r = !v || (v[0] && sim_item_add(it, value[i][0], NULL, v)) ? -1 : 0;
		free(v);
	}
	return r;
}

static int export_list(struct cmd *c, const struct args *a, json_t *list,
		       struct sim_err *e)
{
	int which = oncard_list(a->list, e), r;
	struct oncard o = a->o;
	struct card *card = oncard_open(c, &o, e);
	struct list_entry *l = NULL;
	struct sim_item it;
	char ref[24];
	size_t n = 0;

	if (!card)
		return -1;
	slotnote_tell(c, o.s, card);
	r = list_read(card, (enum card_list)which, &l, &n, e) ? -1 : 0;
	for (size_t i = 0; !r && i < n; i++) {
		snprintf(ref, sizeof(ref), "%s/%u", a->list, l[i].rec);
		if (entry_item(&l[i], &it))
			r = sim_fail(e, EX_OSERR, "out of memory");
		else if (has_words(&it, c->argv[0]))
			r = put_card(card_iccid(card), ref, &it, list, e);
		sim_item_free(&it);
	}
	free(l);
	if (!r)
		slotnote_keep(c, o.s, card);
	card_close(card);
	return oncard_end(&o, r ? NULL : e) ? -1 : r;
}

int cmd_card_contacts_export(struct cmd *c, struct sim_err *e)
{
	json_t *list = NULL;
	struct args a;
	int r = args(c, &a, false, 0, e);

	if (!r && c->json)
		list = json_array();
	if (!r)
		r = a.list ? export_list(c, &a, list, e) :
			     export_book(c, &a, list, e);
	if (!r && list)
		return cmd_json_out(list, e);
	json_decref(list);
	if (r)
		return -1;
	if (fflush(stdout) || ferror(stdout))
		return sim_fail(e, EX_IOERR, "standard output cannot be written");
	return 0;
}
