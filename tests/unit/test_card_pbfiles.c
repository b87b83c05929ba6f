// SPDX-License-Identifier: MIT
/*
 * Each file of the phonebook (TS 31.102 4.4.2), its records byte by byte as the
 * clauses say, read and written. The book: ADN 4F3A of 28 bytes (14 of name),
 * EXT1 4F4A, IAP 4F25, ANR 4F11, SNE 4F19, e-mail 4F50 through IAP, PBC 4F09,
 * UID 4F28, GRP 4F26, GAS 4F4C, AAS 4F4B.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card/uicc_fs.h"
#include "card_link.h"

#define BOOK "template usim\nchannels 4\niccid 89490200001234567896\n"        \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\n"                   \
	     "phonebook local adn=4x28 ext1=3 iap anr=4x15 sne=4x12 "        \
	     "email=2x20 pbc uid grp=4x4 gas=3x8 aas=3x8 psc cc puid\n"

#define PUT(file, rec, hex) "put usim/5F3A/" file " " rec " " hex "\n"
#define FF4 "FFFFFFFF"
#define FF8 FF4 FF4
#define FF10 FF8 "FFFF"
/* "Amt" in 14 bytes. */
#define AMT "416D74" FF8 "FFFFFF"
/* Length, type, ten bytes of number, CCP1, EXT1. */
#define N110 "038111F0" FF8 "FFFF"
#define LONG(ext) "0B8121436587092143658709FF" ext

static const struct {
	const char *what;
	const char *image;
	const char *item;	/* of record 1; "" none */
} reads[] = {
	/* 4.4.2.3: length 03, 81 unknown type, digits low half first, F ends */
	{ "EF_ADN, national", PUT("4F3A", "1", AMT N110), "FN:Amt\nTEL:110\n" },
	{ "EF_ADN, international",
	  PUT("4F3A", "1", AMT "04919403F1" FF8 "FF"), "FN:Amt\nTEL:+49301\n" },
	{ "EF_ADN, name alone: length FF", PUT("4F3A", "1", "416D74" FF10 FF10 FF4 "FF"),
	  "FN:Amt\n" },
	{ "EF_ADN, number alone", PUT("4F3A", "1", FF10 FF4 N110), "TEL:110\n" },
	{ "EF_ADN, free", PUT("4F3A", "1", FF10 FF10 FF8), "" },
	{ "EF_ADN, A is *, B is #",
	  PUT("4F3A", "1", AMT "04811A00FB" FF8 "FF"), "FN:Amt\nTEL:*100#\n" },
	{ "EF_ADN, C is a pause",
	  PUT("4F3A", "1", AMT "0381C1F2" FF8 "FFFF"), "FN:Amt\nTEL:1\\,2\n" },
	{ "EF_ADN, D is any digit",
	  PUT("4F3A", "1", AMT "038121FD" FF8 "FFFF"), "FN:Amt\nTEL:12?\n" },
	/* TS 102 221 Annex A */
	{ "EF_ADN, alpha 80", PUT("4F3A", "1", "8004160438" FF8 "FF" N110),
	  "FN:Жи\nTEL:110\n" },
	{ "EF_ADN, alpha 81, half page 0400",
	  PUT("4F3A", "1", "81020896B8" FF8 "FF" N110), "FN:Жи\nTEL:110\n" },
	{ "EF_ADN, alpha 82, base 0410",
	  PUT("4F3A", "1", "8202041086A8" FF8 N110), "FN:Жи\nTEL:110\n" },
	/* 4.4.2.4: 02 additional digits, length, digits, next record */
	{ "EF_EXT1, digits 21 to 23",
	  PUT("4F3A", "1", AMT LONG("01")) PUT("4F4A", "1", "020221F3" FF8 "FF"),
	  "FN:Amt\nTEL:12345678901234567890123\n" },
	{ "EF_EXT1, two records",
	  PUT("4F3A", "1", AMT LONG("01"))
	  PUT("4F4A", "1", "020A2143658709214365870903")
	  PUT("4F4A", "3", "0201F1" FF10),
	  "FN:Amt\nTEL:12345678901234567890123456789012345678901\n" },
	{ "EF_EXT1, a subaddress (01) is no digits",
	  PUT("4F3A", "1", AMT LONG("02")) PUT("4F4A", "2", "0105A0010203" FF4 "FFFFFF"),
	  "FN:Amt\nTEL:12345678901234567890\n" },
	{ "EF_EXT1, free (00)",
	  PUT("4F3A", "1", AMT LONG("02")) PUT("4F4A", "2", "00" FF8 FF4),
	  "FN:Amt\nTEL:12345678901234567890\n" },
	/* 4.4.2.9: EF_AAS record, then as ADN */
	{ "EF_ANR with a label of EF_AAS",
	  PUT("4F3A", "1", AMT N110) PUT("4F11", "1", "02" N110)
	  PUT("4F4B", "2", "4C6162" FF4 "FF"),
	  "FN:Amt\nTEL:110\nTEL;TYPE=Lab:110\n" },
	{ "EF_ANR without one",
	  PUT("4F3A", "1", AMT N110) PUT("4F11", "1", "0004919403F1" FF8 "FF"),
	  "FN:Amt\nTEL:110\nTEL:+49301\n" },
	{ "EF_ANR whose label is not there",
	  PUT("4F3A", "1", AMT N110) PUT("4F11", "1", "03" N110),
	  "FN:Amt\nTEL:110\nTEL:110\n" },
	/* 4.4.2.14 */
	{ "EF_SNE", PUT("4F3A", "1", AMT N110) PUT("4F19", "1", "416E" FF10),
	  "FN:Amt\nTEL:110\nX-SIM-SECOND-NAME:An\n" },
	/* 4.4.2.2, 4.4.2.13: @ is 00 in the alphabet; owner's SFI and record */
	{ "EF_IAP to EF_EMAIL",
	  PUT("4F3A", "1", AMT N110) PUT("4F25", "1", "02")
	  PUT("4F50", "2", "6100622E63" FF8 FF4 "FF0101"),
	  "FN:Amt\nTEL:110\nEMAIL:a@b.c\n" },
	{ "EF_IAP to nothing (FF)",
	  PUT("4F3A", "1", AMT N110) PUT("4F25", "1", "FF")
	  PUT("4F50", "1", "6100622E63" FF8 FF4 "FF0102"),
	  "FN:Amt\nTEL:110\n" },
	/* 4.4.2.6, 4.4.2.7: records of EF_GAS, 00 ends nothing */
	{ "EF_GRP and EF_GAS",
	  PUT("4F3A", "1", AMT N110) PUT("4F26", "1", "02000100")
	  PUT("4F4C", "1", "46616D" FF4 "FF") PUT("4F4C", "2", "4A6F62" FF4 "FF"),
	  "FN:Amt\nTEL:110\nCATEGORIES:Job,Fam\n" },
	/* 4.4.2.8: byte 2 not 00: hidden */
	{ "EF_PBC, hidden", PUT("4F3A", "1", AMT N110) PUT("4F09", "1", "0001"), "" },
	{ "EF_PBC, changed (b1) hides nothing",
	  PUT("4F3A", "1", AMT N110) PUT("4F09", "1", "0100"),
	  "FN:Amt\nTEL:110\n" },
};

static void opened(const char *image, struct uicc **u, struct card **c,
		   struct sim_replica **r, struct sim_changes *ch)
{
	struct sim_err e = { 0 };
	char why[UICC_WHY];

	*u = uicc_parse(image, "test", why);
	if (!*u)
		fail_msg("%s", why);
	*c = card_open(&link_to(*u)->base, &e);
	if (!*c)
		fail_msg("%s", e.text);
	*r = card_replica(*c, "card", SIM_PHYSICAL, &e);
	if ((*r)->ops->changes(*r, SIM_CONTACT, NULL, ch, &e))
		fail_msg("%s", e.text);
}

static void each_record_says_what_its_clause_says(void **state)
{
	unsigned int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct sim_changes ch;
		struct sim_replica *r;
		struct uicc *u;
		struct card *c;
		char image[2048], *text;

		snprintf(image, sizeof(image), "%s%s", BOOK, reads[i].image);
		opened(image, &u, &c, &r, &ch);
		text = ch.n ? sim_item_text(&ch.rec[0].item) : strdup("");
		if (strcmp(text, reads[i].item)) {
			print_error("%s: %s\n", reads[i].what, text);
			failed++;
		}
		free(text);
		sim_changes_free(&ch);
		r->ops->free(r);
		card_close(c);
		uicc_free(u);
	}
	assert_int_equal(failed, 0);
}

/* ---- writing ------------------------------------------------------------ */

static const struct {
	const char *what;
	const char *image;
	const char *item;
	const char *file;
	unsigned int rec;
	const char *hex;
} writes[] = {
	{ "4.4.2.3 EF_ADN", "", "FN:Amt\nTEL:+49301\n", "4F3A", 1,
	  AMT "04919403F1" FF8 "FF" },
	{ "4.4.2.3 EF_ADN, *#", "", "FN:Amt\nTEL:*100#\n", "4F3A", 1,
	  AMT "04811A00FB" FF8 "FF" },
	{ "4.4.2.3 EF_ADN, 23 digits", "",
	  "FN:Amt\nTEL:12345678901234567890123\n", "4F3A", 1, AMT LONG("01") },
	{ "4.4.2.4 EF_EXT1", "", "FN:Amt\nTEL:12345678901234567890123\n", "4F4A",
	  1, "020221F3" FF8 "FF" },
	{ "4.4.2.13 EF_IAP", "", "FN:Amt\nTEL:110\nEMAIL:a@b.c\n", "4F25", 1, "01" },
	{ "4.4.2.13 EF_EMAIL: text, SFI of EF_ADN, record", "",
	  "FN:Amt\nTEL:110\nEMAIL:a@b.c\n", "4F50", 1,
	  "6100622E63" FF8 FF4 "FF0101" },
	{ "4.4.2.9 EF_ANR", "", "FN:Amt\nTEL:110\nTEL:+49301\n", "4F11", 1,
	  "0004919403F1" FF8 "FF" },
	{ "4.4.2.9 EF_ANR with a label", PUT("4F4B", "2", "4C6162" FF4 "FF"),
	  "FN:Amt\nTEL:110\nTEL;TYPE=Lab:112\n", "4F11", 1,
	  "02038111F2" FF8 "FFFF" },
	{ "4.4.2.14 EF_SNE", "", "FN:Amt\nTEL:110\nX-SIM-SECOND-NAME:An\n", "4F19",
	  1, "416E" FF10 },
	{ "4.4.2.6 EF_GRP",
	  PUT("4F4C", "1", "46616D" FF4 "FF") PUT("4F4C", "2", "4A6F62" FF4 "FF"),
	  "FN:Amt\nTEL:110\nCATEGORIES:Job,Fam\n", "4F26", 1, "02010000" },
	/* 4.4.2.12: the first UID of a card is 1; CC one up for the change */
	{ "4.4.2.12.1 EF_UID", "", "FN:Amt\nTEL:110\n", "4F28", 1, "0001" },
	{ "4.4.2.12.4 EF_PUID", "", "FN:Amt\nTEL:110\n", "4F24", 0, "0001" },
	{ "4.4.2.12.3 EF_CC", "put usim/5F3A/4F23 0041\n", "FN:Amt\nTEL:110\n",
	  "4F23", 0, "0042" },
	{ "4.4.2.12.3 EF_CC after FFFF is 1", "put usim/5F3A/4F23 FFFF\n",
	  "FN:Amt\nTEL:110\n", "4F23", 0, "0001" },
	{ "4.4.2.12.2 EF_PSC then is another",
	  "put usim/5F3A/4F23 FFFF\nput usim/5F3A/4F22 000000FF\n",
	  "FN:Amt\nTEL:110\n", "4F22", 0, "00000100" },
};

static void each_item_makes_the_records_of_its_clause(void **state)
{
	unsigned int failed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct sim_op op = { .verb = SIM_CREATE, .kind = SIM_CONTACT };
		const uint8_t *p;
		struct sim_err e = { 0 };
		struct sim_changes ch;
		struct sim_replica *r;
		struct uicc_file *f;
		struct sim_item full;
		char image[2048], path[32];
		struct uicc *u;
		struct card *c;
		unsigned int v;
		bool same = true;

		snprintf(image, sizeof(image), "%s%s", BOOK, writes[i].image);
		opened(image, &u, &c, &r, &ch);
		sim_item_init(&full, SIM_CONTACT);
		assert_int_equal(sim_item_parse(&full, SIM_CONTACT,
						writes[i].item), 0);
		assert_int_equal(r->ops->project(r, &full, NULL, &op.want, &e), 0);
		assert_int_equal(r->ops->place(r, &op.want, NULL, &op.ref, &e), 0);
		assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e), 0);
		assert_int_equal(op.outcome, SIM_DONE);
		snprintf(path, sizeof(path), "usim/5F3A/%s", writes[i].file);
		f = uicc_file_at(u->cur ? u->cur : u->boot, path);
		assert_non_null(f);
		p = f->data + (writes[i].rec ? (writes[i].rec - 1) * f->rec_len : 0);
		for (const char *h = writes[i].hex; sscanf(h, "%2x", &v) == 1;
		     h += 2)
			same &= *p++ == v;
		if (!same) {
			print_error("%s\n", writes[i].what);
			failed++;
		}
		sim_item_free(&full);
		sim_item_free(&op.want);
		sim_record_free(&op.got);
		free(op.ref);
		sim_changes_free(&ch);
		r->ops->free(r);
		card_close(c);
		uicc_free(u);
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_says_what_its_clause_says),
		cmocka_unit_test(each_item_makes_the_records_of_its_clause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
