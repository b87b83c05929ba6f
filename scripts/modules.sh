#!/bin/bash
# SPDX-License-Identifier: MIT
# modules.sh ARCH SERIES: build the kernel modules for one of kernel.sh's kernels and
# print the folder they are in: DIR/lib/modules/REL, complete with the kernel's own
# modules and depmod's tables, for a board to mount. The source tree stays as it is.
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: modules.sh amd64|arm64 6.1|6.12|newest"
arch=$1 series=$2
mapfile -t kernel < <("$TOP/scripts/kernel.sh" "$arch" "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel $arch $series"
root=${kernel[0]} rel=${kernel[1]}
out=${B:-$TOP/build}/kmod/$arch-$series
src=$out/src
tree=$out/lib/modules/$rel

case $arch in
arm64) cross=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-) ;;
amd64) cross=(ARCH=x86_64) ;;
*) die "no compiler known for $arch" ;;
esac

mkdir -p "$src"
exec 9>"$out/.lock"
flock 9

# Kbuild writes beside the sources: build a copy, kept, so that a second build is quick.
rsync -a --delete --filter='P *.o' --filter='P *.ko' --filter='P *.mod' --filter='P *.mod.c' \
	--filter='P *.cmd' --filter='P *.o.d' --filter='P modules.order' --filter='P Module.symvers' \
	--exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' --exclude='*.cmd' \
	--exclude=modules.order --exclude=Module.symvers \
	"$TOP/Kbuild" "$TOP/kmod" "$src/"
build_modules() {
	if [ ! -x "$root/usr/bin/make" ]; then
		make -j2 -C "$root/lib/modules/$rel/build" M="$src" "${cross[@]}" modules
		return
	fi
	# A kernel that came with its own system is built for in that one.
	mkdir -p "$root/src"
	unshare -m sh -c 'mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" &&
		mount --bind "$1" "$0/src" && exec chroot "$0" make -j2 -C "$2" M=/src modules' \
		"$root" "$src" "/lib/modules/$rel/build"
}
if ! build_modules >"$out/log" 2>&1 9>&-; then
	cat "$out/log" >&2
	die "the modules do not build for $arch $series ($rel)"
fi
grep -i warning "$out/log" >&2 || true

mkdir -p "$tree/updates"
ln -sfn "$root/lib/modules/$rel/kernel" "$tree/kernel"
for f in modules.order modules.builtin modules.builtin.modinfo; do
	[ ! -e "$root/lib/modules/$rel/$f" ] || ln -sfn "$root/lib/modules/$rel/$f" "$tree/$f"
done
mapfile -t built < <(find "$src" -name '*.ko')
[ ${#built[@]} -gt 0 ] || die "Kbuild made no module"
changed=
for ko in "${built[@]}"; do
	cmp -s "$ko" "$tree/updates/${ko##*/}" && continue
	cp "$ko" "$tree/updates/.${ko##*/}.new"
	mv "$tree/updates/.${ko##*/}.new" "$tree/updates/${ko##*/}"
	changed=1
done
# a module that is no longer built must not be loaded any more
for ko in "$tree"/updates/*.ko; do
	printf '%s\n' "${built[@]##*/}" | grep -qx "${ko##*/}" || { rm "$ko"; changed=1; }
done
[ -z "$changed" ] && [ -e "$tree/modules.dep" ] || depmod -b "$out" "$rel"
echo "$out"
