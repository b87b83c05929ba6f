// SPDX-License-Identifier: MIT
/*
 * `simsync worker`: what the broker executes as user simsync. Not for people.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "broker/ipc.h"
#include "broker/worker.h"
#include "cmd/cmd.h"

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int read_slots(struct cmd *c)
{
	json_t *list = json_object_get(c->start, "slots"), *o;
	size_t i;

	c->slots = json_array_size(list);
	c->slot = calloc(c->slots + 1, sizeof(*c->slot));
	if (!c->slot)
		return -1;
	json_array_foreach(list, i, o) {
		struct cmd_slot *s = &c->slot[i];

		s->index = (unsigned int)json_integer_value(
			json_object_get(o, "slot"));
		s->state = text(o, "state");
		s->reason = text(o, "reason");
		s->driver = text(o, "driver");
		s->grant = text(o, "grant");
		s->iccid = text(o, "iccid");
		s->policy = text(o, "policy");
		s->sync = text(o, "sync");
		s->detail = text(o, "detail");
		s->caps = (unsigned int)json_integer_value(
			json_object_get(o, "caps"));
		s->fd = (int)json_integer_value(json_object_get(o, "fd"));
		if (s->fd >= 0)
			fcntl(s->fd, F_SETFD, FD_CLOEXEC);
	}
	return 0;
}

static int read_argv(struct cmd *c)
{
	json_t *list = json_object_get(c->start, "argv"), *o;
	size_t i;

	c->argv = calloc(json_array_size(list) + 1, sizeof(char *));
	if (!c->argv)
		return -1;
	json_array_foreach(list, i, o) {
		c->argv[i] = strdup(json_string_value(o));
		if (!c->argv[i])
			return -1;
	}
	c->argc = (int)i;
	return 0;
}

static int read_start(struct cmd *c, struct sim_err *e)
{
	struct ipc_msg m;
	json_t *home;

	if (ipc_recv(c->sock, &m, e) != 1 || m.type != IPC_START)
		return sim_fail(e, EX_PROTOCOL,
				"the worker is started by the broker only");
	c->start = json_loadb(m.body, m.len, 0, NULL);
	ipc_wipe(&m);
	if (!c->start || read_argv(c) < 0 || read_slots(c) < 0)
		return sim_fail(e, EX_OSERR, "out of memory");
	home = json_object_get(c->start, "home");
	c->home = json_string_value(home);
	c->user = text(c->start, "user");
	c->unlocked = json_is_true(json_object_get(c->start, "unlocked"));
	c->strict = json_is_true(json_object_get(c->start, "strict"));
	c->tty_out = json_is_true(json_object_get(c->start, "tty_out"));
	c->tty_err = json_is_true(json_object_get(c->start, "tty_err"));
	c->ask = json_is_true(json_object_get(c->start, "ask"));
	c->columns = (int)json_integer_value(
		json_object_get(c->start, "columns"));
	return 0;
}

static void clean_up(struct cmd *c, char **argv0, int argc0)
{
	int i;

	for (i = 0; i < argc0; i++)
		free(argv0[i]);
	free(argv0);
	free(c->slot);
	json_decref(c->start);
}

int worker_main(int argc, char **argv)
{
	struct cmd c = { .sock = WORKER_SOCKET };
	const struct cmd_entry *cmd;
	char **all = NULL, **copy = NULL;
	struct sim_err e = { 0 };
	int words, n = 0, r = -1;

	(void)argv;
	if (argc != 1 || fcntl(WORKER_SOCKET, F_GETFD) < 0) {
		fputs("simsync worker: started by the broker only\n", stderr);
		return EX_USAGE;
	}
	/* Nobody but root looks into a process that reads contacts and PINs. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	fcntl(WORKER_SOCKET, F_SETFD, FD_CLOEXEC);
	if (read_start(&c, &e) < 0)
		goto out;
	all = c.argv;
	n = c.argc;
	cmd = cmd_find(c.argc, c.argv, &words);
	if (!cmd || !cmd->run) {
		sim_fail(&e, EX_USAGE, "no such command");
		goto out;
	}
	/* Options are taken out of a copy: the strings stay where they are. */
	copy = calloc((size_t)n + 1, sizeof(char *));
	if (!copy) {
		sim_fail(&e, EX_OSERR, "out of memory");
		goto out;
	}
	memcpy(copy, all + words, (size_t)(n - words) * sizeof(char *));
	c.argv = copy;
	c.argc = n - words;
	r = cmd->run(&c, &e);
	if (r < 0 && e.code == EX_USAGE)
		cmd_note("usage: simsync %s %s", cmd->name, cmd->args);
out:
	cmd_progress_end(&c);
	if (r < 0)
		cmd_note("simsync: %s", e.text);
	free(copy);
	clean_up(&c, all, n);
	return r < 0 ? (e.code ? e.code : EX_SOFTWARE) : r;
}
