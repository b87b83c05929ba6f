/* SPDX-License-Identifier: MIT */
/* sha256.h - SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over it, as hex */
#ifndef SIMSYNC_SHA256_H
#define SIMSYNC_SHA256_H

#include <stddef.h>

#define SHA256_HEX 65	/* 64 digits and the NUL */

void sha256_hex(const void *data, size_t n, char out[SHA256_HEX]);
void hmac_sha256_hex(const void *key, size_t klen, const void *data, size_t n,
		     char out[SHA256_HEX]);

#endif
