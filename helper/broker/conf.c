// SPDX-License-Identifier: MIT
#include "broker/broker.h"
#include "broker/grants.h"
#include "disk.h"

#include <errno.h>
#include <libconfig.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct broker_paths broker_paths = {
	.conf = "/etc/simsync/simsync.conf",
	.rules = "/etc/simsync/rules.conf",
	.run = "/run/simsync",
	.lib = "/var/lib/simsync",
	.sys = "/sys/class/simslot",
	.dev = "/dev",
	.pam = "simsync",
	.user = "simsync",
};

static int owner_setting(const struct broker_paths *p,
			 const config_setting_t *s, uid_t *uid,
			 struct sim_err *e)
{
	const char *name = config_setting_get_string(s);
	struct passwd *pw;

	if (config_setting_type(s) == CONFIG_TYPE_INT &&
	    config_setting_get_int(s) >= 0) {
		*uid = (uid_t)config_setting_get_int(s);
		return 0;
	}
	pw = name ? getpwnam(name) : NULL;
	if (!pw)
		return sim_fail(e, EX_CONFIG,
				"%s:%u: owner is neither a user's name nor a number",
				p->conf, config_setting_source_line(s));
	*uid = pw->pw_uid;
	return 0;
}

static int policy_setting(const struct broker_paths *p,
			  const config_setting_t *s, bool *strict,
			  struct sim_err *e)
{
	const char *v = config_setting_get_string(s);

	if (v && !strcmp(v, "strict"))
		*strict = true;
	else if (v && !strcmp(v, "unlock"))
		*strict = false;
	else
		return sim_fail(e, EX_CONFIG,
				"%s:%u: policy is \"unlock\" or \"strict\"",
				p->conf, config_setting_source_line(s));
	return 0;
}

static int poll_setting(const struct broker_paths *p,
			const config_setting_t *s, int *minutes,
			struct sim_err *e)
{
	enum { A_DAY = 24 * 60 };
	int n = config_setting_get_int(s);

	if (config_setting_type(s) != CONFIG_TYPE_INT || n < 0 || n > A_DAY)
		return sim_fail(e, EX_CONFIG,
				"%s:%u: poll is a number of minutes, at most %d; 0: never",
				p->conf, config_setting_source_line(s), A_DAY);
	*minutes = n;
	return 0;
}

static int load_file(const struct broker_paths *p, struct broker_conf *c,
		     struct sim_err *e)
{
	const config_setting_t *root, *s;
	config_t cfg;
	int i, r = 0;
	FILE *f;

	f = fopen(p->conf, "re");
	if (!f)
		return errno == ENOENT ?
			       0 :
			       sim_fail(e, EX_CONFIG, "%s: %s", p->conf,
					strerror(errno));
	config_init(&cfg);
	if (!config_read(&cfg, f)) {
		r = sim_fail(e, EX_CONFIG, "%s:%d: %s", p->conf,
			     config_error_line(&cfg), config_error_text(&cfg));
		goto out;
	}
	root = config_root_setting(&cfg);
	for (i = 0; !r && (s = config_setting_get_elem(root, (unsigned)i));
	     i++) {
		const char *name = config_setting_name(s);

		if (!strcmp(name, "owner"))
			r = owner_setting(p, s, &c->owner, e);
		else if (!strcmp(name, "policy"))
			r = policy_setting(p, s, &c->strict, e);
		else if (!strcmp(name, "poll"))
			r = poll_setting(p, s, &c->poll_minutes, e);
		else
			r = sim_fail(e, EX_CONFIG,
				     "%s:%u: unknown setting \"%s\"", p->conf,
				     config_setting_source_line(s), name);
	}
out:
	config_destroy(&cfg);
	fclose(f);
	return r;
}

/* A broken rule file says nothing here; the run says what is wrong with it. */
static void load_unknown(const struct broker_paths *p, struct broker_conf *c)
{
	const char *word;
	config_t cfg;
	FILE *f;

	c->unknown[0] = '\0';
	f = p->rules ? fopen(p->rules, "re") : NULL;
	if (!f)
		return;
	config_init(&cfg);
	if (config_read(&cfg, f) &&
	    config_lookup_string(&cfg, "unknown-card", &word) &&
	    (!strcmp(word, "pull") || !strcmp(word, "fill") ||
	     !strcmp(word, "ignore")))
		snprintf(c->unknown, sizeof(c->unknown), "%s", word);
	config_destroy(&cfg);
	fclose(f);
}

int conf_load(const struct broker_paths *p, struct broker_conf *c,
	      struct sim_err *e)
{
	char path[256], *end;
	unsigned long uid;
	char line[32];
	FILE *f;

	c->owner = BROKER_NOBODY;
	c->strict = false;
	c->poll_minutes = CONF_POLL_MINUTES;
	load_unknown(p, c);
	if (load_file(p, c, e) < 0)
		return -1;
	if (c->owner != BROKER_NOBODY)
		return 0;
	snprintf(path, sizeof(path), "%s/owner", p->lib);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		errno = 0;
		uid = strtoul(line, &end, 10);
		if (end != line && *end == '\n' && !errno &&
		    uid < BROKER_NOBODY)
			c->owner = (uid_t)uid;
	}
	fclose(f);
	return 0;
}

/* An empty file: who was to be the owner was never written down. */
static bool has_owner(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && !(S_ISREG(st.st_mode) && !st.st_size);
}

int conf_own(const struct broker_paths *p, uid_t uid, struct sim_err *e)
{
	char path[256], line[32];
	/* Of two who enroll at once the first is the owner. */
	int lock = grants_lock(p, e), r = 0, n;

	if (lock < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/owner", p->lib);
	n = snprintf(line, sizeof(line), "%lu\n", (unsigned long)uid);
	if (has_owner(path))
		r = sim_fail(e, EX_CANTCREAT,
			     "%s: this phone has an owner, or had one: root removes that file",
			     path);
	else if (disk_put(path, line, (size_t)n))
		r = sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
	close(lock);
	return r;
}
