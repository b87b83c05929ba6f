// SPDX-License-Identifier: MIT
/*
 * fuzz_atr.c - any bytes as an answer to reset, whole and from the wire
 */
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iso7816_atr atr;
	struct engine e;
	int len = iso7816_atr_length(data, n);

	engine_require(len <= ISO7816_ATR_MAX);
	if (iso7816_atr_parse(&atr, data, n) == ISO7816_ATR_OK) {
		engine_require(len == (int)n && atr.len == n);
		engine_require(atr.hist_off + atr.hist_len <= atr.len);
		engine_require(atr.protocols & 0x7fff);
		engine_require(atr.bwi <= 9 && atr.cwi <= 15);
	}

	engine_init(&e, data, n);
	iso7816_activate(&e.m);
	if (engine_run(&e).result == 0) {
		engine_require(e.m.protocol <= 1);
		iso7816_reset(&e.m, true);
		engine_run(&e);
	}
	return 0;
}
