/* SPDX-License-Identifier: MIT */
/*
 * vcard.h - vCards (RFC 2426, RFC 6350; vCard 2.1 is read too) without loss
 *
 * A vCard is read into an item (model/item.h) and written by patching the text
 * it came from: every property that did not change keeps its very bytes, with
 * its folding, line ends, order and spelling.
 *
 * What the item does not show, because it belongs to the copy: BEGIN, END,
 * VERSION, PRODID, REV, UID; and what only repeats FN: an empty FN, and an N
 * that is exactly what vcard_new() derives from FN (it follows FN when FN
 * changes). A vCard without FN gets one in the item from N, else NICKNAME, else
 * ORG: never from a number. Invalid UTF-8 is shown as the Latin-1 it nearly
 * always is, while the text keeps its bytes.
 */
#ifndef SIMSYNC_VCARD_H
#define SIMSYNC_VCARD_H

#include "model/err.h"
#include "model/item.h"

/* Room for a 10 MB photo in base64; more is refused with a sentence. */
#define VCARD_MAX_BYTES	(16u * 1024 * 1024)
#define VCARD_MAX_PROPS	20000u

/**
 * struct sim_vcard - what a vCard says
 * @item: the contact
 * @uid: value of UID, or NULL
 * @version: 21, 30 or 40
 * @repaired: invalid UTF-8 was read as Latin-1
 */
struct sim_vcard {
	struct sim_item item;
	char *uid;
	int version;
	bool repaired;
};

/**
 * vcard_parse() - read one vCard
 * @text: its bytes, not NUL-terminated; a byte order mark is skipped
 * @len: how many
 * @out: filled on success; free with vcard_free()
 * @e: why not, with the line number and never any content
 *
 * Return: 0, or -1 (EX_DATAERR; EX_OSERR for no memory).
 */
int vcard_parse(const char *text, size_t len, struct sim_vcard *out,
		struct sim_err *e);
void vcard_free(struct sim_vcard *v);

/**
 * vcard_patch() - the same vCard with another content
 * @text: what is there now, as vcard_parse() takes it
 * @len: how many bytes
 * @want: the contact it shall hold
 * @out: new text, NUL-terminated; caller frees
 * @outlen: its length; may be NULL
 * @e: EX_DATAERR: @text is no vCard, or @want cannot be one; EX_OSERR
 *
 * Byte for byte @text where @want equals what vcard_parse() reads from it.
 */
int vcard_patch(const char *text, size_t len, const struct sim_item *want,
		char **out, size_t *outlen, struct sim_err *e);

/**
 * vcard_new() - a vCard 3.0 for a contact
 * @item: the contact
 * @uid: its UID
 * @e: EX_DATAERR: a property that cannot be a line; EX_OSERR
 *
 * Return: NUL-terminated text, CRLF line ends; caller frees. NULL: @e filled.
 */
char *vcard_new(const struct sim_item *item, const char *uid,
		struct sim_err *e);

/** vcard_set_uid() - @text with this UID in place of what it has or lacks. */
int vcard_set_uid(const char *text, size_t len, const char *uid, char **out,
		  size_t *outlen, struct sim_err *e);

/**
 * vcard_same() - do two contacts say the same?
 * @a: one contact
 * @b: the other
 *
 * Order matters among properties of one name (the first TEL), not between
 * names: servers sort them (Radicale by name).
 */
bool vcard_same(const struct sim_item *a, const struct sim_item *b);

/**
 * vcard_normal() - drop what vcard_parse() would not show: an empty FN, an N
 * that only repeats FN. vcard_parse(vcard_patch(x)) equals x made normal.
 * @it: the contact; changed in place
 */
void vcard_normal(struct sim_item *it);

/**
 * vcard_count() - how many vCards a file holds, and where the first one ends
 * @text: bytes of the file, not NUL-terminated
 * @len: how many
 * @end: out: offset behind the first END:VCARD line; may be NULL
 */
size_t vcard_count(const char *text, size_t len, size_t *end);

#endif
