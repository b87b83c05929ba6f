/* SPDX-License-Identifier: MIT */
/*
 * card_put.h - a good card with fuzzer input put into its files
 *
 * The input is a list of patches: which file, where in it, how many bytes, and
 * they. What is not patched is as on a good card.
 */
#ifndef TESTS_FUZZ_CARD_PUT_H
#define TESTS_FUZZ_CARD_PUT_H

#include <stdlib.h>
#include <string.h>

#include "card/uicc_fs.h"
#include "unit/card_link.h"

#define PUT_FILES 160

/**
 * struct put_all - the card, and what its files held at first
 */
struct put_all {
	struct uicc *u;
	struct uicc_file *file[PUT_FILES];
	uint8_t *was[PUT_FILES];
	size_t n;
};

static void put_keep(struct put_all *all, struct uicc_file *dir)
{
	for (struct uicc_file *f = dir->down; f; f = f->next) {
		put_keep(all, f);
		if (!f->data || f->alias)
			continue;
		if (all->n == PUT_FILES)
			abort();
		all->file[all->n] = f;
		all->was[all->n] = malloc(f->size);
		memcpy(all->was[all->n++], f->data, f->size);
	}
}

static struct uicc *put_fresh(const char *image)
{
	static struct put_all all;
	char why[UICC_WHY];

	if (!all.u) {
		all.u = uicc_parse(image, "fuzz", why);
		if (!all.u)
			abort();
		put_keep(&all, (all.u->cur ? all.u->cur : all.u->boot)->mf);
	}
	uicc_reset(all.u);
	for (size_t i = 0; i < all.n; i++)
		memcpy(all.file[i]->data, all.was[i], all.file[i]->size);
	return all.u;
}

static struct card *put_card(const char *image, const char *const *file,
			     size_t files, const uint8_t *data, size_t n)
{
	struct uicc *u = put_fresh(image);
	struct sim_err e = { 0 };
	struct uicc_file *f;
	size_t at, len;

	while (n > 4) {
		f = uicc_file_at(u->cur ? u->cur : u->boot, file[data[0] % files]);
		if (!f)
			abort();
		at = (size_t)data[1] << 8 | data[2];
		len = data[3];
		data += 4;
		n -= 4;
		len = len < n ? len : n;
		at = f->size ? at % f->size : 0;
		memcpy(f->data + at, data, len < f->size - at ? len : f->size - at);
		data += len;
		n -= len;
	}
	return card_open(&link_to(u)->base, &e);
}

static void put_away(struct card *c)
{
	const char *const *odd;
	size_t n;

	if (!c)
		return;
	odd = card_problems(c, &n);
	for (size_t i = 0; i < n; i++)
		if (!odd[i][0])
			abort();
	card_close(c);
}

#endif
