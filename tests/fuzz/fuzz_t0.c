// SPDX-License-Identifier: MIT
/*
 * fuzz_t0.c - any commands, any bytes of the card, in T=0
 */
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const u8 direct[] = { 0x3b, 0x80, 0x40, 0x0a };
	static const u8 inverse[] = { 0x03, 0xff };	/* 3F 00 */
	struct engine e;

	engine_init(&e, data, n);
	if (engine_byte(&e) & 1 ? !engine_up(&e, inverse, sizeof(inverse)) :
				  !engine_up(&e, direct, sizeof(direct)))
		abort();
	engine_commands(&e);
	return 0;
}
