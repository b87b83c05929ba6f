/* SPDX-License-Identifier: MIT */
/*
 * services.h - the USIM service table by name (TS 31.102 4.2.8)
 */
#ifndef SIMSYNC_CARD_SERVICES_H
#define SIMSYNC_CARD_SERVICES_H

#include <stddef.h>
#include <stdint.h>

/** service_name() - of service @n, from 1; NULL: none that is known here. */
const char *service_name(unsigned int n);

/**
 * services_each() - those that a service table, in hex, says are available
 * @ust: EF_UST as hex digits (the field UST of the card's information)
 * @fn: called for each, unknown ones too (@name NULL)
 * @arg: handed to @fn
 */
void services_each(const char *ust,
		   void (*fn)(unsigned int n, const char *name, void *arg),
		   void *arg);

#endif
