// SPDX-License-Identifier: MIT
/* sha256.c - libcrypto's, as hex (docs/adr/001-hashes-from-libcrypto.md) */
#include "model/sha256.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SHA256_BYTES 32

/*
 * No memory, or a libcrypto whose configuration takes SHA-256 away. A hash is
 * what tells whether a file or a document is still the one that was read: going
 * on without one would overwrite. The run ends here, and the next one recovers
 * as from any other death.
 */
static void __attribute__((noreturn)) no_hash(void)
{
	fputs("simsync: libcrypto does not give a SHA-256: no memory, or its configuration forbids it (openssl.cnf)\n",
	      stderr);
	abort();
}

static void to_hex(const unsigned char d[SHA256_BYTES], char out[SHA256_HEX])
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < SHA256_BYTES; i++) {
		out[2 * i] = digit[d[i] >> 4];
		out[2 * i + 1] = digit[d[i] & 15];
	}
	out[2 * SHA256_BYTES] = '\0';
}

void sha256_hex(const void *data, size_t n, char out[SHA256_HEX])
{
	unsigned char d[SHA256_BYTES];

	if (!EVP_Digest(data, n, d, NULL, EVP_sha256(), NULL))
		no_hash();
	to_hex(d, out);
}

void hmac_sha256_hex(const void *key, size_t klen, const void *data, size_t n,
		     char out[SHA256_HEX])
{
	unsigned char d[SHA256_BYTES];

	/* A NULL key would mean "the last one" there. */
	if (klen > INT_MAX ||
	    !HMAC(EVP_sha256(), klen ? key : "", (int)klen, data, n, d, NULL))
		no_hash();
	to_hex(d, out);
}
