/* SPDX-License-Identifier: MIT */
/*
 * name.c - names compared: folded, cut, completed, respelled
 *
 * No false merge, ever: where two members of a family could be meant (Martin
 * and Martina, Jan and Jana) names are not related, however near they are.
 */
#include "model/pair.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "model/buf.h"

/* What to do with marks when folding. */
enum marks {
	PLAIN,		/* leave out what people leave out */
	DIGRAPHS,	/* and ä is ae, as German writes without umlauts */
	ALL,		/* every mark counts */
};

enum {
	TILDE = 0x303, DIAERESIS = 0x308, HOOK = 0x309, HORN = 0x31b,
	DOT_BELOW = 0x323, DOTLESS_I = 0x131,
};

static bool in(utf8proc_int32_t cp, utf8proc_int32_t from, utf8proc_int32_t to)
{
	return cp >= from && cp <= to;
}

static bool is_mark(utf8proc_int32_t cp)
{
	return in(cp, 0x300, 0x36f) || in(cp, 0x591, 0x5c7) ||
	       in(cp, 0x610, 0x61a) || in(cp, 0x64b, 0x65f) || cp == 0x670 ||
	       in(cp, 0x6d6, 0x6ed);
}

/* Is this mark one that people leave out, on that letter? */
static bool is_optional(utf8proc_int32_t mark, utf8proc_int32_t letter)
{
	if (!in(mark, 0x300, 0x36f))
		return true;
	/* Latin, Greek, Cyrillic */
	if (!(letter < 0x530 || in(letter, 0x1d00, 0x1fff)))
		return false;
	/* Only Vietnamese has these, and they make other names. */
	if (mark == HOOK || mark == HORN || mark == DOT_BELOW)
		return false;
	return mark != TILDE || letter == 'a' || letter == 'n' || letter == 'o';
}

static size_t fold_to(char *out, const utf8proc_int32_t *cp,
		      utf8proc_ssize_t len, enum marks marks)
{
	utf8proc_int32_t letter = 0;
	size_t n = 0;

	for (utf8proc_ssize_t i = 0; i < len; i++) {
		utf8proc_int32_t c = cp[i] == DOTLESS_I ? 'i' : cp[i];

		if (c < 0x80 && strchr(" \t\n,.", c)) {
			if (n && out[n - 1] != ' ')
				out[n++] = ' ';
			continue;
		}
		if (!is_mark(c)) {
			letter = c;
		} else if (marks != ALL && is_optional(c, letter)) {
			if (marks == DIGRAPHS && c == DIAERESIS && letter &&
			    letter < 0x80 && strchr("aou", letter))
				out[n++] = 'e';
			continue;
		}
		n += (size_t)utf8proc_encode_char(c,
						  (utf8proc_uint8_t *)out + n);
	}
	if (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n;
}

static char *fold(const char *value, enum marks marks)
{
	char *plain = sim_text_unescape(value), *out;
	utf8proc_int32_t *cp;
	utf8proc_ssize_t len;
	const utf8proc_option_t how =
		UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
		UTF8PROC_IGNORE | UTF8PROC_NULLTERM;

	if (!plain)
		return NULL;
	len = utf8proc_decompose((utf8proc_uint8_t *)plain, 0, NULL, 0, how);
	/* Not UTF-8: compared as it stands. */
	if (len < 0)
		return plain;
	cp = calloc((size_t)len + 1, sizeof(*cp));
	out = malloc(4 * (size_t)len + 1);
	if (cp && out &&
	    utf8proc_decompose((utf8proc_uint8_t *)plain, 0, cp, len, how) ==
		    len) {
		fold_to(out, cp, len, marks);
	} else {
		free(out);
		out = NULL;
	}
	free(cp);
	free(plain);
	return out;
}

char *sim_text_fold(const char *value)
{
	return fold(value, PLAIN);
}

int sim_name_same(const char *a, const char *b, const char *country)
{
	bool vietnam = country && !strcmp(country, "84");
	enum marks from = vietnam ? ALL : PLAIN, to = vietnam ? ALL : DIGRAPHS;
	int same = 0;

	for (enum marks m = from;; m = to) {
		char *x = fold(a, m), *y = fold(b, m);

		same = x && y ? *x && !strcmp(x, y) : -1;
		free(x);
		free(y);
		if (same || m == to)
			return same;
	}
}

/* Spellings of one sound: longest first. */
static const char *const sounds[][2] = {
	{"ph", "f"}, {"th", "t"}, {"ck", "k"}, {"ae", "a"}, {"oe", "o"},
	{"ue", "u"}, {"ai", "ei"}, {"ay", "ei"}, {"ey", "ei"}, {"c", "k"},
};

/* As it sounds: for names of some length only, Jo is not Joe. */
static void as_it_sounds(const char *name, char *out)
{
	char *to = out;

	while (*name) {
		size_t i, n = sizeof(sounds) / sizeof(*sounds);

		for (i = 0; i < n; i++)
			if (!strncmp(name, sounds[i][0], strlen(sounds[i][0])))
				break;
		if (i < n) {
			to = stpcpy(to, sounds[i][1]);
			name += strlen(sounds[i][0]);
		} else {
			*to++ = *name++;
		}
		/* nn, tt; but Renée is not René */
		if (to - out > 1 && to[-1] == to[-2] &&
		    strchr("bdfgklmnprstz", to[-1]))
			to--;
	}
	*to = '\0';
}

static bool sounds_alike(const char *a, const char *b)
{
	enum { LONG_ENOUGH = 4, MAX = 96 };
	char x[2 * MAX + 1], y[2 * MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n < LONG_ENOUGH || m < LONG_ENOUGH || n > MAX || m > MAX)
		return false;
	as_it_sounds(a, x);
	as_it_sounds(b, y);
	return !strcmp(x, y);
}

static bool plain_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* One slip of the finger in the middle of a long word; its end says who. */
static bool slip(const char *a, size_t n, const char *b, size_t m)
{
	enum { LONG = 8, HEAD = 2, TAIL = 3 };
	size_t p = 0, s = 0;

	if (n < LONG || m < LONG || !plain_ascii(a, n) || !plain_ascii(b, m))
		return false;
	while (p < n && p < m && a[p] == b[p])
		p++;
	while (s < n - p && s < m - p && a[n - 1 - s] == b[m - 1 - s])
		s++;
	n -= p + s;
	m -= p + s;
	if (p < HEAD || s < TAIL)
		return false;
	return (n <= 1 && m <= 1) ||
	       (n == 2 && m == 2 && a[p] == b[p + 1] && a[p + 1] == b[p]);
}

/* The same words but for one slip in one of them. */
static bool one_slip(const char *a, const char *b)
{
	size_t slips = 0;

	for (;;) {
		size_t n = strcspn(a, " "), m = strcspn(b, " ");

		if (n != m || strncmp(a, b, n)) {
			if (!slip(a, n, b, m))
				return false;
			slips++;
		}
		if (!a[n] || !b[m])
			return !a[n] && !b[m] && slips == 1;
		a += n + 1;
		b += m + 1;
	}
}

static bool one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(s, *list))
			return true;
	return false;
}

static bool ends_in_one_of(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strlen(s) >= strlen(*list) &&
		    !strcmp(s + strlen(s) - strlen(*list), *list))
			return true;
	return false;
}

/* Is @longer what @shorter was cut from, or is completed to? */
static bool continues(const char *shorter, const char *longer)
{
	/* The son is not the father. */
	static const char *const generation[] = {
		"jun", "jr", "junior", "sen", "sr", "senior", "ii", "iii", "iv",
		NULL,
	};
	/* Names of women made from names of men, the other way in a few. */
	static const char *const wife[] = {
		"ina", "ine", "etta", "ette", "ella", "elle", "andra", "ita",
		"inde", "onne", NULL,
	};
	/* A SIM's field for the name is hardly ever smaller than this. */
	enum { FIELD = 13, INITIAL = 2 };
	size_t n = strlen(shorter);
	const char *rest = longer + n, *word = strrchr(shorter, ' ');

	if (strncmp(shorter, longer, n))
		return false;
	if (*rest == ' ')
		return !one_of(rest + 1, generation);
	/* Within a word: never within the first, which may be a given name. */
	if (!word)
		return false;
	if (strlen(word + 1) <= INITIAL)
		return true;
	return n >= FIELD && strlen(rest) > 1 && !ends_in_one_of(rest, wife);
}

bool sim_name_related(const char *a, const char *b)
{
	bool a_shorter = strlen(a) < strlen(b);

	if (!*a || !*b || !strcmp(a, b))
		return true;
	return continues(a_shorter ? a : b, a_shorter ? b : a) ||
	       sounds_alike(a, b) || one_slip(a, b);
}

/* Where people say the family's name first, without an N to tell. */
static bool family_first(const char *country)
{
	static const char *const list[] = {"36", "81", "82", "84", "86",
					   "852", "853", "886", NULL};

	return country && one_of(country, list);
}

/* Part @i of a structured value, folded. malloc'd; NULL: no memory */
static char *component(const char *value, int i)
{
	size_t n = 0;
	char *raw, *out;

	for (; i && *value; value++) {
		if (*value == '\\' && value[1])
			value++;
		else if (*value == ';')
			i--;
	}
	while (value[n] && value[n] != ';')
		n += value[n] == '\\' && value[n + 1] ? 2 : 1;
	raw = strndup(value, n);
	out = raw ? sim_text_fold(raw) : NULL;
	free(raw);
	return out;
}

/* @word stands in @text between blanks. */
static bool has_words(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || at[-1] == ' ') &&
		    (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

int sim_cut_is_plain(const struct sim_item *full, const char *cut,
		     const char *country)
{
	const char *fn = sim_item_get(full, "FN"), *n = sim_item_get(full, "N");
	char *name = sim_text_fold(fn ? fn : ""), *given = NULL;
	const char *last;
	int plain = 0;

	if (!name)
		return -1;
	last = strrchr(name, ' ');
	if (!last || strlen(cut) <= (size_t)(last - name) + 1)
		goto out;
	if (!n) {
		/* The last word is the family's, all before it whole. */
		plain = !family_first(country);
		goto out;
	}
	given = component(n, 1);
	if (!given)
		plain = -1;
	else
		plain = !*given || has_words(cut, given);
out:
	free(given);
	free(name);
	return plain;
}

/* The eight digits of a whole date, else nothing. */
static void birthday(const struct sim_item *it, char out[9])
{
	const char *value = sim_item_get(it, "BDAY");
	size_t n = 0;

	for (; value && *value && *value != 'T' && n < 8; value++)
		if (*value >= '0' && *value <= '9')
			out[n++] = *value;
	out[n == 8 ? n : 0] = '\0';
}

int sim_contradict(const struct sim_item *a, const struct sim_item *b)
{
	const char *na = sim_item_get(a, "N"), *nb = sim_item_get(b, "N");
	char x[9], y[9], *sa, *sb;
	int rc;

	birthday(a, x);
	birthday(b, y);
	if (*x && *y && strcmp(x, y))
		return 1;
	sa = component(na ? na : "", 4);
	sb = component(nb ? nb : "", 4);
	rc = sa && sb ? strcmp(sa, sb) != 0 : -1;
	free(sa);
	free(sb);
	return rc;
}
