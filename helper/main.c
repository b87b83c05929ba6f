// SPDX-License-Identifier: MIT
/*
 * simsync - one binary, several processes; see broker/broker.h and cmd/cmd.h
 */
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} mains[] = {
	{ "broker", broker_main },
	{ "worker", worker_main },
	{ "run", trigger_main },
	{ "events", events_main },
	{ "monitor", monitor_main },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("simsync " SIMSYNC_VERSION);
		return 0;
	}
	for (i = 0; argc > 1 && i < sizeof(mains) / sizeof(mains[0]); i++)
		if (!strcmp(argv[1], mains[i].name))
			return mains[i].main(argc - 1, argv + 1);
	return client_main(argc, argv);
}
