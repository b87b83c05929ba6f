/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uart.h - a slot on a UART: what serdev.c and tty.c share
 *
 * Module simslot-uart runs the ISO 7816-3 engine for the core; a driver brings
 * the bytes and the lines.
 */
#ifndef SIMSLOT_UART_H
#define SIMSLOT_UART_H

#include <linux/kfifo.h>

#include "iso7816.h"
#include "simslot.h"

#define SIMSLOT_UART_FIFO	1024	/* more than one exchange with its echo */

struct simslot_uart;

/**
 * struct simslot_uart_ops - the UART and the contacts
 * @power: VCC and clock of one ISO7816_CLASS_* bit; 0: off. Return 0 or -errno
 * @reset: contact RST: true is low, the card in reset
 * @line: set speed and parity. Return the speed it became, or -errno
 * @send: hand bytes to the UART. Return 0 or -errno
 * @present: level of card detect; NULL: there is none
 * @off: take the card's power away at once: RST low, then clock and VCC
 * @configure: change the engine's configuration before a cold activation.
 *	Optional
 *
 * All may sleep. @off is called at the edge of a removal, never at the same
 * time as @power and @reset.
 */
struct simslot_uart_ops {
	int (*power)(struct simslot_uart *u, u8 volt_class);
	void (*reset)(struct simslot_uart *u, bool low);
	int (*line)(struct simslot_uart *u, u32 baud,
		    enum iso7816_parity parity);
	int (*send)(struct simslot_uart *u, const u8 *data, size_t len);
	int (*present)(struct simslot_uart *u);
	void (*off)(struct simslot_uart *u);
	void (*configure)(struct simslot_uart *u,
			  struct iso7816_config *config);
};

/**
 * struct simslot_uart - a slot on a UART
 * @ops: the driver
 * @priv: the driver's own
 * @slot: of the core
 * @m: engine; the slot's work item only
 * @frame_etu: leading edge to leading edge of bytes sent in one go
 * @refused: speed the UART could not make
 * @contacts: one change of VCC, RST or @pulled at a time
 * @pulled: card detect has moved since the card was activated
 * @rx: received bytes that the engine has not seen; under @rx_lock
 * @heard_us: when the last of them came; under @rx_lock
 * @want: with so many in @rx the work item goes on; under @rx_lock
 * @rx_lock: see @rx
 * @wait: the slot's work item waits here
 */
struct simslot_uart {
	const struct simslot_uart_ops *ops;
	void *priv;
	struct simslot *slot;
	struct iso7816 m;
	unsigned int frame_etu;
	u32 refused;
	struct mutex contacts; /* see @contacts */
	bool pulled;
	DECLARE_KFIFO(rx, u8, SIMSLOT_UART_FIFO);
	u64 heard_us;
	unsigned int want;
	spinlock_t rx_lock; /* see @rx_lock */
	wait_queue_head_t wait;
};

/**
 * struct simslot_uart_setup - how a slot is made
 * @parent: device of the driver
 * @name: shown as ``driver``
 * @ops: the driver's
 * @priv: the driver's own
 * @config: of the engine
 * @frame_etu: 11 for 8E1, 12 for 8E2
 * @debounce_ms: of card detect
 * @soldered: the card cannot be removed
 */
struct simslot_uart_setup {
	struct device *parent;
	const char *name;
	const struct simslot_uart_ops *ops;
	void *priv;
	struct iso7816_config config;
	unsigned int frame_etu;
	unsigned int debounce_ms;
	bool soldered;
};

struct simslot_uart *simslot_uart_alloc(const struct simslot_uart_setup *s);
int simslot_uart_register(struct simslot_uart *u);
void simslot_uart_unregister(struct simslot_uart *u);
void simslot_uart_free(struct simslot_uart *u);
void simslot_uart_receive(struct simslot_uart *u, const u8 *buf, size_t n);
void simslot_uart_edge(struct simslot_uart *u, bool present);

#endif
