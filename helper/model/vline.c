// SPDX-License-Identifier: MIT
#include "model/vline.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHARSET_MAX 32
#define FOLD 75	/* octets a line without its end: RFC 6350 §3.2 */

size_t vline_utf8(const char *s, size_t left)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n, i;
	unsigned int cp;

	if (!left)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	cp = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (n == 3 && (cp < 0x800 || (cp >= 0xd800 && cp <= 0xdfff)))
		return 0;
	if (n == 4 && (cp < 0x10000 || cp > 0x10ffff))
		return 0;
	return n;
}

/* Invalid bytes as the Latin-1 characters of that number. */
static bool repair(struct buf *b)
{
	struct buf out = { 0 };
	size_t i, run = 0, n;

	for (i = 0; i < b->n;) {
		n = vline_utf8(b->p + i, b->n - i);
		if (n) {
			i += n;
			continue;
		}
		buf_add(&out, b->p + run, i - run);
		buf_chr(&out, (char)(0xc0 | (unsigned char)b->p[i] >> 6));
		buf_chr(&out, (char)(0x80 | (b->p[i] & 0x3f)));
		run = ++i;
	}
	buf_add(&out, b->p + run, i - run);
	buf_free(b);
	*b = out;
	return true;
}

/* The CHARSET of a 2.1 line, "" where there is none; its value is after @n. */
static void charset_of(const char *s, size_t n, char out[CHARSET_MAX])
{
	size_t i, k = 0;

	for (i = 0; i + 9 < n && strncasecmp(s + i, ";CHARSET=", 9); i++)
		;
	for (i += 9; i < n && s[i] != ';' && s[i] != '"' && k + 1 < CHARSET_MAX;
	     i++)
		out[k++] = s[i];
	out[k] = '\0';
}

/* Each byte a character, whatever was done to the line before it is read. */
static bool single_byte(const char *charset)
{
	static const char *const names[] = {"ISO-8859-", "WINDOWS-125",
					    "CP125", "KOI8-", "TIS-620"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncasecmp(charset, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool valid(const struct buf *b)
{
	size_t i = 0, n;

	while (i < b->n && (n = vline_utf8(b->p + i, b->n - i)))
		i += n;
	return i == b->n;
}

/* By what the line says it is; else as Latin-1, which it nearly always is. */
static bool repair_as(struct buf *b, const char *charset)
{
	iconv_t to = (iconv_t)-1;
	size_t in = b->n, left = 4 * b->n;
	struct buf out = { 0 };
	char *from = b->p, *at, *text;

	if (valid(b))
		return false;
	if (single_byte(charset))
		to = iconv_open("UTF-8", charset);
	if (to == (iconv_t)-1)
		return repair(b);
	text = at = malloc(left);
	if (!text || iconv(to, &from, &in, &at, &left) == (size_t)-1) {
		free(text);
		iconv_close(to);
		return repair(b);
	}
	buf_add(&out, text, (size_t)(at - text));
	free(text);
	iconv_close(to);
	buf_free(b);
	*b = out;
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/*
 * A 2.1 value as 3.0 has it: quoted-printable decoded, ';' stays structure
 * ('\;' an escape), a bare backslash, comma or line break gets its escape.
 */
static void decode_v21(struct buf *b, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char c = s[i];

		if (c == '=' && i + 2 < n && hex(s[i + 1]) >= 0 &&
		    hex(s[i + 2]) >= 0) {
			c = (char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		}
		if (c == '\r' || c == '\0')
			continue;
		if (c == '\n')
			buf_str(b, "\\n");
		else if (c == ',')
			buf_str(b, "\\,");
		else if (c == '\\' && i + 1 < n && s[i + 1] == ';')
			buf_chr(b, '\\');
		else if (c == '\\')
			buf_str(b, "\\\\");
		else
			buf_chr(b, c);
	}
}

static bool token(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char c = s[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return n > 0;
}

/* A carriage return inside a line means nothing; items do not hold any. */
static char *copy(const char *s, size_t n)
{
	char *p = malloc(n + 1);
	size_t i, k = 0;

	if (!p)
		return NULL;
	if (!memchr(s, '\r', n)) {
		memcpy(p, s, n);
		k = n;
	} else {
		for (i = 0; i < n; i++)
			if (s[i] != '\r')
				p[k++] = s[i];
	}
	p[k] = '\0';
	return p;
}

/* Offset of the colon that ends name and parameters, or n. */
static size_t colon(const char *s, size_t n)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == ':' && !quoted)
			return i;
	}
	return n;
}

static bool is_param(const char *s, size_t n, const char *what)
{
	return strlen(what) == n && !strncasecmp(s, what, n);
}

/* ENCODING and CHARSET belong to 2.1's wire form; the item has neither. */
static char *strip_params(const char *s, size_t n, bool *qp)
{
	struct buf b = { 0 };
	size_t i = 0, k;

	*qp = false;
	while (i <= n) {
		for (k = i; k < n && s[k] != ';'; k++)
			;
		if (is_param(s + i, k - i, "ENCODING=QUOTED-PRINTABLE") ||
		    is_param(s + i, k - i, "QUOTED-PRINTABLE")) {
			*qp = true;
		} else if (k - i < 8 || strncasecmp(s + i, "CHARSET=", 8)) {
			size_t at;

			if (b.n)
				buf_chr(&b, ';');
			for (at = i; at < k; at++)
				if (s[at] != '\r')
					buf_chr(&b, s[at]);
		}
		i = k + 1;
	}
	return buf_take(&b);
}

static bool says_qp(const char *s, size_t n)
{
	size_t i, end = colon(s, n);

	for (i = 0; i + 16 <= end; i++)
		if (!strncasecmp(s + i, "QUOTED-PRINTABLE", 16))
			return true;
	return false;
}

static int split(struct vline *l, const char *s, size_t n, struct sim_err *e)
{
	size_t end = colon(s, n), name, dot = 0, i;
	char *params = NULL, charset[CHARSET_MAX] = "";
	struct buf b = { 0 };

	for (name = 0; name < end && s[name] != ';'; name++)
		;
	for (i = 0; i < name; i++)
		if (s[i] == '.')
			dot = i + 1;
	if (end == n || !token(s + dot, name - dot) ||
	    (dot && !token(s, dot - 1)))
		return sim_fail(e, EX_DATAERR,
				"line %zu is no vCard property (NAME:value)",
				l->number);
	if (name < end) {
		params = strip_params(s + name + 1, end - name - 1, &l->qp);
		if (!params)
			goto nomem;
		charset_of(s, end, charset);
		if (!l->qp && !*charset) {
			free(params);
			params = copy(s + name + 1, end - name - 1);
		} else if (!*params) {
			free(params);
			params = NULL;
		}
		l->prop.params = params;
	}
	if (dot)
		l->prop.group = copy(s, dot - 1);
	l->prop.name = copy(s + dot, name - dot);
	if (l->qp) {
		decode_v21(&b, s + end + 1, n - end - 1);
		if (repair_as(&b, charset))
			l->repaired = true;
		l->prop.value = buf_take(&b);
	} else {
		l->prop.value = copy(s + end + 1, n - end - 1);
	}
	if (!l->prop.name || !l->prop.value || (dot && !l->prop.group))
		goto nomem;
	for (i = 0; l->prop.name[i]; i++)
		if (l->prop.name[i] >= 'a' && l->prop.name[i] <= 'z')
			l->prop.name[i] -= 'a' - 'A';
	return 0;
nomem:
	return sim_fail(e, EX_OSERR, "no memory for a vCard");
}

/* One physical line: its text without the end; @next behind the end. */
static size_t physical(const char *text, size_t len, size_t pos, size_t *next)
{
	const char *nl = memchr(text + pos, '\n', len - pos);
	size_t end = nl ? (size_t)(nl - text) : len;

	*next = nl ? end + 1 : len;
	if (end > pos && text[end - 1] == '\r')
		end--;
	return end;
}

int vline_next(const char *text, size_t len, size_t *pos, size_t *number,
	       struct vline *out, struct sim_err *e)
{
	struct buf b = { 0 };
	size_t at = *pos, next, end;
	bool qp;
	int ret;

	*out = (struct vline){ .start = at, .number = *number };
	if (at >= len)
		return 0;
	end = physical(text, len, at, &next);
	buf_add(&b, text + at, end - at);
	++*number;
	qp = says_qp(text + at, end - at);
	for (;;) {
		bool soft = qp && b.n && b.p[b.n - 1] == '=';

		at = next;
		if (at >= len || (text[at] != ' ' && text[at] != '\t' && !soft))
			break;
		/* A blank line with a space on it ends nothing, adds nothing. */
		end = physical(text, len, at, &next);
		if (soft)
			b.n--;
		else
			at++;
		if (at < end)
			buf_add(&b, text + at, end - at);
		++*number;
	}
	*pos = next;
	out->end = next;
	out->blank = !b.n;
	ret = 1;
	if (b.bad) {
		ret = sim_fail(e, EX_OSERR, "no memory for a vCard");
	} else if (b.n && memchr(b.p, '\0', b.n)) {
		ret = sim_fail(e, EX_DATAERR, "line %zu holds a NUL byte",
			       out->number);
	} else if (b.n) {
		char charset[CHARSET_MAX];

		charset_of(b.p, colon(b.p, b.n), charset);
		out->repaired = repair_as(&b, charset);
		if (b.bad)
			ret = sim_fail(e, EX_OSERR, "no memory for a vCard");
		else if (split(out, b.p, b.n, e))
			ret = -1;
	}
	buf_free(&b);
	if (ret < 0)
		vline_free(out);
	return ret;
}

void vline_free(struct vline *l)
{
	free(l->prop.group);
	free(l->prop.name);
	free(l->prop.params);
	free(l->prop.value);
	l->prop = (struct sim_prop){ 0 };
}

static bool same(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

bool vline_prop_equal(const struct sim_prop *a, const struct sim_prop *b)
{
	return same(a->name, b->name) && same(a->group, b->group) &&
	       same(a->params, b->params) && same(a->value, b->value);
}

static void fold(struct buf *b, const char *s, size_t n, const char *eol)
{
	size_t col = 0, i, k;

	for (i = 0; i < n; i += k) {
		k = vline_utf8(s + i, n - i);
		if (!k)
			k = 1;
		if (col + k > FOLD) {
			buf_str(b, eol);
			buf_chr(b, ' ');
			col = 1;
		}
		buf_add(b, s + i, k);
		col += k;
	}
	buf_str(b, eol);
}

/* 2.1's own form: no escape but '\;', anything beyond ASCII in QP. */
static void write_v21(struct buf *b, const char *head, const char *value,
		      const char *eol)
{
	struct buf raw = { 0 };
	bool qp = false;
	size_t i, col;

	for (i = 0; value[i]; i++) {
		char c = value[i];

		if (c == '\\' && (value[i + 1] == 'n' || value[i + 1] == 'N')) {
			buf_str(&raw, "\r\n");
			i++;
		} else if (c == '\\' && value[i + 1] == ';') {
			buf_str(&raw, "\\;");
			i++;
		} else if (c == '\\' && value[i + 1]) {
			buf_chr(&raw, value[++i]);
		} else {
			buf_chr(&raw, c);
		}
	}
	/* An escape that 2.1 does not know comes back only from QP. */
	qp = raw.n && strcmp(raw.p, value) != 0;
	for (i = 0; i < raw.n; i++)
		if ((unsigned char)raw.p[i] >= 0x7f ||
		    (unsigned char)raw.p[i] < 0x20)
			qp = true;
	buf_str(b, head);
	if (qp)
		buf_str(b, ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE");
	buf_chr(b, ':');
	col = 0;
	for (i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];
		bool enc = qp && (c >= 0x7f || c < 0x20 || c == '=');

		if (qp && col + 3 > FOLD - 1) {
			buf_chr(b, '=');
			buf_str(b, eol);
			col = 0;
		}
		if (enc)
			buf_fmt(b, "=%02X", c);
		else
			buf_chr(b, (char)c);
		col += enc ? 3 : 1;
	}
	buf_str(b, eol);
	b->bad |= raw.bad;
	buf_free(&raw);
}

int vline_write(struct buf *b, const struct sim_prop *p, const char *eol,
		bool v21, struct sim_err *e)
{
	struct buf line = { 0 };
	const char *s;

	if (!p->name || !token(p->name, strlen(p->name)) ||
	    (p->group && !token(p->group, strlen(p->group))) ||
	    (p->params && strpbrk(p->params, "\r\n")))
		return sim_fail(e, EX_DATAERR,
				"a contact's property cannot be written in a vCard: its name or parameters are malformed");
	if (p->group) {
		buf_str(&line, p->group);
		buf_chr(&line, '.');
	}
	buf_str(&line, p->name);
	if (p->params) {
		buf_chr(&line, ';');
		buf_str(&line, p->params);
	}
	if (v21) {
		buf_add(&line, "", 0);
		if (!line.bad)
			write_v21(b, line.p, p->value ? p->value : "", eol);
	} else {
		buf_chr(&line, ':');
		for (s = p->value ? p->value : ""; *s; s++) {
			if (*s == '\n')
				buf_str(&line, "\\n");
			else if (*s != '\r')
				buf_chr(&line, *s);
		}
		if (!line.bad)
			fold(b, line.p, line.n, eol);
	}
	b->bad |= line.bad;
	buf_free(&line);
	if (b->bad)
		return sim_fail(e, EX_OSERR, "no memory for a vCard");
	return 0;
}
