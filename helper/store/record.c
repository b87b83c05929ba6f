// SPDX-License-Identifier: MIT
/* record.c - messages and card-info in the store */
#include "store/store_int.h"

#include <stdlib.h>
#include <string.h>

void store_record_free(struct store_record *r)
{
	free(r->ref);
	sim_item_free(&r->item);
	*r = (struct store_record){ 0 };
}

int store_record_row(sqlite3_stmt *q, enum sim_kind kind,
		     struct store_record *out, struct sim_err *e)
{
	*out = (struct store_record){
		.ref = strdup(store_text(q, 0)),
		.version = sqlite3_column_int64(q, 2),
	};
	sim_item_init(&out->item, kind);
	if (out->ref && !sim_item_parse(&out->item, kind, store_text(q, 1)))
		return 0;
	store_record_free(out);
	return sim_fail(e, EX_DATAERR, "a stored record cannot be read back");
}

int store_record_get(struct store *s, enum sim_kind kind, const char *ref,
		     struct store_record *out, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, Q_RECORD_GET, e);
	int ret;

	*out = (struct store_record){ 0 };
	if (!q)
		return -1;
	sqlite3_bind_int(q, 1, kind);
	sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
	ret = store_step(s, q, e);
	if (ret == 1)
		ret = store_record_row(q, kind, out, e);
	else if (!ret)
		ret = 1;
	sqlite3_reset(q);
	return ret;
}

/* Columns 5.. of Q_RECORD_PUT and the properties they come from. */
static const struct {
	int col;
	const char *name;
	enum { TEXT, HEX, NUMBER, ESCAPED } as;
} columns[] = {
	{ 5, "DIRECTION", TEXT }, { 6, "TPDU", HEX }, { 7, "SMSC", TEXT },
	{ 8, "STATUS", TEXT },	  { 9, "ICCID", TEXT }, { 10, "DATE", TEXT },
	{ 12, "TEXT", ESCAPED },  { 13, "REF", TEXT }, { 14, "PART", NUMBER },
	{ 15, "PARTS", NUMBER },
};

static int nibble(char c)
{
	const char *digits = "0123456789abcdef", *p;

	if (c >= 'A' && c <= 'F')
		c += 'a' - 'A';
	p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

static void bind_hex(sqlite3_stmt *q, int col, const char *hex)
{
	size_t n = strlen(hex) / 2, i;
	unsigned char *raw = malloc(n + 1);

	for (i = 0; raw && i < n; i++) {
		int a = nibble(hex[2 * i]), b = nibble(hex[2 * i + 1]);

		if (a < 0 || b < 0)
			break;
		raw[i] = (unsigned char)(a << 4 | b);
	}
	if (raw && i == n)
		sqlite3_bind_blob(q, col, raw, (int)n, SQLITE_TRANSIENT);
	free(raw);
}

static int bind_columns(sqlite3_stmt *q, const struct sim_item *item)
{
	const char *peer = sim_item_get(item, "FROM");
	size_t i;

	if (!peer)
		peer = sim_item_get(item, "TO");
	sqlite3_bind_text(q, 11, peer, -1, SQLITE_STATIC);
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *v = sim_item_get(item, columns[i].name);
		char *plain;

		if (!v)
			continue;
		switch (columns[i].as) {
		case TEXT:
			sqlite3_bind_text(q, columns[i].col, v, -1,
					  SQLITE_STATIC);
			break;
		case HEX:
			bind_hex(q, columns[i].col, v);
			break;
		case NUMBER:
			sqlite3_bind_int(q, columns[i].col, atoi(v));
			break;
		case ESCAPED:
			plain = sim_text_unescape(v);
			if (!plain)
				return -1;
			sqlite3_bind_text(q, columns[i].col, plain, -1, free);
			break;
		}
	}
	return 0;
}

static int write_record(struct store *s, const char *ref,
			const struct sim_item *item, struct sim_err *e)
{
	char *text = sim_item_text(item);
	int64_t seq = store_tick(s, e);
	sqlite3_stmt *q;
	int ret = -1;

	if (!text)
		sim_fail(e, EX_OSERR, "no memory for a record");
	if (!text || !seq)
		goto out;
	q = store_q(s, Q_EXHUME, e);
	if (!q)
		goto out;
	sqlite3_bind_int(q, 1, item->kind);
	sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
	if (store_run(s, q, e))
		goto out;
	q = store_q(s, Q_RECORD_PUT, e);
	if (!q)
		goto out;
	sqlite3_bind_int(q, 1, item->kind);
	sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 3, seq);
	sqlite3_bind_text(q, 4, text, -1, SQLITE_STATIC);
	if (bind_columns(q, item))
		sim_fail(e, EX_OSERR, "no memory for a record");
	else
		ret = store_run(s, q, e);
out:
	free(text);
	return ret;
}

static int condition(struct store *s, enum sim_kind kind, const char *ref,
		     int64_t version, struct store_record *now,
		     struct sim_err *e)
{
	int ret = store_record_get(s, kind, ref, now, e);

	if (ret < 0)
		return -1;
	if (version < 0)
		return ret == 1 ? 0 : 1;
	if (!version)
		return 0;
	return ret == 1 || now->version != version;
}

int store_record_put(struct store *s, const char *ref, int64_t version,
		     const struct sim_item *item, struct sim_err *e)
{
	struct store_record now;
	int ret;

	if (item->kind == SIM_CONTACT)
		return sim_fail(e, EX_SOFTWARE, "a contact is no record");
	if (store_begin(s, e))
		return -1;
	ret = condition(s, item->kind, ref, version, &now, e);
	if (!ret && !(now.ref && sim_item_equal(&now.item, item)))
		ret = write_record(s, ref, item, e);
	store_record_free(&now);
	/* A condition that failed wrote nothing: no reason to roll back. */
	return store_end(s, ret >= 0, e) ? -1 : ret;
}

int store_record_rm(struct store *s, enum sim_kind kind, const char *ref,
		    int64_t version, struct sim_err *e)
{
	struct store_record now;
	sqlite3_stmt *q;
	int ret;

	if (store_begin(s, e))
		return -1;
	ret = condition(s, kind, ref, version, &now, e);
	if (!ret && !now.ref)
		ret = 1;
	store_record_free(&now);
	if (!ret) {
		q = store_q(s, Q_RECORD_RM, e);
		ret = -1;
		if (q) {
			sqlite3_bind_int(q, 1, kind);
			sqlite3_bind_text(q, 2, ref, -1, SQLITE_STATIC);
			ret = store_run(s, q, e);
		}
		if (!ret)
			ret = store_bury(s, kind, ref, e);
	}
	/* A condition that failed wrote nothing: no reason to roll back. */
	return store_end(s, ret >= 0, e) ? -1 : ret;
}

long store_record_each(struct store *s, enum sim_kind kind, const char *find,
		       int (*fn)(const struct store_record *r, void *arg),
		       void *arg, struct sim_err *e)
{
	sqlite3_stmt *q = store_q(s, kind == SIM_MESSAGE ? Q_MESSAGE_FIND
							 : Q_INFO_FIND, e);
	long n = 0;
	int ret;

	if (!q)
		return -1;
	sqlite3_bind_text(q, 1, find, -1, SQLITE_STATIC);
	while ((ret = store_step(s, q, e)) == 1) {
		struct store_record r;

		if (store_record_row(q, kind, &r, e)) {
			ret = -1;
			break;
		}
		n++;
		ret = fn(&r, arg);
		store_record_free(&r);
		if (ret) {
			ret = 0;
			break;
		}
	}
	sqlite3_reset(q);
	return ret < 0 ? -1 : n;
}
