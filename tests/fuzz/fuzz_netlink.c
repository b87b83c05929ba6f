// SPDX-License-Identifier: MIT
/*
 * fuzz_netlink.c - any message that claims to be of the family "simslot"
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "broker/slots.h"
#include "fuzz/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* @data are the attributes: headers are the kernel's own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN + n;
	struct nlmsghdr *h = calloc(1, len);
	struct slots_event e;

	engine_require(h != NULL);
	h->nlmsg_len = (uint32_t)len;
	memcpy((char *)h + NLMSG_HDRLEN + GENL_HDRLEN, data, n);
	if (!slots_parse(h, &e)) {
		engine_require(strlen(e.slot.iccid) < sizeof(e.slot.iccid));
		engine_require(strlen(e.slot.driver) < sizeof(e.slot.driver));
		engine_require(!strpbrk(e.slot.driver, "\n\"/ "));
	}
	free(h);
	return 0;
}
