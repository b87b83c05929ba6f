/* SPDX-License-Identifier: MIT */
/*
 * euicc.h - profiles of an eUICC: ES10c and what is needed of ES10b (SGP.22)
 *
 * The ISD-R is an application of its own: this opens the channel for it, and
 * takes it from whoever had it. Where the slot says we are the terminal,
 * TERMINAL CAPABILITY goes first; on a modem's slot it does not.
 */
#ifndef SIMSYNC_CARD_EUICC_H
#define SIMSYNC_CARD_EUICC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "card/channel.h"

struct euicc;

enum euicc_class {
	EUICC_TEST, EUICC_PROVISIONING, EUICC_OPERATIONAL, EUICC_NO_CLASS
};

/**
 * struct euicc_profile - one profile, "virtual SIM"
 * @raw: ICCID as the card has it
 * @iccid: its digits
 * @enabled: its files are the card's now, on our port
 * @port: eSIM port it is enabled on, where the eUICC serves several (MEP): ours
 *	is 0; -1 it does not say
 * @class: see enum
 * @nickname: the owner's name for it, UTF-8, "" where not said
 * @provider: service provider's name, UTF-8, "" where not said
 * @name: profile name, UTF-8, "" where not said
 */
struct euicc_profile {
	uint8_t raw[10];
	char iccid[21];
	bool enabled;
	int port;
	enum euicc_class class;
	char nickname[65];
	char provider[33];
	char name[65];
};

/**
 * struct euicc_memory - from EUICCInfo2 (SGP.22 5.7.8)
 * @profiles: version of profile packages it takes, "2.3.1" or ""
 * @svn: version of SGP.22 it speaks, "2.2.2" or ""
 * @firmware: "4.2.0" or ""
 * @applications: installed, 0 none or unknown
 * @free_bytes: non-volatile memory left, 0 unknown
 * @free_ram: volatile memory left, 0 unknown
 */
struct euicc_memory {
	char profiles[16];
	char svn[16];
	char firmware[16];
	uint32_t applications;
	uint32_t free_bytes;
	uint32_t free_ram;
};

/**
 * struct euicc_notice - a notification the operator's server is owed
 * @seq: its number
 * @event: 80 install, 40 enable, 20 disable, 10 delete
 * @address: server
 * @iccid: profile, or ""
 */
struct euicc_notice {
	uint32_t seq;
	uint8_t event;
	char address[128];
	char iccid[21];
};

/**
 * euicc_open() - select the ISD-R
 * @ch: channel; taken over, also when this fails
 * @e: EX_UNAVAILABLE, or why the way to the card failed
 *
 * Return: NULL also when the card is no eUICC (code EX_UNAVAILABLE).
 */
struct euicc *euicc_open(struct sim_channel *ch, struct sim_err *e);
/** euicc_on() - as euicc_open(), but the channel stays the caller's */
struct euicc *euicc_on(struct sim_channel *ch, struct sim_err *e);
void euicc_close(struct euicc *u);

/** euicc_eid() - 32 digits. 0, -1. */
int euicc_eid(struct euicc *u, char out[33], struct sim_err *e);
int euicc_memory(struct euicc *u, struct euicc_memory *out, struct sim_err *e);

/** euicc_profiles() - malloc'd array; none enabled is no error. 0, -1. */
int euicc_profiles(struct euicc *u, struct euicc_profile **out, size_t *n,
		   struct sim_err *e);

enum euicc_verb { EUICC_ENABLE, EUICC_DISABLE, EUICC_DELETE };

/* Results of SGP.22 5.7.16 to 5.7.18 that callers act on. */
#define EUICC_OK		0
#define EUICC_NOT_FOUND		1
#define EUICC_WRONG_STATE	2
#define EUICC_POLICY		3
#define EUICC_CAT_BUSY		5

/**
 * euicc_do() - enable, disable or delete a profile
 * @u: eUICC
 * @verb: what to do with it
 * @iccid: digits, as in struct euicc_profile
 * @refresh: ask for a proactive REFRESH; false: the caller resets the card
 *	(euicc_reset()) where the slot can
 * @e: filled unless EUICC_OK is returned
 *
 * Return: EUICC_OK, another result of the card with a sentence in @e, -1.
 */
int euicc_do(struct euicc *u, enum euicc_verb verb, const char *iccid,
	     bool refresh, struct sim_err *e);

/** euicc_channel() - the channel below. */
struct sim_channel *euicc_channel(struct euicc *u);
/** euicc_pending() - the last answer said that a proactive command waits. */
bool euicc_pending(const struct euicc *u);
/** euicc_again() - select the ISD-R again: the channel was used otherwise. */
int euicc_again(struct euicc *u, struct sim_err *e);

/** euicc_reset() - reset after euicc_do() without refresh. @u is void then. */
int euicc_reset(struct euicc *u, struct sim_err *e);

/** euicc_nickname() - at most 64 bytes of UTF-8; "" removes it. As euicc_do(). */
int euicc_nickname(struct euicc *u, const char *iccid, const char *name,
		   struct sim_err *e);

int euicc_notices(struct euicc *u, struct euicc_notice **out, size_t *n,
		  struct sim_err *e);
/** euicc_forget_notice() - remove one (it was delivered). As euicc_do(). */
int euicc_forget_notice(struct euicc *u, uint32_t seq, struct sim_err *e);

#endif
