#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.1 amd64-6.12 amd64-newest arm64-6.1
# debug-boards: amd64-debug
# The modules build for each kernel, load, unload, load again, and the kernel says nothing.
. "$(dirname "$0")/tap.sh"

HANDSET_OPTIONS=--no-helper
[ "$BOARD" != amd64-debug ] || AMD64_OPTIONS=--bare

# shellcheck disable=SC2016 # expanded on the board
inside='
set -e
dmesg -n 1
# The handset has a slot: its module may be there already.
rmmod_all() { for m in $(ls /lib/modules/$(uname -r)/updates | grep -v "^simslot.ko$" | sed "s/\.ko$//") simslot; do
	[ ! -d /sys/module/$(echo $m | tr - _) ] || rmmod $m; done; }
rmmod_all
for round in 1 2 3; do
	for ko in /lib/modules/$(uname -r)/updates/*.ko; do
		m=${ko##*/}; m=${m%.ko}
		modprobe $m
		test -d /sys/module/$(echo $m | tr - _)
	done
	test -d /sys/class/simslot
	rmmod_all
	test ! -d /sys/module/simslot
	test ! -d /sys/class/simslot
done
if dmesg | grep -E "WARNING: |BUG: |Oops|refcount_t:"; then exit 1; fi
echo loaded and unloaded three times: $(ls /lib/modules/$(uname -r)/updates)
'
check "modules build for $BOARD" "$TAP_TOP/scripts/modules.sh" "${BOARD%-*}" "${BOARD#*-}"
out=$(on_board bash -c "$inside" 2>&1)
rc=$?
printf '%s\n' "$out" | diag
same "every module loads and unloads three times on $BOARD" 0 $rc
finish
