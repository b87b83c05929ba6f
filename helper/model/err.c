// SPDX-License-Identifier: MIT
#include "model/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/plain.h"

int sim_fail(struct sim_err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	/* Cards, servers and files put words into it. */
	plain_text(e->text, false);
	return -1;
}

int sim_fail_in(struct sim_err *e, const char *fmt, ...)
{
	char whole[sizeof(e->text)];
	va_list ap;
	int n;

	if (!e)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(whole, sizeof(whole), fmt, ap);
	va_end(ap);
	/* Too long a sentence is cut; the result is used so that gcc knows. */
	if (n < 0 || ((size_t)n < sizeof(whole) &&
		      snprintf(whole + n, sizeof(whole) - (size_t)n, ": %s",
			       e->text) < 0))
		return -1;
	snprintf(e->text, sizeof(e->text), "%s", whole);
	plain_text(e->text, false);
	return -1;
}
