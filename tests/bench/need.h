/* SPDX-License-Identifier: MIT */
/*
 * need.h - the fewest commands with which a phonebook can be read, from the
 * card's image itself
 */
#ifndef TESTS_BENCH_NEED_H
#define TESTS_BENCH_NEED_H

#include <stdbool.h>

#include "card/uicc.h"

/**
 * struct need - commands, and characters on the line in T=0
 */
struct need {
	unsigned int apdus;
	unsigned int bytes;
};

/**
 * need_book() - what a full reading of the card's phonebook takes
 * @sure: the line detects errors; else everything that decides is read twice
 */
struct need need_book(struct uicc *u, bool sure);

#endif
