// SPDX-License-Identifier: MIT
#include "cmd/slotnote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much as card_files() makes of as many files as it takes. */
#define NOTE_MAX 32768

static FILE *note(struct cmd *c, const struct cmd_slot *s, const char *which,
		  const char *mode)
{
	char name[32], path[512];

	snprintf(name, sizeof(name), "slot-%u.%s", s->index, which);
	return cmd_path(c, name, path, sizeof(path), NULL) < 0 ?
		       NULL : fopen(path, mode);
}

/* At most @max - 1 bytes; "" where there is nothing. */
static void load(struct cmd *c, const struct cmd_slot *s, const char *which,
		 char *out, size_t max)
{
	FILE *f = note(c, s, which, "re");
	size_t n = f ? fread(out, 1, max - 1, f) : 0;

	out[n] = '\0';
	if (f)
		fclose(f);
}

static void save(struct cmd *c, const struct cmd_slot *s, const char *which,
		 const char *text)
{
	FILE *f = note(c, s, which, "we");

	if (!f)
		return;
	fputs(text, f);
	fclose(f);
}

void slotnote_seen(struct cmd *c, const struct cmd_slot *s,
		   char stamp[CARD_STAMP])
{
	load(c, s, "seen", stamp, CARD_STAMP);
}

void slotnote_tell(struct cmd *c, const struct cmd_slot *s, struct card *card)
{
	char stamp[CARD_STAMP], *files = calloc(1, NOTE_MAX);

	slotnote_seen(c, s, stamp);
	card_since(card, stamp);
	if (files) {
		load(c, s, "files", files, NOTE_MAX);
		card_files_known(card, files);
	}
	free(files);
}

/* A phone's memory wears out: what stands there already is not written. */
static void save_new(struct cmd *c, const struct cmd_slot *s, const char *which,
		     const char *text)
{
	char *was = calloc(1, NOTE_MAX);

	if (was)
		load(c, s, which, was, NOTE_MAX);
	if (!was || strcmp(was, text))
		save(c, s, which, text);
	free(was);
}

void slotnote_keep(struct cmd *c, const struct cmd_slot *s, struct card *card)
{
	char stamp[CARD_STAMP], *files = card_files(card);

	if (files)
		save_new(c, s, "files", files);
	free(files);
	card_stamp(card, stamp);
	save_new(c, s, "seen", stamp);
}
