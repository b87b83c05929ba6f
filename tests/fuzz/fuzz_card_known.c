// SPDX-License-Identifier: MIT
/*
 * fuzz_card_known.c - any lines in the note of a card's files, with the head and the
 * hash that make it ours: what is believed is what a file can be, and told on as it is
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int look(struct sim_channel *c, struct sim_err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static char *note(const uint8_t *data, size_t n)
{
	static const char head[] = "files1 0000000000000007 - -\n";
	size_t len = strlen(head) + n + 1;
	uint64_t h = 0xcbf29ce484222325ULL;
	char *text = calloc(1, len + 32);

	if (!text)
		abort();
	strcpy(text, head);
	memcpy(text + strlen(head), data, n);
	text[len - 1] = '\n';
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)text[i]) * 0x100000001b3ULL;
	sprintf(text + len, "end %016" PRIx64 "\n", h);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct sim_channel_ops ops = { .look = look };
	struct sim_channel ch = { .ops = &ops, .era = 7 };
	struct card c = { .ch = &ch, .files_era = 7 };
	struct card d = { .ch = &ch, .files_era = 7 };
	char *text = note(data, n), *told, *again;

	card_files_known(&c, text);
	for (size_t i = 0; i < c.ncache; i++) {
		const struct fs_ef *f = &c.cache[i];

		if (!f->old || f->absent || f->off || !f->depth ||
		    f->depth > FS_DEPTH || f->nrules > FS_RULES ||
		    (f->form != FS_TRANSPARENT && (!f->rec_len || !f->nrec)))
			abort();
	}
	told = card_files(&c);
	card_files_known(&d, told);
	again = card_files(&d);
	if (!told || !again || strcmp(told, again) || c.ncache != d.ncache)
		abort();
	free(told);
	free(again);
	free(text);
	free(c.cache);
	free(d.cache);
	return 0;
}
