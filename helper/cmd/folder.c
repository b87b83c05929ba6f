// SPDX-License-Identifier: MIT
/*
 * `simsync folder sync`: the store is the worker's, the folder its owner's.
 * The command line serves its folder to the worker over a socket that takes
 * the place of the worker's standard input and output.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/folder.h"
#include "store/folder.h"
#include "store/folder_wire.h"
#include "store/store.h"

/* ---- the worker's part -------------------------------------------------- */

static const struct {
	const char *key;
	const char *what;
	size_t at;
} figures[] = {
#define FIGURE(field, what) { #field, what, offsetof(struct folder_report, field) }
	FIGURE(in_new, "new from the folder"),
	FIGURE(in_changed, "changed in the folder"),
	FIGURE(in_gone, "removed from the folder"),
	FIGURE(out_new, "written to the folder"),
	FIGURE(out_changed, "brought up to date there"),
	FIGURE(out_gone, "removed there"),
	FIGURE(conflicts, "changed on both sides, both kept"),
	FIGURE(bad, "not readable"),
	FIGURE(held, "gone all at once: taken for a lost folder, nothing is deleted"),
#undef FIGURE
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static unsigned int figure(const struct folder_report *r, size_t i)
{
	return *(const unsigned int *)((const char *)r + figures[i].at);
}

static char *as_json(const struct folder_report *r)
{
	json_t *o = json_object();
	char *text;
	size_t i;

	for (i = 0; o && i < FIGURES; i++)
		json_object_set_new(o, figures[i].key,
				    json_integer(figure(r, i)));
	text = o ? json_dumps(o, 0) : NULL;
	json_decref(o);
	return text;
}

static char *as_text(const struct folder_report *r, bool quiet)
{
	char line[1024] = "";
	size_t i, n = 0;

	for (i = 0; i < FIGURES; i++)
		if (figure(r, i))
			n += (size_t)snprintf(line + n, sizeof(line) - n,
					      "%s%u %s", n ? ", " : "",
					      figure(r, i), figures[i].what);
	if (!n && !quiet)
		strcpy(line, "nothing has changed");
	return strdup(line);
}

int cmd_folder(struct cmd *c, struct sim_err *e)
{
	bool quiet = false;
	const struct cmd_opt opt[] = {
		{ "quiet", NULL, &quiet, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct folder_report rep;
	struct folder_wire w;
	struct store *s;
	char *text;
	int ret;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	s = cmd_store(c, e);
	if (!s)
		return -1;
	ret = folder_wire_open(&w, STDIN_FILENO, c->argv[0], e);
	if (ret)
		goto out;
	ret = folder_mirror_io(s, &w.io, &rep, e);
	/* Also what a pass did that had to stop is news for the others. */
	if (rep.in_new || rep.in_changed || rep.in_gone || rep.conflicts)
		cmd_changed(c);
	if (ret)
		goto out;
	if (rep.bad)
		cmd_note("%u of the files left alone; %s", rep.bad, rep.bad_why);
	text = c->json ? as_json(&rep) : as_text(&rep, quiet);
	ret = text ? folder_wire_end(&w, text, e) :
		     sim_fail(e, EX_OSERR, "out of memory");
	free(text);
out:
	store_close(s);
	return ret;
}

/* ---- the owner's part --------------------------------------------------- */

static int default_folder(char path[FOLDER_PATH], struct sim_err *e)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	const struct passwd *pw;
	int n;

	if (data && *data == '/') {
		n = snprintf(path, FOLDER_PATH, "%s/simsync/contacts", data);
	} else {
		pw = home && *home == '/' ? NULL : getpwuid(getuid());
		if (pw)
			home = pw->pw_dir;
		if (!home || *home != '/')
			return sim_fail(e, EX_USAGE,
					"you have no home: name the folder");
		n = snprintf(path, FOLDER_PATH,
			     "%s/.local/share/simsync/contacts", home);
	}
	return n < FOLDER_PATH ? 0 :
				 sim_fail(e, EX_USAGE, "the path is too long");
}

int folder_place(int argc, char **argv, int words, char path[FOLDER_PATH],
		 struct sim_err *e)
{
	const char *given = NULL;
	int i;

	for (i = 1 + words; i < argc; i++) {
		if (argv[i][0] == '-')
			continue;
		if (given)
			return sim_fail(e, EX_USAGE, "one folder at a time");
		given = argv[i];
	}
	if (!given)
		return default_folder(path, e);
	/* Remembered by its name: one name, wherever it is said. */
	if (given[0] == '/') {
		i = snprintf(path, FOLDER_PATH, "%s", given);
	} else {
		char here[FOLDER_PATH];

		if (!getcwd(here, sizeof(here)))
			return sim_fail(e, EX_OSERR, "%s", strerror(errno));
		i = snprintf(path, FOLDER_PATH, "%s/%s", here, given);
	}
	return i < FOLDER_PATH ? 0 :
				 sim_fail(e, EX_USAGE, "the path is too long");
}

static int serve(int sock, struct folder_io *io)
{
	char text[FOLDER_TEXT_MAX];
	struct sim_err e = { 0 };

	/* Why a worker went away, it says itself. */
	if (folder_wire_serve(sock, io, text, &e))
		return e.code == EX_PROTOCOL ? EX_PROTOCOL : EX_TEMPFAIL;
	if (*text)
		puts(text);
	return fflush(stdout) ? EX_IOERR : EX_OK;
}

int folder_pass(struct client *cl, const char *path, int argc, char **argv,
		struct sim_err *e)
{
	struct folder_dir d;
	int sv[2], code, status = 0;
	pid_t pid;

	if (folder_dir_open(&d, path, e))
		return e->code;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv)) {
		folder_dir_close(&d);
		sim_fail(e, EX_OSERR, "%s", strerror(errno));
		return e->code;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(sv[1]);
		_exit(serve(sv[0], &d.io));
	}
	close(sv[0]);
	folder_dir_close(&d);
	cl->io = sv[1];
	code = pid < 0 ? EX_OSERR : client_run(cl, argc, argv);
	cl->io = 0;
	close(sv[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (code)
		return code;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

int client_folder(struct client *cl, int argc, char **argv, int words)
{
	char path[FOLDER_PATH], *out[8] = { "folder", "sync", path };
	struct sim_err e = { 0 };
	int i, n = 3, code;

	if (folder_place(argc, argv, words, path, &e)) {
		fprintf(stderr, "simsync: %s\n", e.text);
		return e.code;
	}
	for (i = 1 + words; i < argc && n < 7; i++)
		if (argv[i][0] == '-')
			out[n++] = argv[i];
	code = folder_pass(cl, path, n, out, &e);
	if (e.text[0])
		fprintf(stderr, "simsync: %s\n", e.text);
	return code;
}
