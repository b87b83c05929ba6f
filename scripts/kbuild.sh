#!/bin/bash
# SPDX-License-Identifier: MIT
# kbuild.sh ARCH SERIES FOLDER [ARGS]: build the modules in FOLDER for one of kernel.sh's
# kernels, with the compiler that kernel wants. ARGS are make's.
. "$(dirname "$0")/lib.sh"

[ $# -ge 3 ] || die "usage: kbuild.sh amd64|arm64 6.1|6.12|newest|debug FOLDER [ARGS]"
arch=$1 series=$2
folder=$(realpath "$3")
shift 3
mapfile -t kernel < <("$TOP/scripts/kernel.sh" "$arch" "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel $arch $series"
root=${kernel[0]} build=/lib/modules/${kernel[1]}/build

case $arch in
arm64) cross=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-) ;;
amd64) cross=(ARCH=x86_64) ;;
*) die "no compiler known for $arch" ;;
esac

[ -x "$root/usr/bin/make" ] || exec make -j2 -C "$root$build" M="$folder" "${cross[@]}" "$@" modules
# A kernel that came with its own system is built for in that one; folders are the same there.
mkdir -p "$root$folder"
exec unshare -m sh -c 'root=$0 folder=$1 build=$2 && shift 2 && mount -t proc proc "$root/proc" &&
	mount --bind /dev "$root/dev" && mount --bind "$folder" "$root$folder" &&
	exec chroot "$root" make -j2 -C "$build" M="$folder" "$@" modules' \
	"$root" "$folder" "$build" "$@"
