// SPDX-License-Identifier: MIT
/*
 * What was projected, written and read back is the same: random contacts in
 * every script, random edits and deletes, on books of every kind. Another seed
 * by SIMSYNC_SEED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"

#define HEAD "template usim\nchannels 4\niccid 89490200001234567896\n" \
	     "imsi 262021234567890 mnc=2\npin1 1234 off\n"
#define STEPS 60

static const char *const books[] = {
	HEAD "phonebook local adn=12x28 ext1=4 iap anr=12x15 sne=12x14 "
	"email=4x34 pbc uid grp=12x4 gas=3x12 aas=3x12 psc cc puid\n",
	HEAD "phonebook local adn=10x20 ext1=2 iap anr=3x17/a9 sne=2x12/a9 "
	"email=2x24/a9 email=2x24/a9 psc cc puid uid\n",
	HEAD "phonebook local adn=5x30 ext1=3\nphonebook local adn=5x24 ext1=2\n",
	"template sim\niccid 89490200001234567896\nimsi 262021234567890 mnc=2\n"
	"pin1 1234 off\nphonebook 2g adn=10x26 ext1=3\n",
};

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void add_name(char *out, size_t max)
{
	static const char *const words[] = {
		"Anna", "Bö", "Ωμέγα", "Олег", "王", "小明", "محمد", "€uro", "[x]",
		"Zoë", "สมชาย", "😀", "e\u0301", "Łuk", "ñ", "^~|", "שלום", "-", "´",
	};

	out[0] = '\0';
	for (uint32_t i = 0, n = 1 + random_below(3); i < n; i++)
		snprintf(out + strlen(out), max - strlen(out), "%s%s",
			 i ? " " : "",
			 words[random_below(sizeof(words) / sizeof(words[0]))]);
}

static void add_number(char *out, size_t max)
{
	static const char digit[] = "0123456789*#";
	uint32_t n = random_below(8) ? 3 + random_below(12) : 21 + random_below(30);
	size_t at = 0;

	if (random_below(2))
		out[at++] = '+';
	for (uint32_t i = 0; i < n && at + 1 < max; i++)
		out[at++] = digit[random_below(random_below(9) ? 10 : 12)];
	out[at] = '\0';
}

static void any_contact(struct sim_item *it)
{
	char text[128];

	sim_item_init(it, SIM_CONTACT);
	add_name(text, sizeof(text));
	assert_int_equal(sim_item_add(it, "FN", NULL, text), 0);
	for (uint32_t i = 0, n = 1 + random_below(3); i < n; i++) {
		add_number(text, sizeof(text));
		assert_int_equal(sim_item_add(it, "TEL", NULL, text), 0);
	}
	for (uint32_t i = 0, n = random_below(3); i < n; i++) {
		snprintf(text, sizeof(text), "u%u@example.org", random_below(50));
		assert_int_equal(sim_item_add(it, "EMAIL", NULL, text), 0);
	}
	if (!random_below(3)) {
		add_name(text, sizeof(text));
		assert_int_equal(sim_item_add(it, "X-SIM-SECOND-NAME", NULL, text),
				 0);
	}
}

/**
 * struct model - what the card must hold
 */
struct model {
	char *ref[32];
	char *text[32];
	size_t n;
};

static void forget(struct model *m, size_t i)
{
	free(m->ref[i]);
	free(m->text[i]);
	m->n--;
	m->ref[i] = m->ref[m->n];
	m->text[i] = m->text[m->n];
}

/* As a program that was just started sees the card. */
static void compare(struct uicc *u, const struct model *m)
{
	struct sim_err e = { 0 };
	struct card *c = card_open(&link_to(u)->base, &e);
	struct sim_replica *r = card_replica(c, "card", SIM_PHYSICAL, &e);
	struct sim_changes ch;
	unsigned int orphans;

	assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e), 0);
	assert_int_equal(ch.n, m->n);
	for (size_t i = 0; i < m->n; i++) {
		char *text = NULL;

		for (size_t k = 0; k < ch.n; k++)
			if (!strcmp(ch.rec[k].ref, m->ref[i]))
				text = sim_item_text(&ch.rec[k].item);
		assert_non_null(text);
		assert_string_equal(text, m->text[i]);
		free(text);
	}
	assert_int_equal(card_orphans(c, false, &orphans, &e), 0);
	assert_int_equal(orphans, 0);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
}

static const struct sim_record *at(const struct sim_changes *ch, const char *ref)
{
	for (size_t k = 0; k < ch->n; k++)
		if (!strcmp(ch->rec[k].ref, ref))
			return &ch->rec[k];
	return NULL;
}

/* One random write; 1 when the card had no room. */
static int step(struct uicc *u, struct model *m)
{
	uint32_t what = random_below(10);
	enum sim_verb verb = !m->n || what < 5 ? SIM_CREATE :
			     what < 8 ? SIM_UPDATE : SIM_DELETE;
	size_t i = m->n ? random_below((uint32_t)m->n) : 0;
	struct sim_op op = { .verb = verb, .kind = SIM_CONTACT };
	const struct sim_record *was = NULL;
	struct sim_err e = { 0 };
	struct card *c = card_open(&link_to(u)->base, &e);
	struct sim_replica *r = card_replica(c, "card", SIM_PHYSICAL, &e);
	struct sim_changes ch;
	struct sim_item full;
	int full_up = 0;

	any_contact(&full);
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e), 0);
	if (verb != SIM_CREATE) {
		was = at(&ch, m->ref[i]);
		assert_non_null(was);
		op.ref = strdup(was->ref);
		op.version = strdup(was->version);
	}
	/* A number too long for what is free of EF_EXT1 may be its only one. */
	if (verb != SIM_DELETE)
		full_up = r->ops->project(r, &full, was ? &was->item : NULL,
					  &op.want, &e);
	assert_true(full_up >= 0);
	if (verb == SIM_CREATE && !full_up)
		full_up = r->ops->place(r, &op.want, NULL, &op.ref, &e);
	if (!full_up) {
		assert_int_equal(r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e),
				 0);
		/* Projected is what can be held: never less is read back. */
		assert_int_equal(op.outcome, SIM_DONE);
		if (verb != SIM_CREATE)
			forget(m, i);
		if (verb != SIM_DELETE) {
			m->ref[m->n] = strdup(op.ref);
			m->text[m->n++] = sim_item_text(&op.want);
		}
	}
	free(op.ref);
	free(op.version);
	sim_item_free(&op.want);
	sim_record_free(&op.got);
	sim_item_free(&full);
	sim_changes_free(&ch);
	r->ops->free(r);
	card_close(c);
	return full_up;
}

static void what_is_written_is_read_back(void **state)
{
	const char *s = getenv("SIMSYNC_SEED");
	uint32_t first = s ? (uint32_t)strtoul(s, NULL, 10) : 1;
	unsigned int full = 0;

	(void)state;
	for (size_t b = 0; b < sizeof(books) / sizeof(books[0]); b++) {
		char why[UICC_WHY];
		struct uicc *u = uicc_parse(books[b], "book", why);
		struct model m = { 0 };

		if (!u)
			fail_msg("%s", why);
		seed = first * 7919 + (uint32_t)b;
		print_message("# book %zu, seed %u\n", b, first);
		for (int i = 0; i < STEPS; i++) {
			full += (unsigned int)step(u, &m);
			uicc_reset(u);
			if (i % 6 == 5) {
				compare(u, &m);
				uicc_reset(u);
			}
		}
		compare(u, &m);
		while (m.n)
			forget(&m, 0);
		uicc_free(u);
	}
	/* It came to full books too. */
	assert_true(full > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
