// SPDX-License-Identifier: MIT
/*
 * history.c - histories as data: made from a seed, printed, read back
 */
#include "model.h"

/**
 * struct kind - a kind of step
 * @name: in a printed history
 * @weight: how often, beside the others
 * @what: for people
 */
struct kind {
	const char *name;
	unsigned int weight;
	const char *what;
};

static const struct kind kinds[STEP_TYPES] = {
	[ADD] = {"add", 40, "somebody new"},
	[SHARE] = {"share", 6, "somebody new with the number of another"},
	[AGAIN] = {"again", 6, "somebody typed a second time elsewhere"},
	[RETEL] = {"retel", 26, "the first number changed"},
	[RENAME] = {"rename", 20, "the name changed (a card: completed, respelled)"},
	[RENOTE] = {"renote", 8, "the note changed"},
	[REMAIL] = {"remail", 8, "the e-mail changed"},
	[MORE] = {"more", 10, "a second number"},
	[LESS] = {"less", 10, "a number removed"},
	[ORDER] = {"order", 6, "another number first"},
	[DELETE] = {"delete", 16, "deleted"},
	[WIPE] = {"wipe", 2, "emptied by accident"},
	[TWIN] = {"twin", 8, "an identical record"},
	[SWAP] = {"swap", 8, "two records change places"},
	[REUSE] = {"reuse", 6, "the record is somebody else's"},
	[OTHER] = {"other", 4, "another name on the same number"},
	[AWAY] = {"away", 16, "goes, or comes back"},
	[FAULT] = {"fault", 6, "something fails in the next run"},
	[CLOCK] = {"clock", 3, "the clock jumps"},
	[RULES] = {"rules", 0, "other rules"},
	[RESOLVE] = {"resolve", 5, "a conflict decided"},
	[SPLIT] = {"split", 2, "duplicates are two people"},
	[JOIN] = {"join", 3, "duplicates are one person"},
	[UNDO] = {"undo", 3, "what a run brought in is taken back"},
	[RUN] = {"run", 70, "simsync runs"},
};

static const char *const classes[] = {
	[SIM_PHYSICAL] = "physical", [SIM_VIRTUAL] = "virtual",
	[SIM_LOCAL] = "local", [SIM_REMOTE] = "remote",
};

static uint32_t rnd(uint64_t *s, uint32_t below)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return (uint32_t)((*s >> 20) % below);
}

static void make_places(struct history *h, uint64_t *s)
{
	unsigned int cards = rnd(s, 5);

	h->place[h->places++] = (struct place){.class = SIM_LOCAL,
					       .tokens = rnd(s, 5)};
	if (!cards || rnd(s, 5))
		h->place[h->places++] = (struct place){.class = SIM_REMOTE,
						       .tokens = rnd(s, 5)};
	for (unsigned int i = 0; i < cards; i++)
		h->place[h->places++] = (struct place){
			.class = rnd(s, 3) ? SIM_PHYSICAL : SIM_VIRTUAL,
			.records = 2 + rnd(s, 16),
			.name = 8 + rnd(s, 16),
			.tels = 1 + rnd(s, 3),
			.emails = rnd(s, 2),
			.tokens = rnd(s, 2),
		};
}

void history_make(struct history *h, uint64_t seed)
{
	uint64_t s = seed * 0x9e3779b97f4a7c15u + 0x1234567;
	unsigned int weight[STEP_TYPES], sum = 0;

	memset(h, 0, sizeof(*h));
	h->seed = seed;
	for (int i = 0; i < 8; i++)
		rnd(&s, 2);
	make_places(h, &s);
	h->rules = rnd(&s, 2) ? 0 : rnd(&s, rulesets_n);
	for (int i = 0; i < STEP_TYPES; i++)
		weight[i] = kinds[i].weight;
	/* Some people let it run after each step, some once a month. */
	weight[RUN] = weight[RUN] / 4 * (1 + rnd(&s, 8));
	if (!rnd(&s, 2))
		weight[FAULT] = weight[WIPE] = 0;
	if (!rnd(&s, 4))
		weight[RULES] = 8;
	for (int i = 0; i < STEP_TYPES; i++)
		sum += weight[i];
	h->steps = 4 + rnd(&s, 44);
	for (unsigned int i = 0; i < h->steps; i++) {
		uint32_t n = rnd(&s, sum);
		int type = 0;

		while (n >= weight[type])
			n -= weight[type++];
		h->step[i] = (struct step){(enum step_type)type,
					   rnd(&s, h->places), rnd(&s, 1000),
					   i + 1};
	}
	h->policy = rnd(&s, 3) ? RULE_ASK : rnd(&s, RULE_ASK);
}

void history_print(const struct history *h, FILE *f)
{
	for (unsigned int i = 0; i < h->places; i++) {
		const struct place *p = &h->place[i];

		fprintf(f, "place %s %u %u %u %u %d\n", classes[p->class],
			p->records, p->name, p->tels, p->emails, p->tokens);
	}
	fprintf(f, "start %u %u %u %u\n", h->rules, h->kill_run, h->kill_at,
		h->policy);
	for (unsigned int i = 0; i < h->steps; i++) {
		const struct step *s = &h->step[i];

		fprintf(f, "%s %u %u %u\n", kinds[s->type].name, s->at, s->pick,
			s->id);
	}
}

static int read_place(struct history *h, const char *text)
{
	struct place *p = &h->place[h->places];
	char class[16];
	int tokens;

	if (h->places == MAX_REPLICAS ||
	    sscanf(text, "place %15s %u %u %u %u %d", class, &p->records,
		   &p->name, &p->tels, &p->emails, &tokens) != 6)
		return -1;
	p->tokens = tokens;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (strcmp(class, classes[i]))
			continue;
		p->class = (enum sim_class)i;
		h->places++;
		return 0;
	}
	return -1;
}

static int read_step(struct history *h, const char *text)
{
	struct step *s = &h->step[h->steps];
	char name[16];

	if (h->steps == MAX_STEPS ||
	    sscanf(text, "%15s %u %u %u", name, &s->at, &s->pick, &s->id) != 4)
		return -1;
	for (int i = 0; i < STEP_TYPES; i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		s->type = (enum step_type)i;
		h->steps++;
		return 0;
	}
	return -1;
}

int history_read(struct history *h, FILE *f, unsigned int *line)
{
	char text[128];

	memset(h, 0, sizeof(*h));
	for (*line = 1; fgets(text, sizeof(text), f); ++*line) {
		if (*text == '#' || *text == '\n')
			continue;
		if (!strncmp(text, "place ", 6)) {
			if (read_place(h, text))
				return -1;
		} else if (!strncmp(text, "start ", 6)) {
			h->policy = RULE_ASK;
			if (sscanf(text, "start %u %u %u %u", &h->rules,
				   &h->kill_run, &h->kill_at, &h->policy) < 3 ||
			    h->rules >= rulesets_n || h->policy > RULE_ASK)
				return -1;
		} else if (read_step(h, text)) {
			return -1;
		}
	}
	return h->places ? 0 : -1;
}

bool history_has(const struct history *h, enum step_type type)
{
	for (unsigned int i = 0; i < h->steps; i++)
		if (h->step[i].type == type)
			return true;
	return false;
}
