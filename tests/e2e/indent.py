#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""indent.py: what a program says on a terminal, five columns to the right.

At once, so that prompts and progress are seen while they last. Where nobody watches (a
pipe), progress that was written over and colours are left out.
"""
import os
import re
import sys

MARGIN = b"     "
ESCAPE = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")


def watched():
    start = held = False  # a line has begun; a carriage return waits for what follows
    while data := os.read(0, 4096):
        out = b""
        for c in data:
            c = bytes([c])
            if held and c != b"\n":
                out += b"\r" + MARGIN
                start = True
            held = c == b"\r"
            if held:
                continue
            if not start and c != b"\n":
                out += MARGIN
            start = c != b"\n"
            out += c
        os.write(1, out)


def piped():
    for line in sys.stdin.buffer:
        last = ESCAPE.sub(b"", line.rstrip(b"\r\n")).rsplit(b"\r", 1)[-1]
        sys.stdout.buffer.write(MARGIN + last + b"\n")
        sys.stdout.buffer.flush()


watched() if os.isatty(1) else piped()
