/* SPDX-License-Identifier: MIT */
/*
 * iccid.h - a card's number as the kernel tells it, and as a person says it
 *
 * ITU-T E.118 knows digits only. There are cards with other nibbles, and the
 * kernel keeps those as letters, a to e: unlike cards must not look alike.
 */
#ifndef SIMSYNC_ICCID_H
#define SIMSYNC_ICCID_H

#include <stdbool.h>

#define ICCID_SAID 4 /* as many of its last digits name a card */

/** iccid_ok() - 1 to 20 of 0-9 and a-e: safe in files and names */
bool iccid_ok(const char *text);

/** iccid_said() - could this be the last digits of one, in either case? */
bool iccid_said(const char *word);

/** iccid_ends_in() - do they name this one? */
bool iccid_ends_in(const char *iccid, const char *word);

#endif
