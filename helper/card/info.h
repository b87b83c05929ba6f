/* SPDX-License-Identifier: MIT */
/*
 * info.h - SIM information: the files of one record each, as one item
 */
#ifndef SIMSYNC_CARD_INFO_H
#define SIMSYNC_CARD_INFO_H

#include "card/fs.h"

/** info_project() - see sim_replica_ops.project: what the card has, and ours. */
int info_project(struct card *c, const struct sim_item *full,
		 const struct sim_item *held, struct sim_item *out,
		 struct sim_err *why);

/** info_write() - write the writable fields that differ from @was. */
enum sim_outcome info_write(struct card *c, const struct sim_item *was,
			    const struct sim_item *want, struct sim_err *err);

/** info_spn() - provider name for people; @max at least TEXT_MAX. 1: none. */
int info_spn(struct card *c, char *out, size_t max);

#endif
