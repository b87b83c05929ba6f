// SPDX-License-Identifier: MIT
/*
 * Messages between command line, broker, worker and PAM child: what one sends
 * the other gets, and what none of them sent is refused without a trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/ipc.h"

struct ends {
	int a;
	int b;
	int open;
	struct ipc_msg m;
};

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int setup(void **state)
{
	struct ends *s = calloc(1, sizeof(*s));
	struct sim_err e;
	int sv[2];

	if (!s || ipc_pair(sv, &e) < 0)
		return -1;
	s->a = sv[0];
	s->b = sv[1];
	s->open = count_fds();
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct ends *s = *state;

	close(s->a);
	close(s->b);
	free(s);
	return 0;
}

/* As ipc.c has it: magic, type, word, length. */
struct raw {
	uint32_t magic, type, word, len;
	char body[64];
};

#define MAGIC 0x314d4953u

static void refused(struct ends *s)
{
	struct sim_err e = { 0 };

	assert_int_equal(ipc_recv(s->b, &s->m, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);
	assert_int_equal(count_fds(), s->open);
}

static void a_message_arrives_as_it_was_sent(void **state)
{
	struct ends *s = *state;
	struct sim_err e;

	assert_int_equal(ipc_send(s->a, IPC_STATE, 7, "ok\0line", 7, &e), 0);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 1);
	assert_int_equal(s->m.type, IPC_STATE);
	assert_int_equal(s->m.word, 7);
	assert_int_equal(s->m.len, 7);
	assert_memory_equal(s->m.body, "ok\0line\0", 8);
	assert_int_equal(s->m.nfd, 0);
}

static void the_longest_body_arrives_and_a_longer_one_is_not_sent(void **state)
{
	struct ends *s = *state;
	char *body = malloc(IPC_MAX_BODY + 1);
	struct sim_err e;

	memset(body, 'x', IPC_MAX_BODY + 1);
	assert_int_equal(ipc_send(s->a, IPC_TEXT, 0, body, IPC_MAX_BODY, &e), 0);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 1);
	assert_int_equal(s->m.len, IPC_MAX_BODY);
	assert_memory_equal(s->m.body, body, IPC_MAX_BODY);
	assert_int_equal(ipc_send(s->a, IPC_TEXT, 0, body, IPC_MAX_BODY + 1, &e),
			 -1);
	free(body);
}

static void the_three_descriptors_of_hello_come_close_on_exec(void **state)
{
	struct ends *s = *state;
	int fds[3] = { 0, 1, 2 }, i;
	struct sim_err e;

	assert_int_equal(ipc_send_fds(s->a, IPC_HELLO, 80, "status", 7, fds, 3,
				      &e),
			 0);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 1);
	assert_int_equal(s->m.nfd, 3);
	for (i = 0; i < 3; i++)
		assert_true(fcntl(s->m.fd[i], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(count_fds(), s->open + 3);
	ipc_wipe(&s->m);
	assert_int_equal(count_fds(), s->open);
}

static void hello_without_three_descriptors_is_refused(void **state)
{
	struct ends *s = *state;
	int fds[3] = { 0, 1, 2 };
	struct sim_err e;

	ipc_send(s->a, IPC_HELLO, 0, "status", 7, &e);
	refused(s);
	ipc_send_fds(s->a, IPC_HELLO, 0, "status", 7, fds, 1, &e);
	refused(s);
	ipc_send_fds(s->a, IPC_HELLO, 0, "status", 7, fds, 2, &e);
	refused(s);
}

static void descriptors_where_none_belong_are_closed(void **state)
{
	struct ends *s = *state;
	int fds[3] = { 0, 1, 2 };
	struct sim_err e;

	ipc_send_fds(s->a, IPC_ANSWER, 1, "x", 1, fds, 3, &e);
	refused(s);
}

static void a_hundred_descriptors_are_closed(void **state)
{
	struct ends *s = *state;
	struct raw raw = { MAGIC, IPC_HELLO, 0, 0, "" };
	struct iovec iov = { &raw, 16 };
	char ctl[CMSG_SPACE(100 * sizeof(int))] = "";
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = ctl,
			     .msg_controllen = sizeof(ctl) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
	int i, zero = 0;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(100 * sizeof(int));
	for (i = 0; i < 100; i++)
		memcpy(CMSG_DATA(c) + i * sizeof(int), &zero, sizeof(int));
	assert_int_equal(sendmsg(s->a, &mh, 0), 16);
	refused(s);
}

static void a_foreign_datagram_is_refused(void **state)
{
	static const struct {
		struct raw raw;
		size_t len;
	} bad[] = {
		{ { MAGIC + 1, IPC_TEXT, 0, 3, "abc" }, 19 }, /* magic */
		{ { MAGIC, 0, 0, 3, "abc" }, 19 },	      /* no type 0 */
		{ { MAGIC, __IPC_MAX, 0, 3, "abc" }, 19 },    /* unknown type */
		{ { MAGIC, 0xffffffff, 0, 3, "abc" }, 19 },
		{ { MAGIC, IPC_TEXT, 0, 4, "abc" }, 19 },     /* says more */
		{ { MAGIC, IPC_TEXT, 0, 2, "abc" }, 19 },     /* says less */
		{ { MAGIC, IPC_TEXT, 0, 0xffffffff, "abc" }, 19 },
		{ { MAGIC, IPC_TEXT, 0, 0, "" }, 15 },	      /* half a header */
		{ { MAGIC, IPC_TEXT, 0, 0, "" }, 1 },
	};
	struct ends *s = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(send(s->a, &bad[i].raw, bad[i].len, 0),
				 bad[i].len);
		refused(s);
	}
}

static void a_datagram_longer_than_any_is_refused_whole(void **state)
{
	struct ends *s = *state;
	size_t len = IPC_MAX_BODY + 1000;
	char *raw = calloc(1, len);
	struct sim_err e;

	memcpy(raw, &(struct raw){ MAGIC, IPC_TEXT, 0, IPC_MAX_BODY, "" }, 16);
	assert_int_equal(send(s->a, raw, len, 0), len);
	refused(s);
	/* and the next one is read from its own beginning */
	assert_int_equal(ipc_send(s->a, IPC_TEXT, 0, "next", 4, &e), 0);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 1);
	assert_string_equal(s->m.body, "next");
	free(raw);
}

static void a_closed_peer_is_the_end_not_an_error(void **state)
{
	struct ends *s = *state;
	struct sim_err e;

	shutdown(s->a, SHUT_RDWR);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 0);
	assert_int_equal(ipc_send(s->b, IPC_TEXT, 0, "x", 1, &e), -1);
}

static void arguments_are_a_list_of_strings(void **state)
{
	struct ends *s = *state;
	char *argv[IPC_MAX_ARGS + 1];
	struct sim_err e = { 0 };
	int i;

	s->m.len = 15;
	memcpy(s->m.body, "card\0\0enroll 1\0", 16);
	assert_int_equal(ipc_args(&s->m, argv, &e), 3);
	assert_string_equal(argv[0], "card");
	assert_string_equal(argv[1], "");
	assert_string_equal(argv[2], "enroll 1");
	assert_null(argv[3]);

	s->m.len = 0;
	assert_int_equal(ipc_args(&s->m, argv, &e), 0);

	s->m.len = 4;
	memcpy(s->m.body, "card\0", 5);
	assert_int_equal(ipc_args(&s->m, argv, &e), -1);
	assert_int_equal(e.code, EX_PROTOCOL);

	memset(s->m.body, 0, sizeof(s->m.body));
	s->m.len = IPC_MAX_ARGS;
	assert_int_equal(ipc_args(&s->m, argv, &e), IPC_MAX_ARGS);
	s->m.len = IPC_MAX_ARGS + 1;
	assert_int_equal(ipc_args(&s->m, argv, &e), -1);
	assert_int_equal(e.code, EX_USAGE);
	for (i = 0; i <= IPC_MAX_ARGS; i++)
		assert_int_equal(s->m.body[i], 0);
}

static void a_secret_is_overwritten(void **state)
{
	struct ends *s = *state;
	struct sim_err e;
	size_t i;

	ipc_send(s->a, IPC_ANSWER, IPC_ANSWERED, "correct horse", 13, &e);
	assert_int_equal(ipc_recv(s->b, &s->m, &e), 1);
	ipc_wipe(&s->m);
	for (i = 0; i < 13; i++)
		assert_int_equal(s->m.body[i], 0);
}

static void any_bytes_end_in_a_message_or_a_refusal(void **state)
{
	struct ends *s = *state;
	unsigned int seed = 20240101;
	char raw[96];
	int i, r;

	for (i = 0; i < 20000; i++) {
		size_t k, len = 1 + (size_t)rand_r(&seed) % sizeof(raw);
		struct sim_err e;

		for (k = 0; k < len; k++)
			raw[k] = (char)rand_r(&seed);
		if (i & 1 && len >= 16) {
			struct raw h = { MAGIC, (uint32_t)rand_r(&seed) % 14,
					 (uint32_t)rand_r(&seed),
					 (uint32_t)(len - 16), "" };

			memcpy(raw, &h, 16);
		}
		assert_int_equal(send(s->a, raw, len, 0), len);
		r = ipc_recv(s->b, &s->m, &e);
		assert_true(r == 1 || r == -1);
		if (r == 1) {
			char *argv[IPC_MAX_ARGS + 1];

			ipc_args(&s->m, argv, &e);
			ipc_wipe(&s->m);
		}
	}
	assert_int_equal(count_fds(), s->open);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_arrives_as_it_was_sent),
		T(the_longest_body_arrives_and_a_longer_one_is_not_sent),
		T(the_three_descriptors_of_hello_come_close_on_exec),
		T(hello_without_three_descriptors_is_refused),
		T(descriptors_where_none_belong_are_closed),
		T(a_hundred_descriptors_are_closed),
		T(a_foreign_datagram_is_refused),
		T(a_datagram_longer_than_any_is_refused_whole),
		T(a_closed_peer_is_the_end_not_an_error),
		T(arguments_are_a_list_of_strings),
		T(a_secret_is_overwritten),
		T(any_bytes_end_in_a_message_or_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
