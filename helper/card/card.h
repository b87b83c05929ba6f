/* SPDX-License-Identifier: MIT */
/*
 * card.h - a SIM or USIM seen through one APDU channel: the folder's contract
 *
 * card_open() finds the telecom application and reads nothing that a PIN or
 * the security check protects; the caller asks card_pin() and, where needed,
 * card_pin_verify(), and then hands card_replica() to the engine or calls the
 * functions below. Everything a card says is taken as hostile: what cannot be
 * read becomes a sentence in card_problems(), and the rest is still read.
 *
 * Profiles of an eUICC are another application: euicc.h.
 *
 * One struct card is used by one thread. After SIM_CHAN_STALE it is void: close
 * it and open the slot again.
 */
#ifndef SIMSYNC_CARD_H
#define SIMSYNC_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "card/channel.h"
#include "model/item.h"
#include "model/replica.h"

struct card;

/**
 * card_open() - open the telecom application of the card behind a channel
 * @ch: channel; taken over, also when this fails
 * @e: filled on failure
 *
 * Takes the USIM where there is one, else the 2G application (class A0).
 *
 * Return: the card, or NULL.
 */
struct card *card_open(struct sim_channel *ch, struct sim_err *e);
void card_close(struct card *c);

/** card_channel() - the channel below, for its figures (apdus, bytes, fault). */
const struct sim_channel *card_channel(const struct card *c);
/** card_iccid() - digits of EF_ICCID as the slot or the card told; may be "". */
const char *card_iccid(const struct card *c);
/** card_on_euicc() - it is a profile of that eUICC: its information says so */
void card_on_euicc(struct card *c, const char *eid);
/** card_named() - and that profile's nickname, "": none, is this */
void card_named(struct card *c, const char *nickname);
/** card_gsm() - true: a 2G card, or a UICC without USIM. */
bool card_gsm(const struct card *c);

/**
 * card_apdu() - one command by hand (`simsync apdu`)
 * @c: card
 * @cmd: command APDU
 * @len: its bytes
 * @resp: out: response data with status
 * @max: bytes of @resp
 * @got: out: bytes in @resp, status included
 * @e: filled on failure
 *
 * The card's idea of what is selected is dropped afterwards. Arguments as of
 * sim_channel_ops.transmit.
 */
int card_apdu(struct card *c, const uint8_t *cmd, size_t len, uint8_t *resp,
	      size_t max, size_t *got, struct sim_err *e);

/**
 * card_on_apdu() - call @fn after every exchange (`--trace`); NULL ends it
 * @c: card
 * @fn: called after every exchange, also of one that failed
 * @arg: handed to @fn
 *
 * @fn gets command and response bytes and what it was for ("EF_ADN 6F3A
 * record 7", never content).
 */
void card_on_apdu(struct card *c,
		  void (*fn)(void *arg, const uint8_t *cmd, size_t len,
			     const uint8_t *resp, size_t got, const char *what),
		  void *arg);

/**
 * card_on_progress() - call @fn while a long read goes on; NULL ends it
 *
 * @c: the card
 * @fn: told what ("contacts", "messages") and how many records of how many
 * @arg: passed to @fn
 */
void card_on_progress(struct card *c,
		      void (*fn)(void *arg, const char *what,
				 unsigned int done, unsigned int total),
		      void *arg);

/**
 * card_problems() - what could not be read or understood so far
 * @c: card
 * @n: out: how many
 *
 * Return: sentences for people; they name file, record and offset, never
 * content. Valid until the next call on @c.
 */
const char *const *card_problems(const struct card *c, size_t *n);

/**
 * card_cost() - what the card made its reader do that others spare it
 * @c: card
 * @out: a sentence; "" where there is nothing to say
 * @max: its room
 */
void card_cost(const struct card *c, char *out, size_t max);

/** card_partial() - there may be more on the card than could be had so far */
bool card_partial(const struct card *c);

/* Room for a stamp. */
#define CARD_STAMP 96

/**
 * card_stamp() - what the next run must know to spare itself reading the card
 * @c: card
 * @out: at the end of a run that went well: kept as it is; "": nothing to keep
 */
void card_stamp(struct card *c, char out[CARD_STAMP]);

/**
 * card_since() - give the last run's stamp, right after card_open()
 * @c: card, as card_open() gave it
 * @stamp: of card_stamp(), "" or NULL: none
 *
 * Believed only where the slot says that it is the same activation and that
 * nobody has sent a command since.
 */
void card_since(struct card *c, const char *stamp);

/**
 * card_files() - what the card said of its files, for the next run in this
 * activation
 * @c: card
 *
 * Return: a text, malloc'd; NULL: the slot does not tell activations apart.
 */
char *card_files(struct card *c);

/**
 * card_files_known() - give the last run's, right after card_open()
 * @c: card
 * @text: of card_files(), or NULL; of another card or activation, or damaged:
 *	not believed
 */
void card_files_known(struct card *c, const char *text);

/** card_untouched() - card_since() for a channel before there is a card on it */
bool card_untouched(struct sim_channel *ch, const char *stamp);

/* ---- PIN ---------------------------------------------------------------- */

enum card_pin_id { CARD_PIN1, CARD_PIN2 };

/**
 * enum card_pin_state - what a PIN asks of the person
 * @CARD_PIN_UNKNOWN: the card does not say
 * @CARD_PIN_OFF: verification is disabled, or was done in this session
 * @CARD_PIN_NEEDED: must be verified
 * @CARD_PIN_BLOCKED: no tries left; the PUK is needed, on the phone
 */
enum card_pin_state {
	CARD_PIN_UNKNOWN, CARD_PIN_OFF, CARD_PIN_NEEDED, CARD_PIN_BLOCKED
};

/**
 * struct card_pin - state of one PIN
 * @state: see above
 * @tries: tries left, -1 unknown
 * @full: all tries are left (3, or what the card said before)
 */
struct card_pin {
	enum card_pin_state state;
	int tries;
	bool full;
};

/** card_pin() - read state and tries left; tries nothing (TS 102 221 11.1.9). */
int card_pin(struct card *c, enum card_pin_id which, struct card_pin *out,
	     struct sim_err *e);

/**
 * card_pin_verify() - present a PIN
 * @c: card
 * @which: CARD_PIN1 or CARD_PIN2
 * @pin: 4 to 8 digits
 * @typed: a person typed it just now; a stored one is tried only while all
 *	tries are left. The last try is never used, and none where the card does
 *	not say how many there are.
 * @e: filled for 1 and -1; never holds the PIN
 *
 * Return: 0 verified; 1 refused (wrong, blocked, or not tried because of the
 * rule above; @e has the sentence with the tries left); -1 error.
 */
int card_pin_verify(struct card *c, enum card_pin_id which, const char *pin,
		    bool typed, struct sim_err *e);

/* ---- SIM information ---------------------------------------------------- */

/**
 * card_info() - the card-info record: one SIM_INFO item
 * @c: card
 * @out: filled; free with sim_item_free()
 * @e: filled on failure
 *
 * ICCID IMSI MCCMNC SPN MSISDN LANG GID1 GID2 UST EST PLMN PNN CAPACITY, those
 * the card has. Before PIN1 is verified only what may be read always.
 */
int card_info(struct card *c, struct sim_item *out, struct sim_err *e);

/** card_imsi() - EF_IMSI's digits alone. 0, 1 the card has or shows none, -1. */
int card_imsi(struct card *c, char *out, size_t max, struct sim_err *e);

/**
 * struct card_use - capacity and use of one file
 * @name: "EF_ADN", "EF_SMS", "EF_EMAIL 2" ...
 * @used: records in use
 * @total: records
 * @bytes: of a record
 * @text: of @bytes: those of a name, e-mail or text
 * @read: who may read it: "always", "PIN1", "PIN1 or ADM1", "?" (not said)
 * @update: who may write it
 */
struct card_use {
	char name[24];
	unsigned int used;
	unsigned int total;
	unsigned int bytes;
	unsigned int text;
	char read[32];
	char update[32];
};

/**
 * card_uses() - capacity and use of every file read so far
 * @c: card
 * @out: array, one per file; free() it
 * @n: how many
 * @e: filled on failure
 *
 * Reads phonebook and messages first where that was not done yet.
 *
 * Return: 0 and a malloc'd array in @out, -1.
 */
int card_uses(struct card *c, struct card_use **out, size_t *n,
	      struct sim_err *e);

/**
 * card_orphans() - records in EXT1, ANR, EMAIL and SNE that no entry uses
 * @c: card
 * @release: true: also free them
 * @found: out: how many
 * @e: filled on failure
 *
 * They stay behind when a card leaves between two writes.
 */
int card_orphans(struct card *c, bool release, unsigned int *found,
		 struct sim_err *e);

/** card_psc() - PSC of its phonebook (TS 31.102 4.4.2.12.2), -1: it has none */
int64_t card_psc(struct card *c);

/**
 * card_empty() - does its phonebook hold nothing at all? Reads it
 * @c: card
 * @e: why not all could be had
 *
 * Return: 1 nothing; 0 something, or not all of it could be had; -1.
 */
int card_empty(struct card *c, struct sim_err *e);

/* ---- items -------------------------------------------------------------- */

/**
 * card_replica() - the card as the engine sees it
 * @c: card; must outlive the replica
 * @name: ledger name "card:<iccid>/<generation>"; copied
 * @class: SIM_PHYSICAL or SIM_VIRTUAL
 * @e: EX_OSERR
 *
 * Contacts: FN, TEL (the first is the ADN's), EMAIL, X-SIM-SECOND-NAME,
 * CATEGORIES. Refs are "adn/<PBR record>/<record>" ("adn/0/n" in a book
 * without EF_PBR, counted from 1), "sms/<record>" and "info".
 *
 * Return: the replica (free with its ops->free), or NULL.
 */
struct sim_replica *card_replica(struct card *c, const char *name,
				 enum sim_class class, struct sim_err *e);

#endif
