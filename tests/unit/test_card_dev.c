// SPDX-License-Identifier: MIT
/*
 * A channel on /dev/simslotN is for the card that was granted, whatever is in
 * the slot when it is opened again. The device is ioctl() of this file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/simslot.h>

#include "card/channel.h"

/**
 * struct slot - the slot
 * @iccid: what is in it now
 * @next: what is in it after the next CHANNEL_OPEN
 * @opened: how often a channel was opened
 * @closed: and closed
 */
static struct {
	const char *iccid;
	const char *next;
	unsigned int opened;
	unsigned int closed;
	uint64_t epoch;
} slot;

int ioctl(int fd, unsigned long what, ...)
{
	va_list ap;
	void *arg;

	(void)fd;
	va_start(ap, what);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (what == SIMSLOT_IOC_INFO) {
		struct simslot_info *info = arg;

		memset(info, 0, sizeof(*info));
		info->state = SIMSLOT_READY;
		info->epoch = slot.epoch;
		snprintf(info->iccid, sizeof(info->iccid), "%s", slot.iccid);
	} else if (what == SIMSLOT_IOC_CHANNEL_OPEN) {
		struct simslot_channel *ch = arg;

		ch->channel = 1;
		ch->sw = 0x9000;
		slot.opened++;
		if (slot.next) {
			slot.iccid = slot.next;
			slot.epoch++;
		}
	} else if (what == SIMSLOT_IOC_CHANNEL_CLOSE) {
		slot.closed++;
	}
	return 0;
}

static struct sim_channel *channel(const char *iccid)
{
	struct sim_err e = { 0 };
	struct sim_channel *c;

	memset(&slot, 0, sizeof(slot));
	slot.iccid = iccid;
	slot.epoch = 1;
	c = sim_channel_dev(open("/dev/null", O_RDWR), &e);
	if (!c)
		fail_msg("%s", e.text);
	return c;
}

static int again(struct sim_channel *c, struct sim_err *e)
{
	uint8_t r[300];
	size_t got;

	return c->ops->open(c, NULL, 0, r, sizeof(r), &got, e);
}

static void the_same_card_is_opened_as_often_as_wanted(void **state)
{
	struct sim_channel *c = channel("8949020000");
	struct sim_err e;

	(void)state;
	assert_int_equal(again(c, &e), 0);
	slot.epoch++; /* reset: same identity */
	assert_int_equal(again(c, &e), 0);
	assert_int_equal(slot.opened, 2);
	c->ops->close(c);
}

static void another_card_is_not_touched(void **state)
{
	struct sim_channel *c = channel("8949020000");
	struct sim_err e = { 0 };

	(void)state;
	slot.iccid = "8949020001";
	assert_int_equal(again(c, &e), -1);
	assert_int_equal(c->fault, SIM_CHAN_STALE);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_int_equal(slot.opened, 0);
	/* A card without an identity is another one too. */
	slot.iccid = "";
	assert_int_equal(again(c, &e), -1);
	assert_int_equal(c->fault, SIM_CHAN_STALE);
	slot.iccid = "8949020000";
	assert_int_equal(again(c, &e), 0);
	c->ops->close(c);
}

static void one_that_comes_while_the_channel_opens_is_left_again(void **state)
{
	struct sim_channel *c = channel("8949020000");
	struct sim_err e;

	(void)state;
	slot.next = "8949020001";
	assert_int_equal(again(c, &e), -1);
	assert_int_equal(c->fault, SIM_CHAN_STALE);
	assert_int_equal(slot.opened, 1);
	assert_int_equal(slot.closed, 1);
	c->ops->close(c);
}

static void what_we_switch_to_ourselves_is_expected(void **state)
{
	struct sim_channel *c = channel("8949020000");
	struct sim_err e;

	(void)state;
	c->ops->expect(c, "8949020001");
	slot.iccid = "8949020001";
	assert_int_equal(again(c, &e), 0);
	slot.iccid = "8949020002";
	assert_int_equal(again(c, &e), -1);
	assert_int_equal(c->fault, SIM_CHAN_STALE);
	c->ops->close(c);
}

/* udev touches the node at each uevent; a slot made anew has another node. */
static void touching_the_node_makes_no_other_activation(void **state)
{
	char name[] = "/tmp/simsync-node.XXXXXX", other[] = "/tmp/simsync-node.XXXXXX";
	int fd = mkstemp(name), fd2 = mkstemp(other);
	struct sim_channel *c, *d;
	struct sim_err e = { 0 };
	uint64_t era;

	(void)state;
	memset(&slot, 0, sizeof(slot));
	slot.iccid = "8949020000";
	slot.epoch = 1;
	c = sim_channel_dev(fd, &e);
	d = sim_channel_dev(fd2, &e);
	assert_non_null(c);
	assert_non_null(d);
	era = c->era;
	assert_int_not_equal(era, 0);
	assert_int_not_equal(era, d->era);
	usleep(20000);
	assert_int_equal(chmod(name, 0660), 0);
	assert_int_equal(c->ops->look(c, &e), 0);
	assert_int_equal(c->era, era);
	slot.epoch = 2;
	assert_int_equal(c->ops->look(c, &e), 0);
	assert_int_not_equal(c->era, era);
	unlink(name);
	unlink(other);
	c->ops->close(c);
	d->ops->close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_card_is_opened_as_often_as_wanted),
		cmocka_unit_test(another_card_is_not_touched),
		cmocka_unit_test(one_that_comes_while_the_channel_opens_is_left_again),
		cmocka_unit_test(what_we_switch_to_ourselves_is_expected),
		cmocka_unit_test(touching_the_node_makes_no_other_activation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
