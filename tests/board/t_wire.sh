#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 1500
# The slot on a real UART: see wire_tests.py.
# t_wire.sh [NAME]...: only tests whose names contain one of these. CHECK_FULL=1: 1,000
# random sequences instead of 25.
. "$(dirname "$0")/../e2e/stage.sh"

STAGE=$(mktemp -d)/s
B=${B:-$STAGE_TOP/build}
export STAGE B
[ -z "${CHECK_FULL:-}" ] || export WIRE_SEQUENCES=${WIRE_SEQUENCES:-1000} WIRE_NULLS=60
make -s -C "$STAGE_TOP" B="$B" "$B/board/arm64/kmod_wire" >&2 || exit 1
stage_up --no-helper || exit 1
"$STAGE_TOP/tests/board/handset.sh" put "$STAGE/board" "$B/board/arm64/kmod_wire" /run || exit 1
on sh -c 'modprobe simslot-serdev && udevadm settle && test -e /sys/class/simslot/simslot0' </dev/null || exit 1
WIRE_PID=${STAGE_PIDS[0]} PYTHONDONTWRITEBYTECODE=1 python3 "$STAGE_TOP/tests/board/wire_tests.py" "$@"
rc=$?
# A warning, an oops or a hung task of the kernel is a failure whatever the tests say.
if grep -aE 'WARNING:|BUG:|Oops|hung_task|blocked for more' "$STAGE/board/console" >&2; then rc=1; fi
exit $rc
