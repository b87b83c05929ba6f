#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.1
# timeout: 1200
# What a person does on a card by hand: contacts, messages, fixed numbers, information,
# through broker and worker, on a slot served by a process.
. "$(dirname "$0")/tap.sh"
B=${B:-build}
stage=${TMPDIR:-/tmp}/stage
make -s -C "$TAP_TOP" B="$B" helper "$B/board/proxycard" >&2 || { echo "Bail out! does not build"; exit 1; }
make -s -C "$TAP_TOP" B="$B" DESTDIR="$stage" install >&2 || { echo "Bail out! does not install"; exit 1; }
exec "$TAP_TOP/tests/board/amd64.sh" --timeout 540 "${BOARD#*-}" \
	"$TAP_TOP/tests/board/card_inside.sh" "$stage" "$(realpath "$TAP_TOP/$B" 2>/dev/null || realpath "$B")/board"
