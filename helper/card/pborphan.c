// SPDX-License-Identifier: MIT
/*
 * pborphan.c - records left behind when a card leaves between two writes
 */
#include "card/phonebook.h"

static bool orphanable(const struct phonebook *pb, const struct pb_file *f)
{
	for (size_t i = 0; i < pb->nset; i++) {
		if (!pb->set[i].pbr)
			continue;
		for (size_t j = 0; j < pb->set[i].nuse; j++)
			if (pb->set[i].use[j].file == f)
				return f->tag == PB_EXT1 ||
				       (pb->set[i].use[j].link == PB_POINTED);
	}
	return false;
}

static int orphans_in(struct card *c, struct pb_file *f, bool release,
		      unsigned int *found, struct sim_err *e)
{
	const uint8_t *r;
	int ret;

	/* Fills in the blank ones by one SEARCH RECORD. */
	if (!pb_free_record(c, f, e) && c->ch->fault != SIM_CHAN_OK)
		return -1;
	for (unsigned int i = 1; i <= f->ef.nrec; i++) {
		if (fs_has(&f->taken, i))
			continue;
		ret = pb_fetch(c, f, i, PB_CACHED, e);
		if (ret < 0)
			return -1;
		r = pb_rec(f, i);
		if (ret || pb_blank(r, f->ef.rec_len) ||
		    (f->tag == PB_EXT1 && r[0] == 0x00))
			continue;
		++*found;
		if (release && pb_put_blank(c, f, i, e) < 0)
			return -1;
	}
	return 0;
}

int pb_orphans(struct card *c, bool release, unsigned int *found,
	       struct sim_err *e)
{
	struct phonebook *pb;
	int ret = 0;

	*found = 0;
	if (pb_load(c, false, e))
		return -1;
	pb = c->pb;
	for (size_t i = 0; !ret && i < pb->nfile; i++)
		if (!pb->file[i].unsure && orphanable(pb, &pb->file[i]))
			ret = orphans_in(c, &pb->file[i], release, found, e);
	return ret;
}
