// SPDX-License-Identifier: MIT
/*
 * test_cmd_rules.c - `simsync rules explain` with a real ledger
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "store/ledger_sql.h"
#include "sync/rules.h"

struct world {
	char dir[64];
	struct cmd c;
	char *argv[1];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	w->c.home = w->dir;
	w->c.argv = w->argv;
	w->c.json = true;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void knows(struct world *w, const char *name, enum sim_class class)
{
	struct sim_err e = { 0 };
	char path[96];
	struct ledger *l;

	snprintf(path, sizeof(path), "%s/ledger.db", w->dir);
	assert_int_equal(ledger_open(&l, path, &e), 0);
	assert_true(ledger_add(l, LQ_REPLICA_ADD, &e, "ssii", name, name,
			       (int64_t)class, (int64_t)1) > 0);
	ledger_close(l);
}

/* What it prints, as JSON. */
static json_t *explained(struct world *w)
{
	struct sim_err e = { 0 };
	int out = dup(1), r;
	char path[96];
	json_t *o;

	snprintf(path, sizeof(path), "%s/out", w->dir);
	fflush(stdout);
	assert_non_null(freopen(path, "w", stdout));
	w->c.argc = 0;
	r = cmd_rules_explain(&w->c, &e);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	if (r)
		fail_msg("%s", e.text);
	o = json_load_file(path, 0, NULL);
	assert_non_null(o);
	return o;
}

/* By which rule it goes; NULL: it does not. */
static const char *by(json_t *o, const char *kind, const char *from,
		      const char *to)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(o, "goes"), i, row)
		if (!strcmp(json_string_value(json_object_get(row, "kind")),
			    kind) &&
		    !strcmp(json_string_value(json_object_get(row, "from")),
			    from) &&
		    !strcmp(json_string_value(json_object_get(row, "to")), to))
			return json_string_value(json_object_get(row, "by"));
	return NULL;
}

/* Without a rule file R4, R5 and R6 are on. */
static void it_says_what_goes_where_by_which_rule(void **state)
{
	struct world *w = *state;
	json_t *o;

	knows(w, "local", SIM_LOCAL);
	knows(w, "remote", SIM_REMOTE);
	knows(w, "card:1/1", SIM_PHYSICAL);
	o = explained(w);
	assert_string_equal(by(o, "contacts", "physical", "local"), "R4");
	assert_string_equal(by(o, "contacts", "local", "server"), "R6");
	/* Through the phone: by both. */
	assert_string_equal(by(o, "contacts", "server", "physical"), "R4 R6");
	assert_string_equal(by(o, "messages", "physical", "local"), "R4");
	/* No message goes to a card by itself. */
	assert_null(by(o, "messages", "local", "physical"));
	assert_null(by(o, "contacts", "virtual", "local"));
	/* No virtual SIM: R5 does nothing, for none of the three kinds. */
	assert_int_equal(json_array_size(json_object_get(o, "idle")), 3);
	json_decref(o);
}

static void a_rule_without_two_sides_is_said_to_do_nothing(void **state)
{
	struct world *w = *state;
	json_t *o;

	/* Before the first run there is the phone. */
	o = explained(w);
	assert_int_equal(json_array_size(json_object_get(o, "goes")), 0);
	assert_int_equal(json_array_size(json_object_get(o, "idle")), 9);
	json_decref(o);
}

/* R6 off is what the person wrote; predefined it is on. */
static void only_where_there_is_no_file_do_the_predefined_rules_hold(void **state)
{
	struct world *w = *state;
	char path[96], link[96];
	struct sim_err e = { 0 };
	struct rules r;
	FILE *f;

	snprintf(path, sizeof(path), "%s/rules.conf", w->dir);
	assert_int_equal(cmd_rules_in(path, &r, &e), 0);
	assert_true(r.rule[5].on);
	rules_free(&r);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("rules = { R6 = { on = false; }; };\n", f);
	fclose(f);
	assert_int_equal(cmd_rules_in(path, &r, &e), 0);
	assert_false(r.rule[5].on);
	rules_free(&r);
	/* There, and it cannot be opened: no mode stops root, a loop does. */
	assert_int_equal(unlink(path), 0);
	snprintf(link, sizeof(link), "%s/other", w->dir);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(symlink(link, path), 0);
	assert_int_equal(cmd_rules_in(path, &r, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
	assert_non_null(strstr(e.text, path));
	rules_free(&r);
	/* A file system that fails: opened, not read. */
	assert_int_equal(cmd_rules_in(w->dir, &r, &e), -1);
	rules_free(&r);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(it_says_what_goes_where_by_which_rule),
		T(a_rule_without_two_sides_is_said_to_do_nothing),
		T(only_where_there_is_no_file_do_the_predefined_rules_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
