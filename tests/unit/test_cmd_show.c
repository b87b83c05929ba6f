// SPDX-License-Identifier: MIT
/*
 * What a person reads before deciding: history, show RUN, conflicts and held in
 * full, as a table and as JSON; and what undo says of what was pruned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/ipc.h"
#include "cmd/cmd.h"
#include "engine_world.h"
#include "store/ledger_show.h"
#include "store/ledger_sql.h"
#include "sync/decide.h"

#define DAY ((int64_t)24 * 3600)

struct shown {
	struct world *w;
	char dir[64], path[128];
	struct cmd c;
	char *argv[4];
	int broker;
	char out[16384];
	struct sim_err e;
};

static int begin(void **state)
{
	struct shown *s = calloc(1, sizeof(*s));
	void *w;
	int sv[2];

	strcpy(s->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(s->dir) || ipc_pair(sv, &s->e) < 0 || setup(&w))
		return -1;
	s->w = w;
	snprintf(s->path, sizeof(s->path), "%s/ledger.db", s->dir);
	ledger_close(s->w->l);
	assert_int_equal(ledger_open(&s->w->l, s->path, &s->e), 0);
	s->broker = sv[0];
	s->c = (struct cmd){ .sock = sv[1], .home = s->dir, .argv = s->argv };
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct shown *s = *state;
	void *w = s->w;
	char cmd[96];
	int r;

	teardown(&w);
	close(s->broker);
	close(s->c.sock);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", s->dir);
	r = system(cmd);
	free(s);
	return r;
}

/* A command's exit and, in s->out, what it printed. */
static int say(struct shown *s, int (*fn)(struct cmd *, struct sim_err *),
	       bool json, const char *word)
{
	char file[128];
	int out, keep, r;
	ssize_t n;

	snprintf(file, sizeof(file), "%s/out", s->dir);
	s->c.argc = word ? 1 : 0;
	s->argv[0] = (char *)word;
	s->argv[s->c.argc] = NULL;
	s->c.json = json;
	if (json) {
		s->argv[s->c.argc++] = (char *)"--json";
		s->argv[s->c.argc] = NULL;
	}
	fflush(stdout);
	keep = dup(1);
	out = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(keep >= 0 && out >= 0 && dup2(out, 1) == 1);
	r = fn(&s->c, &s->e);
	fflush(stdout);
	assert_int_equal(dup2(keep, 1), 1);
	close(keep);
	n = pread(out, s->out, sizeof(s->out) - 1, 0);
	close(out);
	s->out[n > 0 ? n : 0] = '\0';
	return r;
}

static json_t *answer(struct shown *s,
		      int (*fn)(struct cmd *, struct sim_err *),
		      const char *word)
{
	json_t *o;

	assert_int_equal(say(s, fn, true, word), 0);
	o = json_loads(s->out, 0, NULL);
	if (!o)
		fail_msg("no JSON: %s", s->out);
	return o;
}

static const char *string(json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : "(null)";
}

static void has(const struct shown *s, const char *text)
{
	if (!strstr(s->out, text))
		fail_msg("`%s' is not in:\n%s", text, s->out);
}

static void in_conflict(struct shown *s)
{
	struct world *w = s->w;

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(w);
	mem_set(w->local, "1", "u1", "FN:Anna Berg\nTEL:+491701\n");
	mem_set(w->remote, "rec/0", "u1", "FN:Anna Tal\nTEL:+491701\n");
	run(w);
	assert_int_equal(w->rep.conflicts, 1);
}

static void a_conflict_is_shown_with_every_version(void **state)
{
	struct shown *s = *state;
	json_t *o, *v;

	in_conflict(s);
	o = answer(s, cmd_conflicts_show, "1");
	assert_string_equal(string(o, "field"), "FN");
	v = json_object_get(o, "versions");
	assert_true(json_array_size(v) >= 2);
	json_decref(o);
	assert_int_equal(say(s, cmd_conflicts_show, false, "1"), 0);
	has(s, "Anna Berg");
	has(s, "Anna Tal");
	has(s, "local:");
	has(s, "remote:");
	has(s, "simsync conflicts resolve 1");
}

static void what_does_not_exist_is_said_to(void **state)
{
	struct shown *s = *state;

	in_conflict(s);
	assert_int_equal(say(s, cmd_conflicts_show, false, "7"), -1);
	assert_int_equal(s->e.code, EX_NOINPUT);
	assert_non_null(strstr(s->e.text, "conflicts list"));
	assert_int_equal(say(s, cmd_held_show, false, "7"), -1);
	assert_int_equal(s->e.code, EX_NOINPUT);
	assert_int_equal(say(s, cmd_show, false, "77"), -1);
	assert_int_equal(s->e.code, EX_NOINPUT);
	assert_int_equal(say(s, cmd_show, false, "one"), -1);
	assert_int_equal(s->e.code, EX_USAGE);
	assert_int_equal(say(s, cmd_undo, false, "77"), -1);
	assert_non_null(strstr(s->e.text, "there is no run 77"));
	assert_int_equal(say(s, cmd_held_apply, false, "moon"), -1);
	assert_int_equal(s->e.code, EX_NOINPUT);
	assert_int_equal(say(s, cmd_held_restore, false, "moon"), -1);
	assert_int_equal(s->e.code, EX_NOINPUT);
}

static void a_run_is_shown_with_what_it_found_and_did(void **state)
{
	struct shown *s = *state;
	bool found = false, wrote = false;
	json_t *o, *row;
	char no[24];
	size_t i;

	mem_set(s->w->card, "rec/0", NULL, "FN:Anna\nTEL:+491701\n");
	run(s->w);
	mem_set(s->w->local, "rec/0", NULL, "FN:Anna\nTEL:+491702\n");
	run(s->w);
	snprintf(no, sizeof(no), "%lld", (long long)s->w->rep.run);
	o = answer(s, cmd_show, no);
	assert_string_equal(string(o, "outcome"), "ok");
	json_array_foreach(json_object_get(o, "changes"), i, row) {
		assert_string_equal(string(row, "who"), "Anna");
		assert_string_equal(string(row, "changed"), "TEL");
		if (!strcmp(string(row, "where"), "local"))
			found |= !strcmp(string(row, "what"), "found changed");
		if (!strcmp(string(row, "where"), "card:1/a")) {
			wrote |= !strcmp(string(row, "what"), "changed");
			assert_string_equal(string(row, "before"),
					    "FN:Anna\nTEL:+491701\n");
			assert_string_equal(string(row, "after"),
					    "FN:Anna\nTEL:+491702\n");
		}
	}
	assert_true(found && wrote);
	json_decref(o);
	assert_int_equal(say(s, cmd_show, false, no), 0);
	has(s, "found changed");
	has(s, "card:1/a");
	o = answer(s, cmd_history, NULL);
	assert_int_equal(json_array_size(o), 2);
	json_decref(o);
}

static void ten_on_a_card(struct shown *s)
{
	char ref[16], text[64];

	for (int i = 0; i < 10; i++) {
		snprintf(ref, sizeof(ref), "rec/%d", i);
		snprintf(text, sizeof(text), "FN:Friend %c\nTEL:+49170%d\n",
			 'A' + i, i + 1);
		mem_set(s->w->card, ref, NULL, text);
	}
	run(s->w);
	for (int i = 0; i < 8; i++) {
		snprintf(ref, sizeof(ref), "rec/%d", i);
		mem_del(s->w->card, ref);
	}
	run(s->w);
	assert_int_equal(s->w->rep.held, 8);
}

static void a_held_thing_is_shown_with_what_can_be_done(void **state)
{
	struct shown *s = *state;
	json_t *list, *o;
	char no[24];

	ten_on_a_card(s);
	list = answer(s, cmd_held_list, NULL);
	assert_int_equal(json_array_size(list), 8);
	snprintf(no, sizeof(no), "%lld",
		 (long long)json_integer_value(json_object_get(
			 json_array_get(list, 0), "held")));
	json_decref(list);
	o = answer(s, cmd_held_show, no);
	assert_string_equal(string(o, "replica"), "card:1/a");
	assert_string_equal(string(o, "what"), "delete");
	assert_int_equal(json_integer_value(json_object_get(o, "others")), 7);
	assert_non_null(strstr(string(o, "merged"), "FN:Friend "));
	json_decref(o);
	assert_int_equal(say(s, cmd_held_show, false, no), 0);
	has(s, "simsync held apply \"card:1/a\"");
	has(s, "simsync held restore \"card:1/a\"");
	has(s, "with 7 others");
	assert_int_equal(say(s, cmd_held_restore, false, "card:1/a"), 0);
	run(s->w);
	assert_int_equal(mem_count(s->w->card), 10);
}

static void history_is_forgotten_after_90_days_and_tombstones_are_not(
	void **state)
{
	struct shown *s = *state;
	struct world *w = s->w;
	struct decide d;
	struct undone u;
	int64_t gone;
	char no[24];

	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491702\n");
	mem_set(w->local, "3", "u3", "FN:Cleo\nTEL:+491703\n");
	run(w);
	/* The card is away while Anna is deleted. */
	w->r[0] = &w->remote->r;
	w->n = 2;
	mem_del(w->local, "1");
	run(w);
	gone = w->rep.run;
	w->now += 91 * DAY;
	mem_set(w->local, "2", "u2", "FN:Bert\nTEL:+491704\n");
	run(w);
	d = (struct decide){ .l = w->l, .now = w->now };
	assert_int_equal(decide_undo(&d, gone, &u, &s->e), -1);
	assert_int_equal(s->e.code, EX_DATAERR);
	assert_non_null(strstr(s->e.text, "no longer remembered"));
	snprintf(no, sizeof(no), "%lld", (long long)gone);
	/* The run itself is forgotten with what it did. */
	assert_int_equal(say(s, cmd_show, false, no), -1);
	assert_int_equal(s->e.code, EX_DATAERR);
	assert_non_null(strstr(s->e.text, "no longer remembered"));
	/* A run that is remembered can still be undone. */
	assert_int_equal(decide_undo(&d, w->rep.run, &u, &s->e), 0);
	/* The delete did not come back with the card. */
	w->r[0] = &w->card->r;
	w->r[2] = &w->remote->r;
	w->n = 3;
	run(w);
	assert_null(mem_with(w->local, "Anna"));
	assert_null(mem_with(w->remote, "Anna"));
	assert_null(mem_with(w->card, "Anna"));
}

static void the_oldest_history_goes_at_64_mib(void **state)
{
	struct shown *s = *state;
	struct world *w = s->w;
	size_t big = 30 << 20;
	int64_t first, at, run_of[3];
	char *text = malloc(big + 1), no[24];

	memset(text, 'x', big);
	text[big] = '\0';
	memcpy(text, "NOTE:", 5);
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	for (int i = 0; i < 3; i++) {
		char tel[64];

		snprintf(tel, sizeof(tel), "FN:Anna\nTEL:+49170%d\n", i + 2);
		mem_set(w->local, "1", "u1", tel);
		/* A part of the run to come: it is counted when that ends. */
		run_of[i] = w->rep.run + 1;
		assert_int_equal(
			ledger_do(w->l, LQ_HISTORY_ADD, &s->e, "iiiiissi",
				  run_of[i], (int64_t)1, (int64_t)1,
				  (int64_t)SIM_UPDATE, w->now, NULL, text,
				  (int64_t)1), 0);
		run(w);
		assert_int_equal(w->rep.run, run_of[i]);
	}
	free(text);
	/* Nothing new, nothing to prune: looked at when history has grown. */
	mem_set(w->local, "1", "u1", "FN:Anna\nTEL:+491709\n");
	run(w);
	assert_int_equal(ledger_remembers(w->l, &first, &at, &s->e), 0);
	assert_int_equal(first, run_of[1]);
	/* Of that run it is still known that it was. */
	snprintf(no, sizeof(no), "%lld", (long long)run_of[0]);
	assert_int_equal(say(s, cmd_show, false, no), 0);
	has(s, "no longer known");
	assert_int_equal(mem_count(w->local), 1);
}

static void what_a_run_did_not_change_it_cannot_undo(void **state)
{
	struct shown *s = *state;
	struct decide d = { .l = s->w->l, .now = s->w->now };
	struct undone u;

	mem_set(s->w->local, "1", "u1", "FN:Anna\nTEL:+491701\n");
	run(s->w);
	run(s->w);
	d.now = s->w->now;
	assert_int_equal(decide_undo(&d, s->w->rep.run, &u, &s->e), -1);
	assert_non_null(strstr(s->e.text, "brought nothing in"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_conflict_is_shown_with_every_version),
		T(what_does_not_exist_is_said_to),
		T(a_run_is_shown_with_what_it_found_and_did),
		T(a_held_thing_is_shown_with_what_can_be_done),
		T(history_is_forgotten_after_90_days_and_tombstones_are_not),
		T(the_oldest_history_goes_at_64_mib),
		T(what_a_run_did_not_change_it_cannot_undo),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
