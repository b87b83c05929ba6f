// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "store/ledger.h"
#include "store/store.h"
#include "sync/rules.h"

int cmd_path(struct cmd *c, const char *name, char *path, size_t size,
	     struct sim_err *e)
{
	int n;

	if (!c->home)
		return sim_fail(e, EX_NOPERM,
				"this phone has no owner yet, or it is not you");
	n = snprintf(path, size, "%s/%s", c->home, name);
	if (n < 0 || (size_t)n >= size)
		return sim_fail(e, EX_SOFTWARE, "path too long");
	return 0;
}

struct store *cmd_store(struct cmd *c, struct sim_err *e)
{
	char path[512];

	if (cmd_path(c, "store.db", path, sizeof(path), e) < 0)
		return NULL;
	return store_open(path, e);
}

struct ledger *cmd_ledger(struct cmd *c, struct sim_err *e)
{
	struct ledger *l = NULL;
	char path[512];

	if (cmd_path(c, "ledger.db", path, sizeof(path), e) < 0 ||
	    ledger_open(&l, path, e) < 0)
		return NULL;
	return l;
}

int cmd_rules_in(const char *path, struct rules *r, struct sim_err *e)
{
	FILE *f = fopen(path, "re");
	int bad;

	/* What the person said cannot be read: that is not "said nothing". */
	if (!f) {
		rules_init(r);
		return errno == ENOENT ? 0 :
					 sim_fail(e, EX_NOINPUT,
						  "%s: %s: the rules are not known, so nothing is synced",
						  path, strerror(errno));
	}
	bad = rules_read(r, f, path, e);
	fclose(f);
	return bad;
}

int cmd_rules(struct rules *r, struct sim_err *e)
{
	return cmd_rules_in(CMD_RULES, r, e);
}
