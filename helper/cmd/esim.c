// SPDX-License-Identifier: MIT
/* `simsync esim`: profiles of an eUICC. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/terminal.h"
#include "cmd/oncard.h"
#include "iccid.h"

/* How long a slot may take to tell the new identity: a modem needs its time. */
#define WAIT_MS 30000

static const char *const classes[] = {
	[EUICC_TEST] = "test",
	[EUICC_PROVISIONING] = "provisioning",
	[EUICC_OPERATIONAL] = "operational",
	[EUICC_NO_CLASS] = "",
};

/**
 * struct esim - an eUICC under a command
 * @u: it
 * @p: its profiles, @n of them
 */
struct esim {
	struct cmd *c;
	struct oncard o;
	struct euicc *u;
	struct euicc_profile *p;
	size_t n;
};

static int open_esim(struct esim *s, struct sim_err *e)
{
	struct sim_channel *ch = oncard_channel(s->c, &s->o, e);

	if (!ch)
		return -1;
	s->u = euicc_open(ch, e);
	return s->u ? euicc_profiles(s->u, &s->p, &s->n, e) : -1;
}

static int close_esim(struct esim *s, int r, struct sim_err *e)
{
	free(s->p);
	euicc_close(s->u);
	if (oncard_end(&s->o, r ? NULL : e))
		r = -1;
	return r;
}

static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	/* A card's bytes that are no UTF-8. */
	return v ? v : json_string("?");
}

static json_t *profile_json(const struct euicc_profile *p)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:o}", "iccid", p->iccid,
			 "state", p->enabled ? "enabled" :
			 p->port > 0 ? "on another port" : "disabled", "port",
			 p->port, "class", classes[p->class], "nickname", text(p->nickname),
			 "provider", text(p->provider), "name", text(p->name));
}

/* Last digits of its ICCID, all of them, or its nickname. */
static const struct euicc_profile *find(const struct esim *s, const char *who,
					struct sim_err *e)
{
	const struct euicc_profile *hit = NULL;
	size_t hits = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct euicc_profile *p = &s->p[i];

		if (!iccid_ends_in(p->iccid, who) &&
		    (!p->nickname[0] || strcmp(p->nickname, who)))
			continue;
		hit = p;
		hits++;
	}
	if (hits == 1)
		return hit;
	sim_fail(e, EX_NOINPUT,
		 hits ? "%zu profiles are meant; give more digits of the ICCID" :
			"no such profile (give at least four last digits of its ICCID, or its nickname); see simsync esim list",
		 hits);
	return NULL;
}

/* ---- list --------------------------------------------------------------- */

int cmd_esim_list(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "iccid", "ICCID", 0 },	{ "state", "STATE", 0 },
		{ "class", "CLASS", 0 },	{ "nickname", "NICKNAME", 24 },
		{ "provider", "PROVIDER", 24 }, { "name", "NAME", 24 },
		{ NULL, NULL, 0 },
	};
	struct esim s = { .c = c };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&s.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct euicc_memory mem = { 0 };
	json_t *rows = json_array();
	char eid[33] = "";
	int r = -1;

	if (cmd_args(c, opt, 0, 0, e) < 0)
		goto out;
	r = open_esim(&s, e) || euicc_eid(s.u, eid, e) ||
	    euicc_memory(s.u, &mem, e) ? -1 : 0;
	for (size_t i = 0; !r && i < s.n; i++)
		json_array_append_new(rows, profile_json(&s.p[i]));
	r = close_esim(&s, r, e);
	if (r)
		goto out;
	if (c->json)
		return cmd_json_out(json_pack(
			"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "eid", eid,
			"firmware", mem.firmware, "specification", mem.svn,
			"profile_version", mem.profiles, "applications",
			(json_int_t)mem.applications, "free",
			(json_int_t)mem.free_bytes, "free_ram",
			(json_int_t)mem.free_ram, "profiles", rows), e);
	printf("EID %s", eid);
	if (mem.free_bytes)
		printf(", %u kB left", mem.free_bytes / 1024);
	if (mem.svn[0])
		printf(", SGP.22 %s", mem.svn);
	if (mem.firmware[0])
		printf(", firmware %s", mem.firmware);
	putchar('\n');
	return cmd_table_out(c, rows, col, "No profiles.", e);
out:
	json_decref(rows);
	return r;
}

/* ---- changes ------------------------------------------------------------ */

static int tell(struct cmd *c, const char *iccid, const char *did,
		struct sim_err *e)
{
	if (c->json)
		return cmd_json_out(json_pack("{s:s, s:s}", "iccid", iccid, "did",
					      did), e);
	printf("profile %s %s\n", iccid, did);
	return 0;
}

/* Gone is gone: the operator rarely gives it twice. */
static int confirm(struct cmd *c, const struct euicc_profile *p,
		   struct sim_err *e)
{
	size_t n = strlen(p->iccid);
	char prompt[256], typed[32];

	snprintf(prompt, sizeof(prompt),
		 "Profile ...%s (%s %s) is deleted for good. Its last four digits to go on: ",
		 p->iccid + n - 4, p->provider,
		 p->nickname[0] ? p->nickname : p->name);
	if (cmd_ask(c, true, prompt, typed, sizeof(typed), e))
		return -1;
	if (strcmp(typed, p->iccid + n - 4))
		return sim_fail(e, EX_NOPERM, "nothing was deleted");
	return 0;
}

static int change(struct cmd *c, enum euicc_verb verb, struct sim_err *e)
{
	static const char *const did[] = {
		[EUICC_ENABLE] = "enabled",
		[EUICC_DISABLE] = "disabled",
		[EUICC_DELETE] = "deleted",
	};
	struct esim s = { .c = c };
	bool refresh = false;
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&s.o),
		{ "refresh", NULL, &refresh, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	const struct euicc_profile *p;
	char iccid[21] = "";
	int r = -1;

	if (cmd_args(c, opt, 1, 1, e) < 0)
		return -1;
	if (!open_esim(&s, e)) {
		p = find(&s, c->argv[0], e);
		if (p && (verb != EUICC_DELETE || !confirm(c, p, e))) {
			strcpy(iccid, p->iccid);
			r = terminal_switch(s.u, verb, iccid, refresh, WAIT_MS,
					    e) ? -1 : 0;
		}
	}
	r = close_esim(&s, r, e);
	/* Of a switch the kernel tells; of a profile that is gone nobody (T4). */
	if (!r && verb == EUICC_DELETE)
		cmd_changed(c);
	return r ? r : tell(c, iccid, did[verb], e);
}

int cmd_esim_enable(struct cmd *c, struct sim_err *e)
{
	return change(c, EUICC_ENABLE, e);
}

int cmd_esim_disable(struct cmd *c, struct sim_err *e)
{
	return change(c, EUICC_DISABLE, e);
}

int cmd_esim_delete(struct cmd *c, struct sim_err *e)
{
	return change(c, EUICC_DELETE, e);
}

int cmd_esim_nickname(struct cmd *c, struct sim_err *e)
{
	struct esim s = { .c = c };
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&s.o), { NULL, NULL, NULL, NULL, NULL, 0 },
	};
	const struct euicc_profile *p;
	char iccid[21] = "";
	int r = -1;

	if (cmd_args(c, opt, 2, 2, e) < 0)
		return -1;
	if (!open_esim(&s, e)) {
		p = find(&s, c->argv[0], e);
		if (p) {
			strcpy(iccid, p->iccid);
			r = euicc_nickname(s.u, iccid, c->argv[1], e) ? -1 : 0;
		}
	}
	r = close_esim(&s, r, e);
	return r ? r : tell(c, iccid, c->argv[1][0] ? "named" : "has no name now",
			    e);
}

/* ---- notifications ------------------------------------------------------ */

static const char *event_name(uint8_t event)
{
	switch (event) {
	case 0x80:
		return "install";
	case 0x40:
		return "enable";
	case 0x20:
		return "disable";
	case 0x10:
		return "delete";
	}
	return "?";
}

static int remove_notices(struct euicc *u, const struct euicc_notice *list,
			  size_t n, const char *which, size_t *removed,
			  struct sim_err *e)
{
	char *end;
	unsigned long seq = strtoul(which, &end, 10);
	bool all = !strcmp(which, "all");

	if (!all && (*end || end == which))
		return sim_fail(e, EX_USAGE, "--remove wants a number of the list, or all");
	for (size_t i = 0; i < n; i++) {
		if (!all && list[i].seq != seq)
			continue;
		if (euicc_forget_notice(u, list[i].seq, e))
			return -1;
		++*removed;
	}
	return *removed || all ? 0 :
	       sim_fail(e, EX_NOINPUT, "there is no notification %lu", seq);
}

static json_t *notices_json(const struct euicc_notice *list, size_t n)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			rows, json_pack("{s:I, s:s, s:s, s:o}", "number",
					(json_int_t)list[i].seq, "event",
					event_name(list[i].event), "iccid",
					list[i].iccid, "server",
					text(list[i].address)));
	return rows;
}

int cmd_esim_notifications(struct cmd *c, struct sim_err *e)
{
	static const struct cmd_col col[] = {
		{ "number", "NUMBER", 0 }, { "event", "EVENT", 0 },
		{ "iccid", "ICCID", 0 },   { "server", "SERVER", 0 },
		{ NULL, NULL, 0 },
	};
	struct esim s = { .c = c };
	const char *which = NULL;
	const struct cmd_opt opt[] = {
		ONCARD_OPTS(&s.o),
		{ "remove", &which, NULL, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct euicc_notice *list = NULL;
	size_t n = 0, removed = 0;
	json_t *rows = NULL;
	int r = -1;

	if (cmd_args(c, opt, 0, 0, e) < 0)
		return -1;
	if (!open_esim(&s, e) && !euicc_notices(s.u, &list, &n, e))
		r = which ? remove_notices(s.u, list, n, which, &removed, e) : 0;
	r = close_esim(&s, r, e);
	if (!r && which && !c->json)
		printf("%zu removed\n", removed);
	if (!r && !which)
		rows = notices_json(list, n);
	free(list);
	if (rows)
		return cmd_table_out(c, rows, col, "No notifications wait.", e);
	if (!r && c->json)
		return cmd_json_out(json_pack("{s:I}", "removed",
					      (json_int_t)removed), e);
	return r;
}
