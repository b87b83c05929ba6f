// SPDX-License-Identifier: MIT
/* fuzz_vcard.c - any bytes as a vCard: read, patched, read again */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/vcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	struct sim_vcard v, back;
	struct sim_err e;
	size_t len;
	char *out;

	vcard_count(text, n, NULL);
	if (vcard_parse(text, n, &v, &e))
		return 0;
	/* Nothing wanted: nothing changed. */
	if (vcard_patch(text, n, &v.item, &out, &len, &e) || len != n ||
	    memcmp(out, text, n))
		abort();
	free(out);
	/* A changed number is there afterwards, and nothing else moved. */
	if (sim_item_set(&v.item, "TEL", "+4917112345") ||
	    vcard_patch(text, n, &v.item, &out, &len, &e) ||
	    vcard_parse(out, len, &back, &e))
		abort();
	if (!vcard_same(&back.item, &v.item))
		abort();
	vcard_free(&back);
	free(out);
	if (vcard_set_uid(text, n, "u-1", &out, &len, &e) ||
	    vcard_parse(out, len, &back, &e) || !back.uid ||
	    strcmp(back.uid, "u-1"))
		abort();
	vcard_free(&back);
	free(out);
	vcard_free(&v);
	return 0;
}
