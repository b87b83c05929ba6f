/* SPDX-License-Identifier: MIT */
/*
 * graph.h - the rules of one kind of data as a graph of replica classes
 *
 * A rule connects classes, never single replicas, so the graph has at most
 * four nodes and everything about it fits in bit masks.
 */
#ifndef SIMSYNC_SYNC_GRAPH_H
#define SIMSYNC_SYNC_GRAPH_H

#include <stdint.h>

#include "sync/rules.h"

#define GRAPH_CLASSES 4

/**
 * struct graph - the rules of one kind in force now
 * @kind: of data
 * @rules: where they are from
 * @active: bit per rule of @rules->rule[] that has two sides to connect
 * @component: by class: classes it is connected with by rules that are on, in
 *	force now or not; 0: none, hence left alone
 * @reach: by class: classes its data goes on to, all filters passing; itself
 *	where a rule joins several of its class
 * @spool: classes of cards that messages are written to
 * @filtered: some active rule has a filter: reach depends on the item
 */
struct graph {
	enum sim_kind kind;
	const struct rules *rules;
	unsigned int active;
	unsigned int component[GRAPH_CLASSES];
	unsigned int reach[GRAPH_CLASSES];
	unsigned int spool;
	bool filtered;
};

/**
 * graph_make() - the graph of one kind
 * @g: filled
 * @rules: kept by reference
 * @kind: of data
 * @known: by class: how many replicas there are, here or away
 */
void graph_make(struct graph *g, const struct rules *rules, enum sim_kind kind,
		const int known[GRAPH_CLASSES]);

/** graph_reach() - where one item goes from each class, filters and all */
void graph_reach(const struct graph *g, const struct sim_item *it,
		 unsigned int reach[GRAPH_CLASSES]);

/** graph_policy() - the strictest of the active rules of @classes */
enum rule_policy graph_policy(const struct graph *g, unsigned int classes,
			      unsigned int *prefer);

/** graph_hash() - changes with what the active rules of @classes say */
int64_t graph_hash(const struct graph *g, unsigned int classes);

/** graph_names() - "R4 R6": active rules that touch @class; @out 32 bytes */
void graph_names(const struct graph *g, enum sim_class class, char *out);

/**
 * graph_check() - refuse directions whose values could not be kept apart
 * @rules: rules as read
 * @e: EX_CONFIG with the rule's name
 *
 * A merged value is one per component, so whoever takes there must be reached
 * from everyone who gives. Return: 0, -1 (EX_CONFIG).
 */
int graph_check(const struct rules *rules, struct sim_err *e);

#endif
