// SPDX-License-Identifier: MIT
/*
 * The file: a line with the place, then content lines, behind '-' those that
 * stood there, behind '+' those that are to. A last line of '.' says that it
 * is whole.
 */
#include "cmd/cardnote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "model/buf.h"

static int put(FILE *f, char sign, const struct sim_item *it)
{
	char *text = sim_item_text(it), *line, *rest = text;

	if (!text)
		return -1;
	while ((line = strsep(&rest, "\n")))
		if (line[0])
			fprintf(f, "%c%s\n", sign, line);
	free(text);
	return 0;
}

int cardnote_write(const char *path, const struct sim_op *op)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int bad;

	if (!f)
		return -1;
	fprintf(f, "%s\n", op->ref);
	bad = put(f, '-', &op->was) || put(f, '+', &op->want);
	fputs(".\n", f);
	bad |= ferror(f);
	if (fclose(f) || bad)
		errno = ENOMEM;
	else
		bad = disk_put(path, text, len);
	free(text);
	return bad ? -1 : 0;
}

void cardnote_drop(const char *path)
{
	unlink(path);
}

static int parse(FILE *f, struct cardnote *out)
{
	struct buf was = { 0 }, want = { 0 };
	char *line = NULL, *a, *b;
	bool whole = false;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		whole = !strcmp(line, ".\n");
		if (!out->ref)
			out->ref = strndup(line, (size_t)n - 1);
		else if (line[0] == '-' || line[0] == '+')
			buf_str(line[0] == '-' ? &was : &want, line + 1);
	}
	free(line);
	a = buf_take(&was);
	b = buf_take(&want);
	whole = whole && out->ref && a && b &&
		!sim_item_parse(&out->was, SIM_CONTACT, a) &&
		!sim_item_parse(&out->want, SIM_CONTACT, b);
	free(a);
	free(b);
	return whole ? 0 : 1;
}

int cardnote_read(const char *path, struct cardnote *out, struct sim_err *e)
{
	FILE *f = fopen(path, "re");
	int r;

	*out = (struct cardnote){ 0 };
	if (!f)
		return errno == ENOENT ? 1 :
		       sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
	sim_item_init(&out->was, SIM_CONTACT);
	sim_item_init(&out->want, SIM_CONTACT);
	r = parse(f, out);
	fclose(f);
	if (!r)
		return 0;
	/* Not whole: the card was not touched yet. */
	cardnote_free(out);
	cardnote_drop(path);
	return 1;
}

void cardnote_free(struct cardnote *n)
{
	free(n->ref);
	sim_item_free(&n->was);
	sim_item_free(&n->want);
	*n = (struct cardnote){ 0 };
}
