// SPDX-License-Identifier: MIT
/*
 * `simsync sms`: messages of the phone, with --card those on a card. A long
 * message is shown as one, and removed with all its parts; files hold it part by
 * part, as it came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/sms.h"
#include "cmd/cardchange.h"
#include "cmd/cmd.h"
#include "cmd/msgs.h"
#include "model/parts.h"
#include "store/store.h"

/* ---- the messages ------------------------------------------------------- */

static int take(struct messages *all, const char *ref, int64_t version,
		const char *problem, const struct sim_item *it)
{
	struct message *m;

	if (all->n == all->cap) {
		size_t cap = all->cap ? 2 * all->cap : 64;

		m = realloc(all->m, cap * sizeof(*m));
		if (!m)
			return -1;
		all->m = m;
		all->cap = cap;
	}
	m = &all->m[all->n++];
	*m = (struct message){ .ref = strdup(ref), .version = version,
			       .problem = problem ? strdup(problem) : NULL };
	sim_item_init(&m->it, SIM_MESSAGE);
	return !m->ref || (problem && !m->problem) || sim_item_copy(&m->it, it);
}

static int take_stored(const struct store_record *rec, void *arg)
{
	return take(arg, rec->ref, rec->version, NULL, &rec->item);
}

void msgs_free(struct messages *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->m[i].ref);
		free(all->m[i].problem);
		sim_item_free(&all->m[i].it);
	}
	free(all->m);
	free(all->it);
	free(all->head);
	*all = (struct messages){ 0 };
}

static int gather(struct messages *all, struct sim_err *e)
{
	all->it = calloc(all->n + 1, sizeof(*all->it));
	all->head = calloc(all->n + 1, sizeof(*all->head));
	if (!all->it || !all->head)
		return sim_fail(e, EX_OSERR, "out of memory");
	for (size_t i = 0; i < all->n; i++)
		all->it[i] = &all->m[i].it;
	parts_gather(all->it, all->n, all->head);
	return 0;
}

int msgs_stored(struct store *s, struct messages *all, struct sim_err *e)
{
	return store_record_each(s, SIM_MESSAGE, NULL, take_stored, all, e) < 0 ?
		       -1 : gather(all, e);
}

int msgs_on_card(const struct cardchange *w, struct messages *all,
		     struct sim_err *e)
{
	for (size_t i = 0; i < w->now.n; i++)
		if (take(all, w->now.rec[i].ref, 0, w->now.rec[i].problem,
			 &w->now.rec[i].item))
			return sim_fail(e, EX_OSERR, "out of memory");
	return gather(all, e);
}

/* Of the card or of the phone, as the arguments say; only read. */
static int read_all(struct cmd *c, bool card, const struct oncard *o,
		    struct messages *all, struct sim_err *e)
{
	struct cardchange w = { .c = c, .o = *o, .kind = SIM_MESSAGE };
	struct store *s;
	int r;

	if (card) {
		r = cardchange_open(&w, false, e);
		if (!r)
			r = msgs_on_card(&w, all, e);
		return cardchange_close(&w, r, e);
	}
	s = cmd_store(c, e);
	if (!s)
		return -1;
	r = msgs_stored(s, all, e);
	store_close(s);
	return r;
}

size_t msgs_find(const struct messages *all, const char *ref, bool card,
		     struct sim_err *e)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->m[i].ref, ref))
			return all->head[i];
	sim_fail(e, EX_NOINPUT, card ?
		 "no message with that record; see simsync sms list --card" :
		 "no message with that REF; see simsync sms list");
	return all->n;
}

/* ---- for people and programs -------------------------------------------- */

static const char *const shown[] = { "DATE", "DIRECTION", "FROM", "TO",
				     "STATUS", "TEXT", "ICCID", NULL };

static void key_of(const char *name, char key[16])
{
	size_t k;

	for (k = 0; k < 15 && name[k]; k++)
		key[k] = (char)(name[k] | 0x20);
	key[k] = '\0';
}

static void put(json_t *o, const struct sim_item *it, const char *name)
{
	const char *v = sim_item_get(it, name);
	char *plain = v ? sim_text_unescape(v) : NULL, key[16];

	key_of(name, key);
	if (plain)
		json_object_set_new(o, key, json_string(plain));
	free(plain);
}

static json_t *row_of(const struct messages *all, size_t i)
{
	const struct message *m = &all->m[i];
	json_t *o = json_pack("{s:s}", "ref", m->ref);
	struct parts p;
	char of[32];

	for (size_t k = 0; shown[k]; k++)
		put(o, &m->it, shown[k]);
	if (m->problem)
		json_object_set_new(o, "problem", json_string(m->problem));
	if (parts_whole(all->it, all->n, all->head, i, &p))
		return o;
	if (p.of > 1) {
		json_object_set_new(o, "text", json_string(p.text));
		json_object_set_new(o, "have", json_integer(p.have));
		json_object_set_new(o, "parts", json_integer(p.of));
	}
	snprintf(of, sizeof(of), "%u of %u parts", p.have, p.of);
	if (p.have < p.of)
		json_object_set_new(o, "missing", json_string(of));
	free(p.text);
	return o;
}

/* Where the words are in what is shown of it. */
static bool has_words(json_t *o, const char *words)
{
	const char *k;
	json_t *v;

	if (!words)
		return true;
	json_object_foreach(o, k, v)
		if (json_is_string(v) && strcasestr(json_string_value(v), words))
			return true;
	return false;
}

int cmd_sms_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "date", "DATE", 25 },	   { "direction", "", 6 },
		{ "who", "WHO", 20 },	   { "status", "STATUS", 7 },
		{ "text", "TEXT", 50 },	   { "ref", "REF", 0 },
		{ "missing", "", 0 },	   { "problem", "", 0 },
		{ NULL, NULL, 0 },
	};
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct messages all = { 0 };
	json_t *rows = json_array();
	const char *from, *to;
	int r;

	r = cmd_args(c, opt, 0, 1, e) < 0 ||
	    read_all(c, o.card, &o, &all, e) ? -1 : 0;
	for (size_t i = 0; !r && i < all.n; i++) {
		json_t *row = all.head[i] == i ? row_of(&all, i) : NULL;

		if (!row || !has_words(row, c->argv[0])) {
			json_decref(row);
			continue;
		}
		from = json_string_value(json_object_get(row, "from"));
		to = json_string_value(json_object_get(row, "to"));
		json_object_set_new(row, "who",
				    json_string(from ? from : to ? to : ""));
		json_array_append_new(rows, row);
	}
	msgs_free(&all);
	if (!r)
		return cmd_table_out(c, rows, col, o.card ?
				     "No messages on the card." : "No messages.",
				     e);
	json_decref(rows);
	return -1;
}

static int show(struct cmd *c, json_t *o, struct sim_err *e)
{
	static const char *const more[] = { "missing", "problem", "ref" };
	const char *v;
	char key[16];

	if (c->json)
		return cmd_json_out(o, e);
	for (size_t i = 0; shown[i]; i++) {
		key_of(shown[i], key);
		v = json_string_value(json_object_get(o, key));
		if (!v)
			continue;
		printf("%-10s ", shown[i]);
		cmd_print(v);
		putchar('\n');
	}
	for (size_t i = 0; i < 3; i++) {
		v = json_string_value(json_object_get(o, more[i]));
		if (!v)
			continue;
		printf("%-10s ", more[i]);
		cmd_print(v);
		putchar('\n');
	}
	json_decref(o);
	return 0;
}

int cmd_sms_show(struct cmd *c, struct sim_err *e)
{
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct messages all = { 0 };
	size_t i;
	int r = -1;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	if (!read_all(c, o.card, &o, &all, e)) {
		i = msgs_find(&all, c->argv[0], o.card, e);
		r = i < all.n ? show(c, row_of(&all, i), e) : -1;
	}
	msgs_free(&all);
	return r;
}

/* ---- export, import ----------------------------------------------------- */

int cmd_sms_export(struct cmd *c, struct sim_err *e)
{
	static const char *const names[] = { "TPDU", "SMSC" };
	struct oncard o = { 0 };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct messages all = { 0 };
	int r;

	r = cmd_args(c, opt, 0, 1, e) < 0 ||
	    read_all(c, o.card, &o, &all, e) ? -1 : 0;
	for (size_t i = 0; !r && i < all.n; i++) {
		json_t *line = json_object();

		for (size_t k = 0; shown[k]; k++)
			put(line, &all.m[i].it, shown[k]);
		for (size_t k = 0; k < 2; k++)
			put(line, &all.m[i].it, names[k]);
		if (!all.m[i].problem && has_words(line, c->argv[0]) &&
		    (json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER) ||
		     putchar('\n') == EOF))
			r = sim_fail(e, EX_IOERR, "standard output cannot be written");
		json_decref(line);
	}
	msgs_free(&all);
	if (!r && (fflush(stdout) || ferror(stdout)))
		r = sim_fail(e, EX_IOERR, "standard output cannot be written");
	return r;
}

static const char *word(json_t *o, const char *key, const char *none)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : none;
}

/* What a line says of the text is not believed: the TPDU says it. */
static int line_item(const char *line, size_t len, struct sim_item *out,
		     struct sim_err *why)
{
	json_error_t at;
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &at);
	const char *direction, *tpdu;
	int r;

	sim_item_init(out, SIM_MESSAGE);
	direction = word(o, "direction", "in");
	tpdu = word(o, "tpdu", NULL);
	if (!json_is_object(o))
		r = sim_fail(why, EX_DATAERR, "that is no JSON object");
	else if (!tpdu)
		r = sim_fail(why, EX_DATAERR, "it has no \"tpdu\"");
	else
		r = sms_of_tpdu(out, tpdu, direction, word(o, "smsc", ""),
				word(o, "status", strcmp(direction, "out") ?
				     "read" : "sent"), why);
	json_decref(o);
	return r;
}

/**
 * struct sum - what became of a file
 */
struct sum {
	size_t added;
	size_t there;
	size_t bad;
};

/* 0, 1 it was there, -1. */
static int add_one(struct store *s, struct cardchange *w,
		   const struct sim_item *it, struct sim_err *e)
{
	struct sim_record got;
	char *key;
	int r;

	if (w) {
		r = cardchange_add(w, it, &got, e);
		if (r >= 0)
			sim_record_free(&got);
		return r;
	}
	key = sim_item_key(it);
	r = key ? store_record_put(s, key, -1, it, e) :
		  sim_fail(e, EX_OSERR, "out of memory");
	free(key);
	return r;
}

static int import_lines(struct store *s, struct cardchange *w, char *all,
			struct sum *sum, struct sim_err *e)
{
	struct sim_err why = { 0 };
	size_t n = 0, len;
	struct sim_item it;
	int r = 0, bad;

	for (char *line = all; !r && *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		n++;
		if (strspn(line, " \t\r") >= len)
			continue;
		bad = line_item(line, len, &it, &why);
		if (bad) {
			sum->bad++;
			cmd_note("line %zu: %s", n, why.text);
			continue;
		}
		r = add_one(s, w, &it, e);
		sum->added += !r;
		sum->there += r == 1;
		if (r > 0)
			r = 0;
		sim_item_free(&it);
	}
	if (!r && !sum->added && !sum->there && !sum->bad)
		r = sim_fail(e, EX_DATAERR, "that is no file of messages (simsync sms export makes one)");
	return r;
}

static int sum_out(struct cmd *c, const struct sum *s, struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(json_pack("{s:I, s:I, s:I}", "added",
					      (json_int_t)s->added, "there",
					      (json_int_t)s->there, "refused",
					      (json_int_t)s->bad), e);
	printf("%zu messages added", s->added);
	if (s->there)
		printf("; %zu were there already", s->there);
	putchar('\n');
	return 0;
}

int cmd_sms_import(struct cmd *c, struct sim_err *e)
{
	struct cardchange w = { .c = c, .kind = SIM_MESSAGE };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&w.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct store *s = NULL;
	struct sum sum = { 0 };
	size_t len;
	char *all;
	int r;

	if (cmd_args(c, opt, 0, 1, e) < 0)
		return -1;
	all = cmd_read_all(&len, e);
	if (!all)
		return -1;
	if (w.o.card) {
		r = cardchange_open(&w, true, e);
		if (!r)
			r = import_lines(NULL, &w, all, &sum, e);
		r = cardchange_close(&w, r, e);
	} else {
		s = cmd_store(c, e);
		r = s ? import_lines(s, NULL, all, &sum, e) : -1;
	}
	if (s)
		store_close(s);
	free(all);
	if (sum.added)
		cmd_changed(c);
	/* What was written before it ended stays: it is said in any case. */
	if ((!r || sum.added) && sum_out(c, &sum, e))
		return -1;
	if (!r && sum.bad)
		r = sim_fail(e, EX_DATAERR, "%zu of %zu messages were not taken",
			     sum.bad, sum.bad + sum.added + sum.there);
	return r;
}
