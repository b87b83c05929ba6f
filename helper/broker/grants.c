// SPDX-License-Identifier: MIT
#include "broker/grants.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "iccid.h"
#include "node.h"

#define INSERTION_MAX 160

static const char *const policy_names[CARD_POLICIES] = {
	[CARD_BOTH] = "both",
	[CARD_FILL] = "fill",
	[CARD_PULL] = "pull",
	[CARD_IGNORE] = "ignore",
};

static const char *const grant_names[] = {
	[GRANT_YES] = "granted",
	[GRANT_NO_CARD] = "no-card",
	[GRANT_FAULT] = "fault",
	[GRANT_NO_IDENTITY] = "no-identity",
	[GRANT_UNKNOWN] = "unknown",
	[GRANT_MOVED] = "moved",
	[GRANT_LOCKED] = "locked",
	[GRANT_STRICT] = "ask-each-time",
	[GRANT_IGNORE] = "ignored",
};

const char *grant_name(enum grant g)
{
	return grant_names[g];
}

const char *card_policy_name(enum card_policy p)
{
	return policy_names[p];
}

int card_policy_parse(const char *word, enum card_policy *p, struct sim_err *e)
{
	int i;

	for (i = 0; i < CARD_POLICIES; i++) {
		if (!strcmp(word, policy_names[i])) {
			*p = (enum card_policy)i;
			return 0;
		}
	}
	return sim_fail(e, EX_USAGE,
			"a card's policy is both, fill, pull or ignore");
}

/* ---- enrolled cards ----------------------------------------------------- */

static int read_card(const char *path, const config_setting_t *s,
		     struct card_grant *c, struct sim_err *e)
{
	const char *iccid = NULL, *driver = NULL, *policy = NULL;
	long long since = 0;
	int virt = 0, proxied = 0;

	memset(c, 0, sizeof(*c));
	if (!config_setting_lookup_string(s, "iccid", &iccid) ||
	    !config_setting_lookup_string(s, "driver", &driver) ||
	    !config_setting_lookup_string(s, "policy", &policy) ||
	    !iccid_ok(iccid))
		return sim_fail(e, EX_CONFIG, "%s:%u: not an enrolled card",
				path, config_setting_source_line(s));
	if (card_policy_parse(policy, &c->policy, e) < 0)
		return sim_fail_in(e, "%s:%u", path,
				   config_setting_source_line(s));
	config_setting_lookup_bool(s, "virtual", &virt);
	config_setting_lookup_bool(s, "proxied", &proxied);
	config_setting_lookup_int64(s, "since", &since);
	snprintf(c->iccid, sizeof(c->iccid), "%s", iccid);
	snprintf(c->driver, sizeof(c->driver), "%s", driver);
	c->virt = virt;
	c->proxied = proxied;
	c->since = since;
	return 0;
}

int grants_load(const struct broker_paths *p, struct card_grants *g,
		struct sim_err *e)
{
	const config_setting_t *list, *s;
	char path[300];
	config_t cfg;
	struct stat st;
	int i, r = 0;
	FILE *f;

	g->card = NULL;
	g->n = 0;
	snprintf(path, sizeof(path), "%s/cards.conf", p->lib);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? 0 :
					 sim_fail(e, EX_CONFIG, "%s: %s", path,
						  strerror(errno));
	config_init(&cfg);
	/* Whoever could write it could grant himself any card. */
	if (fstat(fileno(f), &st) < 0 || st.st_uid != geteuid() ||
	    (st.st_mode & 077)) {
		r = sim_fail(e, EX_CONFIG,
			     "%s is not the administrator's alone: chmod 600, chown root",
			     path);
		goto out;
	}
	if (!config_read(&cfg, f)) {
		r = sim_fail(e, EX_CONFIG, "%s:%d: %s", path,
			     config_error_line(&cfg), config_error_text(&cfg));
		goto out;
	}
	list = config_lookup(&cfg, "cards");
	for (i = 0;
	     !r && list && (s = config_setting_get_elem(list, (unsigned)i));
	     i++) {
		struct card_grant c;

		r = read_card(path, s, &c, e);
		if (!r)
			r = grants_put(g, &c, e);
	}
out:
	config_destroy(&cfg);
	fclose(f);
	if (r < 0)
		grants_free(g);
	return r;
}

int grants_lock(const struct broker_paths *p, struct sim_err *e)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/cards.lock", p->lib);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sim_fail(e, EX_CANTCREAT, "%s: %s", path,
				strerror(errno));
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		sim_fail(e, EX_OSERR, "%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int grants_save(const struct broker_paths *p, const struct card_grants *g,
		struct sim_err *e)
{
	char path[300], *text = NULL;
	size_t i, len = 0;
	int bad;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cards.conf", p->lib);
	f = open_memstream(&text, &len);
	if (!f)
		return sim_fail(e, EX_OSERR, "out of memory");
	fputs("# Enrolled SIMs; written by `simsync card enroll|forget`.\n"
	      "cards = (\n",
	      f);
	/* grants_put() and slots_parse() let nothing in that wants quoting. */
	for (i = 0; i < g->n; i++)
		fprintf(f,
			"\t{ iccid = \"%s\"; driver = \"%s\"; virtual = %s; proxied = %s; policy = \"%s\"; since = %lldL; }%s\n",
			g->card[i].iccid, g->card[i].driver,
			g->card[i].virt ? "true" : "false",
			g->card[i].proxied ? "true" : "false",
			policy_names[g->card[i].policy],
			(long long)g->card[i].since, i + 1 < g->n ? "," : "");
	fputs(");\n", f);
	bad = ferror(f);
	if (fclose(f) || bad)
		bad = sim_fail(e, EX_OSERR, "out of memory");
	else if (disk_put(path, text, len))
		bad = sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
	free(text);
	return bad;
}

void grants_free(struct card_grants *g)
{
	free(g->card);
	g->card = NULL;
	g->n = 0;
}

struct card_grant *grants_find(const struct card_grants *g, const char *iccid)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!strcmp(g->card[i].iccid, iccid))
			return &g->card[i];
	return NULL;
}

int grants_put(struct card_grants *g, const struct card_grant *c,
	       struct sim_err *e)
{
	struct card_grant *have = grants_find(g, c->iccid);

	/* One that cannot be read again would lock all the others out. */
	if (!iccid_ok(c->iccid))
		return sim_fail(e, EX_DATAERR,
				"the card's ICCID is not 1 to 20 of 0-9 and a-e: it cannot be enrolled");
	if (!have) {
		have = realloc(g->card, (g->n + 1) * sizeof(*g->card));
		if (!have)
			return sim_fail(e, EX_OSERR, "out of memory");
		g->card = have;
		have = &g->card[g->n++];
	}
	*have = *c;
	return 0;
}

bool grants_drop(struct card_grants *g, const char *iccid)
{
	struct card_grant *c = grants_find(g, iccid);

	if (!c)
		return false;
	*c = g->card[--g->n];
	return true;
}

/* ---- unlocked since boot ------------------------------------------------ */

static int note(const struct broker_paths *p, const char *name,
		const char *line, int flags, struct sim_err *e)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", p->run, name);
	fd = open(path,
		  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line)) {
		sim_fail(e, EX_CANTCREAT, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static bool noted(const struct broker_paths *p, const char *name,
		  const char *want)
{
	char path[300], line[INSERTION_MAX];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->run, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = !strcmp(line, want);
	fclose(f);
	return found;
}

bool unlocked(const struct broker_paths *p, uid_t owner)
{
	char line[32];

	snprintf(line, sizeof(line), "%lu\n", (unsigned long)owner);
	return noted(p, "unlocked", line);
}

int unlock_note(const struct broker_paths *p, uid_t owner, struct sim_err *e)
{
	char line[32];

	snprintf(line, sizeof(line), "%lu\n", (unsigned long)owner);
	return note(p, "unlocked", line, O_TRUNC, e);
}

void unlock_forget(const struct broker_paths *p)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/unlocked", p->run);
	unlink(path);
	snprintf(path, sizeof(path), "%s/insertions", p->run);
	unlink(path);
}

/*
 * Epochs start anew with each slot object, so the device node, made with it, is
 * part of the name.
 */
static bool insertion_line(const struct broker_paths *p, const struct slot *s,
			   char line[INSERTION_MAX])
{
	char path[300], node[NODE_ID_MAX];

	snprintf(path, sizeof(path), "%s/simslot%u", p->dev, s->index);
	if (node_id(AT_FDCWD, path, node) < 0)
		return false;
	snprintf(line, INSERTION_MAX, "%u %llu %s %s\n", s->index,
		 (unsigned long long)s->epoch, s->iccid[0] ? s->iccid : "-",
		 node);
	return true;
}

bool insertion_known(const struct broker_paths *p, const struct slot *s)
{
	char line[INSERTION_MAX];

	return insertion_line(p, s, line) && noted(p, "insertions", line);
}

int insertion_note(const struct broker_paths *p, const struct slot *s,
		   struct sim_err *e)
{
	char line[INSERTION_MAX];

	/* A slot that is gone meanwhile holds no insertion. */
	if (!insertion_line(p, s, line) || noted(p, "insertions", line))
		return 0;
	return note(p, "insertions", line, O_APPEND, e);
}

int grants_assume(struct card_grants *g, const struct slot *s,
		  const char *policy, struct sim_err *e)
{
	struct card_grant c = { .since = 0 };

	if (!policy[0] || s->state != SIMSLOT_READY || !s->iccid[0] ||
	    grants_find(g, s->iccid))
		return 0;
	if (card_policy_parse(policy, &c.policy, e) < 0)
		return -1;
	snprintf(c.iccid, sizeof(c.iccid), "%s", s->iccid);
	snprintf(c.driver, sizeof(c.driver), "%s", s->driver);
	c.virt = s->caps & SIMSLOT_CAP_VIRTUAL;
	c.proxied = s->caps & SIMSLOT_CAP_PROXIED;
	return grants_put(g, &c, e);
}

/* ---- the decision ------------------------------------------------------- */

enum grant grant_decide(const struct slot *s, const struct card_grant *c,
			bool strict, bool is_unlocked, bool insertion)
{
	if (s->state == SIMSLOT_MUTE)
		return GRANT_FAULT;
	if (s->state != SIMSLOT_READY)
		return GRANT_NO_CARD;
	if (!s->iccid[0])
		return GRANT_NO_IDENTITY;
	if (!c)
		return GRANT_UNKNOWN;
	if (c->policy == CARD_IGNORE)
		return GRANT_IGNORE;
	if (strcmp(c->driver, s->driver) ||
	    c->virt != !!(s->caps & SIMSLOT_CAP_VIRTUAL) ||
	    c->proxied != !!(s->caps & SIMSLOT_CAP_PROXIED))
		return GRANT_MOVED;
	if (strict)
		return insertion ? GRANT_YES : GRANT_STRICT;
	return is_unlocked ? GRANT_YES : GRANT_LOCKED;
}
