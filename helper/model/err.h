/* SPDX-License-Identifier: MIT */
/*
 * err.h - an error is a sentence for a person and an exit code for a program
 *
 * Every fallible function of the helper returns 0 or -1 and fills the
 * struct sim_err it was given. The sentence names the thing, the place and
 * the way out, and never holds what a card, message or contact contains.
 */
#ifndef SIMSYNC_ERR_H
#define SIMSYNC_ERR_H

#include <sysexits.h>

/**
 * struct sim_err - why something failed
 * @code: an EX_* of sysexits.h
 * @text: one sentence, UTF-8, NUL-terminated, no newline
 */
struct sim_err {
	int code;
	char text[512];
};

/**
 * sim_fail() - fill an error
 * @e: error to fill; may be NULL
 * @code: EX_*
 * @fmt: printf format of the sentence
 *
 * Return: -1, so that callers can `return sim_fail(...)`.
 */
int sim_fail(struct sim_err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * sim_fail_in() - put a place in front of an error already there
 * @e: error filled by the callee
 * @fmt: printf format of the prefix; ": " is added
 *
 * Return: -1.
 */
int sim_fail_in(struct sim_err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
