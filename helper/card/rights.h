/* SPDX-License-Identifier: MIT */
/*
 * rights.h - who may read and write a file (TS 102 221 9.2 and 13.4)
 */
#ifndef SIMSYNC_CARD_RIGHTS_H
#define SIMSYNC_CARD_RIGHTS_H

#include "card/fs.h"

/* "PIN1 or ADM1", "always", "never", "?" */
#define RIGHT_MAX 32

/**
 * struct rights - for people
 * @read: who may read and search
 * @update: who may write
 */
struct rights {
	char read[RIGHT_MAX];
	char update[RIGHT_MAX];
};

/** rights_parse() - one record of EF_ARR; what it does not name is never. */
void rights_parse(const uint8_t *p, size_t len, struct rights *out);

/** rights_of() - of file @ef, by the EF_ARR its FCP names. 0, 1 not said, -1. */
int rights_of(struct card *c, const struct fs_ef *ef, struct rights *out,
	      struct sim_err *e);

#endif
