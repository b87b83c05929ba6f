// SPDX-License-Identifier: MIT
/* fuzz_card_text.c - any field as a name, any name in any field */
#include <stdlib.h>
#include <string.h>

#include "card/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[TEXT_MAX], once[TEXT_MAX], twice[TEXT_MAX], *s;
	size_t bad;

	if (n < 1 || n > 2000)
		return 0;
	if (!text_decode(data + 1, n - 1, text, &bad) &&
	    text_fit(text, 255, once) < 0)
		abort();
	s = strndup((const char *)data + 1, n - 1);
	if (!s)
		return 0;
	if (text_fit(s, data[0], once) >= 0 &&
	    (text_fit(once, data[0], twice) || strcmp(once, twice)))
		abort();
	free(s);
	return 0;
}
