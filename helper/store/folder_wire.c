// SPDX-License-Identifier: MIT
/* folder_wire.c - frames of folder_wire.h, and the worker's end */
#include "store/folder_wire_int.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SILENCE_MS (FOLDER_WIRE_S * 1000)

static int wait_for(int sock, short what, int ms, struct sim_err *e)
{
	struct pollfd p = { sock, what, 0 };
	int n;

	do {
		n = poll(&p, 1, ms);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		return 0;
	return sim_fail(e, EX_TEMPFAIL,
			"the other side of the vCard folder says nothing");
}

static int lost(struct sim_err *e)
{
	return sim_fail(e, EX_TEMPFAIL,
			"the other side of the vCard folder went away; the next pass goes on");
}

static int send_all(int sock, const void *data, size_t len, struct sim_err *e)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(sock, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (wait_for(sock, POLLOUT, SILENCE_MS, e))
				return -1;
			continue;
		}
		if (n < 0 && errno == ENOTSOCK)
			return sim_fail(e, EX_USAGE,
					"the vCard folder is mirrored by simsync folder sync or watch");
		if (n <= 0)
			return lost(e);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int recv_all(int sock, int ms, void *data, size_t len,
		    struct sim_err *e)
{
	char *p = data;

	while (len) {
		ssize_t n;

		if (wait_for(sock, POLLIN, ms, e))
			return -1;
		n = recv(sock, p, len, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0 && errno == ENOTSOCK)
			return sim_fail(e, EX_USAGE,
					"the vCard folder is mirrored by simsync folder sync or watch");
		if (n <= 0)
			return lost(e);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int fw_send(int sock, enum fw_type type, const struct fw_part *part, size_t n,
	    struct sim_err *e)
{
	uint8_t head[5];
	uint32_t len = 0;
	size_t i;

	for (i = 0; i < n; i++)
		len += (uint32_t)part[i].len;
	memcpy(head, &len, 4);
	head[4] = (uint8_t)type;
	if (send_all(sock, head, sizeof(head), e))
		return -1;
	for (i = 0; i < n; i++)
		if (send_all(sock, part[i].data, part[i].len, e))
			return -1;
	return 0;
}

int fw_recv(int sock, int ms, struct fw_frame *f, struct sim_err *e)
{
	uint8_t head[5];
	uint32_t len;

	*f = (struct fw_frame){ 0 };
	if (recv_all(sock, ms, head, sizeof(head), e))
		return -1;
	memcpy(&len, head, 4);
	if (len > FW_MAX)
		return fw_bad(e);
	f->type = head[4];
	f->len = len;
	f->body = malloc((size_t)len + 1);
	if (!f->body)
		return sim_fail(e, EX_OSERR, "no memory for the vCard folder");
	if (recv_all(sock, ms, f->body, len, e)) {
		fw_free(f);
		return -1;
	}
	f->body[len] = '\0';
	return 0;
}

void fw_free(struct fw_frame *f)
{
	free(f->body);
	f->body = NULL;
}

int fw_bad(struct sim_err *e)
{
	return sim_fail(e, EX_PROTOCOL,
			"the other side of the vCard folder does not speak its protocol");
}

bool fw_take_stat(const struct fw_frame *f, struct folder_stat *st)
{
	if (f->len < FW_STAT)
		return false;
	memcpy(&st->mtime, f->body, 8);
	memcpy(&st->size, f->body + 8, 8);
	return st->size >= 0;
}

/* ---- the worker's end --------------------------------------------------- */

static int said_fail(struct fw_frame *f, struct sim_err *e)
{
	uint32_t code;

	if (f->len < 4 || strlen(f->body + 4) != f->len - 4)
		return fw_bad(e);
	memcpy(&code, f->body, 4);
	return sim_fail(e, code >= EX_USAGE && code <= EX_CONFIG ? (int)code :
								   EX_IOERR,
			"%.400s", f->body + 4);
}

/* One question, one answer: 0 OK, 1 NO, -1; @f is the caller's after 0. */
static int ask(struct folder_io *io, enum fw_type type,
	       const struct fw_part *part, size_t n, struct fw_frame *f,
	       struct sim_err *e)
{
	int sock = ((struct folder_wire *)io)->sock, ret;

	if (fw_send(sock, type, part, n, e) || fw_recv(sock, SILENCE_MS, f, e))
		return -1;
	if (f->type == FW_OK)
		return 0;
	ret = f->type == FW_NO	 ? 1 :
	      f->type == FW_FAIL ? said_fail(f, e) :
				   fw_bad(e);
	fw_free(f);
	return ret;
}

static int wire_list(struct folder_io *io, folder_each each, void *arg,
		     struct sim_err *e)
{
	int sock = ((struct folder_wire *)io)->sock, ret = 0;
	struct fw_frame f;
	size_t n = 0;

	if (fw_send(sock, FW_LIST, NULL, 0, e))
		return -1;
	while (!ret) {
		struct folder_stat st = { 0 };

		if (fw_recv(sock, SILENCE_MS, &f, e))
			return -1;
		if (f.type != FW_FILE)
			break;
		if (++n > FOLDER_FILES_MAX ||
		    (!fw_take_stat(&f, &st) && st.size != FOLDER_ODD) ||
		    strlen(f.body + FW_STAT) != f.len - FW_STAT ||
		    !folder_name_ok(f.body + FW_STAT))
			ret = fw_bad(e);
		else
			ret = each(f.body + FW_STAT, &st, arg, e);
		fw_free(&f);
	}
	if (ret)
		return ret;
	ret = f.type == FW_OK	? 0 :
	      f.type == FW_FAIL ? said_fail(&f, e) :
				  fw_bad(e);
	fw_free(&f);
	return ret;
}

static int wire_read(struct folder_io *io, const char *name, char **text,
		     size_t *len, struct folder_stat *st, struct sim_err *e)
{
	const struct fw_part part[] = { { name, strlen(name) } };
	struct fw_frame f;
	int ret = ask(io, FW_READ, part, 1, &f, e);

	*text = NULL;
	*len = 0;
	if (ret)
		return ret;
	if (!fw_take_stat(&f, st)) {
		fw_free(&f);
		return fw_bad(e);
	}
	*len = f.len - FW_STAT;
	memmove(f.body, f.body + FW_STAT, *len + 1);
	*text = f.body;
	return 0;
}

static int wire_write(struct folder_io *io, const char *name, const char *hash,
		      const char *text, size_t len, struct folder_stat *st,
		      struct sim_err *e)
{
	const struct fw_part part[] = {
		{ hash, strlen(hash) + 1 },
		{ name, strlen(name) + 1 },
		{ text, len },
	};
	struct fw_frame f;
	int ret = ask(io, FW_WRITE, part, 3, &f, e);

	if (ret)
		return ret;
	if (!fw_take_stat(&f, st))
		ret = fw_bad(e);
	fw_free(&f);
	return ret;
}

static int wire_remove(struct folder_io *io, const char *name,
		       const char *hash, struct sim_err *e)
{
	const struct fw_part part[] = {
		{ hash, strlen(hash) + 1 },
		{ name, strlen(name) },
	};
	struct fw_frame f;
	int ret = ask(io, FW_REMOVE, part, 2, &f, e);

	if (!ret)
		fw_free(&f);
	return ret;
}

static const struct folder_io_ops wire_ops = {
	.list = wire_list,
	.read = wire_read,
	.write = wire_write,
	.remove = wire_remove,
};

int folder_wire_open(struct folder_wire *w, int sock, const char *path,
		     struct sim_err *e)
{
	struct fw_frame f;
	int ret;

	*w = (struct folder_wire){ { &wire_ops, path, false }, sock };
	ret = ask(&w->io, FW_OPEN, NULL, 0, &f, e);
	if (ret)
		return ret < 0 ? -1 : fw_bad(e);
	w->io.fresh = f.len == 1 && f.body[0];
	ret = f.len == 1 ? 0 : fw_bad(e);
	fw_free(&f);
	return ret;
}

int folder_wire_end(struct folder_wire *w, const char *text, struct sim_err *e)
{
	const struct fw_part part[] = { { text, strlen(text) } };

	return fw_send(w->sock, FW_END, part, 1, e);
}
