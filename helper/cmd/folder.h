/* SPDX-License-Identifier: MIT */
/* folder.h - the owner's part of the vCard folder: one pass, and the watch */
#ifndef SIMSYNC_CMD_FOLDER_H
#define SIMSYNC_CMD_FOLDER_H

#include "cmd/cmd.h"

#define FOLDER_PATH 1024

/** folder_place() - the folder that @argv names, or the usual one */
int folder_place(int argc, char **argv, int words, char path[FOLDER_PATH],
		 struct sim_err *e);

/**
 * folder_pass() - bring folder and store in line, once
 * @cl: this side of the connection
 * @path: absolute; made when missing
 * @argc: how many words are in @argv
 * @argv: "folder", "sync", path, options; @argc of them
 * @e: filled where the broker was not even asked
 *
 * Return: an exit code.
 */
int folder_pass(struct client *cl, const char *path, int argc, char **argv,
		struct sim_err *e);

#endif
