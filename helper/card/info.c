// SPDX-License-Identifier: MIT
#include "card/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/bcd.h"
#include "card/nickname.h"
#include "card/params.h"
#include "card/phonebook.h"
#include "card/text.h"
#include "card/tpdu.h"

#define INFO_BYTES 255
#define SPN_BYTES  17	/* 4.2.12 */

/**
 * struct field - one property of the record and the file it comes from
 * @name: of the property
 * @file: the standard's name
 * @usim: path in a USIM, @gsm: in DF_GSM or DF_TELECOM of a 2G card; 0 none
 * @show: bytes to text; 0, or 1: says nothing
 */
struct field {
	const char *name;
	const char *file;
	uint16_t usim[2];
	uint16_t gsm[2];
	int (*show)(const uint8_t *p, size_t len, char *out, size_t max);
};

static int show_imsi(const uint8_t *p, size_t len, char *out, size_t max)
{
	/* TS 31.102 4.2.2: length, then parity in the low half of byte 2. */
	if (len < 2 || !p[0] || p[0] > 8 || p[0] > len - 1)
		return 1;
	bcd_swapped(p + 1, p[0], out, max);
	memmove(out, out + 1, strlen(out) ? strlen(out) : 1);
	return !out[0];
}

static int show_spn(const uint8_t *p, size_t len, char *out, size_t max)
{
	(void)max;
	return len < 2 || text_decode(p + 1, len - 1, out, NULL) || !out[0];
}

static int show_number(const uint8_t *p, size_t len, char *out, size_t max)
{
	(void)max;
	if (len < ADN_TAIL)
		return 1;
	return pb_number(NULL, p + len - ADN_TAIL, out, NULL) || !out[0];
}

static int show_hex(const uint8_t *p, size_t len, char *out, size_t max)
{
	while (len && p[len - 1] == 0xff)
		len--;
	for (size_t i = 0; i < len && 2 * i + 2 < max; i++)
		sprintf(out + 2 * i, "%02X", p[i]);
	return !len;
}

static int show_languages(const uint8_t *p, size_t len, char *out, size_t max)
{
	size_t at = 0;

	/* EF_LI: two characters each; FF FF ends the list (4.2.1). */
	for (size_t i = 0; i + 1 < len && at + 4 < max; i += 2) {
		if (p[i] < 'a' || p[i] > 'z' || p[i + 1] < 'a' || p[i + 1] > 'z')
			continue;
		if (at)
			out[at++] = ' ';
		out[at++] = (char)p[i];
		out[at++] = (char)p[i + 1];
	}
	out[at] = '\0';
	return !at;
}

/* MCC and MNC in three bytes (TS 24.008 10.5.1.3): MCC2 MCC1, MNC3 MCC3, .. */
static int show_plmn(const uint8_t *p, char *out)
{
	static const char dec[] = "0123456789??????";
	size_t at = 0;

	if ((p[0] & 15) > 9)
		return -1;
	out[at++] = dec[p[0] & 15];
	out[at++] = dec[p[0] >> 4];
	out[at++] = dec[p[1] & 15];
	out[at++] = dec[p[2] & 15];
	out[at++] = dec[p[2] >> 4];
	if (p[1] >> 4 != 15)
		out[at++] = dec[p[1] >> 4];
	out[at] = '\0';
	return strchr(out, '?') ? -1 : 0;
}

/* EF_PLMNwAcT 4.2.5: network, then access technologies, five bytes each. */
static int show_plmns(const uint8_t *p, size_t len, char *out, size_t max)
{
	char plmn[8];
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i + 5 <= len && at + 16 < max; i += 5)
		if (!show_plmn(p + i, plmn))
			at += (size_t)sprintf(out + at, "%s%s:%02X%02X",
					      at ? " " : "", plmn, p[i + 3],
					      p[i + 4]);
	return !at;
}

static int show_pnn(const uint8_t *p, size_t len, char *out, size_t max)
{
	/* 4.2.58: 43 full name, coding in TS 24.008 10.5.3.5a. */
	if (len < 3 || p[0] != 0x43 || !p[1] || p[1] > len - 2)
		return 1;
	return params_network_name(p + 2, p[1], out, max);
}

/* EF_SMSP 4.2.27: indicators (b2 clear: there is one), TP-DA, TS-SCA, .. */
static int show_centre(const uint8_t *p, size_t len, char *out, size_t max)
{
	const uint8_t *t = p + len - 28;

	out[0] = '\0';
	if (len < 28 || t[0] & 0x02)
		return 1;
	tpdu_smsc(t + 13, 12, out, max);
	return !out[0];
}

/* EF_OPL 4.2.59: network, area codes from and to, record of EF_PNN. */
static int show_opl(const uint8_t *p, size_t len, char *out, size_t max)
{
	char plmn[8];

	out[0] = '\0';
	if (len < 8 || show_plmn(p, plmn))
		return 1;
	snprintf(out, max, "%s %02X%02X-%02X%02X %u", plmn, p[3], p[4], p[5],
		 p[6], p[7]);
	return 0;
}

/* In the order of the DFs, so that nothing is selected to and fro. */
static const struct field fields[] = {
	{ "IMSI", "EF_IMSI", { FS_ADF, 0x6f07 }, { FS_GSM, 0x6f07 }, show_imsi },
	{ "SPN", "EF_SPN", { FS_ADF, 0x6f46 }, { FS_GSM, 0x6f46 }, show_spn },
	{ "MSISDN", "EF_MSISDN", { FS_ADF, 0x6f40 }, { FS_TELECOM, 0x6f40 },
	  show_number },
	{ "LANG", "EF_LI", { FS_ADF, 0x6f05 }, { 0 }, show_languages },
	{ "GID1", "EF_GID1", { FS_ADF, 0x6f3e }, { FS_GSM, 0x6f3e }, show_hex },
	{ "GID2", "EF_GID2", { FS_ADF, 0x6f3f }, { FS_GSM, 0x6f3f }, show_hex },
	{ "UST", "EF_UST", { FS_ADF, 0x6f38 }, { 0 }, show_hex },
	{ "SST", "EF_SST", { 0 }, { FS_GSM, 0x6f38 }, show_hex },
	{ "EST", "EF_EST", { FS_ADF, 0x6f56 }, { 0 }, show_hex },
	{ "PLMN", "EF_PLMNwAcT", { FS_ADF, 0x6f60 }, { FS_GSM, 0x6f60 },
	  show_plmns },
	{ "PNN", "EF_PNN", { FS_ADF, 0x6fc5 }, { FS_GSM, 0x6fc5 }, show_pnn },
	{ "OPL", "EF_OPL", { FS_ADF, 0x6fc6 }, { FS_GSM, 0x6fc6 }, show_opl },
	{ "SMSC", "EF_SMSP", { FS_ADF, 0x6f42 }, { FS_TELECOM, 0x6f42 },
	  show_centre },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static int add(struct sim_item *out, const char *name, const char *plain)
{
	char *v;
	int ret;

	if (!plain[0])
		return 0;
	v = sim_text_escape(plain);
	ret = v ? sim_item_add(out, name, NULL, v) : -1;
	free(v);
	return ret;
}

static const uint16_t *path_of(const struct card *c, const struct field *f)
{
	return c->usim ? f->usim : f->gsm;
}

/* First record, or the head of a transparent file. */
static int read_once(struct card *c, const struct field *f, uint8_t *p,
		     size_t *got, struct fs_ef *ef, struct sim_err *e)
{
	const uint16_t *path = path_of(c, f);
	int ret;

	if (!path[0])
		return 1;
	ret = fs_select(c, path, 2, f->file, ef, e);
	if (ret)
		return ret;
	if (ef->form == FS_TRANSPARENT)
		return fs_read(c, ef, f->file, p, INFO_BYTES, got, e);
	if (ef->form != FS_LINEAR)
		return 1;
	*got = ef->rec_len;
	return fs_read_record(c, ef, f->file, 1, p, e);
}

/*
 * Refused for the moment is not gone: it is asked for twice, and what is kept back by
 * an error, or refused once in two ways, was there all the same.
 */
static int read_field(struct card *c, const struct field *f, uint8_t *p,
		      size_t *got, struct fs_ef *ef, struct sim_err *e)
{
	struct sim_err why = { 0 };
	int ret = read_once(c, f, p, got, ef, &why);
	uint16_t sw = c->sw;

	if (ret > 0 && path_of(c, f)[0] && !fs_sw_lasting(sw)) {
		fs_forget(c);
		ret = read_once(c, f, p, got, ef, &why);
		if (ret > 0 && (c->sw != sw || fs_sw_passing(sw))) {
			c->info_unread = true;
			card_problem(c, "%s", why.text);
		}
	}
	if (ret && e)
		*e = why;
	return ret;
}

/* MNC has as many digits as EF_AD byte 4 says (TS 31.102 4.2.18). */
static int add_network(struct card *c, struct sim_item *out, struct sim_err *e)
{
	static const struct field ad = {
		"", "EF_AD", { FS_ADF, 0x6fad }, { FS_GSM, 0x6fad }, NULL,
	};
	const char *imsi = sim_item_get(out, "IMSI");
	uint8_t p[INFO_BYTES];
	char net[8];
	struct fs_ef ef;
	size_t got;
	int ret;

	if (!imsi || strlen(imsi) < 6)
		return 0;
	ret = read_field(c, &ad, p, &got, &ef, e);
	if (ret)
		return ret < 0 ? -1 : 0;
	if (got < 4 || ((p[3] & 15) != 2 && (p[3] & 15) != 3))
		return 0;
	snprintf(net, sizeof(net), "%.*s", 3 + (p[3] & 15), imsi);
	return add(out, "MCCMNC", net);
}

/* Records and bytes of text the card offers; use changes too often to sync. */
static int add_capacity(struct card *c, struct sim_item *out)
{
	char text[160] = "";
	size_t n = 0;

	for (size_t i = 0; c->pb && i < c->pb->nset && n < sizeof(text) - 32; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%scontacts %u x %d bytes", n ? " + " : "",
				      c->pb->set[i].adn->ef.nrec,
				      c->pb->set[i].adn->ef.rec_len - ADN_TAIL);
	return add(out, "CAPACITY", text);
}

int card_imsi(struct card *c, char *out, size_t max, struct sim_err *e)
{
	uint8_t p[INFO_BYTES];
	struct fs_ef ef;
	size_t got = 0;
	int ret = read_field(c, &fields[0], p, &got, &ef, e);

	out[0] = '\0';
	return ret ? ret : fields[0].show(p, got, out, max);
}

int card_info(struct card *c, struct sim_item *out, struct sim_err *e)
{
	uint8_t p[INFO_BYTES];
	char text[TEXT_MAX];
	struct sim_err why;
	struct fs_ef ef;
	size_t got = 0;
	int ret;

	/* First: it may select something else and this card's files again. */
	if (nickname_read(c, e))
		return -1;
	/* Of a phonebook half read the capacity is not known. */
	c->info_unread = c->pb && c->pb->passing;
	sim_item_init(out, SIM_INFO);
	if (add(out, "ICCID", c->iccid) || add(out, "EID", c->eid) ||
	    add(out, "NICKNAME", c->named ? c->nickname : ""))
		goto nomem;
	for (size_t i = 0; i < N_FIELDS; i++) {
		ret = read_field(c, &fields[i], p, &got, &ef, &why);
		if (ret < 0) {
			if (e)
				*e = why;
			sim_item_free(out);
			return -1;
		}
		/* Without PIN, or not on this card, it is just not said. */
		if (ret || fields[i].show(p, got, text, sizeof(text)))
			continue;
		if (add(out, fields[i].name, text))
			goto nomem;
		if (!i && add_network(c, out, e)) {
			sim_item_free(out);
			return -1;
		}
	}
	if (!add_capacity(c, out))
		return 0;
nomem:
	sim_item_free(out);
	return sim_fail(e, EX_OSERR, "out of memory");
}

/* ---- writing ------------------------------------------------------------ */

static const struct field *field_of(const char *name)
{
	for (size_t i = 0; i < N_FIELDS; i++)
		if (!strcmp(fields[i].name, name))
			return &fields[i];
	return NULL;
}

static int make_number(const char *v, uint8_t *p, size_t len)
{
	char number[BCD_DIGITS_MAX + 2];
	uint8_t *tail = p + len - ADN_TAIL;
	size_t n;

	if (len < ADN_TAIL)
		return -1;
	memset(tail, 0xff, ADN_TAIL);
	if (!v)
		return 0;
	if (bcd_normal(v, number))
		return -1;
	n = strlen(number) - (number[0] == '+');
	if (n > 2 * NUM_BYTES)
		return -1;
	tail[ADN_TON] = bcd_ton(number);
	tail[ADN_LEN] = (uint8_t)(1 + bcd_put(number + (number[0] == '+'), n,
					      tail + ADN_BCD));
	return 0;
}

static int make_languages(const char *v, uint8_t *p, size_t len)
{
	size_t at = 0;

	memset(p, 0xff, len);
	while (v && *v) {
		if (strlen(v) < 2 || at + 2 > len || (v[2] && v[2] != ' '))
			return -1;
		p[at++] = (uint8_t)v[0];
		p[at++] = (uint8_t)v[1];
		v += v[2] ? 3 : 2;
	}
	return 0;
}

static uint8_t nibble(char c)
{
	return c >= '0' && c <= '9' ? (uint8_t)(c - '0') : 15;
}

static int make_plmns(const char *v, uint8_t *p, size_t len)
{
	size_t at = 0, n;
	unsigned int act;

	memset(p, 0xff, len);
	for (size_t i = 0; i + 5 <= len; i += 5)
		p[i + 3] = p[i + 4] = 0;
	while (v && *v) {
		n = strspn(v, "0123456789");
		if ((n != 5 && n != 6) || at + 5 > len ||
		    sscanf(v + n, ":%4x", &act) != 1)
			return -1;
		p[at] = (uint8_t)(nibble(v[0]) | nibble(v[1]) << 4);
		p[at + 1] = (uint8_t)(nibble(v[2]) |
				      (n == 6 ? nibble(v[5]) : 15) << 4);
		p[at + 2] = (uint8_t)(nibble(v[3]) | nibble(v[4]) << 4);
		p[at + 3] = (uint8_t)(act >> 8);
		p[at + 4] = (uint8_t)act;
		at += 5;
		v += strcspn(v, " ");
		v += *v == ' ';
	}
	return 0;
}

/* Fields merged both ways (design.md, Rules); the rest is mirrored. */
static const struct {
	const char *name;
	int (*make)(const char *v, uint8_t *p, size_t len);
} writable[] = {
	{ "MSISDN", make_number },
	{ "LANG", make_languages },
	{ "PLMN", make_plmns },
};

#define N_WRITABLE (sizeof(writable) / sizeof(writable[0]))

static bool representable(struct card *c, size_t w, const char *value)
{
	const struct field *f = field_of(writable[w].name);
	uint8_t p[INFO_BYTES];
	struct fs_ef ef;
	char *plain;
	int ret;

	/* From the cache of FCPs: card_info() has asked for every one. */
	if (!path_of(c, f)[0] ||
	    fs_select(c, path_of(c, f), 2, f->file, &ef, NULL))
		return false;
	plain = sim_text_unescape(value);
	if (!plain)
		return false;
	ret = writable[w].make(plain, p, ef.form == FS_LINEAR ? ef.rec_len :
			       ef.size < INFO_BYTES ? ef.size : INFO_BYTES);
	free(plain);
	return !ret;
}

static bool may_be_named(const struct card *c, const char *value)
{
	char *plain = value ? sim_text_unescape(value) : NULL;
	bool yes = (!value || plain) && nickname_fits(c, plain);

	free(plain);
	return yes;
}

int info_project(struct card *c, const struct sim_item *full,
		 const struct sim_item *held, struct sim_item *out,
		 struct sim_err *why)
{
	const char *v;
	int ret;

	sim_item_init(out, SIM_INFO);
	if (!held)
		ret = sim_item_add(out, "ICCID", NULL, c->iccid);
	else
		ret = sim_item_copy(out, held);
	for (size_t w = 0; !ret && w < N_WRITABLE; w++) {
		v = sim_item_get(full, writable[w].name);
		if (!v)
			ret = sim_item_set(out, writable[w].name, NULL);
		else if (representable(c, w, v))
			ret = sim_item_set(out, writable[w].name, v);
	}
	v = sim_item_get(full, "NICKNAME");
	if (!ret && may_be_named(c, v))
		ret = sim_item_set(out, "NICKNAME", v);
	if (!ret)
		return 0;
	sim_item_free(out);
	return sim_fail(why, EX_OSERR, "out of memory");
}

static int write_field(struct card *c, size_t w, const char *value,
		       struct sim_err *e)
{
	const struct field *f = field_of(writable[w].name);
	uint8_t p[INFO_BYTES];
	char *plain = NULL;
	struct fs_ef ef;
	size_t got = 0;
	int ret;

	ret = read_field(c, f, p, &got, &ef, e);
	if (ret)
		return ret;
	if (value) {
		plain = sim_text_unescape(value);
		if (!plain)
			return sim_fail(e, EX_OSERR, "out of memory");
	}
	ret = writable[w].make(plain, p, got);
	free(plain);
	if (ret)
		return sim_fail(e, EX_DATAERR, "%s: the value does not fit the file",
				f->file), 1;
	if (ef.form == FS_LINEAR)
		return fs_update_record(c, &ef, f->file, 1, p, e);
	return fs_update(c, &ef, f->file, p, got, e);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int write_nickname(struct card *c, const char *was, const char *want,
			  struct sim_err *e)
{
	char *plain = want ? sim_text_unescape(want) : NULL;
	int ret;

	if (want && !plain)
		return sim_fail(e, EX_OSERR, "out of memory");
	ret = same(was, want) ? 0 : nickname_write(c, plain, e);
	free(plain);
	return ret;
}

enum sim_outcome info_write(struct card *c, const struct sim_item *was,
			    const struct sim_item *want, struct sim_err *err)
{
	const char *a, *b;
	int ret = 0;

	if (fs_hold(c, 10000, err))
		return c->ch->fault == SIM_CHAN_ERROR ? SIM_FAILED : SIM_AWAY;
	for (size_t w = 0; !ret && w < N_WRITABLE; w++) {
		a = sim_item_get(was, writable[w].name);
		b = sim_item_get(want, writable[w].name);
		if (!same(a, b))
			ret = write_field(c, w, b, err);
	}
	fs_release(c);
	if (!ret)
		ret = write_nickname(c, sim_item_get(was, "NICKNAME"),
				     sim_item_get(want, "NICKNAME"), err);
	if (!ret)
		return SIM_DONE;
	return ret > 0 || c->ch->fault == SIM_CHAN_OK ||
	       c->ch->fault == SIM_CHAN_ERROR ? SIM_FAILED : SIM_AWAY;
}

int info_spn(struct card *c, char *out, size_t max)
{
	const struct field *f = field_of("SPN");
	uint8_t p[SPN_BYTES];

	out[0] = '\0';
	if (fs_peek(c, path_of(c, f), 2, f->file, p, sizeof(p), NULL) ||
	    f->show(p, sizeof(p), out, max))
		out[0] = '\0';
	return out[0] ? 0 : 1;
}
