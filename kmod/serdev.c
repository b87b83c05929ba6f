// SPDX-License-Identifier: GPL-2.0-only
/*
 * serdev.c - a handset's slot: a device-tree node under a UART
 *
 * See docs/devicetree/simslot,uart-slot.yaml.
 */
#include <linux/clk.h>
#include <linux/gpio/consumer.h>
#include <linux/interrupt.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/pm_wakeirq.h>
#include <linux/property.h>
#include <linux/regulator/consumer.h>
#include <linux/serdev.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "uart.h"

#define CLOCK_HZ	3571200
#define DEBOUNCE_MS	50
#define MAX_BAUD	1000000
#define WRITE_MS	2000
#define POLL_MS		200	/* card detect without interrupts */
#define FRAME_ETU	11	/* 8E1: serdev knows no second stop bit */

/**
 * struct serdev_slot - a slot
 * @serdev: the UART
 * @u: what runs the card
 * @vcc: regulator of VCC, or NULL
 * @vcc_gpio: switch of VCC, or NULL
 * @rst: contact RST; active: low
 * @cd: card detect, or NULL; active: present
 * @clk: contact CLK, or NULL
 * @irq: of @cd; 0: it is polled
 * @poll: polls it
 * @was: what the last poll saw
 * @powered: VCC is on
 */
struct serdev_slot {
	struct serdev_device *serdev;
	struct simslot_uart *u;
	struct regulator *vcc;
	struct gpio_desc *vcc_gpio;
	struct gpio_desc *rst;
	struct gpio_desc *cd;
	struct clk *clk;
	int irq;
	struct delayed_work poll;
	int was;
	bool powered;
};

/* Voltages of the classes (ISO 7816-3 5.2.1). */
static const struct {
	u8 class;
	int nominal;
	int min;
	int max;
} classes[] = {
	{ ISO7816_CLASS_A, 5000000, 4500000, 5500000 },
	{ ISO7816_CLASS_B, 3000000, 2700000, 3300000 },
	{ ISO7816_CLASS_C, 1800000, 1620000, 1980000 },
};

/* ---- contacts ------------------------------------------------------------- */

static void slot_off(struct simslot_uart *u)
{
	struct serdev_slot *s = u->priv;

	gpiod_set_value_cansleep(s->rst, 1);
	if (!s->powered)
		return;
	s->powered = false;
	clk_disable_unprepare(s->clk);
	gpiod_set_value_cansleep(s->vcc_gpio, 0);
	if (s->vcc)
		regulator_disable(s->vcc);
}

static int vcc_on(struct serdev_slot *s, u8 volt_class)
{
	int i, err;

	gpiod_set_value_cansleep(s->vcc_gpio, 1);
	if (!s->vcc)
		return 0;
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (classes[i].class != volt_class)
			continue;
		err = regulator_set_voltage(s->vcc, classes[i].min,
					    classes[i].max);
		return err ? err : regulator_enable(s->vcc);
	}
	return -EINVAL;
}

static int slot_power(struct simslot_uart *u, u8 volt_class)
{
	struct serdev_slot *s = u->priv;
	int err;

	if (s->powered)
		slot_off(u);
	err = vcc_on(s, volt_class);
	if (err)
		goto err_vcc;
	err = clk_prepare_enable(s->clk);
	if (err)
		goto err_clk;
	s->powered = true;
	return 0;

err_clk:
	if (s->vcc)
		regulator_disable(s->vcc);
err_vcc:
	gpiod_set_value_cansleep(s->vcc_gpio, 0);
	return err;
}

static void slot_reset(struct simslot_uart *u, bool low)
{
	struct serdev_slot *s = u->priv;

	gpiod_set_value_cansleep(s->rst, low);
}

static int slot_present(struct simslot_uart *u)
{
	struct serdev_slot *s = u->priv;

	return gpiod_get_value_cansleep(s->cd);
}

static irqreturn_t slot_edge(int irq, void *data)
{
	struct serdev_slot *s = data;

	simslot_uart_edge(s->u, slot_present(s->u) > 0);
	return IRQ_HANDLED;
}

static void slot_poll(struct work_struct *work)
{
	struct serdev_slot *s = container_of(work, struct serdev_slot,
					     poll.work);
	int is = slot_present(s->u);

	if (is >= 0 && is != s->was) {
		s->was = is;
		simslot_uart_edge(s->u, is);
	}
	schedule_delayed_work(&s->poll, msecs_to_jiffies(POLL_MS));
}

/* ---- bytes ---------------------------------------------------------------- */

static int slot_line(struct simslot_uart *u, u32 baud,
		     enum iso7816_parity parity)
{
	struct serdev_slot *s = u->priv;
	int err;

	err = serdev_device_set_parity(s->serdev,
				       parity == ISO7816_PARITY_ODD ?
				       SERDEV_PARITY_ODD : SERDEV_PARITY_EVEN);
	if (err)
		return err;
	return serdev_device_set_baudrate(s->serdev, baud);
}

static int slot_send(struct simslot_uart *u, const u8 *data, size_t len)
{
	struct serdev_slot *s = u->priv;
	int n;

	n = serdev_device_write(s->serdev, data, len,
				msecs_to_jiffies(WRITE_MS));
	if (n < 0)
		return n;
	return n == len ? 0 : -EIO;
}

static const struct simslot_uart_ops slot_ops = {
	.power = slot_power,
	.reset = slot_reset,
	.line = slot_line,
	.send = slot_send,
	.present = slot_present,
	.off = slot_off,
};

static const struct simslot_uart_ops slot_ops_soldered = {
	.power = slot_power,
	.reset = slot_reset,
	.line = slot_line,
	.send = slot_send,
	.off = slot_off,
};

static simslot_serdev_count slot_receive(struct serdev_device *serdev,
					 const u8 *buf, size_t n)
{
	struct serdev_slot *s = serdev_device_get_drvdata(serdev);

	simslot_uart_receive(s->u, buf, n);
	return n;
}

static const struct serdev_device_ops slot_serdev_ops = {
	.receive_buf = slot_receive,
	.write_wakeup = serdev_device_write_wakeup,
};

/* ---- set-up --------------------------------------------------------------- */

static int get_vcc(struct device *dev, struct serdev_slot *s, u8 *offered)
{
	u32 microvolt = 3000000;
	int i;

	s->vcc = devm_regulator_get_optional(dev, "vcc");
	if (IS_ERR(s->vcc)) {
		if (PTR_ERR(s->vcc) != -ENODEV)
			return dev_err_probe(dev, PTR_ERR(s->vcc),
					     "vcc-supply\n");
		s->vcc = NULL;
	}
	s->vcc_gpio = devm_gpiod_get_optional(dev, "vcc", GPIOD_OUT_LOW);
	if (IS_ERR(s->vcc_gpio))
		return dev_err_probe(dev, PTR_ERR(s->vcc_gpio), "vcc-gpios\n");
	device_property_read_u32(dev, "vcc-microvolt", &microvolt);
	*offered = 0;
	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		if (s->vcc ? regulator_is_supported_voltage(s->vcc,
							    classes[i].min,
							    classes[i].max) > 0
			   : classes[i].nominal == microvolt)
			*offered |= classes[i].class;
	}
	if (!*offered)
		return dev_err_probe(dev, -EINVAL,
				     "no voltage class of a card offered\n");
	return 0;
}

static int get_lines(struct device *dev, struct serdev_slot *s, bool soldered)
{
	s->rst = devm_gpiod_get(dev, "reset", GPIOD_OUT_HIGH);
	if (IS_ERR(s->rst))
		return dev_err_probe(dev, PTR_ERR(s->rst), "reset-gpios\n");
	s->clk = devm_clk_get_optional(dev, NULL);
	if (IS_ERR(s->clk))
		return dev_err_probe(dev, PTR_ERR(s->clk), "clocks\n");
	if (soldered)
		return 0;
	s->cd = devm_gpiod_get(dev, "cd", GPIOD_IN);
	if (IS_ERR(s->cd))
		return dev_err_probe(dev, PTR_ERR(s->cd),
				     "cd-gpios (or non-removable)\n");
	s->irq = gpiod_to_irq(s->cd);
	if (s->irq == -EPROBE_DEFER)
		return s->irq;
	return 0;
}

static int get_clock(struct device *dev, struct serdev_slot *s, u32 *hz)
{
	int err;

	*hz = CLOCK_HZ;
	if (device_property_read_u32(dev, "clock-frequency", hz) && s->clk)
		*hz = clk_get_rate(s->clk);
	if (!s->clk)
		return 0;
	err = clk_set_rate(s->clk, *hz);
	if (err)
		return dev_err_probe(dev, err, "clock of %u Hz\n", *hz);
	*hz = clk_get_rate(s->clk);
	return 0;
}

static int watch_card_detect(struct device *dev, struct serdev_slot *s)
{
	int err;

	if (!s->cd)
		return 0;
	if (s->irq <= 0) {
		s->irq = 0;
		s->was = slot_present(s->u);
		INIT_DELAYED_WORK(&s->poll, slot_poll);
		schedule_delayed_work(&s->poll, msecs_to_jiffies(POLL_MS));
		return 0;
	}
	err = request_threaded_irq(s->irq, NULL, slot_edge,
				   IRQF_TRIGGER_RISING | IRQF_TRIGGER_FALLING |
				   IRQF_ONESHOT, "simslot-cd", s);
	if (err)
		return dev_err_probe(dev, err, "interrupt of cd-gpios\n");
	if (device_property_read_bool(dev, "wakeup-source")) {
		device_init_wakeup(dev, true);
		if (dev_pm_set_wake_irq(dev, s->irq))
			device_init_wakeup(dev, false);
	}
	return 0;
}

static void unwatch_card_detect(struct device *dev, struct serdev_slot *s)
{
	if (!s->cd)
		return;
	if (!s->irq) {
		cancel_delayed_work_sync(&s->poll);
		return;
	}
	if (device_may_wakeup(dev)) {
		dev_pm_clear_wake_irq(dev);
		device_init_wakeup(dev, false);
	}
	free_irq(s->irq, s);
}

static int slot_probe(struct serdev_device *serdev)
{
	struct device *dev = &serdev->dev;
	bool soldered = device_property_read_bool(dev, "non-removable");
	struct simslot_uart_setup setup = {
		.parent = dev,
		.name = "serdev",
		.ops = soldered ? &slot_ops_soldered : &slot_ops,
		.config.max_baud = MAX_BAUD,
		.frame_etu = FRAME_ETU,
		.debounce_ms = DEBOUNCE_MS,
		.soldered = soldered,
	};
	struct serdev_slot *s;
	int err;

	s = devm_kzalloc(dev, sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->serdev = serdev;
	setup.priv = s;
	err = get_vcc(dev, s, &setup.config.classes);
	if (!err)
		err = get_lines(dev, s, soldered);
	if (!err)
		err = get_clock(dev, s, &setup.config.clock_hz);
	if (err)
		return err;
	device_property_read_u32(dev, "debounce-delay-ms", &setup.debounce_ms);
	device_property_read_u32(dev, "max-speed", &setup.config.max_baud);

	s->u = simslot_uart_alloc(&setup);
	if (IS_ERR(s->u))
		return dev_err_probe(dev, PTR_ERR(s->u), "no slot\n");
	serdev_device_set_drvdata(serdev, s);
	serdev_device_set_client_ops(serdev, &slot_serdev_ops);
	err = serdev_device_open(serdev);
	if (err)
		goto err_free;
	serdev_device_set_flow_control(serdev, false);
	/* Edges before the registration are seen by its first look. */
	err = watch_card_detect(dev, s);
	if (err)
		goto err_close;
	err = simslot_uart_register(s->u);
	if (err)
		goto err_unwatch;
	return 0;

err_unwatch:
	unwatch_card_detect(dev, s);
err_close:
	serdev_device_close(serdev);
err_free:
	simslot_uart_free(s->u);
	return err;
}

static void slot_remove(struct serdev_device *serdev)
{
	struct serdev_slot *s = serdev_device_get_drvdata(serdev);

	unwatch_card_detect(&serdev->dev, s);
	simslot_uart_unregister(s->u);
	serdev_device_close(serdev);
	simslot_uart_free(s->u);
}

static const struct of_device_id slot_of_match[] = {
	{ .compatible = "simslot,uart-slot" },
	{ }
};
MODULE_DEVICE_TABLE(of, slot_of_match);

static struct serdev_device_driver slot_driver = {
	.driver = {
		.name = "simslot-serdev",
		.of_match_table = slot_of_match,
	},
	.probe = slot_probe,
	.remove = slot_remove,
};
module_serdev_device_driver(slot_driver);

MODULE_DESCRIPTION("SIM slot on a UART of the device tree");
MODULE_AUTHOR("simsync");
MODULE_LICENSE("GPL");
