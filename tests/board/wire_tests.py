# SPDX-License-Identifier: MIT
"""What simslot(4) promises, over a real wire: software SIMs on the UART of the
handset, card detect, VCC and RST moved and watched from outside. Run by t_wire.sh.

wire_tests.py [NAME]...: only the tests whose function names contain a NAME.
$WIRE_SEQUENCES: how many random sequences (25). $WIRE_SEED: to repeat one. $WIRE_NULLS: see
test_nothing_else_waits().
"""
import os
import random
import sys
import time

from wire_rig import STAGE, Card, Phone, Slot, Tap, first, on_board

INSERTED = ("card-inserted", "card-ready")
SELECT_MF = "00A4000C023F00"
SELECT_ICCID = "00A4000C022FE2"
READ_ICCID = "00B000000A"
MARK = "00D600000AC0FFEE0000000000F00D"  # UPDATE BINARY of ten bytes no other test sends

slot = phone = None
cards = {}


def card(name, image=None, *options):
    """A card is started once and used by every test that names it."""
    if name not in cards:
        cards[name] = Card(name, image or name, *options)
        first(cards[name].p.pid)
    return cards[name]


def insert(c, *events):
    at = slot.insert(c)
    return at, phone.events_are(f"{c.name} in", *(events or INSERTED))


def remove(name="out", quiet=0.15):
    at = slot.remove()
    phone.events_are(name, "card-removed", quiet=quiet)
    return at


def opened(k=0, *more):
    """A file with a channel of its own. Return: the channel."""
    phone.ask("open", k)
    got = phone.ask("chan", k, *more)
    return got.split()[0]


def ready_file(k=0):
    channel = opened(k)
    return channel.isdigit() and 1 <= int(channel) <= 19


def digits(ef):
    """EF_ICCID's bytes as digits (TS 102 221 13.2: low nibble first, F ends)."""
    return "".join(b[1] + b[0] for b in (ef[i:i + 2] for i in range(0, len(ef), 2))).split("f")[0]


# --- the table ------------------------------------------------------------------------


def test_insertion_and_removal():
    a = card("a", "card-a")
    insert(a)
    i = phone.attr("state"), phone.attr("iccid"), phone.attr("protocol"), phone.attr("driver")
    Tap.same("state, ICCID, protocol, driver", ("ready", a.iccid, "T=0", "serdev"), i)
    # TA1 96: F 512, D 32 (ISO 7816-3 tables 7 and 8): 3571200 * 32 / 512
    Tap.same("PPS brought 512/32", "223200", phone.attr("baud"))
    Tap.ok("fd=512/32" in a.ask("status"), "and the card agrees", a.ask("status"))
    Tap.ok(ready_file(), "a channel of one's own")
    phone.ask("apdu", 0, SELECT_ICCID)
    got = phone.ask("apdu", 0, READ_ICCID)
    Tap.ok(got.endswith("9000") and digits(got[:20]) == a.iccid, "EF_ICCID through the channel", got)
    remove()
    Tap.same("nothing of the card is left", ("empty", "", "", "0"),
             tuple(phone.attr(n) for n in ("state", "iccid", "atr", "baud")))
    Tap.same("a command without card", "ENOMEDIUM", phone.ask("write", 0, SELECT_MF))
    insert(a)
    Tap.same("a file of the last insertion", "ESTALE", phone.ask("write", 0, SELECT_MF))
    Tap.ok(phone.ask("chan", 0).split()[0].isdigit() and
           phone.ask("apdu", 0, SELECT_MF) == "9000", "lives again with a new channel")
    phone.ask("close", 0)
    remove()


def test_swap():
    a, b = card("a", "card-a"), card("b", "card-b")
    insert(a)
    slot.swap(b, 200)
    phone.events_are("swap", "card-removed", *INSERTED)
    Tap.same("the other card's ICCID", b.iccid, phone.attr("iccid"))
    remove()


def test_bounce():
    a = card("a", "card-a")
    insert(a)
    phone.ask("open", 1)
    epoch = phone.info(1)["epoch"]
    slot.bounce(5)
    phone.events_are("bounce", "card-reset")
    Tap.ok(phone.info(1)["epoch"] > epoch, "a bounce moves the epoch")
    switches = phone.attr("profile_switches")
    slot.bounce(5)
    a.become("profile-2")
    phone.events_are("bounce, other identity", "card-changed")
    Tap.same("no switch is counted", switches, phone.attr("profile_switches"))
    slot.bounce(5)
    a.become("card-a")
    phone.events_are("and back", "card-changed")
    phone.ask("close", 1)
    remove()


def test_resets():
    a = card("a", "card-a")
    insert(a)
    for how in ("cold", "warm"):
        Tap.ok(ready_file(), f"a channel before a {how} reset")
        Tap.same(f"{how} reset", "", phone.ask("reset", 0, how))
        got = phone.events_are(f"{how} reset", "card-reset")
        Tap.ok(got and not got[0].soft, f"a {how} reset is electrical")
        Tap.same("the channel is stale", "ESTALE", phone.ask("write", 0, SELECT_MF))
        phone.ask("close", 0)
    remove()


def test_switch():
    a = card("a", "card-a")
    insert(a)
    first = a.iccid
    for how, soft in (("identify 0", True), ("reset 0 cold", False), ("reset 0 warm", False)):
        target = "profile-2" if a.iccid == first else "card-a"
        switches = int(phone.attr("profile_switches"))
        Tap.ok(ready_file(), "a file opened before the switch")
        Tap.ok(ready_file(1), "and another")
        before = phone.info(0)["epoch"]
        a.become(target, "reset")
        Tap.same(how, "", phone.ask(*how.split()))
        got = phone.events_are(f"switch seen by {how.split()[0]}", "card-reset", "profile-switched")
        Tap.ok(got and got[0].soft == soft, "soft" if soft else "electrical")
        Tap.same("ICCID", a.iccid, phone.attr("iccid"))
        Tap.same("counted", switches + 1, int(phone.attr("profile_switches")))
        info = phone.info(1)
        Tap.ok(info["stale"] and info["epoch"] > before, "epoch moved, files are stale", info)
        for k in (0, 1):
            Tap.same("a write meant for the old identity", "ESTALE", phone.ask("write", k, MARK))
            phone.ask("close", k)
    Tap.ok("C0FFEE" not in a.traced().upper(), "and the card never saw it")
    a.become("no-iccid", "reset")
    opened(0)
    phone.ask("identify", 0)
    phone.events_are("from an identity to none", "card-reset", "profile-switched")
    Tap.same("no ICCID", "", phone.attr("iccid"))
    a.become("card-a", "reset")
    phone.ask("identify", 0)
    phone.events_are("and back", "card-reset", "profile-switched")
    phone.ask("identify", 0)
    phone.events_are("IDENTIFY, nothing changed", "card-reset")
    phone.ask("close", 0)
    remove()


def test_queued_write_meets_switch():
    """Written before the switch, in the queue behind the reset that reveals it."""
    a = card("a", "card-a")
    insert(a)
    ready_file(0), ready_file(1), ready_file(2)
    # The slot is busy for 1 s, so that all that follows waits in its queue.
    a.ask("fault nulls 50 ins=F2")
    phone.ask("write", 0, "80F200000C")
    a.become("profile-2")
    phone.ask("write", 1, MARK)
    phone.ask("write", 2, MARK)
    phone.ask("timeout", 0, 0)
    got = [phone.ask("read", k, 20000) for k in (0, 1, 2)]
    # Nobody could know of the switch yet: those writes went to the living card, whose
    # files are new. From the reset on nothing does.
    phone.ask("reset", 1, "cold")
    phone.events_are("the reset reveals it", "card-reset", "profile-switched")
    Tap.same("after it", ["ESTALE"] * 3, [phone.ask("write", k, MARK) for k in (0, 1, 2)])
    Tap.ok(len(got) == 3, "answers", got)
    a.ask("fault nulls 50 ins=F2")
    for k in (0, 1, 2):
        phone.ask("chan", k)
    phone.ask("write", 0, "80F200000C")
    phone.tell("reset", 1, "cold")  # queued behind it
    time.sleep(0.2)
    Tap.same("reset waits its turn", "", phone.answer())
    phone.events_are("then it is done", "card-reset")
    Tap.same("the command before it was answered", "9000", phone.ask("read", 0, 20000)[-4:])
    for k in (0, 1, 2):
        phone.ask("close", k)
    a.become("card-a")
    remove()


def test_power():
    a = card("a", "card-a")
    insert(a)
    ready_file()
    Tap.same("POWER 0", "", phone.ask("power", 0, 0))
    phone.events_are("powered off", )
    Tap.same("state", "off", phone.attr("state"))
    Tap.same("VCC and RST", ("0", "0"), (slot.status()["vcc"], slot.status()["rst"]))
    Tap.same("a command", "ESHUTDOWN", phone.ask("write", 0, SELECT_MF))
    Tap.same("POWER 1", "", phone.ask("power", 0, 1))
    phone.events_are("powered on", "card-reset")
    Tap.same("a command", "ESTALE", phone.ask("write", 0, SELECT_MF))
    phone.ask("power", 0, 0)
    remove("removed while off")
    phone.ask("close", 0)


# --- the system's sleep ------------------------------------------------------------------

WAKEUP = "/sys/bus/serial/devices/serial0-0/power/wakeup"


def test_suspend():
    a = card("a", "card-a")
    Tap.same("suspend with an empty slot", "", phone.ask("suspend"))
    phone.events_are("nothing happened")
    insert(a)
    Tap.ok(ready_file(), "a channel")
    Tap.same("suspend", "", phone.ask("suspend"))
    phone.events_are("the same card afterwards", "card-reset")
    Tap.same("a command", "ESTALE", phone.ask("write", 0, SELECT_MF))
    switches = phone.attr("profile_switches")
    a.become("profile-2", "reset")
    phone.ask("suspend")
    phone.events_are("another identity afterwards", "card-changed")
    a.become("card-a", "reset")
    Tap.same("no switch is counted", switches, phone.attr("profile_switches"))
    phone.ask("suspend")
    phone.events_are("and back", "card-changed")
    phone.ask("power", 0, 0)
    phone.ask("suspend")
    phone.events_are("powered off before: it stays off")
    Tap.same("state", ("off", "0"), (phone.attr("state"), slot.status()["vcc"]))
    phone.ask("power", 0, 1)
    phone.events_are("powered on", "card-reset")
    phone.tell("suspend", 2)
    time.sleep(0.8)
    Tap.same("VCC while it sleeps", "0", slot.status()["vcc"])
    Tap.same("resumed", "", phone.answer())
    phone.events_are("the same card", "card-reset")
    phone.ask("close", 0)
    remove()


def test_sleep():
    """Really asleep: interrupts off, but for those that wake the system."""
    a, b = card("a", "card-a"), card("b", "card-b")
    insert(a)
    on_board(f"echo disabled >{WAKEUP}")
    phone.tell("sleep", 5)
    time.sleep(2)
    slot.swap(b, 300)
    Tap.same("woken by the clock", "", phone.answer())
    phone.events_are("other card: card-changed, no profile-switched", "card-changed")
    Tap.same("its ICCID", b.iccid, phone.attr("iccid"))
    remove()
    a.ask("fault no-atr always")
    insert(a, "card-inserted", "card-mute")
    phone.tell("sleep", 5)
    time.sleep(2)
    slot.swap(b, 300)
    phone.answer()
    phone.events_are("a mute card changed for a living one", "card-ready")
    a.ask("fault clear")
    on_board(f"echo enabled >{WAKEUP}")
    began = time.time()
    phone.tell("sleep", 60)
    time.sleep(2)
    slot.remove()
    Tap.same("woken", "", phone.answer(90))
    Tap.ok(time.time() - began < 30, "by the removal, a minute before the clock", time.time() - began)
    phone.events_are("and told", "card-removed")


# --- an idle card ------------------------------------------------------------------------

POWER = "/sys/class/simslot/simslot0/power"


def vcc_becomes(level, seconds=10):
    end = time.time() + seconds
    while slot.status()["vcc"] != level and time.time() < end:
        time.sleep(0.02)
    return slot.status()["vcc"] == level


def test_idle():
    """Runtime PM: an idle card keeps its power or loses it, as configured."""
    a = card("a", "card-a")
    insert(a)
    Tap.same("as it begins: power/control", "on", phone.attr("power/control"))
    time.sleep(3)
    Tap.same("an idle card keeps its power", "1", slot.status()["vcc"])
    on_board(f"echo 300 >{POWER}/autosuspend_delay_ms; echo auto >{POWER}/control")
    try:
        Tap.ok(vcc_becomes("0"), "control auto: an idle card loses its power")
        Tap.same("and RST is low", "0", slot.status()["rst"])
        phone.events_are("nobody hears of it")
        Tap.same("it is still shown", ("ready", a.iccid), (phone.attr("state"), phone.attr("iccid")))
        Tap.ok(ready_file(), "who opens the slot gets a channel")
        phone.events_are("the card was powered up", "card-reset")
        time.sleep(1)
        Tap.same("it keeps its power while a file is open", "1", slot.status()["vcc"])
        Tap.same("a command is answered", "9000", phone.ask("apdu", 0, SELECT_MF))
        phone.ask("close", 0)
        Tap.ok(vcc_becomes("0"), "and loses it after the last is closed")
        phone.drain()
        a.become("profile-2", "reset")
        Tap.ok(ready_file(), "a card that is another profile when it wakes up")
        phone.events_are("it stayed in", "card-reset", "profile-switched")
        phone.ask("close", 0)
        Tap.ok(vcc_becomes("0"), "idle again")
        phone.drain()
        remove("pulled while it has no power")
        a.become("card-a", "reset")
        insert(a)
        Tap.ok(vcc_becomes("0"), "a card that was put in loses its power too when nobody opens it")
        phone.drain()
        phone.ask("suspend")
        phone.events_are("the system slept: looked at anew", "card-reset")
        Tap.ok(vcc_becomes("0"), "and idle again")
        on_board(f"echo on >{POWER}/control")
        Tap.ok(vcc_becomes("1"), "control on: it has its power back")
        phone.events_are("and is activated", "card-reset")
    finally:
        on_board(f"echo on >{POWER}/control")
    remove()


# --- pulled out at any moment -----------------------------------------------------------


def gone_dark(what, limit=400):
    """RST and VCC down soon after card detect, whatever the event waits for."""
    end = time.time() + 2
    off = slot.off_after_removal()
    while None in off and time.time() < end:
        time.sleep(0.01)
        off = slot.off_after_removal()
    if None in off:  # was it ever on?
        s = slot.status()
        return s["vcc"] == "0" and s["rst"] == "0", None
    return off[0] <= off[1] <= limit, off[1]


def test_removal_during_activation():
    p = card("paced", "card-a", "--pace")
    dark, wrong, times = 0, [], []
    n = 24
    for i in range(n):
        slot.insert(p)
        # debounce 50 ms, 10 ms off, ATR of 20 characters 25 ms, PPS, EF_ICCID
        time.sleep(0.03 + i * 0.012)
        slot.remove()
        good, ms = gone_dark("activation")
        dark += good
        if ms is not None:
            times.append(ms)
        got = [e.name for e in phone.drain(0.4)]
        if got not in ([], ["card-inserted", "card-removed"],
                       ["card-inserted", "card-ready", "card-removed"]):
            wrong.append((i, got))
    Tap.ok(not wrong, f"{n} removals within ATR, PPS and identity: events", wrong)
    Tap.same("RST and VCC went down at the edge each time", n, dark)
    times.sort()
    print(f"# off after {times[len(times) // 2]:.1f} ms (median), {times[-1]:.1f} ms (most)")
    insert(p)
    Tap.same("and the slot still works", p.iccid, phone.attr("iccid"))
    remove()


def in_flight(c, command, points, name):
    """Pulled out after that many bytes of the answer to @command."""
    ended, wrong = {}, []
    for n in points:
        slot.insert(c)
        phone.wait("card-ready")
        ready_file()
        c.ask(f"fault remove {n} ins={command[2:4]}")
        got = phone.ask("apdu", 0, command)
        ended[got] = ended.get(got, 0) + 1
        good, _ = gone_dark(name)
        e = [x.name for x in phone.drain(0.25)]
        if e != ["card-removed"] or got not in ("ENOMEDIUM", "EREMOTEIO") or not good:
            wrong.append((n, got, e, good))
        c.ask("fault clear")
        phone.ask("close", 0)
    Tap.ok(not wrong, f"{name}: {len(points)} removals within an APDU {ended}", wrong)


def test_removal_in_apdu():
    in_flight(card("a", "card-a"), READ_ICCID.replace("B00000", "B08200"), range(0, 13, 2),
              "T=0 case 2")
    in_flight(card("a", "card-a"), SELECT_MF.replace("000C", "0004"), range(0, 4),
              "T=0 case 4")
    in_flight(card("t1"), READ_ICCID.replace("B00000", "B08200"), range(0, 16, 3), "T=1")


def test_removal_while_waiting():
    """A card that keeps the reader waiting is pulled: nobody waits any longer."""
    a = card("a", "card-a")
    for fault in ("nulls 0", "silence"):
        insert(a)
        ready_file()
        a.ask(f"fault {fault} ins=F2")
        phone.tell("apdu", 0, "80F200000C")
        time.sleep(0.3)
        began = time.time()
        slot.remove()
        got = phone.answer()
        Tap.ok(got in ("ENOMEDIUM", "EREMOTEIO") and time.time() - began < 5,
               f"{fault}: in flight ends {got}", time.time() - began)
        phone.events_are("removed", "card-removed")
        a.ask("fault clear")
        phone.ask("close", 0)


# --- cards that misbehave -----------------------------------------------------------------


def test_nulls():
    a = card("a", "card-a")
    insert(a)
    ready_file()
    a.ask("fault nulls 50 ins=F2")
    began = time.time()
    Tap.ok(phone.ask("apdu", 0, "80F200000C").endswith("9000"), "50 NULLs, then the answer")
    Tap.ok(time.time() - began >= 0.9, "took its second", time.time() - began)
    Tap.same("no event of it", 0, len(phone.drain(0.1)))
    a.ask("fault nulls 0 ins=F2")
    phone.ask("timeout", 0, 2000)
    began = time.time()
    got = phone.ask("apdu", 0, "80F200000C")
    Tap.ok(got == "EREMOTEIO" and time.time() - began < 15, f"NULLs for ever end: {got}",
           time.time() - began)
    phone.events_are("a reset cures it", "card-reset")
    Tap.same("the file is stale", "ESTALE", phone.ask("write", 0, SELECT_MF))
    a.ask("fault clear")
    phone.ask("close", 0)
    remove()


def fails_then(c, fault, error, *events):
    phone.ask("timeout", 0, 20000)
    c.ask(f"fault {fault}")
    Tap.same(f"{fault.split()[0]} within an APDU", error, phone.ask("apdu", 0, "80F200000C"))
    phone.events_are(f"after {fault}", *events)
    c.ask("fault clear")
    phone.ask("chan", 0)


def test_misbehaving_in_apdu():
    a = card("a", "card-a")
    insert(a)
    ready_file()
    fails_then(a, "silence ins=F2", "EREMOTEIO", "card-reset")
    fails_then(a, "lost ins=F2", "EREMOTEIO", "card-reset")
    fails_then(a, "garbage 3 ins=F2", "EREMOTEIO", "card-reset")
    fails_then(a, "stop 3 ins=F2", "EREMOTEIO", "card-reset")
    # The reset does not cure a card that will not even tell its ICCID.
    a.ask("fault silence ins=B0 always")
    fails_then(a, "silence ins=F2", "EREMOTEIO", "card-error")
    Tap.same("state, reason", ("mute", "timeout"), (phone.info()["state"], phone.info()["reason"]))
    Tap.same("a command", "EHOSTDOWN", phone.ask("write", 0, SELECT_MF))
    Tap.same("RESET cures it when the card can", "", phone.ask("reset", 0, "cold"))
    phone.events_are("cured", "card-reset")
    phone.ask("close", 0)
    remove()


def test_mute():
    a = card("a", "card-a")
    for fault, reason in (("no-atr always", "no-atr"), ("bad-tck always", "bad-atr")):
        a.ask("fault " + fault)
        _, got = insert(a, "card-inserted", "card-mute")
        Tap.same(f"{fault}: reason", reason, got[-1].reason if got else None)
        Tap.same("VCC is off", "0", slot.status()["vcc"])
        phone.ask("open", 0)
        Tap.same("a channel", "EHOSTDOWN", phone.ask("chan", 0))
        a.ask("fault clear")
        Tap.same("RESET tries again", "", phone.ask("reset", 0, "cold"))
        phone.events_are("ready at last", "card-ready")
        phone.ask("close", 0)
        remove()
    for fault in ("no-atr", "bad-tck", "bad-tck times=2"):
        a.ask("fault " + fault)
        insert(a)
        a.ask("fault clear")
        remove()
    a.ask("fault short-atr 4 always")
    insert(a, "card-inserted", "card-mute")
    a.ask("fault clear")
    remove()
    a.ask("fault silence ins=B0 always")
    insert(a, "card-inserted", "card-error")
    a.ask("fault clear")
    remove()


def test_no_pps():
    c = card("slow", "card-a", "--no-pps")
    insert(c)
    # 3571200 / 372 (ISO 7816-3 8.1)
    Tap.same("without PPS answer: 372/1", "9600", phone.attr("baud"))
    remove()


def test_nothing_else_waits():
    """$WIRE_NULLS seconds of NULLs: netlink answers, and other families come and go."""
    seconds = int(os.environ.get("WIRE_NULLS", 15))
    a = card("a", "card-a")
    insert(a)
    ready_file()
    a.ask(f"fault nulls {seconds * 50 + 1000} ins=F2")  # 20 ms apart
    phone.ask("timeout", 0, 120000)
    phone.ask("write", 0, "80F200000C")
    time.sleep(0.5)
    took, failed, end = [], [], time.time() + seconds
    while time.time() < end:
        for module in ("macsec", "wireguard", "l2tp_netlink"):
            began = time.time()
            if not on_board(f"modprobe {module} && modprobe -r {module}"):
                failed.append(module)
            took.append(time.time() - began)
    Tap.ok(not failed, f"{len(took)} families register and go in {seconds} s of NULLs", failed)
    Tap.ok(max(took) < 10, "without waiting for the card", took)
    began = time.time()
    Tap.same("netlink, sysfs and INFO answer at once", "ready", phone.attr("state"))
    for _ in range(20):
        phone.ask("netlink")
        phone.info(0)
    Tap.ok(time.time() - began < 5, "60 questions in 5 s", time.time() - began)
    Tap.same("the card still says NULL", "ETIME", phone.ask("read", 0, 1))
    slot.remove()
    phone.events_are("pulled out meanwhile", "card-removed")
    Tap.ok(phone.ask("read", 0, 5000) in ("ENOMEDIUM", "EREMOTEIO"), "and its command ends")
    a.ask("fault clear")
    phone.ask("close", 0)


def test_close_ends_a_chain():
    """An extended command in ENVELOPEs at 9600 baud, whose file is closed."""
    c = card("slow", "card-a", "--no-pps")
    insert(c)
    ready_file(0)
    c.ask("fault sw 9000 ins=C2 always")
    # 20,000 bytes take 26 s (ISO 7816-3 12.2.3: 255 bytes to an ENVELOPE)
    Tap.same("an extended command", "", phone.ask("write", 0, "00D60000004E20" + "A5" * 20000))
    time.sleep(1)
    began = time.time()
    phone.ask("close", 0)
    Tap.ok(ready_file(1), "another file has the card")
    Tap.ok(time.time() - began < 5, "long before its end", time.time() - began)
    phone.events_are("and the card was not reset for it")
    c.ask("fault clear")
    phone.ask("close", 1)
    remove()


# --- kinds of cards -------------------------------------------------------------------------


def test_kinds():
    for name, protocol in (("t1", "T=1"), ("inverse", "T=0")):
        c = card(name)
        insert(c)
        Tap.same(f"{name}: protocol", protocol, phone.attr("protocol"))
        Tap.same(f"{name}: ICCID", c.iccid, phone.attr("iccid"))
        Tap.ok(ready_file(), f"{name}: a channel")
        phone.ask("apdu", 0, SELECT_ICCID)
        got = phone.ask("apdu", 0, READ_ICCID)
        Tap.same(f"{name}: EF_ICCID", c.iccid, digits(got[:20]))
        phone.ask("reset", 0, "warm")
        phone.events_are(f"{name}: warm reset", "card-reset")
        phone.ask("close", 0)
        remove()
    for name in ("no-search", "sim-2g"):
        c = card(name)
        insert(c)
        Tap.same(f"{name}: ICCID", c.iccid, phone.attr("iccid"))
        got = opened(0)
        Tap.same(f"{name}: a card without channels gives none", "255", got)
        Tap.same("channel 0 is not for all", "EPERM", phone.ask("chan", 0, "basic"))
        phone.ask("begin", 0, 5000)
        Tap.same("but for a transaction", "0", phone.ask("chan", 0, "basic").split()[0])
        cla = "A0" if name == "sim-2g" else "00"
        got = phone.ask("apdu", 0, cla + SELECT_MF[2:].replace("0C02", "0002" if cla == "A0" else "0C02"))
        Tap.ok(got[-4:] == "9000" or got[-4:-2] == "9f", "and works", got)
        phone.ask("close", 0)
        remove()
    for name, want in (("iccid-18", 18),):
        c = card(name)
        insert(c)
        Tap.same(f"{name}: digits", want, len(phone.attr("iccid")))
        remove()


# --- chance -------------------------------------------------------------------------------


class Model:
    """What the design says must come of what is done: one slot, two cards."""

    def __init__(self, rng):
        self.rng = rng
        self.inside = None  # card
        self.known = None   # identity at the last event
        self.off = False
        self.proof = True   # no edge since the identity was read

    def identity(self):
        return self.inside.iccid

    def reset_events(self):
        same, self.known = self.known == self.identity(), self.identity()
        proof, self.proof, self.off = self.proof, True, False
        if same:
            return ["card-reset"]
        return ["card-reset", "profile-switched"] if proof else ["card-changed"]

    def choices(self):
        if not self.inside:
            return ["insert"]
        if self.off:
            return ["on", "remove", "bounce", "swap", "suspend"]
        return ["remove", "swap", "bounce", "cold", "warm", "identify", "switch", "switch",
                "off", "write", "yank", "suspend"]

    def do(self, what):
        """Do it. Return: the events it must bring; tuples are alternatives."""
        pair = (cards["a"], cards["b"])
        if what == "insert":
            self.inside = self.rng.choice(pair)
            slot.insert(self.inside)
            self.known, self.proof = self.identity(), True
            return list(INSERTED)
        if what == "remove":
            slot.remove()
            self.inside, self.off = None, False
            return ["card-removed"]
        if what == "swap":
            self.inside = self.rng.choice(pair)
            slot.swap(self.inside, 120)
            self.known, self.off, self.proof = self.identity(), False, True
            return ["card-removed", *INSERTED]
        if what == "bounce":
            slot.bounce(self.rng.choice((1, 3, 8)))
            if self.off:  # it stays off; what comes back may be another card
                time.sleep(0.1)
                self.proof = False
                return []
            same, self.known = self.known == self.identity(), self.identity()
            return ["card-reset"] if same else ["card-changed"]
        if what == "suspend":
            phone.ask("suspend")
            self.proof = False
            return [] if self.off else self.reset_events()
        if what == "switch":
            self.inside.become(self.rng.choice(("card-a", "card-b", "profile-2", "no-iccid")), "reset")
            return []
        if what == "off":
            phone.ask("power", 0, 0)
            self.off = True
            return []
        if what == "on":
            phone.ask("power", 0, 1)
            return self.reset_events()
        if what == "yank":  # pulled out at some moment of a reset
            phone.tell(*self.rng.choice(("reset 0 cold", "reset 0 warm", "identify 0")).split())
            time.sleep(self.rng.uniform(0, 0.15))
            slot.remove()
            phone.answer()
            same, self.inside = self.known == self.identity(), None
            return (["card-removed"],
                    ["card-reset", *([] if same else ["profile-switched"]), "card-removed"])
        if what == "write":  # never to another identity than the file was opened for
            phone.ask("chan", 0)
            phone.ask("apdu", 0, SELECT_MF)
            return []
        if what == "identify":
            phone.ask("identify", 0)
        else:
            phone.ask("reset", 0, what)
        return self.reset_events()


def test_random_sequences():
    n = int(os.environ.get("WIRE_SEQUENCES", 25))
    seed = int(os.environ.get("WIRE_SEED", random.randrange(1 << 30)))
    card("a", "card-a"), card("b", "card-b")
    print(f"# seed {seed}")
    phone.ask("open", 0)
    good = 0
    for i in range(n):
        rng = random.Random(seed + i)
        model, done, wrong, last = Model(rng), [], None, None
        for step in range(rng.randint(3, 7)):
            what = rng.choice(model.choices()) if step else "insert"
            done.append(what)
            want = model.do(what)
            want = want if isinstance(want, tuple) else (want,)
            got = []
            # What comes too much is found by the next step, or at the end.
            while got not in want:
                e = phone.next()
                if not e:
                    break
                got.append(e.name)
                last = e
                if not any(w[:len(got)] == got for w in want):
                    break
            if got not in want:
                wrong = f"sequence {i} (seed {seed + i}) {done}: want {want}, got {got} {last}"
                break
        if model.inside:
            slot.remove()
            phone.wait("card-removed")
        extra = phone.drain(0.3) if wrong or i == n - 1 else []
        if wrong or extra:
            Tap.ok(False, "random sequence", f"{wrong}; then {extra}")
        else:
            good += 1
    for c in ("a", "b"):
        cards[c].become("card-" + c)
    phone.ask("close", 0)
    Tap.same(f"{n} random sequences gave the events of the model", n, good)


def main():
    global slot, phone
    slot, phone = Slot(), Phone()
    for pid in (open(STAGE + "/board/qemu.pid").read().strip(), os.environ["WIRE_PID"]):
        first(pid)
    tests = [(k, f) for k, f in globals().items() if k.startswith("test_")]
    names = sys.argv[1:]
    try:
        for name, f in tests:
            if names and not any(n in name for n in names):
                continue
            began = time.time()
            try:
                f()
            except Exception as e:  # the next test starts from an empty slot
                Tap.ok(False, name, f"{type(e).__name__}: {e}")
            for c in cards.values():
                c.ask("fault clear")
            if slot.status()["card"] != "none":
                slot.remove()
            phone.drain(0.3)
            print(f"# {name}: {time.time() - began:.1f} s", flush=True)
    finally:
        Card.end_all()
    Tap.done()


main()
