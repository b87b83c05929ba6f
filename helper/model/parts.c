// SPDX-License-Identifier: MIT
#include "model/parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/buf.h"

#define PARTS_MAX 255
#define DAY	  86400
#define MISSING	  "[...]"

static unsigned int number(const struct sim_item *it, const char *name)
{
	const char *v = sim_item_get(it, name);

	return v ? (unsigned int)strtoul(v, NULL, 10) : 0;
}

static bool same(const struct sim_item *a, const struct sim_item *b,
		 const char *name)
{
	const char *x = sim_item_get(a, name), *y = sim_item_get(b, name);

	return x && y ? !strcmp(x, y) : x == y;
}

/* Seconds of "2026-11-22T16:54:33+01:00"; its zone moves nothing by a day. */
static bool seconds(const struct sim_item *it, time_t *t)
{
	const char *v = sim_item_get(it, "DATE");
	struct tm tm = { 0 };

	if (!v || sscanf(v, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon,
			 &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*t = timegm(&tm);
	return true;
}

static bool kin(const struct sim_item *a, const struct sim_item *b)
{
	static const char *const names[] = {
		"REF", "PARTS", "DIRECTION", "FROM", "TO", "ICCID",
	};
	time_t x, y;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!same(a, b, names[i]))
			return false;
	return !seconds(a, &x) || !seconds(b, &y) ||
	       (x - y < DAY && y - x < DAY);
}

static bool is_part(const struct sim_item *it)
{
	unsigned int of = number(it, "PARTS"), part = number(it, "PART");

	return of > 1 && of <= PARTS_MAX && part && part <= of;
}

/* Among those before @i: is this part there, and does it say something else? */
static bool taken(const struct sim_item *const *it, const size_t *head,
		  size_t i, size_t which)
{
	unsigned int part = number(it[i], "PART");

	for (size_t k = which; k < i; k++)
		if (head[k] == which && number(it[k], "PART") == part &&
		    !same(it[k], it[i], "TPDU"))
			return true;
	return false;
}

void parts_gather(const struct sim_item *const *it, size_t n, size_t *head)
{
	for (size_t i = 0; i < n; i++) {
		head[i] = i;
		for (size_t k = 0; is_part(it[i]) && k < i; k++) {
			if (head[k] != k || !is_part(it[k]) ||
			    !kin(it[k], it[i]) || taken(it, head, i, k))
				continue;
			head[i] = k;
			break;
		}
	}
}

static void add(struct buf *b, const struct sim_item *it)
{
	const char *v = sim_item_get(it, "TEXT");
	char *plain = v ? sim_text_unescape(v) : NULL;

	if (plain)
		buf_str(b, plain);
	else if (v)
		b->bad = true;
	free(plain);
}

int parts_whole(const struct sim_item *const *it, size_t n, const size_t *head,
		size_t which, struct parts *out)
{
	const struct sim_item *by[PARTS_MAX] = { NULL };
	struct buf b = { 0 };

	*out = (struct parts){ .of = 1, .have = 1 };
	if (is_part(it[which])) {
		out->of = number(it[which], "PARTS");
		out->have = 0;
		for (size_t i = which; i < n; i++)
			if (head[i] == which)
				by[number(it[i], "PART") - 1] = it[i];
	} else {
		by[0] = it[which];
	}
	for (unsigned int i = 0; i < out->of; i++) {
		if (!by[i]) {
			buf_str(&b, MISSING);
			continue;
		}
		out->have += out->of > 1;
		add(&b, by[i]);
	}
	out->text = buf_take(&b);
	return out->text ? 0 : -1;
}
