// SPDX-License-Identifier: MIT
/*
 * pbplan.c - what is to be written for one phonebook entry
 */
#include <stdlib.h>
#include <string.h>

#include "card/pbplan.h"

static void old_chain(struct plan *p, unsigned int rec)
{
	const struct pb_file *ext = pb_file_of(p->set, PB_EXT1);

	while (ext && rec && rec <= ext->ef.nrec && !fs_has(&p->ext_old, rec) &&
	       fs_has(&ext->have, rec) && pb_rec(ext, rec)[0] &&
	       pb_rec(ext, rec)[0] != 0xff) {
		fs_add(&p->ext_old, rec);
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
}

static void keep_chain(struct plan *p, unsigned int rec)
{
	const struct pb_file *ext = pb_file_of(p->set, PB_EXT1);

	while (ext && rec && rec <= ext->ef.nrec &&
	       !fs_has(&p->ext_keep, rec) && fs_has(&ext->have, rec)) {
		fs_add(&p->ext_keep, rec);
		rec = pb_rec(ext, rec)[EXT_LEN - 1];
	}
}

/* Digits beyond 20, ten bytes a record; 1: no room, -1: nobody knows. */
static int new_chain(struct card *c, struct plan *p, const char *digits,
		     uint8_t *first, struct sim_err *e)
{
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	size_t n = strlen(digits), part;
	uint8_t *point = first, *r;
	unsigned int rec;

	while (n) {
		rec = ext ? pb_free_record(c, ext, e) : 0;
		if (!rec && c->ch->fault != SIM_CHAN_OK)
			return -1;
		if (!rec || p->next == 16) {
			sim_fail(e, EX_CANTCREAT,
				 "no free record in EF_EXT1 for a number of more than 20 digits");
			return 1;
		}
		fs_add(&ext->taken, rec);
		*point = (uint8_t)rec;
		r = p->ext[p->next];
		p->ext_new[p->next++] = rec;
		part = n > 20 ? 20 : n;
		memset(r, 0xff, EXT_LEN);
		r[0] = 0x02;
		r[1] = (uint8_t)bcd_put(digits, part, r + 2);
		point = &r[EXT_LEN - 1];
		digits += part;
		n -= part;
	}
	return 0;
}

/*
 * The number part of ADN (its 14 bytes) or ANR. What says the same already
 * keeps its bytes: type of number, CCP1 and subaddress are not ours.
 */
static int set_number(struct card *c, struct plan *p, uint8_t *tail,
		      const char *number, struct sim_err *e)
{
	char now[BCD_DIGITS_MAX + 2];
	const char *digits;
	size_t n, head;

	if (!pb_number(pb_file_of(p->set, PB_EXT1), tail, now, NULL) &&
	    !strcmp(now, number ? number : "")) {
		keep_chain(p, tail[ADN_EXT]);
		return 0;
	}
	memset(tail, 0xff, ADN_TAIL);
	if (!number || !number[0])
		return 0;
	digits = number + (number[0] == '+');
	n = strlen(digits);
	head = n > 2 * NUM_BYTES ? 2 * NUM_BYTES : n;
	tail[ADN_TON] = bcd_ton(number);
	tail[ADN_LEN] = (uint8_t)(1 + bcd_put(digits, head, tail + ADN_BCD));
	return new_chain(c, p, digits + head, &tail[ADN_EXT], e);
}

/* A field that reads the same keeps its coding. 1: not whole. */
static int set_text(uint8_t *field, size_t len, const char *text)
{
	char now[TEXT_MAX];

	if (!text_decode(field, len, now, NULL) && !strcmp(now, text ? text : ""))
		return 0;
	return text_encode(text ? text : "", field, len) ? 1 : 0;
}

static char *plain(const struct sim_item *it, const char *name, size_t which)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, name) && !which--)
			return sim_text_unescape(it->prop[i].value);
	return NULL;
}

static const char *params(const struct sim_item *it, size_t which)
{
	for (size_t i = 0; i < it->n; i++)
		if (!strcmp(it->prop[i].name, "TEL") && !which--)
			return it->prop[i].params;
	return NULL;
}

static uint8_t label_of(const struct pb_set *s, const char *param)
{
	size_t n;

	if (!param || strncmp(param, "TYPE=", 5))
		return 0;
	param += 5;
	n = strlen(param);
	if (*param == '"' && n > 1) {
		param++;
		n -= 2;
	}
	return (uint8_t)pb_label(pb_file_of(s, PB_AAS), param, n);
}

static int set_anr(struct card *c, struct plan *p, struct link_plan *l,
		   const char *number, const char *param, struct sim_err *e)
{
	size_t len = l->use->file->ef.rec_len;
	uint8_t *r = l->rec, tail[ADN_TAIL];
	char now[BCD_DIGITS_MAX + 2];
	uint8_t aas;
	int ret;

	if (!number) {
		memset(r, 0xff, len);
		return 0;
	}
	/* The same 14 bytes as in ADN stand behind the label. */
	memcpy(tail, r + 1, ADN_TAIL);
	if (pb_number(pb_file_of(p->set, PB_EXT1), tail, now, NULL))
		now[0] = '\0';
	aas = label_of(p->set, param);
	if (!strcmp(now, number)) {
		keep_chain(p, tail[ADN_EXT]);
	} else {
		ret = set_number(c, p, tail, number, e);
		if (ret)
			return ret;
		memcpy(r + 1, tail, ADN_TAIL);
	}
	if (aas || (r[0] && r[0] != PB_NONE))
		r[0] = aas;
	else if (r[0] == PB_NONE)
		r[0] = 0x00;
	return 0;
}

static void set_groups(const struct pb_set *s, struct link_plan *l,
		       const struct sim_item *want)
{
	const char *v = sim_item_get(want, "CATEGORIES");
	const struct pb_file *gas = pb_file_of(s, PB_GAS);
	size_t n = 0, len;
	char *part, *text;
	unsigned int rec;

	memset(l->rec, 0x00, l->use->file->ef.rec_len);
	while (v && *v && n < l->use->file->ef.rec_len) {
		for (len = 0; v[len] && v[len] != ','; len++)
			len += v[len] == '\\' && v[len + 1];
		part = strndup(v, len);
		text = part ? sim_text_unescape(part) : NULL;
		rec = text ? pb_label(gas, text, strlen(text)) : 0;
		if (rec)
			l->rec[n++] = (uint8_t)rec;
		free(part);
		free(text);
		v += len + (v[len] == ',');
	}
}

/* Linked records say which ADN they belong to (4.4.2.13): SFI and record. */
static void set_back(const struct plan *p, struct link_plan *l)
{
	size_t len = l->use->file->ef.rec_len;
	bool room = l->use->file->tag == PB_ANR ? len >= ANR_MIN + 2 : len > 2;

	if (l->use->link != PB_POINTED || !room)
		return;
	l->rec[len - 2] = p->set->adn->ef.sfi ? p->set->adn->ef.sfi : 0xff;
	l->rec[len - 1] = (uint8_t)p->rec;
}

static bool groups_equal(const struct link_plan *l, const uint8_t *now)
{
	size_t len = l->use->file->ef.rec_len;

	/* FF all through is what a card has that never used groups. */
	if (pb_blank(now, len))
		return !l->rec[0];
	return !memcmp(now, l->rec, len);
}

static int plan_link(struct card *c, struct plan *p, struct link_plan *l,
		     const struct sim_item *want, size_t *tel, size_t *mail,
		     struct sim_err *e)
{
	struct pb_file *f = l->use->file;
	char *text = NULL;
	bool wanted;
	int ret = 0;

	if (f->tag == PB_ANR)
		text = plain(want, "TEL", *tel);
	else if (f->tag == PB_EMAIL)
		text = plain(want, "EMAIL", *mail);
	else if (f->tag == PB_SNE)
		text = plain(want, "X-SIM-SECOND-NAME", 0);
	wanted = f->tag == PB_GRP || text;
	if (l->from)
		memcpy(l->rec, pb_rec(f, l->from), f->ef.rec_len);
	else
		memset(l->rec, 0xff, f->ef.rec_len);
	if (wanted && !l->to) {
		l->to = l->use->link == PB_POINTED ? pb_free_record(c, f, e) :
			0;
		/* No room any more: read back, it will be seen as not there. */
		if (!l->to)
			ret = c->ch->fault != SIM_CHAN_OK ? -1 : 0;
		if (!l->to)
			goto out;
		fs_add(&f->taken, l->to);
	}
	switch (f->tag) {
	case PB_ANR:
		ret = set_anr(c, p, l, text, params(want, *tel), e);
		*tel += text != NULL;
		break;
	case PB_GRP:
		set_groups(p->set, l, want);
		if (l->from && groups_equal(l, pb_rec(f, l->from)))
			memcpy(l->rec, pb_rec(f, l->from), f->ef.rec_len);
		break;
	default:
		if (!text)
			memset(l->rec, 0xff, f->ef.rec_len);
		else
			set_text(l->rec, pb_alpha(l->use), text);
		*mail += f->tag == PB_EMAIL && text;
		break;
	}
	if (wanted && f->tag != PB_GRP)
		set_back(p, l);
	else if (!wanted && l->use->link == PB_POINTED)
		l->to = 0;
out:
	free(text);
	return ret;
}

/* Count as taken what the other entries point to. */
static void others_only(struct phonebook *pb, struct pb_set *s, unsigned int rec)
{
	bool used = fs_has(&s->used, rec);

	fs_drop(&s->used, rec);
	pb_retake(pb);
	if (used)
		fs_add(&s->used, rec);
}

int pb_plan(struct card *c, struct plan *p, const struct sim_item *want,
	    struct sim_err *e)
{
	const uint8_t *now = pb_rec(p->set->adn, p->rec);
	size_t len = p->set->adn->ef.rec_len, x = len - ADN_TAIL;
	struct pb_file *ext = pb_file_of(p->set, PB_EXT1);
	size_t tel = 1, mail = 0;
	const struct pb_use *u;
	struct link_plan *l;
	char *name, *number;
	int ret;

	others_only(c->pb, p->set, p->rec);
	memcpy(p->adn, now, len);
	if (pb_vacant(p->set->adn, now))
		memset(p->adn, 0xff, len);
	else
		old_chain(p, now[x + ADN_EXT]);
	for (size_t i = 0; i < p->set->nuse; i++) {
		u = &p->set->use[i];
		if (u->file->tag != PB_ANR && u->file->tag != PB_EMAIL &&
		    u->file->tag != PB_SNE && u->file->tag != PB_GRP)
			continue;
		l = &p->link[p->n++];
		l->use = u;
		l->from = pb_target(p->set, u, p->rec);
		/* What another entry points to as well is not ours to change. */
		if (u->link == PB_POINTED && fs_has(&u->file->taken, l->from))
			l->from = 0;
		l->to = l->from;
		if (u->file->tag == PB_ANR && l->from)
			old_chain(p, pb_rec(u->file, l->from)[ANR_MIN - 1]);
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->link[i].use->link == PB_POINTED && p->link[i].from)
			fs_add(&p->link[i].use->file->taken, p->link[i].from);
	for (unsigned int i = 1; ext && i <= ext->ef.nrec; i++) {
		if (fs_has(&ext->taken, i))
			fs_drop(&p->ext_old, i);
		else if (fs_has(&p->ext_old, i))
			fs_add(&ext->taken, i);
	}
	if (!want)
		return 0;
	name = plain(want, "FN", 0);
	number = plain(want, "TEL", 0);
	set_text(p->adn, x, name);
	ret = set_number(c, p, p->adn + x, number, e);
	free(name);
	free(number);
	for (size_t i = 0; !ret && i < p->n; i++)
		ret = plan_link(c, p, &p->link[i], want, &tel, &mail, e);
	return ret;
}
