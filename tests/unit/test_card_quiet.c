// SPDX-License-Identifier: MIT
/*
 * When a card is believed to be as it was, and what finding that out costs: at
 * most 8 commands, and only within one activation without another writer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"

#define IMAGE "tests/card/images/"

/**
 * struct bench - a card and one run on it
 * @era: activation, as the slot would name it
 * @token: of the last changes(), by kind
 * @stamp: of the last run
 */
struct bench {
	struct uicc *u;
	struct link *l;
	struct card *c;
	struct sim_replica *r;
	uint64_t era;
	char *token[3];
	char stamp[CARD_STAMP];
};

static void start(struct bench *b)
{
	struct sim_err e = { 0 };

	b->l = link_to(b->u);
	b->l->base.terminal = 1;
	b->l->base.era = b->era;
	/* The slot knows the identity. */
	uicc_iccid(b->u, b->l->base.iccid);
	b->c = card_open(&b->l->base, &e);
	if (!b->c)
		fail_msg("%s", e.text);
	card_since(b->c, b->stamp);
	b->r = card_replica(b->c, "card:1/a", SIM_PHYSICAL, &e);
	assert_non_null(b->r);
}

static void end(struct bench *b)
{
	card_stamp(b->c, b->stamp);
	b->r->ops->free(b->r);
	card_close(b->c);
}

static struct bench on(const char *image)
{
	struct bench b = { .era = 77 };
	char path[128], why[UICC_WHY];

	snprintf(path, sizeof(path), IMAGE "%s.card", image);
	b.u = uicc_load(path, why);
	if (!b.u)
		fail_msg("%s", why);
	start(&b);
	return b;
}

static void off(struct bench *b)
{
	end(b);
	for (size_t i = 0; i < 3; i++)
		free(b->token[i]);
	uicc_free(b->u);
}

/* Returns whether everything was read; @cost: commands it took. */
static bool look(struct bench *b, enum sim_kind kind, unsigned int *cost,
		 size_t *total)
{
	uint64_t before = b->l->base.apdus;
	struct sim_err e = { 0 };
	struct sim_changes ch;
	bool whole;

	if (b->r->ops->changes(b->r, kind, b->token[kind], &ch, &e))
		fail_msg("%s", e.text);
	free(b->token[kind]);
	b->token[kind] = strdup(ch.token);
	whole = ch.whole;
	*total = ch.total;
	if (!whole)
		assert_int_equal(ch.n + ch.ngone, 0);
	sim_changes_free(&ch);
	*cost = (unsigned int)(b->l->base.apdus - before);
	return whole;
}

static bool reads_contacts(struct bench *b)
{
	unsigned int cost;
	size_t n;

	return look(b, SIM_CONTACT, &cost, &n);
}

static void edit(struct bench *b, const char *line)
{
	char why[UICC_WHY];

	if (uicc_edit(b->u, line, why))
		fail_msg("%s", why);
}

static void an_unchanged_book_costs_at_most_8_commands(void **state)
{
	static const char *const image[] = {
		"card-a", "card-b",  "empty",	"full",	    "two-sets",
		"hidden", "scripts", "linked-only", "aliasing", "no-search",
		"sim-2g",
	};
	unsigned int cost, opened, all;
	size_t n, again;

	(void)state;
	for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++) {
		struct bench b = on(image[i]);

		assert_true(look(&b, SIM_CONTACT, &all, &n));
		assert_false(look(&b, SIM_CONTACT, &cost, &again));
		assert_int_equal(n, again);
		if (cost > 8)
			fail_msg("%s: %u commands", image[i], cost);
		/* And in the next run, with opening the card. */
		end(&b);
		start(&b);
		opened = (unsigned int)b.l->base.apdus;
		assert_false(look(&b, SIM_CONTACT, &cost, &again));
		if (cost > 8)
			fail_msg("%s: %u commands after %u of opening", image[i],
				 cost, opened);
		assert_int_equal(n, again);
		print_message("# %s: %u commands for all, then %u\n", image[i],
			      all, cost);
		off(&b);
	}
}

static void messages_and_information_cost_nothing_then(void **state)
{
	struct bench b = on("card-a");
	unsigned int cost;
	size_t n;

	(void)state;
	assert_true(look(&b, SIM_MESSAGE, &cost, &n));
	assert_int_equal(n, 5);
	assert_true(look(&b, SIM_INFO, &cost, &n));
	assert_false(look(&b, SIM_MESSAGE, &cost, &n));
	assert_int_equal(cost, 0);
	assert_int_equal(n, 5);
	assert_false(look(&b, SIM_INFO, &cost, &n));
	assert_int_equal(cost, 0);
	off(&b);
}

/* AOSP and others never touch EF_CC: only the count of commands shows them. */
static void another_file_of_the_slot_ends_it(void **state)
{
	static const uint8_t status[] = { 0x80, 0xf2, 0x00, 0x00, 0x00 };
	struct bench b = on("card-a");
	uint8_t r[UICC_TPDU_MAX];

	(void)state;
	assert_true(reads_contacts(&b));
	assert_false(reads_contacts(&b));
	uicc_apdu(b.u, status, sizeof(status), r, sizeof(r));
	assert_true(reads_contacts(&b));
	assert_false(reads_contacts(&b));
	off(&b);
}

static void another_file_between_two_runs_ends_it(void **state)
{
	static const uint8_t status[] = { 0x80, 0xf2, 0x00, 0x00, 0x00 };
	struct bench b = on("card-a");
	uint8_t r[UICC_TPDU_MAX];

	(void)state;
	assert_true(reads_contacts(&b));
	end(&b);
	uicc_apdu(b.u, status, sizeof(status), r, sizeof(r));
	start(&b);
	assert_true(reads_contacts(&b));
	off(&b);
}

static void a_run_without_the_last_ones_stamp_reads_all(void **state)
{
	struct bench b = on("card-a");

	(void)state;
	assert_true(reads_contacts(&b));
	end(&b);
	b.stamp[0] = '\0';
	start(&b);
	assert_true(reads_contacts(&b));
	off(&b);
}

static void a_stamp_that_is_none_is_not_taken(void **state)
{
	static const char *const bad[] = {
		"4d", "zz zz zz", "4d 0 ffffffffffffffff",
		"4d ffffffffffffffff 0", "0 0 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bench b = on("empty");

		assert_true(reads_contacts(&b));
		end(&b);
		strcpy(b.stamp, bad[i]);
		start(&b);
		assert_true(reads_contacts(&b));
		off(&b);
	}
}

static void another_activation_ends_it(void **state)
{
	struct bench b = on("card-a");

	(void)state;
	assert_true(reads_contacts(&b));
	end(&b);
	uicc_reset(b.u);
	b.era++;
	start(&b);
	assert_true(reads_contacts(&b));
	off(&b);
}

/* A modem writes through its own session: nothing of it can be seen. */
static void a_modems_slot_is_never_believed(void **state)
{
	struct bench b = on("card-a");

	(void)state;
	b.l->base.terminal = 0;
	assert_true(reads_contacts(&b));
	assert_true(reads_contacts(&b));
	off(&b);
}

/* Nobody was seen, and yet the counter moved: the counter is right. */
static void a_moved_counter_ends_it(void **state)
{
	struct bench b = on("card-a");

	(void)state;
	assert_true(reads_contacts(&b));
	edit(&b, "edit contact 3 tel=+4940111 counters=yes");
	assert_true(reads_contacts(&b));
	off(&b);
}

static void a_counter_that_cannot_be_read_ends_it(void **state)
{
	struct bench b = on("card-a");
	char why[UICC_WHY];

	(void)state;
	assert_true(reads_contacts(&b));
	assert_int_equal(uicc_fault(b.u, "sw 6F00 ins=B0 times=2", why), 0);
	assert_true(reads_contacts(&b));
	off(&b);
}

/* ---- our own writes ----------------------------------------------------- */

static struct sim_op create(struct bench *b, const char *name, const char *tel)
{
	struct sim_op op = { .verb = SIM_CREATE, .kind = SIM_CONTACT };
	struct sim_err e = { 0 };
	struct sim_item full;

	sim_item_init(&full, SIM_CONTACT);
	sim_item_add(&full, "FN", NULL, name);
	sim_item_add(&full, "TEL", NULL, tel);
	assert_int_equal(b->r->ops->project(b->r, &full, NULL, &op.want, &e), 0);
	assert_int_equal(b->r->ops->place(b->r, &op.want, NULL, &op.ref, &e), 0);
	assert_int_equal(b->r->ops->apply(b->r, &op, 1, NULL, NULL, NULL, &e), 0);
	sim_item_free(&full);
	return op;
}

static void op_free(struct sim_op *op)
{
	sim_record_free(&op->got);
	sim_item_free(&op->want);
	free(op->ref);
}

/*
 * What was written was read back: with nobody else at the card the next run finds
 * nothing new for at most 8 commands, and the messages were never touched.
 */
static void a_run_after_our_own_write_costs_at_most_8_commands(void **state)
{
	static const char *const image[] = { "card-a", "card-b", "empty",
					     "hidden", "sim-2g" };
	unsigned int cost;
	size_t n, had;

	(void)state;
	for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++) {
		struct bench b = on(image[i]);
		struct sim_op op;
		char *token;

		assert_true(look(&b, SIM_CONTACT, &cost, &had));
		assert_true(look(&b, SIM_MESSAGE, &cost, &n));
		assert_true(look(&b, SIM_INFO, &cost, &n));
		op = create(&b, "Neu", "+4930222");
		assert_int_equal(op.outcome, SIM_DONE);
		op_free(&op);
		token = b.r->ops->settled(b.r, SIM_CONTACT);
		assert_non_null(token);
		free(b.token[SIM_CONTACT]);
		b.token[SIM_CONTACT] = token;
		assert_null(b.r->ops->settled(b.r, SIM_MESSAGE));
		end(&b);
		start(&b);
		assert_false(look(&b, SIM_CONTACT, &cost, &n));
		assert_int_equal(n, had + 1);
		assert_false(look(&b, SIM_MESSAGE, &cost, &n));
		assert_false(look(&b, SIM_INFO, &cost, &n));
		if (b.l->base.apdus > 8)
			fail_msg("%s: %u commands", image[i],
				 (unsigned int)b.l->base.apdus);
		/* And all of it is there for whoever reads it all. */
		free(b.token[SIM_CONTACT]);
		b.token[SIM_CONTACT] = NULL;
		assert_true(look(&b, SIM_CONTACT, &cost, &n));
		assert_int_equal(n, had + 1);
		off(&b);
	}
}

/* Written half, or not found as it was: that is looked at. */
static void a_write_that_failed_is_never_believed(void **state)
{
	struct bench b = on("card-a");
	char why[UICC_WHY];
	struct sim_op op;

	(void)state;
	assert_true(reads_contacts(&b));
	assert_int_equal(uicc_fault(b.u, "sw 6F00 ins=DC times=9", why), 0);
	op = create(&b, "Neu", "+4930222");
	assert_int_equal(op.outcome, SIM_FAILED);
	op_free(&op);
	assert_null(b.r->ops->settled(b.r, SIM_CONTACT));
	assert_true(reads_contacts(&b));
	off(&b);
}

/* Another program of the phone, at the card between our write and its end. */
static void a_write_with_somebody_between_is_never_believed(void **state)
{
	static const uint8_t status[] = { 0x80, 0xf2, 0x00, 0x00, 0x00 };
	struct bench b = on("card-a");
	uint8_t r[UICC_TPDU_MAX];
	struct sim_op op;

	(void)state;
	assert_true(reads_contacts(&b));
	op = create(&b, "Neu", "+4930222");
	op_free(&op);
	uicc_apdu(b.u, status, sizeof(status), r, sizeof(r));
	free(b.token[SIM_CONTACT]);
	b.token[SIM_CONTACT] = b.r->ops->settled(b.r, SIM_CONTACT);
	end(&b);
	start(&b);
	assert_true(reads_contacts(&b));
	off(&b);
}

/* ---- somebody else while we read ---------------------------------------- */

static const struct sim_channel_ops *plain;
static int meddle_at;

/* A contact we have read already is edited by another file of the slot. */
static int meddling(struct sim_channel *ch, const uint8_t *cmd, size_t len,
		    uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	static const uint8_t status[] = { 0x80, 0xf2, 0x00, 0x00, 0x00 };
	struct uicc *u = ((struct link *)ch)->u;
	uint8_t r[UICC_TPDU_MAX];
	char why[UICC_WHY];

	if (!--meddle_at) {
		assert_int_equal(uicc_edit(u, "edit contact 1 tel=+4940111", why), 0);
		uicc_apdu(u, status, sizeof(status), r, sizeof(r));
	}
	return plain->transmit(ch, cmd, len, resp, max, got, e);
}

static void what_changed_while_we_read_is_seen_in_the_next_run(void **state)
{
	struct bench b = on("card-a");
	struct sim_channel_ops ops = *b.l->base.ops;

	(void)state;
	plain = b.l->base.ops;
	ops.transmit = meddling;
	b.l->base.ops = &ops;
	meddle_at = 80;
	assert_true(reads_contacts(&b));
	assert_true(meddle_at < 0);
	b.l->base.ops = plain;
	end(&b);
	start(&b);
	assert_true(reads_contacts(&b));
	off(&b);
}

static void our_own_write_is_read_again(void **state)
{
	struct bench b = on("card-a");
	struct sim_err e = { 0 };
	struct sim_item full;
	struct sim_op op = { .verb = SIM_CREATE, .kind = SIM_CONTACT };

	(void)state;
	assert_true(reads_contacts(&b));
	end(&b);
	start(&b);
	assert_false(reads_contacts(&b));
	/* Nothing of the book is known here yet, and it can be written. */
	sim_item_init(&full, SIM_CONTACT);
	sim_item_add(&full, "FN", NULL, "Neu");
	sim_item_add(&full, "TEL", NULL, "+4930222");
	assert_int_equal(b.r->ops->project(b.r, &full, NULL, &op.want, &e), 0);
	assert_int_equal(b.r->ops->place(b.r, &op.want, NULL, &op.ref, &e), 0);
	assert_int_equal(b.r->ops->apply(b.r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_DONE);
	assert_true(reads_contacts(&b));
	assert_false(reads_contacts(&b));
	sim_record_free(&op.got);
	sim_item_free(&op.want);
	sim_item_free(&full);
	free(op.ref);
	off(&b);
}

static void what_could_not_be_read_is_tried_again(void **state)
{
	struct bench b = on("card-a");
	char why[UICC_WHY];

	(void)state;
	assert_int_equal(uicc_fault(b.u, "sw 6F00 ins=B2 nth=9 times=2", why), 0);
	assert_true(reads_contacts(&b));
	assert_true(reads_contacts(&b));
	assert_false(reads_contacts(&b));
	off(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unchanged_book_costs_at_most_8_commands),
		cmocka_unit_test(messages_and_information_cost_nothing_then),
		cmocka_unit_test(another_file_of_the_slot_ends_it),
		cmocka_unit_test(another_file_between_two_runs_ends_it),
		cmocka_unit_test(a_run_without_the_last_ones_stamp_reads_all),
		cmocka_unit_test(a_stamp_that_is_none_is_not_taken),
		cmocka_unit_test(another_activation_ends_it),
		cmocka_unit_test(a_modems_slot_is_never_believed),
		cmocka_unit_test(a_moved_counter_ends_it),
		cmocka_unit_test(a_counter_that_cannot_be_read_ends_it),
		cmocka_unit_test(a_run_after_our_own_write_costs_at_most_8_commands),
		cmocka_unit_test(a_write_that_failed_is_never_believed),
		cmocka_unit_test(a_write_with_somebody_between_is_never_believed),
		cmocka_unit_test(what_changed_while_we_read_is_seen_in_the_next_run),
		cmocka_unit_test(our_own_write_is_read_again),
		cmocka_unit_test(what_could_not_be_read_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
