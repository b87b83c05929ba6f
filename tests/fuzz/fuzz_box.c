// SPDX-License-Identifier: MIT
/* fuzz_box.c - any bytes as files of messages: two segments and a state, parted by NUL */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "remote/box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct webdav folder = { .url = (char *)"https://x/f/" };

static struct box *box_of(const char *const text[3], const size_t len[3])
{
	static const char *const names[] = { "m-a-2025-01.ndjson",
					     "m-b-2025-01.ndjson",
					     "s-a.ndjson" };
	struct box *b = calloc(1, sizeof(*b));

	b->file = calloc(3, sizeof(*b->file));
	for (b->nfile = 0; b->nfile < 3; b->nfile++) {
		struct box_file *f = &b->file[b->nfile];

		f->name = strdup(names[b->nfile]);
		f->text = malloc(len[b->nfile] + 1);
		f->len = len[b->nfile];
		if (f->len)
			memcpy(f->text, text[b->nfile], f->len);
		f->text[f->len] = '\0';
	}
	return b;
}

/* What was understood is understood again as we write it. */
static void again(const struct box *b)
{
	struct buf line[3] = { { 0 } };
	struct sim_err e = { 0 };
	struct box *twin;
	size_t i;

	for (i = 0; i < b->n; i++) {
		const struct message *m = &b->m[i];

		if (i && strcmp(b->m[i - 1].id, m->id) >= 0)
			abort();
		if (box_line(&line[0], m->id, &m->first) ||
		    box_state(&line[2], m, m->at,
			      m->gone ? NULL : message_now(m)))
			abort();
	}
	twin = box_of((const char *[]){ line[0].p, NULL, line[2].p },
		      (size_t[]){ line[0].n, 0, line[2].n });
	if (box_parse(&folder, twin, &e) || twin->n != b->n)
		abort();
	for (i = 0; i < b->n; i++) {
		const struct message *a = &b->m[i], *t = &twin->m[i];

		if (strcmp(a->id, t->id) || a->gone != t->gone ||
		    a->at != t->at || !sim_item_equal(&a->first, &t->first))
			abort();
	}
	box_free(twin);
	buf_free(&line[0]);
	buf_free(&line[2]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text[3] = { (const char *)data, NULL, NULL };
	size_t len[3] = { n, 0, 0 };
	struct sim_err e = { 0 };
	struct box *b;

	for (int i = 0; i < 2 && text[i]; i++) {
		const char *end = memchr(text[i], 0, len[i]);

		if (!end)
			break;
		text[i + 1] = end + 1;
		len[i + 1] = len[i] - (size_t)(end + 1 - text[i]);
		len[i] = (size_t)(end - text[i]);
	}
	b = box_of(text, len);
	if (!box_parse(&folder, b, &e))
		again(b);
	else if (!e.text[0])
		abort();
	box_free(b);
	return 0;
}
