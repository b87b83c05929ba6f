/* SPDX-License-Identifier: MIT */
/*
 * ledger_history.c - lines of history, their photos, and how long they stay
 *
 * A contact's photo is most of it and seldom changes: history has it once,
 * however many of its lines are about that contact.
 */
#include "store/ledger_history.h"

#include <stdlib.h>
#include <string.h>

#include "store/ledger_sql.h"

static int no_memory(struct sim_err *e)
{
	return sim_fail(e, EX_OSERR, "ledger: out of memory");
}

/* Is it "PHOTO:...", "item1.PHOTO;..."? @end: where the line ends */
static bool is_photo(const char *line, const char *end)
{
	size_t len = strcspn(line, ".:;");

	if (line + len < end && line[len] == '.')
		line += len + 1;
	return !strncmp(line, "PHOTO", 5) && (line[5] == ':' || line[5] == ';');
}

/* A content in two: without its photos, and those. */
struct parts {
	char *text, *photo;
};

static int part(const char *whole, struct parts *p, struct sim_err *e)
{
	size_t len = strlen(whole);
	char *text, *photo;

	p->text = text = malloc(len + 1);
	p->photo = photo = malloc(len + 1);
	if (!text || !photo)
		return no_memory(e);
	while (*whole) {
		const char *end = strchrnul(whole, '\n');
		char **to;

		end += *end == '\n';
		to = is_photo(whole, end) ? &photo : &text;
		*to = mempcpy(*to, whole, (size_t)(end - whole));
		whole = end;
	}
	*text = *photo = '\0';
	return 0;
}

/* Row of that photo, made when it is new; 0: there is none, -1 */
static int64_t photo_row(struct ledger *l, const char *photo,
			 struct sim_err *e)
{
	int64_t hash = (int64_t)sim_record_hash(photo), id = 0;
	int rc;

	if (!*photo)
		return 0;
	rc = ledger_first(l, LQ_PHOTO_GET, e, "is", hash, photo);
	if (rc > 0)
		id = ledger_int(l, LQ_PHOTO_GET, 0);
	ledger_end(l, LQ_PHOTO_GET);
	if (rc)
		return rc < 0 ? -1 : id;
	return ledger_add(l, LQ_PHOTO_ADD, e, "is", hash, photo);
}

/* @text becomes what is stored of it, @photo the row of the rest. */
static int apart(struct ledger *l, const char **text, struct parts *p,
		 int64_t *photo, struct sim_err *e)
{
	*photo = 0;
	if (!*text || !strstr(*text, "PHOTO"))
		return 0;
	if (part(*text, p, e))
		return -1;
	*text = p->text;
	*photo = photo_row(l, p->photo, e);
	return *photo < 0 ? -1 : 0;
}

static void parts_free(struct parts *p)
{
	free(p->text);
	free(p->photo);
}

int ledger_remember(struct ledger *l, const struct ledger_memory *m,
		    struct sim_err *e)
{
	const char *before = m->before, *after = m->after;
	struct parts was = {0}, now = {0};
	int64_t photo0, photo1;
	int rc = -1;

	if (!apart(l, &before, &was, &photo0, e) &&
	    !apart(l, &after, &now, &photo1, e))
		rc = ledger_do(l, LQ_HISTORY_ADD, e, "iiiiissiiiiii", m->run,
			       m->item, m->member, m->verb, m->at, before, after,
			       m->wrote, (int64_t)m->dated, m->since, m->until,
			       photo0, photo1);
	parts_free(&was);
	parts_free(&now);
	return rc;
}

/* The oldest run that is remembered goes, until the rest is not too much. */
static int forget_most(struct ledger *l, int64_t bytes, struct sim_err *e)
{
	for (;;) {
		int64_t total, oldest;
		int rc = ledger_first(l, LQ_FORGET_TOTAL, e, "");

		total = rc > 0 ? ledger_int(l, LQ_FORGET_TOTAL, 0) : 0;
		oldest = rc > 0 ? ledger_int(l, LQ_FORGET_TOTAL, 1) : 0;
		ledger_end(l, LQ_FORGET_TOTAL);
		if (rc < 0)
			return -1;
		if (total <= bytes || !oldest)
			return 0;
		if (ledger_do(l, LQ_FORGET_RUN, e, "i", oldest) ||
		    ledger_do(l, LQ_FORGET_SIZE, e, "i", oldest) ||
		    ledger_do(l, LQ_FORGET_PHOTOS, e, ""))
			return -1;
	}
}

static int is_old(struct ledger *l, int64_t before, struct sim_err *e)
{
	int rc = ledger_first(l, LQ_FORGET_ANY, e, "i", before);

	ledger_end(l, LQ_FORGET_ANY);
	return rc;
}

int ledger_forget(struct ledger *l, int64_t before, int64_t bytes,
		  struct sim_err *e)
{
	int old = is_old(l, before, e);

	if (old < 0 || ledger_do(l, LQ_FORGET_COUNT, e, ""))
		return -1;
	if (old && (ledger_do(l, LQ_FORGET_OLD, e, "i", before) ||
		    ledger_do(l, LQ_FORGET_RUNS, e, "i", before) ||
		    ledger_do(l, LQ_FORGET_PHOTOS, e, "")))
		return -1;
	return forget_most(l, bytes, e);
}
