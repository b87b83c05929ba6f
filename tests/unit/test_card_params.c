// SPDX-License-Identifier: MIT
/*
 * Files of several records that are shown: EF_SMSP, EF_SMSS, EF_SMSR, EF_PNN,
 * EF_OPL (TS 31.102 4.2), access rules within an FCP; bytes worked by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/params.h"
#include "card/rights.h"
#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\n"
#define FF4 "FFFFFFFF"
#define FF8 FF4 FF4
#define FF12 FF8 FF4

struct bench {
	struct uicc *u;
	struct card *c;
};

static struct bench on(const char *head, const char *more)
{
	struct bench b = { 0 };
	struct sim_err e = { 0 };
	char why[UICC_WHY], text[2048];

	snprintf(text, sizeof(text), "%s%s", head, more);
	b.u = uicc_parse(text, "test", why);
	if (!b.u)
		fail_msg("%s", why);
	b.c = card_open(&link_to(b.u)->base, &e);
	if (!b.c)
		fail_msg("%s", e.text);
	return b;
}

static void off(struct bench *b)
{
	card_close(b->c);
	uicc_free(b->u);
}

/*
 * 4.2.27: 12 bytes of name here, "Std" 53 74 64; indicators E0: b1 to b5 clear,
 * all are there; TP-DA 3 digits, international, 491; TS-SCA 7 bytes; PID 00,
 * DCS 08, VP AA. Record 2: FB, only b3 clear: the PID. Record 3 is free.
 */
static void parameters_of_messages(void **state)
{
	struct bench b = on(HEAD,
		"file usim/6F42 linear 3 40\n"
		"record 1 537464" FF8 "FF" "E0" "039194F1" FF8
		"0791947122723033" FF4 "0008AA\n"
		"record 2 " FF12 "FB" FF12 FF12 "40FFFF\n"
		"record 3 " FF12 FF12 FF12 FF4 "\n");
	struct params_smsp *p;
	struct sim_err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(params_smsp(b.c, &p, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(p[0].name, "Std");
	assert_string_equal(p[0].dest, "+491");
	assert_string_equal(p[0].smsc, "+491722270333");
	assert_int_equal(p[0].pid, 0x00);
	assert_int_equal(p[0].dcs, 0x08);
	assert_int_equal(p[0].vp, 0xaa);
	assert_int_equal(p[1].rec, 2);
	assert_string_equal(p[1].smsc, "");
	assert_int_equal(p[1].pid, 0x40);
	assert_int_equal(p[1].dcs, -1);
	assert_int_equal(p[1].vp, -1);
	free(p);
	off(&b);
}

static void a_file_too_short_is_said(void **state)
{
	struct bench b = on(HEAD, "file usim/6F42 linear 1 27\n");
	struct params_smsp *p;
	struct sim_err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(params_smsp(b.c, &p, &n, &e), 1);
	assert_null(p);
	assert_non_null(strstr(e.text, "EF_SMSP"));
	off(&b);
}

/* 4.2.9: last TP-MR, then b1: 0 memory capacity exceeded. */
static void state_of_messages(void **state)
{
	static const struct {
		const char *hex;
		int last;
		bool full;
	} v[] = {
		{ "2AFF", 0x2a, false }, { "00FE", 0, true }, { "FFFF", -1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct params_smss s;
		struct sim_err e = { 0 };
		char put[40];
		struct bench b;

		snprintf(put, sizeof(put), "put usim/6F43 %s\n", v[i].hex);
		b = on(HEAD, put);
		assert_int_equal(params_smss(b.c, &s, &e), 0);
		assert_int_equal(s.last, v[i].last);
		assert_int_equal(s.full, v[i].full);
		off(&b);
	}
}

/*
 * 4.2.32: record of EF_SMS, then a STATUS-REPORT (TS 23.040 9.2.2.3): 06, MR
 * 2A, RA +491, sent 2026-11-01 10:00:00 +01:00, done a second later, ST 00.
 * Record 2 is free; record 3 holds a DELIVER (04), which is none.
 */
static void status_reports(void **state)
{
	struct bench b = on(HEAD,
		"file usim/6F47 linear 3 30\n"
		"record 1 03062A039194F16211100100004062111001001040"
		"00" FF8 "\n"
		"record 2 00\n"
		"record 3 0104039194F100006211100100004002C834" FF12 "\n");
	struct params_smsr *p;
	struct sim_err e = { 0 };
	const char *const *odd;
	size_t n;

	(void)state;
	assert_int_equal(params_smsr(b.c, &p, &n, &e), 0);
	assert_int_equal(n, 1);
	assert_int_equal(p[0].sms, 3);
	assert_string_equal(p[0].report.addr, "+491");
	assert_string_equal(p[0].report.done, "2026-11-01T10:00:01+01:00");
	assert_int_equal(p[0].report.status, 0);
	free(p);
	odd = card_problems(b.c, &n);
	assert_int_equal(n, 1);
	assert_non_null(strstr(odd[0], "EF_SMSR record 3"));
	off(&b);
}

/*
 * 4.2.58: 43 full, 45 short name, coding of TS 24.008 10.5.3.5a. "Hi" packed is
 * C8 34 with two spare bits (82), "H" 48 with one (81), 90 UCS2.
 */
static void names_of_networks(void **state)
{
	struct bench b = on(HEAD,
		"file usim/6FC5 linear 4 12\n"
		"record 1 430382C83445028148" "FFFFFF\n"
		"record 2 45059004160438" FF4 "FF\n"
		"record 3 " FF12 "\n"
		"record 4 43018045" FF8 "\n");
	struct params_name *p;
	struct sim_err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(params_names(b.c, &p, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(p[0].full, "Hi");
	assert_string_equal(p[0].brief, "H");
	assert_int_equal(p[1].rec, 2);
	assert_string_equal(p[1].full, "");
	assert_string_equal(p[1].brief, "Жи");
	free(p);
	card_problems(b.c, &n);
	assert_int_equal(n, 1);
	off(&b);
}

/* 4.2.59: 62 F2 20 is 262 02; D as a digit is any; areas; record of EF_PNN. */
static void areas_of_operators(void **state)
{
	struct bench b = on(HEAD,
		"file usim/6FC6 linear 4 8\n"
		"record 1 62F2200000FFFE01\n"
		"record 2 62F2D00010002000\n"
		"record 3 1300141234123402\n"
		"record 4 " FF8 "\n");
	struct params_area *p;
	struct sim_err e = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(params_areas(b.c, &p, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(p[0].plmn, "26202");
	assert_int_equal(p[0].from, 0x0000);
	assert_int_equal(p[0].to, 0xfffe);
	assert_int_equal(p[0].name, 1);
	assert_string_equal(p[1].plmn, "2620?");
	assert_int_equal(p[1].name, 0);
	assert_string_equal(p[2].plmn, "310410");
	free(p);
	off(&b);
}

/* ---- access rules that the file itself tells ---------------------------- */

static const struct {
	const char *what;
	struct fs_ef ef;
	const char *read, *update;
} rules[] = {
	/* 51.011 9.3: 0 always, 1 CHV1, 2 CHV2, 4 to E administrative, F never */
	{ "51.011 10.5.1 EF_ADN", { .rule = 0xa0, .nrules = 3, .rules = { 0x11 } },
	  "PIN1", "PIN1" },
	{ "51.011 10.5.2 EF_FDN", { .rule = 0xa0, .nrules = 3, .rules = { 0x12 } },
	  "PIN1", "PIN2" },
	{ "51.011 10.1.1 EF_ICCID", { .rule = 0xa0, .nrules = 3, .rules = { 0x0f } },
	  "always", "never" },
	{ "51.011 10.3.2 EF_IMSI", { .rule = 0xa0, .nrules = 3, .rules = { 0x14 } },
	  "PIN1", "ADM1" },
	{ "51.011 9.3, level 3 is reserved",
	  { .rule = 0xa0, .nrules = 3, .rules = { 0x3e } }, "?", "ADM11" },
	/* ISO/IEC 7816-4 Table 20: conditions from the highest bit down */
	{ "compact, update never, read always",
	  { .rule = 0x8c, .nrules = 3, .rules = { 0x03, 0xff, 0x00 } },
	  "always", "never" },
	{ "compact, deactivate and activate before them",
	  { .rule = 0x8c, .nrules = 5, .rules = { 0x1b, 0xff, 0xff, 0x00, 0x11 } },
	  "?", "always" },
	{ "compact, cut off",
	  { .rule = 0x8c, .nrules = 2, .rules = { 0x03, 0xff } }, "?", "never" },
	{ "expanded", { .rule = 0xab, .nrules = 5,
			.rules = { 0x80, 0x01, 0x01, 0x90, 0x00 } },
	  "always", "never" },
	{ "nothing said", { .rule = 0 }, "?", "?" },
};

static void a_file_tells_its_own_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct sim_err e = { 0 };
		struct rights r;

		rights_of(NULL, &rules[i].ef, &r, &e);
		if (strcmp(r.read, rules[i].read) ||
		    strcmp(r.update, rules[i].update))
			fail_msg("%s: %s, %s", rules[i].what, r.read, r.update);
	}
}

/* 51.011 9.2.1: bytes 9 to 11 of the response to SELECT. */
static void a_2g_card_tells_its_rights(void **state)
{
	static const uint16_t adn[] = { FS_TELECOM, 0x6f3a };
	struct bench b = on("template sim\niccid 89490200001234567896\n"
			    "imsi 262021234567890 mnc=2\npin1 1234 off\n"
			    "phonebook 2g adn=10x28 ext1=2\n", "");
	struct sim_err e = { 0 };
	struct rights r;
	struct fs_ef ef;

	(void)state;
	assert_int_equal(fs_select(b.c, adn, 2, "EF_ADN", &ef, &e), 0);
	assert_int_equal(rights_of(b.c, &ef, &r, &e), 0);
	assert_string_equal(r.read, "PIN1");
	assert_string_equal(r.update, "PIN1");
	off(&b);
}

/* ---- what it cost ------------------------------------------------------- */

static void a_card_without_search_record_says_what_it_cost(void **state)
{
	static const struct {
		const char *head;
		const char *more;
		unsigned int records;
	} v[] = {
		{ HEAD, "phonebook local adn=20x28\n", 0 },
		{ HEAD, "feature search-record off\nphonebook local adn=20x28\n",
		  20 },
		{ "template sim\niccid 89490200001234567896\n"
		  "imsi 262021234567890 mnc=2\npin1 1234 off\n",
		  "phonebook 2g adn=10x28\n", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct bench b = on(v[i].head, v[i].more);
		struct sim_err e = { 0 };
		struct sim_changes ch;
		char cost[256], want[32];
		struct sim_replica *r = card_replica(b.c, "card", SIM_PHYSICAL,
						     &e);

		assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e),
				 0);
		card_cost(b.c, cost, sizeof(cost));
		snprintf(want, sizeof(want), "%u records", v[i].records);
		if (v[i].records)
			assert_non_null(strstr(cost, want));
		else
			assert_null(strstr(cost, "SEARCH"));
		sim_changes_free(&ch);
		r->ops->free(r);
		off(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_of_messages),
		cmocka_unit_test(a_file_too_short_is_said),
		cmocka_unit_test(state_of_messages),
		cmocka_unit_test(status_reports),
		cmocka_unit_test(names_of_networks),
		cmocka_unit_test(areas_of_operators),
		cmocka_unit_test(a_file_tells_its_own_rules),
		cmocka_unit_test(a_2g_card_tells_its_rights),
		cmocka_unit_test(a_card_without_search_record_says_what_it_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
