// SPDX-License-Identifier: MIT
/*
 * people.c - the model: who was typed, what of it holds now, who has seen it
 *
 * A person edited in one place after another (each had seen the edit before)
 * has one history, and it is foretold exactly what everybody must hold. Edited
 * in two places at once it becomes wild: then no typed value may be lost that
 * was not typed over or deleted by somebody who had seen it.
 */
#include "model.h"

#define R(n) (1u << ((n) - 1))

/* By class: physical, virtual, local, remote. */
const struct ruleset rulesets[] = {
	{R(4) | R(5) | R(6), {1, 1, 1, 1}},
	{R(8), {1, 1, 1, 1}},
	{R(1) | R(2) | R(3) | R(6), {1, 1, 2, 2}},
	{R(4) | R(6), {1, 0, 1, 1}},
	{R(7), {1, 1, 1, 0}},
	{R(1) | R(2), {1, 2, 0, 0}},
	{R(5) | R(1), {2, 1, 1, 0}},
};
const unsigned int rulesets_n = sizeof(rulesets) / sizeof(*rulesets);

bool together(const struct world *w, unsigned int a, unsigned int b)
{
	const unsigned int *part = rulesets[w->rules_row].part;
	unsigned int x = part[w->m[a]->r.class];

	return a == b || (x && x == part[w->m[b]->r.class]);
}

/* Where there is nobody else to be in step with nothing is done. */
bool looked_at(const struct world *w, unsigned int at)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (i != at && (w->met[i] || w->here[i]) && together(w, i, at))
			return w->here[at];
	return false;
}

/* A number is the same however it is spaced. */
void bare(char field, const char *text, char out[64])
{
	size_t n = 0;

	for (; *text && n < 63; text++)
		if (field != 'T' || *text != ' ')
			out[n++] = *text;
	out[n] = '\0';
}

struct value *value_find(struct people *p, char field, const char *text)
{
	char t[64];

	bare(field, text, t);
	for (unsigned int i = 0; i < p->values; i++)
		if (p->value[i].field == field && !strcmp(p->value[i].text, t))
			return &p->value[i];
	return NULL;
}

struct value *value_type(struct world *w, unsigned int at, char field,
			 const char *text, uint64_t who)
{
	struct people *p = w->p;
	struct value *v = value_find(p, field, text);
	char t[64];

	if (!v) {
		if (p->values == MAX_VALUES)
			abort();
		v = &p->value[p->values++];
		memset(v, 0, sizeof(*v));
		v->field = field;
		bare(field, text, t);
		snprintf(v->text, sizeof(v->text), "%.47s", t);
	}
	v->people |= who;
	v->left &= ~who;
	v->gone = v->known = false;
	/* Somebody else's number as well: who had seen that has seen it. */
	v->seen = (v->people & ~who ? v->seen : 0) | 1u << at;
	v->may |= 1u << at;
	return v;
}

char field_of(const char *name)
{
	return !strcmp(name, "FN") ? 'N' : !strcmp(name, "TEL") ? 'T' :
	       !strcmp(name, "EMAIL") ? 'E' : 'O';
}

/* Whose name, or the beginning of whose name where names are cut. */
static uint64_t named(struct people *p, const struct mem *m, const char *text)
{
	uint64_t who = 0;
	size_t len = strlen(text);

	for (unsigned int i = 0; i < p->values; i++) {
		const struct value *v = &p->value[i];

		if (v->field == 'N' &&
		    (!strcmp(v->text, text) ||
		     (is_card(m) && !strncmp(v->text, text, len))))
			who |= v->people;
	}
	return who;
}

uint64_t people_of(struct world *w, const struct mem *m,
		   const struct sim_item *it)
{
	uint64_t who = ~(uint64_t)0;

	for (size_t i = 0; i < it->n; i++) {
		char field = field_of(it->prop[i].name);
		struct value *v;

		if (field == 'N') {
			who &= named(w->p, m, it->prop[i].value);
			continue;
		}
		v = value_find(w->p, field, it->prop[i].value);
		who &= v ? v->people : 0;
	}
	return it->n ? who : 0;
}

struct person *person_new(struct world *w, unsigned int at, uint64_t *bit)
{
	struct people *p = w->p;
	struct person *q;

	if (p->n == MAX_PEOPLE)
		return NULL;
	q = &p->person[p->n];
	memset(q, 0, sizeof(*q));
	*bit = (uint64_t)1 << p->n++;
	q->alive = true;
	q->home = at;
	q->rev = q->seen[at] = 1;
	q->unsynced = 1u << at;
	return q;
}

struct person *person_one(struct world *w, uint64_t who)
{
	for (unsigned int i = 0; i < w->p->n; i++)
		if (who == (uint64_t)1 << i)
			return &w->p->person[i];
	return NULL;
}

void person_has(struct world *w, struct person *q, const struct value *v)
{
	if (q->owns < MAX_OWN)
		q->own[q->owns++] = (unsigned int)(v - w->p->value);
	else
		q->wild = true;
}

void person_wild(struct world *w, uint64_t who)
{
	for (unsigned int i = 0; i < w->p->n; i++)
		if (who & (uint64_t)1 << i)
			w->p->person[i].wild = true;
}

void person_edit(struct world *w, uint64_t who, unsigned int at)
{
	struct person *q = person_one(w, who);

	if (!q) {
		person_wild(w, who);
		return;
	}
	/* It has seen all there was; or nobody else has been told since. */
	if (!q->alive || q->seen[at] != q->rev)
		q->wild = true;
	q->rev++;
	q->seen[at] = q->rev;
	q->unsynced |= 1u << at;
}

void person_over(struct world *w, uint64_t who, const struct value *old,
		 const struct value *new)
{
	struct person *q = person_one(w, who);
	unsigned int o = old ? (unsigned int)(old - w->p->value) : 0, at = 0;

	if (!q)
		return;
	while (old && at < q->owns && q->own[at] != o)
		at++;
	if (!old) {
		person_has(w, q, new);
	} else if (at == q->owns) {
		q->wild = true;
	} else if (new) {
		q->own[at] = (unsigned int)(new - w->p->value);
	} else {
		memmove(&q->own[at], &q->own[at + 1],
			(q->owns - at - 1) * sizeof(*q->own));
		q->owns--;
	}
}

/* Somebody else's as well: gone only when they all have it no more. */
void value_over(struct value *v, uint64_t who)
{
	v->left |= who;
	v->gone = v->gone || !(v->people & ~v->left);
	v->over = v->over || v->gone;
}

void person_delete(struct world *w, uint64_t who, unsigned int at)
{
	struct person *q;

	person_edit(w, who, at);
	for (unsigned int i = 0; i < w->p->values; i++) {
		struct value *v = &w->p->value[i];

		if ((v->people & who) && (v->seen & 1u << at))
			value_over(v, who);
	}
	q = person_one(w, who);
	if (q)
		q->alive = false;
}

/* A run that ended: who was there told what was typed, and heard the rest. */
void people_ran(struct world *w)
{
	struct people *p = w->p;
	unsigned int here = 0;

	for (unsigned int i = 0; i < w->n; i++)
		here |= looked_at(w, i) ? 1u << i : 0;
	for (unsigned int i = 0; i < w->n; i++)
		w->met[i] |= w->here[i];
	for (unsigned int i = 0; i < p->values; i++) {
		struct value *v = &p->value[i];
		unsigned int more = 0, may = 0;

		for (unsigned int a = 0; a < w->n; a++) {
			for (unsigned int b = 0; b < w->n; b++) {
				if (!together(w, a, b))
					continue;
				may |= v->may & 1u << a ? 1u << b : 0;
				more |= v->seen & 1u << a ? 1u << b : 0;
			}
		}
		v->may |= may;
		v->known |= !!(v->seen & here);
		if (v->known)
			v->seen |= more & here;
	}
	for (unsigned int i = 0; i < p->n; i++) {
		struct person *q = &p->person[i];

		for (unsigned int a = 0; a < w->n; a++)
			if (looked_at(w, a) && !w->fault[a])
				q->unsynced &= ~(1u << a);
		if (!(q->unsynced & 1u << q->home))
			q->over = 0;
		if (!q->unsynced)
			q->known = q->rev;
		for (unsigned int a = 0; a < w->n; a++)
			if (looked_at(w, a) && !w->fault[a] &&
			    together(w, a, q->home))
				q->seen[a] = q->known == q->rev ? q->rev
								: q->seen[a];
	}
}
