// SPDX-License-Identifier: MIT
/*
 * Who may read which card: configuration, enrolled cards, "unlocked since boot",
 * and the decision.
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/access.h"
#include "broker/grants.h"
#include "cmd/cmd.h"
#include "iccid.h"

#define CARD_A "89490200001234567896"

struct world {
	char dir[64];
	char conf[96];
	struct broker_paths p;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/simsync-test.XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->conf, sizeof(w->conf), "%s/simsync.conf", w->dir);
	w->p = (struct broker_paths){ .conf = w->conf,
				      .run = w->dir,
				      .lib = w->dir,
				      .sys = w->dir,
				      .dev = w->dir };
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char cmd[96];
	int r;

	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	r = system(cmd);
	free(w);
	return r;
}

static void write_file(struct world *w, const char *name, const char *text,
		       mode_t mode)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* ---- simsync.conf ------------------------------------------------------- */

static void no_configuration_is_an_empty_one(void **state)
{
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;

	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, BROKER_NOBODY);
	assert_false(c.strict);
}

static void the_owner_is_a_name_or_a_number(void **state)
{
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;

	write_file(w, "simsync.conf", "owner = \"daemon\";\n", 0644);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, 1);
	write_file(w, "simsync.conf", "owner = 1234;\npolicy = \"strict\";\n",
		   0644);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, 1234);
	assert_true(c.strict);
	assert_int_equal(c.poll_minutes, CONF_POLL_MINUTES);
	write_file(w, "simsync.conf", "poll = 0;\n", 0644);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.poll_minutes, 0);
}

static void a_broken_configuration_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} bad[] = {
		{ "owner = \n;", ":2: " },
		{ "\nowner = \"no-such-user-here\";", ":2: owner" },
		{ "owner = 1;\npolicy = \"never\";", ":2: policy" },
		{ "policy = 1;", ":1: policy" },
		{ "owner = 1;\n\npoll = -1;", ":3: poll" },
		{ "poll = \"often\";", ":1: poll" },
		{ "poll = 1441;", ":1: poll" },
		{ "\n\nownr = 1;", ":3: unknown setting \"ownr\"" },
	};
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(w, "simsync.conf", bad[i].text, 0644);
		assert_int_equal(conf_load(&w->p, &c, &e), -1);
		assert_int_equal(e.code, EX_CONFIG);
		assert_non_null(strstr(e.text, bad[i].says));
		assert_non_null(strstr(e.text, "simsync.conf"));
	}
}

static void the_rules_say_what_becomes_of_a_card_never_enrolled(void **state)
{
	static const struct {
		const char *rules, *unknown;
		enum grant open, locked;
	} row[] = {
		{ "", "", GRANT_UNKNOWN, GRANT_UNKNOWN },
		{ "unknown-card = \"ask\";", "", GRANT_UNKNOWN, GRANT_UNKNOWN },
		{ "unknown-card = \"pull\";", "pull", GRANT_YES, GRANT_LOCKED },
		{ "unknown-card = \"fill\";", "fill", GRANT_YES, GRANT_LOCKED },
		{ "unknown-card = \"ignore\";", "ignore", GRANT_IGNORE,
		  GRANT_IGNORE },
		{ "unknown-card = \"both\";", "", GRANT_UNKNOWN, GRANT_UNKNOWN },
		{ "unknown-card = \"pull\"; rules = {", "", GRANT_UNKNOWN,
		  GRANT_UNKNOWN },
	};
	struct slot s = { .state = SIMSLOT_READY, .driver = "serdev",
			  .iccid = "89490200001234567896" };
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;
	char path[160];

	snprintf(path, sizeof(path), "%s/rules.conf", w->dir);
	w->p.rules = path;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct card_grants g = { NULL, 0 };
		const struct card_grant *had;

		write_file(w, "rules.conf", row[i].rules, 0644);
		assert_int_equal(conf_load(&w->p, &c, &e), 0);
		assert_string_equal(c.unknown, row[i].unknown);
		assert_int_equal(grants_assume(&g, &s, c.unknown, &e), 0);
		had = grants_find(&g, s.iccid);
		assert_int_equal(grant_decide(&s, had, false, true, false),
				 row[i].open);
		assert_int_equal(grant_decide(&s, had, false, false, false),
				 row[i].locked);
		grants_free(&g);
	}
	w->p.rules = NULL;
}

/* What a person said of it stands above the rule. */
static void an_enrolled_card_is_not_assumed(void **state)
{
	struct card_grant both = { .iccid = "89490200001234567896",
				   .driver = "serdev", .policy = CARD_BOTH };
	struct slot s = { .state = SIMSLOT_READY, .driver = "serdev",
			  .iccid = "89490200001234567896" };
	struct card_grants g = { NULL, 0 };
	struct sim_err e;

	(void)state;
	assert_int_equal(grants_put(&g, &both, &e), 0);
	assert_int_equal(grants_assume(&g, &s, "ignore", &e), 0);
	assert_int_equal(g.n, 1);
	assert_int_equal(grants_find(&g, s.iccid)->policy, CARD_BOTH);
	grants_free(&g);
}

static void who_enrolls_first_owns_the_phone_and_nobody_after_him(void **state)
{
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;

	assert_int_equal(conf_own(&w->p, 1000, &e), 0);
	assert_int_equal(conf_own(&w->p, 1001, &e), -1);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, 1000);
	/* what the administrator wrote stands above it */
	write_file(w, "simsync.conf", "owner = 7;", 0644);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, 7);
}

/* ---- a broker killed before the n-th of these ----------------------------- */

static int die_in;

static void step(void)
{
	if (die_in && !--die_in)
		_exit(0);
}

ssize_t write(int fd, const void *p, size_t n)
{
	step();
	return syscall(SYS_write, fd, p, n);
}

int fsync(int fd)
{
	step();
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

static bool killed_at(struct world *w, int n)
{
	struct sim_err e;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		die_in = n;
		_exit(1 + (conf_own(&w->p, 1000, &e) < 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) < 2);
	return !WEXITSTATUS(status);
}

static void the_owner_is_written_down_or_the_next_is_it(void **state)
{
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;
	char path[128];
	bool killed = true;
	int n;

	snprintf(path, sizeof(path), "%s/owner", w->dir);
	for (n = 1; killed; n++) {
		unlink(path);
		killed = killed_at(w, n);
		assert_int_equal(conf_load(&w->p, &c, &e), 0);
		if (c.owner == BROKER_NOBODY) {
			assert_int_equal(conf_own(&w->p, 1001, &e), 0);
			assert_int_equal(conf_load(&w->p, &c, &e), 0);
			assert_int_equal(c.owner, 1001);
		} else {
			assert_int_equal(c.owner, 1000);
		}
		assert_int_equal(conf_own(&w->p, 1002, &e), -1);
	}
	/* Before the write, the file's fsync, the rename, the folder's fsync. */
	assert_int_equal(n - 1, 5);
	/* As an earlier version left it. */
	write_file(w, "owner", "", 0600);
	assert_int_equal(conf_own(&w->p, 1003, &e), 0);
	assert_int_equal(conf_load(&w->p, &c, &e), 0);
	assert_int_equal(c.owner, 1003);
	/* Damaged is not empty: whose it was, nobody knows. */
	write_file(w, "owner", "x\n", 0600);
	assert_int_equal(conf_own(&w->p, 1004, &e), -1);
	assert_int_equal(e.code, EX_CANTCREAT);
}

static void a_damaged_owner_file_owns_nothing(void **state)
{
	static const char *const bad[] = { "", "x\n", "-1\n", "12", "4294967295\n",
					   "99999999999999999999999\n" };
	struct world *w = *state;
	struct broker_conf c;
	struct sim_err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(w, "owner", bad[i], 0600);
		assert_int_equal(conf_load(&w->p, &c, &e), 0);
		assert_int_equal(c.owner, BROKER_NOBODY);
	}
}

/* ---- enrolled cards ----------------------------------------------------- */

static void same_card(const struct card_grant *got,
		      const struct card_grant *want)
{
	assert_non_null(got);
	assert_string_equal(got->iccid, want->iccid);
	assert_string_equal(got->driver, want->driver);
	assert_int_equal(got->virt, want->virt);
	assert_int_equal(got->proxied, want->proxied);
	assert_int_equal(got->policy, want->policy);
	assert_int_equal(got->since, want->since);
}

static void enrolled_cards_are_kept_root_only(void **state)
{
	struct card_grant a = { .iccid = CARD_A, .driver = "simslot-serdev",
				.policy = CARD_BOTH, .since = 1700000000 };
	struct card_grant b = { .iccid = "8949020000000000017",
				.driver = "modem", .virt = true,
				.proxied = true, .policy = CARD_PULL,
				.since = 1800000000000 };
	struct card_grants g = { 0 }, r = { 0 };
	struct world *w = *state;
	struct sim_err e;
	char path[128];
	struct stat st;

	assert_int_equal(grants_put(&g, &a, &e), 0);
	assert_int_equal(grants_put(&g, &b, &e), 0);
	assert_int_equal(grants_save(&w->p, &g, &e), 0);
	snprintf(path, sizeof(path), "%s/cards.conf", w->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	assert_int_equal(grants_load(&w->p, &r, &e), 0);
	assert_int_equal(r.n, 2);
	same_card(grants_find(&r, CARD_A), &a);
	same_card(grants_find(&r, b.iccid), &b);

	a.policy = CARD_IGNORE;
	assert_int_equal(grants_put(&r, &a, &e), 0);
	assert_int_equal(r.n, 2);
	assert_int_equal(grants_find(&r, CARD_A)->policy, CARD_IGNORE);
	assert_true(grants_drop(&r, CARD_A));
	assert_false(grants_drop(&r, CARD_A));
	assert_null(grants_find(&r, CARD_A));
	grants_free(&g);
	grants_free(&r);
}

/*
 * The kernel keeps a nibble that is no digit as a letter (kmod/identity.c): a
 * card that has one is enrolled, and forgotten, like any.
 */
static void a_card_with_letters_in_its_number_locks_nobody_out(void **state)
{
	struct card_grant odd = { .iccid = "898602b8191750a2345e",
				  .driver = "simslot-serdev" };
	struct card_grant a = { .iccid = CARD_A, .driver = "simslot-serdev" };
	static const char *const none[] = { "", "89X", "89\"; x = \"", "89F" };
	struct card_grants g = { 0 }, r = { 0 };
	struct world *w = *state;
	struct sim_err e;
	size_t i;

	assert_int_equal(grants_put(&g, &odd, &e), 0);
	assert_int_equal(grants_put(&g, &a, &e), 0);
	/* What could not be read again is not taken. */
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct card_grant bad = { .driver = "d" };

		strcpy(bad.iccid, none[i]);
		assert_int_equal(grants_put(&g, &bad, &e), -1);
		assert_int_equal(e.code, EX_DATAERR);
	}
	assert_int_equal(grants_save(&w->p, &g, &e), 0);
	assert_int_equal(grants_load(&w->p, &r, &e), 0);
	assert_int_equal(r.n, 2);
	same_card(grants_find(&r, odd.iccid), &odd);
	grants_free(&g);
	grants_free(&r);
}

static void a_card_is_named_by_its_last_digits(void **state)
{
	(void)state;
	assert_true(iccid_ends_in("898602b8191750a2345e", "345e"));
	/* As it is printed on some. */
	assert_true(iccid_ends_in("898602b8191750a2345e", "A2345E"));
	assert_true(iccid_ends_in(CARD_A, CARD_A));
	assert_false(iccid_ends_in(CARD_A, "896"));
	assert_false(iccid_ends_in(CARD_A, "7897"));
	assert_false(iccid_ends_in(CARD_A, "8" CARD_A));
	assert_false(iccid_ends_in("8949%896", "%896"));
}

static void a_list_others_could_have_written_grants_nothing(void **state)
{
	struct world *w = *state;
	struct card_grants g;
	struct sim_err e;

	write_file(w, "cards.conf",
		   "cards = ({ iccid = \"" CARD_A
		   "\"; driver = \"x\"; policy = \"both\"; });",
		   0620);
	assert_int_equal(grants_load(&w->p, &g, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_int_equal(g.n, 0);
	assert_non_null(strstr(e.text, "chmod 600"));
}

static void a_broken_list_grants_nothing(void **state)
{
	static const char *const bad[] = {
		"cards = (",
		"cards = ({ iccid = \"89X\"; driver = \"x\"; policy = \"both\"; });",
		"cards = ({ iccid = \"\"; driver = \"x\"; policy = \"both\"; });",
		"cards = ({ iccid = \"123456789012345678901\"; driver = \"x\"; policy = \"both\"; });",
		"cards = ({ iccid = \"89\"; driver = \"x\"; policy = \"all\"; });",
		"cards = ({ iccid = \"89\"; policy = \"both\"; });",
		"cards = ({ iccid = 89; driver = \"x\"; policy = \"both\"; });",
	};
	struct world *w = *state;
	struct card_grants g;
	struct sim_err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(w, "cards.conf", bad[i], 0600);
		assert_int_equal(grants_load(&w->p, &g, &e), -1);
		assert_int_equal(e.code, i == 4 ? EX_USAGE : EX_CONFIG);
		assert_int_equal(g.n, 0);
	}
}

/* ---- unlocked ----------------------------------------------------------- */

static void unlocked_belongs_to_the_owner_who_unlocked(void **state)
{
	struct world *w = *state;
	struct sim_err e;

	assert_false(unlocked(&w->p, 1000));
	assert_int_equal(unlock_note(&w->p, 1000, &e), 0);
	assert_true(unlocked(&w->p, 1000));
	assert_false(unlocked(&w->p, 100));
	assert_false(unlocked(&w->p, 10001));
	/* another owner: what was unlocked before is void */
	assert_int_equal(unlock_note(&w->p, 7, &e), 0);
	assert_false(unlocked(&w->p, 1000));
	unlock_forget(&w->p);
	assert_false(unlocked(&w->p, 7));
}

static void an_insertion_is_a_slot_and_an_epoch(void **state)
{
	struct slot s = { .index = 1, .epoch = 12 }, t = { .index = 11,
							   .epoch = 2 };
	struct world *w = *state;
	struct sim_err e;

	write_file(w, "simslot1", "", 0600);
	write_file(w, "simslot11", "", 0600);
	assert_int_equal(insertion_note(&w->p, &s, &e), 0);
	assert_int_equal(insertion_note(&w->p, &s, &e), 0);
	assert_true(insertion_known(&w->p, &s));
	assert_false(insertion_known(&w->p, &t));
	s.epoch++;
	assert_false(insertion_known(&w->p, &s));
	assert_int_equal(insertion_note(&w->p, &t, &e), 0);
	assert_true(insertion_known(&w->p, &t));
}

static void an_insertion_is_of_one_card(void **state)
{
	struct slot s = { .index = 1, .epoch = 12, .iccid = CARD_A };
	struct world *w = *state;
	struct sim_err e;

	write_file(w, "simslot1", "", 0600);
	assert_int_equal(insertion_note(&w->p, &s, &e), 0);
	assert_true(insertion_known(&w->p, &s));
	s.iccid[18] = '0';
	assert_false(insertion_known(&w->p, &s));
}

/* The driver bound anew counts its epochs from 0: same number, other slot. */
static void an_insertion_ends_with_its_slot(void **state)
{
	struct slot s = { .index = 1, .epoch = 1, .iccid = CARD_A };
	struct world *w = *state;
	char node[96], other[96];
	struct sim_err e;

	snprintf(node, sizeof(node), "%s/simslot1", w->dir);
	snprintf(other, sizeof(other), "%s/next", w->dir);
	write_file(w, "simslot1", "", 0600);
	assert_int_equal(insertion_note(&w->p, &s, &e), 0);
	/* what udev does to a node at a uevent */
	assert_int_equal(chmod(node, 0640), 0);
	assert_true(insertion_known(&w->p, &s));
	write_file(w, "next", "", 0600);
	assert_int_equal(rename(other, node), 0);
	assert_false(insertion_known(&w->p, &s));
	assert_int_equal(unlink(node), 0);
	assert_false(insertion_known(&w->p, &s));
	assert_int_equal(insertion_note(&w->p, &s, &e), 0);
	assert_false(insertion_known(&w->p, &s));
}

/* ---- the decision (design.md, Who is asked) ----------------------- */

static void a_grant_is_enrolled_and_unlocked_and_nothing_else(void **state)
{
	static const struct card_grant both = { .iccid = CARD_A,
						.driver = "uart",
						.policy = CARD_BOTH };
	static const struct card_grant ignored = { .iccid = CARD_A,
						   .driver = "uart",
						   .policy = CARD_IGNORE };
	static const struct card_grant virt = { .iccid = CARD_A,
						.driver = "uart",
						.virt = true,
						.policy = CARD_BOTH };
	static const struct card_grant proxied = { .iccid = CARD_A,
						   .driver = "uart",
						   .proxied = true,
						   .policy = CARD_BOTH };
	static const struct {
		uint32_t state, caps;
		const char *iccid, *driver;
		const struct card_grant *card;
		bool strict, unlocked, insertion;
		enum grant want;
	} row[] = {
		{ SIMSLOT_EMPTY, 0, "", "uart", NULL, 0, 1, 0, GRANT_NO_CARD },
		{ SIMSLOT_ACTIVATING, 0, CARD_A, "uart", &both, 0, 1, 0, GRANT_NO_CARD },
		{ SIMSLOT_OFF, 0, CARD_A, "uart", &both, 0, 1, 0, GRANT_NO_CARD },
		{ SIMSLOT_MUTE, 0, "", "uart", NULL, 0, 1, 0, GRANT_FAULT },
		{ SIMSLOT_READY, 0, "", "uart", NULL, 0, 1, 0, GRANT_NO_IDENTITY },
		{ SIMSLOT_READY, 0, CARD_A, "uart", NULL, 0, 1, 0, GRANT_UNKNOWN },
		{ SIMSLOT_READY, 0, CARD_A, "uart", NULL, 1, 1, 1, GRANT_UNKNOWN },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &both, 0, 1, 0, GRANT_YES },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &both, 0, 0, 0, GRANT_LOCKED },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &both, 0, 0, 1, GRANT_LOCKED },
		{ SIMSLOT_READY, 0, CARD_A, "modem", &both, 0, 1, 0, GRANT_MOVED },
		{ SIMSLOT_READY, SIMSLOT_CAP_VIRTUAL, CARD_A, "uart", &both, 0, 1, 0, GRANT_MOVED },
		{ SIMSLOT_READY, SIMSLOT_CAP_VIRTUAL, CARD_A, "uart", &virt, 0, 1, 0, GRANT_YES },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &virt, 0, 1, 0, GRANT_MOVED },
		/* a process may give itself any name */
		{ SIMSLOT_READY, SIMSLOT_CAP_PROXIED, CARD_A, "uart", &both, 0, 1, 0, GRANT_MOVED },
		{ SIMSLOT_READY, SIMSLOT_CAP_PROXIED, CARD_A, "uart", &proxied, 0, 1, 0, GRANT_YES },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &proxied, 0, 1, 0, GRANT_MOVED },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &ignored, 0, 1, 0, GRANT_IGNORE },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &both, 1, 1, 0, GRANT_STRICT },
		{ SIMSLOT_READY, 0, CARD_A, "uart", &both, 1, 0, 1, GRANT_YES },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct slot s = { .state = row[i].state, .caps = row[i].caps };

		strcpy(s.iccid, row[i].iccid);
		strcpy(s.driver, row[i].driver);
		assert_string_equal(
			grant_name(grant_decide(&s, row[i].card, row[i].strict,
						row[i].unlocked,
						row[i].insertion)),
			grant_name(row[i].want));
	}
}

/* ---- what a command gets ------------------------------------------------ */

static unsigned int needs(const char *a, const char *b)
{
	char *argv[] = { (char *)a, (char *)b, NULL };
	const struct access *x = access_find(b ? 2 : 1, argv);

	return x ? x->needs : ~0u;
}

static void a_command_not_in_the_table_gets_nothing(void **state)
{
	char longest[200];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(access_find(0, NULL));
	assert_int_equal(needs("", NULL), ~0u);
	assert_int_equal(needs("worker", NULL), ~0u);
	assert_int_equal(needs("card", NULL), ~0u);
	assert_int_equal(needs("card ", "list"), ~0u);
	assert_int_equal(needs("card list", NULL) & ACCESS_SLOTS, 0);
	assert_int_equal(needs(longest, longest), ~0u);
}

static void only_these_get_a_card(void **state)
{
	static const char *const gets[] = { "run", "sync", "plan", "info" };
	const struct access *a;
	size_t i, n = 0;

	(void)state;
	for (a = access_table(); a->name; a++) {
		if (!(a->needs & ACCESS_SLOTS))
			continue;
		assert_true(a->needs & ACCESS_RUN);
		assert_false(a->needs & ACCESS_ANYONE);
		for (i = 0; i < 4; i++)
			n += !strcmp(gets[i], a->name);
	}
	assert_int_equal(n, 4);
}

static void every_command_people_see_has_a_line_for_the_broker(void **state)
{
	const struct cmd_entry *t;
	char first[32];

	(void)state;
	for (t = cmd_table(); t->name; t++) {
		size_t n = strcspn(t->name, " ");
		unsigned int got;

		snprintf(first, sizeof(first), "%.*s", (int)n, t->name);
		got = needs(first, t->name[n] ? t->name + n + 1 : NULL);
		/* made of other commands by the command line alone */
		if (t->local && !t->run && got == ~0u)
			continue;
		if (got == ~0u)
			fail_msg("%s: not in the broker's table", t->name);
		/* the broker does it, or the worker: exactly one of them */
		assert_int_equal(!t->run, !!(got & ACCESS_SELF));
	}
}

/* ---- sync_state, sync_detail -------------------------------------------- */

static void the_detail_is_one_short_printable_line(void **state)
{
	struct world *w = *state;
	char word[32], line[256], longest[400], path[128];
	struct sim_err e;

	snprintf(path, sizeof(path), "%s/simslot0", w->dir);
	assert_int_equal(mkdir(path, 0755), 0);
	write_file(w, "simslot0/sync_state", "", 0644);
	write_file(w, "simslot0/sync_detail", "", 0644);
	assert_int_equal(slot_say(&w->p, 0, "ok", "a\nb\x1b[31mc\xc3\xa4", &e), 0);
	slot_said(&w->p, 0, word, line);
	assert_string_equal(word, "ok");
	assert_string_equal(line, "a?b?[31mc??");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(slot_say(&w->p, 0, "error", longest, &e), 0);
	slot_said(&w->p, 0, word, line);
	assert_true(strlen(line) < 256 && strlen(line) > 100);

	assert_int_equal(slot_say(&w->p, 0, "fine", "x", &e), -1);
	/* a slot that has gone meanwhile */
	assert_int_equal(slot_say(&w->p, 9, "ok", "x", &e), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_configuration_is_an_empty_one),
		T(the_owner_is_a_name_or_a_number),
		T(a_broken_configuration_is_named_with_its_line),
		T(the_rules_say_what_becomes_of_a_card_never_enrolled),
		T(an_enrolled_card_is_not_assumed),
		T(who_enrolls_first_owns_the_phone_and_nobody_after_him),
		T(the_owner_is_written_down_or_the_next_is_it),
		T(a_damaged_owner_file_owns_nothing),
		T(enrolled_cards_are_kept_root_only),
		T(a_card_with_letters_in_its_number_locks_nobody_out),
		T(a_card_is_named_by_its_last_digits),
		T(a_list_others_could_have_written_grants_nothing),
		T(a_broken_list_grants_nothing),
		T(unlocked_belongs_to_the_owner_who_unlocked),
		T(an_insertion_is_a_slot_and_an_epoch),
		T(an_insertion_is_of_one_card),
		T(an_insertion_ends_with_its_slot),
		T(a_grant_is_enrolled_and_unlocked_and_nothing_else),
		T(a_command_not_in_the_table_gets_nothing),
		T(only_these_get_a_card),
		T(every_command_people_see_has_a_line_for_the_broker),
		T(the_detail_is_one_short_printable_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
