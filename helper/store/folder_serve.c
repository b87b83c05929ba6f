// SPDX-License-Identifier: MIT
/* folder_serve.c - the owner's end of folder_wire.h */
#include "store/folder_wire_int.h"

#include <stdlib.h>
#include <string.h>

#include "model/plain.h"

struct serve {
	int sock;
	struct folder_io *io;
};

static int ok(struct serve *s, const void *data, size_t len, struct sim_err *e)
{
	const struct fw_part part[] = { { data, len } };

	return fw_send(s->sock, FW_OK, part, 1, e);
}

/* What a call of the folder came to: told, and only a lost peer is an error. */
static int outcome(struct serve *s, int ret, const struct folder_stat *st,
		   const char *text, size_t len, struct sim_err *e)
{
	const struct fw_part yes[] = {
		{ st ? &st->mtime : NULL, st ? 8 : 0 },
		{ st ? &st->size : NULL, st ? 8 : 0 },
		{ text, len },
	};

	if (ret < 0) {
		uint32_t code = (uint32_t)e->code;
		const struct fw_part no[] = { { &code, 4 },
					      { e->text, strlen(e->text) } };

		return fw_send(s->sock, FW_FAIL, no, 2, e);
	}
	return ret ? fw_send(s->sock, FW_NO, NULL, 0, e) :
		     fw_send(s->sock, FW_OK, yes, 3, e);
}

static int tell_file(const char *name, const struct folder_stat *st, void *arg,
		     struct sim_err *e)
{
	const struct fw_part part[] = { { &st->mtime, 8 }, { &st->size, 8 },
					{ name, strlen(name) } };

	/* 1: the peer is gone; what @list itself fails with is told. */
	return fw_send(((struct serve *)arg)->sock, FW_FILE, part, 3, e) ? 1 : 0;
}

static int on_open(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	uint8_t fresh = s->io->fresh;

	return f->len ? fw_bad(e) : ok(s, &fresh, 1, e);
}

static int on_list(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	int ret;

	if (f->len)
		return fw_bad(e);
	ret = s->io->ops->list(s->io, tell_file, s, e);
	return ret > 0 ? -1 : outcome(s, ret, NULL, NULL, 0, e);
}

static int on_read(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	struct folder_stat st = { 0 };
	char *text = NULL;
	size_t len = 0;
	int ret;

	if (strlen(f->body) != f->len || !folder_name_ok(f->body))
		return fw_bad(e);
	ret = s->io->ops->read(s->io, f->body, &text, &len, &st, e);
	ret = outcome(s, ret, &st, text, len, e);
	free(text);
	return ret;
}

/* "hash 0 name 0": where the rest begins, NULL when that is not what it is. */
static char *hash_and_name(struct fw_frame *f, char **name)
{
	size_t hash = strlen(f->body) + 1, len;

	if (hash > f->len || !folder_hash_ok(f->body))
		return NULL;
	*name = f->body + hash;
	len = strlen(*name) + 1;
	/* REMOVE's name ends with the frame. */
	if (hash + len > f->len + 1 || !folder_name_ok(*name))
		return NULL;
	return *name + len;
}

static int on_write(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	struct folder_stat st = { 0 };
	char *name, *text = hash_and_name(f, &name);
	int ret;

	if (!text || text > f->body + f->len)
		return fw_bad(e);
	ret = s->io->ops->write(s->io, name, f->body, text,
				(size_t)(f->body + f->len - text), &st, e);
	return outcome(s, ret, &st, NULL, 0, e);
}

static int on_remove(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	char *name, *end = hash_and_name(f, &name);
	int ret;

	/* A file that was never seen is never removed. */
	if (!end || end != f->body + f->len + 1 || !*f->body)
		return fw_bad(e);
	ret = s->io->ops->remove(s->io, name, f->body, e);
	return outcome(s, ret, NULL, NULL, 0, e);
}

static const struct {
	enum fw_type type;
	int (*answer)(struct serve *s, struct fw_frame *f, struct sim_err *e);
} answers[] = {
	{ FW_OPEN, on_open },	{ FW_LIST, on_list },
	{ FW_READ, on_read },	{ FW_WRITE, on_write },
	{ FW_REMOVE, on_remove },
};

static int one(struct serve *s, struct fw_frame *f, struct sim_err *e)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].type == f->type)
			return answers[i].answer(s, f, e);
	return fw_bad(e);
}

int folder_wire_serve(int sock, struct folder_io *io, char *text,
		      struct sim_err *e)
{
	struct serve s = { sock, io };
	struct fw_frame f;
	int ret = 0;

	text[0] = '\0';
	while (!ret) {
		if (fw_recv(sock, -1, &f, e))
			return -1;
		if (f.type == FW_END)
			break;
		ret = one(&s, &f, e);
		fw_free(&f);
	}
	if (ret)
		return -1;
	if (f.len >= FOLDER_TEXT_MAX || strlen(f.body) != f.len) {
		ret = fw_bad(e);
	} else {
		memcpy(text, f.body, f.len + 1);
		plain_text(text, true);
	}
	fw_free(&f);
	return ret;
}
