/* SPDX-License-Identifier: MIT */
/*
 * trace.h - APDUs as people read them
 */
#ifndef SIMSYNC_CARD_TRACE_H
#define SIMSYNC_CARD_TRACE_H

#include "card/channel.h"

/** trace_command() - "SELECT EF_ICCID 2FE2"; at most @max bytes with NUL. */
void trace_command(const uint8_t *cmd, size_t len, char *out, size_t max);

/** trace_status() - what SW1 SW2 mean, "" for 9000. */
void trace_status(uint16_t sw, char *out, size_t max);

/** trace_hex() - bytes in pairs of digits. Caller frees. */
char *trace_hex(const uint8_t *p, size_t len);
/** trace_secret() - the command carries a PIN: its data is not to be shown. */
int trace_secret(const uint8_t *cmd, size_t len);

/**
 * sim_channel_traced() - a channel that tells of each exchange on it
 * @in: channel below; taken over
 * @fn: gets command and response with status; never a PIN (its bytes are FF)
 * @arg: handed to @fn
 * @e: EX_OSERR
 *
 * Return: the channel, or NULL (@in is closed).
 */
struct sim_channel *
sim_channel_traced(struct sim_channel *in,
		   void (*fn)(void *arg, const uint8_t *cmd, size_t len,
			      const uint8_t *resp, size_t got),
		   void *arg, struct sim_err *e);

#endif
