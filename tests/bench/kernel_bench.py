# SPDX-License-Identifier: MIT
"""kernel_bench.py MODULES JSON: how fast and how quiet the module is. Run by kernel.sh.

A card that takes its time to the true etu is read over the emulated PL011; the figures are
the module's and the emulation's together. A real PL011 tells the last characters of an
answer only after 32 bit times of silence (about 15 % more at 512/32).

QEMU, the card and the slot's mechanics run at real-time priority, so that what else this
machine does is measured as little as can be.
"""
import glob
import json
import os
import subprocess
import sys
import time

from wire_rig import B, STAGE, Card, Phone, Slot, first

CLOCK = 3571200
RECORDS, LENGTH = 250, 28
EVENTS = 100
DEBOUNCE_MS = 50
IDLE_SECONDS = 60

IMAGE = f"""# SPDX-License-Identifier: MIT
template usim
channels 4
iccid 89490200001234567896
file 2F99 linear {RECORDS} {LENGTH}
record 1-{RECORDS} {'5A' * LENGTH}
"""

figures = []


def figure(name, value, unit, limit, note=""):
    good = value <= limit
    figures.append({"figure": name, "value": round(value, 3), "unit": unit, "limit": limit, "ok": good})
    print(f"{name}: {value:.3f} {unit} (limit {limit}){'' if good else ' TOO MUCH'} {note}", flush=True)


def started(name, *options):
    card = Card(name, "bench", *options)
    first(card.p.pid)
    return card


def progress(text):
    print(text + " ...", file=sys.stderr, flush=True)


def bench_read(slot, phone, name, f, d, limit, *options):
    """The best of three: what else the machine does is not the module's."""
    card = started("bench" + name, "--pace", *options)
    slot.insert(card)
    phone.wait("card-ready")
    baud = int(phone.attr("baud"))
    assert baud == CLOCK * d // f, baud
    best = None
    for _ in range(3):
        phone.ask("open", 0)
        phone.ask("chan", 0)
        assert phone.ask("apdu", 0, "00A4000C022F99") == "9000"
        before = card.count()["bytes"]
        ns = phone.ask("records", 0, RECORDS, LENGTH, seconds=120)
        chars = card.count()["bytes"] - before
        phone.ask("close", 0)
        # 5 bytes of header, procedure byte, data, SW1 SW2; 12 etu each (ISO 7816-3 7.2, 10.3)
        assert chars == RECORDS * (5 + 1 + LENGTH + 2), chars
        wire = chars * 12 * f / d / CLOCK
        ratio = int(ns) / 1e9 / wire
        best = ratio if best is None else min(best, ratio)
    slot.remove()
    phone.wait("card-removed")
    card.end()
    figure(f"read{RECORDS}-{name}-ratio", best, "x wire time", limit, f"wire time {wire:.2f} s")


def clocks(phone):
    """Board's clock minus ours in ns, and by how much it may be wrong."""
    best = None
    for _ in range(60):
        before = time.monotonic_ns()
        board = int(phone.ask("clock"))
        after = time.monotonic_ns()
        if best is None or after - before < best[1]:
            best = (board - (before + after) // 2, after - before)
    return best[0], best[1] / 2e6


def bench_events(slot, phone):
    card = started("events")
    late, error = [], 0
    offset, _ = clocks(phone)
    for i in range(EVENTS // 2):
        if i % 5 == 0:
            offset, error = clocks(phone)
        for act, event in ((lambda: slot.insert(card), "card-inserted"), (slot.remove, "card-removed")):
            edge = act() + offset
            e = phone.wait(event)
            late.append((e.heard - edge) / 1e6 - DEBOUNCE_MS)
            if event == "card-inserted":
                phone.wait("card-ready")
    card.end()
    late.sort()
    p99 = late[min(len(late) - 1, len(late) * 99 // 100)]
    figure("event-p99-ms", p99, "ms beyond debounce", 5,
           f"median {late[len(late) // 2]:.2f}, most {late[-1]:.2f}, clocks known to {error:.2f} ms")


def on(script, seconds=120):
    return subprocess.run([B + "/board/exec", STAGE + "/board", "--timeout", str(seconds), "sh", "-c", script],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


# The module's interrupts, and every timer and work item whose function is in it.
WATCH = """
t=/sys/kernel/tracing; [ -e $t/trace ] || mount -t tracefs t $t
for e in timer/timer_expire_entry timer/hrtimer_expire_entry workqueue/workqueue_execute_start; do
	echo %d >$t/events/$e/enable
done
"""
COUNT = """
grep -c '\\[simslot' /sys/kernel/tracing/trace
awk '/simslot-cd|uart-pl011/ { n += $2 + $3 } END { print n + 0 }' /proc/interrupts
echo >/sys/kernel/tracing/trace
"""


def count():
    traced, interrupts = on(COUNT).split()
    return int(traced), int(interrupts)


def bench_idle(slot, phone):
    card = started("idle")
    on(WATCH % 1)
    count()
    slot.insert(card)
    phone.wait("card-ready")
    phone.ask("open", 0)
    phone.ask("chan", 0)
    traced, before = count()
    assert traced > 0, "the trace does not see the module at all"
    time.sleep(IDLE_SECONDS)
    traced, after = count()
    on(WATCH % 0)
    slot.remove()
    phone.wait("card-removed")
    card.end()
    figure("idle-wakeups-per-min", (traced + after - before) * 60 / IDLE_SECONDS, "per minute", 0,
           f"timers and work {traced}, interrupts {after - before} in {IDLE_SECONDS} s, a card in and a file open")


def bench_text(modules):
    # Read while a module is loaded and not kept (kernel/module/main.c, "Track but don't
    # keep modinfo and version sections"): a file's bytes, no text of the running kernel.
    unkept = ("__versions", ".modinfo")

    def text(name):
        """Code and everything else that is read-only: kept in memory, in the file."""
        ko = glob.glob(f"{modules}/lib/modules/*/updates/{name}.ko")[0]
        out = subprocess.run(["aarch64-linux-gnu-readelf", "-SW", ko], stdout=subprocess.PIPE, text=True, check=True)
        kept = dropped = 0
        for line in out.stdout.splitlines():
            part = line.replace("[ ", "[").split()
            if len(part) < 9 or not part[0].startswith("[") or "A" not in part[7] or "W" in part[7]:
                continue
            if part[1] in unkept:
                dropped += int(part[5], 16)
            else:
                kept += int(part[5], 16)
        assert kept > 0, f"{ko}: readelf names no text"
        return kept, dropped

    core = text("simslot")
    uart = text("simslot-uart")
    drivers = {"proxy": text("simslot-proxy")}
    for name in ("serdev", "tty"):
        drivers[name] = [sum(two) for two in zip(uart, text("simslot-" + name))]
    most = max(drivers.values(), key=lambda two: two[0])
    figure("text-kib", (core[0] + most[0]) / 1024, "KiB", 48,
           f"core {core[0]}, " + ", ".join(f"{k} {v[0]}" for k, v in drivers.items()) +
           f" bytes; read at load and not kept: {core[1] + most[1]} bytes of __versions and .modinfo")


def main():
    modules, out = sys.argv[1:3]
    with open(STAGE + "/bench.card", "w", encoding="utf-8") as f:
        f.write(IMAGE)
    bench_text(modules)
    for pid in (open(STAGE + "/board/qemu.pid").read().strip(), os.environ["WIRE_PID"], os.getpid()):
        first(pid)
    slot, phone = Slot(), Phone()
    try:
        progress(f"{EVENTS} insertions and removals")
        bench_events(slot, phone)
        progress(f"{RECORDS} records at 9600 baud, three times")
        bench_read(slot, phone, "9600", 372, 1, 1.05, "--no-pps")
        progress("and at 512/32")
        bench_read(slot, phone, "512-32", 512, 32, 1.3)
        progress(f"{IDLE_SECONDS} s of idleness")
        bench_idle(slot, phone)
    finally:
        Card.end_all()
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w", encoding="utf-8") as f:
        json.dump(figures, f, indent=1)
        f.write("\n")
    sys.exit(0 if all(x["ok"] for x in figures) else 1)


main()
