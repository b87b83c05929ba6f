#!/bin/bash
# SPDX-License-Identifier: MIT
# debug-boards: amd64-debug
# The KUnit suites, run by the kernel as their module is loaded; Debian's kernels have no
# KUnit. Each case of a suite is a test here.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
build=$(realpath "${B:-$TAP_TOP/build}")
modules=$("$TAP_TOP/scripts/modules.sh" amd64 "$series") || exit 1
mapfile -t kernel < <("$TAP_TOP/scripts/kernel.sh" amd64 "$series")
make -s -C "$TAP_TOP" B="$build" kunit KUNIT_KDIR="${kernel[0]}/lib/modules/${kernel[1]}/build" \
	KUNIT_SYMVERS="$modules/src/Module.symvers" >&2 || exit 1

rc=0
# shellcheck disable=SC2016 # expanded on the board
out=$("$TAP_TOP/tests/board/amd64.sh" --bare --timeout 500 "$series" bash -c '
	modprobe simslot && insmod "$0" || exit
	cat /sys/kernel/debug/kunit/simslot_*/results
	rmmod simslot-kunit simslot' "$build/kunit/simslot-kunit.ko" 2>&1) || rc=$?
# KTAP: a suite is indented once less than its cases.
for suite in iso7816 apdu identity state; do
	cases=$(sed -n "/# Subtest: simslot_$suite\$/,/^ok\|^not ok/p" <<<"$out" | grep -cE '^    ok ')
	if grep -qE "^ok [0-9]+ simslot_$suite\$" <<<"$out" && [ "$cases" -gt 0 ]; then
		ok "simslot_$suite: $cases cases"
	else
		not_ok "simslot_$suite"
		printf '%s\n' "$out" | diag
	fi
done
same "the kernel has nothing to say about it" 0 $rc
[ $rc = 0 ] || printf '%s\n' "$out" | tail -n 100 | diag
finish
