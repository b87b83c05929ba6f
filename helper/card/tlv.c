// SPDX-License-Identifier: MIT
#include "card/tlv.h"

#include <string.h>

int tlv_next(struct tlv_iter *it, struct tlv *out)
{
	const uint8_t *p = it->p;
	size_t left = it->left, len;
	uint32_t tag;
	unsigned int n;

	if (!left || p[0] == 0x00 || p[0] == 0xff)
		return 0;
	tag = *p++;
	left--;
	if ((tag & 0x1f) == 0x1f) {
		n = 1;
		do {
			if (!left || ++n > 3)
				return -1;
			tag = tag << 8 | *p;
			left--;
		} while (*p++ & 0x80);
	}
	if (!left)
		return -1;
	len = *p++;
	left--;
	if (len & 0x80) {
		n = len & 0x7f;
		if (!n || n > 3 || left < n)
			return -1;
		for (len = 0; n; n--, left--)
			len = len << 8 | *p++;
	}
	if (len > left)
		return -1;
	*out = (struct tlv){ .tag = tag, .v = p, .len = len };
	it->p = p + len;
	it->left = left - len;
	return 1;
}

bool tlv_find(const uint8_t *p, size_t len, uint32_t tag, struct tlv *out)
{
	struct tlv_iter it = { .p = p, .left = len };

	while (tlv_next(&it, out) == 1)
		if (out->tag == tag)
			return true;
	return false;
}

bool tlv_in(const struct tlv *t, uint32_t tag, struct tlv *out)
{
	return tlv_find(t->v, t->len, tag, out);
}

size_t tlv_put(uint8_t *buf, size_t max, size_t at, uint32_t tag,
	       const uint8_t *v, size_t len)
{
	uint8_t head[7];
	size_t n = 0;
	int shift;

	for (shift = 16; shift >= 0; shift -= 8)
		if (tag >> shift)
			head[n++] = (uint8_t)(tag >> shift);
	if (len > 0xffff)
		return 0;
	if (len > 0xff) {
		head[n++] = 0x82;
		head[n++] = (uint8_t)(len >> 8);
	} else if (len > 0x7f) {
		head[n++] = 0x81;
	}
	head[n++] = (uint8_t)len;
	if (at > max || max - at < n + len)
		return 0;
	memcpy(buf + at, head, n);
	if (len)
		memcpy(buf + at + n, v, len);
	return at + n + len;
}
