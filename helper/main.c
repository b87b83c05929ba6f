// SPDX-License-Identifier: MIT
/*
 * simsync - one binary, several processes; see broker/broker.h and cmd/cmd.h
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "broker/broker.h"
#include "cmd/cmd.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;	/* NULL: nobody types it */
} mains[] = {
	{ "broker", broker_main, NULL },
	{ "worker", worker_main, NULL },
	{ "run", trigger_main, NULL },
	{ "events", events_main,
	  "what the kernel says of its slots, as it says it" },
	{ "monitor", monitor_main,
	  "start runs when something happens (simsync-monitor.service)" },
};

static bool asks_help(int argc, char **argv)
{
	while (argc-- > 0)
		if (!strcmp(argv[argc], "--help"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		puts("simsync " SIMSYNC_VERSION);
		return 0;
	}
	for (i = 0; argc > 1 && i < sizeof(mains) / sizeof(mains[0]); i++) {
		if (strcmp(argv[1], mains[i].name))
			continue;
		if (!mains[i].help || !asks_help(argc, argv))
			return mains[i].main(argc - 1, argv + 1);
		printf("simsync %s\n\n%s.\n", mains[i].name, mains[i].help);
		return 0;
	}
	return client_main(argc, argv);
}
