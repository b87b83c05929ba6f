#!/bin/bash
# SPDX-License-Identifier: MIT
# sysroot.sh: have the arm64 headers and libraries that the helper is built against in the
# cache (unpacked only) and print the folder. For `make`:
#
#	scripts/sysroot.sh make B=build/arm64 helper
#
# runs the command with CC and PKG_CONFIG set for it.
. "$(dirname "$0")/lib.sh"

packages=(
	libc6-dev linux-libc-dev libgcc-12-dev libnl-3-dev libnl-genl-3-dev libsqlite3-dev
	libpam0g-dev libcurl4-openssl-dev libexpat1-dev libjansson-dev libconfig-dev
	libutf8proc-dev uuid-dev libsystemd-dev libssl-dev
)
# 2: absolute links made relative
key=$(printf '%s\n' 2 "${packages[@]}" | sha256sum | cut -c 1-12)
root=$CACHE/sysroot/arm64-$key

build() {
	local tmp=$1 deb
	note "fetching the arm64 libraries"
	own_apt_update arm64
	mkdir -p "$tmp/debs/partial"
	own_apt arm64 apt-get -qq -y --download-only -o Dir::Cache::archives="$tmp/debs" \
		install "${packages[@]}" >&2
	for deb in "$tmp"/debs/*.deb; do
		dpkg -x "$deb" "$tmp"
	done
	rm -rf "$tmp/debs" "$tmp/usr/share/doc" "$tmp/usr/share/locale"
	# merged /usr: the linker's scripts name /lib
	[ -d "$tmp/lib" ] && [ ! -L "$tmp/lib" ] && { cp -a "$tmp/lib/." "$tmp/usr/lib/"; rm -rf "${tmp:?}/lib"; }
	ln -sfn usr/lib "$tmp/lib"
	# libpam.so -> /lib/...: the linker would look for it on this machine
	local link to
	find "$tmp/usr" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
		to=$(readlink "$link")
		ln -sfn "$(realpath -ms --relative-to="$(dirname "$link")" "$tmp/usr${to#/usr}")" "$link"
	done
}

once "$root" build
[ $# -gt 0 ] || { echo "$root"; exit; }

export PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_LIBDIR=$root/usr/lib/aarch64-linux-gnu/pkgconfig:$root/usr/share/pkgconfig
export CC="aarch64-linux-gnu-gcc --sysroot=$root"
exec "$@"
