# SPDX-License-Identifier: MIT
"""A slot with its card and its phone in one hand, for tests that need all three.

Slot() speaks to the slot's mechanics (build/wire), Card to a software SIM (build/simcard)
and Phone to kmod_wire on the board. The board is up; $STAGE and $B say where.
"""
import os
import queue
import socket
import subprocess
import sys
import threading
import time

STAGE = os.environ["STAGE"]
B = os.environ["B"]
TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
IMAGES = TOP + "/tests/card/images/"
SECONDS = float(os.environ.get("WIRE_SECONDS", 40))  # for whatever surely comes


class Tap:
    """Counts and prints; a failed check does not end the test."""

    n = failed = 0

    @classmethod
    def ok(cls, good, name, why=""):
        cls.n += 1
        cls.failed += not good
        print(f"{'' if good else 'not '}ok {cls.n} - {name}", flush=True)
        if not good and why:
            for line in str(why).splitlines():
                print("# " + line, flush=True)
        return good

    @classmethod
    def same(cls, name, want, got):
        return cls.ok(want == got, name, f"want: {want}\ngot:  {got}")

    @classmethod
    def done(cls):
        print(f"1..{cls.n}")
        sys.exit(cls.failed != 0 or not cls.n)


class Lines:
    """Lines to and from a control socket."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(SECONDS)
        self.s.connect(path)
        self.f = self.s.makefile("r", encoding="utf-8", newline="\n")

    def ask(self, line):
        self.s.sendall((line + "\n").encode())
        while True:
            got = self.f.readline().rstrip("\n")
            if not got:
                raise RuntimeError(f"no answer to '{line}'")
            if got.startswith("error"):
                raise RuntimeError(f"'{line}': {got}")
            if got.startswith("ok"):
                return got[2:].strip()


class Slot(Lines):
    """Card detect, VCC and RST."""

    def __init__(self):
        super().__init__(STAGE + "/wire.sock")

    def insert(self, card):
        return int(self.ask("insert " + card.control))

    def remove(self):
        return int(self.ask("remove"))

    def swap(self, card, ms=200):
        return int(self.ask(f"swap {card.control} {ms}"))

    def bounce(self, ms=5):
        return int(self.ask(f"bounce {ms}"))

    def status(self):
        return dict(w.split("=", 1) for w in self.ask("status").split())

    def edges(self, n=32):
        """[(line, level, ns)], oldest first."""
        s = Lines(STAGE + "/wire.sock")
        s.s.sendall(f"edges {n}\nstatus\n".encode())
        found = []
        while True:
            w = s.f.readline().split()
            if w[0] != "edge":
                s.s.close()
                return found
            found.append((w[1], int(w[2]), int(w[3])))

    def off_after_removal(self):
        """Milliseconds from the last removal to RST low and to VCC off; None: never."""
        edges = self.edges()
        cd = max(t for line, level, t in edges if line == "cd" and not level)
        off = {line: t for line, level, t in reversed(edges) if not level and t >= cd}
        return [(off[line] - cd) / 1e6 if line in off else None for line in ("rst", "vcc")]


def image_file(name):
    """Of the stage, else of the software SIM's own."""
    own = f"{STAGE}/{name}.card"
    return own if os.path.exists(own) else IMAGES + name + ".card"


class Card:
    """A software SIM beside the phone."""

    alive = []

    def __init__(self, name, image, *options):
        self.name = name
        self.control = f"{STAGE}/{name}.sock"
        self.trace = f"{STAGE}/{name}.trace"
        for f in (self.control, self.trace):
            if os.path.exists(f):
                os.remove(f)
        self.p = subprocess.Popen(
            [B + "/simcard", "--uart", STAGE + "/board/uart.sock", "--control", self.control,
             "--trace", self.trace, *options, image_file(image)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{STAGE}/{name}.log", "w"))
        Card.alive.append(self)
        for _ in range(400):
            try:
                self.lines = Lines(self.control)
                break
            except OSError:
                time.sleep(0.02)
        self.iccid = self.status()["iccid"]

    def ask(self, line):
        return self.lines.ask(line)

    def status(self):
        return dict(w.split("=", 1) for w in self.ask("status").split())

    def count(self):
        return {k: int(v) for k, v in (w.split("=", 1) for w in self.ask("count").split())}

    def become(self, image, *more):
        """Another identity from inside: as an eUICC's profile switch."""
        self.ask(" ".join(["identity", image_file(image), *more]))
        self.iccid = self.status()["iccid"]

    def traced(self):
        with open(self.trace, encoding="utf-8") as f:
            return f.read()

    def end(self):
        self.p.terminate()
        self.p.wait()

    @classmethod
    def end_all(cls):
        for c in cls.alive:
            c.end()


def first(pid):
    """Before everything else on this machine, where that is allowed: the hardware of a
    phone does not wait for a compiler."""
    subprocess.run(["chrt", "--all-tasks", "--rr", "--pid", "5", str(pid)], check=False,
                   stderr=subprocess.DEVNULL)


def on_board(script):
    """A shell's commands on the board, as root. Return: did they succeed?"""
    return not subprocess.run([B + "/board/exec", STAGE + "/board", "--timeout", "60", "sh", "-c", script],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode


class Event:
    def __init__(self, line):
        w = line.split()
        self.name = w[1]
        if self.name == "overrun":
            return
        self.seq, self.epoch = int(w[2]), int(w[3])
        self.state = STATES[int(w[4])]
        self.reason = REASONS[int(w[5])]
        self.soft = w[6] == "1"
        self.at, self.heard = int(w[7]), int(w[8])

    def __repr__(self):
        return self.name + (f"({self.reason})" if getattr(self, "reason", "none") != "none" else "")


STATES = ["empty", "activating", "ready", "mute", "off"]
REASONS = ["none", "no-atr", "bad-atr", "voltage", "protocol", "timeout", "nulls", "garbage"]


class Phone:
    """kmod_wire on the board."""

    def __init__(self):
        self.p = subprocess.Popen(
            [B + "/board/exec", STAGE + "/board", "--timeout", "7200", "/run/kmod_wire"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answers, self.events = queue.Queue(), queue.Queue()
        self.seq = None
        self.epoch = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.answer()

    def _read(self):
        for line in self.p.stdout:
            if line.startswith("ev "):
                self.events.put(Event(line))
            else:
                self.answers.put(line.rstrip("\n"))
        self.answers.put("err the board has gone")
        self.events.put(None)

    def tell(self, *words):
        """Send a command whose answer() is asked for later."""
        self.p.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.p.stdin.flush()

    def answer(self, seconds=None):
        """What stands behind ok, or the name of an error."""
        got = self.answers.get(timeout=seconds or 2 * SECONDS)
        return got[3:] if got.startswith("ok") else got[4:]

    def ask(self, *words, seconds=None):
        self.tell(*words)
        return self.answer(seconds)

    def attr(self, name, *value):
        return self.ask("attr", name, *value)

    def info(self, k=0):
        w = self.ask("info", k).split()
        if len(w) == 1:
            return {"err": w[0]}
        return {"state": STATES[int(w[0])], "reason": REASONS[int(w[1])], "epoch": int(w[2]),
                "protocol": int(w[3]), "baud": int(w[4]), "stale": w[5] == "1", "atr": w[6],
                "iccid": w[7]}

    def next(self, seconds=None):
        """The next event, or None; numbers must have no gap, epochs only grow."""
        try:
            e = self.events.get(timeout=seconds or SECONDS)
        except queue.Empty:
            return None
        if e is None or e.name == "overrun":
            raise RuntimeError("events were lost")
        if self.seq is not None and e.seq != self.seq + 1:
            raise RuntimeError(f"event {e.seq} after {self.seq}")
        if e.epoch < self.epoch:
            raise RuntimeError(f"epoch {e.epoch} after {self.epoch}")
        self.seq, self.epoch = e.seq, e.epoch
        return e

    def drain(self, quiet=0.3):
        """All events until none has come for so many seconds."""
        got = []
        while True:
            e = self.next(quiet)
            if e is None:
                return got
            got.append(e)

    def events_are(self, name, *want, quiet=0.15):
        """Exactly these, in this order. Return: the events."""
        got = []
        while len(got) < len(want):
            e = self.next()
            if e is None:
                break
            got.append(e)
        more = self.drain(quiet)
        shown = " ".join(e.name for e in got + more)
        Tap.ok(shown == " ".join(want), f"{name}: {' '.join(want) or 'nothing'}", "got: " + shown)
        return got + more

    def wait(self, name, count=1):
        """Skip events until this one has come so many times."""
        while True:
            e = self.next()
            if e is None:
                raise RuntimeError(f"{name} never came")
            count -= e.name == name
            if not count:
                return e

    def end(self):
        self.p.stdin.close()
        self.p.wait(30)
