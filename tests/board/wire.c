// SPDX-License-Identifier: MIT
/*
 * wire.c - the mechanics of a SIM slot: card detect, VCC and RST of a board
 * under QEMU on one side, software cards on the other
 *
 *	wire [OPTIONS] --qtest PATH --qmp PATH --control PATH
 *	  --cd N, --vcc N, --rst N	lines of the PL061 (0, 1, 2)
 *	  --cd-present L		level of cd with a card in (1)
 *	  --vcc-on L, --rst-run L	levels of "VCC on" and "not in reset" (1)
 *	wire --ask CONTROL COMMAND...	send one command, print the answer
 *
 * Commands on the control socket, one a line, each answered "ok ..." or
 * "error ...". Times are CLOCK_MONOTONIC in nanoseconds.
 *
 *	insert CARD		CARD is the control socket of a simcard
 *	remove			card detect falls, contact is lost
 *	bounce MS		card detect alone, away for MS milliseconds
 *	swap CARD [MS]		remove, MS (200) later insert
 *	status			levels and card
 *	edges [N]		the last N edges (16): "edge LINE LEVEL NS"
 *	follow			from now on every edge, as it comes
 *	quit
 *
 * It must run before the guest's driver does: QEMU tells changes of lines, not
 * levels. A simcard that says "event pulled" (fault "remove") is removed.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 8
#define LINE 1024
#define EDGES 256
#define START_MS 15000

enum line { CD, VCC, RST, LINES };

static const char *const line_names[LINES] = { "cd", "vcc", "rst" };

struct stream {
	int fd;
	size_t n;
	char buf[LINE];
	bool follow;
};

struct edge {
	enum line line;
	bool level;
	uint64_t at;
};

/**
 * struct slot - everything
 * @qtest: QEMU's qtest socket
 * @card: control socket of the card in the slot, fd -1: none
 * @client: who talks to us
 * @listener: our control socket
 * @card_path: where @card is
 * @gpio: QOM path of the PL061
 * @number: of each line at the PL061
 * @active: its level that means present, on, running
 * @level: in the words "present", "on", "running"
 * @edge: ring of the last edges
 * @edges: how many there were
 * @due: when cd comes back (bounce) or the next card goes in (swap); 0: never
 * @next_card: swap: the card to come; empty: bounce
 */
struct slot {
	struct stream qtest;
	struct stream card;
	struct stream client[CLIENTS];
	int listener;
	char card_path[108];
	char gpio[64];
	unsigned int number[LINES];
	bool active[LINES];
	bool level[LINES];
	struct edge edge[EDGES];
	size_t edges;
	uint64_t due;
	char next_card[108];
	bool quit;
};

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
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Until it is there, at most @ms milliseconds. */
static int connect_to(const char *path, int ms)
{
	struct timespec t = { 0, 10000000 };
	struct sockaddr_un a;
	int fd;

	for (;; ms -= 10) {
		fd = unix_socket(path, &a);
		if (fd < 0)
			return -1;
		if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
			return fd;
		close(fd);
		if (ms <= 0)
			return -1;
		nanosleep(&t, NULL);
	}
}

static bool say(struct stream *s, const char *line)
{
	char buf[LINE + 2];
	int n = snprintf(buf, sizeof(buf), "%s\n", line);

	if (s->fd < 0)
		return false;
	if (send(s->fd, buf, (size_t)n, MSG_NOSIGNAL) == n)
		return true;
	close(s->fd);
	s->fd = -1;
	return false;
}

/* Read what is there; false: the other end has gone. */
static bool fill(struct stream *s)
{
	ssize_t got = read(s->fd, s->buf + s->n, sizeof(s->buf) - s->n - 1);

	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	s->n += (size_t)got;
	s->buf[s->n] = 0;
	return true;
}

/* Next whole line, without its end, into @out (LINE bytes). */
static bool take(struct stream *s, char *out)
{
	char *end;

	s->buf[s->n] = 0;
	end = strchr(s->buf, '\n');
	if (!end) {
		if (s->n == sizeof(s->buf) - 1)
			s->n = 0;
		return false;
	}
	*end = 0;
	strcpy(out, s->buf);
	if (end > s->buf && end[-1] == '\r')
		out[end - s->buf - 1] = 0;
	s->n -= (size_t)(end + 1 - s->buf);
	memmove(s->buf, end + 1, s->n);
	return true;
}

/* ---- QEMU ---------------------------------------------------------------- */

/* One QMP answer may be long: it is read whole into @buf. */
static int qmp(int fd, const char *command, char *buf, size_t max)
{
	size_t n = 0;

	if (command && send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return -1;
	while (n + 1 < max) {
		ssize_t got = read(fd, buf + n, max - n - 1);

		if (got <= 0)
			return -1;
		n += (size_t)got;
		buf[n] = 0;
		if (buf[n - 1] == '\n' &&
		    (strstr(buf, "\"return\"") || strstr(buf, "\"QMP\"") ||
		     strstr(buf, "\"error\"")))
			return strstr(buf, "\"error\"") ? -1 : 0;
	}
	return -1;
}

/* {"name": "device[5]", "type": "child<pl061>"} among the unattached. */
static int find_gpio(struct slot *s, const char *path)
{
	static const char list[] =
		"{\"execute\":\"qom-list\",\"arguments\":"
		"{\"path\":\"/machine/unattached\"}}\n";
	char *buf = malloc(1 << 18), *type, *name, *p;
	int fd = connect_to(path, START_MS), ret = -1, n;

	if (fd < 0 || !buf || qmp(fd, NULL, buf, 1 << 18) ||
	    qmp(fd, "{\"execute\":\"qmp_capabilities\"}\n", buf, 1 << 18) ||
	    qmp(fd, list, buf, 1 << 18))
		goto out;
	type = strstr(buf, "child<pl061>");
	if (!type)
		goto out;
	for (p = type; p > buf && *p != '{'; p--)
		;
	name = strstr(p, "device[");
	/* name may stand before or behind the type, in the same object */
	if (!name || name > strchr(type, '}') || sscanf(name, "device[%d]",
							&n) != 1)
		goto out;
	snprintf(s->gpio, sizeof(s->gpio), "/machine/unattached/device[%d]", n);
	ret = 0;
out:
	if (fd >= 0)
		close(fd);
	free(buf);
	return ret;
}

static void edge(struct slot *s, enum line line, bool level, uint64_t at)
{
	char text[64];
	size_t i;

	s->level[line] = level;
	s->edge[s->edges++ % EDGES] = (struct edge){ line, level, at };
	snprintf(text, sizeof(text), "edge %s %d %llu", line_names[line], level,
		 (unsigned long long)at);
	for (i = 0; i < CLIENTS; i++)
		if (s->client[i].follow)
			say(&s->client[i], text);
}

/* The time is the one just before QEMU is told. */
static uint64_t set_cd(struct slot *s, bool present)
{
	char text[LINE];
	uint64_t at = now_ns();

	snprintf(text, sizeof(text), "set_irq_in %s unnamed-gpio-in %u %d",
		 s->gpio, s->number[CD], present == s->active[CD]);
	say(&s->qtest, text);
	edge(s, CD, present, at);
	return at;
}

static void tell_card(struct slot *s, enum line line)
{
	char text[32];

	snprintf(text, sizeof(text), "line %s %d", line_names[line],
		 s->level[line]);
	say(&s->card, text);
}

/* "IRQ raise 1": what the guest's driver did to an output. */
static void from_qemu(struct slot *s, const char *line)
{
	uint64_t at = now_ns();
	unsigned int n;
	char what[8];
	int i;

	if (sscanf(line, "IRQ %7s %u", what, &n) != 2) {
		if (strncmp(line, "OK", 2))
			fprintf(stderr, "wire: QEMU says: %s\n", line);
		return;
	}
	for (i = VCC; i < LINES; i++) {
		bool level = !strcmp(what, "raise") == s->active[i];

		if (s->number[i] != n || s->level[i] == level)
			continue;
		edge(s, (enum line)i, level, at);
		tell_card(s, (enum line)i);
	}
}

/* ---- the slot -------------------------------------------------------------- */

static int insert(struct slot *s, const char *card, char *out)
{
	uint64_t at;

	if (s->card.fd >= 0) {
		snprintf(out, LINE, "error a card is in: remove it first");
		return -1;
	}
	s->card.fd = connect_to(card, 1000);
	s->card.n = 0;
	if (s->card.fd < 0) {
		snprintf(out, LINE, "error %s: %s", card, strerror(errno));
		return -1;
	}
	snprintf(s->card_path, sizeof(s->card_path), "%s", card);
	say(&s->card, "contact 1");
	tell_card(s, VCC);
	tell_card(s, RST);
	at = set_cd(s, true);
	snprintf(out, LINE, "ok %llu", (unsigned long long)at);
	return 0;
}

static int take_out(struct slot *s, char *out)
{
	uint64_t at;

	if (s->card.fd < 0) {
		snprintf(out, LINE, "error no card is in");
		return -1;
	}
	at = set_cd(s, false);
	if (say(&s->card, "contact 0"))
		close(s->card.fd);
	s->card.fd = -1;
	snprintf(out, LINE, "ok %llu", (unsigned long long)at);
	return 0;
}

static void due(struct slot *s)
{
	char out[LINE];

	s->due = 0;
	if (!*s->next_card) {
		set_cd(s, true);
		return;
	}
	if (insert(s, s->next_card, out))
		fprintf(stderr, "wire: %s\n", out);
	*s->next_card = 0;
}

static void list_edges(struct slot *s, struct stream *k, size_t n)
{
	char text[64];
	size_t i;

	if (n > EDGES)
		n = EDGES;
	if (n > s->edges)
		n = s->edges;
	for (i = s->edges - n; i < s->edges; i++) {
		const struct edge *e = &s->edge[i % EDGES];

		snprintf(text, sizeof(text), "edge %s %d %llu",
			 line_names[e->line], e->level,
			 (unsigned long long)e->at);
		say(k, text);
	}
}

static void command(struct slot *s, struct stream *k, const char *line)
{
	char word[16] = "", arg[108] = "", out[LINE] = "ok";
	unsigned int ms = 0;
	int n = sscanf(line, "%15s %107s %u", word, arg, &ms);

	if (!strcmp(word, "insert") && n > 1) {
		insert(s, arg, out);
	} else if (!strcmp(word, "remove")) {
		take_out(s, out);
	} else if (!strcmp(word, "bounce") && n > 1) {
		snprintf(out, sizeof(out), "ok %llu",
			 (unsigned long long)set_cd(s, false));
		*s->next_card = 0;
		s->due = now_ns() + strtoull(arg, NULL, 10) * 1000000;
	} else if (!strcmp(word, "swap") && n > 1) {
		if (!take_out(s, out)) {
			snprintf(s->next_card, sizeof(s->next_card), "%s", arg);
			s->due = now_ns() + (n > 2 ? ms : 200) * 1000000ull;
		}
	} else if (!strcmp(word, "status")) {
		snprintf(out, sizeof(out), "ok cd=%d vcc=%d rst=%d card=%s",
			 s->level[CD], s->level[VCC], s->level[RST],
			 s->card.fd >= 0 ? s->card_path : "none");
	} else if (!strcmp(word, "edges")) {
		list_edges(s, k, n > 1 ? strtoul(arg, NULL, 10) : 16);
	} else if (!strcmp(word, "follow")) {
		k->follow = true;
	} else if (!strcmp(word, "quit")) {
		s->quit = true;
	} else {
		snprintf(out, sizeof(out), "error not a command: %.100s", line);
	}
	say(k, out);
}

static void accept_one(struct slot *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	size_t i;

	for (i = 0; fd >= 0 && i < CLIENTS; i++)
		if (s->client[i].fd < 0) {
			s->client[i] = (struct stream){ .fd = fd };
			return;
		}
	if (fd >= 0)
		close(fd);
}

/* The card's own words: answers are of no interest, "event pulled" is. */
static void from_card(struct slot *s)
{
	char line[LINE], out[LINE];

	if (!fill(&s->card)) {
		fprintf(stderr, "wire: the card in the slot went away\n");
		close(s->card.fd);
		s->card.fd = -1;
		set_cd(s, false);
		return;
	}
	while (s->card.fd >= 0 && take(&s->card, line)) {
		if (!strcmp(line, "event pulled"))
			take_out(s, out);
		else if (!strncmp(line, "error", 5))
			fprintf(stderr, "wire: card: %s\n", line);
	}
}

static void from_client(struct slot *s, struct stream *k)
{
	char line[LINE];

	if (!fill(k)) {
		close(k->fd);
		k->fd = -1;
		k->follow = false;
		return;
	}
	while (k->fd >= 0 && take(k, line))
		command(s, k, line);
}

static int run(struct slot *s)
{
	struct pollfd p[CLIENTS + 3];
	char line[LINE];
	size_t i;

	while (!s->quit) {
		uint64_t now = now_ns(), left = UINT64_MAX;
		struct timespec t;

		if (s->due && now >= s->due)
			due(s);
		if (s->due)
			left = s->due > now ? s->due - now : 0;
		if (left > 3600000000000u)
			left = 3600000000000u;
		t.tv_sec = (time_t)(left / 1000000000);
		t.tv_nsec = (long)(left % 1000000000);
		p[0] = (struct pollfd){ s->qtest.fd, POLLIN, 0 };
		p[1] = (struct pollfd){ s->listener, POLLIN, 0 };
		p[2] = (struct pollfd){ s->card.fd, POLLIN, 0 };
		for (i = 0; i < CLIENTS; i++)
			p[i + 3] = (struct pollfd){ s->client[i].fd, POLLIN, 0 };
		if (ppoll(p, CLIENTS + 3, &t, NULL) < 0 && errno != EINTR)
			return EX_OSERR;
		if (p[0].revents) {
			if (!fill(&s->qtest))
				return EX_OK; /* the board is off */
			while (take(&s->qtest, line))
				from_qemu(s, line);
		}
		if (p[2].revents && s->card.fd >= 0)
			from_card(s);
		for (i = 0; i < CLIENTS; i++)
			if (p[i + 3].revents)
				from_client(s, &s->client[i]);
		if (p[1].revents)
			accept_one(s);
	}
	return EX_OK;
}

static int ask(int argc, char **argv)
{
	struct stream s = { .fd = connect_to(argv[0], 2000) };
	char line[LINE] = "";
	int i;

	if (s.fd < 0) {
		fprintf(stderr, "wire: %s: %s\n", argv[0], strerror(errno));
		return EX_UNAVAILABLE;
	}
	for (i = 1; i < argc; i++) {
		if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line))
			return EX_USAGE;
		strcat(line, i > 1 ? " " : "");
		strcat(line, argv[i]);
	}
	say(&s, line);
	while (fill(&s))
		while (take(&s, line)) {
			puts(line);
			if (!strncmp(line, "ok", 2))
				return EX_OK;
			if (!strncmp(line, "error", 5))
				return EX_DATAERR;
		}
	return EX_UNAVAILABLE;
}

static int open_board(struct slot *s, const char *qmp_path, const char *qtest,
		      const char *control)
{
	struct sockaddr_un a;
	char text[LINE];

	if (find_gpio(s, qmp_path)) {
		fprintf(stderr, "wire: %s: no PL061 found by QMP\n", qmp_path);
		return EX_UNAVAILABLE;
	}
	s->qtest.fd = connect_to(qtest, START_MS);
	if (s->qtest.fd < 0) {
		fprintf(stderr, "wire: %s: %s\n", qtest, strerror(errno));
		return EX_UNAVAILABLE;
	}
	snprintf(text, sizeof(text), "irq_intercept_out %s", s->gpio);
	say(&s->qtest, text);
	set_cd(s, false);
	s->listener = unix_socket(control, &a);
	unlink(control);
	if (s->listener < 0 ||
	    bind(s->listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(s->listener, 4)) {
		fprintf(stderr, "wire: %s: %s\n", control, strerror(errno));
		return EX_CANTCREAT;
	}
	return EX_OK;
}

int main(int argc, char **argv)
{
	enum { QTEST = 1, QMP, CONTROL, O_CD, O_VCC, O_RST, PRESENT, ON, RUN };
	static const struct option options[] = {
		{ "qtest", 1, NULL, QTEST },  { "qmp", 1, NULL, QMP },
		{ "control", 1, NULL, CONTROL }, { "cd", 1, NULL, O_CD },
		{ "vcc", 1, NULL, O_VCC },    { "rst", 1, NULL, O_RST },
		{ "cd-present", 1, NULL, PRESENT }, { "vcc-on", 1, NULL, ON },
		{ "rst-run", 1, NULL, RUN },  { NULL, 0, NULL, 0 },
	};
	struct slot s = { .qtest.fd = -1, .card.fd = -1, .listener = -1,
			  .number = { 0, 1, 2 }, .active = { 1, 1, 1 } };
	const char *qtest = NULL, *qmp_path = NULL, *control = NULL;
	size_t i;
	int opt, ret;

	signal(SIGPIPE, SIG_IGN);
	if (argc > 3 && !strcmp(argv[1], "--ask"))
		return ask(argc - 2, argv + 2);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == QTEST)
			qtest = optarg;
		else if (opt == QMP)
			qmp_path = optarg;
		else if (opt == CONTROL)
			control = optarg;
		else if (opt >= O_CD && opt <= O_RST)
			s.number[opt - O_CD] = (unsigned int)atoi(optarg);
		else if (opt >= PRESENT && opt <= RUN)
			s.active[opt - PRESENT] = *optarg == '1';
		else
			return EX_USAGE;
	}
	if (!qtest || !qmp_path || !control || optind != argc) {
		fprintf(stderr, "wire --qtest PATH --qmp PATH --control PATH "
				"[options], see the head of wire.c\n");
		return EX_USAGE;
	}
	for (i = 0; i < CLIENTS; i++)
		s.client[i].fd = -1;
	ret = open_board(&s, qmp_path, qtest, control);
	if (!ret)
		ret = run(&s);
	if (s.listener >= 0)
		unlink(control);
	return ret;
}
