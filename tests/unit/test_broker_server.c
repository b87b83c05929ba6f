// SPDX-License-Identifier: MIT
/*
 * The broker as a whole, as root and without a slot: who is let in, one run at
 * a time, and what the worker is given. This program is the worker too (the
 * broker executes itself): it says what it finds around it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/grants.h"
#include "broker/ipc.h"
#include "broker/worker.h"
#include "cmd/cmd.h"

#define WORKER_USER "nobody"
#define OWNER	    1 /* daemon */
#define STRANGER    2 /* bin */

struct world {
	char dir[64];
	char conf[96];
	char run[96];
	char lib[96];
	char sock[128];
	struct broker_paths p;
	pid_t broker;
};

/* ---- the worker --------------------------------------------------------- */

/* Descriptors beyond those of worker.h. */
static int strange_fds(void)
{
	int fd, n = 0;

	for (fd = WORKER_FIRST_SLOT; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int can_come_back(void)
{
	return setuid(0) == 0 || setgid(0) == 0;
}

static void wait_for_go(const char *path)
{
	int i;

	for (i = 0; i < 500 && access(path, F_OK) < 0; i++)
		usleep(10000);
}

/* What it finds goes to standard output, which is the command line's. */
static int fake_worker(void)
{
	int fds = strange_fds();
	char *home = getenv("HOME"), cwd[256];
	struct ipc_msg m;
	json_t *start, *argv;
	const char *word;
	mode_t mask;
	int n;

	if (ipc_recv(WORKER_SOCKET, &m, NULL) != 1 || m.type != IPC_START)
		_exit(9);
	start = json_loadb(m.body, m.len, 0, NULL);
	argv = json_object_get(start, "argv");
	word = json_string_value(
		json_array_get(argv, json_array_size(argv) - 1));
	mask = umask(0);
	dprintf(1, "uid %d gid %d groups %d fds %d nnp %d umask %o back %d\n",
		(int)getuid(), (int)getgid(), getgroups(0, NULL), fds,
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), (unsigned)mask,
		can_come_back());
	dprintf(1, "home %s cwd %s path %s\n", home,
		getcwd(cwd, sizeof(cwd)) ? cwd : "?",
		getenv("SECRET") ? "leaked" : "clean");
	for (n = 0; n < (int)json_array_size(argv); n++)
		dprintf(1, "arg %s\n",
			json_string_value(json_array_get(argv, (size_t)n)));
	if (!strcmp(word, "ask")) {
		ipc_sendf(WORKER_SOCKET, IPC_PROMPT, 0, "PIN: ");
		if (ipc_recv(WORKER_SOCKET, &m, NULL) == 1)
			dprintf(1, "answer %u %s\n", m.word, m.body);
	} else if (!strcmp(word, "crash")) {
		raise(SIGKILL);
	} else if (word[0] == '/') {
		char done[200];

		wait_for_go(word);
		snprintf(done, sizeof(done), "%s", word);
		dprintf(1, "went\n");
	} else if (!strncmp(word, "busy:", 5)) {
		/* In the middle of a write, and told to stop. */
		signal(SIGTERM, SIG_IGN);
		dprintf(1, "busy\n");
		wait_for_go(word + 5);
		dprintf(1, "written\n");
	} else if (!strcmp(word, "evil")) {
		ipc_sendf(WORKER_SOCKET, IPC_TEXT, 0, "said \033[2J\302\233");
	} else if (!strcmp(word, "seven")) {
		_exit(7);
	}
	_exit(0);
}

/* ---- the world ---------------------------------------------------------- */

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void broker_up(struct world *w)
{
	int i;

	w->broker = fork();
	if (!w->broker) {
		struct sim_err e = { 0 };
		int r = broker_serve(&w->p, 0, &e);

		if (r < 0)
			fprintf(stderr, "broker: %s\n", e.text);
		_exit(r < 0 ? 1 : r);
	}
	for (i = 0; i < 300 && access(w->sock, F_OK) < 0; i++)
		usleep(10000);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || geteuid() != 0) {
		puts("Bail out! has to run as root");
		return -1;
	}
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(w->dir) || chmod(w->dir, 0755) < 0)
		return -1;
	snprintf(w->conf, sizeof(w->conf), "%s/simsync.conf", w->dir);
	snprintf(w->run, sizeof(w->run), "%s/run", w->dir);
	snprintf(w->lib, sizeof(w->lib), "%s/lib", w->dir);
	snprintf(w->sock, sizeof(w->sock), "%s/broker.sock", w->run);
	put_file(w->dir, "simsync.conf", "owner = 1;\n");
	w->p = (struct broker_paths){
		.conf = w->conf, .run = w->run,	 .lib = w->lib,
		.sys = w->dir,	 .dev = w->dir,	 .pam = "simsync-test-none",
		.user = WORKER_USER,
	};
	setenv("SECRET", "of the broker", 1);
	broker_up(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int status, r;

	kill(w->broker, SIGTERM);
	waitpid(w->broker, &status, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r || !WIFEXITED(status) || WEXITSTATUS(status);
}

struct answer {
	int code;
	char out[4096];
};

static pid_t start(struct world *w, uid_t uid, const char *file,
		   const char *input, int argc, const char *const *argv)
{
	char path[200], in[200];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	snprintf(in, sizeof(in), "%s/%s.in", w->dir, file);
	put_file(w->dir, file, "");
	snprintf(in, sizeof(in), "%s.in", file);
	put_file(w->dir, in, input ? input : "");
	snprintf(in, sizeof(in), "%s/%s.in", w->dir, file);
	pid = fork();
	if (!pid) {
		struct client cl = { .sock = w->sock,
				     .from_stdin = input != NULL,
				     .silent = !input };
		int fd = open(path, O_WRONLY | O_TRUNC),
		    null = open(in, O_RDONLY);

		dup2(null, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		if (uid && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
			_exit(99);
		_exit(client_run(&cl, argc, (char **)argv));
	}
	return pid;
}

static void finish(struct world *w, pid_t pid, const char *file,
		   struct answer *a)
{
	char path[200];
	int status;
	size_t n;
	FILE *f;

	waitpid(pid, &status, 0);
	a->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	f = fopen(path, "r");
	n = fread(a->out, 1, sizeof(a->out) - 1, f);
	a->out[n] = '\0';
	fclose(f);
}

static void call(struct world *w, uid_t uid, const char *input,
		 struct answer *a, int argc, const char *const *argv)
{
	finish(w, start(w, uid, "out", input, argc, argv), "out", a);
}

#define CALL(w, uid, input, a, ...)                                     \
	call(w, uid, input, a,                                          \
	     (int)(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *)), \
	     (const char *const[]){ __VA_ARGS__, NULL })

static void has(const struct answer *a, const char *what)
{
	if (!strstr(a->out, what))
		fail_msg("no \"%s\" in: %s", what, a->out);
}

static void has_not(const struct answer *a, const char *what)
{
	if (strstr(a->out, what))
		fail_msg("\"%s\" in: %s", what, a->out);
}

/* ---- facts -------------------------------------------------------------- */

static void the_worker_is_nobody_with_nothing(void **state)
{
	const struct passwd *pw = getpwnam(WORKER_USER);
	char want[128];
	struct answer a;

	CALL(*state, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
	snprintf(want, sizeof(want),
		 "uid %d gid %d groups 0 fds 0 nnp 1 umask 77 back 0",
		 (int)pw->pw_uid, (int)pw->pw_gid);
	has(&a, want);
	has(&a, "path clean");
}

static void the_state_folder_is_the_workers_alone(void **state)
{
	struct world *w = *state;
	char home[200], want[512];
	struct answer a;
	struct stat st;

	CALL(w, OWNER, NULL, &a, "contacts", "list");
	snprintf(home, sizeof(home), "%s/1", w->lib);
	assert_int_equal(stat(home, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_uid, getpwnam(WORKER_USER)->pw_uid);
	snprintf(want, sizeof(want), "home %s cwd %s", home, home);
	has(&a, want);
}

static void a_state_folder_a_kill_left_to_root_is_taken_over(void **state)
{
	struct world *w = *state;
	char home[200], file[220], path[300];
	struct sim_err e;
	struct answer a;
	struct stat st;

	/* Made, and killed before it was given away. */
	snprintf(home, sizeof(home), "%s/1", w->lib);
	assert_int_equal(mkdir(home, 0700), 0);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
	assert_int_equal(stat(home, &st), 0);
	assert_int_equal(st.st_uid, getpwnam(WORKER_USER)->pw_uid);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* Root's own: with something in it, or open to others; and a link. */
	snprintf(home, sizeof(home), "%s/77", w->lib);
	snprintf(file, sizeof(file), "%s/x", home);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(worker_home(&w->p, 77, path, sizeof(path), &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(chmod(home, 0755), 0);
	assert_int_equal(worker_home(&w->p, 77, path, sizeof(path), &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_int_equal(chmod(home, 0700), 0);
	snprintf(file, sizeof(file), "%s/78", w->lib);
	assert_int_equal(symlink(home, file), 0);
	assert_int_equal(worker_home(&w->p, 78, path, sizeof(path), &e), -1);
	assert_int_equal(stat(home, &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static void a_stranger_gets_no_state_folder(void **state)
{
	struct answer a;

	CALL(*state, STRANGER, NULL, &a, "status");
	assert_int_equal(a.code, 0);
	has(&a, "home / cwd / ");
	CALL(*state, STRANGER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, EX_NOPERM);
	has(&a, "belongs to another user");
	has_not(&a, "uid ");
	CALL(*state, STRANGER, NULL, &a, "unlock");
	assert_int_equal(a.code, EX_NOPERM);
	CALL(*state, STRANGER, NULL, &a, "card", "enroll");
	assert_int_equal(a.code, EX_NOPERM);
}

static void only_root_starts_udevs_run(void **state)
{
	struct world *w = *state;
	struct answer a;
	char path[200];
	int fd;

	CALL(*state, OWNER, NULL, &a, "run", "udev");
	assert_int_equal(a.code, EX_NOPERM);
	/* As `simsync run --udev` does it, which holds that all the time. */
	snprintf(path, sizeof(path), "%s/run.lock", w->run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	CALL(w, 0, NULL, &a, "run", "simslot0 card-ready");
	assert_int_equal(a.code, 0);
	has(&a, "arg simslot0 card-ready");
	has_not(&a, "Waiting");
	close(fd);
}

static void an_unknown_command_starts_nothing(void **state)
{
	struct answer a;

	CALL(*state, 0, NULL, &a, "worker");
	assert_int_equal(a.code, EX_USAGE);
	has_not(&a, "uid ");
	CALL(*state, 0, NULL, &a, "");
	assert_int_equal(a.code, EX_USAGE);
}

static void without_an_owner_only_enroll_is_open(void **state)
{
	struct world *w = *state;
	struct answer a;

	put_file(w->dir, "simsync.conf", "");
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, EX_CONFIG);
	has(&a, "simsync card enroll");
	CALL(w, OWNER, NULL, &a, "card", "enroll");
	assert_int_equal(a.code, EX_NOINPUT);
	has(&a, "no SIM slot");
	CALL(w, 0, NULL, &a, "run", "udev");
	assert_int_equal(a.code, EX_CONFIG);
}

static void a_broken_configuration_grants_nothing(void **state)
{
	struct world *w = *state;
	struct answer a;

	put_file(w->dir, "simsync.conf", "owner = \n");
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, EX_CONFIG);
	has(&a, "simsync.conf:2:");
	has_not(&a, "uid ");
}

static void the_workers_exit_code_is_the_commands(void **state)
{
	struct answer a;

	CALL(*state, OWNER, NULL, &a, "contacts", "show", "seven");
	assert_int_equal(a.code, 7);
}

/* ECMA-48: ESC [ 2 J clears a screen; U+009B is CSI. */
static void a_worker_does_nothing_to_the_persons_terminal(void **state)
{
	struct answer a;

	CALL(*state, OWNER, NULL, &a, "contacts", "show", "evil");
	assert_int_equal(a.code, 0);
	has(&a, "said ?[2J?\n");
}

static void a_worker_that_dies_is_said(void **state)
{
	struct answer a;

	CALL(*state, OWNER, NULL, &a, "contacts", "show", "crash");
	assert_int_equal(a.code, EX_SOFTWARE);
	has(&a, "cut off (signal 9)");
}

static void a_question_of_the_worker_reaches_the_person_and_back(void **state)
{
	struct answer a;

	CALL(*state, OWNER, "1234\n", &a, "contacts", "show", "ask");
	assert_int_equal(a.code, 0);
	has(&a, "answer 1 1234");
	/* nobody there */
	CALL(*state, OWNER, NULL, &a, "contacts", "show", "ask");
	has(&a, "answer 0 ");
}

static void a_refused_password_does_nothing(void **state)
{
	struct world *w = *state;
	char path[200];
	struct answer a;

	/* the service does not exist: PAM's "other", or nothing, refuses */
	CALL(w, OWNER, "x\n", &a, "unlock");
	assert_int_not_equal(a.code, 0);
	snprintf(path, sizeof(path), "%s/unlocked", w->run);
	assert_int_equal(access(path, F_OK), -1);
}

static void roots_unlock_in_another_users_name_is_none(void **state)
{
	struct world *w = *state;
	char path[200];
	struct answer a;

	snprintf(path, sizeof(path), "%s/unlocked", w->run);
	CALL(w, 0, NULL, &a, "unlock", "--quiet", "--user", "bin");
	assert_int_equal(a.code, 0);
	assert_int_equal(access(path, F_OK), -1);
	CALL(w, 0, NULL, &a, "unlock", "--no-sync", "--quiet", "--user",
	     "daemon");
	assert_int_equal(a.code, 0);
	assert_int_equal(access(path, F_OK), 0);
}

#define CARD(n) "{ iccid = \"" n "\"; driver = \"serdev\"; policy = \"both\"; }"
#define KEPT	"8949020000000000017"
#define GONE	"89490200001234567896"

/* What a run is given of that card: unlocked, and this very insertion allowed. */
static enum grant given(struct world *w, const char *iccid, bool strict)
{
	struct slot s = { .state = SIMSLOT_READY, .driver = "serdev" };
	struct card_grants g = { 0 };
	struct sim_err e;
	enum grant got;

	snprintf(s.iccid, sizeof(s.iccid), "%s", iccid);
	assert_int_equal(grants_load(&w->p, &g, &e), 0);
	got = grant_decide(&s, grants_find(&g, iccid), strict, true, true);
	grants_free(&g);
	return got;
}

static void a_forgotten_card_is_not_read_any_more(void **state)
{
	struct world *w = *state;
	struct answer a;
	char path[200];

	put_file(w->lib, "cards.conf",
		 "cards = (" CARD(KEPT) "," CARD(GONE) "," CARD("8949000007896")
		 ");");
	snprintf(path, sizeof(path), "%s/cards.conf", w->lib);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(given(w, GONE, false), GRANT_YES);
	/* Not by somebody else, not by three digits, not one of two, not %. */
	CALL(w, STRANGER, NULL, &a, "card", "forget", "67896");
	assert_int_equal(a.code, EX_NOPERM);
	CALL(w, OWNER, NULL, &a, "card", "forget", "896");
	assert_int_equal(a.code, EX_NOINPUT);
	CALL(w, OWNER, NULL, &a, "card", "forget", "7896");
	assert_int_equal(a.code, EX_USAGE);
	has(&a, "more digits");
	CALL(w, OWNER, NULL, &a, "card", "forget", "%7896");
	assert_int_equal(a.code, EX_NOINPUT);
	CALL(w, OWNER, NULL, &a, "card", "forget");
	assert_int_equal(a.code, EX_USAGE);
	assert_int_equal(given(w, GONE, false), GRANT_YES);
	CALL(w, OWNER, NULL, &a, "card", "forget", "67896");
	assert_int_equal(a.code, 0);
	has(&a, "SIM ...7896 is forgotten");
	assert_int_equal(given(w, GONE, false), GRANT_UNKNOWN);
	assert_int_equal(given(w, GONE, true), GRANT_UNKNOWN);
	assert_int_equal(given(w, KEPT, false), GRANT_YES);
	assert_int_equal(given(w, "8949000007896", false), GRANT_YES);
	CALL(w, OWNER, NULL, &a, "card", "forget", "67896");
	assert_int_equal(a.code, EX_NOINPUT);
}

static void one_run_at_a_time_the_others_wait_in_their_order(void **state)
{
	struct world *w = *state;
	const char *first[] = { "contacts", "rm", NULL, NULL };
	const char *second[] = { "contacts", "rm", "second", NULL };
	const char *look[] = { "contacts", "list", NULL };
	char go[200];
	struct answer a;
	pid_t one, two;
	int i;

	snprintf(go, sizeof(go), "%s/go", w->dir);
	first[2] = go;
	one = start(w, OWNER, "one", NULL, 3, first);
	for (i = 0; i < 300; i++) {
		struct stat st;
		char path[200];

		snprintf(path, sizeof(path), "%s/one", w->dir);
		if (!stat(path, &st) && st.st_size)
			break;
		usleep(10000);
	}
	two = start(w, OWNER, "two", NULL, 3, second);
	usleep(200000);
	/* who only looks does not wait */
	finish(w, start(w, OWNER, "three", NULL, 2, look), "three", &a);
	assert_int_equal(a.code, 0);
	assert_int_equal(waitpid(two, NULL, WNOHANG), 0);
	put_file(w->dir, "go", "");
	finish(w, one, "one", &a);
	assert_int_equal(a.code, 0);
	has(&a, "went");
	finish(w, two, "two", &a);
	assert_int_equal(a.code, 0);
	has(&a, "Waiting for the run in progress");
	has(&a, "arg second");
}

static void a_person_who_leaves_ends_the_worker_and_frees_the_run(void **state)
{
	struct world *w = *state;
	const char *first[] = { "contacts", "rm", "/nonexistent/simsync", NULL };
	struct answer a;
	pid_t one;

	one = start(w, OWNER, "one", NULL, 3, first);
	usleep(300000);
	kill(one, SIGKILL);
	waitpid(one, NULL, 0);
	CALL(w, OWNER, NULL, &a, "contacts", "rm", "next");
	assert_int_equal(a.code, 0);
	has(&a, "arg next");
}

static bool says(struct world *w, const char *file, const char *what)
{
	char path[200], text[4096] = "";
	FILE *f;
	int i;

	snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	for (i = 0; i < 300 && !strstr(text, what); i++) {
		usleep(10000);
		f = fopen(path, "r");
		if (!f)
			continue;
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	return strstr(text, what);
}

/* As OpenRC restarts it: only the broker itself is told to end. */
static void broker_again(struct world *w)
{
	int status;

	assert_int_equal(kill(w->broker, SIGTERM), 0);
	assert_int_equal(waitpid(w->broker, &status, 0), w->broker);
	assert_int_equal(status, 0);
	assert_int_equal(unlink(w->sock), 0);
	broker_up(w);
}

static void a_broker_started_anew_waits_for_the_last_ones_run_only(void **state)
{
	struct world *w = *state;
	const char *first[] = { "contacts", "rm", NULL, NULL };
	const char *second[] = { "contacts", "rm", "second", NULL };
	struct answer a;
	pid_t one, two;
	char word[200];

	snprintf(word, sizeof(word), "busy:%s/go", w->dir);
	first[2] = word;
	one = start(w, OWNER, "one", NULL, 3, first);
	assert_true(says(w, "one", "busy"));
	broker_again(w);
	/* There is one, and it serves who only looks. */
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
	/* But what is being written is not written by two. */
	two = start(w, OWNER, "two", NULL, 3, second);
	assert_true(says(w, "two", "Waiting for the run in progress"));
	usleep(200000);
	assert_int_equal(waitpid(two, NULL, WNOHANG), 0);
	put_file(w->dir, "go", "");
	finish(w, one, "one", &a);
	has(&a, "written");
	finish(w, two, "two", &a);
	assert_int_equal(a.code, 0);
	has(&a, "arg second");
}

static void a_run_ends_with_its_broker(void **state)
{
	struct world *w = *state;
	const char *first[] = { "contacts", "rm", "/nonexistent/simsync", NULL };
	struct answer a;
	pid_t one;

	one = start(w, OWNER, "one", NULL, 3, first);
	assert_true(says(w, "one", "arg /nonexistent"));
	broker_again(w);
	finish(w, one, "one", &a);
	assert_int_not_equal(a.code, 0);
	has(&a, "cut off (signal 15)");
	has_not(&a, "went");
}

static int dial(struct world *w)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(sa.sun_path, w->sock);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void a_hostile_first_message_ends_that_session_only(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };
	struct ipc_msg m;
	struct answer a;
	int fd, i;

	for (i = 0; i < 20; i++) {
		char junk[512];

		memset(junk, i * 13, sizeof(junk));
		fd = dial(w);
		send(fd, junk, (size_t)(1 + i * 25), MSG_NOSIGNAL);
		assert_int_equal(ipc_recv(fd, &m, &e), 1);
		assert_int_equal(m.type, IPC_EXIT);
		assert_int_equal(m.word, EX_PROTOCOL);
		close(fd);
	}
	fd = dial(w);
	ipc_send(fd, IPC_LOCK, 0, NULL, 0, NULL);
	assert_int_equal(ipc_recv(fd, &m, &e), 1);
	assert_int_equal(m.word, EX_PROTOCOL);
	close(fd);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
}

static void who_says_nothing_keeps_nobody_waiting(void **state)
{
	struct world *w = *state;
	int fd[4], i;
	struct answer a;

	for (i = 0; i < 4; i++)
		fd[i] = dial(w);
	CALL(w, OWNER, NULL, &a, "contacts", "rm", "x");
	assert_int_equal(a.code, 0);
	for (i = 0; i < 4; i++)
		close(fd[i]);
}

/* Sessions of somebody's, all that he can get, silent until he is killed. */
static pid_t crowd(struct world *w, uid_t uid)
{
	pid_t pid = fork();
	int i;

	if (!pid) {
		if (setgroups(0, NULL) || setgid(uid) || setuid(uid))
			_exit(9);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < 32; i++)
			dial(w);
		pause();
	}
	return pid;
}

static void a_user_has_only_so_many_sessions(void **state)
{
	struct world *w = *state;
	struct answer a;
	pid_t pid = crowd(w, STRANGER);

	usleep(500000);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
	CALL(w, STRANGER, NULL, &a, "status");
	assert_int_equal(a.code, EX_TEMPFAIL);
	has(&a, "too many commands at once");
	/* another user has a share of his own */
	CALL(w, STRANGER + 1, NULL, &a, "status");
	assert_int_not_equal(a.code, EX_TEMPFAIL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void no_number_of_users_keeps_the_owner_out(void **state)
{
	struct world *w = *state;
	struct answer a;
	pid_t pid[6];
	uid_t i;

	for (i = 0; i < 6; i++)
		pid[i] = crowd(w, STRANGER + i);
	usleep(800000);
	CALL(w, STRANGER + 6, NULL, &a, "status");
	assert_int_equal(a.code, EX_TEMPFAIL);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
	for (i = 0; i < 6; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

static void a_state_folder_of_somebody_else_is_refused(void **state)
{
	struct world *w = *state;
	char home[200];
	struct answer a;

	snprintf(home, sizeof(home), "%s/1", w->lib);
	assert_int_equal(mkdir(home, 0755), 0);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, EX_CONFIG);
	has(&a, "is not a folder of user");
}

static void a_second_broker_is_refused(void **state)
{
	struct world *w = *state;
	struct sim_err e = { 0 };
	struct answer a;
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(broker_serve(&w->p, 0, &e) < 0 && e.code == EX_TEMPFAIL ?
			      0 :
			      1);
	waitpid(pid, &status, 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	CALL(w, OWNER, NULL, &a, "contacts", "list");
	assert_int_equal(a.code, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(the_worker_is_nobody_with_nothing),
		T(the_state_folder_is_the_workers_alone),
		T(a_state_folder_a_kill_left_to_root_is_taken_over),
		T(a_stranger_gets_no_state_folder),
		T(only_root_starts_udevs_run),
		T(an_unknown_command_starts_nothing),
		T(without_an_owner_only_enroll_is_open),
		T(a_broken_configuration_grants_nothing),
		T(the_workers_exit_code_is_the_commands),
		T(a_worker_does_nothing_to_the_persons_terminal),
		T(a_worker_that_dies_is_said),
		T(a_question_of_the_worker_reaches_the_person_and_back),
		T(a_refused_password_does_nothing),
		T(roots_unlock_in_another_users_name_is_none),
		T(a_forgotten_card_is_not_read_any_more),
		T(one_run_at_a_time_the_others_wait_in_their_order),
		T(a_person_who_leaves_ends_the_worker_and_frees_the_run),
		T(a_broker_started_anew_waits_for_the_last_ones_run_only),
		T(a_run_ends_with_its_broker),
		T(a_hostile_first_message_ends_that_session_only),
		T(who_says_nothing_keeps_nobody_waiting),
		T(a_user_has_only_so_many_sessions),
		T(no_number_of_users_keeps_the_owner_out),
		T(a_state_folder_of_somebody_else_is_refused),
		T(a_second_broker_is_refused),
	};

	if (argc == 2 && !strcmp(argv[1], "worker"))
		return fake_worker();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
