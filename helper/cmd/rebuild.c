// SPDX-License-Identifier: MIT
/*
 * rebuild.c - a run's ledger; one that is damaged is set aside, and what that
 * means is said
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/run.h"
#include "store/ledger_show.h"

#define NAMES_MAX 10

/**
 * struct lost - deletes that may come back, of one replica after the other
 * @c: command
 * @replica: whose turn it is; "": nobody's yet
 * @n: how many of them
 */
struct lost {
	struct cmd *c;
	char replica[80];
	size_t n;
};

static void lost_sum(struct lost *lost)
{
	if (lost->n)
		cmd_note("%s still has %zu that %s deleted elsewhere: they may come back.",
			 lost->replica, lost->n,
			 lost->n == 1 ? "was" : "were");
	lost->n = 0;
}

/* Names for the owner's terminal only; a log gets counts. */
static int lost_one(const char *replica, const char *title, void *arg)
{
	struct lost *lost = arg;

	if (strcmp(lost->replica, replica)) {
		lost_sum(lost);
		snprintf(lost->replica, sizeof(lost->replica), "%s", replica);
	}
	if (lost->c->tty_err && lost->n < NAMES_MAX)
		cmd_note("deleted, and still on %s: %s", replica, title);
	lost->n++;
	return 0;
}

static void say_lost(struct cmd *c, const char *path)
{
	struct lost lost = { .c = c };
	int more = ledger_salvage(path, lost_one, &lost);

	lost_sum(&lost);
	if (more)
		cmd_note("Which deletes may come back cannot all be read: look at what reappears on a SIM that was away.");
}

struct ledger *ledger_for_run(struct cmd *c, bool dry, struct sim_err *e)
{
	struct ledger *l = NULL;
	char path[512];

	if (cmd_path(c, "ledger.db", path, sizeof(path), e) < 0)
		return NULL;
	if (!ledger_open(&l, path, e) || e->code != EX_DATAERR || dry)
		return l;
	cmd_note("%s", e->text);
	cmd_note("It is set aside; everything is paired anew. Nothing is deleted, and what was deleted while a SIM was away may come back.");
	say_lost(c, path);
	if (ledger_set_aside(path, time(NULL), e) < 0 ||
	    ledger_open(&l, path, e) < 0)
		return NULL;
	return l;
}
