/* SPDX-License-Identifier: MIT */
/*
 * memshelf.h - a real shelf on which every contact rests, from the first on
 */
#ifndef SIMSYNC_TESTS_MEMSHELF_H
#define SIMSYNC_TESTS_MEMSHELF_H

#include <stdlib.h>

#include "store/shelf.h"

static inline struct sim_shelf *memshelf(void)
{
	struct sim_shelf *s = shelf_open("/tmp");

	if (!s)
		abort();
	s->awake = 0;
	return s;
}

#endif
