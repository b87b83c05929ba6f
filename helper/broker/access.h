/* SPDX-License-Identifier: MIT */
/*
 * access.h - what each command may be given
 *
 * What is not in the table is given nothing. The broker knows no more about
 * a command than this line.
 */
#ifndef SIMSYNC_ACCESS_H
#define SIMSYNC_ACCESS_H

#define ACCESS_ANYONE (1u << 0) /* any user; others than the owner see no identity */
#define ACCESS_AUTH   (1u << 1) /* the person is asked (PAM), each time */
#define ACCESS_RUN    (1u << 2) /* waits for the run: one at a time per phone */
#define ACCESS_SLOTS  (1u << 3) /* gets the descriptors of granted cards */
#define ACCESS_SELF   (1u << 4) /* the broker does it itself (session.c) */
#define ACCESS_ROOT   (1u << 5) /* root only */
#define ACCESS_BARE   (1u << 6) /* also cards without identity: no profile is on */

/**
 * struct access - one command
 * @name: one word or two; with " --card": where that option is given too
 * @needs: ACCESS_*
 */
struct access {
	const char *name;
	unsigned int needs;
};

/** access_find() - by the first one or two arguments; NULL: no such command */
const struct access *access_find(int argc, char *const *argv);
/** access_table() - all of it, ends with a NULL name */
const struct access *access_table(void);

#endif
