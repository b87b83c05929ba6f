// SPDX-License-Identifier: MIT
/*
 * storm_card.c - a reader on a tty, its card, and a hand that plugs it at any
 * instant
 *
 * Needs ttypair: the discipline is on /dev/ttySP0, the card on /dev/ttySP1. Our
 * CTS is the reader's RTS (asserted: RST is low), our RTS its card detect. The
 * software card speaks ISO/IEC 7816-3 byte by byte, so a contact lost after a
 * number of characters is lost within the ATR, the PPS or an APDU.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "card/uicc_wire.h"
#include "kmod_rig.h"
#include "storm.h"

#define LDISC	29
#define CARDS	2

static const char *const faults[] = {
	"clear", "silence times=1", "nulls 5", "nulls 0 times=1",
	"garbage 3 times=1", "stop 2 times=1", "echo 1 times=1",
	"no-atr times=1", "bad-tck times=2", "short-atr 2 times=1",
	"sw 6f00 times=1", "sw 9110 times=1", "reset times=1",
};

#define FAULTS ((int)(sizeof(faults) / sizeof(faults[0])))

static struct uicc *cards[CARDS];
static int line;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int raw_tty(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;

	if (fd < 0)
		return -1;
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		t.c_cflag |= CLOCAL | CREAD;
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

bool storm_card_open(const char *images)
{
	static const char *const names[CARDS] = { "card-a", "card-b" };
	char path[512], why[UICC_WHY];
	int i;

	for (i = 0; i < CARDS; i++) {
		snprintf(path, sizeof(path), "%s/%s.card", images, names[i]);
		cards[i] = uicc_load(path, why);
		if (!cards[i]) {
			printf("# %s\n", why);
			return false;
		}
	}
	line = raw_tty("/dev/ttySP1");
	return line >= 0;
}

void storm_plug(bool in)
{
	int rts = TIOCM_RTS;

	atomic_store(&storm.plugged, in);
	ioctl(line, in ? TIOCMBIS : TIOCMBIC, &rts);
}

/**
 * struct session - one activation of the card
 * @resets: ATRs begun before it
 * @tx: characters the card had sent before it
 * @apdus: commands before it
 * @atr: characters of its ATR
 */
struct session {
	uint64_t resets;
	uint64_t tx;
	uint64_t apdus;
	size_t atr;
};

static void look(const struct uicc_wire *w, const struct uicc *card,
		 struct session *s)
{
	struct uicc_wire_info i;
	struct uicc_count c;

	uicc_wire_info(w, &i);
	if (i.resets == s->resets)
		return;
	uicc_counts(card, &c);
	s->resets = i.resets;
	s->tx = i.tx;
	s->apdus = c.apdus;
	uicc_atr(card, &s->atr);
	atomic_fetch_add(&storm.atrs, 1);
}

/* One character more on the line: is this where the contact is lost? */
static void character(const struct uicc_wire *w, const struct uicc *card,
		      const struct session *s)
{
	int left = atomic_load(&storm.cut), phase = 2;
	struct uicc_wire_info i;
	struct uicc_count c;

	if (!left || !atomic_compare_exchange_strong(&storm.cut, &left, left - 1) ||
	    left != 1)
		return;
	uicc_wire_info(w, &i);
	uicc_counts(card, &c);
	if (i.tx - s->tx < s->atr)
		phase = 0;
	else if (c.apdus == s->apdus)
		phase = 1;
	atomic_fetch_add(&storm.cut_in[phase], 1);
	storm_plug(false);
}

static void send(struct uicc_wire *w, const struct uicc *card, struct session *s)
{
	uint64_t next;
	uint8_t b;

	while (atomic_load(&storm.plugged) &&
	       uicc_wire_tx(w, now_ns(), &b, &next)) {
		look(w, card, s);
		if (write(line, &b, 1) != 1)
			return;
		character(w, card, s);
	}
}

static void lines(struct uicc_wire *w, bool *was_in, bool *was_high, int *which)
{
	bool in = atomic_load(&storm.plugged), high;
	int mask = 0;

	ioctl(line, TIOCMGET, &mask);
	high = !(mask & TIOCM_CTS);
	if (in != *was_in) {
		if (in && atomic_exchange(&storm.swap, false))
			*which = (*which + 1) % CARDS;
		uicc_wire_card(w, cards[*which]);
		*was_high = false;
		if (in) {
			tcflush(line, TCIFLUSH);
			uicc_wire_line(w, UICC_VCC, true, now_ns());
			uicc_wire_line(w, UICC_CLK, true, now_ns());
		}
		*was_in = in;
	}
	if (in && high != *was_high) {
		if (high)
			tcflush(line, TCIFLUSH);
		uicc_wire_line(w, UICC_RST, high, now_ns());
		*was_high = high;
	}
	if (in && high && atomic_exchange(&storm.self_reset, false)) {
		uicc_wire_line(w, UICC_RST, false, now_ns());
		uicc_wire_line(w, UICC_RST, true, now_ns());
	}
}

void *storm_card(void *arg)
{
	struct uicc_wire_opt o = { .echo = true, .clock = 3571200,
				   .ack = UICC_ACK_MIX, .pps = true,
				   .atr_clocks = 400 };
	struct uicc_wire *w = uicc_wire_new(cards[0], &o);
	struct pollfd p = { .fd = line, .events = POLLIN };
	bool in = false, high = false;
	struct session now = { 0 };
	uint8_t buf[64];
	char why[UICC_WHY];
	int which = 0, n, i, f;

	(void)arg;
	while (!atomic_load(&storm.over)) {
		lines(w, &in, &high, &which);
		f = atomic_exchange(&storm.fault, 0);
		if (f > 0)
			uicc_fault(cards[which], faults[f - 1], why);
		n = poll(&p, 1, 1) > 0 ? (int)read(line, buf, sizeof(buf)) : 0;
		for (i = 0; i < n && atomic_load(&storm.plugged); i++) {
			uicc_wire_rx(w, buf[i], now_ns());
			character(w, cards[which], &now);
		}
		send(w, cards[which], &now);
	}
	uicc_wire_free(w);
	return NULL;
}

void *storm_hand(void *arg)
{
	uint64_t *seed = arg;

	while (!atomic_load(&storm.stop)) {
		switch (storm_random(seed, 12)) {
		case 0:
		case 1:
			storm_plug(false);
			break;
		case 2:
			atomic_store(&storm.swap, true);
			/* fall through */
		case 3:
		case 4:
			storm_plug(true);
			break;
		case 5:		/* within the ATR, the PPS, the first command */
			atomic_store(&storm.cut, 1 + storm_random(seed, 70));
			storm_plug(false);
			usleep(storm_random(seed, 200000));
			storm_plug(true);
			break;
		case 6:
			atomic_store(&storm.cut, 1 + storm_random(seed, 200));
			storm_plug(true);
			break;
		case 7:		/* shorter than the debounce time */
			storm_plug(false);
			usleep(storm_random(seed, 40000));
			storm_plug(true);
			break;
		case 8:
			atomic_store(&storm.self_reset, true);
			break;
		case 9:
			atomic_store(&storm.fault, 1 + storm_random(seed, FAULTS));
			break;
		case 10:	/* long enough to be used */
		case 11:
			storm_plug(true);
			usleep(500000 + storm_random(seed, 2500000));
			storm_linger(seed);
			break;
		}
		storm_pause(seed);
	}
	return NULL;
}

/* ---- the reader's other end ----------------------------------------------- */

int storm_tty_slot(void)
{
	char name[32];
	int i;

	for (i = 0; i < 16; i++)
		if (!slot_sysfs(i, "driver", name, sizeof(name)) &&
		    !strcmp(name, "tty"))
			return i;
	return -1;
}

int storm_attach(void)
{
	int ldisc = LDISC, tty = raw_tty("/dev/ttySP0");

	if (tty < 0)
		return -1;
	if (ioctl(tty, TIOCSETD, &ldisc)) {
		close(tty);
		return -1;
	}
	slot_write_sysfs(storm_tty_slot(), "reader/detect_line", "cts");
	return tty;
}

void *storm_reader(void *arg)
{
	static const char *const pps[] = { "0", "1" };
	uint64_t *seed = arg;
	int tty, i, n;

	while (!atomic_load(&storm.stop)) {
		tty = atomic_load(&storm.calm) ? -1 : storm_attach();
		if (tty < 0) {
			usleep(50000);
			continue;
		}
		storm_linger(seed);
		n = 5 + storm_random(seed, 60);
		for (i = 0; i < n && !atomic_load(&storm.calm) &&
		     !atomic_load(&storm.stop); i++) {
			usleep(100000);
			if (storm_random(seed, 20))
				continue;
			slot_write_sysfs(storm_tty_slot(), "reader/pps",
					 pps[storm_random(seed, 2)]);
		}
		if (!storm_random(seed, 3))
			ioctl(tty, TIOCVHANGUP);
		close(tty);
		atomic_fetch_add(&storm.hangups, 1);
	}
	return NULL;
}
