// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "remote/remote.h"
#include "store/ledger.h"
#include "store/store.h"

/**
 * struct tally - what the ledger says in short
 */
struct tally {
	json_t *last;
	json_t *places;
	json_int_t conflicts;
	json_int_t held;
	int64_t conflict;
};

static int on_run(const struct ledger_run *row, void *arg)
{
	struct tally *t = arg;

	t->last = json_pack("{s:I, s:s, s:I, s:I, s:s, s:s}", "run",
			    (json_int_t)row->id, "trigger",
			    row->trigger ? row->trigger : "", "start",
			    (json_int_t)row->start, "end",
			    (json_int_t)row->end, "outcome",
			    row->outcome ? row->outcome : "not ended",
			    "detail", row->detail ? row->detail : "");
	return 1;
}

static int on_place(const struct ledger_place *row, void *arg)
{
	struct tally *t = arg;

	return json_array_append_new(
		t->places,
		json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", row->shown,
			  "state", row->state, "contacts",
			  (json_int_t)row->items[SIM_CONTACT], "messages",
			  (json_int_t)row->items[SIM_MESSAGE], "not_placed",
			  (json_int_t)row->not_placed, "due",
			  (json_int_t)row->due));
}

static int on_conflict(const struct ledger_conflict *row, void *arg)
{
	struct tally *t = arg;

	/* One row a side: count each conflict once. */
	if (!t->conflicts || t->conflict != row->id)
		t->conflicts++;
	t->conflict = row->id;
	return 0;
}

static int on_held(const struct ledger_held *row, void *arg)
{
	(void)row;
	((struct tally *)arg)->held++;
	return 0;
}

static json_t *ledger_json(struct cmd *c, struct sim_err *e)
{
	struct tally t = { 0 };
	struct ledger *l;
	char path[512];
	int r;

	/* Looking makes no file. */
	if (cmd_path(c, "ledger.db", path, sizeof(path), e) < 0 ||
	    access(path, F_OK) < 0)
		return json_object();
	l = cmd_ledger(c, e);
	if (!l)
		return NULL;
	t.places = json_array();
	r = ledger_runs(l, 1, on_run, &t, e) < 0 ||
	    ledger_places(l, on_place, &t, e) < 0 ||
	    ledger_conflicts(l, on_conflict, &t, e) < 0 ||
	    ledger_held(l, on_held, &t, e) < 0;
	ledger_close(l);
	if (r) {
		json_decref(t.places);
		json_decref(t.last);
		return NULL;
	}
	return json_pack("{s:o, s:o?, s:I, s:I}", "places", t.places,
			 "last_run", t.last, "conflicts", t.conflicts, "held",
			 t.held);
}

static json_t *server_json(struct cmd *c, struct sim_err *e)
{
	struct remote_config rc = { 0 };
	char path[512];
	json_t *o;
	int none;

	if (cmd_path(c, "remote.conf", path, sizeof(path), e) < 0)
		return NULL;
	none = remote_config_load(path, &rc, e);
	if (none)
		return none < 0 ? NULL : json_null();
	o = json_pack("{s:s?, s:s?}", "contacts", rc.contacts, "files",
		      rc.files);
	if (rc.password)
		explicit_bzero(rc.password, strlen(rc.password));
	remote_config_free(&rc);
	return o;
}

static json_t *slot_json(const struct cmd_slot *s)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
			 "slot", (int)s->index, "state", s->state, "reason",
			 s->reason, "driver", s->driver, "iccid", s->iccid,
			 "grant", s->grant, "policy", s->policy, "sync_state",
			 s->sync, "sync_detail", s->detail);
}

/* ---- for people --------------------------------------------------------- */

static enum cmd_tone tone_of(const char *word)
{
	return !strcmp(word, "ok") || !strcmp(word, "running") ? TONE_GOOD :
	       !strcmp(word, "error")			       ? TONE_BAD :
	       !strcmp(word, "idle")			       ? TONE_DIM :
								 TONE_WARN;
}

static void show_slot(struct cmd *c, const struct cmd_slot *s)
{
	printf("slot %u    %s", s->index, s->state);
	if (s->reason[0])
		printf(" (%s)", s->reason);
	if (!strcmp(s->state, "ready") && s->iccid[0])
		printf(", SIM %s", s->iccid);
	else if (!strcmp(s->state, "ready"))
		printf(", identity %s", c->home ? "none" : "not shown");
	if (strcmp(s->grant, "no-card"))
		printf(", %s", s->grant);
	if (s->policy[0])
		printf(", policy %s", s->policy);
	printf("\n          ");
	cmd_tone(c, tone_of(s->sync), s->sync[0] ? s->sync : "idle");
	if (s->detail[0]) {
		printf(": ");
		cmd_print(s->detail);
	}
	putchar('\n');
}

static json_int_t num(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *str(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void show_places(json_t *ledger)
{
	json_t *places = json_object_get(ledger, "places"), *p;
	size_t i;

	json_array_foreach(places, i, p) {
		printf("%-9s ", i ? "" : "holds");
		cmd_print(str(p, "name"));
		printf(": %lld contacts, %lld messages, %s",
		       (long long)num(p, "contacts"),
		       (long long)num(p, "messages"), str(p, "state"));
		if (num(p, "not_placed"))
			printf(", %lld do not fit there",
			       (long long)num(p, "not_placed"));
		if (num(p, "due"))
			printf(", %lld changes wait for it",
			       (long long)num(p, "due"));
		putchar('\n');
	}
}

static void show_owner(struct cmd *c, json_t *ledger, json_t *server)
{
	json_t *last = json_object_get(ledger, "last_run");

	printf("owner     ");
	cmd_print(c->user);
	puts(c->unlocked ? ", unlocked" : ", not unlocked since boot");
	show_places(ledger);
	if (json_is_object(last)) {
		printf("last run  %lld (", (long long)num(last, "run"));
		cmd_print(str(last, "trigger"));
		printf("): ");
		cmd_tone(c, tone_of(str(last, "outcome")),
			 str(last, "outcome"));
		if (str(last, "detail")[0]) {
			printf(": ");
			cmd_print(str(last, "detail"));
		}
		putchar('\n');
	} else {
		puts("last run  none yet");
	}
	if (num(ledger, "conflicts"))
		printf("conflicts %lld: simsync conflicts list\n",
		       (long long)num(ledger, "conflicts"));
	if (num(ledger, "held"))
		printf("held back %lld: simsync held list\n",
		       (long long)num(ledger, "held"));
	printf("server    ");
	if (!json_is_object(server)) {
		puts("none: simsync remote add");
		return;
	}
	cmd_print(str(server, "contacts"));
	if (!str(server, "files")[0])
		printf(" (messages and SIM information stay on the phone)");
	putchar('\n');
}

int cmd_status(struct cmd *c, struct sim_err *e)
{
	json_t *ledger = NULL, *server = NULL, *slots, *o;
	size_t i;

	if (cmd_args(c, NULL, 0, 0, e) < 0)
		return -1;
	if (c->home) {
		ledger = ledger_json(c, e);
		server = ledger ? server_json(c, e) : NULL;
		if (!server) {
			json_decref(ledger);
			return -1;
		}
	}
	if (c->json) {
		slots = json_array();
		for (i = 0; i < c->slots; i++)
			json_array_append_new(slots, slot_json(&c->slot[i]));
		o = json_pack("{s:s, s:b, s:b, s:o, s:o?, s:o?}", "owner",
			      c->user, "unlocked", c->unlocked, "strict",
			      c->strict, "slots", slots, "ledger", ledger,
			      "server", server);
		return cmd_json_out(o, e);
	}
	for (i = 0; i < c->slots; i++)
		show_slot(c, &c->slot[i]);
	if (!c->slots)
		puts("no SIM slot (is the kernel module simslot loaded?)");
	if (c->home)
		show_owner(c, ledger, server);
	else if (!c->user[0])
		puts("owner     none yet: simsync card enroll");
	json_decref(ledger);
	json_decref(server);
	return 0;
}
