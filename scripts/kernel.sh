#!/bin/bash
# SPDX-License-Identifier: MIT
# kernel.sh ARCH SERIES: have Debian's kernel of that series (image, modules, headers) in
# the cache and print, one per line, its folder and its release. Nothing is installed.
#
#	ROOT/image  ROOT/lib/modules/REL  ROOT/usr/src/linux-headers-REL
#
# SERIES "debug" is debug-kernel.sh's, "newest" is newest-kernel.sh's. The image is unpacked: an emulated processor takes
# seconds for that at every boot.
#
# The build tools in the headers are always this machine's, so arm64 modules cross-build.
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: kernel.sh amd64|arm64 6.1|6.12|newest|debug"
arch=$1 series=$2
host=$(dpkg --print-architecture)
root=$CACHE/kernel/$arch-$series

# newest_release: REL of the newest linux-image-REL of the series, plain flavour.
newest_release() {
	own_apt "$arch" apt-cache search --names-only "^linux-image-${series//./\\.}\." |
		sed -nE "s/^linux-image-([0-9.]+(-[0-9]+|\+deb[0-9]+)-$arch) .*/\1/p" |
		sort -V | tail -n 1
}

# The headers name each other by absolute path; make the paths those of the cache.
relocate() {
	local tmp=$1 f
	for f in "$tmp"/usr/src/linux-headers-*/Makefile; do
		sed -i "s#/usr/src/#$root/usr/src/#g" "$f"
	done
	ln -sfn "../../../usr/src/linux-headers-$rel" "$tmp/lib/modules/$rel/build"
}

# unpack_image BZIMAGE: the kernel inside, found as Documentation/arch/x86/boot.rst
# says: setup_sects, payload_offset, payload_length (its last 4 bytes are the size).
unpack_image() {
	local f=$1 sects off len tool
	u32() { od -An -tu4 -j "$1" -N 4 "$f" | tr -d ' '; }
	sects=$(od -An -tu1 -j $((0x1f1)) -N 1 "$f")
	off=$(((sects + 1) * 512 + $(u32 $((0x248)))))
	len=$(u32 $((0x24c)))
	case $(od -An -tx1 -j "$off" -N 4 "$f" | tr -d ' ') in
	fd377a58) tool=xz ;;
	28b52ffd) tool=zstd ;;
	1f8b*) tool=gzip ;;
	*) die "${f##*/}: compressed in a way this script does not know" ;;
	esac
	dd if="$f" bs=1M iflag=skip_bytes,count_bytes skip="$off" count=$((len - 4)) status=none |
		$tool -dc
}

build() {
	local tmp=$1 rel depends pkgs debs
	note "fetching Linux $series for $arch"
	own_apt_update "$arch"
	rel=$(newest_release)
	[ -n "$rel" ] || die "no linux-image of series $series for $arch in the Debian archive"
	depends=$(own_apt "$arch" apt-cache show --no-all-versions "linux-headers-$rel" |
		sed -n 's/^Depends: //p' | tr ',' '\n' | sed -E 's/^ *([^ :(]+).*/\1/')
	debs=$tmp/debs
	mapfile -t pkgs < <(grep '^linux-headers-' <<<"$depends")
	fetch "$arch" "$debs" "linux-image-$rel" "linux-headers-$rel" "${pkgs[@]}"
	mapfile -t pkgs < <(grep '^linux-kbuild-' <<<"$depends")
	[ ${#pkgs[@]} = 1 ] || die "linux-headers-$rel names no linux-kbuild package"
	fetch "$host" "$debs" "${pkgs[@]}"
	for deb in "$debs"/*.deb; do
		dpkg -x "$deb" "$tmp"
	done
	rm -rf "$debs" "$tmp/usr/share/doc" "$tmp/usr/share/man" "$tmp/usr/share/lintian" \
		"$tmp/usr/share/bug"
	# merged /usr: newer packages ship /usr/lib/modules only
	[ -d "$tmp/lib/modules" ] || { mkdir -p "$tmp/lib"; ln -s ../usr/lib/modules "$tmp/lib/modules"; }
	relocate "$tmp"
	depmod -b "$tmp" "$rel"
	if [ "$arch" = amd64 ]; then
		unpack_image "$tmp/boot/vmlinuz-$rel" >"$tmp/image"
	else
		cp "$tmp/boot/vmlinuz-$rel" "$tmp/image"
	fi
	echo "$rel" >"$tmp/release"
}

[ "$arch $series" != "amd64 debug" ] || build() { "$TOP/scripts/debug-kernel.sh" "$1"; }
[ "$arch $series" != "amd64 newest" ] || build() {
	"$TOP/scripts/newest-kernel.sh" "$1"
	unpack_image "$1/boot/vmlinuz-$(cat "$1/release")" >"$1/image"
}
once "$root" build
printf '%s\n%s\n' "$root" "$(cat "$root/release")"
