// SPDX-License-Identifier: MIT
/*
 * test_sync_real.c - the engine over the real replicas: the software UICC, the
 * phone's store in SQLite, a real Radicale and a real Apache mod_dav
 *
 * Everything is opened anew for each run, as the helper does it. Run from the
 * top of the tree: the card images are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "card_link.h"
#include "model/vcard.h"
#include "remote/remote.h"
#include "servers.h"
#include "store/ledger.h"
#include "store/store.h"
#include "sync/engine.h"

#define IMAGES "tests/card/images/"

static struct servers srv;
static char key[] =
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/**
 * struct world - a phone with a SIM and an account
 * @card: what is in the slot; NULL: nothing
 * @mask: what the card takes part in
 * @cut: the card is pulled after so many APDUs; 0: it stays
 * @stop: end the run at that point as if killed; 0: never
 * @points: points of the last run
 * @writes: writes the replicas were asked for in the last run
 */
struct world {
	char dir[64], contacts[96], files[96], store[96], ledger[96];
	struct rules rules;
	struct uicc *card;
	enum sync_mask mask;
	struct sync_report rep;
	struct sim_err e;
	int64_t now;
	long cut;
	int stop, points;
	unsigned int writes;
};

/* ---- a world ------------------------------------------------------------ */

static int up(void **state)
{
	(void)state;
	if (!servers_start(&srv)) {
		fprintf(stderr, "no servers: radicale, apache2, openssl needed; see %s\n",
			srv.dir);
		return -1;
	}
	return 0;
}

static int down(void **state)
{
	(void)state;
	servers_stop(&srv);
	return 0;
}

static struct remote_config account(struct world *w)
{
	return (struct remote_config){
		.contacts = w->contacts, .files = w->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = key, .timeout_s = 30,
		.device = strstr(w->store, "second") ? (char *)"phone-2" :
						       (char *)"phone-1",
	};
}

static struct uicc *image(const char *path)
{
	char why[UICC_WHY];
	struct uicc *u = uicc_load(path, why);

	if (!u)
		fail_msg("%s", why);
	return u;
}

static void phone_paths(struct world *w, const char *phone)
{
	snprintf(w->store, sizeof(w->store), "%s/%s.db", w->dir, phone);
	snprintf(w->ledger, sizeof(w->ledger), "%s/%s-ledger.db", w->dir, phone);
}

static struct world *world_new(void)
{
	static int book;
	struct world *w = calloc(1, sizeof(*w));
	struct remote_report rep;
	struct remote_config c;

	assert_non_null(w);
	book++;
	snprintf(w->dir, sizeof(w->dir), "/tmp/simsync-real.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->contacts, sizeof(w->contacts),
		 "http://127.0.0.1:%d/anna/book%d/", srv.radicale_port, book);
	snprintf(w->files, sizeof(w->files), "http://127.0.0.1:%d/simsync%d/",
		 srv.apache_port, book);
	phone_paths(w, "phone");
	rules_init(&w->rules);
	w->card = image(IMAGES "card-a.card");
	w->now = 1800000000;
	c = account(w);
	if (remote_test(&c, true, &rep, &w->e))
		fail_msg("%s", w->e.text);
	return w;
}

static int setup(void **state)
{
	*state = world_new();
	return 0;
}

static void world_free(struct world *w)
{
	char cmd[96];

	sync_report_free(&w->rep);
	rules_free(&w->rules);
	if (w->card)
		uicc_free(w->card);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (system(cmd))
		fprintf(stderr, "%s stays\n", w->dir);
	free(w);
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* ---- a run -------------------------------------------------------------- */

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static int fault(const char *point, void *arg)
{
	struct world *w = arg;

	w->points++;
	w->writes += !strcmp(point, "write-before");
	return w->points == w->stop;
}

/** struct parts - replicas, and what they stand on */
struct parts {
	struct store *s;
	struct card *c;
	struct sim_replica *r[3];
	size_t n;
};

static void parts_open(struct world *w, struct parts *p)
{
	struct remote_config rc = account(w);
	char name[64], iccid[21];
	struct link *l;

	memset(p, 0, sizeof(*p));
	p->s = store_open(w->store, &w->e);
	if (!p->s)
		fail_msg("%s", w->e.text);
	p->r[p->n++] = store_replica(p->s, &w->e);
	p->r[p->n] = remote_replica(&rc, &w->e);
	if (!p->r[p->n++])
		fail_msg("%s", w->e.text);
	if (!w->card)
		return;
	uicc_reset(w->card);
	l = link_to(w->card);
	p->c = card_open(&l->base, &w->e);
	if (!p->c)
		fail_msg("%s", w->e.text);
	if (w->cut)
		l->cut = w->cut;
	uicc_iccid(w->card, iccid);
	snprintf(name, sizeof(name), "card:%s/1", iccid);
	p->r[p->n] = card_replica(p->c, name, SIM_PHYSICAL, &w->e);
	if (!p->r[p->n++])
		fail_msg("%s", w->e.text);
}

static void parts_close(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->r[i]->ops->free(p->r[i]);
	if (p->c)
		card_close(p->c);
	store_close(p->s);
}

static void say(const struct world *w)
{
	for (size_t i = 0; getenv("SHOW") && i < w->rep.n; i++) {
		const struct sync_line *l = &w->rep.line[i];

		fprintf(stderr, "# type %d %s kind %d verb %d [%s] %s: %s\n",
			l->type, l->replica, l->kind, l->verb, l->title,
			sync_outcome_name(l->outcome), l->reason);
	}
	if (getenv("SHOW"))
		fprintf(stderr, "# %s\n", w->rep.detail);
}

static int run(struct world *w)
{
	struct sync_options opt = {.now = clock_now, .fault = fault, .arg = w,
				   .country = "49"};
	enum sync_mask mask[3] = {SYNC_BOTH, SYNC_BOTH, w->mask};
	struct parts p;
	struct ledger *l;
	int rc;

	sync_report_free(&w->rep);
	w->points = 0;
	w->writes = 0;
	w->now += 60;
	opt.mask = mask;
	parts_open(w, &p);
	if (ledger_open(&l, w->ledger, &w->e))
		fail_msg("%s", w->e.text);
	rc = sync_run(l, &w->rules, p.r, p.n, &opt, &w->rep, &w->e);
	if (rc && !w->stop)
		fail_msg("run: %s", w->e.text);
	say(w);
	ledger_close(l);
	parts_close(&p);
	return rc;
}

/* Nothing seen, nothing written, nobody asked to write. */
static void assert_quiet(struct world *w)
{
	run(w);
	for (size_t i = 0; i < w->rep.n; i++)
		if (w->rep.line[i].type == SYNC_WROTE ||
		    w->rep.line[i].type == SYNC_SEEN ||
		    w->rep.line[i].type == SYNC_PROBLEM)
			fail_msg("not quiet: %s: kind %d verb %d [%s] %s",
				 w->rep.line[i].replica, w->rep.line[i].kind,
				 w->rep.line[i].verb, w->rep.line[i].title,
				 w->rep.line[i].reason);
	assert_int_equal(w->writes, 0);
	assert_int_equal(w->rep.seen, 0);
}

/* ---- what is where ------------------------------------------------------ */

enum where { LOCAL, REMOTE, CARD };

static struct sim_changes whole(struct world *w, enum where where,
				enum sim_kind kind)
{
	struct sim_changes ch;
	struct parts p;

	parts_open(w, &p);
	if (p.r[where]->ops->changes(p.r[where], kind, NULL, &ch, &w->e))
		fail_msg("%s", w->e.text);
	assert_true(ch.whole);
	parts_close(&p);
	return ch;
}

static size_t count(struct world *w, enum where where, enum sim_kind kind)
{
	struct sim_changes ch = whole(w, where, kind);
	size_t n = ch.n;

	sim_changes_free(&ch);
	return n;
}

/* Text of the one item there with @name equal to @value; NULL: none. */
static char *text_of(struct world *w, enum where where, enum sim_kind kind,
		     const char *name, const char *value)
{
	struct sim_changes ch = whole(w, where, kind);
	char *text = NULL;

	for (size_t i = 0; i < ch.n; i++) {
		const char *v = sim_item_get(&ch.rec[i].item, name);

		if (!v || strcmp(v, value))
			continue;
		if (text)
			fail_msg("%s more than once", value);
		text = sim_item_text(&ch.rec[i].item);
	}
	sim_changes_free(&ch);
	return text;
}

static bool there(struct world *w, enum where where, const char *fn)
{
	char *text = text_of(w, where, SIM_CONTACT, "FN", fn);
	bool yes = text;

	free(text);
	return yes;
}

static void assert_says(struct world *w, enum where where, enum sim_kind kind,
			const char *name, const char *value, const char *part)
{
	char *text = text_of(w, where, kind, name, value);

	if (!text)
		fail_msg("nowhere: %s", value);
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
	free(text);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of a kind as sorted text, so that two worlds can be compared. */
static char *everything(struct world *w, enum where where, enum sim_kind kind)
{
	struct sim_changes ch = whole(w, where, kind);
	char **text = calloc(ch.n + 1, sizeof(*text)), *out;
	size_t len = 1;

	assert_non_null(text);
	for (size_t i = 0; i < ch.n; i++) {
		text[i] = sim_item_text(&ch.rec[i].item);
		len += strlen(text[i]) + 1;
	}
	qsort(text, ch.n, sizeof(*text), by_text);
	out = calloc(1, len);
	for (size_t i = 0; i < ch.n; i++) {
		strcat(out, text[i]);
		strcat(out, "\n");
		free(text[i]);
	}
	free(text);
	sim_changes_free(&ch);
	return out;
}

/* ---- edits -------------------------------------------------------------- */

static void edit_local(struct world *w, const char *fn, const char *name,
		       const char *value)
{
	struct store *s = store_open(w->store, &w->e);
	struct store_contact c;
	struct sim_vcard v;

	assert_non_null(s);
	if (store_contact_one(s, fn, &c, &w->e) ||
	    vcard_parse(c.vcard, c.len, &v, &w->e))
		fail_msg("%s", w->e.text);
	assert_int_equal(sim_item_set(&v.item, name, value), 0);
	assert_int_equal(store_contact_edit(s, c.uid, 0, &v.item, NULL, &w->e),
			 0);
	vcard_free(&v);
	store_contact_free(&c);
	store_close(s);
}

static void remove_local(struct world *w, const char *fn)
{
	struct store *s = store_open(w->store, &w->e);
	struct store_contact c;

	assert_non_null(s);
	if (store_contact_one(s, fn, &c, &w->e))
		fail_msg("%s", w->e.text);
	assert_int_equal(store_contact_rm(s, c.uid, 0, &w->e), 0);
	store_contact_free(&c);
	store_close(s);
}

static void add_local(struct world *w, const char *text)
{
	struct store *s = store_open(w->store, &w->e);
	struct sim_item it;

	assert_non_null(s);
	assert_int_equal(sim_item_parse(&it, SIM_CONTACT, text), 0);
	assert_int_equal(store_contact_add(s, &it, NULL, NULL, &w->e), 0);
	sim_item_free(&it);
	store_close(s);
}

/* Somebody edits it through the web, or another program. */
static void edit_server(struct world *w, enum sim_kind kind, const char *name,
			const char *value, const char *set, const char *to)
{
	struct sim_changes ch;
	struct parts p;
	bool done = false;

	parts_open(w, &p);
	if (p.r[REMOTE]->ops->changes(p.r[REMOTE], kind, NULL, &ch, &w->e))
		fail_msg("%s", w->e.text);
	for (size_t i = 0; i < ch.n && !done; i++) {
		const char *v = sim_item_get(&ch.rec[i].item, name);
		struct sim_op op = {.verb = SIM_UPDATE, .kind = kind};

		if (!v || (value && strcmp(v, value)))
			continue;
		op.ref = ch.rec[i].ref;
		op.version = ch.rec[i].version;
		op.uid = ch.rec[i].uid;
		sim_item_copy(&op.want, &ch.rec[i].item);
		sim_item_copy(&op.was, &ch.rec[i].item);
		op.want.kind = op.was.kind = kind;
		sim_item_set(&op.want, set, to);
		assert_int_equal(p.r[REMOTE]->ops->apply(p.r[REMOTE], &op, 1,
							 NULL, NULL, NULL,
							 &w->e),
				 0);
		if (op.outcome != SIM_DONE)
			fail_msg("server: outcome %d: %s", op.outcome,
				 op.err.text);
		sim_item_free(&op.want);
		sim_item_free(&op.was);
		sim_record_free(&op.got);
		done = true;
	}
	assert_true(done);
	sim_changes_free(&ch);
	parts_close(&p);
}

/* Another phone edits the card and counts nothing. */
static void edit_card(struct world *w, const char *line)
{
	char why[UICC_WHY];

	if (uicc_edit(w->card, line, why))
		fail_msg("%s", why);
}

/* Its record number there, as `edit contact N` wants it. */
static unsigned int record_of(struct world *w, const char *fn)
{
	struct sim_changes ch = whole(w, CARD, SIM_CONTACT);
	unsigned int n = 0;

	for (size_t i = 0; i < ch.n; i++) {
		const char *v = sim_item_get(&ch.rec[i].item, "FN");

		if (v && !strcmp(v, fn))
			sscanf(ch.rec[i].ref, "%*[^/]/%*u/%u", &n);
	}
	sim_changes_free(&ch);
	assert_true(n);
	return n;
}

static void edit_number(struct world *w, const char *fn, const char *tel)
{
	char line[64];

	snprintf(line, sizeof(line), "edit contact %u tel=%s", record_of(w, fn),
		 tel);
	edit_card(w, line);
}

static void put_in(struct world *w, const char *path)
{
	uicc_free(w->card);
	w->card = image(path);
}

/* ---- facts -------------------------------------------------------------- */

static void a_first_run_puts_everything_everywhere(void **state)
{
	struct world *w = *state;

	run(w);
	assert_int_equal(w->rep.failed, 0);
	assert_int_equal(w->rep.conflicts, 0);
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
	assert_int_equal(count(w, REMOTE, SIM_CONTACT), 40);
	assert_int_equal(count(w, LOCAL, SIM_MESSAGE), 5);
	assert_int_equal(count(w, REMOTE, SIM_MESSAGE), 5);
	assert_int_equal(count(w, LOCAL, SIM_INFO), 1);
	assert_int_equal(count(w, REMOTE, SIM_INFO), 1);
	assert_says(w, REMOTE, SIM_CONTACT, "FN", "王小明", "+861012345678");
	assert_says(w, LOCAL, SIM_CONTACT, "FN", "Anna Müller",
		    "anna.mueller@example.org");
}

static void a_second_run_writes_nothing_anywhere(void **state)
{
	struct world *w = *state;

	run(w);
	assert_quiet(w);
	assert_quiet(w);
}

static void identifiers_on_the_server_are_keyed_hashes(void **state)
{
	struct world *w = *state;
	char *text;

	run(w);
	text = everything(w, REMOTE, SIM_INFO);
	assert_null(strstr(text, "89490200001234567896"));
	assert_null(strstr(text, "262021234567890"));
	assert_non_null(strstr(text, "ICCID:h-"));
	free(text);
	text = everything(w, REMOTE, SIM_MESSAGE);
	assert_null(strstr(text, "89490200001234567896"));
	free(text);
	assert_says(w, LOCAL, SIM_INFO, "ICCID", "89490200001234567896",
		    "IMSI:262021234567890");
}

static void card_info_edited_on_the_server_is_that_cards(void **state)
{
	struct world *w = *state;

	run(w);
	/* Apache calls an ETag weak in the second it was made. */
	sleep(1);
	edit_server(w, SIM_INFO, "ICCID", NULL, "LABEL", "Work");
	run(w);
	assert_int_equal(count(w, LOCAL, SIM_INFO), 1);
	assert_says(w, LOCAL, SIM_INFO, "ICCID", "89490200001234567896",
		    "LABEL:Work");
	assert_quiet(w);
}

static void a_lost_ledger_doubles_nothing(void **state)
{
	struct world *w = *state;

	run(w);
	assert_int_equal(unlink(w->ledger), 0);
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
	assert_int_equal(count(w, REMOTE, SIM_CONTACT), 40);
	assert_int_equal(count(w, LOCAL, SIM_MESSAGE), 5);
	assert_int_equal(count(w, REMOTE, SIM_MESSAGE), 5);
	assert_int_equal(count(w, LOCAL, SIM_INFO), 1);
	assert_int_equal(count(w, REMOTE, SIM_INFO), 1);
	assert_int_equal(count(w, CARD, SIM_CONTACT), 40);
	assert_quiet(w);
}

static void a_second_phone_finds_the_same_card_and_doubles_nothing(void **state)
{
	struct world *w = *state;

	run(w);
	phone_paths(w, "second");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
	assert_int_equal(count(w, REMOTE, SIM_CONTACT), 40);
	assert_int_equal(count(w, LOCAL, SIM_MESSAGE), 5);
	assert_int_equal(count(w, REMOTE, SIM_MESSAGE), 5);
	assert_int_equal(count(w, LOCAL, SIM_INFO), 1);
	assert_int_equal(count(w, REMOTE, SIM_INFO), 1);
	/* The card is here: the phone knows its true number. */
	assert_says(w, LOCAL, SIM_INFO, "ICCID", "89490200001234567896",
		    "SPN:Example Mobil");
	assert_quiet(w);
}

/* Two phones take turns with the card; the server's document tells. */
static void what_another_phone_wrote_on_the_card_is_no_edit(void **state)
{
	struct world *w = *state;

	run(w);
	/* Apache calls an ETag weak in the second it was made. */
	sleep(1);
	run(w);
	phone_paths(w, "second");
	run(w);
	sleep(1);
	phone_paths(w, "phone");
	edit_local(w, "Lena", "FN", "Lena Berg");
	run(w);
	assert_true(there(w, CARD, "Lena Berg"));
	/* Somebody changes that on the server; the second phone sees both. */
	edit_server(w, SIM_CONTACT, "FN", "Lena Berg", "FN", "Lena Tal");
	phone_paths(w, "second");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_true(there(w, CARD, "Lena Tal"));
	assert_true(there(w, LOCAL, "Lena Tal"));
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
	assert_quiet(w);
	sleep(1);
	phone_paths(w, "phone");
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_true(there(w, LOCAL, "Lena Tal"));
	assert_quiet(w);
	/* What else is in the document stays as it is. */
	assert_int_equal(count(w, REMOTE, SIM_INFO), 1);
}

static void a_contact_edited_on_the_phone_is_on_card_and_server(void **state)
{
	struct world *w = *state;

	run(w);
	edit_local(w, "Lena", "FN", "Lena Berg");
	run(w);
	assert_int_equal(w->writes, 2);
	assert_true(there(w, CARD, "Lena Berg"));
	assert_false(there(w, CARD, "Lena"));
	assert_says(w, CARD, SIM_CONTACT, "FN", "Lena Berg", "+491512223334");
	assert_says(w, CARD, SIM_CONTACT, "FN", "Lena Berg", "+4930667788");
	assert_says(w, REMOTE, SIM_CONTACT, "FN", "Lena Berg", "+491512223334");
	assert_quiet(w);
}

static void an_edit_by_another_phone_without_counters_is_seen(void **state)
{
	struct world *w = *state;

	run(w);
	edit_number(w, "Nora", "+491720000000");
	run(w);
	assert_says(w, LOCAL, SIM_CONTACT, "FN", "Nora", "+491720000000");
	assert_says(w, REMOTE, SIM_CONTACT, "FN", "Nora", "+491720000000");
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
	assert_quiet(w);
}

static void an_edit_on_the_server_is_on_phone_and_card(void **state)
{
	struct world *w = *state;

	run(w);
	edit_server(w, SIM_CONTACT, "FN", "Emil", "FN", "Emil Fuchs");
	run(w);
	assert_true(there(w, LOCAL, "Emil Fuchs"));
	assert_true(there(w, CARD, "Emil Fuchs"));
	assert_says(w, CARD, SIM_CONTACT, "FN", "Emil Fuchs", "+491755667788");
	assert_quiet(w);
}

/* By the clocks of SQLite's host and of Radicale, which HEAD tells. */
static void the_newer_of_two_edits_counts_where_rules_say_so(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < RULES_MAX; i++)
		w->rules.rule[i].policy = RULE_NEWEST;
	w->now = time(NULL) - 60;
	run(w);
	sleep(1);
	edit_local(w, "Lena", "FN", "Lena Phone");
	sleep(4);
	edit_server(w, SIM_CONTACT, "FN", "Lena", "FN", "Lena Server");
	sleep(1);
	w->now = time(NULL) - 60;
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_true(there(w, LOCAL, "Lena Server"));
	assert_true(there(w, REMOTE, "Lena Server"));
	assert_true(there(w, CARD, "Lena Server"));
	assert_quiet(w);
}

/*
 * EF_SMS has 20 records on both cards: a full one of the first makes 20 messages
 * in the phone, and max(5, 25 %) of the second's stay free.
 */
static void messages_go_to_a_card_where_a_rule_says_so_and_leave_room(void **state)
{
	struct world *w = *state;
	char line[128];

	for (int i = 0; i < 15; i++) {
		snprintf(line, sizeof(line),
			 "sms deliver +49170%d \"2026-11-01 10:00:%02d +01\" \"Hallo %d\"",
			 1000 + i, i, i);
		edit_card(w, line);
	}
	run(w);
	assert_int_equal(count(w, LOCAL, SIM_MESSAGE), 20);
	put_in(w, IMAGES "card-b.card");
	run(w);
	assert_int_equal(count(w, CARD, SIM_MESSAGE), 0);
	w->rules.rule[3].spool = true;
	run(w);
	assert_int_equal(w->rep.failed, 0);
	assert_int_equal(count(w, CARD, SIM_MESSAGE), 15);
	assert_int_equal(count(w, LOCAL, SIM_MESSAGE), 20);
	assert_int_equal(count(w, REMOTE, SIM_MESSAGE), 20);
	assert_quiet(w);
}

static void a_contact_deleted_on_the_phone_is_gone_everywhere(void **state)
{
	struct world *w = *state;

	run(w);
	remove_local(w, "Doris");
	run(w);
	assert_int_equal(w->rep.deleted, 2);
	assert_false(there(w, CARD, "Doris"));
	assert_false(there(w, REMOTE, "Doris"));
	assert_int_equal(count(w, CARD, SIM_CONTACT), 39);
	assert_quiet(w);
}

static void a_contact_deleted_on_the_card_is_gone_everywhere(void **state)
{
	struct world *w = *state;

	run(w);
	edit_card(w, "del contact 38");
	run(w);
	assert_false(there(w, LOCAL, "Igor"));
	assert_false(there(w, REMOTE, "Igor"));
	assert_int_equal(count(w, LOCAL, SIM_CONTACT), 39);
	assert_quiet(w);
}

static void what_a_card_cannot_hold_stays_where_it_can(void **state)
{
	struct world *w = *state;

	add_local(w, "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
		     "TEL;TYPE=CELL:+49 170 1234567\n"
		     "TEL;TYPE=HOME:+49 89 7654321\nNOTE:likes boats\n");
	run(w);
	assert_quiet(w);
	edit_server(w, SIM_CONTACT, "FN", "Alexandra Hamilton", "NOTE",
		    "likes ships");
	run(w);
	assert_says(w, LOCAL, SIM_CONTACT, "FN", "Alexandra Hamilton",
		    "NOTE:likes ships");
	assert_says(w, LOCAL, SIM_CONTACT, "FN", "Alexandra Hamilton",
		    "TEL;TYPE=HOME:+49 89 7654321");
	assert_quiet(w);
}

static void a_new_small_card_is_filled_and_nothing_flows_back(void **state)
{
	struct world *w = *state;
	char *before, *after;

	add_local(w, "FN:Alexandra Hamilton\nTEL;TYPE=CELL:+49 170 1234567\n");
	run(w);
	before = everything(w, LOCAL, SIM_CONTACT);
	put_in(w, IMAGES "card-b.card");
	w->mask = SYNC_FILL;
	run(w);
	assert_int_equal(w->rep.failed, 0);
	assert_int_equal(count(w, CARD, SIM_CONTACT), 41);
	/* 14 bytes: EF_ADN records of 28 (TS 31.102 4.4.2.3). */
	assert_true(there(w, CARD, "Alexandra Hami"));
	assert_says(w, CARD, SIM_CONTACT, "FN", "Alexandra Hami",
		    "+491701234567");
	after = everything(w, LOCAL, SIM_CONTACT);
	assert_string_equal(before, after);
	free(after);
	assert_quiet(w);
	w->mask = SYNC_BOTH;
	assert_quiet(w);
	after = everything(w, LOCAL, SIM_CONTACT);
	assert_string_equal(before, after);
	free(after);
	after = everything(w, REMOTE, SIM_CONTACT);
	assert_non_null(strstr(after, "FN:Alexandra Hamilton\n"));
	assert_null(strstr(after, "FN:Alexandra Hami\n"));
	free(after);
	free(before);
	/* Each card has its own record, on phone and server. */
	assert_int_equal(count(w, LOCAL, SIM_INFO), 2);
	assert_int_equal(count(w, REMOTE, SIM_INFO), 2);
}

static void the_first_card_back_again_gets_what_was_due(void **state)
{
	struct world *w = *state;

	run(w);
	put_in(w, IMAGES "card-b.card");
	w->mask = SYNC_FILL;
	run(w);
	w->mask = SYNC_BOTH;
	edit_number(w, "Lena", "+491510000000");
	run(w);
	assert_says(w, LOCAL, SIM_CONTACT, "FN", "Lena", "+491510000000");
	assert_true(w->rep.queued >= 1);
}

/* Whatever a card is like: in step after one run, and nothing more to write. */
static void every_kind_of_card_comes_to_rest(void **state)
{
	static const char *const names[] = {
		"scripts", "full", "two-sets", "sim-2g", "linked-only",
		"aliasing", "hidden", "no-search", "fdn-active", "empty",
		"profile-2", "corrupt-28-sms", "corrupt-26-alpha-odd",
		"corrupt-21-ext1-loop", "corrupt-24-number-length",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct world *w = world_new();
		char path[96];

		add_local(w, "FN:Alexandra Hamilton\nN:Hamilton;Alexandra;;;\n"
			     "TEL;TYPE=CELL:+49 170 1234567\n"
			     "TEL;TYPE=HOME:+49 89 7654321\n"
			     "EMAIL:a@example.org\nNOTE:likes boats\n"
			     "CATEGORIES:Freunde\n");
		snprintf(path, sizeof(path), IMAGES "%s.card", names[i]);
		put_in(w, path);
		run(w);
		run(w);
		if (w->writes || w->rep.seen || w->rep.conflicts || w->rep.held)
			fail_msg("%s: %u writes, %zu seen, %s", names[i],
				 w->writes, w->rep.seen, w->rep.detail);
		assert_says(w, LOCAL, SIM_CONTACT, "FN", "Alexandra Hamilton",
			    "NOTE:likes boats");
		world_free(w);
	}
}

/* The server is down for one run, the card goes in the middle of the next. */
static void what_could_not_be_done_is_done_later(void **state)
{
	struct world *w = *state;
	char book[96];

	run(w);
	strcpy(book, w->contacts);
	snprintf(w->contacts, sizeof(w->contacts), "http://127.0.0.1:1/x/");
	edit_local(w, "Lena", "FN", "Lena Berg");
	run(w);
	assert_int_equal(w->rep.failed, 1);
	assert_int_equal(w->rep.updated, 1);
	strcpy(w->contacts, book);
	assert_true(there(w, CARD, "Lena Berg"));
	assert_true(there(w, REMOTE, "Lena"));
	run(w);
	assert_true(there(w, REMOTE, "Lena Berg"));
	assert_quiet(w);
	/* Contact is lost after so many APDUs, ever later. */
	for (long cut = 5; cut < 400; cut += 37) {
		edit_local(w, "Emil", "FN", cut & 1 ? "Emil A" : "Emil B");
		/* A few edits a week, or the guard would hold them. */
		w->now += 8 * 24 * 3600;
		w->cut = cut;
		run(w);
		w->cut = 0;
		run(w);
		assert_true(there(w, CARD, cut & 1 ? "Emil A" : "Emil B"));
		assert_int_equal(count(w, LOCAL, SIM_CONTACT), 40);
		assert_quiet(w);
	}
}

/* ---- killed ------------------------------------------------------------- */

static void assert_same_end(struct world *a, struct world *b)
{
	static const enum where wheres[] = {LOCAL, REMOTE, CARD};

	for (size_t i = 0; i < 3; i++) {
		for (int k = 0; k < SIM_KINDS; k++) {
			char *x = everything(a, wheres[i], (enum sim_kind)k);
			char *y = everything(b, wheres[i], (enum sim_kind)k);

			assert_string_equal(x, y);
			free(x);
			free(y);
		}
	}
}

static void change_things(struct world *w)
{
	edit_local(w, "Lena", "FN", "Lena Berg");
	remove_local(w, "Doris");
	add_local(w, "FN:Zoe\nTEL;TYPE=CELL:+49 170 7654321\n");
	edit_server(w, SIM_CONTACT, "FN", "Emil", "FN", "Emil Fuchs");
	edit_number(w, "Nora", "+491720000000");
}

static void a_killed_run_ends_like_an_undisturbed_one(void **state)
{
	struct world *calm = *state;
	int points;

	run(calm);
	change_things(calm);
	run(calm);
	points = calm->points;
	assert_quiet(calm);
	assert_true(points > 20);
	/* Every third point; test_engine has them all with replicas in memory. */
	for (int at = 1; at <= points; at += 3) {
		struct world *w = world_new();

		run(w);
		change_things(w);
		w->stop = at;
		assert_int_equal(run(w), -1);
		w->stop = 0;
		run(w);
		assert_same_end(calm, w);
		assert_quiet(w);
		world_free(w);
	}
}

static void a_killed_first_run_doubles_nothing(void **state)
{
	static const int at[] = {3, 12, 40, 95, 170};
	struct world *calm = *state;

	run(calm);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		struct world *w = world_new();

		w->stop = at[i];
		assert_int_equal(run(w), -1);
		w->stop = 0;
		run(w);
		assert_same_end(calm, w);
		assert_quiet(w);
		world_free(w);
	}
}

#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FACT(a_first_run_puts_everything_everywhere),
		FACT(a_second_run_writes_nothing_anywhere),
		FACT(identifiers_on_the_server_are_keyed_hashes),
		FACT(card_info_edited_on_the_server_is_that_cards),
		FACT(a_lost_ledger_doubles_nothing),
		FACT(a_second_phone_finds_the_same_card_and_doubles_nothing),
		FACT(what_another_phone_wrote_on_the_card_is_no_edit),
		FACT(a_contact_edited_on_the_phone_is_on_card_and_server),
		FACT(an_edit_by_another_phone_without_counters_is_seen),
		FACT(an_edit_on_the_server_is_on_phone_and_card),
		FACT(the_newer_of_two_edits_counts_where_rules_say_so),
		FACT(messages_go_to_a_card_where_a_rule_says_so_and_leave_room),
		FACT(a_contact_deleted_on_the_phone_is_gone_everywhere),
		FACT(a_contact_deleted_on_the_card_is_gone_everywhere),
		FACT(what_a_card_cannot_hold_stays_where_it_can),
		FACT(a_new_small_card_is_filled_and_nothing_flows_back),
		FACT(every_kind_of_card_comes_to_rest),
		FACT(what_could_not_be_done_is_done_later),
		FACT(the_first_card_back_again_gets_what_was_due),
		FACT(a_killed_run_ends_like_an_undisturbed_one),
		FACT(a_killed_first_run_doubles_nothing),
	};

	/* ONLY=pattern: some of them; SHOW=1: what each run did. */
	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, up, down);
}
