// SPDX-License-Identifier: MIT
/* ITU-T E.212 and E.164: whose number is "0170 1234567"? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "model/country.h"
#include "model/pair.h"

static void an_imsi_tells_the_home_country(void **state)
{
	static const char *const known[][2] = {
		{ "262021234567890", "49" },  /* Germany */
		{ "232011234567890", "43" },  /* Austria */
		{ "310150123456789", "1" },   /* United States */
		{ "316010123456789", "1" },
		{ "208011234567890", "33" },  /* France, the lowest but three */
		{ "202011234567890", "30" },  /* Greece, the first */
		{ "750001234567890", "500" }, /* Falkland Islands, the last */
		{ "401011234567890", "7" },   /* Kazakhstan */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_string_equal(country_of_imsi(known[i][0]), known[i][1]);
}

static void what_belongs_to_no_country_tells_none(void **state)
{
	(void)state;
	assert_null(country_of_imsi("001010123456789")); /* test network */
	assert_null(country_of_imsi("901700000000000")); /* international */
	assert_null(country_of_imsi("999990000000000")); /* private */
	assert_null(country_of_imsi("340011234567890")); /* two countries' */
	assert_null(country_of_imsi(""));
	assert_null(country_of_imsi("26"));
	assert_null(country_of_imsi("2a2021234567890"));
}

static void national_and_international_writing_are_one_number(void **state)
{
	char *a = sim_number_norm("0170 1234567", country_of_imsi("262021"));
	char *b = sim_number_norm("+49 170 1234567", NULL);

	(void)state;
	assert_string_equal(a, b);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_imsi_tells_the_home_country),
		cmocka_unit_test(what_belongs_to_no_country_tells_none),
		cmocka_unit_test(national_and_international_writing_are_one_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
