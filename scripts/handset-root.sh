#!/bin/bash
# SPDX-License-Identifier: MIT
# Have the arm64 handset's disk in the cache and print its path: a Debian root with
# systemd, udev, PAM, the helper's libraries and the kernel's modules, its packages
# configured once on the board itself. Boards start from copies of it.
. "$(dirname "$0")/lib.sh"

series=${1:-6.1}
packages=(
	systemd systemd-sysv udev dbus libpam-systemd kmod passwd procps iproute2 curl sqlite3
	strace
	libnl-3-200 libnl-genl-3-200 libsqlite3-0 libpam0g libcurl4 libexpat1 libjansson4
	libconfig9 libutf8proc2 libuuid1 libsystemd0
)
guest=$TOP/tests/board/guest
mapfile -t kernel < <("$TOP/scripts/kernel.sh" arm64 "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel arm64 $series"
rel=${kernel[1]}

# Whatever goes into the disk is part of its name.
key=$({ cat "$guest/second-stage"; printf '%s\n' "$rel" "${packages[@]}"; } | sha256sum | cut -c 1-12)

# Unpack all packages here, where the processor is a real one; the board only configures.
# Scripts that would run before that (preinst) cannot run here, and on an empty root they
# have nothing to do but check for older versions and give base-passwd its first files.
unpack() {
	local root=$1 work=$2 deb
	for deb in "$root"/var/cache/apt/archives/*.deb; do
		[ -n "$(dpkg-deb -I "$deb" preinst 2>/dev/null)" ] || continue
		dpkg-deb -R "$deb" "$work"
		rm -f "$work/DEBIAN/preinst"
		dpkg-deb -Znone -b "$work" "$deb" >/dev/null
		rm -rf "$work"
	done
	dpkg --root="$root" --force-architecture --force-depends --force-unsafe-io --no-triggers \
		--unpack "$root"/var/cache/apt/archives/*.deb >"$root.log" 2>&1 ||
		{ tail "$root.log" >&2; die "the packages do not unpack"; }
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root/debootstrap"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	ln -sf mawk "$root/usr/bin/awk"
}

build() {
	local tmp=$1 list
	need_root
	list=$(IFS=,; echo "${packages[*]}")
	note "making the arm64 root (once, some minutes)"
	debootstrap --foreign --arch=arm64 --variant=minbase --include="$list" \
		bookworm "$tmp/root" "$(mirror)" >"$tmp/debootstrap.log" 2>&1 ||
		{ tail "$tmp/debootstrap.log" >&2; die "debootstrap failed"; }
	unpack "$tmp/root" "$tmp/deb"
	# in a container debootstrap leaves a link to the host's /proc
	rm -f "$tmp/root/proc" 2>/dev/null || true
	mkdir -p "$tmp/root"/{proc,sys,dev} "$tmp/root/lib/modules/$rel"
	cp -a "${kernel[0]}/lib/modules/$rel/." "$tmp/root/lib/modules/$rel/"
	rm -f "$tmp/root/lib/modules/$rel"/{build,source}
	# hardware that no QEMU board has
	rm -rf "$tmp/root/lib/modules/$rel/kernel"/{sound,drivers/{gpu,media,infiniband,staging,iio}}
	rm -rf "$tmp/root/lib/modules/$rel/kernel/drivers/net"/{wireless,ethernet}
	install -m 755 "$guest/second-stage" "$tmp/root/second-stage"
	mkfs.ext4 -q -F -E lazy_itable_init=0 -d "$tmp/root" "$tmp/disk.img" 2G >/dev/null
	rm -rf "$tmp/root"
	"$TOP/scripts/initramfs.sh" arm64 "$series" "$tmp/initramfs"
	timeout 1200 qemu-system-aarch64 -M virt -cpu cortex-a53 -smp 2 -m 1024 -nodefaults \
		-accel tcg,thread=multi -display none -no-reboot -serial "file:$tmp/console" \
		-kernel "${kernel[0]}/image" -initrd "$tmp/initramfs" \
		-append "console=ttyAMA0 $BOARD_APPEND board.init=/second-stage" \
		-drive "if=none,id=disk,file=$tmp/disk.img,format=raw,cache=unsafe" \
		-device virtio-blk-pci,drive=disk </dev/null >&2
	grep -q '^second stage done' "$tmp/console" ||
		{ tail -n 30 "$tmp/console" >&2; die "the second stage did not end well"; }
	rm -f "$tmp/initramfs"
}

once "$CACHE/handset/$series-$key" build
echo "$CACHE/handset/$series-$key/disk.img"
