// SPDX-License-Identifier: MIT
/* SIM information file by file (TS 31.102 4.2), bytes worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/services.h"
#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\n"

#define FF12 "FFFFFFFFFFFFFFFFFFFFFFFF"

struct row {
	const char *what;
	const char *image;
	const char *field;
	const char *value;	/* NULL: not said */
};

static const struct row rows[] = {
	/* 4.2.2: length 08; low half 9 odd, 1 even, then digits, low half first */
	{ "4.2.2 IMSI", "put usim/6F07 082926202143658709\n", "IMSI",
	  "262021234567890" },
	{ "4.2.2 IMSI of 14 digits", "put usim/6F07 0821262021436587F9\n",
	  "IMSI", "26202123456789" },
	{ "4.2.18 MNC of 2 digits", "put usim/6FAD 00000002\n", "MCCMNC", "26202" },
	{ "4.2.18 MNC of 3 digits", "put usim/6FAD 00000003\n", "MCCMNC",
	  "262021" },
	{ "4.2.18 MNC length nobody knows", "put usim/6FAD 00000004\n", "MCCMNC",
	  NULL },
	/* 4.2.12: display condition, then the name */
	{ "4.2.12 SPN, default alphabet",
	  "put usim/6F46 0041424300FFFFFFFFFFFFFFFFFFFFFFFF\n", "SPN", "ABC@" },
	{ "4.2.12 SPN, UCS2 80",
	  "put usim/6F46 008004160438FFFFFFFFFFFFFFFFFFFFFF\n", "SPN", "Жи" },
	{ "4.2.12 SPN, nothing", "put usim/6F46 00" FF12 "FFFFFFFF\n", "SPN", NULL },
	/* 4.2.1: two letters each */
	{ "4.2.1 LI", "file usim/6F05 transparent 6\nput usim/6F05 64656E6CFFFF\n",
	  "LANG", "de nl" },
	/* 4.2.5: 262 02 = 62 F2 20; 02 10 32 = 200 231; access technologies */
	{ "4.2.5 PLMNwAcT",
	  "file usim/6F60 transparent 15\n"
	  "put usim/6F60 62F2208000FFFFFF00000210324000\n",
	  "PLMN", "26202:8000 200231:4000" },
	/* 4.2.10 and 4.2.11 */
	{ "4.2.10 GID1", "put usim/6F3E 0A1BFF\n", "GID1", "0A1B" },
	/*
	 * 4.2.58, coding of TS 24.008 10.5.3.5a: 43, length, 80 default alphabet
	 * with so many spare bits, 90 UCS2. "Hi" is 48 69, packed C8 34, 2 spare.
	 */
	{ "4.2.58 PNN, default alphabet",
	  "file usim/6FC5 linear 1 20\nput usim/6FC5 1 430382C834" FF12 "FFFFFF\n",
	  "PNN", "Hi" },
	{ "4.2.58 PNN, UCS2",
	  "file usim/6FC5 linear 1 20\nput usim/6FC5 1 43059004160438" FF12 "FF\n",
	  "PNN", "Жи" },
	/* 4.2.59: 262 02, all areas, record 1 */
	{ "4.2.59 OPL", "put usim/6FC6 1 62F2200000FFFE01\n", "OPL",
	  "26202 0000-FFFE 1" },
	{ "4.2.59 OPL, one area of a 3-digit MNC", "put usim/6FC6 1 1300141234123402\n",
	  "OPL", "310410 1234-1234 2" },
	{ "4.2.59 OPL, free record", "put usim/6FC6 1 FFFFFFFFFFFFFFFF\n", "OPL",
	  NULL },
	/*
	 * 4.2.27: 12 bytes of name, then indicators FD (only TS-SCA there),
	 * TP-DA, TS-SCA 07 91 94 71 22 72 30 33 = +49172227033..., PID, DCS, VP
	 */
	{ "4.2.27 SMSP, a service centre",
	  "put usim/6F42 1 " FF12 "FD" FF12 "0791947122723033FFFFFFFF" "FFFFFF\n",
	  "SMSC", "+491722270333" },
	{ "4.2.27 SMSP, none (b2 set)",
	  "put usim/6F42 1 " FF12 "FF" FF12 "0791947122723033FFFFFFFF" "FFFFFF\n",
	  "SMSC", NULL },
	{ "4.2.27 SMSP, national",
	  "put usim/6F42 1 " FF12 "FD" FF12 "038110F2FFFFFFFFFFFFFFFF" "FFFFFF\n",
	  "SMSC", "012" },
	/* 4.2.8 */
	{ "4.2.8 UST", "file usim/6F38 transparent 2\nput usim/6F38 0302\n", "UST",
	  "0302" },
	/*
	 * 4.2.26, as EF_ADN: 10 bytes of name; length 05, 91 international,
	 * 94 71 90 F9 = 4917099; length 03, 81 unknown, 10 07 = 0170
	 */
	{ "4.2.26 MSISDN, international",
	  "file usim/6F40 linear 1 24\n"
	  "put usim/6F40 1 FFFFFFFFFFFFFFFFFFFF0591947190F9FFFFFFFFFFFFFFFF\n",
	  "MSISDN", "+4917099" },
	{ "4.2.26 MSISDN, national, with a name",
	  "file usim/6F40 linear 1 24\n"
	  "put usim/6F40 1 4D65FFFFFFFFFFFFFFFF03811007FFFFFFFFFFFFFFFFFFFF\n",
	  "MSISDN", "0170" },
	{ "4.2.26 MSISDN, free record",
	  "file usim/6F40 linear 1 24\n"
	  "put usim/6F40 1 " FF12 FF12 "\n", "MSISDN", NULL },
	{ "4.2.11 GID2", "file usim/6F3F transparent 2\nput usim/6F3F 0CFF\n",
	  "GID2", "0C" },
	{ "4.2.11 GID2, nothing",
	  "file usim/6F3F transparent 2\nput usim/6F3F FFFF\n", "GID2", NULL },
	{ "4.2.47 EST", "file usim/6F56 transparent 1\nput usim/6F56 05\n", "EST",
	  "05" },
	{ "4.2.1 LI, no language", "put usim/6F05 FFFFFFFFFFFF\n", "LANG", NULL },
	/* TS 102 221 13.2: 98 94 02 .. = 8949200..., F closes an odd count */
	{ "TS 102 221 13.2 ICCID of 19 digits", "put 2FE2 989402000021436587F9\n",
	  "ICCID", "8949200000123456789" },
};

#define HEAD_GSM "template sim\niccid 89490200001234567896\n" \
		 "imsi 262021234567890 mnc=2\npin1 1234 off\n"

/* TS 51.011: class A0, other places, much the same bytes. */
static const struct row rows_gsm[] = {
	{ "10.3.2 IMSI", "put 7F20/6F07 082926202143658709\n", "IMSI",
	  "262021234567890" },
	{ "10.3.18 MNC of 3 digits", "put 7F20/6FAD 00000003\n", "MCCMNC",
	  "262021" },
	{ "10.3.11 SPN", "file 7F20/6F46 transparent 17\n"
	  "put 7F20/6F46 0141424300FFFFFFFFFFFFFFFFFFFFFFFF\n", "SPN", "ABC@" },
	{ "10.3.7 SST", "file 7F20/6F38 transparent 2\nput 7F20/6F38 C703\n",
	  "SST", "C703" },
	{ "10.3.8 GID1", "file 7F20/6F3E transparent 2\nput 7F20/6F3E 0A1B\n",
	  "GID1", "0A1B" },
	{ "10.5.5 MSISDN", "file 7F10/6F40 linear 1 24\n"
	  "put 7F10/6F40 1 FFFFFFFFFFFFFFFFFFFF0591947190F9FFFFFFFFFFFFFFFF\n",
	  "MSISDN", "+4917099" },
	{ "10.5.6 SMSP", "file 7F10/6F42 linear 1 40\n"
	  "put 7F10/6F42 1 " FF12 "FD" FF12 "0791947122723033FFFFFFFF" "FFFFFF\n",
	  "SMSC", "+491722270333" },
	{ "10.3.7 a 2G card has no EST", "", "EST", NULL },
};

static void each_says(const char *head, const struct row *row, size_t n)
{
	char image[1024], why[UICC_WHY];

	for (size_t i = 0; i < n; i++) {
		struct sim_err e = { 0 };
		struct sim_item it;
		const char *v;
		struct uicc *u;
		struct card *c;

		snprintf(image, sizeof(image), "%s%s", head, row[i].image);
		u = uicc_parse(image, row[i].what, why);
		if (!u)
			fail_msg("%s: %s", row[i].what, why);
		c = card_open(&link_to(u)->base, &e);
		assert_non_null(c);
		assert_int_equal(card_info(c, &it, &e), 0);
		v = sim_item_get(&it, row[i].field);
		if (!v != !row[i].value ||
		    (v && strcmp(v, row[i].value)))
			fail_msg("%s: %s", row[i].what, v ? v : "nothing");
		sim_item_free(&it);
		card_close(c);
		uicc_free(u);
	}
}

static void each_file_says_what_its_clause_says(void **state)
{
	(void)state;
	each_says(HEAD, rows, sizeof(rows) / sizeof(rows[0]));
}

static void each_file_of_a_2g_card_says_what_its_clause_says(void **state)
{
	(void)state;
	each_says(HEAD_GSM, rows_gsm, sizeof(rows_gsm) / sizeof(rows_gsm[0]));
}

static void collect(unsigned int n, const char *name, void *arg)
{
	char *out = arg;

	sprintf(out + strlen(out), "%u:%s;", n, name ? name : "");
}

static void services_have_names(void **state)
{
	static const struct {
		enum services which;
		const char *hex;
		const char *text;
	} v[] = {
		/* b1 of byte 1 is service 1, b2 of byte 2 service 10 */
		{ SERVICES_UST, "0302", "1:local phonebook;2:fixed dialling numbers;10:short messages;" },
		{ SERVICES_UST, "0000000000100000", "45:PLMN network name;" },
		{ SERVICES_UST, "00000002", "26:;" },
		{ SERVICES_UST, "", "" },
		{ SERVICES_UST, "0", "" },
		{ SERVICES_UST, "01zz", "1:local phonebook;" },
		/* 51.011 10.3.7: two bits each; 1 both, 2 allocated only, 4 both */
		{ SERVICES_SST, "C7", "1:CHV1 disable function;4:short messages;" },
		/* byte 2 begins service 5; 0C: service 6 */
		{ SERVICES_SST, "000C", "6:capability configuration;" },
		/* 4.2.47 */
		{ SERVICES_EST, "05", "1:fixed dialling numbers;3:APN control list;" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char text[256] = "";

		services_each(v[i].which, v[i].hex, collect, text);
		assert_string_equal(text, v[i].text);
	}
	assert_null(service_name(SERVICES_UST, 0));
	assert_null(service_name(SERVICES_EST, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_says_what_its_clause_says),
		cmocka_unit_test(each_file_of_a_2g_card_says_what_its_clause_says),
		cmocka_unit_test(services_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
