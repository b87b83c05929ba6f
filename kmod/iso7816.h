/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iso7816.h - the terminal's side of ISO/IEC 7816-3, without I/O
 *
 * Answer to reset, PPS, T=0 and T=1 as one state machine. It never touches a
 * UART, a line or a clock: it says what to do next and is told what came. The
 * same files build in the kernel and in user space; nothing is allocated.
 * Objects: iso7816.o iso7816_reset.o iso7816_atr.o iso7816_t0.o iso7816_t1.o, and
 * in user space iso7816_text.o.
 *
 * How a driver runs it, from a context that may sleep:
 *
 *	iso7816_init(&m, &cfg);
 *	iso7816_activate(&m);				(or transceive, reset)
 *	for (;;) {
 *		switch (iso7816_step(&m, now_us, &act)) {
 *		case ISO7816_SEND:	write act.data; continue;
 *		case ISO7816_RECEIVE:	wait; iso7816_input() what came, or
 *					iso7816_timeout(); continue;
 *		case ISO7816_LINE:	set baud and parity; continue;
 *		case ISO7816_PAUSE:	sleep; continue;
 *		case ISO7816_COLD_RESET: deactivate, activate; continue;
 *		case ISO7816_WARM_RESET: RST low, then high; continue;
 *		case ISO7816_DONE:	act.result; return;
 *		}
 *	}
 *
 * iso7816_input() may be called with bytes in any portions, also while SEND or
 * PAUSE is being carried out (echo comes then), but not at the same time as
 * another call on the same struct iso7816: locking is the driver's. Whatever
 * an action's wording says is the driver's only duty; failure of the driver
 * itself (no such baud rate, card pulled) is told with iso7816_fail().
 */
#ifndef SIMSLOT_ISO7816_H
#define SIMSLOT_ISO7816_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
#endif
#include "uapi/linux/simslot.h"

#define ISO7816_ATR_MAX		33	/* TS and 32 more, ISO 7816-3 8.2.1 */
#define ISO7816_HIST_MAX	15
#define ISO7816_BLOCK_MAX	259	/* T=1: NAD PCB LEN, 254 INF, CRC */
#define ISO7816_TPDU_MAX	260	/* T=0: header and 255 bytes */
#define ISO7816_APDU_MAX	SIMSLOT_APDU_MAX

/* Voltage classes, coded as in the class indicator (ISO 7816-3 8.3). */
#define ISO7816_CLASS_A		0x01 /* 5 V */
#define ISO7816_CLASS_B		0x02 /* 3 V */
#define ISO7816_CLASS_C		0x04 /* 1.8 V */

/* ---- answer to reset ------------------------------------------------------ */

/**
 * enum iso7816_atr_error - why an ATR was rejected
 * @ISO7816_ATR_OK: it was not
 * @ISO7816_ATR_SHORT: ends before its own grammar does
 * @ISO7816_ATR_LONG: more than 32 bytes after TS (8.2.1)
 * @ISO7816_ATR_TS: TS is neither 3B nor 3F (8.1)
 * @ISO7816_ATR_TCK: TS to TCK do not XOR to zero, or TCK is missing (8.2.5)
 * @ISO7816_ATR_FI: TA1 has a reserved Fi or Di (8.3, tables 7 and 8)
 * @ISO7816_ATR_WI: TC2 is 00 (10.2)
 * @ISO7816_ATR_IFSC: an IFSC of 00 or FF (11.4.2)
 * @ISO7816_ATR_BWI: BWI over 9 (11.4.3)
 * @ISO7816_ATR_ORDER: T=15 offered first, or T values not ascending (8.2.3)
 * @ISO7816_ATR_TRAILING: bytes after the end (only where a length is given)
 */
enum iso7816_atr_error {
	ISO7816_ATR_OK,
	ISO7816_ATR_SHORT,
	ISO7816_ATR_LONG,
	ISO7816_ATR_TS,
	ISO7816_ATR_TCK,
	ISO7816_ATR_FI,
	ISO7816_ATR_WI,
	ISO7816_ATR_IFSC,
	ISO7816_ATR_BWI,
	ISO7816_ATR_ORDER,
	ISO7816_ATR_TRAILING,
};

/**
 * struct iso7816_atr - what an ATR says
 * @inverse: inverse convention (TS 3F)
 * @specific: TA2 is there: specific mode, no PPS
 * @implicit: TA2 bit 5: F and D are not those of TA1 but known to both sides
 * @can_change: TA2 bit 8 is zero: the card can leave specific mode by reset
 * @crc: T=1 uses CRC instead of LRC
 * @specific_t: protocol of specific mode
 * @first_t: first protocol offered
 * @protocols: bit n: T=n is offered
 * @fi_di: TA1, or 11 (372/1)
 * @n: TC1, extra guard time integer
 * @wi: TC2, T=0 waiting time integer
 * @ifsc: T=1 information field size of the card
 * @bwi: T=1 block waiting time integer
 * @cwi: T=1 character waiting time integer
 * @classes: ISO7816_CLASS_*, 0 when the ATR does not say
 * @clock_stop: clock stop indicator, 0 to 3
 * @hist_off: index of the first historical byte
 * @hist_len: number of historical bytes
 * @len: whole length with TS and TCK
 */
struct iso7816_atr {
	bool inverse;
	bool specific;
	bool implicit;
	bool can_change;
	bool crc;
	u8 specific_t;
	u8 first_t;
	u16 protocols;
	u8 fi_di;
	u8 n;
	u8 wi;
	u8 ifsc;
	u8 bwi;
	u8 cwi;
	u8 classes;
	u8 clock_stop;
	u8 hist_off;
	u8 hist_len;
	u8 len;
};

/**
 * iso7816_atr_length() - how long an ATR is, as far as it has come
 * @b: ATR, TS first, in direct convention
 * @n: bytes there so far
 *
 * Return: the whole length when @b[0..@n) decides it (may exceed @n), 0 when
 * more bytes are needed to know, -EMSGSIZE when it would exceed 33.
 */
int iso7816_atr_length(const u8 *b, size_t n);

/**
 * iso7816_atr_parse() - parse and check a whole ATR
 * @atr: result; defaults filled in where the ATR is silent
 * @b: ATR, TS first, in direct convention
 * @n: length
 *
 * Return: enum iso7816_atr_error; @atr is complete only with ISO7816_ATR_OK.
 */
enum iso7816_atr_error iso7816_atr_parse(struct iso7816_atr *atr, const u8 *b,
					 size_t n);

/** iso7816_atr_strerror() - a few words for enum iso7816_atr_error @e */
const char *iso7816_atr_strerror(enum iso7816_atr_error e);

/** iso7816_fi() - Fi of TA1 byte @fi_di (table 7), 0 when reserved */
u32 iso7816_fi(u8 fi_di);

/** iso7816_di() - Di of TA1 byte @fi_di (table 8), 0 when reserved */
u32 iso7816_di(u8 fi_di);

/* ---- the machine ---------------------------------------------------------- */

enum iso7816_echo {
	ISO7816_ECHO_AUTO,	/* found out with the first bytes sent */
	ISO7816_ECHO_YES,	/* one I/O line: every byte sent comes back */
	ISO7816_ECHO_NO,
};

enum iso7816_parity {
	ISO7816_PARITY_OFF,	/* send even, do not check on reception */
	ISO7816_PARITY_EVEN,
	ISO7816_PARITY_ODD,
};

/**
 * struct iso7816_config - what the slot can do
 * @clock_hz: the card's clock, for instance 3571200
 * @max_baud: highest rate the UART takes; 0: the initial 372/1 only
 * @baud: asked for the rate the UART would really make of @want, 0 for none.
 *	NULL: every rate up to @max_baud exactly. Must not sleep or fail.
 * @ctx: first argument of @baud
 * @classes: ISO7816_CLASS_* the slot can supply; at least one
 * @echo: enum iso7816_echo
 * @no_pps: stay at 372/1 and the card's first protocol
 * @latency_us: added to every time-out: how late the driver may learn of a
 *	byte (FIFO time-out, scheduling). 0 means 20,000.
 * @wait_ms: how long one command may be kept waiting in all, whatever NULLs or
 *	waiting time extensions come. 0 means 60,000. May be changed in
 *	struct iso7816 between commands.
 */
struct iso7816_config {
	u32 clock_hz;
	u32 max_baud;
	u32 (*baud)(void *ctx, u32 want);
	void *ctx;
	u8 classes;
	u8 echo;
	bool no_pps;
	u32 latency_us;
	u32 wait_ms;
};

/**
 * enum iso7816_action - what the driver has to do now
 * @ISO7816_SEND: send act.data[0..act.len), the first byte not earlier than
 *	act.after_us after the last byte was received (time for the card to
 *	turn round; mostly long past). Between the leading edges of two
 *	bytes at least act.gap_us: a UART whose frame already lasts
 *	act.gap_etu etu (8E2 has 12) may send without pause. Return when the
 *	last byte has been handed over; the echo need not be there yet.
 * @ISO7816_RECEIVE: wait until bytes come, and pass them to iso7816_input().
 *	act.want of them are needed to get on; fewer are taken too. When none
 *	has come for act.timeout_us, call iso7816_timeout(). Time counts
 *	from the last byte received or, later, this call.
 * @ISO7816_LINE: set act.baud and act.parity. Input waiting stays.
 * @ISO7816_PAUSE: let act.timeout_us pass.
 * @ISO7816_COLD_RESET: if the card has power, deactivate it (RST, clock, I/O,
 *	VCC) and leave it off 10 ms or more. Then VCC of act.volt_class, clock,
 *	drop input that is waiting, 400 clocks or more later RST high.
 * @ISO7816_WARM_RESET: RST low, drop input that is waiting, 400 clocks or more
 *	later RST high; VCC and clock stay.
 * @ISO7816_DONE: the operation has ended: act.result and what goes with it.
 *	Returned again at every further step.
 */
enum iso7816_action {
	ISO7816_SEND,
	ISO7816_RECEIVE,
	ISO7816_LINE,
	ISO7816_PAUSE,
	ISO7816_COLD_RESET,
	ISO7816_WARM_RESET,
	ISO7816_DONE,
};

/**
 * struct iso7816_act - parameters of an action
 * @data: SEND: bytes as the UART shall send them; valid until the next step
 * @len: SEND: how many; DONE after transceive: bytes in the response buffer
 * @after_us: SEND: silence needed between the last byte received and the first
 *	one sent
 * @gap_us: SEND: smallest time between two leading edges
 * @gap_etu: SEND: the same in etu of the present speed, rounded up
 * @timeout_us: RECEIVE, PAUSE
 * @want: RECEIVE: bytes that are needed to get on, at least 1; a card that
 *	does as it may sends so many, or falls silent
 * @baud: LINE: bits per second
 * @parity: LINE: enum iso7816_parity
 * @volt_class: COLD_RESET: one ISO7816_CLASS_* bit
 * @result: DONE: 0 or negative errno:
 *	-EHOSTDOWN: no usable ATR or protocol, see @reason (activate, reset)
 *	-ETIMEDOUT: failed, the card surely has not executed the command
 *	-EREMOTEIO: failed, outcome unknown
 *	-EMSGSIZE: executed, but the response does not fit the buffer
 *	-EINVAL, -ENOTCONN: not a TPDU; no activated card (nothing was sent)
 *	other: what iso7816_fail() was given
 * @reason: DONE: why it failed
 * @atr_error: DONE with SIMSLOT_REASON_BAD_ATR: what was wrong with the ATR
 */
struct iso7816_act {
	const u8 *data;
	size_t len;
	u32 after_us;
	u32 gap_us;
	u32 gap_etu;
	u64 timeout_us;
	u32 want;
	u32 baud;
	enum iso7816_parity parity;
	u8 volt_class;
	int result;
	enum simslot_reason reason;
	enum iso7816_atr_error atr_error;
};

/**
 * struct iso7816_t1 - state of the block protocol (clause 11)
 * @ns: N(S) of our next I-block
 * @nr: N(S) expected of the card's next I-block
 * @ifsc: largest information field the card takes
 * @inf: information bytes in the I-block not yet acknowledged
 * @more: that I-block has the M bit
 * @waiting: that I-block is there at all
 * @off: command bytes acknowledged so far
 * @errors: consecutive failures of one block
 * @resyncs: resynchronisations in this exchange
 * @wtx: BWT multiplier for the next block only, else 1
 * @ifsd_told: the card knows our IFSD, or will not learn it
 * @kind: kind of the last block sent
 * @why: what the last failure was
 */
struct iso7816_t1 {
	u8 ns;
	u8 nr;
	u8 ifsc;
	u8 inf;
	bool more;
	bool waiting;
	size_t off;
	u8 errors;
	u8 resyncs;
	u8 wtx;
	bool ifsd_told;
	u8 kind;
	enum simslot_reason why;
};

/**
 * struct iso7816 - one card's wire
 * @cfg: configuration; @cfg.wait_ms may be changed between operations
 * @atr: last good ATR, parsed
 * @atr_raw: last ATR, in direct convention, as far as it came
 * @atr_len: bytes in @atr_raw
 * @protocol: 0 or 1
 * @baud: bits per second now
 * @volt_class: ISO7816_CLASS_* bit in use
 * @parity: parity of the line now
 * @active: the engine's own from here on: ATR and PPS are done, exchanges are taken
 * @inverse: inverse convention
 * @state: what is being done
 * @next: state after SEND
 * @f: clock rate conversion integer in use
 * @d: baud rate adjustment integer in use
 * @want_ta1: F and D to switch to, coded like TA1
 * @echo: enum iso7816_echo, as found out
 * @echo_maybe: what came back may as well be the card's equal PPS response
 * @classes_left: classes not yet tried
 * @atr_tries: corrupt ATRs in a row
 * @pps_failed: go on at 372/1
 * @left_specific: a warm reset was made to leave specific mode
 * @warm: the reset under way keeps VCC
 * @begun: SEND was returned in this exchange
 * @last: @tx ends with the last byte the card needs to execute
 * @sent: and it was handed over
 * @acked: T=0: a procedure byte INS came with nothing left to transfer
 * @tx: bytes for SEND, as on the wire
 * @tx_len: how many
 * @echo_got: how many of them have come back
 * @rx: PPS response or T=1 block
 * @rx_len: bytes in @rx
 * @cmd: command; NULL while activating
 * @cmd_len: its length
 * @resp: response
 * @resp_len: response bytes received; @resp holds no more than @resp_max
 * @resp_max: room in @resp
 * @left: T=0: data bytes still to be sent or received
 * @off: T=0: command data bytes sent
 * @nulls: NULLs, extensions or empty blocks, which only take time
 * @deadline: when that ends, in the time of step(); 0: not set
 * @result: of the last operation
 * @reason: of the last operation
 * @atr_error: of the last ATR
 * @t1: block protocol
 */
struct iso7816 {
	struct iso7816_config cfg;
	struct iso7816_atr atr;
	u8 atr_raw[ISO7816_ATR_MAX];
	u8 atr_len;
	u8 protocol;
	u32 baud;
	u8 volt_class;
	enum iso7816_parity parity;

	/* The engine's own: */
	bool active;
	bool inverse;
	u8 state;
	u8 next;
	u32 f;
	u32 d;
	u8 want_ta1;
	u8 echo;
	bool echo_maybe;
	u8 classes_left;
	u8 atr_tries;
	bool pps_failed;
	bool left_specific;
	bool warm;
	bool begun;
	bool last;
	bool sent;
	bool acked;
	u8 tx[ISO7816_TPDU_MAX];
	u16 tx_len;
	u16 echo_got;
	u8 rx[ISO7816_BLOCK_MAX];
	u16 rx_len;
	const u8 *cmd;
	size_t cmd_len;
	u8 *resp;
	size_t resp_len;
	size_t resp_max;
	u16 left;
	u16 off;
	u32 nulls;
	u64 deadline;
	int result;
	enum simslot_reason reason;
	enum iso7816_atr_error atr_error;
	struct iso7816_t1 t1;
};

/**
 * iso7816_init() - start with an unpowered slot
 * @m: machine; every field is set
 * @cfg: what the slot can do; copied
 *
 * Return: 0, or -EINVAL when @cfg names no voltage class or a clock outside
 * 1 to 20 MHz.
 */
int iso7816_init(struct iso7816 *m, const struct iso7816_config *cfg);

/**
 * iso7816_activate() - begin a cold reset: ATR, voltage classes, PPS
 * @m: machine
 *
 * Then step. DONE with 0: @m->atr, @m->atr_raw, @m->protocol and @m->baud hold.
 */
void iso7816_activate(struct iso7816 *m);

/**
 * iso7816_reset() - begin a reset of an activated card
 * @m: machine
 * @warm: keep VCC; a warm reset that gives no good ATR becomes a cold one
 */
void iso7816_reset(struct iso7816 *m, bool warm);

/**
 * iso7816_transceive() - begin one exchange
 * @m: machine
 * @cmd: T=0: command TPDU (4 bytes: case 1; 5: case 2; more: header and
 *	exactly P3 bytes of data). T=1: command APDU. Must stay until DONE.
 * @len: its length
 * @resp: response data, SW1, SW2; must stay until DONE
 * @max: room there, at least 2; 258 holds every T=0 response
 *
 * A failure leaves the card in a state nobody knows: every later exchange ends
 * in -ENOTCONN until a reset has succeeded.
 */
void iso7816_transceive(struct iso7816 *m, const u8 *cmd, size_t len, u8 *resp,
			size_t max);

/**
 * iso7816_step() - what to do next
 * @m: machine
 * @now_us: any clock that only goes forward, in microseconds, not 0
 * @act: parameters of the action
 *
 * Context: any; never sleeps.
 *
 * Return: the action.
 */
enum iso7816_action iso7816_step(struct iso7816 *m, u64 now_us,
				 struct iso7816_act *act);

/**
 * iso7816_input() - bytes came from the UART
 * @m: machine
 * @b: bytes as the UART gave them
 * @n: how many; any portion at any time
 *
 * Call iso7816_step() afterwards: the action under way may be superseded.
 */
void iso7816_input(struct iso7816 *m, const u8 *b, size_t n);

/** iso7816_timeout() - RECEIVE's time passed without a byte */
void iso7816_timeout(struct iso7816 *m);

/**
 * iso7816_fail() - the driver cannot go on
 * @m: machine
 * @err: negative errno, becomes act.result (-ENOMEDIUM: card pulled); for an
 *	exchange it is replaced by -EREMOTEIO when the command may have been
 *	executed and @err is not -ENOMEDIUM
 */
void iso7816_fail(struct iso7816 *m, int err);

/**
 * iso7816_sent() - may the card have executed the last command?
 * @m: machine
 *
 * Return: true when the last byte it needs was handed to SEND.
 */
bool iso7816_sent(const struct iso7816 *m);

#endif
