// SPDX-License-Identifier: MIT
/*
 * kmod_suspend.c - a sleeping system proves nothing about the card
 *
 * Suspends for as long as the kernel's own test of device suspend does
 * (/sys/power/pm_test), with a card behind /dev/simslot-proxy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kmod_rig.h"

#define TERMINAL (SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL | \
		  SIMSLOT_CAP_RESET)

static bool put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, value, strlen(value)) > 0;

	if (!good)
		printf("# %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

static uint32_t next(int events)
{
	struct note n;

	return nl_next(events, &n, 10000) ? 0 : n.event;
}

int main(void)
{
	int events = nl_open(0), fd;
	struct rig *r = rig_new(TERMINAL, "sleeper");

	ok(next(events) == SIMSLOT_EV_SLOT_ADDED, "a slot");
	rig_insert(r);
	ok(next(events) == SIMSLOT_EV_CARD_INSERTED &&
	   next(events) == SIMSLOT_EV_CARD_READY, "a card");
	fd = slot_open(r->index, 0);
	ok(!slot_channel(fd, 0, NULL), "a channel");

	ok(put("/sys/power/pm_test", "devices") &&
	   put("/sys/power/state", "freeze"), "suspend and resume");
	ok(next(events) == SIMSLOT_EV_CARD_RESET, "same identity: card-reset");
	ok(slot_apdu(fd, "\x00\xf2\x00\x00", 4, (char[300]){ 0 }, 300) ==
	   -ESTALE, "and a stale channel");

	rig_iccid(r, "89490200000000000348");
	ok(put("/sys/power/state", "freeze"), "suspend and resume");
	ok(next(events) == SIMSLOT_EV_CARD_CHANGED,
	   "other identity: card-changed, not profile-switched");

	rig_iccid(r, "8949010000000000012");
	ok(!ioctl(fd, SIMSLOT_IOC_IDENTIFY), "IDENTIFY while awake");
	ok(next(events) == SIMSLOT_EV_CARD_RESET &&
	   next(events) == SIMSLOT_EV_PROFILE_SWITCHED, "is a switch again");
	close(fd);
	rig_free(r);
	return tap_done();
}
