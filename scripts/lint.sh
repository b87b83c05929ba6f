#!/bin/bash
# SPDX-License-Identifier: MIT
# lint.sh [CHECK...]: look at the source with every analyser we have, or with those named.
# One line per check; what a check has to say is shown and fails it. What is excused is
# excused here, as narrowly as it can be said, with the reason beside it.
. "$(dirname "$0")/lib.sh"
trap - ERR

checks=(spdx versions shellcheck checkpatch kernel_doc cppcheck netlink binding
	gcc_6_1 gcc_6_12 arm64_6_1 arm64_6_12 clang_6_1 clang_6_12 clang_arm64_6_1 clang_arm64_6_12 newest coccinelle)
work=$(mktemp -d "${TMPDIR:-/tmp}/simsync-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$TOP" || exit 1

linux=$(scripts/source.sh 6.12) || die "no source of Linux 6.12"

kernel_files() { git ls-files -- 'kmod/*.[ch]' 'tests/kunit/*.[ch]' "$@"; }

# --- text ---------------------------------------------------------------------------

# Fuzzing seeds are bytes as a card sends them; a licence text is what SPDX refers to;
# a patch has the licence of what it patches;
# of Debian's own formats debian/copyright speaks, and some have no comments.
check_spdx() {
	local f
	git ls-files -- ':!LICENSES/*' ':!COPYING' ':!tests/fuzz/seeds/*' \
		':!tests/bugs/*.patch' ':!packaging/debian/changelog' ':!packaging/debian/co*' \
		':!packaging/debian/*.dkms' ':!packaging/debian/source/*' | while read -r f; do
		[ ! -f "$f" ] || head -n 5 "$f" | grep -q SPDX-License-Identifier ||
			echo "$f: no SPDX-License-Identifier in its first five lines"
	done
}

check_versions() {
	grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION|linux/version\.h' -r kmod Kbuild --include='*.[ch]' --include=Kbuild
}

# SC1091: files that exist only on a board. SC2015: "a && b || c" is used where b cannot
# fail. SC2012, SC2013: device nodes and words have no blanks. SC2016: dollars meant for apt, make and awk. SC2034: set for who sources the file.
# SC2119: "$@" is no
# more than an option. SC2317: 0.9 takes what a trap or TAP harness calls for unreachable. SC2054: QEMU's commas.
check_shellcheck() {
	git ls-files -z | xargs -0 grep -lZE '^#!.*(bash|/sh)|^# shellcheck shell' -- 2>/dev/null |
		xargs -0 shellcheck -x -P SCRIPTDIR -f gcc -e SC1091,SC2012,SC2013,SC2015,SC2016,SC2034,SC2317,SC2054,SC2119
}

# Our binding is in docs/devicetree, where checkpatch does not look (look_for_binding
# does); the kernel's list of vendors is not ours to extend. The tables of dialogues have
# bytes in string fragments, one for each message, and are lists, not expressions.
check_checkpatch() {
	patchlike UNDOCUMENTED_DT_STRING ':!tests/kunit/*.h'
	patchlike STRING_FRAGMENTS,COMPLEX_MACRO ':!kmod' ':!tests/kunit/*.c'
	look_for_binding
}

# patchlike IGNORED PATHSPEC...: run where checkpatch may leave its notes.
patchlike() {
	local ignore=$1 files
	shift
	mapfile -t files < <(kernel_files "$@")
	(cd "$work" && "$linux/scripts/checkpatch.pl" --no-tree --root="$linux" --strict --terse \
		--show-types --no-summary --ignore "$ignore" --file "${files[@]/#/$TOP/}" 2>&1) |
		sed "s#^$TOP/##"
}

look_for_binding() {
	local name
	sed -nE 's/.*\.compatible = "([^"]+)".*/\1/p' kmod/*.c | while read -r name; do
		grep -qF "const: $name" docs/devicetree/*.yaml || echo "no binding for compatible \"$name\""
	done
}

check_kernel_doc() {
	local f
	while read -r f; do
		"$linux/scripts/kernel-doc" -none -Werror "$f" 2>&1
	done < <(kernel_files 'helper/*.h')
}

# --- data flow ------------------------------------------------------------------------

# invalidPrintfArgType_uint: of u & 0xff, an int that is never negative; gcc's -Wformat=2
# looks at the rest. varFuncNullUB: NULL is a null pointer, not 0, in every libc this runs with.
check_cppcheck() {
	cppcheck -q --std=c11 --inline-suppr --enable=warning,performance,portability \
		--template=gcc -j2 -I kmod -I kmod/uapi -D__KERNEL__ \
		--include=scripts/lint/cppcheck-macros.h kmod 2>&1
	cppcheck -q --std=c11 --inline-suppr --enable=warning,performance,portability \
		--template=gcc -j2 -I helper -I kmod/uapi -I kmod --suppress=varFuncNullUB --suppress=invalidPrintfArgType_uint \
		--include=scripts/lint/cppcheck-macros.h helper 2>&1
}

# Two rules of linux-source need an OCaml compiler and are about other people's code
# (check_bq27xxx_data) or found by sparse as well (badzero). minmax: the files that are
# built in user space too have no min().
check_coccinelle() {
	local rule options
	mkdir "$work/cocci"
	cp -r kmod "$work/cocci"
	find "$work/cocci" ! -name '*.[ch]' -type f -delete
	find "$linux/scripts/coccinelle" -name '*.cocci' ! -name check_bq27xxx_data.cocci \
		! -name badzero.cocci | sort | while read -r rule; do
		options=$(sed -nE 's#^// *Options: *##p' "$rule" | head -n 1)
		case ${rule##*/} in
		minmax.cocci) skip='/(apdu|iso7816[a-z0-9_]*)\.c:' ;;
		*) skip='^$' ;;
		esac
		# shellcheck disable=SC2086 # options are words
		(cd "$work/cocci" && timeout 300 spatch --very-quiet -D report --no-show-diff $options \
			--cocci-file "$rule" --dir kmod 2>"$work/cocci.err") | grep -vE "$skip|^\$"
		[ "${PIPESTATUS[0]}" = 0 ] || { echo "${rule##*/}: spatch failed"; tail -n 3 "$work/cocci.err"; }
	done
}

# --- what is written down, against the code ---------------------------------------------

check_netlink() { /usr/bin/python3 scripts/lint/netlink.py docs/netlink/simslot.yaml kmod/uapi/linux/simslot.h 2>&1; }

check_binding() { scripts/lint/binding.sh "$(scripts/source.sh 6.1)" docs/devicetree/simslot,uart-slot.yaml "$work" 2>&1; }

# --- compilers and sparse ---------------------------------------------------------------

# objects ARCH SERIES ARGS...: build a copy of the module, show what is not progress.
objects() {
	local arch=$1 series=$2 dir=$work/$1-$2 kernel rc=0
	shift 2
	mapfile -t kernel < <(scripts/kernel.sh "$arch" "$series")
	[ ${#kernel[@]} = 2 ] || { echo "no kernel $arch $series"; return; }
	rm -rf "$dir"
	mkdir "$dir"
	git ls-files -z -- Kbuild kmod | xargs -0 cp --parents -t "$dir" 2>/dev/null
	make -j2 -C "${kernel[0]}/lib/modules/${kernel[1]}/build" M="$dir" W=1 "$@" modules \
		>"$dir/log" 2>&1 || rc=$?
	# BTF is about debug information, for which Debian's headers have no vmlinux.
	# objtool asks for thunks of code that clang 14 cannot make for this configuration.
	grep -vE "objtool: .* found in (MITIGATION_)?(RETHUNK|RETPOLINE) build" "$dir/log" |
		grep -vE '^ +[A-Z]+ (\[M\] )?|^make(\[[0-9]\])?: (Entering|Leaving)|^Skipping BTF generation' |
		sed "s#$dir/##g"
	[ $rc = 0 ] || echo "make: exit code $rc"
}

clang=(LLVM=1 CC="$TOP/scripts/lint/clang-for-gcc" OBJECT_FILES_NON_STANDARD=y)
arm64=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)

check_gcc_6_1() { objects amd64 6.1 ARCH=x86_64 C=2; }
check_gcc_6_12() { objects amd64 6.12 ARCH=x86_64 C=2; }
check_arm64_6_1() { objects arm64 6.1 "${arm64[@]}" C=2; }
check_arm64_6_12() { objects arm64 6.12 "${arm64[@]}" C=2; }
check_clang_6_1() { objects amd64 6.1 ARCH=x86_64 "${clang[@]}"; }
check_clang_6_12() { objects amd64 6.12 ARCH=x86_64 "${clang[@]}"; }
check_clang_arm64_6_1() { objects arm64 6.1 "${arm64[@]}" "${clang[@]}"; }
check_clang_arm64_6_12() { objects arm64 6.12 "${arm64[@]}" "${clang[@]}"; }

# Its compiler is Debian 13's: built by modules.sh, in the root that came with it.
check_newest() {
	local log=$work/newest
	B=$work/newest-build KBUILD_EXTRA_WARN=1 scripts/modules.sh amd64 newest >"$log" 2>&1 || cat "$log"
	grep -hE 'warning:|error:' "$log" "$work/newest-build/kmod/amd64-newest/log" 2>/dev/null
}

# ----------------------------------------------------------------------------------------

[ $# -gt 0 ] || set -- "${checks[@]}"
failed=0
for name; do
	declare -F "check_$name" >/dev/null || die "no check $name; there are: ${checks[*]}"
	start=$SECONDS
	"check_$name" >"$work/said" 2>"$work/progress" || true
	grep -v '^fetching ' "$work/progress" >>"$work/said" || true
	if [ -s "$work/said" ]; then
		echo "not ok - $name ($((SECONDS - start)) s)"
		sed 's/^/    | /' "$work/said"
		failed=$((failed + 1))
	else
		echo "ok - $name ($((SECONDS - start)) s)"
	fi
done
[ $failed = 0 ] || note "$failed of $# checks have something to say"
[ $failed = 0 ]
