// SPDX-License-Identifier: MIT
/* fuzz_card_fcp.c - any answer to SELECT (first byte: of a 2G card) */
#include <stdlib.h>

#include "card/fs.h"
#include "card/rights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sim_err e = { 0 };
	struct card c = { 0 };
	struct fs_ef ef = { 0 };
	struct rights r;

	if (!n)
		return 0;
	c.gsm = data[0] & 1;
	if (!fcp_parse(&c, data + 1, n - 1, &ef)) {
		if ((ef.form == FS_LINEAR || ef.form == FS_CYCLIC) &&
		    (!ef.rec_len || !ef.nrec || ef.nrec > 254))
			abort();
		if (ef.sfi > 30 || ef.nrules > FS_RULES ||
		    c.nstatus > sizeof(c.status))
			abort();
		ef.arr_fid = 0;
		rights_of(&c, &ef, &r, &e);
		if (!r.read[0] || !r.update[0])
			abort();
	}
	rights_parse(data + 1, n - 1, &r);
	return 0;
}
