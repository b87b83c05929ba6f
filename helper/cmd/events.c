// SPDX-License-Identifier: MIT
#include <netlink/netlink.h>
#include <stdio.h>
#include <string.h>

#include "broker/slots.h"
#include "cmd/cmd.h"

static void show(const struct slots_event *ev, bool json)
{
	const struct slot *s = &ev->slot;

	if (json)
		printf("{\"slot\":%u,\"event\":\"%s\",\"seq\":%llu,\"epoch\":%llu,\"state\":\"%s\",\"time_ns\":%llu}\n",
		       s->index, slot_event_name(ev->event),
		       (unsigned long long)s->seq,
		       (unsigned long long)s->epoch, slot_state_name(s->state),
		       (unsigned long long)ev->time_ns);
	else
		printf("%llu.%06llu simslot%u %s (state %s, epoch %llu, seq %llu)%s%s\n",
		       (unsigned long long)(ev->time_ns / 1000000000),
		       (unsigned long long)(ev->time_ns / 1000 % 1000000),
		       s->index, slot_event_name(ev->event),
		       slot_state_name(s->state), (unsigned long long)s->epoch,
		       (unsigned long long)s->seq,
		       s->reason ? ": " : "",
		       s->reason ? slot_reason_text(s->reason) : "");
	fflush(stdout);
}

int events_main(int argc, char **argv)
{
	bool json = argc > 1 && !strcmp(argv[1], "--json");
	struct slots_event ev = { 0 };
	struct sim_err e = { 0 };
	struct nl_sock *sk;
	int r;

	sk = slots_listen(&e);
	while (sk && (r = slots_next(sk, &ev, &e)) >= 0) {
		if (r)
			show(&ev, json);
		else
			fputs("simsync events: some were missed\n", stderr);
	}
	if (sk)
		slots_close(sk);
	fprintf(stderr, "simsync: %s\n", e.text);
	return e.code;
}
