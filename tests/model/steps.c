// SPDX-License-Identifier: MIT
/*
 * steps.c - what people and other terminals do to a replica
 */
#include "model.h"

/* ---- what is typed: of a step's number, and like nothing else ---- */

static void letters(unsigned int id, size_t len, char *out)
{
	uint32_t x = id * 2654435761u;

	/* The first three tell people apart, the rest makes them unlike. */
	out[0] = (char)('A' + id % 26);
	out[1] = (char)('a' + id / 26 % 26);
	out[2] = (char)('a' + (id * 7 + 3) % 26);
	for (size_t i = 3; i < len; i++) {
		x = x * 1664525u + 1013904223u;
		out[i] = (char)('a' + (x >> 24) % 26);
	}
	if (len > 9)
		out[8] = ' ';
	out[len] = '\0';
}

static void type_name(const struct mem *m, const struct step *s, char out[40])
{
	size_t len = 5 + s->pick % 19;

	if (is_card(m) && len > m->name_bytes)
		len = m->name_bytes;
	letters(s->id, len, out);
}

static void type_tel(const struct mem *m, const struct step *s, int nth,
		     char out[40])
{
	/* Some people write numbers with spaces; a card has none. */
	snprintf(out, 40, is_card(m) || s->pick % 3 ? "+49%d%04u77"
						    : "+49 %d %04u 77",
		 170 + nth, s->id);
}

/* ---- steps ---- */

/* A card's record may change once between two runs: name and number both
 * changed is another person, and that is a step of its own. */
static bool fresh(const struct world *w, unsigned int at,
		  const struct mem_rec *k)
{
	return is_card(w->m[at]) && k->seq > w->looked[at];
}

static size_t twins(const struct mem *m, const struct mem_rec *k)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->rec[i].used && &m->rec[i] != k &&
		     sim_item_equal(&m->rec[i].item, &k->item);
	return n;
}

static void put(struct world *w, unsigned int at, const char *ref,
		const char *uid, const struct sim_item *it)
{
	char place[40];

	snprintf(place, sizeof(place), "%s", ref);
	trace_item(w, "now", w->m[at], place, it);
	mem_put(w->m[at], place, uid, it);
}

static void put_new(struct world *w, unsigned int at, unsigned int id,
		    const struct sim_item *it)
{
	struct mem *m = w->m[at];
	char uid[40], *ref = NULL;

	m->reserved_n = 0;
	mem_place(&m->r, it, NULL, &ref, &w->e);
	snprintf(uid, sizeof(uid), "typed-by-a-person-%u", id);
	put(w, at, ref, is_card(m) ? NULL : uid, it);
	free(ref);
}

static void type_into(struct world *w, unsigned int at, uint64_t who,
		      struct person *q, struct sim_item *it, const char *name,
		      const char *text)
{
	struct value *v;

	sim_item_add(it, name, NULL, text);
	v = value_type(w, at, field_of(name), text, who);
	person_has(w, q, v);
}

/* Typed once more as it was known: what somebody typed over stays so. */
static struct value *typed_again(struct world *w, unsigned int at, char field,
				 const char *text, uint64_t who)
{
	struct value *v = value_find(w->p, field, text);
	bool gone = v && v->gone;

	v = value_type(w, at, field, text, who);
	v->gone = gone;
	return v;
}

/* A person as typed there: the more a place holds, the more is typed. */
static bool person_typed(struct world *w, const struct step *s,
			 const char *tel, struct sim_item *it, uint64_t *who)
{
	struct mem *m = w->m[s->at];
	struct person *q = person_new(w, s->at, who);
	char text[64];

	sim_item_init(it, SIM_CONTACT);
	if (!q)
		return false;
	type_name(m, s, text);
	type_into(w, s->at, *who, q, it, "FN", text);
	type_tel(m, s, 0, text);
	if (tel && is_card(m))
		bare('T', tel, text);
	else if (tel)
		snprintf(text, sizeof(text), "%s", tel);
	type_into(w, s->at, *who, q, it, "TEL", text);
	if (is_card(m) ? m->tels > 1 && s->pick & 4 : s->pick & 4) {
		type_tel(m, s, 1, text);
		type_into(w, s->at, *who, q, it, "TEL", text);
	}
	if (is_card(m) ? m->emails && s->pick & 8 : s->pick & 8) {
		snprintf(text, sizeof(text), "m%u@example.org", s->id);
		type_into(w, s->at, *who, q, it, "EMAIL", text);
	}
	if (!is_card(m) && s->pick & 16) {
		snprintf(text, sizeof(text), "note %u", s->id);
		type_into(w, s->at, *who, q, it, "NOTE", text);
	}
	return true;
}

static bool full(const struct mem *m)
{
	return mem_count(m) >= m->capacity;
}

static void add(struct world *w, const struct step *s)
{
	struct sim_item it;
	uint64_t who;

	if (full(w->m[s->at]))
		return;
	if (person_typed(w, s, NULL, &it, &who))
		put_new(w, s->at, s->id, &it);
	sim_item_free(&it);
}

/* Two people, one telephone. */
static void share(struct world *w, const struct step *s)
{
	struct mem_rec *k = pick(w->m[s->pick % w->n], s->pick);
	const char *tel = k ? sim_item_get(&k->item, "TEL") : NULL;
	struct sim_item it;
	uint64_t who;

	if (!tel || full(w->m[s->at]))
		return;
	/* Which of them a number belongs to is no longer clear. */
	person_wild(w, value_find(w->p, 'T', tel)->people);
	if (person_typed(w, s, tel, &it, &who)) {
		person_wild(w, who);
		put_new(w, s->at, s->id, &it);
	}
	sim_item_free(&it);
}

/* The same person, typed where nobody knows of it yet. */
static void again(struct world *w, const struct step *s)
{
	struct mem *from = w->m[s->pick % w->n], *m = w->m[s->at];
	struct mem_rec *k = pick(from, s->pick);
	uint64_t who = k ? people_of(w, from, &k->item) : 0;
	struct sim_item it = {.kind = SIM_CONTACT};
	char text[40], tel[64];
	struct value *name;

	if (!k || from == m || full(m) || !sim_item_get(&k->item, "TEL") ||
	    m->seq != w->looked[s->at])
		return;
	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used &&
		    (people_of(w, m, &m->rec[i].item) & who))
			return;
	person_wild(w, who);
	snprintf(text, sizeof(text), "%s", sim_item_get(&k->item, "FN"));
	if (is_card(m) && strlen(text) > m->name_bytes)
		text[m->name_bytes] = '\0';
	if (is_card(m))
		while (*text && text[strlen(text) - 1] == ' ')
			text[strlen(text) - 1] = '\0';
	sim_item_add(&it, "FN", NULL, text);
	name = typed_again(w, s->at, 'N', text, who);
	/* Where it is cut it stands for the whole name. */
	for (unsigned int i = 0; i < w->p->values; i++)
		name->gone |= w->p->value[i].field == 'N' &&
			      (w->p->value[i].people & who) &&
			      &w->p->value[i] != name &&
			      !strncmp(w->p->value[i].text, text, strlen(text));
	snprintf(tel, sizeof(tel), "%s", sim_item_get(&k->item, "TEL"));
	if (is_card(m))
		bare('T', sim_item_get(&k->item, "TEL"), tel);
	sim_item_add(&it, "TEL", NULL, tel);
	typed_again(w, s->at, 'T', tel, who);
	if (!is_card(m)) {
		snprintf(text, sizeof(text), "note %u", s->id);
		sim_item_add(&it, "NOTE", NULL, text);
		value_type(w, s->at, 'O', text, who);
	}
	put_new(w, s->at, s->id, &it);
	sim_item_free(&it);
}

/*
 * The @nth property of a name becomes @text (NULL: removed). One of two
 * identical records is not the other's any more: from now on it may be anybody.
 */
static void change(struct world *w, const struct step *s, struct mem_rec *k,
		   const char *name, size_t nth, const char *text)
{
	struct mem *m = w->m[s->at];
	char field = field_of(name);
	uint64_t who = people_of(w, m, &k->item);
	struct sim_item it = {.kind = SIM_CONTACT};
	struct value *old = NULL, *new = NULL;
	char was[64] = "";
	bool fork = twins(m, k);

	for (size_t i = 0; i < k->item.n; i++) {
		const struct sim_prop *p = &k->item.prop[i];

		if (!strcmp(p->name, name) && !nth--) {
			snprintf(was, sizeof(was), "%s", p->value);
			if (text)
				sim_item_add(&it, name, NULL, text);
			continue;
		}
		sim_item_add(&it, p->name, p->params, p->value);
	}
	if (text && !*was)
		sim_item_add(&it, name, NULL, text);
	person_edit(w, who, s->at);
	/* Whoever goes on from half a record takes that half as it is. */
	if (k->torn && sim_item_get(&it, "FN") &&
	    !value_find(w->p, 'N', sim_item_get(&it, "FN"))) {
		person_wild(w, who);
		value_type(w, s->at, 'N', sim_item_get(&it, "FN"), who)->gone =
			true;
	}
	if (fork) {
		person_wild(w, who);
		for (size_t i = 0; i < it.n; i++)
			value_type(w, s->at, field_of(it.prop[i].name), it.prop[i].value, who);
	}
	/* Half written, the old name put back is one the write did not reach; and
	 * under other rules it is what it was before them. */
	if (text)
		new = (k->torn || history_has(w->h, RULES)
			       ? typed_again
			       : value_type)(w, s->at, field, text, who);
	if (*was && field == 'N' && is_card(m)) {
		/* It stood for every name that is cut to this. */
		for (unsigned int i = 0; i < w->p->values; i++) {
			struct value *v = &w->p->value[i];

			if (v->field != 'N' || v == new ||
			    !(v->people & who) ||
			    strncmp(v->text, was, strlen(was)))
				continue;
			value_over(v, who);
			old = v->seen & 1u << s->at &&
			      (!old || strlen(v->text) > strlen(old->text))
				      ? v : old;
		}
		/* Which of several it stood for is seen in what it is of. */
		for (unsigned int i = 0; person_one(w, who) &&
					 i < person_one(w, who)->owns; i++) {
			struct value *v =
				&w->p->value[person_one(w, who)->own[i]];

			if (v->field == 'N' &&
			    !strncmp(v->text, was, strlen(was)))
				old = v;
		}
	} else if (*was) {
		old = value_find(w->p, field, was);
		if (old)
			value_over(old, who);
	}
	if (old != new)
		person_over(w, who, *was ? old : NULL, new);
	if (*was && !old)
		person_wild(w, who);
	put(w, s->at, k->ref, NULL, &it);
	sim_item_free(&it);
}

static size_t count(const struct sim_item *it, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < it->n; i++)
		n += !strcmp(it->prop[i].name, name);
	return n;
}

/* Completed by a word where there is room, else cut by one. */
static bool respell(const struct mem *m, const struct step *s, const char *was,
		    char out[40])
{
	size_t n = strlen(was);

	snprintf(out, 40, "%.34s", was);
	if (n + 4 <= m->name_bytes) {
		out[n] = ' ';
		out[n + 1] = (char)('A' + s->id % 26);
		out[n + 2] = (char)('a' + s->id / 26 % 26);
		out[n + 3] = 'x';
		out[n + 4] = '\0';
		return true;
	}
	if (!strrchr(out, ' '))
		return false;
	*strrchr(out, ' ') = '\0';
	return true;
}

static void edit(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	size_t tels = k ? count(&k->item, "TEL") : 0;
	char text[40], was[64];

	if (!k || fresh(w, s->at, k))
		return;
	switch (s->type) {
	case RETEL:
		type_tel(m, s, 2, text);
		change(w, s, k, "TEL", 0, text);
		break;
	case RENAME:
		type_name(m, s, text);
		snprintf(was, sizeof(was), "%s", sim_item_get(&k->item, "FN"));
		if (is_card(m) && !respell(m, s, was, text))
			return;
		change(w, s, k, "FN", 0, text);
		break;
	case RENOTE:
		snprintf(text, sizeof(text), "note %u", s->id);
		if (!is_card(m))
			change(w, s, k, "NOTE", 0, text);
		break;
	case REMAIL:
		snprintf(text, sizeof(text), "m%u@example.org", s->id);
		if (!is_card(m) || m->emails)
			change(w, s, k, "EMAIL", 0, text);
		break;
	case MORE:
		type_tel(m, s, 3, text);
		if (!is_card(m) || m->tels > tels)
			change(w, s, k, "TEL", tels, text);
		break;
	default:
		if (tels > 1)
			change(w, s, k, "TEL", s->pick % tels, NULL);
		break;
	}
}

/* The last number is the first one now. */
static void order(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	struct sim_item it = {.kind = SIM_CONTACT};
	uint64_t who;
	const struct sim_prop *last = NULL;

	if (!k || is_card(m) || count(&k->item, "TEL") < 2)
		return;
	who = people_of(w, m, &k->item);
	for (size_t i = 0; i < k->item.n; i++)
		if (!strcmp(k->item.prop[i].name, "TEL"))
			last = &k->item.prop[i];
	sim_item_add(&it, "TEL", last->params, last->value);
	for (size_t i = 0; i < k->item.n; i++)
		if (&k->item.prop[i] != last)
			sim_item_add(&it, k->item.prop[i].name,
				     k->item.prop[i].params,
				     k->item.prop[i].value);
	person_edit(w, who, s->at);
	put(w, s->at, k->ref, NULL, &it);
	sim_item_free(&it);
}

static void delete(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	uint64_t who;

	/* All gone at once is a guard's business, and a step of its own. */
	if (!k || mem_count(m) < 3)
		return;
	who = people_of(w, m, &k->item);
	/* Two who look the same here: one goes, and nobody can tell which. */
	if (!twins(m, k) || !person_one(w, who) || person_one(w, who)->wild)
		person_delete(w, who, s->at);
	/* Nobody ever saw that it was somebody else for a while. */
	if (person_one(w, who) && person_one(w, who)->over)
		person_delete(w, person_one(w, who)->over, s->at);
	trace_item(w, "deleted", m, k->ref, &k->item);
	mem_del(m, k->ref);
}

static void wipe(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];

	/* What nobody could read before is lost with it. */
	if (m->seq != w->looked[s->at] || mem_count(m) < 2 ||
	    w->unread[s->at] || !looked_at(w, s->at))
		return;
	trace(w, "%s emptied\n", m->name);
	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used)
			mem_del(m, m->rec[i].ref);
	w->wiped[s->at] = true;
}

static void twin(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	struct sim_item it = {.kind = SIM_CONTACT};

	if (!k || !is_card(m) || full(m) || fresh(w, s->at, k))
		return;
	sim_item_copy(&it, &k->item);
	put_new(w, s->at, s->id, &it);
	sim_item_free(&it);
}

/* Another terminal sorts the card. */
static void swap(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *a = pick(m, s->pick), *b = pick(m, s->id);
	struct sim_item x = {.kind = SIM_CONTACT}, y = {.kind = SIM_CONTACT};


	if (!a || a == b || !is_card(m))
		return;
	sim_item_copy(&x, &a->item);
	sim_item_copy(&y, &b->item);
	put(w, s->at, a->ref, NULL, &y);
	put(w, s->at, b->ref, NULL, &x);
	sim_item_free(&x);
	sim_item_free(&y);
}

static void reuse(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	struct sim_item it;
	uint64_t who, old;

	if (!k || !is_card(m) || fresh(w, s->at, k))
		return;
	if (person_typed(w, s, NULL, &it, &who)) {
		old = people_of(w, m, &k->item);
		if (!twins(m, k) || !person_one(w, old) ||
		    person_one(w, old)->wild)
			person_delete(w, old, s->at);
		put(w, s->at, k->ref, NULL, &it);
	}
	sim_item_free(&it);
}

static bool held_elsewhere(struct world *w, const struct value *v,
			   unsigned int but)
{
	for (unsigned int i = 0; i < w->n; i++)
		for (size_t k = 0; i != but && k < w->m[i]->n; k++)
			for (size_t j = 0; w->m[i]->rec[k].used &&
					   j < w->m[i]->rec[k].item.n; j++) {
				const struct sim_prop *p =
					&w->m[i]->rec[k].item.prop[j];
				char t[64];

				bare(strcmp(p->name, "TEL") ? 'N' : 'T',
				     p->value, t);
				if (!strcmp(t, v->text))
					return true;
			}
	return false;
}

/* Renamed, or somebody else with that telephone? Both stay. */
static void other(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k = pick(m, s->pick);
	struct sim_item it;
	uint64_t old, who;

	if (!k || !is_card(m) || fresh(w, s->at, k) ||
	    !sim_item_get(&k->item, "TEL"))
		return;
	old = people_of(w, m, &k->item);
	if (person_typed(w, s, sim_item_get(&k->item, "TEL"), &it, &who)) {
		person_wild(w, who | old);
		person_one(w, who)->over = old;
		for (unsigned int i = 0; i < w->p->values; i++) {
			struct value *v = &w->p->value[i];

			if (!(v->people & old))
				continue;
			/* Of two copies the other is who it was: as edited. */
			v->gone = v->gone || v->over;
			if (held_elsewhere(w, v, s->at))
				continue;
			if (v->people & who)
				v->left |= old & ~who;
			else
				v->gone = true;
		}
		put(w, s->at, k->ref, NULL, &it);
	}
	sim_item_free(&it);
}

/* Who does what; the rest is the world's. */
static void (*const does[STEP_TYPES])(struct world *w, const struct step *s) = {
	[ADD] = add, [SHARE] = share, [AGAIN] = again, [RETEL] = edit,
	[RENAME] = edit, [RENOTE] = edit, [REMAIL] = edit, [MORE] = edit,
	[LESS] = edit, [ORDER] = order, [DELETE] = delete, [WIPE] = wipe,
	[TWIN] = twin, [SWAP] = swap, [REUSE] = reuse, [OTHER] = other,
	[RESOLVE] = resolve, [SPLIT] = split, [JOIN] = join, [UNDO] = undo,
};

bool step_of_people(struct world *w, const struct step *s)
{
	if (does[s->type])
		does[s->type](w, s);
	return does[s->type];
}
