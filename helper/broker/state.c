// SPDX-License-Identifier: MIT
#include "broker/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DETAIL_MAX 200

static const char *const words[] = {
	"idle", "running", "ok", "partial", "auth-required",
	"ask", "held", "conflict", "error",
};

bool sync_word_ok(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}

/* Printable ASCII; whatever else becomes '?', and nothing is longer than fits. */
static void printable(char out[DETAIL_MAX + 1], const char *line)
{
	size_t i;

	for (i = 0; i < DETAIL_MAX && line[i]; i++) {
		unsigned char c = (unsigned char)line[i];

		out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[i] = '\0';
}

static int put(const struct broker_paths *p, uint32_t index, const char *attr,
	       const char *text, struct sim_err *e)
{
	char path[300];
	ssize_t n;
	int fd, bad;

	snprintf(path, sizeof(path), "%s/simslot%u/%s", p->sys, index, attr);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENODEV))
		return 0;
	if (fd < 0)
		return sim_fail(e, EX_OSERR, "%s: %s", path, strerror(errno));
	n = write(fd, text, strlen(text));
	bad = n < 0 ? errno : 0;
	close(fd);
	if (bad && bad != ENODEV)
		return sim_fail(e, EX_OSERR, "%s: %s", path, strerror(bad));
	return 0;
}

int slot_say(const struct broker_paths *p, uint32_t index, const char *word,
	     const char *line, struct sim_err *e)
{
	char text[DETAIL_MAX + 2];

	if (!sync_word_ok(word))
		return sim_fail(e, EX_SOFTWARE, "no such sync_state");
	printable(text, line);
	/* An empty write would never reach the attribute: "\n" clears it. */
	strcat(text, "\n");
	/* The detail first: who polls sync_state reads both afterwards. */
	if (put(p, index, "sync_detail", text, e) < 0)
		return -1;
	return put(p, index, "sync_state", word, e);
}

static void get(const struct broker_paths *p, uint32_t index, const char *attr,
		char *text, size_t size)
{
	char path[300];
	ssize_t n;
	int fd;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/simslot%u/%s", p->sys, index, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

void slot_said(const struct broker_paths *p, uint32_t index, char word[32],
	       char line[256])
{
	get(p, index, "sync_state", word, 32);
	get(p, index, "sync_detail", line, 256);
}
