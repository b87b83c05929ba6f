// SPDX-License-Identifier: GPL-2.0-only
/*
 * simslot_slot_kunit.c - KUnit suites of identities and of the slot's state machine
 *
 * A driver whose card is three variables, registered with the real core: what
 * the line does is told by simslot_edge(), and the slot has to say exactly what
 * docs/netlink/simslot.yaml lists for it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "simslot.h"
#include "suites.h"

#define DEBOUNCE_MS	40

/* ---- identity --------------------------------------------------------------- */

struct iccid_vector {
	const char *desc;
	u8 ef[SIMSLOT_EF_ICCID_LEN];
	size_t len;
	const char *text;
};

/* TS 102 221 13.2: BCD, the first digit in the low nibble, F fills. */
static const struct iccid_vector iccid_vectors[] = {
	{ "twenty digits",
	  { 0x98, 0x94, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x54 }, 10,
	  "89490123456789012345" },
	{ "nineteen digits and a filler",
	  { 0x98, 0x94, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0xf4 }, 10,
	  "8949012345678901234" },
	{ "eighteen digits and two fillers",
	  { 0x98, 0x94, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0xff }, 10,
	  "894901234567890123" },
	{ "eighteen digits in nine bytes are the same",
	  { 0x98, 0x94, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32 }, 9,
	  "894901234567890123" },
	{ "all FF is none",
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 10,
	  "" },
	{ "no bytes are none", { 0 }, 0, "" },
	{ "a nibble that is no digit does not vanish",
	  { 0xa8, 0x94, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0xf4 }, 10,
	  "8a49012345678901234" },
	{ "what follows the filler is not read",
	  { 0x98, 0xf4, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x54 }, 10,
	  "894" },
};

static void iccid_desc(const struct iccid_vector *v, char *desc)
{
	strscpy(desc, v->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(iccid, iccid_vectors, iccid_desc);

static void iccid_is_these_digits(struct kunit *test)
{
	const struct iccid_vector *v = test->param_value;
	char text[SIMSLOT_ICCID_LEN];
	size_t i;

	memset(text, 'x', sizeof(text));
	simslot_iccid_text(text, v->ef, v->len);
	KUNIT_EXPECT_STREQ(test, text, v->text);
	for (i = strlen(v->text); i < sizeof(text); i++)
		KUNIT_EXPECT_EQ(test, text[i], 0);
}

static struct kunit_case identity_cases[] = {
	KUNIT_CASE_PARAM(iccid_is_these_digits, iccid_gen_params),
	{}
};

struct kunit_suite simslot_identity_suite = {
	.name = "simslot_identity",
	.test_cases = identity_cases,
};

/* ---- a driver ---------------------------------------------------------------- */

static const u8 ef_a[] = { 0x98, 0x94, 0x10, 0, 0, 0, 0, 0, 0x10, 0xf2 };
static const u8 ef_b[] = { 0x98, 0x94, 0x10, 0, 0, 0, 0, 0, 0x20, 0xf0 };

#define ICCID_A	"8949010000000000012"
#define ICCID_B	"8949010000000000020"

/**
 * struct fake - slot and card
 * @slot: registered with the core
 * @present: level of card detect
 * @mute: gives no ATR
 * @ef: EF_ICCID's bytes; NULL: it has no such file
 * @powered: activated and not deactivated since
 * @seq: sequence number of the last event that a test knows of
 * @epoch: of the slot when a test looked last
 */
struct fake {
	struct simslot *slot;
	bool present;
	bool mute;
	const u8 *ef;
	bool powered;
	u64 seq;
	u64 epoch;
};

static int fake_activate(struct simslot *slot, enum simslot_how how,
			 struct simslot_card *card)
{
	static const u8 atr[] = { 0x3b, 0x82, 0x00, 0x55, 0x18 };
	struct fake *f = slot->priv;

	f->powered = true;
	if (f->mute) {
		card->reason = SIMSLOT_REASON_NO_ATR;
		return -EHOSTDOWN;
	}
	memcpy(card->atr, atr, sizeof(atr));
	card->atr_len = sizeof(atr);
	return 0;
}

static void fake_deactivate(struct simslot *slot)
{
	struct fake *f = slot->priv;

	f->powered = false;
}

/* SELECT and READ BINARY of EF_ICCID, and no other instruction. */
static int fake_transceive(struct simslot *slot, struct simslot_xfer *xfer)
{
	struct fake *f = slot->priv;
	u16 sw = 0x6d00;
	int n = 0;

	if (xfer->cmd[1] == 0xa4) {
		sw = f->ef ? 0x9000 : 0x6a82;
	} else if (xfer->cmd[1] == 0xb0 && f->ef) {
		memcpy(xfer->resp, f->ef, SIMSLOT_EF_ICCID_LEN);
		n = SIMSLOT_EF_ICCID_LEN;
		sw = 0x9000;
	}
	xfer->resp[n++] = sw >> 8;
	xfer->resp[n++] = sw & 0xff;
	return n;
}

static int fake_present(struct simslot *slot)
{
	struct fake *f = slot->priv;

	return f->present;
}

static const struct simslot_ops fake_ops = {
	.activate = fake_activate,
	.deactivate = fake_deactivate,
	.transceive = fake_transceive,
	.present = fake_present,
};

static void line(struct fake *f, bool present)
{
	f->present = present;
	simslot_edge(f->slot, present);
}

/* So many events come now, the last of which is this one, and no other. */
static void says(struct kunit *test, struct fake *f, unsigned int events,
		 u32 event, u32 state)
{
	unsigned int ms = 0;

	f->seq += events;
	while (READ_ONCE(f->slot->seq) < f->seq && ms++ < 5000)
		usleep_range(1000, 2000);
	msleep(3 * DEBOUNCE_MS);
	KUNIT_EXPECT_EQ(test, f->slot->seq, f->seq);
	KUNIT_EXPECT_EQ(test, f->slot->state, state);
	KUNIT_EXPECT_EQ(test, f->slot->event, event);
	f->epoch = f->slot->epoch;
}

static int fake_init(struct kunit *test)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->ef = ef_a;
	f->slot = simslot_alloc(NULL, &fake_ops, "kunit",
				SIMSLOT_CAP_POWER | SIMSLOT_CAP_RESET |
				SIMSLOT_CAP_CHANNEL0 | SIMSLOT_CAP_TERMINAL |
				SIMSLOT_CAP_CARD_DETECT, f);
	if (IS_ERR(f->slot))
		return PTR_ERR(f->slot);
	f->slot->debounce_ms = DEBOUNCE_MS;
	test->priv = f;
	if (simslot_register(f->slot)) {
		simslot_free(f->slot);
		f->slot = NULL;
		return -ENODEV;
	}
	says(test, f, 1, SIMSLOT_EV_SLOT_ADDED, SIMSLOT_EMPTY);
	return 0;
}

static void fake_exit(struct kunit *test)
{
	struct fake *f = test->priv;

	if (!f || !f->slot)
		return;
	simslot_unregister(f->slot);
	KUNIT_EXPECT_FALSE(test, f->powered);
	simslot_free(f->slot);
}

static void insert(struct kunit *test)
{
	struct fake *f = test->priv;

	line(f, true);
	says(test, f, 2, SIMSLOT_EV_CARD_READY, SIMSLOT_READY);
}

/* ---- the table of causes and events -------------------------------------------- */

static void a_card_becomes_ready(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	KUNIT_EXPECT_STREQ(test, f->slot->iccid, ICCID_A);
	KUNIT_EXPECT_EQ(test, f->slot->insertions, 1);
	KUNIT_EXPECT_EQ(test, f->epoch, 1);
}

static void a_card_without_identity_is_ready_too(struct kunit *test)
{
	struct fake *f = test->priv;

	f->ef = NULL;
	insert(test);
	KUNIT_EXPECT_STREQ(test, f->slot->iccid, "");
}

static void a_card_without_atr_is_mute(struct kunit *test)
{
	struct fake *f = test->priv;

	f->mute = true;
	line(f, true);
	says(test, f, 2, SIMSLOT_EV_CARD_MUTE, SIMSLOT_MUTE);
	KUNIT_EXPECT_EQ(test, f->slot->reason, SIMSLOT_REASON_NO_ATR);
}

static void a_removal_takes_the_power(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	line(f, false);
	says(test, f, 1, SIMSLOT_EV_CARD_REMOVED, SIMSLOT_EMPTY);
	KUNIT_EXPECT_FALSE(test, f->powered);
	KUNIT_EXPECT_STREQ(test, f->slot->iccid, "");
	KUNIT_EXPECT_EQ(test, f->slot->removals, 1);
}

static void a_bounce_is_a_reset(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 epoch;

	insert(test);
	epoch = f->epoch;
	line(f, false);
	line(f, true);
	says(test, f, 1, SIMSLOT_EV_CARD_RESET, SIMSLOT_READY);
	KUNIT_EXPECT_GT(test, f->epoch, epoch);
	KUNIT_EXPECT_EQ(test, f->slot->removals, 0);
}

static void a_bounce_with_another_identity_is_a_change(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	line(f, false);
	f->ef = ef_b;
	line(f, true);
	says(test, f, 1, SIMSLOT_EV_CARD_CHANGED, SIMSLOT_READY);
	KUNIT_EXPECT_STREQ(test, f->slot->iccid, ICCID_B);
	KUNIT_EXPECT_EQ(test, f->slot->profile_switches, 0);
}

static void a_swap_is_removal_and_insertion(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	line(f, false);
	msleep(2 * DEBOUNCE_MS);
	f->ef = ef_b;
	line(f, true);
	says(test, f, 3, SIMSLOT_EV_CARD_READY, SIMSLOT_READY);
	KUNIT_EXPECT_EQ(test, f->slot->removals, 1);
	KUNIT_EXPECT_EQ(test, f->slot->insertions, 2);
}

static void a_line_that_trembles_is_one_insertion(struct kunit *test)
{
	struct fake *f = test->priv;
	int i;

	for (i = 0; i < 20; i++) {
		line(f, true);
		line(f, false);
	}
	insert(test);
	KUNIT_EXPECT_EQ(test, f->slot->insertions, 1);
	KUNIT_EXPECT_EQ(test, f->slot->removals, 0);
}

static void the_card_resets_itself(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	KUNIT_ASSERT_EQ(test, simslot_tell(f->slot, SIMSLOT_IN_RESET, "\x3b\x00", 2), 0);
	says(test, f, 1, SIMSLOT_EV_CARD_RESET, SIMSLOT_READY);
}

static void another_identity_of_a_card_that_stayed_is_a_switch(struct kunit *test)
{
	static const u8 *const identities[] = { ef_b, NULL, ef_a };
	struct fake *f = test->priv;
	unsigned int i;

	insert(test);
	for (i = 0; i < ARRAY_SIZE(identities); i++) {
		f->ef = identities[i];
		KUNIT_ASSERT_EQ(test, simslot_tell(f->slot, SIMSLOT_IN_RESET,
						   "\x3b\x00", 2), 0);
		says(test, f, 2, SIMSLOT_EV_PROFILE_SWITCHED, SIMSLOT_READY);
	}
	KUNIT_EXPECT_EQ(test, f->slot->profile_switches, i);
}

static void what_is_too_long_is_not_told(struct kunit *test)
{
	static const u8 long_atr[SIMSLOT_ATR_MAX + 1] = { 0x3b };
	struct fake *f = test->priv;

	KUNIT_EXPECT_EQ(test, simslot_tell(f->slot, SIMSLOT_IN_RESET, long_atr,
					   sizeof(long_atr)), -EINVAL);
	says(test, f, 0, SIMSLOT_EV_SLOT_ADDED, SIMSLOT_EMPTY);
}

static void a_slot_that_goes_says_nothing_more(struct kunit *test)
{
	struct fake *f = test->priv;

	insert(test);
	get_device(&f->slot->dev);
	simslot_unregister(f->slot);
	KUNIT_EXPECT_FALSE(test, f->powered);
	f->seq++;
	line(f, false);
	KUNIT_EXPECT_EQ(test, simslot_tell(f->slot, SIMSLOT_IN_REMOVE, NULL, 0),
			-ENODEV);
	says(test, f, 0, SIMSLOT_EV_SLOT_REMOVED, SIMSLOT_EMPTY);
	simslot_free(f->slot);
	put_device(&f->slot->dev);
	f->slot = NULL;
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(a_card_becomes_ready),
	KUNIT_CASE(a_card_without_identity_is_ready_too),
	KUNIT_CASE(a_card_without_atr_is_mute),
	KUNIT_CASE(a_removal_takes_the_power),
	KUNIT_CASE(a_bounce_is_a_reset),
	KUNIT_CASE(a_bounce_with_another_identity_is_a_change),
	KUNIT_CASE(a_swap_is_removal_and_insertion),
	KUNIT_CASE(a_line_that_trembles_is_one_insertion),
	KUNIT_CASE(the_card_resets_itself),
	KUNIT_CASE(another_identity_of_a_card_that_stayed_is_a_switch),
	KUNIT_CASE(what_is_too_long_is_not_told),
	KUNIT_CASE(a_slot_that_goes_says_nothing_more),
	{}
};

struct kunit_suite simslot_state_suite = {
	.name = "simslot_state",
	.init = fake_init,
	.exit = fake_exit,
	.test_cases = state_cases,
};
