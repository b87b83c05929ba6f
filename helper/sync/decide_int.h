/* SPDX-License-Identifier: MIT */
/*
 * decide_int.h - inside decide.c and undo.c
 */
#ifndef SIMSYNC_SYNC_DECIDE_INT_H
#define SIMSYNC_SYNC_DECIDE_INT_H

#include "store/ledger_sql.h"
#include "sync/decide.h"

/** struct decided - an item that something is decided about */
struct decided {
	int64_t id, component, rev;
	enum sim_kind kind;
	bool live;
	struct sim_item value;
};

int decided_load(struct decide *d, int64_t id, struct decided *it,
		 struct sim_err *e);
/** decided_save() - as a new revision, due everywhere */
int decided_save(struct decide *d, struct decided *it, struct sim_err *e);
/** decided_end() - commit, or take back when @rc says so */
int decided_end(struct decide *d, int rc, struct sim_err *e);
/** decided_join() - as decide_join(), inside a transaction */
int decided_join(struct decide *d, int64_t a, int64_t b, struct sim_err *e);
int decide_no_memory(struct sim_err *e);

#endif
