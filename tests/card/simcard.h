/* SPDX-License-Identifier: MIT */
/*
 * simcard.h - build/simcard: a software UICC at the end of a UART
 */
#ifndef TESTS_CARD_SIMCARD_H
#define TESTS_CARD_SIMCARD_H

#include <stdio.h>

#include "card/uicc.h"
#include "card/uicc_wire.h"

#define SIMCARD_ANSWER 1024

/**
 * struct simcard - what the control socket works on
 * @card: the card
 * @wire: its contact
 * @image: file it was made from
 * @state: file it saves to, or NULL
 * @trace: where TPDUs are written, or NULL
 * @contact: in a slot: the UART's socket is used (two cards take turns)
 * @quit: asked to end
 */
struct simcard {
	struct uicc *card;
	struct uicc_wire *wire;
	char *image;
	char *state;
	FILE *trace;
	bool contact;
	bool quit;
};

/**
 * simcard_command() - one line from the control socket
 * @now: CLOCK_MONOTONIC, ns
 * @out: SIMCARD_ANSWER bytes: "ok ..." or "error ..."; no newline
 */
void simcard_command(struct simcard *s, const char *line, uint64_t now,
		     char *out);

/** simcard_show() - the image for people: `simcard show IMAGE` */
int simcard_show(const char *path, char *why);

/** simcard_edit() - `simcard edit IMAGE LINE...`: lines applied, saved */
int simcard_edit(const char *path, char *const *lines, int n, char *why);

#endif
