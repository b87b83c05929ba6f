// SPDX-License-Identifier: MIT
#include "remote/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "model/buf.h"
#include "model/replica.h"
#include "model/vcard.h"

#define DEPTH_MAX	32
#define SMALL_MAX	(16u * 1024)
#define RESPONSES_MAX	2000000u
#define TAG_MAX		(256u * 1024)	/* one tag, comment or instruction */
#define SLICE		(32 * 1024)	/* bytes the parser is given at once */
#define NAMES		512		/* a power of two; half of it is used */
#define NAME_MAX_BYTES	1024u

#define DAV_NS	"DAV: "
#define CARD_NS	"urn:ietf:params:xml:ns:carddav "
#define CS_NS	"http://calendarserver.org/ns/ "

/* Elements with text, and how much of it is believed. */
static const struct {
	const char *name;
	enum dav_text text;
	size_t max;
} texts[] = {
	{ DAV_NS "href", DAV_HREF, SMALL_MAX },
	{ DAV_NS "status", DAV_STATUS, 256 },
	{ DAV_NS "getetag", DAV_ETAG, 1024 },
	{ CARD_NS "address-data", DAV_DATA, VCARD_MAX_BYTES + 1 },
	{ DAV_NS "sync-token", DAV_TOKEN, SMALL_MAX },
	{ CS_NS "getctag", DAV_CTAG, SMALL_MAX },
	{ DAV_NS "getcontentlength", DAV_LENGTH, 32 },
};

/* Elements that are there or not, and where they count. */
static const struct {
	const char *parent;
	const char *name;
	unsigned int flags;
} marks[] = {
	{ DAV_NS "resourcetype", DAV_NS "collection", DAV_COLLECTION },
	{ DAV_NS "resourcetype", CARD_NS "addressbook", DAV_ADDRESSBOOK },
	{ DAV_NS "report", DAV_NS "sync-collection", DAV_SYNC },
	{ DAV_NS "report", CARD_NS "addressbook-multiget", DAV_MULTIGET },
	{ DAV_NS "privilege", DAV_NS "all", DAV_MAY_WRITE | DAV_MAY_BIND },
	{ DAV_NS "privilege", DAV_NS "write", DAV_MAY_WRITE | DAV_MAY_BIND },
	{ DAV_NS "privilege", DAV_NS "write-content", DAV_MAY_WRITE },
	{ DAV_NS "privilege", DAV_NS "bind", DAV_MAY_BIND },
	{ DAV_NS "prop", DAV_NS "current-user-privilege-set", DAV_PRIVILEGES },
};

struct xml {
	XML_Parser p;
	int (*fn)(struct dav_response *r, void *arg, struct sim_err *e);
	void *arg;
	struct sim_err *e;
	bool failed;
	int depth;
	const char *path[DEPTH_MAX];	/* names the tables know, else NULL */
	bool in_multistatus, in_response, in_propstat;
	struct dav_response whole, part;
	int part_status;
	int text;		/* index in texts[], or -1 */
	struct buf b;
	size_t responses;
	char *token;
	size_t quiet;		/* bytes since the parser had a piece together */
	char *name[NAMES];	/* all that came: the parser keeps each for good */
	size_t names;
};

static void response_clear(struct dav_response *r)
{
	size_t i;

	for (i = 0; i < DAV_TEXTS; i++)
		free(r->text[i]);
	*r = (struct dav_response){ 0 };
}

static void stop(struct xml *x, const char *why)
{
	if (!x->failed)
		sim_fail(x->e, EX_PROTOCOL,
			 "the server's answer is no good XML: %s (line %lu)",
			 why, (unsigned long)XML_GetCurrentLineNumber(x->p));
	x->failed = true;
	XML_StopParser(x->p, XML_FALSE);
}

/* The parser has a piece whole: it holds no more than what comes now. */
static void piece(struct xml *x)
{
	x->quiet = 0;
}

static void note_name(struct xml *x, const char *name)
{
	size_t i = sim_record_hash(name) % NAMES;

	while (x->name[i] && strcmp(x->name[i], name))
		i = (i + 1) % NAMES;
	if (x->name[i])
		return;
	if (++x->names > NAMES / 2 || strlen(name) > NAME_MAX_BYTES)
		stop(x, "too many names, or too long ones");
	else if (!(x->name[i] = strdup(name)))
		stop(x, "no memory for it");
}

/* The table's own copy of a name lives as long as we do. */
static const char *known(const char *name)
{
	static const char *const others[] = {
		DAV_NS "multistatus", DAV_NS "response", DAV_NS "propstat",
		DAV_NS "resourcetype", DAV_NS "report", DAV_NS "privilege",
		DAV_NS "prop",
	};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return others[i];
	return NULL;
}

static bool inside(const struct xml *x, const char *name)
{
	const char *up = x->depth > 1 ? x->path[x->depth - 2] : NULL;

	return up && !strcmp(up, name);
}

static void start_text(struct xml *x, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(name, texts[i].name))
			continue;
		/* Only a response's own href, not one inside a property. */
		if (texts[i].text == DAV_HREF && !inside(x, DAV_NS "response"))
			return;
		x->text = (int)i;
		x->b.n = 0;
		return;
	}
}

static void XMLCALL on_start(void *arg, const char *name, const char **attr)
{
	struct xml *x = arg;
	size_t i;

	piece(x);
	note_name(x, name);
	for (; *attr && !x->failed; attr += 2)
		note_name(x, *attr);
	if (x->failed)
		return;
	if (x->depth >= DEPTH_MAX) {
		stop(x, "elements nested too deep");
		return;
	}
	x->path[x->depth++] = known(name);
	x->text = -1;
	if (!strcmp(name, DAV_NS "multistatus") && x->depth == 1) {
		x->in_multistatus = true;
	} else if (!strcmp(name, DAV_NS "response") && x->depth == 2) {
		if (++x->responses > RESPONSES_MAX) {
			stop(x, "too many responses");
			return;
		}
		x->in_response = true;
		response_clear(&x->whole);
	} else if (!strcmp(name, DAV_NS "propstat") && x->in_response) {
		x->in_propstat = true;
		x->part_status = 0;
		response_clear(&x->part);
	} else {
		start_text(x, name);
	}
	for (i = 0; x->in_propstat && i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strcmp(name, marks[i].name) && inside(x, marks[i].parent))
			x->part.flags |= marks[i].flags;
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct xml *x = arg;
	size_t room;

	piece(x);
	if (x->text < 0 || x->failed)
		return;
	room = texts[x->text].max - x->b.n;
	/* One vCard too large is a problem of its own, not of the listing. */
	if ((size_t)n > room && texts[x->text].text != DAV_DATA)
		stop(x, "a text is too long");
	else
		buf_add(&x->b, s, (size_t)n < room ? (size_t)n : room);
}

/* "HTTP/1.1 200 OK": three digits (RFC 9112 §4), else it says nothing. */
static int status_of(const char *s)
{
	const char *sp = strchr(s, ' ');

	return sp && strspn(sp + 1, "0123456789") == 3 ? atoi(sp + 1) : 0;
}

/* It goes into a header: no end of line, no blank (RFC 9110 §8.8.3). */
static bool usable_etag(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

static void end_text(struct xml *x)
{
	enum dav_text t = texts[x->text].text;
	struct dav_response *r = x->in_propstat ? &x->part : &x->whole;
	const char *from = x->b.p;
	size_t n = x->b.n;
	char *s;

	/* Names may stand on lines of their own. */
	while (n && (t == DAV_ETAG || t == DAV_HREF) &&
	       strchr(" \t\r\n", from[n - 1]))
		n--;
	while (n && (t == DAV_ETAG || t == DAV_HREF) && strchr(" \t\r\n", *from))
		from++, n--;
	x->text = -1;
	s = malloc(n + 1);
	if (!s || x->b.bad) {
		free(s);
		stop(x, "no memory for it");
		return;
	}
	if (n)
		memcpy(s, from, n);
	s[n] = '\0';
	if (x->b.cap > SMALL_MAX)
		buf_free(&x->b);
	if (t == DAV_STATUS) {
		if (x->in_propstat)
			x->part_status = status_of(s);
		else if (x->in_response)
			x->whole.status = status_of(s);
		free(s);
	} else if (t == DAV_TOKEN && !x->in_response) {
		free(x->token);
		x->token = s;
	} else if (x->in_response && (t != DAV_ETAG || usable_etag(s))) {
		free(r->text[t]);
		r->text[t] = s;
		r->len[t] = n;
	} else {
		free(s);
	}
}

static void end_propstat(struct xml *x)
{
	size_t i;

	x->in_propstat = false;
	if (x->part_status > x->whole.prop_status)
		x->whole.prop_status = x->part_status;
	for (i = 0; x->part_status / 100 == 2 && i < DAV_TEXTS; i++) {
		if (!x->part.text[i])
			continue;
		free(x->whole.text[i]);
		x->whole.text[i] = x->part.text[i];
		x->whole.len[i] = x->part.len[i];
		x->part.text[i] = NULL;
	}
	if (x->part_status / 100 == 2)
		x->whole.flags |= x->part.flags;
	response_clear(&x->part);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct xml *x = arg;

	piece(x);
	if (x->failed)
		return;
	if (x->text >= 0)
		end_text(x);
	if (!strcmp(name, DAV_NS "propstat") && x->in_propstat) {
		end_propstat(x);
	} else if (!strcmp(name, DAV_NS "response") && x->depth == 2) {
		x->in_response = false;
		if (!x->whole.text[DAV_HREF])
			stop(x, "a response without href");
		else if (x->fn(&x->whole, x->arg, x->e)) {
			x->failed = true;
			XML_StopParser(x->p, XML_FALSE);
		}
		response_clear(&x->whole);
	}
	x->depth--;
}

static void XMLCALL on_entity(void *arg, const char *name, int is_parameter,
			      const char *value, int len, const char *base,
			      const char *sysid, const char *pubid,
			      const char *notation)
{
	(void)name;
	(void)is_parameter;
	(void)value;
	(void)len;
	(void)base;
	(void)sysid;
	(void)pubid;
	(void)notation;
	stop(arg, "it declares entities");
}

static void XMLCALL on_doctype(void *arg, const char *name, const char *sysid,
			       const char *pubid, int has_internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)has_internal;
	stop(arg, "it declares a document type or entities");
}

static void XMLCALL on_namespace(void *arg, const char *prefix, const char *uri)
{
	struct xml *x = arg;

	(void)uri;
	piece(x);
	if (prefix && !x->failed)
		note_name(x, prefix);
}

static void XMLCALL on_comment(void *arg, const char *text)
{
	(void)text;
	piece(arg);
}

static void XMLCALL on_instruction(void *arg, const char *target,
				   const char *data)
{
	(void)target;
	(void)data;
	piece(arg);
}

struct xml *xml_new(int (*fn)(struct dav_response *r, void *arg,
			      struct sim_err *e), void *arg)
{
	struct xml *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->p = XML_ParserCreateNS(NULL, ' ');
	if (!x->p) {
		free(x);
		return NULL;
	}
	x->fn = fn;
	x->arg = arg;
	x->text = -1;
	XML_SetUserData(x->p, x);
	XML_SetElementHandler(x->p, on_start, on_end);
	XML_SetCharacterDataHandler(x->p, on_text);
	XML_SetEntityDeclHandler(x->p, on_entity);
	XML_SetStartDoctypeDeclHandler(x->p, on_doctype);
	XML_SetStartNamespaceDeclHandler(x->p, on_namespace);
	XML_SetCommentHandler(x->p, on_comment);
	XML_SetProcessingInstructionHandler(x->p, on_instruction);
	return x;
}

static int feed(struct xml *x, const char *bytes, int n, int final,
		struct sim_err *e)
{
	enum XML_Status st;

	x->e = e;
	x->quiet += (size_t)n;
	if (x->failed)
		return sim_fail(e, EX_PROTOCOL,
				"the server's answer is no good XML: nothing of it is used, the next run asks again");
	st = XML_Parse(x->p, bytes, n, final);
	if (x->failed)
		return -1;
	if (st == XML_STATUS_ERROR) {
		x->failed = true;
		return sim_fail(e, EX_PROTOCOL,
				"the server's answer is no good XML (%s in line %lu): nothing of it is used, the next run asks again",
				XML_ErrorString(XML_GetErrorCode(x->p)),
				(unsigned long)XML_GetCurrentLineNumber(x->p));
	}
	if (x->quiet > TAG_MAX) {
		x->failed = true;
		return sim_fail(e, EX_PROTOCOL,
				"the server's answer has a tag or comment larger than %u KiB: nothing of it is used",
				TAG_MAX / 1024);
	}
	return 0;
}

int xml_feed(struct xml *x, const char *bytes, size_t n, struct sim_err *e)
{
	while (n) {
		int k = n > SLICE ? SLICE : (int)n;

		if (feed(x, bytes, k, 0, e))
			return -1;
		bytes += k;
		n -= (size_t)k;
	}
	return 0;
}

int xml_end(struct xml *x, char **token, struct sim_err *e)
{
	if (feed(x, "", 0, 1, e))
		return -1;
	if (!x->in_multistatus)
		return sim_fail(e, EX_PROTOCOL,
				"the server's answer is XML, but no multistatus: correct the URL with `simsync remote add`");
	if (token) {
		*token = x->token;
		x->token = NULL;
	}
	return 0;
}

void xml_free(struct xml *x)
{
	size_t i;

	if (!x)
		return;
	XML_ParserFree(x->p);
	response_clear(&x->whole);
	response_clear(&x->part);
	buf_free(&x->b);
	free(x->token);
	for (i = 0; i < NAMES; i++)
		free(x->name[i]);
	free(x);
}

char *xml_escape(const char *s)
{
	struct buf b = { 0 };

	for (; *s; s++) {
		if (*s == '&')
			buf_str(&b, "&amp;");
		else if (*s == '<')
			buf_str(&b, "&lt;");
		else if (*s == '>')
			buf_str(&b, "&gt;");
		else
			buf_chr(&b, *s);
	}
	return buf_take(&b);
}
