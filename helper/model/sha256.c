// SPDX-License-Identifier: MIT
#include "model/sha256.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sha256 {
	uint32_t h[8];
	uint8_t block[64];
	uint64_t n;
};

/* FIPS 180-4 §4.2.2 */
static const uint32_t k256[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void block(struct sha256 *s)
{
	uint32_t w[64], v[8], t1, t2;
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 |
		       (uint32_t)s->block[4 * i + 1] << 16 |
		       (uint32_t)s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (; i < 64; i++)
		w[i] = (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10) +
		       w[i - 7] +
		       (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^
			w[i - 15] >> 3) +
		       w[i - 16];
	memcpy(v, s->h, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6])) + k256[i] + w[i];
		t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void init(struct sha256 *s)
{
	static const uint32_t h0[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, h0, sizeof(h0));
	s->n = 0;
}

static void update(struct sha256 *s, const void *data, size_t n)
{
	const uint8_t *p = data;

	while (n) {
		size_t at = s->n % 64, k = 64 - at < n ? 64 - at : n;

		memcpy(s->block + at, p, k);
		s->n += k;
		p += k;
		n -= k;
		if (!(s->n % 64))
			block(s);
	}
}

static void final(struct sha256 *s, uint8_t out[32])
{
	uint64_t bits = s->n * 8;
	uint8_t c = 0x80;
	int i;

	update(s, &c, 1);
	for (c = 0; s->n % 64 != 56;)
		update(s, &c, 1);
	for (i = 7; i >= 0; i--) {
		c = (uint8_t)(bits >> (8 * i));
		update(s, &c, 1);
	}
	for (i = 0; i < 32; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

static void to_hex(const uint8_t d[32], char out[SHA256_HEX])
{
	int i;

	for (i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", d[i]);
}

void sha256_hex(const void *data, size_t n, char out[SHA256_HEX])
{
	struct sha256 s;
	uint8_t d[32];

	init(&s);
	if (n)
		update(&s, data, n);
	final(&s, d);
	to_hex(d, out);
}

void hmac_sha256_hex(const void *key, size_t klen, const void *data, size_t n,
		     char out[SHA256_HEX])
{
	uint8_t pad[64] = { 0 }, d[32];
	struct sha256 s;
	size_t i;

	if (klen > sizeof(pad)) {
		init(&s);
		update(&s, key, klen);
		final(&s, pad);
	} else if (klen) {
		memcpy(pad, key, klen);
	}
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36;
	init(&s);
	update(&s, pad, 64);
	if (n)
		update(&s, data, n);
	final(&s, d);
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	init(&s);
	update(&s, pad, 64);
	update(&s, d, 32);
	final(&s, d);
	to_hex(d, out);
}
