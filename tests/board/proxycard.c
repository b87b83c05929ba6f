// SPDX-License-Identifier: MIT
/*
 * proxycard - the software card as a slot, without a wire
 *
 *	proxycard [--name NAME] [--slow MS] < COMMANDS
 *
 * Makes one slot behind /dev/simslot-proxy and does what the lines of standard
 * input say; answers each on standard output with "ok" or a sentence:
 *
 *	insert IMAGE	put this card in (its state is kept in IMAGE)
 *	remove		take it out
 *	edit LINE	what another phone does to it (uicc_edit())
 *	switch IMAGE	become this one in place and say so (profile switch)
 *	fault LINE	uicc_fault()
 *	mute		a card that gives no ATR
 *	count		APDUs so far
 *
 * --slow: milliseconds each APDU takes, so that a test can come in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/simslot.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "card/uicc.h"

struct slot {
	int fd;
	int slow_ms;
	struct uicc *card;
};

static void put(struct slot *s, int type, uint32_t id, const void *body,
		size_t len)
{
	static uint8_t rec[sizeof(struct simslot_proxy_hdr) + 8 + UICC_RESP_MAX];
	struct simslot_proxy_hdr h = {
		.type = (uint16_t)type,
		.version = SIMSLOT_PROXY_VERSION,
		.len = (uint32_t)len,
		.id = id,
	};

	memcpy(rec, &h, sizeof(h));
	if (len)
		memcpy(rec + sizeof(h), body, len);
	if (write(s->fd, rec, sizeof(h) + len) < 0)
		fprintf(stderr, "proxycard: write: %s\n", strerror(errno));
}

static void done(struct slot *s, uint32_t id, int32_t error, const void *body,
		 size_t len)
{
	static uint8_t out[4 + UICC_RESP_MAX];

	memcpy(out, &error, 4);
	if (len)
		memcpy(out + 4, body, len);
	put(s, SIMSLOT_P_DONE, id, out, 4 + len);
}

static void request(struct slot *s, const struct simslot_proxy_hdr *h,
		    const uint8_t *body)
{
	static uint8_t resp[UICC_RESP_MAX];
	const uint8_t *atr;
	uint32_t word = 0;
	size_t n;

	if (h->len >= 4)
		memcpy(&word, body, 4);
	switch (h->type) {
	case SIMSLOT_P_POWER:
	case SIMSLOT_P_RESET:
		if (!s->card) {
			done(s, h->id, -ENOMEDIUM, NULL, 0);
			break;
		}
		uicc_reset(s->card);
		atr = uicc_atr(s->card, &n);
		if (h->type == SIMSLOT_P_POWER && !word)
			n = 0;
		done(s, h->id, 0, atr, n);
		break;
	case SIMSLOT_P_APDU:
		if (s->slow_ms)
			poll(NULL, 0, s->slow_ms);
		n = s->card ? uicc_apdu(s->card, body + 4, h->len - 4, resp,
					sizeof(resp)) :
			      0;
		done(s, h->id, n ? 0 : -EIO, resp, n);
		break;
	case SIMSLOT_P_CANCEL:
		break;
	default:
		done(s, h->id, -EOPNOTSUPP, NULL, 0);
	}
}

static void insert(struct slot *s, const char *path, char *why)
{
	const uint8_t *atr;
	size_t n;

	s->card = uicc_load(path, why);
	if (!s->card)
		return;
	if (uicc_autosave(s->card, path, why) < 0)
		return;
	atr = uicc_atr(s->card, &n);
	put(s, SIMSLOT_P_INSERT, 0, atr, n);
}

static void identity(struct slot *s)
{
	uint8_t ef[10];
	char digits[21];
	size_t i, n;

	uicc_iccid(s->card, digits);
	n = strlen(digits);
	memset(ef, 0xff, sizeof(ef));
	for (i = 0; i < n; i++)
		ef[i / 2] = (uint8_t)(i & 1 ? (ef[i / 2] & 0x0f) |
						      (digits[i] - '0') << 4 :
					      0xf0 | (digits[i] - '0'));
	put(s, SIMSLOT_P_IDENTITY, 0, ef, n ? sizeof(ef) : 0);
}

static void command(struct slot *s, char *line)
{
	char *arg = strchr(line, ' ');
	char why[UICC_WHY] = "";

	if (arg)
		*arg++ = '\0';
	if (!strcmp(line, "insert") && arg && !s->card) {
		insert(s, arg, why);
	} else if (!strcmp(line, "remove") && s->card) {
		put(s, SIMSLOT_P_REMOVE, 0, NULL, 0);
		uicc_free(s->card);
		s->card = NULL;
	} else if (!strcmp(line, "edit") && arg && s->card) {
		uicc_edit(s->card, arg, why);
	} else if (!strcmp(line, "fault") && arg && s->card) {
		uicc_fault(s->card, arg, why);
	} else if (!strcmp(line, "switch") && arg && s->card) {
		if (!uicc_identity(s->card, arg, why))
			identity(s);
	} else if (!strcmp(line, "mute")) {
		put(s, SIMSLOT_P_INSERT, 0, NULL, 0);
	} else if (!strcmp(line, "count") && s->card) {
		struct uicc_count c;

		uicc_counts(s->card, &c);
		printf("%llu\n", (unsigned long long)c.apdus);
		fflush(stdout);
		return;
	} else {
		snprintf(why, sizeof(why), "not now: %.60s", line);
	}
	puts(why[0] ? why : "ok");
	fflush(stdout);
}

static int create(struct slot *s, const char *name)
{
	struct {
		struct simslot_proxy_hdr h;
		struct simslot_proxy_create c;
	} rec = {
		.h = { SIMSLOT_P_CREATE, SIMSLOT_PROXY_VERSION, sizeof(rec.c), 0 },
		.c = { .caps = SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET |
			       SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL |
			       SIMSLOT_CAP_PARITY },
	};

	snprintf(rec.c.name, sizeof(rec.c.name), "%s", name);
	s->fd = open("/dev/simslot-proxy", O_RDWR | O_CLOEXEC);
	if (s->fd < 0 || write(s->fd, &rec, sizeof(rec)) < 0 ||
	    read(s->fd, &rec, sizeof(rec)) != (ssize_t)sizeof(rec)) {
		perror("/dev/simslot-proxy");
		return -1;
	}
	printf("slot %u\n", rec.c.index);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t rec[sizeof(struct simslot_proxy_hdr) + 8 +
			   SIMSLOT_APDU_MAX];
	struct slot s = { .fd = -1 };
	const char *name = "proxycard";
	char line[512];
	size_t at = 0;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--name"))
			name = argv[i + 1];
		else if (!strcmp(argv[i], "--slow"))
			s.slow_ms = atoi(argv[i + 1]);
	}
	if (create(&s, name) < 0)
		return 1;
	for (;;) {
		struct pollfd f[2] = { { s.fd, POLLIN, 0 }, { 0, POLLIN, 0 } };

		if (poll(f, 2, -1) < 0)
			return 1;
		if (f[0].revents & POLLIN) {
			ssize_t n = read(s.fd, rec, sizeof(rec));

			if (n >= (ssize_t)sizeof(struct simslot_proxy_hdr))
				request(&s, (void *)rec,
					rec + sizeof(struct simslot_proxy_hdr));
		} else if (f[0].revents) {
			return 0;
		}
		if (!f[1].revents)
			continue;
		if (at + 1 >= sizeof(line) || read(0, line + at, 1) != 1)
			return 0;
		if (line[at++] != '\n')
			continue;
		line[at - 1] = '\0';
		at = 0;
		command(&s, line);
	}
}
