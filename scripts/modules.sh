#!/bin/bash
# SPDX-License-Identifier: MIT
# modules.sh ARCH SERIES: build the kernel modules for one of kernel.sh's kernels and
# print the folder they are in: DIR/lib/modules/REL, complete with the kernel's own
# modules and depmod's tables, for a board to mount. The source tree stays as it is.
. "$(dirname "$0")/lib.sh"

[ $# = 2 ] || die "usage: modules.sh amd64|arm64 6.1|6.12|newest|debug"
arch=$1 series=$2
mapfile -t kernel < <("$TOP/scripts/kernel.sh" "$arch" "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel $arch $series"
root=${kernel[0]} rel=${kernel[1]}
out=${B:-$TOP/build}/kmod/$arch-$series
src=$out/src
tree=$out/lib/modules/$rel

mkdir -p "$src"
exec 9>"$out/.lock"
flock 9

# Kbuild writes beside the sources: build a copy, kept, so that a second build is quick.
rsync -a --delete --filter='P *.o' --filter='P *.ko' --filter='P *.mod' --filter='P *.mod.c' \
	--filter='P *.cmd' --filter='P *.o.d' --filter='P modules.order' --filter='P Module.symvers' \
	--exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' --exclude='*.cmd' \
	--exclude=modules.order --exclude=Module.symvers \
	"$TOP/Kbuild" "$TOP/kmod" "$src/"
if ! "$TOP/scripts/kbuild.sh" "$arch" "$series" "$src" >"$out/log" 2>&1 9>&-; then
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
