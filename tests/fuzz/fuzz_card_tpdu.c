// SPDX-License-Identifier: MIT
/* fuzz_card_tpdu.c - any bytes as a short message */
#include <stdlib.h>

#include "card/tpdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char smsc[TPDU_ADDR_MAX];
	struct tpdu t;
	size_t bad = 0, at;

	at = tpdu_smsc(data, n, smsc, sizeof(smsc));
	if (at > n)
		abort();
	for (int received = 0; received < 2; received++) {
		if (!tpdu_decode(data + at, n - at, received, &t, &bad) &&
		    t.len > n - at)
			abort();
		if (bad > n - at || t.part > t.parts)
			abort();
	}
	return 0;
}
