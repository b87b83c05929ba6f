#!/bin/bash
# SPDX-License-Identifier: MIT
# Install the Debian packages that building and testing need. Nothing to do: one query.
. "$(dirname "$0")/lib.sh"

packages=(
	# build
	build-essential bc bison flex pkg-config git kmod cpio rsync pahole xz-utils zstd dpkg-dev ca-certificates
	libnl-3-dev libnl-genl-3-dev libsqlite3-dev libpam0g-dev libcurl4-openssl-dev
	libexpat1-dev libjansson-dev libconfig-dev libutf8proc-dev uuid-dev libsystemd-dev
	libelf-dev libssl-dev
	# tests
	libcmocka-dev clang llvm libclang-rt-14-dev sparse pcsc-tools sqlite3 pamtester
	libpam-wrapper apache2-bin radicale curl jq socat strace python3
	# boards
	qemu-system-x86 qemu-system-arm qemu-utils debootstrap openssl device-tree-compiler
	busybox-static systemd udev util-linux procps e2fsprogs dbus-daemon python3-dbus python3-gi debian-archive-keyring
	gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross
	dkms
	# lint
	coccinelle cppcheck shellcheck dt-schema python3-yaml lld
)

missing() {
	comm -13 \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
			sed -n 's/^installed //p' | sort -u) \
		<(printf '%s\n' "${packages[@]}" | sort -u)
}

mapfile -t want < <(missing)
[ ${#want[@]} -eq 0 ] && exit 0

need_root
note "installing: ${want[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# No service of these packages is wanted on the machine itself: tests start their own.
apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${want[@]}" >&2
mapfile -t want < <(missing)
[ ${#want[@]} -eq 0 ] || die "still missing after the installation: ${want[*]}"
