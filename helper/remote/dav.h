/* SPDX-License-Identifier: MIT */
/* dav.h - what carddav.c, webdav.c and replica.c share */
#ifndef SIMSYNC_DAV_H
#define SIMSYNC_DAV_H

#include "model/replica.h"
#include "remote/http.h"
#include "remote/xml.h"

/* Most bytes of an answer: of any listing, and one about one thing. */
#define DAV_LISTING_MAX	((size_t)256 << 20)
#define DAV_ONE_MAX	((size_t)1 << 20)

/**
 * dav_multistatus() - send a PROPFIND or REPORT, read its multistatus
 * @h: connections to the server
 * @method: "PROPFIND" or "REPORT"
 * @url: collection
 * @depth: "0", "1" or NULL
 * @body: XML to send, NUL-terminated
 * @max: most bytes of the answer
 * @fn: per response; @restart: forget what came, it is sent again
 * @arg: handed to both
 * @e: code of the request's fault; EX_PROTOCOL: no multistatus
 * @restart: called before the responses come once more: forget those had
 * @token: out: sync-token, may be NULL
 * @out: the request, for its status and ETag; freed by the caller with
 *	http_req_free()
 *
 * Return: the status of the answer; 207 when all of it was read. -1: no answer
 * or a broken one, @e filled.
 */
int dav_multistatus(struct http *h, const char *method, const char *url,
		    const char *depth, const char *body, size_t max,
		    int (*fn)(struct dav_response *r, void *arg,
			      struct sim_err *e),
		    void (*restart)(void *arg), void *arg, char **token,
		    struct http_req *out, struct sim_err *e);

/**
 * dav_path() - which member a response is about
 * @r: the response
 * @e: filled when NULL is returned: EX_PROTOCOL: it names none; EX_OSERR
 *
 * Return: its path as http_path() has it, not empty; the caller's.
 */
char *dav_path(const struct dav_response *r, struct sim_err *e);

/**
 * dav_unread() - a member that came without ETag
 * @r: the response that lacks an ETag
 * @path: its path
 * @e: filled when -1 is returned
 *
 * A listing without it would look as if it were deleted.
 *
 * Return: 0 when it is not there (404, 410 of its own, not of a property); 1
 * when it is and the server says nothing of it; -1 when the server keeps it
 * back, @e filled.
 */
int dav_unread(const struct dav_response *r, const char *path,
	       struct sim_err *e);

/* An address book. */
struct carddav {
	struct http *h;
	char *url;	/* ends with '/' */
	char *path;	/* of it, as http_path() has it */
	bool counts;	/* what a contact says is not kept */
};

/** carddav_changes() - as ops->changes; @out is empty but for its shelf */
int carddav_changes(struct carddav *d, const char *since,
		    struct sim_changes *out, struct sim_err *e);
int carddav_place(struct carddav *d, const char *uid, char **ref,
		  struct sim_err *e);
int carddav_apply(struct carddav *d, struct sim_op *op, size_t n,
		  int (*before)(struct sim_op *op, void *arg),
		  int (*after)(struct sim_op *op, void *arg), void *arg,
		  struct sim_err *e);
/** carddav_when() - as when() of struct sim_replica_ops */
int carddav_when(struct carddav *d, const char *ref, int64_t *since,
		 int64_t *until, struct sim_err *e);
int carddav_test(struct carddav *d, bool create, struct remote_report *out,
		 struct sim_err *e);

/**
 * struct dav_text_item - one vCard as fetched
 * @path: which
 * @etag: its ETag, NULL: gone (nothing there)
 * @data: its text, lines ended by CRLF
 * @len: bytes of @data
 */
struct dav_text_item {
	char *path;
	char *etag;
	char *data;
	size_t len;
};

/**
 * carddav_fetch() - texts of some vCards, many at a time
 * @d: the address book
 * @item: paths given; etag and data filled
 * @n: how many
 * @took: called once for each as soon as it is filled, or known to be gone; may
 *	free its data. Non-zero ends it, @e filled. May be NULL
 * @arg: handed to @took
 * @e: code of the request's fault, EX_PROTOCOL, EX_OSERR
 *
 * Of a vCard too large for us there is so much data that vcard_parse() says so.
 */
int carddav_fetch(struct carddav *d, struct dav_text_item *item, size_t n,
		  int (*took)(struct dav_text_item *it, void *arg,
			      struct sim_err *e),
		  void *arg, struct sim_err *e);
void carddav_items_free(struct dav_text_item *item, size_t n);
/** carddav_record() - a vCard as a record; what cannot be read is a problem */
int carddav_record(struct sim_record *r, const char *path, const char *etag,
		   const char *data, size_t len, struct sim_err *e);

struct box;

/* A folder for messages and card-info. */
struct webdav {
	struct http *h;
	const struct remote_config *c;
	char *url;	/* ends with '/' */
	char *path;
	struct box *box;	/* messages as last read (messages.c) */
	char **reserved;	/* ids given out in this run */
	size_t nreserved;
};

int webdav_test(struct webdav *d, bool create, struct remote_report *out,
		struct sim_err *e);
/** webdav_hide() - identifiers as the server may see them */
int webdav_hide(const struct remote_config *c, struct sim_item *it);

/**
 * struct dav_file - one file of the folder
 * @name: file name in the folder, not escaped
 * @etag: its ETag as sent, with quotes
 * @order: the n-th that was listed
 */
struct dav_file {
	char *name;
	char *etag;
	size_t order;
};

struct dav_files {
	struct dav_file *file;
	size_t n, cap;
};

/**
 * webdav_list() - our files in the folder, sorted; missing = empty
 * @d: the folder
 * @out: names and ETags of messages' files and cards' documents; others' files
 *	are nobody's business
 * @e: code of the request's fault; EX_PROTOCOL: one of them has no ETag
 */
int webdav_list(struct webdav *d, struct dav_files *out, struct sim_err *e);
void webdav_files_free(struct dav_files *f);
/**
 * webdav_too_much() - the folder holds more than is read of one
 * @d: the folder
 * @max: how much that is
 * @what: of what: "MiB of messages", "cards"
 * @e: filled
 *
 * Return: -1.
 */
int webdav_too_much(const struct webdav *d, size_t max, const char *what,
		    struct sim_err *e);
#define SHOWN_MAX 96
/**
 * webdav_shown() - a file's name as sentences have it, which anybody may read
 * @name: file name, or path that ends with it
 * @out: it; of a card's document whose number is not hidden the last four digits
 *
 * Return: @out.
 */
const char *webdav_shown(const char *name, char out[SHOWN_MAX]);
/** webdav_get() - a file of @max bytes at most. 0, 1 not there, -1 */
int webdav_get(struct webdav *d, const char *name, size_t max, char **text,
	       size_t *len, char **etag, struct sim_err *e);
/**
 * webdav_put() - write a file if it still has @etag (NULL: if it is not there)
 * @d: the folder
 * @name: file name in it, not escaped
 * @type: media type of @text
 * @etag: the ETag it must have; NULL: it must not be there
 * @text: content
 * @len: its bytes
 * @e: filled for SIM_FULL, SIM_AWAY and SIM_FAILED
 *
 * Return: HTTP status class as outcome: SIM_DONE, SIM_MOVED, SIM_FULL, SIM_AWAY
 * (unknown), SIM_FAILED; @e filled for the last three.
 */
enum sim_outcome webdav_put(struct webdav *d, const char *name,
			    const char *type, const char *etag,
			    const char *text, size_t len, struct sim_err *e);
enum sim_outcome webdav_delete(struct webdav *d, const char *name,
			       const char *etag, struct sim_err *e);

/** box_is_file() - is it one of those messages are in? */
bool box_is_file(const char *name);
/** info_is_card() - is it a card's document? */
bool info_is_card(const char *name);

int messages_changes(struct webdav *d, const char *since,
		     struct sim_changes *out, struct sim_err *e);
int messages_place(struct webdav *d, const struct sim_item *want, char **ref,
		   struct sim_err *e);
int messages_apply(struct webdav *d, struct sim_op *op, size_t n,
		   int (*before)(struct sim_op *op, void *arg),
		   int (*after)(struct sim_op *op, void *arg), void *arg,
		   struct sim_err *e);
void messages_free(struct webdav *d);
int info_changes(struct webdav *d, const char *since, struct sim_changes *out,
		 struct sim_err *e);
/* As told() and tell() of struct sim_replica_ops. */
int info_told(struct webdav *d, const char *iccid, struct sim_manifest *out,
	      struct sim_err *e);
int info_tell(struct webdav *d, const char *iccid,
	      const struct sim_manifest *mine, struct sim_err *e);
/** info_generation() - what the document of a card says. 0, 1 nothing, -1 */
int info_generation(struct webdav *d, const char *iccid, char *out, size_t size,
		    struct sim_err *e);
int info_place(struct webdav *d, const struct sim_item *want, char **ref,
	       struct sim_err *e);
int info_apply(struct webdav *d, struct sim_op *op, size_t n,
	       int (*before)(struct sim_op *op, void *arg),
	       int (*after)(struct sim_op *op, void *arg), void *arg,
	       struct sim_err *e);

#endif
