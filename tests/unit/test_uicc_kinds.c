// SPDX-License-Identifier: MIT
/*
 * test_uicc_kinds.c - the other cards: 2G (TS 51.011), eUICC (SGP.22), and
 * every image of tests/card/images
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card/uicc.h"

static struct uicc *card(const char *text)
{
	char why[UICC_WHY] = "";
	struct uicc *c = uicc_parse(text, "image", why);

	if (!c)
		fail_msg("%s", why);
	return c;
}

static size_t bytes(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; *hex; hex++) {
		char two[3] = { hex[0], hex[1], 0 };

		if (*hex == ' ')
			continue;
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
	return n;
}

typedef size_t (*exchange)(struct uicc *c, const uint8_t *cmd, size_t len,
			   uint8_t *resp, size_t max);

static void answer_at(struct uicc *c, exchange x, const char *cmd,
		      const char *want, int line)
{
	static uint8_t got[UICC_RESP_MAX];
	uint8_t b[300], w[600];
	size_t n = x(c, b, bytes(cmd, b), got, sizeof(got)), i;
	size_t wn = bytes(want, w);

	if (n == wn && !memcmp(got, w, n))
		return;
	print_error("line %d: %s\n got  ", line, cmd);
	for (i = 0; i < n; i++)
		print_error("%02X", got[i]);
	print_error("\n want %s\n", want);
	fail();
}

#define expect(c, cmd, want) answer_at(c, uicc_apdu, cmd, want, __LINE__)
#define expect_tpdu(c, cmd, want) answer_at(c, uicc_tpdu, cmd, want, __LINE__)

/* ---- 2G -------------------------------------------------------------------- */

static const char sim[] =
	"template sim\n"
	"iccid 8949020000987654321\n"
	"pin1 1234\n"
	"phonebook 2g adn=3x28 ext1=2\n"
	"contact \"Bernd\" 0177123456\n";

/* TS 51.011 9.2.1: MF and DF 22 bytes, EF 15; 9F says how many wait */
static void sim_select(void **state)
{
	struct uicc *c = card(sim);

	(void)state;
	expect(c, "00A40000023F00", "6E00");
	expect_tpdu(c, "A0A40000023F00", "9F16");
	/* 2 DFs, 1 EF, 6 codes; CHV1 on, 3 tries, 10 for unblocking */
	expect_tpdu(c, "A0C0000016", "00 00 20 00 3F 00 01 00 00 00 00 00 09 "
		    "11 02 01 06 00 83 8A 83 8A 9000");
	expect_tpdu(c, "A0A40000027F10", "9F16");
	expect_tpdu(c, "A0A40000026F3A", "9F0F");
	/* 84 bytes, read and update CHV1, linear fixed, 28 */
	expect_tpdu(c, "A0C000000F", "00 00 00 54 6F 3A 04 00 11 FF 44 01 02 01 "
		    "1C 9000");
	expect_tpdu(c, "A0A40000026FFF", "9404");
	uicc_free(c);
}

/* 9.4: status words are 2G's own */
static void sim_read_and_chv(void **state)
{
	struct uicc *c = card(sim);

	(void)state;
	expect_tpdu(c, "A0B2010404", "9400");
	expect_tpdu(c, "A0A40000027F10", "9F16");
	expect_tpdu(c, "A0A40000026F3A", "9F0F");
	expect_tpdu(c, "A0B201041C", "9804");
	expect_tpdu(c, "A020000108 31323335FFFFFFFF", "9804");
	expect_tpdu(c, "A020000108 31323334FFFFFFFF", "9000");
	expect_tpdu(c, "A0B201041C", "42 65 72 6E 64 FF FF FF FF FF FF FF FF FF "
		    "06 81 10 77 21 43 65 FF FF FF FF FF FF FF 9000");
	expect_tpdu(c, "A0B2010405", "671C");
	expect_tpdu(c, "A0B204041C", "9402");
	expect_tpdu(c, "A0B000001C", "9408");
	/* SEEK type 2 from the beginning: number of the record */
	expect_tpdu(c, "A0A2001003426572", "9F01");
	expect_tpdu(c, "A0C0000001", "01 9000");
	expect_tpdu(c, "A0A2000003426573", "9404");
	expect_tpdu(c, "A020000108 30303030FFFFFFFF", "9804");
	expect_tpdu(c, "A020000108 30303030FFFFFFFF", "9804");
	expect_tpdu(c, "A020000108 30303030FFFFFFFF", "9840");
	expect_tpdu(c, "A020000108 31323334FFFFFFFF", "9840");
	expect_tpdu(c, "A02C000010 3132333435363738 31323334FFFFFFFF", "9000");
	expect_tpdu(c, "A020000508 31323334FFFFFFFF", "6B00");
	uicc_free(c);
}

/* TS 31.102 4.4.2.8: what a 2G terminal writes shows in EF_PBC */
static void sim_writes_show_in_pbc(void **state)
{
	struct uicc *c = card("template usim\npin1 1234 off\nfeature gsm on\n"
			      "phonebook local adn=2x14 pbc alias\n");

	(void)state;
	expect_tpdu(c, "A0A40000027F10", "9F16");
	/* a GSM session and a USIM session exclude each other */
	expect(c, "00A4000C023F00", "6E00");
	expect_tpdu(c, "A0A40000026F3A", "9F0F");
	expect_tpdu(c, "A0DC02040E 038111F2FFFFFFFFFFFFFFFFFFFF", "9000");
	uicc_reset(c);
	expect(c, "00A4040C07A0000000871002", "9000");
	expect(c, "A0A40000027F10", "6E00");
	expect(c, "00A4080C067FFF5F3A4F09", "9000");
	expect(c, "00B2010402", "0000 9000");
	expect(c, "00B2020402", "0100 9000");
	uicc_free(c);
}

/* ---- eUICC ------------------------------------------------------------------ */

#define ISDR "A0000005591010FFFFFFFF8900000100"
#define ONE "989420000021436587 69"
#define TWO "983301000055556666 77"

static const char euicc[] =
	"eid 89049032000001000000000000000012\n"
	"profile iccid=89490200001234567896 name=A provider=P state=enabled\n"
	"template usim\niccid 89490200001234567896\npin1 1234 off\n"
	"profile iccid=89331000005555666677 name=B provider=Q nickname=n\n"
	"template usim\niccid 89331000005555666677\n";

/* SGP.22 5.7.1 and 5.7.20 */
static void euicc_answers_on_isdr(void **state)
{
	struct uicc *c = card(euicc);

	(void)state;
	expect(c, "80E2910006BF3E035C015A00", "6D00");
	expect(c, "0070000001", "01 9000");
	expect(c, "01A4040010" ISDR "00",
	       "6F 1F 84 10 " ISDR " A5 04 9F 65 01 FF E0 05 82 03 02 02 02 9000");
	expect(c, "81E2910006BF3E035C015A00",
	       "BF 3E 12 5A 10 89 04 90 32 00 00 01 00 00 00 00 00 00 00 00 12 "
	       "9000");
	/* in two blocks */
	expect(c, "81E2110003BF3E03", "9000");
	expect(c, "81E29101035C015A00",
	       "BF 3E 12 5A 10 89 04 90 32 00 00 01 00 00 00 00 00 00 00 00 12 "
	       "9000");
	/* 5.7.15, only ICCID, state and nickname asked for */
	expect(c, "81E2910009BF2D065C045A9F709000",
	       "BF 2D 29 A0 27 E3 10 5A 0A " ONE " 9F 70 01 01 "
	       "E3 13 5A 0A " TWO " 9F 70 01 00 90 01 6E 9000");
	expect(c, "81E2910003BFFF0000", "6A88");
	uicc_free(c);
}

/* 5.7.16: refreshFlag 0: at once; the other identity answers */
static void euicc_switches_at_once(void **state)
{
	struct uicc *c = card(euicc);
	char id[21];

	(void)state;
	expect(c, "0070000001", "01 9000");
	expect(c, "01A4040C10" ISDR, "9000");
	expect(c, "0070000001", "02 9000");
	expect(c, "02A4040C07A0000000871002", "9000");
	/* not disabled; unknown */
	expect(c, "81E2910014 BF3111A00C5A0A" ONE "81010000",
	       "BF31038001 02 9000");
	expect(c, "81E2910014 BF3111A00C5A0A 0000000000000000000081010000",
	       "BF31038001 01 9000");
	expect(c, "81E2910014 BF3111A00C5A0A" TWO "81010000",
	       "BF31038001 00 9000");
	uicc_iccid(c, id);
	assert_string_equal(id, "89331000005555666677");
	/* the old profile's channel is closed, ISD-R's is not */
	expect(c, "02A4000C026F07", "6881");
	expect(c, "81E2910006BF3E035C015A00",
	       "BF 3E 12 5A 10 89 04 90 32 00 00 01 00 00 00 00 00 00 00 00 12 "
	       "9000");
	expect(c, "00A4000C022FE2", "9000");
	expect(c, "00B000000A", TWO " 9000");
	/* 5.7.10: disable and enable notifications wait */
	expect(c, "81E2910003BF280000",
	       "BF28 52 A0 50 "
	       "BF2F 25 80 01 01 81 02 05 20 0C 10 "
	       "736D64702E6578616D706C652E6F7267 5A 0A " ONE
	       "BF2F 25 80 01 02 81 02 06 40 0C 10 "
	       "736D64702E6578616D706C652E6F7267 5A 0A " TWO " 9000");
	expect(c, "81E2910006BF300380010100", "BF30038001 00 9000");
	expect(c, "81E2910006BF300380010100", "BF30038001 01 9000");
	/* disable: no profile at all */
	expect(c, "81E2910014 BF3211A00C5A0A" TWO "81010000",
	       "BF32038001 00 9000");
	uicc_iccid(c, id);
	assert_string_equal(id, "");
	expect(c, "00A4000C022FE2", "6A82");
	expect(c, "00A4040C07A0000000871002", "6A82");
	uicc_free(c);
}

/* refreshFlag 1: 91xx, FETCH, and the reset is the answer */
static void euicc_switches_by_refresh(void **state)
{
	struct uicc *c = card(euicc);
	char id[21];

	(void)state;
	expect(c, "8010000001FF", "9000");
	expect(c, "0070000001", "01 9000");
	expect(c, "01A4040C10" ISDR, "9000");
	expect(c, "81E2910014 BF3111A00C5A0A" TWO "8101FF00",
	       "BF31038001 00 910B");
	uicc_iccid(c, id);
	assert_string_equal(id, "89490200001234567896");
	/* catBusy until the session is over */
	expect(c, "81E2910014 BF3111A00C5A0A" TWO "8101FF00",
	       "BF31038001 05 910B");
	expect(c, "801200000B", "D0 09 81 03 01 01 04 82 02 81 82 9000");
	uicc_reset(c);
	uicc_iccid(c, id);
	assert_string_equal(id, "89331000005555666677");
	expect(c, "01A4000C023F00", "6881");
	uicc_free(c);
}

/* mode 09: TERMINAL RESPONSE ends it, channels close without a reset */
static void euicc_switches_by_state_change(void **state)
{
	char text[600];
	struct uicc *c;
	char id[21];

	(void)state;
	strcpy(text, "feature refresh-09 on\n");
	strcat(text, euicc);
	c = card(text);
	expect(c, "8010000001FF", "9000");
	expect(c, "0070000001", "01 9000");
	expect(c, "01A4040C10" ISDR, "9000");
	expect(c, "81E2910014 BF3111A00C5A0A" TWO "8101FF00",
	       "BF31038001 00 910B");
	expect(c, "801200000B", "D0 09 81 03 01 01 09 82 02 81 82 9000");
	expect(c, "801400000C 810301010982028281830100", "9000");
	uicc_iccid(c, id);
	assert_string_equal(id, "89331000005555666677");
	expect(c, "01A4000C023F00", "6881");
	uicc_free(c);
}

/* 5.7.18, 5.7.21 */
static void euicc_delete_and_nickname(void **state)
{
	struct uicc *c = card(euicc), *again;
	char why[UICC_WHY], *text;

	(void)state;
	expect(c, "00A4040C10" ISDR, "9000");
	expect(c, "80E2910014 BF2911 5A0A" TWO "900361623C00",
	       "BF29038001 00 9000");
	expect(c, "80E2910007BF2D045C02905A00",
	       "BF2D 23 A0 21 E3 0C 5A 0A " ONE " E3 11 5A 0A " TWO
	       " 90 03 61 62 3C 9000");
	uicc_free(c);
	c = card(euicc);
	expect(c, "00A4040C10" ISDR, "9000");
	expect(c, "80E291000FBF330C5A0A" ONE "00", "BF33038001 02 9000");
	expect(c, "80E291000FBF330C5A0A" TWO "00", "BF33038001 00 9000");
	expect(c, "80E291000FBF330C5A0A" TWO "00", "BF33038001 01 9000");
	text = uicc_text(c);
	assert_null(strstr(text, "89331000005555666677"));
	again = uicc_parse(text, "again", why);
	assert_non_null(again);
	uicc_free(again);
	free(text);
	uicc_free(c);
}

/* ---- images ------------------------------------------------------------------ */

/* Every image loads, answers SELECT MF, and comes back the same from its text */
static void every_image_is_a_card(void **state)
{
	glob_t g;
	size_t i;

	(void)state;
	assert_int_equal(glob("tests/card/images/*.card", 0, NULL, &g), 0);
	assert_in_range(g.gl_pathc, 45, 500);
	for (i = 0; i < g.gl_pathc; i++) {
		char why[UICC_WHY] = "", *a, *b;
		struct uicc *c = uicc_load(g.gl_pathv[i], why), *again;
		uint8_t r[300], mf[] = { 0, 0xa4, 0, 0x0c, 2, 0x3f, 0 };
		size_t n;

		if (!c)
			fail_msg("%s", why);
		n = uicc_apdu(c, mf, sizeof(mf), r, sizeof(r));
		assert_int_equal(n, 2);
		assert_true(r[0] == 0x90 || r[0] == 0x6e);
		a = uicc_text(c);
		again = uicc_parse(a, "again", why);
		if (!again)
			fail_msg("%s: %s", g.gl_pathv[i], why);
		b = uicc_text(again);
		assert_string_equal(a, b);
		free(a);
		free(b);
		uicc_free(c);
		uicc_free(again);
	}
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sim_select),
		cmocka_unit_test(sim_read_and_chv),
		cmocka_unit_test(sim_writes_show_in_pbc),
		cmocka_unit_test(euicc_answers_on_isdr),
		cmocka_unit_test(euicc_switches_at_once),
		cmocka_unit_test(euicc_switches_by_refresh),
		cmocka_unit_test(euicc_switches_by_state_change),
		cmocka_unit_test(euicc_delete_and_nickname),
		cmocka_unit_test(every_image_is_a_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
