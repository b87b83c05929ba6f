// SPDX-License-Identifier: MIT
/* What a run says while it goes on, and what commands on a card leave to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "card_link.h"
#include "cmd/run.h"
#include "cmd/slotnote.h"

/* Merging is done with no replica in particular: there is none to name. */
static void a_stage_names_its_replica_where_it_has_one(void **state)
{
	char text[96];

	(void)state;
	run_stage(SYNC_LOOK, "SIM Telekom (...4711)", text, sizeof(text));
	assert_string_equal(text, "reading SIM Telekom (...4711)");
	run_stage(SYNC_MERGE, "", text, sizeof(text));
	assert_string_equal(text, "merging");
	run_stage(SYNC_RECOVER, NULL, text, sizeof(text));
	assert_string_equal(text, "finishing the last run");
}

/* What a read of 0.8 s and two calls says, to a terminal or not. */
static void progress(bool tty, char out[256])
{
	static const struct timespec wait = { .tv_nsec = 800000000 };
	struct cmd c = { .tty_err = tty };
	int p[2], err = dup(2);
	ssize_t n;

	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	fflush(stderr);
	dup2(p[1], 2);
	cmd_progress(&c, "contacts", 1, 250);
	nanosleep(&wait, NULL);
	cmd_progress(&c, "contacts", 63, 250);
	cmd_progress_end(&c);
	fflush(stderr);
	dup2(err, 2);
	close(err);
	n = read(p[0], out, 255);
	out[n > 0 ? n : 0] = '\0';
	close(p[0]);
	close(p[1]);
}

/* 45 ms a record at 9600 baud: what takes a second has a bar. */
static void a_long_read_has_a_bar_and_a_short_one_none(void **state)
{
	char out[256];

	(void)state;
	progress(true, out);
	assert_string_equal(out, "\r\033[Kcontacts [#####...............] 63 of 250"
				 "\r\033[K");
	progress(false, out);
	assert_string_equal(out, "");
}

/* ---- from command to command -------------------------------------------- */

/* A command on the card of @u: what it costs to look at the contacts. */
static unsigned int look(struct cmd *c, struct uicc *u, char **token, bool keep)
{
	struct cmd_slot s = { .index = 3 };
	struct link *l = link_to(u);
	struct sim_err e = { 0 };
	struct sim_replica *r;
	struct sim_changes ch;
	struct card *card;
	unsigned int cost;

	l->base.terminal = 1;
	l->base.era = 7;
	uicc_iccid(u, l->base.iccid);
	card = card_open(&l->base, &e);
	assert_non_null(card);
	slotnote_tell(c, &s, card);
	r = card_replica(card, "card:1/1", SIM_PHYSICAL, &e);
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, *token, &ch, &e), 0);
	free(*token);
	*token = strdup(ch.token);
	sim_changes_free(&ch);
	cost = (unsigned int)l->base.apdus;
	if (keep)
		slotnote_keep(c, &s, card);
	r->ops->free(r);
	card_close(card);
	return cost;
}

/* `contacts list --card` between two runs does not make the second read it all. */
static void a_command_that_only_reads_leaves_the_card_unread(void **state)
{
	char dir[] = "/tmp/simsync-test.XXXXXX", why[UICC_WHY], rm[64];
	char *token = NULL, *none = NULL;
	struct cmd c = { 0 };
	struct uicc *u = uicc_load("tests/card/images/card-a.card", why);

	(void)state;
	assert_non_null(u);
	assert_non_null(mkdtemp(dir));
	c.home = dir;
	assert_true(look(&c, u, &token, true) > 40);
	assert_in_range(look(&c, u, &token, true), 1, 8);
	/* By hand: it has no token, and reads what there is. */
	assert_true(look(&c, u, &none, true) > 40);
	assert_in_range(look(&c, u, &token, true), 1, 8);
	/* One that says nothing of what it did might have done anything. */
	free(none);
	none = NULL;
	look(&c, u, &none, false);
	assert_true(look(&c, u, &token, true) > 40);
	free(none);
	free(token);
	uicc_free(u);
	snprintf(rm, sizeof(rm), "rm -rf %s", dir);
	assert_int_equal(system(rm), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_names_its_replica_where_it_has_one),
		cmocka_unit_test(a_long_read_has_a_bar_and_a_short_one_none),
		cmocka_unit_test(a_command_that_only_reads_leaves_the_card_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
