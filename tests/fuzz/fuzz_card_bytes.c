// SPDX-License-Identifier: MIT
/* fuzz_card_bytes.c - any bytes as BER-TLV, as digits, as a number of people */
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/tlv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void walk(const uint8_t *p, size_t n, int depth)
{
	struct tlv_iter it = { p, n };
	struct tlv t;

	while (tlv_next(&it, &t) == 1) {
		if (t.v < p || t.len > n || t.v + t.len > p + n)
			abort();
		if (depth < 8)
			walk(t.v, t.len, depth + 1);
	}
	if (it.p < p || it.left > n)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char digits[64], number[BCD_DIGITS_MAX + 2], again[BCD_DIGITS_MAX + 2];
	char *s;

	walk(data, n, 0);
	if (bcd_get(data, n, digits, sizeof(digits), 0) >= sizeof(digits))
		abort();
	s = strndup((const char *)data, n);
	if (s && !bcd_normal(s, number) &&
	    (bcd_normal(number, again) || strcmp(number, again)))
		abort();
	free(s);
	return 0;
}
