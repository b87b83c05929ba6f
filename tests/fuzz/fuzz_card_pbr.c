// SPDX-License-Identifier: MIT
/* fuzz_card_pbr.c - any bytes as EF_PBR, on a card that has what it may name */
#include "card/phonebook.h"
#include "card_put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char image[] =
		"template usim\niccid 89490200001234567896\nchannels 4\n"
		"imsi 262021234567890 mnc=2\npin1 1234 off\n"
		"phonebook local adn=4x28 ext1=2 iap anr=4x15 email=2x34 "
		"sne=4x20 pbc uid grp=4x4 gas=2x14 aas=2x14 psc cc puid\n"
		"contact \"Anna\" +4930123456 email=a@b.c anr=110\n"
		"file usim/5F3A/4F30 linear 3 60\n";
	static const char *const files[] = { "usim/5F3A/4F30" };
	struct sim_err e = { 0 };
	struct card *c = put_card(image, files, 1, data, n);
	unsigned int orphans;

	if (c && !pb_load(c, false, &e)) {
		for (size_t i = 0; i < c->pb->nset; i++)
			if (!c->pb->set[i].adn || !c->pb->set[i].nuse)
				abort();
		card_orphans(c, true, &orphans, &e);
	}
	put_away(c);
	return 0;
}
