// SPDX-License-Identifier: MIT
/*
 * kmod_tty.c - a Phoenix reader on a tty: lines, polarity, attributes
 *
 * Needs simslot-tty and the test module ttypair: the line discipline is on
 * /dev/ttySP0, this program is the reader and its card on /dev/ttySP1. The
 * reader's RTS (reset) is our CTS, our RTS is its CTS (card detect).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "kmod_rig.h"

#define LDISC	29
#define ICCID	"8949010000000000012"

/* Debian's smartcard_list.txt: T=0 stated, no PPS (372/1) */
static const uint8_t atr[] = { 0x3b, 0x82, 0x00, 0x55, 0x18 };

static int card;
static volatile bool stop, smartmouse;
static int resets;

static void xmit(const void *b, int n)
{
	if (write(card, b, n) != n)
		printf("# card: %s\n", strerror(errno));
}

static int byte(int ms)
{
	struct pollfd p = { .fd = card, .events = POLLIN };
	uint8_t b;

	if (poll(&p, 1, ms) <= 0 || read(card, &b, 1) != 1)
		return -1;
	xmit(&b, 1);		/* one I/O line: what is sent comes back */
	return b;
}

/* T=0: EF_ICCID and nothing else (ISO 7816-3 10.3, TS 102 221 13.2). */
static void command(uint8_t first)
{
	static const uint8_t ef[] = { 0x98, 0x94, 0x10, 0x00, 0x00, 0x00, 0x00,
				      0x00, 0x10, 0xf2 };
	uint8_t h[5] = { first };
	int i, b;

	for (i = 1; i < 5; i++) {
		b = byte(500);
		if (b < 0)
			return;
		h[i] = b;
	}
	if (h[1] == 0xa4) {
		xmit("\xa4", 1);
		for (i = 0; i < h[4]; i++)
			if (byte(500) < 0)
				return;
		xmit("\x90\x00", 2);
	} else if (h[1] == 0xb0) {
		xmit("\xb0", 1);
		xmit(ef, h[4] < 10 ? h[4] : 10);
		xmit("\x90\x00", 2);
	} else {
		xmit("\x6d\x00", 2);
	}
}

static void *play(void *arg)
{
	bool was = true, low;
	int lines, b;

	(void)arg;
	while (!stop) {
		ioctl(card, TIOCMGET, &lines);
		low = !!(lines & TIOCM_CTS) != smartmouse;
		if (was && !low) {
			tcflush(card, TCIFLUSH);
			resets++;
			xmit(atr, sizeof(atr));
		}
		was = low;
		b = low ? -1 : byte(2);
		if (b >= 0)
			command(b);
		else if (low)
			usleep(500);
	}
	return NULL;
}

static void present(bool yes)
{
	int rts = TIOCM_RTS;

	ioctl(card, yes ? TIOCMBIS : TIOCMBIC, &rts);
}

static bool wait_event(int fd, uint32_t event)
{
	struct note n;

	while (!nl_next(fd, &n, 8000))
		if (n.event == event)
			return true;
	return false;
}

static bool is(int slot, const char *attr, const char *want)
{
	char buf[128];

	slot_sysfs(slot, attr, buf, sizeof(buf));
	if (strcmp(buf, want))
		printf("# %s is '%s', not '%s'\n", attr, buf, want);
	return !strcmp(buf, want);
}

static int raw_tty(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;

	if (fd < 0 || tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

int main(void)
{
	int events = nl_open(0), ldisc = LDISC, tty, slot = -1, n;
	struct simslot_channel ch;
	pthread_t thread;
	struct note list[8];
	struct note e;

	card = raw_tty("/dev/ttySP1");
	tty = raw_tty("/dev/ttySP0");
	ok(card >= 0 && tty >= 0, "the cable is there");
	pthread_create(&thread, NULL, play, NULL);
	ok(!ioctl(tty, TIOCSETD, &ldisc), "the discipline attaches");
	ok(!nl_next(events, &e, 3000) && e.event == SIMSLOT_EV_SLOT_ADDED,
	   "and is a slot");
	slot = e.slot;
	ok(wait_event(events, SIMSLOT_EV_CARD_READY), "a card without detect");
	ok(is(slot, "iccid", ICCID) && is(slot, "driver", "tty") &&
	   is(slot, "protocol", "T=0"), "is read");
	ok(is(slot, "reader/reset_line", "rts") &&
	   is(slot, "reader/detect_line", "none") &&
	   is(slot, "reader/clock", "3571200") &&
	   is(slot, "reader/pps", "1"), "attributes of a Phoenix reader");
	ok(slot_write_sysfs(slot, "reader/clock", "5") == -ERANGE &&
	   slot_write_sysfs(slot, "reader/reset_line", "cts") == -EINVAL,
	   "attributes are checked");

	present(true);
	ok(!slot_write_sysfs(slot, "reader/detect_line", "cts") &&
	   wait_event(events, SIMSLOT_EV_CARD_RESET),
	   "card detect on CTS: looked at again");
	present(false);
	ok(wait_event(events, SIMSLOT_EV_CARD_REMOVED), "removed");
	present(true);
	ok(wait_event(events, SIMSLOT_EV_CARD_INSERTED) &&
	   wait_event(events, SIMSLOT_EV_CARD_READY), "inserted");
	present(false);
	ok(wait_event(events, SIMSLOT_EV_CARD_REMOVED), "removed again");
	ok(!slot_write_sysfs(slot, "reader/detect_line", "-cts") &&
	   wait_event(events, SIMSLOT_EV_CARD_READY),
	   "the other polarity: deasserted is present");

	smartmouse = true;
	ok(!slot_write_sysfs(slot, "reader/reset_line", "-rts") &&
	   wait_event(events, SIMSLOT_EV_CARD_RESET), "a Smartmouse's reset");
	n = slot_open(slot, 0);
	ok(n >= 0 && slot_channel(n, 0, &ch) == 0 && ch.sw == 0x6d00 &&
	   ch.channel == SIMSLOT_NO_CHANNEL, "a card without channels says so");

	close(tty);
	ok(wait_event(events, SIMSLOT_EV_SLOT_REMOVED), "detached");
	ok(slot_channel(n, 0, &ch) == -ENODEV && nl_dump(list, 8) == 0,
	   "the slot is gone");
	ok(resets >= 4, "%d resets seen", resets);
	close(n);
	stop = true;
	pthread_join(thread, NULL);
	return tap_done();
}
