// SPDX-License-Identifier: MIT
/* url.c - URLs and paths, joined, compared and escaped; no I/O */
#include "remote/http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

char *http_host(const char *url)
{
	const char *p = strstr(url, "://");

	p = p ? p + 3 : url;
	return strndup(p, strcspn(p, "/?#"));
}

char *http_join(const char *base, const char *href)
{
	const char *host = strstr(base, "://");
	char *out = NULL;
	int ret;

	if (!strncasecmp(href, "http://", 7) || !strncasecmp(href, "https://", 8))
		return strdup(href);
	host = host ? host + 3 : base;
	ret = asprintf(&out, "%.*s%s%s",
		       (int)(strcspn(host, "/") + (size_t)(host - base)), base,
		       *href == '/' ? "" : "/", href);
	return ret < 0 ? NULL : out;
}

static bool plain_char(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || strchr("-._~", c);
}

static int hex(char c)
{
	const char *d = "0123456789abcdef", *p = c ? strchr(d, c | 0x20) : NULL;

	return p ? (int)(p - d) : -1;
}

/* Servers differ in what they encode ("@", ":"): one way for comparing. */
char *http_path(const char *url)
{
	const char *p = *url == '/' ? NULL : strstr(url, "://");
	struct buf b = { 0 };

	if (p)
		p = strchr(p + 3, '/') ? strchr(p + 3, '/') : "/";
	else
		p = url;
	for (; *p && *p != '?' && *p != '#'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			c = (unsigned char)(hex(p[1]) << 4 | hex(p[2]));
			p += 2;
			if (c == '/') {
				buf_str(&b, "%2F");
				continue;
			}
		}
		if (c == '/' || (c && plain_char(c)))
			buf_chr(&b, (char)c);
		else
			buf_fmt(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

char *http_escape(const char *s)
{
	struct buf b = { 0 };

	for (; *s; s++) {
		if (plain_char((unsigned char)*s))
			buf_chr(&b, *s);
		else
			buf_fmt(&b, "%%%02X", (unsigned char)*s);
	}
	return buf_take(&b);
}
