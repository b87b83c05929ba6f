/* SPDX-License-Identifier: MIT */
/*
 * uicc_book.h - a phonebook of the software UICC as its EF_PBR describes it
 */
#ifndef TESTS_CARD_UICC_BOOK_H
#define TESTS_CARD_UICC_BOOK_H

#include "card/uicc_fs.h"

#define UICC_BOOK_FILES 16
#define UICC_BOOK_SETS	8

/**
 * struct uicc_book_file - one file a PBR record names
 * @tag: C0 to CB
 * @link: A8, A9, AA
 * @iap: A9: position of its byte in the IAP record
 * @f: the file
 */
struct uicc_book_file {
	uint8_t tag;
	uint8_t link;
	uint8_t iap;
	struct uicc_file *f;
};

/** struct uicc_set - what one PBR record describes */
struct uicc_set {
	struct uicc_book_file file[UICC_BOOK_FILES];
	size_t n;
};

/**
 * struct uicc_book - a phonebook
 * @dir: DF_PHONEBOOK, or NULL: 2G
 * @set: by PBR record
 * @n: sets in use
 */
struct uicc_book {
	struct uicc_file *dir;
	struct uicc_set set[UICC_BOOK_SETS];
	size_t n;
};

bool uicc_book_open(struct uicc_fs *fs, const char *where,
		    struct uicc_book *b);
struct uicc_file *uicc_book_file(const struct uicc_set *s, uint8_t tag);

#endif
