// SPDX-License-Identifier: MIT
/* vCards: RFC 2426, RFC 6350, vCard 2.1; what was not changed keeps its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/vcard.h"

/* RFC 2426 §7, first example, with its folding; CRLF line ends. */
static const char dawson[] =
	"BEGIN:vCard\r\n"
	"VERSION:3.0\r\n"
	"FN:Frank Dawson\r\n"
	"ORG:Lotus Development Corporation\r\n"
	"ADR;TYPE=WORK,POSTAL,PARCEL:;;6544 Battleford Drive\r\n"
	" ;Raleigh;NC;27613-3502;U.S.A.\r\n"
	"TEL;TYPE=VOICE,MSG,WORK:+1-919-676-9515\r\n"
	"TEL;TYPE=FAX,WORK:+1-919-676-9564\r\n"
	"EMAIL;TYPE=INTERNET,PREF:Frank_Dawson@Lotus.com\r\n"
	"EMAIL;TYPE=INTERNET:fdawson@earthlink.net\r\n"
	"URL:http://home.earthlink.net/~fdawson\r\n"
	"END:vCard\r\n";

/* RFC 6350 §8, with a group and a quoted parameter holding ':' and ';'. */
static const char perreault[] =
	"BEGIN:VCARD\n"
	"VERSION:4.0\n"
	"FN:Simon Perreault\n"
	"N:Perreault;Simon;;;ing. jr,M.Sc.\n"
	"BDAY:--0203\n"
	"UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\n"
	"REV:19951031T222710Z\n"
	"item1.ADR;TYPE=work;LABEL=\"Laurier; Quebec: QC\":;Suite D2-630;2875\n"
	"  Laurier;Quebec;QC;G1V 2M2;Canada\n"
	"item1.X-ABLABEL:office\n"
	"TEL;VALUE=uri;TYPE=\"work,voice\";PREF=1:tel:+1-418-656-9254;ext=102\n"
	"X-UNKNOWN;X-A=1:kept as it is\n"
	"END:VCARD\n";

static struct sim_vcard parse(const char *text)
{
	struct sim_vcard v;
	struct sim_err e = { 0 };

	if (vcard_parse(text, strlen(text), &v, &e))
		fail_msg("%s", e.text);
	return v;
}

static char *patch(const char *text, const struct sim_item *want)
{
	struct sim_err e = { 0 };
	char *out;

	if (vcard_patch(text, strlen(text), want, &out, NULL, &e))
		fail_msg("%s", e.text);
	return out;
}

static void refused(const char *text, size_t len, const char *why)
{
	struct sim_vcard v;
	struct sim_err e = { 0 };

	assert_int_equal(vcard_parse(text, len, &v, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
}

static void reads_every_property_and_unfolds(void **state)
{
	struct sim_vcard v = parse(dawson);

	(void)state;
	assert_int_equal(v.version, 30);
	assert_null(v.uid);
	assert_int_equal(v.item.n, 8);
	assert_string_equal(sim_item_get(&v.item, "ADR"),
			    ";;6544 Battleford Drive;Raleigh;NC;27613-3502;U.S.A.");
	assert_string_equal(v.item.prop[3].params, "TYPE=VOICE,MSG,WORK");
	assert_string_equal(v.item.prop[3].value, "+1-919-676-9515");
	vcard_free(&v);
}

static void reads_groups_and_quoted_parameters(void **state)
{
	struct sim_vcard v = parse(perreault);

	(void)state;
	assert_int_equal(v.version, 40);
	assert_string_equal(v.uid,
			    "urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1");
	assert_null(sim_item_get(&v.item, "REV"));
	assert_string_equal(v.item.prop[3].group, "item1");
	assert_string_equal(v.item.prop[3].params,
			    "TYPE=work;LABEL=\"Laurier; Quebec: QC\"");
	assert_string_equal(v.item.prop[5].value, "tel:+1-418-656-9254;ext=102");
	vcard_free(&v);
}

static void patch_without_change_is_the_same_text(void **state)
{
	const char *const all[] = { dawson, perreault };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_vcard v = parse(all[i]);
		char *out = patch(all[i], &v.item);

		assert_string_equal(out, all[i]);
		free(out);
		vcard_free(&v);
	}
}

static void one_changed_number_changes_one_line(void **state)
{
	struct sim_vcard v = parse(dawson);
	char *out, *expect, *at;

	(void)state;
	free(v.item.prop[4].value);
	v.item.prop[4].value = strdup("+1-919-000-0000");
	out = patch(dawson, &v.item);
	expect = strdup(dawson);
	at = strstr(expect, "+1-919-676-9564");
	memcpy(at, "+1-919-000-0000", 15);
	assert_string_equal(out, expect);
	free(out);
	free(expect);
	vcard_free(&v);
}

static void added_and_removed_properties(void **state)
{
	struct sim_vcard v = parse(perreault), back;
	char *out;

	(void)state;
	sim_item_set(&v.item, "BDAY", NULL);
	sim_item_add(&v.item, "NOTE", NULL, "a\\, b\\nc");
	out = patch(perreault, &v.item);
	assert_null(strstr(out, "BDAY"));
	assert_non_null(strstr(out, "kept as it is\nNOTE:a\\, b\\nc\nEND"));
	assert_non_null(strstr(out, "2875\n  Laurier"));
	back = parse(out);
	assert_true(vcard_same(&back.item, &v.item));
	vcard_free(&back);
	free(out);
	vcard_free(&v);
}

static void derived_n_follows_fn(void **state)
{
	static const char text[] =
		"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Hamilton;Alexandra;;;\r\n"
		"FN:Alexandra Hamilton\r\nTEL:1\r\nEND:VCARD\r\n";
	struct sim_vcard v = parse(text);
	char *out;

	(void)state;
	assert_null(sim_item_get(&v.item, "N"));
	sim_item_set(&v.item, "FN", "Alexandra Ham");
	out = patch(text, &v.item);
	assert_string_equal(out,
			    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ham;Alexandra;;;\r\n"
			    "FN:Alexandra Ham\r\nTEL:1\r\nEND:VCARD\r\n");
	free(out);
	vcard_free(&v);
}

static void a_name_comes_from_n_but_never_from_a_number(void **state)
{
	static const char with_n[] =
		"BEGIN:VCARD\nVERSION:3.0\nN:Stevenson;John;Philip,Paul;Dr.;Jr.\n"
		"TEL:5\nEND:VCARD\n";
	static const char without[] =
		"BEGIN:VCARD\nVERSION:3.0\nFN:\nN:;;;;\nTEL:5\nEND:VCARD\n";
	struct sim_vcard v = parse(with_n);
	char *out;

	(void)state;
	assert_string_equal(sim_item_get(&v.item, "FN"),
			    "Dr. John Philip Paul Stevenson Jr.");
	out = patch(with_n, &v.item);
	assert_string_equal(out, with_n);
	free(out);
	sim_item_set(&v.item, "TEL", "6");
	out = patch(with_n, &v.item);
	assert_string_equal(out,
			    "BEGIN:VCARD\nVERSION:3.0\nN:Stevenson;John;Philip,Paul;Dr.;Jr.\n"
			    "TEL:6\nEND:VCARD\n");
	free(out);
	vcard_free(&v);

	v = parse(without);
	assert_null(sim_item_get(&v.item, "FN"));
	assert_int_equal(v.item.n, 1);
	vcard_free(&v);
}

static void new_vcard_reads_back_equal(void **state)
{
	struct sim_item it;
	struct sim_vcard back;
	struct sim_err e = { 0 };
	char *text;

	(void)state;
	sim_item_init(&it, SIM_CONTACT);
	sim_item_add(&it, "FN", NULL, "J\xc3\xb6rg M\xc3\xbcller\\, sen.");
	sim_item_add(&it, "TEL", "TYPE=CELL", "+491711234567");
	sim_item_add(&it, "NOTE", NULL,
		     "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
		     "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
		     "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
		     "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97"
		     "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97");
	text = vcard_new(&it, "u-1", &e);
	assert_non_null(text);
	/* RFC 6350 §3.2: no line over 75 octets, no character cut by folding. */
	for (char *l = text, *n; (n = strstr(l, "\r\n")); l = n + 2)
		assert_true(n - l <= 75);
	assert_non_null(strstr(text, "\r\nN:sen.;J\xc3\xb6rg M\xc3\xbcller\\,;;;\r\n"));
	back = parse(text);
	assert_string_equal(back.uid, "u-1");
	assert_true(vcard_same(&back.item, &it));
	assert_false(back.repaired);
	vcard_free(&back);
	free(text);

	/* A number without a name stays one. */
	sim_item_set(&it, "FN", NULL);
	text = vcard_new(&it, "u-2", &e);
	assert_non_null(strstr(text, "\r\nFN:\r\nN:;;;;\r\n"));
	back = parse(text);
	assert_true(vcard_same(&back.item, &it));
	vcard_free(&back);
	free(text);
	sim_item_free(&it);
}

/* vCard 2.1 §2.1.3: quoted-printable with a soft line break. */
static void reads_and_patches_2_1(void **state)
{
	static const char text[] =
		"BEGIN:VCARD\r\nVERSION:2.1\r\n"
		"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\n"
		"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=B6rg =\r\nM=C3=BCller\r\n"
		"NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0Atwo, three\r\n"
		"TEL;CELL:123\r\nEND:VCARD\r\n";
	struct sim_vcard v = parse(text), back;
	char *out;

	(void)state;
	assert_int_equal(v.version, 21);
	assert_string_equal(sim_item_get(&v.item, "FN"), "J\xc3\xb6rg M\xc3\xbcller");
	assert_null(sim_item_get(&v.item, "N"));
	assert_string_equal(sim_item_get(&v.item, "NOTE"), "one\\ntwo\\, three");
	sim_item_set(&v.item, "NOTE", "\xc3\xa4\\nb\\;c\\, d");
	out = patch(text, &v.item);
	assert_non_null(strstr(out, "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=A4=0D=0Ab\\;c, d\r\n"));
	assert_non_null(strstr(out, "J=C3=B6rg =\r\nM=C3=BCller\r\n"));
	back = parse(out);
	assert_true(vcard_same(&back.item, &v.item));
	vcard_free(&back);
	free(out);
	vcard_free(&v);
}

static void invalid_utf8_is_read_as_latin1_and_kept(void **state)
{
	static const char text[] =
		"BEGIN:VCARD\nVERSION:3.0\nFN:J\xf6rg\nTEL:1\nEND:VCARD\n";
	struct sim_vcard v = parse(text);
	char *out;

	(void)state;
	assert_true(v.repaired);
	assert_string_equal(sim_item_get(&v.item, "FN"), "J\xc3\xb6rg");
	sim_item_set(&v.item, "TEL", "2");
	out = patch(text, &v.item);
	assert_string_equal(out, "BEGIN:VCARD\nVERSION:3.0\nFN:J\xf6rg\nTEL:2\nEND:VCARD\n");
	free(out);
	vcard_free(&v);
}

static void a_fold_inside_a_character_is_joined(void **state)
{
	static const char text[] =
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:J\xc3\r\n \xb6rg\r\nEND:VCARD\r\n";
	struct sim_vcard v = parse(text);

	(void)state;
	assert_false(v.repaired);
	assert_string_equal(sim_item_get(&v.item, "FN"), "J\xc3\xb6rg");
	vcard_free(&v);
}

static void refuses_what_is_no_vcard(void **state)
{
	static const char nul[] = "BEGIN:VCARD\nFN:a\0b\nEND:VCARD\n";

	(void)state;
	refused("", 0, "no BEGIN:VCARD");
	refused("BEGIN:VCARD\nFN:x\n", 17, "cut off");
	refused("hello\n", 6, "line 1");
	refused("BEGIN:VCARD\nFN:a\nnonsense\nEND:VCARD\n", 36, "line 3");
	refused("BEGIN:VCARD\nVERSION:9\nEND:VCARD\n", 32, "2.1, 3.0 and 4.0");
	refused("BEGIN:VCARD\nBEGIN:VCARD\n", 24, "second vCard");
	refused("BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\n", 34, "line 3");
	refused("BEGIN:VCARD\nX;A=\"b:c\nEND:VCARD\n", 31, "line 2");
	refused(nul, sizeof(nul) - 1, "NUL");
}

static void large_ones(void **state)
{
	size_t n = 14 * 1000 * 1000, at = 0;
	char *text = malloc(n + 20 * 1000 * 1000), *out;
	struct sim_vcard v;
	struct sim_err e = { 0 };

	(void)state;
	/* A photo of 10 MB is 13.4 MB of base64. */
	at = (size_t)sprintf(text, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nPHOTO;ENCODING=b:");
	for (size_t k = 0; k < 13400000; k += 74) {
		memset(text + at, 'A', 74);
		memcpy(text + at + 74, "\r\n ", 3);
		at += 77;
	}
	at += (size_t)sprintf(text + at, "A\r\nEND:VCARD\r\n");
	assert_int_equal(vcard_parse(text, at, &v, &e), 0);
	assert_int_equal(v.item.n, 2);
	vcard_free(&v);

	/* 10,000 properties, one of them changed. */
	at = (size_t)sprintf(text, "BEGIN:VCARD\nVERSION:3.0\nFN:a\n");
	for (int k = 0; k < 9999; k++)
		at += (size_t)sprintf(text + at, "TEL:%d\n", k % 7000);
	at += (size_t)sprintf(text + at, "END:VCARD\n");
	text[at] = '\0';
	assert_int_equal(vcard_parse(text, at, &v, &e), 0);
	assert_int_equal(v.item.n, 10000);
	sim_item_set(&v.item, "FN", "b");
	out = patch(text, &v.item);
	assert_int_equal(strlen(out), at);
	assert_memory_equal(out + 29, text + 29, at - 29);
	free(out);
	vcard_free(&v);

	/* Past the limits: a sentence. */
	at = (size_t)sprintf(text, "BEGIN:VCARD\n");
	for (unsigned int k = 0; k < VCARD_MAX_PROPS + 1; k++)
		at += (size_t)sprintf(text + at, "X-A:1\n");
	at += (size_t)sprintf(text + at, "END:VCARD\n");
	refused(text, at, "more than 20000 properties");
	memset(text, ' ', VCARD_MAX_BYTES + 1);
	refused(text, VCARD_MAX_BYTES + 1, "larger than the 16 MiB");
	free(text);
}

static void uid_is_set_or_replaced(void **state)
{
	struct sim_err e = { 0 };
	char *out;

	(void)state;
	assert_int_equal(vcard_set_uid(dawson, strlen(dawson), "new", &out, NULL, &e), 0);
	assert_non_null(strstr(out, "fdawson\r\nUID:new\r\nEND:vCard\r\n"));
	free(out);
	assert_int_equal(vcard_set_uid(perreault, strlen(perreault), "new", &out, NULL, &e), 0);
	assert_non_null(strstr(out, "--0203\nUID:new\nREV:"));
	assert_null(strstr(out, "urn:uuid"));
	free(out);
}

static void counts_vcards_in_a_file(void **state)
{
	static const char two[] =
		"BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n";
	size_t end;

	(void)state;
	assert_int_equal(vcard_count(two, strlen(two), &end), 2);
	assert_int_equal(end, 22);
}

/* Radicale sorts properties by name: that is no change, and moves no line. */
static void another_order_of_names_is_no_change(void **state)
{
	struct sim_vcard v = parse(dawson);
	struct sim_prop t = v.item.prop[0];
	char *out;

	(void)state;
	v.item.prop[0] = v.item.prop[7];
	v.item.prop[7] = t;
	out = patch(dawson, &v.item);
	assert_string_equal(out, dawson);
	free(out);
	/* The order of numbers is one: the first is the preferred one. */
	t = v.item.prop[3];
	v.item.prop[3] = v.item.prop[4];
	v.item.prop[4] = t;
	out = patch(dawson, &v.item);
	assert_non_null(strstr(out, "U.S.A.\r\nTEL;TYPE=FAX,WORK:+1-919-676-9564\r\n"
				    "TEL;TYPE=VOICE,MSG,WORK:+1-919-676-9515\r\nEMAIL"));
	free(out);
	vcard_free(&v);
}

/* Whatever is wanted is what is read back; and nothing else moves. */
static void patch_then_parse_gives_what_was_wanted(void **state)
{
	static const char *const names[] = { "TEL", "EMAIL", "NOTE", "FN", "N",
					     "X-SIM-SECOND-NAME", "ORG", "NICKNAME" };
	unsigned int seed = 20250101, round;
	struct sim_err e = { 0 };
	char *text = strdup(perreault);

	(void)state;
	for (round = 0; round < 3000; round++) {
		struct sim_vcard v = parse(text), back;
		int edits = 1 + rand_r(&seed) % 3;
		char *out;

		while (edits--) {
			const char *name = names[rand_r(&seed) % 8];
			size_t k = v.item.n ? (size_t)rand_r(&seed) % v.item.n : 0;
			char value[64];

			snprintf(value, sizeof(value), "%s%s%d",
				 rand_r(&seed) % 3 ? "" : "\\,\xc3\xa9 ",
				 rand_r(&seed) % 3 ? "Ann " : "x;", rand_r(&seed) % 9);
			switch (rand_r(&seed) % 4) {
			case 0:
				if (v.item.n < 12)
					sim_item_add(&v.item, name,
						     rand_r(&seed) % 2 ? "TYPE=home" : NULL, value);
				break;
			case 1:
				sim_item_set(&v.item, name, value);
				break;
			case 2:
				sim_item_set(&v.item, name, NULL);
				break;
			default:
				if (v.item.n > 1) {
					struct sim_prop t = v.item.prop[k];

					v.item.prop[k] = v.item.prop[0];
					v.item.prop[0] = t;
				}
			}
		}
		vcard_normal(&v.item);
		if (vcard_patch(text, strlen(text), &v.item, &out, NULL, &e))
			fail_msg("%s", e.text);
		back = parse(out);
		/* Without FN wanted, one may show through from N. */
		if (!sim_item_get(&v.item, "FN"))
			sim_item_set(&back.item, "FN", NULL);
		if (!vcard_same(&back.item, &v.item))
			fail_msg("round %u:\n%s\n-- to --\n%s\n-- wanted --\n%s", round, text, out,
				 sim_item_text(&v.item));
		assert_non_null(strstr(out, "UID:urn:uuid:4fbe"));
		assert_non_null(strstr(out, "REV:1995"));
		vcard_free(&back);
		vcard_free(&v);
		free(text);
		text = out;
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_property_and_unfolds),
		cmocka_unit_test(reads_groups_and_quoted_parameters),
		cmocka_unit_test(patch_without_change_is_the_same_text),
		cmocka_unit_test(one_changed_number_changes_one_line),
		cmocka_unit_test(added_and_removed_properties),
		cmocka_unit_test(derived_n_follows_fn),
		cmocka_unit_test(a_name_comes_from_n_but_never_from_a_number),
		cmocka_unit_test(new_vcard_reads_back_equal),
		cmocka_unit_test(reads_and_patches_2_1),
		cmocka_unit_test(invalid_utf8_is_read_as_latin1_and_kept),
		cmocka_unit_test(a_fold_inside_a_character_is_joined),
		cmocka_unit_test(refuses_what_is_no_vcard),
		cmocka_unit_test(large_ones),
		cmocka_unit_test(uid_is_set_or_replaced),
		cmocka_unit_test(counts_vcards_in_a_file),
		cmocka_unit_test(another_order_of_names_is_no_change),
		cmocka_unit_test(patch_then_parse_gives_what_was_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
