// SPDX-License-Identifier: MIT
#include "remote/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

/* Server names as [a-z0-9-]; a fleet of phones called "debian" is told apart. */
static char *device_name(const char *given)
{
	char name[64] = "phone", *p;

	if (given)
		return strdup(given);
	gethostname(name, sizeof(name) - 1);
	for (p = name; *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
		else if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
			*p = '-';
	}
	return strdup(name[0] ? name : "phone");
}

static char *dup_or_null(const char *s)
{
	return s ? strdup(s) : NULL;
}

static int ask_password(struct cmd *c, struct remote_config *rc,
			struct sim_err *e)
{
	char prompt[128], word[256];
	int r;

	snprintf(prompt, sizeof(prompt), "Password of %.60s on the server: ",
		 rc->user);
	r = cmd_ask(c, false, prompt, word, sizeof(word), e);
	if (!r)
		rc->password = strdup(word);
	explicit_bzero(word, sizeof(word));
	return r;
}

static json_t *report_json(const struct remote_config *rc,
			   const struct remote_report *rep)
{
	json_t *o = json_object();

	if (rc->contacts) {
		json_object_set_new(o, "contacts_ok",
				    json_boolean(rep->contacts_ok));
		json_object_set_new(o, "contacts",
				    json_integer((json_int_t)rep->contacts));
		json_object_set_new(o, "sync_token",
				    json_boolean(rep->sync_token));
		json_object_set_new(o, "contacts_why",
				    json_string(rep->contacts_why));
	}
	if (rc->files) {
		json_object_set_new(o, "files_ok",
				    json_boolean(rep->files_ok));
		json_object_set_new(o, "files_why",
				    json_string(rep->files_why));
	}
	json_object_set_new(o, "http2", json_boolean(rep->http2));
	return o;
}

static void tell_one(struct cmd *c, const char *what, bool ok, const char *why)
{
	printf("%-22s ", what);
	cmd_tone(c, ok ? TONE_GOOD : TONE_BAD, ok ? "ok" : why);
	putchar('\n');
}

/* Whether the server works is the answer, not an error of the program. */
static int try_out(struct cmd *c, const struct remote_config *rc, bool create,
		   struct sim_err *e)
{
	struct remote_report rep = { 0 };
	int r;

	cmd_progress(c, "asking the server", 0, 0);
	r = remote_test(rc, create, &rep, e);
	cmd_progress_end(c);
	if (c->json) {
		struct sim_err ignored;

		cmd_json_out(report_json(rc, &rep), &ignored);
		return r;
	}
	if (rc->contacts)
		tell_one(c, "contacts (CardDAV)", rep.contacts_ok,
			 rep.contacts_why);
	if (rc->contacts && rep.contacts_ok)
		printf("  %zu there; %s\n", rep.contacts,
		       rep.sync_token ? "says what changed (sync-token)" :
					"is listed whole each time");
	if (rc->files)
		tell_one(c, "messages, SIM (WebDAV)", rep.files_ok,
			 rep.files_why);
	else
		puts("messages and SIM information stay on the phone (no --webdav)");
	return r;
}

int cmd_remote_add(struct cmd *c, struct sim_err *e)
{
	const char *webdav = NULL, *user = NULL, *ca = NULL, *device = NULL,
		   *key = NULL;
	bool ids = false, plain = false, force = false;
	const struct cmd_opt opt[] = {
		{ "webdav", &webdav, NULL, NULL, NULL, 0 },
		{ "user", &user, NULL, NULL, NULL, 0 },
		{ "ca", &ca, NULL, NULL, NULL, 0 },
		{ "device", &device, NULL, NULL, NULL, 0 },
		{ "key", &key, NULL, NULL, NULL, 0 },
		{ "identifiers", NULL, &ids, NULL, NULL, 0 },
		{ "plain", NULL, &plain, NULL, NULL, 0 },
		{ "force", NULL, &force, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct remote_config rc = { 0 };
	char path[512];
	int r = -1;

	if (cmd_args(c, opt, 0, 1, e) < 0 ||
	    cmd_path(c, "remote.conf", path, sizeof(path), e) < 0)
		return -1;
	if (!c->argc && !webdav)
		return sim_fail(e, EX_USAGE, "no URL given");
	rc.contacts = dup_or_null(c->argv[0]);
	rc.files = dup_or_null(webdav);
	rc.user = dup_or_null(user);
	rc.ca_file = dup_or_null(ca);
	rc.key = dup_or_null(key);
	rc.device = device_name(device);
	rc.identifiers = ids;
	rc.plain = plain;
	if (user && ask_password(c, &rc, e) < 0)
		goto out;
	if (remote_config_key(&rc, e) < 0 || remote_config_check(&rc, e) < 0)
		goto out;
	if (try_out(c, &rc, true, e) < 0 && !force)
		goto out;
	r = remote_config_save(path, &rc, e);
	if (!r)
		cmd_changed(c);
out:
	if (rc.password)
		explicit_bzero(rc.password, strlen(rc.password));
	remote_config_free(&rc);
	return r;
}

static int load(struct cmd *c, struct remote_config *rc, struct sim_err *e)
{
	char path[512];
	int r;

	if (cmd_path(c, "remote.conf", path, sizeof(path), e) < 0)
		return -1;
	r = remote_config_load(path, rc, e);
	if (r == 1)
		return sim_fail(e, EX_CONFIG,
				"no server is configured: simsync remote add");
	return r;
}

int cmd_remote_show(struct cmd *c, struct sim_err *e)
{
	bool key = false;
	const struct cmd_opt opt[] = {
		{ "key", NULL, &key, NULL, NULL, 0 },
		{ NULL, NULL, NULL, NULL, NULL, 0 },
	};
	struct remote_config rc = { 0 };
	json_t *o;
	int r = 0;

	if (cmd_args(c, opt, 0, 0, e) < 0 || load(c, &rc, e) < 0)
		return -1;
	o = json_pack("{s:s?, s:s?, s:s?, s:s?, s:b}", "contacts", rc.contacts,
		      "files", rc.files, "user", rc.user, "device", rc.device,
		      "identifiers", rc.identifiers);
	if (key)
		json_object_set_new(o, "key", json_string(rc.key));
	if (c->json) {
		r = cmd_json_out(o, e);
	} else {
		const char *k;
		json_t *v;

		json_object_foreach(o, k, v) {
			printf("%-12s ", k);
			cmd_print(json_is_string(v) ? json_string_value(v) :
				  json_is_true(v)   ? "yes" :
				  json_is_false(v)  ? "no" :
						      "-");
			putchar('\n');
		}
		json_decref(o);
	}
	if (rc.password)
		explicit_bzero(rc.password, strlen(rc.password));
	remote_config_free(&rc);
	return r;
}

int cmd_remote_test(struct cmd *c, struct sim_err *e)
{
	struct remote_config rc = { 0 };
	int r;

	if (cmd_args(c, NULL, 0, 0, e) < 0 || load(c, &rc, e) < 0)
		return -1;
	r = try_out(c, &rc, false, e);
	remote_config_free(&rc);
	return r;
}
