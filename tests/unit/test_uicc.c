// SPDX-License-Identifier: MIT
/*
 * test_uicc.c - the software UICC against TS 102 221 and TS 31.102
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "card/uicc.h"

/* A card small enough to know every byte of. */
static const char image[] =
	"template usim\n"
	"iccid 89490200001234567896\n"
	"imsi 262021234567890 mnc=2\n"
	"pin1 1234 puk=12345678\n"
	"phonebook local adn=4x28 ext1=2 iap anr=4x15 email=2x34 pbc uid psc cc "
	"puid alias\n"
	"contact \"Anna\" +4930123456 email=a@b.c anr=110\n"
	"contact \"Bob\" 123456789012345678901234\n"
	"file usim/6FF0 cyclic 3 4 read=alw update=alw\n"
	"file usim/6FF1 linear 3 4 sfi=1C read=alw update=alw\n"
	"record 1 01020304\n"
	"record 2 02030405\n"
	"record 3 03FFFFFF\n"
	"file 2FF0 transparent 5 read=alw update=pin1 deactivate=pin1 "
	"activate=pin1\n"
	"data 0102030405\n";

static int setup(void **state)
{
	char why[UICC_WHY] = "";

	*state = uicc_parse(image, "image", why);
	if (!*state)
		print_error("%s\n", why);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	uicc_free(*state);
	return 0;
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

/* Given the card, when it gets @cmd, then it answers @want. */
static void expect_at(struct uicc *c, const char *cmd, const char *want,
		      int line)
{
	static uint8_t got[UICC_RESP_MAX];
	uint8_t b[300], w[600];
	size_t n = uicc_apdu(c, b, bytes(cmd, b), got, sizeof(got)), i;
	size_t wn = bytes(want, w);

	if (n != wn || memcmp(got, w, n)) {
		print_error("line %d: %s\n got  ", line, cmd);
		for (i = 0; i < n; i++)
			print_error("%02X", got[i]);
		print_error("\n want %s\n", want);
		fail();
	}
}

#define expect(cmd, want) expect_at(*state, cmd, want, __LINE__)

static void expect_tpdu_at(struct uicc *c, const char *cmd, const char *want,
			   int line)
{
	uint8_t b[300], w[300], got[UICC_TPDU_MAX];
	size_t n = uicc_tpdu(c, b, bytes(cmd, b), got, sizeof(got));
	size_t wn = bytes(want, w);

	if (n != wn || memcmp(got, w, n)) {
		print_error("line %d: %s: %zu bytes, %02X%02X\n", line, cmd, n,
			    n ? got[0] : 0, n > 1 ? got[1] : 0);
		fail();
	}
}

#define expect_tpdu(cmd, want) expect_tpdu_at(*state, cmd, want, __LINE__)

#define USIM "A0000000871002"
#define SELECT_USIM "00A4040C07" USIM

static void edit(void **state, const char *line)
{
	char why[UICC_WHY] = "";

	if (uicc_edit(*state, line, why))
		fail_msg("%s: %s", line, why);
}

/* TS 102 221 11.1.1.3, table 11.5: 82 descriptor, 83 FID, 8A life cycle,
 * 8B access rule, 80 size, 88 SFI 02 << 3 */
static void fcp_of_a_transparent_file(void **state)
{
	/* rules are numbered as the tree needs them: READ ALW UPDATE NEV is 7 */
	expect("00A40004022FE200", "62 17 82 02 41 21 83 02 2F E2 8A 01 05 "
	       "8B 03 2F 06 07 80 02 00 0A 88 01 10 9000");
}

/* 82 of a linear fixed EF: 42 21, record length on two bytes, count */
static void fcp_of_a_record_file(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A40004026FF100", "62 1A 82 05 42 21 00 04 03 83 02 6F F1 "
	       "8A 01 05 8B 03 2F 06 06 80 02 00 0C 88 01 E0 9000");
}

/* No short file identifier: 88 with length 0 (11.1.1.4.8) */
static void fcp_without_sfi(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A40004026FF000", "62 19 82 05 46 21 00 04 03 83 02 6F F0 "
	       "8A 01 05 8B 03 2F 06 06 80 02 00 0C 88 00 9000");
}

/* Table 11.3: 78 21, AID in 84, PIN status in C6: PIN1 and PIN2 enabled */
static void fcp_of_the_adf(void **state)
{
	expect("00A4040407" USIM "00",
	       "62 2D 82 02 78 21 83 02 7F F0 "
	       "84 10 A0 00 00 00 87 10 02 FF FF FF FF 89 03 02 00 00 "
	       "8A 01 05 8B 03 2F 06 01 C6 09 90 01 C0 83 01 01 83 01 81 9000");
}

/* EF_ARR: READ always, UPDATE with PIN1, rest ADM (TS 102 221 9.2.4) */
static void access_rules_are_readable(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A40004026F0500",
	       "62 17 82 02 41 21 83 02 6F 05 8A 01 05 8B 03 2F 06 02 "
	       "80 02 00 06 88 01 10 9000");
	expect("00A40804022F0600",
	       "62 1A 82 05 42 21 00 34 0C 83 02 2F 06 8A 01 05 8B 03 2F 06 01 "
	       "80 02 02 70 88 01 30 9000");
	expect("00B2020434",
	       "80 01 01 90 00 80 01 02 A4 06 83 01 01 95 01 08 "
	       "80 01 08 A4 06 83 01 0A 95 01 08 80 01 10 A4 06 83 01 0A 95 01 08 "
	       "FF FF FF FF FF FF FF FF FF FF FF FF FF FF 9000");
}

/* 8.4.1 table 8.1: an EF only in the current directory */
static void select_by_identifier_stays_near(void **state)
{
	expect("00A4000C022FE2", "9000");
	expect("00A4000C026F07", "6A82");
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F07", "9000");
	expect("00A4000C022FE2", "6A82");
	expect("00A4000C025F3A", "9000");
	expect("00A4000C027FFF", "9000");
	expect("00A4000C023F00", "9000");
	expect("00A4000C027F10", "9000");
}

/* 8.4.2: path from the MF, 7FFF stands for the ADF */
static void select_by_path(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A4080C067FFF5F3A4F30", "9000");
	expect("00A4080C047F106F3A", "9000");
	expect("00A4080C047F106FFF", "6A82");
	expect("00A4080C037F106F", "6A87");
	expect("00A4000C016F", "6700");
	expect("00A4070C026F3A", "6A86");
}

/* 11.1.1: AID by its first bytes; none with these: 6A82 */
static void select_by_aid(void **state)
{
	expect("00A4040C05A000000087", "9000");
	expect("00A4040C07A0000000871004", "6A82");
	/* STATUS P2=01: DF name of the application (11.1.2) */
	expect("80F2000112", "84 10 A0 00 00 00 87 10 02 FF FF FF FF 89 03 02 "
	       "00 00 9000");
}

/* 11.1.3: the offset must be in the file, Le what is there */
static void read_binary_bounds(void **state)
{
	expect("00A4000C022FF0", "9000");
	expect("00B0000005", "0102030405 9000");
	expect("00B0000202", "0304 9000");
	expect_tpdu("00B0000000", "6C05");
	expect_tpdu("00B0000206", "6C03");
	expect("00B0000500", "6B00");
	/* SFI 02 in the MF: EF_ICCID */
	expect("00B082000A", "98942000002143658769 9000");
	expect("00B0990001", "6A82");
}

/* 11.1.5, 11.1.6 */
static void records_by_number_and_pointer(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A4000C026FF1", "9000");
	expect("00B2020404", "02030405 9000");
	expect("00B2040404", "6A83");
	/* no pointer yet: "current" is not there */
	expect("00B2000404", "6A83");
	expect("00B2000204", "01020304 9000");
	expect("00B2000204", "02030405 9000");
	expect("00B2000304", "01020304 9000");
	expect("00B2000304", "6A83");
	expect_tpdu("00B2010405", "6C04");
	expect("00DC010405AABBCCDDEE", "6700");
	expect("00DC010404AABBCCDD", "9000");
	/* by SFI 1C */
	expect("00B201E404", "AABBCCDD 9000");
	expect("00A4000C026F07", "9000");
	expect("00B2010404", "6982");
}

/* A cyclic file takes UPDATE "previous" only; the newest is record 1 */
static void cyclic_records(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A4000C026FF0", "9000");
	expect("00DC010404AABBCCDD", "6A86");
	expect("00DC000304AABBCCDD", "9000");
	expect("00DC00030411223344", "9000");
	expect("00B2010404", "11223344 9000");
	expect("00B2020404", "AABBCCDD 9000");
}

/* 11.1.7 */
static void search_record(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A4000C026FF1", "9000");
	expect("00A20104020304 00", "0102 9000");
	expect("00A2020402030400", "02 9000");
	expect("00A203050101 00", "01 9000");
	expect("00A2010401AA00", "6282");
	expect("00A2040401FF00", "6A83");
	/* by SFI; all FF of the record's length finds none here */
	expect("00A201E404FFFFFFFF00", "6282");
	/* enhanced: forward from P1, in the record from an offset on */
	expect("00A2010603040204 00", "0102 9000");
	expect("00A2010603040304 00", "01 9000");
	/* or behind the first byte of a value */
	expect("00A20106030C03FF 00", "03 9000");
	expect("00A2010703FFFFFF00", "6A86");
}

/* On T=0 a case 4 command answers 61xx, GET RESPONSE brings it (7.3.1.1) */
static void data_wait_for_get_response(void **state)
{
	expect_tpdu("00A40004022FE2", "6119");
	expect_tpdu("00C000001A", "6C19");
	expect_tpdu("00C0000010", "62 17 82 02 41 21 83 02 2F E2 8A 01 05 8B 03 2F "
		    "6109");
	expect_tpdu("00C0000009", "06 07 80 02 00 0A 88 01 10 9000");
	expect_tpdu("00C0000000", "6F00");
	/* any other command drops what waits */
	expect_tpdu("00A40004022FE2", "6119");
	expect_tpdu("80F2000C00", "9000");
	expect_tpdu("00C0000019", "6F00");
}

/* 11.1.9: tries are asked for without data; blocked is 6983 */
static void pin1_is_needed_and_blocks(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F07", "9000");
	expect("00B0000009", "6982");
	expect("0020000100", "63C3");
	expect("002000010831323335FFFFFFFF", "63C2");
	expect("0020000100", "63C2");
	expect("002000010831323334FFFFFFFF", "9000");
	expect("0020000100", "63C3");
	expect("00B0000009", "08 29 26 20 21 43 65 87 09 9000");
	expect("002000010830303030FFFFFFFF", "63C2");
	/* a wrong value takes the right back */
	expect("00B0000009", "6982");
	expect("002000010830303030FFFFFFFF", "63C1");
	expect("002000010830303030FFFFFFFF", "6983");
	expect("002000010831323334FFFFFFFF", "6983");
	expect("00B0000009", "6983");
	expect("002C000100", "63CA");
	expect("002C0001103030303030303030 34333231FFFFFFFF", "63C9");
	expect("002C0001103132333435363738 34333231FFFFFFFF", "9000");
	expect("00B0000009", "08 29 26 20 21 43 65 87 09 9000");
	expect("0020000200", "6A88");
	expect("00200001043132333434", "6700");
}

/* 11.1.10 to 11.1.12 */
static void pin1_change_disable_enable(void **state)
{
	expect("002400011031323334FFFFFFFF35363738FFFFFFFF", "9000");
	expect("002600010831323334FFFFFFFF", "63C2");
	expect("002600010835363738FFFFFFFF", "9000");
	expect("002600010835363738FFFFFFFF", "6985");
	uicc_reset(*state);
	/* disabled: its condition is always fulfilled (9.5.1) */
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F07", "9000");
	expect("00B0000009", "08 29 26 20 21 43 65 87 09 9000");
	expect("002000010835363738FFFFFFFF", "6985");
	expect("002800010835363738FFFFFFFF", "9000");
	uicc_reset(*state);
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F07", "9000");
	expect("00B0000009", "6982");
}

/* 11.1.17: each channel has its own files; PINs are the card's */
static void logical_channels(void **state)
{
	expect(SELECT_USIM, "9000");
	expect("0070000001", "01 9000");
	expect("0070000001", "02 9000");
	/* opened from channel 0: the MF is current */
	expect("01A4000C022FE2", "9000");
	expect("01B000000A", "98942000002143658769 9000");
	expect("00A4000C026F05", "9000");
	/* opened from channel 1: its directory */
	expect("01A4040C07" USIM, "9000");
	expect("0170000001", "03 9000");
	expect("03A4000C026F07", "9000");
	expect("0070000001", "6A81");
	expect("0070800200", "9000");
	expect("02A4000C023F00", "6881");
	expect("0070800200", "6200");
	expect("0070800000", "6A86");
	expect("4FA4000C023F00", "6881");
	expect("002000010831323334FFFFFFFF", "9000");
	expect("03B0000009", "08 29 26 20 21 43 65 87 09 9000");
	uicc_reset(*state);
	expect("01A4000C023F00", "6881");
}

/* 11.1.14: deactivated: SELECT warns with 6283, READ says 6984 */
static void life_cycle(void **state)
{
	expect("00A4000C022FF0", "9000");
	expect("00040000", "6982");
	expect("002000010831323334FFFFFFFF", "9000");
	expect("00040000", "9000");
	expect("00B0000005", "6984");
	expect("00A4000C022FF0", "6283");
	/* the FCP comes all the same, by GET RESPONSE after the warning */
	expect("00A40004022FF000", "62 16 82 02 41 21 83 02 2F F0 8A 01 04 "
	       "8B 03 2F 06 08 80 02 00 05 88 00 6283");
	expect("00440000", "9000");
	expect("00B0000005", "0102030405 9000");
}

/* 10.2: which class, which instruction */
static void what_it_does_not_know(void **state)
{
	expect("00FE0000", "6D00");
	expect("A0A40000023F00", "6E00");
	expect("80A4000C023F00", "6E00");
	expect("10A4000C023F00", "6E00");
	expect("04A4000C023F00", "6882");
	expect("00B0000001", "6986");
}

/* TS 31.102 4.4.2: what a `contact' line writes, byte by byte */
static void a_contact_in_its_files(void **state)
{
	expect("002000010831323334FFFFFFFF", "9000");
	expect(SELECT_USIM, "9000");
	expect("00A4000C025F3A", "9000");
	expect("00A4000C024F30", "9000");
	/* PBR: A8 {C0 ADN, C1 IAP, C4 ANR, C5 PBC, C9 UID} A9 {CA} AA {C2} */
	expect("00B2010450",
	       "A8 19 C0 03 4F 3A 01 C1 03 4F 25 03 C4 03 4F 11 04 C5 03 4F 09 06 "
	       "C9 03 4F 28 07 A9 05 CA 03 4F 50 05 AA 05 C2 03 4F 4A 02 "
	       "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF "
	       "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 9000");
	/* ADN by SFI 1: "Anna", 6 bytes, international, BCD, no CCP, no EXT1 */
	expect("00B2010C1C", "41 6E 6E 61 FF FF FF FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
	/* "Bob": 20 digits here, the rest in EXT1 record 1 */
	expect("00B2020C1C", "42 6F 62 FF FF FF FF FF FF FF FF FF FF FF "
	       "0B 81 21 43 65 87 09 21 43 65 87 09 FF 01 9000");
	expect("00B201140D", "02 02 21 43 FF FF FF FF FF FF FF FF FF 9000");
	/* EXT1 record 2 is free: type 00 */
	expect("00B202140D", "00 FF FF FF FF FF FF FF FF FF FF FF FF 9000");
	expect("00B2011C01", "01 9000");
	expect("00B2021C01", "FF 9000");
	/* EMAIL: '@' is 00, then ADN's SFI and record */
	expect("00B2012C22", "61 00 62 2E 63 FF FF FF FF FF FF FF FF FF FF FF "
	       "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 01 01 9000");
	/* ANR: no label, 3 bytes, unknown type, 110 */
	expect("00B201240F", "00 03 81 11 F0 FF FF FF FF FF FF FF FF FF FF 9000");
	/* UIDs 1 and 2; PUID 2, CC 2, PSC 1 */
	expect("00B2023C02", "00 02 9000");
	expect("00A4000C024F23", "9000");
	expect("00B0000002", "00 02 9000");
	expect("00A4000C024F22", "9000");
	expect("00B0000004", "00 00 00 01 9000");
	/* the telecom directory's ADN is the same file */
	expect("00A4080C047F106F3A", "9000");
	expect("00B201041C", "41 6E 6E 61 FF FF FF FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
}

/* An edit without counters leaves CC alone, one with them does not */
static void edits_from_outside(void **state)
{
	expect("002000010831323334FFFFFFFF", "9000");
	expect(SELECT_USIM, "9000");
	expect("00A4000C025F3A", "9000");
	edit(state, "edit contact 1 name=\"Berta\"");
	expect("00B2010C1C", "42 65 72 74 61 FF FF FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
	expect("00A4000C024F23", "9000");
	expect("00B0000002", "00 02 9000");
	edit(state, "edit contact 1 tel=112 email= counters=yes");
	expect("00B0000002", "00 03 9000");
	expect("00B2010C1C", "42 65 72 74 61 FF FF FF FF FF FF FF FF FF "
	       "03 81 11 F2 FF FF FF FF FF FF FF FF FF FF 9000");
	/* the linked e-mail record and its pointer are free again */
	expect("00B2011C01", "FF 9000");
	expect("00B2012C22", "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF "
	       "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF 9000");
	edit(state, "del contact 2 counters=yes");
	expect("00B2020C1C", "FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF "
	       "FF FF FF FF FF FF FF FF FF FF FF 9000");
	expect("00B201140D", "00 FF FF FF FF FF FF FF FF FF FF FF FF 9000");
	expect("00B2023C02", "00 00 9000");
}

/* 81 with half page 08, 82 with a base of its own, 80 (TS 102 221 annex A) */
static void names_in_every_coding(void **state)
{
	expect("002000010831323334FFFFFFFF", "9000");
	expect(SELECT_USIM, "9000");
	expect("00A4000C025F3A", "9000");
	edit(state, "edit contact 1 name=\"Олег\"");
	expect("00B2010C1C", "81 04 08 9E BB B5 B3 FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
	edit(state, "edit contact 1 name=\"王小明\"");
	expect("00B2010C1C", "80 73 8B 5C 0F 66 0E FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
	/* U+0587 to U+0602 straddle a half page boundary: base 0587 */
	edit(state, "edit contact 1 name=\"\xd6\x87\xd8\x82\xd8\x80\xd6\x8a\xd6"
		    "\x87\"");
	expect("00B2010C1C", "82 05 05 87 80 FB F9 83 80 FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
	edit(state, "edit contact 1 name=\"[€]\"");
	expect("00B2010C1C", "1B 3C 1B 65 1B 3E FF FF FF FF FF FF FF FF "
	       "06 91 94 03 21 43 65 FF FF FF FF FF FF FF 9000");
}

/* TS 23.040 9.2.2.1: "hellohello" is the packing example of TS 23.038 */
static void a_message_in_its_record(void **state)
{
	static const char want[] =
		"03 07 91 94 71 01 67 00 00 04 0B 91 94 71 21 43 65 F7 00 00 "
		"62 11 10 01 00 00 40 0A E8 32 9B FD 46 97 D9 EC 37";
	uint8_t w[176], got[UICC_TPDU_MAX], read[5] = { 0, 0xb2, 1, 4, 176 };

	expect("002000010831323334FFFFFFFF", "9000");
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F3C", "9000");
	edit(state, "sms deliver +49171234567 \"2026-11-01 10:00 +01\" "
		    "\"hellohello\" status=unread smsc=+491710760000");
	memset(w, 0xff, sizeof(w));
	bytes(want, w);
	assert_int_equal(uicc_tpdu(*state, read, 5, got, sizeof(got)), 178);
	assert_memory_equal(got, w, 176);
}

/* TS 102 223: 91xx once the profile is known, FETCH, TERMINAL RESPONSE */
static void proactive_refresh(void **state)
{
	uicc_refresh(*state, 0x04);
	expect("80F2000C", "9000");
	expect("80100000 04 FFFFFFFF", "910B");
	expect("00A4000C023F00", "910B");
	expect("801200000B", "D0 09 81 03 01 01 04 82 02 81 82 9000");
	expect("80140000 0C 810301010482028281830100", "9000");
	expect("80F2000C", "9000");
	expect("801200000B", "6985");
	expect("80AA000005 A903830107", "9000");
}

static void faults(void **state)
{
	char why[UICC_WHY];
	uint8_t r[300], read[] = { 0, 0xb0, 0, 0, 10 };
	struct uicc *c = *state;

	expect("00A4000C022FE2", "9000");
	assert_int_equal(uicc_fault(c, "sw 6F00 ins=B0 nth=2", why), 0);
	expect("00B000000A", "98942000002143658769 9000");
	expect("00B000000A", "6F00");
	expect("00B000000A", "98942000002143658769 9000");
	assert_int_equal(uicc_fault(c, "silence fid=2FE2 times=2", why), 0);
	assert_int_equal(uicc_apdu(c, read, 5, r, sizeof(r)), 0);
	assert_int_equal(uicc_apdu(c, read, 5, r, sizeof(r)), 0);
	expect("00B000000A", "98942000002143658769 9000");
	assert_int_equal(uicc_fault(c, "flip 1", why), 0);
	expect("00B000000A", "98952000002143658769 9000");
	assert_int_equal(uicc_fault(c, "explode", why), -1);
	assert_int_equal(uicc_fault(c, "sw 9300 times=always", why), 0);
	expect("00B000000A", "9300");
	expect("00B000000A", "9300");
	assert_int_equal(uicc_fault(c, "clear", why), 0);
	expect("00B000000A", "98942000002143658769 9000");
	/* A file named by its short identifier, 1C, while another is current. */
	expect(SELECT_USIM, "9000");
	expect("00A4000C026F07", "9000");
	assert_int_equal(uicc_fault(c, "sw 6F00 fid=6FF1", why), 0);
	expect("00B201E404", "6F00");
	expect("00B201E404", "01020304 9000");
}

/*
 * T=0 characters by hand. SELECT with data: 5 + INS + 2 + SW, GET RESPONSE of
 * 25: 5 + INS + 25 + 2. READ BINARY Le 0: 5 + 6C0A, again: 5 + INS + 10 + 2.
 */
static void it_counts_what_the_wire_carries(void **state)
{
	struct uicc_count n;

	expect("00A40004022FE200", "62 17 82 02 41 21 83 02 2F E2 8A 01 05 "
	       "8B 03 2F 06 07 80 02 00 0A 88 01 10 9000");
	uicc_counts(*state, &n);
	assert_int_equal(n.apdus, 1);
	assert_int_equal(n.tpdus, 2);
	assert_int_equal(n.bytes, 10 + 33);
	expect("00B0000000", "98942000002143658769 9000");
	uicc_counts(*state, &n);
	assert_int_equal(n.apdus, 2);
	assert_int_equal(n.tpdus, 4);
	assert_int_equal(n.bytes, 43 + 7 + 18);
}

/* What is saved is the card: text, parsed, text again is the same */
static void saving_loses_nothing(void **state)
{
	char why[UICC_WHY] = "", *a, *b;
	struct uicc *again;

	expect("002000010830303030FFFFFFFF", "63C2");
	a = uicc_text(*state);
	assert_non_null(a);
	again = uicc_parse(a, "again", why);
	assert_non_null(again);
	b = uicc_text(again);
	assert_string_equal(a, b);
	expect_at(again, "0020000100", "63C2", __LINE__);
	free(a);
	free(b);
	uicc_free(again);
}

static void bad_images_name_the_line(void **state)
{
	static const char *const bad[][2] = {
		{ "template usim\nnonsense", "t:2: no line starts with "
					     "`nonsense'" },
		{ "contact \"x\" 1", "t:1: contact: the card has no phonebook" },
		{ "template usim\n\niccid 123456789012345678901",
		  "t:3: iccid: at most 20 digits" },
		{ "contact \"open", "t:1: a quote is not closed" },
		{ "file 7F10/6F3A linear 1 2", "t:1: file 7F10/6F3A: no such "
					       "directory" },
		{ "record 1 00", "t:1: record N HEX: no file before it" },
		{ "file 2F00 linear 1 2\nrecord 2 00",
		  "t:2: record 2: the file has 1" },
	};
	char why[UICC_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(uicc_parse(bad[i][0], "t", why));
		assert_string_equal(why, bad[i][1]);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(fcp_of_a_transparent_file), T(fcp_of_a_record_file),
		T(fcp_without_sfi), T(fcp_of_the_adf),
		T(access_rules_are_readable),
		T(select_by_identifier_stays_near), T(select_by_path),
		T(select_by_aid), T(read_binary_bounds),
		T(records_by_number_and_pointer), T(cyclic_records),
		T(search_record), T(data_wait_for_get_response),
		T(pin1_is_needed_and_blocks), T(pin1_change_disable_enable),
		T(logical_channels), T(life_cycle), T(what_it_does_not_know),
		T(a_contact_in_its_files), T(edits_from_outside),
		T(names_in_every_coding), T(a_message_in_its_record),
		T(proactive_refresh), T(faults),
		T(it_counts_what_the_wire_carries), T(saving_loses_nothing),
		T(bad_images_name_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
