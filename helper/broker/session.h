/* SPDX-License-Identifier: MIT */
/*
 * session.h - one connection being served; inside the broker only
 */
#ifndef SIMSYNC_SESSION_H
#define SIMSYNC_SESSION_H

#include "broker/access.h"
#include "broker/broker.h"
#include "broker/grants.h"
#include "broker/ipc.h"
#include "broker/slots.h"

/**
 * struct session - see session_main()
 * @p: where files, devices and sysfs are
 * @cli: connection of the command line, -1 for a run of the broker's own
 * @up: socket to the broker (IPC_LOCK, IPC_KICK)
 * @peer: who is at the other end; 0 for a run of the broker's own
 * @user: name of the owner, "" when nobody owns the phone
 * @hello: the first message; @argv points into it
 * @argv: words of the command, NULL-terminated; they point into @hello
 * @argc: how many
 * @why: of a run of the broker's own
 * @tty: IPC_TTY_* and columns
 * @stdio: for the worker
 * @has_run: the broker has given this session the run
 * @conf: simsync.conf(5) as read for this session
 * @access: what the command may be given
 * @cards: enrolled cards as read for this session
 * @slots: slots as the kernel told when the session looked
 * @grant: the decision about each of @slots
 * @fd: descriptor of each granted slot, else -1
 * @running: last thing said of the slot was "running"
 */
struct session {
	const struct broker_paths *p;
	int cli;
	int up;
	uid_t peer;
	char user[64];
	struct ipc_msg hello;
	char *argv[IPC_MAX_ARGS + 1];
	int argc;
	char why[64];
	uint32_t tty;
	int stdio[3];
	bool has_run;
	struct broker_conf conf;
	const struct access *access;
	struct card_grants cards;
	struct slots slots;
	enum grant grant[SLOTS_MAX];
	int fd[SLOTS_MAX];
	bool running[SLOTS_MAX];
};

/* session.c */
/** session_prove() - PAM for @user; root needs no proof. 0, -1. */
int session_prove(struct session *s, const char *user, struct sim_err *e);
/** session_look() - slots, enrolled cards and the decision about each */
int session_look(struct session *s, struct sim_err *e);
/** session_ask() - a question with echo; 0, -1 nobody answers */
int session_ask(struct session *s, const char *question, char *answer,
		size_t size, struct sim_err *e);
/** session_work() - the worker runs @argv; its exit code, or -1 */
int session_work(struct session *s, int argc, char **argv, struct sim_err *e);
/** session_resync() - what became possible just now is done: here or behind */
int session_resync(struct session *s, bool here, struct sim_err *e);

/* self.c: what the broker does itself */
int session_self(struct session *s, struct sim_err *e);

/* start.c: the worker's view of the world, malloc'd JSON */
char *session_start_json(struct session *s, const char *home, int argc,
			 char **argv, struct sim_err *e);

#endif
