#!/bin/bash
# SPDX-License-Identifier: MIT
# held_inside.sh STRANGER: on the board, with simslot-proxy loaded. Somebody in the kernel
# still holds a slot that is gone: simslot does not go before that, and then it does.

# struct simslot_proxy_hdr: CREATE, version 1, 24 bytes; struct simslot_proxy_create
zeros() { printf '%.0s\\0' $(seq "$1"); }
exec 9<>/dev/simslot-proxy
# shellcheck disable=SC2059 # the bytes are the format
printf "\1\0\1\0\30$(zeros 15)held$(zeros 12)" >&9
insmod "$1" path="$(dirname "$(grep -lx held /sys/class/simslot/*/driver)")" || exit
exec 9>&-
rmmod simslot_proxy || exit
rmmod simslot &
rmmod=$!
# that a kernel which takes its time with releases has had it
for _ in $(seq 20); do
	sleep 0.5
	kill -0 $rmmod 2>/dev/null || { echo "simslot went while a slot was held"; exit 1; }
done
rmmod stranger && wait $rmmod
