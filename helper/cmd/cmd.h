/* SPDX-License-Identifier: MIT */
/*
 * cmd.h - the commands: a table, what each is given, and how it answers
 *
 * `simsync WORD...` is three processes: the command line (client.c) knows the
 * table for its help and nothing else; the broker decides what the command may
 * have; the worker (worker.c) calls the function of the table with it.
 */
#ifndef SIMSYNC_CMD_H
#define SIMSYNC_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/err.h"

/**
 * struct cmd_slot - one slot as the broker sees it
 * @index: N of simslotN
 * @state: "empty", "ready", ...
 * @reason: why it is mute, a phrase, or ""
 * @driver: of the slot
 * @grant: "granted", "locked", "unknown", ... (broker/grants.h)
 * @iccid: digits, "" when not known or not for this user
 * @policy: of the enrolled card: "both", "fill", "pull", "ignore", or ""
 * @sync: what sync_state said when the command started
 * @detail: likewise sync_detail
 * @caps: SIMSLOT_CAP_*
 * @fd: open /dev/simslotN, or -1; who uses it puts -1 here
 */
struct cmd_slot {
	unsigned int index;
	const char *state;
	const char *reason;
	const char *driver;
	const char *grant;
	const char *iccid;
	const char *policy;
	const char *sync;
	const char *detail;
	unsigned int caps;
	int fd;
};

/**
 * struct cmd - one command under way
 * @argc: number of arguments after the command's own words
 * @argv: these
 * @json: --json
 * @yes: --yes: answers what is asked, where a default is safe
 * @tty_out: standard output is a terminal
 * @tty_err: standard error is one
 * @ask: somebody can be asked
 * @columns: width of the terminal
 * @home: state folder, NULL: no data for this user
 * @user: name of the owner
 * @unlocked: the owner was here since boot
 * @strict: policy = "strict"
 * @slot: slots, @slots of them
 * @slots: how many are in @slot
 * @start: the broker's whole message; the strings above point into it
 * @sock: to the broker
 * @progress_from: when the progress line began, ms; 0: not yet
 * @progress_last: when it was drawn
 * @progress_shown: it is on the terminal
 */
struct cmd {
	int argc;
	char **argv;
	bool json;
	bool yes;
	bool tty_out;
	bool tty_err;
	bool ask;
	int columns;
	const char *home;
	const char *user;
	bool unlocked;
	bool strict;
	struct cmd_slot *slot;
	size_t slots;
	json_t *start;
	int sock;
	int64_t progress_from;
	int64_t progress_last;
	bool progress_shown;
};

struct client;

/**
 * struct cmd_entry - a line of the table
 * @name: one word or two
 * @args: for the usage line
 * @help: what it does, a phrase
 * @more: options and what is worth knowing, or NULL
 * @run: in the worker; NULL: the broker does it
 * @local: this side's part: calls client_run() itself; @words are its name.
 *	NULL: there is none
 */
struct cmd_entry {
	const char *name;
	const char *args;
	const char *help;
	const char *more;
	int (*run)(struct cmd *c, struct sim_err *e);
	int (*local)(struct client *cl, int argc, char **argv, int words);
};

const struct cmd_entry *cmd_table(void);
/** cmd_find() - by the first one or two words; @words: how many */
const struct cmd_entry *cmd_find(int argc, char *const *argv, int *words);
/** cmd_help() - of one command; of all (NULL), or those whose first word is @group */
void cmd_help(const struct cmd_entry *only, const char *group);
/** cmd_is_group() - does a command of two words begin so? */
bool cmd_is_group(const char *word);

/* ---- arguments (args.c) ------------------------------------------------- */

/**
 * struct cmd_opt - one option
 * @name: without the dashes
 * @value: gets the argument; NULL: a switch
 * @flag: a switch's
 * @list: set where the option may come often: gets up to @max values
 * @n: of @list: out: how many came
 * @max: of @list: room
 */
struct cmd_opt {
	const char *name;
	const char **value;
	bool *flag;
	const char **list;
	size_t *n;
	size_t max;
};

/**
 * cmd_args() - take options out of c->argv; --json and --yes always
 * @c: command; argc and argv become the words that are left
 * @opt: table, ends with a NULL name; may be NULL
 * @min: fewest words left
 * @max: most
 * @e: EX_USAGE
 */
int cmd_args(struct cmd *c, const struct cmd_opt *opt, int min, int max,
	     struct sim_err *e);

/** cmd_number() - a number as lists show them; EX_USAGE */
int cmd_number(const char *text, int64_t *out, struct sim_err *e);

/** cmd_nothing_held() - -1: EX_NOINPUT, no such replica or nothing of it */
int cmd_nothing_held(const char *replica, struct sim_err *e);

/* ---- talking to the person and the broker (talk.c) ---------------------- */

/** cmd_state() - sync_state and sync_detail of a slot: no content, ever */
void cmd_state(struct cmd *c, unsigned int slot, const char *word,
	       const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/**
 * cmd_ask() - ask the person
 * @c: command
 * @echo: show what is typed; else it is a secret: wipe @answer after use
 * @prompt: question, without a colon at its end
 * @answer: out: NUL-terminated, without line end
 * @size: bytes of @answer
 * @e: EX_NOINPUT
 *
 * Return: 0, or -1 (EX_NOINPUT: nobody there).
 */
int cmd_ask(struct cmd *c, bool echo, const char *prompt, char *answer,
	    size_t size, struct sim_err *e);
/** cmd_read_all() - standard input, at most 256 MiB; NUL-terminated, caller frees */
char *cmd_read_all(size_t *len, struct sim_err *e);
/** cmd_note() - a line on standard error */
void cmd_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** cmd_changed() - the store was edited: a run is due behind (T9, T10) */
void cmd_changed(struct cmd *c);
/** cmd_progress() - redraw the progress line, at most ten times a second */
void cmd_progress(struct cmd *c, const char *what, size_t done, size_t total);
/** cmd_progress_end() - and take it away */
void cmd_progress_end(struct cmd *c);

/* ---- output (out.c) ----------------------------------------------------- */

/**
 * struct cmd_col - one column
 * @key: of the row's JSON object
 * @title: heading
 * @max: cut to so many columns, 0: as wide as it is
 */
struct cmd_col {
	const char *key;
	const char *title;
	int max;
};

/**
 * cmd_table_out() - rows for the person or, with --json, for a program
 * @c: command
 * @rows: JSON array of objects; taken over
 * @col: columns of the table, ends with a NULL key
 * @none: what to say when there are none
 * @e: EX_IOERR: standard output is gone
 */
int cmd_table_out(struct cmd *c, json_t *rows, const struct cmd_col *col,
		  const char *none, struct sim_err *e);
/** cmd_json_out() - one JSON value; taken over */
int cmd_json_out(json_t *v, struct sim_err *e);
/** cmd_when() - a time for people, local; null: none */
json_t *cmd_when(int64_t t);
/** cmd_lines() - text of several lines, each behind @before */
void cmd_lines(const char *before, const char *text);
/** cmd_print() - text from a card or server: control characters become '?' */
void cmd_print(const char *text);

/** enum cmd_tone - colour, on a terminal only */
enum cmd_tone { TONE_GOOD, TONE_WARN, TONE_BAD, TONE_DIM };
void cmd_tone(struct cmd *c, enum cmd_tone tone, const char *text);

/* ---- places ------------------------------------------------------------- */

#define CMD_RULES "/etc/simsync/rules.conf"

struct store;
struct ledger;
struct rules;

/** cmd_path() - a file of the state folder; -1 where there is none */
int cmd_path(struct cmd *c, const char *name, char *path, size_t size,
	     struct sim_err *e);
struct store *cmd_store(struct cmd *c, struct sim_err *e);
struct ledger *cmd_ledger(struct cmd *c, struct sim_err *e);
/**
 * cmd_rules() - the rules in force
 * @r: filled, also when -1 is returned; free with rules_free()
 * @e: EX_CONFIG: what is wrong with the file, and where; EX_NOINPUT: it is there
 *	and cannot be read. Without a file the predefined ones hold.
 */
int cmd_rules(struct rules *r, struct sim_err *e);
/** cmd_rules_in() - the same from a file of another name */
int cmd_rules_in(const char *path, struct rules *r, struct sim_err *e);

/* ---- mains -------------------------------------------------------------- */

/**
 * struct client - the command line's side of a connection
 * @sock: path of the broker's socket
 * @from_stdin: answers are lines of standard input (--stdin)
 * @silent: nobody is asked
 * @quiet: what waits for what is not told
 * @io: the worker's standard input and output; 0: this process's own
 */
struct client {
	const char *sock;
	bool from_stdin;
	bool silent;
	bool quiet;
	int io;
};

int client_main(int argc, char **argv);
/** client_run() - one command through the broker; returns its exit code */
int client_run(const struct client *cl, int argc, char **argv);
/** client_file() - @local of commands whose word names a file to read */
int client_file(struct client *cl, int argc, char **argv, int words);
/** client_unlock() - @local of unlock: --pam */
int client_unlock(struct client *cl, int argc, char **argv, int words);
/** client_folder() - @local of folder sync: serves the folder to the worker */
int client_folder(struct client *cl, int argc, char **argv, int words);
/** client_watch() - @local of folder watch: does so again and again */
int client_watch(struct client *cl, int argc, char **argv, int words);
int worker_main(int argc, char **argv);

/**
 * trigger_loop() - as many runs as the tokens ask for
 * @run: folder of token and lock
 * @once: one run; gets what the token said
 * @arg: handed to @once
 *
 * The token is removed before its run; one found after a run's end starts
 * exactly one more. Who finds the lock taken leaves his token to its holder.
 *
 * Return: the last run's code, 0 where none was due.
 */
int trigger_loop(const char *run, int (*once)(const char *why, void *arg),
		 void *arg);
/** trigger_main() - `simsync run --udev [--detach]` */
int trigger_main(int argc, char **argv);
/** monitor_main() - `simsync monitor`: what happens starts runs */
int monitor_main(int argc, char **argv);
/** events_main() - `simsync events`: what the kernel says, as it says it */
int events_main(int argc, char **argv);

/* ---- the functions of the table ----------------------------------------- */

int cmd_status(struct cmd *c, struct sim_err *e);
int cmd_run(struct cmd *c, struct sim_err *e);
int cmd_sync(struct cmd *c, struct sim_err *e);
int cmd_plan(struct cmd *c, struct sim_err *e);
int cmd_info(struct cmd *c, struct sim_err *e);
int cmd_info_set(struct cmd *c, struct sim_err *e);
int cmd_info_list(struct cmd *c, struct sim_err *e);
int cmd_info_edit(struct cmd *c, struct sim_err *e);
int cmd_card_list(struct cmd *c, struct sim_err *e);
int cmd_card_check(struct cmd *c, struct sim_err *e);
int cmd_card_restore(struct cmd *c, struct sim_err *e);
int cmd_contacts_list(struct cmd *c, struct sim_err *e);
int cmd_contacts_show(struct cmd *c, struct sim_err *e);
int cmd_contacts_add(struct cmd *c, struct sim_err *e);
int cmd_contacts_edit(struct cmd *c, struct sim_err *e);
int cmd_contacts_rm(struct cmd *c, struct sim_err *e);
int cmd_contacts_import(struct cmd *c, struct sim_err *e);
int cmd_contacts_export(struct cmd *c, struct sim_err *e);
int cmd_folder(struct cmd *c, struct sim_err *e);
int cmd_sms_list(struct cmd *c, struct sim_err *e);
int cmd_sms_show(struct cmd *c, struct sim_err *e);
int cmd_sms_mark(struct cmd *c, struct sim_err *e);
int cmd_sms_rm(struct cmd *c, struct sim_err *e);
int cmd_sms_import(struct cmd *c, struct sim_err *e);
int cmd_sms_export(struct cmd *c, struct sim_err *e);
int cmd_remote_add(struct cmd *c, struct sim_err *e);
int cmd_remote_show(struct cmd *c, struct sim_err *e);
int cmd_remote_test(struct cmd *c, struct sim_err *e);
int cmd_rules_check(struct cmd *c, struct sim_err *e);
int cmd_rules_list(struct cmd *c, struct sim_err *e);
int cmd_rules_explain(struct cmd *c, struct sim_err *e);
int cmd_history(struct cmd *c, struct sim_err *e);
int cmd_show(struct cmd *c, struct sim_err *e);
int cmd_conflicts_show(struct cmd *c, struct sim_err *e);
int cmd_held_show(struct cmd *c, struct sim_err *e);
int cmd_conflicts_list(struct cmd *c, struct sim_err *e);
int cmd_held_list(struct cmd *c, struct sim_err *e);
int cmd_held_apply(struct cmd *c, struct sim_err *e);
int cmd_held_restore(struct cmd *c, struct sim_err *e);
int cmd_conflicts_resolve(struct cmd *c, struct sim_err *e);
int cmd_duplicates_list(struct cmd *c, struct sim_err *e);
int cmd_join(struct cmd *c, struct sim_err *e);
int cmd_split(struct cmd *c, struct sim_err *e);
int cmd_undo(struct cmd *c, struct sim_err *e);

#endif
