// SPDX-License-Identifier: MIT
/*
 * Long messages out of their parts (TS 23.040 9.2.3.24.1): in any order, twice,
 * or not all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model/parts.h"

#define MAX 8

/**
 * struct row - messages as they stand, and what they make
 * @it: content lines, one message each
 * @want: text of the message each stands for, NULL: it is part of one before
 * @have: parts of it that are there
 */
struct row {
	const char *what;
	const char *it[MAX];
	const char *want[MAX];
	unsigned int have[MAX];
	unsigned int of[MAX];
};

#define P(from, ref, part, of, day, tpdu, text)                             \
	"DIRECTION:in\nTPDU:" tpdu "\nFROM:" from "\nREF:" #ref "\nPART:" #part \
	"\nPARTS:" #of "\nDATE:2026-11-" day "T10:00:00+01:00\nTEXT:" text "\n"

static const struct row rows[] = {
	{ "one that came whole", { "DIRECTION:in\nTPDU:01\nFROM:1\nTEXT:Hi\n" },
	  { "Hi" }, { 1 }, { 1 } },
	{ "in order", { P("1", 7, 1, 2, "01", "01", "ab"),
			P("1", 7, 2, 2, "01", "02", "cd") },
	  { "abcd", NULL }, { 2 }, { 2 } },
	{ "out of order", { P("1", 7, 3, 3, "01", "03", "c"),
			    P("1", 7, 1, 3, "01", "01", "a"),
			    P("1", 7, 2, 3, "01", "02", "b") },
	  { "abc", NULL, NULL }, { 3 }, { 3 } },
	{ "one is missing", { P("1", 7, 1, 3, "01", "01", "a"),
			      P("1", 7, 3, 3, "01", "03", "c") },
	  { "a[...]c", NULL }, { 2 }, { 3 } },
	{ "one came twice", { P("1", 7, 1, 2, "01", "01", "a"),
			      P("1", 7, 1, 2, "01", "01", "a"),
			      P("1", 7, 2, 2, "01", "02", "b") },
	  { "ab", NULL, NULL }, { 2 }, { 2 } },
	{ "the reference is used again", { P("1", 7, 1, 2, "01", "01", "a"),
					   P("1", 7, 2, 2, "01", "02", "b"),
					   P("1", 7, 1, 2, "01", "11", "x"),
					   P("1", 7, 2, 2, "01", "12", "y") },
	  { "ab", NULL, "xy", NULL }, { 2, 0, 2 }, { 2, 0, 2 } },
	{ "another day, another message", { P("1", 7, 1, 2, "01", "01", "a"),
					    P("1", 7, 2, 2, "05", "02", "b") },
	  { "a[...]", "[...]b" }, { 1, 1 }, { 2, 2 } },
	{ "another sender", { P("1", 7, 1, 2, "01", "01", "a"),
			      P("2", 7, 2, 2, "01", "02", "b") },
	  { "a[...]", "[...]b" }, { 1, 1 }, { 2, 2 } },
	{ "another reference", { P("1", 7, 1, 2, "01", "01", "a"),
				 P("1", 8, 2, 2, "01", "02", "b") },
	  { "a[...]", "[...]b" }, { 1, 1 }, { 2, 2 } },
	{ "between others", { P("1", 7, 2, 2, "01", "02", "b"),
			      "DIRECTION:in\nTPDU:05\nFROM:1\nTEXT:Hi\n",
			      P("1", 7, 1, 2, "01", "01", "a\\, ") },
	  { "a, b", "Hi", NULL }, { 2, 1 }, { 2, 1 } },
	/* 9.2.3.24.1: a part 0, or beyond the last one, makes it a message alone */
	{ "numbers that make no sense", { P("1", 7, 0, 2, "01", "01", "a"),
					  P("1", 7, 3, 2, "01", "02", "b") },
	  { "a", "b" }, { 1, 1 }, { 1, 1 } },
	{ "nothing to read in it", { "DIRECTION:in\nTPDU:01\nFROM:1\n" }, { "" },
	  { 1 }, { 1 } },
};

static void parts_make_messages(void **state)
{
	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const struct sim_item *it[MAX];
		struct sim_item item[MAX];
		size_t head[MAX], n = 0;
		struct parts p;

		for (; n < MAX && rows[r].it[n]; n++) {
			assert_int_equal(sim_item_parse(&item[n], SIM_MESSAGE,
							rows[r].it[n]), 0);
			it[n] = &item[n];
		}
		parts_gather(it, n, head);
		for (size_t i = 0; i < n; i++) {
			if ((head[i] == i) != !!rows[r].want[i])
				fail_msg("%s: message %zu stands with %zu",
					 rows[r].what, i, head[i]);
			if (head[i] != i)
				continue;
			assert_int_equal(parts_whole(it, n, head, i, &p), 0);
			if (strcmp(p.text, rows[r].want[i]) ||
			    p.have != rows[r].have[i] || p.of != rows[r].of[i])
				fail_msg("%s: %u of %u: %s", rows[r].what, p.have,
					 p.of, p.text);
			free(p.text);
		}
		for (size_t i = 0; i < n; i++)
			sim_item_free(&item[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_make_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
