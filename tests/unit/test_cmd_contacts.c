// SPDX-License-Identifier: MIT
/*
 * Arguments of commands, and contacts add, edit, rm, import on a real store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/ipc.h"
#include "cmd/cmd.h"
#include "store/store.h"

struct world {
	char dir[64];
	int broker;
	struct cmd c;
	char *argv[16];
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sim_err e;
	int sv[2];

	if (!w || ipc_pair(sv, &e) < 0)
		return -1;
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	w->broker = sv[0];
	w->c.sock = sv[1];
	w->c.home = w->dir;
	w->c.argv = w->argv;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	close(w->broker);
	close(w->c.sock);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void args(struct world *w, const char *const *words)
{
	w->c.json = w->c.yes = false;
	for (w->c.argc = 0; words[w->c.argc]; w->c.argc++)
		w->argv[w->c.argc] = (char *)words[w->c.argc];
	w->argv[w->c.argc] = NULL;
}
#define ARGS(w, ...) args(w, (const char *const[]){ __VA_ARGS__, NULL })

static void options_are_taken_out_wherever_they_stand(void **state)
{
	const char *one = NULL, *many[2];
	size_t n = 0;
	bool on = false;
	const struct cmd_opt opt[] = {
		{ "one", &one, NULL, NULL, NULL, 0 },
		{ "on", NULL, &on, NULL, NULL, 0 },
		{ "many", NULL, NULL, many, &n, 2 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct world *w = *state;
	struct sim_err e = { 0 };

	ARGS(w, "--many", "a", "word", "--one=1=2", "--on", "--many=b", "--json",
	     "--", "--on");
	assert_int_equal(cmd_args(&w->c, opt, 2, 2, &e), 0);
	assert_string_equal(w->c.argv[0], "word");
	assert_string_equal(w->c.argv[1], "--on");
	assert_string_equal(one, "1=2");
	assert_true(on && w->c.json && !w->c.yes);
	assert_int_equal(n, 2);
	assert_string_equal(many[1], "b");
}

static void wrong_arguments_are_a_usage_error(void **state)
{
	static const char *const bad[][4] = {
		{ "--on=1", NULL },	  { "--one", NULL },
		{ "--o", "x", NULL },	  { "--many", "a", "--many=b", NULL },
		{ "a", "b", NULL },	  { "--unknown", NULL },
		{ "--", NULL },
	};
	struct world *w = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *one = NULL, *many[1];
		struct sim_err e = { 0 };
		size_t n = 0;
		bool on = false;
		const struct cmd_opt opt[] = {
			{ "one", &one, NULL, NULL, NULL, 0 },
			{ "on", NULL, &on, NULL, NULL, 0 },
			{ "many", NULL, NULL, many, &n, 1 },
			{ NULL, NULL, NULL, NULL, NULL, 0 },
		};

		args(w, bad[i]);
		assert_int_equal(cmd_args(&w->c, opt, 1, 1, &e), -1);
		assert_int_equal(e.code, EX_USAGE);
	}
}

/* The vCard of the one contact @find means. */
static char *vcard(struct world *w, const char *find)
{
	struct store_contact sc = { 0 };
	struct sim_err e = { 0 };
	struct store *s = cmd_store(&w->c, &e);
	char *text;

	assert_non_null(s);
	if (store_contact_one(s, find, &sc, &e) < 0)
		fail_msg("%s", e.text);
	text = strdup(sc.vcard);
	store_contact_free(&sc);
	store_close(s);
	return text;
}

static bool kicked(struct world *w)
{
	struct ipc_msg m;

	return recv(w->broker, &m, 4, MSG_DONTWAIT) == 4;
}

static void an_edit_replaces_what_it_names_and_leaves_the_rest(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };
	char *text;

	ARGS(w, "Anna Ahorn", "--phone", "+49301", "--phone", "+49302",
	     "--email=anna@example.org", "--note", "a; b, c");
	if (cmd_contacts_add(&w->c, &e))
		fail_msg("%s", e.text);
	assert_true(kicked(w));

	ARGS(w, "Anna Ahorn", "--phone", "+49309");
	assert_int_equal(cmd_contacts_edit(&w->c, &e), 0);
	assert_true(kicked(w));
	text = vcard(w, "Anna Ahorn");
	assert_non_null(strstr(text, "+49309"));
	assert_null(strstr(text, "+49301"));
	assert_null(strstr(text, "+49302"));
	assert_non_null(strstr(text, "anna@example.org"));
	assert_non_null(strstr(text, "a\\; b\\, c"));
	free(text);

	ARGS(w, "+49309", "--name", "Anna Birke", "--email=", "--phone=1",
	     "--phone=2");
	assert_int_equal(cmd_contacts_edit(&w->c, &e), 0);
	text = vcard(w, "Anna Birke");
	assert_null(strstr(text, "EMAIL"));
	assert_null(strstr(text, "Ahorn"));
	assert_true(strstr(text, ":1\r") < strstr(text, ":2\r"));
	free(text);

	ARGS(w, "Anna Birke");
	assert_int_equal(cmd_contacts_rm(&w->c, &e), 0);
	ARGS(w, "Anna Birke");
	assert_int_equal(cmd_contacts_rm(&w->c, &e), -1);
	assert_int_not_equal(e.code, 0);
}

/* What @fn says with --json; @in is what it reads. */
static json_t *said(struct world *w, int (*fn)(struct cmd *, struct sim_err *),
		    const char *in)
{
	char to[96], from[96];
	struct sim_err e = { 0 };
	int out = dup(1), r;
	FILE *f;

	snprintf(from, sizeof(from), "%s/in", w->dir);
	snprintf(to, sizeof(to), "%s/out", w->dir);
	f = fopen(from, "w");
	fputs(in, f);
	fclose(f);
	assert_non_null(freopen(from, "r", stdin));
	fflush(stdout);
	assert_non_null(freopen(to, "w", stdout));
	w->c.json = true;
	r = fn(&w->c, &e);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	assert_int_equal(r, 0);
	return json_load_file(to, 0, NULL);
}

static void a_program_is_told_what_came_in_and_gets_it_out(void **state)
{
	static const char two[] =
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nTEL:1\r\nEND:VCARD\r\n"
		"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\r\nTEL:2\r\nEND:VCARD\r\n";
	struct world *w = *state;
	const char *text;
	json_t *v;

	args(w, (const char *const[]){ NULL });
	v = said(w, cmd_contacts_import, two);
	assert_int_equal(json_integer_value(json_object_get(v, "added")), 2);
	assert_int_equal(json_integer_value(json_object_get(v, "refused")), 0);
	json_decref(v);
	ARGS(w, "Bob");
	v = said(w, cmd_contacts_export, "");
	assert_int_equal(json_array_size(v), 1);
	text = json_string_value(json_object_get(json_array_get(v, 0), "vcard"));
	assert_non_null(text);
	assert_non_null(strstr(text, "FN:Bob"));
	json_decref(v);
}

static void who_has_no_state_folder_has_no_contacts(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };

	w->c.home = NULL;
	ARGS(w, "Anna");
	assert_int_equal(cmd_contacts_add(&w->c, &e), -1);
	assert_int_equal(e.code, EX_NOPERM);
	assert_false(kicked(w));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void what_says_nothing_is_refused(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };
	char *text;

	ARGS(w, "Anna", "--phone", "+491701");
	assert_int_equal(cmd_contacts_add(&w->c, &e), 0);
	kicked(w);
	static const struct {
		bool edit;
		const char *word[4];
		const char *says;
	} bad[] = {
		{ true, { "Anna" }, "nothing to change" },
		{ true, { "Anna", "--phone", "abc" }, "no digit" },
		{ true, { "Anna", "--email", "nomail" }, "no address" },
		{ true, { "Anna", "--email", "@x" }, "no address" },
		{ true, { "Anna", "--name", " " }, "a name" },
		{ false, { "" }, "a name" },
		{ false, { "Bert", "--email", "bert@" }, "no address" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		args(w, bad[i].word);
		assert_int_equal(bad[i].edit ? cmd_contacts_edit(&w->c, &e) :
					       cmd_contacts_add(&w->c, &e), -1);
		assert_int_equal(e.code, EX_USAGE);
		if (!strstr(e.text, bad[i].says))
			fail_msg("`%s' does not say `%s'", e.text, bad[i].says);
		assert_false(kicked(w));
	}
	text = vcard(w, "Anna");
	assert_non_null(strstr(text, "+491701"));
	free(text);
	/* An empty value still removes, and odd numbers are numbers. */
	ARGS(w, "Anna", "--phone", "*100#");
	assert_int_equal(cmd_contacts_edit(&w->c, &e), 0);
	ARGS(w, "Anna", "--phone", "");
	assert_int_equal(cmd_contacts_edit(&w->c, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_says_nothing_is_refused),
		T(options_are_taken_out_wherever_they_stand),
		T(wrong_arguments_are_a_usage_error),
		T(an_edit_replaces_what_it_names_and_leaves_the_rest),
		T(a_program_is_told_what_came_in_and_gets_it_out),
		T(who_has_no_state_folder_has_no_contacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
