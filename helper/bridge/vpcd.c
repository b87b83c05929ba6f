// SPDX-License-Identifier: MIT
/*
 * vpcd.c - simslot-vpcd: a software card that speaks vpcd's protocol is a slot
 *
 * Listens on loopback. The card connects (vicc does, and others); both ways a
 * message is two bytes of length, high byte first, and that many bytes. One
 * byte to the card is a command: 00 power off, 01 power on, 02 reset, 04 send
 * the ATR. Anything longer is a command APDU. The card answers 04 and APDUs.
 *
 * Also an example of /dev/simslot-proxy: see linux/simslot.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/simslot.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define PORT		35963	/* where vpcd listens */
#define CARD_SECONDS	30	/* for one answer */
#define MESSAGE_MAX	65535
#define RECORD_MAX	(sizeof(struct simslot_proxy_hdr) + 4 + SIMSLOT_APDU_MAX)

enum control { OFF = 0, ON = 1, RESET = 2, ATR = 4 };

static const char usage[] =
	"Usage: simslot-vpcd [--port N] [--name NAME]\n"
	"Make the software card that connects to 127.0.0.1:N (35963) a SIM slot.\n"
	"The slot's number is printed; without a connected card it is empty.\n";

/**
 * struct vpcd - everything
 * @proxy: /dev/simslot-proxy
 * @listener: where cards connect
 * @card: the card, or -1
 * @signals: signalfd
 * @record: from or to the kernel
 * @message: from the card
 */
struct vpcd {
	int proxy;
	int listener;
	int card;
	int signals;
	uint8_t record[RECORD_MAX];
	uint8_t message[MESSAGE_MAX];
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "simslot-vpcd: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* ---- the card ------------------------------------------------------------- */

static bool read_all(int fd, uint8_t *b, size_t n)
{
	while (n) {
		ssize_t got = read(fd, b, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		b += got;
		n -= (size_t)got;
	}
	return true;
}

static bool to_card(struct vpcd *v, const uint8_t *b, size_t n)
{
	uint8_t head[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	return n <= MESSAGE_MAX &&
	       send(v->card, head, 2, MSG_NOSIGNAL | MSG_MORE) == 2 &&
	       send(v->card, b, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool control(struct vpcd *v, enum control c)
{
	uint8_t b = (uint8_t)c;

	return to_card(v, &b, 1);
}

/* Return: length of the card's message, -1: there is none. */
static int from_card(struct vpcd *v)
{
	uint8_t head[2];
	int n;

	if (!read_all(v->card, head, 2))
		return -1;
	n = head[0] << 8 | head[1];
	return read_all(v->card, v->message, (size_t)n) ? n : -1;
}

static int atr(struct vpcd *v)
{
	int n = control(v, ATR) ? from_card(v) : -1;

	return n > SIMSLOT_ATR_MAX ? -1 : n;
}

/* ---- the kernel ----------------------------------------------------------- */

static int record(struct vpcd *v, uint16_t type, uint32_t id, const void *body,
		  size_t len)
{
	struct simslot_proxy_hdr h = {
		.type = type,
		.version = SIMSLOT_PROXY_VERSION,
		.len = (uint32_t)len,
		.id = id,
	};

	memcpy(v->record, &h, sizeof(h));
	if (len)
		memmove(v->record + sizeof(h), body, len);
	if (write(v->proxy, v->record, sizeof(h) + len) < 0)
		return -errno;
	return 0;
}

static int done(struct vpcd *v, uint32_t id, int32_t err, const uint8_t *b,
		int n)
{
	uint8_t *body = malloc(sizeof(err) + (n > 0 ? (size_t)n : 0));
	int ret;

	if (!body)
		return -ENOMEM;
	memcpy(body, &err, sizeof(err));
	if (n > 0)
		memcpy(body + sizeof(err), b, (size_t)n);
	else
		n = 0;
	ret = record(v, SIMSLOT_P_DONE, id, body, sizeof(err) + (size_t)n);
	free(body);
	return ret;
}

/* A card that is there but does not answer is as good as pulled out. */
static void lose_card(struct vpcd *v)
{
	close(v->card);
	v->card = -1;
	record(v, SIMSLOT_P_REMOVE, 0, NULL, 0);
	say("the card has gone");
}

/* Return: bytes of the answer in v->message, -1: the card is lost. */
static int serve(struct vpcd *v, uint16_t type, const uint8_t *body, size_t len)
{
	uint32_t word = 0;

	if (len >= sizeof(word))
		memcpy(&word, body, sizeof(word));
	switch (type) {
	case SIMSLOT_P_APDU:
		if (len < sizeof(word) + 4 ||
		    !to_card(v, body + sizeof(word), len - sizeof(word)))
			return -1;
		return from_card(v);
	case SIMSLOT_P_RESET:
		return control(v, RESET) ? atr(v) : -1;
	case SIMSLOT_P_POWER:
		if (word)
			return control(v, ON) ? atr(v) : -1;
		return control(v, OFF) ? 0 : -1;
	}
	return 0;
}

/* Return: 0, or exit code. */
static int from_kernel(struct vpcd *v)
{
	struct simslot_proxy_hdr h;
	ssize_t got = read(v->proxy, v->record, sizeof(v->record));
	int n = -1;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < (ssize_t)sizeof(h)) {
		say("/dev/simslot-proxy: %s", strerror(errno));
		return EX_IOERR;
	}
	memcpy(&h, v->record, sizeof(h));
	if (h.type < SIMSLOT_P_APDU || h.type == SIMSLOT_P_CANCEL)
		return 0;
	if (v->card >= 0) {
		n = serve(v, h.type, v->record + sizeof(h),
			  (size_t)got - sizeof(h));
		if (n < 0)
			lose_card(v);
	}
	done(v, h.id, n < 0 ? -ENOMEDIUM : 0, v->message, n);
	return 0;
}

static int create(struct vpcd *v, const char *name)
{
	struct simslot_proxy_create c = {
		.caps = SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET |
			SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL,
	};
	int err;

	snprintf(c.name, sizeof(c.name), "%s", name);
	v->proxy = open("/dev/simslot-proxy", O_RDWR | O_CLOEXEC);
	if (v->proxy < 0) {
		say("/dev/simslot-proxy: %s (root, with module simslot-proxy loaded?)",
		    strerror(errno));
		return EX_NOPERM;
	}
	err = record(v, SIMSLOT_P_CREATE, 0, &c, sizeof(c));
	if (!err && read(v->proxy, v->record, sizeof(v->record)) !=
		    (ssize_t)(sizeof(struct simslot_proxy_hdr) + sizeof(c)))
		err = -EPROTO;
	if (err) {
		say("the kernel makes no slot: %s", strerror(-err));
		return EX_UNAVAILABLE;
	}
	memcpy(&c, v->record + sizeof(struct simslot_proxy_hdr), sizeof(c));
	printf("simslot%u\n", c.index);
	fflush(stdout);
	return 0;
}

/* ---- connections ---------------------------------------------------------- */

static int listen_on(struct vpcd *v, unsigned int port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;

	v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (v->listener < 0 ||
	    setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &one,
		       sizeof(one)) ||
	    bind(v->listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(v->listener, 1)) {
		say("127.0.0.1:%u: %s", port, strerror(errno));
		return EX_UNAVAILABLE;
	}
	return 0;
}

/* One card at a time: who comes while one is in is sent away. */
static void new_card(struct vpcd *v)
{
	struct timeval limit = { .tv_sec = CARD_SECONDS };
	int fd = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC), n;

	if (fd < 0)
		return;
	if (v->card >= 0) {
		close(fd);
		say("a second card was sent away");
		return;
	}
	v->card = fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	n = control(v, ON) ? atr(v) : -1;
	if (n < 0 || record(v, SIMSLOT_P_INSERT, 0, v->message, (size_t)n)) {
		close(fd);
		v->card = -1;
		say("what connected gave no ATR");
	}
}

static int loop(struct vpcd *v)
{
	struct pollfd p[4];
	int code = 0;

	while (!code) {
		p[0] = (struct pollfd){ v->signals, POLLIN, 0 };
		p[1] = (struct pollfd){ v->proxy, POLLIN, 0 };
		p[2] = (struct pollfd){ v->listener, POLLIN, 0 };
		p[3] = (struct pollfd){ v->card, POLLIN, 0 };
		if (poll(p, 4, -1) < 0 && errno != EINTR)
			return EX_OSERR;
		if (p[0].revents)
			return EX_OK;
		/* Between commands a card has nothing to say. */
		if (p[3].revents)
			lose_card(v);
		if (p[1].revents)
			code = from_kernel(v);
		if (p[2].revents)
			new_card(v);
	}
	return code;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "name", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static struct vpcd v = { .proxy = -1, .listener = -1, .card = -1 };
	const char *name = "vpcd";
	unsigned long port = PORT;
	sigset_t set;
	char *end;
	int c, code;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			port = strtoul(optarg, &end, 10);
			if (*end || !port || port > 65535)
				return say("no port: %s", optarg), EX_USAGE;
			break;
		case 'n':
			name = optarg;
			if (!*name || strlen(name) > 15)
				return say("name: 1 to 15 letters"), EX_USAGE;
			break;
		case 'h':
			return fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
		default:
			return fputs(usage, stderr), EX_USAGE;
		}
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	v.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (v.signals < 0 || sigprocmask(SIG_BLOCK, &set, NULL))
		return EX_OSERR;
	code = listen_on(&v, (unsigned int)port);
	if (!code)
		code = create(&v, name);
	if (!code)
		code = loop(&v);
	return code;
}
