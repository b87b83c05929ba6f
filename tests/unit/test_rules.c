/* SPDX-License-Identifier: MIT */
/*
 * test_rules.c - the rule file and the graph made of it (design.md, Rules)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "sync/graph.h"

#define P RULE_BIT(SIM_PHYSICAL)
#define V RULE_BIT(SIM_VIRTUAL)
#define L RULE_BIT(SIM_LOCAL)
#define S RULE_BIT(SIM_REMOTE)

static int read_text(struct rules *r, const char *text, struct sim_err *e)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int rc = rules_read(r, f, "rules.conf", e);

	fclose(f);
	return rc;
}

static void without_a_file_r4_r5_and_r6_are_on(void **state)
{
	struct rules r;

	(void)state;
	rules_init(&r);
	for (int i = 0; i < RULES_MAX; i++)
		assert_int_equal(r.rule[i].on, i >= 3 && i <= 5);
	assert_int_equal(r.rule[0].may, RULE_DATA);
	assert_int_equal(r.rule[3].may, RULE_ALL_DATA);
	assert_int_equal(r.rule[7].classes, P | V | L | S);
}

static void a_file_refines_them(void **state)
{
	struct rules r;
	struct sim_err e = {0};

	(void)state;
	assert_int_equal(read_text(&r,
		"unknown-card = \"fill\";\n"
		"rules = {\n"
		" R1 = { on = true; kinds = [ \"contacts\" ]; };\n"
		" R4 = { direction = \"from-card\"; conflict = \"prefer-card\";\n"
		"  groups = [ \"Family\", \"Work\" ]; numbers = [ \"+49\" ]; };\n"
		" R6 = { on = false; };\n"
		"};\n", &e), 0);
	assert_int_equal(r.unknown, RULE_FILL);
	assert_true(r.rule[0].on);
	assert_int_equal(r.rule[0].kinds, RULE_BIT(SIM_CONTACT));
	assert_int_equal(r.rule[3].give, P);
	assert_int_equal(r.rule[3].take, L);
	assert_int_equal(r.rule[3].policy, RULE_PREFER);
	assert_int_equal(r.rule[3].prefer, P);
	assert_int_equal(r.rule[3].groups, 2);
	assert_string_equal(r.rule[3].number[0], "+49");
	assert_false(r.rule[5].on);
	rules_free(&r);
}

static void a_rule_may_wait_for_its_triggers(void **state)
{
	struct rules r;
	struct sim_err e = {0};

	(void)state;
	assert_int_equal(read_text(&r,
		"rules = { R5 = { on = false; };\n"
		" R6 = { triggers = [ \"poll\", \"resume\" ]; }; };\n", &e), 0);
	/* R4 alone: SIMs always, the server by R6 when its time has come. */
	static const struct {
		const char *why;
		bool server;
	} row[] = {
		{"simslot0 card-ready", false},
		{"simslot12 profile-switched; simslot12 card-reset", false},
		{"changed on the phone", false},
		{"poll", true},
		{"simslot0 card-removed; poll", true},
		{"resume", true},
		{"asked for", true},
		{"unlocked", true},
		{"events were missed", true},
		{"udev", true},
		{NULL, true},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		unsigned int by = rules_triggers(row[i].why);

		assert_int_equal(rules_want(&r, SIM_REMOTE, by), row[i].server);
		assert_true(rules_want(&r, SIM_PHYSICAL, by));
		assert_false(rules_want(&r, SIM_VIRTUAL, by));
	}
	rules_free(&r);
}

static void mistakes_are_said_with_file_and_line(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"rules = {\n R9 = { };\n};\n", "rules.conf:2: "},
		{"rules = {\n R4 = {\n on = 1; }; };\n", "rules.conf:3: "},
		{"rules = {\n R4 = { dirction = \"both\"; }; };\n", "dirction"},
		{"rules = { R1 = { kinds = [ \"info\" ]; }; };\n", "user data"},
		{"rules = { R1 = { direction = \"from-card\"; }; };\n",
		 "no such two sides"},
		{"rules = { R4 = { conflict = \"prefer-server\"; }; };\n",
		 "no such side"},
		{"rules = { R4 = { numbers = [ \"\" ]; }; };\n", "empty"},
		{"rules = {\n\n R4 = { on = true; \n", "rules.conf:"},
		{"rules = { R4 = { triggers = [ \"noon\" ]; }; };\n", "noon"},
		{"rules = { R4 = { triggers = \"card\"; }; };\n", "a list"},
		{"unknown-card = \"perhaps\";\n", "perhaps"},
		{"colour = 3;\n", "colour"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rules r;
		struct sim_err e = {0};

		assert_int_equal(read_text(&r, bad[i].text, &e), -1);
		assert_int_equal(e.code, EX_CONFIG);
		if (!strstr(e.text, bad[i].says))
			fail_msg("`%s' does not say `%s'", e.text, bad[i].says);
		rules_free(&r);
	}
}

static void r1_and_r6_are_two_components(void **state)
{
	static const int known[GRAPH_CLASSES] = {2, 1, 1, 1};
	struct rules r;
	struct graph g;

	(void)state;
	rules_init(&r);
	r.rule[0].on = true;
	r.rule[3].on = r.rule[4].on = false;
	graph_make(&g, &r, SIM_CONTACT, known);
	assert_int_equal(g.component[SIM_PHYSICAL], P);
	assert_int_equal(g.component[SIM_LOCAL], L | S);
	assert_int_equal(g.component[SIM_VIRTUAL], 0);
	assert_int_equal(g.reach[SIM_PHYSICAL], P);
	assert_int_equal(g.reach[SIM_LOCAL], L | S);
	graph_make(&g, &r, SIM_INFO, known);
	assert_int_equal(g.component[SIM_PHYSICAL], 0);
}

static void r1_needs_two_sims_and_r7_two_of_its_classes(void **state)
{
	static const int one[GRAPH_CLASSES] = {1, 0, 0, 0};
	static const int two[GRAPH_CLASSES] = {1, 1, 0, 0};
	struct rules r;
	struct graph g;

	(void)state;
	rules_init(&r);
	r.rule[3].on = r.rule[5].on = false;
	r.rule[0].on = r.rule[6].on = true;
	graph_make(&g, &r, SIM_CONTACT, one);
	assert_int_equal(g.active, 0);
	assert_int_equal(g.reach[SIM_PHYSICAL], 0);
	graph_make(&g, &r, SIM_CONTACT, two);
	assert_int_equal(g.active, 1u << 6);
	assert_true(g.reach[SIM_PHYSICAL] & V);
}

static void data_goes_on_over_a_path(void **state)
{
	static const int known[GRAPH_CLASSES] = {1, 1, 1, 1};
	struct rules r;
	struct graph g;

	(void)state;
	rules_init(&r);
	r.rule[4].on = false;
	graph_make(&g, &r, SIM_CONTACT, known);
	assert_int_equal(g.component[SIM_PHYSICAL], P | L | S);
	assert_int_equal(g.reach[SIM_PHYSICAL], P | L | S);
	/* From the card only: what is on the server stays off it. */
	r.rule[3].take = L;
	r.rule[3].give = P;
	graph_make(&g, &r, SIM_CONTACT, known);
	assert_int_equal(g.reach[SIM_PHYSICAL], L | S);
	assert_int_equal(g.reach[SIM_REMOTE], L | S);
}

static void filters_close_a_path_for_one_item(void **state)
{
	static const int known[GRAPH_CLASSES] = {1, 0, 1, 1};
	static char *group[] = {(char *)"Family"};
	unsigned int reach[GRAPH_CLASSES];
	struct sim_item it;
	struct rules r;
	struct graph g;

	(void)state;
	rules_init(&r);
	r.rule[3].group = group;
	r.rule[3].groups = 1;
	graph_make(&g, &r, SIM_CONTACT, known);
	sim_item_parse(&it, SIM_CONTACT, "FN:A\nCATEGORIES:Work,Familyx\n");
	graph_reach(&g, &it, reach);
	assert_int_equal(reach[SIM_REMOTE], L | S);
	sim_item_free(&it);
	sim_item_parse(&it, SIM_CONTACT, "FN:A\nCATEGORIES:Work,Family\n");
	graph_reach(&g, &it, reach);
	assert_int_equal(reach[SIM_REMOTE], P | L | S);
	sim_item_free(&it);
}

static void directions_that_cannot_be_kept_apart_are_refused(void **state)
{
	struct rules r;
	struct sim_err e = {0};

	(void)state;
	rules_init(&r);
	assert_int_equal(graph_check(&r, &e), 0);
	/* SIMs share among themselves, give to the phone, take nothing of it:
	 * the server's values would be in the same merged item. */
	r.rule[0].on = true;
	r.rule[3].take = L;
	r.rule[3].give = P;
	assert_int_equal(graph_check(&r, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_r4_r5_and_r6_are_on),
		cmocka_unit_test(a_file_refines_them),
		cmocka_unit_test(a_rule_may_wait_for_its_triggers),
		cmocka_unit_test(mistakes_are_said_with_file_and_line),
		cmocka_unit_test(r1_and_r6_are_two_components),
		cmocka_unit_test(r1_needs_two_sims_and_r7_two_of_its_classes),
		cmocka_unit_test(data_goes_on_over_a_path),
		cmocka_unit_test(filters_close_a_path_for_one_item),
		cmocka_unit_test(directions_that_cannot_be_kept_apart_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
