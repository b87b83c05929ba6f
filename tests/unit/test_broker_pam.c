// SPDX-License-Identifier: MIT
/*
 * The PAM conversation through the broker's child, with real libpam and
 * modules of our choice: pam_wrapper reads the service from a folder of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker/ipc.h"
#include "broker/pam.h"

static const char *dir(void)
{
	return getenv("PAM_WRAPPER_SERVICE_DIR");
}

static void service(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir(), name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/*
 * The person: answers each prompt with the next of @answer (NULL: hangs up)
 * and writes down what was said.
 */
struct person {
	int cli;
	pid_t pid;
	char log[64];
};

static void talk(int fd, const char *const *answer, FILE *log)
{
	struct ipc_msg m;

	while (ipc_recv(fd, &m, NULL) == 1) {
		fprintf(log, "%s%s%s\n",
			m.type == IPC_TEXT ? "text " : "prompt ",
			m.type == IPC_PROMPT && m.word == IPC_ECHO ? "echo " :
								     "",
			m.body);
		fflush(log);
		if (m.type != IPC_PROMPT)
			continue;
		if (!*answer)
			return;
		ipc_send(fd, IPC_ANSWER, IPC_ANSWERED, *answer,
			 strlen(*answer), NULL);
		answer++;
	}
}

static void meet(struct person *p, const char *const *answer)
{
	struct sim_err e;
	int sv[2];

	snprintf(p->log, sizeof(p->log), "%s/log", dir());
	assert_int_equal(ipc_pair(sv, &e), 0);
	p->pid = fork();
	if (!p->pid) {
		FILE *log = fopen(p->log, "w");

		close(sv[0]);
		talk(sv[1], answer, log);
		_exit(0);
	}
	close(sv[1]);
	p->cli = sv[0];
}

static void part(struct person *p, char *said, size_t size)
{
	size_t n;
	FILE *f;

	close(p->cli);
	waitpid(p->pid, NULL, 0);
	f = fopen(p->log, "r");
	assert_non_null(f);
	n = fread(said, 1, size - 1, f);
	said[n] = '\0';
	fclose(f);
}

static int ask(const char *pam, const char *const *answer, int seconds,
	       struct sim_err *e, char *said, size_t size)
{
	struct broker_paths paths = { .pam = pam };
	struct person p;
	int r;

	meet(&p, answer);
	r = pam_ask(&paths, "anna", p.cli, seconds, e);
	part(&p, said, size);
	return r;
}

static void the_right_password_proves(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char said[512];

	(void)state;
	assert_int_equal(ask("matrix", answer, 10, &e, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "prompt Password: "));
	assert_null(strstr(said, "echo"));
}

static void a_wrong_password_is_refused_with_a_sentence(void **state)
{
	static const char *const answer[] = { "battery staple", NULL };
	struct sim_err e = { 0 };
	char said[512];

	(void)state;
	assert_int_equal(ask("matrix", answer, 10, &e, said, sizeof(said)), 1);
	assert_int_equal(e.code, EX_NOPERM);
	assert_null(strstr(e.text, "battery"));
}

static void who_hangs_up_is_not_proved(void **state)
{
	static const char *const answer[] = { NULL };
	struct sim_err e = { 0 };
	char said[512];

	(void)state;
	assert_int_equal(ask("matrix", answer, 10, &e, said, sizeof(said)), -1);
	assert_int_equal(e.code, EX_NOPERM);
}

static void what_a_module_says_reaches_the_person(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char said[2048];

	(void)state;
	assert_int_equal(ask("chatty", answer, 10, &e, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "text "));
}

static void an_account_that_is_closed_is_refused_after_its_password(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char said[512];

	(void)state;
	assert_int_equal(ask("closed", answer, 10, &e, said, sizeof(said)), 1);
	assert_int_equal(e.code, EX_NOPERM);
}

static void a_module_that_is_not_there_refuses(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char said[512];

	(void)state;
	assert_int_not_equal(ask("absent", answer, 10, &e, said, sizeof(said)),
			     0);
}

static int children(void)
{
	int n = 0;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		n++;
	return n;
}

static void a_module_that_hangs_is_ended(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	time_t from = time(NULL);
	char said[512];

	(void)state;
	assert_int_equal(ask("hangs", answer, 1, &e, said, sizeof(said)), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_true(time(NULL) - from < 5);
	assert_int_equal(children(), 0);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void nothing_is_left_behind(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char said[512];
	int i, before;

	(void)state;
	ask("matrix", answer, 10, &e, said, sizeof(said));
	before = count_fds();
	for (i = 0; i < 5; i++)
		ask("matrix", answer, 10, &e, said, sizeof(said));
	assert_int_equal(count_fds(), before);
	assert_int_equal(children(), 0);
}

/* A module must not see the broker's descriptors: it gets 0-2 and its socket. */
static void a_module_sees_no_descriptor_of_the_broker(void **state)
{
	static const char *const answer[] = { "correct horse", NULL };
	struct sim_err e = { 0 };
	char path[256], text[512], line[64];
	int fds = 0, keep[4];
	FILE *f;
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		keep[i] = dup(1);
	assert_int_equal(ask("looks", answer, 10, &e, text, sizeof(text)), 0);
	for (i = 0; i < 4; i++)
		close(keep[i]);
	snprintf(path, sizeof(path), "%s/fds", dir());
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		fds++;
	fclose(f);
	/* a line of pam_exec, 0, 1, 2 and what ls itself opens */
	assert_in_range(fds, 3, 6);
}

/* ---- set-up ------------------------------------------------------------- */

static int find(const char *pattern, char *path, size_t size)
{
	glob_t g;
	int r = glob(pattern, 0, NULL, &g);

	if (!r)
		snprintf(path, size, "%s", g.gl_pathv[0]);
	globfree(&g);
	return r;
}

/* pam_wrapper has to be loaded before libpam: start over with it. */
static int start_over(char **argv)
{
	char wrapper[256], asan[256] = "", preload[600], d[] = "/tmp/simsync-pam.XXXXXX";

	if (find("/usr/lib/*/libpam_wrapper.so", wrapper, sizeof(wrapper)) ||
	    !mkdtemp(d)) {
		puts("Bail out! no libpam_wrapper");
		return 1;
	}
	find("/usr/lib/gcc/*/*/libasan.so", asan, sizeof(asan));
	snprintf(preload, sizeof(preload), "%s:%s", asan, wrapper);
	setenv("LD_PRELOAD", preload, 1);
	setenv("PAM_WRAPPER", "1", 1);
	setenv("PAM_WRAPPER_SERVICE_DIR", d, 1);
	execv("/proc/self/exe", argv);
	return 1;
}

/* One user, one password, for the service of that name (pam_matrix). */
static void matrix(char *line, size_t size, const char *module,
		   const char *service_name)
{
	char db[32], user[96];

	snprintf(db, sizeof(db), "%s.db", service_name);
	snprintf(user, sizeof(user), "anna:correct horse:%s\n", service_name);
	service(db, user);
	snprintf(line, size, "required %s passdb=%s/%s", module, dir(), db);
}

static int group_setup(void **state)
{
	char m[256], c[256], text[3072], check[768];

	(void)state;
	if (find("/usr/lib/*/pam_wrapper/pam_matrix.so", m, sizeof(m)) ||
	    find("/usr/lib/*/pam_wrapper/pam_chatty.so", c, sizeof(c)))
		return -1;
	matrix(check, sizeof(check), m, "matrix");
	snprintf(text, sizeof(text), "auth %s\naccount %s\n", check, check);
	service("matrix", text);
	matrix(check, sizeof(check), m, "chatty");
	snprintf(text, sizeof(text),
		 "auth optional %s info error\nauth %s\naccount %s\n", c, check,
		 check);
	service("chatty", text);
	matrix(check, sizeof(check), m, "closed");
	snprintf(text, sizeof(text), "auth %s\naccount required pam_deny.so\n",
		 check);
	service("closed", text);
	matrix(check, sizeof(check), m, "looks");
	snprintf(text, sizeof(text),
		 "auth optional pam_exec.so quiet log=%s/fds /bin/ls -1 /proc/self/fd\nauth %s\naccount %s\n",
		 dir(), check, check);
	service("looks", text);
	service("other", "auth required pam_deny.so\naccount required pam_deny.so\n");
	service("hangs", "auth required pam_exec.so /bin/sleep 30\n");
	service("absent", "auth required pam_no_such_module.so\n");
	return 0;
}

static int group_teardown(void **state)
{
	char cmd[300];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir());
	unsetenv("LD_PRELOAD");
	return system(cmd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_password_proves),
		cmocka_unit_test(a_wrong_password_is_refused_with_a_sentence),
		cmocka_unit_test(who_hangs_up_is_not_proved),
		cmocka_unit_test(what_a_module_says_reaches_the_person),
		cmocka_unit_test(an_account_that_is_closed_is_refused_after_its_password),
		cmocka_unit_test(a_module_that_is_not_there_refuses),
		cmocka_unit_test(a_module_that_hangs_is_ended),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(a_module_sees_no_descriptor_of_the_broker),
	};

	(void)argc;
	if (!dir())
		return start_over(argv);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
