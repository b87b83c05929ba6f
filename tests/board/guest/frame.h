/* SPDX-License-Identifier: MIT */
/*
 * frame.h - what the host's exec and the board's agent say to each other
 *
 * A virtio-serial port carries one session at a time: frames of one type byte, a
 * 32-bit little-endian length and that many bytes. The host starts with HELLO and 16
 * bytes of its choice; the agent ends whatever ran on the port and echoes them, so that
 * leftovers of an earlier session are told apart. Then RUN, and data both ways until EXIT.
 */
#ifndef BOARD_FRAME_H
#define BOARD_FRAME_H

#include <stdint.h>

enum frame_type {
	FRAME_HELLO = 'H',	/* both ways: FRAME_MAGIC, 8 bytes of the host's choice */
	FRAME_RUN = 'R',	/* struct frame_run, then strings: user, folder, argv */
	FRAME_IN = 'I',		/* standard input; empty: end of file */
	FRAME_WINSIZE = 'W',	/* struct frame_winsize */
	FRAME_SIGNAL = 'S',	/* one byte: to the process group */
	FRAME_OUT = 'O',	/* standard output, or the terminal */
	FRAME_ERR = 'E',	/* standard error */
	FRAME_EXIT = 'X',	/* one byte: exit code, 128 + signal as a shell has it */
};

#define FRAME_MAGIC	"\xffsimsync"
#define FRAME_HELLO_LEN	16
#define FRAME_HEAD	5
#define FRAME_MAX	65536

struct frame_winsize {
	uint16_t rows;
	uint16_t cols;
};

struct frame_run {
	uint8_t tty;	/* standard streams are a pseudo-terminal */
	uint8_t zero[3];
	struct frame_winsize size;
};

#endif
