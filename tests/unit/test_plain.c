// SPDX-License-Identifier: MIT
/*
 * Text of cards, servers and files on the person's terminal: nothing that the
 * terminal would act upon, wherever it is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "model/plain.h"

/*
 * ECMA-48: ESC [ 2 J clears the screen, ESC ] 0 ; ... BEL sets the title (xterm),
 * U+009B is CSI by itself; UAX #9: U+202E turns what follows round.
 */
#define EVIL "\033[2J\033]0;x\a \302\2332J \342\200\256 \177\r"

static const struct {
	const char *in, *line;
} rows[] = {
	{ "Grüße, 北京 😀", "Grüße, 北京 😀" },
	{ "a\033[2Jb", "a?[2Jb" },
	{ "a\302\233b", "a?b" },
	{ "a\342\200\256b\342\201\251c\342\200\216", "a?b?c?" },
	{ "\177\b\r\t", "????" },
	/* No UTF-8: a byte alone, one cut short, an overlong slash. */
	{ "a\377b\303", "a?b?" },
	{ "\300\257", "??" },
	{ "", "" },
};

static void what_a_terminal_acts_upon_is_a_question_mark(void **state)
{
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(text, rows[i].in);
		plain_text(text, false);
		assert_string_equal(text, rows[i].line);
	}
	strcpy(text, "a\n\033b");
	plain_text(text, true);
	assert_string_equal(text, "a\n?b");
	plain_text(text, false);
	assert_string_equal(text, "a??b");
}

static void an_error_is_a_plain_sentence(void **state)
{
	struct sim_err e = { 0 };

	(void)state;
	sim_fail(&e, EX_CONFIG, "moved to %s", "http://x/" EVIL "\nsimsync: all is well");
	assert_null(strpbrk(e.text, "\033\a\177\r\n\233"));
	assert_non_null(strstr(e.text, "moved to http://x/?[2J"));
	strcpy(e.text, "why");
	sim_fail_in(&e, "%s", "SIM \033c");
	assert_string_equal(e.text, "SIM ?c: why");
}

/* What is written to @fd meanwhile. */
static FILE *into;
static int was;

static void begin(int fd)
{
	fflush(NULL);
	into = tmpfile();
	assert_non_null(into);
	was = dup(fd);
	assert_int_equal(dup2(fileno(into), fd), fd);
}

static void end(int fd, char *out, size_t size)
{
	fflush(NULL);
	assert_int_equal(dup2(was, fd), fd);
	close(was);
	rewind(into);
	out[fread(out, 1, size - 1, into)] = '\0';
	fclose(into);
}

static void a_note_is_plain(void **state)
{
	char out[512];

	(void)state;
	begin(2);
	cmd_note("%s: %s", "Grüße", EVIL);
	end(2, out, sizeof(out));
	assert_string_equal(out, "Grüße: ?[2J?]0;x? ?2J ? ??\n");
}

static void json_says_the_same_and_is_plain(void **state)
{
	char out[2048], text[] = EVIL "Grüße\n\t\"\\";
	struct sim_err e = { 0 };
	json_t *was_said = json_pack("{s:s, s:[i, b]}", text, text, "n", 7, 1);
	json_t *said;
	const char *p;
	bool ok;

	(void)state;
	json_incref(was_said);
	begin(1);
	assert_int_equal(cmd_json_out(was_said, &e), 0);
	end(1, out, sizeof(out));
	said = json_loads(out, 0, NULL);
	assert_true(json_equal(said, was_said));
	json_decref(said);
	json_decref(was_said);
	for (p = out; *p;) {
		size_t n = plain_next(p, NULL, &ok);

		assert_true(ok || *p == '\n');
		p += n;
	}
	assert_non_null(strstr(out, "Grüße"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_acts_upon_is_a_question_mark),
		cmocka_unit_test(an_error_is_a_plain_sentence),
		cmocka_unit_test(a_note_is_plain),
		cmocka_unit_test(json_says_the_same_and_is_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
