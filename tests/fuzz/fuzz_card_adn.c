// SPDX-License-Identifier: MIT
/*
 * fuzz_card_adn.c - any bytes in the files of a phonebook; read, written,
 * deleted, cleaned up
 */
#include "card/phonebook.h"
#include "card_put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void change(struct sim_replica *r, const struct sim_record *was)
{
	struct sim_op op = { .verb = was ? SIM_UPDATE : SIM_CREATE,
			     .kind = SIM_CONTACT,
			     .ref = was ? was->ref : NULL,
			     .version = was ? was->version : NULL };
	struct sim_err e = { 0 };
	struct sim_item full;

	sim_item_init(&full, SIM_CONTACT);
	if (sim_item_parse(&full, SIM_CONTACT,
			   "FN:Alexandra\nTEL:123456789012345678901234\n"
			   "TEL:110\nEMAIL:x@y.z\nCATEGORIES:Family\n"))
		abort();
	if (!r->ops->project(r, &full, was ? &was->item : NULL, &op.want, &e) &&
	    (was || !r->ops->place(r, &op.want, NULL, &op.ref, &e)))
		r->ops->apply(r, &op, 1, NULL, NULL, NULL, &e);
	if (op.outcome == SIM_DONE && !op.got.item.n)
		abort();
	if (!was)
		free(op.ref);
	sim_item_free(&op.want);
	sim_record_free(&op.got);
	sim_item_free(&full);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char image[] =
		"template usim\niccid 89490200001234567896\nchannels 4\n"
		"imsi 262021234567890 mnc=2\npin1 1234 off\n"
		"phonebook local adn=4x28 ext1=3 iap anr=4x15 email=2x34 "
		"sne=4x20 pbc uid grp=4x4 gas=2x14 aas=2x14 psc cc puid\n"
		"contact \"Anna\" +4930123456 email=a@b.c anr=110\n"
		"contact \"Bob\" 123456789012345678901234\n";
	static const char *const files[] = {
		"usim/5F3A/4F3A", "usim/5F3A/4F4A", "usim/5F3A/4F25",
		"usim/5F3A/4F11", "usim/5F3A/4F50", "usim/5F3A/4F19",
		"usim/5F3A/4F09", "usim/5F3A/4F26", "usim/5F3A/4F4C",
		"usim/5F3A/4F4B", "usim/5F3A/4F28", "usim/5F3A/4F22",
		"usim/5F3A/4F23", "usim/5F3A/4F24",
	};
	struct sim_changes ch = { 0 };
	struct sim_err e = { 0 };
	struct card *c = put_card(image, files,
				  sizeof(files) / sizeof(files[0]), data, n);
	struct sim_replica *r;
	unsigned int orphans;

	r = c ? card_replica(c, "card", SIM_PHYSICAL, &e) : NULL;
	if (r && !r->ops->changes(r, SIM_CONTACT, NULL, &ch, &e)) {
		change(r, NULL);
		if (ch.n)
			change(r, &ch.rec[ch.n - 1]);
		card_orphans(c, true, &orphans, &e);
		/* What was freed stays free. */
		if (!card_orphans(c, false, &orphans, &e) && orphans)
			abort();
	}
	sim_changes_free(&ch);
	if (r)
		r->ops->free(r);
	put_away(c);
	return 0;
}
