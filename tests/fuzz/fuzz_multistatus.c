// SPDX-License-Identifier: MIT
/* fuzz_multistatus.c - any bytes as a server's answer, cut anywhere */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "remote/dav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int on_response(struct dav_response *r, void *arg, struct sim_err *e)
{
	size_t *count = arg;
	struct sim_record rec = { 0 };
	char *path = http_path(r->text[DAV_HREF]);
	int i;

	for (i = 0; i < DAV_TEXTS; i++)
		if (r->text[i] && strlen(r->text[i]) > r->len[i])
			abort();
	if (path && r->text[DAV_DATA])
		carddav_record(&rec, path, r->text[DAV_ETAG],
			       r->text[DAV_DATA], r->len[DAV_DATA], e);
	sim_record_free(&rec);
	free(path);
	++*count;
	return 0;
}

static size_t read_cut(const uint8_t *data, size_t n, size_t cut)
{
	struct sim_err e = { 0 };
	char *token = NULL;
	size_t count = 0;
	struct xml *x = xml_new(on_response, &count);

	if (!x)
		return 0;
	if (xml_feed(x, (const char *)data, cut, &e) ||
	    xml_feed(x, (const char *)data + cut, n - cut, &e) ||
	    xml_end(x, &token, &e)) {
		count = (size_t)-1;
		if (!e.text[0])
			abort();
	}
	free(token);
	xml_free(x);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Where the bytes are cut makes no difference. */
	if (read_cut(data, n, n) != read_cut(data, n, n / 2))
		abort();
	return 0;
}
