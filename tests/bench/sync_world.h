/* SPDX-License-Identifier: MIT */
/*
 * sync_world.h - what bench_sync.c measures on: @n contacts in the phone's
 * store and on a server, two cards of 500 records that hold 1,000 of them
 */
#ifndef TESTS_BENCH_SYNC_WORLD_H
#define TESTS_BENCH_SYNC_WORLD_H

#include <stddef.h>

#include "model/err.h"

#define WORLD_CARDS   2
#define WORLD_RECORDS 500

/** world_vcard() - contact @i as vCard text of about 1,080 bytes; freed by the caller
 *
 * The first WORLD_CARDS * WORLD_RECORDS have a name that a card holds whole.
 */
char *world_vcard(size_t i);

/** world_store() - a store at @path with contacts 0 to @n - 1 */
int world_store(const char *path, size_t n, struct sim_err *e);

/** world_book() - the same as an address book in a folder of Radicale's
 *
 * Written as Radicale keeps it: by PUT it would take half an hour.
 */
int world_book(const char *folder, size_t n, struct sim_err *e);

/** world_cards() - the cards' images in @folder: 0.card and so on */
int world_cards(const char *folder, struct sim_err *e);

#endif
