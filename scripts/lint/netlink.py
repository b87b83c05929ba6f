#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""netlink.py SPEC HEADER: does the YNL specification say what the uapi header says?

Every command, attribute and enum entry of either must have the same number in the
other. The header is not parsed but compiled: the numbers are the compiler's.
"""
import re
import subprocess
import sys

import yaml


def constants(header):
    """Name -> number of everything the header enumerates."""
    text = open(header, encoding="utf-8").read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = []
    for body in re.findall(r"\benum\b[^{;]*\{(.*?)\}", text, flags=re.S):
        names += re.findall(r"^\s*(\w+)", body, flags=re.M)
    names += re.findall(r"^#define\s+(SIMSLOT_FAMILY_VERSION)\b", text, flags=re.M)
    folder = re.sub(r"/linux/[^/]*$", "", header)
    program = "#include <stdio.h>\n#include <linux/simslot.h>\nint main(void)\n{\n"
    program += "".join(f'\tprintf("{n} %lld\\n", (long long){n});\n' for n in names)
    program += '\tprintf("name " SIMSLOT_FAMILY_NAME "\\ngroup " SIMSLOT_MCGRP_EVENTS "\\n");\n}\n'
    exe = subprocess.run(["mktemp"], check=True, capture_output=True, text=True).stdout.strip()
    try:
        subprocess.run(["cc", "-I", folder, "-x", "c", "-", "-o", exe],
                       input=program, text=True, check=True)
        lines = subprocess.run([exe], check=True, capture_output=True, text=True).stdout
    finally:
        subprocess.run(["rm", "-f", exe], check=True)
    found = dict(line.split(" ", 1) for line in lines.splitlines())
    return {k: int(v) if re.fullmatch(r"-?\d+", v) else v for k, v in found.items()}


def upper(*parts):
    return "".join(parts).upper().replace("-", "_")


def specified(spec):
    """Name -> number of everything the specification names."""
    want = {}

    def number(prefix, entries, first):
        value = first
        for e in entries:
            name = e if isinstance(e, str) else e["name"]
            if isinstance(e, dict):
                value = e.get("value", value)
            want[upper(prefix, name)] = value
            value += 1

    for d in spec["definitions"]:
        if d["type"] == "enum":
            number(d["name-prefix"], d["entries"], d.get("value-start", 0))
    for s in spec["attribute-sets"]:
        number(s["name-prefix"], s["attributes"], 1)
    number(spec["operations"]["name-prefix"], spec["operations"]["list"], 1)
    return want


def main():
    spec_file, header = sys.argv[1:]
    spec = yaml.safe_load(open(spec_file, encoding="utf-8"))
    have, want, bad = constants(header), specified(spec), []

    def differ(what, a, b):
        if a != b:
            bad.append(f"{what}: {spec_file} says {a!r}, {header} says {b!r}")

    differ("protocol", spec["protocol"], "genetlink-legacy")
    differ("family", spec["name"], have["name"])
    differ("version", spec.get("version", 1), have["SIMSLOT_FAMILY_VERSION"])
    differ("groups", [g["name"] for g in spec["mcast-groups"]["list"]], [have["group"]])
    for name in sorted(want):
        differ(name, want[name], have.get(name, "nothing"))

    # What the header has of these kinds, the specification must have.
    kinds = {s["name-prefix"] for s in spec["attribute-sets"]}
    kinds |= {d["name-prefix"] for d in spec["definitions"] if d["name"] != "state"}
    kinds.add(spec["operations"]["name-prefix"])
    for name in sorted(have):
        if name.startswith(tuple(upper(k) for k in kinds)) and not name.endswith("_MAX"):
            differ(name, want.get(name, "nothing"), have[name])

    # Every attribute that an operation lists is one of its set.
    sets = {s["name"]: {a["name"] for a in s["attributes"]} for s in spec["attribute-sets"]}
    for op in spec["operations"]["list"]:
        for side in [op.get("do", {}), op.get("dump", {}), {"event": op.get("event")}]:
            for part in filter(None, side.values()):
                for a in part["attributes"]:
                    if a not in sets[op["attribute-set"]]:
                        bad.append(f"{spec_file}: {op['name']} lists {a}, which is no attribute")
    # what YNL generates checks states by name too: all of them, in order
    states = [d["entries"] for d in spec["definitions"] if d["name"] == "state"][0]
    text = open(header, encoding="utf-8").read()
    body = re.search(r"enum simslot_state \{(.*?)\}", text, flags=re.S).group(1)
    differ("states", [upper("simslot-", s) for s in states], re.findall(r"SIMSLOT_\w+", body))
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
