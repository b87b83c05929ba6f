// SPDX-License-Identifier: MIT
/*
 * uicc_fault.c - faults of the software card by script (README.md, "Faults")
 */
#include "card/uicc_fs.h"

#include <stdlib.h>
#include <string.h>

static const struct word {
	const char *name;
	enum uicc_act act;
	bool reset;
} acts[] = {
	{ "sw", UICC_ACT_SW, false },
	{ "after-sw", UICC_ACT_AFTER_SW, false },
	{ "silence", UICC_ACT_SILENCE, false },
	{ "lost", UICC_ACT_LOST, false },
	{ "nulls", UICC_ACT_NULLS, false },
	{ "garbage", UICC_ACT_GARBAGE, false },
	{ "stop", UICC_ACT_STOP, false },
	{ "flip", UICC_ACT_FLIP, false },
	{ "echo", UICC_ACT_ECHO, true },
	{ "remove", UICC_ACT_REMOVE, false },
	{ "reset", UICC_ACT_RESET, false },
	{ "no-atr", UICC_ACT_NO_ATR, true },
	{ "bad-tck", UICC_ACT_BAD_TCK, true },
	{ "short-atr", UICC_ACT_SHORT_ATR, true },
};

static int number(const struct uicc_words *w, const char *key, int base,
		  int none)
{
	const char *v = uicc_word_val(w, key);

	return v ? (int)strtol(v, NULL, base) : none;
}

int uicc_fault(struct uicc *c, const char *line, char *why)
{
	struct uicc_fault f = { .act = UICC_ACT_NONE };
	struct uicc_words w;
	const char *times;
	size_t i, args;

	if (uicc_words(&w, line, why))
		return -1;
	if (w.n == 1 && !strcmp(w.w[0], "clear")) {
		c->nfault = 0;
		uicc_words_free(&w);
		return 0;
	}
	for (i = 0; w.n && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(w.w[0], acts[i].name)) {
			f.act = acts[i].act;
			f.reset = acts[i].reset;
		}
	args = w.n > 1 && !w.val[1];
	if (!f.act) {
		uicc_why(why, "no fault is called `%s'", w.n ? w.w[0] : "");
		goto bad;
	}
	if (args && (f.act == UICC_ACT_SW || f.act == UICC_ACT_AFTER_SW))
		f.sw = (uint16_t)strtoul(w.w[1], NULL, 16);
	else if (args)
		f.arg = (unsigned int)strtoul(w.w[1], NULL, 10);
	f.ins = number(&w, "ins", 16, -1);
	f.p1 = number(&w, "p1", 16, -1);
	f.p2 = number(&w, "p2", 16, -1);
	f.fid = number(&w, "fid", 16, -1);
	f.skip = (unsigned int)number(&w, "nth", 10, 1) - 1;
	times = uicc_word_val(&w, "times");
	f.times = (unsigned int)number(&w, "times", 10, 1);
	if (uicc_word_val(&w, "always") || (times && !strcmp(times, "always")))
		f.times = ~0u;
	if (c->nfault == UICC_FAULTS) {
		uicc_why(why, "no room for more than %d faults", UICC_FAULTS);
		goto bad;
	}
	c->fault[c->nfault++] = f;
	uicc_words_free(&w);
	return 0;
bad:
	uicc_words_free(&w);
	return -1;
}

static const struct uicc_fault *use(struct uicc_fault *f)
{
	if (!f->times)
		return NULL;
	if (f->skip) {
		f->skip--;
		return NULL;
	}
	if (f->times != ~0u)
		f->times--;
	return f;
}

/*
 * The file a command is for: one it names by a short file identifier (P1 b8, P2
 * b8 to b4: TS 102 221 11.1.3, 11.1.5), else the current one.
 */
static const struct uicc_file *addressed(const struct uicc_chan *ch,
					 const uint8_t *hdr)
{
	bool binary = hdr[1] == 0xb0 || hdr[1] == 0xd6;
	bool record = hdr[1] == 0xb2 || hdr[1] == 0xdc || hdr[1] == 0xa2;
	uint8_t sfi = binary && hdr[2] & 0x80 ? hdr[2] & 0x1f :
		      record ? hdr[3] >> 3 : 0;

	return sfi && hdr[0] != 0xa0 ? uicc_file_sfi(ch->df, sfi) : ch->ef;
}

const struct uicc_fault *uicc_fault_hit(struct uicc *c, const uint8_t *hdr)
{
	const struct uicc_fault *hit = NULL;
	unsigned int chan = hdr[0] & 0x40 ? 4u + (hdr[0] & 15) : hdr[0] & 3u;
	const struct uicc_file *ef = NULL;
	size_t i;

	if (chan < UICC_CHANNELS)
		ef = addressed(&c->chan[chan], hdr);
	for (i = 0; i < c->nfault && !hit; i++) {
		struct uicc_fault *f = &c->fault[i];

		if (f->reset || (f->ins >= 0 && f->ins != hdr[1]) ||
		    (f->p1 >= 0 && f->p1 != hdr[2]) ||
		    (f->p2 >= 0 && f->p2 != hdr[3]) ||
		    (f->fid >= 0 && (!ef || f->fid != ef->fid)))
			continue;
		hit = use(f);
	}
	c->hit = hit;
	return hit;
}

/* For the byte level: at a reset, and at the first character of a command. */
const struct uicc_fault *uicc_fault_atr(struct uicc *c)
{
	const struct uicc_fault *hit = NULL;
	size_t i;

	for (i = 0; i < c->nfault && !hit; i++)
		if (c->fault[i].reset && c->fault[i].act != UICC_ACT_ECHO)
			hit = use(&c->fault[i]);
	return hit;
}

const struct uicc_fault *uicc_fault_echo(struct uicc *c)
{
	const struct uicc_fault *hit = NULL;
	size_t i;

	for (i = 0; i < c->nfault && !hit; i++)
		if (c->fault[i].act == UICC_ACT_ECHO)
			hit = use(&c->fault[i]);
	return hit;
}

const struct uicc_fault *uicc_fault_last(const struct uicc *c)
{
	return c->hit;
}

/* What can be done without a wire: change or drop the answer. */
size_t uicc_fault_answer(struct uicc *c, const struct uicc_fault *f,
			 uint8_t *resp, size_t n)
{
	switch (f->act) {
	case UICC_ACT_AFTER_SW:
		c->nresp = 0;
		resp[0] = (uint8_t)(f->sw >> 8);
		resp[1] = (uint8_t)f->sw;
		return 2;
	case UICC_ACT_LOST:
		return 0;
	case UICC_ACT_REMOVE:
	case UICC_ACT_STOP:
	case UICC_ACT_GARBAGE:
		return c->wire ? n : 0;
	case UICC_ACT_NULLS:
		return c->wire || f->arg ? n : 0;
	case UICC_ACT_FLIP:
		if (f->arg < n)
			resp[f->arg] ^= 1;
		return n;
	case UICC_ACT_RESET:
		uicc_reset(c);
		return n;
	default:
		return n;
	}
}
