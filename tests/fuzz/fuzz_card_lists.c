// SPDX-License-Identifier: MIT
/*
 * fuzz_card_lists.c - any bytes in the lists beside the phonebook and in the
 * files of several records
 */
#include "card/lists.h"
#include "card/params.h"
#include "card_put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char image[] =
		"template usim\niccid 89490200001234567896\nchannels 4\n"
		"imsi 262021234567890 mnc=2\npin1 1234 off\npin2 5678 off\n"
		"file usim/6F3B linear 2 28\nfile usim/6F4B linear 2 13\n"
		"file usim/6F49 linear 2 28\nfile usim/6F4C linear 2 13\n"
		"file usim/6F80 cyclic 2 34\nfile usim/6F81 cyclic 2 33\n"
		"file 7F10/6F44 cyclic 2 20\nfile usim/6F42 linear 2 40\n"
		"file usim/6FC5 linear 2 24\nfile usim/6FC6 linear 2 8\n";
	static const char *const files[] = {
		"usim/6F3B", "usim/6F4B", "usim/6F49", "usim/6F4C", "usim/6F80",
		"usim/6F81", "7F10/6F44", "usim/6F42", "usim/6F43", "usim/6F47",
		"usim/6FC5", "usim/6FC6",
	};
	struct params_smsp *smsp;
	struct params_smsr *smsr;
	struct params_name *name;
	struct params_area *area;
	struct params_smss smss;
	struct list_entry *l;
	struct sim_err e = { 0 };
	struct card *c = put_card(image, files,
				  sizeof(files) / sizeof(files[0]), data, n);
	size_t k;

	for (int i = LIST_FDN; c && i <= LIST_OCI; i++) {
		list_read(c, (enum card_list)i, &l, &k, &e);
		for (size_t j = 0; j < k; j++)
			if (!l[j].rec || (!l[j].name[0] && !l[j].number[0]))
				abort();
		free(l);
	}
	if (c) {
		list_write_fdn(c, 0, "A", "110", &e);
		params_smsp(c, &smsp, &k, &e);
		free(smsp);
		params_smsr(c, &smsr, &k, &e);
		free(smsr);
		params_names(c, &name, &k, &e);
		free(name);
		params_areas(c, &area, &k, &e);
		free(area);
		params_smss(c, &smss, &e);
	}
	put_away(c);
	return 0;
}
