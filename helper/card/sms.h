/* SPDX-License-Identifier: MIT */
/*
 * sms.h - EF_SMS (TS 31.102 4.2.25): a spool of messages; reading never deletes
 */
#ifndef SIMSYNC_CARD_SMS_H
#define SIMSYNC_CARD_SMS_H

#include "card/fs.h"

/**
 * struct sms_store - the file and a copy of its records
 * @ef: FCP
 * @absent: the card has none
 * @partial: or it could not be had: absence means nothing
 * @data: ef.nrec of ef.rec_len bytes
 * @used: records with a message
 * @bad: records that could not be read
 * @reserved: given out by sms_place()
 */
struct sms_store {
	struct fs_ef ef;
	bool absent;
	bool partial;
	uint8_t *data;
	struct fs_set used;
	struct fs_set bad;
	struct fs_set reserved;
};

int sms_load(struct card *c, bool again, struct sim_err *e);
void sms_free(struct sms_store *s);

static inline uint8_t *sms_rec(const struct sms_store *s, unsigned int rec)
{
	return s->data + (size_t)(rec - 1) * s->ef.rec_len;
}

/**
 * sms_item() - record @rec as an item, from the copy
 * @s: messages as read
 * @rec: record, from 1
 * @iccid: digits of the card, for the item
 * @out: filled when 0 is returned; free with sim_item_free()
 * @hash: out: of its bytes
 * @why: filled when 1 is returned
 *
 * Return: 0, 1 not decodable (@why), -1 no memory.
 */
int sms_item(const struct sms_store *s, unsigned int rec, const char *iccid,
	     struct sim_item *out, uint64_t *hash, struct sim_err *why);

/**
 * sms_of_tpdu() - a message as an item, from a file of people
 * @out: the item
 * @hex: TPDU
 * @direction: "in", "out" or "report"
 * @smsc: service centre or ""
 * @status: as in an item
 * @why: why not
 *
 * Return: 0, 1 that is no message (@why), -1 no memory.
 */
int sms_of_tpdu(struct sim_item *out, const char *hex, const char *direction,
		const char *smsc, const char *status, struct sim_err *why);

/** sms_place() - a free record, while max(5, 25 %) stay free; 1: full. */
int sms_place(struct sms_store *s, unsigned int *rec);

/**
 * sms_write() - store @want in @rec (NULL: delete); conditional as pb_write()
 * @c: card
 * @rec: record, from 1
 * @want: message to store; NULL: delete what is there
 * @fresh: it must be free now
 * @hash: else: of the bytes it must hold now
 * @err: filled for the outcomes that have a sentence
 */
enum sim_outcome sms_write(struct card *c, unsigned int rec,
			   const struct sim_item *want, bool fresh,
			   uint64_t hash, struct sim_err *err);

#endif
