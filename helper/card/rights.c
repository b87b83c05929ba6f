// SPDX-License-Identifier: MIT
#include "card/rights.h"

#include <stdio.h>
#include <string.h>

#include "card/tlv.h"

/* Access mode byte of an EF (TS 102 221 9.2.4, ISO/IEC 7816-4 Table 17). */
#define AM_READ		0x01
#define AM_UPDATE	0x02

/* Security conditions (ISO/IEC 7816-4 Table 23) and references (9.5.1). */
#define SC_ALWAYS	0x90
#define SC_NEVER	0x97
#define SC_PIN		0xa4
#define SC_OR		0xa0
#define SC_AND		0xaf

static void key_name(uint8_t key, char *out, size_t max)
{
	if (key >= 0x01 && key <= 0x08)
		snprintf(out, max, "PIN%s", key == 1 ? "1" : "1 of another application");
	else if (key >= 0x81 && key <= 0x88)
		snprintf(out, max, "PIN2");
	else if (key == 0x11)
		snprintf(out, max, "universal PIN");
	else if ((key >= 0x0a && key <= 0x0e) || (key >= 0x8a && key <= 0x8e))
		snprintf(out, max, "ADM%u",
			 (key & 0x0f) - 9u + (key & 0x80 ? 5u : 0u));
	else
		snprintf(out, max, "key %02X", key);
}

static void append(char *to, const char *word, const char *more)
{
	size_t n = strlen(to);

	if (n + strlen(word) + strlen(more) >= RIGHT_MAX)
		return;
	if (n)
		strcpy(to + n, word);
	strcat(to, more);
}

static void condition(const struct tlv *sc, char out[RIGHT_MAX])
{
	const char *word = sc->tag == SC_OR ? " or " : " and ";
	struct tlv_iter it = { sc->v, sc->len };
	char part[RIGHT_MAX];
	struct tlv t;

	out[0] = '\0';
	switch (sc->tag) {
	case SC_ALWAYS:
		strcpy(out, "always");
		break;
	case SC_NEVER:
		strcpy(out, "never");
		break;
	case SC_PIN:
		if (tlv_in(sc, 0x83, &t) && t.len == 1)
			key_name(t.v[0], out, RIGHT_MAX);
		break;
	case SC_OR:
	case SC_AND:
		while (tlv_next(&it, &t) == 1) {
			/* No template within a template: cards have none. */
			if (t.tag == SC_OR || t.tag == SC_AND)
				continue;
			condition(&t, part);
			append(out, word, part);
		}
		break;
	}
	if (!out[0])
		strcpy(out, "?");
}

void rights_parse(const uint8_t *p, size_t len, struct rights *out)
{
	struct tlv_iter it = { p, len };
	struct tlv am, sc;

	strcpy(out->read, "never");
	strcpy(out->update, "never");
	while (tlv_next(&it, &am) == 1 && tlv_next(&it, &sc) == 1) {
		/* 84: an instruction of its own (INCREASE), not a mode byte. */
		if (am.tag != 0x80 || am.len != 1)
			continue;
		if (am.v[0] & AM_READ)
			condition(&sc, out->read);
		if (am.v[0] & AM_UPDATE)
			condition(&sc, out->update);
	}
}

/* 51.011 9.3: levels of byte 9, READ in the high half, UPDATE in the low one. */
static void gsm_level(uint8_t level, char out[RIGHT_MAX])
{
	static const char *const low[] = { "always", "PIN1", "PIN2", "?" };

	if (level < 4)
		strcpy(out, low[level]);
	else if (level == 15)
		strcpy(out, "never");
	else
		snprintf(out, RIGHT_MAX, "ADM%u", level - 3u);
}

/*
 * TS 102 221 11.1.1.4.7.2 and ISO/IEC 7816-4 Table 20: access mode byte, then
 * a condition byte for each bit set from b7 down. 00 always, FF never; else a
 * key of a security environment, which has no name here.
 */
static void compact(const uint8_t *p, size_t len, struct rights *out)
{
	size_t at = 1;

	for (unsigned int bit = 0x40; bit && len; bit >>= 1) {
		char *to = bit == AM_READ ? out->read :
			   bit == AM_UPDATE ? out->update : NULL;

		if (!(p[0] & bit))
			continue;
		if (to && at < len)
			strcpy(to, !p[at] ? "always" : p[at] == 0xff ? "never" : "?");
		at++;
	}
}

/* What the FCP, or a 2G card's response, says itself. */
static int own_rights(const struct fs_ef *ef, struct rights *out)
{
	switch (ef->rule) {
	case 0xa0:
		gsm_level(ef->rules[0] >> 4, out->read);
		gsm_level(ef->rules[0] & 15, out->update);
		return 0;
	case 0x8c:
		compact(ef->rules, ef->nrules, out);
		return 0;
	case 0xab:
		rights_parse(ef->rules, ef->nrules, out);
		return 0;
	}
	return 1;
}

/* Beside the file, or in the directories above it (TS 102 221 9.2.7). */
int rights_of(struct card *c, const struct fs_ef *ef, struct rights *out,
	      struct sim_err *e)
{
	uint16_t path[FS_DEPTH];
	uint8_t rec[FS_REC_MAX];
	struct fs_ef arr;
	int ret = 1;

	strcpy(out->read, "?");
	strcpy(out->update, "?");
	if (!ef->arr_fid)
		return own_rights(ef, out);
	memcpy(path, ef->path, sizeof(path));
	for (size_t depth = ef->depth; ret == 1 && depth; depth--) {
		path[depth - 1] = ef->arr_fid;
		ret = fs_select(c, path, depth, "EF_ARR", &arr, e);
	}
	if (ret)
		return ret;
	if (arr.form != FS_LINEAR)
		return 1;
	ret = fs_read_record(c, &arr, "EF_ARR", ef->arr_rec, rec, e);
	if (!ret)
		rights_parse(rec, arr.rec_len, out);
	return ret;
}
