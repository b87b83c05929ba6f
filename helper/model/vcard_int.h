/* SPDX-License-Identifier: MIT */
/* vcard_int.h - what vcard.c (reading) and vpatch.c (writing) share */
#ifndef SIMSYNC_VCARD_INT_H
#define SIMSYNC_VCARD_INT_H

#include "model/vcard.h"
#include "model/vline.h"

/* What a line is to the item. */
enum role {
	SHOWN,		/* a property of the item */
	KEPT,		/* belongs to the copy: BEGIN, UID, blank lines... */
	EMPTY_FN,
	DERIVED_N,	/* only repeats FN, or is empty */
};

/**
 * struct line - one line of a vCard
 * @v: the line itself
 * @role: what it is to the item
 */
struct line {
	struct vline v;
	enum role role;
};

struct card {
	struct line *line;
	size_t n, cap;
	int version;
	const char *eol;
	const char *uid;
	const char *fn;		/* first FN with a name in it */
	char *made_fn;		/* or what stands for it */
	bool repaired;
};

int vcard_nomem(struct sim_err *e);
/** vcard_lines() - cut a vCard into its lines and tell each one's role */
int vcard_lines(struct card *c, const char *text, size_t len,
		struct sim_err *e);
void vcard_lines_free(struct card *c);
int vcard_lines_item(const struct card *c, struct sim_item *it);
/** vcard_derive_n() - N as FN says it: the last word is the family name */
char *vcard_derive_n(const char *fn);
/** vcard_blank() - nothing but spaces and separators */
bool vcard_blank(const char *value);

#endif
