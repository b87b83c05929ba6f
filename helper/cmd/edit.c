// SPDX-License-Identifier: MIT
#include "cmd/edit.h"

#include <stdlib.h>
#include <string.h>

/* All values of one property, first where the old first one stood. */
static int put_values(struct sim_item *it, const char *name,
		      const char *const *value, size_t n, struct sim_err *e)
{
	size_t i, old = 0, to = 0;

	if (!n)
		return 0;
	/* The old ones keep their place and parameters one by one. */
	for (i = 0; i < it->n; i++) {
		struct sim_prop *p = &it->prop[i];
		char *v;

		if (strcmp(p->name, name))
			continue;
		old++;
		if (to == n || !*value[to])
			continue;
		v = sim_text_escape(value[to++]);
		if (!v)
			return sim_fail(e, EX_OSERR, "out of memory");
		free(p->value);
		p->value = v;
	}
	for (; to < n && *value[to]; to++) {
		char *v = sim_text_escape(value[to]);
		int r = v ? sim_item_add(it, name, NULL, v) : -1;

		free(v);
		if (r < 0)
			return sim_fail(e, EX_OSERR, "out of memory");
	}
	for (i = it->n; i-- > 0 && old > to;) {
		struct sim_prop *p = &it->prop[i];

		if (strcmp(p->name, name))
			continue;
		free(p->group);
		free(p->name);
		free(p->params);
		free(p->value);
		memmove(p, p + 1, (it->n - i - 1) * sizeof(*p));
		it->n--;
		old--;
	}
	return 0;
}

/* What would do nothing, or leave what no place could use. */
static int sensible(const struct edit *ed, struct sim_err *e)
{
	if (!(ed->names + ed->phones + ed->emails + ed->groups + ed->notes))
		return sim_fail(e, EX_USAGE, "nothing to change: --name, --phone, --email, --group or --note");
	if (ed->names && !ed->name[0][strspn(ed->name[0], " \t")])
		return sim_fail(e, EX_USAGE, "a contact needs a name");
	for (size_t i = 0; i < ed->phones; i++)
		if (*ed->phone[i] && !strpbrk(ed->phone[i], "0123456789*#"))
			return sim_fail(e, EX_USAGE, "--phone \"%.40s\": no digit in it",
					ed->phone[i]);
	for (size_t i = 0; i < ed->emails; i++) {
		const char *at = strchr(ed->email[i], '@');

		if (*ed->email[i] && (!at || at == ed->email[i] || !at[1]))
			return sim_fail(e, EX_USAGE, "--email \"%.60s\": no address (somebody@somewhere)",
					ed->email[i]);
	}
	return 0;
}

int edit_apply(struct sim_item *it, const struct edit *ed,
		      struct sim_err *e)
{
	const char *joined = ed->groups ? ed->group[0] : NULL;
	int r;

	if (sensible(ed, e))
		return -1;
	r = put_values(it, "FN", ed->name, ed->names, e) ||
	    put_values(it, "TEL", ed->phone, ed->phones, e) ||
	    put_values(it, "EMAIL", ed->email, ed->emails, e) ||
	    put_values(it, "NOTE", ed->note, ed->notes, e);
	if (!r && joined && ed->groups == 1)
		r = put_values(it, "CATEGORIES", &joined, 1, e);
	else if (!r && joined)
		r = put_values(it, "CATEGORIES", ed->group, ed->groups, e);
	return r ? -1 : 0;
}
