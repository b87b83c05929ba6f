// SPDX-License-Identifier: MIT
#include "cmd/pin.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = { [CARD_PIN1] = "PIN1", [CARD_PIN2] = "PIN2" };

static int enter(struct cmd *c, struct card *card, enum card_pin_id which,
		 struct card_pin *pin, struct sim_err *e)
{
	char prompt[128], typed[16];
	const char *iccid = card_iccid(card);
	size_t n = strlen(iccid);
	int r;

	while (c->ask) {
		snprintf(prompt, sizeof(prompt), "%s of SIM ...%s (%d tries left): ",
			 which == CARD_PIN1 ? "PIN" : names[which],
			 iccid + (n > 4 ? n - 4 : 0), pin->tries);
		if (cmd_ask(c, false, prompt, typed, sizeof(typed), e) < 0)
			return -1;
		r = card_pin_verify(card, which, typed, true, e);
		explicit_bzero(typed, sizeof(typed));
		if (r <= 0)
			return r;
		cmd_note("%s", e->text);
		if (card_pin(card, which, pin, e) < 0)
			return -1;
		if (pin->state != CARD_PIN_NEEDED || pin->tries == 1)
			return sim_fail(e, EX_NOPERM, "%s was not accepted",
					names[which]);
	}
	return sim_fail(e, EX_NOPERM, "%s is needed: simsync %s", names[which],
			which == CARD_PIN1 ? "sync" : "on a terminal, or --stdin");
}

int pin_pass(struct cmd *c, struct card *card, enum card_pin_id which,
	     struct sim_err *e)
{
	struct card_pin pin;

	if (card_pin(card, which, &pin, e) < 0)
		return -1;
	switch (pin.state) {
	case CARD_PIN_BLOCKED:
		return sim_fail(e, EX_UNAVAILABLE,
				"%s is blocked: a phone and the PUK are needed",
				names[which]);
	case CARD_PIN_NEEDED:
		/* The last try stays for the person and another phone. */
		if (pin.tries == 1)
			return sim_fail(e, EX_NOPERM,
					"one try is left for %s and is never used here: enter it once on another phone, then put the SIM back",
					names[which]);
		return enter(c, card, which, &pin, e);
	default:
		return 0;
	}
}
