// SPDX-License-Identifier: MIT
/*
 * test_sync_virtual.c - virtual SIMs: profiles of a software eUICC that are
 * switched, with the card library, the phone's store and the ledger as they
 * are, and a real Radicale and Apache for R8
 *
 * Run from the top of the tree: the card images are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "card/euicc.h"
#include "card_link.h"
#include "model/vcard.h"
#include "remote/remote.h"
#include "servers.h"
#include "store/store.h"
#include "sync/cards.h"
#include "sync/engine.h"

#define IMAGES "tests/card/images/"
#define WORK   "89490200001234567896" /* two contacts: Anna, Chef */
#define TRAVEL "89331000005555666677" /* one: Camille */

static struct servers srv;
static char key[] =
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/**
 * struct world - a phone with an eUICC, a slot for a SIM, and an account
 * @euicc: the eUICC
 * @sim: the physical SIM; NULL: none in
 * @online: with the account
 */
struct world {
	char dir[64], store[96], ledger[96], contacts[96], files[96];
	struct rules rules;
	struct uicc *euicc, *sim;
	bool online;
	struct sync_report rep;
	struct sim_err e;
	int64_t now;
};

/* ---- a world ------------------------------------------------------------ */

static struct uicc *image(const char *path)
{
	char why[UICC_WHY];
	struct uicc *u = uicc_load(path, why);

	if (!u)
		fail_msg("%s", why);
	return u;
}

/* That rule alone. */
static void only(struct world *w, int rule)
{
	for (int i = 0; i < RULES_MAX; i++)
		w->rules.rule[i].on = i == rule - 1;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	snprintf(w->dir, sizeof(w->dir), "/tmp/simsync-virtual.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->store, sizeof(w->store), "%s/store.db", w->dir);
	snprintf(w->ledger, sizeof(w->ledger), "%s/ledger.db", w->dir);
	rules_init(&w->rules);
	w->euicc = image(IMAGES "euicc.card");
	w->now = 1800000000;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];

	sync_report_free(&w->rep);
	rules_free(&w->rules);
	uicc_free(w->euicc);
	if (w->sim)
		uicc_free(w->sim);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (system(cmd))
		fprintf(stderr, "%s stays\n", w->dir);
	free(w);
	return 0;
}

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

/* ---- a run, as the helper does it --------------------------------------- */

static struct euicc *isd_r(struct world *w)
{
	struct euicc *u = euicc_open(&link_to(w->euicc)->base, &w->e);

	if (!u)
		fail_msg("%s", w->e.text);
	return u;
}

static void look_at_profiles(struct world *w, struct ledger *l, char eid[33])
{
	struct cards_profile list[8] = {{0}};
	struct euicc_profile *p;
	struct euicc *u = isd_r(w);
	size_t n;

	if (euicc_eid(u, eid, &w->e) || euicc_profiles(u, &p, &n, &w->e))
		fail_msg("%s", w->e.text);
	assert_true(n <= 8);
	for (size_t i = 0; i < n; i++) {
		list[i].iccid = p[i].iccid;
		list[i].shown = p[i].name;
	}
	if (cards_profiles(l, eid, list, n, w->now, NULL, NULL, &w->e))
		fail_msg("%s", w->e.text);
	free(p);
	euicc_close(u);
}

/** struct parts - replicas, and what they stand on */
struct parts {
	struct store *s;
	struct ledger *l;
	struct card *card[2];
	struct sim_replica *r[4];
	size_t n;
};

static void add_card(struct world *w, struct parts *p, struct uicc *u,
		     const char *eid)
{
	struct cards_seen seen = {.shown = "SIM", .eid = eid, .psc = -1};
	struct cards_replica is;
	struct card *c;

	uicc_reset(u);
	c = card_open(&link_to(u)->base, &w->e);
	if (!c)
		fail_msg("%s", w->e.text);
	char iccid[21];

	uicc_iccid(u, iccid);
	seen.iccid = iccid;
	if (cards_place(p->l, &seen, w->now, false, &is, &w->e))
		fail_msg("%s", w->e.text);
	card_on_euicc(c, is.eid);
	p->r[p->n] = card_replica(c, is.name, is.class, &w->e);
	assert_non_null(p->r[p->n]);
	p->n++;
	p->card[p->card[0] ? 1 : 0] = c;
}

static void parts_open(struct world *w, struct parts *p)
{
	struct remote_config rc = {
		.contacts = w->contacts, .files = w->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = key, .device = (char *)"phone-1", .timeout_s = 60,
	};
	char iccid[21], eid[33];

	memset(p, 0, sizeof(*p));
	if (ledger_open(&p->l, w->ledger, &w->e))
		fail_msg("%s", w->e.text);
	p->s = store_open(w->store, &w->e);
	if (!p->s)
		fail_msg("%s", w->e.text);
	p->r[p->n++] = store_replica(p->s, &w->e);
	if (w->online) {
		p->r[p->n] = remote_replica(&rc, &w->e);
		if (!p->r[p->n++])
			fail_msg("%s", w->e.text);
	}
	uicc_iccid(w->euicc, iccid);
	if (iccid[0]) {
		look_at_profiles(w, p->l, eid);
		add_card(w, p, w->euicc, eid);
	}
	if (w->sim)
		add_card(w, p, w->sim, NULL);
}

static void parts_close(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->r[i]->ops->free(p->r[i]);
	for (size_t i = 0; i < 2; i++)
		if (p->card[i])
			card_close(p->card[i]);
	store_close(p->s);
	ledger_close(p->l);
}

static void run(struct world *w)
{
	struct sync_options opt = {.now = clock_now, .arg = w, .country = "49"};
	struct parts p;

	sync_report_free(&w->rep);
	w->now += 60;
	parts_open(w, &p);
	if (sync_run(p.l, &w->rules, p.r, p.n, &opt, &w->rep, &w->e))
		fail_msg("run: %s", w->e.text);
	parts_close(&p);
}

static void assert_quiet(struct world *w)
{
	run(w);
	assert_int_equal(w->rep.created + w->rep.updated + w->rep.deleted, 0);
	assert_int_equal(w->rep.seen, 0);
}

static void switch_to(struct world *w, const char *iccid)
{
	char why[UICC_WHY];

	if (uicc_profile(w->euicc, iccid, why))
		fail_msg("%s", why);
	uicc_reset(w->euicc);
}

/* ---- what is where ------------------------------------------------------ */

static size_t on_card(struct world *w, struct uicc *u, const char *fn,
		      const char *tel)
{
	struct sim_replica *r;
	struct sim_changes ch;
	struct card *c;
	size_t n = 0;

	uicc_reset(u);
	c = card_open(&link_to(u)->base, &w->e);
	assert_non_null(c);
	r = card_replica(c, "card:x/1", SIM_VIRTUAL, &w->e);
	if (r->ops->changes(r, SIM_CONTACT, NULL, &ch, &w->e))
		fail_msg("%s", w->e.text);
	for (size_t i = 0; i < ch.n; i++) {
		const char *f = sim_item_get(&ch.rec[i].item, "FN");
		const char *t = sim_item_get(&ch.rec[i].item, "TEL");

		n += (!fn || (f && !strcmp(f, fn))) &&
		     (!tel || (t && !strcmp(t, tel)));
	}
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	return n;
}

static int count_one(const struct store_contact *c, void *arg)
{
	(void)c;
	(void)arg;
	return 0;
}

static long in_phone(struct world *w, const char *find)
{
	struct store *s = store_open(w->store, &w->e);
	long n;

	assert_non_null(s);
	n = store_contact_each(s, find, count_one, NULL, &w->e);
	store_close(s);
	return n;
}

static int64_t phone_seq(struct world *w)
{
	struct store *s = store_open(w->store, &w->e);
	int64_t n;

	assert_non_null(s);
	n = store_seq(s);
	store_close(s);
	return n;
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

static void edit_local(struct world *w, const char *fn, const char *tel)
{
	struct store *s = store_open(w->store, &w->e);
	struct store_contact c;
	struct sim_vcard v;

	assert_non_null(s);
	if (store_contact_one(s, fn, &c, &w->e) ||
	    vcard_parse(c.vcard, c.len, &v, &w->e))
		fail_msg("%s", w->e.text);
	assert_int_equal(sim_item_set(&v.item, "TEL", tel), 0);
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

static void put_sim(struct world *w, const char *contact)
{
	char why[UICC_WHY], line[96];

	w->sim = image(IMAGES "empty.card");
	snprintf(line, sizeof(line), "contact %s", contact);
	if (uicc_edit(w->sim, line, why))
		fail_msg("%s", why);
}

/* ---- facts -------------------------------------------------------------- */

static void r5_what_is_due_for_a_profile_that_is_off_is_written_when_on(void **state)
{
	struct world *w = *state;

	only(w, 5);
	run(w);
	assert_int_equal(in_phone(w, NULL), 2);
	assert_quiet(w);
	/* The other one on: both ways, and the first is due. */
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(in_phone(w, NULL), 3);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 3);
	edit_local(w, "Chef", "+493090001002");
	remove_local(w, "Anna");
	add_local(w, "FN:Zoe\nTEL:+491701\n");
	run(w);
	/* Camille, Zoe and the edit of Chef wait, and the delete of Anna. */
	assert_int_equal(w->rep.queued, 4);
	assert_int_equal(on_card(w, w->euicc, "Chef", "+493090001002"), 1);
	assert_int_equal(on_card(w, w->euicc, "Anna", NULL), 0);
	assert_quiet(w);
	switch_to(w, WORK);
	assert_int_equal(on_card(w, w->euicc, "Anna", NULL), 1);
	run(w);
	assert_int_equal(w->rep.conflicts, 0);
	assert_int_equal(w->rep.duplicates, 0);
	assert_int_equal(on_card(w, w->euicc, "Chef", "+493090001002"), 1);
	assert_int_equal(on_card(w, w->euicc, "Anna", NULL), 0);
	assert_int_equal(on_card(w, w->euicc, "Zoe", NULL), 1);
	assert_int_equal(on_card(w, w->euicc, "Camille", NULL), 1);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 3);
	assert_int_equal(w->rep.queued, 0);
	assert_quiet(w);
	/* And off again: nothing is to do. */
	switch_to(w, TRAVEL);
	assert_quiet(w);
}

static void an_edit_made_while_a_profile_was_on_elsewhere_is_that_profiles(void **state)
{
	struct world *w = *state;
	char why[UICC_WHY];

	only(w, 5);
	run(w);
	switch_to(w, TRAVEL);
	run(w);
	/* In another phone WORK is on and its Chef gets another number. */
	switch_to(w, WORK);
	if (uicc_edit(w->euicc, "edit contact 2 tel=+493090001009", why))
		fail_msg("%s", why);
	switch_to(w, TRAVEL);
	assert_quiet(w);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(in_phone(w, "3090001009"), 1);
	assert_int_equal(in_phone(w, NULL), 3);
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(on_card(w, w->euicc, "Chef", "+493090001009"), 1);
	assert_quiet(w);
}

static void no_profile_on_is_no_delete(void **state)
{
	struct world *w = *state;

	only(w, 5);
	run(w);
	switch_to(w, "none");
	run(w);
	assert_int_equal(in_phone(w, NULL), 2);
	edit_local(w, "Chef", "+493090001002");
	run(w);
	assert_int_equal(w->rep.queued, 1);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(on_card(w, w->euicc, "Chef", "+493090001002"), 1);
	assert_quiet(w);
}

static int with_eid(const struct store_record *r, void *arg)
{
	const char *eid = sim_item_get(&r->item, "EID");

	*(int *)arg += eid && !strcmp(eid, "89049032000001000000000000000012");
	return 0;
}

/* design.md, Rules: the EID is mirrored, for each profile. */
static void the_information_of_a_profile_names_its_euicc(void **state)
{
	struct world *w = *state;
	struct store *s;
	int n = 0;

	only(w, 5);
	run(w);
	switch_to(w, TRAVEL);
	run(w);
	assert_quiet(w);
	s = store_open(w->store, &w->e);
	assert_int_equal(store_record_each(s, SIM_INFO, NULL, with_eid, &n,
					   &w->e), 2);
	store_close(s);
	assert_int_equal(n, 2);
}

/* Two profiles of one eUICC are never on at once. */
struct named {
	struct store *s;
	const char *want;	/* "": take it away; NULL: only look */
	char is[80];
	struct sim_err e;
};

static int name_record(const struct store_record *r, void *arg)
{
	struct named *n = arg;
	const char *is = sim_item_get(&r->item, "NICKNAME");
	struct sim_item it;

	if (strcmp(sim_item_get(&r->item, "ICCID"), WORK))
		return 0;
	snprintf(n->is, sizeof(n->is), "%s", is ? is : "");
	if (!n->want)
		return 1;
	sim_item_init(&it, SIM_INFO);
	assert_int_equal(sim_item_copy(&it, &r->item), 0);
	sim_item_set(&it, "NICKNAME", *n->want ? n->want : NULL);
	assert_int_equal(store_record_put(n->s, r->ref, r->version, &it, &n->e),
			 0);
	sim_item_free(&it);
	return 1;
}

/* What the phone calls the profile WORK; @want: and shall call it. */
static void in_phone_named(struct world *w, const char *want, const char *is)
{
	struct named n = {.s = store_open(w->store, &w->e), .want = want};

	assert_non_null(n.s);
	store_record_each(n.s, SIM_INFO, NULL, name_record, &n, &w->e);
	assert_string_equal(n.is, is);
	store_close(n.s);
}

static void euicc_named(struct world *w, const char *want, const char *is)
{
	struct euicc *u = isd_r(w);
	struct euicc_profile *p;
	size_t n;

	if (euicc_profiles(u, &p, &n, &w->e))
		fail_msg("%s", w->e.text);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(p[i].iccid, WORK))
			assert_string_equal(p[i].nickname, is);
	free(p);
	if (want)
		assert_int_equal(euicc_nickname(u, WORK, want, &w->e), 0);
	euicc_close(u);
}

/* SGP.22 5.7.21: the eUICC keeps it; the image says "Arbeit". */
static void a_profiles_nickname_goes_both_ways(void **state)
{
	struct world *w = *state;

	only(w, 5);
	run(w);
	in_phone_named(w, "Büro\\, unten", "Arbeit");
	run(w);
	euicc_named(w, "Work", "Büro, unten");
	assert_int_equal(in_phone(w, NULL), 2);
	run(w);
	in_phone_named(w, NULL, "Work");
	assert_quiet(w);
	in_phone_named(w, "", "Work");
	run(w);
	euicc_named(w, NULL, "");
	assert_quiet(w);
	/* Off: it waits, and no other profile is called so. */
	switch_to(w, TRAVEL);
	run(w);
	in_phone_named(w, "Heim", "");
	run(w);
	euicc_named(w, NULL, "");
	switch_to(w, WORK);
	run(w);
	euicc_named(w, NULL, "Heim");
	assert_quiet(w);
}

static void r2_alone_holds_between_profiles_never_on_together(void **state)
{
	struct world *w = *state;
	int64_t seq;

	only(w, 2);
	add_local(w, "FN:Zoe\nTEL:+491701\n");
	seq = phone_seq(w);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 2);
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 3);
	assert_int_equal(on_card(w, w->euicc, "Chef", NULL), 1);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 3);
	assert_int_equal(on_card(w, w->euicc, "Camille", NULL), 1);
	assert_quiet(w);
	switch_to(w, TRAVEL);
	assert_quiet(w);
	/* The phone is no part of it. */
	assert_int_equal(phone_seq(w), seq);
}

static void r3_alone_joins_a_sim_and_each_profile(void **state)
{
	struct world *w = *state;
	int64_t seq = phone_seq(w);

	only(w, 3);
	put_sim(w, "\"Paul\" +491702");
	run(w);
	assert_int_equal(on_card(w, w->sim, NULL, NULL), 3);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 3);
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 4);
	assert_int_equal(on_card(w, w->sim, NULL, NULL), 4);
	assert_quiet(w);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 4);
	assert_quiet(w);
	assert_int_equal(phone_seq(w), seq);
	assert_int_equal(in_phone(w, NULL), 0);
}

static void r7_alone_joins_sim_profiles_and_phone(void **state)
{
	struct world *w = *state;

	only(w, 7);
	put_sim(w, "\"Paul\" +491702");
	add_local(w, "FN:Zoe\nTEL:+491701\n");
	run(w);
	assert_int_equal(in_phone(w, NULL), 4);
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(in_phone(w, NULL), 5);
	assert_int_equal(on_card(w, w->sim, NULL, NULL), 5);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 5);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 5);
	assert_quiet(w);
}

static void t4_a_profile_deleted_on_the_card_deletes_nothing(void **state)
{
	struct world *w = *state;
	struct euicc *u;

	only(w, 5);
	run(w);
	switch_to(w, TRAVEL);
	run(w);
	u = isd_r(w);
	assert_int_equal(euicc_do(u, EUICC_DELETE, WORK, false, &w->e),
			 EUICC_OK);
	euicc_close(u);
	run(w);
	assert_int_equal(in_phone(w, NULL), 3);
	edit_local(w, "Chef", "+493090001002");
	run(w);
	/* Nothing waits for what is no more. */
	assert_int_equal(w->rep.queued, 0);
	assert_int_equal(on_card(w, w->euicc, "Chef", "+493090001002"), 1);
	assert_quiet(w);
}

static size_t on_server(struct world *w)
{
	struct sim_changes ch;
	struct parts p;
	size_t n;

	parts_open(w, &p);
	if (p.r[1]->ops->changes(p.r[1], SIM_CONTACT, NULL, &ch, &w->e))
		fail_msg("%s", w->e.text);
	n = ch.n;
	sim_changes_free(&ch);
	parts_close(&p);
	return n;
}

static void r8_alone_joins_sim_profiles_phone_and_server(void **state)
{
	struct world *w = *state;
	struct remote_report rep;
	struct remote_config rc;

	if (!servers_start(&srv))
		fail_msg("no servers: radicale, apache2, openssl needed; see %s",
			 srv.dir);
	snprintf(w->contacts, sizeof(w->contacts),
		 "http://127.0.0.1:%d/anna/virtual/", srv.radicale_port);
	snprintf(w->files, sizeof(w->files), "http://127.0.0.1:%d/virtual/",
		 srv.apache_port);
	rc = (struct remote_config){
		.contacts = w->contacts, .files = w->files,
		.user = (char *)"anna", .password = (char *)"secret",
		.key = key, .device = (char *)"phone-1", .timeout_s = 60,
	};
	if (remote_test(&rc, true, &rep, &w->e))
		fail_msg("%s", w->e.text);
	w->online = true;
	only(w, 8);
	put_sim(w, "\"Paul\" +491702");
	add_local(w, "FN:Zoe\nTEL:+491701\n");
	run(w);
	assert_int_equal(on_server(w), 4);
	switch_to(w, TRAVEL);
	run(w);
	assert_int_equal(on_server(w), 5);
	assert_int_equal(in_phone(w, NULL), 5);
	assert_int_equal(on_card(w, w->sim, NULL, NULL), 5);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 5);
	switch_to(w, WORK);
	run(w);
	assert_int_equal(on_card(w, w->euicc, NULL, NULL), 5);
	assert_quiet(w);
	servers_stop(&srv);
}

int main(void)
{
#define FACT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		FACT(r5_what_is_due_for_a_profile_that_is_off_is_written_when_on),
		FACT(an_edit_made_while_a_profile_was_on_elsewhere_is_that_profiles),
		FACT(no_profile_on_is_no_delete),
		FACT(the_information_of_a_profile_names_its_euicc),
		FACT(a_profiles_nickname_goes_both_ways),
		FACT(r2_alone_holds_between_profiles_never_on_together),
		FACT(r3_alone_joins_a_sim_and_each_profile),
		FACT(r7_alone_joins_sim_profiles_and_phone),
		FACT(t4_a_profile_deleted_on_the_card_deletes_nothing),
		FACT(r8_alone_joins_sim_profiles_phone_and_server),
	};

	if (getenv("ONLY"))
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
