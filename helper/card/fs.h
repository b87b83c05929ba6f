/* SPDX-License-Identifier: MIT */
/*
 * fs.h - the file system of a card (TS 102 221 8 and 11.1; 51.011 for 2G)
 *
 * The only place that builds SELECT, READ, UPDATE and SEARCH. Knows what is
 * selected, so that nothing is selected twice, and keeps every FCP it has seen.
 *
 * Return values here and in the files above, unless said otherwise: 0; 1 the
 * card answered and refused (c->sw tells, @e has a sentence; go on with the
 * rest); -1 the way to the card failed (c->ch->fault tells; stop).
 */
#ifndef SIMSYNC_CARD_FS_H
#define SIMSYNC_CARD_FS_H

#include "card/card.h"

#define FS_DEPTH	4
#define FS_ADF		0x7fff	/* the application selected on this channel */
#define FS_TELECOM	0x7f10
#define FS_GSM		0x7f20
#define FS_PHONEBOOK	0x5f3a
#define FS_REC_MAX	255
#define FS_RULES	48

enum fs_form { FS_DF, FS_TRANSPARENT, FS_LINEAR, FS_CYCLIC, FS_OTHER };

/**
 * struct fs_ef - what the FCP said about a file
 * @path: file identifiers from the MF (not in it) or FS_ADF down
 * @depth: how many
 * @absent: the card has no such file, or one that makes no sense
 * @sw: then: what it said; 9000: nonsense
 * @form: structure
 * @size: bytes (transparent)
 * @rec_len: bytes of a record, 1 to 255 (linear, cyclic)
 * @nrec: records, 1 to 254
 * @sfi: short file identifier, 0 none
 * @off: deactivated or invalidated: unavailable, not empty
 * @old: an earlier run was told so, in the same activation
 * @arr_fid: EF_ARR that holds the access rules, 0 none
 * @arr_rec: its record
 * @rule: how access rules in the FCP itself are coded: 8C compact, AB expanded;
 *	A0: the access conditions of a 2G card; 0 none
 * @nrules: bytes in @rules
 * @rules: these
 */
struct fs_ef {
	uint16_t path[FS_DEPTH];
	uint8_t depth;
	bool absent;
	uint16_t sw;
	enum fs_form form;
	uint32_t size;
	uint8_t rec_len;
	uint8_t nrec;
	uint8_t sfi;
	bool off;
	bool old;
	uint16_t arr_fid;
	uint8_t arr_rec;
	uint8_t rule;
	uint8_t nrules;
	uint8_t rules[FS_RULES];
};

struct phonebook;
struct sms_store;

#define EUICC_NICKNAME_MAX	64	/* bytes of UTF-8 (SGP.22 5.7.21) */

/**
 * struct card - a card and what is known of it
 * @ch: way to it
 * @gsm: 2G: class A0, responses of 51.011
 * @usim: a USIM application is selected: FS_ADF means something
 * @iccid: digits or ""
 * @eid: of the eUICC it is a profile of, ""
 * @nickname: the owner's name for that profile, where @named
 * @named: @nickname is known
 * @aid: of the USIM
 * @aid_len: bytes of @aid, 0: not known
 * @sw: last status
 * @df: current DF; @df_depth its depth, 0xff unknown
 * @df_depth: depth of @df, 0xff: unknown
 * @ef: current EF in it, 0 none
 * @cache: FCPs, @ncache of them
 * @ncache: files in @cache
 * @files_era: activation that @cache is of, 0: not known
 * @lies: SFIs that the card stated and did not take
 * @renewed: files of an earlier run were not what the card has: see fs_again()
 * @status: PIN status template of the application (DO C6), @nstatus bytes
 * @nstatus: bytes of @status
 * @chv: 2G: PIN states of the DF's response, 0xff unknown
 * @key: PIN key references by enum card_pin_id
 * @verified: by enum card_pin_id: presented with success in this session
 * @no_search: the card does not know SEARCH RECORD: do not try again
 * @unsearched: records read one by one for that
 * @no_counters: a phonebook without EF_PSC or EF_CC was read
 * @info_unread: a field of the card's information was kept back by an error
 * @era: activation that @quiet belongs to, 0 none: nothing is trusted
 * @others: commands of others in it when last asked
 * @quiet: by kind, count of commands since which nothing of it has changed
 * @foreign: the same, but for what we changed ourselves
 * @into: bit per kind: what the command going out writes; 0: who knows
 * @wrote: we have sent a command that may change it
 * @problem: sentences, @nproblem of them
 * @nproblem: sentences in @problem
 * @pb: phonebook once read
 * @sms: messages once read
 * @on_apdu: see card_on_apdu(), or NULL
 * @on_apdu_arg: handed to @on_apdu
 * @on_progress: see card_on_progress(), or NULL
 * @on_progress_arg: handed to @on_progress
 */
struct card {
	struct sim_channel *ch;
	bool gsm;
	bool usim;
	char iccid[21];
	char eid[33];
	char nickname[EUICC_NICKNAME_MAX + 1];
	bool named;
	uint8_t aid[16];
	uint8_t aid_len;
	uint16_t sw;

	uint16_t df[FS_DEPTH];
	uint8_t df_depth;
	uint16_t ef;

	struct fs_ef *cache;
	size_t ncache;
	uint64_t files_era;
	unsigned int lies;
	bool renewed;

	uint8_t status[64];
	size_t nstatus;
	uint8_t chv[2];
	uint8_t key[2];
	bool verified[2];
	bool no_search;
	unsigned int unsearched;
	bool no_counters;
	bool info_unread;

	uint64_t era;
	uint64_t others;
	uint64_t quiet[3];
	uint64_t foreign;
	unsigned int into;
	bool wrote;

	char **problem;
	size_t nproblem;

	struct phonebook *pb;
	struct sms_store *sms;

	void (*on_apdu)(void *arg, const uint8_t *cmd, size_t len,
			const uint8_t *resp, size_t got, const char *what);
	void *on_apdu_arg;
	void (*on_progress)(void *arg, const char *what, unsigned int done,
			    unsigned int total);
	void *on_progress_arg;
};

/** card_problem() - note what could not be read; the same sentence once. */
void card_problem(struct card *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void card_progress(struct card *c, const char *what, unsigned int done,
		   unsigned int total);

/* Room for any response to a short command. */
#define FS_RESP_MAX 260

/**
 * fs_send() - send a command; waits out "busy" (9300)
 * @c: card
 * @cmd: command APDU
 * @len: its bytes
 * @what: for traces and sentences: the file and what is done with it
 * @resp: room for FS_RESP_MAX
 * @got: response data, without status
 * @e: filled unless 0 is returned
 */
int fs_send(struct card *c, const uint8_t *cmd, size_t len, const char *what,
	    uint8_t *resp, size_t *got, struct sim_err *e);

/** fs_sw_text() - what a status means, for sentences. */
const char *fs_sw_text(uint16_t sw);

/** card_again() - back to the card's application: the channel was used otherwise */
int card_again(struct card *c, struct sim_err *e);

/** fs_sw_of_no_file() - a refusal that says nothing of the file it is about */
bool fs_sw_of_no_file(uint16_t sw);

/** fs_sw_passing() - an error of the moment: what it keeps back is there */
bool fs_sw_passing(uint16_t sw);
/** fs_sw_lasting() - not there, or not for us: asking again tells no more */
bool fs_sw_lasting(uint16_t sw);

/** fs_forget() - nothing is known to be selected any more. */
void fs_forget(struct card *c);

/**
 * fs_select() - find a file and its FCP
 * @c: card
 * @path: see struct fs_ef
 * @depth: how many file identifiers are in @path, at most FS_DEPTH
 * @name: the standard's name, for sentences
 * @out: the FCP
 * @e: filled unless 0 is returned
 *
 * Return: also 1 when the file is absent, or its FCP makes no sense.
 */
int fs_select(struct card *c, const uint16_t *path, size_t depth,
	      const char *name, struct fs_ef *out, struct sim_err *e);

/* ---- known.c ------------------------------------------------------------ */

/** fs_cached() - what is known of a file, NULL: nothing */
struct fs_ef *fs_cached(struct card *c, const uint16_t *path, size_t depth);
/** fs_keep() - remember it; an SFI that another file has too is dropped */
void fs_keep(struct card *c, struct fs_ef *ef);
/** fs_same() - two answers for one file say the same; paths aside */
bool fs_same(const struct fs_ef *a, const struct fs_ef *b);
/** fs_forget_old() - nothing of an earlier run's is believed any more */
void fs_forget_old(struct card *c);

/**
 * fs_again() - start over: what was read meanwhile may be wrong
 * @c: card
 *
 * A file was not as an earlier run was told. All that came from there is
 * forgotten by now. Clears itself.
 */
bool fs_again(struct card *c);

/**
 * fcp_parse() - answer to SELECT (fcp.c)
 * @c: card: gets the PIN states that are in it
 * @r: answer
 * @len: its bytes, without status
 * @ef: out; path and depth are the caller's
 *
 * Return: 0, -1 it makes no sense.
 */
int fcp_parse(struct card *c, const uint8_t *r, size_t len, struct fs_ef *ef);

/** fs_read_record() - record @rec (from 1) to @buf, ef->rec_len bytes. */
int fs_read_record(struct card *c, const struct fs_ef *ef, const char *name,
		   unsigned int rec, uint8_t *buf, struct sim_err *e);
/** fs_read_sure() - the same, until two readings agree where the line needs it. */
int fs_read_sure(struct card *c, const struct fs_ef *ef, const char *name,
		 unsigned int rec, uint8_t *buf, struct sim_err *e);
int fs_update_record(struct card *c, const struct fs_ef *ef, const char *name,
		     unsigned int rec, const uint8_t *buf, struct sim_err *e);

/** fs_read() - at most @max bytes of a transparent file; @got how many. */
int fs_read(struct card *c, const struct fs_ef *ef, const char *name,
	    uint8_t *buf, size_t max, size_t *got, struct sim_err *e);
int fs_update(struct card *c, const struct fs_ef *ef, const char *name,
	      const uint8_t *buf, size_t len, struct sim_err *e);

/**
 * fs_peek() - the head of a transparent file of which nothing is known yet
 * @c: card
 * @path: see struct fs_ef
 * @depth: identifiers in @path
 * @name: the standard's name, for sentences
 * @buf: room for @len
 * @len: bytes wanted, at most 255
 * @e: why not
 *
 * Without its FCP: for what is looked at once, of a size the standard gives.
 * Return: 0; 1 also where there are less than @len bytes; -1.
 */
int fs_peek(struct card *c, const uint16_t *path, size_t depth,
	    const char *name, uint8_t *buf, size_t len, struct sim_err *e);

/* One bit per record; record 1 is bit 1. */
struct fs_set {
	uint8_t bit[32];
};

static inline bool fs_has(const struct fs_set *s, unsigned int rec)
{
	return rec < 256 && s->bit[rec / 8] & 1u << rec % 8;
}

static inline void fs_add(struct fs_set *s, unsigned int rec)
{
	if (rec < 256)
		s->bit[rec / 8] |= (uint8_t)(1u << rec % 8);
}

static inline void fs_drop(struct fs_set *s, unsigned int rec)
{
	if (rec < 256)
		s->bit[rec / 8] &= (uint8_t)~(1u << rec % 8);
}

/**
 * fs_search() - records equal to @pattern (ef->rec_len bytes)
 * @c: card
 * @ef: linear fixed file (SEARCH RECORD: TS 102 221 11.1.7)
 * @name: the standard's name, for sentences
 * @pattern: a whole record
 * @out: cleared, then those records
 * @e: filled unless 0 is returned
 *
 * Return: 1 also when the card does not know SEARCH RECORD: read all then.
 */
int fs_search(struct card *c, const struct fs_ef *ef, const char *name,
	      const uint8_t *pattern, struct fs_set *out, struct sim_err *e);

/** fs_hold(), fs_release() - keep other clients off during a few writes. */
int fs_hold(struct card *c, unsigned int ms, struct sim_err *e);
void fs_release(struct card *c);

/* ---- quiet.c ------------------------------------------------------------ */

/**
 * quiet_look() - has somebody else been at the card since the last call?
 * @c: card; era, others and quiet are brought up to date
 *
 * Where the slot cannot tell, or the terminal is another (a modem writes
 * without being seen), everybody has.
 */
void quiet_look(struct card *c);

/** quiet_into() - what a write to that file can change: bit per kind, 0: all */
unsigned int quiet_into(const struct fs_ef *ef);

/** quiet_sent() - a command went out: was it one that changes the card? */
void quiet_sent(struct card *c, const uint8_t *cmd, size_t len);

/** quiet_wrote() - the same of a command that went another way; bit per kind */
void quiet_wrote(struct card *c, unsigned int kinds);

/** quiet_now() - count of all commands in this activation. */
uint64_t quiet_now(const struct card *c);

/** quiet_since() - nothing of that kind has changed since @at of activation @era. */
bool quiet_since(const struct card *c, enum sim_kind kind, uint64_t era,
		 uint64_t at);

#endif
