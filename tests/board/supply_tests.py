# SPDX-License-Identifier: MIT
"""Voltage classes with a regulator: the slot gives 1.8 V (C) and 3 V (B). Run by
t_supply.sh.

ISO 7816-3 6.2.2: the lowest class first, the next one when no ATR comes; 8.3: TA after
T=15 names the classes a card takes, and a card is used in one of them or not at all.
"""
import os

from wire_rig import STAGE, Card, Phone, Slot, Tap, first

CLASSES = {"abc": 0x07, "ab": 0x03, "a": 0x01}


def atr(classes):
    """TS T0 TD1 (T=0, TD2) TD2 (T=15, TA3) TA3 TCK (8.2.5: XOR from T0 is zero)"""
    body = [0x80, 0x80, 0x1F, classes]
    tck = 0
    for b in body:
        tck ^= b
    return bytes([0x3B, *body, tck]).hex().upper()


def image(name, classes):
    with open(f"{STAGE}/{name}.card", "w", encoding="utf-8") as f:
        f.write(f"# SPDX-License-Identifier: MIT\ntemplate usim\niccid 89490200001234567896\n"
                f"atr {atr(classes)}\n")


def ons(edges):
    """How often VCC went on, and the shortest time it was off in between, ms."""
    vcc = [(level, at) for line, level, at in edges if line == "vcc"]
    off = [b[1] - a[1] for a, b in zip(vcc, vcc[1:]) if not a[0] and b[0]]
    return sum(level for level, _ in vcc), min(off, default=0) / 1e6


def case(slot, phone, card, events, millivolt, times):
    before = len(slot.edges(256))
    slot.insert(card)
    got = phone.events_are(card.name, *events)
    Tap.same(f"{card.name}: mV", millivolt, phone.attr("voltage"))
    n, off = ons(slot.edges(256)[before:])
    Tap.same(f"{card.name}: times VCC went on", times, n)
    Tap.ok(times < 2 or off >= 10, f"{card.name}: 10 ms off in between (6.2.4)", off)
    slot.remove()
    phone.events_are(f"{card.name} out", "card-removed")
    return got


def main():
    for name, classes in CLASSES.items():
        image(name, classes)
    slot, phone = Slot(), Phone()
    for pid in (open(STAGE + "/board/qemu.pid").read().strip(), os.environ["WIRE_PID"]):
        first(pid)
    ready = ("card-inserted", "card-ready")
    try:
        cards = {name: Card(name, name) for name in CLASSES}
        case(slot, phone, cards["abc"], ready, "1800", 1)
        case(slot, phone, cards["ab"], ready, "3000", 2)
        got = case(slot, phone, cards["a"], ("card-inserted", "card-mute"), "0", 1)
        Tap.same("a 5 V card: reason", "voltage", got[-1].reason)
        cards["abc"].ask("fault no-atr")
        case(slot, phone, cards["abc"], ready, "3000", 2)
        cards["abc"].ask("fault bad-tck times=2")
        case(slot, phone, cards["abc"], ready, "1800", 3)
    finally:
        Card.end_all()
    Tap.done()


main()
