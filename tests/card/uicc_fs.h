/* SPDX-License-Identifier: MIT */
/*
 * uicc_fs.h - inside of the software UICC: files, PINs, channels
 *
 * A card holds one or more file systems (struct uicc_fs): one on a UICC, one
 * per profile on an eUICC. One of them, or none, is in force.
 */
#ifndef TESTS_CARD_UICC_FS_H
#define TESTS_CARD_UICC_FS_H

#include "card/uicc.h"

enum uicc_type {
	UICC_MF, UICC_DF, UICC_ADF, UICC_TRANSPARENT, UICC_LINEAR, UICC_CYCLIC
};

/* Access conditions, in the words of images: alw pin1 pin2 adm nev. */
enum uicc_ac { UICC_ALW, UICC_PIN1, UICC_PIN2, UICC_ADM, UICC_NEV };

/* What an access condition is for (order of the AM bits we use). */
enum uicc_am { UICC_READ, UICC_UPDATE, UICC_DEACTIVATE, UICC_ACTIVATE, UICC_AMS };

/**
 * struct uicc_file - MF, DF, ADF or EF
 * @type: structure
 * @fid: file identifier
 * @sfi: short file identifier, 0: none
 * @active: life cycle: activated (05), else deactivated (04)
 * @ac: access conditions
 * @aid: ADF: application identifier
 * @aid_len: ADF: its length
 * @name: ADF: word for it in paths ("usim")
 * @rec_len: record length, bytes
 * @recs: number of records
 * @size: bytes in @data
 * @data: content, owned unless @alias
 * @alias: EF whose content this one shows (6F3A and a phonebook's ADN)
 * @fcp: bytes to answer instead of the true FCP (corrupt cards), or NULL
 * @fcp_len: bytes in @fcp
 * @up: directory it is in
 * @down: first file in it
 * @next: next in the same directory
 */
struct uicc_file {
	enum uicc_type type;
	uint16_t fid;
	uint8_t sfi;
	bool active;
	uint8_t ac[UICC_AMS];
	uint8_t aid[16];
	uint8_t aid_len;
	char name[12];
	size_t rec_len;
	size_t recs;
	size_t size;
	uint8_t *data;
	struct uicc_file *alias;
	uint8_t *fcp;
	size_t fcp_len;
	struct uicc_file *up;
	struct uicc_file *down;
	struct uicc_file *next;
};

/* PINs by key reference (TS 102 221 9.5.1). */
enum uicc_pin_ix { UICC_IX_PIN1, UICC_IX_PIN2, UICC_IX_ADM, UICC_PINS };

/**
 * struct uicc_pin - one PIN
 * @there: the card has it
 * @enabled: else its condition counts as fulfilled
 * @verified: since the last reset
 * @value: 8 bytes, padded with FF
 * @puk: 8 bytes
 * @tries: left; 0: blocked
 * @puk_tries: left
 */
struct uicc_pin {
	bool there;
	bool enabled;
	bool verified;
	uint8_t value[8];
	uint8_t puk[8];
	uint8_t tries;
	uint8_t puk_tries;
};

/**
 * struct uicc_fs - one file system: a UICC's, or one profile's
 * @mf: root
 * @pin: PINs
 * @nickname: eUICC: profile nickname
 * @provider: eUICC: service provider name
 * @pname: eUICC: profile name
 * @iccid: eUICC: ICCID of the profile, 10 bytes as in EF_ICCID
 * @class: eUICC: 0 test, 1 provisioning, 2 operational
 * @aid: eUICC: ISD-P AID
 * @enabled: eUICC: as the image says; afterwards struct uicc.cur tells
 * @port: eUICC with feature mep: other eSIM port it is enabled on, 0: none
 * @line_file: while an image is read: what `data' and `record' are for
 */
struct uicc_fs {
	struct uicc_file *mf;
	struct uicc_pin pin[UICC_PINS];
	char nickname[65];
	char provider[33];
	char pname[65];
	uint8_t iccid[10];
	uint8_t class;
	uint8_t aid[16];
	bool enabled;
	unsigned char port;
	struct uicc_file *line_file;
};

#define UICC_CHANNELS	20
#define UICC_PROFILES	16
#define UICC_FAULTS	32

/**
 * struct uicc_chan - one logical channel
 * @open: in use (channel 0 always)
 * @isdr: ISD-R is selected on it
 * @df: current directory
 * @ef: current EF, or NULL
 * @app: current ADF, or NULL
 * @rec: record pointer, 0: undefined
 */
struct uicc_chan {
	bool open;
	bool isdr;
	struct uicc_file *df;
	struct uicc_file *ef;
	struct uicc_file *app;
	unsigned int rec;
};

struct uicc_fault {
	enum uicc_act act;
	unsigned int arg;
	uint16_t sw;
	int ins, p1, p2, fid;	/* -1: any */
	unsigned int skip;	/* matching APDUs to let pass */
	unsigned int times;	/* left; 0: used up */
	bool reset;		/* acts on the ATR, not on APDUs */
};

/* Switches of the card, in the words of images ("feature NAME on|off"). */
enum uicc_feature {
	UICC_F_USIM,		/* class 00 */
	UICC_F_GSM,		/* class A0 */
	UICC_F_SEARCH,		/* SEARCH RECORD */
	UICC_F_SFI,		/* READ/UPDATE by SFI */
	UICC_F_REFRESH,		/* proactive commands need TERMINAL PROFILE */
	UICC_F_MISS_9000,	/* SEARCH RECORD without a match: 9000 */
	UICC_F_CATBUSY,		/* eUICC: catBusy while a session is open */
	UICC_F_REFRESH_09,	/* eUICC: REFRESH 09 instead of 04 */
	UICC_F_MEP,		/* eUICC: names the port of the enabled profile */
	UICC_FEATURES
};

#define UICC_EUICC_PENDING 8

struct uicc_notification {
	unsigned int seq;
	uint8_t op;		/* BF2F operation bits: 80 install 40 en 20 dis 10 del */
	uint8_t iccid[10];
};

struct uicc {
	char *name;		/* image it came from, for sentences */
	char *autosave;
	uint8_t atr[33];
	size_t atr_len;
	unsigned int channels;	/* logical channels it has, 1: no MANAGE CHANNEL */
	bool feature[UICC_FEATURES];

	struct uicc_fs *fs[UICC_PROFILES];
	size_t nfs;
	struct uicc_fs *cur;	/* in force; NULL: eUICC without enabled profile */
	struct uicc_fs *line_fs; /* while an image is read: its section */
	size_t nprofiles;
	struct uicc_fs *boot;	/* MF of an eUICC with no profile enabled */

	bool euicc;
	uint8_t eid[16];
	struct uicc_notification notif[UICC_EUICC_PENDING];
	size_t nnotif;
	unsigned int notif_seq;
	uint8_t *store;		/* STORE DATA blocks collected */
	size_t nstore;

	struct uicc_chan chan[UICC_CHANNELS];
	bool gsm_session;	/* first command was class A0 */
	bool usim_session;
	bool dirty;

	uint8_t *resp;		/* response not fetched yet (61xx) */
	size_t nresp;
	uint8_t resp_chan;
	uint16_t resp_sw;

	bool profile_done;	/* TERMINAL PROFILE received */
	uint8_t proactive[256];
	size_t nproactive;
	bool fetched;
	struct uicc_fs *switch_to;
	bool switching;		/* to switch_to, at the next reset */
	bool switch_to_on_response; /* or at the TERMINAL RESPONSE */

	struct uicc_fault fault[UICC_FAULTS];
	size_t nfault;
	const struct uicc_fault *hit;	/* the last TPDU's */
	bool wire;		/* a byte level is there to act on faults */
	struct uicc_count count;
	uint8_t last[4];	/* header of the last TPDU */
	bool again;		/* it was answered 6Cxx */
	void (*trace)(void *arg, const char *line);
	void *trace_arg;
};

/**
 * struct uicc_cmd - a command being executed
 * @data: incoming data, @lc bytes
 * @le: expected length, 1 to 256; 0: none
 * @out: response data, room for UICC_RESP_MAX
 * @nout: bytes in @out
 */
struct uicc_cmd {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data;
	size_t lc;
	size_t le;
	bool has_le;
	struct uicc_chan *ch;
	uint8_t nch;
	uint8_t *out;
	size_t nout;
};

/* uicc_fs.c: the tree */
struct uicc_fs *uicc_fs_new(void);
void uicc_fs_free(struct uicc_fs *fs);
struct uicc_file *uicc_file_add(struct uicc_file *dir, enum uicc_type type,
				uint16_t fid, size_t recs, size_t rec_len);
bool uicc_file_resize(struct uicc_file *f, size_t recs, size_t rec_len);
void uicc_file_del(struct uicc_file *f);
struct uicc_file *uicc_file_in(const struct uicc_file *dir, uint16_t fid);
struct uicc_file *uicc_file_at(struct uicc_fs *fs, const char *path);
struct uicc_file *uicc_file_sfi(const struct uicc_file *dir, uint8_t sfi);
struct uicc_file *uicc_adf(struct uicc_fs *fs, const uint8_t *aid, size_t len,
			   struct uicc_file *after);
uint8_t *uicc_record(const struct uicc_file *f, size_t n);
bool uicc_is_dir(const struct uicc_file *f);
size_t uicc_path(const struct uicc_file *f, char *out, size_t max);
size_t uicc_fcp(struct uicc *c, const struct uicc_file *f, uint8_t *out);
uint8_t uicc_arr(struct uicc_fs *fs, const uint8_t ac[UICC_AMS]);

/* uicc_cmd.c: SELECT, STATUS, READ, UPDATE, SEARCH, ... return SW1 SW2 */
uint16_t uicc_do_select(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_status(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_read_binary(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_update_binary(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_read_record(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_update_record(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_search(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_life(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_channel(struct uicc *c, struct uicc_cmd *a);
bool uicc_may(const struct uicc *c, const struct uicc_file *f, enum uicc_am am);
struct uicc_file *uicc_data_of(struct uicc_file *f);

/* uicc_pin.c */
uint16_t uicc_do_verify(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_change(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_disable(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_enable(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_unblock(struct uicc *c, struct uicc_cmd *a);

/* uicc_cat.c: the card application toolkit */
uint16_t uicc_do_profile(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_capability(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_fetch(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_response(struct uicc *c, struct uicc_cmd *a);
uint16_t uicc_do_envelope(struct uicc *c, struct uicc_cmd *a);

/* uicc_gsm.c: class A0 */
uint16_t uicc_gsm(struct uicc *c, struct uicc_cmd *a);

/* uicc_euicc.c: ISD-R */
extern const uint8_t uicc_isdr_aid[16];
uint16_t uicc_do_store(struct uicc *c, struct uicc_cmd *a);
void uicc_switch_now(struct uicc *c, struct uicc_fs *to);
uint16_t uicc_select_isdr(struct uicc *c, struct uicc_cmd *a);
void uicc_close_all(struct uicc *c);

/* uicc.c: to the state file, when something changed */
void uicc_saved(struct uicc *c);

/* uicc_fault.c */
const struct uicc_fault *uicc_fault_hit(struct uicc *c, const uint8_t *hdr);
const struct uicc_fault *uicc_fault_atr(struct uicc *c);
const struct uicc_fault *uicc_fault_echo(struct uicc *c);
const struct uicc_fault *uicc_fault_last(const struct uicc *c);
size_t uicc_fault_answer(struct uicc *c, const struct uicc_fault *f,
			 uint8_t *resp, size_t n);

/* uicc_decode.c: TPDUs for people */
void uicc_decode(struct uicc *c, const uint8_t *cmd, size_t len,
		 const uint8_t *resp, size_t n, char *out, size_t max);

/* uicc_words.c: one line of an image in words */
#define UICC_WORDS 40
struct uicc_words {
	size_t n;
	char *w[UICC_WORDS];	/* plain words, quotes removed */
	char *val[UICC_WORDS];	/* "key=value": value, else NULL; w is the key */
	char *buf;
};
int uicc_words(struct uicc_words *o, const char *line, char *why);
void uicc_words_free(struct uicc_words *o);
const char *uicc_word_val(const struct uicc_words *o, const char *key);
int uicc_hex(const char *s, uint8_t *out, size_t max);

/* uicc_text.c: what is written in files */
#define UICC_DIGITS 80
size_t uicc_utf8(const char *s, uint32_t *cp);
int uicc_gsm_code(uint32_t cp);	/* 00-7F, 1Bxx, -1 */
uint32_t uicc_gsm_char(uint8_t code, bool ext);
int uicc_alpha(const char *utf8, const char *coding, uint8_t *out, size_t max);
size_t uicc_alpha_text(const uint8_t *p, size_t n, char *out, size_t max);
int uicc_bcd(const char *digits, uint8_t *ton, uint8_t *out, size_t max);
size_t uicc_bcd_text(uint8_t ton, const uint8_t *p, size_t n, char *out,
		     size_t max);
void uicc_swap(const char *digits, uint8_t *out, size_t n);

/* uicc_image.c, uicc_usim.c, uicc_book.c, uicc_sms.c: lines of an image */
int uicc_line(struct uicc *c, struct uicc_fs *fs, const char *line, char *why);
int uicc_template(struct uicc *c, struct uicc_fs *fs, const char *name,
		  char *why);
int uicc_book_make(struct uicc_fs *fs, const struct uicc_words *w, char *why);
int uicc_contact(struct uicc_fs *fs, const struct uicc_words *w, char *why);
int uicc_sms(struct uicc_fs *fs, const struct uicc_words *w, char *why);
int uicc_service(struct uicc_fs *fs, unsigned int n, bool on);
int uicc_pack(const char *utf8, unsigned int shift, uint8_t *out, size_t max,
	      size_t *septets);
int uicc_field(struct uicc_fs *fs, const struct uicc_words *w, char *why);
uint8_t uicc_book_role(const struct uicc_file *f);
void uicc_meaning(const struct uicc_file *f, size_t rec, char *out, size_t max);

extern const char *const uicc_ac_names[5];
extern const char *const uicc_type_names[UICC_CYCLIC + 1];
extern const char *const uicc_feature_names[UICC_FEATURES];
extern const char *const uicc_class_names[3];

int uicc_why(char *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
