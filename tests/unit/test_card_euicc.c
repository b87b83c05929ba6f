// SPDX-License-Identifier: MIT
/* Profiles of an eUICC: SGP.22 5.7, on the software eUICC and on bare bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/euicc.h"
#include "card_link.h"

static const char image[] =
	"eid 89049032000001000000000000000012\n"
	"profile iccid=89490200001111111110 name=\"Work\" provider=\"Example\" "
	"nickname=\"w\" state=enabled class=operational\n"
	"template usim\niccid 89490200001111111110\n"
	"imsi 262021111111111 mnc=2\npin1 1234 off\n"
	"profile iccid=8933100000222222222 name=\"Travel\" provider=\"Exemple\" "
	"state=disabled class=operational\n"
	"template usim\niccid 8933100000222222222\n"
	"imsi 208012222222222 mnc=2\npin1 1234 off\n";

struct bench {
	struct uicc *u;
	struct link *l;
	struct euicc *e;
};

static struct bench on(void)
{
	struct bench b = { 0 };
	struct sim_err e = { 0 };
	char why[UICC_WHY];

	b.u = uicc_parse(image, "test", why);
	if (!b.u)
		fail_msg("%s", why);
	b.l = link_to(b.u);
	b.l->base.terminal = 1;
	b.e = euicc_open(&b.l->base, &e);
	if (!b.e)
		fail_msg("%s", e.text);
	return b;
}

static void off(struct bench *b)
{
	euicc_close(b->e);
	uicc_free(b->u);
}

static int enabled(struct bench *b, char iccid[21])
{
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	int count = 0;
	size_t n;

	iccid[0] = '\0';
	if (euicc_profiles(b->e, &p, &n, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < n; i++) {
		if (!p[i].enabled)
			continue;
		count++;
		strcpy(iccid, p[i].iccid);
	}
	free(p);
	return count;
}

static void reopen(struct bench *b)
{
	struct sim_err e = { 0 };

	euicc_close(b->e);
	b->l = link_to(b->u);
	b->e = euicc_open(&b->l->base, &e);
	if (!b->e)
		fail_msg("%s", e.text);
}

static void profiles_and_eid_are_listed(void **state)
{
	struct bench b = on();
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	char eid[33];
	size_t n;

	(void)state;
	assert_int_equal(euicc_eid(b.e, eid, &e), 0);
	assert_string_equal(eid, "89049032000001000000000000000012");
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(p[0].iccid, "89490200001111111110");
	assert_string_equal(p[0].name, "Work");
	assert_string_equal(p[0].provider, "Example");
	assert_string_equal(p[0].nickname, "w");
	assert_int_equal(p[0].class, EUICC_OPERATIONAL);
	assert_true(p[0].enabled);
	/* 19 digits: the last half byte is F. */
	assert_string_equal(p[1].iccid, "8933100000222222222");
	assert_false(p[1].enabled);
	free(p);
	off(&b);
}

/*
 * SGP.22 v3, several enabled profiles: 9F24 tells the port. What is on at
 * another one is not this slot's identity.
 */
static void profiles_of_other_ports_are_not_ours(void **state)
{
	static const char mep[] =
		"eid 89049032000001000000000000000012\nchannels 4\nfeature mep on\n"
		"profile iccid=89490200001111111110 name=\"Work\" state=enabled\n"
		"template usim\niccid 89490200001111111110\n"
		"imsi 262021111111111 mnc=2\npin1 1234 off\n"
		"profile iccid=8933100000222222222 name=\"Travel\" port=1\n"
		"template usim\niccid 8933100000222222222\n"
		"imsi 208012222222222 mnc=2\npin1 1234 off\n";
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	char why[UICC_WHY];
	struct bench b = { .u = uicc_parse(mep, "mep", why) };
	size_t n;

	(void)state;
	if (!b.u)
		fail_msg("%s", why);
	b.l = link_to(b.u);
	b.l->base.terminal = 1;
	b.e = euicc_open(&b.l->base, &e);
	assert_non_null(b.e);
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_true(p[0].enabled);
	assert_int_equal(p[0].port, 0);
	assert_false(p[1].enabled);
	assert_int_equal(p[1].port, 1);
	free(p);
	off(&b);

	/* Without several ports nothing is said of them. */
	b = on();
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_int_equal(p[0].port, -1);
	assert_true(p[0].enabled);
	free(p);
	off(&b);
}

static void a_card_that_will_not_be_asked_for_ports_is_asked_without(void **state)
{
	struct bench b = on();
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	char why[UICC_WHY];
	size_t n;

	(void)state;
	assert_int_equal(uicc_fault(b.u, "sw 6A80 ins=E2", why), 0);
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_int_equal(n, 2);
	free(p);
	off(&b);
}

static void what_is_no_euicc_is_said(void **state)
{
	struct sim_err e = { 0 };
	char why[UICC_WHY];
	struct uicc *u = uicc_parse("template usim\niccid 89490200001234567896\n"
				    "imsi 262021234567890 mnc=2\n", "t", why);
	struct link *l = link_to(u);

	(void)state;
	assert_null(euicc_open(&l->base, &e));
	assert_int_equal(e.code, EX_UNAVAILABLE);
	uicc_free(u);
}

/* 5.7.16: refreshFlag 0, then the terminal resets the card. */
static void a_profile_is_enabled_by_a_reset_of_ours(void **state)
{
	struct bench b = on();
	struct sim_err e = { 0 };
	char iccid[21];

	(void)state;
	assert_int_equal(euicc_do(b.e, EUICC_ENABLE, "8933100000222222222",
				  false, &e), EUICC_OK);
	assert_int_equal(euicc_reset(b.e, &e), 0);
	reopen(&b);
	assert_int_equal(enabled(&b, iccid), 1);
	assert_string_equal(iccid, "8933100000222222222");
	uicc_iccid(b.u, iccid);
	assert_string_equal(iccid, "8933100000222222222");
	off(&b);
}

static void no_profile_enabled_is_a_state_not_an_error(void **state)
{
	struct bench b = on();
	struct sim_err e = { 0 };
	char iccid[21];

	(void)state;
	assert_int_equal(euicc_do(b.e, EUICC_DISABLE, "89490200001111111110",
				  false, &e), EUICC_OK);
	assert_int_equal(euicc_reset(b.e, &e), 0);
	reopen(&b);
	assert_int_equal(enabled(&b, iccid), 0);
	off(&b);
}

static void refusals_of_the_card_are_said_with_their_reason(void **state)
{
	struct bench b = on();
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(euicc_do(b.e, EUICC_ENABLE, "89490200001111111110",
				  false, &e), EUICC_WRONG_STATE);
	assert_true(e.text[0]);
	assert_int_equal(euicc_do(b.e, EUICC_DELETE, "89490200001111111110",
				  false, &e), EUICC_WRONG_STATE);
	assert_int_equal(euicc_do(b.e, EUICC_ENABLE, "8900000000000000000",
				  false, &e), EUICC_NOT_FOUND);
	off(&b);
}

static void a_disabled_profile_is_deleted(void **state)
{
	struct bench b = on();
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(euicc_do(b.e, EUICC_DELETE, "8933100000222222222",
				  false, &e), EUICC_OK);
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_int_equal(n, 1);
	free(p);
	off(&b);
}

static void a_nickname_is_set_and_too_long_a_one_refused(void **state)
{
	struct bench b = on();
	struct euicc_profile *p;
	struct sim_err e = { 0 };
	char longer[66];
	size_t n;

	(void)state;
	assert_int_equal(euicc_nickname(b.e, "8933100000222222222", "Été",
					&e), EUICC_OK);
	assert_int_equal(euicc_profiles(b.e, &p, &n, &e), 0);
	assert_string_equal(p[1].nickname, "Été");
	free(p);
	memset(longer, 'x', 65);
	longer[65] = '\0';
	assert_int_equal(euicc_nickname(b.e, "8933100000222222222", longer, &e),
			 -1);
	off(&b);
}

static void notifications_are_listed_and_removed(void **state)
{
	struct bench b = on();
	struct euicc_notice *p;
	struct sim_err e = { 0 };
	uint32_t seq;
	size_t n;

	(void)state;
	assert_int_equal(euicc_do(b.e, EUICC_ENABLE, "8933100000222222222",
				  false, &e), EUICC_OK);
	assert_int_equal(euicc_reset(b.e, &e), 0);
	reopen(&b);
	assert_int_equal(euicc_notices(b.e, &p, &n, &e), 0);
	assert_in_range(n, 1, 2);
	seq = p[0].seq;
	free(p);
	assert_int_equal(euicc_forget_notice(b.e, seq, &e), EUICC_OK);
	assert_int_equal(euicc_notices(b.e, &p, &n, &e), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(p[i].seq, seq);
	free(p);
	off(&b);
}

static void memory_left_is_told(void **state)
{
	struct bench b = on();
	struct euicc_memory m;
	struct sim_err e = { 0 };

	(void)state;
	assert_int_equal(euicc_memory(b.e, &m, &e), 0);
	/* SGP.22 5.7.8: 81, 82, 83; 84 holds TS 102 226 8.2.1.7.2: 81, 82, 83. */
	assert_string_equal(m.profiles, "2.3.1");
	assert_string_equal(m.svn, "2.2.2");
	assert_string_equal(m.firmware, "1.0.0");
	assert_int_equal(m.applications, 0);
	assert_int_equal(m.free_bytes, 393216 - 2 * 40960);
	assert_int_equal(m.free_ram, 2048);
	off(&b);
}

/* TERMINAL CAPABILITY is ours only where we are the terminal. */
static uint8_t sent[16];

static int watch(struct sim_channel *c, const uint8_t *cmd, size_t len,
		 uint8_t *resp, size_t max, size_t *got, struct sim_err *e)
{
	sent[cmd[1] >> 4] |= cmd[1] == 0xaa;
	return link_transmit(c, cmd, len, resp, max, got, e);
}

static void on_a_modems_slot_nothing_of_the_terminal_is_sent(void **state)
{
	struct sim_channel_ops ops = link_ops;
	struct sim_err e = { 0 };
	char why[UICC_WHY];

	(void)state;
	ops.transmit = watch;
	for (int terminal = 0; terminal < 2; terminal++) {
		struct uicc *u = uicc_parse(image, "t", why);
		struct link *l = link_to(u);
		struct euicc *eu;

		l->base.ops = &ops;
		l->base.terminal = terminal;
		memset(sent, 0, sizeof(sent));
		eu = euicc_open(&l->base, &e);
		assert_non_null(eu);
		assert_int_equal(sent[0xa], terminal);
		euicc_close(eu);
		uicc_free(u);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_and_eid_are_listed),
		cmocka_unit_test(profiles_of_other_ports_are_not_ours),
		cmocka_unit_test(a_card_that_will_not_be_asked_for_ports_is_asked_without),
		cmocka_unit_test(what_is_no_euicc_is_said),
		cmocka_unit_test(a_profile_is_enabled_by_a_reset_of_ours),
		cmocka_unit_test(no_profile_enabled_is_a_state_not_an_error),
		cmocka_unit_test(refusals_of_the_card_are_said_with_their_reason),
		cmocka_unit_test(a_disabled_profile_is_deleted),
		cmocka_unit_test(a_nickname_is_set_and_too_long_a_one_refused),
		cmocka_unit_test(notifications_are_listed_and_removed),
		cmocka_unit_test(memory_left_is_told),
		cmocka_unit_test(on_a_modems_slot_nothing_of_the_terminal_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
