/* SPDX-License-Identifier: MIT */
/*
 * nickname.h - the owner's name for an eSIM profile, as a field of its information
 */
#ifndef SIMSYNC_CARD_NICKNAME_H
#define SIMSYNC_CARD_NICKNAME_H

#include "card/fs.h"

/**
 * nickname_read() - know the profile's nickname, if it is one of an eUICC
 * @c: card; @c->nickname is valid afterwards where @c->named
 * @e: why the eUICC did not tell: what is not known must not count as removed
 *
 * Return: 0, -1.
 */
int nickname_read(struct card *c, struct sim_err *e);

/** nickname_fits() - the card can keep @name (NULL: none) for itself. */
bool nickname_fits(const struct card *c, const char *name);

/**
 * nickname_write() - name the profile, and read the name back
 * @c: card
 * @name: UTF-8, NULL removes it
 * @e: filled on failure
 *
 * Return: 0, 1 the card refuses, -1 the way to the card failed.
 */
int nickname_write(struct card *c, const char *name, struct sim_err *e);

#endif
