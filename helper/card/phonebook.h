/* SPDX-License-Identifier: MIT */
/*
 * phonebook.h - EF_PBR's files and their records (TS 31.102 4.4.2)
 *
 * phonebook.c finds the files and reads what is in use; pbitem.c makes items
 * of records; pbwrite.c writes them. All work on the copy of the card's records
 * kept here. What EF_PBR says decides; nothing is taken from constants.
 */
#ifndef SIMSYNC_CARD_PHONEBOOK_H
#define SIMSYNC_CARD_PHONEBOOK_H

#include "card/bcd.h"
#include "card/fs.h"
#include "card/text.h"

/* Tags of EF_PBR, TS 31.102 Table 4.3. */
enum pb_tag {
	PB_ADN = 0xc0, PB_IAP, PB_EXT1, PB_SNE, PB_ANR, PB_PBC, PB_GRP,
	PB_AAS, PB_GAS, PB_UID, PB_EMAIL, PB_CCP1
};

/* How a file belongs to the entries: A8, A9, AA. */
enum pb_link { PB_SAME, PB_POINTED, PB_INDEXED };

#define PB_USES		24	/* files of one PBR record */
#define PB_FILES	64	/* files of all of them */
#define PB_SETS		32	/* PBR records taken */

/* Layout of ADN behind the alpha identifier of X bytes, TS 31.102 4.4.2.3. */
#define ADN_TAIL	14
#define ADN_LEN		0
#define ADN_TON		1
#define ADN_BCD		2
#define ADN_CCP		12
#define ADN_EXT		13
#define NUM_BYTES	10
#define ANR_MIN		15
#define EXT_LEN		13
#define PB_NONE		0xff	/* no record, no length */

/**
 * struct pb_file - a file of the phonebook
 * @tag: what it is
 * @ef: FCP
 * @name: "EF_ADN", for sentences
 * @data: copy of the records, ef.nrec of ef.rec_len bytes
 * @have: records in @data that came from the card or are known to be blank
 * @bad: records that could not be read
 * @taken: records of a linked file that an entry points to
 * @unsure: some entry's pointers are unknown: nothing may be taken for free
 */
struct pb_file {
	uint8_t tag;
	struct fs_ef ef;
	char name[16];
	uint8_t *data;
	struct fs_set have;
	struct fs_set bad;
	struct fs_set taken;
	bool unsure;
};

/**
 * struct pb_use - a file in a PBR record
 * @file: it
 * @link: type
 * @iap: byte of the IAP record that points into it (A9)
 */
struct pb_use {
	struct pb_file *file;
	enum pb_link link;
	uint8_t iap;
};

/**
 * struct pb_set - what one PBR record describes: up to 254 entries
 * @local: under ADF_USIM, else under DF_TELECOM
 * @pbr: PBR record number from 1; 0: 6F3A without EF_PBR
 * @adn: the entries
 * @use: every file, @nuse of them, EF_ADN among them
 * @nuse: files in @use
 * @used: entries in use, hidden ones too
 * @hidden: those not to be shown
 * @reserved: places given out by pb_place()
 */
struct pb_set {
	bool local;
	unsigned int pbr;
	struct pb_file *adn;
	struct pb_use use[PB_USES];
	size_t nuse;
	struct fs_set used;
	struct fs_set hidden;
	struct fs_set reserved;
};

/**
 * struct phonebook - all of it
 * @file: every file, @nfile of them
 * @nfile: files in @file
 * @set: entries, @nset PBR records' worth
 * @nset: sets in @set
 * @partial: entries may be missing here that the card has: absence means nothing
 * @passing: so for the moment only: an error kept them back
 */
struct phonebook {
	struct pb_file file[PB_FILES];
	size_t nfile;
	struct pb_set set[PB_SETS];
	size_t nset;
	bool partial;
	bool passing;
};

/**
 * pb_load() - read the phonebook, once
 * @c: card
 * @again: read everything anew
 * @e: filled on failure
 *
 * Return: 0, -1. What a card cannot give is in card_problems().
 */
int pb_load(struct card *c, bool again, struct sim_err *e);
void pb_free(struct phonebook *pb);

/** pb_find() - first use of @tag in @s, from index @from on; NULL: none. */
const struct pb_use *pb_find(const struct pb_set *s, uint8_t tag, size_t from);

/* ---- pbfind.c ----------------------------------------------------------- */

/** pb_find_sets() - the files of the global or @local phonebook. 0, -1. */
int pb_find_sets(struct card *c, struct phonebook *pb, bool local,
		 struct sim_err *e);
/** pb_find_plain() - the book of a card without EF_PBR. 0, -1. */
int pb_find_plain(struct card *c, struct phonebook *pb, struct sim_err *e);

/* ---- phonebook.c again -------------------------------------------------- */

/** pb_file_of() - first file of @tag in @s; NULL: none. */
struct pb_file *pb_file_of(const struct pb_set *s, uint8_t tag);

static inline uint8_t *pb_rec(const struct pb_file *f, unsigned int rec)
{
	return f->data + (size_t)(rec - 1) * f->ef.rec_len;
}

/**
 * enum pb_again - which records to read from the card
 * @PB_CACHED: those not in the copy
 * @PB_CONFIRM: also those that say something: was it what the card has?
 * @PB_FRESH: every one
 */
enum pb_again { PB_CACHED, PB_CONFIRM, PB_FRESH };

/** pb_fetch() - record @rec into the copy. */
int pb_fetch(struct card *c, struct pb_file *f, unsigned int rec,
	     enum pb_again again, struct sim_err *e);

/** pb_fetch_entry() - all records of an entry into the copy. */
int pb_fetch_entry(struct card *c, struct pb_set *s, unsigned int rec,
		   enum pb_again again, struct sim_err *e);

/** pb_blank() - nothing but FF. */
bool pb_blank(const uint8_t *p, size_t len);

/** pb_vacant() - an ADN record without name and number (CCP1, EXT1 stale). */
bool pb_vacant(const struct pb_file *adn, const uint8_t *rec);

/**
 * pb_target() - record of @u that belongs to entry @rec of @s
 * @s: set of the entry
 * @u: file of it that is linked
 * @rec: entry, from 1
 *
 * Return: record number, 0 none.
 */
unsigned int pb_target(const struct pb_set *s, const struct pb_use *u,
		       unsigned int rec);

/** pb_alpha() - bytes of a record of @u that are text. */
size_t pb_alpha(const struct pb_use *u);

/** pb_retake() - count anew which linked records entries point to. */
void pb_retake(struct phonebook *pb);

/** pb_free_record() - a record of linked file @f nobody points to; 0 none, or not to be had (fault of the channel) */
unsigned int pb_free_record(struct card *c, struct pb_file *f,
			    struct sim_err *e);

/** pb_free_count() - how many such, as far as known without the card. */
unsigned int pb_free_count(const struct pb_file *f);

/* ---- pbitem.c ----------------------------------------------------------- */

/**
 * pb_item() - entry @rec as an item, from the copy
 * @pb: phonebook of the entry
 * @s: set of it
 * @rec: its record in EF_ADN, from 1
 * @out: filled when 0 is returned; free with sim_item_free()
 * @hash: out: of the raw bytes of all its records; may be NULL
 * @why: out: why it cannot be decoded
 *
 * Return: 0, 1 not decodable, -1 no memory.
 */
int pb_item(struct phonebook *pb, struct pb_set *s, unsigned int rec,
	    struct sim_item *out, uint64_t *hash, struct sim_err *why);

/** pb_label_text() - label @rec of EF_AAS or EF_GAS; -1: none. */
int pb_label_text(const struct pb_file *f, uint8_t rec, char *text);

/** pb_type_param() - TYPE parameter of a label; room for TEXT_MAX + 8. */
void pb_type_param(const char *label, char *out);

/** pb_add_text() - add a property with @plain escaped. */
int pb_add_text(struct sim_item *out, const char *name, const char *params,
		const char *plain);

/* ---- pbproject.c -------------------------------------------------------- */

/** pb_project() - see sim_replica_ops.project. */
int pb_project(struct phonebook *pb, const struct sim_item *full,
	       const struct sim_item *held, struct sim_item *out,
	       struct sim_err *why);

/** pb_label() - record of a label (EF_AAS, EF_GAS) equal to @text; 0 none. */
unsigned int pb_label(const struct pb_file *f, const char *text, size_t len);

/** pb_number() - digits of ADN or ANR record part @p (its length byte). */
int pb_number(const struct pb_file *ext, const uint8_t *p, char *out,
	      struct sim_err *why);

/* ---- pbwrite.c ---------------------------------------------------------- */

int pb_place(struct phonebook *pb, struct pb_set **set, unsigned int *rec);

/**
 * pb_write() - make entry @rec of @s what @want says; NULL: delete it
 * @c: card
 * @s: set of the entry
 * @rec: its record in EF_ADN, from 1
 * @want: what it shall say; NULL: it is to be deleted
 * @fresh: it must be vacant now
 * @hash: else: what it must be now
 * @err: filled for the outcomes that have a sentence
 *
 * Return: outcome; @err for those that have one.
 */
enum sim_outcome pb_write(struct card *c, struct pb_set *s, unsigned int rec,
			  const struct sim_item *want, bool fresh,
			  uint64_t hash, struct sim_err *err);

/** pb_put_blank() - free a record the way its file wants it. */
int pb_put_blank(struct card *c, struct pb_file *f, unsigned int rec,
		 struct sim_err *e);

/* ---- pbcount.c ---------------------------------------------------------- */

enum pb_counter { PB_PSC, PB_CC };

/** pb_counter() - read one of the global or @local book's. 1: there is none. */
int pb_counter(struct card *c, bool local, enum pb_counter which, uint32_t *v);

/** pb_count() - one up in EF_CC: something changes. 1: the card has none. */
int pb_count(struct card *c, const struct pb_set *s);
/** pb_set_uid(), pb_new_uid() - UID of an entry; 0: it is deleted. */
int pb_set_uid(struct card *c, struct pb_set *s, unsigned int rec,
	       uint16_t uid);
int pb_new_uid(struct card *c, struct pb_set *s, unsigned int rec);

/** pb_settle() - count changes of terminals that do not count (EF_PBC). */
int pb_settle(struct card *c, struct sim_err *e);

/* ---- pborphan.c --------------------------------------------------------- */

int pb_orphans(struct card *c, bool release, unsigned int *found,
	       struct sim_err *e);

#endif
