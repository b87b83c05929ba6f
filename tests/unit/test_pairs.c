/* SPDX-License-Identifier: MIT */
/*
 * test_pairs.c - the hand-labelled pairs of tests/corpus/pairs.txt, each run
 * through the engine in both orders: no false merge, and how many are missed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine_world.h"
#include "store/ledger_sql.h"

#define CORPUS "tests/corpus/pairs.txt"
#define LEAST_PAIRS 200
/* What must not be lost again; nothing was tuned to get there. */
#define LEAST_RECALL 80

enum where { CARD, SERVER, EDIT, MOVED };

struct pair {
	int line;
	bool same;
	enum where where;
	size_t room;
	char country[8];
	char *ours, *theirs, *also;
};

struct tally {
	size_t pairs, same, merged, wrong;
};

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (*s == ' ')
		s++;
	while (end > s && strchr(" \n", end[-1]))
		*--end = '\0';
	return s;
}

/* The next part up to @sep, "\;" being a semicolon of the text. */
static char *part(char **at, char sep)
{
	char *from = *at, *to = *at, *p = *at;

	if (!from)
		return NULL;
	for (; *p && *p != sep; p++) {
		if (*p == '\\' && p[1] == ';')
			p++;
		*to++ = *p;
	}
	*at = *p ? p + 1 : NULL;
	*to = '\0';
	return trim(from);
}

static void add_named(struct sim_item *it, const char *name, char *value)
{
	/* N and its like: commas stand for the parts. */
	for (char *c = value; !strcmp(name, "N") && *c; c++)
		if (*c == ',')
			*c = ';';
	assert_int_equal(sim_item_add(it, name, NULL, value), 0);
}

/* "Name; number; N=..." -> an item; its UID, if it has one, to @uid */
static struct sim_item entry(const char *text, char uid[64])
{
	static const char *const named[] = {"N", "BDAY", "EMAIL"};
	char *copy = strdup(text), *at = copy, *p;
	struct sim_item it;

	*uid = '\0';
	sim_item_init(&it, SIM_CONTACT);
	p = part(&at, ';');
	if (*p) {
		char *fn = strchr(p, '\\') ? strdup(p) : sim_text_escape(p);

		assert_int_equal(sim_item_add(&it, "FN", NULL, fn), 0);
		free(fn);
	}
	while ((p = part(&at, ';'))) {
		char *eq = strchr(p, '=');
		size_t i, n = sizeof(named) / sizeof(*named);

		for (i = 0; eq && i < n; i++)
			if ((size_t)(eq - p) == strlen(named[i]) &&
			    !strncmp(p, named[i], strlen(named[i])))
				break;
		if (!strncmp(p, "UID=", 4))
			snprintf(uid, 64, "%s", p + 4);
		else if (eq && i < n)
			add_named(&it, named[i], eq + 1);
		else if (*p)
			assert_int_equal(sim_item_add(&it, "TEL", NULL, p), 0);
	}
	free(copy);
	return it;
}

static void put(struct mem *m, const char *ref, const char *text)
{
	char uid[64];
	struct sim_item it = entry(text, uid);
	size_t tels = 0;

	for (size_t i = 0; i < it.n; i++)
		tels += !strcmp(it.prop[i].name, "TEL");
	if (tels > m->tels)
		m->tels = tels;
	for (size_t i = 0; i < it.n && !m->r.lossless; i++)
		m->emails |= !strcmp(it.prop[i].name, "EMAIL");
	/* A store that gives UIDs gives everyone one of its own. */
	if (!*uid && m->r.lossless)
		snprintf(uid, sizeof(uid), "%s-of-%s-made-here", ref, m->name);
	mem_put(m, ref, *uid ? uid : NULL, &it);
	sim_item_free(&it);
}

static void put_also(struct world *w, const char *also)
{
	static const struct {
		const char *place;
		size_t at;
	} places[] = {{"phone:", 0}, {"server:", 1}, {"card:", 2}};
	struct mem *m[] = {w->local, w->remote, w->card};
	char *copy = strdup(also), *at = *also ? copy : NULL, *p;
	int n = 5;

	while ((p = part(&at, '/'))) {
		size_t i = 0;
		char ref[16];

		while (i < 3 && strncmp(p, places[i].place,
					strlen(places[i].place)))
			i++;
		if (i == 3)
			fail_msg("also where? `%s'", p);
		snprintf(ref, sizeof(ref), i == 2 ? "rec/%d" : "%d", n++);
		put(m[places[i].at], ref, p + strlen(places[i].place));
	}
	free(copy);
}

/* The item that stands at @ref; 0: none */
static int64_t item_at(struct world *w, const struct mem *m, const char *ref)
{
	int64_t item = 0, replica;
	struct sim_err e;

	if (ledger_first(w->l, LQ_REPLICA_GET, &e, "s", m->name) <= 0)
		return 0;
	replica = ledger_int(w->l, LQ_REPLICA_GET, 0);
	ledger_end(w->l, LQ_REPLICA_GET);
	for (int64_t c = 1; !item && c < 20; c++) {
		int64_t member;

		if (ledger_first(w->l, LQ_MEMBER_GET, &e, "ii", c, replica) <= 0)
			continue;
		member = ledger_int(w->l, LQ_MEMBER_GET, 0);
		ledger_end(w->l, LQ_MEMBER_GET);
		if (ledger_first(w->l, LQ_BASE_BY_REF, &e, "is", member, ref) > 0)
			item = ledger_int(w->l, LQ_BASE_BY_REF, 1);
		ledger_end(w->l, LQ_BASE_BY_REF);
	}
	return item;
}

/* Is it one entry after the engine has looked? */
static bool merged(const struct pair *p, bool turned)
{
	bool edit = p->where == EDIT || p->where == MOVED;
	const char *now = p->where == MOVED ? "rec/9" : "rec/0";
	struct mem *theirs;
	int64_t a, b;
	struct world *w;
	void *state;

	setup(&state);
	w = state;
	w->opt.country = strcmp(p->country, "-") ? p->country : NULL;
	w->card->name_bytes = p->room;
	theirs = p->where == SERVER ? w->remote : w->card;
	w->n = 2;
	w->r[turned] = &theirs->r;
	w->r[!turned] = &w->local->r;
	put_also(w, p->also);
	if (edit) {
		put(theirs, "rec/0", p->ours);
		run(w);
		a = item_at(w, theirs, "rec/0");
		if (p->where == MOVED)
			mem_del(theirs, "rec/0");
		put(theirs, now, p->theirs);
	} else {
		put(w->local, "1", p->ours);
		put(theirs, now, p->theirs);
	}
	run(w);
	if (!edit)
		a = item_at(w, w->local, "1");
	b = item_at(w, theirs, now);
	if (!a || !b)
		fail_msg("line %d: not in the ledger", p->line);
	teardown(&state);
	return a == b;
}

static int pick(const char *word, const char *const *of, int line)
{
	for (int i = 0; of[i]; i++)
		if (!strncmp(word, of[i], strlen(of[i])))
			return i;
	fail_msg("line %d: what is `%s'?", line, word);
	return -1;
}

static void read_pair(struct pair *p, char *text)
{
	static const char *const labels[] = {"same", "different", "unsure",
					     NULL};
	static const char *const places[] = {"card", "server", "edit", "moved",
					     NULL};
	char *field[7], *at = text;

	for (int i = 0; i < 7; i++) {
		char *bar = at ? strchr(at, '|') : NULL;

		if (!at || (i < 6 && !bar))
			fail_msg("line %d: %d fields", p->line, i);
		if (bar)
			*bar = '\0';
		field[i] = trim(at);
		at = bar ? bar + 1 : NULL;
	}
	p->same = pick(field[0], labels, p->line) == 0;
	p->where = (enum where)pick(field[1], places, p->line);
	p->room = p->where == CARD ? (size_t)atoi(field[1] + 4) : 30;
	if (p->where == CARD && !p->room)
		fail_msg("line %d: how many bytes?", p->line);
	snprintf(p->country, sizeof(p->country), "%s", field[2]);
	p->ours = field[3];
	p->theirs = field[4];
	p->also = field[5];
	if (!*field[6])
		fail_msg("line %d: why?", p->line);
}

static void judge(struct pair *p, struct tally *t)
{
	bool one = merged(p, false), other = merged(p, true);

	t->pairs++;
	t->same += p->same;
	t->merged += p->same && one && other;
	if (one != other)
		print_message("# line %d: the order decides (%s / %s)\n",
			      p->line, p->ours, p->theirs);
	if ((one || other) && !p->same)
		print_message("# line %d: merged: %s / %s\n", p->line, p->ours,
			      p->theirs);
	if (p->same && !(one && other))
		print_message("# line %d: missed: %s / %s\n", p->line, p->ours,
			      p->theirs);
	t->wrong += one != other || ((one || other) && !p->same);
}

static void no_pair_of_the_corpus_is_merged_that_is_not_the_same(void **state)
{
	FILE *f = fopen(CORPUS, "r");
	struct tally t = {0};
	size_t cap = 0;
	char *text = NULL;

	(void)state;
	if (!f)
		fail_msg("no %s: run from the top of the tree", CORPUS);
	for (int line = 1; getline(&text, &cap, f) > 0; line++) {
		struct pair p = {.line = line};

		if (strchr("#\n", text[0]))
			continue;
		read_pair(&p, text);
		judge(&p, &t);
	}
	free(text);
	fclose(f);
	print_message("# %zu pairs, %zu of them the same: %zu merged, %zu "
		      "wrongly; recall %zu %%\n", t.pairs, t.same, t.merged,
		      t.wrong, t.same ? 100 * t.merged / t.same : 0);
	assert_true(t.pairs >= LEAST_PAIRS);
	assert_int_equal(t.wrong, 0);
	assert_true(100 * t.merged >= LEAST_RECALL * t.same);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			no_pair_of_the_corpus_is_merged_that_is_not_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
