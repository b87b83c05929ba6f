// SPDX-License-Identifier: MIT
/*
 * fuzz_proxy.c - anything written to /dev/simslot-proxy
 */
#include "fuzz/engine.h"
#include "proxy_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct proxy_record r;
	size_t i;

	if (proxy_record_parse(&r, data, n))
		return 0;
	engine_require(r.type >= SIMSLOT_P_CREATE &&
		       r.type <= SIMSLOT_P_CARD_RESET);
	engine_require(r.data >= data + sizeof(struct simslot_proxy_hdr) &&
		       r.data + r.len == data + n);
	engine_require(r.error <= 0 && r.reason <= SIMSLOT_REASON_GARBAGE);
	if (r.type == SIMSLOT_P_CREATE) {
		engine_require(r.create.name[sizeof(r.create.name) - 1] == 0);
		engine_require(r.create.caps & SIMSLOT_CAP_PROXIED &&
			       !(r.create.caps & SIMSLOT_CAP_CARD_DETECT));
	} else if (r.type != SIMSLOT_P_DONE) {
		engine_require(r.len <= SIMSLOT_ATR_MAX);
	}
	for (i = 0; i < r.len; i++)
		engine_require(r.data[i] == data[n - r.len + i]);
	return 0;
}
