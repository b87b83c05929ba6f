// SPDX-License-Identifier: MIT
/*
 * uicc_identity.c - another identity in place: what a profile switch or a
 * remote provisioning looks like from outside
 */
#include "card/uicc_fs.h"

#include <string.h>

int uicc_identity(struct uicc *c, const char *path, char *why)
{
	struct uicc *other = uicc_load(path, why);
	struct uicc_fs *fs, *old;
	size_t i;

	if (!other)
		return -1;
	if (other->euicc || !other->nfs) {
		uicc_free(other);
		return uicc_why(why, "%s: not a plain UICC", path);
	}
	if (c->euicc || !c->nfs) {
		uicc_free(other);
		return uicc_why(why, "an eUICC switches by its profiles");
	}
	fs = other->fs[0];
	old = c->fs[0];
	other->fs[0] = old;
	c->fs[0] = fs;
	c->cur = fs;
	/* what was selected is gone; channels stay open */
	for (i = 0; i < UICC_CHANNELS; i++) {
		c->chan[i].df = fs->mf;
		c->chan[i].ef = NULL;
		c->chan[i].app = NULL;
		c->chan[i].rec = 0;
	}
	c->nresp = 0;
	uicc_free(other);
	if (c->autosave)
		return uicc_save(c, c->autosave, why);
	return 0;
}
