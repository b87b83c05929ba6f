// SPDX-License-Identifier: MIT
/* sync_world.c - contacts of a made-up town, the same in each run */
#include "bench/sync_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/buf.h"
#include "store/store_int.h"

static const char *const given[] = {
	"Anna", "Bernd", "Clara", "David", "Emma", "Felix", "Greta", "Hans",
	"Ida", "Jonas", "Karla", "Lukas", "Mia", "Nils", "Olga", "Paul",
	"Rosa", "Stefan", "Tina", "Uwe", "Vera", "Willi", "Xenia", "Yusuf",
	"Zoe",
};
#define GIVEN (sizeof(given) / sizeof(*given))

/* Names of four letters, each another: "Anna Bace", "Bernd Bace". */
static void name_of(size_t i, char out[32])
{
	static const char con[] = "bdfgklmnprst", vow[] = "aeiou";
	size_t k = i / GIVEN;

	snprintf(out, 32, "%s %c%c%c%c%s", given[i % GIVEN],
		 con[k % 12] - 'a' + 'A', vow[k / 12 % 5], con[k / 60 % 12],
		 vow[k / 720 % 5], k / 3600 ? "feld" : "");
}

static unsigned long number_of(size_t i)
{
	return 30000000ul + 137ul * i;
}

char *world_vcard(size_t i)
{
	struct buf b = { 0 };
	char name[32], *last;

	name_of(i, name);
	last = strchr(name, ' ') + 1;
	buf_fmt(&b, "BEGIN:VCARD\r\nVERSION:3.0\r\n");
	buf_fmt(&b, "UID:7d1f3c52-0a6e-4f0b-9c11-%012zx\r\n", i);
	buf_fmt(&b, "FN:%s\r\nN:%s;%.*s;;;\r\n", name, last,
		(int)(last - name - 1), name);
	buf_fmt(&b, "TEL;TYPE=CELL:+4917%lu\r\n", number_of(i));
	buf_fmt(&b, "TEL;TYPE=HOME:+4930%lu\r\n", number_of(i) + 61);
	buf_fmt(&b, "EMAIL;TYPE=HOME:contact.%zu@example.org\r\n", i);
	buf_fmt(&b, "EMAIL;TYPE=WORK:office.%zu@example.com\r\n", i);
	buf_fmt(&b, "ORG:%s Werke GmbH;Einkauf\r\nTITLE:Sachbearbeitung\r\n",
		last);
	buf_fmt(&b, "ADR;TYPE=HOME:;;%s-Strasse %zu;Musterstadt;;%05zu;Deutschland\r\n",
		last, i % 180 + 1, 10000 + i % 80000);
	buf_fmt(&b, "BDAY:19%02zu-%02zu-%02zu\r\n", i % 90 + 10, i % 12 + 1,
		i % 28 + 1);
	buf_fmt(&b, "URL:https://www.example.org/people/%zu\r\n", i);
	buf_str(&b, "NOTE:");
	for (size_t k = 0; b.n < 1050 && k < 40; k++)
		buf_fmt(&b, "%s%s %zu meets %s", k ? "\\, " : "",
			given[(i + k) % GIVEN], (i * 7 + k) % 1000,
			given[(i + 3 * k) % GIVEN]);
	buf_str(&b, "\r\nEND:VCARD\r\n");
	return buf_take(&b);
}

int world_store(const char *path, size_t n, struct sim_err *e)
{
	struct store *s = store_open(path, e);
	int ret;

	if (!s)
		return -1;
	ret = store_begin(s, e);
	for (size_t i = 0; !ret && i < n; i++) {
		char *text = world_vcard(i);

		ret = text ? store_contact_import(s, text, strlen(text), NULL, e)
			   : sim_fail(e, EX_OSERR, "out of memory");
		free(text);
	}
	if (store_end(s, !ret, e))
		ret = -1;
	store_close(s);
	return ret;
}

static int put(const char *folder, const char *name, const char *text,
	       struct sim_err *e)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		return sim_fail(e, EX_IOERR, "%s: %s", path, strerror(errno));
	return 0;
}

int world_book(const char *folder, size_t n, struct sim_err *e)
{
	int ret = put(folder, ".Radicale.props", "{\"tag\": \"VADDRESSBOOK\"}",
		      e);

	for (size_t i = 0; !ret && i < n; i++) {
		char *text = world_vcard(i), name[64];

		snprintf(name, sizeof(name),
			 "7d1f3c52-0a6e-4f0b-9c11-%012zx.vcf", i);
		ret = text ? put(folder, name, text, e)
			   : sim_fail(e, EX_OSERR, "out of memory");
		free(text);
	}
	return ret;
}

static char *card_text(size_t k)
{
	struct buf b = { 0 };

	buf_fmt(&b, "template usim\niccid 8949020000%07zu222\n", k + 1);
	buf_fmt(&b, "imsi 26202%010zu mnc=2\nspn \"Example Mobil\"\n", k + 1);
	buf_str(&b, "pin1 1234 off\n"
		    "phonebook local adn=250x28 ext1=10 iap email=40x34 anr=250x15 uid pbc psc cc puid alias\n"
		    "phonebook local adn=250x28 ext1 iap email=40x34 anr=250x15 uid pbc\n");
	for (size_t i = k * WORLD_RECORDS; i < (k + 1) * WORLD_RECORDS; i++) {
		char name[32];

		name_of(i, name);
		buf_fmt(&b, "contact \"%s\" +4917%lu\n", name, number_of(i));
	}
	return buf_take(&b);
}

int world_cards(const char *folder, struct sim_err *e)
{
	int ret = 0;

	for (size_t k = 0; !ret && k < WORLD_CARDS; k++) {
		char *text = card_text(k), name[32];

		snprintf(name, sizeof(name), "%zu.card", k);
		ret = text ? put(folder, name, text, e)
			   : sim_fail(e, EX_OSERR, "out of memory");
		free(text);
	}
	return ret;
}
