/* SPDX-License-Identifier: MIT */
/* country.h - the calling code that a number without one is meant to have */
#ifndef SIMSYNC_MODEL_COUNTRY_H
#define SIMSYNC_MODEL_COUNTRY_H

/**
 * country_of_imsi() - calling code of a subscription's home country
 * @imsi: digits; the first three are the MCC (ITU-T E.212)
 *
 * Return: digits ("49"), static; NULL: not an IMSI, or a network that belongs to
 * no country (001 test, 901 international): then numbers are compared as they
 * are written.
 */
const char *country_of_imsi(const char *imsi);

#endif
