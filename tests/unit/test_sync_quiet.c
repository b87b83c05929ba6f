// SPDX-License-Identifier: MIT
/*
 * What runs cost while a card stays in: the engine over the software UICC and the
 * phone's store, opened anew for each run with what the last one knew, as the
 * helper does it. Run from the top of the tree: the card images are there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"
#include "store/ledger.h"
#include "store/store.h"
#include "sync/engine.h"

#define IMAGE "tests/card/images/card-a.card"

/**
 * struct world - a phone with a SIM in it
 * @era: activation of the slot
 * @stamp: of the last run
 * @files: of the last run
 * @apdus: what it cost
 */
struct world {
	char dir[64], store[96], ledger[96];
	struct uicc *u;
	uint64_t era;
	char stamp[CARD_STAMP];
	char *files;
	struct rules rules;
	struct sync_report rep;
	int64_t now;
	unsigned int apdus;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	char why[UICC_WHY];

	strcpy(w->dir, "/tmp/simsync-quiet.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->store, sizeof(w->store), "%s/store.db", w->dir);
	snprintf(w->ledger, sizeof(w->ledger), "%s/ledger.db", w->dir);
	rules_init(&w->rules);
	w->u = uicc_load(IMAGE, why);
	w->era = 7;
	w->now = 1800000000;
	assert_non_null(w->u);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];

	sync_report_free(&w->rep);
	rules_free(&w->rules);
	uicc_free(w->u);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (system(cmd))
		fprintf(stderr, "%s stays\n", w->dir);
	free(w->files);
	free(w);
	return 0;
}

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static void run(struct world *w)
{
	struct sync_options opt = { .now = clock_now, .arg = w, .country = "49" };
	struct sim_replica *r[2];
	struct sim_err e = { 0 };
	struct ledger *l;
	struct store *s;
	struct link *ch;
	struct card *c;

	sync_report_free(&w->rep);
	w->now += 60;
	ch = link_to(w->u);
	ch->base.terminal = 1;
	ch->base.era = w->era;
	uicc_iccid(w->u, ch->base.iccid);
	s = store_open(w->store, &e);
	assert_non_null(s);
	assert_int_equal(ledger_open(&l, w->ledger, &e), 0);
	c = card_open(&ch->base, &e);
	assert_non_null(c);
	card_since(c, w->stamp);
	card_files_known(c, w->files);
	r[0] = store_replica(s, &e);
	r[1] = card_replica(c, "card:1/1", SIM_PHYSICAL, &e);
	if (sync_run(l, &w->rules, r, 2, &opt, &w->rep, &e))
		fail_msg("run: %s", e.text);
	free(w->files);
	w->files = card_files(c);
	card_stamp(c, w->stamp);
	w->apdus = (unsigned int)ch->base.apdus;
	r[0]->ops->free(r[0]);
	r[1]->ops->free(r[1]);
	card_close(c);
	ledger_close(l);
	store_close(s);
}

/* A person changes Taxi's number on the phone. */
static void edit(struct world *w, const char *number)
{
	struct store_contact was;
	struct sim_err e = { 0 };
	struct sim_item it;
	struct store *s = store_open(w->store, &e);

	if (store_contact_one(s, "Taxi", &was, &e))
		fail_msg("%s", e.text);
	sim_item_init(&it, SIM_CONTACT);
	assert_int_equal(sim_item_set(&it, "FN", was.fn), 0);
	assert_int_equal(sim_item_set(&it, "TEL", number), 0);
	assert_int_equal(store_contact_edit(s, was.uid, 0, &it, NULL, &e), 0);
	sim_item_free(&it);
	store_contact_free(&was);
	store_close(s);
}

/*
 * The phonebook, the messages and the information unchanged: 8 commands for all,
 * after the first run and after each edit that went to the card.
 */
static void what_nobody_changed_costs_at_most_8_commands(void **state)
{
	struct world *w = *state;
	unsigned int all;

	run(w);
	all = w->apdus;
	run(w);
	print_message("# first run %u commands, then %u\n", all, w->apdus);
	assert_in_range(w->apdus, 1, 8);
	for (int i = 0; i < 3; i++) {
		char number[24], bcd[24], *text;

		/* TS 31.102 4.4.2.3: 5 bytes with TON 91, digits swapped. */
		snprintf(number, sizeof(number), "+4930777%d", i);
		snprintf(bcd, sizeof(bcd), "0591940377%d7", i);
		edit(w, number);
		run(w);
		print_message("# a run with one edit: %u commands\n", w->apdus);
		assert_true(w->apdus < all);
		text = uicc_text(w->u);
		assert_non_null(strcasestr(text, bcd));
		free(text);
		run(w);
		assert_in_range(w->apdus, 1, 8);
		assert_int_equal(w->rep.seen, 0);
	}
}

/* What another program wrote meanwhile is found by the very next run. */
static void another_writer_is_seen_after_our_write(void **state)
{
	static const uint8_t status[] = { 0x80, 0xf2, 0x00, 0x00, 0x00 };
	struct world *w = *state;
	uint8_t r[UICC_TPDU_MAX];
	char why[UICC_WHY];

	run(w);
	edit(w, "+49307771");
	run(w);
	assert_int_equal(uicc_edit(w->u, "edit contact 1 tel=+4940111", why), 0);
	uicc_apdu(w->u, status, sizeof(status), r, sizeof(r));
	run(w);
	assert_int_equal(w->rep.seen, 1);
	run(w);
	assert_in_range(w->apdus, 1, 8);
}

/* A card that was out may be any card that was out: all of it is read. */
static void another_activation_is_read_anew(void **state)
{
	struct world *w = *state;
	unsigned int all;
	char why[UICC_WHY];

	run(w);
	all = w->apdus;
	uicc_reset(w->u);
	w->era++;
	assert_int_equal(uicc_edit(w->u, "edit contact 1 tel=+4940111", why), 0);
	run(w);
	assert_true(w->apdus + 8 >= all);
	assert_int_equal(w->rep.seen, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_nobody_changed_costs_at_most_8_commands),
		T(another_writer_is_seen_after_our_write),
		T(another_activation_is_read_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
