/* SPDX-License-Identifier: MIT */
/*
 * ipc.h - messages between the command line, the broker, the worker and the
 * PAM child: one SOCK_SEQPACKET datagram each
 *
 *	command line          broker (root)             worker (user simsync)
 *	HELLO argv, stdio ->
 *	                   <- TEXT "waiting for ..."
 *	                   <- PROMPT "Password: "
 *	ANSWER            ->
 *	                                  START json ->
 *	                                             <- STATE slot, word, line
 *	                   <- PROMPT "PIN1"          <- PROMPT
 *	ANSWER            ->                 ANSWER  ->
 *	                   <- EXIT code
 *
 * The receiver trusts no length, no type and no descriptor: what does not fit
 * the table in ipc.c is an error, and descriptors that came with it are closed.
 */
#ifndef SIMSYNC_IPC_H
#define SIMSYNC_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/err.h"

#define IPC_MAX_BODY	65000
#define IPC_MAX_FDS	3
#define IPC_MAX_ARGS	128

enum ipc_type {
	IPC_HELLO = 1,	/* u32 IPC_TTY_* bits and columns, then argv */
	IPC_TEXT,	/* a line for the person: stderr */
	IPC_PROMPT,	/* u32 IPC_ECHO or 0, text */
	IPC_ANSWER,	/* u32 IPC_ANSWERED or 0, text */
	IPC_EXIT,	/* u32 exit code, text (may be empty) */
	IPC_START,	/* broker to worker: JSON */
	IPC_STATE,	/* worker to broker: u32 slot, word NUL line */
	IPC_LOCK,	/* session to broker: wants the run; answer: it has it */
	IPC_BUSY,	/* broker to session: has to wait for the run */
	IPC_KICK,	/* session (or worker) to broker: a run is due; text: why */
	IPC_PAM,	/* PAM child: u32 PAM code, text of it */
	__IPC_MAX
};

#define IPC_ECHO	1u
#define IPC_ANSWERED	1u

#define IPC_TTY_OUT	(1u << 16)
#define IPC_TTY_ERR	(1u << 17)
#define IPC_TTY_ASK	(1u << 18) /* somebody can be asked */
#define IPC_COLUMNS	0xffffu

/**
 * struct ipc_msg - one message received
 * @type: enum ipc_type, in range
 * @word: the u32 that starts the body of some types, else 0
 * @len: bytes in @body, without the NUL that always follows
 * @body: what comes after the word; wiped by ipc_wipe()
 * @fd: descriptors that came along, close-on-exec; @nfd of them
 * @nfd: 0 or 3 (HELLO)
 */
struct ipc_msg {
	enum ipc_type type;
	uint32_t word;
	size_t len;
	char body[IPC_MAX_BODY + 1];
	int fd[IPC_MAX_FDS];
	size_t nfd;
};

/**
 * ipc_send() - send one message
 * @fd: connected SOCK_SEQPACKET socket
 * @type: enum ipc_type
 * @word: first word of the body
 * @body: the rest; may be NULL when @len is 0
 * @len: bytes of @body, at most IPC_MAX_BODY
 * @e: EX_IOERR: the peer is gone; EX_USAGE: too long
 *
 * Return: 0, or -1 with @e filled (EX_IOERR; the peer is gone, or too long).
 */
int ipc_send(int fd, enum ipc_type type, uint32_t word, const void *body,
	     size_t len, struct sim_err *e);
int ipc_send_fds(int fd, enum ipc_type type, uint32_t word, const void *body,
		 size_t len, const int *fds, size_t nfd, struct sim_err *e);
/** ipc_sendf() - send a text made by printf */
int ipc_sendf(int fd, enum ipc_type type, uint32_t word, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * ipc_recv() - receive one message
 * @fd: connected SOCK_SEQPACKET socket; this waits for a message
 * @m: filled; some 64 KiB, so better not on the stack of a thread
 * @e: EX_PROTOCOL or EX_IOERR
 *
 * Return: 1 with @m filled, 0 when the peer has closed, -1 with @e filled
 * (EX_PROTOCOL: not one of ours). Descriptors of @m belong to the caller;
 * after 0 and -1 there are none.
 */
int ipc_recv(int fd, struct ipc_msg *m, struct sim_err *e);

/** ipc_wipe() - overwrite the body and close descriptors not taken (>= 0) */
void ipc_wipe(struct ipc_msg *m);

/**
 * ipc_args() - body of HELLO as an argument vector
 * @m: the message; the vector points into it
 * @argv: room for IPC_MAX_ARGS + 1 pointers; NULL-terminated on return
 * @e: EX_PROTOCOL, EX_USAGE: more than IPC_MAX_ARGS
 *
 * Return: number of arguments, -1 when it is not a list of strings.
 */
int ipc_args(struct ipc_msg *m, char *argv[IPC_MAX_ARGS + 1],
	     struct sim_err *e);

/** ipc_pair() - two connected ends, both close-on-exec */
int ipc_pair(int sv[2], struct sim_err *e);

#endif
