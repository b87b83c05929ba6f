// SPDX-License-Identifier: MIT
/*
 * check.c - the invariants of design.md, after each run and at the end
 */
#include "model.h"

/* As a card cuts it, worked out here once more. */
static bool is_cut(const struct mem *m, const char *text, const char *whole)
{
	size_t room = m->name_bytes, n = strlen(whole);

	if (n > room)
		n = room;
	while (n < strlen(whole) && n && whole[n - 1] == ' ')
		n--;
	return strlen(text) == n && !strncmp(text, whole, n);
}

/* Nothing but what was typed, of one person, and where rules let it be. */
static void check_record(struct world *w, unsigned int at,
			 const struct sim_item *it)
{
	const struct mem *m = w->m[at];

	for (size_t i = 0; i < it->n; i++) {
		char field = field_of(it->prop[i].name);
		const char *text = it->prop[i].value;
		bool typed = false, may = false;
		char t[64];

		bare(field, text, t);
		for (unsigned int k = 0; k < w->p->values; k++) {
			const struct value *v = &w->p->value[k];

			if (v->field != field ||
			    (strcmp(v->text, t) &&
			     !(field == 'N' && is_card(m) &&
			       is_cut(m, t, v->text))))
				continue;
			typed = true;
			may = may || (v->may & 1u << at);
		}
		if (!typed)
			bad(w, "nobody typed \"%s\", which %s holds", text,
			    m->name);
		else if (!may)
			bad(w, "\"%s\" came to %s and no rule lets it", text,
			    m->name);
	}
	if (!people_of(w, m, it))
		bad(w, "%s: two people in one: %s", m->name,
		    sim_item_get(it, "FN"));
}

static bool holds(const struct mem *m, const struct value *v)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct sim_item *it = &m->rec[i].item;
		char t[64];

		for (size_t k = 0; m->rec[i].used && k < it->n; k++) {
			if (field_of(it->prop[k].name) != v->field)
				continue;
			bare(v->field, it->prop[k].value, t);
			if (!strcmp(t, v->text))
				return true;
		}
	}
	return false;
}

/* Rules may say that one of two edits counts: then the other is no loss. */
static bool decided_for_them(const struct world *w, const struct value *v)
{
	if (w->h->policy == RULE_ASK || w->h->policy == RULE_KEEP_BOTH)
		return false;
	for (unsigned int i = 0; i < w->p->n; i++)
		if ((v->people & (uint64_t)1 << i) && w->p->person[i].wild)
			return true;
	return false;
}

static void check_loss(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (w->wiped[i] && !w->here[i])
			return;
	for (unsigned int i = 0; i < w->p->values; i++) {
		const struct value *v = &w->p->value[i];
		bool there = v->gone || decided_for_them(w, v);

		for (unsigned int k = 0; !there && k < w->n; k++)
			there = holds(w->m[k], v);
		if (!there)
			bad(w, "\"%s\" is nowhere and nobody removed it",
			    v->text);
	}
}

static size_t count(const struct sim_item *it, char field)
{
	size_t n = 0;

	for (size_t i = 0; i < it->n; i++)
		n += field_of(it->prop[i].name) == field;
	return n;
}

static bool own(struct world *w, const struct person *q, char field,
		const char *text)
{
	char t[64];

	bare(field, text, t);
	for (unsigned int i = 0; i < q->owns; i++) {
		const struct value *v = &w->p->value[q->own[i]];

		if (v->field == field && !strcmp(v->text, t))
			return true;
	}
	return false;
}

static size_t owns(struct world *w, const struct person *q, char field)
{
	size_t n = 0;

	for (unsigned int i = 0; i < q->owns; i++)
		n += w->p->value[q->own[i]].field == field;
	return n;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Is this record all that @m can hold of the person? */
static bool is_all(struct world *w, const struct person *q,
		   const struct mem *m, const struct sim_item *it)
{
	static const char fields[] = {'T', 'E', 'O'};
	bool name = false;

	for (unsigned int i = 0; i < q->owns; i++) {
		const struct value *v = &w->p->value[q->own[i]];

		if (v->field == 'N' && sim_item_get(it, "FN"))
			name = is_card(m) ? is_cut(m, sim_item_get(it, "FN"),
						   v->text)
					  : !strcmp(v->text,
						    sim_item_get(it, "FN"));
	}
	for (size_t i = 0; i < it->n; i++)
		if (field_of(it->prop[i].name) != 'N' &&
		    !own(w, q, field_of(it->prop[i].name), it->prop[i].value))
			return false;
	for (size_t i = 0; i < sizeof(fields); i++) {
		size_t room = !is_card(m)	? MAX_OWN :
			      fields[i] == 'T' ? m->tels :
			      fields[i] == 'E' ? m->emails :
						 0;

		if (count(it, fields[i]) !=
		    least(room, owns(w, q, fields[i])))
			return false;
	}
	return name && count(it, 'N') == 1;
}

static void check_person(struct world *w, unsigned int at, unsigned int who)
{
	const struct person *q = &w->p->person[who];
	const struct mem *m = w->m[at];
	uint64_t bit = (uint64_t)1 << who;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (!m->rec[i].used ||
		    people_of(w, m, &m->rec[i].item) != bit)
			continue;
		n++;
		if (q->alive && !is_all(w, q, m, &m->rec[i].item))
			bad(w, "%s: %s is not as it was typed last", m->name,
			    sim_item_get(&m->rec[i].item, "FN"));
	}
	if (!q->alive && n)
		bad(w, "%s: %s is back", m->name, w->p->value[q->own[0]].text);
	if (q->alive && !n && (!is_card(m) || mem_count(m) < m->capacity))
		bad(w, "%s lacks %s", m->name, w->p->value[q->own[0]].text);
	if (q->alive && n > 1 && !is_card(m))
		bad(w, "%s: %s is there %zu times", m->name,
		    w->p->value[q->own[0]].text, n);
}

static void check_people(struct world *w)
{
	bool wild = false;

	for (unsigned int i = 0; i < w->p->n; i++) {
		const struct person *q = &w->p->person[i];

		wild |= q->wild;
		if (q->wild || q->known != q->rev)
			continue;
		for (unsigned int a = 0; a < w->n; a++)
			if (w->here[a] && together(w, a, q->home) &&
			    q->seen[a] == q->rev)
				check_person(w, a, i);
	}
	if (!wild && w->rep.conflicts + w->rep.duplicates)
		bad(w, "nobody did two things at once: %s", w->rep.detail);
}

void check_run(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->m[i]->n && !*w->said; k++)
			if (w->m[i]->rec[k].used)
				check_record(w, i, &w->m[i]->rec[k].item);
	check_loss(w);
	if (!history_has(w->h, RULES))
		check_people(w);
}

/* What was new is undone where it was copied to, and stays where it was put. */
void check_end(struct world *w)
{
	char *a, *b;

	if (w->n < 2 || is_card(w->m[1]) || !together(w, 0, 1) ||
	    w->rep.conflicts || history_has(w->h, UNDO))
		return;
	a = world_text(w->m[0]);
	b = world_text(w->m[1]);
	if (strcmp(a, b))
		bad(w, "local and server differ: %s / %s", a, b);
	free(a);
	free(b);
}
