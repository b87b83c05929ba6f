/* SPDX-License-Identifier: MIT */
/*
 * xml.h - WebDAV's multistatus (RFC 4918 §14.16), read as it comes in
 *
 * Nothing of a document is kept but the response being read. Document types and
 * entities are refused; depth, sizes of texts and tags, how many different names
 * there are and how many responses are bounded, and so the parser's memory is. Of
 * a vCard too large for us so much is handed on that it shows.
 */
#ifndef SIMSYNC_XML_H
#define SIMSYNC_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "model/err.h"

/* Empty elements that say something. */
enum dav_flag {
	DAV_COLLECTION = 1 << 0,
	DAV_ADDRESSBOOK = 1 << 1,
	DAV_SYNC = 1 << 2,	/* supported-report: sync-collection */
	DAV_MULTIGET = 1 << 3,
	DAV_MAY_WRITE = 1 << 4,	/* privilege: write, write-content, all */
	DAV_MAY_BIND = 1 << 5,	/* privilege: bind, all, write */
	DAV_PRIVILEGES = 1 << 6, /* the server said something about them */
};

/* Texts by what they are. */
enum dav_text {
	DAV_HREF, DAV_STATUS, DAV_ETAG, DAV_DATA, DAV_TOKEN, DAV_CTAG,
	DAV_LENGTH, DAV_TEXTS
};

/**
 * struct dav_response - one response element
 * @status: of the response itself, 0: it has propstats
 * @prop_status: worst status of its propstats, 0: none
 * @text: of properties found (propstat 2xx); NULL: not there
 * @len: bytes of each
 * @flags: of properties found
 */
struct dav_response {
	int status;
	int prop_status;
	char *text[DAV_TEXTS];
	size_t len[DAV_TEXTS];
	unsigned int flags;
};

struct xml;

/**
 * xml_new() - a reader
 * @fn: called for each response; non-zero stops, with @e filled
 * @arg: handed to @fn
 */
struct xml *xml_new(int (*fn)(struct dav_response *r, void *arg,
			      struct sim_err *e), void *arg);
/** xml_feed() - the next bytes. 0, -1 broken XML or stopped. */
int xml_feed(struct xml *x, const char *bytes, size_t n, struct sim_err *e);
/** xml_end() - the document is over; whole? @token: sync-token, NULL if none. */
int xml_end(struct xml *x, char **token, struct sim_err *e);
void xml_free(struct xml *x);

/** xml_escape() - text for an element; caller frees */
char *xml_escape(const char *text);

#endif
