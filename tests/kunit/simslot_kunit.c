// SPDX-License-Identifier: GPL-2.0-only
/*
 * simslot_kunit.c - KUnit suites: the wire engine and the APDU layer
 *
 * The same dialogues, ATRs and exchanges as the cmocka tests play, here in the
 * kernel that runs them: its compiler, its arithmetic, its sanitizers.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "kunit/atrs.h"
#include "kunit/dialogues.h"
#include "kunit/exchanges.h"
#include "suites.h"

static void describe(const struct dialogue *d, char *desc)
{
	strscpy(desc, d->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reset, dialogues_reset, describe);
KUNIT_ARRAY_PARAM(pps, dialogues_pps, describe);
KUNIT_ARRAY_PARAM(t0, dialogues_t0, describe);
KUNIT_ARRAY_PARAM(t1, dialogues_t1, describe);
KUNIT_ARRAY_PARAM(exchange, exchanges, describe);

static void dialogue_goes_as_written(struct kunit *test)
{
	static const size_t chunks[] = { 0, 1, 3 };
	const struct dialogue *d = test->param_value;
	struct wire *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		int line = wire_play(w, d->script, chunks[i]);

		KUNIT_EXPECT_EQ_MSG(test, line, 0, "chunks of %zu: %s",
				    chunks[i], w->msg);
	}
}

static void atrs_say_what_the_clause_says(struct kunit *test)
{
	struct iso7816_atr atr;
	unsigned int i;
	u8 b[64];

	for (i = 0; i < ARRAY_SIZE(atr_vectors); i++) {
		const struct atr_vector *v = &atr_vectors[i];
		size_t n = wire_hex(v->hex, b, sizeof(b));
		const char *wrong;

		wrong = atr_differs(v, &atr, iso7816_atr_parse(&atr, b, n));
		KUNIT_EXPECT_TRUE_MSG(test, !wrong, "%s: %s", v->hex,
				      wrong ? wrong : "");
	}
}

static void exchange_goes_as_written(struct kunit *test)
{
	const struct dialogue *d = test->param_value;
	struct exchange_run *r = kvzalloc(sizeof(*r), GFP_KERNEL);
	int line;

	KUNIT_ASSERT_NOT_NULL(test, r);
	line = exchange_play(r, d->script);
	KUNIT_EXPECT_EQ_MSG(test, line, 0, "%s", r->w.msg);
	kvfree(r);
}

static struct kunit_case iso7816_cases[] = {
	KUNIT_CASE(atrs_say_what_the_clause_says),
	KUNIT_CASE_PARAM(dialogue_goes_as_written, reset_gen_params),
	KUNIT_CASE_PARAM(dialogue_goes_as_written, pps_gen_params),
	KUNIT_CASE_PARAM(dialogue_goes_as_written, t0_gen_params),
	KUNIT_CASE_PARAM(dialogue_goes_as_written, t1_gen_params),
	{}
};

static struct kunit_suite iso7816_suite = {
	.name = "simslot_iso7816",
	.test_cases = iso7816_cases,
};

static struct kunit_case apdu_cases[] = {
	KUNIT_CASE_PARAM(exchange_goes_as_written, exchange_gen_params),
	{}
};

static struct kunit_suite apdu_suite = {
	.name = "simslot_apdu",
	.test_cases = apdu_cases,
};

kunit_test_suites(&iso7816_suite, &apdu_suite, &simslot_identity_suite,
		  &simslot_state_suite);

MODULE_DESCRIPTION("KUnit suites of simslot's wire engine and APDU layer");
MODULE_LICENSE("GPL");
