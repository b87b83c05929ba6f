// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

static const struct cmd_opt *find(const struct cmd_opt *opt, const char *name,
				  size_t len)
{
	for (; opt && opt->name; opt++)
		if (strlen(opt->name) == len && !strncmp(opt->name, name, len))
			return opt;
	return NULL;
}

static int take(const struct cmd_opt *o, const char *value, struct sim_err *e)
{
	if (o->list) {
		if (*o->n == o->max)
			return sim_fail(e, EX_USAGE, "--%s more than %zu times",
					o->name, o->max);
		o->list[(*o->n)++] = value;
	} else {
		*o->value = value;
	}
	return 0;
}

/* One option at c->argv[i]: how many words it used, 0: none, -1 error. */
static int one(struct cmd *c, const struct cmd_opt *opt, int i,
	       struct sim_err *e)
{
	const char *w = c->argv[i] + 2, *eq = strchr(w, '=');
	const struct cmd_opt *o;

	if (!strcmp(w, "json") || !strcmp(w, "yes")) {
		*(w[0] == 'j' ? &c->json : &c->yes) = true;
		return 1;
	}
	o = find(opt, w, eq ? (size_t)(eq - w) : strlen(w));
	if (!o)
		return sim_fail(e, EX_USAGE, "unknown option --%.60s", w);
	if (o->flag) {
		*o->flag = true;
		return eq ? sim_fail(e, EX_USAGE, "--%s takes no value",
				     o->name) :
			    1;
	}
	if (!eq && i + 1 >= c->argc)
		return sim_fail(e, EX_USAGE, "--%s needs a value", o->name);
	if (take(o, eq ? eq + 1 : c->argv[i + 1], e) < 0)
		return -1;
	return eq ? 1 : 2;
}

int cmd_args(struct cmd *c, const struct cmd_opt *opt, int min, int max,
	     struct sim_err *e)
{
	bool only_words = false;
	int i, n = 0;

	for (i = 0; i < c->argc;) {
		char *w = c->argv[i];
		int used = 0;

		if (!only_words && !strcmp(w, "--")) {
			only_words = true;
			i++;
			continue;
		}
		if (!only_words && !strncmp(w, "--", 2))
			used = one(c, opt, i, e);
		if (used < 0)
			return -1;
		if (!used)
			c->argv[n++] = c->argv[i];
		i += used ? used : 1;
	}
	c->argc = n;
	c->argv[n] = NULL;
	if (n < min)
		return sim_fail(e, EX_USAGE, "something is missing");
	if (n > max)
		return sim_fail(e, EX_USAGE, "\"%.60s\" is too much",
				c->argv[max]);
	return 0;
}

int cmd_number(const char *text, int64_t *out, struct sim_err *e)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno || *end || end == text || *out <= 0)
		return sim_fail(e, EX_USAGE, "`%s' is not a number from the list",
				text);
	return 0;
}
