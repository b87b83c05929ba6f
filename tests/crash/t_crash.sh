#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 5400
# A run ended at every instant there is, and the next one: where it ends. make
# check takes each 40th with an offset that moves by the day, check-full all.
set -euo pipefail
cd "$(dirname "$0")/../.."
B=${B:-build}
make -s B="$B" "$B/crash/crash" >&2
exec "$B/crash/crash" "${CRASH_EVERY:-$([ -n "${CHECK_FULL:-}" ] && echo 1 || echo 40)}"
