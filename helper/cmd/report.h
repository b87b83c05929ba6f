/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a run did, for people and programs
 */
#ifndef SIMSYNC_REPORT_H
#define SIMSYNC_REPORT_H

#include "cmd/cmd.h"
#include "sync/engine.h"

/**
 * report_lines() - item by item; the owner's terminal only: it names them
 * @c: command
 * @rep: what the run did
 * @dry: nothing was written: it is a plan
 * @all: each one; else, where there are many, those that ask for attention
 */
void report_lines(struct cmd *c, const struct sync_report *rep, bool dry,
		  bool all);
/** report_sum() - by replica, how many; no content: goes to logs too */
void report_sum(struct cmd *c, const struct sync_report *rep, bool dry);
void report_json(struct cmd *c, const struct sync_report *rep);

#endif
