// SPDX-License-Identifier: MIT
/*
 * world.c - replicas in memory, a phone's ledger, and what happens to them
 */
#include "model.h"

bool is_card(const struct mem *m)
{
	return !m->r.lossless;
}

void bad(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (*w->said)
		return;
	va_start(ap, fmt);
	vsnprintf(w->said, sizeof(w->said), fmt, ap);
	va_end(ap);
	for (char *c = w->said; *c; c++)
		if (*c == '\n')
			*c = ' ';
	trace(w, "BAD %s\n", w->said);
}

void trace(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->trace)
		return;
	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	va_end(ap);
}

static void trace_item(struct world *w, const char *what, const struct mem *m,
		       const char *ref, const struct sim_item *it)
{
	if (!w->trace)
		return;
	printf("# %s %s %s:", m->name, ref, what);
	for (size_t i = 0; i < it->n; i++)
		printf(" %s:%s", it->prop[i].name, it->prop[i].value);
	printf("\n");
}

/* ---- contents, in an order that is the same wherever a record is ---- */

static char *text_of(const struct sim_item *it)
{
	struct sim_item sorted = {.kind = it->kind};
	char *text;

	sim_item_copy(&sorted, it);
	for (size_t i = 1; i < sorted.n; i++)
		for (size_t k = i; k && strcmp(sorted.prop[k - 1].name,
					       sorted.prop[k].name) > 0; k--) {
			struct sim_prop p = sorted.prop[k];

			sorted.prop[k] = sorted.prop[k - 1];
			sorted.prop[k - 1] = p;
		}
	text = sim_item_text(&sorted);
	sim_item_free(&sorted);
	return text;
}

struct named {
	char *text;
	struct mem_rec *rec;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->text,
		      ((const struct named *)b)->text);
}

static size_t sorted(const struct mem *m, struct named *out)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->rec[i].used)
			out[n++] = (struct named){text_of(&m->rec[i].item),
						  (struct mem_rec *)&m->rec[i]};
	if (n)
		qsort(out, n, sizeof(*out), by_text);
	return n;
}

static struct mem_rec *pick(struct mem *m, unsigned int at)
{
	struct named *all = calloc(m->n + 1, sizeof(*all));
	size_t n = sorted(m, all);
	struct mem_rec *rec = n ? all[at % n].rec : NULL;

	for (size_t i = 0; i < n; i++)
		free(all[i].text);
	free(all);
	return rec;
}

char *world_text(const struct mem *m)
{
	struct named *all = calloc(m->n + 1, sizeof(*all));
	size_t n = sorted(m, all), len = 1;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += strlen(all[i].text) + 1;
	out = calloc(1, len);
	for (size_t i = 0; i < n; i++) {
		strcat(out, all[i].text);
		strcat(out, "\n");
		free(all[i].text);
	}
	free(all);
	return out;
}

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
	v = value_type(w, at, !strcmp(name, "FN") ? 'N' : !strcmp(name, "TEL") ?
		       'T' : !strcmp(name, "EMAIL") ? 'E' : 'O', text, who);
	person_has(w, q, v);
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
	value_type(w, s->at, 'N', text, who);
	snprintf(tel, sizeof(tel), "%s", sim_item_get(&k->item, "TEL"));
	if (is_card(m))
		bare('T', sim_item_get(&k->item, "TEL"), tel);
	sim_item_add(&it, "TEL", NULL, tel);
	value_type(w, s->at, 'T', tel, who);
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
	char field = !strcmp(name, "FN") ? 'N' : !strcmp(name, "TEL") ? 'T' :
		     !strcmp(name, "EMAIL") ? 'E' : 'O';
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
	if (fork) {
		person_wild(w, who);
		for (size_t i = 0; i < it.n; i++)
			value_type(w, s->at, !strcmp(it.prop[i].name, "FN") ?
				   'N' : !strcmp(it.prop[i].name, "TEL") ? 'T' :
				   'E', it.prop[i].value, who);
	}
	if (text)
		new = value_type(w, s->at, field, text, who);
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
	trace_item(w, "deleted", m, k->ref, &k->item);
	mem_del(m, k->ref);
}

static void wipe(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];

	if (m->seq != w->looked[s->at] || mem_count(m) < 2 ||
	    !looked_at(w, s->at))
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
	long sa, sb;

	if (!a || a == b || !is_card(m))
		return;
	sa = a->seq;
	sb = b->seq;
	sim_item_copy(&x, &a->item);
	sim_item_copy(&y, &b->item);
	put(w, s->at, a->ref, NULL, &y);
	put(w, s->at, b->ref, NULL, &x);
	/* Two that moved and changed are hard to follow even for a person. */
	(void)sa;
	(void)sb;
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
		for (unsigned int i = 0; i < w->p->values; i++) {
			struct value *v = &w->p->value[i];

			if ((v->people & old) && !(v->people & who) &&
			    !held_elsewhere(w, v, s->at))
				v->gone = true;
		}
		put(w, s->at, k->ref, NULL, &it);
	}
	sim_item_free(&it);
}

static void fault(struct world *w, const struct step *s)
{
	struct mem *m = w->m[s->at];
	struct mem_rec *k;

	if (w->fault[s->at] || !s->at)
		return;
	w->fault[s->at] = true;
	switch (s->pick % 6) {
	case 0:
		m->away_after = (int)(s->pick / 6 % 4);
		break;
	case 1:
		m->moved_once = 1;
		break;
	case 2:
		m->broken = true;
		break;
	case 3:
		k = pick(m, s->pick);
		if (k)
			k->unreadable = true;
		break;
	case 4:
		if (is_card(m))
			m->half_way = (int)(s->pick / 6 % 3);
		break;
	default:
		if (is_card(m))
			m->tear = (int)(s->pick / 6 % 3);
	}
	trace(w, "%s will fail: %u\n", m->name, s->pick % 6);
}

static void mend(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++) {
		struct mem *m = w->m[i];

		if (!w->here[i])
			continue;
		w->fault[i] = false;
		m->away_after = m->half_way = m->tear = -1;
		m->moved_once = 0;
		m->broken = false;
		for (size_t k = 0; k < m->n; k++)
			m->rec[k].unreadable = false;
	}
}

/* What a card was given under other rules is its own under these. */
static void give_cards_their_own(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++) {
		struct mem *m = w->m[i];

		for (size_t k = 0; is_card(m) && k < m->n; k++) {
			const char *fn = sim_item_get(&m->rec[k].item, "FN");
			uint64_t who = people_of(w, m, &m->rec[k].item);

			if (m->rec[k].used && fn && who &&
			    !value_find(w->p, 'N', fn))
				value_type(w, i, 'N', fn, who)->gone = true;
		}
	}
}

static void set_rules(struct world *w, unsigned int row)
{
	w->rules_row = row;
	for (int i = 0; i < RULES_MAX; i++)
		w->rules.rule[i].on = rulesets[row].on & 1u << i;
	trace(w, "rules %u\n", row);
}

/* ---- decisions ---- */

struct choice {
	int64_t id, item;
	char field[64], where[64], value[128];
	unsigned int n, at;
};

static int choose(const struct ledger_conflict *row, void *arg)
{
	struct choice *c = arg;

	if (c->n++ != c->at)
		return 0;
	c->id = row->id;
	c->item = row->item;
	snprintf(c->field, sizeof(c->field), "%s", row->field);
	snprintf(c->where, sizeof(c->where), "%s", row->replica);
	snprintf(c->value, sizeof(c->value), "%s", row->value ? row->value : "");
	return 0;
}

/* What the others have of it may go now. */
static int give_up(const struct ledger_conflict *row, void *arg)
{
	struct world *w = arg;
	struct sim_item it = {.kind = SIM_CONTACT};

	if (row->value && !sim_item_parse(&it, SIM_CONTACT, row->value)) {
		for (size_t i = 0; i < it.n; i++) {
			char field = !strcmp(it.prop[i].name, "FN") ? 'N' :
				     !strcmp(it.prop[i].name, "TEL") ? 'T' :
				     !strcmp(it.prop[i].name, "EMAIL") ? 'E' :
								       'O';
			for (unsigned int k = 0; k < w->p->values; k++) {
				struct value *v = &w->p->value[k];
				char t[64];

				bare(field, it.prop[i].value, t);
				if (v->field == field &&
				    !strncmp(v->text, t, strlen(t))) {
					v->gone = true;
					person_wild(w, v->people);
				}
			}
		}
	}
	sim_item_free(&it);
	return 0;
}

static void resolve(struct world *w, const struct step *s)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	struct choice c = {0};

	if (ledger_conflicts(w->l, choose, &c, &w->e) || !c.n)
		return;
	c = (struct choice){.at = s->pick % c.n};
	ledger_conflicts(w->l, choose, &c, &w->e);
	trace(w, "conflict about %s: %s's %s\n", c.field, c.where, c.value);
	/* Everything in conflict may be given up, for the model. */
	ledger_conflicts(w->l, give_up, w, &w->e);
	if (decide_conflict(&d, c.id, c.where, &w->e))
		bad(w, "resolve: %s", w->e.text);
}

static int first_pair(const struct ledger_duplicate *row, void *arg)
{
	int64_t *pair = arg;

	if (!pair[0]) {
		pair[0] = row->a;
		pair[1] = row->b;
	}
	return 0;
}

static void split(struct world *w)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};
	int64_t pair[2] = {0};

	if (!ledger_duplicates(w->l, first_pair, pair, &w->e) && pair[0] &&
	    decide_split(&d, pair[0], pair[1], &w->e))
		bad(w, "split: %s", w->e.text);
}

/* ---- runs ---- */

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static void make_uuid(char out[37], void *arg)
{
	snprintf(out, 37, "00000000-0000-4000-8000-%012x",
		 ++((struct world *)arg)->uuids);
}

static int kill_here(const char *point, void *arg)
{
	struct world *w = arg;

	(void)point;
	return ++w->points == w->kill_at;
}

static int run_once(struct world *w)
{
	struct sim_replica *r[MAX_REPLICAS];
	size_t n = 0;
	int rc;

	for (unsigned int i = 0; i < w->n; i++)
		if (w->here[i])
			r[n++] = &w->m[i]->r;
	sync_report_free(&w->rep);
	w->now += 3600;
	w->points = 0;
	rc = sync_run(w->l, &w->rules, r, n, &w->opt, &w->rep, &w->e);
	trace(w, "run of %zu: %d %s\n", n, rc, w->rep.detail);
	for (size_t i = 0; i < w->rep.n; i++)
		trace(w, "  %s %d %d %s: %s (%s)\n", w->rep.line[i].replica,
		      w->rep.line[i].type, w->rep.line[i].verb,
		      w->rep.line[i].title,
		      sync_outcome_name(w->rep.line[i].outcome),
		      w->rep.line[i].reason);
	return rc;
}

/* What was an accident is restored, the rest was meant. */
static void answer(struct world *w)
{
	struct decide d = {.l = w->l, .now = w->now, .country = "49"};

	for (unsigned int i = 0; i < w->n; i++)
		if (w->here[i] && w->wiped[i] &&
		    decide_restore(&d, w->m[i]->name, &w->e) < 0)
			bad(w, "restore: %s", w->e.text);
	if (ledger_release(w->l, NULL, &w->e) < 0)
		bad(w, "release: %s", w->e.text);
}

static void run(struct world *w)
{
	bool failing = false;
	unsigned int points;
	int rc;

	w->kill_at = w->runs == w->h->kill_run ? w->h->kill_at : 0;
	rc = run_once(w);
	points = w->points;
	if (rc) {
		if (!w->kill_at || w->points < w->kill_at)
			bad(w, "run: %s", w->e.text);
		w->kill_at = 0;
		if (run_once(w))
			bad(w, "run after a kill: %s", w->e.text);
	}
	w->kill_at = 0;
	for (int i = 0; w->rep.held && i < 6; i++) {
		answer(w);
		if (run_once(w))
			bad(w, "run after an answer: %s", w->e.text);
	}
	if (w->runs < MAX_STEPS)
		w->points_of[w->runs] = points;
	w->runs++;
	if (w->rep.held)
		bad(w, "still held after every answer: %s", w->rep.detail);
	for (unsigned int i = 0; i < w->n; i++)
		failing |= w->here[i] && w->fault[i];
	people_ran(w);
	if (!failing)
		check_run(w);
	for (unsigned int i = 0; i < w->n; i++) {
		if (!looked_at(w, i))
			continue;
		w->wiped[i] = w->wiped[i] && w->fault[i];
		w->looked[i] = w->m[i]->seq;
	}
	mend(w);
}

static void play(struct world *w, const struct step *s)
{
	if (s->at >= w->n)
		return;
	/* Emptied: nobody touches it until it was looked at. */
	if (w->wiped[s->at] && s->type != RUN && s->type != AWAY)
		return;
	switch (s->type) {
	case ADD:
		add(w, s);
		break;
	case SHARE:
		share(w, s);
		break;
	case AGAIN:
		again(w, s);
		break;
	case RETEL:
	case RENAME:
	case RENOTE:
	case REMAIL:
	case MORE:
	case LESS:
		edit(w, s);
		break;
	case ORDER:
		order(w, s);
		break;
	case DELETE:
		delete(w, s);
		break;
	case WIPE:
		wipe(w, s);
		break;
	case TWIN:
		twin(w, s);
		break;
	case SWAP:
		swap(w, s);
		break;
	case REUSE:
		reuse(w, s);
		break;
	case OTHER:
		other(w, s);
		break;
	case AWAY:
		if (s->at)
			w->here[s->at] = !w->here[s->at];
		trace(w, "%s %s\n", w->m[s->at]->name,
		      w->here[s->at] ? "is back" : "is away");
		break;
	case FAULT:
		fault(w, s);
		break;
	case CLOCK:
		w->now += ((int64_t)s->pick - 500) * 3600;
		break;
	case RULES:
		give_cards_their_own(w);
		set_rules(w, s->pick % rulesets_n);
		break;
	case RESOLVE:
		resolve(w, s);
		break;
	case SPLIT:
		split(w);
		break;
	case RUN:
	case STEP_TYPES:
		run(w);
	}
}

static void finish(struct world *w)
{
	for (unsigned int i = 0; i < w->n; i++)
		w->here[i] = true;
	for (int i = 0; i < 3 && !*w->said; i++)
		run(w);
	if (!*w->said)
		check_end(w);
	if (!*w->said && run_once(w))
		bad(w, "last run: %s", w->e.text);
	if (w->rep.created + w->rep.updated + w->rep.deleted + w->rep.seen)
		bad(w, "not quiet at the end: %s", w->rep.detail);
}

int world_play(struct world *w, const struct history *h, bool traced)
{
	memset(w, 0, sizeof(*w));
	w->h = h;
	w->trace = traced;
	w->p = calloc(1, sizeof(*w->p));
	w->n = h->places;
	w->l = ledger_empty();
	rules_init(&w->rules);
	for (unsigned int i = 0; i < w->n; i++) {
		const struct place *p = &h->place[i];
		char name[40];
		struct mem *m;

		snprintf(name, sizeof(name), p->class == SIM_LOCAL ? "local" :
			 p->class == SIM_REMOTE ? "remote" : "card:%u/x", i);
		m = w->m[i] = mem_new(p->class, name);
		m->tokens = p->tokens;
		w->here[i] = true;
		if (!is_card(m))
			continue;
		m->capacity = p->records;
		m->name_bytes = p->name;
		m->tels = p->tels;
		m->emails = p->emails;
	}
	set_rules(w, h->rules);
	w->now = 1800000000;
	w->opt = (struct sync_options){.now = clock_now, .uuid = make_uuid,
				       .fault = kill_here, .country = "49",
				       .arg = w};
	for (unsigned int i = 0; i < h->steps && !*w->said; i++)
		play(w, &h->step[i]);
	if (!*w->said)
		finish(w);
	return *w->said ? -1 : 0;
}

void world_free(struct world *w)
{
	sync_report_free(&w->rep);
	rules_free(&w->rules);
	for (unsigned int i = 0; i < w->n; i++)
		w->m[i]->r.ops->free(&w->m[i]->r);
	free(w->p);
}
