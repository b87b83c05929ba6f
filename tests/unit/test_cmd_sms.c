// SPDX-License-Identifier: MIT
/* `simsync sms` on the phone's store: import, show, mark, rm, and long messages. */
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
	char *argv[8];
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
	w->c.json = true;
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

/* Runs @fn with the words of @word and the text @in as its input; what it says comes back. */
static json_t *run(struct world *w, int (*fn)(struct cmd *, struct sim_err *),
		   const char *word, const char *in, int *r, struct sim_err *e)
{
	char from[80], to[80], words[160];
	int out = dup(1);
	FILE *f;
	json_t *v;

	snprintf(from, sizeof(from), "%s/in", w->dir);
	snprintf(to, sizeof(to), "%s/out", w->dir);
	f = fopen(from, "w");
	fputs(in ? in : "", f);
	fclose(f);
	assert_non_null(freopen(from, "r", stdin));
	fflush(stdout);
	assert_non_null(freopen(to, "w", stdout));
	snprintf(words, sizeof(words), "%s", word ? word : "");
	w->c.argc = 0;
	for (char *at = words, *next; (next = strsep(&at, " "));)
		if (*next)
			w->argv[w->c.argc++] = next;
	w->argv[w->c.argc] = NULL;
	*e = (struct sim_err){ 0 };
	*r = fn(&w->c, e);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	v = json_load_file(to, JSON_DECODE_ANY, NULL);
	return v;
}

static long number(json_t *v, const char *key)
{
	return json_is_object(v) ? (long)json_integer_value(json_object_get(v, key)) :
				   -1;
}

/*
 * DELIVER by hand (TS 23.040 9.2.2.1): 44 with a user data header, from 491,
 * PID, DCS 04 (8 bit), 2026-11-01 10:00 +01:00, 06 bytes: header 05, element 00
 * of 03: reference 2A, 02 parts, this one; no text but one byte.
 */
#define HEAD_OF "\"direction\":\"in\",\"smsc\":\"+4917\","
#define PART(n, byte) "{" HEAD_OF "\"tpdu\":\"44039194F1000462111001000040" \
	"07050003" "2A02" n byte "\",\"status\":\"unread\"}\n"
#define HI "{\"tpdu\":\"04039194F100006211100100004002C834\"}\n"

static void a_file_of_messages_is_taken_in_once(void **state)
{
	struct world *w = *state;
	struct sim_err e;
	json_t *v;
	int r;

	v = run(w, cmd_sms_import, NULL, HI "\n" PART("02", "BB") PART("01", "AA"),
		&r, &e);
	assert_int_equal(r, 0);
	assert_int_equal(number(v, "added"), 3);
	json_decref(v);
	v = run(w, cmd_sms_import, NULL, HI PART("01", "AA"), &r, &e);
	assert_int_equal(r, 0);
	assert_int_equal(number(v, "added"), 0);
	assert_int_equal(number(v, "there"), 2);
	json_decref(v);

	/* Two messages: the parts are one. */
	v = run(w, cmd_sms_list, NULL, NULL, &r, &e);
	assert_int_equal(r, 0);
	assert_int_equal(json_array_size(v), 2);
	json_decref(v);
	v = run(w, cmd_sms_list, "AABB", NULL, &r, &e);
	assert_int_equal(json_array_size(v), 1);
	assert_int_equal(number(json_array_get(v, 0), "have"), 2);
	json_decref(v);
}

static void a_long_message_is_removed_with_all_its_parts(void **state)
{
	struct world *w = *state;
	struct sim_err e;
	json_t *v, *row;
	char ref[64];
	int r;

	json_decref(run(w, cmd_sms_import, NULL,
			HI PART("01", "AA") PART("02", "BB"), &r, &e));
	v = run(w, cmd_sms_list, "AABB", NULL, &r, &e);
	row = json_array_get(v, 0);
	snprintf(ref, sizeof(ref), "%s",
		 json_string_value(json_object_get(row, "ref")));
	json_decref(v);
	v = run(w, cmd_sms_show, ref, NULL, &r, &e);
	assert_int_equal(r, 0);
	assert_string_equal(json_string_value(json_object_get(v, "text")), "AABB");
	json_decref(v);
	v = run(w, cmd_sms_rm, ref, NULL, &r, &e);
	assert_int_equal(r, 0);
	assert_int_equal(number(v, "records"), 2);
	json_decref(v);
	v = run(w, cmd_sms_list, NULL, NULL, &r, &e);
	assert_int_equal(json_array_size(v), 1);
	json_decref(v);
	json_decref(run(w, cmd_sms_rm, ref, NULL, &r, &e));
	assert_int_equal(r, -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

static const char *status_of(struct world *w, const char *ref, char out[16])
{
	struct sim_err e;
	int r;
	json_t *v = run(w, cmd_sms_show, ref, NULL, &r, &e);

	snprintf(out, 16, "%s", json_string_value(json_object_get(v, "status")));
	json_decref(v);
	return out;
}

static void a_message_is_marked_with_all_its_parts(void **state)
{
	struct world *w = *state;
	char ref[64], words[96], s[16];
	struct sim_err e;
	json_t *v;
	int r;

	json_decref(run(w, cmd_sms_import, NULL,
			HI PART("01", "AA") PART("02", "BB"), &r, &e));
	v = run(w, cmd_sms_list, "AABB", NULL, &r, &e);
	snprintf(ref, sizeof(ref), "%s", json_string_value(
		json_object_get(json_array_get(v, 0), "ref")));
	json_decref(v);
	assert_string_equal(status_of(w, ref, s), "unread");
	snprintf(words, sizeof(words), "%s read", ref);
	v = run(w, cmd_sms_mark, words, NULL, &r, &e);
	assert_int_equal(r, 0);
	assert_int_equal(number(v, "records"), 2);
	json_decref(v);
	assert_string_equal(status_of(w, ref, s), "read");
	snprintf(words, sizeof(words), "%s unread", ref);
	json_decref(run(w, cmd_sms_mark, words, NULL, &r, &e));
	assert_int_equal(r, 0);
	assert_string_equal(status_of(w, ref, s), "unread");
	snprintf(words, sizeof(words), "%s seen", ref);
	json_decref(run(w, cmd_sms_mark, words, NULL, &r, &e));
	assert_int_equal(r, -1);
	assert_int_equal(e.code, EX_USAGE);
}

/* TS 31.102 4.2.25: what was sent is sent or unsent, never read. */
static void one_of_ours_is_not_marked(void **state)
{
	/* SUBMIT: 01, reference 00, to 491, PID 00, DCS 00, 1 septet. */
	static const char ours[] = "{\"direction\":\"out\",\"tpdu\":"
				   "\"0100039194F100000141\"}\n";
	struct world *w = *state;
	char words[96];
	struct sim_err e;
	json_t *v;
	int r;

	json_decref(run(w, cmd_sms_import, NULL, ours, &r, &e));
	assert_int_equal(r, 0);
	v = run(w, cmd_sms_list, NULL, NULL, &r, &e);
	snprintf(words, sizeof(words), "%s read", json_string_value(
		json_object_get(json_array_get(v, 0), "ref")));
	json_decref(v);
	json_decref(run(w, cmd_sms_mark, words, NULL, &r, &e));
	assert_int_equal(r, -1);
	assert_int_equal(e.code, EX_DATAERR);
}

static void what_is_exported_can_be_imported(void **state)
{
	struct world *w = *state;
	struct sim_err e;
	char path[80], *text;
	json_t *v;
	size_t n;
	FILE *f;
	int r;

	json_decref(run(w, cmd_sms_import, NULL, HI PART("01", "AA"), &r, &e));
	/* Two lines, so not one JSON value: the file itself is looked at. */
	assert_null(run(w, cmd_sms_export, NULL, NULL, &r, &e));
	assert_int_equal(r, 0);
	snprintf(path, sizeof(path), "%s/out", w->dir);
	f = fopen(path, "r");
	text = calloc(1, 4096);
	n = fread(text, 1, 4095, f);
	fclose(f);
	assert_int_not_equal(n, 0);
	v = run(w, cmd_sms_import, NULL, text, &r, &e);
	assert_int_equal(number(v, "there"), 2);
	assert_int_equal(number(v, "refused"), 0);
	json_decref(v);
	free(text);
}

static void lines_that_are_none_are_named_and_the_rest_is_taken(void **state)
{
	struct world *w = *state;
	struct sim_err e;
	json_t *v;
	int r;

	v = run(w, cmd_sms_import, NULL, "{}\nnonsense\n[1]\n" HI
		"{\"tpdu\":\"FF\"}\n{\"tpdu\":7}\n", &r, &e);
	assert_int_equal(r, -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_int_equal(number(v, "added"), 1);
	assert_int_equal(number(v, "refused"), 5);
	json_decref(v);
	json_decref(run(w, cmd_sms_import, NULL, "\n \n", &r, &e));
	assert_int_equal(r, -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_of_messages_is_taken_in_once),
		T(a_long_message_is_removed_with_all_its_parts),
		T(a_message_is_marked_with_all_its_parts),
		T(one_of_ours_is_not_marked),
		T(what_is_exported_can_be_imported),
		T(lines_that_are_none_are_named_and_the_rest_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
