#!/bin/bash
# SPDX-License-Identifier: MIT
# initramfs.sh ARCH SERIES OUT [FOLDER]: pack a board's initramfs: a static busybox of
# that architecture, tests/board/guest/init-ARCH, the modules that reach the root, and
# the files of FOLDER.
. "$(dirname "$0")/lib.sh"

[ $# -ge 3 ] || die "usage: initramfs.sh ARCH SERIES OUT [FOLDER]"
arch=$1 series=$2 out=$3 more=${4:-}
mapfile -t kernel < <("$TOP/scripts/kernel.sh" "$arch" "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel $arch $series"

case $arch in
amd64) want=(virtio_pci 9pnet_virtio 9p overlay virtio_console) ;;
arm64) want=(virtio_pci virtio_blk ext4 virtio_console virtio_net) ;;
esac

busybox() {
	fetch "$arch" "$1/deb" busybox-static
	dpkg -x "$1"/deb/*.deb "$1"
	rm -rf "$1/deb"
}
once "$CACHE/busybox/$arch" busybox

# The amd64 board's root is this machine's, over 9p, where opening a file costs an emulated
# processor more than running it. What everybody runs comes along, under its own path.
near=(awk bash cat chmod cp cut date dirname dmesg grep head id ln ls mkdir mktemp modprobe mv
	rm rmmod sed seq setsid sleep sort stat tail timeout touch tr udevadm uname wc)

copy() { (cd / && cp -a --parents "${1#/}" "$dir/near"); }

# copy_near PATH: it and, if it is a link, all it leads to
copy_near() {
	local f to
	f=$(realpath "$(dirname "$1")")/$(basename "$1")
	[ ! -e "$dir/near$f" ] || return 0
	copy "$f"
	if [ -L "$f" ]; then
		to=$(readlink "$f")
		case $to in /*) copy_near "$to" ;; *) copy_near "${f%/*}/$to" ;; esac
	fi
}

bring_near() {
	local f command
	mkdir "$dir/near"
	for f in /bin /sbin /lib /lib64 /etc/ld.so.cache /usr/lib/locale/C.utf8/*; do
		if [ -L "$f" ] || [ -f "$f" ]; then copy "$f"; fi
	done
	for command in "${near[@]}"; do
		f=$(command -v "$command") || continue
		copy_near "$f"
		while read -r f; do
			copy_near "$f"
		done < <(ldd "$f" 2>/dev/null | grep -oE '/[^ ]+')
	done
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/{bin,ko,proc,sys,dev,new}
cp "$CACHE/busybox/$arch/bin/busybox" "$dir/bin/"
install -m 755 "$TOP/tests/board/guest/init-$arch" "$dir/init"
for m in "${want[@]}"; do
	modprobe -d "${kernel[0]}" -S "${kernel[1]}" --show-depends "$m"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r ko; do
	case $ko in
	*.xz) xz -dc "$ko" >"$dir/ko/$(basename "$ko" .xz)" ;;
	*) cp "$ko" "$dir/ko/" ;;
	esac
	basename "$ko" .xz
done >"$dir/modules"
[ "$arch" != amd64 ] || bring_near
[ -z "$more" ] || cp -a "$more/." "$dir/"
(cd "$dir" && find . | cpio -o -H newc -R 0:0 --quiet) >"$out"
