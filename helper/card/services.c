// SPDX-License-Identifier: MIT
#include "card/services.h"

/* TS 31.102 4.2.8, service 1 first. */
static const char *const ust[] = {
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

/* TS 51.011 10.3.7. */
static const char *const sst[] = {
	"CHV1 disable function", "abbreviated dialling numbers",
	"fixed dialling numbers", "short messages", "advice of charge",
	"capability configuration", "PLMN selector", NULL, "MSISDN",
	"extension 1", "extension 2", "short message parameters",
	"last number dialled", "cell broadcast identifiers",
	"group identifier 1", "group identifier 2", "service provider name",
	"service dialling numbers", "extension 3", NULL, "voice group calls",
	"voice broadcast", "precedence and pre-emption",
	"automatic answer for precedence", "data download by cell broadcast",
	"data download by SMS", "menu selection", "call control",
	"proactive SIM", "cell broadcast ranges", "barred dialling numbers",
	"extension 4", "depersonalisation keys", "co-operative network list",
	"short message status reports",
	"network's indication of alerting", "short message control", "GPRS",
	"image", "localised service areas", "USSD in call control",
	"RUN AT COMMAND", "user controlled PLMN selector",
	"operator controlled PLMN selector", "HPLMN selector", "CPBCCH",
	"investigation scan", "extended capability configuration", "MExE",
	"RPLMN access technology", "PLMN network name", "operator PLMN list",
	"mailbox numbers", "message waiting", "call forwarding",
	"service provider display",
};

/* TS 31.102 4.2.47: what is switched on now. */
static const char *const est[] = {
	"fixed dialling numbers", "barred dialling numbers",
	"APN control list",
};

/**
 * struct table - a service table
 * @bits: for each service; it is there when all are set
 */
struct table {
	const char *const *names;
	unsigned int n;
	unsigned int bits;
};

#define TABLE(t, bits) { t, sizeof(t) / sizeof((t)[0]), bits }

static const struct table tables[] = {
	[SERVICES_UST] = TABLE(ust, 1),
	[SERVICES_SST] = TABLE(sst, 2),
	[SERVICES_EST] = TABLE(est, 1),
};

const char *service_name(enum services which, unsigned int n)
{
	const struct table *t = &tables[which];

	return n && n <= t->n ? t->names[n - 1] : NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * b1 of byte 1 begins service 1. In EF_SST b1 is "allocated" and b2
 * "activated": four services a byte.
 */
void services_each(enum services which, const char *hex,
		   void (*fn)(unsigned int n, const char *name, void *arg),
		   void *arg)
{
	unsigned int bits = tables[which].bits, all = (1u << bits) - 1, n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		int high = digit(hex[0]), low = digit(hex[1]);

		if (high < 0 || low < 0)
			return;
		for (unsigned int bit = 0; bit < 8; bit += bits) {
			n++;
			if ((((unsigned int)high << 4 | (unsigned int)low) >> bit &
			     all) == all)
				fn(n, service_name(which, n), arg);
		}
	}
}
