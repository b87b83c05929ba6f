// SPDX-License-Identifier: MIT
/*
 * test_iso7816.c - the ISO 7816-3 engine against scripted cards
 *
 * Each dialogue of tests/kunit/dialogues.h is played three times: bytes as
 * written, one at a time, and in threes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "kunit/dialogues.h"

static void plays(void **state)
{
	static const size_t chunks[] = { 0, 1, 3 };
	const struct dialogue *d = *state;
	struct wire *w = malloc(sizeof(*w));
	size_t i;

	assert_non_null(w);
	for (i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		int line = wire_play(w, d->script, chunks[i]);

		if (line) {
			const char *s = d->script;
			int k;

			for (k = 1; k < line; k++)
				s += strcspn(s, "\n") + 1;
			print_error("line %d, chunks of %zu: %.*s: %s\n", line,
				    chunks[i], (int)strcspn(s, "\n"), s,
				    w->msg);
			free(w);
			fail();
		}
	}
	free(w);
}

static size_t add(struct CMUnitTest *t, size_t n, const struct dialogue *d,
		  size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		t[n++] = (struct CMUnitTest){
			.name = d[i].name,
			.test_func = plays,
			.initial_state = (void *)&d[i],
		};
	return n;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ISO 7816-3 5.2: a slot that cannot work is refused when it is set up. */
static void bad_configurations_are_refused(void **state)
{
	struct iso7816_config cfg = { .clock_hz = 3571200, .classes = 1 };
	struct iso7816 m;

	(void)state;
	assert_int_equal(iso7816_init(&m, &cfg), 0);
	cfg.clock_hz = 999999;
	assert_int_equal(iso7816_init(&m, &cfg), -EINVAL);
	cfg.clock_hz = 20000001;
	assert_int_equal(iso7816_init(&m, &cfg), -EINVAL);
	cfg.clock_hz = 20000000;
	cfg.classes = 8;
	assert_int_equal(iso7816_init(&m, &cfg), -EINVAL);
}

int main(void)
{
	struct CMUnitTest t[COUNT(dialogues_reset) + COUNT(dialogues_pps) +
			    COUNT(dialogues_t0) + COUNT(dialogues_t1) + 1];
	size_t n = 0;

	n = add(t, n, dialogues_reset, COUNT(dialogues_reset));
	n = add(t, n, dialogues_pps, COUNT(dialogues_pps));
	n = add(t, n, dialogues_t0, COUNT(dialogues_t0));
	n = add(t, n, dialogues_t1, COUNT(dialogues_t1));
	t[n++] = (struct CMUnitTest)
		cmocka_unit_test(bad_configurations_are_refused);
	return _cmocka_run_group_tests("iso7816", t, n, NULL, NULL);
}
