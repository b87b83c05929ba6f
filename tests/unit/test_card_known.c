// SPDX-License-Identifier: MIT
/*
 * FCPs carried from run to run within one activation: what they save, and that
 * believing one that is not so never loses or changes a contact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"

#define IMAGE "tests/card/images/"
#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\nspn \"Example\"\nmsisdn \"Me\" +4915123\n" \
	     "pin1 1234 off\n"

static struct uicc *image(const char *name)
{
	char path[128], why[UICC_WHY];
	struct uicc *u;

	snprintf(path, sizeof(path), IMAGE "%s.card", name);
	u = uicc_load(path, why);
	if (!u)
		fail_msg("%s", why);
	return u;
}

static struct uicc *card(const char *text)
{
	char why[UICC_WHY];
	struct uicc *u = uicc_parse(text, "test", why);

	if (!u)
		fail_msg("%s", why);
	return u;
}

/**
 * struct seen - what a run saw
 * @all: every record of every kind, one after another
 * @files: for the next run
 * @apdus: what it cost
 */
struct seen {
	char *all;
	char *files;
	unsigned int apdus;
};

static void add(char **all, const struct sim_changes *ch)
{
	for (size_t i = 0; i < ch->n; i++) {
		char *text = ch->rec[i].problem ? strdup(ch->rec[i].problem) :
						  sim_item_text(&ch->rec[i].item);
		size_t n = strlen(*all) + strlen(text) + strlen(ch->rec[i].ref);

		*all = realloc(*all, n + 8);
		strcat(strcat(strcat(strcat(*all, ch->rec[i].ref), "\n"), text),
		       "\n");
		free(text);
	}
}

/* A run on @u in activation @era; @known: of an earlier one. */
static struct seen run(struct uicc *u, uint64_t era, int parity,
		       const char *known)
{
	struct link *l = link_to(u);
	struct seen out = { calloc(1, 1), NULL, 0 };
	struct sim_err e = { 0 };
	struct sim_changes ch;
	struct sim_replica *r;
	struct card *c;

	l->base.era = era;
	l->base.parity = parity;
	c = card_open(&l->base, &e);
	if (!c)
		fail_msg("%s", e.text);
	card_files_known(c, known);
	r = card_replica(c, "card:1/a", SIM_PHYSICAL, &e);
	for (enum sim_kind k = SIM_CONTACT; k <= SIM_INFO; k++) {
		if (r->ops->changes(r, k, NULL, &ch, &e))
			fail_msg("%s", e.text);
		add(&out.all, &ch);
		sim_changes_free(&ch);
	}
	out.apdus = (unsigned int)l->base.apdus;
	out.files = card_files(c);
	r->ops->free(r);
	card_close(c);
	return out;
}

static void seen_free(struct seen *s)
{
	free(s->all);
	free(s->files);
}

/* Every image: the same again, and never for more commands. */
static void the_next_run_in_an_activation_asks_less(void **state)
{
	static const char *const images[] = {
		"card-a", "card-b", "empty", "full", "two-sets", "linked-only",
		"scripts", "aliasing", "hidden", "fdn-active", "no-search",
		"sim-2g",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		for (int parity = 0; parity < 2; parity++) {
			struct uicc *u = image(images[i]);
			struct seen a = run(u, 7, parity, NULL);
			struct seen b = run(u, 7, parity, a.files);
			struct seen c = run(u, 8, parity, a.files);
			struct seen d = run(u, 7, parity, b.files);

			assert_non_null(a.files);
			assert_string_equal(a.all, b.all);
			/* no-search states SFIs that it does not take. */
			if (strcmp(images[i], "no-search"))
				assert_true(b.apdus < a.apdus);
			assert_true(b.apdus <= a.apdus + 4);
			assert_true(d.apdus <= a.apdus);
			assert_string_equal(a.all, d.all);
			print_message("# %s%s: %u commands, then %u\n",
				      images[i], parity ? "" : " (no parity)",
				      a.apdus, b.apdus);
			/* In another activation nothing of it is believed. */
			assert_int_equal(c.apdus, a.apdus);
			assert_string_equal(a.all, c.all);
			seen_free(&a);
			seen_free(&b);
			seen_free(&c);
			seen_free(&d);
			uicc_free(u);
		}
	}
}

/*
 * One card whose files are others by now (RESIZE FILE, an applet, a card that lies):
 * each shape is read with what was known of each other one.
 */
static void a_file_that_is_another_by_now_is_found_out(void **state)
{
	static const char *const shape[] = {
		"phonebook local adn=5x28 ext1=3\ncontact \"Anna\" +49301\n"
		"contact \"Bo\" +49302\ncontact \"Cy\" +49303 at=5\n",
		"phonebook local adn=5x24 ext1=3\ncontact \"Anna\" +49301\n"
		"contact \"Bo\" +49302\ncontact \"Cy\" +49303 at=5\n",
		"phonebook local adn=3x28\ncontact \"Anna\" +49301\n"
		"contact \"Bo\" +49302\n",
		"phonebook local adn=5x28 iap anr=5x15 email=5x30\n"
		"contact \"Anna\" +49301 email=a@b.c anr=+49309\n",
		"phonebook global adn=5x28\ncontact \"Anna\" +49301\n",
		"sms deliver +4917612345678 \"2026-11-01 10:00 +01\" \"Hallo\" status=unread\n",
	};
	const size_t n = sizeof(shape) / sizeof(shape[0]);
	char text[1024];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct seen then;
		struct uicc *u;

		snprintf(text, sizeof(text), HEAD "%s", shape[i]);
		u = card(text);
		then = run(u, 7, 1, NULL);
		uicc_free(u);
		for (size_t k = 0; k < n; k++) {
			struct seen fresh, now;

			snprintf(text, sizeof(text), HEAD "%s", shape[k]);
			u = card(text);
			fresh = run(u, 7, 1, NULL);
			now = run(u, 7, 1, then.files);
			/* A longer file than was told: what is new is seen later. */
			if (i == 2 && (k == 0 || k == 3))
				assert_non_null(strstr(now.all, "FN:Anna"));
			else
				assert_string_equal(fresh.all, now.all);
			seen_free(&fresh);
			seen_free(&now);
			uicc_free(u);
		}
		seen_free(&then);
	}
}

/* A damaged note is none: each byte of it changed, and cut at each length. */
static void a_damaged_note_is_not_believed(void **state)
{
	struct uicc *u = image("scripts");
	struct seen a = run(u, 7, 1, NULL), b;
	size_t n = strlen(a.files);
	char *bad = malloc(n + 1);

	(void)state;
	for (size_t i = 0; i < n; i += 7) {
		strcpy(bad, a.files);
		bad[i] = (char)(bad[i] == '1' ? '2' : '1');
		b = run(u, 7, 1, bad);
		assert_int_equal(b.apdus, a.apdus);
		assert_string_equal(a.all, b.all);
		seen_free(&b);
		memcpy(bad, a.files, i);
		bad[i] = '\0';
		b = run(u, 7, 1, bad);
		assert_int_equal(b.apdus, a.apdus);
		seen_free(&b);
	}
	free(bad);
	seen_free(&a);
	uicc_free(u);
}

/* The note is one card's: another ICCID in the same activation has its own. */
static void another_cards_note_is_not_believed(void **state)
{
	struct uicc *a = card(HEAD "phonebook local adn=5x28\n");
	struct uicc *b = card(HEAD "iccid 89490200007777777772\nphonebook local adn=5x28\n");
	struct seen of_a = run(a, 7, 1, NULL), of_b = run(b, 7, 1, NULL);
	struct seen now = run(b, 7, 1, of_a.files);

	(void)state;
	assert_int_equal(now.apdus, of_b.apdus);
	seen_free(&of_a);
	seen_free(&of_b);
	seen_free(&now);
	uicc_free(a);
	uicc_free(b);
}

/* A slot that does not tell activations apart: nothing is kept. */
static void without_an_activation_nothing_is_kept(void **state)
{
	struct uicc *u = image("empty");
	struct seen a = run(u, 0, 1, NULL);

	(void)state;
	assert_null(a.files);
	seen_free(&a);
	uicc_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_run_in_an_activation_asks_less),
		cmocka_unit_test(a_file_that_is_another_by_now_is_found_out),
		cmocka_unit_test(a_damaged_note_is_not_believed),
		cmocka_unit_test(another_cards_note_is_not_believed),
		cmocka_unit_test(without_an_activation_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
