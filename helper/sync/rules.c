/* SPDX-License-Identifier: MIT */
/*
 * rules.c - the predefined rules and the file that refines them
 */
#include "sync/rules.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "model/buf.h"

#define P RULE_BIT(SIM_PHYSICAL)
#define V RULE_BIT(SIM_VIRTUAL)
#define L RULE_BIT(SIM_LOCAL)
#define S RULE_BIT(SIM_REMOTE)

/* design.md, Rules. */
static const struct rule predefined[RULES_MAX] = {
	{.name = "R1", .says = "physical SIMs among themselves",
	 .classes = P, .alone = true, .may = RULE_DATA},
	{.name = "R2", .says = "virtual SIMs among themselves",
	 .classes = V, .alone = true, .may = RULE_DATA},
	{.name = "R3", .says = "physical and virtual SIMs",
	 .classes = P | V, .may = RULE_DATA},
	{.name = "R4", .says = "physical SIMs and this phone",
	 .classes = P | L, .may = RULE_ALL_DATA, .on = true},
	{.name = "R5", .says = "virtual SIMs and this phone",
	 .classes = V | L, .may = RULE_ALL_DATA, .on = true},
	{.name = "R6", .says = "this phone and the server",
	 .classes = L | S, .may = RULE_ALL_DATA, .on = true},
	{.name = "R7", .says = "physical and virtual SIMs and this phone",
	 .classes = P | V | L, .may = RULE_ALL_DATA},
	{.name = "R8",
	 .says = "physical and virtual SIMs, this phone and the server",
	 .classes = P | V | L | S, .may = RULE_ALL_DATA},
};

/* Words of the file and what they mean. */
struct word {
	const char *text;
	int value;
};

static const struct word unknown_words[] = {
	{"ask", RULE_UNKNOWN_ASK}, {"pull", RULE_PULL},
	{"fill", RULE_FILL},       {"ignore", RULE_IGNORE}, {0},
};

static const struct word kind_words[] = {
	{"contacts", RULE_BIT(SIM_CONTACT)},
	{"messages", RULE_BIT(SIM_MESSAGE)},
	{"info", RULE_BIT(SIM_INFO)}, {0},
};

static const struct word trigger_words[] = {
	{"card", RULE_BY_CARD}, {"phone", RULE_BY_PHONE},
	{"poll", RULE_BY_POLL}, {"resume", RULE_BY_RESUME}, {0},
};

/* How history calls them. */
static const struct word trigger_whys[] = {
	{"simslot", RULE_BY_CARD},	{"changed on the phone", RULE_BY_PHONE},
	{"poll", RULE_BY_POLL},		{"resume", RULE_BY_RESUME},
	{"asked for", RULE_BY_PERSON},	{"unlocked", RULE_BY_PERSON}, {0},
};

static const struct word class_words[] = {
	{"physical", SIM_PHYSICAL}, {"virtual", SIM_VIRTUAL},
	{"local", SIM_LOCAL},       {"server", SIM_REMOTE}, {0},
};

/* A direction is which classes it leaves out of giving or of taking. */
struct direction {
	const char *text;
	unsigned int touch;	/* the rule must have one of these */
	unsigned int only_give;
	unsigned int only_take;
};

static const struct direction directions[] = {
	{"both", ~0u, 0, 0},
	{"from-card", P | V, P | V, L | S},
	{"to-card", P | V, L | S, P | V},
	{"from-server", S, S, P | V | L},
	{"to-server", S, P | V | L, S},
	{0},
};

struct policy {
	const char *text;
	enum rule_policy policy;
	unsigned int prefer;
};

static const struct policy policies[] = {
	{"ask", RULE_ASK, 0},
	{"keep-both", RULE_KEEP_BOTH, 0},
	{"newest", RULE_NEWEST, 0},
	{"prefer-card", RULE_PREFER, P | V},
	{"prefer-local", RULE_PREFER, L},
	{"prefer-server", RULE_PREFER, S},
	{0},
};

void rules_init(struct rules *r)
{
	memset(r, 0, sizeof(*r));
	for (size_t i = 0; i < RULES_MAX; i++) {
		r->rule[i] = predefined[i];
		r->rule[i].kinds = r->rule[i].may;
		r->rule[i].give = r->rule[i].classes;
		r->rule[i].take = r->rule[i].classes;
		r->rule[i].policy = RULE_ASK;
		r->rule[i].triggers = RULE_BY_ALL;
	}
	r->unknown = RULE_UNKNOWN_ASK;
}

static void free_list(char ***list, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
	*n = 0;
}

void rules_free(struct rules *r)
{
	for (size_t i = 0; i < RULES_MAX; i++) {
		free_list(&r->rule[i].group, &r->rule[i].groups);
		free_list(&r->rule[i].number, &r->rule[i].numbers);
	}
}

struct reader {
	const char *name;
	struct sim_err *e;
};

static int wrong(struct reader *rd, config_setting_t *s, const char *what,
		 const char *given)
{
	return sim_fail(rd->e, EX_CONFIG, "%s:%d: %s%s%s%s", rd->name,
			config_setting_source_line(s), what, given ? ": `" : "",
			given ? given : "", given ? "'" : "");
}

static int want_text(struct reader *rd, config_setting_t *s, const char **out)
{
	*out = config_setting_get_string(s);
	return *out ? 0
		    : wrong(rd, s, "a word in quotes is wanted for",
			    config_setting_name(s));
}

static int read_word(struct reader *rd, config_setting_t *s,
		     const struct word *w, int *out)
{
	const char *text;

	if (want_text(rd, s, &text))
		return -1;
	for (; w->text; w++) {
		if (!strcmp(w->text, text)) {
			*out = w->value;
			return 0;
		}
	}
	return wrong(rd, s, "not a word known here", text);
}

static bool is_list(config_setting_t *s)
{
	return config_setting_is_array(s) || config_setting_is_list(s);
}

static int read_kinds(struct reader *rd, config_setting_t *s, struct rule *r)
{
	int bit;

	if (!is_list(s))
		return wrong(rd, s, "a list is wanted for", "kinds");
	r->kinds = 0;
	for (int i = 0; i < config_setting_length(s); i++) {
		config_setting_t *el = config_setting_get_elem(s, (unsigned)i);

		if (read_word(rd, el, kind_words, &bit))
			return -1;
		if (!(r->may & (unsigned)bit))
			return wrong(rd, el,
				     "this rule is about user data only, not",
				     config_setting_get_string(el));
		r->kinds |= (unsigned)bit;
	}
	return 0;
}

static int read_triggers(struct reader *rd, config_setting_t *s,
			 struct rule *r)
{
	int bit;

	if (!is_list(s))
		return wrong(rd, s, "a list is wanted for", "triggers");
	r->triggers = RULE_BY_PERSON;
	for (int i = 0; i < config_setting_length(s); i++) {
		if (read_word(rd, config_setting_get_elem(s, (unsigned)i),
			      trigger_words, &bit))
			return -1;
		r->triggers |= (unsigned)bit;
	}
	return 0;
}

static int read_list(struct reader *rd, config_setting_t *s, char ***list,
		     size_t *n)
{
	if (!is_list(s))
		return wrong(rd, s, "a list is wanted for",
			     config_setting_name(s));
	free_list(list, n);
	*list = calloc((size_t)config_setting_length(s) + 1, sizeof(**list));
	if (!*list)
		return sim_fail(rd->e, EX_OSERR, "rules: out of memory");
	for (int i = 0; i < config_setting_length(s); i++) {
		config_setting_t *el = config_setting_get_elem(s, (unsigned)i);
		const char *text;

		if (want_text(rd, el, &text))
			return -1;
		if (!*text)
			return wrong(rd, el, "an empty word matches nothing",
				     NULL);
		(*list)[*n] = strdup(text);
		if (!(*list)[*n])
			return sim_fail(rd->e, EX_OSERR,
					"rules: out of memory");
		(*n)++;
	}
	return 0;
}

static int read_on(struct reader *rd, config_setting_t *s, struct rule *r)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return wrong(rd, s, "true or false is wanted for", "on");
	r->on = config_setting_get_bool(s);
	return 0;
}

static int read_direction(struct reader *rd, config_setting_t *s,
			  struct rule *r)
{
	const struct direction *d = directions;
	const char *text;

	if (want_text(rd, s, &text))
		return -1;
	while (d->text && strcmp(d->text, text))
		d++;
	if (!d->text)
		return wrong(rd, s, "not a direction", text);
	if (!(r->classes & d->touch) || !(r->classes & ~d->only_give) ||
	    !(r->classes & ~d->only_take))
		return wrong(rd, s, "this rule has no such two sides", text);
	r->give = r->classes & ~d->only_take;
	r->take = r->classes & ~d->only_give;
	return 0;
}

static int read_policy(struct reader *rd, config_setting_t *s, struct rule *r)
{
	const struct policy *p = policies;
	const char *text;

	if (want_text(rd, s, &text))
		return -1;
	while (p->text && strcmp(p->text, text))
		p++;
	if (!p->text)
		return wrong(rd, s, "not a conflict policy", text);
	if (p->prefer && !(p->prefer & r->classes))
		return wrong(rd, s, "this rule has no such side", text);
	r->policy = p->policy;
	r->prefer = p->prefer & r->classes;
	return 0;
}

static int read_groups(struct reader *rd, config_setting_t *s, struct rule *r)
{
	return read_list(rd, s, &r->group, &r->groups);
}

static int read_numbers(struct reader *rd, config_setting_t *s,
			struct rule *r)
{
	return read_list(rd, s, &r->number, &r->numbers);
}

static int read_spool(struct reader *rd, config_setting_t *s, struct rule *r)
{
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return wrong(rd, s, "true or false is wanted for",
			     "messages-to-card");
	r->spool = config_setting_get_bool(s);
	if (r->spool && !(r->classes & RULE_CARDS))
		return wrong(rd, s, "this rule has no such side",
			     "messages-to-card");
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct reader *rd, config_setting_t *s, struct rule *r);
} settings[] = {
	{"on", read_on},         {"kinds", read_kinds},
	{"direction", read_direction}, {"conflict", read_policy},
	{"groups", read_groups}, {"numbers", read_numbers},
	{"messages-to-card", read_spool}, {"triggers", read_triggers},
};

static int read_rule(struct reader *rd, config_setting_t *s, struct rule *r)
{
	if (!config_setting_is_group(s))
		return wrong(rd, s, "settings in { } are wanted for", r->name);
	r->line = (int)config_setting_source_line(s);
	for (int i = 0; i < config_setting_length(s); i++) {
		config_setting_t *el = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(el);
		size_t k = 0, n = sizeof(settings) / sizeof(*settings);

		while (k < n && strcmp(settings[k].name, name))
			k++;
		if (k == n)
			return wrong(rd, el, "a rule has no setting", name);
		if (settings[k].read(rd, el, r))
			return -1;
	}
	return 0;
}

static int read_rules(struct reader *rd, config_setting_t *s, struct rules *r)
{
	if (!config_setting_is_group(s))
		return wrong(rd, s, "rules in { } are wanted", NULL);
	for (int i = 0; i < config_setting_length(s); i++) {
		config_setting_t *el = config_setting_get_elem(s, (unsigned)i);
		const char *name = config_setting_name(el);
		size_t k = 0;

		while (k < RULES_MAX && strcmp(r->rule[k].name, name))
			k++;
		if (k == RULES_MAX)
			return wrong(rd, el, "no such rule (R1 to R8)", name);
		if (read_rule(rd, el, &r->rule[k]))
			return -1;
	}
	return 0;
}

static int read_top(struct reader *rd, config_t *c, struct rules *r)
{
	config_setting_t *root = config_root_setting(c);
	int word;

	for (int i = 0; i < config_setting_length(root); i++) {
		config_setting_t *s = config_setting_get_elem(root,
							      (unsigned)i);
		const char *name = config_setting_name(s);

		if (!strcmp(name, "rules")) {
			if (read_rules(rd, s, r))
				return -1;
		} else if (!strcmp(name, "unknown-card")) {
			if (read_word(rd, s, unknown_words, &word))
				return -1;
			r->unknown = (enum rule_unknown)word;
		} else {
			return wrong(rd, s, "no such setting", name);
		}
	}
	return 0;
}

/* Whole, or not at all: libconfig ends the process where reading fails. */
static char *text_of(FILE *f, const char *name, struct sim_err *e)
{
	struct buf b = { 0 };
	char part[4096], *text;
	size_t n;

	buf_str(&b, "");
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	n = b.n;
	if (ferror(f)) {
		sim_fail(e, EX_IOERR, "%s: %s", name, strerror(errno));
		buf_free(&b);
		return NULL;
	}
	text = buf_take(&b);
	if (!text) {
		sim_fail(e, EX_OSERR, "%s: no memory", name);
	} else if (strlen(text) != n) {
		sim_fail(e, EX_CONFIG, "%s: is no text", name);
		free(text);
		text = NULL;
	}
	return text;
}

int rules_read(struct rules *r, FILE *f, const char *name, struct sim_err *e)
{
	struct reader rd = {.name = name, .e = e};
	char *text;
	config_t c;
	int rc;

	rules_init(r);
	text = text_of(f, name, e);
	if (!text)
		return -1;
	config_init(&c);
	if (config_read_string(&c, text) == CONFIG_TRUE)
		rc = read_top(&rd, &c, r);
	else
		rc = sim_fail(e, EX_CONFIG, "%s:%d: %s", name,
			      config_error_line(&c), config_error_text(&c));
	config_destroy(&c);
	free(text);
	return rc;
}

unsigned int rules_triggers(const char *why)
{
	unsigned int bits = 0;

	for (const struct word *w = trigger_whys; w->text; w++)
		if (why && strstr(why, w->text))
			bits |= (unsigned)w->value;
	return bits ? bits : RULE_BY_ALL;
}

bool rules_want(const struct rules *r, enum sim_class class,
		unsigned int triggers)
{
	for (size_t i = 0; i < RULES_MAX; i++)
		if (r->rule[i].on && (r->rule[i].classes & RULE_BIT(class)) &&
		    (r->rule[i].triggers & triggers))
			return true;
	return false;
}

static const char *word_of(const struct word *w, int value)
{
	while (w->text && w->value != value)
		w++;
	return w->text;
}

const char *rule_class_name(enum sim_class c)
{
	return word_of(class_words, (int)c);
}

const char *rule_kind_name(enum sim_kind k)
{
	return word_of(kind_words, (int)RULE_BIT(k));
}

const char *rule_trigger_name(enum rule_trigger t)
{
	return word_of(trigger_words, (int)t);
}

const char *rule_unknown_name(enum rule_unknown u)
{
	return word_of(unknown_words, (int)u);
}

const char *rule_policy_name(enum rule_policy p)
{
	static const char *const names[] = {
		[RULE_NEWEST] = "newest", [RULE_PREFER] = "prefer",
		[RULE_KEEP_BOTH] = "keep-both", [RULE_ASK] = "ask",
	};

	return names[p];
}
