#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1200
# The main job, end to end: what make demo plays, each of its marks a fact.
. "$(dirname "$0")/tap.sh"

out=$("$TAP_TOP/tests/e2e/demo.sh" 2>&1 </dev/null)
rc=$?
printf '%s\n' "$out" | diag
while IFS= read -r line; do
	case $line in
	*' ✓ '*) ok "${line#*✓ }" ;;
	*' ✗ '*) not_ok "${line#*✗ }" ;;
	esac
done <<<"$out"
same "the demo plays to its end" 0 $rc
finish
