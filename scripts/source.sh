#!/bin/bash
# SPDX-License-Identifier: MIT
# source.sh SERIES: have the checking tools, device-tree bindings and netlink
# specifications of Debian's linux-source-SERIES in the cache and print their folder.
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || die "usage: source.sh 6.1|6.12"
series=$1
root=$CACHE/source/$series
parts=(scripts Documentation/devicetree/bindings Documentation/netlink Documentation/ABI
	Documentation/conf.py tools/net/ynl include/dt-bindings const_structs Makefile)

unpack() {
	local tmp=$1 host
	host=$(dpkg --print-architecture)
	note "fetching the source of Linux $series"
	fetch "$host" "$tmp/deb" "linux-source-$series"
	dpkg -x "$tmp"/deb/*.deb "$tmp/pkg"
	tar -C "$tmp" --strip-components 1 --wildcards -xf "$tmp"/pkg/usr/src/linux-source-*.tar.xz \
		"${parts[@]/#/linux-source-$series/}" 2>"$tmp/log" || true
	[ -x "$tmp/scripts/checkpatch.pl" ] || die "linux-source-$series has no scripts/checkpatch.pl"
	rm -rf "$tmp/deb" "$tmp/pkg" "$tmp/log"
}

once "$root" unpack
echo "$root"
