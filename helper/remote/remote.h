/* SPDX-License-Identifier: MIT */
/*
 * remote.h - the server: contacts by CardDAV, messages and card-info by WebDAV
 *
 * Folder contract: commands see the configuration and remote_test(), the engine
 * sees the replica.
 */
#ifndef SIMSYNC_REMOTE_H
#define SIMSYNC_REMOTE_H

#include <stdbool.h>

#include "model/err.h"
#include "model/replica.h"

/**
 * struct remote_config - one server
 * @contacts: URL of the address book collection, or NULL
 * @files: URL of the folder for messages and card-info, or NULL
 * @user: for basic authentication, or NULL
 * @password: likewise
 * @key: 64 hex digits, the owner's key for hashing identifiers (and to be
 *	carried to a second phone); made by remote_config_key()
 * @device: name of this phone in segments' file names, [a-z0-9-]
 * @ca_file: CA certificates instead of the system's, or NULL
 * @identifiers: ICCID, IMSI, EID go to the server as they are (opt-in)
 * @plain: http:// is allowed beyond loopback
 * @in_flight: requests in flight, 0: 16
 * @timeout_s: seconds without a byte before a request is given up, 0: 30. After
 *	twice as many it is also given up when, on average, less than 100 bytes
 *	a second have gone either way since
 */
struct remote_config {
	char *contacts;
	char *files;
	char *user;
	char *password;
	char *key;
	char *device;
	char *ca_file;
	bool identifiers;
	bool plain;
	int in_flight;
	int timeout_s;
};

/**
 * remote_config_load() - read the configuration
 * @path: a file of mode 0600 that belongs to the caller; anything else is
 *	refused with the command that cures it
 * @c: filled; free with remote_config_free()
 * @e: EX_CONFIG: not usable; EX_NOPERM: others may read it; EX_IOERR,
 *	EX_OSERR
 *
 * Return: 0, 1 when there is no such file (no server configured), -1.
 */
int remote_config_load(const char *path, struct remote_config *c,
		       struct sim_err *e);
/**
 * remote_config_save() - write it, mode 0600, by rename (`remote add`)
 * @path: the file
 * @c: what it is to say
 * @e: EX_CONFIG: not usable; EX_CANTCREAT, EX_OSERR
 *
 * On the disk when it returns: documents on the server are named with its key.
 * What a kill left is dropped by the next remote_config_load().
 */
int remote_config_save(const char *path, const struct remote_config *c,
		       struct sim_err *e);
/** remote_config_check() - URLs, key and device are usable; no I/O. */
int remote_config_check(const struct remote_config *c, struct sim_err *e);
/** remote_config_key() - give it a fresh random key if it has none. */
int remote_config_key(struct remote_config *c, struct sim_err *e);
void remote_config_free(struct remote_config *c);

/**
 * struct remote_report - what `remote test` found
 * @contacts_ok: address book answers, and can be written
 * @files_ok: likewise for the folder
 * @contacts: items in the address book
 * @sync_token: the server does sync-collection (RFC 6578)
 * @http2: requests go over HTTP/2
 * @contacts_why: sentence if not @contacts_ok
 * @files_why: sentence if not @files_ok
 */
struct remote_report {
	bool contacts_ok;
	bool files_ok;
	size_t contacts;
	bool sync_token;
	bool http2;
	char contacts_why[512];
	char files_why[512];
};

/**
 * remote_test() - ask the server for everything a run will need
 * @c: the server
 * @create: make the address book (MKCOL) or folder where it is missing
 * @out: filled, also when -1 is returned
 * @e: the first sentence of @out
 *
 * Return: 0 when each configured URL works, -1 with the first sentence.
 */
int remote_test(const struct remote_config *c, bool create,
		struct remote_report *out, struct sim_err *e);

/**
 * struct remote_stats - traffic of a replica so far
 * @requests: sent, repetitions among them
 * @sent: bytes of bodies sent
 * @received: bytes of bodies received
 */
struct remote_stats {
	unsigned long requests;
	unsigned long long sent;
	unsigned long long received;
};

/**
 * remote_replica() - the server as the engine sees it
 * @c: copied
 * @e: EX_CONFIG, EX_OSERR
 *
 * No request is made before the first changes(). Its kinds are contacts when
 * @c->contacts is set, messages and info when @c->files is.
 *
 * Return: the replica, or NULL with @e filled.
 */
struct sim_replica *remote_replica(const struct remote_config *c,
				   struct sim_err *e);
/**
 * remote_generation() - which generation the server's card-info says a card is
 * @r: the server
 * @iccid: digits of the card
 * @out: the generation's id
 * @size: room in @out
 * @e: filled on error
 *
 * Return: 0, 1 it says nothing of that card, -1 it could not be asked.
 */
int remote_generation(struct sim_replica *r, const char *iccid, char *out,
		      size_t size, struct sim_err *e);
void remote_replica_stats(struct sim_replica *r, struct remote_stats *out);

#endif
