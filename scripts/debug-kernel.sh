#!/bin/bash
# SPDX-License-Identifier: MIT
# debug-kernel.sh FOLDER: build Linux 6.12 from Debian's source with tests/board/debug.config
# (KASAN, lockdep, UBSAN, kmemleak, KUnit, fault injection) into FOLDER, laid out like
# kernel.sh's kernels. Called by kernel.sh as "amd64 debug"; some eight minutes, once.
. "$(dirname "$0")/lib.sh"

[ $# = 1 ] || die "usage: debug-kernel.sh FOLDER"
out=$1
work=$(mktemp -d "$CACHE/debug-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT

note "building the debug kernel (once, some eight minutes)"
fetch amd64 "$work/deb" linux-source-6.12
dpkg -x "$work"/deb/*.deb "$work"
mkdir "$work/linux"
# What no board has stays packed, but for the Kconfig files: half of the source.
absent=(drivers/{gpu,infiniband,iio,isdn,media,mtd,scsi,staging,usb,net/ethernet,net/wireless}
	fs/{bcachefs,btrfs,f2fs,ocfs2,xfs} sound net/{bluetooth,mac80211,sctp,tipc})
absent=("${absent[@]/#/--exclude=linux-source-6.12/}")
absent=("${absent[@]/%//*.[chS]}")
tar -C "$work/linux" --strip-components 1 --wildcards "${absent[@]}" \
	--exclude='linux-source-6.12/arch/[!x]*/*.[chS]' --exclude='linux-source-6.12/arch/*.dts*' \
	--exclude='linux-source-6.12/Documentation/*.*' --exclude='*/tools/testing/*.*' \
	-xf "$work/usr/src/linux-source-6.12.tar.xz"
rm -rf "${work:?}/deb" "${work:?}/usr"

linux() { nice make -s -C "$work/linux" LOCALVERSION=-debug "$@" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "make $* failed"; }; }

linux tinyconfig
(cd "$work/linux" && KCONFIG_CONFIG=.config scripts/kconfig/merge_config.sh -m -O . .config \
	"$TOP/tests/board/debug.config" >/dev/null)
linux olddefconfig
# an option that a new kernel renamed must not fall away in silence
while IFS='=' read -r option value; do
	case $option in CONFIG_*) ;; *) continue ;; esac
	[ "$value" != n ] || continue
	grep -q "^$option=" "$work/linux/.config" || note "debug.config: $option is not in the result"
done <"$TOP/tests/board/debug.config"
linux -j"$(nproc)" vmlinux modules
rel=$(make -s -C "$work/linux" LOCALVERSION=-debug kernelrelease)
linux modules_install INSTALL_MOD_PATH="$out" DEPMOD=true
linux run-command KBUILD_RUN_COMMAND="\${srctree}/scripts/package/install-extmod-build $out/usr/src/linux-headers-$rel"
objcopy -S "$work/linux/vmlinux" "$out/image"
ln -sfn "../../../usr/src/linux-headers-$rel" "$out/lib/modules/$rel/build"
rm -f "$out/lib/modules/$rel/source"
depmod -b "$out" "$rel"
echo "$rel" >"$out/release"
