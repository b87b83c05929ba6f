#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 300
# A slot whose VCC comes from a regulator with two voltages: see supply_tests.py.
. "$(dirname "$0")/../e2e/stage.sh"

STAGE=$(mktemp -d)/s
B=${B:-$STAGE_TOP/build}
export STAGE B
make -s -C "$STAGE_TOP" B="$B" "$B/board/arm64/kmod_wire" >&2 || exit 1
stage_up --no-helper --slot "$STAGE_TOP/tests/board/slot-supply.dtso" || exit 1
"$STAGE_TOP/tests/board/handset.sh" put "$STAGE/board" "$B/board/arm64/kmod_wire" /run || exit 1
on sh -c 'modprobe gpio-regulator && modprobe simslot-serdev && udevadm settle &&
	test -e /sys/class/simslot/simslot0' </dev/null || exit 1
WIRE_PID=${STAGE_PIDS[0]} PYTHONDONTWRITEBYTECODE=1 python3 "$STAGE_TOP/tests/board/supply_tests.py"
