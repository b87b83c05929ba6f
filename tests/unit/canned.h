/* SPDX-License-Identifier: MIT */
/* canned.h - a server that says what a test wants it to, one answer after the other */
#ifndef TESTS_CANNED_H
#define TESTS_CANNED_H

#include "remote/dav.h"
#include "unit/servers.h"

#define CANNED_MAX 8

/* A member of the address book, and what one propstat says of it. */
#define MEMBER(href, inside) "<response><href>" href "</href>" inside "</response>"
#define FOUND(props) "<propstat><prop>" props "</prop><status>HTTP/1.1 200 OK</status></propstat>"
#define STATUS(s) "<status>HTTP/1.1 " s "</status>"
#define ETAG(t) "<getetag>\"" t "\"</getetag>"
#define CARD(fn) "<C:address-data>BEGIN:VCARD\nVERSION:3.0\nFN:" fn "\nEND:VCARD\n</C:address-data>"
#define MORE MEMBER("/c/", STATUS("507 Insufficient Storage"))
#define TOKEN(t) "<sync-token>" t "</sync-token>"

/**
 * struct canned - the server, and a client of it
 * @f: the server
 * @script: its answers, heads and all
 * @said: all there ever were: the server may still be at the last one
 * @nsaid: how many
 * @c: the client's configuration
 * @book: address book at /c/
 * @folder: folder at /f/
 */
struct canned {
	struct faulty f;
	char *script[CANNED_MAX + 1];
	char **said;
	size_t nsaid;
	struct remote_config c;
	struct carddav book;
	struct webdav folder;
	char url[2][64];
};

static inline void canned_start(struct canned *s)
{
	static char key[65], device[] = "phone-1";
	struct sim_err e = { 0 };

	memset(s, 0, sizeof(*s));
	memset(key, 'a', 64);
	signal(SIGPIPE, SIG_IGN);
	faulty_start(&s->f, 0);
	for (int i = 0; i < 2; i++)
		snprintf(s->url[i], sizeof(s->url[i]), "http://127.0.0.1:%d/%c/",
			 s->f.port, "cf"[i]);
	s->c = (struct remote_config){ .contacts = s->url[0],
				       .files = s->url[1], .key = key,
				       .device = device, .timeout_s = 5 };
	s->book = (struct carddav){ .h = http_new(&s->c, &e), .url = s->url[0],
				    .path = (char *)"/c/" };
	s->folder = (struct webdav){ .h = s->book.h, .c = &s->c,
				     .url = s->url[1], .path = (char *)"/f/" };
	assert_non_null(s->book.h);
}

/* Freed when the server ends: it may be at @text still when the client is not. */
static inline char *canned_keep(struct canned *s, char *text)
{
	s->said = realloc(s->said, (s->nsaid + 1) * sizeof(*s->said));
	return s->said[s->nsaid++] = text;
}

/* Answer @i is @body, with @head ("207 Multi-Status", more lines). */
static inline void canned_say(struct canned *s, size_t i, const char *head,
			      const char *body)
{
	assert_true(asprintf(&s->script[i],
			     "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
			     head, strlen(body), body) > 0);
	canned_keep(s, s->script[i]);
	s->f.requests = 0;
	s->f.script = (const char *const *)s->script;
	s->f.canned = s->script[0];
}

/* The same, a multistatus. */
static inline void canned_multi(struct canned *s, size_t i, const char *body)
{
	char *all;

	assert_true(asprintf(&all, "<multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">%s</multistatus>",
			     body) > 0);
	canned_say(s, i, "207 Multi-Status", all);
	free(all);
}

static inline void canned_stop(struct canned *s)
{
	http_free(s->book.h);
	faulty_stop(&s->f);
	while (s->nsaid)
		free(s->said[--s->nsaid]);
	free(s->said);
}

#endif
