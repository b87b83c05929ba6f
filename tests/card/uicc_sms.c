// SPDX-License-Identifier: MIT
/*
 * uicc_sms.c - messages: the lines `sms ...' and `del sms N' (TS 31.102 4.2.25,
 * TS 23.040 9.2.2, TS 23.038)
 */
#include "card/uicc_fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * uicc_pack() - 7-bit packing (TS 23.038 6.1.2.1)
 * @shift: bits of fill before the first septet (after a header)
 * @septets: out: septets packed, fill excluded
 *
 * Return: bytes, or -1 when it does not fit or is not in the alphabet.
 */
int uicc_pack(const char *utf8, unsigned int shift, uint8_t *out, size_t max,
	      size_t *septets)
{
	size_t bit = shift, n;
	uint32_t cp;

	memset(out, 0, max);
	*septets = 0;
	for (; *utf8; utf8 += n) {
		int code, part;

		n = uicc_utf8(utf8, &cp);
		code = n ? uicc_gsm_code(cp) : -1;
		if (code < 0)
			return -1;
		for (part = code > 0xff; part >= 0; part--) {
			unsigned int s = part ? 0x1bu : code & 0x7fu;

			if (bit + 7 > 8 * max)
				return -1;
			out[bit / 8] |= (uint8_t)(s << bit % 8);
			if (bit % 8 > 1)
				out[bit / 8 + 1] |= (uint8_t)(s >> (8 - bit % 8));
			bit += 7;
			(*septets)++;
		}
	}
	return (int)((bit + 7) / 8);
}

static void unpack(const uint8_t *p, size_t n, unsigned int shift,
		   size_t septets, char *out, size_t max)
{
	size_t i, o = 0, bit = shift;
	bool ext = false;

	for (i = 0; i < septets && (bit + 7 + 7) / 8 <= n + 1 && o + 4 < max;
	     i++, bit += 7) {
		unsigned int w = p[bit / 8];
		uint8_t one[2];

		if (bit / 8 + 1 < n)
			w |= (unsigned int)p[bit / 8 + 1] << 8;
		w = w >> bit % 8 & 0x7f;
		if (w == 0x1b && !ext) {
			ext = true;
			continue;
		}
		one[0] = 0x1b;
		one[1] = (uint8_t)w;
		o += ext ? uicc_alpha_text(one, 2, out + o, max - o) :
			   uicc_alpha_text(one + 1, 1, out + o, max - o);
		ext = false;
	}
	out[o] = 0;
}

static size_t address(const char *who, uint8_t *out)
{
	size_t septets;
	int n;

	if ((*who == '+' || (*who >= '0' && *who <= '9')) &&
	    (n = uicc_bcd(who, &out[1], out + 2, 10)) >= 0) {
		out[0] = (uint8_t)n;
		return 2u + (size_t)(n + 1) / 2;
	}
	n = uicc_pack(who, 0, out + 2, 10, &septets);
	if (n < 0)
		return 0;
	/* length in useful semi-octets (TS 23.040 9.1.2.5) */
	out[0] = (uint8_t)((septets * 7 + 3) / 4);
	out[1] = 0xd0;
	return 2u + (size_t)n;
}

static uint8_t semi(int v)
{
	return (uint8_t)(v % 10 << 4 | v / 10);
}

/* "2026-11-01 10:00[:30] +01[:30]" to SCTS (TS 23.040 9.2.3.11) */
static int scts(const char *s, uint8_t out[7], char *why)
{
	int y, mo, d, h, mi, sec = 0, n = 0, zh = 0, zm = 0, q;
	char sign = '+';

	if (sscanf(s, "%4d-%2d-%2d %2d:%2d%n", &y, &mo, &d, &h, &mi, &n) < 5)
		return uicc_why(why, "`%s': YYYY-MM-DD HH:MM[:SS] [+HH[:MM]]",
				s);
	s += n;
	if (*s == ':' && sscanf(s, ":%2d%n", &sec, &n) == 1)
		s += n;
	if (sscanf(s, " %c%2d:%2d", &sign, &zh, &zm) < 1)
		sign = '+';
	q = zh * 4 + zm / 15;
	out[0] = semi(y % 100);
	out[1] = semi(mo);
	out[2] = semi(d);
	out[3] = semi(h);
	out[4] = semi(mi);
	out[5] = semi(sec);
	out[6] = semi(q);
	if (sign == '-')
		out[6] |= 0x08;
	return 0;
}

struct message {
	bool submit;
	uint8_t status;
	const char *smsc;
	const char *who;
	const char *when;
	bool ucs2;
	unsigned int ref, part, parts;
};

/* User data of one part; returns TPDU bytes written after the header, -1. */
static int user_data(const struct message *m, const char *text, uint8_t *out,
		     size_t max)
{
	size_t h = 0, septets, n;
	uint8_t packed[141];
	uint32_t cp;
	int bytes;

	if (m->parts > 1) {
		memcpy(out + 1, (uint8_t[]){ 5, 0, 3, (uint8_t)m->ref,
					     (uint8_t)m->parts,
					     (uint8_t)m->part }, 6);
		h = 6;
	}
	if (max > 141)
		max = 141;
	if (!m->ucs2) {
		bytes = uicc_pack(text, h ? 1 : 0, packed, max - 1 - h,
				  &septets);
		if (bytes < 0)
			return -1;
		memcpy(out + 1 + h, packed, (size_t)bytes);
		out[0] = (uint8_t)(septets + (h ? 7 : 0));
		return (int)(1 + h) + bytes;
	}
	for (n = h; *text; n += 2) {
		size_t k = uicc_utf8(text, &cp);

		if (!k || n + 4 > max)
			return -1;
		if (cp > 0xffff) {
			/* UTF-16: messages may carry surrogates */
			cp -= 0x10000;
			out[1 + n] = (uint8_t)(0xd8 | cp >> 18);
			out[2 + n] = (uint8_t)(cp >> 10);
			n += 2;
			if (n + 3 > max)
				return -1;
			cp = 0xdc00 | (cp & 0x3ff);
		}
		out[1 + n] = (uint8_t)(cp >> 8);
		out[2 + n] = (uint8_t)cp;
		text += k;
	}
	out[0] = (uint8_t)n;
	return (int)n + 1;
}

static int tpdu(const struct message *m, const char *text, uint8_t *r,
		size_t len, char *why)
{
	uint8_t ton, *p = r + 2;
	int n;

	memset(r, 0xff, len);
	r[0] = m->status;
	n = m->smsc ? uicc_bcd(m->smsc, &ton, r + 3, 10) : 0;
	if (n < 0)
		return uicc_why(why, "smsc `%s' is not a number", m->smsc);
	r[1] = n ? (uint8_t)((n + 1) / 2 + 1) : 0;
	if (n) {
		r[2] = ton;
		p = r + 3 + (n + 1) / 2;
	}
	/* DELIVER: no more messages to send is bit 2 set */
	*p++ = (uint8_t)((m->submit ? 0x01 : 0x04) |
			 (m->parts > 1 ? 0x40 : 0));
	if (m->submit)
		*p++ = 0;
	n = (int)address(m->who, p);
	if (!n)
		return uicc_why(why, "`%s' is not an address", m->who);
	p += n;
	*p++ = 0;
	*p++ = m->ucs2 ? 0x08 : 0x00;
	if (!m->submit) {
		if (scts(m->when, p, why))
			return -1;
		p += 7;
	}
	n = user_data(m, text, p, len - (size_t)(p - r));
	if (n < 0)
		return uicc_why(why, "the text does not fit one message (say "
				"ref=N to have it split)");
	return 0;
}

static uint8_t *slot(struct uicc_fs *fs, const char *rec, struct uicc_file **f)
{
	uint8_t *r;
	size_t i;

	*f = uicc_file_at(fs, "usim/6F3C");
	if (!*f)
		*f = uicc_file_at(fs, "7F10/6F3C");
	if (!*f || uicc_data_of(*f)->rec_len < 176)
		return NULL;
	if (rec)
		return uicc_record(*f, strtoul(rec, NULL, 10));
	for (i = 1; (r = uicc_record(*f, i)) != NULL; i++)
		if (!(r[0] & 1))
			return r;
	return NULL;
}

static bool needs_ucs2(const char *text)
{
	uint32_t cp;
	size_t n;

	for (; (n = uicc_utf8(text, &cp)) != 0; text += n)
		if (uicc_gsm_code(cp) < 0)
			return true;
	return false;
}

/* Bytes of @text that fit one part of a concatenated message. */
static size_t fits(const char *text, bool ucs2)
{
	size_t units = 0, at = 0, n;
	uint32_t cp;

	while ((n = uicc_utf8(text + at, &cp)) != 0) {
		units += ucs2 ? (cp > 0xffff ? 2 : 1) :
				(uicc_gsm_code(cp) > 0xff ? 2 : 1);
		if (units > (ucs2 ? 67 : 153))
			break;
		at += n;
	}
	return at;
}

static const struct {
	const char *name;
	uint8_t v;
} states[] = { { "read", 1 }, { "unread", 3 }, { "sent", 5 }, { "unsent", 7 } };

static int raw(struct uicc_fs *fs, const struct uicc_words *w, uint8_t status,
	       char *why)
{
	struct uicc_file *f;
	uint8_t *r = slot(fs, uicc_word_val(w, "rec"), &f);
	size_t len;

	if (!r || w->n < 3)
		return uicc_why(why, "sms raw HEX: no free record");
	len = uicc_data_of(f)->rec_len;
	memset(r, 0xff, len);
	r[0] = status;
	if (uicc_hex(w->w[2], r + 1, len - 1) < 0)
		return uicc_why(why, "sms raw: hex, at most %zu bytes",
				len - 1);
	return 0;
}

/*
 * sms deliver "FROM" "DATE" "TEXT" | sms submit "TO" "TEXT" | sms raw HEX
 *	[status=] [rec=] [smsc=] [ref= [part=1/2]] [coding=ucs2]
 * del sms N
 */
int uicc_sms(struct uicc_fs *fs, const struct uicc_words *w, char *why)
{
	struct message m = { .part = 1, .parts = 1 };
	const char *text, *v;
	struct uicc_file *f;
	size_t i, n;
	uint8_t *r;

	if (!strcmp(w->w[0], "del")) {
		r = w->n > 2 ? slot(fs, w->w[2], &f) : NULL;
		if (!r)
			return uicc_why(why, "del sms N: no such record");
		memset(r, 0xff, uicc_data_of(f)->rec_len);
		r[0] = 0;
		return 0;
	}
	m.submit = w->n > 1 && !strcmp(w->w[1], "submit");
	m.status = m.submit ? 5 : 1;
	v = uicc_word_val(w, "status");
	for (i = 0; v && i < 4; i++)
		if (!strcmp(states[i].name, v))
			m.status = states[i].v;
	if (w->n > 1 && !strcmp(w->w[1], "raw"))
		return raw(fs, w, m.status, why);
	if (w->n < (m.submit ? 4u : 5u) ||
	    (!m.submit && strcmp(w->w[1], "deliver") != 0))
		return uicc_why(why, "sms deliver \"FROM\" \"DATE\" \"TEXT\"");
	m.who = w->w[2];
	m.when = w->w[3];
	text = w->w[m.submit ? 3 : 4];
	m.smsc = uicc_word_val(w, "smsc");
	v = uicc_word_val(w, "coding");
	m.ucs2 = (v && !strcmp(v, "ucs2")) || needs_ucs2(text);
	v = uicc_word_val(w, "ref");
	m.ref = v ? (unsigned int)atoi(v) : 0;
	if (v && !uicc_word_val(w, "part")) {
		for (n = 0, m.parts = 0; text[n]; m.parts++)
			n += fits(text + n, m.ucs2);
	} else if (v) {
		if (sscanf(uicc_word_val(w, "part"), "%u/%u", &m.part,
			   &m.parts) != 2)
			return uicc_why(why, "part=1/2");
	}
	do {
		bool split = v && !uicc_word_val(w, "part");
		char *piece;
		int ret;

		r = slot(fs, uicc_word_val(w, "rec"), &f);
		if (!r)
			return uicc_why(why, "sms: no free record");
		n = split ? fits(text, m.ucs2) : strlen(text);
		piece = strndup(text, n);
		if (!piece)
			return uicc_why(why, "no memory");
		ret = tpdu(&m, piece, r, uicc_data_of(f)->rec_len, why);
		free(piece);
		if (ret) {
			r[0] = 0;
			return -1;
		}
		text += n;
		m.part++;
	} while (*text);
	return 0;
}

/* ---- what a record says, for comments ----------------------------------- */

static void sms_text(const uint8_t *r, size_t len, char *out, size_t max)
{
	const uint8_t *p = r + 2 + r[1], *end = r + len;
	bool deliver, udh;
	char who[48], text[200] = "";
	size_t n, h = 0;

	*out = 0;
	if (!(r[0] & 1) || p + 12 > end)
		return;
	deliver = !(p[0] & 3);
	udh = p[0] & 0x40;
	p += deliver ? 1 : 2;
	if (p[1] == 0xd0)
		unpack(p + 2, (p[0] + 1u) / 2, 0, p[0] * 4u / 7, who,
		       sizeof(who));
	else
		uicc_bcd_text(p[1], p + 2, (p[0] + 1u) / 2, who, sizeof(who));
	p += 2 + (p[0] + 1) / 2 + 1;
	n = (r[2 + r[1]] & 0x18) && !deliver ? 1 : deliver ? 7 : 0;
	if (p + 1 + n + 1 >= end)
		return;
	h = udh && p + 2 + n < end ? p[2 + n] + 1u : 0;
	if (p[0] == 0 && p + 2 + n + h < end)
		unpack(p + 2 + n + h, (size_t)(end - p) - 2 - n - h,
		       h ? (unsigned int)(7 - h * 8 % 7) % 7 : 0,
		       p[1 + n] > (h * 8 + 6) / 7 ? p[1 + n] - (h * 8 + 6) / 7 :
						    0, text, sizeof(text));
	else if (p[0] == 8 && p + 2 + n + p[1 + n] <= end) {
		uint8_t b[142];

		b[0] = 0x80;
		memcpy(b + 1, p + 2 + n + h, p[1 + n] - h < 140 ?
			       p[1 + n] - h : 140);
		uicc_alpha_text(b, 1u + (p[1 + n] - h < 140 ? p[1 + n] - h :
					 140), text, sizeof(text));
	}
	snprintf(out, max, "%s %s \"%s\"", deliver ? "from" : "to", who, text);
}

/* Name and number of records that look like EF_ADN; text of messages. */
void uicc_meaning(const struct uicc_file *f, size_t rec, char *out, size_t max)
{
	const uint8_t *r = uicc_record(f, rec);
	uint8_t role = uicc_book_role(f);
	size_t len = f->rec_len, x;
	char name[160], tel[48];

	*out = 0;
	if (f->fid == 0x6f3c && len >= 176) {
		sms_text(r, len, out, max);
		return;
	}
	if ((role == 0xc0 || f->fid == 0x6f3a || f->fid == 0x6f3b ||
	     f->fid == 0x6f40 || f->fid == 0x6f49 || f->fid == 0x6f44) &&
	    len >= 14) {
		x = len - 14;
		uicc_alpha_text(r, x, name, sizeof(name));
		tel[0] = 0;
		if (r[x] != 0xff && r[x])
			uicc_bcd_text(r[x + 1], r + x + 2,
				      r[x] > 11 ? 10 : r[x] - 1u, tel,
				      sizeof(tel));
		snprintf(out, max, "\"%s\" %s", name, tel);
	} else if (role == 0xc4 && len >= 15) {
		uicc_bcd_text(r[2], r + 3, r[1] && r[1] <= 11 ? r[1] - 1u : 0,
			      out, max);
	} else if (role == 0xca || role == 0xc3 || role == 0xc7 ||
		   role == 0xc8) {
		uicc_alpha_text(r, len, name, sizeof(name));
		snprintf(out, max, "\"%s\"", name);
	} else if (f->fid == 0x2fe2 && f->size >= 10) {
		uicc_bcd_text(0x81, r, 10, out, max);
	}
}
