/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * apdu.h - command APDUs: cases, class byte, status chaining
 *
 * Pure, without I/O and allocation; shared by all drivers, builds in the
 * kernel and in user space. One exchange, cooked mode:
 *
 *	err = apdu_begin(&x, APDU_T0, cmd, len, channel, resp, max);
 *	while (apdu_next(&x, &t)) {
 *		n = transceive(t.cmd, t.len, t.resp, t.max);
 *		apdu_answer(&x, n);			(n < 0: failed)
 *	}
 *	x.result: -errno or length of the response in resp
 */
#ifndef SIMSLOT_APDU_H
#define SIMSLOT_APDU_H

#include "iso7816.h"

#define APDU_NE_MAX	65536

/**
 * struct apdu - a command APDU taken apart (ISO 7816-3 12.1)
 * @cmd_case: 1 to 4
 * @extended: lengths are coded in three or two bytes
 * @cla: class byte
 * @ins: instruction byte
 * @p1: parameter 1
 * @p2: parameter 2
 * @data: command data, NULL in cases 1 and 2
 * @nc: bytes in @data, up to 65,535
 * @ne: response bytes expected at most, up to 65,536; 0 in cases 1 and 3
 */
struct apdu {
	u8 cmd_case;
	bool extended;
	u8 cla;
	u8 ins;
	u8 p1;
	u8 p2;
	const u8 *data;
	u32 nc;
	u32 ne;
};

/**
 * apdu_parse() - take a command APDU apart
 * @a: result
 * @cmd: command; @a->data points into it
 * @len: its length
 *
 * Return: 0, or -EINVAL: shorter than a header, lengths that do not add up,
 * Lc of zero where one must not be, class FF, or an INS of 6X or 9X, which
 * ISO 7816-4 5.5 forbids (they are status bytes to T=0).
 */
int apdu_parse(struct apdu *a, const u8 *cmd, size_t len);

/**
 * apdu_class() - put a logical channel into a class byte (TS 102 221 10.1.1)
 * @cla: class byte with the channel bits zero: 0X, 1X, 8X, 9X, or A0
 * @channel: 0 to 19
 *
 * Channels 0 to 3 are coded in 0X and 8X, channels 4 to 19 in 4X, 6X, CX, EX.
 * Class A0 (51.011) knows channel 0 only.
 *
 * Return: class byte, or -EINVAL: @cla has channel bits set or is reserved,
 * @channel out of range, or the secure messaging asked for cannot be
 * expressed on that channel.
 */
int apdu_class(u8 cla, unsigned int channel);

/**
 * apdu_channel() - logical channel a class byte means
 * @cla: class byte
 *
 * Return: 0 to 19, or -EINVAL for reserved class bytes.
 */
int apdu_channel(u8 cla);

/* How command APDUs are carried. */
enum apdu_transport {
	APDU_T0,	/* TPDUs: Le of case 4 cut off, extended by ENVELOPE */
	APDU_T1,	/* APDUs as they are; data always comes with its status */
	APDU_PROXY,	/* APDUs as they are; the other side may be T=0 */
};

/**
 * struct apdu_tpdu - next thing to send
 * @cmd: command; valid until apdu_answer()
 * @len: its length
 * @resp: where its response (data, SW1, SW2) goes
 * @max: room there
 */
struct apdu_tpdu {
	const u8 *cmd;
	size_t len;
	u8 *resp;
	size_t max;
};

/**
 * struct apdu_exchange - one command APDU with its status chaining
 * @result: when apdu_next() is false: length of the response with SW1 SW2 in
 *	the buffer of apdu_begin(), or negative errno
 * @apdu: the command
 * @transport: enum apdu_transport
 * @state: what the present TPDU is
 * @cmd: the command as given, class byte coded
 * @len: its length
 * @off: ENVELOPE: bytes of @cmd sent so far
 * @resp: response buffer
 * @max: its size
 * @got: response data collected so far, without status
 * @ne: response data wanted at most
 * @sw: status that stands if fetching more fails
 * @final: status that stands if fetching succeeds with 9000; 0: the new one
 * @rounds: TPDUs sent
 * @tpdu: TPDU being sent, where it is not @cmd itself
 * @tpdu_len: its length
 */
struct apdu_exchange {
	int result;
	struct apdu apdu;
	u8 transport;
	u8 state;
	u8 *cmd;
	size_t len;
	size_t off;
	u8 *resp;
	size_t max;
	size_t got;
	u32 ne;
	u16 sw;
	u16 final;
	u16 rounds;
	u8 tpdu[ISO7816_TPDU_MAX];
	u16 tpdu_len;
};

/**
 * apdu_begin() - begin an exchange in cooked mode
 * @x: exchange; every field is set
 * @transport: how the driver carries commands
 * @cmd: command APDU with channel bits zero; changed in place (class byte, and
 *	Le after 6Cxx); must stay until the end
 * @len: its length
 * @channel: logical channel to code into the class byte, 0 to 19
 * @resp: response buffer; must stay until the end
 * @max: its size, at least 258, which holds the response to every short
 *	command; 65,538 holds every response. A larger Le is cut to fit.
 *
 * Statuses followed (TS 102 221 7.3.1.1, annex C): 61xx by GET RESPONSE; 9Fxx
 * by GET RESPONSE for class A0; 6Cxx by the same command with Le; after a
 * case 4 command that returned no data also 62xx, 63xx, 9xxx other than 9000
 * by GET RESPONSE with Le 00, but not SEARCH RECORD's 6282, nor in class A0. A
 * command without Le gets up to 256 bytes. Data beyond Le is not fetched: the
 * status stays 61xx and the client may send GET RESPONSE itself. If GET
 * RESPONSE fails, the status before it stands.
 *
 * Return: 0, -EINVAL (see apdu_parse(), apdu_class()), or -EPERM for MANAGE
 * CHANNEL (INS 70, in any class), which only raw mode may send.
 */
int apdu_begin(struct apdu_exchange *x, enum apdu_transport transport, u8 *cmd,
	       size_t len, unsigned int channel, u8 *resp, size_t max);

/**
 * apdu_next() - what to send now
 * @x: exchange
 * @t: the TPDU
 *
 * Return: true with @t filled; false when the exchange has ended, see
 * @x->result.
 */
bool apdu_next(struct apdu_exchange *x, struct apdu_tpdu *t);

/**
 * apdu_answer() - a TPDU was answered
 * @x: exchange
 * @n: length of what is in t.resp, or negative errno, which ends the exchange
 */
void apdu_answer(struct apdu_exchange *x, long n);

#endif
