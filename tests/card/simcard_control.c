// SPDX-License-Identifier: MIT
/*
 * simcard_control.c - the words of simcard's control socket (README.md)
 */
#include "card/simcard.h"
#include "card/uicc_fs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void ok(char *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void ok(char *out, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(out, SIMCARD_ANSWER, "ok ");

	va_start(ap, fmt);
	vsnprintf(out + n, SIMCARD_ANSWER - (size_t)n, fmt, ap);
	va_end(ap);
}

static void trace_line(void *arg, const char *line)
{
	struct simcard *s = arg;
	struct timespec t;

	if (!s->trace)
		return;
	clock_gettime(CLOCK_MONOTONIC, &t);
	fprintf(s->trace, "%lld.%06ld %s\n", (long long)t.tv_sec,
		t.tv_nsec / 1000, line);
	fflush(s->trace);
}

static int do_line(struct simcard *s, const struct uicc_words *w, uint64_t now,
		   char *out, char *why)
{
	static const char *const names[] = { "vcc", "rst", "clk" };
	int i;

	(void)out;
	for (i = 0; i < UICC_LINES; i++)
		if (w->n > 2 && !strcmp(w->w[1], names[i])) {
			/* who drives lines has put the card in */
			s->contact = s->contact || w->w[2][0] == '1';
			uicc_wire_line(s->wire, (enum uicc_line)i,
				       w->w[2][0] == '1', now);
			return 0;
		}
	return uicc_why(why, "line vcc|rst|clk 0|1");
}

/* In or out of the slot; out means that every contact is open. */
static int do_contact(struct simcard *s, const struct uicc_words *w,
		      uint64_t now, char *out, char *why)
{
	(void)out;
	if (w->n < 2)
		return uicc_why(why, "contact 0|1");
	s->contact = w->w[1][0] == '1';
	if (!s->contact) {
		uicc_wire_line(s->wire, UICC_RST, false, now);
		uicc_wire_line(s->wire, UICC_VCC, false, now);
	}
	return 0;
}

static int do_status(struct simcard *s, const struct uicc_words *w,
		     uint64_t now, char *out, char *why)
{
	struct uicc_wire_info i;
	struct uicc_count n;
	char iccid[21];

	(void)w;
	(void)now;
	(void)why;
	uicc_wire_info(s->wire, &i);
	uicc_counts(s->card, &n);
	uicc_iccid(s->card, iccid);
	ok(out, "vcc=%d rst=%d clk=%d up=%d protocol=%u fd=%u/%u resets=%llu "
		"rx=%llu tx=%llu tpdus=%llu iccid=%s image=%s",
	   i.line[UICC_VCC], i.line[UICC_RST], i.line[UICC_CLK], i.up,
	   i.protocol, i.f ? i.f : 372, i.d ? i.d : 1,
	   (unsigned long long)i.resets, (unsigned long long)i.rx,
	   (unsigned long long)i.tx, (unsigned long long)n.tpdus,
	   *iccid ? iccid : "none", s->image);
	return 0;
}

/* Characters really on the line, and commands (status chaining apart). */
static int do_count(struct simcard *s, const struct uicc_words *w, uint64_t now,
		    char *out, char *why)
{
	struct uicc_wire_info i;
	struct uicc_count n;

	(void)w;
	(void)now;
	(void)why;
	uicc_wire_info(s->wire, &i);
	uicc_counts(s->card, &n);
	ok(out, "apdus=%llu tpdus=%llu bytes=%llu rx=%llu tx=%llu resets=%llu",
	   (unsigned long long)n.apdus, (unsigned long long)n.tpdus,
	   (unsigned long long)(i.rx + i.tx), (unsigned long long)i.rx,
	   (unsigned long long)i.tx, (unsigned long long)i.resets);
	return 0;
}

static int do_identity(struct simcard *s, const struct uicc_words *w,
		       uint64_t now, char *out, char *why)
{
	const char *q;
	char *image;

	(void)out;
	(void)now;
	if (w->n < 2)
		return uicc_why(why, "identity IMAGE [refresh=QQ] [reset]");
	image = strdup(w->w[1]);
	if (!image)
		return uicc_why(why, "no memory");
	if (uicc_identity(s->card, image, why)) {
		free(image);
		return -1;
	}
	free(s->image);
	s->image = image;
	q = uicc_word_val(w, "refresh");
	if (q)
		uicc_refresh(s->card, (uint8_t)strtoul(q, NULL, 16));
	if (uicc_word_val(w, "reset"))
		uicc_reset(s->card);
	return 0;
}

static int do_switch(struct simcard *s, const struct uicc_words *w,
		     uint64_t now, char *out, char *why)
{
	const char *q;

	(void)now;
	(void)out;
	if (w->n < 2)
		return uicc_why(why, "switch ICCID|none [refresh=QQ]");
	if (uicc_profile(s->card, w->w[1], why))
		return -1;
	q = uicc_word_val(w, "refresh");
	if (q)
		uicc_refresh(s->card, (uint8_t)strtoul(q, NULL, 16));
	uicc_saved(s->card);
	return 0;
}

static int do_refresh(struct simcard *s, const struct uicc_words *w,
		      uint64_t now, char *out, char *why)
{
	(void)out;
	(void)now;
	if (w->n < 2)
		return uicc_why(why, "refresh QUALIFIER");
	uicc_refresh(s->card, (uint8_t)strtoul(w->w[1], NULL, 16));
	return 0;
}

static int do_trace(struct simcard *s, const struct uicc_words *w, uint64_t now,
		    char *out, char *why)
{
	(void)out;
	(void)now;
	if (s->trace && s->trace != stderr)
		fclose(s->trace);
	s->trace = NULL;
	uicc_trace(s->card, NULL, NULL);
	if (w->n > 1 && !strcmp(w->w[1], "on")) {
		s->trace = w->n > 2 ? fopen(w->w[2], "ae") : stderr;
		if (!s->trace)
			return uicc_why(why, "%s: %s", w->w[2],
					strerror(errno));
		uicc_trace(s->card, trace_line, s);
	}
	return 0;
}

static int do_save(struct simcard *s, const struct uicc_words *w, uint64_t now,
		   char *out, char *why)
{
	(void)out;
	(void)now;
	if (w->n < 2)
		return uicc_why(why, "save FILE");
	if (uicc_save(s->card, w->w[1], why))
		return -1;
	return 0;
}

/* Another card in the same place; the lines are down until told otherwise. */
static int do_load(struct simcard *s, const struct uicc_words *w, uint64_t now,
		   char *out, char *why)
{
	struct uicc *c;
	char *image;

	(void)out;
	(void)now;
	if (w->n < 2)
		return uicc_why(why, "load IMAGE [state=FILE]");
	image = strdup(w->w[1]);
	c = image ? uicc_load(image, why) : NULL;
	if (!c) {
		free(image);
		return -1;
	}
	uicc_wire_card(s->wire, c);
	uicc_free(s->card);
	s->card = c;
	free(s->image);
	s->image = image;
	if (s->trace)
		uicc_trace(c, trace_line, s);
	if (uicc_word_val(w, "state") &&
	    uicc_autosave(c, uicc_word_val(w, "state"), why))
		return -1;
	return 0;
}

static int do_set(struct simcard *s, const struct uicc_words *w, uint64_t now,
		  char *out, char *why)
{
	static const char *const acks[] = { "all", "one", "mix" };
	struct uicc_wire_opt *o = uicc_wire_opt(s->wire);
	bool on = w->n > 1 && !strcmp(w->w[1], "on");
	int i;

	(void)out;
	(void)now;
	if (w->n < 2)
		return uicc_why(why, "%s needs a value", w->w[0]);
	if (!strcmp(w->w[0], "echo")) {
		o->echo = on;
	} else if (!strcmp(w->w[0], "pace")) {
		o->pace = on;
	} else if (!strcmp(w->w[0], "pps")) {
		o->pps = on;
	} else {
		for (i = 0; i < 3 && strcmp(acks[i], w->w[1]); i++)
			;
		if (i == 3)
			return uicc_why(why, "ack all|one|mix");
		o->ack = (enum uicc_ack)i;
	}
	return 0;
}

static int do_quit(struct simcard *s, const struct uicc_words *w, uint64_t now,
		   char *out, char *why)
{
	(void)out;
	(void)w;
	(void)now;
	(void)why;
	s->quit = true;
	return 0;
}

static const struct {
	const char *word;
	int (*act)(struct simcard *s, const struct uicc_words *w, uint64_t now,
		   char *out, char *why);
} verbs[] = {
	{ "line", do_line },	     { "contact", do_contact },
	{ "status", do_status },
	{ "count", do_count },	     { "identity", do_identity },
	{ "switch", do_switch },     { "refresh", do_refresh },
	{ "trace", do_trace },
	{ "save", do_save },	     { "load", do_load },
	{ "echo", do_set },	     { "pace", do_set },
	{ "pps", do_set },	     { "ack", do_set },
	{ "quit", do_quit },
};

void simcard_command(struct simcard *s, const char *line, uint64_t now,
		     char *out)
{
	char why[UICC_WHY] = "";
	struct uicc_words w;
	size_t i;
	int ret;

	strcpy(out, "ok");
	if (uicc_words(&w, line, why)) {
		snprintf(out, SIMCARD_ANSWER, "error %s", why);
		return;
	}
	for (i = 0; w.n && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].word, w.w[0]))
			break;
	if (!w.n) {
		ret = uicc_why(why, "an empty line");
	} else if (i < sizeof(verbs) / sizeof(verbs[0])) {
		ret = verbs[i].act(s, &w, now, out, why);
	} else if (!strcmp(w.w[0], "fault")) {
		ret = uicc_fault(s->card, line + strspn(line, " ") + 5, why);
	} else {
		/* every line of an image is an edit of the living card */
		ret = uicc_edit(s->card, line, why);
	}
	if (ret)
		snprintf(out, SIMCARD_ANSWER, "error %s", why);
	uicc_words_free(&w);
}

/* ---- off line ----------------------------------------------------------- */

static void show_dir(const struct uicc_file *dir, unsigned int deep)
{
	const struct uicc_file *f;
	char path[64], text[400];
	size_t i, used;

	for (f = dir->down; f; f = f->next) {
		uicc_path(f, path, sizeof(path));
		if (uicc_is_dir(f)) {
			printf("%*s%s\n", (int)deep * 2, "", path);
			show_dir(f, deep + 1);
			continue;
		}
		if (f->alias) {
			char to[64];

			uicc_path(f->alias, to, sizeof(to));
			printf("%*s%s = %s\n", (int)deep * 2, "", path, to);
			continue;
		}
		for (i = 1, used = 0; i <= f->recs; i++) {
			uicc_meaning(f, i, text, sizeof(text));
			used += *text != 0;
		}
		printf("%*s%s %zu x %zu\n", (int)deep * 2, "", path, f->recs,
		       f->rec_len);
		for (i = 1; used && i <= f->recs; i++) {
			uicc_meaning(f, i, text, sizeof(text));
			if (*text && strcmp(text, "\"\" ") != 0 &&
			    strcmp(text, "\"\"") != 0)
				printf("%*s%4zu  %s\n", (int)deep * 2, "", i,
				       text);
		}
	}
}

int simcard_show(const char *path, char *why)
{
	struct uicc *c = uicc_load(path, why);
	size_t i;

	if (!c)
		return -1;
	for (i = 0; i < c->nfs; i++) {
		char id[24];

		uicc_bcd_text(0x81, c->fs[i]->iccid, 10, id, sizeof(id));
		printf("%s%s%s\n", c->euicc ? "profile " : "card ", id,
		       c->euicc && c->fs[i] == c->cur ? " (enabled)" : "");
		show_dir(c->fs[i]->mf, 1);
	}
	uicc_free(c);
	return 0;
}

int simcard_edit(const char *path, char *const *lines, int n, char *why)
{
	struct uicc *c = uicc_load(path, why);
	int i, ret = -1;

	if (!c)
		return -1;
	for (i = 0; i < n; i++)
		if (uicc_edit(c, lines[i], why))
			goto out;
	ret = uicc_save(c, path, why);
out:
	uicc_free(c);
	return ret;
}
