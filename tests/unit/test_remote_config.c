// SPDX-License-Identifier: MIT
/* The file with the server's password, through kills and power cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote/remote.h"

static char dir[64], path[96], temp[96], steps[64];
static int killed_at_rename;

/* In front of libc's: what is made durable, and when. */
int fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	strncat(steps, S_ISDIR(st.st_mode) ? "folder " : "file ",
		sizeof(steps) - strlen(steps) - 1);
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	if (killed_at_rename)
		_exit(9);
	strncat(steps, "rename ", sizeof(steps) - strlen(steps) - 1);
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/simsync-conf.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/remote.conf", dir);
	snprintf(temp, sizeof(temp), "%s/remote.conf.new", dir);
	steps[0] = '\0';
	return 0;
}

static int down(void **state)
{
	(void)state;
	unlink(path);
	unlink(temp);
	return rmdir(dir);
}

static size_t files(void)
{
	DIR *d = opendir(dir);
	struct dirent *f;
	size_t n = 0;

	assert_non_null(d);
	while ((f = readdir(d)))
		n += f->d_name[0] != '.';
	closedir(d);
	return n;
}

static int save(const char *password)
{
	struct remote_config c = {
		.contacts = (char *)"https://example.org/c/",
		.user = (char *)"anna", .password = (char *)password,
	};
	struct sim_err e = { 0 };
	int ret = remote_config_save(path, &c, &e);

	if (ret)
		fprintf(stderr, "%s\n", e.text);
	return ret;
}

/* 0: it has that password; 1: there is none. */
static int load(const char *password)
{
	struct remote_config c;
	struct sim_err e = { 0 };
	int ret = remote_config_load(path, &c, &e);

	if (ret < 0)
		fail_msg("%s", e.text);
	if (!ret)
		assert_string_equal(c.password, password);
	remote_config_free(&c);
	return ret;
}

static void killed_save(const char *password)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		killed_at_rename = 1;
		save(password);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 9);
	assert_int_equal(files(), access(path, F_OK) ? 1 : 2);
}

static void what_a_killed_save_left_does_not_stay(void **state)
{
	(void)state;
	killed_save("first");
	assert_int_equal(load(""), 1);
	assert_int_equal(files(), 0);
	assert_int_equal(save("second"), 0);
	killed_save("third");
	assert_int_equal(load("second"), 0);
	assert_int_equal(files(), 1);
	/* Nor does it pile up, or stand in the way. */
	killed_save("fourth");
	killed_save("fifth");
	assert_int_equal(save("sixth"), 0);
	assert_int_equal(files(), 1);
	assert_int_equal(load("sixth"), 0);
}

/* The key in it names documents on the server: it may not be lost with the power. */
static void what_was_saved_is_on_the_disk(void **state)
{
	(void)state;
	assert_int_equal(save("x"), 0);
	assert_string_equal(steps, "file rename folder ");
}

static void what_others_could_read_is_closed_to_them(void **state)
{
	struct stat st;
	FILE *f = fopen(temp, "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("left by somebody\n", f);
	fclose(f);
	assert_int_equal(chmod(temp, 0666), 0);
	assert_int_equal(save("x"), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(load("x"), 0);
}

/* A run that starts while `remote add` writes lets it. */
static void what_is_being_written_is_left_alone(void **state)
{
	int fd = open(temp, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(load(""), 1);
	assert_int_equal(files(), 1);
	close(fd);
	assert_int_equal(load(""), 1);
	assert_int_equal(files(), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, up, down)
	const struct CMUnitTest tests[] = {
		T(what_a_killed_save_left_does_not_stay),
		T(what_was_saved_is_on_the_disk),
		T(what_others_could_read_is_closed_to_them),
		T(what_is_being_written_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
