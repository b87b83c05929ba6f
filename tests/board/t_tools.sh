#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.12
# debug-boards: amd64-debug
# simslot-attach makes a reader on a tty a slot, simslot-vpcd a software card.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
build=${B:-$TAP_TOP/build}
make -s -C "$TAP_TOP" B="$build" tools >&2 || exit 1
pair=$(mktemp -d)
trap 'rm -rf "$pair"' EXIT
cp "$TAP_TOP"/tests/kunit/module/* "$pair"/
"$TAP_TOP/scripts/kbuild.sh" amd64 "$series" "$pair" >"$pair/log" 2>&1 || { cat "$pair/log"; exit 1; }

"$TAP_TOP/tests/board/amd64.sh" "$series" \
	bash "$TAP_TOP/tests/board/tools_inside.sh" "$build" "$pair/ttypair.ko"
