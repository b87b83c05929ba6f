#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.12
# simslot-attach makes a reader on a tty a slot, simslot-vpcd a software card.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
build=${B:-$TAP_TOP/build}
make -s -C "$TAP_TOP" B="$build" tools >&2 || exit 1
mapfile -t kernel < <("$TAP_TOP/scripts/kernel.sh" amd64 "$series")
pair=$(mktemp -d)
trap 'rm -rf "$pair"' EXIT
cp "$TAP_TOP"/tests/kunit/module/* "$pair"/
make -s -C "${kernel[0]}/lib/modules/${kernel[1]}/build" M="$pair" modules >&2 || exit 1

"$TAP_TOP/tests/board/amd64.sh" --timeout 240 "$series" \
	bash "$TAP_TOP/tests/board/tools_inside.sh" "$build" "$pair/ttypair.ko"
