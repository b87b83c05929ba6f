/* SPDX-License-Identifier: MIT */
/*
 * engine.h - a card made of fuzzer input, for the ISO 7816-3 engine
 *
 * The input is read as portions: a length byte, then so many bytes from the
 * card; length 0 is silence. When it is used up there is only silence, and
 * the engine has to come to an end.
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include <stdlib.h>

#include "iso7816.h"

/* No answer may keep the engine for more actions than this. */
#define ENGINE_ACTIONS	200000
/* And after the input has ended it may take no more than these. */
#define ENGINE_TAIL	2000

struct engine {
	struct iso7816 m;
	const u8 *data;
	size_t n;
	u64 now;
	u8 echo;
	u8 cmd[700];
	u8 resp[300];
};

static inline u8 engine_byte(struct engine *e)
{
	if (!e->n)
		return 0;
	e->n--;
	return *e->data++;
}

static inline void engine_require(bool fact)
{
	if (!fact)
		abort();
}

static inline void engine_receive(struct engine *e,
				  const struct iso7816_act *act)
{
	size_t n = engine_byte(e);
	u8 bytes[255];

	engine_require(act->timeout_us > 0 && act->want > 0);
	engine_require(act->timeout_us < 3600ull * 1000000);
	if (n > e->n)
		n = e->n;
	if (!n) {
		e->now += act->timeout_us;
		iso7816_timeout(&e->m);
		return;
	}
	/* A copy of its own: reading beyond it is an error ASan sees. */
	memcpy(bytes, e->data, n);
	e->data += n;
	e->n -= n;
	e->now += 100 * n;
	iso7816_input(&e->m, bytes, n);
}

/* Run the operation that was begun to its end. */
static inline struct iso7816_act engine_run(struct engine *e)
{
	struct iso7816_act act;
	unsigned long i, tail = 0;
	u8 back[ISO7816_TPDU_MAX];

	for (i = 0; i < ENGINE_ACTIONS; i++) {
		engine_require(e->n || tail++ < ENGINE_TAIL);
		switch (iso7816_step(&e->m, ++e->now, &act)) {
		case ISO7816_SEND:
			engine_require(act.len > 0 &&
				       act.len <= ISO7816_TPDU_MAX);
			engine_require(act.gap_us > 0 && act.gap_etu >= 11);
			if (e->echo != ISO7816_ECHO_YES)
				break;
			memcpy(back, act.data, act.len);
			iso7816_input(&e->m, back, act.len);
			break;
		case ISO7816_RECEIVE:
			engine_receive(e, &act);
			break;
		case ISO7816_LINE:
			engine_require(act.baud > 0);
			break;
		case ISO7816_PAUSE:
			e->now += act.timeout_us;
			break;
		case ISO7816_COLD_RESET:
			engine_require(act.volt_class == ISO7816_CLASS_A ||
				       act.volt_class == ISO7816_CLASS_B ||
				       act.volt_class == ISO7816_CLASS_C);
			break;
		case ISO7816_WARM_RESET:
			break;
		case ISO7816_DONE:
			engine_require(act.result || !e->m.cmd ||
				       (act.len >= 2 &&
					act.len <= sizeof(e->resp)));
			return act;
		}
	}
	abort();
}

/* A slot as the first input byte says. */
static inline void engine_init(struct engine *e, const u8 *data, size_t n)
{
	struct iso7816_config cfg = { .clock_hz = 3571200 };
	u8 how;

	memset(e, 0, sizeof(*e));
	e->data = data;
	e->n = n;
	how = engine_byte(e);
	cfg.classes = how & 7 ? how & 7 : 7;
	cfg.echo = (how >> 3 & 3) % 3;
	cfg.max_baud = how & 0x20 ? 0 : 500000;
	cfg.no_pps = how & 0x40;
	cfg.wait_ms = how & 0x80 ? 100 : 0;
	e->echo = cfg.echo;
	engine_require(!iso7816_init(&e->m, &cfg));
}

/* Activate with an ATR that is known to be good; false: it was not taken. */
static inline bool engine_up(struct engine *e, const u8 *atr, size_t n)
{
	const u8 *data = e->data;
	size_t left = e->n;
	u8 portion[1 + ISO7816_ATR_MAX];
	bool up;

	portion[0] = n;
	memcpy(portion + 1, atr, n);
	e->data = portion;
	e->n = n + 1;
	e->m.cfg.no_pps = true;
	iso7816_activate(&e->m);
	up = engine_run(e).result == 0;
	e->data = data;
	e->n = left;
	return up;
}

/* Two commands out of the input, as long as the card lets us. */
static inline void engine_commands(struct engine *e)
{
	int i;

	for (i = 0; i < 2; i++) {
		size_t n = engine_byte(e) | (size_t)engine_byte(e) << 8;
		size_t max = engine_byte(e) + 2u;

		n %= sizeof(e->cmd) + 1;
		if (n > e->n)
			n = e->n;
		memcpy(e->cmd, e->data, n);
		e->data += n;
		e->n -= n;
		iso7816_transceive(&e->m, e->cmd, n, e->resp, max);
		engine_run(e);
	}
}

#endif
