#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.1 amd64-6.12 amd64-newest
# debug-boards: amd64-debug
# The module's doors (character device, netlink, sysfs, proxy), its end and its line
# discipline, from inside a board. The programs print TAP themselves.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
build=${B:-$TAP_TOP/build}
make -s -C "$TAP_TOP" B="$build" kmod-tests >&2 || exit 1
pair=$(mktemp -d)
trap 'rm -rf "$pair"' EXIT
cp "$TAP_TOP"/tests/kunit/module/* "$pair"/
"$TAP_TOP/scripts/kbuild.sh" amd64 "$series" "$pair" >"$pair/log" 2>&1 || { cat "$pair/log"; exit 1; }

# run NAME COMMANDS: on the board; the program's own lines are shown if one fails
run() {
	local name=$1 out rc=0
	out=$("$TAP_TOP/tests/board/amd64.sh" "$series" bash -c "$2" 2>&1) || rc=$?
	if [ $rc = 0 ] && ! grep -q '^not ok' <<<"$out" && grep -q '^1\.\.' <<<"$out"; then
		ok "$name: $(grep -c '^ok ' <<<"$out") checks"
	else
		not_ok "$name"
		printf '%s\n' "$out" "exit code $rc" | diag
	fi
}

# run_plain NAME COMMANDS: whose exit code says it all
run_plain() {
	check "$1" "$TAP_TOP/tests/board/amd64.sh" "$series" bash -c "$2"
}

run "character device, netlink, sysfs, proxy, a slot held to the end on $BOARD" "
	modprobe simslot-proxy && '$build/board/kmod_proxy' &&
	'$TAP_TOP/tests/board/held_inside.sh' '$pair/stranger.ko'"
run "line discipline on $BOARD" "
	modprobe simslot-tty && insmod '$pair/ttypair.ko' && '$build/board/kmod_tty' &&
	rmmod simslot_tty simslot_uart simslot ttypair"
run_plain "another module keeps its line discipline on $BOARD" "
	insmod '$pair/ldisc29.ko' && ! modprobe simslot-tty &&
	grep -q '^other .* 29$' /proc/tty/ldiscs &&
	rmmod ldisc29 && modprobe simslot-tty && grep -q '^simslot .* 29$' /proc/tty/ldiscs"
finish
