/* SPDX-License-Identifier: MIT */
/*
 * services.h - service tables by name (TS 31.102 4.2.8, 4.2.47, TS 51.011 10.3.7)
 */
#ifndef SIMSYNC_CARD_SERVICES_H
#define SIMSYNC_CARD_SERVICES_H

#include <stddef.h>
#include <stdint.h>

/** enum services - the USIM's, the 2G SIM's, and what is switched on */
enum services { SERVICES_UST, SERVICES_SST, SERVICES_EST };

/** service_name() - of service @n, from 1; NULL: none that is known here. */
const char *service_name(enum services which, unsigned int n);

/**
 * services_each() - those that a service table, in hex, says are available
 * @which: table
 * @hex: the file (the fields UST, SST and EST of the card's information)
 * @fn: called for each, unknown ones too (@name NULL)
 * @arg: handed to @fn
 */
void services_each(enum services which, const char *hex,
		   void (*fn)(unsigned int n, const char *name, void *arg),
		   void *arg);

#endif
