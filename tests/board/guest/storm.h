/* SPDX-License-Identifier: MIT */
/*
 * storm.h - what the parts of kmod_storm share
 *
 * storm_card.c is a software card in a reader on /dev/ttySP1 and the hand that
 * plugs it; storm_use.c are the users of slots; kmod_storm.c starts them, pulls
 * the modules away below them and looks at the end whether all is well.
 */
#ifndef STORM_H
#define STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct storm - all there is to share
 * @stop: the storm is over: threads end, but the card's
 * @over: that one too
 * @calm: let go of everything, modules are to be unloaded
 * @plugged: a card is in the reader
 * @swap: another card the next time
 * @cut: characters until the contact is lost; 0: it holds
 * @self_reset: the card shall reset itself
 * @fault: fault to add, 0: none, 1: forget all; see storm_card.c
 * @pace_us: what starting a program takes here
 * @atrs: answers to reset that began
 * @cut_in: contacts lost within an ATR, before the first APDU (PPS), later
 * @done: commands answered
 * @failed: commands that were not
 * @kills: processes killed
 * @unloads: modules unloaded below users
 * @hangups: readers torn out
 */
struct storm {
	atomic_bool stop, over, calm;
	atomic_bool plugged, swap, self_reset;
	atomic_int cut, fault;
	unsigned int pace_us;
	atomic_long atrs, cut_in[3];
	atomic_long done, failed, kills, unloads, hangups;
};

extern struct storm storm;

/** storm_random() - 0 to @n - 1; each thread has a @seed of its own */
unsigned int storm_random(uint64_t *seed, unsigned int n);
/** storm_pause() - sleep: mostly short, sometimes seconds */
void storm_pause(uint64_t *seed);

/** storm_linger() - as long as it takes to start a few programs, unless all end */
void storm_linger(uint64_t *seed);

/* storm_card.c: threads; @arg points to a seed */
bool storm_card_open(const char *images);
void *storm_card(void *arg);
void *storm_hand(void *arg);
void *storm_reader(void *arg);
/** storm_plug() - the card goes in, or out */
void storm_plug(bool in);
/** storm_attach() - tty with the discipline on it, -1: not now */
int storm_attach(void);
/** storm_tty_slot() - N of the slot in the reader, -1: none */
int storm_tty_slot(void);

/* storm_use.c: threads; the two that end with _main are processes of their own */
void *storm_client(void *arg);
void *storm_killer(void *arg);
void *storm_proxies(void *arg);
void *storm_listeners(void *arg);
void *storm_sysfs(void *arg);
int storm_proxy_main(uint64_t seed);
int storm_listen_main(uint64_t seed);

#endif
