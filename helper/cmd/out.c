// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#include "cmd/cmd.h"
#include "model/plain.h"

#define COLS_MAX 12
#define GAP	 2

/* One character of @s: its bytes and columns. What is not plain is '?'. */
static size_t glyph(const char *s, int *width, bool *ok)
{
	int32_t cp;
	size_t n = plain_next(s, &cp, ok);

	*width = *ok ? utf8proc_charwidth(cp) : 1;
	return n;
}

static int width_of(const char *s)
{
	int w, sum = 0;
	bool ok;

	while (*s) {
		s += glyph(s, &w, &ok);
		sum += w;
	}
	return sum;
}

/* At most @max columns (0: all); how many were used. */
static int put(const char *s, int max)
{
	int w, sum = 0;
	bool ok;

	while (*s) {
		size_t n = glyph(s, &w, &ok);

		if (max && sum + w > max)
			break;
		if (ok)
			fwrite(s, 1, n, stdout);
		else
			putchar('?');
		sum += w;
		s += n;
	}
	return sum;
}

void cmd_print(const char *text)
{
	put(text, 0);
}

static const char *cell(json_t *row, const char *key, char num[32])
{
	json_t *v = json_object_get(row, key);

	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_integer(v)) {
		snprintf(num, 32, "%lld", (long long)json_integer_value(v));
		return num;
	}
	return json_is_true(v) ? "yes" : json_is_false(v) ? "no" : "";
}

static void table(json_t *rows, const struct cmd_col *col)
{
	int width[COLS_MAX] = { 0 };
	char num[32];
	bool titles = false;
	size_t i, r, n;
	json_t *row;
	int gap;

	for (n = 0; n < COLS_MAX && col[n].key; n++)
		width[n] = width_of(col[n].title);
	json_array_foreach(rows, r, row) {
		for (i = 0; i < n; i++) {
			int w = width_of(cell(row, col[i].key, num));

			if (col[i].max && w > col[i].max)
				w = col[i].max;
			if (w > width[i])
				width[i] = w;
		}
	}
	/* Gaps are written before what follows them: no line ends in spaces. */
	for (i = 0, gap = 0; i < n; i++) {
		if (col[i].title[0]) {
			printf("%*s%s", gap, "", col[i].title);
			gap = 0;
			titles = true;
		}
		gap += width[i] + GAP - width_of(col[i].title);
	}
	if (titles)
		putchar('\n');
	json_array_foreach(rows, r, row) {
		for (i = 0, gap = 0; i < n; i++) {
			const char *text = cell(row, col[i].key, num);
			int w = 0;

			if (text[0]) {
				printf("%*s", gap, "");
				w = put(text, col[i].max);
				gap = 0;
			}
			gap += width[i] + GAP - w;
		}
		putchar('\n');
	}
}

static int flush(struct sim_err *e)
{
	if (fflush(stdout) || ferror(stdout))
		return sim_fail(e, EX_IOERR, "standard output cannot be written");
	return 0;
}

/*
 * A piece of JSON, which ends where a character does. What jansson leaves as it
 * is and a terminal would not, is written by its number: the same to programs.
 */
static int json_piece(const char *p, size_t len, void *arg)
{
	const char *end = p + len;
	char one[5] = "";
	int32_t cp;
	size_t n;
	bool ok;

	(void)arg;
	for (; p < end; p += n) {
		memcpy(one, p, (size_t)(end - p) < 4 ? (size_t)(end - p) : 4);
		n = plain_next(one, &cp, &ok);
		if (ok || *p == '\n')
			fwrite(p, 1, n, stdout);
		else
			printf("\\u%04x", (unsigned int)cp);
		memset(one, 0, sizeof(one));
	}
	return ferror(stdout) ? -1 : 0;
}

int cmd_json_out(json_t *v, struct sim_err *e)
{
	int r = v ? json_dump_callback(v, json_piece, NULL,
				       JSON_INDENT(2) | JSON_ENCODE_ANY |
					       JSON_PRESERVE_ORDER) :
		    -1;

	json_decref(v);
	if (r < 0)
		return sim_fail(e, EX_SOFTWARE, "the answer is no JSON");
	putchar('\n');
	return flush(e);
}

int cmd_table_out(struct cmd *c, json_t *rows, const struct cmd_col *col,
		  const char *none, struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(rows, e);
	if (json_array_size(rows))
		table(rows, col);
	else
		puts(none);
	json_decref(rows);
	return flush(e);
}

void cmd_tone(struct cmd *c, enum cmd_tone tone, const char *text)
{
	static const char *const code[] = {
		[TONE_GOOD] = "\033[32m",
		[TONE_WARN] = "\033[33m",
		[TONE_BAD] = "\033[31m",
		[TONE_DIM] = "\033[2m",
	};

	if (c->tty_out)
		fputs(code[tone], stdout);
	cmd_print(text);
	if (c->tty_out)
		fputs("\033[0m", stdout);
}

json_t *cmd_when(int64_t t)
{
	char text[32];
	struct tm tm;
	time_t at = (time_t)t;

	if (!t || !localtime_r(&at, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return json_string(text);
}

void cmd_lines(const char *before, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);

		printf("%s", before);
		cmd_print(line ? line : "");
		putchar('\n');
		free(line);
		text += n + (text[n] == '\n');
	}
}
