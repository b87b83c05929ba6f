/* SPDX-License-Identifier: MIT */
/* folder_wire_int.h - frames, for the two ends and for nobody else */
#ifndef SIMSYNC_FOLDER_WIRE_INT_H
#define SIMSYNC_FOLDER_WIRE_INT_H

#include "model/vcard.h"
#include "store/folder_wire.h"

enum fw_type {
	FW_OPEN = 1, FW_LIST, FW_READ, FW_WRITE, FW_REMOVE, FW_END,
	FW_OK = 64, FW_FILE, FW_NO, FW_FAIL,
};

#define FW_STAT 16u /* bytes of a struct folder_stat in a frame */
/* The longest: WRITE of the longest vCard there is. */
#define FW_MAX	(VCARD_MAX_BYTES + 1u + SHA256_HEX + FOLDER_NAME_MAX + 1u)

/**
 * struct fw_frame - one frame received
 * @type: not checked
 * @len: bytes in @body
 * @body: malloc'd; a NUL follows
 */
struct fw_frame {
	uint8_t type;
	size_t len;
	char *body;
};

struct fw_part {
	const void *data;
	size_t len;
};

/** fw_send() - one frame, its body made of @n parts */
int fw_send(int sock, enum fw_type type, const struct fw_part *part, size_t n,
	    struct sim_err *e);
/** fw_recv() - one frame; fw_free() it after 0. @ms of silence end it, -1 none */
int fw_recv(int sock, int ms, struct fw_frame *f, struct sim_err *e);
void fw_free(struct fw_frame *f);
/** fw_bad() - the sentence for a peer that does not keep to the protocol; -1 */
int fw_bad(struct sim_err *e);
/** fw_take_stat() - times and size at the start of a body */
bool fw_take_stat(const struct fw_frame *f, struct folder_stat *st);

#endif
