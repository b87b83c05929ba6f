// SPDX-License-Identifier: MIT
/* Opening a card, its PIN, its information, its messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\nspn \"Example Mobil\"\n" \
	     "msisdn \"Me\" +4915123456789\nlang de en\ngid1 4711\n" \
	     "plmn 26202:C080 26201:4000\n"

static struct uicc *card(const char *image)
{
	char why[UICC_WHY];
	struct uicc *u = uicc_parse(image, "test", why);

	if (!u)
		fail_msg("%s", why);
	return u;
}

static struct card *opened(struct uicc *u, struct link **l)
{
	struct sim_err e = { 0 };
	struct card *c;

	*l = link_to(u);
	c = card_open(&(*l)->base, &e);
	if (!c)
		fail_msg("%s", e.text);
	return c;
}

static void fault(struct uicc *u, const char *line)
{
	char why[UICC_WHY];

	if (uicc_fault(u, line, why))
		fail_msg("%s", why);
}

/* ---- opening ------------------------------------------------------------ */

static void a_usim_is_opened_on_a_channel_of_its_own(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n");
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_false(card_gsm(c));
	assert_int_equal(l->channel, 1);
	assert_string_equal(card_iccid(c), "89490200001234567896");
	card_close(c);
	uicc_free(u);
}

/*
 * TS 102 221 11.1.1.2: selection by a part of the AID is the card's choice. EF_DIR
 * (13.1) has all of it: 61 application template, 4F AID.
 */
static void a_card_that_selects_by_its_whole_aid_is_asked_in_ef_dir(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\nfile 2F00 linear 2 32\n"
			      "put 2F00 1 61124F10A0000000871004FFFFFFFF8903020000\n"
			      "put 2F00 2 61124F10A0000000871002FFFFFFFF8903020000\n");
	struct sim_item it;
	struct sim_err e;
	struct link *l;
	struct card *c;

	(void)state;
	fault(u, "sw 6A82 ins=A4 p1=04 times=2");
	c = opened(u, &l);
	assert_false(card_gsm(c));
	assert_int_equal(card_info(c, &it, &e), 0);
	assert_string_equal(sim_item_get(&it, "IMSI"), "262021234567890");
	sim_item_free(&it);
	card_close(c);
	uicc_free(u);
}

/* 51.011: class A0 after 6E00, on the basic channel. */
static void a_2g_card_is_opened_with_class_a0(void **state)
{
	struct uicc *u = card("template sim\niccid 89490200001234567896\n"
			      "imsi 262021234567890 mnc=2\npin1 1234 off\n"
			      "spn \"Alt\"\n");
	struct sim_item it;
	struct sim_err e;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_true(card_gsm(c));
	assert_int_equal(l->channel, 0);
	assert_int_equal(card_info(c, &it, &e), 0);
	assert_string_equal(sim_item_get(&it, "IMSI"), "262021234567890");
	assert_string_equal(sim_item_get(&it, "SPN"), "Alt");
	sim_item_free(&it);
	card_close(c);
	uicc_free(u);
}

/* Every command that opening needs, refused or unanswered in turn. */
static void a_card_that_fails_while_it_is_opened_is_said(void **state)
{
	static const char *const faults[] = {
		"sw 6F00 times=1000", "silence times=1000", "sw 6A82 times=1000",
		"sw 6E00 times=1000", "sw 9404 times=1000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct uicc *u = card(HEAD "pin1 1234 off\n");
		struct sim_err e = { 0 };
		struct link *l = link_to(u);

		fault(u, faults[i]);
		assert_null(card_open(&l->base, &e));
		assert_true(e.text[0]);
		uicc_free(u);
	}
}

/* ---- PIN ---------------------------------------------------------------- */

static struct card_pin pin_of(struct card *c, enum card_pin_id which)
{
	struct card_pin p;
	struct sim_err e = { 0 };

	assert_int_equal(card_pin(c, which, &p, &e), 0);
	return p;
}

static void a_disabled_pin_asks_nothing(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n");
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_int_equal(pin_of(c, CARD_PIN1).state, CARD_PIN_OFF);
	card_close(c);
	uicc_free(u);
}

static void the_right_pin_opens_the_card_and_a_wrong_one_costs_one_try(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct card_pin p;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	p = pin_of(c, CARD_PIN1);
	assert_int_equal(p.state, CARD_PIN_NEEDED);
	assert_int_equal(p.tries, 3);
	assert_true(p.full);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "9999", true, &e), 1);
	assert_non_null(strstr(e.text, "2 tries"));
	assert_null(strstr(e.text, "9999"));
	p = pin_of(c, CARD_PIN1);
	assert_int_equal(p.tries, 2);
	assert_false(p.full);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", true, &e), 0);
	assert_int_equal(pin_of(c, CARD_PIN1).state, CARD_PIN_OFF);
	card_close(c);
	uicc_free(u);
}

/* design.md, Guards: never a stored one unless all tries are left, never the last. */
static void a_stored_pin_and_the_last_try_are_never_used(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "0000", true, &e), 1);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", false, &e), 1);
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 2);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "0000", true, &e), 1);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", true, &e), 1);
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 1);
	card_close(c);
	uicc_free(u);
}

/* The next try may be the last: a card that does not tell gets none. */
static void without_a_count_of_tries_nothing_is_tried(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	fault(u, "sw 6F00 ins=20 times=1");
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1111", true, &e), 1);
	assert_int_equal(e.code, EX_NOPERM);
	assert_non_null(strstr(e.text, "tries"));
	assert_null(strstr(e.text, "1111"));
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 3);
	card_close(c);
	uicc_free(u);
}

static void what_is_no_pin_is_not_tried(void **state)
{
	static const char *const no[] = { "", "123", "123456789", "12a4", "+123" };
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_int_equal(card_pin_verify(c, CARD_PIN1, no[i], true, &e),
				 1);
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 3);
	card_close(c);
	uicc_free(u);
}

static bool pin_seen;

static void look_for_pin(void *arg, const uint8_t *cmd, size_t len,
			 const uint8_t *resp, size_t got, const char *what)
{
	(void)arg;
	(void)resp;
	(void)got;
	(void)what;
	for (size_t i = 0; i + 4 <= len; i++)
		if (!memcmp(cmd + i, "1234", 4))
			pin_seen = true;
}

static void a_trace_does_not_show_the_pin(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	pin_seen = false;
	card_on_apdu(c, look_for_pin, NULL);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", true, &e), 0);
	assert_false(pin_seen);
	card_close(c);
	uicc_free(u);
}

static void a_2g_pin_is_read_from_the_directory(void **state)
{
	struct uicc *u = card("template sim\niccid 89490200001234567896\n"
			      "imsi 262021234567890 mnc=2\npin1 1234\n");
	struct sim_err e = { 0 };
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_int_equal(pin_of(c, CARD_PIN1).state, CARD_PIN_NEEDED);
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 3);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1111", true, &e), 1);
	assert_int_equal(pin_of(c, CARD_PIN1).tries, 2);
	assert_int_equal(card_pin_verify(c, CARD_PIN1, "1234", true, &e), 0);
	assert_int_equal(pin_of(c, CARD_PIN1).state, CARD_PIN_OFF);
	card_close(c);
	uicc_free(u);
}

/* ---- information -------------------------------------------------------- */

static void every_field_of_the_card_is_said(void **state)
{
	static const char *const want[][2] = {
		{ "ICCID", "89490200001234567896" },
		{ "IMSI", "262021234567890" }, { "MCCMNC", "26202" },
		{ "SPN", "Example Mobil" }, { "MSISDN", "+4915123456789" },
		{ "LANG", "de en" }, { "GID1", "4711" },
		{ "PLMN", "26202:C080 26201:4000" },
	};
	struct uicc *u = card(HEAD "pin1 1234 off\n");
	struct sim_err e = { 0 };
	struct sim_item it;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_int_equal(card_info(c, &it, &e), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const char *v = sim_item_get(&it, want[i][0]);

		assert_non_null(v);
		assert_string_equal(v, want[i][1]);
	}
	sim_item_free(&it);
	card_close(c);
	uicc_free(u);
}

static void before_the_pin_only_what_is_open_is_said(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234\n");
	struct sim_err e = { 0 };
	struct sim_item it;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	assert_int_equal(card_info(c, &it, &e), 0);
	assert_non_null(sim_item_get(&it, "SPN"));
	assert_null(sim_item_get(&it, "IMSI"));
	assert_null(sim_item_get(&it, "MSISDN"));
	sim_item_free(&it);
	card_close(c);
	uicc_free(u);
}

static struct sim_item parsed(enum sim_kind kind, const char *text)
{
	struct sim_item it;

	sim_item_init(&it, kind);
	assert_int_equal(sim_item_parse(&it, kind, text), 0);
	return it;
}

/* A number kept back by an error, twice, is not a number deleted. */
static void information_that_cannot_be_read_is_not_gone(void **state)
{
	static const char *const faults[] = {
		"sw 6F00 ins=B2 fid=6F40 times=2", "sw 6581 ins=B2 fid=6F40 times=2",
		"sw 6F00 ins=B0 fid=6F05 times=2",
		"after-sw 9300 ins=B0 fid=6F05 times=10",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct uicc *u = card(HEAD "pin1 1234 off\n");
		struct sim_err e = { 0 };
		struct sim_changes ch;
		struct sim_replica *r;
		struct link *l;
		struct card *c = opened(u, &l);

		r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
		fault(u, faults[i]);
		assert_int_equal(r->ops->changes(r, SIM_INFO, NULL, &ch, &e), 0);
		assert_int_equal(ch.n, 1);
		assert_non_null(ch.rec[0].problem);
		sim_changes_free(&ch);
		assert_int_equal(r->ops->changes(r, SIM_INFO, NULL, &ch, &e), 0);
		assert_null(ch.rec[0].problem);
		assert_string_equal(sim_item_get(&ch.rec[0].item, "MSISDN"),
				    "+4915123456789");
		sim_changes_free(&ch);
		r->ops->free(r);
		card_close(c);
		uicc_free(u);
	}
}

/* What its siblings on the eUICC are called, it is called too. */
static void a_profile_is_called_esim(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n");
	struct sim_err e = { 0 };
	struct sim_replica *r;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	r = card_replica(c, "card:1/a", SIM_VIRTUAL, &e);
	assert_string_equal(r->shown, "eSIM Example Mobil (...7896)");
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

static void own_number_and_languages_are_written_the_rest_is_not(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\nphonebook local adn=5x28\n");
	struct sim_err e = { 0 };
	struct sim_op op = { .verb = SIM_UPDATE, .kind = SIM_INFO };
	struct sim_changes ch;
	struct sim_replica *r;
	struct sim_item full;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	assert_string_equal(r->shown, "SIM Example Mobil (...7896)");
	assert_int_equal(r->ops->changes(r, SIM_INFO, NULL, &ch, &e), 0);
	assert_int_equal(ch.n, 1);
	full = parsed(SIM_INFO, "ICCID:89490200001234567896\nIMSI:1\n"
		      "MSISDN:+49 170 999\nLANG:fr\nPLMN:20801:8000\nLABEL:Work\n");
	assert_int_equal(r->ops->project(r, &full, &ch.rec[0].item, &op.want, &e),
			 0);
	op.ref = ch.rec[0].ref;
	op.version = ch.rec[0].version;
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_string_equal(sim_item_get(&op.got.item, "MSISDN"), "+49170999");
	assert_string_equal(sim_item_get(&op.got.item, "LANG"), "fr");
	assert_string_equal(sim_item_get(&op.got.item, "PLMN"), "20801:8000");
	assert_string_equal(sim_item_get(&op.got.item, "IMSI"), "262021234567890");
	assert_null(sim_item_get(&op.got.item, "LABEL"));
	sim_item_free(&op.want);
	sim_record_free(&op.got);
	sim_item_free(&full);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

/* ---- messages ----------------------------------------------------------- */

static void messages_are_read_stored_marked_and_deleted(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n"
		"sms deliver +4917612345678 \"2026-11-01 10:00 +01\" \"Hallo\" status=unread\n"
		"sms submit +4917612345678 \"Ja\"\n");
	struct sim_err e = { 0 };
	struct sim_op op = { .kind = SIM_MESSAGE };
	struct sim_changes ch;
	struct sim_replica *r;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e), 0);
	assert_int_equal(ch.n, 2);
	assert_string_equal(ch.rec[0].ref, "sms/1");
	assert_string_equal(sim_item_get(&ch.rec[0].item, "TEXT"), "Hallo");
	assert_string_equal(sim_item_get(&ch.rec[0].item, "STATUS"), "unread");
	assert_string_equal(sim_item_get(&ch.rec[0].item, "DATE"),
			    "2026-11-01T10:00:00+01:00");
	assert_string_equal(sim_item_get(&ch.rec[1].item, "TO"),
			    "+4917612345678");

	/* Read state goes back. */
	op.verb = SIM_UPDATE;
	sim_item_init(&op.want, SIM_MESSAGE);
	sim_item_copy(&op.want, &ch.rec[0].item);
	sim_item_set(&op.want, "STATUS", "read");
	op.ref = ch.rec[0].ref;
	op.version = ch.rec[0].version;
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_DONE);
	sim_record_free(&op.got);
	/* The version is of the past now. */
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_MOVED);
	sim_record_free(&op.got);

	/* A copy in a free record; then deleted again. */
	op.verb = SIM_CREATE;
	op.version = NULL;
	assert_int_equal(r->ops->place(r, &op.want, NULL, &op.ref, &e), 0);
	assert_string_equal(op.ref, "sms/3");
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_DONE);
	op.verb = SIM_DELETE;
	op.version = strdup(op.got.version);
	sim_record_free(&op.got);
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_DONE);
	free(op.version);
	free(op.ref);
	sim_item_free(&op.want);
	sim_record_free(&op.got);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

/* 9000 says done; only the record itself says that it is kept. */
static void a_message_the_card_does_not_keep_or_let_go_is_a_failure(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n"
		"sms deliver 110 \"2026-11-01 10:00 +01\" \"x\"\n");
	struct sim_err e = { 0 };
	struct sim_op op = { .verb = SIM_DELETE, .kind = SIM_MESSAGE };
	struct sim_changes ch;
	struct sim_replica *r;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	fault(u, "sw 9000 ins=DC times=always");
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e), 0);
	op.ref = ch.rec[0].ref;
	op.version = ch.rec[0].version;
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_FAILED);
	assert_non_null(strstr(op.err.text, "EF_SMS record 1"));
	op = (struct sim_op){ .verb = SIM_CREATE, .kind = SIM_MESSAGE };
	assert_int_equal(sim_item_copy(&op.want, &ch.rec[0].item), 0);
	assert_int_equal(r->ops->place(r, &op.want, NULL, &op.ref, &e), 0);
	assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
	assert_int_equal(op.outcome, SIM_FAILED);
	assert_non_null(strstr(op.err.text, "EF_SMS record 2"));
	free(op.ref);
	sim_item_free(&op.want);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

/* max(5, 25 %) of 20 records stay free for reception. */
static void a_store_is_never_filled_to_the_brim(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n"
		"sms deliver 110 \"2026-11-01 10:00 +01\" \"x\"\n");
	struct sim_err e = { 0 };
	struct sim_changes ch;
	struct sim_replica *r;
	struct link *l;
	struct card *c = opened(u, &l);
	char *ref;
	int n = 0;

	(void)state;
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e), 0);
	while (!r->ops->place(r, &ch.rec[0].item, NULL, &ref, &e)) {
		free(ref);
		n++;
	}
	assert_int_equal(n, 14);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

static void a_record_that_is_no_message_is_a_problem_not_a_delete(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n"
		"put usim/6F3C 1 03079194710167000004FFFF\n"
		"sms deliver 110 \"2026-11-01 10:00 +01\" \"x\"\n");
	struct sim_err e = { 0 };
	struct sim_changes ch;
	struct sim_replica *r;
	struct link *l;
	struct card *c = opened(u, &l);

	(void)state;
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_MESSAGE, NULL, &ch, &e), 0);
	assert_int_equal(ch.n, 2);
	assert_non_null(strstr(ch.rec[0].problem, "EF_SMS record 1"));
	assert_null(ch.rec[1].problem);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	uicc_free(u);
}

/* ---- capacity ----------------------------------------------------------- */

static void use_and_capacity_are_counted(void **state)
{
	struct uicc *u = card(HEAD "pin1 1234 off\n"
		"phonebook local adn=20x28 iap email=5x34\n"
		"contact \"A\" 1 email=a@b.c\ncontact \"B\" 2\n"
		"sms deliver 110 \"2026-11-01 10:00 +01\" \"x\"\n");
	struct sim_err e = { 0 };
	struct card_use *use;
	struct link *l;
	struct card *c = opened(u, &l);
	size_t n, i;

	(void)state;
	assert_int_equal(card_uses(c, &use, &n, &e), 0);
	assert_true(n > 3);
	assert_string_equal(use[0].name, "EF_ADN");
	assert_int_equal(use[0].used, 2);
	assert_int_equal(use[0].total, 20);
	assert_int_equal(use[0].text, 14);
	/* TS 31.102 4.4.2.3: READ PIN, UPDATE PIN. */
	assert_string_equal(use[0].read, "PIN1");
	assert_string_equal(use[0].update, "PIN1");
	assert_int_equal(use[1].used, 1);
	assert_int_equal(use[1].total, 5);
	assert_string_equal(use[2].name, "EF_SMS");
	assert_int_equal(use[2].used, 1);
	for (i = 3; i < n && strcmp(use[i].name, "EF_MSISDN"); i++)
		;
	assert_true(i < n);
	assert_int_equal(use[i].used, 1);
	for (i = 3; i < n && strcmp(use[i].name, "EF_IMSI"); i++)
		;
	assert_true(i < n);
	/* 4.2.2: nine bytes, READ PIN, UPDATE ADM. */
	assert_int_equal(use[i].bytes, 9);
	assert_string_equal(use[i].read, "PIN1");
	assert_non_null(strstr(use[i].update, "ADM"));
	free(use);
	card_close(c);
	uicc_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usim_is_opened_on_a_channel_of_its_own),
		cmocka_unit_test(a_card_that_selects_by_its_whole_aid_is_asked_in_ef_dir),
		cmocka_unit_test(a_2g_card_is_opened_with_class_a0),
		cmocka_unit_test(a_card_that_fails_while_it_is_opened_is_said),
		cmocka_unit_test(a_disabled_pin_asks_nothing),
		cmocka_unit_test(the_right_pin_opens_the_card_and_a_wrong_one_costs_one_try),
		cmocka_unit_test(a_stored_pin_and_the_last_try_are_never_used),
		cmocka_unit_test(without_a_count_of_tries_nothing_is_tried),
		cmocka_unit_test(what_is_no_pin_is_not_tried),
		cmocka_unit_test(a_trace_does_not_show_the_pin),
		cmocka_unit_test(a_2g_pin_is_read_from_the_directory),
		cmocka_unit_test(every_field_of_the_card_is_said),
		cmocka_unit_test(before_the_pin_only_what_is_open_is_said),
		cmocka_unit_test(a_profile_is_called_esim),
		cmocka_unit_test(information_that_cannot_be_read_is_not_gone),
		cmocka_unit_test(own_number_and_languages_are_written_the_rest_is_not),
		cmocka_unit_test(messages_are_read_stored_marked_and_deleted),
		cmocka_unit_test(a_message_the_card_does_not_keep_or_let_go_is_a_failure),
		cmocka_unit_test(a_store_is_never_filled_to_the_brim),
		cmocka_unit_test(a_record_that_is_no_message_is_a_problem_not_a_delete),
		cmocka_unit_test(use_and_capacity_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
