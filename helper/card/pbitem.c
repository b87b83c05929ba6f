// SPDX-License-Identifier: MIT
/*
 * pbitem.c - what a phonebook entry says
 */
#include <stdlib.h>
#include <string.h>

#include "card/phonebook.h"

#define EXT_ADDITIONAL	0x02	/* EXT1 record type: digits go on */

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

/* ---- numbers ------------------------------------------------------------ */

/*
 * Digits beyond 20 stand in EXT1. A pointer to a free record is stale and says
 * nothing; a loop, or a pointer to no record, makes the number unreadable:
 * half a number would be a wrong one.
 */
static int chain(const struct pb_file *ext, unsigned int rec, char *out,
		 size_t at, struct sim_err *why)
{
	struct fs_set seen = { 0 };
	const uint8_t *r;

	while (rec != PB_NONE && rec) {
		if (!ext || rec > ext->ef.nrec || fs_has(&seen, rec) ||
		    !fs_has(&ext->have, rec)) {
			sim_fail(why, EX_DATAERR,
				 "the number goes on in EF_EXT1 record %u, which cannot be followed",
				 rec);
			return 1;
		}
		fs_add(&seen, rec);
		r = pb_rec(ext, rec);
		if (r[0] == 0x00 || r[0] == 0xff)
			return 0;
		if (r[0] & EXT_ADDITIONAL) {
			if (r[1] > NUM_BYTES) {
				sim_fail(why, EX_DATAERR,
					 "EF_EXT1 record %u byte 2: %u bytes of number do not fit it",
					 rec, r[1]);
				return 1;
			}
			at = bcd_get(r + 2, r[1], out, BCD_DIGITS_MAX + 2, at);
		}
		rec = r[EXT_LEN - 1];
	}
	return 0;
}

int pb_number(const struct pb_file *ext, const uint8_t *p, char *out,
	      struct sim_err *why)
{
	size_t at = 0, start;
	uint8_t len = p[ADN_LEN];

	out[0] = '\0';
	if (len == PB_NONE || len <= 1)
		return 0;
	if (len > NUM_BYTES + 1) {
		sim_fail(why, EX_DATAERR, "a number of %u bytes does not fit its record",
			 len);
		return 1;
	}
	if (bcd_international(p[ADN_TON]))
		out[at++] = '+';
	start = at;
	at = bcd_get(p + ADN_BCD, len - 1u, out, BCD_DIGITS_MAX + 2, at);
	if (at == start)
		out[0] = '\0';
	if (at - start == 2 * NUM_BYTES && p[ADN_EXT] != PB_NONE)
		return chain(ext, p[ADN_EXT], out, at, why);
	return 0;
}

/* ---- records to an item ------------------------------------------------- */

int pb_add_text(struct sim_item *out, const char *name, const char *params,
		    const char *plain)
{
	char *value = sim_text_escape(plain);
	int ret;

	if (!value)
		return -1;
	ret = sim_item_add(out, name, params, value);
	free(value);
	return ret;
}

static int decode(const struct pb_file *f, unsigned int rec, size_t len,
		  char *text, struct sim_err *why)
{
	size_t bad;

	if (!text_decode(pb_rec(f, rec), len, text, &bad))
		return 0;
	sim_fail(why, EX_DATAERR, "%s %04X record %u byte %zu: no text in any coding",
		 f->name, f->ef.path[f->ef.depth - 1], rec, bad + 1);
	return 1;
}

int pb_label_text(const struct pb_file *f, uint8_t rec, char *text)
{
	text[0] = '\0';
	if (!f || !rec || rec > f->ef.nrec || !fs_has(&f->have, rec))
		return -1;
	return text_decode(pb_rec(f, rec), f->ef.rec_len, text, NULL) ||
	       !text[0] ? -1 : 0;
}

/* Quoted when it must be; what even quotes cannot hold (RFC 6350 3.3) goes. */
void pb_type_param(const char *label, char *out)
{
	bool quote = strpbrk(label, " ,;:") != NULL;
	size_t at = 5;

	memcpy(out, "TYPE=", 5);
	if (quote)
		out[at++] = '"';
	for (; *label; label++)
		if (*label != '"' && *label != '\n')
			out[at++] = *label;
	if (quote)
		out[at++] = '"';
	out[at] = '\0';
}

/* What is kept back by the card is not taken away: a label, a pointer. */
static bool unread(const struct pb_file *f, unsigned int rec,
		   struct sim_err *why)
{
	if (!f || !rec || rec > f->ef.nrec || !fs_has(&f->bad, rec))
		return false;
	sim_fail(why, EX_DATAERR, "%s %04X record %u could not be read", f->name,
		 f->ef.path[f->ef.depth - 1], rec);
	return true;
}

static int item_anr(struct pb_set *s, const struct pb_use *u, unsigned int to,
		    struct sim_item *out, uint64_t *h, struct sim_err *why)
{
	const struct pb_file *aas = pb_file_of(s, PB_AAS);
	const uint8_t *r = pb_rec(u->file, to);
	char number[BCD_DIGITS_MAX + 2], label[TEXT_MAX];
	char params[TEXT_MAX + 8];
	bool named;
	int ret;

	if (pb_blank(r, u->file->ef.rec_len))
		return 0;
	ret = pb_number(pb_file_of(s, PB_EXT1), r + 1, number, why);
	if (ret || !number[0])
		return ret;
	if (unread(aas, r[0], why))
		return 1;
	named = !pb_label_text(aas, r[0], label);
	if (named) {
		pb_type_param(label, params);
		*h = mix(*h, (const uint8_t *)label, strlen(label));
	}
	return pb_add_text(out, "TEL", named ? params : NULL, number);
}

static int item_groups(struct pb_set *s, const struct pb_use *u,
		       unsigned int to, struct sim_item *out, uint64_t *h,
		       struct sim_err *why)
{
	const struct pb_file *gas = pb_file_of(s, PB_GAS);
	const uint8_t *r = pb_rec(u->file, to);
	char label[TEXT_MAX], *esc, *all = NULL, *more;
	size_t n = 0, len;
	int ret = 0;

	for (size_t i = 0; i < u->file->ef.rec_len; i++)
		if (unread(gas, r[i], why))
			return 1;
	for (size_t i = 0; i < u->file->ef.rec_len; i++) {
		if (pb_label_text(gas, r[i], label))
			continue;
		*h = mix(*h, (const uint8_t *)label, strlen(label));
		esc = sim_text_escape(label);
		len = esc ? strlen(esc) : 0;
		more = esc ? realloc(all, n + len + 2) : NULL;
		if (!more) {
			free(esc);
			free(all);
			return -1;
		}
		all = more;
		if (n)
			all[n++] = ',';
		memcpy(all + n, esc, len + 1);
		n += len;
		free(esc);
	}
	if (n)
		ret = sim_item_add(out, "CATEGORIES", NULL, all);
	free(all);
	return ret;
}

static int item_text(const struct pb_use *u, unsigned int to, const char *name,
		     struct sim_item *out, struct sim_err *why)
{
	char text[TEXT_MAX];
	int ret;

	ret = decode(u->file, to, pb_alpha(u), text, why);
	if (ret || !text[0])
		return ret;
	return pb_add_text(out, name, NULL, text);
}

static uint64_t mix_chain(uint64_t h, const struct pb_file *ext,
			  unsigned int rec)
{
	struct fs_set seen = { 0 };

	while (ext && rec && rec <= ext->ef.nrec && !fs_has(&seen, rec) &&
	       fs_has(&ext->have, rec)) {
		fs_add(&seen, rec);
		h = mix(h, pb_rec(ext, rec), EXT_LEN);
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
	return h;
}

/* In the order people expect: numbers first, then the rest. */
static const uint8_t order[] = { PB_ANR, PB_EMAIL, PB_SNE, PB_GRP };

static int linked(struct pb_set *s, const struct pb_use *u, unsigned int rec,
		  struct sim_item *out, uint64_t *h, struct sim_err *why)
{
	const struct pb_use *iap = pb_find(s, PB_IAP, 0);
	unsigned int to = pb_target(s, u, rec);
	struct pb_file *f = u->file;

	if (u->link == PB_POINTED && iap && unread(iap->file, rec, why))
		return 1;
	if (!to)
		return 0;
	if (!fs_has(&f->have, to)) {
		sim_fail(why, EX_DATAERR, "%s %04X record %u could not be read",
			 f->name, f->ef.path[f->ef.depth - 1], to);
		return 1;
	}
	*h = mix(*h, &f->tag, 1);
	if (f->tag != PB_GRP)
		*h = mix(*h, pb_rec(f, to), f->ef.rec_len);
	if (f->tag == PB_ANR) {
		*h = mix_chain(*h, pb_file_of(s, PB_EXT1),
			       pb_rec(f, to)[ANR_MIN - 1]);
		return item_anr(s, u, to, out, h, why);
	}
	if (f->tag == PB_GRP)
		return item_groups(s, u, to, out, h, why);
	return item_text(u, to, f->tag == PB_SNE ? "X-SIM-SECOND-NAME" : "EMAIL",
			 out, why);
}

int pb_item(struct phonebook *pb, struct pb_set *s, unsigned int rec,
	    struct sim_item *out, uint64_t *hash, struct sim_err *why)
{
	const struct pb_file *f = s->adn, *ext = pb_file_of(s, PB_EXT1);
	size_t x = f->ef.rec_len - ADN_TAIL;
	const uint8_t *r = pb_rec(f, rec);
	char text[TEXT_MAX], number[BCD_DIGITS_MAX + 2];
	uint64_t h = 0xcbf29ce484222325ULL;
	int ret;

	(void)pb;
	sim_item_init(out, SIM_CONTACT);
	if (hash)
		*hash = 0;
	if (!fs_has(&f->have, rec)) {
		sim_fail(why, EX_DATAERR, "%s %04X record %u could not be read",
			 f->name, f->ef.path[f->ef.depth - 1], rec);
		return 1;
	}
	h = mix(h, r, f->ef.rec_len);
	h = mix_chain(h, ext, r[x + ADN_EXT]);
	ret = decode(f, rec, x, text, why);
	if (!ret && text[0])
		ret = pb_add_text(out, "FN", NULL, text);
	if (!ret)
		ret = pb_number(ext, r + x, number, why);
	if (!ret && number[0])
		ret = pb_add_text(out, "TEL", NULL, number);
	for (size_t k = 0; k < sizeof(order); k++)
		for (size_t i = 0; !ret && i < s->nuse; i++)
			if (s->use[i].file->tag == order[k])
				ret = linked(s, &s->use[i], rec, out, &h, why);
	if (hash)
		*hash = h;
	if (!ret)
		return 0;
	sim_item_free(out);
	sim_item_init(out, SIM_CONTACT);
	return ret < 0 ? sim_fail(why, EX_OSERR, "out of memory") : 1;
}
