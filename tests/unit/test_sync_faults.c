// SPDX-License-Identifier: MIT
/*
 * A card that refuses one command, whichever it is, with whatever status: nothing
 * is lost by it, neither on the phone nor on the card, and the next run finds all as
 * it was. The engine over the software UICC and the phone's store. CHECK_FULL=1: more
 * statuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "card_link.h"
#include "store/ledger.h"
#include "store/store.h"
#include "sync/engine.h"

/* One of everything, few of each. */
#define USIM "template usim\nchannels 4\niccid 89490200001234567896\n" \
	"imsi 262021234567890 mnc=2\nspn \"Example\"\nmsisdn \"Me\" +49151234\n" \
	"lang de en\nplmn 26202:C080\npin1 1234 off\n" \
	"phonebook local adn=6x28 ext1=3 iap anr=6x15 sne=6x14 email=3x34 pbc uid " \
	"grp=6x4 gas=2x12 aas=2x12 psc cc puid\n" \
	"contact \"Anna\" +49301 email=a@b.c anr=+49302/Job group=Fam sne=An\n" \
	"contact \"Bo\" 123456789012345678901234\n" \
	"contact \"Geheim\" +49666 hidden=01\n" \
	"contact \"Cy\" +49303 email=c@d.e\n" \
	"sms deliver +4917612345678 \"2026-11-01 10:00 +01\" \"Hallo\" status=unread\n" \
	"sms submit +4917612345678 \"Antwort\" status=sent\n"
#define GSM "template sim\niccid 89490200001234567896\nimsi 262021234567890 mnc=2\n" \
	"spn \"Alt\"\nmsisdn \"Me\" +49151234\npin1 1234 off\n" \
	"phonebook 2g adn=6x28 ext1=2\ncontact \"Anna\" +49301\n" \
	"contact \"Bo\" 123456789012345678901234\n" \
	"sms deliver +4917612345678 \"2026-11-01 10:00 +01\" \"Hallo\" status=unread\n"

#define GSM2 "template sim\niccid 89490200001234567896\nimsi 262021234567890 mnc=2\n" \
	"pin1 1234 off\nphonebook 2g adn=6x28 ext1=3\ncontact \"Anna\" +49301\n" \
	"contact \"Cy\" +49303\n"

/**
 * struct world - a phone with a SIM in it
 * @era: activation of the slot
 * @apdus: commands of the last run
 */
struct world {
	char dir[64], store[96], ledger[96];
	struct uicc *u;
	uint64_t era;
	struct rules rules;
	struct sync_report rep;
	int64_t now;
	unsigned int apdus;
};

static void up(struct world *w, const char *image)
{
	char why[UICC_WHY];

	*w = (struct world){ .era = 7, .now = 1800000000 };
	/* In memory where that is to be had: thousands of runs. */
	strcpy(w->dir, "/dev/shm/simsync-faults.XXXXXX");
	if (!mkdtemp(w->dir)) {
		strcpy(w->dir, "/tmp/simsync-faults.XXXXXX");
		assert_non_null(mkdtemp(w->dir));
	}
	snprintf(w->store, sizeof(w->store), "%s/store.db", w->dir);
	snprintf(w->ledger, sizeof(w->ledger), "%s/ledger.db", w->dir);
	rules_init(&w->rules);
	w->u = uicc_parse(image, "test", why);
	if (!w->u)
		fail_msg("%s", why);
}

static void down(struct world *w)
{
	char cmd[96];

	sync_report_free(&w->rep);
	rules_free(&w->rules);
	uicc_free(w->u);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", w->dir);
	if (system(cmd))
		fprintf(stderr, "%s stays\n", w->dir);
}

static int64_t clock_now(void *arg)
{
	return ((struct world *)arg)->now;
}

/* A run after an insertion: everything is read. The card may be refused. */
static void run(struct world *w, const char *fault)
{
	struct sync_options opt = { .now = clock_now, .arg = w, .country = "49" };
	struct sim_replica *r[2];
	struct sim_err e = { 0 };
	char why[UICC_WHY];
	struct ledger *l;
	struct store *s;
	struct link *ch;
	struct card *c;
	size_t n = 1;

	sync_report_free(&w->rep);
	memset(&w->rep, 0, sizeof(w->rep));
	w->now += 60;
	uicc_reset(w->u);
	if (uicc_fault(w->u, "clear", why) || (fault && uicc_fault(w->u, fault, why)))
		fail_msg("%s", why);
	ch = link_to(w->u);
	ch->base.terminal = 1;
	ch->base.era = ++w->era;
	uicc_iccid(w->u, ch->base.iccid);
	s = store_open(w->store, &e);
	assert_non_null(s);
	assert_int_equal(ledger_open(&l, w->ledger, &e), 0);
	r[0] = store_replica(s, &e);
	c = card_open(&ch->base, &e);
	r[1] = c ? card_replica(c, "card:1/1", SIM_PHYSICAL, &e) : NULL;
	n += r[1] != NULL;
	if (sync_run(l, &w->rules, r, n, &opt, &w->rep, &e))
		fail_msg("%s: run: %s", fault ? fault : "", e.text);
	if (c)
		w->apdus = (unsigned int)ch->base.apdus;
	for (size_t i = 0; i < n; i++)
		r[i]->ops->free(r[i]);
	card_close(c);
	ledger_close(l);
	store_close(s);
	uicc_fault(w->u, "clear", why);
}

/* All the phone has, as text. */
static char *phone(struct world *w)
{
	struct sim_err e = { 0 };
	struct store *s = store_open(w->store, &e);
	struct sim_replica *r = store_replica(s, &e);
	char *all = calloc(1, 1);

	for (enum sim_kind k = SIM_CONTACT; k <= SIM_INFO; k++) {
		struct sim_changes ch;

		assert_int_equal(r->ops->changes(r, k, NULL, &ch, &e), 0);
		for (size_t i = 0; i < ch.n; i++) {
			char *text = sim_item_text(&ch.rec[i].item);

			all = realloc(all, strlen(all) + strlen(text) + 2);
			strcat(strcat(all, text), "\n");
			free(text);
		}
		sim_changes_free(&ch);
	}
	r->ops->free(r);
	store_close(s);
	return all;
}

static void each_command_refused(const char *image, const char *action)
{
	char *had, *card, *now, *on_card, fault[64];
	struct world w;
	unsigned int n;

	up(&w, image);
	run(&w, NULL);
	had = phone(&w);
	card = uicc_text(w.u);
	n = w.apdus;
	for (unsigned int i = 1; i <= n; i++) {
		snprintf(fault, sizeof(fault), "%s nth=%u", action, i);
		run(&w, fault);
		now = phone(&w);
		on_card = uicc_text(w.u);
		if (strcmp(had, now))
			fail_msg("%s: the phone had\n%s\nand has\n%s", fault, had,
				 now);
		if (strcmp(card, on_card))
			fail_msg("%s: the card is another now", fault);
		free(now);
		free(on_card);
		/* And what was refused is not taken for a base. */
		run(&w, NULL);
		now = phone(&w);
		if (strcmp(had, now) || w.rep.seen)
			fail_msg("%s: the next run saw %zu changes; the phone had\n%s\nand has\n%s",
				 fault, w.rep.seen, had, now);
		free(now);
	}
	print_message("# %s: %u commands\n", action, n);
	free(had);
	free(card);
	down(&w);
}

/* ---- the same while something is written -------------------------------- */

static void by_name(struct world *w, const char *name, const char *text)
{
	struct sim_err e = { 0 };
	struct store *s = store_open(w->store, &e);
	struct store_contact was;
	struct sim_item it;

	if (store_contact_one(s, name, &was, &e))
		fail_msg("%s", e.text);
	if (text) {
		assert_int_equal(sim_item_parse(&it, SIM_CONTACT, text), 0);
		assert_int_equal(store_contact_edit(s, was.uid, 0, &it, NULL, &e),
				 0);
		sim_item_free(&it);
	} else {
		assert_int_equal(store_contact_rm(s, was.uid, 0, &e), 0);
	}
	store_contact_free(&was);
	store_close(s);
}

/* A person adds, edits and deletes. */
static void work(struct world *w)
{
	struct sim_err e = { 0 };
	struct store *s = store_open(w->store, &e);
	struct sim_item it;

	assert_int_equal(sim_item_parse(&it, SIM_CONTACT,
					"FN:Dora\nTEL:123456789012345678901299\n"
					"TEL;TYPE=Job:+49309\nEMAIL:d@o.ra\n"), 0);
	assert_int_equal(store_contact_add(s, &it, NULL, NULL, &e), 0);
	sim_item_free(&it);
	store_close(s);
	by_name(w, "Anna", "FN:Anna\nTEL:+49399\nTEL;TYPE=Job:+49302\n"
			   "EMAIL:new@b.c\nCATEGORIES:Fam\n");
	by_name(w, "Cy", NULL);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the card holds, wherever it is; and the records nobody uses. */
static char *card_has(struct world *w)
{
	struct link *l = link_to(w->u);
	struct sim_err e = { 0 };
	struct sim_changes ch;
	struct sim_replica *r;
	char *all = calloc(1, 8192), *text[64];
	unsigned int orphans;
	struct card *c;
	size_t n = 0;

	uicc_reset(w->u);
	c = card_open(&l->base, &e);
	r = card_replica(c, "card:1/1", SIM_PHYSICAL, &e);
	for (enum sim_kind k = SIM_CONTACT; k <= SIM_MESSAGE; k++) {
		assert_int_equal(r->ops->changes(r, k, NULL, &ch, &e), 0);
		for (size_t i = 0; i < ch.n && n < 64; i++)
			text[n++] = sim_item_text(&ch.rec[i].item);
		sim_changes_free(&ch);
	}
	qsort(text, n, sizeof(*text), by_text);
	for (size_t i = 0; i < n; i++) {
		strcat(strcat(all, text[i]), "\n");
		free(text[i]);
	}
	assert_int_equal(card_orphans(c, false, &orphans, &e), 0);
	sprintf(all + strlen(all), "left behind: %u\n", orphans);
	r->ops->free(r);
	card_close(c);
	return all;
}

static void each_command_refused_while_writing(const char *image,
					       const char *action)
{
	char *phone_wants, *card_wants, *now, fault[64];
	struct world w;
	unsigned int n;

	up(&w, image);
	run(&w, NULL);
	work(&w);
	run(&w, NULL);
	n = w.apdus;
	phone_wants = phone(&w);
	card_wants = card_has(&w);
	down(&w);
	for (unsigned int i = 1; i <= n; i++) {
		snprintf(fault, sizeof(fault), "%s nth=%u", action, i);
		up(&w, image);
		run(&w, NULL);
		work(&w);
		run(&w, fault);
		/* What was left is done, what was done is not done again. */
		run(&w, NULL);
		run(&w, NULL);
		now = phone(&w);
		if (strcmp(now, phone_wants))
			fail_msg("%s: the phone should have\n%s\nand has\n%s",
				 fault, phone_wants, now);
		free(now);
		now = card_has(&w);
		if (strcmp(now, card_wants))
			fail_msg("%s: the card should have\n%s\nand has\n%s",
				 fault, card_wants, now);
		free(now);
		down(&w);
	}
	print_message("# %s: %u commands\n", action, n);
	free(phone_wants);
	free(card_wants);
}

/* How many of @n to do. */
static size_t few(size_t n)
{
	return getenv("CHECK_FULL") ? n : 2;
}

static void a_refused_command_of_a_write_is_made_good(void **state)
{
	static const char *const actions[] = { "silence", "sw 6F00", "sw 6985",
					       "after-sw 6F00" };

	(void)state;
	for (size_t i = 0; i < few(4); i++)
		each_command_refused_while_writing(USIM, actions[i]);
}

static void a_refused_write_of_a_2g_card_is_made_good(void **state)
{
	(void)state;
	each_command_refused_while_writing(GSM2, "sw 9240");
}

static void a_refused_command_loses_nothing(void **state)
{
	static const char *const actions[] = {
		"sw 6F00 times=2", "sw 6985", "sw 6283", "sw 6700",
	};

	(void)state;
	for (size_t i = 0; i < few(4); i++)
		each_command_refused(USIM, actions[i]);
}

static void a_refused_command_of_a_2g_card_loses_nothing(void **state)
{
	static const char *const actions[] = { "sw 9240 times=2", "sw 6F00" };

	(void)state;
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		each_command_refused(GSM, actions[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_command_loses_nothing),
		cmocka_unit_test(a_refused_command_of_a_2g_card_loses_nothing),
		cmocka_unit_test(a_refused_command_of_a_write_is_made_good),
		cmocka_unit_test(a_refused_write_of_a_2g_card_is_made_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
