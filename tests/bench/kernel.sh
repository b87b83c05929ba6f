#!/bin/bash
# SPDX-License-Identifier: MIT
# Measure the module on the arm64 board: see kernel_bench.py. Figures with their limits on
# standard output and in build/bench/kernel.json.
. "$(dirname "$0")/../e2e/stage.sh"

STAGE=$(mktemp -d)/s
B=${B:-$STAGE_TOP/build}
export STAGE B
make -s -C "$STAGE_TOP" B="$B" "$B/board/arm64/kmod_wire" >&2 || exit 1
modules=$("$STAGE_TOP/scripts/modules.sh" arm64 6.1) || exit 1
stage_up --no-helper || exit 1
"$STAGE_TOP/tests/board/handset.sh" put "$STAGE/board" "$B/board/arm64/kmod_wire" /run || exit 1
on sh -c 'modprobe simslot-serdev && udevadm settle && test -e /sys/class/simslot/simslot0' </dev/null || exit 1
WIRE_PID=${STAGE_PIDS[0]} PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$STAGE_TOP/tests/board \
	python3 "$STAGE_TOP/tests/bench/kernel_bench.py" "$modules" "$B/bench/kernel.json"
