/* SPDX-License-Identifier: MIT */
/*
 * pam.h - is the person who says so?
 */
#ifndef SIMSYNC_PAM_H
#define SIMSYNC_PAM_H

#include "broker/broker.h"

/**
 * pam_ask() - run the PAM stack, relaying its conversation to the person
 * @p: names the service
 * @user: who is to be proved
 * @cli: connection of the command line: prompts go there, answers come from it
 * @seconds: to be done in; a module that hangs is killed
 * @e: EX_NOPERM when refused; EX_UNAVAILABLE, EX_OSERR when PAM failed
 *
 * The stack runs in a child: what a module leaks, changes or breaks ends with
 * it. Answers are wiped here and there.
 *
 * Return: 0 proved; 1 refused, @e says why; -1 nobody to ask any more, or
 * PAM itself failed.
 */
int pam_ask(const struct broker_paths *p, const char *user, int cli,
	    int seconds, struct sim_err *e);

#endif
