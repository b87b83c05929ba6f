// SPDX-License-Identifier: MIT
/*
 * main.c - simcard: a software UICC whose contacts are sockets
 *
 *	simcard [OPTIONS] IMAGE		be the card
 *	simcard show IMAGE		what is on it
 *	simcard edit IMAGE LINE...	change it while it is out of the phone
 *
 * Everything is said in README.md.
 */
#include "card/simcard.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 16
#define LINE 4096

struct client {
	int fd;
	size_t n;
	char buf[LINE];
};

/**
 * struct loop - sockets
 * @uart: QEMU's chardev, -1: not connected
 * @uart_path: where it is
 * @retry: when to connect again, ns
 * @listener: control socket
 * @client: its connections
 * @pulled: the clients know that contact was lost
 */
struct loop {
	int uart;
	const char *uart_path;
	uint64_t retry;
	int listener;
	struct client client[CLIENTS];
	bool pulled;
};

static const char usage[] =
	"simcard [OPTIONS] IMAGE | simcard show IMAGE | "
	"simcard edit IMAGE LINE...\n"
	"  --uart PATH      connect to this unix socket (QEMU's chardev)\n"
	"  --control PATH   listen for commands here\n"
	"  --state FILE     load from it when it is there, save every change\n"
	"  --pace           characters take their true time\n"
	"  --clock HZ       at contact CLK (3571200)\n"
	"  --no-echo        separate wires: what is sent is not seen\n"
	"  --no-pps         stay silent when a PPS request comes\n"
	"  --ack all|one|mix  how T=0 asks for data\n"
	"  --powered        no line commands: VCC and RST are up\n"
	"  --trace FILE     every TPDU decoded\n";

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int unix_socket(const char *path, struct sockaddr_un *a)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(a->sun_path, path);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int listen_on(const char *path)
{
	struct sockaddr_un a;
	int fd = unix_socket(path, &a);

	if (fd < 0)
		return -1;
	unlink(path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a;
	int fd = unix_socket(path, &a);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void tell(struct client *k, const char *line)
{
	char buf[SIMCARD_ANSWER + 1];
	int n = snprintf(buf, sizeof(buf), "%s\n", line);

	if (k->fd >= 0 && send(k->fd, buf, (size_t)n, MSG_NOSIGNAL) != n) {
		close(k->fd);
		k->fd = -1;
	}
}

static void client_in(struct simcard *s, struct client *k)
{
	char out[SIMCARD_ANSWER];
	ssize_t got = read(k->fd, k->buf + k->n, sizeof(k->buf) - k->n - 1);
	char *end;

	if (got <= 0) {
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		close(k->fd);
		k->fd = -1;
		return;
	}
	k->n += (size_t)got;
	k->buf[k->n] = 0;
	while (k->fd >= 0 && (end = strchr(k->buf, '\n')) != NULL) {
		*end = 0;
		simcard_command(s, k->buf, now_ns(), out);
		tell(k, out);
		k->n -= (size_t)(end + 1 - k->buf);
		memmove(k->buf, end + 1, k->n + 1);
	}
	if (k->n == sizeof(k->buf) - 1) {
		tell(k, "error line too long");
		k->n = 0;
	}
}

static void accept_one(struct loop *l)
{
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i;

	for (i = 0; fd >= 0 && i < CLIENTS; i++)
		if (l->client[i].fd < 0) {
			l->client[i].fd = fd;
			l->client[i].n = 0;
			return;
		}
	if (fd >= 0)
		close(fd);
}

static void uart_in(struct simcard *s, struct loop *l)
{
	uint8_t buf[512];
	ssize_t got = read(l->uart, buf, sizeof(buf)), i;

	if (got <= 0) {
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		close(l->uart);
		l->uart = -1;
		return;
	}
	for (i = 0; i < got; i++)
		uicc_wire_rx(s->wire, buf[i], now_ns());
}

/* What is due goes out; returns when to come again. */
static uint64_t uart_out(struct simcard *s, struct loop *l)
{
	uint8_t buf[512];
	uint64_t next = UINT64_MAX;
	size_t n = 0;

	while (n < sizeof(buf) &&
	       uicc_wire_tx(s->wire, now_ns(), &buf[n], &next))
		n++;
	if (n == sizeof(buf))
		next = 0;
	if (n && l->uart >= 0 &&
	    send(l->uart, buf, n, MSG_NOSIGNAL) != (ssize_t)n) {
		close(l->uart);
		l->uart = -1;
	}
	return next;
}

static void tell_pulled(struct simcard *s, struct loop *l)
{
	struct uicc_wire_info info;
	size_t i;

	uicc_wire_info(s->wire, &info);
	if (info.pulled && !l->pulled)
		for (i = 0; i < CLIENTS; i++)
			tell(&l->client[i], "event pulled");
	l->pulled = info.pulled;
}

static int run(struct simcard *s, struct loop *l)
{
	struct pollfd p[CLIENTS + 2];
	struct timespec t;
	uint64_t next, now;
	size_t i;

	while (!s->quit) {
		next = uart_out(s, l);
		tell_pulled(s, l);
		now = now_ns();
		if (l->uart >= 0 && !s->contact) {
			close(l->uart);
			l->uart = -1;
		}
		if (l->uart < 0 && l->uart_path && s->contact) {
			if (now >= l->retry) {
				l->uart = connect_to(l->uart_path);
				l->retry = now + 20000000;
			}
			if (l->uart < 0 && l->retry < next)
				next = l->retry;
		}
		p[0] = (struct pollfd){ l->uart, POLLIN, 0 };
		p[1] = (struct pollfd){ l->listener, POLLIN, 0 };
		for (i = 0; i < CLIENTS; i++)
			p[i + 2] = (struct pollfd){ l->client[i].fd, POLLIN, 0 };
		now = now_ns();
		next = next > now ? next - now : 0;
		t.tv_sec = (time_t)(next / 1000000000);
		if (t.tv_sec > 3600)
			t.tv_sec = 3600;
		t.tv_nsec = (long)(next % 1000000000);
		if (ppoll(p, CLIENTS + 2, &t, NULL) < 0 && errno != EINTR)
			return -1;
		/* lines first: what comes after a reset is not for before */
		for (i = 0; i < CLIENTS; i++)
			if (p[i + 2].revents)
				client_in(s, &l->client[i]);
		if (p[1].revents)
			accept_one(l);
		if (p[0].revents && l->uart >= 0)
			uart_in(s, l);
	}
	return 0;
}

static int serve(struct simcard *s, struct loop *l, const char *control,
		 const char *trace, bool powered)
{
	char out[SIMCARD_ANSWER];
	size_t i;
	int ret;

	for (i = 0; i < CLIENTS; i++)
		l->client[i].fd = -1;
	if (control) {
		l->listener = listen_on(control);
		if (l->listener < 0) {
			fprintf(stderr, "simcard: %s: %s\n", control,
				strerror(errno));
			return EX_CANTCREAT;
		}
	}
	if (trace) {
		char line[LINE];

		snprintf(line, sizeof(line), "trace on \"%s\"", trace);
		simcard_command(s, line, now_ns(), out);
		if (strncmp(out, "ok", 2)) {
			fprintf(stderr, "simcard: %s\n", out);
			return EX_CANTCREAT;
		}
	}
	if (powered) {
		s->contact = true;
		uicc_wire_line(s->wire, UICC_VCC, true, now_ns());
		uicc_wire_line(s->wire, UICC_RST, true, now_ns());
	}
	ret = run(s, l) ? EX_OSERR : EX_OK;
	if (control)
		unlink(control);
	for (i = 0; i < CLIENTS; i++)
		if (l->client[i].fd >= 0)
			close(l->client[i].fd);
	if (l->uart >= 0)
		close(l->uart);
	if (l->listener >= 0)
		close(l->listener);
	return ret;
}

static int off_line(int argc, char **argv)
{
	char why[UICC_WHY];
	int ret = !strcmp(argv[1], "show") ?
			  simcard_show(argv[2], why) :
			  simcard_edit(argv[2], argv + 3, argc - 3, why);

	if (ret)
		fprintf(stderr, "simcard: %s\n", why);
	return ret ? EX_DATAERR : EX_OK;
}

int main(int argc, char **argv)
{
	enum { UART = 1, CONTROL, STATE, PACE, CLOCK, NOECHO, NOPPS, ACK,
	       POWERED, TRACE };
	static const struct option options[] = {
		{ "uart", 1, NULL, UART },   { "control", 1, NULL, CONTROL },
		{ "state", 1, NULL, STATE }, { "pace", 0, NULL, PACE },
		{ "clock", 1, NULL, CLOCK }, { "no-echo", 0, NULL, NOECHO },
		{ "no-pps", 0, NULL, NOPPS }, { "ack", 1, NULL, ACK },
		{ "powered", 0, NULL, POWERED }, { "trace", 1, NULL, TRACE },
		{ NULL, 0, NULL, 0 },
	};
	struct uicc_wire_opt o = { .echo = true, .pps = true,
				   .clock = 3571200, .atr_clocks = 4000 };
	struct loop l = { .uart = -1, .listener = -1 };
	const char *control = NULL, *trace = NULL, *from;
	struct simcard s = { .card = NULL };
	char why[UICC_WHY];
	bool powered = false;
	int opt, ret = EX_DATAERR;

	if (argc > 2 && (!strcmp(argv[1], "show") ||
			 (argc > 3 && !strcmp(argv[1], "edit"))))
		return off_line(argc, argv);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case UART:
			l.uart_path = optarg;
			break;
		case CONTROL:
			control = optarg;
			break;
		case STATE:
			s.state = optarg;
			break;
		case PACE:
			o.pace = true;
			break;
		case CLOCK:
			o.clock = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case NOECHO:
			o.echo = false;
			break;
		case NOPPS:
			o.pps = false;
			break;
		case ACK:
			o.ack = optarg[0] == 'o' ? UICC_ACK_ONE :
				optarg[0] == 'm' ? UICC_ACK_MIX : UICC_ACK_ALL;
			break;
		case POWERED:
			powered = true;
			break;
		case TRACE:
			trace = optarg;
			break;
		default:
			fputs(usage, stderr);
			return EX_USAGE;
		}
	}
	if (optind + 1 != argc || !o.clock) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	from = s.state && !access(s.state, R_OK) ? s.state : argv[optind];
	s.image = strdup(from);
	s.card = uicc_load(from, why);
	if (!s.card || (s.state && uicc_autosave(s.card, s.state, why))) {
		fprintf(stderr, "simcard: %s\n", why);
		goto out;
	}
	s.wire = uicc_wire_new(s.card, &o);
	if (!s.wire || !s.image) {
		fputs("simcard: no memory\n", stderr);
		goto out;
	}
	ret = serve(&s, &l, control, trace, powered);
out:
	uicc_wire_free(s.wire);
	uicc_free(s.card);
	free(s.image);
	if (s.trace && s.trace != stderr)
		fclose(s.trace);
	return ret;
}
