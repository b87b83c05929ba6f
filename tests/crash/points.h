/* SPDX-License-Identifier: MIT */
/*
 * points.h - the instants at which a helper may be killed, counted
 *
 * points.c stands between the program and SQLite, libcurl and the file calls
 * of libc. As part of a program it covers that program, as a preloaded library
 * any other: the product runs as it is.
 */
#ifndef TESTS_CRASH_POINTS_H
#define TESTS_CRASH_POINTS_H

#include <stdbool.h>

/**
 * enum point - kinds of instants
 * @POINT_APDU: a command was executed by the card, its answer not yet seen
 * @POINT_PULL: the card is gone when a command shall go out
 * @POINT_STEP: before a step of SQLite
 * @POINT_HTTP: before a request goes out; when an answer is in, not yet looked at
 * @POINT_FSYNC: before fsync or fdatasync
 * @POINT_WRITE: before a file is written or made longer; from here on the disk
 *	is full
 */
enum point {
	POINT_APDU, POINT_PULL, POINT_STEP, POINT_HTTP, POINT_FSYNC,
	POINT_WRITE, POINTS
};

/**
 * struct points - counts, in memory that outlives the process
 * @count: instants of each kind so far
 * @which: kind at which it happens; the process is killed, or the disk full
 * @at: at this count; 0: never
 * @hit: it happened
 */
struct points {
	long count[POINTS];
	enum point which;
	long at;
	bool hit;
};

/* NULL: nothing is counted. */
extern struct points *points_here;

/** point_reached() - count one; true: this is the one */
bool point_reached(struct points *p, enum point which);

#endif
