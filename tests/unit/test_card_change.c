// SPDX-License-Identifier: MIT
/*
 * Changes on a card by hand: cut to what the card holds and said so, not
 * doubled, read back; and finished when the command was killed on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "card/lists.h"
#include "card/sms.h"
#include "card_link.h"
#include "cmd/cardchange.h"
#include "cmd/cardnote.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\npin2 5678 off\n"
#define BOOK "phonebook local adn=20x28 ext1=4x13 iap email=3x34 anr=20x15\n"

/* Another process at the same card: its channel is opened anew. */
static struct cardchange at(struct uicc *u, enum sim_kind kind, long cut)
{
	struct cardchange w = { .kind = kind };
	struct sim_err e = { 0 };
	struct link *l = link_to(u);

	w.card = card_open(&l->base, &e);
	if (!w.card)
		fail_msg("%s", e.text);
	w.rep = card_replica(w.card, "card", SIM_PHYSICAL, &e);
	assert_non_null(w.rep);
	if (w.rep->ops->changes(w.rep, kind, NULL, &w.now, &e))
		fail_msg("%s", e.text);
	l->cut = cut;
	return w;
}

static void leave(struct cardchange *w)
{
	sim_changes_free(&w->now);
	w->rep->ops->free(w->rep);
	card_close(w->card);
}

static struct uicc *card(const char *more)
{
	char why[UICC_WHY], image[2048];
	struct uicc *u;

	snprintf(image, sizeof(image), HEAD "%s", more);
	u = uicc_parse(image, "test", why);
	if (!u)
		fail_msg("%s", why);
	return u;
}

static struct sim_item item(enum sim_kind kind, const char *text)
{
	struct sim_item it;

	sim_item_init(&it, kind);
	assert_int_equal(sim_item_parse(&it, kind, text), 0);
	return it;
}

static char *text_of(const struct cardchange *w, const char *ref)
{
	for (size_t i = 0; i < w->now.n; i++)
		if (!strcmp(w->now.rec[i].ref, ref))
			return sim_item_text(&w->now.rec[i].item);
	return strdup("");
}

/* ADN holds 14 bytes of name; NOTE has no file. */
static void what_the_card_cannot_hold_is_said(void **state)
{
	struct uicc *u = card(BOOK);
	struct cardchange w = at(u, SIM_CONTACT, -1);
	struct sim_item full = item(SIM_CONTACT,
				    "FN:Alexandra Hamilton\nN:Hamilton;Alexandra\n"
				    "TEL:+49 30/123-456\nEMAIL:a@b.c\nNOTE:x\n");
	struct sim_record got;
	struct sim_err e = { 0 };
	json_t *lost;
	char *text;

	(void)state;
	assert_int_equal(cardchange_add(&w, &full, &got, &e), 0);
	assert_string_equal(got.ref, "local/1/1");
	text = sim_item_text(&got.item);
	assert_string_equal(text, "FN:Alexandra Hami\nTEL:+4930123456\nEMAIL:a@b.c\n");
	lost = cardchange_lost(&full, &got.item);
	assert_int_equal(json_array_size(lost), 2);
	assert_string_equal(json_string_value(json_array_get(lost, 0)), "FN");
	assert_string_equal(json_string_value(json_array_get(lost, 1)), "NOTE");
	json_decref(lost);
	free(text);
	sim_record_free(&got);
	leave(&w);

	/* The same again is not a second one. */
	w = at(u, SIM_CONTACT, -1);
	assert_int_equal(w.now.n, 1);
	assert_int_equal(cardchange_add(&w, &full, &got, &e), 1);
	sim_record_free(&got);
	leave(&w);
	w = at(u, SIM_CONTACT, -1);
	assert_int_equal(w.now.n, 1);
	leave(&w);
	sim_item_free(&full);
	uicc_free(u);
}

static void one_is_found_by_record_name_or_number(void **state)
{
	struct uicc *u = card(BOOK "contact \"Anna\" 1\ncontact \"Bob\" +492\n"
			      "contact \"Bob\" 3\n");
	struct cardchange w = at(u, SIM_CONTACT, -1);
	struct sim_err e = { 0 };

	(void)state;
	assert_string_equal(cardchange_find(&w, "anna", &e)->ref, "local/1/1");
	assert_string_equal(cardchange_find(&w, "+492", &e)->ref, "local/1/2");
	assert_string_equal(cardchange_find(&w, "local/1/3", &e)->ref,
			    "local/1/3");
	assert_null(cardchange_find(&w, "Bob", &e));
	assert_int_equal(e.code, EX_USAGE);
	assert_null(cardchange_find(&w, "Carl", &e));
	assert_int_equal(e.code, EX_NOINPUT);
	leave(&w);
	uicc_free(u);
}

static void what_somebody_changed_meanwhile_stays(void **state)
{
	struct uicc *u = card(BOOK "contact \"Anna\" 1\n");
	struct cardchange w = at(u, SIM_CONTACT, -1);
	struct sim_item full = item(SIM_CONTACT, "FN:Anna\nTEL:2\n");
	struct sim_err e = { 0 };
	struct sim_record got;
	char why[UICC_WHY], *text;

	(void)state;
	assert_int_equal(uicc_edit(u, "edit contact 1 tel=9", why), 0);
	assert_int_equal(cardchange_edit(&w, &w.now.rec[0], &full, &got, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_int_equal(cardchange_rm(&w, &w.now.rec[0], &e), -1);
	leave(&w);
	w = at(u, SIM_CONTACT, -1);
	text = text_of(&w, "local/1/1");
	assert_string_equal(text, "FN:Anna\nTEL:9\n");
	free(text);
	sim_item_free(&full);
	leave(&w);
	uicc_free(u);
}

/* ---- killed ------------------------------------------------------------- */

#define WAS "FN:Anna\nTEL:+49301\nTEL:110\nEMAIL:old@b.c\n"
#define NEW "FN:Anna B\nTEL:123456789012345678901234\nEMAIL:new@b.c\n"

/**
 * struct kill - a change that is killed after so many commands
 * @had: what stood there; "" nothing
 * @want: what it makes of it; "" nothing
 */
static const struct kill {
	const char *had;
	const char *want;
} kills[] = {
	{ "", NEW }, { WAS, NEW }, { WAS, "" },
};

static int do_kill(struct cardchange *w, const struct kill *k, struct sim_err *e)
{
	struct sim_item full = item(SIM_CONTACT, k->want);
	struct sim_record got = { 0 };
	int r;

	if (!k->want[0])
		r = cardchange_rm(w, &w->now.rec[0], e);
	else if (k->had[0])
		r = cardchange_edit(w, &w->now.rec[0], &full, &got, e);
	else
		r = cardchange_add(w, &full, &got, e);
	sim_record_free(&got);
	sim_item_free(&full);
	return r;
}

static void a_killed_change_is_whole_or_not_at_all(void **state)
{
	char note[] = "/tmp/simsync-note.XXXXXX";
	unsigned int half = 0;

	(void)state;
	close(mkstemp(note));
	for (size_t i = 0; i < sizeof(kills) / sizeof(kills[0]); i++) {
		const struct kill *k = &kills[i];
		int r = -1;

		for (long cut = 0; r; cut++) {
			struct uicc *u = card(k->had[0] ? BOOK
				"contact \"Anna\" +49301 anr=110 email=old@b.c\n" :
				BOOK);
			struct cardchange w = at(u, SIM_CONTACT, cut);
			struct sim_err e = { 0 };
			char *text;

			assert_true(cut < 100);
			unlink(note);
			snprintf(w.note, sizeof(w.note), "%s", note);
			r = do_kill(&w, k, &e);
			leave(&w);
			w = at(u, SIM_CONTACT, -1);
			r = cardchange_finish(w.rep, note, &e) < 0 ? -2 : r;
			leave(&w);
			if (r == -2)
				fail_msg("%s", e.text);
			assert_int_equal(access(note, F_OK), -1);
			w = at(u, SIM_CONTACT, -1);
			text = text_of(&w, "local/1/1");
			if (strcmp(text, k->had) && strcmp(text, k->want))
				fail_msg("change %zu, killed after %ld: %s", i,
					 cut, text);
			half += r && !strcmp(text, k->want);
			free(text);
			leave(&w);
			uicc_free(u);
		}
	}
	/* Some were cut between two records, and finished. */
	assert_true(half > 3);
	unlink(note);
}

/* Another phone was at the entry since: what it says now is what it wants. */
static void what_another_phone_made_of_it_stays(void **state)
{
	char note[] = "/tmp/simsync-note.XXXXXX", why[UICC_WHY], *text;
	struct uicc *u = card(BOOK "contact \"Anna\" 1 email=old@b.c\n");
	struct sim_op op = { .ref = (char *)"local/1/1" };
	struct cardchange w;
	struct sim_err e = { 0 };

	(void)state;
	close(mkstemp(note));
	op.was = item(SIM_CONTACT, "FN:Anna\nTEL:1\nEMAIL:old@b.c\n");
	op.want = item(SIM_CONTACT, "FN:Anna\nTEL:2\nEMAIL:new@b.c\n");
	assert_int_equal(cardnote_write(note, &op), 0);
	assert_int_equal(uicc_edit(u, "edit contact 1 name=Berta tel=2", why), 0);
	w = at(u, SIM_CONTACT, -1);
	assert_int_equal(cardchange_finish(w.rep, note, &e), 0);
	leave(&w);
	w = at(u, SIM_CONTACT, -1);
	text = text_of(&w, "local/1/1");
	assert_string_equal(text, "FN:Berta\nTEL:2\nEMAIL:old@b.c\n");
	free(text);
	leave(&w);
	assert_int_equal(access(note, F_OK), -1);
	sim_item_free(&op.was);
	sim_item_free(&op.want);
	uicc_free(u);
}

static void fault(struct uicc *u, const char *line)
{
	char why[UICC_WHY];

	if (uicc_fault(u, line, why))
		fail_msg("%s", why);
}

/* ISO 7816-4: 6581, memory failure: the name is written, the e-mail is not. */
static void after_a_change_left_half_done_none_is_begun(void **state)
{
	char note[] = "/tmp/simsync-note.XXXXXX", *text;
	struct sim_item a = item(SIM_CONTACT, "FN:Anna\nTEL:1\nEMAIL:a@b.c\n");
	struct sim_item b = item(SIM_CONTACT, "FN:Bob\nTEL:2\n");
	struct uicc *u = card(BOOK);
	struct cardchange w = at(u, SIM_CONTACT, -1);
	struct sim_record got;
	struct sim_err e = { 0 };
	struct cardnote n;

	(void)state;
	close(mkstemp(note));
	unlink(note);
	snprintf(w.note, sizeof(w.note), "%s", note);
	fault(u, "sw 6581 ins=DC nth=2 times=always");
	assert_int_equal(cardchange_add(&w, &a, &got, &e), -1);
	fault(u, "clear");
	assert_int_equal(cardchange_add(&w, &b, &got, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	leave(&w);
	assert_int_equal(cardnote_read(note, &n, &e), 0);
	assert_true(sim_item_equal(&n.want, &a));
	cardnote_free(&n);
	/* The next command finishes it, and goes on. */
	w = at(u, SIM_CONTACT, -1);
	assert_int_equal(cardchange_finish(w.rep, note, &e), 1);
	leave(&w);
	w = at(u, SIM_CONTACT, -1);
	text = text_of(&w, "local/1/1");
	assert_string_equal(text, "FN:Anna\nTEL:1\nEMAIL:a@b.c\n");
	free(text);
	assert_int_equal(w.now.n, 1);
	assert_int_equal(cardchange_add(&w, &b, &got, &e), 0);
	sim_record_free(&got);
	leave(&w);
	sim_item_free(&a);
	sim_item_free(&b);
	uicc_free(u);
}

/* Whether it was finished is known when its entry has been seen. */
static void a_change_waits_until_its_entry_can_be_read(void **state)
{
	static const char *const unseen[] = {
		/* EF_ADN's records refuse; EF_PBR's: no entry is listed. */
		"sw 6F00 ins=B2 fid=4F3A times=always",
		"sw 6F00 ins=B2 fid=4F30 times=always",
	};
	char note[] = "/tmp/simsync-note.XXXXXX", *text;
	struct sim_op op = { .ref = (char *)"local/1/1" };

	(void)state;
	close(mkstemp(note));
	op.was = item(SIM_CONTACT, "FN:Anna\nTEL:1\nEMAIL:old@b.c\n");
	op.want = item(SIM_CONTACT, "FN:Anna\nTEL:2\nEMAIL:new@b.c\n");
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		struct uicc *u = card(BOOK "contact \"Anna\" 2 email=old@b.c\n");
		struct link *l = link_to(u);
		struct sim_replica *rep;
		struct sim_err e = { 0 };
		struct cardchange w;
		struct card *c;

		assert_int_equal(cardnote_write(note, &op), 0);
		c = card_open(&l->base, &e);
		assert_non_null(c);
		rep = card_replica(c, "card", SIM_PHYSICAL, &e);
		assert_non_null(rep);
		fault(u, unseen[i]);
		assert_int_equal(cardchange_finish(rep, note, &e), 2);
		assert_int_equal(access(note, F_OK), 0);
		assert_non_null(strstr(e.text, "local/1/1"));
		rep->ops->free(rep);
		card_close(c);
		fault(u, "clear");
		w = at(u, SIM_CONTACT, -1);
		assert_int_equal(cardchange_finish(w.rep, note, &e), 1);
		assert_int_equal(access(note, F_OK), -1);
		leave(&w);
		w = at(u, SIM_CONTACT, -1);
		text = text_of(&w, "local/1/1");
		assert_string_equal(text, "FN:Anna\nTEL:2\nEMAIL:new@b.c\n");
		free(text);
		leave(&w);
		uicc_free(u);
	}
	sim_item_free(&op.was);
	sim_item_free(&op.want);
}

/* The card is written only when a power cut would leave the note. */
static unsigned int folders;

int fsync(int fd)
{
	struct stat st;

	folders += !fstat(fd, &st) && S_ISDIR(st.st_mode);
	return (int)syscall(SYS_fsync, fd);
}

static void a_note_is_there_after_a_power_cut(void **state)
{
	char note[] = "/tmp/simsync-note.XXXXXX";
	struct sim_op op = { .ref = (char *)"local/1/1" };

	(void)state;
	close(mkstemp(note));
	op.was = item(SIM_CONTACT, "FN:Anna\n");
	op.want = item(SIM_CONTACT, "");
	folders = 0;
	assert_int_equal(cardnote_write(note, &op), 0);
	assert_int_equal(folders, 1);
	unlink(note);
	sim_item_free(&op.was);
	sim_item_free(&op.want);
}

static void half_a_note_says_that_nothing_was_begun(void **state)
{
	char note[] = "/tmp/simsync-note.XXXXXX";
	int fd = mkstemp(note);
	struct cardnote n;
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(write(fd, "local/1/1\n-FN:Anna\n+FN:", 24), 24);
	close(fd);
	assert_int_equal(cardnote_read(note, &n, &e), 1);
	assert_int_equal(access(note, F_OK), -1);
	assert_int_equal(cardnote_read(note, &n, &e), 1);
}

/* ---- messages ----------------------------------------------------------- */

/*
 * DELIVER by hand (TS 23.040 9.2.2.1): 04; address of 3 digits, international,
 * 491 = 94 F1; PID, DCS 00; 2026-11-01 10:00:00 +01:00 = 62 11 10 01 00 00 40;
 * two septets "Hi" = C8 34.
 */

static void a_message_is_stored_once_and_removed(void **state)
{
	struct uicc *u = card("");
	struct cardchange w = at(u, SIM_MESSAGE, -1);
	struct sim_record got;
	struct sim_item it;
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(sms_of_tpdu(&it, "04039194F100006211100100004002C834",
				     "in", "+4917", "read", &e), 0);
	assert_string_equal(sim_item_get(&it, "TEXT"), "Hi");
	assert_string_equal(sim_item_get(&it, "FROM"), "+491");
	assert_int_equal(cardchange_add(&w, &it, &got, &e), 0);
	assert_string_equal(got.ref, "sms/1");
	assert_string_equal(sim_item_get(&got.item, "SMSC"), "+4917");
	sim_record_free(&got);
	leave(&w);
	w = at(u, SIM_MESSAGE, -1);
	/* Unread there or here: it is the same message. */
	sim_item_set(&it, "STATUS", "unread");
	assert_int_equal(cardchange_add(&w, &it, &got, &e), 1);
	assert_int_equal(cardchange_rm(&w, cardchange_find(&w, "sms/1", &e), &e),
			 0);
	leave(&w);
	w = at(u, SIM_MESSAGE, -1);
	assert_int_equal(w.now.n, 0);
	leave(&w);
	sim_item_free(&it);
	uicc_free(u);
}

static void what_is_no_message_is_refused(void **state)
{
	static const char *const bad[][3] = {
		{ "", "in", "read" },	  { "04", "in", "read" },
		{ "0G", "in", "read" },	  { "040", "in", "read" },
		{ "04039194F100006211100100004002C834", "in", "sent" },
		{ "04039194F100006211100100004002C834", "in", "new" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_err e = { 0 };
		struct sim_item it;

		assert_int_equal(sms_of_tpdu(&it, bad[i][0], bad[i][1], "",
					     bad[i][2], &e), 1);
		assert_int_equal(e.code, EX_DATAERR);
		assert_int_equal(it.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_card_cannot_hold_is_said),
		cmocka_unit_test(one_is_found_by_record_name_or_number),
		cmocka_unit_test(what_somebody_changed_meanwhile_stays),
		cmocka_unit_test(a_killed_change_is_whole_or_not_at_all),
		cmocka_unit_test(what_another_phone_made_of_it_stays),
		cmocka_unit_test(after_a_change_left_half_done_none_is_begun),
		cmocka_unit_test(a_change_waits_until_its_entry_can_be_read),
		cmocka_unit_test(a_note_is_there_after_a_power_cut),
		cmocka_unit_test(half_a_note_says_that_nothing_was_begun),
		cmocka_unit_test(a_message_is_stored_once_and_removed),
		cmocka_unit_test(what_is_no_message_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
