/* SPDX-License-Identifier: MIT */
/*
 * figure.h - what every benchmark writes: an array of
 * {"figure","value","unit","limit","ok"}
 */
#ifndef TESTS_BENCH_FIGURE_H
#define TESTS_BENCH_FIGURE_H

#include <stdio.h>

/**
 * struct figures - a file of figures
 * @f: being written
 * @n: figures so far
 * @bad: of these over their limit
 */
struct figures {
	FILE *f;
	int n;
	int bad;
};

/** figures_open() - start @path. 0 or -1 (said on stderr). */
int figures_open(struct figures *to, const char *path);

/** figure() - one value that shall be @limit at most; negative: no limit */
void figure(struct figures *to, const char *name, double value,
	    const char *unit, double limit);

/** figures_close() - end the file and say how many are over. 0: none is. */
int figures_close(struct figures *to);

#endif
