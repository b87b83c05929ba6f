// SPDX-License-Identifier: MIT
/* book_server.c - one answer: all that is there, or that nothing changed */
#include "bench/book_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/sync_world.h"

struct book {
	int fd;
	size_t n;
};

/* Head and body of one request into @b; false: the client went away. */
static bool request(int fd, char *b, size_t max)
{
	size_t n = 0, want = 0;

	while (n + 1 < max) {
		ssize_t got = read(fd, b + n, max - 1 - n);
		char *end, *len;

		if (got <= 0)
			return false;
		n += (size_t)got;
		b[n] = '\0';
		end = strstr(b, "\r\n\r\n");
		if (!end)
			continue;
		len = strcasestr(b, "\r\ncontent-length:");
		want = len && len < end ? strtoul(len + 17, NULL, 10) : 0;
		if (n >= (size_t)(end + 4 - b) + want)
			return true;
	}
	return false;
}

static void answer(FILE *f, const struct book *k, bool all)
{
	fputs("HTTP/1.1 207 Multi-Status\r\nContent-Type: application/xml\r\n"
	      "Connection: close\r\n\r\n"
	      "<?xml version='1.0' encoding='utf-8'?>\n"
	      "<multistatus xmlns=\"DAV:\" xmlns:CR=\"urn:ietf:params:xml:ns:carddav\">",
	      f);
	for (size_t i = 0; all && i < k->n; i++) {
		char *text = world_vcard(i);

		fprintf(f, "<response><href>/book/7d1f3c52-0a6e-4f0b-9c11-%012zx.vcf</href>"
			   "<propstat><prop><getetag>\"%zu\"</getetag>"
			   "<CR:address-data>%s</CR:address-data></prop>"
			   "<status>HTTP/1.1 200 OK</status></propstat></response>",
			i, i, text ? text : "");
		free(text);
	}
	fputs("<sync-token>http://example.org/ns/sync/1</sync-token></multistatus>",
	      f);
}

static void *serve(void *arg)
{
	struct book *k = arg;
	char b[8192];
	int fd;

	while ((fd = accept(k->fd, NULL, NULL)) >= 0) {
		FILE *f;

		if (!request(fd, b, sizeof(b)) || !(f = fdopen(fd, "w"))) {
			close(fd);
			continue;
		}
		if (strncmp(b, "REPORT ", 7))
			fputs("HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n"
			      "Connection: close\r\n\r\n", f);
		else
			answer(f, k, strstr(b, "<sync-token></sync-token>"));
		fclose(f);
	}
	return NULL;
}

int book_server(size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	struct book *k = malloc(sizeof(*k));
	pthread_t t;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!k)
		return -1;
	*k = (struct book){ socket(AF_INET, SOCK_STREAM, 0), n };
	if (bind(k->fd, (struct sockaddr *)&a, len) || listen(k->fd, 16) ||
	    getsockname(k->fd, (struct sockaddr *)&a, &len) ||
	    pthread_create(&t, NULL, serve, k))
		return -1;
	pthread_detach(t);
	return ntohs(a.sin_port);
}
