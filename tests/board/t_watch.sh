#!/bin/bash
# SPDX-License-Identifier: MIT
# debug-boards: amd64-debug
# What the other tests of the debug kernel rely on: a module that leaks, writes past its
# memory, takes a lock twice, indexes past an array, frees a timer that runs and sleeps where it
# must not is reported, each time by name, and the board's command counts as failed.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$TAP_TOP"/tests/kunit/module/* "$work"/
"$TAP_TOP/scripts/kbuild.sh" amd64 "$series" "$work" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

rc=0
out=$("$TAP_TOP/tests/board/amd64.sh" --bare --timeout 300 "$series" bash -c "insmod $work/faulty.ko; true" 2>&1) || rc=$?
same "a command after which the kernel complains has failed" 126 $rc
while IFS='|' read -r checker report; do
	if grep -qE "$report" <<<"$out"; then
		ok "$checker"
	else
		not_ok "$checker: no '$report'"
	fi
done <<'END'
kmemleak: memory nobody points to|unreferenced object .*
KASAN: a write past the end|KASAN: slab-out-of-bounds in faulty_
lockdep: the same lock twice|possible recursive locking detected
UBSAN: an index past the end|UBSAN: array-index-out-of-bounds
DEBUG_OBJECTS: a running timer is freed|ODEBUG: free active
sleeping while atomic|BUG: sleeping function called from invalid context
END
[ $TAP_FAILED = 0 ] || printf '%s\n' "$out" | diag
finish
