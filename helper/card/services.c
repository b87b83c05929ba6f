// SPDX-License-Identifier: MIT
#include "card/services.h"

/* TS 31.102 4.2.8, service 1 first. */
static const char *const names[] = {
	"local phonebook", "fixed dialling numbers", "extension 2",
	"service dialling numbers", "extension 3", "barred dialling numbers",
	"extension 4", "outgoing calls", "incoming calls", "short messages",
	"short message status reports", "short message parameters",
	"advice of charge", "capability configuration 2",
	"cell broadcast identifiers", "cell broadcast ranges",
	"group identifier 1", "group identifier 2", "service provider name",
	"user controlled PLMN selector", "MSISDN", "image",
	"localised service areas", "precedence and pre-emption",
	"automatic answer for precedence", NULL, "GSM access",
	"data download by SMS", "data download by cell broadcast",
	"call control", "short message control", "RUN AT COMMAND", NULL,
	"enabled services table", "APN control list", "depersonalisation keys",
	"co-operative network list", "GSM security context", "CPBCCH",
	"investigation scan", "MExE", "operator controlled PLMN selector",
	"HPLMN selector", "extension 5", "PLMN network name",
	"operator PLMN list", "mailbox numbers", "message waiting",
	"call forwarding", "RPLMN access technology", "service provider display",
	"MMS notification", "extension 8", "call control on GPRS",
	"MMS user connectivity", "network's indication of alerting",
	"voice group calls", "voice broadcast",
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

const char *service_name(unsigned int n)
{
	return n && n <= N_NAMES ? names[n - 1] : NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* b1 of byte 1 is service 1, b8 service 8, b1 of byte 2 service 9. */
void services_each(const char *ust,
		   void (*fn)(unsigned int n, const char *name, void *arg),
		   void *arg)
{
	for (unsigned int byte = 0; ust[0] && ust[1]; byte++, ust += 2) {
		int high = digit(ust[0]), low = digit(ust[1]);

		if (high < 0 || low < 0)
			return;
		for (unsigned int bit = 0; bit < 8; bit++)
			if ((high << 4 | low) & 1 << bit)
				fn(byte * 8 + bit + 1,
				   service_name(byte * 8 + bit + 1), arg);
	}
}
