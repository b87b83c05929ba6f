// SPDX-License-Identifier: MIT
/* The phonebook through EF_PBR (TS 31.102 4.4.2) on the software UICC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\n"
#define BOOK "phonebook local adn=20x28 ext1=4x13 iap email=3x34 anr=20x15 " \
	     "pbc uid grp=20x4 gas=4x14 aas=3x14 psc cc puid\n"

/**
 * struct bench - a card, our library on it, and its replica
 */
struct bench {
	struct uicc *u;
	struct link *l;
	struct card *c;
	struct sim_replica *r;
	struct sim_changes ch;
};

static void attach(struct bench *b)
{
	struct sim_err e = { 0 };

	b->l = link_to(b->u);
	b->c = card_open(&b->l->base, &e);
	if (!b->c)
		fail_msg("%s", e.text);
	b->r = card_replica(b->c, "card:1/a", SIM_PHYSICAL, &e);
	assert_non_null(b->r);
	memset(&b->ch, 0, sizeof(b->ch));
}

static void look(struct bench *b)
{
	struct sim_err e = { 0 };

	sim_changes_free(&b->ch);
	if (b->r->ops->changes(b->r, SIM_CONTACT, NULL, &b->ch, &e))
		fail_msg("%s", e.text);
	assert_true(b->ch.whole);
}

static struct bench on(const char *image)
{
	struct bench b = { 0 };
	char why[UICC_WHY];

	b.u = uicc_parse(image, "test", why);
	if (!b.u)
		fail_msg("%s", why);
	attach(&b);
	look(&b);
	return b;
}

static void detach(struct bench *b)
{
	sim_changes_free(&b->ch);
	b->r->ops->free(b->r);
	card_close(b->c);
}

static void off(struct bench *b)
{
	detach(b);
	uicc_free(b->u);
}

static void edit(struct bench *b, const char *line)
{
	char why[UICC_WHY];

	if (uicc_edit(b->u, line, why))
		fail_msg("%s", why);
}

static const struct sim_record *named(const struct bench *b, const char *fn)
{
	const char *v;

	for (size_t i = 0; i < b->ch.n; i++) {
		v = sim_item_get(&b->ch.rec[i].item, "FN");
		if (v && !strcmp(v, fn))
			return &b->ch.rec[i];
	}
	return NULL;
}

static void reads(const struct bench *b, const char *fn, const char *text)
{
	const struct sim_record *r = named(b, fn);
	char *have;

	if (!r)
		fail_msg("no %s", fn);
	have = sim_item_text(&r->item);
	assert_string_equal(have, text);
	free(have);
}

static struct sim_item item(const char *text)
{
	struct sim_item it;

	sim_item_init(&it, SIM_CONTACT);
	assert_int_equal(sim_item_parse(&it, SIM_CONTACT, text), 0);
	return it;
}

/* Project and write, as the engine does. */
static enum sim_outcome put(struct bench *b, enum sim_verb verb,
			    const char *ref, const char *version,
			    const char *text, struct sim_item *got)
{
	struct sim_item full = item(text);
	struct sim_op op = { .verb = verb, .kind = SIM_CONTACT };
	struct sim_err e = { 0 };
	int ret = 0;

	sim_item_init(&op.want, SIM_CONTACT);
	if (verb != SIM_DELETE) {
		const struct sim_item *held = NULL;

		for (size_t i = 0; ref && i < b->ch.n; i++)
			if (!strcmp(b->ch.rec[i].ref, ref))
				held = &b->ch.rec[i].item;
		ret = b->r->ops->project(b->r, &full, held, &op.want, &e);
	}
	sim_item_free(&full);
	if (ret)
		return SIM_UNFIT;
	if (verb == SIM_CREATE) {
		ret = b->r->ops->place(b->r, &op.want, NULL, &op.ref, &e);
		if (ret) {
			sim_item_free(&op.want);
			return SIM_FULL;
		}
	} else {
		op.ref = strdup(ref);
		op.version = strdup(version);
	}
	assert_int_equal(b->r->ops->apply(b->r, &op, 1, NULL, NULL, NULL, &e), 0);
	if (got) {
		sim_item_init(got, SIM_CONTACT);
		sim_item_copy(got, &op.got.item);
	}
	sim_item_free(&op.want);
	sim_record_free(&op.got);
	free(op.ref);
	free(op.version);
	return op.outcome;
}

static enum sim_outcome create(struct bench *b, const char *text)
{
	return put(b, SIM_CREATE, NULL, NULL, text, NULL);
}

static enum sim_outcome change(struct bench *b, const char *fn, const char *text)
{
	const struct sim_record *r = named(b, fn);
	char *ref, *version;
	enum sim_outcome o;

	assert_non_null(r);
	ref = strdup(r->ref);
	version = strdup(r->version);
	o = put(b, text ? SIM_UPDATE : SIM_DELETE, ref, version,
		text ? text : "", NULL);
	free(ref);
	free(version);
	return o;
}

static unsigned int orphans(struct bench *b, bool release)
{
	unsigned int n;
	struct sim_err e = { 0 };

	if (card_orphans(b->c, release, &n, &e))
		fail_msg("%s", e.text);
	return n;
}

static size_t problems(const struct bench *b, const char *with)
{
	const char *const *p;
	size_t n, hit = 0;

	p = card_problems(b->c, &n);
	for (size_t i = 0; i < n; i++)
		hit += strstr(p[i], with) != NULL;
	return hit;
}

/* Raw bytes of a file's record, by class 00 on a channel of its own. */
static void raw(struct bench *b, const char *path, unsigned int rec,
		uint8_t len, uint8_t *out)
{
	uint8_t cmd[16] = { 0x00, 0xa4, 0x08, 0x0c }, r[300];
	struct sim_err e = { 0 };
	unsigned int v, n = 0;
	size_t got;

	for (; sscanf(path + 2 * n, "%2x", &v) == 1; n++)
		cmd[5 + n] = (uint8_t)v;
	cmd[4] = (uint8_t)n;
	assert_int_equal(card_apdu(b->c, cmd, 5 + n, r, sizeof(r), &got, &e), 0);
	assert_int_equal(r[got - 2], 0x90);
	memcpy(cmd, "\x00\xb2\x00\x04", 4);
	cmd[2] = (uint8_t)rec;
	cmd[4] = len;
	if (!rec)
		memcpy(cmd, "\x00\xb0\x00\x00", 4);
	assert_int_equal(card_apdu(b->c, cmd, 5, r, sizeof(r), &got, &e), 0);
	assert_int_equal(got, len + 2);
	memcpy(out, r, len);
}

static unsigned int counter(struct bench *b, const char *path)
{
	uint8_t v[2];

	raw(b, path, 0, 2, v);
	return (unsigned int)v[0] << 8 | v[1];
}

/* ---- reading ------------------------------------------------------------ */

static void an_entry_is_put_together_from_all_its_files(void **state)
{
	struct bench b = on(HEAD BOOK
		"contact \"Anna\" +4930123456 email=anna@example.org "
		"anr=+49176123/Mobil group=Familie\n");

	(void)state;
	assert_int_equal(b.ch.n, 1);
	assert_string_equal(b.ch.rec[0].ref, "local/1/1");
	reads(&b, "Anna", "FN:Anna\nTEL:+4930123456\n"
	      "TEL;TYPE=Mobil:+49176123\nEMAIL:anna@example.org\n"
	      "CATEGORIES:Familie\n");
	off(&b);
}

/* 4.4.2.4: 20 digits in ADN, the rest in EF_EXT1, here two records of it. */
static void digits_beyond_20_are_read_from_ext1(void **state)
{
	struct bench b = on(HEAD BOOK
		"contact \"Long\" +12345678901234567890123456789012345678901234\n");

	(void)state;
	reads(&b, "Long",
	      "FN:Long\nTEL:+12345678901234567890123456789012345678901234\n");
	off(&b);
}

static void empty_records_cost_one_search(void **state)
{
	struct bench b = on(HEAD
		"phonebook local adn=250x28\ncontact \"A\" 1 at=200\n");
	uint64_t before = b.l->base.apdus;

	(void)state;
	look(&b);
	assert_int_equal(b.ch.n, 1);
	/* SELECT and READ of EF_PBR, SELECT by need, SEARCH, one READ. */
	assert_in_range(b.l->base.apdus - before, 1, 8);
	off(&b);
}

static void a_card_without_search_record_is_read_whole(void **state)
{
	struct bench b = { 0 };
	char why[UICC_WHY];

	(void)state;
	b.u = uicc_parse(HEAD BOOK "contact \"A\" 1\ncontact \"B\" 2\n", "t", why);
	assert_non_null(b.u);
	assert_int_equal(uicc_fault(b.u, "sw 6D00 ins=A2 times=1000", why), 0);
	attach(&b);
	look(&b);
	assert_int_equal(b.ch.n, 2);
	reads(&b, "B", "FN:B\nTEL:2\n");
	off(&b);
}

static void hidden_entries_are_not_shown_and_not_overwritten(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"Shown\" 1\n"
			    "contact \"Secret\" 2\n"
			    "put usim/5F3A/4F09 2 0001\n");

	(void)state;
	assert_int_equal(b.ch.n, 1);
	assert_null(named(&b, "Secret"));
	assert_int_equal(create(&b, "FN:New\nTEL:3\n"), SIM_DONE);
	edit(&b, "put usim/5F3A/4F09 2 0000");
	look(&b);
	reads(&b, "Secret", "FN:Secret\nTEL:2\n");
	reads(&b, "New", "FN:New\nTEL:3\n");
	off(&b);
}

static void a_2g_card_has_its_book_in_6f3a(void **state)
{
	struct bench b = on("template sim\niccid 89490200001234567896\n"
			    "imsi 262021234567890 mnc=2\npin1 1234 off\n"
			    "phonebook 2g adn=20x28 ext1=4\ncontact \"Old\" +4930123\n");

	(void)state;
	assert_true(card_gsm(b.c));
	reads(&b, "Old", "FN:Old\nTEL:+4930123\n");
	assert_int_equal(create(&b, "FN:New\nTEL:110\nEMAIL:x@y.z\n"), SIM_DONE);
	look(&b);
	reads(&b, "New", "FN:New\nTEL:110\n");
	assert_int_equal(change(&b, "Old", NULL), SIM_DONE);
	look(&b);
	assert_int_equal(b.ch.n, 1);
	off(&b);
}

/* The template's 6F3A shows the same ADN: one book, not two. */
static void the_2g_view_of_a_phonebook_is_not_read_again(void **state)
{
	struct bench b = on(HEAD
		"phonebook local adn=20x28 alias\ncontact \"Once\" 1\n");

	(void)state;
	assert_int_equal(b.ch.n, 1);
	off(&b);
}

static void pbr_records_of_ff_and_missing_files_do_not_stop_the_rest(void **state)
{
	/* A8 with ADN 4F3A; AA with EXT1 4F99, which is not there; then FF. */
	struct bench b = on(HEAD
		"phonebook local adn=20x28\ncontact \"Still\" 1\n"
		"put usim/5F3A/4F30 1 A804C0024F3AAA04C2024F99FFFF\n");

	(void)state;
	reads(&b, "Still", "FN:Still\nTEL:1\n");
	assert_int_equal(problems(&b, "EF_EXT1 4F99"), 1);
	off(&b);
}

/* An EXT1 record that points to itself. */
static void a_loop_in_ext1_makes_the_entry_unreadable_not_endless(void **state)
{
	struct bench b = on(HEAD BOOK
		"contact \"Loop\" +123456789012345678901234\ncontact \"Ok\" 1\n"
		"put usim/5F3A/4F4A 1 02022143FFFFFFFFFFFFFFFF01\n");
	size_t bad = 0;

	(void)state;
	assert_int_equal(b.ch.n, 2);
	for (size_t i = 0; i < b.ch.n; i++)
		bad += b.ch.rec[i].problem != NULL;
	assert_int_equal(bad, 1);
	reads(&b, "Ok", "FN:Ok\nTEL:1\n");
	off(&b);
}

static void a_number_longer_than_its_record_is_a_problem_of_that_entry(void **state)
{
	struct bench b = on(HEAD "phonebook local adn=20x28\n"
		"contact \"Ok\" 1\n"
		"put usim/5F3A/4F3A 2 42FFFFFFFFFFFFFFFFFFFFFFFFFF"
		"0C8121436587092143658709FFFF\n");

	(void)state;
	assert_int_equal(b.ch.n, 2);
	assert_non_null(b.ch.rec[1].problem);
	assert_string_equal(b.ch.rec[1].ref, "local/1/2");
	assert_int_equal(create(&b, "FN:New\nTEL:2\n"), SIM_DONE);
	off(&b);
}

static void one_refused_record_leaves_the_others_readable(void **state)
{
	struct bench b = { 0 };
	char why[UICC_WHY];

	(void)state;
	b.u = uicc_parse(HEAD "phonebook local adn=20x28\ncontact \"A\" 1\n"
			 "contact \"B\" 2\ncontact \"C\" 3\n", "t", why);
	assert_non_null(b.u);
	assert_int_equal(uicc_fault(b.u, "sw 6F00 ins=B2 fid=4F3A nth=2 times=2", why), 0);
	attach(&b);
	look(&b);
	assert_int_equal(b.ch.n, 3);
	assert_non_null(b.ch.rec[1].problem);
	assert_int_equal(problems(&b, "record 2"), 2);
	off(&b);
}

/* A card whose FCP says something else than what it has. */
static const uint8_t *lie_of, *lie_is;
static size_t lie_len;

static int lie(struct sim_channel *c, const uint8_t *cmd, size_t len,
	       uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	int ret = link_transmit(c, cmd, len, resp, max, got, e);

	for (size_t i = 0; !ret && cmd[1] == 0xa4 && i + lie_len <= *got; i++)
		if (!memcmp(resp + i, lie_of, lie_len))
			memcpy(resp + i, lie_is, lie_len);
	return ret;
}

static void a_lying_fcp_costs_its_file_and_no_more(void **state)
{
	static const struct {
		const char *of, *is;
		size_t len;
	} lies[] = {
		/* 82 05: record size 0, 255; no records; 255 of them. */
		{ "\x82\x05\x42\x21\x00\x1c", "\x82\x05\x42\x21\x00\x00", 6 },
		{ "\x82\x05\x42\x21\x00\x1c", "\x82\x05\x42\x21\x00\xff", 6 },
		{ "\x82\x05\x42\x21\x00\x1c", "\x82\x05\x42\x21\x01\x1c", 6 },
		{ "\x42\x21\x00\x1c\x14", "\x42\x21\x00\x1c\x00", 5 },
		{ "\x42\x21\x00\x1c\x14", "\x42\x21\x00\x1c\xff", 5 },
		/* Not linear; no descriptor; an object longer than the FCP. */
		{ "\x82\x05\x42\x21\x00\x1c", "\x82\x05\x41\x21\x00\x1c", 6 },
		{ "\x82\x05\x42\x21\x00\x1c", "\x99\x05\x42\x21\x00\x1c", 6 },
		{ "\x82\x05\x42\x21\x00\x1c", "\x82\x7f\x42\x21\x00\x1c", 6 },
	};
	struct sim_channel_ops ops = link_ops;

	(void)state;
	ops.transmit = lie;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct bench b = { 0 };
		struct sim_err e = { 0 };
		char why[UICC_WHY];
		int ret;

		b.u = uicc_parse(HEAD "phonebook local adn=20x28\n"
				 "contact \"A\" 1\n"
				 "sms deliver 110 \"2026-11-01 10:00 +01\" \"x\"\n",
				 "t", why);
		assert_non_null(b.u);
		attach(&b);
		b.l->base.ops = &ops;
		lie_of = (const uint8_t *)lies[i].of;
		lie_is = (const uint8_t *)lies[i].is;
		lie_len = lies[i].len;
		ret = b.r->ops->changes(b.r, SIM_CONTACT, NULL, &b.ch, &e);
		assert_int_equal(ret, 0);
		/* Nothing is taken for deleted where it could not be read. */
		assert_true(b.ch.n || !b.ch.whole);
		/* Never content made up; and the messages are still there. */
		for (size_t k = 0; k < b.ch.n; k++)
			assert_true(b.ch.rec[k].problem || i == 4);
		sim_changes_free(&b.ch);
		assert_int_equal(b.r->ops->changes(b.r, SIM_MESSAGE, NULL,
						   &b.ch, &e), 0);
		assert_int_equal(b.ch.n, 1);
		assert_true(problems(&b, "EF_ADN"));
		off(&b);
	}
}

/* A bit that fell over in a search would make a contact look deleted. */
static void on_a_line_without_parity_one_bit_deletes_nobody(void **state)
{
	static const char *const faults[] = {
		"flip 0 ins=A2", "flip 7 ins=A4", "flip 20 ins=A4 nth=2",
		"flip 0 ins=B2 nth=1", "flip 1 ins=B2 nth=2",
		"flip 25 ins=B2 nth=3", "flip 1 ins=A2 nth=2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct bench b = { 0 };
		char why[UICC_WHY];

		b.u = uicc_parse(HEAD BOOK "contact \"Anna\" 1 email=a@b.c\n"
				 "contact \"Bernd\" 2\n", "t", why);
		assert_non_null(b.u);
		attach(&b);
		b.l->base.parity = 0;
		assert_int_equal(uicc_fault(b.u, faults[i], why), 0);
		look(&b);
		reads(&b, "Anna", "FN:Anna\nTEL:1\nEMAIL:a@b.c\n");
		reads(&b, "Bernd", "FN:Bernd\nTEL:2\n");
		assert_int_equal(b.ch.n, 2);
		off(&b);
	}
}

/* Refused for now is not absent: else its e-mails would look deleted. */
static void a_linked_file_refused_for_now_is_an_error_not_a_delete(void **state)
{
	struct bench b = { 0 };
	struct sim_err e = { 0 };
	char why[UICC_WHY];

	(void)state;
	b.u = uicc_parse(HEAD BOOK "contact \"Anna\" 1 email=a@b.c\n", "t", why);
	assert_non_null(b.u);
	attach(&b);
	assert_int_equal(uicc_fault(b.u, "sw 6F00 ins=A4 nth=3 times=40", why), 0);
	if (!b.r->ops->changes(b.r, SIM_CONTACT, NULL, &b.ch, &e))
		assert_false(b.ch.whole);
	else
		assert_true(e.text[0]);
	off(&b);
}

/* ---- projection --------------------------------------------------------- */

static void projects(struct bench *b, const char *full, const char *held,
		     const char *want)
{
	struct sim_item f = item(full), h = item(held ? held : ""), out, again;
	struct sim_err e = { 0 };
	char *text;

	assert_int_equal(b->r->ops->project(b->r, &f, held ? &h : NULL, &out,
					    &e), want ? 0 : 1);
	if (want) {
		text = sim_item_text(&out);
		assert_string_equal(text, want);
		free(text);
		/* Stable: what is held stays what it is. */
		assert_int_equal(b->r->ops->project(b->r, &f, &out, &again, &e),
				 0);
		assert_true(sim_item_equal(&out, &again));
		sim_item_free(&again);
	}
	sim_item_free(&out);
	sim_item_free(&f);
	sim_item_free(&h);
}

static void a_contact_is_cut_to_what_the_card_holds(void **state)
{
	struct bench b = on(HEAD BOOK);

	(void)state;
	projects(&b, "FN:Alexandra Hamilton\nTEL;TYPE=CELL:+49 171 123-456\n"
		 "ORG:Treasury\nNOTE:x\n", NULL,
		 "FN:Alexandra Hami\nTEL:+49171123456\n");
	/* 14 bytes: the cut falls behind the space, which goes too. */
	projects(&b, "FN:Konstantinus Max\nTEL:1\n", NULL,
		 "FN:Konstantinus M\nTEL:1\n");
	projects(&b, "FN:ABCDEFGHIJKLM Z\nTEL:1\n", NULL,
		 "FN:ABCDEFGHIJKLM\nTEL:1\n");
	projects(&b, "FN:X\nTEL:1\nTEL:2\nTEL:3\n", NULL,
		 "FN:X\nTEL:1\nTEL:2\n");
	/* What is held keeps its place: 3 was there before 1 came. */
	projects(&b, "FN:X\nTEL:1\nTEL:2\nTEL:3\n", "FN:X\nTEL:2\nTEL:3\n",
		 "FN:X\nTEL:2\nTEL:3\n");
	projects(&b, "FN:X\nEMAIL:a@b.c\n", NULL, NULL);
	projects(&b, "FN:X\nTEL:0800-FLOWERS\n", NULL, NULL);
	projects(&b, "FN:Eva \xf0\x9f\x98\x80\nTEL:tel:+49-30-1;ext=5\n", NULL,
		 "FN:Eva\nTEL:+49301\\,5\n");
	off(&b);
}

/* An address too long for the record is left out, never cut. */
static void half_an_address_is_never_written(void **state)
{
	struct bench b = on(HEAD BOOK);

	(void)state;
	projects(&b, "FN:X\nTEL:1\nEMAIL:a.very.long.name.indeed@example.org\n",
		 NULL, "FN:X\nTEL:1\n");
	off(&b);
}

/* ---- writing ------------------------------------------------------------ */

static void what_is_written_is_read_back_the_same(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"Uses label\" 1 anr=2/Arbeit\n");

	(void)state;
	assert_int_equal(create(&b, "FN:\xce\x94\xce\xb7\xce\xbc\xce\xae\nTEL:+49301\n"
				"TEL;TYPE=ARBEIT:*100#\nEMAIL:a@b.c\n"), SIM_DONE);
	detach(&b);
	attach(&b);
	look(&b);
	reads(&b, "\xce\x94\xce\xb7\xce\xbc\xce\xae",
	      "FN:\xce\x94\xce\xb7\xce\xbc\xce\xae\nTEL:+49301\n"
	      "TEL;TYPE=Arbeit:*100#\nEMAIL:a@b.c\n");
	off(&b);
}

/* A group the card has takes the contact; one it has not is not made. */
static void a_contact_joins_the_groups_the_card_has(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1 group=Familie\n"
			    "put usim/5F3A/4F4C 2 417262656974FFFFFFFFFFFFFFFF\n");

	(void)state;
	assert_int_equal(create(&b, "FN:B\nTEL:2\nCATEGORIES:Chess,arbeit,Familie\n"),
			 SIM_DONE);
	look(&b);
	reads(&b, "B", "FN:B\nTEL:2\nCATEGORIES:Arbeit,Familie\n");
	assert_int_equal(change(&b, "B", "FN:B\nTEL:2\n"), SIM_DONE);
	look(&b);
	reads(&b, "B", "FN:B\nTEL:2\n");
	/* RFC 6350 6.7.1: the property may come more than once. */
	assert_int_equal(change(&b, "B", "FN:B\nTEL:2\nCATEGORIES:Chess\n"
				"CATEGORIES:Familie\nCATEGORIES:Arbeit\n"),
			 SIM_DONE);
	look(&b);
	reads(&b, "B", "FN:B\nTEL:2\nCATEGORIES:Familie,Arbeit\n");
	off(&b);
}

static void a_long_number_takes_and_gives_back_ext1_records(void **state)
{
	struct bench b = on(HEAD BOOK);
	uint8_t r[13];

	(void)state;
	assert_int_equal(create(&b, "FN:L\nTEL:+1234567890123456789012345\n"),
			 SIM_DONE);
	raw(&b, "7FFF5F3A4F4A", 1, 13, r);
	/* 4.4.2.4: type 02, 3 bytes, 21 43 F5, no further record. */
	assert_memory_equal(r, "\x02\x03\x21\x43\xf5\xff\xff\xff\xff\xff\xff\xff\xff",
			    13);
	look(&b);
	assert_int_equal(change(&b, "L", "FN:L\nTEL:+1\n"), SIM_DONE);
	raw(&b, "7FFF5F3A4F4A", 1, 13, r);
	assert_int_equal(r[0], 0x00);
	assert_int_equal(orphans(&b, false), 0);
	off(&b);
}

static void a_record_changed_by_somebody_else_is_not_overwritten(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1 email=a@b.c\n");

	(void)state;
	edit(&b, "edit contact 1 email=new@b.c");
	assert_int_equal(change(&b, "A", "FN:A2\nTEL:1\n"), SIM_MOVED);
	look(&b);
	reads(&b, "A", "FN:A\nTEL:1\nEMAIL:new@b.c\n");
	assert_int_equal(change(&b, "A", "FN:A2\nTEL:1\nEMAIL:new@b.c\n"),
			 SIM_DONE);
	off(&b);
}

static void a_place_taken_meanwhile_is_not_overwritten(void **state)
{
	struct bench b = on(HEAD BOOK);

	(void)state;
	edit(&b, "add contact \"Other\" 7");
	assert_int_equal(create(&b, "FN:Mine\nTEL:8\n"), SIM_MOVED);
	look(&b);
	assert_int_equal(b.ch.n, 1);
	reads(&b, "Other", "FN:Other\nTEL:7\n");
	off(&b);
}

static void deleting_frees_every_record_of_the_entry(void **state)
{
	struct bench b = on(HEAD BOOK
		"contact \"A\" +123456789012345678901234 email=a@b.c anr=5 group=G\n"
		"contact \"B\" 2 email=b@b.c\n");
	uint8_t r[34];

	(void)state;
	assert_int_equal(change(&b, "A", NULL), SIM_DONE);
	look(&b);
	assert_int_equal(b.ch.n, 1);
	reads(&b, "B", "FN:B\nTEL:2\nEMAIL:b@b.c\n");
	assert_int_equal(orphans(&b, false), 0);
	raw(&b, "7FFF5F3A4F50", 1, 34, r);
	for (int i = 0; i < 34; i++)
		assert_int_equal(r[i], 0xff);
	off(&b);
}

static void only_free_email_records_are_taken_and_a_full_file_is_said(void **state)
{
	struct bench b = on(HEAD BOOK);
	struct sim_item got;

	(void)state;
	assert_int_equal(create(&b, "FN:A\nTEL:1\nEMAIL:a@x.y\n"), SIM_DONE);
	assert_int_equal(create(&b, "FN:B\nTEL:2\nEMAIL:b@x.y\n"), SIM_DONE);
	assert_int_equal(create(&b, "FN:C\nTEL:3\nEMAIL:c@x.y\n"), SIM_DONE);
	/* Three records of EF_EMAIL: the fourth goes without, all else stays. */
	assert_int_equal(put(&b, SIM_CREATE, NULL, NULL,
			     "FN:D\nTEL:4\nEMAIL:d@x.y\n", &got), SIM_DONE);
	assert_null(sim_item_get(&got, "EMAIL"));
	sim_item_free(&got);
	look(&b);
	reads(&b, "A", "FN:A\nTEL:1\nEMAIL:a@x.y\n");
	reads(&b, "C", "FN:C\nTEL:3\nEMAIL:c@x.y\n");
	off(&b);
}

static void a_full_book_refuses_and_keeps_what_it_has(void **state)
{
	struct bench b = on(HEAD "phonebook local adn=2x28\ncontact \"A\" 1\n"
			    "contact \"B\" 2\n");

	(void)state;
	assert_int_equal(create(&b, "FN:C\nTEL:3\n"), SIM_FULL);
	off(&b);
}

/* A record two entries point to is not changed under the other one. */
static void a_shared_record_is_left_to_the_other_entry(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1 email=a@b.c\n"
			    "contact \"B\" 2\n"
			    "put usim/5F3A/4F25 2 01\n");

	(void)state;
	reads(&b, "B", "FN:B\nTEL:2\nEMAIL:a@b.c\n");
	assert_int_equal(change(&b, "A", "FN:A\nTEL:1\nEMAIL:new@b.c\n"),
			 SIM_DONE);
	look(&b);
	reads(&b, "A", "FN:A\nTEL:1\nEMAIL:new@b.c\n");
	reads(&b, "B", "FN:B\nTEL:2\nEMAIL:a@b.c\n");
	assert_int_equal(change(&b, "B", NULL), SIM_DONE);
	look(&b);
	reads(&b, "A", "FN:A\nTEL:1\nEMAIL:new@b.c\n");
	off(&b);
}

/* 4.4.2.12: CC counts each change, a new entry has the next UID. */
static void counters_are_kept(void **state)
{
	struct bench b = on(HEAD BOOK);
	unsigned int cc = counter(&b, "7FFF5F3A4F23");
	unsigned int puid = counter(&b, "7FFF5F3A4F24");
	uint8_t uid[2];

	(void)state;
	assert_int_equal(create(&b, "FN:A\nTEL:1\n"), SIM_DONE);
	assert_int_equal(counter(&b, "7FFF5F3A4F23"), cc + 1);
	assert_int_equal(counter(&b, "7FFF5F3A4F24"), puid + 1);
	raw(&b, "7FFF5F3A4F28", 1, 2, uid);
	assert_int_equal(uid[0] << 8 | uid[1], puid + 1);
	look(&b);
	assert_int_equal(change(&b, "A", "FN:A\nTEL:2\n"), SIM_DONE);
	assert_int_equal(counter(&b, "7FFF5F3A4F23"), cc + 2);
	assert_int_equal(counter(&b, "7FFF5F3A4F24"), puid + 1);
	look(&b);
	assert_int_equal(change(&b, "A", NULL), SIM_DONE);
	assert_int_equal(counter(&b, "7FFF5F3A4F23"), cc + 3);
	raw(&b, "7FFF5F3A4F28", 1, 2, uid);
	assert_int_equal(uid[0] << 8 | uid[1], 0);
	off(&b);
}

/* 4.4.2.12: FFFF is followed by a new PSC. */
static void a_counter_that_is_full_makes_a_new_psc(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1\n"
			    "put usim/5F3A/4F23 FFFF\n"
			    "put usim/5F3A/4F24 FFFF\n");
	uint8_t psc[4], now[4], uid[2];

	(void)state;
	raw(&b, "7FFF5F3A4F22", 0, 4, psc);
	assert_int_equal(create(&b, "FN:B\nTEL:2\n"), SIM_DONE);
	raw(&b, "7FFF5F3A4F22", 0, 4, now);
	assert_memory_not_equal(psc, now, 4);
	assert_int_equal(counter(&b, "7FFF5F3A4F23"), 1);
	assert_int_equal(counter(&b, "7FFF5F3A4F24"), 2);
	raw(&b, "7FFF5F3A4F28", 2, 2, uid);
	assert_int_equal(uid[1], 2);
	off(&b);
}

/* 4.4.2.9: bit 1 of byte 1 is cleared and counted, byte 2 stays. */
static void changes_of_terminals_that_do_not_count_are_counted(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1\ncontact \"B\" 2\n"
			    "put usim/5F3A/4F09 1 0100\n");
	unsigned int cc = counter(&b, "7FFF5F3A4F23");
	uint8_t r[2];

	(void)state;
	assert_int_equal(change(&b, "B", "FN:B\nTEL:3\n"), SIM_DONE);
	raw(&b, "7FFF5F3A4F09", 1, 2, r);
	assert_memory_equal(r, "\x00\x00", 2);
	assert_int_equal(counter(&b, "7FFF5F3A4F23"), cc + 2);
	off(&b);
}

/*
 * The card leaves after every possible APDU of a write. The next run finds the
 * entry as it was, as it should be, or with second things missing, never
 * something of another one; what is left over is found and freed.
 */
static void a_card_pulled_at_any_apdu_keeps_its_book_whole(void **state)
{
	static const char *const want[] = {
		"FN:Anna B\nTEL:+4930111122223333444455556666\nTEL:77\nEMAIL:n@x.y\n",
		"FN:Anna\nTEL:1\n",
		NULL,
	};
	static const char image[] = HEAD BOOK
		"contact \"Anna\" +123456789012345678901234 email=a@b.c anr=5\n"
		"contact \"Bernd\" 2 email=b@b.c anr=6\n";
	long cut;

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		for (cut = 0; cut < 60; cut++) {
			struct bench b = on(image);
			enum sim_outcome o;

			b.l->cut = cut;
			o = change(&b, "Anna", want[k]);
			detach(&b);
			attach(&b);
			look(&b);
			reads(&b, "Bernd",
			      "FN:Bernd\nTEL:2\nTEL:6\nEMAIL:b@b.c\n");
			for (size_t i = 0; i < b.ch.n; i++) {
				const char *m = sim_item_get(&b.ch.rec[i].item,
							     "EMAIL");

				assert_null(b.ch.rec[i].problem);
				assert_true(!m || !strcmp(m, "a@b.c") ||
					    !strcmp(m, "n@x.y") ||
					    !strcmp(m, "b@b.c"));
			}
			orphans(&b, true);
			assert_int_equal(orphans(&b, false), 0);
			detach(&b);
			attach(&b);
			look(&b);
			assert_int_equal(orphans(&b, false), 0);
			reads(&b, "Bernd",
			      "FN:Bernd\nTEL:2\nTEL:6\nEMAIL:b@b.c\n");
			off(&b);
			if (o == SIM_DONE)
				break;
			assert_int_equal(o, SIM_AWAY);
		}
		assert_in_range(cut, 5, 59);
	}
}

/* A bit that fell over on a line without parity check is not believed. */
static void on_a_line_without_parity_a_new_record_is_read_twice(void **state)
{
	struct bench b = { 0 };
	struct sim_err e = { 0 };
	struct sim_changes again = { 0 };
	char why[UICC_WHY];
	uint64_t before;

	(void)state;
	b.u = uicc_parse(HEAD "phonebook local adn=20x28\ncontact \"Anna\" 1\n",
			 "t", why);
	attach(&b);
	b.l->base.parity = 0;
	assert_int_equal(uicc_fault(b.u, "flip 0 ins=B2 fid=4F3A nth=1", why), 0);
	look(&b);
	reads(&b, "Anna", "FN:Anna\nTEL:1\n");
	/* Known already: no second reading. */
	before = b.l->base.apdus;
	assert_int_equal(b.r->ops->changes(b.r, SIM_CONTACT, b.ch.token, &again,
					   &e), 0);
	assert_in_range(b.l->base.apdus - before, 1, 8);
	sim_changes_free(&again);
	off(&b);
}

static void fault_on(struct bench *b, const char *fault)
{
	char why[UICC_WHY];

	if (uicc_fault(b->u, fault, why))
		fail_msg("%s", why);
}

/* 9000 says done; only the record itself says that it is kept. */
static void a_write_the_card_does_not_keep_has_failed(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1\n");

	(void)state;
	fault_on(&b, "sw 9000 ins=DC times=always");
	assert_int_equal(create(&b, "FN:B\nTEL:2\n"), SIM_FAILED);
	off(&b);
}

static void a_delete_the_card_does_not_keep_has_failed(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1\n");

	(void)state;
	fault_on(&b, "sw 9000 ins=DC times=always");
	assert_int_equal(change(&b, "A", NULL), SIM_FAILED);
	look(&b);
	reads(&b, "A", "FN:A\nTEL:1\n");
	off(&b);
}

/* ISO 7816-4: 6581, memory failure; the name is written, the e-mail not. */
static void a_write_refused_half_way_has_failed(void **state)
{
	struct bench b = on(HEAD BOOK "contact \"A\" 1 email=a@b.c\n");

	(void)state;
	fault_on(&b, "sw 6581 ins=DC nth=2 times=always");
	assert_int_equal(change(&b, "A", "FN:A2\nTEL:2\nEMAIL:new@b.c\n"),
			 SIM_FAILED);
	look(&b);
	reads(&b, "A2", "FN:A2\nTEL:2\nEMAIL:a@b.c\n");
	off(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_put_together_from_all_its_files),
		cmocka_unit_test(digits_beyond_20_are_read_from_ext1),
		cmocka_unit_test(empty_records_cost_one_search),
		cmocka_unit_test(a_card_without_search_record_is_read_whole),
		cmocka_unit_test(hidden_entries_are_not_shown_and_not_overwritten),
		cmocka_unit_test(a_2g_card_has_its_book_in_6f3a),
		cmocka_unit_test(the_2g_view_of_a_phonebook_is_not_read_again),
		cmocka_unit_test(pbr_records_of_ff_and_missing_files_do_not_stop_the_rest),
		cmocka_unit_test(a_loop_in_ext1_makes_the_entry_unreadable_not_endless),
		cmocka_unit_test(a_number_longer_than_its_record_is_a_problem_of_that_entry),
		cmocka_unit_test(one_refused_record_leaves_the_others_readable),
		cmocka_unit_test(a_lying_fcp_costs_its_file_and_no_more),
		cmocka_unit_test(on_a_line_without_parity_one_bit_deletes_nobody),
		cmocka_unit_test(a_linked_file_refused_for_now_is_an_error_not_a_delete),
		cmocka_unit_test(a_contact_is_cut_to_what_the_card_holds),
		cmocka_unit_test(half_an_address_is_never_written),
		cmocka_unit_test(what_is_written_is_read_back_the_same),
		cmocka_unit_test(a_contact_joins_the_groups_the_card_has),
		cmocka_unit_test(a_long_number_takes_and_gives_back_ext1_records),
		cmocka_unit_test(a_record_changed_by_somebody_else_is_not_overwritten),
		cmocka_unit_test(a_place_taken_meanwhile_is_not_overwritten),
		cmocka_unit_test(deleting_frees_every_record_of_the_entry),
		cmocka_unit_test(only_free_email_records_are_taken_and_a_full_file_is_said),
		cmocka_unit_test(a_full_book_refuses_and_keeps_what_it_has),
		cmocka_unit_test(a_shared_record_is_left_to_the_other_entry),
		cmocka_unit_test(counters_are_kept),
		cmocka_unit_test(a_counter_that_is_full_makes_a_new_psc),
		cmocka_unit_test(changes_of_terminals_that_do_not_count_are_counted),
		cmocka_unit_test(a_card_pulled_at_any_apdu_keeps_its_book_whole),
		cmocka_unit_test(on_a_line_without_parity_a_new_record_is_read_twice),
		cmocka_unit_test(a_write_the_card_does_not_keep_has_failed),
		cmocka_unit_test(a_delete_the_card_does_not_keep_has_failed),
		cmocka_unit_test(a_write_refused_half_way_has_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
