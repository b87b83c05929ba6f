// SPDX-License-Identifier: MIT
#include "cmd/oncard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card/card.h"
#include "card/trace.h"
#include "cmd/pin.h"
#include "cmd/run.h"

bool oncard_wanted(const struct cmd *c)
{
	for (int i = 0; i < c->argc; i++)
		if (!strcmp(c->argv[i], "--card"))
			return true;
	return false;
}

/*
 * --trace FILE: the worker may not write where the person may, so the file
 * comes to it as standard input, open for writing.
 */
int client_trace(struct client *cl, int argc, char **argv, int words)
{
	int fd, i;

	for (i = words + 1; i < argc && strcmp(argv[i], "--trace"); i++)
		;
	if (i >= argc)
		return client_run(cl, argc - 1, argv + 1);
	if (i + 1 >= argc) {
		fputs("simsync: --trace needs the name of a file\n", stderr);
		return EX_USAGE;
	}
	if (cl->from_stdin) {
		fputs("simsync: --trace and --stdin do not go together\n",
		      stderr);
		return EX_USAGE;
	}
	fd = open(argv[i + 1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || dup2(fd, 0) < 0) {
		fprintf(stderr, "simsync: %s: %s\n", argv[i + 1],
			strerror(errno));
		return EX_CANTCREAT;
	}
	close(fd);
	memmove(&argv[i + 1], &argv[i + 2],
		(size_t)(argc - i - 1) * sizeof(*argv));
	return client_run(cl, argc - 2, argv + 1);
}

/* ---- choosing a slot ---------------------------------------------------- */

static int choose(struct cmd *c, struct oncard *o, struct sim_err *e)
{
	size_t may = 0;
	char *end;

	o->s = NULL;
	for (size_t i = 0; i < c->slots; i++) {
		struct cmd_slot *s = &c->slot[i];

		if (o->slot && strtoul(o->slot, &end, 10) == s->index && !*end &&
		    end != o->slot)
			o->s = s;
		if (o->slot || s->fd < 0)
			continue;
		o->s = s;
		may++;
	}
	if (may > 1)
		return sim_fail(e, EX_USAGE,
				"there are %zu cards; say which with --slot N (simsync status)",
				may);
	if (o->slot && !o->s)
		return sim_fail(e, EX_NOINPUT, "there is no slot %.20s; see simsync status",
				o->slot);
	if (o->s && o->s->fd < 0)
		return sim_fail(e, EX_NOINPUT, "slot %u: %s", o->s->index,
				run_why_not(o->s));
	for (size_t i = 0; !o->s && i < c->slots; i++)
		cmd_note("slot %u: %s", c->slot[i].index,
			 run_why_not(&c->slot[i]));
	return o->s ? 0 : sim_fail(e, EX_NOINPUT, "no SIM here that may be used");
}

/* ---- trace -------------------------------------------------------------- */

static void write_trace(void *arg, const uint8_t *cmd, size_t len,
			const uint8_t *resp, size_t got)
{
	char what[160], why[96] = "no answer", *a = trace_hex(cmd, len), *b;
	bool pin = trace_secret(cmd, len);

	b = trace_hex(resp, got);
	trace_command(cmd, len, what, sizeof(what));
	if (got >= 2)
		trace_status((uint16_t)(resp[got - 2] << 8 | resp[got - 1]), why,
			     sizeof(why));
	if (a && b)
		fprintf(arg, "%s\n> %.*s%s\n< %s%s%s\n", what,
			pin ? 10 : (int)strlen(a), a, pin ? " **" : "", b,
			why[0] ? "  " : "", why);
	free(a);
	free(b);
}

struct sim_channel *oncard_channel(struct cmd *c, struct oncard *o,
				   struct sim_err *e)
{
	struct sim_channel *ch;
	int fd;

	if (choose(c, o, e))
		return NULL;
	if (o->trace) {
		fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
		o->to = fd < 0 ? NULL : fdopen(fd, "w");
		if (!o->to) {
			sim_fail(e, EX_CANTCREAT, "the file of --trace cannot be written");
			return NULL;
		}
	}
	ch = sim_channel_dev(o->s->fd, e);
	o->s->fd = -1;
	if (!ch)
		return NULL;
	/* What the broker granted is this identity; another may be in by now. */
	if (strcmp(ch->iccid, o->s->iccid)) {
		ch->ops->close(ch);
		sim_fail(e, EX_TEMPFAIL, "the card changed just now");
		return NULL;
	}
	return o->to ? sim_channel_traced(ch, write_trace, o->to, e) : ch;
}

int oncard_end(struct oncard *o, struct sim_err *e)
{
	FILE *f = o->to;

	o->to = NULL;
	if (f && fclose(f))
		return sim_fail(e, EX_IOERR, "the file of --trace cannot be written");
	return 0;
}

struct card *oncard_open(struct cmd *c, struct oncard *o, struct sim_err *e)
{
	struct sim_channel *ch = oncard_channel(c, o, e);
	struct card *card = ch ? card_open(ch, e) : NULL;

	if (!card)
		return NULL;
	card_on_progress(card, run_card_progress, c);
	if (pin_pass(c, card, CARD_PIN1, e) < 0) {
		card_close(card);
		return NULL;
	}
	return card;
}
