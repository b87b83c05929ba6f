// SPDX-License-Identifier: MIT
/*
 * fuzz_t1.c - any commands, any bytes of the card, in T=1 with LRC and CRC
 */
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const u8 lrc[] = { 0x3b, 0x80, 0x01, 0x81 };
	static const u8 crc[] = { 0x3b, 0x80, 0x81, 0x41, 0x01, 0x41 };
	struct engine e;

	engine_init(&e, data, n);
	if (engine_byte(&e) & 1 ? !engine_up(&e, crc, sizeof(crc)) :
				  !engine_up(&e, lrc, sizeof(lrc)))
		abort();
	engine_commands(&e);
	return 0;
}
