#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: amd64-6.1 amd64-6.12
# dkms add, build, install and remove with dkms.conf, in folders of its own and with the
# headers of the cache, so that the machine's own module trees stay as they are; the
# modules it installs are of the board's kernel and load there.
. "$(dirname "$0")/tap.sh"

series=${BOARD#*-}
mapfile -t kernel < <("$TAP_TOP/scripts/kernel.sh" amd64 "$series")
root=${kernel[0]} rel=${kernel[1]}
dir=$(mktemp -d)
package=$(sed -n 's/^PACKAGE_NAME="\?\([^"]*\)"\?$/\1/p' "$TAP_TOP/dkms.conf")
version=$(sed -n 's/^PACKAGE_VERSION="\?\([^"]*\)"\?$/\1/p' "$TAP_TOP/dkms.conf")

mkdir -p "$dir"/{tree,source} "$dir/install/$rel"
# what a release holds, not what a build left in the work tree
(cd "$TAP_TOP" && git ls-files -z Kbuild Makefile dkms.conf kmod |
	cpio -pdm0 --quiet "$dir/source/$package-$version")

run_dkms() {
	dkms "$@" --dkmstree "$dir/tree" --sourcetree "$dir/source" \
		--installtree "$dir/install" --kernelsourcedir "$root/lib/modules/$rel/build" \
		-m "$package" -v "$version" -k "$rel" -a x86_64 --no-depmod
}

same "dkms.conf has the project's version" "$(sed -n 's/^VERSION := //p' "$TAP_TOP/Makefile")" "$version"
check "dkms add" run_dkms add
check "dkms build for $rel" run_dkms build || cat "$dir"/tree/*/*/build/make.log 2>/dev/null | diag
check "dkms install for $rel" run_dkms install --force
mapfile -t modules < <(find "$dir/install" -name '*.ko*' -printf '%f\n' | sort)
mapfile -t want < <(cd "$("$TAP_TOP/scripts/modules.sh" amd64 "$series")/lib/modules/$rel/updates" &&
	printf '%s\n' *.ko | sort)
same "dkms installs every module that Kbuild builds" "${want[*]}" "${modules[*]%.xz}"
# shellcheck disable=SC2016 # expanded on the board
check "what dkms installed loads on the board" on_board bash -c '
	set -e
	ls=$(find "$1" -name "*.ko*")
	for ko in $(grep "/simslot\.ko" <<<"$ls") $(grep "/simslot-uart\.ko" <<<"$ls") \
		$(grep -vE "/simslot(-uart)?\.ko" <<<"$ls"); do
		insmod "$ko"
	done
	test -d /sys/class/simslot' load "$dir/install"
check "dkms remove" run_dkms remove
same "dkms remove leaves no module" "" "$(find "$dir/install" -name '*.ko*')"
finish
