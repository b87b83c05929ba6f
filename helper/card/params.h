/* SPDX-License-Identifier: MIT */
/*
 * params.h - files of several records that are shown and not synced: parameters
 * and state of short messages, status reports, names of networks
 */
#ifndef SIMSYNC_CARD_PARAMS_H
#define SIMSYNC_CARD_PARAMS_H

#include "card/fs.h"
#include "card/text.h"
#include "card/tpdu.h"

/**
 * struct params_smsp - a record of EF_SMSP (TS 31.102 4.2.27)
 * @rec: its number
 * @name: alpha identifier
 * @dest: destination, "" not there
 * @smsc: service centre, "" not there
 * @pid: protocol identifier, -1 not there
 * @dcs: coding scheme, -1 not there
 * @vp: validity, -1 not there
 */
struct params_smsp {
	unsigned int rec;
	char name[TEXT_MAX];
	char dest[TPDU_ADDR_MAX];
	char smsc[TPDU_ADDR_MAX];
	int pid;
	int dcs;
	int vp;
};

/**
 * struct params_smss - EF_SMSS (4.2.9)
 * @last: reference of the last message sent, -1: not said
 * @full: a message was turned away because there was no room
 */
struct params_smss {
	int last;
	bool full;
};

/**
 * struct params_smsr - a status report in EF_SMSR (4.2.32)
 * @rec: its record
 * @sms: record of EF_SMS with the message it is about
 * @report: what it says
 */
struct params_smsr {
	unsigned int rec;
	unsigned int sms;
	struct tpdu report;
};

/**
 * struct params_name - a record of EF_PNN (4.2.58)
 * @rec: its number
 * @full: full name, "" not there
 * @brief: short name, "" not there
 */
struct params_name {
	unsigned int rec;
	char full[TEXT_MAX];
	char brief[TEXT_MAX];
};

/**
 * struct params_area - a record of EF_OPL (4.2.59)
 * @rec: its number
 * @plmn: network, "?" for a digit that may be any
 * @from: first area code
 * @to: last one
 * @name: record of EF_PNN; 0: the name comes from elsewhere
 */
struct params_area {
	unsigned int rec;
	char plmn[8];
	unsigned int from;
	unsigned int to;
	unsigned int name;
};

/*
 * Each: @out malloc'd array of the records in use, @n of them. 0; 1 the card has
 * no such file or does not give it; -1. A record that makes no sense is in
 * card_problems() and left out.
 */
int params_smsp(struct card *c, struct params_smsp **out, size_t *n,
		struct sim_err *e);
int params_smsr(struct card *c, struct params_smsr **out, size_t *n,
		struct sim_err *e);
int params_names(struct card *c, struct params_name **out, size_t *n,
		 struct sim_err *e);
int params_areas(struct card *c, struct params_area **out, size_t *n,
		 struct sim_err *e);
/** params_smss() - the same of EF_SMSS, which is one. */
int params_smss(struct card *c, struct params_smss *out, struct sim_err *e);

/** params_network_name() - one name (TS 24.008 10.5.3.5a) of @len bytes from its
 * coding byte on; 1: it says nothing */
int params_network_name(const uint8_t *p, size_t len, char *out, size_t max);

#endif
