// SPDX-License-Identifier: MIT
/* What a run says while it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/run.h"

/* Merging is done with no replica in particular: there is none to name. */
static void a_stage_names_its_replica_where_it_has_one(void **state)
{
	char text[96];

	(void)state;
	run_stage(SYNC_LOOK, "SIM Telekom (...4711)", text, sizeof(text));
	assert_string_equal(text, "reading SIM Telekom (...4711)");
	run_stage(SYNC_MERGE, "", text, sizeof(text));
	assert_string_equal(text, "merging");
	run_stage(SYNC_RECOVER, NULL, text, sizeof(text));
	assert_string_equal(text, "finishing the last run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_names_its_replica_where_it_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
