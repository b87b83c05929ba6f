// SPDX-License-Identifier: MIT
/* figure.c - figures as JSON */
#include "bench/figure.h"

#include <stdbool.h>

int figures_open(struct figures *to, const char *path)
{
	*to = (struct figures){ .f = fopen(path, "w") };
	if (to->f)
		return 0;
	perror(path);
	return -1;
}

void figure(struct figures *to, const char *name, double value,
	    const char *unit, double limit)
{
	bool ok = limit < 0 || value <= limit;
	char most[32] = "null";

	if (limit >= 0)
		snprintf(most, sizeof(most), "%g", limit);
	to->bad += !ok;
	fprintf(to->f, "%s\n{\"figure\": \"%s\", \"value\": %g, \"unit\": \"%s\", \"limit\": %s, \"ok\": %s}",
		to->n++ ? "," : "[", name, value, unit, most,
		ok ? "true" : "false");
}

int figures_close(struct figures *to)
{
	fputs("\n]\n", to->f);
	if (fclose(to->f))
		to->bad++;
	printf("%d figures, %d over their limit\n", to->n, to->bad);
	return to->bad;
}
