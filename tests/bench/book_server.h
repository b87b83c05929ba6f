/* SPDX-License-Identifier: MIT */
/*
 * book_server.h - an address book of any size, for sizes at which Radicale
 * takes half an hour: it answers sync-collection (RFC 6578) and nothing else
 */
#ifndef TESTS_BENCH_BOOK_SERVER_H
#define TESTS_BENCH_BOOK_SERVER_H

#include <stddef.h>

/** book_server() - serve contacts 0 to @n - 1 (world_vcard()) in a thread
 *
 * Return: port on loopback, -1.
 */
int book_server(size_t n);

#endif
