#!/bin/bash
# SPDX-License-Identifier: MIT
# newest-kernel.sh FOLDER: have the newest kernel of Debian 13's backports in FOLDER, laid
# out like kernel.sh's kernels, which is a root of Debian 13 as well: that kernel's build
# tools and compiler do not run on Debian 12. Called by kernel.sh as "amd64 newest".
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || die "usage: newest-kernel.sh FOLDER"
need_root
out=$1 archive=$(mirror)
log=$out.log
trap 'rm -f "$log"' EXIT

inside() { unshare -m sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$out" "$@"; }
quietly() { "$@" >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "failed: $*"; }; }

note "fetching the newest kernel of Debian 13's backports, and a root to build for it"
quietly debootstrap --variant=minbase --include=gcc,make,kmod,xz-utils trixie "$out" "$archive"
echo "deb $archive trixie-backports main" >"$out/etc/apt/sources.list.d/backports.list"
quietly inside apt-get -qq update
rel=$(inside apt-cache pkgnames linux-image- |
	sed -nE 's/^linux-image-([0-9.]+(-[0-9]+|\+deb[0-9]+)-amd64)$/\1/p' | sort -V | tail -n 1)
[ -n "$rel" ] || die "no linux-image for amd64 in trixie-backports"
quietly inside apt-get -qq -y --no-install-recommends install "linux-headers-$rel"
# Unpacked only: installed it would make an initramfs. Image and modules have packages of
# their own since 7.3.
mapfile -t pkgs < <(inside apt-cache depends --important "linux-image-$rel" |
	sed -nE "s/^ +Depends: (linux-[a-z]+-${rel//+/\\+})$/\1/p")
quietly inside sh -c 'cd /tmp && apt-get -qq download "$@" && for f in linux-*.deb; do dpkg -x "$f" / && rm "$f" || exit; done' \
	download "linux-image-$rel" "${pkgs[@]}"
# Since 7.3 the image is beside the modules, and installing it copies it to /boot.
[ -e "$out/boot/vmlinuz-$rel" ] || cp "$out/usr/lib/modules/$rel/vmlinuz" "$out/boot/vmlinuz-$rel" ||
	die "the packages of linux-image-$rel have no vmlinuz"
inside apt-get clean
rm -rf "$out"/usr/share/{doc,man,locale} "$out"/var/lib/apt/lists/*
ln -sfn "../../../src/linux-headers-$rel" "$out/usr/lib/modules/$rel/build"
depmod -b "$out" "$rel"
echo "$rel" >"$out/release"
