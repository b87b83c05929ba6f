#!/bin/bash
# SPDX-License-Identifier: MIT
# debug-boards: amd64-debug
# timeout: 1800
# Cards, files, servers, readers and modules coming and going at random instants while
# allocations fail, on a kernel that watches: see guest/kmod_storm.c. SECONDS_OF_STORM
# (180), SIMSYNC_SEED.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
build=$(realpath "${B:-$TAP_TOP/build}")
seconds=${SECONDS_OF_STORM:-180}
make -s -C "$TAP_TOP" B="$build" "$build/board/kmod_storm" >&2 || exit 1
pair=$(mktemp -d)
trap 'rm -rf "$pair"' EXIT
cp "$TAP_TOP"/tests/kunit/module/* "$pair"/
"$TAP_TOP/scripts/kbuild.sh" amd64 "$series" "$pair" >"$pair/log" 2>&1 || { cat "$pair/log"; exit 1; }

"$TAP_TOP/tests/board/amd64.sh" --bare --timeout $((seconds + 600)) "$series" \
	bash "$TAP_TOP/tests/board/storm_inside.sh" "$build/board/kmod_storm" "$pair/ttypair.ko" \
	"$seconds" "${SIMSYNC_SEED:-}"
