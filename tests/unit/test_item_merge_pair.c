/* SPDX-License-Identifier: MIT */
/*
 * test_item_merge_pair.c - items as text, edits, names and numbers compared
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model/merge.h"
#include "model/pair.h"

static struct sim_item item(const char *text)
{
	struct sim_item it;

	assert_int_equal(sim_item_parse(&it, SIM_CONTACT, text), 0);
	return it;
}

static void assert_text(const struct sim_item *it, const char *want)
{
	char *text = sim_item_text(it);

	assert_string_equal(text, want);
	free(text);
}

static void text_is_reversible(void **state)
{
	static const char text[] =
		"FN:Müller\\, Anna\n"
		"item1.TEL;TYPE=\"a:b\";PREF=1:+49 170\n"
		"item1.X-ABLABEL:_$!<Home>!$_\n"
		"NOTE:a:b;c\\nd\n"
		"EMPTY:\n";
	struct sim_item it = item(text);

	(void)state;
	assert_int_equal(it.n, 5);
	assert_string_equal(it.prop[1].group, "item1");
	assert_string_equal(it.prop[1].params, "TYPE=\"a:b\";PREF=1");
	assert_string_equal(it.prop[1].value, "+49 170");
	assert_text(&it, text);
	sim_item_free(&it);
}

static void a_line_break_in_a_value_cannot_start_a_line(void **state)
{
	struct sim_item it;

	(void)state;
	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "note", NULL, "a\r\nTEL:110");
	assert_text(&it, "NOTE:a\\nTEL:110\n");
	sim_item_free(&it);
}

static void broken_text_is_refused(void **state)
{
	static const char *const bad[] = {"FN\n", ":x\n", ";a:x\n", "g.:x\n",
					  "A;\"b:c\n"};
	struct sim_item it;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(sim_item_parse(&it, SIM_CONTACT, bad[i]), -1);
}

static void set_leaves_one_or_none(void **state)
{
	struct sim_item it = item("FN:A\nTEL:1\nTEL:2\nTEL:3\n");

	(void)state;
	sim_item_set(&it, "TEL", "9");
	assert_text(&it, "FN:A\nTEL:9\n");
	sim_item_set(&it, "TEL", NULL);
	sim_item_set(&it, "X", "y");
	assert_text(&it, "FN:A\nX:y\n");
	sim_item_free(&it);
}

static void escapes_go_there_and_back(void **state)
{
	char *e = sim_text_escape("a,b;c\\d\ne"), *u = sim_text_unescape(e);

	(void)state;
	assert_string_equal(e, "a\\,b\\;c\\\\d\\ne");
	assert_string_equal(u, "a,b;c\\d\ne");
	free(e);
	free(u);
}

static void a_messages_key_is_its_direction_and_tpdu(void **state)
{
	struct sim_item a, b;
	char *x, *y;

	(void)state;
	sim_item_parse(&a, SIM_MESSAGE, "DIRECTION:in\nTPDU:04\nSTATUS:read\n");
	sim_item_parse(&b, SIM_MESSAGE, "STATUS:unread\nTPDU:04\nDIRECTION:in\n");
	x = sim_item_key(&a);
	y = sim_item_key(&b);
	assert_string_equal(x, y);
	free(y);
	sim_item_set(&b, "DIRECTION", "out");
	y = sim_item_key(&b);
	assert_string_not_equal(x, y);
	free(x);
	free(y);
	sim_item_free(&a);
	sim_item_free(&b);
}

/* base -> now, done to other, gives want; and no edits between equals. */
static void check(const char *base, const char *now, const char *other,
		  const char *want)
{
	struct sim_item b = item(base), n = item(now), o = item(other);
	struct sim_delta d;

	assert_int_equal(sim_diff(&b, &n, "49", &d), 0);
	for (size_t i = 0; i < d.n; i++)
		assert_true(sim_apply(&o, &d.edit[i], "49") >= 0);
	assert_text(&o, want);
	sim_delta_free(&d);
	assert_int_equal(sim_diff(&n, &n, "49", &d), 0);
	assert_int_equal(d.n, 0);
	sim_item_free(&b);
	sim_item_free(&n);
	sim_item_free(&o);
}

static void edits_touch_only_their_field(void **state)
{
	(void)state;
	check("FN:A\n", "FN:B\n", "FN;LANGUAGE=de:A\nNOTE:x\n",
	      "FN;LANGUAGE=de:B\nNOTE:x\n");
	check("TEL:0170 12345\n", "TEL:0170 99999\n",
	      "TEL;TYPE=CELL:+49 170 12345\nTEL:5\n",
	      "TEL;TYPE=CELL:0170 99999\nTEL:5\n");
	check("TEL:1\nTEL:2\n", "TEL:2\n", "TEL:1\nTEL:2\nTEL:3\n",
	      "TEL:2\nTEL:3\n");
	check("TEL:1\n", "TEL:1\nTEL:2\n", "TEL:1\nTEL:3\nNOTE:x\n",
	      "TEL:1\nTEL:3\nTEL:2\nNOTE:x\n");
	check("EMAIL:a@b\n", "EMAIL;TYPE=WORK:a@b\n", "EMAIL;PREF=1:A@B\n",
	      "EMAIL;TYPE=WORK:A@B\n");
	check("FN:A\nNOTE:x\n", "FN:A\n", "FN:A\nNOTE:y\n", "FN:A\nNOTE:y\n");
	/* Two replacements of one member: both stay. */
	check("TEL:1\n", "TEL:2\n", "TEL:3\n", "TEL:3\nTEL:2\n");
	check("TEL:1\n", "TEL:2\n", "TEL:2\n", "TEL:2\n");
}

static void a_cut_number_stands_for_the_whole_one(void **state)
{
	(void)state;
	check("TEL:12345678901234567890\n", "TEL:5\n",
	      "TEL:1234567890123456789012\nTEL:7\n", "TEL:5\nTEL:7\n");
}

static void order_is_an_edit_of_its_own(void **state)
{
	(void)state;
	check("TEL:1\nTEL:2\n", "TEL:2\nTEL:1\n", "TEL:1\nTEL;TYPE=X:2\nTEL:3\n",
	      "TEL;TYPE=X:2\nTEL:1\nTEL:3\n");
	/* A number put in front of the others is preferred now. */
	check("TEL:1\n", "TEL:2\nTEL:1\n", "TEL:1\n", "TEL:2\nTEL:1\n");
}

static void same_is_blind_to_order_between_names(void **state)
{
	struct sim_item a = item("FN:A\nTEL:1\nTEL:2\n");
	struct sim_item b = item("TEL:1\nFN:A\nTEL:2\n");
	struct sim_item c = item("FN:A\nTEL:2\nTEL:1\n");

	(void)state;
	assert_true(sim_item_same(&a, &b));
	assert_false(sim_item_same(&a, &c));
	assert_false(sim_item_equal(&a, &b));
	sim_item_free(&a);
	sim_item_free(&b);
	sim_item_free(&c);
}

static void n_follows_fn(void **state)
{
	static const char *const t[][2] = {
		{"Anna Maria Berg", "Berg;Anna Maria;;;"},
		{"Anna", ";Anna;;;"},
		{"Berg\\, Anna", "Anna;Berg\\,;;;"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *n = sim_name_from_fn(t[i][0]);

		assert_string_equal(n, t[i][1]);
		free(n);
	}
}

static void numbers_are_compared_without_typography(void **state)
{
	static const struct {
		const char *value, *country, *want;
	} t[] = {
		{"+49 (170) 123-45/67", "49", "+491701234567"},
		{"0170 1234567", "49", "+491701234567"},
		{"0049 170 1234567", "49", "+491701234567"},
		{"tel:+49-170-1234567;ext=9", NULL, "+491701234567"},
		{"0170 1234567", NULL, "01701234567"},
		{"02 1234567", "39", "+39021234567"},
		{"110", "49", "110"},
		{"*100#", "49", "*100#"},
		{"0800p123", "49", "0800p123"},
		{"", "49", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char *n = sim_number_norm(t[i].value, t[i].country);

		assert_string_equal(n, t[i].want);
		free(n);
	}
}

static void names_are_compared_folded(void **state)
{
	static const char *const t[][2] = {
		{"  MÜLLER,  Anna ", "muller anna"},
		{"Ｆｕｌｌ Straße", "full strasse"},
		{"\xff\xfe", "\xff\xfe"},
		{"Ян\\, Ёж", "ян еж"},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char *n = sim_text_fold(t[i][0]);

		assert_string_equal(n, t[i][1]);
		free(n);
	}
}

static void likeness_of_two_records_of_one_card(void **state)
{
	static const struct {
		const char *a, *b;
		enum sim_likeness want;
	} t[] = {
		{"FN:Anna\nTEL:1\n", "TEL:1\nFN:Anna\n", SIM_IDENTICAL},
		{"FN:Anna\nTEL:1\n", "FN:Anna Berg\nTEL:1\n", SIM_RESPELLED},
		{"FN:Anna Berg\nTEL:1\n", "FN:Anna B\nTEL:1\n",
		 SIM_RESPELLED},
		{"FN:Stefan\nTEL:1\n", "FN:Stephan\nTEL:1\n", SIM_RESPELLED},
		/* A short name one letter off is another name: Jan, Jon. */
		{"FN:Stefan\nTEL:1\n", "FN:Stefen\nTEL:1\n", SIM_RENAMED},
		{"FN:Martin\nTEL:1\n", "FN:Martina\nTEL:1\n", SIM_RENAMED},
		{"FN:Anna\nTEL:1\n", "FN:Anna\nTEL:2\n", SIM_EDITED},
		{"FN:Anna\nTEL:1\n", "FN:Bert\nTEL:1\n", SIM_RENAMED},
		{"FN:Anna\nTEL:1\n", "FN:Bert\nTEL:2\n", SIM_UNLIKE},
		{"TEL:1\n", "TEL:2\n", SIM_UNLIKE},
		{"TEL:1\n", "FN:Anna\nTEL:1\n", SIM_RESPELLED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct sim_item a = item(t[i].a), b = item(t[i].b);

		if (sim_alike(&a, &b, "49") != t[i].want)
			fail_msg("%s and %s: %d", t[i].a, t[i].b,
				 sim_alike(&a, &b, "49"));
		assert_int_equal(sim_alike(&b, &a, "49"), t[i].want);
		sim_item_free(&a);
		sim_item_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_reversible),
		cmocka_unit_test(a_line_break_in_a_value_cannot_start_a_line),
		cmocka_unit_test(broken_text_is_refused),
		cmocka_unit_test(set_leaves_one_or_none),
		cmocka_unit_test(escapes_go_there_and_back),
		cmocka_unit_test(a_messages_key_is_its_direction_and_tpdu),
		cmocka_unit_test(edits_touch_only_their_field),
		cmocka_unit_test(a_cut_number_stands_for_the_whole_one),
		cmocka_unit_test(order_is_an_edit_of_its_own),
		cmocka_unit_test(same_is_blind_to_order_between_names),
		cmocka_unit_test(n_follows_fn),
		cmocka_unit_test(numbers_are_compared_without_typography),
		cmocka_unit_test(names_are_compared_folded),
		cmocka_unit_test(likeness_of_two_records_of_one_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
