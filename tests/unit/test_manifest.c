// SPDX-License-Identifier: MIT
/*
 * test_manifest.c - two phones, one card, one server: what the card's manifest
 * tells is nobody's edit (design.md, Several phones)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"

#define NAME "card:894902/1"

/* The server's document of the card; one for both phones. */
static struct document {
	struct sim_manifest m;
	const char *device;	/* whose turn it is */
	bool away;		/* the folder cannot be reached */
	int told;		/* how often it was written */
} doc;

static int add(struct sim_manifest *to, const struct sim_told *t,
	       const char *device, int64_t seq)
{
	struct sim_told *n = sim_manifest_add(to);

	*n = (struct sim_told){strdup(t->uid), strdup(t->ref), strdup(t->text),
			       strdup(device), seq};
	return 0;
}

static int told(struct sim_replica *r, const char *iccid,
		struct sim_manifest *out, struct sim_err *e)
{
	(void)r;
	assert_string_equal(iccid, "894902");
	memset(out, 0, sizeof(*out));
	if (doc.away)
		return sim_fail(e, EX_TEMPFAIL, "the folder is away");
	strcpy(out->generation, doc.m.generation);
	for (size_t i = 0; i < doc.m.n; i++)
		add(out, &doc.m.told[i], doc.m.told[i].device,
		    doc.m.told[i].seq);
	return !doc.m.n;
}

static int tell(struct sim_replica *r, const char *iccid,
		const struct sim_manifest *mine, struct sim_err *e)
{
	struct sim_manifest next = {.seq = doc.m.seq + 1};

	(void)r;
	(void)iccid;
	if (doc.away)
		return sim_fail(e, EX_TEMPFAIL, "the folder is away");
	strcpy(next.generation, mine->generation);
	for (size_t i = 0; i < doc.m.n; i++)
		if (strcmp(doc.m.told[i].device, doc.device))
			add(&next, &doc.m.told[i], doc.m.told[i].device,
			    doc.m.told[i].seq);
	for (size_t i = 0; i < mine->n; i++)
		add(&next, &mine->told[i], doc.device, next.seq);
	sim_manifest_free(&doc.m);
	doc.m = next;
	doc.told++;
	return 0;
}

/** struct phones - two of them; the second has its own store and ledger only */
struct phones {
	struct world *a, *b;
	struct mem *remote, *card;
};

static struct sim_replica_ops server_ops;

static int phones_setup(void **state)
{
	struct phones *p = calloc(1, sizeof(*p));
	void *a, *b;

	memset(&doc, 0, sizeof(doc));
	setup(&a);
	setup(&b);
	p->a = a;
	p->b = b;
	server_ops = mem_ops;
	server_ops.told = told;
	server_ops.tell = tell;
	p->a->remote->r.ops = &server_ops;
	strcpy(p->a->card->name, NAME);
	p->remote = p->b->remote;
	p->card = p->b->card;
	p->b->r[0] = &p->a->card->r;
	p->b->r[2] = &p->a->remote->r;
	p->b->uuids = 0x1000;
	*state = p;
	return 0;
}

static int phones_teardown(void **state)
{
	struct phones *p = *state;
	void *a = p->a, *b = p->b;

	sim_manifest_free(&doc.m);
	teardown(&a);
	teardown(&b);
	free(p);
	return 0;
}

/* That phone has the card. */
static void turn(struct world *w, struct world *other)
{
	doc.device = w->uuids < 0x1000 ? "phone-a" : "phone-b";
	if (w->now < other->now)
		w->now = other->now;
	run(w);
}

static void edit(struct mem *m, const char *old, const char *text)
{
	struct mem_rec *k = mem_with(m, old);

	assert_non_null(k);
	mem_set(m, k->ref, NULL, text);
}

/* Both phones know the card, with one contact. */
static void both_know_anna(struct phones *p)
{
	mem_set(p->a->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	turn(p->a, p->b);
	turn(p->b, p->a);
	turn(p->a, p->b);
	assert_int_equal(p->b->rep.conflicts, 0);
	assert_int_equal(mem_count(p->b->local), 1);
	assert_int_equal(doc.m.n, 2);
	assert_string_equal(doc.m.generation, "1");
}

/* A renames her, somebody else renames her again on the server. */
static void renamed_twice(struct phones *p)
{
	edit(p->a->local, "Anna", "FN:Anna Berg\nTEL:+491701\n");
	turn(p->a, p->b);
	assert_has(p->a->card, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	edit(p->a->remote, "Anna Berg", "FN:Anna Tal\nTEL:+491701\n");
}

static void what_another_phone_wrote_is_no_edit(void **state)
{
	struct phones *p = *state;

	both_know_anna(p);
	renamed_twice(p);
	turn(p->b, p->a);
	assert_int_equal(p->b->rep.conflicts, 0);
	assert_has(p->a->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_non_null(mem_with(p->b->local, "Anna Tal"));
	turn(p->a, p->b);
	assert_int_equal(p->a->rep.conflicts, 0);
	assert_non_null(mem_with(p->a->local, "Anna Tal"));
	assert_has(p->a->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
	assert_quiet(p->a);
}

static void without_the_manifest_it_is_an_ordinary_conflict(void **state)
{
	struct phones *p = *state;

	both_know_anna(p);
	renamed_twice(p);
	doc.away = true;
	turn(p->b, p->a);
	assert_int_equal(p->b->rep.conflicts, 1);
	/* Nobody's version was overwritten. */
	assert_has(p->a->card, "rec/0", "FN:Anna Berg\nTEL:+491701\n");
	assert_non_null(mem_with(p->a->remote, "Anna Tal"));
}

static void what_a_person_wrote_elsewhere_still_is_an_edit(void **state)
{
	struct phones *p = *state;

	both_know_anna(p);
	edit(p->a->local, "Anna", "FN:Anna Berg\nTEL:+491701\n");
	turn(p->a, p->b);
	/* In a phone without simsync, after that. */
	mem_set(p->a->card, "rec/0", NULL, "FN:Anna Berg\nTEL:+491709\n");
	turn(p->b, p->a);
	assert_non_null(mem_with(p->b->local, "FN:Anna Berg\nTEL:+491709\n"));
	assert_non_null(mem_with(p->a->remote, "+491709"));
	assert_int_equal(p->b->rep.conflicts, 0);
}

/* Cut names on one number: guessing would double or, worse, merge them. */
static void a_new_phone_knows_whose_cut_name_it_is(void **state)
{
	struct phones *p = *state;

	mem_set(p->a->local, "x", "u-x",
		"FN:Alexandra Hamilton\nTEL:+4989123\n");
	mem_set(p->a->local, "y", "u-y",
		"FN:Alexandros Papadopoulos\nTEL:+4989123\n");
	turn(p->a, p->b);
	assert_int_equal(mem_count(p->a->card), 2);
	assert_non_null(mem_with(p->a->card, "FN:Alexandra Hami\n"));
	turn(p->b, p->a);
	assert_int_equal(p->b->rep.duplicates, 0);
	assert_int_equal(mem_count(p->b->local), 2);
	assert_int_equal(mem_count(p->a->remote), 2);
	assert_int_equal(mem_count(p->a->card), 2);
	assert_quiet(p->b);
}

static void deleted_here_it_does_not_come_back_from_the_card(void **state)
{
	struct phones *p = *state;
	struct world *b = p->b;

	both_know_anna(p);
	/* B deletes her with the card in A; A has not heard and counts anew. */
	b->r[0] = &b->local->r;
	b->r[1] = &p->a->remote->r;
	b->n = 2;
	mem_del(b->local, mem_with(b->local, "Anna")->ref);
	turn(b, p->a);
	assert_int_equal(mem_count(p->a->remote), 0);
	/* Moved by A's card manager: another record, no base here. */
	mem_del(p->a->card, "rec/0");
	mem_set(p->a->card, "rec/7", NULL, "FN:Anna\nTEL:+491701\n");
	b->r[0] = &p->a->card->r;
	b->r[1] = &b->local->r;
	b->r[2] = &p->a->remote->r;
	b->n = 3;
	turn(b, p->a);
	assert_int_equal(mem_count(b->local), 0);
	assert_int_equal(mem_count(p->a->card), 0);
	assert_quiet(b);
}

static void another_generations_manifest_says_nothing(void **state)
{
	struct phones *p = *state;

	both_know_anna(p);
	renamed_twice(p);
	strcpy(doc.m.generation, "c0ffee00");
	turn(p->b, p->a);
	assert_int_equal(p->b->rep.conflicts, 1);
}

/* Told as agreed, a side's own version would be overwritten by the other. */
static void what_is_in_conflict_is_not_told(void **state)
{
	struct phones *p = *state;

	both_know_anna(p);
	edit(p->a->local, "Anna", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(p->a->card, "rec/0", NULL, "FN:Anna Tal\nTEL:+491701\n");
	turn(p->a, p->b);
	assert_int_equal(p->a->rep.conflicts, 1);
	for (size_t i = 0; i < doc.m.n; i++)
		assert_null(strstr(doc.m.told[i].text, "Tal"));
	turn(p->b, p->a);
	/* B finds the card's version: an edit, which nobody overwrote. */
	assert_has(p->a->card, "rec/0", "FN:Anna Tal\nTEL:+491701\n");
}

static void it_is_told_when_something_changed_and_not_again(void **state)
{
	struct phones *p = *state;
	int before;

	both_know_anna(p);
	before = doc.told;
	turn(p->a, p->b);
	turn(p->b, p->a);
	assert_int_equal(doc.told, before);
	/* Not told while the folder was away: then later. */
	doc.away = true;
	edit(p->a->local, "Anna", "FN:Anna Berg\nTEL:+491701\n");
	turn(p->a, p->b);
	assert_int_equal(doc.told, before);
	doc.away = false;
	turn(p->a, p->b);
	assert_int_equal(doc.told, before + 1);
	assert_non_null(strstr(doc.m.told[doc.m.n - 1].text, "Anna Berg"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, phones_setup, phones_teardown)
	const struct CMUnitTest tests[] = {
		T(what_another_phone_wrote_is_no_edit),
		T(without_the_manifest_it_is_an_ordinary_conflict),
		T(what_a_person_wrote_elsewhere_still_is_an_edit),
		T(a_new_phone_knows_whose_cut_name_it_is),
		T(deleted_here_it_does_not_come_back_from_the_card),
		T(another_generations_manifest_says_nothing),
		T(what_is_in_conflict_is_not_told),
		T(it_is_told_when_something_changed_and_not_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
