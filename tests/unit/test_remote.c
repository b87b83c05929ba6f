// SPDX-License-Identifier: MIT
/* The server side against a real Radicale and a real Apache mod_dav. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/vcard.h"
#include "remote/dav.h"
#include "remote/http.h"
#include "remote/remote.h"
#include "unit/servers.h"

static struct servers srv;
static char contacts[96], files[96];
static char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static int book;

static int up(void **state)
{
	(void)state;
	if (!servers_start(&srv)) {
		fprintf(stderr, "no servers: radicale, apache2, openssl needed; see %s\n",
			srv.dir);
		return -1;
	}
	return 0;
}

static int down(void **state)
{
	(void)state;
	servers_stop(&srv);
	return 0;
}

static struct remote_config config(int port)
{
	struct remote_config c = { .contacts = contacts, .files = files,
				   .user = (char *)"anna",
				   .password = (char *)"secret", .key = key,
				   .device = (char *)"phone-1", .timeout_s = 10 };

	snprintf(contacts, sizeof(contacts), "http://127.0.0.1:%d/anna/book%d/",
		 port ? port : srv.radicale_port, book);
	snprintf(files, sizeof(files), "http://127.0.0.1:%d/simsync%d/",
		 srv.apache_port, book);
	return c;
}

/* A fresh, empty address book and folder for each test. */
static int fresh(void **state)
{
	struct remote_config c;
	struct remote_report rep;
	struct sim_err e = { 0 };

	(void)state;
	book++;
	c = config(0);
	if (remote_test(&c, true, &rep, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return -1;
	}
	return rep.contacts_ok && rep.files_ok && rep.sync_token ? 0 : -1;
}

static struct sim_replica *replica(struct remote_config *c)
{
	struct sim_err e = { 0 };
	struct sim_replica *r = remote_replica(c, &e);

	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static struct sim_changes changes(struct sim_replica *r, enum sim_kind kind,
				  const char *since)
{
	struct sim_changes c;
	struct sim_err e = { 0 };

	if (r->ops->changes(r, kind, since, &c, &e))
		fail_msg("%s", e.text);
	return c;
}

static struct sim_op create(struct sim_replica *r, const char *uid,
			    const char *fn, const char *tel)
{
	struct sim_op o = { .verb = SIM_CREATE, .kind = SIM_CONTACT };
	struct sim_err e = { 0 };

	sim_item_init(&o.want, SIM_CONTACT);
	sim_item_add(&o.want, "FN", NULL, fn);
	sim_item_add(&o.want, "TEL", "TYPE=CELL", tel);
	o.uid = strdup(uid);
	if (r->ops->place(r, &o.want, uid, &o.ref, &e))
		fail_msg("%s", e.text);
	return o;
}

static struct sim_op update(const struct sim_record *rec, const char *name,
			    const char *value)
{
	struct sim_op o = { .verb = SIM_UPDATE, .kind = rec->item.kind };

	o.ref = strdup(rec->ref);
	o.version = strdup(rec->version);
	sim_item_init(&o.want, rec->item.kind);
	sim_item_copy(&o.want, &rec->item);
	sim_item_set(&o.want, name, value);
	return o;
}

static struct sim_op removal(const struct sim_record *rec)
{
	struct sim_op o = { .verb = SIM_DELETE, .kind = rec->item.kind };

	o.ref = strdup(rec->ref);
	o.version = strdup(rec->version);
	return o;
}

static void op_free(struct sim_op *o)
{
	free(o->ref);
	free(o->version);
	free(o->uid);
	sim_item_free(&o->want);
	sim_item_free(&o->was);
	sim_record_free(&o->got);
}

static void apply(struct sim_replica *r, struct sim_op *o, size_t n)
{
	struct sim_err e = { 0 };

	if (r->ops->apply(r, o, n, NULL, NULL, NULL, &e))
		fail_msg("%s", e.text);
}

static void outcome(struct sim_replica *r, struct sim_op o, enum sim_outcome want)
{
	apply(r, &o, 1);
	if (o.outcome != want)
		fail_msg("outcome %d, wanted %d: %s", o.outcome, want, o.err.text);
	op_free(&o);
}

static int counting(struct sim_op *o, void *arg)
{
	int *c = arg;

	(void)o;
	++*c;
	return 0;
}

static void two_hundred_up_and_nothing_changed_is_one_small_request(void **state)
{
	enum { N = 200 };
	struct remote_config c = config(0);
	struct sim_replica *r = replica(&c);
	struct sim_op *o = calloc(N, sizeof(*o));
	struct sim_changes all, none;
	struct remote_stats a, b;
	struct sim_err e = { 0 };
	int calls = 0, i;

	(void)state;
	for (i = 0; i < N; i++) {
		char uid[20], fn[40], tel[20];

		snprintf(uid, sizeof(uid), "uid-%d", i);
		snprintf(fn, sizeof(fn), "J\xc3\xb6rg <&> %d", i);
		snprintf(tel, sizeof(tel), "+49171%07d", i);
		o[i] = create(r, uid, fn, tel);
	}
	if (r->ops->apply(r, o, N, counting, counting, &calls, &e))
		fail_msg("%s", e.text);
	for (i = 0; i < N; i++) {
		if (o[i].outcome != SIM_DONE)
			fail_msg("op %d: outcome %d: %s", i, o[i].outcome, o[i].err.text);
		assert_non_null(o[i].got.version);
		op_free(&o[i]);
	}
	assert_int_equal(calls, 2 * N);
	free(o);
	all = changes(r, SIM_CONTACT, NULL);
	assert_true(all.whole);
	assert_int_equal(all.n, N);
	remote_replica_stats(r, &a);
	none = changes(r, SIM_CONTACT, all.token);
	remote_replica_stats(r, &b);
	assert_false(none.whole);
	assert_int_equal(none.n + none.ngone, 0);
	assert_int_equal(b.requests - a.requests, 1);
	/* What the best peer needs: 196 bytes of body; with headers still under a packet. */
	assert_true(b.received - a.received < 700);
	assert_true(b.sent - a.sent < 1200);
	sim_changes_free(&none);
	sim_changes_free(&all);
	r->ops->free(r);
}

static void changed_gone_and_new_are_told(void **state)
{
	struct remote_config c = config(0);
	struct sim_replica *r = replica(&c);
	struct sim_changes a, b;

	(void)state;
	outcome(r, create(r, "a", "A", "1"), SIM_DONE);
	outcome(r, create(r, "urn:uuid:b/c", "B", "2"), SIM_DONE);
	a = changes(r, SIM_CONTACT, NULL);
	assert_int_equal(a.n, 2);
	for (size_t i = 0; i < 2; i++) {
		if (!strcmp(a.rec[i].uid, "a"))
			outcome(r, removal(&a.rec[i]), SIM_DONE);
		else
			outcome(r, update(&a.rec[i], "TEL", "3"), SIM_DONE);
	}
	outcome(r, create(r, "d", "D", "4"), SIM_DONE);
	b = changes(r, SIM_CONTACT, a.token);
	assert_false(b.whole);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.ngone, 1);
	assert_non_null(strstr(b.gone[0], "/a.vcf"));
	/* At most: 2 before, 2 told of, 1 gone. */
	assert_int_equal(b.total, 3);
	sim_changes_free(&a);
	sim_changes_free(&b);
	/* A token the server does not know: all of it again. */
	b = changes(r, SIM_CONTACT, "s:2:http://radicale.org/ns/sync/beef");
	assert_true(b.whole);
	assert_int_equal(b.n, 2);
	sim_changes_free(&b);
	r->ops->free(r);
}

static void every_write_is_conditional(void **state)
{
	struct remote_config c = config(0);
	struct sim_replica *r = replica(&c), *other = replica(&c);
	struct sim_changes a;
	struct sim_op o;

	(void)state;
	outcome(r, create(r, "a", "A", "1"), SIM_DONE);
	a = changes(r, SIM_CONTACT, NULL);
	/* Another client edits; our version is old then. */
	outcome(other, update(&a.rec[0], "TEL", "2"), SIM_DONE);
	o = update(&a.rec[0], "TEL", "3");
	apply(r, &o, 1);
	assert_int_equal(o.outcome, SIM_MOVED);
	assert_string_equal(sim_item_get(&o.got.item, "TEL"), "2");
	assert_string_not_equal(o.got.version, a.rec[0].version);
	op_free(&o);
	outcome(r, removal(&a.rec[0]), SIM_MOVED);
	outcome(r, create(r, "a", "A", "9"), SIM_MOVED);
	/* The very same again, as after a crash: that is done, not moved. */
	outcome(r, create(r, "a", "A", "2"), SIM_DONE);
	sim_changes_free(&a);
	a = changes(r, SIM_CONTACT, NULL);
	outcome(other, removal(&a.rec[0]), SIM_DONE);
	o = update(&a.rec[0], "TEL", "3");
	apply(r, &o, 1);
	assert_int_equal(o.outcome, SIM_MOVED);
	assert_null(o.got.ref);
	op_free(&o);
	sim_changes_free(&a);
	r->ops->free(r);
	other->ops->free(other);
}

static void unknown_properties_survive_an_edit(void **state)
{
	struct remote_config c = config(0);
	struct sim_replica *r = replica(&c);
	struct sim_changes a;
	char cmd[600];

	(void)state;
	snprintf(cmd, sizeof(cmd),
		 "printf 'BEGIN:VCARD\\r\\nVERSION:3.0\\r\\nUID:x\\r\\nFN:X Y\\r\\n"
		 "X-FOO;BAR=\"a:b\":c\\r\\nitem1.TEL:5\\r\\nitem1.X-ABLABEL:boat\\r\\n"
		 "END:VCARD\\r\\n' | curl -sf -u anna:secret -X PUT --data-binary @- -H 'Content-Type: text/vcard' %sx.vcf",
		 contacts);
	assert_int_equal(system(cmd), 0);
	a = changes(r, SIM_CONTACT, NULL);
	assert_int_equal(a.n, 1);
	outcome(r, update(&a.rec[0], "FN", "X Z"), SIM_DONE);
	sim_changes_free(&a);
	a = changes(r, SIM_CONTACT, NULL);
	assert_string_equal(sim_item_get(&a.rec[0].item, "X-FOO"), "c");
	assert_string_equal(sim_item_get(&a.rec[0].item, "X-ABLABEL"), "boat");
	assert_string_equal(sim_item_get(&a.rec[0].item, "FN"), "X Z");
	sim_changes_free(&a);
	r->ops->free(r);
}

static void refused(struct remote_config *c, int code, const char *says)
{
	struct sim_replica *r = replica(c);
	struct sim_changes out;
	struct sim_err e = { 0 };

	assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &out, &e), -1);
	if (e.code != code || !strstr(e.text, says))
		fail_msg("%d: %s", e.code, e.text);
	assert_null(strstr(e.text, "secret"));
	r->ops->free(r);
}

static void what_goes_wrong_has_a_sentence(void **state)
{
	struct remote_config c = config(0);
	struct faulty f;
	static const char *const answers[][2] = {
		{ "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", "failed inside (500)" },
		{ "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "(403)" },
		{ "HTTP/1.1 207 M\r\nContent-Length: 9\r\n\r\n<html><br", "no good XML" },
		{ "HTTP/1.1 207 M\r\nContent-Length: 0\r\n\r\n", "empty" },
		{ "HTTP/1.1 207 M\r\nContent-Length: 4\r\n\r\n<a/>", "no multistatus" },
		{ "HTTP/1.1 207 M\r\nContent-Length: 999\r\n\r\n<a>", "connection broke" },
		{ "HTTP/1.1 301 M\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n",
		  "moved to https://other/" },
		{ "HTTP/1.1 207 M\r\nConnection: close\r\n\r\n<!DOCTYPE m [<!ENTITY a \"x\">]><multistatus xmlns=\"DAV:\"/>",
		  "entities" },
		{ "HTTP/1.1 503 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
		  "maintenance (503)" },
	};
	static const int codes[] = { EX_UNAVAILABLE, EX_NOPERM, EX_PROTOCOL,
				     EX_PROTOCOL, EX_PROTOCOL, EX_TEMPFAIL,
				     EX_CONFIG, EX_PROTOCOL, EX_TEMPFAIL };

	(void)state;
	c.password = (char *)"wrong";
	refused(&c, EX_NOPERM, "user or password (401)");
	c = config(1);
	refused(&c, EX_UNAVAILABLE, "down or not reachable");
	c = config(0);
	strcat(contacts, "nothing/");
	refused(&c, EX_CONFIG, "(404)");
	faulty_start(&f, 0);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		f.canned = answers[i][0];
		c = config(f.port);
		refused(&c, codes[i], answers[i][1]);
	}
	faulty_stop(&f);
}

static void retry_after_is_obeyed(void **state)
{
	struct remote_config c;
	struct sim_replica *r;
	struct sim_changes out;
	struct sim_err e = { 0 };
	struct timespec a, b;
	struct faulty f;

	(void)state;
	faulty_start(&f, 0);
	f.canned = "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
	c = config(f.port);
	r = replica(&c);
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(r->ops->changes(r, SIM_CONTACT, NULL, &out, &e), -1);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(f.requests, 4);
	assert_true(b.tv_sec - a.tv_sec >= 3);
	assert_non_null(strstr(e.text, "(429)"));
	r->ops->free(r);
	faulty_stop(&f);
}

static void broken_vcards_are_problems_not_deletions(void **state)
{
	static char answer[2000];
	static const char body[] =
		"<multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">"
		"<response><href>/anna/book/a.vcf</href><propstat><prop><getetag>\"1\"</getetag>"
		"<C:address-data>BEGIN:VCARD\nFN:A\n</C:address-data></prop>"
		"<status>HTTP/1.1 200 OK</status></propstat></response>"
		"<response><href>/anna/book/b.vcf</href><propstat><prop><getetag>\"2\"</getetag>"
		"<C:address-data>BEGIN:VCARD\nVERSION:3.0\nFN:B &amp; C\nEND:VCARD\n</C:address-data></prop>"
		"<status>HTTP/1.1 200 OK</status></propstat></response>"
		"<sync-token>t1</sync-token></multistatus>";
	struct remote_config c;
	struct sim_replica *r;
	struct sim_changes a;
	struct faulty f;

	(void)state;
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 207 Multi-Status\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	faulty_start(&f, 0);
	f.canned = answer;
	c = config(f.port);
	r = replica(&c);
	a = changes(r, SIM_CONTACT, NULL);
	assert_int_equal(a.n, 2);
	assert_non_null(strstr(a.rec[0].problem, "cut off"));
	assert_int_equal(a.rec[0].item.n, 0);
	assert_null(a.rec[1].problem);
	assert_string_equal(sim_item_get(&a.rec[1].item, "FN"), "B & C");
	assert_string_equal(a.token, "s:2:t1");
	sim_changes_free(&a);
	r->ops->free(r);
	faulty_stop(&f);
}

/* RFC 4918 13: a response has a status of its own or one per property. */
static void a_member_kept_back_is_no_deletion(void **state)
{
	static const char *const kept[] = {
		"<status>HTTP/1.1 403 Forbidden</status>",
		"<status>HTTP/1.1 423 Locked</status>",
		"<propstat><prop><getetag/></prop><status>HTTP/1.1 403 Forbidden</status></propstat>",
		"<status>HTTP/1.1 500 Oops</status>",
	};
	static const char *const says[] = { "b.vcf on the server", "(423)",
					    "(403)", "(500)" };
	static const int codes[] = { EX_NOPERM, EX_UNAVAILABLE, EX_NOPERM,
				     EX_UNAVAILABLE };
	static char answer[2000], body[1600];
	struct remote_config c;
	struct sim_replica *r;
	struct sim_changes a;
	struct faulty f;

	(void)state;
	faulty_start(&f, 0);
	f.canned = answer;
	for (size_t i = 0; i <= sizeof(kept) / sizeof(kept[0]); i++) {
		bool last = i == sizeof(kept) / sizeof(kept[0]);

		snprintf(body, sizeof(body),
			 "<multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\">"
			 "<response><href>/anna/book/a.vcf</href><propstat><prop><getetag>\"1\"</getetag>"
			 "<C:address-data>BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n</C:address-data></prop>"
			 "<status>HTTP/1.1 200 OK</status></propstat></response>"
			 "<response><href>/anna/book/b.vcf</href>%s</response>"
			 "<sync-token>t1</sync-token></multistatus>",
			 last ? "<status>HTTP/1.1 404 Not Found</status>" :
				kept[i]);
		snprintf(answer, sizeof(answer),
			 "HTTP/1.1 207 Multi-Status\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(body), body);
		c = config(f.port);
		if (!last)
			refused(&c, codes[i], says[i]);
	}
	/* Gone is gone. */
	r = replica(&c);
	a = changes(r, SIM_CONTACT, NULL);
	assert_int_equal(a.n, 1);
	sim_changes_free(&a);
	r->ops->free(r);
	faulty_stop(&f);
}

/*
 * Apache's weak ETag of a file just written matches no condition (RFC 9110 13.1.1). Here
 * it is strong again by the time one asks: the refusal told of no change either.
 */
static void a_refusal_without_a_change_is_tried_again(void **state)
{
	static const char *const script[] = {
		"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n\r\n"
		"<multistatus xmlns=\"DAV:\"><response><href>/f/x</href><propstat><prop>"
		"<getetag>\"7\"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat>"
		"</response></multistatus>",
		"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
	};
	struct sim_err e = { 0 };
	struct remote_config c;
	struct webdav d = { .c = &c };
	struct faulty f;
	char url[64];

	(void)state;
	faulty_start(&f, 0);
	f.script = script;
	f.canned = script[0];
	c = config(f.port);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/f/", f.port);
	d.url = url;
	d.h = http_new(&c, &e);
	assert_non_null(d.h);
	assert_int_equal(webdav_delete(&d, "x", "\"7\"", &e), SIM_DONE);
	assert_int_equal(f.requests, 3);
	http_free(d.h);
	faulty_stop(&f);
}

/* The connection tears at any byte of a PUT, or before its answer comes. */
static void torn_puts_end_right_after_a_rerun(void **state)
{
	struct remote_config c, straight;
	struct faulty f;
	int made = 0;

	(void)state;
	faulty_start(&f, srv.radicale_port);
	for (long cut = -1; cut < 700; cut += 50) {
		struct sim_replica *r;
		struct sim_changes a;
		struct sim_op o;
		char uid[32];

		c = config(f.port);
		c.in_flight = 1;
		r = replica(&c);
		snprintf(uid, sizeof(uid), "torn-%ld", cut);
		f.cut_after = cut;
		f.fault = cut < 0 ? FAULT_CUT_DOWN : FAULT_CUT_UP;
		o = create(r, uid, "Torn", "1");
		apply(r, &o, 1);
		/* Written or not, but never taken for written wrongly. */
		made += o.outcome == SIM_DONE;
		assert_true(o.outcome == SIM_DONE || o.outcome == SIM_FAILED ||
			    o.outcome == SIM_AWAY);
		f.fault = FAULT_NONE;
		apply(r, &o, 1);
		assert_int_equal(o.outcome, SIM_DONE);
		op_free(&o);
		r->ops->free(r);
		straight = config(0);
		r = replica(&straight);
		a = changes(r, SIM_CONTACT, NULL);
		assert_int_equal(a.n, (cut + 1) / 50 + 1);
		sim_changes_free(&a);
		r->ops->free(r);
	}
	assert_true(made > 0);
	faulty_stop(&f);
}

static struct sim_op message(struct sim_replica *r, const char *tpdu,
			     const char *date)
{
	struct sim_op o = { .verb = SIM_CREATE, .kind = SIM_MESSAGE };
	struct sim_item full;
	struct sim_err e = { 0 };

	sim_item_init(&full, SIM_MESSAGE);
	sim_item_add(&full, "DIRECTION", NULL, "in");
	sim_item_add(&full, "TPDU", NULL, tpdu);
	sim_item_add(&full, "STATUS", NULL, "unread");
	sim_item_add(&full, "ICCID", NULL, "89490200001234567890");
	sim_item_add(&full, "DATE", NULL, date);
	sim_item_add(&full, "TEXT", NULL, "a\\, \"b\" \xc3\xb6\\n");
	if (r->ops->project(r, &full, NULL, &o.want, &e) ||
	    r->ops->place(r, &o.want, NULL, &o.ref, &e))
		fail_msg("%s", e.text);
	sim_item_free(&full);
	return o;
}

static void messages_go_up_and_their_state_follows(void **state)
{
	struct remote_config c = config(0), c2;
	struct sim_replica *r = replica(&c), *r2;
	struct sim_op o[3];
	struct sim_changes a, b;
	struct remote_stats x, y;
	char cmd[300];

	(void)state;
	o[0] = message(r, "04AA", "2025-01-31T10:00:00Z");
	o[1] = message(r, "04BB", "2025-02-01T10:00:00Z");
	o[2] = message(r, "04BB", "2025-02-01T10:00:00Z");
	assert_string_not_equal(o[1].ref, o[2].ref);
	apply(r, o, 3);
	for (int i = 0; i < 3; i++) {
		if (o[i].outcome != SIM_DONE)
			fail_msg("%d: %s", o[i].outcome, o[i].err.text);
		op_free(&o[i]);
	}
	a = changes(r, SIM_MESSAGE, NULL);
	assert_int_equal(a.n, 3);
	remote_replica_stats(r, &x);
	b = changes(r, SIM_MESSAGE, a.token);
	remote_replica_stats(r, &y);
	assert_int_equal(y.requests - x.requests, 1);
	assert_int_equal(b.n + b.whole, 0);
	sim_changes_free(&b);
	/* No identifier left the phone. */
	snprintf(cmd, sizeof(cmd), "! grep -rq 8949020000 %s/dav && ls %s/dav/simsync%d/m-phone-1-2025-0[12].ndjson >/dev/null",
		 srv.dir, srv.dir, book);
	assert_int_equal(system(cmd), 0);
	/* A second phone reads them, marks one as read, deletes another. */
	c2 = config(0);
	c2.device = (char *)"phone-2";
	r2 = replica(&c2);
	b = changes(r2, SIM_MESSAGE, NULL);
	assert_int_equal(b.n, 3);
	outcome(r2, update(&b.rec[0], "STATUS", "read"), SIM_DONE);
	outcome(r2, removal(&b.rec[1]), SIM_DONE);
	sim_changes_free(&b);
	/* The first one's versions are old now. */
	outcome(r, update(&a.rec[0], "STATUS", "sent"), SIM_MOVED);
	outcome(r, removal(&a.rec[1]), SIM_MOVED);
	b = changes(r, SIM_MESSAGE, a.token);
	assert_true(b.whole);
	assert_int_equal(b.n, 2);
	assert_string_equal(sim_item_get(&b.rec[0].item, "STATUS"), "read");
	assert_string_equal(sim_item_get(&b.rec[0].item, "TEXT"), "a\\, \"b\" \xc3\xb6\\n");
	outcome(r, update(&b.rec[0], "STATUS", "unread"), SIM_DONE);
	sim_changes_free(&b);
	b = changes(r2, SIM_MESSAGE, NULL);
	assert_string_equal(sim_item_get(&b.rec[0].item, "STATUS"), "unread");
	sim_changes_free(&b);
	sim_changes_free(&a);
	r->ops->free(r);
	r2->ops->free(r2);
}

static void card_info_is_a_document_per_card(void **state)
{
	struct remote_config c = config(0);
	struct sim_replica *r = replica(&c);
	struct sim_op o = { .verb = SIM_CREATE, .kind = SIM_INFO };
	struct sim_item full;
	struct sim_changes a, b;
	struct sim_err e = { 0 };
	char cmd[400];

	(void)state;
	sim_item_init(&full, SIM_INFO);
	sim_item_add(&full, "ICCID", NULL, "89490200001234567890");
	sim_item_add(&full, "SPN", NULL, "Telekom");
	sim_item_add(&full, "LABEL", NULL, "work");
	assert_int_equal(r->ops->project(r, &full, NULL, &o.want, &e), 0);
	assert_memory_equal(sim_item_get(&o.want, "ICCID"), "h-", 2);
	assert_int_equal(r->ops->place(r, &full, NULL, &o.ref, &e), 0);
	outcome(r, o, SIM_DONE);
	a = changes(r, SIM_INFO, NULL);
	assert_int_equal(a.n, 1);
	b = changes(r, SIM_INFO, a.token);
	assert_int_equal(b.n + b.ngone + b.whole, 0);
	sim_changes_free(&b);
	/* What others put in the document stays there. */
	snprintf(cmd, sizeof(cmd), "f=$(ls %s/dav/simsync%d/card-*.json) && sed -i 's/\"form\"/\"manifest\": {\"x\": 7}, \"form\"/' $f && chmod 666 $f",
		 srv.dir, book);
	assert_int_equal(system(cmd), 0);
	b = changes(r, SIM_INFO, a.token);
	assert_int_equal(b.n, 1);
	outcome(r, update(&a.rec[0], "LABEL", "home"), SIM_MOVED);
	outcome(r, update(&b.rec[0], "LABEL", "home"), SIM_DONE);
	sim_changes_free(&b);
	snprintf(cmd, sizeof(cmd), "cat %s/dav/simsync%d/card-*.json | tr -d ' \\n' | grep -q '\"manifest\":{\"x\":7}'",
		 srv.dir, book);
	assert_int_equal(system(cmd), 0);
	b = changes(r, SIM_INFO, NULL);
	outcome(r, removal(&b.rec[0]), SIM_DONE);
	sim_changes_free(&b);
	b = changes(r, SIM_INFO, a.token);
	assert_int_equal(b.ngone, 1);
	sim_changes_free(&b);
	sim_changes_free(&a);
	sim_item_free(&full);
	r->ops->free(r);
}

static void config_file_is_private_and_complete(void **state)
{
	struct remote_config c = config(0), back;
	struct sim_err e = { 0 };
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/remote.conf", srv.dir);
	assert_int_equal(remote_config_load(path, &back, &e), 1);
	c.password = (char *)"pa\"ss\\w\xc3\xb6rd";
	assert_int_equal(remote_config_save(path, &c, &e), 0);
	assert_int_equal(remote_config_load(path, &back, &e), 0);
	assert_string_equal(back.password, c.password);
	assert_string_equal(back.contacts, c.contacts);
	assert_false(back.identifiers);
	remote_config_free(&back);
	chmod(path, 0640);
	assert_int_equal(remote_config_load(path, &back, &e), -1);
	assert_non_null(strstr(e.text, "chmod 600"));
	put_file(srv.dir, "remote.conf", "contacts = \"https://x/\";\nuser = ;\n");
	chmod(path, 0600);
	assert_int_equal(remote_config_load(path, &back, &e), -1);
	assert_non_null(strstr(e.text, "line 2"));
	c.contacts = (char *)"http://example.org/x/";
	assert_int_equal(remote_config_check(&c, &e), -1);
	assert_non_null(strstr(e.text, "in clear"));
	c.contacts = (char *)"https://anna:pw@example.org/x/";
	assert_int_equal(remote_config_check(&c, &e), -1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, fresh)
	const struct CMUnitTest tests[] = {
		T(two_hundred_up_and_nothing_changed_is_one_small_request),
		T(changed_gone_and_new_are_told),
		T(every_write_is_conditional),
		T(unknown_properties_survive_an_edit),
		T(what_goes_wrong_has_a_sentence),
		T(retry_after_is_obeyed),
		T(broken_vcards_are_problems_not_deletions),
		T(a_member_kept_back_is_no_deletion),
		T(a_refusal_without_a_change_is_tried_again),
		T(torn_puts_end_right_after_a_rerun),
		T(messages_go_up_and_their_state_follows),
		T(card_info_is_a_document_per_card),
		T(config_file_is_private_and_complete),
	};

	return cmocka_run_group_tests(tests, up, down);
}
