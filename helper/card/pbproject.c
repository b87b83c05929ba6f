// SPDX-License-Identifier: MIT
/*
 * pbproject.c - what of an item a phonebook entry can say
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "card/phonebook.h"
#include "model/buf.h"

#define NUMBERS_MAX	(1 + PB_USES)

unsigned int pb_label(const struct pb_file *f, const char *text, size_t len)
{
	char label[TEXT_MAX];

	if (!f)
		return 0;
	for (unsigned int i = 1; i <= f->ef.nrec; i++)
		if (!pb_label_text(f, (uint8_t)i, label) &&
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
	return pb_add_text(out, name, NULL, fit);
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
				if (rec && !pb_label_text(aas, (uint8_t)rec, label)) {
					pb_type_param(label, out);
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
		find_type(pb_file_of(&pb->set[0], PB_AAS), full->prop[i].params,
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

/* The groups of one CATEGORIES that the card has, appended to @all. */
static int add_groups(const struct pb_file *gas, const char *p, size_t max,
		      size_t *n, struct buf *all)
{
	char *part, *plain, *esc, label[TEXT_MAX];
	unsigned int rec;
	size_t len;

	for (; *p && *n < max; p += len + (p[len] == ',')) {
		for (len = 0; p[len] && p[len] != ','; len++)
			len += p[len] == '\\' && p[len + 1];
		part = strndup(p, len);
		plain = part ? sim_text_unescape(part) : NULL;
		free(part);
		if (!plain)
			return -1;
		rec = pb_label(gas, plain, strlen(plain));
		free(plain);
		if (!rec || pb_label_text(gas, (uint8_t)rec, label))
			continue;
		esc = sim_text_escape(label);
		if (!esc)
			return -1;
		buf_fmt(all, "%s%s", all->n ? "," : "", esc);
		free(esc);
		++*n;
	}
	return 0;
}

static int put_groups(const struct phonebook *pb, const struct room *r,
		      const struct sim_item *full, struct sim_item *out)
{
	const struct pb_file *gas = pb_file_of(&pb->set[0], PB_GAS);
	struct buf all = { 0 };
	size_t n = 0;
	int ret = 0;

	for (size_t i = 0; gas && !ret && i < full->n; i++)
		if (!strcmp(full->prop[i].name, "CATEGORIES"))
			ret = add_groups(gas, full->prop[i].value, r->groups,
					 &n, &all);
	if (!ret && (all.bad ||
		     (n && sim_item_add(out, "CATEGORIES", NULL, all.p))))
		ret = -1;
	buf_free(&all);
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
