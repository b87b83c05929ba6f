// SPDX-License-Identifier: MIT
/*
 * pbitem.c - what a phonebook entry says, and what of an item an entry can say
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "card/phonebook.h"

#define EXT_ADDITIONAL	0x02	/* EXT1 record type: digits go on */
#define NUMBERS_MAX	(1 + PB_USES)

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

static const struct pb_file *file_of(const struct pb_set *s, uint8_t tag)
{
	const struct pb_use *u = pb_find(s, tag, 0);

	return u ? u->file : NULL;
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

static int add_text(struct sim_item *out, const char *name, const char *params,
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

static int label_text(const struct pb_file *f, uint8_t rec, char *text)
{
	text[0] = '\0';
	if (!f || !rec || rec > f->ef.nrec || !fs_has(&f->have, rec))
		return -1;
	return text_decode(pb_rec(f, rec), f->ef.rec_len, text, NULL) ||
	       !text[0] ? -1 : 0;
}

/* Quoted when it must be; what even quotes cannot hold (RFC 6350 3.3) goes. */
static void type_param(const char *label, char *out)
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

static int item_anr(struct pb_set *s, const struct pb_use *u, unsigned int to,
		    struct sim_item *out, uint64_t *h, struct sim_err *why)
{
	const struct pb_file *aas = file_of(s, PB_AAS);
	const uint8_t *r = pb_rec(u->file, to);
	char number[BCD_DIGITS_MAX + 2], label[TEXT_MAX];
	char params[TEXT_MAX + 8];
	bool named;
	int ret;

	if (pb_blank(r, u->file->ef.rec_len))
		return 0;
	ret = pb_number(file_of(s, PB_EXT1), r + 1, number, why);
	if (ret || !number[0])
		return ret;
	named = !label_text(aas, r[0], label);
	if (named) {
		type_param(label, params);
		*h = mix(*h, (const uint8_t *)label, strlen(label));
	}
	return add_text(out, "TEL", named ? params : NULL, number);
}

static int item_groups(struct pb_set *s, const struct pb_use *u,
		       unsigned int to, struct sim_item *out, uint64_t *h)
{
	const struct pb_file *gas = file_of(s, PB_GAS);
	const uint8_t *r = pb_rec(u->file, to);
	char label[TEXT_MAX], *esc, *all = NULL, *more;
	size_t n = 0, len;
	int ret = 0;

	for (size_t i = 0; i < u->file->ef.rec_len; i++) {
		if (label_text(gas, r[i], label))
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
	return add_text(out, name, NULL, text);
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
	unsigned int to = pb_target(s, u, rec);
	struct pb_file *f = u->file;

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
		*h = mix_chain(*h, file_of(s, PB_EXT1),
			       pb_rec(f, to)[ANR_MIN - 1]);
		return item_anr(s, u, to, out, h, why);
	}
	if (f->tag == PB_GRP)
		return item_groups(s, u, to, out, h);
	return item_text(u, to, f->tag == PB_SNE ? "X-SIM-SECOND-NAME" : "EMAIL",
			 out, why);
}

int pb_item(struct phonebook *pb, struct pb_set *s, unsigned int rec,
	    struct sim_item *out, uint64_t *hash, struct sim_err *why)
{
	const struct pb_file *f = s->adn, *ext = file_of(s, PB_EXT1);
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
		ret = add_text(out, "FN", NULL, text);
	if (!ret)
		ret = pb_number(ext, r + x, number, why);
	if (!ret && number[0])
		ret = add_text(out, "TEL", NULL, number);
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

/* ---- what an entry can hold --------------------------------------------- */

unsigned int pb_label(const struct pb_file *f, const char *text, size_t len)
{
	char label[TEXT_MAX];

	if (!f)
		return 0;
	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		if (!label_text(f, (uint8_t)i, label) &&
		    strlen(label) == len && !strncasecmp(label, text, len))
			return i;
	return 0;
}

/**
 * struct room - what every entry of the book can hold
 * @name: bytes of alpha identifier
 * @numbers: ADN and ANR files
 * @emails: EMAIL files; @email bytes of each
 * @second: bytes of SNE, 0 none
 * @groups: groups an entry can be in
 * @free: free records for each kind, where they are shared
 * @ext: free EXT1 records
 */
struct room {
	size_t name;
	size_t numbers;
	size_t emails;
	size_t email;
	size_t second;
	size_t groups;
	unsigned int free_number;
	unsigned int free_email;
	unsigned int free_second;
	unsigned int ext;
};

static size_t less(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void room_of(const struct pb_set *s, struct room *r)
{
	const struct pb_use *u;
	unsigned int n;

	*r = (struct room){ .name = s->adn->ef.rec_len - ADN_TAIL,
			    .numbers = 1, .email = 255 };
	for (size_t i = 0; i < s->nuse; i++) {
		u = &s->use[i];
		n = u->link == PB_POINTED ? pb_free_count(u->file) : 255;
		switch (u->file->tag) {
		case PB_ANR:
			r->numbers++;
			r->free_number += n > 0;
			break;
		case PB_EMAIL:
			r->emails++;
			r->email = less(r->email, pb_alpha(u));
			r->free_email += n > 0;
			break;
		case PB_SNE:
			r->second = pb_alpha(u);
			r->free_second = n;
			break;
		case PB_GRP:
			r->groups = u->file->ef.rec_len;
			break;
		case PB_EXT1:
			r->ext = pb_free_count(u->file);
			break;
		}
	}
}

/* An item may land in any set: it is cut to what all of them hold. */
static void room_all(const struct phonebook *pb, struct room *r)
{
	struct room one;

	room_of(&pb->set[0], r);
	for (size_t i = 1; i < pb->nset; i++) {
		room_of(&pb->set[i], &one);
		r->name = less(r->name, one.name);
		r->numbers = less(r->numbers, one.numbers);
		r->emails = less(r->emails, one.emails);
		r->email = less(r->email, one.email);
		r->second = less(r->second, one.second);
		r->groups = less(r->groups, one.groups);
		r->free_number = (unsigned int)less(r->free_number, one.free_number);
		r->free_email = (unsigned int)less(r->free_email, one.free_email);
		r->free_second = (unsigned int)less(r->free_second, one.free_second);
		r->ext = (unsigned int)less(r->ext, one.ext);
	}
}

static bool holds(const struct sim_item *it, const char *name, const char *value)
{
	for (size_t i = 0; it && i < it->n; i++)
		if (!strcmp(it->prop[i].name, name) &&
		    !strcmp(it->prop[i].value, value))
			return true;
	return false;
}

static size_t count(const struct sim_item *it, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; it && i < it->n; i++)
		n += !strcmp(it->prop[i].name, name);
	return n;
}

/* What is kept stays as it is, else the best of it that fits. */
static int put_cut(struct sim_item *out, const struct sim_item *held,
		   const char *name, const char *value, size_t cap)
{
	char fit[TEXT_MAX], *plain;
	int ret;

	if (!value || !value[0])
		return 0;
	if (holds(held, name, value))
		return sim_item_add(out, name, NULL, value);
	plain = sim_text_unescape(value);
	if (!plain)
		return -1;
	ret = text_fit(plain, cap, fit);
	free(plain);
	if (ret < 0 || !fit[0])
		return 0;
	return add_text(out, name, NULL, fit);
}

/**
 * struct candidate - a number of the full item that a card can hold
 * @value: as the card will show it, escaped
 * @params: TYPE of a label the card has, or NULL
 * @was: held already
 * @take: chosen
 */
struct candidate {
	char *value;
	char params[TEXT_MAX + 8];
	bool was;
	bool take;
};

/* First TYPE of @params that EF_AAS has as a label. */
static void find_type(const struct pb_file *aas, const char *params, char *out)
{
	char label[TEXT_MAX];
	const char *p = params, *end;
	unsigned int rec;
	size_t n;

	out[0] = '\0';
	while (aas && p && *p) {
		if (!strncasecmp(p, "TYPE=", 5)) {
			p += 5;
			do {
				if (*p == '"') {
					end = strchr(++p, '"');
					n = end ? (size_t)(end - p) : strlen(p);
				} else {
					n = strcspn(p, ",;");
				}
				rec = n ? pb_label(aas, p, n) : 0;
				if (rec && !label_text(aas, (uint8_t)rec, label)) {
					type_param(label, out);
					return;
				}
				p += n;
				p += *p == '"';
			} while (*p++ == ',');
			p--;
		}
		p += strcspn(p, ";");
		p += *p == ';';
	}
}

static int collect(const struct phonebook *pb, const struct sim_item *full,
		   const struct sim_item *held, unsigned int ext,
		   struct candidate *c, size_t *n)
{
	char number[BCD_DIGITS_MAX + 2], *plain;
	size_t digits, need;
	int bad;

	*n = 0;
	for (size_t i = 0; i < full->n && *n < NUMBERS_MAX; i++) {
		if (strcmp(full->prop[i].name, "TEL"))
			continue;
		plain = sim_text_unescape(full->prop[i].value);
		if (!plain)
			return -1;
		bad = bcd_normal(plain, number);
		free(plain);
		if (bad)
			continue;
		c[*n].value = sim_text_escape(number);
		if (!c[*n].value)
			return -1;
		c[*n].was = holds(held, "TEL", c[*n].value);
		c[*n].take = false;
		find_type(file_of(&pb->set[0], PB_AAS), full->prop[i].params,
			  c[*n].params);
		/* Never half a number: its EXT1 records must be there. */
		digits = strlen(number) - (number[0] == '+');
		need = digits > 20 ? (digits - 1) / 20 : 0;
		if (!c[*n].was && need > ext) {
			free(c[*n].value);
			continue;
		}
		if (!c[*n].was)
			ext -= (unsigned int)need;
		for (size_t j = 0; j < *n; j++)
			if (!strcmp(c[j].value, c[*n].value))
				bad = 1;
		if (bad)
			free(c[*n].value);
		else
			++*n;
	}
	return 0;
}

static int put_numbers(const struct phonebook *pb, const struct room *r,
		       const struct sim_item *full, const struct sim_item *held,
		       struct sim_item *out)
{
	struct candidate c[NUMBERS_MAX] = { 0 };
	size_t n, cap, had = count(held, "TEL"), taken = 0, first = 0;
	int ret;

	/* Room: the ADN's own, second ones held, and records that are free. */
	cap = (had ? had : 1) + r->free_number;
	cap = less(cap, r->numbers);
	ret = collect(pb, full, held, r->ext, c, &n);
	for (size_t i = 0; i < n && taken < cap; i++)
		if (c[i].was)
			taken += c[i].take = true;
	for (size_t i = 0; i < n && taken < cap; i++)
		if (!c[i].take)
			taken += c[i].take = true;
	for (size_t i = 0; i < n; i++) {
		if (!ret && c[i].take) {
			ret = sim_item_add(out, "TEL", first && c[i].params[0] ?
					   c[i].params : NULL, c[i].value);
			first = 1;
		}
		free(c[i].value);
	}
	return ret;
}

static int put_emails(const struct room *r, const struct sim_item *full,
		      const struct sim_item *held, struct sim_item *out)
{
	size_t cap = count(held, "EMAIL") + r->free_email, n = 0;
	char fit[TEXT_MAX], *plain;
	const char *value;
	int cut, pass;

	cap = less(cap, r->emails);
	for (pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < full->n && n < cap; i++) {
			value = full->prop[i].value;
			if (strcmp(full->prop[i].name, "EMAIL") ||
			    holds(held, "EMAIL", value) != !pass ||
			    holds(out, "EMAIL", value))
				continue;
			plain = sim_text_unescape(value);
			if (!plain)
				return -1;
			/* An address is whole or not there. */
			cut = text_fit(plain, r->email, fit);
			cut = cut || strcmp(fit, plain);
			free(plain);
			if (cut && pass)
				continue;
			if (sim_item_add(out, "EMAIL", NULL, value))
				return -1;
			n++;
		}
	}
	return 0;
}

static int put_groups(const struct phonebook *pb, const struct room *r,
		      const struct sim_item *full, struct sim_item *out)
{
	const struct pb_file *gas = file_of(&pb->set[0], PB_GAS);
	const char *p = sim_item_get(full, "CATEGORIES");
	char *all = NULL, *part, *plain, label[TEXT_MAX], *esc, *more;
	size_t n = 0, len, at = 0;
	unsigned int rec;
	int ret = 0;

	while (gas && p && *p && n < r->groups && !ret) {
		for (len = 0; p[len] && p[len] != ','; len++)
			len += p[len] == '\\' && p[len + 1];
		part = strndup(p, len);
		plain = part ? sim_text_unescape(part) : NULL;
		free(part);
		p += len + (p[len] == ',');
		if (!plain) {
			ret = -1;
			break;
		}
		rec = pb_label(gas, plain, strlen(plain));
		free(plain);
		if (!rec || label_text(gas, (uint8_t)rec, label))
			continue;
		esc = sim_text_escape(label);
		more = esc ? realloc(all, at + strlen(esc) + 2) : NULL;
		if (!more) {
			free(esc);
			ret = -1;
			break;
		}
		all = more;
		if (at)
			all[at++] = ',';
		strcpy(all + at, esc);
		at += strlen(esc);
		free(esc);
		n++;
	}
	if (!ret && at)
		ret = sim_item_add(out, "CATEGORIES", NULL, all);
	free(all);
	return ret;
}

int pb_project(struct phonebook *pb, const struct sim_item *full,
	       const struct sim_item *held, struct sim_item *out,
	       struct sim_err *why)
{
	struct room r;
	int ret;

	sim_item_init(out, SIM_CONTACT);
	if (!pb || !pb->nset) {
		sim_fail(why, EX_UNAVAILABLE, "the card has no phonebook");
		return 1;
	}
	room_all(pb, &r);
	ret = put_cut(out, held, "FN", sim_item_get(full, "FN"), r.name);
	if (!ret)
		ret = put_numbers(pb, &r, full, held, out);
	if (!ret)
		ret = put_emails(&r, full, held, out);
	if (!ret && r.second && (r.free_second || count(held, "X-SIM-SECOND-NAME")))
		ret = put_cut(out, held, "X-SIM-SECOND-NAME",
			      sim_item_get(full, "X-SIM-SECOND-NAME"), r.second);
	if (!ret && r.groups)
		ret = put_groups(pb, &r, full, out);
	if (ret) {
		sim_item_free(out);
		return sim_fail(why, EX_OSERR, "out of memory");
	}
	if (sim_item_get(out, "TEL") || (held && sim_item_get(out, "FN")))
		return 0;
	sim_item_free(out);
	sim_item_init(out, SIM_CONTACT);
	sim_fail(why, EX_DATAERR, "a SIM holds contacts with a number it can dial, and this one has none");
	return 1;
}
