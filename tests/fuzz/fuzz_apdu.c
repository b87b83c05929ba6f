// SPDX-License-Identifier: MIT
/*
 * fuzz_apdu.c - any command APDU with any answers
 */
#include "apdu.h"
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static u8 cmd[700], resp[1000];
	struct apdu_exchange x;
	struct apdu_tpdu t;
	unsigned int rounds = 0;
	struct engine e = { .data = data, .n = n };
	u8 transport = engine_byte(&e) % 3;
	u8 channel = engine_byte(&e);
	size_t len = engine_byte(&e) | (size_t)engine_byte(&e) << 8;
	size_t max = 258 + engine_byte(&e) * 2u;

	len %= sizeof(cmd) + 1;
	if (len > e.n)
		len = e.n;
	memcpy(cmd, e.data, len);
	e.data += len;
	e.n -= len;
	if (apdu_begin(&x, transport, cmd, len, channel, resp, max)) {
		engine_require(!apdu_next(&x, &t));
		return 0;
	}
	while (apdu_next(&x, &t)) {
		size_t k = engine_byte(&e) | (size_t)engine_byte(&e) << 8;

		engine_require(++rounds < 2000);
		engine_require(t.len >= 4 && t.max >= 2);
		engine_require(t.resp >= resp && t.resp + t.max <= resp + max);
		engine_require(transport != APDU_T0 || t.len == 4 ||
			       t.len == 5 || t.len == 5u + t.cmd[4]);
		engine_require(t.cmd[1] != 0x70);
		engine_require(apdu_channel(t.cmd[0]) == channel);
		if (k == 0xffff) {
			apdu_answer(&x, -EREMOTEIO);
			continue;
		}
		k %= t.max + 1;
		if (k > e.n)
			k = e.n;
		memcpy(t.resp, e.data, k);
		e.data += k;
		e.n -= k;
		apdu_answer(&x, k);
	}
	engine_require(x.result < 0 || (x.result >= 2 &&
					(size_t)x.result <= max));
	return 0;
}
