// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker/ipc.h"
#include "cmd/cmd.h"
#include "model/plain.h"

void cmd_state(struct cmd *c, unsigned int slot, const char *word,
	       const char *fmt, ...)
{
	char body[32 + 512];
	size_t n;
	va_list ap;

	n = (size_t)snprintf(body, 32, "%s", word) + 1;
	va_start(ap, fmt);
	vsnprintf(body + n, sizeof(body) - n, fmt, ap);
	va_end(ap);
	ipc_send(c->sock, IPC_STATE, slot, body, n + strlen(body + n), NULL);
}

void cmd_changed(struct cmd *c)
{
	ipc_send(c->sock, IPC_KICK, 0, NULL, 0, NULL);
}

int cmd_ask(struct cmd *c, bool echo, const char *prompt, char *answer,
	    size_t size, struct sim_err *e)
{
	struct ipc_msg m;
	int r;

	answer[0] = '\0';
	cmd_progress_end(c);
	if (ipc_send(c->sock, IPC_PROMPT, echo ? IPC_ECHO : 0, prompt,
		     strlen(prompt), e) < 0)
		return -1;
	r = ipc_recv(c->sock, &m, e);
	if (r != 1 || m.type != IPC_ANSWER || m.word != IPC_ANSWERED ||
	    m.len >= size) {
		if (r == 1)
			ipc_wipe(&m);
		return sim_fail(e, EX_NOINPUT, "nobody there to answer");
	}
	memcpy(answer, m.body, m.len + 1);
	ipc_wipe(&m);
	return 0;
}

void cmd_note(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fputs("out of memory\n", stderr);
		return;
	}
	plain_text(text, true);
	fprintf(stderr, "%s\n", text);
	free(text);
}

/* ---- a file ---------------------------------------------------------------- */

char *cmd_read_all(size_t *len, struct sim_err *e)
{
	size_t cap = 65536, n = 0, got;
	char *all = malloc(cap), *more;

	while (all && (got = fread(all + n, 1, cap - n, stdin)) > 0) {
		n += got;
		if (n < cap)
			continue;
		cap *= 2;
		more = cap <= 256u << 20 ? realloc(all, cap) : NULL;
		if (!more)
			free(all);
		all = more;
	}
	if (all && ferror(stdin)) {
		sim_fail(e, EX_NOINPUT, "the file cannot be read: %s",
			 strerror(errno));
		free(all);
		return NULL;
	}
	if (all)
		all[n] = '\0';
	else
		sim_fail(e, EX_DATAERR, "the file is too large to read");
	*len = n;
	return all;
}

/* ---- progress ----------------------------------------------------------- */

#define FIRST_MS 700
#define NEXT_MS	 100

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define BAR 20

/* "reading SIM (...4711) [#####...............] 63 of 250" */
static void bar(char *out, size_t max, const char *what, size_t done,
		size_t total)
{
	size_t full = done < total ? done * BAR / total : BAR;
	char line[BAR + 1];

	memset(line, '.', BAR);
	memset(line, '#', full);
	line[BAR] = '\0';
	snprintf(out, max, "%s [%s] %zu of %zu", what, line, done, total);
}

void cmd_progress(struct cmd *c, const char *what, size_t done, size_t total)
{
	char text[200];
	int64_t now = now_ms();

	if (!c->tty_err)
		return;
	if (!c->progress_from)
		c->progress_from = now;
	/* What is over in a moment needs no line. */
	if (now - c->progress_from < FIRST_MS ||
	    now - c->progress_last < NEXT_MS)
		return;
	c->progress_last = now;
	c->progress_shown = true;
	if (total)
		bar(text, sizeof(text), what, done, total);
	else
		snprintf(text, sizeof(text), "%s ...", what);
	/* It names SIMs and servers as they name themselves. */
	plain_text(text, false);
	fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
}

void cmd_progress_end(struct cmd *c)
{
	if (c->progress_shown)
		fputs("\r\033[K", stderr);
	c->progress_shown = false;
	c->progress_from = 0;
}
