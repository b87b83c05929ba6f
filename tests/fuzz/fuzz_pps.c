// SPDX-License-Identifier: MIT
/*
 * fuzz_pps.c - any bytes as answer to a PPS request
 */
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* T=0 at 512/32, T=1 at 372/12, T=0 in specific mode. */
	static const u8 atrs[3][8] = {
		{ 5, 5, 0x3b, 0x90, 0x96, 0x40, 0x0a },
		{ 6, 5, 0x3b, 0x90, 0x18, 0x01, 0x89 },
		{ 6, 5, 0x3b, 0x90, 0x96, 0x10, 0x00 },
	};
	const u8 *atr;
	struct engine e;
	u8 input[600];
	size_t k;

	if (n < 2 || n > 500)
		return 0;
	atr = atrs[data[1] % 3] + 1;
	input[0] = data[0] & ~0x60;	/* PPS on */
	memcpy(input + 1, atr, 1u + atr[0]);
	k = 2u + atr[0];
	memcpy(input + k, data + 2, n - 2);

	engine_init(&e, input, k + n - 2);
	iso7816_activate(&e.m);
	if (engine_run(&e).result == 0)
		engine_require(e.m.protocol <= 1 && e.m.baud > 1700);
	return 0;
}
